/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Hardware page tables. */

#include "table.h"
#include "hwpt.h"

static const struct option alloc_options[] = {
	FOR_DEVICE_OPTIONS,
	{ .name = "iommu",
	  .argument = "$IOMMU",
	  .complete = COMPLETE_OBJECTS,
	  .help = "The iommufd or container to use. Without it the only one "
		  "there is, or a new one called $iommu." },
	{ .name = "nest-parent",
	  .help = "So that page tables of guests can be nested in it (Linux "
		  "6.7)." },
	{ .name = "dirty-tracking",
	  .help = "With note taken of the pages that devices write (Linux "
		  "6.7)." },
	{ .name = "pasid",
	  .help = "So that it can be attached to PASIDs; also wanted of the "
		  "HWPT of the device itself then (Linux 6.15)." },
	{ .name = "fault",
	  .argument = "$FAULT|ID",
	  .complete = COMPLETE_OBJECTS,
	  .help = "With page faults that go to this queue (Linux 6.11)." },
	{ .name = "type",
	  .argument = "TYPE",
	  .complete = COMPLETE_WORDS,
	  .words = hwpt_types,
	  .help = "Whose format a guest's page table has: vtd-s1, arm-smmuv3, "
		  "amd-guest, or the number of another type. The kernel's own "
		  "unless given." },
	{ .name = "data",
	  .argument = "BYTES",
	  .help = "The structure of that type, as hexadecimal digits in the "
		  "order in memory." },
	{ .name = NULL },
};

static const struct option import_options[] = {
	{ .name = "iommu",
	  .argument = "$IOMMU",
	  .complete = COMPLETE_OBJECTS,
	  .help = "The iommufd or container to use. Without it the only one "
		  "there is, or a new one called $iommu." },
	{ .name = "nest-parent",
	  .help = "So that page tables of guests can be nested in it (Linux "
		  "6.7)." },
	{ .name = "dirty-tracking",
	  .help = "With note taken of the pages that devices write (Linux "
		  "6.7)." },
	{ .name = "pasid",
	  .help = "So that it can be attached to PASIDs; also wanted of the "
		  "HWPT of the device itself then (Linux 6.15)." },
	{ .name = "fault",
	  .help = "With page faults that go to a fault queue." },
	{ .name = NULL },
};

static const struct option invalidate_options[] = {
	{ .name = "all", .help = "All of a page table for VT-d." },
	{ .name = "address",
	  .argument = "ADDRESS",
	  .help = "Of a page table for VT-d, from here on; 0 unless given." },
	{ .name = "pages",
	  .argument = "N",
	  .help = "So many pages of 4096 bytes." },
	{ .name = "leaf", .help = "The last level of the page table only." },
	{ .name = "type",
	  .argument = "TYPE",
	  .complete = COMPLETE_WORDS,
	  .words = viommu_invalidations,
	  .help = "In which form --data is: vtd-s1 or the number of another "
		  "one." },
	REQUEST_OPTIONS,
	{ .name = NULL },
};

const struct command hwpt_commands[] = {
	{
		.object = "hwpt",
		.verb = "alloc",
		.operands = "$IOAS|$HWPT|$VIOMMU|ID",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.makes = &hwpt_type,
		.summary = "Make a hardware page table",
		.description = "Makes a hardware page table with the mappings "
			       "of an address space, or one that is nested in "
			       "another one or in a vIOMMU. A device that is "
			       "attached to an address space gets one by "
			       "itself; this is for those that are to be able "
			       "to do more.",
		.options = alloc_options,
		.examples =
			(const struct example[]){
				{ "own = hwpt alloc $guest --device $nic "
				  "--pasid",
				  "for a device with PASIDs" },
				{ "nest = hwpt alloc $guest --device-id 1 "
				  "--nest-parent",
				  "for a device of that id" },
				{ NULL, NULL } },
		.run = hwpt_alloc,
	},
	{
		.object = "hwpt",
		.verb = "import",
		.operands = "ID",
		.fewest = 1,
		.most = 1,
		.flags = COMMAND_SESSION,
		.makes = &hwpt_type,
		.summary = "Use a hardware page table that exists already",
		.description = "Uses the hardware page table of that id in an "
			       "iommufd that was imported; the options tell "
			       "what it was made for, which the kernel does "
			       "not. Dropping it leaves it as it is.",
		.options = import_options,
		.examples =
			(const struct example[]){
				{ "own = hwpt import 4 --pasid",
				  "the one with id 4" },
				{ NULL, NULL } },
		.run = hwpt_import,
	},
	{
		.object = "hwpt",
		.verb = "invalidate",
		.operands = "$HWPT",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.summary = "Invalidate what is cached of a nested page table",
		.description = "To be done when a guest has changed its page "
			       "table. Requests are handled up to the first "
			       "that is refused; exit code 7 if that is not "
			       "the first of all (Linux 6.8).",
		.options = invalidate_options,
		.examples =
			(const struct example[]){
				{ "hwpt invalidate $nested --all",
				  "all of it, for VT-d" },
				{ "hwpt invalidate $nested --address 0x1000 "
				  "--pages 2 --leaf",
				  "two pages" },
				{ NULL, NULL } },
		.run = hwpt_invalidate,
	},
	{ .verb = NULL },
};
