/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIBVDEV_HWPT_H
#define LIBVDEV_HWPT_H

#include <stddef.h>
#include <stdint.h>

#include <libvdev/iommu.h>

VDEV_BEGIN_DECLS

/*
 * Hardware page tables (HWPT) of an iommufd, and what the IOMMU can do.
 *
 * A device attached to an address space gets a HWPT from the kernel. One made
 * here says what it is to be able to: dirty tracking, PASID, nesting, faults.
 * Devices and HWPTs are given by their ids in the iommufd, as the kernel gives
 * them out when a device is bound, so that programs with a binding of their own
 * can use these calls.
 *
 * Source: Documentation/userspace-api/iommufd.rst of the kernel. Linux 6.6;
 * what needs a later one says so. Type 1 has none of it.
 */

struct vdev_hwpt;
struct vdev_hw_info;

/**
 * enum vdev_hwpt_flags - what a HWPT is for
 * @VDEV_HWPT_NEST_PARENT: guests' page tables can be nested in it (Linux 6.7)
 * @VDEV_HWPT_DIRTY_TRACKING: pages written by devices are noted, and devices
 *	whose IOMMU cannot do so are not attached (Linux 6.7)
 * @VDEV_HWPT_FAULT: page faults go to a fault queue (Linux 6.11)
 * @VDEV_HWPT_PASID: it can be attached to a PASID; also wanted of the HWPT a
 *	device has itself while it has PASIDs (Linux 6.15)
 */
enum vdev_hwpt_flags {
	VDEV_HWPT_NEST_PARENT = 1 << 0,
	VDEV_HWPT_DIRTY_TRACKING = 1 << 1,
	VDEV_HWPT_FAULT = 1 << 2,
	VDEV_HWPT_PASID = 1 << 3,
};

/**
 * enum vdev_hwpt_data - whose page table a HWPT is
 * @VDEV_HWPT_DATA_NONE: the kernel's, with the mappings of an address space
 * @VDEV_HWPT_DATA_VTD_S1: a guest's for Intel VT-d, struct iommu_hwpt_vtd_s1
 *	(Linux 6.7)
 * @VDEV_HWPT_DATA_ARM_SMMUV3: a guest's for Arm SMMUv3, struct
 *	iommu_hwpt_arm_smmuv3 (Linux 6.13)
 * @VDEV_HWPT_DATA_AMD_GUEST: a guest's for AMD, struct iommu_hwpt_amd_guest
 *
 * The structures are those of the kernel's linux/iommufd.h. Other values are
 * handed to the kernel as they are.
 */
enum vdev_hwpt_data {
	VDEV_HWPT_DATA_NONE = 0,
	VDEV_HWPT_DATA_VTD_S1 = 1,
	VDEV_HWPT_DATA_ARM_SMMUV3 = 2,
	VDEV_HWPT_DATA_AMD_GUEST = 3,
};

/**
 * enum vdev_hw_type - the make of an IOMMU
 * @VDEV_HW_NONE: its driver tells nothing
 * @VDEV_HW_INTEL_VTD: Intel VT-d
 * @VDEV_HW_ARM_SMMUV3: Arm SMMUv3
 * @VDEV_HW_TEGRA241_CMDQV: NVIDIA's extension of SMMUv3
 * @VDEV_HW_AMD: AMD
 */
enum vdev_hw_type {
	VDEV_HW_NONE = 0,
	VDEV_HW_INTEL_VTD = 1,
	VDEV_HW_ARM_SMMUV3 = 2,
	VDEV_HW_TEGRA241_CMDQV = 3,
	VDEV_HW_AMD = 4,
};

/**
 * enum vdev_hw_caps - what the IOMMU can do for a device
 * @VDEV_HW_CAP_DIRTY_TRACKING: note which pages the device wrote
 * @VDEV_HW_CAP_PASID_EXEC: the device may ask for execution with a PASID
 * @VDEV_HW_CAP_PASID_PRIV: the device has a privileged mode with a PASID
 * @VDEV_HW_CAP_NO_ATS: the device cannot use ATS
 */
enum vdev_hw_caps {
	VDEV_HW_CAP_DIRTY_TRACKING = 1 << 0,
	VDEV_HW_CAP_PASID_EXEC = 1 << 1,
	VDEV_HW_CAP_PASID_PRIV = 1 << 2,
	VDEV_HW_CAP_NO_ATS = 1 << 3,
};

/**
 * vdev_hwpt_new() - make a HWPT
 * @iommu: the iommufd
 * @device: the id of the device it is made for; devices behind the same sort of
 *	IOMMU can use it too
 * @parent: the id of an address space, whose mappings it will have; or of what
 *	it is nested in: a HWPT with VDEV_HWPT_NEST_PARENT, or a vIOMMU
 * @flags: enum vdev_hwpt_flags
 * @type: enum vdev_hwpt_data
 * @data: the structure for @type, or NULL
 * @size: its size in bytes, or 0
 * @fault: the id of the fault queue with VDEV_HWPT_FAULT, else 0
 * @ret: receives the HWPT; the caller drops it with vdev_hwpt_unref()
 *
 * Return: 0; -EOPNOTSUPP if the IOMMU or the kernel lacks what @flags ask for
 * (the sentence tells which of the two), and for type 1; -ENOENT if there is
 * no such device or fault queue; -EINVAL if @parent cannot have a HWPT, or for
 * data the IOMMU does not accept; -EADDRINUSE if @parent has mappings that the
 * device cannot use; -ENOMEM as vdev_ioas_map(), since the mapped
 * memory is pinned.
 */
