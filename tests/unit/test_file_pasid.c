/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libvdev/file.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "failnth.h"
#include "fakevfio.h"

static struct vdev_hwpt *hwpt(struct vfio_setup *s, unsigned int flags)
{
	struct vdev_hwpt *h;

	assert_int_equal(vdev_hwpt_new(s->iommu, FAKE_DEVICE, 5, flags,
				       VDEV_HWPT_DATA_NONE, NULL, 0, 0, &h),
			 0);
	return h;
}

static void test_attach_hwpt(void **state)
{
	struct vfio_setup *s = *state;
	struct vdev_iommu *other;
	struct vdev_hwpt *h;

	vfio_open_by(s, VDEV_IOMMU_IOMMUFD);
	h = hwpt(s, 0);
	assert_int_equal(vdev_file_attach_hwpt(s->file, h), 0);
	assert_int_equal(s->fv.attached, vdev_hwpt_id(h));
	/* The file keeps it. */
	vdev_hwpt_unref(h);
	assert_int_equal(vdev_file_detach(s->file), 0);

	other = vdev_iommu_ref(s->iommu);
	vfio_use(s, VDEV_IOMMU_IOMMUFD);
	h = hwpt(s, 0);
	assert_int_equal(vdev_file_attach_hwpt(s->file, h), -EINVAL);
	vfio_says(s, "another iommu");
	assert_int_equal(vdev_file_attach_pasid(s->file, 1, h), -EINVAL);
	vdev_hwpt_unref(h);
	vdev_iommu_unref(other);
}

/* Of an address space that the HWPT keeps, in whatever order they go. */
static void test_make_hwpt(void **state)
{
	struct vfio_setup *s = *state;
	struct vdev_iommu *other;
	struct vdev_ioas *ioas;
	struct vdev_hwpt *h;

	vfio_open_by(s, VDEV_IOMMU_IOMMUFD);
	assert_int_equal(vdev_ioas_new(s->iommu, &ioas), 0);
	assert_int_equal(
		vdev_file_make_hwpt(s->file, ioas, VDEV_HWPT_PASID, &h), 0);
	vdev_ioas_unref(ioas);
	assert_int_equal(vdev_hwpt_flags(h), VDEV_HWPT_PASID);
	assert_int_equal(vdev_file_attach_hwpt(s->file, h), 0);
	vdev_hwpt_unref(h);
	assert_int_equal(vdev_file_detach(s->file), 0);
	assert_int_equal(s->fv.destroyed[0], 21);
	assert_int_equal(s->fv.destroyed[1], 5);

	other = vdev_iommu_ref(s->iommu);
	vfio_use(s, VDEV_IOMMU_IOMMUFD);
	assert_int_equal(vdev_ioas_new(s->iommu, &ioas), 0);
	assert_int_equal(vdev_file_make_hwpt(s->file, ioas, 0, &h), -EINVAL);
	vfio_says(s, "another iommu");
	vdev_ioas_unref(ioas);
	vdev_iommu_unref(other);
	s->file = vdev_file_unref(s->file);
	vfio_open_by(s, VDEV_IOMMU_TYPE1);
	assert_int_equal(vdev_ioas_new(s->iommu, &ioas), 0);
	assert_int_equal(vdev_file_make_hwpt(s->file, ioas, 0, &h),
			 -EOPNOTSUPP);
	vdev_ioas_unref(ioas);
}

