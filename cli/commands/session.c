/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Many commands in one process, and what only works there. */

#include "table.h"

static const struct option batch_options[] = {
	{ .name = "keep-going",
	  .letter = 'k',
	  .help = "Go on after a command that fails. The exit code is 7 then, "
		  "unless all of them failed." },
	{ .name = NULL },
};

const struct command session_commands[] = {
	{
		.verb = "batch",
		.operands = "[FILE]",
		.most = 1,
		.complete = COMPLETE_FILES,
		.flags = COMMAND_NO_SESSION,
		.summary = "Run many commands in one process",
		.description =
			"Runs the commands in FILE, or on standard input, one "
			"a "
			"line and without 'vdevctl' in front. Words are quoted "
			"as in a shell, and '#' starts a remark. 'NAME = "
			"COMMAND ...' names the object that a command makes, "
			"$NAME stands for it; all objects stay open until they "
			"are dropped or the last line has run. The first "
			"command that fails ends it, with its exit code. "
			"--dry-run understands every line and opens nothing. "
			"With --json the one document is an array with what "
			"each command printed, and why it failed.",
		.options = batch_options,
		.examples =
			(const struct example[]){
				{ "vdevctl batch assign.vdev",
				  "the lines of a file" },
				{ "vdevctl batch --keep-going",
				  "those of standard input, whatever fails" },
				{ "vdevctl --dry-run batch assign.vdev",
				  "only see whether it is understood" },
				{ NULL, NULL } },
		.run = batch_batch,
	},
	{
		.verb = "shell",
		.flags = COMMAND_NO_SESSION | COMMAND_NO_JSON,
		.summary = "Run commands as they are typed",
		.description =
			"Reads the lines of 'vdevctl batch' from a terminal, "
			"with editing, the lines of earlier shells, and "
			"completion of commands, options, devices and $NAMEs "
			"by the Tab key. A command that fails does not end it. "
			"Ctrl-C gives up the line, or the command that runs; "
			"'exit' or Ctrl-D ends the shell and releases all "
			"objects.",
		.examples = (const struct example[]){ { "vdevctl shell",
							"at a terminal" },
						      { NULL, NULL } },
		.run = shell_shell,
	},
	{
		.verb = "objects",
		.flags = COMMAND_SESSION | COMMAND_DRY_RUN,
		.summary = "List the objects that are open",
		.description =
			"Lists the objects of the session, the oldest first: "
			"the kernel's id of each, the line that made it, and "
			"which others it uses. An object that is used cannot "
			"be "
			"dropped.",
		.examples =
			(const struct example[]){ { "objects", "all of them" },
						  { NULL, NULL } },
		.run = session_objects,
	},
	{
		.verb = "drop",
		.operands = "$NAME...",
		.fewest = 1,
		.most = ANY_NUMBER,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION | COMMAND_DRY_RUN,
		.summary = "Release objects",
		.description =
			"Releases objects in the order given: a device is "
			"closed, with all that was set up on it, an address "
			"space destroyed, with all its mappings. One that "
			"another object uses is refused with exit code 4.",
		.examples =
			(const struct example[]){
				{ "drop $nic $guest",
				  "the device, then the address space it was "
				  "attached to" },
				{ NULL, NULL } },
		.run = session_drop_command,
	},
	{
		.verb = "exit",
		.flags = COMMAND_SESSION | COMMAND_DRY_RUN,
		.summary = "End the session",
		.description = "Runs no more lines. All objects are released, "
			       "as at the end of the file.",
		.examples = (const struct example[]){ { "exit", "leave" },
						      { NULL, NULL } },
		.run = session_exit,
	},
	{ .verb = NULL },
};
