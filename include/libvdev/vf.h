/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIBVDEV_VF_H
#define LIBVDEV_VF_H

#include <stddef.h>
#include <stdint.h>

#include <libvdev/ctx.h>

VDEV_BEGIN_DECLS

/*
 * What the driver of a physical function (PF) sets for its virtual functions
 * (VFs), told and changed by rtnetlink at the PF's network interface.
 *
 * Which attributes there are is up to the driver, and not all of them say what
 * they lack: spoof check, trust, RSS query and the GUIDs are unknown (-ENODATA)
 * then. For the others the kernel tells its defaults in the driver's place: no
 * address, no VLAN, no rates, the link state of the PF, and counters that stay
 * at 0.
 *
 * VFs that are removed lose their attributes, so those are set after the
 * number of VFs.
 */

/**
 * enum vdev_vf_attribute - what can be set for a VF
 * @VDEV_VF_MAC: its Ethernet address, the first byte in bits 47 to 40; 0 for
 *	none: the VF chooses one
 * @VDEV_VF_VLAN: its VLAN, 1 to 4095; 0 for none
 * @VDEV_VF_QOS: the priority in the VLAN's tag, 0 to 7
 * @VDEV_VF_PROTO: the EtherType of the tag, 0x8100 (802.1Q) or 0x88a8 (802.1ad)
 * @VDEV_VF_MIN_RATE: what it can send at least, in Mbit/s; 0 for no promise
 * @VDEV_VF_MAX_RATE: what it can send at most, in Mbit/s; 0 for no limit
 * @VDEV_VF_SPOOFCHK: 1 if what it sends from other addresses is dropped, or 0
 * @VDEV_VF_TRUST: 1 if it may do what is the PF's right, such as being
 *	promiscuous, or 0
 * @VDEV_VF_LINK_STATE: 0 for that of the PF, 1 for always up, 2 for always down
 * @VDEV_VF_QUERY_RSS: 1 if it may ask for the PF's RSS configuration, or 0
 * @VDEV_VF_NODE_GUID: InfiniBand node GUID, 64 bits
 * @VDEV_VF_PORT_GUID: InfiniBand port GUID, 64 bits
 */
enum vdev_vf_attribute {
	VDEV_VF_MAC,
	VDEV_VF_VLAN,
	VDEV_VF_QOS,
	VDEV_VF_PROTO,
	VDEV_VF_MIN_RATE,
	VDEV_VF_MAX_RATE,
	VDEV_VF_SPOOFCHK,
	VDEV_VF_TRUST,
	VDEV_VF_LINK_STATE,
	VDEV_VF_QUERY_RSS,
	VDEV_VF_NODE_GUID,
	VDEV_VF_PORT_GUID,
};

/**
 * enum vdev_vf_stat - what a PF's driver may count for a VF
 * @VDEV_VF_RX_PACKETS: packets received
 * @VDEV_VF_TX_PACKETS: packets sent
 * @VDEV_VF_RX_BYTES: bytes received
 * @VDEV_VF_TX_BYTES: bytes sent
 * @VDEV_VF_BROADCAST: broadcast packets received
 * @VDEV_VF_MULTICAST: multicast packets received
 * @VDEV_VF_RX_DROPPED: packets dropped on reception
 * @VDEV_VF_TX_DROPPED: packets dropped on sending
 */
enum vdev_vf_stat {
	VDEV_VF_RX_PACKETS,
	VDEV_VF_TX_PACKETS,
	VDEV_VF_RX_BYTES,
	VDEV_VF_TX_BYTES,
	VDEV_VF_BROADCAST,
	VDEV_VF_MULTICAST,
	VDEV_VF_RX_DROPPED,
	VDEV_VF_TX_DROPPED,
};

struct vdev_vf_list;

/**
 * vdev_vf_attribute_name() - the name of an attribute
 * @attribute: the attribute
 *
 * Return: for example "min-rate"; NULL for an unknown value.
 */
VDEV_EXPORT const char *
vdev_vf_attribute_name(enum vdev_vf_attribute attribute);

/**
 * vdev_vf_attribute_from_name() - an attribute by its name
 * @name: as vdev_vf_attribute_name() gives it
 *
 * Return: its value; -ENOENT if there is none of that name.
 */
VDEV_EXPORT int vdev_vf_attribute_from_name(const char *name);

/**
 * vdev_vf_netdev() - the network interface that tells of a PF's VFs
 * @ctx: the context
 * @pf: the PF: an interface, which need not be that of a PCI function, or the
 *	PCI address
 * @ret: receives the interface's name; the caller frees it
 *
 * A PF may have several interfaces, for ports or, in switchdev mode, for its
 * VFs: by address it is the first whose driver tells of VFs that is taken, or
 * else the first.
 *
 * Return: 0; -EINVAL if @pf is a VF or no name at all; -ENODEV if there is no
 * such device or interface; -EOPNOTSUPP if the device has no interface, or in
 * a captured root; -ENOMEM, or the kernel's errno.
 */
