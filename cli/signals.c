/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t caught;

static void note(int signal)
{
	/* The others are there to stay. */
	if (signal != SIGINT || !caught)
		caught = signal;
}

static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };

void signals_catch(void)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		/* Not restarted: who waits for a lock is to give up. */
		struct sigaction action = { .sa_handler = note };
		struct sigaction old;

		/* nohup(1) and shells have reason to ignore some. */
		if (!sigaction(numbers[i], NULL, &old) &&
		    old.sa_handler != SIG_IGN)
			sigaction(numbers[i], &action, NULL);
	}
}

bool signals_caught(void)
{
	return caught;
}

void signals_forget(void)
{
	if (caught == SIGINT)
		caught = 0;
}

/* With the signals kept out, so that none comes after it was looked for. */
static int wait_and_read(int fd, void *buffer, size_t size, ssize_t *n)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	sigset_t block, before;
	int error;

	sigemptyset(&block);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		sigaddset(&block, numbers[i]);
	sigprocmask(SIG_BLOCK, &block, &before);
	*n = -1;
	errno = EINTR;
	if (!caught && ppoll(&ready, 1, NULL, &before) >= 0)
		*n = buffer ? read(fd, buffer, size) : 0;
	error = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	return error;
}

ssize_t signals_read(int fd, void *buffer, size_t size)
{
	ssize_t n;

	errno = wait_and_read(fd, buffer, size, &n);
	return n;
}

void signals_wait(int fd)
{
	ssize_t n;

	(void)wait_and_read(fd, NULL, 0, &n);
}
