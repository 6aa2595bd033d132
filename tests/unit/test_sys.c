/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gateway/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "failnth.h"
#include "scripted.h"

/* --- With a script */

static struct vdev_sys sys;
static struct scripted script;

static int new_sys(void **state)
{
	(void)state;
	vdev_sys_init(&sys);
	return 0;
}

static void test_read_bytes(void **state)
{
	char buf[16];

	(void)state;
	/* Short reads are joined until the end or until the buffer is full. */
	SCRIPT(&script, &sys, SCRIPT_OPEN("/a", 50), SCRIPT_READ(50, "abc"),
	       SCRIPT_READ(50, "de"), SCRIPT_READ(50, ""),
	       SCRIPT_OPEN("/a", 50), SCRIPT_READ(50, "abc"),
	       SCRIPT_READ(50, "d"), SCRIPT_FAIL(open, "/a", EACCES),
	       SCRIPT_OPEN("/a", 50), SCRIPT_READ(50, "a"),
	       SCRIPT_FAIL_FD(read, 50, EIO));
	assert_int_equal(
		vdev_sys_read_bytes(&sys, VDEV_SYS_ROOT, "/a", buf, 16), 5);
	assert_memory_equal(buf, "abcde", 5);
	assert_int_equal(vdev_sys_read_bytes(&sys, VDEV_SYS_ROOT, "/a", buf, 4),
			 4);
	assert_int_equal(vdev_sys_read_bytes(&sys, VDEV_SYS_ROOT, "/a", buf, 4),
			 -EACCES);
	assert_int_equal(vdev_sys_read_bytes(&sys, VDEV_SYS_ROOT, "/a", buf, 4),
			 -EIO);
	scripted_done(&script);
}

static void test_read_attr(void **state)
{
	char buf[8];

	(void)state;
	SCRIPT(&script, &sys, SCRIPT_OPEN("vendor", 50),
	       SCRIPT_READ(50, "0x8086\n"), SCRIPT_OPEN("long", 50),
	       SCRIPT_READ(50, "12345678"), SCRIPT_OPEN("empty", 50),
	       SCRIPT_READ(50, ""), SCRIPT_OPEN("blank", 50),
	       SCRIPT_READ(50, " \n"), SCRIPT_OPEN("broken", 50),
	       SCRIPT_FAIL_FD(read, 50, ENODEV));
	assert_int_equal(vdev_sys_read_attr(&sys, 9, "vendor", buf, 8), 6);
	assert_string_equal(buf, "0x8086");
	assert_int_equal(vdev_sys_read_attr(&sys, 9, "long", buf, 8),
			 -EMSGSIZE);
	assert_int_equal(vdev_sys_read_attr(&sys, 9, "empty", buf, 8), 0);
	assert_string_equal(buf, "");
	assert_int_equal(vdev_sys_read_attr(&sys, 9, "blank", buf, 8), 0);
	assert_int_equal(vdev_sys_read_attr(&sys, 9, "broken", buf, 8),
			 -ENODEV);
	scripted_done(&script);
}

static void test_read_text(void **state)
{
	char *text = NULL;

	(void)state;
	SCRIPT(&script, &sys, SCRIPT_OPEN("/a", 50), SCRIPT_READ(50, "ab"),
	       SCRIPT_READ(50, "c\n"), SCRIPT_READ(50, ""),
	       SCRIPT_OPEN("/a", 50), SCRIPT_READ(50, "ab"),
	       SCRIPT_FAIL_FD(read, 50, EIO));
	assert_int_equal(vdev_sys_read_text(&sys, VDEV_SYS_ROOT, "/a", &text),
			 4);
	assert_string_equal(text, "abc\n");
	free(text);
	text = NULL;
	assert_int_equal(vdev_sys_read_text(&sys, VDEV_SYS_ROOT, "/a", &text),
			 -EIO);
	assert_null(text);
	scripted_done(&script);
}

