/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_FILTER_H
#define VDEV_OBJECT_FILTER_H

#include "object/device.h"

/*
 * What can be told of a device before anything of it is read; `pci` is NULL
 * for another bus. A NULL filter lets all pass.
 */
bool filter_wants_bus(const struct vdev_filter *filter, const char *bus);
bool filter_wants_address(const struct vdev_filter *filter, const char *address,
			  const struct pci_address *pci);

/* All the rest. Return: 1 or 0; a negative errno, -ENODEV if it is gone. */
int filter_wants_device(const struct vdev_filter *filter,
			struct vdev_device *dev);

#endif
