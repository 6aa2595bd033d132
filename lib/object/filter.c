/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "object/filter.h"

#include <errno.h>
#include <fnmatch.h>

#include "object/device_struct.h"
#include "object/find.h"

/* A class: its leading `digits` hexadecimal digits. */
struct class_term {
	unsigned int code;
	unsigned int digits;
};

#define ANY_ID (-1)

struct id_term {
	int vendor;
	int device;
};

enum { ROLE_PF = 1 << 0, ROLE_VF = 1 << 1 };

struct vdev_filter {
	struct vdev_ctx *ctx;

	/* One list for each kind; an empty one lets every device pass. */
	struct strv buses;
	struct strv addresses;
	struct strv globs;
	struct strv drivers;
	struct class_term *classes;
	size_t class_count;
	struct id_term *ids;
	size_t id_count;
	int *groups;
	size_t group_count;
	unsigned int roles;
};

int vdev_filter_new(struct vdev_ctx *ctx, struct vdev_filter **ret)
{
	struct vdev_filter *filter = calloc(1, sizeof(*filter));

	if (!filter)
		return vdev_fail(ctx, -ENOMEM, "out of memory");
	filter->ctx = vdev_ctx_ref(ctx);
	*ret = filter;
	return 0;
}

void vdev_filter_free(struct vdev_filter *filter)
{
	if (!filter)
		return;
	strv_clear(&filter->buses);
	strv_clear(&filter->addresses);
	strv_clear(&filter->globs);
	strv_clear(&filter->drivers);
	free(filter->classes);
	free(filter->ids);
	free(filter->groups);
	vdev_ctx_unref(filter->ctx);
	free(filter);
}

static const struct {
	const char *name;
	unsigned int code;
} class_names[] = {
	{ "storage", 0x01 },	   { "network", 0x02 },	    { "display", 0x03 },
	{ "multimedia", 0x04 },	   { "memory", 0x05 },	    { "bridge", 0x06 },
	{ "communication", 0x07 }, { "system", 0x08 },	    { "input", 0x09 },
	{ "docking", 0x0a },	   { "processor", 0x0b },   { "serial", 0x0c },
	{ "wireless", 0x0d },	   { "accelerator", 0x12 },
};

static int add_class(struct vdev_filter *filter, const char *value)
{
	struct class_term term = { 0, 2 };
	size_t length = strlen(value);
	uint64_t code;

	for (size_t i = 0; i < ARRAY_SIZE(class_names); i++) {
		if (!str_eq(class_names[i].name, value))
			continue;
		term.code = class_names[i].code;
		return ARRAY_ADD(filter->classes, filter->class_count, term);
	}
	if ((length != 2 && length != 4 && length != 6) ||
	    strspn(value, "0123456789abcdefABCDEF") != length ||
	    str_to_u64(value, 16, &code))
		return -EINVAL;
	term = (struct class_term){ (unsigned int)code, (unsigned int)length };
	return ARRAY_ADD(filter->classes, filter->class_count, term);
}

/* Up to four hexadecimal digits or "*". */
static int parse_id(const char *text, size_t length, int *ret)
{
	char copy[5];
	uint64_t value;

	if (length == 1 && *text == '*') {
		*ret = ANY_ID;
		return 0;
	}
	if (!length || length >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, text, length);
	copy[length] = '\0';
	if (strspn(copy, "0123456789abcdefABCDEF") != length ||
	    str_to_u64(copy, 16, &value))
		return -EINVAL;
	*ret = (int)value;
	return 0;
}

static int add_id(struct vdev_filter *filter, const char *value)
{
	size_t length = strcspn(value, ":");
	struct id_term term;

	if (!value[length] || parse_id(value, length, &term.vendor) ||
	    parse_id(value + length + 1, strlen(value + length + 1),
		     &term.device))
		return -EINVAL;
	return ARRAY_ADD(filter->ids, filter->id_count, term);
}

static int add_driver(struct vdev_filter *filter, const char *value)
{
	return *value ? strv_add(&filter->drivers, value) : -EINVAL;
}

static int add_group(struct vdev_filter *filter, const char *value)
{
	int number = str_to_int(value);

	if (number < 0)
		return -EINVAL;
	return ARRAY_ADD(filter->groups, filter->group_count, number);
}

static int add_bus(struct vdev_filter *filter, const char *value)
{
	if (!str_eq(value, "pci") && !str_eq(value, "mdev"))
		return -EINVAL;
	return strv_add(&filter->buses, value);
}

static const struct {
	const char *key;
	int (*add)(struct vdev_filter *filter, const char *value);
	const char *form;
} kinds[] = {
	{ "class=", add_class,
	  "class=NAME, or class= with 2, 4 or 6 hexadecimal digits" },
	{ "driver=", add_driver, "driver=GLOB or driver=none" },
	{ "id=", add_id, "id=VENDOR:DEVICE in hexadecimal, * for any" },
	{ "group=", add_group, "group=NUMBER" },
	{ "bus=", add_bus, "bus=pci or bus=mdev" },
};

static int malformed(struct vdev_filter *filter, const char *term,
		     const char *form)
{
	vdev_fail(filter->ctx, -EINVAL, "'%s' is not a filter", term);
	return vdev_hint(filter->ctx, -EINVAL, "%s", form);
}

