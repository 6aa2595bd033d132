/* SPDX-License-Identifier: GPL-2.0-or-later */

/* vdevctl reset */

#include <libgen.h>
#include <stdio.h>

#include <libvdev/pci.h>

#include "app.h"
#include "opened.h"
#include "select.h"

/*
 * The devices of the command. Those that a session has open are so from the
 * start; the others are opened with the same iommufd or container.
 */
struct resets {
	struct app *app;
	struct opened *items;
	size_t count;
	struct vdev_iommu *iommu;
	json_object *results;
};

static void resets_clear(struct resets *r)
{
	for (size_t i = 0; i < r->count; i++)
		opened_clear(&r->items[i]);
	free(r->items);
	vdev_iommu_unref(r->iommu);
	json_object_put(r->results);
}

static void add_item(struct resets *r, struct opened item)
{
	for (size_t i = 0; i < r->count; i++)
		if (str_eq(vdev_device_address(r->items[i].dev),
			   vdev_device_address(item.dev))) {
			opened_clear(&item);
			return;
		}
	r->items = x_realloc(r->items, r->count + 1, sizeof(item));
	r->items[r->count++] = item;
}

static int add_operand(struct resets *r, const char *operand)
{
	_auto_selection_ struct selection s = { 0 };
	struct opened o = { 0 };

	if (open_is_held(r->app, operand)) {
		if (open_known_operand(r->app, operand, &o))
			return -1;
		if (!r->iommu)
			r->iommu = vdev_iommu_ref(o.iommu);
		add_item(r, o);
		return 0;
	}
	if (selection_add(r->app, &s, operand))
		return -1;
	for (size_t i = 0; i < s.count; i++)
		add_item(r, (struct opened){
				    .dev = vdev_device_ref(s.devices[i]) });
	return 0;
}

/* Of a reset alone there is no set. */
static size_t member_count(json_object *set)
{
	return set ? json_object_array_length(set) : 0;
}

static void add_result(struct resets *r, struct vdev_device *dev,
		       json_object *set, bool done)
{
	json_object *o = json_object_new_object();

	output_add(o, "address", output_string(vdev_device_address(dev)));
	output_add(o, "methods",
		   output_strings(vdev_device_reset_methods(dev)));
	output_add(o, "reset_set", set);
	output_add(o, "done", json_object_new_boolean(done));
	json_object_array_add(r->results, o);
}

/* --- Alone */

static int reset_alone(struct resets *r, struct opened *o)
{
	int error = 0;

	if (!o->file && open_device(r->app, o->dev, &r->iommu, &o->file))
		return -1;
	if (vdev_file_reset(o->file))
		error = app_fail_ctx(r->app);
	/* Nothing is kept open for longer than it takes. */
	if (!o->held)
		o->file = vdev_file_unref(o->file);
	if (!error)
		add_result(r, o->dev, NULL, true);
	return error;
}

/* Opening resets a device, so that a dry run opens none. */
static int check_alone(struct resets *r, struct vdev_device *dev)
{
	const char *const *methods = vdev_device_reset_methods(dev);

	if (open_check_driver(r->app, dev))
		return -1;
	if (str_eq(vdev_device_bus(dev), "pci") && (!methods || !*methods)) {
		app_fail(r->app, VDEV_ERROR_NOT_SUPPORTED,
			 "%s cannot be reset alone: it has no method for that",
			 vdev_device_address(dev));
		return app_hint(r->app, "a hot reset may do: --hot");
	}
	add_result(r, dev, NULL, false);
	return 0;
}

/* --- With its bus */

static int refuse_set(struct resets *r, struct vdev_device *dev,
		      json_object *set)
{
	for (size_t i = 0; i < member_count(set); i++) {
		json_object *member = json_object_array_get_idx(set, i);
		const char *driver = output_get_string(member, "driver");
		const char *address = output_get_string(member, "address");

		if (json_object_get_boolean(
			    json_object_object_get(member, "owned")))
			continue;
		app_fail(r->app, VDEV_ERROR_IN_USE,
			 "a hot reset of %s resets %s too, which is %s%s",
			 vdev_device_address(dev), address,
			 driver ? "bound to " : "not bound to a VFIO driver",
			 driver ? driver : "");
		return app_hint(r->app,
				"all of them have to be bound to a VFIO driver "
				"and named here: vdevctl reset --hot %s %s",
				vdev_device_address(dev), address);
	}
	return 0;
}

/* Whether an earlier reset did it already. */
static bool is_done(const struct resets *r, const char *address)
{
	for (size_t i = 0; i < json_object_array_length(r->results); i++) {
		json_object *set = json_object_object_get(
			json_object_array_get_idx(r->results, i), "reset_set");

		for (size_t j = 0; j < member_count(set); j++)
			if (str_eq(output_get_string(
					   json_object_array_get_idx(set, j),
					   "address"),
				   address))
				return true;
	}
	return false;
}

static int reset_bus(struct resets *r, const struct opened *o)
{
	json_object *set = opened_reset_set(r->app, o);
	int error;

	if (!set)
		return -1;
	error = refuse_set(r, o->dev, set);
	if (!error && vdev_file_hot_reset(o->file, NULL, 0))
		error = app_fail_ctx(r->app);
	add_result(r, o->dev, set, !error);
	return error;
}

/* --- With its bus, without opening */

/* Named, or in the group of one that is. */
static bool is_covered(const struct resets *r, struct vdev_device *dev)
{
	for (size_t i = 0; i < r->count; i++) {
		struct vdev_device *named = r->items[i].dev;

		if (str_eq(vdev_device_address(named),
			   vdev_device_address(dev)) ||
		    vdev_device_iommu_group(named) ==
			    vdev_device_iommu_group(dev))
			return true;
	}
	return false;
}

