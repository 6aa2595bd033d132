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

static int take_line(char *line, struct journal *j)
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
	number = str_to_int(value);
	if (number < 0)
		return -EBADMSG;
	if (str_eq(line, "writer"))
		j->writer = number;
	else if (str_eq(line, "owner"))
		j->owner = number;
	else if (str_eq(line, "iommu"))
		j->iommu = number;
	else
		return -EBADMSG;
	return 0;
}

static int parse(char *text, struct journal *ret)
{
	struct journal j = { 0 };
	char *line, *rest;
	int error = 0;
	int lines = 0;

	line = strtok_r(text, "\n", &rest);
	if (!str_eq(line, FIRST_LINE))
		return -EBADMSG;
	while (!error && (line = strtok_r(NULL, "\n", &rest))) {
		error = take_line(line, &j);
		lines++;
	}
	/* All of them, or the end is missing. */
	if (error || lines != 6)
		return -EBADMSG;
	*ret = j;
	return 0;
}

int journal_read(struct vdev_ctx *ctx, const char *address, struct journal *ret)
{
	_auto_free_ char *text = NULL;
	char path[PATH_MAX];
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
	if (parse(text, ret))
		return vdev_hint(
			ctx,
			vdev_fail_as(ctx, VDEV_ERROR_ROLLBACK, -EBADMSG,
				     "%s: its journal %s is damaged", address,
				     path),
			"remove the file after setting the driver by hand");
	return 0;
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