static void test_pasids(void **state)
{
	struct vfio_setup *s = *state;
	struct vdev_hwpt *a, *b;

	s->fv.pasid_bits = 4;
	vfio_open_by(s, VDEV_IOMMU_IOMMUFD);
	assert_int_equal(vdev_file_pasid_width(s->file), 4);
	a = hwpt(s, VDEV_HWPT_PASID);
	b = hwpt(s, VDEV_HWPT_PASID);
	assert_int_equal(vdev_file_attach_hwpt(s->file, a), 0);
	assert_int_equal(vdev_file_attach_pasid(s->file, 3, a), 0);
	assert_int_equal(s->fv.pasid, 3);
	assert_int_equal(s->fv.pasid_attached, vdev_hwpt_id(a));
	/* To another one. */
	assert_int_equal(vdev_file_attach_pasid(s->file, 3, b), 0);
	assert_int_equal(s->fv.pasid_attached, vdev_hwpt_id(b));
	assert_int_equal(vdev_file_pasid_count(s->file), 1);
	assert_int_equal(vdev_file_attach_pasid_id(s->file, 15, 99), 0);
	assert_int_equal(s->fv.pasid_attached, 99);
	vdev_hwpt_unref(a);
	vdev_hwpt_unref(b);
	assert_int_equal(vdev_file_pasid_count(s->file), 2);
	assert_int_equal(vdev_file_pasid(s->file, 0), 3);
	assert_int_equal(vdev_file_pasid(s->file, 1), 15);
	assert_int_equal(vdev_file_pasid(s->file, 2), 0);

	assert_int_equal(vdev_file_detach_pasid(s->file, 3), 0);
	assert_int_equal(vdev_file_pasid_count(s->file), 1);
	assert_int_equal(vdev_file_pasid(s->file, 0), 15);
	assert_int_equal(vdev_file_detach_all_pasids(s->file), 1);
	assert_int_equal(vdev_file_detach_all_pasids(s->file), 0);
	assert_int_equal(vdev_file_attach_pasid_id(s->file, 0, 99), -EINVAL);
	assert_int_equal(vdev_file_attach_pasid_id(s->file, 16, 99), -EINVAL);
	vfio_says(s, "from 1 to 15");
	assert_int_equal(vdev_file_detach_pasid(s->file, 16), -EINVAL);
}

static void test_rule(void **state)
{
	struct vfio_setup *s = *state;
	struct vdev_hwpt *plain, *good;
	struct vdev_ioas *ioas;

	s->fv.pasid_bits = 20;
	vfio_open_by(s, VDEV_IOMMU_IOMMUFD);
	plain = hwpt(s, 0);
	good = hwpt(s, VDEV_HWPT_PASID);
	assert_int_equal(vdev_file_attach_pasid(s->file, 1, plain), -EINVAL);
	vfio_says(s, "its HWPT was not made for PASIDs");
	assert_int_equal(vdev_file_attach_hwpt(s->file, plain), 0);
	assert_int_equal(vdev_file_attach_pasid(s->file, 1, good), -EINVAL);
	vfio_says(s, "of the device itself");
	assert_int_equal(vdev_ioas_new(s->iommu, &ioas), 0);
	assert_int_equal(vdev_file_attach(s->file, ioas), 0);
	assert_int_equal(vdev_file_attach_pasid(s->file, 1, good), -EINVAL);
	vfio_says(s, "the kernel made");
	assert_int_equal(s->fv.pasids, 0);
	assert_int_equal(vdev_file_detach(s->file), 0);
	assert_int_equal(vdev_file_attach_pasid(s->file, 1, good), 0);
	/* What the kernel says of ids, of which only it knows more. */
	s->fv.fail_request = VFIO_DEVICE_ATTACH_IOMMUFD_PT;
	s->fv.fail_error = EINVAL;
	assert_int_equal(vdev_file_attach(s->file, ioas), -EINVAL);
	assert_non_null(strstr(vdev_ctx_last_hint(s->ctx), "VDEV_HWPT_PASID"));
	assert_int_equal(vdev_file_attach_pasid_id(s->file, 2, 9), -EINVAL);
	assert_non_null(strstr(vdev_ctx_last_hint(s->ctx), "both"));
	s->fv.fail_error = EOPNOTSUPP;
	assert_int_equal(vdev_file_attach_pasid_id(s->file, 2, 9), -EOPNOTSUPP);
	vfio_says(s, "its driver attaches none");
	s->fv.fail_error = ENOENT;
	assert_int_equal(vdev_file_attach_pasid_id(s->file, 2, 9), -ENOENT);
	s->fv.fail_error = EIO;
	assert_int_equal(vdev_file_attach_pasid_id(s->file, 2, 9), -EIO);
	s->fv.fail_request = VFIO_DEVICE_DETACH_IOMMUFD_PT;
	assert_int_equal(vdev_file_detach_all_pasids(s->file), -EIO);
	s->fv.fail_request = 0;
	vdev_ioas_unref(ioas);
	vdev_hwpt_unref(plain);
	vdev_hwpt_unref(good);
}

