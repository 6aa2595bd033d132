/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_LINE_H
#define VDEVCTL_LINE_H

#include <stdio.h>

#include "common.h"

/*
 * One line of a batch: "[NAME =] COMMAND [ARGUMENT...] [# REMARK]", with words
 * quoted as in a shell. $NAME stands for an object; it stays in the word as it
 * is, and is noted besides.
 */

/* No line is longer, so that no file can take all memory. */
#define LINE_MOST 65536

struct line_text {
	char *name; /* what the command makes is called; or NULL */
	char **words;
	size_t count; /* 0 for an empty line */
	char **references;
	size_t reference_count;
	/* Of an incomplete line: where its last word starts, and the quote. */
	size_t last_start;
	char open_quote;
};

/* Whether a text can name an object. */
bool line_is_name(const char *text);

/*
 * Takes a line apart. Return: NULL, or what is wrong with it, for the caller to
 * free; `ret` is to be cleared in either case.
 */
char *line_parse(const char *text, struct line_text *ret);

/*
 * Takes apart what has been typed so far, for completion: the last word may
 * be empty, and end within its quotes.
 */
void line_parse_typed(const char *text, struct line_text *ret);

void line_clear(struct line_text *line);

/* A word quoted where line_parse() would not leave it as it is. */
char *line_quote(const char *word);

/*
 * Reads a line without its newline. `again` is asked whether to go on when a
 * signal came. Return: 1 with a line for the caller to free; 0 at the end; -1
 * with what is wrong in `ret`; then `fatal` tells that there is no next one.
 */
int line_read(FILE *f, bool (*again)(void), char **ret, bool *fatal);

#endif
