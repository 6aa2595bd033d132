/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_USER_H
#define VDEVCTL_USER_H

#include <sys/types.h>

#include "common.h"

/* Users that options name. */

struct app;

struct user {
	uid_t uid;
	gid_t login_group; /* -1 if that is not known */
	bool has_group;	   /* one is named */
	gid_t gid;	   /* it, or the login group */
	char *name;	   /* NULL if it has none */
	char *home;
};

/*
 * "USER", "USER:GROUP", or "USER:" for the user's login group; names or
 * numbers. Return: 0, or -1 after app_fail().
 */
int user_parse(struct app *app, const char *option, const char *text,
	       struct user *ret);
void user_clear(struct user *user);

/*
 * Becomes that user with his groups, for good: no capability is left. HOME,
 * USER and LOGNAME become his. Return: 0, or -1 after app_fail().
 */
int user_become(struct app *app, const struct user *user);

#define _auto_user_ __attribute__((cleanup(user_clear)))

#endif
