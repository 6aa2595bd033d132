/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/devlink.h"

#include <errno.h>
#include <inttypes.h>
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
	[DEVLINK_ATTR_PARAM_NAME] = { .type = NLA_STRING },
	[DEVLINK_ATTR_PARAM_TYPE] = { .type = NLA_U8 },
	[DEVLINK_ATTR_PARAM_VALUE_CMODE] = { .type = NLA_U8 },
	[DEVLINK_ATTR_INFO_DRIVER_NAME] = { .type = NLA_STRING },
	[DEVLINK_ATTR_INFO_SERIAL_NUMBER] = { .type = NLA_STRING },
	[DEVLINK_ATTR_INFO_VERSION_NAME] = { .type = NLA_STRING },
	[DEVLINK_ATTR_INFO_VERSION_VALUE] = { .type = NLA_STRING },
	[DEVLINK_ATTR_INFO_BOARD_SERIAL_NUMBER] = { .type = NLA_STRING },
	[DEVLINK_ATTR_RELOAD_FAILED] = { .type = NLA_U8 },
	[DEVLINK_ATTR_RELOAD_ACTION] = { .type = NLA_U8 },
	[DEVLINK_ATTR_RELOAD_ACTIONS_PERFORMED] = { .minlen = sizeof(
							    struct
							    nla_bitfield32) },
	[DEVLINK_ATTR_RELOAD_STATS_LIMIT] = { .type = NLA_U8 },
	[DEVLINK_ATTR_RELOAD_STATS_VALUE] = { .type = NLA_U32 },
	[DEVLINK_ATTR_RATE_TYPE] = { .type = NLA_U16 },
	[DEVLINK_ATTR_RATE_TX_SHARE] = { .type = NLA_U64 },
	[DEVLINK_ATTR_RATE_TX_MAX] = { .type = NLA_U64 },
	[DEVLINK_ATTR_RATE_NODE_NAME] = { .type = NLA_STRING },
	[DEVLINK_ATTR_RATE_PARENT_NODE_NAME] = { .type = NLA_STRING },
	[DEVLINK_ATTR_RATE_TX_PRIORITY] = { .type = NLA_U32 },
	[DEVLINK_ATTR_RATE_TX_WEIGHT] = { .type = NLA_U32 },
};

#define FUNCTION_ATTRS (DEVLINK_PORT_FN_ATTR_MAX_IO_EQS + 1)

static const struct nla_policy function_policy[FUNCTION_ATTRS] = {
	[DEVLINK_PORT_FN_ATTR_STATE] = { .type = NLA_U8 },
	[DEVLINK_PORT_FN_ATTR_OPSTATE] = { .type = NLA_U8 },
	[DEVLINK_PORT_FN_ATTR_CAPS] = { .minlen =
						sizeof(struct nla_bitfield32) },
	[DEVLINK_PORT_FN_ATTR_MAX_IO_EQS] = { .type = NLA_U32 },
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

static int take_function(struct nlattr *nest, struct devlink_port *port)
{
	struct nlattr *a[FUNCTION_ATTRS] = { NULL };
	const struct nlattr *address;
	struct nla_bitfield32 caps = { 0 };

	if (nest &&
	    nlmessage_parse_nested(nest, a, FUNCTION_ATTRS, function_policy))
		return -EBADMSG;
	address = a[DEVLINK_PORT_FUNCTION_ATTR_HW_ADDR];
	if (address) {
		port->hw_addr_length = (unsigned int)nla_len(address);
		if (port->hw_addr_length > sizeof(port->hw_addr))
			return -EBADMSG;
		memcpy(port->hw_addr, nla_data(address), port->hw_addr_length);
	}
	if (a[DEVLINK_PORT_FN_ATTR_CAPS])
		memcpy(&caps, nla_data(a[DEVLINK_PORT_FN_ATTR_CAPS]),
		       sizeof(caps));
	port->caps = caps.value;
	port->caps_known = caps.selector;
	port->state = get_u8(a[DEVLINK_PORT_FN_ATTR_STATE]);
	port->opstate = get_u8(a[DEVLINK_PORT_FN_ATTR_OPSTATE]);
	port->max_io_eqs = get_u32(a[DEVLINK_PORT_FN_ATTR_MAX_IO_EQS]);
	return 0;
}

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
	ret = take_function(a[DEVLINK_ATTR_PORT_FUNCTION], &port);
	return ret ? ret : ARRAY_ADD(ports->items, ports->count, port);
}

