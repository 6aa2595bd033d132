/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The two ways to a device's descriptor, and why they fail. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/sysmacros.h>

#include <libvdev/group.h>
#include <libvdev/pci.h>

#include "object/device.h"
#include "object/file.h"
#include "object/iommu.h"

/* --- Reasons */

/* What keeps the device's group from being viable, or NULL. */
static struct vdev_device *find_blocker(struct vdev_group *group)
{
	const struct vdev_device_list *members = vdev_group_members(group);
	struct vdev_device *member;
	size_t i;

	if (!members)
		return NULL;
	vdev_device_list_foreach(members, i, member)
		if (vdev_device_blocks_group(member))
			return member;
	return NULL;
}

static int blocker_fail(struct vdev_file *file, int number,
			struct vdev_device *blocker)
{
	const char *driver = vdev_device_driver(blocker);

	vdev_fail(file->ctx, -EBUSY,
		  "cannot open %s: its IOMMU group %d is not viable, because "
		  "%s is bound to %s",
		  file->name, number, vdev_device_address(blocker),
		  driver ? driver : "a driver");
	return vdev_hint(file->ctx, -EBUSY,
			 "bind the whole group: vdevctl bind --group %s",
			 file->name);
}

/* Who has it is told as far as that can be seen; we have not, from here on. */
static int used_fail(struct vdev_file *file, const char *how, const char *hint)
{
	_auto_free_ char *users = NULL;

	vdev_sys_close(file_sys(file), file->fd);
	file->fd = -1;
	(void)vdev_device_users(file->dev, &users);
	vdev_fail(file->ctx, -EBUSY, "cannot open %s: %s%s%s", file->name, how,
		  users ? ", in " : "", users ? users : "");
	return vdev_hint(file->ctx, -EBUSY, "%s", hint);
}

static int elsewhere_fail(struct vdev_file *file)
{
	static const char *const hint =
		"one process at a time uses a group, either by group or by "
		"cdev";
	static const char *const how =
		"a device of its IOMMU group is open elsewhere, or the other "
		"way";

	if (file->dev)
		return used_fail(file, how, hint);
	vdev_fail(file->ctx, -EBUSY, "cannot bind %s: %s", file->name, how);
	return vdev_hint(file->ctx, -EBUSY, "%s", hint);
}

static int isolation_fail(struct vdev_file *file, bool alone)
{
	vdev_fail(file->ctx, -EPERM,
		  "cannot open %s: the kernel finds its interrupts not "
		  "isolated%s",
		  file->name,
		  alone ? ""
			: ", or a device of its IOMMU group is open elsewhere");
	return vdev_hint(file->ctx, -EPERM,
			 "interrupt remapping is off or missing; the module "
			 "option allow_unsafe_interrupts of iommufd and "
			 "vfio_iommu_type1 takes the risk");
}

/*
 * Somebody else has the group: EBUSY. Its DMA belongs to somebody else, or
 * its interrupts are not isolated: EPERM, of which the first can only be with
 * other devices in the group.
 */
static int group_fail(struct vdev_file *file, int error)
{
	struct vdev_device *blocker = NULL;
	struct vdev_group *group = NULL;
	bool alone = false;
	int number = -1;

	if (file->dev)
		number = vdev_device_iommu_group(file->dev);
	if (number >= 0 && !vdev_group_new(file->ctx, number, &group)) {
		const struct vdev_device_list *members =
			vdev_group_members(group);

		alone = members && vdev_device_list_count(members) == 1;
		blocker = find_blocker(group);
	}
	if (blocker)
		error = blocker_fail(file, number, blocker);
	else if (error == -EPERM)
		error = isolation_fail(file, alone);
	else
		error = elsewhere_fail(file);
	vdev_group_free(group);
	return error;
}

static bool is_noiommu(const char *node)
{
	return str_starts(str_basename(node), "noiommu-");
}

