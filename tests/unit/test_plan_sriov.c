/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Plans for the VFs of a PF on a fake kernel. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libvdev/sriov.h>

#include "failnth.h"
#include "fakekernel.h"
#include "object/device.h"
#include "object/journal.h"

#define PF     "0000:01:00.0"
#define VF0    "0000:01:10.0"
#define VF1    "0000:01:10.1"
#define VF2    "0000:01:10.2"
#define MOST   4
#define ENABLE "/sys/module/vfio_pci/parameters/enable_sriov"

static const char *const vfs[] = { VF0, VF1, VF2, "0000:01:10.3" };

static struct fakekernel *machine(void)
{
	static const struct fake_device pf = { PF,	 NULL,	0x8086, 0x10c9,
					       0x020000, "igb", 11 };
	struct fakekernel *fk = fakekernel_new();

	fakekernel_add_driver(fk, "igb", FAKE_NET);
	fakekernel_add_driver(fk, "igbvf", FAKE_NET);
	fakekernel_add_driver(fk, "pci-stub", FAKE_PLAIN);
	fakekernel_add_driver(fk, "vfio-pci", FAKE_VFIO);
	fakekernel_write(fk, ENABLE, "N\n");
	fakekernel_add_device(fk, &pf);
	fakekernel_add_vfs(fk, PF, VF0, MOST, "igbvf", 20);
	return fk;
}

static struct vdev_plan *new_plan(struct vdev_ctx *ctx, enum vdev_action action,
				  unsigned int count)
{
	struct vdev_plan *plan;
	struct vdev_device *dev;

	assert_return_code(vdev_plan_new(ctx, action, &plan), 0);
	assert_int_equal(vdev_device_new(ctx, "pci", PF, &dev), 0);
	assert_int_equal(vdev_plan_add(plan, dev), 0);
	vdev_device_unref(dev);
	if (action == VDEV_ACTION_SRIOV)
		assert_int_equal(vdev_plan_set_vf_count(plan, count), 0);
	return plan;
}

static int finish(struct vdev_ctx *ctx, struct vdev_plan *plan)
{
	int ret = vdev_plan_run(plan);

	if (ret)
		print_message("# %s\n", vdev_ctx_last_error(ctx));
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	return ret;
}

/* `driver` may be "default" or NULL. */
static int set(struct fakekernel *fk, unsigned int count, const char *driver)
{
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan = new_plan(ctx, VDEV_ACTION_SRIOV, count);

	if (str_eq(driver, "default"))
		assert_int_equal(vdev_plan_set_vf_native(plan), 0);
	else
		assert_int_equal(vdev_plan_set_driver(plan, driver), 0);
	return finish(ctx, plan);
}

static int restore(struct fakekernel *fk)
{
	struct vdev_ctx *ctx = fakekernel_ctx(fk);

	return finish(ctx, new_plan(ctx, VDEV_ACTION_RESTORE, 0));
}

static int bind_pf(struct fakekernel *fk)
{
	struct vdev_ctx *ctx = fakekernel_ctx(fk);

	return finish(ctx, new_plan(ctx, VDEV_ACTION_BIND, 0));
}

static bool has_journal(struct fakekernel *fk)
{
	return fakekernel_exists(fk, JOURNAL_DIR "/" PF);
}

static bool reads(struct fakekernel *fk, const char *path, const char *what)
{
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	char text[64] = "";

	(void)vdev_sys_read_attr(&ctx->sys, VDEV_SYS_ROOT, path, text,
				 sizeof(text));
	vdev_ctx_unref(ctx);
	return str_eq(text, what);
}

static void assert_autoprobe(struct fakekernel *fk, bool on)
{
	assert_true(reads(fk,
			  "/sys/bus/pci/devices/" PF "/sriov_drivers_autoprobe",
			  on ? "1" : "0"));
}

