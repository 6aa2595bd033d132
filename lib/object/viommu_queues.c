/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Queues of a vIOMMU: of events for the guest, and those the hardware serves.
 */

#include <errno.h>
#include <limits.h>

#include "kernel/iommufd.h"
#include "object/eventq.h"
#include "object/viommu.h"

/* The range of sequence numbers is 0 to this, a power of two less one. */
#define SEQUENCE_LAST INT_MAX

struct vdev_vevent {
	uint32_t sequence;
	uint32_t lost;
	size_t size;
	void *data; /* room for `veventq.size` bytes */
};

struct vdev_veventq {
	struct eventq q;
	struct vdev_viommu *viommu;
	size_t size;		 /* of an event */
	uint32_t next;		 /* sequence number */
	struct vdev_vevent last; /* that was taken */
};

struct vdev_hw_queue {
	struct vdev_viommu *viommu;
	uint32_t id; /* 0 until it is made */
};

_Static_assert((int)VDEV_VEVENTQ_ARM_SMMUV3 ==
		       (int)IOMMU_VEVENTQ_TYPE_ARM_SMMUV3,
	       "type");
_Static_assert((int)VDEV_VEVENTQ_TEGRA241_CMDQV ==
		       (int)IOMMU_VEVENTQ_TYPE_TEGRA241_CMDQV,
	       "type");
_Static_assert((int)VDEV_HW_QUEUE_TEGRA241_CMDQV ==
		       (int)IOMMU_HW_QUEUE_TYPE_TEGRA241_CMDQV,
	       "type");

/* --- Events */

static size_t event_size(uint32_t type)
{
	switch (type) {
	case IOMMU_VEVENTQ_TYPE_ARM_SMMUV3:
		return sizeof(struct iommu_vevent_arm_smmuv3);
	case IOMMU_VEVENTQ_TYPE_TEGRA241_CMDQV:
		return sizeof(struct iommu_vevent_tegra241_cmdqv);
	default:
		return 0;
	}
}

static int veventq_alloc(struct vdev_veventq *queue, uint32_t type,
			 uint32_t depth)
{
	struct vdev_viommu *viommu = queue->viommu;
	struct vdev_iommu *iommu = viommu->iommu;
	struct iommu_veventq_alloc arg = {
		.viommu_id = viommu->id,
		.type = type,
		.veventq_depth = depth,
	};
	int error = iommufd_veventq_alloc(&iommu->ctx->sys, iommu->fd, &arg);

	if (error == -EINVAL)
		return vdev_fail(iommu->ctx, error,
				 "a queue cannot hold %u events", depth);
	if (error)
		return viommu_refused(viommu, error, "a queue of such events",
				      "6.15", "IOMMU_VEVENTQ_ALLOC");
	queue->q.id = arg.out_veventq_id;
	queue->q.fd = (int)arg.out_veventq_fd;
	return 0;
}

int vdev_veventq_new(struct vdev_viommu *viommu, uint32_t type, uint32_t depth,
		     size_t size, struct vdev_veventq **ret)
{
	struct vdev_ctx *ctx = viommu->iommu->ctx;
	struct vdev_veventq *queue;
	int error;

	if (!size)
		size = event_size(type);
	if (!size)
		return vdev_fail(ctx, -EINVAL,
				 "how long an event of type %u is has to be "
				 "given",
				 type);
	queue = calloc(1, sizeof(*queue));
	if (!queue)
		return vdev_fail(ctx, -ENOMEM, "out of memory");
	queue->viommu = vdev_viommu_ref(viommu);
	queue->size = size;
	error = eventq_init(&queue->q, viommu->iommu, "queue of events");
	if (!error) {
		queue->last.data = malloc(size);
		error = queue->last.data
				? veventq_alloc(queue, type, depth)
				: vdev_fail(ctx, -ENOMEM, "out of memory");
	}
	if (error) {
		vdev_veventq_free(queue);
		return error;
	}
	*ret = queue;
	return 0;
}

void vdev_veventq_free(struct vdev_veventq *queue)
{
	if (!queue)
		return;
	eventq_done(&queue->q);
	vdev_viommu_unref(queue->viommu);
	free(queue->last.data);
	free(queue);
}

uint32_t vdev_veventq_id(const struct vdev_veventq *queue)
{
	return queue->q.id;
}

