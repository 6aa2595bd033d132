/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_REBIND_H
#define VDEV_OBJECT_REBIND_H

#include "object/device.h"
#include "object/driver.h"

/* What a device is bound to, and may be bound to. */
struct binding {
	char driver[DRIVER_NAME_SIZE];	 /* "" for none */
	char override[DRIVER_NAME_SIZE]; /* "" for none */
};

/* Return: 0 or a recorded -ENODEV. */
int rebind_read(struct vdev_device *dev, struct binding *ret);

/*
 * Brings a device to a binding, from whatever it has, and verifies it.
 * Repeating it after an interruption is safe.
 *
 * Return: 0; -ETIMEDOUT with `*pending` set to the process that waits in the
 * kernel, if the unbind did not end in time; another recorded failure.
 */
int rebind_to(struct vdev_device *dev, const struct binding *want,
	      unsigned int timeout_ms, pid_t *pending);

/* As rebind_to(), but clears the override and lets the kernel choose. */
int rebind_probe(struct vdev_device *dev, unsigned int timeout_ms,
		 pid_t *pending);

/*
 * Waits for the nodes of a device that a VFIO driver has taken. Return: 0 or
 * a recorded -ETIMEDOUT.
 */
int rebind_wait_nodes(struct vdev_device *dev, unsigned int timeout_ms);

#endif
