/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whether the device can be isolated and handed over at all. */

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#include <libvdev/group.h>

#include "object/check.h"
#include "object/driver.h"

static bool read_path(struct check *c, const char *path, char *buf, size_t size)
{
	return vdev_sys_read_attr(&c->in->ctx->sys, VDEV_SYS_ROOT, path, buf,
				  size) > 0;
}

/* A parameter of a module; 'Y' or 'N' for a switch, 0 if there is none. */
static char module_switch(struct check *c, const char *module, const char *name)
{
	char path[128], value[16];

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", module,
		 name);
	return read_path(c, path, value, sizeof(value)) ? *value : '\0';
}

int check_group(struct check *c)
{
	int number = vdev_device_iommu_group(c->dev);
	struct vdev_group *group = NULL;
	const struct vdev_device_list *members;
	struct vdev_device *member;
	size_t i;
	int ret;

	if (number < 0)
		return 0;
	ret = vdev_group_new(c->in->ctx, number, &group);
	if (ret)
		return ret == -ENOMEM ? ret : 0;
	members = vdev_group_members(group);
	if (!members)
		ret = -ENOMEM;
	for (i = 0; !ret && (member = vdev_device_list_get(members, i)); i++) {
		const char *address = vdev_device_address(member);

		if (check_in_plan(c, address) ||
		    !vdev_device_blocks_group(member))
			continue;
		ret = check_say(c, VDEV_VERDICT_REFUSE, "iommu_group/devices",
				"%s of the same IOMMU group %d is bound to %s; "
				"name it too, or use --group",
				address, number, vdev_device_driver(member));
	}
	vdev_group_free(group);
	return ret;
}

int check_bridge(struct check *c)
{
	int class = vdev_device_class_code(c->dev);

	if (class >> 8 != 0x0604)
		return 0;
	return check_forbid(c, "class",
			    "it is a PCI bridge, which is never rebound; name "
			    "the devices behind it");
}

/* The "device/port type" of the PCI Express capability. */
enum {
	PCI_CAP_EXPRESS = 0x10,
	PORT_PCIE_TO_PCI = 7,
};

static int port_type(struct vdev_device *dev)
{
	int offset = vdev_device_cap_offset(dev, PCI_CAP_EXPRESS, 0);
	const uint8_t *config;
	int size;

	if (offset < 0)
		return offset;
	size = vdev_device_config(dev, &config);
	if (size < offset + 4)
		return -ENODATA;
	return config[offset + 2] >> 4 & 0xf;
}

/*
 * Behind a bridge to conventional PCI every request carries the bridge's
 * requester id, so that the IOMMU cannot tell the devices there apart.
 */
int check_alias(struct check *c)
{
	const char *parent = vdev_device_parent(c->dev);
	struct vdev_device *bridge;
	int type, own, ret;

	if (!parent)
		return 0;
	ret = vdev_device_new(c->in->ctx, "pci", parent, &bridge);
	if (ret)
		return ret == -ENOMEM ? ret : 0;
	type = port_type(bridge);
	own = port_type(c->dev);
	if (type == PORT_PCIE_TO_PCI || (type == -ENODATA && own == -ENODATA))
		ret = check_say(c, VDEV_VERDICT_WARN, "topology",
				"it is behind the conventional PCI bridge %s "
				"and shares its requester id with all devices "
				"there: they can only be handed over together",
				parent);
	vdev_device_unref(bridge);
	return ret;
}

int check_reserved(struct check *c)
{
	int number = vdev_device_iommu_group(c->dev);
	struct vdev_group *group;
	int ret;

	if (number < 0)
		return 0;
	ret = vdev_group_new(c->in->ctx, number, &group);
	if (ret)
		return ret == -ENOMEM ? ret : 0;
	for (size_t i = 0; i < vdev_group_region_count(group) && !ret; i++) {
		enum vdev_region_type type;
		uint64_t first, last;

		(void)vdev_group_region(group, i, &first, &last, &type);
		if (type == VDEV_REGION_DIRECT)
			ret = check_say(c, VDEV_VERDICT_WARN,
					"iommu_group/reserved_regions",
					"the firmware demands an identity "
					"mapping of %#" PRIx64 "-%#" PRIx64
					"; the kernel may refuse to hand the "
					"device over",
					first, last);
	}
	vdev_group_free(group);
	return ret;
}

/* Other functions that a reset of the bus would hit. */
static bool shares_bus(struct check *c, char *buf, size_t size)
{
	const char *address = vdev_device_address(c->dev);
	/* Everything but device and function: "0000:01:". */
	size_t bus = (size_t)(strrchr(address, ':') + 1 - address);
	_auto_strv_ struct strv all = { 0 };
	const char *other;

	if (vdev_sys_list(&c->in->ctx->sys, VDEV_SYS_ROOT,
			  "/sys/bus/pci/devices", &all))
		return false;
	strv_foreach(&all, other)
		if (!strncmp(other, address, bus) && !str_eq(other, address) &&
		    !check_in_plan(c, other)) {
			snprintf(buf, size, "%s", other);
			return true;
		}
	return false;
}

