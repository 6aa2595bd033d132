/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/vfio.h"

#include <errno.h>

int vfio_group_status(struct vdev_sys *sys, int group)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	int ret = vdev_sys_ioctl(sys, group, VFIO_GROUP_GET_STATUS, &status);

	return ret < 0 ? ret : (int)status.flags;
}

int vfio_group_set_container(struct vdev_sys *sys, int group, int container)
{
	return vdev_sys_ioctl(sys, group, VFIO_GROUP_SET_CONTAINER, &container);
}

int vfio_group_get_device(struct vdev_sys *sys, int group, const char *name)
{
	return vdev_sys_ioctl(sys, group, VFIO_GROUP_GET_DEVICE_FD,
			      (void *)name);
}

int vfio_bind_iommufd(struct vdev_sys *sys, int fd, int iommufd,
		      const uint8_t *token, uint32_t *devid)
{
	struct vfio_device_bind_iommufd bind = {
		.argsz = sizeof(bind),
		.iommufd = iommufd,
	};
	int ret;

	if (token) {
		bind.flags = VFIO_DEVICE_BIND_FLAG_TOKEN;
		bind.token_uuid_ptr = (uintptr_t)token;
	}
	ret = vdev_sys_ioctl(sys, fd, VFIO_DEVICE_BIND_IOMMUFD, &bind);
	if (ret < 0)
		return ret;
	*devid = bind.out_devid;
	return 0;
}

/* A device's own descriptor is certainly no iommufd. */
static int bind_nothing(struct vdev_sys *sys, int fd, uint32_t flags,
			uint64_t token)
{
	struct vfio_device_bind_iommufd bind = {
		.argsz = sizeof(bind),
		.flags = flags,
		.iommufd = fd,
		.token_uuid_ptr = token,
	};
	int ret = vdev_sys_ioctl(sys, fd, VFIO_DEVICE_BIND_IOMMUFD, &bind);

	return ret < 0 ? ret : -EIO;
}

/* A kernel that knows the flag reads what is at the address. */
#define NO_ADDRESS (UINT64_MAX - 0xfff)

int vfio_takes_token(struct vdev_sys *sys, int fd)
{
	int ret =
		bind_nothing(sys, fd, VFIO_DEVICE_BIND_FLAG_TOKEN, NO_ADDRESS);

	if (ret == -EFAULT)
		return 1;
	return ret == -EINVAL ? 0 : ret;
}

int vfio_try_token(struct vdev_sys *sys, int fd, const uint8_t *token)
{
	return bind_nothing(sys, fd, VFIO_DEVICE_BIND_FLAG_TOKEN,
			    (uintptr_t)token);
}

int vfio_try_bind(struct vdev_sys *sys, int fd)
{
	return bind_nothing(sys, fd, 0, 0);
}

int vfio_set_token(struct vdev_sys *sys, int fd, const uint8_t *token)
{
	const size_t size = sizeof(struct vfio_device_feature) + 16;
	struct vfio_device_feature *feature;
	void *secret;
	int ret = vdev_sys_secret_new(sys, size, &secret);

	if (ret)
		return ret;
	feature = secret;
	feature->argsz = (uint32_t)size;
	feature->flags =
		VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_PCI_VF_TOKEN;
	memcpy(feature->data, token, 16);
	ret = vdev_sys_ioctl(sys, fd, VFIO_DEVICE_FEATURE, feature);
	vdev_sys_secret_free(sys, secret, size);
	return ret;
}

int vfio_attach(struct vdev_sys *sys, int fd, uint32_t *pt_id)
{
	/* The kernels that know no PASID ask for no more than this. */
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = offsetof(struct vfio_device_attach_iommufd_pt, pasid),
		.pt_id = *pt_id,
	};
	int ret =
		vdev_sys_ioctl(sys, fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach);

	if (ret < 0)
		return ret;
	*pt_id = attach.pt_id;
	return 0;
}

int vfio_detach(struct vdev_sys *sys, int fd)
{
	struct vfio_device_detach_iommufd_pt detach = {
		.argsz = offsetof(struct vfio_device_detach_iommufd_pt, pasid),
	};

	return vdev_sys_ioctl(sys, fd, VFIO_DEVICE_DETACH_IOMMUFD_PT, &detach);
}

int vfio_attach_pasid(struct vdev_sys *sys, int fd, uint32_t pasid,
		      uint32_t pt_id)
{
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = sizeof(attach),
		.flags = VFIO_DEVICE_ATTACH_PASID,
		.pt_id = pt_id,
		.pasid = pasid,
	};

	return vdev_sys_ioctl(sys, fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach);
}

int vfio_detach_pasid(struct vdev_sys *sys, int fd, uint32_t pasid)
{
	struct vfio_device_detach_iommufd_pt detach = {
		.argsz = sizeof(detach),
		.flags = VFIO_DEVICE_DETACH_PASID,
		.pasid = pasid,
	};

	return vdev_sys_ioctl(sys, fd, VFIO_DEVICE_DETACH_IOMMUFD_PT, &detach);
}

