/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libvdev/mdev.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "failnth.h"
#include "fakekernel.h"
#include "object/mdev.h"

#define UUID	  "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define DEVICE	  "/sys/bus/mdev/devices/" UUID
#define TYPES	  "/sys/class/mdev_bus/serial/mdev_supported_types"
#define AVAILABLE TYPES "/serial-2/available_instances"

static struct fakekernel *machine(void)
{
	struct fakekernel *fk = fakekernel_new();

	fakekernel_add_mdev_parent(fk, "serial");
	fakekernel_add_mdev_type(fk, "serial", "serial-2", 2);
	fakekernel_add_mdev_type(fk, "serial", "serial-1", 0);
	fakekernel_add_mdev_parent(fk, "0000:0a:00.0");
	fakekernel_add_mdev_type(fk, "0000:0a:00.0", "gpu-big", 1);
	return fk;
}

static struct vdev_mdev_config *config_of(struct vdev_ctx *ctx,
					  const char *type)
{
	struct vdev_mdev_config *config;

	assert_int_equal(vdev_mdev_config_new(ctx, &config), 0);
	assert_int_equal(vdev_mdev_config_set_type(config, type), 0);
	return config;
}

/* Makes one and drops it. */
static int create(struct vdev_ctx *ctx, const char *parent, const char *uuid,
		  const struct vdev_mdev_config *config)
{
	struct vdev_device *dev = NULL;
	int ret = vdev_mdev_create(ctx, parent, uuid, config, &dev);

	assert_int_equal(!ret, dev != NULL);
	vdev_device_unref(dev);
	return ret;
}

static int remove_it(struct vdev_ctx *ctx, const char *uuid)
{
	struct vdev_device *dev;
	int ret = vdev_device_find(ctx, uuid, &dev);

	if (ret)
		return ret;
	ret = vdev_mdev_remove(dev, 1000, false);
	vdev_device_unref(dev);
	return ret;
}

static bool reads(struct vdev_ctx *ctx, const char *path, const char *what)
{
	char text[64] = "";

	(void)vdev_sys_read_attr(&ctx->sys, VDEV_SYS_ROOT, path, text,
				 sizeof(text));
	return str_eq(text, what);
}

