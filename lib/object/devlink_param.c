/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The parameters of a device. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "kernel/abi/devlink.h"
#include "object/devlink.h"

/* In the order of the kernel's numbers. */
static const char *const modes[] = { "runtime", "driverinit", "permanent",
				     NULL };

const char *const *vdev_devlink_param_modes(void)
{
	return modes;
}

int devlink_param_mode(const char *name)
{
	for (int i = 0; modes[i]; i++)
		if (str_eq(modes[i], name))
			return i;
	return -EINVAL;
}

/* --- The list */

struct vdev_devlink_param_list {
	struct devlink_param *items;
	size_t count;
};

/* A driver may have none. */
static int list_params(struct vdev_devlink *dl, struct devlink_param **ret,
		       size_t *count)
{
	int error = devlink_list_params(&dl->link, ret, count);

	if (error == -EOPNOTSUPP) {
		*ret = NULL;
		*count = 0;
		return 0;
	}
	return error ? devlink_refused(dl, error, "cannot list its parameters")
		     : 0;
}

int vdev_devlink_param_list_new(struct vdev_devlink *dl,
				struct vdev_devlink_param_list **ret)
{
	struct vdev_devlink_param_list *list = calloc(1, sizeof(*list));
	int error;

	if (!list)
		return vdev_fail(dl->ctx, -ENOMEM, "out of memory");
	error = list_params(dl, &list->items, &list->count);
	if (error) {
		free(list);
		return error;
	}
	*ret = list;
	return (int)list->count;
}

void vdev_devlink_param_list_free(struct vdev_devlink_param_list *list)
{
	if (list)
		devlink_params_free(list->items, list->count);
	free(list);
}

size_t vdev_devlink_param_list_count(const struct vdev_devlink_param_list *list)
{
	return list->count;
}

const char *vdev_devlink_param_name(const struct vdev_devlink_param_list *list,
				    size_t index)
{
	return index < list->count ? list->items[index].name : NULL;
}

bool vdev_devlink_param_generic(const struct vdev_devlink_param_list *list,
				size_t index)
{
	return index < list->count && list->items[index].generic;
}

const char *vdev_devlink_param_type(const struct vdev_devlink_param_list *list,
				    size_t index)
{
	switch (index < list->count ? list->items[index].type : -1) {
	case DEVLINK_VAR_ATTR_TYPE_U8:
		return "u8";
	case DEVLINK_VAR_ATTR_TYPE_U16:
		return "u16";
	case DEVLINK_VAR_ATTR_TYPE_U32:
		return "u32";
	case DEVLINK_VAR_ATTR_TYPE_U64:
		return "u64";
	case DEVLINK_VAR_ATTR_TYPE_STRING:
		return "string";
	case DEVLINK_VAR_ATTR_TYPE_FLAG:
		return "bool";
	case DEVLINK_VAR_ATTR_TYPE_U64_ARRAY:
		return "u64-array";
	default:
		return NULL;
	}
}

const char *vdev_devlink_param_value(const struct vdev_devlink_param_list *list,
				     size_t index, const char *mode)
{
	int number = devlink_param_mode(mode);

	return index < list->count && number >= 0
		       ? list->items[index].values[number]
		       : NULL;
}

const char *
vdev_devlink_param_default(const struct vdev_devlink_param_list *list,
			   size_t index, const char *mode)
{
	int number = devlink_param_mode(mode);

	return index < list->count && number >= 0
		       ? list->items[index].defaults[number]
		       : NULL;
}

/* --- One of them */

static int choose_mode(struct vdev_devlink *dl,
		       const struct devlink_param *param, int *mode)
{
	_auto_strbuf_ struct strbuf there = { 0 };
	int only = -1, count = 0;

	for (int i = 0; i < DEVLINK_PARAM_MODES; i++) {
		if (!param->values[i])
			continue;
		strbuf_addf(&there, "%s%s", count++ ? ", " : "", modes[i]);
		only = i;
	}
	if (*mode < 0 && count == 1)
		*mode = only;
	if (*mode >= 0 && param->values[*mode])
		return 0;
	if (*mode >= 0)
		return vdev_fail(dl->ctx, -EOPNOTSUPP,
				 "%s: %s has no value in mode %s, only in %s",
				 dl->name, param->name, modes[*mode],
				 there.text ? there.text : "none");
	return vdev_fail(dl->ctx, -EINVAL,
			 "%s: %s has several values: say which of %s", dl->name,
			 param->name, there.text ? there.text : "");
}

static int read_from(struct vdev_devlink *dl, const struct devlink_param *param,
		     int *mode, int *type, char *text, size_t size)
{
	int ret = choose_mode(dl, param, mode);

	if (ret)
		return ret;
	*type = param->type;
	if (strlen(param->values[*mode]) >= size)
		return -ENODATA;
	strcpy(text, param->values[*mode]);
	return 0;
}

int devlink_read_param(struct vdev_devlink *dl, const char *name, int *mode,
		       int *type, char *text, size_t size)
{
	struct devlink_param *params = NULL;
	size_t count = 0;
	int ret = list_params(dl, &params, &count);
	bool found = false;

	for (size_t i = 0; i < count && !ret && !found; i++) {
		found = str_eq(params[i].name, name);
		if (found)
			ret = read_from(dl, &params[i], mode, type, text, size);
	}
	devlink_params_free(params, count);
	if (ret || found)
		return ret;
	return vdev_hint(dl->ctx,
			 vdev_fail(dl->ctx, -ENOENT,
				   "%s: there is no parameter %s", dl->name,
				   name),
			 "\"vdevctl devlink params %s\" shows those there are",
			 dl->name);
}

