/* SPDX-License-Identifier: GPL-2.0-or-later */

/* vdevctl region list, read, write, dump */

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "app.h"
#include "numbers.h"
#include "opened.h"
#include "outfile.h"
#include "signals.h"

/* Where a command reads or writes. */
struct place {
	unsigned int index;
	const char *name; /* as it was given */
	uint64_t offset;
	uint64_t size; /* of the region */
};

/* --- Regions by name or number */

static int no_region(struct app *app, const struct opened *o, const char *word)
{
	_auto_json_ json_object *regions = NULL;
	_auto_free_ char *names = NULL;

	regions = opened_regions(app, o);
	if (!regions)
		return -1;
	names = output_expand_all("{index}[ ({name})]", regions);
	app_fail(app, VDEV_ERROR_NOT_FOUND, "%s has no region '%s'", o->name,
		 word);
	return app_hint(app, "its regions are %s", names);
}

static bool is_named(const struct vdev_region *region, unsigned int index,
		     const char *word)
{
	char number[16];

	snprintf(number, sizeof(number), "%u", index);
	return str_eq(word, number) || str_eq(word, vdev_region_name(region));
}

static int find_region(struct app *app, const struct opened *o,
		       struct place *place)
{
	for (unsigned int i = 0; i < vdev_file_region_count(o->file); i++) {
		const struct vdev_region *region;

		if (vdev_file_region(o->file, i, &region))
			return app_fail_ctx(app);
		if (!is_named(region, i, place->name))
			continue;
		place->index = i;
		place->size = vdev_region_size(region);
		if (place->size)
			return 0;
	}
	return no_region(app, o, place->name);
}

static int check_range(struct app *app, const struct place *place,
		       uint64_t length)
{
	if (place->offset <= place->size &&
	    length <= place->size - place->offset)
		return 0;
	return app_fail(app, VDEV_ERROR_INVALID,
			"%" PRIu64 " bytes at 0x%" PRIx64
			" are not in region %s, which has 0x%" PRIx64,
			length, place->offset, place->name, place->size);
}

static json_object *start_document(const struct opened *o, const char *address)
{
	json_object *document = json_object_new_object();

	output_add(document, "address", output_string(address));
	output_add(document, "backend", o->file ? opened_backend(o) : NULL);
	return document;
}

static json_object *start_access(const struct opened *o, const char *address,
				 const struct place *place)
{
	json_object *document = start_document(o, address);

	output_add(document, "region", output_string(place->name));
	output_add(document, "offset", output_hex(place->offset, 1));
	return document;
}

/* --- list */

static const struct column columns[] = {
	{ "INDEX", NULL, true }, { "NAME", NULL, false },
	{ "SIZE", NULL, true },	 { "ACCESS", NULL, false },
	{ "MMAP", NULL, false },
};

static void print_regions(struct app *app, json_object *regions)
{
	struct table *table = table_new(columns, ARRAY_SIZE(columns));

	for (size_t i = 0; i < json_object_array_length(regions); i++) {
		static const char *const templates[] = { "{index}", "{name}",
							 "{size:bytes}",
							 "{access}" };
		json_object *region = json_object_array_get_idx(regions, i);
		_auto_free_ char *areas = output_expand_all(
			"{offset}+{size:bytes}",
			json_object_object_get(region, "areas"));

		for (size_t j = 0; j < ARRAY_SIZE(templates); j++) {
			_auto_free_ char *text =
				output_expand(templates[j], region);

			table_add(table, output_string(text));
		}
		table_add(table, output_string(areas));
	}
	table_print(table, &app->out, !option_given(app, "no-header"));
	table_free(table);
}

int region_list(struct app *app)
{
	_auto_opened_ struct opened o = { 0 };
	_auto_json_ json_object *document = NULL;
	json_object *regions;

	if (option_check_header(app))
		return -1;
	if (open_operand(app, app->args.operands[0], &o))
		return -1;
	regions = opened_regions(app, &o);
	if (!regions)
		return -1;
	document = start_document(&o, o.name);
	output_add(document, "regions", regions);
	if (app->json)
		output_document(app->out.stream, document);
	else
		print_regions(app, regions);
	return 0;
}

/* --- read */

