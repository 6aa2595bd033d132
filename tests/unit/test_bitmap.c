/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Bitmaps against a model: a byte for each small page. */

#include "object/bitmap.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/util.h"
#include "failnth.h"

#define SMALL 4096ULL
#define SPACE 1024 /* small pages that the model has */
#define START 0x40000000ULL

static uint64_t random_state;

static uint64_t below(uint64_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % limit;
}

struct model {
	uint64_t page;	       /* of the bitmap, in small pages */
	uint64_t first, pages; /* of the bitmap, in small pages */
	bool dirty[SPACE];     /* alike throughout a page */
	struct vdev_bitmap *bitmap;
};

static struct vdev_ctx *ctx;

static uint64_t address_of(uint64_t page)
{
	return START + page * SMALL;
}

static void model_set(struct model *m, uint64_t first, uint64_t last)
{
	first = first / m->page * m->page;
	for (uint64_t i = first; i <= last || i % m->page; i++)
		m->dirty[i] = true;
}

static void model_clear(struct model *m, uint64_t first, uint64_t last)
{
	for (uint64_t i = first; i <= last; i++) {
		uint64_t start = i / m->page * m->page;

		if (start >= first && start + m->page - 1 <= last)
			m->dirty[i] = false;
	}
}

/* A bitmap somewhere in the space, with pages of 1 to 16 small ones. */
static void model_new(struct model *m)
{
	*m = (struct model){ .page = 1ULL << below(5) };
	m->first = below(SPACE / 4) / m->page * m->page;
	m->pages = (1 + below((SPACE - m->first) / m->page)) * m->page;
	assert_int_equal(vdev_bitmap_new(ctx, address_of(m->first),
					 m->pages * SMALL, m->page * SMALL,
					 &m->bitmap),
			 0);
}

static void model_fill(struct model *m)
{
	for (unsigned int i = (unsigned int)below(12); i; i--) {
		uint64_t first = m->first + below(m->pages);
		uint64_t last = first + below(m->first + m->pages - first);
		/* Not only whole pages. */
		uint64_t skew = below(SMALL);

		if (below(3)) {
			model_set(m, first, last);
			assert_int_equal(
				vdev_bitmap_set(
					m->bitmap, address_of(first) + skew,
					(last - first + 1) * SMALL - skew -
						below(SMALL) % (SMALL - skew)),
				0);
		} else {
			model_clear(m, first, last);
			assert_int_equal(
				vdev_bitmap_clear(m->bitmap, address_of(first),
						  (last - first + 1) * SMALL),
				0);
		}
	}
}

static void model_check(const struct model *m)
{
	struct vdev_iova_range run;
	bool seen[SPACE] = { 0 };
	uint64_t offset = 0, count = 0;

	while (vdev_bitmap_next(m->bitmap, &offset, &run)) {
		assert_true(run.start >= address_of(m->first));
		assert_true(run.last < address_of(m->first + m->pages));
		assert_int_equal((run.last + 1 - run.start) % (m->page * SMALL),
				 0);
		for (uint64_t a = run.start; a < run.last; a += SMALL)
			seen[(a - START) / SMALL] = true;
	}
	assert_memory_equal(seen, m->dirty, sizeof(seen));
	for (uint64_t i = 0; i < SPACE; i++) {
		assert_int_equal(vdev_bitmap_test(m->bitmap, address_of(i)),
				 m->dirty[i]);
		count += m->dirty[i];
	}
	assert_int_equal(vdev_bitmap_count(m->bitmap) * m->page, count);
	assert_int_equal(vdev_bitmap_count_range(m->bitmap, 0, UINT64_MAX) *
				 m->page,
			 count);
}

static bool contains(const struct model *a, const struct model *b)
{
	return b->first >= a->first &&
	       b->first + b->pages <= a->first + a->pages;
}

