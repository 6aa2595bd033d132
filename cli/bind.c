/* SPDX-License-Identifier: GPL-2.0-or-later */

/* vdevctl bind, unbind, restore: a plan, its document, and what came of it. */

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "app.h"
#include "bind.h"
#include "checks.h"
#include "root.h"
#include "select.h"
#include "signals.h"
#include "user.h"

const char *const *bind_checks(void)
{
	static const char *words[VDEV_CHECKS + 1];

	for (int i = 0; i < VDEV_CHECKS; i++)
		words[i] = vdev_check_name((enum vdev_check)i);
	return words;
}

const char *const *bind_purposes(void)
{
	/* In the order of enum vdev_purpose. */
	static const char *const words[] = { "assign", "migration", "pasid",
					     NULL };

	return words;
}

/* --- Options */

static int force(void *plan, enum vdev_check check)
{
	return vdev_plan_force(plan, check);
}

static int apply_owner(struct app *app, struct vdev_plan *plan)
{
	const char *value = option_value(app, "owner");
	bool iommu = option_given(app, "owner-iommu");
	_auto_user_ struct user user = { 0 };

	if (!value)
		return iommu ? app_fail(app, VDEV_ERROR_INVALID,
					"--owner-iommu needs --owner")
			     : 0;
	if (user_parse(app, "owner", value, &user))
		return -1;
	vdev_plan_set_owner(plan, user.uid,
			    user.has_group ? user.gid : (gid_t)-1, iommu);
	return 0;
}

static int apply_timeout(struct app *app, struct vdev_plan *plan)
{
	unsigned int seconds;

	if (!option_given(app, "timeout"))
		return 0;
	if (option_number(app, "timeout", 1, 86400, &seconds))
		return -1;
	vdev_plan_set_timeout(plan, seconds * 1000);
	return 0;
}

int bind_apply_options(struct app *app, struct vdev_plan *plan)
{
	int purpose = option_word(app, "for");

	if (purpose < -1)
		return -1;
	if (purpose >= 0)
		vdev_plan_set_purpose(plan, (enum vdev_purpose)purpose);
	if (option_given(app, "driver") &&
	    vdev_plan_set_driver(plan, option_value(app, "driver")))
		return app_fail_ctx(app);
	if (option_given(app, "require-reset"))
		vdev_plan_require_reset(plan);
	vdev_plan_set_wait(plan, !option_given(app, "no-wait"));
	if (checks_force(app, force, plan) || apply_owner(app, plan))
		return -1;
	return apply_timeout(app, plan);
}

static int add_devices(struct app *app, struct vdev_plan *plan)
{
	_auto_selection_ struct selection s = { 0 };
	bool all = option_given(app, "all");

	if (all && app->args.operand_count)
		return app_fail(app, VDEV_ERROR_INVALID,
				"either --all or devices, not both");
	if (all)
		return vdev_plan_add_journal(plan) < 0 ? app_fail_ctx(app) : 0;
	if (!app->args.operand_count) {
		app_fail(app, VDEV_ERROR_INVALID, "missing argument: DEV...");
		return app_hint(app, "--all restores every device that vdevctl "
				     "has changed");
	}
	if (selection_add_operands(app, &s))
		return -1;
	for (size_t i = 0; i < s.count; i++)
		if (vdev_plan_add(plan, s.devices[i]))
			return app_fail_ctx(app);
	if (option_given(app, "group") && vdev_plan_add_group(plan))
		return app_fail_ctx(app);
	return 0;
}

/* --- The document */

/* The library's sentences start with the address, which has its own place. */
static json_object *describe_reason(const char *reason, const char *address)
{
	size_t n = strlen(address);

	if (reason && str_starts(reason, address) && reason[n] == ':')
		reason += n + 2;
	return output_string(reason);
}

static json_object *describe_device(const struct vdev_plan *plan, size_t i)
{
	struct vdev_device *dev = vdev_plan_device(plan, i);
	const char *address = vdev_device_address(dev);
	json_object *o = json_object_new_object();

	/* What was read before the run is not so any more. */
	(void)vdev_device_refresh(dev);
	output_add(o, "address", output_string(address));
	output_add(o, "driver_before",
		   output_string(vdev_plan_previous(plan, i)));
	output_add(o, "driver", output_string(vdev_device_driver(dev)));
	output_add(o, "target", output_string(vdev_plan_target(plan, i)));
	output_add(
		o, "outcome",
		output_string(vdev_outcome_name(vdev_plan_outcome(plan, i))));
	output_add(o, "reason",
		   describe_reason(vdev_plan_reason(plan, i), address));
	output_add(o, "vfio_cdev", output_string(vdev_device_vfio_cdev(dev)));
	output_add(o, "vfio_group", output_string(vdev_device_vfio_group(dev)));
	return o;
}

