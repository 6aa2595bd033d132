/* SPDX-License-Identifier: GPL-2.0-or-later */

/* vdevctl mdev: VFs that are virtual GPUs, where a driver has no mdevs. */

#include "app.h"
#include "mdev.h"

bool mdev_is_vgpu(struct vdev_device *dev)
{
	_auto_free_ char *type = NULL;

	return str_eq(vdev_device_bus(dev), "pci") &&
	       vdev_vgpu_type(dev, &type) >= 0;
}

struct vdev_device *mdev_find_vgpu(struct app *app, const char *name)
{
	struct vdev_device *dev;

	if (vdev_device_find(app->ctx, name, &dev))
		return NULL;
	return mdev_is_vgpu(dev) ? dev : vdev_device_unref(dev);
}

/* The keys of an mdev: the VF stands for its own parent. */
json_object *mdev_describe_vgpu(struct vdev_device *vf)
{
	_auto_free_ char *type = NULL;
	json_object *o = json_object_new_object();

	if (vdev_vgpu_type(vf, &type) < 1)
		type = NULL;
	output_add(o, "uuid", NULL);
	output_add(o, "parent", output_string(vdev_device_address(vf)));
	output_add(o, "type", output_string(type));
	output_add(o, "driver", output_string(vdev_device_driver(vf)));
	output_add(o, "iommu_group", output_count(vdev_device_iommu_group(vf)));
	output_add(o, "vfio_cdev", output_string(vdev_device_vfio_cdev(vf)));
	output_add(o, "vfio_group", output_string(vdev_device_vfio_group(vf)));
	return o;
}

int mdev_add_vgpus(struct app *app, json_object *mdevs)
{
	struct vdev_device_list *list = NULL;
	struct vdev_filter *filter;
	struct vdev_device *dev;
	size_t i;
	int ret;

	if (vdev_filter_new(app->ctx, &filter))
		return app_fail_ctx(app);
	ret = vdev_filter_add(filter, "vf");
	if (!ret)
		ret = vdev_device_list_new(app->ctx, filter, &list);
	vdev_filter_free(filter);
	if (ret < 0)
		return app_fail_ctx(app);
	vdev_device_list_foreach(list, i, dev) {
		_auto_free_ char *type = NULL;
		json_object *o;

		if (vdev_vgpu_type(dev, &type) < 1)
			continue;
		o = mdev_describe_vgpu(dev);
		output_add(o, "active", json_object_new_boolean(true));
		output_add(o, "defined", json_object_new_boolean(false));
		mdev_describe_definition(o, NULL);
		json_object_array_add(mdevs, o);
	}
	vdev_device_list_free(list);
	return 0;
}

int mdev_create_vgpu(struct app *app, struct vdev_device *vf,
		     const struct vdev_mdev_config *config)
{
	_auto_json_ json_object *o = json_object_new_object();
	const char *address = vdev_device_address(vf);

	if (option_given(app, "uuid"))
		return app_fail(app, VDEV_ERROR_INVALID,
				"%s is a VF, whose virtual GPU has no UUID",
				address);
	if (app->dry_run ? vdev_vgpu_check(vf, config)
			 : vdev_vgpu_set(vf, config))
		return app_fail_ctx(app);
	output_add(o, "action", output_string(app->args.command->verb));
	output_add(o, "dry_run", json_object_new_boolean(app->dry_run));
	output_add(o, "uuid", NULL);
	output_add(o, "parent", output_string(address));
	output_add(o, "type", output_string(vdev_mdev_config_type(config)));
	output_add(o, "attrs", mdev_describe_attrs(config));
	output_add(o, "iommu_group", output_count(vdev_device_iommu_group(vf)));
	output_add(o, "vfio_cdev", output_string(vdev_device_vfio_cdev(vf)));
	output_add(o, "vfio_group", output_string(vdev_device_vfio_group(vf)));
	if (app->json)
		output_document(app->out.stream, o);
	else if (!app->quiet)
		fprintf(app->out.stream, "%s: %s virtual GPU of type %s\n",
			address, app->dry_run ? "would be a" : "a",
			vdev_mdev_config_type(config));
	return 0;
}
