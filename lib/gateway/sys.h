/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_GATEWAY_SYS_H
#define VDEV_GATEWAY_SYS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/util.h"

/*
 * The gateway: every system call of the library passes here, below a root.
 *
 * struct vdev_sys_ops has one entry for each thing the library asks of the
 * kernel; tests put a table of their own in its place, which scripts answers,
 * fails the Nth call, or plays the kernel's part on a directory. An entry
 * returns 0 or a positive result, or a negative errno; none is called twice
 * for one purpose, so the Nth call is a well-defined place.
 *
 * Paths are absolute and taken from below the root, or, with a directory fd,
 * relative to it and then without "..", and with no link but the last part.
 */

struct vdev_sys;

/* One entry of a directory: its name and its DT_* type. */
typedef int (*vdev_sys_list_fn)(void *data, const char *name,
				unsigned char type);

/* Takes one netlink message (struct nlmsghdr). */
typedef int (*vdev_sys_netlink_fn)(void *data, const void *message);

/* One request of netlink, and who takes the answer. */
struct vdev_sys_netlink {
	int protocol;		/* NETLINK_ROUTE, NETLINK_GENERIC */
	const void *message;	/* struct nlmsghdr; NLM_F_DUMP asks for all */
	vdev_sys_netlink_fn fn; /* NULL if only success is of interest */
	void *data;
	char why[160]; /* receives what the kernel says of its refusal, or "" */
};

/* A program, what it is told and what it says. */
struct vdev_sys_program {
	const char *const *argv; /* the first names a file below the root */
	const char *input;	 /* what it reads; NULL for nothing */
	char *output;		 /* receives what it said, for free() */
	char *errors;		 /* receives what it complained of, too */
};

/* What a program may say; one that says more is ended. */
#define VDEV_SYS_PROGRAM_LIMIT (1 << 20)

