/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fakemdevnl.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "fakebus.h"
#include "kernel/abi/mdev.h"

#define PARENTS "/sys/devices/virtual/fake"
#define DEVICES "/sys/bus/mdev/devices"

/* --- The family */

static void put_family(struct message *m)
{
	struct nlattr *groups, *one;

	message_put_text(m, CTRL_ATTR_FAMILY_NAME, MDEV_FAMILY_NAME);
	message_put_number(m, CTRL_ATTR_FAMILY_ID, FAKE_MDEV_FAMILY, 2);
	groups = message_put(m, CTRL_ATTR_MCAST_GROUPS, NULL, 0);
	one = message_put(m, 1, NULL, 0);
	message_put_text(m, CTRL_ATTR_MCAST_GRP_NAME, MDEV_MCGRP_MONITOR);
	message_put_number(m, CTRL_ATTR_MCAST_GRP_ID, FAKE_MDEV_MONITOR, 4);
	message_end_nest(m, one);
	message_end_nest(m, groups);
}

/* All families there are: in front of it another one. */
static int list_families(const struct fakemdevnl *f,
			 struct vdev_sys_netlink *request)
{
	const struct nlmsghdr *h = request->message;
	struct message m;
	int ret;

	assert_true((h->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP);
	message_start(&m, GENL_ID_CTRL, CTRL_CMD_NEWFAMILY);
	message_put_text(&m, CTRL_ATTR_FAMILY_NAME, "nlctrl");
	message_put_number(&m, CTRL_ATTR_FAMILY_ID, GENL_ID_CTRL, 2);
	ret = message_answer(request, &m);
	if (ret || f->absent)
		return ret;
	message_start(&m, GENL_ID_CTRL, CTRL_CMD_NEWFAMILY);
	put_family(&m);
	return message_answer(request, &m);
}

static bool is_there(const struct fakemdevnl *f, const char *parent)
{
	return fake_has(f->fk, "/sys/class/mdev_bus/%s", parent);
}

static const char *parent_of(const struct fakemdevnl *f, int64_t id)
{
	for (int64_t i = 1; f->parents[i - 1]; i++)
		if (i == id && is_there(f, f->parents[i - 1]))
			return f->parents[i - 1];
	return NULL;
}

static uint32_t id_of(const struct fakemdevnl *f, const char *parent)
{
	uint32_t id = 1;

	while (!str_eq(f->parents[id - 1], parent))
		assert_non_null(f->parents[id++ - 1]);
	return id;
}

/* Gives the answer a test has asked for, if it has. */
static int answer(const struct fakemdevnl *f, struct vdev_sys_netlink *request,
		  struct message *m)
{
	const struct nlmsghdr *h = request->message;
	const struct genlmsghdr *head = NLMSG_DATA(h);

	if (f->odd && head->cmd == f->odd_command) {
		message_start(m, FAKE_MDEV_FAMILY, head->cmd);
		memcpy(m->bytes + message_head(m)->nlmsg_len, f->odd,
		       f->odd_size);
		message_head(m)->nlmsg_len += (uint32_t)f->odd_size;
	}
	return message_answer(request, m);
}

static int refuse(struct vdev_sys_netlink *request, int error, const char *why)
{
	snprintf(request->why, sizeof(request->why), "%s", why ? why : "");
	return -error;
}

/* --- Parents and types */

static void put_parent(const struct fakemdevnl *f, struct message *m,
		       uint32_t id, const char *name)
{
	message_put_number(m, MDEV_A_PARENT_ID, id, 4);
	message_put_text(m, MDEV_A_PARENT_BUS_NAME, "fake");
	message_put_text(m, MDEV_A_PARENT_DEV_NAME, name);
	message_put_number(m, MDEV_A_PARENT_NR_TYPES, 1, 4);
	message_put_number(m, MDEV_A_PARENT_MAX_PASIDS, f->max_pasids, 4);
}

static int list_parents(const struct fakemdevnl *f,
			struct vdev_sys_netlink *request)
{
	struct message m;
	int ret = 0;

