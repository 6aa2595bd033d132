/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What devlink tells of a device, its ports and parameters. */

#include <errno.h>

#include "fuzz.h"
#include "kernel/genetlink.h"
#include "object/devlink.h"

static void check_family(const uint8_t *data, size_t size)
{
	struct genetlink family = { .family = 0 };
	struct fuzz_input input;
	struct vdev_sys sys;

	fuzz_sys(&sys, &input, data, size);
	input.families = true;
	if (!genetlink_open(&sys, "devlink", 1, &family))
		FUZZ_CHECK(family.family);
}

/* One of the values of a setting, in the spelling that it is given in. */
static void check_spelling(enum vdev_devlink_attr attr, const char *value)
{
	struct devlink_value v;

	if (!devlink_parse(attr, value, &v))
		FUZZ_CHECK(str_eq(v.text, value));
}

static void run(struct vdev_devlink_change *change)
{
	int ret = vdev_devlink_change_run(change);

	for (size_t i = 0; i < vdev_devlink_change_count(change); i++) {
		enum vdev_outcome outcome =
			vdev_devlink_change_outcome(change, i);

		FUZZ_CHECK(ret || outcome == VDEV_OUTCOME_DONE ||
			   outcome == VDEV_OUTCOME_UNCHANGED);
		FUZZ_CHECK(vdev_devlink_change_value(change, i));
		(void)vdev_devlink_change_mode(change, i);
	}
	for (size_t i = 0; vdev_devlink_change_finding(change, i); i++)
		;
	vdev_devlink_change_free(change);
}

static void check_eswitch(struct vdev_devlink *dl)
{
	struct vdev_devlink_change *change;

	FUZZ_CHECK(!vdev_devlink_change_new(dl, &change));
	for (int i = 0; i <= VDEV_ESWITCH_ENCAP_MODE; i++) {
		enum vdev_devlink_attr attr = (enum vdev_devlink_attr)i;
		const char *value = NULL;

		if (!vdev_devlink_eswitch(dl, attr, &value))
			check_spelling(attr, value);
		FUZZ_CHECK(!vdev_devlink_change_set(
			change, attr, vdev_devlink_attr_words(attr)[1]));
	}
	run(change);
}

static void check_port(struct vdev_devlink *dl,
		       const struct vdev_devlink_port *port)
{
	uint32_t index = vdev_devlink_port_index(port);
	struct vdev_devlink_change *change;
	uint64_t amount;

	for (int i = 0; i <= VDEV_PORT_SF; i++)
		FUZZ_CHECK(vdev_devlink_port_number(port,
						    (enum vdev_port_number)i) <=
			   UINT32_MAX);
	(void)vdev_devlink_port_flavour(port);
	(void)vdev_devlink_port_netdev(port);
	(void)vdev_devlink_port_ibdev(port);
	(void)vdev_devlink_port_attached(port);
	FUZZ_CHECK(!vdev_devlink_change_new(dl, &change));
	for (int i = VDEV_PORT_HW_ADDR; i < VDEV_DEVLINK_ATTRS; i++) {
		enum vdev_devlink_attr attr = (enum vdev_devlink_attr)i;
		const char *value = vdev_devlink_port_value(port, attr);

		(void)vdev_devlink_port_amount(port, attr, &amount);
		if (value)
			check_spelling(attr, value);
	}
	(void)vdev_devlink_change_set_port(change, index, VDEV_PORT_HW_ADDR,
					   "02:00:00:00:00:01");
	(void)vdev_devlink_change_set_port(change, index, VDEV_RATE_TX_MAX,
					   "8");
	run(change);
}

static void check_nodes(struct vdev_devlink *dl)
{
	const struct vdev_devlink_port *node;
	struct vdev_devlink_port_list *list;
	struct vdev_devlink_change *change;

	if (vdev_devlink_node_list_new(dl, &list) < 0)
		return;
	node = vdev_devlink_port_list_get(list, 0);
	FUZZ_CHECK(!vdev_devlink_change_new(dl, &change));
	if (node) {
		const char *name = vdev_devlink_port_node(node);

		(void)vdev_devlink_change_set_node(change, name ? name : "",
						   VDEV_RATE_TX_MAX, "8");
		(void)vdev_devlink_change_remove_node(change, name ? name : "");
	}
	run(change);
	vdev_devlink_port_list_free(list);
}

static void check_ports(struct vdev_ctx *ctx, struct vdev_devlink *dl)
{
	const struct vdev_devlink_port *port;
	struct vdev_devlink_port_list *list;
	struct vdev_devlink *found;
	uint32_t index;

	if (vdev_devlink_port_list_new(dl, &list) < 0)
		return;
	port = vdev_devlink_port_list_get(list, 0);
	if (port)
		check_port(dl, port);
	vdev_devlink_port_list_free(list);
	if (!vdev_devlink_port_find(ctx, "eth0", &found, &index))
		vdev_devlink_free(found);
}

/* A value that is there is one that can be given. */
static void check_param(struct vdev_devlink *dl,
			const struct vdev_devlink_param_list *list,
			const char *mode)
{
	const char *value = vdev_devlink_param_value(list, 0, mode);
	struct vdev_devlink_change *change;

	(void)vdev_devlink_param_default(list, 0, mode);
	FUZZ_CHECK(!vdev_devlink_change_new(dl, &change));
	(void)vdev_devlink_change_set_param(change,
					    vdev_devlink_param_name(list, 0),
					    mode, value ? value : "1");
	(void)vdev_devlink_change_set_param(
		change, vdev_devlink_param_name(list, 0), NULL, "1,2");
	(void)vdev_devlink_change_reload(change, "driver-reinit", "no-reset");
	run(change);
}

static void check_params(struct vdev_devlink *dl)
{
	const char *const *modes = vdev_devlink_param_modes();
	struct vdev_devlink_param_list *list;

	if (vdev_devlink_param_list_new(dl, &list) < 0)
		return;
	(void)vdev_devlink_param_type(list, 0);
	if (vdev_devlink_param_list_count(list))
		for (; *modes; modes++)
			check_param(dl, list, *modes);
	vdev_devlink_param_list_free(list);
}

static void check_info(struct vdev_devlink *dl)
{
	const char *text, *name, *value;
	struct vdev_devlink_info *info;
	uint32_t count;

	if (vdev_devlink_info_new(dl, &info))
		return;
	FUZZ_CHECK(vdev_devlink_info_reload_failed(info) <= 1);
	for (size_t i = 0;
	     !vdev_devlink_info_version(info, i, &text, &name, &value); i++)
		FUZZ_CHECK(text && strlen(name) < 64 && strlen(value) < 128);
	for (size_t i = 0;
	     !vdev_devlink_info_reload(info, i, &text, &name, &count); i++)
		;
	vdev_devlink_info_free(info);
}

/* The answers are about this device; all others are left out. */
static void check_answers(struct vdev_ctx *ctx, const char *name)
{
	struct vdev_devlink *dl;

	if (vdev_devlink_new(ctx, name, &dl))
		return;
	check_eswitch(dl);
	check_ports(ctx, dl);
	check_nodes(dl);
	check_params(dl);
	check_info(dl);
	vdev_devlink_free(dl);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input;
	struct vdev_ctx *ctx = fuzz_ctx(&input, data, size);
	struct vdev_devlink_list *list;

	check_family(data, size);
	if (vdev_devlink_list_new(ctx, &list) >= 0) {
		if (vdev_devlink_list_count(list))
			check_answers(ctx, vdev_devlink_list_name(list, 0));
		vdev_devlink_list_free(list);
	}
	vdev_ctx_unref(ctx);
	return 0;
}
