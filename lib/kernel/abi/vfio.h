/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_KERNEL_ABI_VFIO_H
#define VDEV_KERNEL_ABI_VFIO_H

#include "kernel/abi/types.h"

/*
 * VFIO as of Linux 7.2, without what only s390, POWER, Freescale and NVLink
 * machines have. Without remark a thing is older than Linux 6.1.
 *
 * Structures start with argsz, the size given, which some calls return as the
 * size needed. Flags and extra bytes a kernel does not know are refused by some
 * calls and ignored by others.
 */

#define VFIO_API_VERSION 0

/* For VFIO_CHECK_EXTENSION, the first ones for VFIO_SET_IOMMU too. */
#define VFIO_TYPE1_IOMMU   1
#define VFIO_TYPE1v2_IOMMU 3
#define VFIO_DMA_CC_IOMMU  4
#define VFIO_NOIOMMU_IOMMU 8
#define VFIO_UNMAP_ALL	   9
#define VFIO_UPDATE_VADDR  10

#define VFIO_TYPE (';')
#define VFIO_BASE 100

/* `next` counts from the start of the structure the chain belongs to. */
struct vfio_info_cap_header {
	uint16_t id;
	uint16_t version;
	uint32_t next;
};

/* The container. */

#define VFIO_GET_API_VERSION _IO(VFIO_TYPE, VFIO_BASE + 0)
#define VFIO_CHECK_EXTENSION _IO(VFIO_TYPE, VFIO_BASE + 1)
#define VFIO_SET_IOMMU	     _IO(VFIO_TYPE, VFIO_BASE + 2)

/* The group. */

struct vfio_group_status {
	uint32_t argsz;
	uint32_t flags;
};
#define VFIO_GROUP_FLAGS_VIABLE	       (1 << 0)
#define VFIO_GROUP_FLAGS_CONTAINER_SET (1 << 1)
#define VFIO_GROUP_GET_STATUS	       _IO(VFIO_TYPE, VFIO_BASE + 3)

/* Takes a pointer to the container's fd. */
#define VFIO_GROUP_SET_CONTAINER   _IO(VFIO_TYPE, VFIO_BASE + 4)
#define VFIO_GROUP_UNSET_CONTAINER _IO(VFIO_TYPE, VFIO_BASE + 5)
/* Takes a name, returns an fd. */
#define VFIO_GROUP_GET_DEVICE_FD _IO(VFIO_TYPE, VFIO_BASE + 6)

/* The device. */

struct vfio_device_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t num_regions;
	uint32_t num_irqs;
	uint32_t cap_offset;
	uint32_t pad;
};
#define VFIO_DEVICE_FLAGS_RESET	   (1 << 0)
#define VFIO_DEVICE_FLAGS_PCI	   (1 << 1)
#define VFIO_DEVICE_FLAGS_PLATFORM (1 << 2)
#define VFIO_DEVICE_FLAGS_AMBA	   (1 << 3)
#define VFIO_DEVICE_FLAGS_CCW	   (1 << 4)
#define VFIO_DEVICE_FLAGS_AP	   (1 << 5)
#define VFIO_DEVICE_FLAGS_FSL_MC   (1 << 6)
#define VFIO_DEVICE_FLAGS_CAPS	   (1 << 7)
#define VFIO_DEVICE_FLAGS_CDX	   (1 << 8)
#define VFIO_DEVICE_GET_INFO	   _IO(VFIO_TYPE, VFIO_BASE + 7)

#define VFIO_DEVICE_API_PCI_STRING	"vfio-pci"
#define VFIO_DEVICE_API_PLATFORM_STRING "vfio-platform"
#define VFIO_DEVICE_API_AMBA_STRING	"vfio-amba"

#define VFIO_DEVICE_INFO_CAP_PCI_ATOMIC_COMP 5
struct vfio_device_info_cap_pci_atomic_comp {
	struct vfio_info_cap_header header;
	uint32_t flags;
	uint32_t reserved;
};
#define VFIO_PCI_ATOMIC_COMP32	(1 << 0)
#define VFIO_PCI_ATOMIC_COMP64	(1 << 1)
#define VFIO_PCI_ATOMIC_COMP128 (1 << 2)

