/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libvdev/file.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "failnth.h"
#include "fakevfio.h"

static const struct vdev_region *region(struct vfio_setup *s,
					unsigned int index)
{
	const struct vdev_region *r = NULL;

	if (!s->file)
		vfio_open_by(s, VDEV_IOMMU_IOMMUFD);
	assert_int_equal(vdev_file_region(s->file, index, &r), 0);
	return r;
}

static void test_info(void **state)
{
	struct vfio_setup *s = *state;
	const struct vdev_region *r = region(s, VDEV_REGION_BAR0);
	uint64_t offset, size;

	assert_string_equal(vdev_region_name(r), "bar0");
	assert_int_equal(vdev_region_size(r), FAKE_BAR_SIZE);
	assert_int_equal(vdev_region_offset(r), 0);
	assert_int_equal(vdev_region_flags(r),
			 VDEV_REGION_READ | VDEV_REGION_WRITE |
				 VDEV_REGION_MMAP | VDEV_REGION_MSIX_MAPPABLE);
	assert_int_equal(vdev_region_area_count(r), 2);
	assert_int_equal(vdev_region_area(r, 1, &offset, &size), 0);
	assert_int_equal(offset, 0x3000);
	assert_int_equal(size, FAKE_BAR_SIZE - 0x3000);
	assert_int_equal(vdev_region_area(r, 1, NULL, NULL), 0);
	assert_int_equal(vdev_region_area(r, 2, &offset, &size), -EINVAL);
	assert_int_equal(vdev_region_subtype(r, NULL, NULL), -ENODATA);
	assert_ptr_equal(region(s, VDEV_REGION_BAR0), r);

	r = region(s, VDEV_REGION_CONFIG);
	assert_string_equal(vdev_region_name(r), "config");
	assert_int_equal(vdev_region_size(r), 4096);
	assert_int_equal(vdev_region_area_count(r), 0);
	assert_int_equal(vdev_region_flags(r),
			 VDEV_REGION_READ | VDEV_REGION_WRITE);

	/* Not implemented, and refused by the kernel. */
	assert_int_equal(vdev_region_size(region(s, VDEV_REGION_BAR2)), 0);
	r = region(s, VDEV_REGION_VGA);
	assert_int_equal(vdev_region_size(r), 0);
	assert_string_equal(vdev_region_name(r), "vga");
}

static void test_typed(void **state)
{
	struct vfio_setup *s = *state;
	const struct vdev_region *r = region(s, 9);
	uint32_t type, subtype;

	assert_string_equal(vdev_region_name(r), "igd-opregion");
	assert_int_equal(vdev_region_subtype(r, &type, &subtype), 0);
	assert_int_equal(type, 0x80008086);
	assert_int_equal(subtype, 1);
	/* One whose chain does not end. */
	assert_int_equal(vdev_file_region(s->file, 10, &r), -EIO);
	vfio_says(s, "makes no sense");
	assert_int_equal(vdev_file_region(s->file, FAKE_REGIONS, &r), -EINVAL);
	vfio_says(s, "no region 11");
	s->fv.fail_request = VFIO_DEVICE_GET_REGION_INFO;
	s->fv.fail_error = ENODEV;
	assert_int_equal(vdev_file_region(s->file, 3, &r), -ENODEV);
	s->fv.fail_request = 0;
}

