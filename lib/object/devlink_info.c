/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a device and its firmware are. */

#include <errno.h>

#include "kernel/abi/devlink.h"
#include "object/devlink.h"

struct vdev_devlink_info {
	struct devlink_info info;
};

/* In the order of the kernel's numbers, which start at 1. */
static const char *const actions[] = { "driver-reinit", "fw-activate", NULL };
static const char *const limits[] = { "no-reset", NULL };

const char *const *vdev_devlink_reload_actions(void)
{
	return actions;
}

const char *const *vdev_devlink_reload_limits(void)
{
	return limits;
}

int vdev_devlink_info_new(struct vdev_devlink *dl,
			  struct vdev_devlink_info **ret)
{
	struct vdev_devlink_info *info = calloc(1, sizeof(*info));
	int error;

	if (!info)
		return vdev_fail(dl->ctx, -ENOMEM, "out of memory");
	error = devlink_get_info(&dl->link, &info->info);
	if (error) {
		free(info);
		return devlink_refused(dl, error, "cannot read what it is");
	}
	*ret = info;
	return 0;
}

void vdev_devlink_info_free(struct vdev_devlink_info *info)
{
	if (info)
		devlink_info_clear(&info->info);
	free(info);
}

static const char *text_or_null(const char *text)
{
	return *text ? text : NULL;
}

const char *vdev_devlink_info_driver(const struct vdev_devlink_info *info)
{
	return text_or_null(info->info.driver);
}

const char *vdev_devlink_info_serial(const struct vdev_devlink_info *info)
{
	return text_or_null(info->info.serial);
}

const char *vdev_devlink_info_board_serial(const struct vdev_devlink_info *info)
{
	return text_or_null(info->info.board_serial);
}

int vdev_devlink_info_reload_failed(const struct vdev_devlink_info *info)
{
	return info->info.reload_failed < 0 ? -ENODATA
					    : !!info->info.reload_failed;
}

int vdev_devlink_info_version(const struct vdev_devlink_info *info,
			      size_t index, const char **kind,
			      const char **name, const char **value)
{
	static const char *const kinds[] = {
		[DEVLINK_VERSION_FIXED] = "fixed",
		[DEVLINK_VERSION_RUNNING] = "running",
		[DEVLINK_VERSION_STORED] = "stored",
	};

	if (index >= info->info.version_count)
		return -ENODATA;
	*kind = kinds[info->info.versions[index].kind];
	*name = info->info.versions[index].name;
	*value = info->info.versions[index].value;
	return 0;
}

/* The name of a number from 1 on; NULL for 0 and for what is newer. */
static const char *name_of(const char *const *names, int number)
{
	for (int i = 1; *names; names++, i++)
		if (i == number)
			return *names;
	return NULL;
}

int vdev_devlink_info_reload(const struct vdev_devlink_info *info, size_t index,
			     const char **action, const char **limit,
			     uint32_t *count)
{
	const struct devlink_reload *reload;

	if (index >= info->info.reload_count)
		return -ENODATA;
	reload = &info->info.reloads[index];
	*action = name_of(actions, reload->action);
	*limit = name_of(limits, reload->limit);
	*count = reload->count < 0 ? 0 : (uint32_t)reload->count;
	return 0;
}

int devlink_action(const char *name)
{
	for (int i = 0; actions[i]; i++)
		if (str_eq(actions[i], name))
			return i + 1;
	return -EINVAL;
}

int devlink_limit(const char *name)
{
	for (int i = 0; limits[i]; i++)
		if (str_eq(limits[i], name))
			return i + 1;
	return -EINVAL;
}

void devlink_performed_text(uint32_t performed, struct strbuf *text)
{
	strbuf_addf(text, "performed");
	for (int i = 0; actions[i]; i++)
		if (performed & 1U << (i + 1))
			strbuf_addf(text, " %s", actions[i]);
	if (!performed)
		strbuf_addf(text, " nothing");
}