/* Structures that tell in argsz how large they want to be. */
#define INFO_MOST (1U << 20)

/*
 * Asks for a structure that begins with argsz. `start` has `size` bytes, of
 * which the caller has filled what the call wants to know.
 */
static int get_info(struct vdev_sys *sys, int fd, unsigned long request,
		    const void *start, uint32_t size, void **ret)
{
	uint32_t room = size;

	for (;;) {
		_auto_free_ uint32_t *info = calloc(1, room);
		int error;

		if (!info)
			return -ENOMEM;
		memcpy(info, start, size);
		info[0] = room;
		error = vdev_sys_ioctl(sys, fd, request, info);
		if (error < 0)
			return error;
		if (info[0] <= room) {
			info[0] = room;
			*ret = TAKE(info);
			return 0;
		}
		room = info[0];
		if (room > INFO_MOST)
			return -EMSGSIZE;
	}
}

int vfio_device_info(struct vdev_sys *sys, int fd,
		     struct vfio_device_info **ret)
{
	struct vfio_device_info start = { .flags = 0 };
	void *info;
	int error = get_info(sys, fd, VFIO_DEVICE_GET_INFO, &start,
			     sizeof(start), &info);

	if (error)
		return error;
	*ret = info;
	/* A kernel that knows no chain leaves the offset as it was: 0. */
	if (!((*ret)->flags & VFIO_DEVICE_FLAGS_CAPS))
		(*ret)->cap_offset = 0;
	return 0;
}

int vfio_region_info(struct vdev_sys *sys, int fd, uint32_t index,
		     struct vfio_region_info **ret)
{
	struct vfio_region_info start = { .index = index };
	void *info;
	int error = get_info(sys, fd, VFIO_DEVICE_GET_REGION_INFO, &start,
			     sizeof(start), &info);

	if (error)
		return error;
	*ret = info;
	(*ret)->index = index;
	if (!((*ret)->flags & VFIO_REGION_INFO_FLAG_CAPS))
		(*ret)->cap_offset = 0;
	return 0;
}

int vfio_irq_info(struct vdev_sys *sys, int fd, struct vfio_irq_info *info)
{
	info->argsz = sizeof(*info);
	return vdev_sys_ioctl(sys, fd, VFIO_DEVICE_GET_IRQ_INFO, info);
}

int vfio_set_irqs(struct vdev_sys *sys, int fd, uint32_t flags, uint32_t index,
		  uint32_t start, uint32_t count, const int *eventfds)
{
	const size_t size = eventfds ? count * sizeof(int32_t) : 0;
	_auto_free_ struct vfio_irq_set *set = calloc(1, sizeof(*set) + size);

	if (!set)
		return -ENOMEM;
	set->argsz = (uint32_t)(sizeof(*set) + size);
	set->flags = flags;
	set->index = index;
	set->start = start;
	set->count = count;
	if (size)
		memcpy(set->data, eventfds, size);
	return vdev_sys_ioctl(sys, fd, VFIO_DEVICE_SET_IRQS, set);
}

int vfio_reset(struct vdev_sys *sys, int fd)
{
	return vdev_sys_ioctl(sys, fd, VFIO_DEVICE_RESET, NULL);
}

/* No bus has more functions. */
#define DEPENDENT_MOST 65536

int vfio_hot_reset_info(struct vdev_sys *sys, int fd,
			struct vfio_pci_hot_reset_info **ret)
{
	uint32_t room = 8;

	for (;;) {
		_auto_free_ struct vfio_pci_hot_reset_info *info = NULL;
		size_t size = sizeof(*info) + room * sizeof(info->devices[0]);
		int error;

		info = calloc(1, size);
		if (!info)
			return -ENOMEM;
		info->argsz = (uint32_t)size;
		error = vdev_sys_ioctl(
			sys, fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, info);
		if (!error && info->count <= room) {
			*ret = TAKE(info);
			return 0;
		}
		if (error != -ENOSPC)
			return error < 0 ? error : -EIO;
		if (info->count <= room || info->count > DEPENDENT_MOST)
			return -EIO;
		room = info->count;
	}
}

int vfio_hot_reset(struct vdev_sys *sys, int fd, const int *groups,
		   uint32_t count)
{
	const size_t size = count * sizeof(int32_t);
	_auto_free_ struct vfio_pci_hot_reset *reset =
		calloc(1, sizeof(*reset) + size);

	if (!reset)
		return -ENOMEM;
	reset->argsz = (uint32_t)(sizeof(*reset) + size);
	reset->count = count;
	if (size)
		memcpy(reset->group_fds, groups, size);
	return vdev_sys_ioctl(sys, fd, VFIO_DEVICE_PCI_HOT_RESET, reset);
}

