/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct tree {
	char dir[64];
};

static void full_path(const struct tree *t, const char *path,
		      char full[PATH_MAX])
{
	assert_int_equal(*path, '/');
	assert_true(snprintf(full, PATH_MAX, "%s%s", t->dir, path) < PATH_MAX);
}

/* Makes every directory above `full`. */
static void make_parents(char *full)
{
	for (char *s = full + 1; (s = strchr(s, '/')); s++) {
		*s = '\0';
		if (mkdir(full, 0755) && errno != EEXIST)
			fail_msg("%s: %s", full, strerror(errno));
		*s = '/';
	}
}

struct tree *tree_new(void)
{
	struct tree *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	strcpy(t->dir, "/tmp/vdev-tree-XXXXXX");
	assert_non_null(mkdtemp(t->dir));
	tree_dir(t, "/sys/bus/pci/devices");
	tree_dir(t, "/sys/bus/pci/drivers");
	tree_dir(t, "/sys/class/net");
	tree_dir(t, "/sys/class/block");
	return t;
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

void tree_free(struct tree *t)
{
	if (!t)
		return;
	nftw(t->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(t);
}

struct vdev_ctx *tree_ctx(const struct tree *t)
{
	struct vdev_ctx *ctx;

	assert_int_equal(vdev_ctx_new(&ctx), 0);
	assert_int_equal(vdev_ctx_set_root(ctx, t->dir), 0);
	return ctx;
}

void tree_dir(const struct tree *t, const char *path)
{
	char full[PATH_MAX];

	full_path(t, path, full);
	make_parents(full);
	if (mkdir(full, 0755) && errno != EEXIST)
		fail_msg("%s: %s", full, strerror(errno));
}

void tree_bytes(const struct tree *t, const char *path, const void *data,
		size_t size)
{
	char full[PATH_MAX];
	int fd;

	full_path(t, path, full);
	make_parents(full);
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		fail_msg("%s: %s", full, strerror(errno));
	assert_int_equal(write(fd, data, size), size);
	close(fd);
}

void tree_file(const struct tree *t, const char *path, const char *text)
{
	tree_bytes(t, path, text, strlen(text));
}

void tree_link(const struct tree *t, const char *path, const char *target)
{
	char full[PATH_MAX];

	full_path(t, path, full);
	make_parents(full);
	(void)unlink(full);
	if (symlink(target, full))
		fail_msg("%s: %s", full, strerror(errno));
}

void tree_remove(const struct tree *t, const char *path)
{
	char full[PATH_MAX];

	full_path(t, path, full);
	if (nftw(full, remove_one, 16, FTW_DEPTH | FTW_PHYS))
		fail_msg("%s: %s", full, strerror(errno));
}

static const char *device_path(char path[PATH_MAX], const char *address,
			       const char *name)
{
	const char *bus = strchr(address, ':') ? "pci" : "mdev";

	snprintf(path, PATH_MAX, "/sys/bus/%s/devices/%s/%s", bus, address,
		 name);
	return path;
}

void tree_attr(const struct tree *t, const char *address, const char *name,
	       const char *text)
{
	char path[PATH_MAX];

	tree_file(t, device_path(path, address, name), text);
}

void tree_drop_attr(const struct tree *t, const char *address, const char *name)
{
	char path[PATH_MAX];

	tree_remove(t, device_path(path, address, name));
}

void tree_attr_link(const struct tree *t, const char *address, const char *name,
		    const char *target)
{
	char path[PATH_MAX];

	tree_link(t, device_path(path, address, name), target);
}

static void add_to_bus(const struct tree *t, const char *bus,
		       const char *parent, const char *address)
{
	char path[PATH_MAX], target[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/devices/%s/%s", parent, address);
	tree_dir(t, path);
	snprintf(target, sizeof(target), "../../../devices/%s/%s", parent,
		 address);
	snprintf(path, sizeof(path), "/sys/bus/%s/devices/%s", bus, address);
	tree_link(t, path, target);
	snprintf(target, sizeof(target), "../../../bus/%s", bus);
	tree_attr_link(t, address, "subsystem", target);
}

void tree_pci(const struct tree *t, const char *parent, const char *address,
	      unsigned int vendor, unsigned int device, unsigned int class)
{
	char text[128];

	add_to_bus(t, "pci", parent, address);
	snprintf(text, sizeof(text),
		 "pci:v%08Xd%08Xsv00001AF4sd00001100bc%02Xsc%02Xi%02X\n",
		 vendor, device, class >> 16, class >> 8 & 0xff, class & 0xff);
	tree_attr(t, address, "modalias", text);
	tree_attr(t, address, "driver_override", "(null)\n");
	tree_attr(t, address, "revision", "0x02\n");
	tree_attr(t, address, "numa_node", "-1\n");
}

void tree_mdev(const struct tree *t, const char *parent, const char *uuid,
	       const char *type)
{
	char path[PATH_MAX];

	add_to_bus(t, "mdev", parent, uuid);
	snprintf(path, sizeof(path), "/sys/devices/%s/mdev_supported_types/%s",
		 parent, type);
	tree_dir(t, path);
	snprintf(path, sizeof(path), "../mdev_supported_types/%s", type);
	tree_attr_link(t, uuid, "mdev_type", path);
}

void tree_driver(const struct tree *t, const char *address, const char *driver)
{
	char target[PATH_MAX];

	snprintf(target, sizeof(target), "../../../bus/pci/drivers/%s", driver);
	tree_attr_link(t, address, "driver", target);
}

void tree_group(const struct tree *t, const char *address, int number)
{
	char path[PATH_MAX], target[PATH_MAX];
	char where[PATH_MAX], full[PATH_MAX];
	ssize_t n;

	snprintf(target, sizeof(target), "../../../kernel/iommu_groups/%d",
		 number);
	tree_attr_link(t, address, "iommu_group", target);

	device_path(path, address, "");
	path[strlen(path) - 1] = '\0';
	full_path(t, path, full);
	n = readlink(full, where, sizeof(where) - 1);
	assert_true(n > 0);
	where[n] = '\0';
	snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%d/devices/%s",
		 number, address);
	snprintf(target, sizeof(target), "../%.4000s", where);
	tree_link(t, path, target);
}

void tree_vfio(const struct tree *t, const char *address, int number, bool cdev,
	       const char *group)
{
	char name[64], path[PATH_MAX];

	snprintf(name, sizeof(name), "vfio-dev/vfio%d", number);
	tree_dir(t, device_path(path, address, name));
	if (cdev) {
		strcat(name, "/dev");
		tree_attr(t, address, name, "511:0\n");
	}
	if (group) {
		snprintf(path, sizeof(path), "/sys/class/vfio/%s", group);
		tree_dir(t, path);
	}
}

void tree_class(const struct tree *t, const char *class, const char *name,
		const char *device)
{
	char path[PATH_MAX], target[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/devices/%s/%s", device, name);
	tree_dir(t, path);
	snprintf(path, sizeof(path), "/sys/class/%s/%s", class, name);
	snprintf(target, sizeof(target), "../../devices/%s/%s", device, name);
	tree_link(t, path, target);
}
