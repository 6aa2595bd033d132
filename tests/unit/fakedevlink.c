/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fakedevlink.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <setjmp.h>
#include <stdio.h>

#include <cmocka.h>

#include "fakemessage.h"
#include "kernel/abi/devlink.h"

/* --- The family */

static int get_family(const struct fakedevlink *f,
		      struct vdev_sys_netlink *request)
{
	struct message m;

	assert_string_equal(
		message_text(request->message, CTRL_ATTR_FAMILY_NAME),
		DEVLINK_GENL_NAME);
	if (f->absent)
		return -ENOENT;
	message_start(&m, GENL_ID_CTRL, CTRL_CMD_NEWFAMILY);
	message_put_text(&m, CTRL_ATTR_FAMILY_NAME, DEVLINK_GENL_NAME);
	message_put_number(&m, CTRL_ATTR_FAMILY_ID, FAKE_FAMILY, 2);
	return message_answer(request, &m);
}

/* --- The device */

static void start_answer(const struct fakedevlink *f, struct message *m,
			 uint8_t command)
{
	message_start(m, FAKE_FAMILY, command);
	message_put_text(m, DEVLINK_ATTR_BUS_NAME, f->bus);
	message_put_text(m, DEVLINK_ATTR_DEV_NAME, f->name);
}

static const struct {
	int attr;
	size_t size;
} eswitch_attrs[DEVLINK_ESWITCH_COUNT] = {
	[DEVLINK_ESWITCH_MODE] = { DEVLINK_ATTR_ESWITCH_MODE, 2 },
	[DEVLINK_ESWITCH_INLINE] = { DEVLINK_ATTR_ESWITCH_INLINE_MODE, 1 },
	[DEVLINK_ESWITCH_ENCAP] = { DEVLINK_ATTR_ESWITCH_ENCAP_MODE, 1 },
};

static int get_eswitch(const struct fakedevlink *f,
		       struct vdev_sys_netlink *request)
{
	struct message m;

	start_answer(f, &m, DEVLINK_CMD_ESWITCH_GET);
	for (int i = 0; i < DEVLINK_ESWITCH_COUNT; i++)
		message_put_number(&m, eswitch_attrs[i].attr, f->eswitch[i],
				   eswitch_attrs[i].size);
	return message_answer(request, &m);
}

/* Whether the setting is refused by order of the test. */
static int count_setting(struct fakedevlink *f,
			 struct vdev_sys_netlink *request)
{
	f->sets++;
	if (!f->refuse || --f->refuse)
		return 0;
	if (f->why)
		snprintf(request->why, sizeof(request->why), "%s", f->why);
	return -f->error;
}

static int set_eswitch(struct fakedevlink *f, struct vdev_sys_netlink *request)
{
	int ret = count_setting(f, request);

	for (int i = 0; i < DEVLINK_ESWITCH_COUNT && !ret; i++) {
		int64_t value =
			message_number(request->message, eswitch_attrs[i].attr,
				       eswitch_attrs[i].size);

		if (value < 0)
			continue;
		if (!f->has_eswitch[i])
			return -EOPNOTSUPP;
		if (!f->deaf[i])
			f->eswitch[i] = (int)value;
	}
	return ret;
}

/* The device, and in front of it another one. */
static int list_devices(const struct fakedevlink *f,
			struct vdev_sys_netlink *request)
{
	struct message m;
	int ret;

	message_start(&m, FAKE_FAMILY, DEVLINK_CMD_NEW);
	message_put_text(&m, DEVLINK_ATTR_BUS_NAME, "virtual");
	message_put_text(&m, DEVLINK_ATTR_DEV_NAME, "other");
	ret = message_answer(request, &m);
	if (ret)
		return ret;
	start_answer(f, &m, DEVLINK_CMD_NEW);
	return message_answer(request, &m);
}

