/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIBVDEV_VIOMMU_H
#define LIBVDEV_VIOMMU_H

#include <stddef.h>
#include <stdint.h>

#include <libvdev/hwpt.h>

VDEV_BEGIN_DECLS

/*
 * What a virtual machine monitor builds the IOMMU of a guest on.
 *
 * The guest has page tables of its own for its devices. They are nested in the
 * HWPT that maps the guest's memory, and the IOMMU walks both:
 *
 *	vdev_hwpt_new(iommu, device, vdev_ioas_id(guest), VDEV_HWPT_NEST_PARENT,
 *		      0, NULL, 0, 0, &parent);
 *	vdev_hwpt_new_vtd_s1(iommu, device, vdev_hwpt_id(parent), 0, &table, 0,
 *			     &nested);
 *	...				-> the device is attached to it
 *	vdev_hwpt_invalidate_vtd_s1(nested, requests, count);
 *
 * Faults of the guest's page tables are in fault.h. Where the IOMMU has more to
 * offer a guest, a vIOMMU stands for the part of it that the guest uses: the
 * guest's numbers of devices (vDEVICE), its invalidation commands, events for
 *it (vEVENTQ), and queues that the guest uses without its monitor (hardware
 * queues). As of Linux 7.2 that are IOMMUs of Arm and NVIDIA; VT-d has nested
 * HWPTs, and faults.
 *
 * Objects are dropped in the reverse order: the kernel keeps what others use.
 *
 * Source: linux/iommufd.h and Documentation/userspace-api/iommufd.rst of the
 * kernel. Structures that are handed on are those of linux/iommufd.h. Type 1
 *has none of it.
 */

struct vdev_viommu;
struct vdev_vdevice;
struct vdev_veventq;
struct vdev_vevent;
struct vdev_hw_queue;

/* --- Nested HWPTs */

/**
 * enum vdev_vtd_s1_flags - how a guest's page table for VT-d is used
 * @VDEV_VTD_S1_SRE: supervisor requests are allowed
 * @VDEV_VTD_S1_EAFE: the extended access flag is used
 * @VDEV_VTD_S1_WPE: supervisors heed write protection
 */
enum vdev_vtd_s1_flags {
	VDEV_VTD_S1_SRE = 1 << 0,
	VDEV_VTD_S1_EAFE = 1 << 1,
	VDEV_VTD_S1_WPE = 1 << 2,
};

/**
 * struct vdev_vtd_s1 - a guest's first-stage page table for VT-d
 * @table: where it is, an address of the guest
 * @width: of the addresses it translates, in bits: 48 or 57
 * @flags: enum vdev_vtd_s1_flags
 */
struct vdev_vtd_s1 {
	uint64_t table;
	uint32_t width;
	uint32_t flags;
};

/**
 * vdev_hwpt_new_vtd_s1() - nest a guest's page table for VT-d
 * @iommu: the iommufd
 * @device: the id of the device it is made for
 * @parent: the id of a HWPT with VDEV_HWPT_NEST_PARENT
 * @flags: VDEV_HWPT_FAULT, VDEV_HWPT_PASID
 * @data: the guest's page table
 * @fault: the id of the fault queue with VDEV_HWPT_FAULT, else 0
 * @ret: receives the HWPT; the caller drops it with vdev_hwpt_unref()
 *
 * The same as vdev_hwpt_new() with VDEV_HWPT_DATA_VTD_S1. Linux 6.7.
 *
 * Return: as vdev_hwpt_new().
 */
VDEV_EXPORT int vdev_hwpt_new_vtd_s1(struct vdev_iommu *iommu, uint32_t device,
				     uint32_t parent, unsigned int flags,
				     const struct vdev_vtd_s1 *data,
				     uint32_t fault, struct vdev_hwpt **ret);

