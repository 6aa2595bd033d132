/* SPDX-License-Identifier: GPL-2.0-or-later */

/* vdevctl mdev: those that are defined, and starting them. */

#include <ctype.h>
#include <errno.h>

#include "app.h"
#include "mdev.h"
#include "root.h"

const char *const *mdev_starts(void)
{
	/* The index is whether it starts by itself. */
	static const char *const words[] = { "manual", "auto", NULL };

	return words;
}

static void free_definition(struct vdev_mdev_definition **def)
{
	vdev_mdev_definition_free(*def);
}

#define _auto_definition_ __attribute__((cleanup(free_definition)))

/* Of the first operand and --parent. Return: 0, or -1 after app_fail(). */
static int find_definition(struct app *app, struct vdev_mdev_definition **ret)
{
	if (vdev_mdev_definition_find(app->ctx, option_value(app, "parent"),
				      app->args.operands[0], ret))
		return app_fail_ctx(app);
	return 0;
}

/* --- What commands print */

static void report(struct app *app, const char *uuid, const char *parent,
		   const struct vdev_mdev_config *config, const char *text)
{
	_auto_json_ json_object *o = json_object_new_object();
	bool whole = vdev_mdev_config_type(config) != NULL;

	output_add(o, "action", output_string(app->args.command->verb));
	output_add(o, "dry_run", json_object_new_boolean(app->dry_run));
	output_add(o, "uuid", output_string(uuid));
	output_add(o, "parent", output_string(parent));
	output_add(o, "type", output_string(vdev_mdev_config_type(config)));
	output_add(o, "start",
		   output_string(!whole ? NULL
				 : vdev_mdev_config_autostart(config)
					 ? "auto"
					 : "manual"));
	output_add(o, "attrs", whole ? mdev_describe_attrs(config) : NULL);
	if (app->json)
		output_document(app->out.stream, o);
	else if (!app->quiet)
		fprintf(app->out.stream, "%s: %s\n", uuid,
			app->dry_run ? "not changed" : text);
}

/* What would keep it from being started now. */
static void warn_of(struct app *app, const char *parent,
		    const struct vdev_mdev_config *config)
{
	int ret = vdev_mdev_check(app->ctx, parent, NULL, config);

	if (ret == -ENODEV || ret == -ENOENT)
		app_warn(app, "warning: it cannot be started now: %s",
			 vdev_ctx_last_error(app->ctx));
}

/* --- define */

/* Takes parent and type of an mdev that is there. */
static int define_active(struct app *app, const char *uuid, char **parent,
			 struct vdev_mdev_config *config)
{
	struct vdev_device *dev = mdev_find_active(app, uuid, *parent);
	const char *type = dev ? vdev_device_mdev_type(dev) : NULL;
	int ret = 0;

	if (!type) {
		app_fail(app, VDEV_ERROR_INVALID,
			 "--parent and --type have to be given, or --uuid of "
			 "an mdev that is there");
		ret = app_hint(app, "'vdevctl mdev types' lists parents with "
				    "their types");
	} else if (vdev_mdev_config_set_type(config, type)) {
		ret = app_fail_ctx(app);
	} else if (!*parent) {
		*parent = x_strdup(vdev_device_parent(dev));
	}
	vdev_device_unref(dev);
	return ret;
}

static int check_undefined(struct app *app, const char *uuid,
			   const char *parent)
{
	struct vdev_mdev_definition *old;

	if (vdev_mdev_definition_find(app->ctx, parent, uuid, &old))
		return 0;
	vdev_mdev_definition_free(old);
	return app_fail(app, VDEV_ERROR_IN_USE, "%s is already defined for %s",
			uuid, parent);
}

struct defining {
	struct app *app;
	const char *uuid;
	const char *parent;
	struct vdev_mdev_config *config;
};

static int write_new(void *data)
{
	const struct defining *d = data;

	return vdev_mdev_define(d->app->ctx, d->parent, d->uuid, d->config);
}

static int define(struct app *app, const char *uuid, const char *parent,
		  struct vdev_mdev_config *config, int force)
{
	struct defining d = { app, uuid, parent, config };

	if (check_undefined(app, uuid, parent))
		return -1;
	warn_of(app, parent, config);
	if (!app->dry_run &&
	    mdev_with_scripts(app->ctx, parent, uuid, config,
			      VDEV_MDEV_ACTION_DEFINE, force, write_new, &d))
		return app_fail_ctx(app);
	report(app, uuid, parent, config, "defined");
	return 0;
}

