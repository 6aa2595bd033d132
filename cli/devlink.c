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
	struct vdev_devlink_change *change;
	struct vdev_devlink *dl;
	int ret;

	if (change_find(app, &dl))
		return -1;
	ret = vdev_devlink_change_new(dl, &change);
	if (ret) {
		vdev_devlink_free(dl);
		return app_fail_ctx(app);
	}
	ret = change_add_options(app, change, -1);
	if (!ret)
		ret = change_run(app, dl, change, -1);
	vdev_devlink_change_free(change);
	vdev_devlink_free(dl);
	return ret;
}
