/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Lines of a batch, read and taken apart. */

#include <stdint.h>

#include "line.h"

#define FUZZ_CHECK(x)            \
	do {                     \
		if (!(x))        \
			abort(); \
	} while (0)

/* What is quoted is the word that it was. */
static void try_quoting(const struct line_text *line)
{
	_auto_free_ char *all = x_strdup("word");
	_auto_free_ char *wrong = NULL;
	struct line_text again;

	for (size_t i = 0; i < line->count; i++) {
		_auto_free_ char *head = all;
		_auto_free_ char *quoted = line_quote(line->words[i]);

		all = x_asprintf("%s %s", head, quoted);
	}
	wrong = line_parse(all, &again);
	/* A '=' behind the first word would make a name of it. */
	if (!line->count || !str_eq(line->words[0], "=")) {
		FUZZ_CHECK(!wrong && again.count == line->count + 1);
		for (size_t i = 0; i < line->count; i++)
			FUZZ_CHECK(str_eq(again.words[i + 1], line->words[i]));
	}
	line_clear(&again);
}

static void try_line(const char *text)
{
	struct line_text line;
	_auto_free_ char *wrong = line_parse(text, &line);

	if (!wrong) {
		FUZZ_CHECK(!line.name || line_is_name(line.name));
		FUZZ_CHECK(!line.open_quote);
		for (size_t i = 0; i < line.reference_count; i++)
			FUZZ_CHECK(line_is_name(line.references[i]));
		try_quoting(&line);
	}
	line_clear(&line);
	line_parse_typed(text, &line);
	FUZZ_CHECK(line.count && line.last_start <= strlen(text));
	line_clear(&line);
}

static bool never(void)
{
	return false;
}

/* Not by fuzz.h: that is for the library, whose strings have other names. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *f = size ? fmemopen((void *)data, size, "r") : NULL;
	bool fatal = false;

	while (f && !fatal) {
		_auto_free_ char *text = NULL;
		int got = line_read(f, never, &text, &fatal);

		if (!got)
			break;
		FUZZ_CHECK(text);
		if (got > 0)
			try_line(text);
	}
	if (f)
		fclose(f);
	return 0;
}
