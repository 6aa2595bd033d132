/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Plans on a fake kernel: done whole, undone whole, or brought back later. */

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

#include <libvdev/bind.h>

#include "failnth.h"
#include "fakekernel.h"
#include "object/device.h"
#include "object/journal.h"

#define NIC  "0000:01:00.0"
#define DISK "0000:02:00.0"
#define PEER "0000:02:00.1"

static struct fakekernel *machine(void)
{
	static const struct fake_device devices[] = {
		{ NIC, NULL, 0x8086, 0x10c9, 0x020000, "igb", 11 },
		{ DISK, NULL, 0x1b36, 0x0010, 0x010802, "nvme", 12 },
		{ PEER, NULL, 0x1234, 0x11e8, 0x00ff00, NULL, 12 },
	};
	struct fakekernel *fk = fakekernel_new();

	fakekernel_add_driver(fk, "igb", FAKE_NET);
	fakekernel_add_driver(fk, "nvme", FAKE_NVME);
	fakekernel_add_driver(fk, "pci-stub", FAKE_PLAIN);
	fakekernel_add_driver(fk, "vfio-pci", FAKE_VFIO);
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		fakekernel_add_device(fk, &devices[i]);
	return fk;
}

static struct vdev_plan *new_plan(struct vdev_ctx *ctx, enum vdev_action action,
				  const char *first, const char *second)
{
	const char *const names[] = { first, second };
	struct vdev_plan *plan;

	assert_return_code(vdev_plan_new(ctx, action, &plan), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names) && names[i]; i++) {
		struct vdev_device *dev;

		assert_int_equal(vdev_device_new(ctx, "pci", names[i], &dev),
				 0);
		assert_int_equal(vdev_plan_add(plan, dev), 0);
		vdev_device_unref(dev);
	}
	return plan;
}

static int run(struct fakekernel *fk, enum vdev_action action,
	       const char *first, const char *second)
{
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan = new_plan(ctx, action, first, second);
	int ret = vdev_plan_run(plan);

	if (ret)
		print_message("# %s\n", vdev_ctx_last_error(ctx));
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	return ret;
}

static void assert_binding(struct fakekernel *fk, const char *address,
			   const char *driver, const char *override)
{
	assert_string_equal(fakekernel_driver(fk, address), driver);
	assert_string_equal(fakekernel_override(fk, address), override);
}

static bool has_journal(struct fakekernel *fk, const char *address)
{
	char path[128];

	snprintf(path, sizeof(path), JOURNAL_DIR "/%s", address);
	return fakekernel_exists(fk, path);
}

static void assert_original(struct fakekernel *fk)
{
	assert_binding(fk, NIC, "igb", "");
	assert_binding(fk, DISK, "nvme", "");
	assert_false(has_journal(fk, NIC));
	assert_false(has_journal(fk, DISK));
}

static void test_bind_and_restore(void **state)
{
	struct fakekernel *fk = machine();

	(void)state;
	assert_int_equal(run(fk, VDEV_ACTION_BIND, NIC, DISK), 0);
	assert_binding(fk, NIC, "vfio-pci", "vfio-pci");
	assert_binding(fk, DISK, "vfio-pci", "vfio-pci");
	assert_true(has_journal(fk, NIC));
	assert_int_equal(run(fk, VDEV_ACTION_RESTORE, NIC, DISK), 0);
	assert_original(fk);
	fakekernel_free(fk);
}

static void test_unbind_and_restore(void **state)
{
	struct fakekernel *fk = machine();

	(void)state;
	assert_int_equal(run(fk, VDEV_ACTION_UNBIND, NIC, NULL), 0);
	assert_binding(fk, NIC, "", "");
	assert_int_equal(run(fk, VDEV_ACTION_RESTORE, NIC, NULL), 0);
	assert_original(fk);
	fakekernel_free(fk);
}

