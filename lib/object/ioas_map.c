/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Mapping: in one call, in pieces, of scatter lists, and where to.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "kernel/iommufd.h"
#include "object/ioas.h"

#define HUGE_PAGE (2ULL << 20)

/* One call of the user's, and how far it is. */
struct job {
	struct vdev_ioas *ioas;
	unsigned int flags;
	uint64_t done;
	uint64_t total;
	unsigned int mappings;
};

/* --- Errors in words */

#define RANGE_SIZE 64

static const char *range_text(uint64_t iova, uint64_t length,
			      char text[RANGE_SIZE])
{
	snprintf(text, RANGE_SIZE, "IOVA 0x%" PRIx64 " to 0x%" PRIx64, iova,
		 iova + length - 1);
	return text;
}

/* Why the kernel found a range wrong: it says no more than EINVAL. */
static int range_failed(const struct vdev_ioas *ioas, const char *name,
			const struct map_source *source, uint64_t iova,
			uint64_t length)
{
	struct vdev_ctx *ctx = ioas->iommu->ctx;
	_auto_free_ struct vdev_iova_range *ranges = NULL;
	char text[RANGE_SIZE];
	uint64_t alignment;
	bool any = iova == VDEV_IOVA_ANY;
	int n = ioas->backend->ranges((struct vdev_ioas *)ioas, &ranges,
				      &alignment);

	range_text(iova, length, text);
	if (n >= 0 &&
	    ((any ? 0 : iova) | source->start | length) & (alignment - 1))
		return vdev_fail(ctx, -EINVAL,
				 "%s: IOVA, %s and length have to be multiples "
				 "of 0x%" PRIx64,
				 name, source->fd < 0 ? "address" : "offset",
				 alignment);
	for (int i = 0; i < n && !any; i++) {
		if (iova < ranges[i].start || iova > ranges[i].last)
			continue;
		if (iova + length - 1 <= ranges[i].last)
			any = true;
	}
	if (n >= 0 && !any) {
		vdev_fail(ctx, -EINVAL,
			  "%s: %s is outside of what the devices can use", name,
			  text);
		return vdev_hint(ctx, -EINVAL,
				 "vdev_ioas_ranges() or vdevctl iommu ranges "
				 "tells which IOVAs can be mapped");
	}
	if (source->fd >= 0)
		return vdev_fail(ctx, -EINVAL,
				 "%s: fd %d is neither a memfd nor a dma-buf "
				 "that this kernel can map, or ends too early",
				 name, source->fd);
	return vdev_fail(ctx, -EINVAL, "%s: the kernel refuses the mapping",
			 name);
}

static int no_space(const struct vdev_ioas *ioas, const char *name,
		    uint64_t iova, uint64_t length)
{
	struct vdev_ctx *ctx = ioas->iommu->ctx;

	if (iova == VDEV_IOVA_ANY)
		return vdev_fail(ctx, -ENOSPC,
				 "%s has no free range of %" PRIu64 " bytes",
				 name, length);
	vdev_fail(ctx, -ENOSPC, "%s holds as many mappings as it may", name);
	return vdev_hint(ctx, -ENOSPC,
			 "see dma_entry_limit of vfio_iommu_type1; larger "
			 "mappings need fewer");
}

static int unsupported(const struct vdev_ioas *ioas, int error,
		       const struct map_source *source)
{
	if (source->fd >= 0 && error == -ENOTTY)
		return iommu_needs(ioas->iommu, "mapping a file", "6.13",
				   "IOMMU_IOAS_MAP_FILE");
	if (source->fd >= 0)
		return vdev_fail(ioas->iommu->ctx, -EOPNOTSUPP,
				 "the kernel cannot map the dma-buf of fd %d",
				 source->fd);
	return vdev_fail(ioas->iommu->ctx, -EOPNOTSUPP,
			 "the kernel cannot map memory for devices");
}

