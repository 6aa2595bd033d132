/* SPDX-License-Identifier: GPL-2.0-or-later */

/* mdev watch */

#include "app.h"
#include "mdev.h"
#include "numbers.h"
#include "signals.h"

static json_object *describe_event(const struct vdev_mdev_monitor *monitor,
				   const struct vdev_mdev_event *event)
{
	json_object *o = json_object_new_object();

	output_add(o, "event",
		   output_string(
			   vdev_mdev_event_name(vdev_mdev_event_kind(event))));
	output_add(o, "uuid", output_string(vdev_mdev_event_uuid(event)));
	output_add(o, "parent", output_string(vdev_mdev_event_parent(event)));
	output_add(o, "type", output_string(vdev_mdev_event_type(event)));
	output_add(o, "interface",
		   output_string(vdev_mdev_monitor_interface(monitor)));
	return o;
}

static void print_event(struct app *app, json_object *o)
{
	_auto_free_ char *line = NULL;

	if (app->json) {
		output_line(app->out.stream, o);
	} else {
		line = output_expand("{event}[ {uuid}]: [{type} of ]{parent}",
				     o);
		fprintf(app->out.stream, "%s\n", line);
	}
	/* Each is seen when it happens. */
	app_write(app);
}

/* Prints what has happened, `*left` events at most. Return: 0 or -1. */
static int print_events(struct app *app, struct vdev_mdev_monitor *monitor,
			const char *parent, uint64_t *left)
{
	const struct vdev_mdev_event *event;
	int ret = 0;

	while (*left && !app->failure.message) {
		_auto_json_ json_object *o = NULL;

		ret = vdev_mdev_monitor_next(monitor, 0, &event);
		if (ret <= 0)
			break;
		if (parent &&
		    !mdev_is_parent(vdev_mdev_event_parent(event), parent))
			continue;
		o = describe_event(monitor, event);
		print_event(app, o);
		--*left;
	}
	if (ret < 0)
		return app_fail_ctx(app);
	return app->failure.message ? -1 : 0;
}

int mdev_watch(struct app *app)
{
	const char *parent = option_value(app, "parent");
	struct vdev_mdev_monitor *monitor;
	uint64_t left = UINT64_MAX;
	int ret = 0;

	if (option_u64(app, "count", &left))
		return -1;
	if (vdev_mdev_monitor_new(app->ctx, &monitor))
		return app_fail_ctx(app);
	signals_catch();
	while (!ret && left && !signals_caught()) {
		ret = print_events(app, monitor, parent, &left);
		if (!ret && left)
			signals_wait(vdev_mdev_monitor_fd(monitor));
	}
	vdev_mdev_monitor_free(monitor);
	return ret;
}
