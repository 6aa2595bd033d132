/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The mdev part of the fake kernel, after drivers/vfio/mdev of Linux 7.2. */

#include <errno.h>
#include <stdio.h>

#include "fakebus.h"

#define PARENTS "/sys/devices/virtual/fake"
#define DEVICES "/sys/bus/mdev/devices"

void fakekernel_add_mdev_parent(struct fakekernel *fk, const char *name)
{
	char link[PATH_MAX], path[PATH_MAX];

	fake_path(path, PARENTS "/%s", name);
	fake_mkdir(fk, "%s/mdev_supported_types", path);
	fake_mkdir(fk, DEVICES);
	fake_path(link, "/sys/class/mdev_bus/%s", name);
	fake_link(fk, path, link);
}

void fakekernel_add_mdev_type(struct fakekernel *fk, const char *parent,
			      const char *type, unsigned int available)
{
	char dir[PATH_MAX], text[16];

	fake_path(dir, PARENTS "/%s/mdev_supported_types/%s", parent, type);
	snprintf(text, sizeof(text), "%u\n", available);
	fake_put(fk, text, "%s/available_instances", dir);
	fake_put(fk, "vfio-pci\n", "%s/device_api", dir);
	fake_put(fk, "A type\n", "%s/name", dir);
	fake_put(fk, "", "%s/create", dir);
}

static unsigned int read_count(struct fakekernel *fk, const char *path)
{
	char text[16];

	return fake_get(fk, path, text, sizeof(text))
		       ? (unsigned int)strtoul(text, NULL, 10)
		       : 0;
}

static void change_count(struct fakekernel *fk, const char *type, int change)
{
	char path[PATH_MAX], text[16];

	fake_path(path, "%s/available_instances", type);
	snprintf(text, sizeof(text), "%d\n",
		 (int)read_count(fk, path) + change);
	fake_put(fk, text, "%s", path);
}

/* The directory of what a path names, without its last `parts` parts. */
static void above(char dir[PATH_MAX], const char *path, unsigned int parts)
{
	fake_path(dir, "%s", path);
	while (parts--)
		*strrchr(dir, '/') = '\0';
}

static int make(struct fakekernel *fk, const char *create, const char *text)
{
	char type[PATH_MAX], parent[PATH_MAX], dir[PATH_MAX], link[PATH_MAX];
	char uuid[UUID_TEXT_SIZE];
	char path[PATH_MAX];

	above(type, create, 1);
	above(parent, create, 3);
	if (!uuid_normalize(text, uuid))
		return -EINVAL;
	if (fake_has(fk, DEVICES "/%s", uuid))
		return -EEXIST;
	fake_path(path, "%s/available_instances", type);
	if (!read_count(fk, path))
		return -EUSERS;
	change_count(fk, type, -1);
	fake_path(dir, "%s/%s", parent, uuid);
	fake_put(fk, "", "%s/remove", dir);
	fake_put(fk, "0\n", "%s/size", dir);
	fake_put(fk, "", "%s/fixed", dir);
	fake_path(link, DEVICES "/%s", uuid);
	fake_link(fk, dir, link);
	/* A test can keep the mdev from becoming usable. */
	if (fake_noted(fk, "half", "mdev", path, sizeof(path)))
		return 0;
	fake_mkdir(fk, "/sys/bus/mdev/drivers/fake_mdev");
	fake_path(link, "%s/driver", dir);
	fake_link(fk, "/sys/bus/mdev/drivers/fake_mdev", link);
	fake_path(link, "%s/mdev_type", dir);
	fake_link(fk, type, link);
	return 0;
}

static int destroy(struct fakekernel *fk, const char *attribute)
{
	char dir[PATH_MAX], type[PATH_MAX], name[64];
	const char *uuid;
	ssize_t n;

	above(dir, attribute, 1);
	uuid = str_basename(dir);
	if (fake_noted(fk, "held", uuid, name, sizeof(name)))
		return -ETIMEDOUT;
	fake_path(type, "%s/mdev_type", dir);
	n = vdev_sys_readlink_name(&fk->kernel, VDEV_SYS_ROOT, type, name,
				   sizeof(name));
	if (n < 0)
		return -EAGAIN;
	above(type, attribute, 2);
	strcat(type, "/mdev_supported_types/");
	strcat(type, name);
	change_count(fk, type, 1);
	fake_remove(fk, DEVICES "/%s", uuid);
	fake_remove(fk, "%s", dir);
	return 0;
}

void fakekernel_half_mdevs(struct fakekernel *fk, bool half)
{
	if (half)
		fake_note(fk, "half", "mdev", "");
	else
		fake_forget(fk, "half", "mdev");
}

int mdev_write(struct fakekernel *fk, const char *path, const char *text)
{
	const char *name = str_basename(path);

	if (!str_starts(path, PARENTS "/"))
		return 1;
	if (str_eq(name, "create"))
		return make(fk, path, text);
	if (str_eq(name, "remove"))
		return destroy(fk, path);
	/* "size" takes anything, "fixed" nothing. */
	return str_eq(name, "fixed") ? -EINVAL : 1;
}
