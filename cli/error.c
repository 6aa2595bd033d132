/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "app.h"
#include "checks.h"
#include "text.h"

static void failure_clear(struct failure *f)
{
	free(f->message);
	free(f->hint);
	json_object_put(f->checks);
	*f = (struct failure){ 0 };
}

int app_fail(struct app *app, enum vdev_error_kind kind, const char *fmt, ...)
{
	_auto_free_ char *raw = NULL;
	char *message;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&raw, fmt, args) < 0)
		raw = NULL;
	va_end(args);
	/* Before the old one goes: it may be quoted in the new one. */
	message = text_utf8(raw ? raw : "out of memory");
	failure_clear(&app->failure);
	app->failure.kind = kind;
	app->failure.message = message;
	return -1;
}

int app_fail_code(struct app *app, int code)
{
	app->failure.code = code;
	return -1;
}

static int exit_code(const struct failure *f)
{
	return f->code ? f->code : (int)f->kind;
}

int app_hint(struct app *app, const char *fmt, ...)
{
	_auto_free_ char *line = NULL, *old = app->failure.hint;
	_auto_free_ char *both = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&line, fmt, args) < 0)
		line = NULL;
	va_end(args);
	both = x_asprintf("%s%s%s", old ? old : "", old ? "\n" : "",
			  line ? line : "");
	app->failure.hint = text_utf8(both);
	return -1;
}

int app_fail_ctx(struct app *app)
{
	enum vdev_error_kind kind = vdev_ctx_last_kind(app->ctx);
	const char *hint = vdev_ctx_last_hint(app->ctx);

	app_fail(app, kind ? kind : VDEV_ERROR_FAILED, "%s",
		 vdev_ctx_last_error(app->ctx));
	if (hint)
		return app_hint(app, "%s", hint);
	if (kind == VDEV_ERROR_PERMISSION && geteuid())
		return app_hint(app, "this needs root");
	return -1;
}

void app_forgive(struct app *app)
{
	failure_clear(&app->failure);
}

void app_fail_checks(struct app *app, json_object *checks)
{
	json_object_put(app->failure.checks);
	app->failure.checks = checks;
}

void app_fail_at(struct app *app, const char *where)
{
	_auto_free_ char *old = app->failure.message;
	_auto_free_ char *both = x_asprintf("%s: %s", where, old);

	app->failure.message = text_utf8(both);
}

void app_fail_copy(struct app *app, const struct app *other)
{
	const struct failure *f = &other->failure;

	failure_clear(&app->failure);
	app->failure.kind = f->kind;
	app->failure.code = f->code;
	app->failure.message = x_strdup(f->message);
	app->failure.hint = f->hint ? x_strdup(f->hint) : NULL;
	app->failure.checks = json_object_get(f->checks);
}

void error_clear(struct app *app)
{
	failure_clear(&app->failure);
}

json_object *error_describe(const struct app *app)
{
	const struct failure *f = &app->failure;
	json_object *error;

	if (!f->message)
		return NULL;
	error = json_object_new_object();
	output_add(error, "code", json_object_new_int(exit_code(f)));
	output_add(error, "kind", output_string(vdev_error_kind_name(f->kind)));
	output_add(error, "message", output_string(f->message));
	output_add(error, "hint", output_string(f->hint));
	output_add(error, "checks",
		   f->checks ? json_object_get(f->checks)
			     : json_object_new_array());
	return error;
}

static void print_document(const struct app *app)
{
	_auto_json_ json_object *document = json_object_new_object();

	output_add(document, "error", error_describe(app));
	output_document(stderr, document);
}

static void print_hints(const char *hints)
{
	while (*hints) {
		size_t length = strcspn(hints, "\n");
		_auto_free_ char *raw = x_asprintf("%.*s", (int)length, hints);
		_auto_free_ char *line = text_printable(raw);

		fprintf(stderr, "hint: %s\n", line);
		hints += length;
		hints += *hints == '\n';
	}
}

static void print_text(const struct failure *f)
{
	_auto_free_ char *message = text_printable(f->message);

	fprintf(stderr, "vdevctl: %s\n", message);
	checks_print_refusals(stderr, f->checks);
	if (f->hint)
		print_hints(f->hint);
}

int error_report(struct app *app)
{
	struct failure *f = &app->failure;
	int code = exit_code(f);

	if (f->message && app->json)
		print_document(app);
	else if (f->message)
		print_text(f);
	failure_clear(f);
	return code;
}
