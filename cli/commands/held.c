/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Opened devices. */

#include "table.h"
#include "held.h"

static const struct option open_options[] = {
	OPEN_OPTIONS,
	{ .name = "iommu",
	  .argument = "$IOMMU",
	  .complete = COMPLETE_OBJECTS,
	  .help = "The iommufd or container to use. Without it the only one "
		  "there is, or a new one called $iommu." },
	{ .name = NULL },
};

static const struct option import_options[] = {
	{ .name = "iommu",
	  .argument = "$IOMMU",
	  .complete = COMPLETE_OBJECTS,
	  .help = "The iommufd or container to use. Without it the only one "
		  "there is, or a new one called $iommu." },
	{ .name = "device-id",
	  .argument = "ID",
	  .help = "Its id in the iommufd, if it is bound to it already. With "
		  "--iommu alone it is bound; with neither it has no address "
		  "space." },
	{ .name = NULL },
};

const struct command held_commands[] = {
	{
		.object = "device",
		.verb = "open",
		.operands = "DEV",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_DEVICES,
		.flags = COMMAND_SESSION,
		.makes = &held_type,
		.summary = "Open a device",
		.description = "Opens a device that is bound to a VFIO driver, "
			       "which resets it. It is closed when it is "
			       "dropped or the session ends. By iommufd it can "
			       "do no DMA before it is attached; through its "
			       "group it is attached at once.",
		.options = open_options,
		.examples =
			(const struct example[]){
				{ "nic = device open 01:00.0", "as $nic" },
				{ NULL, NULL } },
		.run = held_open,
	},
	{
		.object = "device",
		.verb = "import",
		.operands = "FD",
		.fewest = 1,
		.most = 1,
		.flags = COMMAND_SESSION,
		.makes = &held_type,
		.summary = "Use a device that was inherited",
		.description = "Uses the descriptor of a device that vdevctl "
			       "was started with. FD is its number; it stays "
			       "open. What is attached in the session is "
			       "detached at its end.",
		.options = import_options,
		.examples =
			(const struct example[]){
				{ "nic = device import 4 --iommu $i",
				  "descriptor 4" },
				{ NULL, NULL } },
		.run = held_import,
	},
	{
		.object = "device",
		.verb = "attach",
		.operands = "$DEVICE $IOAS|$HWPT|ID",
		.fewest = 2,
		.most = 2,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.summary = "Attach a device to an address space",
		.description = "Attaches a device to an address space or a "
			       "hardware page table, also one of an id in the "
			       "iommufd. One that is attached already moves.",
		.examples =
			(const struct example[]){
				{ "device attach $nic $guest", "to $guest" },
				{ NULL, NULL } },
		.run = held_attach,
	},
	{
		.object = "device",
		.verb = "detach",
		.operands = "$DEVICE",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.summary = "Take a device out of its address space",
		.description = "All DMA of the device is blocked then.",
		.examples =
			(const struct example[]){
				{ "device detach $nic",
				  "out of its address space" },
				{ NULL, NULL } },
		.run = held_detach,
	},
	{ .verb = NULL },
};