static void test_read_write(void **state)
{
	struct vfio_setup *s = *state;
	uint8_t buf[1500], back[1500];

	(void)region(s, 0);
	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = (uint8_t)(i * 7);
	/* Long ones come in pieces, odd ones are no matter. */
	s->fv.calls = 0;
	assert_int_equal(vdev_file_write(s->file, 0, 0x101, buf, sizeof(buf)),
			 0);
	assert_int_equal(s->fv.calls, 3);
	assert_memory_equal(s->fv.bar0 + 0x101, buf, sizeof(buf));
	assert_int_equal(vdev_file_read(s->file, 0, 0x101, back, sizeof(back)),
			 0);
	assert_memory_equal(back, buf, sizeof(buf));
	assert_int_equal(vdev_file_read(s->file, 0, FAKE_BAR_SIZE - 1, back, 1),
			 0);
	s->fv.calls = 0;
	assert_int_equal(vdev_file_read(s->file, 0, 0, back, 0), 0);
	assert_int_equal(vdev_file_write(s->file, 0, 0, back, 0), 0);

	/* What is not there is not tried. */
	assert_int_equal(vdev_file_read(s->file, 0, FAKE_BAR_SIZE - 1, back, 2),
			 -EINVAL);
	vfio_says(s, "bar0 of " FAKE_ADDRESS " has 0x10000 bytes");
	assert_int_equal(vdev_file_read(s->file, 0, UINT64_MAX, back, 2),
			 -EINVAL);
	assert_int_equal(vdev_file_read(s->file, VDEV_REGION_BAR2, 0, back, 1),
			 -EINVAL);
	vfio_says(s, "has no bar2");
	assert_int_equal(vdev_file_write(s->file, 9, 0, back, 1), -EOPNOTSUPP);
	vfio_says(s, "igd-opregion of " FAKE_ADDRESS " cannot be written");
	assert_int_equal(vdev_file_read(s->file, 99, 0, back, 1), -EINVAL);
	assert_int_equal(s->fv.calls, 0);
}

static void test_no_answer(void **state)
{
	struct vfio_setup *s = *state;
	uint8_t buf[8];

	(void)region(s, 0);
	s->fv.rw_error = EIO;
	assert_int_equal(vdev_file_read(s->file, 0, 0, buf, 8), -EIO);
	vfio_says(s, "does not answer");
	assert_non_null(vdev_ctx_last_hint(s->ctx));
	assert_int_equal(vdev_file_write(s->file, 0, 0, buf, 8), -EIO);
	s->fv.rw_error = ENODEV;
	assert_int_equal(vdev_file_write(s->file, 0, 0, buf, 8), -ENODEV);
	/* It stops half-way: the region is longer than what answers. */
	s->fv.rw_error = 0;
	assert_int_equal(vdev_file_read(s->file, 9, 0, buf, 8), -EINVAL);
}

static void test_registers(void **state)
{
	struct vfio_setup *s = *state;
	uint64_t value = 0;

	(void)region(s, 0);
	s->fv.calls = 0;
	assert_int_equal(
		vdev_file_write_register(s->file, 0, 0x10, 4, 0x11223344), 0);
	assert_int_equal(s->fv.bar0[0x10], 0x44);
	assert_int_equal(vdev_file_read_register(s->file, 0, 0x12, 2, &value),
			 0);
	assert_int_equal(value, 0x1122);
	assert_int_equal(
		vdev_file_write_register(s->file, 0, 0x18, 8, UINT64_MAX), 0);
	assert_int_equal(vdev_file_read_register(s->file, 0, 0x1f, 1, &value),
			 0);
	assert_int_equal(value, 0xff);
	assert_int_equal(vdev_file_read_register(s->file, 0, 0x18, 8, &value),
			 0);
	assert_true(value == UINT64_MAX);
	assert_int_equal(s->fv.calls, 5);

	value = 1;
	assert_int_equal(vdev_file_read_register(s->file, 0, 0, 3, &value),
			 -EINVAL);
	assert_int_equal(vdev_file_read_register(s->file, 0, 2, 4, &value),
			 -EINVAL);
	assert_int_equal(vdev_file_write_register(s->file, 0, 1, 2, 0),
			 -EINVAL);
	assert_int_equal(vdev_file_write_register(s->file, 0, 0, 1, 0x100),
			 -EINVAL);
	vfio_says(s, "too large");
	assert_int_equal(value, 1);
	assert_int_equal(s->fv.calls, 5);
}

