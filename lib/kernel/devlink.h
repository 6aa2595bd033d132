/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_KERNEL_DEVLINK_H
#define VDEV_KERNEL_DEVLINK_H

#include "kernel/genetlink.h"

/*
 * devlink: what the kernel's driver of a device lets one set about it and its
 * switch. Each call returns 0 or a negative errno, nothing is recorded;
 * -EBADMSG is an answer that makes no sense. What the kernel says of a refusal
 * is in family.why then.
 */

struct devlink {
	struct genetlink family;
	char bus[32];
	char name[64];
};

/* Return: -ENOENT if the kernel has no devlink. */
int devlink_open(struct vdev_sys *sys, const char *bus, const char *name,
		 struct devlink *ret);

/* The devices that have it, as "BUS/NAME". */
int devlink_list(struct vdev_sys *sys, struct strv *ret);

/* --- The switch */

enum devlink_eswitch {
	DEVLINK_ESWITCH_MODE,
	DEVLINK_ESWITCH_INLINE,
	DEVLINK_ESWITCH_ENCAP,
	DEVLINK_ESWITCH_COUNT,
};

/* Negative where the driver has none. */
int devlink_get_eswitch(struct devlink *d, int values[DEVLINK_ESWITCH_COUNT]);
int devlink_set_eswitch(struct devlink *d, enum devlink_eswitch what,
			unsigned int value);

/* --- Ports */

struct devlink_port {
	uint32_t index;
	/* Negative where there is none. */
	int flavour;
	int64_t number;
	int64_t controller;
	int64_t pf;
	int64_t vf;
	int64_t sf;
	int external;
	char netdev[16]; /* "" for none */
	char ibdev[64];

	/* Of the function behind it. */
	uint8_t hw_addr[32];
	unsigned int hw_addr_length; /* 0 for none */
	int state;
	int opstate;
	uint32_t caps; /* 1 << enum devlink_port_fn_attr_cap */
	uint32_t caps_known;
	int64_t max_io_eqs;

	/* How fast it may send, in bytes a second; 0 for no limit. */
	bool has_rate;
	uint64_t tx_share;
	uint64_t tx_max;
	int64_t tx_priority;
	int64_t tx_weight;
	char parent[128]; /* "" for none */
};

/* All of them, with their rates. The caller frees `*ret`. */
int devlink_list_ports(struct devlink *d, struct devlink_port **ret,
		       size_t *count);
/* DEVLINK_PORT_FUNCTION_ATTR_HW_ADDR and so on. */
int devlink_set_function(struct devlink *d, uint32_t port, int attr,
			 const void *data, size_t size);
/* DEVLINK_ATTR_RATE_TX_SHARE and so on. */
int devlink_set_rate(struct devlink *d, uint32_t port, int attr,
		     const void *data, size_t size);

#endif
