/* SPDX-License-Identifier: GPL-2.0-or-later */

/* vdevctl list, vdevctl show */

#include "app.h"
#include "fields.h"
#include "opened.h"
#include "select.h"
#include "text.h"

#define MOST_COLUMNS 64

const char *const *device_columns(void)
{
	static const char *words[MOST_COLUMNS + 1];
	size_t count = 0;

	for (const struct field *f = fields; f->key && count < MOST_COLUMNS;
	     f++)
		if (f->flags & FIELD_COLUMN)
			words[count++] = f->key;
	words[count] = NULL;
	return words;
}

/* Columns by name, or what to sort by. */
struct choice {
	const struct field *fields[MOST_COLUMNS];
	bool descending[MOST_COLUMNS];
	size_t count;
};

static int unknown_column(struct app *app, const char *option, const char *name)
{
	const char *const *words = device_columns();
	const char *nearest = text_nearest(name, words, words_count(words));

	app_fail(app, VDEV_ERROR_INVALID, "--%s: there is no column '%s'",
		 option, name);
	if (nearest)
		app_hint(app, "did you mean '%s'?", nearest);
	return app_hint(app, "'vdevctl list --columns all' shows all there "
			     "are");
}

static void choose_flagged(struct choice *choice, unsigned int flag)
{
	for (const struct field *f = fields; f->key; f++)
		if (f->flags & flag && choice->count < MOST_COLUMNS)
			choice->fields[choice->count++] = f;
}

static int choose_one(struct app *app, struct choice *choice,
		      const char *option, const char *name, bool sorting)
{
	bool descending = sorting && *name == '-';
	const struct field *field = field_column(name + descending);

	if (!sorting && str_eq(name, "all")) {
		choose_flagged(choice, FIELD_COLUMN);
		return 0;
	}
	if (!field)
		return unknown_column(app, option, name);
	if (choice->count == MOST_COLUMNS)
		return app_fail(app, VDEV_ERROR_INVALID,
				"--%s: too many columns", option);
	choice->descending[choice->count] = descending;
	choice->fields[choice->count++] = field;
	return 0;
}

static int choose(struct app *app, const char *option, bool sorting,
		  struct choice *choice)
{
	const char *value = option_value(app, option);
	_auto_free_ char *copy = value ? x_strdup(value) : NULL;
	char *rest = copy, *name;

	while (rest && (name = strsep(&rest, ",")))
		if (choose_one(app, choice, option, name, sorting))
			return -1;
	return 0;
}

/* --- Sorting */

struct sortable {
	struct vdev_device *dev;
	size_t place; /* to keep the order of equals */
	json_object *keys[MOST_COLUMNS];
};

static int compare_values(json_object *a, json_object *b)
{
	int64_t x, y;

	if (!json_object_is_type(a, json_type_int) ||
	    !json_object_is_type(b, json_type_int))
		return strcmp(json_object_get_string(a),
			      json_object_get_string(b));
	x = json_object_get_int64(a);
	y = json_object_get_int64(b);
	return (x > y) - (x < y);
}

static int compare(const void *a, const void *b, void *data)
{
	const struct sortable *x = a, *y = b;
	const struct choice *by = data;

	for (size_t i = 0; i < by->count; i++) {
		json_object *k = x->keys[i], *l = y->keys[i];
		int order;

		if (!k || !l)
			order = !k - !l;
		else if (by->descending[i])
			order = compare_values(l, k);
		else
			order = compare_values(k, l);
		if (order)
			return order;
	}
	return (x->place > y->place) - (x->place < y->place);
}

static void sort(struct vdev_device **devices, size_t count, struct choice *by)
{
	_auto_free_ struct sortable *items = x_alloc(count, sizeof(*items));

	for (size_t i = 0; i < count; i++) {
		items[i].dev = devices[i];
		items[i].place = i;
		for (size_t j = 0; j < by->count; j++)
			items[i].keys[j] = by->fields[j]->get(devices[i]);
	}
	qsort_r(items, count, sizeof(*items), compare, by);
	for (size_t i = 0; i < count; i++) {
		devices[i] = items[i].dev;
		for (size_t j = 0; j < by->count; j++)
			json_object_put(items[i].keys[j]);
	}
}

/* --- list */

