/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"

#include <errno.h>
#include <stdio.h>

#include "app.h"
#include "text.h"

/* --- The table */

char *command_name(const struct command *command)
{
	return x_asprintf("%s%s%s", command->object ? command->object : "",
			  command->object ? " " : "", command->verb);
}

char *command_synopsis(const struct command *command)
{
	_auto_free_ char *name = command_name(command);
	const char *before = command->makes			? "NAME = "
			     : command->flags & COMMAND_SESSION ? ""
								: "vdevctl ";

	return x_asprintf("%s%s%s%s%s", before, name,
			  command->options ? " [OPTION...]" : "",
			  command->operands ? " " : "",
			  command->operands ? command->operands : "");
}

const struct command *command_find(const char *object, const char *verb)
{
	foreach_command(c)
		if (str_eq(c->object, object) && str_eq(c->verb, verb))
			return c;
	return NULL;
}

bool command_is_object(const char *word)
{
	foreach_object(o)
		if (str_eq(o->name, word))
			return true;
	return false;
}

bool object_is_plain(const struct object_commands *object)
{
	for (const struct command *c = object->commands; c->verb; c++)
		if (!(c->flags & COMMAND_SESSION))
			return true;
	return false;
}

static size_t count_commands(void)
{
	size_t count = 0;

	foreach_command(c)
		count++;
	return count;
}

static bool is_offered(const struct command *command, bool session)
{
	return session || !(command->flags & COMMAND_SESSION);
}

static bool is_among(const char *word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq(words[i], word))
			return true;
	return false;
}

const char **command_first_words(bool session, size_t *count)
{
	const char **words = x_alloc(2 * count_commands(), sizeof(*words));

	*count = 0;
	foreach_command(c)
		if (!c->object && is_offered(c, session))
			words[(*count)++] = c->verb;
	foreach_command(c)
		if (c->object && is_offered(c, session) &&
		    !is_among(c->object, words, *count))
			words[(*count)++] = c->object;
	return words;
}

const char **command_verbs(const char *object, bool session, size_t *count)
{
	const char **words = x_alloc(count_commands(), sizeof(*words));

	*count = 0;
	foreach_command(c)
		if (str_eq(c->object, object) && is_offered(c, session))
			words[(*count)++] = c->verb;
	return words;
}

/* --- Usage errors */

static int suggest(struct app *app, const char *word, const char *const *words,
		   size_t count)
{
	const char *nearest = text_nearest(word, words, count);

	return nearest ? app_hint(app, "did you mean '%s'?", nearest) : -1;
}

static int see_help(struct app *app)
{
	const struct arguments *args = &app->args;
	_auto_free_ char *name =
		args->command ? command_name(args->command) : NULL;

	return app_hint(app, "'vdevctl help%s%s' tells more",
			name || args->object ? " " : "",
			name	       ? name
			: args->object ? args->object
				       : "");
}

static int unknown_command(struct app *app, const char *word)
{
	const char *object = app->args.object;
	_auto_free_ const char **words = NULL;
	size_t count;

	if (object) {
		words = command_verbs(object, true, &count);
		app_fail(app, VDEV_ERROR_INVALID, "%s has no command '%s'",
			 object, word);
	} else {
		words = command_first_words(app->session, &count);
		app_fail(app, VDEV_ERROR_INVALID, "there is no command '%s'",
			 word);
	}
	suggest(app, word, words, count);
	return see_help(app);
}

static size_t option_names(const struct option *options, const char **names)
{
	size_t count = 0;

	for (; options && options->name; options++)
		names[count++] = options->name;
	return count;
}

static int unknown_option(struct app *app, const char *name, size_t length)
{
	const struct command *command = app->args.command;
	_auto_free_ char *word = x_asprintf("%.*s", (int)length, name);
	const char *names[64], *nearest;
	size_t count = option_names(global_options, names);

	if (command)
		count += option_names(command->options, names + count);
	nearest = text_nearest(word, names, count);
	app_fail(app, VDEV_ERROR_INVALID, "there is no option --%s%s", word,
		 command || app->args.object ? " here"
					     : " in front of the command");
	if (nearest)
		app_hint(app, "did you mean --%s?", nearest);
	return see_help(app);
}

/* --- Parsing */

static const struct option *find_name(const struct option *options,
				      const char *name, size_t length)
{
	for (; options && options->name; options++)
		if (strlen(options->name) == length &&
		    !strncmp(options->name, name, length))
			return options;
	return NULL;
}

