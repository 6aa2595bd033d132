/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session.h"

#include <inttypes.h>

#include "app.h"
#include "text.h"

struct link {
	struct object *user;
	struct object *used;
	enum use use;
	uint64_t first;
	uint64_t last;
};

struct session {
	struct object *objects; /* the newest first */
	struct link *links;
	size_t link_count;
	unsigned int line;
	const char *name;
	bool ended;
};

struct session *session_new(void)
{
	return x_alloc(1, sizeof(struct session));
}

void session_start_line(struct session *s, unsigned int line, const char *name)
{
	s->line = line;
	s->name = name;
}

const char *session_name(const struct session *s)
{
	return s->name;
}

bool session_ended(const struct session *s)
{
	return s->ended;
}

/* --- Uses */

static bool within(const struct link *l, uint64_t first, uint64_t last)
{
	return l->first >= first && l->last <= last;
}

static void remove_link(struct session *s, size_t i)
{
	memmove(&s->links[i], &s->links[i + 1],
		(--s->link_count - i) * sizeof(*s->links));
}

void session_use(struct session *s, struct object *user, struct object *used,
		 enum use use, uint64_t first, uint64_t last)
{
	s->links = x_realloc(s->links, s->link_count + 1, sizeof(*s->links));
	s->links[s->link_count++] =
		(struct link){ user, used, use, first, last };
}

void session_unuse(struct session *s, const struct object *user, enum use use,
		   uint64_t first, uint64_t last)
{
	for (size_t i = s->link_count; i-- > 0;) {
		const struct link *l = &s->links[i];

		if (l->user == user && (use == USE_ANY || l->use == use) &&
		    within(l, first, last))
			remove_link(s, i);
	}
}

struct object *session_used(const struct session *s, const struct object *user,
			    enum use use, uint64_t *from, uint64_t *last)
{
	const struct link *best = NULL;

	for (size_t i = 0; i < s->link_count; i++) {
		const struct link *l = &s->links[i];

		if (l->user == user && l->use == use && l->first >= *from &&
		    (!best || l->first < best->first))
			best = l;
	}
	if (!best)
		return NULL;
	*from = best->first;
	if (last)
		*last = best->last;
	return best->used;
}

static const struct link *find_user(const struct session *s,
				    const struct object *used)
{
	for (size_t i = 0; i < s->link_count; i++)
		if (s->links[i].used == used)
			return &s->links[i];
	return NULL;
}

/* --- Objects */

struct object *session_find(const struct session *s, const char *name)
{
	for (struct object *o = s->objects; o; o = o->next)
		if (str_eq(o->name, name))
			return o;
	return NULL;
}

bool session_is_reference(const char *word)
{
	return *word == '$';
}

static int unknown_object(struct app *app, const char *name)
{
	const struct session *s = app->session;
	_auto_free_ const char **names = NULL;
	const char *nearest;
	size_t count = 0;

	for (struct object *o = s->objects; o; o = o->next)
		count++;
	names = x_alloc(count, sizeof(*names));
	count = 0;
	for (struct object *o = s->objects; o; o = o->next)
		names[count++] = o->name;
	nearest = text_nearest(name, names, count);
	app_fail(app, VDEV_ERROR_NOT_FOUND, "there is no object $%s", name);
	if (nearest)
		return app_hint(app, "did you mean $%s?", nearest);
	return app_hint(app, "'objects' lists those there are");
}

struct object *session_get(struct app *app, const char *word,
			   const struct object_type *type)
{
	struct object *object;

	if (!session_is_reference(word)) {
		app_fail(app, VDEV_ERROR_INVALID,
			 "'%s' is no object; those of this session are named "
			 "with a '$' in front",
			 word);
		return NULL;
	}
	object = session_find(app->session, word + 1);
	if (!object) {
		unknown_object(app, word + 1);
		return NULL;
	}
	if (type && object->type != type) {
		app_fail(app, VDEV_ERROR_INVALID, "%s is %s, and not %s", word,
			 object->type->what, type->what);
		return NULL;
	}
	return object;
}

struct object *session_only(const struct session *s,
			    const struct object_type *type, size_t *count)
{
	struct object *found = NULL;

	*count = 0;
	for (struct object *o = s->objects; o; o = o->next)
		if (o->type == type) {
			found = o;
			(*count)++;
		}
	return *count == 1 ? found : NULL;
}

struct object *session_add_as(struct app *app, const char *name,
			      const struct object_type *type, void *data)
{
	struct session *s = app->session;
	struct object *object = x_alloc(1, sizeof(*object));

	object->type = type;
	object->name = x_strdup(name);
	object->data = data;
	object->line = s->line;
	object->next = s->objects;
	s->objects = object;
	return object;
}

struct object *session_add(struct app *app, const struct object_type *type,
			   void *data)
{
	return session_add_as(app, app->session->name, type, data);
}

struct object *session_add_part(struct app *app, const struct object_type *type,
				void *data, struct object *of)
{
	struct object *object = session_add(app, type, data);

	session_use(app->session, object, of, USE_PART, 0, 0);
	return object;
}

struct object *session_next(const struct session *s,
			    const struct object *object)
{
	return object ? object->next : s->objects;
}

static void release(struct session *s, struct object *object)
{
	struct object **at = &s->objects;

	while (*at != object)
		at = &(*at)->next;
	*at = object->next;
	if (object->data)
		object->type->release(object->data);
	session_unuse(s, object, USE_ANY, 0, UINT64_MAX);
	free(object->name);
	free(object);
}