static void print_table(struct app *app, struct vdev_device **devices,
			size_t count, const struct choice *chosen)
{
	struct column columns[MOST_COLUMNS];
	struct table *table;

	for (size_t i = 0; i < chosen->count; i++)
		columns[i] = (struct column){
			.header = chosen->fields[i]->header,
			.style = chosen->fields[i]->style,
			.right = chosen->fields[i]->flags & FIELD_RIGHT,
		};
	table = table_new(columns, chosen->count);
	/* A device's attributes together: its directory is opened once. */
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < chosen->count; j++)
			table_add(table, chosen->fields[j]->get(devices[i]));
	table_print(table, &app->out, !option_given(app, "no-header"));
	table_free(table);
}

static void print_documents(struct app *app, struct vdev_device **devices,
			    size_t count)
{
	_auto_json_ json_object *array = json_object_new_array();

	for (size_t i = 0; i < count; i++)
		json_object_array_add(array,
				      field_document(devices[i], FIELD_LIST));
	output_document(app->out.stream, array);
}

static int print_list(struct app *app, const struct vdev_device_list *list,
		      struct choice *columns, struct choice *keys)
{
	size_t count = vdev_device_list_count(list);
	_auto_free_ struct vdev_device **devices =
		x_alloc(count, sizeof(struct vdev_device *));

	for (size_t i = 0; i < count; i++)
		devices[i] = vdev_device_list_get(list, i);
	if (keys->count)
		sort(devices, count, keys);
	if (app->json)
		print_documents(app, devices, count);
	else if (count)
		print_table(app, devices, count, columns);
	return 0;
}

int device_list(struct app *app)
{
	struct choice columns = { .count = 0 }, keys = { .count = 0 };
	struct vdev_device_list *list;
	int ret;

	if (app->json &&
	    (option_given(app, "columns") || option_given(app, "no-header")))
		return app_fail(app, VDEV_ERROR_INVALID,
				"--columns and --no-header shape text; a JSON "
				"document always has the same keys");
	if (choose(app, "columns", false, &columns) ||
	    choose(app, "sort", true, &keys))
		return -1;
	if (!columns.count)
		choose_flagged(&columns, FIELD_DEFAULT);
	if (select_filtered(app, &list))
		return -1;
	ret = print_list(app, list, &columns, &keys);
	vdev_device_list_free(list);
	return ret;
}

/* --- show */

#define LINES_VFIO                                                        \
	{ "driver", "{driver}", NULL, 0 },                                \
		{ "override", "{driver_override}", NULL, 0 },             \
		{ "VFIO nodes", "{path}, owner {uid}:{gid}, mode {mode}", \
		  "nodes", 0 },                                           \
		{ "IOMMU group",                                          \
		  "{group.group}[, type {group.type}], viable: "          \
		  "{group.viable}",                                       \
		  NULL, 0 },                                              \
		{ "members", "{address}[ ({driver})]", "group.members",   \
		  LINE_OPTIONAL },                                        \
	{                                                                 \
		"reserved", "{first} to {last}, {type}",                  \
			"group.reserved_regions", LINE_OPTIONAL           \
	}

/* What only an open device tells; null unless it was opened. */
#define LINES_OPEN                                                             \
	{ "opened by", "{open.backend}[, device id {open.device_id}]", NULL,   \
	  LINE_OPTIONAL },                                                     \
		{ "regions", "{index}[ {name}]: {size:bytes}, {access}",       \
		  "open.regions", LINE_OPTIONAL },                             \
		{ "interrupts", "{index}[ {name}]: {count}",                   \
		  "open.interrupts", LINE_OPTIONAL },                          \
		{ "isolation", "{open.isolation}[, PASID {open.pasid}]", NULL, \
		  LINE_OPTIONAL },                                             \
		{ "features", "{open.features.name}", NULL, LINE_OPTIONAL },   \
		{ "atomics", "{open.atomics} bytes", NULL, LINE_OPTIONAL },    \
		{ "reset alone", "{open.reset}", NULL, LINE_OPTIONAL },        \
		{ "hot reset", "{address}, {driver:driver}", "open.reset_set", \
		  LINE_OPTIONAL },                                             \
		{ "IOMMU",                                                     \
		  "{open.iommu.type}[, {open.iommu.capabilities}]"             \
		  "[, {open.iommu.pasid_width} bits of PASID]",                \
		  NULL, LINE_OPTIONAL },                                       \
		{ "facts", "{name} {value}", "open.iommu.facts",               \
		  LINE_OPTIONAL },                                             \
		{ "IOVA", "{first} to {last}", "open.iova.ranges",             \
		  LINE_OPTIONAL },                                             \
	{                                                                      \
		"aligned to", "{open.iova.alignment:bytes}", NULL,             \
			LINE_OPTIONAL                                          \
	}

