/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Memory that devices can be let reach. */

#include "table.h"
#include "memory.h"

static const struct option alloc_options[] = {
	{ .name = "huge",
	  .help = "Of huge pages, which the machine must have reserved." },
	{ .name = "huge-size",
	  .argument = "SIZE",
	  .help = "The size of a huge page; 2M unless given." },
	{ .name = "memfd",
	  .help = "As a file in memory, for ioas map --file." },
	{ .name = NULL },
};

static const struct option file_options[] = {
	{ .name = "offset",
	  .argument = "SIZE",
	  .help = "Where in the file to start; 0 unless given." },
	{ .name = "length",
	  .argument = "SIZE",
	  .help = "How much of it; its whole pages unless given." },
	{ .name = "read-only",
	  .help = "Neither write to it nor let devices do so." },
	{ .name = NULL },
};

static const struct option part_options[] = {
	{ .name = "offset",
	  .argument = "SIZE",
	  .help = "Where in the memory to start; 0 unless given." },
	{ .name = "length",
	  .argument = "SIZE",
	  .help = "How much of it; up to the end unless given." },
	{ .name = NULL },
};

static const struct option write_options[] = {
	{ .name = "offset",
	  .argument = "SIZE",
	  .help = "Where in the memory to start; 0 unless given." },
	{ .name = "length",
	  .argument = "SIZE",
	  .help = "How much of it; up to the end unless given." },
	{ .name = "from",
	  .argument = "FILE",
	  .complete = COMPLETE_FILES,
	  .help = "What is in FILE, as much as there is room for." },
	{ .name = NULL },
};

static const struct option dump_options[] = {
	{ .name = "offset",
	  .argument = "SIZE",
	  .help = "Where in the memory to start; 0 unless given." },
	{ .name = "length",
	  .argument = "SIZE",
	  .help = "How much of it; up to the end unless given." },
	{ .name = "overwrite", .help = "Replace a file that is there." },
	{ .name = NULL },
};

const struct command memory_commands[] = {
	{
		.object = "memory",
		.verb = "alloc",
		.operands = "SIZE",
		.fewest = 1,
		.most = 1,
		.flags = COMMAND_SESSION,
		.makes = &memory_type,
		.summary = "Make memory",
		.description = "Makes memory of this process, all zero, of "
			       "whole pages.",
		.options = alloc_options,
		.examples =
			(const struct example[]){
				{ "ram = memory alloc 16M", "as $ram" },
				{ "ram = memory alloc 1G --huge",
				  "of huge pages" },
				{ NULL, NULL } },
		.run = memory_alloc,
	},
	{
		.object = "memory",
		.verb = "file",
		.operands = "FILE",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_FILES,
		.flags = COMMAND_SESSION,
		.makes = &memory_type,
		.summary = "Map a file as memory",
		.description = "Takes a file's pages for memory; what devices "
			       "and commands write goes to the file.",
		.options = file_options,
		.examples =
			(const struct example[]){
				{ "rom = memory file option.rom --read-only",
				  "not to be written to" },
				{ NULL, NULL } },
		.run = memory_file,
	},
	{
		.object = "memory",
		.verb = "fill",
		.operands = "$MEMORY BYTES",
		.fewest = 2,
		.most = 2,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.summary = "Fill memory with a pattern",
		.description = "Repeats BYTES, given as hexadecimal digits, "
			       "over the memory or a part of it.",
		.options = part_options,
		.examples =
			(const struct example[]){
				{ "memory fill $ram 00", "with zeros" },
				{ "memory fill $ram efbeadde --length 64K",
				  "with 0xdeadbeef in little-endian" },
				{ NULL, NULL } },
		.run = memory_fill,
	},
	{
		.object = "memory",
		.verb = "write",
		.operands = "$MEMORY [BYTES]",
		.fewest = 1,
		.most = 2,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.summary = "Write to memory",
		.description = "Writes BYTES, given as hexadecimal digits, or "
			       "a file to the start of the memory or of a part "
			       "of it.",
		.options = write_options,
		.examples =
			(const struct example[]){
				{ "memory write $ram 0102030405060708 --offset "
				  "0x1000",
				  "eight bytes" },
				{ "memory write $ram --from kernel.img "
				  "--offset 1M",
				  "a file" },
				{ NULL, NULL } },
		.run = memory_write,
	},
	{
		.object = "memory",
		.verb = "read",
		.operands = "$MEMORY",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.summary = "Show memory",
		.description = "Shows the memory or a part of it, of 1 MiB at "
			       "most. With --json the bytes are hexadecimal "
			       "digits.",
		.options = part_options,
		.examples =
			(const struct example[]){
				{ "memory read $ram --length 64",
				  "its first 64 bytes" },
				{ NULL, NULL } },
		.run = memory_read,
	},
	{
		.object = "memory",
		.verb = "dump",
		.operands = "$MEMORY FILE",
		.fewest = 2,
		.most = 2,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.summary = "Write memory to a file",
		.description = "Writes the memory or a part of it to a file.",
		.options = dump_options,
		.examples =
			(const struct example[]){
				{ "memory dump $ram ram.bin", "all of it" },
				{ NULL, NULL } },
		.run = memory_dump,
	},
	{
		.object = "memory",
		.verb = "checksum",
		.operands = "$MEMORY",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.summary = "Show a checksum of memory",
		.description = "Shows the CRC-32 of the memory or a part of "
			       "it, the one of zip and Ethernet.",
		.options = part_options,
		.examples = (const struct example[]){ { "memory checksum $ram",
							"whether it changed" },
						      { NULL, NULL } },
		.run = memory_checksum,
	},
	{ .verb = NULL },
};
