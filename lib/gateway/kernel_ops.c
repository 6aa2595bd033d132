/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The gateway's table for the running kernel. The one file of the library
 * that makes system calls.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/keyctl.h>
#include <linux/openat2.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gateway/sys.h"

/* How often a lookup below a root may be disturbed. */
#define OPEN_TRIES 1000

#define RETRY(call)                                         \
	({                                                  \
		__typeof__(call) _ret;                      \
		do                                          \
			_ret = (call);                      \
		while (_ret < 0 && errno == EINTR);         \
		_ret < 0 ? (__typeof__(_ret))-errno : _ret; \
	})

/*
 * Opens below the root, where links too lead to places below it. While
 * anything on the system is renamed or mounted the kernel cannot be sure of
 * ".." and says EAGAIN.
 */
static int open_in_root(struct vdev_sys *sys, const char *path, int flags,
			mode_t mode)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned int)(flags | O_CLOEXEC),
		.mode = flags & O_CREAT ? mode : 0,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int fd = -EAGAIN;

	for (unsigned int tries = 0; tries < OPEN_TRIES; tries++) {
		fd = (int)RETRY(syscall(SYS_openat2, sys->root_fd, path, &how,
					sizeof(how)));
		if (fd != -EAGAIN)
			break;
	}
	return fd;
}

static int kernel_open(struct vdev_sys *sys, int dirfd, const char *path,
		       int flags, mode_t mode)
{
	if (dirfd == VDEV_SYS_ROOT && sys->root)
		return open_in_root(sys, path, flags, mode);
	return RETRY(openat(dirfd, path, flags | O_CLOEXEC, mode));
}

static int kernel_close(struct vdev_sys *sys, int fd)
{
	(void)sys;
	return close(fd) ? -errno : 0;
}

static ssize_t kernel_read(struct vdev_sys *sys, int fd, void *buf, size_t size)
{
	(void)sys;
	return RETRY(read(fd, buf, size));
}

static ssize_t kernel_pread(struct vdev_sys *sys, int fd, void *buf,
			    size_t size, off_t offset)
{
	(void)sys;
	return RETRY(pread(fd, buf, size, offset));
}

static ssize_t kernel_write(struct vdev_sys *sys, int fd, const void *buf,
			    size_t size)
{
	(void)sys;
	return RETRY(write(fd, buf, size));
}

static ssize_t kernel_pwrite(struct vdev_sys *sys, int fd, const void *buf,
			     size_t size, off_t offset)
{
	(void)sys;
	return RETRY(pwrite(fd, buf, size, offset));
}

/*
 * A blocking pipe takes this much without waiting once there is any room; of
 * what is longer it may take a part only, and wait.
 */
static ssize_t kernel_write_some(struct vdev_sys *sys, int fd, const void *buf,
				 size_t size)
{
	struct stat st;

	(void)sys;
	if (fstat(fd, &st))
		return -errno;
	if (S_ISSOCK(st.st_mode))
		return RETRY(send(fd, buf, size, MSG_DONTWAIT | MSG_NOSIGNAL));
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode) && size > PIPE_BUF)
		size = PIPE_BUF;
	return RETRY(write(fd, buf, size));
}

static int kernel_poll(struct vdev_sys *sys, struct pollfd *fds, nfds_t count,
		       int timeout_ms)
{
	int ret = poll(fds, count, timeout_ms);

	(void)sys;
	return ret < 0 ? -errno : ret;
}

static int64_t kernel_seek(struct vdev_sys *sys, int fd, int64_t offset,
			   int whence)
{
	off_t ret = lseek(fd, offset, whence);

	(void)sys;
	return ret < 0 ? -errno : ret;
}

