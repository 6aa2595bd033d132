/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "pci.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bar.h"
#include "device.h"
#include "msix.h"

#define CONFIG_SIZE    256
#define COMMAND	       0x04
#define COMMAND_MEMORY 0x2
#define COMMAND_MASTER 0x4
#define STATUS	       0x06
#define STATUS_CAPS    0x10
#define HEADER_TYPE    0x0e
#define BARS	       6
#define BAR0	       0x10
#define BAR_64	       0x4
#define ROM	       0x30
#define CAPS	       0x34
#define INTERRUPT_LINE 0x3c
#define INTERRUPT_PIN  0x3d
#define CAP_EXPRESS    0x10
#define CAP_MSIX       0x11

struct pci {
	struct vm *vm;
	struct vdev_file *file;
	struct bar bars[BARS];
	struct msix *msix;
	unsigned int msix_cap;
	unsigned long exits;
	/* What the guest reads, and which bits of it it can change. */
	uint8_t config[CONFIG_SIZE];
	uint8_t writable[CONFIG_SIZE];
};

/* --- The configuration space */

/* PCI is little-endian, and so is whatever has this KVM. */
static uint32_t get(const uint8_t *bytes, unsigned int offset,
		    unsigned int width)
{
	uint32_t value = 0;

	memcpy(&value, bytes + offset, width);
	return value;
}

static void put(uint8_t *bytes, unsigned int offset, unsigned int width,
		uint32_t value)
{
	memcpy(bytes + offset, &value, width);
}

/*
 * Only capabilities that work for the guest are left. MSI would need lines of
 * its own, power management the rules for sleeping devices, and what is
 * specific to a vendor may be anything.
 */
static bool is_shown(unsigned int id)
{
	return id == CAP_MSIX || id == CAP_EXPRESS;
}

static void filter_capabilities(struct pci *pci)
{
	unsigned int link = CAPS;
	unsigned int offset = get(pci->config, CAPS, 1) & 0xfc;

	/* A list that runs in circles ends, too. */
	for (int i = 0; offset >= 0x40 && i < 48; i++) {
		const unsigned int id = get(pci->config, offset, 1);

		if (is_shown(id)) {
			put(pci->config, link, 1, offset);
			link = offset + 1;
		}
		if (id == CAP_MSIX)
			pci->msix_cap = offset;
		offset = get(pci->config, offset + 1, 1) & 0xfc;
	}
	put(pci->config, link, 1, 0);
}

/* A BAR's size is told by its bits that cannot be changed. */
static void make_bar_register(struct pci *pci, unsigned int index)
{
	const unsigned int reg = BAR0 + 4 * index;
	const uint64_t mask = ~(pci->bars[index].size - 1);
	const uint32_t type = get(pci->config, reg, 4) & 0xf;

	put(pci->config, reg, 4, type);
	put(pci->writable, reg, 4, (uint32_t)mask & ~0xfU);
	if (!(type & BAR_64))
		return;
	put(pci->config, reg + 4, 4, 0);
	put(pci->writable, reg + 4, 4, (uint32_t)(mask >> 32));
}

static bool is_wide(const struct pci *pci, unsigned int index)
{
	return get(pci->config, BAR0 + 4 * index, 4) & BAR_64;
}

static void make_registers(struct pci *pci)
{
	put(pci->config, COMMAND, 2, 0);
	put(pci->writable, COMMAND, 2, COMMAND_MEMORY | COMMAND_MASTER);
	put(pci->config, STATUS, 2, STATUS_CAPS);
	/* One function of its own, whatever it is on the host. */
	put(pci->config, HEADER_TYPE, 1, 0);
	put(pci->config, ROM, 4, 0);
	put(pci->writable, INTERRUPT_LINE, 1, 0xff);
	/* No pin: its interrupts would have to be unmasked by hand. */
	put(pci->config, INTERRUPT_PIN, 1, 0);
	put(pci->config, pci->msix_cap + 2, 2,
	    get(pci->config, pci->msix_cap + 2, 2) & 0x7ff);
	put(pci->writable, pci->msix_cap + 2, 2, 0xc000);
	for (unsigned int i = 0; i < BARS; i++) {
		if (pci->bars[i].size)
			make_bar_register(pci, i);
		else
			put(pci->config, BAR0 + 4 * i, 4, 0);
		if (pci->bars[i].size && is_wide(pci, i))
			i++;
	}
}

/* --- Making it */

static int make_bars(struct pci *pci, bool map)
{
	struct bar_range holes[BAR_HOLES];
	int error = 0;

	for (unsigned int i = 0; i < BARS && !error; i++)
		error = bar_init(&pci->bars[i], pci->vm, pci->file, i, holes,
				 msix_holes(pci->msix, i, holes), map);
	return error;
}

