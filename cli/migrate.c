/* SPDX-License-Identifier: GPL-2.0-or-later */

/* vdevctl migrate info, set, save, load, verify, send, receive */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include <libvdev/migration.h>

#include "app.h"
#include "numbers.h"
#include "opened.h"
#include "outfile.h"
#include "signals.h"

/* --- The device */

struct migrate {
	struct app *app;
	struct opened o;
	struct vdev_migration *m;
	enum vdev_migration_state before;
	/* Where the stream comes from or goes to. */
	const char *name;
	int fd;
	char *fd_name;
	bool own_fd;	     /* to be closed */
	struct outfile file; /* .fd is -1 if it is none */
	uint64_t shown;	     /* when progress was, in bytes */
};

static void migrate_clear(struct migrate *g)
{
	vdev_migration_free(g->m);
	opened_clear(&g->o);
	if (g->own_fd)
		close(g->fd);
	free(g->fd_name);
}

#define _auto_migrate_ __attribute__((cleanup(migrate_clear)))

static bool shows_progress(const struct app *app)
{
	return isatty(STDERR_FILENO) && !app->quiet && !app->verbose;
}

static void erase_progress(const struct app *app)
{
	if (shows_progress(app))
		fprintf(stderr, "\r\033[K");
}

/* Every 4 MiB, and whenever nothing moves. */
static int show_progress(void *data,
			 const struct vdev_migration_progress *progress)
{
	struct migrate *g = data;
	uint64_t moved = progress->bytes - g->shown;

	if (shows_progress(g->app) && (!moved || moved >= 4 << 20)) {
		fprintf(stderr, "\r\033[K%s: %s, %" PRIu64 " KiB",
			g->app->args.command->verb,
			vdev_migration_state_name(progress->state),
			progress->bytes >> 10);
		if (progress->remaining != UINT64_MAX)
			fprintf(stderr, ", about %" PRIu64 " KiB left",
				progress->remaining >> 10);
		fflush(stderr);
		g->shown = progress->bytes;
	}
	return signals_caught();
}

static int open_migration(struct migrate *g)
{
	struct app *app = g->app;

	if (open_operand(app, app->args.operands[0], &g->o))
		return -1;
	if (vdev_migration_new(g->o.file, &g->m) ||
	    vdev_migration_state(g->m, &g->before))
		return app_fail_ctx(app);
	return 0;
}

static int start_transfer(struct migrate *g)
{
	unsigned int seconds = 0;

	if (option_given(g->app, "timeout") &&
	    option_number(g->app, "timeout", 1, 86400, &seconds))
		return -1;
	if (open_migration(g))
		return -1;
	vdev_migration_set_timeout(g->m, seconds * 1000);
	vdev_migration_set_progress(g->m, show_progress, g);
	signals_catch();
	return 0;
}

/* --- info */

static json_object *abilities(unsigned int flags)
{
	static const struct {
		unsigned int flag;
		const char *name;
	} words[] = {
		{ VDEV_MIGRATION_STOP_COPY, "stop-copy" },
		{ VDEV_MIGRATION_P2P, "p2p" },
		{ VDEV_MIGRATION_PRE_COPY, "pre-copy" },
	};
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (flags & words[i].flag)
			json_object_array_add(array,
					      output_string(words[i].name));
	return array;
}

int migrate_info(struct app *app)
{
	static const struct line lines[] = {
		{ "state", "{state}", NULL, 0 },
		{ "can", "{abilities}", NULL, 0 },
		{ "data", "[about {data_size:bytes} ({data_size})]", NULL, 0 },
		{ NULL, NULL, NULL, 0 },
	};
	_auto_migrate_ struct migrate g = { .app = app };
	_auto_json_ json_object *document = NULL;
	uint64_t size;

	if (open_migration(&g))
		return -1;
	document = json_object_new_object();
	output_add(document, "address", output_string(g.o.name));
	output_add(document, "backend", opened_backend(&g.o));
	output_add(document, "state",
		   output_string(vdev_migration_state_name(g.before)));
	output_add(document, "abilities", abilities(vdev_migration_flags(g.m)));
	output_add(document, "data_size",
		   vdev_migration_data_size(g.m, &size)
			   ? NULL
			   : json_object_new_uint64(size));
	if (app->json) {
		output_document(app->out.stream, document);
		return 0;
	}
	output_styled(&app->out, STYLE_BOLD, g.o.name);
	fputc('\n', app->out.stream);
	output_lines(&app->out, lines, document);
	return 0;
}

