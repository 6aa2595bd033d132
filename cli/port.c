/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * vdevctl port, rate: the ports of a switch, the functions behind them, and the
 * nodes whose rates they share.
 */

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

static void add_rate(json_object *o, const struct vdev_devlink_port *port)
{
	output_add(o, "tx_share", amount(port, VDEV_RATE_TX_SHARE));
	output_add(o, "tx_max", amount(port, VDEV_RATE_TX_MAX));
	output_add(o, "tx_priority", amount(port, VDEV_RATE_TX_PRIORITY));
	output_add(o, "tx_weight", amount(port, VDEV_RATE_TX_WEIGHT));
	output_add(o, "parent", text(port, VDEV_RATE_PARENT));
}

/* Null if it has none. */
static json_object *describe_rate(const struct vdev_devlink_port *port)
{
	json_object *o;

	if (!vdev_devlink_port_value(port, VDEV_RATE_TX_MAX))
		return NULL;
	o = json_object_new_object();
	add_rate(o, port);
	return o;
}

static json_object *describe_node(const struct vdev_devlink *dl,
				  const struct vdev_devlink_port *node)
{
	json_object *o = json_object_new_object();

	output_add(o, "node", output_string(vdev_devlink_port_node(node)));
	output_add(o, "devlink", output_string(vdev_devlink_name(dl)));
	add_rate(o, node);
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

/* What is listed of a device. */
struct listing {
	int (*list)(struct vdev_devlink *dl,
		    struct vdev_devlink_port_list **ret);
	json_object *(*describe)(const struct vdev_devlink *dl,
				 const struct vdev_devlink_port *port);
};

static const struct listing all_ports = { vdev_devlink_port_list_new,
					  describe };
static const struct listing all_nodes = { vdev_devlink_node_list_new,
					  describe_node };

/* Adds all of a device. Return: 0, or -1 after app_fail(). */
static int add_all(struct app *app, struct vdev_devlink *dl,
		   const struct listing *what, json_object *array)
{
	struct vdev_devlink_port_list *list;
	const struct vdev_devlink_port *port;

	if (what->list(dl, &list) < 0)
		return app_fail_ctx(app);
	for (size_t i = 0; (port = vdev_devlink_port_list_get(list, i)); i++)
		json_object_array_add(array, what->describe(dl, port));
	vdev_devlink_port_list_free(list);
	return 0;
}

/* --- list */

static int add_device(struct app *app, const char *name,
		      const struct listing *what, json_object *array)
{
	struct vdev_devlink *dl;
	int ret;

	if (vdev_devlink_new(app->ctx, name, &dl))
		return app_fail_ctx(app);
	ret = add_all(app, dl, what, array);
	vdev_devlink_free(dl);
	return ret;
}

/* Of the device that is named, or of all. */
static int add_devices(struct app *app, const struct listing *what,
		       json_object *array)
{
	struct vdev_devlink_list *list;
	const char *name;
	int ret = 0;

	if (app->args.operand_count)
		return add_device(app, app->args.operands[0], what, array);
	if (vdev_devlink_list_new(app->ctx, &list) < 0)
		return app_fail_ctx(app);
	for (size_t i = 0; (name = vdev_devlink_list_name(list, i)) && !ret;
	     i++) {
		ret = add_device(app, name, what, array);
		/* One that went away in the meantime is not in the list. */
		if (ret && app->failure.kind == VDEV_ERROR_NOT_FOUND) {
			app_forgive(app);
			ret = 0;
		}
	}
	vdev_devlink_list_free(list);
	return ret;
}

/* As a document, or as a table with a row of each. */
static int print_list(struct app *app, const struct listing *what,
		      const struct column *columns, size_t count,
		      void (*add_row)(struct table *table, json_object *o),
		      const char *none)
{
	_auto_json_ json_object *array = json_object_new_array();
	struct table *table;

	if (option_check_header(app) || add_devices(app, what, array))
		return -1;
	if (app->json) {
		output_document(app->out.stream, array);
		return 0;
	}
	if (!json_object_array_length(array)) {
		app_warn(app, "%s", none);
		return 0;
	}
	table = table_new(columns, count);
	for (size_t i = 0; i < json_object_array_length(array); i++)
		add_row(table, json_object_array_get_idx(array, i));
	table_print(table, &app->out, !option_given(app, "no-header"));
	table_free(table);
	return 0;
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
	return print_list(app, &all_ports, columns, ARRAY_SIZE(columns),
			  add_row, "there are no ports");
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
	ret = add_all(app, dl, &all_ports, ports);
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
	struct change_target target = { .port = -1 };
	struct vdev_devlink *dl;
	uint32_t index;

	if (find_port(app, &dl, &index))
		return -1;
	target.port = index;
	return change_run(app, dl, &target, change_add_options);
}

/* --- Nodes */

static const struct column node_columns[] = {
	{ "NODE", NULL, false },     { "DEVICE", NULL, false },
	{ "AT LEAST", NULL, false }, { "AT MOST", NULL, false },
	{ "PRIORITY", NULL, true },  { "WEIGHT", NULL, true },
	{ "BELOW", NULL, false },
};

static void add_node_row(struct table *table, json_object *node)
{
	static const char *const first[] = { "node", "devlink" };
	static const char *const last[] = { "tx_priority", "tx_weight",
					    "parent" };
	_auto_free_ char *least = output_expand("{tx_share:rate}", node);
	_auto_free_ char *most = output_expand("{tx_max:rate}", node);

	table_add_keys(table, node, first, ARRAY_SIZE(first));
	table_add(table, output_string(least));
	table_add(table, output_string(most));
	table_add_keys(table, node, last, ARRAY_SIZE(last));
}

int rate_list(struct app *app)
{
	return print_list(app, &all_nodes, node_columns,
			  ARRAY_SIZE(node_columns), add_node_row,
			  "there are no nodes");
}

static int add_node(struct app *app, struct vdev_devlink_change *change,
		    const struct change_target *target)
{
	if (vdev_devlink_change_add_node(change, target->node))
		return app_fail_ctx(app);
	return change_add_options(app, change, target);
}

static int remove_node(struct app *app, struct vdev_devlink_change *change,
		       const struct change_target *target)
{
	return vdev_devlink_change_remove_node(change, target->node)
		       ? app_fail_ctx(app)
		       : 0;
}

/* The node of the second operand. */
static int change_node(struct app *app, change_fn add)
{
	const struct change_target target = {
		.port = -1,
		.node = app->args.operands[1],
	};
	struct vdev_devlink *dl;

	return change_find(app, &dl) ? -1 : change_run(app, dl, &target, add);
}

int rate_add(struct app *app)
{
	return change_node(app, add_node);
}

int rate_set(struct app *app)
{
	return change_node(app, change_add_options);
}

int rate_remove(struct app *app)
{
	return change_node(app, remove_node);
}