VDEV_EXPORT int vdev_hwpt_new(struct vdev_iommu *iommu, uint32_t device,
			      uint32_t parent, unsigned int flags,
			      uint32_t type, const void *data, size_t size,
			      uint32_t fault, struct vdev_hwpt **ret);

/**
 * vdev_hwpt_import() - use a HWPT that exists already
 * @iommu: the iommufd
 * @id: its id
 * @flags: enum vdev_hwpt_flags it was made with, which the kernel does not tell
 * @ret: receives the HWPT; the caller drops it with vdev_hwpt_unref(), which
 *	leaves the HWPT itself as it is
 *
 * Whether the id is one of a HWPT shows only when it is used.
 *
 * Return: 0; -EOPNOTSUPP for type 1; -ENOMEM.
 */
VDEV_EXPORT int vdev_hwpt_import(struct vdev_iommu *iommu, uint32_t id,
				 unsigned int flags, struct vdev_hwpt **ret);

/**
 * vdev_hwpt_ref() - take another reference
 * @hwpt: the HWPT
 *
 * Return: @hwpt.
 */
VDEV_EXPORT struct vdev_hwpt *vdev_hwpt_ref(struct vdev_hwpt *hwpt);

/**
 * vdev_hwpt_unref() - drop a reference
 * @hwpt: the HWPT, or NULL
 *
 * With the last reference the HWPT is destroyed, unless it was imported. While
 * a device or another HWPT uses it the kernel does not: detach first, or it
 * stays as long as the iommufd.
 *
 * Return: NULL always.
 */
VDEV_EXPORT struct vdev_hwpt *vdev_hwpt_unref(struct vdev_hwpt *hwpt);

/**
 * vdev_hwpt_id() - the kernel's number of a HWPT
 * @hwpt: the HWPT
 *
 * Return: the id within the iommufd.
 */
VDEV_EXPORT uint32_t vdev_hwpt_id(const struct vdev_hwpt *hwpt);

/**
 * vdev_hwpt_flags() - what a HWPT is for
 * @hwpt: the HWPT
 *
 * Return: enum vdev_hwpt_flags.
 */
VDEV_EXPORT unsigned int vdev_hwpt_flags(const struct vdev_hwpt *hwpt);

/**
 * vdev_hwpt_iommu() - where a HWPT is
 * @hwpt: the HWPT
 *
 * Return: the iommufd, which stays as long as @hwpt.
 */
VDEV_EXPORT struct vdev_iommu *vdev_hwpt_iommu(const struct vdev_hwpt *hwpt);

/**
 * vdev_hw_info_new() - ask what the IOMMU of a device can do
 * @iommu: the iommufd
 * @device: the device's id in it
 * @ret: receives the answer; the caller frees it with vdev_hw_info_free()
 *
 * Return: 0; -ENOENT if there is no such device; -EOPNOTSUPP for type 1 and on
 * older kernels; -ENOMEM.
 */
VDEV_EXPORT int vdev_hw_info_new(struct vdev_iommu *iommu, uint32_t device,
				 struct vdev_hw_info **ret);

/**
 * vdev_hw_info_free() - free the answer
 * @info: the answer, or NULL
 */
VDEV_EXPORT void vdev_hw_info_free(struct vdev_hw_info *info);

/**
 * vdev_hw_info_type() - the make of the IOMMU
 * @info: the answer
 *
 * Return: an enum vdev_hw_type, or a number the library does not know.
 */
VDEV_EXPORT uint32_t vdev_hw_info_type(const struct vdev_hw_info *info);

/**
 * vdev_hw_type_name() - the word for a make of IOMMU
 * @type: the result of vdev_hw_info_type()
 *
 * Return: a static string such as "intel-vtd"; "unknown" for a number the
 * library does not know.
 */
VDEV_EXPORT const char *vdev_hw_type_name(uint32_t type);

/**
 * vdev_hw_info_caps() - what the IOMMU can do for the device
 * @info: the answer
 *
 * Return: enum vdev_hw_caps, and bits the library does not know.
 */
VDEV_EXPORT uint64_t vdev_hw_info_caps(const struct vdev_hw_info *info);

/**
 * vdev_hw_info_pasid_width() - how many PASIDs the device has
 * @info: the answer
 *
 * Kernels that do not tell (before 6.15) make it 0.
 *
 * Return: the width of its PASIDs in bits; 0 if it has none.
 */
VDEV_EXPORT unsigned int
vdev_hw_info_pasid_width(const struct vdev_hw_info *info);

/**
 * vdev_hw_info_data() - what the IOMMU's driver tells, as it is
 * @info: the answer
 * @size: receives how many bytes there are, or NULL
 *
 * Return: the structure of linux/iommufd.h for the make, which belongs to
 * @info; NULL if there is none.
 */
VDEV_EXPORT const void *vdev_hw_info_data(const struct vdev_hw_info *info,
					  size_t *size);

/**
 * vdev_hw_info_fact_count() - how many named facts there are
 * @info: the answer
 *
 * Return: the count; 0 for a make the library does not know.
 */
VDEV_EXPORT size_t vdev_hw_info_fact_count(const struct vdev_hw_info *info);

/**
 * vdev_hw_info_fact() - one named fact
 * @info: the answer
 * @index: 0 up to the count less one
 * @value: receives the value of the field, 0 or 1 for yes and no; or NULL
 *
 * Of SMMUv3 and AMD only the fields are named that the kernel says a virtual
 * machine monitor may look at.
 *
 * Return: the fact's name, a static string such as "nested-translation"; NULL
 * past the end, with nothing written.
 */
VDEV_EXPORT const char *vdev_hw_info_fact(const struct vdev_hw_info *info,
					  size_t index, uint64_t *value);

VDEV_END_DECLS

#endif
