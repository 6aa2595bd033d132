/* SPDX-License-Identifier: GPL-2.0-or-later */

/* vdevctl batch: the lines of a file, in one session. */

#include "batch.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "line.h"
#include "signals.h"

/* --- One line */

static int check_references(struct app *app, const struct line_text *text)
{
	for (size_t i = 0; i < text->reference_count; i++) {
		_auto_free_ char *word = x_asprintf("$%s", text->references[i]);

		if (!session_get(app, word, NULL))
			return -1;
	}
	return 0;
}

static int run_words(struct app *app, const struct line_text *text)
{
	_auto_free_ char **argv = x_alloc(text->count + 2, sizeof(*argv));
	char program[] = "vdevctl";

	argv[0] = program;
	for (size_t i = 0; i < text->count; i++)
		argv[i + 1] = text->words[i];
	app->has_references = text->reference_count;
	if (check_references(app, text) ||
	    command_parse(app, (int)text->count + 1, argv))
		return -1;
	return app_run(app);
}

/* The words are needed no longer than the command runs. */
static void forget_arguments(struct app *app)
{
	arguments_clear(&app->args);
}

bool batch_run_line(const struct app *outer, struct session *session,
		    unsigned int number, const char *line, struct app *ret)
{
	struct line_text text;
	_auto_free_ char *wrong = line_parse(line, &text);
	bool something = wrong || text.count;

	*ret = (struct app){ .outer = outer, .session = session };
	output_open(&ret->out);
	session_start_line(session, number, text.name);
	ret->json = outer->json;
	if (wrong)
		app_fail(ret, VDEV_ERROR_INVALID, "%s", wrong);
	else if (text.count)
		(void)run_words(ret, &text);
	forget_arguments(ret);
	session_start_line(session, number, NULL);
	line_clear(&text);
	/* What the objects say when they are dropped is nobody's line. */
	if (outer->ctx)
		vdev_ctx_set_log(outer->ctx, VDEV_LOG_ERROR, NULL, NULL);
	return something;
}

/* --- The whole file */

struct batch {
	struct app *app;
	struct session *session;
	const char *file; /* NULL for standard input */
	json_object *results;
	unsigned int line;
	size_t done;
	size_t failed;
	bool keep_going;
};

static char *place(const struct batch *b)
{
	return b->file ? x_asprintf("%s:%u", b->file, b->line)
		       : x_asprintf("line %u", b->line);
}

/* The line as it stands there, and what came of it. */
static void add_result(struct batch *b, const char *text, struct app *line)
{
	_auto_free_ char *command = NULL;
	json_object *o = json_object_new_object();
	size_t length;

	text += strspn(text, " \t\r");
	length = strlen(text);
	while (length && strchr(" \t\r", text[length - 1]))
		length--;
	command = x_asprintf("%.*s", (int)length, text);
	fflush(line->out.stream);
	output_add(o, "line", json_object_new_int64(b->line));
	output_add(o, "command", output_string(command));
	output_add(o, "result",
		   line->out.size ? json_tokener_parse(line->out.text) : NULL);
	output_add(o, "error", error_describe(line));
	json_object_array_add(b->results, o);
}

/* Return: whether to go on. */
static bool take_failure(struct batch *b, struct app *line)
{
	_auto_free_ char *where = place(b);
	bool stop = !b->keep_going || signals_caught();

	b->failed++;
	app_fail_at(line, where);
	if (stop || (b->failed == 1 && !b->done))
		/* The first one decides while none has been done. */
		app_fail_copy(b->app, line);
	if (!stop && !b->app->json)
		(void)error_report(line);
	return !stop;
}

static bool run_one(struct batch *b, const char *text)
{
	struct app line;
	bool go_on = true;

	if (batch_run_line(b->app, b->session, b->line, text, &line)) {
		if (b->app->json)
			add_result(b, text, &line);
		else
			app_write(&line);
		line.json = b->app->json;
		if (line.failure.message)
			go_on = take_failure(b, &line);
		else
			b->done++;
	}
	app_close(&line);
	return go_on;
}

static bool go_on_reading(void)
{
	return !signals_caught();
}

static int interrupted(struct batch *b)
{
	_auto_free_ char *where = place(b);

	app_fail(b->app, VDEV_ERROR_FAILED, "interrupted");
	app_fail_at(b->app, where);
	return -1;
}