/* "$nic is attached to it" */
static char *describe_user(const struct link *l)
{
	switch (l->use) {
	case USE_ATTACHED:
		return x_asprintf("$%s is attached to it", l->user->name);
	case USE_PASID:
		return x_asprintf("PASID %" PRIu64 " of $%s is attached to it",
				  l->first, l->user->name);
	case USE_MAPPED:
		return x_asprintf("$%s has it mapped at 0x%" PRIx64,
				  l->user->name, l->first);
	default:
		return x_asprintf("$%s is made of it", l->user->name);
	}
}

int session_drop(struct app *app, struct object *object)
{
	const struct link *l = find_user(app->session, object);
	_auto_free_ char *user = NULL;

	if (!l) {
		release(app->session, object);
		return 0;
	}
	user = describe_user(l);
	app_fail(app, VDEV_ERROR_IN_USE, "$%s cannot be dropped: %s",
		 object->name, user);
	if (l->use == USE_PART)
		return app_hint(app, "drop $%s first", l->user->name);
	return app_hint(app, "%s it, or drop $%s, first",
			l->use == USE_MAPPED ? "unmap" : "detach",
			l->user->name);
}

void session_free(struct session *s)
{
	if (!s)
		return;
	while (s->objects) {
		struct object *o = s->objects;

		/* A user is never used by what it uses. */
		while (find_user(s, o))
			o = o->next;
		release(s, o);
	}
	free(s->links);
	free(s);
}

/* --- As a document */

static json_object *describe_use(const struct link *l)
{
	static const char *const names[] = {
		[USE_PART] = "part",
		[USE_ATTACHED] = "attached",
		[USE_PASID] = "pasid",
		[USE_MAPPED] = "mapped",
	};
	json_object *o = json_object_new_object();
	bool mapped = l->use == USE_MAPPED;

	output_add(o, "name", output_string(l->used->name));
	output_add(o, "how", output_string(names[l->use]));
	output_add(o, "pasid",
		   l->use == USE_PASID ? output_count((int64_t)l->first)
				       : NULL);
	output_add(o, "first", mapped ? output_hex(l->first, 1) : NULL);
	output_add(o, "last", mapped ? output_hex(l->last, 1) : NULL);
	return o;
}

json_object *session_describe(const struct session *s,
			      const struct object *object)
{
	const struct object_type *type = object->type;
	json_object *o = json_object_new_object();
	json_object *uses = json_object_new_array();
	_auto_free_ char *detail = object->data && type->detail
					   ? type->detail(object->data)
					   : NULL;

	for (size_t i = 0; i < s->link_count; i++)
		if (s->links[i].user == object)
			json_object_array_add(uses, describe_use(&s->links[i]));
	output_add(o, "name", output_string(object->name));
	output_add(o, "type", output_string(type->name));
	output_add(o, "line", json_object_new_int64(object->line));
	output_add(o, "id",
		   object->data && type->id ? type->id(object->data) : NULL);
	output_add(o, "detail", output_string(detail));
	output_add(o, "uses", uses);
	return o;
}

void session_print(struct app *app, struct object *object)
{
	_auto_json_ json_object *document =
		session_describe(app->session, object);
	_auto_free_ char *text = NULL;

	if (app->json) {
		output_document(app->out.stream, document);
		return;
	}
	if (app->quiet)
		return;
	text = output_expand("{name}: {type}[ {id}][, {detail}]", document);
	fprintf(app->out.stream, "%s\n", text);
}

/* --- objects, drop */

static const struct column columns[] = {
	{ "NAME", NULL, false }, { "TYPE", NULL, false },
	{ "ID", NULL, true },	 { "LINE", NULL, true },
	{ "USES", NULL, false }, { "DETAIL", NULL, false },
};

static void print_table(struct app *app, json_object *array)
{
	struct table *table = table_new(columns, ARRAY_SIZE(columns));

	for (size_t i = 0; i < json_object_array_length(array); i++) {
		json_object *o = json_object_array_get_idx(array, i);
		json_object *uses = json_object_object_get(o, "uses");
		_auto_free_ char *text = output_expand_all(
			"{name}[ as PASID {pasid}][ at {first}]", uses);
		static const char *const keys[] = { "name", "type", "id",
						    "line" };

		table_add_keys(table, o, keys, ARRAY_SIZE(keys));
		table_add(table, json_object_array_length(uses)
					 ? output_string(text)
					 : NULL);
		table_add(table,
			  json_object_get(json_object_object_get(o, "detail")));
	}
	table_print(table, &app->out, true);
	table_free(table);
}

int session_objects(struct app *app)
{
	_auto_json_ json_object *array = json_object_new_array();
	size_t count = 0;

	for (struct object *o = app->session->objects; o; o = o->next)
		count++;
	/* From the oldest to the newest. */
	for (struct object *o = app->session->objects; o; o = o->next)
		json_object_array_put_idx(array, --count,
					  session_describe(app->session, o));
	if (app->json)
		output_document(app->out.stream, array);
	else if (json_object_array_length(array))
		print_table(app, array);
	else
		app_warn(app, "no objects are open");
	return 0;
}

int session_drop_command(struct app *app)
{
	const struct arguments *args = &app->args;
	_auto_json_ json_object *names = json_object_new_array();

	for (size_t i = 0; i < args->operand_count; i++)
		if (!session_get(app, args->operands[i], NULL))
			return -1;
	for (size_t i = 0; i < args->operand_count; i++) {
		struct object *o = session_get(app, args->operands[i], NULL);

		/* Gone already if it is named twice. */
		if (!o || session_drop(app, o))
			return -1;
		json_object_array_add(names,
				      output_string(args->operands[i] + 1));
	}
	if (app->json)
		output_document(app->out.stream, names);
	return 0;
}

int session_exit(struct app *app)
{
	app->session->ended = true;
	return 0;
}