struct vfio_region_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t cap_offset;
	aligned_u64 size;
	aligned_u64 offset;
};
#define VFIO_REGION_INFO_FLAG_READ  (1 << 0)
#define VFIO_REGION_INFO_FLAG_WRITE (1 << 1)
#define VFIO_REGION_INFO_FLAG_MMAP  (1 << 2)
#define VFIO_REGION_INFO_FLAG_CAPS  (1 << 3)
#define VFIO_DEVICE_GET_REGION_INFO _IO(VFIO_TYPE, VFIO_BASE + 8)

#define VFIO_REGION_INFO_CAP_SPARSE_MMAP 1
struct vfio_region_sparse_mmap_area {
	aligned_u64 offset;
	aligned_u64 size;
};
struct vfio_region_info_cap_sparse_mmap {
	struct vfio_info_cap_header header;
	uint32_t nr_areas;
	uint32_t reserved;
	struct vfio_region_sparse_mmap_area areas[];
};

#define VFIO_REGION_INFO_CAP_TYPE 2
struct vfio_region_info_cap_type {
	struct vfio_info_cap_header header;
	uint32_t type;
	uint32_t subtype;
};

/* The low 16 bits are the PCI vendor. */
#define VFIO_REGION_TYPE_PCI_VENDOR_TYPE	 (1 << 31)
#define VFIO_REGION_TYPE_PCI_VENDOR_MASK	 (0xffff)
#define VFIO_REGION_TYPE_GFX			 (1)
#define VFIO_REGION_TYPE_MIGRATION_DEPRECATED	 (3)
#define VFIO_REGION_SUBTYPE_INTEL_IGD_OPREGION	 (1)
#define VFIO_REGION_SUBTYPE_INTEL_IGD_HOST_CFG	 (2)
#define VFIO_REGION_SUBTYPE_INTEL_IGD_LPC_CFG	 (3)
#define VFIO_REGION_SUBTYPE_GFX_EDID		 (1)
#define VFIO_REGION_SUBTYPE_MIGRATION_DEPRECATED (1)

struct vfio_region_gfx_edid {
	uint32_t edid_offset;
	uint32_t edid_max_size;
	uint32_t edid_size;
	uint32_t max_xres;
	uint32_t max_yres;
	uint32_t link_state;
};
#define VFIO_DEVICE_GFX_LINK_STATE_UP	1
#define VFIO_DEVICE_GFX_LINK_STATE_DOWN 2

/* The MSI-X table may be mapped with the rest of its BAR. */
#define VFIO_REGION_INFO_CAP_MSIX_MAPPABLE 3

struct vfio_irq_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t count;
};
#define VFIO_IRQ_INFO_EVENTFD	 (1 << 0)
#define VFIO_IRQ_INFO_MASKABLE	 (1 << 1)
#define VFIO_IRQ_INFO_AUTOMASKED (1 << 2)
#define VFIO_IRQ_INFO_NORESIZE	 (1 << 3)
#define VFIO_DEVICE_GET_IRQ_INFO _IO(VFIO_TYPE, VFIO_BASE + 9)

struct vfio_irq_set {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t start;
	uint32_t count;
	uint8_t data[];
};
#define VFIO_IRQ_SET_DATA_NONE	    (1 << 0)
#define VFIO_IRQ_SET_DATA_BOOL	    (1 << 1) /* a byte each */
#define VFIO_IRQ_SET_DATA_EVENTFD   (1 << 2) /* an int32_t each, -1: none */
#define VFIO_IRQ_SET_ACTION_MASK    (1 << 3)
#define VFIO_IRQ_SET_ACTION_UNMASK  (1 << 4)
#define VFIO_IRQ_SET_ACTION_TRIGGER (1 << 5)
#define VFIO_DEVICE_SET_IRQS	    _IO(VFIO_TYPE, VFIO_BASE + 10)

#define VFIO_IRQ_SET_DATA_TYPE_MASK                        \
	(VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_DATA_BOOL | \
	 VFIO_IRQ_SET_DATA_EVENTFD)
#define VFIO_IRQ_SET_ACTION_TYPE_MASK                            \
	(VFIO_IRQ_SET_ACTION_MASK | VFIO_IRQ_SET_ACTION_UNMASK | \
	 VFIO_IRQ_SET_ACTION_TRIGGER)

#define VFIO_DEVICE_RESET _IO(VFIO_TYPE, VFIO_BASE + 11)

