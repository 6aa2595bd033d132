/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIBVDEV_IOMMU_H
#define LIBVDEV_IOMMU_H

#include <stddef.h>
#include <stdint.h>

#include <libvdev/ctx.h>

VDEV_BEGIN_DECLS

struct vdev_iommu;
struct vdev_ioas;

/**
 * enum vdev_iommu_kind - what manages the DMA of devices
 * @VDEV_IOMMU_ANY: iommufd where the kernel has it, else type 1; only for
 *	vdev_iommu_open() and vdev_iommu_import()
 * @VDEV_IOMMU_IOMMUFD: iommufd (/dev/iommu, Linux 6.2), devices by cdev
 * @VDEV_IOMMU_TYPE1: a container of type 1 version 2 (/dev/vfio/vfio), devices
 *	by group
 * @VDEV_IOMMU_COMPAT: an iommufd that devices reach by group, for kernels and
 *	users that have no cdev
 */
enum vdev_iommu_kind {
	VDEV_IOMMU_ANY,
	VDEV_IOMMU_IOMMUFD,
	VDEV_IOMMU_TYPE1,
	VDEV_IOMMU_COMPAT,
};

VDEV_END_DECLS

#endif
