/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_FAKEMESSAGE_H
#define TESTS_UNIT_FAKEMESSAGE_H

#include <linux/netlink.h>

#include "gateway/sys.h"

/*
 * Messages of generic netlink, as the kernel would build them and take them
 * apart: without libnl.
 */

struct message {
	_Alignas(8) char bytes[4096];
};

struct nlmsghdr *message_head(struct message *m);
void message_start(struct message *m, int type, uint8_t command);
struct nlattr *message_put(struct message *m, int type, const void *data,
			   size_t size);
void message_put_text(struct message *m, int type, const char *text);
/* A number of 1, 2, 4 or 8 bytes. */
void message_put_bytes(struct message *m, int type, uint64_t value,
		       size_t size);
/* Nothing for a negative one. */
void message_put_number(struct message *m, int type, int64_t value,
			size_t size);
/* What was put since, and including, `nest` is inside it. */
void message_end_nest(struct message *m, struct nlattr *nest);

/* An attribute of a request; NULL if it is not there. */
const struct nlattr *message_find(const struct nlmsghdr *h, int type);
/* The next one of that type behind `last`, or the first behind NULL. */
const struct nlattr *message_find_next(const struct nlmsghdr *h, int type,
				       const struct nlattr *last);
/* "" if it is not there. */
const char *message_text(const struct nlmsghdr *h, int type);
/* -1 if it is not there. */
int64_t message_number(const struct nlmsghdr *h, int type, size_t size);

int message_answer(struct vdev_sys_netlink *request, struct message *m);

#endif
