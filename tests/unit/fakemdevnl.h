/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_FAKEMDEVNL_H
#define TESTS_UNIT_FAKEMDEVNL_H

#include "fakekernel.h"
#include "fakemessage.h"

/*
 * Plays the family "mdev" of generic netlink for the mdevs of the fake kernel:
 * what it makes and removes is in that one's sysfs, and is notified of. Parents
 * take the setting mem-bytes, in pages of 4 KiB, and no other.
 */

#define FAKE_MDEV_FAMILY  31
#define FAKE_MDEV_MONITOR 7

struct fakemdevnl {
	struct fakekernel *fk;
	const char *const *parents; /* NULL-terminated; a number each, from 1 */
	bool absent;		    /* the kernel has no such family */
	unsigned int max_pasids;    /* of all parents */
	const char *pasid_type;	    /* is isolated by PASIDs, others are not */

	/* Refuses a command so many times. */
	uint8_t refused;
	unsigned int refusals;
	int error; /* positive errno */
	const char *why;
	/* The attributes of the answer to a command, in place of its own. */
	uint8_t odd_command;
	const void *odd;
	size_t odd_size;

	unsigned int asked[16]; /* how often, by command */
	int64_t mem_bytes;	/* of the last one made; -1 for none */

	struct message queue[32]; /* notifications */
	unsigned int first;
	unsigned int count;
	int lost;    /* what receiving fails with once, as a positive errno */
	bool silent; /* none are sent */
};

/* Makes it the one that answers; both stay the caller's. */
void fakemdevnl_start(struct fakemdevnl *f, struct fakekernel *fk);

/* Sends one, as if the kernel had. */
struct message *fakemdevnl_queue(struct fakemdevnl *f, int type,
				 uint8_t command);
void fakemdevnl_notify_device(struct fakemdevnl *f, uint8_t command,
			      const char *uuid, uint32_t parent,
			      const char *type);
void fakemdevnl_notify_parent(struct fakemdevnl *f, uint8_t command,
			      uint32_t id, const char *name);
/* That the family is there again. */
void fakemdevnl_notify_family(struct fakemdevnl *f);

#endif
