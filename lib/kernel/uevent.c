/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Source: lib/kobject_uevent.c, Linux 7.2: "ACTION@PATH", then KEY=VALUE, each
 * ended by NUL.
 */

#include "kernel/uevent.h"

#include <errno.h>
#include <linux/netlink.h>

/* The group of the kernel; udevd sends to another one. */
#define KERNEL_GROUP 1

int uevent_listen(struct vdev_sys *sys)
{
	return sys->ops->netlink_listen(sys, NETLINK_KOBJECT_UEVENT, -1,
					KERNEL_GROUP);
}

static void take(struct uevent *e, const char *pair)
{
	const struct {
		const char *key;
		const char **value;
	} keys[] = {
		{ "ACTION=", &e->action },
		{ "DEVPATH=", &e->path },
		{ "SUBSYSTEM=", &e->subsystem },
		{ "MDEV_STATE=", &e->mdev_state },
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (str_starts(pair, keys[i].key))
			*keys[i].value = pair + strlen(keys[i].key);
}

int uevent_receive(struct vdev_sys *sys, int fd, struct uevent *ret)
{
	ssize_t n = sys->ops->netlink_receive(sys, fd, ret->text, UEVENT_SIZE);
	size_t size = n < 0 ? 0 : (size_t)n;

	if (n < 0)
		return (int)n;
	ret->text[size] = '\0';
	ret->action = ret->path = ret->subsystem = ret->mdev_state = "";
	for (size_t at = 0; at < size; at += strlen(ret->text + at) + 1)
		take(ret, ret->text + at);
	return *ret->action && *ret->path ? 0 : -EBADMSG;
}
