/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fakekernel.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdio.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#include "fakebus.h"

/* The process ids of writers that wait start here. */
#define FIRST_WAITING_PID 4242

/* --- Set-up */

struct fakekernel *fakekernel_new(void)
{
	const char *tmp = getenv("TMPDIR");
	struct fakekernel *fk = calloc(1, sizeof(*fk));

	assert_non_null(fk);
	snprintf(fk->base, sizeof(fk->base), "%s/vdev-fake.XXXXXX",
		 tmp && strlen(tmp) < 40 ? tmp : "/tmp");
	assert_non_null(mkdtemp(fk->base));
	snprintf(fk->root, sizeof(fk->root), "%s/root", fk->base);
	bus_make(fk);
	vdev_sys_init(&fk->kernel);
	assert_int_equal(vdev_sys_set_root(&fk->kernel, fk->root), 0);
	fk->now = 1000;
	fk->root_user = true;
	return fk;
}

void fakekernel_free(struct fakekernel *fk)
{
	if (!fk)
		return;
	vdev_sys_done(&fk->kernel);
	host_remove(fk->base);
	for (size_t i = 0; i < fk->device_count; i++) {
		free((char *)fk->devices[i].address);
		free((char *)fk->devices[i].parent);
		free((char *)fk->devices[i].native);
	}
	free(fk);
}

const char *fakekernel_root(const struct fakekernel *fk)
{
	return fk->root;
}

static struct fake_driver_entry *
add_driver(struct fakekernel *fk, const char *name, enum fake_driver kind)
{
	struct fake_driver_entry *driver = &fk->drivers[fk->driver_count++];

	assert_true(fk->driver_count <= FAKE_MOST_DRIVERS);
	snprintf(driver->name, sizeof(driver->name), "%s", name);
	driver->kind = kind;
	return driver;
}

void fakekernel_add_driver(struct fakekernel *fk, const char *name,
			   enum fake_driver kind)
{
	bus_load_driver(fk, add_driver(fk, name, kind));
}

void fakekernel_add_module(struct fakekernel *fk, const char *name,
			   enum fake_driver kind)
{
	char text[4096];
	size_t n = 0;

	(void)add_driver(fk, name, kind);
	for (size_t i = 0; i < fk->driver_count; i++)
		if (!bus_driver_loaded(fk, fk->drivers[i].name))
			n += (size_t)snprintf(text + n, sizeof(text) - n,
					      "kernel/drivers/%s.ko:\n",
					      fk->drivers[i].name);
	fake_put(fk, text, "/lib/modules/%s/modules.dep", FAKE_RELEASE);
}

static char *copy(const char *s)
{
	char *c = s ? strdup(s) : NULL;

	assert_true(!s || c);
	return c;
}

void fakekernel_add_device(struct fakekernel *fk,
			   const struct fake_device *device)
{
	struct fake_device *d = &fk->devices[fk->device_count++];

	assert_true(fk->device_count <= FAKE_MOST_DEVICES);
	*d = *device;
	d->address = copy(device->address);
	d->parent = copy(device->parent);
	d->native = copy(device->native);
	bus_make_device(fk, fk->device_count - 1);
	bus_probe(fk, d);
}

void fakekernel_remove_device(struct fakekernel *fk, const char *address)
{
	const struct fake_device *device = bus_find(fk, address);

	assert_non_null(device);
	bus_remove(fk, device);
}

void fakekernel_write(struct fakekernel *fk, const char *path, const char *fmt,
		      ...)
{
	char *text;
	va_list args;

	va_start(args, fmt);
	assert_true(vasprintf(&text, fmt, args) >= 0);
	va_end(args);
	fake_put(fk, text, "%s", path);
	free(text);
}

void fakekernel_link(struct fakekernel *fk, const char *target,
		     const char *path)
{
	fake_link(fk, target, path);
}

bool fakekernel_exists(const struct fakekernel *fk, const char *path)
{
	return fake_has(fk, "%s", path);
}

const char *fakekernel_driver(struct fakekernel *fk, const char *address)
{
	const struct fake_device *device = bus_find(fk, address);
	struct fake_driver_entry *driver =
		device ? bus_bound(fk, device) : NULL;

	snprintf(fk->driver_text, sizeof(fk->driver_text), "%s",
		 driver ? driver->name : "");
	return fk->driver_text;
}

