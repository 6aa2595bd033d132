/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MACHINE_H
#define MACHINE_H

/*
 * The machine that tiny-vmm makes: what the guest and the VMM have to agree on.
 *
 *	0x00000000	page tables and descriptor table, made by the VMM
 *	0x00100000	the guest's image; the stack ends below it
 *	...		the rest of its memory
 *	0xe0000000	where the guest may put BARs; or the regions of a device
 *			that is not on PCI, one behind the other
 *	0xfee00000	the local APIC
 */

#define MACHINE_IMAGE	    0x00100000UL
#define MACHINE_MEMORY_MIN  0x00200000UL
#define MACHINE_MEMORY_MAX  0xc0000000UL
#define MACHINE_WINDOW	    0xe0000000UL
#define MACHINE_WINDOW_SIZE 0x1e000000UL
#define MACHINE_LOCAL_APIC  0xfee00000UL

/* Segments of the descriptor table. */
#define MACHINE_CODE 0x08
#define MACHINE_DATA 0x10

/* A byte written there is a character of the guest's report. */
#define PORT_DEBUG 0xe9
/* A byte written there ends the machine, with that exit status. */
#define PORT_EXIT 0xf4
/* Reads as milliseconds since the start; 4 bytes. */
#define PORT_CLOCK 0xf8
/* Reads as how often the machine has moved, or ~0 if it will not; 4 bytes. */
#define PORT_MOVES 0xfc
/* PCI configuration mechanism 1. */
#define PORT_PCI_ADDRESS 0xcf8
#define PORT_PCI_DATA	 0xcfc

/* Where the device is on the one bus: 00:01.0. */
#define MACHINE_PCI_SLOT 1
/* The interrupt of a device that is not on PCI. */
#define MACHINE_VECTOR 0x40

#endif
