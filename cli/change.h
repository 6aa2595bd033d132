/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_CHANGE_H
#define VDEVCTL_CHANGE_H

#include <libvdev/devlink.h>

#include "common.h"

/* Changes by devlink as commands: their document, and what came of them. */

struct app;

/* The device of the first operand. Return: 0, or -1 after app_fail(). */
int change_find(struct app *app, struct vdev_devlink **ret);

/*
 * Adds what the command's options ask for, in the order of the command line; a
 * `port` of -1 is the device itself. Return: 0, or -1 after app_fail().
 */
int change_add_options(struct app *app, struct vdev_devlink_change *change,
		       int64_t port);

/*
 * Checks the change or runs it, as --dry-run says, and reports. Return: 0, or
 * -1 after app_fail().
 */
int change_run(struct app *app, struct vdev_devlink *dl,
	       struct vdev_devlink_change *change, int64_t port);

/* Hands a new change of the first operand's device to `add`, and runs it. */
int change_device(struct app *app,
		  int (*add)(struct app *app,
			     struct vdev_devlink_change *change));

#endif