/* --- set */

/* Several devices. */
struct together {
	struct app *app;
	struct opened *devices;
	struct vdev_migration **all;
	size_t count;
};

static void together_clear(struct together *t)
{
	for (size_t i = 0; i < t->count; i++) {
		vdev_migration_free(t->all[i]);
		opened_clear(&t->devices[i]);
	}
	free(t->all);
	free(t->devices);
}

static int open_together(struct together *t, const char *const *operands,
			 size_t count)
{
	t->devices = x_alloc(count, sizeof(*t->devices));
	t->all = x_alloc(count, sizeof(struct vdev_migration *));
	for (size_t i = 0; i < count; i++) {
		struct opened *o = &t->devices[i];

		t->count = i + 1;
		if (open_operand(t->app, operands[i], o))
			return -1;
		for (size_t j = 0; j < i; j++)
			if (vdev_file_fd(t->devices[j].file) ==
			    vdev_file_fd(o->file))
				return app_fail(t->app, VDEV_ERROR_INVALID,
						"%s is named twice", o->name);
		if (vdev_migration_new(o->file, &t->all[i]))
			return app_fail_ctx(t->app);
	}
	return 0;
}

/* Those without data: their session would end with the command. */
static int find_state(struct app *app, const char *word,
		      enum vdev_migration_state *ret)
{
	static const enum vdev_migration_state states[] = {
		VDEV_MIGRATION_STATE_RUNNING, VDEV_MIGRATION_STATE_RUNNING_P2P,
		VDEV_MIGRATION_STATE_STOP
	};

	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (str_eq(word, vdev_migration_state_name(states[i]))) {
			*ret = states[i];
			return 0;
		}
	return app_fail(app, VDEV_ERROR_INVALID,
			"'%s' is none of running, running-p2p and stop", word);
}

static json_object *states_of(struct together *t)
{
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < t->count; i++) {
		json_object *o = json_object_new_object();
		enum vdev_migration_state state;
		bool known = !vdev_migration_state(t->all[i], &state);

		output_add(o, "address", output_string(t->devices[i].name));
		output_add(
			o, "state",
			output_string(known ? vdev_migration_state_name(state)
					    : NULL));
		json_object_array_add(array, o);
	}
	return array;
}

int migrate_set(struct app *app)
{
	__attribute__((
		cleanup(together_clear))) struct together t = { .app = app };
	_auto_json_ json_object *document = NULL;
	enum vdev_migration_state state = VDEV_MIGRATION_STATE_STOP;
	const struct arguments *args = &app->args;

	if (find_state(app, args->operands[0], &state))
		return -1;
	app->several = args->operand_count > 2;
	if (open_together(&t, args->operands + 1, args->operand_count - 1))
		return -1;
	if (vdev_migration_set_state_all(t.all, t.count, state))
		return app_fail_ctx(app);
	document = json_object_new_object();
	output_add(document, "state", output_string(args->operands[0]));
	output_add(document, "devices", states_of(&t));
	if (app->json)
		output_document(app->out.stream, document);
	else if (!app->quiet)
		for (size_t i = 0; i < t.count; i++)
			fprintf(app->out.stream, "%s: %s\n", t.devices[i].name,
				args->operands[0]);
	return 0;
}

/* --- Where streams are */

/* "fd:3". Return: 1, 0 if it is none, or -1 after app_fail(). */
static int take_fd(struct migrate *g, const char *name)
{
	uint64_t fd;

	if (!str_starts(name, "fd:"))
		return 0;
	if (number_take_most(g->app, "fd", name + 3, INT_MAX, &fd))
		return -1;
	if (fcntl((int)fd, F_GETFD) < 0)
		return app_fail(g->app, VDEV_ERROR_INVALID,
				"vdevctl was not started with an open file "
				"descriptor %d",
				(int)fd);
	g->fd = (int)fd;
	return 1;
}

