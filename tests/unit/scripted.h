/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_SCRIPTED_H
#define TESTS_UNIT_SCRIPTED_H

#include "gateway/sys.h"

/*
 * A gateway that follows a script.
 *
 *	struct scripted script;
 *
 *	SCRIPT(&script, &sys,
 *	       SCRIPT_OPEN("/sys/a", 50),
 *	       SCRIPT_READ(50, "te"),
 *	       SCRIPT_READ(50, "xt"),
 *	       SCRIPT_FAIL(open, "/sys/b", ENOENT));
 *	...
 *	scripted_done(&script);
 *
 * The calls have to come in this order and no other may come, except close(),
 * munmap(), secret_new(), secret_free(), now_ms(), sleep_ms() and is_root(): a
 * close or unmap needs no line, but every fd, mapping and secret that was given
 * out has to be closed, unmapped or freed once, and time passes only by
 * sleeping.
 * scripted_done() fails the test when a line was not reached.
 */

enum scripted_op {
	SCRIPTED_open,
	SCRIPTED_read,
	SCRIPTED_pread,
	SCRIPTED_write,
	SCRIPTED_pwrite,
	SCRIPTED_dup,
	SCRIPTED_mmap,
	SCRIPTED_list,
	SCRIPTED_readlink,
	SCRIPTED_stat,
	SCRIPTED_mkdir,
	SCRIPTED_unlink,
	SCRIPTED_rename,
	SCRIPTED_fsync,
	SCRIPTED_flock,
	SCRIPTED_chown,
	SCRIPTED_chmod,
	SCRIPTED_ioctl,
	SCRIPTED_child_write,
	SCRIPTED_run,
	SCRIPTED_program,
	SCRIPTED_netlink,
	SCRIPTED_random,
	SCRIPTED_read_key,
};

struct scripted_call {
	enum scripted_op op;
	/* What is asked for; NULL to take any. Of netlink: why it refuses. */
	const char *path;
	int fd; /* which one is used; 0 to take any */
	unsigned long request;
	const void *data; /* what is given, or expected to be written */
	size_t size;
	off_t offset;	      /* where; 0 to take any */
	int (*fn)(void *arg); /* answers an ioctl */
	long result;	      /* returned, unless `data` or `fn` says what */
	bool gives_fd;	      /* an ioctl whose result is a new fd */
};

#define SCRIPT_OPEN(name, number)                                       \
	{                                                               \
		.op = SCRIPTED_open, .path = (name), .result = (number) \
	}
#define SCRIPT_READ(number, text)                                    \
	{                                                            \
		.op = SCRIPTED_read, .fd = (number), .data = (text), \
		.size = sizeof(text) - 1, .result = sizeof(text) - 1 \
	}
/* A write that takes `n` bytes of what is given. */
#define SCRIPT_WRITE(number, text, n)                                 \
	{                                                             \
		.op = SCRIPTED_write, .fd = (number), .data = (text), \
		.size = sizeof(text) - 1, .result = (n)               \
	}
/* The names, each ended by NUL. */
#define SCRIPT_LIST(name, names)                                      \
	{                                                             \
		.op = SCRIPTED_list, .path = (name), .data = (names), \
		.size = sizeof(names) - 1                             \
	}
#define SCRIPT_READLINK(name, target)                                      \
	{                                                                  \
		.op = SCRIPTED_readlink, .path = (name), .data = (target), \
		.size = sizeof(target) - 1, .result = sizeof(target) - 1   \
	}
#define SCRIPT_IOCTL(number, code, answer)                               \
	{                                                                \
		.op = SCRIPTED_ioctl, .fd = (number), .request = (code), \
		.fn = (answer)                                           \
	}
/* An ioctl that gives out a new fd. */
#define SCRIPT_IOCTL_FD(number, code, given)                             \
	{                                                                \
		.op = SCRIPTED_ioctl, .fd = (number), .request = (code), \
		.result = (given), .gives_fd = true                      \
	}
/* Random bytes, or what a key holds. */
#define SCRIPT_RANDOM(bytes)                            \
	{                                               \
		.op = SCRIPTED_random, .data = (bytes), \
		.size = sizeof(bytes) - 1               \
	}
#define SCRIPT_READ_KEY(name, text)                                      \
	{                                                                \
		.op = SCRIPTED_read_key, .path = (name), .data = (text), \
		.size = sizeof(text) - 1, .result = sizeof(text) - 1     \
	}
#define SCRIPT_DUP(number, given)                                     \
	{                                                             \
		.op = SCRIPTED_dup, .fd = (number), .result = (given) \
	}
/* A mapping at `where`, which is memory of the test. */
#define SCRIPT_MMAP(number, place, length, where)                       \
	{                                                               \
		.op = SCRIPTED_mmap, .fd = (number), .offset = (place), \
		.size = (length), .data = (where)                       \
	}
/* Any call that succeeds with nothing to give, by path or by fd. */
#define SCRIPT_PATH(name, where)                       \
	{                                              \
		.op = SCRIPTED_##name, .path = (where) \
	}
#define SCRIPT_FD(name, number)                       \
	{                                             \
		.op = SCRIPTED_##name, .fd = (number) \
	}
/* Any call that fails. */
#define SCRIPT_FAIL(name, where, error)                                    \
	{                                                                  \
		.op = SCRIPTED_##name, .path = (where), .result = -(error) \
	}
#define SCRIPT_FAIL_FD(name, number, error)                               \
	{                                                                 \
		.op = SCRIPTED_##name, .fd = (number), .result = -(error) \
	}
#define SCRIPT_FAIL_IOCTL(number, code, error)                           \
	{                                                                \
		.op = SCRIPTED_ioctl, .fd = (number), .request = (code), \
		.result = -(error)                                       \
	}

struct scripted {
	struct vdev_sys *sys;
	const struct vdev_sys_ops *former_ops;
	void *former_data;
	const struct scripted_call *calls;
	size_t count;
	size_t next;
	long open_fds;
	long mappings;
	long secrets;
	uint64_t now;
	bool root_user;
};

void scripted_start(struct scripted *s, struct vdev_sys *sys,
		    const struct scripted_call *calls, size_t count);
void scripted_done(struct scripted *s);

#define SCRIPT(s, sys, ...)                                                   \
	scripted_start(s, sys, (const struct scripted_call[]){ __VA_ARGS__ }, \
		       sizeof((struct scripted_call[]){ __VA_ARGS__ }) /      \
			       sizeof(struct scripted_call))

#endif
