/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The three who tell which pages are dirty. */

#include <errno.h>
#include <inttypes.h>

#include "kernel/iommufd.h"
#include "kernel/type1.h"
#include "object/dirty.h"
#include "object/file.h"
#include "object/ioas.h"

/* How a range is written in a sentence. */
#define RANGE		"0x%" PRIx64 " to 0x%" PRIx64
#define RANGE_OF(range) (range)->start, (range)->last

/* --- Type 1 */

static struct vdev_iommu *container_of(const struct dirty_source *source)
{
	return source->ioas->iommu;
}

static int type1_facts(struct vdev_iommu *iommu,
		       struct vfio_iommu_type1_info_cap_migration *ret)
{
	_auto_free_ struct vfio_iommu_type1_info *info = NULL;
	int found = type1_info(&iommu->ctx->sys, iommu->fd, &info);

	if (found >= 0)
		found = type1_migration(info, ret);
	if (found < 0)
		return vdev_fail(iommu->ctx, found,
				 "cannot ask the container for its sizes of "
				 "pages: %s",
				 strerror(-found));
	if (!found || !ret->pgsize_bitmap ||
	    ret->max_dirty_bitmap_size < sizeof(uint64_t))
		return iommu_needs(iommu, "dirty tracking of type 1", "5.8",
				   "VFIO_IOMMU_DIRTY_PAGES");
	return 0;
}

int dirty_type1_init(struct vdev_dirty *dirty, struct dirty_source *source)
{
	struct vdev_iommu *iommu = container_of(source);
	struct vfio_iommu_type1_info_cap_migration facts;
	uint64_t most = 0;
	int error;

	if (!iommu->type1_set)
		return vdev_fail(dirty->ctx, -ENODEV,
				 "the container has no device yet, and so "
				 "nothing that could be dirty");
	error = type1_facts(iommu, &facts);
	if (error)
		return error;
	source->page_size = facts.pgsize_bitmap & -facts.pgsize_bitmap;
	for (size_t i = 0; i < dirty->range_count; i++) {
		const struct vdev_iova_range *r = &dirty->ranges[i];

		if ((r->start | (r->last + 1)) & (source->page_size - 1))
			return vdev_fail(
				dirty->ctx, -EINVAL,
				"the container tracks pages of %" PRIu64
				" bytes, which " RANGE " is not a multiple of",
				source->page_size, RANGE_OF(r));
		if (r->last - r->start >= most)
			most = r->last - r->start + 1;
	}
	/* Whole words, and never more than one call may have. */
	source->span = facts.max_dirty_bitmap_size / sizeof(uint64_t) *
		       BITS_WORD * source->page_size;
	if (most > source->span)
		most = source->span;
	source->words = calloc(
		bits_words(most >> __builtin_ctzll(facts.pgsize_bitmap)) + 1,
		sizeof(*source->words));
	if (!source->words)
		return vdev_fail(dirty->ctx, -ENOMEM,
				 "no memory for the bitmaps of a container");
	return 0;
}

static int type1_start(struct vdev_dirty *dirty, struct dirty_source *source)
{
	struct vdev_iommu *iommu = container_of(source);
	int error = type1_dirty(&iommu->ctx->sys, iommu->fd,
				VFIO_IOMMU_DIRTY_PAGES_FLAG_START);

	switch (error) {
	case 0:
		source->range_count = dirty->range_count;
		return 0;
	case -ENOTTY:
		return iommu_needs(iommu, "dirty tracking of type 1", "5.8",
				   "VFIO_IOMMU_DIRTY_PAGES");
	case -EINVAL:
		return vdev_fail(source->ctx, error,
				 "the container cannot track dirty pages: one "
				 "of its mappings has more of them than a "
				 "bitmap may have");
	case -ENOMEM:
		return iommu_no_memory(iommu, "the kernel's dirty bitmaps", 0);
	default:
		return vdev_fail(source->ctx, error,
				 "the container cannot track dirty pages: %s",
				 strerror(-error));
	}
}

static int type1_stop(struct dirty_source *source)
{
	struct vdev_iommu *iommu = container_of(source);
	int error = type1_dirty(&iommu->ctx->sys, iommu->fd,
				VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP);

	return error ? vdev_fail(source->ctx, error,
				 "dirty tracking of the container cannot be "
				 "stopped: %s",
				 strerror(-error))
		     : 0;
}

static struct vfio_bitmap bitmap_for(const struct vdev_iova_range *range,
				     uint64_t page_size, uint64_t *words)
{
	uint64_t pages = (range->last - range->start) / page_size + 1;

	return (struct vfio_bitmap){
		.pgsize = page_size,
		.size = bits_words(pages) * sizeof(*words),
		.data = words,
	};
}

