/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The verbs of nodes, which share rates among ports. */

#include "table.h"

static const struct option list_options[] = {
	{ .name = "no-header", .help = "Leave out the line of headings." },
	{ .name = NULL },
};

static const struct option set_options[] = {
	RATE_OPTIONS,
	{ .name = NULL },
};

const struct command rate_commands[] = {
	{
		.object = "rate",
		.verb = "list",
		.operands = "[DEV]",
		.most = 1,
		.complete = COMPLETE_DEVLINK,
		.summary = "List the nodes whose rates ports share",
		.description =
			"Lists the nodes of one device's switch or of all, "
			"with what those below them can send "
			"together. " NAMING_DEVLINK,
		.options = list_options,
		.examples = (const struct example[]){ { "vdevctl rate list",
							"all of them" },
						      { NULL, NULL } },
		.run = rate_list,
	},
	{
		.object = "rate",
		.verb = "add",
		.operands = "DEV NODE",
		.fewest = 2,
		.most = 2,
		.complete = COMPLETE_DEVLINK,
		.flags = COMMAND_KEYWORDS,
		.summary = "Make a node whose rates ports share",
		.description =
			"Makes a node and sets what is given, in that order; "
			"if one thing fails, there is no new node. 'vdevctl "
			"port set PORT parent NODE' puts a port below it. "
			"The switch has to be in switchdev mode. Options may "
			"be given without their dashes behind "
			"NODE. " NAMING_DEVLINK,
		.options = set_options,
		.examples =
			(const struct example[]){
				{ "vdevctl rate add eth0 guests tx-max 5gbit",
				  "what all guests can send together" },
				{ NULL, NULL } },
		.run = rate_add,
	},
	{
		.object = "rate",
		.verb = "set",
		.operands = "DEV NODE",
		.fewest = 2,
		.most = 2,
		.complete = COMPLETE_DEVLINK,
		.flags = COMMAND_KEYWORDS,
		.summary = "Change a node whose rates ports share",
		.description =
			"Sets what is given, in that order, and reads it "
			"back; if one thing fails, those before it are put "
			"back. Options may be given without their dashes "
			"behind NODE. " NAMING_DEVLINK,
		.options = set_options,
		.examples =
			(const struct example[]){
				{ "vdevctl rate set eth0 guests tx-share "
				  "1gbit parent all",
				  "a part of what another node has" },
				{ NULL, NULL } },
		.run = rate_set,
	},
	{
		.object = "rate",
		.verb = "remove",
		.operands = "DEV NODE",
		.fewest = 2,
		.most = 2,
		.complete = COMPLETE_DEVLINK,
		.summary = "Remove a node whose rates ports share",
		.description =
			"Removes a node. The kernel refuses that while a port "
			"or another node is below it. " NAMING_DEVLINK,
		.examples =
			(const struct example[]){
				{ "vdevctl rate remove eth0 guests",
				  "when no port is below it any more" },
				{ NULL, NULL } },
		.run = rate_remove,
	},
	{ .verb = NULL },
};
