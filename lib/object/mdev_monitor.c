/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Parents and mdevs that come and go.
 *
 * What is there is remembered, and each message compared with that. So a
 * message says nothing twice; one that takes an mdev away still tells its type;
 * and when messages are lost the difference can be told.
 */

#include <libvdev/mdev.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>

#include "kernel/uevent.h"
#include "object/device_struct.h"
#include "object/mdev_link.h"

#define DEVICES "/sys/bus/mdev/devices"

/* The kernel tells by uevent of an mdev that is not yet whole. */
#define WHOLE_MS 1000

struct vdev_mdev_event {
	enum vdev_mdev_event_kind kind;
	uint32_t id;		   /* of a parent, by netlink */
	char uuid[UUID_TEXT_SIZE]; /* "" for a parent */
	char parent[256];
	char type[256]; /* "" if it is not known */
};

/* A parent, if it has no UUID, or an mdev. */
struct known {
	struct vdev_mdev_event what;
	bool seen;
};

struct vdev_mdev_monitor {
	struct vdev_ctx *ctx;
	struct mdev_link link;
	int fd;
	struct known *known;
	size_t known_count;
	/* What has happened and was not yet told. */
	struct vdev_mdev_event *events;
	size_t event_count;
	size_t told;
	struct uevent uevent;
};

/* --- What is known */

static struct known *find(const struct vdev_mdev_monitor *m,
			  const struct vdev_mdev_event *what)
{
	for (size_t i = 0; i < m->known_count; i++) {
		const struct vdev_mdev_event *e = &m->known[i].what;

		if (*what->uuid ? str_eq(e->uuid, what->uuid)
				: !*e->uuid && str_eq(e->parent, what->parent))
			return &m->known[i];
	}
	return NULL;
}

static const struct vdev_mdev_event *
find_parent(const struct vdev_mdev_monitor *m, uint32_t id)
{
	for (size_t i = 0; i < m->known_count; i++)
		if (!*m->known[i].what.uuid && m->known[i].what.id == id)
			return &m->known[i].what;
	return NULL;
}

static int tell(struct vdev_mdev_monitor *m, const struct vdev_mdev_event *what,
		bool added)
{
	struct vdev_mdev_event event = *what;

	if (*what->uuid)
		event.kind =
			added ? VDEV_MDEV_EVENT_ADDED : VDEV_MDEV_EVENT_REMOVED;
	else
		event.kind = added ? VDEV_MDEV_EVENT_PARENT_ADDED
				   : VDEV_MDEV_EVENT_PARENT_REMOVED;
	return ARRAY_ADD(m->events, m->event_count, event);
}

static int add(struct vdev_mdev_monitor *m, const struct vdev_mdev_event *what,
	       bool quiet)
{
	struct known *known = find(m, what);
	int error;

	if (!*what->parent)
		return 0;
	if (known) {
		/* A parent that came again has another number. */
		known->what.id = what->id;
		known->seen = true;
		return 0;
	}
	error = quiet ? 0 : tell(m, what, true);
	return error ? error
		     : ARRAY_ADD(m->known, m->known_count,
				 ((struct known){ *what, true }));
}

static int take_out(struct vdev_mdev_monitor *m, struct known *known)
{
	int error = known ? tell(m, &known->what, false) : 0;

	if (!error && known)
		*known = m->known[--m->known_count];
	return error;
}

/* --- What is there */

static int list_netlink(struct vdev_mdev_monitor *m, bool quiet)
{
	_auto_free_ struct mdev_netlink_parent *parents = NULL;
	_auto_free_ struct mdev_netlink_device *devices = NULL;
	size_t parent_count = 0, device_count = 0;
	int error;

	error = mdev_netlink_parents(&m->link.nl, &parents, &parent_count);
	/* The family is gone with its module, and that had none left. */
	if (error == -ENOENT)
		return 0;
	if (!error)
		error = mdev_netlink_devices(&m->link.nl, &devices,
					     &device_count);
	for (size_t i = 0; i < parent_count && !error; i++) {
		struct vdev_mdev_event what = { .id = parents[i].id };

		memcpy(what.parent, parents[i].name, sizeof(what.parent));
		error = add(m, &what, quiet);
	}
	for (size_t i = 0; i < device_count && !error; i++) {
		const struct vdev_mdev_event *parent =
			find_parent(m, devices[i].parent);
		struct vdev_mdev_event what = { 0 };

		/* One that came since the parents were listed is told of. */
		if (!parent)
			continue;
		memcpy(what.uuid, devices[i].uuid, sizeof(what.uuid));
		memcpy(what.parent, parent->parent, sizeof(what.parent));
		memcpy(what.type, devices[i].type, sizeof(what.type));
		error = add(m, &what, quiet);
	}
	return error;
}