static int type1_failed(struct dirty_source *source,
			const struct vdev_iova_range *range, int error)
{
	if (error == -EINVAL)
		return vdev_fail(source->ctx, error,
				 "the container has no dirty bitmap of " RANGE
				 ": a mapping is only in part in it, or "
				 "tracking was stopped",
				 RANGE_OF(range));
	return vdev_fail(source->ctx, error,
			 "cannot read the container's dirty bitmap of " RANGE
			 ": %s",
			 RANGE_OF(range), strerror(-error));
}

static int type1_report(struct dirty_source *source,
			const struct vdev_iova_range *range, uint64_t page_size,
			uint64_t *words, bool keep)
{
	struct vdev_iommu *iommu = container_of(source);
	struct vfio_bitmap bitmap = bitmap_for(range, page_size, words);
	int error;

	(void)keep;
	error = type1_dirty_bitmap(&iommu->ctx->sys, iommu->fd, range->start,
				   range_length(range), &bitmap);
	return error ? type1_failed(source, range, error) : 0;
}

int dirty_type1_unmap(struct dirty_source *source,
		      const struct vdev_iova_range *range, uint64_t *unmapped)
{
	struct vdev_iommu *iommu = container_of(source);
	struct vfio_bitmap bitmap =
		bitmap_for(range, source->page_size, source->words);
	int error = type1_unmap_dirty(&iommu->ctx->sys, iommu->fd, range->start,
				      range_length(range), &bitmap, unmapped);

	return error ? type1_failed(source, range, error) : 0;
}

static void type1_release(struct dirty_source *source)
{
	vdev_ioas_unref(source->ioas);
}

const struct dirty_ops dirty_type1 = {
	.kind = VDEV_DIRTY_TYPE1,
	.start = type1_start,
	.stop = type1_stop,
	.report = type1_report,
	.release = type1_release,
};

/* --- HWPT */

static int hwpt_failed(struct dirty_source *source, const char *what, int error)
{
	struct vdev_iommu *iommu = vdev_hwpt_iommu(source->hwpt);
	uint32_t id = vdev_hwpt_id(source->hwpt);

	switch (error) {
	case -ENOTTY:
		return iommu_needs(iommu, "dirty tracking of a HWPT", "6.7",
				   "IOMMU_HWPT_SET_DIRTY_TRACKING");
	case -EOPNOTSUPP:
		vdev_fail(source->ctx, error,
			  "HWPT %u cannot track dirty pages", id);
		return vdev_hint(source->ctx, error,
				 "it has to be made for that "
				 "(VDEV_HWPT_DIRTY_TRACKING, hwpt alloc "
				 "--dirty-tracking), and its IOMMU has to be "
				 "able to");
	case -ENOENT:
		return vdev_fail(source->ctx, error,
				 "the iommufd has no HWPT %u", id);
	default:
		return vdev_fail(source->ctx, error, "%s of HWPT %u failed: %s",
				 what, id, strerror(-error));
	}
}

static int set_hwpt(struct dirty_source *source, bool enable)
{
	struct vdev_iommu *iommu = vdev_hwpt_iommu(source->hwpt);

	return iommufd_set_dirty_tracking(&iommu->ctx->sys, iommu->fd,
					  vdev_hwpt_id(source->hwpt), enable);
}

static int hwpt_start(struct vdev_dirty *dirty, struct dirty_source *source)
{
	int error = set_hwpt(source, true);

	if (error)
		return hwpt_failed(source, "dirty tracking", error);
	source->range_count = dirty->range_count;
	return 0;
}

static int hwpt_stop(struct dirty_source *source)
{
	int error = set_hwpt(source, false);

	return error ? hwpt_failed(source, "ending dirty tracking", error) : 0;
}

static int hwpt_report(struct dirty_source *source,
		       const struct vdev_iova_range *range, uint64_t page_size,
		       uint64_t *words, bool keep)
{
	struct vdev_iommu *iommu = vdev_hwpt_iommu(source->hwpt);
	struct iommu_hwpt_get_dirty_bitmap arg = {
		.hwpt_id = vdev_hwpt_id(source->hwpt),
		.flags = keep ? IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR : 0,
		.iova = range->start,
		.length = range_length(range),
		.page_size = page_size,
		.data = (uintptr_t)words,
	};
	int error = iommufd_get_dirty_bitmap(&iommu->ctx->sys, iommu->fd, &arg);

	if (error == -EINVAL)
		return vdev_fail(source->ctx, error,
				 "HWPT %u has no dirty bitmap of " RANGE
				 ": not all of it is mapped, or not in whole "
				 "pages of %" PRIu64 " bytes",
				 arg.hwpt_id, RANGE_OF(range), page_size);
	return error ? hwpt_failed(source, "the dirty bitmap", error) : 0;
}

static void hwpt_release(struct dirty_source *source)
{
	vdev_hwpt_unref(source->hwpt);
}

const struct dirty_ops dirty_hwpt = {
	.kind = VDEV_DIRTY_HWPT,
	.keeps = true,
	.adds = true,
	.start = hwpt_start,
	.stop = hwpt_stop,
	.report = hwpt_report,
	.release = hwpt_release,
};

