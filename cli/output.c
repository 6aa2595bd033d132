/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "text.h"

/* --- The stream */

static size_t terminal_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;

	if (columns && atoi(columns) > 0)
		return (size_t)atoi(columns);
	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col)
		return size.ws_col;
	return 80;
}

void output_open(struct output *out)
{
	*out = (struct output){ 0 };
	out->stream = open_memstream(&out->text, &out->size);
	if (!out->stream)
		abort();
	if (isatty(STDOUT_FILENO))
		out->width = terminal_width();
	output_set_color(out, COLOR_AUTO);
}

void output_set_color(struct output *out, enum color color)
{
	const char *off = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (color == COLOR_AUTO)
		out->color = out->width && !(off && *off) && term &&
			     strcmp(term, "dumb") != 0;
	else
		out->color = color == COLOR_ALWAYS;
}

int output_flush(struct output *out)
{
	const char *at;
	size_t left;

	if (fflush(out->stream))
		return -ENOMEM;
	at = out->text;
	left = out->size;
	while (left) {
		ssize_t n = write(STDOUT_FILENO, at, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		left -= (size_t)n;
	}
	/* It is written once, and a new VF token may be in it. */
	if (out->text)
		explicit_bzero(out->text, out->size);
	rewind(out->stream);
	return fflush(out->stream) ? -ENOMEM : 0;
}

void output_close(struct output *out)
{
	if (out->stream)
		fclose(out->stream);
	/* A new VF token may be in it. */
	if (out->text)
		explicit_bzero(out->text, out->size);
	free(out->text);
	*out = (struct output){ 0 };
}

static const char *style_start(const struct output *out, enum style style)
{
	static const char *const codes[] = {
		[STYLE_PLAIN] = "",	   [STYLE_BOLD] = "\033[1m",
		[STYLE_DIM] = "\033[2m",   [STYLE_GOOD] = "\033[32m",
		[STYLE_WARN] = "\033[33m", [STYLE_BAD] = "\033[1;31m",
	};

	return out->color ? codes[style] : "";
}

static const char *style_end(const struct output *out, enum style style)
{
	return out->color && style != STYLE_PLAIN ? "\033[0m" : "";
}

void output_styled(struct output *out, enum style style, const char *text)
{
	fprintf(out->stream, "%s%s%s", style_start(out, style), text,
		style_end(out, style));
}

/* --- Documents */

static bool is_container(json_object *value)
{
	return json_object_is_type(value, json_type_object) ||
	       json_object_is_type(value, json_type_array);
}

static void start_line(FILE *f, unsigned int depth)
{
	fprintf(f, "\n%*s", 2 * (int)depth, "");
}

static void print_json(FILE *f, json_object *value, unsigned int depth);

static void print_object(FILE *f, json_object *object, unsigned int depth)
{
	const char *separator = "";

	fputc('{', f);
	json_object_object_foreach(object, key, value)
	{
		fputs(separator, f);
		start_line(f, depth + 1);
		fprintf(f, "\"%s\": ", key);
		print_json(f, value, depth + 1);
		separator = ",";
	}
	if (*separator)
		start_line(f, depth);
	fputc('}', f);
}

/* Words and numbers stand on one line. */
static void print_array(FILE *f, json_object *array, unsigned int depth)
{
	size_t count = json_object_array_length(array);
	bool lines = count && is_container(json_object_array_get_idx(array, 0));

	fputc('[', f);
	for (size_t i = 0; i < count; i++) {
		if (i)
			fputs(lines ? "," : ", ", f);
		if (lines)
			start_line(f, depth + 1);
		print_json(f, json_object_array_get_idx(array, i), depth + 1);
	}
	if (lines)
		start_line(f, depth);
	fputc(']', f);
}

/* json-c's own layout differs from one version to the next. */
static void print_json(FILE *f, json_object *value, unsigned int depth)
{
	if (json_object_is_type(value, json_type_object))
		print_object(f, value, depth);
	else if (json_object_is_type(value, json_type_array))
		print_array(f, value, depth);
	else
		fputs(json_object_to_json_string_ext(
			      value, JSON_C_TO_STRING_NOSLASHESCAPE),
		      f);
}

void output_document(FILE *f, json_object *document)
{
	print_json(f, document, 0);
	fputc('\n', f);
}

void output_line(FILE *f, json_object *document)
{
	fprintf(f, "%s\n",
		json_object_to_json_string_ext(
			document, JSON_C_TO_STRING_SPACED |
					  JSON_C_TO_STRING_NOSLASHESCAPE));
}

/* --- Values */

json_object *output_string(const char *s)
{
	_auto_free_ char *valid = s ? text_utf8(s) : NULL;

	return s ? json_object_new_string(valid) : NULL;
}

json_object *output_strings(const char *const *items)
{
	json_object *array = items ? json_object_new_array() : NULL;

	for (; items && *items; items++)
		json_object_array_add(array, output_string(*items));
	return array;
}

json_object *output_hex(uint64_t value, int digits)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%0*" PRIx64, digits, value);
	return json_object_new_string(text);
}