int mdev_define(struct app *app)
{
	_auto_config_ struct vdev_mdev_config *config = NULL;
	const char *given = option_value(app, "parent");
	const char *uuid = option_value(app, "uuid");
	_auto_free_ char *parent = given ? x_strdup(given) : NULL;
	char fresh[VDEV_MDEV_UUID_TEXT];
	int force = mdev_take_force(app, MDEV_FORCE_CALLOUT);

	if (force < 0 || root_refuse_captured(app) ||
	    mdev_config_of_options(app, &config))
		return -1;
	vdev_mdev_config_set_autostart(config, option_given(app, "auto"));
	if (uuid && !vdev_mdev_config_type(config)) {
		if (define_active(app, uuid, &parent, config))
			return -1;
	} else if (mdev_need_option(app, "parent") ||
		   mdev_need_option(app, "type")) {
		return -1;
	}
	if (!uuid && vdev_mdev_random_uuid(app->ctx, fresh))
		return app_fail_ctx(app);
	if (uuid) {
		snprintf(fresh, sizeof(fresh), "%s", uuid);
		for (char *s = fresh; *s; s++)
			*s = (char)tolower((unsigned char)*s);
	}
	return define(app, fresh, parent, config, force);
}

/* --- undefine */

/* With the scripts, unless it is not known of what type it is. */
static int with_scripts(struct app *app, const struct vdev_mdev_definition *def,
			enum vdev_mdev_action action, bool force,
			int (*change)(void *data), void *data)
{
	if (vdev_mdev_definition_problem(def))
		return change(data);
	return mdev_with_scripts(app->ctx, vdev_mdev_definition_parent(def),
				 vdev_mdev_definition_uuid(def),
				 vdev_mdev_definition_config(def), action,
				 force, change, data);
}

static int drop(void *def)
{
	return vdev_mdev_undefine(def);
}

int mdev_undefine(struct app *app)
{
	_auto_definition_ struct vdev_mdev_definition *def = NULL;
	int force = mdev_take_force(app, MDEV_FORCE_CALLOUT);

	if (force < 0 || root_refuse_captured(app) ||
	    find_definition(app, &def))
		return -1;
	if (!app->dry_run &&
	    with_scripts(app, def, VDEV_MDEV_ACTION_UNDEFINE, force, drop, def))
		return app_fail_ctx(app);
	report(app, vdev_mdev_definition_uuid(def),
	       vdev_mdev_definition_parent(def),
	       vdev_mdev_definition_config(def), "no longer defined");
	return 0;
}

/* --- modify */

/* Takes all attributes of that name out. */
static int drop_attr(struct app *app, struct vdev_mdev_config *config,
		     const char *name)
{
	size_t before = vdev_mdev_config_attr_count(config);

	for (size_t i = before; i-- > 0;)
		if (str_eq(vdev_mdev_config_attr_name(config, i), name) &&
		    vdev_mdev_config_remove_attr(config, i))
			return app_fail_ctx(app);
	if (before == vdev_mdev_config_attr_count(config))
		return app_fail(app, VDEV_ERROR_NOT_FOUND,
				"the definition has no attribute %s", name);
	return 0;
}

static int apply_changes(struct app *app, struct vdev_mdev_config *config)
{
	const char *type = option_value(app, "type");
	const char *name;
	unsigned int index = 0;
	int start = option_word(app, "start");
	size_t at = 0;

	if (start < -1)
		return -1;
	if (start >= 0)
		vdev_mdev_config_set_autostart(config, start);
	if (type && vdev_mdev_config_set_type(config, type))
		return app_fail_ctx(app);
	while ((name = option_next(app, "drop-attr", &at)))
		if (drop_attr(app, config, name))
			return -1;
	if (!option_given(app, "index"))
		return mdev_add_attrs(app, config, SIZE_MAX);
	if (option_number(app, "index", 0, 100000, &index))
		return -1;
	return mdev_add_attrs(app, config, index);
}

static int save(void *def)
{
	return vdev_mdev_definition_save(def);
}

static int modify_stored(struct app *app, int force)
{
	_auto_definition_ struct vdev_mdev_definition *def = NULL;
	struct vdev_mdev_config *config;
	const char *parent;

	if (find_definition(app, &def))
		return -1;
	config = vdev_mdev_definition_config(def);
	parent = vdev_mdev_definition_parent(def);
	if (vdev_mdev_definition_problem(def)) {
		app_fail(app, VDEV_ERROR_FAILED, "the definition of %s: %s",
			 vdev_mdev_definition_uuid(def),
			 vdev_mdev_definition_problem(def));
		return app_hint(app, "undefine it, and define it anew");
	}
	if (apply_changes(app, config))
		return -1;
	warn_of(app, parent, config);
	if (!app->dry_run &&
	    with_scripts(app, def, VDEV_MDEV_ACTION_MODIFY, force, save, def))
		return app_fail_ctx(app);
	report(app, vdev_mdev_definition_uuid(def), parent, config,
	       "definition changed");
	return 0;
}

