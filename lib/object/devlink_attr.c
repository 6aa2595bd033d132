/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Settings, as text and as the kernel has them. */

#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>

#include "kernel/abi/devlink.h"
#include "object/devlink.h"

/* In the order of the kernel's numbers. */
static const char *const mode_words[] = { "legacy", "switchdev",
					  "switchdev-inactive", NULL };
static const char *const inline_words[] = { "none", "link", "network",
					    "transport", NULL };
static const char *const encap_words[] = { "none", "basic", NULL };
static const char *const state_words[] = { "inactive", "active", NULL };
static const char *const switch_words[] = { "off", "on", NULL };

enum kind {
	KIND_ESWITCH,
	KIND_ADDRESS,
	KIND_WORD, /* of one byte */
	KIND_CAP,
	KIND_NUMBER, /* of four bytes */
	KIND_RATE,   /* of eight, in bytes a second */
	KIND_NAME,
};

static const struct attr {
	const char *name;
	enum kind kind;
	int number; /* the kernel's */
	const char *const *words;
	unsigned int cap;
} attrs[VDEV_DEVLINK_ATTRS] = {
	[VDEV_ESWITCH_MODE] = { "mode", KIND_ESWITCH, DEVLINK_ESWITCH_MODE,
				mode_words, 0 },
	[VDEV_ESWITCH_INLINE_MODE] = { "inline-mode", KIND_ESWITCH,
				       DEVLINK_ESWITCH_INLINE, inline_words,
				       0 },
	[VDEV_ESWITCH_ENCAP_MODE] = { "encap-mode", KIND_ESWITCH,
				      DEVLINK_ESWITCH_ENCAP, encap_words, 0 },
	[VDEV_PORT_HW_ADDR] = { "hw-addr", KIND_ADDRESS,
				DEVLINK_PORT_FUNCTION_ATTR_HW_ADDR, NULL, 0 },
	[VDEV_PORT_STATE] = { "state", KIND_WORD, DEVLINK_PORT_FN_ATTR_STATE,
			      state_words, 0 },
	[VDEV_PORT_ROCE] = { "roce", KIND_CAP, DEVLINK_PORT_FN_ATTR_CAPS,
			     switch_words, DEVLINK_PORT_FN_ATTR_CAP_ROCE_BIT },
	[VDEV_PORT_MIGRATABLE] = { "migratable", KIND_CAP,
				   DEVLINK_PORT_FN_ATTR_CAPS, switch_words,
				   DEVLINK_PORT_FN_ATTR_CAP_MIGRATABLE_BIT },
	[VDEV_PORT_IPSEC_CRYPTO] = { "ipsec-crypto", KIND_CAP,
				     DEVLINK_PORT_FN_ATTR_CAPS, switch_words,
				     DEVLINK_PORT_FN_ATTR_CAP_IPSEC_CRYPTO_BIT },
	[VDEV_PORT_IPSEC_PACKET] = { "ipsec-packet", KIND_CAP,
				     DEVLINK_PORT_FN_ATTR_CAPS, switch_words,
				     DEVLINK_PORT_FN_ATTR_CAP_IPSEC_PACKET_BIT },
	[VDEV_PORT_MAX_IO_EQS] = { "max-io-eqs", KIND_NUMBER,
				   DEVLINK_PORT_FN_ATTR_MAX_IO_EQS, NULL, 0 },
	[VDEV_RATE_TX_SHARE] = { "tx-share", KIND_RATE,
				 DEVLINK_ATTR_RATE_TX_SHARE, NULL, 0 },
	[VDEV_RATE_TX_MAX] = { "tx-max", KIND_RATE, DEVLINK_ATTR_RATE_TX_MAX,
			       NULL, 0 },
	[VDEV_RATE_TX_PRIORITY] = { "tx-priority", KIND_NUMBER,
				    DEVLINK_ATTR_RATE_TX_PRIORITY, NULL, 0 },
	[VDEV_RATE_TX_WEIGHT] = { "tx-weight", KIND_NUMBER,
				  DEVLINK_ATTR_RATE_TX_WEIGHT, NULL, 0 },
	[VDEV_RATE_PARENT] = { "parent", KIND_NAME,
			       DEVLINK_ATTR_RATE_PARENT_NODE_NAME, NULL, 0 },
};

const char *vdev_devlink_attr_name(enum vdev_devlink_attr attr)
{
	return (size_t)attr < ARRAY_SIZE(attrs) ? attrs[attr].name : NULL;
}

const char *const *vdev_devlink_attr_words(enum vdev_devlink_attr attr)
{
	return (size_t)attr < ARRAY_SIZE(attrs) ? attrs[attr].words : NULL;
}

