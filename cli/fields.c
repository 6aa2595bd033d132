/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fields.h"

#include <errno.h>
#include <fcntl.h>
#include <libvdev/libvdev.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* --- Getters */

#define STRING_FIELD(name, getter)                              \
	static json_object *get_##name(struct vdev_device *dev) \
	{                                                       \
		return output_string(getter(dev));              \
	}

#define STRINGS_FIELD(name, getter)                             \
	static json_object *get_##name(struct vdev_device *dev) \
	{                                                       \
		return output_strings(getter(dev));             \
	}

#define COUNT_FIELD(name, getter)                               \
	static json_object *get_##name(struct vdev_device *dev) \
	{                                                       \
		return output_count(getter(dev));               \
	}

#define FLAG_FIELD(name, getter)                                \
	static json_object *get_##name(struct vdev_device *dev) \
	{                                                       \
		return output_flag(getter(dev));                \
	}

#define HEX_FIELD(name, getter, digits)                                   \
	static json_object *get_##name(struct vdev_device *dev)           \
	{                                                                 \
		int value = getter(dev);                                  \
                                                                          \
		return value < 0 ? NULL                                   \
				 : output_hex((uint64_t)value, (digits)); \
	}

static const char *isolation_of(struct vdev_device *dev)
{
	int isolation = vdev_device_isolation(dev);

	return isolation < 0
		       ? NULL
		       : vdev_isolation_name((enum vdev_isolation)isolation);
}

STRING_FIELD(address, vdev_device_address)
STRING_FIELD(bus, vdev_device_bus)
STRING_FIELD(syspath, vdev_device_syspath)
STRING_FIELD(parent, vdev_device_parent)
STRING_FIELD(vendor_name, vdev_device_vendor_name)
STRING_FIELD(device_name, vdev_device_device_name)
STRING_FIELD(class_name, vdev_device_class_name)
STRING_FIELD(driver, vdev_device_driver)
STRING_FIELD(driver_override, vdev_device_driver_override)
STRING_FIELD(vfio_cdev, vdev_device_vfio_cdev)
STRING_FIELD(vfio_group, vdev_device_vfio_group)
STRING_FIELD(physfn, vdev_device_physfn)
STRING_FIELD(mdev_type, vdev_device_mdev_type)
STRING_FIELD(isolation, isolation_of)
STRINGS_FIELD(netdevs, vdev_device_netdevs)
STRINGS_FIELD(blockdevs, vdev_device_blockdevs)
COUNT_FIELD(iommu_group, vdev_device_iommu_group)
COUNT_FIELD(numa_node, vdev_device_numa_node)
COUNT_FIELD(pasid, vdev_device_isolation_pasid)
COUNT_FIELD(sriov_totalvfs, vdev_device_sriov_totalvfs)
COUNT_FIELD(sriov_numvfs, vdev_device_sriov_numvfs)
FLAG_FIELD(sriov_autoprobe, vdev_device_sriov_autoprobe)
FLAG_FIELD(boot_vga, vdev_device_boot_vga)
FLAG_FIELD(ats, vdev_device_has_ats)
FLAG_FIELD(pri, vdev_device_has_pri)
FLAG_FIELD(acs, vdev_device_has_acs)
HEX_FIELD(vendor_id, vdev_device_vendor_id, 4)
HEX_FIELD(device_id, vdev_device_device_id, 4)
HEX_FIELD(subsystem_vendor_id, vdev_device_subsystem_vendor_id, 4)
HEX_FIELD(subsystem_device_id, vdev_device_subsystem_device_id, 4)
HEX_FIELD(class, vdev_device_class_code, 6)
HEX_FIELD(revision, vdev_device_revision, 2)

static json_object *get_reset_methods(struct vdev_device *dev)
{
	return output_strings(vdev_device_reset_methods(dev));
}

/* null for what has no VFs to offer, [] where they are turned off. */
static json_object *get_virtfns(struct vdev_device *dev)
{
	if (vdev_device_sriov_totalvfs(dev) < 0)
		return NULL;
	return output_strings(vdev_device_virtfns(dev));
}

/* 0 for a function without PASIDs, null when that cannot be told. */
static json_object *get_pasid_width(struct vdev_device *dev)
{
	int width = vdev_device_pasid_width(dev);

	if (width == -ENODATA && str_eq(vdev_device_bus(dev), "pci"))
		width = 0;
	return output_count(width);
}

