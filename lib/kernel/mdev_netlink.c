/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Source: Documentation/netlink/specs/mdev.yaml and drivers/vfio/mdev of Linux
 * 7.2 with kernel-patches/.
 */

#include "kernel/mdev_netlink.h"

#include <errno.h>
#include <limits.h>
#include <linux/genetlink.h>
#include <stdio.h>

#include "kernel/abi/mdev.h"

static const struct nla_policy parent_policy[] = {
	[MDEV_A_PARENT_ID] = { .type = NLA_U32 },
	[MDEV_A_PARENT_DEV_NAME] = { .type = NLA_STRING },
	[MDEV_A_PARENT_MAX_PASIDS] = { .type = NLA_U32 },
};

static const struct nla_policy type_policy[] = {
	[MDEV_A_TYPE_PARENT] = { .type = NLA_U32 },
	[MDEV_A_TYPE_NAME] = { .type = NLA_STRING },
	[MDEV_A_TYPE_PRETTY_NAME] = { .type = NLA_STRING },
	[MDEV_A_TYPE_DEVICE_API] = { .type = NLA_STRING },
	[MDEV_A_TYPE_AVAILABLE] = { .type = NLA_U32 },
	[MDEV_A_TYPE_DESCRIPTION] = { .type = NLA_STRING },
	[MDEV_A_TYPE_ISOLATION] = { .type = NLA_U32 },
};

static const struct nla_policy device_policy[] = {
	[MDEV_A_DEV_UUID] = { .type = NLA_STRING },
	[MDEV_A_DEV_PARENT] = { .type = NLA_U32 },
	[MDEV_A_DEV_TYPE] = { .type = NLA_STRING },
	[MDEV_A_DEV_FLAGS] = { .type = NLA_U32 },
};

int mdev_netlink_open(struct vdev_sys *sys, struct mdev_netlink *ret)
{
	return genetlink_find(sys, MDEV_FAMILY_NAME, MDEV_FAMILY_VERSION,
			      MDEV_MCGRP_MONITOR, &ret->family, &ret->monitor);
}

/* A name that is part of a path in sysfs. */
static bool take_name(const struct nlattr *a, char *buf, size_t size)
{
	nlmessage_text(a, buf, size);
	return *buf && !strchr(buf, '/') && !str_eq(buf, ".") &&
	       !str_eq(buf, "..");
}

/* --- Parents */

/* 0 if it is not there. */
static uint32_t number_of(const struct nlattr *a)
{
	return a ? nla_get_u32(a) : 0;
}

static int parse_parent(const void *message, struct mdev_netlink_parent *ret)
{
	struct nlattr *a[ARRAY_SIZE(parent_policy)];

	if (genetlink_parse(message, a, ARRAY_SIZE(a), parent_policy) ||
	    !a[MDEV_A_PARENT_ID] ||
	    !take_name(a[MDEV_A_PARENT_DEV_NAME], ret->name, sizeof(ret->name)))
		return -EBADMSG;
	ret->id = nla_get_u32(a[MDEV_A_PARENT_ID]);
	ret->max_pasids = number_of(a[MDEV_A_PARENT_MAX_PASIDS]);
	return 0;
}

struct parents {
	struct mdev_netlink_parent *items;
	size_t count;
};

static int take_parent(void *data, const void *message)
{
	struct mdev_netlink_parent parent;
	struct parents *found = data;
	int error = parse_parent(message, &parent);

	return error ? error : ARRAY_ADD(found->items, found->count, parent);
}

int mdev_netlink_parents(struct mdev_netlink *m,
			 struct mdev_netlink_parent **ret, size_t *count)
{
	struct parents found = { 0 };
	struct nlmessage b;
	int error;

	genetlink_start(&m->family, &b, MDEV_CMD_PARENT_GET, NLM_F_DUMP);
	error = genetlink_send(&m->family, &b, take_parent, &found);
	if (error) {
		free(found.items);
		return error;
	}
	*ret = found.items;
	*count = found.count;
	return 0;
}

