/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The two ways to a device: opened by its address, or inherited open. */

#include "device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vm.h"

/* --- By its address */

static int read_token(struct vdev_ctx *ctx, const char *path,
		      struct vdev_vf_token *token)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	int error;

	if (fd < 0)
		return complain(-errno, "%s: %s", path, strerror(errno));
	error = vdev_vf_token_read(ctx, fd, path, 0, token);
	close(fd);
	return error ? complain_library(ctx, error) : 0;
}

static int open_file(struct vdev_device *dev, struct vdev_iommu *iommu,
		     const struct vdev_vf_token *token, struct vdev_file **ret)
{
	int error = vdev_file_open(dev, iommu, token, ret);

	return error ? complain_library(vdev_device_ctx(dev), error) : 0;
}

/* A token is a secret, and kept where no core dump has it. */
static int open_with_token(struct vdev_device *dev, struct vdev_iommu *iommu,
			   const char *path, struct vdev_file **ret)
{
	struct vdev_ctx *ctx = vdev_device_ctx(dev);
	struct vdev_vf_token *token;
	int error = vdev_vf_token_new(ctx, &token);

	if (error)
		return complain_library(ctx, error);
	error = read_token(ctx, path, token);
	if (!error)
		error = open_file(dev, iommu, token, ret);
	vdev_vf_token_free(token);
	return error;
}

static int open_device(struct vdev_ctx *ctx, const struct options *options,
		       struct vdev_file **ret)
{
	struct vdev_iommu *iommu = NULL;
	struct vdev_device *dev;
	int error = vdev_device_find(ctx, options->address, &dev);

	if (error)
		return complain_library(ctx, error);
	/* Without one the file opens what fits. */
	if (options->backend != VDEV_IOMMU_ANY)
		error = vdev_iommu_open(ctx, options->backend, &iommu);
	if (error)
		complain_library(ctx, error);
	else if (options->token_file)
		error = open_with_token(dev, iommu, options->token_file, ret);
	else
		error = open_file(dev, iommu, NULL, ret);
	vdev_iommu_unref(iommu);
	vdev_device_unref(dev);
	return error;
}

/* --- Inherited, for which no right to any node of VFIO or iommufd is needed */

static int from_environment(const char *name, uint32_t *ret)
{
	const char *text = getenv(name);
	unsigned long value;
	char *end;

	if (!text)
		return complain(-EINVAL,
				"--inherited needs %s in the environment, as "
				"vdevctl exec --bound sets it",
				name);
	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || end == text || *end || value > INT32_MAX)
		return complain(-EINVAL, "%s is '%s', which is no number", name,
				text);
	*ret = (uint32_t)value;
	return 0;
}

/* The iommufd, or the container of a device that comes through its group. */
static int import_iommu(struct vdev_ctx *ctx, struct vdev_iommu **ret)
{
	const bool container = getenv("VDEV_CONTAINER");
	uint32_t fd = 0;
	int error = from_environment(
		container ? "VDEV_CONTAINER" : "VDEV_IOMMUFD", &fd);

	if (error)
		return error;
	error = vdev_iommu_import(
		ctx, container ? VDEV_IOMMU_TYPE1 : VDEV_IOMMU_IOMMUFD, (int)fd,
		ret);
	return error ? complain_library(ctx, error) : 0;
}

static int import_device(struct vdev_ctx *ctx, struct vdev_file **ret)
{
	struct vdev_iommu *iommu;
	uint32_t fd = 0, id = 0;
	int error = import_iommu(ctx, &iommu);

	if (error)
		return error;
	error = from_environment("VDEV_DEVICE_0", &fd);
	if (!error && vdev_iommu_kind(iommu) == VDEV_IOMMU_IOMMUFD)
		error = from_environment("VDEV_DEVICE_0_ID", &id);
	if (!error) {
		error = vdev_file_import(ctx, (int)fd, iommu, id, NULL, ret);
		if (error)
			complain_library(ctx, error);
	}
	vdev_iommu_unref(iommu);
	return error;
}

int device_open(struct vdev_ctx *ctx, const struct options *options,
		struct vdev_file **ret)
{
	return options->inherited ? import_device(ctx, ret)
				  : open_device(ctx, options, ret);
}

static int make_ioas(struct vdev_file *file, bool inherited,
		     struct vdev_ioas **ret)
{
	struct vdev_iommu *iommu = vdev_file_iommu(file);
	uint32_t id = 0;
	int error;

	if (inherited && getenv("VDEV_IOAS")) {
		error = from_environment("VDEV_IOAS", &id);
		if (error)
			return error;
		error = vdev_ioas_import(iommu, id, ret);
	} else {
		error = vdev_ioas_new(iommu, ret);
	}
	return error ? complain_library(vdev_file_ctx(file), error) : 0;
}

/*
 * A mediated device that is isolated by a PASID needs a page table made for
 * these. What cannot have one that tracks is attached as others are.
 */
static struct vdev_hwpt *make_tracking(struct vdev_file *file,
				       struct vdev_ioas *ioas)
{
	unsigned int flags = VDEV_HWPT_DIRTY_TRACKING;
	struct vdev_hwpt *hwpt;

	if (vdev_file_isolation(file) == VDEV_ISOLATION_IOMMU_PASID)
		flags |= VDEV_HWPT_PASID;
	return vdev_file_make_hwpt(file, ioas, flags, &hwpt) ? NULL : hwpt;
}

int device_attach(struct vdev_file *file, const struct options *options,
		  struct vdev_ioas **ioas, struct vdev_hwpt **hwpt)
{
	int error = make_ioas(file, options->inherited, ioas);

	if (error)
		return error;
	if (options->offer)
		*hwpt = make_tracking(file, *ioas);
	error = *hwpt ? vdev_file_attach_hwpt(file, *hwpt)
		      : vdev_file_attach(file, *ioas);
	return error ? complain_library(vdev_file_ctx(file), error) : 0;
}

int device_kvm_fd(const struct vdev_file *file)
{
	const int group = vdev_file_group_fd(file);

	return group >= 0 ? group : vdev_file_fd(file);
}
