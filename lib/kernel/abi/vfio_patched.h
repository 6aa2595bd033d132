/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_KERNEL_ABI_VFIO_PATCHED_H
#define VDEV_KERNEL_ABI_VFIO_PATCHED_H

#include "kernel/abi/types.h"

/*
 * What the project's own kernel patches (kernel-patches/7.2) add to VFIO and no
 * released kernel has. Its numbers are out of the way of those to come.
 */

/* vfio: report how a device is isolated */
enum vfio_device_isolation {
	VFIO_DEVICE_ISOLATION_NONE = 0,
	VFIO_DEVICE_ISOLATION_EMULATED = 1,
	VFIO_DEVICE_ISOLATION_IOMMU = 2,
	VFIO_DEVICE_ISOLATION_IOMMU_PASID = 3,
};

struct vfio_device_feature_isolation {
	uint32_t type;
	uint32_t flags;
	uint32_t pasid;
	uint32_t reserved;
};
#define VFIO_DEVICE_ISOLATION_PASID_VALID (1 << 0)
#define VFIO_DEVICE_FEATURE_ISOLATION	  0xff00

#endif
