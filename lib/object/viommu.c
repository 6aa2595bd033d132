/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* vIOMMUs, and the guest's numbers of devices in them. */

#include "object/viommu.h"

#include <errno.h>
#include <sys/mman.h>

#include "kernel/iommufd.h"
#include "object/hwpt.h"
#include "object/nested.h"

struct vdev_vdevice {
	struct vdev_viommu *viommu;
	uint32_t id; /* 0 until it is made */
	uint64_t number;
};

_Static_assert((int)VDEV_VIOMMU_ARM_SMMUV3 == (int)IOMMU_VIOMMU_TYPE_ARM_SMMUV3,
	       "type");
_Static_assert((int)VDEV_VIOMMU_TEGRA241_CMDQV ==
		       (int)IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV,
	       "type");

/* --- The vIOMMU */

static int viommu_failed(struct vdev_iommu *iommu,
			 const struct iommu_viommu_alloc *arg, int error)
{
	struct vdev_ctx *ctx = iommu->ctx;

	switch (error) {
	case -ENOTTY:
		return iommu_needs(iommu, "a vIOMMU", "6.13",
				   "IOMMU_VIOMMU_ALLOC");
	case -E2BIG:
		return iommu_needs(iommu, "a vIOMMU with such data", "6.17",
				   "IOMMU_VIOMMU_ALLOC");
	case -EOPNOTSUPP:
		return vdev_fail(ctx, error,
				 "the IOMMU of device %u has no vIOMMU of type "
				 "%u",
				 arg->dev_id, arg->type);
	case -ENOENT:
		return vdev_fail(ctx, error,
				 "the iommufd has no device %u or no HWPT %u",
				 arg->dev_id, arg->hwpt_id);
	case -EINVAL:
		return vdev_fail(ctx, error,
				 "HWPT %u is no nest parent for the IOMMU of "
				 "device %u%s",
				 arg->hwpt_id, arg->dev_id,
				 arg->data_len ? ", or the data is wrong" : "");
	default:
		return vdev_fail(ctx, error,
				 "cannot make a vIOMMU for device %u: %s",
				 arg->dev_id, strerror(-error));
	}
}

int vdev_viommu_new(struct vdev_hwpt *parent, uint32_t device, uint32_t type,
		    void *data, size_t size, struct vdev_viommu **ret)
{
	struct vdev_iommu *iommu = vdev_hwpt_iommu(parent);
	struct iommu_viommu_alloc arg = {
		.type = type,
		.dev_id = device,
		.hwpt_id = vdev_hwpt_id(parent),
		.data_len = (uint32_t)size,
		.data_uptr = (uintptr_t)data,
	};
	struct vdev_viommu *viommu;
	int error;

	if (!data != !size || size > UINT32_MAX)
		return vdev_fail(iommu->ctx, -EINVAL,
				 "a vIOMMU has data and its size, or neither");
	viommu = calloc(1, sizeof(*viommu));
	if (!viommu)
		return vdev_fail(iommu->ctx, -ENOMEM, "out of memory");
	viommu->refs = 1;
	viommu->iommu = vdev_iommu_ref(iommu);
	viommu->parent = vdev_hwpt_ref(parent);
	viommu->type = type;
	error = iommufd_viommu_alloc(&iommu->ctx->sys, iommu->fd, &arg);
	if (error) {
		vdev_viommu_unref(viommu);
		return viommu_failed(iommu, &arg, error);
	}
	viommu->id = arg.out_viommu_id;
	*ret = viommu;
	return 0;
}

struct vdev_viommu *vdev_viommu_ref(struct vdev_viommu *viommu)
{
	viommu->refs++;
	return viommu;
}

struct vdev_viommu *vdev_viommu_unref(struct vdev_viommu *viommu)
{
	if (!viommu || --viommu->refs)
		return NULL;
	if (viommu->id)
		iommu_destroy_object(viommu->iommu, "vIOMMU", viommu->id);
	vdev_hwpt_unref(viommu->parent);
	vdev_iommu_unref(viommu->iommu);
	free(viommu);
	return NULL;
}

uint32_t vdev_viommu_id(const struct vdev_viommu *viommu)
{
	return viommu->id;
}

uint32_t vdev_viommu_type(const struct vdev_viommu *viommu)
{
	return viommu->type;
}

struct vdev_hwpt *vdev_viommu_parent(const struct vdev_viommu *viommu)
{
	return viommu->parent;
}

