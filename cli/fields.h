/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_FIELDS_H
#define VDEVCTL_FIELDS_H

#include <libvdev/device.h>

#include "output.h"

/*
 * The attributes of a device as JSON values, each read when it is asked for:
 * keys of documents, and columns of the list.
 */

enum {
	FIELD_LIST = 1 << 0,	/* a key of the list's document */
	FIELD_SHOW = 1 << 1,	/* a key of the full document */
	FIELD_COLUMN = 1 << 2,	/* can be a column */
	FIELD_DEFAULT = 1 << 3, /* is one unless told otherwise */
	FIELD_RIGHT = 1 << 4,	/* numbers */
};

struct field {
	const char *key; /* NULL ends the table */
	const char *header;
	unsigned int flags;
	json_object *(*get)(struct vdev_device *dev);
	enum style (*style)(json_object *value);
};

extern const struct field fields[];

/* The field of a name; NULL if it is none or cannot be a column. */
const struct field *field_column(const char *name);

/* The document with all fields that have `flag`. */
json_object *field_document(struct vdev_device *dev, unsigned int flag);

/* A group in full, as it stands in the documents of groups and devices. */
struct vdev_group;
json_object *field_group(struct vdev_group *group);

#endif