/**
 * enum vdev_invalidation - in which form invalidations are
 * @VDEV_INVALIDATE_VTD_S1: struct vdev_vtd_invalidation, which is struct
 *	iommu_hwpt_vtd_s1_invalidate
 * @VDEV_INVALIDATE_ARM_SMMUV3: for a vIOMMU, struct
 *	iommu_viommu_arm_smmuv3_invalidate (Linux 6.13)
 *
 * Other values are handed to the kernel as they are.
 */
enum vdev_invalidation {
	VDEV_INVALIDATE_VTD_S1 = 0,
	VDEV_INVALIDATE_ARM_SMMUV3 = 1,
};

/**
 * vdev_hwpt_invalidate() - the guest has changed its page table
 * @hwpt: the nested HWPT
 * @type: enum vdev_invalidation
 * @requests: the requests, one behind the other; or NULL for none
 * @size: the size of one in bytes, at most 4096
 * @count: how many; 0 to find out whether @type can be used
 *
 * Requests are handled in their order up to the first that is refused. What
 * comes before it has been done; calling again from that one on tells its
 * errno. Linux 6.8.
 *
 * Return: how many were handled, fewer than @count if the next one was refused
 * (why is in vdev_ctx_last_error()). If the first one was: -EINVAL or
 * -EOPNOTSUPP for one that the IOMMU does not understand or a type it has not;
 * -EIO or -ETIMEDOUT if the hardware failed. -EINVAL also if @hwpt is not
 * nested; -EOPNOTSUPP on older kernels.
 */
VDEV_EXPORT int vdev_hwpt_invalidate(struct vdev_hwpt *hwpt, uint32_t type,
				     const void *requests, size_t size,
				     uint32_t count);

/**
 * enum vdev_vtd_invalidation_flags - what of VT-d's caches is invalid
 * @VDEV_VTD_INVALIDATE_LEAF: last levels of page tables only
 */
enum vdev_vtd_invalidation_flags {
	VDEV_VTD_INVALIDATE_LEAF = 1 << 0,
};

/**
 * struct vdev_vtd_invalidation - a range of a guest's page table for VT-d
 * @address: its start, a multiple of 4096
 * @pages: how many pages of 4096 bytes; UINT64_MAX with the address 0 for all
 * @flags: enum vdev_vtd_invalidation_flags
 * @reserved: 0
 */
struct vdev_vtd_invalidation {
	uint64_t address;
	uint64_t pages;
	uint32_t flags;
	uint32_t reserved;
};

/**
 * vdev_hwpt_invalidate_vtd_s1() - a guest with VT-d has changed its page table
 * @hwpt: the nested HWPT
 * @requests: the ranges
 * @count: how many
 *
 * Device TLBs are invalidated with it.
 *
 * Return: as vdev_hwpt_invalidate().
 */
VDEV_EXPORT int
vdev_hwpt_invalidate_vtd_s1(struct vdev_hwpt *hwpt,
			    const struct vdev_vtd_invalidation *requests,
			    uint32_t count);

/* --- vIOMMUs */

/**
 * enum vdev_viommu_type - the make of a vIOMMU
 * @VDEV_VIOMMU_ARM_SMMUV3: Arm SMMUv3 (Linux 6.13)
 * @VDEV_VIOMMU_TEGRA241_CMDQV: the same with NVIDIA's queues, struct
 *	iommu_viommu_tegra241_cmdqv (Linux 6.17)
 *
 * Other values are handed to the kernel as they are.
 */
enum vdev_viommu_type {
	VDEV_VIOMMU_ARM_SMMUV3 = 1,
	VDEV_VIOMMU_TEGRA241_CMDQV = 2,
};

/**
 * vdev_viommu_new() - make a vIOMMU
 * @parent: a HWPT with VDEV_HWPT_NEST_PARENT that maps the guest's memory; the
 *	vIOMMU keeps it
 * @device: the id of a device behind the IOMMU
 * @type: enum vdev_viommu_type
 * @data: the structure for @type, in which the kernel answers; or NULL
 * @size: its size in bytes, or 0
 * @ret: receives the vIOMMU; the caller drops it with vdev_viommu_unref()
 *
 * HWPTs are nested in it by its id, see vdev_hwpt_new(). Linux 6.13; with data
 * Linux 6.17.
 *
 * Return: 0; -EOPNOTSUPP if the IOMMU has no such vIOMMU, and on older kernels;
 * -ENOENT if there is no such device; -EINVAL if @parent is none, is behind
 * another IOMMU, or for data that the IOMMU does not accept; -ENOMEM.
 */
