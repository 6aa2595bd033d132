/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What every device has.
 *
 * Which attributes are read is not only a matter of speed. While the kernel
 * unbinds a VFIO driver it holds the device's lock and waits for the last user
 * to close the device, possibly for good, and so does a reader of an attribute
 * that takes that lock: sriov_numvfs (sriov_numvfs_show() in
 * drivers/pci/iov.c, 6.1 and 7.2), uevent (uevent_show() in
 * drivers/base/core.c, 6.1 but not 7.2) and driver_override
 * (driver_override_show() in drivers/pci/pci-sysfs.c, 6.1; in 7.2, where it
 * has moved to drivers/base/bus.c, it takes a lock of its own). The links
 * `driver` and `iommu_group`, modalias, resource, config, numa_node,
 * reset_method and sriov_totalvfs take no such lock. Hence uevent and
 * sriov_numvfs are never read, and driver_override only when it is asked for
 * and will not block.
 */

#include "object/device_struct.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "object/classes.h"
#include "object/names.h"

static void device_path(const struct vdev_device *dev, const char *name,
			char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "/sys/bus/%s/devices/%s%s%s", dev->bus,
		 dev->address, name ? "/" : "", name ? name : "");
}

struct vdev_device *device_alloc(struct vdev_ctx *ctx, const char *bus,
				 const char *address)
{
	size_t size = strlen(address) + 1, bus_size = strlen(bus) + 1;
	struct vdev_device *dev = calloc(1, sizeof(*dev) + size + bus_size);

	if (!dev)
		return NULL;
	dev->refs = 1;
	dev->ctx = vdev_ctx_ref(ctx);
	memcpy(dev->address, address, size);
	dev->bus = memcpy(dev->address + size, bus, bus_size);
	return dev;
}

/* Return: 0, -ENODEV if the device is gone, or another errno. */
static int look_at(const struct vdev_device *dev)
{
	char path[PATH_MAX];
	struct stat st;
	int error;

	device_path(dev, NULL, path);
	error = vdev_sys_stat(&dev->ctx->sys, path, &st);
	return error == -ENOENT ? -ENODEV : error;
}

bool vdev_device_exists(struct vdev_device *dev)
{
	return look_at(dev) != -ENODEV;
}

int vdev_device_new(struct vdev_ctx *ctx, const char *bus, const char *address,
		    struct vdev_device **ret)
{
	struct vdev_device *dev = device_alloc(ctx, bus, address);
	int error;

	if (!dev)
		return -ENOMEM;
	error = look_at(dev);
	if (error) {
		vdev_device_unref(dev);
		return error;
	}
	*ret = dev;
	return 0;
}

static void facts_clear(struct device_facts *facts)
{
	for (size_t i = 0; i < DEVICE_NAMES; i++)
		free(facts->names[i]);
	free(facts->syspath);
	free(facts->parent);
	free(facts->driver);
	free(facts->driver_override);
	free(facts->vfio);
	free(facts->vfio_cdev);
	free(facts->vfio_group);
	free(facts->mdev_type);
	free(facts->physfn);
	free(facts->bars);
	free(facts->config);
	free(facts->caps);
	strv_clear(&facts->netdevs);
	strv_clear(&facts->blockdevs);
	strv_clear(&facts->virtfns);
	strv_clear(&facts->resets);
	*facts = (struct device_facts){ 0 };
}

static void close_dir(struct vdev_device *dev)
{
	struct vdev_ctx *ctx = dev->ctx;

	if (ctx->open_device != dev)
		return;
	vdev_sys_close(&ctx->sys, ctx->open_dirfd);
	ctx->open_device = NULL;
	ctx->open_dirfd = -1;
}

struct vdev_device *vdev_device_ref(struct vdev_device *dev)
{
	dev->refs++;
	return dev;
}

struct vdev_device *vdev_device_unref(struct vdev_device *dev)
{
	if (!dev || --dev->refs)
		return NULL;
	close_dir(dev);
	facts_clear(&dev->facts);
	vdev_ctx_unref(dev->ctx);
	free(dev);
	return NULL;
}

