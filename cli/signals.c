/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "signals.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t caught;

static void note(int signal)
{
	/* The others are there to stay. */
	if (signal != SIGINT || !caught)
		caught = signal;
}

void signals_catch(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };

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