VDEV_EXPORT int vdev_viommu_new(struct vdev_hwpt *parent, uint32_t device,
				uint32_t type, void *data, size_t size,
				struct vdev_viommu **ret);

/**
 * vdev_viommu_ref() - take another reference
 * @viommu: the vIOMMU
 *
 * Return: @viommu.
 */
VDEV_EXPORT struct vdev_viommu *vdev_viommu_ref(struct vdev_viommu *viommu);

/**
 * vdev_viommu_unref() - drop a reference
 * @viommu: the vIOMMU, or NULL
 *
 * With the last reference it is destroyed. vDEVICEs, queues and hardware queues
 * hold one; HWPTs that are nested in it and mappings do not: while there are
 * such it stays, as long as the iommufd.
 *
 * Return: NULL always.
 */
VDEV_EXPORT struct vdev_viommu *vdev_viommu_unref(struct vdev_viommu *viommu);

/**
 * vdev_viommu_id() - the kernel's number of a vIOMMU
 * @viommu: the vIOMMU
 *
 * Return: the id within the iommufd.
 */
VDEV_EXPORT uint32_t vdev_viommu_id(const struct vdev_viommu *viommu);

/**
 * vdev_viommu_type() - the make of a vIOMMU
 * @viommu: the vIOMMU
 *
 * Return: what it was made with.
 */
VDEV_EXPORT uint32_t vdev_viommu_type(const struct vdev_viommu *viommu);

/**
 * vdev_viommu_parent() - what maps the guest's memory
 * @viommu: the vIOMMU
 *
 * Return: the HWPT, which stays as long as @viommu.
 */
VDEV_EXPORT struct vdev_hwpt *
vdev_viommu_parent(const struct vdev_viommu *viommu);

/**
 * vdev_viommu_invalidate() - hand on a guest's invalidation commands
 * @viommu: the vIOMMU
 * @type: enum vdev_invalidation
 * @requests: the commands, one behind the other; or NULL for none
 * @size: the size of one in bytes, at most 4096
 * @count: how many; 0 to find out whether @type can be used
 *
 * Reaches what is not in one page table alone, such as the caches of devices.
 * Linux 6.13.
 *
 * Return: as vdev_hwpt_invalidate(); -EINVAL also for a command of a device
 * that has no vDEVICE; -EIO for one that the IOMMU does not offer a guest.
 */
VDEV_EXPORT int vdev_viommu_invalidate(struct vdev_viommu *viommu,
				       uint32_t type, const void *requests,
				       size_t size, uint32_t count);

/**
 * vdev_viommu_mmap() - map registers that are the guest's
 * @viommu: the vIOMMU
 * @offset: where, as the kernel told it in the data of vdev_viommu_new()
 * @length: how many bytes, likewise
 * @ret: receives the address; the caller ends the mapping with
 *	vdev_viommu_munmap()
 *
 * Linux 6.17.
 *
 * Return: 0; -ENXIO if there is nothing to be mapped at @offset, or of another
 * length; -EINVAL for a length of no whole pages; -EOPNOTSUPP on older kernels;
 * -ENOMEM.
 */
VDEV_EXPORT int vdev_viommu_mmap(struct vdev_viommu *viommu, uint64_t offset,
				 uint64_t length, void **ret);

/**
 * vdev_viommu_munmap() - end a mapping
 * @viommu: the vIOMMU
 * @address: what vdev_viommu_mmap() gave
 * @length: what it was given
 */
