/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fakemig.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* Tests run one at a time, and the gateway's data are fakevfio's. */
/* That of the context. */
static struct fakemig *mig(struct vdev_sys *sys)
{
	struct fakevfio *fv = sys->data;

	return fv->before;
}

/* The arcs of the specification, by the digits of the states. */
static bool is_arc(const struct fakemig *f, uint32_t from, uint32_t to)
{
	static const char *const arcs[][4] = {
		/* neither, P2P, pre-copy, both */
		{ "21", "", "21", "" },	    { "12", "", "12", "" },
		{ "13", "13", "13", "13" }, { "31", "31", "31", "31" },
		{ "14", "14", "14", "14" }, { "41", "41", "41", "41" },
		{ "", "25", "", "25" },	    { "", "52", "", "52" },
		{ "", "51", "", "51" },	    { "", "15", "", "15" },
		{ "", "", "26", "26" },	    { "", "", "62", "62" },
		{ "", "", "63", "" },	    { "", "", "", "67" },
		{ "", "", "", "76" },	    { "", "", "", "75" },
		{ "", "", "", "73" },	    { "", "", "", "57" },
	};
	const char arc[] = { (char)('0' + from), (char)('0' + to), '\0' };
	const unsigned int kind = (f->flags & VFIO_MIGRATION_P2P ? 1U : 0) |
				  (f->flags & VFIO_MIGRATION_PRE_COPY ? 2U : 0);

	for (size_t i = 0; i < ARRAY_SIZE(arcs); i++)
		if (str_eq(arcs[i][kind], arc))
			return true;
	return false;
}

static bool is_saving(uint32_t state)
{
	return state == VFIO_DEVICE_STATE_PRE_COPY ||
	       state == VFIO_DEVICE_STATE_PRE_COPY_P2P ||
	       state == VFIO_DEVICE_STATE_STOP_COPY;
}

static int fake_set_state(struct fakemig *f,
			  struct vfio_device_feature_mig_state *mig)
{
	const uint32_t from = f->state, to = mig->device_state;
	size_t length = strlen(f->path);

	if (!is_arc(f, from, to))
		fail_msg("no arc leads from %u to %u", from, to);
	mig->data_fd = -1;
	if (f->fail_error && to == f->fail_to) {
		if (!f->fail_stays)
			f->state = VFIO_DEVICE_STATE_ERROR;
		return -f->fail_error;
	}
	if (from == VFIO_DEVICE_STATE_RESUMING &&
	    (f->taken_size != f->size ||
	     memcmp(f->taken, f->data, f->size) != 0)) {
		f->state = VFIO_DEVICE_STATE_ERROR;
		return -EINVAL;
	}
	if ((is_saving(to) && !is_saving(from)) ||
	    to == VFIO_DEVICE_STATE_RESUMING) {
		assert_false(f->session);
		f->session = true;
		f->at = 0;
		f->taken_size = 0;
		mig->data_fd = FAKE_SESSION;
	}
	f->state = to;
	assert_true(length + 2 < sizeof(f->path));
	f->path[length] = (char)('0' + to);
	f->path[length + 1] = '\0';
	if (f->journal) {
		const char entry[] = { f->name, (char)('0' + to), '\0' };

		strcat(f->journal, entry);
	}
	return 0;
}

static int fake_feature(struct fakemig *f, struct vfio_device_feature *feature)
{
	struct vfio_device_feature_migration *flags = (void *)feature->data;
	struct vfio_device_feature_mig_state *state = (void *)feature->data;
	struct vfio_device_feature_mig_data_size *size = (void *)feature->data;

	switch (feature->flags & VFIO_DEVICE_FEATURE_MASK) {
	case VFIO_DEVICE_FEATURE_MIGRATION:
		flags->flags = f->flags;
		return f->flags ? 0 : -ENOTTY;
	case VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE:
		if (feature->flags & VFIO_DEVICE_FEATURE_SET)
			return fake_set_state(f, state);
		state->device_state = f->state;
		state->data_fd = -1;
		return 0;
	case VFIO_DEVICE_FEATURE_MIG_DATA_SIZE:
		size->stop_copy_length = f->size - f->precopy;
		return f->no_size ? -ENOTTY : 0;
	case VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2:
		f->precopy_v2 = !f->no_v2;
		return f->no_v2 ? -ENOTTY : 0;
	default:
		return -ENOTTY;
	}
}

static int fake_precopy_info(struct fakemig *f, struct vfio_precopy_info *info)
{
	if (f->state != VFIO_DEVICE_STATE_PRE_COPY &&
	    f->state != VFIO_DEVICE_STATE_PRE_COPY_P2P)
		return -EINVAL;
	info->initial_bytes = f->precopy - f->at;
	info->dirty_bytes = 0;
	/* Without the second version there may be anything. */
	info->flags = f->precopy_v2 ? 0 : 0xffff;
	if (f->reinit)
		info->flags |= VFIO_PRECOPY_INFO_REINIT;
	f->reinit = false;
	return 0;
}

static int fake_ioctl(struct vdev_sys *sys, int fd, unsigned long request,
		      void *arg)
{
	struct fakemig *f = mig(sys);

	if (fd == FAKE_SESSION)
		return request == VFIO_MIG_GET_PRECOPY_INFO
			       ? fake_precopy_info(f, arg)
			       : -ENOTTY;
	if (request == VFIO_DEVICE_FEATURE)
		return fake_feature(f, arg);
	if (request == VFIO_DEVICE_RESET && !f->no_reset)
		f->state = VFIO_DEVICE_STATE_RUNNING;
	return f->former.ioctl(sys, fd, request, arg);
}

