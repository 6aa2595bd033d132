/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIBVDEV_GROUP_H
#define LIBVDEV_GROUP_H

#include <libvdev/device.h>

VDEV_BEGIN_DECLS

/*
 * IOMMU groups: the smallest sets of devices that the IOMMU can tell apart.
 * A user gets a group whole or not at all.
 *
 * Source: Documentation/ABI/testing/sysfs-kernel-iommu_groups.
 */

struct vdev_group;
struct vdev_group_list;

/**
 * enum vdev_region_type - why an IOVA range is reserved
 * @VDEV_REGION_DIRECT: the firmware demands an identity mapping for good
 * @VDEV_REGION_DIRECT_RELAXABLE: an identity mapping that an assigned device
 *	does not need
 * @VDEV_REGION_RESERVED: never to be mapped
 * @VDEV_REGION_MSI: the interrupt window
 * @VDEV_REGION_UNKNOWN: a word this library does not know
 */
enum vdev_region_type {
	VDEV_REGION_DIRECT,
	VDEV_REGION_DIRECT_RELAXABLE,
	VDEV_REGION_RESERVED,
	VDEV_REGION_MSI,
	VDEV_REGION_UNKNOWN,
};

/**
 * vdev_group_list_new() - find all groups
 * @ctx: the context
 * @ret: receives the list by number; the caller frees it with
 *	vdev_group_list_free()
 *
 * Return: the number of groups, 0 if no IOMMU is in use; -EACCES; -ENOMEM.
 */
VDEV_EXPORT int vdev_group_list_new(struct vdev_ctx *ctx,
				    struct vdev_group_list **ret);

/**
 * vdev_group_list_free() - free a list and its groups
 * @list: the list, or NULL
 */
VDEV_EXPORT void vdev_group_list_free(struct vdev_group_list *list);

/**
 * vdev_group_list_count() - how many groups a list holds
 * @list: the list
 *
 * Return: the count.
 */
VDEV_EXPORT size_t vdev_group_list_count(const struct vdev_group_list *list);

/**
 * vdev_group_list_get() - one group of a list
 * @list: the list
 * @index: 0 up to the count less one
 *
 * Return: the group, which belongs to the list; NULL past the end.
 */
VDEV_EXPORT struct vdev_group *
vdev_group_list_get(const struct vdev_group_list *list, size_t index);

/**
 * vdev_group_new() - one group by its number
 * @ctx: the context
 * @number: the number
 * @ret: receives the group; the caller frees it with vdev_group_free()
 *
 * Return: 0; -ENOENT if there is no such group; -EACCES; -ENOMEM.
 */
VDEV_EXPORT int vdev_group_new(struct vdev_ctx *ctx, int number,
			       struct vdev_group **ret);

/**
 * vdev_group_free() - free a group made by vdev_group_new()
 * @group: the group, or NULL
 */
VDEV_EXPORT void vdev_group_free(struct vdev_group *group);

/**
 * vdev_group_number() - the group's number
 * @group: the group
 *
 * Return: the number.
 */
VDEV_EXPORT int vdev_group_number(const struct vdev_group *group);

/**
 * vdev_group_type() - the default domain's type
 * @group: the group
 *
 * Return: "DMA", "DMA-FQ", "identity", "blocked" ..., or NULL if unknown.
 */
VDEV_EXPORT const char *vdev_group_type(struct vdev_group *group);

/**
 * vdev_group_members() - the devices in the group
 * @group: the group
 *
 * PCI functions and mdevs, and after them devices of other buses.
 *
 * Return: the list, which belongs to the group; NULL when memory ran out.
 */
VDEV_EXPORT const struct vdev_device_list *
vdev_group_members(struct vdev_group *group);

/**
 * vdev_group_region_count() - how many reserved regions the group has
 * @group: the group
 *
 * Return: the count.
 */
VDEV_EXPORT size_t vdev_group_region_count(struct vdev_group *group);

/**
 * vdev_group_region() - one reserved region
 * @group: the group
 * @index: 0 up to the count less one
 * @first: receives the first IOVA
 * @last: receives the last IOVA
 * @type: receives the reason
 *
 * Any output may be NULL.
 *
 * Return: 0; -EINVAL past the end.
 */
VDEV_EXPORT int vdev_group_region(struct vdev_group *group, size_t index,
				  uint64_t *first, uint64_t *last,
				  enum vdev_region_type *type);

/**
 * vdev_region_type_name() - the kernel's word for a region type
 * @type: the type
 *
 * Return: a static string such as "direct-relaxable".
 */
VDEV_EXPORT const char *vdev_region_type_name(enum vdev_region_type type);

/**
 * vdev_device_blocks_group() - whether a device keeps its group from use
 * @dev: the device
 *
 * A group is viable when every member either has no driver or one that leaves
 * DMA to the user: VFIO drivers, pci-stub, and the drivers of PCI bridges
 * (the kernel's driver_managed_dma).
 *
 * Return: 1 or 0.
 */
VDEV_EXPORT int vdev_device_blocks_group(struct vdev_device *dev);

/**
 * vdev_group_viable() - whether the group could be handed to a user now
 * @group: the group
 *
 * Return: 1 or 0; -ENOMEM.
 */
VDEV_EXPORT int vdev_group_viable(struct vdev_group *group);

VDEV_END_DECLS

#endif
