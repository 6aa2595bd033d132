/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Page faults of devices. */

#include "table.h"
#include "fault.h"

static const struct option alloc_options[] = {
	{ .name = "iommu",
	  .argument = "$IOMMU",
	  .complete = COMPLETE_OBJECTS,
	  .help = "The iommufd to use. Without it the only one there is, or a "
		  "new one called $iommu." },
	{ .name = NULL },
};

const struct command fault_commands[] = {
	{
		.object = "fault",
		.verb = "alloc",
		.flags = COMMAND_SESSION,
		.makes = &fault_type,
		.summary = "Make a queue of page faults",
		.description = "Makes a queue for the page faults of hardware "
			       "page tables that are made with 'hwpt alloc "
			       "--fault' (Linux 6.11).",
		.options = alloc_options,
		.examples =
			(const struct example[]){
				{ "q = fault alloc --iommu $i", "one" },
				{ NULL, NULL } },
		.run = fault_alloc,
	},
	{
		.object = "fault",
		.verb = "read",
		.operands = "$FAULT",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.summary = "List the page faults that arrived",
		.description = "Lists the faults that wait in a queue, and "
			       "takes them out of it. It does not wait for "
			       "any.",
		.examples = (const struct example[]){ { "fault read $q",
							"those there are" },
						      { NULL, NULL } },
		.run = fault_read,
	},
	{
		.object = "fault",
		.verb = "answer",
		.operands = "$FAULT COOKIE retry|invalid",
		.fewest = 3,
		.most = 3,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.summary = "Answer page faults",
		.description = "Tells a device that the page is there now, or "
			       "that it may not have it. COOKIE is what 'fault "
			       "read' shows; the faults that have the same are "
			       "answered together.",
		.examples = (const struct example[]){ { "fault answer $q 1 "
							"retry",
							"try again" },
						      { NULL, NULL } },
		.run = fault_answer,
	},
	{ .verb = NULL },
};
