/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The configuration space of an opened PCI device. */

#include <errno.h>

#include "kernel/pciconfig.h"
#include "object/region.h"

#define COMMAND		   4
#define COMMAND_BUS_MASTER 0x4

static int need_pci(struct vdev_file *file)
{
	if (file->info->flags & VFIO_DEVICE_FLAGS_PCI)
		return 0;
	return vdev_fail(file->ctx, -EOPNOTSUPP,
			 "%s has no configuration space: it is no PCI device",
			 file->name);
}

/* Reads all of it. Return: how many bytes there are, or a recorded failure. */
static int read_config(struct vdev_file *file, uint8_t config[PCICONFIG_SIZE])
{
	const struct vdev_region *region;
	size_t size;
	int ret = need_pci(file);

	if (!ret)
		ret = vdev_file_region(file, VDEV_REGION_CONFIG, &region);
	if (ret)
		return ret;
	size = region->size < PCICONFIG_SIZE ? (size_t)region->size
					     : PCICONFIG_SIZE;
	ret = vdev_file_read(file, VDEV_REGION_CONFIG, 0, config, size);
	return ret ? ret : (int)size;
}

int vdev_file_caps(struct vdev_file *file, const struct vdev_pci_cap **ret)
{
	struct vdev_pci_cap caps[PCICONFIG_MAX_CAPS], *copy;
	uint8_t config[PCICONFIG_SIZE];
	int size = read_config(file, config);
	size_t count;

	if (size < 0)
		return size;
	count = pciconfig_caps(config, (size_t)size, caps);
	/* One more, so that there is something to point to. */
	copy = calloc(count + 1, sizeof(*copy));
	if (!copy)
		return vdev_fail(file->ctx, -ENOMEM, "out of memory");
	memcpy(copy, caps, count * sizeof(*copy));
	free(file->caps);
	*ret = file->caps = copy;
	return (int)count;
}

int vdev_file_cap_offset(struct vdev_file *file, unsigned int id, int extended)
{
	const struct vdev_pci_cap *caps;
	int count = vdev_file_caps(file, &caps);

	for (int i = 0; i < count; i++)
		if (caps[i].id == id && !caps[i].extended == !extended)
			return (int)caps[i].offset;
	return count < 0 ? count : -ENODATA;
}

int vdev_file_bus_master(struct vdev_file *file)
{
	uint64_t command;
	int ret = need_pci(file);

	if (!ret)
		ret = vdev_file_read_register(file, VDEV_REGION_CONFIG, COMMAND,
					      2, &command);
	return ret ? ret : !!(command & COMMAND_BUS_MASTER);
}

static int set_by_config(struct vdev_file *file, bool enable)
{
	uint64_t command;
	int ret = vdev_file_read_register(file, VDEV_REGION_CONFIG, COMMAND, 2,
					  &command);

	if (ret)
		return ret;
	if (enable)
		command |= COMMAND_BUS_MASTER;
	else
		command &= ~(uint64_t)COMMAND_BUS_MASTER;
	return vdev_file_write_register(file, VDEV_REGION_CONFIG, COMMAND, 2,
					command);
}

int vdev_file_set_bus_master(struct vdev_file *file, bool enable)
{
	struct vfio_device_feature_bus_master master = {
		.op = enable ? VFIO_DEVICE_FEATURE_SET_MASTER
			     : VFIO_DEVICE_FEATURE_CLEAR_MASTER,
	};
	int ret;

	if (file->info->flags & VFIO_DEVICE_FLAGS_PCI)
		return set_by_config(file, enable);
	ret = vfio_feature(file_sys(file), file->fd,
			   VFIO_DEVICE_FEATURE_SET |
				   VFIO_DEVICE_FEATURE_BUS_MASTER,
			   &master, sizeof(master));
	if (ret == -ENOTTY)
		return vdev_fail(file->ctx, -EOPNOTSUPP,
				 "bus mastering of %s cannot be set: needs a "
				 "CDX device and Linux 6.7 or later",
				 file->name);
	if (ret < 0)
		return vdev_fail(file->ctx, ret,
				 "cannot set bus mastering of %s: %s",
				 file->name, strerror(-ret));
	return 0;
}
