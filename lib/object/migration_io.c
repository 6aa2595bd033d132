/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Data between a device's session and the caller's descriptors. */

#include <errno.h>

#include "object/migration.h"

/* The caller is asked whether to go on at least this often. */
#define TELL_EVERY_MS 500

static uint64_t now_ms(const struct vdev_migration *m)
{
	return mig_sys(m)->ops->now_ms(mig_sys(m));
}

void mig_begin(struct vdev_migration *m)
{
	m->deadline = m->timeout_ms ? now_ms(m) + m->timeout_ms : UINT64_MAX;
	m->bytes = 0;
	m->remaining = UINT64_MAX;
}

static int cancelled(struct vdev_migration *m)
{
	return vdev_fail(mig_ctx(m), -ECANCELED,
			 "the transfer of the state of %s was cancelled after "
			 "%llu bytes",
			 mig_name(m), (unsigned long long)m->bytes);
}

int mig_tell(struct vdev_migration *m)
{
	const struct vdev_migration_progress progress = {
		.state = m->state,
		.bytes = m->bytes,
		.remaining = m->remaining,
	};

	if (m->progress && m->progress(m->progress_data, &progress))
		return cancelled(m);
	return 0;
}

/* --- Waiting */

static int check_time(struct vdev_migration *m, int *timeout_ms)
{
	uint64_t now;

	*timeout_ms = m->progress ? TELL_EVERY_MS : -1;
	if (m->deadline == UINT64_MAX)
		return 0;
	now = now_ms(m);
	if (now >= m->deadline)
		return vdev_fail(mig_ctx(m), -ETIMEDOUT,
				 "the transfer of the state of %s was not done "
				 "within %u ms: %llu bytes so far",
				 mig_name(m), m->timeout_ms,
				 (unsigned long long)m->bytes);
	if (!m->progress || m->deadline - now < TELL_EVERY_MS)
		*timeout_ms = (int)(m->deadline - now > INT32_MAX
					    ? INT32_MAX
					    : m->deadline - now);
	return 0;
}

/*
 * Until a descriptor is ready, or the caller wants no more. Of one that has
 * failed, the call that follows tells what happened.
 */
static int wait_for(struct vdev_migration *m, int fd, short events)
{
	for (;;) {
		struct pollfd fds[2] = {
			{ .fd = fd, .events = events },
			{ .fd = m->cancel_fd, .events = POLLIN },
		};
		int timeout, ret = check_time(m, &timeout);

		if (ret)
			return ret;
		ret = mig_sys(m)->ops->poll(mig_sys(m), fds, ARRAY_SIZE(fds),
					    timeout);
		if (ret < 0 && ret != -EINTR)
			return vdev_fail(mig_ctx(m), ret,
					 "cannot wait for the state of %s: %s",
					 mig_name(m), strerror(-ret));
		if (ret > 0 && fds[1].revents)
			return cancelled(m);
		if (ret > 0 && fds[0].revents)
			return 0;
		ret = mig_tell(m);
		if (ret)
			return ret;
	}
}

/* --- The caller's descriptor */

ssize_t mig_read_fd(struct vdev_migration *m, int fd, void *buf, size_t size)
{
	for (;;) {
		ssize_t n = wait_for(m, fd, POLLIN);

		if (n)
			return n;
		n = mig_sys(m)->ops->read(mig_sys(m), fd, buf, size);
		if (n == -EAGAIN)
			continue;
		if (n < 0)
			return vdev_fail_as(mig_ctx(m), VDEV_ERROR_FAILED, n,
					    "cannot read the state of %s: %s",
					    mig_name(m), strerror((int)-n));
		return n;
	}
}

int mig_write_fd(struct vdev_migration *m, int fd, const void *buf, size_t size)
{
	const char *at = buf;

	while (size) {
		ssize_t n = wait_for(m, fd, POLLOUT);

		if (n)
			return (int)n;
		n = mig_sys(m)->ops->write_some(mig_sys(m), fd, at, size);
		if (n == -EAGAIN)
			continue;
		if (n <= 0)
			return vdev_fail_as(mig_ctx(m), VDEV_ERROR_FAILED,
					    n ? (int)n : -EIO,
					    "cannot write the state of %s: %s",
					    mig_name(m),
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
			 mig_name(m), vdev_migration_state_name(m->state),
			 what);
}

static ssize_t read_session(struct vdev_migration *m, void *buf, size_t size)
{
	bool stopped = m->state == VDEV_MIGRATION_STATE_STOP_COPY;

	for (;;) {
		/* In pre-copy there may never come any more. */
		ssize_t n = stopped ? wait_for(m, m->data_fd, POLLIN) : 0;

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

	if (m->data_fd < 0 || m->state == VDEV_MIGRATION_STATE_RESUMING)
		return no_session(m, "read");
	n = read_session(m, buf, size);
	if (n > 0)
		m->bytes += (uint64_t)n;
	if (n >= 0 || n == -ECANCELED || n == -ETIMEDOUT)
		return n;
	if (n == -ENOMSG || n == -EAGAIN)
		return -ENOMSG;
	return vdev_fail_as(mig_ctx(m), VDEV_ERROR_FAILED, n,
			    "cannot read the data of %s after %llu bytes: %s",
			    mig_name(m), (unsigned long long)m->bytes,
			    strerror((int)-n));
}

int mig_write_data(struct vdev_migration *m, const void *buf, size_t size)
{
	const char *at = buf;

	if (m->data_fd < 0 || m->state != VDEV_MIGRATION_STATE_RESUMING)
		return no_session(m, "write");
	while (size) {
		ssize_t n = wait_for(m, m->data_fd, POLLOUT);

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
				mig_name(m), (unsigned long long)m->bytes,
				strerror(n ? (int)-n : EIO));
		at += n;
		size -= (size_t)n;
		m->bytes += (uint64_t)n;
	}
	return 0;
}

/* --- For callers */

ssize_t vdev_migration_read(struct vdev_migration *m, void *buffer, size_t size)
{
	mig_begin(m);
	return mig_read_data(m, buffer, size);
}

int vdev_migration_write(struct vdev_migration *m, const void *buffer,
			 size_t size)
{
	mig_begin(m);
	return mig_write_data(m, buffer, size);
}

static int copy_out(struct vdev_migration *m, int fd, char *piece)
{
	for (;;) {
		ssize_t n = mig_read_data(m, piece, MIG_PIECE);
		int ret;

		if (n <= 0)
			return n == -ENOMSG ? 0 : (int)n;
		ret = mig_write_fd(m, fd, piece, (size_t)n);
		if (!ret)
			ret = mig_tell(m);
		if (ret)
			return ret;
	}
}

static int copy_in(struct vdev_migration *m, int fd, char *piece)
{
	for (;;) {
		ssize_t n = mig_read_fd(m, fd, piece, MIG_PIECE);
		int ret;

		if (n <= 0)
			return (int)n;
		ret = mig_write_data(m, piece, (size_t)n);
		if (!ret)
			ret = mig_tell(m);
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
	mig_begin(m);
	ret = fn(m, fd, piece);
	if (bytes)
		*bytes = m->bytes;
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
