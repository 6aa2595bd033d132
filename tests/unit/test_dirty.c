/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Three sources, played here: they know which pages are dirty and report them
 * as the kernel does.
 */

#include "object/dirty.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "failnth.h"
#include "kernel/iommufd.h"
#include "kernel/type1.h"
#include "object/file.h"
#include "object/ioas.h"

#define PAGE	  4096ULL
#define BASE	  0x80000000ULL
#define PAGES	  8192
#define CONTAINER 50
#define IOMMUFD	  51
#define DEVICE	  52
#define HWPT	  9

struct source {
	bool on;
	bool dirty[PAGES];
	unsigned int reports;
};

static struct {
	struct source type1, hwpt, device;
	bool mapped[PAGES];
	unsigned int most_ranges; /* of the device */
	unsigned int logged;	  /* ranges it got */
	uint64_t logged_gaps;	  /* pages in them that are not mapped */
	uint64_t log_page;	  /* that it chooses */
	uint64_t max_bitmap;	  /* bytes, of the container */
	bool no_capability;
	unsigned long fails; /* this request, */
	int error;	     /* with that */
} kernel;

static struct vdev_ctx *ctx;
static struct vdev_iommu container, iommufd;
static struct vdev_ioas ioas, fd_ioas;
static struct vdev_file file;
static struct vdev_sys_ops ops;

#define assert_said(text) \
	assert_non_null(strstr(vdev_ctx_last_error(ctx), text))

static uint64_t page_at(uint64_t iova)
{
	assert_true(iova >= BASE && iova < BASE + PAGES * PAGE);
	return (iova - BASE) / PAGE;
}

/* Sets bits as the kernel does, and clears what was dirty. */
static int fill(struct source *source, uint64_t iova, uint64_t length,
		uint64_t page_size, uint64_t *words, bool keep)
{
	if (!source->on || !length || (iova | length) & (page_size - 1))
		return -EINVAL;
	source->reports++;
	for (uint64_t a = iova; a < iova + length; a += PAGE) {
		uint64_t bit = (a - iova) / page_size;

		if (!source->dirty[page_at(a)])
			continue;
		words[bit / 64] |= 1ULL << bit % 64;
		source->dirty[page_at(a)] = keep;
	}
	return 0;
}

static int type1_get(uint64_t iova, uint64_t length,
		     const struct vfio_bitmap *bitmap)
{
	uint64_t pages = length / PAGE;

	assert_int_equal(bitmap->pgsize, PAGE);
	if (bitmap->size > kernel.max_bitmap ||
	    bitmap->size < bits_words(pages) * 8)
		return -EINVAL;
	/* It wants zeroed memory, and writes whole words. */
	for (size_t i = 0; i < bits_words(pages); i++)
		assert_int_equal(bitmap->data[i], 0);
	return fill(&kernel.type1, iova, length, PAGE, bitmap->data, false);
}

static int type1_info_call(struct vfio_iommu_type1_info *info)
{
	struct vfio_iommu_type1_info_cap_migration cap = {
		.header = { .id = VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION,
			    .version = 1 },
		.pgsize_bitmap = PAGE | 1 << 21,
		.max_dirty_bitmap_size = kernel.max_bitmap,
	};
	uint32_t size = sizeof(*info) + sizeof(cap);

	assert_true(info->argsz >= size);
	info->flags = kernel.no_capability ? 0 : VFIO_IOMMU_INFO_CAPS;
	info->cap_offset = sizeof(*info);
	info->argsz = size;
	memcpy((char *)info + sizeof(*info), &cap, sizeof(cap));
	return 0;
}