int mdev_netlink_find_parent(struct mdev_netlink *m, const char *name,
			     uint32_t *ret)
{
	_auto_free_ struct mdev_netlink_parent *parents = NULL;
	size_t count;
	int error = mdev_netlink_parents(m, &parents, &count);

	if (error)
		return error;
	for (size_t i = 0; i < count; i++)
		if (str_eq(parents[i].name, name)) {
			*ret = parents[i].id;
			return 0;
		}
	return -ENODEV;
}

/* --- Types */

struct types {
	struct mdev_netlink_type *items;
	size_t count;
};

static void clear_type(struct mdev_netlink_type *type)
{
	free(type->id);
	free(type->name);
	free(type->description);
	free(type->device_api);
}

void mdev_netlink_types_free(struct mdev_netlink_type *types, size_t count)
{
	for (size_t i = 0; i < count; i++)
		clear_type(&types[i]);
	free(types);
}

/* Copies a text that need not be there. */
static int copy_text(const struct nlattr *a, char **ret)
{
	*ret = a ? strdup(nla_get_string(a)) : NULL;
	return a && !*ret ? -ENOMEM : 0;
}

static int copy_type(struct nlattr *const *a, struct mdev_netlink_type *type)
{
	const struct nlattr *available = a[MDEV_A_TYPE_AVAILABLE];
	uint32_t number = number_of(available);

	type->available = !available	     ? -ENODATA
			  : number > INT_MAX ? INT_MAX
					     : (int)number;
	type->isolation = number_of(a[MDEV_A_TYPE_ISOLATION]);
	if (copy_text(a[MDEV_A_TYPE_NAME], &type->id) ||
	    /* In sysfs a type without a name of its own has its id there. */
	    copy_text(a[MDEV_A_TYPE_PRETTY_NAME] ? a[MDEV_A_TYPE_PRETTY_NAME]
						 : a[MDEV_A_TYPE_NAME],
		      &type->name) ||
	    copy_text(a[MDEV_A_TYPE_DESCRIPTION], &type->description) ||
	    copy_text(a[MDEV_A_TYPE_DEVICE_API], &type->device_api))
		return -ENOMEM;
	return 0;
}

static int take_type(void *data, const void *message)
{
	struct nlattr *a[ARRAY_SIZE(type_policy)];
	struct mdev_netlink_type type = { 0 };
	struct types *found = data;
	char name[256];
	int error;

	if (genetlink_parse(message, a, ARRAY_SIZE(a), type_policy) ||
	    !take_name(a[MDEV_A_TYPE_NAME], name, sizeof(name)))
		return -EBADMSG;
	error = copy_type(a, &type);
	if (!error)
		error = ARRAY_ADD(found->items, found->count, type);
	if (error)
		clear_type(&type);
	return error;
}

int mdev_netlink_types(struct mdev_netlink *m, uint32_t parent,
		       struct mdev_netlink_type **ret, size_t *count)
{
	struct types found = { 0 };
	struct nlmessage b;
	int error;

	genetlink_start(&m->family, &b, MDEV_CMD_TYPE_GET, NLM_F_DUMP);
	nlmessage_put_u32(&b, MDEV_A_TYPE_PARENT, parent);
	error = genetlink_send(&m->family, &b, take_type, &found);
	if (error) {
		mdev_netlink_types_free(found.items, found.count);
		return error;
	}
	*ret = found.items;
	*count = found.count;
	return 0;
}

/* --- Devices */

static int parse_device(const void *message, struct mdev_netlink_device *ret)
{
	struct nlattr *a[ARRAY_SIZE(device_policy)];
	const struct nlattr *flags;

	if (genetlink_parse(message, a, ARRAY_SIZE(a), device_policy) ||
	    !a[MDEV_A_DEV_UUID] || !a[MDEV_A_DEV_PARENT] ||
	    !uuid_normalize(nla_get_string(a[MDEV_A_DEV_UUID]), ret->uuid) ||
	    !take_name(a[MDEV_A_DEV_TYPE], ret->type, sizeof(ret->type)))
		return -EBADMSG;
	flags = a[MDEV_A_DEV_FLAGS];
	ret->parent = nla_get_u32(a[MDEV_A_DEV_PARENT]);
	ret->removing = flags && nla_get_u32(flags) & MDEV_DEV_FLAGS_REMOVING;
	return 0;
}

