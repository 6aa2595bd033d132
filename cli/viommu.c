/* SPDX-License-Identifier: GPL-2.0-or-later */

/* hwpt invalidate; viommu alloc, device, invalidate, events, read, queue */

#include "viommu.h"

#include <libvdev/viommu.h>

#include "app.h"
#include "held.h"
#include "hwpt.h"
#include "numbers.h"

/* --- Objects */

static void viommu_release(void *data)
{
	vdev_viommu_unref(data);
}

static json_object *viommu_id(const void *data)
{
	return json_object_new_int64(vdev_viommu_id(data));
}

const struct object_type viommu_type = {
	.name = "viommu",
	.what = "a vIOMMU",
	.release = viommu_release,
	.id = viommu_id,
};

static void vdevice_release(void *data)
{
	vdev_vdevice_free(data);
}

static json_object *vdevice_id(const void *data)
{
	return json_object_new_int64(vdev_vdevice_id(data));
}

const struct object_type vdevice_type = {
	.name = "vdevice",
	.what = "a guest's number of a device",
	.release = vdevice_release,
	.id = vdevice_id,
};

static void veventq_release(void *data)
{
	vdev_veventq_free(data);
}

static json_object *veventq_id(const void *data)
{
	return json_object_new_int64(vdev_veventq_id(data));
}

const struct object_type veventq_type = {
	.name = "veventq",
	.what = "a queue of events",
	.release = veventq_release,
	.id = veventq_id,
};

static void hw_queue_release(void *data)
{
	vdev_hw_queue_free(data);
}

static json_object *hw_queue_id(const void *data)
{
	return json_object_new_int64(vdev_hw_queue_id(data));
}

const struct object_type hw_queue_type = {
	.name = "hw-queue",
	.what = "a hardware queue",
	.release = hw_queue_release,
	.id = hw_queue_id,
};

static struct object *take_viommu(struct app *app)
{
	return session_get(app, app->args.operands[0], &viommu_type);
}

/* --- Words */

const char *const *viommu_invalidations(void)
{
	/* In the order of enum vdev_invalidation. */
	static const char *const words[] = { "vtd-s1", "arm-smmuv3", NULL };

	return words;
}

const char *const *viommu_types(void)
{
	/* In the order of enum vdev_viommu_type, which starts with 1. */
	static const char *const words[] = { "arm-smmuv3", "tegra241-cmdqv",
					     NULL };

	return words;
}

const char *const *viommu_queue_types(void)
{
	/* In the order of enum vdev_hw_queue_type, which starts with 1. */
	static const char *const words[] = { "tegra241-cmdqv", NULL };

	return words;
}

/* Fails if it is not given. */
static int need_type(struct app *app, const char *const *words, uint32_t *ret)
{
	if (option_given(app, "type"))
		return option_type(app, words, 1, ret);
	return app_fail(app, VDEV_ERROR_INVALID, "--type has to be given");
}

/* --- Invalidations */

struct requests {
	uint32_t type;
	uint8_t *data;
	size_t size; /* of one */
	uint32_t count;
};

/* --data, taken apart by --size. */
static int take_raw(struct app *app, struct requests *r)
{
	const char *bytes = option_value(app, "data");
	uint64_t size = 0;
	size_t all;

	if (!bytes)
		return app_fail(app, VDEV_ERROR_INVALID,
				"--data has to be given with --type");
	if (option_type(app, viommu_invalidations(), 0, &r->type) ||
	    option_size(app, "size", &size) ||
	    number_take_bytes(app, "--data", bytes, &r->data, &all))
		return -1;
	r->size = size ? size : all;
	r->count = r->size ? (uint32_t)(all / r->size) : 0;
	if (!r->count || all % r->size)
		return app_fail(app, VDEV_ERROR_INVALID,
				"--data is no whole number of requests of "
				"--size");
	return 0;
}

/* One for VT-d: --all, or --address and --pages. */
static int take_range(struct app *app, struct requests *r)
{
	struct vdev_vtd_invalidation *v = x_alloc(1, sizeof(*v));

	*r = (struct requests){ .type = VDEV_INVALIDATE_VTD_S1,
				.data = (uint8_t *)v,
				.size = sizeof(*v),
				.count = 1 };
	if (option_given(app, "all") == option_given(app, "pages"))
		return app_fail(app, VDEV_ERROR_INVALID,
				"give --all, or --address and --pages, or "
				"--type and --data");
	if (option_given(app, "leaf"))
		v->flags = VDEV_VTD_INVALIDATE_LEAF;
	v->pages = UINT64_MAX;
	return option_u64(app, "address", &v->address) ||
			       option_u64(app, "pages", &v->pages)
		       ? -1
		       : 0;
}

static int print_handled(struct app *app, const struct object *object,
			 const struct requests *r, int handled)
{
	_auto_json_ json_object *o = NULL;

	if (handled < 0)
		return app_fail_ctx(app);
	if ((uint32_t)handled < r->count) {
		app_fail_ctx(app);
		return app_fail_code(app, VDEV_ERROR_PARTIAL);
	}
	o = json_object_new_object();
	output_add(o, "name", output_string(object->name));
	output_add(o, "requests", output_count(handled));
	if (app->json)
		output_document(app->out.stream, o);
	else if (!app->quiet)
		fprintf(app->out.stream, "%s: %d invalidated\n", object->name,
			handled);
	return 0;
}

