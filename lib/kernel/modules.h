/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_KERNEL_MODULES_H
#define VDEV_KERNEL_MODULES_H

#include "gateway/sys.h"

/* What the kernel's module tree offers. */

/*
 * The modules whose vfio_pci alias matches a device, the closest match (the
 * fewest wildcards) first. `modalias` is the device's own with "vfio_pci:" in
 * the place of "pci:".
 *
 * Source: the vfio_pci aliases of Documentation/driver-api/vfio.rst, in
 * modules.alias and, for what is built in, modules.builtin.modinfo.
 */
int modules_match(struct vdev_sys *sys, const char *modalias, struct strv *ret);

/* Whether there is a module of that name, loadable or built in. */
bool modules_has(struct vdev_sys *sys, const char *name);

/*
 * The name under which a module registers its PCI driver; the module has to
 * be loaded. Return: 0, -ENOENT or -ENAMETOOLONG.
 */
int modules_pci_driver(struct vdev_sys *sys, const char *module, char *buf,
		       size_t size);

/* Loads a module with modprobe(8). Return: 0, or -ENOENT if that failed. */
int modules_load(struct vdev_sys *sys, const char *name);

#endif