static json_object *describe_checks(const struct vdev_plan *plan)
{
	json_object *array = json_object_new_array();
	const struct vdev_finding *f;

	for (size_t i = 0; (f = vdev_plan_finding(plan, i)); i++)
		json_object_array_add(
			array,
			checks_describe(f, vdev_device_address(
						   vdev_finding_device(f))));
	return array;
}

static json_object *describe_plan(const struct app *app,
				  const struct vdev_plan *plan)
{
	json_object *o = json_object_new_object();
	json_object *devices = json_object_new_array();
	json_object *steps = json_object_new_array();
	const char *step;

	for (size_t i = 0; i < vdev_plan_device_count(plan); i++)
		json_object_array_add(devices, describe_device(plan, i));
	for (size_t i = 0; (step = vdev_plan_step(plan, i)); i++)
		json_object_array_add(steps, output_string(step));
	output_add(o, "action", output_string(app->args.command->verb));
	output_add(o, "dry_run", json_object_new_boolean(app->dry_run));
	output_add(o, "devices", devices);
	output_add(o, "steps", steps);
	output_add(o, "checks", describe_checks(plan));
	return o;
}

/* --- Text */

static void print_plan(struct app *app, json_object *document)
{
	json_object *steps = json_object_object_get(document, "steps");
	json_object *checks = json_object_object_get(document, "checks");
	size_t count = json_object_array_length(steps);

	for (size_t i = 0; i < count; i++) {
		_auto_free_ char *step =
			output_text(json_object_array_get_idx(steps, i), "");

		fprintf(app->out.stream, "%s\n", step);
	}
	if (!count)
		fprintf(app->out.stream, "nothing to do\n");
	if (!json_object_array_length(checks))
		return;
	if (count)
		fputc('\n', app->out.stream);
	checks_print(app, checks);
}

