/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_COMPLETE_H
#define VDEVCTL_COMPLETE_H

#include "session.h"

/* What can follow what has been typed of a line of a session. */

struct candidates {
	char **words; /* each starts with what has been typed of it */
	size_t count;
	size_t typed;	 /* how much of each that is */
	char quote;	 /* the one that is open, or '\0' */
	bool unfinished; /* more can follow at once: a directory, "class=" */
};

void complete_line(struct app *app, struct session *session, const char *text,
		   struct candidates *ret);
void candidates_clear(struct candidates *c);

/* The text to be added to the line; NULL for none. */
char *candidates_addition(const struct candidates *c);

#endif
