/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libvdev/mdev.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "failnth.h"
#include "fakekernel.h"
#include "object/mdev.h"

#define UUID  "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define OTHER "83b8f4f2-509f-382f-3c1e-e6bfe0fa1002"
#define DIR   "/etc/mdevctl.d"
#define FILE_ DIR "/serial/" UUID

static const char old_text[] = "{\n"
			       "  \"mdev_type\": \"serial-2\",\n"
			       "  \"start\": \"manual\",\n"
			       "  \"attrs\": []\n"
			       "}";
static const char new_text[] = "{\n"
			       "  \"mdev_type\": \"serial-2\",\n"
			       "  \"start\": \"auto\",\n"
			       "  \"attrs\": [\n"
			       "    {\n"
			       "      \"size\": \"64\"\n"
			       "    },\n"
			       "    {\n"
			       "      \"size\": \"\"\n"
			       "    }\n"
			       "  ]\n"
			       "}";

static struct fakekernel *machine(void)
{
	struct fakekernel *fk = fakekernel_new();

	fakekernel_add_mdev_parent(fk, "serial");
	fakekernel_add_mdev_type(fk, "serial", "serial-2", 2);
	return fk;
}

static struct vdev_mdev_config *parsed(struct vdev_ctx *ctx, const char *text)
{
	struct vdev_mdev_config *config;

	assert_int_equal(vdev_mdev_config_new(ctx, &config), 0);
	assert_int_equal(vdev_mdev_config_parse(config, text), 0);
	return config;
}

static int define(struct vdev_ctx *ctx, const char *parent, const char *uuid,
		  const char *text)
{
	struct vdev_mdev_config *config = parsed(ctx, text);
	int ret = vdev_mdev_define(ctx, parent, uuid, config);

	vdev_mdev_config_free(config);
	return ret;
}

static struct vdev_mdev_definition *find(struct vdev_ctx *ctx)
{
	struct vdev_mdev_definition *def;

	assert_int_equal(vdev_mdev_definition_find(ctx, "serial", UUID, &def),
			 0);
	return def;
}

/* "" if there is none. */
static void read_file(struct vdev_ctx *ctx, const char *path, char text[1024])
{
	ssize_t n =
		vdev_sys_read_bytes(&ctx->sys, VDEV_SYS_ROOT, path, text, 1023);

	text[n < 0 ? 0 : n] = '\0';
}

static void assert_file(struct vdev_ctx *ctx, const char *expected)
{
	char text[1024];

	read_file(ctx, FILE_, text);
	assert_string_equal(text, expected);
}

/* --- The form */

