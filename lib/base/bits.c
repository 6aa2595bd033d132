/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/bits_impl.h"

#include <string.h>

static size_t plain_pass_over(const uint64_t *words, size_t at, size_t end,
			      uint64_t value)
{
	for (; at + 8 <= end; at += 8) {
		uint64_t differs = 0;

		for (size_t i = 0; i < 8; i++)
			differs |= words[at + i] ^ value;
		if (differs)
			break;
	}
	while (at < end && words[at] == value)
		at++;
	return at;
}

/* Without an instruction for it, a call for each word would be slower. */
static inline unsigned int plain_popcount(uint64_t w)
{
	w -= w >> 1 & 0x5555555555555555;
	w = (w & 0x3333333333333333) + (w >> 2 & 0x3333333333333333);
	w = (w + (w >> 4)) & 0x0f0f0f0f0f0f0f0f;
	return (unsigned int)(w * 0x0101010101010101 >> 56);
}

static size_t plain_edges(const uint64_t *words, size_t at, size_t end,
			  const struct bits_scale *scale,
			  struct bits_edges *edges)
{
	const struct bits_scale s = *scale;
	size_t count = edges->count, room = edges->room - BITS_EDGES_ROOM;
	uint64_t e[BITS_BLOCK], mask;

	for (; at + BITS_BLOCK <= end; at += BITS_BLOCK) {
		bits_prefetch(words + at + BITS_AHEAD, BITS_BLOCK);
		if (plain_pass_over(words, at, at + BITS_BLOCK,
				    -(uint64_t)(count & 1)) == at + BITS_BLOCK)
			continue;
		mask = 0;
		for (size_t i = 0; i < BITS_BLOCK; i++) {
			uint64_t w = words[at + i];

			e[i] = w ^ (w << 1 | words[at + i - 1] >> 63);
			mask |= (uint64_t)(e[i] != 0) << i;
		}
		for (; mask; mask &= mask - 1) {
			size_t i = (size_t)__builtin_ctzll(mask);

			if (count > room) {
				edges->count = count;
				return at + i;
			}
			count = bits_put_edges(e[i], bits_number(&s, at + i),
					       s.shift, edges->out, count);
		}
	}
	edges->count = count;
	return at;
}

static uint64_t plain_count(const uint64_t *words, size_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += plain_popcount(words[i]);
	return sum;
}

static void plain_or(uint64_t *dst, const uint64_t *src, size_t count)
{
	for (size_t i = 0; i < count; i++)
		dst[i] |= src[i];
}

static void plain_and_not(uint64_t *dst, const uint64_t *src, size_t count)
{
	for (size_t i = 0; i < count; i++)
		dst[i] &= ~src[i];
}

static const struct bits_ops plain = {
	.name = "plain",
	.pass_over = plain_pass_over,
	.edges = plain_edges,
	.count = plain_count,
	.or_words = plain_or,
	.and_not_words = plain_and_not,
};

const struct bits_ops *bits_ops_at(size_t i)
{
	const struct bits_ops *usable[4] = { &plain };
	size_t count = 1;

#if defined(__x86_64__)
	if (bits_avx2_usable())
		usable[count++] = &bits_avx2;
	if (bits_avx512_usable())
		usable[count++] = &bits_avx512;
#endif
	return i < count ? usable[i] : NULL;
}

const struct bits_ops *bits_ops(void)
{
	const struct bits_ops *best = &plain, *next;

	for (size_t i = 1; (next = bits_ops_at(i)); i++)
		best = next;
	return best;
}

/*
 * One word at a time, with an eye on the room. `w` is the word at `at`. Return:
 * whether there was room; if not, `*from` is where a run starts that has none.
 */
static bool careful_word(uint64_t w, size_t at, const struct bits_scale *scale,
			 struct bits_edges *edges, uint64_t *from)
{
	uint64_t e = w ^ (w << 1 | (edges->count & 1));

	for (; e; e &= e - 1) {
		uint64_t bit = (uint64_t)__builtin_ctzll(e);

		if (edges->count == edges->room) {
			*from = (uint64_t)at * BITS_WORD + bit;
			return false;
		}
		edges->out[edges->count] = bits_number(scale, at) +
					   (bit << scale->shift) -
					   (edges->count & 1);
		edges->count++;
	}
	return true;
}