int vdev_device_refresh(struct vdev_device *dev)
{
	int error;

	close_dir(dev);
	facts_clear(&dev->facts);
	classes_forget(dev->ctx);
	error = look_at(dev);
	return error ? device_fail(dev, error, "the directory") : 0;
}

int device_fail(struct vdev_device *dev, int error, const char *what)
{
	if (error == -ENODEV)
		return vdev_fail(dev->ctx, error, "device %s is gone",
				 dev->address);
	return vdev_fail(dev->ctx, error, "cannot read %s of %s: %s", what,
			 dev->address, strerror(-error));
}

int device_dirfd(struct vdev_device *dev)
{
	struct vdev_ctx *ctx = dev->ctx;
	char path[PATH_MAX];
	int fd;

	if (ctx->open_device == dev)
		return ctx->open_dirfd;
	device_path(dev, NULL, path);
	fd = vdev_sys_open_dir(&ctx->sys, path);
	if (fd < 0)
		return fd == -ENOENT ? -ENODEV : fd;
	vdev_sys_close(&ctx->sys, ctx->open_dirfd);
	ctx->open_device = dev;
	ctx->open_dirfd = fd;
	return fd;
}

ssize_t device_read(struct vdev_device *dev, const char *name, char *buf,
		    size_t size)
{
	int fd = device_dirfd(dev);

	if (fd < 0)
		return fd;
	return vdev_sys_read_attr(&dev->ctx->sys, fd, name, buf, size);
}

ssize_t vdev_device_read_attr(struct vdev_device *dev, const char *name,
			      char *buf, size_t size)
{
	ssize_t n = device_read(dev, name, buf, size);

	return n == -ENOENT && !vdev_device_exists(dev) ? -ENODEV : n;
}

int vdev_device_write_attr(struct vdev_device *dev, const char *name,
			   const char *text)
{
	char path[PATH_MAX];

	device_path(dev, name, path);
	return vdev_sys_write_attr(&dev->ctx->sys, path, text);
}

/* Return: the length; -ENOENT if there is no such link; ... */
static ssize_t read_link(struct vdev_device *dev, const char *name,
			 char text[NAME_MAX + 1])
{
	int fd = device_dirfd(dev);

	if (fd < 0)
		return fd;
	return vdev_sys_readlink_name(&dev->ctx->sys, fd, name, text,
				      NAME_MAX + 1);
}

int device_read_link(struct vdev_device *dev, const char *name, char **ret)
{
	char text[NAME_MAX + 1];
	ssize_t n = read_link(dev, name, text);

	return vdev_sys_keep_text(n, text, ret);
}

struct vdev_ctx *vdev_device_ctx(const struct vdev_device *dev)
{
	return dev->ctx;
}

const char *vdev_device_address(const struct vdev_device *dev)
{
	return dev->address;
}

const char *vdev_device_bus(const struct vdev_device *dev)
{
	return dev->bus;
}

/* A link's target, as sysfs writes them: "../" only at the front. */
static char *resolve_link(const char *dir, const char *target)
{
	size_t length = strlen(dir);
	struct strbuf b = { 0 };

	for (; str_starts(target, "../"); target += 3)
		while (length && dir[--length] != '/')
			;
	if (*target != '/')
		strbuf_addf(&b, "%.*s/", (int)length, dir);
	strbuf_addf(&b, "%s", target);
	return strbuf_finish(&b);
}

const char *vdev_device_syspath(struct vdev_device *dev)
{
	struct device_facts *facts = &dev->facts;
	char path[PATH_MAX], target[PATH_MAX];
	char *slash;
	ssize_t n;

	if (facts->known & KNOWN_SYSPATH)
		return facts->syspath;
	device_path(dev, NULL, path);
	n = vdev_sys_readlink(&dev->ctx->sys, VDEV_SYS_ROOT, path, target,
			      sizeof(target));
	if (n < 0) {
		device_fail(dev, n == -ENOENT ? -ENODEV : (int)n, "the path");
		return NULL;
	}
	slash = strrchr(path, '/');
	*slash = '\0';
	facts->syspath = resolve_link(path, target);
	if (facts->syspath)
		facts->known |= KNOWN_SYSPATH;
	return facts->syspath;
}