static struct devlink_port *port_of(const struct ports *ports, uint32_t index)
{
	for (size_t i = 0; i < ports->count; i++)
		if (ports->items[i].index == index)
			return &ports->items[i];
	return NULL;
}

static uint64_t get_u64(struct nlattr *a)
{
	return a ? nla_get_u64(a) : 0;
}

static void fill_rate(struct nlattr *a[ATTRS], struct devlink_port *port)
{
	port->has_rate = true;
	port->tx_share = get_u64(a[DEVLINK_ATTR_RATE_TX_SHARE]);
	port->tx_max = get_u64(a[DEVLINK_ATTR_RATE_TX_MAX]);
	port->tx_priority = get_u32(a[DEVLINK_ATTR_RATE_TX_PRIORITY]);
	port->tx_weight = get_u32(a[DEVLINK_ATTR_RATE_TX_WEIGHT]);
	nlmessage_text(a[DEVLINK_ATTR_RATE_PARENT_NODE_NAME], port->parent,
		       sizeof(port->parent));
}

/* Nodes have no port. */
static int take_rate(void *data, const void *message)
{
	struct nlattr *a[ATTRS];
	struct devlink_port *port = NULL;
	int ret = parse(message, a);

	if (ret)
		return ret;
	if (is_of(((struct ports *)data)->d, a) && a[DEVLINK_ATTR_PORT_INDEX])
		port = port_of(data, nla_get_u32(a[DEVLINK_ATTR_PORT_INDEX]));
	if (port)
		fill_rate(a, port);
	return 0;
}

static int take_node(void *data, const void *message)
{
	struct devlink_port node = {
		.flavour = -1,
		.number = -1,
		.controller = -1,
		.pf = -1,
		.vf = -1,
		.sf = -1,
		.external = -1,
		.state = -1,
		.opstate = -1,
		.max_io_eqs = -1,
	};
	struct ports *ports = data;
	struct nlattr *a[ATTRS];
	int ret = parse(message, a);

	if (ret || !is_of(ports->d, a) || !a[DEVLINK_ATTR_RATE_NODE_NAME])
		return ret;
	nlmessage_text(a[DEVLINK_ATTR_RATE_NODE_NAME], node.node,
		       sizeof(node.node));
	fill_rate(a, &node);
	return ARRAY_ADD(ports->items, ports->count, node);
}

static int dump(struct devlink *d, uint8_t command, vdev_sys_netlink_fn fn,
		void *data)
{
	struct nlmessage b;

	genetlink_start(&d->family, &b, command, NLM_F_DUMP);
	return genetlink_send(&d->family, &b, fn, data);
}

int devlink_list_ports(struct devlink *d, struct devlink_port **ret,
		       size_t *count)
{
	struct ports ports = { .d = d };
	int error = dump(d, DEVLINK_CMD_PORT_GET, take_port, &ports);

	/* Linux 5.14 has rates, and not every driver. */
	if (!error && ports.count)
		error = dump(d, DEVLINK_CMD_RATE_GET, take_rate, &ports);
	if (error == -EOPNOTSUPP && ports.count)
		error = 0;
	if (error) {
		free(ports.items);
		return error;
	}
	*ret = ports.items;
	*count = ports.count;
	return 0;
}

int devlink_list_nodes(struct devlink *d, struct devlink_port **ret,
		       size_t *count)
{
	struct ports nodes = { .d = d };
	int error = dump(d, DEVLINK_CMD_RATE_GET, take_node, &nodes);

	if (error) {
		free(nodes.items);
		return error;
	}
	*ret = nodes.items;
	*count = nodes.count;
	return 0;
}

int devlink_set_node(struct devlink *d, const char *node, bool there)
{
	struct nlmessage b;

	start(d, &b, there ? DEVLINK_CMD_RATE_NEW : DEVLINK_CMD_RATE_DEL);
	nlmessage_put_string(&b, DEVLINK_ATTR_RATE_NODE_NAME, node);
	return genetlink_send(&d->family, &b, NULL, NULL);
}

int devlink_set_function(struct devlink *d, uint32_t port, int attr,
			 const void *data, size_t size)
{
	struct nlmessage b;
	struct nlattr *nest;

	start(d, &b, DEVLINK_CMD_PORT_SET);
	nlmessage_put_u32(&b, DEVLINK_ATTR_PORT_INDEX, port);
	nest = nlmessage_nest(&b, DEVLINK_ATTR_PORT_FUNCTION | NLA_F_NESTED);
	nlmessage_put(&b, attr, data, size);
	nlmessage_end(&b, nest);
	return genetlink_send(&d->family, &b, NULL, NULL);
}

