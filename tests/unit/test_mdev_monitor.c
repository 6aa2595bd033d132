/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libvdev/mdev.h>

#include <errno.h>
#include <linux/genetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "failnth.h"
#include "fakemdevnl.h"
#include "kernel/abi/mdev.h"

#define UUID  "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define OTHER "83b8f4f2-509f-382f-3c1e-e6bfe0fa1002"

/* A machine with two parents, and the uevents it sends without netlink. */
struct machine {
	struct fakekernel *fk;
	struct vdev_ctx *ctx;
	struct fakemdevnl nl;
	char uevents[16][512];
	size_t sizes[16];
	size_t first;
	size_t count;
	int lost;
};

static ssize_t receive_uevent(void *data, void *buf, size_t size)
{
	struct machine *m = data;
	size_t at = m->first;

	if (m->lost) {
		int error = -m->lost;

		m->lost = 0;
		return error;
	}
	if (at == m->count)
		return -EAGAIN;
	m->first++;
	assert_true(m->sizes[at] <= size);
	memcpy(buf, m->uevents[at], m->sizes[at]);
	return (ssize_t)m->sizes[at];
}

/* A newline stands for the NUL between two texts. */
static void uevent(struct machine *m, const char *text)
{
	size_t size = strlen(text) + 1;

	assert_true(m->count < ARRAY_SIZE(m->uevents));
	memcpy(m->uevents[m->count], text, size);
	for (size_t i = 0; i < size; i++)
		if (text[i] == '\n')
			m->uevents[m->count][i] = '\0';
	m->sizes[m->count++] = size;
}

static void mdev_uevent(struct machine *m, const char *action, const char *uuid)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "%s@/devices/virtual/fake/serial/%s\nACTION=%s\n"
		 "DEVPATH=/devices/virtual/fake/serial/%s\nSUBSYSTEM=mdev\n"
		 "SEQNUM=7",
		 action, uuid, action, uuid);
	uevent(m, text);
}

static void parent_uevent(struct machine *m, const char *name,
			  const char *state)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "change@/devices/virtual/fake/%s\nACTION=change\n"
		 "DEVPATH=/devices/virtual/fake/%s\nSUBSYSTEM=fake\n"
		 "MDEV_STATE=%s",
		 name, name, state);
	uevent(m, text);
}

static void start(struct machine *m, bool netlink)
{
	static const char *const parents[] = { "serial", "late", NULL };

	*m = (struct machine){ .fk = fakekernel_new() };
	fakekernel_add_mdev_parent(m->fk, "serial");
	fakekernel_add_mdev_type(m->fk, "serial", "serial-2", 4);
	m->nl.parents = parents;
	fakemdevnl_start(&m->nl, m->fk);
	m->nl.absent = !netlink;
	if (!netlink)
		fakekernel_set_events(m->fk, receive_uevent, m);
	m->ctx = fakekernel_ctx(m->fk);
}

static void end(struct machine *m, struct vdev_mdev_monitor *monitor)
{
	vdev_mdev_monitor_free(monitor);
	vdev_ctx_unref(m->ctx);
	fakekernel_free(m->fk);
}

static void create(struct machine *m, const char *uuid)
{
	struct vdev_mdev_config *config;
	struct vdev_device *dev;

	assert_int_equal(vdev_mdev_config_new(m->ctx, &config), 0);
	assert_int_equal(vdev_mdev_config_set_type(config, "serial-2"), 0);
	assert_int_equal(vdev_mdev_create(m->ctx, "serial", uuid, config, &dev),
			 0);
	vdev_mdev_config_free(config);
	vdev_device_unref(dev);
}

/* Without a word about it. */
static void remove_silently(struct machine *m, const char *uuid)
{
	bool absent = m->nl.absent;
	struct vdev_device *dev;

	m->nl.absent = true;
	assert_int_equal(vdev_device_find(m->ctx, uuid, &dev), 0);
	assert_int_equal(vdev_mdev_remove(dev, 1000, false), 0);
	vdev_device_unref(dev);
	m->nl.absent = absent;
}