VDEV_EXPORT void vdev_viommu_munmap(struct vdev_viommu *viommu, void *address,
				    uint64_t length);

/* --- vDEVICEs */

/**
 * vdev_vdevice_new() - tell a vIOMMU the guest's number of a device
 * @viommu: the vIOMMU
 * @device: the device's id in the iommufd; one has at most one vDEVICE
 * @number: the guest's: the StreamID of SMMUv3, the requester id of VT-d, the
 *	DeviceID of AMD
 * @ret: receives the vDEVICE; the caller frees it with vdev_vdevice_free()
 *
 * Linux 6.13.
 *
 * Return: 0; -EEXIST if the device has a vDEVICE, or the number another one;
 * -EINVAL if the device is behind another IOMMU; -ENOENT if there is no such
 * device; -EOPNOTSUPP on older kernels; -ENOMEM.
 */
VDEV_EXPORT int vdev_vdevice_new(struct vdev_viommu *viommu, uint32_t device,
				 uint64_t number, struct vdev_vdevice **ret);

/**
 * vdev_vdevice_free() - end a vDEVICE
 * @vdevice: the vDEVICE, or NULL
 *
 * To be called before the device is closed: closing it takes the vDEVICE away,
 * and its id is not used again.
 */
VDEV_EXPORT void vdev_vdevice_free(struct vdev_vdevice *vdevice);

/**
 * vdev_vdevice_id() - the kernel's number of a vDEVICE
 * @vdevice: the vDEVICE
 *
 * Return: the id within the iommufd.
 */
VDEV_EXPORT uint32_t vdev_vdevice_id(const struct vdev_vdevice *vdevice);

/**
 * vdev_vdevice_number() - the guest's number of the device
 * @vdevice: the vDEVICE
 *
 * Return: what it was made with.
 */
VDEV_EXPORT uint64_t vdev_vdevice_number(const struct vdev_vdevice *vdevice);

/* --- Events for the guest */

/**
 * enum vdev_veventq_type - which events are in a queue
 * @VDEV_VEVENTQ_ARM_SMMUV3: event records of SMMUv3, 32 bytes each
 * @VDEV_VEVENTQ_TEGRA241_CMDQV: errors of NVIDIA's queues, 16 bytes each
 *
 * Other values are handed to the kernel as they are.
 */
enum vdev_veventq_type {
	VDEV_VEVENTQ_ARM_SMMUV3 = 1,
	VDEV_VEVENTQ_TEGRA241_CMDQV = 2,
};

/**
 * vdev_veventq_new() - make a queue of events
 * @viommu: the vIOMMU; it has at most one queue for each type
 * @type: enum vdev_veventq_type
 * @depth: how many events it can hold, at most 524288; further ones are lost
 * @size: the size of an event of @type in bytes; 0 for types that the library
 *	knows
 * @ret: receives the queue; the caller frees it with vdev_veventq_free()
 *
 * Linux 6.15.
 *
 * Return: 0; -EEXIST if the vIOMMU has one; -EINVAL for another depth, or no
 * size; -EOPNOTSUPP for the type 0 and on older kernels; -EMFILE; -ENOMEM.
 */
VDEV_EXPORT int vdev_veventq_new(struct vdev_viommu *viommu, uint32_t type,
				 uint32_t depth, size_t size,
				 struct vdev_veventq **ret);

/**
 * vdev_veventq_free() - end a queue of events
 * @queue: the queue, or NULL
 */
VDEV_EXPORT void vdev_veventq_free(struct vdev_veventq *queue);

/**
 * vdev_veventq_id() - the kernel's number of a queue
 * @queue: the queue
 *
 * Return: the id within the iommufd.
 */
VDEV_EXPORT uint32_t vdev_veventq_id(const struct vdev_veventq *queue);

/**
 * vdev_veventq_fd() - what to wait for
 * @queue: the queue
 *
 * poll(2) finds it readable (POLLIN) when events arrived. It is not to be read
 * directly.
 *
 * Return: the fd, which belongs to @queue.
 */
