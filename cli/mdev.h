/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_MDEV_H
#define VDEVCTL_MDEV_H

#include <libvdev/mdev.h>

#include "common.h"

/* What commands of mediated devices have in common. */

struct app;

static inline void mdev_config_clear(struct vdev_mdev_config **config)
{
	vdev_mdev_config_free(*config);
}

#define _auto_config_ __attribute__((cleanup(mdev_config_clear)))

/* The attributes as an array of objects of `name` and `value`. */
json_object *mdev_describe_attrs(const struct vdev_mdev_config *config);

/*
 * The type and attributes of the options. Return: 0 with a description for
 * the caller to free, or -1 after app_fail().
 */
int mdev_config_of_options(struct app *app, struct vdev_mdev_config **ret);

#endif
