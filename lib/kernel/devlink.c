/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/devlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>

#include "kernel/abi/devlink.h"

#define ATTRS (DEVLINK_ATTR_PARAM_RESET_DEFAULT + 1)

static const struct nla_policy policy[ATTRS] = {
	[DEVLINK_ATTR_BUS_NAME] = { .type = NLA_STRING },
	[DEVLINK_ATTR_DEV_NAME] = { .type = NLA_STRING },
	[DEVLINK_ATTR_PORT_INDEX] = { .type = NLA_U32 },
	[DEVLINK_ATTR_PORT_NETDEV_NAME] = { .type = NLA_STRING },
	[DEVLINK_ATTR_PORT_IBDEV_NAME] = { .type = NLA_STRING },
	[DEVLINK_ATTR_ESWITCH_MODE] = { .type = NLA_U16 },
	[DEVLINK_ATTR_ESWITCH_INLINE_MODE] = { .type = NLA_U8 },
	[DEVLINK_ATTR_ESWITCH_ENCAP_MODE] = { .type = NLA_U8 },
	[DEVLINK_ATTR_PORT_FLAVOUR] = { .type = NLA_U16 },
	[DEVLINK_ATTR_PORT_NUMBER] = { .type = NLA_U32 },
	[DEVLINK_ATTR_PORT_PCI_PF_NUMBER] = { .type = NLA_U16 },
	[DEVLINK_ATTR_PORT_PCI_VF_NUMBER] = { .type = NLA_U16 },
	[DEVLINK_ATTR_PORT_EXTERNAL] = { .type = NLA_U8 },
	[DEVLINK_ATTR_PORT_CONTROLLER_NUMBER] = { .type = NLA_U32 },
	[DEVLINK_ATTR_PORT_PCI_SF_NUMBER] = { .type = NLA_U32 },
};

int devlink_open(struct vdev_sys *sys, const char *bus, const char *name,
		 struct devlink *ret)
{
	struct devlink d = { 0 };
	int error = genetlink_open(sys, DEVLINK_GENL_NAME, DEVLINK_GENL_VERSION,
				   &d.family);

	if (error)
		return error;
	snprintf(d.bus, sizeof(d.bus), "%s", bus);
	snprintf(d.name, sizeof(d.name), "%s", name);
	*ret = d;
	return 0;
}

/* A message about this device. */
static void start(const struct devlink *d, struct nlmessage *b, uint8_t command)
{
	genetlink_start(&d->family, b, command, 0);
	nlmessage_put_string(b, DEVLINK_ATTR_BUS_NAME, d->bus);
	nlmessage_put_string(b, DEVLINK_ATTR_DEV_NAME, d->name);
}

static int parse(const void *message, struct nlattr *a[ATTRS])
{
	int ret = genetlink_parse(message, a, ATTRS, policy);

	if (!ret && (!a[DEVLINK_ATTR_BUS_NAME] || !a[DEVLINK_ATTR_DEV_NAME]))
		ret = -EBADMSG;
	return ret;
}

/* Dumps are of all devices: before Linux 6.5 there is no other one. */
static bool is_of(const struct devlink *d, struct nlattr *const a[ATTRS])
{
	return str_eq(nla_get_string(a[DEVLINK_ATTR_BUS_NAME]), d->bus) &&
	       str_eq(nla_get_string(a[DEVLINK_ATTR_DEV_NAME]), d->name);
}

static int get_u8(struct nlattr *a)
{
	return a ? nla_get_u8(a) : -1;
}

static int get_u16(struct nlattr *a)
{
	return a ? nla_get_u16(a) : -1;
}

static int64_t get_u32(struct nlattr *a)
{
	return a ? (int64_t)nla_get_u32(a) : -1;
}

/* --- Devices */

static int take_device(void *data, const void *message)
{
	struct nlattr *a[ATTRS];
	int ret = parse(message, a);

	return ret ? ret
		   : strv_addf(data, "%s/%s",
			       nla_get_string(a[DEVLINK_ATTR_BUS_NAME]),
			       nla_get_string(a[DEVLINK_ATTR_DEV_NAME]));
}

