/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/pciconfig.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/util.h"

struct space {
	uint8_t bytes[PCICONFIG_SIZE];
	size_t size;
	struct vdev_pci_cap caps[PCICONFIG_MAX_CAPS];
};

static void space_init(struct space *s, size_t size)
{
	memset(s, 0, sizeof(*s));
	s->size = size;
	s->bytes[0] = 0x86;
	s->bytes[1] = 0x80;
	s->bytes[0x06] = 0x10;
}

static void plain(struct space *s, unsigned int at, unsigned int id,
		  unsigned int next)
{
	s->bytes[at] = (uint8_t)id;
	s->bytes[at + 1] = (uint8_t)next;
}

static void extended(struct space *s, unsigned int at, unsigned int id,
		     unsigned int version, unsigned int next)
{
	uint32_t header = id | version << 16 | next << 20;

	for (int i = 0; i < 4; i++)
		s->bytes[at + (unsigned int)i] = (uint8_t)(header >> 8 * i);
}

static size_t walk(struct space *s)
{
	return pciconfig_caps(s->bytes, s->size, s->caps);
}

static void test_numbers(void **state)
{
	static const uint8_t bytes[] = { 0x01, 0x02, 0x83, 0xf4 };

	(void)state;
	assert_int_equal(pciconfig_u16(bytes, 0), 0x0201);
	assert_int_equal(pciconfig_u16(bytes, 1), 0x8302);
	assert_true(pciconfig_u32(bytes, 0) == 0xf4830201);
}

static void test_chains(void **state)
{
	struct space s;

	(void)state;
	space_init(&s, PCICONFIG_SIZE);
	s.bytes[0x34] = 0x40;
	plain(&s, 0x40, 0x01, 0x50);
	plain(&s, 0x50, 0x05, 0xa3); /* the two lowest bits are reserved */
	plain(&s, 0xa0, 0x10, 0);
	extended(&s, 0x100, 0x01, 2, 0x150);
	extended(&s, 0x150, 0x1b, 1, 0);

	assert_int_equal(walk(&s), 5);
	assert_int_equal(s.caps[0].id, 0x01);
	assert_int_equal(s.caps[0].offset, 0x40);
	assert_int_equal(s.caps[0].extended, 0);
	assert_int_equal(s.caps[0].version, 0);
	assert_int_equal(s.caps[2].id, 0x10);
	assert_int_equal(s.caps[2].offset, 0xa0);
	assert_int_equal(s.caps[3].id, 0x01);
	assert_int_equal(s.caps[3].extended, 1);
	assert_int_equal(s.caps[3].version, 2);
	assert_int_equal(s.caps[4].id, 0x1b);
	assert_int_equal(s.caps[4].offset, 0x150);
}

static void test_no_caps(void **state)
{
	struct space s;

	(void)state;
	space_init(&s, PCICONFIG_SIZE);
	s.bytes[0x34] = 0x40;
	plain(&s, 0x40, 0x01, 0);
	s.bytes[0x06] = 0;
	assert_false(pciconfig_has_caps(s.bytes, s.size));
	assert_int_equal(walk(&s), 0);

	/* Nothing can be said of less than a header. */
	s.bytes[0x06] = 0x10;
	assert_true(pciconfig_has_caps(s.bytes, s.size));
	assert_false(pciconfig_has_caps(s.bytes, 63));
	assert_int_equal(pciconfig_caps(s.bytes, 63, s.caps), 0);
	assert_int_equal(pciconfig_caps(s.bytes, 64, s.caps), 0);
}

static void test_cardbus(void **state)
{
	struct space s;

	(void)state;
	space_init(&s, PCICONFIG_PLAIN);
	s.bytes[0x0e] = 0x82; /* multifunction, header type 2 */
	s.bytes[0x14] = 0x60;
	s.bytes[0x34] = 0x40;
	plain(&s, 0x40, 0x05, 0);
	plain(&s, 0x60, 0x01, 0);
	assert_int_equal(walk(&s), 1);
	assert_int_equal(s.caps[0].offset, 0x60);
}

