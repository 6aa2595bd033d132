/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIBVDEV_FILE_H
#define LIBVDEV_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <libvdev/device.h>
#include <libvdev/hwpt.h>
#include <libvdev/iommu.h>
#include <libvdev/pci.h>
#include <libvdev/token.h>

VDEV_BEGIN_DECLS

/*
 * The opened device.
 *
 * The life of the file descriptor is the life of all this. There is no call
 * that unbinds a device from an iommufd or takes it out of a container: what
 * was bound, attached, mapped and set up ends when the last descriptor of the
 * device is closed, and with it every mapping of its regions (a mapping keeps
 * the device open like a descriptor does). vdev_file_unref() of the last
 * reference does both. A descriptor that was inherited, sent or duplicated
 * elsewhere keeps the device open there.
 *
 * Opening and closing a PCI device reset it, where it can be reset.
 *
 * A device is opened in one of two ways, by what its address space is:
 *
 * - by its character device (cdev), bound to an iommufd
 *   (VDEV_IOMMU_IOMMUFD, Linux 6.6): it can do no DMA until it is attached to
 *   an IOAS or HWPT. One open file at a time.
 * - through its group, whose container is the address space
 *   (VDEV_IOMMU_TYPE1, VDEV_IOMMU_COMPAT): it is attached as soon as it is
 *   open. The library opens a group's node once for all devices of the group
 *   that use one struct vdev_iommu, since the kernel lets it be opened once.
 *
 * Never both for devices of one group at the same time.
 *
 * A device in no-IOMMU mode (enable_unsafe_noiommu_mode of vfio) is opened
 * through its group with VDEV_IOMMU_TYPE1, which takes CAP_SYS_RAWIO. Nothing
 * can be mapped for it: it reaches all memory by its physical addresses, and so
 * may do any damage. The other calls work.
 *
 * Source: include/uapi/linux/vfio.h.
 */

struct vdev_file;
struct vdev_region;
struct vdev_reset_set;

/**
 * enum vdev_file_flag - what kind of device was opened
 * @VDEV_FILE_RESET: vdev_file_reset() works
 * @VDEV_FILE_PCI: a PCI function, or an mdev that looks like one
 * @VDEV_FILE_PLATFORM: a platform device
 * @VDEV_FILE_AMBA: a device on an AMBA bus
 * @VDEV_FILE_CCW: a channel device of s390
 * @VDEV_FILE_AP: a cryptographic device of s390
 * @VDEV_FILE_FSL_MC: a device on Freescale's management complex
 * @VDEV_FILE_CDX: a device on a CDX bus
 */
enum vdev_file_flag {
	VDEV_FILE_RESET = 1 << 0,
	VDEV_FILE_PCI = 1 << 1,
	VDEV_FILE_PLATFORM = 1 << 2,
	VDEV_FILE_AMBA = 1 << 3,
	VDEV_FILE_CCW = 1 << 4,
	VDEV_FILE_AP = 1 << 5,
	VDEV_FILE_FSL_MC = 1 << 6,
	VDEV_FILE_CDX = 1 << 8,
};

/**
 * vdev_file_open() - open a device
 * @dev: the device, which is bound to a VFIO driver
 * @iommu: what manages its DMA; the file takes a reference. NULL for one of its
 *	own, which vdev_file_iommu() tells: an iommufd if the device has a cdev
 *	and @token is checked there, else a container
 * @token: the VF token, or NULL; see <libvdev/token.h> for which device needs
 *	one, and which gets one
 * @ret: receives the file; the caller drops it with vdev_file_unref()
 *
 * The descriptor is close-on-exec.
 *
 * A PF that is opened by cdev keeps the token also if opening it fails then
 * because it is open elsewhere: the kernel takes the token first.
 *
 * Return: 0; -ENOENT if the device has no node of VFIO; -ENODEV if it is gone;
 * -EBUSY if it is open elsewhere, if its group is used the other way, or if
 * the group is not viable; -EACCES without the right to its node, or if a VF
 * token is required or wrong; -EINVAL for a token that this device cannot use;
 * -EPERM if the kernel finds interrupts not isolated (or, for which it has the
 * same word, another device of the group is open elsewhere); -EOPNOTSUPP if the
 * kernel cannot open it the way @iommu asks for, or takes no token by cdev
 * (before Linux 6.17); -ENOMEM; other errors of the driver. The sentence tells
 * those apart that have an errno in common.
 */
VDEV_EXPORT int vdev_file_open(struct vdev_device *dev,
			       struct vdev_iommu *iommu,
			       const struct vdev_vf_token *token,
			       struct vdev_file **ret);

/**
 * vdev_file_open_unbound() - open a cdev for somebody else to bind
 * @dev: the device, which is bound to a VFIO driver
 * @ret: receives the descriptor, close-on-exec, for the caller to close(2)
 *
 * For a program that is given a device and binds it to an iommufd by itself,
 * as QEMU does; vdev_file_import() in another process is the counterpart. The
 * device is checked, but neither bound nor reset: the descriptor is that of
 * this device and no other's, also while devices come and go; the device's
 * group is viable and not in use through its node. The kernel does not tell
 * whether another process has bound the cdev: see vdev_device_users(). A VF
 * token is not asked for, see vdev_device_vf_token_use(). Linux 6.6.
 *
 * Return: 0; -ENOENT if the device is not bound to a VFIO driver; -EOPNOTSUPP
 * if it has no cdev; -ENODEV if it is gone; -EBUSY if its group is not viable
 * or is in use through its node; -EACCES without the right to its node; -EINVAL
 * if what is at the node's place is not the device; other errors of opening.
 */
VDEV_EXPORT int vdev_file_open_unbound(struct vdev_device *dev, int *ret);