int check_reset(struct check *c)
{
	const char *const *methods = vdev_device_reset_methods(c->dev);
	enum vdev_verdict verdict =
		c->in->require_reset ? VDEV_VERDICT_REFUSE : VDEV_VERDICT_WARN;
	char other[32];
	bool alone = false;

	if (!methods || !*methods)
		return check_say(c, verdict, "reset_method",
				 "it cannot be reset: what one user leaves in "
				 "it the next one finds");
	for (const char *const *m = methods; *m; m++)
		alone |= !str_eq(*m, "bus") && !str_eq(*m, "cxl_bus");
	if (alone || !shares_bus(c, other, sizeof(other)))
		return 0;
	return check_say(c, verdict, "reset_method",
			 "it can be reset only together with its bus, on which "
			 "%s is too",
			 other);
}

/*
 * Source: vfio_pci_dev_in_denylist() in drivers/vfio/pci/vfio_pci.c, Linux
 * 5.9 (QAT) and 6.9 (DSA, IAX).
 */
static const struct {
	uint16_t vendor;
	uint16_t device;
	const char *name;
} denylist[] = {
	{ 0x8086, 0x19e2, "QAT C3xxx" },
	{ 0x8086, 0x19e3, "QAT C3xxx VF" },
	{ 0x8086, 0x37c8, "QAT C62x" },
	{ 0x8086, 0x37c9, "QAT C62x VF" },
	{ 0x8086, 0x0435, "QAT DH895xCC" },
	{ 0x8086, 0x0443, "QAT DH895xCC VF" },
	{ 0x8086, 0x0b25, "DSA" },
	{ 0x8086, 0x0cfe, "IAX" },
};

int check_denylist(struct check *c)
{
	int vendor = vdev_device_vendor_id(c->dev);
	int device = vdev_device_device_id(c->dev);

	if (!str_eq(c->target, "vfio-pci"))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(denylist); i++) {
		if (denylist[i].vendor != vendor ||
		    denylist[i].device != device)
			continue;
		if (module_switch(c, "vfio_pci", "disable_denylist") == 'Y')
			return check_say(c, VDEV_VERDICT_WARN,
					 "vfio_pci.disable_denylist",
					 "%s has errata that an untrusted user "
					 "can exploit; the denylist is off",
					 denylist[i].name);
		return check_say(c, VDEV_VERDICT_REFUSE,
				 "drivers/vfio/pci/vfio_pci.c",
				 "%s has errata that an untrusted user can "
				 "exploit; vfio-pci refuses it unless loaded "
				 "with disable_denylist=1",
				 denylist[i].name);
	}
	return 0;
}

int check_iommu(struct check *c)
{
	int number = vdev_device_iommu_group(c->dev);

	if (number >= 0)
		return 0;
	/* Never implicit: without an IOMMU the user reaches all memory. */
	if (module_switch(c, "vfio", "enable_unsafe_noiommu_mode") == 'Y')
		return check_say(c, VDEV_VERDICT_REFUSE,
				 "vfio.enable_unsafe_noiommu_mode",
				 "no IOMMU guards it: whoever gets the device "
				 "can read and write all memory (no-IOMMU mode "
				 "is on)");
	return check_say(c, VDEV_VERDICT_REFUSE, "iommu_group",
			 "no IOMMU guards it; turn the IOMMU on in the "
			 "firmware and on the kernel's command line "
			 "(intel_iommu=on)");
}

int check_variant(struct check *c)
{
	char best[DRIVER_NAME_SIZE];
	int ret = driver_choose(c->in->ctx, c->dev, c->in->purpose, best);

	if (ret == -EOPNOTSUPP)
		return check_say(c, VDEV_VERDICT_WARN, "modules.alias",
				 "no driver of this kernel can migrate it");
	if (ret)
		return ret;
	for (size_t i = 0; best[i]; i++)
		if (best[i] != c->target[i] &&
		    !(best[i] == '_' && c->target[i] == '-') &&
		    !(best[i] == '-' && c->target[i] == '_'))
			return check_say(c, VDEV_VERDICT_WARN, "modules.alias",
					 "driver %s serves this purpose better "
					 "than %s",
					 best, c->target);
	return 0;
}

/*
 * Remapped interrupts show their chip as "IR-PCI-MSI" and the like. Only x86
 * (IO-APIC) has interrupts that are not remapped at all.
 */
static bool interrupts_exposed(struct check *c)
{
	_auto_free_ char *text = NULL;

	return vdev_sys_read_text(&c->in->ctx->sys, VDEV_SYS_ROOT,
				  "/proc/interrupts", &text) > 0 &&
	       strstr(text, "IO-APIC") && !strstr(text, " IR-");
}

int check_interrupts(struct check *c)
{
	static const char parameter[] = "allow_unsafe_interrupts";
	char lockdown[64];
	int ret = 0;

	if (interrupts_exposed(c)) {
		bool allowed = module_switch(c, "vfio_iommu_type1",
					     parameter) == 'Y' ||
			       module_switch(c, "iommufd", parameter) == 'Y';

		ret = check_say(c, VDEV_VERDICT_WARN, "/proc/interrupts",
				"interrupts are not remapped: the device can "
				"raise any of them%s",
				allowed ? ""
					: "; opening it needs "
					  "allow_unsafe_interrupts of "
					  "vfio_iommu_type1 or iommufd");
	}
	if (!ret &&
	    read_path(c, "/sys/kernel/security/lockdown", lockdown,
		      sizeof(lockdown)) &&
	    !strstr(lockdown, "[none]"))
		ret = check_say(c, VDEV_VERDICT_WARN,
				"/sys/kernel/security/lockdown",
				"the kernel is locked down: %s", lockdown);
	return ret;
}
