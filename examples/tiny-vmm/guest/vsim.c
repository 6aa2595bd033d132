/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Work whose results show every page, register and interrupt that gets lost:
 * the processor writes pages, the device copies them, both remember which.
 */

#include "guest.h"

#define MAGIC	     0x6d697376U /* "vsim" */
#define REG_MAGIC    0x00
#define REG_COMMAND  0x08
#define REG_STATUS   0x0c
#define REG_SRC	     0x18
#define REG_DST	     0x20
#define REG_LENGTH   0x28
#define REG_OFFSET   0x30
#define CMD_READ     1 /* from memory into the device */
#define CMD_WRITE    2 /* from the device into memory */
#define CMD_COPY     4 /* from memory to memory */
#define PAGE	     4096U
#define WORDS	     (PAGE / 4)
#define PAGES	     64U
#define DEVICE_PAGES 16U
#define STEPS	     256U /* between two looks at all there is */

typedef volatile uint32_t page[WORDS];

/* What the processor wrote, what the device wrote, and a page to look into. */
static _Alignas(PAGE) page written[PAGES];
static _Alignas(PAGE) page copied[PAGES];
static _Alignas(PAGE) page window;

/* In which step each of them was written, the device's own memory being one. */
static uint32_t written_in[PAGES];
static uint32_t copied_in[PAGES];
static uint32_t held_in[DEVICE_PAGES];

static void set_address(uint32_t reg, const volatile void *target)
{
	write32(MACHINE_WINDOW + reg, (uint32_t)(uintptr_t)target);
	write32(MACHINE_WINDOW + reg + 4,
		(uint32_t)((uint64_t)(uintptr_t)target >> 32));
}

/* Rings the doorbell. It is done when the access ends. */
static void command(uint32_t what)
{
	write32(MACHINE_WINDOW + REG_LENGTH, PAGE);
	write_barrier();
	write32(MACHINE_WINDOW + REG_COMMAND, what);
	if (read32(MACHINE_WINDOW + REG_STATUS))
		fail("the device could not do what it was told");
}

/* Of all commands since the last time one interrupt is left pending. */
static void take_interrupt(void)
{
	const unsigned int before = interrupts;
	const uint32_t start = clock_ms();

	unmask_interrupts();
	while (interrupts == before)
		if (clock_ms() - start > 10000)
			fail("an interrupt is lost");
	mask_interrupts();
}

static void step(uint32_t n)
{
	const uint32_t from = n * 7 % PAGES, to = n * 13 % PAGES;
	const uint32_t held = n % DEVICE_PAGES;

	for (unsigned int i = 0; i < WORDS; i++)
		written[from][i] = n;
	written_in[from] = n;
	set_address(REG_SRC, written[from]);
	set_address(REG_DST, copied[to]);
	command(CMD_COPY);
	copied_in[to] = n;
	write32(MACHINE_WINDOW + REG_OFFSET, held * PAGE);
	command(CMD_READ);
	held_in[held] = n;
	if (n % 16 == 0)
		take_interrupt();
}

/* --- Whether all of it is there */

static void check_page(const volatile uint32_t *words, uint32_t n,
		       const char *what)
{
	for (unsigned int i = 0; i < WORDS; i++)
		if (words[i] != n)
			fail(what);
}

static void check_all(void)
{
	for (unsigned int i = 0; i < PAGES; i++) {
		check_page(written[i], written_in[i],
			   "a page that the processor wrote is lost");
		check_page(copied[i], copied_in[i],
			   "a page that the device wrote is lost");
	}
	for (unsigned int i = 0; i < DEVICE_PAGES; i++) {
		write32(MACHINE_WINDOW + REG_OFFSET, i * PAGE);
		set_address(REG_DST, window);
		command(CMD_WRITE);
		check_page(window, held_in[i],
			   "the device has lost what it held");
	}
}

/* --- All of it */

bool vsim_found(void)
{
	return read32(MACHINE_WINDOW + REG_MAGIC) == MAGIC;
}

static uint32_t run_steps(uint32_t n)
{
	for (uint32_t end = n + STEPS; n < end; n++)
		step(n);
	check_all();
	return n;
}

void vsim_run(void)
{
	const uint32_t moves = port_read32(PORT_MOVES);
	uint32_t n;

	mask_interrupts();
	n = run_steps(1);
	print("working     pages, device memory and interrupts are right\n");
	/* As long as there is somewhere to go, and then once more. */
	while (moves != UINT32_MAX && port_read32(PORT_MOVES) == moves)
		n = run_steps(n);
	if (moves != UINT32_MAX) {
		check_all();
		print("moved       within ");
		print_hex(n - 1);
		print(" steps, and all is still right\n");
		n = run_steps(n);
	}
	print("steps       ");
	print_hex(n - 1);
	print("\ninterrupts  ");
	print_hex(interrupts);
	print("\n");
}
