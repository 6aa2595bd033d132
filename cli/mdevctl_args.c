/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The command line of mdevctl: long options with the value behind "=" or in
 * the next word, letters in one word with the value behind them, after "=" or
 * in the next word; each once.
 */

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>

#include "mdevctl.h"

/* What its version option says: that of the mdevctl whose ways these are. */
#define MDEVCTL_VERSION_TEXT "1.4.0"

static const struct {
	const char *name;
	char letter;
	const char *value; /* NULL for a switch */
	const char *help;
} options[MDEVCTL_OPTIONS] = {
	[MDEVCTL_UUID] = { "uuid", 'u', "UUID", "The UUID of the device" },
	[MDEVCTL_PARENT] = { "parent", 'p', "PARENT",
			     "The parent of the device" },
	[MDEVCTL_TYPE] = { "type", 't', "TYPE", "The type of the device" },
	[MDEVCTL_AUTO] = { "auto", 'a', NULL, "Start it with its parent" },
	[MDEVCTL_MANUAL] = { "manual", 'm', NULL,
			     "Do not start it with its parent" },
	[MDEVCTL_ADDATTR] = { "addattr", '\0', "NAME",
			      "Add an attribute, with --value" },
	[MDEVCTL_DELATTR] = { "delattr", '\0', NULL,
			      "Take out an attribute, the last one unless "
			      "--index is given" },
	[MDEVCTL_INDEX] = { "index", 'i', "N",
			    "The place of the attribute, from 0" },
	[MDEVCTL_VALUE] = { "value", '\0', "VALUE",
			    "The value of the attribute to add" },
	[MDEVCTL_JSONFILE] = { "jsonfile", '\0', "FILE",
			       "Take all of it from a file" },
	[MDEVCTL_LIVE] = { "live", 'l', NULL,
			   "Change the device that is there, with --jsonfile" },
	[MDEVCTL_DEFINED] = { "defined", 'd', NULL,
			      "What is defined, not what is there" },
	[MDEVCTL_VERBOSE] = { "verbose", 'v', NULL, "Show attributes, too" },
	[MDEVCTL_DUMPJSON] = { "dumpjson", '\0', NULL, "Print JSON" },
	[MDEVCTL_FORCE] = { "force", 'f', NULL,
			    "Go on where a callout script objects" },
	[MDEVCTL_STRICT] = { "strict", '\0', NULL,
			     "Fail where there would be a warning" },
	[MDEVCTL_HELP] = { "help", 'h', NULL, "Print this" },
	[MDEVCTL_VERSION] = { "version", 'V', NULL, "Print the version" },
};

/* What does not go together, or not alone. */
static const struct {
	const char *verb;
	enum mdevctl_option option;
	unsigned int conflicts;
	unsigned int requires;
} rules[] = {
	{ "define", MDEVCTL_JSONFILE, MDEVCTL_BIT(TYPE) | MDEVCTL_BIT(AUTO),
	  0 },
	{ "start", MDEVCTL_JSONFILE, MDEVCTL_BIT(TYPE), 0 },
	{ "modify", MDEVCTL_ADDATTR, 0, MDEVCTL_BIT(VALUE) },
	{ "modify", MDEVCTL_VALUE, MDEVCTL_BIT(DELATTR), MDEVCTL_BIT(ADDATTR) },
	{ "modify", MDEVCTL_AUTO, MDEVCTL_BIT(INDEX) | MDEVCTL_BIT(VALUE), 0 },
	{ "modify", MDEVCTL_MANUAL, MDEVCTL_BIT(INDEX) | MDEVCTL_BIT(VALUE),
	  0 },
	{ "modify", MDEVCTL_LIVE,
	  MDEVCTL_BIT(TYPE) | MDEVCTL_BIT(INDEX) | MDEVCTL_BIT(VALUE),
	  MDEVCTL_BIT(JSONFILE) },
	{ "modify", MDEVCTL_JSONFILE,
	  MDEVCTL_BIT(TYPE) | MDEVCTL_BIT(INDEX) | MDEVCTL_BIT(VALUE), 0 },
};

#define EVERYWHERE (MDEVCTL_BIT(STRICT) | MDEVCTL_BIT(HELP))
#define DEVICE	   (MDEVCTL_BIT(UUID) | MDEVCTL_BIT(PARENT))
#define LIST                                                     \
	(DEVICE | MDEVCTL_BIT(DEFINED) | MDEVCTL_BIT(DUMPJSON) | \
	 MDEVCTL_BIT(VERBOSE) | EVERYWHERE)

