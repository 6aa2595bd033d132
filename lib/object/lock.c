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

static int wait_for(struct vdev_ctx *ctx, int fd, const char *name, bool wait)
{
	int ret = ctx->sys.ops->flock(&ctx->sys, fd, LOCK_EX | LOCK_NB);

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
	return ctx->sys.ops->flock(&ctx->sys, fd, LOCK_EX);
}

static int take_one(struct vdev_ctx *ctx, const char *name, bool wait)
{
	char path[PATH_MAX];
	int fd, ret;

	snprintf(path, sizeof(path), LOCK_DIR "/%s", name);
	fd = vdev_sys_open(&ctx->sys, VDEV_SYS_ROOT, path,
			   O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fail(ctx, fd, path);
	ret = wait_for(ctx, fd, name, wait);
	if (!ret)
		return fd;
	vdev_sys_close(&ctx->sys, fd);
	return ret == -EAGAIN ? ret : fail(ctx, ret, path);
}

int locks_take(struct vdev_ctx *ctx, struct strv *names, bool wait,
	       struct locks *ret)
{
	struct locks locks = { 0 };
	int error = vdev_sys_mkdir_p(&ctx->sys, LOCK_DIR, 0700);

	if (error)
		return fail(ctx, error, LOCK_DIR);
	strv_sort(names);
	for (size_t i = 0; i < names->count; i++) {
		int fd;

		if (i && str_eq(names->items[i], names->items[i - 1]))
			continue;
		fd = take_one(ctx, names->items[i], wait);
		error = fd < 0 ? fd : ARRAY_ADD(locks.fds, locks.count, fd);
		if (error) {
			if (fd >= 0)
				vdev_sys_close(&ctx->sys, fd);
			locks_release(ctx, &locks);
			return error;
		}
	}
	*ret = locks;
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
