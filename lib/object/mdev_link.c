/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "object/mdev_link.h"

#include <errno.h>
#include <poll.h>

void mdev_link_open(struct vdev_ctx *ctx, struct mdev_link *ret)
{
	struct mdev_link link = { .ctx = ctx };
	int error = -ENOENT;

	/* The family belongs to a module, and that to this bus. */
	if (vdev_sys_live(&ctx->sys) &&
	    vdev_sys_exists(&ctx->sys, "/sys/bus/mdev"))
		error = mdev_netlink_open(&ctx->sys, &link.nl);
	link.netlink = !error;
	if (error && error != -ENOENT)
		vdev_log(ctx, VDEV_LOG_INFO,
			 "mdevs: generic netlink cannot be used: %s",
			 strerror(-error));
	vdev_log(ctx, VDEV_LOG_DEBUG, "mdevs: by %s", mdev_link_name(&link));
	*ret = link;
}

void mdev_link_close(struct mdev_link *link)
{
	free(link->parents);
	link->parents = NULL;
	link->parents_known = false;
}

void mdev_link_use_sysfs(struct mdev_link *link, const char *why)
{
	link->netlink = false;
	vdev_log(link->ctx, VDEV_LOG_INFO, "mdevs: by sysfs, as %s", why);
}

const char *mdev_link_name(const struct mdev_link *link)
{
	return link->netlink ? "netlink" : "sysfs";
}

const char *mdev_link_reason(const struct mdev_link *link, int error)
{
	if (link->netlink && *link->nl.family.why)
		return link->nl.family.why;
	return error == -EBADMSG ? "the kernel's answer makes no sense"
				 : strerror(-error);
}

/* --- Parents */

