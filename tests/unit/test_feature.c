/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libvdev/file.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "failnth.h"
#include "fakevfio.h"

static void have(struct vfio_setup *s, enum vdev_feature feature)
{
	const uint32_t bit = 1U << (unsigned int)feature;

	s->fv.features |= bit;
	if (feature == VDEV_FEATURE_DMABUF)
		s->fv.features_get |= bit;
	else
		s->fv.features_set |= bit;
}

static void test_probe(void **state)
{
	struct vfio_setup *s = *state;

	vfio_open_by(s, VDEV_IOMMU_IOMMUFD);
	for (int i = 0; i < VDEV_FEATURES; i++) {
		assert_non_null(vdev_feature_name((enum vdev_feature)i));
		assert_int_equal(
			vdev_file_feature(s->file, (enum vdev_feature)i), 0);
	}
	assert_null(vdev_feature_name((enum vdev_feature)VDEV_FEATURES));
	assert_int_equal(
		vdev_file_feature(s->file, (enum vdev_feature)VDEV_FEATURES),
		-EINVAL);
	have(s, VDEV_FEATURE_VF_TOKEN);
	have(s, VDEV_FEATURE_DMABUF);
	assert_int_equal(vdev_file_feature(s->file, VDEV_FEATURE_VF_TOKEN),
			 VDEV_FEATURE_THERE | VDEV_FEATURE_SET);
	assert_int_equal(vdev_file_feature(s->file, VDEV_FEATURE_DMABUF),
			 VDEV_FEATURE_THERE | VDEV_FEATURE_GET);
	/* Only asked. */
	assert_int_equal(s->fv.feature_flags, 0);
	s->fv.fail_request = VFIO_DEVICE_FEATURE;
	s->fv.fail_error = ENODEV;
	assert_int_equal(vdev_file_feature(s->file, VDEV_FEATURE_DMABUF),
			 -ENODEV);
	s->fv.fail_request = 0;
}

static void test_isolation(void **state)
{
	struct vfio_setup *s = *state;

	vfio_open_by(s, VDEV_IOMMU_IOMMUFD);
	assert_int_equal(vdev_file_isolation(s->file), -EOPNOTSUPP);
	vfio_says(s, "does not tell how");
	assert_non_null(strstr(vdev_ctx_last_hint(s->ctx), "kernel-patches"));
	assert_int_equal(vdev_file_isolation_pasid(s->file), -EOPNOTSUPP);
	s->fv.tells_isolation = true;
	s->fv.isolation.type = VFIO_DEVICE_ISOLATION_IOMMU;
	assert_int_equal(vdev_file_isolation(s->file), VDEV_ISOLATION_IOMMU);
	assert_int_equal(vdev_file_isolation_pasid(s->file), -ENODATA);
	/* Without the flag the number says nothing. */
	s->fv.isolation.type = VFIO_DEVICE_ISOLATION_IOMMU_PASID;
	s->fv.isolation.pasid = 7;
	assert_int_equal(vdev_file_isolation_pasid(s->file), -ENODATA);
	s->fv.isolation.flags = VFIO_DEVICE_ISOLATION_PASID_VALID;
	assert_int_equal(vdev_file_isolation(s->file),
			 VDEV_ISOLATION_IOMMU_PASID);
	assert_int_equal(vdev_file_isolation_pasid(s->file), 7);
	s->fv.fail_request = VFIO_DEVICE_FEATURE;
	s->fv.fail_error = ENODEV;
	assert_int_equal(vdev_file_isolation(s->file), -ENODEV);
	s->fv.fail_request = 0;
}

static void test_token(void **state)
{
	const struct vdev_vf_token token = { { 1, 2, 3 } };
	struct vfio_setup *s = *state;

	vfio_open_by(s, VDEV_IOMMU_IOMMUFD);
	assert_int_equal(vdev_file_set_vf_token(s->file, &token), -EOPNOTSUPP);
	assert_non_null(vdev_ctx_last_hint(s->ctx));
	have(s, VDEV_FEATURE_VF_TOKEN);
	assert_int_equal(vdev_file_set_vf_token(s->file, &token), 0);
	assert_memory_equal(s->fv.feature, &token, sizeof(token));
	s->fv.fail_request = VFIO_DEVICE_FEATURE;
	s->fv.fail_error = ENODEV;
	assert_int_equal(vdev_file_set_vf_token(s->file, &token), -ENODEV);
	s->fv.fail_error = ENOTTY;
	tree_attr_link(s->t, FAKE_ADDRESS, "physfn", "../0000:01:00.1");
	vdev_device_refresh(s->dev);
	assert_int_equal(vdev_file_set_vf_token(s->file, &token), -EOPNOTSUPP);
	vfio_says(s, "is a VF, which has no VF token of its own");
	s->fv.fail_request = 0;
}