const char *vdev_device_parent(struct vdev_device *dev)
{
	const char *path = vdev_device_syspath(dev);
	struct device_facts *facts = &dev->facts;
	struct pci_address address;
	char above[PATH_MAX];
	const char *name;

	if (!path || facts->parent)
		return facts->parent;
	snprintf(above, sizeof(above), "%.*s",
		 (int)(str_basename(path) - path - 1), path);
	name = str_basename(above);
	if (device_is_mdev(dev) || !pci_address_parse(name, &address))
		facts->parent = strdup(name);
	return facts->parent;
}

static int read_hex(struct vdev_device *dev, const char *name, uint64_t most,
		    uint64_t *ret)
{
	uint64_t value;
	char text[32];
	ssize_t n = device_read(dev, name, text, sizeof(text));
	int error;

	if (n < 0)
		return n == -ENOENT ? -ENODEV : (int)n;
	error = str_to_u64(text, 16, &value);
	if (error || value > most)
		return -EIO;
	*ret = value;
	return 0;
}

/* One attribute tells all ids but the revision. */
static int read_modalias(struct vdev_device *dev)
{
	unsigned int vendor, device, sv, sd, base, sub, interface;
	struct device_facts *facts = &dev->facts;
	char text[MODALIAS_SIZE];
	int end = 0;
	ssize_t n = device_read(dev, "modalias", text, sizeof(text));

	if (n < 0)
		return n == -ENOENT ? -ENODEV : (int)n;
	if (sscanf(text, "pci:v%8xd%8xsv%8xsd%8xbc%2xsc%2xi%2x%n", &vendor,
		   &device, &sv, &sd, &base, &sub, &interface, &end) != 7 ||
	    text[end] || (vendor | device | sv | sd) > UINT16_MAX)
		return -EIO;
	facts->vendor = (uint16_t)vendor;
	facts->device = (uint16_t)device;
	facts->subsystem_vendor = (uint16_t)sv;
	facts->subsystem_device = (uint16_t)sd;
	facts->class_code = base << 16 | sub << 8 | interface;
	return 0;
}

static int read_ids(struct vdev_device *dev)
{
	int error;

	if (dev->facts.known & KNOWN_IDS)
		return 0;
	if (!device_is_pci(dev))
		return -ENODATA;
	error = read_modalias(dev);
	if (error)
		return device_fail(dev, error, "modalias");
	dev->facts.known |= KNOWN_IDS;
	return 0;
}

int vdev_device_vendor_id(struct vdev_device *dev)
{
	int error = read_ids(dev);

	return error ? error : dev->facts.vendor;
}

int vdev_device_device_id(struct vdev_device *dev)
{
	int error = read_ids(dev);

	return error ? error : dev->facts.device;
}

int vdev_device_subsystem_vendor_id(struct vdev_device *dev)
{
	int error = read_ids(dev);

	return error ? error : dev->facts.subsystem_vendor;
}

int vdev_device_subsystem_device_id(struct vdev_device *dev)
{
	int error = read_ids(dev);

	return error ? error : dev->facts.subsystem_device;
}

int vdev_device_class_code(struct vdev_device *dev)
{
	int error = read_ids(dev);

	return error ? error : (int)dev->facts.class_code;
}

int vdev_device_revision(struct vdev_device *dev)
{
	struct device_facts *facts = &dev->facts;
	uint64_t value = 0;
	int error;

	if (facts->known & KNOWN_REVISION)
		return facts->revision;
	if (!device_is_pci(dev))
		return -ENODATA;
	error = read_hex(dev, "revision", UINT8_MAX, &value);
	if (error)
		return device_fail(dev, error, "revision");
	facts->revision = (int)value;
	facts->known |= KNOWN_REVISION;
	return facts->revision;
}

int vdev_device_modalias(struct vdev_device *dev, const char *prefix,
			 char text[MODALIAS_SIZE])
{
	const struct device_facts *facts = &dev->facts;
	int error = read_ids(dev);

	if (error)
		return error;
	snprintf(text, MODALIAS_SIZE,
		 "%s:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X", prefix,
		 facts->vendor, facts->device, facts->subsystem_vendor,
		 facts->subsystem_device, facts->class_code >> 16,
		 facts->class_code >> 8 & 0xff, facts->class_code & 0xff);
	return 0;
}

