/* SPDX-License-Identifier: GPL-2.0-or-later */

/* vdevctl config read, config write */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include <libvdev/pci.h>

#include "app.h"
#include "numbers.h"
#include "opened.h"
#include "pciregs.h"
#include "text.h"

#define CONFIG_SIZE 4096
#define HEADER_TYPE 0x0e

/* The configuration space, of the open device or as sysfs shows it. */
struct space {
	uint8_t bytes[CONFIG_SIZE];
	unsigned int size;
	const struct vdev_pci_cap *caps; /* the library's */
	int cap_count;
};

/* A register that is asked for. */
struct target {
	char *name;
	const struct vdev_pci_cap *cap; /* NULL for the header */
	const struct pci_register *reg; /* NULL for a bare offset */
	unsigned int offset;
	unsigned int width;
};

struct targets {
	struct target *items;
	size_t count;
};

static void targets_clear(struct targets *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->items[i].name);
	free(t->items);
}

#define _auto_targets_ __attribute__((cleanup(targets_clear)))

/* --- The space */

static int space_failed(struct app *app, struct vdev_device *dev, int error)
{
	if (error == -ENODATA || error == -EOPNOTSUPP)
		return app_fail(app, VDEV_ERROR_NOT_SUPPORTED,
				"%s has no configuration space: it is no PCI "
				"device",
				vdev_device_address(dev));
	return app_fail_ctx(app);
}

/* Everybody may read the header, and only root what is behind it. */
static int read_sysfs(struct app *app, struct vdev_device *dev,
		      struct space *ret)
{
	const uint8_t *bytes;
	int size = vdev_device_config(dev, &bytes);

	if (size < 0)
		return space_failed(app, dev, size);
	ret->size = (unsigned int)size < CONFIG_SIZE ? (unsigned int)size
						     : CONFIG_SIZE;
	memcpy(ret->bytes, bytes, ret->size);
	ret->cap_count = vdev_device_caps(dev, &ret->caps);
	if (ret->cap_count < 0) {
		app_warn(app, "warning: %s", vdev_ctx_last_error(app->ctx));
		ret->cap_count = 0;
	}
	return 0;
}

static int read_opened(struct app *app, const struct opened *o,
		       struct space *ret)
{
	const struct vdev_region *region;
	uint64_t size;

	ret->cap_count = vdev_file_caps(o->file, &ret->caps);
	if (ret->cap_count < 0)
		return space_failed(app, o->dev, ret->cap_count);
	if (vdev_file_region(o->file, VDEV_REGION_CONFIG, &region))
		return app_fail_ctx(app);
	size = vdev_region_size(region);
	ret->size = size < CONFIG_SIZE ? (unsigned int)size : CONFIG_SIZE;
	if (vdev_file_read(o->file, VDEV_REGION_CONFIG, 0, ret->bytes,
			   ret->size))
		return app_fail_ctx(app);
	return 0;
}

static uint64_t space_value(const struct space *space, unsigned int offset,
			    unsigned int width)
{
	uint64_t value = 0;

	for (unsigned int i = width; i; i--)
		value = value << 8 | space->bytes[offset + i - 1];
	return value;
}

/* --- Registers by name */

static const struct pci_register *header_of(const struct space *space)
{
	return pciregs_header(space->bytes[HEADER_TYPE] & 0x7f);
}

/* What nothing is known of goes by its number. */
static char *cap_name(const struct vdev_pci_cap *cap)
{
	const char *name = vdev_pci_cap_name(cap->id, cap->extended);

	if (name)
		return x_strdup(name);
	return x_asprintf("%s%04x", cap->extended ? "ext" : "cap", cap->id);
}

static void add_target(struct targets *t, const struct space *space,
		       struct target target)
{
	/* A chain may end in a capability that does not fit. */
	if (target.offset + target.width > space->size) {
		free(target.name);
		return;
	}
	t->items = x_realloc(t->items, t->count + 1, sizeof(target));
	t->items[t->count++] = target;
}

static void add_header(struct targets *t, const struct space *space)
{
	for (const struct pci_register *reg = header_of(space); reg->name;
	     reg++)
		add_target(t, space,
			   (struct target){ .name = x_strdup(reg->name),
					    .reg = reg,
					    .offset = reg->offset,
					    .width = reg->width });
}

