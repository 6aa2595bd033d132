/* SPDX-License-Identifier: GPL-2.0-or-later */

/* iommu open, iommu import; ioas alloc, import, map, unmap, copy, ranges ... */

#include "ioas.h"

#include <inttypes.h>

#include "app.h"
#include "memory.h"
#include "numbers.h"
#include "signals.h"

static void iommu_release(void *data)
{
	vdev_iommu_unref(data);
}

static char *iommu_detail(const void *data)
{
	return x_strdup(vdev_iommu_kind_name(vdev_iommu_kind(data)));
}

const struct object_type iommu_type = {
	.name = "iommu",
	.what = "an iommufd or container",
	.release = iommu_release,
	.detail = iommu_detail,
};

static void ioas_release(void *data)
{
	vdev_ioas_unref(data);
}

/* That of type 1 has no id. */
static json_object *ioas_id(const void *data)
{
	uint32_t id = vdev_ioas_id(data);

	return id ? json_object_new_int64(id) : NULL;
}

const struct object_type ioas_type = {
	.name = "ioas",
	.what = "an address space",
	.release = ioas_release,
	.id = ioas_id,
};

/* --- iommu */

const char *const *iommu_accountings(void)
{
	/* In the order of enum vdev_accounting. */
	static const char *const words[] = { "user", "process", NULL };

	return words;
}

static int take_backend(struct app *app, enum vdev_iommu_kind *ret)
{
	int word = option_word(app, "backend");

	if (word < -1)
		return -1;
	*ret = word < 0 ? VDEV_IOMMU_ANY : (enum vdev_iommu_kind)word;
	return 0;
}

static int set_accounting(struct app *app, struct vdev_iommu *iommu)
{
	int word = option_word(app, "accounting");

	if (word < 0)
		return word < -1 ? -1 : 0;
	return vdev_iommu_set_accounting(iommu, (enum vdev_accounting)word)
		       ? app_fail_ctx(app)
		       : 0;
}

int iommu_open(struct app *app)
{
	struct vdev_iommu *iommu;
	enum vdev_iommu_kind kind;

	if (take_backend(app, &kind))
		return -1;
	if (vdev_iommu_open(app->ctx, kind, &iommu))
		return app_fail_ctx(app);
	if (set_accounting(app, iommu)) {
		vdev_iommu_unref(iommu);
		return -1;
	}
	session_print(app, session_add(app, &iommu_type, iommu));
	return 0;
}

int iommu_import(struct app *app)
{
	struct vdev_iommu *iommu;
	enum vdev_iommu_kind kind;
	uint32_t fd;

	if (take_backend(app, &kind) ||
	    number_take_u32(app, "FD", app->args.operands[0], &fd))
		return -1;
	if (vdev_iommu_import(app->ctx, kind, (int)fd, &iommu))
		return app_fail_ctx(app);
	session_print(app, session_add(app, &iommu_type, iommu));
	return 0;
}

int ioas_find_iommu(struct app *app, struct object **ret)
{
	const char *word = option_value(app, "iommu");
	size_t count = 0;

	*ret = word ? session_get(app, word, &iommu_type)
		    : session_only(app->session, &iommu_type, &count);
	if (*ret || (!word && !count))
		return 0;
	if (word)
		return -1;
	app_fail(app, VDEV_ERROR_INVALID,
		 "there are %zu iommufds and containers here", count);
	return app_hint(app, "--iommu=$NAME names one of them");
}

int ioas_check_iommu_name(struct app *app)
{
	if (!session_find(app->session, "iommu") &&
	    !str_eq(session_name(app->session), "iommu"))
		return 0;
	app_fail(app, VDEV_ERROR_INVALID,
		 "no iommufd is open, and the name $iommu is taken");
	return app_hint(app, "open one by 'NAME = iommu open'");
}

struct object *ioas_adopt_iommu(struct app *app, struct vdev_iommu *iommu)
{
	return session_add_as(app, "iommu", &iommu_type, iommu);
}

struct object *ioas_iommu(struct app *app)
{
	struct vdev_iommu *iommu;
	struct object *object;

	if (ioas_find_iommu(app, &object))
		return NULL;
	if (object)
		return object;
	if (ioas_check_iommu_name(app))
		return NULL;
	if (vdev_iommu_open(app->ctx, VDEV_IOMMU_ANY, &iommu)) {
		app_fail_ctx(app);
		return NULL;
	}
	return ioas_adopt_iommu(app, iommu);
}

/* --- ioas */

static int add_ioas(struct app *app, struct object *iommu,
		    struct vdev_ioas *ioas)
{
	session_print(app, session_add_part(app, &ioas_type, ioas, iommu));
	return 0;
}

const char *const *ioas_switches(void)
{
	static const char *const words[] = { "off", "on", NULL };

	return words;
}

