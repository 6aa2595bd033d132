/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_NAMES_H
#define VDEV_OBJECT_NAMES_H

#include "object/ctx.h"

/*
 * Names from the hardware database: libudev's on the running system, the
 * list stored in a capture below another root.
 */

/* The file of a capture: lines of "modalias TAB key TAB name". */
#define VDEV_NAMES_FILE "/.vdev/names"

#define VDEV_NAME_VENDOR   "ID_VENDOR_FROM_DATABASE"
#define VDEV_NAME_DEVICE   "ID_MODEL_FROM_DATABASE"
#define VDEV_NAME_CLASS	   "ID_PCI_CLASS_FROM_DATABASE"
#define VDEV_NAME_SUBCLASS "ID_PCI_SUBCLASS_FROM_DATABASE"

/* Takes one name; the strings are valid during the call. */
typedef void (*vdev_names_fn)(void *data, const char *key, const char *name);

/* Every name the database has for a modalias. Return: 0 or -ENOMEM. */
int vdev_names_lookup(struct vdev_ctx *ctx, const char *modalias,
		      vdev_names_fn fn, void *data);

void vdev_names_free(struct vdev_names *names);

#endif