enum {
	VFIO_PCI_BAR0_REGION_INDEX,
	VFIO_PCI_BAR1_REGION_INDEX,
	VFIO_PCI_BAR2_REGION_INDEX,
	VFIO_PCI_BAR3_REGION_INDEX,
	VFIO_PCI_BAR4_REGION_INDEX,
	VFIO_PCI_BAR5_REGION_INDEX,
	VFIO_PCI_ROM_REGION_INDEX,
	VFIO_PCI_CONFIG_REGION_INDEX,
	VFIO_PCI_VGA_REGION_INDEX,
	/* Further regions have types, see VFIO_REGION_INFO_CAP_TYPE. */
	VFIO_PCI_NUM_REGIONS = 9,
};

enum {
	VFIO_PCI_INTX_IRQ_INDEX,
	VFIO_PCI_MSI_IRQ_INDEX,
	VFIO_PCI_MSIX_IRQ_INDEX,
	VFIO_PCI_ERR_IRQ_INDEX,
	VFIO_PCI_REQ_IRQ_INDEX,
	VFIO_PCI_NUM_IRQS,
};

/* Which member the union has is told by the flags of the call. */
struct vfio_pci_dependent_device {
	union {
		uint32_t group_id;
		uint32_t devid; /* Linux 6.6 */
	};
	uint16_t segment;
	uint8_t bus;
	uint8_t devfn;
};
#define VFIO_PCI_DEVID_OWNED	 0
#define VFIO_PCI_DEVID_NOT_OWNED -1

/* ENOSPC: count now tells what is needed. */
struct vfio_pci_hot_reset_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t count;
	struct vfio_pci_dependent_device devices[];
};
/* Linux 6.6, for devices opened by cdev. */
#define VFIO_PCI_HOT_RESET_FLAG_DEV_ID	     (1 << 0)
#define VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED (1 << 1)
#define VFIO_DEVICE_GET_PCI_HOT_RESET_INFO   _IO(VFIO_TYPE, VFIO_BASE + 12)

/* count 0 for devices opened by cdev: ownership follows from the iommufd. */
struct vfio_pci_hot_reset {
	uint32_t argsz;
	uint32_t flags;
	uint32_t count;
	int32_t group_fds[];
};
#define VFIO_DEVICE_PCI_HOT_RESET _IO(VFIO_TYPE, VFIO_BASE + 13)

struct vfio_device_gfx_plane_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t drm_plane_type;
	uint32_t drm_format;
	aligned_u64 drm_format_mod;
	uint32_t width;
	uint32_t height;
	uint32_t stride;
	uint32_t size;
	uint32_t x_pos;
	uint32_t y_pos;
	uint32_t x_hot;
	uint32_t y_hot;
	union {
		uint32_t region_index;
		uint32_t dmabuf_id;
	};
	uint32_t reserved;
};
#define VFIO_GFX_PLANE_TYPE_PROBE   (1 << 0)
#define VFIO_GFX_PLANE_TYPE_DMABUF  (1 << 1)
#define VFIO_GFX_PLANE_TYPE_REGION  (1 << 2)
#define VFIO_DEVICE_QUERY_GFX_PLANE _IO(VFIO_TYPE, VFIO_BASE + 14)
/* Takes a pointer to a dmabuf_id, returns an fd. */
#define VFIO_DEVICE_GET_GFX_DMABUF _IO(VFIO_TYPE, VFIO_BASE + 15)

struct vfio_device_ioeventfd {
	uint32_t argsz;
	uint32_t flags; /* also the width in bytes */
	aligned_u64 offset;
	aligned_u64 data;
	int32_t fd; /* -1 to end it */
	uint32_t reserved;
};
#define VFIO_DEVICE_IOEVENTFD_8		(1 << 0)
#define VFIO_DEVICE_IOEVENTFD_16	(1 << 1)
#define VFIO_DEVICE_IOEVENTFD_32	(1 << 2)
#define VFIO_DEVICE_IOEVENTFD_64	(1 << 3)
#define VFIO_DEVICE_IOEVENTFD_SIZE_MASK (0xf)
#define VFIO_DEVICE_IOEVENTFD		_IO(VFIO_TYPE, VFIO_BASE + 16)

