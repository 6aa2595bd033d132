/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "kernel/iommufd.h"
#include "kernel/type1.h"
#include "object/ioas.h"

/* --- iommufd, also where devices reach it by group */

static struct vdev_sys *sys_of(struct vdev_ioas *ioas)
{
	return &ioas->iommu->ctx->sys;
}

static int fd_open(struct vdev_ioas *ioas)
{
	int error =
		iommufd_ioas_alloc(sys_of(ioas), ioas->iommu->fd, &ioas->id);

	ioas->owned = !error;
	return error;
}

static void fd_close(struct vdev_ioas *ioas)
{
	char name[IOAS_NAME_SIZE];
	int error;

	if (!ioas->owned)
		return;
	error = iommufd_destroy(sys_of(ioas), ioas->iommu->fd, ioas->id);
	if (error)
		vdev_log(ioas->iommu->ctx, VDEV_LOG_WARNING,
			 "%s stays until its iommufd is closed: %s",
			 ioas_name(ioas, name), strerror(-error));
}

static int fd_map(struct vdev_ioas *ioas, const struct map_source *source,
		  uint64_t length, unsigned int flags, uint64_t *iova)
{
	uint32_t bits = ioas_map_flags(flags, *iova != VDEV_IOVA_ANY);

	if (source->fd >= 0)
		return iommufd_map_file(sys_of(ioas), ioas->iommu->fd, ioas->id,
					bits, source->fd, source->start, length,
					iova);
	return iommufd_map(sys_of(ioas), ioas->iommu->fd, ioas->id, bits,
			   source->start, length, iova);
}

static int fd_unmap(struct vdev_ioas *ioas, uint64_t iova, uint64_t length,
		    uint64_t *unmapped)
{
	return iommufd_unmap(sys_of(ioas), ioas->iommu->fd, ioas->id, iova,
			     length, unmapped);
}

static int fd_unmap_all(struct vdev_ioas *ioas, uint64_t *unmapped)
{
	int error = fd_unmap(ioas, 0, UINT64_MAX, unmapped);

	/* What older kernels say of an empty address space. */
	if (error == -ENOENT) {
		*unmapped = 0;
		return 0;
	}
	return error;
}

static int fd_ranges(struct vdev_ioas *ioas, struct vdev_iova_range **ret,
		     uint64_t *alignment)
{
	_auto_free_ struct iommu_iova_range *found = NULL;
	struct vdev_iova_range *ranges;
	int n = iommufd_ranges(sys_of(ioas), ioas->iommu->fd, ioas->id, &found,
			       alignment);

	if (n < 0)
		return n;
	ranges = calloc((size_t)n + 1, sizeof(*ranges));
	if (!ranges)
		return -ENOMEM;
	for (int i = 0; i < n; i++)
		ranges[i] = (struct vdev_iova_range){ found[i].start,
						      found[i].last };
	*ret = ranges;
	return n;
}

/*
 * The address space that devices get with their group: the one that is there
 * already if a device came first or the fd was imported, else ours.
 */
static int compat_open(struct vdev_ioas *ioas)
{
	struct vdev_iommu *iommu = ioas->iommu;
	int error = iommufd_vfio_ioas(sys_of(ioas), iommu->fd,
				      IOMMU_VFIO_IOAS_GET, &ioas->id);

	if (error != -ENODEV)
		return error;
	error = fd_open(ioas);
	if (error)
		return error;
	error = iommufd_vfio_ioas(sys_of(ioas), iommu->fd, IOMMU_VFIO_IOAS_SET,
				  &ioas->id);
	if (error)
		fd_close(ioas);
	return error;
}

/* --- type 1 */

static int type1_open(struct vdev_ioas *ioas)
{
	ioas->owned = true;
	return 0;
}

static int type1_space_unmap_all(struct vdev_ioas *ioas, uint64_t *unmapped)
{
	/* Without a device there is nothing. */
	if (!ioas->iommu->type1_set) {
		*unmapped = 0;
		return 0;
	}
	return type1_unmap_all(sys_of(ioas), ioas->iommu->fd, unmapped);
}

