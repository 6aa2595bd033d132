/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_OUTPUT_H
#define VDEVCTL_OUTPUT_H

#include <stdio.h>

#include "common.h"

/*
 * What goes to standard output. Every command builds JSON values once; they
 * are printed as a document, as the cells of a table, or through templates.
 * All of it is kept in memory and written at the end, so that a command that
 * fails halfway prints no half document.
 */

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

enum style {
	STYLE_PLAIN,
	STYLE_BOLD,
	STYLE_DIM,
	STYLE_GOOD,
	STYLE_WARN,
	STYLE_BAD
};

struct output {
	FILE *stream;
	char *text;
	size_t size;
	bool color;
	size_t width; /* of the terminal; 0 if it is none */
};

void output_open(struct output *out);
void output_set_color(struct output *out, enum color color);
/* Writes what was collected. Return: 0 or a negative errno. */
int output_flush(struct output *out);
void output_close(struct output *out);

void output_styled(struct output *out, enum style style, const char *text);

/* Prints a document; its keys are words, which need no escapes. */
void output_document(FILE *f, json_object *document);
/* The same on one line, for commands that print many. */
void output_line(FILE *f, json_object *document);

/* A string value of any bytes, or null for NULL. */
json_object *output_string(const char *s);
json_object *output_strings(const char *const *items); /* null for NULL */
json_object *output_hex(uint64_t value, int digits);   /* "0x..." */
/* A number; a negative one, an errno, becomes null. */
json_object *output_count(int64_t value);
/* true or false; a negative errno becomes null. */
json_object *output_flag(int value);

/* Adds a key that is not in the object yet; the key is not copied. */
void output_add(json_object *object, const char *key, json_object *value);
/* A string in an object, NULL for null. */
const char *output_get_string(json_object *object, const char *key);

/* A value as text, for the caller to free: "-" for null and for nothing. */
char *output_text(json_object *value, const char *separator);

/*
 * Fills a template from an object: {key} is the value of a key, {key.key} that
 * of a key further down (of each item, where there is an array), {key:bytes} a
 * number of bytes, {key:rate} bits a second, {key:driver} "driver NAME" or "no
 * driver", and [...] is left out if a value in it is null or empty. The caller
 * frees the result.
 */
char *output_expand(const char *template, json_object *object);
/* For each object of an array, joined by ", ". */
char *output_expand_all(const char *template, json_object *array);

/* --- Tables */

struct column {
	const char *header;
	enum style (*style)(json_object *value); /* NULL for plain */
	bool right;				 /* numbers */
};

struct table;

struct table *table_new(const struct column *columns, size_t count);
void table_free(struct table *table);
/* The next cell, row by row; takes the value over. */
void table_add(struct table *table, json_object *value);
/* The cells of a row, or of its first columns: what an object has for the keys.
 */
void table_add_keys(struct table *table, json_object *object,
		    const char *const *keys, size_t count);
/* The last column is cut to the terminal's width. */
void table_print(struct table *table, struct output *out, bool header);

/* A table of an array's objects, which have a key for each column. */
void output_table(struct output *out, json_object *array,
		  const struct column *columns, const char *const *keys,
		  size_t count, bool header);

/* --- Values with labels */

enum {
	LINE_OPTIONAL = 1 << 0, /* left out when there is nothing to say */
	LINE_SECRET = 1 << 1,	/* null when only root may know */
};

struct line {
	const char *label; /* NULL ends the lines */
	const char *template;
	const char *list; /* where an array of objects is, a line for each */
	unsigned int flags;
};

void output_lines(struct output *out, const struct line *lines,
		  json_object *object);

#endif