json_object *output_count(int64_t value)
{
	return value < 0 ? NULL : json_object_new_int64(value);
}

json_object *output_flag(int value)
{
	return value < 0 ? NULL : json_object_new_boolean(value);
}

void output_add(json_object *object, const char *key, json_object *value)
{
	json_object_object_add_ex(object, key, value,
				  JSON_C_OBJECT_ADD_KEY_IS_NEW |
					  JSON_C_OBJECT_ADD_CONSTANT_KEY);
}

const char *output_get_string(json_object *object, const char *key)
{
	return json_object_get_string(json_object_object_get(object, key));
}

static char *join(json_object *array, const char *separator)
{
	char *text = NULL;

	for (size_t i = 0; i < json_object_array_length(array); i++) {
		_auto_free_ char *head = text;
		_auto_free_ char *item = output_text(
			json_object_array_get_idx(array, i), separator);

		text = x_asprintf("%s%s%s", head ? head : "",
				  head ? separator : "", item);
	}
	return text ? text : x_strdup("-");
}

char *output_text(json_object *value, const char *separator)
{
	switch (json_object_get_type(value)) {
	case json_type_null:
		return x_strdup("-");
	case json_type_boolean:
		return x_strdup(json_object_get_boolean(value) ? "yes" : "no");
	case json_type_array:
		return join(value, separator);
	default:
		return text_printable(json_object_get_string(value));
	}
}

/* --- Templates */

static bool is_nothing(json_object *value)
{
	return !value || (json_object_is_type(value, json_type_array) &&
			  !json_object_array_length(value));
}

/*
 * The value at a path "key.key...", for the caller to drop; of an array what
 * each of its items has there.
 */
static json_object *look_up(json_object *object, const char *path)
{
	size_t length = strcspn(path, ".");
	_auto_free_ char *key = x_asprintf("%.*s", (int)length, path);
	json_object *value = json_object_object_get(object, key);
	json_object *array;

	if (!path[length] || !value)
		return json_object_get(value);
	path += length + 1;
	if (!json_object_is_type(value, json_type_array))
		return look_up(value, path);
	array = json_object_new_array();
	for (size_t i = 0; i < json_object_array_length(value); i++)
		json_object_array_add(
			array,
			look_up(json_object_array_get_idx(value, i), path));
	return array;
}

/* "path", "path:FILTER"; `nothing` is set if there is no value. */
static char *expand_key(const char *key, size_t length, json_object *object,
			bool *nothing)
{
	_auto_free_ char *path = x_asprintf("%.*s", (int)length, key);
	char *filter = strchr(path, ':');
	_auto_json_ json_object *value = NULL;

	if (filter)
		*filter++ = '\0';
	value = look_up(object, path);
	if (str_eq(filter, "driver") && !value)
		return x_strdup("no driver");
	*nothing |= is_nothing(value);
	if (str_eq(filter, "driver"))
		return x_asprintf("driver %s", json_object_get_string(value));
	if (str_eq(filter, "bytes") && value)
		return text_bytes((uint64_t)json_object_get_int64(value));
	if (str_eq(filter, "rate") && value)
		return text_rate(json_object_get_uint64(value));
	return output_text(value, ", ");
}