static int out_of_memory(struct vdev_filter *filter)
{
	return vdev_fail(filter->ctx, -ENOMEM, "out of memory");
}

static int add_name(struct vdev_filter *filter, const char *term)
{
	_auto_free_ char *address = NULL;
	const char *bus;
	int ret;

	if (strpbrk(term, "*?[")) {
		/* Only what an address consists of, else nothing matches. */
		if (term[strspn(term, "0123456789abcdefABCDEF:.-*?[]!^")])
			return malformed(filter, term,
					 "a glob matches addresses, such as "
					 "0000:01:*");
		ret = strv_add(&filter->globs, term);
		return ret ? out_of_memory(filter) : 0;
	}
	ret = vdev_find_address(filter->ctx, term, &bus, &address);
	if (ret)
		return ret;
	ret = strv_add(&filter->addresses, address);
	return ret ? out_of_memory(filter) : 0;
}

int vdev_filter_add(struct vdev_filter *filter, const char *term)
{
	if (!strcmp(term, "pf") || !strcmp(term, "vf")) {
		filter->roles |= *term == 'p' ? ROLE_PF : ROLE_VF;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		int ret;

		if (!str_starts(term, kinds[i].key))
			continue;
		ret = kinds[i].add(filter, term + strlen(kinds[i].key));
		if (ret == -EINVAL)
			return malformed(filter, term, kinds[i].form);
		return ret ? out_of_memory(filter) : 0;
	}
	return add_name(filter, term);
}

bool filter_wants_bus(const struct vdev_filter *filter, const char *bus)
{
	return !filter || !filter->buses.count || strv_has(&filter->buses, bus);
}

bool filter_wants_address(const struct vdev_filter *filter, const char *address,
			  const struct pci_address *pci)
{
	const char *glob;

	if (!filter || (!filter->addresses.count && !filter->globs.count))
		return true;
	if (strv_has(&filter->addresses, address))
		return true;
	strv_foreach(&filter->globs, glob) {
		if (!fnmatch(glob, address, FNM_CASEFOLD))
			return true;
		/* As an address, a glob may leave domain 0 out. */
		if (pci && !pci->domain &&
		    !fnmatch(glob, strchr(address, ':') + 1, FNM_CASEFOLD))
			return true;
	}
	return false;
}

static int wants_class(const struct vdev_filter *filter,
		       struct vdev_device *dev)
{
	int class = vdev_device_class_code(dev);

	if (class < 0)
		return class == -ENODATA ? 0 : class;
	for (size_t i = 0; i < filter->class_count; i++) {
		const struct class_term *term = &filter->classes[i];

		if ((unsigned int)class >> (24 - 4 * term->digits) ==
		    term->code)
			return 1;
	}
	return 0;
}

static int wants_id(const struct vdev_filter *filter, struct vdev_device *dev)
{
	int vendor = vdev_device_vendor_id(dev);
	int device = vdev_device_device_id(dev);

	if (vendor < 0)
		return vendor == -ENODATA ? 0 : vendor;
	for (size_t i = 0; i < filter->id_count; i++) {
		const struct id_term *term = &filter->ids[i];

		if ((term->vendor == ANY_ID || term->vendor == vendor) &&
		    (term->device == ANY_ID || term->device == device))
			return 1;
	}
	return 0;
}

static int wants_driver(const struct vdev_filter *filter,
			struct vdev_device *dev)
{
	const char *driver, *glob;
	int error = vdev_device_get_driver(dev, &driver);

	if (error)
		return error;
	strv_foreach(&filter->drivers, glob)
		if (driver ? !fnmatch(glob, driver, 0) : !strcmp(glob, "none"))
			return 1;
	return 0;
}

static int wants_group(const struct vdev_filter *filter,
		       struct vdev_device *dev)
{
	int group = vdev_device_iommu_group(dev);

	if (group < 0)
		return group == -ENODATA ? 0 : group;
	for (size_t i = 0; i < filter->group_count; i++)
		if (filter->groups[i] == group)
			return 1;
	return 0;
}

static int wants_role(const struct vdev_filter *filter, struct vdev_device *dev)
{
	const char *physfn;
	int ret = device_get_physfn(dev, &physfn);

	if (ret)
		return ret;
	if (physfn)
		return !!(filter->roles & ROLE_VF);
	if (!(filter->roles & ROLE_PF))
		return 0;
	ret = vdev_device_sriov_totalvfs(dev);
	if (ret == -ENODATA)
		return 0;
	return ret < 0 ? ret : 1;
}

int filter_wants_device(const struct vdev_filter *filter,
			struct vdev_device *dev)
{
	int ret = 1;

	if (!filter)
		return 1;
	if (filter->drivers.count)
		ret = wants_driver(filter, dev);
	if (ret == 1 && filter->group_count)
		ret = wants_group(filter, dev);
	if (ret == 1 && filter->class_count)
		ret = wants_class(filter, dev);
	if (ret == 1 && filter->id_count)
		ret = wants_id(filter, dev);
	if (ret == 1 && filter->roles)
		ret = wants_role(filter, dev);
	return ret;
}
