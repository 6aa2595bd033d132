/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app.h"

int outfile_check(struct app *app, const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return 0;
	if (!S_ISREG(st.st_mode)) {
		app_fail(app, VDEV_ERROR_INVALID,
			 "%s is there and no regular file", path);
		return app_hint(app, "'-' writes to standard output");
	}
	if (option_given(app, "overwrite"))
		return 0;
	app_fail(app, VDEV_ERROR_FAILED, "%s is there already", path);
	return app_hint(app, "--overwrite replaces it");
}

int outfile_failed(struct app *app, const char *path)
{
	return app_fail(app,
			errno == EACCES || errno == EPERM
				? VDEV_ERROR_PERMISSION
				: VDEV_ERROR_FAILED,
			"cannot write %s: %s", path, strerror(errno));
}

int outfile_open(struct app *app, const char *path, struct outfile *ret)
{
	_auto_free_ char *copy = x_strdup(path);
	_auto_free_ char *fresh = NULL;
	int fd;

	if (outfile_check(app, path))
		return -1;
	fresh = x_asprintf("%s/.vdevctl-XXXXXX", dirname(copy));
	fd = mkostemp(fresh, O_CLOEXEC);
	if (fd < 0)
		return outfile_failed(app, path);
	*ret = (struct outfile){ .path = path, .fresh = fresh, .fd = fd };
	fresh = NULL;
	return 0;
}

static int put_in_place(struct app *app, const struct outfile *file)
{
	if (!option_given(app, "overwrite")) {
		if (!renameat2(AT_FDCWD, file->fresh, AT_FDCWD, file->path,
			       RENAME_NOREPLACE))
			return 0;
		/* A file system that cannot tell is left to chance. */
		if (errno != EINVAL)
			return -1;
	}
	return rename(file->fresh, file->path);
}

int outfile_close(struct app *app, struct outfile *file, bool keep)
{
	int error = 0;

	if (close(file->fd) && keep)
		error = outfile_failed(app, file->path);
	if (keep && !error && put_in_place(app, file))
		error = outfile_failed(app, file->path);
	if (!keep || error)
		unlink(file->fresh);
	free(file->fresh);
	*file = (struct outfile){ .fd = -1 };
	return error;
}
