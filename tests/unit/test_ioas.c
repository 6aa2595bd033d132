/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "object/ioas.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "failnth.h"
#include "fakeiommu.h"
#include "kernel/abi/iommufd.h"
#include "kernel/abi/vfio.h"
#include "scripted.h"

#define KIB	 1024ULL
#define MIB	 (1024 * KIB)
#define RW	 (VDEV_MAP_READ | VDEV_MAP_WRITE)
#define START	 FAKE_RANGE_START(0)
#define MEM(at)	 ((void *)(uintptr_t)(0x7000000000ULL + (at)))
#define PAGES(n) ((n)*4096ULL)

static struct fakeiommu fake;
static struct vdev_ctx *ctx;
static struct vdev_iommu *iommu;
static struct vdev_ioas *ioas;

static void start(enum vdev_iommu_kind kind)
{
	fake = (struct fakeiommu){ .type1_device = true };
	ctx = fakeiommu_start(&fake);
	assert_int_equal(vdev_iommu_open(ctx, kind, &iommu), 0);
	if (kind == VDEV_IOMMU_TYPE1)
		assert_int_equal(iommu_group_added(iommu), 0);
	assert_int_equal(vdev_ioas_new(iommu, &ioas), 0);
	fake.ioctls = 0;
}

static int setup_iommufd(void **state)
{
	(void)state;
	start(VDEV_IOMMU_IOMMUFD);
	return 0;
}

static int setup_compat(void **state)
{
	(void)state;
	start(VDEV_IOMMU_COMPAT);
	return 0;
}

