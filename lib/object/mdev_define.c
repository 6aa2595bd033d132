/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Definitions of mdevs on disk, where mdevctl has them. */

#include "object/mdev.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "object/lock.h"

#define DEFINITIONS "/etc/mdevctl.d"

struct vdev_mdev_definition {
	struct vdev_ctx *ctx;
	char parent[MDEV_PARENT_SIZE];
	char uuid[UUID_TEXT_SIZE]; /* as the file is called */
	char normal[UUID_TEXT_SIZE];
	struct vdev_mdev_config *config;
	char *text; /* of the file, when it was read; NULL if it could not be */
	char *problem;
};

struct vdev_mdev_definition_list {
	struct vdev_mdev_definition **items;
	size_t count;
};

static void file_path(const char *parent, const char *uuid, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, DEFINITIONS "/%s/%s", parent, uuid);
}

static int io_fail(struct vdev_ctx *ctx, int error, const char *what,
		   const char *path)
{
	return vdev_fail_as(
		ctx,
		error == -EACCES || error == -EPERM || error == -EROFS
			? VDEV_ERROR_PERMISSION
			: VDEV_ERROR_FAILED,
		error, "cannot %s %s: %s", what, path, strerror(-error));
}

/* One process changes definitions at a time. */
static int take_lock(struct vdev_ctx *ctx, struct locks *ret)
{
	_auto_strv_ struct strv names = { 0 };

	if (strv_add(&names, "mdevs"))
		return vdev_fail(ctx, -ENOMEM, "out of memory");
	return locks_take(ctx, &names, NULL, true, ret);
}

/* --- Reading */

void vdev_mdev_definition_free(struct vdev_mdev_definition *def)
{
	if (!def)
		return;
	vdev_mdev_config_free(def->config);
	free(def->text);
	free(def->problem);
	vdev_ctx_unref(def->ctx);
	free(def);
}

static int definition_new(struct vdev_ctx *ctx, const char *parent,
			  const char *uuid, struct vdev_mdev_definition **ret)
{
	struct vdev_mdev_definition *def = calloc(1, sizeof(*def));

	if (!def)
		return vdev_fail(ctx, -ENOMEM, "out of memory");
	def->ctx = vdev_ctx_ref(ctx);
	snprintf(def->parent, sizeof(def->parent), "%s", parent);
	snprintf(def->uuid, sizeof(def->uuid), "%s", uuid);
	uuid_normalize(uuid, def->normal);
	if (vdev_mdev_config_new(ctx, &def->config)) {
		vdev_mdev_definition_free(def);
		return -ENOMEM;
	}
	*ret = def;
	return 0;
}

/* What is wrong with a file is no reason to hide it. */
static int note_problem(struct vdev_mdev_definition *def)
{
	def->problem = strdup(vdev_ctx_last_error(def->ctx));
	return def->problem ? 0 : vdev_fail(def->ctx, -ENOMEM, "out of memory");
}

/* Return: 0, -ENOENT if it is gone, or a recorded failure. */
static int definition_read(struct vdev_ctx *ctx, const char *parent,
			   const char *uuid, struct vdev_mdev_definition **ret)
{
	struct vdev_mdev_definition *def;
	char path[PATH_MAX];
	ssize_t n;
	int error = definition_new(ctx, parent, uuid, &def);

	if (error)
		return error;
	file_path(parent, uuid, path);
	n = vdev_sys_read_text(&ctx->sys, VDEV_SYS_ROOT, path, &def->text);
	if (n == -ENOENT || n == -ENOMEM) {
		error = n == -ENOENT ? -ENOENT
				     : vdev_fail(ctx, -ENOMEM, "out of memory");
	} else if (n < 0) {
		io_fail(ctx, (int)n, "read", path);
		error = note_problem(def);
	} else if ((size_t)n != strlen(def->text)) {
		vdev_fail(ctx, -EBADMSG, "%s: there is a NUL in it", path);
		error = note_problem(def);
	} else {
		error = vdev_mdev_config_parse(def->config, def->text);
		if (error && error != -ENOMEM)
			error = note_problem(def);
	}
	if (error) {
		vdev_mdev_definition_free(def);
		return error;
	}
	*ret = def;
	return 0;
}

static int add_file(struct vdev_ctx *ctx, const char *parent, const char *name,
		    struct vdev_mdev_definition_list *list)
{
	struct vdev_mdev_definition *def;
	char normal[UUID_TEXT_SIZE];
	int error;

	if (!uuid_normalize(name, normal))
		return 0;
	error = definition_read(ctx, parent, name, &def);
	if (error)
		return error == -ENOENT ? 0 : error;
	error = ARRAY_ADD(list->items, list->count, def);
	if (!error)
		return 0;
	vdev_mdev_definition_free(def);
	return vdev_fail(ctx, error, "out of memory");
}

