/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The form in which mdevctl keeps definitions. It is written here and not by
 * json-c, whose layout differs from one version to the next: mdevctl compares
 * files byte for byte in its tests. What scripts answer is read here, too.
 */

#include "object/mdev.h"

#include <errno.h>
#include <json-c/json.h>

#include "object/mdev_script.h"

/* --- Reading */

static void put_json(json_object **o)
{
	json_object_put(*o);
}

static void free_tokener(json_tokener **t)
{
	if (*t)
		json_tokener_free(*t);
}

#define _auto_json_    __attribute__((cleanup(put_json)))
#define _auto_tokener_ __attribute__((cleanup(free_tokener)))

static int bad(struct vdev_mdev_config *config, const char *what)
{
	return vdev_fail_as(config->ctx, VDEV_ERROR_FAILED, -EBADMSG,
			    "not the JSON of an mdev: %s", what);
}

static int parse_text(struct vdev_mdev_config *config, const char *text,
		      json_object **ret)
{
	_auto_tokener_ json_tokener *t = json_tokener_new_ex(8);
	size_t length = strlen(text);

	if (!t)
		return vdev_fail(config->ctx, -ENOMEM, "out of memory");
	while (length && strchr(" \t\r\n", text[length - 1]))
		length--;
	if (!length || length > INT32_MAX)
		return bad(config, "there is none");
	json_tokener_set_flags(t, JSON_TOKENER_STRICT);
	*ret = json_tokener_parse_ex(t, text, (int)length);
	if (json_tokener_get_error(t) == json_tokener_continue)
		return bad(config, "it ends too early");
	if (json_tokener_get_error(t) != json_tokener_success)
		return bad(config,
			   json_tokener_error_desc(json_tokener_get_error(t)));
	return 0;
}

/* A text without NUL in it, or NULL. */
static const char *string_of(json_object *value)
{
	const char *s;

	if (!json_object_is_type(value, json_type_string))
		return NULL;
	s = json_object_get_string(value);
	return strlen(s) == (size_t)json_object_get_string_len(value) ? s
								      : NULL;
}

static int take_attr(struct vdev_mdev_config *config, json_object *o)
{
	if (!json_object_is_type(o, json_type_object) ||
	    json_object_object_length(o) != 1)
		return bad(config, "an attribute is no object of one value");
	json_object_object_foreach(o, name, value)
	{
		const char *text = string_of(value);

		if (!text)
			return bad(config,
				   "the value of an attribute is no string");
		if (!vdev_mdev_config_add_attr(config, SIZE_MAX, name, text))
			return 0;
	}
	return -EBADMSG;
}

static int take_attrs(struct vdev_mdev_config *config, json_object *attrs)
{
	if (!json_object_is_type(attrs, json_type_array))
		return bad(config, "attrs is no array");
	for (size_t i = 0; i < json_object_array_length(attrs); i++)
		if (take_attr(config, json_object_array_get_idx(attrs, i)))
			return -EBADMSG;
	return 0;
}

static int take(struct vdev_mdev_config *config, json_object *o)
{
	const char *type = string_of(json_object_object_get(o, "mdev_type"));
	const char *start = string_of(json_object_object_get(o, "start"));
	json_object *attrs = json_object_object_get(o, "attrs");

	if (!type)
		return bad(config, "there is no mdev_type");
	if (!start)
		return bad(config, "there is no start");
	if (vdev_mdev_config_set_type(config, type))
		return -EBADMSG;
	config->autostart = str_eq(start, "auto");
	return attrs ? take_attrs(config, attrs) : 0;
}

int vdev_mdev_config_parse(struct vdev_mdev_config *config, const char *text)
{
	_auto_json_ json_object *o = NULL;
	struct vdev_mdev_config *fresh;
	int error = parse_text(config, text, &o);

	if (error)
		return error;
	if (!json_object_is_type(o, json_type_object))
		return bad(config, "it is no object");
	error = vdev_mdev_config_new(config->ctx, &fresh);
	if (error)
		return error;
	error = take(fresh, o);
	if (!error)
		mdev_config_take(config, fresh);
	vdev_mdev_config_free(fresh);
	return error;
}

/* --- What scripts answer */

const char *const script_actions[] = {
	[SCRIPT_START] = "start",
	[SCRIPT_STOP] = "stop",
	[SCRIPT_DEFINE] = "define",
	[SCRIPT_UNDEFINE] = "undefine",
	[SCRIPT_MODIFY] = "modify",
	[SCRIPT_ATTRIBUTES] = "attributes",
	[SCRIPT_CAPABILITIES] = "capabilities",
};

const char *const script_events[] = {
	[SCRIPT_PRE] = "pre",	[SCRIPT_POST] = "post",
	[SCRIPT_LIVE] = "live", [SCRIPT_NOTIFY] = "notify",
	[SCRIPT_GET] = "get",
};

