/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_SECRET_H
#define VDEVCTL_SECRET_H

#include <libvdev/token.h>

#include "common.h"

/*
 * VF tokens that options name, TOKEN_OPTIONS (commands/table.h). A token is
 * taken once in a run, and kept in app->token; before the first byte of it is
 * read the process stops being one that leaves core dumps.
 */

struct app;

/* From here on there is no core dump, and nobody else may look into memory. */
void secret_hide(void);

/* Whether an option names a token. */
bool secret_given(const struct app *app);

/*
 * The token to open a device with; NULL if no option names one, and in a
 * command that opens several devices (app->several) also for one that has no
 * use for it. Return: 0, or -1 after app_fail().
 */
int secret_for(struct app *app, struct vdev_device *dev,
	       const struct vdev_vf_token **ret);

/* The same for a command that cannot do without. */
int secret_demand(struct app *app, struct vdev_device *dev,
		  const struct vdev_vf_token **ret);

/* Clears it. */
void secret_clear(struct app *app);

#endif
