/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/bits_impl.h"

/* For x86 processors of 2013 and later. */

#if defined(__x86_64__)

#include <immintrin.h>

#define AVX2  __attribute__((target("avx2,bmi,popcnt")))
#define LANES 4UL /* words in a vector */

AVX2 static inline __m256i load(const uint64_t *words)
{
	return _mm256_loadu_si256((const __m256i *)words);
}

AVX2 static inline void store(uint64_t *words, __m256i v)
{
	_mm256_storeu_si256((__m256i *)words, v);
}

/* Whether `count` words, whole vectors, are all `value`. */
AVX2 static inline __attribute__((always_inline)) bool
uniform(const uint64_t *words, size_t count, __m256i value)
{
	__m256i differs = _mm256_setzero_si256();

	BITS_UNROLL
	for (size_t i = 0; i < count; i += LANES)
		differs = _mm256_or_si256(
			differs, _mm256_xor_si256(load(words + i), value));
	return _mm256_testz_si256(differs, differs);
}

AVX2 static size_t pass_over(const uint64_t *words, size_t at, size_t end,
			     uint64_t value)
{
	__m256i same = _mm256_set1_epi64x((long long)value);

	while (at + BITS_BLOCK <= end && uniform(words + at, BITS_BLOCK, same))
		at += BITS_BLOCK;
	while (at + LANES <= end && uniform(words + at, LANES, same))
		at += LANES;
	while (at < end && words[at] == value)
		at++;
	return at;
}

/* Where bits differ from the one before; a bit for each word that has some. */
AVX2 static inline uint64_t find_edges(const uint64_t *words,
				       uint64_t e[BITS_BLOCK])
{
	uint64_t mask = 0;

	BITS_UNROLL
	for (size_t i = 0; i < BITS_BLOCK; i += LANES) {
		__m256i w = load(words + i), before = load(words + i - 1);
		__m256i moved = _mm256_or_si256(_mm256_slli_epi64(w, 1),
						_mm256_srli_epi64(before, 63));
		__m256i edge = _mm256_xor_si256(w, moved);
		__m256i none = _mm256_cmpeq_epi64(edge, _mm256_setzero_si256());

		store(e + i, edge);
		mask |= (uint64_t)(~_mm256_movemask_pd(
					   _mm256_castsi256_pd(none)) &
				   0xf)
			<< i;
	}
	return mask;
}

AVX2 static size_t edges(const uint64_t *words, size_t at, size_t end,
			 const struct bits_scale *scale,
			 struct bits_edges *edges)
{
	const struct bits_scale s = *scale;
	uint64_t *out = edges->out, e[BITS_BLOCK], mask;
	size_t count = edges->count, room = edges->room - BITS_EDGES_ROOM;

	for (; at + BITS_BLOCK <= end; at += BITS_BLOCK) {
		bits_prefetch(words + at + BITS_AHEAD, BITS_BLOCK);
		if (uniform(words + at, BITS_BLOCK,
			    _mm256_set1_epi64x(-(long long)(count & 1))))
			continue;
		mask = find_edges(words + at, e);
		for (; mask; mask &= mask - 1) {
			size_t i = (size_t)__builtin_ctzll(mask);

			if (count > room) {
				edges->count = count;
				return at + i;
			}
			count = bits_put_edges(e[i], bits_number(&s, at + i),
					       s.shift, out, count);
		}
	}
	edges->count = count;
	return at;
}

/* The bits of each byte: a table of 16 for either half of it. */
AVX2 static inline __m256i count_bytes(__m256i v)
{
	const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2,
					       3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2,
					       2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
	const __m256i low = _mm256_set1_epi8(0xf);
	__m256i high = _mm256_and_si256(_mm256_srli_epi16(v, 4), low);

	return _mm256_add_epi8(
		_mm256_shuffle_epi8(table, _mm256_and_si256(v, low)),
		_mm256_shuffle_epi8(table, high));
}

AVX2 static uint64_t count(const uint64_t *words, size_t n)
{
	const __m256i zero = _mm256_setzero_si256();
	__m256i sum = zero;
	uint64_t lanes[LANES], total = 0;
	size_t i = 0;

	for (; i + 8 * LANES <= n; i += 8 * LANES) {
		__m256i bytes = zero;

		bits_prefetch(words + i + BITS_AHEAD, 8 * LANES);
		BITS_UNROLL
		for (size_t j = 0; j < 8; j++)
			bytes = _mm256_add_epi8(
				bytes,
				count_bytes(load(words + i + j * LANES)));
		sum = _mm256_add_epi64(sum, _mm256_sad_epu8(bytes, zero));
	}
	for (; i < n; i++)
		total += (uint64_t)__builtin_popcountll(words[i]);
	store(lanes, sum);
	return total + lanes[0] + lanes[1] + lanes[2] + lanes[3];
}

AVX2 static inline void or_vector(uint64_t *dst, const uint64_t *src)
{
	store(dst, _mm256_or_si256(load(dst), load(src)));
}

AVX2 static void or_words(uint64_t *dst, const uint64_t *src, size_t n)
{
	size_t i = 0;

	for (; i + BITS_BLOCK <= n; i += BITS_BLOCK) {
		bits_prefetch(src + i + BITS_BLOCK, BITS_BLOCK);
		/* Nothing to add: the other block is not even read. */
		if (uniform(src + i, BITS_BLOCK, _mm256_setzero_si256()))
			continue;
		bits_prefetch_own(dst + i + BITS_BLOCK, BITS_BLOCK);
		BITS_UNROLL
		for (size_t j = 0; j < BITS_BLOCK; j += LANES)
			or_vector(dst + i + j, src + i + j);
	}
	for (; i + LANES <= n; i += LANES)
		or_vector(dst + i, src + i);
	for (; i < n; i++)
		dst[i] |= src[i];
}

AVX2 static void and_not_words(uint64_t *dst, const uint64_t *src, size_t n)
{
	size_t i = 0;

	for (; i + LANES <= n; i += LANES)
		store(dst + i,
		      _mm256_andnot_si256(load(src + i), load(dst + i)));
	for (; i < n; i++)
		dst[i] &= ~src[i];
}

bool bits_avx2_usable(void)
{
	return __builtin_cpu_supports("avx2") &&
	       __builtin_cpu_supports("bmi") &&
	       __builtin_cpu_supports("popcnt");
}

const struct bits_ops bits_avx2 = {
	.name = "avx2",
	.pass_over = pass_over,
	.edges = edges,
	.count = count,
	.or_words = or_words,
	.and_not_words = and_not_words,
};

#endif