const char *fakekernel_override(struct fakekernel *fk, const char *address)
{
	const struct fake_device *device = bus_find(fk, address);
	char path[PATH_MAX];

	*fk->override_text = '\0';
	if (device) {
		bus_path(fk, device, path);
		strcat(path, "/driver_override");
		fake_get(fk, path, fk->override_text,
			 sizeof(fk->override_text));
	}
	if (str_eq(fk->override_text, "(null)"))
		*fk->override_text = '\0';
	return fk->override_text;
}

/* --- Knobs */

void fakekernel_refuse(struct fakekernel *fk, const char *driver, int error)
{
	struct fake_driver_entry *d = bus_driver(fk, driver);

	assert_non_null(d);
	d->refuse = error;
}

static void waiting_process(const struct fakekernel *fk,
			    const struct fake_device *device, char *dir,
			    size_t size)
{
	snprintf(dir, size, "/proc/%d",
		 FIRST_WAITING_PID + (int)(device - fk->devices));
}

void fakekernel_hold(struct fakekernel *fk, const char *address)
{
	fake_note(fk, "held", address, "");
}

/* The removal of the VFs of a PF goes on. */
static void end_removal(struct fakekernel *fk, const struct fake_device *pf)
{
	char what[64], dir[64];

	if (!fake_noted(fk, "waits", pf->address, what, sizeof(what)))
		return;
	sriov_remove_vfs(fk, pf);
	fake_forget(fk, "waits", pf->address);
	waiting_process(fk, pf, dir, sizeof(dir));
	fake_remove(fk, "%s", dir);
}

void fakekernel_let_go(struct fakekernel *fk, const char *address)
{
	const struct fake_device *device = bus_find(fk, address);
	char driver[64], dir[64];

	fake_forget(fk, "held", address);
	if (device && fk->pf_of[device - fk->devices])
		end_removal(fk, fk->pf_of[device - fk->devices]);
	if (!device ||
	    !fake_noted(fk, "waits", address, driver, sizeof(driver)))
		return;
	bus_release(fk, device, bus_driver(fk, driver));
	fake_forget(fk, "waits", address);
	waiting_process(fk, device, dir, sizeof(dir));
	fake_remove(fk, "%s", dir);
}

void fakekernel_delay_nodes(struct fakekernel *fk, unsigned int ms)
{
	fk->node_delay = ms;
}

void fakekernel_vanish(struct fakekernel *fk, const char *address,
		       unsigned int nth_write)
{
	fk->vanishing = bus_find(fk, address);
	assert_non_null(fk->vanishing);
	fk->vanish_at = nth_write;
	fk->writes = 0;
}

void fakekernel_fail_write(struct fakekernel *fk, unsigned int nth_write,
			   int error)
{
	fk->fail_at = nth_write;
	fk->fail_error = error;
	fk->writes = 0;
}

void fakekernel_set_root_user(struct fakekernel *fk, bool root)
{
	fk->root_user = root;
}

void fakekernel_die_at(struct fakekernel *fk, unsigned int nth_call)
{
	fk->die_at = nth_call;
	fk->calls = 0;
}

unsigned int fakekernel_calls(const struct fakekernel *fk)
{
	return fk->calls;
}

unsigned int fakekernel_writes(const struct fakekernel *fk)
{
	return fk->writes;
}

/* --- What a write does */

/* Who writes: in a child of the gateway it may wait, elsewhere never. */
struct writer {
	bool child;
	pid_t *pending;
};

/* The kernel waits, holding the device's lock. */
static int wait_for_user(struct fakekernel *fk, struct writer *writer,
			 const struct fake_device *device)
{
	char dir[64];

	if (!writer->child)
		fail_msg("%s: a write that waits for its users, outside of a "
			 "child",
			 device->address);
	waiting_process(fk, device, dir, sizeof(dir));
	*writer->pending = (pid_t)strtol(str_basename(dir), NULL, 10);
	return -ETIMEDOUT;
}

static bool waits(struct fakekernel *fk, const struct fake_device *device)
{
	char driver[64];

	return fake_noted(fk, "waits", device->address, driver, sizeof(driver));
}