static void test_low_power(void **state)
{
	struct vfio_setup *s = *state;

	vfio_open_by(s, VDEV_IOMMU_TYPE1);
	assert_int_equal(vdev_file_low_power_enter(s->file, -1), -EOPNOTSUPP);
	vfio_says(s, "no feature low-power-entry");
	have(s, VDEV_FEATURE_LOW_POWER_ENTRY);
	have(s, VDEV_FEATURE_LOW_POWER_ENTRY_WAKEUP);
	have(s, VDEV_FEATURE_LOW_POWER_EXIT);
	assert_int_equal(vdev_file_low_power_enter(s->file, -1), 0);
	assert_int_equal(s->fv.feature_flags,
			 VFIO_DEVICE_FEATURE_SET |
				 VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY);
	assert_int_equal(vdev_file_low_power_enter(s->file, 44), 0);
	assert_int_equal(s->fv.feature[0], 44);
	assert_int_equal(vdev_file_low_power_exit(s->file), 0);
	assert_int_equal(s->fv.feature_flags,
			 VFIO_DEVICE_FEATURE_SET |
				 VFIO_DEVICE_FEATURE_LOW_POWER_EXIT);
	s->fv.fail_request = VFIO_DEVICE_FEATURE;
	s->fv.fail_error = EINVAL;
	assert_int_equal(vdev_file_low_power_enter(s->file, -1), -EINVAL);
	s->fv.fail_request = 0;
}

static void test_ioeventfd(void **state)
{
	static const struct {
		int error;
		int result;
	} cases[] = {
		{ ENOTTY, -EOPNOTSUPP }, { EINVAL, -EINVAL },
		{ EEXIST, -EEXIST },	 { ENODEV, -ENOENT },
		{ ENOSPC, -ENOSPC },	 { EBADF, -EBADF },
	};
	struct vfio_setup *s = *state;

	vfio_open_by(s, VDEV_IOMMU_IOMMUFD);
	assert_int_equal(vdev_file_ioeventfd(s->file, 1, 0x10, 2, 0x1234, 45),
			 0);
	assert_int_equal(s->fv.ioeventfd.flags, VFIO_DEVICE_IOEVENTFD_16);
	assert_true(s->fv.ioeventfd.offset == (1ULL << 40) + 0x10);
	assert_int_equal(s->fv.ioeventfd.data, 0x1234);
	assert_int_equal(s->fv.ioeventfd.fd, 45);
	assert_int_equal(vdev_file_ioeventfd(s->file, 1, 0x10, 2, 0x1234, -1),
			 0);
	assert_int_equal(s->fv.ioeventfd.fd, -1);
	assert_int_equal(vdev_file_ioeventfd(s->file, 1, 0x11, 2, 1, 45),
			 -EINVAL);
	assert_int_equal(vdev_file_ioeventfd(s->file, 1, 0x100, 2, 1, 45),
			 -EINVAL);
	s->fv.fail_request = VFIO_DEVICE_IOEVENTFD;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		s->fv.fail_error = cases[i].error;
		assert_int_equal(vdev_file_ioeventfd(s->file, 0, 0, 4, 1, 45),
				 cases[i].result);
	}
	s->fv.fail_request = 0;
}

