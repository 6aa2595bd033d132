/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "numbers.h"

#include <errno.h>
#include <inttypes.h>

#include "app.h"

/* Digits from the start on; `end` is behind them. */
static bool parse_digits(const char *text, const char **end, uint64_t *ret)
{
	bool hex = str_starts(text, "0x") || str_starts(text, "0X");
	char *stop;

	/* strtoull() would take spaces and signs too. */
	if (!strchr(hex ? "0123456789abcdefABCDEF" : "0123456789",
		    text[hex ? 2 : 0]) ||
	    !text[hex ? 2 : 0])
		return false;
	errno = 0;
	*ret = strtoull(text, &stop, hex ? 16 : 10);
	*end = stop;
	return !errno;
}

bool number_parse(const char *text, uint64_t *ret)
{
	const char *end;

	return parse_digits(text, &end, ret) && !*end;
}

bool number_parse_size(const char *text, uint64_t *ret)
{
	static const char units[] = "KMGTP";
	const char *end, *unit;
	unsigned int shift;

	if (!parse_digits(text, &end, ret))
		return false;
	if (!*end)
		return true;
	unit = strchr(units, *end == 'k' ? 'K' : *end);
	if (!unit || (end[1] && !str_eq(end + 1, "iB")))
		return false;
	shift = 10 * (unsigned int)(unit - units + 1);
	if (*ret > UINT64_MAX >> shift)
		return false;
	*ret <<= shift;
	return true;
}

int number_take(struct app *app, const char *what, const char *text,
		uint64_t *ret)
{
	if (number_parse(text, ret))
		return 0;
	return app_fail(app, VDEV_ERROR_INVALID,
			"%s is a number such as 4096 or 0x1000, not '%s'", what,
			text);
}

int number_take_most(struct app *app, const char *what, const char *text,
		     uint64_t most, uint64_t *ret)
{
	uint64_t value = 0;

	if (number_take(app, what, text, &value))
		return -1;
	if (value > most)
		return app_fail(app, VDEV_ERROR_INVALID,
				"%s: %s is more than 0x%" PRIx64, what, text,
				most);
	*ret = value;
	return 0;
}

int number_take_size(struct app *app, const char *what, const char *text,
		     uint64_t *ret)
{
	if (number_parse_size(text, ret))
		return 0;
	return app_fail(app, VDEV_ERROR_INVALID,
			"%s is a number of bytes such as 4096, 64K or 0x1000, "
			"not '%s'",
			what, text);
}

int number_take_u32(struct app *app, const char *what, const char *text,
		    uint32_t *ret)
{
	uint64_t value;

	if (!number_parse(text, &value) || value > UINT32_MAX)
		return app_fail(app, VDEV_ERROR_INVALID,
				"%s is a number up to %u, not '%s'", what,
				UINT32_MAX, text);
	*ret = (uint32_t)value;
	return 0;
}

int option_u64(struct app *app, const char *name, uint64_t *ret)
{
	const char *value = option_value(app, name);
	_auto_free_ char *what = x_asprintf("--%s", name);

	return value ? number_take(app, what, value, ret) : 0;
}

int option_u32(struct app *app, const char *name, uint32_t *ret)
{
	const char *value = option_value(app, name);
	_auto_free_ char *what = x_asprintf("--%s", name);

	return value ? number_take_u32(app, what, value, ret) : 0;
}

int option_size(struct app *app, const char *name, uint64_t *ret)
{
	const char *value = option_value(app, name);
	_auto_free_ char *what = x_asprintf("--%s", name);

	return value ? number_take_size(app, what, value, ret) : 0;
}

int option_type(struct app *app, const char *const *words, uint32_t first,
		uint32_t *ret)
{
	const char *value = option_value(app, "type");
	_auto_free_ char *list = NULL;
	uint64_t number;

	if (!value)
		return 0;
	for (uint32_t i = 0; words[i]; i++)
		if (str_eq(words[i], value)) {
			*ret = first + i;
			return 0;
		}
	if (number_parse(value, &number) && number >= first &&
	    number <= UINT32_MAX) {
		*ret = (uint32_t)number;
		return 0;
	}
	list = x_join(words, words_count(words), ", ");
	return app_fail(app, VDEV_ERROR_INVALID,
			"--type takes %s or the number of a type, not '%s'",
			list, value);
}

int option_width(struct app *app, unsigned int *ret)
{
	const char *value = option_value(app, "width");

	if (!value)
		return 0;
	if (!*value || !strchr("1248", *value) || value[1])
		return app_fail(app, VDEV_ERROR_INVALID,
				"--width takes 1, 2, 4 or 8 bytes, not '%s'",
				value);
	*ret = (unsigned int)(*value - '0');
	return 0;
}

static int digit_value(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at =
		c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;

	return at ? (int)(at - digits) : -1;
}

int number_take_bytes(struct app *app, const char *what, const char *text,
		      uint8_t **ret, size_t *size)
{
	size_t length = strlen(text);
	_auto_free_ uint8_t *bytes = x_alloc(length / 2, 1);

	for (size_t i = 0; i + 1 < length; i += 2) {
		int high = digit_value(text[i]);
		int low = digit_value(text[i + 1]);

		if (high < 0 || low < 0)
			length = 0;
		else
			bytes[i / 2] = (uint8_t)(high << 4 | low);
	}
	if (!length || length % 2)
		return app_fail(app, VDEV_ERROR_INVALID,
				"%s is bytes as hexadecimal digits, two for "
				"each, such as efbeadde, not '%s'",
				what, text);
	*ret = bytes;
	*size = length / 2;
	bytes = NULL;
	return 0;
}

char *number_bytes(const uint8_t *bytes, size_t count)
{
	static const char digits[] = "0123456789abcdef";
	char *text = x_alloc(2 * count + 1, 1);

	for (size_t i = 0; i < count; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	return text;
}
