/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PCI_H
#define PCI_H

#include <libvdev/libvdev.h>

#include "vm.h"

/*
 * A PCI device of the host in the machine: its configuration space is made up
 * here, its BARs and interrupts are the device's own.
 */

struct pci;

/* With @map, the guest reaches the BARs without exits wherever it can. */
int pci_new(struct vm *vm, struct vdev_file *file, bool map, struct pci **ret);
void pci_free(struct pci *pci);

/* An access to its configuration space. */
void pci_config(struct pci *pci, unsigned int offset, unsigned int width,
		bool write, uint64_t *value);
/* An access to memory. Returns whether it was to one of its BARs. */
bool pci_memory(struct pci *pci, uint64_t address, unsigned int width,
		bool write, uint64_t *value);

/* Says on stderr what of its BARs the guest reaches without exits. */
void pci_describe(const struct pci *pci);
/* How many accesses to BARs were by exits, those to the MSI-X table included.
 */
unsigned long pci_exits(const struct pci *pci);

#endif