static int kernel_dup(struct vdev_sys *sys, int fd)
{
	(void)sys;
	return RETRY(fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

static int kernel_mmap(struct vdev_sys *sys, int fd, uint64_t offset,
		       size_t length, int prot, void **ret)
{
	void *address = mmap(NULL, length, prot, MAP_SHARED, fd, (off_t)offset);

	(void)sys;
	if (address == MAP_FAILED)
		return -errno;
	*ret = address;
	return 0;
}

static int kernel_munmap(struct vdev_sys *sys, void *address, size_t length)
{
	(void)sys;
	return munmap(address, length) ? -errno : 0;
}

static void kernel_want_huge(struct vdev_sys *sys, void *address, size_t length)
{
	(void)sys;
	/* A kernel without large pages gives small ones. */
	(void)madvise(address, length, MADV_HUGEPAGE);
}

static int list_buffer(const char *buf, long size, vdev_sys_list_fn fn,
		       void *data)
{
	for (long at = 0; at < size;) {
		const struct dirent64 *e = (const void *)(buf + at);
		int ret;

		at += e->d_reclen;
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		ret = fn(data, e->d_name, e->d_type);
		if (ret)
			return ret;
	}
	return 0;
}

static int kernel_list(struct vdev_sys *sys, int dirfd, const char *path,
		       vdev_sys_list_fn fn, void *data)
{
	int fd = kernel_open(sys, dirfd, path, O_RDONLY | O_DIRECTORY, 0);
	_Alignas(struct dirent64) char buf[16384];
	int ret = 0;

	if (fd < 0)
		return fd;
	while (!ret) {
		long n = RETRY(syscall(SYS_getdents64, fd, buf, sizeof(buf)));

		if (n <= 0) {
			ret = (int)n;
			break;
		}
		ret = list_buffer(buf, n, fn, data);
	}
	close(fd);
	return ret;
}

/*
 * A place for the *at() calls, which cannot resolve below a root: the opened
 * parent and the last part of the path.
 */
struct place {
	int dirfd;
	const char *name;
	bool close;
};

static int place_find(struct vdev_sys *sys, int dirfd, const char *path,
		      struct place *place)
{
	char parent[PATH_MAX];
	const char *name = str_basename(path);

	*place = (struct place){ dirfd, path, false };
	if (dirfd != VDEV_SYS_ROOT || !sys->root)
		return 0;
	if ((size_t)(name - path) >= sizeof(parent))
		return -ENAMETOOLONG;
	snprintf(parent, sizeof(parent), "%.*s", (int)(name - path), path);
	place->dirfd = open_in_root(sys, parent, O_PATH | O_DIRECTORY, 0);
	place->name = *name ? name : ".";
	place->close = true;
	return place->dirfd < 0 ? place->dirfd : 0;
}

static void place_done(struct place *place)
{
	if (place->close && place->dirfd >= 0)
		close(place->dirfd);
}

#define _auto_place_ __attribute__((cleanup(place_done)))

static ssize_t kernel_readlink(struct vdev_sys *sys, int dirfd,
			       const char *path, char *buf, size_t size)
{
	_auto_place_ struct place at;
	int ret = place_find(sys, dirfd, path, &at);

	if (ret)
		return ret;
	return RETRY(readlinkat(at.dirfd, at.name, buf, size));
}

static int kernel_stat(struct vdev_sys *sys, int dirfd, const char *path,
		       struct stat *st, bool follow)
{
	_auto_place_ struct place at = { .close = false };
	int ret;

	if (follow && dirfd == VDEV_SYS_ROOT && sys->root) {
		int fd = open_in_root(sys, path, O_PATH, 0);

		if (fd < 0)
			return fd;
		ret = fstat(fd, st) ? -errno : 0;
		close(fd);
		return ret;
	}
	ret = place_find(sys, dirfd, path, &at);
	if (ret)
		return ret;
	/* No name: the opened file itself. */
	return RETRY(fstatat(at.dirfd, at.name, st,
			     (follow ? 0 : AT_SYMLINK_NOFOLLOW) |
				     (*at.name ? 0 : AT_EMPTY_PATH)));
}

static int kernel_mkdir(struct vdev_sys *sys, const char *path, mode_t mode)
{
	_auto_place_ struct place at;
	int ret = place_find(sys, VDEV_SYS_ROOT, path, &at);

	return ret ? ret : RETRY(mkdirat(at.dirfd, at.name, mode));
}

static int kernel_unlink(struct vdev_sys *sys, const char *path)
{
	_auto_place_ struct place at;
	int ret = place_find(sys, VDEV_SYS_ROOT, path, &at);

	return ret ? ret : RETRY(unlinkat(at.dirfd, at.name, 0));
}

static int kernel_rename(struct vdev_sys *sys, const char *from, const char *to)
{
	_auto_place_ struct place source;
	_auto_place_ struct place target = { .close = false };
	int ret = place_find(sys, VDEV_SYS_ROOT, from, &source);

	if (!ret)
		ret = place_find(sys, VDEV_SYS_ROOT, to, &target);
	if (ret)
		return ret;
	return RETRY(
		renameat(source.dirfd, source.name, target.dirfd, target.name));
}

static int kernel_fsync(struct vdev_sys *sys, int fd)
{
	(void)sys;
	return RETRY(fsync(fd));
}

static int kernel_flock(struct vdev_sys *sys, int fd, int operation)
{
	(void)sys;
	/* Not retried: a signal is how a user gives up waiting. */
	return flock(fd, operation) ? -errno : 0;
}

static int kernel_chown(struct vdev_sys *sys, const char *path, uid_t uid,
			gid_t gid)
{
	_auto_place_ struct place at;
	int ret = place_find(sys, VDEV_SYS_ROOT, path, &at);

	/* A link as the last part could lead out of the root. */
	return ret ? ret
		   : RETRY(fchownat(at.dirfd, at.name, uid, gid,
				    AT_SYMLINK_NOFOLLOW));
}

static int kernel_chmod(struct vdev_sys *sys, const char *path, mode_t mode)
{
	_auto_place_ struct place at;
	int ret = place_find(sys, VDEV_SYS_ROOT, path, &at);

	return ret ? ret
		   : RETRY(fchmodat(at.dirfd, at.name, mode,
				    AT_SYMLINK_NOFOLLOW));
}

static int kernel_ioctl(struct vdev_sys *sys, int fd, unsigned long request,
			void *arg)
{
	(void)sys;
	return RETRY(ioctl(fd, request, arg));
}

static int kernel_secret_new(struct vdev_sys *sys, size_t size, void **ret)
{
	void *secret = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)sys;
	if (secret == MAP_FAILED)
		return -errno;
	if (madvise(secret, size, MADV_DONTDUMP)) {
		int error = -errno;

		munmap(secret, size);
		return error;
	}
	/* Those who may lock nothing keep their secrets all the same. */
	(void)mlock(secret, size);
	*ret = secret;
	return 0;
}

static void kernel_secret_free(struct vdev_sys *sys, void *secret, size_t size)
{
	(void)sys;
	explicit_bzero(secret, size);
	munmap(secret, size);
}

static int kernel_random(struct vdev_sys *sys, void *buf, size_t size)
{
	ssize_t n = RETRY(getrandom(buf, size, 0));

	(void)sys;
	if (n < 0)
		return (int)n;
	return (size_t)n == size ? 0 : -EIO;
}

/*
 * First where the kernel looks by itself: the keyrings of the thread, process
 * and session. A session's need not lead to the user's.
 */
static ssize_t kernel_read_key(struct vdev_sys *sys, const char *name,
			       void *buf, size_t size)
{
	long key = RETRY(syscall(SYS_request_key, "user", name, NULL, 0));

	(void)sys;
	if (key == -ENOKEY)
		key = RETRY(syscall(SYS_keyctl, KEYCTL_SEARCH,
				    KEY_SPEC_USER_KEYRING, "user", name, 0));
	if (key < 0)
		return key;
	return RETRY(syscall(SYS_keyctl, KEYCTL_READ, key, buf, size));
}

static uint64_t kernel_now_ms(struct vdev_sys *sys)
{
	struct timespec now;

	(void)sys;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void kernel_sleep_ms(struct vdev_sys *sys, unsigned int ms)
{
	struct timespec time = { ms / 1000, (long)(ms % 1000) * 1000000 };

	(void)sys;
	nanosleep(&time, NULL);
}

static int kernel_is_root(struct vdev_sys *sys)
{
	(void)sys;
	return geteuid() == 0;
}

/*
 * The writer keeps nothing of ours: a lock it inherited would stay taken for
 * as long as the kernel keeps it waiting. It dies with us, so that it never
 * starts a write that nobody waits for.
 */
static void __attribute__((noreturn))
child_writer(pid_t parent, int attribute, int answer, const char *text)
{
	int result;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	setsid();
	prctl(PR_SET_NAME, VDEV_SYS_CHILD_NAME);
	if (dup2(attribute, 0) < 0 || dup2(answer, 1) < 0)
		_exit(1);
	syscall(SYS_close_range, 2U, ~0U, 0U);
	result = write(0, text, strlen(text)) < 0 ? -errno : 0;
	if (write(1, &result, sizeof(result)) < 0)
		_exit(1);
	_exit(0);
}

static int read_answer(int fd, unsigned int timeout_ms)
{
	struct timespec now, end;
	int result;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += timeout_ms / 1000;
	end.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		long left;
		int ret;

		clock_gettime(CLOCK_MONOTONIC, &now);
		left = (end.tv_sec - now.tv_sec) * 1000 +
		       (end.tv_nsec - now.tv_nsec) / 1000000;
		if (left < 0)
			return -ETIMEDOUT;
		ret = poll(&p, 1, (int)left);
		if (ret < 0 && errno != EINTR)
			return -errno;
		if (ret > 0)
			break;
	}
	if (RETRY(read(fd, &result, sizeof(result))) != sizeof(result))
		return -EIO;
	return result;
}

static int kernel_child_write(struct vdev_sys *sys, const char *path,
			      const char *text, unsigned int timeout_ms,
			      pid_t *pending)
{
	int attribute = kernel_open(sys, VDEV_SYS_ROOT, path, O_WRONLY, 0);
	pid_t parent = getpid();
	int answer[2];
	int ret;
	pid_t pid;

	if (attribute < 0)
		return attribute;
	if (pipe2(answer, O_CLOEXEC)) {
		ret = -errno;
		close(attribute);
		return ret;
	}
	pid = fork();
	if (!pid)
		child_writer(parent, attribute, answer[1], text);
	ret = pid < 0 ? -errno : 0;
	close(attribute);
	close(answer[1]);
	if (!ret)
		ret = read_answer(answer[0], timeout_ms);
	close(answer[0]);
	if (ret == -ETIMEDOUT)
		*pending = pid;
	else if (pid > 0)
		(void)RETRY(waitpid(pid, NULL, 0));
	return ret;
}

static int kernel_run(struct vdev_sys *sys, const char *const *argv)
{
	int status;
	pid_t pid;

	(void)sys;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid) {
		int null = open("/dev/null", O_RDWR);

		if (null >= 0) {
			dup2(null, 0);
			dup2(null, 1);
			dup2(null, 2);
		}
		syscall(SYS_close_range, 3U, ~0U, 0U);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	if (RETRY(waitpid(pid, &status, 0)) < 0)
		return -ECHILD;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}

/* The ends of pipes that a program is given, and ours; -1 once closed. */
struct talk {
	int in[2];     /* what it reads */
	int out[2];    /* what it says */
	int err[2];    /* what it complains of */
	int failed[2]; /* why it could not be executed */
};

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void talk_close(struct talk *t)
{
	int *ends[] = { t->in, t->out, t->err, t->failed };

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		close_end(&ends[i][0]);
		close_end(&ends[i][1]);
	}
}

