/* SPDX-License-Identifier: GPL-2.0-or-later */

/* vdevctl sriov: how many VFs there are, and whose. */

#include <errno.h>

#include "app.h"
#include "bind.h"
#include "select.h"

const char *const *sriov_switch(void)
{
	/* The index is the switch's value. */
	static const char *const words[] = { "off", "on", NULL };

	return words;
}

/* The one device of the first operand. Return: 0, or -1 after app_fail(). */
static int find_pf(struct app *app, struct vdev_device **ret)
{
	const char *name = app->args.operands[0];
	struct vdev_device *dev;
	int total;

	if (vdev_device_find(app->ctx, name, &dev))
		return app_fail_ctx(app);
	total = vdev_device_sriov_totalvfs(dev);
	if (total >= 0) {
		*ret = dev;
		return 0;
	}
	if (total != -ENODATA)
		app_fail_ctx(app);
	else
		app_fail(app, VDEV_ERROR_NOT_SUPPORTED,
			 "%s has no SR-IOV capability",
			 vdev_device_address(dev));
	if (vdev_device_physfn(dev))
		app_hint(app, "it is a VF of %s", vdev_device_physfn(dev));
	vdev_device_unref(dev);
	return -1;
}

/* --- list and show */

static json_object *describe_short(struct vdev_device *pf)
{
	json_object *o = json_object_new_object();
	int id = vdev_device_sriov_vf_device(pf);

	output_add(o, "address", output_string(vdev_device_address(pf)));
	output_add(o, "driver", output_string(vdev_device_driver(pf)));
	output_add(o, "device_name",
		   output_string(vdev_device_device_name(pf)));
	output_add(o, "sriov_totalvfs",
		   output_count(vdev_device_sriov_totalvfs(pf)));
	output_add(o, "sriov_numvfs",
		   output_count(vdev_device_sriov_numvfs(pf)));
	output_add(o, "sriov_drivers_autoprobe",
		   output_flag(vdev_device_sriov_autoprobe(pf)));
	output_add(o, "vf_device_id",
		   id < 0 ? NULL : output_hex((uint64_t)id, 4));
	return o;
}

static json_object *describe_vf(struct vdev_device *vf, int number)
{
	json_object *o = json_object_new_object();

	output_add(o, "number", output_count(number));
	output_add(o, "address", output_string(vdev_device_address(vf)));
	output_add(o, "driver", output_string(vdev_device_driver(vf)));
	output_add(o, "driver_override",
		   output_string(vdev_device_driver_override(vf)));
	output_add(o, "iommu_group", output_count(vdev_device_iommu_group(vf)));
	output_add(o, "msix_vectors",
		   output_count(vdev_device_msix_vectors(vf)));
	output_add(o, "vfio_cdev", output_string(vdev_device_vfio_cdev(vf)));
	output_add(o, "vfio_group", output_string(vdev_device_vfio_group(vf)));
	return o;
}

static json_object *describe_vfs(struct app *app, struct vdev_device *pf)
{
	json_object *array = json_object_new_array();
	const char *const *vfs = vdev_device_virtfns(pf);
	struct vdev_device *vf;

	for (int i = 0; vfs && vfs[i]; i++)
		if (!vdev_device_find(app->ctx, vfs[i], &vf)) {
			json_object_array_add(array, describe_vf(vf, i));
			vdev_device_unref(vf);
		}
	return array;
}

/* Whether VFs are allowed, which vfio-pci alone asks. */
static int enabled(struct app *app, struct vdev_device *pf)
{
	return str_eq(vdev_device_driver(pf), "vfio-pci")
		       ? vdev_sriov_enabled(app->ctx)
		       : -ENODATA;
}

static json_object *describe_pf(struct app *app, struct vdev_device *pf)
{
	json_object *o = describe_short(pf);

	output_add(o, "sriov_offset",
		   output_count(vdev_device_sriov_offset(pf)));
	output_add(o, "sriov_stride",
		   output_count(vdev_device_sriov_stride(pf)));
	output_add(o, "sriov_vf_total_msix",
		   output_count(vdev_device_sriov_total_msix(pf)));
	output_add(o, "enable_sriov", output_flag(enabled(app, pf)));
	/* What the kernel sets as driver_override of new VFs. */
	output_add(o, "vf_driver_override",
		   output_string(vdev_device_is_vfio(pf) ? "vfio-pci" : NULL));
	output_add(o, "vfs", describe_vfs(app, pf));
	return o;
}

