/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Address spaces: the device's own, and those of its PASIDs. */

#include <errno.h>

#include <libvdev/pci.h>

#include "kernel/iommufd.h"
#include "object/file.h"
#include "object/hwpt.h"
#include "object/iommu.h"

void file_set_space(struct vdev_file *file, struct vdev_ioas *ioas,
		    struct vdev_hwpt *hwpt)
{
	struct vdev_ioas *old_ioas = file->ioas;
	struct vdev_hwpt *old_hwpt = file->hwpt;

	file->ioas = ioas ? vdev_ioas_ref(ioas) : NULL;
	file->hwpt = hwpt ? vdev_hwpt_ref(hwpt) : NULL;
	vdev_ioas_unref(old_ioas);
	vdev_hwpt_unref(old_hwpt);
}

static int attach_refused(struct vdev_file *file, uint32_t id)
{
	struct vdev_ctx *ctx = file->ctx;

	vdev_fail(ctx, -EINVAL,
		  "cannot attach %s to %u: the IOMMU refuses the combination",
		  file->name, id);
	if (file->pasid_count)
		return vdev_hint(ctx, -EINVAL,
				 "while PASIDs are attached, the device itself "
				 "needs a HWPT made with VDEV_HWPT_PASID");
	return vdev_hint(ctx, -EINVAL,
			 "an HWPT serves the IOMMU it was made for, and all "
			 "devices of a group are attached to the same one");
}

static int attach_fail(struct vdev_file *file, uint32_t id, int error)
{
	struct vdev_ctx *ctx = file->ctx;

	switch (-error) {
	case ENOENT:
		return vdev_fail(ctx, error,
				 "cannot attach %s: the iommufd has no IOAS or "
				 "HWPT %u",
				 file->name, id);
	case EINVAL:
		return attach_refused(file, id);
	case EBUSY:
		return vdev_fail(ctx, error,
				 "cannot attach %s to %u: a device of its "
				 "group is being reset",
				 file->name, id);
	case EADDRINUSE:
		vdev_fail(ctx, error,
			  "cannot attach %s to %u: something is mapped or "
			  "allowed where the device has reserved IOVAs, or "
			  "mapped in less than whole pages of its IOMMU",
			  file->name, id);
		return vdev_hint(ctx, error,
				 "attach the device before something is "
				 "mapped: vdev_ioas_ranges() tells then what "
				 "can be");
	case EPERM:
		return vdev_fail(ctx, error,
				 "cannot attach %s to %u: interrupts are not "
				 "isolated",
				 file->name, id);
	case ENOTTY:
		return vdev_fail(ctx, error,
				 "cannot attach %s to %u: it was not opened by "
				 "cdev",
				 file->name, id);
	default:
		return vdev_fail(ctx, error, "cannot attach %s to %u: %s",
				 file->name, id, strerror(-error));
	}
}

/* Attaching is for devices that are bound to an iommufd. */
static int need_iommufd(struct vdev_file *file, const char *what)
{
	if (!file->iommu)
		return vdev_fail(file->ctx, -EOPNOTSUPP,
				 "cannot %s %s: it was imported without an "
				 "iommufd",
				 what, file->name);
	if (iommu_is_container(file->iommu)) {
		vdev_fail(file->ctx, -EOPNOTSUPP,
			  "cannot %s %s: it was opened through its group, and "
			  "is attached to the container while it is open",
			  what, file->name);
		return vdev_hint(file->ctx, -EOPNOTSUPP,
				 "open it by cdev with an iommufd");
	}
	return 0;
}

int vdev_file_attach_id(struct vdev_file *file, uint32_t id, uint32_t *hwpt)
{
	uint32_t pt_id = id;
	int ret = need_iommufd(file, "attach");

	if (ret)
		return ret;
	ret = vfio_attach(file_sys(file), file->fd, &pt_id);
	if (ret < 0)
		return attach_fail(file, id, ret);
	file_set_space(file, NULL, NULL);
	if (hwpt)
		*hwpt = pt_id;
	return 0;
}

/*
 * A container's devices are attached to its space already. What was made by the
 * library is that; of an imported one the kernel knows.
 */
static int attach_container(struct vdev_file *file, struct vdev_ioas *ioas)
{
	const uint32_t id = vdev_ioas_id(ioas);
	uint32_t used = id;
	int ret = 0;

	if (file->iommu->space != ioas)
		ret = iommufd_vfio_ioas(file_sys(file), file->iommu->fd,
					IOMMU_VFIO_IOAS_GET, &used);
	if (ret)
		return attach_fail(file, id, ret);
	if (used != id)
		return vdev_fail(
			file->ctx, -EINVAL,
			"cannot attach %s to %u: it was opened through "
			"its group, and is attached to %u while it is "
			"open",
			file->name, id, used);
	file_set_space(file, ioas, NULL);
	return 0;
}

