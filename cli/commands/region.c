/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The verbs of a device's regions. */

#include "table.h"

static const struct option region_list_options[] = {
	OPEN_OPTIONS,
	{ .name = "no-header", .help = "Leave out the line of headings." },
	{ .name = NULL },
};

static const struct option region_read_options[] = {
	{ .name = "width",
	  .argument = "BYTES",
	  .help = "Bytes of each access: 1, 2, 4 or 8; 4 unless given." },
	{ .name = "count",
	  .argument = "NUMBER",
	  .help = "How many values, one behind the other; 1 unless given." },
	OPEN_OPTIONS,
	{ .name = NULL },
};

static const struct option region_write_options[] = {
	{ .name = "width",
	  .argument = "BYTES",
	  .help = "Bytes of each access: 1, 2, 4 or 8; 4 unless given. With "
		  "--from the kernel chooses unless it is given." },
	{ .name = "from",
	  .argument = "FILE",
	  .complete = COMPLETE_FILES,
	  .help = "Write what is in this file; '-' is standard input." },
	{ .name = "verify",
	  .help = "Read back what was written, and fail if it differs." },
	OPEN_OPTIONS,
	{ .name = NULL },
};

static const struct option region_dump_options[] = {
	{ .name = "offset",
	  .argument = "SIZE",
	  .help = "Where to start; 0 unless given." },
	{ .name = "size",
	  .argument = "SIZE",
	  .help = "How much; up to the region's end unless given." },
	{ .name = "overwrite", .help = "Replace a file that is there." },
	OPEN_OPTIONS,
	{ .name = NULL },
};

#define NAMING_REGIONS                                                      \
	"REGION is a name, for PCI bar0 to bar5, rom, config or vga, or a " \
	"number; 'vdevctl region list' shows them. "

const struct command region_commands[] = {
	{
		.object = "region",
		.verb = "list",
		.operands = "DEV",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_DEVICES,
		.summary = "List the regions of a device",
		.description =
			"Lists the regions that the device has, what can be "
			"done with them, and which parts can be "
			"mapped. " OPENING_RESETS,
		.options = region_list_options,
		.examples =
			(const struct example[]){
				{ "vdevctl region list 01:00.0",
				  "its BARs, ROM and configuration space" },
				{ NULL, NULL } },
		.run = region_list,
	},
	{
		.object = "region",
		.verb = "read",
		.operands = "DEV REGION [OFFSET]",
		.fewest = 2,
		.most = 3,
		.complete = COMPLETE_DEVICES,
		.summary = "Read registers of a device",
		.description =
			"Reads values of one width from a region, from its "
			"start unless OFFSET is given. One value is printed "
			"by itself, several as a hexadecimal dump. "
			"Numbers are decimal or, with 0x, "
			"hexadecimal. " NAMING_REGIONS OPENING_RESETS,
		.options = region_read_options,
		.examples =
			(const struct example[]){
				{ "vdevctl region read 04:00.0 bar0 8",
				  "the version of an NVMe controller" },
				{ "vdevctl region read 01:00.0 config "
				  "--width 1 --count 256",
				  "the configuration space, byte by byte" },
				{ NULL, NULL } },
		.run = region_read,
	},
	{
		.object = "region",
		.verb = "write",
		.operands = "DEV REGION OFFSET [VALUE...]",
		.fewest = 3,
		.most = ANY_NUMBER,
		.complete = COMPLETE_DEVICES,
		.summary = "Write registers of a device",
		.description =
			"Writes values of one width, one behind the other. "
			"What they do ends with the command, since the device "
			"is reset when it is closed. With --dry-run the device "
			"is not opened. " NAMING_REGIONS OPENING_RESETS,
		.options = region_write_options,
		.examples =
			(const struct example[]){
				{ "vdevctl region write 01:00.0 bar0 0x5400 "
				  "0x12345678 --verify",
				  "one register" },
				{ "vdevctl region write 01:00.0 bar0 0x5400 "
				  "--from table.bin",
				  "what a file holds" },
				{ NULL, NULL } },
		.run = region_write,
	},
	{
		.object = "region",
		.verb = "dump",
		.operands = "DEV REGION FILE|-",
		.fewest = 3,
		.most = 3,
		.complete = COMPLETE_DEVICES,
		.summary = "Write what a region holds to a file",
		.description =
			"Copies a region, or a part of it, to a file; '-' is "
			"standard output. Zeros take no room in the file. What "
			"cannot be read is 0xff there, and told with exit "
			"code 7. Reading has effects on some devices. Sizes "
			"may have K, M or G behind them. " NAMING_REGIONS
				OPENING_RESETS,
		.options = region_dump_options,
		.examples =
			(const struct example[]){
				{ "vdevctl region dump 01:00.0 bar0 "
				  "registers.bin --size 64K",
				  "the first part of a BAR" },
				{ "vdevctl region dump 01:00.0 config "
				  "config.bin",
				  "the configuration space as the user of "
				  "the device sees it" },
				{ NULL, NULL } },
		.run = region_dump,
	},
	{ .verb = NULL },
};