static int node_fail(struct vdev_file *file, const char *node, int error)
{
	struct vdev_ctx *ctx = file->ctx;

	switch (-error) {
	case EACCES:
	case EPERM:
		vdev_fail(ctx, error, "may not open %s of %s: %s", node,
			  file->name, strerror(-error));
		if (error == -EPERM && is_noiommu(node))
			return vdev_hint(ctx, error,
					 "a device in no-IOMMU mode takes "
					 "CAP_SYS_RAWIO");
		return vdev_hint(ctx, error,
				 "give the device to the user: vdevctl bind %s "
				 "--owner USER",
				 file->name);
	case EBUSY:
		return group_fail(file, error);
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return vdev_fail(ctx, -ENODEV,
				 "%s of %s is gone: the device was unbound or "
				 "removed",
				 node, file->name);
	default:
		return vdev_fail(ctx, error, "cannot open %s of %s: %s", node,
				 file->name, strerror(-error));
	}
}

static int no_node_fail(struct vdev_file *file, const char *kind)
{
	struct vdev_ctx *ctx = file->ctx;
	const char *driver = vdev_device_driver(file->dev);

	if (!vdev_device_is_vfio(file->dev)) {
		vdev_fail(ctx, -ENOENT,
			  "cannot open %s: it is bound to %s, not to a VFIO "
			  "driver",
			  file->name, driver ? driver : "no driver");
		return vdev_hint(ctx, -ENOENT, "vdevctl bind %s", file->name);
	}
	vdev_fail(ctx, -EOPNOTSUPP, "cannot open %s: it has no %s", file->name,
		  kind);
	if (str_eq(kind, "cdev"))
		return vdev_hint(ctx, -EOPNOTSUPP,
				 "needs Linux 6.6 or later with "
				 "VFIO_DEVICE_CDEV, and an IOMMU; else open it "
				 "through its group");
	return vdev_hint(ctx, -EOPNOTSUPP,
			 "needs a kernel with VFIO_GROUP; else open it by "
			 "cdev with an iommufd");
}

/* VFs that are open keep their PF's token; a closed VF has none of its own. */
static int pf_token_fail(struct vdev_file *file,
			 const struct vdev_vf_token *token)
{
	if (token)
		vdev_fail(file->ctx, -EACCES,
			  "cannot open %s: the VF token is wrong; while VFs of "
			  "it are open it keeps the one it has",
			  file->name);
	else
		vdev_fail(file->ctx, -EACCES,
			  "cannot open %s: a VF token is required, because VFs "
			  "of it are open",
			  file->name);
	return vdev_hint(file->ctx, -EACCES,
			 "it is opened with the token that the users of its "
			 "VFs have, or when the last of them has closed his");
}

static int token_fail(struct vdev_file *file, const struct vdev_vf_token *token)
{
	const char *physfn = file->dev ? vdev_device_physfn(file->dev) : NULL;

	if (file->dev && !physfn)
		return pf_token_fail(file, token);
	if (token)
		vdev_fail(file->ctx, -EACCES,
			  "cannot open %s: the VF token is wrong, its PF%s%s "
			  "has another one",
			  file->name, physfn ? " " : "", physfn ? physfn : "");
	else
		vdev_fail(file->ctx, -EACCES,
			  "cannot open %s: a VF token is required, because its "
			  "PF%s%s is bound to vfio-pci",
			  file->name, physfn ? " " : "", physfn ? physfn : "");
	return vdev_hint(file->ctx, -EACCES,
			 "the user of the PF sets the token, as 'vdevctl token "
			 "set %s' does; until then it is random",
			 physfn ? physfn : "PF");
}

static int useless_token_fail(struct vdev_file *file)
{
	const char *physfn = file->dev ? vdev_device_physfn(file->dev) : NULL;
	struct vdev_device *pf;
	const char *driver;

	if (!physfn || vdev_device_find(file->ctx, physfn, &pf))
		return vdev_fail(
			file->ctx, -EINVAL,
			"cannot open %s with a VF token: it is neither "
			"a PF with VFs nor a VF of a PF bound to "
			"vfio-pci",
			file->name);
	driver = vdev_device_driver(pf);
	if (vdev_device_is_vfio(pf))
		vdev_fail(file->ctx, -EINVAL,
			  "cannot open %s with a VF token: its PF %s was not "
			  "bound to vfio-pci when the VFs were made",
			  file->name, physfn);
	else
		vdev_fail(file->ctx, -EINVAL,
			  "cannot open %s with a VF token: its PF %s is bound "
			  "to %s, which has none",
			  file->name, physfn, driver ? driver : "no driver");
	vdev_device_unref(pf);
	return vdev_hint(file->ctx, -EINVAL, "open it without a token");
}

