/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "history.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common.h"

/* The file, for the caller to free; NULL if the user has no place for it. */
static char *path_of_file(void)
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	/* By the specification of base directories, others do not count. */
	if (state && *state == '/')
		return x_asprintf("%s/vdevctl/history", state);
	return home && *home == '/'
		       ? x_asprintf("%s/.local/state/vdevctl/history", home)
		       : NULL;
}

/* Makes the folders above a file that are missing. */
static void make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0700);
		*slash = '/';
	}
}

/* Replaces the file by its lines behind the first ones. */
static void shorten(const char *path, FILE *from, size_t first)
{
	_auto_free_ char *new = x_asprintf("%s.%d", path, (int)getpid());
	_auto_free_ char *line = NULL;
	int fd = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *to = fd < 0 ? NULL : fdopen(fd, "w");
	bool done = to;
	size_t size = 0;
	ssize_t n;

	rewind(from);
	for (size_t i = 0; done && (n = getline(&line, &size, from)) > 0; i++)
		done = i < first || fwrite(line, (size_t)n, 1, to) == 1;
	if (to)
		done = !fclose(to) && done;
	if (!done || rename(new, path))
		(void)unlink(new);
}

/* Return: how many lines the file has. */
static size_t read_lines(FILE *f, history_line_fn fn, void *data)
{
	_auto_free_ char *line = NULL;
	size_t size = 0, count;

	for (count = 0; getline(&line, &size, f) > 0; count++) {
		line[strcspn(line, "\n")] = '\0';
		if (*line)
			fn(data, line);
	}
	return count;
}

void history_load(history_line_fn fn, void *data)
{
	_auto_free_ char *path = path_of_file();
	FILE *f = path ? fopen(path, "re") : NULL;
	size_t count;

	if (!f)
		return;
	count = read_lines(f, fn, data);
	/* Not at each line, that shells at the same time may add to it. */
	if (count > 2UL * HISTORY_MOST)
		shorten(path, f, count - HISTORY_MOST);
	fclose(f);
}

void history_add(const char *text)
{
	_auto_free_ char *path = path_of_file();
	_auto_free_ char *line = x_asprintf("%s\n", text);
	ssize_t written;
	int fd;

	if (!path)
		return;
	make_folders(path);
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
		  0600);
	if (fd < 0)
		return;
	/* In one piece, between those of other shells; missed if it fails. */
	written = write(fd, line, strlen(line));
	(void)written;
	close(fd);
}
