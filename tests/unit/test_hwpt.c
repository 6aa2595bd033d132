/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libvdev/hwpt.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "failnth.h"
#include "kernel/abi/iommufd.h"
#include "kernel/abi/vfio.h"
#include "object/iommu.h"
#include "scripted.h"

static struct vdev_ctx *ctx;
static struct vdev_iommu *iommu;
static struct scripted script;

/* What the answers below take from a test, and leave for it. */
static struct iommu_hwpt_alloc asked;
static unsigned int width;
static uint64_t caps;

static int setup(void **state)
{
	(void)state;
	width = 0;
	caps = 0;
	assert_int_equal(vdev_ctx_new(&ctx), 0);
	SCRIPT(&script, &ctx->sys, SCRIPT_OPEN("/dev/iommu", 50));
	assert_int_equal(vdev_iommu_open(ctx, VDEV_IOMMU_IOMMUFD, &iommu), 0);
	/* Its close belongs to the end of each test's own script. */
	script.open_fds = 0;
	scripted_done(&script);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	script.open_fds = 1;
	SCRIPT(&script, &ctx->sys, SCRIPT_OPEN("/dev/null", 50));
	script.open_fds = 1;
	script.next = 1;
	vdev_iommu_unref(iommu);
	scripted_done(&script);
	vdev_ctx_unref(ctx);
	return 0;
}

#define assert_said(text) \
	assert_non_null(strstr(vdev_ctx_last_error(ctx), text))

static int answer_alloc(void *arg)
{
	struct iommu_hwpt_alloc *a = arg;

	asked = *a;
	a->out_hwpt_id = 9;
	return 0;
}

static int answer_info(void *arg)
{
	struct iommu_hw_info *a = arg;

	assert_int_equal(a->size, sizeof(*a));
	assert_int_equal(a->dev_id, 3);
	a->data_len = 0;
	a->out_max_pasid_log2 = (uint8_t)width;
	a->out_capabilities = caps;
	return 0;
}

static int answer_destroy(void *arg)
{
	assert_int_equal(((struct iommu_destroy *)arg)->id, 9);
	return 0;
}

static int new_hwpt(unsigned int flags, struct vdev_hwpt **ret)
{
	return vdev_hwpt_new(iommu, 3, 2, flags, 0, NULL, 0,
			     flags & VDEV_HWPT_FAULT ? 4 : 0, ret);
}

static void test_new(void **state)
{
	struct vdev_hwpt *hwpt = NULL;

	(void)state;
	SCRIPT(&script, &ctx->sys,
	       SCRIPT_IOCTL(50, IOMMU_HWPT_ALLOC, answer_alloc),
	       SCRIPT_IOCTL(50, IOMMU_DESTROY, answer_destroy));
	assert_int_equal(new_hwpt(VDEV_HWPT_PASID | VDEV_HWPT_FAULT, &hwpt), 0);
	assert_int_equal(asked.size, sizeof(asked));
	assert_int_equal(asked.dev_id, 3);
	assert_int_equal(asked.pt_id, 2);
	assert_int_equal(asked.fault_id, 4);
	assert_int_equal(asked.flags,
			 IOMMU_HWPT_ALLOC_PASID | IOMMU_HWPT_FAULT_ID_VALID);
	assert_int_equal(asked.data_uptr, 0);
	assert_int_equal(vdev_hwpt_id(hwpt), 9);
	assert_int_equal(vdev_hwpt_flags(hwpt),
			 VDEV_HWPT_PASID | VDEV_HWPT_FAULT);
	assert_ptr_equal(vdev_hwpt_iommu(hwpt), iommu);
	assert_ptr_equal(vdev_hwpt_ref(hwpt), hwpt);
	vdev_hwpt_unref(hwpt);
	assert_null(vdev_hwpt_unref(hwpt));
	assert_null(vdev_hwpt_unref(NULL));
	scripted_done(&script);
}

