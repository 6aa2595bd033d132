/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The verbs of a device's interrupts. */

#include "table.h"

static const struct option irq_options[] = {
	{ .name = "no-header", .help = "Leave out the line of headings." },
	OPEN_OPTIONS,
	{ .name = NULL },
};

const struct command irq_commands[] = {
	{
		.object = "irq",
		.verb = "list",
		.operands = "DEV",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_DEVICES,
		.summary = "List the interrupts of a device",
		.description =
			"Lists the kinds of interrupts that the device has, "
			"and how many of each. " OPENING_RESETS,
		.options = irq_options,
		.examples =
			(const struct example[]){ { "vdevctl irq list 01:00.0",
						    "how many MSI-X vectors "
						    "it has" },
						  { NULL, NULL } },
		.run = irq_list,
	},
	{
		.object = "irq",
		.verb = "test",
		.operands = "DEV",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_DEVICES,
		.summary = "Try the way of each interrupt to its eventfd",
		.description =
			"Gives each interrupt an eventfd, has the kernel "
			"signal it as if the device had, and reports which of "
			"them arrive. The device itself sends nothing. "
			"Exit code 1 if one does not. " OPENING_RESETS,
		.options = irq_options,
		.examples =
			(const struct example[]){ { "vdevctl irq test 01:00.0",
						    "all of its interrupts" },
						  { NULL, NULL } },
		.run = irq_test,
	},
	{ .verb = NULL },
};
