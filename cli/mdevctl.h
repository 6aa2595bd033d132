/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_MDEVCTL_H
#define VDEVCTL_MDEVCTL_H

#include <libvdev/mdev.h>
#include <stdio.h>

#include "common.h"

/*
 * The program under the names of mdevctl: its commands, output and exit codes,
 * for what was written for it. See vdev-mdevctl(8) for the differences.
 */

/* Whether the program was called by a name that ends like these. */
bool mdevctl_is_called(const char *argv0);
/* Return: the exit code. */
int mdevctl_main(int argc, char **argv);

/* --- Its command line */

enum mdevctl_option {
	MDEVCTL_UUID,
	MDEVCTL_PARENT,
	MDEVCTL_TYPE,
	MDEVCTL_AUTO,
	MDEVCTL_MANUAL,
	MDEVCTL_ADDATTR,
	MDEVCTL_DELATTR,
	MDEVCTL_INDEX,
	MDEVCTL_VALUE,
	MDEVCTL_JSONFILE,
	MDEVCTL_LIVE,
	MDEVCTL_DEFINED,
	MDEVCTL_VERBOSE,
	MDEVCTL_DUMPJSON,
	MDEVCTL_FORCE,
	MDEVCTL_STRICT,
	MDEVCTL_HELP,
	MDEVCTL_VERSION,
	MDEVCTL_OPTIONS,
};

#define MDEVCTL_BIT(option) (1U << MDEVCTL_##option)

struct mdevctl;

struct mdevctl_verb {
	const char *name; /* NULL ends the list */
	const char *summary;
	const char *operand; /* NULL for none */
	unsigned int options;
	unsigned int required;
	unsigned int one_of; /* at least one of these */
	bool only_one;	     /* and no more */
	bool hidden;
	int (*run)(struct mdevctl *m);
};

extern const struct mdevctl_verb mdevctl_verbs[];

/* One call: what it was given, and what it works with. */
struct mdevctl {
	const struct mdevctl_verb *verb;
	unsigned int given; /* bits of mdevctl_option */
	const char *values[MDEVCTL_OPTIONS];
	const char *operand;
	char uuid[VDEV_MDEV_UUID_TEXT]; /* that of the option, as usual */
	unsigned int index;

	struct vdev_ctx *ctx;
	struct vdev_mdev_type_list *types; /* once they were needed */
	enum vdev_log_level level;
	bool silent; /* not even errors of the log */
	FILE *out;
};

/*
 * Takes the command line apart. Return: MDEVCTL_GO_ON, or the exit code if that
 * was all.
 */
enum { MDEVCTL_GO_ON = -1 };
int mdevctl_parse(struct mdevctl *m, int argc, char **argv);

static inline bool mdevctl_given(const struct mdevctl *m, unsigned int bit)
{
	return m->given & bit;
}

/* Reports a failure. Return: the exit code. */
int mdevctl_fail(const struct mdevctl *m, const char *fmt, ...) PRINTF(2, 3);
/* What failed last in the library. */
int mdevctl_fail_ctx(const struct mdevctl *m);
/* A warning, unless MDEVCTL_LOG says otherwise. */
void mdevctl_warn(const struct mdevctl *m, const char *fmt, ...) PRINTF(2, 3);

/* --- Its commands. Return: the exit code. */

int mdevctl_define(struct mdevctl *m);
int mdevctl_undefine(struct mdevctl *m);
int mdevctl_modify(struct mdevctl *m);
int mdevctl_start(struct mdevctl *m);
int mdevctl_stop(struct mdevctl *m);
int mdevctl_list(struct mdevctl *m);
int mdevctl_types(struct mdevctl *m);
int mdevctl_start_parent(struct mdevctl *m);

/*
 * The parent as the kernel calls it, if that differs in the case of letters
 * only, or as it is given; to be freed. `*known` says whether it is there, and
 * has the type unless that is NULL.
 */
char *mdevctl_parent(struct mdevctl *m, const char *parent, const char *type,
		     bool *known);

/* The mdev of a UUID if it is there, of this parent unless that is NULL. */
struct vdev_device *mdevctl_active(struct mdevctl *m, const char *uuid,
				   const char *parent);

#endif