static int talk_open(struct talk *t)
{
	int *ends[] = { t->in, t->out, t->err, t->failed };
	int error = 0;

	*t = (struct talk){ { -1, -1 }, { -1, -1 }, { -1, -1 }, { -1, -1 } };
	for (size_t i = 0; i < ARRAY_SIZE(ends) && !error; i++)
		error = pipe2(ends[i], O_CLOEXEC) ? -errno : 0;
	/* Who reads nothing must not keep us from hearing it. */
	if (!error && fcntl(t->in[1], F_SETFL, O_NONBLOCK))
		error = -errno;
	if (error)
		talk_close(t);
	return error;
}

/* Signals as they are for a new program, and no file of ours. */
static void __attribute__((noreturn))
child_program(const struct talk *t, const char *path, const char *const *argv)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	/* Out of the way of those that it shall have. */
	int failed = fcntl(t->failed[1], F_DUPFD_CLOEXEC, 4);
	int in = fcntl(t->in[0], F_DUPFD_CLOEXEC, 4);
	int out = fcntl(t->out[1], F_DUPFD_CLOEXEC, 4);
	int err = fcntl(t->err[1], F_DUPFD_CLOEXEC, 4);
	int error;

	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0 ||
	    dup3(failed, 3, O_CLOEXEC) < 0)
		_exit(127);
	syscall(SYS_close_range, 4U, ~0U, 0U);
	sigaction(SIGPIPE, &action, NULL);
	execv(path, (char *const *)argv);
	error = -errno;
	if (write(3, &error, sizeof(error)) < 0)
		_exit(127);
	_exit(127);
}

