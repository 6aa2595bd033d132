/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <libvdev/hwpt.h>

#include <errno.h>

#include "kernel/iommufd.h"
#include "object/iommu.h"

struct vdev_hw_info {
	uint32_t type;
	unsigned int pasid_width;
	uint64_t caps;
	void *data;
	size_t size;
};

/*
 * A field of a register of 4 or 8 bytes, which is least byte first: there is no
 * other machine with these IOMMUs.
 */
struct fact {
	const char *name;
	uint16_t offset;
	uint8_t shift;
	uint8_t width;
	uint8_t add; /* to what the field holds */
};

#define CAP(name, shift, width, add)                                      \
	{                                                                 \
		name, offsetof(struct iommu_hw_info_vtd, cap_reg), shift, \
			width, add                                        \
	}
#define ECAP(name, shift, width, add)                                      \
	{                                                                  \
		name, offsetof(struct iommu_hw_info_vtd, ecap_reg), shift, \
			width, add                                         \
	}

/* Intel VT-d specification, 11.4.2 and 11.4.3. */
static const struct fact vtd_facts[] = {
	{ "erratum-772415", offsetof(struct iommu_hw_info_vtd, flags), 0, 1,
	  0 },
	CAP("domain-id-bits-code", 0, 3, 0),
	CAP("write-buffer-flushing", 4, 1, 0),
	CAP("caching-mode", 7, 1, 0),
	CAP("second-stage-widths", 8, 5, 0),
	CAP("max-guest-address-bits", 16, 6, 1),
	CAP("zero-length-read", 22, 1, 0),
	CAP("second-stage-2m-pages", 34, 1, 0),
	CAP("second-stage-1g-pages", 35, 1, 0),
	CAP("page-selective-invalidation", 39, 1, 0),
	CAP("fault-registers", 40, 8, 1),
	CAP("write-draining", 54, 1, 0),
	CAP("read-draining", 55, 1, 0),
	CAP("first-stage-1g-pages", 56, 1, 0),
	CAP("posted-interrupts", 59, 1, 0),
	CAP("first-stage-5-levels", 60, 1, 0),
	ECAP("page-walk-coherency", 0, 1, 0),
	ECAP("queued-invalidation", 1, 1, 0),
	ECAP("device-iotlb", 2, 1, 0),
	ECAP("interrupt-remapping", 3, 1, 0),
	ECAP("extended-interrupt-mode", 4, 1, 0),
	ECAP("pass-through", 6, 1, 0),
	ECAP("snoop-control", 7, 1, 0),
	ECAP("nested-translation", 26, 1, 0),
	ECAP("page-requests", 29, 1, 0),
	ECAP("execute-requests", 30, 1, 0),
	ECAP("supervisor-requests", 31, 1, 0),
	ECAP("no-write-flag", 33, 1, 0),
	ECAP("extended-accessed-flag", 34, 1, 0),
	ECAP("pasid-bits", 35, 5, 1),
	ECAP("pasid", 40, 1, 0),
	ECAP("device-iotlb-throttling", 41, 1, 0),
	ECAP("page-request-draining", 42, 1, 0),
	ECAP("scalable-mode", 43, 1, 0),
	ECAP("second-stage-dirty-tracking", 45, 1, 0),
	ECAP("second-stage", 46, 1, 0),
	ECAP("first-stage", 47, 1, 0),
	ECAP("scalable-mode-coherency", 48, 1, 0),
	ECAP("rid-pasid", 49, 1, 0),
};

#define IDR(name, n, shift, width)                                       \
	{                                                                \
		name, offsetof(struct iommu_hw_info_arm_smmuv3, idr[n]), \
			shift, width, 0                                  \
	}

/* Arm SMMUv3 specification, 6.3.1 to 6.3.6. */
static const struct fact smmuv3_facts[] = {
	IDR("table-formats", 0, 2, 2),
	IDR("asid-16-bits", 0, 12, 1),
	IDR("context-table-levels-2", 0, 19, 1),
	IDR("table-endianness", 0, 21, 2),
	IDR("stall-model", 0, 24, 2),
	IDR("termination-model", 0, 26, 1),
	IDR("stream-table-levels", 0, 27, 2),
	IDR("stream-id-bits", 1, 0, 6),
	IDR("substream-id-bits", 1, 6, 5),
	IDR("range-invalidation", 3, 10, 1),
	IDR("break-before-make-level", 3, 11, 2),
	IDR("granule-4k", 5, 4, 1),
	IDR("granule-16k", 5, 5, 1),
	IDR("granule-64k", 5, 6, 1),
	IDR("virtual-address-extend", 5, 10, 2),
};

#define CMDQV(name, member)                                                  \
	{                                                                    \
		name, offsetof(struct iommu_hw_info_tegra241_cmdqv, member), \
			0, 8, 0                                              \
	}

static const struct fact cmdqv_facts[] = {
	CMDQV("version", version),
	CMDQV("virtual-queues-log2", log2vcmdqs),
	CMDQV("stream-ids-log2", log2vsids),
};

