/* SPDX-License-Identifier: GPL-2.0-or-later */

/* dirty start, report, watch, stop */

#include "dirty.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <time.h>
#include <unistd.h>

#include <libvdev/dirty.h>

#include "app.h"
#include "held.h"
#include "hwpt.h"
#include "ioas.h"
#include "numbers.h"
#include "outfile.h"
#include "signals.h"

/* How many ranges are asked for at once, and words written at once. */
#define RUNS  1024
#define WORDS 8192

static void dirty_release(void *data)
{
	vdev_dirty_free(data);
}

static char *dirty_detail(const void *data)
{
	const char *names[8];
	size_t count = vdev_dirty_source_count(data);

	if (count > ARRAY_SIZE(names))
		return x_asprintf("%zu sources", count);
	for (size_t i = 0; i < count; i++)
		names[i] =
			vdev_dirty_kind_name(vdev_dirty_source_kind(data, i));
	return x_join(names, count, ", ");
}

const struct object_type dirty_type = {
	.name = "dirty",
	.what = "a tracker of dirty pages",
	.release = dirty_release,
	.detail = dirty_detail,
};

static void bitmap_cleanup(struct vdev_bitmap **bitmap)
{
	vdev_bitmap_free(*bitmap);
}

#define _auto_bitmap_ __attribute__((cleanup(bitmap_cleanup)))

/* --- start */

/* What is mapped there; the caller frees it. Return: how many ranges. */
static size_t mapped_ranges(const struct app *app, const struct object *ioas,
			    struct vdev_iova_range **ret)
{
	struct vdev_iova_range *ranges = NULL;
	uint64_t from = 0, last;
	size_t count = 0;

	while (session_used(app->session, ioas, USE_MAPPED, &from, &last)) {
		ranges = x_realloc(ranges, count + 1, sizeof(*ranges));
		ranges[count++] = (struct vdev_iova_range){ from, last };
		if (last == UINT64_MAX)
			break;
		from = last + 1;
	}
	*ret = ranges;
	return count;
}

static int add_source(struct app *app, struct vdev_dirty *dirty,
		      const struct object *source)
{
	struct held *held;
	int error;

	if (source->type == &hwpt_type) {
		error = vdev_dirty_add_hwpt(dirty, source->data);
	} else if (source->type == &held_type) {
		held = source->data;
		error = vdev_dirty_add_file(dirty, held->file);
	} else {
		return app_fail(app, VDEV_ERROR_INVALID,
				"$%s is %s; pages are tracked by hardware page "
				"tables and devices",
				source->name, source->type->what);
	}
	return error ? app_fail_ctx(app) : 0;
}

/* The sources of the operands; without any, the container. */
static int add_sources(struct app *app, struct vdev_dirty *dirty,
		       const struct object *ioas)
{
	const char *const *words = (const char *const *)app->args.operands;

	if (app->args.operand_count == 1)
		return vdev_dirty_add_ioas(dirty, ioas->data)
			       ? app_fail_ctx(app)
			       : 0;
	for (size_t i = 1; i < app->args.operand_count; i++) {
		struct object *source = session_get(app, words[i], NULL);

		if (!source || add_source(app, dirty, source))
			return -1;
	}
	return 0;
}

static int add_tracker(struct app *app, struct object *ioas,
		       struct vdev_dirty *dirty)
{
	struct object *object;

	if (add_sources(app, dirty, ioas))
		return -1;
	if (vdev_dirty_start(dirty))
		return app_fail_ctx(app);
	object = session_add_part(app, &dirty_type, dirty, ioas);
	for (size_t i = 1; i < app->args.operand_count; i++)
		session_use(app->session, object,
			    session_get(app, app->args.operands[i], NULL),
			    USE_PART, 0, 0);
	session_print(app, object);
	return 0;
}

int dirty_start(struct app *app)
{
	struct object *ioas =
		session_get(app, app->args.operands[0], &ioas_type);
	_auto_free_ struct vdev_iova_range *ranges = NULL;
	struct vdev_dirty *dirty = NULL;
	uint64_t page_size = 4096;
	size_t count;

	if (!ioas || option_size(app, "page-size", &page_size))
		return -1;
	count = mapped_ranges(app, ioas, &ranges);
	if (vdev_dirty_new(app->ctx, ranges, count, page_size, &dirty))
		return app_fail_ctx(app);
	if (add_tracker(app, ioas, dirty)) {
		vdev_dirty_free(dirty);
		return -1;
	}
	return 0;
}

