/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "line.h"

#include <errno.h>

#define NAME_FIRST                                           \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwx" \
	"yz_"
#define NAME_REST NAME_FIRST "0123456789-"
#define NAME_MOST 63

static size_t name_length(const char *text)
{
	return strspn(text, NAME_FIRST) ? strspn(text, NAME_REST) : 0;
}

bool line_is_name(const char *text)
{
	size_t length = name_length(text);

	return length && !text[length] && length <= NAME_MOST;
}

/* --- Words */

/* A word as it grows. */
struct builder {
	char *text;
	size_t length;
};

static void add_char(struct builder *b, char c)
{
	b->text[b->length++] = c;
}

static char **append(char **list, size_t *count, char *item)
{
	list = x_realloc(list, *count + 1, sizeof(*list));
	list[(*count)++] = item;
	return list;
}

/*
 * "$NAME" in a word, at its start or behind a '=' or ','. Return: behind it, or
 * NULL with what is wrong in `error`.
 */
static const char *take_reference(const char *s, struct builder *b,
				  struct line_text *line, char **error)
{
	size_t length = name_length(s + 1);
	char before = b->length ? b->text[b->length - 1] : '=';

	if (!length || length > NAME_MOST || (before != '=' && before != ',')) {
		*error = x_strdup(
			"a '$' is followed by the name of an object, at the "
			"start of a word or behind a '='; as a character it "
			"is to be in single quotes");
		return NULL;
	}
	line->references = append(line->references, &line->reference_count,
				  x_asprintf("%.*s", (int)length, s + 1));
	for (size_t i = 0; i <= length; i++)
		add_char(b, s[i]);
	return s + 1 + length;
}

/* Up to the closing quote. Return: behind it, or NULL if there is none. */
static const char *take_single(const char *s, struct builder *b)
{
	for (; *s && *s != '\''; s++)
		add_char(b, *s);
	return *s ? s + 1 : NULL;
}

static const char *take_double(const char *s, struct builder *b,
			       struct line_text *line, char **error)
{
	while (s && *s && *s != '"') {
		if (*s == '\\' && s[1] && strchr("\\\"$", s[1])) {
			add_char(b, s[1]);
			s += 2;
		} else if (*s == '$') {
			s = take_reference(s, b, line, error);
		} else {
			add_char(b, *s++);
		}
	}
	if (!s)
		return NULL;
	return *s ? s + 1 : NULL;
}

static char *not_closed(struct line_text *line, char quote)
{
	line->open_quote = quote;
	return x_asprintf("a quote is not closed: %c", quote);
}

/* One word from `*at`. Return: NULL, or what is wrong. */
static char *take_word(const char **at, struct builder *b,
		       struct line_text *line)
{
	const char *s = *at;
	char *error = NULL;

	while (s && *s && !strchr(" \t\r", *s)) {
		char c = *s;

		if (c == '\'') {
			s = take_single(s + 1, b);
		} else if (c == '"') {
			s = take_double(s + 1, b, line, &error);
		} else if (c == '\\' && s[1]) {
			add_char(b, s[1]);
			s += 2;
		} else if (c == '\\') {
			return x_strdup("there is nothing behind the '\\' at "
					"the end of the line");
		} else if (c == '$') {
			s = take_reference(s, b, line, &error);
		} else if (strchr(";|&<>()`", c)) {
			return x_asprintf("this is no shell: a '%c' is to be "
					  "quoted",
					  c);
		} else {
			add_char(b, c);
			s++;
		}
		if (!s)
			return error ? error : not_closed(line, c);
	}
	*at = s;
	return NULL;
}

static const char *skip_space(const char *s)
{
	return s + strspn(s, " \t\r");
}

/* Whether the words start with "NAME =", which is no part of the command. */
static bool has_name(const struct line_text *line)
{
	return line->count > 1 && str_eq(line->words[1], "=");
}

static char *take_words(const char *text, struct line_text *line)
{
	const char *s = skip_space(text);
	/* No word is longer than the line, nor are all of them. */
	_auto_free_ char *room = x_alloc(strlen(text) + 1, 1);

	while (*s && *s != '#') {
		struct builder b = { room, 0 };
		char *error;

		line->last_start = (size_t)(s - text);
		error = take_word(&s, &b, line);
		room[b.length] = '\0';
		line->words = append(line->words, &line->count, x_strdup(room));
		if (error)
			return error;
		s = skip_space(s);
	}
	return NULL;
}