static void add_capability(struct targets *t, const struct space *space,
			   const struct vdev_pci_cap *cap)
{
	_auto_free_ char *name = cap_name(cap);

	for (const struct pci_register *reg =
		     pciregs_capability(cap->id, cap->extended);
	     reg->name; reg++)
		add_target(t, space,
			   (struct target){
				   .name = x_asprintf("%s.%s", name, reg->name),
				   .cap = cap,
				   .reg = reg,
				   .offset = cap->offset + reg->offset,
				   .width = reg->width });
}

static void add_all(struct targets *t, const struct space *space)
{
	add_header(t, space);
	for (int i = 0; i < space->cap_count; i++)
		add_capability(t, space, &space->caps[i]);
}

static int no_register(struct app *app, const struct space *space,
		       const char *word)
{
	_auto_free_ const char **names = NULL;
	_auto_targets_ struct targets all = { 0 };
	const char *nearest;

	add_all(&all, space);
	names = x_alloc(all.count, sizeof(*names));
	for (size_t i = 0; i < all.count; i++)
		names[i] = all.items[i].name;
	nearest = text_nearest(word, names, all.count);
	app_fail(app, VDEV_ERROR_NOT_FOUND,
		 "there is no register or capability '%s'", word);
	if (nearest)
		app_hint(app, "did you mean '%s'?", nearest);
	return app_hint(app, "'vdevctl config read DEV' shows all there are");
}

/* "0x40": what is at an offset, 4 bytes unless said otherwise. */
static int add_offset(struct app *app, struct targets *t,
		      const struct space *space, const char *word)
{
	unsigned int width = 4;
	uint64_t offset;

	if (option_width(app, &width) ||
	    number_take_most(app, "REGISTER", word, CONFIG_SIZE - 1, &offset))
		return -1;
	if (offset % width)
		return app_fail(app, VDEV_ERROR_INVALID,
				"%s is no multiple of the width %u", word,
				width);
	if (offset + width > space->size)
		return app_fail(app, VDEV_ERROR_INVALID,
				"%s is past the end: the configuration space "
				"has %u bytes here",
				word, space->size);
	add_target(t, space,
		   (struct target){ .name = x_strdup(word),
				    .offset = (unsigned int)offset,
				    .width = width });
	return 0;
}

/* A register, a capability with all its registers, or an offset. */
static int add_named(struct app *app, struct targets *t,
		     const struct space *space, const char *word)
{
	_auto_targets_ struct targets all = { 0 };
	size_t before = t->count, length = strlen(word);

	if (*word >= '0' && *word <= '9')
		return add_offset(app, t, space, word);
	if (option_given(app, "width"))
		return app_fail(app, VDEV_ERROR_INVALID,
				"--width is for an offset: %s has a width of "
				"its own",
				word);
	add_all(&all, space);
	for (size_t i = 0; i < all.count; i++) {
		struct target target = all.items[i];

		if (!str_eq(target.name, word) &&
		    !(target.cap && str_starts(target.name, word) &&
		      target.name[length] == '.'))
			continue;
		target.name = x_strdup(target.name);
		add_target(t, space, target);
	}
	return t->count > before ? 0 : no_register(app, space, word);
}

/* --- Documents */

static json_object *fields_of(const struct pci_field *field, uint64_t value)
{
	json_object *array = json_object_new_array();

	for (; field && field->name; field++) {
		json_object *o = json_object_new_object();

		output_add(o, "name", json_object_new_string(field->name));
		output_add(
			o, "value",
			json_object_new_uint64(pci_field_value(field, value)));
		json_object_array_add(array, o);
	}
	return array;
}

static json_object *register_object(const struct space *space,
				    const struct target *target)
{
	json_object *o = json_object_new_object();
	uint64_t value = space_value(space, target->offset, target->width);
	const struct pci_register *reg = target->reg;
	_auto_free_ char *cap = target->cap ? cap_name(target->cap) : NULL;

	output_add(o, "name", output_string(target->name));
	output_add(o, "capability", output_string(cap));
	output_add(o, "offset", output_hex(target->offset, 3));
	output_add(o, "width", json_object_new_int((int)target->width));
	output_add(o, "value", output_hex(value, 2 * (int)target->width));
	output_add(o, "fields", fields_of(reg ? reg->fields : NULL, value));
	return o;
}

