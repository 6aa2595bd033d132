/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "object/iommu.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "failnth.h"
#include "fakeiommu.h"
#include "kernel/abi/iommufd.h"
#include "kernel/abi/vfio.h"
#include "scripted.h"

static struct fakeiommu fake;
static struct vdev_ctx *ctx;
static struct vdev_iommu *iommu;

static int setup(void **state)
{
	(void)state;
	fake = (struct fakeiommu){ .root = false };
	ctx = fakeiommu_start(&fake);
	iommu = NULL;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	vdev_iommu_unref(iommu);
	vdev_ctx_unref(ctx);
	fakeiommu_done(&fake);
	return 0;
}

#define assert_said(text) \
	assert_non_null(strstr(vdev_ctx_last_error(ctx), text))

static void test_open(void **state)
{
	static const struct {
		enum vdev_iommu_kind asked, got;
	} cases[] = {
		{ VDEV_IOMMU_ANY, VDEV_IOMMU_IOMMUFD },
		{ VDEV_IOMMU_IOMMUFD, VDEV_IOMMU_IOMMUFD },
		{ VDEV_IOMMU_TYPE1, VDEV_IOMMU_TYPE1 },
		{ VDEV_IOMMU_COMPAT, VDEV_IOMMU_COMPAT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(vdev_iommu_open(ctx, cases[i].asked, &iommu),
				 0);
		assert_int_equal(vdev_iommu_kind(iommu), cases[i].got);
		assert_true(vdev_iommu_fd(iommu) > 0);
		assert_ptr_equal(vdev_iommu_ref(iommu), iommu);
		assert_null(vdev_iommu_unref(iommu));
		assert_int_equal(fake.open_fds, 1);
		iommu = vdev_iommu_unref(iommu);
		assert_int_equal(fake.open_fds, 0);
	}
	assert_null(vdev_iommu_unref(NULL));
	assert_int_equal(vdev_iommu_open(ctx, (enum vdev_iommu_kind)9, &iommu),
			 -EINVAL);
	assert_null(iommu);
}

static void test_open_missing(void **state)
{
	(void)state;
	fake.no_iommufd = true;
	assert_int_equal(vdev_iommu_open(ctx, VDEV_IOMMU_ANY, &iommu), 0);
	assert_int_equal(vdev_iommu_kind(iommu), VDEV_IOMMU_TYPE1);
	iommu = vdev_iommu_unref(iommu);
	assert_int_equal(vdev_iommu_open(ctx, VDEV_IOMMU_IOMMUFD, &iommu),
			 -ENOENT);
	assert_said("there is no /dev/iommu");
	assert_non_null(strstr(vdev_ctx_last_hint(ctx), "6.2"));
	fake.no_type1 = true;
	assert_int_equal(vdev_iommu_open(ctx, VDEV_IOMMU_TYPE1, &iommu),
			 -ENOENT);
	assert_said("there is no /dev/vfio/vfio");
	assert_int_equal(vdev_iommu_open(ctx, VDEV_IOMMU_ANY, &iommu), -ENOENT);
	assert_said("neither /dev/iommu nor /dev/vfio/vfio");
	assert_null(iommu);
}

static void test_open_refused(void **state)
{
	struct scripted script;

	(void)state;
	SCRIPT(&script, &ctx->sys, SCRIPT_FAIL(open, "/dev/iommu", EACCES),
	       SCRIPT_OPEN("/dev/vfio/vfio", 50),
	       SCRIPT_IOCTL(50, VFIO_GET_API_VERSION, NULL),
	       SCRIPT_IOCTL(50, VFIO_CHECK_EXTENSION, NULL));
	/* Not type 1 instead: the devices are to be had by cdev, or not. */
	assert_int_equal(vdev_iommu_open(ctx, VDEV_IOMMU_ANY, &iommu), -EACCES);
	assert_said("/dev/iommu: Permission denied");
	assert_int_equal(vdev_ctx_last_kind(ctx), VDEV_ERROR_PERMISSION);
	assert_non_null(strstr(vdev_ctx_last_hint(ctx), "handed an fd"));
	assert_int_equal(vdev_iommu_open(ctx, VDEV_IOMMU_TYPE1, &iommu),
			 -EOPNOTSUPP);
	assert_said("cannot do type 1 version 2");
	scripted_done(&script);
	assert_null(iommu);
}

static void test_import(void **state)
{
	struct vdev_iommu *first;
	int fd;

	(void)state;
	assert_int_equal(vdev_iommu_open(ctx, VDEV_IOMMU_IOMMUFD, &first), 0);
	fd = vdev_iommu_fd(first);
	assert_int_equal(vdev_iommu_import(ctx, VDEV_IOMMU_ANY, fd, &iommu), 0);
	assert_int_equal(vdev_iommu_kind(iommu), VDEV_IOMMU_IOMMUFD);
	assert_int_equal(fake.open_fds, 2);
	iommu = vdev_iommu_unref(iommu);
	assert_int_equal(vdev_iommu_import(ctx, VDEV_IOMMU_COMPAT, fd, &iommu),
			 0);
	assert_int_equal(vdev_iommu_kind(iommu), VDEV_IOMMU_COMPAT);
	iommu = vdev_iommu_unref(iommu);
	vdev_iommu_unref(first);

	assert_int_equal(vdev_iommu_open(ctx, VDEV_IOMMU_TYPE1, &first), 0);
	fd = vdev_iommu_fd(first);
	assert_int_equal(vdev_iommu_import(ctx, VDEV_IOMMU_ANY, fd, &iommu), 0);
	assert_int_equal(vdev_iommu_kind(iommu), VDEV_IOMMU_TYPE1);
	assert_false(iommu->type1_set);
	iommu = vdev_iommu_unref(iommu);
	assert_int_equal(vdev_iommu_import(ctx, VDEV_IOMMU_IOMMUFD, fd, &iommu),
			 -EINVAL);
	assert_said("is no iommufd");

	/* A container whose owner has a device in it. */
	fake.type1_device = true;
	assert_int_equal(iommu_group_added(first), 0);
	assert_int_equal(vdev_iommu_import(ctx, VDEV_IOMMU_TYPE1, fd, &iommu),
			 0);
	assert_true(iommu->type1_set);
	vdev_iommu_unref(first);
}

static void test_import_wrong(void **state)
{
	(void)state;
	assert_int_equal(vdev_iommu_import(ctx, VDEV_IOMMU_ANY, 7, &iommu),
			 -EINVAL);
	assert_said("fd 7 is neither an iommufd nor a container");
	assert_int_equal(vdev_iommu_import(ctx, VDEV_IOMMU_TYPE1, 7, &iommu),
			 -EINVAL);
	assert_said("fd 7 is no container");
	assert_int_equal(vdev_iommu_import(ctx, VDEV_IOMMU_ANY, -1, &iommu),
			 -EBADF);
	assert_said("fd -1: Bad file descriptor");
	assert_int_equal(
		vdev_iommu_import(ctx, (enum vdev_iommu_kind)9, 7, &iommu),
		-EINVAL);
	assert_null(iommu);
}

static void test_groups(void **state)
{
	(void)state;
	assert_int_equal(vdev_iommu_open(ctx, VDEV_IOMMU_TYPE1, &iommu), 0);
	assert_int_equal(iommu_group_added(iommu), -EINVAL);
	assert_said("cannot use the group's IOMMU");
	fake.type1_device = true;
	assert_int_equal(iommu_group_added(iommu), 0);
	assert_int_equal(iommu_group_added(iommu), 0);
	assert_true(iommu->type1_set);
	iommu_group_removed(iommu);
	assert_true(iommu->type1_set);
	/* The kernel forgets the type with the last group. */
	fake.spaces[FAKE_SPACES - 1].used = false;
	iommu_group_removed(iommu);
	assert_false(iommu->type1_set);
}

static void test_accounting(void **state)
{
	(void)state;
	assert_int_equal(vdev_iommu_open(ctx, VDEV_IOMMU_IOMMUFD, &iommu), 0);
	assert_int_equal(vdev_iommu_accounting(iommu), VDEV_ACCOUNTING_USER);
	assert_int_equal(
		vdev_iommu_set_accounting(iommu, VDEV_ACCOUNTING_PROCESS),
		-EPERM);
	assert_said("CAP_SYS_RESOURCE");
	fake.root = true;
	assert_int_equal(
		vdev_iommu_set_accounting(iommu, VDEV_ACCOUNTING_PROCESS), 0);
	assert_int_equal(vdev_iommu_accounting(iommu), VDEV_ACCOUNTING_PROCESS);
	fake.spaces[0].used = true;
	assert_int_equal(vdev_iommu_set_accounting(iommu, VDEV_ACCOUNTING_USER),
			 -EBUSY);
	assert_said("while the iommufd is empty");
	assert_int_equal(
		vdev_iommu_set_accounting(iommu, (enum vdev_accounting)2),
		-EINVAL);
	vdev_iommu_unref(iommu);

	assert_int_equal(vdev_iommu_open(ctx, VDEV_IOMMU_TYPE1, &iommu), 0);
	assert_int_equal(vdev_iommu_accounting(iommu), VDEV_ACCOUNTING_PROCESS);
	assert_int_equal(vdev_iommu_set_accounting(iommu, VDEV_ACCOUNTING_USER),
			 -EOPNOTSUPP);
}

/* What the kernel answers to IOMMU_IOAS_CHANGE_PROCESS, and what is said. */
static const struct {
	int error, ret;
	const char *said;
} process_cases[] = {
	{ 0, 0, "" },
	{ ENOTTY, -EOPNOTSUPP,
	  "needs Linux 6.13 or later: IOMMU_IOAS_CHANGE_PROCESS" },
	{ EINVAL, -EINVAL, "only memory mapped from files" },
	{ EBUSY, -EBUSY, "taking over pinned memory failed" },
};

static void test_change_process(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(process_cases); i++) {
		struct scripted script;

		SCRIPT(&script, &ctx->sys, SCRIPT_OPEN("/dev/iommu", 50),
		       SCRIPT_FAIL_IOCTL(50, IOMMU_IOAS_CHANGE_PROCESS,
					 process_cases[i].error));
		assert_int_equal(
			vdev_iommu_open(ctx, VDEV_IOMMU_IOMMUFD, &iommu), 0);
		assert_int_equal(vdev_iommu_change_process(iommu),
				 process_cases[i].ret);
		assert_said(process_cases[i].said);
		iommu = vdev_iommu_unref(iommu);
		scripted_done(&script);
	}
	assert_int_equal(vdev_iommu_open(ctx, VDEV_IOMMU_TYPE1, &iommu), 0);
	assert_int_equal(vdev_iommu_change_process(iommu), -EOPNOTSUPP);
	assert_said("needs an iommufd");
}