int vdev_veventq_fd(const struct vdev_veventq *queue)
{
	return queue->q.fd;
}

/* A header without data stands for what was lost, itself included. */
static void count_lost(struct vdev_veventq *queue,
		       const struct iommufd_vevent_header *header)
{
	struct vdev_vevent *event = &queue->last;

	event->sequence = header->sequence;
	event->lost = (header->sequence - queue->next) & SEQUENCE_LAST;
	if (header->flags & IOMMU_VEVENTQ_FLAG_LOST_EVENTS)
		event->lost++;
	queue->next = (header->sequence + 1) & SEQUENCE_LAST;
}

int vdev_veventq_next(struct vdev_veventq *queue,
		      const struct vdev_vevent **ret)
{
	struct vdev_vevent *event = &queue->last;
	struct iommufd_vevent_header header;
	int there = eventq_fill(&queue->q);
	const void *record;

	if (there <= 0)
		return there;
	record = eventq_take(&queue->q, sizeof(header));
	if (!record)
		return -EIO;
	memcpy(&header, record, sizeof(header));
	event->size =
		header.flags & IOMMU_VEVENTQ_FLAG_LOST_EVENTS ? 0 : queue->size;
	record = eventq_take(&queue->q, event->size);
	if (!record)
		return -EIO;
	if (event->size)
		memcpy(event->data, record, event->size);
	count_lost(queue, &header);
	*ret = event;
	return 1;
}

uint32_t vdev_vevent_sequence(const struct vdev_vevent *event)
{
	return event->sequence;
}

uint32_t vdev_vevent_lost(const struct vdev_vevent *event)
{
	return event->lost;
}

const void *vdev_vevent_data(const struct vdev_vevent *event, size_t *size)
{
	if (size)
		*size = event->size;
	return event->size ? event->data : NULL;
}

/* --- Hardware queues */

static int hw_queue_failed(const struct vdev_viommu *viommu,
			   const struct iommu_hw_queue_alloc *arg, int error)
{
	struct vdev_ctx *ctx = viommu->iommu->ctx;
	const char *why = NULL;

	switch (error) {
	case -EIO:
		why = "the one before it is missing";
		break;
	case -EINVAL:
		why = "its index or length is wrong";
		break;
	case -ENOENT:
		why = "its memory is not mapped";
		break;
	case -EFAULT:
		why = "its memory is not contiguous in physical memory";
		break;
	case -EOVERFLOW:
	case -ERANGE:
		why = "it reaches past the end of all addresses";
		break;
	default:
		return viommu_refused(viommu, error, "such a hardware queue",
				      "6.17", "IOMMU_HW_QUEUE_ALLOC");
	}
	return vdev_fail(ctx, error == -ERANGE ? -EOVERFLOW : error,
			 "hardware queue %u of vIOMMU %u cannot be made: %s",
			 arg->index, viommu->id, why);
}

int vdev_hw_queue_new(struct vdev_viommu *viommu, uint32_t type, uint32_t index,
		      uint64_t address, uint64_t length,
		      struct vdev_hw_queue **ret)
{
	struct vdev_iommu *iommu = viommu->iommu;
	struct iommu_hw_queue_alloc arg = {
		.viommu_id = viommu->id,
		.type = type,
		.index = index,
		.nesting_parent_iova = address,
		.length = length,
	};
	struct vdev_hw_queue *queue = calloc(1, sizeof(*queue));
	int error;

	if (!queue)
		return vdev_fail(iommu->ctx, -ENOMEM, "out of memory");
	queue->viommu = vdev_viommu_ref(viommu);
	error = iommufd_hw_queue_alloc(&iommu->ctx->sys, iommu->fd, &arg);
	if (error) {
		vdev_hw_queue_free(queue);
		return hw_queue_failed(viommu, &arg, error);
	}
	queue->id = arg.out_hw_queue_id;
	*ret = queue;
	return 0;
}

void vdev_hw_queue_free(struct vdev_hw_queue *queue)
{
	if (!queue)
		return;
	if (queue->id)
		iommu_destroy_object(queue->viommu->iommu, "hardware queue",
				     queue->id);
	vdev_viommu_unref(queue->viommu);
	free(queue);
}

uint32_t vdev_hw_queue_id(const struct vdev_hw_queue *queue)
{
	return queue->id;
}
