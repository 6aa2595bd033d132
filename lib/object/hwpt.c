/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "object/hwpt.h"

#include <errno.h>

#include "kernel/iommufd.h"
#include "object/iommu.h"

struct vdev_hwpt {
	unsigned int refs;
	struct vdev_iommu *iommu;
	uint32_t id;
	unsigned int flags;
	struct vdev_ioas *ioas; /* that has to outlive it, or NULL */
	bool owned;		/* destroyed with the last reference */
};

/* The public flags are the kernel's. */
_Static_assert((int)VDEV_HWPT_NEST_PARENT == (int)IOMMU_HWPT_ALLOC_NEST_PARENT,
	       "flag");
_Static_assert((int)VDEV_HWPT_DIRTY_TRACKING ==
		       (int)IOMMU_HWPT_ALLOC_DIRTY_TRACKING,
	       "flag");
_Static_assert((int)VDEV_HWPT_FAULT == (int)IOMMU_HWPT_FAULT_ID_VALID, "flag");
_Static_assert((int)VDEV_HWPT_PASID == (int)IOMMU_HWPT_ALLOC_PASID, "flag");

/* Why there is no HWPT for PASIDs: the kernel, the device or its IOMMU. */
static int lacks_pasid(struct vdev_iommu *iommu, uint32_t device,
		       unsigned int width)
{
	struct vdev_ctx *ctx = iommu->ctx;

	if (!iommufd_knows_pasid(&ctx->sys, iommu->fd))
		return iommu_needs(iommu, "a HWPT for PASIDs", "6.15",
				   "IOMMU_HWPT_ALLOC with "
				   "IOMMU_HWPT_ALLOC_PASID");
	if (!width)
		return vdev_fail(ctx, -EOPNOTSUPP,
				 "device %u has no PASIDs: it lacks the "
				 "capability, or its IOMMU cannot use it",
				 device);
	return vdev_fail(ctx, -EOPNOTSUPP,
			 "the kernel's driver of the IOMMU of device %u cannot "
			 "make HWPTs for PASIDs, or not with the other flags",
			 device);
}

/*
 * The kernel says EOPNOTSUPP both for a flag it does not know and for one that
 * the IOMMU cannot serve; what the IOMMU tells of itself decides.
 */
static int lacks_flag(struct vdev_iommu *iommu,
		      const struct iommu_hwpt_alloc *arg)
{
	struct vdev_hw_info *info = NULL;
	unsigned int width = 0, flags = arg->flags;
	uint64_t caps = 0;

	if (!vdev_hw_info_new(iommu, arg->dev_id, &info)) {
		caps = vdev_hw_info_caps(info);
		width = vdev_hw_info_pasid_width(info);
	}
	vdev_hw_info_free(info);
	if (flags & VDEV_HWPT_DIRTY_TRACKING &&
	    !(caps & VDEV_HW_CAP_DIRTY_TRACKING))
		return vdev_fail(iommu->ctx, -EOPNOTSUPP,
				 "the IOMMU of device %u cannot track dirty "
				 "pages",
				 arg->dev_id);
	if (flags & VDEV_HWPT_PASID)
		return lacks_pasid(iommu, arg->dev_id, width);
	if (flags & VDEV_HWPT_FAULT && !(flags & VDEV_HWPT_NEST_PARENT))
		return iommu_needs(iommu, "a HWPT with faults on this IOMMU",
				   "6.11", "IOMMU_HWPT_FAULT_ID_VALID");
	if (flags & VDEV_HWPT_NEST_PARENT || arg->data_type)
		return vdev_fail(iommu->ctx, -EOPNOTSUPP,
				 "the IOMMU of device %u cannot nest page "
				 "tables so (flags 0x%x, data of type %u)",
				 arg->dev_id, flags, arg->data_type);
	return vdev_fail(iommu->ctx, -EOPNOTSUPP,
			 "device %u cannot have a HWPT with the flags 0x%x",
			 arg->dev_id, flags);
}