static int container_call(unsigned long request, void *arg)
{
	struct vfio_iommu_type1_dirty_bitmap *dirty = arg;
	struct vfio_iommu_type1_dirty_bitmap_get get;
	struct vfio_iommu_type1_dma_unmap *unmap = arg;
	struct vfio_bitmap bitmap;
	int error;

	switch (request) {
	case VFIO_IOMMU_GET_INFO:
		return type1_info_call(arg);
	case VFIO_IOMMU_DIRTY_PAGES:
		if (dirty->flags == VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP) {
			memcpy(&get, dirty->data, sizeof(get));
			return type1_get(get.iova, get.size, &get.bitmap);
		}
		kernel.type1.on =
			dirty->flags == VFIO_IOMMU_DIRTY_PAGES_FLAG_START;
		return 0;
	case VFIO_IOMMU_UNMAP_DMA:
		assert_int_equal(unmap->flags,
				 VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP);
		memcpy(&bitmap, unmap->data, sizeof(bitmap));
		error = type1_get(unmap->iova, unmap->size, &bitmap);
		if (error)
			return error;
		for (uint64_t i = 0; i < unmap->size / PAGE; i++)
			kernel.mapped[page_at(unmap->iova) + i] = false;
		return 0;
	default:
		fail_msg("unexpected call 0x%lx of a container", request);
		return -ENOTTY;
	}
}

static int iommufd_call(unsigned long request, void *arg)
{
	struct iommu_hwpt_set_dirty_tracking *set = arg;
	struct iommu_hwpt_get_dirty_bitmap *get = arg;
	struct iommu_ioas_unmap *unmap = arg;

	switch (request) {
	case IOMMU_HWPT_SET_DIRTY_TRACKING:
		assert_int_equal(set->hwpt_id, HWPT);
		kernel.hwpt.on = set->flags;
		return 0;
	case IOMMU_HWPT_GET_DIRTY_BITMAP:
		assert_int_equal(get->hwpt_id, HWPT);
		for (uint64_t a = get->iova; a < get->iova + get->length;
		     a += PAGE)
			if (!kernel.mapped[page_at(a)])
				return -EINVAL;
		return fill(&kernel.hwpt, get->iova, get->length,
			    get->page_size, (uint64_t *)(uintptr_t)get->data,
			    get->flags & IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR);
	case IOMMU_IOAS_UNMAP:
		for (uint64_t i = 0; i < unmap->length / PAGE; i++)
			kernel.mapped[page_at(unmap->iova) + i] = false;
		return 0;
	default:
		fail_msg("unexpected call 0x%lx of an iommufd", request);
		return -ENOTTY;
	}
}

static int log_start(struct vfio_device_feature_dma_logging_control *control)
{
	const struct vfio_device_feature_dma_logging_range *r =
		(void *)(uintptr_t)control->ranges;

	if (control->num_ranges > kernel.most_ranges)
		return -E2BIG;
	kernel.logged = control->num_ranges;
	kernel.logged_gaps = 0;
	for (uint32_t i = 0; i < control->num_ranges; i++) {
		assert_true(!i || r[i].iova > r[i - 1].iova + r[i - 1].length);
		for (uint64_t a = 0; a < r[i].length; a += PAGE)
			kernel.logged_gaps +=
				!kernel.mapped[page_at(r[i].iova + a)];
	}
	if (kernel.log_page)
		control->page_size = kernel.log_page;
	kernel.device.on = true;
	return 0;
}

static int device_call(unsigned long request, void *arg)
{
	struct vfio_device_feature *feature = arg;
	struct vfio_device_feature_dma_logging_report report;

	assert_int_equal(request, VFIO_DEVICE_FEATURE);
	if (feature->flags & VFIO_DEVICE_FEATURE_PROBE)
		return 0;
	switch (feature->flags & VFIO_DEVICE_FEATURE_MASK) {
	case VFIO_DEVICE_FEATURE_DMA_LOGGING_START:
		return log_start((void *)feature->data);
	case VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP:
		kernel.device.on = false;
		return 0;
	default:
		memcpy(&report, feature->data, sizeof(report));
		return fill(&kernel.device, report.iova, report.length,
			    report.page_size,
			    (uint64_t *)(uintptr_t)report.bitmap, false);
	}
}

static int call(struct vdev_sys *sys, int fd, unsigned long request, void *arg)
{
	const struct vfio_device_feature *feature = arg;
	unsigned long what = request;

	(void)sys;
	/* Features by their own numbers: the call has that of another one. */
	if (fd == DEVICE && !(feature->flags & VFIO_DEVICE_FEATURE_PROBE))
		what = feature->flags & VFIO_DEVICE_FEATURE_MASK;
	if (what == kernel.fails)
		return kernel.error;
	switch (fd) {
	case CONTAINER:
		return container_call(request, arg);
	case IOMMUFD:
		return iommufd_call(request, arg);
	default:
		return device_call(request, arg);
	}
}

