/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Programs that are given devices. */

#include "table.h"

static const struct option exec_options[] = {
	{ .name = "user",
	  .argument = "USER[:GROUP]",
	  .complete = COMPLETE_USERS,
	  .help = "Run COMMAND as this user, with his groups or with GROUP in "
		  "place of his login group, and without any capability. "
		  "HOME, USER and LOGNAME become his." },
	{ .name = "no-new-privs",
	  .help = "Let COMMAND gain no rights by setuid programs or file "
		  "capabilities." },
	{ .name = "memory",
	  .argument = "SIZE",
	  .help = "How much memory COMMAND maps for the devices (4G): that of "
		  "the virtual machine; with a virtual IOMMU, once for each "
		  "device. RLIMIT_MEMLOCK becomes what that needs and 128 MiB "
		  "for what else is mapped; it is unlimited unless given." },
	{ .name = "bound",
	  .help = "Pass the devices bound to the iommufd, for programs that "
		  "take them so, with their ids in it. QEMU does not: it binds "
		  "them itself." },
	{ .name = "ioas",
	  .help = "Also make an address space and attach the devices to it; "
		  "implies --bound." },
	OPEN_OPTIONS,
	{ .name = NULL },
};

const struct command exec_commands[] = {
	{
		.verb = "exec",
		.operands = "DEV... -- COMMAND [ARG...]",
		.fewest = 1,
		.most = ANY_NUMBER,
		.complete = COMPLETE_DEVICES,
		.flags = COMMAND_NO_SESSION | COMMAND_PROGRAM,
		.summary = "Run a program with opened devices",
		.description =
			"Opens an iommufd and the devices, which are bound to "
			"a "
			"VFIO driver, and runs COMMAND in the place of "
			"vdevctl. It needs no right to any node. The devices "
			"are checked but left unbound, as QEMU wants them, "
			"unless --bound is given. The descriptors follow each "
			"other from 3 on: iommufd, then the devices as they "
			"are named. Their numbers are in VDEV_IOMMUFD, "
			"VDEV_DEVICE_0 and so on, in LISTEN_FDS and "
			"LISTEN_FDNAMES, and take the place of {iommufd}, {0} "
			"and {DEV} in ARGs; {0.id} is a bound device's id and "
			"{ioas} that of the address space. {{0}} becomes {0}. "
			"Through its group (--backend type1) a device is "
			"always bound; {container} and {0.group} are passed "
			"then. The exit status is that of COMMAND; 127 if "
			"there is none, 126 if it cannot be "
			"run. " NAMING_DEVICES,
		.options = exec_options,
		.examples =
			(const struct example[]){
				{ "vdevctl exec 01:00.0 --user qemu -- "
				  "start-vm {iommufd} "
				  "{0}",
				  "a virtual machine without rights" },
				{ "vdevctl exec 01:00.0 --bound --ioas -- "
				  "driver --device {0} --ioas {ioas}",
				  "a user-space driver, all set up" },
				{ "vdevctl --dry-run exec 01:00.0 -- driver "
				  "{0}",
				  "what would be passed" },
				{ NULL, NULL } },
		.run = exec_exec,
	},
	{ .verb = NULL },
};