static int hwpt_failed(struct vdev_iommu *iommu,
		       const struct iommu_hwpt_alloc *arg, int error)
{
	struct vdev_ctx *ctx = iommu->ctx;

	switch (error) {
	case -ENOTTY:
		return iommu_needs(iommu, "making a HWPT", "6.6",
				   "IOMMU_HWPT_ALLOC");
	case -E2BIG:
		return iommu_needs(iommu, "making such a HWPT",
				   arg->fault_id ? "6.11" : "6.7",
				   "IOMMU_HWPT_ALLOC");
	case -EOPNOTSUPP:
		return lacks_flag(iommu, arg);
	case -ENOENT:
		return vdev_fail(ctx, error,
				 "the iommufd has no device %u, or no such "
				 "fault queue",
				 arg->dev_id);
	case -EINVAL:
		return vdev_fail(ctx, error,
				 "%u is no address space or parent that device "
				 "%u can have a HWPT in%s",
				 arg->pt_id, arg->dev_id,
				 arg->data_len ? ", or its data is wrong" : "");
	case -ENOMEM:
		return iommu_no_memory(iommu, "making a HWPT", 0);
	case -EADDRINUSE:
		return vdev_fail(ctx, error,
				 "%u has mappings that device %u cannot use: "
				 "in its reserved IOVAs, or in less than whole "
				 "pages of its IOMMU",
				 arg->pt_id, arg->dev_id);
	default:
		return vdev_fail(ctx, error,
				 "cannot make a HWPT for device %u in %u: %s",
				 arg->dev_id, arg->pt_id, strerror(-error));
	}
}

/* Return: NULL with the sentence recorded if memory ran out. */
static struct vdev_hwpt *hwpt_alloc(struct vdev_iommu *iommu,
				    unsigned int flags)
{
	struct vdev_hwpt *hwpt = calloc(1, sizeof(*hwpt));

	if (!hwpt) {
		vdev_fail(iommu->ctx, -ENOMEM, "out of memory");
		return NULL;
	}
	hwpt->refs = 1;
	hwpt->iommu = vdev_iommu_ref(iommu);
	hwpt->flags = flags;
	return hwpt;
}

int vdev_hwpt_new(struct vdev_iommu *iommu, uint32_t device, uint32_t parent,
		  unsigned int flags, uint32_t type, const void *data,
		  size_t size, uint32_t fault, struct vdev_hwpt **ret)
{
	struct iommu_hwpt_alloc arg = {
		.flags = flags,
		.dev_id = device,
		.pt_id = parent,
		.data_type = type,
		.data_len = (uint32_t)size,
		.data_uptr = (uintptr_t)data,
		.fault_id = fault,
	};
	struct vdev_hwpt *hwpt;
	int error;

	if (!data != !size || !type != !data || size > UINT32_MAX)
		return vdev_fail(iommu->ctx, -EINVAL,
				 "a nested HWPT has a type and data, another "
				 "one has neither");
	error = iommu_need_iommufd(iommu, "HWPTs");
	if (error)
		return error;
	hwpt = hwpt_alloc(iommu, flags);
	if (!hwpt)
		return -ENOMEM;
	error = iommufd_hwpt_alloc(&iommu->ctx->sys, iommu->fd, &arg);
	if (error) {
		vdev_hwpt_unref(hwpt);
		return hwpt_failed(iommu, &arg, error);
	}
	hwpt->id = arg.out_hwpt_id;
	hwpt->owned = true;
	*ret = hwpt;
	return 0;
}

int vdev_hwpt_import(struct vdev_iommu *iommu, uint32_t id, unsigned int flags,
		     struct vdev_hwpt **ret)
{
	struct vdev_hwpt *hwpt;
	int error = iommu_need_iommufd(iommu, "HWPTs");

	if (error)
		return error;
	hwpt = hwpt_alloc(iommu, flags);
	if (!hwpt)
		return -ENOMEM;
	hwpt->id = id;
	*ret = hwpt;
	return 0;
}

struct vdev_hwpt *vdev_hwpt_ref(struct vdev_hwpt *hwpt)
{
	hwpt->refs++;
	return hwpt;
}

struct vdev_hwpt *vdev_hwpt_unref(struct vdev_hwpt *hwpt)
{
	if (!hwpt || --hwpt->refs)
		return NULL;
	if (hwpt->owned)
		iommu_destroy_object(hwpt->iommu, "HWPT", hwpt->id);
	vdev_ioas_unref(hwpt->ioas);
	vdev_iommu_unref(hwpt->iommu);
	free(hwpt);
	return NULL;
}

void hwpt_keep_ioas(struct vdev_hwpt *hwpt, struct vdev_ioas *ioas)
{
	hwpt->ioas = vdev_ioas_ref(ioas);
}

uint32_t vdev_hwpt_id(const struct vdev_hwpt *hwpt)
{
	return hwpt->id;
}

unsigned int vdev_hwpt_flags(const struct vdev_hwpt *hwpt)
{
	return hwpt->flags;
}

struct vdev_iommu *vdev_hwpt_iommu(const struct vdev_hwpt *hwpt)
{
	return hwpt->iommu;
}