static int setup(void **state)
{
	(void)state;
	memset(&kernel, 0, sizeof(kernel));
	kernel.most_ranges = 100;
	kernel.max_bitmap = 1 << 28;
	assert_int_equal(vdev_ctx_new(&ctx), 0);
	ops = *ctx->sys.ops;
	ops.ioctl = call;
	ctx->sys.ops = &ops;
	container = (struct vdev_iommu){ .refs = 1,
					 .ctx = ctx,
					 .kind = VDEV_IOMMU_TYPE1,
					 .fd = CONTAINER,
					 .type1_set = true };
	iommufd = (struct vdev_iommu){
		.refs = 1, .ctx = ctx, .kind = VDEV_IOMMU_IOMMUFD, .fd = IOMMUFD
	};
	ioas = (struct vdev_ioas){ .refs = 1,
				   .iommu = &container,
				   .backend = ioas_backend(VDEV_IOMMU_TYPE1) };
	fd_ioas = (struct vdev_ioas){
		.refs = 1,
		.iommu = &iommufd,
		.backend = ioas_backend(VDEV_IOMMU_IOMMUFD),
		.id = 3,
	};
	file = (struct vdev_file){
		.refs = 1, .ctx = ctx, .fd = DEVICE, .name = (char *)"nic"
	};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	/* Nobody holds anything of it any more. */
	assert_int_equal(container.refs, 1);
	assert_int_equal(iommufd.refs, 1);
	assert_int_equal(ioas.refs, 1);
	assert_int_equal(file.refs, 1);
	assert_false(kernel.type1.on || kernel.hwpt.on || kernel.device.on);
	assert_int_equal(ctx->refs, 1);
	vdev_ctx_unref(ctx);
	return 0;
}

static uint64_t random_state = 1;

static uint64_t below(uint64_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % limit;
}

static struct vdev_iova_range pages(uint64_t first, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		kernel.mapped[first + i] = true;
	return (struct vdev_iova_range){ BASE + first * PAGE,
					 BASE + (first + count) * PAGE - 1 };
}

static struct vdev_dirty *tracker(const struct vdev_iova_range *ranges,
				  size_t count)
{
	struct vdev_dirty *dirty = NULL;

	assert_int_equal(vdev_dirty_new(ctx, ranges, count, PAGE, &dirty), 0);
	return dirty;
}

static void add_hwpt(struct vdev_dirty *dirty)
{
	struct vdev_hwpt *hwpt = NULL;

	assert_int_equal(vdev_hwpt_import(&iommufd, HWPT, 0, &hwpt), 0);
	assert_int_equal(vdev_dirty_add_hwpt(dirty, hwpt), 0);
	vdev_hwpt_unref(hwpt);
}

static void add_all(struct vdev_dirty *dirty)
{
	assert_int_equal(vdev_dirty_add_ioas(dirty, &ioas), 0);
	add_hwpt(dirty);
	assert_int_equal(vdev_dirty_add_file(dirty, &file), 0);
}

/* Random ranges with gaps, `count` of them or fewer. */
static size_t random_ranges(struct vdev_iova_range *ranges, size_t count)
{
	uint64_t at = below(100);
	size_t n = 0;

	memset(kernel.mapped, 0, sizeof(kernel.mapped));
	while (n < count && at < PAGES - 600) {
		uint64_t length = 1 + below(400);

		/* Some at whole words of a bitmap from BASE on. */
		if (below(2))
			at = (at + 63) / 64 * 64;
		ranges[n++] = pages(at, length);
		at += length + 1 + below(200);
	}
	return n;
}

/* Some pages of a source, and what a report is to have then. */
static void make_dirty(struct source *source, bool expected[PAGES])
{
	for (unsigned int i = 0; i < 40; i++) {
		uint64_t page = below(PAGES);

		source->dirty[page] = true;
		expected[page] |= kernel.mapped[page];
	}
}

