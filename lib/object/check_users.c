/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Those who would miss the device: people, processes, VFs, the machine. */

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#include "object/check.h"

static int read_path(struct check *c, const char *path, char *buf, size_t size)
{
	return (int)vdev_sys_read_attr(&c->in->ctx->sys, VDEV_SYS_ROOT, path,
				       buf, size);
}

/* The firmware's frame buffer lies in one of the device's BARs. */
static int say_boot_framebuffer(struct check *c)
{
	static const char *const names[] = {
		"BOOTFB", "simplefb",  "efifb",
		"vesafb", "simpledrm", "simple-framebuffer"
	};
	_auto_free_ char *text = NULL;
	char *line, *rest;

	if (vdev_sys_read_text(&c->in->ctx->sys, VDEV_SYS_ROOT, "/proc/iomem",
			       &text) < 0)
		return 0;
	for (line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		uint64_t first, last, start, size;
		char name[64];
		bool known = false;

		if (sscanf(line, " %" SCNx64 "-%" SCNx64 " : %63[^\n]", &first,
			   &last, name) != 3)
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			known |= str_eq(name, names[i]);
		/* Without privilege all of it reads as zero. */
		if (!known || !last)
			continue;
		for (unsigned int i = 0; i < VDEV_PCI_BARS; i++)
			if (!vdev_device_bar(c->dev, i, &start, &size, NULL) &&
			    size && first >= start && first - start < size)
				return check_say(c, VDEV_VERDICT_REFUSE,
						 "/proc/iomem",
						 "the firmware's frame buffer "
						 "(%s) lies in BAR %u",
						 name, i);
	}
	return 0;
}

static bool has_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *s = text; (s = strstr(s, word)); s += n)
		if ((s == text || s[-1] == ' ') &&
		    (!s[n] || s[n] == ' ' || s[n] == '\n'))
			return true;
	return false;
}

static int say_consoles(struct check *c)
{
	char active[256] = "", bound[8] = "", name[64] = "";
	const struct usage_node *node;
	size_t at = 0;
	int ret = 0;

	(void)read_path(c, "/sys/class/tty/console/active", active,
			sizeof(active));
	while (!ret && (node = check_next_node(c, "tty", &at)))
		if (has_word(active, node->name))
			ret = check_say(c, VDEV_VERDICT_REFUSE,
					"/sys/class/tty/console/active",
					"the system console %s is on it",
					node->name);
	at = 0;
	node = check_next_node(c, "graphics", &at);
	if (ret || !node)
		return ret;
	/* vtcon0 is the dummy or VGA console, vtcon1 the frame buffer's. */
	(void)read_path(c, "/sys/class/vtconsole/vtcon1/name", name,
			sizeof(name));
	(void)read_path(c, "/sys/class/vtconsole/vtcon1/bind", bound,
			sizeof(bound));
	if (strstr(name, "frame buffer") && str_eq(bound, "1"))
		ret = check_say(c, VDEV_VERDICT_REFUSE, "/sys/class/vtconsole",
				"the text console is shown on %s", node->name);
	return ret;
}

int check_console(struct check *c)
{
	const struct usage_node *node;
	char users[160];
	size_t at = 0;
	int ret = 0;

	if (vdev_device_boot_vga(c->dev) == 1)
		ret = check_say(c, VDEV_VERDICT_REFUSE, "boot_vga",
				"it is the display the machine booted with");
	if (!ret)
		ret = say_boot_framebuffer(c);
	if (!ret)
		ret = say_consoles(c);
	while (!ret && (node = check_next_node(c, "drm", &at)))
		if (node->devname &&
		    usage_describe_users(c->in->usage, node->devname, users,
					 sizeof(users)))
			ret = check_say(c, VDEV_VERDICT_REFUSE, "/proc/*/fd",
					"/dev/%s is open in %s", node->devname,
					users);
	return ret;
}

int check_vfs(struct check *c)
{
	int count = vdev_device_sriov_numvfs(c->dev);
	const char *const *vfs;

	if (count <= 0)
		return 0;
	vfs = vdev_device_virtfns(c->dev);
	return check_say(c, VDEV_VERDICT_REFUSE, "virtfn*",
			 "%d VF%s alive%s%s; set sriov_numvfs to 0 first",
			 count, count == 1 ? " is" : "s are",
			 vfs && *vfs ? ", the first at " : "",
			 vfs && *vfs ? *vfs : "");
}

static int say_node_user(struct check *c, const char *node)
{
	char users[160];

	if (!usage_describe_users(c->in->usage, node, users, sizeof(users)))
		return 0;
	return check_say(c, VDEV_VERDICT_REFUSE, "/proc/*/fd",
			 "%s%s is open in %s", *node == '/' ? "" : "/dev/",
			 node, users);
}

