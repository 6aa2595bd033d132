/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_RECORDER_H
#define VDEV_OBJECT_RECORDER_H

#include "object/ctx.h"

/*
 * Stands before a context's gateway and remembers what is looked at, so that
 * a capture holds exactly what the library reads and cannot fall behind it.
 */

struct recorder {
	struct vdev_sys real; /* the gateway behind */
	void *paths;	      /* a tsearch(3) tree of struct record */
	char **directories;   /* by fd, of directories that are open */
	size_t directory_count;
	int error; /* -ENOMEM once memory ran out */
};

/* One path that was looked at, with the links on its way resolved. */
struct record {
	char *path;
	char *target; /* of a link */
	mode_t type;  /* S_IFREG, S_IFDIR, S_IFLNK or a node's */
	mode_t mode;
	uid_t uid;
	gid_t gid;
	bool read; /* its content too, not only its existence */
};

/* Puts the recorder before the context's gateway, and takes it away again. */
void recorder_start(struct recorder *recorder, struct vdev_ctx *ctx);
void recorder_stop(struct recorder *recorder, struct vdev_ctx *ctx);
void recorder_clear(struct recorder *recorder);

/* Whether the content of a file was read. */
bool recorder_has_read(const struct recorder *recorder, const char *path);

/* Each record in the order of the paths, until `fn` returns an error. */
typedef int (*recorder_fn)(void *data, const struct record *record);
int recorder_walk(const struct recorder *recorder, recorder_fn fn, void *data);

#endif