static void test_change_process_memory(void **state)
{
	struct scripted script;

	(void)state;
	SCRIPT(&script, &ctx->sys, SCRIPT_OPEN("/dev/iommu", 50),
	       SCRIPT_FAIL_IOCTL(50, IOMMU_IOAS_CHANGE_PROCESS, ENOMEM),
	       SCRIPT_OPEN("/proc/self/limits", 51),
	       SCRIPT_READ(51, "Max locked memory  4096 8192 bytes\n"),
	       SCRIPT_READ(51, ""), SCRIPT_OPEN("/proc/self/status", 51),
	       SCRIPT_READ(51, "CapEff:\t0000000000000000\n"),
	       SCRIPT_READ(51, ""));
	assert_int_equal(vdev_iommu_open(ctx, VDEV_IOMMU_IOMMUFD, &iommu), 0);
	assert_int_equal(vdev_iommu_change_process(iommu), -ENOMEM);
	assert_said("would pass RLIMIT_MEMLOCK, which is 4096 bytes");
	iommu = vdev_iommu_unref(iommu);
	scripted_done(&script);
}

static void test_memlock(void **state)
{
	struct scripted script;
	uint64_t bytes = 1;

	(void)state;
	assert_int_equal(vdev_memlock_limit(ctx, &bytes), 0);
	assert_int_equal(bytes, 65536);
	fake.root = true;
	assert_int_equal(vdev_memlock_limit(ctx, &bytes), 0);
	assert_int_equal(bytes, UINT64_MAX);

	assert_int_equal(vdev_memlock_estimate(ctx, VDEV_IOMMU_IOMMUFD, 3,
					       1ULL << 30, &bytes),
			 0);
	assert_int_equal(bytes, 3ULL << 30);
	assert_int_equal(vdev_memlock_estimate(ctx, VDEV_IOMMU_ANY, 3,
					       1ULL << 63, &bytes),
			 -EOVERFLOW);
	assert_int_equal(vdev_memlock_estimate(ctx, (enum vdev_iommu_kind)7, 1,
					       4096, &bytes),
			 -EINVAL);
	assert_int_equal(bytes, 3ULL << 30);

	SCRIPT(&script, &ctx->sys, SCRIPT_OPEN("/proc/self/status", 50),
	       SCRIPT_READ(50, "Name:\tx\nVmLck:\t      16 kB\n"),
	       SCRIPT_READ(50, ""),
	       SCRIPT_FAIL(open, "/proc/self/status", EACCES),
	       SCRIPT_FAIL(open, "/proc/self/limits", ENOENT),
	       SCRIPT_OPEN("/proc/self/limits", 50), SCRIPT_READ(50, "x\n"),
	       SCRIPT_READ(50, ""));
	assert_int_equal(
		vdev_memlock_estimate(ctx, VDEV_IOMMU_TYPE1, 2, 4096, &bytes),
		0);
	assert_int_equal(bytes, 8192 + 16384);
	assert_int_equal(
		vdev_memlock_estimate(ctx, VDEV_IOMMU_TYPE1, 2, 4096, &bytes),
		-EACCES);
	assert_int_equal(vdev_memlock_limit(ctx, &bytes), -ENOENT);
	assert_int_equal(vdev_memlock_limit(ctx, &bytes), -EPROTO);
	scripted_done(&script);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(vdev_iommu_kind_name(VDEV_IOMMU_ANY), "any");
	assert_string_equal(vdev_iommu_kind_name(VDEV_IOMMU_COMPAT), "compat");
	assert_string_equal(vdev_iommu_kind_name((enum vdev_iommu_kind)9),
			    "unknown");
}

