/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "object/check.h"

#include <errno.h>

#include "object/driver.h"

/* When a check has a say. */
enum {
	ON_BIND = 1 << VDEV_ACTION_BIND,
	ON_UNBIND = 1 << VDEV_ACTION_UNBIND,
	ON_RESTORE = 1 << VDEV_ACTION_RESTORE,
	ALWAYS = ON_BIND | ON_UNBIND | ON_RESTORE,
};

static const struct {
	const char *name;
	int (*run)(struct check *c);
	unsigned int when;
	bool vfio_only;	    /* of interest only for a VFIO driver */
	const char *source; /* where it looks */
} checks[VDEV_CHECKS] = {
	[VDEV_CHECK_STORAGE] = { "storage", check_storage, ALWAYS, false,
				 "/proc/*/mountinfo, /proc/swaps, holders, "
				 "udev" },
	[VDEV_CHECK_ROOT] = { "root", check_root, ALWAYS, false,
			      "/proc/self/mountinfo" },
	[VDEV_CHECK_NETWORK] = { "network", check_network, ALWAYS, false,
				 "rtnetlink" },
	[VDEV_CHECK_CONSOLE] = { "console", check_console, ALWAYS, false,
				 "boot_vga, /proc/iomem, consoles, "
				 "/proc/*/fd" },
	[VDEV_CHECK_VFS] = { "vfs", check_vfs, ALWAYS, false, "virtfn*" },
	[VDEV_CHECK_BUSY] = { "busy", check_busy, ALWAYS, false,
			      "/proc/*/fd, sysfs children" },
	[VDEV_CHECK_GROUP] = { "group", check_group, ON_BIND, true,
			       "iommu_group/devices" },
	[VDEV_CHECK_BRIDGE] = { "bridge", check_bridge, ALWAYS, false,
				"class" },
	[VDEV_CHECK_ALIAS] = { "alias", check_alias, ON_BIND, true,
			       "topology" },
	[VDEV_CHECK_RESERVED] = { "reserved", check_reserved, ON_BIND, true,
				  "iommu_group/reserved_regions" },
	[VDEV_CHECK_RESET] = { "reset", check_reset, ON_BIND, true,
			       "reset_method" },
	[VDEV_CHECK_DENYLIST] = { "denylist", check_denylist, ON_BIND, true,
				  "vendor, device" },
	[VDEV_CHECK_IOMMU] = { "iommu", check_iommu, ON_BIND, true,
			       "iommu_group" },
	[VDEV_CHECK_VARIANT] = { "variant", check_variant, ON_BIND, true,
				 "modules.alias" },
	[VDEV_CHECK_INTERRUPTS] = { "interrupts", check_interrupts, ON_BIND,
				    true, "/proc/interrupts, lockdown" },
	[VDEV_CHECK_MANAGEMENT] = { "management", check_management,
				    ON_BIND | ON_UNBIND, false,
				    "class, sysfs children" },
};

const char *vdev_check_name(enum vdev_check check)
{
	return (size_t)check < ARRAY_SIZE(checks) ? checks[check].name : NULL;
}

int vdev_check_from_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		if (str_eq(checks[i].name, name))
			return (int)i;
	return -EINVAL;
}

const char *vdev_verdict_name(enum vdev_verdict verdict)
{
	static const char *const names[] = { "pass", "warn", "refuse" };

	return (size_t)verdict < ARRAY_SIZE(names) ? names[verdict] : "unknown";
}

enum vdev_check vdev_finding_check(const struct vdev_finding *finding)
{
	return finding->check;
}

enum vdev_verdict vdev_finding_verdict(const struct vdev_finding *finding)
{
	return finding->verdict;
}

bool vdev_finding_forced(const struct vdev_finding *finding)
{
	return finding->forced;
}

bool vdev_finding_forcible(const struct vdev_finding *finding)
{
	return !finding->unforceable;
}

struct vdev_device *vdev_finding_device(const struct vdev_finding *finding)
{
	return finding->dev;
}

const char *vdev_finding_detail(const struct vdev_finding *finding)
{
	return finding->detail;
}

const char *vdev_finding_source(const struct vdev_finding *finding)
{
	return finding->source;
}

void findings_clear(struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		free(findings->items[i].detail);
		free(findings->items[i].source);
	}
	free(findings->items);
	*findings = (struct findings){ 0 };
}

