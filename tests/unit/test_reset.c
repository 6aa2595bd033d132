/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libvdev/file.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "failnth.h"
#include "fakevfio.h"

static void test_reset(void **state)
{
	struct vfio_setup *s = *state;

	vfio_open_by(s, VDEV_IOMMU_IOMMUFD);
	assert_int_equal(vdev_file_reset(s->file), 0);
	assert_int_equal(s->fv.resets, 1);
	s->fv.fail_request = VFIO_DEVICE_RESET;
	s->fv.fail_error = EAGAIN;
	assert_int_equal(vdev_file_reset(s->file), -EAGAIN);
	assert_int_equal(vdev_ctx_last_kind(s->ctx), VDEV_ERROR_IN_USE);
	s->fv.fail_error = EIO;
	assert_int_equal(vdev_file_reset(s->file), -EIO);
	s->fv.fail_error = ENOTTY;
	assert_int_equal(vdev_file_reset(s->file), -EIO);
	vfio_says(s, "no method");
	s->fv.fail_request = 0;
	s->file = vdev_file_unref(s->file);
	s->fv.flags = 0;
	vfio_open_by(s, VDEV_IOMMU_IOMMUFD);
	assert_int_equal(vdev_file_reset(s->file), -EOPNOTSUPP);
	assert_int_equal(s->fv.resets, 1);
}

/* The device and another function of its bus. */
static void make_set(struct vfio_setup *s, uint32_t flags, uint32_t first,
		     uint32_t second)
{
	s->fv.set_flags = flags;
	s->fv.set_count = 2;
	s->fv.set[0] =
		(struct vfio_pci_dependent_device){ .devid = first, .bus = 1 };
	s->fv.set[1] =
		(struct vfio_pci_dependent_device){ .devid = second,
						    .segment = 0xa,
						    .bus = 1,
						    .devfn = 0x1f << 3 | 7 };
}

static void test_by_cdev(void **state)
{
	const uint32_t flags = VFIO_PCI_HOT_RESET_FLAG_DEV_ID;
	struct vfio_setup *s = *state;
	struct vdev_reset_set *set;
	const int none = 3;
	uint32_t id = 0;

	make_set(s, flags, FAKE_DEVICE, (uint32_t)VFIO_PCI_DEVID_NOT_OWNED);
	vfio_open_by(s, VDEV_IOMMU_IOMMUFD);
	assert_int_equal(vdev_reset_set_new(s->file, &set), 2);
	assert_int_equal(vdev_reset_set_count(set), 2);
	assert_string_equal(vdev_reset_set_address(set, 0), FAKE_ADDRESS);
	assert_string_equal(vdev_reset_set_address(set, 1), "000a:01:1f.7");
	assert_null(vdev_reset_set_address(set, 2));
	assert_int_equal(vdev_reset_set_owned(set, 0), 1);
	assert_int_equal(vdev_reset_set_owned(set, 1), 0);
	assert_int_equal(vdev_reset_set_owned(set, 2), -EINVAL);
	assert_int_equal(vdev_reset_set_device_id(set, 0, &id), 0);
	assert_int_equal(id, FAKE_DEVICE);
	assert_int_equal(vdev_reset_set_device_id(set, 1, &id), -ENODATA);
	assert_int_equal(vdev_reset_set_device_id(set, 2, &id), -EINVAL);
	assert_int_equal(vdev_reset_set_group(set, 0), -ENODATA);
	assert_int_equal(vdev_reset_set_group(set, 2), -EINVAL);
	vdev_reset_set_free(set);
	vdev_reset_set_free(NULL);
	assert_int_equal(vdev_file_hot_reset(s->file, NULL, 0), -EPERM);
	assert_int_equal(vdev_ctx_last_kind(s->ctx), VDEV_ERROR_PERMISSION);
	vfio_says(s, "resets 000a:01:1f.7 too");
	assert_int_equal(s->fv.hot_resets, 0);

	/* One of the same group is owned, though it has no id. */
	make_set(s, flags | VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED, FAKE_DEVICE,
		 VFIO_PCI_DEVID_OWNED);
	assert_int_equal(vdev_reset_set_new(s->file, &set), 2);
	assert_int_equal(vdev_reset_set_owned(set, 1), 1);
	assert_int_equal(vdev_reset_set_device_id(set, 1, &id), -ENODATA);
	vdev_reset_set_free(set);
	assert_int_equal(vdev_file_hot_reset(s->file, &none, 1), -EINVAL);
	assert_int_equal(s->fv.hot_resets, 0);
	assert_int_equal(vdev_file_hot_reset(s->file, NULL, 0), 0);
	assert_int_equal(s->fv.hot_resets, 1);
	assert_int_equal(s->fv.hot_reset_groups, 0);
}

