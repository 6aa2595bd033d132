/* SPDX-License-Identifier: GPL-2.0-or-later */

/* device open, import, attach, detach; pasid alloc, attach, replace ... */

#include "held.h"

#include <inttypes.h>
#include <libvdev/pasid.h>

#include "app.h"
#include "hwpt.h"
#include "ioas.h"
#include "numbers.h"
#include "open.h"

static void held_release(void *data)
{
	struct held *d = data;

	/* What is attached here ends here, also where others have the device.
	 */
	if (d->imported && vdev_file_pasid_count(d->file))
		(void)vdev_file_detach_all_pasids(d->file);
	if (d->imported && d->attached)
		(void)vdev_file_detach(d->file);
	vdev_file_unref(d->file);
	vdev_pasid_space_free(d->pasids);
	free(d->name);
	free(d);
}

static json_object *held_json_id(const void *data)
{
	const struct held *d = data;
	uint32_t id;

	return vdev_file_device_id(d->file, &id) ? NULL
						 : json_object_new_int64(id);
}

static char *held_detail(const void *data)
{
	const struct held *d = data;

	return x_strdup(d->name);
}

const struct object_type held_type = {
	.name = "device",
	.what = "an opened device",
	.release = held_release,
	.id = held_json_id,
	.detail = held_detail,
};

int held_id(struct app *app, const struct object *device, uint32_t *ret)
{
	const struct held *d = device->data;

	if (!vdev_file_device_id(d->file, ret))
		return 0;
	app_fail(app, VDEV_ERROR_NOT_SUPPORTED,
		 "$%s is not bound to an iommufd, and has no id in one",
		 device->name);
	return app_hint(app, "open it with an iommufd, not through its group");
}

struct object *held_iommu(const struct object *device)
{
	const struct held *d = device->data;

	return d->iommu;
}

/* --- device */

static int add_device(struct app *app, const struct held *new)
{
	struct held *d = x_alloc(1, sizeof(*d));
	struct object *iommu = new->iommu, *object;

	*d = *new;
	object = session_add(app, &held_type, d);
	if (iommu)
		session_use(app->session, object, iommu, USE_PART, 0, 0);
	session_print(app, object);
	return 0;
}

/* One that is open is used; which one a new one is --backend decides. */
static int find_iommu(struct app *app, struct object **ret)
{
	if (ioas_find_iommu(app, ret))
		return -1;
	if (!*ret)
		return ioas_check_iommu_name(app);
	if (!option_given(app, "backend"))
		return 0;
	app_fail(app, VDEV_ERROR_INVALID,
		 "$%s is open already, so that there is nothing to choose by "
		 "--backend",
		 (*ret)->name);
	return app_hint(app, "'NAME = iommu open --backend BACKEND' opens "
			     "another one");
}

int held_open(struct app *app)
{
	struct vdev_device *dev = NULL;
	struct vdev_iommu *iommu;
	struct object *object;
	struct vdev_file *file;
	char *name;

	if (find_iommu(app, &object))
		return -1;
	if (vdev_device_find(app->ctx, app->args.operands[0], &dev))
		return app_fail_ctx(app);
	name = x_strdup(vdev_device_address(dev));
	iommu = object ? object->data : NULL;
	if (open_device(app, dev, &iommu, &file)) {
		vdev_device_unref(dev);
		free(name);
		return -1;
	}
	vdev_device_unref(dev);
	if (!object)
		object = ioas_adopt_iommu(app, iommu);
	return add_device(
		app,
		&(struct held){ .file = file, .iommu = object, .name = name });
}

int held_import(struct app *app)
{
	const char *word = option_value(app, "iommu");
	struct object *iommu = NULL;
	struct vdev_file *file;
	uint32_t fd, id = 0;

	if (number_take_u32(app, "FD", app->args.operands[0], &fd) ||
	    option_u32(app, "device-id", &id))
		return -1;
	/* One that is bound nowhere needs none. */
	if (word || id) {
		iommu = ioas_iommu(app);
		if (!iommu)
			return -1;
	}
	if (vdev_file_import(app->ctx, (int)fd, iommu ? iommu->data : NULL, id,
			     NULL, &file))
		return app_fail_ctx(app);
	return add_device(app, &(struct held){ .file = file,
					       .iommu = iommu,
					       .name = x_asprintf("descriptor "
								  "%" PRIu32,
								  fd),
					       .imported = true });
}

static struct object *take_device(struct app *app)
{
	return session_get(app, app->args.operands[0], &held_type);
}

static void print_device(struct app *app, struct object *object)
{
	_auto_json_ json_object *document =
		session_describe(app->session, object);
	_auto_free_ char *text = NULL;

	if (app->json) {
		output_document(app->out.stream, document);
		return;
	}
	if (app->quiet)
		return;
	text = output_expand("{name}: ", document);
	fputs(text, app->out.stream);
}