int ioas_alloc(struct app *app)
{
	int huge = option_word(app, "huge-pages");
	struct object *iommu = huge < -1 ? NULL : ioas_iommu(app);
	struct vdev_ioas *ioas;

	if (!iommu)
		return -1;
	if (vdev_ioas_new(iommu->data, &ioas))
		return app_fail_ctx(app);
	if (huge >= 0 && vdev_ioas_set_huge_pages(ioas, huge)) {
		app_fail_ctx(app);
		vdev_ioas_unref(ioas);
		return -1;
	}
	return add_ioas(app, iommu, ioas);
}

int ioas_import(struct app *app)
{
	struct object *iommu;
	struct vdev_ioas *ioas;
	uint32_t id;

	if (number_take_u32(app, "ID", app->args.operands[0], &id))
		return -1;
	iommu = ioas_iommu(app);
	if (!iommu)
		return -1;
	if (vdev_ioas_import(iommu->data, id, &ioas))
		return app_fail_ctx(app);
	return add_ioas(app, iommu, ioas);
}

static struct object *take_ioas(struct app *app, size_t operand)
{
	return session_get(app, app->args.operands[operand], &ioas_type);
}

/* What map, copy and unmap print; a missing IOVA stands for all of them. */
static void print_mapping(struct app *app, const struct object *ioas,
			  const char *done, const uint64_t *iova,
			  uint64_t length)
{
	_auto_json_ json_object *o = json_object_new_object();
	_auto_free_ char *template = NULL, *text = NULL;

	output_add(o, "name", output_string(ioas->name));
	output_add(o, "iova", iova ? output_hex(*iova, 1) : NULL);
	output_add(o, "length", json_object_new_int64((int64_t)length));
	if (app->json) {
		output_document(app->out.stream, o);
		return;
	}
	if (app->quiet)
		return;
	template = x_asprintf("{name}: %s {length:bytes}[ at {iova}]", done);
	text = output_expand(template, o);
	fprintf(app->out.stream, "%s\n", text);
}

const char *const *ioas_accesses(void)
{
	/* In the order of the map flags: 1, 2, both. */
	static const char *const words[] = { "read", "write", "both", NULL };

	return words;
}

/* What devices may do: --access, or as much as the memory allows. */
static int map_flags(struct app *app, const struct memory *m,
		     unsigned int *flags)
{
	int word = option_word(app, "access");

	if (word < -1)
		return -1;
	*flags = VDEV_MAP_READ;
	if (word >= 0)
		*flags = (unsigned int)word + 1;
	else if (!m || m->writable)
		*flags |= VDEV_MAP_WRITE;
	return 0;
}

static int show_progress(void *data, uint64_t done, uint64_t total)
{
	(void)data;
	(void)done;
	(void)total;
	return signals_caught();
}

/* Through the process, or with --file through the file behind it. */
static int map_memory(struct app *app, struct vdev_ioas *ioas,
		      const struct memory *m, uint64_t offset, uint64_t length,
		      uint64_t *iova, unsigned int flags)
{
	uint64_t chunk = 0;
	int error;

	if (option_size(app, "chunk", &chunk))
		return -1;
	if (option_given(app, "file") && m->fd < 0) {
		app_fail(app, VDEV_ERROR_INVALID,
			 "%s has no file to map it through",
			 app->args.operands[1]);
		return app_hint(app, "'memory alloc --memfd' makes one");
	}
	if (vdev_ioas_set_progress(ioas, chunk, show_progress, NULL))
		return app_fail_ctx(app);
	if (option_given(app, "file"))
		error = vdev_ioas_map_file(ioas, iova, m->fd,
					   m->offset + offset, length, flags);
	else
		error = vdev_ioas_map(ioas, iova, (char *)m->address + offset,
				      length, flags);
	return error ? app_fail_ctx(app) : 0;
}

int ioas_map(struct app *app)
{
	struct object *ioas = take_ioas(app, 0);
	struct object *memory =
		ioas ? session_get(app, app->args.operands[1], &memory_type)
		     : NULL;
	uint64_t iova = VDEV_IOVA_ANY, offset, length;
	unsigned int flags;

	if (!memory || option_u64(app, "iova", &iova) ||
	    memory_part(app, memory->data, &offset, &length) ||
	    map_flags(app, memory->data, &flags) ||
	    map_memory(app, ioas->data, memory->data, offset, length, &iova,
		       flags))
		return -1;
	session_use(app->session, ioas, memory, USE_MAPPED, iova,
		    iova + length - 1);
	print_mapping(app, ioas, "mapped", &iova, length);
	return 0;
}

/* A range in the operands from `at` on. */
static int take_range(struct app *app, size_t at, uint64_t *iova,
		      uint64_t *length)
{
	return number_take(app, "IOVA", app->args.operands[at], iova) ||
			       number_take_size(app, "LENGTH",
						app->args.operands[at + 1],
						length)
		       ? -1
		       : 0;
}

