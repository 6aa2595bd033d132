/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/capchain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* A structure of 8 bytes, with room for headers of 8 behind it. */
static uint32_t info[16];

static void put(size_t at, uint16_t id, uint32_t next)
{
	const uint16_t head[] = { id, 1 };

	memcpy((char *)info + at, head, sizeof(head));
	memcpy((char *)info + at + 4, &next, sizeof(next));
}

static struct capchain chain_at(uint32_t first)
{
	return (struct capchain){ info, sizeof(info), first, 0, false };
}

static void test_walk(void **state)
{
	struct capchain chain = chain_at(8);
	struct capchain_entry cap;

	(void)state;
	put(8, 3, 40);
	put(40, 5, 24);
	put(24, 9, 0);
	assert_true(capchain_next(&chain, &cap));
	assert_int_equal(cap.id, 3);
	assert_int_equal(cap.version, 1);
	assert_int_equal(cap.size, 32);
	assert_ptr_equal(cap.start, (char *)info + 8);
	assert_true(capchain_next(&chain, &cap));
	assert_int_equal(cap.id, 5);
	assert_int_equal(cap.size, sizeof(info) - 40);
	assert_true(capchain_next(&chain, &cap));
	assert_int_equal(cap.id, 9);
	assert_false(capchain_next(&chain, &cap));
	assert_false(chain.broken);

	chain = chain_at(0);
	assert_false(capchain_next(&chain, &cap));
	assert_false(chain.broken);

	/* One inside the header before it leaves that whole. */
	chain = chain_at(8);
	put(8, 3, 12);
	assert_true(capchain_next(&chain, &cap));
	assert_int_equal(cap.size, sizeof(info) - 8);
}

static void test_broken(void **state)
{
	static const uint32_t places[] = { 6, sizeof(info) - 4, sizeof(info),
					   UINT32_MAX - 3 };
	struct capchain_entry cap;
	struct capchain chain;
	unsigned int n = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		chain = chain_at(places[i]);
		assert_false(capchain_next(&chain, &cap));
		assert_true(chain.broken);
	}
	/* It comes back to itself. */
	put(8, 3, 16);
	put(16, 3, 8);
	chain = chain_at(8);
	while (capchain_next(&chain, &cap))
		n++;
	assert_true(chain.broken);
	assert_int_equal(n, CAPCHAIN_MOST);
	assert_false(capchain_next(&chain, &cap));

	/* Nothing may be looked at. */
	chain = chain_at(8);
	chain.size = 4;
	assert_false(capchain_next(&chain, &cap));
	assert_true(chain.broken);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