static void test_nested(void **state)
{
	struct iommu_hwpt_vtd_s1 data = { .addr_width = 48 };
	struct vdev_hwpt *hwpt = NULL;

	(void)state;
	SCRIPT(&script, &ctx->sys,
	       SCRIPT_IOCTL(50, IOMMU_HWPT_ALLOC, answer_alloc),
	       SCRIPT_FAIL_IOCTL(50, IOMMU_DESTROY, EBUSY));
	assert_int_equal(vdev_hwpt_new(iommu, 3, 2, 0, VDEV_HWPT_DATA_VTD_S1,
				       &data, sizeof(data), 0, &hwpt),
			 0);
	assert_int_equal(asked.data_type, IOMMU_HWPT_DATA_VTD_S1);
	assert_int_equal(asked.data_len, sizeof(data));
	assert_ptr_equal((void *)(uintptr_t)asked.data_uptr, &data);
	/* A child holds it: it stays, and that is no failure. */
	vdev_hwpt_unref(hwpt);
	scripted_done(&script);
	assert_int_equal(vdev_hwpt_new(iommu, 3, 2, 0, VDEV_HWPT_DATA_VTD_S1,
				       NULL, 0, 0, &hwpt),
			 -EINVAL);
	assert_int_equal(vdev_hwpt_new(iommu, 3, 2, 0, 0, &data, 4, 0, &hwpt),
			 -EINVAL);
	assert_said("a nested HWPT has a type and data");
}

static void test_import(void **state)
{
	struct vdev_hwpt *hwpt = NULL;

	(void)state;
	/* No call at all, at its end neither. */
	assert_int_equal(vdev_hwpt_import(iommu, 77, VDEV_HWPT_PASID, &hwpt),
			 0);
	assert_int_equal(vdev_hwpt_id(hwpt), 77);
	vdev_hwpt_unref(hwpt);
}

static void test_errors(void **state)
{
	static const struct {
		int error, ret;
		unsigned int flags;
		const char *said;
	} cases[] = {
		{ ENOTTY, -EOPNOTSUPP, 0,
		  "making a HWPT needs Linux 6.6 or later: IOMMU_HWPT_ALLOC" },
		{ E2BIG, -EOPNOTSUPP, VDEV_HWPT_FAULT, "needs Linux 6.11" },
		{ ENOENT, -ENOENT, 0, "no device 3" },
		{ EINVAL, -EINVAL, 0,
		  "2 is no address space or parent that device 3" },
		{ EIO, -EIO, 0, "cannot make a HWPT for device 3 in 2" },
		{ EADDRINUSE, -EADDRINUSE, 0, "that device 3 cannot use" },
	};
	struct vdev_hwpt *hwpt = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		SCRIPT(&script, &ctx->sys,
		       SCRIPT_FAIL_IOCTL(50, IOMMU_HWPT_ALLOC, cases[i].error));
		assert_int_equal(new_hwpt(cases[i].flags, &hwpt), cases[i].ret);
		assert_said(cases[i].said);
		scripted_done(&script);
	}
	assert_null(hwpt);
}

/* Which of kernel, IOMMU and device is to blame for an EOPNOTSUPP. */
static void test_unsupported(void **state)
{
	static const struct {
		unsigned int flags, width;
		const char *said;
	} cases[] = {
		{ VDEV_HWPT_DIRTY_TRACKING, 0,
		  "the IOMMU of device 3 cannot track dirty pages" },
		{ VDEV_HWPT_FAULT, 0, "needs Linux 6.11 or later" },
		{ VDEV_HWPT_NEST_PARENT, 0, "cannot nest page tables so" },
		{ 1 << 9, 0, "with the flags 0x200" },
	};
	struct vdev_hwpt *hwpt = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		SCRIPT(&script, &ctx->sys,
		       SCRIPT_FAIL_IOCTL(50, IOMMU_HWPT_ALLOC, EOPNOTSUPP),
		       SCRIPT_IOCTL(50, IOMMU_GET_HW_INFO, answer_info));
		assert_int_equal(new_hwpt(cases[i].flags, &hwpt), -EOPNOTSUPP);
		assert_said(cases[i].said);
		scripted_done(&script);
	}
}

static void test_no_pasid(void **state)
{
	static const struct {
		unsigned int width;
		int veventq; /* what the call that came with PASIDs says */
		const char *said;
	} cases[] = {
		{ 0, ENOTTY,
		  "a HWPT for PASIDs needs Linux 6.15 or later: "
		  "IOMMU_HWPT_ALLOC with IOMMU_HWPT_ALLOC_PASID" },
		{ 0, EOPNOTSUPP, "device 3 has no PASIDs: it lacks" },
		{ 20, EOPNOTSUPP, "the kernel's driver of the IOMMU" },
	};
	struct vdev_hwpt *hwpt = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		width = cases[i].width;
		SCRIPT(&script, &ctx->sys,
		       SCRIPT_FAIL_IOCTL(50, IOMMU_HWPT_ALLOC, EOPNOTSUPP),
		       SCRIPT_IOCTL(50, IOMMU_GET_HW_INFO, answer_info),
		       SCRIPT_FAIL_IOCTL(50, IOMMU_VEVENTQ_ALLOC,
					 cases[i].veventq));
		assert_int_equal(new_hwpt(VDEV_HWPT_PASID, &hwpt), -EOPNOTSUPP);
		assert_said(cases[i].said);
		scripted_done(&script);
	}
}

