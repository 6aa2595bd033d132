/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BAR_H
#define BAR_H

#include <libvdev/libvdev.h>

#include "vm.h"

#define BAR_PIECES 8
#define BAR_HOLES  2

/* Bytes of a BAR, whole pages. */
struct bar_range {
	uint64_t start;
	uint64_t end;
};

/* A part of a BAR that the guest reaches without an exit. */
struct bar_piece {
	struct bar_range range;
	void *memory;
	int slot; /* -1 while it is not in the machine */
};

struct bar {
	struct vm *vm;
	struct vdev_file *file;
	unsigned int index;
	uint64_t size; /* 0 if there is no such BAR, or it is of ports */
	uint64_t address;
	bool decoded;
	struct bar_piece pieces[BAR_PIECES];
	size_t piece_count;
};

/*
 * Maps what the device lets be mapped, but for @holes, or nothing.
 */
int bar_init(struct bar *bar, struct vm *vm, struct vdev_file *file,
	     unsigned int index, const struct bar_range *holes,
	     size_t hole_count, bool map);
void bar_finish(struct bar *bar);

/* Puts it there, and takes it away again. */
void bar_show(struct bar *bar, uint64_t address);
void bar_hide(struct bar *bar);

bool bar_has(const struct bar *bar, uint64_t address);
/* An access that was not to a piece. */
void bar_access(struct bar *bar, uint64_t offset, unsigned int width,
		bool write, uint64_t *value);

#endif
