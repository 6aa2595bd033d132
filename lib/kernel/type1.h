/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_KERNEL_TYPE1_H
#define VDEV_KERNEL_TYPE1_H

#include "gateway/sys.h"
#include "kernel/abi/vfio.h"

/*
 * The calls of a VFIO container and of its type 1 IOMMU. Each returns 0 or what
 * it says, or the kernel's -errno.
 */

/*
 * Whether an fd is a container that can do type 1 version 2: 0; -ENOTTY or
 * another error if it is none; -EOPNOTSUPP if it cannot.
 */
int type1_probe(struct vdev_sys *sys, int fd);

/* Wants a group in the container. */
int type1_set_iommu(struct vdev_sys *sys, int fd);
/* The same for groups without an IOMMU, for which nothing is ever mapped. */
int type1_set_noiommu(struct vdev_sys *sys, int fd);

/* `flags` are VFIO_DMA_MAP_FLAG_*. */
int type1_map(struct vdev_sys *sys, int fd, uint32_t flags, uint64_t address,
	      uint64_t length, uint64_t iova);
int type1_unmap(struct vdev_sys *sys, int fd, uint64_t iova, uint64_t length,
		uint64_t *unmapped);
int type1_unmap_all(struct vdev_sys *sys, int fd, uint64_t *unmapped);

/*
 * What VFIO_IOMMU_GET_INFO tells, with its capabilities, for the caller to
 * free; `argsz` is its size. -EPROTO if the kernel's answer makes no sense.
 */
int type1_info(struct vdev_sys *sys, int fd,
	       struct vfio_iommu_type1_info **ret);

/* Return: how many IOVA ranges it has, which the caller frees. */
int type1_ranges(const struct vfio_iommu_type1_info *info,
		 struct vfio_iova_range **ret);

/*
 * What the kernel can tell of dirty pages: the sizes of pages, and how large a
 * bitmap may be. 1, or 0 if it has none of it, or -EPROTO.
 */
int type1_migration(const struct vfio_iommu_type1_info *info,
		    struct vfio_iommu_type1_info_cap_migration *ret);
/* `flags` are VFIO_IOMMU_DIRTY_PAGES_FLAG_START or _STOP. */
int type1_dirty(struct vdev_sys *sys, int fd, uint32_t flags);
/* `bitmap` is zeroed; its words are written, not added to. Clears. */
int type1_dirty_bitmap(struct vdev_sys *sys, int fd, uint64_t iova,
		       uint64_t length, const struct vfio_bitmap *bitmap);
int type1_unmap_dirty(struct vdev_sys *sys, int fd, uint64_t iova,
		      uint64_t length, const struct vfio_bitmap *bitmap,
		      uint64_t *unmapped);

#endif