static void put_port(struct message *m, const struct devlink_port *p)
{
	message_put_number(m, DEVLINK_ATTR_PORT_INDEX, p->index, 4);
	message_put_number(m, DEVLINK_ATTR_PORT_FLAVOUR, p->flavour, 2);
	message_put_number(m, DEVLINK_ATTR_PORT_NUMBER, p->number, 4);
	message_put_number(m, DEVLINK_ATTR_PORT_CONTROLLER_NUMBER,
			   p->controller, 4);
	message_put_number(m, DEVLINK_ATTR_PORT_PCI_PF_NUMBER, p->pf, 2);
	message_put_number(m, DEVLINK_ATTR_PORT_PCI_VF_NUMBER, p->vf, 2);
	message_put_number(m, DEVLINK_ATTR_PORT_PCI_SF_NUMBER, p->sf, 4);
	message_put_number(m, DEVLINK_ATTR_PORT_EXTERNAL, p->external, 1);
	if (*p->netdev)
		message_put_text(m, DEVLINK_ATTR_PORT_NETDEV_NAME, p->netdev);
	if (*p->ibdev)
		message_put_text(m, DEVLINK_ATTR_PORT_IBDEV_NAME, p->ibdev);
}

static void put_function(struct message *m, const struct devlink_port *p)
{
	struct nla_bitfield32 caps = { p->caps, p->caps_known };
	struct nlattr *nest = message_put(
		m, DEVLINK_ATTR_PORT_FUNCTION | NLA_F_NESTED, NULL, 0);

	if (p->hw_addr_length)
		message_put(m, DEVLINK_PORT_FUNCTION_ATTR_HW_ADDR, p->hw_addr,
			    p->hw_addr_length);
	message_put_number(m, DEVLINK_PORT_FN_ATTR_STATE, p->state, 1);
	message_put_number(m, DEVLINK_PORT_FN_ATTR_OPSTATE, p->opstate, 1);
	if (caps.selector)
		message_put(m, DEVLINK_PORT_FN_ATTR_CAPS, &caps, sizeof(caps));
	message_put_number(m, DEVLINK_PORT_FN_ATTR_MAX_IO_EQS, p->max_io_eqs,
			   4);
	message_end_nest(m, nest);
}

static int list_ports(const struct fakedevlink *f,
		      struct vdev_sys_netlink *request)
{
	struct message m;
	int ret = 0;

	/* One of another device, which is not to be mistaken for ours. */
	message_start(&m, FAKE_FAMILY, DEVLINK_CMD_PORT_NEW);
	message_put_text(&m, DEVLINK_ATTR_BUS_NAME, "virtual");
	message_put_text(&m, DEVLINK_ATTR_DEV_NAME, "other");
	message_put_number(&m, DEVLINK_ATTR_PORT_INDEX, 7, 4);
	message_put_text(&m, DEVLINK_ATTR_PORT_NETDEV_NAME, "other0");
	ret = message_answer(request, &m);
	for (size_t i = 0; i < f->port_count && !ret; i++) {
		start_answer(f, &m, DEVLINK_CMD_PORT_NEW);
		put_port(&m, &f->ports[i]);
		put_function(&m, &f->ports[i]);
		ret = message_answer(request, &m);
	}
	return ret;
}

static void put_rate(struct message *m, const struct devlink_port *p)
{
	message_put(m, DEVLINK_ATTR_RATE_TX_SHARE, &p->tx_share, 8);
	message_put(m, DEVLINK_ATTR_RATE_TX_MAX, &p->tx_max, 8);
	message_put_number(m, DEVLINK_ATTR_RATE_TX_PRIORITY, p->tx_priority, 4);
	message_put_number(m, DEVLINK_ATTR_RATE_TX_WEIGHT, p->tx_weight, 4);
	if (*p->parent)
		message_put_text(m, DEVLINK_ATTR_RATE_PARENT_NODE_NAME,
				 p->parent);
}

/* Nodes come first, which have no port. */
static int list_rates(const struct fakedevlink *f,
		      struct vdev_sys_netlink *request)
{
	struct message m;
	int ret = f->no_rates ? -EOPNOTSUPP : 0;