/* A line that cannot be read is one that fails. Return: whether to go on. */
static bool take_unreadable(struct batch *b, enum vdev_error_kind kind,
			    const char *why)
{
	struct app line = { .outer = b->app };
	bool go_on;

	output_open(&line.out);
	app_fail(&line, kind, "%s", why);
	if (b->app->json)
		add_result(b, "", &line);
	line.json = b->app->json;
	go_on = take_failure(b, &line);
	app_close(&line);
	return go_on;
}

static void run_all(struct batch *b, FILE *f)
{
	bool go_on = true, fatal = false;

	while (go_on && !fatal && !session_ended(b->session)) {
		_auto_free_ char *text = NULL;
		int got = line_read(f, go_on_reading, &text, &fatal);

		if (!got)
			break;
		b->line++;
		if (signals_caught()) {
			interrupted(b);
			break;
		}
		go_on = got > 0 ? run_one(b, text)
				: take_unreadable(b,
						  ferror(f)
							  ? VDEV_ERROR_FAILED
							  : VDEV_ERROR_INVALID,
						  text);
		if (go_on && signals_caught()) {
			interrupted(b);
			break;
		}
	}
}

/* With --keep-going the exit code tells that not all was done. */
static int sum_up(struct batch *b)
{
	if (!b->failed)
		return b->app->failure.message ? -1 : 0;
	if (!b->keep_going || signals_caught())
		return -1;
	if (b->done)
		return app_fail(b->app, VDEV_ERROR_PARTIAL,
				"%zu of %zu commands failed", b->failed,
				b->failed + b->done);
	return app_fail(b->app, b->app->failure.kind,
			b->failed > 1 ? "all %zu commands failed"
				      : "the command failed",
			b->failed);
}

static ssize_t read_input(void *cookie, char *buffer, size_t size)
{
	return signals_read(*(int *)cookie, buffer, size);
}

static int close_input(void *cookie)
{
	int ret = close(*(int *)cookie);

	free(cookie);
	return ret;
}

/* A stream that signals end also while it waits; takes the descriptor over. */
static FILE *stream_of(int fd)
{
	static const cookie_io_functions_t functions = {
		.read = read_input,
		.close = close_input,
	};
	int *cookie = x_alloc(1, sizeof(*cookie));
	FILE *f;

	*cookie = fd;
	f = fopencookie(cookie, "r", functions);
	if (!f)
		close_input(cookie);
	return f;
}

/*
 * Standard input is taken away from the commands, which would eat lines.
 */
static int take_stdin(struct app *app, FILE **ret)
{
	int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	*ret = fd < 0 ? NULL : stream_of(fd);
	if (!*ret || null < 0 || dup2(null, STDIN_FILENO) < 0)
		return app_fail(app, VDEV_ERROR_FAILED,
				"cannot read standard input: %s",
				strerror(errno));
	if (null != STDIN_FILENO)
		close(null);
	return 0;
}

static int open_file(struct app *app, const char *file, FILE **ret)
{
	int fd;

	if (!file)
		return take_stdin(app, ret);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	*ret = fd < 0 ? NULL : stream_of(fd);
	if (*ret)
		return 0;
	return app_fail(app,
			errno == ENOENT || errno == ENOTDIR
				? VDEV_ERROR_NOT_FOUND
			: errno == EACCES ? VDEV_ERROR_PERMISSION
					  : VDEV_ERROR_FAILED,
			"cannot open %s: %s", file, strerror(errno));
}

int batch_batch(struct app *app)
{
	const struct arguments *args = &app->args;
	const char *file = args->operand_count ? args->operands[0] : NULL;
	struct batch b = {
		.app = app,
		.keep_going = option_given(app, "keep-going"),
	};
	FILE *f;
	int ret;

	b.file = str_eq(file, "-") ? NULL : file;
	if (open_file(app, b.file, &f))
		return -1;
	signals_catch();
	b.session = session_new();
	b.results = json_object_new_array();
	run_all(&b, f);
	ret = sum_up(&b);
	app_log_to(app);
	session_free(b.session);
	if (app->json)
		output_document(app->out.stream, b.results);
	json_object_put(b.results);
	fclose(f);
	return ret;
}