static int init(struct pci *pci, bool map)
{
	int error;

	if (!(vdev_file_flags(pci->file) & VDEV_FILE_PCI))
		return complain(-EOPNOTSUPP, "the device is no PCI device");
	error = vdev_file_read(pci->file, VDEV_REGION_CONFIG, 0, pci->config,
			       CONFIG_SIZE);
	if (error)
		return complain_library(vdev_file_ctx(pci->file), error);
	filter_capabilities(pci);
	if (!pci->msix_cap)
		return complain(-EOPNOTSUPP, "the device has no MSI-X, the "
					     "only interrupts of this machine");
	error = msix_new(pci->vm, pci->file, pci->msix_cap, &pci->msix);
	if (!error)
		error = make_bars(pci, map);
	if (!error)
		make_registers(pci);
	return error;
}

int pci_new(struct vm *vm, struct vdev_file *file, bool map, struct pci **ret)
{
	struct pci *pci = calloc(1, sizeof(*pci));
	int error;

	if (!pci)
		return complain(-ENOMEM, "out of memory");
	pci->vm = vm;
	pci->file = vdev_file_ref(file);
	error = init(pci, map);
	if (error)
		pci_free(pci);
	else
		*ret = pci;
	return error;
}

void pci_free(struct pci *pci)
{
	if (!pci)
		return;
	msix_free(pci->msix);
	for (unsigned int i = 0; i < BARS; i++)
		bar_finish(&pci->bars[i]);
	vdev_file_unref(pci->file);
	free(pci);
}

/* --- What a write brings about */

static uint64_t bar_address(const struct pci *pci, unsigned int index)
{
	const unsigned int reg = BAR0 + 4 * index;
	uint64_t address = get(pci->config, reg, 4) & ~0xfU;

	if (is_wide(pci, index))
		address |= (uint64_t)get(pci->config, reg + 4, 4) << 32;
	return address;
}

static void show_bars(struct pci *pci, bool show)
{
	for (unsigned int i = 0; i < BARS; i++) {
		struct bar *bar = &pci->bars[i];
		const uint64_t address = bar->size ? bar_address(pci, i) : 0;

		if (!address || !show)
			bar_hide(bar);
		else if (!bar->decoded || bar->address != address)
			bar_show(bar, address);
	}
}

/*
 * The device's memory is in the machine only while the device decodes it: after
 * that a look at it would be an error of the bus.
 */
static void write_command(struct pci *pci, uint32_t old)
{
	const uint32_t command = get(pci->config, COMMAND, 2);

	if (!(command & COMMAND_MEMORY))
		show_bars(pci, false);
	if (command != old &&
	    vdev_file_write_register(pci->file, VDEV_REGION_CONFIG, COMMAND, 2,
				     command))
		complain_library(vdev_file_ctx(pci->file), 0);
	if (command & COMMAND_MEMORY)
		show_bars(pci, true);
}

static void write_config(struct pci *pci, unsigned int offset,
			 unsigned int width, uint32_t value)
{
	const uint32_t command = get(pci->config, COMMAND, 2);
	const uint32_t control = get(pci->config, pci->msix_cap + 2, 2);

	for (unsigned int i = 0; i < width; i++) {
		const uint8_t mask = pci->writable[offset + i];
		uint8_t *byte = &pci->config[offset + i];

		*byte = (uint8_t)((*byte & ~mask) | (value >> 8 * i & mask));
	}
	/* Also when a BAR was written. */
	write_command(pci, command);
	if (get(pci->config, pci->msix_cap + 2, 2) != control)
		msix_control(pci->msix,
			     (uint16_t)get(pci->config, pci->msix_cap + 2, 2));
}

/* --- Accesses */

void pci_config(struct pci *pci, unsigned int offset, unsigned int width,
		bool write, uint64_t *value)
{
	if (offset + width > CONFIG_SIZE || width > 4) {
		if (!write)
			*value = UINT64_MAX;
	} else if (write) {
		write_config(pci, offset, width, (uint32_t)*value);
	} else {
		*value = get(pci->config, offset, width);
	}
}

bool pci_memory(struct pci *pci, uint64_t address, unsigned int width,
		bool write, uint64_t *value)
{
	for (unsigned int i = 0; i < BARS; i++) {
		struct bar *bar = &pci->bars[i];
		uint64_t offset;

		if (!bar_has(bar, address))
			continue;
		pci->exits++;
		offset = address - bar->address;
		if (!msix_access(pci->msix, i, offset, width, write, value))
			bar_access(bar, offset, width, write, value);
		return true;
	}
	return false;
}

unsigned long pci_exits(const struct pci *pci)
{
	return pci->exits;
}

void pci_describe(const struct pci *pci)
{
	for (unsigned int i = 0; i < BARS; i++) {
		const struct bar *bar = &pci->bars[i];

		if (!bar->size)
			continue;
		fprintf(stderr, "tiny-vmm: bar%u, %#llx bytes", i,
			(unsigned long long)bar->size);
		for (size_t j = 0; j < bar->piece_count; j++)
			fprintf(stderr, ", %#llx to %#llx without exits",
				(unsigned long long)bar->pieces[j].range.start,
				(unsigned long long)bar->pieces[j].range.end);
		fputc('\n', stderr);
	}
}