static void check_bitmap(const struct vdev_bitmap *bitmap,
			 const bool expected[PAGES])
{
	uint64_t size = vdev_bitmap_page_size(bitmap) / PAGE;

	for (uint64_t i = 0; i < PAGES; i += size) {
		bool any = false;

		for (uint64_t j = i; j < i + size; j++)
			any |= expected[j];
		assert_int_equal(vdev_bitmap_test(bitmap, BASE + i * PAGE),
				 any);
	}
}

/* All sources merged, whatever the ranges and the pages of the bitmap are. */
static void test_merge(void **state)
{
	struct vdev_iova_range ranges[12];

	(void)state;
	for (unsigned int round = 0; round < 60; round++) {
		size_t count = random_ranges(ranges, 12);
		struct vdev_dirty *dirty = tracker(ranges, count);
		struct vdev_bitmap *bitmap = NULL;
		bool expected[PAGES] = { 0 };

		kernel.max_bitmap = round & 1 ? 1 << 28 : 8;
		add_all(dirty);
		assert_int_equal(vdev_bitmap_new(ctx, BASE, PAGES * PAGE,
						 PAGE << below(5), &bitmap),
				 0);
		assert_int_equal(vdev_dirty_start(dirty), 0);
		for (unsigned int i = 0; i < 3; i++) {
			make_dirty(&kernel.type1, expected);
			make_dirty(&kernel.hwpt, expected);
			make_dirty(&kernel.device, expected);
			assert_int_equal(vdev_dirty_report(dirty, bitmap, 0),
					 0);
			check_bitmap(bitmap, expected);
		}
		memset(expected, 0, sizeof(expected));
		vdev_bitmap_clear_all(bitmap);
		assert_int_equal(vdev_dirty_report(dirty, bitmap, 0), 0);
		check_bitmap(bitmap, expected);
		assert_int_equal(vdev_dirty_stop(dirty), 0);
		vdev_bitmap_free(bitmap);
		vdev_dirty_free(dirty);
		memset(&kernel.type1, 0, sizeof(kernel.type1));
		memset(&kernel.hwpt, 0, sizeof(kernel.hwpt));
		memset(&kernel.device, 0, sizeof(kernel.device));
	}
}

static void test_keep(void **state)
{
	struct vdev_iova_range range = pages(0, 128);
	struct vdev_dirty *dirty = tracker(&range, 1);
	struct vdev_bitmap *bitmap = NULL;

	(void)state;
	add_hwpt(dirty);
	assert_int_equal(vdev_dirty_new_bitmap(dirty, 0, &bitmap), 0);
	assert_int_equal(vdev_dirty_start(dirty), 0);
	kernel.hwpt.dirty[5] = true;
	for (unsigned int i = 0; i < 3; i++) {
		vdev_bitmap_clear_all(bitmap);
		assert_int_equal(vdev_dirty_report(dirty, bitmap,
						   i ? 0 : VDEV_DIRTY_KEEP),
				 0);
		assert_int_equal(vdev_bitmap_count(bitmap), i < 2);
	}
	assert_int_equal(vdev_dirty_report(dirty, bitmap, 2), -EINVAL);
	assert_int_equal(vdev_dirty_stop(dirty), 0);
	assert_int_equal(vdev_dirty_add_file(dirty, &file), 0);
	assert_int_equal(vdev_dirty_start(dirty), 0);
	assert_int_equal(vdev_dirty_report(dirty, bitmap, VDEV_DIRTY_KEEP),
			 -EOPNOTSUPP);
	assert_said("of the sort device");
	vdev_bitmap_free(bitmap);
	vdev_dirty_free(dirty);
}

