/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A device's state loaded from a stream, and streams looked at. */

#include <errno.h>
#include <unistd.h>

#include "object/migration_stream.h"

/* --- Streams without a device */

struct vdev_migration_stream {
	unsigned int major, minor;
	struct vdev_migration_totals totals;
	struct strv facts;
	/* The names, each ended, in the order of the facts. */
	char **names;
};

static const struct reader_ops look_ops = { 0 };

static int take_names(struct vdev_migration_stream *stream)
{
	stream->names = calloc(stream->facts.count + 1, sizeof(char *));
	if (!stream->names)
		return -ENOMEM;
	for (size_t i = 0; i < stream->facts.count; i++) {
		const char *fact = stream->facts.items[i];

		if (*fact == FACT_INFO)
			fact++;
		stream->names[i] = strndup(fact, strcspn(fact, "="));
		if (!stream->names[i])
			return -ENOMEM;
	}
	return 0;
}

static int stream_new(struct reader *r, struct vdev_migration_stream **ret)
{
	struct vdev_migration_stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return vdev_fail(r->io->ctx, -ENOMEM, "out of memory");
	stream->major = r->major;
	stream->minor = r->minor;
	stream->totals.length = r->offset;
	stream->totals.bytes = r->bytes;
	stream->totals.precopy_bytes = r->precopy;
	stream->facts = r->facts;
	r->facts = (struct strv){ 0 };
	if (take_names(stream)) {
		vdev_migration_stream_free(stream);
		return vdev_fail(r->io->ctx, -ENOMEM, "out of memory");
	}
	*ret = stream;
	return 0;
}

int vdev_migration_stream_read(struct vdev_ctx *ctx, int fd,
			       struct vdev_migration_stream **ret)
{
	struct mig_io io = { .ctx = ctx,
			     .name = "a device",
			     .cancel_fd = -1,
			     .deadline = UINT64_MAX };
	struct reader r = { .io = &io, .fd = fd, .ops = &look_ops };
	int error = reader_run(&r);

	if (error == -ENOENT)
		error = vdev_fail(ctx, error,
				  "there is no stream: the file "
				  "is at its end");
	if (!error)
		error = stream_new(&r, ret);
	reader_clear(&r);
	return error;
}

void vdev_migration_stream_free(struct vdev_migration_stream *stream)
{
	if (!stream)
		return;
	for (size_t i = 0; stream->names && i < stream->facts.count; i++)
		free(stream->names[i]);
	free(stream->names);
	strv_clear(&stream->facts);
	free(stream);
}

void vdev_migration_stream_version(const struct vdev_migration_stream *stream,
				   unsigned int *major, unsigned int *minor)
{
	*major = stream->major;
	*minor = stream->minor;
}

const struct vdev_migration_totals *
vdev_migration_stream_totals(const struct vdev_migration_stream *stream)
{
	return &stream->totals;
}

const char *
vdev_migration_stream_fact(const struct vdev_migration_stream *stream,
			   size_t index, const char **value, bool *needed)
{
	const char *fact;

	if (index >= stream->facts.count)
		return NULL;
	fact = stream->facts.items[index];
	if (value)
		*value = fact + strcspn(fact, "=") + 1;
	if (needed)
		*needed = *fact != FACT_INFO;
	return stream->names[index];
}

int vdev_migration_stream_suits(const struct vdev_migration_stream *stream,
				struct vdev_migration *m)
{
	return facts_check(m, &stream->facts);
}

/* --- Loading */

struct load {
	struct vdev_migration *m;
	enum vdev_migration_state before;
	bool entered; /* what the device held before is gone */
	uint64_t stopped;
};

static int check_facts(void *data, const struct strv *facts)
{
	struct load *load = data;

	return facts_check(load->m, facts);
}

static int start(void *data, const struct strv *facts)
{
	struct load *load = data;
	int ret = facts_check(load->m, facts);

	if (ret)
		return ret;
	load->stopped = mig_now(&load->m->io);
	ret = vdev_migration_set_state(load->m, VDEV_MIGRATION_STATE_RESUMING);
	load->entered = !ret;
	return ret;
}

static int give(void *data, const void *bytes, size_t size)
{
	struct load *load = data;

	return mig_write_data(load->m, bytes, size);
}

