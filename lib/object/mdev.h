/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_MDEV_H
#define VDEV_OBJECT_MDEV_H

#include <libvdev/mdev.h>

#include "object/ctx.h"

#define MDEV_PARENT_SIZE 256

struct mdev_attr {
	char *name;
	char *value;
};

struct vdev_mdev_config {
	struct vdev_ctx *ctx;
	char *type;
	bool autostart;
	struct mdev_attr *attrs;
	size_t count;
};

/* Whether it is one part of a path. */
bool mdev_is_name(const char *name);

/* Takes over what `from` describes, and clears it. */
void mdev_config_take(struct vdev_mdev_config *config,
		      struct vdev_mdev_config *from);

/*
 * A parent's name as sysfs would have it, whether it is there or not. Return:
 * 0, or -EINVAL if it can be none; recorded.
 */
int mdev_parent_name(struct vdev_ctx *ctx, const char *name,
		     char ret[MDEV_PARENT_SIZE]);

struct mdev_type_facts;

/* NULL without memory. */
struct vdev_mdev_type_list *mdev_type_list_alloc(void);
/* Takes the facts over, unless it fails. Return: 0 or -ENOMEM, not recorded. */
int mdev_type_list_add(struct vdev_mdev_type_list *list, const char *parent,
		       const struct mdev_type_facts *facts);

/* All mdevs, read from sysfs on every kernel. Return: as vdev_mdev_list_new().
 */
int mdev_list_by_sysfs(struct vdev_ctx *ctx, struct vdev_device_list **ret);
/* Likewise all types. */
int mdev_type_list_by_sysfs(struct vdev_ctx *ctx,
			    struct vdev_mdev_type_list **ret);

/*
 * A parent's name as sysfs has it, from one that people write. Return: 0 or a
 * recorded failure.
 */
int mdev_find_parent(struct vdev_ctx *ctx, const char *name,
		     char ret[MDEV_PARENT_SIZE]);

/* Records that it is no parent. Return: -ENODEV. */
int mdev_fail_no_parent(struct vdev_ctx *ctx, const char *name);

#endif
