/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "kernel/pciconfig.h"
#include "object/device_struct.h"

/* A number in an attribute that only some functions have. */
static int read_optional(struct vdev_device *dev, const char *name)
{
	char text[16];
	ssize_t n;
	int value;

	if (!device_is_pci(dev))
		return -ENODATA;
	n = device_read(dev, name, text, sizeof(text));
	if (n == -ENOENT)
		return -ENODATA;
	if (n < 0)
		return device_fail(dev, (int)n, name);
	value = str_to_int(text);
	return value < 0 ? device_fail(dev, -EIO, name) : value;
}

/* The bits of struct resource (include/linux/ioport.h). */
enum {
	RESOURCE_IO = 0x100,
	RESOURCE_MEM = 0x200,
	RESOURCE_PREFETCH = 0x2000,
	RESOURCE_MEM_64 = 0x100000,
};

static void parse_bar(const char *line, struct device_bar *bar)
{
	unsigned long long start, end, flags;

	if (sscanf(line, "%llx %llx %llx", &start, &end, &flags) != 3 ||
	    !(flags & (RESOURCE_IO | RESOURCE_MEM)) || !end || end < start)
		return;
	*bar = (struct device_bar){
		.start = start,
		.size = end - start + 1,
		.flags = (flags & RESOURCE_IO ? VDEV_BAR_IO : 0U) |
			 (flags & RESOURCE_MEM_64 ? VDEV_BAR_64BIT : 0U) |
			 (flags & RESOURCE_PREFETCH ? VDEV_BAR_PREFETCH : 0U),
	};
}

/* `resource` has a line for each BAR, and more behind them. */
static int read_bars(struct vdev_device *dev)
{
	struct device_bar bars[VDEV_PCI_BARS] = { 0 };
	struct device_facts *facts = &dev->facts;
	char text[2048];
	const char *line = text;
	ssize_t n = device_read(dev, "resource", text, sizeof(text));

	if (n < 0)
		return n == -ENOENT ? -ENODEV : (int)n;
	for (size_t i = 0; line && i < VDEV_PCI_BARS; i++) {
		parse_bar(line, &bars[i]);
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	facts->bars = malloc(sizeof(bars));
	if (!facts->bars)
		return -ENOMEM;
	memcpy(facts->bars, bars, sizeof(bars));
	facts->known |= KNOWN_BARS;
	return 0;
}

int vdev_device_bar(struct vdev_device *dev, unsigned int index,
		    uint64_t *start, uint64_t *size, unsigned int *flags)
{
	const struct device_bar *bar;

	if (index >= VDEV_PCI_BARS)
		return -EINVAL;
	if (!device_is_pci(dev))
		return -ENODATA;
	if (!(dev->facts.known & KNOWN_BARS)) {
		int error = read_bars(dev);

		if (error)
			return device_fail(dev, error, "resource");
	}
	bar = &dev->facts.bars[index];
	if (!bar->size)
		return -ENODATA;
	if (start)
		*start = bar->start;
	if (size)
		*size = bar->size;
	if (flags)
		*flags = bar->flags;
	return 0;
}

/* The kernel hides the attribute of a function that has no way at all. */
const char *const *vdev_device_reset_methods(struct vdev_device *dev)
{
	struct device_facts *facts = &dev->facts;
	char text[128];
	ssize_t n;
	int error;

	if (facts->known & KNOWN_RESETS)
		return strv_items(&facts->resets);
	if (!device_is_pci(dev))
		return NULL;
	n = vdev_device_read_attr(dev, "reset_method", text, sizeof(text));
	if (n < 0 && n != -ENOENT) {
		device_fail(dev, (int)n, "reset_method");
		return NULL;
	}
	error = n > 0 ? strv_split(&facts->resets, text, " ") : 0;
	if (error) {
		strv_clear(&facts->resets);
		device_fail(dev, error, "reset_method");
		return NULL;
	}
	facts->known |= KNOWN_RESETS;
	return strv_items(&facts->resets);
}

int device_get_physfn(struct vdev_device *dev, const char **ret)
{
	struct device_facts *facts = &dev->facts;

	if (!(facts->known & KNOWN_PHYSFN) && device_is_pci(dev)) {
		int error = device_read_link(dev, "physfn", &facts->physfn);

		if (error)
			return device_fail(dev, error, "physfn");
		facts->known |= KNOWN_PHYSFN;
	}
	*ret = facts->physfn;
	return 0;
}

const char *vdev_device_physfn(struct vdev_device *dev)
{
	const char *address = NULL;

	(void)device_get_physfn(dev, &address);
	return address;
}

int vdev_device_sriov_totalvfs(struct vdev_device *dev)
{
	struct device_facts *facts = &dev->facts;

	if (!(facts->known & KNOWN_TOTALVFS)) {
		int count = read_optional(dev, "sriov_totalvfs");

		if (count < 0 && count != -ENODATA)
			return count;
		facts->totalvfs = count;
		facts->known |= KNOWN_TOTALVFS;
	}
	return facts->totalvfs;
}

int vdev_device_sriov_autoprobe(struct vdev_device *dev)
{
	return read_optional(dev, "sriov_drivers_autoprobe");
}

struct virtfn {
	unsigned int number;
	char address[PCI_ADDRESS_SIZE];
};

struct virtfns {
	struct virtfn *items;
	size_t count;
};

static int add_virtfn(void *data, const char *name, unsigned char type)
{
	struct virtfns *list = data;
	struct virtfn vf = { 0 };
	int end = 0;

	(void)type;
	if (sscanf(name, "virtfn%u%n", &vf.number, &end) != 1 || name[end])
		return 0;
	return ARRAY_ADD(list->items, list->count, vf);
}

static int compare_virtfns(const void *a, const void *b)
{
	const struct virtfn *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

static int link_virtfns(struct vdev_device *dev, int fd, struct virtfns *list,
			struct strv *ret)
{
	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items),
		      compare_virtfns);
	for (size_t i = 0; i < list->count; i++) {
		struct virtfn *vf = &list->items[i];
		char name[32];
		ssize_t n;
		int error;

		snprintf(name, sizeof(name), "virtfn%u", vf->number);
		n = vdev_sys_readlink_name(&dev->ctx->sys, fd, name,
					   vf->address, sizeof(vf->address));
		if (n == -ENOENT)
			continue;
		error = n < 0 ? (int)n : strv_add(ret, vf->address);
		if (error)
			return error;
	}
	return 0;
}