static void test_types(void **state)
{
	static const char *const ids[] = { "gpu-big", "serial-1", "serial-2" };
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	const struct vdev_mdev_type *type;
	struct vdev_mdev_type_list *list;
	size_t i;

	(void)state;
	assert_int_equal(vdev_mdev_type_list_new(ctx, NULL, &list), 3);
	assert_int_equal(vdev_mdev_type_list_count(list), 3);
	for (i = 0; i < ARRAY_SIZE(ids); i++) {
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
	/* The domain may be left out, the case does not matter. */
	assert_int_equal(vdev_mdev_type_list_new(ctx, "0A:00.0", &list), 1);
	vdev_mdev_type_list_free(list);
	assert_int_equal(vdev_mdev_type_list_new(ctx, "Serial", &list),
			 -ENODEV);
	assert_int_equal(vdev_mdev_type_list_new(ctx, "../x", &list), -EINVAL);
	vdev_mdev_type_list_free(NULL);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void test_no_parents(void **state)
{
	struct fakekernel *fk = fakekernel_new();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_mdev_type_list *list;

	(void)state;
	assert_int_equal(vdev_mdev_type_list_new(ctx, NULL, &list), 0);
	vdev_mdev_type_list_free(list);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void test_config(void **state)
{
	static const char *const bad[] = { "",	"/a", "a//b",  "a/",
					   ".", "..", "a/../b" };
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_mdev_config *config;

	(void)state;
	assert_int_equal(vdev_mdev_config_new(ctx, &config), 0);
	assert_null(vdev_mdev_config_type(config));
	assert_int_equal(vdev_mdev_config_set_type(config, "a/b"), -EINVAL);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(
			vdev_mdev_config_add_attr(config, 0, bad[i], "x"),
			-EINVAL);
	assert_int_equal(vdev_mdev_config_add_attr(config, 9, "b", "2"), 0);
	assert_int_equal(vdev_mdev_config_add_attr(config, 0, "a", "1"), 0);
	assert_int_equal(vdev_mdev_config_add_attr(config, SIZE_MAX, "c/d", ""),
			 0);
	assert_int_equal(vdev_mdev_config_attr_count(config), 3);
	assert_string_equal(vdev_mdev_config_attr_name(config, 0), "a");
	assert_string_equal(vdev_mdev_config_attr_value(config, 1), "2");
	assert_string_equal(vdev_mdev_config_attr_name(config, 2), "c/d");
	assert_null(vdev_mdev_config_attr_name(config, 3));
	assert_null(vdev_mdev_config_attr_value(config, 3));
	assert_int_equal(create(ctx, "serial", NULL, config), -EINVAL);
	vdev_mdev_config_free(config);
	vdev_mdev_config_free(NULL);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void test_create_and_remove(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_mdev_config *config = config_of(ctx, "serial-2");
	struct vdev_device *dev;

	(void)state;
	assert_int_equal(vdev_mdev_config_add_attr(config, 0, "size", "64"), 0);
	assert_int_equal(vdev_mdev_check(ctx, "serial", UUID, config), 0);
	assert_false(fakekernel_exists(fk, DEVICE));
	assert_int_equal(vdev_mdev_create(ctx, "serial",
					  "83B8F4F2-509F-382F-3C1E-"
					  "E6BFE0FA1001",
					  config, &dev),
			 0);
	assert_string_equal(vdev_device_address(dev), UUID);
	assert_string_equal(vdev_device_parent(dev), "serial");
	assert_string_equal(vdev_device_mdev_type(dev), "serial-2");
	assert_true(reads(ctx, DEVICE "/size", "64"));
	assert_true(reads(ctx, AVAILABLE, "1"));
	assert_int_equal(vdev_mdev_remove(dev, 1000, false), 0);
	assert_int_equal(vdev_mdev_remove(dev, 1000, false), -ENODEV);
	assert_int_equal(vdev_mdev_wait(dev, 0), -ENODEV);
	vdev_device_unref(dev);
	assert_true(reads(ctx, AVAILABLE, "2"));

	/* A random UUID is of version 4. */
	assert_int_equal(vdev_mdev_create(ctx, "serial", NULL, config, &dev),
			 0);
	assert_int_equal(vdev_device_address(dev)[14], '4');
	assert_non_null(strchr("89ab", vdev_device_address(dev)[19]));
	assert_int_equal(vdev_mdev_remove(dev, 1000, false), 0);
	vdev_device_unref(dev);
	vdev_mdev_config_free(config);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void test_refusals(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_mdev_config *two = config_of(ctx, "serial-2");
	struct vdev_mdev_config *one = config_of(ctx, "serial-1");

	(void)state;
	assert_int_equal(create(ctx, "nothing", NULL, two), -ENODEV);
	assert_int_equal(create(ctx, "0a:00.0", NULL, two), -ENOENT);
	assert_int_equal(create(ctx, "serial", "x", two), -EINVAL);
	assert_int_equal(create(ctx, "serial", NULL, one), -EUSERS);
	assert_int_equal(vdev_ctx_last_kind(ctx), VDEV_ERROR_FAILED);
	assert_int_equal(create(ctx, "serial", UUID, two), 0);
	assert_int_equal(create(ctx, "serial", UUID, two), -EEXIST);
	assert_int_equal(create(ctx, "serial", NULL, two), 0);
	assert_int_equal(create(ctx, "serial", NULL, two), -EUSERS);
	assert_int_equal(remove_it(ctx, UUID), 0);
	/* What was free a moment ago may not be when it is written. */
	fakekernel_fail_write(fk, 1, EUSERS);
	assert_int_equal(create(ctx, "serial", UUID, two), -EUSERS);
	fakekernel_fail_write(fk, 1, EEXIST);
	assert_int_equal(create(ctx, "serial", UUID, two), -EEXIST);
	fakekernel_fail_write(fk, 1, EAGAIN);
	assert_int_equal(create(ctx, "serial", UUID, two), 0);
	assert_int_equal(remove_it(ctx, UUID), 0);
	fakekernel_fail_write(fk, 1, EIO);
	assert_int_equal(create(ctx, "serial", UUID, two), -EIO);
	assert_non_null(vdev_ctx_last_hint(ctx));
	assert_false(fakekernel_exists(fk, DEVICE));
	vdev_mdev_config_free(one);
	vdev_mdev_config_free(two);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void test_attributes_rolled_back(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_mdev_config *config = config_of(ctx, "serial-2");

	(void)state;
	vdev_mdev_config_add_attr(config, 0, "size", "1");
	vdev_mdev_config_add_attr(config, 1, "fixed", "2");
	assert_int_equal(create(ctx, "serial", UUID, config), -EINVAL);
	assert_int_equal(vdev_ctx_last_kind(ctx), VDEV_ERROR_FAILED);
	assert_non_null(strstr(vdev_ctx_last_error(ctx), "fixed"));
	assert_non_null(strstr(vdev_ctx_last_error(ctx), "removed again"));
	assert_false(fakekernel_exists(fk, DEVICE));
	assert_true(reads(ctx, AVAILABLE, "2"));

	/* Creation, two attributes, removal. */
	fakekernel_fail_write(fk, 4, EIO);
	assert_int_equal(create(ctx, "serial", UUID, config), -EINVAL);
	assert_int_equal(vdev_ctx_last_kind(ctx), VDEV_ERROR_ROLLBACK);
	assert_true(fakekernel_exists(fk, DEVICE));
	assert_int_equal(remove_it(ctx, UUID), 0);

	vdev_mdev_config_free(config);
	config = config_of(ctx, "serial-2");
	vdev_mdev_config_add_attr(config, 0, "nothing/here", "2");
	assert_int_equal(create(ctx, "serial", UUID, config), -ENOENT);
	assert_non_null(strstr(vdev_ctx_last_error(ctx), "does not exist"));
	assert_false(fakekernel_exists(fk, DEVICE));
	vdev_mdev_config_free(config);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

/* An mdev that others see before it is usable. */
static void test_half_made(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_mdev_config *config = config_of(ctx, "serial-2");

	(void)state;
	fakekernel_half_mdevs(fk, true);
	assert_int_equal(create(ctx, "serial", UUID, config), -ETIMEDOUT);
	/* Nothing is written to `remove`, which would be lost. */
	fakekernel_fail_write(fk, 1, EIO);
	assert_int_equal(remove_it(ctx, UUID), -ETIMEDOUT);
	assert_int_equal(fakekernel_writes(fk), 0);
	vdev_mdev_config_free(config);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

/* Somebody has unbound it: that does not keep it from being removed. */
static void test_without_driver(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_mdev_config *config = config_of(ctx, "serial-2");

	(void)state;
	assert_int_equal(create(ctx, "serial", UUID, config), 0);
	assert_int_equal(ctx->sys.ops->unlink(&ctx->sys, DEVICE "/driver"), 0);
	assert_int_equal(remove_it(ctx, UUID), 0);
	vdev_mdev_config_free(config);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void test_removal_waits(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_mdev_config *config = config_of(ctx, "serial-2");

	(void)state;
	assert_int_equal(create(ctx, "serial", UUID, config), 0);
	fakekernel_hold(fk, UUID);
	assert_int_equal(remove_it(ctx, UUID), -ETIMEDOUT);
	assert_int_equal(vdev_ctx_last_kind(ctx), VDEV_ERROR_ROLLBACK);
	fakekernel_fail_write(fk, 1, EAGAIN);
	assert_int_equal(remove_it(ctx, UUID), -EAGAIN);
	fakekernel_fail_write(fk, 1, ENODEV);
	assert_int_equal(remove_it(ctx, UUID), -ENODEV);
	fakekernel_fail_write(fk, 1, EPERM);
	assert_int_equal(remove_it(ctx, UUID), -EPERM);
	assert_int_equal(vdev_ctx_last_kind(ctx), VDEV_ERROR_PERMISSION);
	fakekernel_fail_write(fk, 0, 0);
	fakekernel_let_go(fk, UUID);
	assert_int_equal(remove_it(ctx, UUID), 0);
	vdev_mdev_config_free(config);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void test_not_an_mdev(void **state)
{
	static const struct fake_device card = { .address = "0000:01:00.0",
						 .vendor = 0x8086,
						 .class = 0x020000 };
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_device *dev;

	(void)state;
	fakekernel_add_device(fk, &card);
	assert_int_equal(vdev_device_find(ctx, card.address, &dev), 0);
	assert_int_equal(vdev_mdev_wait(dev, 0), -EINVAL);
	assert_int_equal(vdev_mdev_remove(dev, 0, true), -EINVAL);
	vdev_device_unref(dev);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

/* Whatever fails: made whole, or nothing there and said so. */
static void fail_creation(struct failnth *fail, void *data)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_mdev_config *config = config_of(ctx, "serial-2");
	struct vdev_device *dev = NULL;
	int ret;

	(void)data;
	vdev_mdev_config_add_attr(config, 0, "size", "1");
	failnth_start(fail, &ctx->sys);
	ret = vdev_mdev_create(ctx, "serial", UUID, config, &dev);
	failnth_stop(fail);
	if (!failnth_fired(fail))
		assert_int_equal(ret, 0);
	if (!ret) {
		assert_true(reads(ctx, DEVICE "/size", "1"));
		assert_int_equal(vdev_mdev_remove(dev, 1000, true), 0);
	} else {
		assert_null(dev);
		assert_string_not_equal(vdev_ctx_last_error(ctx), "");
	}
	assert_false(fakekernel_exists(fk, DEVICE));
	vdev_device_unref(dev);
	vdev_mdev_config_free(config);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void fail_removal(struct failnth *fail, void *data)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_mdev_config *config = config_of(ctx, "serial-2");
	struct vdev_device *dev;
	int ret;

	(void)data;
	assert_int_equal(vdev_mdev_create(ctx, "serial", UUID, config, &dev),
			 0);
	failnth_start(fail, &ctx->sys);
	ret = vdev_mdev_remove(dev, 1000, false);
	failnth_stop(fail);
	if (!failnth_fired(fail))
		assert_int_equal(ret, 0);
	assert_int_equal(fakekernel_exists(fk, DEVICE), ret != 0);
	vdev_device_unref(dev);
	vdev_mdev_config_free(config);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void fail_types(struct failnth *fail, void *data)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_mdev_type_list *list = NULL;
	int ret;

	(void)data;
	failnth_start(fail, &ctx->sys);
	ret = vdev_mdev_type_list_new(ctx, NULL, &list);
	failnth_stop(fail);
	if (!failnth_fired(fail))
		assert_int_equal(ret, 3);
	assert_int_equal(ret >= 0, list != NULL);
	vdev_mdev_type_list_free(list);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void test_failures(void **state)
{
	(void)state;
	failnth_sweep(fail_creation, NULL);
	failnth_sweep(fail_removal, NULL);
	failnth_sweep(fail_types, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_no_parents),
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_create_and_remove),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_attributes_rolled_back),
		cmocka_unit_test(test_half_made),
		cmocka_unit_test(test_without_driver),
		cmocka_unit_test(test_removal_waits),
		cmocka_unit_test(test_not_an_mdev),
		cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
