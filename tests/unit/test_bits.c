/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Every version of the code against a model that goes bit by bit. */

#include "base/bits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"

#define WORDS 600
#define BITS  ((uint64_t)WORDS * BITS_WORD)

struct rng {
	uint64_t state;
};

/* xorshift: the same numbers in every run. */
static uint64_t next(struct rng *rng)
{
	rng->state ^= rng->state << 13;
	rng->state ^= rng->state >> 7;
	rng->state ^= rng->state << 17;
	return rng->state;
}

static uint64_t below(struct rng *rng, uint64_t limit)
{
	return next(rng) % limit;
}

/* Random runs of very different length and density, `bits` in all. */
static void fill(struct rng *rng, uint64_t *words, uint64_t bits)
{
	bool value = next(rng) & 1;
	unsigned int longest[2] = { 1 + (unsigned int)below(rng, 12),
				    1 + (unsigned int)below(rng, 12) };
	uint64_t at = 0;

	memset(words, 0, bits_words(bits) * sizeof(*words));
	while (at < bits) {
		uint64_t run = 1 + below(rng, 1ULL << longest[value]);

		for (; run && at < bits; run--, at++)
			words[at / BITS_WORD] |= (uint64_t)value
						 << at % BITS_WORD;
		value = !value;
	}
}

/* The next run from `from` on by the model: false if there is none. */
static bool model_run(const uint64_t *words, uint64_t bits, uint64_t *from,
		      uint64_t *first, uint64_t *last)
{
	while (*from < bits && !bits_test(words, *from))
		++*from;
	if (*from == bits)
		return false;
	*first = *from;
	while (*from < bits && bits_test(words, *from))
		++*from;
	*last = *from - 1;
	return true;
}

/* All runs from a place on, asked for `size` at a time. */
static void check_runs(const struct bits_ops *ops, const uint64_t *words,
		       uint64_t bits, uint64_t from, size_t size,
		       const struct bits_scale *scale)
{
	/* Of that very size, so that the sanitizer sees the end. */
	_auto_free_ uint64_t *pairs = calloc(size, 2 * sizeof(*pairs));
	uint64_t at = from, model = from, first = 0, last = 0;
	size_t n;

	assert_non_null(pairs);
	while ((n = bits_runs(ops, words, bits, &at, scale, pairs, size))) {
		assert_true(n <= size);
		for (size_t i = 0; i < n; i++) {
			assert_true(
				model_run(words, bits, &model, &first, &last));
			assert_int_equal(pairs[2 * i],
					 scale->base + (first << scale->shift));
			assert_int_equal(
				pairs[2 * i + 1],
				scale->base + ((last + 1) << scale->shift) - 1);
		}
	}
	assert_false(model_run(words, bits, &model, &first, &last));
}

static void test_runs(void **state)
{
	const struct bits_ops *ops = *state;
	static const struct bits_scale scales[] = {
		{ 0, 0 },
		{ 0x100000, 12 },
		{ 0 - (BITS << 21), 21 },
	};
	struct rng rng = { 42 };
	uint64_t words[WORDS];

	for (unsigned int round = 0; round < 300; round++) {
		uint64_t bits = 1 + below(&rng, BITS);
		size_t size = 1 + (size_t)below(&rng, round & 1 ? 5 : 300);

		fill(&rng, words, bits);
		check_runs(ops, words, bits, round & 2 ? 0 : below(&rng, bits),
			   size, &scales[round % ARRAY_SIZE(scales)]);
	}
}

/* The same bit pattern everywhere, among them the fullest of words. */
static void test_patterns(void **state)
{
	const struct bits_ops *ops = *state;
	static const uint64_t patterns[] = {
		0,
		UINT64_MAX,
		1,
		1ULL << 63,
		0x5555555555555555,
		0xaaaaaaaaaaaaaaaa,
		0x8000000000000001,
	};
	static const struct bits_scale scale = { 0, 12 };
	uint64_t words[WORDS];

	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		for (size_t j = 0; j < WORDS; j++)
			words[j] = patterns[i];
		check_runs(ops, words, BITS, 0, 5000, &scale);
		check_runs(ops, words, BITS, 3, 40, &scale);
		check_runs(ops, words, BITS, 64, 1, &scale);
	}
}

static void test_end(void **state)
{
	const struct bits_ops *ops = *state;
	static const struct bits_scale scale = { 0, 0 };
	uint64_t words[WORDS] = { 0 }, pairs[2], from = BITS;

	assert_int_equal(bits_runs(ops, words, BITS, &from, &scale, pairs, 1),
			 0);
	from = 0;
	assert_int_equal(bits_runs(ops, words, BITS, &from, &scale, pairs, 1),
			 0);
	assert_int_equal(from, BITS);
	/* A run that is open at the end of the last block, and of all. */
	words[WORDS - 1] = 1ULL << 63;
	from = 0;
	assert_int_equal(bits_runs(ops, words, BITS, &from, &scale, pairs, 1),
			 1);
	assert_int_equal(pairs[0], BITS - 1);
	assert_int_equal(pairs[1], BITS - 1);
	assert_int_equal(from, BITS);
}