	for (size_t i = 0; i < ARRAY_SIZE(f->nodes) && !ret; i++) {
		if (!*f->nodes[i].node)
			continue;
		start_answer(f, &m, DEVLINK_CMD_RATE_NEW);
		message_put_number(&m, DEVLINK_ATTR_RATE_TYPE,
				   DEVLINK_RATE_TYPE_NODE, 2);
		message_put_text(&m, DEVLINK_ATTR_RATE_NODE_NAME,
				 f->nodes[i].node);
		put_rate(&m, &f->nodes[i]);
		ret = message_answer(request, &m);
	}
	for (size_t i = 0; i < f->port_count && !ret; i++) {
		const struct devlink_port *p = &f->ports[i];

		if (!p->has_rate)
			continue;
		start_answer(f, &m, DEVLINK_CMD_RATE_NEW);
		message_put_number(&m, DEVLINK_ATTR_RATE_TYPE,
				   DEVLINK_RATE_TYPE_LEAF, 2);
		message_put_number(&m, DEVLINK_ATTR_PORT_INDEX, p->index, 4);
		put_rate(&m, p);
		ret = message_answer(request, &m);
	}
	return ret;
}

/* The node of that name; NULL for none. */
static struct devlink_port *node_of(struct fakedevlink *f, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(f->nodes); i++)
		if (str_eq(f->nodes[i].node, name))
			return &f->nodes[i];
	return NULL;
}

/* Makes it in the place of one that is not there, or removes it. */
static int set_node(struct fakedevlink *f, struct vdev_sys_netlink *request,
		    bool there)
{
	const char *name =
		message_text(request->message, DEVLINK_ATTR_RATE_NODE_NAME);
	struct devlink_port *node = node_of(f, there ? "" : name);
	int ret = count_setting(f, request);

	if (ret)
		return ret;
	assert_non_null(node);
	*node = (struct devlink_port){ .index = 0 };
	if (there)
		snprintf(node->node, sizeof(node->node), "%s", name);
	return 0;
}

static struct devlink_port *port_of(const struct fakedevlink *f,
				    const struct nlmsghdr *h)
{
	int64_t index = message_number(h, DEVLINK_ATTR_PORT_INDEX, 4);

	for (size_t i = 0; i < f->port_count; i++)
		if (f->ports[i].index == index)
			return &f->ports[i];
	fail_msg("there is no port %d", (int)index);
	/* The test has ended, which the analyzer cannot see. */
	abort();
}

/* A request holds one setting. */
static int set_function(struct fakedevlink *f, struct vdev_sys_netlink *request)
{
	const struct nlmsghdr *h = request->message;
	const struct nlattr *nest = message_find(h, DEVLINK_ATTR_PORT_FUNCTION);
	const struct nlattr *a =
		(const void *)((const char *)nest + NLA_HDRLEN);
	const void *data = (const char *)a + NLA_HDRLEN;
	size_t size = a->nla_len - (size_t)NLA_HDRLEN;
	struct devlink_port *p = port_of(f, h);
	struct nla_bitfield32 caps;
	uint32_t eqs;
	int ret = count_setting(f, request);

	assert_true(nest->nla_type & NLA_F_NESTED);
	if (ret)
		return ret;
	switch (a->nla_type) {
	case DEVLINK_PORT_FUNCTION_ATTR_HW_ADDR:
		assert_true(size <= sizeof(p->hw_addr));
		memcpy(p->hw_addr, data, size);
		p->hw_addr_length = (unsigned int)size;
		return 0;
	case DEVLINK_PORT_FN_ATTR_STATE:
		assert_int_equal(size, 1);
		p->state = *(const uint8_t *)data;
		return 0;
	case DEVLINK_PORT_FN_ATTR_CAPS:
		assert_int_equal(size, sizeof(caps));
		memcpy(&caps, data, sizeof(caps));
		p->caps = (p->caps & ~caps.selector) | caps.value;
		return 0;
	case DEVLINK_PORT_FN_ATTR_MAX_IO_EQS:
		assert_int_equal(size, sizeof(eqs));
		memcpy(&eqs, data, sizeof(eqs));
		p->max_io_eqs = eqs;
		return 0;
	default:
		fail_msg("function attribute %d", a->nla_type);
		return -EIO;
	}
}

