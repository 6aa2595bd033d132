/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libvdev/pci.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "failnth.h"
#include "object/device.h"
#include "tree.h"

#define PF   "0000:01:00.0"
#define VF   "0000:01:10.0"
#define UUID "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"

struct setup {
	struct tree *t;
	struct vdev_ctx *ctx;
	struct vdev_device *pf, *vf, *mdev;
};

static int set_up(void **state)
{
	struct setup *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->t = tree_new();
	s->ctx = tree_ctx(s->t);
	tree_pci(s->t, "pci0000:00", PF, 0x8086, 0x10c9, 0x020000);
	tree_attr(s->t, PF, "sriov_totalvfs", "16\n");
	tree_attr(s->t, PF, "sriov_drivers_autoprobe", "1\n");
	tree_pci(s->t, "pci0000:00", VF, 0x8086, 0x10ca, 0x020000);
	tree_attr_link(s->t, VF, "physfn", "../" PF);
	tree_mdev(s->t, "virtual/mtty/mtty", UUID, "mtty-2");
	assert_int_equal(vdev_device_new(s->ctx, "pci", PF, &s->pf), 0);
	assert_int_equal(vdev_device_new(s->ctx, "pci", VF, &s->vf), 0);
	assert_int_equal(vdev_device_new(s->ctx, "mdev", UUID, &s->mdev), 0);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct setup *s = *state;

	vdev_device_unref(s->pf);
	vdev_device_unref(s->vf);
	vdev_device_unref(s->mdev);
	vdev_ctx_unref(s->ctx);
	tree_free(s->t);
	free(s);
	return 0;
}

static void test_bars(void **state)
{
	struct setup *s = *state;
	uint64_t start, size;
	unsigned int flags;

	tree_attr(s->t, PF, "resource",
		  "0x00000000fe800000 0x00000000fe81ffff 0x0000000000040200\n"
		  "0x000000000000d000 0x000000000000d01f 0x0000000000040101\n"
		  "0x0000380000000000 0x00003807ffffffff 0x000000000014220c\n"
		  "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
		  "0x0000000000000000 0x0000000000003fff 0x0000000000040200\n"
		  "nonsense\n"
		  "0x00000000000c0000 0x00000000000dffff 0x0000000000000212\n"
		  "0x00000000fe900000 0x00000000fe91ffff 0x0000000000140200\n");
	assert_int_equal(vdev_device_bar(s->pf, 0, &start, &size, &flags), 0);
	assert_true(start == 0xfe800000 && size == 0x20000);
	assert_int_equal(flags, 0);
	assert_int_equal(vdev_device_bar(s->pf, 1, &start, &size, &flags), 0);
	assert_true(start == 0xd000 && size == 32);
	assert_int_equal(flags, VDEV_BAR_IO);
	assert_int_equal(vdev_device_bar(s->pf, 2, &start, &size, &flags), 0);
	assert_true(start == 0x380000000000 && size == 0x800000000);
	assert_int_equal(flags, VDEV_BAR_64BIT | VDEV_BAR_PREFETCH);
	assert_int_equal(vdev_device_bar(s->pf, 3, NULL, NULL, NULL), -ENODATA);
	/* Sized but not placed by the firmware. */
	assert_int_equal(vdev_device_bar(s->pf, 4, &start, &size, NULL), 0);
	assert_true(start == 0 && size == 0x4000);
	assert_int_equal(vdev_device_bar(s->pf, 5, NULL, NULL, NULL), -ENODATA);
	assert_int_equal(vdev_device_bar(s->pf, 6, NULL, &size, NULL), 0);
	assert_true(size == 0x20000);
	assert_int_equal(vdev_device_bar(s->pf, 7, NULL, NULL, NULL), -EINVAL);
	assert_int_equal(vdev_device_bar(s->mdev, 0, NULL, NULL, NULL),
			 -ENODATA);
}

