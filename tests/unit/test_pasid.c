/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libvdev/pasid.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "failnth.h"
#include "object/ctx.h"

static struct vdev_ctx *ctx;
static struct vdev_pasid_space *space;

static int setup(void **state)
{
	(void)state;
	assert_int_equal(vdev_ctx_new(&ctx), 0);
	assert_int_equal(vdev_pasid_space_new(ctx, 1, 200, &space), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	vdev_pasid_space_free(space);
	vdev_ctx_unref(ctx);
	return 0;
}

#define assert_said(text) \
	assert_non_null(strstr(vdev_ctx_last_error(ctx), text))

static void test_new(void **state)
{
	struct vdev_pasid_space *other = NULL;

	(void)state;
	assert_int_equal(vdev_pasid_space_new(ctx, 0, 5, &other), -EINVAL);
	assert_int_equal(vdev_pasid_space_new(ctx, 6, 5, &other), -EINVAL);
	assert_int_equal(vdev_pasid_space_new(ctx, 1, 1 << 20, &other),
			 -EINVAL);
	assert_said("from 1 to 1048575, not from 1 to 1048576");
	assert_null(other);
	vdev_pasid_space_free(NULL);
}

static void test_alloc(void **state)
{
	uint32_t pasid = 0;

	(void)state;
	for (uint32_t i = 1; i <= 200; i++) {
		assert_int_equal(vdev_pasid_alloc(space, 1, &pasid), 0);
		assert_int_equal(pasid, i);
	}
	assert_int_equal(vdev_pasid_alloc(space, 1, &pasid), -ENOSPC);
	assert_said("1 PASIDs in a row are not free, of 1 to 200");
	assert_int_equal(vdev_pasid_release(space, 70, 1), 0);
	assert_int_equal(vdev_pasid_release(space, 60, 4), 0);
	assert_int_equal(vdev_pasid_alloc(space, 5, &pasid), -ENOSPC);
	assert_int_equal(vdev_pasid_alloc(space, 3, &pasid), 0);
	assert_int_equal(pasid, 60);
	assert_int_equal(vdev_pasid_alloc(space, 2, &pasid), -ENOSPC);
	assert_int_equal(vdev_pasid_alloc(space, 1, &pasid), 0);
	assert_int_equal(pasid, 63);
	assert_int_equal(vdev_pasid_alloc(space, 1, &pasid), 0);
	assert_int_equal(pasid, 70);
	assert_int_equal(vdev_pasid_alloc(space, 0, &pasid), -EINVAL);
	assert_int_equal(vdev_pasid_alloc(space, UINT32_MAX, &pasid), -ENOSPC);
}

static void test_reserve(void **state)
{
	uint32_t pasid = 0;

	(void)state;
	assert_int_equal(vdev_pasid_reserve(space, 10, 100), 0);
	assert_int_equal(vdev_pasid_reserve(space, 5, 6), -EBUSY);
	assert_said("PASID 10 is taken");
	assert_int_equal(vdev_pasid_reserve(space, 0, 1), -ERANGE);
	assert_int_equal(vdev_pasid_reserve(space, 200, 2), -ERANGE);
	assert_int_equal(vdev_pasid_reserve(space, 201, 1), -ERANGE);
	assert_said("1 PASIDs from 201 on are not all of 1 to 200");
	assert_int_equal(vdev_pasid_reserve(space, 150, 0), -EINVAL);
	assert_int_equal(vdev_pasid_alloc(space, 10, &pasid), 0);
	assert_int_equal(pasid, 110);
	assert_true(vdev_pasid_is_taken(space, 119));
	assert_false(vdev_pasid_is_taken(space, 120));
	assert_false(vdev_pasid_is_taken(space, 0));
	assert_false(vdev_pasid_is_taken(space, 5000));
	assert_int_equal(vdev_pasid_release(space, 100, 30), -ENOENT);
	assert_said("PASID 120 is not taken");
	assert_int_equal(vdev_pasid_release(space, 9, 2), -ENOENT);
	assert_int_equal(vdev_pasid_release(space, 1, 0), -EINVAL);
	assert_int_equal(vdev_pasid_release(space, 0, 5), -ERANGE);
	assert_int_equal(vdev_pasid_release(space, 10, 110), 0);
	assert_int_equal(vdev_pasid_next(space, 0), 0);
}

static void test_foreach(void **state)
{
	static const uint32_t wanted[] = { 1, 63, 64, 65, 128, 200 };
	uint32_t pasid;
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		assert_int_equal(vdev_pasid_reserve(space, wanted[i], 1), 0);
	vdev_pasid_foreach(space, pasid)
		assert_int_equal(pasid, wanted[n++]);
	assert_int_equal(n, ARRAY_SIZE(wanted));
	vdev_pasid_foreach(space, pasid)
		assert_int_equal(vdev_pasid_release(space, pasid, 1), 0);
	assert_int_equal(vdev_pasid_next(space, 0), 0);
	assert_int_equal(vdev_pasid_next(space, UINT32_MAX), 0);
}

/* Against the plainest of models. */
static void test_model(void **state)
{
	bool taken[201] = { true };
	uint32_t random = 1;

	(void)state;
	for (int step = 0; step < 20000; step++) {
		uint32_t first, count, pasid = 0, lowest = 1, run = 0;
		int ret;

		random = random * 1103515245 + 12345;
		count = 1 + (random >> 16) % 7;
		first = 1 + (random >> 20) % (201 - count);
		if (random & 0x8000) {
			for (; lowest + run <= 200 && run < count;) {
				if (!taken[lowest + run])
					run++;
				else
					lowest += run + 1, run = 0;
			}
			ret = vdev_pasid_alloc(space, count, &pasid);
			assert_int_equal(ret, run == count ? 0 : -ENOSPC);
			if (!ret)
				assert_int_equal(pasid, lowest);
			for (uint32_t i = 0; !ret && i < count; i++)
				taken[pasid + i] = true;
		} else {
			for (; run < count && taken[first + run]; run++)
				;
			ret = vdev_pasid_release(space, first, count);
			assert_int_equal(ret, run == count ? 0 : -ENOENT);
			for (uint32_t i = 0; !ret && i < count; i++)
				taken[first + i] = false;
		}
	}
	for (uint32_t i = 1; i <= 200; i++)
		assert_int_equal(vdev_pasid_is_taken(space, i), taken[i]);
}

static void all_at_once(struct failnth *fail, void *data)
{
	struct vdev_pasid_space *s = NULL;
	struct vdev_ctx *c = NULL;
	int ret;

	(void)data;
	assert_int_equal(vdev_ctx_new(&c), 0);
	failnth_start(fail, &c->sys);
	ret = vdev_pasid_space_new(c, 1, VDEV_PASID_MAX, &s);
	failnth_stop(fail);
	assert_true(ret ? !s && failnth_fired(fail) : !!s);
	vdev_pasid_space_free(s);
	vdev_ctx_unref(c);
}

static void test_failures(void **state)
{
	(void)state;
	failnth_sweep(all_at_once, NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(new),     TEST(alloc), TEST(reserve),
		TEST(foreach), TEST(model), cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