/**
 * vdev_file_import() - use a descriptor that somebody else opened
 * @ctx: the context
 * @fd: a descriptor of a VFIO device; it is duplicated and stays the caller's
 * @iommu: the iommufd it is bound to or is to be bound to, or the container of
 *	its group; NULL if the caller has neither
 * @device_id: its id in the iommufd, if it is bound already; 0 to bind it
 * @token: the VF token for binding it, or NULL
 * @ret: receives the file; the caller drops it with vdev_file_unref()
 *
 * Without @iommu everything works but what concerns address spaces.
 *
 * Return: 0; -EBADF or -ENOTTY if @fd is no VFIO device; -EINVAL if it is not
 * bound and there is no iommufd to bind it to, or if a token is given and
 * nothing is to be bound; -ENOMEM; else as vdev_file_open().
 */
VDEV_EXPORT int vdev_file_import(struct vdev_ctx *ctx, int fd,
				 struct vdev_iommu *iommu, uint32_t device_id,
				 const struct vdev_vf_token *token,
				 struct vdev_file **ret);

/**
 * vdev_file_ref() - take another reference
 * @file: the file
 *
 * Return: @file.
 */
VDEV_EXPORT struct vdev_file *vdev_file_ref(struct vdev_file *file);

/**
 * vdev_file_unref() - drop a reference
 * @file: the file, or NULL
 *
 * The last one closes the device.
 *
 * Return: NULL always.
 */
VDEV_EXPORT struct vdev_file *vdev_file_unref(struct vdev_file *file);

/**
 * vdev_file_ctx() - the context of a file
 * @file: the file
 *
 * Return: the context, not a new reference.
 */
VDEV_EXPORT struct vdev_ctx *vdev_file_ctx(const struct vdev_file *file);

/**
 * vdev_file_device() - the device that was opened
 * @file: the file
 *
 * Return: the device, not a new reference; NULL if the file was imported.
 */
VDEV_EXPORT struct vdev_device *vdev_file_device(const struct vdev_file *file);

/**
 * vdev_file_iommu() - what manages the device's DMA
 * @file: the file
 *
 * Return: the object, not a new reference; NULL if the file was imported
 * without one.
 */
VDEV_EXPORT struct vdev_iommu *vdev_file_iommu(const struct vdev_file *file);

/**
 * vdev_file_ioas() - the address space of a device
 * @file: the file
 *
 * For one that shares it: a container has no second one.
 *
 * Return: what vdev_file_attach() was given last, not a new reference; NULL if
 * the device is attached to none, or to a HWPT, or by an id.
 */
VDEV_EXPORT struct vdev_ioas *vdev_file_ioas(const struct vdev_file *file);

/**
 * vdev_file_fd() - the file descriptor
 * @file: the file
 *
 * For poll(2), sendmsg(2), KVM and the like. KVM keeps the device open once it
 * was told of it by KVM_DEV_VFIO_FILE_ADD: vdev_file_unref() resets and
 * detaches it only if KVM_DEV_VFIO_FILE_DEL came before. So it is with
 * vdev_file_group_fd().
 *
 * Return: the descriptor, which belongs to the file.
 */
VDEV_EXPORT int vdev_file_fd(const struct vdev_file *file);

/**
 * vdev_file_group_fd() - the descriptor of the device's group
 * @file: the file
 *
 * For KVM, and for a hot reset by another process.
 *
 * Return: the descriptor, which belongs to the library; -ENODATA if the device
 * was not opened through a group.
 */
VDEV_EXPORT int vdev_file_group_fd(const struct vdev_file *file);

/**
 * vdev_file_device_id() - the device's id in its iommufd
 * @file: the file
 * @ret: receives the id
 *
 * Return: 0; -ENODATA if the device is not bound to an iommufd by cdev.
 */
VDEV_EXPORT int vdev_file_device_id(const struct vdev_file *file,
				    uint32_t *ret);

/**
 * vdev_file_flags() - what kind of device it is
 * @file: the file
 *
 * Return: enum vdev_file_flag values joined; bits that are not named there are
 * those of a newer kernel.
 */
VDEV_EXPORT unsigned int vdev_file_flags(const struct vdev_file *file);

/**
 * vdev_file_region_count() - how many regions the device may have
 * @file: the file
 *
 * Return: the highest index and one.
 */
VDEV_EXPORT unsigned int vdev_file_region_count(const struct vdev_file *file);

/**
 * vdev_file_irq_count() - how many kinds of interrupts the device may have
 * @file: the file
 *
 * Return: the highest index and one.
 */
VDEV_EXPORT unsigned int vdev_file_irq_count(const struct vdev_file *file);

/**
 * vdev_file_capability() - one capability of the device's information
 * @file: the file
 * @index: 0 up to the count less one
 * @id: receives the id (VFIO_DEVICE_INFO_CAP_*)
 * @version: receives the version
 * @data: receives what is behind the header; it belongs to the file
 * @size: receives how many bytes that are, with what may be behind it
 *
 * Any output may be NULL.
 *
 * Return: 0; -ENOENT past the end.
 */
VDEV_EXPORT int vdev_file_capability(const struct vdev_file *file, size_t index,
				     unsigned int *id, unsigned int *version,
				     const void **data, size_t *size);

/**
 * vdev_file_atomics() - which atomic operations reach memory
 * @file: the file
 *
 * PCI Express AtomicOps whose completion the root port supports.
 *
 * Return: the sum of their widths in bytes (4, 8, 16), 0 for none or where the
 * kernel does not tell (before Linux 6.5).
 */
VDEV_EXPORT unsigned int vdev_file_atomics(const struct vdev_file *file);

/**
 * vdev_file_attach() - attach the device to an address space
 * @file: the file
 * @ioas: the address space; the file keeps a reference until it is detached
 *
 * A device that is attached already moves to @ioas. A device opened through its
 * group is attached to the one space of its container: @ioas must be that, and
 * is kept until the file is closed.
 *
 * Return: 0; -EINVAL if @ioas belongs to another iommu, or the device cannot be
 * attached to it; -EBUSY if the device is being reset; -EOPNOTSUPP for a file
 * without iommu; -EADDRINUSE if the space has mappings, or ranges of
 * vdev_ioas_allow(), where the device's reserved regions are, or mappings that
 * are not whole pages of its IOMMU; -ENOMEM.
 */