static int check_stdout(struct app *app)
{
	if (app->session)
		return app_fail(app, VDEV_ERROR_INVALID,
				"a session prints to standard output itself: "
				"give --to a file or fd:N");
	if (app->json)
		return app_fail(app, VDEV_ERROR_INVALID,
				"the stream and a JSON document cannot both go "
				"to standard output");
	if (isatty(STDOUT_FILENO)) {
		app_fail(app, VDEV_ERROR_INVALID,
			 "a device's state is nothing for a terminal");
		return app_hint(app, "--to FILE writes it to a file");
	}
	return 0;
}

static int find_output(struct migrate *g)
{
	const char *to = option_value(g->app, "to");
	int ret;

	g->name = to ? to : "-";
	g->file.fd = -1;
	ret = take_fd(g, g->name);
	if (ret)
		return ret < 0 ? -1 : 0;
	if (!str_eq(g->name, "-"))
		return outfile_check(g->app, g->name);
	g->fd = STDOUT_FILENO;
	return check_stdout(g->app);
}

static int open_input(struct migrate *g, const char *from)
{
	int ret;

	g->name = from ? from : "-";
	ret = take_fd(g, g->name);
	if (ret)
		return ret < 0 ? -1 : 0;
	if (str_eq(g->name, "-") && g->app->session)
		return app_fail(g->app, VDEV_ERROR_INVALID,
				"a session reads standard input itself: name a "
				"file or fd:N");
	if (str_eq(g->name, "-")) {
		g->fd = STDIN_FILENO;
		return 0;
	}
	g->fd = open(g->name, O_RDONLY | O_CLOEXEC);
	g->own_fd = g->fd >= 0;
	if (g->own_fd)
		return 0;
	return app_fail(g->app,
			errno == ENOENT	  ? VDEV_ERROR_NOT_FOUND
			: errno == EACCES ? VDEV_ERROR_PERMISSION
					  : VDEV_ERROR_FAILED,
			"cannot read %s: %s", g->name, strerror(errno));
}

static int find_socket(struct migrate *g)
{
	const char *socket = option_value(g->app, "socket");
	uint64_t fd;

	if (!socket) {
		app_fail(g->app, VDEV_ERROR_INVALID, "--socket is missing");
		return app_hint(g->app,
				"the number of a connected socket that vdevctl "
				"was started with");
	}
	g->fd_name = x_asprintf("fd:%s", socket);
	g->name = g->fd_name;
	if (number_take_most(g->app, "--socket", socket, INT_MAX, &fd))
		return -1;
	return take_fd(g, g->name) < 0 ? -1 : 0;
}

/* --- What came of it */

/* Bytes in a second; null if it was over at once. */
static json_object *rate_of(const struct vdev_migration_totals *t)
{
	return t->total_ms
		       ? json_object_new_uint64(t->bytes * 1000 / t->total_ms)
		       : NULL;
}

static void report(struct migrate *g, const char *what)
{
	const struct vdev_migration_totals *t = vdev_migration_totals(g->m);
	_auto_json_ json_object *document = json_object_new_object();
	_auto_free_ char *text = NULL;
	enum vdev_migration_state state;
	struct app *app = g->app;
	bool known = !vdev_migration_state(g->m, &state);

	output_add(document, "address", output_string(g->o.name));
	output_add(document, "stream", output_string(g->name));
	output_add(document, "length", json_object_new_uint64(t->length));
	output_add(document, "bytes", json_object_new_uint64(t->bytes));
	output_add(document, "precopy_bytes",
		   json_object_new_uint64(t->precopy_bytes));
	output_add(document, "total_ms", json_object_new_uint64(t->total_ms));
	output_add(document, "stopped_ms",
		   json_object_new_uint64(t->stopped_ms));
	output_add(document, "rate", rate_of(t));
	output_add(
		document, "state",
		output_string(known ? vdev_migration_state_name(state) : NULL));
	if (app->json)
		output_document(app->out.stream, document);
	else if (!app->quiet && g->fd != STDOUT_FILENO) {
		text = output_expand(
			"{bytes} bytes, {precopy_bytes} of them in pre-copy, "
			"in {total_ms} ms[, {rate:bytes} a second]; stopped "
			"for {stopped_ms} ms, now {state}",
			document);
		fprintf(app->out.stream, "%s: %s: %s\n", g->o.name, what, text);
	}
}

