/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_DIRTY_H
#define VDEV_OBJECT_DIRTY_H

#include <libvdev/dirty.h>

#include "object/bitmap.h"

struct dirty_source;

/* What differs between the sources. Each records the sentence of a failure. */
struct dirty_ops {
	enum vdev_dirty_kind kind;
	bool keeps; /* VDEV_DIRTY_KEEP */
	/* Words it writes to need not be of whole ranges. */
	bool adds;
	int (*start)(struct vdev_dirty *dirty, struct dirty_source *source);
	int (*stop)(struct dirty_source *source);
	/*
	 * Reports a range to a bitmap that starts with it. If `adds`, bits are
	 * added to what is there, else the bitmap is clear before.
	 */
	int (*report)(struct dirty_source *source,
		      const struct vdev_iova_range *range, uint64_t page_size,
		      uint64_t *words, bool keep);
	void (*release)(struct dirty_source *source);
};

struct dirty_source {
	const struct dirty_ops *ops;
	struct vdev_ctx *ctx;
	bool started;
	uint64_t page_size;
	size_t range_count; /* that it tracks */
	/* One of them. */
	struct vdev_ioas *ioas;
	struct vdev_hwpt *hwpt;
	struct vdev_file *file;
	/* Where it reports what does not fit the caller's bitmap. */
	uint64_t *words;
	uint64_t span; /* how many bytes at once; IOVAs are cut at multiples */
};

struct vdev_dirty {
	struct vdev_ctx *ctx;
	uint64_t page_size;
	bool started;
	struct vdev_iova_range *ranges; /* ascending, with gaps between them */
	size_t range_count;
	struct dirty_source *sources;
	size_t source_count;
};

extern const struct dirty_ops dirty_type1;
extern const struct dirty_ops dirty_hwpt;
extern const struct dirty_ops dirty_device;

static inline uint64_t range_length(const struct vdev_iova_range *range)
{
	return range->last - range->start + 1;
}

/* Reports and unmaps in one step, as `report` does; only of type 1. */
int dirty_type1_unmap(struct dirty_source *source,
		      const struct vdev_iova_range *range, uint64_t *unmapped);
/* Fills in a source of type 1, and its room for bitmaps. */
int dirty_type1_init(struct vdev_dirty *dirty, struct dirty_source *source);

#endif
