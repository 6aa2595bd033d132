/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_REGION_H
#define VDEV_OBJECT_REGION_H

#include "object/file.h"

/* Belongs to its file, which frees it. */
struct vdev_region {
	uint32_t index;
	bool pci;
	uint64_t size;
	uint64_t offset;
	unsigned int flags; /* enum vdev_region_flag */
	bool has_type;
	uint32_t type;
	uint32_t subtype;
	size_t area_count;
	struct vfio_region_sparse_mmap_area areas[];
};

/* What messages call it. */
#define REGION_LABEL_SIZE 32
void region_label(const struct vdev_region *region,
		  char label[REGION_LABEL_SIZE]);

/*
 * The region, if it has these bytes and `access`, one of READ, WRITE and MMAP.
 * Return: 0, or -errno with the sentence recorded.
 */
int region_check(struct vdev_file *file, unsigned int index, uint64_t offset,
		 uint64_t size, unsigned int access,
		 const struct vdev_region **ret);
/* Whether a register may be there: 0, or -EINVAL with the sentence recorded. */
int region_check_width(struct vdev_file *file, uint64_t offset,
		       unsigned int width);

#endif
