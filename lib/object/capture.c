/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Captures: a machine as the library sees it, to be looked at elsewhere. */

#include <libvdev/capture.h>

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include <libvdev/group.h>

#include "object/check.h"
#include "object/mdev.h"
#include "object/names.h"
#include "object/recorder.h"

struct capture {
	struct vdev_ctx *ctx;
	struct recorder recorder;
	bool secrets;
	vdev_capture_fn fn;
	void *data;
	int count;

	struct vdev_usage usage;
	struct strv nodes;     /* device files, below /dev */
	struct strv processes; /* that hold one of them open */
	struct strv made_up;   /* secrets, each replaced by its index */
};

/* The number that stands for a secret, the same each time. */
static int made_up(struct capture *c, const char *secret, size_t length)
{
	_auto_free_ char *s = strndup(secret, length);

	if (!s)
		return -ENOMEM;
	for (size_t i = 0; i < c->made_up.count; i++)
		if (str_eq(c->made_up.items[i], s))
			return (int)i + 1;
	return strv_add(&c->made_up, s) ? -ENOMEM : (int)c->made_up.count;
}

static int emit(struct capture *c, const struct vdev_capture_entry *entry)
{
	int ret = c->fn(c->data, entry);

	if (!ret)
		c->count++;
	return ret < 0 ? ret : 0;
}

static int emit_file(struct capture *c, const struct record *r,
		     const void *data, size_t size)
{
	struct vdev_capture_entry entry = {
		.path = r->path + 1,
		.mode = S_IFREG | r->mode,
		.uid = r->uid,
		.gid = r->gid,
		.data = data,
		.size = size,
	};

	return emit(c, &entry);
}

/* Everything a user of the library could ask of a device. */
static int look_at_device(struct capture *c, struct vdev_device *dev)
{
	struct vdev_sys *sys = &c->ctx->sys;
	const char *node[2] = { vdev_device_vfio_cdev(dev),
				vdev_device_vfio_group(dev) };
	const struct vdev_pci_cap *caps;
	struct stat st;

	(void)vdev_device_driver(dev);
	(void)vdev_device_driver_override(dev);
	(void)vdev_device_subsystem_vendor_id(dev);
	(void)vdev_device_subsystem_device_id(dev);
	(void)vdev_device_revision(dev);
	(void)vdev_device_numa_node(dev);
	(void)vdev_device_mdev_type(dev);
	(void)vdev_device_device_name(dev);
	(void)vdev_device_sriov_totalvfs(dev);
	(void)vdev_device_sriov_numvfs(dev);
	(void)vdev_device_sriov_autoprobe(dev);
	(void)vdev_device_virtfns(dev);
	(void)vdev_device_physfn(dev);
	(void)vdev_device_caps(dev, &caps);
	(void)vdev_device_boot_vga(dev);
	(void)vdev_device_bar(dev, 0, NULL, NULL, NULL);
	if (!vdev_device_netdevs(dev) || !vdev_device_blockdevs(dev))
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(node); i++)
		if (node[i])
			(void)vdev_sys_stat(sys, node[i], &st);
	return 0;
}

static int remember_nodes(struct capture *c, struct vdev_device *dev)
{
	const char *path = vdev_device_syspath(dev);
	const char *group = vdev_device_vfio_group(dev);
	struct usage_nodes nodes = { 0 };
	int ret = path ? usage_walk(c->ctx, path, &nodes) : 0;

	for (size_t i = 0; i < nodes.count && !ret; i++)
		if (nodes.items[i].devname)
			ret = strv_add(&c->nodes, nodes.items[i].devname);
	if (!ret && group)
		ret = strv_add(&c->nodes, group + strlen("/dev/"));
	usage_nodes_clear(&nodes);
	return ret == -ENOENT || ret == -ENODEV ? 0 : ret;
}

static int look_at_devices(struct capture *c)
{
	static const bool forced[VDEV_CHECKS];
	struct vdev_device_list *list;
	struct findings findings = { 0 };
	struct check_input in = {
		.ctx = c->ctx,
		.action = VDEV_ACTION_BIND,
		.forced = forced,
		.usage = &c->usage,
	};
	struct vdev_device *dev;
	size_t i;
	int ret = vdev_device_list_new(c->ctx, NULL, &list);

	if (ret < 0)
		return ret;
	ret = 0;
	vdev_device_list_foreach(list, i, dev) {
		ret = look_at_device(c, dev);
		if (!ret)
			ret = remember_nodes(c, dev);
		if (!ret && str_eq(vdev_device_bus(dev), "pci"))
			ret = check_device(&in, dev, "vfio-pci", true,
					   &findings);
		if (ret == -ENOMEM)
			break;
		/* A capture is for machines on which something is wrong. */
		if (ret && ret != -ENODEV)
			vdev_log(c->ctx, VDEV_LOG_WARNING,
				 "the capture may lack something of %s: %s",
				 vdev_device_address(dev),
				 vdev_ctx_last_error(c->ctx));
		ret = 0;
	}
	findings_clear(&findings);
	vdev_device_list_free(list);
	return ret;
}

