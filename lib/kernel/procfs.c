/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/procfs.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* The kernel writes blank, tab, newline and backslash as \ooo. */
static char *unescape(char *s)
{
	char *out = s;

	for (char *in = s; *in; out++) {
		if (in[0] == '\\' && is_octal(in[1]) && is_octal(in[2]) &&
		    is_octal(in[3])) {
			*out = (char)((in[1] - '0') << 6 | (in[2] - '0') << 3 |
				      (in[3] - '0'));
			in += 4;
		} else {
			*out = *in++;
		}
	}
	*out = '\0';
	return s;
}

static int add_mount(struct proc_mounts *mounts, char *line, bool own)
{
	char *dash = strstr(line, " - ");
	struct proc_mount m = { .own = own };
	char *point = NULL, *source = NULL;
	int ret = -ENOMEM;

	if (!dash || sscanf(line, "%*s %*s %u:%u %*s %ms", &m.major, &m.minor,
			    &point) != 3)
		goto out_ignore;
	if (sscanf(dash, " - %*s %ms", &source) != 1)
		goto out_ignore;
	m.point = unescape(point);
	m.source = unescape(source);
	ret = ARRAY_ADD(mounts->items, mounts->count, m);
	if (ret)
		goto out;
	return 0;

out_ignore:
	ret = 0;
out:
	free(point);
	free(source);
	return ret;
}

static int read_mountinfo(struct vdev_sys *sys, const char *pid, bool own,
			  struct proc_mounts *mounts)
{
	_auto_free_ char *text = NULL;
	char path[64];
	char *line, *next;
	ssize_t n;
	int ret;

	snprintf(path, sizeof(path), "/proc/%s/mountinfo", pid);
	n = vdev_sys_read_text(sys, VDEV_SYS_ROOT, path, &text);
	if (n < 0)
		return (int)n;
	for (line = text; *line; line = next) {
		next = strchrnul(line, '\n');
		if (*next)
			*next++ = '\0';
		ret = add_mount(mounts, line, own);
		if (ret)
			return ret;
	}
	return 0;
}

static int list_processes(struct vdev_sys *sys, struct strv *ret)
{
	_auto_strv_ struct strv all = { 0 };
	const char *name;
	int error = vdev_sys_list(sys, VDEV_SYS_ROOT, "/proc", &all);

	if (error)
		return error == -ENOENT ? 0 : error;
	strv_foreach(&all, name) {
		if (!isdigit((unsigned char)*name))
			continue;
		error = strv_add(ret, name);
		if (error)
			return error;
	}
	return 0;
}

/* The identity of a process's mount namespace, such as "mnt:[4026531841]". */
static bool namespace_of(struct vdev_sys *sys, const char *pid, char *buf,
			 size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%s/ns/mnt", pid);
	return vdev_sys_readlink(sys, VDEV_SYS_ROOT, path, buf, size) > 0;
}

int procfs_mounts(struct vdev_sys *sys, struct proc_mounts *ret)
{
	_auto_strv_ struct strv pids = { 0 };
	_auto_strv_ struct strv seen = { 0 };
	struct proc_mounts mounts = { 0 };
	char ns[64];
	const char *pid;
	int error = read_mountinfo(sys, "self", true, &mounts);

	if (error && error != -ENOENT)
		goto fail;
	if (namespace_of(sys, "self", ns, sizeof(ns))) {
		error = strv_add(&seen, ns);
		if (error)
			goto fail;
	}
	error = list_processes(sys, &pids);
	if (error)
		goto fail;
	strv_foreach(&pids, pid) {
		if (!namespace_of(sys, pid, ns, sizeof(ns)) ||
		    strv_has(&seen, ns))
			continue;
		error = strv_add(&seen, ns);
		if (!error)
			error = read_mountinfo(sys, pid, false, &mounts);
		if (error == -ENOMEM)
			goto fail;
	}
	*ret = mounts;
	return 0;

fail:
	procfs_mounts_clear(&mounts);
	return error;
}

void procfs_mounts_clear(struct proc_mounts *mounts)
{
	for (size_t i = 0; i < mounts->count; i++) {
		free(mounts->items[i].point);
		free(mounts->items[i].source);
	}
	free(mounts->items);
	*mounts = (struct proc_mounts){ 0 };
}

int procfs_swaps(struct vdev_sys *sys, struct strv *ret)
{
	_auto_free_ char *text = NULL;
	_auto_strv_ struct strv swaps = { 0 };
	char *line, *next;
	ssize_t n =
		vdev_sys_read_text(sys, VDEV_SYS_ROOT, "/proc/swaps", &text);
	int error;

	if (n < 0)
		return n == -ENOENT ? 0 : (int)n;
	for (line = text; *line; line = next) {
		next = strchrnul(line, '\n');
		if (*next)
			*next++ = '\0';
		/* The first line is a heading. */
		if (*line != '/')
			continue;
		line[strcspn(line, " \t")] = '\0';
		error = strv_add(&swaps, unescape(line));
		if (error)
			return error;
	}
	*ret = swaps;
	swaps = (struct strv){ 0 };
	return 0;
}

static int add_user(struct vdev_sys *sys, struct proc_users *users,
		    const char *pid, const char *node)
{
	struct proc_user user = { .pid = (pid_t)atoi(pid) };
	char path[64], comm[32];
	int ret = -ENOMEM;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	if (vdev_sys_read_attr(sys, VDEV_SYS_ROOT, path, comm, sizeof(comm)) <
	    0)
		strcpy(comm, "?");
	user.command = strdup(comm);
	user.node = strdup(node);
	if (user.command && user.node)
		ret = ARRAY_ADD(users->items, users->count, user);
	if (ret) {
		free(user.command);
		free(user.node);
	}
	return ret;
}

