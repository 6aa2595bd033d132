/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_MDEV_SCRIPT_H
#define VDEV_OBJECT_MDEV_SCRIPT_H

#include <libvdev/mdev.h>

/* What scripts are told and asked, by the words of mdevctl. */

enum script_action {
	SCRIPT_START,
	SCRIPT_STOP,
	SCRIPT_DEFINE,
	SCRIPT_UNDEFINE,
	SCRIPT_MODIFY,
	SCRIPT_ATTRIBUTES,
	SCRIPT_CAPABILITIES,
	SCRIPT_ACTIONS,
};

enum script_event {
	SCRIPT_PRE,
	SCRIPT_POST,
	SCRIPT_LIVE,
	SCRIPT_NOTIFY,
	SCRIPT_GET,
	SCRIPT_EVENTS,
};

extern const char *const script_actions[SCRIPT_ACTIONS];
extern const char *const script_events[SCRIPT_EVENTS];

/* A bit for each. */
struct script_support {
	unsigned int actions;
	unsigned int events;
};

/*
 * What a script says it supports; words that are not known are left out.
 * Return: 1; 0 if it does not say that; -ENOMEM.
 */
int script_parse_supports(const char *text, struct script_support *ret);

/*
 * Adds the attributes that a script tells of an mdev, which may be none at
 * all. Return: 0; -EBADMSG or -ENOMEM, recorded.
 */
int mdev_config_add_json(struct vdev_mdev_config *config, const char *text);

#endif
