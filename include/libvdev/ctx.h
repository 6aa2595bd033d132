/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIBVDEV_CTX_H
#define LIBVDEV_CTX_H

#include <libvdev/export.h>

VDEV_BEGIN_DECLS

/*
 * The context: where the library looks, whom it tells, what went wrong last.
 *
 * Every object belongs to a context and keeps it alive. A context and its
 * objects are used by one thread at a time; two threads use two contexts.
 *
 * Every call that can fail returns 0 or a positive result, or a negative
 * errno. Output parameters are written only on success. After a failure
 * vdev_ctx_last_error() says in a sentence what failed, on which object and
 * why, vdev_ctx_last_hint() what to do about it, and vdev_ctx_last_kind()
 * what sort of failure it was.
 */

struct vdev_ctx;

/**
 * enum vdev_error_kind - what sort of failure it was
 * @VDEV_ERROR_NONE: nothing failed in this context yet
 * @VDEV_ERROR_FAILED: the operation failed; nothing changed, or all of it was
 *	rolled back
 * @VDEV_ERROR_INVALID: the caller's argument is malformed or contradictory
 * @VDEV_ERROR_NOT_FOUND: no such device, group, type or object
 * @VDEV_ERROR_IN_USE: refused by a safety check or because of a user of the
 *	device
 * @VDEV_ERROR_PERMISSION: the caller lacks a right
 * @VDEV_ERROR_NOT_SUPPORTED: the kernel or the device cannot do it
 * @VDEV_ERROR_PARTIAL: done for some targets, not for others
 * @VDEV_ERROR_ROLLBACK: the operation failed and so did its roll-back, or an
 *	unbind is still pending; the journal is kept
 *
 * The values are the exit codes of vdevctl, except that 0 is "no error".
 */
enum vdev_error_kind {
	VDEV_ERROR_NONE = 0,
	VDEV_ERROR_FAILED = 1,
	VDEV_ERROR_INVALID = 2,
	VDEV_ERROR_NOT_FOUND = 3,
	VDEV_ERROR_IN_USE = 4,
	VDEV_ERROR_PERMISSION = 5,
	VDEV_ERROR_NOT_SUPPORTED = 6,
	VDEV_ERROR_PARTIAL = 7,
	VDEV_ERROR_ROLLBACK = 8,
};

/**
 * enum vdev_log_level - how much a log callback hears
 * @VDEV_LOG_ERROR: what made a call fail
 * @VDEV_LOG_WARNING: what did not, but an administrator should know
 * @VDEV_LOG_INFO: each change made to the system
 * @VDEV_LOG_DEBUG: what was read and decided
 */
enum vdev_log_level {
	VDEV_LOG_ERROR,
	VDEV_LOG_WARNING,
	VDEV_LOG_INFO,
	VDEV_LOG_DEBUG,
};

/**
 * typedef vdev_log_fn - receives one log message
 * @data: the pointer given to vdev_ctx_set_log()
 * @level: the message's level
 * @message: the message, one line without a newline, valid during the call
 */
typedef void (*vdev_log_fn)(void *data, enum vdev_log_level level,
			    const char *message);

/**
 * vdev_version() - the version of the library in use
 *
 * Return: a static string such as "0.1.0".
 */
VDEV_EXPORT const char *vdev_version(void);

/**
 * vdev_error_kind_name() - the name of an error kind
 * @kind: the kind
 *
 * Return: a static string such as "in-use", the word that stands in
 * vdevctl's JSON errors; "unknown" for a value that is not a kind.
 */
VDEV_EXPORT const char *vdev_error_kind_name(enum vdev_error_kind kind);

/**
 * vdev_ctx_new() - make a context
 * @ret: receives the context; the caller drops it with vdev_ctx_unref()
 *
 * The context looks at the running system until vdev_ctx_set_root() says
 * otherwise, and logs nothing until vdev_ctx_set_log().
 *
 * Return: 0, or -ENOMEM.
 */
VDEV_EXPORT int vdev_ctx_new(struct vdev_ctx **ret);

/**
 * vdev_ctx_ref() - take another reference
 * @ctx: the context
 *
 * Return: @ctx.
 */
VDEV_EXPORT struct vdev_ctx *vdev_ctx_ref(struct vdev_ctx *ctx);

/**
 * vdev_ctx_unref() - drop a reference
 * @ctx: the context, or NULL
 *
 * The context goes with its last reference; objects made from it hold one.
 *
 * Return: NULL always, for ``ctx = vdev_ctx_unref(ctx)``.
 */
VDEV_EXPORT struct vdev_ctx *vdev_ctx_unref(struct vdev_ctx *ctx);

/**
 * vdev_ctx_set_root() - look at another tree
 * @ctx: the context
 * @dir: a directory that holds sys/, proc/, dev/, run/ and etc/, or NULL for
 *	the running system
 *
 * Everything the library reads and writes is taken from below @dir, symbolic
 * links included (openat2(2) with RESOLVE_IN_ROOT). Sockets to the kernel
 * are not used then: what they would tell comes from the capture, see
 * vdev_capture(). Set it before the first other call; objects that exist
 * already are not moved.
 *
 * Return: 0; -ENOENT or -ENOTDIR if @dir is not a directory; -EACCES;
 * -ENOSYS if the kernel lacks openat2(2) (Linux 5.6); -ENOMEM.
 */
VDEV_EXPORT int vdev_ctx_set_root(struct vdev_ctx *ctx, const char *dir);

/**
 * vdev_ctx_root() - the tree in use
 * @ctx: the context
 *
 * Return: the directory given to vdev_ctx_set_root(), or NULL for the running
 * system; valid until the next vdev_ctx_set_root().
 */
VDEV_EXPORT const char *vdev_ctx_root(const struct vdev_ctx *ctx);

/**
 * vdev_ctx_set_log() - be told what the library does
 * @ctx: the context
 * @level: the least important level to report
 * @fn: the function to call, or NULL to log nothing
 * @data: handed to @fn
 *
 * The library itself never prints.
 */
VDEV_EXPORT void vdev_ctx_set_log(struct vdev_ctx *ctx,
				  enum vdev_log_level level, vdev_log_fn fn,
				  void *data);

/**
 * vdev_ctx_last_error() - what failed last in this context
 * @ctx: the context
 *
 * Return: a sentence without a final full stop, valid until the next call
 * on the context; "" if nothing failed yet.
 */
VDEV_EXPORT const char *vdev_ctx_last_error(const struct vdev_ctx *ctx);

/**
 * vdev_ctx_last_hint() - what to do about it
 * @ctx: the context
 *
 * Return: a sentence, or NULL if there is nothing to advise; valid until the
 * next call on the context.
 */
VDEV_EXPORT const char *vdev_ctx_last_hint(const struct vdev_ctx *ctx);

/**
 * vdev_ctx_last_kind() - what sort of failure it was
 * @ctx: the context
 *
 * Return: the kind of the failure that vdev_ctx_last_error() describes.
 */
VDEV_EXPORT enum vdev_error_kind vdev_ctx_last_kind(const struct vdev_ctx *ctx);

VDEV_END_DECLS

#endif
