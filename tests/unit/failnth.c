/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "failnth.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

/* A scenario that needs more calls than this does not end. */
#define MOST_RUNS 5000

struct failnth {
	bool memory;
	int error;
	unsigned int nth;
	unsigned int calls;

	/* What stands behind the table while a scenario runs. */
	struct vdev_sys *sys;
	const struct vdev_sys_ops *inner_ops;
	void *inner_data;
};

/* The run whose allocations count; malloc() has no argument to find it by. */
static struct failnth *memory_run;

static bool fails(struct failnth *fail)
{
	return ++fail->calls == fail->nth;
}

static bool memory_fails(void)
{
	return memory_run && fails(memory_run);
}

/* The names that --wrap makes of malloc() and the others. */
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__real_reallocarray(void *p, size_t count, size_t size);
void *__wrap_reallocarray(void *p, size_t count, size_t size);
char *__real_strdup(const char *s);
char *__wrap_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
char *__wrap_strndup(const char *s, size_t n);

void *__wrap_malloc(size_t size)
{
	return memory_fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return memory_fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return memory_fails() ? NULL : __real_realloc(p, size);
}

void *__wrap_reallocarray(void *p, size_t count, size_t size)
{
	return memory_fails() ? NULL : __real_reallocarray(p, count, size);
}

char *__wrap_strdup(const char *s)
{
	return memory_fails() ? NULL : __real_strdup(s);
}

char *__wrap_strndup(const char *s, size_t n)
{
	return memory_fails() ? NULL : __real_strndup(s, n);
}

/* The gateway as the wrapped table sees it: its own data behind `data`. */
static struct vdev_sys inner(const struct vdev_sys *sys)
{
	const struct failnth *fail = sys->data;
	struct vdev_sys in = *sys;

	in.ops = fail->inner_ops;
	in.data = fail->inner_data;
	return in;
}

/* Fails, or hands the call down. */
#define PASS(sys, op, ...)                                                     \
	({                                                                     \
		struct vdev_sys _in = inner(sys);                              \
		struct failnth *_fail = (sys)->data;                           \
		fails(_fail) ? -_fail->error : _in.ops->op(&_in, __VA_ARGS__); \
	})

static int fail_open(struct vdev_sys *sys, int dirfd, const char *path,
		     int flags, mode_t mode)
{
	return PASS(sys, open, dirfd, path, flags, mode);
}

static int fail_close(struct vdev_sys *sys, int fd)
{
	struct vdev_sys in = inner(sys);

	return in.ops->close(&in, fd);
}

static ssize_t fail_read(struct vdev_sys *sys, int fd, void *buf, size_t size)
{
	return PASS(sys, read, fd, buf, size);
}

static ssize_t fail_pread(struct vdev_sys *sys, int fd, void *buf, size_t size,
			  off_t offset)
{
	return PASS(sys, pread, fd, buf, size, offset);
}

static ssize_t fail_write(struct vdev_sys *sys, int fd, const void *buf,
			  size_t size)
{
	return PASS(sys, write, fd, buf, size);
}

static ssize_t fail_pwrite(struct vdev_sys *sys, int fd, const void *buf,
			   size_t size, off_t offset)
{
	return PASS(sys, pwrite, fd, buf, size, offset);
}

static ssize_t fail_write_some(struct vdev_sys *sys, int fd, const void *buf,
			       size_t size)
{
	return PASS(sys, write_some, fd, buf, size);
}

static int fail_poll(struct vdev_sys *sys, struct pollfd *fds, nfds_t count,
		     int timeout_ms)
{
	return PASS(sys, poll, fds, count, timeout_ms);
}

static int64_t fail_seek(struct vdev_sys *sys, int fd, int64_t offset,
			 int whence)
{
	return PASS(sys, seek, fd, offset, whence);
}

static int fail_dup(struct vdev_sys *sys, int fd)
{
	return PASS(sys, dup, fd);
}

