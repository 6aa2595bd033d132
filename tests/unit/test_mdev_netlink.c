/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Mdevs on a kernel that is spoken to by generic netlink. */

#include <libvdev/mdev.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "failnth.h"
#include "fakemdevnl.h"
#include "kernel/abi/mdev.h"
#include "object/mdev.h"

#define UUID	  "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define OTHER	  "83b8f4f2-509f-382f-3c1e-e6bfe0fa1002"
#define DEVICE	  "/sys/bus/mdev/devices/" UUID
#define TYPES	  "/sys/class/mdev_bus/serial/mdev_supported_types"
#define AVAILABLE TYPES "/serial-2/available_instances"

struct machine {
	struct fakekernel *fk;
	struct vdev_ctx *ctx;
	struct fakemdevnl nl;
};

static void start(struct machine *m)
{
	static const char *const parents[] = { "serial", "0000:0a:00.0", NULL };

	*m = (struct machine){ .fk = fakekernel_new() };
	for (size_t i = 0; parents[i]; i++)
		fakekernel_add_mdev_parent(m->fk, parents[i]);
	fakekernel_add_mdev_type(m->fk, "serial", "serial-2", 2);
	fakekernel_add_mdev_type(m->fk, "serial", "serial-1", 0);
	fakekernel_add_mdev_type(m->fk, "0000:0a:00.0", "gpu-big", 1);
	m->nl.parents = parents;
	fakemdevnl_start(&m->nl, m->fk);
	m->ctx = fakekernel_ctx(m->fk);
}

static void end(struct machine *m)
{
	vdev_ctx_unref(m->ctx);
	fakekernel_free(m->fk);
}

/* Up to two attributes. */
static struct vdev_mdev_config *config_of(struct machine *m, const char *type,
					  const char *name, const char *value,
					  const char *name2, const char *value2)
{
	struct vdev_mdev_config *config;

	assert_int_equal(vdev_mdev_config_new(m->ctx, &config), 0);
	assert_int_equal(vdev_mdev_config_set_type(config, type), 0);
	if (name)
		assert_int_equal(
			vdev_mdev_config_add_attr(config, 0, name, value), 0);
	if (name2)
		assert_int_equal(
			vdev_mdev_config_add_attr(config, 1, name2, value2), 0);
	return config;
}

static int create_with(struct machine *m, const char *type, const char *name,
		       const char *value, const char *name2, const char *value2)
{
	struct vdev_mdev_config *config =
		config_of(m, type, name, value, name2, value2);
	struct vdev_device *dev = NULL;
	int ret = vdev_mdev_create(m->ctx, "serial", UUID, config, &dev);

	assert_int_equal(!ret, dev != NULL);
	if (ret)
		assert_string_not_equal(vdev_ctx_last_error(m->ctx), "");
	vdev_device_unref(dev);
	vdev_mdev_config_free(config);
	return ret;
}

static int create(struct machine *m)
{
	return create_with(m, "serial-2", NULL, NULL, NULL, NULL);
}

static int remove_it(struct machine *m, bool force)
{
	struct vdev_device *dev;
	int ret = vdev_device_find(m->ctx, UUID, &dev);

	if (ret)
		return ret;
	ret = vdev_mdev_remove(dev, 1000, force);
	vdev_device_unref(dev);
	return ret;
}

static bool says(struct machine *m, const char *what)
{
	return strstr(vdev_ctx_last_error(m->ctx), what);
}

static bool reads(struct machine *m, const char *path, const char *what)
{
	char text[64] = "";

	(void)vdev_sys_read_attr(&m->ctx->sys, VDEV_SYS_ROOT, path, text,
				 sizeof(text));
	return str_eq(text, what);
}