VDEV_EXPORT int vdev_veventq_fd(const struct vdev_veventq *queue);

/**
 * vdev_veventq_next() - take the next event
 * @queue: the queue
 * @ret: receives the event, which belongs to @queue and is good until the next
 *	call with it
 *
 * Does not wait. Several events are read at once, so that the fd tells nothing
 * of those that are left: after it was readable, take events until there is
 * none.
 *
 * Return: 1 with an event; 0 if there is none; -EIO if what the kernel told is
 * no event of that size; -ENOMEM; another negative errno of read(2).
 */
VDEV_EXPORT int vdev_veventq_next(struct vdev_veventq *queue,
				  const struct vdev_vevent **ret);

/**
 * vdev_vevent_sequence() - the number of an event
 * @event: the event
 *
 * Return: a number from 0 on, which starts again behind INT_MAX.
 */
VDEV_EXPORT uint32_t vdev_vevent_sequence(const struct vdev_vevent *event);

/**
 * vdev_vevent_lost() - how many events were lost
 * @event: the event
 *
 * The queue was full, or the kernel had no memory. If nothing came behind the
 * lost ones, an event without data stands for them.
 *
 * Return: how many, since the event before this one.
 */
VDEV_EXPORT uint32_t vdev_vevent_lost(const struct vdev_vevent *event);

/**
 * vdev_vevent_data() - what happened
 * @event: the event
 * @size: receives how many bytes there are, or NULL
 *
 * Return: the structure of linux/iommufd.h for the queue's type, which belongs
 * to @event; NULL with the size 0 if it stands for lost ones only.
 */
VDEV_EXPORT const void *vdev_vevent_data(const struct vdev_vevent *event,
					 size_t *size);

/* --- Hardware queues */

/**
 * enum vdev_hw_queue_type - the make of a hardware queue
 * @VDEV_HW_QUEUE_TEGRA241_CMDQV: NVIDIA's virtual command queue; it is as long
 *	as a power of two, aligned to that, and made in the order of indices
 *
 * Other values are handed to the kernel as they are.
 */
enum vdev_hw_queue_type {
	VDEV_HW_QUEUE_TEGRA241_CMDQV = 1,
};

/**
 * vdev_hw_queue_new() - let the hardware serve a queue of the guest
 * @viommu: the vIOMMU
 * @type: enum vdev_hw_queue_type
 * @index: which of the vIOMMU's queues of that type, from 0 on
 * @address: where the queue is, an address of the guest that the vIOMMU's
 *	parent maps
 * @length: its length in bytes
 * @ret: receives the queue; the caller frees it with vdev_hw_queue_free()
 *
 * The queue's memory stays mapped and pinned while the queue is there; it has
 *to be contiguous in physical memory: a huge page, for example. Linux 6.17.
 *
 * Return: 0; -EOPNOTSUPP if the vIOMMU has no such queues, and on older
 * kernels; -EEXIST if there is that one; -EIO if the one before it is missing;
 * -EINVAL for another index or length; -ENOENT if the memory is not mapped;
 * -EFAULT if it is not contiguous; -EOVERFLOW for a range past the end of all
 * addresses; -ENOMEM.
 */
VDEV_EXPORT int vdev_hw_queue_new(struct vdev_viommu *viommu, uint32_t type,
				  uint32_t index, uint64_t address,
				  uint64_t length, struct vdev_hw_queue **ret);

/**
 * vdev_hw_queue_free() - end a hardware queue
 * @queue: the queue, or NULL
 *
 * Queues that were made after it are freed before it.
 */
VDEV_EXPORT void vdev_hw_queue_free(struct vdev_hw_queue *queue);

/**
 * vdev_hw_queue_id() - the kernel's number of a hardware queue
 * @queue: the queue
 *
 * Return: the id within the iommufd.
 */
VDEV_EXPORT uint32_t vdev_hw_queue_id(const struct vdev_hw_queue *queue);

VDEV_END_DECLS

#endif