	for (uint32_t i = 0; f->parents[i] && !ret; i++) {
		if (!is_there(f, f->parents[i]))
			continue;
		message_start(&m, FAKE_MDEV_FAMILY, MDEV_CMD_PARENT_GET);
		put_parent(f, &m, i + 1, f->parents[i]);
		ret = answer(f, request, &m);
	}
	return ret;
}

/* What a directory is listed for. */
struct listing {
	struct fakemdevnl *f;
	struct vdev_sys_netlink *request;
	const char *parent;
	uint32_t id;
};

static int tell_type(void *data, const char *name, unsigned char kind)
{
	struct listing *l = data;
	char path[PATH_MAX], count[16];
	struct message m;

	(void)kind;
	fake_path(path, PARENTS "/%s/mdev_supported_types/%s/%s", l->parent,
		  name, "available_instances");
	if (!fake_get(l->f->fk, path, count, sizeof(count)))
		return 0;
	message_start(&m, FAKE_MDEV_FAMILY, MDEV_CMD_TYPE_GET);
	message_put_number(&m, MDEV_A_TYPE_PARENT, l->id, 4);
	message_put_text(&m, MDEV_A_TYPE_NAME, name);
	message_put_text(&m, MDEV_A_TYPE_PRETTY_NAME, "A type");
	message_put_text(&m, MDEV_A_TYPE_DEVICE_API, "vfio-pci");
	message_put_number(&m, MDEV_A_TYPE_AVAILABLE, strtol(count, NULL, 10),
			   4);
	message_put_number(&m, MDEV_A_TYPE_ISOLATION,
			   str_eq(name, l->f->pasid_type)
				   ? MDEV_ISOLATION_IOMMU_PASID
				   : MDEV_ISOLATION_EMULATED,
			   4);
	return answer(l->f, l->request, &m);
}

static int list_types(struct fakemdevnl *f, struct vdev_sys_netlink *request)
{
	int64_t id = message_number(request->message, MDEV_A_TYPE_PARENT, 4);
	struct listing l = { f, request, parent_of(f, id), (uint32_t)id };
	char path[PATH_MAX];

	if (!l.parent)
		return refuse(request, ENODEV, "No parent has this ID");
	fake_path(path, PARENTS "/%s/mdev_supported_types", l.parent);
	return f->fk->kernel.ops->list(&f->fk->kernel, VDEV_SYS_ROOT, path,
				       tell_type, &l);
}

/* --- Devices */

static bool is_removing(const struct fakemdevnl *f, const char *uuid)
{
	char text[8];

	return fake_noted(f->fk, "removing", uuid, text, sizeof(text));
}

static void put_device(const struct fakemdevnl *f, struct message *m,
		       const char *uuid, uint32_t parent, const char *type)
{
	message_put_text(m, MDEV_A_DEV_UUID, uuid);
	message_put_number(m, MDEV_A_DEV_PARENT, parent, 4);
	message_put_text(m, MDEV_A_DEV_TYPE, type);
	message_put_number(m, MDEV_A_DEV_FLAGS,
			   is_removing(f, uuid) ? MDEV_DEV_FLAGS_REMOVING : 0,
			   4);
}

/* The parent and type of one that is usable. */
static bool look_up(const struct fakemdevnl *f, const char *uuid,
		    uint32_t *parent, char *type, size_t size)
{
	char path[PATH_MAX], target[PATH_MAX];
	struct vdev_sys *sys = &f->fk->kernel;

	fake_path(path, DEVICES "/%s", uuid);
	if (vdev_sys_readlink(sys, VDEV_SYS_ROOT, path, target,
			      sizeof(target)) < 0)
		return false;
	*strrchr(target, '/') = '\0';
	*parent = id_of(f, str_basename(target));
	fake_path(path, DEVICES "/%s/mdev_type", uuid);
	return vdev_sys_readlink_name(sys, VDEV_SYS_ROOT, path, type, size) >=
	       0;
}

static int tell_device(void *data, const char *name, unsigned char kind)
{
	struct listing *l = data;
	struct message m;
	uint32_t parent;
	char type[64];

	(void)kind;
	if (!look_up(l->f, name, &parent, type, sizeof(type)))
		return 0;
	message_start(&m, FAKE_MDEV_FAMILY, MDEV_CMD_DEV_GET);
	put_device(l->f, &m, name, parent, type);
	return answer(l->f, l->request, &m);
}

static int list_devices(struct fakemdevnl *f, struct vdev_sys_netlink *request)
{
	struct listing l = { .f = f, .request = request };
	int ret = f->fk->kernel.ops->list(&f->fk->kernel, VDEV_SYS_ROOT,
					  DEVICES, tell_device, &l);

	return ret == -ENOENT ? 0 : ret;
}

static int get_device(struct fakemdevnl *f, struct vdev_sys_netlink *request)
{
	struct listing l = { .f = f, .request = request };
	const char *uuid = message_text(request->message, MDEV_A_DEV_UUID);
	uint32_t parent;
	char type[64];

	if (!look_up(f, uuid, &parent, type, sizeof(type)))
		return refuse(request, ENODEV,
			      "No mediated device has this UUID");
	return tell_device(&l, uuid, 0);
}

/* The settings of a request: one of eight bytes at most. */
static int take_settings(struct fakemdevnl *f, struct vdev_sys_netlink *request)
{
	const struct nlattr *nest =
		message_find(request->message, MDEV_A_DEV_CFG);
	const struct nlattr *a = nest ? nest + 1 : NULL;

	f->mem_bytes = -1;
	if (!nest)
		return 0;
	assert_true(nest->nla_type & NLA_F_NESTED);
	if (a->nla_type != MDEV_A_CFG_MEM_BYTES ||
	    nest->nla_len != NLA_HDRLEN + a->nla_len)
		return refuse(request, EOPNOTSUPP, "fake: There are no queues");
	assert_int_equal(a->nla_len, NLA_HDRLEN + 8);
	memcpy(&f->mem_bytes, a + 1, 8);
	if (f->mem_bytes % 4096)
		return refuse(request, EINVAL,
			      "fake: The memory has pages of 4 KiB");
	return 0;
}

static int new_device(struct fakemdevnl *f, struct vdev_sys_netlink *request)
{
	const struct nlmsghdr *h = request->message;
	int64_t id = message_number(h, MDEV_A_DEV_PARENT, 4);
	const char *uuid = message_text(h, MDEV_A_DEV_UUID);
	const char *type = message_text(h, MDEV_A_DEV_TYPE);
	const char *parent = parent_of(f, id);
	char path[PATH_MAX];
	struct message m;
	int ret;

	if (!parent)
		return refuse(request, ENODEV, "No parent has this ID");
	fake_path(path, PARENTS "/%s/mdev_supported_types/%s/create", parent,
		  type);
	if (!fake_has(f->fk, "%s", path))
		return refuse(request, ENOENT, "The parent has no such type");
	ret = take_settings(f, request);
	if (!ret)
		ret = mdev_write(f->fk, path, uuid);
	if (ret)
		return ret;
	fakemdevnl_notify_device(f, MDEV_CMD_DEV_ADD_NTF, uuid, (uint32_t)id,
				 type);
	message_start(&m, FAKE_MDEV_FAMILY, MDEV_CMD_DEV_NEW);
	put_device(f, &m, uuid, (uint32_t)id, type);
	return answer(f, request, &m);
}

static int del_device(struct fakemdevnl *f, struct vdev_sys_netlink *request)
{
	const struct nlmsghdr *h = request->message;
	const char *uuid = message_text(h, MDEV_A_DEV_UUID);
	bool force = message_number(h, MDEV_A_DEV_DEL_FLAGS, 4) ==
		     MDEV_DEL_FLAGS_FORCE;
	char path[PATH_MAX], type[64], text[8];
	uint32_t parent;

	if (!look_up(f, uuid, &parent, type, sizeof(type)))
		return refuse(request, ENODEV,
			      "No mediated device has this UUID");
	if (is_removing(f, uuid))
		return refuse(request, EALREADY, "The device is being removed");
	if (fake_noted(f->fk, "held", uuid, text, sizeof(text))) {
		if (!force)
			return refuse(request, EBUSY, "The device is open");
		fake_note(f->fk, "removing", uuid, "");
		return 0;
	}
	fake_path(path, PARENTS "/%s/%s/remove", f->parents[parent - 1], uuid);
	assert_int_equal(mdev_write(f->fk, path, "1"), 0);
	fakemdevnl_notify_device(f, MDEV_CMD_DEV_DEL_NTF, uuid, parent, type);
	return 0;
}

/* --- Notifications */

struct message *fakemdevnl_queue(struct fakemdevnl *f, int type,
				 uint8_t command)
{
	struct message *m =
		&f->queue[(f->first + f->count) % ARRAY_SIZE(f->queue)];

	assert_true(f->count++ < ARRAY_SIZE(f->queue));
	message_start(m, type, command);
	return m;
}

void fakemdevnl_notify_device(struct fakemdevnl *f, uint8_t command,
			      const char *uuid, uint32_t parent,
			      const char *type)
{
	if (!f->silent)
		put_device(f, fakemdevnl_queue(f, FAKE_MDEV_FAMILY, command),
			   uuid, parent, type);
}

void fakemdevnl_notify_parent(struct fakemdevnl *f, uint8_t command,
			      uint32_t id, const char *name)
{
	put_parent(f, fakemdevnl_queue(f, FAKE_MDEV_FAMILY, command), id, name);
}

void fakemdevnl_notify_family(struct fakemdevnl *f)
{
	put_family(fakemdevnl_queue(f, GENL_ID_CTRL, CTRL_CMD_NEWFAMILY));
}

static ssize_t receive(void *data, void *buf, size_t size)
{
	struct fakemdevnl *f = data;
	struct message *m = &f->queue[f->first];
	size_t n = message_head(m)->nlmsg_len;

	if (f->lost) {
		int error = -f->lost;

		f->lost = 0;
		return error;
	}
	if (!f->count)
		return -EAGAIN;
	assert_true(n <= size);
	memcpy(buf, m->bytes, n);
	f->first = (f->first + 1) % ARRAY_SIZE(f->queue);
	f->count--;
	return (ssize_t)n;
}

/* --- All of it */

static int speak(void *data, struct vdev_sys_netlink *request)
{
	const struct nlmsghdr *h = request->message;
	const struct genlmsghdr *head = NLMSG_DATA(h);
	bool all = (h->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	struct fakemdevnl *f = data;

	assert_int_equal(request->protocol, NETLINK_GENERIC);
	if (h->nlmsg_type == GENL_ID_CTRL)
		return list_families(f, request);
	assert_int_equal(h->nlmsg_type, FAKE_MDEV_FAMILY);
	assert_int_equal(head->version, MDEV_FAMILY_VERSION);
	f->asked[head->cmd]++;
	if (f->refusals && head->cmd == f->refused) {
		f->refusals--;
		return refuse(request, f->error, f->why);
	}
	switch (head->cmd) {
	case MDEV_CMD_PARENT_GET:
		return list_parents(f, request);
	case MDEV_CMD_TYPE_GET:
		return list_types(f, request);
	case MDEV_CMD_DEV_GET:
		return all ? list_devices(f, request) : get_device(f, request);
	case MDEV_CMD_DEV_NEW:
		return new_device(f, request);
	default:
		assert_int_equal(head->cmd, MDEV_CMD_DEV_DEL);
		return del_device(f, request);
	}
}

void fakemdevnl_start(struct fakemdevnl *f, struct fakekernel *fk)
{
	f->fk = fk;
	fakekernel_set_netlink(fk, speak, f);
	fakekernel_set_events(fk, receive, f);
}
