/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_DEVLINK_H
#define VDEV_OBJECT_DEVLINK_H

#include <libvdev/devlink.h>

#include "kernel/devlink.h"
#include "object/check.h"

struct vdev_devlink {
	struct vdev_ctx *ctx; /* a reference */
	struct devlink link;
	char *name;
	struct vdev_device *dev; /* NULL unless it is a PCI function */
};

/*
 * The kernel refused: `what` says what was tried, in front of a colon. Return:
 * `error`, recorded.
 */
int devlink_refused(struct vdev_devlink *dl, int error, const char *what);
/* Why it did, in words: its own sentence, or what the errno means. */
const char *devlink_reason(const struct vdev_devlink *dl, int error);

/* The number of a word of a setting, or -EINVAL. */
int devlink_word(enum vdev_devlink_attr attr, const char *value);

/*
 * Who would miss the VFs and the interfaces of the ports. The caller frees the
 * list, which the findings point to. Return: 0 or a recorded failure.
 */
int devlink_check_ports(struct vdev_devlink *dl, const bool *forced,
			struct vdev_device_list **vfs,
			struct findings *findings);

#endif
