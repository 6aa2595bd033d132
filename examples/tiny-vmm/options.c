/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest/machine.h"
#include "vm.h"

enum {
	OPT_BACKEND,
	OPT_INHERITED,
	OPT_TOKEN,
	OPT_MEMORY,
	OPT_NO_MMAP,
	OPT_OFFER,
	OPT_TAKE,
	OPT_TRACK,
	OPT_CHECKSUM,
	OPT_VERBOSE,
	OPT_HELP,
};

static const struct option long_options[] = {
	{ "backend", required_argument, NULL, OPT_BACKEND },
	{ "inherited", no_argument, NULL, OPT_INHERITED },
	{ "token-file", required_argument, NULL, OPT_TOKEN },
	{ "memory", required_argument, NULL, OPT_MEMORY },
	{ "no-mmap", no_argument, NULL, OPT_NO_MMAP },
	{ "offer", required_argument, NULL, OPT_OFFER },
	{ "take", required_argument, NULL, OPT_TAKE },
	{ "track", required_argument, NULL, OPT_TRACK },
	{ "checksum", no_argument, NULL, OPT_CHECKSUM },
	{ "verbose", no_argument, NULL, OPT_VERBOSE },
	{ "help", no_argument, NULL, OPT_HELP },
	{ 0 },
};

static void usage(void)
{
	puts("Usage: tiny-vmm [OPTION]... ADDRESS\n"
	     "       tiny-vmm [OPTION]... --inherited\n"
	     "\n"
	     "Runs a small built-in guest that drives a device, which is bound "
	     "to a VFIO\n"
	     "driver: an NVMe controller, or the kernel's test device vsim, "
	     "with which it\n"
	     "can move to another tiny-vmm while it works.\n"
	     "\n"
	     "  --backend KIND     iommufd, type1 or compat; else what there "
	     "is\n"
	     "  --inherited        the device and iommufd of vdevctl exec "
	     "--bound\n"
	     "  --token-file FILE  the VF token, a UUID: sets that of a PF, "
	     "opens a VF\n"
	     "  --memory SIZE      the guest's memory, with M or G behind it; "
	     "else 64M\n"
	     "  --no-mmap          all accesses to BARs go through the VMM\n"
	     "  --offer SOCKET     let the guest go to whoever connects there\n"
	     "  --take SOCKET      start no guest, but take the one that is "
	     "offered there\n"
	     "  --track SOURCE     device, iommu or both: who tells which "
	     "pages the device\n"
	     "                     writes to; else the device if it does\n"
	     "  --checksum         compare all memory at both ends, for which "
	     "the guest waits\n"
	     "  --verbose          say what is made of the device, and what "
	     "was "
	     "counted\n"
	     "  --help             this text");
}

static int parse_memory(const char *text, uint64_t *ret)
{
	unsigned long long size;
	char *end;

	errno = 0;
	size = strtoull(text, &end, 0);
	if (!isdigit((unsigned char)text[0]) || errno || size > UINT32_MAX)
		return complain(-EINVAL, "'%s' is no size of memory", text);
	if (*end == 'M' || *end == 'G')
		size <<= *end++ == 'M' ? 20 : 30;
	if (*end || size % 4096 || size < MACHINE_MEMORY_MIN ||
	    size > MACHINE_MEMORY_MAX)
		return complain(-EINVAL,
				"the guest has 2M to 3G of memory, in whole "
				"pages, and not '%s'",
				text);
	*ret = size;
	return 0;
}

static int parse_backend(const char *text, enum vdev_iommu_kind *ret)
{
	static const enum vdev_iommu_kind kinds[] = { VDEV_IOMMU_IOMMUFD,
						      VDEV_IOMMU_TYPE1,
						      VDEV_IOMMU_COMPAT };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(text, vdev_iommu_kind_name(kinds[i])) != 0)
			continue;
		*ret = kinds[i];
		return 0;
	}
	return complain(-EINVAL, "'%s' is none of iommufd, type1 and compat",
			text);
}

static int parse_track(const char *text, enum track *ret)
{
	static const char *const words[] = { [TRACK_DEVICE] = "device",
					     [TRACK_IOMMU] = "iommu",
					     [TRACK_BOTH] = "both" };

	for (int i = TRACK_DEVICE; i <= TRACK_BOTH; i++) {
		if (strcmp(text, words[i]) != 0)
			continue;
		*ret = (enum track)i;
		return 0;
	}
	return complain(-EINVAL, "'%s' is none of device, iommu and both",
			text);
}

static int parse_option(struct options *options, int option, const char *text)
{
	switch (option) {
	case OPT_BACKEND:
		return parse_backend(text, &options->backend);
	case OPT_MEMORY:
		return parse_memory(text, &options->memory);
	case OPT_TOKEN:
		options->token_file = text;
		return 0;
	case OPT_OFFER:
		options->offer = text;
		return 0;
	case OPT_TAKE:
		options->take = text;
		return 0;
	case OPT_TRACK:
		return parse_track(text, &options->track);
	case OPT_CHECKSUM:
		options->checksum = true;
		return 0;
	case OPT_INHERITED:
		options->inherited = true;
		return 0;
	case OPT_NO_MMAP:
		options->no_mmap = true;
		return 0;
	case OPT_VERBOSE:
		options->verbose = true;
		return 0;
	default:
		return -EINVAL;
	}
}

static int check(const struct options *options)
{
	if (!options->address == !options->inherited)
		return complain(-EINVAL, "either an address or --inherited");
	if (options->inherited &&
	    (options->backend != VDEV_IOMMU_ANY || options->token_file))
		return complain(-EINVAL, "--inherited comes open and bound: no "
					 "--backend, no --token-file");
	if (options->offer && options->take)
		return complain(-EINVAL, "either --offer or --take");
	return 0;
}

int options_parse(struct options *options, int argc, char **argv)
{
	int option, error;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) !=
	       -1) {
		if (option == OPT_HELP) {
			usage();
			return 0;
		}
		error = parse_option(options, option, optarg);
		if (error)
			return error;
	}
	if (argc - optind > 1)
		return complain(-EINVAL, "one device only, and not %s too",
				argv[optind + 1]);
	options->address = argv[optind];
	error = check(options);
	return error ? error : 1;
}
