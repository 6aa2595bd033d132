/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Making and removing mdevs.
 *
 * By netlink, an mdev is usable when the answer arrives, and gone when that is
 * notified. By sysfs a write to `create` returns when the driver has the mdev,
 * but others see it before: mdev_device_create() adds the device, then attaches
 * the driver, and makes the link `mdev_type` last. A write to `remove` before
 * that fails with EAGAIN and takes the attribute `remove` away for good
 * (remove_store() in drivers/vfio/mdev/mdev_sysfs.c, Linux 7.2), so a removal
 * waits for the link.
 */

#include "object/mdev.h"

#include <errno.h>
#include <stdio.h>

#include "object/device_struct.h"
#include "object/mdev_link.h"

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

/* Until its type is known and, if that is wanted, a driver has it. */
static int wait_for(struct vdev_device *dev, unsigned int timeout_ms,
		    bool driver)
{
	struct vdev_sys *sys = &dev->ctx->sys;
	uint64_t end = sys->ops->now_ms(sys) + timeout_ms;
	int error = check_mdev(dev);

	while (!error) {
		error = vdev_device_refresh(dev);
		if (error || (vdev_device_mdev_type(dev) &&
			      (!driver || vdev_device_driver(dev))))
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

int vdev_mdev_wait(struct vdev_device *dev, unsigned int timeout_ms)
{
	return wait_for(dev, timeout_ms, true);
}

/* --- Making */

/* What is to be made, with names as the kernel has them, and how. */
struct creation {
	char parent[MDEV_PARENT_SIZE];
	char uuid[UUID_TEXT_SIZE];
	const struct vdev_mdev_config *config;
	struct mdev_link link;
	/* By netlink: */
	uint32_t parent_id;
	struct mdev_netlink_settings settings;
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

static int check_type(struct vdev_ctx *ctx, struct creation *c)
{
	struct mdev_type_facts facts;
	int available;
	int error = mdev_link_read_type(&c->link, c->parent, c->config->type,
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
				 c->config->type, c->parent,
				 mdev_link_reason(&c->link, error));
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

/*
 * Attributes that netlink takes with the request, so that the driver agrees to
 * them before there is an mdev. All others are files of the mdev.
 */
static int take_settings(struct vdev_ctx *ctx, struct creation *c)
{
	for (size_t i = 0; i < c->config->count; i++) {
		const struct mdev_attr *a = &c->config->attrs[i];
		uint64_t most, value;
		int setting = mdev_netlink_setting(a->name, &most);
		int error;

		if (!setting)
			continue;
		error = str_to_u64(a->value, 0, &value);
		if (!error && value > most)
			error = -ERANGE;
		if (error)
			return vdev_fail_as(ctx, VDEV_ERROR_FAILED, error,
					    "attribute %s refuses '%s': %s",
					    a->name, a->value,
					    error == -ERANGE
						    ? "it is too large"
						    : "it is no number");
		c->settings.given |= 1u << setting;
		c->settings.values[setting] = value;
	}
	return 0;
}

static int prepare_netlink(struct vdev_ctx *ctx, struct creation *c)
{
	int error = mdev_link_parent_id(&c->link, c->parent, &c->parent_id);

	/* Sysfs has it for a moment before and after. */
	if (error == -ENODEV)
		return mdev_fail_no_parent(ctx, c->parent);
	if (error)
		return vdev_fail(ctx, error,
				 "cannot list the parents of mdevs: %s",
				 mdev_link_reason(&c->link, error));
	return take_settings(ctx, c);
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
	if (error)
		return error;
	mdev_link_open(ctx, &c->link);
	if (c->link.netlink)
		error = prepare_netlink(ctx, c);
	if (!error)
		error = check_type(ctx, c);
	mdev_link_close(&c->link);
	return error;
}

int vdev_mdev_check(struct vdev_ctx *ctx, const char *parent, const char *uuid,
		    const struct vdev_mdev_config *config)
{
	struct creation c;

	return prepare(ctx, parent, uuid, config, &c);
}

/* Which settings it may be that the driver does not like. */
static char *name_settings(const struct creation *c)
{
	struct strbuf text = { 0 };
	uint64_t most;

	for (size_t i = 0; i < c->config->count; i++) {
		const struct mdev_attr *a = &c->config->attrs[i];

		if (mdev_netlink_setting(a->name, &most))
			strbuf_addf(&text, "%s%s '%s'",
				    text.length ? " or " : "", a->name,
				    a->value);
	}
	return strbuf_finish(&text);
}

static int fail_settings(struct vdev_ctx *ctx, int error,
			 const struct creation *c)
{
	_auto_free_ char *names = name_settings(c);

	return vdev_fail_as(ctx, VDEV_ERROR_FAILED, error,
			    "%s: attribute %s is refused: %s; nothing was made",
			    c->uuid, names ? names : "",
			    mdev_link_reason(&c->link, error));
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
				 c->parent, c->config->type,
				 mdev_link_reason(&c->link, error));
	case -EINVAL:
	case -ERANGE:
	case -EOPNOTSUPP:
		if (c->link.netlink && c->settings.given)
			return fail_settings(ctx, error, c);
		break;
	}
	vdev_fail_as(ctx, VDEV_ERROR_FAILED, error,
		     "%s refuses to make an mdev of type %s: %s", c->parent,
		     c->config->type, mdev_link_reason(&c->link, error));
	return vdev_hint(ctx, error, "the kernel log may say more");
}

/* Removes what is there in part. `why` is what failed, recorded. */
static int roll_back(struct vdev_ctx *ctx, struct creation *c, int why)
{
	_auto_free_ char *reason = strdup(vdev_ctx_last_error(ctx));
	int error;

	vdev_log(ctx, VDEV_LOG_INFO, "%s: remove it again by %s", c->uuid,
		 mdev_link_name(&c->link));
	error = mdev_link_remove(&c->link, c->uuid, DRIVER_MS, true);
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

static int fail_attr(struct vdev_ctx *ctx, int error, const struct creation *c,
		     const struct mdev_attr *a)
{
	uint64_t most;

	if (error != -ENOENT)
		return vdev_fail(ctx, error,
				 "%s: attribute %s refuses '%s': %s", c->uuid,
				 a->name, a->value, strerror(-error));
	if (!mdev_netlink_setting(a->name, &most))
		return vdev_fail(ctx, error, "%s: attribute %s does not exist",
				 c->uuid, a->name);
	return vdev_fail(ctx, error,
			 "%s: attribute %s does not exist; as a setting it "
			 "needs a kernel that makes mdevs by generic netlink",
			 c->uuid, a->name);
}

static int set_attrs(struct vdev_ctx *ctx, const struct creation *c)
{
	for (size_t i = 0; i < c->config->count; i++) {
		const struct mdev_attr *a = &c->config->attrs[i];
		uint64_t most;
		int error;

		/* It was made with these. */
		if (c->link.netlink && mdev_netlink_setting(a->name, &most))
			continue;
		vdev_log(ctx, VDEV_LOG_INFO, "%s: %s = %s", c->uuid, a->name,
			 a->value);
		error = mdev_sysfs_set(&ctx->sys, c->uuid, a->name, a->value);
		if (error)
			return fail_attr(ctx, error, c, a);
	}
	return 0;
}

static int ask_once(struct vdev_ctx *ctx, struct creation *c)
{
	int error = -EPERM;

	if (c->link.netlink)
		error = mdev_netlink_create(&c->link.nl, c->parent_id,
					    c->config->type, c->uuid,
					    &c->settings);
	if (error != -EPERM || (c->link.netlink && c->settings.given))
		return error;
	/* Sysfs asks for less than netlink does. */
	if (c->link.netlink)
		mdev_link_use_sysfs(&c->link,
				    mdev_link_reason(&c->link, error));
	return mdev_sysfs_create(&ctx->sys, c->parent, c->config->type,
				 c->uuid);
}

static int make(struct vdev_ctx *ctx, struct creation *c)
{
	struct vdev_sys *sys = &ctx->sys;
	uint64_t end = sys->ops->now_ms(sys) + AGAIN_MS;
	int error;

	vdev_log(ctx, VDEV_LOG_INFO, "%s: make an mdev %s of type %s by %s",
		 c->parent, c->uuid, c->config->type, mdev_link_name(&c->link));
	for (;;) {
		error = ask_once(ctx, c);
		if (error != -EAGAIN || sys->ops->now_ms(sys) >= end)
			break;
		sys->ops->sleep_ms(sys, AGAIN_EVERY);
	}
	return error ? fail_creation(ctx, error, c) : 0;
}

/* All of it, or nothing. */
static int make_whole(struct vdev_device *dev, struct creation *c)
{
	int error = make(dev->ctx, c);

	/* It was made, but the kernel's answer makes no sense. */
	if (error == -EBADMSG && c->link.netlink)
		return roll_back(dev->ctx, c, error);
	if (error)
		return error;
	error = vdev_mdev_wait(dev, DRIVER_MS);
	if (!error)
		error = set_attrs(dev->ctx, c);
	return error ? roll_back(dev->ctx, c, error) : 0;
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
	error = make_whole(dev, &c);
	if (error) {
		vdev_device_unref(dev);
		return error;
	}
	*ret = dev;
	return 0;
}

/* --- Removing */

static int hint_in_use(struct vdev_device *dev)
{
	return vdev_hint(dev->ctx, -EBUSY,
			 "end its user first; by force the kernel asks the "
			 "user to let go, and waits for that");
}

static int check_unused(struct vdev_device *dev)
{
	_auto_free_ char *users = NULL;
	int used = vdev_device_users(dev, &users);

	if (used <= 0)
		return used;
	vdev_fail(dev->ctx, -EBUSY, "%s is open in %s", dev->address, users);
	return hint_in_use(dev);
}

static int fail_removal(struct vdev_device *dev, const struct mdev_link *link,
			int error, unsigned int timeout_ms)
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
	case -EBUSY:
		vdev_fail(dev->ctx, error, "%s is open", dev->address);
		return hint_in_use(dev);
	case -EAGAIN:
	case -EALREADY:
		return vdev_fail(dev->ctx, -EAGAIN,
				 "another process is making or removing %s",
				 dev->address);
	default:
		return vdev_fail_as(dev->ctx,
				    error == -EACCES || error == -EPERM
					    ? VDEV_ERROR_PERMISSION
					    : VDEV_ERROR_FAILED,
				    error, "cannot remove %s: %s", dev->address,
				    mdev_link_reason(link, error));
	}
}

/*
 * One that goes away already will not become usable. A driver may have left
 * one, which can be removed all the same; its type is known from when it was
 * whole.
 */
static int wait_removable(struct vdev_device *dev, struct mdev_link *link,
			  unsigned int timeout_ms)
{
	struct mdev_netlink_device known;

	if (link->netlink &&
	    !mdev_netlink_device(&link->nl, dev->address, &known))
		return known.removing
			       ? fail_removal(dev, link, -EALREADY, timeout_ms)
			       : 0;
	return wait_for(dev, timeout_ms < DRIVER_MS ? timeout_ms : DRIVER_MS,
			false);
}

int vdev_mdev_remove(struct vdev_device *dev, unsigned int timeout_ms,
		     bool force)
{
	struct vdev_ctx *ctx = dev->ctx;
	_auto_link_ struct mdev_link link = { .ctx = ctx };
	int error = check_mdev(dev);

	if (error)
		return error;
	mdev_link_open(ctx, &link);
	error = wait_removable(dev, &link, timeout_ms);
	if (!error && !force)
		error = check_unused(dev);
	if (error)
		return error;
	vdev_log(ctx, VDEV_LOG_INFO, "%s: remove it by %s", dev->address,
		 mdev_link_name(&link));
	error = mdev_link_remove(&link, dev->address, timeout_ms, force);
	return error ? fail_removal(dev, &link, error, timeout_ms) : 0;
}