static int write_unbind(struct fakekernel *fk, struct writer *writer,
			const struct fake_driver_entry *driver,
			const struct fake_device *device)
{
	char none[8], dir[64];

	if (device && waits(fk, device))
		return wait_for_user(fk, writer, device);
	if (!device || bus_bound(fk, device) != driver)
		return -ENODEV;
	if (fake_noted(fk, "held", device->address, none, sizeof(none))) {
		/* The link goes before the driver is told. */
		bus_unlink_driver(fk, device);
		fake_note(fk, "waits", device->address, driver->name);
		waiting_process(fk, device, dir, sizeof(dir));
		fake_put(fk, VDEV_SYS_CHILD_NAME "\n", "%s/comm", dir);
		return wait_for_user(fk, writer, device);
	}
	bus_detach(fk, device);
	return 0;
}

static int write_bind(struct fakekernel *fk, struct writer *writer,
		      struct fake_driver_entry *driver,
		      const struct fake_device *device)
{
	if (device && waits(fk, device))
		return wait_for_user(fk, writer, device);
	if (!device || !bus_match(fk, driver, device))
		return -ENODEV;
	if (bus_bound(fk, device))
		return -EBUSY;
	if (!sriov_can_probe(fk, device))
		return -ENODEV;
	return bus_attach(fk, driver, device);
}

static int write_probe(struct fakekernel *fk, const struct fake_device *device)
{
	if (!device)
		return -ENODEV;
	/* What the driver says to it, nobody hears. */
	if (!bus_bound(fk, device) && !waits(fk, device))
		bus_probe(fk, device);
	return 0;
}

static int write_override(struct fakekernel *fk, const char *path,
			  const char *text)
{
	char line[64];

	if (strlen(text) >= sizeof(line) - 1)
		return -EINVAL;
	snprintf(line, sizeof(line), "%s\n", *text ? text : "(null)");
	fake_put(fk, line, "%s", path);
	return 0;
}

static int write_numvfs(struct fakekernel *fk, struct writer *writer,
			const struct fake_device *pf, const char *text)
{
	char dir[64];

	if (!waits(fk, pf) && str_eq(text, "0") && sriov_held(fk, pf)) {
		fake_note(fk, "waits", pf->address, "sriov");
		waiting_process(fk, pf, dir, sizeof(dir));
		fake_put(fk, VDEV_SYS_CHILD_NAME "\n", "%s/comm", dir);
	}
	if (waits(fk, pf))
		return wait_for_user(fk, writer, pf);
	return sriov_set_numvfs(fk, pf, text);
}

/* An attribute of a device that has an effect; 1 for any other file. */
static int write_device(struct fakekernel *fk, struct writer *writer,
			const char *path, const char *text)
{
	const char *name = str_basename(path);
	char dir[PATH_MAX], own[PATH_MAX];
	const struct fake_device *device;

	fake_path(dir, "%.*s", (int)(name - path - 1), path);
	device = bus_find(fk, str_basename(dir));
	if (!device)
		return 1;
	bus_path(fk, device, own);
	if (!str_eq(dir, own))
		return 1;
	if (str_eq(name, "driver_override"))
		return write_override(fk, path, text);
	if (str_eq(name, "sriov_numvfs"))
		return write_numvfs(fk, writer, device, text);
	if (!str_eq(name, "remove"))
		return 1;
	if (waits(fk, device))
		return wait_for_user(fk, writer, device);
	if (!str_eq(text, "0"))
		bus_remove(fk, device);
	return 0;
}

static int write_bus(struct fakekernel *fk, struct writer *writer,
		     const char *path, const char *text)
{
	const char *name = str_basename(path);
	const struct fake_device *device = bus_find(fk, text);
	struct fake_driver_entry *driver;
	char dir[PATH_MAX];

	if (str_eq(path, "/sys/bus/pci/drivers_probe"))
		return write_probe(fk, device);
	if (!str_starts(path, "/sys/bus/pci/drivers/"))
		return write_device(fk, writer, path, text);
	fake_path(dir, "%.*s", (int)(name - path - 1), path);
	driver = bus_driver(fk, str_basename(dir));
	assert_non_null(driver);
	if (str_eq(name, "bind"))
		return write_bind(fk, writer, driver, device);
	if (str_eq(name, "unbind"))
		return write_unbind(fk, writer, driver, device);
	return 1;
}

