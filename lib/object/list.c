/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "object/list.h"

#include <errno.h>
#include <stdio.h>

#include "object/classes.h"
#include "object/device_struct.h"
#include "object/filter.h"

void vdev_device_list_free(struct vdev_device_list *list)
{
	if (!list)
		return;
	for (size_t i = 0; i < list->count; i++)
		vdev_device_unref(list->devices[i]);
	free(list->devices);
	free(list);
}

size_t vdev_device_list_count(const struct vdev_device_list *list)
{
	return list->count;
}

struct vdev_device *vdev_device_list_get(const struct vdev_device_list *list,
					 size_t index)
{
	return index < list->count ? list->devices[index] : NULL;
}

int device_list_add(struct vdev_device_list *list, struct vdev_ctx *ctx,
		    const char *bus, const char *address)
{
	struct vdev_device *dev = device_alloc(ctx, bus, address);
	int ret;

	if (!dev)
		return -ENOMEM;
	ret = ARRAY_ADD(list->devices, list->count, dev);
	if (ret)
		vdev_device_unref(dev);
	return ret;
}

static int bus_order(const struct vdev_device *dev)
{
	return device_is_pci(dev) ? 0 : device_is_mdev(dev) ? 1 : 2;
}

static int compare_devices(const void *a, const void *b)
{
	const struct vdev_device *x = *(struct vdev_device *const *)a;
	const struct vdev_device *y = *(struct vdev_device *const *)b;
	int order = bus_order(x) - bus_order(y);
	struct pci_address p, q;

	if (order)
		return order;
	if (!bus_order(x) && !pci_address_parse(x->address, &p) &&
	    !pci_address_parse(y->address, &q))
		return pci_address_compare(&p, &q);
	return strcmp(x->address, y->address);
}

void device_list_sort(struct vdev_device_list *list)
{
	if (list->count)
		qsort(list->devices, list->count, sizeof(*list->devices),
		      compare_devices);
}

struct scan {
	struct vdev_ctx *ctx;
	const struct vdev_filter *filter;
	struct vdev_device_list *list;
};

static int scan_pci(void *data, const char *name, unsigned char type)
{
	struct scan *scan = data;
	struct pci_address address;

	(void)type;
	if (pci_address_parse(name, &address) ||
	    !filter_wants_address(scan->filter, name, &address))
		return 0;
	return device_list_add(scan->list, scan->ctx, "pci", name);
}

static int scan_mdev(void *data, const char *name, unsigned char type)
{
	struct scan *scan = data;
	char uuid[UUID_TEXT_SIZE];

	(void)type;
	if (!uuid_normalize(name, uuid) ||
	    !filter_wants_address(scan->filter, uuid, NULL))
		return 0;
	return device_list_add(scan->list, scan->ctx, "mdev", uuid);
}

static int scan_bus(struct scan *scan, const char *bus, vdev_sys_list_fn fn)
{
	struct vdev_sys *sys = &scan->ctx->sys;
	char path[64];
	int error;

	if (!filter_wants_bus(scan->filter, bus))
		return 0;
	snprintf(path, sizeof(path), "/sys/bus/%s/devices", bus);
	error = sys->ops->list(sys, VDEV_SYS_ROOT, path, fn, scan);
	/* A kernel without the bus, or its module, has no such devices. */
	if (error == -ENOENT && vdev_sys_exists(sys, "/sys/bus"))
		return 0;
	if (error)
		return vdev_fail(scan->ctx, error, "cannot list %s: %s", path,
				 strerror(-error));
	return 0;
}

/* Drops what the filter does not want and what is gone since. */
static int sift(const struct vdev_filter *filter, struct vdev_device_list *list)
{
	size_t kept = 0;
	int error = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct vdev_device *dev = list->devices[i];
		int wanted = error ? error : filter_wants_device(filter, dev);

		if (wanted == 1) {
			list->devices[kept++] = dev;
			continue;
		}
		if (wanted < 0 && wanted != -ENODEV)
			error = wanted;
		vdev_device_unref(dev);
	}
	list->count = kept;
	return error;
}

int vdev_device_list_new(struct vdev_ctx *ctx, const struct vdev_filter *filter,
			 struct vdev_device_list **ret)
{
	struct vdev_device_list *list = calloc(1, sizeof(*list));
	struct scan scan = { ctx, filter, list };
	int error;

	if (!list)
		return vdev_fail(ctx, -ENOMEM, "out of memory");
	classes_forget(ctx);
	error = scan_bus(&scan, "pci", scan_pci);
	if (!error)
		error = scan_bus(&scan, "mdev", scan_mdev);
	if (!error) {
		device_list_sort(list);
		error = sift(filter, list);
	}
	if (error) {
		vdev_device_list_free(list);
		return error;
	}
	*ret = list;
	return (int)list->count;
}
