/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Page tables of guests, nested in that of the machine. */

#include "object/nested.h"

#include <errno.h>
#include <limits.h>

#include "kernel/iommufd.h"
#include "object/hwpt.h"
#include "object/iommu.h"

/* Newer kernels take no longer requests, and 2^19 of them in one call. */
#define SIZE_MOST  4096
#define COUNT_MOST (1U << 16)

_Static_assert((int)VDEV_VTD_S1_SRE == (int)IOMMU_VTD_S1_SRE, "flag");
_Static_assert((int)VDEV_VTD_S1_EAFE == (int)IOMMU_VTD_S1_EAFE, "flag");
_Static_assert((int)VDEV_VTD_S1_WPE == (int)IOMMU_VTD_S1_WPE, "flag");
_Static_assert((int)VDEV_INVALIDATE_VTD_S1 ==
		       (int)IOMMU_HWPT_INVALIDATE_DATA_VTD_S1,
	       "type");
_Static_assert((int)VDEV_INVALIDATE_ARM_SMMUV3 ==
		       (int)IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3,
	       "type");
_Static_assert((int)VDEV_VTD_INVALIDATE_LEAF == (int)IOMMU_VTD_INV_FLAGS_LEAF,
	       "flag");

/* The public structure is the kernel's, so that requests need no copy. */
#define SAME(ours, theirs)                                                     \
	_Static_assert(                                                        \
		offsetof(struct vdev_vtd_invalidation, ours) ==                \
			offsetof(struct iommu_hwpt_vtd_s1_invalidate, theirs), \
		#ours)
SAME(address, addr);
SAME(pages, npages);
SAME(flags, flags);
SAME(reserved, reserved);
_Static_assert(sizeof(struct vdev_vtd_invalidation) ==
		       sizeof(struct iommu_hwpt_vtd_s1_invalidate),
	       "size");

int vdev_hwpt_new_vtd_s1(struct vdev_iommu *iommu, uint32_t device,
			 uint32_t parent, unsigned int flags,
			 const struct vdev_vtd_s1 *data, uint32_t fault,
			 struct vdev_hwpt **ret)
{
	const struct iommu_hwpt_vtd_s1 s1 = {
		.flags = data->flags,
		.pgtbl_addr = data->table,
		.addr_width = data->width,
	};

	return vdev_hwpt_new(iommu, device, parent, flags,
			     VDEV_HWPT_DATA_VTD_S1, &s1, sizeof(s1), fault,
			     ret);
}

/* What a request is called in a sentence: it, or the one behind `done`. */
static int invalidation_failed(const struct vdev_iommu *iommu, const char *what,
			       uint32_t id, uint32_t type, uint32_t done,
			       int error)
{
	struct vdev_ctx *ctx = iommu->ctx;

	switch (error) {
	case -ENOTTY:
		return iommu_needs(iommu, "invalidating a guest's translations",
				   "6.8", "IOMMU_HWPT_INVALIDATE");
	case -ENOENT:
		return vdev_fail(ctx, error, "the iommufd has no %s %u", what,
				 id);
	case -EINVAL:
		return vdev_fail(ctx, error,
				 "request %u for %s %u is wrong, or is not of "
				 "type %u, or that is not nested",
				 done, what, id, type);
	case -EOPNOTSUPP:
		return vdev_fail(ctx, error,
				 "%s %u cannot do request %u, of type %u", what,
				 id, done, type);
	default:
		return vdev_fail(ctx, error, "request %u for %s %u failed: %s",
				 done, what, id, strerror(-error));
	}
}

int nested_invalidate(const struct vdev_iommu *iommu, const char *what,
		      uint32_t id, uint32_t type, const void *requests,
		      size_t size, uint32_t count)
{
	struct vdev_sys *sys = &iommu->ctx->sys;
	uint32_t done = 0, n;
	int error;

	if (count && (!requests || !size))
		return vdev_fail(iommu->ctx, -EINVAL,
				 "there are no requests where %u are announced",
				 count);
	if (size > SIZE_MOST || count > INT_MAX)
		return vdev_fail(iommu->ctx, -EINVAL,
				 "%u requests of %zu bytes are too much: %u of "
				 "%u bytes are the most",
				 count, size, INT_MAX, SIZE_MOST);
	do {
		uint32_t asked = count - done;

		if (asked > COUNT_MOST)
			asked = COUNT_MOST;
		n = asked;
		error = iommufd_invalidate(
			sys, iommu->fd, id, type,
			count ? (const char *)requests + done * size : NULL,
			(uint32_t)size, &n);
		done += n;
		if (!error && n < asked)
			error = -EIO;
	} while (!error && done < count);
	if (error)
		error = invalidation_failed(iommu, what, id, type, done, error);
	return done ? (int)done : error;
}

int vdev_hwpt_invalidate(struct vdev_hwpt *hwpt, uint32_t type,
			 const void *requests, size_t size, uint32_t count)
{
	return nested_invalidate(vdev_hwpt_iommu(hwpt), "HWPT",
				 vdev_hwpt_id(hwpt), type, requests, size,
				 count);
}

int vdev_hwpt_invalidate_vtd_s1(struct vdev_hwpt *hwpt,
				const struct vdev_vtd_invalidation *requests,
				uint32_t count)
{
	return vdev_hwpt_invalidate(hwpt, VDEV_INVALIDATE_VTD_S1, requests,
				    sizeof(*requests), count);
}
