/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "object/dirty.h"

#include <errno.h>
#include <inttypes.h>

#include <libvdev/iommu.h>

#include "object/file.h"
#include "object/ioas.h"

/* No report is of smaller pages. */
#define SMALLEST_PAGE 4096
/*
 * Pieces of a report end at multiples of this: what an IOMMU maps by one large
 * page it clears as one, so a piece must not end within.
 */
#define PIECE (1ULL << 30)

const char *vdev_dirty_kind_name(enum vdev_dirty_kind kind)
{
	static const char *const names[] = {
		[VDEV_DIRTY_TYPE1] = "type1",
		[VDEV_DIRTY_HWPT] = "hwpt",
		[VDEV_DIRTY_DEVICE] = "device",
	};

	return (size_t)kind < ARRAY_SIZE(names) ? names[kind] : "unknown";
}

static int by_start(const void *a, const void *b)
{
	const struct vdev_iova_range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Sorts ranges and joins neighbours. Return: 0, or -EINVAL with a sentence. */
static int take_ranges(struct vdev_dirty *dirty,
		       const struct vdev_iova_range *ranges, size_t count)
{
	struct vdev_iova_range *kept = dirty->ranges;

	memcpy(kept, ranges, count * sizeof(*kept));
	qsort(kept, count, sizeof(*kept), by_start);
	for (size_t i = 0; i < count; i++) {
		struct vdev_iova_range r = kept[i], *last;

		if (r.last < r.start ||
		    (r.start | (r.last + 1)) & (dirty->page_size - 1))
			return vdev_fail(dirty->ctx, -EINVAL,
					 "0x%" PRIx64 " to 0x%" PRIx64
					 " is no range of whole pages of "
					 "%" PRIu64 " bytes",
					 r.start, r.last, dirty->page_size);
		last = dirty->range_count ? &kept[dirty->range_count - 1]
					  : NULL;
		if (last && r.start <= last->last)
			return vdev_fail(dirty->ctx, -EINVAL,
					 "ranges to be tracked overlap at "
					 "0x%" PRIx64,
					 r.start);
		if (last && r.start == last->last + 1)
			last->last = r.last;
		else
			kept[dirty->range_count++] = r;
	}
	return 0;
}

int vdev_dirty_new(struct vdev_ctx *ctx, const struct vdev_iova_range *ranges,
		   size_t count, uint64_t page_size, struct vdev_dirty **ret)
{
	struct vdev_dirty *dirty;
	int error;

	if (page_size < SMALLEST_PAGE || page_size & (page_size - 1))
		return vdev_fail(ctx, -EINVAL,
				 "pages to be tracked have a power of two of "
				 "bytes, 4096 or more, not %" PRIu64,
				 page_size);
	if (!count)
		return vdev_fail(ctx, -EINVAL,
				 "nothing is mapped that could be tracked");
	dirty = calloc(1, sizeof(*dirty));
	if (!dirty)
		return vdev_fail(ctx, -ENOMEM, "out of memory");
	dirty->ctx = vdev_ctx_ref(ctx);
	dirty->page_size = page_size;
	dirty->ranges = calloc(count, sizeof(*dirty->ranges));
	error = dirty->ranges ? take_ranges(dirty, ranges, count)
			      : vdev_fail(ctx, -ENOMEM, "out of memory");
	if (error) {
		vdev_dirty_free(dirty);
		return error;
	}
	*ret = dirty;
	return 0;
}

void vdev_dirty_free(struct vdev_dirty *dirty)
{
	if (!dirty)
		return;
	if (vdev_dirty_stop(dirty))
		vdev_log(dirty->ctx, VDEV_LOG_WARNING, "%s",
			 vdev_ctx_last_error(dirty->ctx));
	for (size_t i = 0; i < dirty->source_count; i++) {
		dirty->sources[i].ops->release(&dirty->sources[i]);
		free(dirty->sources[i].words);
	}
	free(dirty->sources);
	free(dirty->ranges);
	vdev_ctx_unref(dirty->ctx);
	free(dirty);
}

/* Adds a source, with nothing it holds. Return: NULL with a sentence. */
static struct dirty_source *add_source(struct vdev_dirty *dirty,
				       const struct dirty_ops *ops, int *error)
{
	struct dirty_source source = {
		.ops = ops,
		.ctx = dirty->ctx,
		.page_size = dirty->page_size,
		.range_count = dirty->range_count,
	};

	*error = 0;
	if (dirty->started)
		*error = vdev_fail(dirty->ctx, -EBUSY,
				   "dirty tracking is started: stop it to add "
				   "a source");
	else if (array_reserve(&dirty->sources, dirty->source_count,
			       sizeof(source)))
		*error = vdev_fail(dirty->ctx, -ENOMEM, "out of memory");
	if (*error)
		return NULL;
	dirty->sources[dirty->source_count] = source;
	return &dirty->sources[dirty->source_count];
}

/* Room for pieces of what does not fit the words of the caller's bitmap. */
static int add_words(struct vdev_dirty *dirty, struct dirty_source *source)
{
	source->span = dirty->page_size * BITS_WORD > PIECE
			       ? dirty->page_size * BITS_WORD
			       : PIECE;
	source->words = calloc(bits_words(source->span / dirty->page_size),
			       sizeof(*source->words));
	return source->words ? 0
			     : vdev_fail(dirty->ctx, -ENOMEM, "out of memory");
}

int vdev_dirty_add_ioas(struct vdev_dirty *dirty, struct vdev_ioas *ioas)
{
	struct dirty_source *source;
	int error;

	if (ioas->iommu->kind != VDEV_IOMMU_TYPE1) {
		vdev_fail(dirty->ctx, -EOPNOTSUPP,
			  "the address space of an iommufd does not tell which "
			  "pages are dirty");
		return vdev_hint(dirty->ctx, -EOPNOTSUPP,
				 "its HWPTs do, if made for that, and devices "
				 "that log their DMA");
	}
	source = add_source(dirty, &dirty_type1, &error);
	if (!source)
		return error;
	source->ioas = ioas;
	error = dirty_type1_init(dirty, source);
	if (error)
		return error;
	vdev_ioas_ref(ioas);
	dirty->source_count++;
	return 0;
}

int vdev_dirty_add_hwpt(struct vdev_dirty *dirty, struct vdev_hwpt *hwpt)
{
	int error;
	struct dirty_source *source = add_source(dirty, &dirty_hwpt, &error);

	if (source)
		error = add_words(dirty, source);
	if (error)
		return error;
	source->hwpt = vdev_hwpt_ref(hwpt);
	dirty->source_count++;
	return 0;
}

int vdev_dirty_add_file(struct vdev_dirty *dirty, struct vdev_file *file)
{
	struct dirty_source *source;
	int error = vdev_file_feature(file, VDEV_FEATURE_DMA_LOGGING_START);

	if (error < 0)
		return error;
	if (!error)
		return vdev_fail(dirty->ctx, -EOPNOTSUPP,
				 "%s cannot log its DMA: its driver does not, "
				 "or the kernel is older than Linux 6.1",
				 file->name);
	source = add_source(dirty, &dirty_device, &error);
	if (source)
		error = add_words(dirty, source);
	if (error)
		return error;
	source->file = vdev_file_ref(file);
	dirty->source_count++;
	return 0;
}

size_t vdev_dirty_source_count(const struct vdev_dirty *dirty)
{
	return dirty->source_count;
}

enum vdev_dirty_kind vdev_dirty_source_kind(const struct vdev_dirty *dirty,
					    size_t index)
{
	return dirty->sources[index].ops->kind;
}

uint64_t vdev_dirty_source_page_size(const struct vdev_dirty *dirty,
				     size_t index)
{
	return dirty->sources[index].page_size;
}

size_t vdev_dirty_source_ranges(const struct vdev_dirty *dirty, size_t index)
{
	return dirty->sources[index].range_count;
}

const struct vdev_iova_range *vdev_dirty_ranges(const struct vdev_dirty *dirty,
						size_t *count)
{
	if (count)
		*count = dirty->range_count;
	return dirty->ranges;
}

int vdev_dirty_new_bitmap(const struct vdev_dirty *dirty, uint64_t page_size,
			  struct vdev_bitmap **ret)
{
	uint64_t size = page_size ? page_size : dirty->page_size;
	uint64_t start, last;

	if (!dirty->range_count)
		return vdev_fail(dirty->ctx, -EINVAL,
				 "nothing is tracked any more");
	/* Rounded to its pages; what is no power of two is refused below. */
	start = dirty->ranges[0].start & -size;
	last = dirty->ranges[dirty->range_count - 1].last | (size - 1);
	if (last - start == UINT64_MAX)
		return vdev_fail(dirty->ctx, -EOVERFLOW,
				 "a bitmap cannot have all addresses");
	return vdev_bitmap_new(dirty->ctx, start, last - start + 1, size, ret);
}

int vdev_dirty_start(struct vdev_dirty *dirty)
{
	int error = 0;

	if (dirty->started)
		return vdev_fail(dirty->ctx, -EBUSY,
				 "dirty tracking is started already");
	if (!dirty->source_count)
		return vdev_fail(dirty->ctx, -EINVAL,
				 "there is nobody to tell which pages are "
				 "dirty: add a source first");
	for (size_t i = 0; i < dirty->source_count && !error; i++) {
		struct dirty_source *source = &dirty->sources[i];

		error = source->ops->start(dirty, source);
		source->started = !error;
	}
	/* The sentence stays that of the failure. */
	for (size_t i = 0; error && i < dirty->source_count; i++) {
		if (dirty->sources[i].started)
			(void)dirty->sources[i].ops->stop(&dirty->sources[i]);
		dirty->sources[i].started = false;
	}
	dirty->started = !error;
	return error;
}

int vdev_dirty_stop(struct vdev_dirty *dirty)
{
	int error = 0;

	for (size_t i = 0; i < dirty->source_count; i++) {
		struct dirty_source *source = &dirty->sources[i];
		int ret = source->started ? source->ops->stop(source) : 0;

		source->started = false;
		if (!error)
			error = ret;
	}
	dirty->started = false;
	return error;
}

/* Adds what a source wrote to its own words to a bitmap. */
static int take_words(const struct dirty_source *source, uint64_t page_size,
		      const struct vdev_iova_range *range,
		      struct vdev_bitmap *bitmap)
{
	const struct vdev_bitmap view = {
		.ctx = source->ctx,
		.ops = bitmap->ops,
		.start = range->start,
		.length = range_length(range),
		.shift = (unsigned int)__builtin_ctzll(page_size),
		.pages = range_length(range) / page_size,
		.words = source->words,
	};

	/* What may be set behind the last page is of no page. */
	bits_clear(view.words, view.pages,
		   bits_words(view.pages) * BITS_WORD - view.pages);
	return vdev_bitmap_or(bitmap, &view);
}

static void clear_words(const struct dirty_source *source, uint64_t page_size,
			const struct vdev_iova_range *range)
{
	memset(source->words, 0,
	       bits_words(range_length(range) / page_size) *
		       sizeof(*source->words));
}

/* The part of a range up to where the source's words end. */
static struct vdev_iova_range piece_of(const struct dirty_source *source,
				       const struct vdev_iova_range *range)
{
	struct vdev_iova_range piece = *range;
	uint64_t room = source->span;

	/* Cut at a multiple; a range of type 1 is no larger than it may. */
	if (source->ops->adds)
		room -= range->start % source->span;
	if (room && piece.last - piece.start >= room)
		piece.last = piece.start + (room - 1);
	return piece;
}

/* Whether the words of a bitmap can be given to the kernel for a range. */
static bool fits(const struct vdev_bitmap *bitmap,
		 const struct vdev_iova_range *range)
{
	uint64_t mask = (1ULL << bitmap->shift) - 1;

	return 1ULL << bitmap->shift >= SMALLEST_PAGE &&
	       !((range->start | (range->last + 1)) & mask) &&
	       !((range->start - bitmap->start) >> bitmap->shift & 63);
}

static int report_range(struct dirty_source *source, uint64_t page_size,
			struct vdev_bitmap *bitmap,
			const struct vdev_iova_range *range, bool keep)
{
	const struct dirty_ops *ops = source->ops;
	struct vdev_iova_range rest = *range;
	int error;

	if (ops->adds && fits(bitmap, range))
		return ops->report(source, range, 1ULL << bitmap->shift,
				   bitmap->words +
					   ((range->start - bitmap->start) >>
					    bitmap->shift) /
						   BITS_WORD,
				   keep);
	for (;;) {
		struct vdev_iova_range piece = piece_of(source, &rest);

		clear_words(source, page_size, &piece);
		error = ops->report(source, &piece, page_size, source->words,
				    keep);
		if (!error)
			error = take_words(source, page_size, &piece, bitmap);
		if (error || piece.last == range->last)
			return error;
		rest.start = piece.last + 1;
	}
}

/* The size of the pages a source reports to its own words. */
static uint64_t page_size_of(const struct vdev_dirty *dirty,
			     const struct dirty_source *source)
{
	return source->ops->adds ? dirty->page_size : source->page_size;
}

static int check_report(const struct vdev_dirty *dirty,
			const struct vdev_bitmap *bitmap,
			const struct vdev_iova_range *range, unsigned int flags)
{
	if (!dirty->started)
		return vdev_fail(dirty->ctx, -EINVAL,
				 "dirty tracking is not started");
	if (range->start < bitmap->start ||
	    range->last - bitmap->start > bitmap->length - 1)
		return vdev_fail(dirty->ctx, -ERANGE,
				 "the bitmap does not have all of 0x%" PRIx64
				 " to 0x%" PRIx64,
				 range->start, range->last);
	for (size_t i = 0; i < dirty->source_count; i++)
		if (flags & VDEV_DIRTY_KEEP && !dirty->sources[i].ops->keeps)
			return vdev_fail(
				dirty->ctx, -EOPNOTSUPP,
				"only HWPTs report pages and leave them dirty, "
				"and one source is of the sort %s",
				vdev_dirty_kind_name(
					dirty->sources[i].ops->kind));
	return 0;
}

int vdev_dirty_report(struct vdev_dirty *dirty, struct vdev_bitmap *bitmap,
		      unsigned int flags)
{
	int error = 0;

	if (!dirty->started)
		return vdev_fail(dirty->ctx, -EINVAL,
				 "dirty tracking is not started");
	if (flags & ~(unsigned int)VDEV_DIRTY_KEEP)
		return vdev_fail(dirty->ctx, -EINVAL,
				 "there is no such way to report (flags 0x%x)",
				 flags);
	for (size_t i = 0; i < dirty->range_count && !error; i++)
		error = check_report(dirty, bitmap, &dirty->ranges[i], flags);
	for (size_t i = 0; i < dirty->source_count && !error; i++) {
		struct dirty_source *source = &dirty->sources[i];

		for (size_t j = 0; j < dirty->range_count && !error; j++)
			error = report_range(
				source, page_size_of(dirty, source), bitmap,
				&dirty->ranges[j], flags & VDEV_DIRTY_KEEP);
	}
	return error;
}

/* Takes a range out of what is tracked; there is room for one more. */
static void forget_range(struct vdev_dirty *dirty,
			 const struct vdev_iova_range *range)
{
	struct vdev_iova_range *r = dirty->ranges;
	size_t i = 0;

	while (i < dirty->range_count) {
		struct vdev_iova_range old = r[i];

		if (old.last < range->start || old.start > range->last) {
			i++;
			continue;
		}
		memmove(&r[i], &r[i + 1],
			(dirty->range_count - i - 1) * sizeof(*r));
		dirty->range_count--;
		for (unsigned int side = 0; side < 2; side++) {
			struct vdev_iova_range part = old;

			if (side ? old.last <= range->last
				 : old.start >= range->start)
				continue;
			if (side)
				part.start = range->last + 1;
			else
				part.last = range->start - 1;
			memmove(&r[i + 1], &r[i],
				(dirty->range_count - i) * sizeof(*r));
			r[i++] = part;
			dirty->range_count++;
		}
	}
}

/* The source that unmaps and reports in one step; or NULL. */
static struct dirty_source *unmapper(struct vdev_dirty *dirty,
				     const struct vdev_ioas *ioas)
{
	for (size_t i = 0; i < dirty->source_count; i++)
		if (dirty->sources[i].ioas == ioas)
			return &dirty->sources[i];
	return NULL;
}

/* Unmaps a range piece by piece, each with its report. */
static int unmap_by(struct dirty_source *source, struct vdev_bitmap *bitmap,
		    const struct vdev_iova_range *range, uint64_t *unmapped)
{
	struct vdev_iova_range rest = *range;

	for (;;) {
		struct vdev_iova_range piece = piece_of(source, &rest);
		uint64_t count = 0;
		int error;

		clear_words(source, source->page_size, &piece);
		error = dirty_type1_unmap(source, &piece, &count);
		if (!error)
			error = take_words(source, source->page_size, &piece,
					   bitmap);
		*unmapped += count;
		if (error || piece.last == range->last)
			return error;
		rest.start = piece.last + 1;
	}
}

/* Of a part of one range that is tracked. */
static int unmap_part(struct vdev_dirty *dirty, struct vdev_ioas *ioas,
		      const struct vdev_iova_range *part,
		      struct vdev_bitmap *bitmap, uint64_t *unmapped)
{
	struct dirty_source *last = unmapper(dirty, ioas);
	uint64_t count = 0;
	int error = 0;

	for (size_t i = 0; i < dirty->source_count && !error; i++) {
		struct dirty_source *source = &dirty->sources[i];

		if (source != last)
			error = report_range(source,
					     page_size_of(dirty, source),
					     bitmap, part, false);
	}
	if (error)
		return error;
	if (last)
		return unmap_by(last, bitmap, part, unmapped);
	error = vdev_ioas_unmap(ioas, part->start, range_length(part), &count);
	*unmapped += count;
	return error;
}

int vdev_dirty_unmap(struct vdev_dirty *dirty, struct vdev_ioas *ioas,
		     uint64_t iova, uint64_t length, struct vdev_bitmap *bitmap,
		     uint64_t *unmapped)
{
	struct vdev_iova_range range = { iova, iova + (length - 1) };
	struct vdev_iova_range *grown;
	uint64_t sum = 0;
	int error;

	if (!length || range.last < iova)
		return vdev_fail(dirty->ctx, -EOVERFLOW,
				 "there is no range of 0x%" PRIx64
				 " bytes at 0x%" PRIx64,
				 length, iova);
	error = check_report(dirty, bitmap, &range, 0);
	if (error)
		return error;
	/* Cutting one out of the middle leaves one more. */
	grown = reallocarray(dirty->ranges, dirty->range_count + 1,
			     sizeof(range));
	if (!grown)
		return vdev_fail(dirty->ctx, -ENOMEM, "out of memory");
	dirty->ranges = grown;
	for (size_t i = 0; i < dirty->range_count && !error;) {
		struct vdev_iova_range part = dirty->ranges[i];

		if (part.last < range.start || part.start > range.last) {
			i++;
			continue;
		}
		if (part.start < range.start)
			part.start = range.start;
		if (part.last > range.last)
			part.last = range.last;
		error = unmap_part(dirty, ioas, &part, bitmap, &sum);
		if (!error)
			forget_range(dirty, &part);
	}
	if (!error && !sum)
		error = vdev_fail(dirty->ctx, -ENOENT,
				  "nothing that is tracked is mapped in "
				  "0x%" PRIx64 " to 0x%" PRIx64,
				  range.start, range.last);
	if (!error && unmapped)
		*unmapped = sum;
	return error;
}
