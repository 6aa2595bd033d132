/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libvdev/fault.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "failnth.h"
#include "fakenested.h"
#include "object/iommu.h"

static struct fakenested fake;
static struct vdev_ctx *ctx;
static struct vdev_iommu *iommu;

static int setup(void **state)
{
	(void)state;
	fake = (struct fakenested){ 0 };
	ctx = fakenested_start(&fake);
	return vdev_iommu_open(ctx, VDEV_IOMMU_IOMMUFD, &iommu);
}

static int teardown(void **state)
{
	(void)state;
	vdev_iommu_unref(iommu);
	fakenested_done(&fake, ctx);
	return 0;
}

#define assert_said(text) \
	assert_non_null(strstr(vdev_ctx_last_error(ctx), text))

static struct vdev_fault_queue *new_queue(void)
{
	struct vdev_fault_queue *queue = NULL;

	assert_int_equal(vdev_fault_queue_new(iommu, &queue), 0);
	return queue;
}

/* Two faults of a group with a PASID, and one without. */
static const struct iommu_hwpt_pgfault faults[] = {
	{ .flags = IOMMU_PGFAULT_FLAGS_PASID_VALID,
	  .dev_id = 3,
	  .pasid = 7,
	  .grpid = 12,
	  .perm = IOMMU_PGFAULT_PERM_READ | IOMMU_PGFAULT_PERM_EXEC,
	  .addr = 0xdeadbeaf000,
	  .length = 8192,
	  .cookie = 1 },
	{ .flags = IOMMU_PGFAULT_FLAGS_PASID_VALID |
		   IOMMU_PGFAULT_FLAGS_LAST_PAGE,
	  .dev_id = 3,
	  .pasid = 7,
	  .grpid = 12,
	  .perm = IOMMU_PGFAULT_PERM_WRITE,
	  .cookie = 1 },
	{ .flags = IOMMU_PGFAULT_FLAGS_LAST_PAGE, .dev_id = 4, .cookie = 2 },
};

static void test_faults(void **state)
{
	struct vdev_fault_queue *queue = new_queue();
	const struct vdev_fault *fault = NULL;

	(void)state;
	assert_int_equal(vdev_fault_queue_id(queue), 101);
	assert_int_equal(vdev_fault_queue_fd(queue), 60);
	assert_int_equal(vdev_fault_queue_next(queue, &fault), 0);
	assert_null(fault);
	fake.bytes = faults;
	fake.size = sizeof(faults);
	assert_int_equal(vdev_fault_queue_next(queue, &fault), 1);
	assert_int_equal(vdev_fault_device(fault), 3);
	assert_int_equal(vdev_fault_pasid(fault), 7);
	assert_int_equal(vdev_fault_group(fault), 12);
	assert_int_equal(vdev_fault_access(fault),
			 VDEV_FAULT_READ | VDEV_FAULT_EXEC);
	assert_int_equal(vdev_fault_address(fault), 0xdeadbeaf000);
	assert_int_equal(vdev_fault_length(fault), 8192);
	assert_int_equal(vdev_fault_cookie(fault), 1);
	assert_false(vdev_fault_is_last(fault));
	assert_int_equal(vdev_fault_queue_next(queue, &fault), 1);
	assert_true(vdev_fault_is_last(fault));
	assert_int_equal(vdev_fault_access(fault), VDEV_FAULT_WRITE);
	assert_int_equal(vdev_fault_queue_next(queue, &fault), 1);
	assert_int_equal(vdev_fault_pasid(fault), -ENODATA);
	assert_int_equal(vdev_fault_cookie(fault), 2);
	assert_int_equal(vdev_fault_queue_next(queue, &fault), 0);
	vdev_fault_queue_free(queue);
	vdev_fault_queue_free(NULL);
	assert_int_equal(fake.destroyed[0], 101);
}

/* A group that is larger than what is read as a rule. */
static void test_large_group(void **state)
{
	struct vdev_fault_queue *queue = new_queue();
	static struct iommu_hwpt_pgfault many[1000];
	const struct vdev_fault *fault = NULL;
	unsigned int count = 0;

	(void)state;
	many[ARRAY_SIZE(many) - 1].flags = IOMMU_PGFAULT_FLAGS_LAST_PAGE;
	fake.bytes = many;
	fake.size = fake.least = sizeof(many);
	while (vdev_fault_queue_next(queue, &fault) > 0)
		count++;
	assert_int_equal(count, ARRAY_SIZE(many));
	assert_true(vdev_fault_is_last(fault));
	/* There is an end to that. */
	fake.least = SIZE_MAX;
	assert_int_equal(vdev_fault_queue_next(queue, &fault), -EINVAL);
	assert_said("cannot read fault queue 101");
	vdev_fault_queue_free(queue);
}

