/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIBVDEV_DEVLINK_H
#define LIBVDEV_DEVLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libvdev/bind.h>

VDEV_BEGIN_DECLS

/*
 * devlink: what the kernel's driver of a device lets one see and set about the
 * device and its switch (eswitch), between the PF's uplink and its VFs.
 *
 * A device has devlink while a driver that offers it is bound: network drivers
 * above all, never a VFIO driver. It is named by its bus and its name there,
 * "pci/0000:01:00.0".
 *
 * Settings are changed by a change:
 *
 *	vdev_devlink_new(ctx, "eth0", &dl);
 *	vdev_devlink_change_new(dl, &change);
 *	vdev_devlink_change_set(change, VDEV_ESWITCH_MODE, "switchdev");
 *	vdev_devlink_change_run(change);
 *	vdev_devlink_change_free(change);
 *	vdev_devlink_free(dl);
 *
 * It is refused while somebody uses what it would take away. Settings are made
 * one by one, in the order they were added, and read back; if one fails those
 * before it are put back.
 *
 * Kernel interface: generic netlink, family "devlink", Linux 4.6.
 * Source: include/uapi/linux/devlink.h, Documentation/networking/devlink/.
 */

struct vdev_devlink;
struct vdev_devlink_list;
struct vdev_devlink_port_list;
struct vdev_devlink_port;
struct vdev_devlink_param_list;
struct vdev_devlink_info;
struct vdev_devlink_change;

/**
 * enum vdev_devlink_attr - what can be set
 * @VDEV_ESWITCH_MODE: the switch's mode: "legacy" (by MAC address and VLAN),
 *	"switchdev" (by rules for its ports, each VF has one on the host) or
 *	"switchdev-inactive" (the same, but no traffic yet; Linux 6.19)
 * @VDEV_ESWITCH_INLINE_MODE: how much of a packet's head the switch needs with
 *	the packet's description: "none", "link", "network" or "transport"
 * @VDEV_ESWITCH_ENCAP_MODE: whether the switch puts packets into tunnels:
 *	"none" or "basic"
 * @VDEV_PORT_HW_ADDR: of the function behind a port, its hardware address, as
 *	"02:00:00:00:00:01"
 * @VDEV_PORT_STATE: whether the function is "active" or "inactive" (Linux 5.12)
 * @VDEV_PORT_ROCE: RDMA over Ethernet, "on" or "off" (Linux 6.2)
 * @VDEV_PORT_MIGRATABLE: whether the function can be moved to another host
 *	while it is used, "on" or "off" (Linux 6.2)
 * @VDEV_PORT_IPSEC_CRYPTO: encryption for IPsec, "on" or "off" (Linux 6.6)
 * @VDEV_PORT_IPSEC_PACKET: all of IPsec, "on" or "off" (Linux 6.6)
 * @VDEV_PORT_MAX_IO_EQS: how many event queues the function can have, a number
 *	(Linux 6.10)
 * @VDEV_RATE_TX_SHARE: how much the function can send at least, in bits a
 *	second; with "kbit", "mbit", "gbit" or "tbit" behind the number
 *	thousands, millions and so on; 0 for nothing promised (Linux 5.14)
 * @VDEV_RATE_TX_MAX: how much at most, 0 for no limit (Linux 5.14)
 * @VDEV_RATE_TX_PRIORITY: whose turn it is first, a number (Linux 6.3)
 * @VDEV_RATE_TX_WEIGHT: the part it gets among equals, a number (Linux 6.3)
 * @VDEV_RATE_PARENT: the node whose rates it shares with others, or "none"
 *	(Linux 5.14); nodes have rates, and may have a node above them, as well
 */