static int look_at_groups(struct capture *c)
{
	struct vdev_group_list *groups;
	int ret = vdev_group_list_new(c->ctx, &groups);

	if (ret < 0)
		return ret;
	for (size_t i = 0; i < vdev_group_list_count(groups); i++) {
		struct vdev_group *group = vdev_group_list_get(groups, i);

		(void)vdev_group_type(group);
		(void)vdev_group_region_count(group);
		(void)vdev_group_viable(group);
	}
	vdev_group_list_free(groups);
	return 0;
}

/* The mdevs that could be, and those that are defined. */
static void look_at_mdevs(struct capture *c)
{
	struct vdev_mdev_definition_list *definitions;
	struct vdev_mdev_type_list *types;

	/* What netlink says would leave nothing behind. */
	if (mdev_type_list_by_sysfs(c->ctx, &types) >= 0)
		vdev_mdev_type_list_free(types);
	if (vdev_mdev_definition_list_new(c->ctx, &definitions) >= 0)
		vdev_mdev_definition_list_free(definitions);
}

/* What is only read when something else is so or so. */
static void look_at_settings(struct capture *c)
{
	static const char *const files[] = {
		"/proc/sys/kernel/osrelease",
		"/sys/module/vfio/parameters/enable_unsafe_noiommu_mode",
		"/sys/module/vfio_pci/parameters/disable_denylist",
		"/sys/module/vfio_pci/parameters/enable_sriov",
		("/sys/module/vfio_iommu_type1/parameters/"
		 "allow_unsafe_interrupts"),
		"/sys/module/iommufd/parameters/allow_unsafe_interrupts",
	};
	_auto_strv_ struct strv drivers = { 0 };
	char release[128], path[PATH_MAX], value[64];
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		(void)vdev_sys_read_attr(&c->ctx->sys, VDEV_SYS_ROOT, files[i],
					 value, sizeof(value));
	(void)vdev_sys_list(&c->ctx->sys, VDEV_SYS_ROOT, "/sys/bus/pci/drivers",
			    &drivers);
	(void)vdev_sys_stat(&c->ctx->sys, "/dev/iommu", &st);
	(void)vdev_sys_stat(&c->ctx->sys, "/dev/vfio/vfio", &st);
	if (vdev_sys_read_attr(&c->ctx->sys, VDEV_SYS_ROOT, files[0], release,
			       sizeof(release)) < 0)
		return;
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", release);
	(void)vdev_sys_read_bytes(&c->ctx->sys, VDEV_SYS_ROOT, path, value, 1);
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.builtin",
		 release);
	(void)vdev_sys_read_bytes(&c->ctx->sys, VDEV_SYS_ROOT, path, value, 1);
}

/* Of all processes only the users of devices are anyone's business. */
static int find_processes(struct capture *c)
{
	const struct proc_users *users = &c->usage.users;
	char pid[16];
	int ret = 0;

	strv_sort(&c->nodes);
	for (size_t i = 0; i < users->count && !ret; i++) {
		if (*users->items[i].node != '/' &&
		    !strv_has(&c->nodes, users->items[i].node))
			continue;
		snprintf(pid, sizeof(pid), "%d", users->items[i].pid);
		if (!strv_has(&c->processes, pid))
			ret = strv_add(&c->processes, pid);
	}
	return ret;
}

/* "/proc/123/..." as 123, with what follows it. Return: false for others. */
static bool process_of(const char *path, char pid[16], const char **rest)
{
	size_t n;

	if (!str_starts(path, "/proc/") || !isdigit((unsigned char)path[6]))
		return false;
	n = strcspn(path + 6, "/");
	*rest = path + 6 + n;
	snprintf(pid, 16, "%.*s", (int)n, path + 6);
	return true;
}

/*
 * Of a process without a device nothing is kept but the mounts of its
 * namespace, where it was the one asked for them.
 */
static bool keep_process(const struct capture *c, const char *pid,
			 const char *rest)
{
	char mounts[64];

	if (strv_has(&c->processes, pid))
		return true;
	snprintf(mounts, sizeof(mounts), "/proc/%s/mountinfo", pid);
	return recorder_has_read(&c->recorder, mounts) &&
	       (!*rest || str_eq(rest, "/ns") || str_eq(rest, "/ns/mnt") ||
		str_eq(rest, "/mountinfo"));
}

