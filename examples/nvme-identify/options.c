/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

static const char usage_text[] =
	"Usage: nvme-identify [OPTION]... ADDRESS\n"
	"       nvme-identify [OPTION]... --inherited\n"
	"\n"
	"Drives the NVMe controller at a PCI address, which is bound to a\n"
	"VFIO driver: prints model and serial, reads and writes blocks.\n"
	"\n"
	"  --backend KIND       iommufd, type1 or compat; else what there is\n"
	"  --inherited          the device of vdevctl exec --bound\n"
	"  --token-file FILE    the VF token: sets that of a PF, opens a VF\n"
	"  --namespace ID       not the first one\n"
	"  --read LBA           read a block and print it\n"
	"  --output FILE        ... and write it there instead\n"
	"  --write LBA          write a block, read it back, put back what\n"
	"                       was there\n"
	"  --text TEXT          ... with this in it, not random bytes\n"
	"  --keep               ... and leave it there\n"
	"  --blocks N           so many blocks instead of one\n"
	"  --break-mapping WHAT unmap submission, completion, list or data\n"
	"                       before a second --read; or map other memory\n"
	"                       in place of the data: elsewhere\n"
	"  --enable-vf N        give virtfnN of this PF queues and\n"
	"                       interrupts, set it online\n"
	"  --hold               stay until SIGINT or SIGTERM; as long VFs are\n"
	"                       online\n"
	"  --timeout SECONDS    for each command, 10 by default\n"
	"  --verbose            let the library tell what it does\n"
	"  --help               this text\n";

static const char *const parts[] = {
	[NVME_SUBMISSION] = "submission",
	[NVME_COMPLETION] = "completion",
	[NVME_LIST] = "list",
	[NVME_DATA] = "data",
	[NVME_DATA_MOVED] = "elsewhere",
};

const char *part_name(enum nvme_part part)
{
	return parts[part];
}

int __attribute__((format(printf, 1, 2))) complain(const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "nvme-identify: ");
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return -EINVAL;
}

enum {
	OPT_BACKEND,
	OPT_INHERITED,
	OPT_TOKEN,
	OPT_NAMESPACE,
	OPT_READ,
	OPT_OUTPUT,
	OPT_WRITE,
	OPT_TEXT,
	OPT_KEEP,
	OPT_BLOCKS,
	OPT_BREAK,
	OPT_VF,
	OPT_HOLD,
	OPT_TIMEOUT,
	OPT_VERBOSE,
	OPT_HELP,
};

static const struct option long_options[] = {
	{ "backend", required_argument, NULL, OPT_BACKEND },
	{ "inherited", no_argument, NULL, OPT_INHERITED },
	{ "token-file", required_argument, NULL, OPT_TOKEN },
	{ "namespace", required_argument, NULL, OPT_NAMESPACE },
	{ "read", required_argument, NULL, OPT_READ },
	{ "output", required_argument, NULL, OPT_OUTPUT },
	{ "write", required_argument, NULL, OPT_WRITE },
	{ "text", required_argument, NULL, OPT_TEXT },
	{ "keep", no_argument, NULL, OPT_KEEP },
	{ "blocks", required_argument, NULL, OPT_BLOCKS },
	{ "break-mapping", required_argument, NULL, OPT_BREAK },
	{ "enable-vf", required_argument, NULL, OPT_VF },
	{ "hold", no_argument, NULL, OPT_HOLD },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "verbose", no_argument, NULL, OPT_VERBOSE },
	{ "help", no_argument, NULL, OPT_HELP },
	{ 0 },
};

int number_from(const char *text, uint64_t min, uint64_t max, uint64_t *ret)
{
	char *end;

	errno = 0;
	*ret = strtoull(text, &end, 0);
	if (!isdigit((unsigned char)text[0]) || *end || errno || *ret < min ||
	    *ret > max)
		return complain("'%s' is no number that fits here", text);
	return 0;
}

