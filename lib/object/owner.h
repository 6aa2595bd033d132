/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_OWNER_H
#define VDEV_OBJECT_OWNER_H

#include "object/device.h"

/* Giving a device's nodes to a user, now and when they are made anew. */

struct owner {
	uid_t uid;
	gid_t gid;  /* (gid_t)-1 to leave it */
	bool iommu; /* /dev/iommu too */
};

/* Return: 0 or a recorded failure. */
int owner_give(struct vdev_ctx *ctx, struct vdev_device *dev,
	       const struct owner *owner);

/*
 * Takes the rule of a device away; `iommu` if it gave /dev/iommu, which goes
 * back to root unless another device's rule gives it still.
 */
int owner_take_back(struct vdev_ctx *ctx, const char *address, bool iommu);

#endif
