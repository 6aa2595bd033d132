/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Data between a device's session and the caller's descriptors. */

#include <errno.h>

#include "object/migration.h"

/* The caller is asked whether to go on at least this often. */
#define TELL_EVERY_MS 500

void mig_begin(struct mig_io *io)
{
	io->deadline =
		io->timeout_ms ? mig_now(io) + io->timeout_ms : UINT64_MAX;
	io->bytes = 0;
	io->remaining = UINT64_MAX;
}

static int cancelled(struct mig_io *io)
{
	return vdev_fail(io->ctx, -ECANCELED,
			 "the transfer of the state of %s was cancelled after "
			 "%llu bytes",
			 io->name, (unsigned long long)io->bytes);
}

int mig_tell(struct mig_io *io)
{
	const struct vdev_migration_progress progress = {
		.state = io->state,
		.bytes = io->bytes,
		.remaining = io->remaining,
	};

	if (io->progress && io->progress(io->progress_data, &progress))
		return cancelled(io);
	return 0;
}

/* --- Waiting */

static int check_time(struct mig_io *io, int *timeout_ms)
{
	uint64_t now;

	*timeout_ms = io->progress ? TELL_EVERY_MS : -1;
	if (io->deadline == UINT64_MAX)
		return 0;
	now = mig_now(io);
	if (now >= io->deadline)
		return vdev_fail(io->ctx, -ETIMEDOUT,
				 "the transfer of the state of %s was not done "
				 "within %u ms: %llu bytes so far",
				 io->name, io->timeout_ms,
				 (unsigned long long)io->bytes);
	if (!io->progress || io->deadline - now < TELL_EVERY_MS)
		*timeout_ms = (int)(io->deadline - now > INT32_MAX
					    ? INT32_MAX
					    : io->deadline - now);
	return 0;
}

/*
 * Until a descriptor is ready, or the caller wants no more. Of one that has
 * failed, the call that follows tells what happened.
 */
static int wait_for(struct mig_io *io, int fd, short events)
{
	for (;;) {
		struct pollfd fds[2] = {
			{ .fd = fd, .events = events },
			{ .fd = io->cancel_fd, .events = POLLIN },
		};
		int timeout, ret = check_time(io, &timeout);

		if (ret)
			return ret;
		ret = io->ctx->sys.ops->poll(&io->ctx->sys, fds,
					     ARRAY_SIZE(fds), timeout);
		if (ret < 0 && ret != -EINTR)
			return vdev_fail(io->ctx, ret,
					 "cannot wait for the state of %s: %s",
					 io->name, strerror(-ret));
		if (ret > 0 && fds[1].revents)
			return cancelled(io);
		if (ret > 0 && fds[0].revents)
			return 0;
		ret = mig_tell(io);
		if (ret)
			return ret;
	}
}

/* --- The caller's descriptor */

ssize_t mig_read_fd(struct mig_io *io, int fd, void *buf, size_t size)
{
	for (;;) {
		ssize_t n = wait_for(io, fd, POLLIN);

		if (n)
			return n;
		n = io->ctx->sys.ops->read(&io->ctx->sys, fd, buf, size);
		if (n == -EAGAIN)
			continue;
		if (n < 0)
			return vdev_fail_as(io->ctx, VDEV_ERROR_FAILED, n,
					    "cannot read the state of %s: %s",
					    io->name, strerror((int)-n));
		return n;
	}
}