int vdev_file_attach(struct vdev_file *file, struct vdev_ioas *ioas)
{
	int ret;

	if (file->iommu && vdev_ioas_iommu(ioas) != file->iommu)
		return vdev_fail(file->ctx, -EINVAL,
				 "cannot attach %s: the address space belongs "
				 "to another iommu than the device",
				 file->name);
	if (file->iommu && iommu_is_container(file->iommu))
		return attach_container(file, ioas);
	ret = vdev_file_attach_id(file, vdev_ioas_id(ioas), NULL);
	if (!ret)
		file_set_space(file, ioas, NULL);
	return ret;
}

static int check_hwpt(struct vdev_file *file, const struct vdev_hwpt *hwpt)
{
	if (!file->iommu || vdev_hwpt_iommu(hwpt) == file->iommu)
		return 0;
	return vdev_fail(file->ctx, -EINVAL,
			 "cannot attach %s: the HWPT belongs to another iommu "
			 "than the device",
			 file->name);
}

int vdev_file_make_hwpt(struct vdev_file *file, struct vdev_ioas *ioas,
			unsigned int flags, struct vdev_hwpt **ret)
{
	struct vdev_hwpt *hwpt;
	int error = need_iommufd(file, "make a HWPT for");

	if (error)
		return error;
	if (vdev_ioas_iommu(ioas) != file->iommu)
		return vdev_fail(file->ctx, -EINVAL,
				 "cannot make a HWPT for %s: the address space "
				 "belongs to another iommu than the device",
				 file->name);
	error = vdev_hwpt_new(file->iommu, file->device_id, vdev_ioas_id(ioas),
			      flags, VDEV_HWPT_DATA_NONE, NULL, 0, 0, &hwpt);
	if (error)
		return error;
	hwpt_keep_ioas(hwpt, ioas);
	*ret = hwpt;
	return 0;
}

int vdev_file_attach_hwpt(struct vdev_file *file, struct vdev_hwpt *hwpt)
{
	int ret = check_hwpt(file, hwpt);

	if (!ret)
		ret = vdev_file_attach_id(file, vdev_hwpt_id(hwpt), NULL);
	if (!ret)
		file_set_space(file, NULL, hwpt);
	return ret;
}

int vdev_file_detach(struct vdev_file *file)
{
	int ret = need_iommufd(file, "detach");

	if (ret)
		return ret;
	ret = vfio_detach(file_sys(file), file->fd);
	if (ret < 0)
		return vdev_fail(file->ctx, ret, "cannot detach %s: %s",
				 file->name, strerror(-ret));
	file_set_space(file, NULL, NULL);
	return 0;
}

/* --- PASIDs */

/* Why there are none: the device, the kernel or the IOMMU. */
static int no_pasids(struct vdev_file *file)
{
	struct vdev_ctx *ctx = file->ctx;
	int width = file->dev ? vdev_device_pasid_width(file->dev) : -EACCES;

	/* A newer kernel would not help a device without. */
	if (width == -ENODATA)
		return vdev_fail(ctx, -EOPNOTSUPP,
				 "%s has no PASIDs: the device lacks the PCI "
				 "capability",
				 file->name);
	if (!iommufd_knows_pasid(&ctx->sys, vdev_iommu_fd(file->iommu)))
		return iommu_needs(file->iommu, "attaching a PASID", "6.15",
				   "VFIO_DEVICE_ATTACH_IOMMUFD_PT with "
				   "VFIO_DEVICE_ATTACH_PASID");
	return vdev_fail(ctx, -EOPNOTSUPP,
			 width > 0 ? "%s has no PASIDs: the device could, but "
				     "its IOMMU cannot use them"
				   : "%s has no PASIDs: the device or its "
				     "IOMMU lacks them",
			 file->name);
}

int vdev_file_pasid_width(struct vdev_file *file)
{
	struct vdev_hw_info *info;
	unsigned int width;
	int ret = need_iommufd(file, "attach a PASID of");

	if (ret)
		return ret;
	if (file->pasid_width)
		return (int)file->pasid_width;
	ret = vdev_hw_info_new(file->iommu, file->device_id, &info);
	if (ret)
		return ret;
	width = vdev_hw_info_pasid_width(info);
	vdev_hw_info_free(info);
	if (!width)
		return no_pasids(file);
	file->pasid_width = width;
	return (int)width;
}

static int pasid_fail(struct vdev_file *file, uint32_t pasid, uint32_t id,
		      int error)
{
	struct vdev_ctx *ctx = file->ctx;

	switch (-error) {
	case EOPNOTSUPP:
		vdev_fail(ctx, error,
			  "cannot attach PASID %u of %s: its driver attaches "
			  "none",
			  pasid, file->name);
		return vdev_hint(ctx, error,
				 "plain vfio-pci does; the variants for single "
				 "makes do not");
	case ENOENT:
		return vdev_fail(ctx, error,
				 "cannot attach PASID %u of %s: the iommufd "
				 "has no HWPT %u",
				 pasid, file->name, id);
	case EINVAL:
		vdev_fail(ctx, error,
			  "cannot attach PASID %u of %s to %u: the IOMMU "
			  "refuses the combination",
			  pasid, file->name, id);
		return vdev_hint(ctx, error,
				 "both this HWPT and the one of the device "
				 "itself have to be made with VDEV_HWPT_PASID");
	default:
		return vdev_fail(ctx, error,
				 "cannot attach PASID %u of %s to %u: %s",
				 pasid, file->name, id, strerror(-error));
	}
}

