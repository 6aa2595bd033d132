/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <libvdev/pasid.h>

#include <errno.h>

#include "object/ctx.h"

#define WORD_BITS 64

struct vdev_pasid_space {
	struct vdev_ctx *ctx;
	uint32_t first;
	uint32_t last;
	uint32_t low; /* below it none is free */
	/* A bit for each PASID from 0 on, set if it is taken. */
	uint64_t taken[];
};

static bool test_bit(const struct vdev_pasid_space *s, uint32_t i)
{
	return s->taken[i / WORD_BITS] >> i % WORD_BITS & 1;
}

/* The lowest number from `i` on whose bit is `value`; past `last` if none. */
static uint32_t find_bit(const struct vdev_pasid_space *s, uint32_t i,
			 bool value)
{
	while (i <= s->last) {
		uint64_t word = s->taken[i / WORD_BITS];

		if (!value)
			word = ~word;
		word >>= i % WORD_BITS;
		if (word) {
			i += (uint32_t)__builtin_ctzll(word);
			break;
		}
		i = (i / WORD_BITS + 1) * WORD_BITS;
	}
	return i <= s->last ? i : s->last + 1;
}

static void set_bits(struct vdev_pasid_space *s, uint32_t first, uint32_t count,
		     bool value)
{
	for (uint32_t i = first; i < first + count; i++) {
		uint64_t bit = 1ULL << i % WORD_BITS;

		if (value)
			s->taken[i / WORD_BITS] |= bit;
		else
			s->taken[i / WORD_BITS] &= ~bit;
	}
}

int vdev_pasid_space_new(struct vdev_ctx *ctx, uint32_t first, uint32_t last,
			 struct vdev_pasid_space **ret)
{
	struct vdev_pasid_space *s;

	if (!first || first > last || last > VDEV_PASID_MAX)
		return vdev_fail(ctx, -EINVAL,
				 "PASIDs are from 1 to %u, not from %u to %u",
				 VDEV_PASID_MAX, first, last);
	s = calloc(1,
		   sizeof(*s) + (last / WORD_BITS + 1) * sizeof(s->taken[0]));
	if (!s)
		return vdev_fail(ctx, -ENOMEM, "out of memory");
	s->ctx = vdev_ctx_ref(ctx);
	s->first = first;
	s->last = last;
	s->low = first;
	*ret = s;
	return 0;
}

void vdev_pasid_space_free(struct vdev_pasid_space *space)
{
	if (!space)
		return;
	vdev_ctx_unref(space->ctx);
	free(space);
}

int vdev_pasid_alloc(struct vdev_pasid_space *space, uint32_t count,
		     uint32_t *ret)
{
	uint32_t at, end;

	if (!count)
		return vdev_fail(space->ctx, -EINVAL,
				 "no PASIDs are asked for");
	at = space->low = find_bit(space, space->low, false);
	while (at <= space->last && space->last - at >= count - 1) {
		end = find_bit(space, at, true);
		if (end - at >= count) {
			set_bits(space, at, count, true);
			*ret = at;
			return 0;
		}
		at = find_bit(space, end, false);
	}
	return vdev_fail(space->ctx, -ENOSPC,
			 "%u PASIDs in a row are not free, of %u to %u", count,
			 space->first, space->last);
}

/* Whether a range is of the space, and not empty. */
static int check_range(const struct vdev_pasid_space *s, uint32_t first,
		       uint32_t count)
{
	if (!count)
		return vdev_fail(s->ctx, -EINVAL, "no PASIDs are named");
	if (first < s->first || first > s->last || s->last - first < count - 1)
		return vdev_fail(s->ctx, -ERANGE,
				 "%u PASIDs from %u on are not all of %u to %u",
				 count, first, s->first, s->last);
	return 0;
}

int vdev_pasid_reserve(struct vdev_pasid_space *space, uint32_t first,
		       uint32_t count)
{
	int ret = check_range(space, first, count);
	uint32_t taken;

	if (ret)
		return ret;
	taken = find_bit(space, first, true);
	if (taken - first < count)
		return vdev_fail(space->ctx, -EBUSY, "PASID %u is taken",
				 taken);
	set_bits(space, first, count, true);
	return 0;
}

int vdev_pasid_release(struct vdev_pasid_space *space, uint32_t first,
		       uint32_t count)
{
	int ret = check_range(space, first, count);
	uint32_t unused;

	if (ret)
		return ret;
	unused = find_bit(space, first, false);
	if (unused - first < count)
		return vdev_fail(space->ctx, -ENOENT, "PASID %u is not taken",
				 unused);
	set_bits(space, first, count, false);
	if (first < space->low)
		space->low = first;
	return 0;
}

bool vdev_pasid_is_taken(const struct vdev_pasid_space *space, uint32_t pasid)
{
	return pasid <= space->last && test_bit(space, pasid);
}

uint32_t vdev_pasid_next(const struct vdev_pasid_space *space, uint32_t from)
{
	uint32_t pasid = find_bit(space, from, true);

	return pasid <= space->last ? pasid : 0;
}
