/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "object/bitmap.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>

/* What the words start at: the longest vector, and a cache line. */
#define ALIGNMENT 64
/* What the words of a large bitmap start at: a large page, on most machines. */
#define HUGE_ALIGNMENT (2UL << 20)
/* How many runs are looked at in one go, on the stack. */
#define SOME_RUNS 128

/* The same size twice: a run is a pair of numbers to bits_runs(). */
_Static_assert(sizeof(struct vdev_iova_range) == 2 * sizeof(uint64_t), "run");

static int check_geometry(struct vdev_ctx *ctx, uint64_t start, uint64_t length,
			  uint64_t page_size)
{
	if (!page_size || page_size & (page_size - 1))
		return vdev_fail(ctx, -EINVAL,
				 "a bitmap's page size is a power of two, not "
				 "%" PRIu64,
				 page_size);
	if (!length || (start | length) & (page_size - 1))
		return vdev_fail(ctx, -EINVAL,
				 "0x%" PRIx64 " bytes at 0x%" PRIx64
				 " are not whole pages of %" PRIu64 " bytes",
				 length, start, page_size);
	if (length - 1 > UINT64_MAX - start)
		return vdev_fail(ctx, -EOVERFLOW,
				 "0x%" PRIx64 " bytes at 0x%" PRIx64
				 " are past the end of all addresses",
				 length, start);
	return 0;
}

/*
 * Zeroed words, and in `memory` what to free. In large pages where that may be:
 * adding goes through two bitmaps at once, and stops at each end of a page.
 */
static uint64_t *new_words(struct vdev_ctx *ctx, size_t size, void **memory)
{
	size_t alignment = size < HUGE_ALIGNMENT ? ALIGNMENT : HUGE_ALIGNMENT;
	void *words;

	*memory = malloc(size + alignment);
	if (!*memory)
		return NULL;
	words = (void *)(((uintptr_t)*memory + alignment - 1) &
			 ~(uintptr_t)(alignment - 1));
	if (alignment == HUGE_ALIGNMENT)
		vdev_sys_want_huge(&ctx->sys, words, size);
	/* Written to, so that the kernel really gives the memory now. */
	return memset(words, 0, size);
}

int bitmap_new(struct vdev_ctx *ctx, const struct bits_ops *ops, uint64_t start,
	       uint64_t length, uint64_t page_size, struct vdev_bitmap **ret)
{
	struct vdev_bitmap *bitmap;
	int error = check_geometry(ctx, start, length, page_size);
	size_t size;

	if (error)
		return error;
	bitmap = calloc(1, sizeof(*bitmap));
	if (!bitmap)
		return vdev_fail(ctx, -ENOMEM, "out of memory");
	bitmap->shift = (unsigned int)__builtin_ctzll(page_size);
	bitmap->pages = length >> bitmap->shift;
	size = bits_words(bitmap->pages) * sizeof(uint64_t);
	bitmap->words = new_words(ctx, size, &bitmap->memory);
	if (!bitmap->words) {
		free(bitmap);
		return vdev_fail(ctx, -ENOMEM,
				 "no memory for a bitmap of %zu bytes", size);
	}
	bitmap->ctx = vdev_ctx_ref(ctx);
	bitmap->ops = ops;
	bitmap->start = start;
	bitmap->length = length;
	*ret = bitmap;
	return 0;
}

int vdev_bitmap_new(struct vdev_ctx *ctx, uint64_t start, uint64_t length,
		    uint64_t page_size, struct vdev_bitmap **ret)
{
	return bitmap_new(ctx, bits_ops(), start, length, page_size, ret);
}

void vdev_bitmap_free(struct vdev_bitmap *bitmap)
{
	if (!bitmap)
		return;
	vdev_ctx_unref(bitmap->ctx);
	free(bitmap->memory);
	free(bitmap);
}

uint64_t vdev_bitmap_start(const struct vdev_bitmap *bitmap)
{
	return bitmap->start;
}

uint64_t vdev_bitmap_length(const struct vdev_bitmap *bitmap)
{
	return bitmap->length;
}

uint64_t vdev_bitmap_page_size(const struct vdev_bitmap *bitmap)
{
	return 1ULL << bitmap->shift;
}

