/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "object/recorder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <search.h>
#include <stdio.h>

static int compare_records(const void *a, const void *b)
{
	const struct record *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static void free_record(void *data)
{
	struct record *r = data;

	free(r->path);
	free(r->target);
	free(r);
}

static struct record *find_record(const struct recorder *rec, const char *path)
{
	struct record key = { .path = (char *)path };
	struct record **found = tfind(&key, &rec->paths, compare_records);

	return found ? *found : NULL;
}

static int fill_record(struct recorder *rec, struct record *r, const char *path,
		       const struct stat *st)
{
	char target[PATH_MAX];

	r->path = strdup(path);
	r->type = st->st_mode & S_IFMT;
	r->mode = st->st_mode & 07777;
	r->uid = st->st_uid;
	r->gid = st->st_gid;
	if (!r->path)
		return -ENOMEM;
	if (!S_ISLNK(r->type))
		return 0;
	if (vdev_sys_readlink(&rec->real, VDEV_SYS_ROOT, path, target,
			      sizeof(target)) < 0)
		return -ENOENT;
	r->target = strdup(target);
	return r->target ? 0 : -ENOMEM;
}

/* Looks at a path whose parents are no links; NULL if nothing is there. */
static struct record *record_one(struct recorder *rec, const char *path)
{
	struct record *r = find_record(rec, path);
	struct stat st;
	int ret;

	if (r ||
	    rec->real.ops->stat(&rec->real, VDEV_SYS_ROOT, path, &st, false))
		return r;
	r = calloc(1, sizeof(*r));
	ret = r ? fill_record(rec, r, path, &st) : -ENOMEM;
	if (!ret && !tsearch(r, &rec->paths, compare_records))
		ret = -ENOMEM;
	if (!ret)
		return r;
	if (r)
		free_record(r);
	if (ret == -ENOMEM)
		rec->error = ret;
	return NULL;
}

#define MAX_STEPS 100

/*
 * Records what is at a path (a link itself unless `follow`) and every
 * directory and link on the way there. Return: NULL if nothing is there.
 */
static struct record *record_path(struct recorder *rec, const char *path,
				  bool follow, unsigned int steps)
{
	const char *name = str_basename(path);
	_auto_free_ char *above = strndup(path, (size_t)(name - path));
	_auto_free_ char *place = NULL;
	_auto_free_ char *onward = NULL;
	const struct record *parent;
	struct record *r;

	if (!above || steps > MAX_STEPS)
		return NULL;
	if (!*name || str_eq(name, ".")) {
		while (*above && above[strlen(above) - 1] == '/')
			above[strlen(above) - 1] = '\0';
		return *above ? record_path(rec, above, true, steps + 1)
			      : record_one(rec, "/");
	}
	parent = record_path(rec, above, true, steps + 1);
	if (!parent)
		return NULL;
	if (str_eq(name, "..")) {
		place = strndup(
			parent->path,
			(size_t)(str_basename(parent->path) - parent->path));
		return place ? record_path(rec, place, true, steps + 1) : NULL;
	}
	if (asprintf(&place, "%s/%s", parent->path + !parent->path[1], name) <
	    0)
		return NULL;
	r = record_one(rec, place);
	if (!r || !r->target || !follow)
		return r;
	if (*r->target == '/')
		return record_path(rec, r->target, true, steps + 1);
	if (asprintf(&onward, "%s/%s", parent->path, r->target) < 0)
		return NULL;
	return record_path(rec, onward, true, steps + 1);
}

/* The whole path of something below an open directory. */
static bool whole_path(struct recorder *rec, int dirfd, const char *path,
		       char buf[PATH_MAX])
{
	if (dirfd == VDEV_SYS_ROOT)
		return snprintf(buf, PATH_MAX, "%s", path) < PATH_MAX;
	if ((size_t)dirfd >= rec->directory_count || !rec->directories[dirfd])
		return false;
	return snprintf(buf, PATH_MAX, "%s/%s", rec->directories[dirfd], path) <
	       PATH_MAX;
}

static void remember_directory(struct recorder *rec, int fd, const char *path)
{
	if ((size_t)fd >= rec->directory_count) {
		size_t count = (size_t)fd + 16;
		char **grown =
			reallocarray(rec->directories, count, sizeof(*grown));

		if (!grown) {
			rec->error = -ENOMEM;
			return;
		}
		memset(grown + rec->directory_count, 0,
		       (count - rec->directory_count) * sizeof(*grown));
		rec->directories = grown;
		rec->directory_count = count;
	}
	free(rec->directories[fd]);
	rec->directories[fd] = strdup(path);
	if (!rec->directories[fd])
		rec->error = -ENOMEM;
}

static int record_open(struct vdev_sys *sys, int dirfd, const char *path,
		       int flags, mode_t mode)
{
	struct recorder *rec = sys->data;
	int fd = rec->real.ops->open(&rec->real, dirfd, path, flags, mode);
	char whole[PATH_MAX];
	struct record *r;

	if (fd < 0 || !whole_path(rec, dirfd, path, whole))
		return fd;
	/* A disk opened to see whether it is claimed is not a fact. */
	if (flags & O_EXCL)
		return fd;
	r = record_path(rec, whole, true, 0);
	if (r && S_ISDIR(r->type))
		remember_directory(rec, fd, r->path);
	else if (r)
		r->read = true;
	return fd;
}

static int record_close(struct vdev_sys *sys, int fd)
{
	struct recorder *rec = sys->data;

	if ((size_t)fd < rec->directory_count) {
		free(rec->directories[fd]);
		rec->directories[fd] = NULL;
	}
	return rec->real.ops->close(&rec->real, fd);
}

static ssize_t record_read(struct vdev_sys *sys, int fd, void *buf, size_t size)
{
	struct recorder *rec = sys->data;

	return rec->real.ops->read(&rec->real, fd, buf, size);
}

static ssize_t record_pread(struct vdev_sys *sys, int fd, void *buf,
			    size_t size, off_t offset)
{
	struct recorder *rec = sys->data;

	return rec->real.ops->pread(&rec->real, fd, buf, size, offset);
}

struct listing {
	struct recorder *rec;
	const char *directory;
	vdev_sys_list_fn fn;
	void *data;
};

static int record_entry(void *data, const char *name, unsigned char type)
{
	struct listing *l = data;
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", l->directory, name) <
	    PATH_MAX)
		(void)record_one(l->rec, path);
	return l->fn(l->data, name, type);
}

