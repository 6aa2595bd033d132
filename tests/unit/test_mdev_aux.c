/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libvdev/aux.h>
#include <libvdev/mdev.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "failnth.h"
#include "fakebus.h"
#include "fakemdevnl.h"
#include "kernel/abi/mdev.h"

#define UUID(last) "83b8f4f2-509f-382f-3c1e-e6bfe0fa100" last
#define DEVICES	   "/sys/bus/mdev/devices/"

static const char *const parents[] = { "serial", "accel", "queues", NULL };

/* Two parents, of which one has PASIDs: as many as the family tells. */
static struct fakekernel *machine(struct fakemdevnl *f)
{
	struct fakekernel *fk = fakekernel_new();

	fakekernel_add_mdev_parent(fk, "serial");
	fakekernel_add_mdev_type(fk, "serial", "serial-1", 2);
	fakekernel_add_mdev_parent(fk, "accel");
	fakekernel_add_mdev_type(fk, "accel", "accel-emu", 4);
	fakekernel_add_mdev_type(fk, "accel", "accel-pasid", 4);
	fakekernel_add_mdev_parent(fk, "queues");
	fakekernel_add_mdev_type(fk, "queues", "accel-pasid", 4);
	*f = (struct fakemdevnl){ .parents = parents,
				  .max_pasids = 8,
				  .pasid_type = "accel-pasid" };
	fakemdevnl_start(f, fk);
	return fk;
}

/* Makes an mdev that its parent isolates, by a PASID unless that is NULL. */
static void add_mdev(struct fakekernel *fk, struct vdev_ctx *ctx,
		     const char *parent, const char *type, const char *uuid,
		     const char *pasid)
{
	struct vdev_mdev_config *config;
	struct vdev_device *dev = NULL;

	assert_int_equal(vdev_mdev_config_new(ctx, &config), 0);
	assert_int_equal(vdev_mdev_config_set_type(config, type), 0);
	assert_int_equal(vdev_mdev_create(ctx, parent, uuid, config, &dev), 0);
	vdev_device_unref(dev);
	vdev_mdev_config_free(config);
	fake_put(fk, pasid ? "iommu-pasid\n" : "emulated\n",
		 DEVICES "%s/isolation", uuid);
	if (pasid)
		fake_put(fk, pasid, DEVICES "%s/pasid", uuid);
}

static void add_mdevs(struct fakekernel *fk, struct vdev_ctx *ctx)
{
	add_mdev(fk, ctx, "accel", "accel-pasid", UUID("1"), "1\n");
	add_mdev(fk, ctx, "accel", "accel-emu", UUID("2"), NULL);
	add_mdev(fk, ctx, "accel", "accel-pasid", UUID("3"), "2\n");
	add_mdev(fk, ctx, "queues", "accel-pasid", UUID("4"), "3\n");
	/* Beyond the PASIDs that these parents have. */
	add_mdev(fk, ctx, "queues", "accel-pasid", UUID("5"), "8\n");
}

#define assert_said(text) \
	assert_non_null(strstr(vdev_ctx_last_error(ctx), text))

static void check_accel(const struct vdev_aux *aux)
{
	assert_string_equal(vdev_aux_parent(aux), "accel");
	assert_true(vdev_aux_capable(aux));
	assert_int_equal(vdev_aux_pasids(aux), 7);
	assert_int_equal(vdev_aux_taken(aux), 3);
	assert_int_equal(vdev_aux_left(aux), 4);
	assert_string_equal(vdev_aux_type(aux, 0), "accel-pasid");
	assert_null(vdev_aux_type(aux, 1));
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(vdev_device_parent(vdev_aux_mdev(aux, i)),
				    "accel");
	assert_null(vdev_aux_mdev(aux, 3));
}