static int parse_backend(const char *text, enum vdev_iommu_kind *ret)
{
	static const enum vdev_iommu_kind kinds[] = { VDEV_IOMMU_IOMMUFD,
						      VDEV_IOMMU_TYPE1,
						      VDEV_IOMMU_COMPAT };

	for (size_t i = 0; i < 3; i++) {
		if (strcmp(text, vdev_iommu_kind_name(kinds[i])) != 0)
			continue;
		*ret = kinds[i];
		return 0;
	}
	return complain("'%s' is none of iommufd, type1 and compat", text);
}

static int parse_part(const char *text, struct options *options)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (strcmp(text, parts[i]) != 0)
			continue;
		options->part = (enum nvme_part)i;
		options->broken = true;
		return 0;
	}
	return complain("'%s' is nothing that --break-mapping knows", text);
}

static int parse_numeric(struct options *options, int option, const char *text)
{
	uint64_t number = 0;
	int error;

	switch (option) {
	case OPT_NAMESPACE:
		error = number_from(text, 1, UINT32_MAX - 2, &number);
		options->namespace = (uint32_t)number;
		return error;
	case OPT_READ:
		return number_from(text, 0, NO_BLOCK - 1, &options->read);
	case OPT_WRITE:
		return number_from(text, 0, NO_BLOCK - 1, &options->write);
	case OPT_BLOCKS:
		error = number_from(text, 1, NVME_DATA_SIZE, &number);
		options->blocks = (uint32_t)number;
		return error;
	case OPT_VF:
		error = number_from(text, 0, VFS_MAX - 1, &number);
		options->vfs[error ? 0 : number] = true;
		return error;
	default:
		error = number_from(text, 1, 3600, &number);
		options->timeout_ms = (unsigned int)number * 1000;
		return error;
	}
}

static int parse_option(struct options *options, int option, const char *text)
{
	switch (option) {
	case OPT_BACKEND:
		return parse_backend(text, &options->backend);
	case OPT_BREAK:
		return parse_part(text, options);
	case OPT_INHERITED:
		options->inherited = true;
		return 0;
	case OPT_TOKEN:
		options->token_file = text;
		return 0;
	case OPT_OUTPUT:
		options->output = text;
		return 0;
	case OPT_TEXT:
		options->text = text;
		return *text ? 0 : complain("--text is empty");
	case OPT_KEEP:
		options->keep = true;
		return 0;
	case OPT_HOLD:
		options->hold = true;
		return 0;
	case OPT_VERBOSE:
		options->verbose = true;
		return 0;
	default:
		return parse_numeric(options, option, text);
	}
}

static int check_options(const struct options *options)
{
	const bool reads = options->read != NO_BLOCK;
	const bool writes = options->write != NO_BLOCK;

	if (!options->address == !options->inherited)
		return complain("either an address or --inherited");
	if (options->inherited &&
	    (options->backend != VDEV_IOMMU_ANY || options->token_file))
		return complain("--inherited comes open and bound: no "
				"--backend, no --token-file");
	if (options->output && !reads)
		return complain("--output goes with --read");
	if ((options->text || options->keep) && !writes)
		return complain("--text and --keep go with --write");
	/* Nothing is written that could not be put back. */
	if (options->broken && (!reads || writes))
		return complain("--break-mapping goes with --read, "
				"not with --write");
	return 0;
}

int parse_options(struct options *options, int argc, char **argv)
{
	int option, error;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) !=
	       -1) {
		if (option == OPT_HELP)
			return fputs(usage_text, stdout) < 0 ? -EIO : 0;
		if (option == '?')
			return -EINVAL;
		error = parse_option(options, option, optarg);
		if (error)
			return error;
	}
	if (argc - optind > 1)
		return complain("one device only, and not %s too",
				argv[optind + 1]);
	options->address = argv[optind];
	error = check_options(options);
	return error ? error : 1;
}
