/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIBVDEV_DIRTY_H
#define LIBVDEV_DIRTY_H

#include <stddef.h>
#include <stdint.h>

#include <libvdev/bitmap.h>
#include <libvdev/file.h>
#include <libvdev/hwpt.h>
#include <libvdev/iommu.h>

VDEV_BEGIN_DECLS

/*
 * Which pages devices write to, told by those who know: the container of type
 * 1, the IOMMU (a HWPT), or the device itself (its log of DMA).
 *
 *	vdev_dirty_new(ctx, ranges, count, 4096, &dirty);
 *	vdev_dirty_add_hwpt(dirty, hwpt);
 *	vdev_dirty_add_file(dirty, nic);	-> in any mix, for one address
 *	vdev_dirty_new_bitmap(dirty, &bitmap);	   space
 *	vdev_dirty_start(dirty);
 *	for (...) {
 *		vdev_bitmap_clear_all(bitmap);
 *		vdev_dirty_report(dirty, bitmap, 0);
 *		...
 *	}
 *	vdev_dirty_stop(dirty);
 *
 * What is tracked is the ranges that are mapped, given once. A report goes to a
 * bitmap with pages of any size from 4096 bytes on; dirty pages are added to
 * what is in it.
 *
 * What the sources say:
 *
 * - type 1 (Linux 5.8): with a hardware device, all that is mapped is dirty in
 *   each report; with mdevs alone, what they have pinned, and have written to.
 * - a HWPT made with VDEV_HWPT_DIRTY_TRACKING (Linux 6.7): the pages devices
 *   wrote to; each HWPT that devices of the address space are attached to is a
 *   source of its own.
 * - a device's log (Linux 6.1): the pages this device wrote to.
 *
 * What processors write is not among it, that is for KVM to tell.
 *
 * **A report that fails has lost pages.** What was read of the kernel before
 * the failure is in the bitmap, what was being read is not: take all pages of
 * the ranges for dirty and start anew.
 *
 * Source: the comments of linux/vfio.h and linux/iommufd.h.
 */

struct vdev_dirty;

/**
 * enum vdev_dirty_kind - who tells which pages are dirty
 * @VDEV_DIRTY_TYPE1: a container of type 1
 * @VDEV_DIRTY_HWPT: the IOMMU, for one HWPT
 * @VDEV_DIRTY_DEVICE: a device, by its log of DMA
 */
enum vdev_dirty_kind {
	VDEV_DIRTY_TYPE1,
	VDEV_DIRTY_HWPT,
	VDEV_DIRTY_DEVICE,
};

/**
 * enum vdev_dirty_flags - how to report
 * @VDEV_DIRTY_KEEP: leave the pages dirty, so that the next report has them
 *	again; only a HWPT can do so
 */
enum vdev_dirty_flags {
	VDEV_DIRTY_KEEP = 1 << 0,
};

/**
 * vdev_dirty_kind_name() - the word for a sort of source
 * @kind: the sort
 *
 * Return: a static string such as "hwpt"; "unknown" for another value.
 */
VDEV_EXPORT const char *vdev_dirty_kind_name(enum vdev_dirty_kind kind);

/**
 * vdev_dirty_new() - prepare to track dirty pages of an address space
 * @ctx: the context
 * @ranges: what is mapped, in any order; ranges that touch become one
 * @count: how many, at least one
 * @page_size: the size of the IOMMU's smallest pages, 4096 or a larger power of
 *	two, which the ranges are multiples of; what devices are asked to log by
 * @ret: receives it; the caller frees it with vdev_dirty_free()
 *
 * Return: 0; -EINVAL if there is no range, ranges overlap, end before they
 * start or are not of whole pages, or for a page size that is not as said;
 * -ENOMEM.
 */
VDEV_EXPORT int vdev_dirty_new(struct vdev_ctx *ctx,
			       const struct vdev_iova_range *ranges,
			       size_t count, uint64_t page_size,
			       struct vdev_dirty **ret);

/**
 * vdev_dirty_free() - stop tracking and forget it
 * @dirty: what vdev_dirty_new() made, or NULL
 */
VDEV_EXPORT void vdev_dirty_free(struct vdev_dirty *dirty);

/**
 * vdev_dirty_add_ioas() - add the container of type 1 as a source
 * @dirty: what is not started
 * @ioas: its address space; a reference is kept
 *
 * A range given to vdev_dirty_new() has to cover mappings whole. Memory for
 * bitmaps of the largest range is taken now.
 *
 * Return: 0; -EBUSY if tracking is started; -ENODEV if there is no device in
 * the container; -EOPNOTSUPP before Linux 5.8, and for the address space of an
 * iommufd, of which HWPTs are sources; -EINVAL if the ranges are not whole
 * pages of the container; -ENOMEM.
 */
VDEV_EXPORT int vdev_dirty_add_ioas(struct vdev_dirty *dirty,
				    struct vdev_ioas *ioas);

/**
 * vdev_dirty_add_hwpt() - add a HWPT as a source
 * @dirty: what is not started
 * @hwpt: the HWPT; a reference is kept
 *
 * Whether it can track shows when it is started. All of each range has to be
 * mapped.
 *
 * Return: 0; -EBUSY if tracking is started; -ENOMEM.
 */
VDEV_EXPORT int vdev_dirty_add_hwpt(struct vdev_dirty *dirty,
				    struct vdev_hwpt *hwpt);

/**
 * vdev_dirty_add_file() - add a device that logs its DMA as a source
 * @dirty: what is not started
 * @file: the opened device; a reference is kept
 *
 * Return: 0; -EBUSY if tracking is started; -EOPNOTSUPP if the device, its
 * driver or the kernel cannot log DMA; -ENOMEM.
 */
