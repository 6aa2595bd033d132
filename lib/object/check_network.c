/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Network interfaces that somebody reaches the machine or others by. */

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

#include "object/check.h"

/* /proc/net/tcp writes addresses as hexadecimal words of host byte order. */
static void proc_address(const char *address, bool v6, char *buf, size_t size)
{
	char prefix_free[64];
	uint32_t words[4] = { 0 };
	size_t count = v6 ? 4 : 1;

	snprintf(prefix_free, sizeof(prefix_free), "%.*s",
		 (int)strcspn(address, "/"), address);
	*buf = '\0';
	if (inet_pton(v6 ? AF_INET6 : AF_INET, prefix_free, words) != 1)
		return;
	for (size_t i = 0; i < count; i++)
		snprintf(buf + i * 8, size - i * 8, "%08X", words[i]);
}

/* How many SSH sessions come in at an address. */
static unsigned int ssh_sessions(struct check *c, const char *address)
{
	bool v6 = strchr(address, ':');
	_auto_free_ char *text = NULL;
	char wanted[40];
	char *line, *rest;
	unsigned int count = 0;

	proc_address(address, v6, wanted, sizeof(wanted));
	if (!*wanted ||
	    vdev_sys_read_text(&c->in->ctx->sys, VDEV_SYS_ROOT,
			       v6 ? "/proc/net/tcp6" : "/proc/net/tcp",
			       &text) < 0)
		return 0;
	for (line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		char local[40];
		unsigned int port, state;

		/* State 1 is ESTABLISHED. */
		if (sscanf(line, " %*d: %32[0-9A-F]:%X %*s %X", local, &port,
			   &state) == 3 &&
		    state == 1 && port == 22 && str_eq(local, wanted))
			count++;
	}
	return count;
}

static int say_addresses(struct check *c, const struct net_link *link)
{
	const struct net_facts *net = &c->in->usage->net;
	int ret = 0;

	for (size_t i = 0; i < net->address_count && !ret; i++) {
		const struct net_address *a = &net->addresses[i];
		unsigned int sessions;

		if (a->index != link->index)
			continue;
		sessions = ssh_sessions(c, a->text);
		if (sessions)
			ret = check_say(c, VDEV_VERDICT_REFUSE,
					"rtnetlink, /proc/net/tcp",
					"%s has address %s, by which %u SSH "
					"session%s came in",
					link->name, a->text, sessions,
					sessions == 1 ? "" : "s");
		else
			ret = check_say(
				c, VDEV_VERDICT_REFUSE, "rtnetlink RTM_GETADDR",
				"%s has address %s", link->name, a->text);
	}
	return ret;
}

static int say_routes(struct check *c, const struct net_link *link)
{
	const struct net_facts *net = &c->in->usage->net;
	int ret = 0;

	for (size_t i = 0; i < net->route_count && !ret; i++) {
		const struct net_route *r = &net->routes[i];

		if (r->index == link->index)
			ret = check_say(
				c, VDEV_VERDICT_REFUSE,
				"rtnetlink RTM_GETROUTE",
				"the %s%s goes through %s",
				!r->is_default		  ? "route to "
				: str_eq(r->text, "::/0") ? "IPv6 default route"
							  : "default route",
				r->is_default ? "" : r->text, link->name);
	}
	return ret;
}

/* Bridges, bonds and the like above, VLANs and the like on top. */
static int say_stack(struct check *c, const struct net_link *link)
{
	const struct net_facts *net = &c->in->usage->net;
	const struct net_link *master = rtnetlink_link_at(net, link->master);
	int ret = 0;

	if (link->master)
		ret = check_say(c, VDEV_VERDICT_REFUSE, "rtnetlink RTM_GETLINK",
				"%s is a port of %s %s", link->name,
				master && *master->kind ? master->kind
							: "interface",
				master ? master->name : "?");
	for (size_t i = 0; i < net->link_count && !ret; i++) {
		const struct net_link *upper = &net->links[i];

		if (upper->lower == link->index && upper != link &&
		    *upper->kind && !str_eq(upper->kind, "veth"))
			ret = check_say(c, VDEV_VERDICT_REFUSE,
					"rtnetlink RTM_GETLINK",
					"%s %s stands on %s", upper->kind,
					upper->name, link->name);
	}
	return ret;
}

/*
 * The driver of a network function makes an interface or an InfiniBand
 * device. If none can be seen, it was moved to another namespace.
 */
static int say_hidden(struct check *c)
{
	const char *driver = vdev_device_driver(c->dev);
	size_t at = 0;
	bool network = vdev_device_class_code(c->dev) >> 16 == 0x02;

	if (!network || !driver || vdev_device_is_vfio(c->dev) ||
	    str_eq(driver, "pci-stub") || str_starts(driver, "uio") ||
	    str_eq(driver, "igb_uio"))
		return 0;
	if (check_next_node(c, "infiniband", &at))
		return 0;
	return check_say(c, VDEV_VERDICT_REFUSE, "sysfs net/",
			 "driver %s is bound but no interface can be seen: it "
			 "is in use in another network namespace",
			 driver);
}

int check_network(struct check *c)
{
	const struct usage_node *node;
	size_t at = 0;
	bool seen = false;
	int ret = 0;

	while (!ret && (node = check_next_node(c, "net", &at))) {
		const struct net_link *link =
			rtnetlink_link(&c->in->usage->net, node->name);

		seen = true;
		if (!link)
			continue;
		ret = say_addresses(c, link);
		if (!ret)
			ret = say_routes(c, link);
		if (!ret)
			ret = say_stack(c, link);
	}
	if (!ret && !seen)
		ret = say_hidden(c);
	return ret;
}