/* Into the state in which it is left. Return: 0, or -1 after app_fail(). */
static int let_go(struct migrate *g, enum vdev_migration_state state)
{
	if (option_given(g->app, "stop"))
		state = VDEV_MIGRATION_STATE_STOP;
	return vdev_migration_set_state(g->m, state) ? app_fail_ctx(g->app) : 0;
}

/* What a command loads into a device is gone when it closes it. */
static void warn_of_closing(const struct migrate *g)
{
	if (!g->o.held && vdev_file_flags(g->o.file) & VDEV_FILE_RESET)
		app_warn(g->app,
			 "warning: closing %s resets it, and what was loaded "
			 "is gone: load it in a session that goes on",
			 g->o.name);
}

/* --- save */

static int save(struct migrate *g)
{
	unsigned int flags = 0;
	int error;

	if (option_given(g->app, "precopy"))
		flags |= VDEV_MIGRATION_SAVE_PRECOPY;
	error = vdev_migration_save(g->m, g->fd, flags);
	erase_progress(g->app);
	return error ? app_fail_ctx(g->app) : 0;
}

/* Not seen under its name before it is whole, and safe. */
static int save_to_file(struct migrate *g)
{
	int error;

	if (outfile_open(g->app, g->name, &g->file))
		return -1;
	g->fd = g->file.fd;
	error = save(g);
	if (!error && fsync(g->fd))
		error = outfile_failed(g->app, g->name);
	if (outfile_close(g->app, &g->file, !error))
		error = -1;
	return error;
}

/* A device that stood still before stays so. */
static enum vdev_migration_state state_after(const struct migrate *g)
{
	switch (g->before) {
	case VDEV_MIGRATION_STATE_STOP:
	case VDEV_MIGRATION_STATE_STOP_COPY:
		return VDEV_MIGRATION_STATE_STOP;
	case VDEV_MIGRATION_STATE_RUNNING_P2P:
		return VDEV_MIGRATION_STATE_RUNNING_P2P;
	default:
		return VDEV_MIGRATION_STATE_RUNNING;
	}
}

int migrate_save(struct app *app)
{
	_auto_migrate_ struct migrate g = { .app = app, .fd = -1 };
	int error;

	if (find_output(&g) || start_transfer(&g))
		return -1;
	error = g.fd < 0 ? save_to_file(&g) : save(&g);
	/* Saving that failed leaves the device as it was; a file may, too. */
	if (error) {
		(void)vdev_migration_set_state(g.m, state_after(&g));
		return -1;
	}
	if (let_go(&g, state_after(&g)))
		return -1;
	report(&g, "saved");
	return 0;
}

/* --- load */

int migrate_load(struct app *app)
{
	_auto_migrate_ struct migrate g = { .app = app, .fd = -1 };
	int error;

	if (open_input(&g, option_value(app, "from")) || start_transfer(&g))
		return -1;
	error = vdev_migration_load(g.m, g.fd);
	erase_progress(app);
	if (error)
		return app_fail_ctx(app);
	if (let_go(&g, VDEV_MIGRATION_STATE_RUNNING))
		return -1;
	report(&g, "loaded");
	warn_of_closing(&g);
	return 0;
}

/* --- send, receive */

int migrate_send(struct app *app)
{
	_auto_migrate_ struct migrate g = { .app = app, .fd = -1 };
	unsigned int flags = 0;
	int error;

	if (find_socket(&g) || start_transfer(&g))
		return -1;
	if (option_given(app, "precopy"))
		flags |= VDEV_MIGRATION_SAVE_PRECOPY;
	error = vdev_migration_send(g.m, g.fd, flags);
	erase_progress(app);
	if (error)
		return app_fail_ctx(app);
	report(&g, "sent");
	return 0;
}

