/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Address spaces. */

#include "table.h"
#include "ioas.h"

static const struct option alloc_options[] = {
	{ .name = "iommu",
	  .argument = "$IOMMU",
	  .complete = COMPLETE_OBJECTS,
	  .help = "The iommufd or container to use. Without it the only one "
		  "there is, or a new one called $iommu." },
	{ .name = "huge-pages",
	  .argument = "WHEN",
	  .complete = COMPLETE_WORDS,
	  .words = ioas_switches,
	  .help = "Whether the IOMMU may use large pages: on or off. It may "
		  "unless told otherwise." },
	{ .name = NULL },
};

static const struct option import_options[] = {
	{ .name = "iommu",
	  .argument = "$IOMMU",
	  .complete = COMPLETE_OBJECTS,
	  .help = "The iommufd or container to use. Without it the only one "
		  "there is, or a new one called $iommu." },
	{ .name = NULL },
};

static const struct option map_options[] = {
	{ .name = "iova",
	  .argument = "IOVA",
	  .help = "Where devices are to find it; the kernel chooses unless "
		  "given." },
	{ .name = "offset",
	  .argument = "SIZE",
	  .help = "Where in the memory to start; 0 unless given." },
	{ .name = "length",
	  .argument = "SIZE",
	  .help = "How much of it; up to the end unless given." },
	{ .name = "access",
	  .argument = "ACCESS",
	  .complete = COMPLETE_WORDS,
	  .words = ioas_accesses,
	  .help = "What devices may do: read, write or both. Unless given "
		  "both, and read where the memory is read-only." },
	{ .name = "file",
	  .help = "Map through the file behind the memory, so that the mapping "
		  "does not depend on this process (Linux 6.13)." },
	{ .name = "chunk",
	  .argument = "SIZE",
	  .help = "Map in pieces of this size, between which Ctrl-C stops it. "
		  "Each is a mapping of its own." },
	{ .name = NULL },
};

static const struct option unmap_options[] = {
	{ .name = "all", .help = "Unmap everything." },
	{ .name = NULL },
};

static const struct option copy_options[] = {
	{ .name = "iova",
	  .argument = "IOVA",
	  .help = "Where devices are to find it; the kernel chooses unless "
		  "given." },
	{ .name = "access",
	  .argument = "ACCESS",
	  .complete = COMPLETE_WORDS,
	  .words = ioas_accesses,
	  .help = "What devices may do: read, write or both. Unless given "
		  "both, and read where the memory is read-only." },
	{ .name = NULL },
};

const struct command ioas_commands[] = {
	{
		.object = "ioas",
		.verb = "alloc",
		.flags = COMMAND_SESSION,
		.makes = &ioas_type,
		.summary = "Make an address space",
		.description = "Makes an address space, into which memory is "
			       "mapped and to which devices are attached. A "
			       "container has one only.",
		.options = alloc_options,
		.examples = (const struct example[]){ { "guest = ioas alloc",
							"as $guest" },
						      { NULL, NULL } },
		.run = ioas_alloc,
	},
	{
		.object = "ioas",
		.verb = "import",
		.operands = "ID",
		.fewest = 1,
		.most = 1,
		.flags = COMMAND_SESSION,
		.makes = &ioas_type,
		.summary = "Use an address space that exists already",
		.description = "Uses the address space of that id in an "
			       "iommufd that was imported. Dropping it leaves "
			       "it as it is.",
		.options = import_options,
		.examples =
			(const struct example[]){
				{ "guest = ioas import 2 --iommu $i",
				  "the one with id 2" },
				{ NULL, NULL } },
		.run = ioas_import,
	},
	{
		.object = "ioas",
		.verb = "map",
		.operands = "$IOAS $MEMORY",
		.fewest = 2,
		.most = 2,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.summary = "Map memory for devices",
		.description = "Lets devices reach memory, or a part of it, at "
			       "an IOVA, which is printed. What was mapped by "
			       "one command is unmapped as one. Memory that is "
			       "mapped cannot be dropped.",
		.options = map_options,
		.examples =
			(const struct example[]){
				{ "ioas map $guest $ram --iova 0x100000",
				  "all of it" },
				{ "ioas map $guest $ram --offset 1M --length "
				  "64K --access read",
				  "a part, read-only" },
				{ NULL, NULL } },
		.run = ioas_map,
	},
	{
		.object = "ioas",
		.verb = "unmap",
		.operands = "$IOAS [IOVA LENGTH]",
		.fewest = 1,
		.most = 3,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.summary = "Unmap memory",
		.description = "Unmaps what lies in the range. It may hold "
			       "several mappings, and gaps, but no part of a "
			       "mapping.",
		.options = unmap_options,
		.examples =
			(const struct example[]){
				{ "ioas unmap $guest 0x100000 16M", "a range" },
				{ "ioas unmap $guest --all", "everything" },
				{ NULL, NULL } },
		.run = ioas_unmap,
	},
	{
		.object = "ioas",
		.verb = "copy",
		.operands = "$TO $FROM IOVA LENGTH",
		.fewest = 4,
		.most = 4,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.summary = "Map what another address space has mapped",
		.description = "Maps into $TO what $FROM has mapped from IOVA "
			       "on. The memory is pinned and counted only "
			       "once. Both are of the same iommufd.",
		.options = copy_options,
		.examples =
			(const struct example[]){
				{ "ioas copy $second $guest 0x100000 16M "
				  "--iova 0x100000",
				  "at the same IOVA" },
				{ NULL, NULL } },
		.run = ioas_copy,
	},
	{
		.object = "ioas",
		.verb = "ranges",
		.operands = "$IOAS",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.summary = "Show which IOVAs can be mapped",
		.description = "Shows the ranges of IOVA that all devices in "
			       "the address space can use, and what the ends "
			       "of a mapping are multiples of.",
		.examples =
			(const struct example[]){
				{ "ioas ranges $guest",
				  "after a device was attached" },
				{ NULL, NULL } },
		.run = ioas_ranges,
	},
	{
		.object = "ioas",
		.verb = "allow",
		.operands = "$IOAS [FIRST-LAST...]",
		.fewest = 1,
		.most = ANY_NUMBER,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.summary = "Keep ranges of IOVA usable",
		.description = "A device that cannot use one of the ranges is "
			       "not attached from then on, and the kernel "
			       "chooses IOVAs from them. Replaces those given "
			       "before; none allows all.",
		.examples =
			(const struct example[]){
				{ "ioas allow $guest 0x0-0xffffffff",
				  "the lowest 4 GiB" },
				{ NULL, NULL } },
		.run = ioas_allow,
	},
	{ .verb = NULL },
};