bool devlink_is_of_port(enum vdev_devlink_attr attr)
{
	return attr > VDEV_ESWITCH_ENCAP_MODE;
}

bool devlink_is_rate(enum vdev_devlink_attr attr)
{
	return attr >= VDEV_RATE_TX_SHARE;
}

/* --- From text */

static int parse_word(const struct attr *attr, const char *text,
		      struct devlink_value *v)
{
	const char *const *word = attr->words;
	unsigned int number = 0;
	struct nla_bitfield32 cap;

	for (; *word && !str_eq(*word, text); word++)
		number++;
	if (!*word)
		return -EINVAL;
	snprintf(v->text, sizeof(v->text), "%s", text);
	v->number = number;
	if (attr->kind == KIND_CAP) {
		cap.selector = 1U << attr->cap;
		cap.value = number << attr->cap;
		memcpy(v->bytes, &cap, sizeof(cap));
		v->size = sizeof(cap);
	} else {
		*v->bytes = (uint8_t)number;
		v->size = 1;
	}
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void format_address(const uint8_t *bytes, size_t size, char *text,
			   size_t room)
{
	*text = '\0';
	for (size_t i = 0; i < size && i * 3 + 3 <= room; i++)
		snprintf(text + (i ? i * 3 - 1 : 0), i ? 4 : 3,
			 i ? ":%02x" : "%02x", bytes[i]);
}

static int parse_address(const char *text, struct devlink_value *v)
{
	size_t size = 0;

	for (;; text++) {
		int high = hex_digit(*text);
		int low = high < 0 ? -1 : hex_digit(text[1]);

		if (low < 0 || size == DEVLINK_ADDRESS_SIZE)
			return -EINVAL;
		v->bytes[size++] = (uint8_t)(high << 4 | low);
		text += 2;
		if (!*text)
			break;
		if (*text != ':')
			return -EINVAL;
	}
	v->size = size;
	format_address(v->bytes, size, v->text, sizeof(v->text));
	return 0;
}

static int parse_number(const char *text, struct devlink_value *v)
{
	uint32_t number;
	uint64_t value;

	if (str_to_u64(text, 10, &value) || value > UINT32_MAX)
		return -EINVAL;
	number = (uint32_t)value;
	memcpy(v->bytes, &number, sizeof(number));
	v->size = sizeof(number);
	snprintf(v->text, sizeof(v->text), "%u", number);
	return 0;
}

static const struct {
	const char *name;
	uint64_t bits;
} units[] = {
	{ "tbit", 1000000000000 }, { "gbit", 1000000000 }, { "mbit", 1000000 },
	{ "kbit", 1000 },	   { "bit", 1 },	   { "", 1 },
};

static void format_rate(uint64_t bytes, char *text, size_t size)
{
	size_t unit = 0;
	uint64_t bits = devlink_bits(bytes);

	while (bits && bits % units[unit].bits)
		unit++;
	if (!bits)
		unit = ARRAY_SIZE(units) - 1;
	snprintf(text, size, "%llu%s",
		 (unsigned long long)(bits / units[unit].bits),
		 units[unit].name);
}

static int parse_rate(const char *text, struct devlink_value *v)
{
	size_t digits = strspn(text, "0123456789");
	char number[24];
	uint64_t value, bytes;
	size_t unit = 0;

	if (!digits || digits >= sizeof(number))
		return -EINVAL;
	while (unit < ARRAY_SIZE(units) &&
	       !str_eq(text + digits, units[unit].name))
		unit++;
	memcpy(number, text, digits);
	number[digits] = '\0';
	if (unit == ARRAY_SIZE(units) || str_to_u64(number, 10, &value) ||
	    __builtin_mul_overflow(value, units[unit].bits, &value) ||
	    value % 8)
		return -EINVAL;
	bytes = value / 8;
	memcpy(v->bytes, &bytes, sizeof(bytes));
	v->size = sizeof(bytes);
	format_rate(bytes, v->text, sizeof(v->text));
	return 0;
}

static int parse_name(const char *text, struct devlink_value *v)
{
	size_t size = strlen(text);

	if (!size || size >= sizeof(v->text))
		return -EINVAL;
	strcpy(v->text, text);
	if (str_eq(text, "none"))
		text = "";
	v->size = strlen(text) + 1;
	memcpy(v->bytes, text, v->size);
	return 0;
}

int devlink_parse(enum vdev_devlink_attr attr, const char *text,
		  struct devlink_value *ret)
{
	const struct attr *a = &attrs[attr];
	struct devlink_value v = { .number = 0 };
	int error;