VDEV_EXPORT int vdev_vf_netdev(struct vdev_ctx *ctx, const char *pf,
			       char **ret);

/**
 * vdev_vf_list_new() - read the attributes of a PF's VFs
 * @ctx: the context
 * @netdev: the PF's network interface, for example "eth0"
 * @ret: receives the list; the caller frees it with vdev_vf_list_free()
 *
 * Kernel interface: RTM_GETLINK with RTEXT_FILTER_VF, Linux 3.4.
 *
 * Return: how many VFs there are; -EINVAL for a name that no interface can
 * have; -ENODEV if there is no such interface; -EOPNOTSUPP if its driver tells
 * nothing of its VFs, or in a captured root; -EBADMSG if the kernel's answer
 * is malformed; -ENOMEM, or the kernel's errno.
 */
VDEV_EXPORT int vdev_vf_list_new(struct vdev_ctx *ctx, const char *netdev,
				 struct vdev_vf_list **ret);

/**
 * vdev_vf_list_free() - free a list
 * @list: the list, or NULL
 */
VDEV_EXPORT void vdev_vf_list_free(struct vdev_vf_list *list);

/**
 * vdev_vf_list_count() - how many VFs there are
 * @list: the list
 *
 * Return: the number.
 */
VDEV_EXPORT size_t vdev_vf_list_count(const struct vdev_vf_list *list);

/**
 * vdev_vf_list_get() - an attribute of a VF
 * @list: the list
 * @vf: the VF's number, from 0
 * @attribute: which one
 * @ret: receives its value, in the attribute's unit
 *
 * Return: 0; -ENODATA if the driver does not tell it; -EINVAL if there is no
 * such VF or attribute.
 */
VDEV_EXPORT int vdev_vf_list_get(const struct vdev_vf_list *list, size_t vf,
				 enum vdev_vf_attribute attribute,
				 uint64_t *ret);

/**
 * vdev_vf_list_stat() - what was counted for a VF
 * @list: the list
 * @vf: the VF's number, from 0
 * @stat: which counter
 * @ret: receives its value
 *
 * Kernel interface: IFLA_VF_STATS, Linux 4.2; the dropped packets, Linux 4.18.
 *
 * Return: 0; -ENODATA if the kernel does not tell it; -EINVAL if there is no
 * such VF or counter.
 */
VDEV_EXPORT int vdev_vf_list_stat(const struct vdev_vf_list *list, size_t vf,
				  enum vdev_vf_stat stat, uint64_t *ret);

/**
 * vdev_vf_set() - set attributes of a VF
 * @ctx: the context
 * @netdev: the PF's network interface
 * @vf: the VF's number, from 0
 * @attributes: which ones, each once
 * @values: the value of each
 * @count: how many there are
 *
 * VLAN, priority and protocol are set together, and so are the two rates: what
 * is not given of these stays. The others are set one after the other, those
 * last of which it is not known what they were. When the driver refuses one,
 * those set before are put back, and the failure names it, with the kernel's
 * own sentence if it gives one. It waits for another process that does the same
 * with this interface, which takes the right to write to /run/vdev/lock;
 * without that right it does not wait.
 *
 * Kernel interface: RTM_SETLINK with IFLA_VFINFO_LIST, Linux 2.6.34; the
 * newest attribute, the VLAN's protocol, is of Linux 4.9.
 *
 * Return: 0; -EINVAL for a value out of range, an attribute given twice or a
 * least rate above the most; -ENODEV if there is no such interface or VF;
 * -EOPNOTSUPP if the driver cannot set one, or does not tell what belongs
 * together with it; -EPERM without CAP_NET_ADMIN; another errno of the driver
 * for what it refuses (the kind is VDEV_ERROR_FAILED, also with -EINVAL); after
 * all of these nothing is changed. -EINTR if a signal ended the wait, or
 * another errno if the lock cannot be taken. -ENOTRECOVERABLE (the kind is
 * VDEV_ERROR_ROLLBACK) if one set before could not be put back.
 */
VDEV_EXPORT int vdev_vf_set(struct vdev_ctx *ctx, const char *netdev,
			    unsigned int vf,
			    const enum vdev_vf_attribute *attributes,
			    const uint64_t *values, size_t count);

/**
 * vdev_vf_check() - whether attributes of a VF could be set
 * @ctx: the context
 * @netdev: the PF's network interface
 * @vf: the VF's number, from 0
 * @attributes: which ones, each once
 * @values: the value of each
 * @count: how many there are
 *
 * Everything that vdev_vf_set() looks at before the first change. Whether the
 * driver takes the values only setting them tells.
 *
 * Return: 0, or what vdev_vf_set() returns before it changes anything.
 */
VDEV_EXPORT int vdev_vf_check(struct vdev_ctx *ctx, const char *netdev,
			      unsigned int vf,
			      const enum vdev_vf_attribute *attributes,
			      const uint64_t *values, size_t count);

VDEV_END_DECLS

#endif