static int add_parent(struct vdev_ctx *ctx, const char *parent,
		      struct vdev_mdev_definition_list *list)
{
	_auto_strv_ struct strv names = { 0 };
	char path[PATH_MAX];
	const char *name;
	int error;

	snprintf(path, sizeof(path), DEFINITIONS "/%s", parent);
	error = vdev_sys_list(&ctx->sys, VDEV_SYS_ROOT, path, &names);
	/* It may be a file, or have gone. */
	if (error == -ENOTDIR || error == -ENOENT)
		return 0;
	if (error)
		return io_fail(ctx, error, "read", path);
	strv_foreach(&names, name) {
		error = add_file(ctx, parent, name, list);
		if (error)
			return error;
	}
	return 0;
}

static int add_parents(struct vdev_ctx *ctx,
		       struct vdev_mdev_definition_list *list)
{
	_auto_strv_ struct strv parents = { 0 };
	const char *parent;
	int error =
		vdev_sys_list(&ctx->sys, VDEV_SYS_ROOT, DEFINITIONS, &parents);

	if (error)
		return error == -ENOENT
			       ? 0
			       : io_fail(ctx, error, "read", DEFINITIONS);
	strv_foreach(&parents, parent) {
		error = add_parent(ctx, parent, list);
		if (error)
			return error;
	}
	return 0;
}

int vdev_mdev_definition_list_new(struct vdev_ctx *ctx,
				  struct vdev_mdev_definition_list **ret)
{
	struct vdev_mdev_definition_list *list = calloc(1, sizeof(*list));
	int error;

	if (!list)
		return vdev_fail(ctx, -ENOMEM, "out of memory");
	error = add_parents(ctx, list);
	if (error) {
		vdev_mdev_definition_list_free(list);
		return error;
	}
	*ret = list;
	return (int)list->count;
}

void vdev_mdev_definition_list_free(struct vdev_mdev_definition_list *list)
{
	if (!list)
		return;
	for (size_t i = 0; i < list->count; i++)
		vdev_mdev_definition_free(list->items[i]);
	free(list->items);
	free(list);
}

struct vdev_mdev_definition *
vdev_mdev_definition_list_get(const struct vdev_mdev_definition_list *list,
			      size_t index)
{
	return index < list->count ? list->items[index] : NULL;
}

/* Takes the one that fits out of the list. */
static int pick(struct vdev_ctx *ctx, struct vdev_mdev_definition_list *list,
		const char *parent, const char *uuid,
		struct vdev_mdev_definition **ret)
{
	size_t found = SIZE_MAX;

	for (size_t i = 0; i < list->count; i++) {
		const struct vdev_mdev_definition *def = list->items[i];

		if (!str_eq(def->normal, uuid) ||
		    (parent && !str_eq(def->parent, parent)))
			continue;
		if (found != SIZE_MAX)
			return vdev_hint(
				ctx,
				vdev_fail_as(ctx, VDEV_ERROR_INVALID, -ENOTUNIQ,
					     "%s is defined for %s and for %s",
					     uuid, list->items[found]->parent,
					     def->parent),
				"name its parent");
		found = i;
	}
	if (found == SIZE_MAX)
		return vdev_fail(ctx, -ENOENT, "no mdev %s is defined%s%s",
				 uuid, parent ? " for " : "",
				 parent ? parent : "");
	*ret = TAKE(list->items[found]);
	return 0;
}

int vdev_mdev_definition_find(struct vdev_ctx *ctx, const char *parent,
			      const char *uuid,
			      struct vdev_mdev_definition **ret)
{
	struct vdev_mdev_definition_list *list = NULL;
	char name[MDEV_PARENT_SIZE], normal[UUID_TEXT_SIZE];
	int error = 0;

	if (!uuid_normalize(uuid, normal))
		return vdev_fail(ctx, -EINVAL, "'%s' is no UUID", uuid);
	if (parent)
		error = mdev_parent_name(ctx, parent, name);
	if (error)
		return error;
	error = vdev_mdev_definition_list_new(ctx, &list);
	if (!list)
		return error;
	error = pick(ctx, list, parent ? name : NULL, normal, ret);
	vdev_mdev_definition_list_free(list);
	return error;
}

const char *vdev_mdev_definition_parent(const struct vdev_mdev_definition *def)
{
	return def->parent;
}

const char *vdev_mdev_definition_uuid(const struct vdev_mdev_definition *def)
{
	return def->normal;
}

struct vdev_mdev_config *
vdev_mdev_definition_config(const struct vdev_mdev_definition *def)
{
	return def->config;
}

const char *vdev_mdev_definition_problem(const struct vdev_mdev_definition *def)
{
	return def->problem;
}

/* --- Writing */