VDEV_EXPORT int vdev_file_attach(struct vdev_file *file,
				 struct vdev_ioas *ioas);

/**
 * vdev_file_attach_id() - attach the device to an IOAS or HWPT by its id
 * @file: the file, opened by cdev
 * @id: the id in the file's iommufd
 * @hwpt: receives the HWPT that is used, for an IOAS one that the kernel made;
 *	or NULL
 *
 * Return: as vdev_file_attach(); -ENOENT if there is no such object.
 */
VDEV_EXPORT int vdev_file_attach_id(struct vdev_file *file, uint32_t id,
				    uint32_t *hwpt);

/**
 * vdev_file_make_hwpt() - make a HWPT of an address space for the device
 * @file: the file, opened by cdev
 * @ioas: the address space; the HWPT keeps a reference
 * @flags: enum vdev_hwpt_flags, or 0; with a fault queue, or nested in another
 *	HWPT, it is made by vdev_hwpt_new()
 * @ret: receives the HWPT; the caller drops it with vdev_hwpt_unref()
 *
 * Needed where attaching to the address space itself will not do: for dirty
 * tracking, PASIDs and nesting.
 *
 * Return: 0; -EINVAL if @ioas belongs to another iommu; else as
 * vdev_hwpt_new().
 */
VDEV_EXPORT int vdev_file_make_hwpt(struct vdev_file *file,
				    struct vdev_ioas *ioas, unsigned int flags,
				    struct vdev_hwpt **ret);

/**
 * vdev_file_attach_hwpt() - attach the device to a HWPT
 * @file: the file, opened by cdev
 * @hwpt: the HWPT; the file keeps a reference until it is detached
 *
 * Return: as vdev_file_attach().
 */
VDEV_EXPORT int vdev_file_attach_hwpt(struct vdev_file *file,
				      struct vdev_hwpt *hwpt);

/**
 * vdev_file_detach() - leave the address space
 * @file: the file, opened by cdev
 *
 * All DMA of the device is blocked then. A device that is not attached stays
 * so.
 *
 * Return: 0; -EOPNOTSUPP for a device opened through its group, which is
 * attached as long as it is open.
 */
VDEV_EXPORT int vdev_file_detach(struct vdev_file *file);

/*
 * PASIDs: further address spaces of one device, told apart by a number that
 * goes with each access. The rule of Linux (6.15): the HWPT of each PASID, and
 * that of the device itself if it is attached, are made with VDEV_HWPT_PASID;
 * an address space as such will not do. Linux 7.2 attaches PASIDs of devices
 * that have none, without effect: the library refuses that.
 *
 * What is attached ends with the descriptor, too.
 */

/**
 * vdev_file_pasid_width() - how many PASIDs the device has
 * @file: the file, opened by cdev
 *
 * Return: the width in bits, 1 to 20; -EOPNOTSUPP if it has none, where the
 * sentence says whether it is the device, the kernel or the IOMMU that lacks
 * them.
 */
VDEV_EXPORT int vdev_file_pasid_width(struct vdev_file *file);

/**
 * vdev_file_attach_pasid() - attach a PASID to a HWPT
 * @file: the file, opened by cdev
 * @pasid: the PASID, from 1 on; if it is attached already, it moves
 * @hwpt: the HWPT; the file keeps a reference until the PASID is detached
 *
 * Return: 0; -EOPNOTSUPP as vdev_file_pasid_width(), or if the device's driver
 * attaches none (only vfio-pci does); -EINVAL for a PASID the device does not
 * have, or if a HWPT is not made for PASIDs; -ENOMEM.
 */
VDEV_EXPORT int vdev_file_attach_pasid(struct vdev_file *file, uint32_t pasid,
				       struct vdev_hwpt *hwpt);

/**
 * vdev_file_attach_pasid_id() - attach a PASID to a HWPT by its id
 * @file: the file, opened by cdev
 * @pasid: the PASID, from 1 on; if it is attached already, it moves
 * @hwpt: the id of the HWPT in the file's iommufd
 *
 * Return: as vdev_file_attach_pasid(); -ENOENT if there is no such HWPT.
 */
VDEV_EXPORT int vdev_file_attach_pasid_id(struct vdev_file *file,
					  uint32_t pasid, uint32_t hwpt);

/**
 * vdev_file_detach_pasid() - block the DMA of a PASID
 * @file: the file, opened by cdev
 * @pasid: the PASID; one that is not attached stays so
 *
 * Return: 0; -EINVAL for a PASID the device does not have; -EOPNOTSUPP as
 * vdev_file_pasid_width().
 */
VDEV_EXPORT int vdev_file_detach_pasid(struct vdev_file *file, uint32_t pasid);

/**
 * vdev_file_detach_all_pasids() - block the DMA of all PASIDs
 * @file: the file
 *
 * Those that were attached with this struct vdev_file.
 *
 * Return: how many there were; a negative errno of vdev_file_detach_pasid()
 * if one stays.
 */
VDEV_EXPORT int vdev_file_detach_all_pasids(struct vdev_file *file);

/**
 * vdev_file_pasid_count() - how many PASIDs are attached
 * @file: the file
 *
 * Return: how many were attached with this struct vdev_file.
 */
VDEV_EXPORT size_t vdev_file_pasid_count(const struct vdev_file *file);

/**
 * vdev_file_pasid() - one of the PASIDs that are attached
 * @file: the file
 * @index: 0 up to the count less one, in no particular order
 *
 * Return: the PASID; 0 past the end.
 */
VDEV_EXPORT uint32_t vdev_file_pasid(const struct vdev_file *file,
				     size_t index);

/**
 * enum vdev_region_index - the regions of a PCI device
 * @VDEV_REGION_BAR0: the first base address register; the others follow
 * @VDEV_REGION_BAR1: the second
 * @VDEV_REGION_BAR2: the third
 * @VDEV_REGION_BAR3: the fourth
 * @VDEV_REGION_BAR4: the fifth
 * @VDEV_REGION_BAR5: the sixth
 * @VDEV_REGION_ROM: the expansion ROM
 * @VDEV_REGION_CONFIG: the configuration space
 * @VDEV_REGION_VGA: the legacy VGA ranges
 *
 * Further ones have types, see vdev_region_type().
 */