struct vdev_sys_ops {
	int (*open)(struct vdev_sys *sys, int dirfd, const char *path,
		    int flags, mode_t mode);
	int (*close)(struct vdev_sys *sys, int fd);
	ssize_t (*read)(struct vdev_sys *sys, int fd, void *buf, size_t size);
	ssize_t (*pread)(struct vdev_sys *sys, int fd, void *buf, size_t size,
			 off_t offset);
	ssize_t (*write)(struct vdev_sys *sys, int fd, const void *buf,
			 size_t size);
	ssize_t (*pwrite)(struct vdev_sys *sys, int fd, const void *buf,
			  size_t size, off_t offset);
	/*
	 * Of what poll() found ready, writes as much as goes without waiting,
	 * at least a byte; -EAGAIN if somebody else took the room.
	 */
	ssize_t (*write_some)(struct vdev_sys *sys, int fd, const void *buf,
			      size_t size);
	/* Not tried again after a signal: -EINTR then. */
	int (*poll)(struct vdev_sys *sys, struct pollfd *fds, nfds_t count,
		    int timeout_ms);
	/* Return: where the file stands then; -ESPIPE if it is no such file. */
	int64_t (*seek)(struct vdev_sys *sys, int fd, int64_t offset,
			int whence);
	/* A duplicate that is close-on-exec. */
	int (*dup)(struct vdev_sys *sys, int fd);
	/* Shared; `prot` as PROT_READ, PROT_WRITE. */
	int (*mmap)(struct vdev_sys *sys, int fd, uint64_t offset,
		    size_t length, int prot, void **ret);
	int (*munmap)(struct vdev_sys *sys, void *address, size_t length);
	/* A wish that memory be in large pages. May be missing. */
	void (*want_huge)(struct vdev_sys *sys, void *address, size_t length);
	int (*list)(struct vdev_sys *sys, int dirfd, const char *path,
		    vdev_sys_list_fn fn, void *data);
	ssize_t (*readlink)(struct vdev_sys *sys, int dirfd, const char *path,
			    char *buf, size_t size);
	int (*stat)(struct vdev_sys *sys, int dirfd, const char *path,
		    struct stat *st, bool follow);
	int (*mkdir)(struct vdev_sys *sys, const char *path, mode_t mode);
	int (*unlink)(struct vdev_sys *sys, const char *path);
	int (*rename)(struct vdev_sys *sys, const char *from, const char *to);
	int (*fsync)(struct vdev_sys *sys, int fd);
	int (*flock)(struct vdev_sys *sys, int fd, int operation);
	int (*chown)(struct vdev_sys *sys, const char *path, uid_t uid,
		     gid_t gid);
	int (*chmod)(struct vdev_sys *sys, const char *path, mode_t mode);
	int (*ioctl)(struct vdev_sys *sys, int fd, unsigned long request,
		     void *arg);
	/*
	 * Writes from a child process, which holds none of our fds, for at
	 * most `timeout_ms`. Return: 0, the write's errno, or -ETIMEDOUT while
	 * the child, whose process id `pending` then receives, goes on in the
	 * kernel.
	 */
	int (*child_write)(struct vdev_sys *sys, const char *path,
			   const char *text, unsigned int timeout_ms,
			   pid_t *pending);
	/* Runs a program. Return: its exit status, or a negative errno. */
	int (*run)(struct vdev_sys *sys, const char *const *argv);
	/*
	 * Runs a program, with our environment, and waits for its end. Return:
	 * its exit status; -EINTR if a signal ended it; -EMSGSIZE if it said
	 * too much; -ENOEXEC if its file cannot be executed; an errno of
	 * starting it. The texts are set unless it is negative.
	 */
	int (*program)(struct vdev_sys *sys, struct vdev_sys_program *program);
	/*
	 * Sends one message and waits for the whole answer. Return: 0, what
	 * `fn` returned, or the kernel's errno as it is.
	 */
	int (*netlink)(struct vdev_sys *sys, struct vdev_sys_netlink *request);
	/*
	 * A socket for what the kernel sends to a multicast group; `fd` is one
	 * that is to take those of this group too, or -1. Return: the socket,
	 * for poll() and close().
	 */
	int (*netlink_listen)(struct vdev_sys *sys, int protocol, int fd,
			      unsigned int group);
	/*
	 * The next datagram, without waiting. Return: its size; -EAGAIN if
	 * there is none; -ENOBUFS if some were lost; -EMSGSIZE if it does not
	 * fit and is lost.
	 */
	ssize_t (*netlink_receive)(struct vdev_sys *sys, int fd, void *buf,
				   size_t size);
	/*
	 * Memory for a secret: zeroed, in no core dump and, where the limit
	 * allows that, in no swap space.
	 */
	int (*secret_new)(struct vdev_sys *sys, size_t size, void **ret);
	void (*secret_free)(struct vdev_sys *sys, void *secret, size_t size);
	/* Random bytes fit for a secret. */
	int (*random)(struct vdev_sys *sys, void *buf, size_t size);
	/*
	 * Reads a key of type "user". Return: its length, of which no more than
	 * `size` bytes are in `buf`.
	 */
	ssize_t (*read_key)(struct vdev_sys *sys, const char *name, void *buf,
			    size_t size);
	uint64_t (*now_ms)(struct vdev_sys *sys);
	void (*sleep_ms)(struct vdev_sys *sys, unsigned int ms);
	int (*is_root)(struct vdev_sys *sys);
};

struct vdev_sys {
	const struct vdev_sys_ops *ops;
	void *data;  /* the ops' own */
	char *root;  /* NULL for the running system */
	int root_fd; /* -1 for the running system */
};

/* What a writing child is called, so that it can be known by its name. */
#define VDEV_SYS_CHILD_NAME "vdev-unbind"

/* Stands for "absolute path" where a directory fd is asked for. */
#define VDEV_SYS_ROOT (-100)

extern const struct vdev_sys_ops vdev_sys_kernel_ops;

void vdev_sys_init(struct vdev_sys *sys);
int vdev_sys_set_root(struct vdev_sys *sys, const char *dir);
void vdev_sys_done(struct vdev_sys *sys);

/* Whether facts come from the running kernel. */
static inline bool vdev_sys_live(const struct vdev_sys *sys)
{
	return !sys->root;
}

/* Plain calls: fds are close-on-exec, EINTR is retried. */
int vdev_sys_open(struct vdev_sys *sys, int dirfd, const char *path, int flags,
		  mode_t mode);