/* A device that takes fewer ranges than there are. */
static void test_combine(void **state)
{
	struct vdev_iova_range ranges[20];
	struct vdev_dirty *dirty;

	(void)state;
	/* Gaps of 1, 2, ... pages. */
	for (uint64_t i = 0, at = 0; i < 20; at += 10 + ++i)
		ranges[i] = pages(at, 10);
	dirty = tracker(ranges, 20);
	assert_int_equal(vdev_dirty_add_file(dirty, &file), 0);
	kernel.most_ranges = 16;
	kernel.log_page = 2 * PAGE;
	assert_int_equal(vdev_dirty_start(dirty), 0);
	/* 20 are halved: the ten smallest gaps are closed. */
	assert_int_equal(kernel.logged, 10);
	assert_int_equal(kernel.logged_gaps, 55);
	assert_int_equal(vdev_dirty_source_ranges(dirty, 0), 10);
	assert_int_equal(vdev_dirty_source_page_size(dirty, 0), 2 * PAGE);
	assert_int_equal(vdev_dirty_stop(dirty), 0);
	kernel.most_ranges = 1;
	assert_int_equal(vdev_dirty_start(dirty), 0);
	assert_int_equal(kernel.logged_gaps, 19 * 20 / 2);
	assert_int_equal(vdev_dirty_stop(dirty), 0);
	kernel.most_ranges = 0;
	assert_int_equal(vdev_dirty_start(dirty), -E2BIG);
	assert_said("even one range");
	vdev_dirty_free(dirty);

	/* Gaps of one size: as many are closed as have to be, no more. */
	memset(kernel.mapped, 0, sizeof(kernel.mapped));
	for (uint64_t i = 0; i < 20; i++)
		ranges[i] = pages(i * 20, 10);
	dirty = tracker(ranges, 20);
	assert_int_equal(vdev_dirty_add_file(dirty, &file), 0);
	kernel.most_ranges = 10;
	assert_int_equal(vdev_dirty_start(dirty), 0);
	assert_int_equal(kernel.logged, 10);
	assert_int_equal(kernel.logged_gaps, 100);
	vdev_dirty_free(dirty);
}

static void test_unmap(void **state)
{
	struct vdev_iova_range ranges[] = { pages(0, 100), pages(200, 100) };
	struct vdev_dirty *dirty = tracker(ranges, 2);
	const struct vdev_iova_range *left;
	struct vdev_bitmap *bitmap = NULL;
	uint64_t unmapped = 0;
	size_t count;

	(void)state;
	add_all(dirty);
	assert_int_equal(vdev_dirty_new_bitmap(dirty, 0, &bitmap), 0);
	assert_int_equal(
		vdev_dirty_unmap(dirty, &ioas, BASE, PAGE, bitmap, &unmapped),
		-EINVAL);
	assert_int_equal(vdev_dirty_start(dirty), 0);
	kernel.type1.dirty[30] = true;
	kernel.hwpt.dirty[31] = true;
	kernel.device.dirty[32] = true;
	kernel.type1.dirty[250] = true;
	/* Out of the middle of a range: two are left of it. */
	assert_int_equal(vdev_dirty_unmap(dirty, &ioas, BASE + 20 * PAGE,
					  20 * PAGE, bitmap, &unmapped),
			 0);
	assert_int_equal(unmapped, 20 * PAGE);
	assert_int_equal(vdev_bitmap_count(bitmap), 3);
	assert_int_equal(
		vdev_bitmap_count_range(bitmap, BASE + 30 * PAGE, 3 * PAGE), 3);
	left = vdev_dirty_ranges(dirty, &count);
	assert_int_equal(count, 3);
	assert_int_equal(left[0].last, BASE + 20 * PAGE - 1);
	assert_int_equal(left[1].start, BASE + 40 * PAGE);
	assert_int_equal(left[2].start, BASE + 200 * PAGE);
	/* All the rest, with the gap, in an iommufd's way. */
	assert_int_equal(vdev_dirty_unmap(dirty, &fd_ioas, BASE, 300 * PAGE,
					  bitmap, &unmapped),
			 0);
	assert_int_equal(unmapped, 180 * PAGE);
	assert_true(vdev_bitmap_test(bitmap, BASE + 250 * PAGE));
	vdev_dirty_ranges(dirty, &count);
	assert_int_equal(count, 0);
	assert_int_equal(
		vdev_dirty_unmap(dirty, &ioas, BASE, PAGE, bitmap, NULL),
		-ENOENT);
	assert_int_equal(vdev_dirty_unmap(dirty, &ioas, BASE, 0, bitmap, NULL),
			 -EOVERFLOW);
	vdev_bitmap_free(bitmap);
	assert_int_equal(vdev_dirty_new_bitmap(dirty, 0, &bitmap), -EINVAL);
	vdev_dirty_free(dirty);
}

