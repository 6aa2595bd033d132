/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_CLASSES_H
#define VDEV_OBJECT_CLASSES_H

#include "object/ctx.h"

/*
 * Which network interfaces and disks belong to which PCI function or mdev.
 *
 * /sys/class/net and /sys/class/block are read whole, once for all devices,
 * because what a driver makes lies at different depths below its device
 * (virtio, SCSI, USB). The last PCI address or mdev UUID in the path that an
 * entry links to is the device it belongs to.
 */

enum class_id { CLASS_NET, CLASS_BLOCK, CLASS_COUNT };

struct class_entry {
	char *owner; /* the address of the device */
	char *name;
};

/*
 * The entries of one owner. Return: how many there are, `*ret` pointing at
 * the first; a negative errno. A disk behind several NVMe controllers is an
 * entry of each.
 */
int classes_of_device(struct vdev_ctx *ctx, enum class_id id, const char *owner,
		      const struct class_entry **ret);

/* All entries. Return: as above. */
int classes_all(struct vdev_ctx *ctx, enum class_id id,
		const struct class_entry **ret);

/* Makes the next call read sysfs again. */
void classes_forget(struct vdev_ctx *ctx);

/*
 * The owner in the path of a sysfs link. Return: its length and where it
 * starts, or 0.
 */
size_t classes_owner(const char *path, const char **start);

#endif
