/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libvdev/vf.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/file.h>

#include <cmocka.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#include "failnth.h"
#include "scripted.h"
#include "tree.h"

#define PF  "0000:01:00.0"
#define VF  "0000:01:10.0"
#define NET "/devices/pci0000:00/" PF "/net/"

#define INDEX 7
#define VFS   3

/* A PF's driver: what it has set, and what it refuses. */
struct driver {
	struct {
		struct ifla_vf_mac mac;
		struct ifla_vf_vlan_info vlan;
		struct ifla_vf_rate rate;
		uint32_t settings[IFLA_VF_BROADCAST]; /* by type */
		struct ifla_vf_guid node_guid;
		struct ifla_vf_guid port_guid;
	} vfs[VFS];
	unsigned int sets;    /* how often something was set */
	unsigned int refused; /* bits of types */
	unsigned int once;    /* of these, those taken the first time */
	int error;
	const char *why;
	bool guids;  /* it tells them */
	bool silent; /* it tells nothing */
};

struct setup {
	struct tree *t;
	struct vdev_ctx *ctx;
	struct vdev_sys_ops ops;
	struct driver driver;
	char *root;
};

/* The root is that of the tree, yet the system is the running one. */
static struct setup *current;

#define IN_TREE(sys, op, ...)                                              \
	({                                                                 \
		__typeof__(vdev_sys_kernel_ops.op((sys), __VA_ARGS__)) _r; \
		(sys)->root = current->root;                               \
		_r = vdev_sys_kernel_ops.op((sys), __VA_ARGS__);           \
		(sys)->root = NULL;                                        \
		_r;                                                        \
	})

static int tree_open(struct vdev_sys *sys, int dirfd, const char *path,
		     int flags, mode_t mode)
{
	return IN_TREE(sys, open, dirfd, path, flags, mode);
}

static ssize_t tree_readlink(struct vdev_sys *sys, int dirfd, const char *path,
			     char *buf, size_t size)
{
	return IN_TREE(sys, readlink, dirfd, path, buf, size);
}

static int tree_stat(struct vdev_sys *sys, int dirfd, const char *path,
		     struct stat *st, bool follow)
{
	return IN_TREE(sys, stat, dirfd, path, st, follow);
}

static int tree_list(struct vdev_sys *sys, int dirfd, const char *path,
		     vdev_sys_list_fn fn, void *data)
{
	return IN_TREE(sys, list, dirfd, path, fn, data);
}

static int tree_mkdir(struct vdev_sys *sys, const char *path, mode_t mode)
{
	return IN_TREE(sys, mkdir, path, mode);
}

/* --- The driver's part */

static void put_vf(struct nl_msg *m, const struct driver *d, unsigned int vf)
{
	static const int settings[] = { IFLA_VF_SPOOFCHK, IFLA_VF_TRUST,
					IFLA_VF_LINK_STATE,
					IFLA_VF_RSS_QUERY_EN };
	struct nlattr *one = nla_nest_start(m, IFLA_VF_INFO), *list;
	struct ifla_vf_mac mac = d->vfs[vf].mac;
	struct ifla_vf_vlan_info vlan = d->vfs[vf].vlan;
	struct ifla_vf_rate rate = d->vfs[vf].rate;

	mac.vf = vlan.vf = rate.vf = vf;
	nla_put(m, IFLA_VF_MAC, sizeof(mac), &mac);
	nla_put(m, IFLA_VF_RATE, sizeof(rate), &rate);
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		struct ifla_vf_trust s = { vf,
					   d->vfs[vf].settings[settings[i]] };

		nla_put(m, settings[i], sizeof(s), &s);
	}
	if (d->guids) {
		nla_put(m, IFLA_VF_IB_NODE_GUID, sizeof(struct ifla_vf_guid),
			&d->vfs[vf].node_guid);
		nla_put(m, IFLA_VF_IB_PORT_GUID, sizeof(struct ifla_vf_guid),
			&d->vfs[vf].port_guid);
	}
	list = nla_nest_start(m, IFLA_VF_VLAN_LIST);
	nla_put(m, IFLA_VF_VLAN_INFO, sizeof(vlan), &vlan);
	nla_nest_end(m, list);
	list = nla_nest_start(m, IFLA_VF_STATS);
	for (int type = IFLA_VF_STATS_RX_PACKETS;
	     type <= IFLA_VF_STATS_TX_DROPPED; type++)
		if (type != IFLA_VF_STATS_PAD)
			nla_put_u64(m, type, 1000ULL * vf + (unsigned int)type);
	nla_nest_end(m, list);
	nla_nest_end(m, one);
}

static struct nl_msg *new_link(unsigned int number)
{
	struct ifinfomsg head = { .ifi_index = INDEX };
	struct nl_msg *m = nlmsg_alloc_size(1 << 17);

	assert_non_null(m);
	assert_non_null(nlmsg_put(m, 0, 0, RTM_NEWLINK, 0, 0));
	assert_int_equal(nlmsg_append(m, &head, sizeof(head), NLMSG_ALIGNTO),
			 0);
	nla_put_string(m, IFLA_IFNAME, "eth0");
	nla_put_u32(m, IFLA_NUM_VF, number);
	return m;
}

static int tell(const struct driver *d, struct vdev_sys_netlink *request)
{
	struct nl_msg *m = new_link(VFS);
	struct nlattr *list;
	int ret;

	if (!d->silent) {
		list = nla_nest_start(m, IFLA_VFINFO_LIST);
		for (unsigned int i = 0; i < VFS; i++)
			put_vf(m, d, i);
		nla_nest_end(m, list);
	}
	nla_put_string(m, IFLA_QDISC, "noop");
	ret = request->fn(request->data, nlmsg_hdr(m));
	nlmsg_free(m);
	return ret;
}

