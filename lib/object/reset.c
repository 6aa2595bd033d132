/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "object/file.h"

int file_reset(struct vdev_file *file)
{
	struct vdev_ctx *ctx = file->ctx;
	int ret = vfio_reset(file_sys(file), file->fd);

	switch (-ret) {
	case 0:
		return 0;
	case EAGAIN:
	case EBUSY:
		return vdev_fail(ctx, ret,
				 "cannot reset %s now: somebody else works on "
				 "it",
				 file->name);
	case ENOTTY:
		return vdev_fail(ctx, -EIO,
				 "the reset of %s failed: no method worked",
				 file->name);
	default:
		return vdev_fail(ctx, ret, "the reset of %s failed: %s",
				 file->name, strerror(-ret));
	}
}

int vdev_file_reset(struct vdev_file *file)
{
	struct vdev_ctx *ctx = file->ctx;

	if (file->info->flags & VFIO_DEVICE_FLAGS_RESET)
		return file_reset(file);
	vdev_fail(ctx, -EOPNOTSUPP,
		  "%s cannot be reset alone: it has no method for that",
		  file->name);
	return vdev_hint(ctx, -EOPNOTSUPP,
			 "a hot reset may do: vdevctl reset --hot");
}

/* --- What is reset together */

struct reset_member {
	char address[PCI_ADDRESS_SIZE];
	uint32_t id; /* the group, or the id in the iommufd */
	bool owned;
};

struct vdev_reset_set {
	bool by_cdev;
	size_t count;
	struct reset_member members[];
};

/* A group that the library has open with the file's iommu. */
static struct file_group *find_group(const struct vdev_file *file,
				     uint32_t number)
{
	struct file_group *group = file->ctx->groups;

	while (group && ((uint32_t)group->number != number ||
			 group->iommu != file->iommu))
		group = group->next;
	return group;
}

static void fill_member(const struct vdev_file *file, bool by_cdev,
			const struct vfio_pci_dependent_device *dep,
			struct reset_member *member)
{
	const struct pci_address address = {
		.domain = dep->segment,
		.bus = dep->bus,
		.device = dep->devfn >> 3,
		.function = dep->devfn & 7,
	};

	pci_address_format(&address, member->address);
	if (by_cdev) {
		member->id = dep->devid;
		member->owned =
			dep->devid != (uint32_t)VFIO_PCI_DEVID_NOT_OWNED;
	} else {
		member->id = dep->group_id;
		member->owned = find_group(file, dep->group_id);
	}
}

static int set_fail(struct vdev_file *file, int error)
{
	struct vdev_ctx *ctx = file->ctx;

	switch (-error) {
	case ENODEV:
		return vdev_fail(ctx, -EOPNOTSUPP,
				 "%s has neither a bus nor a slot that can be "
				 "reset",
				 file->name);
	case ENOTTY:
	case EINVAL:
		return vdev_fail(ctx, -EOPNOTSUPP,
				 "%s has no hot reset: it is no PCI function",
				 file->name);
	case EPERM:
		return vdev_fail(ctx, error,
				 "%s has no hot reset: a device on its bus is "
				 "in no IOMMU group",
				 file->name);
	default:
		return vdev_fail(ctx, error,
				 "cannot ask what is reset with %s: %s",
				 file->name, strerror(-error));
	}
}

int vdev_reset_set_new(struct vdev_file *file, struct vdev_reset_set **ret)
{
	_auto_free_ struct vfio_pci_hot_reset_info *info = NULL;
	struct vdev_reset_set *set;
	int error = vfio_hot_reset_info(file_sys(file), file->fd, &info);

	if (error < 0)
		return set_fail(file, error);
	set = calloc(1, sizeof(*set) + info->count * sizeof(set->members[0]));
	if (!set)
		return vdev_fail(file->ctx, -ENOMEM, "out of memory");
	set->by_cdev = info->flags & VFIO_PCI_HOT_RESET_FLAG_DEV_ID;
	set->count = info->count;
	for (size_t i = 0; i < set->count; i++)
		fill_member(file, set->by_cdev, &info->devices[i],
			    &set->members[i]);
	*ret = set;
	return (int)set->count;
}