/* What is told to be an area can be mapped, also past the region's end. */
static void test_mmap_odd(void **state)
{
	struct vfio_setup *s = *state;
	const struct vdev_region *r;
	uint64_t offset, size;
	uint32_t value;
	void *a = NULL, *none = NULL;

	s->fv.odd = 0x800;
	r = region(s, VDEV_REGION_BAR0);
	assert_int_equal(vdev_region_size(r), FAKE_BAR_SIZE - 0x800);
	assert_int_equal(vdev_region_area(r, 1, &offset, &size), 0);
	assert_int_equal(offset + size, FAKE_BAR_SIZE);
	assert_int_equal(
		vdev_file_mmap(s->file, 0, offset, size, VDEV_REGION_READ, &a),
		0);
	assert_ptr_equal(a, s->fv.bar0 + offset);
	assert_int_equal(vdev_file_mmap(s->file, 0, offset, size + 0x1000,
					VDEV_REGION_READ, &none),
			 -EINVAL);
	vfio_says(s, "has 0xf800 bytes");
	assert_null(none);
	/* Reading ends where the region does. */
	assert_int_equal(vdev_file_read(s->file, 0, FAKE_BAR_SIZE - 0x800,
					&value, sizeof(value)),
			 -EINVAL);
}

static void test_mmap(void **state)
{
	struct vfio_setup *s = *state;
	const unsigned int both = VDEV_REGION_READ | VDEV_REGION_WRITE;
	void *a = NULL, *b = NULL, *none = NULL;

	(void)region(s, 0);
	assert_int_equal(vdev_file_mmap(s->file, 0, 0x1000, 0x1000, both, &a),
			 0);
	assert_ptr_equal(a, s->fv.bar0 + 0x1000);
	assert_int_equal(vdev_file_mmap(s->file, 0, 0x3000, 0xd000,
					VDEV_REGION_READ, &b),
			 0);
	assert_int_equal(s->fv.mappings, 2);

	/* The hole, across it, past the end, nothing, with what is no access.
	 */
	assert_int_equal(
		vdev_file_mmap(s->file, 0, 0x2000, 0x1000, both, &none),
		-EINVAL);
	vfio_says(s, "cannot be mapped");
	assert_int_equal(
		vdev_file_mmap(s->file, 0, 0x1000, 0x3000, both, &none),
		-EINVAL);
	assert_int_equal(
		vdev_file_mmap(s->file, 0, 0xf000, 0x2000, both, &none),
		-EINVAL);
	assert_int_equal(vdev_file_mmap(s->file, 0, 0, 0, both, &none),
			 -EINVAL);
	assert_int_equal(vdev_file_mmap(s->file, 0, 0, 0x1000, 0, &none),
			 -EINVAL);
	assert_int_equal(
		vdev_file_mmap(s->file, 0, 0, 0x1000, VDEV_REGION_MMAP, &none),
		-EINVAL);
	assert_int_equal(vdev_file_mmap(s->file, 1, 0, 0x10, both, &none),
			 -EOPNOTSUPP);
	vfio_says(s, "bar1 of " FAKE_ADDRESS " cannot be mapped");
	assert_null(none);

	assert_int_equal(vdev_file_munmap(s->file, a), 0);
	assert_int_equal(vdev_file_munmap(s->file, a), -EINVAL);
	assert_int_equal(s->fv.mappings, 1);
	/* The other one ends with the file. */
	s->file = vdev_file_unref(s->file);
	assert_int_equal(s->fv.mappings, 0);
}

