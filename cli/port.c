/* SPDX-License-Identifier: GPL-2.0-or-later */

/* vdevctl port: the ports of a switch, and the functions behind them. */

#include "app.h"
#include "change.h"

const char *const *port_states(void)
{
	return vdev_devlink_attr_words(VDEV_PORT_STATE);
}

/* --- The document */

static json_object *text(const struct vdev_devlink_port *port,
			 enum vdev_devlink_attr attr)
{
	return output_string(vdev_devlink_port_value(port, attr));
}

static json_object *amount(const struct vdev_devlink_port *port,
			   enum vdev_devlink_attr attr)
{
	uint64_t value;

	return vdev_devlink_port_amount(port, attr, &value)
		       ? NULL
		       : json_object_new_uint64(value);
}

static json_object *flag(const struct vdev_devlink_port *port,
			 enum vdev_devlink_attr attr)
{
	const char *value = vdev_devlink_port_value(port, attr);

	return value ? json_object_new_boolean(str_eq(value, "on")) : NULL;
}

static json_object *number(const struct vdev_devlink_port *port,
			   enum vdev_port_number which)
{
	return output_count(vdev_devlink_port_number(port, which));
}

static json_object *describe_function(const struct vdev_devlink_port *port)
{
	json_object *o = json_object_new_object();

	output_add(o, "hw_addr", text(port, VDEV_PORT_HW_ADDR));
	output_add(o, "state", text(port, VDEV_PORT_STATE));
	output_add(o, "attached",
		   output_flag(vdev_devlink_port_attached(port)));
	output_add(o, "roce", flag(port, VDEV_PORT_ROCE));
	output_add(o, "migratable", flag(port, VDEV_PORT_MIGRATABLE));
	output_add(o, "ipsec_crypto", flag(port, VDEV_PORT_IPSEC_CRYPTO));
	output_add(o, "ipsec_packet", flag(port, VDEV_PORT_IPSEC_PACKET));
	output_add(o, "max_io_eqs", amount(port, VDEV_PORT_MAX_IO_EQS));
	return o;
}

/* Null if it has none. */
static json_object *describe_rate(const struct vdev_devlink_port *port)
{
	json_object *o;

	if (!vdev_devlink_port_value(port, VDEV_RATE_TX_MAX))
		return NULL;
	o = json_object_new_object();
	output_add(o, "tx_share", amount(port, VDEV_RATE_TX_SHARE));
	output_add(o, "tx_max", amount(port, VDEV_RATE_TX_MAX));
	output_add(o, "tx_priority", amount(port, VDEV_RATE_TX_PRIORITY));
	output_add(o, "tx_weight", amount(port, VDEV_RATE_TX_WEIGHT));
	output_add(o, "parent", text(port, VDEV_RATE_PARENT));
	return o;
}

static json_object *describe(const struct vdev_devlink *dl,
			     const struct vdev_devlink_port *port)
{
	uint32_t index = vdev_devlink_port_index(port);
	_auto_free_ char *name =
		x_asprintf("%s/%u", vdev_devlink_name(dl), index);
	json_object *o = json_object_new_object();

	output_add(o, "port", output_string(name));
	output_add(o, "devlink", output_string(vdev_devlink_name(dl)));
	output_add(o, "index", output_count(index));
	output_add(o, "flavour",
		   output_string(vdev_devlink_port_flavour(port)));
	output_add(o, "number", number(port, VDEV_PORT_NUMBER));
	output_add(o, "controller", number(port, VDEV_PORT_CONTROLLER));
	output_add(o, "pf", number(port, VDEV_PORT_PF));
	output_add(o, "vf", number(port, VDEV_PORT_VF));
	output_add(o, "sf", number(port, VDEV_PORT_SF));
	output_add(o, "external",
		   output_flag(vdev_devlink_port_external(port)));
	output_add(o, "netdev", output_string(vdev_devlink_port_netdev(port)));
	output_add(o, "ibdev", output_string(vdev_devlink_port_ibdev(port)));
	output_add(o, "function", describe_function(port));
	output_add(o, "rate", describe_rate(port));
	return o;
}

/* Adds all ports of a device. Return: 0, or -1 after app_fail(). */
static int add_ports(struct app *app, struct vdev_devlink *dl,
		     json_object *ports)
{
	struct vdev_devlink_port_list *list;
	const struct vdev_devlink_port *port;

	if (vdev_devlink_port_list_new(dl, &list) < 0)
		return app_fail_ctx(app);
	for (size_t i = 0; (port = vdev_devlink_port_list_get(list, i)); i++)
		json_object_array_add(ports, describe(dl, port));
	vdev_devlink_port_list_free(list);
	return 0;
}

/* --- list */

static int add_device(struct app *app, const char *name, json_object *ports)
{
	struct vdev_devlink *dl;
	int ret;

	if (vdev_devlink_new(app->ctx, name, &dl))
		return app_fail_ctx(app);
	ret = add_ports(app, dl, ports);
	vdev_devlink_free(dl);
	return ret;
}

static int add_devices(struct app *app, json_object *ports)
{
	struct vdev_devlink_list *list;
	const char *name;
	int ret = 0;

	if (app->args.operand_count)
		return add_device(app, app->args.operands[0], ports);
	if (vdev_devlink_list_new(app->ctx, &list) < 0)
		return app_fail_ctx(app);
	for (size_t i = 0; (name = vdev_devlink_list_name(list, i)) && !ret;
	     i++) {
		ret = add_device(app, name, ports);
		/* One that went away in the meantime is not in the list. */
		if (ret && app->failure.kind == VDEV_ERROR_NOT_FOUND) {
			app_forgive(app);
			ret = 0;
		}
	}
	vdev_devlink_list_free(list);
	return ret;
}

