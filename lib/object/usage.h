/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_USAGE_H
#define VDEV_OBJECT_USAGE_H

#include "kernel/procfs.h"
#include "kernel/rtnetlink.h"
#include "object/ctx.h"

/*
 * Who uses what, on the whole machine: read once for all devices of a plan.
 */
struct vdev_usage {
	struct proc_mounts mounts;
	struct strv swaps;
	struct proc_users users;
	struct net_facts net;
};

/* Return: 0, or a recorded failure. */
int usage_read(struct vdev_ctx *ctx, struct vdev_usage *ret);
void usage_clear(struct vdev_usage *usage);

/* Something that a driver has made below a device. */
struct usage_node {
	char *subsystem; /* "net", "block", "drm" ... */
	char *name;
	char *devname; /* below /dev, NULL if it has no device file */
};

struct usage_nodes {
	struct usage_node *items;
	size_t count;
};

/*
 * Everything below a sysfs directory, except what belongs to other PCI
 * functions behind it. Return: 0, -ENOENT, -ENOMEM ...
 */
int usage_walk(struct vdev_ctx *ctx, const char *path, struct usage_nodes *ret);
void usage_nodes_clear(struct usage_nodes *nodes);

/*
 * "qemu-system-x86 (pid 812) and 2 more", for a node below /dev. Return: true
 * if there is a user.
 */
bool usage_describe_users(const struct vdev_usage *usage, const char *node,
			  char *buf, size_t size);

#endif
