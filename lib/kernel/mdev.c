/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Source: drivers/vfio/mdev/mdev_sysfs.c and mdev_core.c, Linux 7.2. Before
 * Linux 6.2 a driver could leave out `name`, and a parent without
 * /sys/class/mdev_bus does not occur.
 */

#include "kernel/mdev.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#define PARENTS "/sys/class/mdev_bus"
#define DEVICES "/sys/bus/mdev/devices"
#define TYPES	"mdev_supported_types"

/* The longest that sysfs gives, and what ends it. */
#define ATTR_SIZE (4096 + 1)

int mdev_sysfs_parents(struct vdev_sys *sys, struct strv *ret)
{
	int error = vdev_sys_list(sys, VDEV_SYS_ROOT, PARENTS, ret);

	/* The class comes with the module mdev. */
	return error == -ENOENT ? 0 : error;
}

bool mdev_sysfs_is_parent(struct vdev_sys *sys, const char *parent)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), PARENTS "/%s/" TYPES, parent);
	return vdev_sys_exists(sys, path);
}

int mdev_sysfs_types(struct vdev_sys *sys, const char *parent, struct strv *ret)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), PARENTS "/%s/" TYPES, parent);
	return vdev_sys_list(sys, VDEV_SYS_ROOT, path, ret);
}

/* Reads one attribute; *ret is NULL if there is none. */
static int read_text(struct vdev_sys *sys, int dir, const char *name,
		     char **ret)
{
	char text[ATTR_SIZE];
	ssize_t n = vdev_sys_read_attr(sys, dir, name, text, sizeof(text));

	return vdev_sys_keep_text(n, text, ret);
}

static int read_available(struct vdev_sys *sys, int dir, int *ret)
{
	char text[24];
	ssize_t n = vdev_sys_read_attr(sys, dir, "available_instances", text,
				       sizeof(text));
	int value = n < 0 ? -1 : str_to_int(text);

	if (n < 0 && n != -ENOENT)
		return (int)n;
	*ret = value < 0 ? -ENODATA : value;
	return 0;
}

static int read_facts(struct vdev_sys *sys, int dir, const char *id,
		      struct mdev_type_facts *facts)
{
	int error;

	facts->id = strdup(id);
	if (!facts->id)
		return -ENOMEM;
	error = read_text(sys, dir, "name", &facts->name);
	if (!error)
		error = read_text(sys, dir, "description", &facts->description);
	if (!error)
		error = read_text(sys, dir, "device_api", &facts->device_api);
	if (!error)
		error = read_available(sys, dir, &facts->available);
	return error;
}

int mdev_sysfs_read_type(struct vdev_sys *sys, const char *parent,
			 const char *id, struct mdev_type_facts *ret)
{
	struct mdev_type_facts facts = { 0 };
	char path[PATH_MAX];
	int dir, error;

	snprintf(path, sizeof(path), PARENTS "/%s/" TYPES "/%s", parent, id);
	dir = vdev_sys_open_dir(sys, path);
	if (dir < 0)
		return dir;
	error = read_facts(sys, dir, id, &facts);
	vdev_sys_close(sys, dir);
	if (error) {
		mdev_type_facts_clear(&facts);
		return error;
	}
	*ret = facts;
	return 0;
}

void mdev_type_facts_clear(struct mdev_type_facts *facts)
{
	free(facts->id);
	free(facts->name);
	free(facts->description);
	free(facts->device_api);
	*facts = (struct mdev_type_facts){ 0 };
}

int mdev_sysfs_create(struct vdev_sys *sys, const char *parent,
		      const char *type, const char *uuid)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), PARENTS "/%s/" TYPES "/%s/create", parent,
		 type);
	return vdev_sys_write_attr(sys, path, uuid);
}

int mdev_sysfs_set(struct vdev_sys *sys, const char *uuid, const char *name,
		   const char *value)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), DEVICES "/%s/%s", uuid, name) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	return vdev_sys_write_attr(sys, path, value);
}

int mdev_sysfs_remove(struct vdev_sys *sys, const char *uuid,
		      unsigned int timeout_ms, pid_t *pending)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), DEVICES "/%s/remove", uuid);
	return sys->ops->child_write(sys, path, "1", timeout_ms, pending);
}