enum vdev_region_index {
	VDEV_REGION_BAR0,
	VDEV_REGION_BAR1,
	VDEV_REGION_BAR2,
	VDEV_REGION_BAR3,
	VDEV_REGION_BAR4,
	VDEV_REGION_BAR5,
	VDEV_REGION_ROM,
	VDEV_REGION_CONFIG,
	VDEV_REGION_VGA,
};

/**
 * enum vdev_region_flag - what can be done with a region
 * @VDEV_REGION_READ: it can be read
 * @VDEV_REGION_WRITE: it can be written
 * @VDEV_REGION_MMAP: parts of it can be mapped, see vdev_region_area()
 * @VDEV_REGION_MSIX_MAPPABLE: those parts may hold the MSI-X table
 */
enum vdev_region_flag {
	VDEV_REGION_READ = 1 << 0,
	VDEV_REGION_WRITE = 1 << 1,
	VDEV_REGION_MMAP = 1 << 2,
	VDEV_REGION_MSIX_MAPPABLE = 1 << 16,
};

/**
 * vdev_file_region() - one region of a device
 * @file: the file
 * @index: 0 up to vdev_file_region_count() less one
 * @ret: receives the region, which belongs to the file
 *
 * What the kernel calls a region that the device does not have, such as a BAR
 * that is not implemented, has size 0.
 *
 * Return: 0; -EINVAL past the end; -EIO if what the kernel tells makes no
 * sense; -ENOMEM.
 */
VDEV_EXPORT int vdev_file_region(struct vdev_file *file, unsigned int index,
				 const struct vdev_region **ret);

/**
 * vdev_region_name() - what a region is called
 * @region: the region
 *
 * Return: for PCI devices "bar0" to "bar5", "rom", "config" or "vga", for
 * regions with a type that this library knows "igd-opregion",
 * "igd-host-config", "igd-lpc-config" or "edid"; else NULL.
 */
VDEV_EXPORT const char *vdev_region_name(const struct vdev_region *region);

/**
 * vdev_region_size() - how large a region is
 * @region: the region
 *
 * Return: the size in bytes; 0 if there is no such region.
 */
VDEV_EXPORT uint64_t vdev_region_size(const struct vdev_region *region);

/**
 * vdev_region_offset() - where a region is in the descriptor
 * @region: the region
 *
 * Return: what is to be added for pread(2), pwrite(2) and mmap(2).
 */
VDEV_EXPORT uint64_t vdev_region_offset(const struct vdev_region *region);

/**
 * vdev_region_flags() - what can be done with a region
 * @region: the region
 *
 * Return: enum vdev_region_flag values joined.
 */
VDEV_EXPORT unsigned int vdev_region_flags(const struct vdev_region *region);

/**
 * vdev_region_subtype() - what a region that has a type is
 * @region: the region
 * @type: receives the type (VFIO_REGION_TYPE_*), or NULL
 * @subtype: receives the subtype, or NULL
 *
 * Return: 0; -ENODATA if it has none.
 */
VDEV_EXPORT int vdev_region_subtype(const struct vdev_region *region,
				    uint32_t *type, uint32_t *subtype);

/**
 * vdev_region_area_count() - how many parts of a region can be mapped
 * @region: the region
 *
 * Return: the count; 1 if all of it can be mapped, 0 if nothing can.
 */
VDEV_EXPORT size_t vdev_region_area_count(const struct vdev_region *region);

/**
 * vdev_region_area() - a part of a region that can be mapped
 * @region: the region
 * @index: 0 up to the count less one
 * @offset: receives where it is in the region, or NULL
 * @size: receives its size in bytes, or NULL
 *
 * Return: 0; -EINVAL past the end.
 */
VDEV_EXPORT int vdev_region_area(const struct vdev_region *region, size_t index,
				 uint64_t *offset, uint64_t *size);

/**
 * vdev_file_read() - read from a region
 * @file: the file
 * @index: the region
 * @offset: where in the region
 * @buffer: receives the bytes as the device has them (PCI: little-endian)
 * @size: how many
 *
 * Any offset and size will do: the kernel reads in naturally aligned pieces
 * of 1, 2, 4 or (Linux 6.11) 8 bytes. Where the width of an access matters use
 * vdev_file_read_register(). Of a BAR the MSI-X table reads as all ones.
 *
 * Return: 0 when all of it was read; -EINVAL for what is not in the region;
 * -EOPNOTSUPP for a region that cannot be read; -EIO if the device does not
 * answer, because its memory access is off, it is in low power or is being
 * reset; -ENODEV if it is gone. What @buffer holds after a failure is open.
 */
VDEV_EXPORT int vdev_file_read(struct vdev_file *file, unsigned int index,
			       uint64_t offset, void *buffer, size_t size);

/**
 * vdev_file_write() - write to a region
 * @file: the file
 * @index: the region
 * @offset: where in the region
 * @buffer: the bytes as the device wants them (PCI: little-endian)
 * @size: how many
 *
 * As vdev_file_read(). What is written to the MSI-X table is dropped.
 *
 * Return: 0 when all of it was written; after a failure a part may have been;
 * else as vdev_file_read().
 */
VDEV_EXPORT int vdev_file_write(struct vdev_file *file, unsigned int index,
				uint64_t offset, const void *buffer,
				size_t size);

/**
 * vdev_file_read_register() - read once, with a given width
 * @file: the file
 * @index: the region
 * @offset: where in the region, a multiple of @width
 * @width: 1, 2, 4 or 8 bytes; of 8 the kernel may make two of 4
 * @value: receives the value in the machine's byte order
 *
 * Return: 0; -EINVAL for another width or an offset that is no multiple of it;
 * else as vdev_file_read().
 */
VDEV_EXPORT int vdev_file_read_register(struct vdev_file *file,
					unsigned int index, uint64_t offset,
					unsigned int width, uint64_t *value);

