/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIBVDEV_IOMMU_H
#define LIBVDEV_IOMMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libvdev/ctx.h>

VDEV_BEGIN_DECLS

/*
 * What devices reach by DMA: address spaces and the memory mapped into them.
 *
 *	vdev_iommu_open(ctx, VDEV_IOMMU_ANY, &iommu);
 *	vdev_ioas_new(iommu, &ioas);
 *	vdev_ioas_map(ioas, &iova, memory, size, VDEV_MAP_READ);
 *	...				-> devices are attached, see file.h
 *	vdev_ioas_unmap(ioas, iova, size, NULL);
 *
 * A struct vdev_iommu is an open iommufd or an open type 1 container. The calls
 * are the same for both; what only iommufd can do fails with -EOPNOTSUPP on the
 * other. What differs:
 *
 * - an iommufd has as many address spaces as are asked for; a container has
 *   one, and nothing can be mapped before a device is in it;
 * - the pinned memory of type 1 counts against RLIMIT_MEMLOCK of the process,
 *   together with what mlock(2) has locked; that of iommufd against the limit
 *   for all processes of the user, see vdev_iommu_set_accounting(). A process
 *   with CAP_IPC_LOCK has no limit on either.
 *
 * **What was mapped by one call is unmapped as one.** Neither iommufd nor type
 * 1 version 2 splits a mapping, so a range to be unmapped covers each mapping
 * whole or not at all. That goes for neighbours that vdev_ioas_map_segments()
 * made one mapping of, too.
 *
 * Source: Documentation/userspace-api/iommufd.rst and Documentation/driver-api/
 * vfio.rst of the kernel. Type 1: Linux 3.6, iommufd: Linux 6.2; calls that
 * need a later one say so.
 */

struct vdev_iommu;
struct vdev_ioas;

/**
 * enum vdev_iommu_kind - what manages the DMA of devices
 * @VDEV_IOMMU_ANY: iommufd where the kernel has it, else type 1; only for
 *	vdev_iommu_open() and vdev_iommu_import()
 * @VDEV_IOMMU_IOMMUFD: iommufd (/dev/iommu, Linux 6.2), devices by cdev
 * @VDEV_IOMMU_TYPE1: a container of type 1 version 2 (/dev/vfio/vfio), devices
 *	by group
 * @VDEV_IOMMU_COMPAT: an iommufd that devices reach by group, for kernels and
 *	users that have no cdev
 */
enum vdev_iommu_kind {
	VDEV_IOMMU_ANY,
	VDEV_IOMMU_IOMMUFD,
	VDEV_IOMMU_TYPE1,
	VDEV_IOMMU_COMPAT,
};

/**
 * enum vdev_accounting - whose limit pinned memory counts against
 * @VDEV_ACCOUNTING_USER: the sum over all processes of the user
 * @VDEV_ACCOUNTING_PROCESS: the process, as with type 1
 */
enum vdev_accounting {
	VDEV_ACCOUNTING_USER,
	VDEV_ACCOUNTING_PROCESS,
};

/**
 * enum vdev_map_flags - what a device may do with a mapping
 * @VDEV_MAP_READ: read the memory
 * @VDEV_MAP_WRITE: write to it
 */
enum vdev_map_flags {
	VDEV_MAP_READ = 1 << 0,
	VDEV_MAP_WRITE = 1 << 1,
};

/** Stands for "anywhere" where an IOVA is asked for. */
#define VDEV_IOVA_ANY UINT64_MAX

/**
 * struct vdev_iova_range - a range of IOVAs
 * @start: the first IOVA
 * @last: the last one, which belongs to the range
 */
struct vdev_iova_range {
	uint64_t start;
	uint64_t last;
};

/**
 * struct vdev_segment - one piece of a scatter list
 * @iova: where the device is to find it
 * @address: where the memory is
 * @length: how many bytes
 */
struct vdev_segment {
	uint64_t iova;
	void *address;
	uint64_t length;
};

/**
 * typedef vdev_map_progress_fn - told how far a large mapping is
 * @data: the pointer given to vdev_ioas_set_progress()
 * @done: how many bytes are mapped
 * @total: how many there are to map
 *
 * Return: 0 to go on, non-zero to stop: what the call had mapped is unmapped
 * again and the call returns -ECANCELED.
 */
