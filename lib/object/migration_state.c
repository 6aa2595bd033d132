/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The states, the ways between them, and devices that go those ways. */

#include <errno.h>

#include "object/migration.h"

#define ERROR	     VDEV_MIGRATION_STATE_ERROR
#define STOP	     VDEV_MIGRATION_STATE_STOP
#define RUNNING	     VDEV_MIGRATION_STATE_RUNNING
#define STOP_COPY    VDEV_MIGRATION_STATE_STOP_COPY
#define RESUMING     VDEV_MIGRATION_STATE_RESUMING
#define RUNNING_P2P  VDEV_MIGRATION_STATE_RUNNING_P2P
#define PRE_COPY     VDEV_MIGRATION_STATE_PRE_COPY
#define PRE_COPY_P2P VDEV_MIGRATION_STATE_PRE_COPY_P2P

_Static_assert((int)PRE_COPY_P2P + 1 == VDEV_MIGRATION_STATES, "states");
_Static_assert((int)VFIO_DEVICE_STATE_NR == VDEV_MIGRATION_STATES, "states");

const char *vdev_migration_state_name(enum vdev_migration_state state)
{
	static const char *const names[VDEV_MIGRATION_STATES] = {
		[ERROR] = "error",	 [STOP] = "stop",
		[RUNNING] = "running",	 [STOP_COPY] = "stop-copy",
		[RESUMING] = "resuming", [RUNNING_P2P] = "running-p2p",
		[PRE_COPY] = "pre-copy", [PRE_COPY_P2P] = "pre-copy-p2p",
	};

	return (size_t)state < VDEV_MIGRATION_STATES ? names[state] : NULL;
}

/* --- The ways */

/* What a device must be able to do to have a state. */
static unsigned int needs(int state)
{
	switch (state) {
	case RUNNING_P2P:
		return VDEV_MIGRATION_STOP_COPY | VDEV_MIGRATION_P2P;
	case PRE_COPY:
		return VDEV_MIGRATION_STOP_COPY | VDEV_MIGRATION_PRE_COPY;
	case PRE_COPY_P2P:
		return VDEV_MIGRATION_STOP_COPY | VDEV_MIGRATION_P2P |
		       VDEV_MIGRATION_PRE_COPY;
	default:
		return VDEV_MIGRATION_STOP_COPY;
	}
}

static bool has(unsigned int flags, int state)
{
	return (flags & needs(state)) == needs(state);
}

/*
 * The next state on the way, of a device that has all of them; ERROR if there
 * is no way. What is neither named for a state nor refused goes the same way
 * out of it.
 */
static int next_of_all(int from, int to)
{
	switch (from) {
	case STOP:
		return to == STOP_COPY || to == RESUMING ? to : RUNNING_P2P;
	case RUNNING:
		return to == PRE_COPY ? PRE_COPY : RUNNING_P2P;
	case RUNNING_P2P:
		if (to == RUNNING || to == PRE_COPY)
			return RUNNING;
		return to == PRE_COPY_P2P ? PRE_COPY_P2P : STOP;
	case PRE_COPY:
		if (to == PRE_COPY_P2P || to == STOP_COPY)
			return PRE_COPY_P2P;
		return RUNNING;
	case PRE_COPY_P2P:
		return to == PRE_COPY || to == STOP_COPY ? to : RUNNING_P2P;
	case STOP_COPY:
		/* What has stopped does not begin to be copied. */
		return to == PRE_COPY || to == PRE_COPY_P2P ? ERROR : STOP;
	case RESUMING:
		return STOP;
	default:
		return ERROR;
	}
}

int vdev_migration_path(unsigned int flags, enum vdev_migration_state from,
			enum vdev_migration_state to,
			enum vdev_migration_state *path)
{
	enum vdev_migration_state found[VDEV_MIGRATION_ARCS_MOST];
	int state = (int)from, count = 0;