/* Takes what is there. Return: 0, or an errno. */
static int hear(int *fd, struct strbuf *said)
{
	char text[4096];
	ssize_t n = RETRY(read(*fd, text, sizeof(text)));

	if (n <= 0)
		close_end(fd);
	if (n <= 0)
		return (int)n;
	strbuf_add(said, text, (size_t)n);
	if (said->failed)
		return -ENOMEM;
	return said->length > VDEV_SYS_PROGRAM_LIMIT ? -EMSGSIZE : 0;
}

/* It may stop reading before it was told all: that is its affair. */
static void tell(int *fd, const char **input, size_t *left)
{
	ssize_t n = *left ? RETRY(write(*fd, *input, *left)) : 0;

	if (n > 0) {
		*input += n;
		*left -= (size_t)n;
	}
	if (!*left || (n < 0 && n != -EAGAIN))
		close_end(fd);
}

/* Until it has closed both ends. */
static int converse(struct talk *t, const char *input, struct strbuf *output,
		    struct strbuf *errors)
{
	size_t left = input ? strlen(input) : 0;
	int error = 0;

	while (!error && (t->out[0] >= 0 || t->err[0] >= 0)) {
		struct pollfd fds[] = { { t->in[1], POLLOUT, 0 },
					{ t->out[0], POLLIN, 0 },
					{ t->err[0], POLLIN, 0 } };

		if (poll(fds, ARRAY_SIZE(fds), -1) < 0) {
			error = errno == EINTR ? 0 : -errno;
			continue;
		}
		if (fds[0].revents)
			tell(&t->in[1], &input, &left);
		if (fds[1].revents)
			error = hear(&t->out[0], output);
		if (fds[2].revents && !error)
			error = hear(&t->err[0], errors);
	}
	return error;
}

