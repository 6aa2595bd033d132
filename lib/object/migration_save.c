/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A device's state saved as a stream. */

#include <errno.h>

#include "object/migration_stream.h"

/* --- Parts of the stream */

static int write_facts(struct vdev_migration *m, struct writer *w)
{
	_auto_strbuf_ struct strbuf text = { 0 };
	_auto_strv_ struct strv facts = { 0 };
	const char *fact;
	int ret = facts_collect(m, &facts);

	if (ret)
		return ret;
	strv_foreach(&facts, fact)
		strbuf_addf(&text, "%s\n", fact);
	if (text.failed)
		return vdev_fail(mig_ctx(m), -ENOMEM, "out of memory");
	return writer_section(w, SECTION_FACTS, text.text, text.length);
}

/* Whether pre-copy has given what it can. */
static int precopy_done(struct vdev_migration *m, uint64_t start)
{
	struct vdev_migration_precopy left;
	int ret = vdev_migration_precopy(m, &left);

	if (ret)
		return ret;
	m->io.remaining = left.initial + left.dirty;
	if (m->precopy_ms && mig_now(&m->io) - start >= m->precopy_ms)
		return 1;
	return !left.initial && left.dirty <= m->precopy_dirty;
}

/* Return: 1 if there may be more, 0 if not now or any more. */
static int write_piece(struct vdev_migration *m, struct writer *w, char *piece)
{
	ssize_t n = mig_read_data(m, piece, MIG_PIECE);
	int ret;

	if (n <= 0)
		return n == -ENOMSG ? 0 : (int)n;
	ret = writer_data(w, piece, (size_t)n);
	if (!ret)
		ret = mig_tell(&m->io);
	return ret ? ret : 1;
}

static int write_precopy(struct vdev_migration *m, struct writer *w,
			 char *piece)
{
	bool quiet = m->io.state == VDEV_MIGRATION_STATE_RUNNING_P2P;
	uint64_t start = mig_now(&m->io);
	int ret = vdev_migration_set_state(
		m, quiet ? VDEV_MIGRATION_STATE_PRE_COPY_P2P
			 : VDEV_MIGRATION_STATE_PRE_COPY);

	while (!ret) {
		int more = write_piece(m, w, piece);

		if (more <= 0)
			return more;
		ret = precopy_done(m, start);
	}
	return ret < 0 ? ret : 0;
}

static int write_rest(struct vdev_migration *m, struct writer *w, char *piece)
{
	int ret = vdev_migration_set_state(m, VDEV_MIGRATION_STATE_STOP_COPY);

	/* What is estimated then is what is left. */
	if (!ret &&
	    vfio_mig_data_size(mig_sys(m), m->file->fd, &m->io.remaining))
		m->io.remaining = UINT64_MAX;
	if (!ret)
		ret = writer_section(w, SECTION_STOPPED, NULL, 0);
	if (!ret)
		do
			ret = write_piece(m, w, piece);
		while (ret > 0);
	return ret ? ret : writer_end(w);
}

/* --- All of it */

/* Saves from the state it is in up to STOP_COPY. */
static int save(struct vdev_migration *m, struct writer *w, unsigned int flags,
		uint64_t *stopped)
{
	_auto_free_ char *piece = malloc(MIG_PIECE);
	int ret;

	if (!piece)
		return vdev_fail(mig_ctx(m), -ENOMEM, "out of memory");
	ret = writer_start(w);
	if (!ret)
		ret = write_facts(m, w);
	if (!ret && flags & VDEV_MIGRATION_SAVE_PRECOPY)
		ret = write_precopy(m, w, piece);
	m->totals.precopy_bytes = w->data;
	*stopped = mig_now(&m->io);
	return ret ? ret : write_rest(m, w, piece);
}

static int busy(struct vdev_migration *m)
{
	return vdev_fail(mig_ctx(m), -EBUSY,
			 "%s is in the state %s, in the midst of another "
			 "transfer",
			 mig_name(m), vdev_migration_state_name(m->io.state));
}