struct devices {
	struct mdev_netlink_device *items;
	size_t count;
};

static int take_device(void *data, const void *message)
{
	struct mdev_netlink_device device;
	struct devices *found = data;
	int error = parse_device(message, &device);

	return error ? error : ARRAY_ADD(found->items, found->count, device);
}

int mdev_netlink_devices(struct mdev_netlink *m,
			 struct mdev_netlink_device **ret, size_t *count)
{
	struct devices found = { 0 };
	struct nlmessage b;
	int error;

	genetlink_start(&m->family, &b, MDEV_CMD_DEV_GET, NLM_F_DUMP);
	error = genetlink_send(&m->family, &b, take_device, &found);
	if (error) {
		free(found.items);
		return error;
	}
	*ret = found.items;
	*count = found.count;
	return 0;
}

/* One device, which has to be the one that was asked for. */
struct one {
	const char *uuid;
	struct mdev_netlink_device device;
	bool told;
};

static int take_one(void *data, const void *message)
{
	struct one *one = data;
	int error = parse_device(message, &one->device);

	one->told = true;
	return !error && !str_eq(one->device.uuid, one->uuid) ? -EBADMSG
							      : error;
}

int mdev_netlink_device(struct mdev_netlink *m, const char *uuid,
			struct mdev_netlink_device *ret)
{
	struct one one = { .uuid = uuid };
	struct nlmessage b;
	int error;

	genetlink_start(&m->family, &b, MDEV_CMD_DEV_GET, 0);
	nlmessage_put_string(&b, MDEV_A_DEV_UUID, uuid);
	error = genetlink_send(&m->family, &b, take_one, &one);
	if (!error && !one.told)
		error = -EBADMSG;
	if (!error)
		*ret = one.device;
	return error;
}

static const struct {
	const char *name;
	uint64_t most;
} settings_known[MDEV_NETLINK_SETTINGS] = {
	[MDEV_A_CFG_MEM_BYTES] = { "mem-bytes", UINT64_MAX },
	[MDEV_A_CFG_NR_QUEUES] = { "nr-queues", UINT32_MAX },
	[MDEV_A_CFG_NR_IRQS] = { "nr-irqs", UINT32_MAX },
};

int mdev_netlink_setting(const char *name, uint64_t *most)
{
	for (int i = 1; i < MDEV_NETLINK_SETTINGS; i++)
		if (str_eq(name, settings_known[i].name)) {
			*most = settings_known[i].most;
			return i;
		}
	return 0;
}

static void put_settings(struct nlmessage *b,
			 const struct mdev_netlink_settings *settings)
{
	struct nlattr *nest;

	if (!settings->given)
		return;
	nest = nlmessage_nest(b, MDEV_A_DEV_CFG);
	for (int i = 1; i < MDEV_NETLINK_SETTINGS; i++) {
		if (!(settings->given & 1u << i))
			continue;
		if (settings_known[i].most == UINT64_MAX)
			nlmessage_put_u64(b, i, settings->values[i]);
		else
			nlmessage_put_u32(b, i, (uint32_t)settings->values[i]);
	}
	nlmessage_end(b, nest);
}

int mdev_netlink_create(struct mdev_netlink *m, uint32_t parent,
			const char *type, const char *uuid,
			const struct mdev_netlink_settings *settings)
{
	struct one one = { .uuid = uuid };
	struct nlmessage b;

	genetlink_start(&m->family, &b, MDEV_CMD_DEV_NEW, 0);
	nlmessage_put_u32(&b, MDEV_A_DEV_PARENT, parent);
	nlmessage_put_string(&b, MDEV_A_DEV_TYPE, type);
	nlmessage_put_string(&b, MDEV_A_DEV_UUID, uuid);
	put_settings(&b, settings);
	return genetlink_send(&m->family, &b, take_one, &one);
}

int mdev_netlink_remove(struct mdev_netlink *m, const char *uuid, bool force)
{
	struct nlmessage b;

	genetlink_start(&m->family, &b, MDEV_CMD_DEV_DEL, 0);
	nlmessage_put_string(&b, MDEV_A_DEV_UUID, uuid);
	if (force)
		nlmessage_put_u32(&b, MDEV_A_DEV_DEL_FLAGS,
				  MDEV_DEL_FLAGS_FORCE);
	return genetlink_send(&m->family, &b, NULL, NULL);
}

