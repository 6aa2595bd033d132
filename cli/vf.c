/* SPDX-License-Identifier: GPL-2.0-or-later */

/* vdevctl vf: what a PF's driver sets for its VFs. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "app.h"
#include "numbers.h"

/* The PF of the first operand, by the interface that tells of its VFs. */
struct pf {
	char *netdev;
	struct vdev_device *dev; /* NULL if it is no PCI function */
	struct vdev_vf_list *list;
};

static void pf_clear(struct pf *pf)
{
	vdev_vf_list_free(pf->list);
	vdev_device_unref(pf->dev);
	free(pf->netdev);
}

#define _auto_pf_ __attribute__((cleanup(pf_clear)))

static int pf_read(struct app *app, struct pf *pf)
{
	vdev_vf_list_free(pf->list);
	pf->list = NULL;
	if (vdev_vf_list_new(app->ctx, pf->netdev, &pf->list) < 0)
		return app_fail_ctx(app);
	return 0;
}

static int pf_find(struct app *app, struct pf *ret)
{
	if (vdev_vf_netdev(app->ctx, app->args.operands[0], &ret->netdev))
		return app_fail_ctx(app);
	/* Its addresses are not there for a device of another bus. */
	if (vdev_device_find(app->ctx, ret->netdev, &ret->dev))
		ret->dev = NULL;
	return pf_read(app, ret);
}

/* The number of a VF that there is. */
static int take_number(struct app *app, const char *text, unsigned int *ret)
{
	uint64_t number;

	if (number_take_most(app, "the number of a VF", text, 65535, &number))
		return -1;
	*ret = (unsigned int)number;
	return 0;
}

static int check_number(struct app *app, const struct pf *pf,
			unsigned int number)
{
	size_t count = vdev_vf_list_count(pf->list);

	if (number < count)
		return 0;
	app_fail(app, VDEV_ERROR_NOT_FOUND, "%s has no VF %u", pf->netdev,
		 number);
	return count ? app_hint(app, "its VFs are 0 to %zu", count - 1)
		     : app_hint(app, "'vdevctl sriov set' makes VFs");
}

/* --- Values as text and JSON */

/* By value: the words there are. */
static const char *const switches[] = { "off", "on", NULL };
static const char *const link_states[] = { "auto", "enable", "disable", NULL };

static const struct {
	const char *name;
	uint64_t value;
} protocols[] = {
	{ "802.1Q", 0x8100 },
	{ "802.1ad", 0x88a8 },
};

static json_object *describe_protocol(uint64_t value)
{
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
		if (protocols[i].value == value)
			return output_string(protocols[i].name);
	return output_hex(value, 4);
}

/* Bytes with colons between them, the highest first. */
static json_object *describe_bytes(uint64_t value, unsigned int count)
{
	char text[24] = "";
	size_t n = 0;

	while (count--)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%02x%s",
				      (unsigned int)(value >> 8 * count) & 0xff,
				      count ? ":" : "");
	return output_string(text);
}

static json_object *describe_value(enum vdev_vf_attribute attribute,
				   uint64_t value)
{
	switch (attribute) {
	case VDEV_VF_MAC:
		return describe_bytes(value, 6);
	case VDEV_VF_NODE_GUID:
	case VDEV_VF_PORT_GUID:
		return describe_bytes(value, 8);
	case VDEV_VF_PROTO:
		return describe_protocol(value);
	case VDEV_VF_SPOOFCHK:
	case VDEV_VF_TRUST:
	case VDEV_VF_QUERY_RSS:
		return output_flag((int)value);
	case VDEV_VF_LINK_STATE:
		return output_string(link_states[value]);
	default:
		return output_count((int64_t)value);
	}
}

/* Null if the driver does not tell it. */
static json_object *describe_attribute(const struct pf *pf, unsigned int vf,
				       enum vdev_vf_attribute attribute)
{
	uint64_t value;

	return vdev_vf_list_get(pf->list, vf, attribute, &value)
		       ? NULL
		       : describe_value(attribute, value);
}

static json_object *describe_stats(const struct pf *pf, unsigned int vf)
{
	/* By enum vdev_vf_stat. */
	static const char *const keys[] = {
		"rx_packets", "tx_packets", "rx_bytes",	  "tx_bytes",
		"broadcast",  "multicast",  "rx_dropped", "tx_dropped",
	};
	json_object *o = json_object_new_object();

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		uint64_t value;
		int ret = vdev_vf_list_stat(pf->list, vf, (enum vdev_vf_stat)i,
					    &value);

		output_add(o, keys[i],
			   ret ? NULL : json_object_new_uint64(value));
	}
	return o;
}

