/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * openat2(2) below a root for programs under a valgrind that does not know it.
 * The test programs are linked so that syscall() passes here; without valgrind
 * the kernel does it all.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LINKS_AT_MOST 40

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

/* A path without links, relative to the root, and what is still to be walked.
 */
struct walk {
	int root;
	char done[PATH_MAX];
	char text[2 * PATH_MAX];
	const char *rest; /* in `text` */
	unsigned int links;
};

static void go_up(struct walk *w)
{
	char *slash = strrchr(w->done, '/');

	*(slash ? slash : w->done) = '\0';
}

/* Whether `w->done` was a link; its target comes before the rest then. */
static int follow(struct walk *w)
{
	char target[PATH_MAX], rest[2 * PATH_MAX];
	ssize_t n = readlinkat(w->root, w->done, target, sizeof(target) - 1);

	if (n < 0)
		return 0;
	if (++w->links > LINKS_AT_MOST)
		return -ELOOP;
	target[n] = '\0';
	if (*target == '/')
		*w->done = '\0';
	else
		go_up(w);
	strcpy(rest, w->rest);
	if ((size_t)snprintf(w->text, sizeof(w->text), "%s/%s", target, rest) >=
	    sizeof(w->text))
		return -ENAMETOOLONG;
	w->rest = w->text;
	return 1;
}

static int step(struct walk *w, bool follow_last)
{
	char name[NAME_MAX + 1];
	size_t skip = strspn(w->rest, "/");
	size_t n = strcspn(w->rest + skip, "/");
	size_t done = strlen(w->done);
	bool last;

	if (n > NAME_MAX)
		return -ENAMETOOLONG;
	snprintf(name, sizeof(name), "%.*s", (int)n, w->rest + skip);
	w->rest += skip + n;
	last = !w->rest[strspn(w->rest, "/")];
	if (!strcmp(name, ".") || !*name)
		return 0;
	if (!strcmp(name, "..")) {
		go_up(w);
		return 0;
	}
	if (done + n + 2 > sizeof(w->done))
		return -ENAMETOOLONG;
	sprintf(w->done + done, "%s%s", done ? "/" : "", name);
	return !last || follow_last ? follow(w) : 0;
}

static long open_in_root(int root, const char *path, const struct open_how *how)
{
	struct walk w = { .root = root };

	if ((size_t)snprintf(w.text, PATH_MAX, "%s", path) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	w.rest = w.text;
	while (w.rest[strspn(w.rest, "/")]) {
		int ret = step(&w, !(how->flags & O_NOFOLLOW));

		if (ret < 0) {
			errno = -ret;
			return -1;
		}
	}
	return openat(root, *w.done ? w.done : ".", (int)how->flags,
		      (mode_t)how->mode);
}

static bool kernel_knows_it(void)
{
	static _Atomic int known; /* by several threads */

	if (!known)
		known = __real_syscall(SYS_openat2, -1, NULL, NULL, 0) < 0 &&
					errno == ENOSYS
				? -1
				: 1;
	return known > 0;
}

long __wrap_syscall(long number, ...)
{
	long a[6];
	va_list args;

	va_start(args, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (number == SYS_openat2 && !kernel_knows_it())
		return open_in_root((int)a[0], (const char *)a[1],
				    (const struct open_how *)a[2]);
	return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
