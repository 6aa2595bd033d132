/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_CHECKS_H
#define VDEVCTL_CHECKS_H

#include <libvdev/bind.h>

#include "output.h"

/*
 * The findings of a plan's checks, as they stand in its document and in that
 * of an error. Text tells a finding that several devices share only once.
 */

struct app;

/* A finding, made on a device or whatever `place` is. */
json_object *checks_describe(const struct vdev_finding *f, const char *place);
/* Hands each check that --force names to `fn`. Return: 0, or -1 after
 * app_fail(). */
int checks_force(struct app *app, int (*fn)(void *data, enum vdev_check check),
		 void *data);
/*
 * Adds the findings, which are taken over, to the failure just recorded; where
 * several stand in the way all of them are named. Return: -1.
 */
int checks_fail(struct app *app, json_object *checks);

/* All of them, as a table. */
void checks_print(struct app *app, json_object *checks);
/* Those that stand in the way; nothing if it is only one. */
void checks_print_refusals(FILE *f, json_object *checks);
/* Those to know of, although they did not stop the plan. */
void checks_warn(const struct app *app, json_object *checks);

#endif
