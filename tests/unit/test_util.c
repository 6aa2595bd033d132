/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/util.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "failnth.h"

static void test_basename(void **state)
{
	(void)state;
	assert_string_equal(str_basename("/a/b"), "b");
	assert_string_equal(str_basename("b"), "b");
	assert_string_equal(str_basename("/a/"), "");
	assert_string_equal(str_basename(""), "");
}

static void test_trim(void **state)
{
	char text[] = " a b \t\r\n";
	char blank[] = " \n";
	char empty[] = "";

	(void)state;
	assert_string_equal(str_trim(text), " a b");
	assert_string_equal(str_trim(blank), "");
	assert_string_equal(str_trim(empty), "");
}

static void test_compare(void **state)
{
	(void)state;
	assert_true(str_eq("a", "a"));
	assert_false(str_eq("a", "b"));
	assert_false(str_eq("a", NULL));
	assert_false(str_eq(NULL, "a"));
	assert_true(str_eq(NULL, NULL));
	assert_true(str_starts("vfio-pci", "vfio"));
	assert_true(str_starts("a", ""));
	assert_false(str_starts("vf", "vfio"));
}

static void test_u64(void **state)
{
	static const struct {
		const char *text;
		unsigned int base;
		int ret;
		uint64_t value;
	} cases[] = {
		{ "0", 10, 0, 0 },
		{ "42", 10, 0, 42 },
		{ "0x2a", 0, 0, 42 },
		{ "0x2a", 16, 0, 42 },
		{ "2a", 16, 0, 42 },
		{ "FFFFFFFFFFFFFFFF", 16, 0, UINT64_MAX },
		{ "18446744073709551615", 10, 0, UINT64_MAX },
		{ "18446744073709551616", 10, -ERANGE, 0 },
		{ "", 10, -EINVAL, 0 },
		{ "-1", 10, -EINVAL, 0 },
		{ "+1", 10, -EINVAL, 0 },
		{ " 1", 10, -EINVAL, 0 },
		{ "1 ", 10, -EINVAL, 0 },
		{ "1a", 10, -EINVAL, 0 },
		{ "a", 10, -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t value = 7;
		int ret = str_to_u64(cases[i].text, cases[i].base, &value);

		if (ret != cases[i].ret)
			fail_msg("'%s': %d", cases[i].text, ret);
		assert_int_equal(value, ret ? 7 : cases[i].value);
	}
}

static void test_int(void **state)
{
	(void)state;
	assert_int_equal(str_to_int("0"), 0);
	assert_int_equal(str_to_int("2147483647"), INT_MAX);
	assert_int_equal(str_to_int("2147483648"), -EINVAL);
	assert_int_equal(str_to_int("-1"), -EINVAL);
	assert_int_equal(str_to_int("x"), -EINVAL);
}

static void test_take(void **state)
{
	char *p = strdup("text");
	char *q = TAKE(p);

	(void)state;
	assert_null(p);
	assert_string_equal(q, "text");
	free(q);
}

static void test_array(void **state)
{
	int *items = NULL;
	size_t count = 0;

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(ARRAY_ADD(items, count, i), 0);
	assert_int_equal(count, 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(items[i], i);
	free(items);
}

static void test_strv(void **state)
{
	_auto_strv_ struct strv v = { 0 };
	const char *s;
	size_t n = 0;

	(void)state;
	assert_null(strv_items(&v)[0]);
	assert_false(strv_has(&v, "a"));
	strv_sort(&v);
	assert_int_equal(strv_add(&v, "c"), 0);
	assert_int_equal(strv_addf(&v, "%s%d", "b", 1), 0);
	assert_int_equal(strv_addf(&v, "%s", ""), 0);
	assert_int_equal(v.count, 3);
	assert_null(v.items[3]);
	assert_true(strv_has(&v, "b1"));
	assert_false(strv_has(&v, "b"));
	strv_sort(&v);
	assert_string_equal(strv_items(&v)[0], "");
	assert_string_equal(strv_items(&v)[2], "c");
	strv_foreach(&v, s)
		n += strlen(s);
	assert_int_equal(n, 3);
	strv_clear(&v);
	assert_int_equal(v.count, 0);
}

static void test_strv_split(void **state)
{
	_auto_strv_ struct strv v = { 0 };

	(void)state;
	assert_int_equal(strv_split(&v, "", " "), 0);
	assert_int_equal(strv_split(&v, "  ", " "), 0);
	assert_int_equal(v.count, 0);
	assert_int_equal(strv_split(&v, " a,b  c,", " ,"), 0);
	assert_int_equal(v.count, 3);
	assert_string_equal(v.items[0], "a");
	assert_string_equal(v.items[1], "b");
	assert_string_equal(v.items[2], "c");
}

static void test_strbuf(void **state)
{
	_auto_strbuf_ struct strbuf b = { 0 };
	char *text;

	(void)state;
	for (int i = 0; i < 500; i++)
		strbuf_addf(&b, "%d,", i % 10);
	strbuf_add(&b, "a\0b", 3);
	text = strbuf_finish(&b);
	assert_non_null(text);
	assert_memory_equal(text, "0,1,2,", 6);
	assert_memory_equal(text + 1000, "a\0b", 4);
	assert_null(b.text);
	free(text);

	text = strbuf_finish(&b);
	assert_string_equal(text, "");
	free(text);
}

static void test_pci_address(void **state)
{
	static const struct {
		const char *text, *full;
	} cases[] = {
		{ "0000:01:00.0", "0000:01:00.0" },
		{ "01:00.0", "0000:01:00.0" },
		{ "fF:1F.7", "0000:ff:1f.7" },
		{ "10000:e1:00.0", "10000:e1:00.0" },
		{ "ffffffff:01:00.0", "ffffffff:01:00.0" },
		{ "1:00.0", NULL },
		{ "00:01.8", NULL },
		{ "00:20.0", NULL },
		{ "000:01:00.0", NULL },
		{ "100000000:01:00.0", NULL },
		{ "0000:01:00.0 ", NULL },
		{ "0000:01:00", NULL },
		{ "0000:001:00.0", NULL },
		{ "0000::01:00.0", NULL },
		{ "01.00.0", NULL },
		{ "01:00.", NULL },
		{ "01:00.00", NULL },
		{ ":", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pci_address a;
		char text[PCI_ADDRESS_SIZE];
		int ret = pci_address_parse(cases[i].text, &a);

		if (ret != (cases[i].full ? 0 : -EINVAL))
			fail_msg("'%s': %d", cases[i].text, ret);
		if (ret)
			continue;
		pci_address_format(&a, text);
		assert_string_equal(text, cases[i].full);
	}
}

static void test_pci_address_order(void **state)
{
	static const char *const order[] = {
		"0000:00:00.0", "0000:00:00.1", "0000:00:01.0",
		"0000:01:00.0", "0001:00:00.0", "10000:00:00.0",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		for (size_t j = 0; j < ARRAY_SIZE(order); j++) {
			struct pci_address a, b;

			assert_int_equal(pci_address_parse(order[i], &a), 0);
			assert_int_equal(pci_address_parse(order[j], &b), 0);
			assert_int_equal(pci_address_compare(&a, &b),
					 (i > j) - (i < j));
		}
}

static void test_uuid(void **state)
{
	char text[UUID_TEXT_SIZE];

	(void)state;
	assert_true(
		uuid_normalize("83B8F4F2-509F-382f-3c1e-e6bfe0fa1001", text));
	assert_string_equal(text, "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001");
	assert_false(
		uuid_normalize("83b8f4f2-509f-382f-3c1e-e6bfe0fa10012", text));
	assert_false(
		uuid_normalize("83b8f4f2-509f-382f-3c1e-e6bfe0fa100", text));
	assert_false(
		uuid_normalize("83b8f4f2x509f-382f-3c1e-e6bfe0fa1001", text));
	assert_false(
		uuid_normalize("83b8f4f2-509f-382f-3c1e-e6bfe0fa100g", text));
	assert_false(uuid_normalize("", text));
}

/* Whatever allocation fails, what was there before is still there. */
static void grow(struct failnth *fail, void *data)
{
	struct strbuf b = { 0 };
	struct strv v = { 0 };
	char *text;
	int ret;

	(void)data;
	failnth_start(fail, NULL);
	ret = strv_add(&v, "a");
	if (!ret)
		ret = strv_split(&v, "b c d", " ");
	if (!ret)
		ret = strv_addf(&v, "%0200d", 1);
	for (int i = 0; i < 100; i++)
		strbuf_addf(&b, "%04d", i);
	text = strbuf_finish(&b);
	failnth_stop(fail);

	for (size_t i = 0; i < v.count; i++)
		assert_non_null(v.items[i]);
	assert_true(!ret || ret == -ENOMEM);
	assert_int_equal(!ret && text, !failnth_fired(fail));
	if (text)
		assert_int_equal(strlen(text), 400);
	free(text);
	strv_clear(&v);
}

static void test_no_memory(void **state)
{
	(void)state;
	assert_true(failnth_sweep_memory(grow, NULL) > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_basename),
		cmocka_unit_test(test_trim),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_u64),
		cmocka_unit_test(test_int),
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_array),
		cmocka_unit_test(test_strv),
		cmocka_unit_test(test_strv_split),
		cmocka_unit_test(test_strbuf),
		cmocka_unit_test(test_pci_address),
		cmocka_unit_test(test_pci_address_order),
		cmocka_unit_test(test_uuid),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
