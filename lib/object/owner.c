/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "object/owner.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#define RULES_DIR  "/run/udev/rules.d"
#define IOMMU_NODE "/dev/iommu"

static void rule_path(const char *address, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, RULES_DIR "/70-vdev-%s.rules", address);
}

static void add_rule(struct strbuf *b, const struct owner *owner,
		     const char *match)
{
	strbuf_addf(b, "%s, OWNER=\"%u\", ", match, owner->uid);
	if (owner->gid == (gid_t)-1)
		strbuf_addf(b, "MODE=\"0600\"\n");
	else
		strbuf_addf(b, "GROUP=\"%u\", MODE=\"0660\"\n", owner->gid);
}

/* The group's node has no parent in sysfs: only its name says whose it is. */
static char *rule_text(struct vdev_device *dev, const struct owner *owner)
{
	const char *group = vdev_device_vfio_group(dev);
	struct strbuf b = { 0 };
	char match[128];

	strbuf_addf(&b, "# Made by vdevctl bind --owner, removed by restore\n");
	snprintf(match, sizeof(match),
		 "SUBSYSTEM==\"vfio-dev\", KERNELS==\"%s\"",
		 vdev_device_address(dev));
	add_rule(&b, owner, match);
	if (group) {
		snprintf(match, sizeof(match),
			 "SUBSYSTEM==\"vfio\", KERNEL==\"%s\"",
			 str_basename(group));
		add_rule(&b, owner, match);
	}
	if (owner->iommu)
		add_rule(&b, owner, "SUBSYSTEM==\"misc\", KERNEL==\"iommu\"");
	return strbuf_finish(&b);
}

static int give_node(struct vdev_ctx *ctx, const char *node,
		     const struct owner *owner)
{
	bool group = owner->gid != (gid_t)-1;
	int ret = ctx->sys.ops->chown(&ctx->sys, node, owner->uid, owner->gid);

	if (!ret)
		ret = ctx->sys.ops->chmod(&ctx->sys, node, group ? 0660 : 0600);
	if (ret)
		return vdev_fail_as(ctx, VDEV_ERROR_FAILED, ret,
				    "cannot give %s to user %u: %s", node,
				    owner->uid, strerror(-ret));
	return 0;
}

int owner_give(struct vdev_ctx *ctx, struct vdev_device *dev,
	       const struct owner *owner)
{
	const char *cdev = vdev_device_vfio_cdev(dev);
	const char *group = vdev_device_vfio_group(dev);
	_auto_free_ char *text = rule_text(dev, owner);
	char path[PATH_MAX];
	int ret;

	if (!text)
		return vdev_fail(ctx, -ENOMEM, "out of memory");
	rule_path(vdev_device_address(dev), path);
	/* The rule first: a node made anew in between is then right too. */
	ret = vdev_sys_mkdir_p(&ctx->sys, RULES_DIR, 0755);
	if (!ret)
		ret = vdev_sys_replace_file(&ctx->sys, path, text, 0644);
	if (ret)
		return vdev_fail_as(ctx, VDEV_ERROR_FAILED, ret,
				    "cannot write %s: %s", path,
				    strerror(-ret));
	if (cdev)
		ret = give_node(ctx, cdev, owner);
	if (!ret && group)
		ret = give_node(ctx, group, owner);
	if (!ret && owner->iommu)
		ret = give_node(ctx, IOMMU_NODE, owner);
	return ret;
}

static bool iommu_still_given(struct vdev_ctx *ctx)
{
	_auto_strv_ struct strv rules = { 0 };
	const char *name;

	if (vdev_sys_list(&ctx->sys, VDEV_SYS_ROOT, RULES_DIR, &rules))
		return false;
	strv_foreach(&rules, name) {
		_auto_free_ char *text = NULL;
		char path[PATH_MAX];

		if (!str_starts(name, "70-vdev-"))
			continue;
		snprintf(path, sizeof(path), RULES_DIR "/%s", name);
		if (vdev_sys_read_text(&ctx->sys, VDEV_SYS_ROOT, path, &text) >
			    0 &&
		    strstr(text, "KERNEL==\"iommu\""))
			return true;
	}
	return false;
}

int owner_take_back(struct vdev_ctx *ctx, const char *address, bool iommu)
{
	char path[PATH_MAX];
	int ret;

	rule_path(address, path);
	ret = vdev_sys_remove_file(&ctx->sys, path);
	if (!ret && iommu && !iommu_still_given(ctx)) {
		/* As the kernel makes it: drivers/iommu/iommufd/main.c. */
		ret = ctx->sys.ops->chown(&ctx->sys, IOMMU_NODE, 0, 0);
		if (!ret)
			ret = ctx->sys.ops->chmod(&ctx->sys, IOMMU_NODE, 0660);
		if (ret == -ENOENT)
			ret = 0;
	}
	if (ret)
		return vdev_fail_as(ctx, VDEV_ERROR_FAILED, ret,
				    "%s: cannot take its nodes back: %s",
				    address, strerror(-ret));
	return 0;
}
