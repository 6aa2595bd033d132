/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIBVDEV_BITMAP_H
#define LIBVDEV_BITMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libvdev/iommu.h>

VDEV_BEGIN_DECLS

/*
 * Which pages of a range of addresses are dirty.
 *
 *	vdev_bitmap_new(ctx, 0, memory, 4096, &bitmap);
 *	...				-> filled, see dirty.h
 *	offset = 0;
 *	while ((n = vdev_bitmap_runs(bitmap, &offset, runs, 1024)))
 *		send(runs, n);
 *
 * A bitmap has a bit for each page from an address on, in words of 64 bits, the
 * first page being the lowest bit of the first word: the form in which VFIO,
 * iommufd and KVM report. Its memory is all there once it is made: no call
 * but vdev_bitmap_new() allocates any, so that none can fail or wait for it
 * while a guest is paused.
 *
 * **Pages of different size.** A page is dirty if part of it is. So what is set
 * is rounded up to whole pages, and what is cleared or taken off is rounded
 * down to pages that are in it whole. One bitmap may be added to, or taken off,
 * another with pages of another size.
 *
 * The calls choose at run time among code for different processors (AVX-512,
 * AVX2, plain C), by what vdev_bitmap_new() finds. None of them touches the
 * context unless it fails, so that another thread may scan a bitmap that
 * nothing changes meanwhile.
 */

struct vdev_bitmap;

/**
 * struct vdev_iova_mapping - where a range of IOVAs is in a guest's memory
 * @iova: its start, as devices see it
 * @address: its start in the guest's physical memory
 * @length: how many bytes
 */
struct vdev_iova_mapping {
	uint64_t iova;
	uint64_t address;
	uint64_t length;
};

/**
 * vdev_bitmap_new() - make a bitmap in which no page is dirty
 * @ctx: the context
 * @start: its first address, a multiple of @page_size
 * @length: how many bytes it is for, a multiple of @page_size, not 0
 * @page_size: how many bytes a bit stands for, a power of two
 * @ret: receives the bitmap; the caller frees it with vdev_bitmap_free()
 *
 * It takes a 32768th of @length with pages of 4096 bytes; from 2 MiB on, in
 * large pages where the system has some (madvise(2), MADV_HUGEPAGE), through
 * which the other calls are faster.
 *
 * Return: 0; -EINVAL for numbers that are not as said; -EOVERFLOW if the range
 * is past the end of all addresses, or all of them; -ENOMEM.
 */
VDEV_EXPORT int vdev_bitmap_new(struct vdev_ctx *ctx, uint64_t start,
				uint64_t length, uint64_t page_size,
				struct vdev_bitmap **ret);

/**
 * vdev_bitmap_free() - free a bitmap
 * @bitmap: the bitmap, or NULL
 */
VDEV_EXPORT void vdev_bitmap_free(struct vdev_bitmap *bitmap);

/**
 * vdev_bitmap_start() - the first address of a bitmap
 * @bitmap: the bitmap
 *
 * Return: the address.
 */
VDEV_EXPORT uint64_t vdev_bitmap_start(const struct vdev_bitmap *bitmap);

/**
 * vdev_bitmap_length() - how many bytes a bitmap is for
 * @bitmap: the bitmap
 *
 * Return: the length in bytes.
 */
VDEV_EXPORT uint64_t vdev_bitmap_length(const struct vdev_bitmap *bitmap);

/**
 * vdev_bitmap_page_size() - how many bytes a bit stands for
 * @bitmap: the bitmap
 *
 * Return: the size in bytes, a power of two.
 */
VDEV_EXPORT uint64_t vdev_bitmap_page_size(const struct vdev_bitmap *bitmap);

/**
 * vdev_bitmap_words() - the bits themselves
 * @bitmap: the bitmap
 * @count: receives how many words there are, or NULL
 *
 * Return: the words, which belong to @bitmap. Bits behind the last page are 0.
 */
VDEV_EXPORT const uint64_t *vdev_bitmap_words(const struct vdev_bitmap *bitmap,
					      size_t *count);

/**
 * vdev_bitmap_implementation() - which code a bitmap uses
 * @bitmap: the bitmap
 *
 * Return: a static string such as "avx512" or "plain".
 */
VDEV_EXPORT const char *
vdev_bitmap_implementation(const struct vdev_bitmap *bitmap);

/**
 * vdev_bitmap_test() - whether a page is dirty
 * @bitmap: the bitmap
 * @address: an address in the page
 *
 * Return: whether it is; false for an address outside of the bitmap.
 */
VDEV_EXPORT bool vdev_bitmap_test(const struct vdev_bitmap *bitmap,
				  uint64_t address);

/**
 * vdev_bitmap_set() - make the pages of a range dirty
 * @bitmap: the bitmap
 * @address: where the range starts
 * @length: how many bytes; a page that is part of it becomes dirty whole
 *
 * Return: 0; -ERANGE, with nothing changed, if the range is not in the bitmap.
 */
VDEV_EXPORT int vdev_bitmap_set(struct vdev_bitmap *bitmap, uint64_t address,
				uint64_t length);

/**
 * vdev_bitmap_clear() - make the pages of a range clean
 * @bitmap: the bitmap
 * @address: where the range starts
 * @length: how many bytes; a page that is only in part in it stays as it is
 *
 * Return: 0; -ERANGE, with nothing changed, if the range is not in the bitmap.
 */
VDEV_EXPORT int vdev_bitmap_clear(struct vdev_bitmap *bitmap, uint64_t address,
				  uint64_t length);

/**
 * vdev_bitmap_clear_all() - make all pages clean
 * @bitmap: the bitmap
 */
