/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_BIND_H
#define VDEVCTL_BIND_H

#include "output.h"

/* Plans as commands: their options, their document, and what came of them. */

struct app;
struct vdev_plan;

/* Gives a plan what the command's options say. Return: 0, or -1 after
 * app_fail(). */
int bind_apply_options(struct app *app, struct vdev_plan *plan);

/*
 * Checks the plan or runs it, as --dry-run says, and reports. `add` puts what
 * else there is to say into the document, and `print` prints what became of
 * the plan. Return: 0, or -1 after app_fail().
 */
int bind_run_plan(struct app *app, struct vdev_plan *plan,
		  void (*add)(struct vdev_plan *plan, json_object *document),
		  void (*print)(struct app *app, json_object *document));

#endif