static void assert_names(const char *const *names, const char *expected)
{
	struct strbuf b = { 0 };
	char *text;

	assert_non_null(names);
	for (; *names; names++)
		strbuf_addf(&b, "%s ", *names);
	text = str_trim(strbuf_finish(&b));
	assert_string_equal(text, expected);
	free(text);
}

static void test_resets(void **state)
{
	struct setup *s = *state;

	/* Hidden where there is no way to reset. */
	assert_names(vdev_device_reset_methods(s->pf), "");
	tree_attr(s->t, PF, "reset_method", "flr pm bus\n");
	assert_int_equal(vdev_device_refresh(s->pf), 0);
	assert_names(vdev_device_reset_methods(s->pf), "flr pm bus");
	tree_attr(s->t, PF, "reset_method", "\n");
	assert_int_equal(vdev_device_refresh(s->pf), 0);
	assert_names(vdev_device_reset_methods(s->pf), "");
	assert_null(vdev_device_reset_methods(s->mdev));

	tree_remove(s->t, "/sys/bus/pci/devices/" PF);
	assert_int_equal(vdev_device_refresh(s->pf), -ENODEV);
	assert_null(vdev_device_reset_methods(s->pf));
}

static void test_sriov(void **state)
{
	struct setup *s = *state;

	assert_null(vdev_device_physfn(s->pf));
	assert_string_equal(vdev_device_physfn(s->vf), PF);
	assert_int_equal(vdev_device_sriov_totalvfs(s->pf), 16);
	assert_int_equal(vdev_device_sriov_totalvfs(s->vf), -ENODATA);
	assert_int_equal(vdev_device_sriov_autoprobe(s->pf), 1);
	assert_int_equal(vdev_device_sriov_autoprobe(s->vf), -ENODATA);
	assert_int_equal(vdev_device_sriov_numvfs(s->pf), 0);
	assert_int_equal(vdev_device_sriov_numvfs(s->vf), -ENODATA);
	assert_names(vdev_device_virtfns(s->pf), "");
	assert_names(vdev_device_virtfns(s->vf), "");

	/* By number, not by name. */
	for (int i = 0; i < 12; i++) {
		char name[16], target[32];

		snprintf(name, sizeof(name), "virtfn%d", i);
		snprintf(target, sizeof(target), "../0000:01:10.%x", i % 8);
		tree_attr_link(s->t, PF, name, target);
	}
	tree_attr_link(s->t, PF, "virtfnx", "../x");
	tree_attr_link(s->t, PF, "virtfn1x", "../x");
	assert_int_equal(vdev_device_sriov_numvfs(s->pf), 0);
	assert_int_equal(vdev_device_refresh(s->pf), 0);
	assert_int_equal(vdev_device_sriov_numvfs(s->pf), 12);
	assert_string_equal(vdev_device_virtfns(s->pf)[2], "0000:01:10.2");
	assert_string_equal(vdev_device_virtfns(s->pf)[10], "0000:01:10.2");

	assert_null(vdev_device_physfn(s->mdev));
	assert_int_equal(vdev_device_sriov_totalvfs(s->mdev), -ENODATA);
	assert_int_equal(vdev_device_sriov_numvfs(s->mdev), -ENODATA);
	assert_int_equal(vdev_device_sriov_autoprobe(s->mdev), -ENODATA);
	assert_names(vdev_device_virtfns(s->mdev), "");
	assert_int_equal(vdev_device_boot_vga(s->mdev), -ENODATA);
}

static void test_optional(void **state)
{
	struct setup *s = *state;

	assert_int_equal(vdev_device_boot_vga(s->pf), -ENODATA);
	tree_attr(s->t, PF, "boot_vga", "1\n");
	assert_int_equal(vdev_device_boot_vga(s->pf), 1);
	tree_attr(s->t, PF, "boot_vga", "yes\n");
	assert_int_equal(vdev_device_boot_vga(s->pf), -EIO);
	tree_remove(s->t, "/sys/bus/pci/devices/" PF);
	assert_int_equal(vdev_device_refresh(s->pf), -ENODEV);
	assert_int_equal(vdev_device_boot_vga(s->pf), -ENODEV);
	assert_int_equal(vdev_device_bar(s->pf, 0, NULL, NULL, NULL), -ENODEV);
	assert_int_equal(vdev_device_sriov_totalvfs(s->pf), -ENODEV);
}