struct taken_names {
	char **names;
	bool failed;
};

static void take_name(void *data, const char *key, const char *name)
{
	static const char *const keys[DEVICE_NAMES] = {
		[DEVICE_NAME_VENDOR] = VDEV_NAME_VENDOR,
		[DEVICE_NAME_DEVICE] = VDEV_NAME_DEVICE,
		[DEVICE_NAME_CLASS] = VDEV_NAME_CLASS,
		[DEVICE_NAME_SUBCLASS] = VDEV_NAME_SUBCLASS,
	};
	struct taken_names *taken = data;

	for (size_t i = 0; i < DEVICE_NAMES; i++) {
		if (taken->names[i] || !str_eq(key, keys[i]))
			continue;
		taken->names[i] = strdup(name);
		taken->failed |= !taken->names[i];
	}
}

static void read_pci_names(struct vdev_device *dev)
{
	struct taken_names taken = { dev->facts.names, false };
	char modalias[MODALIAS_SIZE];

	if (vdev_device_modalias(dev, "pci", modalias))
		return;
	if (!vdev_names_lookup(dev->ctx, modalias, take_name, &taken) &&
	    !taken.failed)
		dev->facts.known |= KNOWN_NAMES;
}

/* The type's `name` is a vendor driver's option (sysfs-bus-vfio-mdev). */
static void read_mdev_names(struct vdev_device *dev)
{
	const char *syspath = vdev_device_syspath(dev);
	char path[PATH_MAX], text[256];
	char **name = &dev->facts.names[DEVICE_NAME_DEVICE];
	ssize_t n;

	if (!syspath)
		return;
	snprintf(path, sizeof(path), "%s/mdev_type/name", syspath);
	n = vdev_sys_read_attr(&dev->ctx->sys, VDEV_SYS_ROOT, path, text,
			       sizeof(text));
	if (n >= 0)
		*name = strdup(text);
	if (n == -ENOENT || *name)
		dev->facts.known |= KNOWN_NAMES;
}

static const char *device_name(struct vdev_device *dev, enum device_names which)
{
	if (!(dev->facts.known & KNOWN_NAMES)) {
		if (device_is_pci(dev))
			read_pci_names(dev);
		else if (device_is_mdev(dev))
			read_mdev_names(dev);
	}
	return dev->facts.names[which];
}

const char *vdev_device_vendor_name(struct vdev_device *dev)
{
	return device_name(dev, DEVICE_NAME_VENDOR);
}

const char *vdev_device_device_name(struct vdev_device *dev)
{
	return device_name(dev, DEVICE_NAME_DEVICE);
}

const char *vdev_device_class_name(struct vdev_device *dev)
{
	const char *name = device_name(dev, DEVICE_NAME_SUBCLASS);

	return name ? name : device_name(dev, DEVICE_NAME_CLASS);
}

int vdev_device_get_driver(struct vdev_device *dev, const char **ret)
{
	struct device_facts *facts = &dev->facts;

	if (!(facts->known & KNOWN_DRIVER)) {
		int error = device_read_link(dev, "driver", &facts->driver);

		if (error)
			return device_fail(dev, error, "the driver");
		facts->known |= KNOWN_DRIVER;
	}
	*ret = facts->driver;
	return 0;
}

const char *vdev_device_driver(struct vdev_device *dev)
{
	const char *name = NULL;

	(void)vdev_device_get_driver(dev, &name);
	return name;
}

int vdev_device_iommu_group(struct vdev_device *dev)
{
	struct device_facts *facts = &dev->facts;
	char name[NAME_MAX + 1];
	int group = -ENODATA;
	ssize_t n;

	if (facts->known & KNOWN_GROUP)
		return facts->group;
	n = read_link(dev, "iommu_group", name);
	if (n >= 0)
		group = str_to_int(name);
	else if (n != -ENOENT)
		return device_fail(dev, (int)n, "the IOMMU group");
	if (group == -EINVAL)
		return device_fail(dev, -EIO, "the IOMMU group");
	facts->group = group;
	facts->known |= KNOWN_GROUP;
	return group;
}

