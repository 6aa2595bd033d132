/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_COMMAND_H
#define VDEVCTL_COMMAND_H

#include "common.h"

/*
 * The commands with their options: one constant table (commands/), from which
 * parsing, usage errors, help and completion come, and against which the man
 * page is tested.
 */

struct app;
struct object_type;

/* What a shell can offer for an argument. */
enum complete {
	COMPLETE_NOTHING,
	COMPLETE_DEVICES,
	COMPLETE_FILTERS,
	COMPLETE_GROUPS,
	COMPLETE_DRIVERS,
	COMPLETE_DEVLINK, /* devices with devlink */
	COMPLETE_USERS,
	COMPLETE_FILES,
	COMPLETE_COMMANDS,
	COMPLETE_OBJECTS, /* of a session */
	COMPLETE_WORDS,	  /* those of the option's `words` */
};

struct option {
	const char *name;     /* without its dashes; NULL ends a list */
	char letter;	      /* '\0' for none */
	const char *argument; /* its name in the synopsis; NULL for a switch */
	enum complete complete;
	const char *const *(*words)(void); /* the arguments there are */
	bool list;			   /* takes several, with commas */
	const char *help;
};

struct example {
	const char *command; /* NULL ends a list */
	const char *what;
};

/* What is special about a command. */
enum {
	COMMAND_NO_JSON = 1 << 0,    /* its output is no document */
	COMMAND_NO_CONTEXT = 1 << 1, /* looks at no machine */
	COMMAND_SESSION = 1 << 2,    /* works in a session only */
	COMMAND_NO_SESSION = 1 << 3, /* does not work in one */
	COMMAND_DRY_RUN = 1 << 4,    /* in one, runs in a dry run too */
	COMMAND_PROGRAM = 1 << 5,    /* behind "--" is another program's line */
	/* Behind the operands, options may be given without their dashes. */
	COMMAND_KEYWORDS = 1 << 6,
};

struct command {
	const char *object; /* NULL for a verb on its own */
	const char *verb;   /* NULL ends a list */
	const char *operands;
	unsigned int fewest;
	unsigned int most;
	enum complete complete;
	const char *const *(*words)(void);
	unsigned int flags;
	const struct object_type *makes; /* in a session, by name */
	const char *summary;
	const char *description;
	const struct option *options;
	const struct example *examples;
	int (*run)(struct app *app);
};

extern const struct option global_options[];

/* The table, in the order of the help; an object without commands ends it. */
extern const struct object_commands {
	const char *name; /* NULL for verbs on their own */
	const char *summary;
	const struct command *commands;
} objects[];

#define foreach_object(o)                                                 \
	for (const struct object_commands *o = objects; o->commands; o++) \
		if (o->name)

#define foreach_command(c)                                                     \
	for (const struct object_commands *c##_of = objects; c##_of->commands; \
	     c##_of++)                                                         \
		for (const struct command *c = c##_of->commands; c->verb; c++)

/* Those that work without a session. */
#define foreach_plain_command(c) \
	foreach_command(c)       \
		if (!(c->flags & COMMAND_SESSION))

/* Those of which some do. */
#define foreach_plain_object(o) \
	foreach_object(o)       \
		if (object_is_plain(o))

#define ANY_NUMBER (~0U)

/* A command line, taken apart. */
struct arguments {
	const struct command *command; /* NULL if there is none */
	const char *object;	       /* given without a verb, for help */
	struct given {
		const struct option *option;
		const char *value;
	} * given;
	size_t given_count;
	const char **operands;
	size_t operand_count;
	/* Of COMMAND_PROGRAM: the other program's line, NULL-terminated. */
	char **program;
	size_t program_count;
};

/*
 * Parses. Return: 0, or -1 after app_fail() with VDEV_ERROR_INVALID; what was
 * understood before is in app->args then.
 */
int command_parse(struct app *app, int argc, char **argv);
void arguments_clear(struct arguments *args);

/* "group show" */
char *command_name(const struct command *command);
/* "vdevctl group show [OPTION...] GROUP|DEV..." */
char *command_synopsis(const struct command *command);
/* The command of these words, or NULL. */
const struct command *command_find(const char *object, const char *verb);
bool command_is_object(const char *word);
/* Whether it has commands that work without a session. */
bool object_is_plain(const struct object_commands *object);

/*
 * The words that can come first, objects and verbs, with or without those that
 * only work in a session; the array is the caller's.
 */
const char **command_first_words(bool session, size_t *count);
/* The verbs of an object; the array is the caller's. */
const char **command_verbs(const char *object, bool session, size_t *count);

/* Whether the option was given; its last value, or NULL. */
bool option_given(const struct app *app, const char *name);
/* --no-header goes with a table only. Return: 0, or -1 after app_fail(). */
int option_check_header(struct app *app);
const char *option_value(const struct app *app, const char *name);
/* The next value of an option that may be repeated, or NULL; starts at 0. */
const char *option_next(const struct app *app, const char *name, size_t *at);

/*
 * A whole number in the value of an option. Return: 0, or -1 after app_fail().
 */
int option_number(struct app *app, const char *name, unsigned int least,
		  unsigned int most, unsigned int *ret);

/*
 * Which of its words the value of an option is. Return: the index, -1 if the
 * option was not given, or -2 after app_fail().
 */
int option_word(struct app *app, const char *name);

#endif
