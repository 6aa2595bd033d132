/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "checks.h"

#include "app.h"

json_object *checks_describe(const struct vdev_finding *f, const char *place)
{
	const char *name = vdev_check_name(vdev_finding_check(f));
	const char *result = vdev_verdict_name(vdev_finding_verdict(f));
	json_object *o = json_object_new_object();

	output_add(o, "device", output_string(place));
	output_add(o, "name", output_string(name));
	output_add(o, "result", output_string(result));
	output_add(o, "forced",
		   json_object_new_boolean(vdev_finding_forced(f)));
	output_add(o, "forcible",
		   json_object_new_boolean(vdev_finding_forcible(f)));
	output_add(o, "detail", output_string(vdev_finding_detail(f)));
	output_add(o, "source", output_string(vdev_finding_source(f)));
	return o;
}

int checks_force(struct app *app, int (*fn)(void *data, enum vdev_check check),
		 void *data)
{
	const char *value;
	size_t at = 0;

	while ((value = option_next(app, "force", &at))) {
		int check = vdev_check_from_name(value);

		if (check < 0) {
			_auto_free_ char *all =
				x_join(bind_checks(), VDEV_CHECKS, ", ");

			app_fail(app, VDEV_ERROR_INVALID,
				 "there is no check '%s'", value);
			return app_hint(app, "the checks are %s", all);
		}
		if (fn(data, (enum vdev_check)check))
			return app_fail_ctx(app);
	}
	return 0;
}

static bool is_forced(json_object *check)
{
	return json_object_get_boolean(json_object_object_get(check, "forced"));
}

static bool is_refusal(json_object *check)
{
	return str_eq(output_get_string(check, "result"), "refuse") &&
	       !is_forced(check);
}

static enum style style_result(json_object *value)
{
	const char *result = json_object_get_string(value);

	return str_eq(result, "pass")	? STYLE_GOOD
	       : str_eq(result, "warn") ? STYLE_WARN
					: STYLE_BAD;
}

static const struct column check_columns[] = {
	{ "CHECK", NULL, false },
	{ "RESULT", style_result, false },
	{ "DEVICE", NULL, false },
	{ "DETAIL", NULL, false },
};

static bool same(json_object *a, json_object *b, const char *key)
{
	return str_eq(output_get_string(a, key), output_get_string(b, key));
}

static bool same_finding(json_object *a, json_object *b)
{
	return same(a, b, "name") && same(a, b, "result") &&
	       same(a, b, "detail") && same(a, b, "source");
}

/* On how many devices is this found; 0 if it is not the first such finding. */
static size_t count_same(json_object *checks, size_t index)
{
	json_object *check = json_object_array_get_idx(checks, index);
	size_t total = json_object_array_length(checks);
	json_object *last = check;
	size_t count = 1;

	for (size_t i = 0; i < index; i++)
		if (same_finding(json_object_array_get_idx(checks, i), check))
			return 0;
	for (size_t i = index + 1; i < total; i++) {
		json_object *other = json_object_array_get_idx(checks, i);

		/* A device can have the same twice; they stand together. */
		if (same_finding(other, check) &&
		    !same(other, last, "device")) {
			last = other;
			count++;
		}
	}
	return count;
}

/* The device, or how many where the finding is the same for several. */
static char *whom(json_object *check, size_t count)
{
	if (count == 1)
		return x_strdup(output_get_string(check, "device"));
	return x_asprintf("%zu devices", count);
}

static void add_check(struct table *table, json_object *check, size_t count)
{
	_auto_free_ char *detail =
		output_expand("{detail}[ ({source})]", check);
	_auto_free_ char *device = whom(check, count);

	table_add(table,
		  json_object_get(json_object_object_get(check, "name")));
	table_add(table, is_forced(check)
				 ? output_string("forced")
				 : json_object_get(json_object_object_get(
					   check, "result")));
	table_add(table, output_string(device));
	table_add(table, output_string(detail));
}

