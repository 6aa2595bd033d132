/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_JOURNAL_H
#define VDEV_OBJECT_JOURNAL_H

#include "object/ctx.h"
#include "object/driver.h"

/*
 * The journal: what a device was before it was first changed, one file for
 * each device, on the disk before the change and gone after the restore.
 */

#define JOURNAL_DIR "/run/vdev/journal"

enum journal_state {
	JOURNAL_CHANGING, /* under way, or cut short */
	JOURNAL_CHANGED,  /* done */
	JOURNAL_PENDING,  /* the kernel has not finished an unbind */
};

struct journal {
	enum journal_state state;
	char driver[DRIVER_NAME_SIZE];	 /* "" for none */
	char override[DRIVER_NAME_SIZE]; /* "" for none */
	pid_t writer;			 /* of the pending unbind */
	bool owner;			 /* nodes were given to a user */
	bool iommu;			 /* /dev/iommu too */
};

/*
 * Return: 0; -ENOENT, not recorded, if the device has none; -EBADMSG,
 * recorded, if it cannot be understood; another recorded failure.
 */
int journal_read(struct vdev_ctx *ctx, const char *address,
		 struct journal *ret);
/* Durable when it returns. Return: 0 or a recorded failure. */
int journal_write(struct vdev_ctx *ctx, const char *address,
		  const struct journal *journal);
int journal_remove(struct vdev_ctx *ctx, const char *address);

/* The addresses of all devices that have one. */
int journal_list(struct vdev_ctx *ctx, struct strv *ret);

/* Whether the unbind it tells of is still going on. */
bool journal_unbind_pending(struct vdev_ctx *ctx,
			    const struct journal *journal);

#endif
