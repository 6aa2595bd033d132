/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libvdev/viommu.h>

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "failnth.h"
#include "fakenested.h"

#define SELFTEST 0xdeadbeef

static struct fakenested fake;
static struct vdev_ctx *ctx;
static struct vdev_iommu *iommu;
static struct vdev_hwpt *parent;   /* with the id 101 */
static struct vdev_viommu *viommu; /* with the id 102 */

static int setup(void **state)
{
	(void)state;
	fake = (struct fakenested){ 0 };
	viommu = NULL;
	ctx = fakenested_start(&fake);
	return vdev_iommu_open(ctx, VDEV_IOMMU_IOMMUFD, &iommu) ||
	       vdev_hwpt_new(iommu, 3, 2, VDEV_HWPT_NEST_PARENT, 0, NULL, 0, 0,
			     &parent);
}

static int setup_viommu(void **state)
{
	return setup(state) ||
	       vdev_viommu_new(parent, 3, SELFTEST, NULL, 0, &viommu);
}

static int teardown(void **state)
{
	(void)state;
	vdev_viommu_unref(viommu);
	vdev_hwpt_unref(parent);
	vdev_iommu_unref(iommu);
	fakenested_done(&fake, ctx);
	return 0;
}

#define assert_said(text) \
	assert_non_null(strstr(vdev_ctx_last_error(ctx), text))

/* The call fails with one errno after the other. */
struct refusal {
	int error, ret;
	const char *said;
};

#define TRY_REFUSALS(call, cases, expression)                   \
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {        \
		fake.refuse = (call);                           \
		fake.error = (cases)[i].error;                  \
		assert_int_equal((expression), (cases)[i].ret); \
		assert_said((cases)[i].said);                   \
	}

/* --- Nested HWPTs */

static void test_vtd_s1(void **state)
{
	static const struct vdev_vtd_s1 data = {
		.table = 0x12345000,
		.width = 48,
		.flags = VDEV_VTD_S1_SRE | VDEV_VTD_S1_WPE,
	};
	struct vdev_hwpt *nested = NULL;

	(void)state;
	assert_int_equal(vdev_hwpt_new_vtd_s1(iommu, 3, vdev_hwpt_id(parent),
					      VDEV_HWPT_FAULT, &data, 9,
					      &nested),
			 0);
	assert_int_equal(fake.hwpt.pt_id, vdev_hwpt_id(parent));
	assert_int_equal(fake.hwpt.data_type, IOMMU_HWPT_DATA_VTD_S1);
	assert_int_equal(fake.hwpt.data_len, sizeof(fake.s1));
	assert_int_equal(fake.hwpt.fault_id, 9);
	assert_int_equal(fake.hwpt.flags, IOMMU_HWPT_FAULT_ID_VALID);
	assert_int_equal(fake.s1.pgtbl_addr, 0x12345000);
	assert_int_equal(fake.s1.addr_width, 48);
	assert_int_equal(fake.s1.flags, IOMMU_VTD_S1_SRE | IOMMU_VTD_S1_WPE);
	vdev_hwpt_unref(nested);
}

static void test_invalidate(void **state)
{
	static const struct vdev_vtd_invalidation requests[3] = {
		{ .address = 4096, .pages = 1, .flags = 1 },
		{ .pages = UINT64_MAX },
	};

	(void)state;
	assert_int_equal(vdev_hwpt_invalidate_vtd_s1(parent, requests, 3), 3);
	assert_int_equal(fake.invalidate.size, sizeof(fake.invalidate));
	assert_int_equal(fake.invalidate.hwpt_id, vdev_hwpt_id(parent));
	assert_int_equal(fake.invalidate.data_type, VDEV_INVALIDATE_VTD_S1);
	assert_int_equal(fake.invalidate.entry_len, sizeof(requests[0]));
	assert_int_equal(fake.invalidate.entry_num, 3);
	assert_ptr_equal((void *)(uintptr_t)fake.invalidate.data_uptr,
			 requests);
	/* None asks whether the type can be used. */
	assert_int_equal(vdev_hwpt_invalidate(parent, SELFTEST, NULL, 0, 0), 0);
	assert_int_equal(fake.invalidate.data_type, SELFTEST);
	assert_int_equal(fake.invalidate.entry_num, 0);
	assert_int_equal(fake.invalidate.data_uptr, 0);
}

