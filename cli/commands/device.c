/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The verbs of devices. */

#include "table.h"

static const struct option list_options[] = {
	{ .name = "columns",
	  .argument = "COLUMN[,COLUMN...]",
	  .complete = COMPLETE_WORDS,
	  .words = device_columns,
	  .list = true,
	  .help = "Show these columns; 'all' for all there are. JSON has "
		  "always the same keys." },
	{ .name = "sort",
	  .argument = "COLUMN[,COLUMN...]",
	  .complete = COMPLETE_WORDS,
	  .words = device_columns,
	  .list = true,
	  .help = "Sort by these columns; a '-' in front turns the order "
		  "around. Devices without a value come last." },
	{ .name = "no-header", .help = "Leave out the line of headings." },
	{ .name = NULL },
};

static const struct option show_options[] = {
	{ .name = "open",
	  .help = "Open the devices, which resets them, and show what only "
		  "an open device tells: regions, interrupts, features, what "
		  "is reset with it, what its IOMMU can do, usable IOVAs." },
	OPEN_OPTIONS,
	{ .name = NULL },
};

static const struct option bind_options[] = {
	{ .name = "driver",
	  .argument = "NAME",
	  .complete = COMPLETE_DRIVERS,
	  .help = "Bind to this driver, not to the VFIO driver that suits the "
		  "purpose best." },
	{ .name = "for",
	  .argument = "PURPOSE",
	  .complete = COMPLETE_WORDS,
	  .words = bind_purposes,
	  .help = "What the devices are for: assign (to a virtual machine or "
		  "a user-space driver; the default), migration (the same, "
		  "and their state is to move to another host), or pasid." },
	{ .name = "group",
	  .help = "Also bind all other members of the devices' IOMMU groups, "
		  "except bridges." },
	{ .name = "owner",
	  .argument = "USER[:GROUP]",
	  .complete = COMPLETE_USERS,
	  .help = "Give the device nodes to this user, also when they are "
		  "made anew, until the device is restored." },
	{ .name = "owner-iommu", .help = "With --owner: give /dev/iommu too." },
	{ .name = "require-reset",
	  .help = "Refuse a device that cannot be reset, or not without "
		  "others." },
	{ .name = "no-wait",
	  .help = "Fail if another process is changing the same group, "
		  "instead of waiting for it." },
	{ .name = "timeout",
	  .argument = "SECONDS",
	  .help = "How long the kernel may take to unbind a device and to "
		  "make its node; 10 unless given." },
	{ .name = NULL },
};

static const struct option unbind_options[] = {
	{ .name = "group",
	  .help = "Also unbind all other members of the devices' IOMMU groups, "
		  "except bridges." },
	{ .name = "no-wait",
	  .help = "Fail if another process is changing the same group, "
		  "instead of waiting for it." },
	{ .name = "timeout",
	  .argument = "SECONDS",
	  .help = "How long the kernel may take to unbind a device; 10 unless "
		  "given." },
	{ .name = NULL },
};

static const struct option restore_options[] = {
	{ .name = "all",
	  .help = "Restore every device that vdevctl has changed." },
	{ .name = "no-wait",
	  .help = "Fail if another process is changing the same group, "
		  "instead of waiting for it." },
	{ .name = "timeout",
	  .argument = "SECONDS",
	  .help = "How long the kernel may take to unbind a device; 10 unless "
		  "given." },
	{ .name = NULL },
};