/* A whole write to sysfs: 0 or a negative errno; 1 to store it as it is. */
static int write_sysfs(struct fakekernel *fk, struct writer *writer,
		       const char *path, const char *text)
{
	int ret;

	fk->writes++;
	if (fk->vanish_at && fk->writes == fk->vanish_at &&
	    bus_find(fk, fk->vanishing->address))
		bus_remove(fk, fk->vanishing);
	if (fk->fail_at && fk->writes == fk->fail_at)
		return -fk->fail_error;
	/* An open attribute of a device that is gone. */
	if (!fake_has(fk, "%s", path))
		return -ENODEV;
	ret = mdev_write(fk, path, text);
	/* It waits as an unbind does, for a process that is no one's. */
	if (ret == -ETIMEDOUT && writer->pending)
		*writer->pending = FIRST_WAITING_PID;
	return ret == 1 ? write_bus(fk, writer, path, text) : ret;
}

/* Which file below the root an fd is; false if it is none. */
static bool path_of_fd(const struct fakekernel *fk, int fd, char path[PATH_MAX])
{
	static const char deleted[] = " (deleted)";
	char link[PATH_MAX], target[PATH_MAX];
	size_t root = strlen(fk->root);
	ssize_t n;

	fake_path(link, "/proc/self/fd/%d", fd);
	n = readlink(link, target, sizeof(target) - 1);
	if (n < 0)
		return false;
	target[n] = '\0';
	if (strlen(target) > strlen(deleted) &&
	    str_eq(target + strlen(target) - strlen(deleted), deleted))
		target[strlen(target) - strlen(deleted)] = '\0';
	if (strncmp(target, fk->root, root) != 0 || target[root] != '/')
		return false;
	strcpy(path, target + root);
	return true;
}

static int store(int fd, const void *buf, size_t size)
{
	if (ftruncate(fd, 0) || pwrite(fd, buf, size, 0) != (ssize_t)size)
		return -EIO;
	return 0;
}

static int write_fd(struct fakekernel *fk, struct writer *writer, int fd,
		    const char *path, const void *buf, size_t size)
{
	char text[256];
	int ret;

	if (size >= sizeof(text))
		return -EINVAL;
	memcpy(text, buf, size);
	text[size] = '\0';
	ret = write_sysfs(fk, writer, path, str_trim(text));
	return ret > 0 ? store(fd, buf, size) : ret;
}

/* --- The table */

/* Counts a call, which may be the one not to be made. */
static struct fakekernel *enter(struct vdev_sys *sys)
{
	struct fakekernel *fk = sys->data;

	if (++fk->calls == fk->die_at)
		_exit(137);
	return fk;
}

#define KERNEL(fk, op, ...) vdev_sys_kernel_ops.op(&(fk)->kernel, __VA_ARGS__)

static int fake_open(struct vdev_sys *sys, int dirfd, const char *path,
		     int flags, mode_t mode)
{
	return KERNEL(enter(sys), open, dirfd, path, flags, mode);
}

static int fake_close(struct vdev_sys *sys, int fd)
{
	return KERNEL(enter(sys), close, fd);
}

static ssize_t fake_read(struct vdev_sys *sys, int fd, void *buf, size_t size)
{
	return KERNEL(enter(sys), read, fd, buf, size);
}

static ssize_t fake_pread(struct vdev_sys *sys, int fd, void *buf, size_t size,
			  off_t offset)
{
	return KERNEL(enter(sys), pread, fd, buf, size, offset);
}

static ssize_t fake_write(struct vdev_sys *sys, int fd, const void *buf,
			  size_t size)
{
	struct fakekernel *fk = enter(sys);
	struct writer writer = { .child = false };
	char path[PATH_MAX];
	int ret;

	if (!path_of_fd(fk, fd, path) || !str_starts(path, "/sys/"))
		return KERNEL(fk, write, fd, buf, size);
	ret = write_fd(fk, &writer, fd, path, buf, size);
	return ret ? ret : (ssize_t)size;
}

static ssize_t fake_pwrite(struct vdev_sys *sys, int fd, const void *buf,
			   size_t size, off_t offset)
{
	return KERNEL(enter(sys), pwrite, fd, buf, size, offset);
}

static int fake_dup(struct vdev_sys *sys, int fd)
{
	return KERNEL(enter(sys), dup, fd);
}

static int fake_mmap(struct vdev_sys *sys, int fd, uint64_t offset,
		     size_t length, int prot, void **ret)
{
	return KERNEL(enter(sys), mmap, fd, offset, length, prot, ret);
}