enum vdev_devlink_attr {
	VDEV_ESWITCH_MODE,
	VDEV_ESWITCH_INLINE_MODE,
	VDEV_ESWITCH_ENCAP_MODE,
	VDEV_PORT_HW_ADDR,
	VDEV_PORT_STATE,
	VDEV_PORT_ROCE,
	VDEV_PORT_MIGRATABLE,
	VDEV_PORT_IPSEC_CRYPTO,
	VDEV_PORT_IPSEC_PACKET,
	VDEV_PORT_MAX_IO_EQS,
	VDEV_RATE_TX_SHARE,
	VDEV_RATE_TX_MAX,
	VDEV_RATE_TX_PRIORITY,
	VDEV_RATE_TX_WEIGHT,
	VDEV_RATE_PARENT,
};

/** How many of them there are. */
#define VDEV_DEVLINK_ATTRS 15

/**
 * vdev_devlink_attr_name() - the name of a setting
 * @attr: which one
 *
 * Return: a static string such as "inline-mode"; NULL for a value out of range.
 */
VDEV_EXPORT const char *vdev_devlink_attr_name(enum vdev_devlink_attr attr);

/**
 * vdev_devlink_attr_words() - the values a setting can have
 * @attr: which one
 *
 * Return: a static NULL-terminated array of words; NULL if they are no words.
 */
VDEV_EXPORT const char *const *
vdev_devlink_attr_words(enum vdev_devlink_attr attr);

/**
 * vdev_devlink_new() - the devlink side of a device
 * @ctx: the context
 * @name: its name with devlink ("pci/0000:01:00.0", "netdevsim/netdevsim10"),
 *	any name of a device that vdev_device_find() takes, or a network
 *	interface of one of its ports
 * @ret: receives it; the caller frees it with vdev_devlink_free()
 *
 * Return: 0; -ENODEV if there is no such device or it has no devlink, which
 * may be for want of a driver; -EOPNOTSUPP if the kernel has no devlink, or
 * below a root; -EINVAL for what cannot be a name; -EPERM; -ENOMEM.
 */
VDEV_EXPORT int vdev_devlink_new(struct vdev_ctx *ctx, const char *name,
				 struct vdev_devlink **ret);

/**
 * vdev_devlink_free() - forget it
 * @dl: what vdev_devlink_new() gave, or NULL
 */
VDEV_EXPORT void vdev_devlink_free(struct vdev_devlink *dl);

/**
 * vdev_devlink_name() - the name with devlink
 * @dl: the device
 *
 * Return: "BUS/NAME", valid as long as @dl.
 */
VDEV_EXPORT const char *vdev_devlink_name(const struct vdev_devlink *dl);

/**
 * vdev_devlink_list_new() - all devices with devlink
 * @ctx: the context
 * @ret: receives them; the caller frees the list with vdev_devlink_list_free()
 *
 * Return: their number; -EOPNOTSUPP if the kernel has no devlink, or below
 * a root; -ENOMEM.
 */
VDEV_EXPORT int vdev_devlink_list_new(struct vdev_ctx *ctx,
				      struct vdev_devlink_list **ret);

/**
 * vdev_devlink_list_free() - free a list
 * @list: the list, or NULL
 */
VDEV_EXPORT void vdev_devlink_list_free(struct vdev_devlink_list *list);

/**
 * vdev_devlink_list_count() - how many there are
 * @list: the list
 *
 * Return: the count.
 */
VDEV_EXPORT size_t
vdev_devlink_list_count(const struct vdev_devlink_list *list);

/**
 * vdev_devlink_list_name() - one of them
 * @list: the list
 * @index: 0 up to the count less one
 *
 * Return: a name for vdev_devlink_new(); NULL past the end.
 */
VDEV_EXPORT const char *
vdev_devlink_list_name(const struct vdev_devlink_list *list, size_t index);

/**
 * vdev_devlink_eswitch() - a setting of the switch
 * @dl: the device
 * @attr: VDEV_ESWITCH_MODE to VDEV_ESWITCH_ENCAP_MODE
 * @ret: receives a static string, one of vdev_devlink_attr_words()
 *
 * Kernel interface: ``DEVLINK_CMD_ESWITCH_GET``, Linux 4.8.
 *
 * Return: 0; -ENODATA if the driver has no such setting; -EOPNOTSUPP if it has
 * no switch; -ENODEV if the device is gone; -EINVAL for another setting;
 * -EPERM without CAP_NET_ADMIN; -EBADMSG for an answer that makes no sense.
 */
