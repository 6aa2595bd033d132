/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIBVDEV_AUX_H
#define LIBVDEV_AUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libvdev/device.h>

VDEV_BEGIN_DECLS

/*
 * Several address spaces on one device, told apart by PASIDs ("aux domains").
 *
 * A parent of mediated devices that has PASIDs can tag the DMA of each mdev
 * with one of its own, so that the IOMMU isolates them from each other and from
 * the parent, which stays with the kernel's driver. Other mdevs are isolated by
 * that driver.
 *
 * Where a kernel of 2019 was meant to have calls for that, today:
 *
 * - iommu_dev_has_feature(): vdev_aux_capable()
 * - iommu_aux_attach_device(), iommu_aux_detach_device(): vdev_file_attach()
 * and vdev_file_detach() of the opened mdev
 * - iommu_aux_get_pasid(): vdev_file_isolation_pasid() of the opened mdev,
 *   vdev_device_isolation_pasid() of any
 * - iommu_dev_enable_feature(), iommu_dev_disable_feature(): nothing; a parent
 *   that has PASIDs can be used so.
 *
 * Source: Documentation/driver-api/vfio-mediated-device.rst of a kernel with
 * the project's patches (kernel-patches/), which is needed for all of it; for
 * the operations of 2019 the series "vfio/mdev: IOMMU aware mediated device".
 */

struct vdev_aux;
struct vdev_aux_list;

/**
 * vdev_aux_list_new() - list the parents of mdevs, with their PASIDs
 * @ctx: the context
 * @parent: only this one, by its name in sysfs or as
 *	vdev_mdev_type_list_new() takes it; NULL for all
 * @ret: receives the list, sorted by name; the caller frees it with
 *	vdev_aux_list_free()
 *
 * The kernel tells it in the network namespace of the host only.
 *
 * Return: how many there are; -EOPNOTSUPP on a kernel that does not tell, which
 * the sentence says, and of a captured machine; -ENODEV if @parent is none;
 * -EINVAL if it cannot be the name of one; -ENOMEM; another negative errno of
 * reading.
 */
VDEV_EXPORT int vdev_aux_list_new(struct vdev_ctx *ctx, const char *parent,
				  struct vdev_aux_list **ret);

/**
 * vdev_aux_list_free() - free the list and what is in it
 * @list: the list, or NULL
 */
VDEV_EXPORT void vdev_aux_list_free(struct vdev_aux_list *list);

/**
 * vdev_aux_list_count() - how many parents there are
 * @list: the list
 *
 * Return: the count.
 */
VDEV_EXPORT size_t vdev_aux_list_count(const struct vdev_aux_list *list);

/**
 * vdev_aux_list_get() - one of the parents
 * @list: the list
 * @index: 0 up to the count less one
 *
 * Return: the parent, which belongs to @list; NULL past the end.
 */
VDEV_EXPORT const struct vdev_aux *
vdev_aux_list_get(const struct vdev_aux_list *list, size_t index);

/**
 * vdev_aux_list_foreach() - each parent
 * @list: the list
 * @i: a size_t
 * @aux: a const struct vdev_aux * that is one after the other
 */
#define vdev_aux_list_foreach(list, i, aux) \
	for ((i) = 0; ((aux) = vdev_aux_list_get(list, i)); (i)++)

/**
 * vdev_aux_parent() - what the parent is called
 * @aux: the parent
 *
 * Return: its name in sysfs.
 */
VDEV_EXPORT const char *vdev_aux_parent(const struct vdev_aux *aux);

/**
 * vdev_aux_capable() - whether the parent can have several address spaces
 * @aux: the parent
 *
 * Return: true if it and its IOMMU have PASIDs, and it has a type of mdevs that
 * uses them.
 */
VDEV_EXPORT bool vdev_aux_capable(const struct vdev_aux *aux);

/**
 * vdev_aux_type() - a type of mdevs that are isolated by a PASID
 * @aux: the parent
 * @index: which of them, from 0 on
 *
 * Return: the type's id, which belongs to @aux; NULL past the end.
 */
VDEV_EXPORT const char *vdev_aux_type(const struct vdev_aux *aux, size_t index);

/**
 * vdev_aux_pasids() - how many PASIDs the parent has
 * @aux: the parent
 *
 * The PASID 0 does not count, which stands for "none".
 *
 * Return: the count; 0 if it or its IOMMU has none.
 */
VDEV_EXPORT uint32_t vdev_aux_pasids(const struct vdev_aux *aux);

/**
 * vdev_aux_taken() - how many of them are taken
 * @aux: the parent
 *
 * The kernel gives a PASID out once on the whole machine, so that those of
 * mdevs of other parents are taken here, too. What other users of PASIDs in the
 * kernel have is not known.
 *
 * Return: the count.
 */
VDEV_EXPORT uint32_t vdev_aux_taken(const struct vdev_aux *aux);

/**
 * vdev_aux_left() - how many PASIDs are left
 * @aux: the parent
 *
 * Return: at most so many further mdevs can be isolated by a PASID; the number
 * of a type's instances may be lower, see vdev_mdev_type_available().
 */
VDEV_EXPORT uint32_t vdev_aux_left(const struct vdev_aux *aux);

/**
 * vdev_aux_mdev() - one of the parent's mdevs
 * @aux: the parent
 * @index: which of them, from 0 on
 *
 * vdev_device_isolation() tells what isolates it.
 *
 * Return: the mdev, which belongs to @aux; NULL past the end.
 */
VDEV_EXPORT struct vdev_device *vdev_aux_mdev(const struct vdev_aux *aux,
					      size_t index);

VDEV_END_DECLS

#endif