static const struct line pci_lines[] = {
	{ "class", "{class_name} ({class})", NULL, 0 },
	{ "id",
	  "{vendor_id}:{device_id}[, subsystem "
	  "{subsystem_vendor_id}:{subsystem_device_id}][, revision "
	  "{revision}]",
	  NULL, 0 },
	{ "sysfs", "{syspath}", NULL, 0 },
	{ "parent", "{parent}", NULL, LINE_OPTIONAL },
	{ "NUMA node", "{numa_node}", NULL, LINE_OPTIONAL },
	{ "interfaces", "{netdevs}", NULL, LINE_OPTIONAL },
	{ "disks", "{blockdevs}", NULL, LINE_OPTIONAL },
	{ "boot display", "{boot_vga}", NULL, LINE_OPTIONAL },
	LINES_VFIO,
	{ "SR-IOV",
	  "{sriov_numvfs} of {sriov_totalvfs} VFs[, autoprobe "
	  "{sriov_autoprobe}]",
	  NULL, LINE_OPTIONAL },
	{ "VFs", "{virtfns}", NULL, LINE_OPTIONAL },
	{ "VF of", "{physfn}", NULL, LINE_OPTIONAL },
	{ "reset by", "{reset_methods}", NULL, 0 },
	{ "PASID", "{pasid_width} bits", NULL, LINE_SECRET },
	{ "ATS", "{ats}", NULL, LINE_SECRET },
	{ "PRI", "{pri}", NULL, LINE_SECRET },
	{ "ACS", "{acs}", NULL, LINE_SECRET },
	{ "BARs", "{index}: {type}, {size:bytes}[ at {start}], {bits} bit",
	  "bars", 0 },
	{ "capabilities", "{capabilities.name}", NULL, LINE_SECRET },
	LINES_OPEN,
	{ NULL, NULL, NULL, 0 },
};

static const struct line mdev_lines[] = {
	{ "type", "{mdev_type}", NULL, 0 },
	{ "parent", "{parent}", NULL, 0 },
	{ "isolated by", "{isolation}[, PASID {pasid} of {parent}]", NULL,
	  LINE_OPTIONAL },
	{ "sysfs", "{syspath}", NULL, 0 },
	{ "interfaces", "{netdevs}", NULL, LINE_OPTIONAL },
	{ "disks", "{blockdevs}", NULL, LINE_OPTIONAL },
	LINES_VFIO,
	LINES_OPEN,
	{ NULL, NULL, NULL, 0 },
};

/* Return: NULL after app_fail(). */
static json_object *show_document(struct app *app, struct vdev_device *dev)
{
	json_object *opened = NULL, *document;

	if (option_given(app, "open")) {
		opened = opened_document(app, dev);
		if (!opened)
			return NULL;
	}
	document = field_document(dev, FIELD_SHOW);
	output_add(document, "open", opened);
	return document;
}

static void print_device(struct app *app, json_object *document)
{
	bool pci = str_eq(output_get_string(document, "bus"), "pci");
	_auto_free_ char *title = output_expand(
		"{address}[ {vendor_name}][ {device_name}]", document);

	output_styled(&app->out, STYLE_BOLD, title);
	fputc('\n', app->out.stream);
	output_lines(&app->out, pci ? pci_lines : mdev_lines, document);
}

int device_show(struct app *app)
{
	_auto_selection_ struct selection s = { 0 };
	_auto_json_ json_object *documents = json_object_new_array();

	if (!option_given(app, "open") &&
	    open_refuse_options(app, "they need --open"))
		return -1;
	if (selection_add_operands(app, &s))
		return -1;
	app->several = s.count > 1;
	for (size_t i = 0; i < s.count; i++) {
		json_object *document = show_document(app, s.devices[i]);

		if (!document)
			return -1;
		json_object_array_add(documents, document);
	}
	if (app->json)
		output_document(app->out.stream, documents);
	for (size_t i = 0; i < s.count && !app->json; i++) {
		if (i)
			fputc('\n', app->out.stream);
		print_device(app, json_object_array_get_idx(documents, i));
	}
	return 0;
}