/* How many were handled tells which one was refused. */
static void test_invalidate_partly(void **state)
{
	static const struct vdev_vtd_invalidation requests[3];

	(void)state;
	fake.refuse = IOMMU_HWPT_INVALIDATE;
	fake.error = EOPNOTSUPP;
	fake.handled = 2;
	assert_int_equal(vdev_hwpt_invalidate_vtd_s1(parent, requests, 3), 2);
	assert_said("HWPT 101 cannot do request 2, of type 0");
	fake.handled = 0;
	assert_int_equal(vdev_hwpt_invalidate_vtd_s1(parent, requests, 3),
			 -EOPNOTSUPP);
	assert_said("request 0");
}

/* More than the kernel takes at once. */
static void test_invalidate_many(void **state)
{
	const uint32_t count = 150000;
	uint64_t *requests = calloc(count, sizeof(*requests));

	(void)state;
	assert_non_null(requests);
	fake.calls = 0;
	assert_int_equal(vdev_hwpt_invalidate(parent, SELFTEST, requests,
					      sizeof(*requests), count),
			 (int)count);
	assert_int_equal(fake.requests, count);
	assert_int_equal(fake.calls, 3);
	assert_ptr_equal((void *)(uintptr_t)fake.invalidate.data_uptr,
			 requests + 131072);
	free(requests);
}

static void test_invalidate_errors(void **state)
{
	static const struct refusal cases[] = {
		{ ENOTTY, -EOPNOTSUPP, "needs Linux 6.8 or later" },
		{ ENOENT, -ENOENT, "no HWPT 101" },
		{ EINVAL, -EINVAL, "or that is not nested" },
		{ ETIMEDOUT, -ETIMEDOUT, "request 0 for HWPT 101 failed" },
	};
	static const char requests[8];

	(void)state;
	TRY_REFUSALS(IOMMU_HWPT_INVALIDATE, cases,
		     vdev_hwpt_invalidate(parent, SELFTEST, requests, 8, 1));
	fake.calls = 0;
	assert_int_equal(vdev_hwpt_invalidate(parent, 0, NULL, 8, 1), -EINVAL);
	assert_int_equal(vdev_hwpt_invalidate(parent, 0, requests, 0, 1),
			 -EINVAL);
	assert_said("there are no requests where 1 are announced");
	assert_int_equal(vdev_hwpt_invalidate(parent, 0, requests, 4097, 1),
			 -EINVAL);
	assert_int_equal(vdev_hwpt_invalidate(parent, 0, requests, 8,
					      (uint32_t)INT_MAX + 1),
			 -EINVAL);
	assert_int_equal(fake.calls, 0);
}

/* --- vIOMMUs */

static void test_viommu(void **state)
{
	static const char requests[24];
	struct vdev_vdevice *vdevice = NULL;
	struct vdev_viommu *v = NULL;
	uint64_t data = 5;

	(void)state;
	assert_int_equal(
		vdev_viommu_new(parent, 3, SELFTEST, &data, sizeof(data), &v),
		0);
	assert_int_equal(fake.viommu.hwpt_id, vdev_hwpt_id(parent));
	assert_int_equal(fake.viommu.dev_id, 3);
	assert_int_equal(fake.viommu.type, SELFTEST);
	assert_int_equal(fake.viommu.data_len, sizeof(data));
	assert_ptr_equal((void *)(uintptr_t)fake.viommu.data_uptr, &data);
	assert_int_equal(vdev_viommu_id(v), 102);
	assert_int_equal(vdev_viommu_type(v), SELFTEST);
	assert_ptr_equal(vdev_viommu_parent(v), parent);
	assert_int_equal(vdev_viommu_invalidate(v, SELFTEST, requests, 12, 2),
			 2);
	assert_int_equal(fake.invalidate.hwpt_id, 102);

	assert_int_equal(vdev_vdevice_new(v, 3, 0x99, &vdevice), 0);
	assert_int_equal(fake.vdevice.viommu_id, 102);
	assert_int_equal(fake.vdevice.dev_id, 3);
	assert_int_equal(fake.vdevice.virt_id, 0x99);
	assert_int_equal(vdev_vdevice_id(vdevice), 104);
	assert_int_equal(vdev_vdevice_number(vdevice), 0x99);
	/* What is in it keeps it. */
	assert_ptr_equal(vdev_viommu_ref(v), v);
	assert_null(vdev_viommu_unref(v));
	vdev_viommu_unref(v);
	assert_int_equal(fake.destroyed_count, 0);
	vdev_vdevice_free(vdevice);
	vdev_vdevice_free(NULL);
	assert_int_equal(fake.destroyed[0], 104);
	assert_int_equal(fake.destroyed[1], 102);
	assert_null(vdev_viommu_unref(NULL));
}

