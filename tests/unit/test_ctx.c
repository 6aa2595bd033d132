/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "object/ctx.h"

#include <errno.h>
#include <setjmp.h>
#include <stdio.h>

#include <cmocka.h>

#include "failnth.h"

static void test_new(void **state)
{
	struct vdev_ctx *ctx;

	(void)state;
	assert_int_equal(vdev_ctx_new(&ctx), 0);
	assert_string_equal(vdev_ctx_last_error(ctx), "");
	assert_null(vdev_ctx_last_hint(ctx));
	assert_int_equal(vdev_ctx_last_kind(ctx), VDEV_ERROR_NONE);
	assert_null(vdev_ctx_root(ctx));
	assert_ptr_equal(vdev_ctx_ref(ctx), ctx);
	assert_null(vdev_ctx_unref(ctx));
	assert_int_equal(ctx->refs, 1);
	assert_null(vdev_ctx_unref(ctx));
	assert_null(vdev_ctx_unref(NULL));
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(vdev_version(), VDEV_VERSION);
	assert_string_equal(vdev_error_kind_name(VDEV_ERROR_NONE), "none");
	assert_string_equal(vdev_error_kind_name(VDEV_ERROR_IN_USE), "in-use");
	for (int i = 0; i <= VDEV_ERROR_ROLLBACK; i++)
		assert_string_not_equal(
			vdev_error_kind_name((enum vdev_error_kind)i),
			"unknown");
	assert_string_equal(vdev_error_kind_name((enum vdev_error_kind)99),
			    "unknown");
	assert_string_equal(vdev_error_kind_name((enum vdev_error_kind) - 1),
			    "unknown");
}

static void test_root(void **state)
{
	struct vdev_ctx *ctx;

	(void)state;
	assert_int_equal(vdev_ctx_new(&ctx), 0);
	assert_int_equal(vdev_ctx_set_root(ctx, "/proc"), 0);
	assert_string_equal(vdev_ctx_root(ctx), "/proc");
	assert_int_equal(vdev_ctx_set_root(ctx, "/no/such/place"), -ENOENT);
	assert_int_equal(vdev_ctx_last_kind(ctx), VDEV_ERROR_NOT_FOUND);
	assert_non_null(strstr(vdev_ctx_last_error(ctx), "/no/such/place"));
	assert_string_equal(vdev_ctx_root(ctx), "/proc");
	assert_int_equal(vdev_ctx_set_root(ctx, NULL), 0);
	assert_null(vdev_ctx_root(ctx));
	vdev_ctx_unref(ctx);
}

static void test_kind_of_errno(void **state)
{
	static const struct {
		int error;
		enum vdev_error_kind kind;
	} cases[] = {
		{ -EINVAL, VDEV_ERROR_INVALID },
		{ -ENODEV, VDEV_ERROR_NOT_FOUND },
		{ -ENOENT, VDEV_ERROR_NOT_FOUND },
		{ -EBUSY, VDEV_ERROR_IN_USE },
		{ -EAGAIN, VDEV_ERROR_IN_USE },
		{ -EACCES, VDEV_ERROR_PERMISSION },
		{ -EPERM, VDEV_ERROR_PERMISSION },
		{ -EROFS, VDEV_ERROR_PERMISSION },
		{ -EOPNOTSUPP, VDEV_ERROR_NOT_SUPPORTED },
		{ -ENOTTY, VDEV_ERROR_NOT_SUPPORTED },
		{ -EIO, VDEV_ERROR_FAILED },
		{ -ENOMEM, VDEV_ERROR_FAILED },
	};
	struct vdev_ctx *ctx;

	(void)state;
	assert_int_equal(vdev_ctx_new(&ctx), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(vdev_fail(ctx, cases[i].error, "case %zu", i),
				 cases[i].error);
		assert_int_equal(vdev_ctx_last_kind(ctx), cases[i].kind);
	}
	vdev_ctx_unref(ctx);
}

