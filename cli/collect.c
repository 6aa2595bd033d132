/* SPDX-License-Identifier: GPL-2.0-or-later */

/* vdevctl collect */

#include <errno.h>
#include <unistd.h>

#include "app.h"
#include "outfile.h"
#include "signals.h"
#include "tar.h"

struct collection {
	struct app *app;
	struct tar_writer *writer; /* NULL for a dry run */
};

static int take_entry(void *data, const struct vdev_capture_entry *entry)
{
	struct collection *c = data;

	if (signals_caught()) {
		app_fail(c->app, VDEV_ERROR_FAILED, "interrupted");
		return -ECANCELED;
	}
	if (c->writer && tar_write_entry(c->writer, entry))
		return -ECANCELED;
	return 0;
}

/* Return: the number of entries, or -1 after app_fail(). */
static int capture(struct app *app, int fd, const char *name)
{
	struct collection c = { .app = app };
	int count;

	if (fd >= 0 && tar_write_open(app, fd, name, &c.writer))
		return -1;
	count = vdev_capture(app->ctx, option_given(app, "secrets"), take_entry,
			     &c);
	if (count < 0 && !app->failure.message)
		app_fail_ctx(app);
	if (c.writer && tar_write_close(c.writer))
		return -1;
	return count < 0 ? -1 : count;
}

static int capture_to_file(struct app *app, const char *path)
{
	struct outfile file;
	int count;

	if (app->dry_run)
		return outfile_check(app, path) ? -1 : capture(app, -1, path);
	if (outfile_open(app, path, &file))
		return -1;
	count = capture(app, file.fd, path);
	return outfile_close(app, &file, count >= 0) ? -1 : count;
}

static int capture_to_stdout(struct app *app)
{
	if (app->json)
		return app_fail(app, VDEV_ERROR_INVALID,
				"the capture and a JSON document cannot both "
				"go to standard output");
	if (app->dry_run)
		return capture(app, -1, "-");
	if (isatty(STDOUT_FILENO))
		return app_fail(app, VDEV_ERROR_INVALID,
				"a tar file is nothing for a terminal");
	return capture(app, STDOUT_FILENO, "standard output");
}

static void report(struct app *app, const char *file, int count)
{
	_auto_json_ json_object *o = json_object_new_object();
	_auto_free_ char *text = NULL;

	output_add(o, "file", output_string(file));
	output_add(o, "entries", json_object_new_int(count));
	output_add(o, "secrets",
		   json_object_new_boolean(option_given(app, "secrets")));
	output_add(o, "dry_run", json_object_new_boolean(app->dry_run));
	if (app->json) {
		output_document(app->out.stream, o);
		return;
	}
	if (app->quiet)
		return;
	text = output_expand(app->dry_run ? "{file}: would hold {entries} files"
					  : "{file}: {entries} files",
			     o);
	fprintf(app->out.stream, "%s\n", text);
}

int collect_collect(struct app *app)
{
	const char *file = app->args.operands[0];
	bool to_stdout = str_eq(file, "-");
	int count;

	signals_catch();
	if (geteuid() && !vdev_ctx_root(app->ctx))
		app_warn(app, "warning: only root can read all of it; the "
			      "capture will lack what the kernel hides");
	count = to_stdout ? capture_to_stdout(app) : capture_to_file(app, file);
	if (count < 0)
		return -1;
	if (!to_stdout)
		report(app, file, count);
	return 0;
}
