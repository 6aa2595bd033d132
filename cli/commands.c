/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The table of all commands and options. */

#include "command.h"

#include "app.h"

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

const struct object objects[] = {
	{ "group", "IOMMU groups" },
	{ NULL, NULL },
};

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

static const struct option group_list_options[] = {
	{ .name = "no-header", .help = "Leave out the line of headings." },
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

static const struct option collect_options[] = {
	{ .name = "overwrite", .help = "Replace a file that is there." },
	{ .name = "secrets",
	  .help = "Keep serial numbers, MAC addresses and connections, which "
		  "are replaced by made-up ones or left out otherwise." },
	{ .name = NULL },
};

#define NAMING_DEVICES                                                       \
	"DEV is a PCI address (0000:01:00.0, or 01:00.0 in domain 0), the "  \
	"UUID of a mediated device, a network interface or a block device "  \
	"(eth0, nvme0n1). It may also be a pattern that stands for several " \
	"devices: a glob of addresses ('0000:03:*') or filter terms as in "  \
	"'vdevctl list', joined by commas ('driver=igbvf', "                 \
	"'vf,class=network'). A pattern that matches nothing is an error."

const struct command commands[] = {
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
		.examples =
			(const struct example[]){
				{ "vdevctl show eth0",
				  "the device of a network interface" },
				{ "vdevctl show driver=vfio-pci",
				  "whatever is bound to vfio-pci" },
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
	{
		.verb = "collect",
		.operands = "FILE.tar|-",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_FILES,
		.summary = "Capture this machine for a bug report",
		.description =
			"Writes what vdevctl reads of sysfs, procfs and the "
			"device nodes to a tar file, which --root reads again; "
			"it is compressed if the name ends in .gz, .xz or "
			".zst. Of other processes only the names of those that "
			"hold a device open are recorded. '-' is standard "
			"output. Run it as root, or much will be missing.",
		.options = collect_options,
		.examples =
			(const struct example[]){
				{ "vdevctl collect machine.tar.xz",
				  "make a capture" },
				{ "vdevctl --root machine.tar.xz list",
				  "look at it" },
				{ NULL, NULL } },
		.run = collect_collect,
	},
	{
		.verb = "completion",
		.operands = "SHELL",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_WORDS,
		.words = completion_shells,
		.flags = COMMAND_NO_JSON | COMMAND_NO_CONTEXT,
		.summary = "Print the completion for bash, zsh or fish",
		.description = "Packages install it; there is no need to run "
			       "this by hand.",
		.examples =
			(const struct example[]){
				{ ". <(vdevctl completion bash)",
				  "in a shell without it" },
				{ NULL, NULL } },
		.run = completion_print,
	},
	{
		.verb = "help",
		.operands = "[COMMAND...]",
		.most = 2,
		.complete = COMPLETE_COMMANDS,
		.flags = COMMAND_NO_CONTEXT,
		.summary = "Show help for a command",
		.description = "Without COMMAND, shows all commands. With "
			       "--json the whole table of commands and options "
			       "is printed.",
		.examples =
			(const struct example[]){
				{ "vdevctl help group show", "one command" },
				{ NULL, NULL } },
		.run = help_help,
	},
	{ .verb = NULL },
};
