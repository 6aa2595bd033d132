/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* File systems, swap space and whatever else stands on a device's disks. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

#include "object/check.h"

/* A disk, a partition, or something that is made of one. */
struct block {
	char name[64]; /* as in /sys/class/block */
	unsigned int major;
	unsigned int minor;
	bool other_paths; /* reached by other devices too */
};

struct blocks {
	struct block *items;
	size_t count;
};

static const struct block *find_block(const struct blocks *blocks,
				      const char *name)
{
	for (size_t i = 0; i < blocks->count; i++)
		if (str_eq(blocks->items[i].name, name))
			return &blocks->items[i];
	return NULL;
}

static int read_block_attr(struct check *c, const char *name, const char *attr,
			   char *buf, size_t size)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/class/block/%s/%s", name, attr);
	return (int)vdev_sys_read_attr(&c->in->ctx->sys, VDEV_SYS_ROOT, path,
				       buf, size);
}

static int list_block(struct check *c, const char *name, const char *dir,
		      struct strv *ret)
{
	char path[PATH_MAX];
	int error;

	snprintf(path, sizeof(path), "/sys/class/block/%s/%s", name, dir);
	error = vdev_sys_list(&c->in->ctx->sys, VDEV_SYS_ROOT, path, ret);
	return error == -ENOMEM ? error : 0;
}

/* A name a person knows it by: the mapper's, where it has one. */
static const char *describe(struct check *c, const char *name, char *buf,
			    size_t size)
{
	char mapped[128];

	if (read_block_attr(c, name, "dm/name", mapped, sizeof(mapped)) > 0)
		snprintf(buf, size, "%s (%s)", name, mapped);
	else
		snprintf(buf, size, "%s", name);
	return buf;
}

/*
 * Whether a multipath map or NVMe head can do without this device. NVMe
 * shows the paths of head nvme0n1 as nvme0c1n1 below each controller.
 */
static bool has_other_path(struct check *c, const char *name,
			   const struct blocks *ours)
{
	_auto_strv_ struct strv slaves = { 0 };
	const char *slave;
	char uuid[160];

	if (read_block_attr(c, name, "dm/uuid", uuid, sizeof(uuid)) <= 0 ||
	    !str_starts(uuid, "mpath-"))
		return false;
	if (list_block(c, name, "slaves", &slaves))
		return false;
	strv_foreach(&slaves, slave)
		if (!find_block(ours, slave))
			return true;
	return false;
}

static bool has_other_controller(struct check *c, const char *head)
{
	_auto_strv_ struct strv paths = { 0 };
	const char *path;

	if (list_block(c, head, "multipath", &paths))
		return false;
	strv_foreach(&paths, path) {
		size_t at = 0;
		const struct usage_node *node;

		while ((node = check_next_node(c, "block", &at)))
			if (str_eq(node->name, path))
				break;
		if (!node)
			return true;
	}
	return false;
}

static int add_block(struct check *c, struct blocks *blocks, const char *name,
		     bool other_paths)
{
	struct block b = { .other_paths = other_paths };
	char dev[32];

	if (find_block(blocks, name) || strlen(name) >= sizeof(b.name))
		return 0;
	strcpy(b.name, name);
	if (read_block_attr(c, name, "dev", dev, sizeof(dev)) < 0 ||
	    sscanf(dev, "%u:%u", &b.major, &b.minor) != 2)
		return 0;
	return ARRAY_ADD(blocks->items, blocks->count, b);
}

/* A disk that sysfs shows elsewhere (an NVMe head), with its partitions. */
static int add_disk(struct check *c, struct blocks *blocks, const char *name)
{
	_auto_strv_ struct strv entries = { 0 };
	bool other = has_other_controller(c, name);
	const char *entry;
	int ret = add_block(c, blocks, name, other);

	if (!ret)
		ret = list_block(c, name, ".", &entries);
	strv_foreach(&entries, entry)
		if (!ret && str_starts(entry, name))
			ret = add_block(c, blocks, entry, other);
	return ret;
}