static void test_fail(void **state)
{
	struct vdev_ctx *ctx;

	(void)state;
	assert_int_equal(vdev_ctx_new(&ctx), 0);
	assert_int_equal(
		vdev_hint(ctx, vdev_fail(ctx, -EBUSY, "%s is %s", "eth0", "up"),
			  "take it %s", "down"),
		-EBUSY);
	assert_string_equal(vdev_ctx_last_error(ctx), "eth0 is up");
	assert_string_equal(vdev_ctx_last_hint(ctx), "take it down");
	/* The next failure has advice of its own, or none. */
	assert_int_equal(vdev_fail_as(ctx, VDEV_ERROR_ROLLBACK, -EIO, "worse"),
			 -EIO);
	assert_string_equal(vdev_ctx_last_error(ctx), "worse");
	assert_null(vdev_ctx_last_hint(ctx));
	assert_int_equal(vdev_ctx_last_kind(ctx), VDEV_ERROR_ROLLBACK);
	vdev_ctx_unref(ctx);
}

struct heard {
	unsigned int count;
	enum vdev_log_level level;
	char text[64];
};

static void hear(void *data, enum vdev_log_level level, const char *message)
{
	struct heard *heard = data;

	heard->count++;
	heard->level = level;
	snprintf(heard->text, sizeof(heard->text), "%s", message);
}

static void test_log(void **state)
{
	struct heard heard = { 0 };
	struct vdev_ctx *ctx;

	(void)state;
	assert_int_equal(vdev_ctx_new(&ctx), 0);
	vdev_log(ctx, VDEV_LOG_ERROR, "nobody listens");
	vdev_ctx_set_log(ctx, VDEV_LOG_INFO, hear, &heard);
	vdev_log(ctx, VDEV_LOG_INFO, "%d", 42);
	assert_int_equal(heard.count, 1);
	assert_int_equal(heard.level, VDEV_LOG_INFO);
	assert_string_equal(heard.text, "42");
	vdev_log(ctx, VDEV_LOG_DEBUG, "too much");
	vdev_fail(ctx, -EIO, "told at level debug only");
	assert_int_equal(heard.count, 1);
	vdev_ctx_set_log(ctx, VDEV_LOG_DEBUG, hear, &heard);
	vdev_fail(ctx, -EIO, "it failed");
	assert_int_equal(heard.count, 2);
	assert_non_null(strstr(heard.text, "it failed"));
	vdev_ctx_set_log(ctx, VDEV_LOG_DEBUG, NULL, NULL);
	vdev_log(ctx, VDEV_LOG_ERROR, "nobody listens again");
	assert_int_equal(heard.count, 2);
	vdev_ctx_unref(ctx);
}

/* Without memory for the words the errno and the kind still come through. */
static void fail_without_memory(struct failnth *fail, void *data)
{
	struct vdev_ctx *ctx = NULL;
	struct heard heard = { 0 };
	int ret;

	(void)data;
	failnth_start(fail, NULL);
	ret = vdev_ctx_new(&ctx);
	if (!ret) {
		vdev_ctx_set_log(ctx, VDEV_LOG_DEBUG, hear, &heard);
		assert_int_equal(vdev_fail(ctx, -EBUSY, "%s", "in use"),
				 -EBUSY);
		assert_int_equal(vdev_hint(ctx, -EBUSY, "%s", "wait"), -EBUSY);
		(void)vdev_ctx_set_root(ctx, "/proc");
	}
	failnth_stop(fail);
	if (ret) {
		assert_int_equal(ret, -ENOMEM);
		assert_null(ctx);
		return;
	}
	assert_non_null(vdev_ctx_last_error(ctx));
	assert_int_not_equal(vdev_ctx_last_kind(ctx), VDEV_ERROR_NONE);
	assert_true(heard.count >= 1);
	vdev_ctx_unref(ctx);
}

static void test_no_memory(void **state)
{
	(void)state;
	assert_true(failnth_sweep_memory(fail_without_memory, NULL) >= 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_root),
		cmocka_unit_test(test_kind_of_errno),
		cmocka_unit_test(test_fail),
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
