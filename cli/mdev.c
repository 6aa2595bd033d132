/* SPDX-License-Identifier: GPL-2.0-or-later */

/* vdevctl mdev: mediated devices that are there, and can be. */

#include "mdev.h"

#include "app.h"
#include "root.h"

#define TIMEOUT_SECONDS 10

/* --- types */

static json_object *describe_type(const struct vdev_mdev_type *type)
{
	json_object *o = json_object_new_object();

	output_add(o, "parent", output_string(vdev_mdev_type_parent(type)));
	output_add(o, "type", output_string(vdev_mdev_type_id(type)));
	output_add(o, "name", output_string(vdev_mdev_type_name(type)));
	output_add(o, "description",
		   output_string(vdev_mdev_type_description(type)));
	output_add(o, "device_api",
		   output_string(vdev_mdev_type_device_api(type)));
	output_add(o, "available_instances",
		   output_count(vdev_mdev_type_available(type)));
	return o;
}

static void take_types(struct vdev_mdev_type_list *list, json_object *types)
{
	const struct vdev_mdev_type *type;
	size_t i;

	vdev_mdev_type_list_foreach(list, i, type)
		json_object_array_add(types, describe_type(type));
	vdev_mdev_type_list_free(list);
}

/* Those of virtual GPUs, of one VF or of all. */
static int add_vgpu_types(struct app *app, struct vdev_device *vf,
			  json_object *types)
{
	struct vdev_mdev_type_list *list;

	if (vdev_vgpu_type_list_new(app->ctx, vf, &list) < 0)
		return app_fail_ctx(app);
	take_types(list, types);
	return 0;
}

static int add_types(struct app *app, const char *parent, json_object *types)
{
	struct vdev_device *vf = parent ? mdev_find_vgpu(app, parent) : NULL;
	struct vdev_mdev_type_list *list;
	int ret;

	if (vf) {
		ret = add_vgpu_types(app, vf, types);
		vdev_device_unref(vf);
		return ret;
	}
	if (vdev_mdev_type_list_new(app->ctx, parent, &list) < 0)
		return app_fail_ctx(app);
	take_types(list, types);
	return parent ? 0 : add_vgpu_types(app, NULL, types);
}

static enum style style_available(json_object *value)
{
	return json_object_get_int(value) ? STYLE_GOOD : STYLE_WARN;
}

static const struct column type_columns[] = {
	{ "PARENT", NULL, false }, { "TYPE", NULL, false },
	{ "API", NULL, false },	   { "AVAILABLE", style_available, true },
	{ "NAME", NULL, false },
};

static const char *const type_keys[] = {
	"parent", "type", "device_api", "available_instances", "name",
};

int mdev_types(struct app *app)
{
	_auto_json_ json_object *types = json_object_new_array();

	if (option_check_header(app) || app_add_operands(app, add_types, types))
		return -1;
	app_print_list(app, types, type_columns, type_keys,
		       ARRAY_SIZE(type_columns),
		       app->args.operand_count
			       ? "nothing can be made of these now"
			       : "no device here can be a parent of mdevs");
	return 0;
}

/* --- list and show */

void mdev_describe_definition(json_object *o,
			      const struct vdev_mdev_definition *def)
{
	const struct vdev_mdev_config *config =
		def && !vdev_mdev_definition_problem(def)
			? vdev_mdev_definition_config(def)
			: NULL;

	output_add(o, "start",
		   output_string(!config ? NULL
				 : vdev_mdev_config_autostart(config)
					 ? "auto"
					 : "manual"));
	output_add(o, "attrs", config ? mdev_describe_attrs(config) : NULL);
	output_add(
		o, "problem",
		output_string(def ? vdev_mdev_definition_problem(def) : NULL));
}

static const struct vdev_mdev_definition *
definition_of(const struct vdev_mdev_definition_list *list,
	      struct vdev_device *dev)
{
	struct vdev_mdev_definition *def;
	size_t i;