static bool keep_fd(const struct capture *c, const char *target)
{
	const char *dev = strstr(target, "/dev/");

	return str_starts(target, "anon_inode:[vfio-device]") ||
	       (dev && strv_has(&c->nodes, dev + strlen("/dev/")));
}

static bool is_kept(const struct capture *c, const struct record *r)
{
	const char *rest;
	char pid[16];

	/* Made anew, also from a capture that has them. */
	if (str_starts(r->path, "/.vdev"))
		return false;
	/* Who talks to whom is nobody's business. */
	if (strstr(r->path, "/net/tcp"))
		return c->secrets;
	if (process_of(r->path, pid, &rest))
		return keep_process(c, pid, rest) &&
		       (!str_starts(rest, "/fd/") || !r->target ||
			keep_fd(c, r->target));
	/* Seen only because /proc was listed to find processes. */
	return !str_starts(r->path, "/proc/") || !S_ISREG(r->type) || r->read;
}

/* Lines (or NUL-ended entries) that say nothing of VFIO are left out. */
static void keep_vfio(char *text, ssize_t *size, char end)
{
	char *out = text;

	for (char *in = text, *next; in < text + *size; in = next) {
		char *stop = memchr(in, end, (size_t)(text + *size - in));
		size_t n;

		next = stop ? stop + 1 : text + *size;
		n = (size_t)(next - in);
		if (!memmem(in, n, "vfio", 4))
			continue;
		memmove(out, in, n);
		out += n;
	}
	*size = out - text;
}

/* udev's database of a disk has its serial number too. */
static void keep_fs_type(char *text, ssize_t *size)
{
	char *type = strstr(text, "E:ID_FS_TYPE=");

	*size = 0;
	if (!type)
		return;
	*size = (ssize_t)strcspn(type, "\n") + 1;
	memmove(text, type, (size_t)*size);
	text[*size - 1] = '\n';
}

/* The serial number in the configuration space is often the MAC address. */
static int hide_config_serial(struct capture *c, char *text, ssize_t size)
{
	const unsigned int serial_cap = 0x0003;
	const uint8_t *b = (const uint8_t *)text;
	unsigned int at = 0x100;

	for (int steps = 0; steps < 1024 && at >= 0x100; steps++) {
		uint32_t head;
		int number;

		if ((ssize_t)at + 12 > size)
			return 0;
		head = b[at] | (uint32_t)b[at + 1] << 8 |
		       (uint32_t)b[at + 2] << 16 | (uint32_t)b[at + 3] << 24;
		if ((head & 0xffff) == serial_cap) {
			number = made_up(c, text + at + 4, 8);
			if (number < 0)
				return number;
			memset(text + at + 4, 0, 8);
			text[at + 4] = (char)number;
			text[at + 5] = (char)(number >> 8);
			return 0;
		}
		at = head >> 20 & ~3U;
	}
	return 0;
}

/* "mpath-360050768...": the identity of a disk in a storage array. */
static int hide_mapper_uuid(struct capture *c, char *text, ssize_t *size)
{
	char *dash = strchr(text, '-');
	int number;

	if (!dash)
		return 0;
	number = made_up(c, dash + 1, strlen(dash + 1));
	if (number < 0)
		return number;
	*size = dash + 1 - text +
		snprintf(dash + 1, strlen(dash + 1) + 1, "%d", number);
	return 0;
}

/* Leaves of a file what a capture needs and may tell. */
static int edit(struct capture *c, const struct record *r, char *text,
		ssize_t *size)
{
	const char *name = str_basename(r->path);

	if (str_eq(name, "modules.builtin.modinfo"))
		keep_vfio(text, size, '\0');
	else if (str_starts(name, "modules."))
		keep_vfio(text, size, '\n');
	else if (str_starts(r->path, "/run/udev/data/"))
		keep_fs_type(text, size);
	else if (!c->secrets && str_eq(name, "config"))
		return hide_config_serial(c, text, *size);
	else if (!c->secrets && str_eq(name, "uuid"))
		return hide_mapper_uuid(c, text, size);
	return 0;
}

static int emit_read(struct capture *c, const struct record *r)
{
	_auto_free_ char *text = NULL;
	ssize_t size =
		vdev_sys_read_text(&c->ctx->sys, VDEV_SYS_ROOT, r->path, &text);
	int ret;

	if (size < 0)
		return size == -ENOMEM ? -ENOMEM : 0;
	ret = edit(c, r, text, &size);
	return ret ? ret : emit_file(c, r, text, (size_t)size);
}

