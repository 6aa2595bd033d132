/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "object/journal.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "kernel/procfs.h"

#define FIRST_LINE "vdev journal 1"

static const char *const state_names[] = {
	[JOURNAL_CHANGING] = "changing",
	[JOURNAL_CHANGED] = "changed",
	[JOURNAL_PENDING] = "pending",
};

static void journal_path(const char *address, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, JOURNAL_DIR "/%s", address);
}

static int take_state(const char *value, enum journal_state *state)
{
	for (size_t i = 0; i < ARRAY_SIZE(state_names); i++)
		if (str_eq(state_names[i], value)) {
			*state = (enum journal_state)i;
			return 0;
		}
	return -EBADMSG;
}

/* A driver's name or nothing; never anything else that a path could be. */
static int take_driver(const char *value, char driver[DRIVER_NAME_SIZE])
{
	if (*value && !driver_name_valid(value))
		return -EBADMSG;
	strcpy(driver, value);
	return 0;
}

void journal_clear(struct journal *journal)
{
	strv_clear(&journal->vfs.vfs);
	*journal = (struct journal){ 0 };
}

/* No driver's name holds a slash. */
int journal_add_vf(struct journal_vfs *vfs, const char *driver,
		   const char *override)
{
	return strv_addf(&vfs->vfs, "%s/%s", driver, override);
}

void journal_get_vf(const struct journal_vfs *vfs, size_t number,
		    char driver[DRIVER_NAME_SIZE],
		    char override[DRIVER_NAME_SIZE])
{
	const char *line =
		number < vfs->vfs.count ? vfs->vfs.items[number] : "/";
	size_t n = strcspn(line, "/");

	snprintf(driver, DRIVER_NAME_SIZE, "%.*s", (int)n, line);
	snprintf(override, DRIVER_NAME_SIZE, "%s", line + n + 1);
}

static int take_vf(char *value, struct journal_vfs *vfs)
{
	char driver[DRIVER_NAME_SIZE], override[DRIVER_NAME_SIZE];
	char *slash = strchr(value, '/');

	if (!slash)
		return -EBADMSG;
	*slash++ = '\0';
	if (take_driver(value, driver) || take_driver(slash, override))
		return -EBADMSG;
	return journal_add_vf(vfs, driver, override);
}

static int take_line(char *line, struct journal *j, int *vfs)
{
	char *value = strchr(line, '=');
	int number;

	if (!value)
		return -EBADMSG;
	*value++ = '\0';
	if (str_eq(line, "state"))
		return take_state(value, &j->state);
	if (str_eq(line, "driver"))
		return take_driver(value, j->driver);
	if (str_eq(line, "override"))
		return take_driver(value, j->override);
	if (str_eq(line, "vf"))
		return take_vf(value, &j->vfs);
	number = str_to_int(value);
	if (number < 0)
		return -EBADMSG;
	if (str_eq(line, "writer"))
		j->writer = number;
	else if (str_eq(line, "owner"))
		j->owner = number;
	else if (str_eq(line, "iommu"))
		j->iommu = number;
	else if (str_eq(line, "autoprobe"))
		j->vfs.autoprobe = number;
	else if (str_eq(line, "enabled"))
		j->vfs.enabled = number;
	else if (str_eq(line, "vfs"))
		*vfs = number;
	else
		return -EBADMSG;
	return 0;
}

static int parse(char *text, struct journal *ret)
{
	struct journal j = { 0 };
	char *line, *rest;
	int error = 0;
	int lines = 0, vfs = -1;

	line = strtok_r(text, "\n", &rest);
	if (!str_eq(line, FIRST_LINE))
		return -EBADMSG;
	while (!error && (line = strtok_r(NULL, "\n", &rest))) {
		error = take_line(line, &j, &vfs);
		lines++;
	}
	/* All of them, or the end is missing. */
	if (!error &&
	    (vfs < 0 ? lines != 6
		     : lines != 9 + vfs || j.vfs.vfs.count != (size_t)vfs))
		error = -EBADMSG;
	if (error) {
		journal_clear(&j);
		return error;
	}
	j.vfs.known = vfs >= 0;
	*ret = j;
	return 0;
}