int mig_write_fd(struct mig_io *io, int fd, const void *buf, size_t size)
{
	const char *at = buf;

	while (size) {
		ssize_t n = wait_for(io, fd, POLLOUT);

		if (n)
			return (int)n;
		n = io->ctx->sys.ops->write_some(&io->ctx->sys, fd, at, size);
		if (n == -EAGAIN)
			continue;
		if (n <= 0)
			return vdev_fail_as(
				io->ctx, VDEV_ERROR_FAILED, n ? (int)n : -EIO,
				"cannot write the state of %s: %s", io->name,
				strerror(n ? (int)-n : EIO));
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

/* --- The device's */

static int no_session(struct vdev_migration *m, const char *what)
{
	return vdev_fail(mig_ctx(m), -EINVAL,
			 "%s is in the state %s, in which there is nothing to "
			 "%s",
			 mig_name(m), vdev_migration_state_name(m->io.state),
			 what);
}

static ssize_t read_session(struct vdev_migration *m, void *buf, size_t size)
{
	bool stopped = m->io.state == VDEV_MIGRATION_STATE_STOP_COPY;

	for (;;) {
		/* In pre-copy there may never come any more. */
		ssize_t n = stopped ? wait_for(&m->io, m->data_fd, POLLIN) : 0;

		if (n)
			return n;
		n = mig_sys(m)->ops->read(mig_sys(m), m->data_fd, buf, size);
		if (n == -EAGAIN && stopped)
			continue;
		/* Some drivers have an end of file here for "not now". */
		return n || stopped ? n : -ENOMSG;
	}
}

ssize_t mig_read_data(struct vdev_migration *m, void *buf, size_t size)
{
	ssize_t n;

	if (m->data_fd < 0 || m->io.state == VDEV_MIGRATION_STATE_RESUMING)
		return no_session(m, "read");
	n = read_session(m, buf, size);
	m->used = true;
	if (n > 0)
		m->io.bytes += (uint64_t)n;
	if (n >= 0 || n == -ECANCELED || n == -ETIMEDOUT)
		return n;
	if (n == -ENOMSG || n == -EAGAIN)
		return -ENOMSG;
	return vdev_fail_as(mig_ctx(m), VDEV_ERROR_FAILED, n,
			    "cannot read the data of %s after %llu bytes: %s",
			    mig_name(m), (unsigned long long)m->io.bytes,
			    strerror((int)-n));
}

int mig_write_data(struct vdev_migration *m, const void *buf, size_t size)
{
	const char *at = buf;

	if (m->data_fd < 0 || m->io.state != VDEV_MIGRATION_STATE_RESUMING)
		return no_session(m, "write");
	m->used = true;
	while (size) {
		ssize_t n = wait_for(&m->io, m->data_fd, POLLOUT);

		if (n)
			return (int)n;
		n = mig_sys(m)->ops->write(mig_sys(m), m->data_fd, at, size);
		if (n == -EAGAIN)
			continue;
		if (n <= 0)
			return vdev_fail_as(
				mig_ctx(m), VDEV_ERROR_FAILED,
				n ? (int)n : -EIO,
				"%s does not accept the data behind "
				"%llu bytes: %s",
				mig_name(m), (unsigned long long)m->io.bytes,
				strerror(n ? (int)-n : EIO));
		at += n;
		size -= (size_t)n;
		m->io.bytes += (uint64_t)n;
	}
	return 0;
}

/* --- For callers */

ssize_t vdev_migration_read(struct vdev_migration *m, void *buffer, size_t size)
{
	mig_begin(&m->io);
	return mig_read_data(m, buffer, size);
}

int vdev_migration_write(struct vdev_migration *m, const void *buffer,
			 size_t size)
{
	mig_begin(&m->io);
	return mig_write_data(m, buffer, size);
}

static int copy_out(struct vdev_migration *m, int fd, char *piece)
{
	for (;;) {
		ssize_t n = mig_read_data(m, piece, MIG_PIECE);
		int ret;

		if (n <= 0)
			return n == -ENOMSG ? 0 : (int)n;
		ret = mig_write_fd(&m->io, fd, piece, (size_t)n);
		if (!ret)
			ret = mig_tell(&m->io);
		if (ret)
			return ret;
	}
}

static int copy_in(struct vdev_migration *m, int fd, char *piece)
{
	for (;;) {
		ssize_t n = mig_read_fd(&m->io, fd, piece, MIG_PIECE);
		int ret;

		if (n <= 0)
			return (int)n;
		ret = mig_write_data(m, piece, (size_t)n);
		if (!ret)
			ret = mig_tell(&m->io);
		if (ret)
			return ret;
	}
}

static int copy(struct vdev_migration *m, int fd, uint64_t *bytes,
		int (*fn)(struct vdev_migration *m, int fd, char *piece))
{
	_auto_free_ char *piece = malloc(MIG_PIECE);
	int ret;

	if (!piece)
		return vdev_fail(mig_ctx(m), -ENOMEM, "out of memory");
	mig_begin(&m->io);
	ret = fn(m, fd, piece);
	if (bytes)
		*bytes = m->io.bytes;
	return ret;
}

int vdev_migration_copy_out(struct vdev_migration *m, int fd, uint64_t *bytes)
{
	return copy(m, fd, bytes, copy_out);
}

int vdev_migration_copy_in(struct vdev_migration *m, int fd, uint64_t *bytes)
{
	return copy(m, fd, bytes, copy_in);
}