static void test_pass_over(void **state)
{
	const struct bits_ops *ops = *state;
	uint64_t words[WORDS];
	struct rng rng = { 7 };

	for (unsigned int round = 0; round < 500; round++) {
		uint64_t value = -(next(&rng) & 1);
		size_t end = (size_t)below(&rng, WORDS + 1);
		size_t at = (size_t)below(&rng, end + 1);
		size_t odd = (size_t)below(&rng, WORDS);

		for (size_t i = 0; i < WORDS; i++)
			words[i] = value;
		words[odd] ^= 1ULL << below(&rng, BITS_WORD);
		assert_int_equal(ops->pass_over(words, at, end, value),
				 odd >= at && odd < end ? odd : end);
	}
}

static void test_count(void **state)
{
	const struct bits_ops *ops = *state;
	uint64_t words[WORDS];
	struct rng rng = { 9 };

	for (unsigned int round = 0; round < 200; round++) {
		uint64_t from = below(&rng, BITS);
		uint64_t count = below(&rng, BITS - from + 1), sum = 0;

		fill(&rng, words, BITS);
		for (uint64_t i = from; i < from + count; i++)
			sum += bits_test(words, i);
		assert_int_equal(bits_count(ops, words, from, count), sum);
	}
	memset(words, 0xff, sizeof(words));
	assert_int_equal(bits_count(ops, words, 0, BITS), BITS);
}

/* One of two bitmaps added to the other, or taken off, from anywhere. */
static void test_combine(void **state)
{
	const struct bits_ops *ops = *state;
	uint64_t dst[WORDS], src[WORDS], model[WORDS];
	struct rng rng = { 11 };

	for (unsigned int round = 0; round < 400; round++) {
		uint64_t to = below(&rng, BITS), from = below(&rng, BITS);
		uint64_t count = below(&rng, BITS - (to > from ? to : from));
		bool off = round & 1;

		if (round & 2)
			from = to % BITS_WORD + from / BITS_WORD * BITS_WORD;
		if (from + count > BITS)
			count = BITS - from;
		fill(&rng, dst, BITS);
		fill(&rng, src, BITS);
		memcpy(model, dst, sizeof(model));
		for (uint64_t i = 0; i < count; i++) {
			uint64_t bit = 1ULL << (to + i) % BITS_WORD;
			uint64_t *w = &model[(to + i) / BITS_WORD];

			if (!bits_test(src, from + i))
				continue;
			*w = off ? *w & ~bit : *w | bit;
		}
		if (off)
			bits_and_not(ops, dst, to, src, from, count);
		else
			bits_or(ops, dst, to, src, from, count);
		assert_memory_equal(dst, model, sizeof(model));
	}
}

static void test_fill(void **state)
{
	uint64_t words[WORDS], model[WORDS];
	struct rng rng = { 13 };

	(void)state;
	fill(&rng, words, BITS);
	memcpy(model, words, sizeof(model));
	for (unsigned int round = 0; round < 300; round++) {
		uint64_t from = below(&rng, BITS);
		uint64_t count =
			below(&rng, round & 4 ? 100 : BITS) % (BITS - from + 1);

		for (uint64_t i = from; i < from + count; i++) {
			uint64_t bit = 1ULL << i % BITS_WORD;

			if (round & 1)
				model[i / BITS_WORD] |= bit;
			else
				model[i / BITS_WORD] &= ~bit;
		}
		if (round & 1)
			bits_set(words, from, count);
		else
			bits_clear(words, from, count);
		assert_memory_equal(words, model, sizeof(model));
	}
}

static void test_choice(void **state)
{
	size_t count = 0;

	(void)state;
	assert_string_equal(bits_ops_at(0)->name, "plain");
	while (bits_ops_at(count))
		count++;
	assert_ptr_equal(bits_ops(), bits_ops_at(count - 1));
	print_message("# the best for this processor: %s\n", bits_ops()->name);
}

#define VERSIONS 3

int main(void)
{
	const struct CMUnitTest of_a_version[] = {
		cmocka_unit_test(test_runs),  cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_end),   cmocka_unit_test(test_pass_over),
		cmocka_unit_test(test_count), cmocka_unit_test(test_combine),
	};
	struct CMUnitTest tests[2 + VERSIONS * ARRAY_SIZE(of_a_version)] = {
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_fill),
	};
	const struct bits_ops *ops;
	size_t count = 2;

	for (size_t i = 0; i < VERSIONS && (ops = bits_ops_at(i)); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(of_a_version); j++) {
			tests[count] = of_a_version[j];
			tests[count++].initial_state = (void *)ops;
		}
	}
	return _cmocka_run_group_tests("bits", tests, count, NULL, NULL);
}
