/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIBVDEV_PASID_H
#define LIBVDEV_PASID_H

#include <stdbool.h>
#include <stdint.h>

#include <libvdev/ctx.h>

VDEV_BEGIN_DECLS

/*
 * Numbers for address spaces within a device: PASIDs.
 *
 * The kernel leaves the choice of a PASID to who attaches it. A space of PASIDs
 * remembers which are taken; it is memory of this process and calls nothing.
 * Attaching is in file.h.
 */

struct vdev_pasid_space;

/** The largest PASID there can be: they have 20 bits. */
#define VDEV_PASID_MAX 0xfffffU

/**
 * vdev_pasid_space_new() - make a space of PASIDs, all free
 * @ctx: the context
 * @first: the first one, not 0, which stands for "no PASID"
 * @last: the last one, at most VDEV_PASID_MAX; for a device of
 *	vdev_hw_info_pasid_width() bits, 2 to that power less one
 * @ret: receives the space; the caller frees it with vdev_pasid_space_free()
 *
 * Return: 0; -EINVAL for another range; -ENOMEM.
 */
VDEV_EXPORT int vdev_pasid_space_new(struct vdev_ctx *ctx, uint32_t first,
				     uint32_t last,
				     struct vdev_pasid_space **ret);

/**
 * vdev_pasid_space_free() - free a space of PASIDs
 * @space: the space, or NULL
 */
VDEV_EXPORT void vdev_pasid_space_free(struct vdev_pasid_space *space);

/**
 * vdev_pasid_alloc() - take the lowest free PASIDs
 * @space: the space
 * @count: how many, one behind the other
 * @ret: receives the first one
 *
 * Return: 0; -ENOSPC if there are not as many in a row; -EINVAL for none.
 */
VDEV_EXPORT int vdev_pasid_alloc(struct vdev_pasid_space *space, uint32_t count,
				 uint32_t *ret);

/**
 * vdev_pasid_reserve() - take certain PASIDs
 * @space: the space
 * @first: the first one
 * @count: how many
 *
 * Return: 0; -EBUSY if one of them is taken; -ERANGE if one is not of the
 * space; -EINVAL for none.
 */
VDEV_EXPORT int vdev_pasid_reserve(struct vdev_pasid_space *space,
				   uint32_t first, uint32_t count);

/**
 * vdev_pasid_release() - give PASIDs back
 * @space: the space
 * @first: the first one
 * @count: how many
 *
 * Return: 0; -ENOENT if one of them is not taken, and then none is given back;
 * -ERANGE if one is not of the space; -EINVAL for none.
 */
VDEV_EXPORT int vdev_pasid_release(struct vdev_pasid_space *space,
				   uint32_t first, uint32_t count);

/**
 * vdev_pasid_is_taken() - whether a PASID is taken
 * @space: the space
 * @pasid: the PASID
 *
 * Return: true if it is; false also for one that is not of the space.
 */
VDEV_EXPORT bool vdev_pasid_is_taken(const struct vdev_pasid_space *space,
				     uint32_t pasid);

/**
 * vdev_pasid_next() - the next PASID that is taken
 * @space: the space
 * @from: where to look from on, 0 for the start
 *
 * Return: the lowest taken PASID that is not below @from; 0 if there is none.
 */
VDEV_EXPORT uint32_t vdev_pasid_next(const struct vdev_pasid_space *space,
				     uint32_t from);

/**
 * vdev_pasid_foreach() - each PASID that is taken, from the lowest on
 * @space: the space
 * @pasid: a uint32_t that holds one after the other
 *
 * PASIDs may be taken and given back meanwhile.
 */
#define vdev_pasid_foreach(space, pasid)                   \
	for ((pasid) = vdev_pasid_next(space, 0); (pasid); \
	     (pasid) = vdev_pasid_next(space, (pasid) + 1))

VDEV_END_DECLS

#endif
