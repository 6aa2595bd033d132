/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_SIGNALS_H
#define VDEVCTL_SIGNALS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* From here on SIGINT, SIGTERM and SIGHUP only ask to stop. */
void signals_catch(void);

/* Whether one of them came. */
bool signals_caught(void);

/*
 * As read(2), but EINTR also if the signal came before, so that none is slept
 * through.
 */
ssize_t signals_read(int fd, void *buffer, size_t size);

/* Waits until there is something to read, or a signal has come. */
void signals_wait(int fd);

/* Forgets a SIGINT, which ends a command but not a shell. */
void signals_forget(void);

#endif