const uint64_t *vdev_bitmap_words(const struct vdev_bitmap *bitmap,
				  size_t *count)
{
	if (count)
		*count = bits_words(bitmap->pages);
	return bitmap->words;
}

const char *vdev_bitmap_implementation(const struct vdev_bitmap *bitmap)
{
	return bitmap->ops->name;
}

/* The last address of a bitmap. */
static uint64_t last_of(const struct vdev_bitmap *bitmap)
{
	return bitmap->start + (bitmap->length - 1);
}

static struct bits_scale scale_of(const struct vdev_bitmap *bitmap)
{
	return (struct bits_scale){ bitmap->start, bitmap->shift };
}

/* The page of an address in the bitmap. */
static uint64_t page_of(const struct vdev_bitmap *bitmap, uint64_t address)
{
	return (address - bitmap->start) >> bitmap->shift;
}

static int outside(const struct vdev_bitmap *bitmap, uint64_t address,
		   uint64_t length)
{
	return vdev_fail(bitmap->ctx, -ERANGE,
			 "0x%" PRIx64 " bytes at 0x%" PRIx64
			 " are not within the bitmap of 0x%" PRIx64
			 " to 0x%" PRIx64,
			 length, address, bitmap->start, last_of(bitmap));
}

static bool is_inside(const struct vdev_bitmap *bitmap, uint64_t address,
		      uint64_t length)
{
	return address >= bitmap->start &&
	       address - bitmap->start <= bitmap->length &&
	       length <= bitmap->length - (address - bitmap->start);
}

bool vdev_bitmap_test(const struct vdev_bitmap *bitmap, uint64_t address)
{
	return is_inside(bitmap, address, 1) &&
	       bits_test(bitmap->words, page_of(bitmap, address));
}

/* Every page that the range, which is not empty, is part of. */
static void set_pages(struct vdev_bitmap *bitmap, uint64_t first, uint64_t last)
{
	uint64_t page = page_of(bitmap, first);

	bits_set(bitmap->words, page, page_of(bitmap, last) - page + 1);
}

/* Every page that is in the range whole. */
static void clear_pages(struct vdev_bitmap *bitmap, uint64_t first,
			uint64_t last)
{
	uint64_t mask = (1ULL << bitmap->shift) - 1;
	uint64_t from = (first - bitmap->start + mask) >> bitmap->shift;
	/* No overflow: it is at most the bitmap's length, a multiple. */
	uint64_t to = (last - bitmap->start + 1) >> bitmap->shift;

	if (from < to)
		bits_clear(bitmap->words, from, to - from);
}

int vdev_bitmap_set(struct vdev_bitmap *bitmap, uint64_t address,
		    uint64_t length)
{
	if (!is_inside(bitmap, address, length))
		return outside(bitmap, address, length);
	if (length)
		set_pages(bitmap, address, address + (length - 1));
	return 0;
}

int vdev_bitmap_clear(struct vdev_bitmap *bitmap, uint64_t address,
		      uint64_t length)
{
	if (!is_inside(bitmap, address, length))
		return outside(bitmap, address, length);
	if (length)
		clear_pages(bitmap, address, address + (length - 1));
	return 0;
}

void vdev_bitmap_clear_all(struct vdev_bitmap *bitmap)
{
	bits_clear(bitmap->words, 0, bitmap->pages);
}

uint64_t vdev_bitmap_count(const struct vdev_bitmap *bitmap)
{
	return bits_count(bitmap->ops, bitmap->words, 0, bitmap->pages);
}

/* What the bitmap has of a range; false if that is nothing. */
static bool clip(const struct vdev_bitmap *bitmap, uint64_t *first,
		 uint64_t *last)
{
	if (*first > last_of(bitmap) || *last < bitmap->start)
		return false;
	if (*first < bitmap->start)
		*first = bitmap->start;
	if (*last > last_of(bitmap))
		*last = last_of(bitmap);
	return true;
}

/* The last address of a range that is not empty, cut at the end of all. */
static uint64_t end_of(uint64_t address, uint64_t length)
{
	return length - 1 > UINT64_MAX - address ? UINT64_MAX
						 : address + (length - 1);
}

