/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gateway/sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

void vdev_sys_init(struct vdev_sys *sys)
{
	*sys = (struct vdev_sys){
		.ops = &vdev_sys_kernel_ops,
		.root_fd = -1,
	};
}

static void drop_root(struct vdev_sys *sys)
{
	if (sys->root_fd >= 0)
		close(sys->root_fd);
	free(sys->root);
	sys->root_fd = -1;
	sys->root = NULL;
}

void vdev_sys_done(struct vdev_sys *sys)
{
	drop_root(sys);
}

int vdev_sys_set_root(struct vdev_sys *sys, const char *dir)
{
	char *copy;
	int fd;

	if (!dir) {
		drop_root(sys);
		return 0;
	}
	copy = strdup(dir);
	if (!copy)
		return -ENOMEM;
	fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		int error = errno;

		free(copy);
		return -error;
	}
	drop_root(sys);
	sys->root = copy;
	sys->root_fd = fd;
	return 0;
}

int vdev_sys_open(struct vdev_sys *sys, int dirfd, const char *path, int flags,
		  mode_t mode)
{
	return sys->ops->open(sys, dirfd, path, flags | O_CLOEXEC, mode);
}

int vdev_sys_open_dir(struct vdev_sys *sys, const char *path)
{
	return vdev_sys_open(sys, VDEV_SYS_ROOT, path, O_PATH | O_DIRECTORY, 0);
}

void vdev_sys_close(struct vdev_sys *sys, int fd)
{
	if (fd >= 0)
		sys->ops->close(sys, fd);
}

int vdev_sys_stat(struct vdev_sys *sys, const char *path, struct stat *st)
{
	return sys->ops->stat(sys, VDEV_SYS_ROOT, path, st, true);
}

int vdev_sys_fstat(struct vdev_sys *sys, int fd, struct stat *st)
{
	return sys->ops->stat(sys, fd, "", st, false);
}

bool vdev_sys_exists(struct vdev_sys *sys, const char *path)
{
	struct stat st;

	return !vdev_sys_stat(sys, path, &st);
}

int vdev_sys_dup(struct vdev_sys *sys, int fd)
{
	return sys->ops->dup(sys, fd);
}

int vdev_sys_mmap(struct vdev_sys *sys, int fd, uint64_t offset, size_t length,
		  int prot, void **ret)
{
	return sys->ops->mmap(sys, fd, offset, length, prot, ret);
}

void vdev_sys_munmap(struct vdev_sys *sys, void *address, size_t length)
{
	sys->ops->munmap(sys, address, length);
}

void vdev_sys_want_huge(struct vdev_sys *sys, void *address, size_t length)
{
	if (sys->ops->want_huge)
		sys->ops->want_huge(sys, address, length);
}

ssize_t vdev_sys_pread(struct vdev_sys *sys, int fd, void *buf, size_t size,
		       uint64_t offset)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n =
			sys->ops->pread(sys, fd, (char *)buf + done,
					size - done, (off_t)(offset + done));

		if (n < 0 && !done)
			return n;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

ssize_t vdev_sys_pwrite(struct vdev_sys *sys, int fd, const void *buf,
			size_t size, uint64_t offset)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n =
			sys->ops->pwrite(sys, fd, (const char *)buf + done,
					 size - done, (off_t)(offset + done));

		if (n < 0 && !done)
			return n;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