/* So many VFs, each with that driver and override. */
static void assert_vfs(struct fakekernel *fk, unsigned int count,
		       const char *driver, const char *override)
{
	for (unsigned int i = 0; i < MOST; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", vfs[i]);
		assert_int_equal(fakekernel_exists(fk, path), i < count);
		if (i >= count)
			continue;
		assert_string_equal(fakekernel_driver(fk, vfs[i]), driver);
		assert_string_equal(fakekernel_override(fk, vfs[i]), override);
	}
}

static void assert_original(struct fakekernel *fk)
{
	assert_string_equal(fakekernel_driver(fk, PF), "igb");
	assert_vfs(fk, 0, "", "");
	assert_autoprobe(fk, true);
	assert_false(has_journal(fk));
	assert_true(reads(fk, ENABLE, "N"));
}

static void test_set_and_clear(void **state)
{
	struct fakekernel *fk = machine();

	(void)state;
	assert_int_equal(set(fk, 3, NULL), 0);
	assert_vfs(fk, 3, "vfio-pci", "vfio-pci");
	assert_autoprobe(fk, true);
	assert_true(has_journal(fk));
	/* Another number: all anew. */
	assert_int_equal(set(fk, MOST, NULL), 0);
	assert_vfs(fk, MOST, "vfio-pci", "vfio-pci");
	assert_int_equal(set(fk, 1, NULL), 0);
	assert_vfs(fk, 1, "vfio-pci", "vfio-pci");
	/* What was there before the first change is nothing to come back to. */
	assert_int_equal(set(fk, 0, NULL), 0);
	assert_original(fk);
	fakekernel_free(fk);
}

static void test_native_is_never_probed(void **state)
{
	struct fakekernel *fk = machine();

	(void)state;
	/* A probe would fail, and so would whoever let it run. */
	fakekernel_refuse(fk, "igbvf", EIO);
	assert_int_equal(set(fk, MOST, "vfio-pci"), 0);
	assert_vfs(fk, MOST, "vfio-pci", "vfio-pci");
	fakekernel_free(fk);
}

static void test_native(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan = new_plan(ctx, VDEV_ACTION_SRIOV, 2);

	(void)state;
	assert_int_equal(set(fk, 2, "default"), 0);
	assert_vfs(fk, 2, "igbvf", "");
	/* The same number: they stay, and change their driver. */
	assert_int_equal(set(fk, 2, NULL), 0);
	assert_vfs(fk, 2, "vfio-pci", "vfio-pci");
	assert_int_equal(set(fk, 2, "default"), 0);
	assert_vfs(fk, 2, "igbvf", "");
	assert_int_equal(set(fk, 2, "pci-stub"), 0);
	assert_vfs(fk, 2, "pci-stub", "pci-stub");
	assert_int_equal(restore(fk), 0);
	assert_original(fk);

	assert_int_equal(vdev_plan_set_vf_native(plan), 0);
	assert_int_equal(vdev_plan_set_vf_autoprobe(plan, false), 0);
	assert_int_equal(finish(ctx, plan), 0);
	assert_vfs(fk, 2, "", "");
	assert_autoprobe(fk, false);
	assert_int_equal(set(fk, 1, NULL), 0);
	assert_vfs(fk, 1, "vfio-pci", "vfio-pci");
	assert_autoprobe(fk, false);
	assert_int_equal(restore(fk), 0);
	assert_original(fk);
	fakekernel_free(fk);
}

/* VFs that were there come back with the drivers they had. */
static void test_restore_brings_vfs_back(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan;
	struct vdev_device *dev;

	(void)state;
	assert_int_equal(set(fk, 2, "default"), 0);
	assert_int_equal(journal_remove(ctx, PF), 0);
	assert_int_equal(vdev_device_new(ctx, "pci", VF1, &dev), 0);
	assert_int_equal(vdev_device_write_attr(dev, "driver_override", "x"),
			 0);
	vdev_device_unref(dev);

	assert_int_equal(set(fk, 0, NULL), 0);
	assert_true(has_journal(fk));
	plan = new_plan(ctx, VDEV_ACTION_RESTORE, 0);
	assert_int_equal(vdev_plan_run(plan), 0);
	assert_int_equal(vdev_plan_outcome(plan, 0), VDEV_OUTCOME_DONE);
	assert_non_null(strstr(vdev_plan_reason(plan, 0), "made anew"));
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	assert_string_equal(fakekernel_driver(fk, VF0), "igbvf");
	assert_string_equal(fakekernel_override(fk, VF0), "");
	assert_string_equal(fakekernel_driver(fk, VF1), "igbvf");
	assert_string_equal(fakekernel_override(fk, VF1), "x");
	assert_autoprobe(fk, true);
	assert_false(has_journal(fk));
	fakekernel_free(fk);
}

