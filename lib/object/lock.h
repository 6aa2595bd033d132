/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_LOCK_H
#define VDEV_OBJECT_LOCK_H

#include "object/ctx.h"

/*
 * Locks between processes: one file for each IOMMU group, or for a device
 * that is in none. Several are taken in the order of their names, so that two
 * processes never wait for each other. The VFs of a PF have one more, which
 * whoever changes how many they are takes alone, and whoever changes one of
 * them with others. What is set for VFs has a lock for the PF's interface, what
 * is set by devlink one for the devlink instance.
 */

#define LOCK_DIR "/run/vdev/lock"

struct locks {
	int *fds;
	size_t count;
};

/*
 * Takes the locks of these names (sorted here, repetitions allowed), then those
 * to be `shared` (NULL for none), whose names come after all of those.
 * Return: 0; -EAGAIN if one is taken and `wait` is false; -EINTR if a signal
 * ended the wait; another failure; all recorded.
 */
int locks_take(struct vdev_ctx *ctx, struct strv *names, struct strv *shared,
	       bool wait, struct locks *ret);
/*
 * Takes one lock for what is read first and set after, waiting for it. Who may
 * set `what` need not be root: without the right to the lock it does without.
 * Return: as locks_take().
 */
int locks_take_if_permitted(struct vdev_ctx *ctx, const char *name,
			    const char *what, struct locks *ret);
void locks_release(struct vdev_ctx *ctx, struct locks *locks);

#endif