static int set_rate(struct fakedevlink *f, struct vdev_sys_netlink *request)
{
	const struct nlmsghdr *h = request->message;
	const char *node = message_text(h, DEVLINK_ATTR_RATE_NODE_NAME);
	struct devlink_port *p = *node ? node_of(f, node) : port_of(f, h);
	int ret = count_setting(f, request);

	if (ret)
		return ret;
	assert_non_null(p);
	if (message_find(h, DEVLINK_ATTR_RATE_TX_SHARE))
		p->tx_share = (uint64_t)message_number(
			h, DEVLINK_ATTR_RATE_TX_SHARE, 8);
	if (message_find(h, DEVLINK_ATTR_RATE_TX_MAX))
		p->tx_max = (uint64_t)message_number(
			h, DEVLINK_ATTR_RATE_TX_MAX, 8);
	if (message_find(h, DEVLINK_ATTR_RATE_TX_PRIORITY))
		p->tx_priority =
			message_number(h, DEVLINK_ATTR_RATE_TX_PRIORITY, 4);
	if (message_find(h, DEVLINK_ATTR_RATE_TX_WEIGHT))
		p->tx_weight =
			message_number(h, DEVLINK_ATTR_RATE_TX_WEIGHT, 4);
	if (message_find(h, DEVLINK_ATTR_RATE_PARENT_NODE_NAME))
		snprintf(p->parent, sizeof(p->parent), "%s",
			 message_text(h, DEVLINK_ATTR_RATE_PARENT_NODE_NAME));
	return 0;
}

/* --- Parameters */

static size_t size_of(int type)
{
	switch (type) {
	case DEVLINK_VAR_ATTR_TYPE_U8:
		return 1;
	case DEVLINK_VAR_ATTR_TYPE_U16:
		return 2;
	case DEVLINK_VAR_ATTR_TYPE_U64:
	case DEVLINK_VAR_ATTR_TYPE_U64_ARRAY:
		return 8;
	default:
		return 4;
	}
}

/* A flag that is not set is left out, but for a default, which is a byte. */
static void put_value(struct message *m, int attr, int type,
		      const struct fake_value *v)
{
	if (type == DEVLINK_VAR_ATTR_TYPE_STRING)
		message_put_text(m, attr, v->text);
	else if (type == DEVLINK_VAR_ATTR_TYPE_U64_ARRAY)
		for (size_t i = 0; i < v->count; i++)
			message_put_bytes(m, attr, v->numbers[i], 8);
	else if (type != DEVLINK_VAR_ATTR_TYPE_FLAG)
		message_put_bytes(m, attr, v->numbers[0], size_of(type));
	else if (attr == DEVLINK_ATTR_PARAM_VALUE_DEFAULT)
		message_put_bytes(m, attr, v->numbers[0], 1);
	else if (v->numbers[0])
		message_put(m, attr, NULL, 0);
}

static void put_param(struct message *m, const struct fake_param *p)
{
	struct nlattr *param = message_put(m, DEVLINK_ATTR_PARAM, NULL, 0),
		      *list;

	message_put_text(m, DEVLINK_ATTR_PARAM_NAME, p->name);
	if (p->generic)
		message_put(m, DEVLINK_ATTR_PARAM_GENERIC, NULL, 0);
	message_put_number(m, DEVLINK_ATTR_PARAM_TYPE, p->type, 1);
	list = message_put(m, DEVLINK_ATTR_PARAM_VALUES_LIST, NULL, 0);
	for (int i = 0; i < DEVLINK_PARAM_MODES; i++) {
		struct nlattr *value;

		if (!p->values[i].there)
			continue;
		value = message_put(m, DEVLINK_ATTR_PARAM_VALUE, NULL, 0);
		message_put_number(m, DEVLINK_ATTR_PARAM_VALUE_CMODE, i, 1);
		put_value(m, DEVLINK_ATTR_PARAM_VALUE_DATA, p->type,
			  &p->values[i]);
		if (p->defaults[i].there)
			put_value(m, DEVLINK_ATTR_PARAM_VALUE_DEFAULT, p->type,
				  &p->defaults[i]);
		message_end_nest(m, value);
	}
	message_end_nest(m, list);
	message_end_nest(m, param);
}