static void test_loops(void **state)
{
	struct space s;

	(void)state;
	space_init(&s, PCICONFIG_SIZE);
	s.bytes[0x34] = 0x40;
	plain(&s, 0x40, 0x01, 0x50);
	plain(&s, 0x50, 0x05, 0x40);
	extended(&s, 0x100, 0x01, 1, 0x200);
	extended(&s, 0x200, 0x0d, 1, 0x200);
	assert_int_equal(walk(&s), 4);

	/* Every place there is, and back to the first. */
	space_init(&s, PCICONFIG_SIZE);
	s.bytes[0x34] = 0x40;
	for (unsigned int at = 0x40; at < 0x100; at += 4)
		plain(&s, at, 0x09, at + 4 < 0x100 ? at + 4 : 0x40);
	for (unsigned int at = 0x100; at < 0x1000; at += 4)
		extended(&s, at, 0x0b, 1, at + 4 < 0x1000 ? at + 4 : 0x100);
	assert_int_equal(walk(&s), PCICONFIG_MAX_CAPS);
}

static void test_bounds(void **state)
{
	struct space s;

	(void)state;
	/* Into the header. */
	space_init(&s, PCICONFIG_SIZE);
	s.bytes[0x34] = 0x3c;
	assert_int_equal(walk(&s), 0);
	s.bytes[0x34] = 0x40;
	plain(&s, 0x40, 0x01, 0x04);
	assert_int_equal(walk(&s), 1);

	/* Behind what could be read. */
	s.size = PCICONFIG_PLAIN;
	plain(&s, 0x40, 0x01, 0xf8);
	plain(&s, 0xf8, 0x05, 0xfc);
	plain(&s, 0xfc, 0x11, 0);
	assert_int_equal(walk(&s), 3);
	s.size = 0xfe;
	assert_int_equal(walk(&s), 2);

	/* An extended chain leads neither back nor out. */
	space_init(&s, PCICONFIG_SIZE);
	extended(&s, 0x100, 0x01, 1, 0x0fc);
	assert_int_equal(walk(&s), 1);
	extended(&s, 0x100, 0x01, 1, 0xffc);
	extended(&s, 0xffc, 0x0d, 1, 0);
	assert_int_equal(walk(&s), 2);
	s.size = 0x800;
	assert_int_equal(walk(&s), 1);
}

static void test_ends(void **state)
{
	struct space s;

	(void)state;
	space_init(&s, PCICONFIG_SIZE);
	s.bytes[0x34] = 0x40;
	plain(&s, 0x40, 0xff, 0x50);
	plain(&s, 0x50, 0x01, 0);
	assert_int_equal(walk(&s), 0);
	memset(s.bytes + 0x100, 0xff, 4);
	assert_int_equal(walk(&s), 0);
}

static void test_answers(void **state)
{
	struct space s;

	(void)state;
	memset(s.bytes, 0xff, sizeof(s.bytes));
	assert_false(pciconfig_answers(s.bytes, 64));
	assert_false(pciconfig_answers(s.bytes, sizeof(s.bytes)));
	/* A VF has no ids of its own there, but a header type. */
	s.bytes[0x0e] = 0;
	assert_true(pciconfig_answers(s.bytes, 64));
}

static void test_pasid(void **state)
{
	struct space s;

	(void)state;
	space_init(&s, PCICONFIG_SIZE);
	s.bytes[0x205] = 20;
	assert_int_equal(pciconfig_pasid_width(s.bytes, s.size, 0x200), 20);
	s.bytes[0x205] = 0xe0 | 16;
	assert_int_equal(pciconfig_pasid_width(s.bytes, s.size, 0x200), 16);
	s.bytes[0x205] = 21;
	assert_int_equal(pciconfig_pasid_width(s.bytes, s.size, 0x200), -EIO);
	assert_int_equal(pciconfig_pasid_width(s.bytes, 0x205, 0x200), -EIO);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(pciconfig_cap_name(0x11, false), "msix");
	assert_string_equal(pciconfig_cap_name(0x0f, true), "ats");
	assert_string_equal(pciconfig_cap_name(0x0f, false), "secdev");
	assert_null(pciconfig_cap_name(0, false));
	assert_null(pciconfig_cap_name(0x16, false));
	assert_null(pciconfig_cap_name(0xffff, true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_chains),
		cmocka_unit_test(test_no_caps), cmocka_unit_test(test_cardbus),
		cmocka_unit_test(test_loops),	cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_ends),	cmocka_unit_test(test_answers),
		cmocka_unit_test(test_pasid),	cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