/* --- Notifications */

/* The controller's own group, in which families are told of. */
#define CONTROLLER_GROUP GENL_ID_CTRL

int mdev_netlink_listen(struct mdev_netlink *m)
{
	struct vdev_sys *sys = m->family.sys;
	int fd, error;

	if (!m->monitor)
		return -EBADMSG;
	fd = sys->ops->netlink_listen(sys, NETLINK_GENERIC, -1,
				      CONTROLLER_GROUP);
	if (fd < 0)
		return fd;
	error = sys->ops->netlink_listen(sys, NETLINK_GENERIC, fd, m->monitor);
	if (error < 0) {
		vdev_sys_close(sys, fd);
		return error;
	}
	return fd;
}

/* A family that comes back has other numbers. */
static int take_return(struct mdev_netlink *m, int fd, const void *message,
		       struct mdev_netlink_event *ret)
{
	struct vdev_sys *sys = m->family.sys;
	uint16_t family;
	uint32_t group;
	int found = genetlink_take_family(message, MDEV_FAMILY_NAME,
					  MDEV_MCGRP_MONITOR, &family, &group);

	if (found <= 0)
		return found;
	if (!group)
		return -EBADMSG;
	found = sys->ops->netlink_listen(sys, NETLINK_GENERIC, fd, group);
	if (found < 0)
		return found;
	m->family.family = family;
	m->monitor = group;
	ret->kind = MDEV_NETLINK_RETURNED;
	return 0;
}

static int take_event(const struct nlmsghdr *message,
		      struct mdev_netlink_event *ret)
{
	const struct genlmsghdr *head =
		(const void *)((const char *)message + NLMSG_HDRLEN);

	switch (head->cmd) {
	case MDEV_CMD_PARENT_ADD_NTF:
		ret->kind = MDEV_NETLINK_PARENT_ADDED;
		return parse_parent(message, &ret->parent);
	case MDEV_CMD_PARENT_DEL_NTF:
		ret->kind = MDEV_NETLINK_PARENT_REMOVED;
		return parse_parent(message, &ret->parent);
	case MDEV_CMD_DEV_ADD_NTF:
		ret->kind = MDEV_NETLINK_ADDED;
		return parse_device(message, &ret->device);
	case MDEV_CMD_DEV_DEL_NTF:
		ret->kind = MDEV_NETLINK_REMOVED;
		return parse_device(message, &ret->device);
	default:
		return 0;
	}
}

static int take_notification(struct mdev_netlink *m, int fd,
			     const struct nlmsghdr *message,
			     struct mdev_netlink_event *ret)
{
	const struct genlmsghdr *head =
		(const void *)((const char *)message + NLMSG_HDRLEN);

	if (message->nlmsg_type == m->family.family)
		return take_event(message, ret);
	if (message->nlmsg_type == GENL_ID_CTRL &&
	    head->cmd == CTRL_CMD_NEWFAMILY)
		return take_return(m, fd, message, ret);
	return 0;
}

int mdev_netlink_receive(struct mdev_netlink *m, int fd,
			 struct mdev_netlink_event *ret)
{
	struct vdev_sys *sys = m->family.sys;
	struct mdev_netlink_event event = { .kind = MDEV_NETLINK_OTHER };
	union {
		struct nlmsghdr head;
		char bytes[8192];
	} buf;
	ssize_t n = sys->ops->netlink_receive(sys, fd, &buf, sizeof(buf));
	int error;

	if (n < 0)
		return (int)n;
	/* A datagram is one message. */
	if ((size_t)n < NLMSG_LENGTH(GENL_HDRLEN) ||
	    buf.head.nlmsg_len < NLMSG_LENGTH(GENL_HDRLEN) ||
	    buf.head.nlmsg_len > (size_t)n)
		return -EBADMSG;
	error = take_notification(m, fd, &buf.head, &event);
	if (!error)
		*ret = event;
	return error;
}