static struct file_pasid *find_pasid(const struct vdev_file *file,
				     uint32_t pasid)
{
	for (size_t i = 0; i < file->pasid_count; i++)
		if (file->pasids[i].pasid == pasid)
			return &file->pasids[i];
	return NULL;
}

static int check_pasid(struct vdev_file *file, uint32_t pasid)
{
	int width = vdev_file_pasid_width(file);

	if (width < 0)
		return width;
	if (!pasid || pasid >> width)
		return vdev_fail(file->ctx, -EINVAL,
				 "%s has PASIDs from 1 to %u, and not %u",
				 file->name, (1U << width) - 1, pasid);
	return 0;
}

/* Attaches it, and keeps the HWPT if there is an object of it. */
static int attach_pasid(struct vdev_file *file, uint32_t pasid, uint32_t id,
			struct vdev_hwpt *hwpt)
{
	struct file_pasid entry = { .pasid = pasid };
	struct file_pasid *place;
	int ret = check_pasid(file, pasid);

	if (ret)
		return ret;
	if (array_reserve(&file->pasids, file->pasid_count, sizeof(entry)))
		return vdev_fail(file->ctx, -ENOMEM, "out of memory");
	ret = vfio_attach_pasid(file_sys(file), file->fd, pasid, id);
	if (ret < 0)
		return pasid_fail(file, pasid, id, ret);
	place = find_pasid(file, pasid);
	if (!place) {
		place = &file->pasids[file->pasid_count++];
		*place = entry;
	}
	vdev_hwpt_unref(place->hwpt);
	place->hwpt = hwpt ? vdev_hwpt_ref(hwpt) : NULL;
	return 0;
}

int vdev_file_attach_pasid_id(struct vdev_file *file, uint32_t pasid,
			      uint32_t hwpt)
{
	return attach_pasid(file, pasid, hwpt, NULL);
}

int vdev_file_attach_pasid(struct vdev_file *file, uint32_t pasid,
			   struct vdev_hwpt *hwpt)
{
	const char *which = NULL;
	int ret = check_hwpt(file, hwpt);

	if (!ret)
		ret = check_pasid(file, pasid);
	if (ret)
		return ret;
	if (!(vdev_hwpt_flags(hwpt) & VDEV_HWPT_PASID))
		which = "its HWPT";
	else if (file->ioas)
		which = "the HWPT the kernel made for the device itself";
	else if (file->hwpt && !(vdev_hwpt_flags(file->hwpt) & VDEV_HWPT_PASID))
		which = "the HWPT of the device itself";
	if (!which)
		return attach_pasid(file, pasid, vdev_hwpt_id(hwpt), hwpt);
	vdev_fail(file->ctx, -EINVAL,
		  "cannot attach PASID %u of %s: %s was not made for PASIDs",
		  pasid, file->name, which);
	return vdev_hint(file->ctx, -EINVAL,
			 "make both with VDEV_HWPT_PASID; a device attached to "
			 "an address space is to be attached to a HWPT of it");
}

int vdev_file_detach_pasid(struct vdev_file *file, uint32_t pasid)
{
	struct file_pasid *place = find_pasid(file, pasid);
	int ret = need_iommufd(file, "detach a PASID of");

	if (!ret)
		ret = check_pasid(file, pasid);
	if (ret)
		return ret;
	ret = vfio_detach_pasid(file_sys(file), file->fd, pasid);
	if (ret < 0)
		return vdev_fail(file->ctx, ret,
				 "cannot detach PASID %u of %s: %s", pasid,
				 file->name, strerror(-ret));
	if (place) {
		vdev_hwpt_unref(place->hwpt);
		*place = file->pasids[--file->pasid_count];
	}
	return 0;
}

int vdev_file_detach_all_pasids(struct vdev_file *file)
{
	int count = 0;

	while (file->pasid_count) {
		int ret = vdev_file_detach_pasid(
			file, file->pasids[file->pasid_count - 1].pasid);

		if (ret)
			return ret;
		count++;
	}
	return count;
}

size_t vdev_file_pasid_count(const struct vdev_file *file)
{
	return file->pasid_count;
}

uint32_t vdev_file_pasid(const struct vdev_file *file, size_t index)
{
	return index < file->pasid_count ? file->pasids[index].pasid : 0;
}

void file_forget_pasids(struct vdev_file *file)
{
	for (size_t i = 0; i < file->pasid_count; i++)
		vdev_hwpt_unref(file->pasids[i].hwpt);
	free(file->pasids);
}
