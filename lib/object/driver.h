/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_DRIVER_H
#define VDEV_OBJECT_DRIVER_H

#include <libvdev/bind.h>

#include "object/ctx.h"

/* Long enough for every driver's and module's name. */
#define DRIVER_NAME_SIZE 64

/* How a driver can be had. */
enum driver_state {
	DRIVER_UNKNOWN,
	DRIVER_LOADABLE,
	DRIVER_LOADED,
};

/* Whether a name could be a driver's: it becomes part of paths. */
bool driver_name_valid(const char *name);

/* `name` may change to the spelling the driver registered with. */
enum driver_state driver_state(struct vdev_ctx *ctx,
			       char name[DRIVER_NAME_SIZE]);

/* Whether a driver of that name hands its devices to VFIO. */
bool driver_is_vfio(const char *name);

/*
 * The driver that serves a device best for a purpose. Return: 0;
 * -EOPNOTSUPP, recorded, if none does.
 */
int driver_choose(struct vdev_ctx *ctx, struct vdev_device *dev,
		  enum vdev_purpose purpose, char name[DRIVER_NAME_SIZE]);

/*
 * The same by a modalias with the prefix "vfio_pci", for a device that is not
 * there yet. `name_of` stands for it in messages.
 */
int driver_choose_for(struct vdev_ctx *ctx, const char *modalias,
		      const char *name_of, enum vdev_purpose purpose,
		      char name[DRIVER_NAME_SIZE]);

/*
 * Loads the driver's module unless the driver is there. `name` may change to
 * the one the module registers. Return: 0 or a recorded failure.
 */
int driver_load(struct vdev_ctx *ctx, char name[DRIVER_NAME_SIZE]);

#endif