static int fake_munmap(struct vdev_sys *sys, void *address, size_t length)
{
	return KERNEL(enter(sys), munmap, address, length);
}

static int fake_list(struct vdev_sys *sys, int dirfd, const char *path,
		     vdev_sys_list_fn fn, void *data)
{
	return KERNEL(enter(sys), list, dirfd, path, fn, data);
}

static ssize_t fake_readlink(struct vdev_sys *sys, int dirfd, const char *path,
			     char *buf, size_t size)
{
	return KERNEL(enter(sys), readlink, dirfd, path, buf, size);
}

/* Files below /dev show as nodes, with the owner they were given. */
static void show_as_node(struct fakekernel *fk, const char *path,
			 struct stat *st)
{
	bool disk = str_starts(path, "/dev/nvme") && strchr(path + 9, 'n');
	unsigned int uid, gid;
	char text[64];

	if (!str_starts(path, "/dev/") || !S_ISREG(st->st_mode))
		return;
	st->st_mode = (st->st_mode & 07777) | (disk ? S_IFBLK : S_IFCHR);
	st->st_rdev = makedev(disk ? 259 : 511, (unsigned int)st->st_ino);
	st->st_uid = 0;
	st->st_gid = 0;
	if (fake_noted(fk, "owner", path, text, sizeof(text)) &&
	    sscanf(text, "%u %u", &uid, &gid) == 2) {
		st->st_uid = uid;
		st->st_gid = gid;
	}
}

static int fake_stat(struct vdev_sys *sys, int dirfd, const char *path,
		     struct stat *st, bool follow)
{
	struct fakekernel *fk = enter(sys);
	int ret = KERNEL(fk, stat, dirfd, path, st, follow);

	if (!ret && dirfd == VDEV_SYS_ROOT)
		show_as_node(fk, path, st);
	return ret;
}

static int fake_mkdir_op(struct vdev_sys *sys, const char *path, mode_t mode)
{
	return KERNEL(enter(sys), mkdir, path, mode);
}

static int fake_unlink(struct vdev_sys *sys, const char *path)
{
	return KERNEL(enter(sys), unlink, path);
}

static int fake_rename(struct vdev_sys *sys, const char *from, const char *to)
{
	return KERNEL(enter(sys), rename, from, to);
}

static int fake_fsync(struct vdev_sys *sys, int fd)
{
	return KERNEL(enter(sys), fsync, fd);
}

static int fake_flock(struct vdev_sys *sys, int fd, int operation)
{
	return KERNEL(enter(sys), flock, fd, operation);
}

static int fake_chown(struct vdev_sys *sys, const char *path, uid_t uid,
		      gid_t gid)
{
	struct fakekernel *fk = enter(sys);
	struct stat st;
	char text[64];
	int ret = KERNEL(fk, stat, VDEV_SYS_ROOT, path, &st, true);

	if (ret)
		return ret;
	show_as_node(fk, path, &st);
	snprintf(text, sizeof(text), "%u %u",
		 uid == (uid_t)-1 ? st.st_uid : uid,
		 gid == (gid_t)-1 ? st.st_gid : gid);
	fake_note(fk, "owner", path, text);
	return 0;
}

static int fake_chmod(struct vdev_sys *sys, const char *path, mode_t mode)
{
	return KERNEL(enter(sys), chmod, path, mode);
}

static int fake_ioctl(struct vdev_sys *sys, int fd, unsigned long request,
		      void *arg)
{
	(void)enter(sys);
	(void)fd;
	(void)request;
	(void)arg;
	return -ENOTTY;
}

static int fake_child_write(struct vdev_sys *sys, const char *path,
			    const char *text, unsigned int timeout_ms,
			    pid_t *pending)
{
	struct fakekernel *fk = enter(sys);
	struct writer writer = { .child = true, .pending = pending };
	char real[PATH_MAX];
	int fd = KERNEL(fk, open, VDEV_SYS_ROOT, path, O_WRONLY, 0);
	int ret;

	if (fd < 0)
		return fd;
	assert_true(path_of_fd(fk, fd, real));
	ret = write_fd(fk, &writer, fd, real, text, strlen(text));
	close(fd);
	if (ret == -ETIMEDOUT)
		fk->now += timeout_ms;
	return ret;
}