/* Fills in what sysfs says of it. Return: 0; -ENODEV if it is not whole. */
static int read_device(struct vdev_mdev_monitor *m,
		       struct vdev_mdev_event *what)
{
	struct vdev_device *dev;
	int error = vdev_device_new(m->ctx, "mdev", what->uuid, &dev);

	if (error)
		return error;
	/* The type is made known last; its driver may have left it since. */
	if (!vdev_device_mdev_type(dev))
		error = vdev_mdev_wait(dev, WHOLE_MS);
	if (!error) {
		const char *parent = vdev_device_parent(dev);
		const char *type = vdev_device_mdev_type(dev);

		snprintf(what->parent, sizeof(what->parent), "%s",
			 parent ? parent : "");
		snprintf(what->type, sizeof(what->type), "%s",
			 type ? type : "");
		if (!parent || !type)
			error = -ENODEV;
	}
	vdev_device_unref(dev);
	return error == -ETIMEDOUT ? -ENODEV : error;
}

static int list_sysfs_devices(struct vdev_mdev_monitor *m, bool quiet)
{
	_auto_strv_ struct strv names = { 0 };
	int error = vdev_sys_list(&m->ctx->sys, VDEV_SYS_ROOT, DEVICES, &names);
	const char *name;

	if (error)
		return error == -ENOENT ? 0 : error;
	strv_foreach(&names, name) {
		struct vdev_mdev_event what = { 0 };

		if (!uuid_normalize(name, what.uuid))
			continue;
		error = read_device(m, &what);
		/* It is told of when it is whole, or gone. */
		if (error == -ENODEV)
			continue;
		if (!error)
			error = add(m, &what, quiet);
		if (error)
			return error;
	}
	return 0;
}

static int list_sysfs(struct vdev_mdev_monitor *m, bool quiet)
{
	_auto_strv_ struct strv parents = { 0 };
	int error = mdev_sysfs_parents(&m->ctx->sys, &parents);

	for (size_t i = 0; i < parents.count && !error; i++) {
		struct vdev_mdev_event what = { 0 };

		snprintf(what.parent, sizeof(what.parent), "%s",
			 parents.items[i]);
		error = add(m, &what, quiet);
	}
	return error ? error : list_sysfs_devices(m, quiet);
}

/* Takes out what was not seen: mdevs first, then parents. */
static int drop_unseen(struct vdev_mdev_monitor *m)
{
	int error = 0;

	for (int pass = 0; pass < 2; pass++)
		for (size_t i = m->known_count; i-- > 0 && !error;) {
			struct known *k = &m->known[i];

			bool is_parent = !*k->what.uuid;

			if (!k->seen && is_parent == (pass == 1))
				error = take_out(m, k);
		}
	return error;
}

/* Looks at all there is. What differs is told, unless it is the first time. */
static int look(struct vdev_mdev_monitor *m, bool quiet)
{
	int error;

	for (size_t i = 0; i < m->known_count; i++)
		m->known[i].seen = false;
	error = m->link.netlink ? list_netlink(m, quiet) : list_sysfs(m, quiet);
	if (!error)
		error = drop_unseen(m);
	return error ? vdev_fail(m->ctx, error,
				 "cannot look which mdevs there are: %s",
				 mdev_link_reason(&m->link, error))
		     : 0;
}

/* --- What happens */

static int take_parent(struct vdev_mdev_monitor *m,
		       const struct mdev_netlink_event *event)
{
	struct vdev_mdev_event what = { .id = event->parent.id };

	memcpy(what.parent, event->parent.name, sizeof(what.parent));
	if (event->kind == MDEV_NETLINK_PARENT_ADDED)
		return add(m, &what, false);
	return take_out(m, find(m, &what));
}