void vdev_reset_set_free(struct vdev_reset_set *set)
{
	free(set);
}

size_t vdev_reset_set_count(const struct vdev_reset_set *set)
{
	return set->count;
}

const char *vdev_reset_set_address(const struct vdev_reset_set *set,
				   size_t index)
{
	return index < set->count ? set->members[index].address : NULL;
}

int vdev_reset_set_group(const struct vdev_reset_set *set, size_t index)
{
	if (index >= set->count)
		return -EINVAL;
	return set->by_cdev ? -ENODATA : (int)set->members[index].id;
}

int vdev_reset_set_device_id(const struct vdev_reset_set *set, size_t index,
			     uint32_t *ret)
{
	if (index >= set->count)
		return -EINVAL;
	if (!set->by_cdev || !set->members[index].owned ||
	    set->members[index].id == VFIO_PCI_DEVID_OWNED)
		return -ENODATA;
	*ret = set->members[index].id;
	return 0;
}

int vdev_reset_set_owned(const struct vdev_reset_set *set, size_t index)
{
	return index < set->count ? set->members[index].owned : -EINVAL;
}

/* --- The reset */

static int check_owned(struct vdev_file *file, const struct vdev_reset_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct reset_member *member = &set->members[i];

		if (member->owned)
			continue;
		vdev_fail(file->ctx, -EPERM,
			  "a hot reset of %s resets %s too, which is not open "
			  "here",
			  file->name, member->address);
		return vdev_hint(file->ctx, -EPERM,
				 set->by_cdev
					 ? "bind it to a VFIO driver, and open "
					   "it with the same iommufd"
					 : "bind it to a VFIO driver, and open "
					   "it or give the descriptor of its "
					   "group");
	}
	return 0;
}

static int hot_reset(struct vdev_file *file, const int *group_fds, size_t count)
{
	struct vdev_ctx *ctx = file->ctx;
	int ret = vfio_hot_reset(file_sys(file), file->fd, group_fds,
				 (uint32_t)count);

	switch (-ret) {
	case 0:
		return 0;
	case ENODEV:
		return set_fail(file, ret);
	case ENOTTY:
		return vdev_fail(ctx, -EIO,
				 "the hot reset of %s failed: the link or a "
				 "device did not come back in time",
				 file->name);
	case EBUSY:
	case EAGAIN:
		return vdev_fail(ctx, ret,
				 "cannot reset the bus of %s now: one of its "
				 "devices is being used",
				 file->name);
	case EINVAL:
		return vdev_fail(ctx, ret,
				 "the kernel refuses the hot reset of %s: a "
				 "device of its bus is bound to no VFIO "
				 "driver, or is not the caller's",
				 file->name);
	default:
		return vdev_fail(ctx, ret, "the hot reset of %s failed: %s",
				 file->name, strerror(-ret));
	}
}

/* Proves ownership by every group the library has open for the set. */
static int hot_reset_own(struct vdev_file *file,
			 const struct vdev_reset_set *set)
{
	_auto_free_ int *fds = calloc(set->count, sizeof(*fds));
	size_t count = 0;

	if (!fds)
		return vdev_fail(file->ctx, -ENOMEM, "out of memory");
	for (size_t i = 0; i < set->count; i++) {
		int fd = find_group(file, set->members[i].id)->fd;
		size_t j = 0;

		while (j < count && fds[j] != fd)
			j++;
		if (j == count)
			fds[count++] = fd;
	}
	return hot_reset(file, fds, count);
}

int vdev_file_hot_reset(struct vdev_file *file, const int *group_fds,
			size_t count)
{
	struct vdev_reset_set *set;
	int ret = vdev_reset_set_new(file, &set);

	if (ret < 0)
		return ret;
	if (group_fds && set->by_cdev)
		ret = vdev_fail(file->ctx, -EINVAL,
				"%s was opened by cdev: what is owned follows "
				"from its iommufd, and not from groups",
				file->name);
	else if (group_fds)
		ret = hot_reset(file, group_fds, count);
	else
		ret = check_owned(file, set);
	if (!ret && !group_fds)
		ret = set->by_cdev ? hot_reset(file, NULL, 0)
				   : hot_reset_own(file, set);
	vdev_reset_set_free(set);
	return ret;
}
