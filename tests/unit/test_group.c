/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libvdev/group.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "failnth.h"
#include "object/device.h"
#include "tree.h"

#define ISA    "0000:00:1f.0"
#define SATA   "0000:00:1f.2"
#define SMBUS  "0000:00:1f.3"
#define GROUPS "/sys/kernel/iommu_groups"

struct setup {
	struct tree *t;
	struct vdev_ctx *ctx;
};

static int set_up(void **state)
{
	struct setup *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->t = tree_new();
	s->ctx = tree_ctx(s->t);
	tree_pci(s->t, "pci0000:00", ISA, 0x8086, 0x2918, 0x060100);
	tree_pci(s->t, "pci0000:00", SATA, 0x8086, 0x2922, 0x010601);
	tree_pci(s->t, "pci0000:00", SMBUS, 0x8086, 0x2930, 0x0c0500);
	tree_group(s->t, SMBUS, 10);
	tree_group(s->t, ISA, 10);
	tree_group(s->t, SATA, 10);
	tree_file(s->t, GROUPS "/10/type", "DMA-FQ\n");
	tree_file(s->t, GROUPS "/10/reserved_regions",
		  "0x00000000fee00000 0x00000000feefffff msi\n");
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct setup *s = *state;

	vdev_ctx_unref(s->ctx);
	tree_free(s->t);
	free(s);
	return 0;
}

static struct vdev_group *group(struct setup *s, int number)
{
	struct vdev_group *g;

	assert_int_equal(vdev_group_new(s->ctx, number, &g), 0);
	assert_int_equal(vdev_group_number(g), number);
	return g;
}

static int viable(struct setup *s, int number)
{
	struct vdev_group *g = group(s, number);
	int ret = vdev_group_viable(g);

	vdev_group_free(g);
	return ret;
}

static void test_list(void **state)
{
	struct setup *s = *state;
	struct vdev_group_list *list;

	tree_dir(s->t, GROUPS "/9");
	tree_dir(s->t, GROUPS "/100");
	tree_dir(s->t, GROUPS "/x");
	assert_int_equal(vdev_group_list_new(s->ctx, &list), 3);
	assert_int_equal(vdev_group_list_count(list), 3);
	assert_int_equal(vdev_group_number(vdev_group_list_get(list, 0)), 9);
	assert_int_equal(vdev_group_number(vdev_group_list_get(list, 1)), 10);
	assert_int_equal(vdev_group_number(vdev_group_list_get(list, 2)), 100);
	assert_null(vdev_group_list_get(list, 3));
	assert_int_equal(vdev_device_list_count(vdev_group_members(
				 vdev_group_list_get(list, 0))),
			 0);
	vdev_group_list_free(list);
	vdev_group_list_free(NULL);

	tree_remove(s->t, "/sys/kernel");
	assert_int_equal(vdev_group_list_new(s->ctx, &list), 0);
	vdev_group_list_free(list);
}

static void test_new(void **state)
{
	struct setup *s = *state;
	struct vdev_group *g = group(s, 10);

	assert_string_equal(vdev_group_type(g), "DMA-FQ");
	assert_string_equal(vdev_group_type(g), "DMA-FQ");
	vdev_group_free(g);
	vdev_group_free(NULL);

	tree_file(s->t, GROUPS "/10/type", "unknown\n");
	g = group(s, 10);
	assert_null(vdev_group_type(g));
	vdev_group_free(g);

	assert_int_equal(vdev_group_new(s->ctx, 11, &g), -ENOENT);
	assert_int_equal(vdev_ctx_last_kind(s->ctx), VDEV_ERROR_NOT_FOUND);
	assert_non_null(strstr(vdev_ctx_last_error(s->ctx), "11"));
}

static void test_members(void **state)
{
	static const char *const order[] = { ISA, SATA, SMBUS, "soc:dma" };
	struct setup *s = *state;
	const struct vdev_device_list *members;
	struct vdev_device *dev;
	struct vdev_group *g;
	size_t i;

	/* A device of another bus, as Arm machines have them. */
	tree_dir(s->t, "/sys/devices/platform/soc:dma");
	tree_link(s->t, "/sys/devices/platform/soc:dma/subsystem",
		  "../../../bus/platform");
	tree_link(s->t, GROUPS "/10/devices/soc:dma",
		  "../../../../devices/platform/soc:dma");
	tree_link(s->t, "/sys/bus/platform/devices/soc:dma",
		  "../../../devices/platform/soc:dma");
	g = group(s, 10);
	members = vdev_group_members(g);
	assert_non_null(members);
	assert_int_equal(vdev_device_list_count(members), 4);
	vdev_device_list_foreach(members, i, dev)
		assert_string_equal(vdev_device_address(dev), order[i]);
	dev = vdev_device_list_get(members, 3);
	assert_string_equal(vdev_device_bus(dev), "platform");
	assert_int_equal(vdev_device_vendor_id(dev), -ENODATA);
	assert_null(vdev_device_vendor_name(dev));
	assert_string_equal(vdev_device_syspath(dev),
			    "/sys/devices/platform/soc:dma");
	assert_int_equal(vdev_group_viable(g), 1);
	vdev_group_free(g);

	tree_link(s->t, "/sys/devices/platform/soc:dma/driver",
		  "../../../bus/platform/drivers/dmac");
	assert_int_equal(viable(s, 10), 0);
	/* vfio-platform. */
	tree_dir(s->t, "/sys/devices/platform/soc:dma/vfio-dev/vfio0");
	assert_int_equal(viable(s, 10), 1);
}