const struct mdevctl_verb mdevctl_verbs[] = {
	{
		.name = "define",
		.summary = "Define a device, to be started later",
		.options = DEVICE | MDEVCTL_BIT(AUTO) | MDEVCTL_BIT(TYPE) |
			   MDEVCTL_BIT(JSONFILE) | MDEVCTL_BIT(FORCE) |
			   EVERYWHERE,
		.one_of = DEVICE,
		.run = mdevctl_define,
	},
	{
		.name = "undefine",
		.summary = "Remove the definition of a device",
		.options = DEVICE | MDEVCTL_BIT(FORCE) | EVERYWHERE,
		.required = MDEVCTL_BIT(UUID),
		.run = mdevctl_undefine,
	},
	{
		.name = "modify",
		.summary = "Change the definition of a device",
		.options = DEVICE | MDEVCTL_BIT(TYPE) | MDEVCTL_BIT(ADDATTR) |
			   MDEVCTL_BIT(DELATTR) | MDEVCTL_BIT(INDEX) |
			   MDEVCTL_BIT(VALUE) | MDEVCTL_BIT(AUTO) |
			   MDEVCTL_BIT(MANUAL) | MDEVCTL_BIT(LIVE) |
			   MDEVCTL_BIT(DEFINED) | MDEVCTL_BIT(JSONFILE) |
			   MDEVCTL_BIT(FORCE) | EVERYWHERE,
		.required = MDEVCTL_BIT(UUID),
		.one_of = MDEVCTL_BIT(AUTO) | MDEVCTL_BIT(MANUAL) |
			  MDEVCTL_BIT(ADDATTR) | MDEVCTL_BIT(DELATTR) |
			  MDEVCTL_BIT(JSONFILE),
		.only_one = true,
		.run = mdevctl_modify,
	},
	{
		.name = "start",
		.summary = "Make a device",
		.options = DEVICE | MDEVCTL_BIT(TYPE) | MDEVCTL_BIT(JSONFILE) |
			   MDEVCTL_BIT(FORCE) | EVERYWHERE,
		.one_of = DEVICE,
		.run = mdevctl_start,
	},
	{
		.name = "stop",
		.summary = "Remove a device, but not its definition",
		.options = MDEVCTL_BIT(UUID) | MDEVCTL_BIT(FORCE) | EVERYWHERE,
		.required = MDEVCTL_BIT(UUID),
		.run = mdevctl_stop,
	},
	{
		.name = "list",
		.summary = "List devices",
		.options = LIST,
		.run = mdevctl_list,
	},
	{
		.name = "types",
		.summary = "List which types of devices can be made",
		.options = MDEVCTL_BIT(PARENT) | MDEVCTL_BIT(DUMPJSON) |
			   EVERYWHERE,
		.run = mdevctl_types,
	},
	{
		.name = "start-parent-mdevs",
		.summary = "Start the devices that start with a parent",
		.operand = "PARENT",
		.options = EVERYWHERE,
		.hidden = true,
		.run = mdevctl_start_parent,
	},
	{ .name = NULL },
};

static const struct mdevctl_verb lsmdev = {
	.name = "lsmdev",
	.summary = "List mediated devices",
	.options = LIST | MDEVCTL_BIT(VERSION),
	.run = mdevctl_list,
};

/* --- Help and complaints */

static void print_options(FILE *f, unsigned int bits)
{
	fputs("\nOptions:\n", f);
	for (unsigned int i = 0; i < MDEVCTL_OPTIONS; i++) {
		_auto_free_ char *name = NULL;

		if (!(bits & 1U << i))
			continue;
		name = x_asprintf("%s%s%s%s", options[i].name,
				  options[i].value ? " <" : "",
				  options[i].value ? options[i].value : "",
				  options[i].value ? ">" : "");
		if (options[i].letter)
			fprintf(f, "  -%c, --%-19s %s\n", options[i].letter,
				name, options[i].help);
		else
			fprintf(f, "      --%-19s %s\n", name, options[i].help);
	}
}

static void print_help(const struct mdevctl *m, FILE *f)
{
	const struct mdevctl_verb *v = m->verb;

	if (v == &lsmdev) {
		fprintf(f, "%s\n\nUsage: lsmdev [OPTIONS]\n", v->summary);
		print_options(f, v->options);
		return;
	}
	if (v) {
		fprintf(f, "%s\n\nUsage: mdevctl %s [OPTIONS]%s%s%s\n",
			v->summary, v->name, v->operand ? " <" : "",
			v->operand ? v->operand : "", v->operand ? ">" : "");
		print_options(f, v->options);
		return;
	}
	fputs("Manages mediated devices\n\nUsage: mdevctl <COMMAND>\n\n"
	      "Commands:\n",
	      f);
	for (v = mdevctl_verbs; v->name; v++)
		if (!v->hidden)
			fprintf(f, "  %-9s %s\n", v->name, v->summary);
	fputs("  help      Print this, or the help of a command\n", f);
	print_options(f, MDEVCTL_BIT(HELP) | MDEVCTL_BIT(VERSION));
}