static void test_type1(void **state)
{
	struct vdev_iommu *type1 = NULL;
	struct vdev_hw_info *info = NULL;
	struct vdev_hwpt *hwpt = NULL;

	(void)state;
	SCRIPT(&script, &ctx->sys, SCRIPT_OPEN("/dev/vfio/vfio", 51),
	       SCRIPT_IOCTL(51, VFIO_GET_API_VERSION, NULL),
	       { .op = SCRIPTED_ioctl,
		 .request = VFIO_CHECK_EXTENSION,
		 .result = 1 });
	assert_int_equal(vdev_iommu_open(ctx, VDEV_IOMMU_TYPE1, &type1), 0);
	assert_int_equal(vdev_hwpt_new(type1, 3, 2, 0, 0, NULL, 0, 0, &hwpt),
			 -EOPNOTSUPP);
	assert_int_equal(vdev_hwpt_import(type1, 3, 0, &hwpt), -EOPNOTSUPP);
	assert_said("type 1 has no HWPTs");
	assert_int_equal(vdev_hw_info_new(type1, 3, &info), -EOPNOTSUPP);
	vdev_iommu_unref(type1);
	scripted_done(&script);
}

/* --- What IOMMUs tell */

static struct iommu_hw_info reply;
static const void *reply_data;

static int answer_reply(void *arg)
{
	struct iommu_hw_info *a = arg;
	size_t size =
		reply.data_len < a->data_len ? reply.data_len : a->data_len;

	if (reply_data)
		memcpy((void *)(uintptr_t)a->data_uptr, reply_data, size);
	a->data_len = reply.data_len;
	a->out_data_type = reply.out_data_type;
	a->out_max_pasid_log2 = reply.out_max_pasid_log2;
	a->out_capabilities = reply.out_capabilities;
	return 0;
}

static struct vdev_hw_info *ask(uint32_t type, const void *data, size_t size)
{
	struct vdev_hw_info *info = NULL;

	reply = (struct iommu_hw_info){
		.data_len = (uint32_t)size,
		.out_data_type = type,
		.out_max_pasid_log2 = 20,
		.out_capabilities = 5,
	};
	reply_data = data;
	SCRIPT(&script, &ctx->sys,
	       SCRIPT_IOCTL(50, IOMMU_GET_HW_INFO, answer_reply));
	assert_int_equal(vdev_hw_info_new(iommu, 3, &info), 0);
	scripted_done(&script);
	return info;
}

static uint64_t fact(const struct vdev_hw_info *info, const char *name)
{
	uint64_t value = 0;
	const char *found;

	for (size_t i = 0; (found = vdev_hw_info_fact(info, i, &value)); i++) {
		if (str_eq(found, name))
			return value;
	}
	fail_msg("there is no fact %s", name);
	return 0;
}

/* The registers as the lab's emulated IOMMU has them. */
static void test_vtd(void **state)
{
	const struct iommu_hw_info_vtd vtd = {
		.flags = 1,
		.cap_reg = 0xd2008c222f0686ULL,
		.ecap_reg = 1ULL << 40 | 19ULL << 35 | 1ULL << 26,
	};
	struct vdev_hw_info *info = ask(VDEV_HW_INTEL_VTD, &vtd, sizeof(vtd));
	size_t size = 0;

	(void)state;
	assert_int_equal(vdev_hw_info_type(info), VDEV_HW_INTEL_VTD);
	assert_int_equal(vdev_hw_info_caps(info),
			 VDEV_HW_CAP_DIRTY_TRACKING | VDEV_HW_CAP_PASID_PRIV);
	assert_int_equal(vdev_hw_info_pasid_width(info), 20);
	assert_memory_equal(vdev_hw_info_data(info, &size), &vtd, sizeof(vtd));
	assert_int_equal(size, sizeof(vtd));
	assert_int_equal(fact(info, "erratum-772415"), 1);
	assert_int_equal(fact(info, "caching-mode"), 1);
	assert_int_equal(fact(info, "max-guest-address-bits"), 48);
	assert_int_equal(fact(info, "second-stage-2m-pages"), 1);
	assert_int_equal(fact(info, "pasid"), 1);
	assert_int_equal(fact(info, "pasid-bits"), 20);
	assert_int_equal(fact(info, "nested-translation"), 1);
	assert_int_equal(fact(info, "first-stage"), 0);
	assert_null(vdev_hw_info_fact(info, 1000, NULL));
	vdev_hw_info_free(info);
}

