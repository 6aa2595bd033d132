/* SPDX-License-Identifier: GPL-2.0-or-later */

/* vdevctl group list, vdevctl group show */

#include "app.h"
#include "fields.h"
#include "select.h"

static enum style style_viable(json_object *value)
{
	return json_object_get_boolean(value) ? STYLE_GOOD : STYLE_WARN;
}

static const struct column columns[] = {
	{ "GROUP", NULL, true },
	{ "TYPE", NULL, false },
	{ "VIABLE", style_viable, false },
	{ "MEMBERS", NULL, false },
};

static void print_table(struct app *app, json_object *groups)
{
	struct table *table = table_new(columns, ARRAY_SIZE(columns));

	for (size_t i = 0; i < json_object_array_length(groups); i++) {
		json_object *group = json_object_array_get_idx(groups, i);
		static const char *const keys[] = { "group", "type", "viable" };
		_auto_free_ char *members = NULL;

		table_add_keys(table, group, keys, ARRAY_SIZE(keys));
		members = output_expand_all(
			"{address} {driver}",
			json_object_object_get(group, "members"));
		table_add(table, output_string(members));
	}
	table_print(table, &app->out, !option_given(app, "no-header"));
	table_free(table);
}

int group_list(struct app *app)
{
	_auto_json_ json_object *groups = json_object_new_array();
	struct vdev_group_list *list;

	if (option_check_header(app))
		return -1;
	if (vdev_group_list_new(app->ctx, &list) < 0)
		return app_fail_ctx(app);
	for (size_t i = 0; i < vdev_group_list_count(list); i++)
		json_object_array_add(
			groups, field_group(vdev_group_list_get(list, i)));
	vdev_group_list_free(list);
	if (app->json)
		output_document(app->out.stream, groups);
	else if (json_object_array_length(groups))
		print_table(app, groups);
	else
		app_warn(app, "there are no IOMMU groups: no IOMMU is in use");
	return 0;
}

static const struct line lines[] = {
	{ "type", "{type}", NULL, 0 },
	{ "viable", "{viable}", NULL, 0 },
	{ "because", "{reasons}", NULL, LINE_OPTIONAL },
	{ "members", "{address}[ {class_name}:][ {name}][, driver {driver}]",
	  "members", 0 },
	{ "reserved", "{first} to {last}, {type}", "reserved_regions", 0 },
	{ NULL, NULL, NULL, 0 },
};

/* Adds the group unless it is there already. */
static int add_group(struct app *app, json_object *groups, int number)
{
	struct vdev_group *group;

	for (size_t i = 0; i < json_object_array_length(groups); i++)
		if (json_object_get_int(json_object_object_get(
			    json_object_array_get_idx(groups, i), "group")) ==
		    number)
			return 0;
	if (vdev_group_new(app->ctx, number, &group))
		return app_fail_ctx(app);
	json_object_array_add(groups, field_group(group));
	vdev_group_free(group);
	return 0;
}

static int add_groups_of(struct app *app, json_object *groups,
			 const char *operand)
{
	_auto_selection_ struct selection s = { 0 };

	if (selection_add(app, &s, operand))
		return -1;
	for (size_t i = 0; i < s.count; i++) {
		int number = vdev_device_iommu_group(s.devices[i]);

		if (number < 0) {
			app_fail(app, VDEV_ERROR_NOT_FOUND,
				 "%s is in no IOMMU group",
				 vdev_device_address(s.devices[i]));
			return app_hint(app, "is the IOMMU turned on, in the "
					     "firmware and on the kernel's "
					     "command line?");
		}
		if (add_group(app, groups, number))
			return -1;
	}
	return 0;
}

static int add_operand(struct app *app, json_object *groups,
		       const char *operand)
{
	size_t digits = strspn(operand, "0123456789");

	if (!digits || operand[digits] || digits > 9)
		return add_groups_of(app, groups, operand);
	return add_group(app, groups, atoi(operand));
}

int group_show(struct app *app)
{
	_auto_json_ json_object *groups = json_object_new_array();

	for (size_t i = 0; i < app->args.operand_count; i++)
		if (add_operand(app, groups, app->args.operands[i]))
			return -1;
	if (app->json)
		output_document(app->out.stream, groups);
	for (size_t i = 0; i < json_object_array_length(groups) && !app->json;
	     i++) {
		json_object *group = json_object_array_get_idx(groups, i);
		_auto_free_ char *title = output_expand("group {group}", group);

		if (i)
			fputc('\n', app->out.stream);
		output_styled(&app->out, STYLE_BOLD, title);
		fputc('\n', app->out.stream);
		output_lines(&app->out, lines, group);
	}
	return 0;
}