/* The group's node is not below the device, but opens it all the same. */
static int say_vfio_users(struct check *c)
{
	const char *group = vdev_device_vfio_group(c->dev);
	const char *path = vdev_device_syspath(c->dev);
	int ret = 0;

	if (!vdev_device_is_vfio(c->dev))
		return 0;
	if (path)
		ret = say_node_user(c, path);
	if (!ret && group)
		ret = say_node_user(c, group + strlen("/dev/"));
	return ret;
}

/* Devices made of this one, which would go with it. */
static int say_children(struct check *c)
{
	const struct usage_node *node;
	size_t at = 0;
	int ret = 0;

	while (!ret && (node = check_next_node(c, NULL, &at))) {
		bool subfunction = str_eq(node->subsystem, "auxiliary") &&
				   strstr(node->name, ".sf.");

		if (str_eq(node->subsystem, "mdev"))
			ret = check_say(c, VDEV_VERDICT_REFUSE, "sysfs",
					"mediated device %s is made of it",
					node->name);
		else if (str_eq(node->subsystem, "vdpa") || subfunction)
			ret = check_say(c, VDEV_VERDICT_REFUSE, "sysfs",
					"%s device %s is made of it",
					node->subsystem, node->name);
	}
	return ret;
}

int check_busy(struct check *c)
{
	const struct usage_node *node;
	size_t at = 0;
	int ret = say_vfio_users(c);

	while (!ret && (node = check_next_node(c, NULL, &at)))
		/* Displays are the console check's. */
		if (node->devname && !str_eq(node->subsystem, "drm"))
			ret = say_node_user(c, node->devname);
	if (!ret)
		ret = say_children(c);
	if (!ret && !c->in->usage->users.complete)
		ret = check_say(c, VDEV_VERDICT_WARN, "/proc/*/fd",
				"not all processes could be looked at; only "
				"root can");
	return ret;
}

/* As udev does: a keyboard has all of the first 31 keys. */
static bool is_keyboard(struct check *c, const char *input)
{
	uint64_t keys = 0;
	char path[128], bits[512];
	char *last;

	snprintf(path, sizeof(path), "/sys/class/input/%s/capabilities/key",
		 input);
	if (read_path(c, path, bits, sizeof(bits)) <= 0)
		return false;
	last = strrchr(bits, ' ');
	if (str_to_u64(last ? last + 1 : bits, 16, &keys))
		return false;
	return (keys & 0xfffffffe) == 0xfffffffe;
}

static int say_bmc(struct check *c)
{
	int class = vdev_device_class_code(c->dev);
	int vendor = vdev_device_vendor_id(c->dev);
	int device = vdev_device_device_id(c->dev);
	/* Hewlett-Packard's iLO shows as several "system peripherals". */
	bool ilo = vendor == 0x103c && device >= 0x3300 && device <= 0x3307;

	if (class >> 8 == 0x0c07)
		return check_say(c, VDEV_VERDICT_REFUSE, "class",
				 "it is an IPMI interface");
	if (vendor == 0x1a03 || ilo)
		return check_say(c, VDEV_VERDICT_REFUSE, "vendor, device",
				 "it belongs to the machine's management "
				 "controller");
	if (class >> 8 == 0x0600 || class >> 8 == 0x0601)
		return check_say(c, VDEV_VERDICT_WARN, "class",
				 "it is %s, which the machine's firmware and "
				 "other drivers use",
				 class >> 8 == 0x0600 ? "a host bridge"
						      : "an ISA bridge");
	return 0;
}

int check_management(struct check *c)
{
	const struct usage_node *node;
	size_t at = 0;
	int ret = say_bmc(c);

	while (!ret && (node = check_next_node(c, NULL, &at))) {
		if (str_eq(node->subsystem, "tpm"))
			ret = check_say(c, VDEV_VERDICT_REFUSE, "sysfs",
					"the machine's TPM (%s) is on it",
					node->name);
		else if (str_eq(node->subsystem, "ipmi"))
			ret = check_say(c, VDEV_VERDICT_REFUSE, "sysfs",
					"IPMI device %s is on it", node->name);
		else if (str_eq(node->subsystem, "input") &&
			 str_starts(node->name, "input") &&
			 is_keyboard(c, node->name))
			ret = check_say(c, VDEV_VERDICT_REFUSE,
					"/sys/class/input",
					"a keyboard (%s) is on it", node->name);
	}
	return ret;
}