typedef int (*vdev_map_progress_fn)(void *data, uint64_t done, uint64_t total);

/**
 * vdev_iommu_kind_name() - the word for a kind
 * @kind: the kind
 *
 * Return: a static string such as "iommufd"; "unknown" for a value that is not
 * a kind.
 */
VDEV_EXPORT const char *vdev_iommu_kind_name(enum vdev_iommu_kind kind);

/**
 * vdev_iommu_open() - open an iommufd or a container
 * @ctx: the context
 * @kind: which one; VDEV_IOMMU_ANY for iommufd where there is /dev/iommu, else
 *	type 1
 * @ret: receives it; the caller drops it with vdev_iommu_unref()
 *
 * Return: 0; -ENOENT if the kernel has none, or its module is not loaded;
 * -EACCES; -EOPNOTSUPP if the kernel's container cannot do type 1 version 2;
 * -EINVAL for a value that is not a kind; -ENOMEM.
 */
VDEV_EXPORT int vdev_iommu_open(struct vdev_ctx *ctx, enum vdev_iommu_kind kind,
				struct vdev_iommu **ret);

/**
 * vdev_iommu_import() - use an fd that is open already
 * @ctx: the context
 * @kind: what it is; VDEV_IOMMU_ANY to find out. An iommufd is taken for
 *	VDEV_IOMMU_IOMMUFD then.
 * @fd: the fd, which is duplicated (close-on-exec); the caller's stays his
 * @ret: receives it; the caller drops it with vdev_iommu_unref()
 *
 * Needs no right to any device node, so that a process can be given an fd
 * instead.
 *
 * Return: 0; -EBADF; -EINVAL if the fd is something else; -EOPNOTSUPP as
 * vdev_iommu_open(); -ENOMEM.
 */
VDEV_EXPORT int vdev_iommu_import(struct vdev_ctx *ctx,
				  enum vdev_iommu_kind kind, int fd,
				  struct vdev_iommu **ret);

/**
 * vdev_iommu_ref() - take another reference
 * @iommu: the iommufd or container
 *
 * Return: @iommu.
 */
VDEV_EXPORT struct vdev_iommu *vdev_iommu_ref(struct vdev_iommu *iommu);

/**
 * vdev_iommu_unref() - drop a reference
 * @iommu: the iommufd or container, or NULL
 *
 * The fd is closed with the last reference; address spaces and devices hold
 * one. What else the kernel has below it goes with its last fd, which may be
 * in another process.
 *
 * Return: NULL always.
 */
VDEV_EXPORT struct vdev_iommu *vdev_iommu_unref(struct vdev_iommu *iommu);

/**
 * vdev_iommu_fd() - the fd
 * @iommu: the iommufd or container
 *
 * Return: the fd, which belongs to @iommu.
 */
VDEV_EXPORT int vdev_iommu_fd(const struct vdev_iommu *iommu);

/**
 * vdev_iommu_kind() - what it is
 * @iommu: the iommufd or container
 *
 * Return: the kind, never VDEV_IOMMU_ANY.
 */
VDEV_EXPORT enum vdev_iommu_kind
vdev_iommu_kind(const struct vdev_iommu *iommu);

/**
 * vdev_iommu_set_accounting() - choose whose limit pinned memory counts against
 * @iommu: an iommufd in which there is nothing yet
 * @accounting: VDEV_ACCOUNTING_USER unless set
 *
 * Return: 0; -EPERM without CAP_SYS_RESOURCE; -EBUSY if the iommufd holds an
 * address space or a device; -EOPNOTSUPP for type 1, which always counts by
 * process; -EINVAL for a value out of range.
 */
VDEV_EXPORT int vdev_iommu_set_accounting(struct vdev_iommu *iommu,
					  enum vdev_accounting accounting);

/**
 * vdev_iommu_accounting() - whose limit pinned memory counts against
 * @iommu: the iommufd or container
 *
 * Return: an enum vdev_accounting; -errno if the kernel does not tell.
 */