VDEV_EXPORT int vdev_devlink_eswitch(struct vdev_devlink *dl,
				     enum vdev_devlink_attr attr,
				     const char **ret);

/**
 * vdev_devlink_port_list_new() - the ports of a device and of its switch
 * @dl: the device
 * @ret: receives them; the caller frees the list with
 *	vdev_devlink_port_list_free()
 *
 * Kernel interface: ``DEVLINK_CMD_PORT_GET``, Linux 4.6, and
 * ``DEVLINK_CMD_RATE_GET``, Linux 5.14.
 *
 * Return: their number; -EPERM, -EBADMSG, -ENOMEM.
 */
VDEV_EXPORT int vdev_devlink_port_list_new(struct vdev_devlink *dl,
					   struct vdev_devlink_port_list **ret);

/**
 * vdev_devlink_node_list_new() - the nodes whose rates ports share
 * @dl: the device
 * @ret: receives them, as ports that have a vdev_devlink_port_node(), the
 *	settings from VDEV_RATE_TX_SHARE on, and nothing else; the caller frees
 *	the list with vdev_devlink_port_list_free()
 *
 * Kernel interface: ``DEVLINK_CMD_RATE_GET``, Linux 5.14.
 *
 * Return: their number; -EPERM, -EBADMSG, -ENOMEM.
 */
VDEV_EXPORT int vdev_devlink_node_list_new(struct vdev_devlink *dl,
					   struct vdev_devlink_port_list **ret);

/**
 * vdev_devlink_port_list_free() - free a list and its ports
 * @list: the list, or NULL
 */
VDEV_EXPORT void
vdev_devlink_port_list_free(struct vdev_devlink_port_list *list);

/**
 * vdev_devlink_port_list_count() - how many there are
 * @list: the list
 *
 * Return: the count.
 */
VDEV_EXPORT size_t
vdev_devlink_port_list_count(const struct vdev_devlink_port_list *list);

/**
 * vdev_devlink_port_list_get() - one of them
 * @list: the list
 * @index: 0 up to the count less one, which is not the port's own index
 *
 * Return: the port, which belongs to the list; NULL past the end.
 */
VDEV_EXPORT const struct vdev_devlink_port *
vdev_devlink_port_list_get(const struct vdev_devlink_port_list *list,
			   size_t index);

/**
 * vdev_devlink_port_find() - the port of a name
 * @ctx: the context
 * @name: the device's name with devlink and the port's index behind another
 *	slash ("pci/0000:01:00.0/1"), the port's network interface, or the
 *	address of the VF behind it
 * @dl: receives its device; the caller frees it with vdev_devlink_free()
 * @index: receives its index
 *
 * Return: 0; -ENODEV if there is none; or as vdev_devlink_new().
 */
VDEV_EXPORT int vdev_devlink_port_find(struct vdev_ctx *ctx, const char *name,
				       struct vdev_devlink **dl,
				       uint32_t *index);

/**
 * vdev_devlink_port_index() - the number of a port on its device
 * @port: the port
 *
 * Return: the index, any number of 32 bits.
 */
VDEV_EXPORT uint32_t
vdev_devlink_port_index(const struct vdev_devlink_port *port);

/**
 * vdev_devlink_port_node() - the name of a node
 * @port: one of vdev_devlink_node_list_new()
 *
 * Return: its name; NULL for a port.
 */
VDEV_EXPORT const char *
vdev_devlink_port_node(const struct vdev_devlink_port *port);

/**
 * vdev_devlink_port_flavour() - what a port is for
 * @port: the port
 *
 * Return: "physical" (to the wire), "cpu", "dsa", "pcipf", "pcivf" (it stands
 * for a VF), "virtual", "unused" or "pcisf"; NULL if the kernel does not say,
 * or says something newer.
 */
