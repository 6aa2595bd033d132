/* SPDX-License-Identifier: GPL-2.0-or-later */

/* vdevctl devlink, eswitch: what a driver lets one set about its device. */

#include <errno.h>

#include "app.h"
#include "change.h"

const char *const *eswitch_modes(void)
{
	return vdev_devlink_attr_words(VDEV_ESWITCH_MODE);
}

const char *const *eswitch_inline_modes(void)
{
	return vdev_devlink_attr_words(VDEV_ESWITCH_INLINE_MODE);
}

const char *const *eswitch_encap_modes(void)
{
	return vdev_devlink_attr_words(VDEV_ESWITCH_ENCAP_MODE);
}

/* --- The devices */

int devlink_list_command(struct app *app)
{
	_auto_json_ json_object *names = json_object_new_array();
	struct vdev_devlink_list *list;

	if (vdev_devlink_list_new(app->ctx, &list) < 0)
		return app_fail_ctx(app);
	for (size_t i = 0; i < vdev_devlink_list_count(list); i++)
		json_object_array_add(
			names, output_string(vdev_devlink_list_name(list, i)));
	vdev_devlink_list_free(list);
	if (app->json)
		output_document(app->out.stream, names);
	for (size_t i = 0; i < json_object_array_length(names) && !app->json;
	     i++)
		fprintf(app->out.stream, "%s\n",
			json_object_get_string(
				json_object_array_get_idx(names, i)));
	if (!app->json && !json_object_array_length(names))
		app_warn(app, "there is no device whose driver offers devlink");
	return 0;
}

/* --- The switch */

/* Adds a setting, null where the driver has none. Return: 0, or -1. */
static int add_setting(struct app *app, struct vdev_devlink *dl,
		       enum vdev_devlink_attr attr, const char *key,
		       json_object *o)
{
	const char *value = NULL;
	int ret = vdev_devlink_eswitch(dl, attr, &value);

	if (ret && ret != -ENODATA)
		return app_fail_ctx(app);
	output_add(o, key, output_string(value));
	return 0;
}

static const struct line lines[] = {
	{ "mode", "{mode}", NULL, 0 },
	{ "inline mode", "{inline_mode}", NULL, LINE_OPTIONAL },
	{ "encapsulation", "{encap_mode}", NULL, LINE_OPTIONAL },
	{ NULL, NULL, NULL, 0 },
};

static int show(struct app *app, struct vdev_devlink *dl)
{
	_auto_json_ json_object *o = json_object_new_object();

	output_add(o, "devlink", output_string(vdev_devlink_name(dl)));
	if (add_setting(app, dl, VDEV_ESWITCH_MODE, "mode", o) ||
	    add_setting(app, dl, VDEV_ESWITCH_INLINE_MODE, "inline_mode", o) ||
	    add_setting(app, dl, VDEV_ESWITCH_ENCAP_MODE, "encap_mode", o))
		return -1;
	if (app->json) {
		output_document(app->out.stream, o);
		return 0;
	}
	output_styled(&app->out, STYLE_BOLD, vdev_devlink_name(dl));
	fputc('\n', app->out.stream);
	output_lines(&app->out, lines, o);
	return 0;
}

int eswitch_show(struct app *app)
{
	struct vdev_devlink *dl;
	int ret;

	if (change_find(app, &dl))
		return -1;
	ret = show(app, dl);
	vdev_devlink_free(dl);
	return ret;
}

int eswitch_set(struct app *app)
{
	return change_device(app, change_add_options);
}

/* --- What a device is */

static json_object *describe_versions(const struct vdev_devlink_info *info)
{
	json_object *array = json_object_new_array();
	const char *kind, *name, *value;

	for (size_t i = 0;
	     !vdev_devlink_info_version(info, i, &kind, &name, &value); i++) {
		json_object *o = json_object_new_object();

		output_add(o, "name", output_string(name));
		output_add(o, "kind", output_string(kind));
		output_add(o, "version", output_string(value));
		json_object_array_add(array, o);
	}
	return array;
}

static json_object *describe_reloads(const struct vdev_devlink_info *info)
{
	json_object *array = json_object_new_array();
	const char *action, *limit;
	uint32_t count;

	for (size_t i = 0;
	     !vdev_devlink_info_reload(info, i, &action, &limit, &count); i++) {
		json_object *o = json_object_new_object();

		output_add(o, "action", output_string(action));
		output_add(o, "limit", output_string(limit));
		output_add(o, "count", output_count(count));
		json_object_array_add(array, o);
	}
	return array;
}

static const struct line info_lines[] = {
	{ "driver", "{driver}", NULL, LINE_OPTIONAL },
	{ "serial number", "{serial_number}", NULL, LINE_OPTIONAL },
	{ "of the board", "{board_serial_number}", NULL, LINE_OPTIONAL },
	{ "version", "{name} {version}, {kind}", "versions", LINE_OPTIONAL },
	{ "reload failed", "{reload_failed}", NULL, LINE_OPTIONAL },
	{ "reload", "{action}[ with {limit}], done {count} times", "reloads",
	  LINE_OPTIONAL },
	{ NULL, NULL, NULL, 0 },
};

