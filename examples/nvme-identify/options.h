/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "nvme.h"

#define VFS_MAX	 127
#define NO_BLOCK UINT64_MAX

struct options {
	const char *address;
	enum vdev_iommu_kind backend;
	const char *token_file;
	const char *text;
	const char *output;
	bool inherited;
	bool keep;
	bool hold;
	bool verbose;
	bool broken;
	enum nvme_part part;
	uint32_t namespace;
	uint64_t read;
	uint64_t write;
	uint32_t blocks;
	unsigned int timeout_ms;
	bool vfs[VFS_MAX];
};

/* Returns 1 to go on, 0 after --help, or -EINVAL. */
int parse_options(struct options *options, int argc, char **argv);

/* Says what is wrong on standard error, returns -EINVAL. */
int __attribute__((format(printf, 1, 2))) complain(const char *fmt, ...);

/* A number within limits; else complains. */
int number_from(const char *text, uint64_t min, uint64_t max, uint64_t *ret);

const char *part_name(enum nvme_part part);

#endif
