/* SPDX-License-Identifier: GPL-2.0-or-later */

/* All objects with their commands, and the global options. */

#include "table.h"

static const char *const *color_words(void)
{
	/* In the order of enum color. */
	static const char *const words[] = { "auto", "always", "never", NULL };

	return words;
}

const struct option global_options[] = {
	{ .name = "json",
	  .letter = 'j',
	  .help = "Print one JSON document, and errors as JSON on standard "
		  "error." },
	{ .name = "root",
	  .argument = "DIR",
	  .complete = COMPLETE_FILES,
	  .help = "Look at the machine captured in DIR, or in a file made by "
		  "'vdevctl collect'." },
	{ .name = "dry-run",
	  .letter = 'n',
	  .help = "Check and show what would be done, but change nothing." },
	{ .name = "force",
	  .argument = "CHECK",
	  .complete = COMPLETE_WORDS,
	  .words = bind_checks,
	  .help = "Go on in spite of a check that refuses. May be repeated; "
		  "there is no force for all of them." },
	{ .name = "quiet",
	  .letter = 'q',
	  .help = "Print no results of changes and no warnings, only errors." },
	{ .name = "verbose",
	  .letter = 'v',
	  .help = "Tell more; twice, all that is read and decided." },
	{ .name = "color",
	  .argument = "WHEN",
	  .complete = COMPLETE_WORDS,
	  .words = color_words,
	  .help = "Colour the output: auto (on a terminal), always or never." },
	{ .name = "help", .letter = 'h', .help = "Show help and exit." },
	{ .name = "version",
	  .letter = 'V',
	  .help = "Show the versions of program and library and exit." },
	{ .name = NULL },
};

const struct object_commands objects[] = {
	{ NULL, NULL, device_commands },
	{ "group", "IOMMU groups", group_commands },
	{ "sriov", "Virtual functions", sriov_commands },
	{ "vf", "Attributes of virtual functions", vf_commands },
	{ "eswitch", "The switch of a PF", eswitch_commands },
	{ "port", "Ports of switches, and the functions behind them",
	  port_commands },
	{ "rate", "Nodes whose rates the ports of a switch share",
	  rate_commands },
	{ "devlink", "Devices whose drivers offer devlink", devlink_commands },
	{ "mdev", "Mediated devices", mdev_commands },
	{ "aux", "Address spaces of mediated devices, by PASID", aux_commands },
	{ "token", "VF tokens", token_commands },
	{ "region", "Regions of a device", region_commands },
	{ "config", "PCI configuration space of a device", config_commands },
	{ "irq", "Interrupts of a device", irq_commands },
	{ "migrate", "The state of devices, saved and loaded",
	  migrate_commands },
	{ NULL, NULL, open_commands },
	{ NULL, NULL, exec_commands },
	{ NULL, NULL, session_commands },
	{ "iommu", "Iommufds and containers, and what IOMMUs can do",
	  iommu_commands },
	{ "ioas", "Address spaces", ioas_commands },
	{ "memory", "Memory for devices", memory_commands },
	{ "hwpt", "Hardware page tables", hwpt_commands },
	{ "fault", "Page faults of devices", fault_commands },
	{ "viommu", "What a guest's IOMMU is built on", viommu_commands },
	{ "dirty", "Pages that devices write to", dirty_commands },
	{ "device", "Opened devices", held_commands },
	{ "pasid", "PASIDs of opened devices", pasid_commands },
	{ NULL, NULL, program_commands },
	{ NULL, NULL, NULL },
};
