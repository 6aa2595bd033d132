/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PLATFORM_H
#define PLATFORM_H

#include <libvdev/libvdev.h>

#include "vm.h"

/*
 * A device that is not on PCI, as mediated devices can be: its regions are at
 * MACHINE_WINDOW, one behind the other in whole pages, its first interrupt is
 * MACHINE_VECTOR.
 */

struct platform;

int platform_new(struct vm *vm, struct vdev_file *file, struct platform **ret);
void platform_free(struct platform *platform);

/*
 * Once nothing comes from the line any more, what came is in the processor.
 * What the device signals meanwhile arrives when it is connected again.
 */
int platform_connect(struct platform *platform);
int platform_disconnect(struct platform *platform);

/* An access to memory. Returns whether it was to one of its regions. */
bool platform_memory(struct platform *platform, uint64_t address,
		     unsigned int width, bool write, uint64_t *value);
/* How many of those there were. */
unsigned long platform_exits(const struct platform *platform);

#endif
