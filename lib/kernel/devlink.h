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

/* Or a node, which ports share rates of: it has a name and rates alone. */
struct devlink_port {
	char node[128]; /* "" for a port */
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
/* All nodes. The caller frees `*ret`. */
int devlink_list_nodes(struct devlink *d, struct devlink_port **ret,
		       size_t *count);
/* Makes a node, or removes it. */
int devlink_set_node(struct devlink *d, const char *node, bool there);
/* DEVLINK_PORT_FUNCTION_ATTR_HW_ADDR and so on. */
int devlink_set_function(struct devlink *d, uint32_t port, int attr,
			 const void *data, size_t size);
/* DEVLINK_ATTR_RATE_TX_SHARE and so on, of a node or, for NULL, a port. */
int devlink_set_rate(struct devlink *d, uint32_t port, const char *node,
		     int attr, const void *data, size_t size);

/* --- Parameters */

#define DEVLINK_PARAM_MODES 3

/* Values are text: a number, "true", "false", numbers with commas. */
struct devlink_param {
	char name[64];
	bool generic; /* of the kernel's own, not the driver's */
	int type;     /* enum devlink_var_attr_type */
	/* By mode; NULL where it has none. */
	char *values[DEVLINK_PARAM_MODES];
	char *defaults[DEVLINK_PARAM_MODES];
};

int devlink_list_params(struct devlink *d, struct devlink_param **ret,
			size_t *count);
void devlink_params_free(struct devlink_param *params, size_t count);
/* As so many attributes of `size` bytes: none is false, one empty is true. */
int devlink_set_param(struct devlink *d, const char *name, int type, int mode,
		      const void *data, size_t size, size_t count);

/* --- The device and its firmware */

enum devlink_version_kind {
	DEVLINK_VERSION_FIXED,
	DEVLINK_VERSION_RUNNING,
	DEVLINK_VERSION_STORED,
};

struct devlink_info {
	char driver[64];
	char serial[128];
	char board_serial[128];
	struct devlink_version {
		enum devlink_version_kind kind;
		char name[64];
		char value[128];
	} * versions;
	size_t version_count;

	int reload_failed;
	struct devlink_reload {
		int action;
		int limit; /* 0 for none */
		int64_t count;
	} * reloads;
	size_t reload_count;
};

int devlink_get_info(struct devlink *d, struct devlink_info *ret);
void devlink_info_clear(struct devlink_info *info);

/* `*performed` receives a bit for each action. */
int devlink_do_reload(struct devlink *d, int action, int limit,
		      uint32_t *performed);

#endif
