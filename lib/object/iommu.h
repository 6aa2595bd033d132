/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_IOMMU_H
#define VDEV_OBJECT_IOMMU_H

#include <libvdev/iommu.h>

#include "object/ctx.h"

struct vdev_iommu {
	unsigned int refs;
	struct vdev_ctx *ctx;
	enum vdev_iommu_kind kind; /* never VDEV_IOMMU_ANY */
	int fd;
	/* The address space of a container, which has but one; no reference. */
	struct vdev_ioas *space;
	/* How many groups the library put into the container. */
	unsigned int groups;
	/* Whether VFIO_SET_IOMMU was done: only then can the container map. */
	bool type1_set;
	/* The groups have no IOMMU, so that there is nothing to map into. */
	bool noiommu;
};

/* Whether devices come by their group, and share the one address space. */
static inline bool iommu_is_container(const struct vdev_iommu *iommu)
{
	return iommu->kind != VDEV_IOMMU_IOMMUFD;
}

/*
 * To be called after VFIO_GROUP_SET_CONTAINER: makes the container a type 1
 * one with its first group. Return: 0, or -errno with the sentence recorded;
 * then the caller takes the group out again.
 */
int iommu_group_added(struct vdev_iommu *iommu);
/* The same of a group without an IOMMU, in a container of such groups. */
int iommu_noiommu_group_added(struct vdev_iommu *iommu);
/*
 * To be called when a group has left, which undoes iommu_group_added(): with
 * the last one the kernel forgets the type and the mappings.
 */
void iommu_group_removed(struct vdev_iommu *iommu);

/*
 * Records that a call is missing: "WHAT needs Linux VERSION or later: CALL".
 * Return: -EOPNOTSUPP.
 */
int iommu_needs(const struct vdev_iommu *iommu, const char *what,
		const char *version, const char *call);

/*
 * Whether there is an iommufd; if not `what` is said to need one. Return: 0 or
 * -EOPNOTSUPP.
 */
int iommu_need_iommufd(const struct vdev_iommu *iommu, const char *what);

/*
 * Destroys an object of an iommufd. One that is in use stays, which is told to
 * the log: "WHAT 5 stays ...".
 */
void iommu_destroy_object(const struct vdev_iommu *iommu, const char *what,
			  uint32_t id);

/*
 * Records why there was not memory enough for `length` bytes to be pinned:
 * RLIMIT_MEMLOCK, or the machine's. `name` is what they were for. Return:
 * -ENOMEM.
 */
int iommu_no_memory(const struct vdev_iommu *iommu, const char *name,
		    uint64_t length);

/* Records that there is no IOMMU to map for. Return: -EOPNOTSUPP. */
int iommu_is_noiommu(const struct vdev_iommu *iommu);

#endif