static int setup_type1(void **state)
{
	(void)state;
	start(VDEV_IOMMU_TYPE1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	vdev_ioas_unref(ioas);
	assert_int_equal(fake.mapped, 0);
	vdev_iommu_unref(iommu);
	vdev_ctx_unref(ctx);
	fakeiommu_done(&fake);
	return 0;
}

static struct fake_space *space(void)
{
	return fakeiommu_space(&fake, vdev_ioas_id(ioas));
}

#define assert_said(text) \
	assert_non_null(strstr(vdev_ctx_last_error(ctx), text))
#define assert_hinted(text)                                             \
	do {                                                            \
		assert_non_null(vdev_ctx_last_hint(ctx));               \
		assert_non_null(strstr(vdev_ctx_last_hint(ctx), text)); \
	} while (0)

static int map_at(uint64_t iova, uint64_t at, uint64_t length)
{
	return vdev_ioas_map(ioas, &iova, MEM(at), length, RW);
}

/* --- On every backend */

static void test_map(void **state)
{
	uint64_t iova = 2 * MIB, unmapped = 0;

	(void)state;
	assert_int_equal(vdev_ioas_map(ioas, &iova, MEM(0), MIB, VDEV_MAP_READ),
			 0);
	assert_int_equal(fake.ioctls, 1);
	assert_int_equal(iova, 2 * MIB);
	assert_int_equal(space()->count, 1);
	assert_int_equal(space()->mappings[0].address, (uintptr_t)MEM(0));
	assert_false(space()->mappings[0].writable);
	assert_int_equal(map_at(3 * MIB, MIB, PAGES(1)), 0);
	assert_true(space()->mappings[1].writable);
	assert_int_equal(vdev_ioas_unmap(ioas, 2 * MIB, 2 * MIB, &unmapped), 0);
	assert_int_equal(unmapped, MIB + PAGES(1));
	assert_int_equal(map_at(3 * MIB, MIB, PAGES(1)), 0);
	assert_int_equal(vdev_ioas_unmap_all(ioas, &unmapped), 0);
	assert_int_equal(unmapped, PAGES(1));
	assert_int_equal(vdev_ioas_unmap_all(ioas, NULL), 0);
	assert_ptr_equal(vdev_ioas_iommu(ioas), iommu);
	assert_ptr_equal(vdev_ioas_ref(ioas), ioas);
	assert_null(vdev_ioas_unref(ioas));
	assert_null(vdev_ioas_unref(NULL));
}

static void test_map_anywhere(void **state)
{
	uint64_t iova, first = 0;

	(void)state;
	/* The lowest ones are taken, by somebody else for all we know. */
	assert_int_equal(map_at(START, 0, 64 * MIB), 0);
	for (int i = 0; i < 20; i++) {
		iova = VDEV_IOVA_ANY;
		assert_int_equal(vdev_ioas_map(ioas, &iova, MEM(0), MIB, RW),
				 0);
		assert_true(iova >= START + 64 * MIB);
		assert_true(iova > first);
		first = iova;
	}
	/* As large as all there is. */
	iova = VDEV_IOVA_ANY;
	assert_int_equal(vdev_ioas_map(ioas, &iova, MEM(0), 8192 * MIB, RW),
			 -ENOSPC);
	assert_said("has no free range of 8589934592 bytes");
	assert_int_equal(iova, VDEV_IOVA_ANY);
}

static void test_map_errors(void **state)
{
	(void)state;
	assert_int_equal(map_at(2 * MIB, 0, MIB), 0);
	assert_int_equal(map_at(2 * MIB + PAGES(3), 0, PAGES(1)), -EEXIST);
	assert_said("something is mapped at IOVA 0x203000 to 0x203fff already");
	assert_hinted("unmap it first");
	assert_int_equal(vdev_ctx_last_kind(ctx), VDEV_ERROR_IN_USE);
	assert_int_equal(map_at(PAGES(1), 0, PAGES(1)), -EINVAL);
	assert_said("IOVA 0x1000 to 0x1fff is outside of what the devices can");
	assert_hinted("vdev_ioas_ranges()");
	assert_int_equal(map_at(0xffff0000, 0, MIB), -EINVAL);
	assert_said("outside of what the devices can use");
	assert_int_equal(map_at(4 * MIB + 1, 0, PAGES(1)), -EINVAL);
	assert_said("multiples of 0x1000");
	assert_int_equal(map_at(4 * MIB, 5, PAGES(1)), -EINVAL);
	assert_said("IOVA, address and length have to be multiples of 0x1000");
	assert_int_equal(map_at(4 * MIB, 0, 5), -EINVAL);
	assert_said("multiples of 0x1000");
	assert_int_equal(map_at(4 * MIB, 0, 0), -EINVAL);
	assert_said("nothing to map");
	assert_int_equal(map_at(UINT64_MAX - 4095 - PAGES(1), 0, PAGES(3)),
			 -EOVERFLOW);
	assert_said("ends past all addresses");
	assert_int_equal(
		vdev_ioas_map(ioas, &(uint64_t){ MIB }, MEM(0), PAGES(1), 0),
		-EINVAL);
	assert_int_equal(
		vdev_ioas_map(ioas, &(uint64_t){ MIB }, MEM(0), PAGES(1), 4),
		-EINVAL);
	assert_said("flags 0x4");
	assert_int_equal(space()->count, 1);
}

static void test_memlock(void **state)
{
	(void)state;
	fake.memlock = 65536;
	assert_int_equal(map_at(2 * MIB, 0, 65536), 0);
	assert_int_equal(map_at(4 * MIB, 0, PAGES(2)), -ENOMEM);
	assert_said("pinning 8192 bytes more would pass RLIMIT_MEMLOCK, which "
		    "is 65536 bytes");
	assert_hinted("ulimit -l");
	/* Then it was not the limit. */
	fake.root = true;
	assert_int_equal(map_at(4 * MIB, 0, PAGES(2)), -ENOMEM);
	assert_said("out of memory in the kernel");
	assert_null(vdev_ctx_last_hint(ctx));
}

static void test_unmap_errors(void **state)
{
	uint64_t unmapped = 77;

	(void)state;
	assert_int_equal(map_at(2 * MIB, 0, MIB), 0);
	assert_int_equal(vdev_ioas_unmap(ioas, 2 * MIB, PAGES(1), &unmapped),
			 -ENOENT);
	assert_said("nothing is mapped at IOVA 0x200000 to 0x200fff, or only "
		    "part of a mapping");
	assert_hinted("unmapped as one");
	assert_int_equal(vdev_ioas_unmap(ioas, 8 * MIB, MIB, &unmapped),
			 -ENOENT);
	assert_int_equal(vdev_ioas_unmap(ioas, 8 * MIB, 0, &unmapped), -EINVAL);
	assert_int_equal(vdev_ioas_unmap(ioas, UINT64_MAX, 2, &unmapped),
			 -EOVERFLOW);
	assert_int_equal(unmapped, 77);
}

static void test_ranges(void **state)
{
	struct vdev_iova_range *ranges = NULL;
	uint64_t alignment = 0;

	(void)state;
	/* More than a first guess has room for. */
	fake.ranges = 60;
	assert_int_equal(vdev_ioas_ranges(ioas, &ranges, &alignment), 60);
	assert_int_equal(fake.ioctls, 2);
	assert_int_equal(alignment, 4096);
	assert_int_equal(ranges[0].start, START);
	assert_int_equal(ranges[59].last, FAKE_RANGE_LAST(59));
	vdev_iova_ranges_free(ranges);
	assert_int_equal(vdev_ioas_ranges(ioas, NULL, NULL), 60);
	vdev_iova_ranges_free(NULL);
}

struct watch {
	unsigned int calls;
	uint64_t done, total;
	uint64_t stop_at;
};

static int watch(void *data, uint64_t done, uint64_t total)
{
	struct watch *w = data;

	w->calls++;
	w->done = done;
	w->total = total;
	return w->stop_at && done >= w->stop_at;
}

static void test_progress(void **state)
{
	struct watch w = { 0 };
	uint64_t iova = VDEV_IOVA_ANY;

	(void)state;
	assert_int_equal(vdev_ioas_set_progress(ioas, 5, watch, &w), -EINVAL);
	assert_int_equal(vdev_ioas_set_progress(ioas, MIB, watch, &w), 0);
	assert_int_equal(map_at(2 * MIB, 0, 3 * MIB + PAGES(1)), 0);
	assert_int_equal(space()->count, 4);
	assert_int_equal(w.calls, 4);
	assert_int_equal(w.done, 3 * MIB + PAGES(1));
	assert_int_equal(w.total, w.done);
	/* In pieces, and where the library found room. */
	assert_int_equal(vdev_ioas_map(ioas, &iova, MEM(0), 3 * MIB, RW), 0);
	assert_int_equal(space()->count, 7);
	assert_int_equal(vdev_ioas_unmap(ioas, iova, 3 * MIB, NULL), 0);
	assert_int_equal(
		vdev_ioas_unmap(ioas, 2 * MIB, 3 * MIB + PAGES(1), NULL), 0);

	/* Stopped in the middle, and at the end. */
	w = (struct watch){ .stop_at = 2 * MIB };
	assert_int_equal(map_at(2 * MIB, 0, 4 * MIB), -ECANCELED);
	assert_said("mapping was stopped");
	assert_int_equal(w.calls, 2);
	assert_int_equal(fake.mapped, 0);
	w.stop_at = 4 * MIB;
	assert_int_equal(map_at(2 * MIB, 0, 4 * MIB), -ECANCELED);
	assert_int_equal(fake.mapped, 0);
	assert_int_equal(vdev_ioas_set_progress(ioas, 0, watch, &w), 0);
	iova = VDEV_IOVA_ANY;
	assert_int_equal(vdev_ioas_map(ioas, &iova, MEM(0), 4 * MIB, RW),
			 -ECANCELED);
	assert_int_equal(fake.mapped, 0);

	/* A piece that collides: what came before it goes again. */
	w = (struct watch){ 0 };
	assert_int_equal(vdev_ioas_set_progress(ioas, MIB, NULL, NULL), 0);
	assert_int_equal(map_at(4 * MIB, 0, PAGES(1)), 0);
	assert_int_equal(map_at(2 * MIB, 0, 4 * MIB), -EEXIST);
	assert_int_equal(fake.mapped, PAGES(1));
}

static void test_segments(void **state)
{
	struct vdev_segment s[] = {
		{ 4 * MIB, MEM(0), PAGES(2) },
		{ 4 * MIB + PAGES(2), MEM(PAGES(2)), PAGES(1) },
		/* A neighbour as IOVA only, then in memory only. */
		{ 4 * MIB + PAGES(3), MEM(PAGES(9)), PAGES(1) },
		{ 5 * MIB, MEM(PAGES(10)), PAGES(1) },
		/* Out of order. */
		{ 3 * MIB + PAGES(1), MEM(MIB + PAGES(1)), PAGES(4) },
		{ 3 * MIB, MEM(MIB), PAGES(1) },
	};

	(void)state;
	assert_int_equal(vdev_ioas_map_segments(ioas, s, ARRAY_SIZE(s), RW), 4);
	assert_int_equal(fake.ioctls, 4);
	assert_int_equal(space()->count, 4);
	assert_int_equal(space()->mappings[0].iova, 3 * MIB);
	assert_int_equal(space()->mappings[0].length, PAGES(5));
	assert_int_equal(space()->mappings[1].length, PAGES(3));
	/* What became one mapping is not unmapped by its parts. */
	assert_int_equal(vdev_ioas_unmap(ioas, 4 * MIB, PAGES(2), NULL),
			 -ENOENT);
	assert_int_equal(vdev_ioas_unmap(ioas, 3 * MIB, 4 * MIB, NULL), 0);
	assert_int_equal(vdev_ioas_map_segments(ioas, s, 0, RW), 0);

	/* The last one collides: nothing stays. */
	assert_int_equal(map_at(5 * MIB, 0, PAGES(1)), 0);
	assert_int_equal(vdev_ioas_map_segments(ioas, s, ARRAY_SIZE(s), RW),
			 -EEXIST);
	assert_said("IOVA 0x500000");
	assert_int_equal(fake.mapped, PAGES(1));
	s[2].iova = VDEV_IOVA_ANY;
	assert_int_equal(vdev_ioas_map_segments(ioas, s, ARRAY_SIZE(s), RW),
			 -EINVAL);
	assert_said("segment 2 of a scatter list has no IOVA");
	s[1].length = 0;
	assert_int_equal(vdev_ioas_map_segments(ioas, s, ARRAY_SIZE(s), RW),
			 -EINVAL);
	assert_int_equal(vdev_ioas_map_segments(ioas, s, 1, 0), -EINVAL);
}

static void test_segments_progress(void **state)
{
	struct vdev_segment s[] = {
		{ 4 * MIB, MEM(0), 2 * MIB },
		{ 6 * MIB, MEM(2 * MIB), MIB },
		{ 8 * MIB, MEM(4 * MIB), MIB },
	};
	struct watch w = { 0 };

	(void)state;
	assert_int_equal(vdev_ioas_set_progress(ioas, 2 * MIB, watch, &w), 0);
	assert_int_equal(vdev_ioas_map_segments(ioas, s, 3, RW), 3);
	assert_int_equal(w.calls, 3);
	assert_int_equal(w.done, 4 * MIB);
	assert_int_equal(w.total, 4 * MIB);
	assert_int_equal(vdev_ioas_unmap_all(ioas, NULL), 0);
	w = (struct watch){ .stop_at = 4 * MIB };
	assert_int_equal(vdev_ioas_map_segments(ioas, s, 3, RW), -ECANCELED);
	assert_int_equal(fake.mapped, 0);
}

/* 4 GiB in pages of 4 KiB: contiguous, and with every other one elsewhere. */
static void test_segments_many(void **state)
{
	const size_t count = 1 << 20;
	struct vdev_segment *s = calloc(count, sizeof(*s));

	(void)state;
	fake.ranges = 3;
	for (size_t i = 0; i < count; i++)
		s[i] = (struct vdev_segment){ FAKE_RANGE_START(1) + PAGES(i),
					      MEM(PAGES(i)), PAGES(1) };
	/* Less what the range lacks at its start. */
	assert_int_equal(vdev_ioas_map_segments(ioas, s, count - 16, RW), 1);
	assert_int_equal(fake.ioctls, 1);
	assert_int_equal(vdev_ioas_unmap_all(ioas, NULL), 0);
	for (size_t i = 0; i < 4096; i++)
		s[i].address = MEM(PAGES(i) + (i & 1 ? 1ULL << 40 : 0));
	fake.ioctls = 0;
	assert_int_equal(vdev_ioas_map_segments(ioas, s, 4096, RW), 4096);
	assert_int_equal(fake.ioctls, 4096);
	free(s);
}

/* --- iommufd alone */

static void test_second(void **state)
{
	struct vdev_ioas *other = NULL, *again = NULL;
	uint64_t iova = 8 * MIB;

	(void)state;
	assert_int_equal(vdev_ioas_new(iommu, &other), 0);
	assert_int_not_equal(vdev_ioas_id(other), vdev_ioas_id(ioas));
	assert_int_equal(vdev_ioas_import(iommu, vdev_ioas_id(other), &again),
			 0);
	assert_int_equal(vdev_ioas_map(again, &iova, MEM(0), MIB, RW), 0);
	vdev_ioas_unref(again);
	/* An import leaves it as it is. */
	assert_int_equal(fake.mapped, MIB);
	assert_int_equal(vdev_ioas_import(iommu, 99, &again), -ENOENT);
	assert_said("no address space 99");
	vdev_ioas_unref(other);
	assert_int_equal(fake.mapped, 0);
}

static void test_map_file(void **state)
{
	uint64_t iova = VDEV_IOVA_ANY;

	(void)state;
	assert_int_equal(vdev_ioas_map_file(ioas, &iova, 5, PAGES(4), MIB, RW),
			 0);
	assert_int_equal(iova, START);
	assert_int_equal(space()->mappings[0].address, PAGES(4));
	iova = 8 * MIB;
	assert_int_equal(vdev_ioas_set_progress(ioas, MIB, NULL, NULL), 0);
	assert_int_equal(vdev_ioas_map_file(ioas, &iova, 5, 0, 2 * MIB, RW), 0);
	assert_int_equal(space()->mappings[2].address, MIB);
	assert_int_equal(vdev_ioas_map_file(ioas, &iova, -1, 0, MIB, RW),
			 -EBADF);
	assert_int_equal(vdev_ioas_map_file(ioas, &iova, 5, 1, MIB, RW),
			 -EINVAL);
	assert_said("IOVA, offset and length");
	fake.no_map_file = true;
	iova = 16 * MIB;
	assert_int_equal(vdev_ioas_map_file(ioas, &iova, 5, 0, MIB, RW),
			 -EOPNOTSUPP);
	assert_said("needs Linux 6.13 or later: IOMMU_IOAS_MAP_FILE");
	assert_int_equal(vdev_ctx_last_kind(ctx), VDEV_ERROR_NOT_SUPPORTED);
}

static void test_copy(void **state)
{
	struct vdev_ioas *other = NULL;
	uint64_t iova = 2 * MIB, to = VDEV_IOVA_ANY;

	(void)state;
	assert_int_equal(vdev_ioas_new(iommu, &other), 0);
	assert_int_equal(vdev_ioas_map(ioas, &iova, MEM(0), MIB, VDEV_MAP_READ),
			 0);
	assert_int_equal(
		vdev_ioas_copy(other, &to, ioas, iova, MIB, VDEV_MAP_READ), 0);
	assert_int_equal(to, START);
	assert_int_equal(
		vdev_ioas_copy(other, &to, ioas, iova, MIB, VDEV_MAP_READ),
		-EEXIST);
	assert_said("IOAS 3: something is mapped");
	to = 16 * MIB;
	assert_int_equal(vdev_ioas_copy(other, &to, ioas, iova, MIB, RW),
			 -EPERM);
	assert_said("IOAS 2 has IOVA 0x200000 to 0x2fffff mapped for reading");
	assert_int_equal(
		vdev_ioas_copy(other, &to, ioas, iova, 2 * MIB, VDEV_MAP_READ),
		-ENOENT);
	assert_said("IOAS 2 has not all of");
	assert_int_equal(vdev_ioas_copy(other, &to, ioas, iova, MIB, 0),
			 -EINVAL);
	vdev_ioas_unref(other);
}

static void test_copy_far(void **state)
{
	struct vdev_iommu *elsewhere = NULL;
	struct vdev_ioas *other = NULL;
	uint64_t to = 2 * MIB;

	(void)state;
	assert_int_equal(vdev_iommu_open(ctx, VDEV_IOMMU_IOMMUFD, &elsewhere),
			 0);
	assert_int_equal(vdev_ioas_new(elsewhere, &other), 0);
	assert_int_equal(vdev_ioas_copy(other, &to, ioas, 2 * MIB, MIB, RW),
			 -EXDEV);
	vdev_ioas_unref(other);
	vdev_iommu_unref(elsewhere);
}

static void test_options(void **state)
{
	static const struct vdev_iova_range good = { MIB, 4 * MIB - 1 };
	static const struct vdev_iova_range low = { 0, 4 * MIB - 1 };
	static const struct vdev_iova_range wrong = { 4 * MIB, MIB };

	(void)state;
	assert_int_equal(vdev_ioas_allow(ioas, &good, 1), 0);
	assert_int_equal(vdev_ioas_allow(ioas, NULL, 0), 0);
	assert_int_equal(vdev_ioas_allow(ioas, &low, 1), -EADDRINUSE);
	assert_said("a device of IOAS 2 cannot use all these ranges");
	assert_int_equal(vdev_ioas_allow(ioas, &wrong, 1), -EINVAL);
	assert_int_equal(vdev_ioas_set_huge_pages(ioas, true), 0);
	assert_int_equal(fake.huge_pages, 1);
	assert_int_equal(map_at(MIB, 0, PAGES(1)), 0);
	assert_int_equal(vdev_ioas_set_huge_pages(ioas, false), -EBUSY);
	assert_said("IOAS 2 has mappings already");
}

/* What the kernel says of a map or unmap, and what the library makes of it. */
static void test_other_errors(void **state)
{
	static const struct {
		int error, ret;
		const char *said;
	} maps[] = {
		{ EFAULT, -EFAULT, "no such memory" },
		{ ENOENT, -ENOENT, "cannot map IOVA 0x200000 to 0x2fffff" },
		{ ENOSPC, -ENOSPC, "as many mappings as it may" },
		{ EOPNOTSUPP, -EOPNOTSUPP, "cannot map memory" },
	}, unmaps[] = {
		{ EBUSY, -EBUSY, "a mapping at IOVA 0x200000 to 0x2fffff is" },
		{ EIO, -EIO, "cannot unmap IOVA 0x200000" },
	};
	struct scripted script;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		SCRIPT(&script, &ctx->sys,
		       SCRIPT_FAIL_IOCTL(0, IOMMU_IOAS_MAP, maps[i].error));
		assert_int_equal(map_at(2 * MIB, 0, MIB), maps[i].ret);
		assert_said(maps[i].said);
		scripted_done(&script);
	}
	for (size_t i = 0; i < ARRAY_SIZE(unmaps); i++) {
		SCRIPT(&script, &ctx->sys,
		       SCRIPT_FAIL_IOCTL(0, IOMMU_IOAS_UNMAP, unmaps[i].error));
		assert_int_equal(vdev_ioas_unmap(ioas, 2 * MIB, MIB, NULL),
				 unmaps[i].ret);
		assert_said(unmaps[i].said);
		scripted_done(&script);
	}
	/* An older kernel's empty address space. */
	SCRIPT(&script, &ctx->sys,
	       SCRIPT_FAIL_IOCTL(0, IOMMU_IOAS_UNMAP, ENOENT),
	       SCRIPT_FAIL_IOCTL(0, IOMMU_IOAS_UNMAP, EBUSY));
	assert_int_equal(vdev_ioas_unmap_all(ioas, NULL), 0);
	assert_int_equal(vdev_ioas_unmap_all(ioas, NULL), -EBUSY);
	scripted_done(&script);
}

