/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Faults and events as a kernel may tell them: records of any sort, in pieces
 * of any length. The first byte says which of the two, and how long an event
 * is.
 */

#include <errno.h>
#include <string.h>

#include <libvdev/fault.h>
#include <libvdev/viommu.h>

#include "fuzz.h"
#include "kernel/abi/iommufd.h"

enum { IOMMUFD = 3, QUEUE };

static int answer(struct vdev_sys *sys, int fd, unsigned long request,
		  void *arg)
{
	(void)sys;
	(void)fd;
	if (request == IOMMU_FAULT_QUEUE_ALLOC)
		((struct iommu_fault_alloc *)arg)->out_fault_fd = QUEUE;
	if (request == IOMMU_VEVENTQ_ALLOC)
		((struct iommu_veventq_alloc *)arg)->out_veventq_fd = QUEUE;
	/* No object has the id 0. */
	return request == IOMMU_DESTROY &&
			       !((const struct iommu_destroy *)arg)->id
		       ? -ENOENT
		       : 0;
}

/* A byte says how much comes at once: 255 for a refusal. */
static ssize_t read_piece(struct vdev_sys *sys, int fd, void *buf, size_t size)
{
	struct fuzz_input *in = sys->data;
	size_t n;

	FUZZ_CHECK(fd == QUEUE);
	if (!in->size)
		return 0;
	n = *in->data++;
	in->size--;
	if (n == 255)
		return -EINVAL;
	n = n * 8 < size ? n * 8 : size;
	n = n < in->size ? n : in->size;
	if (n)
		memcpy(buf, in->data, n);
	in->data += n;
	in->size -= n;
	return (ssize_t)n;
}

/* Each record takes some of the input, and so does each failure. */
static void read_faults(struct vdev_iommu *iommu, size_t size)
{
	struct vdev_fault_queue *queue;
	const struct vdev_fault *fault;

	FUZZ_CHECK(!vdev_fault_queue_new(iommu, &queue));
	for (size_t i = 0; i <= size; i++)
		if (vdev_fault_queue_next(queue, &fault) > 0) {
			int pasid = vdev_fault_pasid(fault);

			FUZZ_CHECK(pasid >= 0 || pasid == -ENODATA);
			FUZZ_CHECK(!vdev_fault_queue_answer(
				queue, vdev_fault_cookie(fault),
				VDEV_FAULT_INVALID));
		}
	FUZZ_CHECK(!vdev_fault_queue_next(queue, &fault));
	vdev_fault_queue_free(queue);
}

static void read_events(struct vdev_viommu *viommu, size_t length, size_t size)
{
	const struct vdev_vevent *event;
	struct vdev_veventq *queue;
	size_t n;

	FUZZ_CHECK(!vdev_veventq_new(viommu, 7, 16, length, &queue));
	for (size_t i = 0; i <= size; i++)
		if (vdev_veventq_next(queue, &event) > 0) {
			const unsigned char *data = vdev_vevent_data(event, &n);

			FUZZ_CHECK(data ? n == length : !n);
			FUZZ_CHECK(data || vdev_vevent_lost(event));
			FUZZ_CHECK(!data || data[0] + data[n - 1] >= 0);
		}
	FUZZ_CHECK(!vdev_veventq_next(queue, &event));
	vdev_veventq_free(queue);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vdev_viommu *viommu;
	struct vdev_iommu *iommu;
	struct vdev_hwpt *hwpt;
	struct vdev_sys_ops ops;
	struct fuzz_input in;
	struct vdev_ctx *ctx;

	if (!size)
		return 0;
	ctx = fuzz_ctx(&in, data + 1, size - 1);
	ops = *ctx->sys.ops;
	ops.ioctl = answer;
	ops.read = read_piece;
	ops.dup = fuzz_same_fd;
	ops.close = fuzz_close_nothing;
	ctx->sys.ops = &ops;
	FUZZ_CHECK(
		!vdev_iommu_import(ctx, VDEV_IOMMU_IOMMUFD, IOMMUFD, &iommu));
	if (*data < 128) {
		read_faults(iommu, size);
	} else {
		FUZZ_CHECK(!vdev_hwpt_import(iommu, 1, 0, &hwpt));
		FUZZ_CHECK(!vdev_viommu_new(hwpt, 1, 7, NULL, 0, &viommu));
		read_events(viommu, *data - 127, size);
		vdev_viommu_unref(viommu);
		vdev_hwpt_unref(hwpt);
	}
	vdev_iommu_unref(iommu);
	vdev_ctx_unref(ctx);
	return 0;
}