/* A pipe without readers is no reason to end a program that links us. */
static void block_pipe_signal(sigset_t *before)
{
	sigset_t block;

	sigemptyset(&block);
	sigaddset(&block, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &block, before);
}

static void restore_signals(const sigset_t *before)
{
	const struct timespec none = { 0 };
	sigset_t pipe;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	if (!sigismember(before, SIGPIPE))
		(void)RETRY(sigtimedwait(&pipe, NULL, &none));
	pthread_sigmask(SIG_SETMASK, before, NULL);
}

static int end_program(pid_t pid, int error, struct talk *t)
{
	int status, why = 0;

	if (error)
		kill(pid, SIGKILL);
	if (RETRY(waitpid(pid, &status, 0)) < 0)
		return error ? error : -ECHILD;
	if (error)
		return error;
	if (RETRY(read(t->failed[0], &why, sizeof(why))) == sizeof(why))
		return why == -ENOMEM ? why : -ENOEXEC;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}

static int run_program(const char *path, struct vdev_sys_program *program)
{
	struct strbuf output = { 0 }, errors = { 0 };
	sigset_t before;
	struct talk t;
	int ret = talk_open(&t);
	pid_t pid;

	if (ret)
		return ret;
	block_pipe_signal(&before);
	pid = fork();
	if (!pid) {
		pthread_sigmask(SIG_SETMASK, &before, NULL);
		child_program(&t, path, program->argv);
	}
	ret = pid < 0 ? -errno : 0;
	close_end(&t.in[0]);
	close_end(&t.out[1]);
	close_end(&t.err[1]);
	close_end(&t.failed[1]);
	if (pid > 0) {
		ret = converse(&t, program->input, &output, &errors);
		close_end(&t.in[1]);
		ret = end_program(pid, ret, &t);
	}
	restore_signals(&before);
	talk_close(&t);
	program->output = ret < 0 ? NULL : strbuf_finish(&output);
	program->errors = ret < 0 ? NULL : strbuf_finish(&errors);
	if (ret >= 0 && program->output && program->errors)
		return ret;
	strbuf_clear(&output);
	strbuf_clear(&errors);
	free(TAKE(program->output));
	free(TAKE(program->errors));
	return ret < 0 ? ret : -ENOMEM;
}

