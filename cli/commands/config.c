/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The verbs of a device's configuration space. */

#include "table.h"

static const struct option config_read_options[] = {
	{ .name = "sysfs",
	  .help = "Do not open the device but read what the kernel shows in "
		  "sysfs: of any driver, and with what VFIO hides from the "
		  "user of a device." },
	{ .name = "width",
	  .argument = "BYTES",
	  .help = "Bytes to read at an offset: 1, 2, 4 or 8; 4 unless "
		  "given." },
	{ .name = "no-header", .help = "Leave out the line of headings." },
	OPEN_OPTIONS,
	{ .name = NULL },
};

static const struct option config_write_options[] = {
	{ .name = "width",
	  .argument = "BYTES",
	  .help = "Bytes to write at an offset: 1, 2, 4 or 8; 4 unless "
		  "given." },
	{ .name = "verify",
	  .help = "Read back what was written, and fail if it differs." },
	OPEN_OPTIONS,
	{ .name = NULL },
};

const struct command config_commands[] = {
	{
		.object = "config",
		.verb = "read",
		.operands = "DEV [REGISTER...]",
		.fewest = 1,
		.most = ANY_NUMBER,
		.complete = COMPLETE_DEVICES,
		.summary = "Read and decode the configuration space",
		.description =
			"Reads registers of the PCI configuration space as the "
			"user of the device sees it: all that have names, or "
			"those that are given. A REGISTER is a name such as "
			"command or bar0, a capability (msix), a register of "
			"one (msix.control), or an "
			"offset. " OPENING_RESETS,
		.options = config_read_options,
		.examples =
			(const struct example[]){
				{ "vdevctl config read 01:00.0", "all of it" },
				{ "vdevctl config read 01:00.0 command msix",
				  "one register and one capability" },
				{ "vdevctl config read 01:00.0 --sysfs express",
				  "without opening it" },
				{ NULL, NULL } },
		.run = config_read,
	},
	{
		.object = "config",
		.verb = "write",
		.operands = "DEV REGISTER VALUE",
		.fewest = 3,
		.most = 3,
		.complete = COMPLETE_DEVICES,
		.summary = "Write a register of the configuration space",
		.description =
			"Writes one register, named as for 'config read'. The "
			"kernel lets through what a user of the device may "
			"change, and plays the rest. What it does ends with "
			"the command, since the device is reset when it is "
			"closed. With --dry-run the device is not "
			"opened. " OPENING_RESETS,
		.options = config_write_options,
		.examples =
			(const struct example[]){
				{ "vdevctl config write 01:00.0 command 0x6 "
				  "--verify",
				  "memory access and bus mastering on" },
				{ NULL, NULL } },
		.run = config_write,
	},
	{ .verb = NULL },
};
