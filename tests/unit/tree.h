/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_TREE_H
#define TESTS_UNIT_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "object/ctx.h"

/*
 * A small tree below a temporary directory, to be looked at as a root. Paths
 * begin with a slash and are taken below that directory; what is above them is
 * made. Any failure fails the test.
 */

struct tree;

struct tree *tree_new(void);
/* Removes the directory too. */
void tree_free(struct tree *t);

/* A new context that looks at the tree. */
struct vdev_ctx *tree_ctx(const struct tree *t);

void tree_dir(const struct tree *t, const char *path);
void tree_file(const struct tree *t, const char *path, const char *text);
void tree_bytes(const struct tree *t, const char *path, const void *data,
		size_t size);
void tree_link(const struct tree *t, const char *path, const char *target);
/* Removes a file, a link, or a directory with all that is in it. */
void tree_remove(const struct tree *t, const char *path);

/*
 * A PCI function as sysfs shows it. `parent` is the path of what is above it
 * below /sys/devices, such as "pci0000:00". It gets ids, a class, no driver
 * and no group; an attribute is added with tree_attr().
 */
void tree_pci(const struct tree *t, const char *parent, const char *address,
	      unsigned int vendor, unsigned int device, unsigned int class);
/* The same for an mdev of a type that `parent` offers. */
void tree_mdev(const struct tree *t, const char *parent, const char *uuid,
	       const char *type);

/* An attribute of a function; for an mdev or others give the whole path. */
void tree_attr(const struct tree *t, const char *address, const char *name,
	       const char *text);
void tree_drop_attr(const struct tree *t, const char *address,
		    const char *name);
/* A link in a function's directory, to a name in some directory. */
void tree_attr_link(const struct tree *t, const char *address, const char *name,
		    const char *target);

void tree_driver(const struct tree *t, const char *address, const char *driver);
void tree_group(const struct tree *t, const char *address, int number);
/* vfio-dev/vfioN, with a number if it has a cdev, and the group's class. */
void tree_vfio(const struct tree *t, const char *address, int number, bool cdev,
	       const char *group);
/* An entry of a class that belongs to the device at a path in /sys/devices. */
void tree_class(const struct tree *t, const char *class, const char *name,
		const char *device);

#endif