VDEV_EXPORT const char *
vdev_devlink_port_flavour(const struct vdev_devlink_port *port);

/**
 * enum vdev_port_number - a number that a port goes by
 * @VDEV_PORT_NUMBER: as it is written on the device
 * @VDEV_PORT_CONTROLLER: of the PCI controller of the function behind it
 * @VDEV_PORT_PF: of the PF
 * @VDEV_PORT_VF: of the VF of that PF, from 0
 * @VDEV_PORT_SF: of the subfunction of that PF
 */
enum vdev_port_number {
	VDEV_PORT_NUMBER,
	VDEV_PORT_CONTROLLER,
	VDEV_PORT_PF,
	VDEV_PORT_VF,
	VDEV_PORT_SF,
};

/**
 * vdev_devlink_port_number() - such a number
 * @port: the port
 * @which: which of them
 *
 * Return: the number; -ENODATA if the port has none.
 */
VDEV_EXPORT int64_t vdev_devlink_port_number(
	const struct vdev_devlink_port *port, enum vdev_port_number which);

/**
 * vdev_devlink_port_external() - whether the function is another host's
 * @port: the port
 *
 * Return: 1 or 0; -ENODATA if no function is behind it.
 */
VDEV_EXPORT int
vdev_devlink_port_external(const struct vdev_devlink_port *port);

/**
 * vdev_devlink_port_netdev() - the network interface of a port
 * @port: the port
 *
 * Return: its name, or NULL for none.
 */
VDEV_EXPORT const char *
vdev_devlink_port_netdev(const struct vdev_devlink_port *port);

/**
 * vdev_devlink_port_ibdev() - the InfiniBand device of a port
 * @port: the port
 *
 * Return: its name, or NULL for none.
 */
VDEV_EXPORT const char *
vdev_devlink_port_ibdev(const struct vdev_devlink_port *port);

/**
 * vdev_devlink_port_attached() - whether a driver has the function behind it
 * @port: the port
 *
 * Return: 1 or 0; -ENODATA if the driver does not tell.
 */
VDEV_EXPORT int
vdev_devlink_port_attached(const struct vdev_devlink_port *port);

/**
 * vdev_devlink_port_value() - a setting of the function behind a port
 * @port: the port
 * @attr: VDEV_PORT_HW_ADDR and those behind it
 *
 * Return: the value as vdev_devlink_change_set_port() takes it; NULL if the
 * port has no such setting.
 */
VDEV_EXPORT const char *
vdev_devlink_port_value(const struct vdev_devlink_port *port,
			enum vdev_devlink_attr attr);

/**
 * vdev_devlink_port_amount() - a setting that is a number
 * @port: the port
 * @attr: VDEV_PORT_MAX_IO_EQS, or VDEV_RATE_TX_SHARE to VDEV_RATE_TX_WEIGHT
 * @ret: receives it; rates are in bits a second
 *
 * Return: 0; -ENODATA if the port has no such setting; -EINVAL for another one.
 */
VDEV_EXPORT int vdev_devlink_port_amount(const struct vdev_devlink_port *port,
					 enum vdev_devlink_attr attr,
					 uint64_t *ret);

/**
 * vdev_devlink_param_modes() - in which way a parameter has a value
 *
 * "runtime": at once; "driverinit": with the next reload; "permanent": in the
 * device, with its next start.
 *
 * Return: a static NULL-terminated array.
 */
VDEV_EXPORT const char *const *vdev_devlink_param_modes(void);

/**
 * vdev_devlink_param_list_new() - the parameters of a device
 * @dl: the device
 * @ret: receives them; the caller frees the list with
 *	vdev_devlink_param_list_free()
 *
 * Kernel interface: ``DEVLINK_CMD_PARAM_GET``, Linux 4.19.
 *
 * Return: their number; -EPERM, -EBADMSG, -ENOMEM.
 */
