/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Lists devices with their drivers and IOMMU groups.
 *
 *	cc list-devices.c $(pkg-config --cflags --libs libvdev)
 *	./a.out class=network driver=vfio-pci
 */

#include <stdio.h>

#include <libvdev/libvdev.h>

static void print_device(struct vdev_device *dev)
{
	const char *name = vdev_device_device_name(dev);
	const char *driver = vdev_device_driver(dev);
	int group = vdev_device_iommu_group(dev);

	printf("%s  %-12s ", vdev_device_address(dev), driver ? driver : "-");
	if (group >= 0)
		printf("group %-4d", group);
	else
		printf("no group  ");
	printf("%s\n", name ? name : "");
}

static int list(struct vdev_ctx *ctx, int argc, char **argv)
{
	struct vdev_device_list *devices;
	struct vdev_device *dev;
	struct vdev_filter *filter;
	size_t i;
	int ret;

	ret = vdev_filter_new(ctx, &filter);
	for (int arg = 1; ret >= 0 && arg < argc; arg++)
		ret = vdev_filter_add(filter, argv[arg]);
	if (ret >= 0)
		ret = vdev_device_list_new(ctx, filter, &devices);
	if (ret >= 0) {
		vdev_device_list_foreach(devices, i, dev)
			print_device(dev);
		vdev_device_list_free(devices);
	}
	vdev_filter_free(filter);
	return ret;
}

int main(int argc, char **argv)
{
	struct vdev_ctx *ctx;
	int ret;

	if (vdev_ctx_new(&ctx) < 0) {
		perror("list-devices");
		return 1;
	}
	ret = list(ctx, argc, argv);
	if (ret < 0)
		fprintf(stderr, "list-devices: %s\n", vdev_ctx_last_error(ctx));
	vdev_ctx_unref(ctx);
	return ret < 0;
}