static const char *vf_address(const struct pf *pf, unsigned int vf)
{
	const char *const *vfs = pf->dev ? vdev_device_virtfns(pf->dev) : NULL;

	return vfs && vf < words_count(vfs) ? vfs[vf] : NULL;
}

static json_object *describe_vf(const struct pf *pf, unsigned int vf)
{
	/* By enum vdev_vf_attribute. */
	static const char *const keys[] = {
		"mac",	      "vlan",	   "qos",	"proto",
		"min_rate",   "max_rate",  "spoofchk",	"trust",
		"link_state", "query_rss", "node_guid", "port_guid",
	};
	json_object *o = json_object_new_object();

	output_add(o, "number", output_count(vf));
	output_add(o, "address", output_string(vf_address(pf, vf)));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		output_add(
			o, keys[i],
			describe_attribute(pf, vf, (enum vdev_vf_attribute)i));
	output_add(o, "stats", describe_stats(pf, vf));
	return o;
}

static json_object *describe_pf(const struct pf *pf)
{
	json_object *o = json_object_new_object();

	output_add(o, "netdev", output_string(pf->netdev));
	output_add(
		o, "address",
		output_string(pf->dev ? vdev_device_address(pf->dev) : NULL));
	return o;
}

/* --- show */

static const struct line lines[] = {
	{ "MAC", "{mac}", NULL, LINE_OPTIONAL },
	{ "VLAN", "{vlan}[, priority {qos}][, {proto}]", NULL, LINE_OPTIONAL },
	{ "min rate", "{min_rate} Mbit/s (0: none)", NULL, LINE_OPTIONAL },
	{ "max rate", "{max_rate} Mbit/s (0: no limit)", NULL, LINE_OPTIONAL },
	{ "spoof check", "{spoofchk}", NULL, LINE_OPTIONAL },
	{ "trust", "{trust}", NULL, LINE_OPTIONAL },
	{ "link state", "{link_state}", NULL, LINE_OPTIONAL },
	{ "RSS query", "{query_rss}", NULL, LINE_OPTIONAL },
	{ "node GUID", "{node_guid}", NULL, LINE_OPTIONAL },
	{ "port GUID", "{port_guid}", NULL, LINE_OPTIONAL },
	{ "received",
	  "{stats.rx_packets} packets, {stats.rx_bytes:bytes}"
	  "[, {stats.broadcast} broadcast][, {stats.multicast} multicast]"
	  "[, {stats.rx_dropped} dropped]",
	  NULL, LINE_OPTIONAL },
	{ "sent",
	  "{stats.tx_packets} packets, {stats.tx_bytes:bytes}"
	  "[, {stats.tx_dropped} dropped]",
	  NULL, LINE_OPTIONAL },
	{ NULL, NULL, NULL, 0 },
};

static void print_vf(struct app *app, const struct pf *pf, json_object *vf)
{
	_auto_free_ char *heading =
		output_expand("VF {number}[: {address}]", vf);

	output_styled(&app->out, STYLE_BOLD, pf->netdev);
	fprintf(app->out.stream, " %s\n", heading);
	output_lines(&app->out, lines, vf);
}

static const struct column columns[] = {
	{ "VF", NULL, true },	     { "ADDRESS", NULL, false },
	{ "MAC", NULL, false },	     { "VLAN", NULL, true },
	{ "QOS", NULL, true },	     { "PROTO", NULL, false },
	{ "MIN", NULL, true },	     { "MAX", NULL, true },
	{ "SPOOFCHK", NULL, false }, { "TRUST", NULL, false },
	{ "LINK", NULL, false },     { "RSS", NULL, false },
};

static void print_table(struct app *app, json_object *vfs)
{
	static const char *const keys[] = {
		"number",   "address", "mac",	     "vlan",
		"qos",	    "proto",   "min_rate",   "max_rate",
		"spoofchk", "trust",   "link_state", "query_rss",
	};

	output_table(&app->out, vfs, columns, keys, ARRAY_SIZE(keys), true);
}

static json_object *describe_vfs(const struct pf *pf, unsigned int first,
				 size_t count)
{
	json_object *vfs = json_object_new_array();

	for (size_t i = 0; i < count; i++)
		json_object_array_add(vfs,
				      describe_vf(pf, first + (unsigned int)i));
	return vfs;
}

