/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What firmware and an operating system do with a PCI device. */

#include "guest.h"

#define PCI_STATUS_CAPS 0x100000 /* with the command register below it */
#define PCI_CAPS	0x34
#define BAR_IO		0x1
#define BAR_TYPE	0x6
#define BAR_64		0x4
#define MSIX_ENABLE	0x80000000U /* with id and link below it */

static uint32_t config_address(unsigned int slot, unsigned int offset)
{
	return 0x80000000U | slot << 11 | (offset & 0xfc);
}

uint32_t pci_read(unsigned int slot, unsigned int offset)
{
	port_write32(PORT_PCI_ADDRESS, config_address(slot, offset));
	return port_read32(PORT_PCI_DATA);
}

void pci_write(unsigned int slot, unsigned int offset, uint32_t value)
{
	port_write32(PORT_PCI_ADDRESS, config_address(slot, offset));
	port_write32(PORT_PCI_DATA, value);
}

int pci_find(uint32_t class)
{
	for (unsigned int slot = 0; slot < 32; slot++)
		if (pci_read(slot, 0) != UINT32_MAX &&
		    pci_read(slot, PCI_CLASS) >> 8 == class)
			return (int)slot;
	return -1;
}

/* Returns the size; a 64-bit BAR takes two registers. */
static uint64_t bar_size(unsigned int slot, unsigned int reg, bool wide)
{
	uint64_t mask;

	pci_write(slot, reg, UINT32_MAX);
	mask = pci_read(slot, reg) & ~0xfULL;
	if (wide) {
		pci_write(slot, reg + 4, UINT32_MAX);
		mask |= (uint64_t)pci_read(slot, reg + 4) << 32;
	} else if (mask) {
		mask |= 0xffffffffULL << 32;
	}
	return ~mask + 1;
}

void pci_enable(unsigned int slot)
{
	uint64_t next = MACHINE_WINDOW;

	for (unsigned int i = 0; i < 6; i++) {
		const unsigned int reg = PCI_BAR0 + 4 * i;
		const uint32_t type = pci_read(slot, reg);
		const bool wide = (type & BAR_TYPE) == BAR_64;
		const uint64_t size = bar_size(slot, reg, wide);

		if (!size || type & BAR_IO)
			continue;
		next = (next + size - 1) & ~(size - 1);
		if (next + size > MACHINE_WINDOW + MACHINE_WINDOW_SIZE)
			fail("the BARs of the device are too large");
		pci_write(slot, reg, (uint32_t)next);
		if (wide) {
			pci_write(slot, reg + 4, 0);
			i++;
		}
		next += size;
	}
	pci_write(slot, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

uint64_t pci_bar(unsigned int slot, unsigned int bar)
{
	return pci_read(slot, PCI_BAR0 + 4 * bar) & ~0xfULL;
}

static unsigned int find_cap(unsigned int slot, unsigned int id)
{
	unsigned int offset = 0;

	if (pci_read(slot, PCI_COMMAND) & PCI_STATUS_CAPS)
		offset = pci_read(slot, PCI_CAPS) & 0xfc;
	for (int i = 0; offset && i < 48; i++) {
		const uint32_t head = pci_read(slot, offset);

		if ((head & 0xff) == id)
			return offset;
		offset = head >> 8 & 0xfc;
	}
	return 0;
}

void pci_enable_msix(unsigned int slot)
{
	const unsigned int cap = find_cap(slot, PCI_CAP_MSIX);
	uint64_t entry;
	uint32_t table;

	if (!cap)
		fail("the device has no MSI-X");
	table = pci_read(slot, cap + 4);
	entry = pci_bar(slot, table & 0x7) + (table & ~0x7U);
	write32(entry, (uint32_t)apic_address());
	write32(entry + 4, 0);
	write32(entry + 8, INTERRUPT_VECTOR);
	write32(entry + 12, 0); /* not masked */
	if (read32(entry + 8) != INTERRUPT_VECTOR)
		fail("the MSI-X table does not keep what is written");
	pci_write(slot, cap, pci_read(slot, cap) | MSIX_ENABLE);
}
