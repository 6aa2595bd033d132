/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <libvdev/group.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "object/device_struct.h"
#include "object/list.h"

#define GROUPS "/sys/kernel/iommu_groups"

struct region {
	uint64_t first;
	uint64_t last;
	enum vdev_region_type type;
};

struct vdev_group {
	struct vdev_ctx *ctx;
	int number;

	char *type;
	bool type_known;
	struct vdev_device_list *members;
	struct region *regions;
	size_t region_count;
	bool regions_known;
};

struct vdev_group_list {
	struct vdev_group *groups;
	size_t count;
};

static void group_clear(struct vdev_group *group)
{
	free(group->type);
	free(group->regions);
	vdev_device_list_free(group->members);
	vdev_ctx_unref(group->ctx);
}

void vdev_group_free(struct vdev_group *group)
{
	if (!group)
		return;
	group_clear(group);
	free(group);
}

void vdev_group_list_free(struct vdev_group_list *list)
{
	if (!list)
		return;
	for (size_t i = 0; i < list->count; i++)
		group_clear(&list->groups[i]);
	free(list->groups);
	free(list);
}

static void group_path(const struct vdev_group *group, const char *name,
		       char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, GROUPS "/%d/%s", group->number, name);
}

int vdev_group_new(struct vdev_ctx *ctx, int number, struct vdev_group **ret)
{
	struct vdev_group *group = calloc(1, sizeof(*group));
	char path[PATH_MAX];
	struct stat st;
	int error;

	if (!group)
		return vdev_fail(ctx, -ENOMEM, "out of memory");
	group->ctx = vdev_ctx_ref(ctx);
	group->number = number;
	group_path(group, "", path);
	error = vdev_sys_stat(&ctx->sys, path, &st);
	if (error) {
		vdev_group_free(group);
		if (error == -ENOENT)
			return vdev_fail(ctx, error,
					 "there is no IOMMU group %d", number);
		return vdev_fail(ctx, error,
				 "cannot look at IOMMU group %d: %s", number,
				 strerror(-error));
	}
	*ret = group;
	return 0;
}

struct scan {
	struct vdev_ctx *ctx;
	struct vdev_group_list *list;
};

static int scan_group(void *data, const char *name, unsigned char type)
{
	struct scan *scan = data;
	struct vdev_group group = { .number = str_to_int(name) };
	int ret;

	(void)type;
	if (group.number < 0)
		return 0;
	group.ctx = scan->ctx;
	ret = ARRAY_ADD(scan->list->groups, scan->list->count, group);
	if (!ret)
		vdev_ctx_ref(scan->ctx);
	return ret;
}

