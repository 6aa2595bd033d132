/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_CTX_H
#define VDEV_OBJECT_CTX_H

#include <libvdev/ctx.h>

#include "gateway/sys.h"

struct vdev_classes;
struct vdev_names;
struct vdev_device;
struct file_group;

struct vdev_ctx {
	unsigned int refs;
	struct vdev_sys sys;

	enum vdev_log_level log_level;
	vdev_log_fn log_fn;
	void *log_data;

	char *error;
	char *hint;
	enum vdev_error_kind kind;

	/* The group nodes that opened devices use. */
	struct file_group *groups;
	/* The hardware database, opened at the first name asked for. */
	struct vdev_names *names;
	/* Interfaces and disks by device, read when first asked for. */
	struct vdev_classes *classes;
	/*
	 * The directory of the device that was read last, kept open because
	 * the next attribute asked for is nearly always of the same device.
	 */
	const struct vdev_device *open_device;
	int open_dirfd;
	/* Whether reading driver_override may block, once that is known. */
	bool override_known;
	bool override_blocks;
};

void vdev_log(struct vdev_ctx *ctx, enum vdev_log_level level, const char *fmt,
	      ...) PRINTF(3, 4);

void vdev_record_error(struct vdev_ctx *ctx, int error, const char *fmt, ...)
	PRINTF(3, 4);
void vdev_record_error_as(struct vdev_ctx *ctx, enum vdev_error_kind kind,
			  const char *fmt, ...) PRINTF(3, 4);
void vdev_record_hint(struct vdev_ctx *ctx, const char *fmt, ...) PRINTF(2, 3);

/*
 * Record a failure and give `error` (a negative errno), so that they can stand
 * in a return statement. The kind is derived from the errno; vdev_fail_as()
 * names it. They are macros for a compiler or an analyzer to see that the
 * value is the one put in, and no success.
 */
#define vdev_fail(ctx, error, ...)                                  \
	({                                                          \
		int _fail_error = (error);                          \
		vdev_record_error((ctx), _fail_error, __VA_ARGS__); \
		_fail_error;                                        \
	})
#define vdev_fail_as(ctx, kind, error, ...)                       \
	({                                                        \
		int _fail_as_error = (error);                     \
		vdev_record_error_as((ctx), (kind), __VA_ARGS__); \
		_fail_as_error;                                   \
	})

/* Adds advice to the failure just recorded, and gives `error`. */
#define vdev_hint(ctx, error, ...)                    \
	({                                            \
		int _hint_error = (error);            \
		vdev_record_hint((ctx), __VA_ARGS__); \
		_hint_error;                          \
	})

#endif
