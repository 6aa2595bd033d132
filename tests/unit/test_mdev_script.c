/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libvdev/mdev.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "failnth.h"
#include "fakekernel.h"
#include "object/mdev.h"
#include "object/mdev_script.h"

#define UUID	 "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define USR	 "/usr/lib/mdevctl/scripts.d/"
#define ETC	 "/etc/mdevctl.d/scripts.d/"
#define CALLOUTS USR "callouts/"
#define CONFIG                                            \
	"{\"mdev_type\":\"serial-2\",\"start\":\"auto\"," \
	"\"attrs\":[{\"size\":\"64\"}]}"

static void program(struct fakekernel *fk, const char *path, const char *text)
{
	char real[512];

	snprintf(real, sizeof(real), "%s%s", fakekernel_root(fk), path);
	fakekernel_write(fk, path, "#!/bin/sh\n%s", text);
	assert_int_equal(chmod(real, 0755), 0);
}

/* One that notes what it is told, at either place. */
static void noting(struct fakekernel *fk, const char *dir, const char *name,
		   const char *end)
{
	char path[256], text[512];

	snprintf(path, sizeof(path), "%s%s", dir, name);
	snprintf(text, sizeof(text),
		 "printf '%%s:%%s:%%s\\n' %s \"$*\" \"$(cat)\" >> %s/log\n%s\n",
		 name, fakekernel_root(fk), end);
	program(fk, path, text);
}

static struct vdev_mdev_config *config_of(struct vdev_ctx *ctx)
{
	struct vdev_mdev_config *config;

	assert_int_equal(vdev_mdev_config_new(ctx, &config), 0);
	assert_int_equal(vdev_mdev_config_parse(config, CONFIG), 0);
	return config;
}

struct setup {
	struct fakekernel *fk;
	struct vdev_ctx *ctx;
	struct vdev_mdev_config *config;
	struct vdev_mdev_scripts *scripts;
};

static void begin(struct setup *s)
{
	s->fk = fakekernel_new();
	fakekernel_add_mdev_parent(s->fk, "serial");
	fakekernel_add_mdev_type(s->fk, "serial", "serial-2", 2);
	s->ctx = fakekernel_ctx(s->fk);
	s->config = config_of(s->ctx);
	assert_int_equal(vdev_mdev_scripts_new(s->ctx, "serial", UUID,
					       s->config, &s->scripts),
			 0);
}

static void end(struct setup *s)
{
	vdev_mdev_scripts_free(s->scripts);
	vdev_mdev_config_free(s->config);
	vdev_ctx_unref(s->ctx);
	fakekernel_free(s->fk);
}

static void assert_log(const struct setup *s, const char *expected)
{
	char text[4096];
	ssize_t n = vdev_sys_read_bytes(&s->ctx->sys, VDEV_SYS_ROOT, "/log",
					text, sizeof(text) - 1);

	text[n < 0 ? 0 : n] = '\0';
	assert_string_equal(text, expected);
}

static int before(struct setup *s, bool force)
{
	return vdev_mdev_scripts_before(s->scripts, VDEV_MDEV_ACTION_DEFINE,
					force);
}

static void after(struct setup *s, bool success)
{
	vdev_mdev_scripts_after(s->scripts, VDEV_MDEV_ACTION_DEFINE, success);
}

#define ARGS(event, action, state)                                     \
	"-t serial-2 -e " event " -a " action " -s " state " -u " UUID \
	" -p serial"
#define CAPABILITIES                                                    \
	"{\"provides\":{\"version\":2,\"actions\":[\"start\",\"stop\"," \
	"\"define\",\"undefine\",\"modify\",\"attributes\","            \
	"\"capabilities\"],\"events\":[\"pre\",\"post\",\"notify\","    \
	"\"get\",\"live\"]}}"

static void test_none(void **state)
{
	struct setup s;

	(void)state;
	begin(&s);
	assert_int_equal(before(&s, false), 0);
	after(&s, true);
	assert_int_equal(vdev_mdev_scripts_attrs(s.scripts, s.config), 0);
	assert_int_equal(vdev_mdev_config_attr_count(s.config), 1);
	assert_int_equal(vdev_mdev_scripts_live(s.scripts), -EOPNOTSUPP);
	end(&s);
}

