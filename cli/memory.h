/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_MEMORY_H
#define VDEVCTL_MEMORY_H

#include "session.h"

/* Memory of a session, which is mapped for devices. */
struct memory {
	void *address;
	uint64_t size;
	int fd;		 /* of its file or memfd; -1 if it has none */
	uint64_t offset; /* in the file */
	bool writable;
	char *detail;
};

extern const struct object_type memory_type;

/* A part of it by --offset and --length, all of it unless they are given. */
int memory_part(struct app *app, const struct memory *memory, uint64_t *offset,
		uint64_t *length);

#endif