static void type1_close(struct vdev_ioas *ioas)
{
	uint64_t unmapped;
	int error = type1_space_unmap_all(ioas, &unmapped);

	if (error)
		vdev_log(ioas->iommu->ctx, VDEV_LOG_WARNING,
			 "the container's mappings stay until it is closed: %s",
			 strerror(-error));
}

static int type1_space_map(struct vdev_ioas *ioas,
			   const struct map_source *source, uint64_t length,
			   unsigned int flags, uint64_t *iova)
{
	uint32_t bits = 0;

	if (source->fd >= 0)
		return -EOPNOTSUPP;
	if (!ioas->iommu->type1_set)
		return -ENODEV;
	if (flags & VDEV_MAP_READ)
		bits |= VFIO_DMA_MAP_FLAG_READ;
	if (flags & VDEV_MAP_WRITE)
		bits |= VFIO_DMA_MAP_FLAG_WRITE;
	return type1_map(sys_of(ioas), ioas->iommu->fd, bits, source->start,
			 length, *iova);
}

static int type1_space_unmap(struct vdev_ioas *ioas, uint64_t iova,
			     uint64_t length, uint64_t *unmapped)
{
	uint64_t count = 0;
	int error;

	if (!ioas->iommu->type1_set)
		return -ENODEV;
	error = type1_unmap(sys_of(ioas), ioas->iommu->fd, iova, length,
			    &count);
	if (error)
		return error;
	/* To type 1 that is a success. */
	if (!count)
		return -ENOENT;
	*unmapped = count;
	return 0;
}

static int type1_space_ranges(struct vdev_ioas *ioas,
			      struct vdev_iova_range **ret, uint64_t *alignment)
{
	_auto_free_ struct vfio_iommu_type1_info *info = NULL;
	_auto_free_ struct vfio_iova_range *found = NULL;
	struct vdev_iova_range *ranges;
	int error, n;

	if (!ioas->iommu->type1_set)
		return -ENODEV;
	error = type1_info(sys_of(ioas), ioas->iommu->fd, &info);
	if (error)
		return error;
	n = type1_ranges(info, &found);
	if (n < 0)
		return n;
	ranges = calloc((size_t)n + 1, sizeof(*ranges));
	if (!ranges)
		return -ENOMEM;
	for (int i = 0; i < n; i++)
		ranges[i] = (struct vdev_iova_range){ found[i].start,
						      found[i].end };
	/* Only mdevs, which no IOMMU restricts. */
	if (!n)
		ranges[n++] = (struct vdev_iova_range){ 0, UINT64_MAX };
	*alignment = info->iova_pgsizes & -info->iova_pgsizes;
	if (!*alignment)
		*alignment = 1;
	*ret = ranges;
	return n;
}

static const struct ioas_backend iommufd_backend = {
	.open = fd_open,
	.close = fd_close,
	.chooses = true,
	.map = fd_map,
	.unmap = fd_unmap,
	.unmap_all = fd_unmap_all,
	.ranges = fd_ranges,
};

static const struct ioas_backend compat_backend = {
	.open = compat_open,
	.close = fd_close,
	.chooses = true,
	.map = fd_map,
	.unmap = fd_unmap,
	.unmap_all = fd_unmap_all,
	.ranges = fd_ranges,
};

static const struct ioas_backend type1_backend = {
	.open = type1_open,
	.close = type1_close,
	.map = type1_space_map,
	.unmap = type1_space_unmap,
	.unmap_all = type1_space_unmap_all,
	.ranges = type1_space_ranges,
};

const struct ioas_backend *ioas_backend(enum vdev_iommu_kind kind)
{
	switch (kind) {
	case VDEV_IOMMU_TYPE1:
		return &type1_backend;
	case VDEV_IOMMU_COMPAT:
		return &compat_backend;
	default:
		return &iommufd_backend;
	}
}
