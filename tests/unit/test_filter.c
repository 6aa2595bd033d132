/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "object/filter.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "failnth.h"
#include "tree.h"

#define UUID "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"

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
	tree_pci(s->t, "pci0000:00", "0000:00:02.0", 0x1b36, 0x000c, 0x060400);
	tree_driver(s->t, "0000:00:02.0", "pcieport");
	tree_pci(s->t, "pci0000:00", "0000:01:00.0", 0x8086, 0x10c9, 0x020000);
	tree_driver(s->t, "0000:01:00.0", "igb");
	tree_attr(s->t, "0000:01:00.0", "sriov_totalvfs", "7\n");
	tree_group(s->t, "0000:01:00.0", 1);
	tree_class(s->t, "net", "eth0", "pci0000:00/0000:01:00.0/net");
	tree_pci(s->t, "pci0000:00", "0000:01:10.0", 0x8086, 0x10ca, 0x020000);
	tree_attr_link(s->t, "0000:01:10.0", "physfn", "../0000:01:00.0");
	tree_group(s->t, "0000:01:10.0", 2);
	tree_pci(s->t, "pci0001:00", "0001:01:00.0", 0x144d, 0xa80a, 0x010802);
	tree_driver(s->t, "0001:01:00.0", "vfio-pci");
	tree_group(s->t, "0001:01:00.0", 3);
	tree_mdev(s->t, "virtual/mtty/mtty", UUID, "mtty-2");
	tree_driver(s->t, UUID, "mtty");
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

/* The devices that pass the terms, by their place in the list of all. */
static void expect(struct setup *s, const char *terms, const char *places)
{
	static const char *const all[] = { "0000:00:02.0", "0000:01:00.0",
					   "0000:01:10.0", "0001:01:00.0",
					   UUID };
	_auto_strv_ struct strv words = { 0 };
	struct vdev_filter *filter;
	struct vdev_device_list *list;
	struct vdev_device *dev;
	char found[8] = "";
	const char *word;
	size_t i;

	assert_int_equal(vdev_filter_new(s->ctx, &filter), 0);
	assert_int_equal(strv_split(&words, terms, " "), 0);
	strv_foreach(&words, word)
		if (vdev_filter_add(filter, word))
			fail_msg("%s: %s", word, vdev_ctx_last_error(s->ctx));
	assert_int_equal(vdev_device_list_new(s->ctx, filter, &list),
			 strlen(places));
	vdev_device_list_foreach(list, i, dev)
		for (size_t j = 0; j < ARRAY_SIZE(all); j++)
			if (!strcmp(vdev_device_address(dev), all[j]))
				strcat(found, (char[]){ (char)('0' + j), 0 });
	if (!str_eq(found, places))
		fail_msg("%s: %s, not %s", terms, found, places);
	vdev_device_list_free(list);
	vdev_filter_free(filter);
}

static void test_terms(void **state)
{
	struct setup *s = *state;

	expect(s, "", "01234");
	expect(s, "class=network", "12");
	expect(s, "class=02", "12");
	expect(s, "class=0108", "3");
	expect(s, "class=010802", "3");
	expect(s, "class=010803", "");
	expect(s, "class=accelerator", "");
	expect(s, "class=bridge class=storage", "03");
	expect(s, "driver=igb", "1");
	expect(s, "driver=vfio-*", "3");
	expect(s, "driver=none", "2");
	expect(s, "driver=none driver=igb", "12");
	expect(s, "driver=*", "0134");
	expect(s, "id=8086:10c9", "1");
	expect(s, "id=8086:*", "12");
	expect(s, "id=*:A80A", "3");
	expect(s, "id=*:*", "0123");
	expect(s, "id=*:c", "0");
	expect(s, "group=1", "1");
	expect(s, "group=1 group=3", "13");
	expect(s, "group=99", "");
	expect(s, "bus=pci", "0123");
	expect(s, "bus=mdev", "4");
	expect(s, "bus=mdev bus=pci", "01234");
	expect(s, "pf", "1");
	expect(s, "vf", "2");
	expect(s, "pf vf", "12");
}

static void test_addresses(void **state)
{
	struct setup *s = *state;

	expect(s, "0000:01:00.0", "1");
	expect(s, "01:00.0", "1");
	expect(s, "0001:01:00.0 0000:00:02.0", "03");
	expect(s, "0000:77:00.0", "");
	expect(s, "83B8F4F2-509F-382F-3C1E-E6BFE0FA1001", "4");
	expect(s, "eth0", "1");
	expect(s, "0000:01:*", "12");
	expect(s, "*:01:*", "123");
	expect(s, "01:*", "12");
	expect(s, "01:[01]0.0 0001:*", "123");
	expect(s, "*.?", "0123");
	expect(s, "83B8*", "4");
	expect(s, "01:00.0 bus=mdev", "");
}

