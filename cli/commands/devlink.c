/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The verbs of devlink and of switches. */

#include "table.h"

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
