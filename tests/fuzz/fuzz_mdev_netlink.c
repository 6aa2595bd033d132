/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What the family "mdev" answers, and what is told of mdevs unasked. */

#include <libvdev/mdev.h>

#include <linux/genetlink.h>

#include "fuzz.h"
#include "kernel/mdev_netlink.h"

#define UUID "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"

static bool is_name(const char *name)
{
	return *name && !strchr(name, '/');
}

static void check_parents(struct mdev_netlink *m)
{
	struct mdev_netlink_parent *parents;
	size_t count;

	if (mdev_netlink_parents(m, &parents, &count))
		return;
	for (size_t i = 0; i < count; i++)
		FUZZ_CHECK(is_name(parents[i].name));
	free(parents);
}

static void check_types(struct mdev_netlink *m)
{
	struct mdev_netlink_type *types;
	size_t count;

	if (mdev_netlink_types(m, 1, &types, &count))
		return;
	for (size_t i = 0; i < count; i++)
		FUZZ_CHECK(is_name(types[i].id) && types[i].name);
	mdev_netlink_types_free(types, count);
}

static void check_devices(struct mdev_netlink *m)
{
	const struct mdev_netlink_settings settings = { 0 };
	struct mdev_netlink_device *devices, one;
	size_t count;

	if (!mdev_netlink_devices(m, &devices, &count)) {
		for (size_t i = 0; i < count; i++)
			FUZZ_CHECK(strlen(devices[i].uuid) == 36 &&
				   is_name(devices[i].type));
		free(devices);
	}
	if (!mdev_netlink_device(m, UUID, &one))
		FUZZ_CHECK(str_eq(one.uuid, UUID));
	(void)mdev_netlink_create(m, 1, "a", UUID, &settings);
}

static void check_answers(const uint8_t *data, size_t size)
{
	struct mdev_netlink m = { .monitor = 1 };
	struct fuzz_input input;
	struct vdev_sys sys;

	fuzz_sys(&sys, &input, data, size);
	m.family = (struct genetlink){ .sys = &sys,
				       .family = GENL_START_ALLOC,
				       .version = 1 };
	check_parents(&m);
	check_types(&m);
	check_devices(&m);
}

static void check_notifications(const uint8_t *data, size_t size)
{
	struct mdev_netlink m = { .monitor = 1 };
	struct mdev_netlink_event event;
	struct fuzz_input input;
	struct vdev_sys sys;
	int fd;

	fuzz_sys(&sys, &input, data, size);
	m.family =
		(struct genetlink){ .sys = &sys, .family = GENL_START_ALLOC };
	fd = mdev_netlink_listen(&m);
	FUZZ_CHECK(fd >= 0);
	while (input.received < input.size)
		if (!mdev_netlink_receive(&m, fd, &event) &&
		    event.kind == MDEV_NETLINK_ADDED)
			FUZZ_CHECK(strlen(event.device.uuid) == 36);
	vdev_sys_close(&sys, fd);
}

/* By netlink, if the input has the family, or by uevents. */
static void check_monitor(const uint8_t *data, size_t size)
{
	struct fuzz_input input;
	struct vdev_ctx *ctx = fuzz_ctx(&input, data, size);
	const struct vdev_mdev_event *event;
	struct vdev_mdev_monitor *monitor;

	input.families = true;
	if (!vdev_mdev_monitor_new(ctx, &monitor)) {
		while (vdev_mdev_monitor_next(monitor, 0, &event) == 1)
			FUZZ_CHECK(*vdev_mdev_event_parent(event));
		vdev_mdev_monitor_free(monitor);
	}
	vdev_ctx_unref(ctx);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_answers(data, size);
	check_notifications(data, size);
	check_monitor(data, size);
	return 0;
}
