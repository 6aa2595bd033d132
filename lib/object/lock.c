/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "object/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>

static int fail(struct vdev_ctx *ctx, int error, const char *path)
{
	return vdev_fail_as(
		ctx,
		error == -EACCES || error == -EROFS ? VDEV_ERROR_PERMISSION
						    : VDEV_ERROR_FAILED,
		error, "cannot lock %s: %s", path, strerror(-error));
}

static int wait_for(struct vdev_ctx *ctx, int fd, const char *name,
		    int operation, bool wait)
{
	int ret = ctx->sys.ops->flock(&ctx->sys, fd, operation | LOCK_NB);

	if (ret != -EWOULDBLOCK)
		return ret;
	if (!wait)
		return vdev_hint(ctx,
				 vdev_fail(ctx, -EAGAIN,
					   "another process is changing %s",
					   name),
				 "try again, or let it wait");
	vdev_log(ctx, VDEV_LOG_WARNING,
		 "waiting for another process that is changing %s", name);
	return ctx->sys.ops->flock(&ctx->sys, fd, operation);
}

static int take_one(struct vdev_ctx *ctx, const char *name, int operation,
		    bool wait)
{
	char path[PATH_MAX];
	int fd, ret;

	snprintf(path, sizeof(path), LOCK_DIR "/%s", name);
	fd = vdev_sys_open(&ctx->sys, VDEV_SYS_ROOT, path,
			   O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fail(ctx, fd, path);
	ret = wait_for(ctx, fd, name, operation, wait);
	if (!ret)
		return fd;
	vdev_sys_close(&ctx->sys, fd);
	return ret == -EAGAIN ? ret : fail(ctx, ret, path);
}

static int take_all(struct vdev_ctx *ctx, struct strv *names, int operation,
		    bool wait, struct locks *locks)
{
	strv_sort(names);
	for (size_t i = 0; i < names->count; i++) {
		int fd, error;

		if (i && str_eq(names->items[i], names->items[i - 1]))
			continue;
		fd = take_one(ctx, names->items[i], operation, wait);
		error = fd < 0 ? fd : ARRAY_ADD(locks->fds, locks->count, fd);
		if (!error)
			continue;
		if (fd >= 0)
			vdev_sys_close(&ctx->sys, fd);
		return error;
	}
	return 0;
}

int locks_take(struct vdev_ctx *ctx, struct strv *names, struct strv *shared,
	       bool wait, struct locks *ret)
{
	struct locks locks = { 0 };
	int error = vdev_sys_mkdir_p(&ctx->sys, LOCK_DIR, 0700);

	if (error)
		return fail(ctx, error, LOCK_DIR);
	error = take_all(ctx, names, LOCK_EX, wait, &locks);
	if (!error && shared)
		error = take_all(ctx, shared, LOCK_SH, wait, &locks);
	if (error) {
		locks_release(ctx, &locks);
		return error;
	}
	*ret = locks;
	return 0;
}

int locks_take_if_permitted(struct vdev_ctx *ctx, const char *name,
			    const char *what, struct locks *ret)
{
	_auto_strv_ struct strv names = { 0 };
	int error;

	if (strv_addf(&names, "%s", name))
		return vdev_fail(ctx, -ENOMEM, "out of memory");
	error = locks_take(ctx, &names, NULL, true, ret);
	if (error != -EACCES && error != -EPERM && error != -EROFS)
		return error;
	vdev_log(ctx, VDEV_LOG_INFO,
		 "%s is changed without a lock, for want of the right to one",
		 what);
	return 0;
}

void locks_release(struct vdev_ctx *ctx, struct locks *locks)
{
	/* Closing the last fd of a lock releases it. */
	for (size_t i = 0; i < locks->count; i++)
		vdev_sys_close(&ctx->sys, locks->fds[i]);
	free(locks->fds);
	*locks = (struct locks){ 0 };
}
