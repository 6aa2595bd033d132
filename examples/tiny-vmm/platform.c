/* SPDX-License-Identifier: GPL-2.0-or-later */

/* A device without a configuration space. */

#include "platform.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bar.h"
#include "device.h"
#include "guest/machine.h"

#define REGIONS 4
#define LINE	0

struct platform {
	struct vm *vm;
	struct vdev_file *file;
	struct bar regions[REGIONS];
	unsigned long exits;
	int eventfd;
	bool connected;
};

/* Regions are like BARs whose addresses nobody changes. */
static int place_regions(struct platform *p)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t address = MACHINE_WINDOW;

	for (unsigned int i = 0;
	     i < REGIONS && i < vdev_file_region_count(p->file); i++) {
		const struct vdev_region *region;
		int error = vdev_file_region(p->file, i, &region);

		if (error)
			return complain_library(vdev_file_ctx(p->file), error);
		p->regions[i] = (struct bar){ .vm = p->vm,
					      .file = p->file,
					      .index = i,
					      .size = vdev_region_size(region),
					      .address = address,
					      .decoded = true };
		address += (p->regions[i].size + page - 1) & ~(page - 1);
		if (address > MACHINE_WINDOW + MACHINE_WINDOW_SIZE)
			return complain(-ENOSPC, "the device's regions are too "
						 "large for this machine");
	}
	return 0;
}

static int make_interrupt(struct platform *p)
{
	int error;

	if (!vdev_file_irq_count(p->file))
		return complain(-EOPNOTSUPP, "the device has no interrupts");
	p->eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->eventfd < 0)
		return complain(-errno, "cannot have an eventfd: %s",
				strerror(errno));
	error = vdev_file_irq_set(p->file, 0, 0, 1, &p->eventfd);
	return error ? complain_library(vdev_file_ctx(p->file), error)
		     : platform_connect(p);
}

int platform_new(struct vm *vm, struct vdev_file *file, struct platform **ret)
{
	struct platform *p = calloc(1, sizeof(*p));
	int error;

	if (!p)
		return complain(-ENOMEM, "out of memory");
	p->vm = vm;
	p->file = vdev_file_ref(file);
	p->eventfd = -1;
	error = place_regions(p);
	if (!error)
		error = make_interrupt(p);
	if (error)
		platform_free(p);
	else
		*ret = p;
	return error;
}

void platform_free(struct platform *p)
{
	if (!p)
		return;
	platform_disconnect(p);
	if (p->eventfd >= 0) {
		vdev_file_irq_disable(p->file, 0);
		close(p->eventfd);
	}
	vdev_file_unref(p->file);
	free(p);
}

int platform_connect(struct platform *p)
{
	int error = 0;

	if (!p->connected)
		error = vm_connect(p->vm, LINE, MACHINE_LOCAL_APIC,
				   MACHINE_VECTOR, p->eventfd);
	p->connected = p->connected || !error;
	return error;
}

int platform_disconnect(struct platform *p)
{
	int error = 0;

	if (p->connected)
		error = vm_disconnect(p->vm, LINE, p->eventfd);
	p->connected = false;
	return error;
}

bool platform_memory(struct platform *p, uint64_t address, unsigned int width,
		     bool write, uint64_t *value)
{
	for (unsigned int i = 0; i < REGIONS; i++) {
		struct bar *region = &p->regions[i];

		if (!bar_has(region, address))
			continue;
		p->exits++;
		bar_access(region, address - region->address, width, write,
			   value);
		return true;
	}
	return false;
}

unsigned long platform_exits(const struct platform *p)
{
	return p->exits;
}
