/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <libvdev/fault.h>

#include <errno.h>
#include <limits.h>

#include "kernel/iommufd.h"
#include "object/eventq.h"

struct vdev_fault {
	struct iommu_hwpt_pgfault told;
};

struct vdev_fault_queue {
	struct eventq q;
	struct vdev_fault last; /* that was taken */
};

/* The public values are the kernel's. */
_Static_assert((int)VDEV_FAULT_READ == (int)IOMMU_PGFAULT_PERM_READ, "access");
_Static_assert((int)VDEV_FAULT_WRITE == (int)IOMMU_PGFAULT_PERM_WRITE,
	       "access");
_Static_assert((int)VDEV_FAULT_EXEC == (int)IOMMU_PGFAULT_PERM_EXEC, "access");
_Static_assert((int)VDEV_FAULT_PRIVILEGED == (int)IOMMU_PGFAULT_PERM_PRIV,
	       "access");
_Static_assert((int)VDEV_FAULT_RETRY == (int)IOMMUFD_PAGE_RESP_SUCCESS,
	       "answer");
_Static_assert((int)VDEV_FAULT_INVALID == (int)IOMMUFD_PAGE_RESP_INVALID,
	       "answer");

int vdev_fault_queue_new(struct vdev_iommu *iommu,
			 struct vdev_fault_queue **ret)
{
	struct vdev_ctx *ctx = iommu->ctx;
	struct vdev_fault_queue *queue;
	int error = iommu_need_iommufd(iommu, "fault queues");

	if (error)
		return error;
	queue = calloc(1, sizeof(*queue));
	if (!queue)
		return vdev_fail(ctx, -ENOMEM, "out of memory");
	error = eventq_init(&queue->q, iommu, "fault queue");
	if (!error) {
		error = iommufd_fault_queue_alloc(&ctx->sys, iommu->fd,
						  &queue->q.id, &queue->q.fd);
		if (error == -ENOTTY)
			error = iommu_needs(iommu, "a fault queue", "6.11",
					    "IOMMU_FAULT_QUEUE_ALLOC");
		else if (error)
			vdev_fail(ctx, error, "cannot make a fault queue: %s",
				  strerror(-error));
	}
	if (error) {
		vdev_fault_queue_free(queue);
		return error;
	}
	*ret = queue;
	return 0;
}

void vdev_fault_queue_free(struct vdev_fault_queue *queue)
{
	if (!queue)
		return;
	eventq_done(&queue->q);
	free(queue);
}

uint32_t vdev_fault_queue_id(const struct vdev_fault_queue *queue)
{
	return queue->q.id;
}

int vdev_fault_queue_fd(const struct vdev_fault_queue *queue)
{
	return queue->q.fd;
}

int vdev_fault_queue_next(struct vdev_fault_queue *queue,
			  const struct vdev_fault **ret)
{
	int there = eventq_fill(&queue->q);
	const void *record;

	if (there <= 0)
		return there;
	record = eventq_take(&queue->q, sizeof(queue->last.told));
	if (!record)
		return -EIO;
	memcpy(&queue->last.told, record, sizeof(queue->last.told));
	*ret = &queue->last;
	return 1;
}

int vdev_fault_queue_answer(struct vdev_fault_queue *queue, uint32_t cookie,
			    enum vdev_fault_answer answer)
{
	struct vdev_ctx *ctx = queue->q.iommu->ctx;
	const struct iommu_hwpt_page_response response = {
		.cookie = cookie,
		.code = answer,
	};
	ssize_t n;

	if (answer != VDEV_FAULT_RETRY && answer != VDEV_FAULT_INVALID)
		return vdev_fail(ctx, -EINVAL, "%d is no answer to a fault",
				 (int)answer);
	n = ctx->sys.ops->write(&ctx->sys, queue->q.fd, &response,
				sizeof(response));
	if (n == sizeof(response))
		return 0;
	if (n == -EINVAL)
		return vdev_fail(ctx, -EINVAL,
				 "fault queue %u has no faults of cookie %u to "
				 "be answered",
				 queue->q.id, cookie);
	return vdev_fail(ctx, n < 0 ? (int)n : -EIO,
			 "cannot answer the faults of cookie %u: %s", cookie,
			 n < 0 ? strerror((int)-n) : "it was cut short");
}

uint32_t vdev_fault_device(const struct vdev_fault *fault)
{
	return fault->told.dev_id;
}

int vdev_fault_pasid(const struct vdev_fault *fault)
{
	/* It has 20 bits. */
	return fault->told.flags & IOMMU_PGFAULT_FLAGS_PASID_VALID
		       ? (int)(fault->told.pasid & INT_MAX)
		       : -ENODATA;
}

uint64_t vdev_fault_address(const struct vdev_fault *fault)
{
	return fault->told.addr;
}

uint32_t vdev_fault_length(const struct vdev_fault *fault)
{
	return fault->told.length;
}

unsigned int vdev_fault_access(const struct vdev_fault *fault)
{
	return fault->told.perm;
}

uint32_t vdev_fault_group(const struct vdev_fault *fault)
{
	return fault->told.grpid;
}

bool vdev_fault_is_last(const struct vdev_fault *fault)
{
	return fault->told.flags & IOMMU_PGFAULT_FLAGS_LAST_PAGE;
}

uint32_t vdev_fault_cookie(const struct vdev_fault *fault)
{
	return fault->told.cookie;
}