static void open_and_import(struct failnth *fail, void *data)
{
	enum vdev_iommu_kind *kind = data;
	struct fakeiommu f = { .root = true };
	struct vdev_ctx *c = fakeiommu_start(&f);
	struct vdev_iommu *one = NULL, *two = NULL;
	int ret;

	failnth_start(fail, &c->sys);
	ret = vdev_iommu_open(c, *kind, &one);
	if (!ret)
		ret = vdev_iommu_import(c, VDEV_IOMMU_ANY, vdev_iommu_fd(one),
					&two);
	failnth_stop(fail);
	assert_true(!ret == !!two);
	/* Asking an import whether its type is set may fail without harm. */
	assert_true(!ret || failnth_fired(fail));
	vdev_iommu_unref(one);
	vdev_iommu_unref(two);
	vdev_ctx_unref(c);
	fakeiommu_done(&f);
}

static void test_failures(void **state)
{
	enum vdev_iommu_kind kind;

	(void)state;
	for (kind = VDEV_IOMMU_ANY; kind <= VDEV_IOMMU_COMPAT; kind++)
		failnth_sweep(open_and_import, &kind);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(open),
		TEST(open_missing),
		TEST(open_refused),
		TEST(import),
		TEST(import_wrong),
		TEST(groups),
		TEST(accounting),
		TEST(change_process),
		TEST(change_process_memory),
		TEST(memlock),
		TEST(names),
		TEST(failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
