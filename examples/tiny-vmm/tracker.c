/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The processor's dirty pages and the device's, in one bitmap. */

#include "tracker.h"

#include <errno.h>
#include <stdlib.h>

#include "device.h"

#define PAGE 4096

struct tracker {
	struct machine *m;
	struct vdev_dirty *dirty; /* what the device writes to */
	struct vdev_bitmap *pages;
	void *log; /* what KVM gives */
	bool started;
	bool first;
};

static int add_iommu(struct tracker *t)
{
	struct machine *m = t->m;
	int error;

	if (!m->hwpt)
		return complain(-EOPNOTSUPP, "the IOMMU does not tell which "
					     "pages the device writes to");
	error = vdev_dirty_add_hwpt(t->dirty, m->hwpt);
	return error ? complain_library(m->ctx, error) : 0;
}

/*
 * Either knows all that this device writes. Its own log is finer: the IOMMU
 * notes a page of 2 MiB as one if it has mapped one.
 */
static int add_sources(struct tracker *t, enum track track)
{
	int error = 0;

	if (track != TRACK_IOMMU) {
		error = vdev_dirty_add_file(t->dirty, t->m->file);
		if (error == -EOPNOTSUPP && track == TRACK_ANY)
			track = TRACK_IOMMU;
		else if (error)
			return complain_library(t->m->ctx, error);
	}
	return track == TRACK_IOMMU || track == TRACK_BOTH ? add_iommu(t) : 0;
}

static int make(struct tracker *t, enum track track)
{
	const uint64_t size = vm_memory_size(t->m->vm);
	const struct vdev_iova_range all = { 0, size - 1 };
	struct vdev_ctx *ctx = t->m->ctx;
	int error = vdev_dirty_new(ctx, &all, 1, PAGE, &t->dirty);

	if (error)
		return complain_library(ctx, error);
	error = add_sources(t, track);
	if (error)
		return error;
	error = vdev_dirty_new_bitmap(t->dirty, PAGE, &t->pages);
	if (error)
		return complain_library(ctx, error);
	t->log = calloc((size / PAGE + 63) / 64, sizeof(uint64_t));
	return t->log ? 0 : complain(-ENOMEM, "out of memory");
}

static int start(struct tracker *t)
{
	int error = vm_track(t->m->vm, true);

	if (error)
		return error;
	t->started = true;
	error = vdev_dirty_start(t->dirty);
	return error ? complain_library(t->m->ctx, error) : 0;
}

int tracker_start(struct machine *m, enum track track, struct tracker **ret)
{
	struct tracker *t = calloc(1, sizeof(*t));
	int error;

	if (!t)
		return complain(-ENOMEM, "out of memory");
	t->m = m;
	t->first = true;
	pthread_mutex_lock(&m->lock);
	error = make(t, track);
	if (!error)
		error = start(t);
	pthread_mutex_unlock(&m->lock);
	if (error)
		tracker_free(t);
	else
		*ret = t;
	return error;
}

void tracker_free(struct tracker *t)
{
	if (!t)
		return;
	if (t->started)
		vm_track(t->m->vm, false);
	pthread_mutex_lock(&t->m->lock);
	vdev_dirty_free(t->dirty);
	vdev_bitmap_free(t->pages);
	pthread_mutex_unlock(&t->m->lock);
	free(t->log);
	free(t);
}

/* Nothing is allocated here: the guest may be waiting. */
static int collect(struct tracker *t)
{
	const uint64_t size = vm_memory_size(t->m->vm);
	int error = vdev_dirty_report(t->dirty, t->pages, 0);

	if (error)
		return complain_library(t->m->ctx, error);
	error = vm_dirty_log(t->m->vm, t->log);
	if (error)
		return error;
	error = vdev_bitmap_from_kvm(t->pages, 0, size, t->log);
	return error ? complain_library(t->m->ctx, error) : 0;
}

int tracker_collect(struct tracker *t, const struct vdev_bitmap **ret)
{
	int error = 0;

	vdev_bitmap_clear_all(t->pages);
	if (t->first) {
		vdev_bitmap_set(t->pages, 0, vm_memory_size(t->m->vm));
	} else {
		pthread_mutex_lock(&t->m->lock);
		error = collect(t);
		pthread_mutex_unlock(&t->m->lock);
	}
	t->first = false;
	if (!error)
		*ret = t->pages;
	return error;
}
