/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The verbs of ports. */

#include "table.h"

#define NAMING_PORTS                                                          \
	"PORT is the device's bus and name with the port's index behind, as " \
	"in 'vdevctl port list', the port's network interface, or the PCI "   \
	"address of the VF behind it."

static const struct option list_options[] = {
	{ .name = "no-header", .help = "Leave out the line of headings." },
	{ .name = NULL },
};

#define SWITCH(option_name, text)                                  \
	{                                                          \
		.name = option_name, .argument = "on|off",         \
		.complete = COMPLETE_WORDS, .words = sriov_switch, \
		.help = text                                       \
	}

static const struct option set_options[] = {
	{ .name = "hw-addr",
	  .argument = "ADDRESS",
	  .help = "The function's hardware address, as 02:00:00:00:00:01." },
	{ .name = "state",
	  .argument = "STATE",
	  .complete = COMPLETE_WORDS,
	  .words = port_states,
	  .help = "active or inactive; a subfunction needs to be active for "
		  "a driver to get it." },
	SWITCH("roce", "RDMA over Ethernet."),
	SWITCH("migratable",
	       "Whether the VF can be moved to another host while it is used; "
	       "set it before a driver has the VF."),
	SWITCH("ipsec-crypto", "Encryption for IPsec on the device."),
	SWITCH("ipsec-packet", "All of IPsec on the device."),
	{ .name = "max-io-eqs",
	  .argument = "NUMBER",
	  .help = "How many event queues the function can have." },
	RATE_OPTIONS,
	{ .name = NULL },
};

const struct command port_commands[] = {
	{
		.object = "port",
		.verb = "list",
		.operands = "[DEV]",
		.most = 1,
		.complete = COMPLETE_DEVLINK,
		.summary = "List the ports of switches",
		.description =
			"Lists the ports of one device or of all: those to "
			"the wire and, in switchdev mode, those that stand "
			"for a PF, VF or subfunction. " NAMING_DEVLINK,
		.options = list_options,
		.examples = (const struct example[]){ { "vdevctl port list",
							"all of them" },
						      { NULL, NULL } },
		.run = port_list,
	},
	{
		.object = "port",
		.verb = "show",
		.operands = "PORT",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_DEVLINK,
		.summary = "Show a port and the function behind it",
		.description =
			"Shows a port, the settings of the function behind "
			"it and how fast that may send. What the driver does "
			"not have is left out. " NAMING_PORTS,
		.examples =
			(const struct example[]){
				{ "vdevctl port show 01:10.0", "that of a VF" },
				{ "vdevctl port show pci/0000:01:00.0/1",
				  "by its index" },
				{ NULL, NULL } },
		.run = port_show,
	},
	{
		.object = "port",
		.verb = "set",
		.operands = "PORT",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_DEVLINK,
		.flags = COMMAND_KEYWORDS,
		.summary = "Change the function behind a port",
		.description =
			"Sets what is given, in that order, and reads it "
			"back; if one thing fails, those before it are put "
			"back. Options may be given without their dashes "
			"behind PORT. " NAMING_PORTS,
		.options = set_options,
		.examples =
			(const struct example[]){
				{ "vdevctl port set 01:10.0 hw-addr "
				  "02:00:00:00:00:01 migratable on",
				  "a VF that can be moved" },
				{ "vdevctl port set eth0_0 tx-max 1gbit "
				  "tx-share 100mbit",
				  "a VF that sends at most so much" },
				{ NULL, NULL } },
		.run = port_set,
	},
	{ .verb = NULL },
};
