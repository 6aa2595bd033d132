/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text.h"

#include <inttypes.h>
#include <stdio.h>

#define REPLACEMENT "\xef\xbf\xbd"

/* Decodes one character. Return: its length, or 0 if it is not valid. */
static size_t decode(const char *s, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first = (unsigned char)*s;
	size_t length;
	uint32_t c;

	if (first < 0x80)
		length = 1;
	else if (first >= 0xc0 && first < 0xf8)
		length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	else
		return 0;
	c = length == 1 ? first : first & (0x7fU >> length);
	for (size_t i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	/* Neither written too long, nor half a pair, nor past the end. */
	if (c < least[length] || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff)
		return 0;
	*ret = c;
	return length;
}

char *text_utf8(const char *s)
{
	char *copy = x_alloc(strlen(s) + 1, strlen(REPLACEMENT));
	char *out = copy;

	while (*s) {
		uint32_t c;
		size_t length = decode(s, &c);

		out = length ? mempcpy(out, s, length)
			     : stpcpy(out, REPLACEMENT);
		s += length ? length : 1;
	}
	*out = '\0';
	return copy;
}

/* Source: Unicode, "Bidirectional Ordering Controls" and line separators. */
static bool acts(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c ||
	       c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069);
}

char *text_printable(const char *s)
{
	/* Two bytes at least become six at most. */
	char *copy = x_alloc(strlen(s) + 1, 4);
	char *out = copy;

	while (*s) {
		uint32_t c = 0;
		size_t length = decode(s, &c);

		if (!length || !acts(c))
			out = mempcpy(out, s, length ? length : 1);
		else
			out += sprintf(out, c < 0x80 ? "\\x%02x" : "\\u%04x",
				       c);
		s += length ? length : 1;
	}
	*out = '\0';
	return copy;
}

static bool is_start(char c)
{
	return (c & 0xc0) != 0x80;
}

size_t text_width(const char *s)
{
	size_t width = 0;

	for (; *s; s++)
		width += is_start(*s);
	return width;
}

void text_cut(char *s, size_t width)
{
	char *last = s;
	size_t seen = 0;

	for (char *at = s; *at; at++) {
		if (!is_start(*at))
			continue;
		if (seen++ == width) {
			/* '>' takes no more bytes than what it replaces. */
			strcpy(last, ">");
			return;
		}
		last = at;
	}
}

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Letters changed, added, dropped or swapped with their neighbour. */
static size_t distance(const char *a, const char *b)
{
	enum { MOST = 31 };
	size_t d[MOST + 1][MOST + 1];
	size_t n = strlen(a), m = strlen(b);

	if (n > MOST || m > MOST)
		return SIZE_MAX;
	for (size_t i = 0; i <= n; i++)
		d[i][0] = i;
	for (size_t j = 0; j <= m; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= n; i++)
		for (size_t j = 1; j <= m; j++) {
			bool same = a[i - 1] == b[j - 1];

			d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1,
				       d[i - 1][j - 1] + !same);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				d[i][j] = min3(d[i][j], d[i - 2][j - 2] + 1,
					       SIZE_MAX);
		}
	return d[n][m];
}

const char *text_nearest(const char *s, const char *const *words, size_t count)
{
	/* A third of the letters may be wrong, and a beginning is enough. */
	size_t best = strlen(s) / 3 + 2;
	const char *found = NULL;

	for (size_t i = 0; i < count; i++) {
		size_t d = distance(s, words[i]);

		if (strlen(s) > 1 && str_starts(words[i], s))
			d = 1;
		if (d < best) {
			best = d;
			found = words[i];
		}
	}
	return found;
}

char *text_bytes(uint64_t bytes)
{
	static const char *const units[] = { "B",   "KiB", "MiB", "GiB",
					     "TiB", "PiB", "EiB" };
	size_t unit = 0;

	while (bytes >= 1024 && !(bytes % 1024)) {
		bytes /= 1024;
		unit++;
	}
	return x_asprintf("%" PRIu64 " %s", bytes, units[unit]);
}

char *text_rate(uint64_t bits)
{
	static const char *const units[] = { "bit", "kbit", "mbit", "gbit",
					     "tbit" };
	size_t unit = 0;

	while (bits && !(bits % 1000) && unit + 1 < ARRAY_SIZE(units)) {
		bits /= 1000;
		unit++;
	}
	return bits ? x_asprintf("%" PRIu64 "%s", bits, units[unit])
		    : x_strdup("0");
}
