/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The ports of a device and of its switch. */

#include <errno.h>
#include <stdio.h>

#include <libvdev/sriov.h>

#include "kernel/abi/devlink.h"
#include "object/devlink.h"

struct vdev_devlink_port {
	struct devlink_port port;
	char *values[VDEV_DEVLINK_ATTRS];
};

struct vdev_devlink_port_list {
	struct vdev_devlink_port *items;
	size_t count;
};

static int list_all(struct vdev_devlink *dl,
		    int (*list)(struct devlink *d, struct devlink_port **ret,
				size_t *count),
		    const char *what, struct devlink_port **ret, size_t *count)
{
	int error = list(&dl->link, ret, count);

	/* A driver may have none. */
	if (error == -EOPNOTSUPP) {
		*ret = NULL;
		*count = 0;
		error = 0;
	}
	return error ? devlink_refused(dl, error, what) : 0;
}

int devlink_ports(struct vdev_devlink *dl, struct devlink_port **ret,
		  size_t *count)
{
	return list_all(dl, devlink_list_ports, "cannot list its ports", ret,
			count);
}

int devlink_nodes(struct vdev_devlink *dl, struct devlink_port **ret,
		  size_t *count)
{
	return list_all(dl, devlink_list_nodes, "cannot list its nodes", ret,
			count);
}

static int fill(struct vdev_devlink_port *p, const struct devlink_port *port)
{
	char text[DEVLINK_TEXT_SIZE];

	p->port = *port;
	for (int i = VDEV_PORT_HW_ADDR; i < VDEV_DEVLINK_ATTRS; i++) {
		int ret = devlink_port_text(port, (enum vdev_devlink_attr)i,
					    text, sizeof(text));

		if (ret == -ENODATA)
			continue;
		if (ret)
			return ret;
		p->values[i] = strdup(text);
		if (!p->values[i])
			return -ENOMEM;
	}
	return 0;
}

static int new_list(struct vdev_devlink *dl, const struct devlink_port *ports,
		    size_t count, struct vdev_devlink_port_list **ret)
{
	struct vdev_devlink_port_list *list = calloc(1, sizeof(*list));
	int error = 0;

	if (list && count)
		list->items = calloc(count, sizeof(*list->items));
	if (!list || (count && !list->items))
		error = -ENOMEM;
	for (size_t i = 0; i < count && !error; i++) {
		list->count++;
		error = fill(&list->items[i], &ports[i]);
	}
	if (error) {
		vdev_devlink_port_list_free(list);
		return devlink_refused(dl, error, "cannot read its ports");
	}
	*ret = list;
	return (int)list->count;
}

int vdev_devlink_port_list_new(struct vdev_devlink *dl,
			       struct vdev_devlink_port_list **ret)
{
	_auto_free_ struct devlink_port *ports = NULL;
	size_t count = 0;
	int error = devlink_ports(dl, &ports, &count);

	return error ? error : new_list(dl, ports, count, ret);
}

int vdev_devlink_node_list_new(struct vdev_devlink *dl,
			       struct vdev_devlink_port_list **ret)
{
	_auto_free_ struct devlink_port *nodes = NULL;
	size_t count = 0;
	int error = devlink_nodes(dl, &nodes, &count);

	return error ? error : new_list(dl, nodes, count, ret);
}

void vdev_devlink_port_list_free(struct vdev_devlink_port_list *list)
{
	if (!list)
		return;
	for (size_t i = 0; i < list->count; i++)
		for (int j = 0; j < VDEV_DEVLINK_ATTRS; j++)
			free(list->items[i].values[j]);
	free(list->items);
	free(list);
}

size_t vdev_devlink_port_list_count(const struct vdev_devlink_port_list *list)
{
	return list->count;
}

const struct vdev_devlink_port *
vdev_devlink_port_list_get(const struct vdev_devlink_port_list *list,
			   size_t index)
{
	return index < list->count ? &list->items[index] : NULL;
}

/* --- One port */

uint32_t vdev_devlink_port_index(const struct vdev_devlink_port *port)
{
	return port->port.index;
}

const char *vdev_devlink_port_node(const struct vdev_devlink_port *port)
{
	return *port->port.node ? port->port.node : NULL;
}

const char *vdev_devlink_port_flavour(const struct vdev_devlink_port *port)
{
	static const char *const names[] = {
		[DEVLINK_PORT_FLAVOUR_PHYSICAL] = "physical",
		[DEVLINK_PORT_FLAVOUR_CPU] = "cpu",
		[DEVLINK_PORT_FLAVOUR_DSA] = "dsa",
		[DEVLINK_PORT_FLAVOUR_PCI_PF] = "pcipf",
		[DEVLINK_PORT_FLAVOUR_PCI_VF] = "pcivf",
		[DEVLINK_PORT_FLAVOUR_VIRTUAL] = "virtual",
		[DEVLINK_PORT_FLAVOUR_UNUSED] = "unused",
		[DEVLINK_PORT_FLAVOUR_PCI_SF] = "pcisf",
	};
	int flavour = port->port.flavour;

	return flavour >= 0 && (size_t)flavour < ARRAY_SIZE(names)
		       ? names[flavour]
		       : NULL;
}