static void print_done(struct app *app, struct object *object, const char *done,
		       const char *to)
{
	print_device(app, object);
	if (!app->json && !app->quiet)
		fprintf(app->out.stream, "%s%s\n", done, to ? to : "");
}

int held_attach(struct app *app)
{
	const char *word = app->args.operands[1];
	struct object *device = take_device(app), *to = NULL;
	struct held *d = device ? device->data : NULL;
	uint32_t id;
	int error;

	if (!device)
		return -1;
	if (session_is_reference(word)) {
		to = session_get(app, word, NULL);
		if (!to)
			return -1;
		if (to->type == &ioas_type)
			error = vdev_file_attach(d->file, to->data);
		else if (to->type == &hwpt_type)
			error = vdev_file_attach_hwpt(d->file, to->data);
		else
			return app_fail(app, VDEV_ERROR_INVALID,
					"%s is %s; a device is attached to an "
					"address space or a HWPT",
					word, to->type->what);
	} else {
		if (number_take_u32(app, "the id of an IOAS or HWPT", word,
				    &id))
			return -1;
		error = vdev_file_attach_id(d->file, id, NULL);
	}
	if (error)
		return app_fail_ctx(app);
	d->attached = true;
	session_unuse(app->session, device, USE_ATTACHED, 0, UINT64_MAX);
	if (to)
		session_use(app->session, device, to, USE_ATTACHED, 0, 0);
	print_done(app, device, "attached to ", word);
	return 0;
}

int held_detach(struct app *app)
{
	struct object *device = take_device(app);
	struct held *d = device ? device->data : NULL;

	if (!device)
		return -1;
	if (vdev_file_detach(d->file))
		return app_fail_ctx(app);
	d->attached = false;
	session_unuse(app->session, device, USE_ATTACHED, 0, UINT64_MAX);
	print_done(app, device, "detached", NULL);
	return 0;
}

/* --- pasid */

/* A PASID that is taken: the device it is of, and its number. */
struct taken {
	struct held *device;
	uint32_t pasid;
};

static void taken_release(void *data)
{
	struct taken *t = data;

	(void)vdev_pasid_release(t->device->pasids, t->pasid, 1);
	free(t);
}

static json_object *taken_id(const void *data)
{
	const struct taken *t = data;

	return json_object_new_int64(t->pasid);
}

const struct object_type pasid_type = {
	.name = "pasid",
	.what = "a PASID",
	.release = taken_release,
	.id = taken_id,
};

/* Made when it is first asked for: devices without PASIDs are refused. */
static int need_space(struct app *app, struct held *d)
{
	int width;

	if (d->pasids)
		return 0;
	width = vdev_file_pasid_width(d->file);
	if (width < 0 ||
	    vdev_pasid_space_new(app->ctx, 1, (1U << width) - 1, &d->pasids))
		return app_fail_ctx(app);
	return 0;
}

int pasid_alloc(struct app *app)
{
	struct object *device = take_device(app);
	struct held *d = device ? device->data : NULL;
	uint32_t pasid = 0;
	struct taken *t;
	int error;

	if (!device || option_u32(app, "number", &pasid) || need_space(app, d))
		return -1;
	error = option_given(app, "number")
			? vdev_pasid_reserve(d->pasids, pasid, 1)
			: vdev_pasid_alloc(d->pasids, 1, &pasid);
	if (error)
		return app_fail_ctx(app);
	t = x_alloc(1, sizeof(*t));
	*t = (struct taken){ d, pasid };
	session_print(app, session_add_part(app, &pasid_type, t, device));
	return 0;
}

/* A number, or one that was taken by 'pasid alloc' for this device. */
static int take_pasid(struct app *app, const struct object *device,
		      uint32_t *ret)
{
	const char *word = app->args.operands[1];
	const struct taken *t;
	struct object *object;

	if (!session_is_reference(word))
		return number_take_u32(app, "PASID", word, ret);
	object = session_get(app, word, &pasid_type);
	if (!object)
		return -1;
	t = object->data;
	if (t->device != device->data)
		return app_fail(app, VDEV_ERROR_INVALID,
				"%s is a PASID of another device than $%s",
				word, device->name);
	*ret = t->pasid;
	return 0;
}

static bool is_attached(const struct held *d, uint32_t pasid)
{
	for (size_t i = 0; i < vdev_file_pasid_count(d->file); i++)
		if (vdev_file_pasid(d->file, i) == pasid)
			return true;
	return false;
}

