/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The gateway's table for the running kernel, on files of our own. */

#include "gateway/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "failnth.h"

static const struct vdev_sys_ops *const ops = &vdev_sys_kernel_ops;
static struct vdev_sys sys;

struct place {
	char dir[32];
	char file[48];
	unsigned int fds;
};

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	int fd;

	assert_non_null(p);
	p->fds = count_fds();
	strcpy(p->dir, "/tmp/vdev-ops.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->file, sizeof(p->file), "%s/file", p->dir);
	fd = open(p->file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	vdev_sys_init(&sys);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;

	assert_int_equal(count_fds(), p->fds);
	unlink(p->file);
	rmdir(p->dir);
	free(p);
	return 0;
}

static void read_file(const struct place *p, char buf[64])
{
	ssize_t n = vdev_sys_read_attr(&sys, VDEV_SYS_ROOT, p->file, buf, 64);

	assert_true(n >= 0);
}

static void test_files(void **state)
{
	struct place *p = *state;
	char other[64], buf[64];
	struct stat st;
	int fd;

	fd = ops->open(&sys, VDEV_SYS_ROOT, p->file, O_RDWR, 0);
	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(ops->write(&sys, fd, "abc", 3), 3);
	assert_int_equal(ops->pread(&sys, fd, buf, 2, 1), 2);
	assert_memory_equal(buf, "bc", 2);
	assert_int_equal(ops->fsync(&sys, fd), 0);
	assert_int_equal(ops->ioctl(&sys, fd, TIOCGWINSZ, buf), -ENOTTY);
	assert_int_equal(ops->close(&sys, fd), 0);
	assert_int_equal(ops->read(&sys, fd, buf, 1), -EBADF);
	assert_int_equal(ops->close(&sys, -1), -EBADF);

	assert_int_equal(ops->chmod(&sys, p->file, 0640), 0);
	assert_int_equal(ops->chown(&sys, p->file, getuid(), getgid()), 0);
	assert_int_equal(vdev_sys_stat(&sys, p->file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);

	snprintf(other, sizeof(other), "%s/other", p->dir);
	assert_int_equal(ops->rename(&sys, p->file, other), 0);
	assert_int_equal(ops->rename(&sys, p->file, other), -ENOENT);
	assert_int_equal(symlink("other", p->file), 0);
	assert_int_equal(
		ops->readlink(&sys, VDEV_SYS_ROOT, p->file, buf, sizeof(buf)),
		5);
	assert_int_equal(ops->stat(&sys, VDEV_SYS_ROOT, p->file, &st, false),
			 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(ops->stat(&sys, VDEV_SYS_ROOT, p->file, &st, true), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(ops->unlink(&sys, other), 0);
	assert_int_equal(ops->unlink(&sys, other), -ENOENT);
}

static int count_entry(void *data, const char *name, unsigned char type)
{
	unsigned int *count = data;

	assert_true(*name);
	(void)type;
	++*count;
	return 0;
}

static int stop_at_entry(void *data, const char *name, unsigned char type)
{
	(void)data;
	(void)name;
	(void)type;
	return -ECANCELED;
}

/* More names than one buffer holds. */
static void test_offsets(void **state)
{
	struct place *p = *state;
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char buf[8] = "";
	int fd, copy;
	void *map;

	fd = ops->open(&sys, VDEV_SYS_ROOT, p->file, O_RDWR, 0);
	assert_true(fd >= 0);
	assert_int_equal(vdev_sys_pwrite(&sys, fd, "abcd", 4, 2), 4);
	assert_int_equal(vdev_sys_pread(&sys, fd, buf, sizeof(buf), 3), 3);
	assert_memory_equal(buf, "bcd", 3);
	copy = vdev_sys_dup(&sys, fd);
	assert_true(copy > fd);
	assert_true(fcntl(copy, F_GETFD) & FD_CLOEXEC);
	vdev_sys_close(&sys, fd);
	assert_int_equal(ftruncate(copy, (off_t)page * 2), 0);
	assert_int_equal(vdev_sys_pwrite(&sys, copy, "x", 1, page), 1);
	assert_int_equal(vdev_sys_mmap(&sys, copy, page, page,
				       PROT_READ | PROT_WRITE, &map),
			 0);
	assert_int_equal(*(char *)map, 'x');
	*(char *)map = 'y';
	vdev_sys_munmap(&sys, map, page);
	assert_int_equal(vdev_sys_pread(&sys, copy, buf, 1, page), 1);
	assert_int_equal(buf[0], 'y');
	map = NULL;
	assert_int_equal(vdev_sys_mmap(&sys, copy, 1, page, PROT_READ, &map),
			 -EINVAL);
	assert_null(map);
	vdev_sys_close(&sys, copy);
	assert_int_equal(vdev_sys_dup(&sys, copy), -EBADF);
	assert_int_equal(vdev_sys_pread(&sys, copy, buf, 1, 0), -EBADF);
	assert_int_equal(vdev_sys_pwrite(&sys, copy, buf, 1, 0), -EBADF);
}

static void test_long_list(void **state)
{
	struct place *p = *state;
	char path[PATH_MAX];
	unsigned int count = 0;

	for (unsigned int i = 0; i < 1000; i++) {
		snprintf(path, sizeof(path), "%s/a-name-of-some-length-%u",
			 p->dir, i);
		assert_int_equal(symlink("x", path), 0);
	}
	assert_int_equal(
		ops->list(&sys, VDEV_SYS_ROOT, p->dir, count_entry, &count), 0);
	assert_int_equal(count, 1001);
	assert_int_equal(
		ops->list(&sys, VDEV_SYS_ROOT, p->dir, stop_at_entry, NULL),
		-ECANCELED);
	assert_int_equal(
		ops->list(&sys, VDEV_SYS_ROOT, p->file, count_entry, &count),
		-ENOTDIR);
	for (unsigned int i = 0; i < 1000; i++) {
		snprintf(path, sizeof(path), "%s/a-name-of-some-length-%u",
			 p->dir, i);
		assert_int_equal(unlink(path), 0);
	}
}

/* --- Signals */

static int alarm_fd;
static volatile sig_atomic_t alarms;

/* The third one lets the reader go on. */
static void on_alarm(int signal)
{
	(void)signal;
	if (++alarms == 3 && alarm_fd >= 0 && write(alarm_fd, "x", 1) != 1)
		abort();
}

static void ring(unsigned int first_ms, unsigned int every_ms)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct itimerval timer = {
		.it_value = { .tv_usec = (long)first_ms * 1000 },
		.it_interval = { .tv_usec = (long)every_ms * 1000 },
	};

	alarms = 0;
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

static void silence(void)
{
	assert_int_equal(setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL),
			 0);
	signal(SIGALRM, SIG_DFL);
}

static void test_read_goes_on(void **state)
{
	char c;
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	alarm_fd = fds[1];
	ring(10, 10);
	assert_int_equal(ops->read(&sys, fds[0], &c, 1), 1);
	silence();
	assert_true(alarms >= 3);
	close(fds[0]);
	close(fds[1]);
}

/* A user who presses Ctrl-C must not wait for a lock any longer. */
static void test_flock_ends(void **state)
{
	struct place *p = *state;
	int a = open(p->file, O_RDONLY | O_CLOEXEC);
	int b = open(p->file, O_RDONLY | O_CLOEXEC);

	assert_int_equal(ops->flock(&sys, a, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(ops->flock(&sys, b, LOCK_EX | LOCK_NB), -EAGAIN);
	alarm_fd = -1;
	ring(20, 0);
	assert_int_equal(ops->flock(&sys, b, LOCK_EX), -EINTR);
	silence();
	close(a);
	close(b);
}

/* --- The child that writes */

static void assert_no_children(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void test_child_write(void **state)
{
	struct place *p = *state;
	char buf[64];
	pid_t pid = 0;

	assert_int_equal(ops->child_write(&sys, p->file, "text", 5000, &pid),
			 0);
	read_file(p, buf);
	assert_string_equal(buf, "text");
	assert_int_equal(ops->child_write(&sys, "/dev/full", "x", 5000, &pid),
			 -ENOSPC);
	assert_int_equal(ops->child_write(&sys, "/nowhere", "x", 5000, &pid),
			 -ENOENT);
	assert_no_children();
}

/* Those above the limit are valgrind's. */
static unsigned int count_fds_of(pid_t pid)
{
	_auto_strv_ struct strv names = { 0 };
	struct rlimit limit;
	unsigned int count = 0;
	const char *name;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	assert_int_equal(vdev_sys_list(&sys, VDEV_SYS_ROOT, path, &names), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	strv_foreach(&names, name)
		count += (rlim_t)atoi(name) < limit.rlim_cur;
	return count;
}

/* A pipe that is full stands for a kernel that waits. */
static int full_fifo(const struct place *p)
{
	char block[4096] = { 0 };
	int fd;

	assert_int_equal(unlink(p->file), 0);
	assert_int_equal(mkfifo(p->file, 0600), 0);
	fd = open(p->file, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	assert_true(fd >= 0);
	while (write(fd, block, sizeof(block)) > 0)
		;
	assert_int_equal(errno, EAGAIN);
	return fd;
}

/* Reads until the writer is done; keeps the end. */
static void drain(int fd, pid_t writer, char end[8])
{
	char block[4096];
	bool over = false;

	for (int i = 0; i < 500; i++) {
		ssize_t n;

		memset(block, 0, sizeof(block));
		n = read(fd, block, sizeof(block) - 1);
		if (n > 0)
			memcpy(end, block + (n > 4 ? n - 4 : 0), 5);
		else if (over)
			return;
		else
			usleep(10000);
		over |= waitpid(writer, NULL, WNOHANG) == writer;
	}
	fail_msg("the writer does not end");
}

static void test_child_waits(void **state)
{
	struct place *p = *state;
	int fifo = full_fifo(p);
	char path[64], name[64], end[8] = "";
	uint64_t start = ops->now_ms(&sys);
	int lock, other;
	pid_t pid = 0;

	lock = open(p->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	other = open(p->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(ops->flock(&sys, lock, LOCK_EX), 0);

	assert_int_equal(ops->child_write(&sys, p->file, "late", 100, &pid),
			 -ETIMEDOUT);
	assert_in_range(ops->now_ms(&sys) - start, 99, 5000);
	assert_true(pid > 0);
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	assert_true(vdev_sys_read_attr(&sys, VDEV_SYS_ROOT, path, name,
				       sizeof(name)) > 0);
	assert_string_equal(name, VDEV_SYS_CHILD_NAME);
	/* What it writes to and what it answers on; the lock is ours alone. */
	assert_int_equal(count_fds_of(pid), 2);
	close(lock);
	assert_int_equal(ops->flock(&sys, other, LOCK_EX | LOCK_NB), 0);
	close(other);

	drain(fifo, pid, end);
	assert_string_equal(end, "late");
	assert_no_children();
	close(fifo);
}

/* Ended; reaping it is init's business. */
static bool is_over(pid_t pid)
{
	char path[64], status[1024];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	return vdev_sys_read_attr(&sys, VDEV_SYS_ROOT, path, status,
				  sizeof(status)) <= 0 ||
	       strstr(status, ") Z");
}

/* A writer whose parent is killed goes too. */
static void test_child_is_no_orphan(void **state)
{
	struct place *p = *state;
	int fifo = full_fifo(p);
	pid_t pid, writer = 0;
	int tell[2];

	assert_int_equal(pipe2(tell, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		(void)ops->child_write(&sys, p->file, "x", 100, &writer);
		if (write(tell[1], &writer, sizeof(writer)) < 0)
			_exit(1);
		_exit(0);
	}
	assert_int_equal(read(tell[0], &writer, sizeof(writer)),
			 sizeof(writer));
	assert_true(writer > 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	for (int i = 0; i < 500 && !is_over(writer); i++)
		usleep(10000);
	assert_true(is_over(writer));
	close(tell[0]);
	close(tell[1]);
	close(fifo);
}

/* --- Programs */

static void test_run(void **state)
{
	static const struct {
		const char *argv[4];
		int ret;
	} cases[] = {
		{ { "true" }, 0 },
		{ { "false" }, 1 },
		{ { "sh", "-c", "exit 42" }, 42 },
		{ { "vdev-no-such-program" }, 127 },
		{ { "sh", "-c", "kill -9 $$" }, -EINTR },
		/* Nothing of ours is open in it, and it is quiet. */
		{ { "sh", "-c", "test ! -e /proc/self/fd/50" }, 0 },
		{ { "sh", "-c", "test ! -t 0 && echo noise && echo noise >&2" },
		  0 },
	};
	int extra = dup2(0, 50);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(ops->run(&sys, cases[i].argv), cases[i].ret);
	assert_int_equal(extra, 50);
	close(extra);
	assert_no_children();
}

/* --- Facts */

static int count_message(void *data, const void *message)
{
	const struct nlmsghdr *header = message;
	unsigned int *count = data;

	assert_int_equal(header->nlmsg_type, RTM_NEWLINK);
	++*count;
	return 0;
}

static int stop_at_message(void *data, const void *message)
{
	(void)data;
	(void)message;
	return -ECANCELED;
}

static const struct {
	struct nlmsghdr h;
	struct ifinfomsg info;
} all_links = {
	.h = { .nlmsg_len = sizeof(all_links),
	       .nlmsg_type = RTM_GETLINK,
	       .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
}, no_link = {
	.h = { .nlmsg_len = sizeof(no_link),
	       .nlmsg_type = RTM_GETLINK,
	       .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
	.info = { .ifi_index = INT_MAX },
}, bad_link = {
	.h = { .nlmsg_len = sizeof(bad_link),
	       .nlmsg_type = RTM_GETLINK,
	       .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
};

static void test_netlink(void **state)
{
	unsigned int count = 0;
	struct vdev_sys_netlink request = { .protocol = NETLINK_ROUTE,
					    .message = &all_links,
					    .fn = count_message,
					    .data = &count };
	int ret = ops->netlink(&sys, &request);

	(void)state;
	if (ret == -EPERM || ret == -EOPNOTSUPP) {
		print_message("# no rtnetlink here\n");
		skip();
	}
	assert_int_equal(ret, 0);
	assert_true(count > 0);
	request.fn = stop_at_message;
	assert_int_equal(ops->netlink(&sys, &request), -ECANCELED);

	/* The kernel's errno is not that of libnl. */
	request.message = &no_link;
	assert_int_equal(ops->netlink(&sys, &request), -ENODEV);
	request.message = &bad_link;
	request.fn = NULL;
	assert_int_equal(ops->netlink(&sys, &request), -EINVAL);
}

/* The kernel's uevents need no more than a socket of one's own. */
static void test_netlink_events(void **state)
{
	char buf[16];
	int fd = ops->netlink_listen(&sys, NETLINK_KOBJECT_UEVENT, -1, 1);
	ssize_t n;

	(void)state;
	if (fd < 0) {
		print_message("# no uevents here\n");
		skip();
	}
	/* Something may happen just now, which does not fit. */
	n = ops->netlink_receive(&sys, fd, buf, sizeof(buf));
	assert_true(n == -EAGAIN || n == -EMSGSIZE);
	assert_int_equal(
		ops->netlink_listen(&sys, NETLINK_KOBJECT_UEVENT, fd, 2), fd);
	assert_int_equal(
		ops->netlink_listen(&sys, NETLINK_KOBJECT_UEVENT, fd, 4000),
		-EINVAL);
	assert_int_equal(ops->close(&sys, fd), 0);
	assert_int_equal(
		ops->netlink_listen(&sys, NETLINK_KOBJECT_UEVENT, -1, 4000),
		-EINVAL);
	assert_true(ops->netlink_listen(&sys, 31, -1, 1) < 0);
	assert_int_equal(ops->netlink_receive(&sys, -1, buf, sizeof(buf)),
			 -EBADF);
}

static void test_time(void **state)
{
	uint64_t start = ops->now_ms(&sys);

	(void)state;
	ops->sleep_ms(&sys, 20);
	assert_in_range(ops->now_ms(&sys) - start, 19, 5000);
}

/* Fills what does not wait for a reader; then poll() knows. */
static void check_room(int from, int to)
{
	struct pollfd ready = { .fd = to, .events = POLLOUT };
	char piece[8192] = { 0 };
	size_t written = 0;
	ssize_t n;

	while (ops->poll(&sys, &ready, 1, 0) == 1) {
		n = ops->write_some(&sys, to, piece, sizeof(piece));
		assert_true(n > 0 || n == -EAGAIN);
		written += n > 0 ? (size_t)n : 0;
	}
	assert_true(written >= sizeof(piece));
	while (written) {
		n = ops->read(&sys, from, piece, sizeof(piece));
		assert_true(n > 0 && (size_t)n <= written);
		written -= (size_t)n;
	}
	assert_int_equal(ops->poll(&sys, &ready, 1, 0), 1);
}

static void test_write_some(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	check_room(ends[0], ends[1]);
	assert_int_equal(ops->seek(&sys, ends[0], 0, SEEK_CUR), -ESPIPE);
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	check_room(ends[0], ends[1]);
	close(ends[0]);
	/* Without a signal. */
	assert_int_equal(ops->write_some(&sys, ends[1], "x", 1), -EPIPE);
	close(ends[1]);
	assert_int_equal(ops->write_some(&sys, ends[1], "x", 1), -EBADF);
}

static void test_seek(void **state)
{
	const struct place *p = *state;
	int fd = ops->open(&sys, VDEV_SYS_ROOT, p->file,
			   O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	char byte;

	assert_true(fd >= 0);
	assert_int_equal(ops->write_some(&sys, fd, "abc", 3), 3);
	assert_int_equal(ops->seek(&sys, fd, 0, SEEK_CUR), 3);
	assert_int_equal(ops->seek(&sys, fd, 1, SEEK_SET), 1);
	assert_int_equal(ops->read(&sys, fd, &byte, 1), 1);
	assert_int_equal(byte, 'b');
	assert_int_equal(ops->poll(&sys, &ready, 1, 0), 1);
	ops->close(&sys, fd);
}

static void test_is_root(void **state)
{
	(void)state;
	assert_int_equal(ops->is_root(&sys), geteuid() == 0);
}

#define PLACE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACE_TEST(test_files),
		PLACE_TEST(test_offsets),
		PLACE_TEST(test_long_list),
		PLACE_TEST(test_read_goes_on),
		PLACE_TEST(test_flock_ends),
		PLACE_TEST(test_child_write),
		PLACE_TEST(test_child_waits),
		PLACE_TEST(test_child_is_no_orphan),
		PLACE_TEST(test_run),
		PLACE_TEST(test_netlink),
		PLACE_TEST(test_netlink_events),
		PLACE_TEST(test_time),
		PLACE_TEST(test_write_some),
		PLACE_TEST(test_seek),
		PLACE_TEST(test_is_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