static int fail_mmap(struct vdev_sys *sys, int fd, uint64_t offset,
		     size_t length, int prot, void **ret)
{
	return PASS(sys, mmap, fd, offset, length, prot, ret);
}

static int fail_munmap(struct vdev_sys *sys, void *address, size_t length)
{
	struct vdev_sys in = inner(sys);

	return in.ops->munmap(&in, address, length);
}

static int fail_list(struct vdev_sys *sys, int dirfd, const char *path,
		     vdev_sys_list_fn fn, void *data)
{
	return PASS(sys, list, dirfd, path, fn, data);
}

static ssize_t fail_readlink(struct vdev_sys *sys, int dirfd, const char *path,
			     char *buf, size_t size)
{
	return PASS(sys, readlink, dirfd, path, buf, size);
}

static int fail_stat(struct vdev_sys *sys, int dirfd, const char *path,
		     struct stat *st, bool follow)
{
	return PASS(sys, stat, dirfd, path, st, follow);
}

static int fail_mkdir(struct vdev_sys *sys, const char *path, mode_t mode)
{
	return PASS(sys, mkdir, path, mode);
}

static int fail_unlink(struct vdev_sys *sys, const char *path)
{
	return PASS(sys, unlink, path);
}

static int fail_rename(struct vdev_sys *sys, const char *from, const char *to)
{
	return PASS(sys, rename, from, to);
}

static int fail_fsync(struct vdev_sys *sys, int fd)
{
	return PASS(sys, fsync, fd);
}

static int fail_flock(struct vdev_sys *sys, int fd, int operation)
{
	return PASS(sys, flock, fd, operation);
}

static int fail_chown(struct vdev_sys *sys, const char *path, uid_t uid,
		      gid_t gid)
{
	return PASS(sys, chown, path, uid, gid);
}

static int fail_chmod(struct vdev_sys *sys, const char *path, mode_t mode)
{
	return PASS(sys, chmod, path, mode);
}

static int fail_ioctl(struct vdev_sys *sys, int fd, unsigned long request,
		      void *arg)
{
	return PASS(sys, ioctl, fd, request, arg);
}

static int fail_child_write(struct vdev_sys *sys, const char *path,
			    const char *text, unsigned int timeout_ms,
			    pid_t *pending)
{
	return PASS(sys, child_write, path, text, timeout_ms, pending);
}

static int fail_run(struct vdev_sys *sys, const char *const *argv)
{
	return PASS(sys, run, argv);
}

static int fail_program(struct vdev_sys *sys, struct vdev_sys_program *program)
{
	return PASS(sys, program, program);
}

static int fail_netlink(struct vdev_sys *sys, struct vdev_sys_netlink *request)
{
	return PASS(sys, netlink, request);
}

static int fail_netlink_listen(struct vdev_sys *sys, int protocol, int fd,
			       unsigned int group)
{
	return PASS(sys, netlink_listen, protocol, fd, group);
}

static ssize_t fail_netlink_receive(struct vdev_sys *sys, int fd, void *buf,
				    size_t size)
{
	return PASS(sys, netlink_receive, fd, buf, size);
}

static int fail_secret_new(struct vdev_sys *sys, size_t size, void **ret)
{
	return PASS(sys, secret_new, size, ret);
}

static void fail_secret_free(struct vdev_sys *sys, void *secret, size_t size)
{
	struct vdev_sys in = inner(sys);

	in.ops->secret_free(&in, secret, size);
}

static int fail_random(struct vdev_sys *sys, void *buf, size_t size)
{
	return PASS(sys, random, buf, size);
}

static ssize_t fail_read_key(struct vdev_sys *sys, const char *name, void *buf,
			     size_t size)
{
	return PASS(sys, read_key, name, buf, size);
}

static uint64_t fail_now_ms(struct vdev_sys *sys)
{
	struct vdev_sys in = inner(sys);

	return in.ops->now_ms(&in);
}