static void test_types(void **state)
{
	static const char *const ids[] = { "gpu-big", "serial-1", "serial-2" };
	const struct vdev_mdev_type *type;
	struct vdev_mdev_type_list *list;
	struct machine m;

	(void)state;
	start(&m);
	assert_int_equal(vdev_mdev_type_list_new(m.ctx, NULL, &list), 3);
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		type = vdev_mdev_type_list_get(list, i);
		assert_string_equal(vdev_mdev_type_id(type), ids[i]);
		assert_string_equal(vdev_mdev_type_parent(type),
				    i ? "serial" : "0000:0a:00.0");
		assert_string_equal(vdev_mdev_type_name(type), "A type");
		assert_string_equal(vdev_mdev_type_device_api(type),
				    "vfio-pci");
		assert_null(vdev_mdev_type_description(type));
		assert_int_equal(vdev_mdev_type_available(type), i == 0	  ? 1
								 : i == 1 ? 0
									  : 2);
	}
	vdev_mdev_type_list_free(list);
	assert_int_equal(vdev_mdev_type_list_new(m.ctx, "0A:00.0", &list), 1);
	vdev_mdev_type_list_free(list);
	assert_int_equal(vdev_mdev_type_list_new(m.ctx, "no", &list), -ENODEV);
	/* For a capture, sysfs has to be read. */
	assert_int_equal(m.nl.asked[MDEV_CMD_TYPE_GET], 3);
	assert_int_equal(mdev_type_list_by_sysfs(m.ctx, &list), 3);
	vdev_mdev_type_list_free(list);
	assert_int_equal(m.nl.asked[MDEV_CMD_TYPE_GET], 3);
	end(&m);
}

/* What the kernel has said, and may say of types that come and go. */
static void test_type_answers(void **state)
{
	static const struct {
		_Alignas(4) char bytes[24];
		size_t size;
	} odd[] = {
		{ "", 0 },		  /* nothing */
		{ "\x05\0\2\0", 5 },	  /* a name that does not end */
		{ "\x08\0\2\0a/b\0", 8 }, /* one that is no name */
		{ "\x06\0\2\0.\0", 6 },	  /* nor is this */
		{ "\x06\0\2\0a\0\0\0\x06\0\5\0\1\0", 14 }, /* half a number */
	};
	struct vdev_mdev_type_list *list;
	struct machine m;

	(void)state;
	start(&m);
	m.nl.odd_command = MDEV_CMD_TYPE_GET;
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		m.nl.odd = odd[i].bytes;
		m.nl.odd_size = odd[i].size;
		assert_int_equal(vdev_mdev_type_list_new(m.ctx, NULL, &list),
				 -EBADMSG);
		assert_true(says(&m, "makes no sense"));
	}
	m.nl.odd_command = MDEV_CMD_PARENT_GET;
	assert_int_equal(vdev_mdev_type_list_new(m.ctx, NULL, &list), -EBADMSG);
	assert_int_equal(create(&m), -EBADMSG);
	assert_false(fakekernel_exists(m.fk, DEVICE));
	m.nl.odd = NULL;
	m.nl.refused = MDEV_CMD_TYPE_GET;
	m.nl.refusals = 1;
	m.nl.error = ENODEV;
	assert_int_equal(vdev_mdev_type_list_new(m.ctx, NULL, &list), 2);
	vdev_mdev_type_list_free(list);
	m.nl.refusals = 1;
	m.nl.error = EPERM;
	m.nl.why = "Not for you";
	assert_int_equal(vdev_mdev_type_list_new(m.ctx, NULL, &list), -EPERM);
	assert_true(says(&m, "Not for you"));
	end(&m);
}

static int count_mdevs(struct machine *m)
{
	struct vdev_device_list *list = NULL;
	int ret = vdev_mdev_list_new(m->ctx, &list);

	assert_int_equal(ret >= 0, list != NULL);
	if (ret == 1)
		assert_string_equal(
			vdev_device_address(vdev_device_list_get(list, 0)),
			UUID);
	vdev_device_list_free(list);
	return ret;
}

static void test_list(void **state)
{
	static const char none[] = "";
	struct machine m;

	(void)state;
	start(&m);
	assert_int_equal(count_mdevs(&m), 0);
	assert_int_equal(create(&m), 0);
	m.nl.asked[MDEV_CMD_DEV_GET] = 0;
	assert_int_equal(count_mdevs(&m), 1);
	assert_int_equal(m.nl.asked[MDEV_CMD_DEV_GET], 1);
	m.nl.odd_command = MDEV_CMD_DEV_GET;
	m.nl.odd = none;
	assert_int_equal(count_mdevs(&m), -EBADMSG);
	m.nl.odd = NULL;
	m.nl.absent = true;
	assert_int_equal(count_mdevs(&m), 1);
	assert_int_equal(m.nl.asked[MDEV_CMD_DEV_GET], 2);
	m.nl.absent = false;
	/* One that goes away when its user does. */
	fakekernel_hold(m.fk, UUID);
	assert_int_equal(remove_it(&m, true), -ETIMEDOUT);
	assert_int_equal(count_mdevs(&m), 0);
	end(&m);
}

