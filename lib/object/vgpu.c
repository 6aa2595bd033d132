/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Types of virtual GPUs that a driver offers on VFs, and not as mdevs. */

#include "kernel/vgpu.h"

#include <errno.h>
#include <stdio.h>

#include "kernel/mdev.h"
#include "object/device_struct.h"
#include "object/mdev.h"

static int check_vf(const struct vdev_device *vf)
{
	if (vgpu_exists(&vf->ctx->sys, vf->address))
		return 0;
	return vdev_fail(vf->ctx, -EOPNOTSUPP,
			 "the driver of %s offers no types of virtual GPUs",
			 vf->address);
}

static int fail_io(struct vdev_ctx *ctx, int error, const char *what,
		   const char *address)
{
	return vdev_fail_as(ctx,
			    error == -EACCES || error == -EPERM
				    ? VDEV_ERROR_PERMISSION
				    : VDEV_ERROR_FAILED,
			    error, "cannot %s the virtual GPU type of %s: %s",
			    what, address, strerror(-error));
}

/* --- Types */

static int add_type(struct vdev_mdev_type_list *list, const char *vf,
		    struct vgpu_type *type)
{
	struct mdev_type_facts facts = {
		.id = type->id,
		.name = type->name,
		.device_api = strdup("vfio-pci"),
		.available = 1,
	};
	int error = facts.device_api ? mdev_type_list_add(list, vf, &facts)
				     : -ENOMEM;

	if (error)
		free(facts.device_api);
	else
		*type = (struct vgpu_type){ 0 };
	return error;
}

static int add_vf(struct vdev_ctx *ctx, const char *vf,
		  struct vdev_mdev_type_list *list)
{
	struct vgpu_type *types = NULL;
	size_t count = 0;
	int error = vgpu_types(&ctx->sys, vf, &types, &count);

	/* It may be gone by now. */
	if (error == -ENOENT || error == -ENODEV)
		return 0;
	for (size_t i = 0; i < count && !error; i++)
		error = add_type(list, vf, &types[i]);
	vgpu_types_free(types, count);
	return error ? fail_io(ctx, error, "read", vf) : 0;
}

static int add_vfs(struct vdev_ctx *ctx, const char *vf,
		   struct vdev_mdev_type_list *list)
{
	_auto_strv_ struct strv vfs = { 0 };
	const char *address;
	int error;

	if (vf)
		return add_vf(ctx, vf, list);
	error = vgpu_list(&ctx->sys, &vfs);
	if (error)
		return vdev_fail(ctx, error, "cannot list VFs: %s",
				 strerror(-error));
	strv_foreach(&vfs, address) {
		error = add_vf(ctx, address, list);
		if (error)
			return error;
	}
	return 0;
}

int vdev_vgpu_type_list_new(struct vdev_ctx *ctx, struct vdev_device *vf,
			    struct vdev_mdev_type_list **ret)
{
	struct vdev_mdev_type_list *list;
	int error = vf ? check_vf(vf) : 0;

	if (error)
		return error;
	list = mdev_type_list_alloc();
	if (!list)
		return vdev_fail(ctx, -ENOMEM, "out of memory");
	error = add_vfs(ctx, vf ? vf->address : NULL, list);
	if (error) {
		vdev_mdev_type_list_free(list);
		return error;
	}
	*ret = list;
	return (int)vdev_mdev_type_list_count(list);
}

/* --- Which one a VF has */

int vdev_vgpu_type(struct vdev_device *vf, char **ret)
{
	char id[VGPU_ID_SIZE];
	char *copy;
	int error = check_vf(vf);

	if (error)
		return error;
	error = vgpu_current(&vf->ctx->sys, vf->address, id);
	if (error)
		return fail_io(vf->ctx, error, "read", vf->address);
	if (str_eq(id, VGPU_NONE))
		return 0;
	copy = strdup(id);
	if (!copy)
		return vdev_fail(vf->ctx, -ENOMEM, "out of memory");
	*ret = copy;
	return 1;
}

/* --- Setting it */

/* Return: the type of that number or name, or NULL. */
static const struct vdev_mdev_type *
find_type(const struct vdev_mdev_type_list *list, const char *word)
{
	const struct vdev_mdev_type *type;
	size_t i;

	vdev_mdev_type_list_foreach(list, i, type)
	{
		if (str_eq(vdev_mdev_type_id(type), word) ||
		    str_eq(vdev_mdev_type_name(type), word))
			return type;
	}
	return NULL;
}

