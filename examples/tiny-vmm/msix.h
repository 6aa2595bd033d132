/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MSIX_H
#define MSIX_H

#include <libvdev/libvdev.h>

#include "bar.h"
#include "vm.h"

/*
 * MSI-X as the guest sees it.
 *
 * The table in the device belongs to the host, which has messages of its own
 * there. The guest's table is here: from each entry of it that is not masked
 * goes a line from the device through an eventfd to the guest's processor.
 */

struct msix;

/* @capability is where it is in the configuration space. */
int msix_new(struct vm *vm, struct vdev_file *file, unsigned int capability,
	     struct msix **ret);
void msix_free(struct msix *msix);

/* The pages of a BAR that hold its table and its pending bits. */
size_t msix_holes(const struct msix *msix, unsigned int bar,
		  struct bar_range ret[BAR_HOLES]);

/* The guest wrote the control register. */
void msix_control(struct msix *msix, uint16_t value);
/* An access to a BAR. Returns whether it was to the table or pending bits. */
bool msix_access(struct msix *msix, unsigned int bar, uint64_t offset,
		 unsigned int width, bool write, uint64_t *value);

#endif