/* Up to the end or a ']'. Return: where it stopped. */
static const char *expand_part(const char *t, json_object *object, FILE *out,
			       bool *nothing)
{
	while (*t && *t != ']') {
		if (*t == '{') {
			size_t length = strcspn(++t, "}");
			_auto_free_ char *text =
				expand_key(t, length, object, nothing);

			fputs(text, out);
			t += length + 1;
		} else if (*t == '[') {
			_auto_free_ char *text = NULL;
			size_t size;
			bool empty = false;
			FILE *part = open_memstream(&text, &size);

			t = expand_part(t + 1, object, part, &empty) + 1;
			fclose(part);
			if (!empty)
				fputs(text, out);
		} else {
			fputc(*t++, out);
		}
	}
	return t;
}

static char *expand(const char *template, json_object *object, bool *nothing)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	*nothing = false;
	expand_part(template, object, out, nothing);
	fclose(out);
	return text;
}

char *output_expand(const char *template, json_object *object)
{
	bool nothing;

	return expand(template, object, &nothing);
}

char *output_expand_all(const char *template, json_object *array)
{
	_auto_json_ json_object *texts = json_object_new_array();

	for (size_t i = 0; i < json_object_array_length(array); i++) {
		_auto_free_ char *text = output_expand(
			template, json_object_array_get_idx(array, i));

		json_object_array_add(texts, output_string(text));
	}
	return output_text(texts, ", ");
}

/* --- Tables */

struct cell {
	char *text;
	size_t width;
	enum style style;
};

struct table {
	const struct column *columns;
	size_t column_count;
	struct cell *cells;
	size_t cell_count;
};

struct table *table_new(const struct column *columns, size_t count)
{
	struct table *table = x_alloc(1, sizeof(*table));

	table->columns = columns;
	table->column_count = count;
	return table;
}

void table_free(struct table *table)
{
	for (size_t i = 0; i < table->cell_count; i++)
		free(table->cells[i].text);
	free(table->cells);
	free(table);
}

void table_add(struct table *table, json_object *value)
{
	const struct column *column =
		&table->columns[table->cell_count % table->column_count];
	struct cell cell = { .text = output_text(value, ",") };

	cell.width = text_width(cell.text);
	if (column->style)
		cell.style = column->style(value);
	else if (!value)
		cell.style = STYLE_DIM;
	json_object_put(value);
	/* Full when it is empty or its count a power of two. */
	if (!(table->cell_count & (table->cell_count - 1)))
		table->cells =
			x_realloc(table->cells,
				  table->cell_count ? table->cell_count * 2 : 1,
				  sizeof(cell));
	table->cells[table->cell_count++] = cell;
}

static size_t *measure(const struct table *table, bool header)
{
	size_t *widths = x_alloc(table->column_count, sizeof(*widths));

	for (size_t i = 0; i < table->column_count && header; i++)
		widths[i] = strlen(table->columns[i].header);
	for (size_t i = 0, column = 0; i < table->cell_count; i++) {
		if (table->cells[i].width > widths[column])
			widths[column] = table->cells[i].width;
		if (++column == table->column_count)
			column = 0;
	}
	return widths;
}

static void print_cell(const struct table *table, struct output *out,
		       const size_t *widths, size_t column, struct cell cell)
{
	bool last = column + 1 == table->column_count;
	int space = (int)(widths[column] - cell.width);
	bool right = table->columns[column].right;

	fprintf(out->stream, "%*s", right ? space : 0, "");
	output_styled(out, cell.style, cell.text);
	if (last)
		fputc('\n', out->stream);
	else
		fprintf(out->stream, "%*s", (right ? 0 : space) + 2, "");
}