static void test_cut_short(void **state)
{
	struct vdev_fault_queue *queue = new_queue();
	const struct vdev_fault *fault = NULL;

	(void)state;
	fake.bytes = faults;
	fake.size = sizeof(faults[0]) + 39;
	assert_int_equal(vdev_fault_queue_next(queue, &fault), 1);
	assert_int_equal(vdev_fault_queue_next(queue, &fault), -EIO);
	assert_said("ended a record of fault queue 101 after 39 of its 40");
	assert_int_equal(vdev_fault_queue_next(queue, &fault), 0);
	vdev_fault_queue_free(queue);
}

static void test_answer(void **state)
{
	struct vdev_fault_queue *queue = new_queue();

	(void)state;
	assert_int_equal(vdev_fault_queue_answer(queue, 5, VDEV_FAULT_INVALID),
			 0);
	assert_int_equal(fake.response.cookie, 5);
	assert_int_equal(fake.response.code, IOMMUFD_PAGE_RESP_INVALID);
	assert_int_equal(vdev_fault_queue_answer(queue, 6, VDEV_FAULT_RETRY),
			 0);
	assert_int_equal(fake.response.cookie, 6);
	assert_int_equal(fake.response.code, IOMMUFD_PAGE_RESP_SUCCESS);
	assert_int_equal(
		vdev_fault_queue_answer(queue, 7, (enum vdev_fault_answer)2),
		-EINVAL);
	assert_said("2 is no answer");
	assert_int_equal(fake.response.cookie, 6);
	fake.error = EINVAL;
	assert_int_equal(vdev_fault_queue_answer(queue, 8, VDEV_FAULT_RETRY),
			 -EINVAL);
	assert_said("has no faults of cookie 8");
	fake.error = EFAULT;
	assert_int_equal(vdev_fault_queue_answer(queue, 8, VDEV_FAULT_RETRY),
			 -EFAULT);
	vdev_fault_queue_free(queue);
}

static void test_errors(void **state)
{
	struct vdev_fault_queue *queue = NULL;

	(void)state;
	fake.refuse = IOMMU_FAULT_QUEUE_ALLOC;
	fake.error = ENOTTY;
	assert_int_equal(vdev_fault_queue_new(iommu, &queue), -EOPNOTSUPP);
	assert_said("needs Linux 6.11 or later: IOMMU_FAULT_QUEUE_ALLOC");
	fake.error = EMFILE;
	assert_int_equal(vdev_fault_queue_new(iommu, &queue), -EMFILE);
	iommu->kind = VDEV_IOMMU_TYPE1;
	assert_int_equal(vdev_fault_queue_new(iommu, &queue), -EOPNOTSUPP);
	assert_said("type 1 has no fault queues");
	assert_null(queue);
}

static void scenario(struct failnth *fail, void *data)
{
	struct vdev_fault_queue *queue = NULL;
	const struct vdev_fault *fault = NULL;
	struct fakenested f = { .bytes = faults,
				.size = sizeof(faults),
				.least = 5000 };
	struct vdev_ctx *c = fakenested_start(&f);
	struct vdev_iommu *i = NULL;
	int ret;

	(void)data;
	failnth_start(fail, &c->sys);
	ret = vdev_iommu_open(c, VDEV_IOMMU_IOMMUFD, &i);
	if (!ret)
		ret = vdev_fault_queue_new(i, &queue);
	if (!ret)
		ret = vdev_fault_queue_next(queue, &fault);
	if (ret > 0)
		ret = vdev_fault_queue_answer(queue, 1, VDEV_FAULT_RETRY);
	failnth_stop(fail);
	assert_true(!ret || failnth_fired(fail));
	vdev_fault_queue_free(queue);
	vdev_iommu_unref(i);
	fakenested_done(&f, c);
}

static void test_failures(void **state)
{
	(void)state;
	failnth_sweep(scenario, NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(faults),	 TEST(large_group),
		TEST(cut_short), TEST(answer),
		TEST(errors),	 cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
