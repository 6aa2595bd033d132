/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "machine.h"

/* --- start.c: the processor, and what every part needs */

/* How often it came. */
#define INTERRUPT_VECTOR MACHINE_VECTOR
extern volatile unsigned int interrupts;

/* What messages to the processor are written to, for MSI. */
uint64_t apic_address(void);

void print(const char *text);
void print_hex(uint64_t value);
/* Prints the sentence and ends the machine with status 1. */
_Noreturn void fail(const char *text);
_Noreturn void leave(uint8_t status);
uint32_t clock_ms(void);

static inline void port_write8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void port_write32(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint32_t port_read32(uint16_t port)
{
	uint32_t value;

	__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline void mask_interrupts(void)
{
	__asm__ volatile("cli" : : : "memory");
}

static inline void unmask_interrupts(void)
{
	__asm__ volatile("sti" : : : "memory");
}

static inline uint32_t read32(uint64_t address)
{
	return *(volatile uint32_t *)address;
}

static inline void write32(uint64_t address, uint32_t value)
{
	*(volatile uint32_t *)address = value;
}

/* What is in memory is there before a device is told of it. */
static inline void write_barrier(void)
{
	__asm__ volatile("sfence" : : : "memory");
}

/* --- pci.c */

#define PCI_COMMAND	   0x04
#define PCI_COMMAND_MEMORY 0x2
#define PCI_COMMAND_MASTER 0x4
#define PCI_CLASS	   0x08
#define PCI_BAR0	   0x10
#define PCI_CAP_MSIX	   0x11

uint32_t pci_read(unsigned int slot, unsigned int offset);
void pci_write(unsigned int slot, unsigned int offset, uint32_t value);
/* The slot of the first device of the class, -1 if there is none. */
int pci_find(uint32_t class);
/* Gives all BARs addresses and lets the device use memory. */
void pci_enable(unsigned int slot);
/* The address of a BAR. */
uint64_t pci_bar(unsigned int slot, unsigned int bar);
/* Has MSI-X vector 0 sent as INTERRUPT_VECTOR. */
void pci_enable_msix(unsigned int slot);

/* --- nvme.c */

/* Drives the controller, reports, fails if it does not work. */
void nvme_run(unsigned int slot);

/* --- vsim.c */

/* Whether the device that is not on PCI is a vsim. */
bool vsim_found(void);
/* Works with it until the machine was moved, if it will be. */
void vsim_run(void);

#endif
