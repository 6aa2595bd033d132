/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The verbs on their own that are about using devices. */

#include "table.h"

static const struct option reset_options[] = {
	{ .name = "hot",
	  .help = "Reset the whole bus or slot. All that is on it has to be "
		  "bound to VFIO drivers and named; else nothing is reset, "
		  "with exit code 4." },
	OPEN_OPTIONS,
	{ .name = NULL },
};

static const struct option memlock_options[] = {
	{ .name = "memory",
	  .argument = "SIZE",
	  .help = "How much memory is mapped for the devices, such as 16G. "
		  "Has to be given." },
	{ .name = "viommu",
	  .help = "Count the memory once for each device, as a virtual "
		  "machine with a virtual IOMMU maps it." },
	{ .name = NULL },
};

const struct command open_commands[] = {
	{
		.verb = "reset",
		.operands = "DEV...",
		.fewest = 1,
		.most = ANY_NUMBER,
		.complete = COMPLETE_DEVICES,
		.summary = "Reset devices",
		.description =
			"Resets each device alone, by the best method it has, "
			"or with --hot together with its bus or slot; what is "
			"reset then is shown. With --dry-run nothing is "
			"opened, and what is on the bus is told from "
			"sysfs. " OPENING_RESETS " " NAMING_DEVICES,
		.options = reset_options,
		.examples =
			(const struct example[]){
				{ "vdevctl reset 01:00.0", "one device" },
				{ "vdevctl reset --hot 01:00.0 01:00.1",
				  "both functions of a card, by their bus" },
				{ "vdevctl reset --hot --dry-run 01:00.0",
				  "what would be reset with it" },
				{ NULL, NULL } },
		.run = reset_reset,
	},
	{
		.verb = "memlock",
		.operands = "DEV...",
		.fewest = 1,
		.most = ANY_NUMBER,
		.complete = COMPLETE_DEVICES,
		.summary = "Show which memory-lock limit devices need",
		.description =
			"Shows for each backend how much memory a process "
			"has to be allowed to lock that maps --memory for the "
			"devices, and the limit that processes started here "
			"have. Nothing is opened. " NAMING_DEVICES,
		.options = memlock_options,
		.examples =
			(const struct example[]){
				{ "vdevctl memlock 01:00.0 --memory 16G",
				  "for a virtual machine with 16 GiB" },
				{ NULL, NULL } },
		.run = iommu_memlock,
	},
	{ .verb = NULL },
};
