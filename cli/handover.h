/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_HANDOVER_H
#define VDEVCTL_HANDOVER_H

#include <sys/types.h>

#include "common.h"

/*
 * What a program is given: descriptors and their numbers, in the environment
 * and in its arguments.
 */

/* The descriptor of a group, for devices that are opened through it. */
struct handed_group {
	int group; /* the IOMMU group's number */
	int fd;
	int number;
};

struct handed_device {
	const char *name; /* as the user wrote it, NULL if by a pattern */
	const char *address;
	int fd;	    /* ours */
	int number; /* what it becomes */
	bool has_id;
	uint32_t id; /* in the iommufd */
	bool in_group;
	size_t group; /* an index of `groups` */
};

struct handover {
	const char *iommu; /* "iommufd" or "container" */
	int iommu_fd;
	int iommu_number;
	struct handed_device *devices;
	size_t count;
	struct handed_group *groups;
	size_t group_count;
	bool has_ioas;
	uint32_t ioas;
	bool planned; /* nothing is open: ids and the process are not known */
};

void handover_clear(struct handover *h);

/* Adds a group once. Return: its index. */
size_t handover_add_group(struct handover *h, int group, int fd);

/* systemd's first one; see sd_listen_fds(3). */
#define HANDOVER_FIRST 3

/*
 * Gives numbers to all of them, one behind the other and from HANDOVER_FIRST
 * on if possible: iommufd or container, devices, groups. None is taken that
 * `is_taken` says yes to. Return: the first number.
 */
int handover_number(struct handover *h, bool (*is_taken)(int fd));

/*
 * Puts the descriptors into their places, where a program started then finds
 * them. Return: 0 or a negative errno.
 */
int handover_place(const struct handover *h);

/*
 * The variables as NAME=VALUE, NULL-terminated; the caller frees them with
 * handover_free_variables().
 */
char **handover_variables(const struct handover *h, pid_t pid);
void handover_free_variables(char **variables);
/* Whether a variable, by its name, could be one of an earlier handover. */
bool handover_is_variable(const char *name, size_t length);

/*
 * An argument with {iommufd}, {container}, {ioas}, {0}, {DEV} and {0.id},
 * {0.group} and so on filled in; {{0}} becomes {0}, all else stays. Return: the
 * text, for the caller to free; NULL with the reason in `wrong`, for the caller
 * to free, if there is no such thing.
 */
char *handover_expand(const struct handover *h, const char *argument,
		      char **wrong);

#endif