/* --- Containers */

static void test_container(void **state)
{
	struct vdev_ioas *other = NULL;

	(void)state;
	assert_int_equal(vdev_ioas_new(iommu, &other), -EOPNOTSUPP);
	assert_said("a container has one address space");
	assert_null(other);
	/* Once it is gone another may come. */
	vdev_ioas_unref(ioas);
	assert_int_equal(vdev_ioas_new(iommu, &ioas), 0);
}

static void test_compat_there(void **state)
{
	(void)state;
	assert_int_equal(fake.compat, vdev_ioas_id(ioas));
	/* One that the kernel made when the first device came. */
	vdev_ioas_unref(ioas);
	fake.spaces[3].used = true;
	fake.compat = FAKE_FIRST_ID + 3;
	assert_int_equal(vdev_ioas_new(iommu, &ioas), 0);
	assert_int_equal(vdev_ioas_id(ioas), FAKE_FIRST_ID + 3);
	vdev_ioas_unref(ioas);
	assert_true(fake.spaces[3].used);
	assert_int_equal(vdev_ioas_new(iommu, &ioas), 0);
}

static void test_type1_limits(void **state)
{
	uint64_t iova = 2 * MIB;

	(void)state;
	assert_int_equal(vdev_ioas_id(ioas), 0);
	assert_int_equal(vdev_ioas_map_file(ioas, &iova, 5, 0, MIB, RW),
			 -EOPNOTSUPP);
	assert_said("mapping a file needs an iommufd");
	assert_int_equal(vdev_ioas_copy(ioas, &iova, ioas, 0, MIB, RW),
			 -EOPNOTSUPP);
	assert_int_equal(vdev_ioas_allow(ioas, NULL, 0), -EOPNOTSUPP);
	assert_int_equal(vdev_ioas_set_huge_pages(ioas, false), -EOPNOTSUPP);
	assert_int_equal(vdev_ioas_import(iommu, 2, &ioas), -EOPNOTSUPP);
	fake.most_mappings = 1;
	assert_int_equal(map_at(2 * MIB, 0, MIB), 0);
	assert_int_equal(map_at(4 * MIB, 0, MIB), -ENOSPC);
	assert_said("as many mappings as it may");
	assert_hinted("dma_entry_limit");
}

