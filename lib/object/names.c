/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "object/names.h"

#include <errno.h>
#include <libudev.h>
#include <search.h>

/* What the database says of one modalias. */
struct names_entry {
	char *modalias;
	struct strv keys;
	struct strv names;
};

struct vdev_names {
	/* The running system's database; NULL if there is none. */
	struct udev *udev;
	struct udev_hwdb *hwdb;
	/*
	 * Entries by modalias: of a capture all, else those asked for so far,
	 * because functions of one kind, such as VFs, come in great numbers.
	 */
	void *tree;
};

static int compare_entries(const void *a, const void *b)
{
	const struct names_entry *x = a, *y = b;

	return strcmp(x->modalias, y->modalias);
}

static void entry_free(void *p)
{
	struct names_entry *entry = p;

	if (!entry)
		return;
	free(entry->modalias);
	strv_clear(&entry->keys);
	strv_clear(&entry->names);
	free(entry);
}

static struct names_entry *entry_new(const char *modalias)
{
	struct names_entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return NULL;
	entry->modalias = strdup(modalias);
	if (!entry->modalias) {
		free(entry);
		return NULL;
	}
	return entry;
}

static int entry_add(struct names_entry *entry, const char *key,
		     const char *name)
{
	int ret = strv_add(&entry->keys, key);

	return ret ? ret : strv_add(&entry->names, name);
}

static struct names_entry *tree_find(struct vdev_names *names,
				     const char *modalias)
{
	struct names_entry key = { .modalias = (char *)modalias };
	struct names_entry **found = tfind(&key, &names->tree, compare_entries);

	return found ? *found : NULL;
}

/* Takes the entry over, whether or not it succeeds. */
static int tree_insert(struct vdev_names *names, struct names_entry *entry)
{
	if (!tsearch(entry, &names->tree, compare_entries)) {
		entry_free(entry);
		return -ENOMEM;
	}
	return 0;
}

/* One line of a capture: "modalias TAB key TAB name". */
static int load_line(struct vdev_names *names, char *line)
{
	char *key = strchr(line, '\t');
	char *name = key ? strchr(key + 1, '\t') : NULL;
	struct names_entry *entry;

	if (!name)
		return 0;
	*key++ = '\0';
	*name++ = '\0';
	entry = tree_find(names, line);
	if (!entry) {
		entry = entry_new(line);
		if (!entry || tree_insert(names, entry))
			return -ENOMEM;
	}
	return entry_add(entry, key, name);
}

static int load_capture(struct vdev_ctx *ctx, struct vdev_names *names)
{
	_auto_free_ char *text = NULL;
	char *line, *rest;
	ssize_t n = vdev_sys_read_text(&ctx->sys, VDEV_SYS_ROOT,
				       VDEV_NAMES_FILE, &text);
	int ret = 0;

	if (n < 0)
		return n == -ENOENT ? 0 : (int)n;
	for (line = strtok_r(text, "\n", &rest); line && !ret;
	     line = strtok_r(NULL, "\n", &rest))
		ret = load_line(names, line);
	return ret;
}

static int names_open(struct vdev_ctx *ctx)
{
	struct vdev_names *names = calloc(1, sizeof(*names));
	int ret = 0;

	if (!names)
		return -ENOMEM;
	if (vdev_sys_live(&ctx->sys)) {
		names->udev = udev_new();
		if (names->udev)
			names->hwdb = udev_hwdb_new(names->udev);
	} else {
		ret = load_capture(ctx, names);
	}
	if (ret) {
		vdev_names_free(names);
		return ret;
	}
	ctx->names = names;
	return 0;
}

static int query(struct vdev_names *names, const char *modalias,
		 struct names_entry **ret)
{
	struct names_entry *entry = entry_new(modalias);
	struct udev_list_entry *list, *item;
	int error = 0;

	if (!entry)
		return -ENOMEM;
	list = udev_hwdb_get_properties_list_entry(names->hwdb, modalias, 0);
	udev_list_entry_foreach(item, list)
	{
		const char *name = udev_list_entry_get_value(item);

		error = entry_add(entry, udev_list_entry_get_name(item),
				  name ? name : "");
		if (error) {
			entry_free(entry);
			return error;
		}
	}
	error = tree_insert(names, entry);
	if (error)
		return error;
	*ret = entry;
	return 0;
}

int vdev_names_lookup(struct vdev_ctx *ctx, const char *modalias,
		      vdev_names_fn fn, void *data)
{
	struct names_entry *entry;
	int ret = ctx->names ? 0 : names_open(ctx);

	if (ret)
		return ret;
	entry = tree_find(ctx->names, modalias);
	if (!entry && ctx->names->hwdb)
		ret = query(ctx->names, modalias, &entry);
	if (ret || !entry)
		return ret;
	for (size_t i = 0; i < entry->keys.count; i++)
		fn(data, entry->keys.items[i], entry->names.items[i]);
	return 0;
}

void vdev_names_free(struct vdev_names *names)
{
	if (!names)
		return;
	tdestroy(names->tree, entry_free);
	udev_hwdb_unref(names->hwdb);
	udev_unref(names->udev);
	free(names);
}
