/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>

#include <libvdev/pci.h>

#include "kernel/abi/vfio_patched.h"
#include "object/region.h"

const char *vdev_feature_name(enum vdev_feature feature)
{
	static const char *const names[VDEV_FEATURES] = {
		[VDEV_FEATURE_VF_TOKEN] = "vf-token",
		[VDEV_FEATURE_MIGRATION] = "migration",
		[VDEV_FEATURE_MIGRATION_STATE] = "migration-state",
		[VDEV_FEATURE_LOW_POWER_ENTRY] = "low-power-entry",
		[VDEV_FEATURE_LOW_POWER_ENTRY_WAKEUP] =
			"low-power-entry-wakeup",
		[VDEV_FEATURE_LOW_POWER_EXIT] = "low-power-exit",
		[VDEV_FEATURE_DMA_LOGGING_START] = "dma-logging-start",
		[VDEV_FEATURE_DMA_LOGGING_STOP] = "dma-logging-stop",
		[VDEV_FEATURE_DMA_LOGGING_REPORT] = "dma-logging-report",
		[VDEV_FEATURE_MIGRATION_SIZE] = "migration-size",
		[VDEV_FEATURE_BUS_MASTER] = "bus-master",
		[VDEV_FEATURE_DMABUF] = "dma-buf",
		[VDEV_FEATURE_PRECOPY_INFO] = "precopy-info",
	};

	return (size_t)feature < VDEV_FEATURES ? names[feature] : NULL;
}

/* Return: 1, 0, or -errno with the sentence recorded. */
static int probe(struct vdev_file *file, enum vdev_feature feature,
		 uint32_t access)
{
	int ret = vfio_feature(file_sys(file), file->fd,
			       VFIO_DEVICE_FEATURE_PROBE | access |
				       (uint32_t)feature,
			       NULL, 0);

	switch (-ret) {
	case ENOTTY:
	case EINVAL:
	case EOPNOTSUPP:
		return 0;
	case ENOMEM:
	case ENODEV:
	case EIO:
		return vdev_fail(
			file->ctx, ret, "cannot ask %s for the feature %s: %s",
			file->name, vdev_feature_name(feature), strerror(-ret));
	default:
		return ret >= 0;
	}
}

int vdev_file_feature(struct vdev_file *file, enum vdev_feature feature)
{
	static const struct {
		uint32_t ask;
		int answer;
	} accesses[] = {
		{ VFIO_DEVICE_FEATURE_GET, VDEV_FEATURE_GET },
		{ VFIO_DEVICE_FEATURE_SET, VDEV_FEATURE_SET },
	};
	int found;

	if ((size_t)feature >= VDEV_FEATURES)
		return vdev_fail(file->ctx, -EINVAL, "there is no feature %d",
				 (int)feature);
	found = probe(file, feature, 0);
	if (found <= 0)
		return found;
	found = VDEV_FEATURE_THERE;
	for (size_t i = 0; i < ARRAY_SIZE(accesses); i++) {
		int ret = probe(file, feature, accesses[i].ask);

		if (ret < 0)
			return ret;
		if (ret)
			found |= accesses[i].answer;
	}
	return found;
}

/* Uses a feature, and says why that failed. Return: as vfio_feature(). */
static int use(struct vdev_file *file, enum vdev_feature feature,
	       uint32_t access, void *data, size_t size)
{
	const char *name = vdev_feature_name(feature);
	int ret = vfio_feature(file_sys(file), file->fd,
			       access | (uint32_t)feature, data, size);

	if (ret >= 0)
		return ret;
	if (ret == -ENOTTY)
		return vdev_fail(file->ctx, -EOPNOTSUPP,
				 "%s, its driver or the kernel has no feature "
				 "%s",
				 file->name, name);
	return vdev_fail(file->ctx, ret, "the feature %s of %s failed: %s",
			 name, file->name, strerror(-ret));
}

/* --- What isolates the device */

static int ask_isolation(struct vdev_file *file,
			 struct vfio_device_feature_isolation *info)
{
	int ret = vfio_feature(file_sys(file), file->fd,
			       VFIO_DEVICE_FEATURE_GET |
				       VFIO_DEVICE_FEATURE_ISOLATION,
			       info, sizeof(*info));

	if (ret >= 0)
		return 0;
	/* A driver may have an answer of its own to numbers it has not got. */
	if (ret != -ENOTTY && ret != -EINVAL)
		return vdev_fail(file->ctx, ret,
				 "cannot ask how %s is isolated: %s",
				 file->name, strerror(-ret));
	vdev_fail(file->ctx, -EOPNOTSUPP,
		  "this kernel does not tell how %s is isolated: it has no "
		  "VFIO_DEVICE_FEATURE_ISOLATION",
		  file->name);
	return vdev_hint(file->ctx, -EOPNOTSUPP,
			 "needs Linux 7.2 with the patches of libvdev "
			 "(kernel-patches/)");
}

