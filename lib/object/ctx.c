/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "object/ctx.h"

#include <errno.h>
#include <stdio.h>

#include "object/classes.h"
#include "object/names.h"

const char *vdev_version(void)
{
	return VDEV_VERSION;
}

const char *vdev_error_kind_name(enum vdev_error_kind kind)
{
	static const char *const names[] = {
		[VDEV_ERROR_NONE] = "none",
		[VDEV_ERROR_FAILED] = "failed",
		[VDEV_ERROR_INVALID] = "invalid",
		[VDEV_ERROR_NOT_FOUND] = "not-found",
		[VDEV_ERROR_IN_USE] = "in-use",
		[VDEV_ERROR_PERMISSION] = "permission",
		[VDEV_ERROR_NOT_SUPPORTED] = "not-supported",
		[VDEV_ERROR_PARTIAL] = "partial",
		[VDEV_ERROR_ROLLBACK] = "rollback-failed",
	};

	return (size_t)kind < ARRAY_SIZE(names) ? names[kind] : "unknown";
}

int vdev_ctx_new(struct vdev_ctx **ret)
{
	struct vdev_ctx *ctx = calloc(1, sizeof(*ctx));

	if (!ctx)
		return -ENOMEM;
	ctx->refs = 1;
	ctx->open_dirfd = -1;
	vdev_sys_init(&ctx->sys);
	*ret = ctx;
	return 0;
}

struct vdev_ctx *vdev_ctx_ref(struct vdev_ctx *ctx)
{
	ctx->refs++;
	return ctx;
}

struct vdev_ctx *vdev_ctx_unref(struct vdev_ctx *ctx)
{
	if (!ctx || --ctx->refs)
		return NULL;
	vdev_names_free(ctx->names);
	classes_forget(ctx);
	vdev_sys_close(&ctx->sys, ctx->open_dirfd);
	vdev_sys_done(&ctx->sys);
	free(ctx->error);
	free(ctx->hint);
	free(ctx);
	return NULL;
}

int vdev_ctx_set_root(struct vdev_ctx *ctx, const char *dir)
{
	int ret = vdev_sys_set_root(&ctx->sys, dir);

	if (ret)
		return vdev_fail(ctx, ret, "cannot use %s as root: %s", dir,
				 strerror(-ret));
	vdev_names_free(ctx->names);
	ctx->names = NULL;
	classes_forget(ctx);
	return 0;
}

const char *vdev_ctx_root(const struct vdev_ctx *ctx)
{
	return ctx->sys.root;
}

void vdev_ctx_set_log(struct vdev_ctx *ctx, enum vdev_log_level level,
		      vdev_log_fn fn, void *data)
{
	ctx->log_level = level;
	ctx->log_fn = fn;
	ctx->log_data = data;
}

const char *vdev_ctx_last_error(const struct vdev_ctx *ctx)
{
	return ctx->error ? ctx->error : "";
}

const char *vdev_ctx_last_hint(const struct vdev_ctx *ctx)
{
	return ctx->hint;
}

enum vdev_error_kind vdev_ctx_last_kind(const struct vdev_ctx *ctx)
{
	return ctx->kind;
}

void vdev_log(struct vdev_ctx *ctx, enum vdev_log_level level, const char *fmt,
	      ...)
{
	struct strbuf b = { 0 };
	_auto_free_ char *message = NULL;
	va_list args;

	if (!ctx->log_fn || level > ctx->log_level)
		return;
	va_start(args, fmt);
	strbuf_vaddf(&b, fmt, args);
	va_end(args);
	message = strbuf_finish(&b);
	ctx->log_fn(ctx->log_data, level, message ? message : fmt);
}

static enum vdev_error_kind kind_of_errno(int error)
{
	switch (-error) {
	case EINVAL:
	case ERANGE:
		return VDEV_ERROR_INVALID;
	case ENODEV:
	case ENOENT:
		return VDEV_ERROR_NOT_FOUND;
	case EBUSY:
	case EAGAIN:
	case EEXIST:
		return VDEV_ERROR_IN_USE;
	case EACCES:
	case EPERM:
	case EROFS:
		return VDEV_ERROR_PERMISSION;
	case EOPNOTSUPP:
	case ENOTTY:
	case ENOSYS:
		return VDEV_ERROR_NOT_SUPPORTED;
	default:
		return VDEV_ERROR_FAILED;
	}
}

static void PRINTF(3, 0) record(struct vdev_ctx *ctx, enum vdev_error_kind kind,
				const char *fmt, va_list args)
{
	struct strbuf b = { 0 };

	strbuf_vaddf(&b, fmt, args);
	free(ctx->error);
	free(ctx->hint);
	ctx->error = strbuf_finish(&b);
	ctx->hint = NULL;
	ctx->kind = kind;
	vdev_log(ctx, VDEV_LOG_DEBUG, "failed: %s", vdev_ctx_last_error(ctx));
}

void vdev_record_error(struct vdev_ctx *ctx, int error, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	record(ctx, kind_of_errno(error), fmt, args);
	va_end(args);
}

void vdev_record_error_as(struct vdev_ctx *ctx, enum vdev_error_kind kind,
			  const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	record(ctx, kind, fmt, args);
	va_end(args);
}

void vdev_record_hint(struct vdev_ctx *ctx, const char *fmt, ...)
{
	struct strbuf b = { 0 };
	va_list args;

	va_start(args, fmt);
	strbuf_vaddf(&b, fmt, args);
	va_end(args);
	free(ctx->hint);
	ctx->hint = strbuf_finish(&b);
}