static const struct line lines[] = {
	{ "driver", "{driver}", NULL, 0 },
	{ "VFs", "{sriov_numvfs} of {sriov_totalvfs}", NULL, 0 },
	{ "VFs' device id", "{vf_device_id}", NULL, LINE_OPTIONAL },
	{ "autoprobe", "{sriov_drivers_autoprobe}", NULL, 0 },
	{ "enable_sriov", "{enable_sriov}", NULL, LINE_OPTIONAL },
	{ "VFs' override", "{vf_driver_override}, set by the kernel", NULL,
	  LINE_OPTIONAL },
	{ "routing ids", "from {sriov_offset} on, every {sriov_stride}", NULL,
	  LINE_OPTIONAL },
	{ "MSI-X of VFs", "{sriov_vf_total_msix} to share out", NULL,
	  LINE_OPTIONAL },
	{ "VF",
	  "{number}: {address}[ {driver}][, group {iommu_group}]"
	  "[, {msix_vectors} MSI-X vectors][, {vfio_cdev}][, {vfio_group}]",
	  "vfs", LINE_OPTIONAL },
	{ NULL, NULL, NULL, 0 },
};

int sriov_show(struct app *app)
{
	_auto_json_ json_object *o = NULL;
	struct vdev_device *pf = NULL;

	if (find_pf(app, &pf))
		return -1;
	o = describe_pf(app, pf);
	vdev_device_unref(pf);
	if (app->json) {
		output_document(app->out.stream, o);
		return 0;
	}
	output_styled(&app->out, STYLE_BOLD, output_get_string(o, "address"));
	fputc('\n', app->out.stream);
	output_lines(&app->out, lines, o);
	return 0;
}

static const struct column columns[] = {
	{ "PF", NULL, false },	      { "DRIVER", NULL, false },
	{ "VFS", NULL, true },	      { "MOST", NULL, true },
	{ "AUTOPROBE", NULL, false }, { "NAME", NULL, false },
};

static const char *const keys[] = {
	"address",
	"driver",
	"sriov_numvfs",
	"sriov_totalvfs",
	"sriov_drivers_autoprobe",
	"device_name",
};

int sriov_list(struct app *app)
{
	_auto_json_ json_object *pfs = json_object_new_array();
	struct vdev_filter *filter;
	struct vdev_device_list *list = NULL;
	struct vdev_device *pf;
	size_t i;
	int ret;

	if (option_check_header(app))
		return -1;
	ret = vdev_filter_new(app->ctx, &filter);
	if (ret)
		return app_fail_ctx(app);
	ret = vdev_filter_add(filter, "pf");
	if (!ret)
		ret = vdev_device_list_new(app->ctx, filter, &list);
	vdev_filter_free(filter);
	if (ret < 0)
		return app_fail_ctx(app);
	vdev_device_list_foreach(list, i, pf)
		json_object_array_add(pfs, describe_short(pf));
	vdev_device_list_free(list);
	app_print_list(app, pfs, columns, keys, ARRAY_SIZE(keys),
		       "there is no device with an SR-IOV capability");
	return 0;
}

/* --- set and clear */

/* A whole number that stands alone. Return: 0, or -1. */
static int parse_number(const char *text, unsigned int *ret)
{
	size_t digits = strspn(text, "0123456789");

	if (!digits || text[digits] || digits > 5)
		return -1;
	*ret = (unsigned int)strtoul(text, NULL, 10);
	return 0;
}

/* "VF=VECTORS" */
static int apply_msix(struct app *app, struct vdev_plan *plan)
{
	const char *value;
	size_t at = 0;

	while ((value = option_next(app, "msix", &at))) {
		_auto_free_ char *copy = x_strdup(value);
		char *count = strchr(copy, '=');
		unsigned int vf, vectors;

		if (count)
			*count++ = '\0';
		if (!count || parse_number(copy, &vf) ||
		    parse_number(count, &vectors))
			return app_fail(app, VDEV_ERROR_INVALID,
					"--msix: '%s' is not VF=VECTORS, two "
					"numbers",
					value);
		if (vdev_plan_set_vf_msix(plan, vf, vectors))
			return app_fail_ctx(app);
	}
	return 0;
}