	if (!list)
		return NULL;
	vdev_mdev_definition_list_foreach(
		list, i, def) if (str_eq(vdev_mdev_definition_uuid(def),
					 vdev_device_address(dev)) &&
				  str_eq(vdev_mdev_definition_parent(def),
					 vdev_device_parent(dev))) return def;
	return NULL;
}

static json_object *describe_mdev(struct vdev_device *dev)
{
	json_object *o = json_object_new_object();

	output_add(o, "uuid", output_string(vdev_device_address(dev)));
	output_add(o, "parent", output_string(vdev_device_parent(dev)));
	output_add(o, "type", output_string(vdev_device_mdev_type(dev)));
	output_add(o, "driver", output_string(vdev_device_driver(dev)));
	output_add(o, "iommu_group",
		   output_count(vdev_device_iommu_group(dev)));
	output_add(o, "vfio_cdev", output_string(vdev_device_vfio_cdev(dev)));
	output_add(o, "vfio_group", output_string(vdev_device_vfio_group(dev)));
	return o;
}

bool mdev_is_parent(const char *own, const char *name)
{
	if (!own)
		return false;
	return !strcasecmp(own, name) ||
	       (str_starts(own, "0000:") &&
		!strcasecmp(own + strlen("0000:"), name));
}

static const struct column list_columns[] = {
	{ "UUID", NULL, false }, { "PARENT", NULL, false },
	{ "TYPE", NULL, false }, { "DRIVER", NULL, false },
	{ "GROUP", NULL, true }, { "CDEV", NULL, false },
};

static const char *const list_keys[] = {
	"uuid", "parent", "type", "driver", "iommu_group", "vfio_cdev",
};

static int add_active(struct app *app,
		      const struct vdev_mdev_definition_list *definitions,
		      json_object *mdevs)
{
	struct vdev_device_list *list;
	struct vdev_device *dev;
	size_t i;

	if (vdev_mdev_list_new(app->ctx, &list) < 0)
		return app_fail_ctx(app);
	vdev_device_list_foreach(list, i, dev) {
		json_object *o = describe_mdev(dev);
		const struct vdev_mdev_definition *def =
			definition_of(definitions, dev);

		output_add(o, "active", json_object_new_boolean(true));
		output_add(o, "defined", json_object_new_boolean(def != NULL));
		mdev_describe_definition(o, def);
		json_object_array_add(mdevs, o);
	}
	vdev_device_list_free(list);
	return 0;
}

/* One that is defined, and maybe there as well. */
static json_object *describe_defined(struct app *app,
				     const struct vdev_mdev_definition *def)
{
	const char *uuid = vdev_mdev_definition_uuid(def);
	const char *parent = vdev_mdev_definition_parent(def);
	json_object *o = json_object_new_object();
	struct vdev_device *dev = mdev_find_active(app, uuid, parent);

	output_add(o, "uuid", output_string(uuid));
	output_add(o, "parent", output_string(parent));
	output_add(o, "type",
		   output_string(vdev_mdev_config_type(
			   vdev_mdev_definition_config(def))));
	output_add(o, "driver",
		   output_string(dev ? vdev_device_driver(dev) : NULL));
	output_add(o, "iommu_group",
		   dev ? output_count(vdev_device_iommu_group(dev)) : NULL);
	output_add(o, "vfio_cdev",
		   output_string(dev ? vdev_device_vfio_cdev(dev) : NULL));
	output_add(o, "vfio_group",
		   output_string(dev ? vdev_device_vfio_group(dev) : NULL));
	output_add(o, "active", json_object_new_boolean(dev != NULL));
	output_add(o, "defined", json_object_new_boolean(true));
	mdev_describe_definition(o, def);
	vdev_device_unref(dev);
	return o;
}

static json_object *only_of_parent(json_object *mdevs, const char *parent)
{
	json_object *chosen = json_object_new_array();

	for (size_t i = 0; i < json_object_array_length(mdevs); i++) {
		json_object *o = json_object_array_get_idx(mdevs, i);

		if (!parent ||
		    mdev_is_parent(output_get_string(o, "parent"), parent))
			json_object_array_add(chosen, json_object_get(o));
	}
	return chosen;
}

