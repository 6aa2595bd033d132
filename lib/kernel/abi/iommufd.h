/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_KERNEL_ABI_IOMMUFD_H
#define VDEV_KERNEL_ABI_IOMMUFD_H

#include "kernel/abi/types.h"

/*
 * /dev/iommu as of Linux 7.2. Without remark a call is there since 6.2.
 *
 * Every structure starts with its size. The kernel takes a longer one than it
 * knows if the rest is zero, else it returns E2BIG. ENOTTY: it does not know
 * the call; EOPNOTSUPP: it does not know a flag or an option's value.
 */

#define IOMMUFD_TYPE (';')

#define IOMMUFD_CMD_BASE		    0x80
#define IOMMUFD_CMD_DESTROY		    0x80
#define IOMMUFD_CMD_IOAS_ALLOC		    0x81
#define IOMMUFD_CMD_IOAS_ALLOW_IOVAS	    0x82
#define IOMMUFD_CMD_IOAS_COPY		    0x83
#define IOMMUFD_CMD_IOAS_IOVA_RANGES	    0x84
#define IOMMUFD_CMD_IOAS_MAP		    0x85
#define IOMMUFD_CMD_IOAS_UNMAP		    0x86
#define IOMMUFD_CMD_OPTION		    0x87
#define IOMMUFD_CMD_VFIO_IOAS		    0x88
#define IOMMUFD_CMD_HWPT_ALLOC		    0x89
#define IOMMUFD_CMD_GET_HW_INFO		    0x8a
#define IOMMUFD_CMD_HWPT_SET_DIRTY_TRACKING 0x8b
#define IOMMUFD_CMD_HWPT_GET_DIRTY_BITMAP   0x8c
#define IOMMUFD_CMD_HWPT_INVALIDATE	    0x8d
#define IOMMUFD_CMD_FAULT_QUEUE_ALLOC	    0x8e
#define IOMMUFD_CMD_IOAS_MAP_FILE	    0x8f
#define IOMMUFD_CMD_VIOMMU_ALLOC	    0x90
#define IOMMUFD_CMD_VDEVICE_ALLOC	    0x91
#define IOMMUFD_CMD_IOAS_CHANGE_PROCESS	    0x92
#define IOMMUFD_CMD_VEVENTQ_ALLOC	    0x93
#define IOMMUFD_CMD_HW_QUEUE_ALLOC	    0x94

/* Any object: IOAS, HWPT, fault queue, vIOMMU, vDEVICE, event or HW queue. */
struct iommu_destroy {
	uint32_t size;
	uint32_t id;
};
#define IOMMU_DESTROY _IO(IOMMUFD_TYPE, IOMMUFD_CMD_DESTROY)

struct iommu_ioas_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t out_ioas_id;
};
#define IOMMU_IOAS_ALLOC _IO(IOMMUFD_TYPE, IOMMUFD_CMD_IOAS_ALLOC)

struct iommu_iova_range {
	aligned_u64 start;
	aligned_u64 last; /* inclusive */
};

/* EMSGSIZE: num_iovas was too small and now tells what is needed. */
struct iommu_ioas_iova_ranges {
	uint32_t size;
	uint32_t ioas_id;
	uint32_t num_iovas;
	uint32_t reserved;
	aligned_u64 allowed_iovas;
	aligned_u64 out_iova_alignment;
};
#define IOMMU_IOAS_IOVA_RANGES _IO(IOMMUFD_TYPE, IOMMUFD_CMD_IOAS_IOVA_RANGES)

struct iommu_ioas_allow_iovas {
	uint32_t size;
	uint32_t ioas_id;
	uint32_t num_iovas;
	uint32_t reserved;
	aligned_u64 allowed_iovas;
};
#define IOMMU_IOAS_ALLOW_IOVAS _IO(IOMMUFD_TYPE, IOMMUFD_CMD_IOAS_ALLOW_IOVAS)

enum iommufd_ioas_map_flags {
	IOMMU_IOAS_MAP_FIXED_IOVA = 1 << 0,
	IOMMU_IOAS_MAP_WRITEABLE = 1 << 1,
	IOMMU_IOAS_MAP_READABLE = 1 << 2,
};

struct iommu_ioas_map {
	uint32_t size;
	uint32_t flags;
	uint32_t ioas_id;
	uint32_t reserved;
	aligned_u64 user_va;
	aligned_u64 length;
	aligned_u64 iova;
};
#define IOMMU_IOAS_MAP _IO(IOMMUFD_TYPE, IOMMUFD_CMD_IOAS_MAP)