VDEV_EXPORT int vdev_dirty_add_file(struct vdev_dirty *dirty,
				    struct vdev_file *file);

/**
 * vdev_dirty_source_count() - how many sources there are
 * @dirty: what vdev_dirty_new() made
 *
 * Return: the count.
 */
VDEV_EXPORT size_t vdev_dirty_source_count(const struct vdev_dirty *dirty);

/**
 * vdev_dirty_source_kind() - which sort of source one is
 * @dirty: what vdev_dirty_new() made
 * @index: less than the count
 *
 * Return: the sort.
 */
VDEV_EXPORT enum vdev_dirty_kind
vdev_dirty_source_kind(const struct vdev_dirty *dirty, size_t index);

/**
 * vdev_dirty_source_page_size() - how finely a source tells pages apart
 * @dirty: what vdev_dirty_new() made
 * @index: less than the count
 *
 * Return: the size in bytes: what the container has, what the device chose when
 * it was started; for a HWPT, whose IOMMU may note larger pages, that of
 * vdev_dirty_new().
 */
VDEV_EXPORT uint64_t vdev_dirty_source_page_size(const struct vdev_dirty *dirty,
						 size_t index);

/**
 * vdev_dirty_source_ranges() - how many ranges a source tracks
 * @dirty: what vdev_dirty_new() made
 * @index: less than the count
 *
 * A device with fewer ranges than are mapped logs DMA to larger ones, with the
 * smallest gaps between them closed; nothing else is reported for that.
 *
 * Return: the count.
 */
VDEV_EXPORT size_t vdev_dirty_source_ranges(const struct vdev_dirty *dirty,
					    size_t index);

/**
 * vdev_dirty_ranges() - what is tracked
 * @dirty: what vdev_dirty_new() made
 * @count: receives how many ranges there are, or NULL
 *
 * Return: the ranges, ascending, which belong to @dirty and are valid until
 * vdev_dirty_unmap().
 */
VDEV_EXPORT const struct vdev_iova_range *
vdev_dirty_ranges(const struct vdev_dirty *dirty, size_t *count);

/**
 * vdev_dirty_new_bitmap() - make a bitmap that has all ranges
 * @dirty: what vdev_dirty_new() made
 * @page_size: the size of its pages, a power of two from 4096 on; 0 for that of
 *	vdev_dirty_new()
 * @ret: receives the bitmap; the caller frees it with vdev_bitmap_free()
 *
 * Return: 0; an error as with vdev_bitmap_new().
 */
VDEV_EXPORT int vdev_dirty_new_bitmap(const struct vdev_dirty *dirty,
				      uint64_t page_size,
				      struct vdev_bitmap **ret);

/**
 * vdev_dirty_start() - start all sources
 * @dirty: what is not started
 *
 * What was written before does not count. After a failure none is started.
 *
 * Return: 0; -EBUSY if it is started already, or a device logs for somebody
 * else; -EINVAL if there is no source, or a source refuses the ranges or the
 * page size; -E2BIG if a device cannot log even one range; -ENOSPC if it cannot
 * log as many pages; -EOVERFLOW if a range goes to the end of all addresses,
 * which a device cannot log; -EOPNOTSUPP if a HWPT was made without
 * VDEV_HWPT_DIRTY_TRACKING, or the kernel is too old; -ENOENT if there is no
 * such HWPT any more; -ENOMEM.
 */
VDEV_EXPORT int vdev_dirty_start(struct vdev_dirty *dirty);

/**
 * vdev_dirty_stop() - stop all sources
 * @dirty: what is started
 *
 * What they have not reported is forgotten.
 *
 * Return: 0, also if none is started; -errno of the first source that could not
 * be stopped. All others are.
 */
VDEV_EXPORT int vdev_dirty_stop(struct vdev_dirty *dirty);

/**
 * vdev_dirty_report() - add the dirty pages of all sources to a bitmap
 * @dirty: what is started
 * @bitmap: where they are added; it contains all ranges
 * @flags: enum vdev_dirty_flags
 *
 * Allocates nothing. Without VDEV_DIRTY_KEEP the next report has what is
 * written from now on.
 *
 * Return: 0; -EINVAL if tracking is not started, or a range is no longer mapped
 * as it was; -ERANGE if the bitmap does not contain a range; -EOPNOTSUPP for
 * VDEV_DIRTY_KEEP with a source that cannot; -errno of a source that failed,
 * see above.
 */
VDEV_EXPORT int vdev_dirty_report(struct vdev_dirty *dirty,
				  struct vdev_bitmap *bitmap,
				  unsigned int flags);

/**
 * vdev_dirty_unmap() - report a range for the last time and unmap it
 * @dirty: what is started
 * @ioas: the address space
 * @iova: where the range starts
 * @length: how many bytes, covering mappings whole
 * @bitmap: where the dirty pages are added; it contains the range
 * @unmapped: receives how many bytes were unmapped, or NULL
 *
 * With type 1 the kernel does both in one step. With a HWPT, and with the log
 * of a device, the report comes first: a page that is written to between that
 * and the unmapping is lost, so the device has to be quiet.
 *
 * The range is not tracked any more afterwards.
 *
 * Return: 0; an error as with vdev_dirty_report() or vdev_ioas_unmap(). After
 * one, part of the range may be unmapped, and is no longer tracked then.
 */
VDEV_EXPORT int vdev_dirty_unmap(struct vdev_dirty *dirty,
				 struct vdev_ioas *ioas, uint64_t iova,
				 uint64_t length, struct vdev_bitmap *bitmap,
				 uint64_t *unmapped);

VDEV_END_DECLS

#endif