static void put_config(struct setup *s, const char *address, size_t size,
		       unsigned int pasid_width)
{
	uint8_t c[4096] = { [0x06] = 0x10, [0x34] = 0x40, [0x40] = 0x11 };

	c[0x100] = 0x0f; /* ATS */
	c[0x102] = 0x01;
	c[0x103] = 0x20; /* next 0x200 */
	c[0x200] = 0x1b; /* PASID */
	c[0x202] = 0x01;
	c[0x203] = 0x30;
	c[0x205] = (uint8_t)pasid_width;
	c[0x300] = 0x13; /* PRI */
	c[0x302] = 0x01;
	if (!strcmp(address, VF)) {
		memset(c, 0xff, 4); /* a VF's id registers */
		c[0x103] = 0;
	}
	char path[64];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", address);
	tree_bytes(s->t, path, c, size);
}

static void test_config(void **state)
{
	struct setup *s = *state;
	const struct vdev_pci_cap *caps;
	const uint8_t *config;

	put_config(s, PF, 4096, 20);
	assert_int_equal(vdev_device_config(s->pf, &config), 4096);
	assert_int_equal(config[0x34], 0x40);
	assert_int_equal(vdev_device_caps(s->pf, &caps), 4);
	assert_int_equal(caps[0].id, 0x11);
	assert_int_equal(caps[1].offset, 0x100);
	assert_int_equal(vdev_device_cap_offset(s->pf, 0x11, 0), 0x40);
	assert_int_equal(vdev_device_cap_offset(s->pf, 0x0f, 1), 0x100);
	assert_int_equal(vdev_device_cap_offset(s->pf, 0x0f, 0), -ENODATA);
	assert_int_equal(vdev_device_pasid_width(s->pf), 20);
	assert_int_equal(vdev_device_has_ats(s->pf), 1);
	assert_int_equal(vdev_device_has_pri(s->pf), 1);
	assert_int_equal(vdev_device_has_acs(s->pf), 0);
	assert_string_equal(vdev_pci_cap_name(0x11, 0), "msix");
	assert_string_equal(vdev_pci_cap_name(0x1b, 1), "pasid");

	assert_int_equal(vdev_device_config(s->mdev, &config), -ENODATA);
	assert_int_equal(vdev_device_caps(s->mdev, &caps), -ENODATA);
	assert_int_equal(vdev_device_has_acs(s->mdev), -ENODATA);
	assert_int_equal(vdev_device_has_pri(s->mdev), -ENODATA);
	assert_int_equal(vdev_device_pasid_width(s->mdev), -ENODATA);
}

/* Without CAP_SYS_ADMIN the kernel shows the header only. */
static void test_header_only(void **state)
{
	struct setup *s = *state;
	const struct vdev_pci_cap *caps;
	const uint8_t *config;

	put_config(s, PF, 64, 0);
	assert_int_equal(vdev_device_config(s->pf, &config), 64);
	assert_int_equal(vdev_device_caps(s->pf, &caps), -EACCES);
	assert_int_equal(vdev_ctx_last_kind(s->ctx), VDEV_ERROR_PERMISSION);
	assert_int_equal(vdev_device_cap_offset(s->pf, 0x11, 0), -EACCES);
	assert_int_equal(vdev_device_has_ats(s->pf), -EACCES);
	assert_int_equal(vdev_device_pasid_width(s->pf), -EACCES);

	/* But it says whether there is more. */
	tree_bytes(s->t, "/sys/bus/pci/devices/" PF "/config",
		   (uint8_t[64]){ 0x86, 0x80 }, 64);
	assert_int_equal(vdev_device_refresh(s->pf), 0);
	assert_int_equal(vdev_device_caps(s->pf, &caps), 0);
	assert_int_equal(vdev_device_has_ats(s->pf), 0);
	assert_int_equal(vdev_device_pasid_width(s->pf), -ENODATA);
}

