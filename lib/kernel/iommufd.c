/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/iommufd.h"

#include <errno.h>

int iommufd_probe(struct vdev_sys *sys, int fd)
{
	struct iommu_destroy arg = { .size = sizeof(arg) };
	int ret = vdev_sys_ioctl(sys, fd, IOMMU_DESTROY, &arg);

	/* No object has the id 0. */
	return ret == -ENOENT ? 0 : ret ? ret : -EINVAL;
}

int iommufd_destroy(struct vdev_sys *sys, int fd, uint32_t id)
{
	struct iommu_destroy arg = { .size = sizeof(arg), .id = id };

	return vdev_sys_ioctl(sys, fd, IOMMU_DESTROY, &arg);
}

int iommufd_option(struct vdev_sys *sys, int fd, enum iommufd_option option,
		   enum iommufd_option_ops op, uint32_t object, uint64_t *value)
{
	struct iommu_option arg = {
		.size = sizeof(arg),
		.option_id = option,
		.op = (uint16_t)op,
		.object_id = object,
	};
	int ret;

	if (op == IOMMU_OPTION_OP_SET)
		arg.val64 = *value;
	ret = vdev_sys_ioctl(sys, fd, IOMMU_OPTION, &arg);
	if (!ret)
		*value = arg.val64;
	return ret;
}

int iommufd_vfio_ioas(struct vdev_sys *sys, int fd,
		      enum iommufd_vfio_ioas_op op, uint32_t *ioas)
{
	struct iommu_vfio_ioas arg = {
		.size = sizeof(arg),
		.op = (uint16_t)op,
	};
	int ret;

	if (op == IOMMU_VFIO_IOAS_SET)
		arg.ioas_id = *ioas;
	ret = vdev_sys_ioctl(sys, fd, IOMMU_VFIO_IOAS, &arg);
	if (!ret)
		*ioas = arg.ioas_id;
	return ret;
}

int iommufd_change_process(struct vdev_sys *sys, int fd)
{
	struct iommu_ioas_change_process arg = { .size = sizeof(arg) };

	return vdev_sys_ioctl(sys, fd, IOMMU_IOAS_CHANGE_PROCESS, &arg);
}

int iommufd_ioas_alloc(struct vdev_sys *sys, int fd, uint32_t *ret)
{
	struct iommu_ioas_alloc arg = { .size = sizeof(arg) };
	int error = vdev_sys_ioctl(sys, fd, IOMMU_IOAS_ALLOC, &arg);

	if (!error)
		*ret = arg.out_ioas_id;
	return error;
}

int iommufd_map_file(struct vdev_sys *sys, int fd, uint32_t ioas,
		     uint32_t flags, int file, uint64_t start, uint64_t length,
		     uint64_t *iova)
{
	struct iommu_ioas_map_file arg = {
		.size = sizeof(arg),
		.flags = flags,
		.ioas_id = ioas,
		.fd = file,
		.start = start,
		.length = length,
		.iova = flags & IOMMU_IOAS_MAP_FIXED_IOVA ? *iova : 0,
	};
	int ret = vdev_sys_ioctl(sys, fd, IOMMU_IOAS_MAP_FILE, &arg);

	if (!ret)
		*iova = arg.iova;
	return ret;
}

int iommufd_copy(struct vdev_sys *sys, int fd, uint32_t dst, uint32_t src,
		 uint32_t flags, uint64_t src_iova, uint64_t length,
		 uint64_t *iova)
{
	struct iommu_ioas_copy arg = {
		.size = sizeof(arg),
		.flags = flags,
		.dst_ioas_id = dst,
		.src_ioas_id = src,
		.length = length,
		.dst_iova = flags & IOMMU_IOAS_MAP_FIXED_IOVA ? *iova : 0,
		.src_iova = src_iova,
	};
	int ret = vdev_sys_ioctl(sys, fd, IOMMU_IOAS_COPY, &arg);

	if (!ret)
		*iova = arg.dst_iova;
	return ret;
}

int iommufd_ranges(struct vdev_sys *sys, int fd, uint32_t ioas,
		   struct iommu_iova_range **ret, uint64_t *alignment)
{
	struct iommu_ioas_iova_ranges arg = {
		.size = sizeof(arg),
		.ioas_id = ioas,
	};
	/* Enough for what is usual, so that one call does. */
	uint32_t room = 16;

	for (;;) {
		_auto_free_ struct iommu_iova_range *ranges =
			calloc(room, sizeof(*ranges));
		int error;

		if (!ranges)
			return -ENOMEM;
		arg.num_iovas = room;
		arg.allowed_iovas = (uintptr_t)ranges;
		error = vdev_sys_ioctl(sys, fd, IOMMU_IOAS_IOVA_RANGES, &arg);
		if (error == -EMSGSIZE && arg.num_iovas > room) {
			room = arg.num_iovas;
			continue;
		}
		if (error)
			return error;
		if (arg.num_iovas > room)
			return -EPROTO;
		*ret = TAKE(ranges);
		*alignment = arg.out_iova_alignment;
		return (int)arg.num_iovas;
	}
}