/* The directory of a parent may be new: then it has to last, too. */
static int make_directory(struct vdev_ctx *ctx, const char *parent)
{
	char path[PATH_MAX];
	int error;

	snprintf(path, sizeof(path), DEFINITIONS "/%s", parent);
	if (vdev_sys_exists(&ctx->sys, path))
		return 0;
	error = vdev_sys_mkdir_p(&ctx->sys, path, 0755);
	if (!error)
		error = vdev_sys_sync_parent(&ctx->sys, path);
	if (!error)
		error = vdev_sys_sync_parent(&ctx->sys, DEFINITIONS);
	return error ? io_fail(ctx, error, "make", path) : 0;
}

static int write_file(struct vdev_ctx *ctx, const char *parent,
		      const char *uuid, const char *text)
{
	char path[PATH_MAX];
	int error;

	file_path(parent, uuid, path);
	error = vdev_sys_replace_file(&ctx->sys, path, text, 0644);
	if (error)
		return io_fail(ctx, error, "write", path);
	vdev_log(ctx, VDEV_LOG_INFO, "wrote %s", path);
	return 0;
}

static int define(struct vdev_ctx *ctx, const char *parent, const char *uuid,
		  const char *text)
{
	struct vdev_mdev_definition *old;
	int error = vdev_mdev_definition_find(ctx, parent, uuid, &old);

	if (!error) {
		vdev_mdev_definition_free(old);
		vdev_fail(ctx, -EEXIST, "%s is already defined for %s", uuid,
			  parent);
		return vdev_hint(ctx, -EEXIST,
				 "'vdevctl mdev modify %s' "
				 "changes the definition",
				 uuid);
	}
	if (error != -ENOENT)
		return error;
	error = make_directory(ctx, parent);
	return error ? error : write_file(ctx, parent, uuid, text);
}

int vdev_mdev_define(struct vdev_ctx *ctx, const char *parent, const char *uuid,
		     const struct vdev_mdev_config *config)
{
	char name[MDEV_PARENT_SIZE], normal[UUID_TEXT_SIZE];
	_auto_free_ char *text = NULL;
	struct locks locks;
	int error;

	if (!uuid_normalize(uuid, normal))
		return vdev_fail(ctx, -EINVAL, "'%s' is no UUID", uuid);
	error = mdev_parent_name(ctx, parent, name);
	if (!error)
		error = vdev_mdev_config_format(config, true, &text);
	if (!error)
		error = take_lock(ctx, &locks);
	if (error)
		return error;
	error = define(ctx, name, normal, text);
	locks_release(ctx, &locks);
	return error;
}

/* Whether the file is still what was read. Return: 0 or a recorded failure. */
static int check_unchanged(const struct vdev_mdev_definition *def)
{
	struct vdev_mdev_definition *now;
	int error = definition_read(def->ctx, def->parent, def->uuid, &now);
	bool same = !error && str_eq(now->text, def->text);

	if (!error)
		vdev_mdev_definition_free(now);
	if (same)
		return 0;
	if (error && error != -ENOENT)
		return error;
	return vdev_hint(def->ctx,
			 vdev_fail(def->ctx, -EAGAIN,
				   "another process has changed the definition "
				   "of %s",
				   def->normal),
			 "try again");
}

int vdev_mdev_definition_save(struct vdev_mdev_definition *def)
{
	_auto_free_ char *text = NULL;
	struct locks locks;
	int error = vdev_mdev_config_format(def->config, true, &text);

	if (!error)
		error = take_lock(def->ctx, &locks);
	if (error)
		return error;
	error = check_unchanged(def);
	if (!error)
		error = write_file(def->ctx, def->parent, def->uuid, text);
	locks_release(def->ctx, &locks);
	if (error)
		return error;
	free(def->text);
	def->text = TAKE(text);
	free(TAKE(def->problem));
	return 0;
}

int vdev_mdev_undefine(const struct vdev_mdev_definition *def)
{
	struct vdev_ctx *ctx = def->ctx;
	char path[PATH_MAX];
	struct locks locks;
	int error = take_lock(ctx, &locks);

	if (error)
		return error;
	file_path(def->parent, def->uuid, path);
	error = ctx->sys.ops->unlink(&ctx->sys, path);
	if (!error)
		error = vdev_sys_sync_parent(&ctx->sys, path);
	locks_release(ctx, &locks);
	if (error == -ENOENT)
		return vdev_fail(ctx, error, "no mdev %s is defined for %s",
				 def->normal, def->parent);
	if (error)
		return io_fail(ctx, error, "remove", path);
	vdev_log(ctx, VDEV_LOG_INFO, "removed %s", path);
	return 0;
}

int vdev_mdev_start(const struct vdev_mdev_definition *def,
		    struct vdev_device **ret)
{
	if (def->problem)
		return vdev_fail_as(def->ctx, VDEV_ERROR_FAILED, -EBADMSG,
				    "the definition of %s for %s: %s",
				    def->normal, def->parent, def->problem);
	return vdev_mdev_create(def->ctx, def->parent, def->normal, def->config,
				ret);
}
