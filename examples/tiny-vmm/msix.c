/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "msix.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "device.h"

#define CONTROL_ENABLE 0x8000
#define CONTROL_MASK   0x4000
#define ENTRY_SIZE     16
#define ENTRY_MASKED   0x1

struct entry {
	uint32_t words[4]; /* address, its upper half, data, control */
	bool live;	   /* connected to the processor */
};

struct place {
	unsigned int bar;
	uint64_t offset;
	uint64_t size;
};

struct msix {
	struct vm *vm;
	struct vdev_file *file;
	unsigned int count;
	struct place table;
	struct place pending;
	bool noresize;
	bool enabled;
	bool masked;
	unsigned int armed; /* so many the device has enabled */
	struct entry *entries;
	/* Of each entry that was used since MSI-X is enabled, else -1. */
	int *eventfds;
};

/* --- Making it */

static int read_place(struct msix *msix, unsigned int offset, uint64_t size,
		      struct place *ret)
{
	uint64_t value;
	int error = vdev_file_read_register(msix->file, VDEV_REGION_CONFIG,
					    offset, 4, &value);

	if (error)
		return complain_library(vdev_file_ctx(msix->file), error);
	ret->bar = value & 0x7;
	ret->offset = value & ~0x7ULL;
	ret->size = size;
	return 0;
}

static int read_capability(struct msix *msix, unsigned int capability)
{
	unsigned int flags;
	uint32_t count;
	int error =
		vdev_file_irq_info(msix->file, VDEV_IRQ_MSIX, &count, &flags);

	if (error)
		return complain_library(vdev_file_ctx(msix->file), error);
	msix->count = count;
	msix->noresize = flags & VDEV_IRQ_NORESIZE;
	error = read_place(msix, capability + 4, (uint64_t)count * ENTRY_SIZE,
			   &msix->table);
	return error ? error
		     : read_place(msix, capability + 8, (count + 63UL) / 64 * 8,
				  &msix->pending);
}

/* As after a reset: all masked. */
static int make_entries(struct msix *msix)
{
	if (!msix->count)
		return complain(-EOPNOTSUPP, "the device has no interrupts");
	msix->entries = calloc(msix->count, sizeof(msix->entries[0]));
	msix->eventfds = calloc(msix->count, sizeof(msix->eventfds[0]));
	if (!msix->entries || !msix->eventfds)
		return complain(-ENOMEM, "out of memory");
	for (unsigned int i = 0; i < msix->count; i++) {
		msix->entries[i].words[3] = ENTRY_MASKED;
		msix->eventfds[i] = -1;
	}
	return 0;
}

int msix_new(struct vm *vm, struct vdev_file *file, unsigned int capability,
	     struct msix **ret)
{
	struct msix *msix = calloc(1, sizeof(*msix));
	int error;

	if (!msix)
		return complain(-ENOMEM, "out of memory");
	msix->vm = vm;
	msix->file = file;
	error = read_capability(msix, capability);
	if (!error)
		error = make_entries(msix);
	if (error)
		msix_free(msix);
	else
		*ret = msix;
	return error;
}

static struct bar_range whole_pages(const struct place *place)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	const uint64_t end = place->offset + place->size;

	return (struct bar_range){ place->offset & ~(page - 1),
				   (end + page - 1) & ~(page - 1) };
}

size_t msix_holes(const struct msix *msix, unsigned int bar,
		  struct bar_range ret[BAR_HOLES])
{
	size_t count = 0;

	if (msix->table.bar == bar)
		ret[count++] = whole_pages(&msix->table);
	if (msix->pending.bar == bar)
		ret[count++] = whole_pages(&msix->pending);
	return count;
}

/* --- Lines */

/*
 * A device without room for more vectors once it has some is stopped and given
 * all at once. Guests enable theirs before they let the device work.
 */
static int arm(struct msix *msix, unsigned int vector)
{
	unsigned int start = vector, count = 1;
	int error;

	if (msix->noresize && vector >= msix->armed) {
		error = vdev_file_irq_disable(msix->file, VDEV_IRQ_MSIX);
		if (error)
			return complain_library(vdev_file_ctx(msix->file),
						error);
		start = 0;
		count = vector + 1;
	}
	error = vdev_file_irq_set(msix->file, VDEV_IRQ_MSIX, start, count,
				  msix->eventfds + start);
	if (error)
		return complain_library(vdev_file_ctx(msix->file), error);
	if (vector >= msix->armed)
		msix->armed = vector + 1;
	return 0;
}

static int give_eventfd(struct msix *msix, unsigned int vector)
{
	int error;

	if (msix->eventfds[vector] >= 0)
		return 0;
	msix->eventfds[vector] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (msix->eventfds[vector] < 0)
		return complain(-errno, "cannot have an eventfd: %s",
				strerror(errno));
	error = arm(msix, vector);
	if (error) {
		close(msix->eventfds[vector]);
		msix->eventfds[vector] = -1;
	}
	return error;
}

