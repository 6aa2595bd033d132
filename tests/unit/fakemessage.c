/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fakemessage.h"

#include <linux/genetlink.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct nlmsghdr *message_head(struct message *m)
{
	return (void *)m->bytes;
}

void message_start(struct message *m, int type, uint8_t command)
{
	struct genlmsghdr head = { .cmd = command, .version = 1 };

	memset(m, 0, sizeof(*m));
	message_head(m)->nlmsg_type = (uint16_t)type;
	message_head(m)->nlmsg_len = NLMSG_LENGTH(sizeof(head));
	memcpy(NLMSG_DATA(message_head(m)), &head, sizeof(head));
}

struct nlattr *message_put(struct message *m, int type, const void *data,
			   size_t size)
{
	uint32_t at = NLMSG_ALIGN(message_head(m)->nlmsg_len);
	struct nlattr *a = (void *)(m->bytes + at);

	assert_true(at + NLA_HDRLEN + NLA_ALIGN(size) <= sizeof(m->bytes));
	a->nla_type = (uint16_t)type;
	a->nla_len = (uint16_t)(NLA_HDRLEN + size);
	if (size)
		memcpy((char *)a + NLA_HDRLEN, data, size);
	message_head(m)->nlmsg_len = at + (uint32_t)NLA_ALIGN(a->nla_len);
	return a;
}

void message_put_text(struct message *m, int type, const char *text)
{
	message_put(m, type, text, strlen(text) + 1);
}

void message_put_bytes(struct message *m, int type, uint64_t value, size_t size)
{
	uint8_t u8 = (uint8_t)value;
	uint16_t u16 = (uint16_t)value;
	uint32_t u32 = (uint32_t)value;

	message_put(m, type,
		    size == 1	? (void *)&u8
		    : size == 2 ? (void *)&u16
		    : size == 4 ? (void *)&u32
				: (void *)&value,
		    size);
}

void message_put_number(struct message *m, int type, int64_t value, size_t size)
{
	if (value >= 0)
		message_put_bytes(m, type, (uint64_t)value, size);
}

void message_end_nest(struct message *m, struct nlattr *nest)
{
	nest->nla_len = (uint16_t)(m->bytes + message_head(m)->nlmsg_len -
				   (char *)nest);
}

const struct nlattr *message_find_next(const struct nlmsghdr *h, int type,
				       const struct nlattr *last)
{
	uint32_t at = NLMSG_LENGTH(GENL_HDRLEN);

	if (last)
		at = (uint32_t)((const char *)last - (const char *)h) +
		     NLA_ALIGN(last->nla_len);
	while (at + NLA_HDRLEN <= h->nlmsg_len) {
		const struct nlattr *a = (const void *)((const char *)h + at);

		assert_true(a->nla_len >= NLA_HDRLEN);
		assert_true(at + a->nla_len <= h->nlmsg_len);
		if ((a->nla_type & NLA_TYPE_MASK) == type)
			return a;
		at += NLA_ALIGN(a->nla_len);
	}
	return NULL;
}

const struct nlattr *message_find(const struct nlmsghdr *h, int type)
{
	return message_find_next(h, type, NULL);
}

const char *message_text(const struct nlmsghdr *h, int type)
{
	const struct nlattr *a = message_find(h, type);
	const char *text = a ? (const char *)a + NLA_HDRLEN : "";

	if (a)
		assert_int_equal(text[a->nla_len - NLA_HDRLEN - 1], '\0');
	return text;
}

int64_t message_number(const struct nlmsghdr *h, int type, size_t size)
{
	const struct nlattr *a = message_find(h, type);
	int64_t value = 0;

	if (!a)
		return -1;
	assert_int_equal(a->nla_len, NLA_HDRLEN + size);
	memcpy(&value, (const char *)a + NLA_HDRLEN, size);
	return value;
}

int message_answer(struct vdev_sys_netlink *request, struct message *m)
{
	return request->fn ? request->fn(request->data, m->bytes) : 0;
}