/* The mdev that the first operand names. Return: NULL after app_fail(). */
static struct vdev_device *need_active(struct app *app)
{
	const char *uuid = app->args.operands[0];
	struct vdev_device *dev =
		mdev_find_active(app, uuid, option_value(app, "parent"));

	if (dev && vdev_device_mdev_type(dev))
		return dev;
	app_fail(app, VDEV_ERROR_NOT_FOUND, "there is no mdev %s now", uuid);
	return vdev_device_unref(dev);
}

/* What it is like, as far as a script can tell; the kernel cannot. */
static int read_active(struct app *app, struct vdev_device *dev,
		       struct vdev_mdev_config *config)
{
	const char *parent = vdev_device_parent(dev);
	const char *uuid = vdev_device_address(dev);
	struct vdev_mdev_definition *def;
	struct vdev_mdev_scripts *scripts;
	int error;

	if (!vdev_mdev_definition_find(app->ctx, parent, uuid, &def)) {
		vdev_mdev_config_set_autostart(
			config, vdev_mdev_config_autostart(
					vdev_mdev_definition_config(def)));
		vdev_mdev_definition_free(def);
	}
	error = vdev_mdev_config_set_type(config, vdev_device_mdev_type(dev));
	if (!error)
		error = vdev_mdev_scripts_new(app->ctx, parent, uuid, config,
					      &scripts);
	if (error)
		return error;
	error = vdev_mdev_scripts_attrs(scripts, config);
	vdev_mdev_scripts_free(scripts);
	return error;
}

static int change_active(struct app *app, struct vdev_device *dev,
			 const struct vdev_mdev_config *config)
{
	struct vdev_mdev_scripts *scripts;
	int error = vdev_mdev_scripts_new(app->ctx, vdev_device_parent(dev),
					  vdev_device_address(dev), config,
					  &scripts);

	if (error)
		return error;
	error = vdev_mdev_scripts_live(scripts);
	vdev_mdev_scripts_free(scripts);
	return error;
}

static int modify_live(struct app *app)
{
	_auto_config_ struct vdev_mdev_config *config = NULL;
	struct vdev_device *dev;
	int ret;

	if (option_given(app, "type") || option_given(app, "start"))
		return app_fail(app, VDEV_ERROR_INVALID,
				"of an mdev that is there attributes alone can "
				"be changed");
	dev = need_active(app);
	if (!dev)
		return -1;
	if (vdev_mdev_config_new(app->ctx, &config) ||
	    read_active(app, dev, config))
		ret = app_fail_ctx(app);
	else
		ret = apply_changes(app, config);
	if (!ret && !app->dry_run && change_active(app, dev, config))
		ret = app_fail_ctx(app);
	if (!ret)
		report(app, vdev_device_address(dev), vdev_device_parent(dev),
		       config, "changed");
	vdev_device_unref(dev);
	return ret;
}

int mdev_modify(struct app *app)
{
	int force = mdev_take_force(app, MDEV_FORCE_CALLOUT);

	if (force < 0 || root_refuse_captured(app))
		return -1;
	return option_given(app, "live") ? modify_live(app)
					 : modify_stored(app, force);
}

/* --- start */

/* As vdev_mdev_start(), with the scripts. */
static int start_defined(struct app *app,
			 const struct vdev_mdev_definition *def, bool force,
			 struct vdev_device **ret)
{
	if (vdev_mdev_definition_problem(def))
		return vdev_mdev_start(def, ret);
	return mdev_make(app, vdev_mdev_definition_parent(def),
			 vdev_mdev_definition_uuid(def),
			 vdev_mdev_definition_config(def), force, ret);
}

