/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/rtnetlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>

/* The attributes of a message, by type; `size` is that of its fixed head. */
static void parse(const struct nlmsghdr *message, size_t size,
		  const struct rtattr **table, unsigned int count)
{
	const char *start = (const char *)message + NLMSG_LENGTH(0);
	const struct rtattr *a = (const void *)(start + NLMSG_ALIGN(size));
	int left = (int)message->nlmsg_len - (int)NLMSG_SPACE(size);

	for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		unsigned int type = a->rta_type & NLA_TYPE_MASK;

		if (type < count)
			table[type] = a;
	}
}

/* Whether a message is of a type, and as long as its fixed head. */
static bool is_a(const struct nlmsghdr *message, int type, size_t size)
{
	return message->nlmsg_type == type &&
	       message->nlmsg_len >= NLMSG_LENGTH(size);
}

static int number(const struct rtattr *a)
{
	int value = 0;

	if (a && RTA_PAYLOAD(a) >= sizeof(value))
		memcpy(&value, RTA_DATA(a), sizeof(value));
	return value;
}

static void text(const struct rtattr *a, char *buf, size_t size)
{
	if (a)
		snprintf(buf, size, "%.*s", (int)RTA_PAYLOAD(a),
			 (const char *)RTA_DATA(a));
}

static void link_kind(const struct rtattr *info, char *buf, size_t size)
{
	const struct rtattr *a = info ? RTA_DATA(info) : NULL;
	int left = info ? (int)RTA_PAYLOAD(info) : 0;

	for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == IFLA_INFO_KIND)
			text(a, buf, size);
}

static int take_link(void *data, const void *message)
{
	const struct nlmsghdr *h = message;
	const struct ifinfomsg *info = NLMSG_DATA(h);
	const struct rtattr *a[IFLA_LINKINFO + 1] = { 0 };
	struct net_facts *facts = data;
	struct net_link link = { 0 };

	if (!is_a(h, RTM_NEWLINK, sizeof(*info)))
		return 0;
	parse(h, sizeof(*info), a, ARRAY_SIZE(a));
	link.index = info->ifi_index;
	link.up = info->ifi_flags & IFF_UP;
	link.master = number(a[IFLA_MASTER]);
	link.lower = number(a[IFLA_LINK]);
	text(a[IFLA_IFNAME], link.name, sizeof(link.name));
	link_kind(a[IFLA_LINKINFO], link.kind, sizeof(link.kind));
	return ARRAY_ADD(facts->links, facts->link_count, link);
}

static void format_address(int family, const struct rtattr *a,
			   unsigned int prefix, char *buf, size_t size)
{
	char address[INET6_ADDRSTRLEN] = "?";
	size_t length = family == AF_INET ? 4 : 16;

	if ((family == AF_INET || family == AF_INET6) &&
	    RTA_PAYLOAD(a) >= length)
		inet_ntop(family, RTA_DATA(a), address, sizeof(address));
	snprintf(buf, size, "%s/%u", address, prefix);
}

static int take_address(void *data, const void *message)
{
	const struct nlmsghdr *h = message;
	const struct ifaddrmsg *info = NLMSG_DATA(h);
	const struct rtattr *a[IFA_LOCAL + 1] = { 0 };
	struct net_facts *facts = data;
	struct net_address address = { 0 };
	const struct rtattr *own;

	if (!is_a(h, RTM_NEWADDR, sizeof(*info)))
		return 0;
	parse(h, sizeof(*info), a, ARRAY_SIZE(a));
	/* On a point-to-point link IFA_ADDRESS is the other end. */
	own = a[IFA_LOCAL] ? a[IFA_LOCAL] : a[IFA_ADDRESS];
	if (!own)
		return 0;
	address.index = (int)info->ifa_index;
	format_address(info->ifa_family, own, info->ifa_prefixlen, address.text,
		       sizeof(address.text));
	return ARRAY_ADD(facts->addresses, facts->address_count, address);
}

static int add_route(struct net_facts *facts, const struct rtmsg *info,
		     const struct rtattr *destination, int index)
{
	struct net_route route = { .index = index };

	route.is_default = !info->rtm_dst_len;
	if (route.is_default || !destination)
		strcpy(route.text,
		       info->rtm_family == AF_INET6 ? "::/0" : "default");
	else
		format_address(info->rtm_family, destination, info->rtm_dst_len,
			       route.text, sizeof(route.text));
	return ARRAY_ADD(facts->routes, facts->route_count, route);
}

static int take_route(void *data, const void *message)
{
	const struct nlmsghdr *h = message;
	const struct rtmsg *info = NLMSG_DATA(h);
	const struct rtattr *a[RTA_MULTIPATH + 1] = { 0 };
	const struct rtnexthop *hop;
	struct net_facts *facts = data;
	int left, ret;

	if (!is_a(h, RTM_NEWROUTE, sizeof(*info)) ||
	    info->rtm_type != RTN_UNICAST)
		return 0;
	parse(h, sizeof(*info), a, ARRAY_SIZE(a));
	if (a[RTA_OIF])
		return add_route(facts, info, a[RTA_DST], number(a[RTA_OIF]));
	if (!a[RTA_MULTIPATH])
		return 0;
	hop = RTA_DATA(a[RTA_MULTIPATH]);
	left = (int)RTA_PAYLOAD(a[RTA_MULTIPATH]);
	for (; RTNH_OK(hop, left); hop = RTNH_NEXT(hop)) {
		ret = add_route(facts, info, a[RTA_DST], hop->rtnh_ifindex);
		if (ret)
			return ret;
		left -= (int)RTNH_ALIGN(hop->rtnh_len);
	}
	return 0;
}