static const struct option *find_letter(const struct option *options,
					char letter)
{
	for (; options && options->name; options++)
		if (options->letter && options->letter == letter)
			return options;
	return NULL;
}

static void give(struct app *app, const struct option *option,
		 const char *value)
{
	struct arguments *args = &app->args;

	args->given = x_realloc(args->given, args->given_count + 1,
				sizeof(*args->given));
	args->given[args->given_count++] = (struct given){ option, value };
}

/* Where the parser stands. */
struct cursor {
	int argc;
	char **argv;
	int at;
};

/* "name", "name=value" or "name value". */
static int parse_option(struct app *app, struct cursor *c, const char *name)
{
	const struct command *command = app->args.command;
	const char *value = strchr(name, '=');
	size_t length = value ? (size_t)(value++ - name) : strlen(name);
	const struct option *option = NULL;

	if (command)
		option = find_name(command->options, name, length);
	if (!option)
		option = find_name(global_options, name, length);
	if (!option)
		return unknown_option(app, name, length);
	if (!option->argument && value) {
		app_fail(app, VDEV_ERROR_INVALID,
			 "the option --%s takes no argument", option->name);
		return see_help(app);
	}
	if (option->argument && !value) {
		value = c->at + 1 < c->argc ? c->argv[++c->at] : NULL;
		if (!value) {
			app_fail(app, VDEV_ERROR_INVALID,
				 "the option --%s needs an argument: %s",
				 option->name, option->argument);
			return see_help(app);
		}
	}
	give(app, option, value);
	return 0;
}

/* "-jn" */
static int parse_letters(struct app *app, const struct cursor *c)
{
	const struct command *command = app->args.command;

	for (const char *s = c->argv[c->at] + 1; *s; s++) {
		const struct option *option = NULL;

		if (command)
			option = find_letter(command->options, *s);
		if (!option)
			option = find_letter(global_options, *s);
		if (!option) {
			app_fail(app, VDEV_ERROR_INVALID,
				 "there is no option -%c", *s);
			return see_help(app);
		}
		give(app, option, NULL);
	}
	return 0;
}

/* An option of the command without its dashes. */
static int parse_keyword(struct app *app, struct cursor *c)
{
	const char *word = c->argv[c->at];
	size_t length = strcspn(word, "=");

	return find_name(app->args.command->options, word, length)
		       ? parse_option(app, c, word)
		       : unknown_option(app, word, length);
}

static int parse_word(struct app *app, struct cursor *c)
{
	struct arguments *args = &app->args;
	const char *word = c->argv[c->at];

	if (args->command && args->command->flags & COMMAND_KEYWORDS &&
	    args->operand_count == args->command->most)
		return parse_keyword(app, c);
	if (args->command) {
		args->operands[args->operand_count++] = word;
		return 0;
	}
	args->command = command_find(args->object, word);
	if (args->command)
		return 0;
	if (args->object || !command_is_object(word))
		return unknown_command(app, word);
	args->object = word;
	return 0;
}

/*
 * The options that say how to report come into force with the first mistake,
 * wherever they stand.
 */
static void find_json(struct app *app, int argc, char **argv)
{
	for (int i = 1; i < argc && !str_eq(argv[i], "--"); i++) {
		bool letters = *argv[i] == '-' && argv[i][1] != '-';

		if (str_eq(argv[i], "--json") ||
		    (letters && strchr(argv[i], 'j')))
			app->json = true;
	}
}

static int take_global(struct app *app)
{
	const struct app *outer = app->outer;
	int color = option_word(app, "color");

	/* What is asked of a session is asked of each of its lines. */
	app->json = option_given(app, "json") || (outer && outer->json);
	app->dry_run =
		option_given(app, "dry-run") || (outer && outer->dry_run);
	app->quiet = option_given(app, "quiet") || (outer && outer->quiet);
	app->verbose = outer ? outer->verbose : 0;
	for (size_t at = 0; at < app->args.given_count; at++)
		app->verbose +=
			str_eq(app->args.given[at].option->name, "verbose");
	if (color < -1)
		return -1;
	if (color >= 0 || !outer)
		output_set_color(&app->out,
				 color < 0 ? COLOR_AUTO : (enum color)color);
	else
		app->out.color = outer->out.color;
	return 0;
}

static int check_operands(struct app *app)
{
	const struct arguments *args = &app->args;
	const struct command *command = args->command;

	if (args->operand_count < command->fewest) {
		app_fail(app, VDEV_ERROR_INVALID, "missing argument: %s",
			 command->operands);
		return see_help(app);
	}
	if (command->flags & COMMAND_PROGRAM && !args->program_count) {
		app_fail(app, VDEV_ERROR_INVALID,
			 "missing argument: -- COMMAND");
		return see_help(app);
	}
	if (args->operand_count > command->most) {
		app_fail(app, VDEV_ERROR_INVALID, "one argument too many: %s",
			 args->operands[command->most]);
		return see_help(app);
	}
	return 0;
}