static int set_value(struct driver *d, struct nlattr *a)
{
	struct ifla_vf_trust setting;
	unsigned int vf;
	int type = nla_type(a);

	memcpy(&setting, nla_data(a), sizeof(setting));
	if (type == IFLA_VF_VLAN_LIST)
		a = nla_data(a);
	memcpy(&vf, nla_data(a), sizeof(vf));
	assert_true(vf < VFS);
	if (type == IFLA_VF_MAC)
		memcpy(&d->vfs[vf].mac, nla_data(a), sizeof(d->vfs[vf].mac));
	else if (type == IFLA_VF_VLAN_LIST)
		memcpy(&d->vfs[vf].vlan, nla_data(a), sizeof(d->vfs[vf].vlan));
	else if (type == IFLA_VF_RATE)
		memcpy(&d->vfs[vf].rate, nla_data(a), sizeof(d->vfs[vf].rate));
	else if (type == IFLA_VF_IB_NODE_GUID)
		memcpy(&d->vfs[vf].node_guid, nla_data(a),
		       sizeof(d->vfs[vf].node_guid));
	else if (type == IFLA_VF_IB_PORT_GUID)
		memcpy(&d->vfs[vf].port_guid, nla_data(a),
		       sizeof(d->vfs[vf].port_guid));
	else
		d->vfs[vf].settings[type] = setting.setting;
	return 0;
}

static int set(struct driver *d, struct vdev_sys_netlink *request)
{
	struct nlmsghdr *h = (struct nlmsghdr *)request->message;
	const struct ifinfomsg *head = nlmsg_data(h);
	struct nlattr *list =
		nlmsg_find_attr(h, sizeof(*head), IFLA_VFINFO_LIST);
	struct nlattr *value;
	unsigned int type;

	assert_int_equal(head->ifi_index, INDEX);
	assert_non_null(list);
	assert_int_equal(nla_type(nla_data(list)), IFLA_VF_INFO);
	value = nla_data(nla_data(list));
	type = 1U << nla_type(value);
	if (d->refused & ~d->once & type) {
		if (d->why)
			snprintf(request->why, sizeof(request->why), "%s",
				 d->why);
		return d->error;
	}
	d->once &= ~type;
	d->sets++;
	return set_value(d, value);
}

static int driver_netlink(struct vdev_sys *sys,
			  struct vdev_sys_netlink *request)
{
	const struct nlmsghdr *h = request->message;
	char name[IFNAMSIZ] = "";