static json_object *capabilities_of(const struct space *space)
{
	json_object *array = json_object_new_array();

	for (int i = 0; i < space->cap_count; i++) {
		const struct vdev_pci_cap *cap = &space->caps[i];
		json_object *o = json_object_new_object();

		output_add(o, "id", output_hex(cap->id, 4));
		output_add(o, "name",
			   output_string(
				   vdev_pci_cap_name(cap->id, cap->extended)));
		output_add(o, "extended",
			   json_object_new_boolean(cap->extended));
		output_add(o, "version", json_object_new_int(cap->version));
		output_add(o, "offset", output_hex(cap->offset, 3));
		json_object_array_add(array, o);
	}
	return array;
}

/* Switches that are on by their names, other fields with their values. */
static char *describe_fields(const struct pci_field *field, uint64_t value)
{
	char *text = x_strdup("");

	for (; field && field->name; field++) {
		_auto_free_ char *old = text;
		uint64_t v = pci_field_value(field, value);
		const char *separator = *old ? " " : "";

		if (field->bits == 1)
			text = x_asprintf("%s%s%s", old, v ? separator : "",
					  v ? field->name : "");
		else
			text = x_asprintf("%s%s%s=%" PRIu64, old, separator,
					  field->name, v);
	}
	return text;
}

static const struct column columns[] = {
	{ "OFFSET", NULL, false },
	{ "REGISTER", NULL, false },
	{ "VALUE", NULL, false },
	{ "FIELDS", NULL, false },
};

static void add_row(struct table *table, const struct space *space,
		    const struct target *target)
{
	uint64_t value = space_value(space, target->offset, target->width);
	_auto_free_ char *fields = describe_fields(
		target->reg ? target->reg->fields : NULL, value);

	table_add(table, output_hex(target->offset, 3));
	table_add(table, output_string(target->name));
	table_add(table, output_hex(value, 2 * (int)target->width));
	table_add(table, output_string(*fields ? fields : NULL));
}

/* A capability whose registers have no names here. */
static void add_bare_row(struct table *table, const struct vdev_pci_cap *cap)
{
	_auto_free_ char *name = cap_name(cap);

	table_add(table, output_hex(cap->offset, 3));
	table_add(table, output_string(name));
	table_add(table, NULL);
	table_add(table, NULL);
}

static void print_table(struct app *app, const struct space *space,
			const struct targets *targets)
{
	struct table *table = table_new(columns, ARRAY_SIZE(columns));
	bool all = app->args.operand_count == 1;

	for (size_t i = 0; i < targets->count; i++)
		add_row(table, space, &targets->items[i]);
	for (int i = 0; i < space->cap_count && all; i++)
		if (!pciregs_capability(space->caps[i].id,
					space->caps[i].extended)
			     ->name)
			add_bare_row(table, &space->caps[i]);
	table_print(table, &app->out, all && !option_given(app, "no-header"));
	table_free(table);
}

static json_object *start_document(struct vdev_device *dev,
				   const struct opened *o)
{
	json_object *document = json_object_new_object();

	output_add(document, "address",
		   output_string(vdev_device_address(dev)));
	output_add(document, "backend", o->file ? opened_backend(o) : NULL);
	return document;
}

/* --- read */

static void print_space(struct app *app, struct vdev_device *dev,
			const struct opened *o, const struct space *space,
			const struct targets *targets)
{
	_auto_json_ json_object *document = NULL;
	json_object *array;

	if (!app->json) {
		print_table(app, space, targets);
		return;
	}
	document = start_document(dev, o);
	array = json_object_new_array();
	for (size_t i = 0; i < targets->count; i++)
		json_object_array_add(
			array, register_object(space, &targets->items[i]));
	output_add(document, "size", json_object_new_int64(space->size));
	output_add(document, "capabilities", capabilities_of(space));
	output_add(document, "registers", array);
	output_document(app->out.stream, document);
}

static int read_and_print(struct app *app, struct vdev_device *dev,
			  const struct opened *o)
{
	const struct arguments *args = &app->args;
	_auto_targets_ struct targets targets = { 0 };
	struct space space = { .size = 0 };

	if (o->file ? read_opened(app, o, &space)
		    : read_sysfs(app, dev, &space))
		return -1;
	for (size_t i = 1; i < args->operand_count; i++)
		if (add_named(app, &targets, &space, args->operands[i]))
			return -1;
	if (args->operand_count == 1)
		add_all(&targets, &space);
	print_space(app, dev, o, &space, &targets);
	return 0;
}

