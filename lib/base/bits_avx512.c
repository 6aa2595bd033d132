/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/bits_impl.h"

/* For x86 processors with AVX-512 that counts and compresses. */

#if defined(__x86_64__)

#include <immintrin.h>

#define AVX512                                                      \
	__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq," \
			      "avx512vpopcntdq,avx512vbmi2,bmi,popcnt")))
#define LANES 8UL /* words in a vector */

/* Whether a block is all `value`. */
AVX512 static inline bool uniform(const uint64_t *words, __m512i value)
{
	__m512i differs = _mm512_setzero_si512();

	/* differs | (v ^ value) */
	BITS_UNROLL
	for (size_t i = 0; i < BITS_BLOCK; i += LANES)
		differs = _mm512_ternarylogic_epi64(
			differs, _mm512_loadu_si512(words + i), value, 0xf6);
	return !_mm512_test_epi64_mask(differs, differs);
}

AVX512 static size_t pass_over(const uint64_t *words, size_t at, size_t end,
			       uint64_t value)
{
	__m512i same = _mm512_set1_epi64((long long)value);

	while (at + BITS_BLOCK <= end && uniform(words + at, same))
		at += BITS_BLOCK;
	for (; at + LANES <= end; at += LANES) {
		__m512i w = _mm512_loadu_si512(words + at);
		__mmask8 differs = _mm512_cmpneq_epi64_mask(w, same);

		if (differs)
			return at + (size_t)__builtin_ctz(differs);
	}
	while (at < end && words[at] == value)
		at++;
	return at;
}

/* Where bits differ from the one before; a bit for each word that has some. */
AVX512 static inline uint64_t find_edges(const uint64_t *words,
					 uint64_t e[BITS_BLOCK])
{
	__m512i last = _mm512_set1_epi64((long long)words[-1]);
	uint64_t mask = 0;

	BITS_UNROLL
	for (size_t i = 0; i < BITS_BLOCK; i += LANES) {
		__m512i w = _mm512_loadu_si512(words + i);
		__m512i before = _mm512_alignr_epi64(w, last, LANES - 1);
		/* w ^ (w << 1 | before >> 63) */
		__m512i edge = _mm512_ternarylogic_epi64(
			w, _mm512_slli_epi64(w, 1),
			_mm512_srli_epi64(before, 63), 0x1e);

		_mm512_storeu_si512(e + i, edge);
		mask |= (uint64_t)_mm512_test_epi64_mask(edge, edge) << i;
		last = w;
	}
	return mask;
}

/* What putting edges needs in registers. */
struct packer {
	__m512i iota;
	__m512i from[2]; /* what is added if a run starts next, or ends */
	__m128i shift;
};

AVX512 static inline struct packer packer_new(const struct bits_scale *scale)
{
	const __m512i iota = _mm512_set_epi8(
		63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48,
		47, 46, 45, 44, 43, 42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32,
		31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16,
		15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);

	return (struct packer){
		.iota = iota,
		.from = { _mm512_set_epi64(-1, 0, -1, 0, -1, 0, -1, 0),
			  _mm512_set_epi64(0, -1, 0, -1, 0, -1, 0, -1) },
		.shift = _mm_cvtsi32_si128((int)scale->shift),
	};
}

/*
 * Writes the edges of one word: the numbers of its set bits are packed as
 * bytes, then widened eight at a time. Return: how many there are now.
 */
AVX512 static inline size_t put_edges(uint64_t e, uint64_t number,
				      const struct packer *packer,
				      uint64_t *out, size_t count)
{
	size_t total = count + (size_t)_mm_popcnt_u64(e);
	__m512i add = _mm512_add_epi64(_mm512_set1_epi64((long long)number),
				       packer->from[count & 1]);
	__m512i packed = _mm512_maskz_compress_epi8(e, packer->iota);

	for (;;) {
		__m512i bits =
			_mm512_cvtepu8_epi64(_mm512_castsi512_si128(packed));

		_mm512_storeu_si512(
			out + count,
			_mm512_add_epi64(_mm512_sll_epi64(bits, packer->shift),
					 add));
		count += LANES;
		if (count >= total)
			return total;
		packed = _mm512_alignr_epi64(packed, packed, 1);
	}
}

