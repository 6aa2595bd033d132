/* SPDX-License-Identifier: GPL-2.0-or-later */

/* vdevctl aux: several address spaces on one parent of mdevs. */

#include <libvdev/aux.h>

#include "app.h"
#include "held.h"

/* --- list */

static const char *isolation_of(struct vdev_device *mdev)
{
	int isolation = vdev_device_isolation(mdev);

	return isolation < 0
		       ? NULL
		       : vdev_isolation_name((enum vdev_isolation)isolation);
}

/* What stands for an mdev in both documents. */
static json_object *describe_mdev(struct vdev_device *mdev)
{
	json_object *o = json_object_new_object();

	output_add(o, "uuid", output_string(vdev_device_address(mdev)));
	output_add(o, "type", output_string(vdev_device_mdev_type(mdev)));
	output_add(o, "isolation", output_string(isolation_of(mdev)));
	output_add(o, "pasid", output_count(vdev_device_isolation_pasid(mdev)));
	return o;
}

static json_object *describe_parent(const struct vdev_aux *aux)
{
	json_object *o = json_object_new_object();
	json_object *types = json_object_new_array();
	json_object *mdevs = json_object_new_array();
	struct vdev_device *mdev;
	const char *type;

	for (size_t i = 0; (type = vdev_aux_type(aux, i)); i++)
		json_object_array_add(types, output_string(type));
	for (size_t i = 0; (mdev = vdev_aux_mdev(aux, i)); i++)
		json_object_array_add(mdevs, describe_mdev(mdev));
	output_add(o, "parent", output_string(vdev_aux_parent(aux)));
	output_add(o, "aux", json_object_new_boolean(vdev_aux_capable(aux)));
	output_add(o, "pasids", output_count(vdev_aux_pasids(aux)));
	output_add(o, "pasids_taken", output_count(vdev_aux_taken(aux)));
	output_add(o, "pasids_left", output_count(vdev_aux_left(aux)));
	output_add(o, "types", types);
	output_add(o, "mdevs", mdevs);
	return o;
}

static int add_parents(struct app *app, const char *parent, json_object *array)
{
	struct vdev_aux_list *list;
	const struct vdev_aux *aux;
	size_t i;

	if (vdev_aux_list_new(app->ctx, parent, &list) < 0)
		return app_fail_ctx(app);
	vdev_aux_list_foreach(list, i, aux)
		json_object_array_add(array, describe_parent(aux));
	vdev_aux_list_free(list);
	return 0;
}

static const struct column list_columns[] = {
	{ "PARENT", NULL, false }, { "AUX", NULL, false },
	{ "PASIDS", NULL, true },  { "TAKEN", NULL, true },
	{ "LEFT", NULL, true },	   { "TYPES", NULL, false },
};

static const char *const list_keys[] = {
	"parent", "aux", "pasids", "pasids_taken", "pasids_left", "types",
};

int aux_list(struct app *app)
{
	_auto_json_ json_object *array = json_object_new_array();

	if (option_check_header(app) ||
	    app_add_operands(app, add_parents, array))
		return -1;
	app_print_list(app, array, list_columns, list_keys,
		       ARRAY_SIZE(list_columns),
		       "no device here can be a parent of mdevs");
	return 0;
}

/* --- show */

static const struct line show_lines[] = {
	{ "parent", "{parent}", NULL, 0 },
	{ "type", "{type}", NULL, 0 },
	{ "isolated by", "{isolation}[, PASID {pasid} of {parent}]", NULL, 0 },
	{ "driver", "{driver}", NULL, 0 },
	{ "cdev", "{vfio_cdev}", NULL, LINE_OPTIONAL },
	{ "open in", "{users}", NULL, LINE_OPTIONAL },
	{ NULL, NULL, NULL, 0 },
};

