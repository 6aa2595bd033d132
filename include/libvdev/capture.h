/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIBVDEV_CAPTURE_H
#define LIBVDEV_CAPTURE_H

#include <stdbool.h>
#include <sys/types.h>

#include <libvdev/ctx.h>

VDEV_BEGIN_DECLS

/*
 * Captures: what the library reads of a machine, to be looked at elsewhere
 * with vdev_ctx_set_root().
 */

/**
 * struct vdev_capture_entry - one file of a capture
 * @path: its path without a leading slash
 * @mode: its type (S_IFREG, S_IFDIR or S_IFLNK) and permission bits; a device
 *	node is given as an empty regular file
 * @uid: its owner
 * @gid: its group
 * @data: the content of a file, or the target of a link
 * @size: how many bytes @data has
 */
struct vdev_capture_entry {
	const char *path;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	const void *data;
	size_t size;
};

/**
 * typedef vdev_capture_fn - takes one entry
 * @data: the pointer given to vdev_capture()
 * @entry: the entry, valid during the call; a directory comes before what is
 *	in it
 *
 * Return: 0, or a negative errno that ends the capture.
 */
typedef int (*vdev_capture_fn)(void *data,
			       const struct vdev_capture_entry *entry);

/**
 * vdev_capture() - record what the library reads
 * @ctx: the context
 * @secrets: true to keep serial numbers and MAC addresses, false to replace
 *	them by made-up ones (the same one each time)
 * @fn: takes each entry
 * @data: handed to @fn
 *
 * Everything that discovery and the checks of a bind look at is read and
 * handed to @fn: sysfs, procfs, facts about device nodes, and below
 * ``.vdev/`` what comes from elsewhere (names of the hardware database,
 * interfaces, addresses and routes of the network). Of other processes only
 * those that hold a device open are recorded, with their names and without
 * their arguments.
 *
 * Return: the number of entries; the value @fn returned if negative; -EACCES;
 * -ENOMEM.
 */
VDEV_EXPORT int vdev_capture(struct vdev_ctx *ctx, bool secrets,
			     vdev_capture_fn fn, void *data);

VDEV_END_DECLS

#endif