/* A device opened by way of its group shows where it is only in fdinfo. */
static int add_vfio_user(struct vdev_sys *sys, struct proc_users *users,
			 const char *pid, const char *fd)
{
	static const char key[] = "vfio-device-syspath:";
	_auto_free_ char *text = NULL;
	char path[64];
	char *place;

	snprintf(path, sizeof(path), "/proc/%s/fdinfo/%s", pid, fd);
	if (vdev_sys_read_text(sys, VDEV_SYS_ROOT, path, &text) < 0)
		return 0;
	place = strstr(text, key);
	if (!place)
		return 0;
	place += strlen(key);
	place += strspn(place, " \t");
	place[strcspn(place, "\n")] = '\0';
	return add_user(sys, users, pid, place);
}

static int scan_process(struct vdev_sys *sys, struct proc_users *users,
			const char *pid)
{
	_auto_strv_ struct strv fds = { 0 };
	char dir[32], path[64], target[PATH_MAX];
	const char *fd;
	int ret;

	snprintf(dir, sizeof(dir), "/proc/%s/fd", pid);
	ret = vdev_sys_list(sys, VDEV_SYS_ROOT, dir, &fds);
	if (ret == -EACCES || ret == -EPERM)
		users->complete = false;
	if (ret)
		return ret == -ENOMEM ? ret : 0;
	strv_foreach(&fds, fd) {
		const char *dev;

		snprintf(path, sizeof(path), "%s/%.16s", dir, fd);
		if (vdev_sys_readlink(sys, VDEV_SYS_ROOT, path, target,
				      sizeof(target)) < 0)
			continue;
		/* The path as the process sees it, maybe in a chroot. */
		dev = strstr(target, "/dev/");
		if (dev)
			ret = add_user(sys, users, pid, dev + 5);
		else if (str_starts(target, "anon_inode:[vfio-device]"))
			ret = add_vfio_user(sys, users, pid, fd);
		if (ret)
			return ret;
	}
	return 0;
}

static int compare_users(const void *a, const void *b)
{
	const struct proc_user *x = a, *y = b;
	int order = strcmp(x->node, y->node);

	return order ? order : (x->pid > y->pid) - (x->pid < y->pid);
}

int procfs_users(struct vdev_sys *sys, struct proc_users *ret)
{
	_auto_strv_ struct strv pids = { 0 };
	struct proc_users users = { .complete = true };
	const char *pid;
	int error = list_processes(sys, &pids);

	if (error)
		return error;
	strv_foreach(&pids, pid) {
		error = scan_process(sys, &users, pid);
		if (error) {
			procfs_users_clear(&users);
			return error;
		}
	}
	if (users.count)
		qsort(users.items, users.count, sizeof(*users.items),
		      compare_users);
	*ret = users;
	return 0;
}

void procfs_users_clear(struct proc_users *users)
{
	for (size_t i = 0; i < users->count; i++) {
		free(users->items[i].command);
		free(users->items[i].node);
	}
	free(users->items);
	*users = (struct proc_users){ 0 };
}

const struct proc_user *procfs_users_find(const struct proc_users *users,
					  const char *node, size_t *count)
{
	size_t low = 0, high = users->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(users->items[middle].node, node) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*count = 0;
	while (low + *count < users->count &&
	       str_eq(users->items[low + *count].node, node))
		(*count)++;
	return *count ? &users->items[low] : NULL;
}

/* The value of a line that starts with `key`, in a file of /proc/self. */
static int self_value(struct vdev_sys *sys, const char *path, const char *key,
		      unsigned int base, uint64_t *ret)
{
	_auto_free_ char *text = NULL;
	ssize_t n = vdev_sys_read_text(sys, VDEV_SYS_ROOT, path, &text);
	char *value, *end;

	if (n < 0)
		return (int)n;
	value = strstr(text, key);
	if (!value)
		return -EPROTO;
	value += strlen(key);
	value += strspn(value, " \t");
	end = value + strcspn(value, " \t\n");
	*end = '\0';
	if (str_eq(value, "unlimited")) {
		*ret = UINT64_MAX;
		return 0;
	}
	return str_to_u64(value, base, ret);
}

#define CAP_IPC_LOCK 14

int procfs_memlock_limit(struct vdev_sys *sys, uint64_t *ret)
{
	uint64_t limit, caps;
	int error = self_value(sys, "/proc/self/limits", "Max locked memory",
			       10, &limit);

	if (!error)
		error = self_value(sys, "/proc/self/status", "CapEff:", 16,
				   &caps);
	if (!error)
		*ret = caps & 1U << CAP_IPC_LOCK ? UINT64_MAX : limit;
	return error;
}

int procfs_locked(struct vdev_sys *sys, uint64_t *ret)
{
	uint64_t kib;
	int error = self_value(sys, "/proc/self/status", "VmLck:", 10, &kib);

	if (!error)
		*ret = kib << 10;
	return error;
}

bool procfs_is_running(struct vdev_sys *sys, pid_t pid, const char *name)
{
	char path[64], comm[32];

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	return vdev_sys_read_attr(sys, VDEV_SYS_ROOT, path, comm,
				  sizeof(comm)) > 0 &&
	       str_eq(comm, name);
}
