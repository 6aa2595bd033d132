/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_DEVICE_H
#define VDEV_OBJECT_DEVICE_H

#include <libvdev/device.h>
#include <libvdev/pci.h>

#include "object/ctx.h"

/*
 * Reads an attribute of the device's sysfs directory, trimmed. Keeps the
 * directory open for the next read (struct vdev_ctx.open_device).
 * Return: the length, or a negative errno; -ENODEV if the device is gone.
 */
ssize_t vdev_device_read_attr(struct vdev_device *dev, const char *name,
			      char *buf, size_t size);

/* Writes one attribute; no failure is recorded in the context. */
int vdev_device_write_attr(struct vdev_device *dev, const char *name,
			   const char *text);

/* A device by its exact address; 0, -ENODEV ..., and nothing is recorded. */
int vdev_device_new(struct vdev_ctx *ctx, const char *bus, const char *address,
		    struct vdev_device **ret);

/*
 * The name by which a function is looked up in the hardware database (prefix
 * "pci") and among VFIO drivers ("vfio_pci"). Return: 0, or as
 * vdev_device_vendor_id().
 */
#define MODALIAS_SIZE 64
int vdev_device_modalias(struct vdev_device *dev, const char *prefix,
			 char text[MODALIAS_SIZE]);

/* False only if the device is known to be gone. */
bool vdev_device_exists(struct vdev_device *dev);

/*
 * As the public getters, but they tell "none" (0 and NULL) from "could not be
 * read" (a negative errno): what is to be put back later must be known.
 */
int vdev_device_get_driver(struct vdev_device *dev, const char **ret);
int vdev_device_get_override(struct vdev_device *dev, const char **ret);

/* The name below vfio-dev/, NULL for what is bound to no VFIO driver. */
int vdev_device_get_vfio(struct vdev_device *dev, const char **ret);

#endif