/* The list grows while it is walked: holders have holders. */
static int add_holders(struct check *c, struct blocks *blocks)
{
	for (size_t i = 0; i < blocks->count; i++) {
		_auto_strv_ struct strv holders = { 0 };
		bool other = blocks->items[i].other_paths;
		const char *holder;
		int ret = list_block(c, blocks->items[i].name, "holders",
				     &holders);

		strv_foreach(&holders, holder)
			if (!ret)
				ret = add_block(
					c, blocks, holder,
					other || has_other_path(c, holder,
								blocks));
		if (ret)
			return ret;
	}
	return 0;
}

static int collect(struct check *c, struct blocks *blocks, size_t *own)
{
	const char *const *disks = vdev_device_blockdevs(c->dev);
	const struct usage_node *node;
	size_t at = 0;
	int ret = disks ? 0 : -ENOMEM;

	while (!ret && (node = check_next_node(c, "block", &at)))
		ret = add_block(c, blocks, node->name, false);
	for (; !ret && *disks; disks++)
		ret = add_disk(c, blocks, *disks);
	*own = blocks->count;
	return ret ? ret : add_holders(c, blocks);
}

/* Which of the blocks a mount, or another use by path, stands on. */
static const struct block *find_mounted(const struct blocks *blocks,
					const struct proc_mount *m)
{
	for (size_t i = 0; i < blocks->count; i++) {
		const struct block *b = &blocks->items[i];

		if (b->major == m->major && b->minor == m->minor)
			return b;
		/* btrfs and the like have device numbers of their own. */
		if (str_starts(m->source, "/dev/") &&
		    str_eq(m->source + 5, b->name))
			return b;
	}
	return NULL;
}

static enum vdev_verdict verdict_for(const struct block *b)
{
	return b->other_paths ? VDEV_VERDICT_WARN : VDEV_VERDICT_REFUSE;
}

static const char *path_note(const struct block *b)
{
	return b->other_paths ? "; other paths to it remain" : "";
}

static int say_mounts(struct check *c, const struct blocks *blocks)
{
	const struct proc_mounts *mounts = &c->in->usage->mounts;
	char name[256];
	int ret = 0;

	for (size_t i = 0; i < mounts->count && !ret; i++) {
		const struct proc_mount *m = &mounts->items[i];
		const struct block *b = find_mounted(blocks, m);

		if (!b)
			continue;
		ret = check_say(c, verdict_for(b), "/proc/*/mountinfo",
				"%s is mounted on %s%s%s",
				describe(c, b->name, name, sizeof(name)),
				m->point,
				m->own ? "" : " in another mount namespace",
				path_note(b));
	}
	return ret;
}

/* The mount a swap file lies on: the longest mount point above it. */
static const struct proc_mount *mount_of(const struct proc_mounts *mounts,
					 const char *path)
{
	const struct proc_mount *best = NULL;
	size_t longest = 0;

	for (size_t i = 0; i < mounts->count; i++) {
		const struct proc_mount *m = &mounts->items[i];
		size_t n = strlen(m->point);

		if (m->own && n >= longest && str_starts(path, m->point) &&
		    (n == 1 || path[n] == '/')) {
			best = m;
			longest = n;
		}
	}
	return best;
}

/* The block that a path of /proc/swaps names, also by a mapper's name. */
static const struct block *
find_swap(struct check *c, const struct blocks *blocks, const char *path)
{
	const struct proc_mount *m;
	char mapped[128];

	for (size_t i = 0; i < blocks->count; i++) {
		const struct block *b = &blocks->items[i];

		if (str_starts(path, "/dev/") && str_eq(path + 5, b->name))
			return b;
		if (str_starts(path, "/dev/mapper/") &&
		    read_block_attr(c, b->name, "dm/name", mapped,
				    sizeof(mapped)) > 0 &&
		    str_eq(path + strlen("/dev/mapper/"), mapped))
			return b;
	}
	m = mount_of(&c->in->usage->mounts, path);
	return m ? find_mounted(blocks, m) : NULL;
}

static int say_swaps(struct check *c, const struct blocks *blocks)
{
	const char *path;
	int ret = 0;

	strv_foreach(&c->in->usage->swaps, path) {
		const struct block *b = ret ? NULL : find_swap(c, blocks, path);

		if (b)
			ret = check_forbid(c, "/proc/swaps",
					   "%s is used as swap space (%s); "
					   "\"swapoff %s\" frees it",
					   b->name, path, path);
	}
	return ret;
}

