/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Migration of devices. */

#include "table.h"

#define TIMEOUT_OPTION                                                       \
	{                                                                    \
		.name = "timeout", .argument = "SECONDS",                    \
		.help = "Give up after this time, with the device as it was" \
			"."                                                  \
	}

#define PRECOPY_OPTION                                                    \
	{                                                                 \
		.name = "precopy",                                        \
		.help = "Read as much as possible while the device goes " \
			"on working."                                     \
	}

#define SOCKET_OPTION                                                        \
	{                                                                    \
		.name = "socket", .argument = "N",                           \
		.help = "The connected socket, an open file descriptor. It " \
			"is needed."                                         \
	}

static const struct option info_options[] = {
	OPEN_OPTIONS,
	{ .name = NULL },
};

static const struct option set_options[] = {
	OPEN_OPTIONS,
	{ .name = NULL },
};

static const struct option save_options[] = {
	{ .name = "to",
	  .argument = "FILE|fd:N|-",
	  .complete = COMPLETE_FILES,
	  .help = "Where the stream goes: a file, an open file descriptor, or "
		  "standard output, as without the option." },
	PRECOPY_OPTION,
	{ .name = "stop",
	  .help = "Leave the device stopped, instead of as it was." },
	{ .name = "overwrite", .help = "Replace the file if it is there." },
	TIMEOUT_OPTION,
	OPEN_OPTIONS,
	{ .name = NULL },
};

static const struct option load_options[] = {
	{ .name = "from",
	  .argument = "FILE|fd:N|-",
	  .complete = COMPLETE_FILES,
	  .help = "Where the stream comes from: a file, an open file "
		  "descriptor, or standard input, as without the option." },
	{ .name = "stop",
	  .help = "Leave the device stopped, instead of letting it run." },
	TIMEOUT_OPTION,
	OPEN_OPTIONS,
	{ .name = NULL },
};

static const struct option send_options[] = {
	SOCKET_OPTION, PRECOPY_OPTION,	 TIMEOUT_OPTION,
	OPEN_OPTIONS,  { .name = NULL },
};

static const struct option receive_options[] = {
	SOCKET_OPTION,
	{ .name = "stop",
	  .help = "Leave the device stopped, instead of letting it run." },
	TIMEOUT_OPTION,
	OPEN_OPTIONS,
	{ .name = NULL },
};

#define KEEPS_OPEN                                                            \
	"A device that can be reset is so when it is opened and when it is "  \
	"closed: to keep what it has or is given, this is done in a session " \
	"that has it open. "

const struct command migrate_commands[] = {
	{
		.object = "migrate",
		.verb = "info",
		.operands = "DEV",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_DEVICES,
		.summary = "Show whether and how a device migrates",
		.description =
			"Shows the migration state of the device, what it can "
			"do, and how much data it has by its driver's "
			"estimate. Exit code 6 if it cannot "
			"migrate. " OPENING_RESETS,
		.options = info_options,
		.examples =
			(const struct example[]){
				{ "vdevctl migrate info 01:10.2",
				  "what the driver of a VF can do" },
				{ NULL, NULL } },
		.run = migrate_info,
	},
	{
		.object = "migrate",
		.verb = "save",
		.operands = "DEV",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_DEVICES,
		.summary = "Save the state of a device",
		.description =
			"Stops the device, writes its state as a stream, "
			"whose format is in vdev-migration(5), and lets it go "
			"on. If that fails it goes on as well, and no file is "
			"left. " KEEPS_OPEN OPENING_RESETS,
		.options = save_options,
		.examples =
			(const struct example[]){
				{ "vdevctl migrate save "
				  "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001 "
				  "--to port.vdm",
				  "a mediated device, to a file" },
				{ "migrate save $nic --precopy --to fd:5",
				  "in a session" },
				{ NULL, NULL } },
		.run = migrate_save,
	},
	{
		.object = "migrate",
		.verb = "load",
		.operands = "DEV",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_DEVICES,
		.summary = "Load a state into a device",
		.description =
			"Loads what 'migrate save' wrote and lets the device "
			"run. A stream that is damaged, cut off, of another "
			"kind of device or of a newer version is refused with "
			"the reason; a file before the device is touched, what "
			"comes from elsewhere as soon as it is found, and the "
			"device is reset then. " KEEPS_OPEN OPENING_RESETS,
		.options = load_options,
		.examples =
			(const struct example[]){
				{ "vdevctl migrate load "
				  "83b8f4f2-509f-382f-3c1e-e6bfe0fa1002 "
				  "--from port.vdm",
				  "into another one of its type" },
				{ NULL, NULL } },
		.run = migrate_load,
	},
	{
		.object = "migrate",
		.verb = "set",
		.operands = "running|running-p2p|stop DEV...",
		.fewest = 2,
		.most = ANY_NUMBER,
		.complete = COMPLETE_DEVICES,
		.summary = "Stop devices together, or let them run",
		.description =
			"Brings devices into a migration state: stop, running, "
			"or running-p2p, in which a device works but starts no "
			"DMA to others. Several go in the order that devices "
			"need that reach each other by DMA: all that can keep "
			"still before the first one stops, and none works in "
			"full before all have left stop. What was stopped is "
			"saved one after the other then, and stays "
			"stopped. " KEEPS_OPEN OPENING_RESETS,
		.options = set_options,
		.examples =
			(const struct example[]){
				{ "migrate set stop $nic $gpu",
				  "in a session; 'migrate save $nic --to "
				  "nic.vdm' and so on follow" },
				{ "migrate set running $nic $gpu",
				  "both go on" },
				{ NULL, NULL } },
		.run = migrate_set,
	},
	{
		.object = "migrate",
		.verb = "verify",
		.operands = "FILE|-",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_FILES,
		.summary = "Check a saved state",
		.description =
			"Reads the streams in a file, checks all of them, and "
			"shows what they say of their devices. No device is "
			"needed. Exit code 1 if one is damaged or cut off, or "
			"if something else is behind them.",
		.examples =
			(const struct example[]){
				{ "vdevctl migrate verify port.vdm",
				  "before it is needed" },
				{ NULL, NULL } },
		.run = migrate_verify,
	},
	{
		.object = "migrate",
		.verb = "send",
		.operands = "DEV",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_DEVICES,
		.summary = "Move the state of a device to a receiver",
		.description =
			"Saves the state to a socket, at whose other end is "
			"'vdevctl migrate receive', and leaves the device "
			"stopped once the receiver has loaded it. Unless the "
			"receiver says so, the device goes on as it was: it "
			"never runs at both ends. " KEEPS_OPEN OPENING_RESETS,
		.options = send_options,
		.examples =
			(const struct example[]){
				{ "vdevctl migrate send 01:10.2 --socket 3",
				  "a connection that a script made" },
				{ NULL, NULL } },
		.run = migrate_send,
	},
	{
		.object = "migrate",
		.verb = "receive",
		.operands = "DEV",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_DEVICES,
		.summary = "Take the state of a device from a sender",
		.description =
			"Loads the state that 'vdevctl migrate send' sends, "
			"and lets the device run once the sender has given its "
			"own up. If that fails the device is reset, and the "
			"sender is told why. " KEEPS_OPEN OPENING_RESETS,
		.options = receive_options,
		.examples =
			(const struct example[]){
				{ "vdevctl migrate receive 01:10.2 --socket 3",
				  "the other end" },
				{ NULL, NULL } },
		.run = migrate_receive,
	},
	{ .verb = NULL },
};
