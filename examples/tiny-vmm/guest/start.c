/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The guest: finds its device, drives it, reports. It starts here, in 64-bit
 * mode with all memory below 4 GiB mapped, on a stack.
 */

#include "guest.h"

/* The local APIC is used by MSRs: no instruction has to be emulated for it. */
#define APIC_BASE	0x01b
#define APIC_BASE_MSRS	0x400
#define APIC_ID		0x802
#define APIC_EOI	0x80b
#define APIC_SPURIOUS	0x80f
#define APIC_ENABLED	0x100
#define SPURIOUS_VECTOR 0xff

struct gate {
	uint16_t offset_low;
	uint16_t segment;
	uint16_t attributes;
	uint16_t offset_middle;
	uint32_t offset_high;
	uint32_t reserved;
};

struct frame {
	uint64_t rip;
	uint64_t cs;
	uint64_t flags;
	uint64_t rsp;
	uint64_t ss;
};

volatile unsigned int interrupts;
static struct gate gates[256];

/* --- Ports */

void print(const char *text)
{
	while (*text)
		port_write8(PORT_DEBUG, (uint8_t)*text++);
}

void print_hex(uint64_t value)
{
	print("0x");
	for (int shift = 60; shift >= 0; shift -= 4)
		if (value >> shift || !shift)
			port_write8(
				PORT_DEBUG,
				(uint8_t) "0123456789abcdef"[value >> shift &
							     0xf]);
}

void leave(uint8_t status)
{
	port_write8(PORT_EXIT, status);
	for (;;)
		__asm__ volatile("hlt");
}

void fail(const char *text)
{
	print("error: ");
	print(text);
	print("\n");
	leave(1);
}

uint32_t clock_ms(void)
{
	return port_read32(PORT_CLOCK);
}

/* --- Interrupts */

static uint64_t read_msr(uint32_t msr)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

static void write_msr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr"
			 :
			 : "c"(msr), "a"((uint32_t)value),
			   "d"((uint32_t)(value >> 32))
			 : "memory");
}

uint64_t apic_address(void)
{
	return MACHINE_LOCAL_APIC | read_msr(APIC_ID) << 12;
}

static __attribute__((interrupt)) void on_interrupt(struct frame *frame)
{
	(void)frame;
	interrupts = interrupts + 1;
	write_msr(APIC_EOI, 0);
}

static __attribute__((interrupt)) void on_spurious(struct frame *frame)
{
	(void)frame;
}

/* It does not return, so that the error code some have may stay. */
static __attribute__((interrupt)) void on_exception(struct frame *frame)
{
	print("exception, stack at ");
	print_hex((uintptr_t)frame);
	print("\n");
	fail("the processor found a fault in the guest");
}

static void set_gate(unsigned int vector, void (*handler)(struct frame *))
{
	const uint64_t address = (uintptr_t)handler;

	gates[vector] = (struct gate){
		.offset_low = (uint16_t)address,
		.segment = MACHINE_CODE,
		.attributes = 0x8e00, /* present, interrupt gate */
		.offset_middle = (uint16_t)(address >> 16),
		.offset_high = (uint32_t)(address >> 32),
	};
}

static void enable_interrupts(void)
{
	const struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed))
	table = { sizeof(gates) - 1, (uintptr_t)gates };

	for (unsigned int i = 0; i < 32; i++)
		set_gate(i, on_exception);
	set_gate(INTERRUPT_VECTOR, on_interrupt);
	set_gate(SPURIOUS_VECTOR, on_spurious);
	__asm__ volatile("lidt %0" : : "m"(table));
	write_msr(APIC_BASE, read_msr(APIC_BASE) | APIC_BASE_MSRS);
	write_msr(APIC_SPURIOUS, APIC_ENABLED | SPURIOUS_VECTOR);
	unmask_interrupts();
}

/* --- The program */

/* First in the image, see guest.ld. */
__attribute__((section(".start"), used)) _Noreturn void start(void);

static void run_nvme(unsigned int slot)
{
	pci_enable(slot);
	pci_enable_msix(slot);
	nvme_run(slot);
}

void start(void)
{
	int slot;

	enable_interrupts();
	slot = pci_find(0x010802);
	if (slot >= 0)
		run_nvme((unsigned int)slot);
	else if (vsim_found())
		vsim_run();
	else
		fail("there is no NVMe controller, and no vsim");
	leave(0);
}