int vdev_viommu_invalidate(struct vdev_viommu *viommu, uint32_t type,
			   const void *requests, size_t size, uint32_t count)
{
	return nested_invalidate(viommu->iommu, "vIOMMU", viommu->id, type,
				 requests, size, count);
}

int vdev_viommu_mmap(struct vdev_viommu *viommu, uint64_t offset,
		     uint64_t length, void **ret)
{
	struct vdev_iommu *iommu = viommu->iommu;
	int error = vdev_sys_mmap(&iommu->ctx->sys, iommu->fd, offset, length,
				  PROT_READ | PROT_WRITE, ret);

	if (error == -ENODEV)
		return iommu_needs(iommu, "mapping what a vIOMMU offers",
				   "6.17", "mmap() of an iommufd");
	if (error == -ENXIO)
		return vdev_fail(iommu->ctx, error,
				 "vIOMMU %u offers no %llu bytes at 0x%llx to "
				 "be mapped",
				 viommu->id, (unsigned long long)length,
				 (unsigned long long)offset);
	if (error)
		return vdev_fail(iommu->ctx, error,
				 "cannot map what vIOMMU %u offers: %s",
				 viommu->id, strerror(-error));
	return 0;
}

void vdev_viommu_munmap(struct vdev_viommu *viommu, void *address,
			uint64_t length)
{
	vdev_sys_munmap(&viommu->iommu->ctx->sys, address, length);
}

int viommu_refused(const struct vdev_viommu *viommu, int error,
		   const char *what, const char *version, const char *call)
{
	struct vdev_ctx *ctx = viommu->iommu->ctx;

	if (error == -ENOTTY)
		return iommu_needs(viommu->iommu, what, version, call);
	if (error == -EOPNOTSUPP)
		return vdev_fail(ctx, error, "vIOMMU %u cannot have %s",
				 viommu->id, what);
	if (error == -EEXIST)
		return vdev_fail(ctx, error, "vIOMMU %u has %s already",
				 viommu->id, what);
	return vdev_fail(ctx, error, "cannot make %s for vIOMMU %u: %s", what,
			 viommu->id, strerror(-error));
}

/* --- vDEVICEs */

static int vdevice_failed(const struct vdev_viommu *viommu, uint32_t device,
			  uint64_t number, int error)
{
	struct vdev_ctx *ctx = viommu->iommu->ctx;

	switch (error) {
	case -EEXIST:
		return vdev_fail(ctx, error,
				 "device %u has a vDEVICE already, or vIOMMU "
				 "%u another one with the number 0x%llx",
				 device, viommu->id,
				 (unsigned long long)number);
	case -ENOENT:
		return vdev_fail(ctx, error, "the iommufd has no device %u",
				 device);
	case -EINVAL:
		return vdev_fail(ctx, error,
				 "device %u is not behind the IOMMU of vIOMMU "
				 "%u, or cannot have the number 0x%llx",
				 device, viommu->id,
				 (unsigned long long)number);
	default:
		return viommu_refused(viommu, error, "a vDEVICE", "6.13",
				      "IOMMU_VDEVICE_ALLOC");
	}
}

int vdev_vdevice_new(struct vdev_viommu *viommu, uint32_t device,
		     uint64_t number, struct vdev_vdevice **ret)
{
	struct vdev_iommu *iommu = viommu->iommu;
	struct iommu_vdevice_alloc arg = {
		.viommu_id = viommu->id,
		.dev_id = device,
		.virt_id = number,
	};
	struct vdev_vdevice *vdevice = calloc(1, sizeof(*vdevice));
	int error;

	if (!vdevice)
		return vdev_fail(iommu->ctx, -ENOMEM, "out of memory");
	vdevice->viommu = vdev_viommu_ref(viommu);
	vdevice->number = number;
	error = iommufd_vdevice_alloc(&iommu->ctx->sys, iommu->fd, &arg);
	if (error) {
		vdev_vdevice_free(vdevice);
		return vdevice_failed(viommu, device, number, error);
	}
	vdevice->id = arg.out_vdevice_id;
	*ret = vdevice;
	return 0;
}

void vdev_vdevice_free(struct vdev_vdevice *vdevice)
{
	if (!vdevice)
		return;
	if (vdevice->id)
		iommu_destroy_object(vdevice->viommu->iommu, "vDEVICE",
				     vdevice->id);
	vdev_viommu_unref(vdevice->viommu);
	free(vdevice);
}

uint32_t vdev_vdevice_id(const struct vdev_vdevice *vdevice)
{
	return vdevice->id;
}

uint64_t vdev_vdevice_number(const struct vdev_vdevice *vdevice)
{
	return vdevice->number;
}
