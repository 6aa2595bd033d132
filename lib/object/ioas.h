/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_IOAS_H
#define VDEV_OBJECT_IOAS_H

#include "kernel/abi/iommufd.h"
#include "object/iommu.h"

struct ioas_backend;

struct vdev_ioas {
	unsigned int refs;
	struct vdev_iommu *iommu;
	const struct ioas_backend *backend;
	uint32_t id; /* 0 for type 1 */
	bool owned;  /* destroyed with the last reference */

	/* Largest piece of a mapping, or 0. */
	uint64_t chunk;
	vdev_map_progress_fn progress_fn;
	void *progress_data;

	/* Where the library looks for a free range first. */
	uint64_t next_iova;
};

/* Something that is to be mapped: memory, or part of a file. */
struct map_source {
	int fd;		/* -1 for memory */
	uint64_t start; /* the address, or the offset in the file */
};

/*
 * What differs between iommufd and type 1. All but allow() and
 * set_huge_pages() return what the kernel does and record no sentence.
 */
struct ioas_backend {
	/* Makes the address space; then and only then is close() called. */
	int (*open)(struct vdev_ioas *ioas);
	void (*close)(struct vdev_ioas *ioas);
	/* Whether map() takes VDEV_IOVA_ANY. */
	bool chooses;
	int (*map)(struct vdev_ioas *ioas, const struct map_source *source,
		   uint64_t length, unsigned int flags, uint64_t *iova);
	int (*unmap)(struct vdev_ioas *ioas, uint64_t iova, uint64_t length,
		     uint64_t *unmapped);
	int (*unmap_all)(struct vdev_ioas *ioas, uint64_t *unmapped);
	/* Return: how many ranges, which the caller frees. */
	int (*ranges)(struct vdev_ioas *ioas, struct vdev_iova_range **ret,
		      uint64_t *alignment);
};

const struct ioas_backend *ioas_backend(enum vdev_iommu_kind kind);

/* Whether only type 1 is there; if so `what` is said to need an iommufd. */
int ioas_need_iommufd(const struct vdev_ioas *ioas, const char *what);

/* What an address space is called in a sentence. */
#define IOAS_NAME_SIZE 32
const char *ioas_name(const struct vdev_ioas *ioas, char name[IOAS_NAME_SIZE]);

/* The kernel's flags for enum vdev_map_flags. */
static inline uint32_t ioas_map_flags(unsigned int flags, bool fixed)
{
	return (fixed ? IOMMU_IOAS_MAP_FIXED_IOVA : 0) |
	       (flags & VDEV_MAP_READ ? IOMMU_IOAS_MAP_READABLE : 0) |
	       (flags & VDEV_MAP_WRITE ? IOMMU_IOAS_MAP_WRITEABLE : 0);
}

#endif