/**
 * vdev_file_write_register() - write once, with a given width
 * @file: the file
 * @index: the region
 * @offset: where in the region, a multiple of @width
 * @width: 1, 2, 4 or 8 bytes; of 8 the kernel may make two of 4
 * @value: the value in the machine's byte order
 *
 * Return: 0; -EINVAL for another width, an offset that is no multiple of it,
 * or a value that is wider; else as vdev_file_read().
 */
VDEV_EXPORT int vdev_file_write_register(struct vdev_file *file,
					 unsigned int index, uint64_t offset,
					 unsigned int width, uint64_t value);

/**
 * vdev_file_mmap() - map a part of a region
 * @file: the file
 * @index: the region
 * @offset: where in the region, a multiple of the page size
 * @size: how much
 * @access: VDEV_REGION_READ and VDEV_REGION_WRITE joined
 * @ret: receives the address
 *
 * The part has to be within one area of vdev_region_area(). Of a BAR that is
 * smaller than a page all of its page is mapped, in which the kernel leaves
 * nothing else, though vdev_region_area() tells the BAR's size. The mapping
 * ends with vdev_file_munmap() or with the file. Touching it while the device
 * is in low power, or with its memory access off, ends in SIGBUS.
 *
 * Return: 0; -EINVAL for what is not within one area or not aligned;
 * -EOPNOTSUPP for a region that cannot be mapped; -ENOMEM.
 */
VDEV_EXPORT int vdev_file_mmap(struct vdev_file *file, unsigned int index,
			       uint64_t offset, size_t size,
			       unsigned int access, void **ret);

/**
 * vdev_file_munmap() - end a mapping
 * @file: the file
 * @address: the address that vdev_file_mmap() gave
 *
 * Return: 0; -EINVAL if it gave no such address.
 */
VDEV_EXPORT int vdev_file_munmap(struct vdev_file *file, void *address);

/**
 * vdev_file_cap_offset() - where a PCI capability is
 * @file: the file
 * @id: the capability's id
 * @extended: non-zero for an extended capability
 *
 * In the configuration space as VFIO shows it, where some capabilities of the
 * device are missing (PASID, SR-IOV of a PF without VFs and others).
 *
 * Return: the offset; -ENODATA if there is none; -EOPNOTSUPP if it is no PCI
 * device; else as vdev_file_read().
 */
VDEV_EXPORT int vdev_file_cap_offset(struct vdev_file *file, unsigned int id,
				     int extended);

/**
 * vdev_file_caps() - the PCI capabilities as the user of the device sees them
 * @file: the file
 * @ret: receives an array, which belongs to the file and is valid until the
 *	next call
 *
 * Those of the configuration space as VFIO shows it, read anew; walked as by
 * vdev_device_caps().
 *
 * Return: how many there are; -EOPNOTSUPP if it is no PCI device; -ENOMEM; else
 * as vdev_file_read().
 */
VDEV_EXPORT int vdev_file_caps(struct vdev_file *file,
			       const struct vdev_pci_cap **ret);

/**
 * vdev_file_bus_master() - whether the device may access memory
 * @file: the file
 *
 * Return: 1 or 0; -EOPNOTSUPP if it is no PCI device; else as
 * vdev_file_read().
 */
VDEV_EXPORT int vdev_file_bus_master(struct vdev_file *file);

/**
 * vdev_file_set_bus_master() - let the device access memory, or not
 * @file: the file
 * @enable: whether it may
 *
 * A device is opened without. On PCI this is a bit of the configuration space,
 * on CDX a feature of the kernel (Linux 6.7). It is also what makes
 * message-signalled interrupts work.
 *
 * Return: 0; -EOPNOTSUPP for other devices; else as vdev_file_read().
 */
VDEV_EXPORT int vdev_file_set_bus_master(struct vdev_file *file, bool enable);

/**
 * enum vdev_irq_index - the interrupts of a PCI device
 * @VDEV_IRQ_INTX: the pin
 * @VDEV_IRQ_MSI: message-signalled interrupts
 * @VDEV_IRQ_MSIX: those with a table
 * @VDEV_IRQ_ERROR: the device reports an error (PCI Express)
 * @VDEV_IRQ_REQUEST: the host wants the device back
 *
 * Of the first three one can be in use at a time.
 */
enum vdev_irq_index {
	VDEV_IRQ_INTX,
	VDEV_IRQ_MSI,
	VDEV_IRQ_MSIX,
	VDEV_IRQ_ERROR,
	VDEV_IRQ_REQUEST,
};

/**
 * enum vdev_irq_flag - how interrupts of one index behave
 * @VDEV_IRQ_EVENTFD: they are signalled by eventfds
 * @VDEV_IRQ_MASKABLE: they can be masked and unmasked
 * @VDEV_IRQ_AUTOMASKED: each masks itself when it is signalled
 * @VDEV_IRQ_NORESIZE: more of them can be enabled only after all are disabled
 */
enum vdev_irq_flag {
	VDEV_IRQ_EVENTFD = 1 << 0,
	VDEV_IRQ_MASKABLE = 1 << 1,
	VDEV_IRQ_AUTOMASKED = 1 << 2,
	VDEV_IRQ_NORESIZE = 1 << 3,
};

/**
 * vdev_irq_name() - what the interrupts of a PCI device are called
 * @index: the index
 *
 * Return: "intx", "msi", "msix", "error" or "request"; NULL for another index.
 */
VDEV_EXPORT const char *vdev_irq_name(unsigned int index);

/**
 * vdev_file_irq_info() - the interrupts of one index
 * @file: the file
 * @index: 0 up to vdev_file_irq_count() less one
 * @count: receives how many there are, 0 if the device has none of that kind;
 *	or NULL
 * @flags: receives enum vdev_irq_flag values joined, or NULL
 *
 * Return: 0; -EINVAL past the end; -ENODEV if the device is gone.
 */
VDEV_EXPORT int vdev_file_irq_info(struct vdev_file *file, unsigned int index,
				   uint32_t *count, unsigned int *flags);

