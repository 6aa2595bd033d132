/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The VFs of a PF.
 *
 * Source: drivers/pci/iov.c and Documentation/PCI/pci-iov-howto.rst, Linux 7.2.
 * sriov_numvfs goes from 0 to a number and from a number to 0, and the
 * PF's driver does it. While sriov_drivers_autoprobe is off, no driver's probe
 * runs for a VF unless driver_override names that driver.
 */

#include "object/vfs.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "object/rebind.h"

#define ENABLE_SRIOV "/sys/module/vfio_pci/parameters/enable_sriov"

/* To remove a VF takes the kernel that long, on a slow machine. */
#define REMOVAL_MS 500

static int fail(struct vdev_device *pf, int error, const char *what)
{
	struct vdev_ctx *ctx = vdev_device_ctx(pf);
	const char *address = vdev_device_address(pf);

	if (!vdev_device_exists(pf))
		return vdev_fail_as(ctx, VDEV_ERROR_FAILED, -ENODEV,
				    "%s: the device has disappeared", address);
	return vdev_fail_as(
		ctx,
		error == -EACCES ? VDEV_ERROR_PERMISSION : VDEV_ERROR_FAILED,
		error, "%s: cannot %s: %s", address, what, strerror(-error));
}

int vfs_list(struct vdev_device *pf, struct vdev_device_list **ret)
{
	struct vdev_ctx *ctx = vdev_device_ctx(pf);
	struct vdev_device_list *list = calloc(1, sizeof(*list));
	const char *const *vfs;
	int error = list ? vdev_device_refresh(pf) : -ENOMEM;

	if (!error)
		error = vdev_device_sriov_numvfs(pf);
	if (error < 0)
		goto failed;
	vfs = vdev_device_virtfns(pf);
	error = vfs ? 0 : -ENOMEM;
	for (; !error && *vfs; vfs++)
		error = device_list_add(list, ctx, "pci", *vfs);
	if (error)
		goto failed;
	*ret = list;
	return 0;
failed:
	vdev_device_list_free(list);
	return fail(pf, error, "look at its VFs");
}

/* Return: 0 or a negative errno. */
static int add_bindings(const struct vdev_device_list *list,
			struct journal_vfs *state)
{
	for (size_t i = 0; i < list->count; i++) {
		struct binding b = { .driver = "" };
		int error = rebind_read(list->devices[i], &b);

		if (!error)
			error = journal_add_vf(state, b.driver, b.override);
		if (error)
			return error;
	}
	return 0;
}

int vfs_read(struct vdev_device *pf, struct vdev_device_list **ret,
	     struct journal_vfs *state)
{
	struct journal_vfs now = { .known = true };
	struct vdev_device_list *list;
	int autoprobe, error;

	error = vfs_list(pf, &list);
	if (error)
		return error;
	autoprobe = vdev_device_sriov_autoprobe(pf);
	now.autoprobe = autoprobe > 0;
	error = add_bindings(list, &now);
	/* Linux 4.12 and later have the switch. */
	if (!error && autoprobe < 0)
		error = autoprobe;
	if (error) {
		strv_clear(&now.vfs);
		vdev_device_list_free(list);
		return fail(pf, error, "look at its VFs");
	}
	*ret = list;
	*state = now;
	return 0;
}

int vfs_set_autoprobe(struct vdev_device *pf, bool on)
{
	int ret;

	vdev_log(vdev_device_ctx(pf), VDEV_LOG_INFO,
		 "%s: sriov_drivers_autoprobe = %d", vdev_device_address(pf),
		 on);
	ret = vdev_device_write_attr(pf, "sriov_drivers_autoprobe",
				     on ? "1" : "0");
	return ret ? fail(pf, ret, "set sriov_drivers_autoprobe") : 0;
}

/* Why the kernel did not take a number of VFs. */
static int fail_numvfs(struct vdev_device *pf, int error, unsigned int count)
{
	struct vdev_ctx *ctx = vdev_device_ctx(pf);
	const char *address = vdev_device_address(pf);
	const char *driver;
	char what[64];

	if (error == -ENOENT && !vdev_device_refresh(pf)) {
		driver = vdev_device_driver(pf);
		return vdev_fail_as(ctx, VDEV_ERROR_NOT_SUPPORTED, -EOPNOTSUPP,
				    "%s: %s%s", address,
				    driver ? "its driver cannot have VFs: "
					   : "without a driver it cannot have "
					     "VFs",
				    driver ? driver : "");
	}
	snprintf(what, sizeof(what), count ? "make %u VFs" : "remove its VFs",
		 count);
	(void)fail(pf, error, what);
	if (error == -ENOMEM)
		return vdev_hint(ctx, error,
				 "the kernel log says whether memory space or "
				 "bus numbers are short; pci=realloc on the "
				 "kernel's command line may help");
	return vdev_hint(ctx, error, "the kernel log may say more");
}

static int count_vfs(struct vdev_device *pf)
{
	int ret = vdev_device_refresh(pf);

	if (!ret)
		ret = vdev_device_sriov_numvfs(pf);
	return ret < 0 ? fail(pf, ret, "count its VFs") : ret;
}

