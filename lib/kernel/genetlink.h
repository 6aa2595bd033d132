/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_KERNEL_GENETLINK_H
#define VDEV_KERNEL_GENETLINK_H

#include "kernel/nlmessage.h"

/*
 * Generic netlink: families, found by name. For the files of this folder that
 * speak to one.
 */

struct genetlink {
	struct vdev_sys *sys;
	uint16_t family;
	uint8_t version;
	char why[NLMESSAGE_WHY_SIZE]; /* of the last refusal, or "" */
};

/* Return: 0; -ENOENT if the kernel has no such family; -EBADMSG ... */
int genetlink_open(struct vdev_sys *sys, const char *name, uint8_t version,
		   struct genetlink *ret);

/*
 * The same among the families that are there: the kernel looks for no module
 * that may have it, and so runs no program. `group` is that of the multicast
 * group of this name.
 */
int genetlink_find(struct vdev_sys *sys, const char *name, uint8_t version,
		   const char *group_name, struct genetlink *ret,
		   uint32_t *group);

/*
 * What the controller says of one family. Return: 1 if it is the one of this
 * name, whose number and multicast group are written then, the latter 0 if it
 * has none of that name; 0 if it is another one; -EBADMSG.
 */
int genetlink_take_family(const void *message, const char *name,
			  const char *group_name, uint16_t *family,
			  uint32_t *group);

/* Begins a message; with NLM_F_DUMP it asks for all. */
void genetlink_start(const struct genetlink *g, struct nlmessage *b,
		     uint8_t command, int flags);
/* Sends it, as nlmessage_send(). A command without an answer has no `fn`. */
int genetlink_send(struct genetlink *g, struct nlmessage *b,
		   vdev_sys_netlink_fn fn, void *data);

/* The attributes of a message, as nlmessage_parse(). */
int genetlink_parse(const void *message, struct nlattr **table,
		    unsigned int count, const struct nla_policy *policy);
/* One attribute of a message after the other; starts with NULL. */
const struct nlattr *genetlink_next(const void *message,
				    const struct nlattr *at);

#endif
