/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_KERNEL_VGPU_H
#define VDEV_KERNEL_VGPU_H

#include "gateway/sys.h"

/*
 * Types of virtual GPUs that a driver offers on VFs, in the VF's folder in
 * sysfs. No failure is recorded; names were checked by the caller to stay below
 * that folder.
 */

/* The addresses of the VFs that have it, sorted. None of them is success. */
int vgpu_list(struct vdev_sys *sys, struct strv *ret);
bool vgpu_exists(struct vdev_sys *sys, const char *address);

struct vgpu_type {
	char *id; /* a number */
	char *name;
};

/* Which types the VF can be given now. */
int vgpu_types(struct vdev_sys *sys, const char *address,
	       struct vgpu_type **ret, size_t *count);
void vgpu_types_free(struct vgpu_type *types, size_t count);

/* The number of the type that it has. "0" is none. */
#define VGPU_NONE    "0"
#define VGPU_ID_SIZE 24
int vgpu_current(struct vdev_sys *sys, const char *address,
		 char id[VGPU_ID_SIZE]);

#define VGPU_CURRENT "current_vgpu_type"
/* Writes to an attribute beside them. */
int vgpu_write(struct vdev_sys *sys, const char *address, const char *name,
	       const char *value);

#endif