/* What attach and replace differ in is what has to be there before. */
static int attach(struct app *app, bool replace)
{
	const char *word = app->args.operands[2];
	struct object *device = take_device(app), *hwpt = NULL;
	struct held *d = device ? device->data : NULL;
	_auto_free_ char *done = NULL;
	uint32_t pasid = 0, id = 0;
	int error;

	if (!device || take_pasid(app, device, &pasid))
		return -1;
	if (session_is_reference(word))
		hwpt = session_get(app, word, &hwpt_type);
	else if (number_take_u32(app, "the id of a HWPT", word, &id))
		return -1;
	if (session_is_reference(word) && !hwpt)
		return -1;
	/* Where there are none the reason is worth more than the state. */
	if (vdev_file_pasid_width(d->file) < 0)
		return app_fail_ctx(app);
	if (is_attached(d, pasid) != replace) {
		app_fail(app,
			 replace ? VDEV_ERROR_NOT_FOUND : VDEV_ERROR_IN_USE,
			 "PASID %u of $%s is %s", pasid, device->name,
			 replace ? "not attached" : "attached already");
		return app_hint(app, "'pasid %s' is for that",
				replace ? "attach" : "replace");
	}
	error = hwpt ? vdev_file_attach_pasid(d->file, pasid, hwpt->data)
		     : vdev_file_attach_pasid_id(d->file, pasid, id);
	if (error)
		return app_fail_ctx(app);
	session_unuse(app->session, device, USE_PASID, pasid, pasid);
	if (hwpt)
		session_use(app->session, device, hwpt, USE_PASID, pasid,
			    pasid);
	done = x_asprintf("PASID %u %s ", pasid,
			  replace ? "moved to" : "attached to");
	print_done(app, device, done, word);
	return 0;
}

int pasid_attach(struct app *app)
{
	return attach(app, false);
}

int pasid_replace(struct app *app)
{
	return attach(app, true);
}

int pasid_detach(struct app *app)
{
	struct object *device = take_device(app);
	struct held *d = device ? device->data : NULL;
	_auto_free_ char *done = NULL;
	uint32_t pasid = 0;

	if (!device || take_pasid(app, device, &pasid))
		return -1;
	if (vdev_file_detach_pasid(d->file, pasid))
		return app_fail_ctx(app);
	session_unuse(app->session, device, USE_PASID, pasid, pasid);
	done = x_asprintf("PASID %u detached", pasid);
	print_done(app, device, done, NULL);
	return 0;
}

int pasid_detach_all(struct app *app)
{
	struct object *device = take_device(app);
	struct held *d = device ? device->data : NULL;
	_auto_free_ char *done = NULL;
	int count;

	if (!device)
		return -1;
	count = vdev_file_detach_all_pasids(d->file);
	/* Some may be detached although one was not. */
	for (uint64_t at = 0;
	     session_used(app->session, device, USE_PASID, &at, NULL); at++)
		if (!is_attached(d, (uint32_t)at))
			session_unuse(app->session, device, USE_PASID, at, at);
	if (count < 0)
		return app_fail_ctx(app);
	done = x_asprintf("%d PASIDs detached", count);
	print_done(app, device, done, NULL);
	return 0;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static json_object *describe_pasid(struct app *app, const struct object *device,
				   uint32_t pasid, bool taken)
{
	const struct held *d = device->data;
	json_object *o = json_object_new_object();
	uint64_t at = pasid;
	struct object *hwpt =
		session_used(app->session, device, USE_PASID, &at, NULL);

	output_add(o, "pasid", json_object_new_int64(pasid));
	output_add(o, "attached",
		   json_object_new_boolean(is_attached(d, pasid)));
	output_add(o, "taken", json_object_new_boolean(taken));
	output_add(o, "hwpt",
		   hwpt && at == pasid ? output_string(hwpt->name) : NULL);
	return o;
}

/* Those attached and those taken by 'pasid alloc', from the lowest on. */
static uint32_t *collect(const struct held *d, size_t *count)
{
	size_t attached = vdev_file_pasid_count(d->file), all = attached;
	uint32_t *pasids, pasid;

	if (d->pasids)
		vdev_pasid_foreach(d->pasids, pasid)
			all++;
	pasids = x_alloc(all, sizeof(*pasids));
	for (*count = 0; *count < attached; (*count)++)
		pasids[*count] = vdev_file_pasid(d->file, *count);
	if (d->pasids)
		vdev_pasid_foreach(d->pasids, pasid)
			if (!is_attached(d, pasid))
				pasids[(*count)++] = pasid;
	qsort(pasids, *count, sizeof(*pasids), compare);
	return pasids;
}

int pasid_list(struct app *app)
{
	_auto_json_ json_object *array = json_object_new_array();
	struct object *device = take_device(app);
	struct held *d = device ? device->data : NULL;
	_auto_free_ uint32_t *pasids = NULL;
	size_t count;

	if (!device)
		return -1;
	pasids = collect(d, &count);
	for (size_t i = 0; i < count; i++) {
		bool taken =
			d->pasids && vdev_pasid_is_taken(d->pasids, pasids[i]);

		json_object_array_add(
			array, describe_pasid(app, device, pasids[i], taken));
	}
	if (app->json) {
		output_document(app->out.stream, array);
		return 0;
	}
	for (size_t i = 0; i < count; i++) {
		_auto_free_ char *text = output_expand(
			"{pasid}: attached {attached}[ to {hwpt}], taken "
			"{taken}",
			json_object_array_get_idx(array, i));

		fprintf(app->out.stream, "%s\n", text);
	}
	return 0;
}