static ssize_t read_all(struct vdev_sys *sys, int fd, char *buf, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = sys->ops->read(sys, fd, buf + done, size - done);

		if (n < 0)
			return n;
		if (!n)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

ssize_t vdev_sys_read_fd(struct vdev_sys *sys, int fd, void *buf, size_t size)
{
	return read_all(sys, fd, buf, size);
}

ssize_t vdev_sys_read_bytes(struct vdev_sys *sys, int dirfd, const char *path,
			    void *buf, size_t size)
{
	int fd = vdev_sys_open(sys, dirfd, path, O_RDONLY, 0);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = read_all(sys, fd, buf, size);
	vdev_sys_close(sys, fd);
	return n;
}

ssize_t vdev_sys_read_attr(struct vdev_sys *sys, int dirfd, const char *path,
			   char *buf, size_t size)
{
	int fd = vdev_sys_open(sys, dirfd, path, O_RDONLY, 0);
	ssize_t n;

	if (fd < 0)
		return fd;
	/* sysfs gives an attribute whole in one read(2). */
	n = sys->ops->read(sys, fd, buf, size);
	vdev_sys_close(sys, fd);
	if (n < 0)
		return n;
	if ((size_t)n == size)
		return -EMSGSIZE;
	buf[n] = '\0';
	return (ssize_t)strlen(str_trim(buf));
}

int vdev_sys_keep_text(ssize_t n, const char *text, char **ret)
{
	char *copy;

	if (n == -ENOENT) {
		*ret = NULL;
		return 0;
	}
	if (n < 0)
		return (int)n;
	copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	*ret = copy;
	return 0;
}

ssize_t vdev_sys_read_text(struct vdev_sys *sys, int dirfd, const char *path,
			   char **ret)
{
	int fd = vdev_sys_open(sys, dirfd, path, O_RDONLY, 0);
	_auto_strbuf_ struct strbuf b = { 0 };
	char chunk[4096];
	ssize_t length;
	ssize_t n;

	if (fd < 0)
		return fd;
	while ((n = sys->ops->read(sys, fd, chunk, sizeof(chunk))) > 0)
		strbuf_add(&b, chunk, (size_t)n);
	vdev_sys_close(sys, fd);
	if (n < 0)
		return n;
	length = (ssize_t)b.length;
	*ret = strbuf_finish(&b);
	return *ret ? length : -ENOMEM;
}

static int write_all(struct vdev_sys *sys, int fd, const char *text,
		     size_t size)
{
	while (size) {
		ssize_t n = sys->ops->write(sys, fd, text, size);

		if (n < 0)
			return (int)n;
		text += n;
		size -= (size_t)n;
	}
	return 0;
}

int vdev_sys_write_attr(struct vdev_sys *sys, const char *path,
			const char *text)
{
	int fd = vdev_sys_open(sys, VDEV_SYS_ROOT, path, O_WRONLY, 0);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = sys->ops->write(sys, fd, text, strlen(text));
	vdev_sys_close(sys, fd);
	if (n < 0)
		return (int)n;
	return (size_t)n == strlen(text) ? 0 : -EIO;
}

ssize_t vdev_sys_readlink(struct vdev_sys *sys, int dirfd, const char *path,
			  char *buf, size_t size)
{
	ssize_t n = sys->ops->readlink(sys, dirfd, path, buf, size);

	if (n < 0)
		return n;
	if ((size_t)n >= size)
		return -ENAMETOOLONG;
	buf[n] = '\0';
	return n;
}

ssize_t vdev_sys_readlink_name(struct vdev_sys *sys, int dirfd,
			       const char *path, char *buf, size_t size)
{
	char target[PATH_MAX];
	ssize_t n = vdev_sys_readlink(sys, dirfd, path, target, sizeof(target));
	const char *name;

	if (n < 0)
		return n;
	name = str_basename(target);
	if (strlen(name) >= size)
		return -ENAMETOOLONG;
	return (ssize_t)(stpcpy(buf, name) - buf);
}

static int list_entry(void *data, const char *name, unsigned char type)
{
	(void)type;
	return strv_add(data, name);
}

int vdev_sys_list(struct vdev_sys *sys, int dirfd, const char *path,
		  struct strv *ret)
{
	_auto_strv_ struct strv names = { 0 };
	int error = sys->ops->list(sys, dirfd, path, list_entry, &names);

	if (error)
		return error;
	strv_sort(&names);
	*ret = names;
	names = (struct strv){ 0 };
	return 0;
}

int vdev_sys_mkdir_p(struct vdev_sys *sys, const char *path, mode_t mode)
{
	_auto_free_ char *copy = strdup(path);
	int ret = 0;

	if (!copy)
		return -ENOMEM;
	for (char *slash = copy; slash;) {
		slash = strchr(slash + 1, '/');
		if (slash)
			*slash = '\0';
		/* Only what is ours gets the tight mode. */
		ret = sys->ops->mkdir(sys, copy, slash ? 0755 : mode);
		if (ret && ret != -EEXIST)
			return ret;
		if (slash)
			*slash = '/';
	}
	return 0;
}

int vdev_sys_sync_parent(struct vdev_sys *sys, const char *path)
{
	_auto_free_ char *parent = strdup(path);
	char *slash;
	int fd, ret;

	if (!parent)
		return -ENOMEM;
	slash = strrchr(parent, '/');
	*(slash == parent ? slash + 1 : slash) = '\0';
	fd = vdev_sys_open(sys, VDEV_SYS_ROOT, parent, O_RDONLY | O_DIRECTORY,
			   0);
	if (fd < 0)
		return fd;
	ret = sys->ops->fsync(sys, fd);
	vdev_sys_close(sys, fd);
	return ret;
}

static int write_new_file(struct vdev_sys *sys, const char *path,
			  const char *text, mode_t mode)
{
	int fd = vdev_sys_open(sys, VDEV_SYS_ROOT, path,
			       O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode);
	int ret;

	if (fd < 0)
		return fd;
	ret = write_all(sys, fd, text, strlen(text));
	if (!ret)
		ret = sys->ops->fsync(sys, fd);
	vdev_sys_close(sys, fd);
	return ret;
}

int vdev_sys_replace_file(struct vdev_sys *sys, const char *path,
			  const char *text, mode_t mode)
{
	char fresh[PATH_MAX];
	int ret;

	/* Names with a leading dot are skipped by every reader of ours. */
	ret = snprintf(fresh, sizeof(fresh), "%.*s.%s.new",
		       (int)(str_basename(path) - path), path,
		       str_basename(path));
	if (ret < 0 || (size_t)ret >= sizeof(fresh))
		return -ENAMETOOLONG;
	ret = write_new_file(sys, fresh, text, mode);
	if (!ret)
		ret = sys->ops->rename(sys, fresh, path);
	if (ret) {
		sys->ops->unlink(sys, fresh);
		return ret;
	}
	return vdev_sys_sync_parent(sys, path);
}

int vdev_sys_remove_file(struct vdev_sys *sys, const char *path)
{
	int ret = sys->ops->unlink(sys, path);

	if (ret == -ENOENT)
		return 0;
	return ret ? ret : vdev_sys_sync_parent(sys, path);
}