int hwpt_invalidate(struct app *app)
{
	struct object *object =
		session_get(app, app->args.operands[0], &hwpt_type);
	struct requests r = { 0 };
	int ret;

	if (!object)
		return -1;
	ret = option_given(app, "type") ? take_raw(app, &r)
					: take_range(app, &r);
	if (!ret)
		ret = print_handled(app, object, &r,
				    vdev_hwpt_invalidate(object->data, r.type,
							 r.data, r.size,
							 r.count));
	free(r.data);
	return ret;
}

int viommu_invalidate(struct app *app)
{
	struct object *object = take_viommu(app);
	struct requests r = { 0 };
	int ret = object ? take_raw(app, &r) : -1;

	if (!ret)
		ret = print_handled(app, object, &r,
				    vdev_viommu_invalidate(object->data, r.type,
							   r.data, r.size,
							   r.count));
	free(r.data);
	return ret;
}

/* --- vIOMMUs */

int viommu_alloc(struct app *app)
{
	struct object *parent =
		session_get(app, app->args.operands[0], &hwpt_type);
	const char *bytes = option_value(app, "data");
	struct vdev_viommu *viommu;
	uint32_t device, type = 0;
	uint8_t *data = NULL;
	size_t size = 0;
	int ret;

	if (!parent || need_type(app, viommu_types(), &type) ||
	    hwpt_take_device(app, &device, NULL) ||
	    (bytes && number_take_bytes(app, "--data", bytes, &data, &size)))
		return -1;
	ret = vdev_viommu_new(parent->data, device, type, data, size, &viommu);
	free(data);
	if (ret)
		return app_fail_ctx(app);
	session_print(app, session_add_part(app, &viommu_type, viommu, parent));
	return 0;
}

int viommu_device(struct app *app)
{
	const char *word = app->args.operands[1];
	struct object *viommu = take_viommu(app), *device = NULL, *object;
	struct vdev_vdevice *vdevice;
	uint64_t number;
	uint32_t id;

	if (!viommu ||
	    number_take(app, "NUMBER", app->args.operands[2], &number))
		return -1;
	if (session_is_reference(word)) {
		device = session_get(app, word, &held_type);
		if (!device || held_id(app, device, &id))
			return -1;
	} else if (number_take_u32(app, "the id of a device", word, &id)) {
		return -1;
	}
	if (vdev_vdevice_new(viommu->data, id, number, &vdevice))
		return app_fail_ctx(app);
	object = session_add_part(app, &vdevice_type, vdevice, viommu);
	if (device)
		session_use(app->session, object, device, USE_ATTACHED, 0, 0);
	session_print(app, object);
	return 0;
}

/* --- Events and hardware queues */

int viommu_events(struct app *app)
{
	struct object *viommu = take_viommu(app);
	uint32_t type = 0, depth = 64;
	struct vdev_veventq *queue;
	uint64_t size = 0;

	if (!viommu || need_type(app, viommu_types(), &type) ||
	    option_u32(app, "depth", &depth) || option_size(app, "size", &size))
		return -1;
	if (vdev_veventq_new(viommu->data, type, depth, size, &queue))
		return app_fail_ctx(app);
	session_print(app, session_add_part(app, &veventq_type, queue, viommu));
	return 0;
}

static json_object *describe_event(const struct vdev_vevent *event)
{
	json_object *o = json_object_new_object();
	_auto_free_ char *text = NULL;
	const void *data;
	size_t size;

	data = vdev_vevent_data(event, &size);
	if (data)
		text = number_bytes(data, size);
	output_add(o, "sequence", output_count(vdev_vevent_sequence(event)));
	output_add(o, "lost", output_count(vdev_vevent_lost(event)));
	output_add(o, "data", output_string(text));
	return o;
}

int viommu_read(struct app *app)
{
	struct object *queue =
		session_get(app, app->args.operands[0], &veventq_type);
	_auto_json_ json_object *array = json_object_new_array();
	const struct vdev_vevent *event;
	int ret;

	if (!queue)
		return -1;
	while ((ret = vdev_veventq_next(queue->data, &event)) > 0)
		json_object_array_add(array, describe_event(event));
	if (ret)
		return app_fail_ctx(app);
	if (app->json) {
		output_document(app->out.stream, array);
		return 0;
	}
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		_auto_free_ char *text =
			output_expand("{sequence}: {lost} lost[, {data}]",
				      json_object_array_get_idx(array, i));

		fprintf(app->out.stream, "%s\n", text);
	}
	return 0;
}

int viommu_queue(struct app *app)
{
	struct object *viommu = take_viommu(app);
	struct vdev_hw_queue *queue;
	uint32_t type = 0, index = 0;
	uint64_t address, length;

	if (!viommu || need_type(app, viommu_queue_types(), &type) ||
	    option_u32(app, "index", &index) ||
	    number_take(app, "ADDRESS", app->args.operands[1], &address) ||
	    number_take_size(app, "LENGTH", app->args.operands[2], &length))
		return -1;
	if (vdev_hw_queue_new(viommu->data, type, index, address, length,
			      &queue))
		return app_fail_ctx(app);
	session_print(app,
		      session_add_part(app, &hw_queue_type, queue, viommu));
	return 0;
}