/* --- Devices */

/* The kernel takes as many ranges as fit into one of its smallest pages. */
#define MOST_RANGES \
	(4096 / sizeof(struct vfio_device_feature_dma_logging_range))

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? 1 : x > y ? -1 : 0;
}

/*
 * Makes at most `most` ranges of those that are tracked, by closing the
 * smallest gaps; `gaps` has room for one each. Return: how many.
 */
static uint32_t combine(const struct vdev_dirty *dirty, size_t most,
			uint64_t *gaps,
			struct vfio_device_feature_dma_logging_range *out)
{
	const struct vdev_iova_range *r = dirty->ranges;
	size_t n = dirty->range_count, start = 0, spare = most - 1;
	uint64_t smallest = 0;
	uint32_t count = 0;

	for (size_t i = 1; i < n; i++)
		gaps[i - 1] = r[i].start - r[i - 1].last;
	if (n > most) {
		qsort(gaps, n - 1, sizeof(*gaps), by_size);
		/* Larger gaps stay, and as many of this size as may. */
		smallest = gaps[spare];
		for (size_t i = 0; i < n - 1 && gaps[i] > smallest; i++)
			spare--;
	}
	for (size_t i = 1; i <= n; i++) {
		uint64_t gap = i < n ? r[i].start - r[i - 1].last : UINT64_MAX;

		if (gap < smallest)
			continue;
		if (i < n && gap == smallest && !spare)
			continue;
		if (i < n && gap == smallest && smallest)
			spare--;
		out[count].iova = r[start].start;
		out[count].length = r[i - 1].last - r[start].start + 1;
		count++;
		start = i;
	}
	return count;
}

static int device_failed(struct dirty_source *source, const char *what,
			 int error)
{
	const char *name = source->file->name;

	switch (error) {
	case -ENOTTY:
		return vdev_fail(source->ctx, -EOPNOTSUPP,
				 "%s cannot log its DMA: its driver does not, "
				 "or the kernel is older than Linux 6.1",
				 name);
	case -EBUSY:
		return vdev_fail(source->ctx, error,
				 "%s logs its DMA already, for somebody else",
				 name);
	case -E2BIG:
		return vdev_fail(source->ctx, error,
				 "%s cannot log even one range", name);
	case -ENOSPC:
		return vdev_fail(source->ctx, error,
				 "%s cannot log as many pages", name);
	case -EOVERFLOW:
		return vdev_fail(source->ctx, error,
				 "%s cannot log a range that goes to the end "
				 "of all addresses",
				 name);
	case -EINVAL:
		return vdev_fail(source->ctx, error,
				 "%s of %s was refused: it cannot do these "
				 "ranges or this size of pages, or does not "
				 "log at all",
				 what, name);
	default:
		return vdev_fail(source->ctx, error, "%s of %s failed: %s",
				 what, name, strerror(-error));
	}
}

static int device_start(struct vdev_dirty *dirty, struct dirty_source *source)
{
	_auto_free_ struct vfio_device_feature_dma_logging_range *ranges =
		calloc(MOST_RANGES, sizeof(*ranges));
	_auto_free_ uint64_t *gaps = calloc(dirty->range_count, sizeof(*gaps));
	size_t most = MOST_RANGES;
	uint64_t page_size;
	uint32_t count;
	int error;

	if (!ranges || !gaps)
		return vdev_fail(source->ctx, -ENOMEM, "out of memory");
	/* How many it takes is not told: try, and try half of it. */
	do {
		page_size = dirty->page_size;
		count = combine(dirty, most, gaps, ranges);
		error = vfio_log_start(file_sys(source->file), source->file->fd,
				       ranges, count, &page_size);
		most = count / 2;
	} while (error == -E2BIG && most);
	if (error)
		return device_failed(source, "logging", error);
	source->range_count = count;
	source->page_size = page_size;
	return 0;
}

static int device_stop(struct dirty_source *source)
{
	int error = vfio_log_stop(file_sys(source->file), source->file->fd);

	return error < 0 ? device_failed(source, "ending the log", error) : 0;
}

static int device_report(struct dirty_source *source,
			 const struct vdev_iova_range *range,
			 uint64_t page_size, uint64_t *words, bool keep)
{
	struct vfio_device_feature_dma_logging_report report = {
		.iova = range->start,
		.length = range_length(range),
		.page_size = page_size,
		.bitmap = (uintptr_t)words,
	};
	int error;

	(void)keep;
	error = vfio_log_report(file_sys(source->file), source->file->fd,
				&report);
	return error < 0 ? device_failed(source, "the log", error) : 0;
}

static void device_release(struct dirty_source *source)
{
	vdev_file_unref(source->file);
}

const struct dirty_ops dirty_device = {
	.kind = VDEV_DIRTY_DEVICE,
	.adds = true,
	.start = device_start,
	.stop = device_stop,
	.report = device_report,
	.release = device_release,
};