	(void)sys;
	assert_int_equal(request->protocol, NETLINK_ROUTE);
	assert_int_equal(h->nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
	if (h->nlmsg_type == RTM_SETLINK)
		return set(&current->driver, request);
	assert_int_equal(h->nlmsg_type, RTM_GETLINK);
	nla_strlcpy(name,
		    nlmsg_find_attr((struct nlmsghdr *)h,
				    sizeof(struct ifinfomsg), IFLA_IFNAME),
		    sizeof(name));
	assert_int_equal(nla_get_u32(nlmsg_find_attr((struct nlmsghdr *)h,
						     sizeof(struct ifinfomsg),
						     IFLA_EXT_MASK)),
			 RTEXT_FILTER_VF);
	if (str_eq(name, "gone"))
		return -ENODEV;
	if (str_eq(name, "eth0") || str_eq(name, "sim0"))
		return tell(&current->driver, request);
	/* That of a VF in switchdev mode. */
	current->driver.silent = true;
	assert_int_equal(tell(&current->driver, request), 0);
	current->driver.silent = false;
	return 0;
}

static int set_up(void **state)
{
	struct setup *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->t = tree_new();
	tree_pci(s->t, "pci0000:00", PF, 0x8086, 0x10c9, 0x020000);
	tree_attr(s->t, PF, "sriov_totalvfs", "7\n");
	tree_driver(s->t, PF, "igb");
	tree_pci(s->t, "pci0000:00", VF, 0x8086, 0x10ca, 0x020000);
	tree_attr_link(s->t, VF, "physfn", "../" PF);
	tree_attr_link(s->t, PF, "virtfn0", "../" VF);
	tree_class(s->t, "net", "eth0", "pci0000:00/" PF);
	tree_class(s->t, "net", "eth0v0", "pci0000:00/" VF);
	tree_link(s->t, "/sys/class/net/sim0",
		  "../../devices/netdevsim10/net/sim0");
	tree_dir(s->t, "/sys/devices/netdevsim10/net/sim0");
	s->ctx = tree_ctx(s->t);
	s->root = s->ctx->sys.root;
	s->ctx->sys.root = NULL;
	s->ops = vdev_sys_kernel_ops;
	s->ops.open = tree_open;
	s->ops.readlink = tree_readlink;
	s->ops.stat = tree_stat;
	s->ops.list = tree_list;
	s->ops.mkdir = tree_mkdir;
	s->ops.netlink = driver_netlink;
	s->ctx->sys.ops = &s->ops;
	for (size_t i = 0; i < VFS; i++)
		s->driver.vfs[i].vlan.vlan_proto = htons(ETH_P_8021Q);
	current = s;
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct setup *s = *state;

	s->ctx->sys.root = s->root;
	vdev_ctx_unref(s->ctx);
	tree_free(s->t);
	free(s);
	return 0;
}

#define assert_said(s, text) \
	assert_non_null(strstr(vdev_ctx_last_error((s)->ctx), text))
#define assert_hinted(s, text) \
	assert_string_equal(vdev_ctx_last_hint((s)->ctx), text)
#define assert_kind(s, kind) \
	assert_int_equal(vdev_ctx_last_kind((s)->ctx), kind)

/* --- Names */

static void test_names(void **state)
{
	(void)state;
	for (int i = 0; i <= VDEV_VF_PORT_GUID; i++)
		assert_int_equal(
			vdev_vf_attribute_from_name(vdev_vf_attribute_name(
				(enum vdev_vf_attribute)i)),
			i);
	assert_null(vdev_vf_attribute_name(
		(enum vdev_vf_attribute)(VDEV_VF_PORT_GUID + 1)));
	assert_string_equal(vdev_vf_attribute_name(VDEV_VF_MAX_RATE),
			    "max-rate");
	assert_int_equal(vdev_vf_attribute_from_name("colour"), -ENOENT);
	assert_int_equal(vdev_vf_attribute_from_name(""), -ENOENT);
}

static void is_netdev(struct setup *s, const char *pf, const char *expected)
{
	char *name = NULL;

	assert_int_equal(vdev_vf_netdev(s->ctx, pf, &name), 0);
	assert_string_equal(name, expected);
	free(name);
}

static void test_netdev(void **state)
{
	struct setup *s = *state;
	char *name = NULL;

	is_netdev(s, PF, "eth0");
	is_netdev(s, "01:00.0", "eth0");
	is_netdev(s, "eth0", "eth0");
	is_netdev(s, "sim0", "sim0");
	assert_int_equal(vdev_vf_netdev(s->ctx, VF, &name), -EINVAL);
	assert_said(s, VF " is a VF");
	assert_hinted(s, "it is VF 0 of " PF);
	assert_int_equal(vdev_vf_netdev(s->ctx, "eth0v0", &name), -EINVAL);
	assert_int_equal(vdev_vf_netdev(s->ctx, "gone", &name), -ENODEV);
	assert_int_equal(vdev_vf_netdev(s->ctx, "02:00.0", &name), -ENODEV);
	assert_int_equal(vdev_vf_netdev(s->ctx, "", &name), -EINVAL);
	assert_int_equal(vdev_vf_netdev(s->ctx, "..", &name), -EINVAL);
	assert_int_equal(vdev_vf_netdev(s->ctx, "eth0/..", &name), -EINVAL);
	assert_null(name);
}

static void test_netdevs(void **state)
{
	struct setup *s = *state;

	/* Of several it is the one that tells. */
	tree_class(s->t, "net", "aaa", "pci0000:00/" PF);
	is_netdev(s, PF, "eth0");
	is_netdev(s, "aaa", "aaa");
}

static void test_no_netdev(void **state)
{
	struct setup *s = *state;
	char *name = NULL;

	tree_remove(s->t, "/sys/class/net/eth0");
	assert_int_equal(vdev_vf_netdev(s->ctx, PF, &name), -EOPNOTSUPP);
	assert_said(s, PF " has no network interface");
	assert_hinted(s, "its driver is igb");
	assert_null(name);
}

static void test_captured(void **state)
{
	struct setup *s = *state;
	enum vdev_vf_attribute trust = VDEV_VF_TRUST;
	struct vdev_vf_list *list = NULL;
	char *name = NULL;
	uint64_t on = 1;

	s->ctx->sys.root = s->root;
	assert_int_equal(vdev_vf_netdev(s->ctx, "eth0", &name), -EOPNOTSUPP);
	assert_said(s, "is no running system");
	assert_int_equal(vdev_vf_list_new(s->ctx, "eth0", &list), -EOPNOTSUPP);
	assert_int_equal(vdev_vf_set(s->ctx, "eth0", 0, &trust, &on, 1),
			 -EOPNOTSUPP);
	s->ctx->sys.root = NULL;
	assert_null(list);
	assert_null(name);
}

/* --- Reading */

#define assert_value(list, vf, which, expected)                              \
	do {                                                                 \
		uint64_t _value = ~(uint64_t)(expected);                     \
		assert_int_equal(vdev_vf_list_get(list, vf, which, &_value), \
				 0);                                         \
		assert_int_equal(_value, expected);                          \
	} while (0)

static void test_read(void **state)
{
	struct setup *s = *state;
	struct vdev_vf_list *list = NULL;
	uint64_t value = 5;

	s->driver.vfs[1].mac.mac[0] = 0x52;
	s->driver.vfs[1].mac.mac[5] = 0x01;
	s->driver.vfs[1].vlan.vlan = 100;
	s->driver.vfs[1].vlan.qos = 3;
	s->driver.vfs[1].vlan.vlan_proto = htons(ETH_P_8021AD);
	s->driver.vfs[1].rate.min_tx_rate = 10;
	s->driver.vfs[1].rate.max_tx_rate = 200;
	s->driver.vfs[1].settings[IFLA_VF_SPOOFCHK] = 1;
	s->driver.vfs[1].settings[IFLA_VF_LINK_STATE] = 2;
	s->driver.vfs[1].settings[IFLA_VF_TRUST] = UINT32_MAX;
	assert_int_equal(vdev_vf_list_new(s->ctx, "eth0", &list), VFS);
	assert_int_equal(vdev_vf_list_count(list), VFS);
	assert_value(list, 1, VDEV_VF_MAC, 0x520000000001);
	assert_value(list, 1, VDEV_VF_VLAN, 100);
	assert_value(list, 1, VDEV_VF_QOS, 3);
	assert_value(list, 1, VDEV_VF_PROTO, 0x88a8);
	assert_value(list, 1, VDEV_VF_MIN_RATE, 10);
	assert_value(list, 1, VDEV_VF_MAX_RATE, 200);
	assert_value(list, 1, VDEV_VF_SPOOFCHK, 1);
	assert_value(list, 1, VDEV_VF_LINK_STATE, 2);
	assert_value(list, 1, VDEV_VF_QUERY_RSS, 0);
	assert_value(list, 2, VDEV_VF_MAC, 0);
	assert_value(list, 2, VDEV_VF_PROTO, 0x8100);
	assert_value(list, 2, VDEV_VF_TRUST, 0);
	assert_int_equal(vdev_vf_list_get(list, 1, VDEV_VF_TRUST, &value),
			 -ENODATA);
	assert_int_equal(vdev_vf_list_get(list, 1, VDEV_VF_NODE_GUID, &value),
			 -ENODATA);
	assert_int_equal(vdev_vf_list_get(list, VFS, VDEV_VF_MAC, &value),
			 -EINVAL);
	assert_int_equal(
		vdev_vf_list_get(list, 0, (enum vdev_vf_attribute)12, &value),
		-EINVAL);
	assert_int_equal(value, 5);
	vdev_vf_list_free(list);
	vdev_vf_list_free(NULL);
}

static void test_guids_and_stats(void **state)
{
	static const uint64_t types[] = {
		IFLA_VF_STATS_RX_PACKETS, IFLA_VF_STATS_TX_PACKETS,
		IFLA_VF_STATS_RX_BYTES,	  IFLA_VF_STATS_TX_BYTES,
		IFLA_VF_STATS_BROADCAST,  IFLA_VF_STATS_MULTICAST,
		IFLA_VF_STATS_RX_DROPPED, IFLA_VF_STATS_TX_DROPPED,
	};
	struct setup *s = *state;
	struct vdev_vf_list *list = NULL;
	uint64_t value = 0;

	s->driver.guids = true;
	s->driver.vfs[2].node_guid.guid = 0x0011223344556677;
	s->driver.vfs[2].port_guid.guid = UINT64_MAX;
	assert_int_equal(vdev_vf_list_new(s->ctx, "eth0", &list), VFS);
	assert_value(list, 2, VDEV_VF_NODE_GUID, 0x0011223344556677);
	assert_value(list, 2, VDEV_VF_PORT_GUID, UINT64_MAX);
	for (unsigned int i = 0; i < ARRAY_SIZE(types); i++) {
		assert_int_equal(vdev_vf_list_stat(
					 list, 2, (enum vdev_vf_stat)i, &value),
				 0);
		assert_int_equal(value, 2000 + types[i]);
	}
	assert_int_equal(
		vdev_vf_list_stat(list, 2, (enum vdev_vf_stat)8, &value),
		-EINVAL);
	assert_int_equal(vdev_vf_list_stat(list, 3, VDEV_VF_RX_BYTES, &value),
			 -EINVAL);
	vdev_vf_list_free(list);
}

static void test_nothing_told(void **state)
{
	struct setup *s = *state;
	struct vdev_vf_list *list = NULL;

	assert_int_equal(vdev_vf_list_new(s->ctx, "gone", &list), -ENODEV);
	assert_said(s, "there is no network interface gone");
	assert_int_equal(vdev_vf_list_new(s->ctx, "rep0", &list), -EOPNOTSUPP);
	assert_said(s, "the driver of rep0 tells nothing of its 3 VFs");
	assert_int_equal(vdev_vf_list_new(s->ctx, "", &list), -EINVAL);
	assert_int_equal(vdev_vf_list_new(s->ctx, "a-name-of-16-byt", &list),
			 -EINVAL);
	assert_null(list);
}

/* What the kernel answers, as it is. Return: that of vdev_vf_list_new(). */
static int read_message(struct setup *s, struct nl_msg *m,
			struct vdev_vf_list **ret)
{
	const struct scripted_call call = { .op = SCRIPTED_netlink,
					    .request = RTM_GETLINK,
					    .data = nlmsg_hdr(m) };
	struct scripted script;
	int n;