static int kernel_program(struct vdev_sys *sys,
			  struct vdev_sys_program *program)
{
	_auto_free_ char *path = NULL;

	if (asprintf(&path, "%s%s", sys->root ? sys->root : "",
		     program->argv[0]) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	return run_program(path, program);
}

/* libnl's error numbers are its own, and some equal other errnos. */
static int netlink_errno(int error)
{
	switch (-error) {
	case NLE_SUCCESS:
		return 0;
	case NLE_NOMEM:
		return -ENOMEM;
	case NLE_PERM:
	case NLE_NOACCESS:
		return -EPERM;
	case NLE_OPNOTSUPP:
	case NLE_PROTO_MISMATCH:
	case NLE_AF_NOSUPPORT:
		return -EOPNOTSUPP;
	case NLE_NODEV:
		return -ENODEV;
	case NLE_BUSY:
		return -EBUSY;
	case NLE_INVAL:
		return -EINVAL;
	case NLE_DUMP_INTR:
		return -EAGAIN;
	default:
		return -EIO;
	}
}

struct netlink_answer {
	struct vdev_sys_netlink *request;
	int result;
	bool complete;
};

static int netlink_message(struct nl_msg *message, void *data)
{
	struct netlink_answer *answer = data;
	const struct vdev_sys_netlink *request = answer->request;

	if (!request->fn)
		return NL_OK;
	answer->result = request->fn(request->data, nlmsg_hdr(message));
	answer->complete = answer->result;
	return answer->result ? NL_STOP : NL_OK;
}

static int netlink_acknowledged(struct nl_msg *message, void *data)
{
	struct netlink_answer *answer = data;

	(void)message;
	answer->complete = true;
	return NL_STOP;
}

/* A dump that fails half-way says so in the message that ends it. */
static int netlink_finished(struct nl_msg *message, void *data)
{
	const struct nlmsghdr *h = nlmsg_hdr(message);
	struct netlink_answer *answer = data;
	int error;

	if (nlmsg_datalen(h) >= (int)sizeof(error)) {
		memcpy(&error, nlmsg_data(h), sizeof(error));
		if (error < 0)
			answer->result = error;
	}
	return netlink_acknowledged(message, data);
}

/* Behind the error there is the kernel's own sentence, if it has one. */
static void netlink_reason(const struct nlmsgerr *error,
			   struct vdev_sys_netlink *request)
{
	const struct nlmsghdr *h =
		(const void *)((const char *)error - NLMSG_HDRLEN);
	int head = (int)sizeof(*error);
	const struct nlattr *a;

	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(h->nlmsg_flags & NLM_F_CAPPED))
		head += (int)(error->msg.nlmsg_len - NLMSG_HDRLEN);
	a = nlmsg_find_attr((struct nlmsghdr *)h, head, NLMSGERR_ATTR_MSG);
	if (a)
		snprintf(request->why, sizeof(request->why), "%.*s", nla_len(a),
			 (const char *)nla_data(a));
}

static int netlink_refused(struct sockaddr_nl *from, struct nlmsgerr *error,
			   void *data)
{
	struct netlink_answer *answer = data;

	(void)from;
	answer->complete = true;
	answer->result = error->error;
	netlink_reason(error, answer->request);
	return NL_STOP;
}

/* libnl makes it 32 KiB; the kernel makes it no larger than it allows. */
#define NETLINK_RECEIVE_SIZE (1 << 20)

static int netlink_exchange(struct nl_sock *socket, struct nl_msg *message,
			    struct netlink_answer *answer)
{
	const int on = 1;
	int ret = nl_connect(socket, answer->request->protocol);