int vf_show(struct app *app)
{
	bool one = app->args.operand_count > 1;
	_auto_json_ json_object *o = NULL;
	_auto_pf_ struct pf pf = { 0 };
	unsigned int number = 0;
	json_object *vfs;

	if (one && take_number(app, app->args.operands[1], &number))
		return -1;
	if (pf_find(app, &pf) || (one && check_number(app, &pf, number)))
		return -1;
	vfs = describe_vfs(&pf, number, one ? 1 : vdev_vf_list_count(pf.list));
	o = describe_pf(&pf);
	output_add(o, "vfs", vfs);
	if (app->json)
		output_document(app->out.stream, o);
	else if (one)
		print_vf(app, &pf, json_object_array_get_idx(vfs, 0));
	else if (json_object_array_length(vfs))
		print_table(app, vfs);
	else
		app_warn(app, "%s has no VFs", pf.netdev);
	return 0;
}

/* --- set */

/* What is to be set: no attribute more than once, which the library sees. */
struct changes {
	enum vdev_vf_attribute *attributes;
	uint64_t *values;
	size_t count;
};

static void changes_clear(struct changes *c)
{
	free(c->attributes);
	free(c->values);
}

#define _auto_changes_ __attribute__((cleanup(changes_clear)))

static int take_word(struct app *app, const char *name, const char *text,
		     const char *const *words, uint64_t *ret)
{
	_auto_free_ char *all = NULL;

	for (size_t i = 0; words[i]; i++)
		if (str_eq(words[i], text)) {
			*ret = i;
			return 0;
		}
	all = x_join(words, words_count(words), ", ");
	return app_fail(app, VDEV_ERROR_INVALID, "%s is one of %s, not '%s'",
			name, all, text);
}

static int take_protocol(struct app *app, const char *text, uint64_t *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
		if (!strcasecmp(protocols[i].name, text)) {
			*ret = protocols[i].value;
			return 0;
		}
	return app_fail(app, VDEV_ERROR_INVALID,
			"proto is 802.1Q or 802.1ad, not '%s'", text);
}

/* "52:54:00:12:34:56" */
static int take_bytes(struct app *app, const char *name, const char *text,
		      unsigned int count, uint64_t *ret)
{
	uint64_t value = 0;
	const char *at = text;
	unsigned int i;

	for (i = 0; i < count; i++) {
		unsigned int byte;
		int end = 0;

		if (strspn(at, "0123456789abcdefABCDEF") != 2 ||
		    sscanf(at, "%2x%n", &byte, &end) != 1)
			break;
		at += end;
		if (i + 1 < count && *at++ != ':')
			break;
		value = value << 8 | byte;
	}
	if (i < count || *at)
		return app_fail(app, VDEV_ERROR_INVALID,
				"%s is %u bytes such as 52:54:00%s, not '%s'",
				name, count,
				count == 6 ? ":12:34:56" : ":12:34:56:78:9a",
				text);
	*ret = value;
	return 0;
}

static int take_value(struct app *app, enum vdev_vf_attribute attribute,
		      const char *text, uint64_t *ret)
{
	const char *name = vdev_vf_attribute_name(attribute);

	switch (attribute) {
	case VDEV_VF_MAC:
		return take_bytes(app, name, text, 6, ret);
	case VDEV_VF_NODE_GUID:
	case VDEV_VF_PORT_GUID:
		return take_bytes(app, name, text, 8, ret);
	case VDEV_VF_PROTO:
		return take_protocol(app, text, ret);
	case VDEV_VF_SPOOFCHK:
	case VDEV_VF_TRUST:
	case VDEV_VF_QUERY_RSS:
		return take_word(app, name, text, switches, ret);
	case VDEV_VF_LINK_STATE:
		return take_word(app, name, text, link_states, ret);
	default:
		return number_take(app, name, text, ret);
	}
}

static int fail_attribute(struct app *app, const char *name)
{
	_auto_free_ char *all = NULL;
	const char *names[32];
	size_t count = 0;

	while (vdev_vf_attribute_name((enum vdev_vf_attribute)count)) {
		names[count] =
			vdev_vf_attribute_name((enum vdev_vf_attribute)count);
		count++;
	}
	all = x_join(names, count, ", ");
	app_fail(app, VDEV_ERROR_INVALID, "VFs have no attribute '%s'", name);
	return app_hint(app, "there are %s", all);
}