static void test_write_attr(void **state)
{
	(void)state;
	/* One write(2): the rest of a short one would be another command. */
	SCRIPT(&script, &sys, SCRIPT_OPEN("/a", 50), SCRIPT_WRITE(50, "x1", 2),
	       SCRIPT_OPEN("/a", 50), SCRIPT_WRITE(50, "x1", 1),
	       SCRIPT_OPEN("/a", 50), SCRIPT_WRITE(50, "x1", -EBUSY),
	       SCRIPT_FAIL(open, "/a", EACCES));
	assert_int_equal(vdev_sys_write_attr(&sys, "/a", "x1"), 0);
	assert_int_equal(vdev_sys_write_attr(&sys, "/a", "x1"), -EIO);
	assert_int_equal(vdev_sys_write_attr(&sys, "/a", "x1"), -EBUSY);
	assert_int_equal(vdev_sys_write_attr(&sys, "/a", "x1"), -EACCES);
	scripted_done(&script);
}

static void test_readlink(void **state)
{
	char buf[16];

	(void)state;
	SCRIPT(&script, &sys, SCRIPT_READLINK("driver", "../../drivers/igb"),
	       SCRIPT_READLINK("driver", "igb"),
	       SCRIPT_READLINK("driver", "../a-name-that-is-too-long"),
	       SCRIPT_FAIL(readlink, "driver", ENOENT),
	       SCRIPT_READLINK("x", "0123456789abcdef"));
	assert_int_equal(
		vdev_sys_readlink_name(&sys, 9, "driver", buf, sizeof(buf)), 3);
	assert_string_equal(buf, "igb");
	assert_int_equal(
		vdev_sys_readlink_name(&sys, 9, "driver", buf, sizeof(buf)), 3);
	assert_int_equal(
		vdev_sys_readlink_name(&sys, 9, "driver", buf, sizeof(buf)),
		-ENAMETOOLONG);
	assert_int_equal(
		vdev_sys_readlink_name(&sys, 9, "driver", buf, sizeof(buf)),
		-ENOENT);
	/* A target cut off by the buffer is no target. */
	assert_int_equal(vdev_sys_readlink(&sys, 9, "x", buf, sizeof(buf)),
			 -ENAMETOOLONG);
	scripted_done(&script);
}

static void test_list(void **state)
{
	_auto_strv_ struct strv names = { 0 };

	(void)state;
	SCRIPT(&script, &sys, SCRIPT_LIST("/d", "b\0a\0c\0"),
	       SCRIPT_FAIL(list, "/d", EACCES));
	assert_int_equal(vdev_sys_list(&sys, VDEV_SYS_ROOT, "/d", &names), 0);
	assert_int_equal(names.count, 3);
	assert_string_equal(names.items[0], "a");
	assert_string_equal(names.items[2], "c");
	strv_clear(&names);
	assert_int_equal(vdev_sys_list(&sys, VDEV_SYS_ROOT, "/d", &names),
			 -EACCES);
	assert_int_equal(names.count, 0);
	scripted_done(&script);
}

static void test_exists(void **state)
{
	(void)state;
	SCRIPT(&script, &sys, SCRIPT_PATH(stat, "/a"),
	       SCRIPT_FAIL(stat, "/b", ENOENT));
	assert_true(vdev_sys_exists(&sys, "/a"));
	assert_false(vdev_sys_exists(&sys, "/b"));
	scripted_done(&script);
}

static void test_mkdir_p(void **state)
{
	(void)state;
	SCRIPT(&script, &sys, SCRIPT_FAIL(mkdir, "/run", EEXIST),
	       SCRIPT_PATH(mkdir, "/run/vdev"),
	       SCRIPT_PATH(mkdir, "/run/vdev/lock"),
	       SCRIPT_FAIL(mkdir, "/run", EROFS));
	assert_int_equal(vdev_sys_mkdir_p(&sys, "/run/vdev/lock", 0700), 0);
	assert_int_equal(vdev_sys_mkdir_p(&sys, "/run/vdev", 0700), -EROFS);
	scripted_done(&script);
}