/* Whether the kernel tells what this command is about. */
static int check_told(struct app *app, struct vdev_device *dev)
{
	int isolation;

	if (!str_eq(vdev_device_bus(dev), "mdev")) {
		app_fail(app, VDEV_ERROR_INVALID, "%s is no mdev",
			 vdev_device_address(dev));
		return app_hint(app, "'vdevctl mdev list' lists them; 'vdevctl "
				     "aux list' tells of their parents");
	}
	isolation = vdev_device_isolation(dev);
	if (isolation >= 0)
		return 0;
	if (!vdev_device_driver(dev))
		return app_fail(app, VDEV_ERROR_NOT_SUPPORTED,
				"%s is bound to no driver, and isolated by "
				"none",
				vdev_device_address(dev));
	app_fail(app, VDEV_ERROR_NOT_SUPPORTED,
		 "this kernel does not tell how %s is isolated: it has no file "
		 "'isolation' in sysfs",
		 vdev_device_address(dev));
	return app_hint(app, "needs Linux 7.2 with the patches of libvdev "
			     "(kernel-patches/)");
}

static json_object *describe_whole(struct vdev_device *dev)
{
	json_object *o = describe_mdev(dev);
	char *users = NULL;

	output_add(o, "parent", output_string(vdev_device_parent(dev)));
	output_add(o, "driver", output_string(vdev_device_driver(dev)));
	output_add(o, "vfio_cdev", output_string(vdev_device_vfio_cdev(dev)));
	if (vdev_device_users(dev, &users) < 0)
		users = NULL;
	output_add(o, "users", output_string(users));
	free(users);
	return o;
}

static int add_mdev(struct app *app, const char *name, json_object *array)
{
	struct vdev_device *dev;
	int ret;

	if (vdev_device_find(app->ctx, name, &dev))
		return app_fail_ctx(app);
	ret = check_told(app, dev);
	if (!ret)
		json_object_array_add(array, describe_whole(dev));
	vdev_device_unref(dev);
	return ret;
}

int aux_show(struct app *app)
{
	_auto_json_ json_object *mdevs = json_object_new_array();

	for (size_t i = 0; i < app->args.operand_count; i++)
		if (add_mdev(app, app->args.operands[i], mdevs))
			return -1;
	if (app->json)
		output_document(app->out.stream, mdevs);
	for (size_t i = 0; i < json_object_array_length(mdevs) && !app->json;
	     i++) {
		json_object *o = json_object_array_get_idx(mdevs, i);

		if (i)
			fputc('\n', app->out.stream);
		output_styled(&app->out, STYLE_BOLD,
			      output_get_string(o, "uuid"));
		fputc('\n', app->out.stream);
		output_lines(&app->out, show_lines, o);
	}
	return 0;
}

/* --- In sessions */

/* The device of the first operand, if a PASID of its parent isolates it. */
static struct held *take_aux(struct app *app)
{
	const struct object *device =
		session_get(app, app->args.operands[0], &held_type);
	struct held *d = device ? device->data : NULL;
	int isolation;

	if (!device)
		return NULL;
	isolation = vdev_file_isolation(d->file);
	if (isolation == VDEV_ISOLATION_IOMMU_PASID)
		return d;
	if (isolation < 0) {
		app_fail_ctx(app);
	} else {
		const char *name =
			vdev_isolation_name((enum vdev_isolation)isolation);

		app_fail(app, VDEV_ERROR_NOT_SUPPORTED,
			 "%s is isolated by %s, not by a PASID of a parent",
			 d->name, name ? name : "something else");
		app_hint(app, "'device attach' and 'device detach' are for any "
			      "device, 'pasid attach' for PASIDs of a device's "
			      "own");
	}
	return NULL;
}

int aux_attach(struct app *app)
{
	return take_aux(app) ? held_attach(app) : -1;
}

int aux_detach(struct app *app)
{
	return take_aux(app) ? held_detach(app) : -1;
}

int aux_pasid(struct app *app)
{
	_auto_json_ json_object *o = NULL;
	struct held *d = take_aux(app);
	int pasid = d ? vdev_file_isolation_pasid(d->file) : 0;

	if (!d)
		return -1;
	if (pasid < 0) {
		app_fail_ctx(app);
		app_fail(app, VDEV_ERROR_PERMISSION,
			 "the PASID of %s is told with CAP_SYS_ADMIN only",
			 d->name);
		return -1;
	}
	if (!app->json) {
		fprintf(app->out.stream, "%d\n", pasid);
		return 0;
	}
	o = json_object_new_object();
	output_add(o, "name",
		   output_string(app->args.operands[0] + 1)); /* without '$' */
	output_add(o, "device", output_string(d->name));
	output_add(o, "pasid", output_count(pasid));
	output_document(app->out.stream, o);
	return 0;
}