	scripted_start(&script, &s->ctx->sys, &call, 1);
	n = vdev_vf_list_new(s->ctx, "eth0", ret);
	scripted_done(&script);
	nlmsg_free(m);
	return n;
}

/* Its length does not fit in the attribute that holds them all. */
static void test_many(void **state)
{
	struct setup *s = *state;
	struct vdev_vf_list *list = NULL;
	struct nl_msg *m = new_link(300);
	struct nlattr *vfs;
	struct ifla_vf_mac mac = { .vf = 0 };
	const char pad[210] = "";

	vfs = nla_reserve(m, IFLA_VFINFO_LIST, 0);
	for (mac.vf = 0; mac.vf < 300; mac.vf++) {
		struct nlattr *one = nla_nest_start(m, IFLA_VF_INFO);

		mac.mac[5] = (uint8_t)mac.vf;
		nla_put(m, IFLA_VF_MAC, sizeof(mac), &mac);
		nla_put(m, IFLA_VF_STATS + 100, sizeof(pad), pad);
		nla_nest_end(m, one);
	}
	vfs->nla_len = (uint16_t)(nlmsg_hdr(m)->nlmsg_len -
				  (size_t)((char *)vfs - (char *)nlmsg_hdr(m)));
	nla_put_string(m, IFLA_QDISC, "noop");
	assert_true(nlmsg_hdr(m)->nlmsg_len > UINT16_MAX);
	assert_int_equal(read_message(s, m, &list), 300);
	assert_value(list, 0, VDEV_VF_MAC, 0);
	assert_value(list, 299, VDEV_VF_MAC, 299 & 0xff);
	vdev_vf_list_free(list);
}

/* A VF of which the driver failed to tell. */
static void test_left_out(void **state)
{
	struct setup *s = *state;
	struct vdev_vf_list *list = NULL;
	struct nl_msg *m = new_link(3);
	struct nlattr *vfs = nla_nest_start(m, IFLA_VFINFO_LIST);
	uint64_t value = 0;

	s->driver.vfs[2].mac.mac[5] = 9;
	put_vf(m, &s->driver, 0);
	put_vf(m, &s->driver, 2);
	nla_nest_end(m, vfs);
	nla_put_string(m, IFLA_QDISC, "noop");
	assert_int_equal(read_message(s, m, &list), 3);
	assert_value(list, 2, VDEV_VF_MAC, 9);
	assert_int_equal(vdev_vf_list_get(list, 1, VDEV_VF_MAC, &value),
			 -ENODATA);
	assert_int_equal(vdev_vf_list_stat(list, 1, VDEV_VF_RX_BYTES, &value),
			 -ENODATA);
	vdev_vf_list_free(list);
}

static struct nl_msg *one_value(int type, size_t size)
{
	struct nl_msg *m = new_link(1);
	struct nlattr *vfs = nla_nest_start(m, IFLA_VFINFO_LIST);
	struct nlattr *one = nla_nest_start(m, IFLA_VF_INFO);
	const char zeros[64] = "";

