/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TRACKER_H
#define TRACKER_H

#include <libvdev/libvdev.h>

#include "options.h"
#include "vmm.h"

/*
 * Which pages of the guest's memory are written to: by the processor, as KVM
 * tells, and by the device, as it or the IOMMU does. Neither knows of the
 * other.
 */

struct tracker;

/* From now on. */
int tracker_start(struct machine *m, enum track track, struct tracker **ret);
void tracker_free(struct tracker *tracker);

/*
 * The pages written to since the last time; all of them the first time. The
 * bitmap belongs to the tracker.
 */
int tracker_collect(struct tracker *tracker, const struct vdev_bitmap **ret);

#endif
