/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "object/names.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "failnth.h"
#include "tree.h"

#define NIC "pci:v00008086d000010C9sv00001AF4sd00001100bc02sc00i00"

static void collect(void *data, const char *key, const char *name)
{
	struct strbuf *b = data;

	strbuf_addf(b, "%s=%s;", key, name);
}

static char *lookup(struct vdev_ctx *ctx, const char *modalias)
{
	struct strbuf b = { 0 };

	assert_int_equal(vdev_names_lookup(ctx, modalias, collect, &b), 0);
	return strbuf_finish(&b);
}

static void test_capture(void **state)
{
	struct tree *t = tree_new();
	struct vdev_ctx *ctx = tree_ctx(t);
	char *text;

	(void)state;
	tree_file(t, VDEV_NAMES_FILE,
		  NIC "\tID_MODEL_FROM_DATABASE\t82576 Network\tConnection\n"
		      "pci:b\tKEY\t\n"
		      "no tab at all\n"
		      "one\ttab\n"
		      "\n" NIC "\tID_VENDOR_FROM_DATABASE\tIntel Corporation\n"
		      "pci:a\tKEY\tlast");
	text = lookup(ctx, NIC);
	assert_string_equal(text, "ID_MODEL_FROM_DATABASE=82576 Network\t"
				  "Connection;"
				  "ID_VENDOR_FROM_DATABASE=Intel Corporation;");
	free(text);
	text = lookup(ctx, "pci:a");
	assert_string_equal(text, "KEY=last;");
	free(text);
	text = lookup(ctx, "pci:b");
	assert_string_equal(text, "KEY=;");
	free(text);
	text = lookup(ctx, "pci:c");
	assert_string_equal(text, "");
	free(text);
	vdev_ctx_unref(ctx);
	tree_free(t);
}

static void test_no_capture(void **state)
{
	struct tree *t = tree_new();
	struct vdev_ctx *ctx = tree_ctx(t);
	char *text = lookup(ctx, NIC);

	(void)state;
	assert_string_equal(text, "");
	free(text);
	vdev_ctx_unref(ctx);
	tree_free(t);
}

/* With or without a database, a name asked for twice is the same. */
static void test_live(void **state)
{
	struct vdev_ctx *ctx;
	char *first, *second;

	(void)state;
	assert_int_equal(vdev_ctx_new(&ctx), 0);
	assert_null(ctx->names);
	first = lookup(ctx, NIC);
	second = lookup(ctx, NIC);
	assert_string_equal(first, second);
	if (*first)
		assert_non_null(strstr(first, "=Intel Corporation;"));
	free(first);
	free(second);
	vdev_ctx_unref(ctx);
}

static void count(void *data, const char *key, const char *name)
{
	unsigned int *n = data;

	(void)key;
	(void)name;
	++*n;
}

static void scenario(struct failnth *fail, void *data)
{
	struct vdev_ctx *ctx = tree_ctx(data);
	unsigned int n = 0;
	int ret;

	failnth_start(fail, &ctx->sys);
	ret = vdev_names_lookup(ctx, "pci:b", count, &n);
	failnth_stop(fail);
	assert_int_equal(ret, failnth_fired(fail) ? failnth_error(fail) : 0);
	assert_int_equal(n, ret ? 0 : 2);

	/* What failed is tried again. */
	n = 0;
	assert_int_equal(vdev_names_lookup(ctx, "pci:b", count, &n), 0);
	assert_int_equal(n, 2);
	vdev_ctx_unref(ctx);
}

static void test_failures(void **state)
{
	struct tree *t = tree_new();

	(void)state;
	tree_file(t, VDEV_NAMES_FILE,
		  "pci:a\tKEY\ta\npci:b\tKEY\tb\npci:b\tOTHER\tc\n");
	failnth_sweep(scenario, t);
	tree_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_capture),
		cmocka_unit_test(test_no_capture),
		cmocka_unit_test(test_live),
		cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
