/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_KERNEL_VFIO_H
#define VDEV_KERNEL_VFIO_H

#include "gateway/sys.h"
#include "kernel/abi/vfio.h"

/*
 * The calls of VFIO's groups and devices. Structures are filled here, and
 * asked for again with more room where the kernel wants that; what an error
 * means is said by those who call.
 *
 * Each returns 0 or what is said, or a negative errno.
 */

/* Groups. */

/* Return: VFIO_GROUP_FLAGS_*. */
int vfio_group_status(struct vdev_sys *sys, int group);
int vfio_group_set_container(struct vdev_sys *sys, int group, int container);
/* `name` may have options behind it. Return: the device's fd. */
int vfio_group_get_device(struct vdev_sys *sys, int group, const char *name);

/* Devices by cdev. */

/* `token` has 16 bytes, or is NULL. */
int vfio_bind_iommufd(struct vdev_sys *sys, int fd, int iommufd,
		      const uint8_t *token, uint32_t *devid);
/*
 * Both ask what binding would make of a token, with a descriptor that is no
 * iommufd, so that nothing is ever bound. The first: 1 if tokens are known,
 * 0 if not. The second: -EINVAL if this token is of no use, -EACCES if it is
 * wrong; any other error if there is nothing against it. A PF keeps it then.
 */
int vfio_takes_token(struct vdev_sys *sys, int fd);
int vfio_try_token(struct vdev_sys *sys, int fd, const uint8_t *token);
/*
 * In the same way, what is against binding a descriptor without a token:
 * -EBUSY if the group is open, -EACCES if a token is missing, -EINVAL if the
 * descriptor is bound; -EBADFD or -EBADF if nothing is.
 */
int vfio_try_bind(struct vdev_sys *sys, int fd);
/* Sets the token of an opened PF. */
int vfio_set_token(struct vdev_sys *sys, int fd, const uint8_t *token);
/* `pt_id` gives an IOAS or HWPT and receives the HWPT. */
int vfio_attach(struct vdev_sys *sys, int fd, uint32_t *pt_id);
int vfio_detach(struct vdev_sys *sys, int fd);
int vfio_attach_pasid(struct vdev_sys *sys, int fd, uint32_t pasid,
		      uint32_t pt_id);
int vfio_detach_pasid(struct vdev_sys *sys, int fd, uint32_t pasid);

/* All devices. The caller frees what `ret` receives. */

int vfio_device_info(struct vdev_sys *sys, int fd,
		     struct vfio_device_info **ret);
int vfio_region_info(struct vdev_sys *sys, int fd, uint32_t index,
		     struct vfio_region_info **ret);

/* `info` gives the index. */
int vfio_irq_info(struct vdev_sys *sys, int fd, struct vfio_irq_info *info);

/*
 * `flags` are one VFIO_IRQ_SET_ACTION_* and DATA_NONE or DATA_EVENTFD; for the
 * latter there is an eventfd for each of `count`. Return: 0, or how many
 * interrupts are to be had if that is too few.
 */
int vfio_set_irqs(struct vdev_sys *sys, int fd, uint32_t flags, uint32_t index,
		  uint32_t start, uint32_t count, const int *eventfds);

int vfio_reset(struct vdev_sys *sys, int fd);
int vfio_hot_reset_info(struct vdev_sys *sys, int fd,
			struct vfio_pci_hot_reset_info **ret);
int vfio_hot_reset(struct vdev_sys *sys, int fd, const int *groups,
		   uint32_t count);
/* `info` gives the flags and the type of the plane. */
int vfio_gfx_plane(struct vdev_sys *sys, int fd,
		   struct vfio_device_gfx_plane_info *info);

/*
 * `what` is a feature with GET, SET and PROBE. `data` is given, and receives.
 * Return: 0, or what the kernel returns: a feature may give an fd.
 */
int vfio_feature(struct vdev_sys *sys, int fd, uint32_t what, void *data,
		 size_t size);

/* Migration. Return of the first: VFIO_MIGRATION_* in `flags`. */

int vfio_mig_flags(struct vdev_sys *sys, int fd, uint64_t *flags);
int vfio_mig_get_state(struct vdev_sys *sys, int fd, uint32_t *state);
/* `data_fd` receives a new descriptor, which is close-on-exec, or -1. */
int vfio_mig_set_state(struct vdev_sys *sys, int fd, uint32_t state,
		       int *data_fd);
int vfio_mig_data_size(struct vdev_sys *sys, int fd, uint64_t *size);
/* Makes the flags of the following valid. */
int vfio_mig_enable_precopy_v2(struct vdev_sys *sys, int fd);
int vfio_mig_precopy_info(struct vdev_sys *sys, int data_fd,
			  struct vfio_precopy_info *ret);

/*
 * Logging of a device's DMA. `page_size` is what is wished, and receives what
 * the device chose.
 */
int vfio_log_start(struct vdev_sys *sys, int fd,
		   const struct vfio_device_feature_dma_logging_range *ranges,
		   uint32_t count, uint64_t *page_size);
int vfio_log_stop(struct vdev_sys *sys, int fd);
/* Sets bits, clears none, and clears the log; makes no allocation. */
int vfio_log_report(
	struct vdev_sys *sys, int fd,
	const struct vfio_device_feature_dma_logging_report *report);

#endif