/* Kinds narrow, each other. */
static void test_together(void **state)
{
	struct setup *s = *state;

	expect(s, "class=network driver=none", "2");
	expect(s, "class=network vf group=2 id=8086:* 0000:*", "2");
	expect(s, "class=network pf group=2", "");
	expect(s, "eth0 driver=none", "");
}

static void test_malformed(void **state)
{
	static const struct {
		const char *term;
		int error;
	} cases[] = {
		{ "class=", -EINVAL },	     { "class=disk", -EINVAL },
		{ "class=1", -EINVAL },	     { "class=020", -EINVAL },
		{ "class=0x02", -EINVAL },   { "class=0200000", -EINVAL },
		{ "driver=", -EINVAL },	     { "id=", -EINVAL },
		{ "id=8086", -EINVAL },	     { "id=8086:", -EINVAL },
		{ "id=:10c9", -EINVAL },     { "id=08086:10c9", -EINVAL },
		{ "id=0x86:10c9", -EINVAL }, { "id=8086:10c9:1", -EINVAL },
		{ "id=**:1", -EINVAL },	     { "group=", -EINVAL },
		{ "group=-1", -EINVAL },     { "group=x", -EINVAL },
		{ "bus=usb", -EINVAL },	     { "eth*", -EINVAL },
		{ "8086:10c9", -EINVAL },    { "", -EINVAL },
		{ "eth9", -ENODEV },
	};
	struct setup *s = *state;
	struct vdev_filter *filter;

	assert_int_equal(vdev_filter_new(s->ctx, &filter), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int ret = vdev_filter_add(filter, cases[i].term);

		if (ret != cases[i].error)
			fail_msg("'%s': %d", cases[i].term, ret);
		assert_true(*vdev_ctx_last_error(s->ctx));
		if (ret == -EINVAL)
			assert_non_null(vdev_ctx_last_hint(s->ctx));
	}
	vdev_filter_free(filter);
	vdev_filter_free(NULL);
}

/* What disappears while the list is made is left out. */
static void test_gone(void **state)
{
	struct setup *s = *state;

	tree_remove(s->t, "/sys/devices/pci0000:00/0000:01:00.0");
	expect(s, "class=network", "2");
	expect(s, "id=*:*", "023");
	expect(s, "pf", "");
	expect(s, "driver=*", "034");
	expect(s, "group=1", "");
}

/* What cannot be read is an error, neither in nor out. */
static void test_unreadable(void **state)
{
	struct setup *s = *state;
	struct vdev_device_list *list = NULL;
	struct vdev_filter *filter;

	tree_attr(s->t, "0000:01:00.0", "modalias", "garbage\n");
	assert_int_equal(vdev_filter_new(s->ctx, &filter), 0);
	assert_int_equal(vdev_filter_add(filter, "class=network"), 0);
	assert_int_equal(vdev_device_list_new(s->ctx, filter, &list), -EIO);
	assert_null(list);
	assert_non_null(strstr(vdev_ctx_last_error(s->ctx), "0000:01:00.0"));
	vdev_filter_free(filter);
}

static void scenario(struct failnth *fail, void *data)
{
	static const char *const terms[] = {
		"class=network", "driver=igb", "id=8086:*", "group=1",
		"bus=pci",	 "pf",	       "eth0",	    "0000:*",
	};
	struct setup *s = data;
	struct vdev_ctx *ctx = tree_ctx(s->t);
	struct vdev_filter *filter = NULL;
	struct vdev_device_list *list = NULL;
	int ret;

	failnth_start(fail, &ctx->sys);
	ret = vdev_filter_new(ctx, &filter);
	for (size_t i = 0; i < ARRAY_SIZE(terms) && !ret; i++)
		ret = vdev_filter_add(filter, terms[i]);
	if (!ret)
		ret = vdev_device_list_new(ctx, filter, &list);
	failnth_stop(fail);
	if (ret != 1)
		assert_int_equal(ret, failnth_error(fail));
	assert_int_equal(ret != 1, failnth_fired(fail));
	assert_int_equal(ret == 1, list != NULL);
	vdev_device_list_free(list);
	vdev_filter_free(filter);
	vdev_ctx_unref(ctx);
}

static void test_failures(void **state)
{
	failnth_sweep(scenario, *state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_terms),    TEST(test_addresses),
		TEST(test_together), TEST(test_malformed),
		TEST(test_gone),     TEST(test_unreadable),
		TEST(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