static void test_dmabuf(void **state)
{
	const struct vdev_dma_range ranges[] = { { 0x1000, 0x1000 },
						 { 0x4000, 0x2000 } };
	const struct vdev_dma_range beyond = { 0xf000, 0x2000 };
	struct vfio_setup *s = *state;
	struct vfio_device_feature_dma_buf request;
	int fd;

	vfio_open_by(s, VDEV_IOMMU_IOMMUFD);
	assert_int_equal(vdev_file_export_dmabuf(s->file, 0, ranges, 2),
			 -EOPNOTSUPP);
	assert_non_null(strstr(vdev_ctx_last_hint(s->ctx), "6.19"));
	have(s, VDEV_FEATURE_DMABUF);
	fd = vdev_file_export_dmabuf(s->file, 0, ranges, 2);
	assert_true(fd >= 0);
	memcpy(&request, s->fv.feature, sizeof(request));
	assert_int_equal(request.region_index, 0);
	assert_int_equal(request.open_flags, O_RDWR | O_CLOEXEC);
	assert_int_equal(request.nr_ranges, 2);
	assert_memory_equal(s->fv.feature + sizeof(request), ranges,
			    sizeof(ranges));
	vdev_sys_close(&s->ctx->sys, fd);
	assert_int_equal(vdev_file_export_dmabuf(s->file, 0, ranges, 0),
			 -EINVAL);
	assert_int_equal(vdev_file_export_dmabuf(s->file, 0, &beyond, 1),
			 -EINVAL);
	s->fv.fail_request = VFIO_DEVICE_FEATURE;
	s->fv.fail_error = EOPNOTSUPP;
	assert_int_equal(vdev_file_export_dmabuf(s->file, 0, ranges, 2),
			 -EOPNOTSUPP);
	vfio_says(s, "driver");
	s->fv.fail_error = EINVAL;
	assert_int_equal(vdev_file_export_dmabuf(s->file, 0, ranges, 2),
			 -EINVAL);
	s->fv.fail_request = 0;
}

static void test_gfx(void **state)
{
	struct vfio_setup *s = *state;
	struct vdev_gfx_plane plane;
	int fd;

	vfio_open_by(s, VDEV_IOMMU_IOMMUFD);
	assert_int_equal(vdev_file_gfx_kinds(s->file), VDEV_GFX_DMABUF);
	assert_int_equal(
		vdev_file_gfx_plane(s->file, VDEV_GFX_DMABUF, 1, &plane), 0);
	assert_int_equal(plane.width, 640);
	assert_int_equal(plane.stride, 2560);
	assert_int_equal(plane.id, 3);
	fd = vdev_file_gfx_dmabuf(s->file, plane.id);
	assert_true(fd >= 0);
	vdev_sys_close(&s->ctx->sys, fd);
	assert_int_equal(vdev_file_gfx_dmabuf(s->file, 4), -EINVAL);
	assert_int_equal(
		vdev_file_gfx_plane(s->file, VDEV_GFX_REGION, 1, &plane),
		-EOPNOTSUPP);
	s->fv.fail_request = VFIO_DEVICE_QUERY_GFX_PLANE;
	s->fv.fail_error = ENOTTY;
	assert_int_equal(vdev_file_gfx_kinds(s->file), 0);
	s->fv.fail_error = ENODEV;
	assert_int_equal(vdev_file_gfx_kinds(s->file), -ENODEV);
	s->fv.fail_request = VFIO_DEVICE_GET_GFX_DMABUF;
	assert_int_equal(vdev_file_gfx_dmabuf(s->file, 3), -ENODEV);
	s->fv.fail_request = 0;
}

static void scenario(struct failnth *fail, void *data)
{
	const struct vdev_dma_range range = { 0, 0x1000 };
	struct vfio_setup *s = data;
	int first, second = -1;

	failnth_start(fail, &s->ctx->sys);
	first = vdev_file_export_dmabuf(s->file, 0, &range, 1);
	if (first >= 0)
		second = vdev_file_gfx_dmabuf(s->file, 3);
	failnth_stop(fail);
	assert_int_equal(first < 0 || second < 0, failnth_fired(fail));
	vdev_sys_close(&s->ctx->sys, first);
	vdev_sys_close(&s->ctx->sys, second);
}

static void test_failures(void **state)
{
	struct vfio_setup *s = *state;

	have(s, VDEV_FEATURE_DMABUF);
	vfio_open_by(s, VDEV_IOMMU_IOMMUFD);
	failnth_sweep(scenario, s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		VFIO_TEST(test_probe),	   VFIO_TEST(test_token),
		VFIO_TEST(test_isolation), VFIO_TEST(test_low_power),
		VFIO_TEST(test_ioeventfd), VFIO_TEST(test_dmabuf),
		VFIO_TEST(test_gfx),	   VFIO_TEST(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