int vdev_device_numa_node(struct vdev_device *dev)
{
	struct device_facts *facts = &dev->facts;
	char text[16];
	ssize_t n;

	if (facts->known & KNOWN_NUMA)
		return facts->numa_node;
	n = device_read(dev, "numa_node", text, sizeof(text));
	if (n < 0 && n != -ENOENT)
		return device_fail(dev, (int)n, "numa_node");
	/* -1, or no attribute in a kernel without CONFIG_NUMA. */
	facts->numa_node = n < 0 || *text == '-' ? -ENODATA : str_to_int(text);
	if (facts->numa_node == -EINVAL)
		return device_fail(dev, -EIO, "numa_node");
	facts->known |= KNOWN_NUMA;
	return facts->numa_node;
}

/*
 * A VFIO driver's device has a child in vfio-dev/ for as long as it can be
 * opened (since Linux 6.1), whatever the driver is called.
 */
int vdev_device_get_vfio(struct vdev_device *dev, const char **ret)
{
	struct device_facts *facts = &dev->facts;

	if (!(facts->known & KNOWN_VFIO)) {
		_auto_strv_ struct strv names = { 0 };
		const char *driver = NULL;
		int error = vdev_device_get_driver(dev, &driver);
		int fd = error ? error : device_dirfd(dev);

		if (fd < 0)
			return fd;
		if (driver)
			error = vdev_sys_list(&dev->ctx->sys, fd, "vfio-dev",
					      &names);
		if (error && error != -ENOENT)
			return device_fail(dev, error, "vfio-dev");
		if (names.count) {
			facts->vfio = strdup(names.items[0]);
			if (!facts->vfio)
				return -ENOMEM;
		}
		facts->known |= KNOWN_VFIO;
	}
	*ret = facts->vfio;
	return 0;
}

int vdev_device_is_vfio(struct vdev_device *dev)
{
	const char *name = NULL;

	(void)vdev_device_get_vfio(dev, &name);
	return !!name;
}

/* Return: 1 or 0, or a negative errno. */
static int path_exists(struct vdev_device *dev, const char *path)
{
	struct stat st;
	int error = vdev_sys_stat(&dev->ctx->sys, path, &st);

	return error == -ENOENT ? 0 : error ? error : 1;
}

/* Sets `*place` to a copy of the path and marks it as read. */
static void know_path(struct vdev_device *dev, enum device_known known,
		      char **place, const char *path)
{
	if (path) {
		*place = strdup(path);
		if (!*place) {
			device_fail(dev, -ENOMEM, "the VFIO nodes");
			return;
		}
	}
	dev->facts.known |= known;
}

/* A device in no-IOMMU mode, and any before Linux 6.6, has no number. */
static void read_vfio_cdev(struct vdev_device *dev)
{
	char path[PATH_MAX], attribute[NAME_MAX + 16];
	const char *name = NULL;
	int there = 0;

	if (vdev_device_get_vfio(dev, &name))
		return;
	if (name) {
		snprintf(attribute, sizeof(attribute), "vfio-dev/%s/dev", name);
		device_path(dev, attribute, path);
		there = path_exists(dev, path);
		snprintf(path, sizeof(path), "/dev/vfio/devices/%s", name);
	}
	if (there < 0)
		device_fail(dev, there, "vfio-dev");
	else
		know_path(dev, KNOWN_VFIO_CDEV, &dev->facts.vfio_cdev,
			  there ? path : NULL);
}

const char *vdev_device_vfio_cdev(struct vdev_device *dev)
{
	if (!(dev->facts.known & KNOWN_VFIO_CDEV))
		read_vfio_cdev(dev);
	return dev->facts.vfio_cdev;
}

#define GROUP_NODE_SIZE 48

/*
 * The class has a device of the node's name. The group's own name does not
 * tell: "vfio-noiommu" is also that of an mdev's group, whose node is called
 * by its number (vfio_noiommu_group_alloc() and vfio_create_group() in
 * drivers/vfio/group.c). Return: 1 if there is a node, else 0 or an errno.
 */