/**
 * vdev_file_irq_set() - have interrupts signalled
 * @file: the file
 * @index: the index
 * @start: the first interrupt
 * @count: how many
 * @eventfds: an eventfd for each; -1 to leave one out or to stop it
 *
 * Enables the index with its first call. Unless VDEV_IRQ_NORESIZE is missing,
 * the first call says how many there are: @start and @count together. The
 * caller keeps the eventfds, which may be closed afterwards. What is signalled
 * while nobody reads an eventfd stays in it: to hold a message back, a VMM
 * takes the eventfd from KVM and leaves the device as it is. After a failure
 * the interrupts named in the call are off.
 *
 * Return: 0; -EINVAL for interrupts that the device does not have, while
 * another index is in use, for more than were enabled at first, or for a
 * descriptor that is no eventfd; -EBADF; -ENOSPC if the machine cannot give so
 * many; -EBUSY if a pin is shared with another device and cannot be; -ENODEV
 * for a pin that is not connected; -EIO if memory access of the device is off;
 * -ENOMEM.
 */
VDEV_EXPORT int vdev_file_irq_set(struct vdev_file *file, unsigned int index,
				  uint32_t start, uint32_t count,
				  const int *eventfds);

/**
 * vdev_file_irq_disable() - stop all interrupts of an index
 * @file: the file
 * @index: the index
 *
 * What is not enabled stays so.
 *
 * Return: 0; -EINVAL past the end; -ENODEV if the device is gone.
 */
VDEV_EXPORT int vdev_file_irq_disable(struct vdev_file *file,
				      unsigned int index);

/**
 * vdev_file_irq_mask() - hold interrupts back
 * @file: the file
 * @index: the index
 * @start: the first interrupt
 * @count: how many
 *
 * Return: 0; -EINVAL for interrupts that the device does not have or that are
 * not enabled; -EOPNOTSUPP where they cannot be masked (of PCI devices only the
 * pin can).
 */
VDEV_EXPORT int vdev_file_irq_mask(struct vdev_file *file, unsigned int index,
				   uint32_t start, uint32_t count);

/**
 * vdev_file_irq_unmask() - let interrupts through again
 * @file: the file
 * @index: the index
 * @start: the first interrupt
 * @count: how many
 *
 * Return: as vdev_file_irq_mask().
 */
VDEV_EXPORT int vdev_file_irq_unmask(struct vdev_file *file, unsigned int index,
				     uint32_t start, uint32_t count);

/**
 * vdev_file_irq_resample() - unmask an interrupt by an eventfd
 * @file: the file
 * @index: the index
 * @irq: the interrupt
 * @eventfd: the eventfd that unmasks it when it is signalled; -1 to end that
 *
 * For level-triggered interrupts, and KVM's resampling irqfds.
 *
 * Return: as vdev_file_irq_mask(); -EBADF; -EBUSY if there is one already.
 */
VDEV_EXPORT int vdev_file_irq_resample(struct vdev_file *file,
				       unsigned int index, uint32_t irq,
				       int eventfd);

/**
 * vdev_file_irq_trigger() - signal interrupts as if the device had
 * @file: the file
 * @index: the index
 * @start: the first interrupt
 * @count: how many
 *
 * To test the way from the kernel to the eventfd.
 *
 * Return: 0; -EINVAL for interrupts that the device does not have or that are
 * not enabled.
 */
VDEV_EXPORT int vdev_file_irq_trigger(struct vdev_file *file,
				      unsigned int index, uint32_t start,
				      uint32_t count);

/**
 * vdev_file_reset() - reset the device
 * @file: the file
 *
 * The device alone, by the best method it has. Its configuration space is as
 * after opening; mappings and interrupts stay.
 *
 * Return: 0; -EOPNOTSUPP if it cannot be reset alone; -EAGAIN or -EBUSY while
 * somebody else works on it; -EIO and others if the reset failed.
 */
VDEV_EXPORT int vdev_file_reset(struct vdev_file *file);

/**
 * vdev_reset_set_new() - what a hot reset of the device would reset
 * @file: the file of a PCI device
 * @ret: receives the set; the caller frees it with vdev_reset_set_free()
 *
 * A hot reset resets a whole bus or slot. It is for those only who own all
 * that is there:
 *
 * - opened by cdev: each device is bound to the same iommufd, or belongs to the
 *   IOMMU group of one that is
 * - opened through the group: each device's group is open, which is proved by
 *   its descriptor
 *
 * and every device is bound to a VFIO driver.
 *
 * Return: how many devices there are; -EOPNOTSUPP if neither bus nor slot can
 * be reset; -EPERM if one of them is in no IOMMU group; -EAGAIN if they
 * changed meanwhile; -ENOMEM.
 */
VDEV_EXPORT int vdev_reset_set_new(struct vdev_file *file,
				   struct vdev_reset_set **ret);

/**
 * vdev_reset_set_free() - free a set
 * @set: the set, or NULL
 */
VDEV_EXPORT void vdev_reset_set_free(struct vdev_reset_set *set);

/**
 * vdev_reset_set_count() - how many devices are reset together
 * @set: the set
 *
 * Return: the count.
 */
VDEV_EXPORT size_t vdev_reset_set_count(const struct vdev_reset_set *set);

/**
 * vdev_reset_set_address() - one of the devices
 * @set: the set
 * @index: 0 up to the count less one
 *
 * Return: its PCI address; NULL past the end.
 */
VDEV_EXPORT const char *vdev_reset_set_address(const struct vdev_reset_set *set,
					       size_t index);

/**
 * vdev_reset_set_group() - the IOMMU group of one of the devices
 * @set: the set
 * @index: 0 up to the count less one
 *
 * Return: the group; -ENODATA if the file was opened by cdev, where the kernel
 * does not tell; -EINVAL past the end.
 */
VDEV_EXPORT int vdev_reset_set_group(const struct vdev_reset_set *set,
				     size_t index);

/**
 * vdev_reset_set_device_id() - the id of one of the devices
 * @set: the set
 * @index: 0 up to the count less one
 * @ret: receives its id in the file's iommufd
 *
 * Return: 0; -ENODATA if it is not bound to that iommufd, or the file was
 * opened through its group; -EINVAL past the end.
 */