	if (type != IFLA_VF_MAC)
		nla_put(m, IFLA_VF_MAC, sizeof(struct ifla_vf_mac), zeros);
	nla_put(m, type, (int)size, zeros);
	nla_nest_end(m, one);
	nla_nest_end(m, vfs);
	return m;
}

static void is_malformed(struct setup *s, struct nl_msg *m)
{
	struct vdev_vf_list *list = NULL;

	assert_int_equal(read_message(s, m, &list), -EBADMSG);
	assert_said(s, "cannot read the VFs of eth0");
	assert_null(list);
}

static void test_malformed(void **state)
{
	static const struct {
		int type;
		size_t size; /* one byte less than it takes */
	} shorter[] = {
		{ IFLA_VF_MAC, sizeof(struct ifla_vf_mac) - 1 },
		{ IFLA_VF_RATE, sizeof(struct ifla_vf_rate) - 1 },
		{ IFLA_VF_SPOOFCHK, sizeof(struct ifla_vf_spoofchk) - 1 },
		{ IFLA_VF_TRUST, sizeof(struct ifla_vf_trust) - 1 },
		{ IFLA_VF_LINK_STATE, sizeof(struct ifla_vf_link_state) - 1 },
		{ IFLA_VF_RSS_QUERY_EN,
		  sizeof(struct ifla_vf_rss_query_en) - 1 },
		{ IFLA_VF_IB_NODE_GUID, sizeof(struct ifla_vf_guid) - 1 },
		{ IFLA_VF_IB_PORT_GUID, sizeof(struct ifla_vf_guid) - 1 },
		{ IFLA_VF_VLAN_LIST, 0 },
		{ IFLA_VF_VLAN_LIST, 12 },
	};
	struct setup *s = *state;
	struct nl_msg *m;
	struct nlattr *vfs;

	for (size_t i = 0; i < ARRAY_SIZE(shorter); i++)
		is_malformed(s, one_value(shorter[i].type, shorter[i].size));

	/* Another message, one that is cut, an interface without number. */
	m = new_link(0);
	nlmsg_hdr(m)->nlmsg_type = RTM_DELLINK;
	is_malformed(s, m);
	m = new_link(0);
	nlmsg_hdr(m)->nlmsg_len = NLMSG_LENGTH(4);
	is_malformed(s, m);
	m = new_link(0);
	((struct ifinfomsg *)nlmsg_data(nlmsg_hdr(m)))->ifi_index = 0;
	is_malformed(s, m);
	/* More VFs than there can be, their number twice, or too short. */
	is_malformed(s, new_link(65536));
	m = new_link(2);
	nla_put_u32(m, IFLA_NUM_VF, 2);
	is_malformed(s, m);
	m = new_link(0);
	nla_put_u16(m, IFLA_NUM_VF, 2);
	is_malformed(s, m);
	/* One VF that is not there, or longer than the message. */
	m = new_link(1);
	vfs = nla_nest_start(m, IFLA_VFINFO_LIST);
	put_vf(m, &s->driver, 1);
	nla_nest_end(m, vfs);
	is_malformed(s, m);
	m = one_value(IFLA_VF_RATE, sizeof(struct ifla_vf_rate));
	nlmsg_hdr(m)->nlmsg_len -= 4;
	is_malformed(s, m);
	/* An attribute that is longer than the message. */
	m = new_link(0);
	((struct nlattr *)nlmsg_attrdata(nlmsg_hdr(m),
					 sizeof(struct ifinfomsg)))
		->nla_len = 500;
	is_malformed(s, m);
}

static void test_short_stats(void **state)
{
	struct setup *s = *state;
	struct nl_msg *m = new_link(1);
	struct nlattr *vfs = nla_nest_start(m, IFLA_VFINFO_LIST);
	struct nlattr *one = nla_nest_start(m, IFLA_VF_INFO);
	struct ifla_vf_mac mac = { .vf = 0 };
	struct nlattr *stats;

	nla_put(m, IFLA_VF_MAC, sizeof(mac), &mac);
	stats = nla_nest_start(m, IFLA_VF_STATS);
	nla_put_u32(m, IFLA_VF_STATS_TX_BYTES, 1);
	nla_nest_end(m, stats);
	nla_nest_end(m, one);
	nla_nest_end(m, vfs);
	is_malformed(s, m);
}

/* --- Setting */

static int set_one(struct setup *s, unsigned int vf,
		   enum vdev_vf_attribute which, uint64_t value)
{
	return vdev_vf_set(s->ctx, "eth0", vf, &which, &value, 1);
}

static const enum vdev_vf_attribute all[] = {
	VDEV_VF_MAC,	   VDEV_VF_VLAN,      VDEV_VF_QOS,
	VDEV_VF_PROTO,	   VDEV_VF_MIN_RATE,  VDEV_VF_MAX_RATE,
	VDEV_VF_SPOOFCHK,  VDEV_VF_TRUST,     VDEV_VF_LINK_STATE,
	VDEV_VF_QUERY_RSS, VDEV_VF_NODE_GUID, VDEV_VF_PORT_GUID,
};
static const uint64_t values[ARRAY_SIZE(all)] = {
	0x525400123456,
	100,
	3,
	0x88a8,
	10,
	200,
	1,
	1,
	2,
	1,
	0x1122334455667788,
	0x99aabbccddeeff00,
};

static int set_all(struct setup *s, size_t count)
{
	return vdev_vf_set(s->ctx, "eth0", 1, all, values, count);
}

static void test_set(void **state)
{
	struct setup *s = *state;
	struct vdev_vf_list *list = NULL;

	s->driver.guids = true;
	assert_int_equal(
		vdev_vf_check(s->ctx, "eth0", 1, all, values, ARRAY_SIZE(all)),
		0);
	assert_int_equal(s->driver.sets, 0);
	assert_int_equal(set_all(s, ARRAY_SIZE(all)), 0);
	assert_int_equal(s->driver.sets, 9);
	assert_int_equal(vdev_vf_list_new(s->ctx, "eth0", &list), VFS);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		assert_value(list, 1, all[i], values[i]);
	assert_value(list, 0, VDEV_VF_MAC, 0);
	vdev_vf_list_free(list);
	/* What is not given of a VLAN and of rates stays. */
	assert_int_equal(set_one(s, 1, VDEV_VF_QOS, 5), 0);
	assert_int_equal(s->driver.vfs[1].vlan.vlan, 100);
	assert_int_equal(s->driver.vfs[1].vlan.qos, 5);
	assert_int_equal(s->driver.vfs[1].vlan.vlan_proto, htons(0x88a8));
	assert_int_equal(set_one(s, 1, VDEV_VF_MIN_RATE, 200), 0);
	assert_int_equal(s->driver.vfs[1].rate.max_tx_rate, 200);
	assert_int_equal(vdev_vf_set(s->ctx, "eth0", 1, all, values, 0), 0);
}

static void test_protocol_unknown(void **state)
{
	struct setup *s = *state;

	/* Some drivers have none before there is a VLAN. */
	s->driver.vfs[1].vlan.vlan_proto = 0;
	assert_int_equal(set_one(s, 1, VDEV_VF_VLAN, 5), 0);
	assert_int_equal(s->driver.vfs[1].vlan.vlan_proto, htons(ETH_P_8021Q));
}

static void test_bad_values(void **state)
{
	static const enum vdev_vf_attribute twice[] = { VDEV_VF_TRUST,
							VDEV_VF_TRUST };
	static const enum vdev_vf_attribute rates[] = { VDEV_VF_MIN_RATE,
							VDEV_VF_MAX_RATE };
	static const uint64_t crossed[] = { 20, 10 };
	static const struct {
		enum vdev_vf_attribute which;
		uint64_t value;
		const char *said;
	} bad[] = {
		{ VDEV_VF_MAC, 1ULL << 48, "mac: 281474976710656 is more" },
		{ VDEV_VF_MAC, 0x010000000000, "address of a group" },
		{ VDEV_VF_VLAN, 4096, "vlan: 4096 is more than 4095" },
		{ VDEV_VF_QOS, 8, "qos: 8 is more than 7" },
		{ VDEV_VF_PROTO, 0x800, "proto: 0x800 is no protocol" },
		{ VDEV_VF_MIN_RATE, 1ULL << 31, "min-rate" },
		{ VDEV_VF_SPOOFCHK, 2, "spoofchk" },
		{ VDEV_VF_LINK_STATE, 3, "link-state" },
		{ (enum vdev_vf_attribute)99, 0, "no attribute 99" },
	};
	struct setup *s = *state;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(set_one(s, 0, bad[i].which, bad[i].value),
				 -EINVAL);
		assert_said(s, bad[i].said);
		assert_int_equal(vdev_vf_check(s->ctx, "eth0", 0, &bad[i].which,
					       &bad[i].value, 1),
				 -EINVAL);
		assert_kind(s, VDEV_ERROR_INVALID);
	}
	assert_int_equal(vdev_vf_set(s->ctx, "eth0", 0, twice, crossed, 2),
			 -EINVAL);
	assert_int_equal(vdev_vf_set(s->ctx, "eth0", 0, rates, crossed, 2),
			 -EINVAL);
	assert_said(s, "a min-rate of 20 is more than the max-rate of 10");
	assert_int_equal(set_one(s, VFS, VDEV_VF_TRUST, 1), -ENODEV);
	assert_said(s, "eth0 has no VF 3, but VFs 0 to 2");
	assert_int_equal(s->driver.sets, 0);
}