static void test_type1_empty(void **state)
{
	uint64_t iova = VDEV_IOVA_ANY;

	(void)state;
	fake.spaces[FAKE_SPACES - 1].used = false;
	iommu_group_removed(iommu);
	assert_int_equal(map_at(2 * MIB, 0, MIB), -ENODEV);
	assert_said("the container has no device yet");
	assert_hinted("open a device first");
	assert_int_equal(vdev_ioas_map(ioas, &iova, MEM(0), MIB, RW), -ENODEV);
	assert_int_equal(vdev_ioas_ranges(ioas, NULL, NULL), -ENODEV);
	assert_int_equal(vdev_ioas_unmap(ioas, 0, MIB, NULL), -ENODEV);
	assert_int_equal(vdev_ioas_unmap_all(ioas, NULL), 0);
}

static void test_type1_misaligned(void **state)
{
	struct scripted script;

	(void)state;
	SCRIPT(&script, &ctx->sys,
	       SCRIPT_FAIL_IOCTL(0, VFIO_IOMMU_UNMAP_DMA, EINVAL),
	       SCRIPT_FAIL_IOCTL(0, VFIO_IOMMU_GET_INFO, EIO));
	assert_int_equal(vdev_ioas_unmap(ioas, 2 * MIB, PAGES(1), NULL),
			 -ENOENT);
	scripted_done(&script);
	SCRIPT(&script, &ctx->sys,
	       SCRIPT_FAIL_IOCTL(0, VFIO_IOMMU_UNMAP_DMA, EINVAL),
	       SCRIPT_IOCTL(0, VFIO_IOMMU_GET_INFO, NULL));
	/* No page sizes and no ranges, as with mdevs. */
	assert_int_equal(vdev_ioas_unmap(ioas, 5, PAGES(1), NULL), -ENOENT);
	scripted_done(&script);
}