static const struct column defined_columns[] = {
	{ "UUID", NULL, false },   { "PARENT", NULL, false },
	{ "TYPE", NULL, false },   { "START", NULL, false },
	{ "ACTIVE", NULL, false }, { "PROBLEM", NULL, false },
};

static const char *const defined_keys[] = {
	"uuid", "parent", "type", "start", "active", "problem",
};

static int add_mdevs(struct app *app, bool defined, json_object *mdevs)
{
	struct vdev_mdev_definition_list *definitions = NULL;
	struct vdev_mdev_definition *def;
	size_t i;
	int ret = vdev_mdev_definition_list_new(app->ctx, &definitions);

	if (ret < 0 && defined)
		return app_fail_ctx(app);
	if (!defined) {
		ret = add_active(app, definitions, mdevs);
		if (!ret)
			ret = mdev_add_vgpus(app, mdevs);
	} else {
		ret = 0;
		vdev_mdev_definition_list_foreach(definitions, i, def)
			json_object_array_add(mdevs,
					      describe_defined(app, def));
	}
	vdev_mdev_definition_list_free(definitions);
	return ret;
}

int mdev_list(struct app *app)
{
	_auto_json_ json_object *all = json_object_new_array();
	_auto_json_ json_object *mdevs = NULL;
	bool defined = option_given(app, "defined");

	if (option_check_header(app) || add_mdevs(app, defined, all))
		return -1;
	mdevs = only_of_parent(all, option_value(app, "parent"));
	if (defined)
		app_print_list(app, mdevs, defined_columns, defined_keys,
			       ARRAY_SIZE(defined_columns),
			       "no mdevs are defined");
	else
		app_print_list(app, mdevs, list_columns, list_keys,
			       ARRAY_SIZE(list_columns), "there are no mdevs");
	return 0;
}

struct vdev_device *mdev_find_active(struct app *app, const char *uuid,
				     const char *parent)
{
	struct vdev_device *dev;

	if (vdev_device_find(app->ctx, uuid, &dev))
		return NULL;
	if (str_eq(vdev_device_bus(dev), "mdev") &&
	    (!parent || str_eq(vdev_device_parent(dev), parent)))
		return dev;
	return vdev_device_unref(dev);
}

/* Finds the mdev or virtual GPU of an operand. Return: 0, or -1 after
 * app_fail(). */
static int find_mdev(struct app *app, const char *name,
		     struct vdev_device **ret)
{
	struct vdev_device *dev;

	if (vdev_device_find(app->ctx, name, &dev))
		return app_fail_ctx(app);
	if (str_eq(vdev_device_bus(dev), "mdev") || mdev_is_vgpu(dev)) {
		*ret = dev;
		return 0;
	}
	app_fail(app, VDEV_ERROR_INVALID, "%s is no mdev",
		 vdev_device_address(dev));
	vdev_device_unref(dev);
	return app_hint(app, "'vdevctl mdev list' lists them");
}

/* What its parent says of the type of an mdev; nothing if that is gone. */
static void add_type_facts(struct app *app, json_object *o)
{
	const char *id = output_get_string(o, "type");
	const char *parent = output_get_string(o, "parent");
	struct vdev_mdev_type_list *list = NULL;
	const struct vdev_mdev_type *type = NULL;
	size_t i;

	if (parent)
		(void)vdev_mdev_type_list_new(app->ctx, parent, &list);
	for (i = 0; list && (type = vdev_mdev_type_list_get(list, i)); i++)
		if (str_eq(vdev_mdev_type_id(type), id))
			break;
	output_add(o, "type_name",
		   output_string(type ? vdev_mdev_type_name(type) : NULL));
	output_add(
		o, "description",
		output_string(type ? vdev_mdev_type_description(type) : NULL));
	output_add(
		o, "device_api",
		output_string(type ? vdev_mdev_type_device_api(type) : NULL));
	vdev_mdev_type_list_free(list);
}