static void test_config(void **state)
{
	struct vfio_setup *s = *state;
	const struct vdev_pci_cap *caps;
	int count;

	/* Status: capabilities; MSI-X at 0x50; an extended one at 0x100. */
	s->fv.config[0x00] = 0x86;
	s->fv.config[0x01] = 0x80;
	s->fv.config[0x06] = 0x10;
	s->fv.config[0x34] = 0x50;
	s->fv.config[0x50] = 0x11;
	s->fv.config[0x100] = 0x01;
	s->fv.config[0x102] = 0x01;
	vfio_open_by(s, VDEV_IOMMU_IOMMUFD);
	assert_int_equal(vdev_file_cap_offset(s->file, 0x11, 0), 0x50);
	assert_int_equal(vdev_file_cap_offset(s->file, 0x01, 1), 0x100);
	assert_int_equal(vdev_file_cap_offset(s->file, 0x05, 0), -ENODATA);
	count = vdev_file_caps(s->file, &caps);
	assert_true(count >= 2);
	assert_int_equal(caps[count - 1].offset, 0x100);
	assert_int_equal(caps[count - 1].id, 0x01);
	assert_true(caps[count - 1].extended);
	/* What another call leaves is of then. */
	s->fv.config[6] = 0;
	assert_int_equal(vdev_file_caps(s->file, &caps), 0);
	s->fv.config[6] = 0x10;

	s->fv.config[4] = 2;
	assert_int_equal(vdev_file_bus_master(s->file), 0);
	assert_int_equal(vdev_file_set_bus_master(s->file, true), 0);
	assert_int_equal(s->fv.config[4], 6);
	assert_int_equal(vdev_file_bus_master(s->file), 1);
	assert_int_equal(vdev_file_set_bus_master(s->file, false), 0);
	assert_int_equal(s->fv.config[4], 2);
	s->fv.rw_error = EIO;
	assert_int_equal(vdev_file_set_bus_master(s->file, false), -EIO);
	assert_int_equal(vdev_file_cap_offset(s->file, 1, 0), -EIO);
}

static void test_no_pci(void **state)
{
	struct vfio_setup *s = *state;

	s->fv.flags = VFIO_DEVICE_FLAGS_CDX;
	s->fv.no_pci = true;
	vfio_open_by(s, VDEV_IOMMU_IOMMUFD);
	assert_int_equal(vdev_file_bus_master(s->file), -EOPNOTSUPP);
	assert_int_equal(vdev_file_cap_offset(s->file, 1, 0), -EOPNOTSUPP);
	assert_null(vdev_region_name(region(s, VDEV_REGION_CONFIG)));
	assert_int_equal(vdev_file_set_bus_master(s->file, true), -EOPNOTSUPP);
	vfio_says(s, "CDX");
	s->fv.features = 1U << VFIO_DEVICE_FEATURE_BUS_MASTER;
	assert_int_equal(vdev_file_set_bus_master(s->file, true), -EINVAL);
	s->fv.features_set = s->fv.features;
	assert_int_equal(vdev_file_set_bus_master(s->file, true), 0);
	assert_int_equal(s->fv.feature[0], 1);
	assert_int_equal(vdev_file_set_bus_master(s->file, false), 0);
	assert_int_equal(s->fv.feature[0], 0);
}

static void scenario(struct failnth *fail, void *data)
{
	struct vfio_setup *s = data;
	uint32_t word = 0;
	void *map;
	int ret;

	vfio_open_by(s, VDEV_IOMMU_IOMMUFD);
	failnth_start(fail, &s->ctx->sys);
	ret = vdev_file_read(s->file, VDEV_REGION_BAR0, 0, &word, 4);
	if (!ret)
		ret = vdev_file_write(s->file, VDEV_REGION_BAR0, 0, &word, 4);
	if (!ret)
		ret = vdev_file_mmap(s->file, VDEV_REGION_BAR0, 0, 0x1000,
				     VDEV_REGION_READ, &map);
	if (!ret)
		ret = vdev_file_set_bus_master(s->file, true);
	failnth_stop(fail);
	assert_int_equal(ret < 0, failnth_fired(fail));
	s->file = vdev_file_unref(s->file);
	assert_int_equal(s->fv.mappings, 0);
}

static void test_failures(void **state)
{
	struct vfio_setup *s = *state;

	/* The context keeps the device's directory open from here on. */
	vfio_open_by(s, VDEV_IOMMU_IOMMUFD);
	s->file = vdev_file_unref(s->file);
	failnth_sweep(scenario, s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		VFIO_TEST(test_info),	    VFIO_TEST(test_typed),
		VFIO_TEST(test_read_write), VFIO_TEST(test_no_answer),
		VFIO_TEST(test_registers),  VFIO_TEST(test_mmap),
		VFIO_TEST(test_mmap_odd),   VFIO_TEST(test_config),
		VFIO_TEST(test_no_pci),	    VFIO_TEST(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