VDEV_EXPORT void vdev_bitmap_clear_all(struct vdev_bitmap *bitmap);

/**
 * vdev_bitmap_count() - how many pages are dirty
 * @bitmap: the bitmap
 *
 * Return: the count of pages of the bitmap's size.
 */
VDEV_EXPORT uint64_t vdev_bitmap_count(const struct vdev_bitmap *bitmap);

/**
 * vdev_bitmap_count_range() - how many pages of a range are dirty
 * @bitmap: the bitmap
 * @address: where the range starts
 * @length: how many bytes; a page that is part of it counts
 *
 * Return: the count; what is outside of the bitmap counts as clean.
 */
VDEV_EXPORT uint64_t vdev_bitmap_count_range(const struct vdev_bitmap *bitmap,
					     uint64_t address, uint64_t length);

/**
 * vdev_bitmap_next() - the next range that is dirty
 * @bitmap: the bitmap
 * @offset: how many bytes from the bitmap's start to look from, 0 for all;
 *	receives where to go on
 * @run: receives the range, which is as long as can be
 *
 * A range that starts before @offset is given from there on. For many ranges
 * vdev_bitmap_runs() is faster.
 *
 * Return: whether there is one; if not, nothing is written.
 */
VDEV_EXPORT bool vdev_bitmap_next(const struct vdev_bitmap *bitmap,
				  uint64_t *offset,
				  struct vdev_iova_range *run);

/**
 * vdev_bitmap_runs() - the next ranges that are dirty
 * @bitmap: the bitmap
 * @offset: as with vdev_bitmap_next()
 * @runs: receives the ranges, ascending, with clean pages between them
 * @size: how many there is room for; from about a thousand on nothing is gained
 *
 * Room beyond the last range may be written to.
 *
 * Return: how many there are; 0 if there are no more.
 */
VDEV_EXPORT size_t vdev_bitmap_runs(const struct vdev_bitmap *bitmap,
				    uint64_t *offset,
				    struct vdev_iova_range *runs, size_t size);

/**
 * vdev_bitmap_or() - add the dirty pages of one bitmap to another
 * @bitmap: where they are added
 * @other: the other bitmap, which @bitmap is to contain
 *
 * With pages of one size this goes at the speed of memory, best when the starts
 * are 64 pages apart or a multiple of it; with different ones, range by range.
 *
 * Return: 0; -ERANGE, with nothing changed, if @other is not within the
 * addresses of @bitmap.
 */
VDEV_EXPORT int vdev_bitmap_or(struct vdev_bitmap *bitmap,
			       const struct vdev_bitmap *other);

/**
 * vdev_bitmap_and_not() - take the dirty pages of one bitmap off another
 * @bitmap: what they are taken off
 * @other: the other bitmap; of its addresses those in @bitmap count
 *
 * A large page is taken off if all small pages in it are dirty in @other.
 */
VDEV_EXPORT void vdev_bitmap_and_not(struct vdev_bitmap *bitmap,
				     const struct vdev_bitmap *other);

/**
 * vdev_bitmap_copy() - make one bitmap say what another says
 * @bitmap: where to copy; pages that are not in @other become clean
 * @other: the other bitmap, which @bitmap is to contain
 *
 * Return: as vdev_bitmap_or().
 */
VDEV_EXPORT int vdev_bitmap_copy(struct vdev_bitmap *bitmap,
				 const struct vdev_bitmap *other);

/**
 * vdev_bitmap_translate() - add dirty pages by their addresses in a guest
 * @bitmap: where they are added, a bitmap of the guest's physical memory
 * @other: the bitmap of what devices see; of it count the addresses that are
 *	mapped
 * @mappings: where those are in the guest; in any order, and several may have
 *	the same address
 * @count: how many
 *
 * For a guest with a virtual IOMMU, whose devices use IOVAs of the guest's
 * choice.
 *
 * Return: 0; -ERANGE, with nothing changed, if a mapping is not within the
 * addresses of @bitmap, or is past the end of all addresses.
 */
VDEV_EXPORT int vdev_bitmap_translate(struct vdev_bitmap *bitmap,
				      const struct vdev_bitmap *other,
				      const struct vdev_iova_mapping *mappings,
				      size_t count);

/**
 * vdev_bitmap_to_kvm() - add dirty pages to a bitmap in KVM's form
 * @bitmap: the bitmap
 * @address: the guest physical address of the memory slot, a multiple of the
 *	bitmap's page size
 * @length: its length in bytes, likewise; @bitmap need not cover all of it
 * @slot: the slot's bitmap, a bit for each page of the bitmap's size, as
 *	KVM_GET_DIRTY_LOG fills it: whole 64-bit words, little-endian
 *
 * Return: 0; -EINVAL for numbers that are not as said.
 */
VDEV_EXPORT int vdev_bitmap_to_kvm(const struct vdev_bitmap *bitmap,
				   uint64_t address, uint64_t length,
				   void *slot);

/**
 * vdev_bitmap_from_kvm() - add dirty pages of a bitmap in KVM's form
 * @bitmap: where they are added
 * @address: the guest physical address of the memory slot, as with
 *	vdev_bitmap_to_kvm()
 * @length: its length in bytes, likewise; of it counts what is in @bitmap
 * @slot: the slot's bitmap
 *
 * Return: as vdev_bitmap_to_kvm().
 */
VDEV_EXPORT int vdev_bitmap_from_kvm(struct vdev_bitmap *bitmap,
				     uint64_t address, uint64_t length,
				     const void *slot);

VDEV_END_DECLS

#endif
