/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * That the harness sees what it is there to see. Its complaints end a test, so
 * that each is provoked in a process of its own: this program with the name of
 * a scenario.
 */

#include "failnth.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "scripted.h"

/* --- Sweeps that find nothing */

static void three_calls(struct failnth *fail, void *data)
{
	unsigned int *failed = data;
	struct vdev_sys sys;
	struct stat st;
	int errors = 0;

	vdev_sys_init(&sys);
	failnth_start(fail, &sys);
	for (int i = 0; i < 3; i++) {
		int ret = vdev_sys_stat(&sys, "/", &st);

		if (ret)
			assert_int_equal(ret, failnth_error(fail));
		errors += ret != 0;
	}
	/* These cannot fail, and do not count. */
	(void)sys.ops->now_ms(&sys);
	(void)sys.ops->is_root(&sys);
	failnth_stop(fail);
	assert_ptr_equal(sys.ops, &vdev_sys_kernel_ops);
	assert_int_equal(errors, failnth_fired(fail));
	*failed += (unsigned int)errors;
}

static void test_calls(void **state)
{
	unsigned int failed = 0;

	(void)state;
	assert_int_equal(failnth_sweep_calls(three_calls, &failed, EBUSY), 3);
	assert_int_equal(failed, 3);
}

static void six_allocations(struct failnth *fail, void *data)
{
	unsigned int *failed = data;
	void *volatile p[6]; /* or a compiler removes the calls */

	failnth_start(fail, NULL);
	p[0] = malloc(1);
	p[1] = calloc(1, 1);
	p[2] = realloc(NULL, 1);
	p[3] = reallocarray(NULL, 1, 1);
	p[4] = strdup("a");
	p[5] = strndup("a", 1);
	failnth_stop(fail);
	for (size_t i = 0; i < ARRAY_SIZE(p); i++) {
		*failed += !p[i];
		free(p[i]);
	}
}

static void test_memory(void **state)
{
	unsigned int failed = 0;

	(void)state;
	assert_int_equal(failnth_sweep_memory(six_allocations, &failed), 6);
	assert_int_equal(failed, 6);
}

/* --- Faults that have to be found */

static void lose_fd(struct failnth *fail, void *data)
{
	struct vdev_sys sys;
	int fd;

	(void)data;
	vdev_sys_init(&sys);
	failnth_start(fail, &sys);
	fd = vdev_sys_open(&sys, VDEV_SYS_ROOT, "/", O_RDONLY, 0);
	/* As a wrong error path would: it is closed on success only. */
	if (!sys.ops->fsync(&sys, fd) || fd < 0)
		vdev_sys_close(&sys, fd);
	failnth_stop(fail);
}

static void *volatile kept;

static void lose_memory(struct failnth *fail, void *data)
{
	(void)data;
	failnth_start(fail, NULL);
	kept = malloc(100);
	failnth_stop(fail);
	kept = NULL;
}

static int quick_fsync(struct vdev_sys *sys, int fd)
{
	(void)sys;
	(void)fd;
	return 0;
}

static void never_ends(struct failnth *fail, void *data)
{
	static const struct vdev_sys_ops quick = { .fsync = quick_fsync };
	struct vdev_sys sys = { .ops = &quick };

	(void)data;
	failnth_start(fail, &sys);
	while (!failnth_fired(fail))
		(void)sys.ops->fsync(&sys, 0);
	failnth_stop(fail);
}

static void run_lose_fd(void **state)
{
	(void)state;
	failnth_sweep_calls(lose_fd, NULL, EIO);
}

static void run_lose_memory(void **state)
{
	(void)state;
	failnth_sweep_memory(lose_memory, NULL);
}

static void run_never_ends(void **state)
{
	(void)state;
	failnth_sweep_calls(never_ends, NULL, EIO);
}

static void run_script_too_long(void **state)
{
	struct scripted script;
	struct vdev_sys sys;

	(void)state;
	vdev_sys_init(&sys);
	SCRIPT(&script, &sys, SCRIPT_PATH(stat, "/a"));
	scripted_done(&script);
}

static void run_script_too_short(void **state)
{
	struct scripted script;
	struct vdev_sys sys;

	(void)state;
	vdev_sys_init(&sys);
	SCRIPT(&script, &sys, SCRIPT_PATH(stat, "/a"));
	(void)vdev_sys_exists(&sys, "/a");
	(void)vdev_sys_exists(&sys, "/b");
}

static void run_script_other_path(void **state)
{
	struct scripted script;
	struct vdev_sys sys;

	(void)state;
	vdev_sys_init(&sys);
	SCRIPT(&script, &sys, SCRIPT_PATH(stat, "/a"));
	(void)vdev_sys_exists(&sys, "/b");
}

static void run_script_fd_left(void **state)
{
	struct scripted script;
	struct vdev_sys sys;

	(void)state;
	vdev_sys_init(&sys);
	SCRIPT(&script, &sys, SCRIPT_OPEN("/a", 50));
	(void)vdev_sys_open(&sys, VDEV_SYS_ROOT, "/a", O_RDONLY, 0);
	scripted_done(&script);
}

/* The name is what the program is called with. */
static const struct {
	const char *name;
	CMUnitTestFunction fn;
	bool needs_asan;
} faults[] = {
	{ "lose-fd", run_lose_fd, false },
	{ "lose-memory", run_lose_memory, true },
	{ "never-ends", run_never_ends, false },
	{ "script-too-long", run_script_too_long, false },
	{ "script-too-short", run_script_too_short, false },
	{ "script-other-path", run_script_other_path, false },
	{ "script-fd-left", run_script_fd_left, false },
};

static int run_fault(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		const struct CMUnitTest tests[] = {
			{ name, faults[i].fn, NULL, NULL, NULL },
		};

		if (str_eq(faults[i].name, name))
			return cmocka_run_group_tests(tests, NULL, NULL);
	}
	return 2;
}

static void test_faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		const char *const argv[] = { "/proc/self/exe", faults[i].name,
					     NULL };
		struct vdev_sys sys;

#ifndef __SANITIZE_ADDRESS__
		if (faults[i].needs_asan)
			continue;
#endif
		vdev_sys_init(&sys);
		if (sys.ops->run(&sys, argv) != 1)
			fail_msg("%s was not found", faults[i].name);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_faults),
	};

	if (argc > 1)
		return run_fault(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