/* The first that does not decline is asked, with what mdevctl tells. */
static void test_order(void **state)
{
	struct setup s;

	(void)state;
	begin(&s);
	noting(s.fk, ETC "callouts/", "0-later", "exit 1");
	noting(s.fk, CALLOUTS, "a-other", "exit 2");
	noting(s.fk, CALLOUTS, "b-killed", "kill -9 $$");
	fakekernel_write(s.fk, CALLOUTS "c-text", "%s", "no program");
	noting(s.fk, CALLOUTS, "d-mine", "[ $6 != capabilities ]");
	noting(s.fk, CALLOUTS, "e-late", "exit 1");
	noting(s.fk, ETC "notifiers/", "hear", "exit 1");
	assert_int_equal(before(&s, false), 0);
	after(&s, false);
	assert_log(
		&s,
		"a-other:" ARGS("get", "capabilities", "none") ":" CAPABILITIES "\nb-killed:" ARGS(
			"get", "capabilities",
			"none") ":" CAPABILITIES
				"\nd-mine:" ARGS("get", "capabilities", "none") ":" CAPABILITIES "\ne-late:" ARGS(
					"get", "capabilities",
					"none") ":" CAPABILITIES
						"\n0-later:" ARGS("get", "capabilities", "none") ":" CAPABILITIES "\na-other:" ARGS(
							"pre", "define",
							"none") ":" CONFIG
								"\nb-"
								"killed:" ARGS("pre", "define", "none") ":" CONFIG "\nd-mine:" ARGS(
									"pre",
									"defin"
									"e",
									"none") ":" CONFIG
										"\nd-mine:" ARGS(
											"post",
											"define",
											"failure") ":" CONFIG
												   "\nhear:" ARGS(
													   "notify",
													   "define",
													   "failure") ":" CONFIG
														      "\n");
	end(&s);
}

static void count_warning(void *data, enum vdev_log_level level,
			  const char *message)
{
	unsigned int *count = data;

	if (level == VDEV_LOG_WARNING && strstr(message, "no: too small"))
		(*count)++;
}

static void test_objection(void **state)
{
	unsigned int warnings = 0;
	struct setup s;

	(void)state;
	begin(&s);
	program(s.fk, CALLOUTS "no",
		"[ $6 = capabilities ] && exit 1\n"
		"echo too small >&2; exit 3");
	noting(s.fk, USR "notifiers/", "hear", "");
	vdev_ctx_set_log(s.ctx, VDEV_LOG_WARNING, count_warning, &warnings);
	assert_int_equal(before(&s, false), -ECANCELED);
	assert_non_null(strstr(vdev_ctx_last_error(s.ctx), "status 3"));
	assert_int_equal(warnings, 1);
	assert_log(&s,
		   "hear:" ARGS("notify", "define", "none") ":" CONFIG "\n");
	assert_int_equal(before(&s, true), 0);
	vdev_fail(s.ctx, -EIO, "the change failed");
	after(&s, false);
	assert_string_equal(vdev_ctx_last_error(s.ctx), "the change failed");
	end(&s);
}

#define SUPPORTS(actions, events)                                      \
	"[ $6 = capabilities ] && echo '{\"supports\":{\"version\":2," \
	"\"actions\":[" actions "],\"events\":[" events "]}}' && exit 1\n"

static void test_versioned(void **state)
{
	struct setup s;

	(void)state;
	begin(&s);
	program(s.fk, CALLOUTS "a", "exit 1");
	program(s.fk, CALLOUTS "b",
		SUPPORTS("\"start\",\"new\"", "\"pre\",\"get\"") "exit 0");
	/* "a" would object, but it cannot tell what it supports. */
	assert_int_equal(vdev_mdev_scripts_before(
				 s.scripts, VDEV_MDEV_ACTION_START, false),
			 0);
	assert_int_equal(before(&s, false), -EOPNOTSUPP);
	assert_non_null(strstr(vdev_ctx_last_error(s.ctx), "'define'"));
	assert_int_equal(before(&s, true), 0);
	assert_int_equal(vdev_mdev_scripts_attrs(s.scripts, s.config),
			 -EOPNOTSUPP);
	end(&s);
}