int ioas_unmap(struct app *app)
{
	bool all = option_given(app, "all");
	struct object *ioas = take_ioas(app, 0);
	uint64_t iova = 0, length = 0, unmapped = 0;
	int error;

	if (!ioas)
		return -1;
	if (all ? app->args.operand_count != 1 : app->args.operand_count != 3)
		return app_fail(app, VDEV_ERROR_INVALID,
				"what to unmap is either IOVA and LENGTH or "
				"--all");
	if (!all && take_range(app, 1, &iova, &length))
		return -1;
	error = all ? vdev_ioas_unmap_all(ioas->data, &unmapped)
		    : vdev_ioas_unmap(ioas->data, iova, length, &unmapped);
	if (error)
		return app_fail_ctx(app);
	session_unuse(app->session, ioas, USE_MAPPED, iova,
		      all ? UINT64_MAX : iova + length - 1);
	print_mapping(app, ioas, "unmapped", all ? NULL : &iova, unmapped);
	return 0;
}

/* The copies keep the memory too. */
static void copy_uses(struct app *app, struct object *to, struct object *from,
		      uint64_t to_iova, uint64_t from_iova, uint64_t length)
{
	uint64_t at = 0, last;
	struct object *memory;

	while ((memory = session_used(app->session, from, USE_MAPPED, &at,
				      &last))) {
		uint64_t start = at > from_iova ? at : from_iova;
		uint64_t end = last < from_iova + length - 1
				       ? last
				       : from_iova + length - 1;

		if (start <= end)
			session_use(app->session, to, memory, USE_MAPPED,
				    to_iova + (start - from_iova),
				    to_iova + (end - from_iova));
		if (at == UINT64_MAX)
			break;
		at++;
	}
}

int ioas_copy(struct app *app)
{
	struct object *to = take_ioas(app, 0);
	struct object *from = to ? take_ioas(app, 1) : NULL;
	uint64_t iova = VDEV_IOVA_ANY, from_iova, length;
	unsigned int flags;

	if (!from || take_range(app, 2, &from_iova, &length) ||
	    option_u64(app, "iova", &iova) || map_flags(app, NULL, &flags))
		return -1;
	if (vdev_ioas_set_progress(to->data, 0, NULL, NULL) ||
	    vdev_ioas_copy(to->data, &iova, from->data, from_iova, length,
			   flags))
		return app_fail_ctx(app);
	copy_uses(app, to, from, iova, from_iova, length);
	print_mapping(app, to, "copied", &iova, length);
	return 0;
}

int ioas_ranges(struct app *app)
{
	_auto_json_ json_object *o = json_object_new_object();
	json_object *array = json_object_new_array();
	struct object *ioas = take_ioas(app, 0);
	struct vdev_iova_range *ranges = NULL;
	uint64_t alignment = 0;
	int count;

	output_add(o, "ranges", array);
	if (!ioas)
		return -1;
	count = vdev_ioas_ranges(ioas->data, &ranges, &alignment);
	if (count < 0)
		return app_fail_ctx(app);
	for (int i = 0; i < count; i++) {
		json_object *range = json_object_new_object();

		output_add(range, "first", output_hex(ranges[i].start, 1));
		output_add(range, "last", output_hex(ranges[i].last, 1));
		json_object_array_add(array, range);
		if (!app->json)
			fprintf(app->out.stream,
				"0x%" PRIx64 " to 0x%" PRIx64 "\n",
				ranges[i].start, ranges[i].last);
	}
	vdev_iova_ranges_free(ranges);
	output_add(o, "name", output_string(ioas->name));
	output_add(o, "alignment", json_object_new_int64((int64_t)alignment));
	if (app->json)
		output_document(app->out.stream, o);
	else
		fprintf(app->out.stream, "alignment %" PRIu64 "\n", alignment);
	return 0;
}

/* "0x0-0xfffff" */
static int take_allowed(struct app *app, const char *text,
			struct vdev_iova_range *ret)
{
	_auto_free_ char *copy = x_strdup(text);
	char *last = strchr(copy, '-');

	if (last)
		*last++ = '\0';
	if (last && number_parse(copy, &ret->start) &&
	    number_parse(last, &ret->last))
		return 0;
	return app_fail(app, VDEV_ERROR_INVALID,
			"a range is FIRST-LAST, such as 0x0-0xffffff, not '%s'",
			text);
}

int ioas_allow(struct app *app)
{
	size_t count = app->args.operand_count - 1;
	_auto_free_ struct vdev_iova_range *ranges =
		x_alloc(count, sizeof(*ranges));
	struct object *ioas = take_ioas(app, 0);

	if (!ioas)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (take_allowed(app, app->args.operands[i + 1], &ranges[i]))
			return -1;
	if (vdev_ioas_allow(ioas->data, ranges, count))
		return app_fail_ctx(app);
	session_print(app, ioas);
	return 0;
}