static void test_check_changes_nothing(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan = new_plan(ctx, VDEV_ACTION_BIND, NIC, NULL);

	(void)state;
	fakekernel_fail_write(fk, 0, 0);
	assert_int_equal(vdev_plan_check(plan), 0);
	assert_int_equal(fakekernel_writes(fk), 0);
	assert_int_equal(vdev_plan_step_count(plan), 3);
	assert_string_equal(vdev_plan_step(plan, 1), NIC ": unbind from igb");
	assert_null(vdev_plan_step(plan, 3));
	assert_true(vdev_plan_finding_count(plan) >= VDEV_CHECKS);
	assert_string_equal(vdev_plan_target(plan, 0), "vfio-pci");
	assert_string_equal(vdev_plan_previous(plan, 0), "igb");
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void test_bound_already(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan;

	(void)state;
	assert_int_equal(run(fk, VDEV_ACTION_BIND, NIC, NULL), 0);
	plan = new_plan(ctx, VDEV_ACTION_BIND, NIC, NULL);
	assert_int_equal(vdev_plan_run(plan), 0);
	assert_int_equal(vdev_plan_outcome(plan, 0), VDEV_OUTCOME_UNCHANGED);
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

/* The driver of before the first change counts, not that of before the last. */
static void test_first_journal_counts(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan;

	(void)state;
	assert_int_equal(run(fk, VDEV_ACTION_BIND, NIC, NULL), 0);
	plan = new_plan(ctx, VDEV_ACTION_BIND, NIC, NULL);
	assert_int_equal(vdev_plan_set_driver(plan, "pci-stub"), 0);
	assert_int_equal(vdev_plan_run(plan), 0);
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	assert_binding(fk, NIC, "pci-stub", "pci-stub");
	assert_int_equal(run(fk, VDEV_ACTION_RESTORE, NIC, NULL), 0);
	assert_original(fk);
	fakekernel_free(fk);
}

static void test_restore_without_journal(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan;

	(void)state;
	assert_int_equal(run(fk, VDEV_ACTION_BIND, NIC, NULL), 0);
	assert_int_equal(journal_remove(ctx, NIC), 0);
	plan = new_plan(ctx, VDEV_ACTION_RESTORE, NIC, NULL);
	assert_int_equal(vdev_plan_run(plan), 0);
	assert_int_equal(vdev_plan_outcome(plan, 0), VDEV_OUTCOME_DONE);
	assert_non_null(strstr(vdev_plan_reason(plan, 0), "no journal"));
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	assert_original(fk);
	fakekernel_free(fk);
}

static void test_unknown_driver(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan = new_plan(ctx, VDEV_ACTION_BIND, NIC, NULL);

	(void)state;
	assert_int_equal(vdev_plan_set_driver(plan, "a/b"), -EINVAL);
	assert_int_equal(vdev_plan_set_driver(plan, ".."), -EINVAL);
	assert_int_equal(vdev_plan_set_driver(plan, "nosuch"), 0);
	assert_int_equal(vdev_plan_run(plan), -ENOENT);
	assert_int_equal(vdev_ctx_last_kind(ctx), VDEV_ERROR_FAILED);
	assert_non_null(strstr(vdev_ctx_last_error(ctx), "nosuch"));
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	assert_original(fk);
	fakekernel_free(fk);
}

static void test_driver_refuses(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan = new_plan(ctx, VDEV_ACTION_BIND, NIC, DISK);

	(void)state;
	fakekernel_refuse(fk, "vfio-pci", EINVAL);
	assert_int_equal(vdev_plan_run(plan), -EINVAL);
	assert_int_equal(vdev_ctx_last_kind(ctx), VDEV_ERROR_FAILED);
	assert_int_equal(vdev_plan_outcome(plan, 0), VDEV_OUTCOME_FAILED);
	assert_int_equal(vdev_plan_outcome(plan, 1), VDEV_OUTCOME_NOT_TRIED);
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	assert_original(fk);
	fakekernel_free(fk);
}

static void test_nodes_do_not_appear(void **state)
{
	struct fakekernel *fk = machine();

	(void)state;
	fakekernel_delay_nodes(fk, 500);
	assert_int_equal(run(fk, VDEV_ACTION_BIND, NIC, NULL), 0);
	assert_int_equal(run(fk, VDEV_ACTION_RESTORE, NIC, NULL), 0);
	fakekernel_delay_nodes(fk, UINT32_MAX);
	assert_int_equal(run(fk, VDEV_ACTION_BIND, DISK, NIC), -ETIMEDOUT);
	assert_original(fk);
	fakekernel_free(fk);
}

static void test_second_device_vanishes(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan = new_plan(ctx, VDEV_ACTION_BIND, NIC, DISK);

	(void)state;
	/* The fourth write to sysfs is the first one to the second device. */
	fakekernel_vanish(fk, DISK, 4);
	assert_int_equal(vdev_plan_run(plan), -ENODEV);
	assert_int_equal(vdev_ctx_last_kind(ctx), VDEV_ERROR_FAILED);
	assert_int_equal(vdev_plan_outcome(plan, 0), VDEV_OUTCOME_ROLLED_BACK);
	assert_int_equal(vdev_plan_outcome(plan, 1), VDEV_OUTCOME_GONE);
	vdev_plan_free(plan);
	assert_binding(fk, NIC, "igb", "");
	assert_false(has_journal(fk, NIC));
	assert_false(has_journal(fk, DISK));

	plan = new_plan(ctx, VDEV_ACTION_BIND, NIC, NULL);
	fakekernel_remove_device(fk, NIC);
	assert_int_equal(vdev_plan_run(plan), -ENODEV);
	assert_int_equal(vdev_ctx_last_kind(ctx), VDEV_ERROR_NOT_FOUND);
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void test_unbind_pending(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan = new_plan(ctx, VDEV_ACTION_BIND, DISK, NIC);

	(void)state;
	fakekernel_hold(fk, NIC);
	vdev_plan_set_timeout(plan, 100);
	assert_int_equal(vdev_plan_run(plan), -ETIMEDOUT);
	assert_int_equal(vdev_ctx_last_kind(ctx), VDEV_ERROR_ROLLBACK);
	assert_non_null(strstr(vdev_ctx_last_hint(ctx), "restore"));
	assert_int_equal(vdev_plan_outcome(plan, 0), VDEV_OUTCOME_ROLLED_BACK);
	assert_int_equal(vdev_plan_outcome(plan, 1), VDEV_OUTCOME_PENDING);
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	assert_binding(fk, DISK, "nvme", "");
	assert_true(has_journal(fk, NIC));

	assert_int_equal(run(fk, VDEV_ACTION_RESTORE, NIC, NULL), -ETIMEDOUT);
	assert_int_equal(run(fk, VDEV_ACTION_BIND, NIC, NULL), -ETIMEDOUT);
	fakekernel_let_go(fk, NIC);
	assert_int_equal(run(fk, VDEV_ACTION_RESTORE, NIC, NULL), 0);
	assert_original(fk);
	fakekernel_free(fk);
}

static void test_module_is_loaded(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan = new_plan(ctx, VDEV_ACTION_BIND, NIC, NULL);

	(void)state;
	fakekernel_add_module(fk, "uio_pci_generic", FAKE_PLAIN);
	fakekernel_write(fk, "/proc/sys/kernel/osrelease", "7.2\n");
	fakekernel_write(fk, "/lib/modules/7.2/modules.dep",
			 "kernel/drivers/uio/uio_pci_generic.ko:\n");
	assert_int_equal(vdev_plan_set_driver(plan, "uio-pci-generic"), 0);
	assert_int_equal(vdev_plan_run(plan), 0);
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	assert_binding(fk, NIC, "uio_pci_generic", "uio_pci_generic");
	fakekernel_free(fk);
}

/* The closest alias wins, unless PASIDs are wanted. */
static void test_best_driver(void **state)
{
	static const struct {
		enum vdev_purpose purpose;
		const char *address;
		int result;
		const char *driver;
	} cases[] = {
		{ VDEV_PURPOSE_ASSIGN, NIC, 0, "exact_vfio_pci" },
		{ VDEV_PURPOSE_MIGRATION, NIC, 0, "exact_vfio_pci" },
		{ VDEV_PURPOSE_PASID, NIC, 0, "vfio-pci" },
		{ VDEV_PURPOSE_ASSIGN, DISK, 0, "vfio-pci" },
		{ VDEV_PURPOSE_MIGRATION, DISK, -EOPNOTSUPP, NULL },
	};
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);

	(void)state;
	fakekernel_write(fk, "/proc/sys/kernel/osrelease", "7.2\n");
	fakekernel_write(
		fk, "/lib/modules/7.2/modules.dep",
		"kernel/exact-vfio-pci.ko:\nkernel/any-vfio-pci.ko:\n");
	fakekernel_write(
		fk, "/lib/modules/7.2/modules.alias",
		"alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci\n"
		"alias vfio_pci:v00008086d*sv*sd*bc*sc*i* any_vfio_pci\n"
		"alias vfio_pci:v00008086d000010C9sv*sd*bc*sc*i* "
		"exact_vfio_pci\n"
		"alias pci:v00001B36d00000010sv*sd*bc*sc*i* nvme\n");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vdev_plan *plan =
			new_plan(ctx, VDEV_ACTION_BIND, cases[i].address, NULL);

		/* The disk's group has a member without a driver: viable. */
		vdev_plan_set_purpose(plan, cases[i].purpose);
		assert_int_equal(vdev_plan_check(plan), cases[i].result);
		if (cases[i].driver)
			assert_string_equal(vdev_plan_target(plan, 0),
					    cases[i].driver);
		else
			assert_int_equal(vdev_ctx_last_kind(ctx),
					 VDEV_ERROR_NOT_SUPPORTED);
		vdev_plan_free(plan);
	}
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static int stop_at_one(void *data, size_t done, size_t total)
{
	(void)data;
	assert_int_equal(total, 2);
	return done == 1;
}

static void test_cancelled(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan = new_plan(ctx, VDEV_ACTION_BIND, NIC, DISK);

	(void)state;
	vdev_plan_set_progress(plan, stop_at_one, NULL);
	assert_int_equal(vdev_plan_run(plan), -ECANCELED);
	assert_int_equal(vdev_ctx_last_kind(ctx), VDEV_ERROR_FAILED);
	assert_int_equal(vdev_plan_outcome(plan, 0), VDEV_OUTCOME_ROLLED_BACK);
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	assert_original(fk);
	fakekernel_free(fk);
}

static void test_restore_cancelled(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan = new_plan(ctx, VDEV_ACTION_BIND, NIC, DISK);

	(void)state;
	assert_int_equal(vdev_plan_run(plan), 0);
	vdev_plan_free(plan);
	plan = new_plan(ctx, VDEV_ACTION_RESTORE, NIC, DISK);
	vdev_plan_set_progress(plan, stop_at_one, NULL);
	assert_int_equal(vdev_plan_run(plan), -ECANCELED);
	assert_int_equal(vdev_ctx_last_kind(ctx), VDEV_ERROR_PARTIAL);
	assert_string_equal(vdev_ctx_last_error(ctx),
			    "interrupted: 1 of 2 devices are not restored");
	/* What is left is finished by the next. */
	vdev_plan_set_progress(plan, NULL, NULL);
	assert_int_equal(vdev_plan_run(plan), 0);
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	assert_original(fk);
	fakekernel_free(fk);
}

static void test_lock_is_taken(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan = new_plan(ctx, VDEV_ACTION_BIND, NIC, NULL);
	char path[512];
	int fd;

	(void)state;
	fakekernel_write(fk, "/run/vdev/lock/group-11", "\n");
	snprintf(path, sizeof(path), "%s/run/vdev/lock/group-11",
		 fakekernel_root(fk));
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_return_code(flock(fd, LOCK_EX), errno);
	vdev_plan_set_wait(plan, false);
	assert_int_equal(vdev_plan_run(plan), -EAGAIN);
	assert_int_equal(vdev_ctx_last_kind(ctx), VDEV_ERROR_IN_USE);
	close(fd);
	assert_int_equal(vdev_plan_run(plan), 0);
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void test_owner(void **state)
{
	static const char rule[] = "/run/udev/rules.d/70-vdev-" NIC ".rules";
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan = new_plan(ctx, VDEV_ACTION_BIND, NIC, NULL);
	struct stat st;

	(void)state;
	vdev_plan_set_owner(plan, 1000, 1001, false);
	assert_int_equal(vdev_plan_run(plan), 0);
	vdev_plan_free(plan);
	assert_true(fakekernel_exists(fk, rule));
	assert_int_equal(vdev_sys_stat(&ctx->sys, "/dev/vfio/11", &st), 0);
	assert_int_equal(st.st_uid, 1000);
	assert_int_equal(st.st_gid, 1001);
	assert_int_equal(st.st_mode & 0777, 0660);
	vdev_ctx_unref(ctx);
	assert_int_equal(run(fk, VDEV_ACTION_RESTORE, NIC, NULL), 0);
	assert_false(fakekernel_exists(fk, rule));
	assert_original(fk);
	fakekernel_free(fk);
}

static void test_damaged_journals(void **state)
{
	static const char *const texts[] = {
		"",
		"vdev journal 2\n",
		"vdev journal 1\nstate=changed\n",
		"vdev journal 1\nstate=maybe\ndriver=igb\noverride=\nwriter=0\n"
		"owner=0\niommu=0\n",
		"vdev journal 1\nstate=changed\ndriver=../x\noverride=\n"
		"writer=0\nowner=0\niommu=0\n",
		"vdev journal 1\nstate=changed\ndriver=igb\noverride=\n"
		"writer=-1\nowner=0\niommu=0\n",
	};
	struct fakekernel *fk = machine();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		fakekernel_write(fk, JOURNAL_DIR "/" NIC, "%s", texts[i]);
		assert_int_equal(run(fk, VDEV_ACTION_RESTORE, NIC, NULL),
				 -EBADMSG);
		assert_int_equal(run(fk, VDEV_ACTION_BIND, NIC, NULL),
				 -EBADMSG);
	}
	assert_binding(fk, NIC, "igb", "");
	fakekernel_free(fk);
}

static void test_restore_all(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan;

	(void)state;
	assert_int_equal(run(fk, VDEV_ACTION_BIND, NIC, DISK), 0);
	fakekernel_remove_device(fk, DISK);
	plan = new_plan(ctx, VDEV_ACTION_RESTORE, NULL, NULL);
	assert_int_equal(vdev_plan_add_journal(plan), 2);
	/* The one that is gone needs nothing but its journal dropped. */
	assert_int_equal(vdev_plan_device_count(plan), 1);
	assert_int_equal(vdev_plan_run(plan), 0);
	assert_false(has_journal(fk, DISK));
	assert_binding(fk, NIC, "igb", "");
	vdev_plan_free(plan);

	plan = new_plan(ctx, VDEV_ACTION_BIND, NULL, NULL);
	assert_int_equal(vdev_plan_add_journal(plan), -EINVAL);
	assert_int_equal(vdev_plan_run(plan), -ENODATA);
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void test_partial_restore(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan;

	(void)state;
	assert_int_equal(run(fk, VDEV_ACTION_BIND, NIC, DISK), 0);
	fakekernel_refuse(fk, "nvme", EIO);
	plan = new_plan(ctx, VDEV_ACTION_RESTORE, NIC, DISK);
	assert_int_equal(vdev_plan_run(plan), -EIO);
	assert_int_equal(vdev_ctx_last_kind(ctx), VDEV_ERROR_PARTIAL);
	assert_int_equal(vdev_plan_outcome(plan, 0), VDEV_OUTCOME_DONE);
	assert_int_equal(vdev_plan_outcome(plan, 1), VDEV_OUTCOME_BROKEN);
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	assert_true(has_journal(fk, DISK));
	fakekernel_refuse(fk, "nvme", 0);
	assert_int_equal(run(fk, VDEV_ACTION_RESTORE, DISK, NULL), 0);
	assert_original(fk);
	fakekernel_free(fk);
}

static void test_rollback_fails(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan = new_plan(ctx, VDEV_ACTION_BIND, NIC, NULL);

	(void)state;
	fakekernel_refuse(fk, "vfio-pci", EINVAL);
	fakekernel_refuse(fk, "igb", EIO);
	assert_int_equal(vdev_plan_run(plan), -EINVAL);
	assert_int_equal(vdev_ctx_last_kind(ctx), VDEV_ERROR_ROLLBACK);
	assert_int_equal(vdev_plan_outcome(plan, 0), VDEV_OUTCOME_BROKEN);
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	assert_true(has_journal(fk, NIC));
	fakekernel_refuse(fk, "igb", 0);
	assert_int_equal(run(fk, VDEV_ACTION_RESTORE, NIC, NULL), 0);
	assert_original(fk);
	fakekernel_free(fk);
}

/* Runs a plan in a process that dies at a gateway call. Return: it died. */
static bool killed_run(struct fakekernel *fk, enum vdev_action action,
		       unsigned int call)
{
	pid_t pid = fork();
	int status;

	assert_return_code(pid, errno);
	if (!pid) {
		fakekernel_die_at(fk, call);
		_exit(run(fk, action, NIC, DISK) ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_in_set(WEXITSTATUS(status), ((uintmax_t[]){ 0, 137 }), 2);
	return WEXITSTATUS(status) == 137;
}

/* Wherever a bind is killed, a restore brings everything back. */
static void test_kill_sweep_bind(void **state)
{
	struct fakekernel *fk = machine();
	unsigned int call = 1;

	(void)state;
	while (killed_run(fk, VDEV_ACTION_BIND, call)) {
		assert_int_equal(run(fk, VDEV_ACTION_RESTORE, NIC, DISK), 0);
		assert_original(fk);
		call++;
	}
	/* It goes through that many calls; a sweep of none proves nothing. */
	assert_true(call > 100);
	assert_int_equal(run(fk, VDEV_ACTION_RESTORE, NIC, DISK), 0);
	assert_original(fk);
	fakekernel_free(fk);
}

/* And so does one that was killed itself. */
static void test_kill_sweep_restore(void **state)
{
	struct fakekernel *fk = machine();
	unsigned int call = 1;
	bool died = true;

	(void)state;
	for (; died; call++) {
		assert_int_equal(run(fk, VDEV_ACTION_BIND, NIC, DISK), 0);
		died = killed_run(fk, VDEV_ACTION_RESTORE, call);
		assert_int_equal(run(fk, VDEV_ACTION_RESTORE, NIC, DISK), 0);
		assert_original(fk);
	}
	assert_true(call > 100);
	fakekernel_free(fk);
}

static void bind_scenario(struct failnth *fail, void *data)
{
	struct fakekernel *fk = data;
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan = NULL;
	struct vdev_device *dev = NULL;
	int ret;

	failnth_start(fail, &ctx->sys);
	ret = vdev_plan_new(ctx, VDEV_ACTION_BIND, &plan);
	if (!ret)
		ret = vdev_device_new(ctx, "pci", NIC, &dev);
	if (!ret)
		ret = vdev_plan_add(plan, dev);
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
		assert_string_equal(fakekernel_driver(fk, NIC), "vfio-pci");
	else if (!has_journal(fk, NIC))
		assert_binding(fk, NIC, "igb", "");
	assert_int_equal(run(fk, VDEV_ACTION_RESTORE, NIC, NULL), 0);
	assert_original(fk);
}

static void test_failing_calls(void **state)
{
	struct fakekernel *fk = machine();

	(void)state;
	failnth_sweep(bind_scenario, fk);
	fakekernel_free(fk);
}

static void test_group_members(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan = new_plan(ctx, VDEV_ACTION_BIND, PEER, NULL);

	(void)state;
	assert_int_equal(vdev_plan_run(plan), -EBUSY);
	assert_int_equal(vdev_ctx_last_kind(ctx), VDEV_ERROR_IN_USE);
	assert_non_null(strstr(vdev_ctx_last_error(ctx), DISK));
	assert_non_null(strstr(vdev_ctx_last_hint(ctx), "--force=group"));
	assert_int_equal(vdev_plan_add_group(plan), 0);
	assert_int_equal(vdev_plan_device_count(plan), 2);
	assert_int_equal(vdev_plan_run(plan), 0);
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	assert_binding(fk, PEER, "vfio-pci", "vfio-pci");
	assert_int_equal(run(fk, VDEV_ACTION_RESTORE, PEER, DISK), 0);
	assert_binding(fk, PEER, "", "");
	assert_original(fk);
	fakekernel_free(fk);
}

static void test_force(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_plan *plan = new_plan(ctx, VDEV_ACTION_BIND, PEER, NULL);

	(void)state;
	assert_int_equal(vdev_plan_force(plan, VDEV_CHECK_BRIDGE), -EPERM);
	assert_int_equal(vdev_plan_force(plan, (enum vdev_check)VDEV_CHECKS),
			 -EINVAL);
	assert_int_equal(vdev_plan_force(plan, VDEV_CHECK_BUSY), 0);
	assert_int_equal(vdev_plan_check(plan), -EBUSY);
	assert_int_equal(vdev_plan_force(plan, VDEV_CHECK_GROUP), 0);
	assert_int_equal(vdev_plan_check(plan), 0);
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void test_names(void **state)
{
	(void)state;
	for (int i = 0; i < VDEV_CHECKS; i++)
		assert_int_equal(vdev_check_from_name(
					 vdev_check_name((enum vdev_check)i)),
				 i);
	assert_int_equal(vdev_check_from_name("nothing"), -EINVAL);
	assert_null(vdev_check_name((enum vdev_check)VDEV_CHECKS));
	assert_int_equal(vdev_purpose_from_name("pasid"), VDEV_PURPOSE_PASID);
	assert_int_equal(vdev_purpose_from_name(""), -EINVAL);
	assert_string_equal(vdev_outcome_name(VDEV_OUTCOME_ROLLED_BACK),
			    "rolled-back");
	assert_string_equal(vdev_verdict_name(VDEV_VERDICT_REFUSE), "refuse");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_bind_and_restore),
		cmocka_unit_test(test_unbind_and_restore),
		cmocka_unit_test(test_check_changes_nothing),
		cmocka_unit_test(test_bound_already),
		cmocka_unit_test(test_first_journal_counts),
		cmocka_unit_test(test_restore_without_journal),
		cmocka_unit_test(test_unknown_driver),
		cmocka_unit_test(test_driver_refuses),
		cmocka_unit_test(test_nodes_do_not_appear),
		cmocka_unit_test(test_second_device_vanishes),
		cmocka_unit_test(test_unbind_pending),
		cmocka_unit_test(test_module_is_loaded),
		cmocka_unit_test(test_best_driver),
		cmocka_unit_test(test_cancelled),
		cmocka_unit_test(test_restore_cancelled),
		cmocka_unit_test(test_lock_is_taken),
		cmocka_unit_test(test_owner),
		cmocka_unit_test(test_damaged_journals),
		cmocka_unit_test(test_restore_all),
		cmocka_unit_test(test_partial_restore),
		cmocka_unit_test(test_rollback_fails),
		cmocka_unit_test(test_group_members),
		cmocka_unit_test(test_force),
		cmocka_unit_test(test_kill_sweep_bind),
		cmocka_unit_test(test_kill_sweep_restore),
		cmocka_unit_test(test_failing_calls),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