/* --- Values */

struct raw {
	uint8_t bytes[256];
	size_t size; /* of each */
	size_t count;
};

/* The machine's own order of bytes. */
static void put_number(struct raw *raw, uint64_t number)
{
	uint8_t u8 = (uint8_t)number;
	uint16_t u16 = (uint16_t)number;
	uint32_t u32 = (uint32_t)number;
	const void *from = raw->size == 1   ? (const void *)&u8
			   : raw->size == 2 ? (const void *)&u16
			   : raw->size == 4 ? (const void *)&u32
					    : (const void *)&number;

	memcpy(raw->bytes + raw->count++ * raw->size, from, raw->size);
}

/* `text` receives them in one spelling. */
static int parse_numbers(const char *value, size_t size, struct raw *raw,
			 struct strbuf *text)
{
	uint64_t most = size == 8 ? UINT64_MAX : (1ULL << (size * 8)) - 1;
	_auto_strv_ struct strv all = { 0 };
	const char *word;
	int ret = strv_split(&all, value, ",");

	if (ret)
		return ret;
	raw->size = size;
	strv_foreach(&all, word) {
		uint64_t number;

		if ((raw->count + 1) * size > sizeof(raw->bytes) ||
		    str_to_u64(word, 0, &number) || number > most)
			return -EINVAL;
		strbuf_addf(text, "%s%" PRIu64, raw->count ? "," : "", number);
		put_number(raw, number);
	}
	return raw->count ? 0 : -EINVAL;
}

static int parse_number(const char *value, size_t size, struct raw *raw,
			struct strbuf *text)
{
	int ret = parse_numbers(value, size, raw, text);

	return !ret && raw->count != 1 ? -EINVAL : ret;
}

static int parse_text(const char *value, struct raw *raw, struct strbuf *text)
{
	raw->size = strlen(value) + 1;
	raw->count = 1;
	if (raw->size > sizeof(raw->bytes))
		return -EINVAL;
	memcpy(raw->bytes, value, raw->size);
	strbuf_addf(text, "%s", value);
	return 0;
}

static int parse_flag(const char *value, struct raw *raw, struct strbuf *text)
{
	raw->count = strcmp(value, "true") == 0;
	if (!raw->count && strcmp(value, "false") != 0)
		return -EINVAL;
	strbuf_addf(text, "%s", value);
	return 0;
}

/* As the kernel wants it, and as it shows it. Return: 0, -EINVAL, -ENOMEM. */
static int parse(int type, const char *value, struct raw *raw,
		 struct strbuf *text)
{
	*raw = (struct raw){ .count = 0 };
	switch (type) {
	case DEVLINK_VAR_ATTR_TYPE_U8:
		return parse_number(value, 1, raw, text);
	case DEVLINK_VAR_ATTR_TYPE_U16:
		return parse_number(value, 2, raw, text);
	case DEVLINK_VAR_ATTR_TYPE_U32:
		return parse_number(value, 4, raw, text);
	case DEVLINK_VAR_ATTR_TYPE_U64:
		return parse_number(value, 8, raw, text);
	case DEVLINK_VAR_ATTR_TYPE_U64_ARRAY:
		return parse_numbers(value, 8, raw, text);
	case DEVLINK_VAR_ATTR_TYPE_FLAG:
		return parse_flag(value, raw, text);
	case DEVLINK_VAR_ATTR_TYPE_STRING:
		return parse_text(value, raw, text);
	default:
		return -EINVAL;
	}
}

static const char *form(int type)
{
	switch (type) {
	case DEVLINK_VAR_ATTR_TYPE_U8:
		return "a number up to 255";
	case DEVLINK_VAR_ATTR_TYPE_U16:
		return "a number up to 65535";
	case DEVLINK_VAR_ATTR_TYPE_U32:
	case DEVLINK_VAR_ATTR_TYPE_U64:
		return "a number";
	case DEVLINK_VAR_ATTR_TYPE_U64_ARRAY:
		return "numbers with commas between them";
	case DEVLINK_VAR_ATTR_TYPE_FLAG:
		return "true or false";
	case DEVLINK_VAR_ATTR_TYPE_STRING:
		return "a text";
	default:
		return "what is not known here";
	}
}

int devlink_check_param(struct vdev_devlink *dl, const char *name, int type,
			const char *value, char *text, size_t size)
{
	_auto_strbuf_ struct strbuf spelling = { 0 };
	struct raw raw;
	int ret = parse(type, value, &raw, &spelling);

	if (!ret && spelling.failed)
		ret = -ENOMEM;
	if (!ret && spelling.length >= size)
		ret = -EINVAL;
	if (ret == -ENOMEM)
		return vdev_fail(dl->ctx, ret, "out of memory");
	if (ret)
		return vdev_fail(dl->ctx, ret, "%s: %s takes %s, not '%s'",
				 dl->name, name, form(type), value);
	snprintf(text, size, "%s", spelling.text ? spelling.text : "");
	return 0;
}

int devlink_write_param(struct vdev_devlink *dl, const char *name, int mode,
			int type, const char *value)
{
	_auto_strbuf_ struct strbuf spelling = { 0 };
	struct raw raw;
	int ret = parse(type, value, &raw, &spelling);

	return ret ? ret
		   : devlink_set_param(&dl->link, name, type, mode, raw.bytes,
				       raw.size, raw.count);
}
