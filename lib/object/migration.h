/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_MIGRATION_H
#define VDEV_OBJECT_MIGRATION_H

#include <libvdev/migration.h>

#include "object/file.h"

/* A transfer, and how long it may go on. */
struct mig_io {
	struct vdev_ctx *ctx;
	const char *name; /* what messages call the device */
	/* The last state that is known; the kernel changes none by itself. */
	enum vdev_migration_state state;

	unsigned int timeout_ms;
	int cancel_fd;
	vdev_migration_progress_fn progress;
	void *progress_data;

	uint64_t deadline; /* UINT64_MAX for none */
	uint64_t bytes;
	uint64_t remaining;
};

struct vdev_migration {
	struct vdev_file *file;
	struct mig_io io;
	unsigned int flags;
	bool tells_reinit;
	int data_fd; /* -1 without a session */
	bool used;   /* something was read of it or written to it */
	uint64_t precopy_dirty;
	unsigned int precopy_ms;
	struct vdev_migration_totals totals;
};

static inline struct vdev_ctx *mig_ctx(const struct vdev_migration *m)
{
	return m->io.ctx;
}

static inline struct vdev_sys *mig_sys(const struct vdev_migration *m)
{
	return &m->io.ctx->sys;
}

static inline const char *mig_name(const struct vdev_migration *m)
{
	return m->io.name;
}

static inline uint64_t mig_now(const struct mig_io *io)
{
	return io->ctx->sys.ops->now_ms(&io->ctx->sys);
}

/* Whether the device gives data, in one session, in that state. */
bool mig_saves(enum vdev_migration_state state);

/* How much is moved at a time. */
#define MIG_PIECE ((size_t)256 * 1024)

/*
 * Transfers; see migration_io.c. Each returns as said or a negative errno with
 * the sentence recorded. The first starts the time that the others have.
 */
void mig_begin(struct mig_io *io);
/* Tells how far it is. Return: 0 or -ECANCELED. */
int mig_tell(struct mig_io *io);
/* Reads from the caller's descriptor. Return: 0 at its end. */
ssize_t mig_read_fd(struct mig_io *io, int fd, void *buf, size_t size);
/* Writes all of it. */
int mig_write_fd(struct mig_io *io, int fd, const void *buf, size_t size);
/* As vdev_migration_read() and vdev_migration_write(), within the time. */
ssize_t mig_read_data(struct vdev_migration *m, void *buf, size_t size);
int mig_write_data(struct vdev_migration *m, const void *buf, size_t size);

#endif
