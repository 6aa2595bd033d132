/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_NESTED_H
#define VDEV_OBJECT_NESTED_H

#include <libvdev/viommu.h>

/*
 * Invalidates what a nested HWPT or a vIOMMU has cached. `what` is "HWPT" or
 * "vIOMMU". Return: as vdev_hwpt_invalidate().
 */
int nested_invalidate(const struct vdev_iommu *iommu, const char *what,
		      uint32_t id, uint32_t type, const void *requests,
		      size_t size, uint32_t count);

#endif