int mdev_start(struct app *app)
{
	_auto_definition_ struct vdev_mdev_definition *def = NULL;
	struct vdev_device *dev = NULL;
	const struct vdev_mdev_config *config;
	const char *parent, *uuid;
	int force = mdev_take_force(app, MDEV_FORCE_CALLOUT), ret;

	if (force < 0 || root_refuse_captured(app) ||
	    find_definition(app, &def))
		return -1;
	config = vdev_mdev_definition_config(def);
	parent = vdev_mdev_definition_parent(def);
	uuid = vdev_mdev_definition_uuid(def);
	ret = app->dry_run && !vdev_mdev_definition_problem(def)
		      ? vdev_mdev_check(app->ctx, parent, uuid, config)
		      : start_defined(app, def, force, &dev);
	if (ret)
		return app_fail_ctx(app);
	mdev_report_creation(app, parent, uuid, dev, config);
	vdev_device_unref(dev);
	return 0;
}

/* --- autostart */

/* What became of one. */
static void note_outcome(json_object *done,
			 const struct vdev_mdev_definition *def,
			 const char *outcome, const char *reason)
{
	json_object *o = json_object_new_object();

	output_add(o, "uuid", output_string(vdev_mdev_definition_uuid(def)));
	output_add(o, "parent",
		   output_string(vdev_mdev_definition_parent(def)));
	output_add(o, "type",
		   output_string(vdev_mdev_config_type(
			   vdev_mdev_definition_config(def))));
	output_add(o, "outcome", output_string(outcome));
	output_add(o, "reason", output_string(reason));
	json_object_array_add(done, o);
}

static bool is_active(struct app *app, const struct vdev_mdev_definition *def)
{
	struct vdev_device *dev =
		mdev_find_active(app, vdev_mdev_definition_uuid(def),
				 vdev_mdev_definition_parent(def));

	vdev_device_unref(dev);
	return dev;
}

static int start(struct app *app, const struct vdev_mdev_definition *def)
{
	struct vdev_device *dev = NULL;
	int ret;

	if (app->dry_run)
		return vdev_mdev_check(app->ctx,
				       vdev_mdev_definition_parent(def),
				       vdev_mdev_definition_uuid(def),
				       vdev_mdev_definition_config(def));
	ret = start_defined(app, def, false, &dev);
	vdev_device_unref(dev);
	return ret;
}

/* Return: whether it failed. */
static bool start_one(struct app *app, json_object *done,
		      const struct vdev_mdev_definition *def)
{
	int ret = is_active(app, def) ? -EEXIST : start(app, def);
	bool failed = ret;

	/* Another process may have been faster. */
	if (ret == -EEXIST && is_active(app, def)) {
		note_outcome(done, def, "active", NULL);
		return false;
	}
	if (failed)
		note_outcome(done, def, "failed",
			     vdev_ctx_last_error(app->ctx));
	else
		note_outcome(done, def,
			     app->dry_run ? "not-started" : "started", NULL);
	return failed;
}

static bool is_wanted(const struct vdev_mdev_definition *def,
		      const char *parent)
{
	if (parent && !mdev_is_parent(vdev_mdev_definition_parent(def), parent))
		return false;
	/* What cannot be read may be meant to start. */
	return vdev_mdev_definition_problem(def) ||
	       vdev_mdev_config_autostart(vdev_mdev_definition_config(def));
}

static int report_autostart(struct app *app, json_object *done, size_t failed)
{
	size_t count = json_object_array_length(done);

	if (app->json)
		output_document(app->out.stream, done);
	for (size_t i = 0; i < count && !app->json && !app->quiet; i++) {
		_auto_free_ char *line =
			output_expand("{uuid}: {outcome}[: {reason}]",
				      json_object_array_get_idx(done, i));

		fprintf(app->out.stream, "%s\n", line);
	}
	if (!failed)
		return 0;
	return app_fail(app,
			failed < count ? VDEV_ERROR_PARTIAL : VDEV_ERROR_FAILED,
			"%zu of %zu mdevs were not started", failed, count);
}

int mdev_autostart(struct app *app)
{
	_auto_json_ json_object *done = json_object_new_array();
	const char *parent = option_value(app, "parent");
	struct vdev_mdev_definition_list *list = NULL;
	struct vdev_mdev_definition *def;
	size_t i, failed = 0;

	if (root_refuse_captured(app))
		return -1;
	if (vdev_mdev_definition_list_new(app->ctx, &list) < 0)
		return app_fail_ctx(app);
	vdev_mdev_definition_list_foreach(list, i, def)
	{
		if (!is_wanted(def, parent))
			continue;
		if (vdev_mdev_definition_problem(def)) {
			failed++;
			note_outcome(done, def, "failed",
				     vdev_mdev_definition_problem(def));
		} else {
			failed += start_one(app, done, def);
		}
	}
	vdev_mdev_definition_list_free(list);
	return report_autostart(app, done, failed);
}
