/* SPDX-License-Identifier: GPL-2.0-or-later */

/* vdevctl mdev: changes, with the scripts that want to hear of them. */

#include "app.h"
#include "mdev.h"

#define CALLOUT "callout"

int mdev_take_force(struct app *app, int possible)
{
	const char *busy = vdev_check_name(VDEV_CHECK_BUSY);
	const char *value;
	size_t at = 0;
	int forced = 0;

	while ((value = option_next(app, "force", &at))) {
		int bit = str_eq(value, busy)	   ? MDEV_FORCE_BUSY
			  : str_eq(value, CALLOUT) ? MDEV_FORCE_CALLOUT
						   : 0;

		if (!(bit & possible))
			return app_fail(app, VDEV_ERROR_INVALID,
					"only %s can be forced here, not '%s'",
					possible & MDEV_FORCE_BUSY
						? "'busy' and '" CALLOUT "'"
						: "'" CALLOUT "'",
					value);
		forced |= bit;
	}
	return forced;
}

int mdev_with_scripts(struct vdev_ctx *ctx, const char *parent,
		      const char *uuid, const struct vdev_mdev_config *config,
		      enum vdev_mdev_action action, bool force,
		      int (*change)(void *data), void *data)
{
	struct vdev_mdev_scripts *scripts;
	int error = vdev_mdev_scripts_new(ctx, parent, uuid, config, &scripts);

	if (error)
		return error;
	error = vdev_mdev_scripts_before(scripts, action, force);
	if (!error) {
		error = change(data);
		vdev_mdev_scripts_after(scripts, action, !error);
	}
	vdev_mdev_scripts_free(scripts);
	return error;
}
