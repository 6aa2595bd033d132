/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_CHECK_H
#define VDEV_OBJECT_CHECK_H

#include <libvdev/bind.h>

#include "object/device.h"
#include "object/usage.h"

/*
 * The sixteen checks. Each looks at one device of a plan and says what it
 * finds; one that says nothing has passed.
 */

struct vdev_finding {
	enum vdev_check check;
	enum vdev_verdict verdict;
	struct vdev_device *dev;  /* the plan's */
	struct vdev_device *item; /* whose change it stops: `dev` or its PF */
	bool forced;
	bool unforceable;
	char *detail;
	char *source;
};

struct findings {
	struct vdev_finding *items;
	size_t count;
};

void findings_clear(struct findings *findings);

/* What the checks need to know of the plan. */
struct check_input {
	struct vdev_ctx *ctx;
	enum vdev_action action;
	enum vdev_purpose purpose;
	bool require_reset;
	const bool *forced; /* [VDEV_CHECKS] */
	struct vdev_device *const *devices;
	size_t device_count;
	const struct vdev_usage *usage;
	struct vdev_device *item; /* as in a finding; NULL for the same */
};

/* One device under check. */
struct check {
	const struct check_input *in;
	struct vdev_device *dev;
	const char *target; /* the driver to be, or NULL for none */
	bool to_vfio;	    /* the target is a VFIO driver */
	bool unbinds;	    /* it has a driver, and loses it */
	struct usage_nodes nodes;
	enum vdev_check id; /* the check that runs */
	struct findings *findings;
};

/*
 * Runs all checks on one device that is to get the driver `target` (NULL for
 * none), after being unbound from its own if `unbinds`. Return: 0 or a
 * recorded failure.
 */
int check_device(const struct check_input *in, struct vdev_device *dev,
		 const char *target, bool unbinds, struct findings *findings);

/* Those checks only of which `which` has the bit 1 << number. */
#define CHECK(name) (1U << VDEV_CHECK_##name)
#define ALL_CHECKS  (~0U)
int check_some(const struct check_input *in, struct vdev_device *dev,
	       const char *target, bool unbinds, unsigned int which,
	       struct findings *findings);

/* The check "network" on interfaces that belong to no device of the plan. */
int check_interfaces(const struct check_input *in, const struct strv *names,
		     struct findings *findings);

/* Adds a finding of the running check. Return: 0 or -ENOMEM. */
int check_say(struct check *c, enum vdev_verdict verdict, const char *source,
	      const char *fmt, ...) PRINTF(4, 5);
/* A refusal that cannot be forced. */
int check_forbid(struct check *c, const char *source, const char *fmt, ...)
	PRINTF(3, 4);

/* Whether a device, by its address, is part of the plan. */
bool check_in_plan(const struct check *c, const char *address);

/* The next node of a subsystem, from `*at` on; NULL at the end. */
const struct usage_node *check_next_node(const struct check *c,
					 const char *subsystem, size_t *at);

/* The checks by subject; each returns 0 or -ENOMEM. */
int check_storage(struct check *c);
int check_root(struct check *c);
int check_network(struct check *c);
int check_console(struct check *c);
int check_vfs(struct check *c);
int check_busy(struct check *c);
int check_group(struct check *c);
int check_bridge(struct check *c);
int check_alias(struct check *c);
int check_reserved(struct check *c);
int check_reset(struct check *c);
int check_denylist(struct check *c);
int check_iommu(struct check *c);
int check_variant(struct check *c);
int check_interrupts(struct check *c);
int check_management(struct check *c);

#endif
