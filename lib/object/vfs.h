/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_VFS_H
#define VDEV_OBJECT_VFS_H

#include "object/journal.h"
#include "object/list.h"

/* How many VFs a PF has: seen, changed, brought back. */

/*
 * The VFs there are, by number, and what has to be known to bring them back.
 * The caller frees the list and clears `state`. Return: 0 or a recorded
 * failure.
 */
int vfs_read(struct vdev_device *pf, struct vdev_device_list **ret,
	     struct journal_vfs *state);
/* The list alone. */
int vfs_list(struct vdev_device *pf, struct vdev_device_list **ret);

/* Sets sriov_drivers_autoprobe. Return: 0 or a recorded failure. */
int vfs_set_autoprobe(struct vdev_device *pf, bool on);

/*
 * Removes them all. Return: 0; -ETIMEDOUT with `*pending` set to the process
 * that waits in the kernel, if that has not ended in time; another recorded
 * failure. The time is that for one VF.
 */
int vfs_remove(struct vdev_device *pf, unsigned int timeout_ms, pid_t *pending);
/* Makes that many where there are none. Return: 0 or a recorded failure. */
int vfs_make(struct vdev_device *pf, unsigned int count);

/*
 * Brings back number, drivers, overrides and autoprobe. `*anew` tells whether
 * there are VFs that were removed and made again, or may have been. Return: as
 * vfs_remove().
 */
int vfs_restore(struct vdev_device *pf, const struct journal_vfs *state,
		unsigned int timeout_ms, pid_t *pending, bool *anew);

/* Whether both say the same, enable_sriov aside. */
bool vfs_same(const struct journal_vfs *a, const struct journal_vfs *b);

/* enable_sriov of vfio-pci: 1, 0 or a negative errno, nothing recorded. */
int vfs_enabled(struct vdev_ctx *ctx);
/* Return: 0 or a recorded failure. */
int vfs_enable(struct vdev_ctx *ctx, bool on);

#endif
