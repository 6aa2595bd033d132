/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_IOAS_H
#define VDEVCTL_IOAS_H

#include <libvdev/iommu.h>

#include "session.h"

/* What manages DMA, and address spaces, as objects of a session. */

extern const struct object_type iommu_type;
extern const struct object_type ioas_type;

/*
 * The iommufd or container of --iommu; without the option the only one there
 * is, or a new one called "iommu". Return: NULL after app_fail().
 */
struct object *ioas_iommu(struct app *app);

/*
 * The same for a command that opens one by itself: `*ret` is NULL if there is
 * none. Return: 0, or -1 after app_fail().
 */
int ioas_find_iommu(struct app *app, struct object **ret);
/* Whether the new one can be called "iommu". Return: 0, or -1 as above. */
int ioas_check_iommu_name(struct app *app);
/* Makes it an object of that name; takes the reference over. */
struct object *ioas_adopt_iommu(struct app *app, struct vdev_iommu *iommu);

#endif
