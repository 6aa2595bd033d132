/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Lists devices with their drivers and IOMMU groups: list-devices.c in C++,
 * where objects give themselves back.
 *
 *	c++ -std=c++17 list-devices.cpp $(pkg-config --cflags --libs libvdev)
 *	./a.out class=network driver=vfio-pci
 */

#include <cstdio>
#include <iostream>
#include <memory>
#include <stdexcept>

#include <libvdev/libvdev.h>

namespace
{

template <auto Free> struct Deleter {
	template <typename T> void operator()(T *object) const
	{
		Free(object);
	}
};

using Context = std::unique_ptr<vdev_ctx, Deleter<vdev_ctx_unref>>;
using Filter = std::unique_ptr<vdev_filter, Deleter<vdev_filter_free>>;
using Devices =
	std::unique_ptr<vdev_device_list, Deleter<vdev_device_list_free>>;

/* What a call says, or an exception with its sentence. */
int check(const Context &ctx, int ret)
{
	if (ret < 0)
		throw std::runtime_error(vdev_ctx_last_error(ctx.get()));
	return ret;
}

Context open_context()
{
	vdev_ctx *ctx;

	if (vdev_ctx_new(&ctx) < 0)
		throw std::bad_alloc();
	return Context(ctx);
}

Devices find(const Context &ctx, int argc, char **argv)
{
	vdev_filter *terms;
	vdev_device_list *devices;

	check(ctx, vdev_filter_new(ctx.get(), &terms));
	Filter filter(terms);
	for (int i = 1; i < argc; i++)
		check(ctx, vdev_filter_add(filter.get(), argv[i]));
	check(ctx, vdev_device_list_new(ctx.get(), filter.get(), &devices));
	return Devices(devices);
}

void print(vdev_device *dev)
{
	const char *name = vdev_device_device_name(dev);
	const char *driver = vdev_device_driver(dev);
	const int group = vdev_device_iommu_group(dev);

	std::printf("%s  %-12s ", vdev_device_address(dev),
		    driver ? driver : "-");
	if (group >= 0)
		std::printf("group %-4d", group);
	else
		std::printf("no group  ");
	std::printf("%s\n", name ? name : "");
}

} // namespace

int main(int argc, char **argv)
try {
	const Context ctx = open_context();
	const Devices devices = find(ctx, argc, argv);
	vdev_device *dev;
	size_t i;

	vdev_device_list_foreach(devices.get(), i, dev)
		print(dev);
	return 0;
} catch (const std::exception &e) {
	std::cerr << "list-devices: " << e.what() << '\n';
	return 1;
}
