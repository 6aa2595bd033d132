/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "change.h"

#include "app.h"
#include "checks.h"

int change_find(struct app *app, struct vdev_devlink **ret)
{
	if (vdev_devlink_new(app->ctx, app->args.operands[0], ret))
		return app_fail_ctx(app);
	return 0;
}

static int attr_of(const struct option *option)
{
	for (int i = 0; i < VDEV_DEVLINK_ATTRS; i++)
		if (str_eq(option->name,
			   vdev_devlink_attr_name((enum vdev_devlink_attr)i)))
			return i;
	return -1;
}

static int add_option(struct vdev_devlink_change *change,
		      const struct change_target *target,
		      enum vdev_devlink_attr attr, const char *value)
{
	if (target->node)
		return vdev_devlink_change_set_node(change, target->node, attr,
						    value);
	return target->port < 0
		       ? vdev_devlink_change_set(change, attr, value)
		       : vdev_devlink_change_set_port(
				 change, (uint32_t)target->port, attr, value);
}

int change_add_options(struct app *app, struct vdev_devlink_change *change,
		       const struct change_target *target)
{
	for (size_t i = 0; i < app->args.given_count; i++) {
		const struct given *given = &app->args.given[i];
		int attr = attr_of(given->option);

		if (attr < 0)
			continue;
		if (given->option->words &&
		    option_word(app, given->option->name) < 0)
			return -1;
		if (add_option(change, target, (enum vdev_devlink_attr)attr,
			       given->value))
			return app_fail_ctx(app);
	}
	if (vdev_devlink_change_count(change))
		return 0;
	app_fail(app, VDEV_ERROR_INVALID, "there is nothing to set");
	return app_hint(app, "'vdevctl help %s set' tells what can be set",
			app->args.command->object);
}

static json_object *describe_setting(const struct vdev_devlink_change *change,
				     size_t i)
{
	enum vdev_outcome outcome = vdev_devlink_change_outcome(change, i);
	json_object *o = json_object_new_object();

	output_add(o, "name",
		   output_string(vdev_devlink_change_name(change, i)));
	output_add(o, "param_mode",
		   output_string(vdev_devlink_change_mode(change, i)));
	output_add(o, "before",
		   output_string(vdev_devlink_change_before(change, i)));
	output_add(o, "value",
		   output_string(vdev_devlink_change_value(change, i)));
	output_add(o, "outcome", output_string(vdev_outcome_name(outcome)));
	output_add(o, "reason",
		   output_string(vdev_devlink_change_reason(change, i)));
	return o;
}

static json_object *describe_checks(const struct vdev_devlink *dl,
				    const struct vdev_devlink_change *change)
{
	json_object *array = json_object_new_array();
	const struct vdev_finding *f;

	for (size_t i = 0; (f = vdev_devlink_change_finding(change, i)); i++) {
		struct vdev_device *dev = vdev_finding_device(f);

		json_object_array_add(
			array, checks_describe(f, dev ? vdev_device_address(dev)
						      : vdev_devlink_name(dl)));
	}
	return array;
}

static json_object *describe(const struct app *app,
			     const struct vdev_devlink *dl,
			     const struct vdev_devlink_change *change,
			     const struct change_target *target)
{
	json_object *o = json_object_new_object();
	json_object *settings = json_object_new_array();

	for (size_t i = 0; i < vdev_devlink_change_count(change); i++)
		json_object_array_add(settings, describe_setting(change, i));
	output_add(o, "devlink", output_string(vdev_devlink_name(dl)));
	if (target->port >= 0)
		output_add(o, "port", output_count(target->port));
	if (target->node)
		output_add(o, "node", output_string(target->node));
	output_add(o, "dry_run", json_object_new_boolean(app->dry_run));
	output_add(o, "settings", settings);
	output_add(o, "checks", describe_checks(dl, change));
	return o;
}

static const char *setting_template(const char *outcome)
{
	static const struct {
		const char *outcome;
		const char *template;
	} texts[] = {
		{ "planned",
		  "{name}[ ({param_mode})]: set {value}[ (is {before})]" },
		{ "unchanged", "{name}: {value} already" },
		{ "done", "{name}[ ({param_mode})]: {value}[ (was {before})]"
			  "[; {reason}]" },
		{ "rolled-back", "{name}: {before} again" },
		{ "failed", "{name}: failed[: {reason}]" },
		{ "broken", "{name}: {value}, cannot be put back[: {reason}]" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (str_eq(texts[i].outcome, outcome))
			return texts[i].template;
	return "{name}: not touched";
}

static void print_settings(struct app *app, json_object *document)
{
	json_object *settings = json_object_object_get(document, "settings");
	_auto_free_ char *place = output_expand(
		"{devlink}[, port {port}][, node {node}]", document);

	for (size_t i = 0; i < json_object_array_length(settings); i++) {
		json_object *o = json_object_array_get_idx(settings, i);
		_auto_free_ char *line = output_expand(
			setting_template(output_get_string(o, "outcome")), o);

		fprintf(app->out.stream, "%s: %s\n", place, line);
	}
}

static void report(struct app *app, json_object *document)
{
	json_object *checks = json_object_object_get(document, "checks");

	if (app->json) {
		output_document(app->out.stream, document);
		return;
	}
	if (!app->quiet || app->dry_run)
		print_settings(app, document);
	if (app->verbose || app->dry_run)
		checks_print(app, checks);
	if (!app->dry_run)
		checks_warn(app, checks);
}

/* One that was refused did nothing that would have to be told. */
static bool has_run(const struct vdev_devlink_change *change)
{
	for (size_t i = 0; i < vdev_devlink_change_count(change); i++) {
		enum vdev_outcome outcome =
			vdev_devlink_change_outcome(change, i);

		if (outcome != VDEV_OUTCOME_PLANNED &&
		    outcome != VDEV_OUTCOME_UNCHANGED)
			return true;
	}
	return false;
}

static int force(void *change, enum vdev_check check)
{
	return vdev_devlink_change_force(change, check);
}

static int run(struct app *app, const struct vdev_devlink *dl,
	       struct vdev_devlink_change *change,
	       const struct change_target *target)
{
	_auto_json_ json_object *document = NULL;
	int ret = 0;

	if (checks_force(app, force, change))
		return -1;
	if (app->dry_run ? vdev_devlink_change_check(change)
			 : vdev_devlink_change_run(change)) {
		app_fail_ctx(app);
		ret = checks_fail(app, describe_checks(dl, change));
	}
	document = describe(app, dl, change, target);
	if (!ret || has_run(change))
		report(app, document);
	return ret;
}

int change_run(struct app *app, struct vdev_devlink *dl,
	       const struct change_target *target, change_fn add)
{
	struct vdev_devlink_change *change;
	int ret;

	if (vdev_devlink_change_new(dl, &change)) {
		vdev_devlink_free(dl);
		return app_fail_ctx(app);
	}
	ret = add(app, change, target);
	if (!ret)
		ret = run(app, dl, change, target);
	vdev_devlink_change_free(change);
	vdev_devlink_free(dl);
	return ret;
}

int change_device(struct app *app, change_fn add)
{
	const struct change_target target = { .port = -1 };
	struct vdev_devlink *dl;

	return change_find(app, &dl) ? -1 : change_run(app, dl, &target, add);
}