static void test_viommu_errors(void **state)
{
	static const struct refusal cases[] = {
		{ ENOTTY, -EOPNOTSUPP, "a vIOMMU needs Linux 6.13 or later" },
		{ E2BIG, -EOPNOTSUPP, "needs Linux 6.17 or later" },
		{ EOPNOTSUPP, -EOPNOTSUPP, "device 3 has no vIOMMU of type" },
		{ ENOENT, -ENOENT, "no device 3 or no HWPT 101" },
		{ EINVAL, -EINVAL, "HWPT 101 is no nest parent" },
		{ ENOMEM, -ENOMEM, "cannot make a vIOMMU" },
	};
	struct vdev_viommu *v = NULL;
	char data[4];

	(void)state;
	TRY_REFUSALS(IOMMU_VIOMMU_ALLOC, cases,
		     vdev_viommu_new(parent, 3, SELFTEST, data, 4, &v));
	assert_int_equal(vdev_viommu_new(parent, 3, SELFTEST, data, 0, &v),
			 -EINVAL);
	assert_int_equal(vdev_viommu_new(parent, 3, SELFTEST, NULL, 4, &v),
			 -EINVAL);
	assert_null(v);
}

static void test_vdevice_errors(void **state)
{
	static const struct refusal cases[] = {
		{ ENOTTY, -EOPNOTSUPP, "a vDEVICE needs Linux 6.13 or later" },
		{ EEXIST, -EEXIST, "device 3 has a vDEVICE already" },
		{ EINVAL, -EINVAL, "is not behind the IOMMU of vIOMMU 102" },
		{ ENOENT, -ENOENT, "no device 3" },
		{ ENOMEM, -ENOMEM, "cannot make a vDEVICE for vIOMMU 102" },
	};
	struct vdev_vdevice *vdevice = NULL;

	(void)state;
	TRY_REFUSALS(IOMMU_VDEVICE_ALLOC, cases,
		     vdev_vdevice_new(viommu, 3, 7, &vdevice));
	assert_null(vdevice);
}

static void test_mmap(void **state)
{
	void *address = NULL;

	(void)state;
	assert_int_equal(vdev_viommu_mmap(viommu, 0x10000, 4096, &address), 0);
	assert_ptr_equal(address, fakenested_page);
	vdev_viommu_munmap(viommu, address, 4096);
	address = NULL;
	fake.error = ENXIO;
	assert_int_equal(vdev_viommu_mmap(viommu, 0x20000, 4096, &address),
			 -ENXIO);
	assert_said("vIOMMU 102 offers no 4096 bytes at 0x20000");
	fake.error = ENODEV;
	assert_int_equal(vdev_viommu_mmap(viommu, 0, 4096, &address),
			 -EOPNOTSUPP);
	assert_said("needs Linux 6.17 or later");
	fake.error = EINVAL;
	assert_int_equal(vdev_viommu_mmap(viommu, 0, 1, &address), -EINVAL);
	assert_null(address);
}

/* --- Events */

static struct vdev_veventq *new_veventq(uint32_t type, size_t size)
{
	struct vdev_veventq *queue = NULL;

	assert_int_equal(vdev_veventq_new(viommu, type, 16, size, &queue), 0);
	return queue;
}

/* The next event is `sequence`, behind `lost` ones, with `number` as its data.
 */
static void expect(struct vdev_veventq *queue, uint32_t sequence, uint32_t lost,
		   const uint32_t *number)
{
	const struct vdev_vevent *event = NULL;
	const uint32_t *data;
	size_t size = 99;

	assert_int_equal(vdev_veventq_next(queue, &event), 1);
	assert_int_equal(vdev_vevent_sequence(event), sequence);
	assert_int_equal(vdev_vevent_lost(event), lost);
	data = vdev_vevent_data(event, &size);
	assert_int_equal(size, number ? sizeof(*number) : 0);
	assert_int_equal(!data, !number);
	if (data && number)
		assert_int_equal(*data, *number);
	assert_ptr_equal(vdev_vevent_data(event, NULL), data);
}

