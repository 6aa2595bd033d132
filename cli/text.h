/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_TEXT_H
#define VDEVCTL_TEXT_H

#include "common.h"

/* Text that came from anywhere, and what a terminal makes of it. */

/* A copy that is valid UTF-8: what is not becomes U+FFFD. */
char *text_utf8(const char *s);

/*
 * A copy of valid UTF-8 with everything escaped that a terminal would not
 * show but act on: control characters and changes of direction.
 */
char *text_printable(const char *s);

/* How many characters valid UTF-8 has. */
size_t text_width(const char *s);

/* Cuts valid UTF-8 to `width` characters, the last one a mark that it was. */
void text_cut(char *s, size_t width);

/* The word nearest to `s` among `words`, if it may be a slip; else NULL. */
const char *text_nearest(const char *s, const char *const *words, size_t count);

/* A number of bytes for people: "16 KiB"; the caller frees it. */
char *text_bytes(uint64_t bytes);
/* Bits a second, as they are given: "100mbit"; the caller frees it. */
char *text_rate(uint64_t bits);

#endif