static void expect(struct vdev_mdev_monitor *monitor,
		   enum vdev_mdev_event_kind kind, const char *uuid,
		   const char *parent, const char *type)
{
	const struct vdev_mdev_event *e = NULL;

	assert_int_equal(vdev_mdev_monitor_next(monitor, 0, &e), 1);
	assert_string_equal(vdev_mdev_event_name(vdev_mdev_event_kind(e)),
			    vdev_mdev_event_name(kind));
	assert_true(str_eq(vdev_mdev_event_uuid(e), uuid));
	assert_string_equal(vdev_mdev_event_parent(e), parent);
	assert_true(str_eq(vdev_mdev_event_type(e), type));
}

static void expect_none(struct vdev_mdev_monitor *monitor)
{
	const struct vdev_mdev_event *e;

	assert_int_equal(vdev_mdev_monitor_next(monitor, 100, &e), 0);
}

static void expect_added(struct vdev_mdev_monitor *monitor, const char *uuid)
{
	expect(monitor, VDEV_MDEV_EVENT_ADDED, uuid, "serial", "serial-2");
}

static void expect_removed(struct vdev_mdev_monitor *monitor, const char *uuid)
{
	expect(monitor, VDEV_MDEV_EVENT_REMOVED, uuid, "serial", "serial-2");
}

static struct vdev_mdev_monitor *watch(struct machine *m)
{
	struct vdev_mdev_monitor *monitor;

	assert_int_equal(vdev_mdev_monitor_new(m->ctx, &monitor), 0);
	assert_true(vdev_mdev_monitor_fd(monitor) >= 0);
	return monitor;
}

static void test_netlink(void **state)
{
	struct vdev_mdev_monitor *monitor;
	struct machine m;

	(void)state;
	start(&m, true);
	create(&m, OTHER);
	m.nl.count = 0;
	monitor = watch(&m);
	assert_string_equal(vdev_mdev_monitor_interface(monitor), "netlink");
	expect_none(monitor);
	create(&m, UUID);
	/* What is known is not told again. */
	fakemdevnl_notify_device(&m.nl, MDEV_CMD_DEV_ADD_NTF, OTHER, 1,
				 "serial-2");
	expect_added(monitor, UUID);
	expect_none(monitor);
	fakemdevnl_notify_device(&m.nl, MDEV_CMD_DEV_DEL_NTF, OTHER, 1,
				 "serial-2");
	fakemdevnl_notify_device(&m.nl, MDEV_CMD_DEV_DEL_NTF, OTHER, 1,
				 "serial-2");
	expect_removed(monitor, OTHER);
	expect_none(monitor);

	fakemdevnl_notify_parent(&m.nl, MDEV_CMD_PARENT_ADD_NTF, 9, "card");
	fakemdevnl_notify_device(&m.nl, MDEV_CMD_DEV_ADD_NTF, OTHER, 9, "big");
	fakemdevnl_notify_device(&m.nl, MDEV_CMD_DEV_DEL_NTF, OTHER, 9, "big");
	fakemdevnl_notify_parent(&m.nl, MDEV_CMD_PARENT_DEL_NTF, 9, "card");
	expect(monitor, VDEV_MDEV_EVENT_PARENT_ADDED, NULL, "card", NULL);
	expect(monitor, VDEV_MDEV_EVENT_ADDED, OTHER, "card", "big");
	expect(monitor, VDEV_MDEV_EVENT_REMOVED, OTHER, "card", "big");
	expect(monitor, VDEV_MDEV_EVENT_PARENT_REMOVED, NULL, "card", NULL);
	/* With an unknown parent, all there is is looked at. */
	fakemdevnl_notify_device(&m.nl, MDEV_CMD_DEV_ADD_NTF, OTHER, 77, "big");
	expect_added(monitor, OTHER);
	/* And messages of no interest. */
	fakemdevnl_queue(&m.nl, GENL_ID_CTRL, CTRL_CMD_DELFAMILY);
	fakemdevnl_queue(&m.nl, GENL_ID_CTRL, CTRL_CMD_NEWFAMILY);
	fakemdevnl_queue(&m.nl, FAKE_MDEV_FAMILY, 99);
	fakemdevnl_queue(&m.nl, 77, MDEV_CMD_DEV_ADD_NTF);
	expect_none(monitor);
	end(&m, monitor);
}