static void fail_sleep_ms(struct vdev_sys *sys, unsigned int ms)
{
	struct vdev_sys in = inner(sys);

	in.ops->sleep_ms(&in, ms);
}

static int fail_is_root(struct vdev_sys *sys)
{
	struct vdev_sys in = inner(sys);

	return in.ops->is_root(&in);
}

static const struct vdev_sys_ops failnth_ops = {
	.open = fail_open,
	.close = fail_close,
	.read = fail_read,
	.pread = fail_pread,
	.write = fail_write,
	.pwrite = fail_pwrite,
	.write_some = fail_write_some,
	.poll = fail_poll,
	.seek = fail_seek,
	.dup = fail_dup,
	.mmap = fail_mmap,
	.munmap = fail_munmap,
	.list = fail_list,
	.readlink = fail_readlink,
	.stat = fail_stat,
	.mkdir = fail_mkdir,
	.unlink = fail_unlink,
	.rename = fail_rename,
	.fsync = fail_fsync,
	.flock = fail_flock,
	.chown = fail_chown,
	.chmod = fail_chmod,
	.ioctl = fail_ioctl,
	.child_write = fail_child_write,
	.run = fail_run,
	.program = fail_program,
	.netlink = fail_netlink,
	.netlink_listen = fail_netlink_listen,
	.netlink_receive = fail_netlink_receive,
	.secret_new = fail_secret_new,
	.secret_free = fail_secret_free,
	.random = fail_random,
	.read_key = fail_read_key,
	.now_ms = fail_now_ms,
	.sleep_ms = fail_sleep_ms,
	.is_root = fail_is_root,
};

void failnth_start(struct failnth *fail, struct vdev_sys *sys)
{
	if (fail->memory) {
		memory_run = fail;
		return;
	}
	if (!sys)
		return;
	assert_null(fail->sys);
	fail->sys = sys;
	fail->inner_ops = sys->ops;
	fail->inner_data = sys->data;
	sys->ops = &failnth_ops;
	sys->data = fail;
}

void failnth_stop(struct failnth *fail)
{
	memory_run = NULL;
	if (!fail->sys)
		return;
	fail->sys->ops = fail->inner_ops;
	fail->sys->data = fail->inner_data;
	fail->sys = NULL;
}

bool failnth_fired(const struct failnth *fail)
{
	return fail->calls >= fail->nth;
}

int failnth_error(const struct failnth *fail)
{
	return -fail->error;
}

unsigned int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	/* Less ".", ".." and the directory's own. */
	return count - 3;
}

static void check_memory(void)
{
#ifdef __SANITIZE_ADDRESS__
	if (__lsan_do_recoverable_leak_check())
		fail_msg("memory was lost in a sweep");
#endif
}

static unsigned int sweep(failnth_fn fn, void *data, bool memory, int error)
{
	unsigned int nth;

	for (nth = 1; nth < MOST_RUNS; nth++) {
		struct failnth fail = {
			.memory = memory,
			.error = error,
			.nth = nth,
		};
		unsigned int fds = count_fds();

		fn(&fail, data);
		failnth_stop(&fail);
		if (count_fds() != fds)
			fail_msg("%u file descriptors became %u in run %u", fds,
				 count_fds(), nth);
		if (!failnth_fired(&fail)) {
			check_memory();
			return nth - 1;
		}
	}
	fail_msg("a sweep does not end");
	return nth;
}

unsigned int failnth_sweep_calls(failnth_fn fn, void *data, int error)
{
	return sweep(fn, data, false, error);
}

unsigned int failnth_sweep_memory(failnth_fn fn, void *data)
{
	return sweep(fn, data, true, ENOMEM);
}

void failnth_sweep(failnth_fn fn, void *data)
{
	failnth_sweep_calls(fn, data, EIO);
	failnth_sweep_memory(fn, data);
}
