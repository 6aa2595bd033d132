/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_FAKEVFIO_H
#define TESTS_UNIT_FAKEVFIO_H

#include <stdbool.h>
#include <stdint.h>

#include <libvdev/file.h>

#include "kernel/abi/vfio.h"
#include "kernel/abi/vfio_patched.h"
#include "object/ctx.h"
#include "tree.h"

/*
 * Plays VFIO and iommufd: the nodes below /dev and what can be done with their
 * descriptors, which are numbers from 1000 on. All else, sysfs above all, is
 * left to the tree a context looks at.
 *
 * There is one device, FAKE_ADDRESS in IOMMU group 12, which can be opened by
 * cdev and through its group as on Linux 7.2. It has
 *	BAR 0: 64 KiB, mapped but for the page at 0x2000 (the MSI-X table)
 *	BAR 1: 256 bytes of ports, not mapped
 *	config space: 4 KiB, all readable and writable
 *	a region 9 with a type; a last one 10 whose chain of capabilities loops
 *	INTx, MSI-X with 4 vectors, error and request interrupts
 * and what struct fakevfio says. fakevfio_stop() fails the test if a
 * descriptor or a mapping is left.
 */

#define FAKE_ADDRESS  "0000:01:00.0"
#define FAKE_GROUP    12
#define FAKE_CDEV     "/dev/vfio/devices/vfio0"
#define FAKE_NODE     "/dev/vfio/12"
#define FAKE_NOIOMMU  "/dev/vfio/noiommu-12"
#define FAKE_REGIONS  11
#define FAKE_BAR_SIZE 0x10000
#define FAKE_VECTORS  4
#define FAKE_DEVICE   7 /* its id in an iommufd */
#define FAKE_FDS      32
#define FAKE_SET      20

enum fake_fd {
	FAKE_FD_FREE,
	FAKE_FD_IOMMUFD,
	FAKE_FD_CONTAINER,
	FAKE_FD_CDEV, /* a device, bound or not */
	FAKE_FD_GROUP,
	FAKE_FD_DEVICE, /* a device from its group */
	FAKE_FD_OTHER,
};

struct fakevfio {
	struct vdev_sys *sys;
	const struct vdev_sys_ops *former_ops;
	void *former_data;
	struct vdev_sys_ops ops;
	void *before; /* of what stands before it: fakemig */

	enum fake_fd fds[FAKE_FDS];
	unsigned int mappings;
	bool bound; /* by cdev */
	bool open;  /* through the group */
	bool has_container;
	bool type_set; /* VFIO_SET_IOMMU */

	/* What the kernel makes of things. */
	bool elsewhere; /* another process has the device, by cdev */
	bool not_viable;
	bool no_iommufd;	    /* no /dev/iommu */
	bool no_container;	    /* no /dev/vfio/vfio */
	bool old_kernel;	    /* one without PASIDs */
	const char *token;	    /* what a VF has to give, as 16 bytes */
	bool no_tokens;		    /* a kernel whose cdevs know none */
	unsigned long fail_request; /* the ioctl that fails ... */
	int fail_error;		    /* ... with this, positive */
	unsigned int minor;	    /* of the cdev's node; 0 unless set */
	int open_error;		    /* opening a node of VFIO fails so */
	int rw_error;
	unsigned int most_vectors; /* more are not to be had; 0: all */
	unsigned int flags;	   /* VFIO_DEVICE_FLAGS_*, beside PCI */
	bool no_pci;

	/* What was done, for tests to look at. */
	uint32_t attached; /* the last pt_id; 0 for none */
	uint32_t pasid;
	uint32_t pasid_attached;
	unsigned int pasids;
	unsigned int hwpts;    /* made so far, the first has id 21 */
	uint32_t destroyed[2]; /* the last ids, by turns */
	unsigned int destroyed_count;
	struct vfio_irq_set irq;
	int32_t irq_fds[FAKE_VECTORS];
	unsigned int resets;
	unsigned int hot_resets;
	uint32_t hot_reset_groups;
	struct vfio_device_ioeventfd ioeventfd;
	uint32_t feature_flags;
	uint8_t feature[64];
	unsigned int calls; /* reads and writes */

	bool noiommu;	      /* the group has no IOMMU */
	uint32_t num_regions; /* that it claims to have, if not 0 */
	uint8_t config[4096];
	uint8_t *bar0; /* FAKE_BAR_SIZE, aligned to pages */
	uint8_t bar1[256];
	/* The set that is reset with the device. */
	struct vfio_pci_dependent_device set[FAKE_SET];
	uint32_t set_count;
	uint32_t set_flags;
	/* Features that are there: a bit each, and GET and SET of each. */
	uint32_t features, features_get, features_set;
	bool tells_isolation;
	struct vfio_device_feature_isolation isolation;
	unsigned int pasid_bits; /* what IOMMU_GET_HW_INFO says */
	uint64_t odd; /* so much shorter than its areas BAR 0 says it is */
};

/* Puts the device into the tree's sysfs and itself below the context. */
void fakevfio_start(struct fakevfio *fv, struct tree *t, struct vdev_ctx *ctx);
void fakevfio_stop(struct fakevfio *fv);

/* What the tests of opened devices begin and end with. */
struct vfio_setup {
	struct tree *t;
	struct vdev_ctx *ctx;
	struct fakevfio fv;
	struct vdev_device *dev;
	struct vdev_iommu *iommu;
	struct vdev_file *file;
};

int vfio_set_up(void **state);
int vfio_tear_down(void **state);
/* Makes a new iommu of that kind; then opens the device with it. */
void vfio_use(struct vfio_setup *s, enum vdev_iommu_kind kind);
void vfio_open_by(struct vfio_setup *s, enum vdev_iommu_kind kind);
/* Whether the sentence of the last failure has these words. */
void vfio_says(const struct vfio_setup *s, const char *words);

#define VFIO_TEST(fn) \
	cmocka_unit_test_setup_teardown(fn, vfio_set_up, vfio_tear_down)

#endif
