/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_KERNEL_MDEV_NETLINK_H
#define VDEV_KERNEL_MDEV_NETLINK_H

#include "kernel/genetlink.h"

/*
 * Mediated devices by generic netlink, which a kernel with the project's
 * patches has. Each call returns 0 or a negative errno, nothing is recorded;
 * -EBADMSG is an answer that makes no sense. What the kernel says of a refusal
 * is in family.why then.
 *
 * Lists may be of several moments: what was there all the time is in them
 * once, as when a directory is read.
 */

struct mdev_netlink {
	struct genetlink family;
	uint32_t monitor; /* the multicast group */
};

/*
 * Return: -ENOENT if the kernel has no such family, or not in this network
 * namespace.
 */
int mdev_netlink_open(struct vdev_sys *sys, struct mdev_netlink *ret);

struct mdev_netlink_parent {
	uint32_t id; /* as long as it is there */
	char name[256];
	uint32_t max_pasids; /* the highest and one more; 0 for none */
};

/* The parents there are. The caller frees `*ret`. */
int mdev_netlink_parents(struct mdev_netlink *m,
			 struct mdev_netlink_parent **ret, size_t *count);

/* The number of a parent; -ENODEV if there is none of that name. */
int mdev_netlink_find_parent(struct mdev_netlink *m, const char *name,
			     uint32_t *ret);

struct mdev_netlink_type {
	char *id;
	char *name;	    /* NULL if there is none */
	char *description;  /* NULL if there is none */
	char *device_api;   /* NULL if there is none */
	int available;	    /* -ENODATA if it is not told */
	uint32_t isolation; /* MDEV_ISOLATION_*; 0 if it is not told */
};

/* A parent's types; -ENODEV if it is gone. */
int mdev_netlink_types(struct mdev_netlink *m, uint32_t parent,
		       struct mdev_netlink_type **ret, size_t *count);
void mdev_netlink_types_free(struct mdev_netlink_type *types, size_t count);

struct mdev_netlink_device {
	char uuid[UUID_TEXT_SIZE];
	uint32_t parent;
	char type[256];
	bool removing; /* goes away when its last user closes it */
};

/* The mdevs that are usable, or are being removed. */
int mdev_netlink_devices(struct mdev_netlink *m,
			 struct mdev_netlink_device **ret, size_t *count);
/* -ENODEV if there is none of that UUID. */
int mdev_netlink_device(struct mdev_netlink *m, const char *uuid,
			struct mdev_netlink_device *ret);

/* What an mdev is made with, as MDEV_A_CFG_*; `given` has a bit for each. */
#define MDEV_NETLINK_SETTINGS 4

struct mdev_netlink_settings {
	unsigned int given;
	uint64_t values[MDEV_NETLINK_SETTINGS];
};

/* The number of a setting and the largest value it can have, or 0. */
int mdev_netlink_setting(const char *name, uint64_t *most);

/* Usable when this returns; -EBADMSG if it was made, but is another one. */
int mdev_netlink_create(struct mdev_netlink *m, uint32_t parent,
			const char *type, const char *uuid,
			const struct mdev_netlink_settings *settings);

/* Begins to remove it; its end is notified. */
int mdev_netlink_remove(struct mdev_netlink *m, const char *uuid, bool force);

/* --- Notifications */

enum mdev_netlink_event_kind {
	MDEV_NETLINK_OTHER,
	MDEV_NETLINK_PARENT_ADDED,
	MDEV_NETLINK_PARENT_REMOVED,
	MDEV_NETLINK_ADDED,
	MDEV_NETLINK_REMOVED,
	/* The family was there no more, and is again. */
	MDEV_NETLINK_RETURNED,
};

struct mdev_netlink_event {
	enum mdev_netlink_event_kind kind;
	struct mdev_netlink_parent parent; /* of a parent's */
	struct mdev_netlink_device device; /* of an mdev's */
};

/* Return: an fd to poll and close. */
int mdev_netlink_listen(struct mdev_netlink *m);
/* As the gateway's netlink_receive(). */
int mdev_netlink_receive(struct mdev_netlink *m, int fd,
			 struct mdev_netlink_event *ret);

#endif