static json_object *describe_whole(struct app *app, struct vdev_device *dev)
{
	_auto_free_ char *users = NULL;
	json_object *o = mdev_is_vgpu(dev) ? mdev_describe_vgpu(dev)
					   : describe_mdev(dev);

	add_type_facts(app, o);
	if (vdev_device_users(dev, &users) < 0)
		users = NULL;
	output_add(o, "users", output_string(users));
	return o;
}

static const struct line show_lines[] = {
	{ "parent", "{parent}", NULL, 0 },
	{ "type", "{type}[, {type_name}]", NULL, 0 },
	{ "description", "{description}", NULL, LINE_OPTIONAL },
	{ "API", "{device_api}", NULL, LINE_OPTIONAL },
	{ "driver", "{driver}", NULL, 0 },
	{ "IOMMU group", "{iommu_group}", NULL, LINE_OPTIONAL },
	{ "cdev", "{vfio_cdev}", NULL, LINE_OPTIONAL },
	{ "group node", "{vfio_group}", NULL, LINE_OPTIONAL },
	{ "open in", "{users}", NULL, LINE_OPTIONAL },
	{ NULL, NULL, NULL, 0 },
};

/* A VF has no UUID. */
static const char *name_of(json_object *o)
{
	const char *uuid = output_get_string(o, "uuid");

	return uuid ? uuid : output_get_string(o, "parent");
}

int mdev_show(struct app *app)
{
	_auto_json_ json_object *mdevs = json_object_new_array();

	for (size_t i = 0; i < app->args.operand_count; i++) {
		struct vdev_device *dev = NULL;

		if (find_mdev(app, app->args.operands[i], &dev))
			return -1;
		json_object_array_add(mdevs, describe_whole(app, dev));
		vdev_device_unref(dev);
	}
	if (app->json)
		output_document(app->out.stream, mdevs);
	for (size_t i = 0; i < json_object_array_length(mdevs) && !app->json;
	     i++) {
		json_object *o = json_object_array_get_idx(mdevs, i);

		if (i)
			fputc('\n', app->out.stream);
		output_styled(&app->out, STYLE_BOLD, name_of(o));
		fputc('\n', app->out.stream);
		output_lines(&app->out, show_lines, o);
	}
	return 0;
}

/* --- create */

json_object *mdev_describe_attrs(const struct vdev_mdev_config *config)
{
	json_object *array = json_object_new_array();
	const char *name;

	for (size_t i = 0; (name = vdev_mdev_config_attr_name(config, i));
	     i++) {
		json_object *o = json_object_new_object();

		output_add(o, "name", output_string(name));
		output_add(
			o, "value",
			output_string(vdev_mdev_config_attr_value(config, i)));
		json_object_array_add(array, o);
	}
	return array;
}

int mdev_add_attrs(struct app *app, struct vdev_mdev_config *config,
		   size_t index)
{
	const char *text;
	size_t at = 0;

	while ((text = option_next(app, "attr", &at))) {
		_auto_free_ char *name = x_strdup(text);
		char *value = strchr(name, '=');

		if (!value)
			return app_fail(app, VDEV_ERROR_INVALID,
					"--attr: '%s' is not NAME=VALUE", text);
		*value++ = '\0';
		if (vdev_mdev_config_add_attr(config, index, name, value))
			return app_fail_ctx(app);
		if (index != SIZE_MAX)
			index++;
	}
	return 0;
}

int mdev_config_of_options(struct app *app, struct vdev_mdev_config **ret)
{
	const char *type = option_value(app, "type");
	struct vdev_mdev_config *config;

	if (vdev_mdev_config_new(app->ctx, &config))
		return app_fail_ctx(app);
	if (type && vdev_mdev_config_set_type(config, type))
		app_fail_ctx(app);
	else if (!mdev_add_attrs(app, config, SIZE_MAX)) {
		*ret = config;
		return 0;
	}
	vdev_mdev_config_free(config);
	return -1;
}

int mdev_need_option(struct app *app, const char *name)
{
	if (option_given(app, name))
		return 0;
	app_fail(app, VDEV_ERROR_INVALID, "--%s has to be given", name);
	return app_hint(app, "'vdevctl mdev types' lists parents with their "
			     "types");
}

