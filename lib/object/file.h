/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_FILE_H
#define VDEV_OBJECT_FILE_H

#include <libvdev/file.h>

#include "kernel/vfio.h"
#include "object/ctx.h"

/*
 * A group node, opened once for all devices of the group that use one iommu.
 * The context holds the list, since the files of a group find each other by it.
 */
struct file_group {
	struct file_group *next;
	unsigned int refs;
	struct vdev_iommu *iommu;
	int number;
	int fd;
};

/* A PASID that is attached. */
struct file_pasid {
	uint32_t pasid;
	struct vdev_hwpt *hwpt; /* NULL if only its id is known */
};

/* A part of a region that is mapped. */
struct file_mapping {
	void *address;
	size_t size;
};

struct vdev_file {
	unsigned int refs;
	struct vdev_ctx *ctx;
	struct vdev_device *dev; /* NULL if imported */
	struct vdev_iommu *iommu;
	/* What it is attached to, if that is known: one of them, or none. */
	struct vdev_ioas *ioas;
	struct vdev_hwpt *hwpt;
	unsigned int pasid_width; /* 0 until it is known */
	struct file_pasid *pasids;
	size_t pasid_count;
	char *name; /* what messages call it */
	int fd;
	uint32_t device_id; /* in the iommufd; 0 if it has none */
	struct file_group *group;
	struct vfio_device_info *info;
	/* As many as the device has, each there once it was asked for. */
	struct vdev_region **regions;
	struct vdev_pci_cap *caps; /* those asked for last */
	struct file_mapping *mappings;
	size_t mapping_count;
};

static inline struct vdev_sys *file_sys(const struct vdev_file *file)
{
	return &file->ctx->sys;
}

/*
 * Opens the device by cdev or through its group, and sets what that gives:
 * fd, device_id, group. Return: 0, or -errno with the sentence recorded.
 */
int file_open(struct vdev_file *file, const struct vdev_vf_token *token);
/* Opens the cdev, checks it and leaves it unbound; sets fd. */
int file_open_unbound(struct vdev_file *file);
/* Binds an imported descriptor. */
int file_bind(struct vdev_file *file, const struct vdev_vf_token *token);
/* Leaves the group, after the device is closed. */
void file_group_put(struct vdev_file *file);
/* Keeps what the device is attached to now, and lets go of the former. */
void file_set_space(struct vdev_file *file, struct vdev_ioas *ioas,
		    struct vdev_hwpt *hwpt);
/* Lets go of the HWPTs of PASIDs, after the device is closed. */
void file_forget_pasids(struct vdev_file *file);
/* Resets the device, whether or not it says that it can be. */
int file_reset(struct vdev_file *file);

#endif