/* Lines of 16 bytes, as values of the width that was read. */
static void print_dump(struct app *app, const struct place *place,
		       unsigned int width, const uint64_t *values,
		       uint64_t count)
{
	const unsigned int per_line = 16 / width;
	FILE *f = app->out.stream;

	for (uint64_t i = 0; i < count; i += per_line) {
		fprintf(f, "%08" PRIx64 " ", place->offset + i * width);
		for (uint64_t j = i; j < i + per_line; j++)
			if (j < count)
				fprintf(f, " %0*" PRIx64, 2 * (int)width,
					values[j]);
			else if (width == 1)
				fprintf(f, "   ");
		if (width == 1)
			fputs("  ", f);
		for (uint64_t j = i; j < i + per_line && j < count; j++)
			if (width == 1)
				fputc(isprint((int)values[j]) ? (int)values[j]
							      : '.',
				      f);
		fputc('\n', f);
	}
}

static void print_values(struct app *app, json_object *document,
			 const struct place *place, unsigned int width,
			 const uint64_t *values, uint64_t count)
{
	json_object *array = json_object_new_array();

	for (uint64_t i = 0; i < count; i++)
		json_object_array_add(array,
				      output_hex(values[i], 2 * (int)width));
	output_add(document, "width", json_object_new_int((int)width));
	output_add(document, "values", array);
	if (app->json)
		output_document(app->out.stream, document);
	else if (count == 1)
		fprintf(app->out.stream, "0x%0*" PRIx64 "\n", 2 * (int)width,
			values[0]);
	else
		print_dump(app, place, width, values, count);
}

static int read_values(struct app *app, const struct opened *o,
		       const struct place *place, unsigned int width,
		       uint64_t *values, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		if (vdev_file_read_register(o->file, place->index,
					    place->offset + i * width, width,
					    &values[i]))
			return app_fail_ctx(app);
	return 0;
}

/* What all that access registers have in common. */
static int parse_place(struct app *app, struct place *place,
		       unsigned int *width)
{
	const struct arguments *args = &app->args;

	place->name = args->operands[1];
	if (args->operand_count > 2 &&
	    number_take(app, "OFFSET", args->operands[2], &place->offset))
		return -1;
	if (option_width(app, width))
		return -1;
	if (*width && place->offset % *width) {
		app_fail(app, VDEV_ERROR_INVALID,
			 "0x%" PRIx64 " is no multiple of the width %u",
			 place->offset, *width);
		return app_hint(app, "--width 1 reads and writes anywhere");
	}
	return 0;
}

int region_read(struct app *app)
{
	_auto_opened_ struct opened o = { 0 };
	_auto_json_ json_object *document = NULL;
	_auto_free_ uint64_t *values = NULL;
	struct place place = { 0 };
	unsigned int width = 4;
	uint64_t count = 1;

	if (parse_place(app, &place, &width) ||
	    option_u64(app, "count", &count))
		return -1;
	if (!count || count > UINT64_MAX / 8)
		return app_fail(app, VDEV_ERROR_INVALID,
				"--count takes a number from 1 on, not '%s'",
				option_value(app, "count"));
	if (open_operand(app, app->args.operands[0], &o) ||
	    find_region(app, &o, &place) ||
	    check_range(app, &place, count * width))
		return -1;
	values = x_alloc(count, sizeof(*values));
	if (read_values(app, &o, &place, width, values, count))
		return -1;
	document = start_access(&o, o.name, &place);
	print_values(app, document, &place, width, values, count);
	return 0;
}

/* --- write */

/* What is written: values of one width, or bytes as they come. */
struct content {
	uint8_t *bytes;
	uint64_t size;
	unsigned int width; /* 0 for bytes as they come */
};

/* PCI is little-endian, whatever the machine. */
static uint64_t value_at(const uint8_t *bytes, unsigned int width)
{
	uint64_t value = 0;

	for (unsigned int i = width; i; i--)
		value = value << 8 | bytes[i - 1];
	return value;
}

static int parse_values(struct app *app, struct content *c)
{
	const struct arguments *args = &app->args;
	uint64_t most = c->width < 8 ? (1ULL << 8 * c->width) - 1 : UINT64_MAX;

	c->size = (args->operand_count - 3) * c->width;
	c->bytes = x_alloc(c->size, 1);
	for (size_t i = 3; i < args->operand_count; i++) {
		uint64_t value;

		if (number_take_most(app, "VALUE", args->operands[i], most,
				     &value))
			return -1;
		for (unsigned int j = 0; j < c->width; j++)
			c->bytes[(i - 3) * c->width + j] =
				(uint8_t)(value >> (8 * j));
	}
	return 0;
}

