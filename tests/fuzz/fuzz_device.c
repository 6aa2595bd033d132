/* SPDX-License-Identifier: GPL-2.0-or-later */

/* A device whose every attribute says the same odd thing. */

#include <libvdev/libvdev.h>

#include "fuzz.h"
#include "object/device.h"

static void read_names(struct vdev_device *dev)
{
	(void)vdev_device_syspath(dev);
	(void)vdev_device_parent(dev);
	(void)vdev_device_driver(dev);
	(void)vdev_device_driver_override(dev);
	(void)vdev_device_vfio_cdev(dev);
	(void)vdev_device_vfio_group(dev);
	(void)vdev_device_mdev_type(dev);
	(void)vdev_device_netdevs(dev);
	(void)vdev_device_blockdevs(dev);
	(void)vdev_device_physfn(dev);
	(void)vdev_device_reset_methods(dev);
	(void)vdev_device_virtfns(dev);
}

static void read_numbers(struct vdev_device *dev)
{
	uint64_t start, bytes;
	unsigned int flags;

	(void)vdev_device_vendor_id(dev);
	(void)vdev_device_device_id(dev);
	(void)vdev_device_class_code(dev);
	(void)vdev_device_iommu_group(dev);
	(void)vdev_device_numa_node(dev);
	(void)vdev_device_sriov_totalvfs(dev);
	(void)vdev_device_sriov_numvfs(dev);
	(void)vdev_device_boot_vga(dev);
	(void)vdev_device_pasid_width(dev);
	for (unsigned int i = 0; i < VDEV_PCI_BARS; i++)
		(void)vdev_device_bar(dev, i, &start, &bytes, &flags);
}

static void read_group(struct vdev_ctx *ctx)
{
	struct vdev_group *group;
	enum vdev_region_type type;
	uint64_t first, last;

	if (vdev_group_new(ctx, 1, &group))
		return;
	(void)vdev_group_type(group);
	for (size_t i = 0; i < vdev_group_region_count(group); i++) {
		FUZZ_CHECK(!vdev_group_region(group, i, &first, &last, &type));
		FUZZ_CHECK(vdev_region_type_name(type));
	}
	vdev_group_free(group);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input;
	struct vdev_ctx *ctx = fuzz_ctx(&input, data, size);
	struct vdev_device *dev;

	if (!vdev_device_new(ctx, "pci", "0000:01:00.0", &dev)) {
		read_names(dev);
		read_numbers(dev);
		vdev_device_unref(dev);
	}
	read_group(ctx);
	vdev_ctx_unref(ctx);
	return 0;
}