static int broken_chain(void *arg)
{
	struct vfio_iommu_type1_info *info = arg;
	struct vfio_info_cap_header *cap = (void *)(info + 1);

	info->flags = VFIO_IOMMU_INFO_CAPS;
	info->cap_offset = sizeof(*info);
	*cap = (struct vfio_info_cap_header){ 77, 1, sizeof(*info) };
	return 0;
}

static int short_ranges(void *arg)
{
	struct vfio_iommu_type1_info *info = arg;
	struct vfio_iommu_type1_info_cap_iova_range *cap = (void *)(info + 1);

	info->flags = VFIO_IOMMU_INFO_CAPS;
	info->cap_offset = sizeof(*info);
	cap->header.id = VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE;
	cap->nr_iovas = 1000;
	return 0;
}

static int disordered(void *arg)
{
	struct vfio_iommu_type1_info *info = arg;
	struct vfio_iommu_type1_info_cap_iova_range *cap = (void *)(info + 1);

	short_ranges(arg);
	cap->nr_iovas = 2;
	cap->iova_ranges[0] = (struct vfio_iova_range){ 0x1000, 0x1fff };
	cap->iova_ranges[1] = (struct vfio_iova_range){ 0x1fff, 0x2fff };
	return 0;
}

static int endless(void *arg)
{
	struct vfio_iommu_type1_info *info = arg;

	info->argsz = UINT32_MAX;
	return 0;
}