static int find_group_node(struct vdev_device *dev, int group,
			   char node[GROUP_NODE_SIZE])
{
	static const char *const prefixes[] = { "", "noiommu-" };
	int ret = 0;

	for (size_t i = 0; i < ARRAY_SIZE(prefixes) && !ret; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/sys/class/vfio/%s%d",
			 prefixes[i], group);
		ret = path_exists(dev, path);
		snprintf(node, GROUP_NODE_SIZE, "/dev/vfio/%s%d", prefixes[i],
			 group);
	}
	return ret;
}

static void read_vfio_group(struct vdev_device *dev)
{
	char node[GROUP_NODE_SIZE];
	const char *name = NULL;
	int group, there = 0;

	if (vdev_device_get_vfio(dev, &name))
		return;
	group = name ? vdev_device_iommu_group(dev) : -ENODATA;
	if (group >= 0)
		there = find_group_node(dev, group, node);
	else if (group != -ENODATA)
		return;
	if (there < 0)
		device_fail(dev, there, "the VFIO group");
	else
		know_path(dev, KNOWN_VFIO_GROUP, &dev->facts.vfio_group,
			  there ? node : NULL);
}

const char *vdev_device_vfio_group(struct vdev_device *dev)
{
	if (!(dev->facts.known & KNOWN_VFIO_GROUP))
		read_vfio_group(dev);
	return dev->facts.vfio_group;
}

/* Whether a VFIO driver holds another device of the group. */
static bool group_has_vfio(struct vdev_device *dev, int group)
{
	_auto_strv_ struct strv names = { 0 };
	char dir[64], path[PATH_MAX];
	const char *name;

	snprintf(dir, sizeof(dir), "/sys/kernel/iommu_groups/%d/devices",
		 group);
	if (vdev_sys_list(&dev->ctx->sys, VDEV_SYS_ROOT, dir, &names))
		return false;
	strv_foreach(&names, name) {
		snprintf(path, sizeof(path), "%s/%s/vfio-dev", dir, name);
		if (!str_eq(name, dev->address) &&
		    vdev_sys_exists(&dev->ctx->sys, path))
			return true;
	}
	return false;
}

/*
 * Whether a VFIO driver's unbind waits for a user to close the device. The
 * link to the driver goes first, the group's node last (vfio_unregister_
 * group_dev() in drivers/vfio/vfio_main.c). A kernel without VFIO_GROUP (Linux
 * 6.6 can be built so) gives no sign.
 */
static bool unbind_pending(struct vdev_device *dev)
{
	char node[GROUP_NODE_SIZE];
	const char *driver = NULL;
	int group;

	if (vdev_device_get_driver(dev, &driver) || driver)
		return false;
	group = vdev_device_iommu_group(dev);
	if (group < 0)
		return false;
	return find_group_node(dev, group, node) == 1 &&
	       !group_has_vfio(dev, group);
}

/* Whether this kernel takes the device's lock to show driver_override. */
static bool override_takes_lock(struct vdev_ctx *ctx)
{
	unsigned int major, minor;
	char release[128];

	if (ctx->override_known)
		return ctx->override_blocks;
	ctx->override_known = true;
	ctx->override_blocks =
		vdev_sys_live(&ctx->sys) &&
		(vdev_sys_read_attr(&ctx->sys, VDEV_SYS_ROOT,
				    "/proc/sys/kernel/osrelease", release,
				    sizeof(release)) < 0 ||
		 sscanf(release, "%u.%u", &major, &minor) != 2 || major < 7 ||
		 (major == 7 && minor < 2));
	return ctx->override_blocks;
}

static int read_override(struct vdev_device *dev)
{
	struct device_facts *facts = &dev->facts;
	char text[PATH_MAX];
	ssize_t n;

	if (override_takes_lock(dev->ctx) && unbind_pending(dev))
		return vdev_fail(dev->ctx, -EBUSY,
				 "%s: an unbind is pending, driver_override "
				 "cannot be read before it ends",
				 dev->address);
	n = device_read(dev, "driver_override", text, sizeof(text));
	if (n < 0 && n != -ENOENT)
		return device_fail(dev, (int)n, "driver_override");
	/* An override that is not set prints as a null pointer. */
	if (n > 0 && !str_eq(text, "(null)")) {
		facts->driver_override = strdup(text);
		if (!facts->driver_override)
			return device_fail(dev, -ENOMEM, "driver_override");
	}
	facts->known |= KNOWN_OVERRIDE;
	return 0;
}

