/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What an mdev is, or shall be, like. */

#include "object/mdev.h"

#include <errno.h>
#include <limits.h>

int vdev_mdev_config_new(struct vdev_ctx *ctx, struct vdev_mdev_config **ret)
{
	struct vdev_mdev_config *config = calloc(1, sizeof(*config));

	if (!config)
		return vdev_fail(ctx, -ENOMEM, "out of memory");
	config->ctx = vdev_ctx_ref(ctx);
	*ret = config;
	return 0;
}

static void attr_clear(struct mdev_attr *attr)
{
	free(attr->name);
	free(attr->value);
}

static void config_clear(struct vdev_mdev_config *config)
{
	for (size_t i = 0; i < config->count; i++)
		attr_clear(&config->attrs[i]);
	free(config->attrs);
	free(config->type);
	*config = (struct vdev_mdev_config){ .ctx = config->ctx };
}

void mdev_config_take(struct vdev_mdev_config *config,
		      struct vdev_mdev_config *from)
{
	struct vdev_mdev_config taken = *from;

	*from = (struct vdev_mdev_config){ .ctx = from->ctx };
	config_clear(config);
	taken.ctx = config->ctx;
	*config = taken;
}

void vdev_mdev_config_free(struct vdev_mdev_config *config)
{
	if (!config)
		return;
	config_clear(config);
	vdev_ctx_unref(config->ctx);
	free(config);
}

bool mdev_is_name(const char *name)
{
	return *name && strlen(name) <= NAME_MAX && !strchr(name, '/') &&
	       !str_eq(name, ".") && !str_eq(name, "..");
}

int vdev_mdev_config_set_type(struct vdev_mdev_config *config, const char *type)
{
	char *copy;

	if (!mdev_is_name(type))
		return vdev_fail(config->ctx, -EINVAL,
				 "'%s' cannot be the name of an mdev type",
				 type);
	copy = strdup(type);
	if (!copy)
		return vdev_fail(config->ctx, -ENOMEM, "out of memory");
	free(config->type);
	config->type = copy;
	return 0;
}

const char *vdev_mdev_config_type(const struct vdev_mdev_config *config)
{
	return config->type;
}

/* Whether the attribute is one below the mdev's directory. */
static bool stays_below(const char *name)
{
	while (*name) {
		size_t length = strcspn(name, "/");

		if (!length || (length == 1 && *name == '.') ||
		    (length == 2 && str_starts(name, "..")))
			return false;
		if (!name[length])
			return true;
		name += length + 1;
	}
	return false;
}

int vdev_mdev_config_add_attr(struct vdev_mdev_config *config, size_t index,
			      const char *name, const char *value)
{
	struct mdev_attr attr;

	if (!stays_below(name))
		return vdev_fail(config->ctx, -EINVAL,
				 "'%s' is no attribute's name", name);
	attr = (struct mdev_attr){ strdup(name), strdup(value) };
	if (!attr.name || !attr.value ||
	    array_reserve(&config->attrs, config->count,
			  sizeof(*config->attrs))) {
		attr_clear(&attr);
		return vdev_fail(config->ctx, -ENOMEM, "out of memory");
	}
	if (index > config->count)
		index = config->count;
	memmove(&config->attrs[index + 1], &config->attrs[index],
		(config->count - index) * sizeof(attr));
	config->attrs[index] = attr;
	config->count++;
	return 0;
}

int vdev_mdev_config_remove_attr(struct vdev_mdev_config *config, size_t index)
{
	if (index >= config->count)
		return vdev_fail(config->ctx, -ENOENT,
				 "there is no attribute %zu, there are %zu",
				 index, config->count);
	attr_clear(&config->attrs[index]);
	config->count--;
	memmove(&config->attrs[index], &config->attrs[index + 1],
		(config->count - index) * sizeof(*config->attrs));
	return 0;
}

void vdev_mdev_config_set_autostart(struct vdev_mdev_config *config, bool on)
{
	config->autostart = on;
}

bool vdev_mdev_config_autostart(const struct vdev_mdev_config *config)
{
	return config->autostart;
}

size_t vdev_mdev_config_attr_count(const struct vdev_mdev_config *config)
{
	return config->count;
}

const char *vdev_mdev_config_attr_name(const struct vdev_mdev_config *config,
				       size_t index)
{
	return index < config->count ? config->attrs[index].name : NULL;
}

const char *vdev_mdev_config_attr_value(const struct vdev_mdev_config *config,
					size_t index)
{
	return index < config->count ? config->attrs[index].value : NULL;
}
