/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_LAB_VERDICT_H
#define TESTS_LAB_VERDICT_H

#include <stdarg.h>
#include <stdio.h>

#include <libvdev/ctx.h>

/* The context of the whole program. */
static struct vdev_ctx *ctx;

/* A line for one test; of a failed one with what the library said last. */
static int __attribute__((format(printf, 2, 3)))
check(int good, const char *fmt, ...)
{
	va_list args;

	printf(good ? "ok " : "not ok ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	if (!good)
		printf(": %s", vdev_ctx_last_error(ctx));
	putchar('\n');
	return good;
}

#endif