static int emit_record(void *data, const struct record *r)
{
	struct capture *c = data;
	struct vdev_capture_entry entry = {
		.path = r->path + 1,
		.mode = r->type | r->mode,
		.uid = r->uid,
		.gid = r->gid,
	};

	if (!r->path[1] || !is_kept(c, r))
		return 0;
	if (S_ISDIR(r->type))
		return emit(c, &entry);
	if (S_ISLNK(r->type)) {
		entry.data = r->target;
		entry.size = strlen(r->target);
		return emit(c, &entry);
	}
	return r->read ? emit_read(c, r) : emit_file(c, r, NULL, 0);
}

/* An address made of a MAC address gives it away: fe80::...ff:fe... */
static int hide_addresses(struct capture *c)
{
	struct net_facts *net = &c->usage.net;

	for (size_t i = 0; i < net->address_count; i++) {
		struct net_address *a = &net->addresses[i];
		char *slash = strchr(a->text, '/');
		char prefix[8];
		int number;

		if (!slash || !strstr(a->text, "ff:fe"))
			continue;
		snprintf(prefix, sizeof(prefix), "%s", slash);
		number = made_up(c, a->text, (size_t)(slash - a->text));
		if (number < 0)
			return number;
		snprintf(a->text, sizeof(a->text), "fe80::ff:fe00:%x%s",
			 (unsigned int)number, prefix);
	}
	return 0;
}

static int emit_text(struct capture *c, const char *path, struct strbuf *b)
{
	struct record r = { .path = (char *)path, .mode = 0644 };
	size_t size = b->length;
	_auto_free_ char *text = strbuf_finish(b);

	return text ? emit_file(c, &r, text, size) : -ENOMEM;
}

struct names_line {
	struct strbuf *b;
	const char *modalias;
};

static void add_name(void *data, const char *key, const char *name)
{
	struct names_line *line = data;

	strbuf_addf(line->b, "%s\t%s\t%s\n", line->modalias, key, name);
}

/* Names come from the hardware database, which the other place may lack. */
static int emit_names(struct capture *c)
{
	_auto_strv_ struct strv seen = { 0 };
	struct vdev_device_list *list;
	struct vdev_device *dev;
	struct strbuf b = { 0 };
	size_t i;
	int ret = vdev_device_list_new(c->ctx, NULL, &list);

	if (ret < 0)
		return ret;
	ret = 0;
	vdev_device_list_foreach(list, i, dev) {
		char modalias[MODALIAS_SIZE];
		struct names_line line = { &b, modalias };

		if (ret || vdev_device_modalias(dev, "pci", modalias) ||
		    strv_has(&seen, modalias))
			continue;
		ret = strv_add(&seen, modalias);
		if (!ret)
			ret = vdev_names_lookup(c->ctx, modalias, add_name,
						&line);
	}
	vdev_device_list_free(list);
	if (!ret)
		return emit_text(c, VDEV_NAMES_FILE, &b);
	strbuf_clear(&b);
	return ret;
}

static int emit_elsewhere(struct capture *c)
{
	const struct vdev_capture_entry directory = {
		.path = ".vdev",
		.mode = S_IFDIR | 0755,
	};
	struct strbuf b = { 0 };
	int ret = emit(c, &directory);

	if (!ret)
		ret = emit_names(c);
	if (!ret && !c->secrets)
		ret = hide_addresses(c);
	if (ret)
		return ret;
	rtnetlink_format(&c->usage.net, &b);
	return emit_text(c, RTNETLINK_FILE, &b);
}

static int look(struct capture *c)
{
	int ret;

	recorder_start(&c->recorder, c->ctx);
	ret = usage_read(c->ctx, &c->usage);
	if (!ret)
		ret = look_at_devices(c);
	if (!ret)
		ret = look_at_groups(c);
	if (!ret)
		look_at_settings(c);
	look_at_mdevs(c);
	recorder_stop(&c->recorder, c->ctx);
	return ret ? ret : find_processes(c);
}

int vdev_capture(struct vdev_ctx *ctx, bool secrets, vdev_capture_fn fn,
		 void *data)
{
	struct capture c = {
		.ctx = ctx,
		.secrets = secrets,
		.fn = fn,
		.data = data,
	};
	int ret = look(&c);

	if (!ret)
		ret = emit_elsewhere(&c);
	if (!ret)
		ret = recorder_walk(&c.recorder, emit_record, &c);
	recorder_clear(&c.recorder);
	usage_clear(&c.usage);
	strv_clear(&c.nodes);
	strv_clear(&c.processes);
	strv_clear(&c.made_up);
	if (ret == -ENOMEM)
		return vdev_fail(ctx, ret, "out of memory");
	return ret ? ret : c.count;
}