VDEV_EXPORT int vdev_iommu_accounting(struct vdev_iommu *iommu);

/**
 * vdev_iommu_change_process() - let pinned memory count for this process
 * @iommu: an iommufd that another process filled
 *
 * For handing devices over to another process, such as a new version of the
 * program. Linux 6.13.
 *
 * Return: 0; -EINVAL if something was mapped otherwise than by
 * vdev_ioas_map_file(); -ENOMEM if RLIMIT_MEMLOCK of this process is too
 * small; -EOPNOTSUPP for type 1 and on older kernels.
 */
VDEV_EXPORT int vdev_iommu_change_process(struct vdev_iommu *iommu);

/**
 * vdev_memlock_limit() - how much memory the process may pin
 * @ctx: the context
 * @ret: receives RLIMIT_MEMLOCK in bytes; UINT64_MAX if there is no limit,
 *	which is also so with CAP_IPC_LOCK
 *
 * Return: 0; -errno if /proc cannot be read.
 */
VDEV_EXPORT int vdev_memlock_limit(struct vdev_ctx *ctx, uint64_t *ret);

/**
 * vdev_memlock_estimate() - which RLIMIT_MEMLOCK mappings will need
 * @ctx: the context
 * @kind: what will be used
 * @spaces: how many address spaces will map the memory themselves: one
 *	container or IOAS for all devices is one, a virtual IOMMU in a virtual
 *	machine makes one for each device, vdev_ioas_copy() makes none
 * @memory: how many bytes of memory each will map; BARs and dma-bufs do not
 *	count
 * @ret: receives the limit in bytes
 *
 * For type 1 that includes what the process has locked already. What other
 * processes of the user have pinned by iommufd cannot be known and comes on
 * top, see vdev_iommu_set_accounting().
 *
 * Return: 0; -EOVERFLOW if it is more than a limit can be; -EINVAL for a value
 * that is not a kind; -errno if /proc cannot be read.
 */
VDEV_EXPORT int vdev_memlock_estimate(struct vdev_ctx *ctx,
				      enum vdev_iommu_kind kind,
				      unsigned int spaces, uint64_t memory,
				      uint64_t *ret);

/**
 * vdev_ioas_new() - make an address space
 * @iommu: the iommufd or container
 * @ret: receives the address space; the caller drops it with vdev_ioas_unref()
 *
 * With type 1 and VDEV_IOMMU_COMPAT this is the one address space of the
 * container, which all its devices use.
 *
 * Return: 0; -EOPNOTSUPP for the second one of a container while the first is
 * used, by the caller or by a device, see vdev_file_ioas(); -ENOMEM.
 */
VDEV_EXPORT int vdev_ioas_new(struct vdev_iommu *iommu, struct vdev_ioas **ret);

/**
 * vdev_ioas_import() - use an address space that exists already
 * @iommu: the iommufd it is in
 * @id: its id
 * @ret: receives the address space; the caller drops it with vdev_ioas_unref(),
 *	which leaves the address space itself as it is
 *
 * Return: 0; -ENOENT if there is none of that id; -EOPNOTSUPP for type 1, which
 * has no ids; -ENOMEM.
 */
VDEV_EXPORT int vdev_ioas_import(struct vdev_iommu *iommu, uint32_t id,
				 struct vdev_ioas **ret);

/**
 * vdev_ioas_ref() - take another reference
 * @ioas: the address space
 *
 * Return: @ioas.
 */
VDEV_EXPORT struct vdev_ioas *vdev_ioas_ref(struct vdev_ioas *ioas);

/**
 * vdev_ioas_unref() - drop a reference
 * @ioas: the address space, or NULL
 *
 * With the last reference all is unmapped and the address space is destroyed,
 * unless it was imported. While a device or HWPT uses it the kernel does not
 * destroy it: detach first, or it stays as long as the iommufd.
 *
 * Return: NULL always.
 */
VDEV_EXPORT struct vdev_ioas *vdev_ioas_unref(struct vdev_ioas *ioas);

/**
 * vdev_ioas_id() - the kernel's number of an address space
 * @ioas: the address space
 *
 * Return: the id within the iommufd; 0, which is no id, for type 1.
 */
