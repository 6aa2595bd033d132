/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Operations on two bitmaps whose places, page sizes and contents the input
 * says; what each version of the code makes of them is the same.
 */

#include "fuzz.h"
#include "object/bitmap.h"

#define VERSIONS 3
#define MAPS	 2

struct cursor {
	const uint8_t *data;
	size_t left;
};

static uint64_t take(struct cursor *c, unsigned int bytes)
{
	uint64_t value = 0;

	for (; bytes && c->left; bytes--, c->left--)
		value = value << 8 | *c->data++;
	return value;
}

/* Near the start of all addresses, or their end. */
static uint64_t take_address(struct cursor *c)
{
	uint64_t value = take(c, 4);

	return value & 1 ? -value : value;
}

static bool make(struct vdev_ctx *ctx, struct cursor *c,
		 struct vdev_bitmap *maps[VERSIONS])
{
	uint64_t page = 1ULL << take(c, 1) % 20;
	uint64_t start = take_address(c) & ~(page - 1);
	uint64_t length = take(c, 2) * page;
	const struct bits_ops *ops;

	for (size_t i = 0; i < VERSIONS && (ops = bits_ops_at(i)); i++)
		if (bitmap_new(ctx, ops, start, length, page, &maps[i]))
			return false;
	return true;
}

/* One operation. Return: what there is to be compared. */
static uint64_t operate(struct vdev_bitmap *map, struct vdev_bitmap *other,
			struct cursor c)
{
	struct vdev_iova_mapping mapping = { 0 };
	unsigned char slot[512] = { 0 };
	uint64_t address, length, sum = 0;
	int ret = 0;

	switch (take(&c, 1) % 9) {
	case 0:
		address = take_address(&c);
		return (uint64_t)vdev_bitmap_set(map, address, take(&c, 3));
	case 1:
		address = take_address(&c);
		return (uint64_t)vdev_bitmap_clear(map, address, take(&c, 3));
	case 2:
		return (uint64_t)vdev_bitmap_or(map, other);
	case 3:
		vdev_bitmap_and_not(map, other);
		return 0;
	case 4:
		return (uint64_t)vdev_bitmap_copy(map, other);
	case 5:
		mapping.iova = take_address(&c);
		mapping.address = take_address(&c);
		mapping.length = take(&c, 3);
		return (uint64_t)vdev_bitmap_translate(map, other, &mapping, 1);
	case 6:
	case 7:
		address = take_address(&c);
		length = take(&c, 2) % (8 * sizeof(slot)) *
			 vdev_bitmap_page_size(map);
		memset(slot, (int)take(&c, 1), sizeof(slot));
		if (take(&c, 1) & 1)
			ret = vdev_bitmap_from_kvm(map, address, length, slot);
		else
			ret = vdev_bitmap_to_kvm(map, address, length, slot);
		for (size_t i = 0; i < sizeof(slot); i++)
			sum = sum * 31 + slot[i];
		return sum + (uint64_t)ret;
	default:
		address = take_address(&c);
		return vdev_bitmap_count_range(map, address, take(&c, 3));
	}
}

/* The runs say what the words say. Return: their count. */
static size_t check_runs(const struct vdev_bitmap *map, size_t size)
{
	struct vdev_iova_range runs[300];
	uint64_t offset = 0, pages = 0, last = 0;
	size_t n, count = 0;

	while ((n = vdev_bitmap_runs(map, &offset, runs, size))) {
		for (size_t i = 0; i < n; i++) {
			FUZZ_CHECK(runs[i].start <= runs[i].last);
			FUZZ_CHECK(!count || runs[i].start > last + 1);
			FUZZ_CHECK(vdev_bitmap_test(map, runs[i].start));
			FUZZ_CHECK(vdev_bitmap_test(map, runs[i].last));
			pages +=
				((runs[i].last - runs[i].start) >> map->shift) +
				1;
			last = runs[i].last;
			count++;
		}
	}
	FUZZ_CHECK(pages == vdev_bitmap_count(map));
	return count;
}

static void compare(struct vdev_bitmap *const maps[VERSIONS])
{
	size_t words, count = check_runs(maps[0], 300);

	for (size_t i = 1; i < VERSIONS && maps[i]; i++) {
		const uint64_t *a = vdev_bitmap_words(maps[0], &words);

		FUZZ_CHECK(!memcmp(a, vdev_bitmap_words(maps[i], NULL),
				   words * sizeof(*a)));
		FUZZ_CHECK(check_runs(maps[i], i == 1 ? 300 : 7) == count);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vdev_bitmap *maps[MAPS][VERSIONS] = { 0 };
	struct cursor c = { data, size };
	struct vdev_ctx *ctx = NULL;

	FUZZ_CHECK(!vdev_ctx_new(&ctx));
	if (make(ctx, &c, maps[0]) && make(ctx, &c, maps[1])) {
		for (unsigned int i = 0; i < 64 && c.left; i++) {
			struct vdev_bitmap **a = maps[i & 1],
					   **b = maps[~i & 1];
			uint64_t result = operate(a[0], b[0], c);

			for (size_t j = 1; j < VERSIONS && a[j]; j++)
				FUZZ_CHECK(operate(a[j], b[j], c) == result);
			(void)take(&c, 12);
		}
		compare(maps[0]);
		compare(maps[1]);
	}
	for (size_t i = 0; i < MAPS; i++)
		for (size_t j = 0; j < VERSIONS; j++)
			vdev_bitmap_free(maps[i][j]);
	vdev_ctx_unref(ctx);
	return 0;
}
