/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fakenested.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define IOMMUFD	 50
#define QUEUE	 60
#define FIRST_ID 100

char fakenested_page[4096];

static uint32_t new_object(struct fakenested *fake)
{
	fake->objects++;
	return FIRST_ID + fake->calls;
}

static int new_fd(struct fakenested *fake)
{
	fake->open_fds++;
	return QUEUE;
}

static int invalidate(struct fakenested *fake,
		      struct iommu_hwpt_invalidate *arg, int error)
{
	fake->invalidate = *arg;
	if (error == -ENOTTY)
		return error;
	fake->requests += arg->entry_num;
	if (error) {
		fake->requests -= arg->entry_num - fake->handled;
		arg->entry_num = fake->handled;
	}
	return error;
}

static int destroy(struct fakenested *fake, const struct iommu_destroy *arg)
{
	assert_true(fake->objects-- > 0);
	assert_true(fake->destroyed_count < ARRAY_SIZE(fake->destroyed));
	fake->destroyed[fake->destroyed_count++] = arg->id;
	return 0;
}

#define ANSWER(call, kind, member, id)                       \
	case call:                                           \
		assert_int_equal(((struct kind *)arg)->size, \
				 sizeof(struct kind));       \
		fake->member = *(struct kind *)arg;          \
		((struct kind *)arg)->id = new_object(fake); \
		break

static int fake_ioctl(struct vdev_sys *sys, int fd, unsigned long request,
		      void *arg)
{
	struct fakenested *fake = sys->data;
	int error = fake->refuse == request ? -fake->error : 0;

	assert_int_equal(fd, IOMMUFD);
	fake->calls++;
	if (request == IOMMU_HWPT_INVALIDATE)
		return invalidate(fake, arg, error);
	if (request == IOMMU_DESTROY)
		return destroy(fake, arg);
	if (error)
		return error;
	switch (request) {
		ANSWER(IOMMU_HWPT_ALLOC, iommu_hwpt_alloc, hwpt, out_hwpt_id);
		ANSWER(IOMMU_VIOMMU_ALLOC, iommu_viommu_alloc, viommu,
		       out_viommu_id);
		ANSWER(IOMMU_VDEVICE_ALLOC, iommu_vdevice_alloc, vdevice,
		       out_vdevice_id);
		ANSWER(IOMMU_VEVENTQ_ALLOC, iommu_veventq_alloc, veventq,
		       out_veventq_id);
		ANSWER(IOMMU_HW_QUEUE_ALLOC, iommu_hw_queue_alloc, hw_queue,
		       out_hw_queue_id);
	case IOMMU_FAULT_QUEUE_ALLOC:
		((struct iommu_fault_alloc *)arg)->out_fault_id =
			new_object(fake);
		((struct iommu_fault_alloc *)arg)->out_fault_fd =
			(uint32_t)new_fd(fake);
		break;
	default:
		fail_msg("an ioctl 0x%lx", request);
	}
	if (request == IOMMU_VEVENTQ_ALLOC)
		((struct iommu_veventq_alloc *)arg)->out_veventq_fd =
			(uint32_t)new_fd(fake);
	if (request == IOMMU_HWPT_ALLOC && fake->hwpt.data_uptr)
		memcpy(&fake->s1, (void *)(uintptr_t)fake->hwpt.data_uptr,
		       sizeof(fake->s1));
	return 0;
}

static int fake_open(struct vdev_sys *sys, int dirfd, const char *path,
		     int flags, mode_t mode)
{
	struct fakenested *fake = sys->data;

	(void)dirfd;
	(void)flags;
	(void)mode;
	assert_string_equal(path, "/dev/iommu");
	fake->open_fds++;
	return IOMMUFD;
}

static int fake_close(struct vdev_sys *sys, int fd)
{
	struct fakenested *fake = sys->data;

	assert_true(fd == IOMMUFD || fd == QUEUE);
	assert_true(fake->open_fds-- > 0);
	return 0;
}

static ssize_t fake_read(struct vdev_sys *sys, int fd, void *buf, size_t size)
{
	struct fakenested *fake = sys->data;
	size_t n = fake->size < size ? fake->size : size;

	assert_int_equal(fd, QUEUE);
	assert_int_equal(size % sizeof(struct iommu_hwpt_pgfault), 0);
	if (size < fake->least)
		return -EINVAL;
	if (n)
		memcpy(buf, fake->bytes, n);
	fake->bytes = (const char *)fake->bytes + n;
	fake->size -= n;
	return (ssize_t)n;
}

static ssize_t fake_write(struct vdev_sys *sys, int fd, const void *buf,
			  size_t size)
{
	struct fakenested *fake = sys->data;

	assert_int_equal(fd, QUEUE);
	assert_int_equal(size, sizeof(fake->response));
	if (fake->error)
		return -fake->error;
	memcpy(&fake->response, buf, size);
	return (ssize_t)size;
}

static int fake_mmap(struct vdev_sys *sys, int fd, uint64_t offset,
		     size_t length, int prot, void **ret)
{
	struct fakenested *fake = sys->data;

	(void)prot;
	assert_int_equal(fd, IOMMUFD);
	if (fake->error)
		return -fake->error;
	assert_int_equal(offset, 0x10000);
	assert_int_equal(length, sizeof(fakenested_page));
	fake->mappings++;
	*ret = fakenested_page;
	return 0;
}

static int fake_munmap(struct vdev_sys *sys, void *address, size_t length)
{
	struct fakenested *fake = sys->data;

	assert_ptr_equal(address, fakenested_page);
	assert_int_equal(length, sizeof(fakenested_page));
	assert_true(fake->mappings-- > 0);
	return 0;
}

static const struct vdev_sys_ops fake_ops = {
	.open = fake_open,
	.close = fake_close,
	.read = fake_read,
	.write = fake_write,
	.mmap = fake_mmap,
	.munmap = fake_munmap,
	.ioctl = fake_ioctl,
};

struct vdev_ctx *fakenested_start(struct fakenested *fake)
{
	struct vdev_ctx *ctx = NULL;

	assert_int_equal(vdev_ctx_new(&ctx), 0);
	ctx->sys.ops = &fake_ops;
	ctx->sys.data = fake;
	return ctx;
}

void fakenested_done(struct fakenested *fake, struct vdev_ctx *ctx)
{
	vdev_ctx_unref(ctx);
	assert_int_equal(fake->objects, 0);
	assert_int_equal(fake->open_fds, 0);
	assert_int_equal(fake->mappings, 0);
}
