/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Making and removing mdevs.
 *
 * A write to `create` returns when the driver has the mdev, but others see it
 * before: mdev_device_create() adds the device, then attaches the driver, and
 * makes the link `mdev_type` last. A write to `remove` before that fails with
 * EAGAIN and takes the attribute `remove` away for good (remove_store() in
 * drivers/vfio/mdev/mdev_sysfs.c, Linux 7.2), so a removal waits for the link.
 */

#include "object/mdev.h"

#include <errno.h>
#include <stdio.h>

#include "kernel/mdev.h"
#include "object/device_struct.h"

/* How long a driver may take, where the caller cannot say. */
#define DRIVER_MS  10000
#define LOOK_EVERY 5

/* A driver that says "again" is asked again, at last for the last time. */
#define AGAIN_MS    5000
#define AGAIN_EVERY 100

/* --- Waiting */

static int check_mdev(const struct vdev_device *dev)
{
	if (device_is_mdev(dev))
		return 0;
	return vdev_fail(dev->ctx, -EINVAL, "%s is no mdev", dev->address);
}

int vdev_mdev_wait(struct vdev_device *dev, unsigned int timeout_ms)
{
	struct vdev_sys *sys = &dev->ctx->sys;
	uint64_t end = sys->ops->now_ms(sys) + timeout_ms;
	int error = check_mdev(dev);

	while (!error) {
		error = vdev_device_refresh(dev);
		if (error ||
		    (vdev_device_mdev_type(dev) && vdev_device_driver(dev)))
			return error;
		if (sys->ops->now_ms(sys) >= end)
			return vdev_fail(dev->ctx, -ETIMEDOUT,
					 "%s: no driver has taken the mdev "
					 "within %u ms",
					 dev->address, timeout_ms);
		sys->ops->sleep_ms(sys, LOOK_EVERY);
	}
	return error;
}

/* --- Making */

/* What is to be made, with names as the kernel has them. */
struct creation {
	char parent[MDEV_PARENT_SIZE];
	char uuid[UUID_TEXT_SIZE];
	const struct vdev_mdev_config *config;
};

