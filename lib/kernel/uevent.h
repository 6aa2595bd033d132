/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_KERNEL_UEVENT_H
#define VDEV_KERNEL_UEVENT_H

#include "gateway/sys.h"

/*
 * The kernel's own messages of devices that come, change and go, as it sends
 * them, with or without a udevd. No failure is recorded.
 */

#define UEVENT_SIZE 8192

/* What a message says; each is a text in `text`, "" for none. */
struct uevent {
	char text[UEVENT_SIZE + 1];
	const char *action;
	const char *path; /* below /sys */
	const char *subsystem;
	const char *mdev_state; /* MDEV_STATE, of a parent of mdevs */
};

/* Return: an fd to poll and close. */
int uevent_listen(struct vdev_sys *sys);
/* As the gateway's netlink_receive(); -EBADMSG for what is no message. */
int uevent_receive(struct vdev_sys *sys, int fd, struct uevent *ret);

#endif