#define EFR(name, shift, width)                                                \
	{                                                                      \
		name, offsetof(struct iommu_hw_info_amd, efr), shift, width, 0 \
	}

/* AMD I/O Virtualization Technology specification, MMIO offset 0030h. */
static const struct fact amd_facts[] = {
	EFR("page-requests", 1, 1),
	EFR("guest-translation", 4, 1),
	EFR("guest-virtual-apic", 7, 1),
	EFR("guest-table-levels-code", 12, 2),
	EFR("guest-cr3-levels-code", 14, 2),
	EFR("pasid-bits-code", 32, 5),
	EFR("guest-io-protection", 48, 1),
	EFR("enhanced-page-requests", 50, 1),
};

static const struct {
	const char *name;
	const struct fact *facts;
	size_t count;
	size_t size; /* of the data the facts are in */
} makes[] = {
	[VDEV_HW_NONE] = { "none", NULL, 0, 0 },
	[VDEV_HW_INTEL_VTD] = { "intel-vtd", vtd_facts, ARRAY_SIZE(vtd_facts),
				sizeof(struct iommu_hw_info_vtd) },
	[VDEV_HW_ARM_SMMUV3] = { "arm-smmuv3", smmuv3_facts,
				 ARRAY_SIZE(smmuv3_facts),
				 sizeof(struct iommu_hw_info_arm_smmuv3) },
	[VDEV_HW_TEGRA241_CMDQV] = { "tegra241-cmdqv", cmdqv_facts,
				     ARRAY_SIZE(cmdqv_facts),
				     sizeof(struct
					    iommu_hw_info_tegra241_cmdqv) },
	[VDEV_HW_AMD] = { "amd", amd_facts, ARRAY_SIZE(amd_facts),
			  sizeof(struct iommu_hw_info_amd) },
};

static int hw_info_failed(struct vdev_iommu *iommu, uint32_t device, int error)
{
	switch (error) {
	case -ENOTTY:
		return iommu_needs(iommu, "asking an IOMMU what it can do",
				   "6.6", "IOMMU_GET_HW_INFO");
	case -ENOENT:
		return vdev_fail(iommu->ctx, error,
				 "the iommufd has no device %u", device);
	default:
		return vdev_fail(iommu->ctx, error,
				 "cannot ask what the IOMMU of device %u can "
				 "do: %s",
				 device, strerror(-error));
	}
}

int vdev_hw_info_new(struct vdev_iommu *iommu, uint32_t device,
		     struct vdev_hw_info **ret)
{
	struct vdev_ctx *ctx = iommu->ctx;
	struct iommu_hw_info arg;
	struct vdev_hw_info *info;
	int error;

	if (iommu->kind == VDEV_IOMMU_TYPE1)
		return vdev_fail(ctx, -EOPNOTSUPP,
				 "type 1 does not tell what an IOMMU can do; "
				 "an iommufd does");
	info = calloc(1, sizeof(*info));
	if (!info)
		return vdev_fail(ctx, -ENOMEM, "out of memory");
	error = iommufd_hw_info(&ctx->sys, iommu->fd, device, &arg,
				&info->data);
	if (error) {
		free(info);
		return hw_info_failed(iommu, device, error);
	}
	info->type = arg.out_data_type;
	info->pasid_width = arg.out_max_pasid_log2;
	info->caps = arg.out_capabilities;
	info->size = arg.data_len;
	*ret = info;
	return 0;
}

void vdev_hw_info_free(struct vdev_hw_info *info)
{
	if (!info)
		return;
	free(info->data);
	free(info);
}

uint32_t vdev_hw_info_type(const struct vdev_hw_info *info)
{
	return info->type;
}

const char *vdev_hw_type_name(uint32_t type)
{
	return type < ARRAY_SIZE(makes) ? makes[type].name : "unknown";
}

uint64_t vdev_hw_info_caps(const struct vdev_hw_info *info)
{
	return info->caps;
}

unsigned int vdev_hw_info_pasid_width(const struct vdev_hw_info *info)
{
	return info->pasid_width;
}

const void *vdev_hw_info_data(const struct vdev_hw_info *info, size_t *size)
{
	if (size)
		*size = info->size;
	return info->data;
}

size_t vdev_hw_info_fact_count(const struct vdev_hw_info *info)
{
	/* A structure that is shorter would be another one. */
	if (info->type >= ARRAY_SIZE(makes) ||
	    info->size < makes[info->type].size)
		return 0;
	return makes[info->type].count;
}

const char *vdev_hw_info_fact(const struct vdev_hw_info *info, size_t index,
			      uint64_t *value)
{
	const struct fact *fact;
	uint64_t word = 0;
	size_t rest;

	if (index >= vdev_hw_info_fact_count(info))
		return NULL;
	fact = &makes[info->type].facts[index];
	rest = info->size - fact->offset;
	memcpy(&word, (const char *)info->data + fact->offset,
	       rest < sizeof(word) ? rest : sizeof(word));
	if (value)
		*value = (word >> fact->shift & ((1ULL << fact->width) - 1)) +
			 fact->add;
	return fact->name;
}