VDEV_EXPORT int
vdev_devlink_param_list_new(struct vdev_devlink *dl,
			    struct vdev_devlink_param_list **ret);

/**
 * vdev_devlink_param_list_free() - free a list
 * @list: the list, or NULL
 */
VDEV_EXPORT void
vdev_devlink_param_list_free(struct vdev_devlink_param_list *list);

/**
 * vdev_devlink_param_list_count() - how many there are
 * @list: the list
 *
 * Return: the count.
 */
VDEV_EXPORT size_t
vdev_devlink_param_list_count(const struct vdev_devlink_param_list *list);

/**
 * vdev_devlink_param_name() - what a parameter is called
 * @list: the list
 * @index: 0 up to the count less one
 *
 * Return: its name; NULL past the end.
 */
VDEV_EXPORT const char *
vdev_devlink_param_name(const struct vdev_devlink_param_list *list,
			size_t index);

/**
 * vdev_devlink_param_generic() - whether it means the same with every driver
 * @list: the list
 * @index: 0 up to the count less one
 *
 * Return: true for one of the kernel's own, false for one of the driver's.
 */
VDEV_EXPORT bool
vdev_devlink_param_generic(const struct vdev_devlink_param_list *list,
			   size_t index);

/**
 * vdev_devlink_param_type() - what its values are
 * @list: the list
 * @index: 0 up to the count less one
 *
 * Return: "u8", "u16", "u32", "u64", "string", "bool" (true, false) or
 * "u64-array" (with commas); NULL for a newer one, or past the end.
 */
VDEV_EXPORT const char *
vdev_devlink_param_type(const struct vdev_devlink_param_list *list,
			size_t index);

/**
 * vdev_devlink_param_value() - the value it has
 * @list: the list
 * @index: 0 up to the count less one
 * @mode: one of vdev_devlink_param_modes()
 *
 * Return: the value; NULL if it has none in that mode, or past the end.
 */
VDEV_EXPORT const char *
vdev_devlink_param_value(const struct vdev_devlink_param_list *list,
			 size_t index, const char *mode);

/**
 * vdev_devlink_param_default() - the value it had at first
 * @list: the list
 * @index: 0 up to the count less one
 * @mode: one of vdev_devlink_param_modes()
 *
 * Return: the value; NULL if it is not known (before Linux 6.19 it never is),
 * or past the end.
 */
VDEV_EXPORT const char *
vdev_devlink_param_default(const struct vdev_devlink_param_list *list,
			   size_t index, const char *mode);

/**
 * vdev_devlink_reload_actions() - what a reload can do
 *
 * "driver-reinit": the driver starts anew, with the parameters of mode
 * driverinit; "fw-activate": the device starts the firmware that was stored.
 *
 * Return: a static NULL-terminated array.
 */
VDEV_EXPORT const char *const *vdev_devlink_reload_actions(void);

/**
 * vdev_devlink_reload_limits() - what a reload must not do
 *
 * "no-reset": neither reset the device nor interrupt its traffic.
 *
 * Return: a static NULL-terminated array.
 */
VDEV_EXPORT const char *const *vdev_devlink_reload_limits(void);

/**
 * vdev_devlink_info_new() - what a device and its firmware are
 * @dl: the device
 * @ret: receives it; the caller frees it with vdev_devlink_info_free()
 *
 * Kernel interface: ``DEVLINK_CMD_INFO_GET``, Linux 5.1, and
 * ``DEVLINK_CMD_GET``.
 *
 * Return: 0; -ENODEV, -EPERM, -EBADMSG, -ENOMEM.
 */
VDEV_EXPORT int vdev_devlink_info_new(struct vdev_devlink *dl,
				      struct vdev_devlink_info **ret);

/**
 * vdev_devlink_info_free() - free it
 * @info: what vdev_devlink_info_new() gave, or NULL
 */
VDEV_EXPORT void vdev_devlink_info_free(struct vdev_devlink_info *info);