const struct command device_commands[] = {
	{
		.verb = "list",
		.operands = "[FILTER...]",
		.most = ANY_NUMBER,
		.complete = COMPLETE_FILTERS,
		.summary = "List devices",
		.description =
			"Lists PCI functions and mediated devices. A FILTER is "
			"one of: class=NAME or class=CODE (storage, network, "
			"display, multimedia, memory, bridge, communication, "
			"system, input, docking, processor, serial, wireless, "
			"accelerator, or 2, 4 or 6 hexadecimal digits); "
			"driver=GLOB (driver=none for devices without one); "
			"id=VENDOR:DEVICE in hexadecimal, with * for any; "
			"group=NUMBER; bus=pci or bus=mdev; pf; vf; a PCI "
			"address, a UUID, a network interface, a block device, "
			"or a glob of addresses. Filters of one kind widen the "
			"list, filters of different kinds narrow it. A device "
			"that is named but does not exist is an error; filters "
			"that match nothing are not.",
		.options = list_options,
		.examples =
			(const struct example[]){
				{ "vdevctl list class=network driver=none",
				  "network functions without a driver" },
				{ "vdevctl list vf --sort physfn,address",
				  "all VFs, those of one PF together" },
				{ "vdevctl list --columns address,driver "
				  "--no-header",
				  "lines for a script" },
				{ NULL, NULL } },
		.run = device_list,
	},
	{
		.verb = "show",
		.operands = "DEV...",
		.fewest = 1,
		.most = ANY_NUMBER,
		.complete = COMPLETE_DEVICES,
		.summary = "Show all there is to know of devices",
		.description = NAMING_DEVICES
		" With --json the document is an array, also for one "
		"device.",
		.options = show_options,
		.examples =
			(const struct example[]){
				{ "vdevctl show eth0",
				  "the device of a network interface" },
				{ "vdevctl show driver=vfio-pci",
				  "whatever is bound to vfio-pci" },
				{ "vdevctl show 01:00.0 --open",
				  "also what only an open device tells" },
				{ NULL, NULL } },
		.run = device_show,
	},
	{
		.verb = "bind",
		.operands = "DEV...",
		.fewest = 1,
		.most = ANY_NUMBER,
		.complete = COMPLETE_DEVICES,
		.summary = "Bind devices to a VFIO driver",
		.description =
			"Checks whether the devices are in use, remembers "
			"their drivers, binds all of them or none, and makes "
			"sure that they are bound and that their nodes are "
			"there. A check that refuses ends it with exit code 4 "
			"before anything is changed. 'vdevctl restore' brings "
			"back what was there before, also after a "
			"crash. " NAMING_DEVICES,
		.options = bind_options,
		.examples =
			(const struct example[]){
				{ "vdevctl bind --dry-run 01:00.0",
				  "what would be done, and what is in the "
				  "way" },
				{ "vdevctl bind --owner qemu 01:00.0",
				  "for a virtual machine that runs as user "
				  "qemu" },
				{ "vdevctl bind 'vf,driver=igbvf'",
				  "all VFs of igb at once" },
				{ "vdevctl bind --force=network eth0",
				  "although the interface is in use" },
				{ NULL, NULL } },
		.run = bind_bind,
	},
	{
		.verb = "unbind",
		.operands = "DEV...",
		.fewest = 1,
		.most = ANY_NUMBER,
		.complete = COMPLETE_DEVICES,
		.summary = "Leave devices without a driver",
		.description = "As bind, but afterwards the devices have no "
			       "driver. " NAMING_DEVICES,
		.options = unbind_options,
		.examples =
			(const struct example[]){ { "vdevctl unbind 01:00.0",
						    "take its driver away" },
						  { NULL, NULL } },
		.run = bind_unbind,
	},
	{
		.verb = "restore",
		.operands = "[DEV...]",
		.most = ANY_NUMBER,
		.complete = COMPLETE_DEVICES,
		.summary = "Bring back the drivers that devices had",
		.description =
			"Brings back the driver and the override that a device "
			"had before vdevctl changed it, and finishes or undoes "
			"what a killed vdevctl left. For a device that vdevctl "
			"has not changed the override is cleared and the "
			"kernel chooses the driver. Each device is restored by "
			"itself. " NAMING_DEVICES,
		.options = restore_options,
		.examples =
			(const struct example[]){
				{ "vdevctl restore 01:00.0", "one device" },
				{ "vdevctl restore --all", "all of them" },
				{ NULL, NULL } },
		.run = bind_restore,
	},
	{ .verb = NULL },
};