static int map_failed(const struct vdev_ioas *ioas, int error,
		      const struct map_source *source, uint64_t iova,
		      uint64_t length)
{
	struct vdev_ctx *ctx = ioas->iommu->ctx;
	char name[IOAS_NAME_SIZE], text[RANGE_SIZE];

	ioas_name(ioas, name);
	range_text(iova, length, text);
	switch (error) {
	case -EINVAL:
		return range_failed(ioas, name, source, iova, length);
	case -ENOMEM:
		return iommu_no_memory(ioas->iommu, name, length);
	case -ENOSPC:
		return no_space(ioas, name, iova, length);
	case -ENOTTY:
	case -EOPNOTSUPP:
		return unsupported(ioas, error, source);
	case -EEXIST:
		vdev_fail(ctx, error, "%s: something is mapped at %s already",
			  name, text);
		return vdev_hint(ctx, error,
				 "unmap it first: a mapping cannot be "
				 "replaced");
	case -EFAULT:
		return vdev_fail(ctx, error,
				 "%s: the process has no such memory, or not "
				 "for writing",
				 name);
	case -ENODEV:
		if (ioas->iommu->noiommu)
			return iommu_is_noiommu(ioas->iommu);
		vdev_fail(ctx, error, "%s has no device yet", name);
		return vdev_hint(ctx, error,
				 "open a device first: its IOMMU makes the "
				 "address space of a container");
	case -ECANCELED:
		return vdev_fail(ctx, error, "%s: mapping was stopped", name);
	default:
		return vdev_fail(ctx, error, "%s: cannot map %s: %s", name,
				 iova == VDEV_IOVA_ANY ? "memory" : text,
				 strerror(-error));
	}
}

static bool is_sound(uint64_t iova, uint64_t start, uint64_t length,
		     unsigned int flags)
{
	return flags && flags <= (VDEV_MAP_READ | VDEV_MAP_WRITE) && length &&
	       (iova == VDEV_IOVA_ANY || iova + (length - 1) >= iova) &&
	       start + (length - 1) >= start;
}

/* Says what is_sound() found wrong. */
static int range_unsound(const struct vdev_ioas *ioas, uint64_t iova,
			 uint64_t length, unsigned int flags)
{
	struct vdev_ctx *ctx = ioas->iommu->ctx;

	if (!flags || flags > (VDEV_MAP_READ | VDEV_MAP_WRITE))
		return vdev_fail(ctx, -EINVAL,
				 "a mapping is for reading, writing or both, "
				 "and nothing else (flags 0x%x)",
				 flags);
	if (!length)
		return vdev_fail(ctx, -EINVAL, "there is nothing to map");
	return vdev_fail(ctx, -EOVERFLOW,
			 "a range of %" PRIu64 " bytes at IOVA 0x%" PRIx64
			 " ends past all addresses",
			 length, iova);
}

/* --- Mapping */

static int progress(struct job *job, uint64_t length)
{
	struct vdev_ioas *ioas = job->ioas;

	job->done += length;
	job->mappings++;
	if (ioas->progress_fn &&
	    ioas->progress_fn(ioas->progress_data, job->done, job->total))
		return -ECANCELED;
	return 0;
}

static void undo(struct job *job, uint64_t iova, uint64_t length)
{
	char text[RANGE_SIZE];
	uint64_t unmapped;
	int error;

	if (!length)
		return;
	error = job->ioas->backend->unmap(job->ioas, iova, length, &unmapped);
	job->done -= length;
	if (error)
		vdev_log(job->ioas->iommu->ctx, VDEV_LOG_WARNING,
			 "%s stays mapped: %s", range_text(iova, length, text),
			 strerror(-error));
}

/* Maps to a fixed IOVA, in pieces if asked for; all of it or nothing. */
static int map_fixed(struct job *job, const struct map_source *source,
		     uint64_t length, uint64_t iova)
{
	struct vdev_ioas *ioas = job->ioas;
	uint64_t piece = ioas->chunk ? ioas->chunk : length;
	uint64_t done = 0;
	int ret = 0;

	while (!ret && done < length) {
		struct map_source from = { source->fd, source->start + done };
		uint64_t place = iova + done;

		if (piece > length - done)
			piece = length - done;
		ret = ioas->backend->map(ioas, &from, piece, job->flags,
					 &place);
		if (!ret) {
			done += piece;
			ret = progress(job, piece);
		}
	}
	if (ret)
		undo(job, iova, done);
	return ret;
}

