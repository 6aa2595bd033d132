/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_TABLE_H
#define VDEVCTL_TABLE_H

#include "app.h"

/* The parts of the table of commands, a file each; joined in objects.c. */
extern const struct command aux_commands[];
extern const struct command device_commands[];
extern const struct command devlink_commands[];
extern const struct command dirty_commands[];
extern const struct command eswitch_commands[];
extern const struct command exec_commands[];
extern const struct command fault_commands[];
extern const struct command group_commands[];
extern const struct command hwpt_commands[];
extern const struct command ioas_commands[];
extern const struct command iommu_commands[];
extern const struct command mdev_commands[];
extern const struct command memory_commands[];
extern const struct command held_commands[];
extern const struct command pasid_commands[];
extern const struct command region_commands[];
extern const struct command config_commands[];
extern const struct command irq_commands[];
extern const struct command migrate_commands[];
extern const struct command open_commands[];
extern const struct command port_commands[];
extern const struct command program_commands[];
extern const struct command rate_commands[];
extern const struct command session_commands[];
extern const struct command sriov_commands[];
extern const struct command token_commands[];
extern const struct command vf_commands[];
extern const struct command viommu_commands[];

/* Invalidations in a form that the library need not know. */
#define REQUEST_OPTIONS                                                     \
	{ .name = "data",                                                   \
	  .argument = "BYTES",                                              \
	  .help = "The requests, as hexadecimal digits in the order in "    \
		  "memory." },                                              \
	{                                                                   \
		.name = "size", .argument = "SIZE",                         \
		.help = "How long one of them is; all of it is one unless " \
			"given."                                            \
	}

/* The device that something of an iommufd is made for; see hwpt.h. */
#define FOR_DEVICE_OPTIONS                                            \
	{ .name = "device",                                           \
	  .argument = "$DEVICE",                                      \
	  .complete = COMPLETE_OBJECTS,                               \
	  .help = "The device it is made for." },                     \
	{                                                             \
		.name = "device-id", .argument = "ID",                \
		.help = "The same by the device's id in the iommufd." \
	}

/* What every command that takes DEV says of it. */
#define NAMING_DEVICES                                                       \
	"DEV is a PCI address (0000:01:00.0, or 01:00.0 in domain 0), the "  \
	"UUID of a mediated device, a network interface or a block device "  \
	"(eth0, nvme0n1). It may also be a pattern that stands for several " \
	"devices: a glob of addresses ('0000:03:*') or filter terms as in "  \
	"'vdevctl list', joined by commas ('driver=igbvf', "                 \
	"'vf,class=network'). A pattern that matches nothing is an error."

/* What every command that takes a device with devlink says of it. */
#define NAMING_DEVLINK                                                        \
	"DEV is a device whose driver offers devlink: a PCI address, a "      \
	"network interface of the device or of a port of its switch, or its " \
	"bus and name, as in 'vdevctl devlink list'."

/* Of a port's function, and of a node. */
#define RATE_OPTIONS                                                           \
	{ .name = "tx-share",                                                  \
	  .argument = "RATE",                                                  \
	  .help = "What it can send at least, in bits a second, or with a "    \
		  "unit: 500mbit, 10gbit; 0 promises nothing." },              \
		{ .name = "tx-max",                                            \
		  .argument = "RATE",                                          \
		  .help = "What it can send at most; 0 is no limit." },        \
		{ .name = "tx-priority",                                       \
		  .argument = "NUMBER",                                        \
		  .help = "The higher it is, the sooner it is its turn to "    \
			  "send." },                                           \
		{ .name = "tx-weight",                                         \
		  .argument = "NUMBER",                                        \
		  .help = "The part it gets among those of the same "          \
			  "priority." },                                       \
	{                                                                      \
		.name = "parent", .argument = "NODE",                          \
		.help = "The node whose rates it shares with others, or none." \
	}

/* Where a VF token comes from; see secret.h. */
#define TOKEN_OPTIONS                                                          \
	{ .name = "token-file",                                                \
	  .argument = "FILE",                                                  \
	  .complete = COMPLETE_FILES,                                          \
	  .help = "Take the VF token from this file, which nobody but its "    \
		  "owner may read; '-' is standard input." },                  \
		{ .name = "token-fd",                                          \
		  .argument = "N",                                             \
		  .help = "Take the VF token from this open file descriptor, " \
			  "up to "                                             \
			  "its end." },                                        \
		{ .name = "token-key",                                         \
		  .argument = "NAME",                                          \
		  .help = "Take the VF token from the key of this name and "   \
			  "type user "                                         \
			  "in the kernel's keyrings." },                       \
		{ .name = "token-stored",                                      \
		  .help = "Take the VF token that is stored for the PF; see "  \
			  "'vdevctl token store'." },                          \
	{                                                                      \
		.name = "token-insecure",                                      \
		.help = "Take a VF token also from a file that others can "    \
			"read."                                                \
	}

/* The options of commands that open a device; see open.h. */
#define OPEN_OPTIONS                                                           \
	{ .name = "backend",                                                   \
	  .argument = "BACKEND",                                               \
	  .complete = COMPLETE_WORDS,                                          \
	  .words = open_backends,                                              \
	  .help = "What manages the device's DMA while it is open: iommufd "   \
		  "(by cdev), type1 (a container, through the group), compat " \
		  "(an iommufd, through the group), or auto, the first of "    \
		  "them that is there; auto unless given." },                  \
		TOKEN_OPTIONS

/* What every command that opens a device says of that. */
#define OPENING_RESETS                                                       \
	"The device is bound to a VFIO driver and nobody else has it open. " \
	"Opening and closing it reset it, where it can be reset."

#endif