int devlink_set_rate(struct devlink *d, uint32_t port, const char *node,
		     int attr, const void *data, size_t size)
{
	struct nlmessage b;

	start(d, &b, DEVLINK_CMD_RATE_SET);
	if (node)
		nlmessage_put_string(&b, DEVLINK_ATTR_RATE_NODE_NAME, node);
	else
		nlmessage_put_u32(&b, DEVLINK_ATTR_PORT_INDEX, port);
	nlmessage_put(&b, attr, data, size);
	return genetlink_send(&d->family, &b, NULL, NULL);
}

/* --- Parameters */

struct params {
	const struct devlink *d;
	struct devlink_param *items;
	size_t count;
};

static int parse_nested(const struct nlattr *nest, struct nlattr *a[ATTRS])
{
	return nest ? nlmessage_parse_nested(nest, a, ATTRS, policy) : -EBADMSG;
}

static bool is_type(const struct nlattr *a, uint16_t type)
{
	return (a->nla_type & NLA_TYPE_MASK) == type;
}

/* A number of any of its sizes. */
static int add_number(const struct nlattr *a, struct strbuf *text)
{
	const void *data = nla_data(a);
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	switch (nla_len(a)) {
	case sizeof(u8):
		memcpy(&u8, data, sizeof(u8));
		u64 = u8;
		break;
	case sizeof(u16):
		memcpy(&u16, data, sizeof(u16));
		u64 = u16;
		break;
	case sizeof(u32):
		memcpy(&u32, data, sizeof(u32));
		u64 = u32;
		break;
	case sizeof(u64):
		memcpy(&u64, data, sizeof(u64));
		break;
	default:
		return -EBADMSG;
	}
	strbuf_addf(text, "%s%" PRIu64, text->length ? "," : "", u64);
	return 0;
}

/* All attributes of that type are the value; a flag may be none. */
static int value_text(const struct nlattr *nest, uint16_t type, int kind,
		      struct strbuf *text)
{
	const struct nlattr *a = NULL;
	bool set = false;
	int ret = 0;

	while (!ret && (a = nlmessage_next(nest, a))) {
		if (!is_type(a, type))
			continue;
		if (kind == DEVLINK_VAR_ATTR_TYPE_STRING)
			strbuf_addf(text, "%.*s", nla_len(a),
				    (const char *)nla_data(a));
		else if (kind != DEVLINK_VAR_ATTR_TYPE_FLAG)
			ret = add_number(a, text);
		else
			/* A flag's default is a byte. */
			set = !nla_len(a) || *(const uint8_t *)nla_data(a);
	}
	if (kind == DEVLINK_VAR_ATTR_TYPE_FLAG)
		strbuf_addf(text, "%s", set ? "true" : "false");
	return ret;
}

static int take_value(const struct nlattr *nest, uint16_t type, int kind,
		      char **ret)
{
	struct strbuf text = { 0 };
	int error = value_text(nest, type, kind, &text);

	if (error) {
		strbuf_clear(&text);
		return error;
	}
	free(*ret);
	*ret = strbuf_finish(&text);
	return *ret ? 0 : -ENOMEM;
}

static int take_mode(const struct nlattr *nest, struct devlink_param *param)
{
	struct nlattr *a[ATTRS];
	int ret = parse_nested(nest, a), mode;

	if (ret)
		return ret;
	mode = get_u8(a[DEVLINK_ATTR_PARAM_VALUE_CMODE]);
	if (mode < 0)
		return -EBADMSG;
	/* One that is newer is not of interest. */
	if (mode >= DEVLINK_PARAM_MODES)
		return 0;
	ret = take_value(nest, DEVLINK_ATTR_PARAM_VALUE_DATA, param->type,
			 &param->values[mode]);
	if (!ret && a[DEVLINK_ATTR_PARAM_VALUE_DEFAULT])
		ret = take_value(nest, DEVLINK_ATTR_PARAM_VALUE_DEFAULT,
				 param->type, &param->defaults[mode]);
	return ret;
}

static void param_clear(struct devlink_param *param)
{
	for (int i = 0; i < DEVLINK_PARAM_MODES; i++) {
		free(param->values[i]);
		free(param->defaults[i]);
	}
}

