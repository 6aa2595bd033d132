/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What mdevctl prints of devices and types. Its JSON is written here, byte for
 * byte as it writes it, and not by json-c, whose layout differs.
 */

#include "mdev.h"
#include "mdevctl.h"

/* --- JSON */

static void put_string(FILE *f, const char *s)
{
	static const char plain[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";

	fputc('"', f);
	for (; *s; s++) {
		const char *special = strchr(plain, *s);

		if (special)
			fprintf(f, "\\%c", letters[special - plain]);
		else if ((unsigned char)*s < 0x20)
			fprintf(f, "\\u%04x", (unsigned int)*s);
		else
			fputc(*s, f);
	}
	fputc('"', f);
}

/* The text, with its lines moved in. A line break is nowhere else in JSON. */
static void put_indented(FILE *f, const char *text, int spaces)
{
	for (; *text; text++) {
		fputc(*text, f);
		if (*text == '\n')
			fprintf(f, "%*s", spaces, "");
	}
}

/* What is under one parent after another: where a list of it stands. */
struct tree {
	FILE *f;
	const char *parent; /* NULL before the first */
};

/* Begins an item, and the list it is in, which ends the one before it. */
static void tree_item(struct tree *t, const char *parent, const char *name)
{
	if (!t->parent)
		fputs("[\n  {\n", t->f);
	if (str_eq(t->parent, parent)) {
		fputs(",\n", t->f);
	} else {
		if (t->parent)
			fputs("\n    ],\n", t->f);
		fputs("    ", t->f);
		put_string(t->f, parent);
		fputs(": [\n", t->f);
	}
	t->parent = parent;
	fputs("      {\n        ", t->f);
	put_string(t->f, name);
	fputs(": ", t->f);
}

static void tree_item_end(const struct tree *t)
{
	fputs("\n      }", t->f);
}

static void tree_end(const struct tree *t)
{
	fputs(t->parent ? "\n    ]\n  }\n]" : "[]", t->f);
}

/* --- Devices */

struct device {
	const char *parent; /* of `def` or `dev` */
	const char *uuid;
	struct vdev_mdev_config *config;
	bool other; /* it is also there, or also defined */
	struct vdev_device *dev;
	struct vdev_mdev_config *own; /* `config`, if it is to be freed */
};

struct devices {
	struct device *items;
	size_t count;
	struct vdev_mdev_definition_list *definitions;
};

static void devices_clear(struct devices *all)
{
	for (size_t i = 0; i < all->count; i++) {
		vdev_device_unref(all->items[i].dev);
		vdev_mdev_config_free(all->items[i].own);
	}
	free(all->items);
	vdev_mdev_definition_list_free(all->definitions);
}

static void add(struct devices *all, struct device device)
{
	all->items = x_realloc(all->items, all->count + 1, sizeof(*all->items));
	all->items[all->count++] = device;
}

static bool is_wanted(const struct mdevctl *m, const char *parent,
		      const char *uuid)
{
	const char *only = m->values[MDEVCTL_PARENT];

	return (!only || str_eq(only, parent)) &&
	       (!mdevctl_given(m, MDEVCTL_BIT(UUID)) || str_eq(m->uuid, uuid));
}

/* One that cannot be read hides no other. */
static int add_defined(struct mdevctl *m, struct devices *all)
{
	struct vdev_mdev_definition *def;
	int ret = 0;
	size_t i;

	vdev_mdev_definition_list_foreach(all->definitions, i, def)
	{
		const char *parent = vdev_mdev_definition_parent(def);
		const char *uuid = vdev_mdev_definition_uuid(def);
		struct vdev_mdev_config *config =
			vdev_mdev_definition_config(def);
		const char *problem = vdev_mdev_definition_problem(def);
		struct vdev_device *dev;

		if (!is_wanted(m, parent, uuid))
			continue;
		if (problem && mdevctl_given(m, MDEVCTL_BIT(STRICT)))
			ret = mdevctl_fail(m, "%s for %s: %s", uuid, parent,
					   problem);
		else if (problem)
			mdevctl_warn(m, "%s for %s: %s", uuid, parent, problem);
		if (problem)
			continue;
		dev = mdevctl_active(m, uuid, parent);
		add(all, (struct device){
				 parent, uuid, config,
				 dev && str_eq(vdev_device_mdev_type(dev),
					       vdev_mdev_config_type(config)),
				 dev, NULL });
	}
	return ret;
}

static const struct vdev_mdev_definition *
definition_of(const struct devices *all, const char *parent, const char *uuid)
{
	struct vdev_mdev_definition *def;
	size_t i;

	vdev_mdev_definition_list_foreach(all->definitions, i, def)
	{
		if (str_eq(vdev_mdev_definition_parent(def), parent) &&
		    str_eq(vdev_mdev_definition_uuid(def), uuid))
			return def;
	}
	return NULL;
}

/* What the kernel knows of one, and what a script can tell. */
static struct vdev_mdev_config *
config_of(struct mdevctl *m, struct vdev_device *dev, bool autostart)
{
	struct vdev_mdev_scripts *scripts;
	struct vdev_mdev_config *config;

	if (vdev_mdev_config_new(m->ctx, &config))
		return NULL;
	if (vdev_mdev_config_set_type(config, vdev_device_mdev_type(dev))) {
		vdev_mdev_config_free(config);
		return NULL;
	}
	vdev_mdev_config_set_autostart(config, autostart);
	if (vdev_mdev_scripts_new(m->ctx, vdev_device_parent(dev),
				  vdev_device_address(dev), config, &scripts))
		return config;
	/* Without them it is shown all the same. */
	if (vdev_mdev_scripts_attrs(scripts, config) &&
	    m->level >= VDEV_LOG_INFO)
		mdevctl_warn(m, "%s", vdev_ctx_last_error(m->ctx));
	vdev_mdev_scripts_free(scripts);
	return config;
}

static int add_active_one(struct mdevctl *m, struct devices *all,
			  struct vdev_device *dev)
{
	const char *uuid = vdev_device_address(dev);
	const struct vdev_mdev_definition *def;
	struct vdev_mdev_config *config;
	const char *parent;
	bool autostart;

	/* Some are on their way in or out. */
	dev = mdevctl_active(m, uuid, NULL);
	if (!dev)
		return 0;
	parent = vdev_device_parent(dev);
	uuid = vdev_device_address(dev);
	if (!is_wanted(m, parent, uuid)) {
		vdev_device_unref(dev);
		return 0;
	}
	def = definition_of(all, parent, uuid);
	autostart =
		def && !vdev_mdev_definition_problem(def) &&
		vdev_mdev_config_autostart(vdev_mdev_definition_config(def));
	config = config_of(m, dev, autostart);
	if (!config) {
		vdev_device_unref(dev);
		return mdevctl_fail_ctx(m);
	}
	add(all, (struct device){ parent, uuid, config, def, dev, config });
	return 0;
}

static int add_active(struct mdevctl *m, struct devices *all)
{
	struct vdev_device_list *list;
	struct vdev_device *dev;
	int ret = 0;
	size_t i;

	if (vdev_mdev_list_new(m->ctx, &list) < 0)
		return mdevctl_fail_ctx(m);
	vdev_device_list_foreach(list, i, dev)
		ret |= add_active_one(m, all, dev);
	vdev_device_list_free(list);
	return ret;
}

static int compare(const void *a, const void *b)
{
	const struct device *x = a, *y = b;
	int ret = strcmp(x->parent, y->parent);

	return ret ? ret : strcmp(x->uuid, y->uuid);
}

static void print_text(const struct mdevctl *m, const struct device *d)
{
	bool defined = mdevctl_given(m, MDEVCTL_BIT(DEFINED));
	size_t count = vdev_mdev_config_attr_count(d->config);

	fprintf(m->out, "%s %s %s %s%s\n", d->uuid, d->parent,
		vdev_mdev_config_type(d->config),
		vdev_mdev_config_autostart(d->config) ? "auto" : "manual",
		!d->other ? ""
		: defined ? " (active)"
			  : " (defined)");
	if (!mdevctl_given(m, MDEVCTL_BIT(VERBOSE)) || !count)
		return;
	fputs("  Attrs:\n", m->out);
	for (size_t i = 0; i < count; i++)
		fprintf(m->out, "    @{%zu}: {\"%s\":\"%s\"}\n", i,
			vdev_mdev_config_attr_name(d->config, i),
			vdev_mdev_config_attr_value(d->config, i));
}

static int print_json(const struct mdevctl *m, const struct devices *all)
{
	struct tree tree = { m->out, NULL };
	bool one = mdevctl_given(m, MDEVCTL_BIT(UUID)) && all->count == 1;

	for (size_t i = 0; i < all->count; i++) {
		const struct device *d = &all->items[i];
		_auto_free_ char *text = NULL;

		if (vdev_mdev_config_format(d->config, true, &text))
			return mdevctl_fail_ctx(m);
		if (one) {
			fputs(text, m->out);
			return 0;
		}
		tree_item(&tree, d->parent, d->uuid);
		put_indented(m->out, text, 8);
		tree_item_end(&tree);
	}
	tree_end(&tree);
	return 0;
}

int mdevctl_list(struct mdevctl *m)
{
	struct devices all = { 0 };
	int ret = 0;

	if (vdev_mdev_definition_list_new(m->ctx, &all.definitions) < 0)
		return mdevctl_fail_ctx(m);
	ret = mdevctl_given(m, MDEVCTL_BIT(DEFINED)) ? add_defined(m, &all)
						     : add_active(m, &all);
	if (all.count)
		qsort(all.items, all.count, sizeof(*all.items), compare);
	if (!ret && mdevctl_given(m, MDEVCTL_BIT(DUMPJSON)))
		ret = print_json(m, &all);
	else
		for (size_t i = 0; i < all.count; i++)
			print_text(m, &all.items[i]);
	devices_clear(&all);
	return ret;
}

/* --- Types */

/* In one line. */
static char *description_of(const struct vdev_mdev_type *type)
{
	const char *s = vdev_mdev_type_description(type);
	char *copy = x_alloc(2 * strlen(s ? s : "") + 1, 1), *to = copy;

	for (; s && *s; s++) {
		if (*s == '\n')
			*to++ = ',';
		*to++ = *s == '\n' ? ' ' : *s;
	}
	*to = '\0';
	return copy;
}

static int available(const struct vdev_mdev_type *type)
{
	int count = vdev_mdev_type_available(type);

	return count < 0 ? 0 : count;
}

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

static void put_type_json(FILE *f, const struct vdev_mdev_type *type)
{
	const char *name = or_empty(vdev_mdev_type_name(type));
	_auto_free_ char *description = description_of(type);

	fprintf(f, "{\n          \"available_instances\": %d", available(type));
	fputs(",\n          \"device_api\": ", f);
	put_string(f, or_empty(vdev_mdev_type_device_api(type)));
	if (*name) {
		fputs(",\n          \"name\": ", f);
		put_string(f, name);
	}
	if (*description) {
		fputs(",\n          \"description\": ", f);
		put_string(f, description);
	}
	fputs("\n        }", f);
}

static void put_type_text(FILE *f, const struct vdev_mdev_type *type)
{
	const char *name = or_empty(vdev_mdev_type_name(type));
	_auto_free_ char *description = description_of(type);

	fprintf(f,
		"  %s\n"
		"    Available instances: %d\n"
		"    Device API: %s\n",
		vdev_mdev_type_id(type), available(type),
		or_empty(vdev_mdev_type_device_api(type)));
	if (*name)
		fprintf(f, "    Name: %s\n", name);
	if (*description)
		fprintf(f, "    Description: %s\n", description);
}

int mdevctl_types(struct mdevctl *m)
{
	bool json = mdevctl_given(m, MDEVCTL_BIT(DUMPJSON));
	const char *only = m->values[MDEVCTL_PARENT];
	struct tree tree = { m->out, NULL };
	struct vdev_mdev_type_list *list;
	const struct vdev_mdev_type *type;
	const char *last = NULL;
	size_t i;

	if (vdev_mdev_type_list_new(m->ctx, NULL, &list) < 0)
		return mdevctl_fail_ctx(m);
	vdev_mdev_type_list_foreach(list, i, type)
	{
		const char *parent = vdev_mdev_type_parent(type);

		if (only && !str_eq(only, parent))
			continue;
		if (json) {
			tree_item(&tree, parent, vdev_mdev_type_id(type));
			put_type_json(m->out, type);
			tree_item_end(&tree);
			continue;
		}
		if (!str_eq(last, parent))
			fprintf(m->out, "%s\n", parent);
		put_type_text(m->out, type);
		last = parent;
	}
	if (json)
		tree_end(&tree);
	vdev_mdev_type_list_free(list);
	return 0;
}