int vdev_file_isolation(struct vdev_file *file)
{
	struct vfio_device_feature_isolation info = { 0 };
	int ret = ask_isolation(file, &info);

	return ret ? ret : (int)(info.type & INT_MAX);
}

int vdev_file_isolation_pasid(struct vdev_file *file)
{
	struct vfio_device_feature_isolation info = { 0 };
	int ret = ask_isolation(file, &info);

	if (ret)
		return ret;
	if (info.flags & VFIO_DEVICE_ISOLATION_PASID_VALID)
		return (int)(info.pasid & INT_MAX);
	return vdev_fail(file->ctx, -ENODATA,
			 "%s is isolated by no PASID that the caller may know",
			 file->name);
}

int vdev_file_set_vf_token(struct vdev_file *file,
			   const struct vdev_vf_token *token)
{
	const char *physfn = file->dev ? vdev_device_physfn(file->dev) : NULL;
	int ret = vfio_set_token(file_sys(file), file->fd, token->bytes);

	if (ret >= 0)
		return 0;
	if (ret != -ENOTTY)
		return vdev_fail(file->ctx, ret,
				 "cannot set the VF token of %s: %s",
				 file->name, strerror(-ret));
	if (physfn) {
		vdev_fail(file->ctx, -EOPNOTSUPP,
			  "%s is a VF, which has no VF token of its own",
			  file->name);
		return vdev_hint(file->ctx, -EOPNOTSUPP,
				 "it is opened with the token of its PF %s",
				 physfn);
	}
	vdev_fail(file->ctx, -EOPNOTSUPP, "%s has no VF token", file->name);
	return vdev_hint(
		file->ctx, -EOPNOTSUPP,
		"only a PF with VFs that is bound to vfio-pci has one");
}

int vdev_file_low_power_enter(struct vdev_file *file, int wakeup)
{
	struct vfio_device_low_power_entry_with_wakeup entry = {
		.wakeup_eventfd = wakeup,
	};

	if (wakeup < 0)
		return use(file, VDEV_FEATURE_LOW_POWER_ENTRY,
			   VFIO_DEVICE_FEATURE_SET, NULL, 0);
	return use(file, VDEV_FEATURE_LOW_POWER_ENTRY_WAKEUP,
		   VFIO_DEVICE_FEATURE_SET, &entry, sizeof(entry));
}

int vdev_file_low_power_exit(struct vdev_file *file)
{
	return use(file, VDEV_FEATURE_LOW_POWER_EXIT, VFIO_DEVICE_FEATURE_SET,
		   NULL, 0);
}

/* --- Writes by eventfd */

static int ioeventfd_fail(struct vdev_file *file, int error)
{
	struct vdev_ctx *ctx = file->ctx;

	switch (-error) {
	case ENOTTY:
		return vdev_fail(ctx, -EOPNOTSUPP,
				 "%s cannot be written by eventfd", file->name);
	case EINVAL:
		return vdev_fail(ctx, error,
				 "%s cannot be written by eventfd there or in "
				 "that width, or the descriptor is no eventfd",
				 file->name);
	case EEXIST:
		return vdev_fail(ctx, error,
				 "%s has an eventfd for the same write already",
				 file->name);
	case ENODEV:
		return vdev_fail(ctx, -ENOENT,
				 "%s has no eventfd for that write",
				 file->name);
	case ENOSPC:
		return vdev_fail(ctx, error,
				 "%s has as many eventfds for writes as the "
				 "kernel allows",
				 file->name);
	default:
		return vdev_fail(ctx, error,
				 "cannot have %s written by eventfd: %s",
				 file->name, strerror(-error));
	}
}

int vdev_file_ioeventfd(struct vdev_file *file, unsigned int index,
			uint64_t offset, unsigned int width, uint64_t value,
			int eventfd)
{
	struct vfio_device_ioeventfd io = {
		.argsz = sizeof(io),
		/* The bits are the widths. */
		.flags = width,
		.data = value,
		.fd = eventfd < 0 ? -1 : eventfd,
	};
	const struct vdev_region *region;
	int ret = region_check_width(file, offset, width);

	if (!ret)
		ret = region_check(file, index, offset, width,
				   VDEV_REGION_WRITE, &region);
	if (ret)
		return ret;
	io.offset = region->offset + offset;
	ret = vdev_sys_ioctl(file_sys(file), file->fd, VFIO_DEVICE_IOEVENTFD,
			     &io);
	return ret < 0 ? ioeventfd_fail(file, ret) : 0;
}

/* --- Parts of BARs as dma-bufs */

