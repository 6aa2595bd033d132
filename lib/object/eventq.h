/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_EVENTQ_H
#define VDEV_OBJECT_EVENTQ_H

#include "object/iommu.h"

/*
 * A queue that the kernel fills with records and whose fd is read: what fault
 * queues and queues of events have in common.
 */
struct eventq {
	struct vdev_iommu *iommu;
	const char *what; /* "fault queue" */
	uint32_t id;
	int fd;
	unsigned char *buf;
	size_t room;
	size_t size; /* what was read */
	size_t at;   /* what of it was taken */
};

/*
 * Prepares a queue that has no fd yet. eventq_done() can follow whatever comes
 * of it. Return: 0 or -ENOMEM, recorded.
 */
int eventq_init(struct eventq *q, struct vdev_iommu *iommu, const char *what);
void eventq_done(struct eventq *q);

/*
 * Reads if all was taken. Return: 1 if there is something to take, 0 if there
 * is nothing, -errno; recorded.
 */
int eventq_fill(struct eventq *q);

/*
 * The next bytes; NULL with the rest dropped and the failure recorded if there
 * are fewer.
 */
const void *eventq_take(struct eventq *q, size_t size);

#endif