/* "mac ADDRESS vlan 100 ..." */
static int take_changes(struct app *app, struct changes *c)
{
	const char *const *words = app->args.operands + 2;
	size_t count = app->args.operand_count - 2;

	c->attributes = x_alloc(count, sizeof(*c->attributes));
	c->values = x_alloc(count, sizeof(*c->values));
	for (size_t i = 0; i < count; i += 2) {
		int attribute = vdev_vf_attribute_from_name(words[i]);

		if (attribute < 0)
			return fail_attribute(app, words[i]);
		if (i + 1 == count)
			return app_fail(app, VDEV_ERROR_INVALID,
					"%s needs a value", words[i]);
		c->attributes[c->count] = (enum vdev_vf_attribute)attribute;
		if (take_value(app, c->attributes[c->count], words[i + 1],
			       &c->values[c->count]))
			return -1;
		c->count++;
	}
	return 0;
}

static json_object *describe_changes(const struct pf *pf, unsigned int vf,
				     const struct changes *c)
{
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < c->count; i++) {
		enum vdev_vf_attribute which = c->attributes[i];
		json_object *o = json_object_new_object();

		output_add(o, "attribute",
			   output_string(vdev_vf_attribute_name(which)));
		output_add(o, "before", describe_attribute(pf, vf, which));
		output_add(o, "value", describe_value(which, c->values[i]));
		json_object_array_add(array, o);
	}
	return array;
}

static void print_changes(struct app *app, const struct pf *pf, unsigned int vf,
			  json_object *changes)
{
	const char *template = app->dry_run ? "{attribute} would be {value}"
					      "[ (is {before})]"
					    : "{attribute} {value}"
					      "[ (was {before})]";

	for (size_t i = 0; i < json_object_array_length(changes); i++) {
		_auto_free_ char *text = output_expand(
			template, json_object_array_get_idx(changes, i));

		fprintf(app->out.stream, "%s VF %u: %s\n", pf->netdev, vf,
			text);
	}
}

/* A driver may take a value and yet not have it. */
static void warn_of_others(const struct app *app, const struct pf *pf,
			   unsigned int vf, const struct changes *c)
{
	for (size_t i = 0; i < c->count; i++) {
		enum vdev_vf_attribute which = c->attributes[i];
		_auto_json_ json_object *o = NULL;
		_auto_free_ char *text = NULL;
		uint64_t value;

		if (vdev_vf_list_get(pf->list, vf, which, &value) ||
		    value == c->values[i])
			continue;
		o = describe_value(which, value);
		text = output_text(o, "");
		app_warn(app,
			 "warning: VF %u of %s: the driver took %s, but tells "
			 "%s",
			 vf, pf->netdev, vdev_vf_attribute_name(which), text);
	}
}

static int run(struct app *app, struct pf *pf, unsigned int vf,
	       const struct changes *c)
{
	int (*act)(struct vdev_ctx * ctx, const char *netdev, unsigned int vf,
		   const enum vdev_vf_attribute *attributes,
		   const uint64_t *values, size_t count) =
		app->dry_run ? vdev_vf_check : vdev_vf_set;

	if (act(app->ctx, pf->netdev, vf, c->attributes, c->values, c->count))
		return app_fail_ctx(app);
	if (app->dry_run)
		return 0;
	if (pf_read(app, pf) || check_number(app, pf, vf))
		return -1;
	warn_of_others(app, pf, vf, c);
	return 0;
}

int vf_set(struct app *app)
{
	_auto_changes_ struct changes c = { 0 };
	_auto_json_ json_object *o = NULL;
	_auto_pf_ struct pf pf = { 0 };
	json_object *changes;
	unsigned int number;

	if (take_number(app, app->args.operands[1], &number) ||
	    take_changes(app, &c) || pf_find(app, &pf) ||
	    check_number(app, &pf, number))
		return -1;
	o = describe_pf(&pf);
	changes = describe_changes(&pf, number, &c);
	output_add(o, "dry_run", json_object_new_boolean(app->dry_run));
	output_add(o, "changes", changes);
	if (run(app, &pf, number, &c))
		return -1;
	output_add(o, "vf", describe_vf(&pf, number));
	if (app->json)
		output_document(app->out.stream, o);
	else if (!app->quiet)
		print_changes(app, &pf, number, changes);
	return 0;
}