/* The line for each outcome of each action; the bind's is the first. */
static const char *outcome_template(const char *action, const char *outcome)
{
	static const struct {
		const char *action; /* NULL for all the others */
		const char *outcome;
		const char *template;
	} lines[] = {
		{ "bind", "done",
		  "bound to {driver}[ (was {driver_before})][, {vfio_cdev}]"
		  "[, {vfio_group}]" },
		{ "bind", "unchanged",
		  "is bound to {driver} already[, {vfio_cdev}]"
		  "[, {vfio_group}]" },
		{ "unbind", "done", "unbound[ (was {driver_before})]" },
		{ "unbind", "unchanged", "has no driver already" },
		{ "restore", "done",
		  "restored to {driver:driver}[ (was {driver_before})]"
		  "[; {reason}]" },
		{ "restore", "unchanged",
		  "nothing to restore, {driver:driver}" },
		{ NULL, "planned", "not changed" },
		{ NULL, "rolled-back", "rolled back to {driver:driver}" },
		{ NULL, "failed",
		  "failed[: {reason}]; {driver:driver} as before" },
		{ NULL, "not-tried", "not touched" },
		{ NULL, "gone", "gone[: {reason}]" },
		{ NULL, "pending", "{reason}" },
		{ NULL, "broken",
		  "neither changed nor rolled back[: {reason}]" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		if (str_eq(lines[i].outcome, outcome) &&
		    (!lines[i].action || str_eq(lines[i].action, action)))
			return lines[i].template;
	return "{outcome}";
}

static void print_outcomes(struct app *app, json_object *document)
{
	json_object *devices = json_object_object_get(document, "devices");
	const char *verb = app->args.command->verb;

	for (size_t i = 0; i < json_object_array_length(devices); i++) {
		json_object *o = json_object_array_get_idx(devices, i);
		const char *outcome = output_get_string(o, "outcome");
		_auto_free_ char *template = x_asprintf(
			"{address}: %s", outcome_template(verb, outcome));
		_auto_free_ char *line = output_expand(template, o);

		/* Of all or nothing, the one that failed is of interest. */
		if (str_eq(outcome, "not-tried") && !str_eq(verb, "restore") &&
		    !app->verbose)
			continue;
		fprintf(app->out.stream, "%s\n", line);
	}
}

/* --- Failures */

static size_t count_undone(const struct vdev_plan *plan)
{
	size_t total = vdev_plan_device_count(plan), count = total;

	for (size_t i = 0; i < total; i++) {
		enum vdev_outcome outcome = vdev_plan_outcome(plan, i);

		count -= outcome == VDEV_OUTCOME_DONE ||
			 outcome == VDEV_OUTCOME_UNCHANGED;
	}
	return count;
}

static int fail_plan(struct app *app, const struct vdev_plan *plan)
{
	app_fail_ctx(app);
	if (signals_caught() && app->failure.kind == VDEV_ERROR_FAILED)
		app_fail(app, VDEV_ERROR_FAILED,
			 "interrupted; what had been changed was rolled back");
	else if (signals_caught() && app->failure.kind == VDEV_ERROR_PARTIAL)
		app_fail(app, VDEV_ERROR_PARTIAL,
			 "interrupted; %zu of %zu devices are not restored",
			 count_undone(plan), vdev_plan_device_count(plan));
	return checks_fail(app, describe_checks(plan));
}

/* --- Running */

static void erase_progress(void)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
}

static int show_progress(void *data, size_t done, size_t total)
{
	const struct app *app = data;

	/* For a few devices it is over before it can be read. */
	if (isatty(STDERR_FILENO) && !app->quiet && !app->verbose &&
	    total >= 8) {
		if (done < total)
			fprintf(stderr, "\r%s: %zu of %zu",
				app->args.command->verb, done, total);
		else
			erase_progress();
		fflush(stderr);
	}
	return signals_caught();
}

/* A plan that was refused did nothing that would have to be told. */
static bool has_run(const struct vdev_plan *plan)
{
	for (size_t i = 0; i < vdev_plan_device_count(plan); i++)
		if (vdev_plan_outcome(plan, i) != VDEV_OUTCOME_PLANNED)
			return true;
	return false;
}

/* Return: 0, or -1 after app_fail(). */
static int run_plan(struct app *app, struct vdev_plan *plan)
{
	bool only_look = app->dry_run || root_is_captured(app);

	signals_catch();
	vdev_plan_set_progress(plan, show_progress, app);
	if (only_look ? vdev_plan_check(plan) : vdev_plan_run(plan)) {
		erase_progress();
		return fail_plan(app, plan);
	}
	if (!only_look || app->dry_run)
		return 0;
	app_fail(app, VDEV_ERROR_NOT_SUPPORTED,
		 "%s is no running system, nothing can be changed in it",
		 vdev_ctx_root(app->ctx));
	return app_hint(app, "--dry-run shows what would be done");
}

static void report(struct app *app, struct vdev_plan *plan,
		   void (*add)(struct vdev_plan *plan, json_object *document),
		   void (*print)(struct app *app, json_object *document))
{
	_auto_json_ json_object *document = describe_plan(app, plan);
	json_object *checks = json_object_object_get(document, "checks");

	if (add)
		add(plan, document);
	if (app->json) {
		output_document(app->out.stream, document);
		return;
	}
	if (app->dry_run) {
		print_plan(app, document);
		return;
	}
	if (app->verbose)
		checks_print(app, checks);
	if (!app->quiet)
		print(app, document);
	checks_warn(app, checks);
}

int bind_run_plan(struct app *app, struct vdev_plan *plan,
		  void (*add)(struct vdev_plan *plan, json_object *document),
		  void (*print)(struct app *app, json_object *document))
{
	int ret = run_plan(app, plan);

	/* A plan that came to nothing has nothing to show. */
	if (!ret || has_run(plan) ||
	    (app->dry_run && (app->json || vdev_plan_step_count(plan))))
		report(app, plan, add, print);
	return ret;
}

static int run_action(struct app *app, enum vdev_action action)
{
	struct vdev_plan *plan;
	int ret;

	if (vdev_plan_new(app->ctx, action, &plan))
		return app_fail_ctx(app);
	ret = bind_apply_options(app, plan);
	if (!ret)
		ret = add_devices(app, plan);
	if (!ret && !vdev_plan_device_count(plan)) {
		app_warn(app, "no device has been changed by vdevctl");
		report(app, plan, NULL, print_outcomes);
	} else if (!ret) {
		ret = bind_run_plan(app, plan, NULL, print_outcomes);
	}
	vdev_plan_free(plan);
	return ret;
}

int bind_bind(struct app *app)
{
	return run_action(app, VDEV_ACTION_BIND);
}

int bind_unbind(struct app *app)
{
	return run_action(app, VDEV_ACTION_UNBIND);
}

int bind_restore(struct app *app)
{
	return run_action(app, VDEV_ACTION_RESTORE);
}