static int list_params(const struct fakedevlink *f,
		       struct vdev_sys_netlink *request)
{
	struct message m;
	int ret = f->no_params ? -EOPNOTSUPP : 0;

	for (size_t i = 0; i < f->param_count && !ret; i++) {
		start_answer(f, &m, DEVLINK_CMD_PARAM_GET);
		put_param(&m, &f->params[i]);
		ret = message_answer(request, &m);
	}
	return ret;
}

static void take_value(const struct nlmsghdr *h, int type, struct fake_value *v)
{
	const struct nlattr *a = NULL;

	v->count = 0;
	v->numbers[0] = 0;
	while ((a = message_find_next(h, DEVLINK_ATTR_PARAM_VALUE_DATA, a))) {
		const char *data = (const char *)a + NLA_HDRLEN;
		size_t size = a->nla_len - (size_t)NLA_HDRLEN;

		assert_true(v->count < ARRAY_SIZE(v->numbers));
		if (type == DEVLINK_VAR_ATTR_TYPE_STRING) {
			assert_int_equal(data[size - 1], '\0');
			snprintf(v->text, sizeof(v->text), "%s", data);
		} else if (type == DEVLINK_VAR_ATTR_TYPE_FLAG) {
			assert_int_equal(size, 0);
			v->numbers[0] = 1;
		} else {
			assert_int_equal(size, size_of(type));
			v->numbers[v->count] = 0;
			memcpy(&v->numbers[v->count], data, size);
		}
		v->count++;
	}
}

static int set_param(struct fakedevlink *f, struct vdev_sys_netlink *request)
{
	const struct nlmsghdr *h = request->message;
	const char *name = message_text(h, DEVLINK_ATTR_PARAM_NAME);
	int64_t mode = message_number(h, DEVLINK_ATTR_PARAM_VALUE_CMODE, 1);
	int ret = count_setting(f, request);

	for (size_t i = 0; i < f->param_count && !ret; i++) {
		struct fake_param *p = &f->params[i];

		if (!str_eq(p->name, name))
			continue;
		assert_int_equal(message_number(h, DEVLINK_ATTR_PARAM_TYPE, 1),
				 p->type);
		assert_in_range(mode, 0, DEVLINK_PARAM_MODES - 1);
		assert_true(p->values[mode].there);
		if (!p->deaf)
			take_value(h, p->type, &p->values[mode]);
		return 0;
	}
	return ret ? ret : -EINVAL;
}

/* --- What it is */

static void put_version(struct message *m, const struct devlink_version *v)
{
	static const int types[] = {
		[DEVLINK_VERSION_FIXED] = DEVLINK_ATTR_INFO_VERSION_FIXED,
		[DEVLINK_VERSION_RUNNING] = DEVLINK_ATTR_INFO_VERSION_RUNNING,
		[DEVLINK_VERSION_STORED] = DEVLINK_ATTR_INFO_VERSION_STORED,
	};
	struct nlattr *nest = message_put(m, types[v->kind], NULL, 0);

	message_put_text(m, DEVLINK_ATTR_INFO_VERSION_NAME, v->name);
	message_put_text(m, DEVLINK_ATTR_INFO_VERSION_VALUE, v->value);
	message_end_nest(m, nest);
}

static int get_info(const struct fakedevlink *f,
		    struct vdev_sys_netlink *request)
{
	struct message m;

	if (f->info_error)
		return -f->info_error;
	start_answer(f, &m, DEVLINK_CMD_INFO_GET);
	message_put_text(&m, DEVLINK_ATTR_INFO_DRIVER_NAME, f->info.driver);
	message_put_text(&m, DEVLINK_ATTR_INFO_SERIAL_NUMBER, f->info.serial);
	message_put_text(&m, DEVLINK_ATTR_INFO_BOARD_SERIAL_NUMBER,
			 f->info.board_serial);
	for (size_t i = 0; i < f->info.version_count; i++)
		put_version(&m, &f->info.versions[i]);
	return message_answer(request, &m);
}

