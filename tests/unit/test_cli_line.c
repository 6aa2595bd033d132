/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "line.h"

/* The words and the name of a line as one text: "name: word|word". */
static char *joined(const struct line_text *line)
{
	_auto_free_ char *words =
		x_join((const char *const *)line->words, line->count, "|");

	return x_asprintf("%s%s%s", line->name ? line->name : "",
			  line->name ? ": " : "", words);
}

static void test_words(void **state)
{
	static const char *const lines[][2] = {
		{ "", "" },
		{ " \t\r", "" },
		{ "# list", "" },
		{ "list", "list" },
		{ "  list  a\tb \r", "list|a|b" },
		{ "list #a", "list" },
		{ "list a#b", "list|a#b" },
		{ "list 'a b' \"c d\" e\\ f", "list|a b|c d|e f" },
		{ "list ''", "list|" },
		{ "a'b'\"c\"d", "abcd" },
		{ "'a\\b' \"a\\b\" \"\\\"\\\\\\$\"", "a\\b|a\\b|\"\\$" },
		{ "'$x' \\$x", "$x|$x" },
		{ "'#' \\#", "#|#" },
		{ "x = list a", "x: list|a" },
		{ "x-1_ = list =", "x-1_: list|=" },
		{ "x= list", "x=|list" },
		{ "list x = y", "list|x|=|y" },
		{ "vdevctl list", "list" },
		{ "x = vdevctl list", "x: list" },
		{ "vdevctl vdevctl", "vdevctl" },
		{ "0000:0[1-3]:*.? --force=x", "0000:0[1-3]:*.?|--force=x" },
		{ "\xff\xc3\xa4", "\xff\xc3\xa4" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct line_text line;
		_auto_free_ char *wrong = line_parse(lines[i][0], &line);
		_auto_free_ char *text = joined(&line);

		assert_null(wrong);
		assert_string_equal(text, lines[i][1]);
		assert_int_equal(line.reference_count, 0);
		line_clear(&line);
	}
}

static void test_references(void **state)
{
	struct line_text line;

	(void)state;
	assert_null(
		line_parse("f $a --x=$b c,$d-1 \"$e\" '$f' \\$g $a", &line));
	assert_int_equal(line.reference_count, 5);
	assert_string_equal(line.references[0], "a");
	assert_string_equal(line.references[1], "b");
	assert_string_equal(line.references[2], "d-1");
	assert_string_equal(line.references[3], "e");
	assert_string_equal(line.references[4], "a");
	assert_string_equal(line.words[2], "--x=$b");
	line_clear(&line);
}

static void test_wrong(void **state)
{
	static const char *const lines[][2] = {
		{ "'a", "not closed: '" },
		{ "a \"b", "not closed: \"" },
		{ "\"a\\\"", "not closed: \"" },
		{ "a \\", "nothing behind the '\\'" },
		{ "$", "name of an object" },
		{ "$1", "name of an object" },
		{ "a$b", "name of an object" },
		{ "\"$\"", "name of an object" },
		{ "a;b", "';' is to be quoted" },
		{ "a `b`", "'`' is to be quoted" },
		{ "x =", "no command behind" },
		{ "1 = list", "'1' cannot be the name" },
		{ "= = list", "'=' cannot be the name" },
		{ "'a b' = list", "'a b' cannot be the name" },
		{ "x234567890123456789012345678901234567890123456789012345678"
		  "901234 = list",
		  "cannot be the name" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct line_text line;
		_auto_free_ char *wrong = line_parse(lines[i][0], &line);

		assert_non_null(wrong);
		assert_non_null(strstr(wrong, lines[i][1]));
		line_clear(&line);
	}
}

static void test_typed(void **state)
{
	static const struct {
		const char *text;
		const char *words;
		size_t start;
		char quote;
	} lines[] = {
		{ "", "", 0, 0 },
		{ "li", "li", 0, 0 },
		{ "li ", "li|", 3, 0 },
		{ "x = io", "x: io", 4, 0 },
		{ "x = ", "x: ", 4, 0 },
		{ "x =", "x|=", 2, 0 },
		{ "list 'a b", "list|a b", 5, '\'' },
		{ "list \"a ", "list|a ", 5, '"' },
		{ "list $", "list|", 5, 0 },
		{ "list a\\", "list|a", 5, 0 },
		{ "list # x ", "list|", 9, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct line_text line;
		_auto_free_ char *text = NULL;

		line_parse_typed(lines[i].text, &line);
		text = joined(&line);
		assert_string_equal(text, lines[i].words);
		assert_int_equal(line.last_start, lines[i].start);
		assert_int_equal(line.open_quote, lines[i].quote);
		line_clear(&line);
	}
}

static void test_quote(void **state)
{
	static const char *const words[][2] = {
		{ "a", "a" },	      { "", "''" },
		{ "a b", "'a b'" },   { "it's", "'it'\\''s'" },
		{ "$x", "'$x'" },     { "#a", "'#a'" },
		{ "a#b=*", "a#b=*" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		_auto_free_ char *quoted = line_quote(words[i][0]);

		assert_string_equal(quoted, words[i][1]);
	}
}

static bool never(void)
{
	return false;
}

static FILE *file_of(const char *text, size_t size)
{
	FILE *f = tmpfile();

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, size, f), size);
	rewind(f);
	return f;
}

static void test_read(void **state)
{
	FILE *f = file_of("one\n\n\ttwo\r\nthr\0ee\nfour", 22);
	bool fatal;
	char *text;

	(void)state;
	assert_int_equal(line_read(f, never, &text, &fatal), 1);
	assert_string_equal(text, "one");
	free(text);
	assert_int_equal(line_read(f, never, &text, &fatal), 1);
	assert_string_equal(text, "");
	free(text);
	assert_int_equal(line_read(f, never, &text, &fatal), 1);
	assert_string_equal(text, "\ttwo\r");
	free(text);
	assert_int_equal(line_read(f, never, &text, &fatal), -1);
	assert_string_equal(text, "the line has a NUL byte");
	assert_false(fatal);
	free(text);
	assert_int_equal(line_read(f, never, &text, &fatal), 1);
	assert_string_equal(text, "four");
	free(text);
	assert_int_equal(line_read(f, never, &text, &fatal), 0);
	fclose(f);
}

static void test_read_long(void **state)
{
	_auto_free_ char *longest = x_alloc(LINE_MOST + 2, 1);
	bool fatal;
	char *text;
	FILE *f;

	(void)state;
	memset(longest, 'x', LINE_MOST);
	longest[LINE_MOST] = '\n';
	f = file_of(longest, LINE_MOST + 1);
	assert_int_equal(line_read(f, never, &text, &fatal), 1);
	assert_int_equal(strlen(text), LINE_MOST);
	free(text);
	fclose(f);
	longest[LINE_MOST] = 'x';
	f = file_of(longest, LINE_MOST + 1);
	assert_int_equal(line_read(f, never, &text, &fatal), -1);
	assert_non_null(strstr(text, "longer than"));
	assert_true(fatal);
	free(text);
	fclose(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_typed),
		cmocka_unit_test(test_quote),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_read_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
