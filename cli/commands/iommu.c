/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What manages the DMA of devices. */

#include "table.h"
#include "ioas.h"

static const struct option open_options[] = {
	{ .name = "backend",
	  .argument = "BACKEND",
	  .complete = COMPLETE_WORDS,
	  .words = open_backends,
	  .help = "iommufd, type1 (a container), or compat (an iommufd that "
		  "devices reach through their groups). iommufd where the "
		  "kernel has it, unless given." },
	{ .name = "accounting",
	  .argument = "MODE",
	  .complete = COMPLETE_WORDS,
	  .words = iommu_accountings,
	  .help = "Whose limit pinned memory counts against: user or process; "
		  "an iommufd counts by user unless told otherwise." },
	{ .name = NULL },
};

static const struct option import_options[] = {
	{ .name = "backend",
	  .argument = "BACKEND",
	  .complete = COMPLETE_WORDS,
	  .words = open_backends,
	  .help = "What the descriptor is: iommufd, type1 or compat. Found out "
		  "unless given." },
	{ .name = NULL },
};

static const struct option iommu_options[] = {
	OPEN_OPTIONS,
	{ .name = NULL },
};

const struct command iommu_commands[] = {
	{
		.object = "iommu",
		.verb = "open",
		.flags = COMMAND_SESSION,
		.makes = &iommu_type,
		.summary = "Open an iommufd or a container",
		.description = "Opens what manages the DMA of devices. There "
			       "is no need to: the first command that wants "
			       "one opens it and calls it $iommu.",
		.options = open_options,
		.examples =
			(const struct example[]){
				{ "i = iommu open --backend type1",
				  "a container of type 1" },
				{ NULL, NULL } },
		.run = iommu_open,
	},
	{
		.object = "iommu",
		.verb = "import",
		.operands = "FD",
		.fewest = 1,
		.most = 1,
		.flags = COMMAND_SESSION,
		.makes = &iommu_type,
		.summary = "Use an iommufd or a container that was inherited",
		.description = "Uses a descriptor that vdevctl was started "
			       "with, and needs no right to the device nodes. "
			       "FD is its number; it stays open.",
		.options = import_options,
		.examples = (const struct example[]){ { "i = iommu import 3",
							"descriptor 3" },
						      { NULL, NULL } },
		.run = iommu_import,
	},
	{
		.object = "iommu",
		.verb = "info",
		.operands = "DEV",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_DEVICES,
		.summary = "Show what a device's IOMMU can do",
		.description =
			"Shows what the driver of the IOMMU tells about it for "
			"this device, which takes an iommufd and Linux 6.7 or "
			"later. " OPENING_RESETS,
		.options = iommu_options,
		.examples =
			(const struct example[]){
				{ "vdevctl iommu info 01:00.0",
				  "make, dirty tracking, PASIDs, and the "
				  "make's "
				  "own facts" },
				{ NULL, NULL } },
		.run = iommu_info,
	},
	{
		.object = "iommu",
		.verb = "ranges",
		.operands = "DEV",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_DEVICES,
		.summary = "Show which IOVAs a device can use",
		.description =
			"Attaches the device to an empty address space and "
			"shows which ranges of IOVAs can be mapped, and what "
			"mappings have to be aligned to. " OPENING_RESETS,
		.options = iommu_options,
		.examples =
			(const struct example[]){
				{ "vdevctl iommu ranges 01:00.0 --backend "
				  "type1",
				  "as a container tells" },
				{ NULL, NULL } },
		.run = iommu_ranges,
	},
	{ .verb = NULL },
};
