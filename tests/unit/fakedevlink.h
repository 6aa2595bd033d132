/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_FAKEDEVLINK_H
#define TESTS_UNIT_FAKEDEVLINK_H

#include "fakekernel.h"
#include "kernel/devlink.h"

/*
 * Plays the kernel's devlink: one device with a switch. What a test sets here
 * is what the kernel's driver has; messages are built without libnl.
 */

#define FAKE_FAMILY 29

struct fakedevlink {
	const char *bus;
	const char *name;
	bool absent; /* the kernel has no devlink */

	int eswitch[DEVLINK_ESWITCH_COUNT];	 /* negative: not told */
	bool has_eswitch[DEVLINK_ESWITCH_COUNT]; /* can be set */
	bool deaf[DEVLINK_ESWITCH_COUNT];	 /* takes it, without effect */
	struct devlink_port *ports;
	size_t port_count;
	bool no_rates; /* a kernel or driver without */

	/* Refuses the Nth setting from here on, and says so; 0 for none. */
	unsigned int refuse;
	int error; /* positive errno */
	const char *why;
	/* The answer's attributes to a command, in place of the right ones. */
	uint8_t odd_command;
	const void *odd;
	size_t odd_size;

	unsigned int sets; /* how many there were */
};

/* Makes it the one that answers; both stay the caller's. */
void fakedevlink_start(struct fakedevlink *f, struct fakekernel *fk);

#endif
