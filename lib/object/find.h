/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_FIND_H
#define VDEV_OBJECT_FIND_H

#include "object/ctx.h"

/*
 * The address that a name stands for: a PCI address or UUID in the kernel's
 * spelling, or that of the device an interface or disk belongs to. An address
 * is not looked up. The caller frees `*address`. Return: 0 or a recorded
 * failure.
 */
int vdev_find_address(struct vdev_ctx *ctx, const char *name, const char **bus,
		      char **address);

#endif