static void test_attrs(void **state)
{
	static const struct {
		const char *says;
		int error;
		size_t count;
	} cases[] = {
		{ "", 0, 1 },
		{ "[{}]", 0, 1 },
		{ "null", 0, 1 },
		{ "[]", 0, 1 },
		{ "[{\"a\":\"1\"},{\"a\":\"2\"}]", 0, 3 },
		{ "[{\"a\":\"1\"}]\\000", 0, 2 },
		{ "[{\"a\":\"1\"},{\"a\":2}]", -EBADMSG, 1 },
		{ "[{\"a\":\"1\",\"b\":\"2\"}]", -EBADMSG, 1 },
		{ "{\"a\":\"1\"}", -EBADMSG, 1 },
		{ "[", -EBADMSG, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[256];
		struct setup s;

		begin(&s);
		snprintf(text, sizeof(text),
			 "[ $4.$6 = get.attributes ] && printf '%s'\nexit 0",
			 cases[i].says);
		program(s.fk, CALLOUTS "a", text);
		assert_int_equal(vdev_mdev_scripts_attrs(s.scripts, s.config),
				 cases[i].error);
		assert_int_equal(vdev_mdev_config_attr_count(s.config),
				 cases[i].count);
		end(&s);
	}
}

static void test_live(void **state)
{
	struct vdev_mdev_scripts *other;
	struct vdev_device *dev;
	struct setup s;

	(void)state;
	begin(&s);
	noting(s.fk, CALLOUTS, "a",
	       SUPPORTS("\"modify\"", "\"live\"") "exit 0");
	noting(s.fk, USR "notifiers/", "hear", "");
	assert_int_equal(vdev_mdev_scripts_live(s.scripts), -ENODEV);
	assert_int_equal(
		vdev_mdev_create(s.ctx, "serial", UUID, s.config, &dev), 0);
	vdev_device_unref(dev);
	assert_int_equal(vdev_mdev_scripts_live(s.scripts), 0);
	assert_log(&s,
		   "a:" ARGS("get", "capabilities",
			     "none") ":" CAPABILITIES
				     "\na:" ARGS(
					     "live", "modify",
					     "none") ":" CONFIG
						     "\nhear:" ARGS(
							     "notify", "modify",
							     "none") ":" CONFIG
								     "\n");
	vdev_mdev_config_set_type(s.config, "serial-1");
	assert_int_equal(
		vdev_mdev_scripts_new(s.ctx, "serial", UUID, s.config, &other),
		0);
	assert_int_equal(vdev_mdev_scripts_live(other), -EINVAL);
	vdev_mdev_scripts_free(other);
	program(s.fk, CALLOUTS "a", SUPPORTS("\"modify\"", "\"pre\"") "exit 0");
	assert_int_equal(
		vdev_mdev_scripts_new(s.ctx, "serial", UUID, s.config, &other),
		0);
	assert_int_equal(vdev_mdev_scripts_live(other), -EINVAL);
	vdev_mdev_scripts_free(other);
	end(&s);
}

static void test_bad(void **state)
{
	struct vdev_mdev_scripts *scripts = NULL;
	struct vdev_mdev_config *none;
	struct setup s;

	(void)state;
	begin(&s);
	assert_int_equal(
		vdev_mdev_scripts_new(s.ctx, "serial", "x", s.config, &scripts),
		-EINVAL);
	assert_int_equal(
		vdev_mdev_scripts_new(s.ctx, "a/b", UUID, s.config, &scripts),
		-EINVAL);
	assert_int_equal(vdev_mdev_config_new(s.ctx, &none), 0);
	assert_int_equal(
		vdev_mdev_scripts_new(s.ctx, "serial", UUID, none, &scripts),
		-EINVAL);
	assert_null(scripts);
	vdev_mdev_config_free(none);
	vdev_mdev_scripts_free(NULL);
	/* Without end. */
	program(s.fk, CALLOUTS "a", "exec yes 2>/dev/null");
	assert_int_equal(before(&s, false), -EMSGSIZE);
	/* More than a pipe holds, and nobody who reads it. */
	program(s.fk, CALLOUTS "a", "exec <&-; exit 0");
	assert_int_equal(before(&s, false), 0);
	end(&s);
}

static void test_supports(void **state)
{
	static const char *const not [] = {
		"",
		"x",
		"{}",
		"{\"supports\":null}",
		"{\"provides\":{\"version\":1,\"actions\":[],\"events\":[]}}",
		"{\"supports\":{\"version\":[],\"actions\":[],\"events\":[]}}",
		"{\"supports\":{\"version\":1,\"actions\":[1],\"events\":[]}}",
		"{\"supports\":{\"version\":1,\"actions\":[]}}",
	};
	struct script_support supports;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(not ); i++)
		assert_int_equal(script_parse_supports(not [i], &supports), 0);
	assert_int_equal(
		script_parse_supports("{\"supports\":{\"version\":1,"
				      "\"actions\":[\"stop\",\"dance\"],"
				      "\"events\":[\"get\",\"pre\"]}}",
				      &supports),
		1);
	assert_int_equal(supports.actions, 1U << SCRIPT_STOP);
	assert_int_equal(supports.events, 1U << SCRIPT_GET | 1U << SCRIPT_PRE);
}

static void fail_scripts(struct failnth *fail, void *data)
{
	struct vdev_mdev_scripts *scripts;
	struct setup s;
	int ret;

	(void)data;
	begin(&s);
	program(s.fk, CALLOUTS "a",
		SUPPORTS("\"define\",\"attributes\"",
			 "\"pre\",\"get\"") "echo '[{\"a\":\"1\"}]'; exit 0");
	noting(s.fk, USR "notifiers/", "hear", "");
	failnth_start(fail, &s.ctx->sys);
	ret = vdev_mdev_scripts_new(s.ctx, "serial", UUID, s.config, &scripts);
	if (!ret) {
		ret = vdev_mdev_scripts_before(scripts, VDEV_MDEV_ACTION_DEFINE,
					       false);
		if (!ret)
			ret = vdev_mdev_scripts_attrs(scripts, s.config);
		if (!ret)
			vdev_mdev_scripts_after(scripts,
						VDEV_MDEV_ACTION_DEFINE, true);
		vdev_mdev_scripts_free(scripts);
	}
	failnth_stop(fail);
	if (!failnth_fired(fail))
		assert_int_equal(ret, 0);
	assert_int_equal(vdev_mdev_config_attr_count(s.config), ret ? 1 : 2);
	end(&s);
}

static void test_failures(void **state)
{
	(void)state;
	failnth_sweep(fail_scripts, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_objection),
		cmocka_unit_test(test_versioned),
		cmocka_unit_test(test_attrs),
		cmocka_unit_test(test_live),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_supports),
		cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