/* Messages that are lost or make no sense. */
static void test_netlink_lost(void **state)
{
	static const int errors[] = { ENOBUFS, EMSGSIZE };
	struct vdev_mdev_monitor *monitor;
	struct machine m;

	(void)state;
	start(&m, true);
	create(&m, OTHER);
	m.nl.count = 0;
	monitor = watch(&m);
	m.nl.silent = true;
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		create(&m, UUID);
		m.nl.lost = errors[i];
		expect_added(monitor, UUID);
		expect_none(monitor);
		remove_silently(&m, UUID);
		m.nl.lost = errors[i];
		expect_removed(monitor, UUID);
		expect_none(monitor);
	}
	create(&m, UUID);
	fakemdevnl_queue(&m.nl, FAKE_MDEV_FAMILY, MDEV_CMD_DEV_ADD_NTF);
	expect_added(monitor, UUID);
	/* The family was gone, and with it all there was. */
	remove_silently(&m, UUID);
	remove_silently(&m, OTHER);
	fakekernel_add_mdev_parent(m.fk, "late");
	fakemdevnl_notify_family(&m.nl);
	expect(monitor, VDEV_MDEV_EVENT_PARENT_ADDED, NULL, "late", NULL);
	expect_removed(monitor, UUID);
	expect_removed(monitor, OTHER);
	expect_none(monitor);
	/* It goes for good; what it said of that is lost. */
	m.nl.refused = MDEV_CMD_PARENT_GET;
	m.nl.refusals = 1;
	m.nl.error = ENOENT;
	m.nl.lost = ENOBUFS;
	expect(monitor, VDEV_MDEV_EVENT_PARENT_REMOVED, NULL, "late", NULL);
	expect(monitor, VDEV_MDEV_EVENT_PARENT_REMOVED, NULL, "serial", NULL);
	m.nl.refusals = 1;
	m.nl.error = EPERM;
	m.nl.lost = ENOBUFS;
	assert_int_equal(
		vdev_mdev_monitor_next(
			monitor, 0, &(const struct vdev_mdev_event *){ NULL }),
		-EPERM);
	end(&m, monitor);
}

static void test_uevents(void **state)
{
	struct vdev_mdev_monitor *monitor;
	struct machine m;

	(void)state;
	start(&m, false);
	create(&m, OTHER);
	/* A driver that has left it does not make it less known. */
	assert_int_equal(m.ctx->sys.ops->unlink(&m.ctx->sys,
						"/sys/bus/mdev/devices/" OTHER
						"/driver"),
			 0);
	monitor = watch(&m);
	assert_string_equal(vdev_mdev_monitor_interface(monitor), "uevent");
	expect_none(monitor);
	create(&m, UUID);
	mdev_uevent(&m, "add", UUID);
	expect_none(monitor);
	mdev_uevent(&m, "bind", UUID);
	mdev_uevent(&m, "bind", UUID);
	expect_added(monitor, UUID);
	mdev_uevent(&m, "unbind", UUID);
	mdev_uevent(&m, "remove", OTHER);
	mdev_uevent(&m, "remove", OTHER);
	expect_removed(monitor, OTHER);
	expect_none(monitor);
	/* Gone before it could be asked. */
	mdev_uevent(&m, "bind", "83b8f4f2-509f-382f-3c1e-e6bfe0fa1009");
	expect(monitor, VDEV_MDEV_EVENT_ADDED,
	       "83b8f4f2-509f-382f-3c1e-e6bfe0fa1009", "serial", NULL);
	parent_uevent(&m, "card", "registered");
	expect(monitor, VDEV_MDEV_EVENT_PARENT_ADDED, NULL, "card", NULL);
	parent_uevent(&m, "card", "unregistered");
	expect(monitor, VDEV_MDEV_EVENT_PARENT_REMOVED, NULL, "card", NULL);
	parent_uevent(&m, "card", "strange");
	mdev_uevent(&m, "bind", "mtty");
	expect_none(monitor);
	end(&m, monitor);
}

