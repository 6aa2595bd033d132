/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIBVDEV_FAULT_H
#define LIBVDEV_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include <libvdev/iommu.h>

VDEV_BEGIN_DECLS

/*
 * Page faults of devices, for who manages their page tables.
 *
 * A device with page requests (PCI: PRI) asks for a page that is not there and
 * waits for the answer. The faults of HWPTs made with VDEV_HWPT_FAULT and the
 * id of a queue can be read from that queue:
 *
 *	vdev_fault_queue_new(iommu, &queue);
 *	vdev_hwpt_new(iommu, ..., VDEV_HWPT_FAULT, ...,
 *vdev_fault_queue_id(queue), &hwpt);
 *	...				-> wait for vdev_fault_queue_fd(queue)
 *	while (vdev_fault_queue_next(queue, &fault) > 0) {
 *		...			-> remember it, make the page present
 *		if (vdev_fault_is_last(fault))
 *			vdev_fault_queue_answer(queue, vdev_fault_cookie(fault),
 *						VDEV_FAULT_RETRY);
 *	}
 *
 * What one device asks for at once is a group: its faults follow each other,
 * have the same cookie, and are answered as one, after the last of them.
 *
 * Source: IOMMU_FAULT_QUEUE_ALLOC, struct iommu_hwpt_pgfault and struct
 * iommu_hwpt_page_response in linux/iommufd.h of the kernel. Linux 6.11. Type 1
 * has none of it.
 */

struct vdev_fault_queue;
struct vdev_fault;

/**
 * enum vdev_fault_access - what a device wanted to do
 * @VDEV_FAULT_READ: read
 * @VDEV_FAULT_WRITE: write
 * @VDEV_FAULT_EXEC: execute; with a PASID only
 * @VDEV_FAULT_PRIVILEGED: do it in privileged mode; with a PASID only
 */
enum vdev_fault_access {
	VDEV_FAULT_READ = 1 << 0,
	VDEV_FAULT_WRITE = 1 << 1,
	VDEV_FAULT_EXEC = 1 << 2,
	VDEV_FAULT_PRIVILEGED = 1 << 3,
};

/**
 * enum vdev_fault_answer - what a device is told
 * @VDEV_FAULT_RETRY: the page is there, try again
 * @VDEV_FAULT_INVALID: it may not, and shall not try again
 */
enum vdev_fault_answer {
	VDEV_FAULT_RETRY = 0,
	VDEV_FAULT_INVALID = 1,
};

/**
 * vdev_fault_queue_new() - make a queue of faults
 * @iommu: the iommufd
 * @ret: receives the queue; the caller frees it with vdev_fault_queue_free()
 *
 * Return: 0; -EOPNOTSUPP for type 1 and on older kernels; -EMFILE; -ENOMEM.
 */
VDEV_EXPORT int vdev_fault_queue_new(struct vdev_iommu *iommu,
				     struct vdev_fault_queue **ret);

/**
 * vdev_fault_queue_free() - end a queue of faults
 * @queue: the queue, or NULL
 *
 * HWPTs that use the queue are dropped before it, or it stays in the kernel as
 * long as the iommufd and their faults are not answered. Faults that nobody
 * has answered are answered with VDEV_FAULT_INVALID.
 */
VDEV_EXPORT void vdev_fault_queue_free(struct vdev_fault_queue *queue);

/**
 * vdev_fault_queue_id() - the kernel's number of a queue
 * @queue: the queue
 *
 * Return: the id within the iommufd, as vdev_hwpt_new() takes it.
 */
VDEV_EXPORT uint32_t vdev_fault_queue_id(const struct vdev_fault_queue *queue);

/**
 * vdev_fault_queue_fd() - what to wait for
 * @queue: the queue
 *
 * poll(2) finds it readable (POLLIN) when faults arrived. It is not to be read
 * or written directly.
 *
 * Return: the fd, which belongs to @queue.
 */
VDEV_EXPORT int vdev_fault_queue_fd(const struct vdev_fault_queue *queue);

/**
 * vdev_fault_queue_next() - take the next fault
 * @queue: the queue
 * @ret: receives the fault, which belongs to @queue and is good until the next
 *	call with it
 *
 * Does not wait. Several faults are read at once, so that the fd tells nothing
 * of those that are left: after it was readable, take faults until there is
 * none.
 *
 * Return: 1 with a fault; 0 if there is none; -EIO if what the kernel told is
 * no fault; -ENOMEM; another negative errno of read(2).
 */
VDEV_EXPORT int vdev_fault_queue_next(struct vdev_fault_queue *queue,
				      const struct vdev_fault **ret);

/**
 * vdev_fault_queue_answer() - answer a group of faults
 * @queue: the queue
 * @cookie: vdev_fault_cookie() of the group
 * @answer: what the device is told
 *
 * Return: 0; -EINVAL if there is no such group or it was answered already, or
 * for another value of @answer; another negative errno of write(2).
 */
VDEV_EXPORT int vdev_fault_queue_answer(struct vdev_fault_queue *queue,
					uint32_t cookie,
					enum vdev_fault_answer answer);

/**
 * vdev_fault_device() - whose fault it is
 * @fault: the fault
 *
 * Return: the device's id in the iommufd.
 */
VDEV_EXPORT uint32_t vdev_fault_device(const struct vdev_fault *fault);

/**
 * vdev_fault_pasid() - of which of its address spaces
 * @fault: the fault
 *
 * For a mediated device that is isolated by a PASID it is the one of its
 * parent, which the guest does not know.
 *
 * Return: the PASID; -ENODATA if the device accessed memory without one.
 */
VDEV_EXPORT int vdev_fault_pasid(const struct vdev_fault *fault);

/**
 * vdev_fault_address() - which page is wanted
 * @fault: the fault
 *
 * Return: an address in that address space.
 */
VDEV_EXPORT uint64_t vdev_fault_address(const struct vdev_fault *fault);

/**
 * vdev_fault_length() - how much the device is going to access
 * @fault: the fault
 *
 * Return: a hint in bytes; 0 if there is none.
 */
VDEV_EXPORT uint32_t vdev_fault_length(const struct vdev_fault *fault);

/**
 * vdev_fault_access() - what the device wanted to do
 * @fault: the fault
 *
 * Return: enum vdev_fault_access, and bits the library does not know.
 */
VDEV_EXPORT unsigned int vdev_fault_access(const struct vdev_fault *fault);

/**
 * vdev_fault_group() - the device's own number of the group
 * @fault: the fault
 *
 * It is what a virtual IOMMU tells its guest (PCI: page request group index).
 *
 * Return: the number, which devices use again and again.
 */
VDEV_EXPORT uint32_t vdev_fault_group(const struct vdev_fault *fault);

/**
 * vdev_fault_is_last() - whether the group ends
 * @fault: the fault
 *
 * Return: true for the last fault of a group.
 */
VDEV_EXPORT bool vdev_fault_is_last(const struct vdev_fault *fault);

/**
 * vdev_fault_cookie() - the kernel's number of the group
 * @fault: the fault
 *
 * Return: what vdev_fault_queue_answer() takes.
 */
VDEV_EXPORT uint32_t vdev_fault_cookie(const struct vdev_fault *fault);

VDEV_END_DECLS

#endif
