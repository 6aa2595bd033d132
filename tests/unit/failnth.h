/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_FAILNTH_H
#define TESTS_UNIT_FAILNTH_H

#include <stdbool.h>

#include "gateway/sys.h"

/*
 * Fails the Nth fallible call, for every N.
 *
 * A scenario sets up what it needs, calls failnth_start(), does what is to be
 * tested, calls failnth_stop() and cleans up. A sweep runs it with the first
 * call failing, then the second, and so on, until a run makes fewer calls than
 * that. The scenario asserts what has to hold in every run; failnth_fired()
 * tells whether a failure was put into this one, so a scenario that must
 * succeed otherwise can say so. After each run the sweep checks that no file
 * descriptor is left, and at its end, under LeakSanitizer, that no memory is.
 *
 * Calls are those of the gateway's table or those that allocate memory; the
 * test programs are linked so that malloc() and its like pass here.
 */

struct failnth;

typedef void (*failnth_fn)(struct failnth *fail, void *data);

/* Every gateway call with EIO, then every allocation. */
void failnth_sweep(failnth_fn fn, void *data);

/*
 * Only gateway calls, which fail with `error` (positive errno). Return: how
 * many runs had a failure.
 */
unsigned int failnth_sweep_calls(failnth_fn fn, void *data, int error);
/* Only allocations. */
unsigned int failnth_sweep_memory(failnth_fn fn, void *data);

/*
 * From here on calls count. `sys` may be NULL if there is none yet; then only
 * allocations do.
 */
void failnth_start(struct failnth *fail, struct vdev_sys *sys);
void failnth_stop(struct failnth *fail);
bool failnth_fired(const struct failnth *fail);
/* What the failing call returns: -EIO, or -ENOMEM for memory. */
int failnth_error(const struct failnth *fail);

/* How many file descriptors the process has open. */
unsigned int count_fds(void);

#endif