static int read_virtfns(struct vdev_device *dev)
{
	_auto_strv_ struct strv names = { 0 };
	struct virtfns list = { 0 };
	int fd = device_dirfd(dev);
	int error;

	if (fd < 0)
		return fd;
	error = dev->ctx->sys.ops->list(&dev->ctx->sys, fd, ".", add_virtfn,
					&list);
	if (!error)
		error = link_virtfns(dev, fd, &list, &names);
	free(list.items);
	if (error)
		return error == -ENOENT ? -ENODEV : error;
	dev->facts.virtfns = names;
	names = (struct strv){ 0 };
	dev->facts.known |= KNOWN_VIRTFNS;
	return 0;
}

const char *const *vdev_device_virtfns(struct vdev_device *dev)
{
	struct device_facts *facts = &dev->facts;
	int error;

	/* Most functions have no SR-IOV capability and so no links. */
	if (facts->known & KNOWN_VIRTFNS || vdev_device_sriov_totalvfs(dev) < 0)
		return strv_items(&facts->virtfns);
	error = read_virtfns(dev);
	if (error)
		device_fail(dev, error, "the virtual functions");
	return error == -ENOMEM ? NULL : strv_items(&facts->virtfns);
}

/*
 * VFs are counted by their links, which appear and go with them: sriov_numvfs
 * cannot be read while an unbind is pending (device.c).
 */
int vdev_device_sriov_numvfs(struct vdev_device *dev)
{
	int total = vdev_device_sriov_totalvfs(dev);

	if (total < 0)
		return total;
	if (!(dev->facts.known & KNOWN_VIRTFNS)) {
		int error = read_virtfns(dev);

		if (error)
			return device_fail(dev, error, "virtual functions");
	}
	return (int)dev->facts.virtfns.count;
}

int vdev_device_boot_vga(struct vdev_device *dev)
{
	return read_optional(dev, "boot_vga");
}

static int read_config(struct vdev_device *dev)
{
	uint8_t buf[PCICONFIG_SIZE];
	int fd = device_dirfd(dev);
	uint8_t *copy;
	ssize_t n;

	if (fd < 0)
		return fd;
	n = vdev_sys_read_bytes(&dev->ctx->sys, fd, "config", buf, sizeof(buf));
	if (n < 0)
		return n == -ENOENT ? -ENODEV : (int)n;
	if (n < PCICONFIG_HEADER || !pciconfig_answers(buf, (size_t)n))
		return -EIO;
	copy = malloc((size_t)n);
	if (!copy)
		return -ENOMEM;
	dev->facts.config = memcpy(copy, buf, (size_t)n);
	dev->facts.config_size = (int)n;
	dev->facts.known |= KNOWN_CONFIG;
	return 0;
}