static int take_device(struct vdev_mdev_monitor *m,
		       const struct mdev_netlink_event *event)
{
	const struct vdev_mdev_event *parent =
		find_parent(m, event->device.parent);
	struct vdev_mdev_event what = { 0 };

	memcpy(what.uuid, event->device.uuid, sizeof(what.uuid));
	memcpy(what.type, event->device.type, sizeof(what.type));
	if (event->kind == MDEV_NETLINK_REMOVED)
		return take_out(m, find(m, &what));
	/* Its parent was told of before, or that was lost. */
	if (!parent)
		return look(m, false);
	memcpy(what.parent, parent->parent, sizeof(what.parent));
	return add(m, &what, false);
}

static int take_netlink(struct vdev_mdev_monitor *m)
{
	struct mdev_netlink_event event;
	int error = mdev_netlink_receive(&m->link.nl, m->fd, &event);

	if (error)
		return error;
	switch (event.kind) {
	case MDEV_NETLINK_PARENT_ADDED:
	case MDEV_NETLINK_PARENT_REMOVED:
		return take_parent(m, &event);
	case MDEV_NETLINK_ADDED:
	case MDEV_NETLINK_REMOVED:
		return take_device(m, &event);
	case MDEV_NETLINK_RETURNED:
		return look(m, false);
	default:
		return 0;
	}
}

/* The mdev is the last part of the path, and its parent the one before. */
static int take_mdev_uevent(struct vdev_mdev_monitor *m)
{
	const struct uevent *e = &m->uevent;
	struct vdev_mdev_event what = { 0 };
	_auto_free_ char *path = strdup(e->path);
	char *name = path ? strrchr(path, '/') : NULL;
	int error;

	if (!path)
		return -ENOMEM;
	if (!name || !uuid_normalize(name + 1, what.uuid))
		return 0;
	if (str_eq(e->action, "remove"))
		return take_out(m, find(m, &what));
	/* Its driver has it: when it was added that was not yet so. */
	if (!str_eq(e->action, "bind"))
		return 0;
	error = read_device(m, &what);
	if (error == -ENODEV) {
		/* Gone by now; that will be told too. */
		*name = '\0';
		snprintf(what.parent, sizeof(what.parent), "%s",
			 str_basename(path));
		error = 0;
	}
	return error ? error : add(m, &what, false);
}

static int take_uevent(struct vdev_mdev_monitor *m)
{
	const struct uevent *e = &m->uevent;
	struct vdev_mdev_event what = { 0 };
	int error = uevent_receive(&m->ctx->sys, m->fd, &m->uevent);

	if (error)
		return error;
	if (str_eq(e->subsystem, "mdev"))
		return take_mdev_uevent(m);
	snprintf(what.parent, sizeof(what.parent), "%s", str_basename(e->path));
	if (str_eq(e->mdev_state, "registered"))
		return add(m, &what, false);
	if (str_eq(e->mdev_state, "unregistered"))
		return take_out(m, find(m, &what));
	return 0;
}

/* Return: 1 if something was received; 0; a recorded failure. */
static int receive(struct vdev_mdev_monitor *m)
{
	int error = m->link.netlink ? take_netlink(m) : take_uevent(m);

	switch (error) {
	case 0:
		return 1;
	case -EAGAIN:
		return 0;
	case -ENOBUFS:
	case -EMSGSIZE:
	case -EBADMSG:
		vdev_log(m->ctx, VDEV_LOG_INFO,
			 "mdevs: what the kernel told was lost; look again");
		error = look(m, false);
		return error ? error : 1;
	default:
		return vdev_fail(m->ctx, error,
				 "cannot hear of mdevs that come and go: %s",
				 strerror(-error));
	}
}

/* --- The monitor */

static int listen_to(struct vdev_mdev_monitor *m)
{
	if (m->link.netlink)
		m->fd = mdev_netlink_listen(&m->link.nl);
	if (m->link.netlink && m->fd < 0)
		mdev_link_use_sysfs(&m->link, "nothing is notified");
	if (!m->link.netlink)
		m->fd = uevent_listen(&m->ctx->sys);
	return m->fd < 0 ? vdev_fail(m->ctx, m->fd,
				     "cannot listen to the kernel: %s",
				     strerror(-m->fd))
			 : 0;
}

