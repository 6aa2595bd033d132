/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static void *or_exit(void *p)
{
	static const char message[] = "vdevctl: out of memory\n";

	if (p)
		return p;
	if (write(STDERR_FILENO, message, sizeof(message) - 1) < 0)
		_exit(1);
	exit(1);
}

void *x_alloc(size_t count, size_t size)
{
	return or_exit(calloc(count ? count : 1, size ? size : 1));
}

void *x_realloc(void *p, size_t count, size_t size)
{
	return or_exit(reallocarray(p, count ? count : 1, size));
}

char *x_strdup(const char *s)
{
	return or_exit(strdup(s));
}

char *x_asprintf(const char *fmt, ...)
{
	char *text;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	return or_exit(text);
}

char *x_join(const char *const *words, size_t count, const char *separator)
{
	size_t size = 1;
	char *text, *end;

	for (size_t i = 0; i < count; i++)
		size += strlen(words[i]) + strlen(separator);
	text = end = x_alloc(size, 1);
	for (size_t i = 0; i < count; i++)
		end = stpcpy(stpcpy(end, i ? separator : ""), words[i]);
	return text;
}

size_t words_count(const char *const *words)
{
	size_t count = 0;

	while (words[count])
		count++;
	return count;
}