uint64_t vdev_bitmap_count_range(const struct vdev_bitmap *bitmap,
				 uint64_t address, uint64_t length)
{
	uint64_t last, page;

	if (!length)
		return 0;
	last = end_of(address, length);
	if (!clip(bitmap, &address, &last))
		return 0;
	page = page_of(bitmap, address);
	return bits_count(bitmap->ops, bitmap->words, page,
			  page_of(bitmap, last) - page + 1);
}

size_t vdev_bitmap_runs(const struct vdev_bitmap *bitmap, uint64_t *offset,
			struct vdev_iova_range *runs, size_t size)
{
	struct bits_scale scale = scale_of(bitmap);
	uint64_t from = *offset >> bitmap->shift;
	size_t count;

	if (!size)
		return 0;
	count = bits_runs(bitmap->ops, bitmap->words, bitmap->pages, &from,
			  &scale, &runs->start, size);
	if (count)
		*offset = from << bitmap->shift;
	return count;
}

bool vdev_bitmap_next(const struct vdev_bitmap *bitmap, uint64_t *offset,
		      struct vdev_iova_range *run)
{
	return vdev_bitmap_runs(bitmap, offset, run, 1);
}

/*
 * Calls for the runs of a bitmap within a range of its addresses, cut to it.
 */
static void each_run(const struct vdev_bitmap *bitmap, uint64_t first,
		     uint64_t last,
		     void (*fn)(void *data, uint64_t first, uint64_t last),
		     void *data)
{
	uint64_t offset = first - bitmap->start;
	struct vdev_iova_range runs[SOME_RUNS];
	size_t n;

	while ((n = vdev_bitmap_runs(bitmap, &offset, runs, SOME_RUNS))) {
		for (size_t i = 0; i < n; i++) {
			if (runs[i].start > last)
				return;
			fn(data, runs[i].start < first ? first : runs[i].start,
			   runs[i].last > last ? last : runs[i].last);
		}
	}
}

static void set_run(void *data, uint64_t first, uint64_t last)
{
	set_pages(data, first, last);
}

static void clear_run(void *data, uint64_t first, uint64_t last)
{
	clear_pages(data, first, last);
}

int vdev_bitmap_or(struct vdev_bitmap *bitmap, const struct vdev_bitmap *other)
{
	if (!is_inside(bitmap, other->start, other->length))
		return outside(bitmap, other->start, other->length);
	if (bitmap->shift == other->shift)
		bits_or(bitmap->ops, bitmap->words,
			page_of(bitmap, other->start), other->words, 0,
			other->pages);
	else
		each_run(other, other->start, last_of(other), set_run, bitmap);
	return 0;
}

void vdev_bitmap_and_not(struct vdev_bitmap *bitmap,
			 const struct vdev_bitmap *other)
{
	uint64_t first = other->start, last = last_of(other);

	if (!clip(bitmap, &first, &last))
		return;
	if (bitmap->shift == other->shift)
		bits_and_not(bitmap->ops, bitmap->words, page_of(bitmap, first),
			     other->words, page_of(other, first),
			     page_of(other, last) - page_of(other, first) + 1);
	else
		each_run(other, first, last, clear_run, bitmap);
}

int vdev_bitmap_copy(struct vdev_bitmap *bitmap,
		     const struct vdev_bitmap *other)
{
	if (!is_inside(bitmap, other->start, other->length))
		return outside(bitmap, other->start, other->length);
	if (bitmap == other)
		return 0;
	vdev_bitmap_clear_all(bitmap);
	return vdev_bitmap_or(bitmap, other);
}

struct translation {
	struct vdev_bitmap *bitmap;
	const struct vdev_iova_mapping *mapping;
};

static void translate_run(void *data, uint64_t first, uint64_t last)
{
	const struct translation *t = data;
	uint64_t delta = t->mapping->address - t->mapping->iova;

	set_pages(t->bitmap, first + delta, last + delta);
}

static void translate(struct vdev_bitmap *bitmap,
		      const struct vdev_bitmap *other,
		      const struct vdev_iova_mapping *mapping)
{
	uint64_t first = mapping->iova, last, mask = (1ULL << other->shift) - 1;

	if (!mapping->length)
		return;
	last = first + (mapping->length - 1);
	if (!clip(other, &first, &last))
		return;
	if (bitmap->shift == other->shift &&
	    !((mapping->iova | mapping->address | mapping->length) & mask))
		bits_or(bitmap->ops, bitmap->words,
			page_of(bitmap,
				mapping->address + (first - mapping->iova)),
			other->words, page_of(other, first),
			page_of(other, last) - page_of(other, first) + 1);
	else
		each_run(other, first, last, translate_run,
			 &(struct translation){ bitmap, mapping });
}