static void test_mdev_member(void **state)
{
	static const char uuid[] = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001";
	struct setup *s = *state;
	struct vdev_device *dev;
	struct vdev_group *g;

	tree_mdev(s->t, "virtual/mtty/mtty", uuid, "mtty-2");
	tree_driver(s->t, uuid, "mtty");
	tree_group(s->t, uuid, 20);
	tree_vfio(s->t, uuid, 0, true, "20");
	g = group(s, 20);
	dev = vdev_device_list_get(vdev_group_members(g), 0);
	assert_string_equal(vdev_device_bus(dev), "mdev");
	assert_string_equal(vdev_device_vfio_group(dev), "/dev/vfio/20");
	assert_int_equal(vdev_group_viable(g), 1);
	vdev_group_free(g);
}

static void test_viable(void **state)
{
	struct setup *s = *state;

	assert_int_equal(viable(s, 10), 1);
	tree_driver(s->t, ISA, "lpc_ich");
	assert_int_equal(viable(s, 10), 0);
	tree_driver(s->t, ISA, "pci-stub");
	assert_int_equal(viable(s, 10), 1);
	tree_driver(s->t, ISA, "pcieport");
	assert_int_equal(viable(s, 10), 1);
	tree_driver(s->t, SATA, "ahci");
	assert_int_equal(viable(s, 10), 0);
	/* A VFIO driver is known by its deeds, not by its name. */
	tree_driver(s->t, SATA, "vfio-pci");
	assert_int_equal(viable(s, 10), 0);
	tree_vfio(s->t, SATA, 0, true, "10");
	assert_int_equal(viable(s, 10), 1);
	tree_driver(s->t, SATA, "some-variant");
	assert_int_equal(viable(s, 10), 1);
}

static void test_regions(void **state)
{
	struct setup *s = *state;
	enum vdev_region_type type;
	uint64_t first, last;
	struct vdev_group *g;

	tree_file(s->t, GROUPS "/10/reserved_regions",
		  "0x0000000000000000 0x0000000000000fff direct\n"
		  "0x0000000000100000 0x00000000001fffff direct-relaxable\n"
		  "0x00000000fee00000 0x00000000feefffff msi\n"
		  "nonsense\n"
		  "0x1 0x2 something-new\n"
		  "0x0001000000000000 0xffffffffffffffff reserved");
	g = group(s, 10);
	assert_int_equal(vdev_group_region_count(g), 5);
	assert_int_equal(vdev_group_region(g, 0, &first, &last, &type), 0);
	assert_true(first == 0 && last == 0xfff);
	assert_int_equal(type, VDEV_REGION_DIRECT);
	assert_int_equal(vdev_group_region(g, 1, NULL, NULL, &type), 0);
	assert_int_equal(type, VDEV_REGION_DIRECT_RELAXABLE);
	assert_int_equal(vdev_group_region(g, 2, NULL, NULL, &type), 0);
	assert_int_equal(type, VDEV_REGION_MSI);
	assert_int_equal(vdev_group_region(g, 3, NULL, NULL, &type), 0);
	assert_int_equal(type, VDEV_REGION_UNKNOWN);
	assert_int_equal(vdev_group_region(g, 4, &first, &last, &type), 0);
	assert_true(last == UINT64_MAX);
	assert_int_equal(type, VDEV_REGION_RESERVED);
	assert_int_equal(vdev_group_region(g, 5, NULL, NULL, NULL), -EINVAL);
	vdev_group_free(g);

	tree_remove(s->t, GROUPS "/10/reserved_regions");
	g = group(s, 10);
	assert_int_equal(vdev_group_region_count(g), 0);
	vdev_group_free(g);

	assert_string_equal(vdev_region_type_name(VDEV_REGION_DIRECT_RELAXABLE),
			    "direct-relaxable");
	assert_string_equal(vdev_region_type_name((enum vdev_region_type)77),
			    "unknown");
}

static void scenario(struct failnth *fail, void *data)
{
	struct setup *s = data;
	struct vdev_ctx *ctx = tree_ctx(s->t);
	struct vdev_group_list *list;
	struct vdev_group *g;
	const char *type;
	size_t regions;
	int ret;

	failnth_start(fail, &ctx->sys);
	ret = vdev_group_list_new(ctx, &list);
	if (ret == 1) {
		g = vdev_group_list_get(list, 0);
		/* Never held to be viable by mistake. */
		ret = vdev_group_viable(g);
		if (ret)
			assert_int_equal(ret, failnth_error(fail));
		type = vdev_group_type(g);
		if (type || !failnth_fired(fail))
			assert_string_equal(type, "DMA-FQ");
		regions = vdev_group_region_count(g);
		assert_true(regions == 1 || failnth_fired(fail));
		vdev_group_list_free(list);
		ret = vdev_group_new(ctx, 10, &g);
		if (!ret)
			vdev_group_free(g);
	}
	if (ret)
		assert_int_equal(ret, failnth_error(fail));
	failnth_stop(fail);
	vdev_ctx_unref(ctx);
}

static void test_failures(void **state)
{
	struct setup *s = *state;

	tree_driver(s->t, SMBUS, "i801_smbus");
	failnth_sweep(scenario, s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_list),	TEST(test_new),	   TEST(test_members),
		TEST(test_mdev_member), TEST(test_viable), TEST(test_regions),
		TEST(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
