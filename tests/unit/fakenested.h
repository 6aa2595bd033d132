/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_FAKENESTED_H
#define TESTS_UNIT_FAKENESTED_H

#include <libvdev/iommu.h>

#include "kernel/abi/iommufd.h"
#include "object/ctx.h"

/*
 * Plays an iommufd as far as a virtual IOMMU needs it: everything asked for is
 * made, queues hold what a test puts into them. Any other call fails the test.
 */
struct fakenested {
	/* This call fails with that errno (positive). */
	unsigned long refuse;
	int error;
	/* So many requests of an invalidation are handled before that. */
	uint32_t handled;

	/* What is in a queue, handed out by reads of at least `least` bytes. */
	const void *bytes;
	size_t size;
	size_t least;

	/* What is in use. */
	unsigned int objects;
	unsigned int open_fds;
	unsigned int mappings;

	/* The last of each call. */
	struct iommu_hwpt_alloc hwpt;
	struct iommu_hwpt_vtd_s1 s1;
	struct iommu_hwpt_invalidate invalidate;
	struct iommu_viommu_alloc viommu;
	struct iommu_vdevice_alloc vdevice;
	struct iommu_veventq_alloc veventq;
	struct iommu_hw_queue_alloc hw_queue;
	struct iommu_hwpt_page_response response;
	unsigned int calls;	/* of any sort */
	uint64_t requests;	/* of invalidations, in all */
	uint32_t destroyed[16]; /* ids, in their order */
	unsigned int destroyed_count;
};

/* A context on it, which fakenested_done() frees; it fails if anything is left.
 */
struct vdev_ctx *fakenested_start(struct fakenested *fake);
void fakenested_done(struct fakenested *fake, struct vdev_ctx *ctx);

/* Memory that stands for a mapping. */
extern char fakenested_page[4096];

#endif
