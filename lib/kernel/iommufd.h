/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_KERNEL_IOMMUFD_H
#define VDEV_KERNEL_IOMMUFD_H

#include "gateway/sys.h"
#include "kernel/abi/iommufd.h"

/*
 * The calls of /dev/iommu. `fd` is the iommufd, `ioas` and the like are ids in
 * it. Each returns 0 or what it says, or the kernel's -errno.
 */

/* Whether an fd is an iommufd: 0, or -ENOTTY, or -EINVAL. */
int iommufd_probe(struct vdev_sys *sys, int fd);

int iommufd_destroy(struct vdev_sys *sys, int fd, uint32_t id);
int iommufd_option(struct vdev_sys *sys, int fd, enum iommufd_option option,
		   enum iommufd_option_ops op, uint32_t object,
		   uint64_t *value);
/* The address space of those who speak VFIO's language to the iommufd. */
int iommufd_vfio_ioas(struct vdev_sys *sys, int fd,
		      enum iommufd_vfio_ioas_op op, uint32_t *ioas);
int iommufd_change_process(struct vdev_sys *sys, int fd);

int iommufd_ioas_alloc(struct vdev_sys *sys, int fd, uint32_t *ret);
/*
 * `flags` has IOMMU_IOAS_MAP_FIXED_IOVA if `*iova` says where; else the kernel
 * chooses. On success `*iova` is where it is. Inline, like unmapping, because
 * they are called for each piece of a guest's memory.
 */
static inline int iommufd_map(struct vdev_sys *sys, int fd, uint32_t ioas,
			      uint32_t flags, uint64_t address, uint64_t length,
			      uint64_t *iova)
{
	struct iommu_ioas_map arg = {
		.size = sizeof(arg),
		.flags = flags,
		.ioas_id = ioas,
		.user_va = address,
		.length = length,
		.iova = flags & IOMMU_IOAS_MAP_FIXED_IOVA ? *iova : 0,
	};
	int ret = vdev_sys_ioctl(sys, fd, IOMMU_IOAS_MAP, &arg);

	if (!ret)
		*iova = arg.iova;
	return ret;
}

int iommufd_map_file(struct vdev_sys *sys, int fd, uint32_t ioas,
		     uint32_t flags, int file, uint64_t start, uint64_t length,
		     uint64_t *iova);
int iommufd_copy(struct vdev_sys *sys, int fd, uint32_t dst, uint32_t src,
		 uint32_t flags, uint64_t src_iova, uint64_t length,
		 uint64_t *iova);

static inline int iommufd_unmap(struct vdev_sys *sys, int fd, uint32_t ioas,
				uint64_t iova, uint64_t length,
				uint64_t *unmapped)
{
	struct iommu_ioas_unmap arg = {
		.size = sizeof(arg),
		.ioas_id = ioas,
		.iova = iova,
		.length = length,
	};
	int ret = vdev_sys_ioctl(sys, fd, IOMMU_IOAS_UNMAP, &arg);

	if (!ret)
		*unmapped = arg.length;
	return ret;
}

/* Return: how many ranges, which the caller frees. */
int iommufd_ranges(struct vdev_sys *sys, int fd, uint32_t ioas,
		   struct iommu_iova_range **ret, uint64_t *alignment);
int iommufd_allow(struct vdev_sys *sys, int fd, uint32_t ioas,
		  const struct iommu_iova_range *ranges, uint32_t count);

/* `arg` without its size; on success its out_hwpt_id is set. */
int iommufd_hwpt_alloc(struct vdev_sys *sys, int fd,
		       struct iommu_hwpt_alloc *arg);
/* Whether the kernel knows HWPTs for PASIDs (Linux 6.15). */
bool iommufd_knows_pasid(struct vdev_sys *sys, int fd);

/*
 * `requests` has `size * *count` bytes; `*count` becomes how many were handled,
 * also if the one behind them was refused.
 */
int iommufd_invalidate(struct vdev_sys *sys, int fd, uint32_t object,
		       uint32_t type, const void *requests, uint32_t size,
		       uint32_t *count);
int iommufd_fault_queue_alloc(struct vdev_sys *sys, int fd, uint32_t *id,
			      int *queue_fd);
/* `arg` without its size; on success its out_... are set. */
int iommufd_viommu_alloc(struct vdev_sys *sys, int fd,
			 struct iommu_viommu_alloc *arg);
int iommufd_vdevice_alloc(struct vdev_sys *sys, int fd,
			  struct iommu_vdevice_alloc *arg);
int iommufd_veventq_alloc(struct vdev_sys *sys, int fd,
			  struct iommu_veventq_alloc *arg);
int iommufd_hw_queue_alloc(struct vdev_sys *sys, int fd,
			   struct iommu_hw_queue_alloc *arg);

/*
 * What the IOMMU's driver tells of a device: `*data`, which the caller frees,
 * is `arg->data_len` bytes, or NULL for none.
 */
int iommufd_hw_info(struct vdev_sys *sys, int fd, uint32_t device,
		    struct iommu_hw_info *arg, void **data);

int iommufd_set_dirty_tracking(struct vdev_sys *sys, int fd, uint32_t hwpt,
			       bool enable);
/* `arg` without its size; bits of its bitmap are set, none is cleared. */
int iommufd_get_dirty_bitmap(struct vdev_sys *sys, int fd,
			     struct iommu_hwpt_get_dirty_bitmap *arg);

#endif