int vdev_mdev_monitor_new(struct vdev_ctx *ctx, struct vdev_mdev_monitor **ret)
{
	struct vdev_mdev_monitor *m;
	int error;

	if (!vdev_sys_live(&ctx->sys))
		return vdev_fail(ctx, -EOPNOTSUPP,
				 "only the running system has mdevs that come "
				 "and go, not %s",
				 ctx->sys.root);
	m = calloc(1, sizeof(*m));
	if (!m)
		return vdev_fail(ctx, -ENOMEM, "out of memory");
	m->ctx = vdev_ctx_ref(ctx);
	m->fd = -1;
	mdev_link_open(ctx, &m->link);
	/* First, so that nothing happens unheard between the two. */
	error = listen_to(m);
	if (!error)
		error = look(m, true);
	if (error) {
		vdev_mdev_monitor_free(m);
		return error;
	}
	vdev_log(ctx, VDEV_LOG_INFO, "mdevs: watching by %s",
		 vdev_mdev_monitor_interface(m));
	*ret = m;
	return 0;
}

void vdev_mdev_monitor_free(struct vdev_mdev_monitor *m)
{
	if (!m)
		return;
	if (m->fd >= 0)
		vdev_sys_close(&m->ctx->sys, m->fd);
	mdev_link_close(&m->link);
	free(m->known);
	free(m->events);
	vdev_ctx_unref(m->ctx);
	free(m);
}

int vdev_mdev_monitor_fd(const struct vdev_mdev_monitor *m)
{
	return m->fd;
}

const char *vdev_mdev_monitor_interface(const struct vdev_mdev_monitor *m)
{
	return m->link.netlink ? "netlink" : "uevent";
}

/* Return: 1 if there may be something; 0 when the time is over; -EINTR ... */
static int wait_until(struct vdev_mdev_monitor *m, int timeout_ms, uint64_t end)
{
	struct vdev_sys *sys = &m->ctx->sys;
	struct pollfd p = { .fd = m->fd, .events = POLLIN };
	uint64_t now = sys->ops->now_ms(sys);
	int left = timeout_ms < 0 ? -1 : now >= end ? 0 : (int)(end - now);
	int ret = left ? sys->ops->poll(sys, &p, 1, left) : 0;

	if (ret >= 0)
		return left != 0;
	return vdev_fail(m->ctx, ret, "waiting for mdevs: %s", strerror(-ret));
}

/* Return: whether there was one. */
static bool next_event(struct vdev_mdev_monitor *m,
		       const struct vdev_mdev_event **ret)
{
	if (m->told < m->event_count) {
		*ret = &m->events[m->told++];
		return true;
	}
	m->told = m->event_count = 0;
	return false;
}

int vdev_mdev_monitor_next(struct vdev_mdev_monitor *m, int timeout_ms,
			   const struct vdev_mdev_event **ret)
{
	struct vdev_sys *sys = &m->ctx->sys;
	uint64_t end = 0;
	int error;

	if (timeout_ms > 0)
		end = sys->ops->now_ms(sys) + (unsigned int)timeout_ms;
	for (;;) {
		if (next_event(m, ret))
			return 1;
		error = receive(m);
		if (!error)
			error = wait_until(m, timeout_ms, end);
		if (error <= 0)
			return error;
	}
}

enum vdev_mdev_event_kind
vdev_mdev_event_kind(const struct vdev_mdev_event *event)
{
	return event->kind;
}

const char *vdev_mdev_event_name(enum vdev_mdev_event_kind kind)
{
	static const char *const names[] = {
		[VDEV_MDEV_EVENT_ADDED] = "added",
		[VDEV_MDEV_EVENT_REMOVED] = "removed",
		[VDEV_MDEV_EVENT_PARENT_ADDED] = "parent-added",
		[VDEV_MDEV_EVENT_PARENT_REMOVED] = "parent-removed",
	};

	return (size_t)kind < ARRAY_SIZE(names) ? names[kind] : "unknown";
}

const char *vdev_mdev_event_uuid(const struct vdev_mdev_event *event)
{
	return *event->uuid ? event->uuid : NULL;
}

const char *vdev_mdev_event_parent(const struct vdev_mdev_event *event)
{
	return event->parent;
}

const char *vdev_mdev_event_type(const struct vdev_mdev_event *event)
{
	return *event->type ? event->type : NULL;
}