int migrate_receive(struct app *app)
{
	_auto_migrate_ struct migrate g = { .app = app, .fd = -1 };
	int error;

	if (find_socket(&g) || start_transfer(&g))
		return -1;
	error = vdev_migration_receive(g.m, g.fd);
	erase_progress(app);
	if (error)
		return app_fail_ctx(app);
	if (let_go(&g, VDEV_MIGRATION_STATE_RUNNING))
		return -1;
	report(&g, "received");
	warn_of_closing(&g);
	return 0;
}

/* --- verify */

static json_object *facts_of(const struct vdev_migration_stream *stream)
{
	json_object *array = json_object_new_array();
	const char *name, *value;
	bool needed;

	for (size_t i = 0;
	     (name = vdev_migration_stream_fact(stream, i, &value, &needed));
	     i++) {
		json_object *fact = json_object_new_object();

		output_add(fact, "name", output_string(name));
		output_add(fact, "value", output_string(value));
		output_add(fact, "needed", json_object_new_boolean(needed));
		json_object_array_add(array, fact);
	}
	return array;
}

static json_object *stream_object(const struct vdev_migration_stream *stream,
				  uint64_t offset)
{
	const struct vdev_migration_totals *t =
		vdev_migration_stream_totals(stream);
	json_object *o = json_object_new_object();
	_auto_free_ char *version = NULL;
	unsigned int major, minor;

	vdev_migration_stream_version(stream, &major, &minor);
	version = x_asprintf("%u.%u", major, minor);
	output_add(o, "offset", json_object_new_uint64(offset));
	output_add(o, "version", output_string(version));
	output_add(o, "length", json_object_new_uint64(t->length));
	output_add(o, "bytes", json_object_new_uint64(t->bytes));
	output_add(o, "precopy_bytes",
		   json_object_new_uint64(t->precopy_bytes));
	output_add(o, "facts", facts_of(stream));
	return o;
}

/* All streams up to the end. Return: 0, or -1 after app_fail(). */
static int read_streams(struct migrate *g, json_object *array)
{
	uint64_t offset = 0;
	int error;

	do {
		struct vdev_migration_stream *stream;

		error = vdev_migration_stream_read(g->app->ctx, g->fd, &stream);
		if (error)
			break;
		json_object_array_add(array, stream_object(stream, offset));
		offset += vdev_migration_stream_totals(stream)->length;
		vdev_migration_stream_free(stream);
	} while (!signals_caught());
	if (error == -ENOENT && offset)
		return 0;
	if (error)
		app_fail_ctx(g->app);
	if (error && offset)
		return app_hint(g->app,
				"this is about what begins at byte %" PRIu64
				" of %s, behind what is good",
				offset, g->name);
	return error ? -1 : app_fail(g->app, VDEV_ERROR_FAILED, "interrupted");
}

int migrate_verify(struct app *app)
{
	static const struct line lines[] = {
		{ "version", "{version}", NULL, 0 },
		{ "length", "{length:bytes} ({length})", NULL, 0 },
		{ "data",
		  "{bytes:bytes} ({bytes}), {precopy_bytes} of them in "
		  "pre-copy",
		  NULL, 0 },
		{ "facts", "{name} {value}", "facts", 0 },
		{ NULL, NULL, NULL, 0 },
	};
	_auto_migrate_ struct migrate g = { .app = app, .fd = -1 };
	_auto_json_ json_object *document = json_object_new_object();
	json_object *array = json_object_new_array();

	output_add(document, "file", output_string(app->args.operands[0]));
	output_add(document, "streams", array);
	if (open_input(&g, app->args.operands[0]) || read_streams(&g, array))
		return -1;
	if (app->json) {
		output_document(app->out.stream, document);
		return 0;
	}
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		json_object *o = json_object_array_get_idx(array, i);
		_auto_free_ char *title =
			output_expand("good, at byte {offset}", o);

		output_styled(&app->out, STYLE_BOLD, title);
		fputc('\n', app->out.stream);
		output_lines(&app->out, lines, o);
	}
	return 0;
}
