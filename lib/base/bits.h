/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_BASE_BITS_H
#define VDEV_BASE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Large bitmaps: words of 64 bits, the first bit is the lowest of the first
 * word. Nothing here allocates.
 */

#define BITS_WORD 64

/* How the elements of a run are numbered: base + (bit << shift). */
struct bits_scale {
	uint64_t base;
	unsigned int shift;
};

/*
 * Edges are where bits change: the first bit of a run, and the last one. They
 * are written as numbers, in turn, so that two of them are one run.
 */
struct bits_edges {
	uint64_t *out;
	size_t count; /* odd within a run */
	size_t room;
};

/* What one edge scan of a word may write, being read in vectors of 8. */
#define BITS_EDGES_ROOM 72

/* The work that has versions for different processors. */
struct bits_ops {
	const char *name;
	/* The first word from `at` on that is not `value`, or `end`. */
	size_t (*pass_over)(const uint64_t *words, size_t at, size_t end,
			    uint64_t value);
	/*
	 * Edges of words from `at`, which is not 0, on. Return: the first word
	 * not done, for want of room or because less than a block is left.
	 */
	size_t (*edges)(const uint64_t *words, size_t at, size_t end,
			const struct bits_scale *scale,
			struct bits_edges *edges);
	uint64_t (*count)(const uint64_t *words, size_t count);
	void (*or_words)(uint64_t *dst, const uint64_t *src, size_t count);
	void (*and_not_words)(uint64_t *dst, const uint64_t *src, size_t count);
};

/* The fastest for this processor. */
const struct bits_ops *bits_ops(void);
/* Version `i` of those this processor can run, plain C first; NULL past it. */
const struct bits_ops *bits_ops_at(size_t i);

static inline size_t bits_words(uint64_t bits)
{
	return (size_t)(bits / BITS_WORD + !!(bits % BITS_WORD));
}

/* The lowest `count` bits, of 0 to 64. */
static inline uint64_t bits_low(unsigned int count)
{
	return count < BITS_WORD ? (1ULL << count) - 1 : UINT64_MAX;
}

/*
 * Runs of set bits among the `bits` first, from `*from` on, as pairs of the
 * first and the last number of each; bits behind the last are clear. `size` is
 * how many pairs there is room for, at least 1. Return: how many there are;
 * `*from` is where to go on. A run that is before `*from` in part starts there.
 */
size_t bits_runs(const struct bits_ops *ops, const uint64_t *words,
		 uint64_t bits, uint64_t *from, const struct bits_scale *scale,
		 uint64_t *pairs, size_t size);

void bits_set(uint64_t *words, uint64_t from, uint64_t count);
void bits_clear(uint64_t *words, uint64_t from, uint64_t count);
uint64_t bits_count(const struct bits_ops *ops, const uint64_t *words,
		    uint64_t from, uint64_t count);
/* Adds `count` bits from bit `src_from` on to those from `dst_from` on. */
void bits_or(const struct bits_ops *ops, uint64_t *dst, uint64_t dst_from,
	     const uint64_t *src, uint64_t src_from, uint64_t count);
/* The same, taking them off. */
void bits_and_not(const struct bits_ops *ops, uint64_t *dst, uint64_t dst_from,
		  const uint64_t *src, uint64_t src_from, uint64_t count);

static inline bool bits_test(const uint64_t *words, uint64_t bit)
{
	return words[bit / BITS_WORD] >> (bit % BITS_WORD) & 1;
}

#endif
