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

/* The keys `start`, `attrs` and `problem`; null without a definition. */
void mdev_describe_definition(json_object *o,
			      const struct vdev_mdev_definition *def);

/* The mdev if it is there, of this parent unless that is NULL; or NULL. */
struct vdev_device *mdev_find_active(struct app *app, const char *uuid,
				     const char *parent);

/* Whether a parent is the one that is named, as people write it. */
bool mdev_is_parent(const char *own, const char *name);

/* Fails if it is not given. Return: 0 or -1. */
int mdev_need_option(struct app *app, const char *name);

/* Adds each --attr before that index. Return: 0, or -1 after app_fail(). */
int mdev_add_attrs(struct app *app, struct vdev_mdev_config *config,
		   size_t index);

/* Prints what was made; what would be if `dev` is NULL. */
void mdev_report_creation(struct app *app, const char *parent, const char *uuid,
			  struct vdev_device *dev,
			  const struct vdev_mdev_config *config);

/* What --force can say here, besides the checks. */
enum {
	MDEV_FORCE_BUSY = 1 << 0,
	MDEV_FORCE_CALLOUT = 1 << 1,
};

/* Which of these are given; -1 after app_fail() for anything else. */
int mdev_take_force(struct app *app, int possible);

/*
 * Makes a change between the scripts that want to hear of it. Return: 0, or
 * what the script or the change failed with, recorded in the context.
 */
int mdev_with_scripts(struct vdev_ctx *ctx, const char *parent,
		      const char *uuid, const struct vdev_mdev_config *config,
		      enum vdev_mdev_action action, bool force,
		      int (*change)(void *data), void *data);

/* Makes an mdev, with the scripts. Return: as mdev_with_scripts(). */
int mdev_make(struct app *app, const char *parent, const char *uuid,
	      const struct vdev_mdev_config *config, bool force,
	      struct vdev_device **ret);

/* Whether its driver has types of virtual GPUs, whether it is one or not. */
bool mdev_is_vgpu(struct vdev_device *dev);
/* The VF of that name, if its driver has types of virtual GPUs, or NULL. */
struct vdev_device *mdev_find_vgpu(struct app *app, const char *name);
/* The keys of an mdev; `uuid` is null. */
json_object *mdev_describe_vgpu(struct vdev_device *vf);
/* Adds the VFs that are virtual GPUs. Return: 0, or -1 after app_fail(). */
int mdev_add_vgpus(struct app *app, json_object *mdevs);
/* `create` for a VF. Return: 0, or -1 after app_fail(). */
int mdev_create_vgpu(struct app *app, struct vdev_device *vf,
		     const struct vdev_mdev_config *config);

/*
 * The type and attributes of the options. Return: 0 with a description for
 * the caller to free, or -1 after app_fail().
 */
int mdev_config_of_options(struct app *app, struct vdev_mdev_config **ret);

#endif