static int show_info(struct app *app, struct vdev_devlink *dl)
{
	_auto_json_ json_object *o = json_object_new_object();
	struct vdev_devlink_info *info;

	if (vdev_devlink_info_new(dl, &info))
		return app_fail_ctx(app);
	output_add(o, "devlink", output_string(vdev_devlink_name(dl)));
	output_add(o, "driver", output_string(vdev_devlink_info_driver(info)));
	output_add(o, "serial_number",
		   output_string(vdev_devlink_info_serial(info)));
	output_add(o, "board_serial_number",
		   output_string(vdev_devlink_info_board_serial(info)));
	output_add(o, "versions", describe_versions(info));
	output_add(o, "reload_failed",
		   output_flag(vdev_devlink_info_reload_failed(info)));
	output_add(o, "reloads", describe_reloads(info));
	vdev_devlink_info_free(info);
	if (app->json) {
		output_document(app->out.stream, o);
		return 0;
	}
	output_styled(&app->out, STYLE_BOLD, vdev_devlink_name(dl));
	fputc('\n', app->out.stream);
	output_lines(&app->out, info_lines, o);
	return 0;
}

int devlink_show(struct app *app)
{
	struct vdev_devlink *dl;
	int ret;

	if (change_find(app, &dl))
		return -1;
	ret = show_info(app, dl);
	vdev_devlink_free(dl);
	return ret;
}

/* --- Its parameters */

static json_object *describe_values(const struct vdev_devlink_param_list *list,
				    size_t index)
{
	const char *const *mode = vdev_devlink_param_modes();
	json_object *array = json_object_new_array();

	for (; *mode; mode++) {
		const char *value =
			vdev_devlink_param_value(list, index, *mode);
		json_object *o;

		if (!value)
			continue;
		o = json_object_new_object();
		output_add(o, "mode", output_string(*mode));
		output_add(o, "value", output_string(value));
		output_add(o, "default",
			   output_string(vdev_devlink_param_default(list, index,
								    *mode)));
		json_object_array_add(array, o);
	}
	return array;
}

static json_object *describe_params(const struct vdev_devlink_param_list *list)
{
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < vdev_devlink_param_list_count(list); i++) {
		json_object *o = json_object_new_object();

		output_add(o, "name",
			   output_string(vdev_devlink_param_name(list, i)));
		output_add(o, "generic",
			   json_object_new_boolean(
				   vdev_devlink_param_generic(list, i)));
		output_add(o, "type",
			   output_string(vdev_devlink_param_type(list, i)));
		output_add(o, "values", describe_values(list, i));
		json_object_array_add(array, o);
	}
	return array;
}

static const struct column param_columns[] = {
	{ "PARAMETER", NULL, false }, { "TYPE", NULL, false },
	{ "MODE", NULL, false },      { "VALUE", NULL, false },
	{ "DEFAULT", NULL, false },
};

/* A row for each value. */
static void add_rows(struct table *table, json_object *param)
{
	static const char *const of_param[] = { "name", "type" };
	static const char *const of_value[] = { "mode", "value", "default" };
	json_object *values = json_object_object_get(param, "values");

	for (size_t i = 0; i < json_object_array_length(values); i++) {
		json_object *value = json_object_array_get_idx(values, i);

		table_add_keys(table, param, of_param, ARRAY_SIZE(of_param));
		table_add_keys(table, value, of_value, ARRAY_SIZE(of_value));
	}
}

static int show_params(struct app *app, struct vdev_devlink *dl)
{
	_auto_json_ json_object *params = NULL;
	struct vdev_devlink_param_list *list;
	struct table *table;

	if (vdev_devlink_param_list_new(dl, &list) < 0)
		return app_fail_ctx(app);
	params = describe_params(list);
	vdev_devlink_param_list_free(list);
	if (app->json) {
		output_document(app->out.stream, params);
		return 0;
	}
	if (!json_object_array_length(params)) {
		app_warn(app, "%s has no parameters", vdev_devlink_name(dl));
		return 0;
	}
	table = table_new(param_columns, ARRAY_SIZE(param_columns));
	for (size_t i = 0; i < json_object_array_length(params); i++)
		add_rows(table, json_object_array_get_idx(params, i));
	table_print(table, &app->out, !option_given(app, "no-header"));
	table_free(table);
	return 0;
}

int devlink_params(struct app *app)
{
	struct vdev_devlink *dl;
	int ret;

	if (option_check_header(app))
		return -1;
	if (change_find(app, &dl))
		return -1;
	ret = show_params(app, dl);
	vdev_devlink_free(dl);
	return ret;
}

const char *const *devlink_param_modes(void)
{
	return vdev_devlink_param_modes();
}

static int add_param(struct app *app, struct vdev_devlink_change *change,
		     const struct change_target *target)
{
	const char *const *operands = app->args.operands;

	(void)target;
	if (option_word(app, "mode") < -1)
		return -1;
	return vdev_devlink_change_set_param(change, operands[1],
					     option_value(app, "mode"),
					     operands[2])
		       ? app_fail_ctx(app)
		       : 0;
}

int devlink_set(struct app *app)
{
	return change_device(app, add_param);
}

/* --- Reload */

const char *const *devlink_actions(void)
{
	return vdev_devlink_reload_actions();
}

const char *const *devlink_limits(void)
{
	return vdev_devlink_reload_limits();
}

static int add_reload(struct app *app, struct vdev_devlink_change *change,
		      const struct change_target *target)
{
	int action = option_word(app, "action");

	(void)target;
	if (action < -1 || option_word(app, "limit") < -1)
		return -1;
	return vdev_devlink_change_reload(
		       change, devlink_actions()[action < 0 ? 0 : action],
		       option_value(app, "limit"))
		       ? app_fail_ctx(app)
		       : 0;
}

int devlink_reload(struct app *app)
{
	return change_device(app, add_reload);
}
