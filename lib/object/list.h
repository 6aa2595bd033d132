/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_LIST_H
#define VDEV_OBJECT_LIST_H

#include "object/device.h"

struct vdev_device_list {
	struct vdev_device **devices;
	size_t count;
};

/* Makes a device of a directory's entry, by its exact address. */
int device_list_add(struct vdev_device_list *list, struct vdev_ctx *ctx,
		    const char *bus, const char *address);

/* PCI functions, then mdevs, then others, each by address. */
void device_list_sort(struct vdev_device_list *list);

#endif
