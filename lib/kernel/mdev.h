/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_KERNEL_MDEV_H
#define VDEV_KERNEL_MDEV_H

#include "gateway/sys.h"

/*
 * Mediated devices by sysfs. No failure is recorded; names were checked by
 * the caller to be one part of a path, an attribute's to stay below the mdev.
 */

/* The parents there are, sorted. None of them is success. */
int mdev_sysfs_parents(struct vdev_sys *sys, struct strv *ret);
bool mdev_sysfs_is_parent(struct vdev_sys *sys, const char *parent);

struct mdev_type_facts {
	char *id;
	char *name;	   /* NULL if there is none */
	char *description; /* NULL if there is none */
	char *device_api;  /* NULL if there is none */
	int available;	   /* -ENODATA if there is none */
};

/* The ids of a parent's types, sorted. */
int mdev_sysfs_types(struct vdev_sys *sys, const char *parent,
		     struct strv *ret);
/* Return: 0; -ENOENT if the parent has no such type; ... */
int mdev_sysfs_read_type(struct vdev_sys *sys, const char *parent,
			 const char *id, struct mdev_type_facts *ret);
void mdev_type_facts_clear(struct mdev_type_facts *facts);

int mdev_sysfs_create(struct vdev_sys *sys, const char *parent,
		      const char *type, const char *uuid);
int mdev_sysfs_set(struct vdev_sys *sys, const char *uuid, const char *name,
		   const char *value);
/* As the gateway's child_write(): the kernel waits for users of the mdev. */
int mdev_sysfs_remove(struct vdev_sys *sys, const char *uuid,
		      unsigned int timeout_ms, pid_t *pending);

#endif
