/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scripted.h"

#include <dirent.h>
#include <errno.h>
#include <linux/netlink.h>
#include <setjmp.h>
#include <stdio.h>

#include <cmocka.h>

static const char *const op_names[] = {
	[SCRIPTED_open] = "open",
	[SCRIPTED_read] = "read",
	[SCRIPTED_pread] = "pread",
	[SCRIPTED_write] = "write",
	[SCRIPTED_pwrite] = "pwrite",
	[SCRIPTED_dup] = "dup",
	[SCRIPTED_mmap] = "mmap",
	[SCRIPTED_list] = "list",
	[SCRIPTED_readlink] = "readlink",
	[SCRIPTED_stat] = "stat",
	[SCRIPTED_mkdir] = "mkdir",
	[SCRIPTED_unlink] = "unlink",
	[SCRIPTED_rename] = "rename",
	[SCRIPTED_fsync] = "fsync",
	[SCRIPTED_flock] = "flock",
	[SCRIPTED_chown] = "chown",
	[SCRIPTED_chmod] = "chmod",
	[SCRIPTED_ioctl] = "ioctl",
	[SCRIPTED_child_write] = "child_write",
	[SCRIPTED_run] = "run",
	[SCRIPTED_program] = "program",
	[SCRIPTED_netlink] = "netlink",
	[SCRIPTED_random] = "random",
	[SCRIPTED_read_key] = "read_key",
};

/* The script's line for a call; fails the test if it is another one. */
static const struct scripted_call *
expect(struct vdev_sys *sys, enum scripted_op op, const char *path, int fd)
{
	struct scripted *s = sys->data;
	const struct scripted_call *call = &s->calls[s->next];

	if (s->next == s->count)
		fail_msg("%s(%s%d) after the script's end", op_names[op],
			 path ? path : "fd ", path ? 0 : fd);
	if (call->op != op)
		fail_msg("line %zu: %s(%s) instead of %s(%s)", s->next + 1,
			 op_names[op], path ? path : "", op_names[call->op],
			 call->path ? call->path : "");
	if (call->path && path)
		assert_string_equal(path, call->path);
	if (call->fd)
		assert_int_equal(fd, call->fd);
	s->next++;
	return call;
}

static int by_path(struct vdev_sys *sys, enum scripted_op op, const char *path)
{
	return (int)expect(sys, op, path, 0)->result;
}

static int by_fd(struct vdev_sys *sys, enum scripted_op op, int fd)
{
	return (int)expect(sys, op, NULL, fd)->result;
}

/* Gives what the script has, at most `size` bytes. */
static ssize_t give(const struct scripted_call *call, void *buf, size_t size)
{
	if (call->result < 0)
		return call->result;
	assert_true(call->size <= size);
	memcpy(buf, call->data, call->size);
	return (ssize_t)call->size;
}

static int scripted_open(struct vdev_sys *sys, int dirfd, const char *path,
			 int flags, mode_t mode)
{
	struct scripted *s = sys->data;
	int fd = by_path(sys, SCRIPTED_open, path);

	(void)dirfd;
	(void)flags;
	(void)mode;
	if (fd >= 0)
		s->open_fds++;
	return fd;
}

static int scripted_close(struct vdev_sys *sys, int fd)
{
	struct scripted *s = sys->data;

	assert_true(fd >= 0);
	if (--s->open_fds < 0)
		fail_msg("fd %d is closed once too often", fd);
	return 0;
}

static ssize_t scripted_read(struct vdev_sys *sys, int fd, void *buf,
			     size_t size)
{
	return give(expect(sys, SCRIPTED_read, NULL, fd), buf, size);
}

static ssize_t scripted_pread(struct vdev_sys *sys, int fd, void *buf,
			      size_t size, off_t offset)
{
	const struct scripted_call *call =
		expect(sys, SCRIPTED_pread, NULL, fd);

	if (call->offset)
		assert_int_equal(offset, call->offset);
	return give(call, buf, size);
}

static ssize_t scripted_pwrite(struct vdev_sys *sys, int fd, const void *buf,
			       size_t size, off_t offset)
{
	const struct scripted_call *call =
		expect(sys, SCRIPTED_pwrite, NULL, fd);

	if (call->offset)
		assert_int_equal(offset, call->offset);
	if (call->data) {
		assert_int_equal(size, call->size);
		assert_memory_equal(buf, call->data, size);
	}
	return call->result;
}

static int scripted_dup(struct vdev_sys *sys, int fd)
{
	struct scripted *s = sys->data;
	int copy = by_fd(sys, SCRIPTED_dup, fd);

	if (copy >= 0)
		s->open_fds++;
	return copy;
}