static void test_no_answer(void **state)
{
	struct setup *s = *state;
	const uint8_t *config;
	uint8_t ones[4096];

	memset(ones, 0xff, sizeof(ones));
	tree_bytes(s->t, "/sys/bus/pci/devices/" PF "/config", ones,
		   sizeof(ones));
	assert_int_equal(vdev_device_config(s->pf, &config), -EIO);
	assert_int_equal(vdev_device_has_ats(s->pf), -EIO);
	tree_attr(s->t, PF, "config", "");
	assert_int_equal(vdev_device_config(s->pf, &config), -EIO);
	tree_drop_attr(s->t, PF, "config");
	assert_int_equal(vdev_device_config(s->pf, &config), -ENODEV);
}

/* PASID and PRI belong to the PF, ATS to each VF. */
static void test_vf_caps(void **state)
{
	struct setup *s = *state;

	put_config(s, PF, 4096, 16);
	put_config(s, VF, 4096, 0);
	assert_int_equal(vdev_device_cap_offset(s->vf, 0x1b, 1), -ENODATA);
	assert_int_equal(vdev_device_pasid_width(s->vf), 16);
	assert_int_equal(vdev_device_has_pri(s->vf), 1);
	assert_int_equal(vdev_device_has_ats(s->vf), 1);

	put_config(s, PF, 4096, 31);
	assert_int_equal(vdev_device_pasid_width(s->vf), -EIO);
	tree_remove(s->t, "/sys/bus/pci/devices/" PF);
	assert_int_equal(vdev_device_pasid_width(s->vf), -ENODEV);
	assert_int_equal(vdev_device_has_pri(s->vf), -ENODEV);
}

static void assert_number(struct failnth *fail, int value, int expected)
{
	if (value != expected)
		assert_int_equal(value, failnth_error(fail));
	assert_true(value == expected || failnth_fired(fail));
}

static void scenario(struct failnth *fail, void *data)
{
	struct setup *s = data;
	struct vdev_ctx *ctx = tree_ctx(s->t);
	struct vdev_device *pf, *vf;
	const char *const *names;
	uint64_t size = 0;
	int ret;

	assert_int_equal(vdev_device_new(ctx, "pci", PF, &pf), 0);
	assert_int_equal(vdev_device_new(ctx, "pci", VF, &vf), 0);
	failnth_start(fail, &ctx->sys);
	assert_number(fail, vdev_device_sriov_totalvfs(pf), 16);
	assert_number(fail, vdev_device_sriov_numvfs(pf), 1);
	assert_number(fail, vdev_device_sriov_autoprobe(pf), 1);
	ret = vdev_device_bar(pf, 0, NULL, &size, NULL);
	assert_number(fail, ret, 0);
	assert_true(ret || size == 0x1000);
	names = vdev_device_reset_methods(pf);
	if (names)
		assert_string_equal(names[0], "flr");
	assert_number(fail, vdev_device_has_ats(vf), 1);
	assert_number(fail, vdev_device_has_acs(vf), 0);
	assert_number(fail, vdev_device_pasid_width(vf), 16);
	failnth_stop(fail);
	vdev_device_unref(pf);
	vdev_device_unref(vf);
	vdev_ctx_unref(ctx);
}

static void test_failures(void **state)
{
	struct setup *s = *state;

	put_config(s, PF, 4096, 16);
	put_config(s, VF, 4096, 0);
	tree_attr(s->t, PF, "reset_method", "flr bus\n");
	tree_attr(s->t, PF, "resource", "0x1000 0x1fff 0x200\n");
	tree_attr_link(s->t, PF, "virtfn0", "../" VF);
	failnth_sweep(scenario, s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_bars),      TEST(test_resets),
		TEST(test_sriov),     TEST(test_optional),
		TEST(test_config),    TEST(test_header_only),
		TEST(test_no_answer), TEST(test_vf_caps),
		TEST(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