enum { USAGE = 2 };

static int PRINTF(2, 3) usage(const struct mdevctl *m, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("error: ", stderr);
	vfprintf(stderr, fmt, args);
	va_end(args);
	if (m->verb && m->verb != &lsmdev)
		fprintf(stderr, "\n\nFor more, try 'mdevctl help %s'.\n",
			m->verb->name);
	else
		fputs("\n\nFor more, try '--help'.\n", stderr);
	return USAGE;
}

static int print_version(const struct mdevctl *m)
{
	printf("%s " MDEVCTL_VERSION_TEXT " (vdevctl " VDEVCTL_VERSION ")\n",
	       m->verb == &lsmdev ? "lsmdev" : "mdevctl");
	return 0;
}

/* --- Taking apart */

static unsigned int allowed(const struct mdevctl *m)
{
	return m->verb ? m->verb->options
		       : MDEVCTL_BIT(HELP) | MDEVCTL_BIT(VERSION);
}

static int take(struct mdevctl *m, unsigned int option, const char *value)
{
	if (m->given & 1U << option)
		return usage(m, "the option '--%s' is given twice",
			     options[option].name);
	m->given |= 1U << option;
	m->values[option] = value;
	return MDEVCTL_GO_ON;
}

/* The value in the next word, which must not look like an option. */
static int take_next(struct mdevctl *m, unsigned int option, char **argv,
		     int *at)
{
	const char *value = argv[*at + 1];

	if (!value || (value[0] == '-' && value[1]))
		return usage(m, "the option '--%s <%s>' needs a value",
			     options[option].name, options[option].value);
	++*at;
	return take(m, option, value);
}

static int parse_long(struct mdevctl *m, char **argv, int *at)
{
	const char *word = argv[*at] + 2;
	size_t length = strcspn(word, "=");
	const char *value = word[length] ? word + length + 1 : NULL;

	for (unsigned int i = 0; i < MDEVCTL_OPTIONS; i++) {
		if (!(allowed(m) & 1U << i) ||
		    strlen(options[i].name) != length ||
		    strncmp(options[i].name, word, length) != 0)
			continue;
		if (value && !options[i].value)
			return usage(m, "the option '--%s' takes no value",
				     options[i].name);
		return value || !options[i].value ? take(m, i, value)
						  : take_next(m, i, argv, at);
	}
	return usage(m, "there is no option '--%.*s' here", (int)length, word);
}

static int parse_letters(struct mdevctl *m, char **argv, int *at)
{
	int ret = MDEVCTL_GO_ON;

	for (const char *s = argv[*at] + 1; *s && ret == MDEVCTL_GO_ON; s++) {
		unsigned int i = 0;

		while (i < MDEVCTL_OPTIONS &&
		       (options[i].letter != *s || !(allowed(m) & 1U << i)))
			i++;
		if (i == MDEVCTL_OPTIONS)
			return usage(m, "there is no option '-%c' here", *s);
		if (!options[i].value) {
			ret = take(m, i, NULL);
			continue;
		}
		if (!s[1])
			return take_next(m, i, argv, at);
		return take(m, i, s[1] == '=' ? s + 2 : s + 1);
	}
	return ret;
}

static int parse_word(struct mdevctl *m, const char *word)
{
	if (!m->verb) {
		for (const struct mdevctl_verb *v = mdevctl_verbs; v->name; v++)
			if (str_eq(v->name, word))
				m->verb = v;
		return m->verb ? MDEVCTL_GO_ON
			       : usage(m, "there is no command '%s'", word);
	}
	if (!m->verb->operand || m->operand)
		return usage(m, "'%s' is too much", word);
	m->operand = word;
	return MDEVCTL_GO_ON;
}

/* "help", or "help COMMAND". */
static int parse_help(struct mdevctl *m, const char *word)
{
	int ret = word ? parse_word(m, word) : MDEVCTL_GO_ON;

	if (ret != MDEVCTL_GO_ON)
		return ret;
	print_help(m, stdout);
	return 0;
}

static int parse_words(struct mdevctl *m, char **argv)
{
	bool only_words = false;
	int ret = MDEVCTL_GO_ON;

	for (int i = 1; argv[i] && ret == MDEVCTL_GO_ON; i++) {
		const char *word = argv[i];

		if (!only_words && str_eq(word, "--"))
			only_words = true;
		else if (!only_words && str_starts(word, "--"))
			ret = parse_long(m, argv, &i);
		else if (!only_words && word[0] == '-' && word[1])
			ret = parse_letters(m, argv, &i);
		else if (!m->verb && str_eq(word, "help"))
			ret = parse_help(m, argv[i + 1]);
		else
			ret = parse_word(m, word);
	}
	return ret;
}