static int say_holders(struct check *c, const struct blocks *blocks)
{
	char name[256];
	int ret = 0;

	for (size_t i = 0; i < blocks->count && !ret; i++) {
		_auto_strv_ struct strv holders = { 0 };
		const struct block *b = &blocks->items[i];
		const char *holder;

		ret = list_block(c, b->name, "holders", &holders);
		strv_foreach(&holders, holder) {
			const struct block *above = find_block(blocks, holder);

			if (ret || !above)
				continue;
			ret = check_say(c, verdict_for(above),
					"/sys/class/block/*/holders",
					"%s is part of %s%s", b->name,
					describe(c, holder, name, sizeof(name)),
					path_note(above));
		}
	}
	return ret;
}

/* What udev found on a disk that nothing has taken up yet. */
static int say_members(struct check *c, const struct block *b)
{
	static const char *const members[] = {
		"LVM2_member",	     "zfs_member",
		"linux_raid_member", "ddf_raid_member",
		"isw_raid_member",   "bcache",
		"ceph_bluestore",    "drbd",
	};
	_auto_free_ char *text = NULL;
	char path[64];
	char *type;

	snprintf(path, sizeof(path), "/run/udev/data/b%u:%u", b->major,
		 b->minor);
	if (vdev_sys_read_text(&c->in->ctx->sys, VDEV_SYS_ROOT, path, &text) <
	    0)
		return 0;
	type = strstr(text, "E:ID_FS_TYPE=");
	if (!type)
		return 0;
	type += strlen("E:ID_FS_TYPE=");
	type[strcspn(type, "\n")] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (str_eq(type, members[i]))
			return check_say(c, VDEV_VERDICT_REFUSE, path,
					 "%s holds data of type %s", b->name,
					 type);
	return 0;
}

/*
 * The kernel's own word: whatever has claimed a disk (a file system, swap,
 * a pool of ZFS ...) makes an exclusive open fail.
 */
static int say_claimed(struct check *c, const struct block *b)
{
	char path[80];
	int fd;

	snprintf(path, sizeof(path), "/dev/%s", b->name);
	fd = vdev_sys_open(&c->in->ctx->sys, VDEV_SYS_ROOT, path,
			   O_RDONLY | O_EXCL | O_NONBLOCK, 0);
	vdev_sys_close(&c->in->ctx->sys, fd);
	if (fd != -EBUSY)
		return 0;
	return check_say(c, VDEV_VERDICT_REFUSE, "open(2) with O_EXCL",
			 "%s is claimed by a part of the kernel that says no "
			 "more (a disk pool, perhaps)",
			 b->name);
}

int check_storage(struct check *c)
{
	struct blocks blocks = { 0 };
	size_t before = c->findings->count;
	size_t own;
	int ret = collect(c, &blocks, &own);

	if (!ret)
		ret = say_swaps(c, &blocks);
	if (!ret)
		ret = say_mounts(c, &blocks);
	if (!ret)
		ret = say_holders(c, &blocks);
	for (size_t i = 0; i < own && !ret; i++)
		ret = say_members(c, &blocks.items[i]);
	/* Only to be asked if nothing has explained it yet. */
	if (c->findings->count == before && vdev_sys_live(&c->in->ctx->sys))
		for (size_t i = 0; i < own && !ret; i++)
			ret = say_claimed(c, &blocks.items[i]);
	free(blocks.items);
	return ret;
}

static bool is_system(const char *point)
{
	static const char *const points[] = {
		"/", "/boot", "/boot/efi", "/efi", "/usr", "/etc", "/var",
	};

	for (size_t i = 0; i < ARRAY_SIZE(points); i++)
		if (str_eq(point, points[i]))
			return true;
	return false;
}

int check_root(struct check *c)
{
	const struct proc_mounts *mounts = &c->in->usage->mounts;
	struct blocks blocks = { 0 };
	size_t own;
	int ret = collect(c, &blocks, &own);

	for (size_t i = 0; i < mounts->count && !ret; i++) {
		const struct proc_mount *m = &mounts->items[i];
		const struct block *b = find_mounted(&blocks, m);

		/* A container's "/" is not the system's. */
		if (b && m->own && is_system(m->point))
			ret = check_say(c, verdict_for(b),
					"/proc/self/mountinfo",
					"the system's %s is on %s%s", m->point,
					b->name, path_note(b));
	}
	free(blocks.items);
	return ret;
}
