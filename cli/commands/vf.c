/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The verbs of VFs' attributes. */

#include "table.h"

#define NAMING_PFS                                                    \
	"PF is a network interface, which need not be that of a PCI " \
	"function, or a PCI address. N is the number of a VF, from 0."

const struct command vf_commands[] = {
	{
		.object = "vf",
		.verb = "show",
		.operands = "PF [N]",
		.fewest = 1,
		.most = 2,
		.complete = COMPLETE_DEVICES,
		.summary = "Show what a PF's driver sets for its VFs",
		.description =
			"Shows the attributes of a PF's VFs in a table, or of "
			"one VF all of them and what was counted for it. A "
			"dash, or null, stands for what the driver does not "
			"tell. For some attributes the kernel tells a "
			"default in its place: no MAC, no VLAN, no rates, link "
			"state auto, and counters at 0. " NAMING_PFS,
		.examples =
			(const struct example[]){
				{ "vdevctl vf show eth0", "all VFs of eth0" },
				{ "vdevctl vf show 01:00.0 2",
				  "all there is about the third" },
				{ NULL, NULL } },
		.run = vf_show,
	},
	{
		.object = "vf",
		.verb = "set",
		.operands = "PF N ATTRIBUTE VALUE...",
		.fewest = 3,
		.most = ANY_NUMBER,
		.complete = COMPLETE_DEVICES,
		.summary = "Set attributes of a VF",
		.description =
			"Sets attributes of a VF through its PF's driver: mac "
			"(00:00:00:00:00:00 for none), vlan (1 to 4095, 0 for "
			"none), qos (its priority, 0 to 7), proto (802.1Q or "
			"802.1ad), min-rate and max-rate (in Mbit/s, 0 for "
			"none), spoofchk (on or off), trust (on or off), "
			"link-state (auto, enable or disable), query-rss (on "
			"or off), node-guid and port-guid (8 bytes with colons "
			"between them). If the driver refuses one, those set "
			"before are put back, and the error says which it was "
			"and why; if that fails, too, the exit code is 8. "
			"VLAN, "
			"qos and proto are set together, and so are the rates: "
			"what is not given of these stays. VFs that are "
			"removed lose all of it. " NAMING_PFS,
		.examples =
			(const struct example[]){
				{ "vdevctl vf set eth0 0 mac "
				  "52:54:00:12:34:56 vlan 100 spoofchk on",
				  "for a virtual machine in a VLAN" },
				{ "vdevctl vf set eth0 1 max-rate 200",
				  "200 Mbit/s at most" },
				{ "vdevctl --dry-run vf set eth0 1 trust on",
				  "what would change" },
				{ NULL, NULL } },
		.run = vf_set,
	},
	{ .verb = NULL },
};
