/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_COMMON_H
#define VDEVCTL_COMMON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ARRAY_SIZE(a)	  (sizeof(a) / sizeof((a)[0]))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

static inline void common_free(void *p)
{
	free(*(void **)p);
}

static inline void common_json_put(json_object **o)
{
	json_object_put(*o);
}

/* Frees a pointer, or drops a JSON value, when it goes out of scope. */
#define _auto_free_ __attribute__((cleanup(common_free)))
#define _auto_json_ __attribute__((cleanup(common_json_put)))

static inline bool str_eq(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static inline bool str_starts(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

/* As their namesakes, but a program without memory ends with exit code 1. */
void *x_alloc(size_t count, size_t size);
void *x_realloc(void *p, size_t count, size_t size);
char *x_strdup(const char *s);
char *x_asprintf(const char *fmt, ...) PRINTF(1, 2);
/* The words with a separator between them. */
char *x_join(const char *const *words, size_t count, const char *separator);

/* How many words there are before the NULL. */
size_t words_count(const char *const *words);

#endif
