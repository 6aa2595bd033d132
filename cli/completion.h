/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_COMPLETION_H
#define VDEVCTL_COMPLETION_H

/* The words that a filter can start with, with spaces between them. */
const char *completion_filters(void);

#endif