int vdev_device_config(struct vdev_device *dev, const uint8_t **ret)
{
	if (!device_is_pci(dev))
		return -ENODATA;
	if (!(dev->facts.known & KNOWN_CONFIG)) {
		int error = read_config(dev);

		if (error)
			return device_fail(dev, error, "config");
	}
	*ret = dev->facts.config;
	return dev->facts.config_size;
}

static int read_caps(struct vdev_device *dev)
{
	struct vdev_pci_cap caps[PCICONFIG_MAX_CAPS];
	const uint8_t *config = NULL;
	int size = vdev_device_config(dev, &config);
	struct vdev_pci_cap *copy;
	size_t count;

	if (size < 0)
		return size;
	/* The header tells everybody whether there is something to hide. */
	if (size <= PCICONFIG_HEADER &&
	    pciconfig_has_caps(config, (size_t)size))
		return vdev_fail(dev->ctx, -EACCES,
				 "the capabilities of %s can be read with "
				 "CAP_SYS_ADMIN only",
				 dev->address);
	count = pciconfig_caps(config, (size_t)size, caps);
	copy = calloc(count + 1, sizeof(*copy));
	if (!copy)
		return device_fail(dev, -ENOMEM, "config");
	memcpy(copy, caps, count * sizeof(*copy));
	dev->facts.caps = copy;
	dev->facts.cap_count = count;
	dev->facts.known |= KNOWN_CAPS;
	return 0;
}

int vdev_device_caps(struct vdev_device *dev, const struct vdev_pci_cap **ret)
{
	if (!(dev->facts.known & KNOWN_CAPS)) {
		int error = read_caps(dev);

		if (error < 0)
			return error;
	}
	*ret = dev->facts.caps;
	return (int)dev->facts.cap_count;
}

const char *vdev_pci_cap_name(unsigned int id, int extended)
{
	return pciconfig_cap_name(id, extended);
}

int vdev_device_cap_offset(struct vdev_device *dev, unsigned int id,
			   int extended)
{
	const struct vdev_pci_cap *caps = NULL;
	int count = vdev_device_caps(dev, &caps);

	if (count < 0)
		return count;
	for (int i = 0; i < count; i++)
		if (caps[i].id == id && !caps[i].extended == !extended)
			return caps[i].offset;
	return -ENODATA;
}

/*
 * A VF has no PASID and PRI capability of its own, and uses its PF's. Return:
 * the function that has them; the caller drops it with vdev_device_unref().
 */
static int capable_function(struct vdev_device *dev, struct vdev_device **ret)
{
	const char *physfn = NULL;
	int error = device_get_physfn(dev, &physfn);

	if (error)
		return error;
	if (!physfn) {
		*ret = vdev_device_ref(dev);
		return 0;
	}
	error = vdev_device_new(dev->ctx, "pci", physfn, ret);
	if (error)
		return vdev_fail(dev->ctx, error,
				 "cannot look at %s, the physical function of "
				 "%s: %s",
				 physfn, dev->address, strerror(-error));
	return 0;
}

int vdev_device_pasid_width(struct vdev_device *dev)
{
	struct vdev_device *function;
	int offset, ret = capable_function(dev, &function);

	if (ret)
		return ret;
	offset = vdev_device_cap_offset(function, PCICONFIG_EXT_CAP_PASID, 1);
	ret = offset;
	if (offset > 0) {
		const struct device_facts *facts = &function->facts;

		ret = pciconfig_pasid_width(facts->config,
					    (size_t)facts->config_size,
					    (size_t)offset);
		if (ret < 0)
			device_fail(function, ret, "the PASID capability");
	}
	vdev_device_unref(function);
	return ret;
}

static int has_ext_cap(struct vdev_device *dev, unsigned int id)
{
	int offset = vdev_device_cap_offset(dev, id, 1);

	if (offset == -ENODATA && device_is_pci(dev))
		return 0;
	return offset < 0 ? offset : 1;
}

int vdev_device_has_ats(struct vdev_device *dev)
{
	return has_ext_cap(dev, PCICONFIG_EXT_CAP_ATS);
}

int vdev_device_has_pri(struct vdev_device *dev)
{
	struct vdev_device *function;
	int ret = capable_function(dev, &function);

	if (ret)
		return ret;
	ret = has_ext_cap(function, PCICONFIG_EXT_CAP_PRI);
	vdev_device_unref(function);
	return ret;
}

int vdev_device_has_acs(struct vdev_device *dev)
{
	return has_ext_cap(dev, PCICONFIG_EXT_CAP_ACS);
}
