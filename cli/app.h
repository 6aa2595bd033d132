/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_APP_H
#define VDEVCTL_APP_H

#include <libvdev/libvdev.h>

#include "command.h"
#include "error.h"
#include "output.h"

/* One run of the program. */
struct app {
	struct arguments args;
	struct vdev_ctx *ctx;
	struct output out;
	struct failure failure;

	/* The global options. */
	bool json;
	bool dry_run;
	bool quiet;
	unsigned int verbose; /* how often it was given */
};

/* A message on stderr that is not an error; silent with --quiet. */
void app_warn(const struct app *app, const char *fmt, ...) PRINTF(2, 3);

/* Commands: 0, or -1 after app_fail(). */
int device_list(struct app *app);
int device_show(struct app *app);
int group_list(struct app *app);
int group_show(struct app *app);
int bind_bind(struct app *app);
int bind_unbind(struct app *app);
int bind_restore(struct app *app);
int collect_collect(struct app *app);
int completion_print(struct app *app);
int help_help(struct app *app);

/* The help of what the command line names so far. */
int help_print(struct app *app, const struct command *command,
	       const char *object);

/* The words of options and operands; NULL-terminated. */
const char *const *device_columns(void);
const char *const *bind_checks(void);
const char *const *bind_purposes(void);
const char *const *completion_shells(void);
const char *const *open_backends(void);

#endif