static void test_type1_nonsense(void **state)
{
	struct scripted script;

	(void)state;
	SCRIPT(&script, &ctx->sys,
	       SCRIPT_IOCTL(0, VFIO_IOMMU_GET_INFO, broken_chain),
	       SCRIPT_IOCTL(0, VFIO_IOMMU_GET_INFO, short_ranges),
	       SCRIPT_IOCTL(0, VFIO_IOMMU_GET_INFO, disordered),
	       SCRIPT_IOCTL(0, VFIO_IOMMU_GET_INFO, endless));
	assert_int_equal(vdev_ioas_ranges(ioas, NULL, NULL), -EPROTO);
	assert_int_equal(vdev_ioas_ranges(ioas, NULL, NULL), -EPROTO);
	assert_int_equal(vdev_ioas_ranges(ioas, NULL, NULL), -EPROTO);
	assert_int_equal(vdev_ioas_ranges(ioas, NULL, NULL), -EPROTO);
	assert_said("cannot read the IOVA ranges of the container");
	scripted_done(&script);
}

/* --- Failures everywhere: nothing stays mapped, open or allocated */

static void whole_session(struct failnth *fail, void *data)
{
	enum vdev_iommu_kind *kind = data;
	struct fakeiommu f = { .type1_device = true };
	struct vdev_ctx *c = fakeiommu_start(&f);
	struct vdev_segment s[] = {
		{ 68 * MIB, MEM(0), MIB },
		{ 69 * MIB, MEM(MIB), MIB },
		{ 64 * MIB, MEM(4 * MIB), MIB },
	};
	uint64_t one = 2 * MIB, any = VDEV_IOVA_ANY, before;
	struct vdev_iommu *i = NULL;
	struct vdev_ioas *a = NULL;
	int ret;

	failnth_start(fail, &c->sys);
	ret = vdev_iommu_open(c, *kind, &i);
	if (!ret && *kind == VDEV_IOMMU_TYPE1)
		ret = iommu_group_added(i);
	if (!ret)
		ret = vdev_ioas_new(i, &a);
	if (!ret)
		ret = vdev_ioas_set_progress(a, 512 * KIB, NULL, NULL);
	if (!ret)
		ret = vdev_ioas_map(a, &one, MEM(0), 2 * MIB, RW);
	before = f.mapped;
	if (!ret)
		ret = vdev_ioas_map(a, &any, MEM(0), 2 * MIB, RW);
	if (any != VDEV_IOVA_ANY)
		before += 2 * MIB;
	assert_int_equal(f.mapped, before);
	if (!ret)
		ret = vdev_ioas_map_segments(a, s, 3, RW);
	if (ret > 0) {
		before += 3 * MIB;
		ret = 0;
	}
	assert_int_equal(f.mapped, before);
	failnth_stop(fail);
	assert_true(!ret || failnth_fired(fail));
	vdev_ioas_unref(a);
	assert_int_equal(f.mapped, 0);
	vdev_iommu_unref(i);
	vdev_ctx_unref(c);
	fakeiommu_done(&f);
}