static void test_events(void **state)
{
	static const uint32_t told[] = {
		0, 0,	    70, /* an event */
		0, 3,	    73, /* behind two that were lost */
		1, 5,		/* two more, and nothing behind them */
		0, 6,	    76, /* none more */
		0, INT_MAX, 77, 0, 0, 78, /* numbers start again */
	};
	struct vdev_veventq *queue = new_veventq(SELFTEST, 4);
	const struct vdev_vevent *event = NULL;

	(void)state;
	assert_int_equal(fake.veventq.viommu_id, 102);
	assert_int_equal(fake.veventq.type, SELFTEST);
	assert_int_equal(fake.veventq.veventq_depth, 16);
	assert_int_equal(vdev_veventq_id(queue), 103);
	assert_int_equal(vdev_veventq_fd(queue), 60);
	assert_int_equal(vdev_veventq_next(queue, &event), 0);
	assert_null(event);
	fake.bytes = told;
	fake.size = sizeof(told);
	expect(queue, 0, 0, &told[2]);
	expect(queue, 3, 2, &told[5]);
	expect(queue, 5, 2, NULL);
	expect(queue, 6, 0, &told[10]);
	expect(queue, INT_MAX, INT_MAX - 7, &told[13]);
	expect(queue, 0, 0, &told[16]);
	assert_int_equal(vdev_veventq_next(queue, &event), 0);
	vdev_veventq_free(queue);
	vdev_veventq_free(NULL);
}

static void test_known_events(void **state)
{
	static const uint64_t told[5] = { 0, 1, 2, 3, 4 };
	struct vdev_veventq *queue = new_veventq(VDEV_VEVENTQ_ARM_SMMUV3, 0);
	const struct vdev_vevent *event = NULL;
	size_t size;

	(void)state;
	fake.bytes = told;
	fake.size = sizeof(told);
	assert_int_equal(vdev_veventq_next(queue, &event), 1);
	assert_memory_equal(vdev_vevent_data(event, &size), told + 1, 32);
	assert_int_equal(size, 32);
	vdev_veventq_free(queue);
	queue = new_veventq(VDEV_VEVENTQ_TEGRA241_CMDQV, 0);
	fake.bytes = told;
	fake.size = 24;
	assert_int_equal(vdev_veventq_next(queue, &event), 1);
	assert_memory_equal(vdev_vevent_data(event, &size), told + 1, 16);
	assert_int_equal(size, 16);
	vdev_veventq_free(queue);
}

static void test_events_cut_short(void **state)
{
	static const uint32_t told[] = { 0, 0, 70, 0, 1, 71 };
	struct vdev_veventq *queue = new_veventq(SELFTEST, 4);
	const struct vdev_vevent *event = NULL;

	(void)state;
	for (size_t missing = 1; missing < 12; missing++) {
		fake.bytes = told;
		fake.size = sizeof(told) - missing;
		assert_int_equal(vdev_veventq_next(queue, &event), 1);
		assert_int_equal(vdev_veventq_next(queue, &event), -EIO);
		assert_said("the kernel ended a record of queue of events 103");
		assert_int_equal(vdev_veventq_next(queue, &event), 0);
	}
	vdev_veventq_free(queue);
}

static void test_veventq_errors(void **state)
{
	static const struct refusal cases[] = {
		{ ENOTTY, -EOPNOTSUPP, "needs Linux 6.15 or later" },
		{ EOPNOTSUPP, -EOPNOTSUPP, "vIOMMU 102 cannot have a queue" },
		{ EEXIST, -EEXIST, "vIOMMU 102 has a queue of such events" },
		{ EINVAL, -EINVAL, "a queue cannot hold 16 events" },
		{ EMFILE, -EMFILE, "cannot make a queue of such events" },
	};
	struct vdev_veventq *queue = NULL;

	(void)state;
	TRY_REFUSALS(IOMMU_VEVENTQ_ALLOC, cases,
		     vdev_veventq_new(viommu, SELFTEST, 16, 4, &queue));
	assert_int_equal(vdev_veventq_new(viommu, SELFTEST, 16, 0, &queue),
			 -EINVAL);
	assert_said("how long an event of type 3735928559 is");
	assert_null(queue);
}

/* --- Hardware queues */