static void test_list(void **state)
{
	struct fakemdevnl f;
	struct fakekernel *fk = machine(&f);
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_aux_list *list = NULL;
	const struct vdev_aux *aux;

	(void)state;
	add_mdevs(fk, ctx);
	assert_int_equal(vdev_aux_list_new(ctx, NULL, &list), 3);
	assert_int_equal(vdev_aux_list_count(list), 3);
	check_accel(vdev_aux_list_get(list, 0));
	aux = vdev_aux_list_get(list, 2);
	assert_string_equal(vdev_aux_parent(aux), "serial");
	/* It has PASIDs, and no use for them. */
	assert_false(vdev_aux_capable(aux));
	assert_null(vdev_aux_type(aux, 0));
	assert_null(vdev_aux_mdev(aux, 0));
	assert_null(vdev_aux_list_get(list, 3));
	vdev_aux_list_free(list);
	vdev_aux_list_free(NULL);
	assert_int_equal(vdev_aux_list_new(ctx, "accel", &list), 1);
	check_accel(vdev_aux_list_get(list, 0));
	vdev_aux_list_free(list);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void test_no_pasids(void **state)
{
	struct fakemdevnl f;
	struct fakekernel *fk = machine(&f);
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_aux_list *list = NULL;
	const struct vdev_aux *aux;

	(void)state;
	add_mdevs(fk, ctx);
	/* None, then but the one that stands for none, then too few. */
	for (unsigned int max = 0; max < 3; max++) {
		f.max_pasids = max;
		assert_int_equal(vdev_aux_list_new(ctx, "accel", &list), 1);
		aux = vdev_aux_list_get(list, 0);
		assert_int_equal(vdev_aux_capable(aux), max == 2);
		assert_int_equal(vdev_aux_pasids(aux), max == 2);
		assert_int_equal(vdev_aux_taken(aux), max == 2);
		assert_int_equal(vdev_aux_left(aux), 0);
		vdev_aux_list_free(list);
	}
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void test_errors(void **state)
{
	struct fakemdevnl f;
	struct fakekernel *fk = machine(&f);
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_aux_list *list = NULL;

	(void)state;
	assert_int_equal(vdev_aux_list_new(ctx, "nothing", &list), -ENODEV);
	assert_said("nothing is no parent of mdevs");
	assert_int_equal(vdev_aux_list_new(ctx, "../x", &list), -EINVAL);
	f.refused = MDEV_CMD_PARENT_GET;
	f.refusals = 1;
	f.error = EPERM;
	assert_int_equal(vdev_aux_list_new(ctx, NULL, &list), -EPERM);
	f.refused = MDEV_CMD_TYPE_GET;
	f.refusals = 1;
	assert_int_equal(vdev_aux_list_new(ctx, "accel", &list), -EPERM);
	assert_said("cannot read the PASIDs of accel");
	/* One that has gone meanwhile is no failure. */
	f.refusals = 1;
	f.error = ENODEV;
	assert_int_equal(vdev_aux_list_new(ctx, NULL, &list), 2);
	vdev_aux_list_free(list);
	list = NULL;
	f.absent = true;
	assert_int_equal(vdev_aux_list_new(ctx, NULL, &list), -EOPNOTSUPP);
	assert_said("this kernel does not tell which PASIDs");
	assert_non_null(strstr(vdev_ctx_last_hint(ctx), "kernel-patches"));
	assert_null(list);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void test_captured(void **state)
{
	struct fakemdevnl f;
	struct fakekernel *fk = machine(&f);
	struct vdev_aux_list *list = NULL;
	struct vdev_ctx *ctx;

	(void)state;
	assert_int_equal(vdev_ctx_new(&ctx), 0);
	assert_int_equal(vdev_ctx_set_root(ctx, fakekernel_root(fk)), 0);
	assert_int_equal(vdev_aux_list_new(ctx, NULL, &list), -EOPNOTSUPP);
	assert_said("not in a capture");
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void scenario(struct failnth *fail, void *data)
{
	struct fakemdevnl f;
	struct fakekernel *fk = machine(&f);
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_aux_list *list = NULL;
	int ret;

	(void)data;
	add_mdevs(fk, ctx);
	failnth_start(fail, &ctx->sys);
	ret = vdev_aux_list_new(ctx, NULL, &list);
	failnth_stop(fail);
	assert_true(ret == 3 || failnth_fired(fail));
	assert_int_equal(ret >= 0, list != NULL);
	vdev_aux_list_free(list);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void test_failures(void **state)
{
	(void)state;
	failnth_sweep(scenario, NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_no_pasids),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_captured),
		cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