AVX512 static size_t edges(const uint64_t *words, size_t at, size_t end,
			   const struct bits_scale *scale,
			   struct bits_edges *edges)
{
	const struct packer packer = packer_new(scale);
	const struct bits_scale s = *scale;
	uint64_t *out = edges->out, e[BITS_BLOCK], mask;
	size_t count = edges->count, room = edges->room - BITS_EDGES_ROOM;

	for (; at + BITS_BLOCK <= end; at += BITS_BLOCK) {
		bits_prefetch(words + at + BITS_AHEAD, BITS_BLOCK);
		if (uniform(words + at,
			    _mm512_set1_epi64(-(long long)(count & 1))))
			continue;
		mask = find_edges(words + at, e);
		for (; mask; mask &= mask - 1) {
			size_t i = (size_t)__builtin_ctzll(mask);

			if (count > room) {
				edges->count = count;
				return at + i;
			}
			count = put_edges(e[i], bits_number(&s, at + i),
					  &packer, out, count);
		}
	}
	edges->count = count;
	return at;
}

AVX512 static uint64_t count(const uint64_t *words, size_t n)
{
	__m512i sum[4] = { _mm512_setzero_si512(), _mm512_setzero_si512(),
			   _mm512_setzero_si512(), _mm512_setzero_si512() };
	uint64_t total = 0;
	size_t i = 0;

	for (; i + 4 * LANES <= n; i += 4 * LANES) {
		bits_prefetch(words + i + BITS_AHEAD, 4 * LANES);
		BITS_UNROLL
		for (size_t j = 0; j < 4; j++) {
			__m512i w = _mm512_loadu_si512(words + i + j * LANES);

			sum[j] = _mm512_add_epi64(sum[j],
						  _mm512_popcnt_epi64(w));
		}
	}
	for (; i < n; i++)
		total += (uint64_t)_mm_popcnt_u64(words[i]);
	for (size_t j = 0; j < 4; j++)
		total += (uint64_t)_mm512_reduce_add_epi64(sum[j]);
	return total;
}

AVX512 static inline void or_vector(uint64_t *dst, const uint64_t *src)
{
	_mm512_storeu_si512(dst, _mm512_or_si512(_mm512_loadu_si512(dst),
						 _mm512_loadu_si512(src)));
}

AVX512 static void or_words(uint64_t *dst, const uint64_t *src, size_t n)
{
	size_t i = 0;

	for (; i + BITS_BLOCK <= n; i += BITS_BLOCK) {
		bits_prefetch(src + i + BITS_BLOCK, BITS_BLOCK);
		/* Nothing to add: the other block is not even read. */
		if (uniform(src + i, _mm512_setzero_si512()))
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

AVX512 static void and_not_words(uint64_t *dst, const uint64_t *src, size_t n)
{
	size_t i = 0;

	for (; i + LANES <= n; i += LANES)
		_mm512_storeu_si512(
			dst + i,
			_mm512_andnot_si512(_mm512_loadu_si512(src + i),
					    _mm512_loadu_si512(dst + i)));
	for (; i < n; i++)
		dst[i] &= ~src[i];
}

bool bits_avx512_usable(void)
{
	return __builtin_cpu_supports("avx512f") &&
	       __builtin_cpu_supports("avx512bw") &&
	       __builtin_cpu_supports("avx512vl") &&
	       __builtin_cpu_supports("avx512dq") &&
	       __builtin_cpu_supports("avx512vpopcntdq") &&
	       __builtin_cpu_supports("avx512vbmi2") &&
	       __builtin_cpu_supports("bmi") &&
	       __builtin_cpu_supports("popcnt");
}

const struct bits_ops bits_avx512 = {
	.name = "avx512",
	.pass_over = pass_over,
	.edges = edges,
	.count = count,
	.or_words = or_words,
	.and_not_words = and_not_words,
};

#endif