int64_t vdev_devlink_port_number(const struct vdev_devlink_port *port,
				 enum vdev_port_number which)
{
	const int64_t numbers[] = {
		[VDEV_PORT_NUMBER] = port->port.number,
		[VDEV_PORT_CONTROLLER] = port->port.controller,
		[VDEV_PORT_PF] = port->port.pf,
		[VDEV_PORT_VF] = port->port.vf,
		[VDEV_PORT_SF] = port->port.sf,
	};

	return (size_t)which < ARRAY_SIZE(numbers) && numbers[which] >= 0
		       ? numbers[which]
		       : -ENODATA;
}

int vdev_devlink_port_external(const struct vdev_devlink_port *port)
{
	return port->port.external < 0 ? -ENODATA : !!port->port.external;
}

const char *vdev_devlink_port_netdev(const struct vdev_devlink_port *port)
{
	return *port->port.netdev ? port->port.netdev : NULL;
}

const char *vdev_devlink_port_ibdev(const struct vdev_devlink_port *port)
{
	return *port->port.ibdev ? port->port.ibdev : NULL;
}

int vdev_devlink_port_attached(const struct vdev_devlink_port *port)
{
	return port->port.opstate < 0
		       ? -ENODATA
		       : port->port.opstate == DEVLINK_PORT_FN_OPSTATE_ATTACHED;
}

const char *vdev_devlink_port_value(const struct vdev_devlink_port *port,
				    enum vdev_devlink_attr attr)
{
	return (size_t)attr < VDEV_DEVLINK_ATTRS ? port->values[attr] : NULL;
}

int vdev_devlink_port_amount(const struct vdev_devlink_port *port,
			     enum vdev_devlink_attr attr, uint64_t *ret)
{
	return (size_t)attr < VDEV_DEVLINK_ATTRS
		       ? devlink_port_amount(&port->port, attr, ret)
		       : -EINVAL;
}

/* --- By name */

static int no_port(struct vdev_ctx *ctx, const char *name)
{
	return vdev_hint(ctx,
			 vdev_fail(ctx, -ENODEV, "there is no port %s", name),
			 "\"vdevctl port list\" shows those there are; in "
			 "switchdev mode each VF has one");
}

struct wanted {
	const char *netdev; /* NULL for any of these below */
	int64_t index;
	int64_t vf;
};

static int find_port(struct vdev_devlink *dl, const struct wanted *wanted,
		     uint32_t *ret)
{
	_auto_free_ struct devlink_port *ports = NULL;
	size_t count = 0;
	int error = devlink_ports(dl, &ports, &count);

	if (error)
		return error;
	for (size_t i = 0; i < count; i++) {
		const struct devlink_port *p = &ports[i];

		if ((wanted->netdev && str_eq(p->netdev, wanted->netdev)) ||
		    wanted->index == (int64_t)p->index ||
		    (wanted->vf >= 0 && wanted->vf == p->vf &&
		     p->external <= 0)) {
			*ret = p->index;
			return 0;
		}
	}
	return -ENOENT;
}

/* "BUS/NAME/INDEX": where the index starts, or NULL. */
static const char *index_in(const char *name)
{
	const char *first = strchr(name, '/');
	const char *second = first ? strchr(first + 1, '/') : NULL;

	return first && first != name && second && second != first + 1
		       ? second + 1
		       : NULL;
}

/* The device that the name speaks of, and what to look for. */
static int open_wanted(struct vdev_ctx *ctx, const char *name,
		       struct wanted *wanted, struct vdev_devlink **dl)
{
	const char *index = index_in(name);
	_auto_free_ char *handle = NULL;
	struct vdev_device *vf = NULL;
	uint64_t number;
	int ret;

	if (index) {
		if (str_to_u64(index, 10, &number) || number > UINT32_MAX)
			return no_port(ctx, name);
		wanted->index = (int64_t)number;
		handle = strndup(name, (size_t)(index - name) - 1);
		return handle ? vdev_devlink_new(ctx, handle, dl)
			      : vdev_fail(ctx, -ENOMEM, "out of memory");
	}
	if (!vdev_device_find(ctx, name, &vf)) {
		number = 0;
		ret = vdev_device_vf_number(vf);
		wanted->vf = ret;
		if (ret >= 0) {
			ret = vdev_devlink_new(ctx, vdev_device_physfn(vf), dl);
			vdev_device_unref(vf);
			return ret;
		}
		vdev_device_unref(vf);
	}
	wanted->netdev = name;
	return vdev_devlink_new(ctx, name, dl);
}

int vdev_devlink_port_find(struct vdev_ctx *ctx, const char *name,
			   struct vdev_devlink **ret, uint32_t *index)
{
	struct wanted wanted = { .index = -1, .vf = -1 };
	struct vdev_devlink *dl = NULL;
	int error = open_wanted(ctx, name, &wanted, &dl);

	if (error)
		return error;
	error = find_port(dl, &wanted, index);
	if (error) {
		vdev_devlink_free(dl);
		return error == -ENOENT ? no_port(ctx, name) : error;
	}
	*ret = dl;
	return 0;
}