/* Linux 6.13; a dma-buf of VFIO since 7.0. */
struct iommu_ioas_map_file {
	uint32_t size;
	uint32_t flags;
	uint32_t ioas_id;
	int32_t fd;
	aligned_u64 start;
	aligned_u64 length;
	aligned_u64 iova;
};
#define IOMMU_IOAS_MAP_FILE _IO(IOMMUFD_TYPE, IOMMUFD_CMD_IOAS_MAP_FILE)

struct iommu_ioas_copy {
	uint32_t size;
	uint32_t flags;
	uint32_t dst_ioas_id;
	uint32_t src_ioas_id;
	aligned_u64 length;
	aligned_u64 dst_iova;
	aligned_u64 src_iova;
};
#define IOMMU_IOAS_COPY _IO(IOMMUFD_TYPE, IOMMUFD_CMD_IOAS_COPY)

/* 0 to UINT64_MAX unmaps all there is. */
struct iommu_ioas_unmap {
	uint32_t size;
	uint32_t ioas_id;
	aligned_u64 iova;
	aligned_u64 length;
};
#define IOMMU_IOAS_UNMAP _IO(IOMMUFD_TYPE, IOMMUFD_CMD_IOAS_UNMAP)

enum iommufd_option {
	IOMMU_OPTION_RLIMIT_MODE = 0,
	IOMMU_OPTION_HUGE_PAGES = 1,
};

enum iommufd_option_ops {
	IOMMU_OPTION_OP_SET = 0,
	IOMMU_OPTION_OP_GET = 1,
};

struct iommu_option {
	uint32_t size;
	uint32_t option_id;
	uint16_t op;
	uint16_t reserved;
	uint32_t object_id;
	aligned_u64 val64;
};
#define IOMMU_OPTION _IO(IOMMUFD_TYPE, IOMMUFD_CMD_OPTION)

enum iommufd_vfio_ioas_op {
	IOMMU_VFIO_IOAS_GET = 0,
	IOMMU_VFIO_IOAS_SET = 1,
	IOMMU_VFIO_IOAS_CLEAR = 2,
};

struct iommu_vfio_ioas {
	uint32_t size;
	uint32_t ioas_id;
	uint16_t op;
	uint16_t reserved;
};
#define IOMMU_VFIO_IOAS _IO(IOMMUFD_TYPE, IOMMUFD_CMD_VFIO_IOAS)

enum iommufd_hwpt_alloc_flags {
	IOMMU_HWPT_ALLOC_NEST_PARENT = 1 << 0,	  /* Linux 6.7 */
	IOMMU_HWPT_ALLOC_DIRTY_TRACKING = 1 << 1, /* Linux 6.7 */
	IOMMU_HWPT_FAULT_ID_VALID = 1 << 2,	  /* Linux 6.11 */
	IOMMU_HWPT_ALLOC_PASID = 1 << 3,	  /* Linux 6.15 */
};

enum iommu_hwpt_vtd_s1_flags {
	IOMMU_VTD_S1_SRE = 1 << 0, /* supervisor requests */
	IOMMU_VTD_S1_EAFE = 1 << 1,
	IOMMU_VTD_S1_WPE = 1 << 2, /* write protection */
};

struct iommu_hwpt_vtd_s1 {
	aligned_u64 flags;
	aligned_u64 pgtbl_addr;
	uint32_t addr_width;
	uint32_t reserved;
};

/* The first two words of a stream table entry, little-endian. */
struct iommu_hwpt_arm_smmuv3 {
	aligned_u64 ste[2];
};

struct iommu_hwpt_amd_guest {
	aligned_u64 dte[4];
};

enum iommu_hwpt_data_type {
	IOMMU_HWPT_DATA_NONE = 0,
	IOMMU_HWPT_DATA_VTD_S1 = 1,
	IOMMU_HWPT_DATA_ARM_SMMUV3 = 2,
	IOMMU_HWPT_DATA_AMD_GUEST = 3,
};

/* Linux 6.6; data since 6.7, fault_id since 6.11. */
struct iommu_hwpt_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t dev_id;
	uint32_t pt_id; /* an IOAS, a HWPT that is a parent, or a vIOMMU */
	uint32_t out_hwpt_id;
	uint32_t reserved;
	uint32_t data_type;
	uint32_t data_len;
	aligned_u64 data_uptr;
	uint32_t fault_id;
	uint32_t reserved2;
};
#define IOMMU_HWPT_ALLOC _IO(IOMMUFD_TYPE, IOMMUFD_CMD_HWPT_ALLOC)

enum iommu_hw_info_vtd_flags {
	IOMMU_HW_INFO_VTD_ERRATA_772415_SPR17 = 1 << 0,
};

struct iommu_hw_info_vtd {
	uint32_t flags;
	uint32_t reserved;
	aligned_u64 cap_reg;
	aligned_u64 ecap_reg;
};

