/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What a guest's IOMMU is built on. */

#include "table.h"
#include "viommu.h"

#define VIOMMU_TYPE(text, names)                                          \
	{                                                                 \
		.name = "type", .argument = "TYPE",                       \
		.complete = COMPLETE_WORDS, .words = (names),             \
		.help = text ", or the number of another one. Has to be " \
			     "given."                                     \
	}

static const struct option alloc_options[] = {
	VIOMMU_TYPE("Which one: arm-smmuv3, tegra241-cmdqv", viommu_types),
	FOR_DEVICE_OPTIONS,
	{ .name = "data",
	  .argument = "BYTES",
	  .help = "The structure of that type, as hexadecimal digits in the "
		  "order in memory." },
	{ .name = NULL },
};

static const struct option invalidate_options[] = {
	{ .name = "type",
	  .argument = "TYPE",
	  .complete = COMPLETE_WORDS,
	  .words = viommu_invalidations,
	  .help = "In which form --data is: arm-smmuv3 or the number of "
		  "another one." },
	REQUEST_OPTIONS,
	{ .name = NULL },
};

static const struct option events_options[] = {
	VIOMMU_TYPE("Of which events: arm-smmuv3, tegra241-cmdqv",
		    viommu_types),
	{ .name = "depth",
	  .argument = "N",
	  .help = "How many events it can hold; 64 unless given. Further "
		  "ones are lost." },
	{ .name = "size",
	  .argument = "SIZE",
	  .help = "How long an event is; to be given for a type that is a "
		  "number." },
	{ .name = NULL },
};

static const struct option queue_options[] = {
	VIOMMU_TYPE("Which one: tegra241-cmdqv", viommu_queue_types),
	{ .name = "index",
	  .argument = "N",
	  .help = "Which of the vIOMMU's queues; 0 unless given." },
	{ .name = NULL },
};

const struct command viommu_commands[] = {
	{
		.object = "viommu",
		.verb = "alloc",
		.operands = "$HWPT",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.makes = &viommu_type,
		.summary = "Make a vIOMMU",
		.description = "Makes the part of a device's IOMMU that a "
			       "guest uses, on a hardware page table that was "
			       "made with 'hwpt alloc --nest-parent' (Linux "
			       "6.13).",
		.options = alloc_options,
		.examples =
			(const struct example[]){
				{ "v = viommu alloc $parent --type arm-smmuv3 "
				  "--device $nic",
				  "for an SMMUv3" },
				{ NULL, NULL } },
		.run = viommu_alloc,
	},
	{
		.object = "viommu",
		.verb = "device",
		.operands = "$VIOMMU $DEVICE|ID NUMBER",
		.fewest = 3,
		.most = 3,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.makes = &vdevice_type,
		.summary = "Tell a vIOMMU the guest's number of a device",
		.description = "A device has at most one number: of SMMUv3 its "
			       "StreamID. Drop the object before the device "
			       "(Linux 6.13).",
		.examples =
			(const struct example[]){
				{ "n = viommu device $v $nic 0x10",
				  "the number 16" },
				{ NULL, NULL } },
		.run = viommu_device,
	},
	{
		.object = "viommu",
		.verb = "invalidate",
		.operands = "$VIOMMU",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.summary = "Hand invalidation commands of a guest on",
		.description = "They are handled up to the first that is "
			       "refused; exit code 7 if that is not the first "
			       "of all (Linux 6.13).",
		.options = invalidate_options,
		.examples =
			(const struct example[]){
				{ "viommu invalidate $v --type arm-smmuv3 "
				  "--data 10000000000000000000000000000000",
				  "a command of 16 bytes" },
				{ NULL, NULL } },
		.run = viommu_invalidate,
	},
	{
		.object = "viommu",
		.verb = "events",
		.operands = "$VIOMMU",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.makes = &veventq_type,
		.summary = "Make a queue of events for a guest",
		.description = "Makes a queue for what a guest's IOMMU is to "
			       "report, one for each type (Linux 6.15).",
		.options = events_options,
		.examples =
			(const struct example[]){
				{ "e = viommu events $v --type arm-smmuv3",
				  "of an SMMUv3" },
				{ NULL, NULL } },
		.run = viommu_events,
	},
	{
		.object = "viommu",
		.verb = "read",
		.operands = "$VEVENTQ",
		.fewest = 1,
		.most = 1,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.summary = "List the events that arrived",
		.description = "Lists the events that wait in a queue, each "
			       "with its number and how many were lost before "
			       "it, and takes them out of it. It does not wait "
			       "for any.",
		.examples = (const struct example[]){ { "viommu read $e",
							"those there are" },
						      { NULL, NULL } },
		.run = viommu_read,
	},
	{
		.object = "viommu",
		.verb = "queue",
		.operands = "$VIOMMU ADDRESS LENGTH",
		.fewest = 3,
		.most = 3,
		.complete = COMPLETE_OBJECTS,
		.flags = COMMAND_SESSION,
		.makes = &hw_queue_type,
		.summary = "Let the hardware serve a queue of a guest",
		.description = "ADDRESS is one of the guest's, where LENGTH "
			       "bytes are mapped that follow each other in "
			       "physical memory (Linux 6.17).",
		.options = queue_options,
		.examples =
			(const struct example[]){
				{ "h = viommu queue $v 0x100000 64K --type "
				  "tegra241-cmdqv",
				  "the first one" },
				{ NULL, NULL } },
		.run = viommu_queue,
	},
	{ .verb = NULL },
};