static const struct column columns[] = {
	{ "PORT", NULL, false },      { "FLAVOUR", NULL, false },
	{ "PF", NULL, true },	      { "VF", NULL, true },
	{ "INTERFACE", NULL, false }, { "ADDRESS", NULL, false },
	{ "STATE", NULL, false },     { "RATE", NULL, false },
};

static void add_row(struct table *table, json_object *port)
{
	static const char *const of_port[] = { "port", "flavour", "pf", "vf",
					       "netdev" };
	static const char *const of_function[] = { "hw_addr", "state" };
	_auto_free_ char *rate = output_expand("{rate.tx_max:rate}", port);

	table_add_keys(table, port, of_port, ARRAY_SIZE(of_port));
	table_add_keys(table, json_object_object_get(port, "function"),
		       of_function, ARRAY_SIZE(of_function));
	table_add(table, output_string(rate));
}

int port_list(struct app *app)
{
	_auto_json_ json_object *ports = json_object_new_array();
	struct table *table;

	if (option_check_header(app))
		return -1;
	if (add_devices(app, ports))
		return -1;
	if (app->json) {
		output_document(app->out.stream, ports);
		return 0;
	}
	if (!json_object_array_length(ports)) {
		app_warn(app, "there are no ports");
		return 0;
	}
	table = table_new(columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < json_object_array_length(ports); i++)
		add_row(table, json_object_array_get_idx(ports, i));
	table_print(table, &app->out, !option_given(app, "no-header"));
	table_free(table);
	return 0;
}

/* --- show */

static const struct line lines[] = {
	{ "flavour", "{flavour}", NULL, 0 },
	{ "number", "{number}", NULL, LINE_OPTIONAL },
	{ "function",
	  "PF {pf}[, VF {vf}][, SF {sf}][, controller {controller}]", NULL,
	  LINE_OPTIONAL },
	{ "interface", "{netdev}", NULL, LINE_OPTIONAL },
	{ "InfiniBand", "{ibdev}", NULL, LINE_OPTIONAL },
	{ "address", "{function.hw_addr}", NULL, LINE_OPTIONAL },
	{ "state", "{function.state}", NULL, LINE_OPTIONAL },
	{ "driver attached", "{function.attached}", NULL, LINE_OPTIONAL },
	{ "RoCE", "{function.roce}", NULL, LINE_OPTIONAL },
	{ "migratable", "{function.migratable}", NULL, LINE_OPTIONAL },
	{ "IPsec encryption", "{function.ipsec_crypto}", NULL, LINE_OPTIONAL },
	{ "IPsec packets", "{function.ipsec_packet}", NULL, LINE_OPTIONAL },
	{ "event queues", "{function.max_io_eqs} at most", NULL,
	  LINE_OPTIONAL },
	{ "sends at least", "{rate.tx_share:rate}", NULL, LINE_OPTIONAL },
	{ "sends at most", "{rate.tx_max:rate}", NULL, LINE_OPTIONAL },
	{ "priority", "{rate.tx_priority}", NULL, LINE_OPTIONAL },
	{ "weight", "{rate.tx_weight}", NULL, LINE_OPTIONAL },
	{ "below", "{rate.parent}", NULL, LINE_OPTIONAL },
	{ NULL, NULL, NULL, 0 },
};

static int find_port(struct app *app, struct vdev_devlink **dl, uint32_t *index)
{
	if (vdev_devlink_port_find(app->ctx, app->args.operands[0], dl, index))
		return app_fail_ctx(app);
	return 0;
}

static void print_port(struct app *app, json_object *port)
{
	if (app->json) {
		output_document(app->out.stream, port);
		return;
	}
	output_styled(&app->out, STYLE_BOLD, output_get_string(port, "port"));
	fputc('\n', app->out.stream);
	output_lines(&app->out, lines, port);
}

int port_show(struct app *app)
{
	_auto_json_ json_object *ports = json_object_new_array();
	struct vdev_devlink *dl;
	uint32_t index;
	int ret;

	if (find_port(app, &dl, &index))
		return -1;
	ret = add_ports(app, dl, ports);
	vdev_devlink_free(dl);
	for (size_t i = 0; i < json_object_array_length(ports) && !ret; i++) {
		json_object *port = json_object_array_get_idx(ports, i);

		if (json_object_get_int64(
			    json_object_object_get(port, "index")) == index) {
			print_port(app, port);
			return 0;
		}
	}
	return ret ? ret
		   : app_fail(app, VDEV_ERROR_NOT_FOUND,
			      "the port %s has disappeared",
			      app->args.operands[0]);
}

/* --- set */

int port_set(struct app *app)
{
	struct vdev_devlink_change *change;
	struct vdev_devlink *dl;
	uint32_t index;
	int ret;

	if (find_port(app, &dl, &index))
		return -1;
	ret = vdev_devlink_change_new(dl, &change);
	if (ret) {
		vdev_devlink_free(dl);
		return app_fail_ctx(app);
	}
	ret = change_add_options(app, change, index);
	if (!ret)
		ret = change_run(app, dl, change, index);
	vdev_devlink_change_free(change);
	vdev_devlink_free(dl);
	return ret;
}