static void test_create_and_remove(void **state)
{
	struct vdev_mdev_config *config;
	struct vdev_device *dev;
	struct machine m;

	(void)state;
	start(&m);
	config = config_of(&m, "serial-2", "size", "64", "mem-bytes", "0x2000");
	assert_int_equal(vdev_mdev_check(m.ctx, "serial", UUID, config), 0);
	assert_int_equal(m.nl.asked[MDEV_CMD_DEV_NEW], 0);
	assert_int_equal(vdev_mdev_create(m.ctx, "serial", NULL, config, &dev),
			 0);
	/* One request, and sysfs for what netlink does not have. */
	assert_int_equal(m.nl.asked[MDEV_CMD_DEV_NEW], 1);
	assert_int_equal(fakekernel_writes(m.fk), 1);
	assert_int_equal(m.nl.mem_bytes, 8192);
	assert_string_equal(vdev_device_parent(dev), "serial");
	assert_string_equal(vdev_device_mdev_type(dev), "serial-2");
	assert_int_equal(vdev_device_address(dev)[14], '4');
	assert_int_equal(vdev_mdev_remove(dev, 1000, false), 0);
	assert_int_equal(m.nl.asked[MDEV_CMD_DEV_DEL], 1);
	assert_int_equal(vdev_mdev_remove(dev, 1000, false), -ENODEV);
	vdev_device_unref(dev);
	vdev_mdev_config_free(config);
	assert_true(reads(&m, AVAILABLE, "2"));
	end(&m);
}

/* The same errors as by sysfs. */
static void test_refusals(void **state)
{
	struct machine m;

	(void)state;
	start(&m);
	assert_int_equal(create_with(&m, "no", NULL, NULL, NULL, NULL),
			 -ENOENT);
	assert_int_equal(create_with(&m, "serial-1", NULL, NULL, NULL, NULL),
			 -EUSERS);
	assert_int_equal(vdev_ctx_last_kind(m.ctx), VDEV_ERROR_FAILED);
	m.nl.refused = MDEV_CMD_DEV_NEW;
	m.nl.refusals = 1;
	m.nl.error = EEXIST;
	assert_int_equal(create(&m), -EEXIST);
	assert_true(says(&m, "already"));
	m.nl.refusals = 1;
	m.nl.error = ENOSPC;
	assert_int_equal(create(&m), -EUSERS);
	assert_true(says(&m, "can make no more"));
	m.nl.refusals = 1;
	m.nl.error = ENODEV;
	m.nl.why = "No parent has this ID";
	assert_int_equal(create(&m), -ENODEV);
	assert_true(says(&m, "No parent has this ID"));
	m.nl.refusals = 1;
	m.nl.error = EIO;
	m.nl.why = NULL;
	assert_int_equal(create(&m), -EIO);
	assert_non_null(vdev_ctx_last_hint(m.ctx));
	assert_false(fakekernel_exists(m.fk, DEVICE));
	m.nl.refusals = 3;
	m.nl.error = EAGAIN;
	assert_int_equal(create(&m), 0);
	assert_int_equal(create(&m), -EEXIST);
	assert_int_equal(remove_it(&m, false), 0);
	end(&m);
}

static void test_settings(void **state)
{
	struct machine m;

	(void)state;
	start(&m);
	assert_int_equal(
		create_with(&m, "serial-2", "size", "1", "mem-bytes", "4097"),
		-EINVAL);
	assert_int_equal(vdev_ctx_last_kind(m.ctx), VDEV_ERROR_FAILED);
	assert_true(says(&m, "mem-bytes '4097'"));
	assert_true(says(&m, "pages of 4 KiB"));
	assert_int_equal(
		create_with(&m, "serial-2", "nr-irqs", "1", NULL, NULL),
		-EOPNOTSUPP);
	assert_int_equal(vdev_ctx_last_kind(m.ctx), VDEV_ERROR_FAILED);
	assert_true(says(&m, "nr-irqs"));
	assert_int_equal(create_with(&m, "serial-2", "nr-queues", "7",
				     "mem-bytes", "4096"),
			 -EOPNOTSUPP);
	assert_true(says(&m, "nr-queues '7' or mem-bytes '4096'"));
	/* Nothing is asked for what is no number. */
	m.nl.asked[MDEV_CMD_DEV_NEW] = 0;
	assert_int_equal(
		create_with(&m, "serial-2", "nr-irqs", "x", NULL, NULL),
		-EINVAL);
	assert_true(says(&m, "nr-irqs refuses 'x'"));
	assert_int_equal(create_with(&m, "serial-2", "nr-irqs", "4294967296",
				     NULL, NULL),
			 -ERANGE);
	assert_int_equal(m.nl.asked[MDEV_CMD_DEV_NEW], 0);
	assert_false(fakekernel_exists(m.fk, DEVICE));
	assert_int_equal(create_with(&m, "serial-2", "mem-bytes", "1",
				     "mem-bytes", "4096"),
			 0);
	assert_int_equal(m.nl.mem_bytes, 4096);
	assert_int_equal(remove_it(&m, false), 0);

	/* A file of the mdev is refused when there is one already. */
	assert_int_equal(
		create_with(&m, "serial-2", "mem-bytes", "4096", "fixed", "1"),
		-EINVAL);
	assert_true(says(&m, "attribute fixed"));
	assert_true(says(&m, "removed again"));
	assert_int_equal(m.nl.asked[MDEV_CMD_DEV_DEL], 2);
	assert_false(fakekernel_exists(m.fk, DEVICE));
	assert_true(reads(&m, AVAILABLE, "2"));

	/* Without netlink there are no settings. */
	m.nl.absent = true;
	assert_int_equal(
		create_with(&m, "serial-2", "mem-bytes", "4096", NULL, NULL),
		-ENOENT);
	assert_true(says(&m, "generic netlink"));
	assert_false(fakekernel_exists(m.fk, DEVICE));
	end(&m);
}

