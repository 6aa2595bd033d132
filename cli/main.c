/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app.h"
#include "root.h"
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

/*
 * No file of ours may take the number of a standard stream that is closed:
 * messages would go into it. What cannot be read or written stands in.
 */
static void fill_streams(void)
{
	static const int flags[] = { O_WRONLY, O_RDONLY, O_RDONLY };

	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", flags[fd]) < 0)
			_exit(VDEV_ERROR_FAILED);
}

/* A plan holds a lock, and so a file, for each IOMMU group it changes. */
static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* Errors are not here: the one that matters is reported at the end. */
static void print_log(void *data, enum vdev_log_level level,
		      const char *message)
{
	if (level != VDEV_LOG_ERROR)
		app_warn(data, "%s%s",
			 level == VDEV_LOG_WARNING ? "warning: " : "", message);
}

static int open_context(struct app *app)
{
	const char *root = option_value(app, "root");
	enum vdev_log_level level = app->verbose > 1   ? VDEV_LOG_DEBUG
				    : app->verbose > 0 ? VDEV_LOG_INFO
						       : VDEV_LOG_WARNING;

	if (vdev_ctx_new(&app->ctx))
		return app_fail(app, VDEV_ERROR_FAILED, "out of memory");
	vdev_ctx_set_log(app->ctx, level, print_log, app);
	return root ? root_use(app, root) : 0;
}

static int run(struct app *app)
{
	const struct command *command = app->args.command;

	if (option_given(app, "help"))
		return help_print(app, command, app->args.object);
	if (option_given(app, "version")) {
		fprintf(app->out.stream, "vdevctl %s (libvdev %s)\n",
			VDEVCTL_VERSION, vdev_version());
		return 0;
	}
	if (app->json && command->flags & COMMAND_NO_JSON)
		return app_fail(app, VDEV_ERROR_INVALID,
				"%s has no JSON document", command->verb);
	if (!(command->flags & COMMAND_NO_CONTEXT) && open_context(app))
		return -1;
	return command->run(app);
}

/* What was printed before a failure stands: results of single devices. */
static void write_output(struct app *app)
{
	int error = output_flush(&app->out);

	if (error && !app->failure.message)
		app_fail(app, VDEV_ERROR_FAILED,
			 "cannot write to standard output: %s",
			 strerror(-error));
}

int main(int argc, char **argv)
{
	struct app app = { 0 };
	int code;

	fill_streams();
	raise_file_limit();
	/* A closed pipe is an error like any other when writing. */
	signal(SIGPIPE, SIG_IGN);
	output_open(&app.out);
	if (!command_parse(&app, argc, argv))
		(void)run(&app);
	write_output(&app);
	code = error_report(&app);
	vdev_ctx_unref(app.ctx);
	output_close(&app.out);
	arguments_clear(&app.args);
	return code;
}