int vdev_sys_open_dir(struct vdev_sys *sys, const char *path);
void vdev_sys_close(struct vdev_sys *sys, int fd);
bool vdev_sys_exists(struct vdev_sys *sys, const char *path);
int vdev_sys_stat(struct vdev_sys *sys, const char *path, struct stat *st);
int vdev_sys_fstat(struct vdev_sys *sys, int fd, struct stat *st);
static inline int vdev_sys_secret_new(struct vdev_sys *sys, size_t size,
				      void **ret)
{
	return sys->ops->secret_new(sys, size, ret);
}
/* Clears it first; NULL is accepted. */
static inline void vdev_sys_secret_free(struct vdev_sys *sys, void *secret,
					size_t size)
{
	if (secret)
		sys->ops->secret_free(sys, secret, size);
}
static inline int vdev_sys_ioctl(struct vdev_sys *sys, int fd,
				 unsigned long request, void *arg)
{
	return sys->ops->ioctl(sys, fd, request, arg);
}
int vdev_sys_dup(struct vdev_sys *sys, int fd);
int vdev_sys_mmap(struct vdev_sys *sys, int fd, uint64_t offset, size_t length,
		  int prot, void **ret);
void vdev_sys_munmap(struct vdev_sys *sys, void *address, size_t length);
void vdev_sys_want_huge(struct vdev_sys *sys, void *address, size_t length);

/*
 * Reads or writes at an offset, short transfers joined. Return: the count,
 * which is smaller than `size` only at the end of the file; -errno if nothing
 * was transferred.
 */
ssize_t vdev_sys_pread(struct vdev_sys *sys, int fd, void *buf, size_t size,
		       uint64_t offset);
ssize_t vdev_sys_pwrite(struct vdev_sys *sys, int fd, const void *buf,
			size_t size, uint64_t offset);

/* Reads up to `size` bytes, short reads joined. Return: the count. */
ssize_t vdev_sys_read_bytes(struct vdev_sys *sys, int dirfd, const char *path,
			    void *buf, size_t size);

/* The same from a descriptor, from where it stands. */
ssize_t vdev_sys_read_fd(struct vdev_sys *sys, int fd, void *buf, size_t size);

/*
 * Reads an attribute into `buf`, ends it with NUL and cuts the newline off.
 * Return: its length, or -EMSGSIZE if it does not fit.
 */
ssize_t vdev_sys_read_attr(struct vdev_sys *sys, int dirfd, const char *path,
			   char *buf, size_t size);

/*
 * Keeps a copy of `text`, which a call above left with its result `n`; `*ret`
 * is NULL for what is not there. Return: 0; -ENOMEM; another failure in `n`.
 */
int vdev_sys_keep_text(ssize_t n, const char *text, char **ret);

/* Reads a file of any length as text; the caller frees `*ret`. */
ssize_t vdev_sys_read_text(struct vdev_sys *sys, int dirfd, const char *path,
			   char **ret);

/* Writes an attribute in one write(2), as sysfs demands. */
int vdev_sys_write_attr(struct vdev_sys *sys, const char *path,
			const char *text);

/* The last part of a link's target, such as a driver's name. */
ssize_t vdev_sys_readlink_name(struct vdev_sys *sys, int dirfd,
			       const char *path, char *buf, size_t size);
/* The whole target. */
ssize_t vdev_sys_readlink(struct vdev_sys *sys, int dirfd, const char *path,
			  char *buf, size_t size);

/* The names in a directory, sorted, without "." and "..". */
int vdev_sys_list(struct vdev_sys *sys, int dirfd, const char *path,
		  struct strv *ret);

/* Makes a directory and those above it. */
int vdev_sys_mkdir_p(struct vdev_sys *sys, const char *path, mode_t mode);

/* Makes what was made, renamed or removed as `path` durable. */
int vdev_sys_sync_parent(struct vdev_sys *sys, const char *path);

/* Replaces a file: the old one or the new one is there, even after a crash. */
int vdev_sys_replace_file(struct vdev_sys *sys, const char *path,
			  const char *text, mode_t mode);
/* Removes a file and makes that durable. No such file is success. */
int vdev_sys_remove_file(struct vdev_sys *sys, const char *path);

#endif
