/* SPDX-License-Identifier: GPL-2.0-or-later */

/* One command, of the program's own command line or of a session's line. */

#include <stdarg.h>

#include "app.h"
#include "root.h"
#include "secret.h"
#include "text.h"

void app_warn(const struct app *app, const char *fmt, ...)
{
	_auto_free_ char *raw = NULL, *valid = NULL, *line = NULL;
	va_list args;

	if (app->quiet)
		return;
	va_start(args, fmt);
	if (vasprintf(&raw, fmt, args) < 0)
		raw = NULL;
	va_end(args);
	valid = text_utf8(raw ? raw : "");
	line = text_printable(valid);
	fprintf(stderr, "vdevctl: %s\n", line);
}

int app_add_operands(struct app *app,
		     int (*add)(struct app *app, const char *operand,
				json_object *array),
		     json_object *array)
{
	int ret = app->args.operand_count ? 0 : add(app, NULL, array);

	for (size_t i = 0; i < app->args.operand_count && !ret; i++)
		ret = add(app, app->args.operands[i], array);
	return ret;
}

void app_print_list(struct app *app, json_object *array,
		    const struct column *columns, const char *const *keys,
		    size_t count, const char *none)
{
	if (app->json)
		output_document(app->out.stream, array);
	else if (json_object_array_length(array))
		output_table(&app->out, array, columns, keys, count,
			     !option_given(app, "no-header"));
	else
		app_warn(app, "%s", none);
}

/* Errors are not here: the one that matters is reported at the end. */
static void print_log(void *data, enum vdev_log_level level,
		      const char *message)
{
	if (level != VDEV_LOG_ERROR)
		app_warn(data, "%s%s",
			 level == VDEV_LOG_WARNING ? "warning: " : "", message);
}

void app_log_to(struct app *app)
{
	enum vdev_log_level level = app->verbose > 1   ? VDEV_LOG_DEBUG
				    : app->verbose > 0 ? VDEV_LOG_INFO
						       : VDEV_LOG_WARNING;

	vdev_ctx_set_log(app->ctx, level, print_log, app);
}

static int open_context(struct app *app)
{
	const char *root = option_value(app, "root");

	/* Of a session all lines have the same one. */
	if (app->outer) {
		app->ctx = vdev_ctx_ref(app->outer->ctx);
		app_log_to(app);
		return 0;
	}
	if (vdev_ctx_new(&app->ctx))
		return app_fail(app, VDEV_ERROR_FAILED, "out of memory");
	app_log_to(app);
	return root ? root_use(app, root) : 0;
}

static int refuse_outside(struct app *app, const char *name)
{
	app_fail(app, VDEV_ERROR_INVALID,
		 "'%s' works on the objects of a session, and there is none",
		 name);
	return app_hint(app, "it is a line for 'vdevctl batch' or 'vdevctl "
			     "shell'");
}

/* What the name in front of a command has to be like. */
static int check_name(struct app *app, const char *command)
{
	const struct object_type *makes = app->args.command->makes;
	const char *name = session_name(app->session);
	const struct object *old =
		name ? session_find(app->session, name) : NULL;

	if (!name && !makes)
		return 0;
	if (!makes)
		return app_fail(app, VDEV_ERROR_INVALID,
				"'%s' makes no object that could be called %s",
				command, name);
	if (!name) {
		app_fail(app, VDEV_ERROR_INVALID,
			 "'%s' makes %s, which needs a name", command,
			 makes->what);
		return app_hint(app, "write NAME = %s ...", command);
	}
	if (!old)
		return 0;
	app_fail(app, VDEV_ERROR_INVALID,
		 "there is an object $%s already, made in line %u", name,
		 old->line);
	return app_hint(app, "take another name, or 'drop $%s' first", name);
}

static int check_session(struct app *app)
{
	const struct command *command = app->args.command;
	_auto_free_ char *name = command_name(command);

	if (!app->session)
		return command->flags & COMMAND_SESSION
			       ? refuse_outside(app, name)
			       : 0;
	if (command->flags & COMMAND_NO_SESSION)
		return app_fail(app, VDEV_ERROR_INVALID,
				"'%s' does not work within a batch or a shell",
				name);
	if (option_given(app, "root"))
		return app_fail(app, VDEV_ERROR_INVALID,
				"all lines look at the same machine: --root "
				"belongs to 'vdevctl batch' or 'vdevctl "
				"shell'");
	return check_name(app, name);
}

/*
 * In a dry run objects are only names: what would work on them is understood,
 * but not done.
 */
static bool only_understood(const struct app *app)
{
	const struct command *command = app->args.command;

	return app->session && app->dry_run &&
	       !(command->flags & COMMAND_DRY_RUN) &&
	       (command->flags & COMMAND_SESSION || app->has_references);
}

int app_run(struct app *app)
{
	const struct command *command = app->args.command;

	if (app->json && app->outer &&
	    (option_given(app, "help") || option_given(app, "version")))
		return app_fail(app, VDEV_ERROR_INVALID,
				"--help and --version have no JSON document");
	if (option_given(app, "help"))
		return help_print(app, command, app->args.object);
	if (option_given(app, "version")) {
		fprintf(app->out.stream, "vdevctl %s (libvdev %s)\n",
			VDEVCTL_VERSION, vdev_version());
		return 0;
	}
	if (check_session(app))
		return -1;
	if (app->json && command->flags & COMMAND_NO_JSON)
		return app_fail(app, VDEV_ERROR_INVALID,
				"%s has no JSON document", command->verb);
	if (only_understood(app)) {
		if (command->makes)
			session_add(app, command->makes, NULL);
		return 0;
	}
	if (!(command->flags & COMMAND_NO_CONTEXT) && open_context(app))
		return -1;
	return command->run(app);
}

void app_write(struct app *app)
{
	int error = output_flush(&app->out);

	if (error && !app->failure.message)
		app_fail(app, VDEV_ERROR_FAILED,
			 "cannot write to standard output: %s",
			 strerror(-error));
}

void app_close(struct app *app)
{
	secret_clear(app);
	vdev_ctx_unref(app->ctx);
	output_close(&app->out);
	arguments_clear(&app->args);
	error_clear(app);
}