VDEV_EXPORT int vdev_reset_set_device_id(const struct vdev_reset_set *set,
					 size_t index, uint32_t *ret);

/**
 * vdev_reset_set_owned() - whether one of the devices is the caller's
 * @set: the set
 * @index: 0 up to the count less one
 *
 * For a file opened through its group: whether the library has the group open
 * with the same struct vdev_iommu.
 *
 * Return: 1 or 0; -EINVAL past the end.
 */
VDEV_EXPORT int vdev_reset_set_owned(const struct vdev_reset_set *set,
				     size_t index);

/**
 * vdev_file_hot_reset() - reset the bus or slot of a PCI device
 * @file: the file
 * @group_fds: for a file opened through its group the descriptors of all
 *	groups concerned, or NULL for those that the library has open with the
 *	same struct vdev_iommu; else NULL
 * @count: how many descriptors
 *
 * Every device of vdev_reset_set_new() is reset.
 *
 * Return: 0; -EPERM if one of the devices is not the caller's; -EOPNOTSUPP as
 * vdev_reset_set_new(); -EBUSY if one of them is being used right now; -EINVAL
 * for descriptors given for a file opened by cdev, for one that is no group, or
 * if the kernel finds that a device is missing; -EIO if a link or device did
 * not come back after the reset; -ENOMEM.
 */
VDEV_EXPORT int vdev_file_hot_reset(struct vdev_file *file,
				    const int *group_fds, size_t count);

/**
 * enum vdev_feature - what a device's driver can do beyond the rest
 * @VDEV_FEATURE_VF_TOKEN: a PF's token can be set
 * @VDEV_FEATURE_MIGRATION: it can say which migration states it has
 * @VDEV_FEATURE_MIGRATION_STATE: it can be moved from state to state
 * @VDEV_FEATURE_LOW_POWER_ENTRY: low power
 * @VDEV_FEATURE_LOW_POWER_ENTRY_WAKEUP: low power with a wake-up signal
 * @VDEV_FEATURE_LOW_POWER_EXIT: the end of low power
 * @VDEV_FEATURE_DMA_LOGGING_START: it can log what it writes
 * @VDEV_FEATURE_DMA_LOGGING_STOP: it can stop that
 * @VDEV_FEATURE_DMA_LOGGING_REPORT: it can say what it wrote
 * @VDEV_FEATURE_MIGRATION_SIZE: it can estimate its state's size
 * @VDEV_FEATURE_BUS_MASTER: bus mastering can be set by the kernel
 * @VDEV_FEATURE_DMABUF: parts of its regions can be made dma-bufs
 * @VDEV_FEATURE_PRECOPY_INFO: it can tell of new initial data in pre-copy
 */
enum vdev_feature {
	VDEV_FEATURE_VF_TOKEN,
	VDEV_FEATURE_MIGRATION,
	VDEV_FEATURE_MIGRATION_STATE,
	VDEV_FEATURE_LOW_POWER_ENTRY,
	VDEV_FEATURE_LOW_POWER_ENTRY_WAKEUP,
	VDEV_FEATURE_LOW_POWER_EXIT,
	VDEV_FEATURE_DMA_LOGGING_START,
	VDEV_FEATURE_DMA_LOGGING_STOP,
	VDEV_FEATURE_DMA_LOGGING_REPORT,
	VDEV_FEATURE_MIGRATION_SIZE,
	VDEV_FEATURE_BUS_MASTER,
	VDEV_FEATURE_DMABUF,
	VDEV_FEATURE_PRECOPY_INFO,
};

/** How many features there are. */
#define VDEV_FEATURES 13

/**
 * enum vdev_feature_access - what a device offers of a feature
 * @VDEV_FEATURE_THERE: the feature is there
 * @VDEV_FEATURE_GET: it can be read, or makes something
 * @VDEV_FEATURE_SET: it can be set, or done
 */
enum vdev_feature_access {
	VDEV_FEATURE_THERE = 1 << 0,
	VDEV_FEATURE_GET = 1 << 1,
	VDEV_FEATURE_SET = 1 << 2,
};

/**
 * vdev_feature_name() - what a feature is called
 * @feature: the feature
 *
 * Return: a word such as "low-power-entry"; NULL for a value out of range.
 */
VDEV_EXPORT const char *vdev_feature_name(enum vdev_feature feature);

/**
 * vdev_file_feature() - ask for a feature
 * @file: the file
 * @feature: the feature
 *
 * Nothing is done but asking.
 *
 * Return: enum vdev_feature_access values joined, 0 if the device, its driver
 * or the kernel does not have it; -ENODEV if the device is gone; -ENOMEM.
 */
VDEV_EXPORT int vdev_file_feature(struct vdev_file *file,
				  enum vdev_feature feature);

/**
 * vdev_file_isolation() - what keeps the device from memory of others
 * @file: the file
 *
 * By VFIO_DEVICE_FEATURE_ISOLATION, which no released kernel has: it is in the
 * patch "vfio: report how a device is isolated" of kernel-patches/.
 *
 * Return: a value of enum vdev_isolation, or one that a newer kernel has;
 * -EOPNOTSUPP if the kernel does not tell; -ENODEV if the device is gone;
 * -ENOMEM.
 */
VDEV_EXPORT int vdev_file_isolation(struct vdev_file *file);

/**
 * vdev_file_isolation_pasid() - the PASID that isolates the device
 * @file: the file
 *
 * The kernel tells it to callers with CAP_SYS_ADMIN.
 *
 * Return: the PASID; -ENODATA if the device is not isolated by one, or it is
 * not for the caller to know; as vdev_file_isolation() else.
 */
VDEV_EXPORT int vdev_file_isolation_pasid(struct vdev_file *file);

