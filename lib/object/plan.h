/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_PLAN_H
#define VDEV_OBJECT_PLAN_H

#include <libvdev/bind.h>

#include "object/check.h"
#include "object/journal.h"
#include "object/lock.h"
#include "object/owner.h"
#include "object/rebind.h"

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
	enum vdev_outcome outcome;
	char *reason;
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

#endif