int vdev_device_get_override(struct vdev_device *dev, const char **ret)
{
	int error = dev->facts.known & KNOWN_OVERRIDE ? 0 : read_override(dev);

	if (error)
		return error;
	*ret = dev->facts.driver_override;
	return 0;
}

const char *vdev_device_driver_override(struct vdev_device *dev)
{
	const char *name = NULL;

	(void)vdev_device_get_override(dev, &name);
	return name;
}

const char *vdev_device_mdev_type(struct vdev_device *dev)
{
	struct device_facts *facts = &dev->facts;

	if (!(facts->known & KNOWN_MDEV_TYPE) && device_is_mdev(dev)) {
		int error =
			device_read_link(dev, "mdev_type", &facts->mdev_type);

		if (error) {
			device_fail(dev, error, "mdev_type");
			return NULL;
		}
		facts->known |= KNOWN_MDEV_TYPE;
	}
	return facts->mdev_type;
}

static const char *const isolation_names[] = {
	[VDEV_ISOLATION_NONE] = "none",
	[VDEV_ISOLATION_EMULATED] = "emulated",
	[VDEV_ISOLATION_IOMMU] = "iommu",
	[VDEV_ISOLATION_IOMMU_PASID] = "iommu-pasid",
};

const char *vdev_isolation_name(enum vdev_isolation isolation)
{
	return (size_t)isolation < ARRAY_SIZE(isolation_names)
		       ? isolation_names[isolation]
		       : NULL;
}

/* Reads an attribute that mdevs have on a kernel with the project's patches. */
static int read_isolation(struct vdev_device *dev, const char *name, char *text,
			  size_t size)
{
	ssize_t n = -ENODATA;

	if (device_is_mdev(dev))
		n = vdev_device_read_attr(dev, name, text, size);
	if (n >= 0)
		return 0;
	return n == -ENOENT || n == -ENODATA ? -ENODATA
					     : device_fail(dev, (int)n, name);
}

int vdev_device_isolation(struct vdev_device *dev)
{
	char text[32];
	int error = read_isolation(dev, "isolation", text, sizeof(text));

	if (error)
		return error;
	for (int i = 0; i < (int)ARRAY_SIZE(isolation_names); i++)
		if (str_eq(text, isolation_names[i]))
			return i;
	return -ENODATA;
}

int vdev_device_isolation_pasid(struct vdev_device *dev)
{
	char text[16];
	int ret = read_isolation(dev, "pasid", text, sizeof(text));

	if (!ret)
		ret = str_to_int(text);
	return ret == -EINVAL ? device_fail(dev, -EIO, "pasid") : ret;
}

static const char *const *class_names(struct vdev_device *dev, enum class_id id,
				      enum device_known known,
				      struct strv *names)
{
	const struct class_entry *entries;
	int count;

	if (dev->facts.known & known)
		return strv_items(names);
	count = classes_of_device(dev->ctx, id, dev->address, &entries);
	for (int i = 0; i < count; i++)
		if (strv_add(names, entries[i].name))
			count = -ENOMEM;
	if (count < 0) {
		strv_clear(names);
		device_fail(dev, count, "interfaces and disks");
		return count == -ENOMEM ? NULL : strv_items(names);
	}
	dev->facts.known |= known;
	return strv_items(names);
}

const char *const *vdev_device_netdevs(struct vdev_device *dev)
{
	return class_names(dev, CLASS_NET, KNOWN_NETDEVS, &dev->facts.netdevs);
}

const char *const *vdev_device_blockdevs(struct vdev_device *dev)
{
	return class_names(dev, CLASS_BLOCK, KNOWN_BLOCKDEVS,
			   &dev->facts.blockdevs);
}