/* PROBE alone, or with GET or SET, asks and does nothing. */
struct vfio_device_feature {
	uint32_t argsz;
	uint32_t flags;
	uint8_t data[];
};
#define VFIO_DEVICE_FEATURE_MASK  (0xffff)
#define VFIO_DEVICE_FEATURE_GET	  (1 << 16)
#define VFIO_DEVICE_FEATURE_SET	  (1 << 17)
#define VFIO_DEVICE_FEATURE_PROBE (1 << 18)
#define VFIO_DEVICE_FEATURE	  _IO(VFIO_TYPE, VFIO_BASE + 17)

/* Linux 6.6; the token since 6.17. */
struct vfio_device_bind_iommufd {
	uint32_t argsz;
	uint32_t flags;
	int32_t iommufd;
	uint32_t out_devid;
	aligned_u64 token_uuid_ptr;
};
#define VFIO_DEVICE_BIND_FLAG_TOKEN (1 << 0)
#define VFIO_DEVICE_BIND_IOMMUFD    _IO(VFIO_TYPE, VFIO_BASE + 18)

/* Linux 6.6; PASID since 6.15. */
struct vfio_device_attach_iommufd_pt {
	uint32_t argsz;
	uint32_t flags;
	uint32_t pt_id;
	uint32_t pasid;
};
#define VFIO_DEVICE_ATTACH_PASID      (1 << 0)
#define VFIO_DEVICE_ATTACH_IOMMUFD_PT _IO(VFIO_TYPE, VFIO_BASE + 19)

struct vfio_device_detach_iommufd_pt {
	uint32_t argsz;
	uint32_t flags;
	uint32_t pasid;
};
#define VFIO_DEVICE_DETACH_PASID      (1 << 0)
#define VFIO_DEVICE_DETACH_IOMMUFD_PT _IO(VFIO_TYPE, VFIO_BASE + 20)

/* Features; the data is a UUID of 16 bytes. */
#define VFIO_DEVICE_FEATURE_PCI_VF_TOKEN (0)

#define VFIO_DEVICE_FEATURE_MIGRATION 1
struct vfio_device_feature_migration {
	aligned_u64 flags;
};
#define VFIO_MIGRATION_STOP_COPY (1 << 0)
#define VFIO_MIGRATION_P2P	 (1 << 1)
#define VFIO_MIGRATION_PRE_COPY	 (1 << 2) /* Linux 6.2 */

#define VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE 2
struct vfio_device_feature_mig_state {
	uint32_t device_state;
	int32_t data_fd;
};

enum vfio_device_mig_state {
	VFIO_DEVICE_STATE_ERROR = 0,
	VFIO_DEVICE_STATE_STOP = 1,
	VFIO_DEVICE_STATE_RUNNING = 2,
	VFIO_DEVICE_STATE_STOP_COPY = 3,
	VFIO_DEVICE_STATE_RESUMING = 4,
	VFIO_DEVICE_STATE_RUNNING_P2P = 5,
	VFIO_DEVICE_STATE_PRE_COPY = 6,
	VFIO_DEVICE_STATE_PRE_COPY_P2P = 7,
	VFIO_DEVICE_STATE_NR,
};

/* Linux 6.2; a call on the migration stream's fd. */
struct vfio_precopy_info {
	uint32_t argsz;
	uint32_t flags;
	aligned_u64 initial_bytes;
	aligned_u64 dirty_bytes;
};
#define VFIO_PRECOPY_INFO_REINIT  (1 << 0)
#define VFIO_MIG_GET_PRECOPY_INFO _IO(VFIO_TYPE, VFIO_BASE + 21)

#define VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY 3

#define VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY_WITH_WAKEUP 4
struct vfio_device_low_power_entry_with_wakeup {
	int32_t wakeup_eventfd;
	uint32_t reserved;
};

#define VFIO_DEVICE_FEATURE_LOW_POWER_EXIT 5

#define VFIO_DEVICE_FEATURE_DMA_LOGGING_START 6
struct vfio_device_feature_dma_logging_control {
	aligned_u64 page_size;
	uint32_t num_ranges;
	uint32_t reserved;
	aligned_u64 ranges;
};
struct vfio_device_feature_dma_logging_range {
	aligned_u64 iova;
	aligned_u64 length;
};

#define VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP 7

#define VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT 8
struct vfio_device_feature_dma_logging_report {
	aligned_u64 iova;
	aligned_u64 length;
	aligned_u64 page_size;
	aligned_u64 bitmap;
};