static int scripted_mmap(struct vdev_sys *sys, int fd, uint64_t offset,
			 size_t length, int prot, void **ret)
{
	const struct scripted_call *call = expect(sys, SCRIPTED_mmap, NULL, fd);
	struct scripted *s = sys->data;

	(void)prot;
	if (call->result < 0)
		return (int)call->result;
	assert_int_equal(offset, call->offset);
	assert_int_equal(length, call->size);
	s->mappings++;
	*ret = (void *)call->data;
	return 0;
}

static int scripted_munmap(struct vdev_sys *sys, void *address, size_t length)
{
	struct scripted *s = sys->data;

	(void)length;
	assert_non_null(address);
	if (--s->mappings < 0)
		fail_msg("%p is unmapped once too often", address);
	return 0;
}

static ssize_t scripted_write(struct vdev_sys *sys, int fd, const void *buf,
			      size_t size)
{
	const struct scripted_call *call =
		expect(sys, SCRIPTED_write, NULL, fd);

	if (call->data) {
		assert_int_equal(size, call->size);
		assert_memory_equal(buf, call->data, size);
	}
	return call->result;
}

static int scripted_list(struct vdev_sys *sys, int dirfd, const char *path,
			 vdev_sys_list_fn fn, void *data)
{
	const struct scripted_call *call =
		expect(sys, SCRIPTED_list, path, dirfd);
	const char *name = call->data;
	int ret = 0;

	while (!ret && name < (const char *)call->data + call->size) {
		ret = fn(data, name, DT_UNKNOWN);
		name += strlen(name) + 1;
	}
	return ret ? ret : (int)call->result;
}

static ssize_t scripted_readlink(struct vdev_sys *sys, int dirfd,
				 const char *path, char *buf, size_t size)
{
	return give(expect(sys, SCRIPTED_readlink, path, dirfd), buf, size);
}

static int scripted_stat(struct vdev_sys *sys, int dirfd, const char *path,
			 struct stat *st, bool follow)
{
	const struct scripted_call *call =
		expect(sys, SCRIPTED_stat, path, dirfd);

	(void)follow;
	if (call->result < 0)
		return (int)call->result;
	*st = call->data ? *(const struct stat *)call->data
			 : (struct stat){ .st_mode = S_IFREG | 0644 };
	return 0;
}

static int scripted_mkdir(struct vdev_sys *sys, const char *path, mode_t mode)
{
	(void)mode;
	return by_path(sys, SCRIPTED_mkdir, path);
}

static int scripted_unlink(struct vdev_sys *sys, const char *path)
{
	return by_path(sys, SCRIPTED_unlink, path);
}

static int scripted_rename(struct vdev_sys *sys, const char *from,
			   const char *to)
{
	(void)from;
	return by_path(sys, SCRIPTED_rename, to);
}

static int scripted_fsync(struct vdev_sys *sys, int fd)
{
	return by_fd(sys, SCRIPTED_fsync, fd);
}

static int scripted_flock(struct vdev_sys *sys, int fd, int operation)
{
	(void)operation;
	return by_fd(sys, SCRIPTED_flock, fd);
}

static int scripted_chown(struct vdev_sys *sys, const char *path, uid_t uid,
			  gid_t gid)
{
	(void)uid;
	(void)gid;
	return by_path(sys, SCRIPTED_chown, path);
}

static int scripted_chmod(struct vdev_sys *sys, const char *path, mode_t mode)
{
	(void)mode;
	return by_path(sys, SCRIPTED_chmod, path);
}

static int scripted_ioctl(struct vdev_sys *sys, int fd, unsigned long request,
			  void *arg)
{
	const struct scripted_call *call =
		expect(sys, SCRIPTED_ioctl, NULL, fd);

	assert_int_equal(request, call->request);
	if (call->gives_fd)
		((struct scripted *)sys->data)->open_fds++;
	return call->fn ? call->fn(arg) : (int)call->result;
}

static int scripted_child_write(struct vdev_sys *sys, const char *path,
				const char *text, unsigned int timeout_ms,
				pid_t *pending)
{
	const struct scripted_call *call =
		expect(sys, SCRIPTED_child_write, path, 0);

	(void)timeout_ms;
	if (call->data)
		assert_string_equal(text, call->data);
	if (call->result == -ETIMEDOUT)
		*pending = 4242;
	return (int)call->result;
}

static int scripted_run(struct vdev_sys *sys, const char *const *argv)
{
	return by_path(sys, SCRIPTED_run, argv[0]);
}

