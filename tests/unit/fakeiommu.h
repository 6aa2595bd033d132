/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_FAKEIOMMU_H
#define TESTS_UNIT_FAKEIOMMU_H

#include "object/ctx.h"

/*
 * Plays /dev/iommu and /dev/vfio/vfio: address spaces with their mappings,
 * which are checked as Linux 7.2 checks them and never touched.
 *
 *	struct fakeiommu fake;
 *	struct vdev_ctx *ctx = fakeiommu_start(&fake);
 *	...
 *	vdev_ctx_unref(ctx);
 *	fakeiommu_done(&fake);
 *
 * Any other call of the gateway fails the test. fakeiommu_done() fails it if an
 * fd is still open.
 */

struct fake_mapping {
	uint64_t iova;
	uint64_t length;
	uint64_t address; /* or the offset in a file */
	bool writable;
};

#define FAKE_SPACES 8
/* The id of the first address space an iommufd makes. */
#define FAKE_FIRST_ID 2

struct fake_space {
	bool used;
	struct fake_mapping *mappings; /* ascending */
	size_t count;
};

struct fakeiommu {
	/* What the test sets. */
	bool no_iommufd;
	bool no_type1;
	bool no_map_file;
	unsigned int ranges;  /* of IOVAs there are so many, 1 unless set */
	uint64_t memlock;     /* most bytes that are mapped, if not 0 */
	bool root;	      /* CAP_IPC_LOCK in /proc/self/status */
	size_t most_mappings; /* of a container, if not 0 */
	bool type1_device;    /* a device is in the container */

	/* What the library did. */
	unsigned int ioctls;
	unsigned int maps;
	unsigned int unmaps;
	uint64_t mapped; /* bytes in all */
	struct fake_space spaces[FAKE_SPACES];
	unsigned int compat; /* the id of the compatible address space */
	unsigned int open_fds;
	const char *text; /* of the file of procfs being read */
	uint64_t process_accounting;
	uint64_t huge_pages;
};

/* The mappings of an address space by its id; 0 for the container's. */
struct fake_space *fakeiommu_space(struct fakeiommu *fake, uint32_t id);

struct vdev_ctx *fakeiommu_start(struct fakeiommu *fake);
void fakeiommu_done(struct fakeiommu *fake);

/* Range `i` of those where IOVAs may be: 1 MiB up to 4 GiB, then gaps. */
#define FAKE_RANGE_START(i) ((i) ? (uint64_t)(i) << 32 | 0x10000 : 0x100000)
#define FAKE_RANGE_LAST(i)  ((uint64_t)(i) << 32 | 0xffffffff)

#endif