static json_object *get_bar(struct vdev_device *dev, unsigned int index)
{
	uint64_t start, size;
	unsigned int flags;
	json_object *o;
	const char *type;

	if (vdev_device_bar(dev, index, &start, &size, &flags))
		return NULL;
	o = json_object_new_object();
	type = index == 6 ? "rom" : flags & VDEV_BAR_IO ? "io" : "memory";
	output_add(o, "index", json_object_new_int((int)index));
	output_add(o, "type", json_object_new_string(type));
	output_add(o, "start", start ? output_hex(start, 1) : NULL);
	output_add(o, "size", json_object_new_int64((int64_t)size));
	output_add(o, "bits",
		   json_object_new_int(flags & VDEV_BAR_64BIT ? 64 : 32));
	output_add(o, "prefetchable",
		   json_object_new_boolean(!!(flags & VDEV_BAR_PREFETCH)));
	return o;
}

static json_object *get_bars(struct vdev_device *dev)
{
	json_object *array;

	if (!str_eq(vdev_device_bus(dev), "pci"))
		return NULL;
	array = json_object_new_array();
	for (unsigned int i = 0; i < VDEV_PCI_BARS; i++) {
		json_object *bar = get_bar(dev, i);

		if (bar)
			json_object_array_add(array, bar);
	}
	return array;
}

static json_object *get_capabilities(struct vdev_device *dev)
{
	const struct vdev_pci_cap *caps;
	int count = vdev_device_caps(dev, &caps);
	json_object *array;

	if (count < 0)
		return NULL;
	array = json_object_new_array();
	for (int i = 0; i < count; i++) {
		const struct vdev_pci_cap *cap = &caps[i];
		json_object *o = json_object_new_object();

		output_add(o, "id", output_hex(cap->id, cap->extended ? 4 : 2));
		output_add(o, "name",
			   output_string(
				   vdev_pci_cap_name(cap->id, cap->extended)));
		output_add(o, "extended",
			   json_object_new_boolean(cap->extended));
		output_add(o, "version", json_object_new_int(cap->version));
		output_add(o, "offset", output_hex(cap->offset, 3));
		json_object_array_add(array, o);
	}
	return array;
}

/* Where links too lead to places below the root. Return: an fd or -1. */
static int open_below(int root, const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT,
	};
	int fd;

	/* A rename elsewhere can make the kernel lose track of "..". */
	do
		fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	while (fd < 0 && errno == EAGAIN);
	return fd;
}

