/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_SELECT_H
#define VDEVCTL_SELECT_H

#include <libvdev/device.h>

#include "common.h"

/* From operands to devices. */

struct app;

/* Devices in the order they were named, each once; holds references. */
struct selection {
	struct vdev_device **devices;
	size_t count;
};

/* Adds what one DEV stands for. Return: 0, or -1 after app_fail(). */
int selection_add(struct app *app, struct selection *s, const char *operand);
/* Adds what all operands of the command stand for. */
int selection_add_operands(struct app *app, struct selection *s);
void selection_clear(struct selection *s);

#define _auto_selection_ __attribute__((cleanup(selection_clear)))

/*
 * The devices that pass the filters in the command's operands. A device that
 * is named exactly has to exist. Return: 0, or -1 after app_fail().
 */
int select_filtered(struct app *app, struct vdev_device_list **ret);

#endif
