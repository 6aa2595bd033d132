/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which mdevs can be made. */

#include "object/mdev.h"

#include <errno.h>
#include <stdio.h>

#include "object/mdev_link.h"

struct vdev_mdev_type {
	char *parent;
	struct mdev_type_facts facts;
};

struct vdev_mdev_type_list {
	struct vdev_mdev_type *items;
	size_t count;
};

int mdev_parent_name(struct vdev_ctx *ctx, const char *name,
		     char ret[MDEV_PARENT_SIZE])
{
	struct pci_address address;

	if (!mdev_is_name(name))
		return vdev_fail(ctx, -EINVAL,
				 "'%s' cannot be the name of an mdev's parent",
				 name);
	if (mdev_sysfs_is_parent(&ctx->sys, name) ||
	    pci_address_parse(name, &address))
		snprintf(ret, MDEV_PARENT_SIZE, "%s", name);
	else
		pci_address_format(&address, ret);
	return 0;
}

int mdev_fail_no_parent(struct vdev_ctx *ctx, const char *name)
{
	vdev_fail(ctx, -ENODEV, "%s is no parent of mdevs", name);
	return vdev_hint(ctx, -ENODEV,
			 "'vdevctl mdev types' lists the parents; is the "
			 "driver loaded that makes mdevs of it?");
}

int mdev_find_parent(struct vdev_ctx *ctx, const char *name,
		     char ret[MDEV_PARENT_SIZE])
{
	int error = mdev_parent_name(ctx, name, ret);

	if (error || mdev_sysfs_is_parent(&ctx->sys, ret))
		return error;
	return mdev_fail_no_parent(ctx, ret);
}

static int fail(const struct mdev_link *link, int error, const char *parent)
{
	return vdev_fail(link->ctx, error,
			 "cannot read the mdev types of %s: %s", parent,
			 mdev_link_reason(link, error));
}

/* Gone is what was there a moment ago. */
static bool is_gone(int error)
{
	return error == -ENOENT || error == -ENODEV;
}

struct vdev_mdev_type_list *mdev_type_list_alloc(void)
{
	return calloc(1, sizeof(struct vdev_mdev_type_list));
}

int mdev_type_list_add(struct vdev_mdev_type_list *list, const char *parent,
		       const struct mdev_type_facts *facts)
{
	struct vdev_mdev_type type = { strdup(parent), *facts };
	int error = type.parent ? ARRAY_ADD(list->items, list->count, type)
				: -ENOMEM;

	if (error)
		free(type.parent);
	return error;
}

static int add_parent(struct mdev_link *link, struct vdev_mdev_type_list *list,
		      const char *parent)
{
	struct mdev_type_facts *facts = NULL;
	size_t count = 0;
	int error = mdev_link_types(link, parent, &facts, &count);

	if (error)
		return is_gone(error) ? 0 : fail(link, error, parent);
	for (size_t i = 0; i < count && !error; i++) {
		error = mdev_type_list_add(list, parent, &facts[i]);
		if (!error)
			facts[i] = (struct mdev_type_facts){ 0 };
	}
	mdev_link_types_free(facts, count);
	return error ? fail(link, error, parent) : 0;
}

static int add_parents(struct mdev_link *link, struct vdev_mdev_type_list *list)
{
	_auto_strv_ struct strv parents = { 0 };
	int error = mdev_link_parents(link, &parents);
	const char *parent;

	if (error)
		return vdev_fail(link->ctx, error,
				 "cannot list the parents of mdevs: %s",
				 mdev_link_reason(link, error));
	strv_foreach(&parents, parent) {
		error = add_parent(link, list, parent);
		if (error)
			return error;
	}
	return 0;
}

static int make_list(struct mdev_link *link, const char *parent,
		     struct vdev_mdev_type_list **ret)
{
	struct vdev_mdev_type_list *list = mdev_type_list_alloc();
	char name[MDEV_PARENT_SIZE];
	int error;

	if (!list)
		return vdev_fail(link->ctx, -ENOMEM, "out of memory");
	if (parent) {
		error = mdev_find_parent(link->ctx, parent, name);
		if (!error)
			error = add_parent(link, list, name);
	} else {
		error = add_parents(link, list);
	}
	if (error) {
		vdev_mdev_type_list_free(list);
		return error;
	}
	*ret = list;
	return (int)list->count;
}

int vdev_mdev_type_list_new(struct vdev_ctx *ctx, const char *parent,
			    struct vdev_mdev_type_list **ret)
{
	_auto_link_ struct mdev_link link;

	mdev_link_open(ctx, &link);
	return make_list(&link, parent, ret);
}

int mdev_type_list_by_sysfs(struct vdev_ctx *ctx,
			    struct vdev_mdev_type_list **ret)
{
	struct mdev_link link = { .ctx = ctx };

	return make_list(&link, NULL, ret);
}

void vdev_mdev_type_list_free(struct vdev_mdev_type_list *list)
{
	if (!list)
		return;
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].parent);
		mdev_type_facts_clear(&list->items[i].facts);
	}
	free(list->items);
	free(list);
}

size_t vdev_mdev_type_list_count(const struct vdev_mdev_type_list *list)
{
	return list->count;
}

const struct vdev_mdev_type *
vdev_mdev_type_list_get(const struct vdev_mdev_type_list *list, size_t index)
{
	return index < list->count ? &list->items[index] : NULL;
}

const char *vdev_mdev_type_parent(const struct vdev_mdev_type *type)
{
	return type->parent;
}

const char *vdev_mdev_type_id(const struct vdev_mdev_type *type)
{
	return type->facts.id;
}

const char *vdev_mdev_type_name(const struct vdev_mdev_type *type)
{
	return type->facts.name;
}

const char *vdev_mdev_type_description(const struct vdev_mdev_type *type)
{
	return type->facts.description;
}

const char *vdev_mdev_type_device_api(const struct vdev_mdev_type *type)
{
	return type->facts.device_api;
}

int vdev_mdev_type_available(const struct vdev_mdev_type *type)
{
	return type->facts.available;
}