	switch (a->kind) {
	case KIND_ADDRESS:
		error = parse_address(text, &v);
		break;
	case KIND_NUMBER:
		error = parse_number(text, &v);
		break;
	case KIND_RATE:
		error = parse_rate(text, &v);
		break;
	case KIND_NAME:
		error = parse_name(text, &v);
		break;
	case KIND_ESWITCH:
	case KIND_WORD:
	case KIND_CAP:
	default:
		error = parse_word(a, text, &v);
	}
	if (!error)
		*ret = v;
	return error;
}

const char *devlink_form(enum vdev_devlink_attr attr)
{
	switch (attrs[attr].kind) {
	case KIND_ADDRESS:
		return "an address as 02:00:00:00:00:01";
	case KIND_NUMBER:
		return "a number";
	case KIND_RATE:
		return "bits a second, in whole bytes, as 100mbit";
	case KIND_NAME:
		return "the name of a node, or none";
	case KIND_ESWITCH:
	case KIND_WORD:
	case KIND_CAP:
	default:
		return "one of its words";
	}
}

int devlink_set(struct vdev_devlink *dl, enum vdev_devlink_attr attr,
		uint32_t port, const char *node, const struct devlink_value *v)
{
	const struct attr *a = &attrs[attr];

	if (a->kind == KIND_ESWITCH)
		return devlink_set_eswitch(
			&dl->link, (enum devlink_eswitch)a->number, v->number);
	if (devlink_is_rate(attr))
		return devlink_set_rate(&dl->link, port, node, a->number,
					v->bytes, v->size);
	return devlink_set_function(&dl->link, port, a->number, v->bytes,
				    v->size);
}

/* --- To text */

static int word_text(const struct attr *attr, int number, const char **ret)
{
	if (number < 0)
		return -ENODATA;
	for (int i = 0; attr->words[i]; i++)
		if (i == number) {
			*ret = attr->words[i];
			return 0;
		}
	return -EBADMSG;
}

int devlink_eswitch_text(enum vdev_devlink_attr attr, const int *values,
			 const char **ret)
{
	return word_text(&attrs[attr], values[attrs[attr].number], ret);
}

static int64_t number_of(const struct devlink_port *port,
			 enum vdev_devlink_attr attr)
{
	if (attr == VDEV_PORT_MAX_IO_EQS)
		return port->max_io_eqs;
	if (!port->has_rate)
		return -1;
	return attr == VDEV_RATE_TX_PRIORITY ? port->tx_priority
					     : port->tx_weight;
}

int devlink_port_amount(const struct devlink_port *port,
			enum vdev_devlink_attr attr, uint64_t *ret)
{
	int64_t number;

	if (attrs[attr].kind == KIND_RATE) {
		if (!port->has_rate)
			return -ENODATA;
		*ret = devlink_bits(attr == VDEV_RATE_TX_SHARE ? port->tx_share
							       : port->tx_max);
		return 0;
	}
	if (attrs[attr].kind != KIND_NUMBER)
		return -EINVAL;
	number = number_of(port, attr);
	if (number < 0)
		return -ENODATA;
	*ret = (uint64_t)number;
	return 0;
}

static int cap_text(const struct devlink_port *port, const struct attr *attr,
		    const char **ret)
{
	uint32_t bit = 1U << attr->cap;

	return word_text(attr,
			 !(port->caps_known & bit) ? -1 : !!(port->caps & bit),
			 ret);
}

int devlink_port_text(const struct devlink_port *port,
		      enum vdev_devlink_attr attr, char *text, size_t size)
{
	const struct attr *a = &attrs[attr];
	const char *word = NULL;
	uint64_t amount;
	int ret = 0;

	switch (a->kind) {
	case KIND_ADDRESS:
		if (!port->hw_addr_length)
			return -ENODATA;
		format_address(port->hw_addr, port->hw_addr_length, text, size);
		return 0;
	case KIND_RATE:
		if (!port->has_rate)
			return -ENODATA;
		format_rate(attr == VDEV_RATE_TX_SHARE ? port->tx_share
						       : port->tx_max,
			    text, size);
		return 0;
	case KIND_NUMBER:
		ret = devlink_port_amount(port, attr, &amount);
		if (!ret)
			snprintf(text, size, "%llu",
				 (unsigned long long)amount);
		return ret;
	case KIND_NAME:
		if (!port->has_rate)
			return -ENODATA;
		word = *port->parent ? port->parent : "none";
		break;
	case KIND_CAP:
		ret = cap_text(port, a, &word);
		break;
	case KIND_ESWITCH:
	case KIND_WORD:
	default:
		ret = word_text(a, port->state, &word);
	}
	if (!ret)
		snprintf(text, size, "%s", word);
	return ret;
}
