/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_KERNEL_RTNETLINK_H
#define VDEV_KERNEL_RTNETLINK_H

#include "gateway/sys.h"

/* The network as rtnetlink describes it, or as a capture recorded it. */

/* Where a capture keeps it. */
#define RTNETLINK_FILE "/.vdev/network"

struct net_link {
	int index;
	int master; /* bridge, bond ..., or 0 */
	int lower;  /* what a VLAN or the like stands on, or 0 */
	bool up;
	char name[16];
	char kind[16]; /* "bridge", "vlan" ..., "" for hardware */
};

struct net_address {
	int index;
	char text[64]; /* with prefix length */
};

struct net_route {
	int index;
	bool is_default;
	char text[64]; /* the destination: "default" or "::/0" */
};

struct net_facts {
	struct net_link *links;
	size_t link_count;
	struct net_address *addresses;
	size_t address_count;
	struct net_route *routes;
	size_t route_count;
};

int rtnetlink_facts(struct vdev_sys *sys, struct net_facts *ret);
void rtnetlink_facts_clear(struct net_facts *facts);

const struct net_link *rtnetlink_link(const struct net_facts *facts,
				      const char *name);
const struct net_link *rtnetlink_link_at(const struct net_facts *facts,
					 int index);

/* The text that rtnetlink_facts() reads back from a capture. */
void rtnetlink_format(const struct net_facts *facts, struct strbuf *b);

#endif