static int take_param(void *data, const void *message)
{
	struct nlattr *a[ATTRS], *in[ATTRS];
	struct devlink_param param = { .name = "" };
	const struct nlattr *value = NULL;
	struct params *params = data;
	int ret = parse(message, a);

	if (ret || !is_of(params->d, a))
		return ret;
	ret = parse_nested(a[DEVLINK_ATTR_PARAM], in);
	if (ret)
		return ret;
	if (!in[DEVLINK_ATTR_PARAM_NAME] || !in[DEVLINK_ATTR_PARAM_TYPE] ||
	    !in[DEVLINK_ATTR_PARAM_VALUES_LIST])
		return -EBADMSG;
	nlmessage_text(in[DEVLINK_ATTR_PARAM_NAME], param.name,
		       sizeof(param.name));
	param.generic = in[DEVLINK_ATTR_PARAM_GENERIC];
	param.type = nla_get_u8(in[DEVLINK_ATTR_PARAM_TYPE]);
	while (!ret && (value = nlmessage_next(
				in[DEVLINK_ATTR_PARAM_VALUES_LIST], value)))
		if (is_type(value, DEVLINK_ATTR_PARAM_VALUE))
			ret = take_mode(value, &param);
	if (!ret)
		ret = ARRAY_ADD(params->items, params->count, param);
	if (ret)
		param_clear(&param);
	return ret;
}

int devlink_list_params(struct devlink *d, struct devlink_param **ret,
			size_t *count)
{
	struct params params = { .d = d };
	int error = dump(d, DEVLINK_CMD_PARAM_GET, take_param, &params);

	if (error) {
		devlink_params_free(params.items, params.count);
		return error;
	}
	*ret = params.items;
	*count = params.count;
	return 0;
}

void devlink_params_free(struct devlink_param *params, size_t count)
{
	for (size_t i = 0; i < count; i++)
		param_clear(&params[i]);
	free(params);
}

int devlink_set_param(struct devlink *d, const char *name, int type, int mode,
		      const void *data, size_t size, size_t count)
{
	struct nlmessage b;

	start(d, &b, DEVLINK_CMD_PARAM_SET);
	nlmessage_put_string(&b, DEVLINK_ATTR_PARAM_NAME, name);
	nlmessage_put_u8(&b, DEVLINK_ATTR_PARAM_TYPE, (uint8_t)type);
	nlmessage_put_u8(&b, DEVLINK_ATTR_PARAM_VALUE_CMODE, (uint8_t)mode);
	for (size_t i = 0; i < count; i++)
		nlmessage_put(&b, DEVLINK_ATTR_PARAM_VALUE_DATA,
			      (const char *)data + i * size, size);
	return genetlink_send(&d->family, &b, NULL, NULL);
}

/* --- The device and its firmware */

static int take_version(const struct nlattr *nest,
			enum devlink_version_kind kind,
			struct devlink_info *info)
{
	struct devlink_version version = { .kind = kind };
	struct nlattr *a[ATTRS];
	int ret = parse_nested(nest, a);

	if (ret)
		return ret;
	nlmessage_text(a[DEVLINK_ATTR_INFO_VERSION_NAME], version.name,
		       sizeof(version.name));
	nlmessage_text(a[DEVLINK_ATTR_INFO_VERSION_VALUE], version.value,
		       sizeof(version.value));
	return ARRAY_ADD(info->versions, info->version_count, version);
}

/* The versions stand beside one another, many of a type. */
static int take_versions(const void *message, struct devlink_info *info)
{
	const struct nlattr *a = NULL;
	int ret = 0;

	while (!ret && (a = genetlink_next(message, a))) {
		if (is_type(a, DEVLINK_ATTR_INFO_VERSION_FIXED))
			ret = take_version(a, DEVLINK_VERSION_FIXED, info);
		else if (is_type(a, DEVLINK_ATTR_INFO_VERSION_RUNNING))
			ret = take_version(a, DEVLINK_VERSION_RUNNING, info);
		else if (is_type(a, DEVLINK_ATTR_INFO_VERSION_STORED))
			ret = take_version(a, DEVLINK_VERSION_STORED, info);
	}
	return ret;
}

static int take_info(void *data, const void *message)
{
	struct devlink_info *info = data;
	struct nlattr *a[ATTRS];
	int ret = parse(message, a);

	if (ret)
		return ret;
	nlmessage_text(a[DEVLINK_ATTR_INFO_DRIVER_NAME], info->driver,
		       sizeof(info->driver));
	nlmessage_text(a[DEVLINK_ATTR_INFO_SERIAL_NUMBER], info->serial,
		       sizeof(info->serial));
	nlmessage_text(a[DEVLINK_ATTR_INFO_BOARD_SERIAL_NUMBER],
		       info->board_serial, sizeof(info->board_serial));
	return take_versions(message, info);
}