static void test_refused(void **state)
{
	static const struct {
		int error;
		enum vdev_error_kind kind;
	} errors[] = {
		{ -EINVAL, VDEV_ERROR_FAILED },
		{ -ERANGE, VDEV_ERROR_FAILED },
		{ -EOPNOTSUPP, VDEV_ERROR_NOT_SUPPORTED },
		{ -EPROTONOSUPPORT, VDEV_ERROR_NOT_SUPPORTED },
		{ -EBUSY, VDEV_ERROR_IN_USE },
		{ -EPERM, VDEV_ERROR_PERMISSION },
		{ -EIO, VDEV_ERROR_FAILED },
	};
	struct setup *s = *state;
	const struct driver before = s->driver;

	s->driver.refused = 1U << IFLA_VF_TRUST;
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		s->driver.error = errors[i].error;
		s->driver.why = "VFs are never to be trusted";
		assert_int_equal(set_all(s, 8), errors[i].error);
		assert_said(s, "VF 1 of eth0: the driver refuses trust (");
		assert_said(s, ": VFs are never to be trusted); what was set "
			       "before is put back");
		assert_kind(s, errors[i].kind);
		s->driver.vfs[1].mac.vf = s->driver.vfs[1].vlan.vf =
			s->driver.vfs[1].rate.vf = 0;
		assert_memory_equal(s->driver.vfs, before.vfs,
				    sizeof(before.vfs));
	}
	s->driver.why = NULL;
	s->driver.sets = 0;
	s->driver.error = -EPERM;
	assert_int_equal(set_one(s, 1, VDEV_VF_TRUST, 1), -EPERM);
	assert_said(s, "refuses trust (Operation not permitted); nothing is "
		       "changed");
	assert_hinted(s, "it takes the capability CAP_NET_ADMIN");
	assert_int_equal(s->driver.sets, 0);
}