/* `data` is what it says. */
static int scripted_program(struct vdev_sys *sys,
			    struct vdev_sys_program *program)
{
	const struct scripted_call *call =
		expect(sys, SCRIPTED_program, program->argv[0], 0);

	if (call->result < 0)
		return (int)call->result;
	program->output = strdup(call->data ? call->data : "");
	program->errors = strdup("");
	if (program->output && program->errors)
		return (int)call->result;
	free(TAKE(program->output));
	free(TAKE(program->errors));
	return -ENOMEM;
}

/* A line with `size` expects that message, one without gives `data`. */
static int scripted_netlink(struct vdev_sys *sys,
			    struct vdev_sys_netlink *request)
{
	const struct scripted_call *call =
		expect(sys, SCRIPTED_netlink, NULL, 0);
	const struct nlmsghdr *h = request->message;
	int ret = 0;

	assert_int_equal(h->nlmsg_type, call->request);
	if (call->size) {
		assert_int_equal(h->nlmsg_len, NLMSG_HDRLEN + call->size);
		assert_memory_equal(NLMSG_DATA(h), call->data, call->size);
	} else if (call->data && request->fn) {
		ret = request->fn(request->data, call->data);
	}
	if (call->path)
		snprintf(request->why, sizeof(request->why), "%s", call->path);
	return ret ? ret : (int)call->result;
}

static int scripted_secret_new(struct vdev_sys *sys, size_t size, void **ret)
{
	struct scripted *s = sys->data;

	s->secrets++;
	*ret = calloc(1, size);
	assert_non_null(*ret);
	return 0;
}

static void scripted_secret_free(struct vdev_sys *sys, void *secret,
				 size_t size)
{
	struct scripted *s = sys->data;

	(void)size;
	assert_true(--s->secrets >= 0);
	free(secret);
}

static int scripted_random(struct vdev_sys *sys, void *buf, size_t size)
{
	ssize_t n = give(expect(sys, SCRIPTED_random, NULL, 0), buf, size);

	return n < 0 ? (int)n : 0;
}

static ssize_t scripted_read_key(struct vdev_sys *sys, const char *name,
				 void *buf, size_t size)
{
	return give(expect(sys, SCRIPTED_read_key, name, 0), buf, size);
}

static uint64_t scripted_now_ms(struct vdev_sys *sys)
{
	struct scripted *s = sys->data;

	return s->now;
}

static void scripted_sleep_ms(struct vdev_sys *sys, unsigned int ms)
{
	struct scripted *s = sys->data;

	s->now += ms;
}

static int scripted_is_root(struct vdev_sys *sys)
{
	struct scripted *s = sys->data;

	return s->root_user;
}

static const struct vdev_sys_ops scripted_ops = {
	.open = scripted_open,
	.close = scripted_close,
	.read = scripted_read,
	.pread = scripted_pread,
	.write = scripted_write,
	.pwrite = scripted_pwrite,
	.dup = scripted_dup,
	.mmap = scripted_mmap,
	.munmap = scripted_munmap,
	.list = scripted_list,
	.readlink = scripted_readlink,
	.stat = scripted_stat,
	.mkdir = scripted_mkdir,
	.unlink = scripted_unlink,
	.rename = scripted_rename,
	.fsync = scripted_fsync,
	.flock = scripted_flock,
	.chown = scripted_chown,
	.chmod = scripted_chmod,
	.ioctl = scripted_ioctl,
	.child_write = scripted_child_write,
	.run = scripted_run,
	.program = scripted_program,
	.netlink = scripted_netlink,
	.secret_new = scripted_secret_new,
	.secret_free = scripted_secret_free,
	.random = scripted_random,
	.read_key = scripted_read_key,
	.now_ms = scripted_now_ms,
	.sleep_ms = scripted_sleep_ms,
	.is_root = scripted_is_root,
};

void scripted_start(struct scripted *s, struct vdev_sys *sys,
		    const struct scripted_call *calls, size_t count)
{
	*s = (struct scripted){
		.sys = sys,
		.former_ops = sys->ops,
		.former_data = sys->data,
		.calls = calls,
		.count = count,
		.root_user = true,
	};
	sys->ops = &scripted_ops;
	sys->data = s;
}

void scripted_done(struct scripted *s)
{
	s->sys->ops = s->former_ops;
	s->sys->data = s->former_data;
	if (s->next < s->count)
		fail_msg("line %zu of the script, %s(%s), was not reached",
			 s->next + 1, op_names[s->calls[s->next].op],
			 s->calls[s->next].path ? s->calls[s->next].path : "");
	assert_int_equal(s->open_fds, 0);
	assert_int_equal(s->mappings, 0);
	assert_int_equal(s->secrets, 0);
}
