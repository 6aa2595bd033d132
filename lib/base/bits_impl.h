/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_BASE_BITS_IMPL_H
#define VDEV_BASE_BITS_IMPL_H

#include "base/bits.h"

/* What the versions of bits.c share. */

/* How many words an edge scan takes at once: a bit for each in a mask. */
#define BITS_BLOCK 64

#if defined(__x86_64__)
extern const struct bits_ops bits_avx2;
extern const struct bits_ops bits_avx512;
/* Whether this processor and its system have what they need. */
bool bits_avx2_usable(void);
bool bits_avx512_usable(void);
#endif

/*
 * Loops of fixed length over vectors are unrolled, for those to stay in
 * registers.
 */
#if defined(__clang__)
#define BITS_UNROLL _Pragma("unroll")
#else
#define BITS_UNROLL _Pragma("GCC unroll 16")
#endif

/*
 * Asks for words that come later, `BITS_AHEAD` of them in a scan: the processor
 * stops reading ahead where a branch goes the other way. Past the end this does
 * nothing.
 */
#define BITS_AHEAD 256

static inline __attribute__((always_inline)) void
bits_prefetch(const uint64_t *words, size_t count)
{
	BITS_UNROLL
	for (size_t i = 0; i < count; i += 8)
		__builtin_prefetch(words + i);
}

/* The same for words that will be written to. */
static inline __attribute__((always_inline)) void
bits_prefetch_own(uint64_t *words, size_t count)
{
	BITS_UNROLL
	for (size_t i = 0; i < count; i += 8)
		__builtin_prefetch(words + i, 1);
}

static inline bool bits_have_room(const struct bits_edges *edges)
{
	return edges->room - edges->count >= BITS_EDGES_ROOM;
}

/* The number of the first bit of a word. */
static inline uint64_t bits_number(const struct bits_scale *scale, size_t word)
{
	return scale->base + ((uint64_t)word * BITS_WORD << scale->shift);
}

/*
 * Writes the edges of one word, a bit for each in `e`, as number `count` and
 * further ones. Four are written before it is asked how many there are: a
 * branch that is foreseen is worth more than the writes, and few words have
 * more. Return: how many there are now.
 */
static inline __attribute__((always_inline)) size_t
bits_put_edges(uint64_t e, uint64_t number, unsigned int shift, uint64_t *out,
	       size_t count)
{
	size_t total = count + (size_t)__builtin_popcountll(e);
	uint64_t end = count & 1;

	do {
		BITS_UNROLL
		for (unsigned int i = 0; i < 4; i++) {
			/* With no edge left this writes what is not used. */
			uint64_t bit =
				(uint64_t)__builtin_ctzll(e | 1ULL << 63);

			out[count++] = number + (bit << shift) - end;
			end ^= 1;
			e &= e - 1;
		}
	} while (count < total);
	return total;
}

#endif