static void test_arguments(void **state)
{
	struct vdev_iova_range ranges[] = { pages(20, 10), pages(10, 10) };
	struct vdev_iova_range odd = { BASE + 1, BASE + PAGE - 1 };
	struct vdev_iova_range end = { 0, UINT64_MAX };
	struct vdev_dirty *dirty = NULL;
	struct vdev_bitmap *bitmap = NULL;
	size_t count;

	(void)state;
	assert_int_equal(vdev_dirty_new(ctx, ranges, 0, PAGE, &dirty), -EINVAL);
	assert_int_equal(vdev_dirty_new(ctx, ranges, 2, 2048, &dirty), -EINVAL);
	assert_int_equal(vdev_dirty_new(ctx, ranges, 2, 5000, &dirty), -EINVAL);
	assert_int_equal(vdev_dirty_new(ctx, &odd, 1, PAGE, &dirty), -EINVAL);
	ranges[0].start -= PAGE;
	assert_int_equal(vdev_dirty_new(ctx, ranges, 2, PAGE, &dirty), -EINVAL);
	assert_said("overlap");
	assert_null(dirty);
	ranges[0].start += PAGE;

	/* Neighbours are one. */
	dirty = tracker(ranges, 2);
	vdev_dirty_ranges(dirty, &count);
	assert_int_equal(count, 1);
	assert_int_equal(vdev_dirty_start(dirty), -EINVAL);
	assert_said("add a source");
	assert_int_equal(vdev_dirty_add_ioas(dirty, &fd_ioas), -EOPNOTSUPP);
	container.type1_set = false;
	assert_int_equal(vdev_dirty_add_ioas(dirty, &ioas), -ENODEV);
	container.type1_set = true;
	kernel.no_capability = true;
	assert_int_equal(vdev_dirty_add_ioas(dirty, &ioas), -EOPNOTSUPP);
	assert_said("5.8");
	kernel.no_capability = false;
	assert_int_equal(vdev_dirty_source_count(dirty), 0);
	add_all(dirty);
	assert_int_equal(vdev_dirty_source_count(dirty), 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(vdev_dirty_source_kind(dirty, i), i);
	assert_int_equal(vdev_bitmap_new(ctx, BASE, 15 * PAGE, PAGE, &bitmap),
			 0);
	assert_int_equal(vdev_dirty_report(dirty, bitmap, 0), -EINVAL);
	assert_int_equal(vdev_dirty_start(dirty), 0);
	assert_int_equal(vdev_dirty_start(dirty), -EBUSY);
	assert_int_equal(vdev_dirty_add_file(dirty, &file), -EBUSY);
	assert_int_equal(vdev_dirty_report(dirty, bitmap, 0), -ERANGE);
	vdev_bitmap_free(bitmap);
	vdev_dirty_free(dirty);
	vdev_dirty_free(NULL);

	dirty = tracker(&end, 1);
	assert_int_equal(vdev_dirty_new_bitmap(dirty, 0, &bitmap), -EOVERFLOW);
	vdev_dirty_free(dirty);
	assert_string_equal(vdev_dirty_kind_name(VDEV_DIRTY_TYPE1), "type1");
	assert_string_equal(vdev_dirty_kind_name((enum vdev_dirty_kind)7),
			    "unknown");
}

/* What the kernel's refusals are called. */
static void test_errors(void **state)
{
	static const struct {
		unsigned long request;
		int error, result;
		const char *word;
		bool at_report;
	} cases[] = {
		{ VFIO_IOMMU_DIRTY_PAGES, -ENOTTY, -EOPNOTSUPP, "5.8", false },
		{ VFIO_IOMMU_DIRTY_PAGES, -EINVAL, -EINVAL, "more of them",
		  false },
		{ VFIO_IOMMU_DIRTY_PAGES, -EINVAL, -EINVAL, "only in part",
		  true },
		{ VFIO_IOMMU_DIRTY_PAGES, -EFAULT, -EFAULT, "cannot read",
		  true },
		{ IOMMU_HWPT_SET_DIRTY_TRACKING, -ENOTTY, -EOPNOTSUPP, "6.7",
		  false },
		{ IOMMU_HWPT_SET_DIRTY_TRACKING, -EOPNOTSUPP, -EOPNOTSUPP,
		  "cannot track", false },
		{ IOMMU_HWPT_SET_DIRTY_TRACKING, -ENOENT, -ENOENT, "no HWPT 9",
		  false },
		{ IOMMU_HWPT_GET_DIRTY_BITMAP, -EINVAL, -EINVAL,
		  "not all of it is mapped", true },
		{ VFIO_DEVICE_FEATURE_DMA_LOGGING_START, -ENOTTY, -EOPNOTSUPP,
		  "cannot log", false },
		{ VFIO_DEVICE_FEATURE_DMA_LOGGING_START, -EBUSY, -EBUSY,
		  "somebody else", false },
		{ VFIO_DEVICE_FEATURE_DMA_LOGGING_START, -ENOSPC, -ENOSPC,
		  "as many pages", false },
		{ VFIO_DEVICE_FEATURE_DMA_LOGGING_START, -EINVAL, -EINVAL,
		  "size of pages", false },
		{ VFIO_DEVICE_FEATURE_DMA_LOGGING_START, -EOVERFLOW, -EOVERFLOW,
		  "end of all", false },
		{ VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT, -EIO, -EIO,
		  "the log of nic", true },
	};
	struct vdev_iova_range range = pages(0, 64);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vdev_dirty *dirty = tracker(&range, 1);
		struct vdev_bitmap *bitmap = NULL;
		int ret;

		add_all(dirty);
		assert_int_equal(vdev_dirty_new_bitmap(dirty, 0, &bitmap), 0);
		if (cases[i].at_report)
			assert_int_equal(vdev_dirty_start(dirty), 0);
		kernel.fails = cases[i].request;
		kernel.error = cases[i].error;
		ret = cases[i].at_report ? vdev_dirty_report(dirty, bitmap, 0)
					 : vdev_dirty_start(dirty);
		assert_int_equal(ret, cases[i].result);
		assert_said(cases[i].word);
		kernel.fails = 0;
		/* Nothing is left on after a start that failed. */
		if (!cases[i].at_report)
			assert_false(kernel.type1.on || kernel.hwpt.on ||
				     kernel.device.on);
		vdev_bitmap_free(bitmap);
		vdev_dirty_free(dirty);
	}
}

