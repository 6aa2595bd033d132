/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_KERNEL_NLMESSAGE_H
#define VDEV_KERNEL_NLMESSAGE_H

#include <netlink/attr.h>

#include "gateway/sys.h"

/*
 * Netlink messages in memory: built for the gateway, and taken apart. For the
 * files of this folder that speak netlink.
 */

/*
 * A message that is being built. After any failure further additions do
 * nothing, so that only the end needs a check.
 */
struct nlmessage {
	struct nl_msg *m;
	bool failed;
};

/* Begins with a fixed head of `size` bytes; NLM_F_REQUEST is a matter of
 * course. */
void nlmessage_start(struct nlmessage *b, int type, int flags, const void *head,
		     size_t size);
void nlmessage_put(struct nlmessage *b, int type, const void *data,
		   size_t size);
void nlmessage_put_u8(struct nlmessage *b, int type, uint8_t value);
void nlmessage_put_u16(struct nlmessage *b, int type, uint16_t value);
void nlmessage_put_u32(struct nlmessage *b, int type, uint32_t value);
void nlmessage_put_u64(struct nlmessage *b, int type, uint64_t value);
void nlmessage_put_string(struct nlmessage *b, int type, const char *value);
/* What is put until nlmessage_end() of the result is inside; NULL if failed. */
struct nlattr *nlmessage_nest(struct nlmessage *b, int type);
void nlmessage_end(struct nlmessage *b, struct nlattr *nest);

/*
 * Sends the message and frees it. `fn` takes each message of the answer, or is
 * NULL. What the kernel says of a refusal is in `why`, unless that is NULL.
 * Return: 0, -ENOMEM, or as the gateway.
 */
#define NLMESSAGE_WHY_SIZE sizeof(((struct vdev_sys_netlink *)0)->why)
int nlmessage_send(struct nlmessage *b, struct vdev_sys *sys, int protocol,
		   vdev_sys_netlink_fn fn, void *data, char *why);

/*
 * The attributes behind a message's fixed head, or inside an attribute, by
 * their types, below `count`; others are left out. `policy` says what they have
 * to be like. Return: 0; -EBADMSG.
 */
int nlmessage_parse(const void *message, size_t head, struct nlattr **table,
		    unsigned int count, const struct nla_policy *policy);
int nlmessage_parse_nested(const struct nlattr *nest, struct nlattr **table,
			   unsigned int count, const struct nla_policy *policy);

/* One attribute after the other inside an attribute; starts with NULL. */
const struct nlattr *nlmessage_next(const struct nlattr *nest,
				    const struct nlattr *at);

/* The same between two places. */
const struct nlattr *nlmessage_step(const void *start, const void *end,
				    const struct nlattr *at);

/* The text of a string attribute, "" for none. */
void nlmessage_text(const struct nlattr *a, char *buf, size_t size);

#endif