/* How often an action was done, by limit. */
static int take_action(const struct nlattr *nest, struct devlink_info *info)
{
	struct nlattr *a[ATTRS], *in[ATTRS];
	const struct nlattr *entry = NULL;
	int ret = parse_nested(nest, a);

	if (!ret && (!a[DEVLINK_ATTR_RELOAD_ACTION] ||
		     !a[DEVLINK_ATTR_RELOAD_ACTION_STATS]))
		ret = -EBADMSG;
	while (!ret && (entry = nlmessage_next(
				a[DEVLINK_ATTR_RELOAD_ACTION_STATS], entry))) {
		struct devlink_reload reload;

		if (!is_type(entry, DEVLINK_ATTR_RELOAD_STATS_ENTRY))
			continue;
		ret = parse_nested(entry, in);
		if (ret)
			break;
		reload = (struct devlink_reload){
			.action = get_u8(a[DEVLINK_ATTR_RELOAD_ACTION]),
			.limit = get_u8(in[DEVLINK_ATTR_RELOAD_STATS_LIMIT]),
			.count = get_u32(in[DEVLINK_ATTR_RELOAD_STATS_VALUE]),
		};
		ret = ARRAY_ADD(info->reloads, info->reload_count, reload);
	}
	return ret;
}

static int take_state(void *data, const void *message)
{
	struct nlattr *a[ATTRS], *in[ATTRS];
	struct devlink_info *info = data;
	const struct nlattr *action = NULL;
	int ret = parse(message, a);

	if (ret)
		return ret;
	info->reload_failed = get_u8(a[DEVLINK_ATTR_RELOAD_FAILED]);
	if (!a[DEVLINK_ATTR_DEV_STATS])
		return 0;
	ret = parse_nested(a[DEVLINK_ATTR_DEV_STATS], in);
	if (ret || !in[DEVLINK_ATTR_RELOAD_STATS])
		return ret;
	while (!ret &&
	       (action = nlmessage_next(in[DEVLINK_ATTR_RELOAD_STATS], action)))
		if (is_type(action, DEVLINK_ATTR_RELOAD_ACTION_INFO))
			ret = take_action(action, info);
	return ret;
}

int devlink_get_info(struct devlink *d, struct devlink_info *ret)
{
	struct devlink_info info = { .reload_failed = -1 };
	struct nlmessage b;
	int error;

	start(d, &b, DEVLINK_CMD_GET);
	error = genetlink_send(&d->family, &b, take_state, &info);
	if (!error) {
		start(d, &b, DEVLINK_CMD_INFO_GET);
		error = genetlink_send(&d->family, &b, take_info, &info);
		/* A driver may have nothing to say. */
		if (error == -EOPNOTSUPP)
			error = 0;
	}
	if (error)
		devlink_info_clear(&info);
	else
		*ret = info;
	return error;
}

void devlink_info_clear(struct devlink_info *info)
{
	free(info->versions);
	free(info->reloads);
	*info = (struct devlink_info){ .driver = "" };
}

static int take_performed(void *data, const void *message)
{
	struct nlattr *a[ATTRS];
	struct nla_bitfield32 bits = { 0 };
	int ret = parse(message, a);

	if (ret)
		return ret;
	if (a[DEVLINK_ATTR_RELOAD_ACTIONS_PERFORMED])
		memcpy(&bits,
		       nla_data(a[DEVLINK_ATTR_RELOAD_ACTIONS_PERFORMED]),
		       sizeof(bits));
	*(uint32_t *)data = bits.value;
	return 0;
}

int devlink_do_reload(struct devlink *d, int action, int limit,
		      uint32_t *performed)
{
	const struct nla_bitfield32 bits = { 1U << limit, 1U << limit };
	uint32_t done = 0;
	struct nlmessage b;
	int ret;

	start(d, &b, DEVLINK_CMD_RELOAD);
	nlmessage_put_u8(&b, DEVLINK_ATTR_RELOAD_ACTION, (uint8_t)action);
	if (limit)
		nlmessage_put(&b, DEVLINK_ATTR_RELOAD_LIMITS, &bits,
			      sizeof(bits));
	ret = genetlink_send(&d->family, &b, take_performed, &done);
	if (!ret)
		*performed = done;
	return ret;
}