static void connect_entry(struct msix *msix, unsigned int vector)
{
	struct entry *entry = &msix->entries[vector];
	const uint64_t address = entry->words[0] | (uint64_t)entry->words[1]
							   << 32;

	/* If something was signalled while it was masked, it comes now. */
	if (!give_eventfd(msix, vector))
		entry->live =
			!vm_connect(msix->vm, vector, address, entry->words[2],
				    msix->eventfds[vector]);
}

/*
 * Brings a line to what the table says. A line that is masked is cut at the
 * guest's end: what the device signals stays in the eventfd, which so holds the
 * pending bit.
 */
static void update(struct msix *msix, unsigned int vector)
{
	struct entry *entry = &msix->entries[vector];
	const bool wanted = msix->enabled && !msix->masked &&
			    !(entry->words[3] & ENTRY_MASKED);

	if (wanted == entry->live)
		return;
	if (wanted) {
		connect_entry(msix, vector);
	} else {
		vm_disconnect(msix->vm, vector, msix->eventfds[vector]);
		entry->live = false;
	}
}

static void disable(struct msix *msix)
{
	for (unsigned int i = 0; i < msix->count; i++)
		update(msix, i);
	if (vdev_file_irq_disable(msix->file, VDEV_IRQ_MSIX))
		complain_library(vdev_file_ctx(msix->file), 0);
	msix->armed = 0;
	for (unsigned int i = 0; i < msix->count; i++) {
		if (msix->eventfds[i] >= 0)
			close(msix->eventfds[i]);
		msix->eventfds[i] = -1;
	}
}

void msix_control(struct msix *msix, uint16_t value)
{
	const bool was_enabled = msix->enabled;

	msix->enabled = value & CONTROL_ENABLE;
	msix->masked = value & CONTROL_MASK;
	if (was_enabled && !msix->enabled)
		disable(msix);
	else
		for (unsigned int i = 0; i < msix->count; i++)
			update(msix, i);
}

void msix_free(struct msix *msix)
{
	if (!msix)
		return;
	if (msix->enabled)
		msix_control(msix, 0);
	free(msix->entries);
	free(msix->eventfds);
	free(msix);
}

/* --- What the guest sees in the BAR */

static bool is_pending(const struct msix *msix, unsigned int vector)
{
	struct pollfd fd = { .fd = msix->eventfds[vector], .events = POLLIN };

	return !msix->entries[vector].live && fd.fd >= 0 &&
	       poll(&fd, 1, 0) == 1;
}

static uint32_t read_pending(const struct msix *msix, uint64_t offset)
{
	uint32_t bits = 0;

	for (unsigned int i = 0; i < 32; i++) {
		const uint64_t vector = offset * 8 + i;

		if (vector < msix->count &&
		    is_pending(msix, (unsigned int)vector))
			bits |= 1U << i;
	}
	return bits;
}

static void write_table(struct msix *msix, uint64_t offset, uint32_t value)
{
	const unsigned int vector = (unsigned int)(offset / ENTRY_SIZE);
	const unsigned int word = offset % ENTRY_SIZE / 4;
	struct entry *entry = &msix->entries[vector];

	entry->words[word] = value;
	/* Where the message goes is changed by connecting anew. */
	if (word < 3 && entry->live) {
		vm_disconnect(msix->vm, vector, msix->eventfds[vector]);
		entry->live = false;
	}
	update(msix, vector);
}

static uint32_t read_word(const struct msix *msix, bool table, uint64_t offset)
{
	if (!table)
		return read_pending(msix, offset);
	return msix->entries[offset / ENTRY_SIZE]
		.words[offset % ENTRY_SIZE / 4];
}

static bool is_in(const struct place *place, unsigned int bar, uint64_t offset)
{
	return bar == place->bar && offset >= place->offset &&
	       offset - place->offset < place->size;
}

/* PCI knows accesses of 4 and 8 bytes here, and leaves others open. */
bool msix_access(struct msix *msix, unsigned int bar, uint64_t offset,
		 unsigned int width, bool write, uint64_t *value)
{
	const bool table = is_in(&msix->table, bar, offset);

	if (!table && !is_in(&msix->pending, bar, offset))
		return false;
	if (!write)
		*value = 0;
	if (width < 4 || offset % width)
		return true;
	offset -= table ? msix->table.offset : msix->pending.offset;
	for (unsigned int i = 0; i < width; i += 4) {
		if (!write)
			*value |= (uint64_t)read_word(msix, table, offset + i)
				  << 8 * i;
		else if (table)
			write_table(msix, offset + i,
				    (uint32_t)(*value >> 8 * i));
	}
	return true;
}
