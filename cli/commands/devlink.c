/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The verbs of devlink and of switches. */

#include "table.h"

static const struct option params_options[] = {
	{ .name = "no-header", .help = "Leave out the line of headings." },
	{ .name = NULL },
};

static const struct option param_options[] = {
	{ .name = "mode",
	  .argument = "MODE",
	  .complete = COMPLETE_WORDS,
	  .words = devlink_param_modes,
	  .help = "Which of its values: runtime (at once), driverinit (with "
		  "the next reload) or permanent (in the device, with its "
		  "next start); may be left out where there is but one." },
	{ .name = NULL },
};

static const struct option reload_options[] = {
	{ .name = "action",
	  .argument = "ACTION",
	  .complete = COMPLETE_WORDS,
	  .words = devlink_actions,
	  .help = "driver-reinit: the driver starts anew, with the "
		  "parameters of mode driverinit (the default); fw-activate: "
		  "the device starts the firmware that was stored." },
	{ .name = "limit",
	  .argument = "LIMIT",
	  .complete = COMPLETE_WORDS,
	  .words = devlink_limits,
	  .help = "no-reset: only without a reset of the device and an "
		  "interruption of its traffic." },
	{ .name = NULL },
};

const struct command devlink_commands[] = {
	{
		.object = "devlink",
		.verb = "list",
		.summary = "List devices whose drivers offer devlink",
		.description =
			"Lists the devices that 'vdevctl eswitch' and the "
			"like can be used on, each by its bus and its name "
			"there. A device is among them while a driver is bound "
			"that offers devlink, which no VFIO driver does.",
		.examples = (const struct example[]){ { "vdevctl devlink list",
							"all of them" },
						      { NULL, NULL } },
		.run = devlink_list_command,
	},
	{
		.object = "devlink",
		.verb = "show",
		.operands = "DEV",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_DEVLINK,
		.summary = "Show what a device and its firmware are",
		.description =
			"Shows the driver, serial numbers and versions that "
			"it tells, and the reloads that it can "
			"do. " NAMING_DEVLINK,
		.examples =
			(const struct example[]){
				{ "vdevctl devlink show eth0",
				  "the versions of its firmware, too" },
				{ NULL, NULL } },
		.run = devlink_show,
	},
	{
		.object = "devlink",
		.verb = "params",
		.operands = "DEV",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_DEVLINK,
		.summary = "Show the parameters of a device",
		.description =
			"Shows the parameters that the driver offers: their "
			"values in each mode they have one in, and, since "
			"Linux 6.19, what these were at first. " NAMING_DEVLINK,
		.options = params_options,
		.examples =
			(const struct example[]){
				{ "vdevctl devlink params eth0",
				  "all of them" },
				{ NULL, NULL } },
		.run = devlink_params,
	},
	{
		.object = "devlink",
		.verb = "set",
		.operands = "DEV NAME VALUE",
		.fewest = 3,
		.most = 3,
		.complete = COMPLETE_DEVLINK,
		.summary = "Set a parameter of a device",
		.description =
			"Sets a parameter and reads it back. A value of mode "
			"driverinit comes into force with 'vdevctl devlink "
			"reload'. " NAMING_DEVLINK,
		.options = param_options,
		.examples =
			(const struct example[]){
				{ "vdevctl devlink set eth0 max_macs 64",
				  "after the next reload" },
				{ "vdevctl devlink set 01:00.0 enable_sriov "
				  "true --mode permanent",
				  "in the device's own memory" },
				{ NULL, NULL } },
		.run = devlink_set,
	},
	{
		.object = "devlink",
		.verb = "reload",
		.operands = "DEV",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_DEVLINK,
		.summary = "Let a driver or its firmware start anew",
		.description =
			"Reloads the driver's side of a device, or its "
			"firmware. Without a limit that takes away its "
			"interfaces, and may remove its VFs: it is refused "
			"with exit code 4 while one of them is in use, unless "
			"the check is forced. " NAMING_DEVLINK,
		.options = reload_options,
		.examples =
			(const struct example[]){
				{ "vdevctl devlink reload eth0",
				  "parameters of mode driverinit come into "
				  "force" },
				{ "vdevctl devlink reload eth0 --action "
				  "fw-activate --limit no-reset",
				  "new firmware, under way" },
				{ NULL, NULL } },
		.run = devlink_reload,
	},
	{ .verb = NULL },
};

static const struct option set_options[] = {
	{ .name = "mode",
	  .argument = "MODE",
	  .complete = COMPLETE_WORDS,
	  .words = eswitch_modes,
	  .help = "legacy: the switch goes by MAC address and VLAN; "
		  "switchdev: by rules for its ports, of which each VF has "
		  "one on the host; switchdev-inactive: the same, but it "
		  "lets nothing through yet." },
	{ .name = "inline-mode",
	  .argument = "MODE",
	  .complete = COMPLETE_WORDS,
	  .words = eswitch_inline_modes,
	  .help = "How much of a packet's head VFs have to put into the "
		  "packet's description for the switch: none, link, network "
		  "or transport." },
	{ .name = "encap-mode",
	  .argument = "MODE",
	  .complete = COMPLETE_WORDS,
	  .words = eswitch_encap_modes,
	  .help = "Whether the switch puts packets into tunnels: none or "
		  "basic." },
	{ .name = NULL },
};

const struct command eswitch_commands[] = {
	{
		.object = "eswitch",
		.verb = "show",
		.operands = "DEV",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_DEVLINK,
		.summary = "Show the switch of a PF",
		.description = "Shows how the switch (eswitch) between a PF, "
			       "its VFs and the wire works. What the driver "
			       "does not have is left out. " NAMING_DEVLINK,
		.examples =
			(const struct example[]){
				{ "vdevctl eswitch show eth0",
				  "that of a network interface" },
				{ NULL, NULL } },
		.run = eswitch_show,
	},
	{
		.object = "eswitch",
		.verb = "set",
		.operands = "DEV",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_DEVLINK,
		.flags = COMMAND_KEYWORDS,
		.summary = "Change the switch of a PF",
		.description =
			"Sets what is given, in that order, and reads it "
			"back; if one thing fails, those before it are put "
			"back. Options may be given without their dashes "
			"behind DEV. Another mode is refused with exit code 4 "
			"while a VF, or the interface of a port of the "
			"switch, is in use, unless the check is "
			"forced. " NAMING_DEVLINK,
		.options = set_options,
		.examples =
			(const struct example[]){
				{ "vdevctl eswitch set eth0 mode switchdev",
				  "each VF gets a port on the host" },
				{ "vdevctl --dry-run eswitch set 01:00.0 mode "
				  "legacy",
				  "what is in the way" },
				{ "vdevctl eswitch set 01:00.0 inline-mode "
				  "transport encap-mode basic",
				  "both or none" },
				{ NULL, NULL } },
		.run = eswitch_set,
	},
	{ .verb = NULL },
};
