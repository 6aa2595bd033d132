/* SPDX-License-Identifier: GPL-2.0-or-later */

/* vdevctl iommu info, iommu ranges, memlock */

#include <stdio.h>

#include "app.h"
#include "numbers.h"
#include "opened.h"
#include "select.h"

static json_object *start_document(const struct opened *o)
{
	json_object *document = json_object_new_object();
	uint32_t id;

	output_add(document, "address", output_string(o->name));
	output_add(document, "backend", opened_backend(o));
	output_add(document, "device_id",
		   vdev_file_device_id(o->file, &id)
			   ? NULL
			   : json_object_new_int64(id));
	return document;
}

static void print(struct app *app, const struct line *lines,
		  json_object *document)
{
	if (app->json) {
		output_document(app->out.stream, document);
		return;
	}
	output_styled(&app->out, STYLE_BOLD,
		      output_get_string(document, "address"));
	fputc('\n', app->out.stream);
	output_lines(&app->out, lines, document);
}

int iommu_info(struct app *app)
{
	static const struct line lines[] = {
		{ "backend", "{backend}[, device id {device_id}]", NULL, 0 },
		{ "IOMMU", "{iommu.type}", NULL, 0 },
		{ "capabilities", "{iommu.capabilities}", NULL, 0 },
		{ "PASID", "{iommu.pasid_width} bits", NULL, 0 },
		{ "facts", "{name} {value}", "iommu.facts", 0 },
		{ NULL, NULL, NULL, 0 },
	};
	_auto_opened_ struct opened o = { 0 };
	_auto_json_ json_object *document = NULL;
	json_object *hw;

	if (open_operand(app, app->args.operands[0], &o) ||
	    opened_hw_info(app, &o, &hw))
		return -1;
	document = start_document(&o);
	output_add(document, "iommu", hw);
	print(app, lines, document);
	if (hw)
		return 0;
	app_fail(app, VDEV_ERROR_NOT_SUPPORTED,
		 "nothing is told of the IOMMU of %s", o.name);
	return app_hint(app, "only an iommufd tells, of a device that is "
			     "opened by cdev and has an IOMMU: --backend "
			     "iommufd, Linux 6.7 or later");
}

int iommu_ranges(struct app *app)
{
	static const struct line lines[] = {
		{ "backend", "{backend}[, device id {device_id}]", NULL, 0 },
		{ "aligned to", "{iova.alignment:bytes}", NULL, 0 },
		{ "ranges", "{first} to {last}", "iova.ranges", 0 },
		{ NULL, NULL, NULL, 0 },
	};
	_auto_opened_ struct opened o = { 0 };
	_auto_json_ json_object *document = NULL;
	json_object *iova;

	if (open_operand(app, app->args.operands[0], &o))
		return -1;
	if (o.held) {
		app_fail(app, VDEV_ERROR_INVALID,
			 "asking for the ranges would move %s to another "
			 "address space",
			 app->args.operands[0]);
		return app_hint(app, "'ioas ranges' tells those of the address "
				     "space that it is attached to");
	}
	iova = opened_iova(app, &o);
	if (!iova)
		return -1;
	document = start_document(&o);
	output_add(document, "iova", iova);
	print(app, lines, document);
	return 0;
}

/* --- memlock */

struct need {
	uint64_t memory;
	unsigned int spaces;
	uint64_t limit;
};

static int add_need(struct app *app, json_object *array,
		    enum vdev_iommu_kind kind, const struct need *need)
{
	json_object *o;
	uint64_t bytes;

	if (vdev_memlock_estimate(app->ctx, kind, need->spaces, need->memory,
				  &bytes))
		return app_fail_ctx(app);
	o = json_object_new_object();
	output_add(o, "backend", output_string(vdev_iommu_kind_name(kind)));
	output_add(o, "required", json_object_new_uint64(bytes));
	output_add(o, "sufficient",
		   json_object_new_boolean(need->limit >= bytes));
	json_object_array_add(array, o);
	return 0;
}

static json_object *memlock_document(struct app *app, const struct selection *s,
				     const struct need *need)
{
	json_object *document = json_object_new_object();
	json_object *devices = json_object_new_array();
	json_object *backends = json_object_new_array();
	bool unlimited = need->limit == UINT64_MAX;

	for (size_t i = 0; i < s->count; i++)
		json_object_array_add(
			devices,
			output_string(vdev_device_address(s->devices[i])));
	output_add(document, "devices", devices);
	output_add(document, "memory", json_object_new_uint64(need->memory));
	output_add(document, "spaces", json_object_new_int64(need->spaces));
	output_add(document, "limit",
		   unlimited ? NULL : json_object_new_uint64(need->limit));
	output_add(document, "backends", backends);
	for (int kind = VDEV_IOMMU_IOMMUFD; kind <= VDEV_IOMMU_COMPAT; kind++)
		if (add_need(app, backends, (enum vdev_iommu_kind)kind, need)) {
			json_object_put(document);
			return NULL;
		}
	return document;
}

static void print_memlock(struct app *app, json_object *document)
{
	static const struct line lines[] = {
		{ "devices", "{devices}", NULL, 0 },
		{ "memory",
		  "{memory:bytes} ({memory}) in {spaces} address "
		  "spaces",
		  NULL, 0 },
		{ "needed",
		  "{required:bytes} ({required}) by {backend}, "
		  "within the limit: {sufficient}",
		  "backends", 0 },
		{ NULL, NULL, NULL, 0 },
	};
	_auto_free_ char *limit =
		output_expand("[{limit:bytes} ({limit})]", document);

	output_lines(&app->out, lines, document);
	fprintf(app->out.stream, "  limit    %s\n", *limit ? limit : "none");
}

int iommu_memlock(struct app *app)
{
	_auto_selection_ struct selection s = { 0 };
	_auto_json_ json_object *document = NULL;
	struct need need = { .spaces = 1 };

	if (!option_given(app, "memory")) {
		app_fail(app, VDEV_ERROR_INVALID, "--memory is missing");
		return app_hint(app, "how much is to be mapped, such as "
				     "--memory 16G");
	}
	if (option_size(app, "memory", &need.memory) ||
	    selection_add_operands(app, &s))
		return -1;
	if (option_given(app, "viommu"))
		need.spaces = (unsigned int)s.count;
	if (vdev_memlock_limit(app->ctx, &need.limit))
		return app_fail_ctx(app);
	document = memlock_document(app, &s, &need);
	if (!document)
		return -1;
	if (app->json)
		output_document(app->out.stream, document);
	else
		print_memlock(app, document);
	return 0;
}
