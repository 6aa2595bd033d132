/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * A kernel that tells anything of its devices and IOMMUs: structures of any
 * size, and chains of capabilities behind them.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libvdev/file.h>

#include "fuzz.h"
#include "kernel/abi/vfio.h"

/* Small enough to be walked, large enough for more than one answer. */
#define REGIONS_MOST 64

/* Descriptors, by which the answers tell them apart. */
enum { DEVICE = 3, CONTAINER };

/* The next bytes of the input; zeros at its end. */
static void take(struct fuzz_input *in, void *buffer, size_t size)
{
	size_t have = in->size < size ? in->size : size;

	memset(buffer, 0, size);
	if (have)
		memcpy(buffer, in->data, have);
	in->data += have;
	in->size -= have;
}

/* As much as the caller has room for, which argsz says; and a new argsz. */
static int answer_info(struct fuzz_input *in, void *arg)
{
	uint32_t *info = arg;
	uint32_t room = info[0];

	FUZZ_CHECK(room >= sizeof(*info));
	take(in, info, room);
	return 0;
}

static int answer_hot_reset(struct fuzz_input *in, void *arg)
{
	struct vfio_pci_hot_reset_info *info = arg;
	size_t room = (info->argsz - sizeof(*info)) / sizeof(info->devices[0]);

	take(in, info, info->argsz);
	return info->count > room ? -ENOSPC : 0;
}

static int answer(struct vdev_sys *sys, int fd, unsigned long request,
		  void *arg)
{
	struct fuzz_input *in = sys->data;

	switch (request) {
	case VFIO_CHECK_EXTENSION:
		return 1;
	case VFIO_DEVICE_GET_INFO:
	case VFIO_DEVICE_GET_REGION_INFO:
	case VFIO_DEVICE_GET_IRQ_INFO:
		return answer_info(in, arg);
	/* The container's VFIO_IOMMU_GET_INFO has the same number. */
	case VFIO_DEVICE_GET_PCI_HOT_RESET_INFO:
		return fd == DEVICE ? answer_hot_reset(in, arg)
				    : answer_info(in, arg);
	case VFIO_GET_API_VERSION:
	case VFIO_SET_IOMMU:
		return 0;
	default:
		return -ENOTTY;
	}
}

static void try_region(struct vdev_file *file, unsigned int index)
{
	const struct vdev_region *region;
	uint32_t type, subtype;
	uint64_t offset, size;

	if (vdev_file_region(file, index, &region))
		return;
	(void)vdev_region_name(region);
	(void)vdev_region_subtype(region, &type, &subtype);
	for (size_t i = 0; i < vdev_region_area_count(region); i++) {
		FUZZ_CHECK(!vdev_region_area(region, i, &offset, &size));
		FUZZ_CHECK(offset < vdev_region_size(region));
		FUZZ_CHECK(size && offset + size > offset);
	}
}

static void try_reset_set(struct vdev_file *file)
{
	struct vdev_reset_set *set;

	if (vdev_reset_set_new(file, &set) < 0)
		return;
	for (size_t i = 0; i < vdev_reset_set_count(set); i++)
		FUZZ_CHECK(vdev_reset_set_address(set, i));
	vdev_reset_set_free(set);
}

static void try_file(struct vdev_ctx *ctx)
{
	const void *data;
	struct vdev_file *file;
	size_t size;
	volatile uint8_t last = 0;

	if (vdev_file_import(ctx, DEVICE, NULL, 0, NULL, &file))
		return;
	(void)vdev_file_atomics(file);
	/* All of what is said to belong to a capability can be read. */
	for (size_t i = 0;
	     !vdev_file_capability(file, i, NULL, NULL, &data, &size); i++)
		if (size)
			last = ((const uint8_t *)data)[size - 1];
	(void)last;
	for (unsigned int i = 0;
	     i < vdev_file_region_count(file) && i < REGIONS_MOST; i++)
		try_region(file, i);
	for (unsigned int i = 0; i < vdev_file_irq_count(file) && i < 8; i++) {
		unsigned int flags;
		uint32_t count;

		(void)vdev_file_irq_info(file, i, &count, &flags);
	}
	try_reset_set(file);
	vdev_file_unref(file);
}

static void try_type1(struct vdev_ctx *ctx)
{
	struct vdev_iova_range *ranges = NULL;
	struct vdev_iommu *iommu;
	struct vdev_ioas *ioas;
	uint64_t alignment;
	int count;

	if (vdev_iommu_import(ctx, VDEV_IOMMU_TYPE1, CONTAINER, &iommu))
		return;
	FUZZ_CHECK(!vdev_ioas_new(iommu, &ioas));
	count = vdev_ioas_ranges(ioas, &ranges, &alignment);
	for (int i = 0; i < count; i++)
		FUZZ_CHECK(ranges[i].start <= ranges[i].last &&
			   (!i || ranges[i].start > ranges[i - 1].last));
	vdev_iova_ranges_free(ranges);
	vdev_ioas_unref(ioas);
	vdev_iommu_unref(iommu);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vdev_sys_ops ops;
	struct fuzz_input in;
	struct vdev_ctx *ctx;

	if (!size)
		return 0;
	ctx = fuzz_ctx(&in, data + 1, size - 1);
	ops = *ctx->sys.ops;
	ops.ioctl = answer;
	ops.dup = fuzz_same_fd;
	ops.close = fuzz_close_nothing;
	ctx->sys.ops = &ops;
	if (*data & 1)
		try_file(ctx);
	else
		try_type1(ctx);
	vdev_ctx_unref(ctx);
	return 0;
}