/* All given names of what is set at once are said, and no other. */
static void test_refused_together(void **state)
{
	static const enum vdev_vf_attribute tag[] = { VDEV_VF_PROTO,
						      VDEV_VF_VLAN };
	static const uint64_t of_tag[] = { 0x88a8, 7 };
	struct setup *s = *state;

	s->driver.refused = 1U << IFLA_VF_VLAN_LIST;
	s->driver.error = -EPROTONOSUPPORT;
	assert_int_equal(vdev_vf_set(s->ctx, "eth0", 0, tag, of_tag, 2),
			 -EPROTONOSUPPORT);
	assert_said(s, "refuses vlan, proto (Protocol not supported)");
}

static void test_rollback_refused(void **state)
{
	static const enum vdev_vf_attribute both[] = { VDEV_VF_TRUST,
						       VDEV_VF_MAC };
	static const uint64_t of_both[] = { 1, 0x525400123456 };
	struct setup *s = *state;

	/* It takes the new address, refuses trust, and the old address. */
	s->driver.refused = 1U << IFLA_VF_TRUST | 1U << IFLA_VF_MAC;
	s->driver.once = 1U << IFLA_VF_MAC;
	s->driver.error = -EBUSY;
	s->driver.why = "the VF runs";
	assert_int_equal(vdev_vf_set(s->ctx, "eth0", 1, both, of_both, 2),
			 -ENOTRECOVERABLE);
	assert_kind(s, VDEV_ERROR_ROLLBACK);
	assert_said(s, "VF 1 of eth0: the driver refuses trust (Device or "
		       "resource busy: the VF runs), and of what was set "
		       "before it mac (Device or resource busy: the VF runs) "
		       "could not be put back");
}

/* A GUID that the driver does not tell cannot be put back: it comes last. */
static void test_unknown_last(void **state)
{
	static const enum vdev_vf_attribute mixed[] = { VDEV_VF_SPOOFCHK,
							VDEV_VF_TRUST,
							VDEV_VF_NODE_GUID,
							VDEV_VF_PORT_GUID };
	static const uint64_t of_mixed[] = { 1, 1, 2, 3 };
	struct setup *s = *state;

	s->driver.vfs[1].settings[IFLA_VF_SPOOFCHK] = UINT32_MAX;
	s->driver.refused = 1U << IFLA_VF_TRUST;
	s->driver.error = -EINVAL;
	assert_int_equal(vdev_vf_set(s->ctx, "eth0", 1, mixed, of_mixed, 4),
			 -EINVAL);
	assert_int_equal(s->driver.sets, 0);
	s->driver.refused = 1U << IFLA_VF_IB_PORT_GUID;
	assert_int_equal(vdev_vf_set(s->ctx, "eth0", 1, mixed, of_mixed, 4),
			 -ENOTRECOVERABLE);
	assert_kind(s, VDEV_ERROR_ROLLBACK);
	assert_said(s, "refuses port-guid (Invalid argument), and of what was "
		       "set before it node-guid (No data available: what it "
		       "was is not known) could not be put back");
	/* What can be put back is, all the same. */
	assert_int_equal(s->driver.vfs[1].settings[IFLA_VF_TRUST], 0);
}

/* Of a VF left out nothing is known: what belongs together has to be whole. */
static void test_set_left_out(void **state)
{
	static const enum vdev_vf_attribute tag[] = { VDEV_VF_VLAN,
						      VDEV_VF_QOS };
	static const uint64_t of_tag[] = { 5, 0 };
	struct setup *s = *state;
	struct nl_msg *m = new_link(1);
	struct {
		struct ifinfomsg head;
		struct nlattr list, one, vlans, vlan;
		struct ifla_vf_vlan_info info;
	} expected;
	struct scripted script;

	/* An interface that sysfs does not have gets no lock. */
	nla_put(m, IFLA_VFINFO_LIST, 0, NULL);
	memset(&expected, 0, sizeof(expected));
	expected.head.ifi_index = INDEX;
	expected.list = (struct nlattr){ 32, IFLA_VFINFO_LIST | NLA_F_NESTED };
	expected.one = (struct nlattr){ 28, IFLA_VF_INFO | NLA_F_NESTED };
	expected.vlans =
		(struct nlattr){ 24, IFLA_VF_VLAN_LIST | NLA_F_NESTED };
	expected.vlan = (struct nlattr){ 20, IFLA_VF_VLAN_INFO };
	expected.info.vlan = 5;
	expected.info.vlan_proto = htons(ETH_P_8021Q);
	{
		const struct scripted_call calls[] = {
			SCRIPT_FAIL(stat, "/sys/class/net/eth0", ENOENT),
			{ .op = SCRIPTED_netlink,
			  .request = RTM_GETLINK,
			  .data = nlmsg_hdr(m) },
			SCRIPT_FAIL(stat, "/sys/class/net/eth0", ENOENT),
			{ .op = SCRIPTED_netlink,
			  .request = RTM_GETLINK,
			  .data = nlmsg_hdr(m) },
			{ .op = SCRIPTED_netlink,
			  .request = RTM_SETLINK,
			  .data = &expected,
			  .size = sizeof(expected) },
		};

		scripted_start(&script, &s->ctx->sys, calls, ARRAY_SIZE(calls));
		assert_int_equal(set_one(s, 0, VDEV_VF_VLAN, 5), -EOPNOTSUPP);
		assert_said(s, "the driver does not tell qos");
		assert_hinted(s, "give qos as well");
		assert_int_equal(vdev_vf_set(s->ctx, "eth0", 0, tag, of_tag, 2),
				 0);
		scripted_done(&script);
	}
	nlmsg_free(m);
}