static int read_failed(struct app *app, const char *path)
{
	return app_fail(app,
			errno == EACCES ? VDEV_ERROR_PERMISSION
					: VDEV_ERROR_FAILED,
			"cannot read %s: %s", path, strerror(errno));
}

static int read_all(struct app *app, int fd, const char *path, uint64_t most,
		    struct content *c)
{
	size_t room = 0;

	for (;;) {
		ssize_t n;

		if (c->size == room) {
			room = room ? 2 * room : 4096;
			c->bytes = x_realloc(c->bytes, room, 1);
		}
		n = read(fd, c->bytes + c->size, room - c->size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return read_failed(app, path);
		if (!n)
			return 0;
		c->size += (uint64_t)n;
		if (c->size > most)
			return app_fail(app, VDEV_ERROR_INVALID,
					"%s has more bytes than the region "
					"from there on: 0x%" PRIx64,
					path, most);
	}
}

static int read_file(struct app *app, const char *path, uint64_t most,
		     struct content *c)
{
	bool from_stdin = str_eq(path, "-");
	int fd = from_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	int error;

	if (fd < 0)
		return read_failed(app, path);
	error = read_all(app, fd, path, most, c);
	if (!from_stdin)
		close(fd);
	if (!error && !c->size)
		error = app_fail(app, VDEV_ERROR_INVALID, "%s is empty", path);
	if (!error && c->width && c->size % c->width)
		error = app_fail(app, VDEV_ERROR_INVALID,
				 "the %" PRIu64
				 " bytes of %s are no multiple of "
				 "the width %u",
				 c->size, path, c->width);
	return error;
}

static int write_content(struct app *app, const struct opened *o,
			 const struct place *place, const struct content *c)
{
	if (!c->width && vdev_file_write(o->file, place->index, place->offset,
					 c->bytes, c->size))
		return app_fail_ctx(app);
	for (uint64_t at = 0; c->width && at < c->size; at += c->width)
		if (vdev_file_write_register(o->file, place->index,
					     place->offset + at, c->width,
					     value_at(c->bytes + at, c->width)))
			return app_fail_ctx(app);
	return 0;
}

static int read_back(struct app *app, const struct opened *o,
		     const struct place *place, const struct content *c,
		     uint8_t *bytes)
{
	if (!c->width && vdev_file_read(o->file, place->index, place->offset,
					bytes, c->size))
		return app_fail_ctx(app);
	for (uint64_t at = 0; c->width && at < c->size; at += c->width) {
		uint64_t value;

		if (vdev_file_read_register(o->file, place->index,
					    place->offset + at, c->width,
					    &value))
			return app_fail_ctx(app);
		for (unsigned int i = 0; i < c->width; i++)
			bytes[at + i] = (uint8_t)(value >> (8 * i));
	}
	return 0;
}

static int verify(struct app *app, const struct opened *o,
		  const struct place *place, const struct content *c)
{
	_auto_free_ uint8_t *bytes = x_alloc(c->size, 1);
	const unsigned int width = c->width ? c->width : 1;
	uint64_t at = 0;

	if (read_back(app, o, place, c, bytes))
		return -1;
	while (at < c->size && !memcmp(bytes + at, c->bytes + at, width))
		at += width;
	if (at >= c->size)
		return 0;
	app_fail(app, VDEV_ERROR_FAILED,
		 "%s: region %s at 0x%" PRIx64 " reads 0x%0*" PRIx64
		 " after 0x%0*" PRIx64 " was written",
		 o->name, place->name, place->offset + at, 2 * (int)width,
		 value_at(bytes + at, width), 2 * (int)width,
		 value_at(c->bytes + at, width));
	return app_hint(app, "a register may have bits that cannot be written "
			     "or that read otherwise");
}

static void report_write(struct app *app, const struct opened *o,
			 const char *address, const struct place *place,
			 const struct content *c)
{
	_auto_json_ json_object *document = start_access(o, address, place);
	_auto_free_ char *text = NULL;

	output_add(document, "width",
		   c->width ? json_object_new_int((int)c->width) : NULL);
	output_add(document, "size", json_object_new_uint64(c->size));
	output_add(document, "verified",
		   json_object_new_boolean(!app->dry_run &&
					   option_given(app, "verify")));
	output_add(document, "dry_run", json_object_new_boolean(app->dry_run));
	if (app->json) {
		output_document(app->out.stream, document);
		return;
	}
	if (app->quiet)
		return;
	text = output_expand(
		app->dry_run ? "{address}: would write {size} bytes to "
			       "region {region} at {offset}"
			     : "{address}: wrote {size} bytes to region "
			       "{region} at {offset}",
		document);
	fprintf(app->out.stream, "%s%s\n", text,
		!app->dry_run && option_given(app, "verify") ? ", verified"
							     : "");
}

/* Without opening anything: that would reset the device. */
static int dry_write(struct app *app, const struct place *place,
		     struct content *c, const char *from)
{
	const struct opened none = { 0 };
	struct vdev_device *dev;

