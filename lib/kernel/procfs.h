/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_KERNEL_PROCFS_H
#define VDEV_KERNEL_PROCFS_H

#include "gateway/sys.h"

/* What procfs tells about mounts, swap space and the users of files. */

struct proc_mount {
	unsigned int major;
	unsigned int minor;
	char *point;  /* where it is mounted, as its namespace sees it */
	char *source; /* such as /dev/sda1 */
	bool own;     /* in our mount namespace */
};

struct proc_mounts {
	struct proc_mount *items;
	size_t count;
};

/*
 * The mounts of all mount namespaces; of our own only if the caller may not
 * look at the others.
 */
int procfs_mounts(struct vdev_sys *sys, struct proc_mounts *ret);
void procfs_mounts_clear(struct proc_mounts *mounts);

/* The devices and files in /proc/swaps. */
int procfs_swaps(struct vdev_sys *sys, struct strv *ret);

/* A device file that a process holds open. */
struct proc_user {
	pid_t pid;
	char *command; /* the process's name */
	char *node;    /* below /dev, such as "vfio/12" */
};

struct proc_users {
	struct proc_user *items; /* sorted by node */
	size_t count;
	bool complete; /* all processes could be looked at */
};

/*
 * Who holds which device file open. VFIO devices that were opened by way of
 * their group are found by the path in fdinfo (Linux 6.18); their node is
 * that path then.
 */
int procfs_users(struct vdev_sys *sys, struct proc_users *ret);
void procfs_users_clear(struct proc_users *users);

/* The first user of a node, with `*count` users in all; NULL for none. */
const struct proc_user *procfs_users_find(const struct proc_users *users,
					  const char *node, size_t *count);

/*
 * How many bytes this process may lock: UINT64_MAX if there is no limit, which
 * is also so with CAP_IPC_LOCK.
 */
int procfs_memlock_limit(struct vdev_sys *sys, uint64_t *ret);
/* How many bytes this process has locked, type 1's pins among them. */
int procfs_locked(struct vdev_sys *sys, uint64_t *ret);

/* Whether process `pid` exists and has that name. */
bool procfs_is_running(struct vdev_sys *sys, pid_t pid, const char *name);

#endif