static int unknown_token_fail(struct vdev_file *file)
{
	vdev_fail(file->ctx, -EOPNOTSUPP,
		  "cannot open %s with a VF token by cdev: this kernel does "
		  "not check tokens there, so that they protect nothing",
		  file->name);
	return vdev_hint(
		file->ctx, -EOPNOTSUPP,
		"needs Linux 6.17 or later: "
		"VFIO_DEVICE_BIND_FLAG_TOKEN; through its group (type1 "
		"or compat) tokens are checked");
}

/*
 * EINVAL of a bind that is well-formed: a token of no use, a kernel that knows
 * no tokens, or, as the kernel allows one open file by cdev and has no other
 * word for that, a device in use.
 */
static int bind_refused(struct vdev_file *file,
			const struct vdev_vf_token *token)
{
	struct vdev_sys *sys = file_sys(file);
	struct vdev_ctx *ctx = file->ctx;

	if (token && file->dev &&
	    vdev_device_vf_token_use(file->dev) == VDEV_VF_TOKEN_UNUSED)
		return useless_token_fail(file);
	if (token && file->dev && !vfio_takes_token(sys, file->fd))
		return unknown_token_fail(file);
	if (token && vfio_takes_token(sys, file->fd) == 1 &&
	    vfio_try_token(sys, file->fd, token->bytes) == -EINVAL)
		return useless_token_fail(file);
	if (!file->dev) {
		vdev_fail(ctx, -EBUSY,
			  "cannot bind %s to the iommufd: it is bound already, "
			  "or its device is open elsewhere",
			  file->name);
		return vdev_hint(ctx, -EBUSY,
				 "if it is bound, say its device id");
	}
	return used_fail(file, "it is open elsewhere",
			 "a device is open once at a time by cdev");
}

/* What binding to an iommufd and opening through a group have in common. */
static int device_fail(struct vdev_file *file,
		       const struct vdev_vf_token *token, int error)
{
	switch (-error) {
	case EBUSY:
	case EPERM:
		return group_fail(file, error);
	case EACCES:
		return token_fail(file, token);
	case ENODEV:
		return vdev_fail(file->ctx, error,
				 "cannot open %s: it was unbound or removed",
				 file->name);
	default:
		return vdev_fail(file->ctx, error,
				 "cannot open %s: the driver says %s",
				 file->name, strerror(-error));
	}
}

/* --- By cdev */

int file_bind(struct vdev_file *file, const struct vdev_vf_token *token)
{
	int ret = vfio_bind_iommufd(
		file_sys(file), file->fd, vdev_iommu_fd(file->iommu),
		token ? token->bytes : NULL, &file->device_id);

	switch (-ret) {
	case 0:
		return 0;
	case EINVAL:
		return bind_refused(file, token);
	case ENOTTY:
		return vdev_fail(file->ctx, ret,
				 "%s is no VFIO device opened by cdev",
				 file->name);
	default:
		return device_fail(file, token, ret);
	}
}

static int open_node(struct vdev_file *file, const char **ret)
{
	const char *node = vdev_device_vfio_cdev(file->dev);

	if (!node)
		return no_node_fail(file, "cdev");
	file->fd =
		vdev_sys_open(file_sys(file), VDEV_SYS_ROOT, node, O_RDWR, 0);
	if (file->fd < 0)
		return node_fail(file, node, file->fd);
	*ret = node;
	return 0;
}

static int open_cdev(struct vdev_file *file, const struct vdev_vf_token *token)
{
	const char *node;
	int error = open_node(file, &node);

	return error ? error : file_bind(file, token);
}

/*
 * Whether the descriptor is that of the device: between the look at sysfs and
 * the opening it may have been replaced. While the descriptor is open it keeps
 * its number, so that sysfs is asked after that.
 */
static int check_identity(struct vdev_file *file, const char *node)
{
	unsigned int major, minor;
	char name[64], text[32];
	struct stat st;
	int error;

	snprintf(name, sizeof(name), "vfio-dev/%s/dev", str_basename(node));
	error = (int)vdev_device_read_attr(file->dev, name, text, sizeof(text));
	if (error < 0)
		return node_fail(file, node, error);
	error = vdev_sys_fstat(file_sys(file), file->fd, &st);
	if (error)
		return node_fail(file, node, error);
	if (sscanf(text, "%u:%u", &major, &minor) == 2 && S_ISCHR(st.st_mode) &&
	    st.st_rdev == makedev(major, minor))
		return 0;
	vdev_fail(file->ctx, -EINVAL, "%s is not the node of %s", node,
		  file->name);
	return vdev_hint(file->ctx, -EINVAL,
			 "sysfs says that its number is %s; udev or devtmpfs "
			 "makes it",
			 text);
}

