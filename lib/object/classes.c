/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "object/classes.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

struct class_list {
	bool read;
	struct class_entry *items;
	size_t count;
};

struct vdev_classes {
	struct class_list lists[CLASS_COUNT];
};

static const char *const directories[CLASS_COUNT] = {
	[CLASS_NET] = "/sys/class/net",
	[CLASS_BLOCK] = "/sys/class/block",
};

static void list_clear(struct class_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].owner);
		free(list->items[i].name);
	}
	free(list->items);
	*list = (struct class_list){ 0 };
}

void classes_forget(struct vdev_ctx *ctx)
{
	if (!ctx->classes)
		return;
	for (size_t i = 0; i < CLASS_COUNT; i++)
		list_clear(&ctx->classes->lists[i]);
	free(ctx->classes);
	ctx->classes = NULL;
}

static bool is_owner(const char *part, size_t length)
{
	char text[UUID_TEXT_SIZE], normal[UUID_TEXT_SIZE];
	struct pci_address address;

	if (length >= sizeof(text))
		return false;
	memcpy(text, part, length);
	text[length] = '\0';
	return !pci_address_parse(text, &address) ||
	       uuid_normalize(text, normal);
}

size_t classes_owner(const char *path, const char **start)
{
	size_t found = 0;

	while (*path) {
		size_t length = strcspn(path, "/");

		if (is_owner(path, length)) {
			*start = path;
			found = length;
		}
		path += length;
		path += *path == '/';
	}
	return found;
}

/*
 * With native multipath the disk nvme0n1 lies below a virtual subsystem. Each
 * controller has a hidden disk nvme0c3n1 for its path to it, and only the
 * NVMe driver hides disks (GENHD_FL_HIDDEN, Linux 7.2). Return: whether `name`
 * is such a path, its `c3` then cut out.
 */
static bool nvme_path_to_head(char *name)
{
	unsigned int subsystem, controller, disk;
	int c, n, end = 0;

	if (sscanf(name, "nvme%u%nc%u%nn%u%n", &subsystem, &c, &controller, &n,
		   &disk, &end) != 3 ||
	    !end || name[end])
		return false;
	memmove(name + c, name + n, strlen(name + n) + 1);
	return true;
}

static int list_add(struct class_list *list, const char *owner, size_t length,
		    const char *name)
{
	struct class_entry entry = { strndup(owner, length), strdup(name) };
	int ret = -ENOMEM;

	if (entry.owner && entry.name) {
		(void)nvme_path_to_head(entry.name);
		ret = ARRAY_ADD(list->items, list->count, entry);
	}
	if (ret) {
		free(entry.owner);
		free(entry.name);
	}
	return ret;
}

/* A part of a path. */
struct part {
	const char *text;
	size_t length;
};

static int compare_part(const void *key, const void *item)
{
	const struct part *part = key;
	const char *name = *(char *const *)item;
	int order = strncmp(part->text, name, part->length);

	return order || !name[part->length] ? order : -1;
}

/* A partition's directory is in its disk's, which is an entry like it. */
static bool is_partition(const struct strv *names, const char *target)
{
	const char *end = strrchr(target, '/');
	struct part parent = { end, 0 };

	if (!end)
		return false;
	while (parent.text > target && parent.text[-1] != '/') {
		parent.text--;
		parent.length++;
	}
	return bsearch(&parent, names->items, names->count,
		       sizeof(*names->items), compare_part);
}

static int list_read_entry(struct vdev_ctx *ctx, int dirfd,
			   const struct strv *names, const char *name,
			   struct class_list *list)
{
	char target[PATH_MAX];
	const char *owner;
	size_t length;
	ssize_t n = vdev_sys_readlink(&ctx->sys, dirfd, name, target,
				      sizeof(target));

	/* Gone since, or a plain file such as bonding_masters. */
	if (n == -ENOENT || n == -EINVAL)
		return 0;
	if (n < 0)
		return (int)n;
	length = classes_owner(target, &owner);
	if (!length || is_partition(names, target))
		return 0;
	return list_add(list, owner, length, name);
}

static int compare_entries(const void *a, const void *b)
{
	const struct class_entry *x = a, *y = b;
	int order = strcmp(x->owner, y->owner);

	return order ? order : strverscmp(x->name, y->name);
}

/* Two paths from one controller to one disk would make it appear twice. */
static void list_sort(struct class_list *list)
{
	size_t kept = 0;

	if (!list->count)
		return;
	qsort(list->items, list->count, sizeof(*list->items), compare_entries);
	for (size_t i = 1; i < list->count; i++) {
		if (!compare_entries(&list->items[kept], &list->items[i])) {
			free(list->items[i].owner);
			free(list->items[i].name);
		} else {
			list->items[++kept] = list->items[i];
		}
	}
	list->count = kept + 1;
}

static int list_read(struct vdev_ctx *ctx, enum class_id id,
		     struct class_list *ret)
{
	_auto_strv_ struct strv names = { 0 };
	struct class_list list = { .read = true };
	const char *name;
	int error = 0;
	int dirfd = vdev_sys_open_dir(&ctx->sys, directories[id]);

	if (dirfd >= 0)
		error = vdev_sys_list(&ctx->sys, dirfd, ".", &names);
	else if (dirfd != -ENOENT)
		error = dirfd;
	strv_foreach(&names, name) {
		error = list_read_entry(ctx, dirfd, &names, name, &list);
		if (error)
			break;
	}
	vdev_sys_close(&ctx->sys, dirfd);
	if (error) {
		list_clear(&list);
		return error;
	}
	list_sort(&list);
	*ret = list;
	return 0;
}

int classes_all(struct vdev_ctx *ctx, enum class_id id,
		const struct class_entry **ret)
{
	struct class_list *list;

	if (!ctx->classes) {
		ctx->classes = calloc(1, sizeof(*ctx->classes));
		if (!ctx->classes)
			return -ENOMEM;
	}
	list = &ctx->classes->lists[id];
	if (!list->read) {
		int error = list_read(ctx, id, list);

		if (error < 0)
			return error;
	}
	*ret = list->items;
	return (int)list->count;
}

int classes_of_device(struct vdev_ctx *ctx, enum class_id id, const char *owner,
		      const struct class_entry **ret)
{
	const struct class_entry *items = NULL;
	int count = classes_all(ctx, id, &items);
	int low = 0, high = count, end;

	if (count <= 0)
		return count;
	while (low < high) {
		int middle = low + (high - low) / 2;

		if (strcmp(items[middle].owner, owner) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < count && !strcmp(items[end].owner, owner);)
		end++;
	*ret = items + low;
	return end - low;
}
