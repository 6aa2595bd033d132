/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_MDEV_LINK_H
#define VDEV_OBJECT_MDEV_LINK_H

#include "kernel/mdev.h"
#include "kernel/mdev_netlink.h"
#include "object/mdev.h"

/*
 * By which of its interfaces the kernel is spoken to about mdevs: generic
 * netlink where it has that, or sysfs. Chosen anew for each operation, as the
 * family comes and goes with the module mdev. Both give the same errnos; no
 * failure is recorded.
 */
struct mdev_link {
	struct vdev_ctx *ctx;
	bool netlink;
	struct mdev_netlink nl;
	/* By netlink: those there are, once they were asked for. */
	struct mdev_netlink_parent *parents;
	size_t parent_count;
	bool parents_known;
};

void mdev_link_open(struct vdev_ctx *ctx, struct mdev_link *ret);
void mdev_link_close(struct mdev_link *link);

#define _auto_link_ __attribute__((cleanup(mdev_link_close)))

/* Sysfs from here on. */
void mdev_link_use_sysfs(struct mdev_link *link, const char *why);

/* What it is called in messages. */
const char *mdev_link_name(const struct mdev_link *link);

/* The kernel's own sentence about the last refusal, or that of an errno. */
const char *mdev_link_reason(const struct mdev_link *link, int error);

/* The parents there are, sorted. */
int mdev_link_parents(struct mdev_link *link, struct strv *ret);
/* By netlink: the number of a parent; -ENODEV if it is none. */
int mdev_link_parent_id(struct mdev_link *link, const char *name,
			uint32_t *ret);
/* By netlink: the name of one, or NULL. */
const char *mdev_link_parent_name(struct mdev_link *link, uint32_t id);

/* A parent's types, sorted; -ENODEV or -ENOENT if it is gone. */
int mdev_link_types(struct mdev_link *link, const char *parent,
		    struct mdev_type_facts **ret, size_t *count);
void mdev_link_types_free(struct mdev_type_facts *types, size_t count);
/* Return: 0; -ENOENT if the parent has no such type; ... */
int mdev_link_read_type(struct mdev_link *link, const char *parent,
			const char *id, struct mdev_type_facts *ret);

/*
 * Removes an mdev and waits until it is gone. Return: 0; -EBUSY if somebody has
 * it open and `force` is not set, which only netlink looks at; -EALREADY if
 * somebody else is removing it; -ENODEV or -ENOENT if it is gone; -ETIMEDOUT
 * while it goes on in the kernel; ...
 */
int mdev_link_remove(struct mdev_link *link, const char *uuid,
		     unsigned int timeout_ms, bool force);

#endif
