/* SPDX-License-Identifier: GPL-2.0-or-later */

/* PASIDs: further address spaces of one device. */

#include "table.h"
#include "held.h"

static const struct option alloc_options[] = {
	{ .name = "number",
	  .argument = "PASID",
	  .help = "This one, and not the lowest that is free." },
	{ .name = NULL },
};

const struct command pasid_commands[] = {
	{
		.object = "pasid",
		.verb = "alloc",
		.operands = "$DEVICE",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.makes = &pasid_type,
		.summary = "Take a PASID",
		.description = "Takes a free PASID of a device, so that no "
			       "other 'pasid alloc' gets it. Dropping it gives "
			       "it back. A device without PASIDs is refused "
			       "with exit code 6 and the reason.",
		.options = alloc_options,
		.examples =
			(const struct example[]){ { "p = pasid alloc $nic",
						    "the lowest that is free" },
						  { NULL, NULL } },
		.run = pasid_alloc,
	},
	{
		.object = "pasid",
		.verb = "attach",
		.operands = "$DEVICE PASID|$PASID $HWPT|ID",
		.fewest = 3,
		.most = 3,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.summary = "Attach a PASID to a hardware page table",
		.description = "Gives a PASID of a device an address space of "
			       "its own. Both this hardware page table and the "
			       "one the device itself is attached to are to be "
			       "made with 'hwpt alloc --pasid'.",
		.examples =
			(const struct example[]){
				{ "pasid attach $nic $p $other",
				  "one that was taken" },
				{ "pasid attach $nic 5 $other",
				  "any other one" },
				{ NULL, NULL } },
		.run = pasid_attach,
	},
	{
		.object = "pasid",
		.verb = "replace",
		.operands = "$DEVICE PASID|$PASID $HWPT|ID",
		.fewest = 3,
		.most = 3,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.summary = "Move a PASID to another hardware page table",
		.description = "Moves a PASID that is attached to another "
			       "hardware page table, without a moment in which "
			       "it has none.",
		.examples =
			(const struct example[]){
				{ "pasid replace $nic $p $own", "to $own" },
				{ NULL, NULL } },
		.run = pasid_replace,
	},
	{
		.object = "pasid",
		.verb = "detach",
		.operands = "$DEVICE PASID|$PASID",
		.fewest = 2,
		.most = 2,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.summary = "Detach a PASID",
		.description = "Blocks the DMA of a PASID.",
		.examples = (const struct example[]){ { "pasid detach $nic $p",
							"one" },
						      { NULL, NULL } },
		.run = pasid_detach,
	},
	{
		.object = "pasid",
		.verb = "detach-all",
		.operands = "$DEVICE",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.summary = "Detach all PASIDs of a device",
		.description = "Blocks the DMA of all PASIDs that were "
			       "attached in this session.",
		.examples = (const struct example[]){ { "pasid detach-all $nic",
							"all of $nic" },
						      { NULL, NULL } },
		.run = pasid_detach_all,
	},
	{
		.object = "pasid",
		.verb = "list",
		.operands = "$DEVICE",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.summary = "List the PASIDs of a device",
		.description = "Lists the PASIDs of a device that are "
			       "attached, and those that were taken by 'pasid "
			       "alloc'.",
		.examples = (const struct example[]){ { "pasid list $nic",
							"those of $nic" },
						      { NULL, NULL } },
		.run = pasid_list,
	},
	{ .verb = NULL },
};
