/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Just enough of an NVMe driver to see registers, DMA and an interrupt work. */

#include "guest.h"

#define REG_CAP	  0x00
#define REG_VS	  0x08
#define REG_CC	  0x14
#define REG_CSTS  0x1c
#define REG_AQA	  0x24
#define REG_ASQ	  0x28
#define REG_ACQ	  0x30
#define DOORBELLS 0x1000

#define CC_ENABLE      0x00460001U /* entries of 64 and 16 bytes */
#define CSTS_READY     0x1
#define CSTS_FAILED    0x2
#define DEPTH	       4U
#define ADMIN_IDENTIFY 0x06

struct command {
	uint32_t opcode;
	uint32_t nsid;
	uint64_t reserved[2];
	uint64_t prp[2];
	uint32_t cdw10[6];
};

struct completion {
	uint32_t result;
	uint32_t reserved;
	uint32_t queue;
	uint16_t id;
	uint16_t status; /* with the phase in bit 0 */
};

/* The memory below the image is mapped one to one: addresses are IOVAs. */
static _Alignas(4096) struct command submission[DEPTH];
static _Alignas(4096) volatile struct completion completion[DEPTH];
static _Alignas(4096) uint8_t data[4096];

/* Returns the state; a limit, since a device may never get there. */
static uint32_t wait_state(uint64_t bar, uint32_t state)
{
	const uint32_t limit = (read32(bar + REG_CAP) >> 24) * 500 + 1000;
	const uint32_t start = clock_ms();
	uint32_t csts;

	do {
		csts = read32(bar + REG_CSTS);
	} while ((csts & CSTS_READY) != state && !(csts & CSTS_FAILED) &&
		 clock_ms() - start < limit);
	return csts;
}

static void write64(uint64_t address, const volatile void *target)
{
	write32(address, (uint32_t)(uintptr_t)target);
	write32(address + 4, (uint32_t)((uintptr_t)target >> 32));
}

static void reset(uint64_t bar)
{
	write32(bar + REG_CC, 0);
	if (wait_state(bar, 0) & CSTS_READY)
		fail("the controller does not stop");
	write32(bar + REG_AQA, (DEPTH - 1) << 16 | (DEPTH - 1));
	write64(bar + REG_ASQ, submission);
	write64(bar + REG_ACQ, completion);
	write_barrier();
	write32(bar + REG_CC, CC_ENABLE);
	if ((wait_state(bar, CSTS_READY) & (CSTS_READY | CSTS_FAILED)) !=
	    CSTS_READY)
		fail("the controller does not get ready");
}

static void identify(uint64_t bar)
{
	const uint32_t start = clock_ms();
	const uint32_t stride = 4U << (read32(bar + REG_CAP + 4) & 0xf);

	submission[0].opcode = ADMIN_IDENTIFY | 1U << 16;
	submission[0].prp[0] = (uintptr_t)data;
	submission[0].cdw10[0] = 1; /* the controller */
	write_barrier();
	write32(bar + DOORBELLS, 1);
	/* The interrupt, and not the memory, says that it is done. */
	while (!interrupts)
		if (clock_ms() - start > 10000)
			fail(completion[0].status & 1
				     ? "there was no interrupt"
				     : "the controller does not answer");
	if (!(completion[0].status & 1))
		fail("there is no completion in memory");
	if (completion[0].status >> 1 || completion[0].id != 1)
		fail("the controller refuses to identify itself");
	write32(bar + DOORBELLS + stride, 1);
}

/* Text in fields is padded with spaces. */
static void print_field(const char *name, const uint8_t *field,
			unsigned int size)
{
	print(name);
	while (size && (field[size - 1] == ' ' || !field[size - 1]))
		size--;
	for (unsigned int i = 0; i < size; i++) {
		const char text[] = { (char)field[i], '\0' };

		print(field[i] < ' ' || field[i] > '~' ? "?" : text);
	}
	print("\n");
}

void nvme_run(unsigned int slot)
{
	const uint64_t bar = pci_bar(slot, 0);
	const uint32_t version = read32(bar + REG_VS);

	if (version == UINT32_MAX)
		fail("the controller's registers cannot be read");
	print("registers   ");
	print_hex(bar);
	print(", NVMe version ");
	print_hex(version);
	print("\n");
	reset(bar);
	identify(bar);
	print_field("model       ", data + 24, 40);
	print_field("serial      ", data + 4, 20);
	print("interrupts  ");
	print_hex(interrupts);
	print("\n");
	write32(bar + REG_CC, 0);
	if (wait_state(bar, 0) & CSTS_READY)
		fail("the controller does not stop");
}