int vfio_gfx_plane(struct vdev_sys *sys, int fd,
		   struct vfio_device_gfx_plane_info *info)
{
	info->argsz = sizeof(*info);
	return vdev_sys_ioctl(sys, fd, VFIO_DEVICE_QUERY_GFX_PLANE, info);
}

int vfio_feature(struct vdev_sys *sys, int fd, uint32_t what, void *data,
		 size_t size)
{
	_auto_free_ struct vfio_device_feature *feature =
		calloc(1, sizeof(*feature) + size);
	int ret;

	if (!feature)
		return -ENOMEM;
	feature->argsz = (uint32_t)(sizeof(*feature) + size);
	feature->flags = what;
	if (size)
		memcpy(feature->data, data, size);
	ret = vdev_sys_ioctl(sys, fd, VFIO_DEVICE_FEATURE, feature);
	if (ret >= 0 && size)
		memcpy(data, feature->data, size);
	return ret;
}

/* --- Migration */

int vfio_mig_flags(struct vdev_sys *sys, int fd, uint64_t *flags)
{
	struct vfio_device_feature_migration mig = { 0 };
	int ret = vfio_feature(sys, fd,
			       VFIO_DEVICE_FEATURE_GET |
				       VFIO_DEVICE_FEATURE_MIGRATION,
			       &mig, sizeof(mig));

	if (ret < 0)
		return ret;
	*flags = mig.flags;
	return 0;
}

int vfio_mig_get_state(struct vdev_sys *sys, int fd, uint32_t *state)
{
	struct vfio_device_feature_mig_state mig = { .data_fd = -1 };
	int ret = vfio_feature(sys, fd,
			       VFIO_DEVICE_FEATURE_GET |
				       VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE,
			       &mig, sizeof(mig));

	if (ret < 0)
		return ret;
	*state = mig.device_state;
	return 0;
}

int vfio_mig_set_state(struct vdev_sys *sys, int fd, uint32_t state,
		       int *data_fd)
{
	struct vfio_device_feature_mig_state mig = { .device_state = state,
						     .data_fd = -1 };
	int ret = vfio_feature(sys, fd,
			       VFIO_DEVICE_FEATURE_SET |
				       VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE,
			       &mig, sizeof(mig));

	if (ret < 0)
		return ret;
	*data_fd = mig.data_fd;
	return 0;
}

int vfio_mig_data_size(struct vdev_sys *sys, int fd, uint64_t *size)
{
	struct vfio_device_feature_mig_data_size data = { 0 };
	int ret = vfio_feature(sys, fd,
			       VFIO_DEVICE_FEATURE_GET |
				       VFIO_DEVICE_FEATURE_MIG_DATA_SIZE,
			       &data, sizeof(data));

	if (ret < 0)
		return ret;
	*size = data.stop_copy_length;
	return 0;
}

int vfio_mig_enable_precopy_v2(struct vdev_sys *sys, int fd)
{
	return vfio_feature(sys, fd,
			    VFIO_DEVICE_FEATURE_SET |
				    VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2,
			    NULL, 0);
}

int vfio_mig_precopy_info(struct vdev_sys *sys, int data_fd,
			  struct vfio_precopy_info *ret)
{
	struct vfio_precopy_info info = { .argsz = sizeof(info) };
	int error =
		vdev_sys_ioctl(sys, data_fd, VFIO_MIG_GET_PRECOPY_INFO, &info);

	if (error < 0)
		return error;
	*ret = info;
	return 0;
}

/* --- Logging of DMA */

int vfio_log_start(struct vdev_sys *sys, int fd,
		   const struct vfio_device_feature_dma_logging_range *ranges,
		   uint32_t count, uint64_t *page_size)
{
	struct vfio_device_feature_dma_logging_control control = {
		.page_size = *page_size,
		.num_ranges = count,
		.ranges = (uintptr_t)ranges,
	};
	int ret = vfio_feature(sys, fd,
			       VFIO_DEVICE_FEATURE_SET |
				       VFIO_DEVICE_FEATURE_DMA_LOGGING_START,
			       &control, sizeof(control));

	if (ret < 0)
		return ret;
	*page_size = control.page_size;
	return 0;
}

int vfio_log_stop(struct vdev_sys *sys, int fd)
{
	return vfio_feature(sys, fd,
			    VFIO_DEVICE_FEATURE_SET |
				    VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP,
			    NULL, 0);
}

int vfio_log_report(struct vdev_sys *sys, int fd,
		    const struct vfio_device_feature_dma_logging_report *report)
{
	struct {
		struct vfio_device_feature head;
		struct vfio_device_feature_dma_logging_report report;
	} arg = {
		.head = { .argsz = sizeof(arg),
			  .flags = VFIO_DEVICE_FEATURE_GET |
				   VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT },
		.report = *report,
	};

	return vdev_sys_ioctl(sys, fd, VFIO_DEVICE_FEATURE, &arg);
}
