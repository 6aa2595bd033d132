/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "open.h"

#include "app.h"
#include "held.h"
#include "secret.h"

const char *const *open_backends(void)
{
	/* In the order of enum vdev_iommu_kind. */
	static const char *const words[] = { "auto", "iommufd", "type1",
					     "compat", NULL };

	return words;
}

/* --- What manages the device's DMA */

/*
 * Whether the cdev is the way to go. Not if there is a token that would not be
 * looked at there, but is when the device is opened through its group.
 */
static bool prefers_cdev(struct vdev_device *dev,
			 const struct vdev_vf_token *token)
{
	if (!vdev_device_vfio_cdev(dev))
		return false;
	return !token || !vdev_device_vfio_group(dev) ||
	       vdev_device_vf_token_checked(dev);
}

bool open_is_by_cdev(const struct app *app, struct vdev_device *dev,
		     const struct vdev_vf_token *token)
{
	const char *backend = option_value(app, "backend");

	if (!backend || str_eq(backend, "auto"))
		return prefers_cdev(dev, token);
	return str_eq(backend, "iommufd");
}

/* NULL if the library is to choose. */
static int open_iommu(struct app *app, struct vdev_iommu **ret)
{
	int kind = option_word(app, "backend");

	if (kind < -1)
		return -1;
	if (kind > VDEV_IOMMU_ANY &&
	    vdev_iommu_open(app->ctx, (enum vdev_iommu_kind)kind, ret))
		return app_fail_ctx(app);
	return 0;
}

int open_refuse_options(struct app *app, const char *why)
{
	if (!option_given(app, "backend") && !secret_given(app))
		return 0;
	return app_fail(app, VDEV_ERROR_INVALID,
			"--backend and VF tokens are for opening: %s", why);
}

/* --- The device */

/* Before anything is opened: what is missing would be another thing then. */
int open_check_driver(struct app *app, struct vdev_device *dev)
{
	const char *address = vdev_device_address(dev);
	const char *driver = vdev_device_driver(dev);

	if (vdev_device_is_vfio(dev))
		return 0;
	app_fail(app, VDEV_ERROR_NOT_FOUND,
		 "cannot open %s: it is bound to %s, not to a VFIO driver",
		 address, driver ? driver : "no driver");
	return app_hint(app, "vdevctl bind %s", address);
}

int open_with_token(struct app *app, struct vdev_device *dev,
		    const struct vdev_vf_token *token,
		    struct vdev_iommu **iommu, struct vdev_file **ret)
{
	struct vdev_iommu *opened = NULL;
	int error;

	if (!*iommu && open_iommu(app, &opened))
		return -1;
	error = vdev_file_open(dev, opened ? opened : *iommu, token, ret);
	vdev_iommu_unref(opened);
	if (error)
		return app_fail_ctx(app);
	if (!*iommu)
		*iommu = vdev_iommu_ref(vdev_file_iommu(*ret));
	return 0;
}

int open_device(struct app *app, struct vdev_device *dev,
		struct vdev_iommu **iommu, struct vdev_file **ret)
{
	const struct vdev_vf_token *token;

	if (open_check_driver(app, dev))
		return -1;
	if (app->dry_run)
		return app_fail(app, VDEV_ERROR_INVALID,
				"this opens %s, which resets it: --dry-run "
				"cannot do that",
				vdev_device_address(dev));
	if (secret_for(app, dev, &token))
		return -1;
	return open_with_token(app, dev, token, iommu, ret);
}

/* "$NAME", which a session holds open. */
static int take_held(struct app *app, const char *operand, struct opened *ret)
{
	struct object *object = session_get(app, operand, &held_type);
	struct held *held = object ? object->data : NULL;

	if (!object)
		return -1;
	if (option_given(app, "backend"))
		return app_fail(app, VDEV_ERROR_INVALID,
				"%s is open already, so that there is nothing "
				"to choose by --backend",
				operand);
	if (secret_given(app))
		return app_fail(app, VDEV_ERROR_INVALID,
				"%s is open already, so that a VF token is of "
				"no use",
				operand);
	*ret = (struct opened){
		.name = operand,
		.iommu = vdev_iommu_ref(vdev_file_iommu(held->file)),
		.file = vdev_file_ref(held->file),
		.held = true,
	};
	if (vdev_file_device(held->file)) {
		ret->dev = vdev_device_ref(vdev_file_device(held->file));
		ret->name = vdev_device_address(ret->dev);
	}
	return 0;
}

bool open_is_held(const struct app *app, const char *operand)
{
	return app->session && session_is_reference(operand);
}

int open_operand(struct app *app, const char *operand, struct opened *ret)
{
	struct opened o = { 0 };

	if (open_is_held(app, operand))
		return take_held(app, operand, ret);
	if (vdev_device_find(app->ctx, operand, &o.dev))
		return app_fail_ctx(app);
	if (open_device(app, o.dev, &o.iommu, &o.file)) {
		opened_clear(&o);
		return -1;
	}
	o.name = vdev_device_address(o.dev);
	*ret = o;
	return 0;
}

int open_known_operand(struct app *app, const char *operand, struct opened *ret)
{
	struct opened o = { 0 };

	if (open_operand(app, operand, &o))
		return -1;
	if (!o.dev) {
		opened_clear(&o);
		return app_fail(app, VDEV_ERROR_NOT_SUPPORTED,
				"which device %s is, a descriptor that was "
				"imported, is not known",
				operand);
	}
	*ret = o;
	return 0;
}

void opened_clear(struct opened *o)
{
	vdev_file_unref(o->file);
	vdev_iommu_unref(o->iommu);
	vdev_device_unref(o->dev);
	*o = (struct opened){ 0 };
}
