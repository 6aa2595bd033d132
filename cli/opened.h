/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_OPENED_H
#define VDEVCTL_OPENED_H

#include "open.h"
#include "output.h"

/* What an opened device tells of itself, as parts of documents. */

/* "iommufd", "type1", "compat" */
json_object *opened_backend(const struct opened *o);

/* Those the device has. Return: an array, or NULL after app_fail(). */
json_object *opened_regions(struct app *app, const struct opened *o);
json_object *opened_interrupts(struct app *app, const struct opened *o);

/* Those the device offers, and how. */
json_object *opened_features(struct app *app, const struct opened *o);

/*
 * What a hot reset of the device would reset. Return: an array, or NULL after
 * app_fail().
 */
json_object *opened_reset_set(struct app *app, const struct opened *o);

/* Null for what is no iommufd. Return: -1 after app_fail(). */
int opened_hw_info(struct app *app, const struct opened *o, json_object **ret);

/* Return: an object, or NULL after app_fail(). */
json_object *opened_iova(struct app *app, const struct opened *o);

/* All of this, for 'vdevctl show'. Return: NULL after app_fail(). */
json_object *opened_document(struct app *app, struct vdev_device *dev);

#endif
