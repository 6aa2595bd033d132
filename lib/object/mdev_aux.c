/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Parents of mdevs, and the PASIDs that isolate these. */

#include <libvdev/aux.h>

#include <errno.h>

#include "kernel/abi/mdev.h"
#include "object/mdev_link.h"

struct vdev_aux {
	char *parent;
	uint32_t pasids;
	uint32_t taken;
	struct strv types; /* that are isolated by a PASID */
	struct vdev_device **mdevs;
	size_t mdev_count;
};

struct vdev_aux_list {
	struct vdev_aux *items;
	size_t count;
};

static int fail_unknown(struct vdev_ctx *ctx)
{
	if (!vdev_sys_live(&ctx->sys))
		return vdev_fail(ctx, -EOPNOTSUPP,
				 "the PASIDs of parents of mdevs are not in a "
				 "capture");
	vdev_fail(ctx, -EOPNOTSUPP,
		  "this kernel does not tell which PASIDs parents of mdevs "
		  "have: it has no mdevs, or no generic netlink family "
		  "\"mdev\" in this network namespace");
	return vdev_hint(ctx, -EOPNOTSUPP,
			 "needs Linux 7.2 with the patches of libvdev "
			 "(kernel-patches/) and CONFIG_VFIO_MDEV_NETLINK; "
			 "modprobe mdev");
}

static int fail(const struct mdev_link *link, const char *parent, int error)
{
	if (error == -ENOMEM)
		return vdev_fail(link->ctx, error, "out of memory");
	return vdev_fail(link->ctx, error, "cannot read the PASIDs of %s: %s",
			 parent, mdev_link_reason(link, error));
}

static void clear(struct vdev_aux *aux)
{
	for (size_t i = 0; i < aux->mdev_count; i++)
		vdev_device_unref(aux->mdevs[i]);
	free(aux->mdevs);
	strv_clear(&aux->types);
	free(aux->parent);
}

/* --- One parent */

static int add_types(struct mdev_link *link, uint32_t parent,
		     struct vdev_aux *aux)
{
	struct mdev_netlink_type *types = NULL;
	size_t count = 0;
	int error = mdev_netlink_types(&link->nl, parent, &types, &count);

	for (size_t i = 0; i < count && !error; i++)
		if (types[i].isolation == MDEV_ISOLATION_IOMMU_PASID)
			error = strv_add(&aux->types, types[i].id);
	mdev_netlink_types_free(types, count);
	strv_sort(&aux->types);
	return error;
}

/* Who may not know which PASID an mdev has takes it for one of the parent's. */
static bool takes_pasid(const struct vdev_aux *aux, struct vdev_device *mdev)
{
	if (vdev_device_isolation(mdev) != VDEV_ISOLATION_IOMMU_PASID)
		return false;
	return vdev_device_isolation_pasid(mdev) <= (int)aux->pasids;
}

static int add_mdevs(const struct vdev_device_list *mdevs, struct vdev_aux *aux)
{
	struct vdev_device *mdev;
	int error = 0;
	size_t i;

	vdev_device_list_foreach(mdevs, i, mdev) {
		aux->taken += aux->pasids && takes_pasid(aux, mdev);
		if (!str_eq(vdev_device_parent(mdev), aux->parent))
			continue;
		error = ARRAY_ADD(aux->mdevs, aux->mdev_count, mdev);
		if (error)
			break;
		vdev_device_ref(mdev);
	}
	return error;
}

static int add_parent(struct mdev_link *link,
		      const struct mdev_netlink_parent *parent,
		      const struct vdev_device_list *mdevs,
		      struct vdev_aux_list *list)
{
	struct vdev_aux aux = {
		.parent = strdup(parent->name),
		/* 0 is none. */
		.pasids = parent->max_pasids ? parent->max_pasids - 1 : 0,
	};
	int error = aux.parent ? add_types(link, parent->id, &aux) : -ENOMEM;

	if (!error)
		error = add_mdevs(mdevs, &aux);
	if (!error)
		error = ARRAY_ADD(list->items, list->count, aux);
	if (error)
		clear(&aux);
	/* Gone meanwhile. */
	return error == -ENODEV ? 0 : error;
}

/* --- All of them */

static int fill(struct mdev_link *link, const char *only,
		struct vdev_aux_list *list)
{
	_auto_strv_ struct strv names = { 0 };
	struct vdev_device_list *mdevs = NULL;
	/* Sorted, and the parents with it. */
	int error = mdev_link_parents(link, &names);

	if (error)
		return fail(link, "mdevs", error);
	error = mdev_list_by_sysfs(link->ctx, &mdevs);
	if (error < 0)
		return error;
	error = 0;
	for (size_t i = 0; i < link->parent_count && !error; i++) {
		const struct mdev_netlink_parent *parent = &link->parents[i];

		if (!only || str_eq(parent->name, only))
			error = add_parent(link, parent, mdevs, list);
		if (error)
			error = fail(link, parent->name, error);
	}
	vdev_device_list_free(mdevs);
	return error;
}

int vdev_aux_list_new(struct vdev_ctx *ctx, const char *parent,
		      struct vdev_aux_list **ret)
{
	_auto_link_ struct mdev_link link;
	char name[MDEV_PARENT_SIZE];
	struct vdev_aux_list *list;
	int error;

	mdev_link_open(ctx, &link);
	if (!link.netlink)
		return fail_unknown(ctx);
	if (parent) {
		error = mdev_find_parent(ctx, parent, name);
		if (error)
			return error;
	}
	list = calloc(1, sizeof(*list));
	if (!list)
		return vdev_fail(ctx, -ENOMEM, "out of memory");
	error = fill(&link, parent ? name : NULL, list);
	if (error) {
		vdev_aux_list_free(list);
		return error;
	}
	*ret = list;
	return (int)list->count;
}

void vdev_aux_list_free(struct vdev_aux_list *list)
{
	if (!list)
		return;
	for (size_t i = 0; i < list->count; i++)
		clear(&list->items[i]);
	free(list->items);
	free(list);
}

size_t vdev_aux_list_count(const struct vdev_aux_list *list)
{
	return list->count;
}

const struct vdev_aux *vdev_aux_list_get(const struct vdev_aux_list *list,
					 size_t index)
{
	return index < list->count ? &list->items[index] : NULL;
}

const char *vdev_aux_parent(const struct vdev_aux *aux)
{
	return aux->parent;
}

bool vdev_aux_capable(const struct vdev_aux *aux)
{
	return aux->pasids && aux->types.count;
}

const char *vdev_aux_type(const struct vdev_aux *aux, size_t index)
{
	return index < aux->types.count ? aux->types.items[index] : NULL;
}

uint32_t vdev_aux_pasids(const struct vdev_aux *aux)
{
	return aux->pasids;
}

uint32_t vdev_aux_taken(const struct vdev_aux *aux)
{
	return aux->taken;
}

uint32_t vdev_aux_left(const struct vdev_aux *aux)
{
	return aux->pasids > aux->taken ? aux->pasids - aux->taken : 0;
}

struct vdev_device *vdev_aux_mdev(const struct vdev_aux *aux, size_t index)
{
	return index < aux->mdev_count ? aux->mdevs[index] : NULL;
}