static json_object *guessed_member(const struct resets *r,
				   struct vdev_device *dev)
{
	json_object *o = json_object_new_object();

	output_add(o, "address", output_string(vdev_device_address(dev)));
	output_add(o, "driver", output_string(vdev_device_driver(dev)));
	output_add(o, "iommu_group",
		   output_count(vdev_device_iommu_group(dev)));
	output_add(o, "device_id", NULL);
	output_add(o, "owned",
		   json_object_new_boolean(vdev_device_is_vfio(dev) &&
					   is_covered(r, dev)));
	return o;
}

/* All functions behind the bridge: what the kernel resets is among them. */
static int guess_set(struct resets *r, struct vdev_device *dev,
		     json_object **ret)
{
	_auto_free_ char *path = x_strdup(vdev_device_syspath(dev));
	_auto_free_ char *bridge = x_asprintf("%s/", dirname(path));
	struct vdev_device_list *list;
	struct vdev_device *other;
	size_t i;

	if (vdev_device_list_new(r->app->ctx, NULL, &list) < 0)
		return app_fail_ctx(r->app);
	*ret = json_object_new_array();
	vdev_device_list_foreach(list, i, other)
		if (str_starts(vdev_device_syspath(other), bridge) &&
		    str_eq(vdev_device_bus(other), "pci"))
			json_object_array_add(*ret, guessed_member(r, other));
	vdev_device_list_free(list);
	return 0;
}

/* Of the root bus there is no bridge that could do it. */
static bool has_bridge(struct vdev_device *dev)
{
	_auto_free_ char *path = x_strdup(vdev_device_syspath(dev));

	return !str_starts(basename(dirname(path)), "pci");
}

static int check_bus(struct resets *r, struct vdev_device *dev)
{
	const char *address = vdev_device_address(dev);
	json_object *set = NULL;
	int error;

	if (open_check_driver(r->app, dev))
		return -1;
	if (!str_eq(vdev_device_bus(dev), "pci"))
		return app_fail(r->app, VDEV_ERROR_NOT_SUPPORTED,
				"%s has no hot reset: it is no PCI function",
				address);
	if (!has_bridge(dev))
		return app_fail(r->app, VDEV_ERROR_NOT_SUPPORTED,
				"%s has no bus that can be reset: it is on a "
				"root bus",
				address);
	if (guess_set(r, dev, &set))
		return -1;
	error = refuse_set(r, dev, set);
	add_result(r, dev, set, false);
	return error;
}

/* --- All of them */

static int reset_one(struct resets *r, struct opened *o)
{
	bool hot = option_given(r->app, "hot");

	if (hot && is_done(r, vdev_device_address(o->dev)))
		return 0;
	if (r->app->dry_run)
		return hot ? check_bus(r, o->dev) : check_alone(r, o->dev);
	return hot ? reset_bus(r, o) : reset_alone(r, o);
}

/* A hot reset asks for all that is reset to be open. */
static int open_all(struct resets *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (!r->items[i].file &&
		    open_device(r->app, r->items[i].dev, &r->iommu,
				&r->items[i].file))
			return -1;
	return 0;
}

static void print_result(struct app *app, json_object *result)
{
	json_object *set = json_object_object_get(result, "reset_set");
	bool done =
		json_object_get_boolean(json_object_object_get(result, "done"));
	const char *address = output_get_string(result, "address");
	_auto_free_ char *methods = output_expand("{methods}", result);

	if (!done && !app->dry_run)
		fprintf(app->out.stream, "%s: not reset\n", address);
	else if (set)
		fprintf(app->out.stream, "%s: %s with its bus or slot\n",
			address, done ? "reset" : "would be reset");
	else
		fprintf(app->out.stream, "%s: %s (%s)\n", address,
			done ? "reset" : "would be reset", methods);
	for (size_t i = 0; i < member_count(set); i++) {
		_auto_free_ char *text = output_expand(
			"{address}, {driver:driver}[, group {iommu_group}]"
			", owned: {owned}",
			json_object_array_get_idx(set, i));

		fprintf(app->out.stream, "  %s\n", text);
	}
}

static void report(struct resets *r)
{
	struct app *app = r->app;
	_auto_json_ json_object *document = json_object_new_object();

	output_add(document, "dry_run", json_object_new_boolean(app->dry_run));
	output_add(document, "hot",
		   json_object_new_boolean(option_given(app, "hot")));
	output_add(document, "results", json_object_get(r->results));
	if (app->json) {
		output_document(app->out.stream, document);
		return;
	}
	for (size_t i = 0;
	     i < json_object_array_length(r->results) && !app->quiet; i++)
		print_result(app, json_object_array_get_idx(r->results, i));
}

/* What was done before the failure stands. */
static int report_failure(struct resets *r, size_t done)
{
	struct failure *f = &r->app->failure;

	if (json_object_array_length(r->results))
		report(r);
	if (done)
		f->kind = VDEV_ERROR_PARTIAL;
	return -1;
}

static int reset_all(struct resets *r)
{
	const struct arguments *args = &r->app->args;

	for (size_t i = 0; i < args->operand_count; i++)
		if (add_operand(r, args->operands[i]))
			return -1;
	r->app->several = r->count > 1;
	if (option_given(r->app, "hot") && !r->app->dry_run && open_all(r))
		return -1;
	for (size_t i = 0; i < r->count; i++)
		if (reset_one(r, &r->items[i]))
			return report_failure(r, r->app->dry_run ? 0 : i);
	report(r);
	return 0;
}

int reset_reset(struct app *app)
{
	struct resets r = { .app = app, .results = json_object_new_array() };
	int error = reset_all(&r);

	resets_clear(&r);
	return error;
}