static const struct reader_ops check_ops = { .facts = check_facts };
static const struct reader_ops load_ops = { .facts = start,
					    .device_data = give };

static int no_stream(struct vdev_migration *m, int error)
{
	if (error != -ENOENT)
		return error;
	return vdev_fail(mig_ctx(m), -ENODATA,
			 "there is no stream to load into %s: the file is at "
			 "its end",
			 mig_name(m));
}

/*
 * A file is read twice, so that what is wrong with it costs the device nothing.
 */
static int check_first(struct load *load, int fd)
{
	struct vdev_sys *sys = mig_sys(load->m);
	int64_t place = sys->ops->seek(sys, fd, 0, SEEK_CUR);
	struct reader r = {
		.io = &load->m->io,
		.fd = fd,
		.ops = &check_ops,
		.data = load,
	};
	int ret;

	if (place < 0)
		return 0;
	ret = no_stream(load->m, reader_run(&r));
	reader_clear(&r);
	place = sys->ops->seek(sys, fd, place, SEEK_SET);
	if (ret || place >= 0)
		return ret;
	return vdev_fail(mig_ctx(load->m), (int)place,
			 "cannot go back to the start of the stream: %s",
			 strerror((int)-place));
}

/* Return: 1 if that took a reset. */
static int go_back(struct load *load)
{
	struct vdev_migration *m = load->m;
	int ret;

	if (!load->entered && m->io.state != VDEV_MIGRATION_STATE_ERROR)
		return vdev_migration_set_state(m, load->before);
	ret = vdev_migration_recover(m);
	return ret ? ret : 1;
}

/* The device is not left half loaded; what failed first is what is said. */
static int give_up(struct load *load, int error)
{
	struct vdev_ctx *ctx = mig_ctx(load->m);
	enum vdev_error_kind kind = vdev_ctx_last_kind(ctx);
	_auto_free_ char *why = strdup(vdev_ctx_last_error(ctx));
	int ret = go_back(load);

	if (ret > 0)
		return vdev_hint(ctx, error, "%s was reset", mig_name(load->m));
	if (!ret)
		return error;
	vdev_fail_as(ctx, kind, error, "%s; and %s could not be reset",
		     why ? why : "loading failed", mig_name(load->m));
	return vdev_hint(ctx, error, "it is in the state %s",
			 vdev_migration_state_name(load->m->io.state));
}

/* Return: 0 with the state in `load`. */
static int check_idle(struct load *load)
{
	struct vdev_migration *m = load->m;
	int ret = vdev_migration_state(m, &load->before);

	if (ret || m->data_fd < 0)
		return ret;
	return vdev_fail(mig_ctx(m), -EBUSY,
			 "%s is in the state %s, in the midst of another "
			 "transfer",
			 mig_name(m), vdev_migration_state_name(load->before));
}

static int load_from(struct load *load, int fd, bool peer)
{
	struct vdev_migration *m = load->m;
	struct reader r = {
		.io = &m->io,
		.fd = fd,
		.ops = &load_ops,
		.data = load,
	};
	uint64_t began = mig_now(&m->io);
	int ret;

	mig_begin(&m->io);
	ret = peer ? 0 : check_first(load, fd);
	if (!ret)
		ret = no_stream(m, reader_run(&r));
	if (!ret)
		ret = vdev_migration_set_state(m, VDEV_MIGRATION_STATE_STOP);
	if (!ret && peer)
		ret = peer_ready(&r);
	m->totals = (struct vdev_migration_totals){
		.length = r.offset,
		.bytes = r.bytes,
		.precopy_bytes = r.precopy,
		.total_ms = mig_now(&m->io) - began,
		.stopped_ms =
			load->stopped ? mig_now(&m->io) - load->stopped : 0,
	};
	reader_clear(&r);
	return ret ? give_up(load, ret) : 0;
}

int vdev_migration_load(struct vdev_migration *m, int fd)
{
	struct load load = { .m = m };
	int ret = check_idle(&load);

	return ret ? ret : load_from(&load, fd, false);
}

int vdev_migration_receive(struct vdev_migration *m, int fd)
{
	struct load load = { .m = m };
	int ret = check_idle(&load);

	if (!ret)
		ret = load_from(&load, fd, true);
	if (ret)
		peer_refuse(&m->io, fd);
	return ret;
}