static void test_or(void **state)
{
	struct model a, b;

	(void)state;
	random_state = 1;
	for (unsigned int round = 0; round < 600; round++) {
		model_new(&a);
		model_new(&b);
		model_fill(&a);
		model_fill(&b);
		model_check(&a);
		if (contains(&a, &b)) {
			for (uint64_t i = 0; i < SPACE; i++)
				if (b.dirty[i])
					model_set(&a, i, i);
			assert_int_equal(vdev_bitmap_or(a.bitmap, b.bitmap), 0);
		} else {
			assert_int_equal(vdev_bitmap_or(a.bitmap, b.bitmap),
					 -ERANGE);
		}
		model_check(&a);
		model_check(&b);
		vdev_bitmap_free(a.bitmap);
		vdev_bitmap_free(b.bitmap);
	}
}

/* Takes `b` off the model `a`: a page goes if all of it is dirty in `b`. */
static void model_and_not(struct model *a, const struct model *b)
{
	for (uint64_t page = 0; page < SPACE; page += a->page) {
		bool all = true;

		for (uint64_t i = page; i < page + a->page; i++)
			all = all && b->dirty[i];
		for (uint64_t i = page; i < page + a->page && all; i++)
			a->dirty[i] = false;
	}
}

static void test_and_not(void **state)
{
	struct model a, b;

	(void)state;
	random_state = 2;
	for (unsigned int round = 0; round < 600; round++) {
		model_new(&a);
		model_new(&b);
		model_fill(&a);
		model_fill(&b);
		model_and_not(&a, &b);
		vdev_bitmap_and_not(a.bitmap, b.bitmap);
		model_check(&a);
		vdev_bitmap_free(a.bitmap);
		vdev_bitmap_free(b.bitmap);
	}
}

static void test_copy(void **state)
{
	struct model a, b;

	(void)state;
	random_state = 3;
	for (unsigned int round = 0; round < 200; round++) {
		int expected;

		model_new(&a);
		model_new(&b);
		model_fill(&a);
		model_fill(&b);
		expected = contains(&a, &b) ? 0 : -ERANGE;
		if (!expected)
			memset(a.dirty, 0, sizeof(a.dirty));
		for (uint64_t i = 0; i < SPACE && !expected; i++)
			if (b.dirty[i])
				model_set(&a, i, i);
		assert_int_equal(vdev_bitmap_copy(a.bitmap, b.bitmap),
				 expected);
		model_check(&a);
		assert_int_equal(vdev_bitmap_copy(a.bitmap, a.bitmap), 0);
		model_check(&a);
		vdev_bitmap_clear_all(a.bitmap);
		assert_int_equal(vdev_bitmap_count(a.bitmap), 0);
		vdev_bitmap_free(a.bitmap);
		vdev_bitmap_free(b.bitmap);
	}
}

/* Mappings of a guest's memory, of whole small pages and of parts. */
static void test_translate(void **state)
{
	struct vdev_iova_mapping mappings[8];
	struct model a, b;

	(void)state;
	random_state = 4;
	for (unsigned int round = 0; round < 400; round++) {
		uint64_t skew = round & 1 ? below(SMALL) : 0;

		model_new(&a);
		model_new(&b);
		model_fill(&b);
		for (size_t i = 0; i < ARRAY_SIZE(mappings); i++) {
			struct vdev_iova_mapping *m = &mappings[i];
			uint64_t to = a.first + below(a.pages);
			uint64_t from = below(SPACE);
			uint64_t n = below(a.first + a.pages - to + 1);

			if (from + n > SPACE)
				n = SPACE - from;
			m->iova = address_of(from) + skew;
			m->address = address_of(to) + skew;
			m->length = n * SMALL - (n ? skew : 0);
			for (uint64_t j = 0; j < n; j++)
				if (b.dirty[from + j])
					model_set(&a, to + j, to + j);
		}
		assert_int_equal(vdev_bitmap_translate(a.bitmap, b.bitmap,
						       mappings,
						       ARRAY_SIZE(mappings)),
				 0);
		model_check(&a);
		mappings[7].address = address_of(a.first + a.pages);
		mappings[7].length = SMALL;
		assert_int_equal(vdev_bitmap_translate(a.bitmap, b.bitmap,
						       mappings,
						       ARRAY_SIZE(mappings)),
				 -ERANGE);
		mappings[7].iova = UINT64_MAX - 1;
		assert_int_equal(vdev_bitmap_translate(a.bitmap, b.bitmap,
						       mappings,
						       ARRAY_SIZE(mappings)),
				 -ERANGE);
		model_check(&a);
		vdev_bitmap_free(a.bitmap);
		vdev_bitmap_free(b.bitmap);
	}
}