static int compare_groups(const void *a, const void *b)
{
	const struct vdev_group *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

int vdev_group_list_new(struct vdev_ctx *ctx, struct vdev_group_list **ret)
{
	struct vdev_group_list *list = calloc(1, sizeof(*list));
	struct scan scan = { ctx, list };
	int error;

	if (!list)
		return vdev_fail(ctx, -ENOMEM, "out of memory");
	error = ctx->sys.ops->list(&ctx->sys, VDEV_SYS_ROOT, GROUPS, scan_group,
				   &scan);
	if (error && error != -ENOENT) {
		vdev_group_list_free(list);
		return vdev_fail(ctx, error, "cannot list " GROUPS ": %s",
				 strerror(-error));
	}
	if (list->count)
		qsort(list->groups, list->count, sizeof(*list->groups),
		      compare_groups);
	*ret = list;
	return (int)list->count;
}

size_t vdev_group_list_count(const struct vdev_group_list *list)
{
	return list->count;
}

struct vdev_group *vdev_group_list_get(const struct vdev_group_list *list,
				       size_t index)
{
	return index < list->count ? &list->groups[index] : NULL;
}

int vdev_group_number(const struct vdev_group *group)
{
	return group->number;
}

const char *vdev_group_type(struct vdev_group *group)
{
	char path[PATH_MAX], text[32];
	ssize_t n;

	if (group->type_known)
		return group->type;
	group_path(group, "type", path);
	n = vdev_sys_read_attr(&group->ctx->sys, VDEV_SYS_ROOT, path, text,
			       sizeof(text));
	if (n < 0 && n != -ENOENT) {
		vdev_fail(group->ctx, (int)n, "cannot read %s: %s", path,
			  strerror((int)-n));
		return NULL;
	}
	if (n >= 0 && !str_eq(text, "unknown")) {
		group->type = strdup(text);
		if (!group->type)
			return NULL;
	}
	group->type_known = true;
	return group->type;
}

/* The bus of a member that is no PCI function, by its link. */
static int member_bus(struct vdev_group *group, const char *name, char *buf,
		      size_t size)
{
	char path[PATH_MAX], attribute[NAME_MAX + 32];
	ssize_t n;

	snprintf(attribute, sizeof(attribute), "devices/%s/subsystem", name);
	group_path(group, attribute, path);
	n = vdev_sys_readlink_name(&group->ctx->sys, VDEV_SYS_ROOT, path, buf,
				   size);
	return n < 0 ? (int)n : 0;
}

static int add_member(struct vdev_group *group, const char *name,
		      struct vdev_device_list *list)
{
	struct pci_address address;
	char bus[64] = "pci";

	if (pci_address_parse(name, &address)) {
		int error = member_bus(group, name, bus, sizeof(bus));

		if (error)
			return error == -ENOENT ? 0 : error;
	}
	return device_list_add(list, group->ctx, bus, name);
}

static int read_members(struct vdev_group *group, struct vdev_device_list *list)
{
	_auto_strv_ struct strv names = { 0 };
	char path[PATH_MAX];
	const char *name;
	int error;

	group_path(group, "devices", path);
	error = vdev_sys_list(&group->ctx->sys, VDEV_SYS_ROOT, path, &names);
	if (error)
		return error == -ENOENT ? 0 : error;
	strv_foreach(&names, name) {
		error = add_member(group, name, list);
		if (error)
			return error;
	}
	device_list_sort(list);
	return 0;
}

/* Return: 0 or a recorded failure. */
static int get_members(struct vdev_group *group)
{
	struct vdev_device_list *list;
	int error = -ENOMEM;

	if (group->members)
		return 0;
	list = calloc(1, sizeof(*list));
	if (list)
		error = read_members(group, list);
	if (error) {
		vdev_device_list_free(list);
		return vdev_fail(group->ctx, error,
				 "cannot list the devices of IOMMU group %d: "
				 "%s",
				 group->number, strerror(-error));
	}
	group->members = list;
	return 0;
}

const struct vdev_device_list *vdev_group_members(struct vdev_group *group)
{
	return get_members(group) ? NULL : group->members;
}

static const char *const region_names[] = {
	[VDEV_REGION_DIRECT] = "direct",
	[VDEV_REGION_DIRECT_RELAXABLE] = "direct-relaxable",
	[VDEV_REGION_RESERVED] = "reserved",
	[VDEV_REGION_MSI] = "msi",
	[VDEV_REGION_UNKNOWN] = "unknown",
};

const char *vdev_region_type_name(enum vdev_region_type type)
{
	return (size_t)type < ARRAY_SIZE(region_names) ? region_names[type]
						       : "unknown";
}

static int add_region(struct vdev_group *group, const char *line)
{
	unsigned long long first, last;
	struct region region = { .type = VDEV_REGION_UNKNOWN };
	char word[32];

	if (sscanf(line, "%llx %llx %31s", &first, &last, word) != 3)
		return 0;
	region.first = first;
	region.last = last;
	for (size_t i = 0; i < VDEV_REGION_UNKNOWN; i++)
		if (!strcmp(word, region_names[i]))
			region.type = (enum vdev_region_type)i;
	return ARRAY_ADD(group->regions, group->region_count, region);
}

static int read_regions(struct vdev_group *group)
{
	_auto_free_ char *text = NULL;
	char path[PATH_MAX];
	char *line, *rest;
	ssize_t n;

	group_path(group, "reserved_regions", path);
	n = vdev_sys_read_text(&group->ctx->sys, VDEV_SYS_ROOT, path, &text);
	if (n < 0)
		return n == -ENOENT ? 0 : (int)n;
	for (line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		int error = add_region(group, line);

		if (error)
			return error;
	}
	return 0;
}

size_t vdev_group_region_count(struct vdev_group *group)
{
	int error;

	if (group->regions_known)
		return group->region_count;
	error = read_regions(group);
	if (error) {
		vdev_fail(group->ctx, error,
			  "cannot read the reserved regions of IOMMU group "
			  "%d: %s",
			  group->number, strerror(-error));
		free(group->regions);
		group->regions = NULL;
		group->region_count = 0;
		return 0;
	}
	group->regions_known = true;
	return group->region_count;
}

int vdev_group_region(struct vdev_group *group, size_t index, uint64_t *first,
		      uint64_t *last, enum vdev_region_type *type)
{
	if (index >= vdev_group_region_count(group))
		return -EINVAL;
	if (first)
		*first = group->regions[index].first;
	if (last)
		*last = group->regions[index].last;
	if (type)
		*type = group->regions[index].type;
	return 0;
}

/*
 * A bound driver takes the group for the kernel's own DMA unless it says that
 * it manages DMA itself (driver_managed_dma, since Linux 5.19). In 7.2 these
 * are all VFIO drivers, pci-stub and pcieport. What cannot be read counts as
 * blocking.
 */
int vdev_device_blocks_group(struct vdev_device *dev)
{
	const char *driver;

	if (vdev_device_get_driver(dev, &driver))
		return 1;
	if (!driver || vdev_device_is_vfio(dev))
		return 0;
	if (!device_is_pci(dev))
		return 1;
	return !str_eq(driver, "pci-stub") && !str_eq(driver, "pcieport");
}

int vdev_group_viable(struct vdev_group *group)
{
	int error = get_members(group);

	if (error)
		return error;
	for (size_t i = 0; i < group->members->count; i++)
		if (vdev_device_blocks_group(group->members->devices[i]))
			return 0;
	return 1;
}
