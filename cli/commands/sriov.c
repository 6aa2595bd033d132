/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The verbs of virtual functions. */

#include "table.h"

static const struct option list_options[] = {
	{ .name = "no-header", .help = "Leave out the line of headings." },
	{ .name = NULL },
};

#define NO_WAIT                                                              \
	{                                                                    \
		.name = "no-wait", .help = "Fail if another process is "     \
					   "changing the PF or one of its "  \
					   "VFs, instead of waiting for it." \
	}

#define TIMEOUT                                                               \
	{                                                                     \
		.name = "timeout", .argument = "SECONDS",                     \
		.help = "How long the kernel may take to remove or unbind a " \
			"VF "                                                 \
			"and to make its node; 10 unless given."              \
	}

#define ENABLE                                                                 \
	{                                                                      \
		.name = "enable",                                              \
		.help = "Turn on the parameter enable_sriov of vfio-pci if "   \
			"the PF "                                              \
			"is bound to it. It holds for all PFs; restoring the " \
			"PF "                                                  \
			"turns it off."                                        \
	}

static const struct option set_options[] = {
	{ .name = "driver",
	  .argument = "NAME",
	  .complete = COMPLETE_DRIVERS,
	  .help = "Bind the VFs to this driver, not to the VFIO driver that "
		  "suits the purpose best; 'default' leaves it to the "
		  "kernel." },
	{ .name = "autoprobe",
	  .argument = "on|off",
	  .complete = COMPLETE_WORDS,
	  .words = sriov_switch,
	  .help = "Leave sriov_drivers_autoprobe on or off. It is as it was "
		  "unless this is given." },
	{ .name = "msix",
	  .argument = "VF=VECTORS",
	  .help = "Give the VF of this number, from 0, so many MSI-X "
		  "vectors, if the PF's driver can. May be repeated." },
	ENABLE,
	{ .name = "for",
	  .argument = "PURPOSE",
	  .complete = COMPLETE_WORDS,
	  .words = bind_purposes,
	  .help = "What the VFs are for: assign (the default), migration or "
		  "pasid, as for bind." },
	{ .name = "owner",
	  .argument = "USER[:GROUP]",
	  .complete = COMPLETE_USERS,
	  .help = "Give the VFs' device nodes to this user, also when they "
		  "are made anew, until the PF is restored." },
	{ .name = "owner-iommu", .help = "With --owner: give /dev/iommu too." },
	{ .name = "require-reset",
	  .help = "Refuse VFs that cannot be reset, or not without others." },
	NO_WAIT,
	TIMEOUT,
	{ .name = NULL },
};

static const struct option clear_options[] = {
	ENABLE,
	NO_WAIT,
	TIMEOUT,
	{ .name = NULL },
};

const struct command sriov_commands[] = {
	{
		.object = "sriov",
		.verb = "list",
		.summary = "List functions that can have VFs",
		.description =
			"Lists the physical functions (PFs) with the number of "
			"virtual functions (VFs) they have and can have.",
		.options = list_options,
		.examples = (const struct example[]){ { "vdevctl sriov list",
							"all of them" },
						      { NULL, NULL } },
		.run = sriov_list,
	},
	{
		.object = "sriov",
		.verb = "show",
		.operands = "PF",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_DEVICES,
		.summary = "Show a PF and its VFs",
		.description =
			"Shows how many VFs a PF has, how the kernel makes "
			"them, and each of them with its driver, interrupts "
			"and nodes. The VFs of a PF bound to vfio-pci get "
			"that driver by an override that the kernel sets.",
		.examples =
			(const struct example[]){
				{ "vdevctl sriov show eth0",
				  "the PF of a network interface" },
				{ NULL, NULL } },
		.run = sriov_show,
	},
	{
		.object = "sriov",
		.verb = "set",
		.operands = "PF N",
		.fewest = 2,
		.most = 2,
		.complete = COMPLETE_DEVICES,
		.summary = "Set how many VFs a PF has",
		.description =
			"Makes N VFs and binds them to a VFIO driver, without "
			"any other driver being probed for them; all of it or "
			"nothing. Another number than there is removes all "
			"VFs and makes them anew, because the kernel knows no "
			"other way: it is refused with exit code 4 while one "
			"of them is in use. With the same number the VFs "
			"stay, and only their drivers change. 'vdevctl "
			"restore PF' brings back what was there before, also "
			"after a crash; but VFs that were removed have lost "
			"their addresses, VLANs and interrupts. The VF token "
			"is the PF's, and stays.",
		.options = set_options,
		.examples =
			(const struct example[]){
				{ "vdevctl sriov set eth0 8",
				  "eight VFs, ready for virtual machines" },
				{ "vdevctl sriov set 01:00.0 4 "
				  "--driver default",
				  "four for this machine itself" },
				{ "vdevctl --dry-run sriov set eth0 2",
				  "what would be done, and what is in the "
				  "way" },
				{ NULL, NULL } },
		.run = sriov_set,
	},
	{
		.object = "sriov",
		.verb = "clear",
		.operands = "PF",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_DEVICES,
		.summary = "Remove all VFs of a PF",
		.description = "As set with the number 0.",
		.options = clear_options,
		.examples =
			(const struct example[]){
				{ "vdevctl sriov clear eth0", "none are left" },
				{ NULL, NULL } },
		.run = sriov_clear,
	},
	{ .verb = NULL },
};
