/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_OPEN_H
#define VDEVCTL_OPEN_H

#include <libvdev/file.h>

#include "common.h"

/*
 * Opening devices: the one way in which commands do so. A command that opens
 * has OPEN_OPTIONS (commands/table.h) among its options.
 */

struct app;

/*
 * Opens a device as the options say. The first device opens `*iommu`, which is
 * NULL before, and further ones share it; the caller drops it and the file.
 * With --dry-run this fails, since opening a device resets it. A command that
 * opens several devices says so in app->several first: then a VF token goes to
 * those that have a use for it. Return: 0, or -1 after app_fail().
 */
int open_device(struct app *app, struct vdev_device *dev,
		struct vdev_iommu **iommu, struct vdev_file **ret);

/*
 * Refuses the options of opening where nothing is opened; `why` says so.
 * Return: 0, or -1 after app_fail().
 */
int open_refuse_options(struct app *app, const char *why);

/* The same with this token, or with none: for commands about tokens. */
int open_with_token(struct app *app, struct vdev_device *dev,
		    const struct vdev_vf_token *token,
		    struct vdev_iommu **iommu, struct vdev_file **ret);

/* Whether the device would be opened by cdev, given that token or none. */
bool open_is_by_cdev(const struct app *app, struct vdev_device *dev,
		     const struct vdev_vf_token *token);

/* Whether it has a driver of VFIO. Return: 0, or -1 after app_fail(). */
int open_check_driver(struct app *app, struct vdev_device *dev);

/* A device that one operand names, and all that keeps it open. */
struct opened {
	const char *name;	 /* its address; "$NAME" without `dev` */
	struct vdev_device *dev; /* NULL if it was imported */
	struct vdev_iommu *iommu;
	struct vdev_file *file;
	bool held; /* by the session, which may have attached it */
};

/*
 * Opens the device of an operand; in a session that may be "$NAME", a device
 * that is open already, and stays so. Return: 0, or -1 after app_fail().
 */
int open_operand(struct app *app, const char *operand, struct opened *ret);
/* The same for commands that look at more than the descriptor. */
int open_known_operand(struct app *app, const char *operand,
		       struct opened *ret);
/* Whether an operand is "$NAME", a device that a session has open. */
bool open_is_held(const struct app *app, const char *operand);
void opened_clear(struct opened *o);

#define _auto_opened_ __attribute__((cleanup(opened_clear)))

#endif