/* What `create` has done, or would do: `dev` is NULL then. */
static json_object *describe_creation(struct app *app, const char *parent,
				      const char *uuid, struct vdev_device *dev,
				      const struct vdev_mdev_config *config)
{
	json_object *o = json_object_new_object();

	output_add(o, "action", output_string(app->args.command->verb));
	output_add(o, "dry_run", json_object_new_boolean(app->dry_run));
	output_add(o, "uuid",
		   output_string(dev ? vdev_device_address(dev) : uuid));
	output_add(o, "parent",
		   output_string(dev ? vdev_device_parent(dev) : parent));
	output_add(o, "type", output_string(vdev_mdev_config_type(config)));
	output_add(o, "attrs", mdev_describe_attrs(config));
	output_add(o, "iommu_group",
		   dev ? output_count(vdev_device_iommu_group(dev)) : NULL);
	output_add(o, "vfio_cdev",
		   output_string(dev ? vdev_device_vfio_cdev(dev) : NULL));
	output_add(o, "vfio_group",
		   output_string(dev ? vdev_device_vfio_group(dev) : NULL));
	return o;
}

void mdev_report_creation(struct app *app, const char *parent, const char *uuid,
			  struct vdev_device *dev,
			  const struct vdev_mdev_config *config)
{
	_auto_json_ json_object *o =
		describe_creation(app, parent, uuid, dev, config);
	_auto_free_ char *line = NULL;

	if (app->json) {
		output_document(app->out.stream, o);
		return;
	}
	if (app->quiet)
		return;
	line = output_expand(app->dry_run
				     ? "{parent}: would make an mdev[ {uuid}] "
				       "of type {type}"
				     : "{uuid}: {type} of {parent}"
				       "[, {vfio_cdev}][, {vfio_group}]",
			     o);
	fprintf(app->out.stream, "%s\n", line);
}

struct making {
	struct app *app;
	const char *parent;
	const char *uuid;
	const struct vdev_mdev_config *config;
	struct vdev_device *dev;
};

static int make(void *data)
{
	struct making *m = data;

	return vdev_mdev_create(m->app->ctx, m->parent, m->uuid, m->config,
				&m->dev);
}

int mdev_make(struct app *app, const char *parent, const char *uuid,
	      const struct vdev_mdev_config *config, bool force,
	      struct vdev_device **ret)
{
	struct making m = { app, parent, uuid, config, NULL };
	char fresh[VDEV_MDEV_UUID_TEXT];
	int error = 0;

	/* Whether it can be made is seen then: a script may see to that. */
	if (!uuid) {
		error = vdev_mdev_random_uuid(app->ctx, fresh);
		m.uuid = fresh;
	}
	if (!error)
		error = mdev_with_scripts(app->ctx, parent, m.uuid, config,
					  VDEV_MDEV_ACTION_START, force, make,
					  &m);
	if (!error)
		*ret = m.dev;
	return error;
}

int mdev_create(struct app *app)
{
	_auto_config_ struct vdev_mdev_config *config = NULL;
	const char *parent = option_value(app, "parent");
	const char *uuid = option_value(app, "uuid");
	struct vdev_device *dev = NULL, *vf;
	int force = mdev_take_force(app, MDEV_FORCE_CALLOUT), ret;

	if (force < 0 || root_refuse_captured(app) ||
	    mdev_need_option(app, "parent") || mdev_need_option(app, "type") ||
	    mdev_config_of_options(app, &config))
		return -1;
	vf = mdev_find_vgpu(app, parent);
	if (vf) {
		ret = mdev_create_vgpu(app, vf, config);
		vdev_device_unref(vf);
		return ret;
	}
	ret = app->dry_run ? vdev_mdev_check(app->ctx, parent, uuid, config)
			   : mdev_make(app, parent, uuid, config, force, &dev);
	if (ret)
		return app_fail_ctx(app);
	mdev_report_creation(app, parent, uuid, dev, config);
	vdev_device_unref(dev);
	return 0;
}

/* --- remove */

struct removal {
	struct vdev_device *dev;
	unsigned int timeout_ms;
	bool force;
};