static void test_hw_queue(void **state)
{
	static const struct refusal cases[] = {
		{ ENOTTY, -EOPNOTSUPP, "needs Linux 6.17 or later" },
		{ EOPNOTSUPP, -EOPNOTSUPP, "cannot have such a hardware" },
		{ EEXIST, -EEXIST, "has such a hardware queue already" },
		{ EIO, -EIO, "the one before it is missing" },
		{ EINVAL, -EINVAL, "its index or length is wrong" },
		{ ENOENT, -ENOENT, "its memory is not mapped" },
		{ EFAULT, -EFAULT, "not contiguous" },
		{ EOVERFLOW, -EOVERFLOW, "past the end" },
		{ ERANGE, -EOVERFLOW, "past the end" },
	};
	struct vdev_hw_queue *queue = NULL;

	(void)state;
	TRY_REFUSALS(
		IOMMU_HW_QUEUE_ALLOC, cases,
		vdev_hw_queue_new(viommu, SELFTEST, 1, 0x100000, 4096, &queue));
	assert_null(queue);
	fake.refuse = 0;
	assert_int_equal(
		vdev_hw_queue_new(viommu, SELFTEST, 1, 0x100000, 4096, &queue),
		0);
	assert_int_equal(fake.hw_queue.viommu_id, 102);
	assert_int_equal(fake.hw_queue.type, SELFTEST);
	assert_int_equal(fake.hw_queue.index, 1);
	assert_int_equal(fake.hw_queue.nesting_parent_iova, 0x100000);
	assert_int_equal(fake.hw_queue.length, 4096);
	assert_true(vdev_hw_queue_id(queue) > 102);
	vdev_hw_queue_free(queue);
	vdev_hw_queue_free(NULL);
}

/* --- Every failure */

struct made {
	struct vdev_iommu *iommu;
	struct vdev_hwpt *parent, *nested;
	struct vdev_viommu *viommu;
	struct vdev_vdevice *vdevice;
	struct vdev_veventq *events;
	struct vdev_hw_queue *queue;
};

static int make_hwpts(struct vdev_ctx *c, struct made *m)
{
	static const struct vdev_vtd_s1 data = { .width = 48 };
	static const struct vdev_vtd_invalidation request;
	int ret = vdev_iommu_open(c, VDEV_IOMMU_IOMMUFD, &m->iommu);

	if (!ret)
		ret = vdev_hwpt_new(m->iommu, 3, 2, VDEV_HWPT_NEST_PARENT, 0,
				    NULL, 0, 0, &m->parent);
	if (!ret)
		ret = vdev_hwpt_new_vtd_s1(m->iommu, 3, vdev_hwpt_id(m->parent),
					   0, &data, 0, &m->nested);
	if (!ret)
		ret = vdev_hwpt_invalidate_vtd_s1(m->nested, &request, 1);
	return ret;
}

static int make_viommu(struct made *m)
{
	const struct vdev_vevent *event;
	int ret = vdev_viommu_new(m->parent, 3, SELFTEST, NULL, 0, &m->viommu);

	if (!ret)
		ret = vdev_vdevice_new(m->viommu, 3, 1, &m->vdevice);
	if (!ret)
		ret = vdev_veventq_new(m->viommu, 1, 16, 0, &m->events);
	if (!ret)
		ret = vdev_veventq_next(m->events, &event);
	if (!ret)
		ret = vdev_hw_queue_new(m->viommu, SELFTEST, 0, 0, 4096,
					&m->queue);
	return ret;
}

static void scenario(struct failnth *fail, void *data)
{
	struct fakenested f = { 0 };
	struct vdev_ctx *c = fakenested_start(&f);
	struct made m = { 0 };
	int ret;

	(void)data;
	failnth_start(fail, &c->sys);
	ret = make_hwpts(c, &m);
	if (ret == 1)
		ret = make_viommu(&m);
	failnth_stop(fail);
	assert_true(!ret || failnth_fired(fail));
	vdev_hw_queue_free(m.queue);
	vdev_veventq_free(m.events);
	vdev_vdevice_free(m.vdevice);
	vdev_viommu_unref(m.viommu);
	vdev_hwpt_unref(m.nested);
	vdev_hwpt_unref(m.parent);
	vdev_iommu_unref(m.iommu);
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
#define IN_VIOMMU(name) \
	cmocka_unit_test_setup_teardown(test_##name, setup_viommu, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(vtd_s1),
		TEST(invalidate),
		TEST(invalidate_partly),
		TEST(invalidate_many),
		TEST(invalidate_errors),
		TEST(viommu),
		TEST(viommu_errors),
		IN_VIOMMU(vdevice_errors),
		IN_VIOMMU(mmap),
		IN_VIOMMU(events),
		IN_VIOMMU(known_events),
		IN_VIOMMU(events_cut_short),
		IN_VIOMMU(veventq_errors),
		IN_VIOMMU(hw_queue),
		cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
