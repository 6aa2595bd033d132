/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "app.h"

void secret_hide(void)
{
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static const char *const sources[] = { "token-file", "token-fd", "token-key",
				       "token-stored" };

bool secret_given(const struct app *app)
{
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		if (option_given(app, sources[i]))
			return true;
	return false;
}

static int check_sources(struct app *app)
{
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		size_t at = 0;

		/* A switch has no value, but is no second source either. */
		count += option_given(app, sources[i]);
		if (option_next(app, sources[i], &at) &&
		    option_next(app, sources[i], &at))
			count++;
	}
	if (count <= 1)
		return 0;
	return app_fail(app, VDEV_ERROR_INVALID,
			"one VF token is enough: --token-file, --token-fd, "
			"--token-key and --token-stored exclude each other");
}

/* Who gives the token itself has shown it to everybody: say so, not it. */
static int check_not_token(struct app *app, const char *option,
			   const char *value)
{
	struct vdev_vf_token token;

	if (vdev_vf_token_parse(value, &token))
		return 0;
	vdev_vf_token_clear(&token);
	app_fail(app, VDEV_ERROR_INVALID,
		 "--%s takes a name, not the VF token itself, which others can "
		 "see on a command line",
		 option);
	return app_hint(app, "make another one: vdevctl token generate");
}

static int read_from(struct app *app, int fd, const char *name)
{
	unsigned int flags = option_given(app, "token-insecure")
				     ? VDEV_VF_TOKEN_INSECURE
				     : 0;
	int ret = vdev_vf_token_read(app->ctx, fd, name, flags, app->token);

	if (!ret)
		return 0;
	app_fail_ctx(app);
	if (ret == -EACCES)
		app_hint(app, "--token-insecure takes it all the same");
	return -1;
}

static int read_file(struct app *app, const char *path)
{
	int fd, ret;

	if (str_eq(path, "-") && app->session)
		return app_fail(app, VDEV_ERROR_INVALID,
				"standard input is no place for a VF token in "
				"a batch or a shell: it may hold the commands");
	if (str_eq(path, "-"))
		return read_from(app, STDIN_FILENO, "standard input");
	if (check_not_token(app, "token-file", path))
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return app_fail(app,
				errno == EACCES	  ? VDEV_ERROR_PERMISSION
				: errno == ENOENT ? VDEV_ERROR_NOT_FOUND
						  : VDEV_ERROR_FAILED,
				"cannot read the VF token in %s: %s", path,
				strerror(errno));
	ret = read_from(app, fd, path);
	close(fd);
	return ret;
}

/* Afterwards it is closed: a program that is started has no use for it. */
static int read_fd(struct app *app)
{
	_auto_free_ char *name = NULL;
	unsigned int fd;
	int ret;

	if (check_not_token(app, "token-fd", option_value(app, "token-fd")) ||
	    option_number(app, "token-fd", 0, INT_MAX, &fd))
		return -1;
	name = x_asprintf("file descriptor %u", fd);
	if (fcntl((int)fd, F_GETFD) < 0)
		return app_fail(app, VDEV_ERROR_INVALID,
				"--token-fd: %s is not open", name);
	ret = read_from(app, (int)fd, name);
	if (fd > STDERR_FILENO)
		close((int)fd);
	return ret;
}

static int read_key(struct app *app, const char *name)
{
	if (check_not_token(app, "token-key", name))
		return -1;
	if (vdev_vf_token_read_key(app->ctx, name, app->token))
		return app_fail_ctx(app);
	return 0;
}

static int read_once(struct app *app)
{
	const char *file = option_value(app, "token-file");
	const char *key = option_value(app, "token-key");

	if (file)
		return read_file(app, file);
	return key ? read_key(app, key) : read_fd(app);
}

/* Return: 0, or -1 after app_fail(); app->token is there on success only. */
static int take(struct app *app, struct vdev_device *dev)
{
	const bool stored = option_given(app, "token-stored");
	int ret;

	/* Those that are stored differ from PF to PF. */
	if (app->token && !stored)
		return 0;
	if (check_sources(app))
		return -1;
	secret_clear(app);
	secret_hide();
	if (vdev_vf_token_new(app->ctx, &app->token))
		return app_fail_ctx(app);
	if (stored)
		ret = vdev_vf_token_load(dev, app->token) ? app_fail_ctx(app)
							  : 0;
	else
		ret = read_once(app);
	if (ret)
		secret_clear(app);
	return ret;
}

int secret_for(struct app *app, struct vdev_device *dev,
	       const struct vdev_vf_token **ret)
{
	*ret = NULL;
	if (!secret_given(app)) {
		if (option_given(app, "token-insecure"))
			return app_fail(app, VDEV_ERROR_INVALID,
					"--token-insecure needs a token");
		return 0;
	}
	if (app->several &&
	    vdev_device_vf_token_use(dev) == VDEV_VF_TOKEN_UNUSED) {
		app_warn(app, "%s has no use for a VF token",
			 vdev_device_address(dev));
		return 0;
	}
	if (take(app, dev))
		return -1;
	*ret = app->token;
	return 0;
}

int secret_demand(struct app *app, struct vdev_device *dev,
		  const struct vdev_vf_token **ret)
{
	if (secret_given(app))
		return secret_for(app, dev, ret);
	app_fail(app, VDEV_ERROR_INVALID, "which VF token?");
	return app_hint(app, "give it with --token-file, --token-fd or "
			     "--token-key, never on the command line");
}

void secret_clear(struct app *app)
{
	app->token = vdev_vf_token_free(app->token);
}
