/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The verbs of VF tokens. */

#include "table.h"

#define ABOUT_TOKENS                                                          \
	"A PF bound to vfio-pci and its VFs share a secret, a UUID: a VF is " \
	"opened with the token of its PF only. The token is never given on "  \
	"the command line and never shown."

static const struct option generate_options[] = {
	{ .name = "output",
	  .argument = "FILE",
	  .complete = COMPLETE_FILES,
	  .help = "Write the token to a new file that only its owner can "
		  "read, and do not show it." },
	{ .name = NULL },
};

static const struct option open_options[] = {
	OPEN_OPTIONS,
	{ .name = NULL },
};

static const struct option store_options[] = {
	{ .name = "generate",
	  .help = "Store a new random token, which is not shown." },
	TOKEN_OPTIONS,
	{ .name = NULL },
};

static const struct option list_options[] = {
	{ .name = "no-header", .help = "Leave out the line of headings." },
	{ .name = NULL },
};

const struct command token_commands[] = {
	{
		.object = "token",
		.verb = "generate",
		.summary = "Make a new VF token",
		.description =
			"Prints a random UUID, or writes it to a file. This is "
			"the only command that shows a token.",
		.options = generate_options,
		.examples =
			(const struct example[]){
				{ "vdevctl token generate --output pf.token",
				  "one that nobody has seen" },
				{ NULL, NULL } },
		.run = token_generate,
	},
	{
		.object = "token",
		.verb = "set",
		.operands = "PF",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_DEVICES,
		.summary = "Set the VF token of a PF",
		.description = ABOUT_TOKENS
		" Setting it opens the PF and closes it again, and so "
		"resets it: that is refused while the PF or one of its "
		"VFs is open. The PF keeps the token until it is "
		"unbound, and a driver in user space needs none to "
		"open it while its VFs are closed.",
		.options = open_options,
		.examples =
			(const struct example[]){
				{ "vdevctl token set 01:00.0 --token-file "
				  "pf.token",
				  "a token from a file" },
				{ "vdevctl token set 01:00.0 --token-stored",
				  "the one stored for the PF, in a service" },
				{ NULL, NULL } },
		.run = token_set,
	},
	{
		.object = "token",
		.verb = "check",
		.operands = "VF",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_DEVICES,
		.summary = "See whether a VF token is right",
		.description =
			"Opens the VF with the token and closes it again, and "
			"so resets it: that is refused while the VF is open. "
			"The exit code is 0 if the token is right, 5 if it is "
			"wrong, 2 if the VF has no use for one (its PF has "
			"a driver of the kernel), and 6 if this kernel checks "
			"none the way the VF is opened.",
		.options = open_options,
		.examples =
			(const struct example[]){
				{ "vdevctl token check 01:10.0 --token-file -",
				  "a token from standard input" },
				{ NULL, NULL } },
		.run = token_check,
	},
	{
		.object = "token",
		.verb = "state",
		.operands = "DEV",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_DEVICES,
		.summary = "Tell whether opening a device takes a VF token",
		.description =
			"Asks the kernel, without opening the device. It is "
			"none (a token is refused), optional (a PF none of "
			"whose VFs is open: a token becomes its token) or "
			"required (a VF, or a PF that has VFs open), and can "
			"have changed when the device is opened. The exit code "
			"is 6 on a kernel that does not tell: it takes the "
			"patches of libvdev for Linux 7.2.",
		.examples =
			(const struct example[]){
				{ "vdevctl token state 01:10.0",
				  "a VF, before it is opened" },
				{ NULL, NULL } },
		.run = token_state,
	},
	{
		.object = "token",
		.verb = "store",
		.operands = "PF",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_DEVICES,
		.summary = "Keep a token for services",
		.description =
			"Keeps the token in /etc/vdev/tokens, which only root "
			"can read, for --token-stored to take after a reboot. "
			"What the PF is (address, vendor and device id, serial "
			"number) is kept with it; another device at the "
			"address is refused the token. The PF itself is not "
			"touched. For a VF its PF is meant.",
		.options = store_options,
		.examples =
			(const struct example[]){
				{ "vdevctl token store 01:00.0 --generate",
				  "a token that nobody ever sees" },
				{ "vdevctl token store 01:00.0 --token-file "
				  "pf.token",
				  "one that others know too" },
				{ NULL, NULL } },
		.run = token_store,
	},
	{
		.object = "token",
		.verb = "list",
		.summary = "List for which PFs tokens are stored",
		.description =
			"Lists the PFs whose tokens are stored, with what they "
			"were then, and whether they are there: usable, "
			"absent, "
			"other-device (another device is at the address) or "
			"damaged. The tokens are not shown.",
		.options = list_options,
		.examples = (const struct example[]){ { "vdevctl token list",
							"all of them" },
						      { NULL, NULL } },
		.run = token_list,
	},
	{
		.object = "token",
		.verb = "forget",
		.operands = "PF",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_DEVICES,
		.summary = "Remove a stored token",
		.description =
			"Removes the token stored for a PF, which need not be "
			"there any more if it is named by its address. The "
			"token the PF has now stays.",
		.examples =
			(const struct example[]){
				{ "vdevctl token forget 01:00.0", "one PF" },
				{ NULL, NULL } },
		.run = token_forget,
	},
	{ .verb = NULL },
};
