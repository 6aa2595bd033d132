/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_HELD_H
#define VDEVCTL_HELD_H

#include <libvdev/file.h>

#include "session.h"

/* Opened devices as objects of a session. */

struct vdev_pasid_space;

struct held {
	struct vdev_file *file;
	struct vdev_pasid_space *pasids; /* NULL until one is asked for */
	struct object *iommu;		 /* NULL for one imported without */
	char *name;
	bool imported; /* so that closing it here ends nothing */
	bool attached; /* by the session */
};

extern const struct object_type held_type;
extern const struct object_type pasid_type;

/* Its id in the iommufd. Return: 0, or -1 after app_fail(). */
int held_id(struct app *app, const struct object *device, uint32_t *ret);

/* What manages its DMA; or NULL. */
struct object *held_iommu(const struct object *device);

#endif