int vfs_remove(struct vdev_device *pf, unsigned int timeout_ms, pid_t *pending)
{
	struct vdev_ctx *ctx = vdev_device_ctx(pf);
	int count = count_vfs(pf);
	char path[PATH_MAX];
	int ret;

	if (count <= 0)
		return count;
	vdev_log(ctx, VDEV_LOG_INFO, "%s: sriov_numvfs = 0",
		 vdev_device_address(pf));
	timeout_ms += REMOVAL_MS * (unsigned int)count;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/sriov_numvfs",
		 vdev_device_address(pf));
	ret = ctx->sys.ops->child_write(&ctx->sys, path, "0", timeout_ms,
					pending);
	if (ret == -ETIMEDOUT)
		return vdev_fail_as(ctx, VDEV_ERROR_ROLLBACK, ret,
				    "%s: its VFs are not gone after %u ms",
				    vdev_device_address(pf), timeout_ms);
	if (ret)
		return fail_numvfs(pf, ret, 0);
	count = count_vfs(pf);
	if (count > 0)
		return vdev_fail_as(ctx, VDEV_ERROR_FAILED, -EIO,
				    "%s: %d VFs are left",
				    vdev_device_address(pf), count);
	return count;
}

int vfs_make(struct vdev_device *pf, unsigned int count)
{
	struct vdev_ctx *ctx = vdev_device_ctx(pf);
	char text[16];
	int ret;

	vdev_log(ctx, VDEV_LOG_INFO, "%s: sriov_numvfs = %u",
		 vdev_device_address(pf), count);
	snprintf(text, sizeof(text), "%u", count);
	ret = vdev_device_write_attr(pf, "sriov_numvfs", text);
	if (ret)
		return fail_numvfs(pf, ret, count);
	/* A driver may make fewer and call that success. */
	ret = count_vfs(pf);
	if (ret >= 0 && ret != (int)count)
		return vdev_fail_as(ctx, VDEV_ERROR_FAILED, -EIO,
				    "%s: its driver made %d VFs, not %u",
				    vdev_device_address(pf), ret, count);
	return ret < 0 ? ret : 0;
}

/* Each VF to its driver. */
static int restore_bindings(struct vdev_device *pf,
			    const struct journal_vfs *state,
			    unsigned int timeout_ms, pid_t *pending)
{
	struct vdev_device_list *list;
	int ret = vfs_list(pf, &list);

	if (ret)
		return ret;
	for (size_t i = 0; i < list->count && !ret; i++) {
		struct binding b = { .driver = "" };

		journal_get_vf(state, i, b.driver, b.override);
		ret = rebind_to(list->devices[i], &b, timeout_ms, pending);
	}
	vdev_device_list_free(list);
	return ret;
}

int vfs_restore(struct vdev_device *pf, const struct journal_vfs *state,
		unsigned int timeout_ms, pid_t *pending, bool *anew)
{
	int want = (int)state->vfs.count;
	int count = count_vfs(pf);
	int ret = count < 0 ? count : 0;

	*anew = false;
	if (!ret && count && count != want)
		ret = vfs_remove(pf, timeout_ms, pending);
	if (!ret && want && count != want) {
		*anew = true;
		ret = vfs_set_autoprobe(pf, false);
		if (!ret)
			ret = vfs_make(pf, (unsigned int)want);
	}
	if (!ret && want)
		ret = restore_bindings(pf, state, timeout_ms, pending);
	if (!ret && vdev_device_sriov_autoprobe(pf) != state->autoprobe)
		ret = vfs_set_autoprobe(pf, state->autoprobe);
	return ret;
}

bool vfs_same(const struct journal_vfs *a, const struct journal_vfs *b)
{
	if (a->known != b->known || a->autoprobe != b->autoprobe ||
	    a->vfs.count != b->vfs.count)
		return false;
	for (size_t i = 0; i < a->vfs.count; i++)
		if (!str_eq(a->vfs.items[i], b->vfs.items[i]))
			return false;
	return true;
}

int vfs_enabled(struct vdev_ctx *ctx)
{
	char value[8];
	ssize_t n = vdev_sys_read_attr(&ctx->sys, VDEV_SYS_ROOT, ENABLE_SRIOV,
				       value, sizeof(value));

	return n < 0 ? (int)n : *value == 'Y';
}

int vfs_enable(struct vdev_ctx *ctx, bool on)
{
	int ret;

	vdev_log(ctx, VDEV_LOG_INFO, "vfio-pci: enable_sriov = %d", on);
	ret = vdev_sys_write_attr(&ctx->sys, ENABLE_SRIOV, on ? "Y" : "N");
	if (ret)
		return vdev_fail_as(ctx,
				    ret == -EACCES || ret == -EPERM ||
						    ret == -EROFS
					    ? VDEV_ERROR_PERMISSION
					    : VDEV_ERROR_FAILED,
				    ret, "cannot write %s: %s", ENABLE_SRIOV,
				    strerror(-ret));
	return 0;
}
