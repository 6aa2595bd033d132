/* SPDX-License-Identifier: GPL-2.0-or-later */

/* fault alloc, fault read, fault answer */

#include "fault.h"

#include <libvdev/fault.h>

#include "app.h"
#include "ioas.h"
#include "numbers.h"

static void fault_release(void *data)
{
	vdev_fault_queue_free(data);
}

static json_object *fault_id(const void *data)
{
	return json_object_new_int64(vdev_fault_queue_id(data));
}

const struct object_type fault_type = {
	.name = "fault",
	.what = "a queue of faults",
	.release = fault_release,
	.id = fault_id,
};

int fault_alloc(struct app *app)
{
	struct vdev_fault_queue *queue;
	struct object *iommu = ioas_iommu(app);

	if (!iommu)
		return -1;
	if (vdev_fault_queue_new(iommu->data, &queue))
		return app_fail_ctx(app);
	session_print(app, session_add_part(app, &fault_type, queue, iommu));
	return 0;
}

static json_object *describe_access(unsigned int access)
{
	/* In the order of the bits of enum vdev_fault_access. */
	static const char *const names[] = { "read", "write", "exec",
					     "privileged" };
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (access >> i & 1)
			json_object_array_add(array, output_string(names[i]));
	return array;
}

static json_object *describe_fault(const struct vdev_fault *fault)
{
	json_object *o = json_object_new_object();

	output_add(o, "device", output_count(vdev_fault_device(fault)));
	output_add(o, "pasid", output_count(vdev_fault_pasid(fault)));
	output_add(o, "address", output_hex(vdev_fault_address(fault), 1));
	output_add(o, "length", output_count(vdev_fault_length(fault)));
	output_add(o, "access", describe_access(vdev_fault_access(fault)));
	output_add(o, "group", output_count(vdev_fault_group(fault)));
	output_add(o, "last",
		   json_object_new_boolean(vdev_fault_is_last(fault)));
	output_add(o, "cookie", output_count(vdev_fault_cookie(fault)));
	return o;
}

static struct object *take_queue(struct app *app)
{
	return session_get(app, app->args.operands[0], &fault_type);
}

int fault_read(struct app *app)
{
	_auto_json_ json_object *array = json_object_new_array();
	struct object *object = take_queue(app);
	const struct vdev_fault *fault;
	int ret;

	if (!object)
		return -1;
	while ((ret = vdev_fault_queue_next(object->data, &fault)) > 0)
		json_object_array_add(array, describe_fault(fault));
	if (ret)
		return app_fail_ctx(app);
	if (app->json) {
		output_document(app->out.stream, array);
		return 0;
	}
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		_auto_free_ char *text = output_expand(
			"cookie {cookie}: device {device}[, PASID {pasid}], "
			"{access} at {address}",
			json_object_array_get_idx(array, i));

		fprintf(app->out.stream, "%s\n", text);
	}
	return 0;
}

int fault_answer(struct app *app)
{
	/* In the order of enum vdev_fault_answer. */
	static const char *const words[] = { "retry", "invalid", NULL };
	const char *word = app->args.operands[2];
	struct object *object = take_queue(app);
	int answer = 0;
	uint32_t cookie;

	if (!object ||
	    number_take_u32(app, "COOKIE", app->args.operands[1], &cookie))
		return -1;
	while (words[answer] && !str_eq(words[answer], word))
		answer++;
	if (!words[answer])
		return app_fail(app, VDEV_ERROR_INVALID,
				"a fault is answered by retry or invalid, not "
				"'%s'",
				word);
	if (vdev_fault_queue_answer(object->data, cookie,
				    (enum vdev_fault_answer)answer))
		return app_fail_ctx(app);
	session_print(app, object);
	return 0;
}