static void test_by_group(void **state)
{
	struct vfio_setup *s = *state;
	struct vdev_reset_set *set;
	uint32_t id;
	int fd;

	make_set(s, 0, FAKE_GROUP, 13);
	vfio_open_by(s, VDEV_IOMMU_TYPE1);
	assert_int_equal(vdev_reset_set_new(s->file, &set), 2);
	assert_int_equal(vdev_reset_set_group(set, 1), 13);
	assert_int_equal(vdev_reset_set_owned(set, 0), 1);
	assert_int_equal(vdev_reset_set_owned(set, 1), 0);
	assert_int_equal(vdev_reset_set_device_id(set, 0, &id), -ENODATA);
	vdev_reset_set_free(set);
	assert_int_equal(vdev_file_hot_reset(s->file, NULL, 0), -EPERM);
	assert_int_equal(s->fv.hot_resets, 0);
	/* The caller has a descriptor for it. */
	fd = vdev_file_group_fd(s->file);
	assert_int_equal(vdev_file_hot_reset(s->file, &fd, 1), 0);
	assert_int_equal(s->fv.hot_reset_groups, 1);

	/* Two devices of one group are proved by one descriptor. */
	make_set(s, 0, FAKE_GROUP, FAKE_GROUP);
	assert_int_equal(vdev_file_hot_reset(s->file, NULL, 0), 0);
	assert_int_equal(s->fv.hot_reset_groups, 1);
	assert_int_equal(s->fv.hot_resets, 2);
}

static void test_fails(void **state)
{
	static const struct {
		int error;
		int result;
	} info[] = {
		{ ENODEV, -EOPNOTSUPP }, { ENOTTY, -EOPNOTSUPP },
		{ EPERM, -EPERM },	 { EAGAIN, -EAGAIN },
		{ ENOSPC, -EIO },
	}, reset[] = {
		{ ENODEV, -EOPNOTSUPP }, { EBUSY, -EBUSY },
		{ EINVAL, -EINVAL },	 { ENOTTY, -EIO },
	};
	struct vfio_setup *s = *state;

	vfio_open_by(s, VDEV_IOMMU_IOMMUFD);
	make_set(s, VFIO_PCI_HOT_RESET_FLAG_DEV_ID, FAKE_DEVICE, FAKE_DEVICE);
	s->fv.fail_request = VFIO_DEVICE_GET_PCI_HOT_RESET_INFO;
	for (size_t i = 0; i < ARRAY_SIZE(info); i++) {
		s->fv.fail_error = info[i].error;
		assert_int_equal(vdev_file_hot_reset(s->file, NULL, 0),
				 info[i].result);
	}
	s->fv.fail_request = VFIO_DEVICE_PCI_HOT_RESET;
	for (size_t i = 0; i < ARRAY_SIZE(reset); i++) {
		s->fv.fail_error = reset[i].error;
		assert_int_equal(vdev_file_hot_reset(s->file, NULL, 0),
				 reset[i].result);
	}
	s->fv.fail_request = 0;
}

static void test_large_set(void **state)
{
	struct vfio_setup *s = *state;
	struct vdev_reset_set *set;

	s->fv.set_count = FAKE_SET;
	vfio_open_by(s, VDEV_IOMMU_TYPE1);
	assert_int_equal(vdev_reset_set_new(s->file, &set), FAKE_SET);
	vdev_reset_set_free(set);
}

static void scenario(struct failnth *fail, void *data)
{
	struct vfio_setup *s = data;
	int ret;

	failnth_start(fail, &s->ctx->sys);
	ret = vdev_file_hot_reset(s->file, NULL, 0);
	failnth_stop(fail);
	assert_int_equal(ret < 0, failnth_fired(fail));
}

static void test_failures(void **state)
{
	struct vfio_setup *s = *state;

	make_set(s, 0, FAKE_GROUP, FAKE_GROUP);
	vfio_open_by(s, VDEV_IOMMU_TYPE1);
	failnth_sweep(scenario, s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		VFIO_TEST(test_reset),	   VFIO_TEST(test_by_cdev),
		VFIO_TEST(test_by_group),  VFIO_TEST(test_fails),
		VFIO_TEST(test_large_set), VFIO_TEST(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
