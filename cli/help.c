/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Help from the table of commands: as text, and whole as JSON. */

#include <ctype.h>

#include "app.h"
#include "text.h"

#define HELP_WIDTH 80

/* Fills lines with words; the first line already has `used` characters. */
static void wrap(FILE *f, const char *text, size_t indent, size_t used)
{
	while (*text) {
		size_t word = strcspn(text, " ");

		if (used > indent && used + 1 + word > HELP_WIDTH) {
			fprintf(f, "\n%*s", (int)indent, "");
			used = indent;
		} else if (used > indent) {
			fputc(' ', f);
			used++;
		}
		fprintf(f, "%.*s", (int)word, text);
		used += word;
		text += word;
		text += strspn(text, " ");
	}
	fputc('\n', f);
}

/* A term and, beside or below it, what it means. */
static void entry(FILE *f, const char *term, size_t column, const char *meaning)
{
	size_t used = strlen(term) + 2;

	fprintf(f, "  %s", term);
	if (used + 2 > column)
		fprintf(f, "\n%*s", (int)column, "");
	else
		fprintf(f, "%*s", (int)(column - used), "");
	wrap(f, meaning, column, column);
}

static void heading(struct app *app, const char *text)
{
	fputc('\n', app->out.stream);
	output_styled(&app->out, STYLE_BOLD, text);
	fputc('\n', app->out.stream);
}

static void print_options(struct app *app, const struct option *options)
{
	for (; options && options->name; options++) {
		const char *argument = options->argument;
		char letter[] = { '-', options->letter, ',', ' ', '\0' };
		_auto_free_ char *term = x_asprintf(
			"%s--%s%s%s", options->letter ? letter : "    ",
			options->name, argument ? " " : "",
			argument ? argument : "");

		entry(app->out.stream, term, 24, options->help);
	}
}

/* Those that work outside of a session, or those that do not. */
static void print_commands(struct app *app, const char *object,
			   const char *title, unsigned int session)
{
	bool first = true;

	foreach_command(c) {
		_auto_free_ char *name = command_name(c);

		if ((c->flags & COMMAND_SESSION) != session ||
		    (object && !str_eq(c->object, object)))
			continue;
		if (first)
			heading(app, title);
		first = false;
		entry(app->out.stream, name, session ? 20 : 16, c->summary);
	}
}

static void print_overview(struct app *app, const char *object)
{
	FILE *f = app->out.stream;

	fprintf(f, "vdevctl [OPTION...] %s COMMAND [ARGUMENT...]\n\n",
		object ? object : "[OBJECT]");
	wrap(f,
	     "Finds, binds, protects and restores the devices that VFIO and "
	     "iommufd give to virtual machines and user-space drivers.",
	     0, 0);
	print_commands(app, object, "Commands", 0);
	print_commands(app, object,
		       "Commands for the lines of 'vdevctl batch' and "
		       "'vdevctl shell'",
		       COMMAND_SESSION);
	heading(app, "Options");
	print_options(app, global_options);
	fputc('\n', f);
	wrap(f,
	     "'vdevctl help COMMAND' tells more of one command, vdevctl(1) "
	     "all of it.",
	     0, 0);
}

static void print_command(struct app *app, const struct command *command)
{
	_auto_free_ char *synopsis = command_synopsis(command);
	FILE *f = app->out.stream;

	fprintf(f, "%s\n\n", synopsis);
	fprintf(f, "%s.\n\n", command->summary);
	wrap(f, command->description, 0, 0);
	if (command->options) {
		heading(app, "Options");
		print_options(app, command->options);
	}
	heading(app, "Global options");
	print_options(app, global_options);
	heading(app, "Examples");
	for (const struct example *e = command->examples; e->command; e++) {
		fprintf(f, "  %s\n      ", e->command);
		wrap(f, e->what, 6, 6);
	}
}

int help_print(struct app *app, const struct command *command,
	       const char *object)
{
	if (command)
		print_command(app, command);
	else
		print_overview(app, object);
	return 0;
}

/* --- The table as a document */

static json_object *describe_words(const char *const *(*words)(void))
{
	return words ? output_strings(words()) : NULL;
}

static json_object *describe_options(const struct option *options)
{
	json_object *array = json_object_new_array();

	for (; options && options->name; options++) {
		const char letter[] = { options->letter, '\0' };
		json_object *o = json_object_new_object();

		output_add(o, "name", output_string(options->name));
		output_add(o, "letter",
			   output_string(options->letter ? letter : NULL));
		output_add(o, "argument", output_string(options->argument));
		output_add(o, "words", describe_words(options->words));
		output_add(o, "help", output_string(options->help));
		json_object_array_add(array, o);
	}
	return array;
}

static json_object *describe_examples(const struct example *examples)
{
	json_object *array = json_object_new_array();

	for (; examples->command; examples++) {
		json_object *o = json_object_new_object();

		output_add(o, "command", output_string(examples->command));
		output_add(o, "what", output_string(examples->what));
		json_object_array_add(array, o);
	}
	return array;
}

static json_object *describe_command(const struct command *c)
{
	_auto_free_ char *synopsis = command_synopsis(c);
	_auto_free_ char *name = command_name(c);
	json_object *o = json_object_new_object();

	output_add(o, "name", output_string(name));
	output_add(o, "synopsis", output_string(synopsis));
	output_add(o, "summary", output_string(c->summary));
	output_add(o, "description", output_string(c->description));
	output_add(o, "session",
		   json_object_new_boolean(!!(c->flags & COMMAND_SESSION)));
	output_add(o, "words", describe_words(c->words));
	output_add(o, "options", describe_options(c->options));
	output_add(o, "examples", describe_examples(c->examples));
	return o;
}

static void print_table(struct app *app)
{
	_auto_json_ json_object *document = json_object_new_object();
	json_object *array = json_object_new_array();

	foreach_command(c)
		json_object_array_add(array, describe_command(c));
	output_add(document, "version", output_string(vdev_version()));
	output_add(document, "options", describe_options(global_options));
	output_add(document, "commands", array);
	output_document(app->out.stream, document);
}

int help_help(struct app *app)
{
	const struct arguments *args = &app->args;
	const char *first = args->operand_count ? args->operands[0] : NULL;
	const char *second = args->operand_count > 1 ? args->operands[1] : NULL;
	const struct command *command;

	if (app->json && !first) {
		print_table(app);
		return 0;
	}
	command = second ? command_find(first, second)
			 : command_find(NULL, first);
	if (first && !command && (second || !command_is_object(first))) {
		app_fail(app, VDEV_ERROR_INVALID,
			 "there is no command '%s%s%s'", first,
			 second ? " " : "", second ? second : "");
		return app_hint(app, "'vdevctl help' lists the commands");
	}
	if (app->json) {
		_auto_json_ json_object *document = NULL;

		if (!command) {
			app_fail(app, VDEV_ERROR_INVALID,
				 "'%s' is an object with several commands",
				 first);
			return app_hint(app, "name one of them");
		}
		document = describe_command(command);
		output_document(app->out.stream, document);
		return 0;
	}
	return help_print(app, command, command ? NULL : first);
}
