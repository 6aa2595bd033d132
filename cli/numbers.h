/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_NUMBERS_H
#define VDEVCTL_NUMBERS_H

#include "common.h"

/* Numbers, sizes and bytes in operands and options. */

struct app;

/* "4096", "0x1000". Return: whether it is one. */
bool number_parse(const char *text, uint64_t *ret);

/* The same, or with a unit: "4K", "16M", "1GiB"; K is 1024. */
bool number_parse_size(const char *text, uint64_t *ret);

/*
 * The number or size that `what` stands for. Return: 0, or -1 after
 * app_fail().
 */
int number_take(struct app *app, const char *what, const char *text,
		uint64_t *ret);
int number_take_size(struct app *app, const char *what, const char *text,
		     uint64_t *ret);
/* One that may be no larger than `most`. */
int number_take_most(struct app *app, const char *what, const char *text,
		     uint64_t most, uint64_t *ret);
/* One that is an id or the like, of 32 bits. */
int number_take_u32(struct app *app, const char *what, const char *text,
		    uint32_t *ret);

/* The same of an option, which leaves `ret` as it is if it was not given. */
int option_u64(struct app *app, const char *name, uint64_t *ret);
int option_u32(struct app *app, const char *name, uint32_t *ret);
int option_size(struct app *app, const char *name, uint64_t *ret);
/*
 * --type: one of the words, the first of which stands for `first`, or a number
 * that is no less.
 */
int option_type(struct app *app, const char *const *words, uint32_t first,
		uint32_t *ret);
/* --width: the bytes of an access, 1, 2, 4 or 8. */
int option_width(struct app *app, unsigned int *ret);

/*
 * Bytes as hexadecimal digits, in the order they have in memory. Return: 0
 * with a buffer for the caller to free, or -1 after app_fail().
 */
int number_take_bytes(struct app *app, const char *what, const char *text,
		      uint8_t **ret, size_t *size);
/* The digits of bytes, for the caller to free. */
char *number_bytes(const uint8_t *bytes, size_t count);

#endif
