/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_ROOT_H
#define VDEVCTL_ROOT_H

#include <stdbool.h>

struct app;

/*
 * Takes facts from another tree: a directory, or a capture, which is unpacked
 * into a temporary directory. That one is removed however the program ends,
 * for which the rest of the work is done in a child process. Return: 0, or -1
 * after app_fail().
 */
int root_use(struct app *app, const char *path);

/* Whether the tree in use is not a kernel's, but files that look like one. */
bool root_is_captured(const struct app *app);

/* Refuses to change such a tree; not in a dry run. Return: 0 or -1. */
int root_refuse_captured(struct app *app);

#endif
