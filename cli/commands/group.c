/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The verbs of IOMMU groups. */

#include "table.h"

static const struct option group_list_options[] = {
	{ .name = "no-header", .help = "Leave out the line of headings." },
	{ .name = NULL },
};

const struct command group_commands[] = {
	{
		.object = "group",
		.verb = "list",
		.summary = "List IOMMU groups",
		.description =
			"Lists the IOMMU groups with their members. A group is "
			"viable when a user could be given it now: no member "
			"is bound to a driver that does DMA of its own.",
		.options = group_list_options,
		.examples = (const struct example[]){ { "vdevctl group list",
							"all groups" },
						      { NULL, NULL } },
		.run = group_list,
	},
	{
		.object = "group",
		.verb = "show",
		.operands = "GROUP|DEV...",
		.fewest = 1,
		.most = ANY_NUMBER,
		.complete = COMPLETE_GROUPS,
		.summary = "Show groups with what keeps them from use",
		.description =
			"Shows the members of a group, which of them keep it "
			"from being viable, and the reserved regions. GROUP is "
			"a number; for a DEV its group is "
			"shown. " NAMING_DEVICES,
		.examples =
			(const struct example[]){
				{ "vdevctl group show 12", "group 12" },
				{ "vdevctl group show eth0",
				  "the group of a network interface" },
				{ NULL, NULL } },
		.run = group_show,
	},
	{ .verb = NULL },
};