/* --- Another process */

/* It sets the priority while it has the lock, and then gives it back. */
static int busy_flock(struct vdev_sys *sys, int fd, int operation)
{
	if (operation & LOCK_NB)
		return -EWOULDBLOCK;
	current->driver.vfs[1].vlan.qos = 5;
	return vdev_sys_kernel_ops.flock(sys, fd, operation);
}

static void test_other_process(void **state)
{
	struct setup *s = *state;
	unsigned int fds = count_fds();

	s->ops.flock = busy_flock;
	assert_int_equal(set_one(s, 1, VDEV_VF_VLAN, 100), 0);
	assert_int_equal(s->driver.vfs[1].vlan.vlan, 100);
	assert_int_equal(s->driver.vfs[1].vlan.qos, 5);
	assert_int_equal(count_fds(), fds);
	/* A look waits for nobody. */
	s->driver.vfs[1].vlan.qos = 0;
	assert_int_equal(
		vdev_vf_check(s->ctx, "eth0", 1,
			      &(enum vdev_vf_attribute){ VDEV_VF_VLAN },
			      &(uint64_t){ 7 }, 1),
		0);
	assert_int_equal(s->driver.vfs[1].vlan.qos, 0);
}

static int denied_mkdir(struct vdev_sys *sys, const char *path, mode_t mode)
{
	(void)sys;
	(void)path;
	(void)mode;
	return -EACCES;
}

static int stuck_flock(struct vdev_sys *sys, int fd, int operation)
{
	(void)sys;
	(void)fd;
	return operation & LOCK_NB ? -EWOULDBLOCK : -EINTR;
}

static void test_no_lock(void **state)
{
	struct setup *s = *state;
	unsigned int fds = count_fds();

	s->ops.mkdir = denied_mkdir;
	assert_int_equal(set_one(s, 1, VDEV_VF_VLAN, 100), 0);
	assert_int_equal(s->driver.sets, 1);
	s->ops.mkdir = tree_mkdir;
	s->ops.flock = stuck_flock;
	assert_int_equal(set_one(s, 1, VDEV_VF_VLAN, 200), -EINTR);
	assert_int_equal(s->driver.vfs[1].vlan.vlan, 100);
	assert_int_equal(s->driver.sets, 1);
	assert_int_equal(count_fds(), fds);
}

/* --- Failures */

static void sweep(struct failnth *fail, void *data)
{
	struct setup *s = data;
	struct driver before;
	struct vdev_vf_list *list = NULL;
	char *name = NULL;
	int found, listed, done;

	s->driver.guids = true;
	memset(s->driver.vfs, 0, sizeof(s->driver.vfs));
	for (unsigned int i = 0; i < VFS; i++) {
		s->driver.vfs[i].vlan.vlan_proto = htons(ETH_P_8021Q);
		s->driver.vfs[i].mac.vf = s->driver.vfs[i].vlan.vf =
			s->driver.vfs[i].rate.vf = i;
		s->driver.vfs[i].node_guid.vf = i;
		s->driver.vfs[i].port_guid.vf = i;
	}
	before = s->driver;
	failnth_start(fail, &s->ctx->sys);
	found = vdev_vf_netdev(s->ctx, PF, &name);
	listed = vdev_vf_list_new(s->ctx, "eth0", &list);
	done = set_all(s, ARRAY_SIZE(all));
	failnth_stop(fail);
	assert_true((found == 0) == (name != NULL));
	assert_true((listed == VFS) == (list != NULL));
	/* All or nothing. */
	if (done)
		assert_memory_equal(s->driver.vfs, before.vfs,
				    sizeof(before.vfs));
	else
		assert_int_equal(s->driver.vfs[1].port_guid.guid, values[11]);
	if (!failnth_fired(fail))
		assert_true(!found && listed == VFS && !done);
	vdev_vf_list_free(list);
	free(name);
}

static void test_sweep(void **state)
{
	failnth_sweep(sweep, *state);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_names),
		TEST(test_netdev),
		TEST(test_netdevs),
		TEST(test_no_netdev),
		TEST(test_captured),
		TEST(test_read),
		TEST(test_guids_and_stats),
		TEST(test_nothing_told),
		TEST(test_many),
		TEST(test_left_out),
		TEST(test_malformed),
		TEST(test_short_stats),
		TEST(test_set),
		TEST(test_protocol_unknown),
		TEST(test_bad_values),
		TEST(test_refused),
		TEST(test_refused_together),
		TEST(test_rollback_refused),
		TEST(test_unknown_last),
		TEST(test_set_left_out),
		TEST(test_other_process),
		TEST(test_no_lock),
		TEST(test_sweep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