/* A slot of KVM's: bytes in the order of the pages, at any address. */
static void test_kvm(void **state)
{
	unsigned char memory[SPACE / 8 + 16], *slot = memory + 1;
	struct model a, b;

	(void)state;
	random_state = 5;
	for (unsigned int round = 0; round < 400; round++) {
		uint64_t start, pages, address, length;

		model_new(&a);
		model_fill(&a);
		start = below(SPACE) / a.page * a.page;
		pages = below(SPACE - start + 1) / a.page;
		address = address_of(start);
		length = pages * a.page * SMALL;
		memset(memory, 0, sizeof(memory));
		assert_int_equal(
			vdev_bitmap_to_kvm(a.bitmap, address, length, slot), 0);
		for (uint64_t i = 0; i < 8 * (sizeof(memory) - 1); i++)
			assert_int_equal(slot[i / 8] >> i % 8 & 1,
					 i < pages &&
						 a.dirty[start + i * a.page]);

		b = a;
		assert_int_equal(vdev_bitmap_new(ctx, address_of(a.first),
						 a.pages * SMALL,
						 a.page * SMALL, &b.bitmap),
				 0);
		for (uint64_t i = 0; i < SPACE; i++)
			b.dirty[i] &= i >= start && i < start + pages * a.page;
		assert_int_equal(
			vdev_bitmap_from_kvm(b.bitmap, address, length, slot),
			0);
		model_check(&b);
		vdev_bitmap_free(a.bitmap);
		vdev_bitmap_free(b.bitmap);
	}
}

static void test_arguments(void **state)
{
	struct vdev_bitmap *bitmap = NULL;
	uint64_t slot = 0, offset = 0;
	struct vdev_iova_range run = { 1, 2 };
	size_t count;

	(void)state;
	assert_int_equal(vdev_bitmap_new(ctx, 0, SMALL, 0, &bitmap), -EINVAL);
	assert_int_equal(vdev_bitmap_new(ctx, 0, SMALL, 3, &bitmap), -EINVAL);
	assert_int_equal(vdev_bitmap_new(ctx, 0, 0, SMALL, &bitmap), -EINVAL);
	assert_int_equal(vdev_bitmap_new(ctx, 1, SMALL, SMALL, &bitmap),
			 -EINVAL);
	assert_int_equal(
		vdev_bitmap_new(ctx, -SMALL, 2 * SMALL, SMALL, &bitmap),
		-EOVERFLOW);
	assert_null(bitmap);

	/* The last page of all addresses. */
	assert_int_equal(vdev_bitmap_new(ctx, -SMALL, SMALL, SMALL, &bitmap),
			 0);
	assert_int_equal(vdev_bitmap_start(bitmap), -SMALL);
	assert_int_equal(vdev_bitmap_length(bitmap), SMALL);
	assert_int_equal(vdev_bitmap_page_size(bitmap), SMALL);
	assert_string_equal(vdev_bitmap_implementation(bitmap),
			    bits_ops()->name);
	assert_false(vdev_bitmap_next(bitmap, &offset, &run));
	assert_int_equal(run.start, 1);
	assert_int_equal(vdev_bitmap_set(bitmap, UINT64_MAX, 1), 0);
	assert_int_equal(*vdev_bitmap_words(bitmap, &count), 1);
	assert_int_equal(count, 1);
	assert_int_equal(vdev_bitmap_runs(bitmap, &offset, &run, 0), 0);
	assert_true(vdev_bitmap_next(bitmap, &offset, &run));
	assert_int_equal(run.start, -SMALL);
	assert_int_equal(run.last, UINT64_MAX);
	assert_false(vdev_bitmap_next(bitmap, &offset, &run));
	assert_int_equal(vdev_bitmap_count_range(bitmap, 0, 1), 0);
	assert_int_equal(vdev_bitmap_count_range(bitmap, UINT64_MAX, 0), 0);
	assert_int_equal(vdev_bitmap_count_range(bitmap, UINT64_MAX, 9), 1);
	/* Part of a page is not enough to make it clean. */
	assert_int_equal(vdev_bitmap_clear(bitmap, -SMALL + 1, SMALL - 1), 0);
	assert_int_equal(vdev_bitmap_clear(bitmap, -SMALL, SMALL - 1), 0);
	assert_int_equal(vdev_bitmap_count(bitmap), 1);
	assert_int_equal(vdev_bitmap_clear(bitmap, -SMALL, SMALL), 0);
	assert_int_equal(vdev_bitmap_count(bitmap), 0);

	assert_int_equal(vdev_bitmap_set(bitmap, 0, 1), -ERANGE);
	assert_non_null(strstr(vdev_ctx_last_error(ctx), "not within"));
	assert_int_equal(vdev_bitmap_set(bitmap, -SMALL, SMALL + 1), -ERANGE);
	assert_int_equal(vdev_bitmap_clear(bitmap, 0, 1), -ERANGE);
	assert_int_equal(vdev_bitmap_set(bitmap, -SMALL, 0), 0);
	assert_int_equal(vdev_bitmap_to_kvm(bitmap, 1, SMALL, &slot), -EINVAL);
	assert_int_equal(vdev_bitmap_from_kvm(bitmap, -SMALL, 2 * SMALL, &slot),
			 -EINVAL);
	assert_int_equal(vdev_bitmap_from_kvm(bitmap, 0, 0, &slot), 0);
	vdev_bitmap_free(bitmap);
	vdev_bitmap_free(NULL);
}