static int record_list(struct vdev_sys *sys, int dirfd, const char *path,
		       vdev_sys_list_fn fn, void *data)
{
	struct recorder *rec = sys->data;
	char whole[PATH_MAX];
	struct record *r = NULL;
	struct listing l = { rec, NULL, fn, data };

	if (whole_path(rec, dirfd, path, whole))
		r = record_path(rec, whole, true, 0);
	if (!r)
		return rec->real.ops->list(&rec->real, dirfd, path, fn, data);
	l.directory = r->path;
	return rec->real.ops->list(&rec->real, dirfd, path, record_entry, &l);
}

static ssize_t record_readlink(struct vdev_sys *sys, int dirfd,
			       const char *path, char *buf, size_t size)
{
	struct recorder *rec = sys->data;
	char whole[PATH_MAX];

	if (whole_path(rec, dirfd, path, whole))
		(void)record_path(rec, whole, false, 0);
	return rec->real.ops->readlink(&rec->real, dirfd, path, buf, size);
}

static int record_stat(struct vdev_sys *sys, int dirfd, const char *path,
		       struct stat *st, bool links)
{
	struct recorder *rec = sys->data;
	char whole[PATH_MAX];

	if (whole_path(rec, dirfd, path, whole))
		(void)record_path(rec, whole, links, 0);
	return rec->real.ops->stat(&rec->real, dirfd, path, st, links);
}

static int record_netlink(struct vdev_sys *sys,
			  struct vdev_sys_netlink *request)
{
	struct recorder *rec = sys->data;

	return rec->real.ops->netlink(&rec->real, request);
}

static int record_is_root(struct vdev_sys *sys)
{
	struct recorder *rec = sys->data;

	return rec->real.ops->is_root(&rec->real);
}

/* Looking needs no more than these; a capture changes nothing. */
static const struct vdev_sys_ops recorder_ops = {
	.open = record_open,
	.close = record_close,
	.read = record_read,
	.pread = record_pread,
	.list = record_list,
	.readlink = record_readlink,
	.stat = record_stat,
	.netlink = record_netlink,
	.is_root = record_is_root,
};

void recorder_start(struct recorder *rec, struct vdev_ctx *ctx)
{
	*rec = (struct recorder){ .real = ctx->sys };
	ctx->sys.ops = &recorder_ops;
	ctx->sys.data = rec;
}

void recorder_stop(struct recorder *rec, struct vdev_ctx *ctx)
{
	ctx->sys.ops = rec->real.ops;
	ctx->sys.data = rec->real.data;
}

void recorder_clear(struct recorder *rec)
{
	tdestroy(rec->paths, free_record);
	for (size_t i = 0; i < rec->directory_count; i++)
		free(rec->directories[i]);
	free(rec->directories);
	*rec = (struct recorder){ 0 };
}

bool recorder_has_read(const struct recorder *rec, const char *path)
{
	const struct record *r = find_record(rec, path);

	return r && r->read;
}

struct walk {
	recorder_fn fn;
	void *data;
	int error;
};

static void walk_node(const void *node, VISIT visit, void *data)
{
	struct record *const *r = node;
	struct walk *w = data;

	if (!w->error && (visit == postorder || visit == leaf))
		w->error = w->fn(w->data, *r);
}

int recorder_walk(const struct recorder *rec, recorder_fn fn, void *data)
{
	struct walk w = { fn, data, rec->error };

	if (!w.error)
		twalk_r(rec->paths, walk_node, &w);
	return w.error;
}