static int stat_below(const char *root, const char *path, struct stat *st)
{
	int dir = open(root ? root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = dir < 0 ? -1 : open_below(dir, path);
	int ret = fd < 0 ? -1 : fstat(fd, st);

	if (fd >= 0)
		close(fd);
	if (dir >= 0)
		close(dir);
	return ret;
}

static void add_node(struct vdev_device *dev, json_object *array,
		     const char *path)
{
	const char *root = vdev_ctx_root(vdev_device_ctx(dev));
	json_object *o;
	struct stat st;
	char mode[8];

	if (!path || stat_below(root, path, &st))
		return;
	snprintf(mode, sizeof(mode), "%04o", (unsigned int)st.st_mode & 07777);
	o = json_object_new_object();
	output_add(o, "path", output_string(path));
	output_add(o, "uid", json_object_new_int64(st.st_uid));
	output_add(o, "gid", json_object_new_int64(st.st_gid));
	output_add(o, "mode", json_object_new_string(mode));
	json_object_array_add(array, o);
}

static json_object *get_nodes(struct vdev_device *dev)
{
	json_object *array = json_object_new_array();

	add_node(dev, array, vdev_device_vfio_cdev(dev));
	add_node(dev, array, vdev_device_vfio_group(dev));
	return array;
}

/* --- Columns made of several attributes */

static json_object *get_id(struct vdev_device *dev)
{
	int vendor = vdev_device_vendor_id(dev);
	int device = vdev_device_device_id(dev);
	char text[16];

	if (vendor < 0 || device < 0)
		return NULL;
	snprintf(text, sizeof(text), "%04x:%04x", vendor & 0xffff,
		 device & 0xffff);
	return json_object_new_string(text);
}

/* What the database does not know at least has a class. */
static json_object *get_name(struct vdev_device *dev)
{
	const char *vendor = vdev_device_vendor_name(dev);
	const char *device = vdev_device_device_name(dev);
	_auto_free_ char *both = NULL;

	if (!device)
		device = vdev_device_class_name(dev);
	if (!vendor || !device)
		return output_string(device ? device : vendor);
	both = x_asprintf("%s %s", vendor, device);
	return output_string(both);
}

/* The node's name: the cdev's, else the group's. */
static json_object *get_vfio(struct vdev_device *dev)
{
	const char *path = vdev_device_vfio_cdev(dev);

	if (!path)
		path = vdev_device_vfio_group(dev);
	return output_string(path ? strrchr(path, '/') + 1 : NULL);
}

static json_object *get_sriov(struct vdev_device *dev)
{
	const char *physfn = vdev_device_physfn(dev);
	_auto_free_ char *text = NULL;
	int total;

	if (physfn) {
		text = x_asprintf("VF of %s", physfn);
		return output_string(text);
	}
	total = vdev_device_sriov_totalvfs(dev);
	if (total < 0)
		return NULL;
	text = x_asprintf("%d/%d VFs", vdev_device_sriov_numvfs(dev), total);
	return output_string(text);
}

/* --- Groups */

static json_object *get_member(struct vdev_device *dev)
{
	json_object *o = json_object_new_object();

	output_add(o, "address", get_address(dev));
	output_add(o, "driver", get_driver(dev));
	output_add(o, "class_name", get_class_name(dev));
	output_add(o, "name", get_name(dev));
	output_add(o, "blocks",
		   json_object_new_boolean(vdev_device_blocks_group(dev)));
	return o;
}

static json_object *get_members(struct vdev_group *group, json_object *reasons)
{
	const struct vdev_device_list *members = vdev_group_members(group);
	json_object *array = json_object_new_array();
	struct vdev_device *dev;
	size_t i;

	if (!members)
		return array;
	vdev_device_list_foreach(members, i, dev) {
		json_object_array_add(array, get_member(dev));
		if (vdev_device_blocks_group(dev)) {
			_auto_free_ char *text = x_asprintf(
				"%s is bound to %s", vdev_device_address(dev),
				vdev_device_driver(dev));

			json_object_array_add(reasons, output_string(text));
		}
	}
	return array;
}

static json_object *get_regions(struct vdev_group *group)
{
	json_object *array = json_object_new_array();
	size_t count = vdev_group_region_count(group);

	for (size_t i = 0; i < count; i++) {
		json_object *o = json_object_new_object();
		enum vdev_region_type type;
		uint64_t first, last;

		(void)vdev_group_region(group, i, &first, &last, &type);
		output_add(o, "first", output_hex(first, 1));
		output_add(o, "last", output_hex(last, 1));
		output_add(o, "type",
			   output_string(vdev_region_type_name(type)));
		json_object_array_add(array, o);
	}
	return array;
}

json_object *field_group(struct vdev_group *group)
{
	json_object *o = json_object_new_object();
	json_object *reasons = json_object_new_array();
	json_object *members = get_members(group, reasons);

	output_add(o, "group", json_object_new_int(vdev_group_number(group)));
	output_add(o, "type", output_string(vdev_group_type(group)));
	output_add(o, "viable", output_flag(vdev_group_viable(group)));
	output_add(o, "reasons", reasons);
	output_add(o, "members", members);
	output_add(o, "reserved_regions", get_regions(group));
	return o;
}

static json_object *get_group(struct vdev_device *dev)
{
	int number = vdev_device_iommu_group(dev);
	struct vdev_group *group;
	json_object *o;

	if (number < 0 || vdev_group_new(vdev_device_ctx(dev), number, &group))
		return NULL;
	o = field_group(group);
	vdev_group_free(group);
	return o;
}

/* --- The table */

static enum style style_driver(json_object *value)
{
	const char *name = json_object_get_string(value);

	if (!name)
		return STYLE_DIM;
	return strstr(name, "vfio") ? STYLE_GOOD : STYLE_PLAIN;
}

static enum style style_vfio(json_object *value)
{
	return value ? STYLE_GOOD : STYLE_DIM;
}

/* Keys of documents, some of them columns too. */
#define DOCUMENT(name, header, flags, style)              \
	{                                                 \
#name, header, (flags), get_##name, style \
	}

const struct field fields[] = {
	DOCUMENT(address, "ADDRESS",
		 FIELD_LIST | FIELD_SHOW | FIELD_COLUMN | FIELD_DEFAULT, NULL),
	DOCUMENT(bus, "BUS", FIELD_LIST | FIELD_SHOW | FIELD_COLUMN, NULL),
	DOCUMENT(vendor_id, "VENDOR", FIELD_LIST | FIELD_SHOW | FIELD_COLUMN,
		 NULL),
	DOCUMENT(device_id, "DEVICE", FIELD_LIST | FIELD_SHOW | FIELD_COLUMN,
		 NULL),
	DOCUMENT(class, "CLASS", FIELD_LIST | FIELD_SHOW | FIELD_COLUMN, NULL),
	DOCUMENT(vendor_name, "VENDOR_NAME",
		 FIELD_LIST | FIELD_SHOW | FIELD_COLUMN, NULL),
	DOCUMENT(device_name, "DEVICE_NAME",
		 FIELD_LIST | FIELD_SHOW | FIELD_COLUMN, NULL),
	DOCUMENT(driver, "DRIVER",
		 FIELD_LIST | FIELD_SHOW | FIELD_COLUMN | FIELD_DEFAULT,
		 style_driver),
	DOCUMENT(driver_override, "OVERRIDE",
		 FIELD_LIST | FIELD_SHOW | FIELD_COLUMN, NULL),
	DOCUMENT(iommu_group, "GROUP",
		 FIELD_LIST | FIELD_SHOW | FIELD_COLUMN | FIELD_DEFAULT |
			 FIELD_RIGHT,
		 NULL),
	DOCUMENT(numa_node, "NUMA",
		 FIELD_LIST | FIELD_SHOW | FIELD_COLUMN | FIELD_RIGHT, NULL),
	{ "vfio", "VFIO", FIELD_COLUMN | FIELD_DEFAULT, get_vfio, style_vfio },
	DOCUMENT(vfio_cdev, "CDEV", FIELD_LIST | FIELD_SHOW | FIELD_COLUMN,
		 style_vfio),
	DOCUMENT(vfio_group, "GROUP_NODE",
		 FIELD_LIST | FIELD_SHOW | FIELD_COLUMN, style_vfio),
	{ "sriov", "SR-IOV", FIELD_COLUMN | FIELD_DEFAULT, get_sriov, NULL },
	DOCUMENT(physfn, "PF", FIELD_LIST | FIELD_SHOW | FIELD_COLUMN, NULL),
	DOCUMENT(sriov_totalvfs, "TOTALVFS",
		 FIELD_LIST | FIELD_SHOW | FIELD_COLUMN | FIELD_RIGHT, NULL),
	DOCUMENT(sriov_numvfs, "NUMVFS",
		 FIELD_LIST | FIELD_SHOW | FIELD_COLUMN | FIELD_RIGHT, NULL),
	DOCUMENT(sriov_autoprobe, "AUTOPROBE", FIELD_SHOW | FIELD_COLUMN, NULL),
	DOCUMENT(virtfns, NULL, FIELD_SHOW, NULL),
	DOCUMENT(subsystem_vendor_id, "SUBVENDOR", FIELD_SHOW | FIELD_COLUMN,
		 NULL),
	DOCUMENT(subsystem_device_id, "SUBDEVICE", FIELD_SHOW | FIELD_COLUMN,
		 NULL),
	DOCUMENT(revision, "REV", FIELD_SHOW | FIELD_COLUMN, NULL),
	DOCUMENT(parent, "PARENT", FIELD_SHOW | FIELD_COLUMN, NULL),
	DOCUMENT(mdev_type, "MDEV_TYPE", FIELD_SHOW | FIELD_COLUMN, NULL),
	DOCUMENT(isolation, "ISOLATION", FIELD_SHOW | FIELD_COLUMN, NULL),
	DOCUMENT(pasid, "MDEV_PASID", FIELD_SHOW | FIELD_COLUMN | FIELD_RIGHT,
		 NULL),
	DOCUMENT(netdevs, "NETDEVS", FIELD_SHOW | FIELD_COLUMN, NULL),
	DOCUMENT(blockdevs, "DISKS", FIELD_SHOW | FIELD_COLUMN, NULL),
	DOCUMENT(reset_methods, "RESET", FIELD_SHOW | FIELD_COLUMN, NULL),
	DOCUMENT(pasid_width, "PASID", FIELD_SHOW | FIELD_COLUMN | FIELD_RIGHT,
		 NULL),
	DOCUMENT(ats, "ATS", FIELD_SHOW | FIELD_COLUMN, NULL),
	DOCUMENT(pri, "PRI", FIELD_SHOW | FIELD_COLUMN, NULL),
	DOCUMENT(acs, "ACS", FIELD_SHOW | FIELD_COLUMN, NULL),
	DOCUMENT(boot_vga, "BOOT_VGA", FIELD_SHOW | FIELD_COLUMN, NULL),
	DOCUMENT(bars, NULL, FIELD_SHOW, NULL),
	DOCUMENT(capabilities, NULL, FIELD_SHOW, NULL),
	DOCUMENT(nodes, NULL, FIELD_SHOW, NULL),
	DOCUMENT(group, NULL, FIELD_SHOW, NULL),
	DOCUMENT(syspath, "SYSPATH", FIELD_SHOW | FIELD_COLUMN, NULL),
	{ "id", "ID", FIELD_COLUMN | FIELD_DEFAULT, get_id, NULL },
	DOCUMENT(class_name, "CLASS_NAME", FIELD_SHOW | FIELD_COLUMN, NULL),
	{ "name", "NAME", FIELD_COLUMN | FIELD_DEFAULT, get_name, NULL },
	{ NULL, NULL, 0, NULL, NULL },
};

const struct field *field_column(const char *name)
{
	for (const struct field *f = fields; f->key; f++)
		if (f->flags & FIELD_COLUMN && str_eq(f->key, name))
			return f;
	return NULL;
}

json_object *field_document(struct vdev_device *dev, unsigned int flag)
{
	json_object *o = json_object_new_object();

	for (const struct field *f = fields; f->key; f++)
		if (f->flags & flag)
			output_add(o, f->key, f->get(dev));
	return o;
}