int config_read(struct app *app)
{
	_auto_opened_ struct opened o = { 0 };

	if (option_check_header(app))
		return -1;
	if (!option_given(app, "sysfs")) {
		if (open_known_operand(app, app->args.operands[0], &o))
			return -1;
	} else if (open_refuse_options(app, "--sysfs opens nothing")) {
		return -1;
	} else if (vdev_device_find(app->ctx, app->args.operands[0], &o.dev)) {
		return app_fail_ctx(app);
	}
	return read_and_print(app, o.dev, &o);
}

/* --- write */

/* The one register to write, found in the space as it is now. */
static int find_target(struct app *app, const struct space *space,
		       struct targets *ret)
{
	const char *word = app->args.operands[1];

	if (add_named(app, ret, space, word))
		return -1;
	if (ret->count == 1)
		return 0;
	app_fail(app, VDEV_ERROR_INVALID,
		 "'%s' is a capability with several registers", word);
	if (ret->count)
		app_hint(app, "name one of them, such as '%s'",
			 ret->items->name);
	return -1;
}

static int parse_value(struct app *app, const struct target *target,
		       uint64_t *value)
{
	return number_take_most(app, "VALUE", app->args.operands[2],
				UINT64_MAX >> (64 - 8 * target->width), value);
}

static void report_write(struct app *app, struct vdev_device *dev,
			 const struct opened *o, const struct target *target,
			 uint64_t value)
{
	_auto_json_ json_object *document = start_document(dev, o);
	_auto_free_ char *text = NULL;
	bool verified = !app->dry_run && option_given(app, "verify");

	output_add(document, "register", output_string(target->name));
	output_add(document, "offset", output_hex(target->offset, 3));
	output_add(document, "width", json_object_new_int((int)target->width));
	output_add(document, "value",
		   output_hex(value, 2 * (int)target->width));
	output_add(document, "verified", json_object_new_boolean(verified));
	output_add(document, "dry_run", json_object_new_boolean(app->dry_run));
	if (app->json) {
		output_document(app->out.stream, document);
		return;
	}
	if (app->quiet)
		return;
	text = output_expand(app->dry_run
				     ? "{address}: would write {value} to "
				       "{register} at {offset}"
				     : "{address}: wrote {value} to {register} "
				       "at {offset}",
			     document);
	fprintf(app->out.stream, "%s%s\n", text, verified ? ", verified" : "");
}

static int verify(struct app *app, const struct opened *o,
		  const struct target *target, uint64_t value)
{
	uint64_t now;
	int digits = 2 * (int)target->width;

	if (vdev_file_read_register(o->file, VDEV_REGION_CONFIG, target->offset,
				    target->width, &now))
		return app_fail_ctx(app);
	if (now == value)
		return 0;
	app_fail(app, VDEV_ERROR_FAILED,
		 "%s: %s reads 0x%0*" PRIx64 " after 0x%0*" PRIx64
		 " was written",
		 vdev_device_address(o->dev), target->name, digits, now, digits,
		 value);
	return app_hint(app, "the kernel keeps some bits from the user of a "
			     "device, and others cannot be written");
}

/* Without opening anything: that would reset the device. */
static int dry_write(struct app *app)
{
	_auto_opened_ struct opened o = { 0 };
	_auto_targets_ struct targets targets = { 0 };
	struct space space = { .size = 0 };
	uint64_t value;

	if (vdev_device_find(app->ctx, app->args.operands[0], &o.dev))
		return app_fail_ctx(app);
	if (read_sysfs(app, o.dev, &space) ||
	    find_target(app, &space, &targets) ||
	    parse_value(app, targets.items, &value))
		return -1;
	report_write(app, o.dev, &o, targets.items, value);
	return 0;
}

int config_write(struct app *app)
{
	_auto_opened_ struct opened o = { 0 };
	_auto_targets_ struct targets targets = { 0 };
	struct space space = { .size = 0 };
	uint64_t value;

	/* What is no number at all need not cost a reset. */
	if (number_take(app, "VALUE", app->args.operands[2], &value))
		return -1;
	if (app->dry_run)
		return dry_write(app);
	if (open_known_operand(app, app->args.operands[0], &o) ||
	    read_opened(app, &o, &space) ||
	    find_target(app, &space, &targets) ||
	    parse_value(app, targets.items, &value))
		return -1;
	if (vdev_file_write_register(o.file, VDEV_REGION_CONFIG,
				     targets.items->offset,
				     targets.items->width, value))
		return app_fail_ctx(app);
	if (option_given(app, "verify") &&
	    verify(app, &o, targets.items, value))
		return -1;
	report_write(app, o.dev, &o, targets.items, value);
	return 0;
}
