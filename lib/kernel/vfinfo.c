/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/vfinfo.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>

#include "kernel/nlmessage.h"

/* SR-IOV has 16 bits for it. */
#define MOST_VFS 65535

/* --- Reading */

static void know(struct vfinfo *info, enum vfinfo_value which, uint64_t value)
{
	info->known |= 1U << which;
	info->values[which] = value;
}

static void take_mac(struct vfinfo *info, const struct ifla_vf_mac *mac)
{
	uint64_t value = 0;

	for (size_t i = 0; i < 6; i++)
		value = value << 8 | mac->mac[i];
	know(info, VFINFO_MAC, value);
}

static int take_vlan(struct vfinfo *info, const struct nlattr *list)
{
	const struct nlattr *a = nlmessage_next(list, NULL);
	struct ifla_vf_vlan_info vlan;

	if (!a || nla_len(a) < (int)sizeof(vlan))
		return -EBADMSG;
	memcpy(&vlan, nla_data(a), sizeof(vlan));
	know(info, VFINFO_VLAN, vlan.vlan);
	know(info, VFINFO_QOS, vlan.qos);
	/* A driver may leave it at 0 until there is a VLAN. */
	if (vlan.vlan_proto)
		know(info, VFINFO_PROTO, ntohs(vlan.vlan_proto));
	return 0;
}

static void take_rates(struct vfinfo *info, const struct nlattr *a)
{
	struct ifla_vf_rate rate;

	memcpy(&rate, nla_data(a), sizeof(rate));
	know(info, VFINFO_MIN_RATE, rate.min_tx_rate);
	know(info, VFINFO_MAX_RATE, rate.max_tx_rate);
}

static void take_guid(struct vfinfo *info, enum vfinfo_value which,
		      const struct nlattr *a)
{
	struct ifla_vf_guid guid;

	memcpy(&guid, nla_data(a), sizeof(guid));
	know(info, which, guid.guid);
}

static int take_stats(struct vfinfo *info, const struct nlattr *list)
{
	static const int types[VFINFO_STATS] = {
		IFLA_VF_STATS_RX_PACKETS, IFLA_VF_STATS_TX_PACKETS,
		IFLA_VF_STATS_RX_BYTES,	  IFLA_VF_STATS_TX_BYTES,
		IFLA_VF_STATS_BROADCAST,  IFLA_VF_STATS_MULTICAST,
		IFLA_VF_STATS_RX_DROPPED, IFLA_VF_STATS_TX_DROPPED,
	};
	const struct nlattr *a = NULL;

	/* The first one's type is 0, which a table by type leaves out. */
	while ((a = nlmessage_next(list, a)))
		for (unsigned int i = 0; i < VFINFO_STATS; i++) {
			if (nla_type(a) != types[i])
				continue;
			if (nla_len(a) < (int)sizeof(info->stats[i]))
				return -EBADMSG;
			memcpy(&info->stats[i], nla_data(a),
			       sizeof(info->stats[i]));
			info->counted |= 1U << i;
		}
	return 0;
}

/* The kernel presets all ones, so that a driver that does not tell shows. */
static void take_setting(struct vfinfo *info, enum vfinfo_value which,
			 const struct nlattr *a, uint32_t most)
{
	struct ifla_vf_spoofchk value;

	if (!a)
		return;
	memcpy(&value, nla_data(a), sizeof(value));
	if (value.setting <= most)
		know(info, which, value.setting);
}

static int take_values(struct vfinfo *info, struct nlattr *const *a)
{
	int ret = 0;

	take_mac(info, nla_data(a[IFLA_VF_MAC]));
	if (a[IFLA_VF_RATE])
		take_rates(info, a[IFLA_VF_RATE]);
	take_setting(info, VFINFO_SPOOFCHK, a[IFLA_VF_SPOOFCHK], 1);
	take_setting(info, VFINFO_TRUST, a[IFLA_VF_TRUST], 1);
	take_setting(info, VFINFO_LINK_STATE, a[IFLA_VF_LINK_STATE],
		     IFLA_VF_LINK_STATE_DISABLE);
	take_setting(info, VFINFO_QUERY_RSS, a[IFLA_VF_RSS_QUERY_EN], 1);
	if (a[IFLA_VF_IB_NODE_GUID])
		take_guid(info, VFINFO_NODE_GUID, a[IFLA_VF_IB_NODE_GUID]);
	if (a[IFLA_VF_IB_PORT_GUID])
		take_guid(info, VFINFO_PORT_GUID, a[IFLA_VF_IB_PORT_GUID]);
	if (a[IFLA_VF_VLAN_LIST])
		ret = take_vlan(info, a[IFLA_VF_VLAN_LIST]);
	if (!ret && a[IFLA_VF_STATS])
		ret = take_stats(info, a[IFLA_VF_STATS]);
	return ret;
}