static void test_replace_file(void **state)
{
	(void)state;
	/* New file, its content, its content on disk, its name, its name on
	 * disk. */
	SCRIPT(&script, &sys, SCRIPT_OPEN("/d/.f.new", 50),
	       SCRIPT_WRITE(50, "text", 1), SCRIPT_WRITE(50, "ext", 3),
	       SCRIPT_FD(fsync, 50), SCRIPT_PATH(rename, "/d/f"),
	       SCRIPT_OPEN("/d", 51), SCRIPT_FD(fsync, 51));
	assert_int_equal(vdev_sys_replace_file(&sys, "/d/f", "text", 0600), 0);
	scripted_done(&script);

	SCRIPT(&script, &sys, SCRIPT_OPEN("/d/.f.new", 50),
	       SCRIPT_WRITE(50, "text", 4), SCRIPT_FAIL_FD(fsync, 50, EIO),
	       SCRIPT_PATH(unlink, "/d/.f.new"));
	assert_int_equal(vdev_sys_replace_file(&sys, "/d/f", "text", 0600),
			 -EIO);
	scripted_done(&script);

	SCRIPT(&script, &sys, SCRIPT_OPEN("/.f.new", 50),
	       SCRIPT_WRITE(50, "text", 4), SCRIPT_FD(fsync, 50),
	       SCRIPT_PATH(rename, "/f"), SCRIPT_OPEN("/", 51),
	       SCRIPT_FD(fsync, 51));
	assert_int_equal(vdev_sys_replace_file(&sys, "/f", "text", 0600), 0);
	scripted_done(&script);
}

static void test_remove_file(void **state)
{
	(void)state;
	SCRIPT(&script, &sys, SCRIPT_PATH(unlink, "/d/f"),
	       SCRIPT_OPEN("/d", 51), SCRIPT_FD(fsync, 51),
	       SCRIPT_FAIL(unlink, "/d/f", ENOENT),
	       SCRIPT_FAIL(unlink, "/d/f", EPERM));
	assert_int_equal(vdev_sys_remove_file(&sys, "/d/f"), 0);
	assert_int_equal(vdev_sys_remove_file(&sys, "/d/f"), 0);
	assert_int_equal(vdev_sys_remove_file(&sys, "/d/f"), -EPERM);
	scripted_done(&script);
}

/* --- On a real directory */

struct place {
	char dir[32];
	char root[48];
	struct vdev_sys sys;
};

