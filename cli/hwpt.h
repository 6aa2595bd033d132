/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_HWPT_H
#define VDEVCTL_HWPT_H

#include "session.h"

/* Hardware page tables as objects of a session. */
extern const struct object_type hwpt_type;

/*
 * The device by --device or --device-id, and what manages its DMA, which is
 * left as it is for an id; or NULL. Return: 0, or -1 after app_fail().
 */
int hwpt_take_device(struct app *app, uint32_t *id, struct object **iommu);

#endif