static int take_vf(struct vfinfo_list *list, const struct nlattr *vf)
{
	static const struct nla_policy policy[IFLA_VF_VLAN_LIST + 1] = {
		[IFLA_VF_MAC] = { .minlen = sizeof(struct ifla_vf_mac) },
		[IFLA_VF_SPOOFCHK] = { .minlen = sizeof(
					       struct ifla_vf_spoofchk) },
		[IFLA_VF_LINK_STATE] = { .minlen = sizeof(
						 struct ifla_vf_link_state) },
		[IFLA_VF_RATE] = { .minlen = sizeof(struct ifla_vf_rate) },
		[IFLA_VF_RSS_QUERY_EN] = { .minlen = sizeof(
						   struct
						   ifla_vf_rss_query_en) },
		[IFLA_VF_TRUST] = { .minlen = sizeof(struct ifla_vf_trust) },
		[IFLA_VF_IB_NODE_GUID] = { .minlen = sizeof(
						   struct ifla_vf_guid) },
		[IFLA_VF_IB_PORT_GUID] = { .minlen = sizeof(
						   struct ifla_vf_guid) },
	};
	struct nlattr *a[ARRAY_SIZE(policy)];
	const struct ifla_vf_mac *mac;
	int ret = nlmessage_parse_nested(vf, a, ARRAY_SIZE(a), policy);

	if (ret || !a[IFLA_VF_MAC])
		return -EBADMSG;
	/* A VF whose driver fails to tell is left out: its place is empty. */
	mac = nla_data(a[IFLA_VF_MAC]);
	if (mac->vf >= list->count)
		return -EBADMSG;
	return take_values(&list->vfs[mac->vf], a);
}

/*
 * The list's own length has 16 bits and is wrong from some two hundred VFs on,
 * so what counts is their number and the end of the message.
 */
static int take_vfs(struct vfinfo_list *list, const struct nlattr *first,
		    int left)
{
	const struct nlattr *a = first;
	int ret = 0;

	list->told = true;
	for (size_t i = 0; i < list->count && !ret && left >= NLA_HDRLEN; i++) {
		if (!nla_ok(a, left))
			return -EBADMSG;
		if (nla_type(a) != IFLA_VF_INFO)
			break;
		ret = take_vf(list, a);
		a = nla_next(a, &left);
	}
	return ret;
}

static int take_number(struct vfinfo_list *list, const struct nlattr *a)
{
	uint32_t number;

	if (nla_len(a) < (int)sizeof(number) || list->vfs)
		return -EBADMSG;
	memcpy(&number, nla_data(a), sizeof(number));
	if (number > MOST_VFS)
		return -EBADMSG;
	if (!number)
		return 0;
	list->vfs = calloc(number, sizeof(*list->vfs));
	if (!list->vfs)
		return -ENOMEM;
	list->count = number;
	return 0;
}

static int take_link(void *data, const void *message)
{
	const struct nlmsghdr *h = message;
	const struct ifinfomsg *info = NLMSG_DATA(h);
	const struct nlattr *a = (const void *)IFLA_RTA(info);
	struct vfinfo_list *list = data;
	int left, ret = 0;

	if (h->nlmsg_type != RTM_NEWLINK ||
	    h->nlmsg_len < NLMSG_LENGTH(sizeof(*info)))
		return -EBADMSG;
	list->index = info->ifi_index;
	left = (int)IFLA_PAYLOAD(h);
	for (; left >= NLA_HDRLEN && !ret; a = nla_next(a, &left)) {
		if (nla_type(a) == IFLA_VFINFO_LIST)
			return take_vfs(list, nla_data(a), left - NLA_HDRLEN);
		if (!nla_ok(a, left))
			return -EBADMSG;
		if (nla_type(a) == IFLA_NUM_VF)
			ret = take_number(list, a);
	}
	return ret;
}

int vfinfo_read(struct vdev_sys *sys, const char *netdev,
		struct vfinfo_list *ret)
{
	const struct ifinfomsg info = { .ifi_family = AF_UNSPEC };
	struct vfinfo_list list = { 0 };
	struct nlmessage m;
	int error;

