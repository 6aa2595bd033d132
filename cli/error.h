/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_ERROR_H
#define VDEVCTL_ERROR_H

#include <libvdev/ctx.h>

#include "common.h"

/*
 * Failures: a command records one and returns -1, main() reports it. This is
 * the only place that makes messages, error documents and exit codes.
 */

struct app;

struct failure {
	enum vdev_error_kind kind; /* also the exit code ... */
	int code;		   /* ... unless this is not 0 */
	char *message;
	char *hint;	     /* NULL, or lines */
	json_object *checks; /* NULL, or those of a plan */
};

/* Records a failure in place of an earlier one. Return: -1. */
int app_fail(struct app *app, enum vdev_error_kind kind, const char *fmt, ...)
	PRINTF(3, 4);

/* Gives the failure an exit code that is not its kind's. Return: -1. */
int app_fail_code(struct app *app, int code);

/* Adds a line of advice to the failure. Return: -1. */
int app_hint(struct app *app, const char *fmt, ...) PRINTF(2, 3);

/* Records what failed last in the library. Return: -1. */
int app_fail_ctx(struct app *app);

/* Drops what was recorded: the command goes on without. */
void app_forgive(struct app *app);

/* Adds the checks of a plan, as they stand in its document; takes them over. */
void app_fail_checks(struct app *app, json_object *checks);

/* Says in front of the message where it happened: "FILE:3". */
void app_fail_at(struct app *app, const char *where);

/* Makes the failure of another command that of this one, too. */
void app_fail_copy(struct app *app, const struct app *other);

/* The object that stands in documents; NULL if there is no failure. */
json_object *error_describe(const struct app *app);

/* Forgets the failure. */
void error_clear(struct app *app);

/* Prints the failure, if there is one. Return: the exit code. */
int error_report(struct app *app);

#endif
