/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "object/ctx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the run as a find. */
#define FUZZ_CHECK(condition)             \
	do {                              \
		if (!(condition))         \
			__builtin_trap(); \
	} while (0)

/*
 * A gateway whose every file holds the input, whose directories hold names
 * made from it, and whose netlink messages and datagrams are cut from it.
 * Writes go nowhere. Families of generic netlink are there, with `families` as
 * the input has them.
 */
struct fuzz_input {
	const uint8_t *data;
	size_t size;
	size_t received;    /* of what is sent to multicast groups */
	size_t offsets[64]; /* of open files */
	uint64_t now;
	bool families;
};

void fuzz_sys(struct vdev_sys *sys, struct fuzz_input *input,
	      const uint8_t *data, size_t size);
/* The same, for a new context; the caller drops it. */
struct vdev_ctx *fuzz_ctx(struct fuzz_input *input, const uint8_t *data,
			  size_t size);

/* For fds of a fuzzer's own. */
int fuzz_same_fd(struct vdev_sys *sys, int fd);
int fuzz_close_nothing(struct vdev_sys *sys, int fd);

/* The input as a string; the caller frees it. */
char *fuzz_string(const uint8_t *data, size_t size);

#endif
