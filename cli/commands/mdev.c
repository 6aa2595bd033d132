/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The verbs of mediated devices. */

#include "table.h"

#define NO_HEADER                                                              \
	{                                                                      \
		.name = "no-header", .help = "Leave out the line of headings." \
	}

#define PARENT(text)                                         \
	{                                                    \
		.name = "parent", .argument = "PARENT",      \
		.complete = COMPLETE_DEVICES, .help = (text) \
	}

static const struct option types_options[] = {
	NO_HEADER,
	{ .name = NULL },
};

static const struct option list_options[] = {
	PARENT("Only mdevs of this parent."),
	{ .name = "defined",
	  .help = "List the mdevs that are defined, also those that are not "
		  "there now." },
	NO_HEADER,
	{ .name = NULL },
};

static const struct option create_options[] = {
	PARENT("The device that makes the mdev, as 'vdevctl mdev types' names "
	       "it. Has to be given."),
	{ .name = "type",
	  .argument = "TYPE",
	  .help = "Which of the parent's types the mdev is of. Has to be "
		  "given." },
	{ .name = "uuid",
	  .argument = "UUID",
	  .help = "What the mdev is called; a random UUID unless given." },
	{ .name = "attr",
	  .argument = "NAME=VALUE",
	  .help = "Write VALUE to this attribute of the mdev once it is "
		  "made. May be repeated; they are written in their order." },
	{ .name = NULL },
};

static const struct option remove_options[] = {
	{ .name = "timeout",
	  .argument = "SECONDS",
	  .help = "How long the kernel may take; 10 unless given." },
	{ .name = NULL },
};

#define ATTR                                                              \
	{                                                                 \
		.name = "attr", .argument = "NAME=VALUE",                 \
		.help = "Write VALUE to this attribute when the mdev is " \
			"started. May be repeated; they are written in "  \
			"their order."                                    \
	}

static const struct option define_options[] = {
	PARENT("The device that makes the mdev. It need not be there yet."),
	{ .name = "type",
	  .argument = "TYPE",
	  .help = "Which of the parent's types the mdev is of." },
	{ .name = "uuid",
	  .argument = "UUID",
	  .help = "What the mdev is called; a random UUID unless given. "
		  "Without --type an mdev of that UUID that is there is "
		  "defined." },
	{ .name = "auto", .help = "Start it when its parent appears." },
	ATTR,
	{ .name = NULL },
};

static const struct option parent_options[] = {
	PARENT("The parent it is defined for, where there are several."),
	{ .name = NULL },
};

static const struct option modify_options[] = {
	{ .name = "live",
	  .help = "Change the mdev that is there, not its definition. A "
		  "callout script that can do that is needed." },
	PARENT("The parent it is defined for, where there are several."),
	{ .name = "type",
	  .argument = "TYPE",
	  .help = "Which of the parent's types it shall be of." },
	{ .name = "start",
	  .argument = "auto|manual",
	  .complete = COMPLETE_WORDS,
	  .words = mdev_starts,
	  .help = "Whether it is started when its parent appears." },
	{ .name = "drop-attr",
	  .argument = "NAME",
	  .help = "Take all attributes of this name out. May be repeated." },
	ATTR,
	{ .name = "index",
	  .argument = "N",
	  .help = "Put the attributes of --attr before the one of this "
		  "number, from 0, and not at the end." },
	{ .name = NULL },
};

static const struct option autostart_options[] = {
	PARENT("Only those of this parent."),
	{ .name = NULL },
};

static const struct option watch_options[] = {
	PARENT("Only this parent and its mdevs."),
	{ .name = "count",
	  .argument = "N",
	  .help = "End after so many events." },
	{ .name = NULL },
};

