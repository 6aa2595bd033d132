/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_KERNEL_VFINFO_H
#define VDEV_KERNEL_VFINFO_H

#include "gateway/sys.h"

/* What rtnetlink tells and sets of the VFs of a network interface. */

enum vfinfo_value {
	VFINFO_MAC, /* the first byte is the highest of 48 bits */
	VFINFO_VLAN,
	VFINFO_QOS,
	VFINFO_PROTO,
	VFINFO_MIN_RATE,
	VFINFO_MAX_RATE,
	VFINFO_SPOOFCHK,
	VFINFO_TRUST,
	VFINFO_LINK_STATE,
	VFINFO_QUERY_RSS,
	VFINFO_NODE_GUID,
	VFINFO_PORT_GUID,
	VFINFO_COUNT
};

enum { VFINFO_STATS = 8 };

struct vfinfo {
	unsigned int known; /* bits of enum vfinfo_value */
	unsigned int counted;
	uint64_t values[VFINFO_COUNT];
	uint64_t stats[VFINFO_STATS];
};

struct vfinfo_list {
	int index;	    /* of the interface */
	bool told;	    /* its driver tells of VFs */
	struct vfinfo *vfs; /* by number; nothing is known of one left out */
	size_t count;
};

/* Return: 0; -EBADMSG for a malformed answer; the kernel's errno. */
int vfinfo_read(struct vdev_sys *sys, const char *netdev,
		struct vfinfo_list *ret);

/*
 * Sets one value; VLAN stands for what makes a tag, and MAX_RATE for both
 * rates. What the kernel says of a refusal is in `why`.
 */
int vfinfo_set(struct vdev_sys *sys, int index, unsigned int vf,
	       enum vfinfo_value which, const struct vfinfo *info, char *why);

#endif
