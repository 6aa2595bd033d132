/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_BATCH_H
#define VDEVCTL_BATCH_H

#include "app.h"

/*
 * Runs one line of a session. What it had to say and why it failed is in `ret`,
 * which is to be closed by app_close(). Return: false for an empty line.
 */
bool batch_run_line(const struct app *outer, struct session *session,
		    unsigned int number, const char *line, struct app *ret);

#endif
