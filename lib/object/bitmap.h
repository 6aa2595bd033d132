/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_BITMAP_H
#define VDEV_OBJECT_BITMAP_H

#include <libvdev/bitmap.h>

#include "base/bits.h"
#include "object/ctx.h"

struct vdev_bitmap {
	struct vdev_ctx *ctx;
	const struct bits_ops *ops;
	uint64_t start;
	uint64_t length;
	unsigned int shift; /* of the page size */
	uint64_t pages;
	uint64_t *words; /* at a cache line within `memory` */
	void *memory;
};

/* Lets tests and benchmarks choose the code. */
int bitmap_new(struct vdev_ctx *ctx, const struct bits_ops *ops, uint64_t start,
	       uint64_t length, uint64_t page_size, struct vdev_bitmap **ret);

#endif
