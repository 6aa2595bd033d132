/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Dirty pages. */

#include "table.h"
#include "dirty.h"

static const struct option start_options[] = {
	{ .name = "page-size",
	  .argument = "SIZE",
	  .help = "The size of the IOMMU's smallest pages; 4096 unless "
		  "given." },
	{ .name = NULL },
};

static const struct option report_options[] = {
	{ .name = "keep",
	  .help = "Leave the pages dirty, so that the next report has them "
		  "again; only hardware page tables can do so." },
	{ .name = "page-size",
	  .argument = "SIZE",
	  .help = "Report by pages of that size; as they are tracked unless "
		  "given." },
	{ .name = "to",
	  .argument = "FILE",
	  .complete = COMPLETE_FILES,
	  .help = "Write the bitmap to a file: 64-bit words, little-endian, "
		  "the lowest bit of the first word for the first page." },
	{ .name = "overwrite", .help = "Replace the file if it is there." },
	{ .name = NULL },
};

static const struct option watch_options[] = {
	{ .name = "interval",
	  .argument = "MS",
	  .help = "How long each of them is, in milliseconds; 1000 unless "
		  "given." },
	{ .name = "count",
	  .argument = "N",
	  .help = "How many reports; 10 unless given." },
	{ .name = NULL },
};

const struct command dirty_commands[] = {
	{
		.object = "dirty",
		.verb = "start",
		.operands = "$IOAS [$HWPT|$DEVICE...]",
		.fewest = 1,
		.most = ANY_NUMBER,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.makes = &dirty_type,
		.summary = "Track the pages that devices write to",
		.description =
			"Has note taken of the pages of an address space that "
			"devices write to, by any mix of hardware page tables "
			"and of devices that log their DMA; without either, by "
			"the container of type 1 that the address space is of. "
			"What is mapped there now is tracked.",
		.options = start_options,
		.examples =
			(const struct example[]){
				{ "d = dirty start $guest $own",
				  "by a hardware page table made with "
				  "--dirty-tracking" },
				{ "d = dirty start $guest $own $nic",
				  "by it and by the device itself" },
				{ NULL, NULL } },
		.run = dirty_start,
	},
	{
		.object = "dirty",
		.verb = "report",
		.operands = "$DIRTY",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.summary = "Tell which pages were written to",
		.description =
			"Tells the ranges that were written to since the start "
			"or the last report, and on a terminal draws a map of "
			"all that is tracked: ' ' for clean, '.', ':', '+' for "
			"a few dirty pages up to most of them, '#' for all.",
		.options = report_options,
		.examples =
			(const struct example[]){
				{ "dirty report $d", "the ranges" },
				{ "dirty report $d --to dirty.bin",
				  "the bitmap, to a file" },
				{ NULL, NULL } },
		.run = dirty_report,
	},
	{
		.object = "dirty",
		.verb = "watch",
		.operands = "$DIRTY",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.summary = "Tell how fast pages are written to",
		.description = "Reports again and again, and tells how much "
			       "became dirty each time and in a second; on a "
			       "terminal with a line that shows where, as "
			       "dirty report draws it.",
		.options = watch_options,
		.examples =
			(const struct example[]){
				{ "dirty watch $d --count 60", "a minute" },
				{ NULL, NULL } },
		.run = dirty_watch,
	},
	{
		.object = "dirty",
		.verb = "stop",
		.operands = "$DIRTY",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.summary = "Stop tracking",
		.description = "Stops tracking and drops the object. What was "
			       "not reported is forgotten.",
		.examples = (const struct example[]){ { "dirty stop $d",
							"the end of it" },
						      { NULL, NULL } },
		.run = dirty_stop,
	},
	{ .verb = NULL },
};
