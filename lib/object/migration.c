/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Migration of a device: what it can do, and what it tells. */

#include "object/migration.h"

#include <errno.h>

/* When pre-copy ends unless the caller says otherwise. */
#define PRECOPY_DIRTY ((uint64_t)1024 * 1024)
#define PRECOPY_MS    60000

static int flags_fail(struct vdev_file *file, int error)
{
	struct vdev_ctx *ctx = file->ctx;

	if (error != -ENOTTY && error != -EOPNOTSUPP)
		return vdev_fail(ctx, error,
				 "cannot ask %s how it migrates: %s",
				 file->name, strerror(-error));
	vdev_fail(ctx, -EOPNOTSUPP,
		  "%s, its driver or the kernel has no migration", file->name);
	return vdev_hint(ctx, -EOPNOTSUPP,
			 "needs Linux 5.18 or later and a driver that saves "
			 "the device's state; plain vfio-pci does not");
}

int vdev_migration_new(struct vdev_file *file, struct vdev_migration **ret)
{
	struct vdev_sys *sys = file_sys(file);
	struct vdev_migration *m;
	uint64_t flags;
	int error = vfio_mig_flags(sys, file->fd, &flags);

	if (error)
		return flags_fail(file, error);
	m = calloc(1, sizeof(*m));
	if (!m)
		return vdev_fail(file->ctx, -ENOMEM, "out of memory");
	m->file = vdev_file_ref(file);
	m->io.ctx = file->ctx;
	m->io.name = file->name;
	m->flags = (unsigned int)flags;
	m->data_fd = -1;
	m->io.cancel_fd = -1;
	m->precopy_dirty = PRECOPY_DIRTY;
	m->precopy_ms = PRECOPY_MS;
	m->io.remaining = UINT64_MAX;
	error = vdev_migration_state(m, &m->io.state);
	if (error) {
		vdev_migration_free(m);
		return error;
	}
	/* An older kernel does not know it, and never says reinit. */
	m->tells_reinit = flags & VDEV_MIGRATION_PRE_COPY &&
			  !vfio_mig_enable_precopy_v2(sys, file->fd);
	*ret = m;
	return 0;
}

void vdev_migration_free(struct vdev_migration *m)
{
	if (!m)
		return;
	vdev_sys_close(mig_sys(m), m->data_fd);
	vdev_file_unref(m->file);
	free(m);
}

unsigned int vdev_migration_flags(const struct vdev_migration *m)
{
	return m->flags;
}

int vdev_migration_data_size(struct vdev_migration *m, uint64_t *ret)
{
	struct vdev_ctx *ctx = mig_ctx(m);
	uint64_t size;
	int error = vfio_mig_data_size(mig_sys(m), m->file->fd, &size);

	switch (-error) {
	case 0:
		*ret = size;
		return 0;
	case ENOTTY:
	case EOPNOTSUPP:
		return vdev_fail(ctx, -EOPNOTSUPP,
				 "%s, its driver or the kernel (before Linux "
				 "6.2) does not estimate how much data it has",
				 mig_name(m));
	default:
		return vdev_fail(ctx, error,
				 "cannot ask %s how much data it has: %s",
				 mig_name(m), strerror(-error));
	}
}

int vdev_migration_precopy(struct vdev_migration *m,
			   struct vdev_migration_precopy *ret)
{
	struct vdev_ctx *ctx = mig_ctx(m);
	struct vfio_precopy_info info;
	int error;

	if (m->data_fd < 0 ||
	    (m->io.state != VDEV_MIGRATION_STATE_PRE_COPY &&
	     m->io.state != VDEV_MIGRATION_STATE_PRE_COPY_P2P))
		return vdev_fail(ctx, -EINVAL, "%s is not in pre-copy",
				 mig_name(m));
	error = vfio_mig_precopy_info(mig_sys(m), m->data_fd, &info);
	if (error == -ENOTTY)
		return vdev_fail(ctx, -EOPNOTSUPP,
				 "the driver of %s does not tell what is left "
				 "in pre-copy",
				 mig_name(m));
	if (error)
		return vdev_fail(ctx, error,
				 "cannot ask %s what is left in pre-copy: %s",
				 mig_name(m), strerror(-error));
	*ret = (struct vdev_migration_precopy){
		.initial = info.initial_bytes,
		.dirty = info.dirty_bytes,
		/* Without that version old drivers left anything there. */
		.reinit = m->tells_reinit &&
			  info.flags & VFIO_PRECOPY_INFO_REINIT,
	};
	return 0;
}

void vdev_migration_set_timeout(struct vdev_migration *m,
				unsigned int timeout_ms)
{
	m->io.timeout_ms = timeout_ms;
}

void vdev_migration_set_cancel(struct vdev_migration *m, int fd)
{
	m->io.cancel_fd = fd;
}

void vdev_migration_set_progress(struct vdev_migration *m,
				 vdev_migration_progress_fn fn, void *data)
{
	m->io.progress = fn;
	m->io.progress_data = data;
}

void vdev_migration_set_precopy(struct vdev_migration *m, uint64_t dirty,
				unsigned int most_ms)
{
	m->precopy_dirty = dirty;
	m->precopy_ms = most_ms;
}

int vdev_migration_fd(const struct vdev_migration *m)
{
	return m->data_fd < 0 ? -ENODATA : m->data_fd;
}
