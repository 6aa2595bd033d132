/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_BASE_CAPCHAIN_H
#define VDEV_BASE_CAPCHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Chains of capabilities, as the INFO calls of VFIO return them behind their
 * structure: each has a header of 8 bytes (id, version, and where the next one
 * is, counted from the start of the structure; 0 ends the chain).
 *
 *	struct capchain chain = { info, size, info->cap_offset };
 *	struct capchain_entry cap;
 *
 *	while (capchain_next(&chain, &cap))
 *		...
 *	if (chain.broken)
 *		...
 */

/* No kernel has as many; a chain that is longer comes back to itself. */
enum { CAPCHAIN_MOST = 1024 };

struct capchain {
	const void *info;
	size_t size;   /* what may be looked at */
	uint32_t next; /* at first the offset of the first one, or 0 */
	size_t seen;
	bool broken; /* it left the structure, or does not end */
};

struct capchain_entry {
	uint16_t id;
	uint16_t version;
	const void *start; /* with the header, aligned to 4 bytes */
	size_t size;	   /* up to the next one behind it, or to the end */
};

/* Return: whether there is one more. */
bool capchain_next(struct capchain *chain, struct capchain_entry *ret);

#endif