static void test_others(void **state)
{
	const struct iommu_hw_info_arm_smmuv3 arm = {
		.idr = { 1U << 19 | 2U << 2, 16 | 20U << 6, 0, 1U << 10, 0,
			 1U << 4 | 1U << 6 },
	};
	const struct iommu_hw_info_amd amd = {
		.efr = 1ULL << 1 | 15ULL << 32 | 2ULL << 14,
	};
	const struct iommu_hw_info_tegra241_cmdqv cmdqv = {
		.version = 1,
		.log2vcmdqs = 2,
		.log2vsids = 4,
	};
	struct vdev_hw_info *info = ask(VDEV_HW_ARM_SMMUV3, &arm, sizeof(arm));

	(void)state;
	assert_int_equal(fact(info, "stream-id-bits"), 16);
	assert_int_equal(fact(info, "substream-id-bits"), 20);
	assert_int_equal(fact(info, "context-table-levels-2"), 1);
	assert_int_equal(fact(info, "range-invalidation"), 1);
	assert_int_equal(fact(info, "granule-16k"), 0);
	assert_int_equal(fact(info, "granule-64k"), 1);
	vdev_hw_info_free(info);

	info = ask(VDEV_HW_AMD, &amd, sizeof(amd));
	assert_int_equal(fact(info, "page-requests"), 1);
	assert_int_equal(fact(info, "pasid-bits-code"), 15);
	assert_int_equal(fact(info, "guest-cr3-levels-code"), 2);
	vdev_hw_info_free(info);

	info = ask(VDEV_HW_TEGRA241_CMDQV, &cmdqv, sizeof(cmdqv));
	assert_int_equal(fact(info, "version"), 1);
	assert_int_equal(fact(info, "stream-ids-log2"), 4);
	vdev_hw_info_free(info);
}

static void test_strange(void **state)
{
	static const char large[1000];
	struct vdev_hw_info *info = ask(VDEV_HW_NONE, NULL, 0);
	size_t size = 1;

	(void)state;
	assert_null(vdev_hw_info_data(info, &size));
	assert_int_equal(size, 0);
	assert_int_equal(vdev_hw_info_fact_count(info), 0);
	vdev_hw_info_free(info);
	/* A make that is not known, with more data than there is room for. */
	info = ask(4711, large, sizeof(large));
	assert_int_equal(vdev_hw_info_type(info), 4711);
	assert_int_equal(vdev_hw_info_fact_count(info), 0);
	assert_non_null(vdev_hw_info_data(info, &size));
	assert_int_equal(size, 256);
	vdev_hw_info_free(info);
	/* A structure too short for its make. */
	info = ask(VDEV_HW_AMD, large, 8);
	assert_int_equal(vdev_hw_info_fact_count(info), 0);
	vdev_hw_info_free(info);
	vdev_hw_info_free(NULL);
	assert_string_equal(vdev_hw_type_name(VDEV_HW_INTEL_VTD), "intel-vtd");
	assert_string_equal(vdev_hw_type_name(VDEV_HW_AMD), "amd");
	assert_string_equal(vdev_hw_type_name(4711), "unknown");
}

static void test_info_errors(void **state)
{
	struct vdev_hw_info *info = NULL;

	(void)state;
	SCRIPT(&script, &ctx->sys,
	       SCRIPT_FAIL_IOCTL(50, IOMMU_GET_HW_INFO, ENOTTY),
	       SCRIPT_FAIL_IOCTL(50, IOMMU_GET_HW_INFO, ENOENT),
	       SCRIPT_FAIL_IOCTL(50, IOMMU_GET_HW_INFO, EIO));
	assert_int_equal(vdev_hw_info_new(iommu, 3, &info), -EOPNOTSUPP);
	assert_said("needs Linux 6.6 or later: IOMMU_GET_HW_INFO");
	assert_int_equal(vdev_hw_info_new(iommu, 3, &info), -ENOENT);
	assert_said("no device 3");
	assert_int_equal(vdev_hw_info_new(iommu, 3, &info), -EIO);
	assert_null(info);
	scripted_done(&script);
}

/* --- Failures everywhere: nothing stays allocated, open or made */

/* A kernel with one device, whose IOMMU can do all but PASIDs. */
struct small_kernel {
	unsigned int open_fds;
	unsigned int hwpts;
};

static int small_open(struct vdev_sys *sys, int dirfd, const char *path,
		      int flags, mode_t mode)
{
	struct small_kernel *k = sys->data;

	(void)dirfd;
	(void)flags;
	(void)mode;
	assert_string_equal(path, "/dev/iommu");
	k->open_fds++;
	return 50;
}