/**
 * vdev_devlink_info_driver() - the driver's name
 * @info: the information
 *
 * Return: the name, or NULL if it is not told.
 */
VDEV_EXPORT const char *
vdev_devlink_info_driver(const struct vdev_devlink_info *info);

/**
 * vdev_devlink_info_serial() - the device's serial number
 * @info: the information
 *
 * Return: the number, or NULL if it is not told.
 */
VDEV_EXPORT const char *
vdev_devlink_info_serial(const struct vdev_devlink_info *info);

/**
 * vdev_devlink_info_board_serial() - the serial number of its board
 * @info: the information
 *
 * Return: the number, or NULL if it is not told.
 */
VDEV_EXPORT const char *
vdev_devlink_info_board_serial(const struct vdev_devlink_info *info);

/**
 * vdev_devlink_info_reload_failed() - whether it is down after a reload
 * @info: the information
 *
 * Return: 1 if the last reload failed, and the driver has not started again;
 * 0; -ENODATA before Linux 5.4.
 */
VDEV_EXPORT int
vdev_devlink_info_reload_failed(const struct vdev_devlink_info *info);

/**
 * vdev_devlink_info_version() - one of its versions
 * @info: the information
 * @index: from 0 on
 * @kind: receives "fixed" (of hardware), "running" or "stored" (for the next
 *	start)
 * @name: receives what it is the version of: "fw.mgmt"
 * @value: receives the version
 *
 * Return: 0; -ENODATA past the end.
 */
VDEV_EXPORT int vdev_devlink_info_version(const struct vdev_devlink_info *info,
					  size_t index, const char **kind,
					  const char **name,
					  const char **value);

/**
 * vdev_devlink_info_reload() - a reload the driver can do
 * @info: the information
 * @index: from 0 on
 * @action: receives one of vdev_devlink_reload_actions(), NULL for a newer one
 * @limit: receives one of vdev_devlink_reload_limits(), NULL for none
 * @count: receives how often that was done
 *
 * Return: 0; -ENODATA past the end.
 */
VDEV_EXPORT int vdev_devlink_info_reload(const struct vdev_devlink_info *info,
					 size_t index, const char **action,
					 const char **limit, uint32_t *count);

/**
 * vdev_devlink_change_new() - make an empty change
 * @dl: the device, which has to stay as long as the change
 * @ret: receives it; the caller frees it with vdev_devlink_change_free()
 *
 * Return: 0; -ENOMEM.
 */
VDEV_EXPORT int vdev_devlink_change_new(struct vdev_devlink *dl,
					struct vdev_devlink_change **ret);

/**
 * vdev_devlink_change_free() - free a change
 * @change: the change, or NULL
 */
VDEV_EXPORT void vdev_devlink_change_free(struct vdev_devlink_change *change);

/**
 * vdev_devlink_change_set() - add a setting of the device
 * @change: the change
 * @attr: VDEV_ESWITCH_MODE to VDEV_ESWITCH_ENCAP_MODE
 * @value: the value it shall have
 *
 * Return: 0; -EINVAL if it cannot have that value, is in the change already or
 * is none of the device; -ENOMEM.
 */
VDEV_EXPORT int vdev_devlink_change_set(struct vdev_devlink_change *change,
					enum vdev_devlink_attr attr,
					const char *value);

/**
 * vdev_devlink_change_set_port() - add a setting of a port's function
 * @change: the change
 * @port: the port's index
 * @attr: VDEV_PORT_HW_ADDR and those behind it
 * @value: the value it shall have
 *
 * Return: 0; -EINVAL if it cannot have that value, is in the change already or
 * is none of ports; -ENOMEM.
 */
VDEV_EXPORT int vdev_devlink_change_set_port(struct vdev_devlink_change *change,
					     uint32_t port,
					     enum vdev_devlink_attr attr,
					     const char *value);

