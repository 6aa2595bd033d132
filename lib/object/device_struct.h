/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_DEVICE_STRUCT_H
#define VDEV_OBJECT_DEVICE_STRUCT_H

#include "object/device.h"

/*
 * What a device handle holds, for the files that read a device's attributes:
 * device.c those of every device, pci.c those of PCI functions.
 */

enum device_names {
	DEVICE_NAME_VENDOR,
	DEVICE_NAME_DEVICE,
	DEVICE_NAME_CLASS,
	DEVICE_NAME_SUBCLASS,
	DEVICE_NAMES
};

/* One bit for each part of struct device_facts that was read. */
enum device_known {
	KNOWN_SYSPATH = 1 << 0,
	KNOWN_IDS = 1 << 1,
	KNOWN_REVISION = 1 << 2,
	KNOWN_NAMES = 1 << 3,
	KNOWN_DRIVER = 1 << 4,
	KNOWN_OVERRIDE = 1 << 5,
	KNOWN_GROUP = 1 << 6,
	KNOWN_NUMA = 1 << 7,
	KNOWN_VFIO = 1 << 8,
	KNOWN_VFIO_CDEV = 1 << 9,
	KNOWN_VFIO_GROUP = 1 << 10,
	KNOWN_MDEV_TYPE = 1 << 11,
	KNOWN_NETDEVS = 1 << 12,
	KNOWN_BLOCKDEVS = 1 << 13,
	KNOWN_PHYSFN = 1 << 14,
	KNOWN_TOTALVFS = 1 << 15,
	KNOWN_VIRTFNS = 1 << 16,
	KNOWN_RESETS = 1 << 17,
	KNOWN_BARS = 1 << 18,
	KNOWN_CONFIG = 1 << 19,
	KNOWN_CAPS = 1 << 20,
	KNOWN_BUS = 1 << 21,
};

struct device_bar {
	uint64_t start;
	uint64_t size; /* 0: not used */
	unsigned int flags;
};

/* Everything that vdev_device_refresh() forgets. */
struct device_facts {
	uint32_t known;

	char *syspath;
	char *parent;

	uint16_t vendor;
	uint16_t device;
	uint16_t subsystem_vendor;
	uint16_t subsystem_device;
	uint32_t class_code;
	int revision;
	char *names[DEVICE_NAMES];

	char *driver;
	char *driver_override;
	int group;
	int numa_node;

	char *vfio; /* the name in vfio-dev/, NULL if there is none */
	char *vfio_cdev;
	char *vfio_group;
	char *mdev_type;
	struct strv netdevs;
	struct strv blockdevs;

	char *physfn;
	int totalvfs;
	struct strv virtfns;
	struct strv resets;
	bool has_resets;
	struct device_bar *bars;
	uint8_t *config;
	int config_size;
	struct vdev_pci_cap *caps;
	size_t cap_count;
};

struct vdev_device {
	unsigned int refs;
	struct vdev_ctx *ctx;
	const char *bus;
	struct device_facts facts;
	char address[];
};

/* A handle, without a look whether the device is there. */
struct vdev_device *device_alloc(struct vdev_ctx *ctx, const char *bus,
				 const char *address);

static inline bool device_is_pci(const struct vdev_device *dev)
{
	return !strcmp(dev->bus, "pci");
}

static inline bool device_is_mdev(const struct vdev_device *dev)
{
	return !strcmp(dev->bus, "mdev");
}

/*
 * The device's directory, opened. Return: an fd that belongs to the context,
 * -ENODEV if the device is gone, or another errno.
 */
int device_dirfd(struct vdev_device *dev);

/*
 * As vdev_device_read_attr(), but an attribute that is not there is -ENOENT
 * without another look at whether the device is.
 */
ssize_t device_read(struct vdev_device *dev, const char *name, char *buf,
		    size_t size);

/* The last part of a link in the device's directory; *ret is NULL if none. */
int device_read_link(struct vdev_device *dev, const char *name, char **ret);

/* The PF of a VF, NULL for what is none. Return: 0 or a recorded failure. */
int device_get_physfn(struct vdev_device *dev, const char **ret);

/* Records that reading `what` of the device failed, and returns the error. */
int device_fail(struct vdev_device *dev, int error, const char *what);

#endif
