/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_FAKEDEVLINK_H
#define TESTS_UNIT_FAKEDEVLINK_H

#include <libvdev/devlink.h>

#include "fakekernel.h"
#include "kernel/devlink.h"

/*
 * Plays the kernel's devlink: one device with a switch and parameters. What a
 * test sets here is what the kernel's driver has; messages are built without
 * libnl.
 */

#define FAKE_FAMILY 29

struct fake_value {
	bool there;
	uint64_t numbers[4]; /* a flag is 0 or 1 */
	size_t count;	     /* of an array */
	char text[200];	     /* of a string */
};

struct fake_param {
	const char *name;
	bool generic;
	int type; /* enum devlink_var_attr_type; others have four bytes */
	bool deaf;
	struct fake_value values[DEVLINK_PARAM_MODES];
	struct fake_value defaults[DEVLINK_PARAM_MODES];
};

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
	/* Two nodes at the most, by their names; "" for none. */
	struct devlink_port nodes[2];
	struct fake_param *params;
	size_t param_count;
	bool no_params; /* a driver without */
	struct devlink_info info;
	int info_error;	    /* positive errno of the command for it */
	uint32_t performed; /* what a reload says it did */
	int action;	    /* that it was asked for, and within which */
	uint32_t limits;

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

#define FAKE_PF	     "0000:01:00.0"
#define FAKE_VF0     "0000:01:10.0"
#define FAKE_DEVLINK "pci/" FAKE_PF

/*
 * A PF of the driver igb with all that a switch can have, and with VFs of a
 * native driver; `f`, which stays the caller's, answers.
 */
struct fakekernel *fakedevlink_machine(struct fakedevlink *f);

/* The same as the state of a test. */
struct fakedevlink_setup {
	struct fakedevlink f;
	struct fakekernel *fk;
	struct vdev_ctx *ctx;
	struct vdev_devlink *dl;
};

int fakedevlink_set_up(void **state);
int fakedevlink_tear_down(void **state);
#define FAKEDEVLINK_TEST(fn)                                    \
	cmocka_unit_test_setup_teardown(fn, fakedevlink_set_up, \
					fakedevlink_tear_down)

/* What the context says of the last failure, and what became of a setting. */
void says(struct vdev_ctx *ctx, const char *words);
void hints(struct vdev_ctx *ctx, const char *words);
void is_outcome(const struct vdev_devlink_change *change, size_t i,
		enum vdev_outcome outcome);

#endif
