/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The mdevs there are. */

#include <libvdev/mdev.h>

#include <errno.h>

#include "object/device_struct.h"
#include "object/filter.h"
#include "object/list.h"
#include "object/mdev_link.h"

int mdev_list_by_sysfs(struct vdev_ctx *ctx, struct vdev_device_list **ret)
{
	struct vdev_filter *filter;
	int error = vdev_filter_new(ctx, &filter);

	if (error)
		return error;
	error = vdev_filter_add(filter, "bus=mdev");
	if (!error)
		error = vdev_device_list_new(ctx, filter, ret);
	vdev_filter_free(filter);
	return error;
}

/* One that goes away is in sysfs no more; others may be gone by now. */
static int add_devices(struct vdev_ctx *ctx, struct vdev_device_list *list,
		       const struct mdev_netlink_device *devices, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct vdev_device *dev;
		int error;

		if (devices[i].removing)
			continue;
		error = vdev_device_new(ctx, "mdev", devices[i].uuid, &dev);
		if (error == -ENODEV)
			continue;
		if (error)
			return error;
		error = ARRAY_ADD(list->devices, list->count, dev);
		if (error) {
			vdev_device_unref(dev);
			return vdev_fail(ctx, error, "out of memory");
		}
	}
	device_list_sort(list);
	return 0;
}

static int list_netlink(struct mdev_link *link, struct vdev_device_list **ret)
{
	_auto_free_ struct mdev_netlink_device *devices = NULL;
	struct vdev_device_list *list;
	size_t count = 0;
	int error = mdev_netlink_devices(&link->nl, &devices, &count);

	if (error)
		return vdev_fail(link->ctx, error, "cannot list mdevs: %s",
				 mdev_link_reason(link, error));
	list = calloc(1, sizeof(*list));
	if (!list)
		return vdev_fail(link->ctx, -ENOMEM, "out of memory");
	error = add_devices(link->ctx, list, devices, count);
	if (error) {
		vdev_device_list_free(list);
		return error;
	}
	*ret = list;
	return (int)list->count;
}

int vdev_mdev_list_new(struct vdev_ctx *ctx, struct vdev_device_list **ret)
{
	_auto_link_ struct mdev_link link;

	mdev_link_open(ctx, &link);
	return link.netlink ? list_netlink(&link, ret)
			    : mdev_list_by_sysfs(ctx, ret);
}