static void test_check_changes_nothing(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan = new_plan(ctx, VDEV_ACTION_SRIOV, 3);

	(void)state;
	assert_int_equal(vdev_plan_vfs_before(plan), -ENODATA);
	fakekernel_fail_write(fk, 0, 0);
	assert_int_equal(vdev_plan_check(plan), 0);
	assert_int_equal(vdev_plan_check(plan), 0);
	assert_int_equal(fakekernel_writes(fk), 0);
	assert_int_equal(vdev_plan_vfs_before(plan), 0);
	assert_int_equal(vdev_plan_device_count(plan), 1);
	assert_int_equal(vdev_plan_step_count(plan), 4);
	assert_string_equal(vdev_plan_step(plan, 1), PF ": make 3 VFs");
	assert_int_equal(vdev_plan_run(plan), 0);
	assert_int_equal(vdev_plan_device_count(plan), 4);
	assert_int_equal(vdev_plan_outcome(plan, 0), VDEV_OUTCOME_DONE);
	assert_int_equal(vdev_plan_outcome(plan, 3), VDEV_OUTCOME_DONE);
	assert_string_equal(vdev_plan_target(plan, 3), "vfio-pci");
	/* Once more there is nothing to do. */
	assert_int_equal(vdev_plan_run(plan), 0);
	assert_int_equal(vdev_plan_vfs_before(plan), 3);
	assert_int_equal(vdev_plan_device_count(plan), 4);
	assert_int_equal(vdev_plan_step_count(plan), 0);
	assert_int_equal(vdev_plan_outcome(plan, 0), VDEV_OUTCOME_UNCHANGED);
	assert_int_equal(vdev_plan_outcome(plan, 2), VDEV_OUTCOME_UNCHANGED);
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void test_bad_requests(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan = new_plan(ctx, VDEV_ACTION_SRIOV, MOST + 1);
	struct vdev_device *dev;

	(void)state;
	assert_int_equal(vdev_plan_run(plan), -ERANGE);
	assert_int_equal(vdev_ctx_last_kind(ctx), VDEV_ERROR_NOT_SUPPORTED);
	assert_int_equal(vdev_plan_set_vf_count(plan, 1), 0);
	assert_int_equal(vdev_plan_set_vf_msix(plan, 1, 4), 0);
	assert_int_equal(vdev_plan_run(plan), -EINVAL);
	assert_int_equal(vdev_plan_set_driver(plan, "nosuch"), 0);
	vdev_plan_free(plan);
	assert_int_equal(set(fk, 1, "nosuch"), -ENOENT);
	assert_original(fk);

	assert_int_equal(set(fk, 1, NULL), 0);
	plan = new_plan(ctx, VDEV_ACTION_SRIOV, 1);
	assert_int_equal(vdev_device_new(ctx, "pci", VF0, &dev), 0);
	assert_int_equal(vdev_plan_add(plan, dev), -EINVAL);
	vdev_plan_free(plan);
	assert_return_code(vdev_plan_new(ctx, VDEV_ACTION_SRIOV, &plan), 0);
	assert_int_equal(vdev_plan_add(plan, dev), -EOPNOTSUPP);
	vdev_device_unref(dev);
	vdev_plan_free(plan);

	plan = new_plan(ctx, VDEV_ACTION_BIND, 0);
	assert_int_equal(vdev_plan_set_vf_count(plan, 1), -EINVAL);
	assert_int_equal(vdev_plan_set_vf_native(plan), -EINVAL);
	assert_int_equal(vdev_plan_set_vf_autoprobe(plan, true), -EINVAL);
	assert_int_equal(vdev_plan_set_vf_msix(plan, 0, 1), -EINVAL);
	assert_int_equal(vdev_plan_enable_sriov(plan), -EINVAL);
	assert_int_equal(vdev_plan_vfs_before(plan), -ENODATA);
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void test_vf_in_use(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan;

	(void)state;
	assert_int_equal(set(fk, 2, NULL), 0);
	/* Somebody has the second one's group open. */
	fakekernel_write(fk, "/proc/812/comm", "qemu\n");
	fakekernel_link(fk, "/dev/vfio/21", "/proc/812/fd/7");
	plan = new_plan(ctx, VDEV_ACTION_SRIOV, 1);
	assert_int_equal(vdev_plan_run(plan), -EBUSY);
	assert_int_equal(vdev_ctx_last_kind(ctx), VDEV_ERROR_IN_USE);
	assert_non_null(strstr(vdev_ctx_last_error(ctx), VF1));
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	assert_int_equal(restore(fk), -EBUSY);
	assert_vfs(fk, 2, "vfio-pci", "vfio-pci");
	fakekernel_free(fk);
}

static void test_removal_pending(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan;
	struct vdev_device *dev;

	(void)state;
	assert_int_equal(set(fk, 2, NULL), 0);
	fakekernel_hold(fk, VF1);
	plan = new_plan(ctx, VDEV_ACTION_SRIOV, 0);
	assert_int_equal(vdev_plan_run(plan), -ETIMEDOUT);
	assert_int_equal(vdev_ctx_last_kind(ctx), VDEV_ERROR_ROLLBACK);
	assert_int_equal(vdev_plan_outcome(plan, 0), VDEV_OUTCOME_PENDING);
	vdev_plan_free(plan);
	/* It would not answer. */
	assert_int_equal(vdev_device_new(ctx, "pci", PF, &dev), 0);
	assert_int_equal(vdev_device_sriov_total_msix(dev), -EAGAIN);
	vdev_device_unref(dev);
	assert_int_equal(restore(fk), -ETIMEDOUT);
	assert_int_equal(set(fk, 1, NULL), -ETIMEDOUT);
	fakekernel_let_go(fk, VF1);
	assert_int_equal(restore(fk), 0);
	assert_original(fk);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void test_failure_at_one_vf(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan = new_plan(ctx, VDEV_ACTION_SRIOV, 3);

	(void)state;
	/* autoprobe, numvfs, then override and bind of each. */
	fakekernel_fail_write(fk, 6, EIO);
	assert_int_equal(vdev_plan_run(plan), -EIO);
	assert_int_equal(vdev_ctx_last_kind(ctx), VDEV_ERROR_FAILED);
	assert_non_null(strstr(vdev_ctx_last_error(ctx), VF1));
	assert_int_equal(vdev_plan_outcome(plan, 0), VDEV_OUTCOME_ROLLED_BACK);
	assert_int_equal(vdev_plan_outcome(plan, 1), VDEV_OUTCOME_ROLLED_BACK);
	assert_int_equal(vdev_plan_outcome(plan, 2), VDEV_OUTCOME_FAILED);
	assert_int_equal(vdev_plan_outcome(plan, 3), VDEV_OUTCOME_NOT_TRIED);
	assert_original(fk);
	fakekernel_fail_write(fk, 0, 0);

	/* With VFs before it they come back, and that is said. */
	assert_int_equal(set(fk, 2, "default"), 0);
	fakekernel_refuse(fk, "vfio-pci", EINVAL);
	assert_int_equal(vdev_plan_run(plan), -EINVAL);
	assert_int_equal(vdev_plan_outcome(plan, 0), VDEV_OUTCOME_ROLLED_BACK);
	assert_non_null(strstr(vdev_plan_reason(plan, 0), "made anew"));
	assert_vfs(fk, 2, "igbvf", "");
	assert_autoprobe(fk, true);
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void test_pf_vanishes(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan = new_plan(ctx, VDEV_ACTION_SRIOV, 3);

	(void)state;
	fakekernel_vanish(fk, PF, 5);
	assert_int_equal(vdev_plan_run(plan), -ENODEV);
	assert_int_equal(vdev_plan_outcome(plan, 0), VDEV_OUTCOME_GONE);
	assert_false(has_journal(fk));
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void test_pf_on_vfio(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan;

	(void)state;
	assert_int_equal(vdev_sriov_enabled(ctx), 0);
	assert_int_equal(bind_pf(fk), 0);
	plan = new_plan(ctx, VDEV_ACTION_SRIOV, 2);
	assert_int_equal(vdev_plan_run(plan), -EOPNOTSUPP);
	assert_non_null(strstr(vdev_ctx_last_hint(ctx), "--enable"));
	assert_int_equal(vdev_plan_enable_sriov(plan), 0);
	assert_int_equal(vdev_plan_run(plan), 0);
	assert_int_equal(vdev_sriov_enabled(ctx), 1);
	assert_vfs(fk, 2, "vfio-pci", "vfio-pci");
	vdev_plan_free(plan);
	/* The kernel's default is no more than that. */
	assert_int_equal(set(fk, 3, "pci-stub"), 0);
	assert_vfs(fk, 3, "pci-stub", "pci-stub");
	assert_int_equal(bind_pf(fk), 0);
	assert_int_equal(restore(fk), 0);
	assert_original(fk);

	/* A failure turns it off again too. */
	assert_int_equal(bind_pf(fk), 0);
	plan = new_plan(ctx, VDEV_ACTION_SRIOV, 2);
	assert_int_equal(vdev_plan_set_driver(plan, "igbvf"), 0);
	assert_int_equal(vdev_plan_enable_sriov(plan), 0);
	fakekernel_refuse(fk, "igbvf", EIO);
	assert_int_equal(vdev_plan_run(plan), -EIO);
	vdev_plan_free(plan);
	assert_int_equal(vdev_sriov_enabled(ctx), 0);
	assert_vfs(fk, 0, "", "");
	assert_int_equal(restore(fk), 0);
	assert_original(fk);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void test_pf_without_sriov_driver(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan = new_plan(ctx, VDEV_ACTION_UNBIND, 0);

	(void)state;
	assert_int_equal(vdev_plan_run(plan), 0);
	vdev_plan_free(plan);
	assert_int_equal(set(fk, 1, NULL), -ENOENT);
	plan = new_plan(ctx, VDEV_ACTION_BIND, 0);
	assert_int_equal(vdev_plan_set_driver(plan, "pci-stub"), 0);
	assert_int_equal(vdev_plan_run(plan), 0);
	vdev_plan_free(plan);
	plan = new_plan(ctx, VDEV_ACTION_SRIOV, 1);
	assert_int_equal(vdev_plan_run(plan), -EOPNOTSUPP);
	assert_int_equal(vdev_ctx_last_kind(ctx), VDEV_ERROR_NOT_SUPPORTED);
	assert_non_null(strstr(vdev_ctx_last_error(ctx), "pci-stub"));
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	assert_autoprobe(fk, true);
	assert_int_equal(restore(fk), 0);
	assert_original(fk);
	fakekernel_free(fk);
}

static void test_msix(void **state)
{
	static const char attr[] =
		"/sys/bus/pci/devices/" VF1 "/sriov_vf_msix_count";
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan = new_plan(ctx, VDEV_ACTION_SRIOV, 2);

	(void)state;
	/* Native VFs too wait for it without a driver. */
	assert_int_equal(vdev_plan_set_vf_msix(plan, 1, 12), 0);
	assert_int_equal(vdev_plan_set_vf_native(plan), 0);
	assert_int_equal(vdev_plan_run(plan), 0);
	assert_true(reads(fk, attr, "12"));
	assert_vfs(fk, 2, "igbvf", "");
	assert_autoprobe(fk, true);
	/* One that has a driver cannot get others. */
	assert_int_equal(vdev_plan_run(plan), -EBUSY);
	vdev_plan_free(plan);

	plan = new_plan(ctx, VDEV_ACTION_SRIOV, 3);
	assert_int_equal(vdev_plan_set_vf_msix(plan, 1, 12), 0);
	/* numvfs to 0, autoprobe, numvfs, and this one. */
	fakekernel_fail_write(fk, 4, EOPNOTSUPP);
	assert_int_equal(vdev_plan_run(plan), -EOPNOTSUPP);
	assert_int_equal(vdev_ctx_last_kind(ctx), VDEV_ERROR_NOT_SUPPORTED);
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	assert_vfs(fk, 2, "igbvf", "");
	fakekernel_free(fk);
}

static void test_owner(void **state)
{
	static const char rule[] = "/run/udev/rules.d/70-vdev-" VF1 ".rules";
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan = new_plan(ctx, VDEV_ACTION_SRIOV, 2);
	struct stat st;

	(void)state;
	vdev_plan_set_owner(plan, 1000, 1001, true);
	assert_int_equal(vdev_plan_run(plan), 0);
	vdev_plan_free(plan);
	assert_true(fakekernel_exists(fk, rule));
	assert_int_equal(vdev_sys_stat(&ctx->sys, "/dev/vfio/21", &st), 0);
	assert_int_equal(st.st_uid, 1000);
	assert_int_equal(set(fk, 1, NULL), 0);
	assert_false(fakekernel_exists(fk, rule));
	assert_int_equal(restore(fk), 0);
	assert_int_equal(vdev_sys_stat(&ctx->sys, "/dev/iommu", &st), 0);
	assert_int_equal(st.st_uid, 0);
	vdev_ctx_unref(ctx);
	assert_original(fk);
	fakekernel_free(fk);
}

/* Whoever changes a VF keeps its PF from changing them all, and none other. */
static void test_locks(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan;
	struct vdev_device *vf;
	char path[512];
	int fd;

	(void)state;
	assert_int_equal(set(fk, 2, NULL), 0);
	snprintf(path, sizeof(path), "%s/run/vdev/lock/vfs-" PF,
		 fakekernel_root(fk));
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_return_code(flock(fd, LOCK_SH), errno);
	plan = new_plan(ctx, VDEV_ACTION_SRIOV, 1);
	vdev_plan_set_wait(plan, false);
	assert_int_equal(vdev_plan_run(plan), -EAGAIN);
	vdev_plan_free(plan);

	assert_return_code(vdev_plan_new(ctx, VDEV_ACTION_UNBIND, &plan), 0);
	assert_int_equal(vdev_device_new(ctx, "pci", VF0, &vf), 0);
	assert_int_equal(vdev_plan_add(plan, vf), 0);
	vdev_device_unref(vf);
	vdev_plan_set_wait(plan, false);
	assert_int_equal(vdev_plan_run(plan), 0);
	assert_return_code(flock(fd, LOCK_EX), errno);
	assert_int_equal(vdev_plan_run(plan), -EAGAIN);
	close(fd);
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

/* A VF with a journal of its own that goes with the others. */
static void test_restore_all(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan;
	struct vdev_device *vf;

	(void)state;
	assert_int_equal(set(fk, 2, "default"), 0);
	assert_return_code(vdev_plan_new(ctx, VDEV_ACTION_BIND, &plan), 0);
	assert_int_equal(vdev_device_new(ctx, "pci", VF0, &vf), 0);
	assert_int_equal(vdev_plan_add(plan, vf), 0);
	vdev_device_unref(vf);
	assert_int_equal(vdev_plan_run(plan), 0);
	vdev_plan_free(plan);
	assert_true(fakekernel_exists(fk, JOURNAL_DIR "/" VF0));

	assert_return_code(vdev_plan_new(ctx, VDEV_ACTION_RESTORE, &plan), 0);
	assert_int_equal(vdev_plan_add_journal(plan), 2);
	assert_int_equal(vdev_plan_run(plan), 0);
	assert_int_equal(vdev_plan_outcome(plan, 0), VDEV_OUTCOME_DONE);
	assert_int_equal(vdev_plan_outcome(plan, 1), VDEV_OUTCOME_GONE);
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	assert_false(fakekernel_exists(fk, JOURNAL_DIR "/" VF0));
	assert_original(fk);
	fakekernel_free(fk);
}

/* --- Sweeps */

/* Sets in a process that dies at a gateway call. Return: it died. */
static bool killed_set(struct fakekernel *fk, unsigned int count,
		       unsigned int call)
{
	pid_t pid = fork();
	int status;

	assert_return_code(pid, errno);
	if (!pid) {
		fakekernel_die_at(fk, call);
		_exit(set(fk, count, NULL) ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_in_set(WEXITSTATUS(status), ((uintmax_t[]){ 0, 137 }), 2);
	return WEXITSTATUS(status) == 137;
}

static bool killed_restore(struct fakekernel *fk, unsigned int call)
{
	pid_t pid = fork();
	int status;

	assert_return_code(pid, errno);
	if (!pid) {
		fakekernel_die_at(fk, call);
		_exit(restore(fk) ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_in_set(WEXITSTATUS(status), ((uintmax_t[]){ 0, 137 }), 2);
	return WEXITSTATUS(status) == 137;
}

/* A VF with its own driver, and no journal that says otherwise. */
static struct fakekernel *machine_with_vf(void)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);

	assert_int_equal(set(fk, 1, "default"), 0);
	assert_int_equal(journal_remove(ctx, PF), 0);
	vdev_ctx_unref(ctx);
	return fk;
}

static void assert_one_vf(struct fakekernel *fk)
{
	assert_string_equal(fakekernel_driver(fk, PF), "igb");
	assert_vfs(fk, 1, "igbvf", "");
	assert_autoprobe(fk, true);
	assert_false(has_journal(fk));
}

/* Wherever it is killed, a restore brings back number, drivers and switch. */
static void test_kill_sweep(void **state)
{
	struct fakekernel *fk = machine_with_vf();
	unsigned int call = 1;

	(void)state;
	for (; killed_set(fk, 2, call); call++) {
		assert_int_equal(restore(fk), 0);
		assert_one_vf(fk);
	}
	assert_true(call > 100);
	assert_vfs(fk, 2, "vfio-pci", "vfio-pci");
	assert_int_equal(restore(fk), 0);
	assert_one_vf(fk);
	fakekernel_free(fk);
}

static void test_kill_sweep_restore(void **state)
{
	struct fakekernel *fk = machine_with_vf();
	unsigned int call = 1;
	bool died = true;

	(void)state;
	for (; died; call++) {
		assert_int_equal(set(fk, 2, NULL), 0);
		died = killed_restore(fk, call);
		assert_int_equal(restore(fk), 0);
		assert_one_vf(fk);
	}
	assert_true(call > 100);
	fakekernel_free(fk);
}

static void set_scenario(struct failnth *fail, void *data)
{
	struct fakekernel *fk = data;
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan = NULL;
	struct vdev_device *dev = NULL;
	int ret;

	failnth_start(fail, &ctx->sys);
	ret = vdev_plan_new(ctx, VDEV_ACTION_SRIOV, &plan);
	if (!ret)
		ret = vdev_device_new(ctx, "pci", PF, &dev);
	if (!ret)
		ret = vdev_plan_add(plan, dev);
	if (!ret)
		ret = vdev_plan_set_vf_count(plan, 2);
	if (!ret)
		ret = vdev_plan_run(plan);
	failnth_stop(fail);
	if (!failnth_fired(fail))
		assert_int_equal(ret, 0);
	vdev_device_unref(dev);
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);

	/* Done, undone, or to be undone: never lost. */
	if (!ret)
		assert_vfs(fk, 2, "vfio-pci", "vfio-pci");
	if (has_journal(fk))
		assert_int_equal(restore(fk), 0);
	assert_one_vf(fk);
}

static void test_failing_calls(void **state)
{
	struct fakekernel *fk = machine_with_vf();

	(void)state;
	failnth_sweep(set_scenario, fk);
	fakekernel_free(fk);
}

static void restore_scenario(struct failnth *fail, void *data)
{
	struct fakekernel *fk = data;
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan;
	int ret;

	assert_int_equal(set(fk, 0, NULL), 0);
	plan = new_plan(ctx, VDEV_ACTION_RESTORE, 0);
	failnth_start(fail, &ctx->sys);
	ret = vdev_plan_run(plan);
	failnth_stop(fail);
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	/* A failure leaves what is needed to try again. */
	if (ret && has_journal(fk))
		assert_int_equal(restore(fk), 0);
	assert_one_vf(fk);
}

static void test_failing_restore(void **state)
{
	struct fakekernel *fk = machine_with_vf();

	(void)state;
	failnth_sweep(restore_scenario, fk);
	fakekernel_free(fk);
}

static void test_damaged_journals(void **state)
{
	static const char start[] = "vdev journal 1\nstate=changed\n"
				    "driver=igb\noverride=\nwriter=0\nowner=0\n"
				    "iommu=0\n";
	static const char *const ends[] = {
		"autoprobe=1\n",
		"autoprobe=1\nenabled=0\nvfs=1\n",
		"autoprobe=1\nenabled=0\nvfs=1\nvf=igbvf\n",
		"autoprobe=1\nenabled=0\nvfs=1\nvf=../x\n",
		"autoprobe=1\nenabled=0\nvfs=0\nvf=igbvf/\n",
		"vf=igbvf/\n",
	};
	struct fakekernel *fk = machine();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		fakekernel_write(fk, JOURNAL_DIR "/" PF, "%s%s", start,
				 ends[i]);
		assert_int_equal(restore(fk), -EBADMSG);
		assert_int_equal(set(fk, 1, NULL), -EBADMSG);
	}
	fakekernel_free(fk);
}

static void test_numbers(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_device *pf, *vf;

	(void)state;
	assert_int_equal(set(fk, 3, NULL), 0);
	assert_int_equal(vdev_device_new(ctx, "pci", PF, &pf), 0);
	assert_int_equal(vdev_device_new(ctx, "pci", VF2, &vf), 0);
	assert_int_equal(vdev_device_sriov_offset(pf), 128);
	assert_int_equal(vdev_device_sriov_stride(pf), 2);
	assert_int_equal(vdev_device_sriov_vf_device(pf), 0x10ca);
	assert_int_equal(vdev_device_sriov_total_msix(pf), 0);
	assert_int_equal(vdev_device_vf_number(pf), -ENODATA);
	assert_int_equal(vdev_device_vf_number(vf), 2);
	assert_int_equal(vdev_device_sriov_offset(vf), -ENODATA);
	/* The fake functions have no MSI-X. */
	assert_int_equal(vdev_device_msix_vectors(vf), -ENODATA);
	vdev_device_unref(vf);
	vdev_device_unref(pf);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_set_and_clear),
		cmocka_unit_test(test_native_is_never_probed),
		cmocka_unit_test(test_native),
		cmocka_unit_test(test_restore_brings_vfs_back),
		cmocka_unit_test(test_check_changes_nothing),
		cmocka_unit_test(test_bad_requests),
		cmocka_unit_test(test_vf_in_use),
		cmocka_unit_test(test_removal_pending),
		cmocka_unit_test(test_failure_at_one_vf),
		cmocka_unit_test(test_pf_vanishes),
		cmocka_unit_test(test_pf_on_vfio),
		cmocka_unit_test(test_pf_without_sriov_driver),
		cmocka_unit_test(test_msix),
		cmocka_unit_test(test_owner),
		cmocka_unit_test(test_locks),
		cmocka_unit_test(test_restore_all),
		cmocka_unit_test(test_damaged_journals),
		cmocka_unit_test(test_kill_sweep),
		cmocka_unit_test(test_kill_sweep_restore),
		cmocka_unit_test(test_failing_calls),
		cmocka_unit_test(test_failing_restore),
	};

	return cmocka_run_group_tests_name("plan_sriov", tests, NULL, NULL);
}