static int compare_parents(const void *a, const void *b)
{
	const struct mdev_netlink_parent *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int know_parents(struct mdev_link *link)
{
	int error;

	if (link->parents_known)
		return 0;
	error = mdev_netlink_parents(&link->nl, &link->parents,
				     &link->parent_count);
	if (error)
		return error;
	if (link->parents)
		qsort(link->parents, link->parent_count, sizeof(*link->parents),
		      compare_parents);
	link->parents_known = true;
	return 0;
}

int mdev_link_parents(struct mdev_link *link, struct strv *ret)
{
	struct strv names = { 0 };
	int error;

	if (!link->netlink)
		return mdev_sysfs_parents(&link->ctx->sys, ret);
	error = know_parents(link);
	for (size_t i = 0; !error && i < link->parent_count; i++)
		error = strv_add(&names, link->parents[i].name);
	if (error) {
		strv_clear(&names);
		return error;
	}
	*ret = names;
	return 0;
}

int mdev_link_parent_id(struct mdev_link *link, const char *name, uint32_t *ret)
{
	int error = know_parents(link);

	for (size_t i = 0; !error && i < link->parent_count; i++)
		if (str_eq(link->parents[i].name, name)) {
			*ret = link->parents[i].id;
			return 0;
		}
	return error ? error : -ENODEV;
}

const char *mdev_link_parent_name(struct mdev_link *link, uint32_t id)
{
	if (know_parents(link))
		return NULL;
	for (size_t i = 0; i < link->parent_count; i++)
		if (link->parents[i].id == id)
			return link->parents[i].name;
	return NULL;
}

/* --- Types */

void mdev_link_types_free(struct mdev_type_facts *types, size_t count)
{
	for (size_t i = 0; i < count; i++)
		mdev_type_facts_clear(&types[i]);
	free(types);
}

struct types {
	struct mdev_type_facts *items;
	size_t count;
};

static int compare_types(const void *a, const void *b)
{
	const struct mdev_type_facts *x = a, *y = b;

	return strcmp(x->id, y->id);
}

static int types_by_netlink(struct mdev_link *link, const char *parent,
			    struct types *found)
{
	struct mdev_netlink_type *types = NULL;
	size_t count = 0;
	uint32_t id = 0;
	int error = mdev_link_parent_id(link, parent, &id);

	if (!error)
		error = mdev_netlink_types(&link->nl, id, &types, &count);
	for (size_t i = 0; !error && i < count; i++) {
		struct mdev_type_facts facts = {
			.id = types[i].id,
			.name = types[i].name,
			.description = types[i].description,
			.device_api = types[i].device_api,
			.available = types[i].available,
		};

		error = ARRAY_ADD(found->items, found->count, facts);
		if (!error)
			types[i] = (struct mdev_netlink_type){ 0 };
	}
	mdev_netlink_types_free(types, count);
	if (found->items)
		qsort(found->items, found->count, sizeof(*found->items),
		      compare_types);
	return error;
}

static int types_by_sysfs(struct mdev_link *link, const char *parent,
			  struct types *found)
{
	struct vdev_sys *sys = &link->ctx->sys;
	_auto_strv_ struct strv ids = { 0 };
	int error = mdev_sysfs_types(sys, parent, &ids);

	for (size_t i = 0; !error && i < ids.count; i++) {
		struct mdev_type_facts facts;

		error = mdev_sysfs_read_type(sys, parent, ids.items[i], &facts);
		/* Gone is what was there a moment ago. */
		if (error == -ENOENT || error == -ENODEV) {
			error = 0;
			continue;
		}
		if (error)
			break;
		error = ARRAY_ADD(found->items, found->count, facts);
		if (error)
			mdev_type_facts_clear(&facts);
	}
	return error;
}

int mdev_link_types(struct mdev_link *link, const char *parent,
		    struct mdev_type_facts **ret, size_t *count)
{
	struct types found = { 0 };
	int error = link->netlink ? types_by_netlink(link, parent, &found)
				  : types_by_sysfs(link, parent, &found);

	if (error) {
		mdev_link_types_free(found.items, found.count);
		return error;
	}
	*ret = found.items;
	*count = found.count;
	return 0;
}

int mdev_link_read_type(struct mdev_link *link, const char *parent,
			const char *id, struct mdev_type_facts *ret)
{
	struct mdev_type_facts *types = NULL;
	size_t count = 0, i;
	int error;

	if (!link->netlink)
		return mdev_sysfs_read_type(&link->ctx->sys, parent, id, ret);
	error = mdev_link_types(link, parent, &types, &count);
	if (error)
		return error;
	for (i = 0; i < count && !str_eq(types[i].id, id); i++)
		;
	if (i < count) {
		*ret = types[i];
		types[i] = (struct mdev_type_facts){ 0 };
	}
	mdev_link_types_free(types, count);
	return i < count ? 0 : -ENOENT;
}

/* --- Removing */

/* What a removal is waited for by. */
struct wait {
	struct mdev_link *link;
	const char *uuid;
	int fd;
	uint64_t end;
};

/* For who may have missed it. One of that UUID made since is another one. */
static int is_gone(struct wait *w)
{
	struct mdev_netlink_device device;
	int error = mdev_netlink_device(&w->link->nl, w->uuid, &device);

	if (error)
		return error == -ENODEV ? 1 : error;
	return !device.removing;
}

/* Return: 1 if it is gone; 0 if something else happened. */
static int wait_once(struct wait *w)
{
	struct vdev_sys *sys = &w->link->ctx->sys;
	struct pollfd p = { .fd = w->fd, .events = POLLIN };
	struct mdev_netlink_event event;
	int error = mdev_netlink_receive(&w->link->nl, w->fd, &event);
	uint64_t now;

	if (!error)
		return event.kind == MDEV_NETLINK_REMOVED &&
		       str_eq(event.device.uuid, w->uuid);
	if (error == -ENOBUFS || error == -EMSGSIZE || error == -EBADMSG)
		return is_gone(w);
	if (error != -EAGAIN)
		return error;
	now = sys->ops->now_ms(sys);
	if (now >= w->end)
		return -ETIMEDOUT;
	error = sys->ops->poll(sys, &p, 1, (int)(w->end - now));
	return error < 0 && error != -EINTR ? error : 0;
}

/* The kernel does it by itself; who wants to know the end has to listen first.
 */
static int remove_by_netlink(struct mdev_link *link, const char *uuid, int fd,
			     unsigned int timeout_ms, bool force)
{
	struct vdev_sys *sys = &link->ctx->sys;
	struct wait w = { .link = link, .uuid = uuid, .fd = fd };
	int ret = mdev_netlink_remove(&link->nl, uuid, force);

	w.end = sys->ops->now_ms(sys) + timeout_ms;
	while (!ret)
		ret = wait_once(&w);
	return ret < 0 ? ret : 0;
}

int mdev_link_remove(struct mdev_link *link, const char *uuid,
		     unsigned int timeout_ms, bool force)
{
	struct vdev_sys *sys = &link->ctx->sys;
	pid_t pending;
	int fd = -1, ret = -EPERM;

	if (link->netlink) {
		fd = mdev_netlink_listen(&link->nl);
		if (fd < 0)
			mdev_link_use_sysfs(link, "nothing is notified");
	}
	if (link->netlink)
		ret = remove_by_netlink(link, uuid, fd, timeout_ms, force);
	if (fd >= 0)
		vdev_sys_close(sys, fd);
	if (ret != -EPERM)
		return ret;
	/* Sysfs asks for less than netlink does. */
	if (link->netlink)
		mdev_link_use_sysfs(link, mdev_link_reason(link, ret));
	return mdev_sysfs_remove(sys, uuid, timeout_ms, &pending);
}