static void test_format(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_mdev_config *config = parsed(ctx, new_text);
	char *text;

	(void)state;
	assert_int_equal(vdev_mdev_config_format(config, true, &text), 0);
	assert_string_equal(text, new_text);
	free(text);
	assert_int_equal(vdev_mdev_config_format(config, false, &text), 0);
	assert_string_equal(text,
			    "{\"mdev_type\":\"serial-2\",\"start\":\"auto\","
			    "\"attrs\":[{\"size\":\"64\"},{\"size\":\"\"}]}");
	free(text);
	assert_int_equal(vdev_mdev_config_remove_attr(config, 0), 0);
	assert_int_equal(vdev_mdev_config_remove_attr(config, 1), -ENOENT);
	assert_int_equal(vdev_mdev_config_remove_attr(config, 0), 0);
	vdev_mdev_config_set_autostart(config, false);
	assert_int_equal(vdev_mdev_config_format(config, true, &text), 0);
	assert_string_equal(text, old_text);
	free(text);
	vdev_mdev_config_add_attr(config, 0, "q\"\\",
				  "\b\f\n\r\t\x01/\xc3\xa9");
	assert_int_equal(vdev_mdev_config_format(config, false, &text), 0);
	assert_non_null(strstr(
		text, "[{\"q\\\"\\\\\":\"\\b\\f\\n\\r\\t\\u0001/\xc3\xa9\"}]"));
	vdev_mdev_config_free(config);
	config = parsed(ctx, text);
	assert_string_equal(vdev_mdev_config_attr_value(config, 0),
			    "\b\f\n\r\t\x01/\xc3\xa9");
	free(text);
	vdev_mdev_config_free(config);
	assert_int_equal(vdev_mdev_config_new(ctx, &config), 0);
	assert_int_equal(vdev_mdev_config_format(config, true, &text), -EINVAL);
	vdev_mdev_config_free(config);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

#define WITH_ATTRS(attrs) \
	"{\"mdev_type\":\"a\",\"start\":\"auto\",\"attrs\":" attrs "}"

static void test_parse(void **state)
{
	static const char *const bad[] = {
		"",
		" \n",
		"x",
		"[]",
		"{",
		"{} {}",
		"{'mdev_type':'a','start':'auto'}",
		"{\"start\":\"auto\"}",
		"{\"mdev_type\":\"a\"}",
		"{\"mdev_type\":1,\"start\":\"auto\"}",
		"{\"mdev_type\":\"a/b\",\"start\":\"auto\"}",
		"{\"mdev_type\":\"a\\u0000\",\"start\":\"auto\"}",
		"{\"mdev_type\":\"a\",\"start\":true}",
		WITH_ATTRS("{}"),
		WITH_ATTRS("[1]"),
		WITH_ATTRS("[{}]"),
		WITH_ATTRS("[{\"a\":1}]"),
		WITH_ATTRS("[{\"a\":\"1\",\"b\":\"2\"}]"),
		WITH_ATTRS("[{\"../a\":\"1\"}]"),
	};
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_mdev_config *config = parsed(ctx, new_text);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(vdev_mdev_config_parse(config, bad[i]),
				 -EBADMSG);
		assert_string_not_equal(vdev_ctx_last_error(ctx), "");
	}
	/* What it described before stands. */
	assert_int_equal(vdev_mdev_config_attr_count(config), 2);
	assert_true(vdev_mdev_config_autostart(config));
	/* Any other start than auto is manual; attrs may be missing. */
	assert_int_equal(
		vdev_mdev_config_parse(
			config,
			"{\"start\":\"x\",\"mdev_type\":\"a\",\"z\":[]}\n"),
		0);
	assert_false(vdev_mdev_config_autostart(config));
	assert_int_equal(vdev_mdev_config_attr_count(config), 0);
	assert_string_equal(vdev_mdev_config_type(config), "a");
	vdev_mdev_config_free(config);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

/* --- The files */

static void test_define(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_mdev_definition *def;

	(void)state;
	assert_int_equal(vdev_mdev_definition_find(ctx, NULL, UUID, &def),
			 -ENOENT);
	assert_int_equal(define(ctx, "serial", UUID, old_text), 0);
	assert_file(ctx, old_text);
	assert_int_equal(define(ctx, "serial", UUID, new_text), -EEXIST);
	assert_file(ctx, old_text);
	assert_int_equal(define(ctx, "serial", "x", old_text), -EINVAL);
	assert_int_equal(define(ctx, "..", UUID, old_text), -EINVAL);
	/* A parent that is not there, by its short name. */
	assert_int_equal(define(ctx, "0A:00.0", UUID, old_text), 0);
	assert_true(fakekernel_exists(fk, DIR "/0000:0a:00.0/" UUID));
	assert_int_equal(vdev_mdev_definition_find(ctx, NULL, UUID, &def),
			 -ENOTUNIQ);
	assert_int_equal(vdev_mdev_definition_find(ctx, "0a:00.0", UUID, &def),
			 0);
	assert_string_equal(vdev_mdev_definition_parent(def), "0000:0a:00.0");
	assert_int_equal(vdev_mdev_undefine(def), 0);
	assert_int_equal(vdev_mdev_undefine(def), -ENOENT);
	vdev_mdev_definition_free(def);
	assert_int_equal(vdev_mdev_definition_find(ctx, NULL, UUID, &def), 0);
	assert_string_equal(vdev_mdev_definition_uuid(def), UUID);
	assert_null(vdev_mdev_definition_problem(def));
	vdev_mdev_definition_free(def);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void test_modify(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_mdev_definition *def, *second;

	(void)state;
	assert_int_equal(define(ctx, "serial", UUID, old_text), 0);
	def = find(ctx);
	second = find(ctx);
	assert_int_equal(vdev_mdev_config_parse(
				 vdev_mdev_definition_config(def), new_text),
			 0);
	assert_int_equal(vdev_mdev_definition_save(def), 0);
	assert_file(ctx, new_text);
	/* Nobody's change is lost. */
	assert_int_equal(vdev_mdev_definition_save(second), -EAGAIN);
	assert_file(ctx, new_text);
	/* One's own is known. */
	vdev_mdev_config_parse(vdev_mdev_definition_config(def), old_text);
	assert_int_equal(vdev_mdev_definition_save(def), 0);
	assert_file(ctx, old_text);
	assert_int_equal(vdev_mdev_undefine(second), 0);
	assert_int_equal(vdev_mdev_definition_save(def), -EAGAIN);
	assert_false(fakekernel_exists(fk, FILE_));
	vdev_mdev_definition_free(second);
	vdev_mdev_definition_free(def);
	vdev_mdev_definition_free(NULL);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void test_start(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_mdev_definition *def;
	struct vdev_device *dev;
	char text[1024];

	(void)state;
	assert_int_equal(define(ctx, "serial", UUID, new_text), 0);
	def = find(ctx);
	assert_int_equal(vdev_mdev_start(def, &dev), 0);
	assert_string_equal(vdev_device_address(dev), UUID);
	read_file(ctx, "/sys/bus/mdev/devices/" UUID "/size", text);
	assert_string_equal(text, "");
	vdev_device_unref(dev);
	assert_int_equal(vdev_mdev_start(def, &dev), -EEXIST);
	vdev_mdev_definition_free(def);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

/* One that is damaged hides no other. */
static void test_damaged(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_mdev_definition_list *list;
	struct vdev_mdev_definition *def;
	struct vdev_device *dev;

	(void)state;
	assert_int_equal(vdev_mdev_definition_list_new(ctx, &list), 0);
	vdev_mdev_definition_list_free(list);
	assert_int_equal(define(ctx, "serial", OTHER, old_text), 0);
	fakekernel_write(fk, FILE_, "{\"mdev_type\": \"ser");
	fakekernel_write(fk, DIR "/serial/." UUID ".new", "x");
	fakekernel_write(fk, DIR "/serial/README", "x");
	fakekernel_write(fk, DIR "/file", "x");
	fakekernel_write(fk, DIR "/scripts.d/callouts/x", "x");
	assert_int_equal(vdev_mdev_definition_list_new(ctx, &list), 2);
	def = vdev_mdev_definition_list_get(list, 0);
	assert_string_equal(vdev_mdev_definition_uuid(def), UUID);
	assert_non_null(strstr(vdev_mdev_definition_problem(def), "JSON"));
	assert_null(vdev_mdev_config_type(vdev_mdev_definition_config(def)));
	assert_int_equal(vdev_mdev_start(def, &dev), -EBADMSG);
	assert_int_equal(vdev_mdev_definition_save(def), -EINVAL);
	assert_int_equal(vdev_mdev_undefine(def), 0);
	def = vdev_mdev_definition_list_get(list, 1);
	assert_null(vdev_mdev_definition_problem(def));
	assert_int_equal(vdev_mdev_start(def, &dev), 0);
	vdev_device_unref(dev);
	assert_null(vdev_mdev_definition_list_get(list, 2));
	vdev_mdev_definition_list_free(list);
	vdev_mdev_definition_list_free(NULL);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

/* --- Whatever fails, and wherever it ends */

/* Defines, or changes what is defined. */
static int change(struct vdev_ctx *ctx, bool modify)
{
	struct vdev_mdev_config *config = NULL;
	struct vdev_mdev_definition *def = NULL;
	int ret;

	if (!modify) {
		ret = vdev_mdev_config_new(ctx, &config);
		if (!ret)
			ret = vdev_mdev_config_parse(config, new_text);
		if (!ret)
			ret = vdev_mdev_define(ctx, "serial", UUID, config);
		vdev_mdev_config_free(config);
		return ret;
	}
	ret = vdev_mdev_definition_find(ctx, "serial", UUID, &def);
	if (ret)
		return ret;
	ret = vdev_mdev_config_parse(vdev_mdev_definition_config(def),
				     new_text);
	if (!ret)
		ret = vdev_mdev_definition_save(def);
	vdev_mdev_definition_free(def);
	return ret;
}

/* It is the old or the new one, and nothing that is neither. */
static void assert_old_or_new(struct fakekernel *fk, bool modify)
{
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_mdev_definition_list *list;
	struct vdev_mdev_definition *def;
	char text[1024];
	size_t i;

	read_file(ctx, FILE_, text);
	if (strcmp(text, new_text) != 0)
		assert_string_equal(text, modify ? old_text : "");
	assert_true(vdev_mdev_definition_list_new(ctx, &list) >= 0);
	vdev_mdev_definition_list_foreach(list, i, def)
		assert_null(vdev_mdev_definition_problem(def));
	vdev_mdev_definition_list_free(list);
	vdev_ctx_unref(ctx);
}

/* Return: whether it died. */
static bool killed_change(struct fakekernel *fk, bool modify, unsigned int call)
{
	pid_t pid = fork();
	int status;

	assert_return_code(pid, errno);
	if (!pid) {
		struct vdev_ctx *ctx = fakekernel_ctx(fk);

		fakekernel_die_at(fk, call);
		_exit(change(ctx, modify) ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_in_set(WEXITSTATUS(status), ((uintmax_t[]){ 0, 137 }), 2);
	return WEXITSTATUS(status) == 137;
}

static struct fakekernel *before_change(bool modify)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = fakekernel_ctx(fk);

	if (modify)
		assert_int_equal(define(ctx, "serial", UUID, old_text), 0);
	vdev_ctx_unref(ctx);
	return fk;
}

static void kill_sweep(bool modify)
{
	unsigned int call = 0;
	bool died;

	do {
		struct fakekernel *fk = before_change(modify);
		struct vdev_ctx *ctx = fakekernel_ctx(fk);

		died = killed_change(fk, modify, ++call);
		assert_old_or_new(fk, modify);
		/* And the next one is not hindered. */
		if (modify || !fakekernel_exists(fk, FILE_))
			assert_int_equal(change(ctx, modify), 0);
		assert_file(ctx, new_text);
		vdev_ctx_unref(ctx);
		fakekernel_free(fk);
	} while (died);
	assert_true(call > 20);
}

static void test_killed(void **state)
{
	(void)state;
	kill_sweep(false);
	kill_sweep(true);
}

static void fail_change(struct failnth *fail, void *data)
{
	bool modify = *(const bool *)data;
	struct fakekernel *fk = before_change(modify);
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	int ret;

	failnth_start(fail, &ctx->sys);
	ret = change(ctx, modify);
	failnth_stop(fail);
	if (!failnth_fired(fail))
		assert_int_equal(ret, 0);
	assert_old_or_new(fk, modify);
	if (!ret)
		assert_file(ctx, new_text);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void test_failures(void **state)
{
	bool modify = false;

	(void)state;
	failnth_sweep(fail_change, &modify);
	modify = true;
	failnth_sweep(fail_change, &modify);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format), cmocka_unit_test(test_parse),
		cmocka_unit_test(test_define), cmocka_unit_test(test_modify),
		cmocka_unit_test(test_start),  cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_killed), cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
