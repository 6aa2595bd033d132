/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "object/usage.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include <libvdev/device.h>

int usage_read(struct vdev_ctx *ctx, struct vdev_usage *ret)
{
	struct vdev_usage usage = { 0 };
	const char *what = "/proc/mounts";
	int error = procfs_mounts(&ctx->sys, &usage.mounts);

	if (!error) {
		what = "/proc/swaps";
		error = procfs_swaps(&ctx->sys, &usage.swaps);
	}
	if (!error) {
		what = "/proc/PID/fd";
		error = procfs_users(&ctx->sys, &usage.users);
	}
	if (!error) {
		what = "network interfaces by rtnetlink";
		error = rtnetlink_facts(&ctx->sys, &usage.net);
		/* A kernel without networking has nothing to tell. */
		if (error == -EOPNOTSUPP)
			error = 0;
	}
	if (error) {
		usage_clear(&usage);
		return vdev_fail_as(ctx, VDEV_ERROR_FAILED, error,
				    "cannot read %s: %s", what,
				    strerror(-error));
	}
	*ret = usage;
	return 0;
}

void usage_clear(struct vdev_usage *usage)
{
	procfs_mounts_clear(&usage->mounts);
	strv_clear(&usage->swaps);
	procfs_users_clear(&usage->users);
	rtnetlink_facts_clear(&usage->net);
}

/* What a directory of sysfs holds, as far as it matters here. */
struct listing {
	struct strv children;
	bool has_subsystem;
	bool has_dev;
};

static int listing_add(void *data, const char *name, unsigned char type)
{
	struct listing *l = data;
	struct pci_address other;

	if (type == DT_DIR)
		/* Another function has its own driver and its own checks. */
		return pci_address_parse(name, &other)
			       ? strv_add(&l->children, name)
			       : 0;
	if (str_eq(name, "subsystem"))
		l->has_subsystem = true;
	else if (str_eq(name, "dev"))
		l->has_dev = true;
	return 0;
}

/* The DEVNAME in a uevent file: where the kernel makes the node. */
static char *read_devname(struct vdev_ctx *ctx, const char *dir)
{
	char path[PATH_MAX], uevent[1024];
	char *line, *rest;

	snprintf(path, sizeof(path), "%s/uevent", dir);
	if (vdev_sys_read_attr(&ctx->sys, VDEV_SYS_ROOT, path, uevent,
			       sizeof(uevent)) < 0)
		return NULL;
	for (line = strtok_r(uevent, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		if (str_starts(line, "DEVNAME="))
			return strdup(line + strlen("DEVNAME="));
	return NULL;
}

static int add_node(struct vdev_ctx *ctx, const char *dir, bool has_dev,
		    struct usage_nodes *nodes)
{
	struct usage_node node = { 0 };
	char path[PATH_MAX], subsystem[64];
	int ret = -ENOMEM;

	snprintf(path, sizeof(path), "%s/subsystem", dir);
	if (vdev_sys_readlink_name(&ctx->sys, VDEV_SYS_ROOT, path, subsystem,
				   sizeof(subsystem)) < 0)
		return 0;
	node.subsystem = strdup(subsystem);
	node.name = strdup(str_basename(dir));
	if (has_dev)
		node.devname = read_devname(ctx, dir);
	if (node.subsystem && node.name)
		ret = ARRAY_ADD(nodes->items, nodes->count, node);
	if (ret) {
		free(node.subsystem);
		free(node.name);
		free(node.devname);
	}
	return ret;
}

static int walk(struct vdev_ctx *ctx, const char *dir, bool top,
		struct usage_nodes *nodes)
{
	struct listing l = { 0 };
	const char *child;
	int ret = ctx->sys.ops->list(&ctx->sys, VDEV_SYS_ROOT, dir, listing_add,
				     &l);

	/* Findings come in one order, whatever that of the directory is. */
	strv_sort(&l.children);
	if (!ret && !top && l.has_subsystem)
		ret = add_node(ctx, dir, l.has_dev, nodes);
	strv_foreach(&l.children, child) {
		char path[PATH_MAX];

		if (ret)
			break;
		snprintf(path, sizeof(path), "%s/%s", dir, child);
		ret = walk(ctx, path, false, nodes);
		/* What goes away meanwhile is no use of the device. */
		if (ret == -ENOENT || ret == -ENODEV)
			ret = 0;
	}
	strv_clear(&l.children);
	return ret;
}

int usage_walk(struct vdev_ctx *ctx, const char *path, struct usage_nodes *ret)
{
	struct usage_nodes nodes = { 0 };
	int error = walk(ctx, path, true, &nodes);

	if (error) {
		usage_nodes_clear(&nodes);
		return error;
	}
	*ret = nodes;
	return 0;
}

void usage_nodes_clear(struct usage_nodes *nodes)
{
	for (size_t i = 0; i < nodes->count; i++) {
		free(nodes->items[i].subsystem);
		free(nodes->items[i].name);
		free(nodes->items[i].devname);
	}
	free(nodes->items);
	*nodes = (struct usage_nodes){ 0 };
}

bool usage_describe_users(const struct vdev_usage *usage, const char *node,
			  char *buf, size_t size)
{
	const struct proc_user *user;
	size_t count;

	user = procfs_users_find(&usage->users, node, &count);
	if (!user)
		return false;
	if (count > 1)
		snprintf(buf, size, "%s (pid %d) and %zu more", user->command,
			 user->pid, count - 1);
	else
		snprintf(buf, size, "%s (pid %d)", user->command, user->pid);
	return true;
}

int vdev_device_users(struct vdev_device *dev, char **ret)
{
	const char *const nodes[] = {
		vdev_device_syspath(dev),
		vdev_device_vfio_cdev(dev),
		vdev_device_vfio_group(dev),
	};
	struct vdev_ctx *ctx = vdev_device_ctx(dev);
	struct vdev_usage usage = { 0 };
	char users[160] = "";
	int error = procfs_users(&ctx->sys, &usage.users);

	if (error)
		return vdev_fail(ctx, error,
				 "cannot find out who uses %s: /proc: %s",
				 vdev_device_address(dev), strerror(-error));
	for (size_t i = 0; i < ARRAY_SIZE(nodes) && !*users; i++)
		if (nodes[i])
			(void)usage_describe_users(
				&usage,
				nodes[i] +
					(str_starts(nodes[i], "/dev/") ? 5 : 0),
				users, sizeof(users));
	procfs_users_clear(&usage.users);
	if (!*users)
		return 0;
	*ret = strdup(users);
	return *ret ? 1 : vdev_fail(ctx, -ENOMEM, "out of memory");
}