/*
 * A session that somebody left without ending it gives nothing any more, and is
 * ended; one in STOP_COPY of which nothing was read yet is taken over. Return:
 * 0 with the state to which the device goes back.
 */
static int prepare(struct vdev_migration *m, unsigned int flags,
		   enum vdev_migration_state *before)
{
	int ret = vdev_migration_state(m, before);
	bool stopped = m->io.state == VDEV_MIGRATION_STATE_STOP_COPY;

	if (ret)
		return ret;
	if (m->data_fd >= 0 && (!stopped || m->used))
		return busy(m);
	if (flags & VDEV_MIGRATION_SAVE_PRECOPY &&
	    (stopped || !(m->flags & VDEV_MIGRATION_PRE_COPY)))
		return vdev_fail(mig_ctx(m), -EOPNOTSUPP,
				 "%s gives nothing while it runs: it %s",
				 mig_name(m),
				 stopped ? "has stopped" : "has no pre-copy");
	if (!mig_saves(*before))
		return 0;
	*before = stopped ? VDEV_MIGRATION_STATE_STOP
			  : VDEV_MIGRATION_STATE_RUNNING;
	return m->data_fd >= 0 ? 0 : vdev_migration_set_state(m, *before);
}

/* Brings the device back; what failed first is what is said. */
static int undo(struct vdev_migration *m, enum vdev_migration_state before,
		int error)
{
	struct vdev_ctx *ctx = mig_ctx(m);
	enum vdev_error_kind kind = vdev_ctx_last_kind(ctx);
	_auto_free_ char *why = strdup(vdev_ctx_last_error(ctx));

	if (!vdev_migration_set_state(m, before))
		return vdev_hint(ctx, error,
				 "%s is in the state %s again, and has lost "
				 "nothing",
				 mig_name(m),
				 vdev_migration_state_name(before));
	vdev_fail_as(
		ctx, kind, error, "%s; and it cannot go back to the state %s",
		why ? why : "saving failed", vdev_migration_state_name(before));
	return vdev_hint(ctx, error, "it is in the state %s",
			 vdev_migration_state_name(m->io.state));
}

static void sum_up(struct vdev_migration *m, const struct writer *w,
		   uint64_t start, uint64_t stopped)
{
	uint64_t now = mig_now(&m->io);

	m->totals.length = w->offset;
	m->totals.bytes = w->data;
	m->totals.total_ms = now - start;
	m->totals.stopped_ms = now - stopped;
}

static int save_to(struct vdev_migration *m, int fd, unsigned int flags,
		   bool peer)
{
	struct writer w = { .io = &m->io, .fd = fd };
	enum vdev_migration_state before;
	uint64_t start, stopped = 0;
	int ret = prepare(m, flags, &before);

	if (ret)
		return ret;
	m->totals = (struct vdev_migration_totals){ 0 };
	mig_begin(&m->io);
	start = mig_now(&m->io);
	ret = save(m, &w, flags, &stopped);
	if (peer)
		ret = ret ? peer_reason(&w, ret) : peer_ask(&w);
	if (!ret)
		ret = vdev_migration_set_state(m, VDEV_MIGRATION_STATE_STOP);
	/* From here on the device is the peer's. */
	if (!ret && peer)
		ret = peer_go(&w);
	if (ret)
		return undo(m, before, ret);
	sum_up(m, &w, start, stopped);
	return 0;
}

int vdev_migration_save(struct vdev_migration *m, int fd, unsigned int flags)
{
	return save_to(m, fd, flags, false);
}

int vdev_migration_send(struct vdev_migration *m, int fd, unsigned int flags)
{
	return save_to(m, fd, flags, true);
}

const struct vdev_migration_totals *
vdev_migration_totals(const struct vdev_migration *m)
{
	return &m->totals;
}