static void put_reload(struct message *m, const struct devlink_reload *r)
{
	struct nlattr *action =
		message_put(m, DEVLINK_ATTR_RELOAD_ACTION_INFO, NULL, 0);
	struct nlattr *stats, *entry;

	message_put_number(m, DEVLINK_ATTR_RELOAD_ACTION, r->action, 1);
	stats = message_put(m, DEVLINK_ATTR_RELOAD_ACTION_STATS, NULL, 0);
	entry = message_put(m, DEVLINK_ATTR_RELOAD_STATS_ENTRY, NULL, 0);
	message_put_number(m, DEVLINK_ATTR_RELOAD_STATS_LIMIT, r->limit, 1);
	message_put_number(m, DEVLINK_ATTR_RELOAD_STATS_VALUE, r->count, 4);
	message_end_nest(m, entry);
	message_end_nest(m, stats);
	message_end_nest(m, action);
}

static int get_state(const struct fakedevlink *f,
		     struct vdev_sys_netlink *request)
{
	struct nlattr *all, *reloads;
	struct message m;

	start_answer(f, &m, DEVLINK_CMD_NEW);
	message_put_number(&m, DEVLINK_ATTR_RELOAD_FAILED,
			   f->info.reload_failed, 1);
	all = message_put(&m, DEVLINK_ATTR_DEV_STATS, NULL, 0);
	reloads = message_put(&m, DEVLINK_ATTR_RELOAD_STATS, NULL, 0);
	for (size_t i = 0; i < f->info.reload_count; i++)
		put_reload(&m, &f->info.reloads[i]);
	message_end_nest(&m, reloads);
	message_end_nest(&m, all);
	return message_answer(request, &m);
}

static int reload(struct fakedevlink *f, struct vdev_sys_netlink *request)
{
	const struct nlmsghdr *h = request->message;
	const struct nlattr *limits =
		message_find(h, DEVLINK_ATTR_RELOAD_LIMITS);
	struct nla_bitfield32 bits = { 0 };
	struct message m;
	int ret = count_setting(f, request);

	if (ret)
		return ret;
	if (limits)
		memcpy(&bits, (const char *)limits + NLA_HDRLEN, sizeof(bits));
	assert_int_equal(bits.value, bits.selector);
	f->action = (int)message_number(h, DEVLINK_ATTR_RELOAD_ACTION, 1);
	f->limits = bits.value;
	start_answer(f, &m, DEVLINK_CMD_RELOAD);
	bits = (struct nla_bitfield32){ f->performed, f->performed };
	message_put(&m, DEVLINK_ATTR_RELOAD_ACTIONS_PERFORMED, &bits,
		    sizeof(bits));
	return message_answer(request, &m);
}

static int dump(const struct fakedevlink *f, uint8_t command,
		struct vdev_sys_netlink *request)
{
	switch (command) {
	case DEVLINK_CMD_PORT_GET:
		return list_ports(f, request);
	case DEVLINK_CMD_RATE_GET:
		return list_rates(f, request);
	case DEVLINK_CMD_PARAM_GET:
		return list_params(f, request);
	default:
		assert_int_equal(command, DEVLINK_CMD_GET);
		return list_devices(f, request);
	}
}

static int answer_oddly(const struct fakedevlink *f,
			struct vdev_sys_netlink *request)
{
	struct message m;

	message_start(&m, FAKE_FAMILY, f->odd_command);
	memcpy(m.bytes + message_head(&m)->nlmsg_len, f->odd, f->odd_size);
	message_head(&m)->nlmsg_len += (uint32_t)f->odd_size;
	return message_answer(request, &m);
}

static bool is_for_us(const struct fakedevlink *f, const struct nlmsghdr *h)
{
	return str_eq(message_text(h, DEVLINK_ATTR_BUS_NAME), f->bus) &&
	       str_eq(message_text(h, DEVLINK_ATTR_DEV_NAME), f->name);
}