/* Some of the reasons for which binding would fail. */
static int check_bindable(struct vdev_file *file)
{
	const int number = vdev_device_iommu_group(file->dev);
	struct vdev_group *group = NULL;
	struct vdev_device *blocker = NULL;
	int error = 0;

	if (number >= 0)
		error = vdev_group_new(file->ctx, number, &group);
	if (error)
		return error;
	if (group)
		blocker = find_blocker(group);
	if (blocker)
		error = blocker_fail(file, number, blocker);
	else if (vfio_try_bind(file_sys(file), file->fd) == -EBUSY)
		error = elsewhere_fail(file);
	vdev_group_free(group);
	return error;
}

int file_open_unbound(struct vdev_file *file)
{
	const char *node = NULL;
	int error = open_node(file, &node);

	if (!error)
		error = check_identity(file, node);
	return error ? error : check_bindable(file);
}

/* --- Through the group */

static int container_fail(struct vdev_file *file, int number, int error)
{
	/* EPERM: its DMA belongs to somebody else. */
	if (error == -EBUSY || error == -EPERM)
		return group_fail(file, -EBUSY);
	return vdev_fail(file->ctx, error,
			 "cannot put IOMMU group %d into the container: %s",
			 number, strerror(-error));
}

/*
 * A container is for groups with an IOMMU or for groups without, and an iommufd
 * has nothing to offer to the latter.
 */
static int check_noiommu(struct vdev_file *file, bool noiommu)
{
	struct vdev_iommu *iommu = file->iommu;

	if (noiommu && iommu->kind != VDEV_IOMMU_TYPE1) {
		vdev_fail(file->ctx, -EOPNOTSUPP,
			  "cannot open %s with an iommufd: it is in no-IOMMU "
			  "mode, where nothing can manage its DMA",
			  file->name);
		return vdev_hint(file->ctx, -EOPNOTSUPP,
				 "a container opens it: VDEV_IOMMU_TYPE1, or "
				 "--backend type1");
	}
	if (!iommu->groups || iommu->noiommu == noiommu)
		return 0;
	return vdev_fail(file->ctx, -EINVAL,
			 "cannot open %s: it %s, unlike the devices that the "
			 "container has already",
			 file->name,
			 noiommu ? "is in no-IOMMU mode" : "has an IOMMU");
}

/* Makes an opened group a part of the container. */
static int group_enter(struct vdev_file *file, struct file_group *group,
		       bool noiommu)
{
	struct vdev_sys *sys = file_sys(file);
	int ret = vfio_group_status(sys, group->fd);

	if (ret < 0)
		return vdev_fail(file->ctx, ret,
				 "cannot ask for the state of IOMMU group %d: "
				 "%s",
				 group->number, strerror(-ret));
	if (!(ret & VFIO_GROUP_FLAGS_VIABLE))
		return group_fail(file, -EBUSY);
	ret = vfio_group_set_container(sys, group->fd,
				       vdev_iommu_fd(file->iommu));
	if (ret < 0)
		return container_fail(file, group->number, ret);
	return noiommu ? iommu_noiommu_group_added(file->iommu)
		       : iommu_group_added(file->iommu);
}

static int group_open(struct vdev_file *file, struct file_group *group)
{
	const char *node = vdev_device_vfio_group(file->dev);
	int ret;

	if (!node)
		return no_node_fail(file, "group node");
	ret = check_noiommu(file, is_noiommu(node));
	if (ret)
		return ret;
	group->fd =
		vdev_sys_open(file_sys(file), VDEV_SYS_ROOT, node, O_RDWR, 0);
	if (group->fd < 0)
		return node_fail(file, node, group->fd);
	ret = group_enter(file, group, is_noiommu(node));
	if (ret)
		vdev_sys_close(file_sys(file), group->fd);
	return ret;
}

