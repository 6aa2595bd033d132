/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_OUTFILE_H
#define VDEVCTL_OUTFILE_H

#include "common.h"

/*
 * A file that a command writes, not seen under its name before it is whole.
 * Replaces one that is there with --overwrite only.
 */

struct app;

struct outfile {
	const char *path;
	char *fresh; /* its name until it is whole */
	int fd;
};

/* Whether it could be written. Return: 0, or -1 after app_fail(). */
int outfile_check(struct app *app, const char *path);
/* Checks and opens. Return: 0, or -1 after app_fail(). */
int outfile_open(struct app *app, const char *path, struct outfile *ret);
/* Puts the file in place, or removes it. Return: 0, or -1 after app_fail(). */
int outfile_close(struct app *app, struct outfile *file, bool keep);

/* Records errno. Return: -1. */
int outfile_failed(struct app *app, const char *path);

#endif