static void drop_words(struct line_text *line, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(line->words[i]);
	line->count -= count;
	memmove(line->words, line->words + count,
		line->count * sizeof(*line->words));
}

static void take_name(struct line_text *line)
{
	line->name = line->words[0];
	line->words[0] = NULL;
	drop_words(line, 2);
}

char *line_parse(const char *text, struct line_text *ret)
{
	char *error;

	*ret = (struct line_text){ 0 };
	error = take_words(text, ret);
	if (!error && has_name(ret)) {
		take_name(ret);
		if (!line_is_name(ret->name))
			error = x_asprintf(
				"'%s' cannot be the name of an object: it is "
				"of letters, digits, '_' and '-', %d at most, "
				"and starts with a letter",
				ret->name, NAME_MOST);
		else if (!ret->count)
			error = x_asprintf("there is no command behind '%s ='",
					   ret->name);
	}
	/* So that hints and examples can be pasted. */
	if (!error && ret->count && str_eq(ret->words[0], "vdevctl"))
		drop_words(ret, 1);
	return error;
}

void line_parse_typed(const char *text, struct line_text *ret)
{
	size_t length = strlen(text);
	_auto_free_ char *error = NULL;

	*ret = (struct line_text){ 0 };
	error = take_words(text, ret);
	if (!ret->count ||
	    (!ret->open_quote && !error && strchr(" \t", text[length - 1]))) {
		ret->words = append(ret->words, &ret->count, x_strdup(""));
		ret->last_start = length;
	}
	if (ret->count > 2 && has_name(ret))
		take_name(ret);
	if (ret->count > 1 && str_eq(ret->words[0], "vdevctl"))
		drop_words(ret, 1);
}

void line_clear(struct line_text *line)
{
	free(line->name);
	for (size_t i = 0; i < line->count; i++)
		free(line->words[i]);
	free(line->words);
	for (size_t i = 0; i < line->reference_count; i++)
		free(line->references[i]);
	free(line->references);
	*line = (struct line_text){ 0 };
}

char *line_quote(const char *word)
{
	char *quoted, *end;

	if (*word && !strpbrk(word, " \t\r'\"\\$;|&<>()`") && *word != '#')
		return x_strdup(word);
	/* Each quote becomes four characters. */
	quoted = end = x_alloc(4 * strlen(word) + 3, 1);
	*end++ = '\'';
	for (; *word; word++)
		if (*word == '\'')
			end = stpcpy(end, "'\\''");
		else
			*end++ = *word;
	*end = '\'';
	return quoted;
}

/* --- Reading */

static int wrong(char **ret, char *text, char *why)
{
	free(text);
	*ret = why;
	return -1;
}

/* Return: the next character, or EOF; after a signal as `again` says. */
static int next_char(FILE *f, bool (*again)(void))
{
	int c;

	for (;;) {
		errno = 0;
		c = getc_unlocked(f);
		if (c != EOF || !ferror(f) || errno != EINTR || !again())
			return c;
		clearerr(f);
	}
}

int line_read(FILE *f, bool (*again)(void), char **ret, bool *fatal)
{
	size_t length = 0, room = 0;
	bool nul = false;
	char *text = NULL;
	int c;

	*fatal = true;
	while ((c = next_char(f, again)) != EOF && c != '\n') {
		if (length == LINE_MOST)
			return wrong(ret, text,
				     x_asprintf("the line is longer than %d "
						"bytes",
						LINE_MOST));
		if (length + 1 >= room) {
			room = room ? 2 * room : 128;
			text = x_realloc(text, room, 1);
		}
		nul |= !c;
		text[length++] = (char)c;
	}
	if (c == EOF && ferror(f))
		return wrong(ret, text,
			     x_asprintf("cannot read: %s", strerror(errno)));
	if (c == EOF && !length)
		return 0;
	*fatal = false;
	if (nul)
		return wrong(ret, text, x_strdup("the line has a NUL byte"));
	if (!text)
		text = x_alloc(1, 1);
	text[length] = '\0';
	*ret = text;
	return 1;
}
