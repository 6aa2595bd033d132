/* SPDX-License-Identifier: GPL-2.0-or-later */

/* vdevctl irq list, irq test */

#include <errno.h>
#include <inttypes.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "app.h"
#include "opened.h"

static json_object *start_document(const struct opened *o)
{
	json_object *document = json_object_new_object();

	output_add(document, "address", output_string(o->name));
	output_add(document, "backend", opened_backend(o));
	return document;
}

/* --- list */

static const struct column list_columns[] = {
	{ "INDEX", NULL, true },      { "NAME", NULL, false },
	{ "COUNT", NULL, true },      { "EVENTFD", NULL, false },
	{ "MASKABLE", NULL, false },  { "AUTOMASKED", NULL, false },
	{ "RESIZABLE", NULL, false },
};

static const char *const list_keys[] = { "index",    "name",	 "count",
					 "eventfd",  "maskable", "automasked",
					 "resizable" };

int irq_list(struct app *app)
{
	_auto_opened_ struct opened o = { 0 };
	_auto_json_ json_object *document = NULL;
	json_object *interrupts;

	if (option_check_header(app))
		return -1;
	if (open_operand(app, app->args.operands[0], &o))
		return -1;
	interrupts = opened_interrupts(app, &o);
	if (!interrupts)
		return -1;
	document = start_document(&o);
	output_add(document, "interrupts", interrupts);
	if (app->json)
		output_document(app->out.stream, document);
	else
		output_table(&app->out, interrupts, list_columns, list_keys,
			     ARRAY_SIZE(list_columns),
			     !option_given(app, "no-header"));
	return 0;
}

/* --- test */

/* The interrupts of one index, each with an eventfd. */
struct trial {
	struct app *app;
	const struct opened *o;
	unsigned int index;
	uint32_t count;
	int *fds;
	uint32_t received;
	json_object *missing;
	char *error; /* why it could not be tried */
};

static void close_all(struct trial *t)
{
	for (uint32_t i = 0; i < t->count; i++)
		if (t->fds[i] >= 0)
			close(t->fds[i]);
	free(t->fds);
}

static int open_all(struct trial *t)
{
	int error = 0;

	t->fds = x_alloc(t->count, sizeof(*t->fds));
	for (uint32_t i = 0; i < t->count; i++)
		t->fds[i] = -1;
	for (uint32_t i = 0; i < t->count && !error; i++) {
		t->fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (t->fds[i] < 0)
			error = app_fail(t->app, VDEV_ERROR_FAILED,
					 "cannot make an eventfd: %s",
					 strerror(errno));
	}
	return error;
}

/* The signal is there when the call returns. */
static bool arrives(struct trial *t, uint32_t irq)
{
	uint64_t signals = 0;

	return !vdev_file_irq_trigger(t->o->file, t->index, irq, 1) &&
	       read(t->fds[irq], &signals, sizeof(signals)) ==
		       sizeof(signals) &&
	       signals == 1;
}

/* None may arrive at another one's eventfd. */
static bool is_quiet(const struct trial *t)
{
	for (uint32_t i = 0; i < t->count; i++) {
		uint64_t signals;

		if (read(t->fds[i], &signals, sizeof(signals)) > 0)
			return false;
	}
	return true;
}

static void trigger_each(struct trial *t)
{
	for (uint32_t i = 0; i < t->count; i++)
		if (arrives(t, i))
			t->received++;
		else
			json_object_array_add(t->missing,
					      json_object_new_int64(i));
	if (!is_quiet(t))
		t->error = x_strdup("signals arrived at wrong eventfds");
}

static int try_index(struct trial *t)
{
	if (open_all(t))
		return -1;
	if (vdev_file_irq_set(t->o->file, t->index, 0, t->count, t->fds)) {
		t->error = x_strdup(vdev_ctx_last_error(t->app->ctx));
		return 0;
	}
	trigger_each(t);
	if (vdev_file_irq_disable(t->o->file, t->index))
		return app_fail_ctx(t->app);
	return 0;
}

static json_object *trial_object(const struct trial *t, const char *name,
				 bool passed)
{
	json_object *o = json_object_new_object();

	output_add(o, "index", json_object_new_int64(t->index));
	output_add(o, "name", output_string(name));
	output_add(o, "count", json_object_new_int64(t->count));
	output_add(o, "received", json_object_new_int64(t->received));
	output_add(o, "missing", json_object_get(t->missing));
	output_add(o, "error", output_string(t->error));
	output_add(o, "passed", json_object_new_boolean(passed));
	return o;
}

/* Return: 1 if all of them arrived, 0 if not, -1 after app_fail(). */
static int test_index(struct app *app, const struct opened *o,
		      unsigned int index, uint32_t count, json_object *results)
{
	_auto_json_ json_object *missing = json_object_new_array();
	bool pci = vdev_file_flags(o->file) & VDEV_FILE_PCI;
	struct trial t = { .app = app,
			   .o = o,
			   .index = index,
			   .count = count,
			   .missing = missing };
	int error = try_index(&t);
	bool passed = !error && !t.error && t.received == t.count;

	close_all(&t);
	if (!error)
		json_object_array_add(
			results,
			trial_object(&t, pci ? vdev_irq_name(index) : NULL,
				     passed));
	free(t.error);
	return error ? -1 : passed;
}

/* Return: how many indexes failed, or -1 after app_fail(). */
static int test_all(struct app *app, const struct opened *o,
		    json_object *results)
{
	int failed = 0;

	for (unsigned int i = 0; i < vdev_file_irq_count(o->file); i++) {
		unsigned int flags;
		uint32_t count;
		int passed;

		if (vdev_file_irq_info(o->file, i, &count, &flags))
			return app_fail_ctx(app);
		if (!count || !(flags & VDEV_IRQ_EVENTFD))
			continue;
		passed = test_index(app, o, i, count, results);
		if (passed < 0)
			return -1;
		failed += !passed;
	}
	return failed;
}

static enum style style_passed(json_object *value)
{
	return json_object_get_boolean(value) ? STYLE_GOOD : STYLE_BAD;
}

static const struct column test_columns[] = {
	{ "INDEX", NULL, true },	   { "NAME", NULL, false },
	{ "COUNT", NULL, true },	   { "RECEIVED", NULL, true },
	{ "PASSED", style_passed, false }, { "ERROR", NULL, false },
};

static const char *const test_keys[] = { "index",    "name",   "count",
					 "received", "passed", "error" };

int irq_test(struct app *app)
{
	_auto_opened_ struct opened o = { 0 };
	_auto_json_ json_object *document = NULL;
	json_object *results;
	int failed;

	if (option_check_header(app))
		return -1;
	if (open_operand(app, app->args.operands[0], &o))
		return -1;
	document = start_document(&o);
	results = json_object_new_array();
	output_add(document, "interrupts", results);
	failed = test_all(app, &o, results);
	if (failed < 0)
		return -1;
	output_add(document, "passed", json_object_new_boolean(!failed));
	if (app->json)
		output_document(app->out.stream, document);
	else
		output_table(&app->out, results, test_columns, test_keys,
			     ARRAY_SIZE(test_columns),
			     !option_given(app, "no-header"));
	if (failed)
		return app_fail(app, VDEV_ERROR_FAILED,
				"not all interrupts of %s arrive", o.name);
	return 0;
}
