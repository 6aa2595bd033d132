/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>

#include "kernel/procfs.h"
#include "object/iommu.h"

int iommu_no_memory(const struct vdev_iommu *iommu, const char *name,
		    uint64_t length)
{
	struct vdev_ctx *ctx = iommu->ctx;
	uint64_t limit;

	if (procfs_memlock_limit(&ctx->sys, &limit) || limit == UINT64_MAX)
		return vdev_fail(ctx, -ENOMEM,
				 "%s: out of memory in the kernel", name);
	if (length)
		vdev_fail(ctx, -ENOMEM,
			  "%s: pinning %" PRIu64 " bytes more would pass "
			  "RLIMIT_MEMLOCK, which is %" PRIu64 " bytes",
			  name, length, limit);
	else
		vdev_fail(ctx, -ENOMEM,
			  "%s would pass RLIMIT_MEMLOCK, which is %" PRIu64
			  " bytes",
			  name, limit);
	return vdev_hint(ctx, -ENOMEM,
			 "raise the limit (ulimit -l, LimitMEMLOCK= of a "
			 "systemd unit) to what vdev_memlock_estimate() or "
			 "vdevctl memlock tells");
}

int vdev_memlock_limit(struct vdev_ctx *ctx, uint64_t *ret)
{
	int error = procfs_memlock_limit(&ctx->sys, ret);

	if (error)
		return vdev_fail(ctx, error, "cannot read RLIMIT_MEMLOCK: %s",
				 strerror(-error));
	return 0;
}

int vdev_memlock_estimate(struct vdev_ctx *ctx, enum vdev_iommu_kind kind,
			  unsigned int spaces, uint64_t memory, uint64_t *ret)
{
	uint64_t locked = 0, need;
	int error;

	if (kind < VDEV_IOMMU_ANY || kind > VDEV_IOMMU_COMPAT)
		return vdev_fail(ctx, -EINVAL, "%d is no kind of IOMMU",
				 (int)kind);
	if (kind == VDEV_IOMMU_TYPE1) {
		error = procfs_locked(&ctx->sys, &locked);
		if (error)
			return vdev_fail(ctx, error,
					 "cannot read how much memory is "
					 "locked: %s",
					 strerror(-error));
	}
	if (__builtin_mul_overflow(memory, (uint64_t)spaces, &need) ||
	    __builtin_add_overflow(need, locked, &need))
		return vdev_fail(ctx, -EOVERFLOW,
				 "%u address spaces of %" PRIu64
				 " bytes are more than any limit",
				 spaces, memory);
	*ret = need;
	return 0;
}