/*
 * The lowest place from `*at` on that ends within a range, is `skew` modulo
 * `align`, and not 0.
 */
static bool find_place(const struct vdev_iova_range *ranges, int count,
		       uint64_t length, uint64_t align, uint64_t skew,
		       uint64_t *at)
{
	for (int i = 0; i < count; i++) {
		uint64_t low = *at > ranges[i].start ? *at : ranges[i].start;
		uint64_t place;

		if (!low)
			low = 1;
		place = low + ((skew - low) & (align - 1));
		if (place < low || place > ranges[i].last ||
		    ranges[i].last - place < length - 1)
			continue;
		*at = place;
		return true;
	}
	return false;
}

/*
 * Maps to the first free place from `at` on. What is free is found by trying,
 * with growing strides over what is not: the kernel does not tell how large a
 * mapping is that is in the way.
 */
static int map_from(struct job *job, const struct map_source *source,
		    uint64_t length, const struct vdev_iova_range *ranges,
		    int count, uint64_t align, uint64_t at, uint64_t *iova)
{
	uint64_t stride = length;

	while (find_place(ranges, count, length, align,
			  source->start & (align - 1), &at)) {
		int ret = map_fixed(job, source, length, at);

		if (!ret) {
			*iova = at;
			job->ioas->next_iova = at + length;
		}
		if (ret != -EEXIST)
			return ret;
		if (at + stride < at)
			break;
		at += stride;
		if (stride <= UINT64_MAX / 2)
			stride *= 2;
	}
	return -ENOSPC;
}

/* Maps to where the library chooses. */
static int map_anywhere(struct job *job, const struct map_source *source,
			uint64_t length, uint64_t *iova)
{
	_auto_free_ struct vdev_iova_range *ranges = NULL;
	struct vdev_ioas *ioas = job->ioas;
	uint64_t align;
	int n = ioas->backend->ranges(ioas, &ranges, &align);
	int ret;

	if (n < 0)
		return n;
	if ((source->start | length) & (align - 1))
		return -EINVAL;
	/* Memory in large pages can be mapped in large pages then. */
	if (length >= HUGE_PAGE && align < HUGE_PAGE)
		align = HUGE_PAGE;
	ret = map_from(job, source, length, ranges, n, align, ioas->next_iova,
		       iova);
	if (ret == -ENOSPC && ioas->next_iova)
		ret = map_from(job, source, length, ranges, n, align, 0, iova);
	return ret;
}

/* Maps in pieces, where the library chooses, or with progress. */
static int map_job(struct vdev_ioas *ioas, uint64_t *iova,
		   const struct map_source *source, uint64_t length,
		   unsigned int flags)
{
	struct job job = { .ioas = ioas, .flags = flags, .total = length };
	uint64_t place = *iova;
	int ret;

	if (place != VDEV_IOVA_ANY)
		return map_fixed(&job, source, length, place);
	if (!ioas->backend->chooses || (ioas->chunk && length > ioas->chunk))
		return map_anywhere(&job, source, length, iova);
	ret = ioas->backend->map(ioas, source, length, flags, &place);
	if (ret)
		return ret;
	ret = progress(&job, length);
	if (ret)
		undo(&job, place, length);
	else
		*iova = place;
	return ret;
}

static int map_source(struct vdev_ioas *ioas, uint64_t *iova,
		      const struct map_source *source, uint64_t length,
		      unsigned int flags)
{
	int ret;

	if (!is_sound(*iova, source->start, length, flags))
		return range_unsound(ioas, *iova, length, flags);
	/* What nearly every call is has the shortest way. */
	if (!ioas->chunk && !ioas->progress_fn &&
	    (*iova != VDEV_IOVA_ANY || ioas->backend->chooses))
		ret = ioas->backend->map(ioas, source, length, flags, iova);
	else
		ret = map_job(ioas, iova, source, length, flags);
	return ret ? map_failed(ioas, ret, source, *iova, length) : 0;
}

int vdev_ioas_map(struct vdev_ioas *ioas, uint64_t *iova, void *address,
		  uint64_t length, unsigned int flags)
{
	struct map_source source = { -1, (uintptr_t)address };

	return map_source(ioas, iova, &source, length, flags);
}

