/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_EDIT_H
#define VDEVCTL_EDIT_H

#include "complete.h"

/* Lines from a terminal, with editing, history and completion. */

struct edit;

/* What can follow, asked for by the Tab key. */
typedef void (*edit_complete_fn)(void *data, const char *text,
				 struct candidates *ret);

/*
 * Return: NULL if libedit is not there, with the reason in `why` for the caller
 * to free; lines can then be read without all that.
 */
struct edit *edit_new(const char *prompt, edit_complete_fn fn, void *data,
		      char **why);
void edit_free(struct edit *e);

/*
 * Reads a line. Return: 1 with a line for the caller to free; 0 at the end, or
 * if a signal asks to stop; -1 if the line was given up by Ctrl-C.
 */
int edit_read(struct edit *e, char **ret);

/* Remembers a line, for the next shells too. */
void edit_remember(struct edit *e, const char *text);

#endif