static int check_ranges(struct vdev_file *file, unsigned int index,
			const struct vdev_dma_range *ranges, uint32_t count)
{
	const struct vdev_region *region;

	if (!count)
		return vdev_fail(file->ctx, -EINVAL,
				 "a dma-buf of nothing cannot be made");
	for (uint32_t i = 0; i < count; i++) {
		int ret = region_check(file, index, ranges[i].offset,
				       ranges[i].length, VDEV_REGION_READ,
				       &region);

		if (ret)
			return ret;
	}
	return 0;
}

static int export_fail(struct vdev_file *file, int error)
{
	if (error == -ENOTTY) {
		vdev_fail(file->ctx, -EOPNOTSUPP,
			  "the kernel makes no dma-bufs of %s", file->name);
		return vdev_hint(file->ctx, -EOPNOTSUPP,
				 "needs Linux 6.19 or later with "
				 "VFIO_PCI_DMABUF");
	}
	if (error == -EOPNOTSUPP)
		return vdev_fail(file->ctx, error,
				 "the driver of %s makes no dma-bufs",
				 file->name);
	return vdev_fail(file->ctx, error, "cannot make a dma-buf of %s: %s",
			 file->name, strerror(-error));
}

int vdev_file_export_dmabuf(struct vdev_file *file, unsigned int index,
			    const struct vdev_dma_range *ranges, uint32_t count)
{
	_auto_free_ struct vfio_device_feature_dma_buf *request = NULL;
	size_t size = sizeof(*request);
	int ret = check_ranges(file, index, ranges, count);

	if (ret)
		return ret;
	size += count * sizeof(request->dma_ranges[0]);
	request = calloc(1, size);
	if (!request)
		return vdev_fail(file->ctx, -ENOMEM, "out of memory");
	request->region_index = index;
	request->open_flags = O_RDWR | O_CLOEXEC;
	request->nr_ranges = count;
	for (uint32_t i = 0; i < count; i++) {
		request->dma_ranges[i].offset = ranges[i].offset;
		request->dma_ranges[i].length = ranges[i].length;
	}
	ret = vfio_feature(file_sys(file), file->fd,
			   VFIO_DEVICE_FEATURE_GET |
				   VFIO_DEVICE_FEATURE_DMA_BUF,
			   request, size);
	return ret < 0 ? export_fail(file, ret) : ret;
}

/* --- Pictures */

static int gfx_fail(struct vdev_file *file, int error)
{
	if (error == -ENOTTY || error == -EINVAL)
		return vdev_fail(file->ctx, -EOPNOTSUPP,
				 "%s has no such picture", file->name);
	return vdev_fail(file->ctx, error, "cannot ask %s for its picture: %s",
			 file->name, strerror(-error));
}

int vdev_file_gfx_kinds(struct vdev_file *file)
{
	static const enum vdev_gfx_kind kinds[] = { VDEV_GFX_DMABUF,
						    VDEV_GFX_REGION };
	int found = 0;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct vfio_device_gfx_plane_info plane = {
			.flags = VFIO_GFX_PLANE_TYPE_PROBE | kinds[i],
		};
		int ret = vfio_gfx_plane(file_sys(file), file->fd, &plane);

		if (ret == -ENODEV || ret == -EIO)
			return gfx_fail(file, ret);
		if (ret >= 0)
			found |= (int)kinds[i];
	}
	return found;
}

int vdev_file_gfx_plane(struct vdev_file *file, enum vdev_gfx_kind kind,
			uint32_t plane_type, struct vdev_gfx_plane *ret)
{
	struct vfio_device_gfx_plane_info plane = {
		.flags = kind,
		.drm_plane_type = plane_type,
	};
	int error = vfio_gfx_plane(file_sys(file), file->fd, &plane);

	if (error < 0)
		return gfx_fail(file, error);
	*ret = (struct vdev_gfx_plane){
		.format = plane.drm_format,
		.modifier = plane.drm_format_mod,
		.width = plane.width,
		.height = plane.height,
		.stride = plane.stride,
		.size = plane.size,
		.x = plane.x_pos,
		.y = plane.y_pos,
		.x_hot = plane.x_hot,
		.y_hot = plane.y_hot,
		.id = plane.dmabuf_id,
	};
	return 0;
}

int vdev_file_gfx_dmabuf(struct vdev_file *file, uint32_t id)
{
	int ret = vdev_sys_ioctl(file_sys(file), file->fd,
				 VFIO_DEVICE_GET_GFX_DMABUF, &id);
	int copy;

	if (ret == -EINVAL)
		return vdev_fail(file->ctx, ret, "%s has no picture %u",
				 file->name, id);
	if (ret < 0)
		return gfx_fail(file, ret);
	/* Not every driver makes it close-on-exec. */
	copy = vdev_sys_dup(file_sys(file), ret);
	vdev_sys_close(file_sys(file), ret);
	return copy < 0 ? gfx_fail(file, copy) : copy;
}
