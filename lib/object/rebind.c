/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The steps of one device from one driver to another. */

#include "object/rebind.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

static void copy_name(char name[DRIVER_NAME_SIZE], const char *s)
{
	snprintf(name, DRIVER_NAME_SIZE, "%s", s ? s : "");
}

static int fail(struct vdev_device *dev, int error, const char *what,
		const char *driver)
{
	struct vdev_ctx *ctx = vdev_device_ctx(dev);

	if (!vdev_device_exists(dev))
		return vdev_fail_as(ctx, VDEV_ERROR_FAILED, -ENODEV,
				    "%s: the device has disappeared",
				    vdev_device_address(dev));
	return vdev_fail_as(ctx,
			    error == -EACCES || error == -EPERM
				    ? VDEV_ERROR_PERMISSION
				    : VDEV_ERROR_FAILED,
			    error, "%s: %s %s: %s", vdev_device_address(dev),
			    what, driver, strerror(-error));
}

int rebind_read(struct vdev_device *dev, struct binding *ret)
{
	struct vdev_ctx *ctx = vdev_device_ctx(dev);
	const char *driver = NULL, *override = NULL;
	int error = vdev_device_refresh(dev);

	if (!error)
		error = vdev_device_get_driver(dev, &driver);
	if (!error)
		error = vdev_device_get_override(dev, &override);
	if (error && !vdev_device_exists(dev))
		return vdev_fail(ctx, -ENODEV, "%s: the device has disappeared",
				 vdev_device_address(dev));
	if (error)
		return vdev_fail_as(ctx, VDEV_ERROR_FAILED, error,
				    "%s: cannot read its driver: %s",
				    vdev_device_address(dev), strerror(-error));
	copy_name(ret->driver, driver);
	copy_name(ret->override, override);
	return 0;
}

static int set_override(struct vdev_device *dev, const char *driver)
{
	int ret;

	vdev_log(vdev_device_ctx(dev), VDEV_LOG_INFO,
		 "%s: driver_override = %s", vdev_device_address(dev),
		 *driver ? driver : "(none)");
	/* An empty line clears it; nothing at all would not be a write. */
	ret = vdev_device_write_attr(dev, "driver_override",
				     *driver ? driver : "\n");
	if (ret)
		return fail(dev, ret, "cannot set driver_override to",
			    *driver ? driver : "nothing");
	return 0;
}

static int unbind(struct vdev_device *dev, const char *driver,
		  unsigned int timeout_ms, pid_t *pending)
{
	struct vdev_ctx *ctx = vdev_device_ctx(dev);
	char path[PATH_MAX];
	int ret;

	vdev_log(ctx, VDEV_LOG_INFO, "%s: unbind from %s",
		 vdev_device_address(dev), driver);
	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s/unbind", driver);
	ret = ctx->sys.ops->child_write(
		&ctx->sys, path, vdev_device_address(dev), timeout_ms, pending);
	if (ret == -ETIMEDOUT)
		return vdev_fail_as(ctx, VDEV_ERROR_ROLLBACK, ret,
				    "%s: the unbind from %s has not ended "
				    "after %u ms",
				    vdev_device_address(dev), driver,
				    timeout_ms);
	/* Another unbind that was under way may have been faster. */
	if (ret == -ENODEV && !vdev_device_refresh(dev) &&
	    !vdev_device_driver(dev))
		return 0;
	if (ret)
		return fail(dev, ret, "cannot unbind it from", driver);
	return 0;
}

static int bind(struct vdev_device *dev, const char *driver)
{
	struct vdev_ctx *ctx = vdev_device_ctx(dev);
	char path[PATH_MAX];
	int ret;

	vdev_log(ctx, VDEV_LOG_INFO, "%s: bind to %s", vdev_device_address(dev),
		 driver);
	/* Unlike drivers_probe this tells why a driver refuses. */
	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s/bind", driver);
	ret = vdev_sys_write_attr(&ctx->sys, path, vdev_device_address(dev));
	if (ret)
		return vdev_hint(
			ctx, fail(dev, ret, "it cannot be bound to", driver),
			"the kernel log may say more");
	return 0;
}

