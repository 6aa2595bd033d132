/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_VIOMMU_H
#define VDEV_OBJECT_VIOMMU_H

#include <libvdev/viommu.h>

#include "object/iommu.h"

struct vdev_viommu {
	unsigned int refs;
	struct vdev_iommu *iommu;
	struct vdev_hwpt *parent;
	uint32_t id; /* 0 until it is made */
	uint32_t type;
};

/*
 * Records why something could not be made in a vIOMMU: `what` it is, and since
 * which version the kernel has the `call`. Return: `error`, or -EOPNOTSUPP.
 */
int viommu_refused(const struct vdev_viommu *viommu, int error,
		   const char *what, const char *version, const char *call);

#endif