static void print_header(const struct table *table, struct output *out,
			 const size_t *widths)
{
	for (size_t i = 0; i < table->column_count; i++) {
		char *name = (char *)table->columns[i].header;

		print_cell(table, out, widths, i,
			   (struct cell){ name, strlen(name), STYLE_BOLD });
	}
}

/* What the columns before leave of the terminal for the last one. */
static size_t room_for_last(const struct table *table, const struct output *out,
			    const size_t *widths)
{
	size_t used = 0;

	if (!out->width)
		return SIZE_MAX;
	for (size_t i = 0; i + 1 < table->column_count; i++)
		used += widths[i] + 2;
	/* Where so little is left the line may as well be broken. */
	return used + 10 > out->width ? SIZE_MAX : out->width - used;
}

void table_add_keys(struct table *table, json_object *object,
		    const char *const *keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		table_add(table, json_object_get(json_object_object_get(
					 object, keys[i])));
}

void table_print(struct table *table, struct output *out, bool header)
{
	_auto_free_ size_t *widths = measure(table, header);
	size_t room = room_for_last(table, out, widths);

	if (header)
		print_header(table, out, widths);
	for (size_t i = 0; i < table->cell_count; i++) {
		size_t column = i % table->column_count;
		struct cell *cell = &table->cells[i];

		if (column + 1 == table->column_count)
			text_cut(cell->text, room);
		print_cell(table, out, widths, column, *cell);
	}
}

void output_table(struct output *out, json_object *array,
		  const struct column *columns, const char *const *keys,
		  size_t count, bool header)
{
	struct table *table = table_new(columns, count);

	for (size_t i = 0; i < json_object_array_length(array); i++)
		table_add_keys(table, json_object_array_get_idx(array, i), keys,
			       count);
	table_print(table, out, header);
	table_free(table);
}

/* --- Values with labels */

static void print_value(struct output *out, const char *label, size_t width,
			const char *text)
{
	fprintf(out->stream, "  %-*s  ", (int)width, label);
	output_styled(out, str_eq(text, "-") ? STYLE_DIM : STYLE_PLAIN, text);
	fputc('\n', out->stream);
}

static void print_items(struct output *out, const struct line *line,
			size_t width, json_object *items)
{
	const char *label = line->label;

	for (size_t i = 0; i < json_object_array_length(items); i++) {
		_auto_free_ char *text = output_expand(
			line->template, json_object_array_get_idx(items, i));

		print_value(out, label, width, text);
		label = "";
	}
}

/* Whether the first key of a template is null, and not only empty. */
static bool is_unknown(const char *template, json_object *object)
{
	const char *key = strchr(template, '{') + 1;
	_auto_free_ char *name =
		x_asprintf("%.*s", (int)strcspn(key, ".:}"), key);

	return !json_object_object_get(object, name);
}

static void print_line(struct output *out, const struct line *line,
		       size_t width, json_object *object)
{
	_auto_json_ json_object *items =
		line->list ? look_up(object, line->list) : NULL;
	_auto_free_ char *text = NULL;
	bool nothing = is_nothing(items);

	if (line->list && !nothing) {
		print_items(out, line, width, items);
		return;
	}
	if (!line->list)
		text = expand(line->template, object, &nothing);
	if (!nothing)
		print_value(out, line->label, width, text);
	else if (line->flags & LINE_SECRET && geteuid() &&
		 is_unknown(line->template, object))
		print_value(out, line->label, width, "? (root can tell)");
	else if (!(line->flags & LINE_OPTIONAL))
		print_value(out, line->label, width, "-");
}

void output_lines(struct output *out, const struct line *lines,
		  json_object *object)
{
	size_t width = 0;

	for (const struct line *line = lines; line->label; line++)
		if (strlen(line->label) > width)
			width = strlen(line->label);
	for (; lines->label; lines++)
		print_line(out, lines, width, object);
}
