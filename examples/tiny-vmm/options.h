/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <libvdev/libvdev.h>

#include <stdbool.h>
#include <stdint.h>

/* Who tells which pages the device writes to. */
enum track {
	TRACK_ANY, /* the device if it does, else the IOMMU */
	TRACK_DEVICE,
	TRACK_IOMMU,
	TRACK_BOTH,
};

struct options {
	const char *address;
	enum vdev_iommu_kind backend;
	const char *token_file;
	const char *offer; /* sockets */
	const char *take;
	enum track track;
	uint64_t memory;
	bool inherited;
	bool no_mmap;
	bool checksum;
	bool verbose;
};

/* Returns 1 to go on, 0 after --help, -EINVAL after saying what is wrong. */
int options_parse(struct options *options, int argc, char **argv);

#endif