VDEV_EXPORT uint32_t vdev_ioas_id(const struct vdev_ioas *ioas);

/**
 * vdev_ioas_iommu() - where an address space is
 * @ioas: the address space
 *
 * Return: the iommufd or container, which stays as long as @ioas.
 */
VDEV_EXPORT struct vdev_iommu *vdev_ioas_iommu(const struct vdev_ioas *ioas);

/**
 * vdev_ioas_set_progress() - map in pieces and be told of each
 * @ioas: the address space
 * @chunk: the largest piece in bytes, a multiple of the page size; 0 to map
 *	each range in one call, as it is unless set
 * @fn: called after each piece, or NULL
 * @data: handed to @fn
 *
 * The kernel pins memory page by page before a map call returns, which takes
 * seconds for a large virtual machine; pieces make it possible to show that and
 * to stop. Each piece is a mapping of its own.
 *
 * Return: 0; -EINVAL if @chunk is no multiple of the page size.
 */
VDEV_EXPORT int vdev_ioas_set_progress(struct vdev_ioas *ioas, uint64_t chunk,
				       vdev_map_progress_fn fn, void *data);

/**
 * vdev_ioas_map() - let devices reach memory of this process
 * @ioas: the address space
 * @iova: where the device is to find it, or VDEV_IOVA_ANY; receives where it is
 * @address: where the memory is
 * @length: how many bytes
 * @flags: enum vdev_map_flags, at least one
 *
 * IOVA, address and length are multiples of the alignment told by
 * vdev_ioas_ranges(), 4096 in most cases. With VDEV_IOVA_ANY the kernel chooses
 * the IOVA; with type 1, and if the range is mapped in pieces, the library does
 * and never takes 0. The memory is pinned while a device is attached.
 *
 * Return: 0; -EEXIST if something is mapped there; -EINVAL for a misaligned
 * range, one outside of vdev_ioas_ranges() or unknown flags; -ENOMEM if
 * RLIMIT_MEMLOCK or the machine's memory is too small; -EFAULT if the process
 * has no such memory, or not for writing; -ENOSPC if there is no free range, or
 * type 1 holds as many mappings as it may; -EOVERFLOW if the range is past the
 * end of all addresses; -ENODEV for a container without a device; -EOPNOTSUPP
 * for one whose devices are in no-IOMMU mode; -ECANCELED if the progress
 * function said stop. After a failure nothing of it is mapped.
 */
VDEV_EXPORT int vdev_ioas_map(struct vdev_ioas *ioas, uint64_t *iova,
			      void *address, uint64_t length,
			      unsigned int flags);

/**
 * vdev_ioas_map_file() - let devices reach the memory of a file
 * @ioas: the address space of an iommufd
 * @iova: as with vdev_ioas_map()
 * @fd: a memfd (Linux 6.13), or a dma-buf that VFIO exported (Linux 7.0)
 * @offset: where the range starts in the file
 * @length: how many bytes
 * @flags: enum vdev_map_flags, at least one
 *
 * The mapping does not depend on this process having the file mapped.
 *
 * Return: as vdev_ioas_map(); -EINVAL also for a file of another sort;
 * -EOPNOTSUPP for type 1 and on older kernels.
 */
VDEV_EXPORT int vdev_ioas_map_file(struct vdev_ioas *ioas, uint64_t *iova,
				   int fd, uint64_t offset, uint64_t length,
				   unsigned int flags);

/**
 * vdev_ioas_map_segments() - map a scatter list
 * @ioas: the address space
 * @segments: the pieces, in any order, each with an IOVA
 * @count: how many
 * @flags: enum vdev_map_flags for all of them, at least one
 *
 * Pieces that are neighbours both as IOVA and in memory become one mapping, and
 * are unmapped together only. A failure unmaps what the call had mapped.
 *
 * Return: how many mappings were made; an error as with vdev_ioas_map().
 */
VDEV_EXPORT int vdev_ioas_map_segments(struct vdev_ioas *ioas,
				       const struct vdev_segment *segments,
				       size_t count, unsigned int flags);