static int fake_close(struct vdev_sys *sys, int fd)
{
	struct fakemig *f = mig(sys);

	if (fd != FAKE_SESSION)
		return f->former.close(sys, fd);
	assert_true(f->session);
	f->session = false;
	return 0;
}

/* What one call moves of so much. */
static size_t portion(const struct fakemig *f, size_t size, size_t have)
{
	if (size > have)
		size = have;
	return f->piece && size > f->piece ? f->piece : size;
}

static ssize_t session_read(struct fakemig *f, void *buf, size_t size)
{
	bool stopped = f->state == VFIO_DEVICE_STATE_STOP_COPY;

	if (f->read_error)
		return -f->read_error;
	size = portion(f, size, (stopped ? f->size : f->precopy) - f->at);
	if (!size)
		return stopped || f->zero_is_now ? 0 : -ENOMSG;
	memcpy(buf, f->data + f->at, size);
	f->at += size;
	return (ssize_t)size;
}

static ssize_t fake_read(struct vdev_sys *sys, int fd, void *buf, size_t size)
{
	struct fakemig *f = mig(sys);

	if (fd == FAKE_SESSION)
		return session_read(f, buf, size);
	if (fd != FAKE_IN && fd != FAKE_OUT)
		return f->former.read(sys, fd, buf, size);
	size = portion(f, size, f->in_size - f->in_at);
	if (size)
		memcpy(buf, f->in + f->in_at, size);
	f->in_at += size;
	return (ssize_t)size;
}

static ssize_t add(uint8_t *to, size_t *have, const void *buf, size_t size)
{
	assert_true(*have + size <= FAKE_MOST);
	memcpy(to + *have, buf, size);
	*have += size;
	return (ssize_t)size;
}

static ssize_t fake_write(struct vdev_sys *sys, int fd, const void *buf,
			  size_t size)
{
	struct fakemig *f = mig(sys);

	if (fd != FAKE_SESSION)
		return f->former.write(sys, fd, buf, size);
	if (f->write_error)
		return -f->write_error;
	return add(f->taken, &f->taken_size, buf, portion(f, size, SIZE_MAX));
}

static ssize_t fake_write_some(struct vdev_sys *sys, int fd, const void *buf,
			       size_t size)
{
	struct fakemig *f = mig(sys);

	assert_int_equal(fd, FAKE_OUT);
	if (f->out_most) {
		if (f->out_size == f->out_most)
			return -EPIPE;
		size = portion(f, size, f->out_most - f->out_size);
	}
	return add(f->out, &f->out_size, buf, portion(f, size, SIZE_MAX));
}

static int fake_poll(struct vdev_sys *sys, struct pollfd *fds, nfds_t count,
		     int timeout_ms)
{
	struct fakemig *f = mig(sys);

	assert_int_equal(count, 2);
	f->polls++;
	f->now += f->tick;
	fds[0].revents = fds[1].revents = 0;
	if (f->cancel_after && f->polls >= f->cancel_after &&
	    fds[1].fd == FAKE_CANCEL) {
		fds[1].revents = POLLIN;
		return 1;
	}
	if (f->interrupt) {
		f->interrupt--;
		return -EINTR;
	}
	if (f->waits) {
		assert_true(timeout_ms > 0);
		f->waits--;
		f->now += (unsigned int)timeout_ms;
		return 0;
	}
	fds[0].revents = fds[0].events;
	return 1;
}

static int64_t fake_seek(struct vdev_sys *sys, int fd, int64_t offset,
			 int whence)
{
	struct fakemig *f = mig(sys);

	assert_int_equal(fd, FAKE_IN);
	if (!f->in_file)
		return -ESPIPE;
	f->in_at = (size_t)offset + (whence == SEEK_CUR ? f->in_at : 0);
	return (int64_t)f->in_at;
}

static uint64_t fake_now_ms(struct vdev_sys *sys)
{
	struct fakemig *f = mig(sys);

	return f->now;
}

struct fakemig *fakemig_start(struct vfio_setup *vs)
{
	struct fakemig *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->vs = vs;
	f->former = vs->fv.ops;
	f->flags = VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P |
		   VFIO_MIGRATION_PRE_COPY;
	f->state = VFIO_DEVICE_STATE_RUNNING;
	f->taken = calloc(1, FAKE_MOST);
	f->out = calloc(1, FAKE_MOST);
	assert_true(f->taken && f->out);
	vs->fv.ops.ioctl = fake_ioctl;
	vs->fv.ops.close = fake_close;
	vs->fv.ops.read = fake_read;
	vs->fv.ops.write = fake_write;
	vs->fv.ops.write_some = fake_write_some;
	vs->fv.ops.poll = fake_poll;
	vs->fv.ops.seek = fake_seek;
	vs->fv.ops.now_ms = fake_now_ms;
	vs->fv.before = f;
	return f;
}

void fakemig_stop(struct fakemig *f)
{
	assert_false(f->session);
	f->vs->fv.ops = f->former;
	f->vs->fv.before = NULL;
	free(f->taken);
	free(f->out);
	free(f);
}