static void sweep(struct failnth *fail, void *data)
{
	struct vdev_iova_range ranges[] = { pages(0, 10), pages(20, 10) };
	struct vdev_bitmap *bitmap = NULL;
	struct vdev_dirty *dirty = NULL;
	struct vdev_hwpt *hwpt = NULL;
	int ret;

	(void)data;
	assert_int_equal(vdev_hwpt_import(&iommufd, HWPT, 0, &hwpt), 0);
	failnth_start(fail, &ctx->sys);
	ret = vdev_dirty_new(ctx, ranges, 2, PAGE, &dirty);
	if (!ret)
		ret = vdev_dirty_add_ioas(dirty, &ioas);
	if (!ret)
		ret = vdev_dirty_add_hwpt(dirty, hwpt);
	if (!ret)
		ret = vdev_dirty_add_file(dirty, &file);
	if (!ret)
		ret = vdev_dirty_new_bitmap(dirty, 0, &bitmap);
	if (!ret)
		ret = vdev_dirty_start(dirty);
	if (!ret)
		ret = vdev_dirty_report(dirty, bitmap, 0);
	if (!ret)
		ret = vdev_dirty_unmap(dirty, &ioas, BASE, 10 * PAGE, bitmap,
				       NULL);
	if (!ret)
		ret = vdev_dirty_stop(dirty);
	failnth_stop(fail);
	assert_true(!ret == !failnth_fired(fail));
	vdev_bitmap_free(bitmap);
	vdev_dirty_free(dirty);
	vdev_hwpt_unref(hwpt);
	kernel.type1.on = kernel.hwpt.on = kernel.device.on = false;
}

static void test_failures(void **state)
{
	(void)state;
	failnth_sweep(sweep, NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_arguments), TEST(test_merge), TEST(test_keep),
		TEST(test_combine),   TEST(test_unmap), TEST(test_errors),
		TEST(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