static int speak(void *data, struct vdev_sys_netlink *request)
{
	const struct nlmsghdr *h = request->message;
	const struct genlmsghdr *head = NLMSG_DATA(h);
	struct fakedevlink *f = data;

	/* rtnetlink has nothing to tell. */
	if (request->protocol != NETLINK_GENERIC)
		return 0;
	assert_true(h->nlmsg_flags & NLM_F_REQUEST);
	if (h->nlmsg_type == GENL_ID_CTRL)
		return get_family(f, request);
	assert_int_equal(h->nlmsg_type, FAKE_FAMILY);
	if (f->odd && f->odd_command == head->cmd)
		return answer_oddly(f, request);
	if ((h->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP)
		return dump(f, head->cmd, request);
	if (!is_for_us(f, h))
		return -ENODEV;
	switch (head->cmd) {
	case DEVLINK_CMD_ESWITCH_GET:
		return get_eswitch(f, request);
	case DEVLINK_CMD_ESWITCH_SET:
		return set_eswitch(f, request);
	case DEVLINK_CMD_PORT_SET:
		return set_function(f, request);
	case DEVLINK_CMD_RATE_SET:
		return set_rate(f, request);
	case DEVLINK_CMD_RATE_NEW:
		return set_node(f, request, true);
	case DEVLINK_CMD_RATE_DEL:
		return set_node(f, request, false);
	case DEVLINK_CMD_PARAM_SET:
		return set_param(f, request);
	case DEVLINK_CMD_INFO_GET:
		return get_info(f, request);
	case DEVLINK_CMD_GET:
		return get_state(f, request);
	case DEVLINK_CMD_RELOAD:
		return reload(f, request);
	default:
		fail_msg("devlink command %d is not played", head->cmd);
		return -EIO;
	}
}

/* --- The machine */

struct fakekernel *fakedevlink_machine(struct fakedevlink *f)
{
	static const struct fake_device pf = { FAKE_PF,	 NULL,	0x8086, 0x10c9,
					       0x020000, "igb", 11 };
	struct fakekernel *fk = fakekernel_new();

	fakekernel_add_driver(fk, "igb", FAKE_NET);
	fakekernel_add_driver(fk, "igbvf", FAKE_PLAIN);
	fakekernel_add_driver(fk, "vfio-pci", FAKE_VFIO);
	fakekernel_add_device(fk, &pf);
	fakekernel_add_vfs(fk, FAKE_PF, FAKE_VF0, 4, "igbvf", 20);
	*f = (struct fakedevlink){
		.bus = "pci",
		.name = FAKE_PF,
		.has_eswitch = { true, true, true },
		.error = EIO,
		.info = { .reload_failed = -1 },
	};
	fakekernel_set_netlink(fk, speak, f);
	return fk;
}

int fakedevlink_set_up(void **state)
{
	struct fakedevlink_setup *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->fk = fakedevlink_machine(&s->f);
	s->ctx = fakekernel_ctx(s->fk);
	assert_int_equal(vdev_devlink_new(s->ctx, FAKE_PF, &s->dl), 0);
	*state = s;
	return 0;
}

int fakedevlink_tear_down(void **state)
{
	struct fakedevlink_setup *s = *state;

	vdev_devlink_free(s->dl);
	vdev_ctx_unref(s->ctx);
	fakekernel_free(s->fk);
	free(s);
	return 0;
}

void says(struct vdev_ctx *ctx, const char *words)
{
	if (!strstr(vdev_ctx_last_error(ctx), words))
		fail_msg("\"%s\" is not in \"%s\"", words,
			 vdev_ctx_last_error(ctx));
}

void hints(struct vdev_ctx *ctx, const char *words)
{
	assert_non_null(vdev_ctx_last_hint(ctx));
	assert_non_null(strstr(vdev_ctx_last_hint(ctx), words));
}

void is_outcome(const struct vdev_devlink_change *change, size_t i,
		enum vdev_outcome outcome)
{
	assert_string_equal(
		vdev_outcome_name(vdev_devlink_change_outcome(change, i)),
		vdev_outcome_name(outcome));
}