static int group_get(struct vdev_file *file)
{
	const int number = vdev_device_iommu_group(file->dev);
	struct file_group *group = file->ctx->groups;
	int ret;

	while (group &&
	       (group->number != number || group->iommu != file->iommu))
		group = group->next;
	if (group) {
		group->refs++;
		file->group = group;
		return 0;
	}
	group = calloc(1, sizeof(*group));
	if (!group)
		return vdev_fail(file->ctx, -ENOMEM, "out of memory");
	group->refs = 1;
	group->iommu = file->iommu;
	group->number = number;
	ret = group_open(file, group);
	if (ret) {
		free(group);
		return ret;
	}
	group->next = file->ctx->groups;
	file->ctx->groups = group;
	file->group = group;
	return 0;
}

void file_group_put(struct vdev_file *file)
{
	struct file_group *group = TAKE(file->group);
	struct file_group **place = &file->ctx->groups;

	if (!group || --group->refs)
		return;
	while (*place != group)
		place = &(*place)->next;
	*place = group->next;
	vdev_sys_close(file_sys(file), group->fd);
	iommu_group_removed(group->iommu);
	free(group);
}

#define TOKEN_OPTION " vf_token="

/*
 * The name of the device in its group, with the token behind it, is written
 * into memory for secrets: the kernel resets the device meanwhile, which takes
 * its time.
 */
static int get_with_token(struct vdev_file *file,
			  const struct vdev_vf_token *token)
{
	const char *address = vdev_device_address(file->dev);
	const size_t start = strlen(address) + strlen(TOKEN_OPTION);
	const size_t size = start + VDEV_VF_TOKEN_TEXT;
	void *name;
	int fd = vdev_sys_secret_new(file_sys(file), size, &name);

	if (fd)
		return fd;
	stpcpy(stpcpy(name, address), TOKEN_OPTION);
	vdev_vf_token_format(token, (char *)name + start);
	fd = vfio_group_get_device(file_sys(file), file->group->fd, name);
	vdev_sys_secret_free(file_sys(file), name, size);
	return fd;
}

static int open_by_group(struct vdev_file *file,
			 const struct vdev_vf_token *token)
{
	int ret = group_get(file);

	if (ret)
		return ret;
	file->fd =
		token ? get_with_token(file, token)
		      : vfio_group_get_device(file_sys(file), file->group->fd,
					      vdev_device_address(file->dev));
	if (file->fd >= 0)
		return 0;
	if (file->fd == -EINVAL && token)
		return useless_token_fail(file);
	return device_fail(file, token, file->fd);
}

/* --- Either way */

/*
 * Whether the cdev is the way to go. Not if there is a token that would not be
 * looked at there, but is when the device is opened through its group.
 */
static bool prefers_cdev(struct vdev_device *dev,
			 const struct vdev_vf_token *token)
{
	if (!vdev_device_vfio_cdev(dev))
		return false;
	return !token || !vdev_device_vfio_group(dev) ||
	       vdev_device_vf_token_checked(dev);
}

/* What the device and the kernel have, for who does not choose. */
static int open_iommu(struct vdev_file *file, const struct vdev_vf_token *token)
{
	static const enum vdev_iommu_kind kinds[] = { VDEV_IOMMU_IOMMUFD,
						      VDEV_IOMMU_TYPE1,
						      VDEV_IOMMU_COMPAT };
	const bool grouped = vdev_device_vfio_group(file->dev);
	size_t i = prefers_cdev(file->dev, token) ? 0 : 1;
	int error;

	if (!vdev_device_is_vfio(file->dev))
		return no_node_fail(file, "node");
	do
		error = vdev_iommu_open(file->ctx, kinds[i], &file->iommu);
	while ((error == -ENOENT || error == -EOPNOTSUPP) && grouped &&
	       ++i < ARRAY_SIZE(kinds));
	return error;
}

int file_open(struct vdev_file *file, const struct vdev_vf_token *token)
{
	int error = file->iommu ? 0 : open_iommu(file, token);

	if (error)
		return error;
	/* An mdev takes a token for a part of its name, and is not found. */
	if (token && !str_eq(vdev_device_bus(file->dev), "pci"))
		return useless_token_fail(file);
	if (iommu_is_container(file->iommu))
		return open_by_group(file, token);
	return open_cdev(file, token);
}