static int fake_run(struct vdev_sys *sys, const char *const *argv)
{
	struct fakekernel *fk = enter(sys);
	struct fake_driver_entry *driver;
	size_t last = 0;

	if (!str_eq(argv[0], "modprobe"))
		return 0;
	while (argv[last + 1])
		last++;
	driver = bus_driver(fk, argv[last]);
	if (!driver)
		return 1;
	bus_load_driver(fk, driver);
	return 0;
}

/* A program of the test's, in the tree. */
static int fake_program(struct vdev_sys *sys, struct vdev_sys_program *program)
{
	return KERNEL(enter(sys), program, program);
}

static int fake_netlink(struct vdev_sys *sys, struct vdev_sys_netlink *request)
{
	struct fakekernel *fk = enter(sys);

	*request->why = '\0';
	return fk->netlink ? fk->netlink(fk->netlink_data, request) : 0;
}

void fakekernel_set_netlink(struct fakekernel *fk,
			    int (*fn)(void *data,
				      struct vdev_sys_netlink *request),
			    void *data)
{
	fk->netlink = fn;
	fk->netlink_data = data;
}

static int fake_netlink_listen(struct vdev_sys *sys, int protocol, int fd,
			       unsigned int group)
{
	struct fakekernel *fk = enter(sys);

	(void)protocol;
	assert_true(group > 0);
	if (!fk->events)
		return -EPROTONOSUPPORT;
	return fd >= 0 ? fd : open("/dev/null", O_RDWR | O_CLOEXEC);
}

static ssize_t fake_netlink_receive(struct vdev_sys *sys, int fd, void *buf,
				    size_t size)
{
	struct fakekernel *fk = enter(sys);

	assert_true(fd >= 0 && fk->events);
	return fk->events(fk->events_data, buf, size);
}

static int fake_poll(struct vdev_sys *sys, struct pollfd *fds, nfds_t count,
		     int timeout_ms)
{
	struct fakekernel *fk = enter(sys);

	(void)fds;
	(void)count;
	assert_true(timeout_ms >= 0);
	fk->now += (unsigned int)timeout_ms;
	return 0;
}

void fakekernel_set_events(struct fakekernel *fk,
			   ssize_t (*fn)(void *data, void *buf, size_t size),
			   void *data)
{
	fk->events = fn;
	fk->events_data = data;
}

static uint64_t fake_now_ms(struct vdev_sys *sys)
{
	struct fakekernel *fk = enter(sys);

	fk->now++;
	bus_tick(fk);
	return fk->now;
}

static void fake_sleep_ms(struct vdev_sys *sys, unsigned int ms)
{
	struct fakekernel *fk = enter(sys);

	fk->now += ms;
	bus_tick(fk);
}

static int fake_random(struct vdev_sys *sys, void *buf, size_t size)
{
	return KERNEL(enter(sys), random, buf, size);
}

static int fake_is_root(struct vdev_sys *sys)
{
	return enter(sys)->root_user;
}

static const struct vdev_sys_ops fakekernel_ops = {
	.open = fake_open,
	.close = fake_close,
	.read = fake_read,
	.pread = fake_pread,
	.write = fake_write,
	.pwrite = fake_pwrite,
	.dup = fake_dup,
	.mmap = fake_mmap,
	.munmap = fake_munmap,
	.list = fake_list,
	.readlink = fake_readlink,
	.stat = fake_stat,
	.mkdir = fake_mkdir_op,
	.unlink = fake_unlink,
	.rename = fake_rename,
	.fsync = fake_fsync,
	.flock = fake_flock,
	.chown = fake_chown,
	.chmod = fake_chmod,
	.ioctl = fake_ioctl,
	.child_write = fake_child_write,
	.run = fake_run,
	.program = fake_program,
	.netlink = fake_netlink,
	.netlink_listen = fake_netlink_listen,
	.netlink_receive = fake_netlink_receive,
	.poll = fake_poll,
	.random = fake_random,
	.now_ms = fake_now_ms,
	.sleep_ms = fake_sleep_ms,
	.is_root = fake_is_root,
};

struct vdev_ctx *fakekernel_ctx(struct fakekernel *fk)
{
	struct vdev_ctx *ctx;

	assert_int_equal(vdev_ctx_new(&ctx), 0);
	ctx->sys.ops = &fakekernel_ops;
	ctx->sys.data = fk;
	return ctx;
}
