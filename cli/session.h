/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_SESSION_H
#define VDEVCTL_SESSION_H

#include "common.h"

/*
 * What the lines of a batch or a shell share: a context, and the objects they
 * made, which have names and are open until they are dropped or all ends.
 *
 * An object that another one uses (an address space that a device is attached
 * to) is not dropped before that one or before the use has ended. So each use
 * is written down; at the end what nobody uses any more is dropped first.
 */

struct app;
struct object;
struct session;

/* A sort of objects; a constant for each. */
struct object_type {
	const char *name; /* "ioas" */
	const char *what; /* "an address space" */
	void (*release)(void *data);
	/* The kernel's number of it; null if it has none. NULL for never. */
	json_object *(*id)(const void *data);
	/* A few words on it; may be NULL. */
	char *(*detail)(const void *data);
};

struct object {
	const struct object_type *type;
	char *name;
	/* What the commands of its type know; NULL in a dry run. */
	void *data;
	unsigned int line; /* that made it */
	struct object *next;
};

/* How an object uses another one. */
enum use {
	USE_PART,     /* it is made of it, for as long as it exists */
	USE_ATTACHED, /* a device its address space or HWPT */
	USE_PASID,    /* a device the HWPT of the PASID `first` */
	USE_MAPPED,   /* an address space memory, from `first` to `last` */
	USE_ANY,      /* for session_unuse() */
};

struct session *session_new(void);
/* Releases all objects. */
void session_free(struct session *s);

/* What the line that runs now calls its object; NULL for nothing. */
void session_start_line(struct session *s, unsigned int line, const char *name);

const char *session_name(const struct session *s);
/* Whether 'exit' was among them. */
bool session_ended(const struct session *s);

/* --- For commands */

/* The object of a name, without its '$'; or NULL. */
struct object *session_find(const struct session *s, const char *name);

/* Whether an operand is "$NAME". */
bool session_is_reference(const char *word);

/*
 * What "$NAME" stands for, which has to be of the type (NULL for any). Return:
 * NULL after app_fail().
 */
struct object *session_get(struct app *app, const char *word,
			   const struct object_type *type);

/* The only object of a type; NULL if there is none or several. */
struct object *session_only(const struct session *s,
			    const struct object_type *type, size_t *count);

/* Adds an object under the name that the line gives, taking `data` over. */
struct object *session_add(struct app *app, const struct object_type *type,
			   void *data);
/* The same for what is a part of another object, and goes before that. */
struct object *session_add_part(struct app *app, const struct object_type *type,
				void *data, struct object *of);
/* As session_add(), under another name, which is free. */
struct object *session_add_as(struct app *app, const char *name,
			      const struct object_type *type, void *data);

/* The next one, from the newest to the oldest; starts with NULL. */
struct object *session_next(const struct session *s,
			    const struct object *object);

/* Drops it. Return: 0, or -1 after app_fail() if something uses it. */
int session_drop(struct app *app, struct object *object);

/* Prints what was made: the result of the commands that make something. */
void session_print(struct app *app, struct object *object);
json_object *session_describe(const struct session *s,
			      const struct object *object);

/* --- Uses */

void session_use(struct session *s, struct object *user, struct object *used,
		 enum use use, uint64_t first, uint64_t last);
/* Ends the uses of that sort that lie within the range. */
void session_unuse(struct session *s, const struct object *user, enum use use,
		   uint64_t first, uint64_t last);
/*
 * A use of that sort that starts at `*from` or behind, the lowest one; `*from`
 * becomes its start. Return: what is used, or NULL.
 */
struct object *session_used(const struct session *s, const struct object *user,
			    enum use use, uint64_t *from, uint64_t *last);

#endif
