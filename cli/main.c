/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app.h"
#include "mdevctl.h"

/*
 * No file of ours may take the number of a standard stream that is closed:
 * messages would go into it. What cannot be read or written stands in.
 */
static void fill_streams(void)
{
	static const int flags[] = { O_WRONLY, O_RDONLY, O_RDONLY };

	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", flags[fd]) < 0)
			_exit(VDEV_ERROR_FAILED);
}

/* A plan holds a lock, and so a file, for each IOMMU group it changes. */
static void raise_file_limit(struct app *app)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	app->files = limit;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
	struct app app = { 0 };
	int code;

	fill_streams();
	if (argc && mdevctl_is_called(argv[0]))
		return mdevctl_main(argc, argv);
	raise_file_limit(&app);
	/* A closed pipe is an error like any other when writing. */
	app.ignored_pipes = signal(SIGPIPE, SIG_IGN) == SIG_IGN;
	output_open(&app.out);
	if (!command_parse(&app, argc, argv))
		(void)app_run(&app);
	app_write(&app);
	code = error_report(&app);
	app_close(&app);
	return code;
}