/**
 * vdev_devlink_change_add_node() - make a node whose rates ports share
 * @change: the change
 * @node: its name
 *
 * vdev_devlink_change_set_node() behind it sets what it has.
 * vdev_devlink_change_check() looks whether there is such a node already.
 *
 * Return: 0; -EINVAL for a name that no node can have: empty, a number or
 * "none"; -ENOMEM.
 */
VDEV_EXPORT int vdev_devlink_change_add_node(struct vdev_devlink_change *change,
					     const char *node);

/**
 * vdev_devlink_change_remove_node() - remove a node at the end
 * @change: the change, to which nothing is added any more
 * @node: its name
 *
 * The kernel refuses that while it is above a port or another node.
 *
 * Return: 0; -EINVAL for a name that no node can have; -ENOMEM.
 */
VDEV_EXPORT int
vdev_devlink_change_remove_node(struct vdev_devlink_change *change,
				const char *node);

/**
 * vdev_devlink_change_set_node() - add a setting of a node
 * @change: the change
 * @node: the node's name
 * @attr: VDEV_RATE_TX_SHARE and those behind it
 * @value: the value it shall have
 *
 * Return: 0; -EINVAL if it cannot have that value, is in the change already or
 * is none of nodes; -ENOMEM.
 */
VDEV_EXPORT int vdev_devlink_change_set_node(struct vdev_devlink_change *change,
					     const char *node,
					     enum vdev_devlink_attr attr,
					     const char *value);

/**
 * vdev_devlink_change_set_param() - add a parameter
 * @change: the change
 * @name: its name
 * @mode: one of vdev_devlink_param_modes(), or NULL for the only one it has
 * @value: the value it shall have; vdev_devlink_change_check() looks whether it
 *	can
 *
 * Return: 0; -EINVAL if there is no such mode; -ENOMEM.
 */
VDEV_EXPORT int
vdev_devlink_change_set_param(struct vdev_devlink_change *change,
			      const char *name, const char *mode,
			      const char *value);

/**
 * vdev_devlink_change_reload() - reload the device at the end
 * @change: the change, to which nothing is added any more
 * @action: one of vdev_devlink_reload_actions()
 * @limit: one of vdev_devlink_reload_limits(), or NULL
 *
 * A reload without a limit takes away the interfaces of the device, and may
 * remove its VFs: it is refused while somebody uses any of them.
 *
 * Return: 0; -EINVAL for another action or limit, or a second reload; -ENOMEM.
 */
VDEV_EXPORT int vdev_devlink_change_reload(struct vdev_devlink_change *change,
					   const char *action,
					   const char *limit);

/**
 * vdev_devlink_change_force() - run in spite of a check
 * @change: the change
 * @check: the check that may refuse without effect
 *
 * Return: 0; -EINVAL for a value out of range.
 */
VDEV_EXPORT int vdev_devlink_change_force(struct vdev_devlink_change *change,
					  enum vdev_check check);

/**
 * vdev_devlink_change_check() - look, without changing anything
 * @change: the change
 *
 * Reads the values there are and, if the switch is to change its mode, whether
 * a VF or an interface of a port of the switch is in use. May be called again.
 *
 * Return: 0 if the change can run; -EBUSY if a check refuses; -EINVAL if the
 * change is empty; -ENODEV if there is no such port or node; -EEXIST if there
 * is a node already that is to be made; -EOPNOTSUPP for rates of
 * a port that has none, or a parameter that has no such mode; -ENOENT if there
 * is no such parameter; or as vdev_devlink_eswitch().
 */
VDEV_EXPORT int vdev_devlink_change_check(struct vdev_devlink_change *change);