int vdev_bitmap_translate(struct vdev_bitmap *bitmap,
			  const struct vdev_bitmap *other,
			  const struct vdev_iova_mapping *mappings,
			  size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct vdev_iova_mapping *m = &mappings[i];

		if (m->length && m->length - 1 > UINT64_MAX - m->iova)
			return vdev_fail(bitmap->ctx, -ERANGE,
					 "the mapping of 0x%" PRIx64
					 " bytes at IOVA 0x%" PRIx64
					 " is past the end of all addresses",
					 m->length, m->iova);
		if (m->length && !is_inside(bitmap, m->address, m->length))
			return outside(bitmap, m->address, m->length);
	}
	for (size_t i = 0; i < count; i++)
		translate(bitmap, other, &mappings[i]);
	return 0;
}

/* A piece of KVM's bitmap, in the words of ours. */
#define PIECE_WORDS 64
#define PIECE_BITS  ((uint64_t)PIECE_WORDS * BITS_WORD)

/*
 * What a slot and a bitmap have in common: from which page of either, and how
 * many pages.
 */
struct overlap {
	uint64_t slot_page;
	uint64_t page;
	uint64_t pages;
};

static int find_overlap(const struct vdev_bitmap *bitmap, uint64_t address,
			uint64_t length, struct overlap *ret)
{
	uint64_t first = address, last;
	int error;

	*ret = (struct overlap){ 0 };
	if (!length)
		return 0;
	error = check_geometry(bitmap->ctx, address, length,
			       1ULL << bitmap->shift);
	if (error)
		return error == -EOVERFLOW ? -EINVAL : error;
	last = address + (length - 1);
	if (!clip(bitmap, &first, &last))
		return 0;
	ret->slot_page = (first - address) >> bitmap->shift;
	ret->page = page_of(bitmap, first);
	ret->pages = page_of(bitmap, last) - ret->page + 1;
	return 0;
}

/* A slot may be anywhere in memory, and its words are little-endian. */

int vdev_bitmap_to_kvm(const struct vdev_bitmap *bitmap, uint64_t address,
		       uint64_t length, void *slot)
{
	struct overlap o;
	int error = find_overlap(bitmap, address, length, &o);

	if (error)
		return error;
	while (o.pages) {
		uint64_t piece[PIECE_WORDS] = { 0 }, word;
		unsigned int shift = o.slot_page % BITS_WORD;
		uint64_t n = o.pages < PIECE_BITS - shift ? o.pages
							  : PIECE_BITS - shift;
		char *at =
			(char *)slot + o.slot_page / BITS_WORD * sizeof(word);

		bits_or(bitmap->ops, piece, shift, bitmap->words, o.page, n);
		for (size_t i = 0; i < bits_words(shift + n); i++) {
			memcpy(&word, at + i * sizeof(word), sizeof(word));
			word |= htole64(piece[i]);
			memcpy(at + i * sizeof(word), &word, sizeof(word));
		}
		o.slot_page += n;
		o.page += n;
		o.pages -= n;
	}
	return 0;
}

int vdev_bitmap_from_kvm(struct vdev_bitmap *bitmap, uint64_t address,
			 uint64_t length, const void *slot)
{
	struct overlap o;
	int error = find_overlap(bitmap, address, length, &o);

	if (error)
		return error;
	while (o.pages) {
		uint64_t piece[PIECE_WORDS];
		unsigned int shift = o.slot_page % BITS_WORD;
		uint64_t n = o.pages < PIECE_BITS - shift ? o.pages
							  : PIECE_BITS - shift;
		size_t words = bits_words(shift + n);

		memcpy(piece,
		       (const char *)slot +
			       o.slot_page / BITS_WORD * sizeof(uint64_t),
		       words * sizeof(uint64_t));
		for (size_t i = 0; i < words; i++)
			piece[i] = le64toh(piece[i]);
		bits_or(bitmap->ops, bitmap->words, o.page, piece, shift, n);
		o.slot_page += n;
		o.page += n;
		o.pages -= n;
	}
	return 0;
}