/* --- What was given */

/* As usual, without hyphens, in braces, or as a URN. */
static bool read_uuid(const char *s, char text[VDEV_MDEV_UUID_TEXT])
{
	static const char prefix[] = "urn:uuid:";
	char digits[33];
	size_t length, n = 0;

	if (!strncasecmp(s, prefix, strlen(prefix)))
		s += strlen(prefix);
	length = strlen(s);
	if (*s == '{' && length == 38 && s[37] == '}') {
		s++;
		length = 36;
	}
	if (length != 36 && length != 32)
		return false;
	for (size_t i = 0; i < length; i++) {
		bool hyphen = length == 36 &&
			      (i == 8 || i == 13 || i == 18 || i == 23);

		if (hyphen ? s[i] != '-' : !isxdigit((unsigned char)s[i]))
			return false;
		if (!hyphen)
			digits[n++] = (char)tolower((unsigned char)s[i]);
	}
	snprintf(text, VDEV_MDEV_UUID_TEXT, "%.8s-%.4s-%.4s-%.4s-%.12s", digits,
		 digits + 8, digits + 12, digits + 16, digits + 20);
	return true;
}

static int check_values(struct mdevctl *m)
{
	const char *uuid = m->values[MDEVCTL_UUID];
	const char *index = m->values[MDEVCTL_INDEX];
	unsigned long number;
	char *end;

	if (uuid && !read_uuid(uuid, m->uuid))
		return usage(m, "'%s' is no UUID", uuid);
	if (!index)
		return MDEVCTL_GO_ON;
	errno = 0;
	number = strtoul(index, &end, 10);
	if (!isdigit((unsigned char)*index) || *end || errno ||
	    number > UINT32_MAX)
		return usage(m, "'%s' is no index", index);
	m->index = (unsigned int)number;
	return MDEVCTL_GO_ON;
}

/* The names of options, as a text of the caller's. */
static char *names(unsigned int bits)
{
	const char *words[MDEVCTL_OPTIONS];
	size_t count = 0;

	for (unsigned int i = 0; i < MDEVCTL_OPTIONS; i++)
		if (bits & 1U << i)
			words[count++] = options[i].name;
	return x_join(words, count, ", --");
}

static int check_rules(struct mdevctl *m)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		unsigned int conflicts = rules[i].conflicts & m->given;
		unsigned int lacks = rules[i].requires & ~m->given;
		_auto_free_ char *others = names(conflicts ? conflicts : lacks);

		if (!str_eq(rules[i].verb, m->verb->name) ||
		    !(m->given & 1U << rules[i].option))
			continue;
		if (conflicts)
			return usage(m, "'--%s' does not go with --%s",
				     options[rules[i].option].name, others);
		if (lacks)
			return usage(m, "'--%s' needs --%s",
				     options[rules[i].option].name, others);
	}
	return MDEVCTL_GO_ON;
}

static int check_given(struct mdevctl *m)
{
	const struct mdevctl_verb *v = m->verb;
	unsigned int chosen = m->given & v->one_of;
	_auto_free_ char *choice = names(v->one_of);
	_auto_free_ char *lacking = names(v->required & ~m->given);

	if (v->required & ~m->given)
		return usage(m, "missing: --%s", lacking);
	if (v->operand && !m->operand)
		return usage(m, "missing: <%s>", v->operand);
	if (v->one_of && !chosen)
		return usage(m, "missing: one of --%s", choice);
	if (v->only_one && chosen & (chosen - 1))
		return usage(m, "only one can be given of --%s", choice);
	return check_rules(m);
}

int mdevctl_parse(struct mdevctl *m, int argc, char **argv)
{
	size_t length = argc ? strlen(argv[0]) : 0;
	int ret;

	if (length >= 6 && str_eq(argv[0] + length - 6, "lsmdev"))
		m->verb = &lsmdev;
	ret = argc ? parse_words(m, argv) : MDEVCTL_GO_ON;
	if (ret != MDEVCTL_GO_ON)
		return ret;
	if (mdevctl_given(m, MDEVCTL_BIT(HELP))) {
		print_help(m, stdout);
		return 0;
	}
	if (mdevctl_given(m, MDEVCTL_BIT(VERSION)))
		return print_version(m);
	if (!m->verb) {
		print_help(m, stderr);
		return USAGE;
	}
	ret = check_given(m);
	return ret == MDEVCTL_GO_ON ? check_values(m) : ret;
}
