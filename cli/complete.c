/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "complete.h"

#include <dirent.h>
#include <pwd.h>
#include <sys/stat.h>

#include "app.h"
#include "completion.h"
#include "line.h"

/* What is being completed. */
struct task {
	struct app *app;
	struct session *session;
	struct line_text line;
	const struct command *command;
	const char *object;
	const struct option *waiting; /* for its argument */
	size_t operands;	      /* before the last word */
	const char *first_operand;
	const char *part; /* of the last word */
	struct candidates *found;
};

static void offer(struct task *t, const char *word)
{
	struct candidates *c = t->found;

	if (!str_starts(word, t->part))
		return;
	for (size_t i = 0; i < c->count; i++)
		if (str_eq(c->words[i], word))
			return;
	c->words = x_realloc(c->words, c->count + 1, sizeof(*c->words));
	c->words[c->count++] = x_strdup(word);
}

static void offer_words(struct task *t, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		offer(t, words[i]);
}

/* --- What there is of each kind */

static void offer_objects(struct task *t)
{
	struct object *o = NULL;

	while ((o = session_next(t->session, o))) {
		_auto_free_ char *word = x_asprintf("$%s", o->name);

		offer(t, word);
	}
}

static void offer_devices(struct task *t)
{
	struct vdev_device_list *list;
	struct vdev_device *dev;
	size_t i;

	if (vdev_device_list_new(t->app->ctx, NULL, &list) < 0)
		return;
	vdev_device_list_foreach(list, i, dev)
		offer(t, vdev_device_address(dev));
	vdev_device_list_free(list);
}

static void offer_devlink(struct task *t)
{
	struct vdev_devlink_list *list;

	if (vdev_devlink_list_new(t->app->ctx, &list) >= 0) {
		for (size_t i = 0; i < vdev_devlink_list_count(list); i++)
			offer(t, vdev_devlink_list_name(list, i));
		vdev_devlink_list_free(list);
	}
	offer_devices(t);
}

static void offer_filters(struct task *t)
{
	_auto_free_ char *copy = x_strdup(completion_filters());
	char *rest = copy, *word;

	while ((word = strsep(&rest, " ")))
		offer(t, word);
	offer_devices(t);
}

static void offer_groups(struct task *t)
{
	struct vdev_group_list *list;

	if (vdev_group_list_new(t->app->ctx, &list) >= 0) {
		for (size_t i = 0; i < vdev_group_list_count(list); i++) {
			_auto_free_ char *word = x_asprintf(
				"%d", vdev_group_number(
					      vdev_group_list_get(list, i)));

			offer(t, word);
		}
		vdev_group_list_free(list);
	}
	offer_devices(t);
}

static void offer_users(struct task *t)
{
	struct passwd *user;

	setpwent();
	while ((user = getpwent()))
		offer(t, user->pw_name);
	endpwent();
}

static bool is_dir(const char *dir, const char *name)
{
	_auto_free_ char *path = x_asprintf("%s/%s", dir, name);
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

/* Names in a directory, with `before` in front and a '/' behind directories. */
static void offer_names(struct task *t, const char *path, const char *before,
			bool slash)
{
	DIR *dir = opendir(path);
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		_auto_free_ char *word = NULL;

		if (*e->d_name == '.')
			continue;
		word = x_asprintf("%s%s%s", before, e->d_name,
				  slash && is_dir(path, e->d_name) ? "/" : "");
		offer(t, word);
	}
	if (dir)
		closedir(dir);
}

static void offer_files(struct task *t)
{
	const char *slash = strrchr(t->part, '/');
	_auto_free_ char *before = x_asprintf(
		"%.*s", slash ? (int)(slash - t->part + 1) : 0, t->part);

	offer_names(t, slash ? before : ".", before, true);
}

static void offer_drivers(struct task *t)
{
	const char *root = vdev_ctx_root(t->app->ctx);
	_auto_free_ char *path =
		x_asprintf("%s/sys/bus/pci/drivers", root ? root : "");

	offer_names(t, path, "", false);
}

static void offer_first_words(struct task *t)
{
	size_t count;
	_auto_free_ const char **words = command_first_words(true, &count);

	offer_words(t, words, count);
}

static void offer_verbs(struct task *t, const char *object)
{
	size_t count;
	_auto_free_ const char **words = command_verbs(object, true, &count);

	offer_words(t, words, count);
}

static void offer_kind(struct task *t, enum complete kind,
		       const char *const *(*words)(void))
{
	switch (kind) {
	case COMPLETE_NOTHING:
		break;
	case COMPLETE_DEVICES:
		offer_devices(t);
		break;
	case COMPLETE_DEVLINK:
		offer_devlink(t);
		break;
	case COMPLETE_FILTERS:
		offer_filters(t);
		break;
	case COMPLETE_GROUPS:
		offer_groups(t);
		break;
	case COMPLETE_DRIVERS:
		offer_drivers(t);
		break;
	case COMPLETE_USERS:
		offer_users(t);
		break;
	case COMPLETE_FILES:
		offer_files(t);
		break;
	case COMPLETE_COMMANDS:
		if (t->operands)
			offer_verbs(t, t->first_operand);
		else
			offer_first_words(t);
		break;
	case COMPLETE_OBJECTS:
		offer_objects(t);
		break;
	case COMPLETE_WORDS:
		offer_words(t, words(), words_count(words()));
		break;
	}
}

