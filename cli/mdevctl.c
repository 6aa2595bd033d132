/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The commands of mdevctl that change something. */

#include "mdevctl.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>

#include "mdev.h"

static void free_definition(struct vdev_mdev_definition **def)
{
	vdev_mdev_definition_free(*def);
}

static void free_definitions(struct vdev_mdev_definition_list **list)
{
	vdev_mdev_definition_list_free(*list);
}

static void drop_device(struct vdev_device **dev)
{
	vdev_device_unref(*dev);
}

#define _auto_definition_  __attribute__((cleanup(free_definition)))
#define _auto_definitions_ __attribute__((cleanup(free_definitions)))
#define _auto_device_	   __attribute__((cleanup(drop_device)))

/* --- Saying what is wrong */

int mdevctl_fail(const struct mdevctl *m, const char *fmt, ...)
{
	va_list args;

	(void)m;
	va_start(args, fmt);
	fputs("Error: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
	return 1;
}

int mdevctl_fail_ctx(const struct mdevctl *m)
{
	const char *hint = vdev_ctx_last_hint(m->ctx);

	mdevctl_fail(m, "%s", vdev_ctx_last_error(m->ctx));
	/* Those that name our own commands would not help. */
	if (hint && !strstr(hint, "vdevctl"))
		fprintf(stderr, "\nHint: %s\n", hint);
	return 1;
}

void mdevctl_warn(const struct mdevctl *m, const char *fmt, ...)
{
	va_list args;

	if (m->silent || m->level < VDEV_LOG_WARNING)
		return;
	va_start(args, fmt);
	fputs("mdevctl: warning: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
}

static void print_log(void *data, enum vdev_log_level level,
		      const char *message)
{
	static const char *const words[] = { "error", "warning", "info",
					     "debug" };
	const struct mdevctl *m = data;

	/* Errors are reported where they count. */
	if (!m->silent && level != VDEV_LOG_ERROR)
		fprintf(stderr, "mdevctl: %s: %s\n", words[level], message);
}

/* A warning, which is a failure where the caller wants that. */
#define warn_or_fail(m, ...)                                         \
	({                                                           \
		int _strict = mdevctl_given(m, MDEVCTL_BIT(STRICT)); \
		if (_strict)                                         \
			mdevctl_fail(m, __VA_ARGS__);                \
		else                                                 \
			mdevctl_warn(m, __VA_ARGS__);                \
		_strict;                                             \
	})

/* --- Looking */

/* All types there are; NULL if they cannot be read. */
static const struct vdev_mdev_type_list *all_types(struct mdevctl *m)
{
	if (!m->types)
		(void)vdev_mdev_type_list_new(m->ctx, NULL, &m->types);
	return m->types;
}

static bool is_type_of(struct mdevctl *m, const char *parent, const char *id)
{
	const struct vdev_mdev_type_list *types = all_types(m);
	const struct vdev_mdev_type *t;
	size_t i;

	if (!types)
		return true;
	vdev_mdev_type_list_foreach(types, i, t)
	{
		if (str_eq(vdev_mdev_type_parent(t), parent) &&
		    str_eq(vdev_mdev_type_id(t), id))
			return true;
	}
	return false;
}

/* One whose type is not known is on its way in or out. */
struct vdev_device *mdevctl_active(struct mdevctl *m, const char *uuid,
				   const char *parent)
{
	struct vdev_device *dev;

	if (vdev_device_find(m->ctx, uuid, &dev))
		return NULL;
	if (str_eq(vdev_device_bus(dev), "mdev") && vdev_device_parent(dev) &&
	    vdev_device_mdev_type(dev) &&
	    (!parent || str_eq(vdev_device_parent(dev), parent)) &&
	    is_type_of(m, vdev_device_parent(dev), vdev_device_mdev_type(dev)))
		return dev;
	return vdev_device_unref(dev);
}

char *mdevctl_parent(struct mdevctl *m, const char *parent, const char *type,
		     bool *known)
{
	const struct vdev_mdev_type_list *types = all_types(m);
	const struct vdev_mdev_type *t;
	const char *name = NULL;
	size_t i;

	*known = false;
	if (!types)
		return x_strdup(parent);
	vdev_mdev_type_list_foreach(types, i, t)
	{
		const char *own = vdev_mdev_type_parent(t);

		if (strcasecmp(own, parent) != 0)
			continue;
		if (!name || str_eq(own, parent))
			name = own;
		if (!type || str_eq(vdev_mdev_type_id(t), type))
			*known = true;
	}
	return x_strdup(name ? name : parent);
}

/* Whether it could be started now, as far as that is known. */
static int check_known(struct mdevctl *m, const char *given, const char *type,
		       char **ret)
{
	bool known, there;
	char *parent = mdevctl_parent(m, given, type, &known);
	int failed = 0;

	free(mdevctl_parent(m, given, NULL, &there));
	if (!str_eq(parent, given))
		failed = warn_or_fail(m, "the parent %s is called %s", given,
				      parent);
	else if (!there)
		failed = warn_or_fail(m, "there is no parent %s now", given);
	else if (!known)
		failed = warn_or_fail(m, "the parent %s has no type %s now",
				      given, type);
	if (failed)
		free(parent);
	else
		*ret = parent;
	return failed;
}

/* A whole file, which may be a pipe. Return: the text, or NULL after a word. */
static char *read_file(const struct mdevctl *m, const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;
	ssize_t n;

	if (!f) {
		mdevctl_fail(m, "cannot read %s: %s", path, strerror(errno));
		return NULL;
	}
	errno = 0;
	n = getdelim(&text, &size, '\0', f);
	if (n < 0 && ferror(f))
		mdevctl_fail(m, "cannot read %s: %s", path, strerror(errno));
	else if (n < 0 || text[n - 1] == '\0')
		mdevctl_fail(m, "%s: there is no JSON of a device in it", path);
	else {
		fclose(f);
		return text;
	}
	fclose(f);
	free(text);
	return NULL;
}

static int parse_config(const struct mdevctl *m, const char *text,
			struct vdev_mdev_config *config)
{
	if (!vdev_mdev_config_parse(config, text))
		return 0;
	return mdevctl_fail(m, "%s: %s", m->values[MDEVCTL_JSONFILE],
			    vdev_ctx_last_error(m->ctx));
}

/* What a file describes. Return: 0, or the exit code. */
static int read_config(const struct mdevctl *m, struct vdev_mdev_config *config)
{
	_auto_free_ char *text = read_file(m, m->values[MDEVCTL_JSONFILE]);

	return text ? parse_config(m, text, config) : 1;
}

static int config_new(const struct mdevctl *m, struct vdev_mdev_config **ret)
{
	return vdev_mdev_config_new(m->ctx, ret) ? mdevctl_fail_ctx(m) : 0;
}

/* The UUID that was given, or a random one. */
static int take_uuid(struct mdevctl *m)
{
	if (mdevctl_given(m, MDEVCTL_BIT(UUID)))
		return 0;
	return vdev_mdev_random_uuid(m->ctx, m->uuid) ? mdevctl_fail_ctx(m) : 0;
}

static int report_uuid(const struct mdevctl *m)
{
	if (!mdevctl_given(m, MDEVCTL_BIT(UUID)))
		fprintf(m->out, "%s\n", m->uuid);
	return 0;
}

/* What is done to one device, between the scripts. */
struct change {
	struct mdevctl *m;
	const char *parent;
	const char *uuid;
	struct vdev_mdev_config *config;
	struct vdev_mdev_definition *def;
	struct vdev_device *dev;
};

static int run_change(const struct change *c, enum vdev_mdev_action action,
		      int (*fn)(void *data))
{
	return mdev_with_scripts(
		c->m->ctx, c->parent, c->uuid, c->config, action,
		mdevctl_given(c->m, MDEVCTL_BIT(FORCE)), fn, (void *)c);
}

/* --- define */

/* Scripts alone know with which attributes an active one was made. */
static int define_change(void *data)
{
	const struct change *c = data;
	struct vdev_mdev_scripts *scripts;
	int error = 0;

	if (c->dev) {
		error = vdev_mdev_scripts_new(c->m->ctx, c->parent, c->uuid,
					      c->config, &scripts);
		if (!error) {
			error = vdev_mdev_scripts_attrs(scripts, c->config);
			vdev_mdev_scripts_free(scripts);
		}
	}
	return error ? error
		     : vdev_mdev_define(c->m->ctx, c->parent, c->uuid,
					c->config);
}

/* What the options say, and where they say nothing, what is there. */
static int define_options(struct mdevctl *m, struct change *c)
{
	const char *parent = m->values[MDEVCTL_PARENT];
	const char *type = m->values[MDEVCTL_TYPE];

	if (mdevctl_given(m, MDEVCTL_BIT(UUID)))
		c->dev = mdevctl_active(m, m->uuid, NULL);
	if (!parent && (!c->dev || type))
		return mdevctl_fail(m, "a parent has to be given");
	c->parent = parent ? parent : vdev_device_parent(c->dev);
	if (!type && c->dev)
		type = vdev_device_mdev_type(c->dev);
	if (!type)
		return mdevctl_fail(m, "a type has to be given");
	if (vdev_mdev_config_set_type(c->config, type))
		return mdevctl_fail_ctx(m);
	vdev_mdev_config_set_autostart(c->config,
				       mdevctl_given(m, MDEVCTL_BIT(AUTO)));
	return 0;
}

static int define_file(struct mdevctl *m, struct change *c)
{
	c->parent = m->values[MDEVCTL_PARENT];
	if (!c->parent)
		return mdevctl_fail(m, "with a file a parent has to be given");
	return read_config(m, c->config);
}

int mdevctl_define(struct mdevctl *m)
{
	_auto_config_ struct vdev_mdev_config *config = NULL;
	_auto_definition_ struct vdev_mdev_definition *old = NULL;
	_auto_free_ char *parent = NULL;
	struct change c = { .m = m, .uuid = m->uuid };
	int ret = take_uuid(m);

	if (!ret)
		ret = config_new(m, &config);
	c.config = config;
	if (!ret)
		ret = mdevctl_given(m, MDEVCTL_BIT(JSONFILE))
			      ? define_file(m, &c)
			      : define_options(m, &c);
	if (!ret)
		ret = check_known(m, c.parent, vdev_mdev_config_type(config),
				  &parent);
	if (!ret) {
		c.parent = parent;
		if (!vdev_mdev_definition_find(m->ctx, parent, m->uuid, &old))
			ret = mdevctl_fail(m, "%s is already defined for %s",
					   m->uuid, parent);
	}
	if (!ret && run_change(&c, VDEV_MDEV_ACTION_DEFINE, define_change))
		ret = mdevctl_fail_ctx(m);
	vdev_device_unref(c.dev);
	return ret ? ret : report_uuid(m);
}

/* --- undefine */

static int undefine_change(void *data)
{
	const struct change *c = data;

	return vdev_mdev_undefine(c->def);
}

/* One whose type is not known goes without scripts. */
static int undefine_one(struct mdevctl *m, struct vdev_mdev_definition *def)
{
	struct change c = {
		.m = m,
		.parent = vdev_mdev_definition_parent(def),
		.uuid = m->uuid,
		.config = vdev_mdev_definition_config(def),
		.def = def,
	};

	return vdev_mdev_definition_problem(def)
		       ? undefine_change(&c)
		       : run_change(&c, VDEV_MDEV_ACTION_UNDEFINE,
				    undefine_change);
}

static bool is_of(const struct vdev_mdev_definition *def, const char *uuid,
		  const char *parent)
{
	return (!uuid || str_eq(vdev_mdev_definition_uuid(def), uuid)) &&
	       (!parent || str_eq(vdev_mdev_definition_parent(def), parent));
}

int mdevctl_undefine(struct mdevctl *m)
{
	_auto_definitions_ struct vdev_mdev_definition_list *list = NULL;
	struct vdev_mdev_definition *def;
	size_t i, found = 0;
	int ret = 0;

	if (vdev_mdev_definition_list_new(m->ctx, &list) < 0)
		return mdevctl_fail_ctx(m);
	vdev_mdev_definition_list_foreach(list, i, def)
	{
		if (!is_of(def, m->uuid, m->values[MDEVCTL_PARENT]))
			continue;
		found++;
		if (undefine_one(m, def))
			ret = mdevctl_fail_ctx(m);
	}
	if (!found)
		return mdevctl_fail(m, "no device %s is defined", m->uuid);
	return ret;
}

/* --- modify */

static int save_change(void *data)
{
	const struct change *c = data;

	return c->def ? vdev_mdev_definition_save(c->def)
		      : vdev_mdev_define(c->m->ctx, c->parent, c->uuid,
					 c->config);
}

static int bad_index(const struct mdevctl *m, size_t count)
{
	return mdevctl_fail(m, "there is no attribute %u: %s has %zu", m->index,
			    m->uuid, count);
}

static int modify_attr(const struct mdevctl *m, struct vdev_mdev_config *config)
{
	size_t count = vdev_mdev_config_attr_count(config);
	bool indexed = mdevctl_given(m, MDEVCTL_BIT(INDEX));
	const char *added = m->values[MDEVCTL_ADDATTR];
	int error = 0;

	if (added) {
		if (indexed && m->index > count)
			return bad_index(m, count);
		error = vdev_mdev_config_add_attr(
			config, indexed ? m->index : count, added,
			m->values[MDEVCTL_VALUE]);
	} else if (mdevctl_given(m, MDEVCTL_BIT(DELATTR))) {
		if (indexed && m->index >= count)
			return bad_index(m, count);
		if (indexed || count)
			error = vdev_mdev_config_remove_attr(
				config, indexed ? m->index : count - 1);
	}
	return error ? mdevctl_fail_ctx(m) : 0;
}

static int modify_options(const struct mdevctl *m,
			  struct vdev_mdev_definition *def)
{
	struct vdev_mdev_config *config = vdev_mdev_definition_config(def);
	const char *type = m->values[MDEVCTL_TYPE];

	if (vdev_mdev_definition_problem(def))
		return mdevctl_fail(m, "%s", vdev_mdev_definition_problem(def));
	if (type && vdev_mdev_config_set_type(config, type))
		return mdevctl_fail_ctx(m);
	if (mdevctl_given(m, MDEVCTL_BIT(AUTO) | MDEVCTL_BIT(MANUAL)))
		vdev_mdev_config_set_autostart(
			config, mdevctl_given(m, MDEVCTL_BIT(AUTO)));
	return modify_attr(m, config);
}

/* The stored one: a file may also describe one that is not defined yet. */
static int modify_stored(struct mdevctl *m)
{
	_auto_definition_ struct vdev_mdev_definition *def = NULL;
	_auto_config_ struct vdev_mdev_config *fresh = NULL;
	bool file = mdevctl_given(m, MDEVCTL_BIT(JSONFILE));
	struct change c = { .m = m,
			    .uuid = m->uuid,
			    .parent = m->values[MDEVCTL_PARENT] };
	int ret, error;

	if (file && !c.parent)
		return mdevctl_fail(m, "with a file a parent has to be given");
	error = vdev_mdev_definition_find(m->ctx, c.parent, m->uuid, &def);
	if (error && (error != -ENOENT || !file))
		return mdevctl_fail_ctx(m);
	ret = def ? 0 : config_new(m, &fresh);
	if (ret)
		return ret;
	c.def = def;
	c.config = def ? vdev_mdev_definition_config(def) : fresh;
	if (def)
		c.parent = vdev_mdev_definition_parent(def);
	ret = file ? read_config(m, c.config) : modify_options(m, def);
	if (!ret && run_change(&c, VDEV_MDEV_ACTION_MODIFY, save_change))
		ret = mdevctl_fail_ctx(m);
	return ret;
}

static int run_live(const struct change *c)
{
	struct vdev_mdev_scripts *scripts;
	int error = vdev_mdev_scripts_new(c->m->ctx, c->parent, c->uuid,
					  c->config, &scripts);

	if (!error) {
		error = vdev_mdev_scripts_live(scripts);
		vdev_mdev_scripts_free(scripts);
	}
	return error ? mdevctl_fail_ctx(c->m) : 0;
}

/* The stored one becomes what `c` says, too. */
static int modify_both(struct change *c, const char *text)
{
	_auto_definition_ struct vdev_mdev_definition *def = NULL;
	struct mdevctl *m = c->m;
	const char *type = vdev_mdev_config_type(c->config);
	int ret;

	if (vdev_mdev_definition_find(m->ctx, c->parent, m->uuid, &def))
		return mdevctl_fail_ctx(m);
	if (!str_eq(vdev_mdev_config_type(vdev_mdev_definition_config(def)),
		    type))
		return mdevctl_fail(m, "%s is defined with another type",
				    m->uuid);
	ret = run_live(c);
	c->def = def;
	c->config = vdev_mdev_definition_config(def);
	if (!ret)
		ret = parse_config(m, text, c->config);
	if (!ret && run_change(c, VDEV_MDEV_ACTION_MODIFY, save_change))
		ret = mdevctl_fail_ctx(m);
	return ret;
}

/* The one that is there, and with --defined the stored one too. */
static int modify_live(struct mdevctl *m)
{
	_auto_config_ struct vdev_mdev_config *config = NULL;
	_auto_device_ struct vdev_device *dev =
		mdevctl_active(m, m->uuid, m->values[MDEVCTL_PARENT]);
	struct change c = { .m = m, .uuid = m->uuid };
	_auto_free_ char *text = NULL;
	int ret;

	if (!dev)
		return mdevctl_fail(m, "there is no device %s now", m->uuid);
	text = read_file(m, m->values[MDEVCTL_JSONFILE]);
	ret = text ? config_new(m, &config) : 1;
	if (!ret)
		ret = parse_config(m, text, config);
	if (ret)
		return ret;
	c.parent = vdev_device_parent(dev);
	c.config = config;
	if (!str_eq(vdev_mdev_config_type(config), vdev_device_mdev_type(dev)))
		return mdevctl_fail(m,
				    "%s is of type %s, which cannot be changed "
				    "now",
				    m->uuid, vdev_device_mdev_type(dev));
	return mdevctl_given(m, MDEVCTL_BIT(DEFINED)) ? modify_both(&c, text)
						      : run_live(&c);
}

int mdevctl_modify(struct mdevctl *m)
{
	return mdevctl_given(m, MDEVCTL_BIT(LIVE)) ? modify_live(m)
						   : modify_stored(m);
}

/* --- start */

static int start_change(void *data)
{
	const struct change *c = data;
	_auto_device_ struct vdev_device *dev = NULL;

	return vdev_mdev_create(c->m->ctx, c->parent, c->uuid, c->config, &dev);
}

static int fail_two(const struct mdevctl *m)
{
	return mdevctl_fail(m, "%s is defined for several parents; name one",
			    m->uuid);
}

/* Finds the definition that is meant, if there is one. */
static int find_stored(struct mdevctl *m, struct vdev_mdev_definition **ret)
{
	const char *type = m->values[MDEVCTL_TYPE];
	struct vdev_mdev_definition *def;
	int error;

	if (!mdevctl_given(m, MDEVCTL_BIT(UUID)))
		return 0;
	error = vdev_mdev_definition_find(m->ctx, m->values[MDEVCTL_PARENT],
					  m->uuid, &def);
	if (error == -ENOENT)
		return 0;
	if (error == -ENOTUNIQ)
		return fail_two(m);
	if (error)
		return mdevctl_fail_ctx(m);
	*ret = def;
	if (vdev_mdev_definition_problem(def))
		return mdevctl_fail(m, "%s", vdev_mdev_definition_problem(def));
	if (type && !str_eq(type, vdev_mdev_config_type(
					  vdev_mdev_definition_config(def))))
		return mdevctl_fail(m, "%s is defined with another type",
				    m->uuid);
	return 0;
}

static int start_options(const struct mdevctl *m, struct change *c)
{
	const char *type = m->values[MDEVCTL_TYPE];

	c->parent = m->values[MDEVCTL_PARENT];
	if (!c->parent)
		return mdevctl_fail(m, type ? "with a type a parent has to be "
					      "given"
					    : "no such device is defined");
	if (!type)
		return mdevctl_fail(m, "a type has to be given");
	return vdev_mdev_config_set_type(c->config, type) ? mdevctl_fail_ctx(m)
							  : 0;
}

static int start(const struct change *c)
{
	bool known;
	_auto_free_ char *own = mdevctl_parent(c->m, c->parent, NULL, &known);

	if (!str_eq(own, c->parent))
		return mdevctl_fail(c->m, "there is no parent %s; %s is meant?",
				    c->parent, own);
	return run_change(c, VDEV_MDEV_ACTION_START, start_change)
		       ? mdevctl_fail_ctx(c->m)
		       : 0;
}

int mdevctl_start(struct mdevctl *m)
{
	_auto_definition_ struct vdev_mdev_definition *def = NULL;
	_auto_config_ struct vdev_mdev_config *config = NULL;
	struct change c = { .m = m, .uuid = m->uuid };
	bool file = mdevctl_given(m, MDEVCTL_BIT(JSONFILE));
	int ret = file ? 0 : find_stored(m, &def);

	if (!ret)
		ret = take_uuid(m);
	if (!ret && !def)
		ret = config_new(m, &config);
	if (ret)
		return ret;
	c.config = config;
	if (def) {
		c.config = vdev_mdev_definition_config(def);
		c.parent = vdev_mdev_definition_parent(def);
	} else if (file) {
		ret = define_file(m, &c);
	} else {
		ret = start_options(m, &c);
	}
	if (!ret)
		ret = start(&c);
	return ret ? ret : report_uuid(m);
}

static int start_if_wanted(struct mdevctl *m, struct vdev_mdev_definition *def)
{
	struct change c = {
		.m = m,
		.parent = vdev_mdev_definition_parent(def),
		.uuid = vdev_mdev_definition_uuid(def),
		.config = vdev_mdev_definition_config(def),
	};
	_auto_device_ struct vdev_device *dev = NULL;

	if (vdev_mdev_definition_problem(def))
		return mdevctl_fail(m, "%s for %s: %s", c.uuid, c.parent,
				    vdev_mdev_definition_problem(def));
	if (!vdev_mdev_config_autostart(c.config))
		return 0;
	dev = mdevctl_active(m, c.uuid, c.parent);
	if (dev || !run_change(&c, VDEV_MDEV_ACTION_START, start_change))
		return 0;
	return mdevctl_fail_ctx(m);
}

/* One that fails is reported, and keeps no other from being started. */
int mdevctl_start_parent(struct mdevctl *m)
{
	_auto_definitions_ struct vdev_mdev_definition_list *list = NULL;
	struct vdev_mdev_definition *def;
	int failed = 0;
	size_t i;

	if (vdev_mdev_definition_list_new(m->ctx, &list) < 0)
		return mdevctl_fail_ctx(m);
	vdev_mdev_definition_list_foreach(list, i, def)
	{
		if (is_of(def, NULL, m->operand))
			failed |= start_if_wanted(m, def);
	}
	return mdevctl_given(m, MDEVCTL_BIT(STRICT)) ? failed : 0;
}

/* --- stop */

/* As the kernel does, waits for whoever has it open, unless that is a fault. */
static int stop_change(void *data)
{
	const struct change *c = data;

	return vdev_mdev_remove(c->dev, INT_MAX,
				!mdevctl_given(c->m, MDEVCTL_BIT(STRICT)));
}

int mdevctl_stop(struct mdevctl *m)
{
	_auto_device_ struct vdev_device *dev =
		mdevctl_active(m, m->uuid, NULL);
	_auto_config_ struct vdev_mdev_config *config = NULL;
	struct change c = { .m = m, .uuid = m->uuid, .dev = dev };
	int ret;

	if (!dev)
		return mdevctl_fail(m, "there is no device %s", m->uuid);
	ret = config_new(m, &config);
	if (ret)
		return ret;
	c.parent = vdev_device_parent(dev);
	c.config = config;
	if (vdev_mdev_config_set_type(config, vdev_device_mdev_type(dev)) ||
	    run_change(&c, VDEV_MDEV_ACTION_STOP, stop_change))
		return mdevctl_fail_ctx(m);
	return 0;
}

/* --- The program */

bool mdevctl_is_called(const char *argv0)
{
	static const char *const names[] = { "mdevctl", "lsmdev" };
	size_t length = strlen(argv0);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (length >= strlen(names[i]) &&
		    str_eq(argv0 + length - strlen(names[i]), names[i]))
			return true;
	return false;
}

/* "warn", or "mdevctl=warn"; the last one counts. */
static void take_log_level(struct mdevctl *m)
{
	static const struct {
		const char *name;
		enum vdev_log_level level;
	} levels[] = {
		{ "off", VDEV_LOG_ERROR },    { "error", VDEV_LOG_ERROR },
		{ "warn", VDEV_LOG_WARNING }, { "info", VDEV_LOG_INFO },
		{ "debug", VDEV_LOG_DEBUG },  { "trace", VDEV_LOG_DEBUG },
	};
	const char *env = getenv("MDEVCTL_LOG");
	_auto_free_ char *copy = x_strdup(env ? env : "");
	char *rest = copy, *word;

	m->level = VDEV_LOG_WARNING;
	while ((word = strsep(&rest, ","))) {
		if (str_starts(word, "mdevctl="))
			word += strlen("mdevctl=");
		for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
			if (!strcasecmp(word, levels[i].name)) {
				m->level = levels[i].level;
				m->silent = !i;
			}
	}
}

static int run(struct mdevctl *m)
{
	const char *root = getenv("MDEVCTL_ENV_ROOT");
	int ret;

	if (vdev_ctx_new(&m->ctx))
		return mdevctl_fail(m, "out of memory");
	vdev_ctx_set_log(m->ctx, m->level, print_log, m);
	if (root && *root && !str_eq(root, "/") &&
	    vdev_ctx_set_root(m->ctx, root))
		ret = mdevctl_fail_ctx(m);
	else
		ret = m->verb->run(m);
	vdev_mdev_type_list_free(m->types);
	vdev_ctx_unref(m->ctx);
	return ret;
}

int mdevctl_main(int argc, char **argv)
{
	struct mdevctl m = { .out = stdout };
	int ret;

	signal(SIGPIPE, SIG_IGN);
	ret = mdevctl_parse(&m, argc, argv);
	if (ret == MDEVCTL_GO_ON) {
		take_log_level(&m);
		ret = run(&m);
	}
	if (fflush(stdout) || ferror(stdout))
		return mdevctl_fail(&m, "cannot write to standard output");
	return ret;
}