static int PRINTF(5, 0)
	add(struct check *c, enum vdev_verdict verdict, bool unforceable,
	    const char *source, const char *fmt, va_list args)
{
	struct strbuf detail = { 0 };
	struct vdev_finding f = {
		.check = c->id,
		.verdict = verdict,
		.dev = c->dev,
		.item = c->in->item ? c->in->item : c->dev,
		.unforceable = unforceable,
		.forced = verdict == VDEV_VERDICT_REFUSE && !unforceable &&
			  c->in->forced[c->id],
	};
	int ret = -ENOMEM;

	strbuf_vaddf(&detail, fmt, args);
	f.detail = strbuf_finish(&detail);
	f.source = source ? strdup(source) : NULL;
	if (f.detail && (f.source || !source))
		ret = ARRAY_ADD(c->findings->items, c->findings->count, f);
	if (ret) {
		free(f.detail);
		free(f.source);
	}
	return ret;
}

int check_say(struct check *c, enum vdev_verdict verdict, const char *source,
	      const char *fmt, ...)
{
	va_list args;
	int ret;

	va_start(args, fmt);
	ret = add(c, verdict, false, source, fmt, args);
	va_end(args);
	return ret;
}

int check_forbid(struct check *c, const char *source, const char *fmt, ...)
{
	va_list args;
	int ret;

	va_start(args, fmt);
	ret = add(c, VDEV_VERDICT_REFUSE, true, source, fmt, args);
	va_end(args);
	return ret;
}

bool check_in_plan(const struct check *c, const char *address)
{
	for (size_t i = 0; i < c->in->device_count; i++)
		if (str_eq(vdev_device_address(c->in->devices[i]), address))
			return true;
	return false;
}

const struct usage_node *check_next_node(const struct check *c,
					 const char *subsystem, size_t *at)
{
	while (*at < c->nodes.count) {
		const struct usage_node *node = &c->nodes.items[(*at)++];

		if (!subsystem || str_eq(node->subsystem, subsystem))
			return node;
	}
	return NULL;
}

static int run_one(struct check *c, enum vdev_check id)
{
	size_t before = c->findings->count;
	int ret;

	c->id = id;
	if (!(checks[id].when & 1U << c->in->action) ||
	    (checks[id].vfio_only && !c->to_vfio) ||
	    (c->in->action == VDEV_ACTION_RESTORE && !c->unbinds))
		return check_say(c, VDEV_VERDICT_PASS, NULL,
				 "does not matter for this change");
	ret = checks[id].run(c);
	if (!ret && c->findings->count == before)
		ret = check_say(c, VDEV_VERDICT_PASS, checks[id].source,
				"nothing in the way");
	return ret;
}

int check_device(const struct check_input *in, struct vdev_device *dev,
		 const char *target, bool unbinds, struct findings *findings)
{
	return check_some(in, dev, target, unbinds, ALL_CHECKS, findings);
}

int check_some(const struct check_input *in, struct vdev_device *dev,
	       const char *target, bool unbinds, unsigned int which,
	       struct findings *findings)
{
	struct check c = {
		.in = in,
		.dev = dev,
		.target = target,
		.to_vfio = target && driver_is_vfio(target),
		.unbinds = unbinds,
		.findings = findings,
	};
	const char *path = vdev_device_syspath(dev);
	int ret = path ? usage_walk(in->ctx, path, &c.nodes) : -ENODEV;

	for (int id = 0; id < VDEV_CHECKS && !ret; id++)
		if (which & 1U << id)
			ret = run_one(&c, (enum vdev_check)id);
	usage_nodes_clear(&c.nodes);
	if (ret == -ENOENT || ret == -ENODEV)
		return vdev_fail(in->ctx, -ENODEV,
				 "%s: the device has disappeared",
				 vdev_device_address(dev));
	if (ret)
		return vdev_fail_as(in->ctx, VDEV_ERROR_FAILED, ret,
				    "%s: cannot check it: %s",
				    vdev_device_address(dev), strerror(-ret));
	return 0;
}

int check_interfaces(const struct check_input *in, const struct strv *names,
		     struct findings *findings)
{
	struct check c = { .in = in, .unbinds = true, .findings = findings };
	char subsystem[] = "net";
	const char *name;
	int ret;

	c.nodes.items = calloc(names->count, sizeof(*c.nodes.items));
	if (!c.nodes.items)
		return vdev_fail(in->ctx, -ENOMEM, "out of memory");
	strv_foreach(names, name)
		c.nodes.items[c.nodes.count++] =
			(struct usage_node){ .subsystem = subsystem,
					     .name = (char *)name };
	ret = run_one(&c, VDEV_CHECK_NETWORK);
	free(c.nodes.items);
	return ret ? vdev_fail(in->ctx, ret, "out of memory") : 0;
}