static void test_uevents_lost(void **state)
{
	struct vdev_mdev_monitor *monitor;
	struct machine m;

	(void)state;
	start(&m, false);
	create(&m, OTHER);
	monitor = watch(&m);
	create(&m, UUID);
	m.lost = ENOBUFS;
	expect_added(monitor, UUID);
	remove_silently(&m, OTHER);
	fakekernel_add_mdev_parent(m.fk, "late");
	uevent(&m, "libudev");
	expect(monitor, VDEV_MDEV_EVENT_PARENT_ADDED, NULL, "late", NULL);
	expect_removed(monitor, OTHER);
	/* One that is not whole does not count until it is. */
	fakekernel_half_mdevs(m.fk, true);
	fakekernel_write(m.fk, "/sys/bus/mdev/devices/x", "no mdev");
	m.lost = ENOBUFS;
	expect_none(monitor);
	m.lost = EIO;
	assert_int_equal(
		vdev_mdev_monitor_next(
			monitor, 0, &(const struct vdev_mdev_event *){ NULL }),
		-EIO);
	end(&m, monitor);
}

static void test_no_monitor(void **state)
{
	struct vdev_mdev_monitor *monitor;
	struct machine m;

	(void)state;
	start(&m, true);
	fakekernel_set_events(m.fk, NULL, NULL);
	assert_int_equal(vdev_mdev_monitor_new(m.ctx, &monitor),
			 -EPROTONOSUPPORT);
	assert_string_not_equal(vdev_ctx_last_error(m.ctx), "");
	vdev_ctx_unref(m.ctx);
	assert_int_equal(vdev_ctx_new(&m.ctx), 0);
	assert_int_equal(vdev_ctx_set_root(m.ctx, fakekernel_root(m.fk)), 0);
	assert_int_equal(vdev_mdev_monitor_new(m.ctx, &monitor), -EOPNOTSUPP);
	assert_string_equal(vdev_mdev_event_name(99), "unknown");
	end(&m, NULL);
}

/* Whatever fails is said, and what is told is right. */
static void fail_watching(struct failnth *fail, void *data)
{
	struct vdev_mdev_monitor *monitor = NULL;
	const struct vdev_mdev_event *e;
	bool netlink = *(bool *)data;
	struct machine m;
	int ret;

	start(&m, netlink);
	create(&m, OTHER);
	m.nl.count = 0;
	failnth_start(fail, &m.ctx->sys);
	ret = vdev_mdev_monitor_new(m.ctx, &monitor);
	assert_int_equal(!ret, monitor != NULL);
	if (!ret) {
		parent_uevent(&m, "card", "registered");
		fakemdevnl_notify_parent(&m.nl, MDEV_CMD_PARENT_ADD_NTF, 9,
					 "card");
		ret = vdev_mdev_monitor_next(monitor, 0, &e);
		if (ret == 1)
			assert_string_equal(vdev_mdev_event_parent(e), "card");
	}
	failnth_stop(fail);
	if (!failnth_fired(fail))
		assert_int_equal(ret, 1);
	if (ret < 0)
		assert_string_not_equal(vdev_ctx_last_error(m.ctx), "");
	end(&m, monitor);
}

static void test_failures(void **state)
{
	bool netlink[] = { false, true };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(netlink); i++)
		failnth_sweep(fail_watching, &netlink[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_netlink),
		cmocka_unit_test(test_netlink_lost),
		cmocka_unit_test(test_uevents),
		cmocka_unit_test(test_uevents_lost),
		cmocka_unit_test(test_no_monitor),
		cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