	if (ret)
		return netlink_errno(ret);
	/* Older kernels do not know it; then there is no sentence. */
	(void)setsockopt(nl_socket_get_fd(socket), SOL_NETLINK, NETLINK_EXT_ACK,
			 &on, sizeof(on));
	/* What is said of hundreds of VFs is longer than a page or ten. */
	nl_socket_enable_msg_peek(socket);
	(void)nl_socket_set_buffer_size(socket, NETLINK_RECEIVE_SIZE, 0);
	nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, netlink_message,
			    answer);
	nl_socket_modify_cb(socket, NL_CB_ACK, NL_CB_CUSTOM,
			    netlink_acknowledged, answer);
	nl_socket_modify_cb(socket, NL_CB_FINISH, NL_CB_CUSTOM,
			    netlink_finished, answer);
	nl_socket_modify_err_cb(socket, NL_CB_CUSTOM, netlink_refused, answer);
	ret = nl_send_auto(socket, message);
	while (ret >= 0 && !answer->complete)
		ret = nl_recvmsgs_default(socket);
	return answer->complete ? answer->result : netlink_errno(ret);
}

static int kernel_netlink(struct vdev_sys *sys,
			  struct vdev_sys_netlink *request)
{
	struct netlink_answer answer = { .request = request };
	struct nl_sock *socket = nl_socket_alloc();
	/* A copy: sending numbers it. */
	struct nl_msg *message =
		nlmsg_convert((struct nlmsghdr *)request->message);
	int ret = -ENOMEM;

	(void)sys;
	*request->why = '\0';
	if (socket && message)
		ret = netlink_exchange(socket, message, &answer);
	nlmsg_free(message);
	nl_socket_free(socket);
	return ret;
}

/* Makes room for a burst; without privilege, as much as is allowed. */
static void enlarge(int fd)
{
	const int size = NETLINK_RECEIVE_SIZE;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size,
				 sizeof(size));
}

static int kernel_netlink_listen(struct vdev_sys *sys, int protocol, int fd,
				 unsigned int group)
{
	const struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	int s = fd;
	int ret = 0;

	(void)sys;
	if (fd < 0) {
		s = RETRY(
			socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
		if (s < 0)
			return s;
		enlarge(s);
		ret = RETRY(bind(s, (const void *)&any, sizeof(any)));
	}
	if (!ret)
		ret = RETRY(setsockopt(s, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
				       &group, sizeof(group)));
	if (!ret)
		return s;
	if (fd < 0)
		close(s);
	return ret;
}

/* Processes may send to groups too; what they say does not count. */
static ssize_t kernel_netlink_receive(struct vdev_sys *sys, int fd, void *buf,
				      size_t size)
{
	struct sockaddr_nl from;
	struct iovec place = { .iov_base = buf, .iov_len = size };
	ssize_t n;

	(void)sys;
	do {
		struct msghdr m = { .msg_name = &from,
				    .msg_namelen = sizeof(from),
				    .msg_iov = &place,
				    .msg_iovlen = 1 };

		n = RETRY(recvmsg(fd, &m, MSG_DONTWAIT));
		if (n >= 0 && m.msg_flags & MSG_TRUNC)
			return -EMSGSIZE;
	} while (n >= 0 && from.nl_pid);
	return n;
}

const struct vdev_sys_ops vdev_sys_kernel_ops = {
	.open = kernel_open,
	.close = kernel_close,
	.read = kernel_read,
	.pread = kernel_pread,
	.write = kernel_write,
	.pwrite = kernel_pwrite,
	.write_some = kernel_write_some,
	.poll = kernel_poll,
	.seek = kernel_seek,
	.dup = kernel_dup,
	.mmap = kernel_mmap,
	.munmap = kernel_munmap,
	.want_huge = kernel_want_huge,
	.list = kernel_list,
	.readlink = kernel_readlink,
	.stat = kernel_stat,
	.mkdir = kernel_mkdir,
	.unlink = kernel_unlink,
	.rename = kernel_rename,
	.fsync = kernel_fsync,
	.flock = kernel_flock,
	.chown = kernel_chown,
	.chmod = kernel_chmod,
	.ioctl = kernel_ioctl,
	.child_write = kernel_child_write,
	.run = kernel_run,
	.program = kernel_program,
	.netlink = kernel_netlink,
	.netlink_listen = kernel_netlink_listen,
	.netlink_receive = kernel_netlink_receive,
	.secret_new = kernel_secret_new,
	.secret_free = kernel_secret_free,
	.random = kernel_random,
	.read_key = kernel_read_key,
	.now_ms = kernel_now_ms,
	.sleep_ms = kernel_sleep_ms,
	.is_root = kernel_is_root,
};
