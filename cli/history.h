/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_HISTORY_H
#define VDEVCTL_HISTORY_H

/*
 * The lines given to shells, the last ones of which the next shell has again.
 * They are in a file of the user's, a line each, so that what was typed is
 * there after a kill too. Where there can be no such file nothing is kept.
 */

/* How many are kept. */
#define HISTORY_MOST 1000

typedef void (*history_line_fn)(void *data, const char *text);

/* The kept lines, the oldest first. */
void history_load(history_line_fn fn, void *data);
void history_add(const char *text);

#endif