static void test_odd_answers(void **state)
{
	/* Of another UUID, and of none. */
	static const _Alignas(4) char other[] =
		"\x29\0\1\0" OTHER "\0\0\0\0\x08\0\2\0\1\0\0\0\x06\0\3\0a";
	struct machine m;

	(void)state;
	start(&m);
	m.nl.odd_command = MDEV_CMD_DEV_NEW;
	m.nl.odd = other;
	m.nl.odd_size = sizeof(other);
	assert_int_equal(create(&m), -EBADMSG);
	assert_true(says(&m, "makes no sense"));
	assert_true(says(&m, "removed again"));
	m.nl.odd_size = 0;
	assert_int_equal(create(&m), -EBADMSG);
	assert_false(fakekernel_exists(m.fk, DEVICE));
	assert_true(reads(&m, AVAILABLE, "2"));
	m.nl.odd = NULL;
	assert_int_equal(create(&m), 0);
	/* Then sysfs tells whether it is there. */
	m.nl.odd = other;
	m.nl.odd_command = MDEV_CMD_DEV_GET;
	assert_int_equal(remove_it(&m, false), 0);
	end(&m);
}

static void test_removal(void **state)
{
	struct machine m;

	(void)state;
	start(&m);
	assert_int_equal(create(&m), 0);
	m.nl.refused = MDEV_CMD_DEV_DEL;
	m.nl.refusals = 1;
	m.nl.error = EBUSY;
	m.nl.why = "The device is open";
	assert_int_equal(remove_it(&m, false), -EBUSY);
	assert_int_equal(vdev_ctx_last_kind(m.ctx), VDEV_ERROR_IN_USE);
	assert_non_null(vdev_ctx_last_hint(m.ctx));
	m.nl.refusals = 1;
	m.nl.error = EIO;
	assert_int_equal(remove_it(&m, false), -EIO);
	assert_true(says(&m, "The device is open"));

	/* Those who miss the end ask for it. */
	m.nl.silent = true;
	m.nl.lost = ENOBUFS;
	assert_int_equal(remove_it(&m, false), 0);
	assert_int_equal(create(&m), 0);
	fakemdevnl_queue(&m.nl, FAKE_MDEV_FAMILY, MDEV_CMD_DEV_DEL_NTF);
	assert_int_equal(remove_it(&m, false), 0);
	m.nl.silent = false;

	/* One that somebody has open. */
	assert_int_equal(create(&m), 0);
	fakekernel_hold(m.fk, UUID);
	assert_int_equal(remove_it(&m, false), -EBUSY);
	fakemdevnl_notify_device(&m.nl, MDEV_CMD_DEV_DEL_NTF, OTHER, 1,
				 "serial-2");
	m.nl.lost = ENOBUFS;
	assert_int_equal(remove_it(&m, true), -ETIMEDOUT);
	assert_int_equal(vdev_ctx_last_kind(m.ctx), VDEV_ERROR_ROLLBACK);
	assert_int_equal(remove_it(&m, true), -EAGAIN);
	fakekernel_let_go(m.fk, UUID);
	end(&m);
}

