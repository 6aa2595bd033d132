/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_PLAN_H
#define VDEV_OBJECT_PLAN_H

#include <libvdev/bind.h>

#include "object/check.h"
#include "object/journal.h"
#include "object/lock.h"
#include "object/owner.h"
#include "object/rebind.h"
#include "object/vfs.h"

struct plan_item {
	struct vdev_device *dev;
	struct binding before;
	struct binding after; /* what it is to become */
	bool kernel_chooses;  /* nothing says what it was */
	bool unchanged;
	bool refused;
	bool touched;
	bool has_journal; /* from an earlier change */
	struct journal journal;
	struct strv nodes; /* its files below /dev, while it has any */
	/* Of a PF whose VFs change with it. */
	struct vdev_device_list *vfs;
	struct journal_vfs vfs_before;
	enum vdev_outcome outcome;
	char *reason;
};

/* What a plan with VDEV_ACTION_SRIOV is to do. */
struct plan_sriov {
	unsigned int count;
	bool native;	 /* the kernel chooses the VFs' driver */
	int autoprobe;	 /* to be left at 0 or 1, or -1 */
	bool may_enable; /* enable_sriov may be turned on */
	struct plan_msix {
		unsigned int vf;
		unsigned int vectors;
		int before; /* of a VF that stays; negative if not known */
	} * msix;
	size_t msix_count;

	/* Found by the check. */
	bool checked;
	bool remake;   /* another number: all anew */
	bool captured; /* the kernel gives them the PF's driver */
	bool enable;   /* enable_sriov is turned on */
	char driver[DRIVER_NAME_SIZE]; /* of each VF; "" for the kernel's choice
					*/
	bool msix_set;
	bool needs_enabled; /* enable_sriov, until the PF is restored */
};

struct vdev_plan {
	struct vdev_ctx *ctx;
	enum vdev_action action;
	enum vdev_purpose purpose;
	char driver[DRIVER_NAME_SIZE]; /* "" for the best one */
	bool forced[VDEV_CHECKS];
	bool require_reset;
	bool wait;
	bool has_owner;
	struct owner owner;
	unsigned int timeout_ms;
	vdev_progress_fn progress;
	void *progress_data;
	struct plan_sriov sriov;

	struct plan_item *items;
	size_t count;
	struct findings findings;
	struct strv steps;
	struct locks locks;
};

/*
 * The first finding that stops the plan, on `dev` or (NULL) on any device;
 * NULL if there is none.
 */
const struct vdev_finding *plan_first_refusal(const struct vdev_plan *plan,
					      const struct vdev_device *dev);

/* What has to be said of a PF whose VFs were brought back. */
#define VFS_MADE_ANEW                                                      \
	"its VFs were made anew: the addresses, VLANs, rates, interrupts " \
	"and queues they had are lost"

/* What plan.c does for plan_sriov.c. Each returns 0 or a recorded failure. */
int plan_append(struct vdev_plan *plan, struct vdev_device *dev);
/* Forgets all items from that one on. */
void plan_truncate(struct vdev_plan *plan, size_t count);
int plan_read_item(struct vdev_plan *plan, struct plan_item *item);
/* Which VFs there are; their nodes are among those of the item then. */
int plan_read_vfs(struct vdev_plan *plan, struct plan_item *item);
/* What became of a refusal: the failure that names it. */
int plan_refuse(struct vdev_plan *plan);
/* The driver has to be there, or to be loadable. */
int plan_find_driver(struct vdev_plan *plan, char driver[DRIVER_NAME_SIZE]);

/* And plan_run.c. */
void plan_set_outcome(struct plan_item *item, enum vdev_outcome outcome,
		      const char *reason);
int plan_write_journal(struct vdev_plan *plan, struct plan_item *item,
		       enum journal_state state, pid_t writer);
/* Puts the journal back as it was before the plan ran. */
int plan_restore_journal(struct vdev_plan *plan, struct plan_item *item);
void plan_mark_pending(struct vdev_plan *plan, struct plan_item *item,
		       pid_t writer);
int plan_tell_progress(struct vdev_plan *plan, size_t done);
/* Undoes the first `count` items; returns the error that made it necessary. */
int plan_roll_back(struct vdev_plan *plan, size_t count, int error);

/* Plans with VDEV_ACTION_SRIOV. */
int plan_sriov_check(struct vdev_plan *plan);
int plan_sriov_run(struct vdev_plan *plan);
int plan_sriov_undo(struct vdev_plan *plan, struct plan_item *item);

/*
 * The VFs of a PF whose journal tells of them: before its driver is restored
 * and after it. `*lost` tells whether VFs were made anew.
 */
int plan_vfs_leave(struct vdev_plan *plan, struct plan_item *item,
		   pid_t *writer);
int plan_vfs_return(struct vdev_plan *plan, struct plan_item *item,
		    pid_t *writer, bool *lost);

#endif