	nlmessage_start(&m, RTM_GETLINK, NLM_F_ACK, &info, sizeof(info));
	nlmessage_put_string(&m, IFLA_IFNAME, netdev);
	nlmessage_put_u32(&m, IFLA_EXT_MASK, RTEXT_FILTER_VF);
	error = nlmessage_send(&m, sys, NETLINK_ROUTE, take_link, &list, NULL);
	if (!error && list.index <= 0)
		error = -EBADMSG;
	if (error) {
		free(list.vfs);
		return error;
	}
	*ret = list;
	return 0;
}

/* --- Setting */

static void put_mac(struct nlmessage *m, unsigned int vf, uint64_t value)
{
	struct ifla_vf_mac mac = { .vf = vf };

	for (unsigned int i = 0; i < 6; i++)
		mac.mac[i] = (unsigned char)(value >> (40 - 8 * i));
	nlmessage_put(m, IFLA_VF_MAC, &mac, sizeof(mac));
}

/* IFLA_VF_VLAN would do, but has no place for the protocol. */
static void put_vlan(struct nlmessage *m, unsigned int vf,
		     const struct vfinfo *info)
{
	struct nlattr *nest = nlmessage_nest(m, IFLA_VF_VLAN_LIST);
	struct ifla_vf_vlan_info vlan;

	/* Its padding is sent, too. */
	memset(&vlan, 0, sizeof(vlan));
	vlan.vf = vf;
	vlan.vlan = (uint32_t)info->values[VFINFO_VLAN];
	vlan.qos = (uint32_t)info->values[VFINFO_QOS];
	vlan.vlan_proto = htons((uint16_t)info->values[VFINFO_PROTO]);
	nlmessage_put(m, IFLA_VF_VLAN_INFO, &vlan, sizeof(vlan));
	nlmessage_end(m, nest);
}

static void put_rates(struct nlmessage *m, unsigned int vf,
		      const struct vfinfo *info)
{
	struct ifla_vf_rate rate = {
		.vf = vf,
		.min_tx_rate = (uint32_t)info->values[VFINFO_MIN_RATE],
		.max_tx_rate = (uint32_t)info->values[VFINFO_MAX_RATE],
	};

	nlmessage_put(m, IFLA_VF_RATE, &rate, sizeof(rate));
}

static void put_guid(struct nlmessage *m, unsigned int vf, int type,
		     uint64_t value)
{
	struct ifla_vf_guid guid;

	memset(&guid, 0, sizeof(guid));
	guid.vf = vf;
	guid.guid = value;
	nlmessage_put(m, type, &guid, sizeof(guid));
}

static void put_setting(struct nlmessage *m, unsigned int vf, int type,
			uint64_t value)
{
	struct ifla_vf_spoofchk setting = { vf, (uint32_t)value };

	nlmessage_put(m, type, &setting, sizeof(setting));
}

static void put_value(struct nlmessage *m, unsigned int vf,
		      enum vfinfo_value which, const struct vfinfo *info)
{
	uint64_t value = info->values[which];

	switch (which) {
	case VFINFO_MAC:
		return put_mac(m, vf, value);
	case VFINFO_VLAN:
		return put_vlan(m, vf, info);
	case VFINFO_MAX_RATE:
		return put_rates(m, vf, info);
	case VFINFO_SPOOFCHK:
		return put_setting(m, vf, IFLA_VF_SPOOFCHK, value);
	case VFINFO_TRUST:
		return put_setting(m, vf, IFLA_VF_TRUST, value);
	case VFINFO_LINK_STATE:
		return put_setting(m, vf, IFLA_VF_LINK_STATE, value);
	case VFINFO_QUERY_RSS:
		return put_setting(m, vf, IFLA_VF_RSS_QUERY_EN, value);
	case VFINFO_NODE_GUID:
		return put_guid(m, vf, IFLA_VF_IB_NODE_GUID, value);
	case VFINFO_PORT_GUID:
		return put_guid(m, vf, IFLA_VF_IB_PORT_GUID, value);
	default: /* part of another one */
		return;
	}
}

int vfinfo_set(struct vdev_sys *sys, int index, unsigned int vf,
	       enum vfinfo_value which, const struct vfinfo *info, char *why)
{
	const struct ifinfomsg head = { .ifi_index = index };
	struct nlattr *list, *one;
	struct nlmessage m;

	nlmessage_start(&m, RTM_SETLINK, NLM_F_ACK, &head, sizeof(head));
	list = nlmessage_nest(&m, IFLA_VFINFO_LIST);
	one = nlmessage_nest(&m, IFLA_VF_INFO);
	put_value(&m, vf, which, info);
	nlmessage_end(&m, one);
	nlmessage_end(&m, list);
	return nlmessage_send(&m, sys, NETLINK_ROUTE, NULL, NULL, why);
}