static int verify(struct vdev_device *dev, const struct binding *want)
{
	struct binding now = { .driver = "" };
	int ret = rebind_read(dev, &now);

	if (ret)
		return ret;
	if (!str_eq(now.driver, want->driver))
		return vdev_fail_as(vdev_device_ctx(dev), VDEV_ERROR_FAILED,
				    -EIO, "%s: it has driver %s, not %s",
				    vdev_device_address(dev),
				    *now.driver ? now.driver : "(none)",
				    *want->driver ? want->driver : "(none)");
	if (!str_eq(now.override, want->override))
		return vdev_fail_as(
			vdev_device_ctx(dev), VDEV_ERROR_FAILED, -EIO,
			"%s: its driver_override is %s, not %s",
			vdev_device_address(dev),
			*now.override ? now.override : "(none)",
			*want->override ? want->override : "(none)");
	return 0;
}

int rebind_to(struct vdev_device *dev, const struct binding *want,
	      unsigned int timeout_ms, pid_t *pending)
{
	/* To be bound by name the driver has to match, hence the override. */
	const char *first = *want->driver ? want->driver : want->override;
	struct binding now = { .driver = "" };
	bool change;
	int ret = rebind_read(dev, &now);

	if (ret)
		return ret;
	change = !str_eq(now.driver, want->driver);
	if (change && !str_eq(now.override, first))
		ret = set_override(dev, first);
	if (!ret && change && *now.driver)
		ret = unbind(dev, now.driver, timeout_ms, pending);
	if (!ret && change && *want->driver)
		ret = bind(dev, want->driver);
	if (!ret)
		ret = rebind_read(dev, &now);
	if (!ret && !str_eq(now.override, want->override))
		ret = set_override(dev, want->override);
	return ret ? ret : verify(dev, want);
}

int rebind_probe(struct vdev_device *dev, unsigned int timeout_ms,
		 pid_t *pending)
{
	struct vdev_ctx *ctx = vdev_device_ctx(dev);
	struct binding now = { .driver = "" };
	int ret = rebind_read(dev, &now);

	if (!ret && *now.override)
		ret = set_override(dev, "");
	if (!ret && *now.driver)
		ret = unbind(dev, now.driver, timeout_ms, pending);
	if (ret)
		return ret;
	vdev_log(ctx, VDEV_LOG_INFO, "%s: let the kernel choose a driver",
		 vdev_device_address(dev));
	ret = vdev_sys_write_attr(&ctx->sys, "/sys/bus/pci/drivers_probe",
				  vdev_device_address(dev));
	if (ret)
		return fail(dev, ret, "cannot be probed by", "the kernel");
	return rebind_read(dev, &now);
}

static bool nodes_present(struct vdev_ctx *ctx, struct vdev_device *dev)
{
	const char *cdev = vdev_device_vfio_cdev(dev);
	const char *group = vdev_device_vfio_group(dev);

	return (cdev || group) && (!cdev || vdev_sys_exists(&ctx->sys, cdev)) &&
	       (!group || vdev_sys_exists(&ctx->sys, group));
}

int rebind_wait_nodes(struct vdev_device *dev, unsigned int timeout_ms)
{
	struct vdev_ctx *ctx = vdev_device_ctx(dev);
	uint64_t end = ctx->sys.ops->now_ms(&ctx->sys) + timeout_ms;

	while (!nodes_present(ctx, dev)) {
		if (ctx->sys.ops->now_ms(&ctx->sys) >= end)
			return vdev_hint(
				ctx,
				vdev_fail_as(ctx, VDEV_ERROR_FAILED, -ETIMEDOUT,
					     "%s: no node of it appeared below "
					     "/dev/vfio within %u ms",
					     vdev_device_address(dev),
					     timeout_ms),
				"is /dev a devtmpfs, or udev running?");
		ctx->sys.ops->sleep_ms(&ctx->sys, 5);
		(void)vdev_device_refresh(dev);
	}
	return 0;
}