/**
 * vdev_file_set_vf_token() - set the secret that users of the VFs must know
 * @file: the file of a PF
 * @token: the token
 *
 * Whoever opens a VF afterwards has to present it, and whoever opens the PF
 * while one of its VFs is open. VFs that are open now stay so. The kernel
 * (Linux 5.7, VFIO_DEVICE_FEATURE_PCI_VF_TOKEN) never gives it away.
 *
 * Return: 0; -EOPNOTSUPP if the device is no PF bound to vfio-pci; -ENODEV if
 * it is gone; -ENOMEM.
 */
VDEV_EXPORT int vdev_file_set_vf_token(struct vdev_file *file,
				       const struct vdev_vf_token *token);

/**
 * vdev_file_low_power_enter() - let the device go into low power
 * @file: the file
 * @wakeup: an eventfd that is signalled when the device wakes up, which then
 *	stays awake; -1 for none, then it sleeps again after each access
 *
 * Regions can be read and written, which wakes the device; its mappings must
 * not be touched until vdev_file_low_power_exit().
 *
 * Return: 0; -EOPNOTSUPP if the device or kernel cannot; -EINVAL if it is in
 * low power already, or for a descriptor that is no eventfd; -EBADF; -ENODEV if
 * the device is gone; -ENOMEM.
 */
VDEV_EXPORT int vdev_file_low_power_enter(struct vdev_file *file, int wakeup);

/**
 * vdev_file_low_power_exit() - wake the device up
 * @file: the file
 *
 * Return: 0; -EOPNOTSUPP if the device or kernel cannot; -ENODEV if the device
 * is gone; -ENOMEM.
 */
VDEV_EXPORT int vdev_file_low_power_exit(struct vdev_file *file);

/**
 * vdev_file_ioeventfd() - have the kernel write when an eventfd is signalled
 * @file: the file
 * @index: the region
 * @offset: where in the region, a multiple of @width
 * @width: 1, 2, 4 or (not on vfio-pci) 8 bytes
 * @value: what to write
 * @eventfd: the eventfd, or -1 to end it; the other arguments tell which
 *
 * vfio-pci does so for BARs, but not for the MSI-X table.
 *
 * Return: 0; -EINVAL for what is not in the region or cannot be written so;
 * -EEXIST if the same is written already; -ENOENT if there is none to end;
 * -ENOSPC for too many; -EBADF; -EOPNOTSUPP if the device has none.
 */
VDEV_EXPORT int vdev_file_ioeventfd(struct vdev_file *file, unsigned int index,
				    uint64_t offset, unsigned int width,
				    uint64_t value, int eventfd);

/**
 * struct vdev_dma_range - a part of a region
 * @offset: where in the region, a multiple of the page size
 * @length: how many bytes, a multiple of the page size
 */
struct vdev_dma_range {
	uint64_t offset;
	uint64_t length;
};

/**
 * vdev_file_export_dmabuf() - make a dma-buf of parts of a BAR
 * @file: the file
 * @index: the BAR
 * @ranges: the parts, in the order they have in the dma-buf
 * @count: how many
 *
 * For peer-to-peer access: vdev_ioas_map_file() maps the dma-buf for another
 * device. It is revoked while the device is reset or its memory access is off.
 *
 * Return: a descriptor, close-on-exec, which the caller closes; -EOPNOTSUPP if
 * the kernel (Linux 6.19 with VFIO_PCI_DMABUF) or the driver cannot; -EINVAL
 * for parts that are not in the region or not aligned; -ENODEV if the device
 * is gone; -ENOMEM.
 */
VDEV_EXPORT int vdev_file_export_dmabuf(struct vdev_file *file,
					unsigned int index,
					const struct vdev_dma_range *ranges,
					uint32_t count);

/**
 * enum vdev_gfx_kind - how the picture of a graphics device is got at
 * @VDEV_GFX_DMABUF: by a dma-buf
 * @VDEV_GFX_REGION: in a region
 */
enum vdev_gfx_kind {
	VDEV_GFX_DMABUF = 1 << 1,
	VDEV_GFX_REGION = 1 << 2,
};

/**
 * struct vdev_gfx_plane - a plane of a graphics device
 * @format: its DRM format; 0 if the plane is off
 * @modifier: its DRM format modifier
 * @width: in pixels
 * @height: in pixels
 * @stride: bytes from line to line
 * @size: bytes in all
 * @x: where a cursor is
 * @y: where a cursor is
 * @x_hot: where in it the cursor points, UINT32_MAX if that is unknown
 * @y_hot: where in it the cursor points, UINT32_MAX if that is unknown
 * @id: the region, or what vdev_file_gfx_dmabuf() is to be asked for
 */
struct vdev_gfx_plane {
	uint32_t format;
	uint64_t modifier;
	uint32_t width;
	uint32_t height;
	uint32_t stride;
	uint32_t size;
	uint32_t x;
	uint32_t y;
	uint32_t x_hot;
	uint32_t y_hot;
	uint32_t id;
};

/**
 * vdev_file_gfx_kinds() - whether the device has a picture, and how
 * @file: the file
 *
 * Return: enum vdev_gfx_kind values joined, 0 for none; -ENODEV if the device
 * is gone.
 */
VDEV_EXPORT int vdev_file_gfx_kinds(struct vdev_file *file);

/**
 * vdev_file_gfx_plane() - ask for a plane
 * @file: the file
 * @kind: how it is to be got at
 * @plane_type: the DRM plane type: 0 overlay, 1 primary, 2 cursor
 * @ret: receives the plane
 *
 * Return: 0; -EOPNOTSUPP if the device has no such plane; -ENODEV if it is
 * gone.
 */
VDEV_EXPORT int vdev_file_gfx_plane(struct vdev_file *file,
				    enum vdev_gfx_kind kind,
				    uint32_t plane_type,
				    struct vdev_gfx_plane *ret);

/**
 * vdev_file_gfx_dmabuf() - the dma-buf of a plane
 * @file: the file
 * @id: the plane's id
 *
 * Return: a descriptor, which the caller closes; -EINVAL if there is none with
 * that id; -EOPNOTSUPP if the device has none at all.
 */
VDEV_EXPORT int vdev_file_gfx_dmabuf(struct vdev_file *file, uint32_t id);

VDEV_END_DECLS

#endif