	if ((size_t)from >= VDEV_MIGRATION_STATES ||
	    (size_t)to >= VDEV_MIGRATION_STATES || (int)from == ERROR ||
	    (int)to == ERROR)
		return -EINVAL;
	if (!has(flags, (int)from) || !has(flags, (int)to))
		return -EOPNOTSUPP;
	while (state != (int)to) {
		state = next_of_all(state, (int)to);
		if (state == ERROR)
			return -EINVAL;
		/* Those that it does not have are passed over. */
		if (has(flags, state))
			found[count++] = (enum vdev_migration_state)state;
	}
	if (count)
		memcpy(path, found, (size_t)count * sizeof(*path));
	return count;
}

/* --- A device on its way */

/* Whether the data session goes on in a state, once there is one. */
bool mig_saves(enum vdev_migration_state state)
{
	return state == PRE_COPY || state == PRE_COPY_P2P || state == STOP_COPY;
}

static void end_session(struct vdev_migration *m)
{
	vdev_sys_close(mig_sys(m), m->data_fd);
	m->data_fd = -1;
	m->used = false;
}

int vdev_migration_state(struct vdev_migration *m,
			 enum vdev_migration_state *ret)
{
	uint32_t state;
	int error = vfio_mig_get_state(mig_sys(m), m->file->fd, &state);

	if (error)
		return vdev_fail(mig_ctx(m), error,
				 "cannot ask %s for its migration state: %s",
				 mig_name(m), strerror(-error));
	if (state >= VDEV_MIGRATION_STATES)
		return vdev_fail(mig_ctx(m), -EIO,
				 "%s is in the migration state %u, which is "
				 "not known",
				 mig_name(m), state);
	m->io.state = (enum vdev_migration_state)state;
	*ret = m->io.state;
	return 0;
}

/* An arc failed: where the device is now is part of what is said. */
static int arc_fail(struct vdev_migration *m, enum vdev_migration_state from,
		    enum vdev_migration_state to, int error)
{
	struct vdev_ctx *ctx = mig_ctx(m);
	const char *name = mig_name(m);
	uint32_t now;

	if (vfio_mig_get_state(mig_sys(m), m->file->fd, &now) ||
	    now >= VDEV_MIGRATION_STATES)
		now = ERROR;
	m->io.state = (enum vdev_migration_state)now;
	if (m->io.state != from)
		end_session(m);
	if (from == RESUMING)
		vdev_fail(ctx, error,
			  "%s does not accept the data it was given: %s", name,
			  strerror(-error));
	else
		vdev_fail(ctx, error,
			  "%s cannot go from the state %s to %s: %s", name,
			  vdev_migration_state_name(from),
			  vdev_migration_state_name(to), strerror(-error));
	if (now == ERROR)
		return vdev_hint(ctx, error,
				 "it is in the state error now, out of which "
				 "only a reset leads");
	return vdev_hint(ctx, error, "it is in the state %s now",
			 vdev_migration_state_name(m->io.state));
}

/* One arc. */
static int go(struct vdev_migration *m, enum vdev_migration_state to)
{
	enum vdev_migration_state from = m->io.state;
	int fd, error;

	error = vfio_mig_set_state(mig_sys(m), m->file->fd, (uint32_t)to, &fd);
	if (error)
		return arc_fail(m, from, to, error);
	vdev_log(mig_ctx(m), VDEV_LOG_INFO, "%s goes from %s to %s",
		 mig_name(m), vdev_migration_state_name(from),
		 vdev_migration_state_name(to));
	m->io.state = to;
	if (fd < 0 && mig_saves(from) && mig_saves(to))
		return 0;
	end_session(m);
	m->data_fd = fd;
	return 0;
}

