/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The memory of a device in the machine. */

#include "bar.h"

#include <endian.h>
#include <unistd.h>

#include "device.h"

static int map_piece(struct bar *bar, uint64_t start, uint64_t end)
{
	struct bar_piece *piece = &bar->pieces[bar->piece_count];
	int error;

	/* What is left over is reached by exits. */
	if (bar->piece_count == BAR_PIECES)
		return 0;
	error = vdev_file_mmap(
		bar->file, bar->index, start, (size_t)(end - start),
		VDEV_REGION_READ | VDEV_REGION_WRITE, &piece->memory);
	if (error)
		return complain_library(vdev_file_ctx(bar->file), error);
	piece->range = (struct bar_range){ start, end };
	piece->slot = -1;
	bar->piece_count++;
	return 0;
}

static int map_around(struct bar *bar, uint64_t start, uint64_t end,
		      const struct bar_range *holes, size_t count)
{
	int error;

	if (start >= end)
		return 0;
	for (size_t i = 0; i < count; i++) {
		if (holes[i].start >= end || holes[i].end <= start)
			continue;
		error = map_around(bar, start, holes[i].start, holes, count);
		return error ? error
			     : map_around(bar, holes[i].end, end, holes, count);
	}
	return map_piece(bar, start, end);
}

/*
 * Of a BAR that is smaller than a page no area is whole pages. The kernel would
 * map its page, but the guest may put two such BARs into one.
 */
static int map_areas(struct bar *bar, const struct vdev_region *region,
		     const struct bar_range *holes, size_t count)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t offset, size;
	int error = 0;

	for (size_t i = 0;
	     !error && !vdev_region_area(region, i, &offset, &size); i++)
		error = map_around(bar, (offset + page - 1) & ~(page - 1),
				   (offset + size) & ~(page - 1), holes, count);
	return error;
}

int bar_init(struct bar *bar, struct vm *vm, struct vdev_file *file,
	     unsigned int index, const struct bar_range *holes,
	     size_t hole_count, bool map)
{
	const struct vdev_region *region;
	uint64_t value;
	int error = vdev_file_region(file, index, &region);

	*bar = (struct bar){ .vm = vm, .file = file, .index = index };
	if (error)
		return complain_library(vdev_file_ctx(file), error);
	if (!vdev_region_size(region))
		return 0;
	error = vdev_file_read_register(file, VDEV_REGION_CONFIG,
					0x10 + 4 * index, 4, &value);
	if (error)
		return complain_library(vdev_file_ctx(file), error);
	/* Devices of today have ports for old software only. */
	if (value & 0x1)
		return 0;
	bar->size = vdev_region_size(region);
	return map ? map_areas(bar, region, holes, hole_count) : 0;
}

void bar_finish(struct bar *bar)
{
	bar_hide(bar);
	for (size_t i = 0; i < bar->piece_count; i++)
		vdev_file_munmap(bar->file, bar->pieces[i].memory);
	bar->piece_count = 0;
}

void bar_show(struct bar *bar, uint64_t address)
{
	bar_hide(bar);
	bar->address = address;
	bar->decoded = true;
	for (size_t i = 0; i < bar->piece_count; i++) {
		struct bar_piece *piece = &bar->pieces[i];

		/* If not, it was said why, and exits serve it. */
		piece->slot = vm_add_slot(bar->vm, address + piece->range.start,
					  piece->range.end - piece->range.start,
					  piece->memory);
	}
}

void bar_hide(struct bar *bar)
{
	for (size_t i = 0; i < bar->piece_count; i++)
		if (bar->pieces[i].slot >= 0) {
			vm_remove_slot(bar->vm, bar->pieces[i].slot);
			bar->pieces[i].slot = -1;
		}
	bar->decoded = false;
}

bool bar_has(const struct bar *bar, uint64_t address)
{
	return bar->decoded && address >= bar->address &&
	       address - bar->address < bar->size;
}

void bar_access(struct bar *bar, uint64_t offset, unsigned int width,
		bool write, uint64_t *value)
{
	uint64_t bytes = htole64(*value);
	int error;

	/* Not by register: the guest's accesses need not be aligned. */
	if (write)
		error = vdev_file_write(bar->file, bar->index, offset, &bytes,
					width);
	else
		error = vdev_file_read(bar->file, bar->index, offset, &bytes,
				       width);
	if (error)
		complain_library(vdev_file_ctx(bar->file), error);
	if (!write)
		*value = error ? UINT64_MAX : le64toh(bytes);
}
