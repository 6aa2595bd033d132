/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_CHANGE_H
#define VDEVCTL_CHANGE_H

#include <libvdev/devlink.h>

#include "common.h"

/* Changes by devlink as commands: their document, and what came of them. */

struct app;

/* The device of the first operand. Return: 0, or -1 after app_fail(). */
int change_find(struct app *app, struct vdev_devlink **ret);

/* What is changed: a port, a node or, with neither, the device itself. */
struct change_target {
	int64_t port; /* -1 for none */
	const char *node;
};

/* Adds what is wanted to a change. Return: 0, or -1 after app_fail(). */
typedef int (*change_fn)(struct app *app, struct vdev_devlink_change *change,
			 const struct change_target *target);

/* What the command's options ask for, in the order of the command line. */
int change_add_options(struct app *app, struct vdev_devlink_change *change,
		       const struct change_target *target);

/*
 * Hands a new change to `add`, checks it or runs it, as --dry-run says, and
 * reports; frees `dl`. Return: 0, or -1 after app_fail().
 */
int change_run(struct app *app, struct vdev_devlink *dl,
	       const struct change_target *target, change_fn add);

/* The same for the device of the first operand. */
int change_device(struct app *app, change_fn add);

#endif