/* Return: whether it is an array of words; those known have a bit in `ret`. */
static bool take_words(json_object *array, const char *const *words,
		       size_t count, unsigned int *ret)
{
	if (!json_object_is_type(array, json_type_array))
		return false;
	*ret = 0;
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		json_object *o = json_object_array_get_idx(array, i);

		if (!json_object_is_type(o, json_type_string))
			return false;
		for (size_t j = 0; j < count; j++)
			if (str_eq(json_object_get_string(o), words[j]))
				*ret |= 1U << j;
	}
	return true;
}

int script_parse_supports(const char *text, struct script_support *ret)
{
	_auto_json_ json_object *o = json_tokener_parse(text);
	json_object *all = json_object_object_get(o, "supports");
	struct script_support supports;

	if (!json_object_is_type(all, json_type_object) ||
	    !json_object_is_type(json_object_object_get(all, "version"),
				 json_type_int) ||
	    !take_words(json_object_object_get(all, "actions"), script_actions,
			ARRAY_SIZE(script_actions), &supports.actions) ||
	    !take_words(json_object_object_get(all, "events"), script_events,
			ARRAY_SIZE(script_events), &supports.events))
		return 0;
	*ret = supports;
	return 1;
}

/* None of them is told by nothing, by null, and by "[{}]". */
int mdev_config_add_json(struct vdev_mdev_config *config, const char *text)
{
	_auto_json_ json_object *o = NULL;
	size_t before = config->count;
	int error;

	if (!*text || str_eq(text, "[{}]") || str_eq(text, "null"))
		return 0;
	error = parse_text(config, text, &o);
	if (!error)
		error = take_attrs(config, o);
	while (error && config->count > before)
		(void)vdev_mdev_config_remove_attr(config, config->count - 1);
	return error;
}

/* --- Writing */

static void add_string(struct strbuf *b, const char *s)
{
	static const char escapes[][2] = { { '"', '"' },  { '\\', '\\' },
					   { '\b', 'b' }, { '\f', 'f' },
					   { '\n', 'n' }, { '\r', 'r' },
					   { '\t', 't' } };

	strbuf_addf(b, "\"");
	for (; *s; s++) {
		const char *escaped = NULL;

		for (size_t i = 0; i < ARRAY_SIZE(escapes); i++)
			if (*s == escapes[i][0])
				escaped = &escapes[i][1];
		if (escaped)
			strbuf_addf(b, "\\%c", *escaped);
		else if ((unsigned char)*s < 0x20)
			strbuf_addf(b, "\\u%04x", (unsigned int)*s);
		else
			strbuf_add(b, s, 1);
	}
	strbuf_addf(b, "\"");
}

/* A new line and its white space, where there are lines. */
static void add_line(struct strbuf *b, bool pretty, int depth)
{
	if (pretty)
		strbuf_addf(b, "\n%*s", 2 * depth, "");
}

static void add_value(struct strbuf *b, bool pretty, const char *name,
		      const char *value)
{
	add_string(b, name);
	strbuf_addf(b, pretty ? ": " : ":");
	add_string(b, value);
}

static void add_attrs(struct strbuf *b, bool pretty,
		      const struct vdev_mdev_config *config)
{
	strbuf_addf(b, pretty ? "\"attrs\": [" : "\"attrs\":[");
	for (size_t i = 0; i < config->count; i++) {
		const struct mdev_attr *a = &config->attrs[i];

		if (i)
			strbuf_addf(b, ",");
		add_line(b, pretty, 2);
		strbuf_addf(b, "{");
		add_line(b, pretty, 3);
		add_value(b, pretty, a->name, a->value);
		add_line(b, pretty, 2);
		strbuf_addf(b, "}");
	}
	if (config->count)
		add_line(b, pretty, 1);
	strbuf_addf(b, "]");
}

int vdev_mdev_config_format(const struct vdev_mdev_config *config, bool pretty,
			    char **ret)
{
	struct strbuf b = { 0 };
	char *text;

	if (!config->type)
		return vdev_fail(config->ctx, -EINVAL, "no mdev type is given");
	strbuf_addf(&b, "{");
	add_line(&b, pretty, 1);
	add_value(&b, pretty, "mdev_type", config->type);
	strbuf_addf(&b, ",");
	add_line(&b, pretty, 1);
	add_value(&b, pretty, "start", config->autostart ? "auto" : "manual");
	strbuf_addf(&b, ",");
	add_line(&b, pretty, 1);
	add_attrs(&b, pretty, config);
	add_line(&b, pretty, 0);
	strbuf_addf(&b, "}");
	text = strbuf_finish(&b);
	if (!text)
		return vdev_fail(config->ctx, -ENOMEM, "out of memory");
	*ret = text;
	return 0;
}