static void test_failures(void **state)
{
	static const enum vdev_iommu_kind kinds[] = {
		VDEV_IOMMU_IOMMUFD,
		VDEV_IOMMU_TYPE1,
		VDEV_IOMMU_COMPAT,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		failnth_sweep(whole_session, (void *)&kinds[i]);
}

#define ON(kind, name)                                                 \
	{                                                              \
		"test_" #name " on " #kind, test_##name, setup_##kind, \
			teardown, NULL                                 \
	}
#define ON_ALL(name) ON(iommufd, name), ON(compat, name), ON(type1, name)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		ON_ALL(map),
		ON_ALL(map_anywhere),
		ON_ALL(map_errors),
		ON_ALL(memlock),
		ON_ALL(unmap_errors),
		ON_ALL(ranges),
		ON_ALL(progress),
		ON_ALL(segments),
		ON_ALL(segments_progress),
		ON_ALL(segments_many),
		ON(iommufd, second),
		ON(iommufd, map_file),
		ON(compat, map_file),
		ON(iommufd, copy),
		ON(iommufd, copy_far),
		ON(iommufd, options),
		ON(iommufd, other_errors),
		ON(compat, container),
		ON(type1, container),
		ON(compat, compat_there),
		ON(type1, type1_limits),
		ON(type1, type1_empty),
		ON(type1, type1_misaligned),
		ON(type1, type1_nonsense),
		cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