/* Builds DIR/root and, beside it, DIR/secret that no root may show. */
static int new_place(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	char path[96];
	FILE *f;

	assert_non_null(p);
	strcpy(p->dir, "/tmp/vdev-sys.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->root, sizeof(p->root), "%s/root", p->dir);
	assert_int_equal(mkdir(p->root, 0755), 0);
	snprintf(path, sizeof(path), "%s/secret", p->dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("secret", f);
	fclose(f);
	vdev_sys_init(&p->sys);
	assert_int_equal(vdev_sys_set_root(&p->sys, p->root), 0);
	*state = p;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static int free_place(void **state)
{
	struct place *p = *state;

	vdev_sys_done(&p->sys);
	nftw(p->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(p);
	return 0;
}

static void make_link(struct place *p, const char *name, const char *target)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/%s", p->root, name);
	assert_int_equal(symlink(target, path), 0);
}

static int read_it(struct place *p, const char *path, char buf[32])
{
	return (int)vdev_sys_read_attr(&p->sys, VDEV_SYS_ROOT, path, buf, 32);
}

static void test_root(void **state)
{
	struct place *p = *state;
	char buf[32];

	assert_false(vdev_sys_live(&p->sys));
	assert_int_equal(vdev_sys_mkdir_p(&p->sys, "/d/e", 0700), 0);
	assert_int_equal(
		vdev_sys_replace_file(&p->sys, "/d/e/f", "text\n", 0600), 0);
	assert_int_equal(read_it(p, "/d/e/f", buf), 4);
	/* Links, absolute ones too, are taken from below the root. */
	make_link(p, "inside", "/d/e/f");
	assert_int_equal(read_it(p, "/inside", buf), 4);
	assert_string_equal(buf, "text");
	assert_int_equal(vdev_sys_set_root(&p->sys, "/nowhere"), -ENOENT);
	assert_int_equal(read_it(p, "/inside", buf), 4);
	assert_int_equal(vdev_sys_set_root(&p->sys, NULL), 0);
	assert_true(vdev_sys_live(&p->sys));
}

static void test_root_confines(void **state)
{
	struct place *p = *state;
	char buf[32], secret[64];
	struct stat st;

	snprintf(secret, sizeof(secret), "%s/secret", p->dir);
	make_link(p, "up", "../secret");
	make_link(p, "away", secret);
	make_link(p, "dir", p->dir);
	make_link(p, "updir", "..");
	assert_int_equal(read_it(p, "/up", buf), -ENOENT);
	assert_int_equal(read_it(p, "/away", buf), -ENOENT);
	assert_int_equal(read_it(p, "/dir/secret", buf), -ENOENT);
	assert_int_equal(read_it(p, "/updir/secret", buf), -ENOENT);
	assert_int_equal(read_it(p, "/../secret", buf), -ENOENT);
	assert_int_equal(vdev_sys_stat(&p->sys, "/up", &st), -ENOENT);
	assert_int_equal(vdev_sys_stat(&p->sys, "/dir/secret", &st), -ENOENT);
	assert_int_equal(p->sys.ops->stat(&p->sys, VDEV_SYS_ROOT,
					  "/updir/secret", &st, false),
			 -ENOENT);

	/* Nothing is changed outside either. */
	assert_int_equal(p->sys.ops->unlink(&p->sys, "/updir/secret"), -ENOENT);
	assert_int_equal(p->sys.ops->rename(&p->sys, "/updir/secret", "/mine"),
			 -ENOENT);
	assert_int_equal(p->sys.ops->chmod(&p->sys, "/updir/secret", 0777),
			 -ENOENT);
	assert_int_equal(p->sys.ops->mkdir(&p->sys, "/dir/new", 0700), -ENOENT);
	assert_int_equal(access(secret, F_OK), 0);
	assert_int_equal(stat(secret, &st), 0);
	assert_int_equal(st.st_mode & 0111, 0);
}

/* The last part of a path must not lead out either. */
static void test_last_link(void **state)
{
	struct place *p = *state;
	char secret[64];
	struct stat st;

	snprintf(secret, sizeof(secret), "%s/secret", p->dir);
	make_link(p, "away", secret);
	assert_int_equal(p->sys.ops->chmod(&p->sys, "/away", 0777),
			 -EOPNOTSUPP);
	assert_int_equal(
		p->sys.ops->chown(&p->sys, "/away", getuid(), getgid()), 0);
	assert_int_equal(stat(secret, &st), 0);
	assert_int_equal(st.st_mode & 0111, 0);
	make_link(p, "broken", "nowhere");
	assert_int_equal(
		p->sys.ops->chown(&p->sys, "/broken", getuid(), getgid()), 0);
}

/* Two names that change places until the process is ended. */
static void __attribute__((noreturn)) rename_for_ever(const struct place *p)
{
	char a[64], b[64];

	snprintf(a, sizeof(a), "%s/secret", p->dir);
	snprintf(b, sizeof(b), "%s/other", p->dir);
	for (;;)
		if (rename(a, b) || rename(b, a))
			_exit(1);
}

/* What happens elsewhere on the system makes no lookup below a root fail. */
static void test_renames_elsewhere(void **state)
{
	struct place *p = *state;
	unsigned int failed = 0;
	struct stat st;
	pid_t pid;

	assert_int_equal(vdev_sys_mkdir_p(&p->sys, "/d", 0700), 0);
	make_link(p, "up", "d/../d/../d/../d/../d");
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		rename_for_ever(p);
	for (int i = 0; i < 20000; i++)
		failed += vdev_sys_stat(&p->sys, "/up", &st) != 0;
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(failed, 0);
}

static void test_modes(void **state)
{
	struct place *p = *state;
	mode_t old = umask(022);
	struct stat st;

	assert_int_equal(vdev_sys_mkdir_p(&p->sys, "/run/vdev/journal", 0700),
			 0);
	assert_int_equal(vdev_sys_stat(&p->sys, "/run/vdev", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0755);
	assert_int_equal(vdev_sys_stat(&p->sys, "/run/vdev/journal", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(
		vdev_sys_replace_file(&p->sys, "/run/vdev/f", "", 0600), 0);
	assert_int_equal(vdev_sys_stat(&p->sys, "/run/vdev/f", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	umask(old);
}

/* Whatever fails: the old text or the new one, whole, and nothing beside. */
static void replace(struct failnth *fail, void *data)
{
	void *state;
	struct place *p;
	_auto_strv_ struct strv names = { 0 };
	char buf[32];
	int ret;

	(void)data;
	new_place(&state);
	p = state;
	assert_int_equal(vdev_sys_replace_file(&p->sys, "/f", "old", 0600), 0);
	failnth_start(fail, &p->sys);
	ret = vdev_sys_replace_file(&p->sys, "/f", "new", 0600);
	failnth_stop(fail);
	if (!failnth_fired(fail))
		assert_int_equal(ret, 0);
	assert_int_equal(read_it(p, "/f", buf), 3);
	assert_true(str_eq(buf, "old") || str_eq(buf, "new"));
	if (!ret)
		assert_string_equal(buf, "new");
	assert_int_equal(vdev_sys_list(&p->sys, VDEV_SYS_ROOT, "/", &names), 0);
	assert_int_equal(names.count, 1);
	free_place(&state);
}

static void test_replace_fails(void **state)
{
	(void)state;
	failnth_sweep(replace, NULL);
}

static void read_and_list(struct failnth *fail, void *data)
{
	void *state;
	struct place *p;
	_auto_strv_ struct strv names = { 0 };
	_auto_free_ char *text = NULL;
	bool good;

	(void)data;
	new_place(&state);
	p = state;
	assert_int_equal(vdev_sys_replace_file(&p->sys, "/f", "text", 0600), 0);
	failnth_start(fail, &p->sys);
	good = !vdev_sys_mkdir_p(&p->sys, "/a/b/c", 0700);
	good &= vdev_sys_read_text(&p->sys, VDEV_SYS_ROOT, "/f", &text) == 4;
	good &= !vdev_sys_list(&p->sys, VDEV_SYS_ROOT, "/", &names);
	good &= !vdev_sys_remove_file(&p->sys, "/f");
	good &= !vdev_sys_set_root(&p->sys, p->dir);
	failnth_stop(fail);
	assert_int_equal(good, !failnth_fired(fail));
	free_place(&state);
}

static void test_reading_fails(void **state)
{
	(void)state;
	failnth_sweep(read_and_list, NULL);
}

#define SCRIPT_TEST(name) cmocka_unit_test_setup(name, new_sys)
#define PLACE_TEST(name) \
	cmocka_unit_test_setup_teardown(name, new_place, free_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCRIPT_TEST(test_read_bytes),
		SCRIPT_TEST(test_read_attr),
		SCRIPT_TEST(test_read_text),
		SCRIPT_TEST(test_write_attr),
		SCRIPT_TEST(test_readlink),
		SCRIPT_TEST(test_list),
		SCRIPT_TEST(test_exists),
		SCRIPT_TEST(test_mkdir_p),
		SCRIPT_TEST(test_replace_file),
		SCRIPT_TEST(test_remove_file),
		PLACE_TEST(test_root),
		PLACE_TEST(test_root_confines),
		PLACE_TEST(test_last_link),
		PLACE_TEST(test_renames_elsewhere),
		PLACE_TEST(test_modes),
		cmocka_unit_test(test_replace_fails),
		cmocka_unit_test(test_reading_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
