/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_VIOMMU_H
#define VDEVCTL_VIOMMU_H

#include "session.h"

/* vIOMMUs and what is in them as objects of a session. */
extern const struct object_type viommu_type;
extern const struct object_type vdevice_type;
extern const struct object_type veventq_type;
extern const struct object_type hw_queue_type;

#endif
