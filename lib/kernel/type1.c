/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/type1.h"

#include <errno.h>

#include "base/capchain.h"

/* No kernel needs as much; what says so is no container. */
#define INFO_LIMIT (1U << 20)

/* An ioctl whose argument is a number. */
static int call_number(struct vdev_sys *sys, int fd, unsigned long request,
		       uintptr_t number)
{
	return vdev_sys_ioctl(sys, fd, request, (void *)number);
}

int type1_probe(struct vdev_sys *sys, int fd)
{
	int ret = call_number(sys, fd, VFIO_GET_API_VERSION, 0);

	if (ret < 0)
		return ret;
	if (ret != VFIO_API_VERSION)
		return -EOPNOTSUPP;
	ret = call_number(sys, fd, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU);
	if (ret < 0)
		return ret;
	return ret ? 0 : -EOPNOTSUPP;
}

int type1_set_iommu(struct vdev_sys *sys, int fd)
{
	return call_number(sys, fd, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU);
}

int type1_set_noiommu(struct vdev_sys *sys, int fd)
{
	return call_number(sys, fd, VFIO_SET_IOMMU, VFIO_NOIOMMU_IOMMU);
}

int type1_map(struct vdev_sys *sys, int fd, uint32_t flags, uint64_t address,
	      uint64_t length, uint64_t iova)
{
	struct vfio_iommu_type1_dma_map arg = {
		.argsz = sizeof(arg),
		.flags = flags,
		.vaddr = address,
		.iova = iova,
		.size = length,
	};

	return vdev_sys_ioctl(sys, fd, VFIO_IOMMU_MAP_DMA, &arg);
}

static int unmap(struct vdev_sys *sys, int fd, uint32_t flags, uint64_t iova,
		 uint64_t length, uint64_t *unmapped)
{
	struct vfio_iommu_type1_dma_unmap arg = {
		.argsz = sizeof(arg),
		.flags = flags,
		.iova = iova,
		.size = length,
	};
	int ret = vdev_sys_ioctl(sys, fd, VFIO_IOMMU_UNMAP_DMA, &arg);

	if (!ret)
		*unmapped = arg.size;
	return ret;
}

int type1_unmap(struct vdev_sys *sys, int fd, uint64_t iova, uint64_t length,
		uint64_t *unmapped)
{
	return unmap(sys, fd, 0, iova, length, unmapped);
}

int type1_unmap_all(struct vdev_sys *sys, int fd, uint64_t *unmapped)
{
	return unmap(sys, fd, VFIO_DMA_UNMAP_FLAG_ALL, 0, 0, unmapped);
}

int type1_info(struct vdev_sys *sys, int fd, struct vfio_iommu_type1_info **ret)
{
	/* Enough for what is usual, so that one call does. */
	uint32_t size = 512;

	for (;;) {
		_auto_free_ struct vfio_iommu_type1_info *info =
			calloc(1, size);
		int error;

		if (!info)
			return -ENOMEM;
		info->argsz = size;
		error = vdev_sys_ioctl(sys, fd, VFIO_IOMMU_GET_INFO, info);
		if (error)
			return error;
		if (info->argsz > INFO_LIMIT)
			return -EPROTO;
		if (info->argsz <= size) {
			info->argsz = size;
			*ret = TAKE(info);
			return 0;
		}
		size = info->argsz;
	}
}

/* Whoever chooses IOVAs relies on that. */
static bool are_ascending(const struct vfio_iova_range *ranges, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (ranges[i].start > ranges[i].end ||
		    (i && ranges[i].start <= ranges[i - 1].end))
			return false;
	return true;
}

static int copy_ranges(const struct capchain_entry *cap,
		       struct vfio_iova_range **ret)
{
	struct vfio_iommu_type1_info_cap_iova_range head;
	_auto_free_ struct vfio_iova_range *ranges = NULL;

	if (cap->size < sizeof(head))
		return -EPROTO;
	/* Copied, because a capability may start at any multiple of 4. */
	memcpy(&head, cap->start, sizeof(head));
	if ((cap->size - sizeof(head)) / sizeof(*ranges) < head.nr_iovas)
		return -EPROTO;
	ranges = calloc((size_t)head.nr_iovas + 1, sizeof(*ranges));
	if (!ranges)
		return -ENOMEM;
	memcpy(ranges, (const char *)cap->start + sizeof(head),
	       head.nr_iovas * sizeof(*ranges));
	if (!are_ascending(ranges, head.nr_iovas))
		return -EPROTO;
	*ret = TAKE(ranges);
	return (int)head.nr_iovas;
}

/* The capability of that id: 1; 0 if there is none; or -EPROTO. */
static int find_cap(const struct vfio_iommu_type1_info *info, uint16_t id,
		    struct capchain_entry *cap)
{
	struct capchain chain = {
		.info = info,
		.size = info->argsz,
		.next = info->flags & VFIO_IOMMU_INFO_CAPS ? info->cap_offset
							   : 0,
	};

	while (capchain_next(&chain, cap)) {
		if (cap->id == id)
			return 1;
	}
	return chain.broken ? -EPROTO : 0;
}

int type1_ranges(const struct vfio_iommu_type1_info *info,
		 struct vfio_iova_range **ret)
{
	struct capchain_entry cap;
	int found = find_cap(info, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, &cap);

	if (found)
		return found < 0 ? found : copy_ranges(&cap, ret);
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

int type1_migration(const struct vfio_iommu_type1_info *info,
		    struct vfio_iommu_type1_info_cap_migration *ret)
{
	struct capchain_entry cap;
	int found = find_cap(info, VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION, &cap);

	if (found <= 0)
		return found;
	if (cap.size < sizeof(*ret))
		return -EPROTO;
	memcpy(ret, cap.start, sizeof(*ret));
	return 1;
}

int type1_dirty(struct vdev_sys *sys, int fd, uint32_t flags)
{
	struct vfio_iommu_type1_dirty_bitmap arg = {
		.argsz = sizeof(arg),
		.flags = flags,
	};

	return vdev_sys_ioctl(sys, fd, VFIO_IOMMU_DIRTY_PAGES, &arg);
}

int type1_dirty_bitmap(struct vdev_sys *sys, int fd, uint64_t iova,
		       uint64_t length, const struct vfio_bitmap *bitmap)
{
	struct {
		struct vfio_iommu_type1_dirty_bitmap head;
		struct vfio_iommu_type1_dirty_bitmap_get get;
	} arg = {
		.head = { .argsz = sizeof(arg),
			  .flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP },
		.get = { .iova = iova, .size = length, .bitmap = *bitmap },
	};

	return vdev_sys_ioctl(sys, fd, VFIO_IOMMU_DIRTY_PAGES, &arg);
}

int type1_unmap_dirty(struct vdev_sys *sys, int fd, uint64_t iova,
		      uint64_t length, const struct vfio_bitmap *bitmap,
		      uint64_t *unmapped)
{
	struct {
		struct vfio_iommu_type1_dma_unmap head;
		struct vfio_bitmap bitmap;
	} arg = {
		.head = { .argsz = sizeof(arg),
			  .flags = VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP,
			  .iova = iova,
			  .size = length },
		.bitmap = *bitmap,
	};
	int ret = vdev_sys_ioctl(sys, fd, VFIO_IOMMU_UNMAP_DMA, &arg);

	if (!ret)
		*unmapped = arg.head.size;
	return ret;
}