static struct object *take_dirty(struct app *app)
{
	return session_get(app, app->args.operands[0], &dirty_type);
}

int dirty_stop(struct app *app)
{
	struct object *object = take_dirty(app);

	if (!object)
		return -1;
	if (vdev_dirty_stop(object->data))
		return app_fail_ctx(app);
	return session_drop(app, object);
}

/* --- report */

static int write_all(int fd, const void *data, size_t size)
{
	const char *at = data;

	while (size) {
		ssize_t n = write(fd, at, size);

		if (n < 0 && errno == EINTR && !signals_caught())
			continue;
		if (n < 0)
			return -1;
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

/* The words, little-endian whatever the machine is. */
static int write_words(int fd, const struct vdev_bitmap *bitmap)
{
	_auto_free_ uint64_t *piece = x_alloc(WORDS, sizeof(*piece));
	const uint64_t *words;
	size_t count;

	words = vdev_bitmap_words(bitmap, &count);
	for (size_t at = 0; at < count; at += WORDS) {
		size_t n = count - at < WORDS ? count - at : WORDS;

		for (size_t i = 0; i < n; i++)
			piece[i] = htole64(words[at + i]);
		if (write_all(fd, piece, n * sizeof(*piece)))
			return -1;
	}
	return 0;
}

static json_object *ranges_of(const struct vdev_bitmap *bitmap)
{
	json_object *ranges = json_object_new_array();
	struct vdev_iova_range runs[RUNS];
	uint64_t offset = 0;
	size_t n;

	while ((n = vdev_bitmap_runs(bitmap, &offset, runs, RUNS))) {
		for (size_t i = 0; i < n; i++) {
			json_object *o = json_object_new_object();

			output_add(o, "first", output_hex(runs[i].start, 1));
			output_add(o, "last", output_hex(runs[i].last, 1));
			json_object_array_add(ranges, o);
		}
	}
	return ranges;
}

/* One character for each part of what is tracked, on one line. */
static void print_map(struct app *app, const struct vdev_bitmap *bitmap)
{
	static const char signs[] = " .:+#";
	uint64_t page = vdev_bitmap_page_size(bitmap);
	uint64_t pages = vdev_bitmap_length(bitmap) / page;
	uint64_t cells = app->out.width > 2 ? app->out.width - 2 : 0;

	if (cells > pages)
		cells = pages;
	if (!cells)
		return;
	fputc('[', app->out.stream);
	for (uint64_t i = 0; i < cells; i++) {
		uint64_t first = (uint64_t)((__uint128_t)pages * i / cells);
		uint64_t end = (uint64_t)((__uint128_t)pages * (i + 1) / cells);
		uint64_t count = vdev_bitmap_count_range(
			bitmap, vdev_bitmap_start(bitmap) + first * page,
			(end - first) * page);
		size_t sign = !count ? 0
			      : count == end - first
				      ? 4
				      : 1 + (size_t)(count * 3 / (end - first));

		fputc(signs[sign], app->out.stream);
	}
	fputs("]\n", app->out.stream);
}

static void print_report(struct app *app, const struct object *object,
			 const struct vdev_bitmap *bitmap, const char *path)
{
	_auto_json_ json_object *o = json_object_new_object();
	uint64_t page = vdev_bitmap_page_size(bitmap);
	uint64_t pages = vdev_bitmap_count(bitmap);
	json_object *ranges = path ? NULL : ranges_of(bitmap);
	_auto_free_ char *head = NULL;

	output_add(o, "name", output_string(object->name));
	output_add(o, "start", output_hex(vdev_bitmap_start(bitmap), 1));
	output_add(o, "length",
		   json_object_new_int64((int64_t)vdev_bitmap_length(bitmap)));
	output_add(o, "page_size", json_object_new_int64((int64_t)page));
	output_add(o, "pages", json_object_new_int64((int64_t)pages));
	output_add(o, "bytes", json_object_new_int64((int64_t)(pages * page)));
	output_add(o, "ranges", ranges);
	output_add(o, "file", output_string(path));
	if (app->json) {
		output_document(app->out.stream, o);
		return;
	}
	head = output_expand("{name}: {pages} dirty pages, {bytes:bytes}"
			     "[, written to {file}]",
			     o);
	fprintf(app->out.stream, "%s\n", head);
	print_map(app, bitmap);
	for (size_t i = 0; ranges && i < json_object_array_length(ranges);
	     i++) {
		json_object *run = json_object_array_get_idx(ranges, i);

		fprintf(app->out.stream, "%s-%s\n",
			output_get_string(run, "first"),
			output_get_string(run, "last"));
	}
}

/* Opens the file first: a report that cannot be written would be lost. */
static int report(struct app *app, struct vdev_dirty *dirty,
		  struct vdev_bitmap *bitmap, const char *path)
{
	unsigned int flags = option_given(app, "keep") ? VDEV_DIRTY_KEEP : 0;
	struct outfile file = { .fd = -1 };
	int error = 0;

	if (path && outfile_open(app, path, &file))
		return -1;
	if (vdev_dirty_report(dirty, bitmap, flags))
		error = app_fail_ctx(app);
	else if (path && write_words(file.fd, bitmap))
		error = outfile_failed(app, path);
	if (path && outfile_close(app, &file, !error))
		error = -1;
	return error;
}

int dirty_report(struct app *app)
{
	struct object *object = take_dirty(app);
	_auto_bitmap_ struct vdev_bitmap *bitmap = NULL;
	const char *path = option_value(app, "to");
	uint64_t page_size = 0;

	if (!object || option_size(app, "page-size", &page_size))
		return -1;
	if (option_given(app, "overwrite") && !path)
		return app_fail(app, VDEV_ERROR_INVALID,
				"--overwrite is for the file of --to");
	if (vdev_dirty_new_bitmap(object->data, page_size, &bitmap))
		return app_fail_ctx(app);
	if (report(app, object->data, bitmap, path))
		return -1;
	print_report(app, object, bitmap, path);
	return 0;
}

/* --- watch */

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A signal ends it before its time. */
static void wait_for(uint64_t ms)
{
	struct timespec t = { .tv_sec = (time_t)(ms / 1000),
			      .tv_nsec = (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

/* One sample; `took` is the time since the last one in seconds. */
static json_object *sample_of(const struct vdev_bitmap *bitmap, double took)
{
	json_object *o = json_object_new_object();
	uint64_t pages = vdev_bitmap_count(bitmap);
	double bytes = (double)pages * (double)vdev_bitmap_page_size(bitmap);

	output_add(o, "seconds", json_object_new_double(took));
	output_add(o, "pages", json_object_new_int64((int64_t)pages));
	output_add(o, "bytes", json_object_new_int64((int64_t)bytes));
	output_add(
		o, "bytes_per_second",
		json_object_new_int64(took > 0 ? (int64_t)(bytes / took) : 0));
	return o;
}

static int take_sample(struct app *app, const struct object *object,
		       struct vdev_bitmap *bitmap, double *last,
		       json_object *samples)
{
	_auto_free_ char *text = NULL;
	json_object *sample;
	double time;

	vdev_bitmap_clear_all(bitmap);
	if (vdev_dirty_report(object->data, bitmap, 0))
		return app_fail_ctx(app);
	time = now();
	sample = sample_of(bitmap, time - *last);
	*last = time;
	json_object_array_add(samples, sample);
	if (app->json)
		return 0;
	text = output_expand("{pages} dirty pages, {bytes:bytes}, "
			     "{bytes_per_second:bytes} a second",
			     sample);
	fprintf(app->out.stream, "%s\n", text);
	print_map(app, bitmap);
	/* Each is seen when it is there. */
	app_write(app);
	return 0;
}

int dirty_watch(struct app *app)
{
	struct object *object = take_dirty(app);
	_auto_json_ json_object *o = json_object_new_object();
	_auto_bitmap_ struct vdev_bitmap *bitmap = NULL;
	json_object *samples = json_object_new_array();
	uint64_t interval = 1000, count = 10;
	double last = now();

	output_add(o, "name", output_string(object ? object->name : NULL));
	output_add(o, "samples", samples);
	if (!object || option_u64(app, "interval", &interval) ||
	    option_u64(app, "count", &count))
		return -1;
	if (vdev_dirty_new_bitmap(object->data, 0, &bitmap))
		return app_fail_ctx(app);
	for (uint64_t i = 0; i < count && !signals_caught(); i++) {
		wait_for(interval);
		if (take_sample(app, object, bitmap, &last, samples))
			return -1;
	}
	if (app->json)
		output_document(app->out.stream, o);
	return 0;
}