int vdev_ioas_map_file(struct vdev_ioas *ioas, uint64_t *iova, int fd,
		       uint64_t offset, uint64_t length, unsigned int flags)
{
	struct map_source source = { fd, offset };
	int ret = ioas_need_iommufd(ioas, "mapping a file");

	if (ret)
		return ret;
	if (fd < 0)
		return vdev_fail(ioas->iommu->ctx, -EBADF, "%d is no fd", fd);
	return map_source(ioas, iova, &source, length, flags);
}

/* --- Scatter lists */

static int compare_segments(const void *a, const void *b)
{
	const struct vdev_segment *x = a, *y = b;

	return (x->iova > y->iova) - (x->iova < y->iova);
}

static bool is_ascending(const struct vdev_segment *s, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		if (s[i].iova < s[i - 1].iova)
			return false;
	}
	return true;
}

/* How many segments from the first on are neighbours, and their length. */
static size_t run_of(const struct vdev_segment *s, size_t count,
		     uint64_t *length)
{
	uint64_t sum = s[0].length;
	size_t n = 1;

	while (n < count && s[n].iova - s[0].iova == sum &&
	       (uintptr_t)s[n].address - (uintptr_t)s[0].address == sum) {
		sum += s[n].length;
		n++;
	}
	*length = sum;
	return n;
}

static int check_segments(struct job *job, const struct vdev_segment *s,
			  size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!is_sound(s[i].iova, (uintptr_t)s[i].address, s[i].length,
			      job->flags))
			return range_unsound(job->ioas, s[i].iova, s[i].length,
					     job->flags);
		if (s[i].iova == VDEV_IOVA_ANY)
			return vdev_fail(job->ioas->iommu->ctx, -EINVAL,
					 "segment %zu of a scatter list has no "
					 "IOVA",
					 i);
		job->total += s[i].length;
	}
	return 0;
}

static void undo_segments(struct job *job, const struct vdev_segment *s,
			  size_t count)
{
	uint64_t length;
	size_t n;

	for (size_t i = 0; i < count; i += n) {
		n = run_of(&s[i], count - i, &length);
		undo(job, s[i].iova, length);
	}
}

static int map_runs(struct job *job, const struct vdev_segment *s, size_t count)
{
	uint64_t length;
	size_t n;

	for (size_t i = 0; i < count; i += n) {
		struct map_source source = { -1, (uintptr_t)s[i].address };
		int ret;

		n = run_of(&s[i], count - i, &length);
		ret = map_fixed(job, &source, length, s[i].iova);
		if (ret) {
			undo_segments(job, s, i);
			return map_failed(job->ioas, ret, &source, s[i].iova,
					  length);
		}
	}
	return (int)job->mappings;
}

int vdev_ioas_map_segments(struct vdev_ioas *ioas,
			   const struct vdev_segment *segments, size_t count,
			   unsigned int flags)
{
	struct job job = { .ioas = ioas, .flags = flags };
	_auto_free_ struct vdev_segment *sorted = NULL;
	int ret = check_segments(&job, segments, count);

	if (ret)
		return ret;
	if (!is_ascending(segments, count)) {
		sorted = reallocarray(NULL, count, sizeof(*sorted));
		if (!sorted)
			return vdev_fail(ioas->iommu->ctx, -ENOMEM,
					 "out of memory");
		memcpy(sorted, segments, count * sizeof(*sorted));
		qsort(sorted, count, sizeof(*sorted), compare_segments);
		segments = sorted;
	}
	return map_runs(&job, segments, count);
}

/* --- Copying */

static int copy_failed(const struct vdev_ioas *dst, const struct vdev_ioas *src,
		       int error, uint64_t src_iova, uint64_t dst_iova,
		       uint64_t length)
{
	struct map_source source = { -1, src_iova };
	struct vdev_ctx *ctx = dst->iommu->ctx;
	char name[IOAS_NAME_SIZE], text[RANGE_SIZE];

	ioas_name(src, name);
	range_text(src_iova, length, text);
	if (error == -ENOENT)
		return vdev_fail(ctx, error, "%s has not all of %s mapped",
				 name, text);
	if (error == -EPERM)
		return vdev_fail(ctx, error,
				 "%s has %s mapped for reading only", name,
				 text);
	return map_failed(dst, error, &source, dst_iova, length);
}

