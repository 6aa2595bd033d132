/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_CHECKS_H
#define VDEVCTL_CHECKS_H

#include "output.h"

/*
 * The findings of a plan's checks, as they stand in its document and in that
 * of an error. Text tells a finding that several devices share only once.
 */

struct app;

/* All of them, as a table. */
void checks_print(struct app *app, json_object *checks);
/* Those that stand in the way; nothing if it is only one. */
void checks_print_refusals(FILE *f, json_object *checks);
/* Those to know of, although they did not stop the plan. */
void checks_warn(const struct app *app, json_object *checks);

#endif