/**
 * vdev_ioas_copy() - map what another address space has mapped
 * @dst: where to map it
 * @dst_iova: as with vdev_ioas_map()
 * @src: where it is mapped, in the same iommufd
 * @src_iova: at which IOVA
 * @length: how many bytes; all of them are mapped there
 * @flags: enum vdev_map_flags, at least one
 *
 * The memory is pinned and counted only once.
 *
 * Return: as vdev_ioas_map(); -ENOENT if part of the source is not mapped;
 * -EPERM if the source is read-only and @flags are not; -EXDEV for address
 * spaces of two iommufds; -EOPNOTSUPP for type 1.
 */
VDEV_EXPORT int vdev_ioas_copy(struct vdev_ioas *dst, uint64_t *dst_iova,
			       struct vdev_ioas *src, uint64_t src_iova,
			       uint64_t length, unsigned int flags);

/**
 * vdev_ioas_unmap() - unmap a range
 * @ioas: the address space
 * @iova: its start
 * @length: its length in bytes
 * @unmapped: receives how many bytes were unmapped, or NULL
 *
 * The range may hold several mappings and gaps between them.
 *
 * Return: 0; -ENOENT if nothing is mapped in it or it covers a mapping only in
 * part; -EINVAL for a misaligned range; -EOVERFLOW for one past the end of all
 * addresses; -EBUSY if the kernel uses a mapping of it; -ENODEV for a container
 * without a device.
 */
VDEV_EXPORT int vdev_ioas_unmap(struct vdev_ioas *ioas, uint64_t iova,
				uint64_t length, uint64_t *unmapped);

/**
 * vdev_ioas_unmap_all() - unmap everything
 * @ioas: the address space
 * @unmapped: receives how many bytes were unmapped, or NULL
 *
 * Return: 0, also if nothing was mapped; -EBUSY as vdev_ioas_unmap().
 */
VDEV_EXPORT int vdev_ioas_unmap_all(struct vdev_ioas *ioas, uint64_t *unmapped);

/**
 * vdev_ioas_ranges() - which IOVAs can be mapped
 * @ioas: the address space
 * @ret: receives the ranges, ascending; the caller frees them with
 *	vdev_iova_ranges_free(); or NULL
 * @alignment: receives what IOVA, address and length of a mapping have to be
 *	multiples of; or NULL
 *
 * They change as devices are attached and detached. Without one there are no
 * limits, and the alignment of an iommufd is 1.
 *
 * Return: how many ranges; -ENODEV for a container without a device;
 * -EOPNOTSUPP for one whose devices are in no-IOMMU mode; -ENOMEM.
 */
VDEV_EXPORT int vdev_ioas_ranges(struct vdev_ioas *ioas,
				 struct vdev_iova_range **ret,
				 uint64_t *alignment);

/**
 * vdev_iova_ranges_free() - free the result of vdev_ioas_ranges()
 * @ranges: the ranges, or NULL
 */
VDEV_EXPORT void vdev_iova_ranges_free(struct vdev_iova_range *ranges);

/**
 * vdev_ioas_allow() - keep ranges usable
 * @ioas: the address space of an iommufd
 * @ranges: the ranges, which do not overlap
 * @count: how many; 0 allows all again
 *
 * A device that cannot use one of them is then not attached. IOVAs that the
 * kernel chooses are from these ranges. Replaces the ranges of an earlier call.
 *
 * Return: 0; -EADDRINUSE if a device that is attached cannot use them; -EINVAL
 * for ranges that overlap or end before they start; -EOPNOTSUPP for type 1.
 */
VDEV_EXPORT int vdev_ioas_allow(struct vdev_ioas *ioas,
				const struct vdev_iova_range *ranges,
				size_t count);

/**
 * vdev_ioas_set_huge_pages() - let the IOMMU use large pages or not
 * @ioas: the address space of an iommufd
 * @enable: true unless set; false is for measurements
 *
 * Return: 0; -EBUSY if something is mapped already; -EOPNOTSUPP for type 1.
 */
VDEV_EXPORT int vdev_ioas_set_huge_pages(struct vdev_ioas *ioas, bool enable);

VDEV_END_DECLS

#endif