int vdev_mdev_random_uuid(struct vdev_ctx *ctx, char text[VDEV_MDEV_UUID_TEXT])
{
	unsigned char b[16];
	int error = ctx->sys.ops->random(&ctx->sys, b, sizeof(b));
	int n = 0;

	if (error)
		return vdev_fail(ctx, error, "cannot make a random UUID: %s",
				 strerror(-error));
	b[6] = (b[6] & 0x0f) | 0x40;
	b[8] = (b[8] & 0x3f) | 0x80;
	for (int i = 0; i < 16; i++)
		n += snprintf(
			text + n, VDEV_MDEV_UUID_TEXT - (size_t)n, "%s%02x",
			i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", b[i]);
	return 0;
}

static int fail_full(struct vdev_ctx *ctx, const struct creation *c)
{
	vdev_fail_as(ctx, VDEV_ERROR_FAILED, -EUSERS,
		     "%s can make no more mdevs of type %s", c->parent,
		     c->config->type);
	return vdev_hint(ctx, -EUSERS,
			 "remove one of its mdevs, see 'vdevctl mdev list'");
}

static int check_type(struct vdev_ctx *ctx, const struct creation *c)
{
	struct mdev_type_facts facts;
	int available;
	int error = mdev_sysfs_read_type(&ctx->sys, c->parent, c->config->type,
					 &facts);

	if (error == -ENOENT) {
		vdev_fail(ctx, error, "%s offers no mdev type %s", c->parent,
			  c->config->type);
		return vdev_hint(ctx, error,
				 "'vdevctl mdev types %s' lists its types",
				 c->parent);
	}
	if (error)
		return vdev_fail(ctx, error, "cannot read type %s of %s: %s",
				 c->config->type, c->parent, strerror(-error));
	available = facts.available;
	mdev_type_facts_clear(&facts);
	return available ? 0 : fail_full(ctx, c);
}

static int fail_exists(struct vdev_ctx *ctx, const char *uuid)
{
	return vdev_fail(ctx, -EEXIST, "there is an mdev %s already", uuid);
}

static int check_uuid(struct vdev_ctx *ctx, const char *uuid,
		      struct creation *c)
{
	struct vdev_device *dev;

	if (!uuid)
		return 0;
	if (!uuid_normalize(uuid, c->uuid))
		return vdev_fail(ctx, -EINVAL, "'%s' is no UUID", uuid);
	if (vdev_device_new(ctx, "mdev", c->uuid, &dev))
		return 0;
	vdev_device_unref(dev);
	return fail_exists(ctx, c->uuid);
}

static int prepare(struct vdev_ctx *ctx, const char *parent, const char *uuid,
		   const struct vdev_mdev_config *config, struct creation *c)
{
	int error;

	*c = (struct creation){ .config = config };
	if (!config->type)
		return vdev_fail(ctx, -EINVAL, "no mdev type is given");
	error = check_uuid(ctx, uuid, c);
	if (!error)
		error = mdev_find_parent(ctx, parent, c->parent);
	return error ? error : check_type(ctx, c);
}

int vdev_mdev_check(struct vdev_ctx *ctx, const char *parent, const char *uuid,
		    const struct vdev_mdev_config *config)
{
	struct creation c;

	return prepare(ctx, parent, uuid, config, &c);
}

/* What the driver, or its core, said to the creation. */
static int fail_creation(struct vdev_ctx *ctx, int error,
			 const struct creation *c)
{
	switch (error) {
	case -EEXIST:
		return fail_exists(ctx, c->uuid);
	case -EUSERS:
	case -ENOSPC:
		return fail_full(ctx, c);
	case -EACCES:
	case -EPERM:
	case -ENOENT:
	case -ENODEV:
	case -EAGAIN:
		return vdev_fail(ctx, error,
				 "%s cannot make an mdev of type %s: %s",
				 c->parent, c->config->type, strerror(-error));
	default:
		vdev_fail_as(ctx, VDEV_ERROR_FAILED, error,
			     "%s refuses to make an mdev of type %s: %s",
			     c->parent, c->config->type, strerror(-error));
		return vdev_hint(ctx, error, "the kernel log may say more");
	}
}

/* Removes what is there in part. `why` is what failed, recorded. */
static int roll_back(struct vdev_ctx *ctx, const struct creation *c, int why)
{
	_auto_free_ char *reason = strdup(vdev_ctx_last_error(ctx));
	pid_t pending;
	int error;

	vdev_log(ctx, VDEV_LOG_INFO, "%s: remove it again", c->uuid);
	error = mdev_sysfs_remove(&ctx->sys, c->uuid, DRIVER_MS, &pending);
	/* Its parent may be gone, and it with it. */
	if (!error || error == -ENOENT || error == -ENODEV)
		return vdev_fail_as(ctx, VDEV_ERROR_FAILED, why,
				    "%s; the mdev was removed again",
				    reason ? reason : "out of memory");
	return vdev_fail_as(ctx, VDEV_ERROR_ROLLBACK, why,
			    "%s; and the mdev could not be removed: %s",
			    reason ? reason : "out of memory",
			    strerror(-error));
}

static int set_attrs(struct vdev_ctx *ctx, const struct creation *c)
{
	for (size_t i = 0; i < c->config->count; i++) {
		const struct mdev_attr *a = &c->config->attrs[i];
		int error;

		vdev_log(ctx, VDEV_LOG_INFO, "%s: %s = %s", c->uuid, a->name,
			 a->value);
		error = mdev_sysfs_set(&ctx->sys, c->uuid, a->name, a->value);
		if (error)
			return vdev_fail(
				ctx, error, "%s: attribute %s %s%s%s%s",
				c->uuid, a->name,
				error == -ENOENT ? "does not exist"
						 : "refuses '",
				error == -ENOENT ? "" : a->value,
				error == -ENOENT ? "" : "': ",
				error == -ENOENT ? "" : strerror(-error));
	}
	return 0;
}

static int make(struct vdev_ctx *ctx, const struct creation *c)
{
	struct vdev_sys *sys = &ctx->sys;
	uint64_t end = sys->ops->now_ms(sys) + AGAIN_MS;
	int error;

	vdev_log(ctx, VDEV_LOG_INFO, "%s: make an mdev %s of type %s",
		 c->parent, c->uuid, c->config->type);
	for (;;) {
		error = mdev_sysfs_create(sys, c->parent, c->config->type,
					  c->uuid);
		if (error != -EAGAIN || sys->ops->now_ms(sys) >= end)
			break;
		sys->ops->sleep_ms(sys, AGAIN_EVERY);
	}
	return error ? fail_creation(ctx, error, c) : 0;
}

int vdev_mdev_create(struct vdev_ctx *ctx, const char *parent, const char *uuid,
		     const struct vdev_mdev_config *config,
		     struct vdev_device **ret)
{
	struct vdev_device *dev;
	struct creation c;
	int error = prepare(ctx, parent, uuid, config, &c);

	if (!error && !uuid)
		error = vdev_mdev_random_uuid(ctx, c.uuid);
	if (error)
		return error;
	/* What can fail for want of memory does so before there is an mdev. */
	dev = device_alloc(ctx, "mdev", c.uuid);
	if (!dev)
		return vdev_fail(ctx, -ENOMEM, "out of memory");
	error = make(ctx, &c);
	if (!error) {
		error = vdev_mdev_wait(dev, DRIVER_MS);
		if (!error)
			error = set_attrs(ctx, &c);
		if (error)
			error = roll_back(ctx, &c, error);
	}
	if (error) {
		vdev_device_unref(dev);
		return error;
	}
	*ret = dev;
	return 0;
}

/* --- Removing */

static int check_unused(struct vdev_device *dev)
{
	_auto_free_ char *users = NULL;
	int used = vdev_device_users(dev, &users);

	if (used <= 0)
		return used;
	vdev_fail(dev->ctx, -EBUSY, "%s is open in %s", dev->address, users);
	return vdev_hint(dev->ctx, -EBUSY,
			 "end its user first; by force the kernel asks the "
			 "user to let go, and waits for that");
}

static int fail_removal(struct vdev_device *dev, int error,
			unsigned int timeout_ms)
{
	switch (error) {
	case -ETIMEDOUT:
		vdev_fail_as(dev->ctx, VDEV_ERROR_ROLLBACK, error,
			     "%s: the removal has not ended after %u ms: the "
			     "kernel waits for its user",
			     dev->address, timeout_ms);
		return vdev_hint(dev->ctx, error,
				 "it ends when the user closes the device");
	case -ENOENT:
	case -ENODEV:
		/* Another removal was faster, or its parent's. */
		return vdev_fail(dev->ctx, -ENODEV, "mdev %s is gone",
				 dev->address);
	case -EAGAIN:
		return vdev_fail(dev->ctx, error,
				 "another process is making or removing %s",
				 dev->address);
	default:
		return vdev_fail_as(dev->ctx,
				    error == -EACCES || error == -EPERM
					    ? VDEV_ERROR_PERMISSION
					    : VDEV_ERROR_FAILED,
				    error, "cannot remove %s: %s", dev->address,
				    strerror(-error));
	}
}

int vdev_mdev_remove(struct vdev_device *dev, unsigned int timeout_ms,
		     bool force)
{
	struct vdev_ctx *ctx = dev->ctx;
	int error = vdev_mdev_wait(dev, timeout_ms);
	pid_t pending;

	if (!error && !force)
		error = check_unused(dev);
	if (error)
		return error;
	vdev_log(ctx, VDEV_LOG_INFO, "%s: remove it", dev->address);
	error = mdev_sysfs_remove(&ctx->sys, dev->address, timeout_ms,
				  &pending);
	return error ? fail_removal(dev, error, timeout_ms) : 0;
}
