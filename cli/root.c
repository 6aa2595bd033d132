/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app.h"
#include "tar.h"

/* Removes all of a directory, also where its modes forbid that. */
static void remove_tree(int parent, const char *name)
{
	int fd = openat(parent, name,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct dirent *e;
	DIR *dir;

	if (fd < 0 && errno == EACCES && !fchmodat(parent, name, 0700, 0))
		fd = openat(parent, name,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir)
		return;
	fchmod(fd, 0700);
	while ((e = readdir(dir))) {
		if (str_eq(e->d_name, ".") || str_eq(e->d_name, ".."))
			continue;
		if (unlinkat(fd, e->d_name, 0))
			remove_tree(fd, e->d_name);
	}
	closedir(dir);
	unlinkat(parent, name, AT_REMOVEDIR);
}

static volatile sig_atomic_t worker;

static void pass_on(int signal)
{
	kill((pid_t)worker, signal);
}

static const int passed_on[] = { SIGINT, SIGTERM, SIGHUP };

/* Waits for the child, then cleans up behind it. */
static void __attribute__((noreturn))
supervise(pid_t child, const char *dir, const sigset_t *before)
{
	struct sigaction action = { .sa_handler = pass_on };
	int status;

	worker = child;
	for (size_t i = 0; i < ARRAY_SIZE(passed_on); i++)
		sigaction(passed_on[i], &action, NULL);
	sigprocmask(SIG_SETMASK, before, NULL);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	remove_tree(AT_FDCWD, dir);
	if (WIFEXITED(status))
		exit(WEXITSTATUS(status));
	fprintf(stderr, "vdevctl: ended by signal %d (%s)\n", WTERMSIG(status),
		strsignal(WTERMSIG(status)));
	exit(VDEV_ERROR_FAILED);
}

static int temporary_dir(struct app *app, char **ret)
{
	const char *base = getenv("TMPDIR");
	char *dir =
		x_asprintf("%s/vdevctl-XXXXXX", base && *base ? base : "/tmp");

	if (!mkdtemp(dir)) {
		app_fail(app, VDEV_ERROR_FAILED, "cannot make %s: %s", dir,
			 strerror(errno));
		free(dir);
		return -1;
	}
	*ret = dir;
	return 0;
}

/* Return: in the child only, unless it could not be started. */
static int start_worker(struct app *app, const char *dir)
{
	pid_t parent = getpid();
	sigset_t block, before;
	pid_t child;

	sigemptyset(&block);
	for (size_t i = 0; i < ARRAY_SIZE(passed_on); i++)
		sigaddset(&block, passed_on[i]);
	sigprocmask(SIG_BLOCK, &block, &before);
	child = fork();
	if (child > 0)
		supervise(child, dir, &before);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (child < 0) {
		remove_tree(AT_FDCWD, dir);
		return app_fail(app, VDEV_ERROR_FAILED,
				"cannot start a process: %s", strerror(errno));
	}
	if (getppid() != parent)
		_exit(VDEV_ERROR_FAILED);
	return 0;
}

static int use_capture(struct app *app, int fd, const char *path)
{
	_auto_free_ char *dir = NULL;

	if (temporary_dir(app, &dir) || start_worker(app, dir) ||
	    tar_unpack(app, fd, path, dir))
		return -1;
	return vdev_ctx_set_root(app->ctx, dir) ? app_fail_ctx(app) : 0;
}

int root_use(struct app *app, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	int ret;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
		ret = vdev_ctx_set_root(app->ctx, path) ? app_fail_ctx(app) : 0;
	else
		ret = use_capture(app, fd, path);
	if (fd >= 0)
		close(fd);
	return ret;
}

bool root_is_captured(const struct app *app)
{
	const char *root = vdev_ctx_root(app->ctx);
	_auto_free_ char *path = root ? x_asprintf("%s/sys", root) : NULL;
	struct statfs fs;

	return root && (statfs(path, &fs) || fs.f_type != SYSFS_MAGIC);
}

int root_refuse_captured(struct app *app)
{
	if (app->dry_run || !root_is_captured(app))
		return 0;
	return app_fail(app, VDEV_ERROR_NOT_SUPPORTED,
			"%s is no running system, nothing can be changed in it",
			vdev_ctx_root(app->ctx));
}
