/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DEVICE_H
#define DEVICE_H

#include <libvdev/libvdev.h>

#include "options.h"

/* Opening the device. Calls return 0 or -errno, and have said why. */

/* The file keeps its iommu: vdev_file_iommu(). */
int device_open(struct vdev_ctx *ctx, const struct options *options,
		struct vdev_file **ret);
/*
 * Gives it an address space of its own, or that of vdevctl exec --ioas; if it
 * is to move, by a hardware page table that tells which pages the device writes
 * to. Where there is none @hwpt is left alone.
 */
int device_attach(struct vdev_file *file, const struct options *options,
		  struct vdev_ioas **ioas, struct vdev_hwpt **hwpt);
/* What KVM is told of: the group where there is one, else the device. */
int device_kvm_fd(const struct vdev_file *file);

/* Says what the library says, with its hint, and returns @error. */
int complain_library(const struct vdev_ctx *ctx, int error);

#endif
