/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_HWPT_H
#define VDEV_OBJECT_HWPT_H

#include <libvdev/hwpt.h>

/*
 * Lets a HWPT keep the address space it was made of: the kernel destroys that
 * only after it.
 */
void hwpt_keep_ioas(struct vdev_hwpt *hwpt, struct vdev_ioas *ioas);

#endif