static int check_command(struct app *app)
{
	const struct arguments *args = &app->args;
	_auto_free_ char *verbs = NULL;
	_auto_free_ const char **words = NULL;
	size_t count;

	/* Both are answered without the rest. */
	if (option_given(app, "help") || option_given(app, "version"))
		return 0;
	/* Where it does not work at all, that is the first thing to say. */
	if (args->command && args->command->flags & COMMAND_SESSION &&
	    !app->session)
		return 0;
	if (args->command)
		return check_operands(app);
	if (args->object) {
		words = command_verbs(args->object, true, &count);
		verbs = x_join(words, count, ", ");
		app_fail(app, VDEV_ERROR_INVALID, "%s needs a command: %s",
			 args->object, verbs);
	} else {
		app_fail(app, VDEV_ERROR_INVALID, "missing command");
	}
	return see_help(app);
}

int command_parse(struct app *app, int argc, char **argv)
{
	struct arguments *args = &app->args;
	struct cursor c = { argc, argv, 1 };
	int ret = 0;

	find_json(app, argc, argv);
	args->operands = x_alloc((size_t)argc + 1, sizeof(*args->operands));
	for (; c.at < argc && !ret; c.at++) {
		const char *word = argv[c.at];

		if (str_eq(word, "--") && args->command &&
		    args->command->flags & COMMAND_PROGRAM) {
			args->program = argv + c.at + 1;
			args->program_count = (size_t)(argc - c.at - 1);
			break;
		}
		if (str_eq(word, "--")) {
			while (++c.at < argc && !ret)
				ret = parse_word(app, &c);
			break;
		}
		if (str_starts(word, "--"))
			ret = parse_option(app, &c, word + 2);
		else if (*word == '-' && word[1])
			ret = parse_letters(app, &c);
		else
			ret = parse_word(app, &c);
	}
	if (!ret)
		ret = take_global(app);
	return ret ? ret : check_command(app);
}

void arguments_clear(struct arguments *args)
{
	free(args->given);
	free(args->operands);
	*args = (struct arguments){ 0 };
}

/* --- What was given */

const char *option_next(const struct app *app, const char *name, size_t *at)
{
	while (*at < app->args.given_count) {
		const struct given *given = &app->args.given[(*at)++];

		if (str_eq(given->option->name, name))
			return given->value;
	}
	return NULL;
}

static const struct given *last_given(const struct app *app, const char *name)
{
	const struct given *last = NULL;

	for (size_t i = 0; i < app->args.given_count; i++)
		if (str_eq(app->args.given[i].option->name, name))
			last = &app->args.given[i];
	return last;
}

bool option_given(const struct app *app, const char *name)
{
	return last_given(app, name);
}

int option_check_header(struct app *app)
{
	if (!app->json || !option_given(app, "no-header"))
		return 0;
	return app_fail(app, VDEV_ERROR_INVALID,
			"--no-header shapes text, not JSON");
}

const char *option_value(const struct app *app, const char *name)
{
	const struct given *given = last_given(app, name);

	return given ? given->value : NULL;
}

int option_number(struct app *app, const char *name, unsigned int least,
		  unsigned int most, unsigned int *ret)
{
	const char *value = option_value(app, name);
	unsigned long number;
	char *end;

	errno = 0;
	number = strtoul(value, &end, 10);
	if (*value < '0' || *value > '9' || *end || errno || number < least ||
	    number > most)
		return app_fail(app, VDEV_ERROR_INVALID,
				"--%s takes a number from %u to %u, not '%s'",
				name, least, most, value);
	*ret = (unsigned int)number;
	return 0;
}

int option_word(struct app *app, const char *name)
{
	const struct given *given = last_given(app, name);
	_auto_free_ char *all = NULL;
	const char *const *words;
	size_t count;

	if (!given)
		return -1;
	words = given->option->words();
	count = words_count(words);
	for (size_t i = 0; i < count; i++)
		if (str_eq(words[i], given->value))
			return (int)i;
	all = x_join(words, count, ", ");
	app_fail(app, VDEV_ERROR_INVALID, "--%s takes one of %s, not '%s'",
		 name, all, given->value);
	suggest(app, given->value, words, count);
	return -2;
}
