/* SPDX-License-Identifier: GPL-2.0-or-later */

/* hwpt alloc, hwpt import */

#include "hwpt.h"

#include <libvdev/fault.h>
#include <libvdev/viommu.h>

#include "app.h"
#include "fault.h"
#include "ioas.h"
#include "numbers.h"
#include "held.h"
#include "viommu.h"

static void hwpt_release(void *data)
{
	vdev_hwpt_unref(data);
}

static json_object *hwpt_id(const void *data)
{
	return json_object_new_int64(vdev_hwpt_id(data));
}

/* The options of the flags, in the order of their bits. */
static const char *const flag_options[] = { "nest-parent", "dirty-tracking",
					    "fault", "pasid" };

static char *hwpt_detail(const void *data)
{
	unsigned int flags = vdev_hwpt_flags(data);
	const char *names[ARRAY_SIZE(flag_options)];
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(flag_options); i++)
		if (flags >> i & 1)
			names[count++] = flag_options[i];
	return count ? x_join(names, count, ", ") : NULL;
}

const struct object_type hwpt_type = {
	.name = "hwpt",
	.what = "a HWPT",
	.release = hwpt_release,
	.id = hwpt_id,
	.detail = hwpt_detail,
};

const char *const *hwpt_types(void)
{
	/* In the order of enum vdev_hwpt_data, without the first. */
	static const char *const words[] = { "vtd-s1", "arm-smmuv3",
					     "amd-guest", NULL };

	return words;
}

static unsigned int take_flags(const struct app *app)
{
	unsigned int flags = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(flag_options); i++)
		flags |= (unsigned int)option_given(app, flag_options[i]) << i;
	return flags;
}

/* What a HWPT is made with, and of what. */
struct plan {
	struct object *iommu;
	struct object *parent; /* NULL for one of an id */
	struct object *queue;  /* of faults; NULL likewise */
	uint32_t parent_id;
	uint32_t device;
	unsigned int flags;
	uint32_t type;
	uint8_t *data;
	size_t size;
	uint32_t fault;
};

int hwpt_take_device(struct app *app, uint32_t *id, struct object **iommu)
{
	const char *word = option_value(app, "device");
	struct object *device;

	if (!word == !option_given(app, "device-id"))
		return app_fail(app, VDEV_ERROR_INVALID,
				"it is made for a device: give either --device "
				"or --device-id");
	if (!word)
		return option_u32(app, "device-id", id);
	device = session_get(app, word, &held_type);
	if (!device || held_id(app, device, id))
		return -1;
	if (iommu)
		*iommu = held_iommu(device);
	return 0;
}

/* The queue of --fault, by its name or its id. */
static int take_fault(struct app *app, struct plan *p)
{
	const char *word = option_value(app, "fault");

	if (!word || !session_is_reference(word))
		return option_u32(app, "fault", &p->fault);
	p->queue = session_get(app, word, &fault_type);
	if (!p->queue)
		return -1;
	p->fault = vdev_fault_queue_id(p->queue->data);
	return 0;
}

/* An address space, a HWPT or vIOMMU to nest in, or the id of one of them. */
static int take_parent(struct app *app, struct plan *p)
{
	const char *word = app->args.operands[0];

	if (!session_is_reference(word))
		return number_take_u32(app, "the id of the parent", word,
				       &p->parent_id);
	p->parent = session_get(app, word, NULL);
	if (!p->parent)
		return -1;
	if (p->parent->type == &ioas_type)
		p->parent_id = vdev_ioas_id(p->parent->data);
	else if (p->parent->type == &hwpt_type)
		p->parent_id = vdev_hwpt_id(p->parent->data);
	else if (p->parent->type == &viommu_type)
		p->parent_id = vdev_viommu_id(p->parent->data);
	else
		return app_fail(app, VDEV_ERROR_INVALID,
				"%s is %s; a HWPT is made of an address space, "
				"of another HWPT or in a vIOMMU",
				word, p->parent->type->what);
	return 0;
}

/* Where it is made: where its parent is, else where the device is. */
static int find_iommu(struct app *app, struct plan *p)
{
	uint64_t from = 0;

	if (p->parent)
		p->iommu = session_used(app->session, p->parent, USE_PART,
					&from, NULL);
	/* A nested one is part of its parent, and that of its iommufd. */
	while (p->iommu && p->iommu->type != &iommu_type) {
		from = 0;
		p->iommu = session_used(app->session, p->iommu, USE_PART, &from,
					NULL);
	}
	if (!p->iommu)
		p->iommu = ioas_iommu(app);
	return p->iommu ? 0 : -1;
}

static int take_plan(struct app *app, struct plan *p)
{
	const char *bytes = option_value(app, "data");

	p->flags = take_flags(app);
	if (option_type(app, hwpt_types(), 1, &p->type) || take_fault(app, p) ||
	    take_parent(app, p) ||
	    hwpt_take_device(app, &p->device, &p->iommu) || find_iommu(app, p))
		return -1;
	if (bytes)
		return number_take_bytes(app, "--data", bytes, &p->data,
					 &p->size);
	return 0;
}

static void add_hwpt(struct app *app, struct object *of, struct object *queue,
		     struct vdev_hwpt *hwpt)
{
	struct object *object = session_add_part(app, &hwpt_type, hwpt, of);

	if (queue)
		session_use(app->session, object, queue, USE_ATTACHED, 0, 0);
	session_print(app, object);
}

int hwpt_alloc(struct app *app)
{
	struct plan p = { 0 };
	struct vdev_hwpt *hwpt;
	int error = take_plan(app, &p);

	if (!error &&
	    vdev_hwpt_new(p.iommu->data, p.device, p.parent_id, p.flags, p.type,
			  p.data, p.size, p.fault, &hwpt))
		error = app_fail_ctx(app);
	free(p.data);
	if (!error)
		add_hwpt(app, p.parent ? p.parent : p.iommu, p.queue, hwpt);
	return error;
}

int hwpt_import(struct app *app)
{
	struct vdev_hwpt *hwpt;
	struct object *iommu;
	uint32_t id;

	if (number_take_u32(app, "ID", app->args.operands[0], &id))
		return -1;
	iommu = ioas_iommu(app);
	if (!iommu)
		return -1;
	if (vdev_hwpt_import(iommu->data, id, take_flags(app), &hwpt))
		return app_fail_ctx(app);
	add_hwpt(app, iommu, NULL, hwpt);
	return 0;
}