int devlink_list(struct vdev_sys *sys, struct strv *ret)
{
	struct genetlink g;
	struct nlmessage b;
	struct strv found = { 0 };
	int error = genetlink_open(sys, DEVLINK_GENL_NAME, DEVLINK_GENL_VERSION,
				   &g);

	if (error)
		return error;
	genetlink_start(&g, &b, DEVLINK_CMD_GET, NLM_F_DUMP);
	error = genetlink_send(&g, &b, take_device, &found);
	if (error) {
		strv_clear(&found);
		return error;
	}
	strv_sort(&found);
	*ret = found;
	return 0;
}

/* --- The switch */

static int take_eswitch(void *data, const void *message)
{
	struct nlattr *a[ATTRS];
	int *values = data;
	int ret = parse(message, a);

	if (ret)
		return ret;
	values[DEVLINK_ESWITCH_MODE] = get_u16(a[DEVLINK_ATTR_ESWITCH_MODE]);
	values[DEVLINK_ESWITCH_INLINE] =
		get_u8(a[DEVLINK_ATTR_ESWITCH_INLINE_MODE]);
	values[DEVLINK_ESWITCH_ENCAP] =
		get_u8(a[DEVLINK_ATTR_ESWITCH_ENCAP_MODE]);
	return 0;
}

int devlink_get_eswitch(struct devlink *d, int values[DEVLINK_ESWITCH_COUNT])
{
	int found[DEVLINK_ESWITCH_COUNT] = { -1, -1, -1 };
	struct nlmessage b;
	int ret;

	start(d, &b, DEVLINK_CMD_ESWITCH_GET);
	ret = genetlink_send(&d->family, &b, take_eswitch, found);
	if (!ret)
		memcpy(values, found, sizeof(found));
	return ret;
}

int devlink_set_eswitch(struct devlink *d, enum devlink_eswitch what,
			unsigned int value)
{
	struct nlmessage b;

	start(d, &b, DEVLINK_CMD_ESWITCH_SET);
	if (what == DEVLINK_ESWITCH_MODE)
		nlmessage_put_u16(&b, DEVLINK_ATTR_ESWITCH_MODE,
				  (uint16_t)value);
	else
		nlmessage_put_u8(&b,
				 what == DEVLINK_ESWITCH_INLINE
					 ? DEVLINK_ATTR_ESWITCH_INLINE_MODE
					 : DEVLINK_ATTR_ESWITCH_ENCAP_MODE,
				 (uint8_t)value);
	return genetlink_send(&d->family, &b, NULL, NULL);
}

/* --- Ports */

struct ports {
	const struct devlink *d;
	struct devlink_port *items;
	size_t count;
};

static int take_port(void *data, const void *message)
{
	struct nlattr *a[ATTRS];
	struct ports *ports = data;
	struct devlink_port port;
	int ret = parse(message, a);

	if (ret || !is_of(ports->d, a))
		return ret;
	if (!a[DEVLINK_ATTR_PORT_INDEX])
		return -EBADMSG;
	port = (struct devlink_port){
		.index = nla_get_u32(a[DEVLINK_ATTR_PORT_INDEX]),
		.flavour = get_u16(a[DEVLINK_ATTR_PORT_FLAVOUR]),
		.number = get_u32(a[DEVLINK_ATTR_PORT_NUMBER]),
		.controller = get_u32(a[DEVLINK_ATTR_PORT_CONTROLLER_NUMBER]),
		.pf = get_u16(a[DEVLINK_ATTR_PORT_PCI_PF_NUMBER]),
		.vf = get_u16(a[DEVLINK_ATTR_PORT_PCI_VF_NUMBER]),
		.sf = get_u32(a[DEVLINK_ATTR_PORT_PCI_SF_NUMBER]),
		.external = get_u8(a[DEVLINK_ATTR_PORT_EXTERNAL]),
	};
	nlmessage_text(a[DEVLINK_ATTR_PORT_NETDEV_NAME], port.netdev,
		       sizeof(port.netdev));
	nlmessage_text(a[DEVLINK_ATTR_PORT_IBDEV_NAME], port.ibdev,
		       sizeof(port.ibdev));
	return ARRAY_ADD(ports->items, ports->count, port);
}

int devlink_list_ports(struct devlink *d, struct devlink_port **ret,
		       size_t *count)
{
	struct ports ports = { .d = d };
	struct nlmessage b;
	int error;

	genetlink_start(&d->family, &b, DEVLINK_CMD_PORT_GET, NLM_F_DUMP);
	error = genetlink_send(&d->family, &b, take_port, &ports);
	if (error) {
		free(ports.items);
		return error;
	}
	*ret = ports.items;
	*count = ports.count;
	return 0;
}