size_t bits_runs(const struct bits_ops *ops, const uint64_t *words,
		 uint64_t bits, uint64_t *from, const struct bits_scale *scale,
		 uint64_t *pairs, size_t size)
{
	struct bits_edges edges = { .out = pairs, .room = 2 * size };
	size_t at = (size_t)(*from / BITS_WORD), end = bits_words(bits);
	uint64_t w;

	if (*from >= bits)
		return 0;
	/* What is before the start does not count. */
	w = words[at] & ~bits_low(*from % BITS_WORD);
	while (careful_word(w, at, scale, &edges, from)) {
		at++;
		if (bits_have_room(&edges))
			at = ops->edges(words, at, end, scale, &edges);
		at = ops->pass_over(words, at, end,
				    -(uint64_t)(edges.count & 1));
		if (at >= end) {
			if (edges.count & 1)
				pairs[edges.count++] = scale->base +
						       (bits << scale->shift) -
						       1;
			*from = bits;
			break;
		}
		w = words[at];
	}
	return edges.count / 2;
}

/* How many bits from `from` on, of `count`, are in the same word. */
static unsigned int within_word(uint64_t from, uint64_t count)
{
	unsigned int room = BITS_WORD - (unsigned int)(from % BITS_WORD);

	return count < room ? (unsigned int)count : room;
}

static void fill(uint64_t *words, uint64_t from, uint64_t count, bool value)
{
	while (count) {
		unsigned int n = within_word(from, count);
		uint64_t mask = bits_low(n) << from % BITS_WORD;
		size_t whole = count / BITS_WORD;

		if (n == BITS_WORD) {
			memset(words + from / BITS_WORD, value ? 0xff : 0,
			       whole * sizeof(*words));
			from += whole * BITS_WORD;
			count -= whole * BITS_WORD;
			continue;
		}
		if (value)
			words[from / BITS_WORD] |= mask;
		else
			words[from / BITS_WORD] &= ~mask;
		from += n;
		count -= n;
	}
}

void bits_set(uint64_t *words, uint64_t from, uint64_t count)
{
	fill(words, from, count, true);
}

void bits_clear(uint64_t *words, uint64_t from, uint64_t count)
{
	fill(words, from, count, false);
}

/* `count` bits, of 1 to 64, as the lowest of a word. */
static uint64_t get(const uint64_t *words, uint64_t from, unsigned int count)
{
	const uint64_t *at = words + from / BITS_WORD;
	unsigned int shift = from % BITS_WORD;
	uint64_t w = at[0] >> shift;

	if (shift + count > BITS_WORD)
		w |= at[1] << (BITS_WORD - shift);
	return w & bits_low(count);
}

uint64_t bits_count(const struct bits_ops *ops, const uint64_t *words,
		    uint64_t from, uint64_t count)
{
	uint64_t sum = 0;

	while (count) {
		unsigned int n = within_word(from, count);

		if (n == BITS_WORD) {
			size_t whole = count / BITS_WORD;

			sum += ops->count(words + from / BITS_WORD, whole);
			from += whole * BITS_WORD;
			count -= whole * BITS_WORD;
			continue;
		}
		sum += plain_popcount(get(words, from, n));
		from += n;
		count -= n;
	}
	return sum;
}

/* Whole words of `dst`, from bits of `src` that start anywhere in a word. */
static void combine_whole(const struct bits_ops *ops, uint64_t *dst,
			  const uint64_t *src, uint64_t src_from, size_t count,
			  bool off)
{
	unsigned int shift = src_from % BITS_WORD;

	src += src_from / BITS_WORD;
	if (!shift && off)
		ops->and_not_words(dst, src, count);
	else if (!shift)
		ops->or_words(dst, src, count);
	for (size_t i = 0; shift && i < count; i++) {
		uint64_t w = src[i] >> shift | src[i + 1]
						       << (BITS_WORD - shift);

		dst[i] = off ? dst[i] & ~w : dst[i] | w;
	}
}

static void combine(const struct bits_ops *ops, uint64_t *dst,
		    uint64_t dst_from, const uint64_t *src, uint64_t src_from,
		    uint64_t count, bool off)
{
	while (count) {
		unsigned int n = within_word(dst_from, count);
		uint64_t done = n;

		if (n == BITS_WORD) {
			done = count / BITS_WORD * BITS_WORD;
			combine_whole(ops, dst + dst_from / BITS_WORD, src,
				      src_from, count / BITS_WORD, off);
		} else {
			uint64_t *at = dst + dst_from / BITS_WORD;
			uint64_t w = get(src, src_from, n)
				     << dst_from % BITS_WORD;

			*at = off ? *at & ~w : *at | w;
		}
		dst_from += done;
		src_from += done;
		count -= done;
	}
}

void bits_or(const struct bits_ops *ops, uint64_t *dst, uint64_t dst_from,
	     const uint64_t *src, uint64_t src_from, uint64_t count)
{
	combine(ops, dst, dst_from, src, src_from, count, false);
}

void bits_and_not(const struct bits_ops *ops, uint64_t *dst, uint64_t dst_from,
		  const uint64_t *src, uint64_t src_from, uint64_t count)
{
	combine(ops, dst, dst_from, src, src_from, count, true);
}
