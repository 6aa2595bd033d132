/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "app.h"

/* --- Names */

/* A user or group by number; -1 stands for none. */
static bool parse_id(const char *text, unsigned int *ret)
{
	unsigned long number;
	char *end;

	errno = 0;
	number = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || number >= (uid_t)-1)
		return false;
	*ret = (unsigned int)number;
	return true;
}

static int find_user(const char *name, struct user *user)
{
	const struct passwd *pw = getpwnam(name);
	unsigned int uid;

	if (!pw) {
		if (!parse_id(name, &uid))
			return -1;
		user->uid = uid;
		pw = getpwuid(uid);
	}
	if (!pw)
		return 0;
	user->uid = pw->pw_uid;
	user->login_group = pw->pw_gid;
	user->name = x_strdup(pw->pw_name);
	user->home = x_strdup(pw->pw_dir);
	return 0;
}

static int find_group(const char *name, gid_t *gid)
{
	const struct group *gr = getgrnam(name);

	if (gr)
		*gid = gr->gr_gid;
	return gr || parse_id(name, gid) ? 0 : -1;
}

int user_parse(struct app *app, const char *option, const char *text,
	       struct user *ret)
{
	_auto_free_ char *name = x_strdup(text);
	_auto_user_ struct user user = { .login_group = (gid_t)-1 };
	char *group = strchr(name, ':');

	if (group)
		*group++ = '\0';
	if (find_user(name, &user))
		return app_fail(app, VDEV_ERROR_INVALID,
				"--%s: there is no user '%s'", option, name);
	user.gid = user.login_group;
	if (group && *group && find_group(group, &user.gid))
		return app_fail(app, VDEV_ERROR_INVALID,
				"--%s: there is no group '%s'", option, group);
	user.has_group = group;
	*ret = user;
	user = (struct user){ 0 };
	return 0;
}

void user_clear(struct user *user)
{
	free(user->name);
	free(user->home);
	*user = (struct user){ 0 };
}

/* --- Becoming one */

static int become_fail(struct app *app, const struct user *user, int error)
{
	app_fail(app,
		 error == EPERM ? VDEV_ERROR_PERMISSION : VDEV_ERROR_FAILED,
		 "cannot become user %u with group %u: %s", user->uid,
		 user->gid, strerror(error));
	return error == EPERM ? app_hint(app, "this needs root") : -1;
}

static int set_ids(const struct user *user)
{
	/* A capability that survives a change of the user would be one too
	 * many. */
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (user->name ? initgroups(user->name, user->gid) : setgroups(0, NULL))
		return -1;
	if (setresgid(user->gid, user->gid, user->gid))
		return -1;
	return setresuid(user->uid, user->uid, user->uid);
}

/* Nothing may lead back. */
static bool is_for_good(const struct user *user)
{
	uid_t uid, euid, suid;
	gid_t gid, egid, sgid;

	if (getresuid(&uid, &euid, &suid) || getresgid(&gid, &egid, &sgid) ||
	    uid != user->uid || euid != user->uid || suid != user->uid ||
	    gid != user->gid || egid != user->gid || sgid != user->gid)
		return false;
	return !user->uid || (setuid(0) && seteuid(0));
}

int user_become(struct app *app, const struct user *user)
{
	if (set_ids(user))
		return become_fail(app, user, errno);
	if (!is_for_good(user))
		return app_fail(app, VDEV_ERROR_FAILED,
				"the kernel left a way back from user %u",
				user->uid);
	if (user->home)
		setenv("HOME", user->home, 1);
	if (user->name) {
		setenv("USER", user->name, 1);
		setenv("LOGNAME", user->name, 1);
	}
	return 0;
}