/* Those of one check, or of all for NULL. */
static void add_checks(struct table *table, json_object *checks,
		       const char *name, bool each)
{
	for (size_t i = 0; i < json_object_array_length(checks); i++) {
		json_object *check = json_object_array_get_idx(checks, i);
		size_t count;

		if (name && !str_eq(output_get_string(check, "name"), name))
			continue;
		count = each ? 1 : count_same(checks, i);
		if (count)
			add_check(table, check, count);
	}
}

void checks_print(struct app *app, json_object *checks)
{
	struct table *table =
		table_new(check_columns, ARRAY_SIZE(check_columns));
	const char *const *names = bind_checks();

	if (app->verbose)
		add_checks(table, checks, NULL, true);
	for (; *names && !app->verbose; names++)
		add_checks(table, checks, *names, false);
	if (json_object_array_length(checks))
		table_print(table, &app->out, true);
	table_free(table);
}

void checks_print_refusals(FILE *f, json_object *checks)
{
	size_t total = checks ? json_object_array_length(checks) : 0;
	size_t refusals = 0;

	for (size_t i = 0; i < total; i++)
		refusals += is_refusal(json_object_array_get_idx(checks, i));
	for (size_t i = 0; i < total && refusals > 1; i++) {
		json_object *check = json_object_array_get_idx(checks, i);
		size_t count = is_refusal(check) ? count_same(checks, i) : 0;
		_auto_free_ char *device = NULL, *text = NULL;

		if (!count)
			continue;
		device = whom(check, count);
		text = output_expand("{name}: {detail}[ ({source})]", check);
		fprintf(f, "  %s: %s\n", device, text);
	}
}

void checks_warn(const struct app *app, json_object *checks)
{
	for (size_t i = 0; i < json_object_array_length(checks); i++) {
		json_object *check = json_object_array_get_idx(checks, i);
		bool warns = str_eq(output_get_string(check, "result"), "warn");
		size_t count =
			warns || is_forced(check) ? count_same(checks, i) : 0;
		_auto_free_ char *device = NULL, *text = NULL;

		if (!count)
			continue;
		device = whom(check, count);
		text = output_expand("{name}: {detail}", check);
		app_warn(app, "%s: %s: %s",
			 is_forced(check) ? "forced" : "warning", device, text);
	}
}

/* Those that stand in the way, by name; all, or those that always will. */
static char *names_of(json_object *checks, bool fixed, const char *separator,
		      size_t *count)
{
	const char *names[VDEV_CHECKS];
	const char *const *name = bind_checks();

	*count = 0;
	for (; *name; name++) {
		bool wanted = false;

		for (size_t i = 0; i < json_object_array_length(checks); i++) {
			json_object *check =
				json_object_array_get_idx(checks, i);
			bool forcible = json_object_get_boolean(
				json_object_object_get(check, "forcible"));

			wanted |=
				is_refusal(check) && !(fixed && forcible) &&
				str_eq(output_get_string(check, "name"), *name);
		}
		if (wanted)
			names[(*count)++] = *name;
	}
	return x_join(names, *count, separator);
}

/* The checks in the way, in place of the one that the library names. */
static void fail_refused(struct app *app, json_object *checks)
{
	_auto_free_ char *all = NULL, *options = NULL, *others = NULL;
	size_t count, fixed_count;

	all = names_of(checks, false, ", ", &count);
	options = names_of(checks, false, " --force=", &count);
	others = names_of(checks, true, ", ", &fixed_count);
	app_fail(app, VDEV_ERROR_IN_USE,
		 "refused by the check%s %s; nothing was changed",
		 count == 1 ? "" : "s", all);
	/* Where one thing cannot be forced the rest is of no use. */
	if (fixed_count)
		app_hint(app, "%s cannot be forced here", others);
	else
		app_hint(app, "--force=%s goes on in spite of that", options);
}

int checks_fail(struct app *app, json_object *checks)
{
	size_t refusals = 0;

	for (size_t i = 0; i < json_object_array_length(checks); i++)
		refusals += is_refusal(json_object_array_get_idx(checks, i));
	if (app->failure.kind == VDEV_ERROR_IN_USE && refusals > 1)
		fail_refused(app, checks);
	app_fail_checks(app, checks);
	return -1;
}