int journal_read(struct vdev_ctx *ctx, const char *address, struct journal *ret)
{
	_auto_free_ char *text = NULL;
	char path[PATH_MAX];
	int error;
	ssize_t n;

	journal_path(address, path);
	n = vdev_sys_read_text(&ctx->sys, VDEV_SYS_ROOT, path, &text);
	if (n == -ENOENT)
		return -ENOENT;
	if (n < 0)
		return vdev_fail_as(ctx,
				    n == -EACCES ? VDEV_ERROR_PERMISSION
						 : VDEV_ERROR_FAILED,
				    (int)n,
				    "%s: cannot read its journal %s: %s",
				    address, path, strerror((int)-n));
	error = parse(text, ret);
	if (error == -ENOMEM)
		return vdev_fail(ctx, error, "out of memory");
	if (error)
		return vdev_hint(
			ctx,
			vdev_fail_as(ctx, VDEV_ERROR_ROLLBACK, -EBADMSG,
				     "%s: its journal %s is damaged", address,
				     path),
			"remove the file after setting the driver by hand");
	return 0;
}

static void add_vfs(struct strbuf *b, const struct journal_vfs *vfs)
{
	const char *line;

	strbuf_addf(b, "autoprobe=%d\nenabled=%d\nvfs=%zu\n", vfs->autoprobe,
		    vfs->enabled, vfs->vfs.count);
	strv_foreach(&vfs->vfs, line)
		strbuf_addf(b, "vf=%s\n", line);
}

int journal_write(struct vdev_ctx *ctx, const char *address,
		  const struct journal *j)
{
	struct strbuf b = { 0 };
	_auto_free_ char *text = NULL;
	char path[PATH_MAX];
	int ret;

	strbuf_addf(&b,
		    FIRST_LINE "\nstate=%s\ndriver=%s\noverride=%s\n"
			       "writer=%d\nowner=%d\niommu=%d\n",
		    state_names[j->state], j->driver, j->override,
		    (int)j->writer, j->owner, j->iommu);
	if (j->vfs.known)
		add_vfs(&b, &j->vfs);
	text = strbuf_finish(&b);
	if (!text)
		return vdev_fail(ctx, -ENOMEM, "out of memory");
	journal_path(address, path);
	ret = vdev_sys_mkdir_p(&ctx->sys, JOURNAL_DIR, 0700);
	if (!ret)
		ret = vdev_sys_replace_file(&ctx->sys, path, text, 0600);
	if (ret)
		return vdev_fail_as(ctx,
				    ret == -EACCES || ret == -EROFS
					    ? VDEV_ERROR_PERMISSION
					    : VDEV_ERROR_FAILED,
				    ret, "%s: cannot write its journal %s: %s",
				    address, path, strerror(-ret));
	return 0;
}

int journal_remove(struct vdev_ctx *ctx, const char *address)
{
	char path[PATH_MAX];
	int ret;

	journal_path(address, path);
	ret = vdev_sys_remove_file(&ctx->sys, path);
	if (ret)
		return vdev_fail_as(ctx, VDEV_ERROR_FAILED, ret,
				    "%s: cannot remove its journal %s: %s",
				    address, path, strerror(-ret));
	return 0;
}

int journal_list(struct vdev_ctx *ctx, struct strv *ret)
{
	_auto_strv_ struct strv names = { 0 };
	const char *name;
	int error =
		vdev_sys_list(&ctx->sys, VDEV_SYS_ROOT, JOURNAL_DIR, &names);

	if (error == -ENOENT)
		return 0;
	if (error)
		return vdev_fail(ctx, error, "cannot read %s: %s", JOURNAL_DIR,
				 strerror(-error));
	strv_foreach(&names, name) {
		/* Files that are being written have a leading dot. */
		if (*name != '.' && !error)
			error = strv_add(ret, name);
	}
	return error;
}

bool journal_unbind_pending(struct vdev_ctx *ctx, const struct journal *journal)
{
	return journal->state == JOURNAL_PENDING && journal->writer &&
	       procfs_is_running(&ctx->sys, journal->writer,
				 VDEV_SYS_CHILD_NAME);
}