static int path_fail(struct vdev_migration *m, enum vdev_migration_state to,
		     int error)
{
	struct vdev_ctx *ctx = mig_ctx(m);
	const char *name = vdev_migration_state_name(to);

	if (m->io.state == ERROR) {
		error = vdev_fail(ctx, -EIO, "%s is in the state error",
				  mig_name(m));
		return vdev_hint(ctx, error, "only a reset leads out of it");
	}
	if (!name)
		return vdev_fail(ctx, error, "there is no migration state %d",
				 (int)to);
	if (error == -EOPNOTSUPP)
		return vdev_fail(ctx, error, "%s does not have the state %s",
				 mig_name(m), name);
	return vdev_fail(ctx, error, "no way leads %s from the state %s to %s",
			 mig_name(m), vdev_migration_state_name(m->io.state),
			 name);
}

/* The way from where the device is. Return: its arcs, or -errno. */
static int find_path(struct vdev_migration *m, enum vdev_migration_state to,
		     enum vdev_migration_state *path)
{
	enum vdev_migration_state from;
	int ret = vdev_migration_state(m, &from);

	if (ret)
		return ret;
	ret = vdev_migration_path(m->flags, from, to, path);
	if (ret < 0)
		return path_fail(m, to, ret);
	/* A driver may not expect that the data it waits for are gone. */
	if (ret && from == RESUMING && m->data_fd < 0) {
		ret = vdev_fail(mig_ctx(m), -EBUSY,
				"%s is being loaded by somebody else, or was "
				"left so",
				mig_name(m));
		return vdev_hint(mig_ctx(m), ret, "a reset ends that");
	}
	return ret;
}

int vdev_migration_set_state(struct vdev_migration *m,
			     enum vdev_migration_state state)
{
	enum vdev_migration_state path[VDEV_MIGRATION_ARCS_MOST] = { 0 };
	int count = find_path(m, state, path);

	for (int i = 0; i < count; i++) {
		int ret = go(m, path[i]);

		if (ret)
			return ret;
	}
	return count < 0 ? count : 0;
}

int vdev_migration_recover(struct vdev_migration *m)
{
	enum vdev_migration_state state;
	/* Some that migrate do not say that they can be reset, but can. */
	int ret = file_reset(m->file);

	if (ret)
		return ret;
	end_session(m);
	ret = vdev_migration_state(m, &state);
	if (!ret && state != RUNNING)
		ret = vdev_fail(mig_ctx(m), -EIO,
				"%s is in the state %s after a reset",
				mig_name(m), vdev_migration_state_name(state));
	return ret;
}

/* --- Several devices */

/* How far a device is from working: 0 works, 1 keeps still, 2 stopped. */
static int stillness(int state)
{
	switch (state) {
	case RUNNING:
	case PRE_COPY:
		return 0;
	case RUNNING_P2P:
	case PRE_COPY_P2P:
		return 1;
	default:
		return 2;
	}
}

/*
 * Whether the arc into a state belongs to a phase. Towards STOP: all keep
 * still, then all stop. From there: all end their sessions, then all keep
 * still, then all work.
 */
static bool in_phase(int phase, int state, int target)
{
	if (stillness(target) == 2)
		return phase > 0 || stillness(state) < 2;
	return stillness(state) >= 2 - phase;
}

static int go_phase(struct vdev_migration *m, int phase,
		    enum vdev_migration_state state)
{
	enum vdev_migration_state path[VDEV_MIGRATION_ARCS_MOST] = { 0 };
	int count = vdev_migration_path(m->flags, m->io.state, state, path);

	for (int i = 0; i < count && in_phase(phase, (int)path[i], (int)state);
	     i++) {
		int ret = go(m, path[i]);

		if (ret)
			return ret;
	}
	return 0;
}

int vdev_migration_set_state_all(struct vdev_migration *const *all,
				 size_t count, enum vdev_migration_state state)
{
	enum vdev_migration_state path[VDEV_MIGRATION_ARCS_MOST] = { 0 };

	for (size_t i = 0; i < count; i++) {
		int ret = find_path(all[i], state, path);

		if (ret < 0)
			return ret;
	}
	for (int phase = 0; phase < 3; phase++)
		for (size_t i = 0; i < count; i++) {
			int ret = go_phase(all[i], phase, state);

			if (ret)
				return ret;
		}
	return 0;
}