static int apply_options(struct app *app, struct vdev_plan *plan)
{
	int autoprobe = option_word(app, "autoprobe");
	bool native = str_eq(option_value(app, "driver"), "default");

	if (autoprobe < -1 || bind_apply_options(app, plan))
		return -1;
	/* There "default" was taken for a driver's name. */
	if (native &&
	    (vdev_plan_set_driver(plan, NULL) || vdev_plan_set_vf_native(plan)))
		return app_fail_ctx(app);
	if (autoprobe >= 0 && vdev_plan_set_vf_autoprobe(plan, autoprobe))
		return app_fail_ctx(app);
	if (option_given(app, "enable") && vdev_plan_enable_sriov(plan))
		return app_fail_ctx(app);
	return apply_msix(app, plan);
}

static void add_counts(struct vdev_plan *plan, json_object *document)
{
	struct vdev_device *pf = vdev_plan_device(plan, 0);
	json_object *o = json_object_new_object();

	output_add(o, "address", output_string(vdev_device_address(pf)));
	output_add(o, "sriov_numvfs_before",
		   output_count(vdev_plan_vfs_before(plan)));
	output_add(o, "sriov_numvfs",
		   output_count(vdev_device_sriov_numvfs(pf)));
	output_add(o, "sriov_drivers_autoprobe",
		   output_flag(vdev_device_sriov_autoprobe(pf)));
	output_add(document, "pf", o);
}

static const char *pf_template(const char *outcome)
{
	static const struct {
		const char *outcome;
		const char *template;
	} texts[] = {
		{ "done", "{address}: {sriov_numvfs} VFs (was "
			  "{sriov_numvfs_before})" },
		{ "unchanged", "{address}: {sriov_numvfs} VFs already" },
		{ "rolled-back",
		  "{address}: rolled back to {sriov_numvfs} VFs[; {reason}]" },
		{ "pending", "{address}: {reason}" },
		{ "gone", "{address}: gone[: {reason}]" },
		{ "broken", "{address}: neither changed nor rolled back, "
			    "{sriov_numvfs} VFs[: {reason}]" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (str_eq(texts[i].outcome, outcome))
			return texts[i].template;
	return "{address}: {sriov_numvfs} VFs as before";
}

/* Those that are as wanted, and the one that failed. */
static const char *vf_template(const char *outcome)
{
	if (str_eq(outcome, "done") || str_eq(outcome, "unchanged"))
		return "{address}: {driver:driver}[, {vfio_cdev}]"
		       "[, {vfio_group}]";
	return str_eq(outcome, "failed") ? "{address}: failed[: {reason}]"
					 : NULL;
}

static void print_outcome(struct app *app, json_object *document)
{
	json_object *devices = json_object_object_get(document, "devices");
	json_object *first = json_object_array_get_idx(devices, 0);
	json_object *pf = json_object_object_get(document, "pf");
	_auto_free_ char *line = NULL;

	json_object_object_add(
		pf, "reason",
		json_object_get(json_object_object_get(first, "reason")));
	line = output_expand(pf_template(output_get_string(first, "outcome")),
			     pf);
	fprintf(app->out.stream, "%s\n", line);
	for (size_t i = 1; i < json_object_array_length(devices); i++) {
		json_object *o = json_object_array_get_idx(devices, i);
		const char *template =
			vf_template(output_get_string(o, "outcome"));
		_auto_free_ char *text =
			template ? output_expand(template, o) : NULL;

		if (text)
			fprintf(app->out.stream, "%s\n", text);
	}
}

static int run(struct app *app, unsigned int count)
{
	struct vdev_plan *plan = NULL;
	struct vdev_device *pf = NULL;
	int ret;

	if (find_pf(app, &pf))
		return -1;
	ret = vdev_plan_new(app->ctx, VDEV_ACTION_SRIOV, &plan);
	if (!ret) {
		ret = vdev_plan_add(plan, pf);
		if (!ret)
			ret = vdev_plan_set_vf_count(plan, count);
		if (ret)
			vdev_plan_free(plan);
	}
	vdev_device_unref(pf);
	if (ret)
		return app_fail_ctx(app);
	ret = apply_options(app, plan);
	if (!ret)
		ret = bind_run_plan(app, plan, add_counts, print_outcome);
	vdev_plan_free(plan);
	return ret;
}

int sriov_set(struct app *app)
{
	const char *text = app->args.operands[1];
	unsigned int count;

	if (!parse_number(text, &count))
		return run(app, count);
	app_fail(app, VDEV_ERROR_INVALID, "'%s' is no number of VFs", text);
	return app_hint(app,
			"'vdevctl sriov show %s' tells how many there "
			"can be",
			app->args.operands[0]);
}

int sriov_clear(struct app *app)
{
	return run(app, 0);
}