/* One that is in large pages, and a block that has no neighbour. */
static void test_large(void **state)
{
	uint64_t length = 64ULL << 30, offset = 0;
	struct vdev_bitmap *bitmaps[2];
	struct vdev_iova_range run;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(
			vdev_bitmap_new(ctx, START, length, SMALL, &bitmaps[i]),
			0);
		assert_int_equal(
			(uintptr_t)vdev_bitmap_words(bitmaps[i], NULL) %
				(2 << 20),
			0);
		assert_int_equal(vdev_bitmap_count(bitmaps[i]), 0);
	}
	assert_int_equal(vdev_bitmap_set(bitmaps[0], START, SMALL), 0);
	assert_int_equal(
		vdev_bitmap_set(bitmaps[1], START + length - 2 * SMALL, SMALL),
		0);
	assert_int_equal(vdev_bitmap_or(bitmaps[0], bitmaps[1]), 0);
	assert_int_equal(vdev_bitmap_count(bitmaps[0]), 2);
	assert_true(vdev_bitmap_next(bitmaps[0], &offset, &run));
	assert_int_equal(run.start, START);
	assert_true(vdev_bitmap_next(bitmaps[0], &offset, &run));
	assert_int_equal(run.last, START + length - SMALL - 1);
	for (size_t i = 0; i < 2; i++)
		vdev_bitmap_free(bitmaps[i]);
}

static void without_memory(struct failnth *fail, void *data)
{
	struct vdev_bitmap *bitmap = NULL;
	int ret;

	(void)data;
	failnth_start(fail, NULL);
	ret = vdev_bitmap_new(ctx, 0, SMALL, SMALL, &bitmap);
	failnth_stop(fail);
	assert_int_equal(ret, failnth_fired(fail) ? failnth_error(fail) : 0);
	assert_int_equal(!bitmap, failnth_fired(fail));
	vdev_bitmap_free(bitmap);
}

static void test_memory(void **state)
{
	(void)state;
	assert_true(failnth_sweep_memory(without_memory, NULL) >= 2);
}

static int setup(void **state)
{
	(void)state;
	return vdev_ctx_new(&ctx);
}

static int teardown(void **state)
{
	(void)state;
	vdev_ctx_unref(ctx);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arguments), cmocka_unit_test(test_or),
		cmocka_unit_test(test_and_not),	  cmocka_unit_test(test_copy),
		cmocka_unit_test(test_translate), cmocka_unit_test(test_kvm),
		cmocka_unit_test(test_large),	  cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
