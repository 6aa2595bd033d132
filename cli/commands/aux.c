/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Several address spaces on one parent of mdevs. */

#include "table.h"

static const struct option list_options[] = {
	{ .name = "no-header", .help = "Leave out the line of headings." },
	{ .name = NULL },
};

#define NEEDS_PATCHES                                                        \
	" A kernel without the patches of libvdev does not tell: exit code " \
	"6, and what is missing is named."

const struct command aux_commands[] = {
	{
		.object = "aux",
		.verb = "list",
		.operands = "[PARENT...]",
		.most = ANY_NUMBER,
		.complete = COMPLETE_DEVICES,
		.summary = "List parents of mdevs with their PASIDs",
		.description =
			"Lists these parents of mediated devices (mdevs), or "
			"all: whether one can have several address spaces, a "
			"PASID each; how many PASIDs it has, how many of them "
			"mdevs have, and how many are left at most; and which "
			"of its types of mdevs use them." NEEDS_PATCHES,
		.options = list_options,
		.examples =
			(const struct example[]){
				{ "vdevctl aux list", "all of them" },
				{ "vdevctl aux list 00:02.0", "one of them" },
				{ NULL, NULL } },
		.run = aux_list,
	},
	{
		.object = "aux",
		.verb = "show",
		.operands = "UUID...",
		.fewest = 1,
		.most = ANY_NUMBER,
		.complete = COMPLETE_DEVICES,
		.summary = "Show what isolates mdevs",
		.description =
			"Shows what keeps mdevs from memory of others: the "
			"IOMMU, by a PASID of the parent (iommu-pasid), which "
			"root is told, or the driver (emulated)." NEEDS_PATCHES,
		.examples =
			(const struct example[]){
				{ "vdevctl aux show "
				  "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001",
				  "one mdev" },
				{ NULL, NULL } },
		.run = aux_show,
	},
	{
		.object = "aux",
		.verb = "attach",
		.operands = "$DEVICE $IOAS|$HWPT|ID",
		.fewest = 2,
		.most = 2,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.summary = "Give an mdev's PASID an address space",
		.description = "Attaches an opened mdev that is isolated by a "
			       "PASID to an address space or a hardware page "
			       "table, or moves it there: what it does DMA to. "
			       "Others of the same parent keep theirs. A "
			       "device isolated otherwise is refused with exit "
			       "code 6.",
		.examples =
			(const struct example[]){ { "aux attach $mdev $guest",
						    "to an address space" },
						  { NULL, NULL } },
		.run = aux_attach,
	},
	{
		.object = "aux",
		.verb = "detach",
		.operands = "$DEVICE",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.summary = "Take an mdev's PASID out of its address space",
		.description = "Blocks the DMA of an opened mdev that is "
			       "isolated by a PASID.",
		.examples = (const struct example[]){ { "aux detach $mdev",
							"it does no more DMA" },
						      { NULL, NULL } },
		.run = aux_detach,
	},
	{
		.object = "aux",
		.verb = "pasid",
		.operands = "$DEVICE",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.summary = "Show the PASID of an mdev",
		.description = "Shows which PASID of its parent isolates an "
			       "opened mdev. It is told with CAP_SYS_ADMIN "
			       "only; exit code 5 without.",
		.examples = (const struct example[]){ { "aux pasid $mdev",
							"a number" },
						      { NULL, NULL } },
		.run = aux_pasid,
	},
	{ .verb = NULL },
};