/* A configuration space with or without a PASID capability at 0x100. */
static void put_config(struct vfio_setup *s, bool pasids)
{
	uint8_t config[4096] = { 0x86, 0x80, 0xc9, 0x10 };

	config[6] = 0x10; /* it has capabilities */
	config[0x34] = 0x40;
	config[0x40] = 0x10;
	config[0x100] = pasids ? 0x1b : 0x0d;
	config[0x102] = 1;
	config[0x105] = 20;
	tree_bytes(s->t, "/sys/bus/pci/devices/" FAKE_ADDRESS "/config", config,
		   sizeof(config));
	vdev_device_refresh(s->dev);
}

static void refused(struct vfio_setup *s, const char *says)
{
	assert_int_equal(vdev_file_attach_pasid_id(s->file, 1, 9), -EOPNOTSUPP);
	vfio_says(s, says);
	assert_int_equal(vdev_ctx_last_kind(s->ctx), VDEV_ERROR_NOT_SUPPORTED);
	assert_int_equal(s->fv.pasids, 0);
}

static void test_none(void **state)
{
	struct vfio_setup *s = *state;
	struct vdev_file *bare;

	vfio_open_by(s, VDEV_IOMMU_IOMMUFD);
	/* The device comes first, since a newer kernel would not help it. */
	s->fv.old_kernel = true;
	put_config(s, false);
	refused(s, "the device lacks the PCI capability");
	put_config(s, true);
	refused(s, "6.15");
	s->fv.old_kernel = false;
	refused(s, "its IOMMU cannot");
	assert_int_equal(vdev_file_pasid_width(s->file), -EOPNOTSUPP);
	assert_int_equal(vdev_file_detach_pasid(s->file, 1), -EOPNOTSUPP);

	/* Of an imported one less is known. */
	assert_int_equal(vdev_file_import(s->ctx, vdev_file_fd(s->file),
					  s->iommu, FAKE_DEVICE, NULL, &bare),
			 0);
	assert_int_equal(vdev_file_pasid_width(bare), -EOPNOTSUPP);
	vfio_says(s, "the device or its IOMMU");
	vdev_file_unref(bare);
	s->file = vdev_file_unref(s->file);
	vfio_open_by(s, VDEV_IOMMU_TYPE1);
	refused(s, "through its group");
}

static void scenario(struct failnth *fail, void *data)
{
	struct vfio_setup *s = data;
	struct vdev_ioas *ioas = NULL;
	struct vdev_hwpt *h = NULL;
	int ret;

	vfio_open_by(s, VDEV_IOMMU_IOMMUFD);
	failnth_start(fail, &s->ctx->sys);
	ret = vdev_ioas_new(s->iommu, &ioas);
	if (!ret)
		ret = vdev_file_make_hwpt(s->file, ioas, VDEV_HWPT_PASID, &h);
	if (!ret)
		ret = vdev_file_attach_hwpt(s->file, h);
	if (!ret)
		ret = vdev_file_attach_pasid(s->file, 1, h);
	if (!ret)
		ret = vdev_file_detach_pasid(s->file, 1);
	failnth_stop(fail);
	assert_int_equal(ret < 0, failnth_fired(fail));
	vdev_ioas_unref(ioas);
	vdev_hwpt_unref(h);
	s->file = vdev_file_unref(s->file);
	s->iommu = vdev_iommu_unref(s->iommu);
	assert_int_equal(s->fv.attached, 0);
}

static void test_failures(void **state)
{
	struct vfio_setup *s = *state;

	s->fv.pasid_bits = 4;
	vfio_open_by(s, VDEV_IOMMU_IOMMUFD);
	s->file = vdev_file_unref(s->file);
	failnth_sweep(scenario, s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		VFIO_TEST(test_attach_hwpt), VFIO_TEST(test_make_hwpt),
		VFIO_TEST(test_pasids),	     VFIO_TEST(test_rule),
		VFIO_TEST(test_none),	     VFIO_TEST(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
