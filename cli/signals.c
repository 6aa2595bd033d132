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

ssize_t signals_read(int fd, void *buffer, size_t size)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	sigset_t block, before;
	ssize_t n = -1;
	int error;

	sigemptyset(&block);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		sigaddset(&block, numbers[i]);
	sigprocmask(SIG_BLOCK, &block, &before);
	errno = EINTR;
	if (!caught && ppoll(&ready, 1, NULL, &before) >= 0)
		n = read(fd, buffer, size);
	error = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = error;
	return n;
}