/* Linux 6.2. */
#define VFIO_DEVICE_FEATURE_MIG_DATA_SIZE 9
struct vfio_device_feature_mig_data_size {
	aligned_u64 stop_copy_length;
};

/* Linux 6.7. */
#define VFIO_DEVICE_FEATURE_BUS_MASTER 10
struct vfio_device_feature_bus_master {
	uint32_t op;
};
#define VFIO_DEVICE_FEATURE_CLEAR_MASTER 0
#define VFIO_DEVICE_FEATURE_SET_MASTER	 1

/* Linux 6.19; returns an fd. */
#define VFIO_DEVICE_FEATURE_DMA_BUF 11
struct vfio_region_dma_range {
	uint64_t offset;
	uint64_t length;
};
struct vfio_device_feature_dma_buf {
	uint32_t region_index;
	uint32_t open_flags;
	uint32_t flags;
	uint32_t nr_ranges;
	struct vfio_region_dma_range dma_ranges[];
};

#define VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2 12

/* Type 1 IOMMU: calls on the container. */

struct vfio_iommu_type1_info {
	uint32_t argsz;
	uint32_t flags;
	aligned_u64 iova_pgsizes; /* a bit for each size */
	uint32_t cap_offset;
	uint32_t pad;
};
#define VFIO_IOMMU_INFO_PGSIZES (1 << 0)
#define VFIO_IOMMU_INFO_CAPS	(1 << 1)
#define VFIO_IOMMU_GET_INFO	_IO(VFIO_TYPE, VFIO_BASE + 12)

#define VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE 1
struct vfio_iova_range {
	uint64_t start;
	uint64_t end; /* inclusive */
};
struct vfio_iommu_type1_info_cap_iova_range {
	struct vfio_info_cap_header header;
	uint32_t nr_iovas;
	uint32_t reserved;
	struct vfio_iova_range iova_ranges[];
};

#define VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION 2
struct vfio_iommu_type1_info_cap_migration {
	struct vfio_info_cap_header header;
	uint32_t flags;
	uint64_t pgsize_bitmap;
	uint64_t max_dirty_bitmap_size; /* in bytes */
};

#define VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL 3
struct vfio_iommu_type1_info_dma_avail {
	struct vfio_info_cap_header header;
	uint32_t avail;
};

struct vfio_iommu_type1_dma_map {
	uint32_t argsz;
	uint32_t flags;
	uint64_t vaddr;
	uint64_t iova;
	uint64_t size;
};
#define VFIO_DMA_MAP_FLAG_READ	(1 << 0)
#define VFIO_DMA_MAP_FLAG_WRITE (1 << 1)
#define VFIO_DMA_MAP_FLAG_VADDR (1 << 2)
#define VFIO_IOMMU_MAP_DMA	_IO(VFIO_TYPE, VFIO_BASE + 13)

struct vfio_bitmap {
	uint64_t pgsize;
	uint64_t size; /* in bytes */
	uint64_t *data;
};

/* size comes back as what was unmapped, which may be nothing. */
struct vfio_iommu_type1_dma_unmap {
	uint32_t argsz;
	uint32_t flags;
	uint64_t iova;
	uint64_t size;
	uint8_t data[]; /* a struct vfio_bitmap */
};
#define VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP (1 << 0)
#define VFIO_DMA_UNMAP_FLAG_ALL		     (1 << 1)
#define VFIO_DMA_UNMAP_FLAG_VADDR	     (1 << 2)
#define VFIO_IOMMU_UNMAP_DMA		     _IO(VFIO_TYPE, VFIO_BASE + 14)

struct vfio_iommu_type1_dirty_bitmap {
	uint32_t argsz;
	uint32_t flags;
	uint8_t data[]; /* to get: a struct vfio_iommu_type1_dirty_bitmap_get */
};
#define VFIO_IOMMU_DIRTY_PAGES_FLAG_START      (1 << 0)
#define VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP       (1 << 1)
#define VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP (1 << 2)
#define VFIO_IOMMU_DIRTY_PAGES		       _IO(VFIO_TYPE, VFIO_BASE + 17)

struct vfio_iommu_type1_dirty_bitmap_get {
	uint64_t iova;
	uint64_t size;
	struct vfio_bitmap bitmap;
};

#endif
