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

/* The VFs of a PF. */
struct journal_vfs {
	bool known;	 /* whether the rest says anything */
	bool autoprobe;	 /* sriov_drivers_autoprobe */
	bool enabled;	 /* enable_sriov of vfio-pci was turned on for them */
	struct strv vfs; /* "DRIVER/OVERRIDE" of each, by number */
};

struct journal {
	enum journal_state state;
	char driver[DRIVER_NAME_SIZE];	 /* "" for none */
	char override[DRIVER_NAME_SIZE]; /* "" for none */
	pid_t writer;			 /* of the pending unbind */
	bool owner;			 /* nodes were given to a user */
	bool iommu;			 /* /dev/iommu too */
	struct journal_vfs vfs;
};

/* Frees what it holds, and leaves it empty. */
void journal_clear(struct journal *journal);

/* A line for the driver and override of a VF. Return: 0 or -ENOMEM. */
int journal_add_vf(struct journal_vfs *vfs, const char *driver,
		   const char *override);
/* And what it says of one; a number that is not there has neither. */
void journal_get_vf(const struct journal_vfs *vfs, size_t number,
		    char driver[DRIVER_NAME_SIZE],
		    char override[DRIVER_NAME_SIZE]);

/*
 * The caller clears `ret`. Return: 0; -ENOENT, not recorded, if the device has
 * none; -EBADMSG,
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