/**
 * vdev_devlink_change_run() - do it
 * @change: the change
 *
 * It waits for another process that does the same with this devlink instance,
 * which takes the right to write to /run/vdev/lock; without that right it does
 * not wait.
 *
 * Kernel interface: ``DEVLINK_CMD_ESWITCH_SET``, Linux 4.8;
 * ``DEVLINK_CMD_PORT_SET`` for functions, Linux 5.9; ``DEVLINK_CMD_RATE_SET``,
 * ``DEVLINK_CMD_RATE_NEW`` and ``DEVLINK_CMD_RATE_DEL``, Linux 5.14;
 * ``DEVLINK_CMD_PARAM_SET``, Linux 4.19; ``DEVLINK_CMD_RELOAD``
 * with actions and limits, Linux 5.10.
 *
 * Return: 0; what vdev_devlink_change_check() returns; -EOPNOTSUPP if the
 * driver cannot set it; another errno of the driver, whose own sentence is in
 * vdev_ctx_last_error(); -EIO if the driver took a value and shows another one;
 * -EPERM without CAP_NET_ADMIN; -EINTR if a signal ended the wait, or another
 * errno if the lock cannot be taken. vdev_ctx_last_kind() tells whether what
 * was set before was put back.
 */
VDEV_EXPORT int vdev_devlink_change_run(struct vdev_devlink_change *change);

/**
 * vdev_devlink_change_count() - how many settings it has
 * @change: the change
 *
 * Return: the count.
 */
VDEV_EXPORT size_t
vdev_devlink_change_count(const struct vdev_devlink_change *change);

/**
 * vdev_devlink_change_name() - which setting
 * @change: the change
 * @index: 0 up to the count less one
 *
 * Return: its name, as vdev_devlink_attr_name(), that of a parameter, "node",
 * whose value is "present" or "absent", or "reload", whose value is its action;
 * NULL past the end.
 */
VDEV_EXPORT const char *
vdev_devlink_change_name(const struct vdev_devlink_change *change,
			 size_t index);

/**
 * vdev_devlink_change_mode() - the mode of a parameter
 * @change: the change, after vdev_devlink_change_check()
 * @index: 0 up to the count less one
 *
 * Return: one of vdev_devlink_param_modes(); NULL for what is no parameter.
 */
VDEV_EXPORT const char *
vdev_devlink_change_mode(const struct vdev_devlink_change *change,
			 size_t index);

/**
 * vdev_devlink_change_before() - the value it had
 * @change: the change, after vdev_devlink_change_check()
 * @index: 0 up to the count less one
 *
 * Return: the value when the change was last checked; NULL if the driver does
 * not tell, or past the end.
 */
VDEV_EXPORT const char *
vdev_devlink_change_before(const struct vdev_devlink_change *change,
			   size_t index);

/**
 * vdev_devlink_change_value() - the value it shall have
 * @change: the change
 * @index: 0 up to the count less one
 *
 * Return: the value; NULL past the end.
 */
VDEV_EXPORT const char *
vdev_devlink_change_value(const struct vdev_devlink_change *change,
			  size_t index);

/**
 * vdev_devlink_change_outcome() - what became of it
 * @change: the change
 * @index: 0 up to the count less one
 *
 * Return: VDEV_OUTCOME_PLANNED, _UNCHANGED, _DONE, _ROLLED_BACK, _FAILED,
 * _NOT_TRIED or _BROKEN (set, and not put back).
 */
VDEV_EXPORT enum vdev_outcome
vdev_devlink_change_outcome(const struct vdev_devlink_change *change,
			    size_t index);

/**
 * vdev_devlink_change_reason() - why it has its outcome
 * @change: the change
 * @index: 0 up to the count less one
 *
 * Return: a sentence, or NULL if there is nothing to say.
 */
VDEV_EXPORT const char *
vdev_devlink_change_reason(const struct vdev_devlink_change *change,
			   size_t index);

/**
 * vdev_devlink_change_finding() - one finding of the checks
 * @change: the change, after vdev_devlink_change_check()
 * @index: from 0 on
 *
 * vdev_finding_device() is the VF it is about, or NULL for an interface of
 * a port, which the finding's detail names.
 *
 * Return: the finding, valid until the next check; NULL past the end.
 */
VDEV_EXPORT const struct vdev_finding *
vdev_devlink_change_finding(const struct vdev_devlink_change *change,
			    size_t index);

VDEV_END_DECLS

#endif