int vdev_ioas_copy(struct vdev_ioas *dst, uint64_t *dst_iova,
		   struct vdev_ioas *src, uint64_t src_iova, uint64_t length,
		   unsigned int flags)
{
	struct vdev_iommu *iommu = dst->iommu;
	uint64_t place = *dst_iova;
	int ret = ioas_need_iommufd(dst, "copying a mapping");

	if (ret)
		return ret;
	if (!is_sound(place, src_iova, length, flags))
		return range_unsound(dst, place, length, flags);
	if (src->iommu != iommu)
		return vdev_fail(iommu->ctx, -EXDEV,
				 "only address spaces of one iommufd can copy "
				 "from each other");
	ret = iommufd_copy(&iommu->ctx->sys, iommu->fd, dst->id, src->id,
			   ioas_map_flags(flags, place != VDEV_IOVA_ANY),
			   src_iova, length, &place);
	if (ret)
		return copy_failed(dst, src, ret, src_iova, *dst_iova, length);
	*dst_iova = place;
	return 0;
}

/* --- Unmapping */

static int unmap_failed(struct vdev_ioas *ioas, int error, uint64_t iova,
			uint64_t length)
{
	struct vdev_ctx *ctx = ioas->iommu->ctx;
	_auto_free_ struct vdev_iova_range *ranges = NULL;
	char name[IOAS_NAME_SIZE], text[RANGE_SIZE];
	uint64_t align = 1;

	ioas_name(ioas, name);
	range_text(iova, length, text);
	/* To type 1 a mapping in two is as wrong as misalignment. */
	if (error == -EINVAL) {
		if (ioas->backend->ranges(ioas, &ranges, &align) >= 0 &&
		    (iova | length) & (align - 1))
			return vdev_fail(ctx, error,
					 "%s: IOVA and length have to be "
					 "multiples of 0x%" PRIx64,
					 name, align);
		error = -ENOENT;
	}
	switch (error) {
	case -ENOENT:
		vdev_fail(ctx, error,
			  "%s: nothing is mapped at %s, or only part of a "
			  "mapping",
			  name, text);
		return vdev_hint(
			ctx, error,
			"what was mapped by one call, or as neighbours "
			"of a scatter list, is unmapped as one");
	case -EBUSY:
		return vdev_fail(ctx, error, "%s: a mapping at %s is in use",
				 name, text);
	case -ENODEV:
		if (ioas->iommu->noiommu)
			return iommu_is_noiommu(ioas->iommu);
		return vdev_fail(ctx, error,
				 "%s has no device, and so no mapping", name);
	default:
		return vdev_fail(ctx, error, "%s: cannot unmap %s: %s", name,
				 text, strerror(-error));
	}
}

int vdev_ioas_unmap(struct vdev_ioas *ioas, uint64_t iova, uint64_t length,
		    uint64_t *unmapped)
{
	uint64_t count;
	int ret;

	if (!length)
		return vdev_fail(ioas->iommu->ctx, -EINVAL,
				 "there is nothing to unmap");
	if (iova + (length - 1) < iova)
		return vdev_fail(ioas->iommu->ctx, -EOVERFLOW,
				 "a range of %" PRIu64 " bytes at IOVA "
				 "0x%" PRIx64 " ends past all addresses",
				 length, iova);
	ret = ioas->backend->unmap(ioas, iova, length, &count);
	if (ret)
		return unmap_failed(ioas, ret, iova, length);
	if (unmapped)
		*unmapped = count;
	return 0;
}

int vdev_ioas_unmap_all(struct vdev_ioas *ioas, uint64_t *unmapped)
{
	uint64_t count;
	char name[IOAS_NAME_SIZE];
	int ret = ioas->backend->unmap_all(ioas, &count);

	if (ret)
		return vdev_fail(ioas->iommu->ctx, ret,
				 "cannot unmap all of %s: %s",
				 ioas_name(ioas, name), strerror(-ret));
	if (unmapped)
		*unmapped = count;
	return 0;
}
