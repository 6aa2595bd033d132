/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "object/eventq.h"

#include <errno.h>

#include "kernel/abi/iommufd.h"

/* For what comes at once as a rule, and for what can come. */
#define ROOM	  4096
#define MOST_ROOM (1 << 20)

/* Faults are read by a multiple of their size only. */
#define UNIT sizeof(struct iommu_hwpt_pgfault)

int eventq_init(struct eventq *q, struct vdev_iommu *iommu, const char *what)
{
	*q = (struct eventq){
		.iommu = vdev_iommu_ref(iommu),
		.what = what,
		.fd = -1,
		.buf = malloc(ROOM),
		.room = ROOM,
	};
	if (q->buf)
		return 0;
	return vdev_fail(iommu->ctx, -ENOMEM, "out of memory");
}

void eventq_done(struct eventq *q)
{
	if (q->fd >= 0) {
		/* The open fd is a user of the object. */
		vdev_sys_close(&q->iommu->ctx->sys, q->fd);
		iommu_destroy_object(q->iommu, q->what, q->id);
	}
	free(q->buf);
	vdev_iommu_unref(q->iommu);
}

/* The kernel hands out no part of what belongs together. */
static int grow(struct eventq *q)
{
	size_t room = q->room * 2;
	unsigned char *buf = realloc(q->buf, room);

	if (!buf)
		return -ENOMEM;
	q->buf = buf;
	q->room = room;
	return 0;
}

int eventq_fill(struct eventq *q)
{
	struct vdev_sys *sys = &q->iommu->ctx->sys;
	ssize_t n;

	if (q->at < q->size)
		return 1;
	q->at = q->size = 0;
	for (;;) {
		n = sys->ops->read(sys, q->fd, q->buf, q->room / UNIT * UNIT);
		if (n != -EINVAL || q->room >= MOST_ROOM)
			break;
		n = grow(q);
		if (n < 0)
			break;
	}
	if (n < 0)
		return vdev_fail(q->iommu->ctx, (int)n, "cannot read %s %u: %s",
				 q->what, q->id, strerror((int)-n));
	q->size = (size_t)n;
	return n > 0;
}

const void *eventq_take(struct eventq *q, size_t size)
{
	const void *at = q->buf + q->at;

	if (size <= q->size - q->at) {
		q->at += size;
		return at;
	}
	vdev_fail(q->iommu->ctx, -EIO,
		  "the kernel ended a record of %s %u after %zu of its %zu "
		  "bytes",
		  q->what, q->id, q->size - q->at, size);
	q->at = q->size;
	return NULL;
}
