/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/nlmessage.h"

#include <errno.h>
#include <netlink/msg.h>
#include <stdio.h>

void nlmessage_start(struct nlmessage *b, int type, int flags, const void *head,
		     size_t size)
{
	*b = (struct nlmessage){ .m = nlmsg_alloc_simple(
					 type, flags | NLM_F_REQUEST) };
	b->failed = !b->m ||
		    nlmsg_append(b->m, (void *)head, size, NLMSG_ALIGNTO) < 0;
}

void nlmessage_put(struct nlmessage *b, int type, const void *data, size_t size)
{
	if (!b->failed)
		b->failed = nla_put(b->m, type, (int)size, data) < 0;
}

void nlmessage_put_u8(struct nlmessage *b, int type, uint8_t value)
{
	nlmessage_put(b, type, &value, sizeof(value));
}

void nlmessage_put_u16(struct nlmessage *b, int type, uint16_t value)
{
	nlmessage_put(b, type, &value, sizeof(value));
}

void nlmessage_put_u32(struct nlmessage *b, int type, uint32_t value)
{
	nlmessage_put(b, type, &value, sizeof(value));
}

void nlmessage_put_u64(struct nlmessage *b, int type, uint64_t value)
{
	nlmessage_put(b, type, &value, sizeof(value));
}

void nlmessage_put_string(struct nlmessage *b, int type, const char *value)
{
	nlmessage_put(b, type, value, strlen(value) + 1);
}

struct nlattr *nlmessage_nest(struct nlmessage *b, int type)
{
	struct nlattr *nest = b->failed ? NULL : nla_nest_start(b->m, type);

	b->failed = !nest;
	return nest;
}

void nlmessage_end(struct nlmessage *b, struct nlattr *nest)
{
	if (!b->failed)
		b->failed = nla_nest_end(b->m, nest) < 0;
}

int nlmessage_send(struct nlmessage *b, struct vdev_sys *sys, int protocol,
		   vdev_sys_netlink_fn fn, void *data, char *why)
{
	struct vdev_sys_netlink request = {
		.protocol = protocol,
		.message = b->m ? nlmsg_hdr(b->m) : NULL,
		.fn = fn,
		.data = data,
	};
	int ret = b->failed ? -ENOMEM : sys->ops->netlink(sys, &request);

	if (why)
		snprintf(why, NLMESSAGE_WHY_SIZE, "%s", request.why);
	nlmsg_free(b->m);
	*b = (struct nlmessage){ .failed = true };
	return ret;
}

int nlmessage_parse(const void *message, size_t head, struct nlattr **table,
		    unsigned int count, const struct nla_policy *policy)
{
	/* It is not written to. */
	struct nlmsghdr *h = (struct nlmsghdr *)message;

	return nlmsg_parse(h, (int)head, table, (int)count - 1, policy)
		       ? -EBADMSG
		       : 0;
}

int nlmessage_parse_nested(const struct nlattr *nest, struct nlattr **table,
			   unsigned int count, const struct nla_policy *policy)
{
	return nla_parse_nested(table, (int)count - 1, (struct nlattr *)nest,
				policy)
		       ? -EBADMSG
		       : 0;
}

const struct nlattr *nlmessage_step(const void *start, const void *end,
				    const struct nlattr *at)
{
	int left = (int)((const char *)end -
			 (at ? (const char *)at : (const char *)start));

	at = at ? nla_next(at, &left) : start;
	/* The last one need not be padded. */
	return left > 0 && nla_ok(at, left) ? at : NULL;
}

const struct nlattr *nlmessage_next(const struct nlattr *nest,
				    const struct nlattr *at)
{
	const char *start = nla_data(nest);

	return nlmessage_step(start, start + nla_len(nest), at);
}

void nlmessage_text(const struct nlattr *a, char *buf, size_t size)
{
	snprintf(buf, size, "%s", a ? nla_get_string(a) : "");
}
