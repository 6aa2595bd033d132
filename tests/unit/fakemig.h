/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_FAKEMIG_H
#define TESTS_UNIT_FAKEMIG_H

#include <libvdev/migration.h>

#include "fakevfio.h"

/*
 * Plays the migration of fakevfio's device, in front of it, and the caller's
 * descriptors at the two ends. The device gives what `data` holds, up to
 * `precopy` in pre-copy and the rest in STOP_COPY, and takes what it is given;
 * on the arc out of RESUMING that has to be `data`. It goes arcs of the
 * specification only: anything else fails the test.
 */

#define FAKE_SESSION 2000 /* the device's data */
#define FAKE_OUT     2001 /* where the caller wants them; gives `in`, too */
#define FAKE_IN	     2002 /* where the caller has them from */
#define FAKE_CANCEL  2003
#define FAKE_MOST    ((size_t)1024 * 1024)

struct fakemig {
	struct vfio_setup *vs;
	struct vdev_sys_ops former;

	uint64_t flags;
	uint32_t state;
	bool session;	  /* its descriptor is open */
	char path[64];	  /* the states it was brought into: "251" */
	char *journal;	  /* the same of several, "a2b2", if not NULL ... */
	char name;	  /* ... and how it is called there */
	bool precopy_v2;  /* switched on */
	bool no_v2;	  /* not known */
	bool no_size;	  /* no estimate */
	bool reinit;	  /* told next */
	uint32_t fail_to; /* the arc into this state fails ... */
	int fail_error;	  /* ... so, if it is not 0 ... */
	bool fail_stays;  /* ... and leaves the device where it was */
	bool zero_is_now; /* in pre-copy the end is 0 instead of ENOMSG */

	const uint8_t *data;
	size_t size;
	size_t precopy;
	size_t at; /* how much was given */
	uint8_t *taken;
	size_t taken_size;
	size_t piece; /* the most that one call moves */
	int read_error, write_error;

	uint8_t *out;
	size_t out_size;
	size_t out_most; /* fails with EPIPE behind it; 0: never */
	const uint8_t *in;
	size_t in_size, in_at;
	bool in_file;  /* it can be read again */
	bool no_reset; /* does not leave the state */
	/* How often poll() finds nothing ready before something is. */
	unsigned int waits;
	unsigned int polls;
	unsigned int cancel_after; /* polls; 0: never */
	unsigned int interrupt;	   /* polls that end by a signal */
	unsigned int tick;	   /* milliseconds that each poll() takes */
	uint64_t now;
};

/* The device of `vs`, which is open, can do all of it from here on. */
struct fakemig *fakemig_start(struct vfio_setup *vs);
void fakemig_stop(struct fakemig *f);

#endif