struct iommu_hw_info_arm_smmuv3 {
	uint32_t flags;
	uint32_t reserved;
	uint32_t idr[6];
	uint32_t iidr;
	uint32_t aidr;
};

struct iommu_hw_info_tegra241_cmdqv {
	uint32_t flags;
	uint8_t version;
	uint8_t log2vcmdqs;
	uint8_t log2vsids;
	uint8_t reserved;
};

struct iommu_hw_info_amd {
	aligned_u64 efr;
	aligned_u64 efr2;
};

enum iommu_hw_info_type {
	IOMMU_HW_INFO_TYPE_NONE = 0,
	IOMMU_HW_INFO_TYPE_DEFAULT = 0,
	IOMMU_HW_INFO_TYPE_INTEL_VTD = 1,
	IOMMU_HW_INFO_TYPE_ARM_SMMUV3 = 2,
	IOMMU_HW_INFO_TYPE_TEGRA241_CMDQV = 3,
	IOMMU_HW_INFO_TYPE_AMD = 4,
};

enum iommufd_hw_capabilities {
	IOMMU_HW_CAP_DIRTY_TRACKING = 1 << 0,
	IOMMU_HW_CAP_PCI_PASID_EXEC = 1 << 1,
	IOMMU_HW_CAP_PCI_PASID_PRIV = 1 << 2,
	IOMMU_HW_CAP_PCI_ATS_NOT_SUPPORTED = 1 << 3,
};

enum iommufd_hw_info_flags {
	IOMMU_HW_INFO_FLAG_INPUT_TYPE = 1 << 0,
};

/* Linux 6.6; data_len comes back as what the kernel has, not what it wrote. */
struct iommu_hw_info {
	uint32_t size;
	uint32_t flags;
	uint32_t dev_id;
	uint32_t data_len;
	aligned_u64 data_uptr;
	union {
		uint32_t in_data_type;
		uint32_t out_data_type;
	};
	uint8_t out_max_pasid_log2;
	uint8_t reserved[3];
	aligned_u64 out_capabilities;
};
#define IOMMU_GET_HW_INFO _IO(IOMMUFD_TYPE, IOMMUFD_CMD_GET_HW_INFO)

enum iommufd_hwpt_set_dirty_tracking_flags {
	IOMMU_HWPT_DIRTY_TRACKING_ENABLE = 1,
};

/* Linux 6.7. */
struct iommu_hwpt_set_dirty_tracking {
	uint32_t size;
	uint32_t flags;
	uint32_t hwpt_id;
	uint32_t reserved;
};
#define IOMMU_HWPT_SET_DIRTY_TRACKING \
	_IO(IOMMUFD_TYPE, IOMMUFD_CMD_HWPT_SET_DIRTY_TRACKING)

enum iommufd_hwpt_get_dirty_bitmap_flags {
	IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR = 1,
};

/* Linux 6.7; only sets bits, never clears what is in the bitmap. */
struct iommu_hwpt_get_dirty_bitmap {
	uint32_t size;
	uint32_t hwpt_id;
	uint32_t flags;
	uint32_t reserved;
	aligned_u64 iova;
	aligned_u64 length;
	aligned_u64 page_size;
	aligned_u64 data;
};
#define IOMMU_HWPT_GET_DIRTY_BITMAP \
	_IO(IOMMUFD_TYPE, IOMMUFD_CMD_HWPT_GET_DIRTY_BITMAP)

enum iommu_hwpt_invalidate_data_type {
	IOMMU_HWPT_INVALIDATE_DATA_VTD_S1 = 0,
	IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3 = 1,
};

enum iommu_hwpt_vtd_s1_invalidate_flags {
	IOMMU_VTD_INV_FLAGS_LEAF = 1 << 0,
};

/* addr 0 and npages UINT64_MAX: all that belongs to the page table. */
struct iommu_hwpt_vtd_s1_invalidate {
	aligned_u64 addr;
	aligned_u64 npages;
	uint32_t flags;
	uint32_t reserved;
};

struct iommu_viommu_arm_smmuv3_invalidate {
	aligned_u64 cmd[2];
};

/* Linux 6.8; entry_num comes back as how many were done, on failure too. */
struct iommu_hwpt_invalidate {
	uint32_t size;
	uint32_t hwpt_id; /* a nested HWPT or a vIOMMU */
	aligned_u64 data_uptr;
	uint32_t data_type;
	uint32_t entry_len;
	uint32_t entry_num;
	uint32_t reserved;
};
#define IOMMU_HWPT_INVALIDATE _IO(IOMMUFD_TYPE, IOMMUFD_CMD_HWPT_INVALIDATE)

enum iommu_hwpt_pgfault_flags {
	IOMMU_PGFAULT_FLAGS_PASID_VALID = 1 << 0,
	IOMMU_PGFAULT_FLAGS_LAST_PAGE = 1 << 1,
};