static int take_away(void *data)
{
	const struct removal *r = data;

	return vdev_mdev_remove(r->dev, r->timeout_ms, r->force);
}

/* With the scripts, which are told no more than the kernel knows. */
static int take_away_one(struct app *app, struct vdev_device *dev, int force,
			 unsigned int seconds)
{
	struct removal r = { dev, seconds * 1000, force & MDEV_FORCE_BUSY };
	const char *type = vdev_device_mdev_type(dev);
	_auto_config_ struct vdev_mdev_config *config = NULL;
	int error;

	if (mdev_is_vgpu(dev))
		return vdev_vgpu_clear(dev, force & MDEV_FORCE_BUSY);
	error = vdev_mdev_config_new(app->ctx, &config);
	/* One that is made only now is waited for below. */
	if (!error && !type)
		return take_away(&r);
	if (!error)
		error = vdev_mdev_config_set_type(config, type);
	return error ? error
		     : mdev_with_scripts(app->ctx, vdev_device_parent(dev),
					 vdev_device_address(dev), config,
					 VDEV_MDEV_ACTION_STOP,
					 force & MDEV_FORCE_CALLOUT, take_away,
					 &r);
}

/* A VF need not be one. Return: 0, or -1 after app_fail(). */
static int check_is_one(struct app *app, json_object *o)
{
	if (output_get_string(o, "type") || output_get_string(o, "uuid"))
		return 0;
	return app_fail(app, VDEV_ERROR_NOT_FOUND, "%s is no virtual GPU",
			name_of(o));
}

static json_object *describe_removal(struct vdev_device *dev)
{
	_auto_json_ json_object *whole = mdev_is_vgpu(dev)
						 ? mdev_describe_vgpu(dev)
						 : describe_mdev(dev);
	static const char *const keys[] = { "uuid", "parent", "type" };
	json_object *o = json_object_new_object();

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		output_add(o, keys[i],
			   json_object_get(
				   json_object_object_get(whole, keys[i])));
	return o;
}

static int remove_one(struct app *app, const char *name, int force,
		      unsigned int seconds, json_object *done)
{
	struct vdev_device *dev = NULL;
	int ret = find_mdev(app, name, &dev);
	json_object *o;

	if (ret)
		return ret;
	o = describe_removal(dev);
	output_add(o, "dry_run", json_object_new_boolean(app->dry_run));
	if (check_is_one(app, o)) {
		ret = -1;
		json_object_put(o);
	} else if (!app->dry_run && take_away_one(app, dev, force, seconds)) {
		ret = app_fail_ctx(app);
		if (app->failure.kind == VDEV_ERROR_IN_USE &&
		    !(force & MDEV_FORCE_BUSY))
			app_hint(app, "--force=busy goes on in spite of that");
		json_object_put(o);
	} else {
		json_object_array_add(done, o);
	}
	vdev_device_unref(dev);
	return ret;
}

int mdev_remove(struct app *app)
{
	_auto_json_ json_object *done = json_object_new_array();
	unsigned int seconds = TIMEOUT_SECONDS;
	int force = mdev_take_force(app, MDEV_FORCE_BUSY | MDEV_FORCE_CALLOUT);
	int ret = 0;

	if (force < 0 || root_refuse_captured(app))
		return -1;
	if (option_given(app, "timeout") &&
	    option_number(app, "timeout", 1, 86400, &seconds))
		return -1;
	for (size_t i = 0; i < app->args.operand_count && !ret; i++)
		ret = remove_one(app, app->args.operands[i], force, seconds,
				 done);
	if (ret && json_object_array_length(done))
		app_fail_code(app, VDEV_ERROR_PARTIAL);
	if (app->json && (!ret || json_object_array_length(done)))
		output_document(app->out.stream, done);
	for (size_t i = 0;
	     i < json_object_array_length(done) && !app->json && !app->quiet;
	     i++)
		fprintf(app->out.stream, "%s: %s\n",
			name_of(json_object_array_get_idx(done, i)),
			app->dry_run ? "would be removed" : "removed");
	return ret;
}