int iommufd_allow(struct vdev_sys *sys, int fd, uint32_t ioas,
		  const struct iommu_iova_range *ranges, uint32_t count)
{
	struct iommu_ioas_allow_iovas arg = {
		.size = sizeof(arg),
		.ioas_id = ioas,
		.num_iovas = count,
		.allowed_iovas = (uintptr_t)ranges,
	};

	return vdev_sys_ioctl(sys, fd, IOMMU_IOAS_ALLOW_IOVAS, &arg);
}

int iommufd_hwpt_alloc(struct vdev_sys *sys, int fd,
		       struct iommu_hwpt_alloc *arg)
{
	arg->size = sizeof(*arg);
	return vdev_sys_ioctl(sys, fd, IOMMU_HWPT_ALLOC, arg);
}

int iommufd_invalidate(struct vdev_sys *sys, int fd, uint32_t object,
		       uint32_t type, const void *requests, uint32_t size,
		       uint32_t *count)
{
	struct iommu_hwpt_invalidate arg = {
		.size = sizeof(arg),
		.hwpt_id = object,
		.data_uptr = (uintptr_t)requests,
		.data_type = type,
		.entry_len = size,
		.entry_num = *count,
	};
	int ret = vdev_sys_ioctl(sys, fd, IOMMU_HWPT_INVALIDATE, &arg);

	/* What refuses the call itself leaves the number as it was. */
	if (arg.entry_num < *count)
		*count = arg.entry_num;
	else if (ret)
		*count = 0;
	return ret;
}

int iommufd_fault_queue_alloc(struct vdev_sys *sys, int fd, uint32_t *id,
			      int *queue_fd)
{
	struct iommu_fault_alloc arg = { .size = sizeof(arg) };
	int ret = vdev_sys_ioctl(sys, fd, IOMMU_FAULT_QUEUE_ALLOC, &arg);

	if (ret)
		return ret;
	*id = arg.out_fault_id;
	*queue_fd = (int)arg.out_fault_fd;
	return 0;
}

int iommufd_viommu_alloc(struct vdev_sys *sys, int fd,
			 struct iommu_viommu_alloc *arg)
{
	arg->size = sizeof(*arg);
	return vdev_sys_ioctl(sys, fd, IOMMU_VIOMMU_ALLOC, arg);
}

int iommufd_vdevice_alloc(struct vdev_sys *sys, int fd,
			  struct iommu_vdevice_alloc *arg)
{
	arg->size = sizeof(*arg);
	return vdev_sys_ioctl(sys, fd, IOMMU_VDEVICE_ALLOC, arg);
}

int iommufd_veventq_alloc(struct vdev_sys *sys, int fd,
			  struct iommu_veventq_alloc *arg)
{
	arg->size = sizeof(*arg);
	return vdev_sys_ioctl(sys, fd, IOMMU_VEVENTQ_ALLOC, arg);
}

int iommufd_hw_queue_alloc(struct vdev_sys *sys, int fd,
			   struct iommu_hw_queue_alloc *arg)
{
	arg->size = sizeof(*arg);
	return vdev_sys_ioctl(sys, fd, IOMMU_HW_QUEUE_ALLOC, arg);
}

bool iommufd_knows_pasid(struct vdev_sys *sys, int fd)
{
	struct iommu_veventq_alloc arg = { .size = sizeof(arg) };

	/*
	 * A flag the kernel does not know is refused as one the IOMMU cannot
	 * serve, but this call came with the same release. It cannot succeed:
	 * there is no vIOMMU 0.
	 */
	return vdev_sys_ioctl(sys, fd, IOMMU_VEVENTQ_ALLOC, &arg) != -ENOTTY;
}

int iommufd_hw_info(struct vdev_sys *sys, int fd, uint32_t device,
		    struct iommu_hw_info *arg, void **data)
{
	/* Three times what the largest one is in Linux 7.2. */
	uint32_t room = 256;
	_auto_free_ void *buf = calloc(1, room);
	int ret;

	if (!buf)
		return -ENOMEM;
	*arg = (struct iommu_hw_info){
		.size = sizeof(*arg),
		.dev_id = device,
		.data_len = room,
		.data_uptr = (uintptr_t)buf,
	};
	ret = vdev_sys_ioctl(sys, fd, IOMMU_GET_HW_INFO, arg);
	if (ret)
		return ret;
	if (arg->data_len > room)
		arg->data_len = room;
	*data = arg->data_len ? TAKE(buf) : NULL;
	return 0;
}

int iommufd_set_dirty_tracking(struct vdev_sys *sys, int fd, uint32_t hwpt,
			       bool enable)
{
	struct iommu_hwpt_set_dirty_tracking arg = {
		.size = sizeof(arg),
		.flags = enable ? IOMMU_HWPT_DIRTY_TRACKING_ENABLE : 0,
		.hwpt_id = hwpt,
	};

	return vdev_sys_ioctl(sys, fd, IOMMU_HWPT_SET_DIRTY_TRACKING, &arg);
}

int iommufd_get_dirty_bitmap(struct vdev_sys *sys, int fd,
			     struct iommu_hwpt_get_dirty_bitmap *arg)
{
	arg->size = sizeof(*arg);
	return vdev_sys_ioctl(sys, fd, IOMMU_HWPT_GET_DIRTY_BITMAP, arg);
}