const struct command mdev_commands[] = {
	{
		.object = "mdev",
		.verb = "types",
		.operands = "[PARENT...]",
		.most = ANY_NUMBER,
		.complete = COMPLETE_DEVICES,
		.summary = "List which mdevs can be made",
		.description =
			"Lists the types of mediated devices (mdevs) that "
			"these parents offer, or all parents, and how many "
			"more of each can be made. Types of one parent often "
			"share what they are made of: making one of a type "
			"can lower the number of another. VFs that a driver "
			"lets be virtual GPUs are parents, too; create, list, "
			"show and remove take them by their PCI address.",
		.options = types_options,
		.examples =
			(const struct example[]){
				{ "vdevctl mdev types", "all of them" },
				{ "vdevctl mdev types 00:02.0",
				  "those of one parent" },
				{ NULL, NULL } },
		.run = mdev_types,
	},
	{
		.object = "mdev",
		.verb = "list",
		.summary = "List mdevs",
		.description = "Lists the mediated devices there are.",
		.options = list_options,
		.examples =
			(const struct example[]){
				{ "vdevctl mdev list --parent mtty",
				  "those of one parent" },
				{ NULL, NULL } },
		.run = mdev_list,
	},
	{
		.object = "mdev",
		.verb = "show",
		.operands = "UUID...",
		.fewest = 1,
		.most = ANY_NUMBER,
		.complete = COMPLETE_DEVICES,
		.summary = "Show mdevs with their types and users",
		.description =
			"Shows what mdevs are made of, what their nodes are "
			"and who has them open.",
		.examples =
			(const struct example[]){
				{ "vdevctl mdev show "
				  "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001",
				  "one mdev" },
				{ NULL, NULL } },
		.run = mdev_show,
	},
	{
		.object = "mdev",
		.verb = "create",
		.summary = "Make an mdev",
		.description =
			"Makes a mediated device and sets its attributes; all "
			"of it or nothing: if an attribute is refused the "
			"mdev is removed again. Prints its UUID, type, parent "
			"and nodes. The mdev lasts until it is removed, its "
			"parent's driver goes or the machine is shut down. "
			"Scripts written for mdevctl are run around this, as "
			"around all changes of mdevs and definitions; "
			"--force=callout goes on where one objects.",
		.options = create_options,
		.examples =
			(const struct example[]){
				{ "vdevctl mdev create --parent mtty "
				  "--type mtty-2",
				  "one of the kernel's samples" },
				{ "vdevctl mdev create --parent mtty "
				  "--type mtty-2 --attr power/control=on",
				  "with an attribute set" },
				{ NULL, NULL } },
		.run = mdev_create,
	},
	{
		.object = "mdev",
		.verb = "remove",
		.operands = "UUID...",
		.fewest = 1,
		.most = ANY_NUMBER,
		.complete = COMPLETE_DEVICES,
		.summary = "Remove mdevs",
		.description =
			"Removes mediated devices. One that somebody has open "
			"is refused with exit code 4, and its user named; "
			"with --force=busy the kernel asks the user to let go "
			"and waits for that. A removal that has not ended in "
			"time goes on in the kernel: exit code 8.",
		.options = remove_options,
		.examples =
			(const struct example[]){
				{ "vdevctl mdev remove "
				  "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001",
				  "one mdev" },
				{ NULL, NULL } },
		.run = mdev_remove,
	},
	{
		.object = "mdev",
		.verb = "define",
		.summary = "Define an mdev, to be started later",
		.description =
			"Writes the definition of a mediated device where "
			"mdevctl has them, /etc/mdevctl.d/PARENT/UUID, in its "
			"form. Whether parent and type are there is no "
			"condition; a warning tells if they are not.",
		.options = define_options,
		.examples =
			(const struct example[]){
				{ "vdevctl mdev define --parent mtty --type "
				  "mtty-2 --auto",
				  "started with its parent" },
				{ NULL, NULL } },
		.run = mdev_define,
	},
	{
		.object = "mdev",
		.verb = "undefine",
		.operands = "UUID",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_DEVICES,
		.summary = "Remove the definition of an mdev",
		.description = "Removes the definition, also one that is "
			       "damaged. The mdev stays if it is there.",
		.options = parent_options,
		.examples =
			(const struct example[]){
				{ "vdevctl mdev undefine "
				  "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001",
				  "it is not started any more" },
				{ NULL, NULL } },
		.run = mdev_undefine,
	},
	{
		.object = "mdev",
		.verb = "modify",
		.operands = "UUID",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_DEVICES,
		.summary = "Change the definition of an mdev",
		.description = "Changes what a defined mdev is like when it is "
			       "started next. The mdev stays as it is if it is "
			       "there.",
		.options = modify_options,
		.examples =
			(const struct example[]){
				{ "vdevctl mdev modify "
				  "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001 "
				  "--start auto",
				  "from now on" },
				{ NULL, NULL } },
		.run = mdev_modify,
	},
	{
		.object = "mdev",
		.verb = "start",
		.operands = "UUID",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_DEVICES,
		.summary = "Make an mdev that is defined",
		.description = "As create, with what the definition says.",
		.options = parent_options,
		.examples =
			(const struct example[]){
				{ "vdevctl mdev start "
				  "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001",
				  "by its UUID" },
				{ NULL, NULL } },
		.run = mdev_start,
	},
	{
		.object = "mdev",
		.verb = "stop",
		.operands = "UUID...",
		.fewest = 1,
		.most = ANY_NUMBER,
		.complete = COMPLETE_DEVICES,
		.summary = "Remove mdevs, but not their definitions",
		.description = "As remove.",
		.options = remove_options,
		.examples =
			(const struct example[]){
				{ "vdevctl mdev stop "
				  "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001",
				  "by its UUID" },
				{ NULL, NULL } },
		.run = mdev_remove,
	},
	{
		.object = "mdev",
		.verb = "autostart",
		.summary = "Start the mdevs that are to start by themselves",
		.description =
			"Starts the mediated devices that are defined to "
			"start with their parent and are not there yet. Each "
			"one that fails is reported, and the others are "
			"started all the same: exit code 7, or 1 if none "
			"could be. A driver that asks to try again is asked "
			"again for five seconds.",
		.options = autostart_options,
		.examples =
			(const struct example[]){
				{ "vdevctl mdev autostart --parent mtty",
				  "those of one parent" },
				{ NULL, NULL } },
		.run = mdev_autostart,
	},
	{
		.object = "mdev",
		.verb = "watch",
		.flags = COMMAND_NO_SESSION,
		.summary = "Tell when mdevs and their parents come and go",
		.description =
			"Prints a line for each mediated device that is made "
			"or removed, by whomever, and for each parent that "
			"comes or goes, until it is interrupted. With --json "
			"each line is a document. An mdev is told of when it "
			"is usable.",
		.options = watch_options,
		.examples =
			(const struct example[]){
				{ "vdevctl mdev watch --parent mtty",
				  "one parent and its mdevs" },
				{ "vdevctl --json mdev watch --count 1",
				  "wait for whatever happens next" },
				{ NULL, NULL } },
		.run = mdev_watch,
	},
	{ .verb = NULL },
};