static int fail_type(const struct vdev_device *vf, const char *word, bool none)
{
	if (none)
		return vdev_hint(vf->ctx,
				 vdev_fail_as(vf->ctx, VDEV_ERROR_FAILED,
					      -EUSERS,
					      "no virtual GPU can be made on "
					      "%s now",
					      vf->address),
				 "those on other VFs of the GPU may use all of "
				 "it");
	return vdev_hint(vf->ctx,
			 vdev_fail(vf->ctx, -ENOENT,
				   "%s cannot be a virtual GPU of type %s now",
				   vf->address, word),
			 "'vdevctl mdev types %s' lists what it can be",
			 vf->address);
}

/* The number of the type that is wanted, if it can be had. */
static int choose(struct vdev_device *vf, const struct vdev_mdev_config *config,
		  char id[VGPU_ID_SIZE])
{
	struct vdev_mdev_type_list *list = NULL;
	const struct vdev_mdev_type *type;
	_auto_free_ char *current = NULL;
	int ret;

	if (!config->type)
		return vdev_fail(vf->ctx, -EINVAL, "no type is given");
	ret = vdev_vgpu_type(vf, &current);
	if (ret > 0)
		ret = vdev_fail(vf->ctx, -EEXIST,
				"%s is a virtual GPU of type %s already",
				vf->address, current);
	if (ret < 0)
		return ret;
	ret = vdev_vgpu_type_list_new(vf->ctx, vf, &list);
	if (ret < 0)
		return ret;
	type = find_type(list, config->type);
	if (type)
		snprintf(id, VGPU_ID_SIZE, "%s", vdev_mdev_type_id(type));
	ret = type ? 0 : fail_type(vf, config->type, !ret);
	vdev_mdev_type_list_free(list);
	return ret;
}

int vdev_vgpu_check(struct vdev_device *vf,
		    const struct vdev_mdev_config *config)
{
	char id[VGPU_ID_SIZE];

	return choose(vf, config, id);
}

/* The driver may take it without a word, and not do it. */
static int write_type(struct vdev_device *vf, const char *id)
{
	struct vdev_sys *sys = &vf->ctx->sys;
	char now[VGPU_ID_SIZE];
	int error;

	vdev_log(vf->ctx, VDEV_LOG_INFO, "%s: virtual GPU type %s", vf->address,
		 id);
	error = vgpu_write(sys, vf->address, VGPU_CURRENT, id);
	if (!error)
		error = vgpu_current(sys, vf->address, now);
	if (!error && !str_eq(now, id))
		error = -EIO;
	if (!error)
		return 0;
	fail_io(vf->ctx, error, "set", vf->address);
	return vdev_hint(vf->ctx, error, "the kernel log may say more");
}

static int roll_back(struct vdev_device *vf, int why)
{
	_auto_free_ char *reason = strdup(vdev_ctx_last_error(vf->ctx));
	int error =
		vgpu_write(&vf->ctx->sys, vf->address, VGPU_CURRENT, VGPU_NONE);

	return vdev_fail_as(vf->ctx,
			    error ? VDEV_ERROR_ROLLBACK : VDEV_ERROR_FAILED,
			    why, "%s; %s", reason ? reason : "out of memory",
			    error ? "and its type could not be taken back"
				  : "its type was taken back");
}

static int set_attrs(struct vdev_device *vf,
		     const struct vdev_mdev_config *config)
{
	for (size_t i = 0; i < config->count; i++) {
		const struct mdev_attr *a = &config->attrs[i];
		int error = vgpu_write(&vf->ctx->sys, vf->address, a->name,
				       a->value);

		if (error)
			return vdev_fail(vf->ctx, error,
					 "%s: attribute %s does not take '%s': "
					 "%s",
					 vf->address, a->name, a->value,
					 strerror(-error));
	}
	return 0;
}

int vdev_vgpu_set(struct vdev_device *vf, const struct vdev_mdev_config *config)
{
	char id[VGPU_ID_SIZE];
	int error = choose(vf, config, id);

	if (!error)
		error = write_type(vf, id);
	if (error)
		return error;
	error = set_attrs(vf, config);
	return error ? roll_back(vf, error) : 0;
}

int vdev_vgpu_clear(struct vdev_device *vf, bool force)
{
	_auto_free_ char *current = NULL, *users = NULL;
	int ret = vdev_vgpu_type(vf, &current);

	if (!ret)
		return vdev_fail(vf->ctx, -ENOENT, "%s is no virtual GPU",
				 vf->address);
	if (ret > 0 && !force)
		ret = vdev_device_users(vf, &users);
	if (ret < 0)
		return ret;
	if (users)
		return vdev_hint(vf->ctx,
				 vdev_fail(vf->ctx, -EBUSY, "%s is open in %s",
					   vf->address, users),
				 "end its user first");
	return write_type(vf, VGPU_NONE);
}
