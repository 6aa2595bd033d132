/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libvdev/file.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "failnth.h"
#include "fakevfio.h"

#define TRIGGER VFIO_IRQ_SET_ACTION_TRIGGER

static void test_info(void **state)
{
	struct vfio_setup *s = *state;
	unsigned int flags;
	uint32_t count;

	vfio_open_by(s, VDEV_IOMMU_IOMMUFD);
	assert_int_equal(
		vdev_file_irq_info(s->file, VDEV_IRQ_INTX, &count, &flags), 0);
	assert_int_equal(count, 1);
	assert_int_equal(flags, VDEV_IRQ_EVENTFD | VDEV_IRQ_MASKABLE |
					VDEV_IRQ_AUTOMASKED);
	assert_int_equal(vdev_file_irq_info(s->file, VDEV_IRQ_MSIX, NULL, NULL),
			 0);
	assert_int_equal(
		vdev_file_irq_info(s->file, VDEV_IRQ_MSIX, &count, &flags), 0);
	assert_int_equal(count, FAKE_VECTORS);
	assert_int_equal(flags, VDEV_IRQ_EVENTFD | VDEV_IRQ_NORESIZE);
	assert_int_equal(vdev_file_irq_info(s->file, 5, &count, &flags),
			 -EINVAL);
	vfio_says(s, "5 kinds");
	assert_string_equal(vdev_irq_name(VDEV_IRQ_REQUEST), "request");
	assert_null(vdev_irq_name(5));

	s->fv.fail_request = VFIO_DEVICE_GET_IRQ_INFO;
	s->fv.fail_error = EINVAL;
	assert_int_equal(
		vdev_file_irq_info(s->file, VDEV_IRQ_ERROR, &count, &flags), 0);
	assert_int_equal(count, 0);
	s->fv.fail_error = ENODEV;
	assert_int_equal(
		vdev_file_irq_info(s->file, VDEV_IRQ_ERROR, &count, &flags),
		-ENODEV);
	s->fv.fail_request = 0;
}

static void test_set(void **state)
{
	static const int fds[] = { 30, -1, 32, 33 };
	struct vfio_setup *s = *state;

	vfio_open_by(s, VDEV_IOMMU_IOMMUFD);
	assert_int_equal(vdev_file_irq_set(s->file, VDEV_IRQ_MSIX, 0, 4, fds),
			 0);
	assert_int_equal(s->fv.irq.flags, VFIO_IRQ_SET_DATA_EVENTFD | TRIGGER);
	assert_int_equal(s->fv.irq.index, VFIO_PCI_MSIX_IRQ_INDEX);
	assert_memory_equal(s->fv.irq_fds, fds, sizeof(fds));
	/* Any part of them. */
	assert_int_equal(vdev_file_irq_set(s->file, VDEV_IRQ_MSIX, 2, 1, fds),
			 0);
	assert_int_equal(s->fv.irq.start, 2);
	assert_int_equal(s->fv.irq.count, 1);
	assert_int_equal(s->fv.irq_fds[0], 30);
	assert_int_equal(vdev_file_irq_disable(s->file, VDEV_IRQ_MSIX), 0);
	assert_int_equal(s->fv.irq.flags, VFIO_IRQ_SET_DATA_NONE | TRIGGER);
	assert_int_equal(s->fv.irq.count, 0);

	assert_int_equal(vdev_file_irq_set(s->file, VDEV_IRQ_MSIX, 2, 3, fds),
			 -EINVAL);
	vfio_says(s, "has 4 msix interrupts");
	assert_int_equal(vdev_file_irq_set(s->file, VDEV_IRQ_MSIX, 4, 1, fds),
			 -EINVAL);
	assert_int_equal(
		vdev_file_irq_set(s->file, VDEV_IRQ_MSIX, 1, UINT32_MAX, fds),
		-EINVAL);
	assert_int_equal(vdev_file_irq_set(s->file, VDEV_IRQ_MSIX, 0, 0, fds),
			 -EINVAL);
	assert_int_equal(vdev_file_irq_set(s->file, VDEV_IRQ_MSI, 0, 1, fds),
			 -EINVAL);
	vfio_says(s, "no msi interrupts");
	/* None to disable. */
	assert_int_equal(vdev_file_irq_disable(s->file, VDEV_IRQ_MSI), 0);
	assert_int_equal(vdev_file_irq_disable(s->file, 5), -EINVAL);
}