static void offer_options(struct task *t, const struct option *options,
			  const char *dashes)
{
	for (; options && options->name; options++) {
		_auto_free_ char *word =
			x_asprintf("%s%s", dashes, options->name);

		offer(t, word);
	}
}

/* --- Which kind it is */

static const struct option *find_option(const struct task *t, const char *name,
					size_t length)
{
	const struct option *const lists[] = { t->command ? t->command->options
							  : NULL,
					       global_options };

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		for (const struct option *o = lists[i]; o && o->name; o++)
			if (strlen(o->name) == length &&
			    !strncmp(o->name, name, length))
				return o;
	return NULL;
}

/* Whether what comes next is an option without dashes. */
static bool takes_keyword(const struct task *t)
{
	return t->command && t->command->flags & COMMAND_KEYWORDS &&
	       t->operands == t->command->most;
}

static void look_at(struct task *t, const char *word)
{
	const struct option *option;

	if (t->waiting) {
		t->waiting = NULL;
	} else if (str_starts(word, "--")) {
		option = find_option(t, word + 2, strlen(word + 2));
		if (option && option->argument)
			t->waiting = option;
	} else if (*word == '-') {
		return;
	} else if (takes_keyword(t)) {
		option = find_option(t, word, strlen(word));
		if (option && option->argument)
			t->waiting = option;
	} else if (t->command) {
		if (!t->operands++)
			t->first_operand = word;
	} else {
		t->command = command_find(t->object, word);
		if (!t->command)
			t->object = word;
	}
}

/* Of "--name=value" what is behind the '=', of a list what is behind the ','.
 */
static void cut_part(struct task *t)
{
	const char *value = strchr(t->part, '=');
	const char *comma;

	if (!t->waiting && str_starts(t->part, "--") && value) {
		t->waiting = find_option(t, t->part + 2,
					 (size_t)(value - t->part) - 2);
		t->part = value + 1;
	}
	comma = strrchr(t->part, ',');
	if (comma && t->waiting && t->waiting->list)
		t->part = comma + 1;
}

static void offer_all(struct task *t)
{
	if (t->waiting)
		offer_kind(t, t->waiting->complete, t->waiting->words);
	else if (*t->part == '-') {
		offer_options(t, t->command ? t->command->options : NULL, "--");
		offer_options(t, global_options, "--");
	} else if (takes_keyword(t))
		offer_options(t, t->command->options, "");
	else if (t->command)
		offer_kind(t, t->command->complete, t->command->words);
	else if (t->object)
		offer_verbs(t, t->object);
	else
		offer_first_words(t);
}

void complete_line(struct app *app, struct session *session, const char *text,
		   struct candidates *ret)
{
	struct task t = { .app = app, .session = session, .found = ret };
	const char *reference;

	*ret = (struct candidates){ 0 };
	line_parse_typed(text, &t.line);
	for (size_t i = 0; i + 1 < t.line.count; i++)
		look_at(&t, t.line.words[i]);
	t.part = t.line.words[t.line.count - 1];
	ret->quote = t.line.open_quote;
	reference = strrchr(text + t.line.last_start, '$');
	if (reference && ret->quote != '\'' &&
	    (!reference[1] || line_is_name(reference + 1))) {
		t.part = reference;
		offer_objects(&t);
	} else {
		cut_part(&t);
		offer_all(&t);
	}
	ret->typed = strlen(t.part);
	if (ret->count == 1) {
		const char *word = ret->words[0];

		ret->unfinished = *word && strchr("/=", word[strlen(word) - 1]);
	}
	line_clear(&t.line);
}

void candidates_clear(struct candidates *c)
{
	for (size_t i = 0; i < c->count; i++)
		free(c->words[i]);
	free(c->words);
	*c = (struct candidates){ 0 };
}

/* How much all of them have in common. */
static size_t common_length(const struct candidates *c)
{
	size_t length = strlen(c->words[0]);

	for (size_t i = 1; i < c->count; i++) {
		size_t n = 0;

		while (n < length && c->words[i][n] == c->words[0][n])
			n++;
		length = n;
	}
	return length;
}

char *candidates_addition(const struct candidates *c)
{
	size_t length = c->count ? common_length(c) : 0;
	char *text, *end;

	if (!c->count || (c->count > 1 && length <= c->typed))
		return NULL;
	text = end = x_alloc(2 * (length - c->typed) + 3, 1);
	for (size_t i = c->typed; i < length; i++) {
		/* The '$' of an object is not to be quoted. */
		if (!c->quote && strchr(" \t'\"\\;|&<>()`#", c->words[0][i]))
			*end++ = '\\';
		*end++ = c->words[0][i];
	}
	if (c->count == 1 && !c->unfinished) {
		if (c->quote)
			*end++ = c->quote;
		*end++ = ' ';
	}
	return text;
}
