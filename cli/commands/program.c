/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The verbs that are about vdevctl itself, and captures. */

#include "table.h"

static const struct option collect_options[] = {
	{ .name = "overwrite", .help = "Replace a file that is there." },
	{ .name = "secrets",
	  .help = "Keep serial numbers, MAC addresses and connections, which "
		  "are replaced by made-up ones or left out otherwise." },
	{ .name = NULL },
};

const struct command program_commands[] = {
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