enum iommu_hwpt_pgfault_perm {
	IOMMU_PGFAULT_PERM_READ = 1 << 0,
	IOMMU_PGFAULT_PERM_WRITE = 1 << 1,
	IOMMU_PGFAULT_PERM_EXEC = 1 << 2,
	IOMMU_PGFAULT_PERM_PRIV = 1 << 3,
};

struct iommu_hwpt_pgfault {
	uint32_t flags;
	uint32_t dev_id;
	uint32_t pasid;
	uint32_t grpid;
	uint32_t perm;
	uint32_t reserved;
	aligned_u64 addr;
	uint32_t length;
	uint32_t
		cookie; /* goes back with the response to a group's last page */
};

enum iommufd_page_response_code {
	IOMMUFD_PAGE_RESP_SUCCESS = 0,
	IOMMUFD_PAGE_RESP_INVALID = 1,
};

struct iommu_hwpt_page_response {
	uint32_t cookie;
	uint32_t code;
};

/* Linux 6.11. */
struct iommu_fault_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t out_fault_id;
	uint32_t out_fault_fd;
};
#define IOMMU_FAULT_QUEUE_ALLOC _IO(IOMMUFD_TYPE, IOMMUFD_CMD_FAULT_QUEUE_ALLOC)

enum iommu_viommu_type {
	IOMMU_VIOMMU_TYPE_DEFAULT = 0,
	IOMMU_VIOMMU_TYPE_ARM_SMMUV3 = 1,
	IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV = 2,
};

struct iommu_viommu_tegra241_cmdqv {
	aligned_u64 out_vintf_mmap_offset;
	aligned_u64 out_vintf_mmap_length;
};

/* Linux 6.13. */
struct iommu_viommu_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t type;
	uint32_t dev_id;
	uint32_t hwpt_id;
	uint32_t out_viommu_id;
	uint32_t data_len;
	uint32_t reserved;
	aligned_u64 data_uptr;
};
#define IOMMU_VIOMMU_ALLOC _IO(IOMMUFD_TYPE, IOMMUFD_CMD_VIOMMU_ALLOC)

/* Linux 6.13. */
struct iommu_vdevice_alloc {
	uint32_t size;
	uint32_t viommu_id;
	uint32_t dev_id;
	uint32_t out_vdevice_id;
	aligned_u64 virt_id;
};
#define IOMMU_VDEVICE_ALLOC _IO(IOMMUFD_TYPE, IOMMUFD_CMD_VDEVICE_ALLOC)

/* Linux 6.13. */
struct iommu_ioas_change_process {
	uint32_t size;
	uint32_t reserved;
};
#define IOMMU_IOAS_CHANGE_PROCESS \
	_IO(IOMMUFD_TYPE, IOMMUFD_CMD_IOAS_CHANGE_PROCESS)

enum iommu_veventq_flag {
	IOMMU_VEVENTQ_FLAG_LOST_EVENTS = 1U << 0,
};

struct iommufd_vevent_header {
	uint32_t flags;
	uint32_t sequence; /* 0 to INT_MAX, then 0 again */
};

enum iommu_veventq_type {
	IOMMU_VEVENTQ_TYPE_DEFAULT = 0,
	IOMMU_VEVENTQ_TYPE_ARM_SMMUV3 = 1,
	IOMMU_VEVENTQ_TYPE_TEGRA241_CMDQV = 2,
};

struct iommu_vevent_arm_smmuv3 {
	aligned_u64 evt[4];
};

struct iommu_vevent_tegra241_cmdqv {
	aligned_u64 lvcmdq_err_map[2];
};

/* Linux 6.15. */
struct iommu_veventq_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t viommu_id;
	uint32_t type;
	uint32_t veventq_depth;
	uint32_t out_veventq_id;
	uint32_t out_veventq_fd;
	uint32_t reserved;
};
#define IOMMU_VEVENTQ_ALLOC _IO(IOMMUFD_TYPE, IOMMUFD_CMD_VEVENTQ_ALLOC)

enum iommu_hw_queue_type {
	IOMMU_HW_QUEUE_TYPE_DEFAULT = 0,
	IOMMU_HW_QUEUE_TYPE_TEGRA241_CMDQV = 1,
};

/* Linux 6.17. */
struct iommu_hw_queue_alloc {
	uint32_t size;
	uint32_t flags;
	uint32_t viommu_id;
	uint32_t type;
	uint32_t index;
	uint32_t out_hw_queue_id;
	aligned_u64 nesting_parent_iova;
	aligned_u64 length;
};
#define IOMMU_HW_QUEUE_ALLOC _IO(IOMMUFD_TYPE, IOMMUFD_CMD_HW_QUEUE_ALLOC)

#endif
