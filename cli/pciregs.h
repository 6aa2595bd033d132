/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_PCIREGS_H
#define VDEVCTL_PCIREGS_H

#include "common.h"

/*
 * The names of registers in the PCI configuration space and of the fields in
 * them.
 *
 * Source: PCI Local Bus Specification 3.0, chapter 6; PCI Express Base
 * Specification, chapter 7; and the specifications of single capabilities.
 */

struct pci_field {
	const char *name; /* NULL ends a list */
	unsigned char shift;
	unsigned char bits;
	unsigned char unit; /* what one stands for */
	unsigned char plus; /* what is added to make it a count */
};

struct pci_register {
	const char *name; /* NULL ends a list */
	unsigned short offset;
	unsigned char width;
	const struct pci_field *fields; /* NULL for a value as such */
};

/* The registers of the header, by the type in it. */
const struct pci_register *pciregs_header(unsigned int type);

/* Those of a capability, from its start on; an empty list if unknown. */
const struct pci_register *pciregs_capability(unsigned int id, bool extended);

static inline uint64_t pci_field_value(const struct pci_field *field,
				       uint64_t value)
{
	uint64_t bits = value >> field->shift & ((1ULL << field->bits) - 1);

	return bits * field->unit + field->plus;
}

#endif