static int small_close(struct vdev_sys *sys, int fd)
{
	struct small_kernel *k = sys->data;

	assert_int_equal(fd, 50);
	k->open_fds--;
	return 0;
}

static int small_info(struct iommu_hw_info *arg)
{
	struct iommu_hw_info_vtd vtd = { .ecap_reg = 1ULL << 43 };

	assert_true(arg->data_len >= sizeof(vtd));
	memcpy((void *)(uintptr_t)arg->data_uptr, &vtd, sizeof(vtd));
	arg->data_len = sizeof(vtd);
	arg->out_data_type = IOMMU_HW_INFO_TYPE_INTEL_VTD;
	arg->out_capabilities = VDEV_HW_CAP_DIRTY_TRACKING;
	return 0;
}

static int small_ioctl(struct vdev_sys *sys, int fd, unsigned long request,
		       void *arg)
{
	struct small_kernel *k = sys->data;
	struct iommu_hwpt_alloc *alloc = arg;

	assert_int_equal(fd, 50);
	switch (request) {
	case IOMMU_GET_HW_INFO:
		return small_info(arg);
	case IOMMU_HWPT_ALLOC:
		if (alloc->flags & IOMMU_HWPT_ALLOC_PASID)
			return -EOPNOTSUPP;
		alloc->out_hwpt_id = 9 + k->hwpts++;
		return 0;
	case IOMMU_DESTROY:
		assert_true(k->hwpts);
		k->hwpts--;
		return 0;
	case IOMMU_VEVENTQ_ALLOC:
		return -ENOENT;
	default:
		fail();
		return -ENOTTY;
	}
}

static const struct vdev_sys_ops small_ops = {
	.open = small_open,
	.close = small_close,
	.ioctl = small_ioctl,
};

/* A HWPT, one nested in it, an imported one, and one that cannot be. */
static int make_hwpts(struct vdev_iommu *on, struct vdev_hwpt *made[4])
{
	const struct iommu_hwpt_vtd_s1 s1 = { .addr_width = 48 };
	int ret;

	ret = vdev_hwpt_new(on, 3, 2, VDEV_HWPT_NEST_PARENT, 0, NULL, 0, 0,
			    &made[0]);
	if (!ret)
		ret = vdev_hwpt_new(on, 3, vdev_hwpt_id(made[0]), 0,
				    VDEV_HWPT_DATA_VTD_S1, &s1, sizeof(s1), 0,
				    &made[1]);
	if (!ret)
		ret = vdev_hwpt_import(on, 77, VDEV_HWPT_PASID, &made[2]);
	if (ret)
		return ret;
	ret = vdev_hwpt_new(on, 3, 2, VDEV_HWPT_PASID, 0, NULL, 0, 0, &made[3]);
	assert_true(ret < 0);
	return ret == -EOPNOTSUPP ? 0 : ret;
}

static void hwpt_scenario(struct failnth *fail, void *data)
{
	struct small_kernel k = { 0 };
	struct vdev_hwpt *made[4] = { NULL };
	struct vdev_hw_info *info = NULL;
	struct vdev_iommu *i = NULL;
	struct vdev_ctx *c;
	int ret;

	(void)data;
	assert_int_equal(vdev_ctx_new(&c), 0);
	c->sys.ops = &small_ops;
	c->sys.data = &k;
	failnth_start(fail, &c->sys);
	ret = vdev_iommu_open(c, VDEV_IOMMU_IOMMUFD, &i);
	if (!ret)
		ret = vdev_hw_info_new(i, 3, &info);
	if (!ret)
		ret = make_hwpts(i, made);
	failnth_stop(fail);
	assert_true(!ret || failnth_fired(fail));
	assert_true(!ret == !!made[2] || failnth_fired(fail));
	assert_null(made[3]);
	if (info)
		assert_int_equal(vdev_hw_info_type(info), VDEV_HW_INTEL_VTD);
	vdev_hw_info_free(info);
	for (size_t n = ARRAY_SIZE(made); n; n--)
		vdev_hwpt_unref(made[n - 1]);
	assert_int_equal(k.hwpts, 0);
	vdev_iommu_unref(i);
	assert_int_equal(k.open_fds, 0);
	vdev_ctx_unref(c);
}

static void test_failures(void **state)
{
	(void)state;
	failnth_sweep(hwpt_scenario, NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(new),	   TEST(nested),
		TEST(import),	   TEST(errors),
		TEST(unsupported), TEST(no_pasid),
		TEST(type1),	   TEST(vtd),
		TEST(others),	   TEST(strange),
		TEST(info_errors), cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