static void test_set_fails(void **state)
{
	static const int fds[] = { 30, 31, 32, 33 };
	static const struct {
		int error;
		const char *says;
	} cases[] = {
		{ EINVAL, "another kind" },
		{ EBADF, "not open" },
		{ EBUSY, "shared" },
		{ EIO, "Input/output" },
	};
	struct vfio_setup *s = *state;

	vfio_open_by(s, VDEV_IOMMU_IOMMUFD);
	s->fv.most_vectors = 2;
	assert_int_equal(vdev_file_irq_set(s->file, VDEV_IRQ_MSIX, 0, 4, fds),
			 -ENOSPC);
	vfio_says(s, "has 2 left");
	s->fv.fail_request = VFIO_DEVICE_SET_IRQS;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		s->fv.fail_error = cases[i].error;
		assert_int_equal(
			vdev_file_irq_set(s->file, VDEV_IRQ_MSIX, 0, 4, fds),
			-cases[i].error);
		vfio_says(s, cases[i].says);
	}
	assert_int_equal(vdev_file_irq_disable(s->file, VDEV_IRQ_MSIX), -EIO);
	s->fv.fail_error = EINVAL;
	assert_int_equal(vdev_file_irq_disable(s->file, VDEV_IRQ_MSIX), 0);
	assert_int_equal(vdev_file_irq_trigger(s->file, VDEV_IRQ_MSIX, 0, 1),
			 -EINVAL);
	vfio_says(s, "not enabled");
	s->fv.fail_error = EIO;
	assert_int_equal(vdev_file_irq_trigger(s->file, VDEV_IRQ_MSIX, 0, 1),
			 -EIO);
	s->fv.fail_request = 0;
}

static void test_actions(void **state)
{
	struct vfio_setup *s = *state;

	vfio_open_by(s, VDEV_IOMMU_TYPE1);
	assert_int_equal(vdev_file_irq_trigger(s->file, VDEV_IRQ_MSIX, 1, 2),
			 0);
	assert_int_equal(s->fv.irq.flags, VFIO_IRQ_SET_DATA_NONE | TRIGGER);
	assert_int_equal(s->fv.irq.start, 1);
	assert_int_equal(s->fv.irq.count, 2);
	assert_int_equal(vdev_file_irq_mask(s->file, VDEV_IRQ_INTX, 0, 1), 0);
	assert_int_equal(s->fv.irq.flags,
			 VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_MASK);
	assert_int_equal(vdev_file_irq_unmask(s->file, VDEV_IRQ_INTX, 0, 1), 0);
	assert_int_equal(s->fv.irq.flags,
			 VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK);
	assert_int_equal(vdev_file_irq_resample(s->file, VDEV_IRQ_INTX, 0, 40),
			 0);
	assert_int_equal(s->fv.irq.flags, VFIO_IRQ_SET_DATA_EVENTFD |
						  VFIO_IRQ_SET_ACTION_UNMASK);
	assert_int_equal(s->fv.irq_fds[0], 40);

	assert_int_equal(vdev_file_irq_mask(s->file, VDEV_IRQ_MSIX, 0, 1),
			 -EOPNOTSUPP);
	vfio_says(s, "cannot be masked");
	assert_int_equal(vdev_file_irq_mask(s->file, VDEV_IRQ_INTX, 1, 1),
			 -EINVAL);
}

static void scenario(struct failnth *fail, void *data)
{
	static const int fds[] = { 30, 31, 32, 33 };
	struct vfio_setup *s = data;
	int ret;

	failnth_start(fail, &s->ctx->sys);
	ret = vdev_file_irq_set(s->file, VDEV_IRQ_MSIX, 0, 4, fds);
	if (!ret)
		ret = vdev_file_irq_trigger(s->file, VDEV_IRQ_MSIX, 0, 4);
	if (!ret)
		ret = vdev_file_irq_disable(s->file, VDEV_IRQ_MSIX);
	failnth_stop(fail);
	assert_int_equal(ret < 0, failnth_fired(fail));
}

static void test_failures(void **state)
{
	struct vfio_setup *s = *state;

	vfio_open_by(s, VDEV_IOMMU_IOMMUFD);
	failnth_sweep(scenario, s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		VFIO_TEST(test_info),	   VFIO_TEST(test_set),
		VFIO_TEST(test_set_fails), VFIO_TEST(test_actions),
		VFIO_TEST(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