static int dump(struct vdev_sys *sys, unsigned short type,
		vdev_sys_netlink_fn fn, struct net_facts *facts)
{
	const struct {
		struct nlmsghdr h;
		struct rtgenmsg any; /* of AF_UNSPEC: of every family */
	} message = {
		.h = { .nlmsg_len = NLMSG_LENGTH(sizeof(message.any)),
		       .nlmsg_type = type,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
	};
	struct vdev_sys_netlink request = { .protocol = NETLINK_ROUTE,
					    .message = &message,
					    .fn = fn,
					    .data = facts };

	return sys->ops->netlink(sys, &request);
}

static int ask_kernel(struct vdev_sys *sys, struct net_facts *facts)
{
	int ret = dump(sys, RTM_GETLINK, take_link, facts);

	if (!ret)
		ret = dump(sys, RTM_GETADDR, take_address, facts);
	if (!ret)
		ret = dump(sys, RTM_GETROUTE, take_route, facts);
	return ret;
}

void rtnetlink_format(const struct net_facts *facts, struct strbuf *b)
{
	for (size_t i = 0; i < facts->link_count; i++) {
		const struct net_link *l = &facts->links[i];

		strbuf_addf(b, "link %d %s %d %d %s %s\n", l->index, l->name,
			    l->master, l->lower, l->up ? "up" : "down",
			    *l->kind ? l->kind : "-");
	}
	for (size_t i = 0; i < facts->address_count; i++)
		strbuf_addf(b, "address %d %s\n", facts->addresses[i].index,
			    facts->addresses[i].text);
	for (size_t i = 0; i < facts->route_count; i++)
		strbuf_addf(b, "route %d %s\n", facts->routes[i].index,
			    facts->routes[i].text);
}

static int parse_line(struct net_facts *facts, const char *line)
{
	struct net_address address = { 0 };
	struct net_route route = { 0 };
	struct net_link link = { 0 };
	char state[8];

	if (sscanf(line, "link %d %15s %d %d %7s %15s", &link.index, link.name,
		   &link.master, &link.lower, state, link.kind) == 6) {
		link.up = str_eq(state, "up");
		if (str_eq(link.kind, "-"))
			*link.kind = '\0';
		return ARRAY_ADD(facts->links, facts->link_count, link);
	}
	if (sscanf(line, "address %d %63s", &address.index, address.text) == 2)
		return ARRAY_ADD(facts->addresses, facts->address_count,
				 address);
	if (sscanf(line, "route %d %63s", &route.index, route.text) == 2) {
		route.is_default = str_eq(route.text, "default") ||
				   str_eq(route.text, "::/0");
		return ARRAY_ADD(facts->routes, facts->route_count, route);
	}
	return 0;
}

static int read_capture(struct vdev_sys *sys, struct net_facts *facts)
{
	_auto_free_ char *capture = NULL;
	char *line, *rest;
	ssize_t n = vdev_sys_read_text(sys, VDEV_SYS_ROOT, RTNETLINK_FILE,
				       &capture);
	int ret = 0;

	if (n < 0)
		return n == -ENOENT ? 0 : (int)n;
	for (line = strtok_r(capture, "\n", &rest); line && !ret;
	     line = strtok_r(NULL, "\n", &rest))
		ret = parse_line(facts, line);
	return ret;
}

int rtnetlink_facts(struct vdev_sys *sys, struct net_facts *ret)
{
	struct net_facts facts = { 0 };
	int error;

	/* A dump that changed under way is not a picture of anything. */
	for (int attempt = 0; attempt < 5; attempt++) {
		error = vdev_sys_live(sys) ? ask_kernel(sys, &facts)
					   : read_capture(sys, &facts);
		if (error != -EAGAIN)
			break;
		rtnetlink_facts_clear(&facts);
	}
	if (error) {
		rtnetlink_facts_clear(&facts);
		return error;
	}
	*ret = facts;
	return 0;
}

void rtnetlink_facts_clear(struct net_facts *facts)
{
	free(facts->links);
	free(facts->addresses);
	free(facts->routes);
	*facts = (struct net_facts){ 0 };
}

const struct net_link *rtnetlink_link(const struct net_facts *facts,
				      const char *name)
{
	for (size_t i = 0; i < facts->link_count; i++)
		if (str_eq(facts->links[i].name, name))
			return &facts->links[i];
	return NULL;
}

const struct net_link *rtnetlink_link_at(const struct net_facts *facts,
					 int index)
{
	for (size_t i = 0; index && i < facts->link_count; i++)
		if (facts->links[i].index == index)
			return &facts->links[i];
	return NULL;
}