/* Who may write to sysfs, but may not ask by netlink. */
static void test_no_capability(void **state)
{
	struct machine m;

	(void)state;
	start(&m);
	m.nl.error = EPERM;
	m.nl.why = "CAP_SYS_ADMIN is needed";
	m.nl.refused = MDEV_CMD_DEV_NEW;
	m.nl.refusals = 1;
	assert_int_equal(create(&m), 0);
	assert_int_equal(fakekernel_writes(m.fk), 1);
	m.nl.refused = MDEV_CMD_DEV_DEL;
	m.nl.refusals = 1;
	assert_int_equal(remove_it(&m, false), 0);
	assert_int_equal(fakekernel_writes(m.fk), 2);
	/* But what sysfs does not have is refused. */
	m.nl.refused = MDEV_CMD_DEV_NEW;
	m.nl.refusals = 1;
	assert_int_equal(
		create_with(&m, "serial-2", "mem-bytes", "4096", NULL, NULL),
		-EPERM);
	assert_true(says(&m, "CAP_SYS_ADMIN"));
	/* Nobody can listen: sysfs says when it is done. */
	fakekernel_set_events(m.fk, NULL, NULL);
	m.nl.refusals = 0;
	assert_int_equal(create(&m), 0);
	assert_int_equal(remove_it(&m, false), 0);
	assert_int_equal(fakekernel_writes(m.fk), 3);
	end(&m);
}

/* Whatever fails: made whole, or nothing there and said so. */
static void fail_creation(struct failnth *fail, void *data)
{
	struct vdev_mdev_config *config;
	struct vdev_device *dev = NULL;
	struct machine m;
	int ret;

	(void)data;
	start(&m);
	config = config_of(&m, "serial-2", "size", "1", NULL, NULL);
	failnth_start(fail, &m.ctx->sys);
	ret = vdev_mdev_create(m.ctx, "serial", UUID, config, &dev);
	failnth_stop(fail);
	if (!failnth_fired(fail))
		assert_int_equal(ret, 0);
	if (!ret) {
		assert_true(reads(&m, DEVICE "/size", "1"));
		assert_int_equal(vdev_mdev_remove(dev, 1000, true), 0);
	} else {
		assert_null(dev);
		assert_string_not_equal(vdev_ctx_last_error(m.ctx), "");
	}
	assert_false(fakekernel_exists(m.fk, DEVICE));
	vdev_device_unref(dev);
	vdev_mdev_config_free(config);
	end(&m);
}

/* Once it was asked for it goes, even if the end cannot be waited for. */
static void fail_removal(struct failnth *fail, void *data)
{
	struct vdev_device *dev;
	struct machine m;
	int ret;

	(void)data;
	start(&m);
	assert_int_equal(create(&m), 0);
	assert_int_equal(vdev_device_find(m.ctx, UUID, &dev), 0);
	failnth_start(fail, &m.ctx->sys);
	ret = vdev_mdev_remove(dev, 1000, false);
	failnth_stop(fail);
	if (!failnth_fired(fail))
		assert_int_equal(ret, 0);
	if (!ret)
		assert_false(fakekernel_exists(m.fk, DEVICE));
	else
		assert_string_not_equal(vdev_ctx_last_error(m.ctx), "");
	vdev_device_unref(dev);
	end(&m);
}

static void fail_types(struct failnth *fail, void *data)
{
	struct vdev_mdev_type_list *list = NULL;
	struct machine m;
	int ret;

	(void)data;
	start(&m);
	failnth_start(fail, &m.ctx->sys);
	ret = vdev_mdev_type_list_new(m.ctx, NULL, &list);
	failnth_stop(fail);
	if (!failnth_fired(fail))
		assert_int_equal(ret, 3);
	assert_int_equal(ret >= 0, list != NULL);
	vdev_mdev_type_list_free(list);
	end(&m);
}

static void fail_list(struct failnth *fail, void *data)
{
	struct machine m;
	int ret;

	(void)data;
	start(&m);
	assert_int_equal(create(&m), 0);
	failnth_start(fail, &m.ctx->sys);
	ret = count_mdevs(&m);
	failnth_stop(fail);
	if (!failnth_fired(fail))
		assert_int_equal(ret, 1);
	end(&m);
}

static void test_failures(void **state)
{
	(void)state;
	failnth_sweep(fail_list, NULL);
	failnth_sweep(fail_creation, NULL);
	failnth_sweep(fail_removal, NULL);
	failnth_sweep(fail_types, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_type_answers),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_create_and_remove),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_odd_answers),
		cmocka_unit_test(test_removal),
		cmocka_unit_test(test_no_capability),
		cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