	if (vdev_device_find(app->ctx, app->args.operands[0], &dev))
		return app_fail_ctx(app);
	if (from && read_file(app, from, UINT64_MAX, c)) {
		vdev_device_unref(dev);
		return -1;
	}
	report_write(app, &none, vdev_device_address(dev), place, c);
	vdev_device_unref(dev);
	return 0;
}

static int write_opened(struct app *app, const struct opened *o,
			struct place *place, struct content *c,
			const char *from)
{
	if (find_region(app, o, place) || check_range(app, place, 0))
		return -1;
	if (from && read_file(app, from, place->size - place->offset, c))
		return -1;
	if (check_range(app, place, c->size) || write_content(app, o, place, c))
		return -1;
	if (option_given(app, "verify") && verify(app, o, place, c))
		return -1;
	report_write(app, o, o->name, place, c);
	return 0;
}

int region_write(struct app *app)
{
	_auto_opened_ struct opened o = { 0 };
	const char *from = option_value(app, "from");
	struct place place = { 0 };
	struct content c = { .width = from ? 0 : 4 };
	int ret;

	if (!from == (app->args.operand_count == 3)) {
		app_fail(app, VDEV_ERROR_INVALID,
			 from ? "VALUE and --from cannot both be given"
			      : "there is nothing to write");
		return app_hint(app, "give a VALUE, or --from FILE");
	}
	if (parse_place(app, &place, &c.width))
		return -1;
	ret = from ? 0 : parse_values(app, &c);
	if (!ret && app->dry_run)
		ret = dry_write(app, &place, &c, from);
	else if (!ret)
		ret = open_operand(app, app->args.operands[0], &o) ||
				      write_opened(app, &o, &place, &c, from)
			      ? -1
			      : 0;
	free(c.bytes);
	return ret;
}

/* --- dump */

#define CHUNK	    65536
#define SMALL_CHUNK 4096 /* what is given up when it cannot be read */

struct dump {
	struct app *app;
	const struct opened *o;
	struct place place;
	const char *path;
	int fd;
	bool seekable;
	uint64_t size;
	uint64_t lost;
	json_object *unreadable;
};

/* Neighbours become one. */
static void note_unreadable(struct dump *d, uint64_t offset, size_t size)
{
	size_t count = json_object_array_length(d->unreadable);
	json_object *last =
		count ? json_object_array_get_idx(d->unreadable, count - 1)
		      : NULL;
	json_object *hole;

	d->lost += size;
	if (last) {
		json_object *length = json_object_object_get(last, "size");
		uint64_t start =
			strtoull(output_get_string(last, "offset"), NULL, 16);
		uint64_t old = json_object_get_uint64(length);

		if (start + old == offset) {
			json_object_set_uint64(length, old + size);
			return;
		}
	}
	hole = json_object_new_object();
	output_add(hole, "offset", output_hex(offset, 1));
	output_add(hole, "size", json_object_new_uint64(size));
	json_object_array_add(d->unreadable, hole);
}

/* What cannot be read is as of a device that does not answer. */
static int read_chunk(struct dump *d, uint64_t offset, uint8_t *buffer,
		      size_t size)
{
	int ret = vdev_file_read(d->o->file, d->place.index, offset, buffer,
				 size);

	if (!ret)
		return 0;
	if (ret == -ENODEV || ret == -ENOMEM || ret == -EOPNOTSUPP)
		return app_fail_ctx(d->app);
	if (size > SMALL_CHUNK) {
		for (size_t at = 0; at < size; at += SMALL_CHUNK) {
			size_t rest = size - at;

			if (read_chunk(d, offset + at, buffer + at,
				       rest < SMALL_CHUNK ? rest : SMALL_CHUNK))
				return -1;
		}
		return 0;
	}
	memset(buffer, 0xff, size);
	note_unreadable(d, offset, size);
	return 0;
}

static bool is_zero(const uint8_t *buffer, size_t size)
{
	return !*buffer && !memcmp(buffer, buffer + 1, size - 1);
}

/* Zeros need no room in a file. */
static int write_chunk(struct dump *d, const uint8_t *buffer, size_t size)
{
	if (d->seekable && is_zero(buffer, size)) {
		if (lseek(d->fd, (off_t)size, SEEK_CUR) >= 0)
			return 0;
		return outfile_failed(d->app, d->path);
	}
	while (size) {
		ssize_t n = write(d->fd, buffer, size);

		if (n < 0 && errno == EINTR && !signals_caught())
			continue;
		if (n < 0)
			return outfile_failed(d->app, d->path);
		buffer += n;
		size -= (size_t)n;
	}
	return 0;
}

static int copy_region(struct dump *d)
{
	_auto_free_ uint8_t *buffer = x_alloc(CHUNK, 1);

	for (uint64_t at = 0; at < d->size; at += CHUNK) {
		uint64_t rest = d->size - at;
		size_t size = rest < CHUNK ? (size_t)rest : CHUNK;

		if (signals_caught())
			return app_fail(d->app, VDEV_ERROR_FAILED,
					"interrupted");
		if (read_chunk(d, d->place.offset + at, buffer, size) ||
		    write_chunk(d, buffer, size))
			return -1;
	}
	if (d->lost == d->size)
		return app_fail_ctx(d->app);
	if (d->seekable && ftruncate(d->fd, (off_t)d->size))
		return outfile_failed(d->app, d->path);
	return 0;
}

static int copy_to_file(struct dump *d)
{
	struct outfile file;
	int error;

	if (outfile_open(d->app, d->path, &file))
		return -1;
	d->fd = file.fd;
	d->seekable = true;
	error = copy_region(d);
	return outfile_close(d->app, &file, !error) || error ? -1 : 0;
}

static int report_dump(struct dump *d, json_object *document)
{
	struct app *app = d->app;
	_auto_free_ char *text = NULL, *holes = NULL;

	output_add(document, "size", json_object_new_uint64(d->size));
	output_add(document, "file", output_string(d->path));
	output_add(document, "unreadable", json_object_get(d->unreadable));
	if (app->json)
		output_document(app->out.stream, document);
	else if (!app->quiet && d->seekable) {
		text = output_expand("{file}: {size} bytes", document);
		fprintf(app->out.stream, "%s\n", text);
	}
	if (!d->lost)
		return 0;
	holes = output_expand_all("{size} bytes at {offset}", d->unreadable);
	app_fail(app, VDEV_ERROR_PARTIAL,
		 "%s: of region %s could not be read: %s", d->o->name,
		 d->place.name, holes);
	return app_hint(app, "the file has 0xff there");
}

static int check_dump(struct app *app, const char *path)
{
	if (!str_eq(path, "-"))
		return outfile_check(app, path);
	if (app->json)
		return app_fail(app, VDEV_ERROR_INVALID,
				"the region and a JSON document cannot both go "
				"to standard output");
	if (isatty(STDOUT_FILENO))
		return app_fail(app, VDEV_ERROR_INVALID,
				"the bytes of a region are nothing for a "
				"terminal; see 'vdevctl region read'");
	return 0;
}

int region_dump(struct app *app)
{
	_auto_opened_ struct opened o = { 0 };
	_auto_json_ json_object *document = NULL, *unreadable = NULL;
	struct dump d = { .app = app, .o = &o, .fd = STDOUT_FILENO };

	d.place.name = app->args.operands[1];
	d.path = app->args.operands[2];
	d.size = UINT64_MAX;
	if (option_size(app, "offset", &d.place.offset) ||
	    option_size(app, "size", &d.size) || check_dump(app, d.path) ||
	    open_operand(app, app->args.operands[0], &o) ||
	    find_region(app, &o, &d.place) || check_range(app, &d.place, 0))
		return -1;
	if (!option_given(app, "size"))
		d.size = d.place.size - d.place.offset;
	if (check_range(app, &d.place, d.size))
		return -1;
	if (!d.size)
		return app_fail(app, VDEV_ERROR_INVALID,
				"there is nothing to dump: 0 bytes");
	signals_catch();
	document = start_access(&o, o.name, &d.place);
	unreadable = json_object_new_array();
	d.unreadable = unreadable;
	if (str_eq(d.path, "-") ? copy_region(&d) : copy_to_file(&d))
		return -1;
	return report_dump(&d, document);
}
