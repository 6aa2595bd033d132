/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "object/driver.h"

#include <errno.h>
#include <stdio.h>

#include "kernel/modules.h"
#include "object/device.h"

bool driver_name_valid(const char *name)
{
	return *name && strlen(name) < DRIVER_NAME_SIZE && *name != '.' &&
	       !strpbrk(name, "/\n");
}

static bool registered(struct vdev_ctx *ctx, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/pci/drivers/%s", name);
	return vdev_sys_exists(&ctx->sys, path);
}

static void replace_char(char *s, char from, char to)
{
	for (; *s; s++)
		if (*s == from)
			*s = to;
}

/*
 * Modules, their files and their drivers spell one name with '-' or '_' as
 * they like. Whether the driver is there; `name` becomes its own spelling.
 */
static bool find_registered(struct vdev_ctx *ctx, char name[DRIVER_NAME_SIZE])
{
	char other[DRIVER_NAME_SIZE];
	bool found = registered(ctx, name);

	for (int i = 0; i < 2 && !found; i++) {
		strcpy(other, name);
		replace_char(other, "-_"[i], "_-"[i]);
		found = registered(ctx, other);
		if (found)
			strcpy(name, other);
	}
	return found;
}

enum driver_state driver_state(struct vdev_ctx *ctx,
			       char name[DRIVER_NAME_SIZE])
{
	if (find_registered(ctx, name))
		return DRIVER_LOADED;
	return modules_has(&ctx->sys, name) ? DRIVER_LOADABLE : DRIVER_UNKNOWN;
}

bool driver_is_vfio(const char *name)
{
	return strstr(name, "vfio") != NULL;
}

/* The modules that match, closest first, without vfio_pci itself. */
static int find_variants(struct vdev_ctx *ctx, const char *modalias,
			 struct strv *variants)
{
	_auto_strv_ struct strv modules = { 0 };
	const char *module;
	int ret = modules_match(&ctx->sys, modalias, &modules);

	strv_foreach(&modules, module) {
		if (ret)
			break;
		if (!str_eq(module, "vfio_pci"))
			ret = strv_add(variants, module);
	}
	return ret;
}

static int fail_aliases(struct vdev_ctx *ctx, int error, const char *name_of)
{
	return vdev_fail(ctx, error, "%s: cannot read module aliases: %s",
			 name_of, strerror(-error));
}

int driver_choose(struct vdev_ctx *ctx, struct vdev_device *dev,
		  enum vdev_purpose purpose, char name[DRIVER_NAME_SIZE])
{
	char modalias[MODALIAS_SIZE];
	int ret = vdev_device_modalias(dev, "vfio_pci", modalias);

	if (ret)
		return fail_aliases(ctx, ret, vdev_device_address(dev));
	return driver_choose_for(ctx, modalias, vdev_device_address(dev),
				 purpose, name);
}

int driver_choose_for(struct vdev_ctx *ctx, const char *modalias,
		      const char *name_of, enum vdev_purpose purpose,
		      char name[DRIVER_NAME_SIZE])
{
	_auto_strv_ struct strv variants = { 0 };
	const char *best = "vfio-pci";
	int ret = find_variants(ctx, modalias, &variants);

	if (ret)
		return fail_aliases(ctx, ret, name_of);
	/*
	 * PASIDs are wired in plain vfio-pci only, migration in variants only,
	 * and a variant knows its device better than vfio-pci does.
	 */
	if (purpose != VDEV_PURPOSE_PASID && variants.count)
		best = variants.items[0];
	else if (purpose == VDEV_PURPOSE_MIGRATION)
		return vdev_hint(
			ctx,
			vdev_fail(ctx, -EOPNOTSUPP,
				  "%s: this kernel has no driver that can "
				  "migrate it",
				  name_of),
			"no vfio_pci alias in modules.alias matches the "
			"device; a VFIO variant driver from its vendor is "
			"needed");
	snprintf(name, DRIVER_NAME_SIZE, "%s", best);
	return 0;
}

int driver_load(struct vdev_ctx *ctx, char name[DRIVER_NAME_SIZE])
{
	char module[DRIVER_NAME_SIZE];
	int ret;

	if (find_registered(ctx, name))
		return 0;
	if (!vdev_sys_live(&ctx->sys))
		return vdev_fail(ctx, -EOPNOTSUPP,
				 "cannot load driver %s: %s is not the running "
				 "system",
				 name, ctx->sys.root);
	vdev_log(ctx, VDEV_LOG_INFO, "loading module %s", name);
	ret = modules_load(&ctx->sys, name);
	if (ret == -ENOENT)
		return vdev_hint(ctx,
				 vdev_fail_as(ctx, VDEV_ERROR_FAILED, -ENOENT,
					      "cannot load driver %s", name),
				 "\"modprobe %s\" says why", name);
	if (ret)
		return vdev_fail_as(ctx, VDEV_ERROR_FAILED, ret,
				    "cannot run modprobe: %s", strerror(-ret));
	if (find_registered(ctx, name))
		return 0;
	strcpy(module, name);
	replace_char(module, '-', '_');
	ret = modules_pci_driver(&ctx->sys, module, name, DRIVER_NAME_SIZE);
	if (ret)
		return vdev_fail_as(ctx, VDEV_ERROR_FAILED, ret,
				    "module %s is loaded but registers no PCI "
				    "driver",
				    module);
	return 0;
}
