/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIBVDEV_DEVICE_H
#define LIBVDEV_DEVICE_H

#include <stddef.h>
#include <stdint.h>

#include <libvdev/ctx.h>

VDEV_BEGIN_DECLS

/*
 * Devices: PCI functions and mediated devices, as sysfs describes them.
 *
 * A struct vdev_device is a handle. Each attribute is read from sysfs when it
 * is first asked for and remembered; vdev_device_refresh() forgets. What does
 * not exist, or what the caller may not read, is NULL or a negative errno,
 * never a made-up value. Strings belong to the device and live until it is
 * refreshed or gone.
 *
 * Nothing here opens a device: looking never disturbs it.
 *
 * Source: Documentation/ABI/testing/sysfs-bus-pci, -bus-vfio-mdev,
 * sysfs-kernel-iommu_groups and -devices-vfio-dev of the kernel. Linux 6.1 or
 * later; what a newer kernel adds is absent on an older one.
 */

struct vdev_device;
struct vdev_device_list;
struct vdev_filter;

/**
 * vdev_filter_new() - make a filter that lets every device pass
 * @ctx: the context
 * @ret: receives the filter; the caller frees it with vdev_filter_free()
 *
 * Return: 0, or -ENOMEM.
 */
VDEV_EXPORT int vdev_filter_new(struct vdev_ctx *ctx, struct vdev_filter **ret);

/**
 * vdev_filter_free() - free a filter
 * @filter: the filter, or NULL
 */
VDEV_EXPORT void vdev_filter_free(struct vdev_filter *filter);

/**
 * vdev_filter_add() - add a term
 * @filter: the filter
 * @term: what a device has to match
 *
 * A term is one of
 *
 * - ``class=NAME`` or ``class=CODE``: a class by name (storage, network,
 *   display, multimedia, memory, bridge, communication, system, input,
 *   docking, processor, serial, wireless, accelerator) or by 2, 4 or 6
 *   hexadecimal digits
 * - ``driver=GLOB`` (``driver=none`` for a device without one)
 * - ``id=VENDOR:DEVICE`` in hexadecimal, either side may be ``*``
 * - ``group=NUMBER``: an IOMMU group
 * - ``bus=pci`` or ``bus=mdev``
 * - ``pf`` or ``vf``: SR-IOV physical or virtual functions
 * - a PCI address (with or without domain), an mdev UUID, a network interface
 *   or block device name, or a glob of addresses
 *
 * Terms of one kind widen the filter, terms of different kinds narrow it. An
 * address need not exist; the name of an interface or disk is looked up here.
 *
 * Return: 0; -EINVAL for a malformed term; -ENODEV and -ENOTUNIQ as
 * vdev_device_find(); -EACCES; -ENOMEM.
 */
VDEV_EXPORT int vdev_filter_add(struct vdev_filter *filter, const char *term);

/**
 * vdev_device_list_new() - find devices
 * @ctx: the context
 * @filter: which ones, or NULL for all
 * @ret: receives the list, PCI functions before mdevs, each by address; the
 *	caller frees it with vdev_device_list_free()
 *
 * A device that disappears while the list is made is left out.
 *
 * Return: the number of devices; -ENOENT if sysfs is not there; -EACCES;
 * -ENOMEM.
 */
VDEV_EXPORT int vdev_device_list_new(struct vdev_ctx *ctx,
				     const struct vdev_filter *filter,
				     struct vdev_device_list **ret);

/**
 * vdev_device_list_free() - free a list
 * @list: the list, or NULL; devices taken out with vdev_device_ref() stay
 */
VDEV_EXPORT void vdev_device_list_free(struct vdev_device_list *list);

/**
 * vdev_device_list_count() - how many devices a list holds
 * @list: the list
 *
 * Return: the count.
 */
VDEV_EXPORT size_t vdev_device_list_count(const struct vdev_device_list *list);

/**
 * vdev_device_list_get() - one device of a list
 * @list: the list
 * @index: 0 up to the count less one
 *
 * Return: the device, which belongs to the list; NULL past the end.
 */
VDEV_EXPORT struct vdev_device *
vdev_device_list_get(const struct vdev_device_list *list, size_t index);

/**
 * vdev_device_list_foreach() - walk a list
 * @list: the list
 * @i: a size_t to count with
 * @dev: a struct vdev_device pointer that takes each device in turn
 */
#define vdev_device_list_foreach(list, i, dev) \
	for ((i) = 0; ((dev) = vdev_device_list_get((list), (i))); (i)++)

/**
 * vdev_device_find() - the device of a name
 * @ctx: the context
 * @name: a PCI address with or without domain (``0000:01:00.0``,
 *	``01:00.0``), an mdev UUID, a network interface or a block device
 *	(``nvme0n1``, ``/dev/sda1``)
 * @ret: receives the device; the caller drops it with vdev_device_unref()
 *
 * Return: 0; -EINVAL if @name cannot be any of these; -ENODEV if there is no
 * such device, or none below the interface or disk; -ENOTUNIQ if the disk is
 * reached through several; -EACCES; -ENOMEM.
 */
VDEV_EXPORT int vdev_device_find(struct vdev_ctx *ctx, const char *name,
				 struct vdev_device **ret);

/**
 * vdev_device_ref() - take another reference
 * @dev: the device
 *
 * Return: @dev.
 */
VDEV_EXPORT struct vdev_device *vdev_device_ref(struct vdev_device *dev);

/**
 * vdev_device_unref() - drop a reference
 * @dev: the device, or NULL
 *
 * Return: NULL always.
 */
VDEV_EXPORT struct vdev_device *vdev_device_unref(struct vdev_device *dev);

/**
 * vdev_device_refresh() - forget what was read
 * @dev: the device
 *
 * Strings and arrays that getters returned before are no longer valid.
 *
 * Return: 0; -ENODEV if the device is gone.
 */
VDEV_EXPORT int vdev_device_refresh(struct vdev_device *dev);

/**
 * vdev_device_ctx() - the context of a device
 * @dev: the device
 *
 * Return: the context, not a new reference.
 */
VDEV_EXPORT struct vdev_ctx *vdev_device_ctx(const struct vdev_device *dev);

/**
 * vdev_device_address() - the bus address
 * @dev: the device
 *
 * Return: ``0000:01:00.0`` for PCI, the lower-case UUID for an mdev.
 */
VDEV_EXPORT const char *vdev_device_address(const struct vdev_device *dev);

/**
 * vdev_device_bus() - the bus
 * @dev: the device
 *
 * Return: "pci" or "mdev"; for a member of an IOMMU group also another bus,
 * such as "platform". What is said of mdevs below holds for those too.
 */
VDEV_EXPORT const char *vdev_device_bus(const struct vdev_device *dev);

/**
 * vdev_device_syspath() - the device's directory in sysfs
 * @dev: the device
 *
 * Return: the path below the root with its links resolved, such as
 * ``/sys/devices/pci0000:00/0000:00:01.0``; NULL if the device is gone.
 */
VDEV_EXPORT const char *vdev_device_syspath(struct vdev_device *dev);

/**
 * vdev_device_parent() - the address of the device above
 * @dev: the device
 *
 * Return: for an mdev the device that makes it, for a PCI function the bridge
 * above; NULL for a PCI function on a root bus.
 */
VDEV_EXPORT const char *vdev_device_parent(struct vdev_device *dev);

/**
 * vdev_device_vendor_id() - the PCI vendor
 * @dev: the device
 *
 * Return: the id; -ENODATA for an mdev; -ENODEV if the device is gone.
 */
VDEV_EXPORT int vdev_device_vendor_id(struct vdev_device *dev);

/**
 * vdev_device_device_id() - the PCI device id
 * @dev: the device
 *
 * Return: the id; -ENODATA for an mdev; -ENODEV if the device is gone.
 */
VDEV_EXPORT int vdev_device_device_id(struct vdev_device *dev);

/**
 * vdev_device_subsystem_vendor_id() - the PCI subsystem vendor
 * @dev: the device
 *
 * Return: the id; -ENODATA for an mdev; -ENODEV if the device is gone.
 */
VDEV_EXPORT int vdev_device_subsystem_vendor_id(struct vdev_device *dev);

/**
 * vdev_device_subsystem_device_id() - the PCI subsystem device id
 * @dev: the device
 *
 * Return: the id; -ENODATA for an mdev; -ENODEV if the device is gone.
 */
VDEV_EXPORT int vdev_device_subsystem_device_id(struct vdev_device *dev);

/**
 * vdev_device_class_code() - the PCI class
 * @dev: the device
 *
 * Return: base class, subclass and programming interface as 0xBBSSPP; -ENODATA
 * for an mdev; -ENODEV if the device is gone.
 */
VDEV_EXPORT int vdev_device_class_code(struct vdev_device *dev);

/**
 * vdev_device_revision() - the PCI revision
 * @dev: the device
 *
 * Return: the revision; -ENODATA for an mdev; -ENODEV if the device is gone.
 */
VDEV_EXPORT int vdev_device_revision(struct vdev_device *dev);

/**
 * vdev_device_vendor_name() - the vendor's name
 * @dev: the device
 *
 * Return: the name in the hardware database, or NULL.
 */
VDEV_EXPORT const char *vdev_device_vendor_name(struct vdev_device *dev);

/**
 * vdev_device_device_name() - the device's name
 * @dev: the device
 *
 * Return: the name in the hardware database, for an mdev the name of its
 * type, or NULL.
 */
VDEV_EXPORT const char *vdev_device_device_name(struct vdev_device *dev);

/**
 * vdev_device_class_name() - the name of the device's class
 * @dev: the device
 *
 * Return: the name of the subclass in the hardware database, else of the
 * class, or NULL.
 */
VDEV_EXPORT const char *vdev_device_class_name(struct vdev_device *dev);

/**
 * vdev_device_driver() - the bound driver
 * @dev: the device
 *
 * Return: its name, or NULL if there is none.
 */
VDEV_EXPORT const char *vdev_device_driver(struct vdev_device *dev);

/**
 * vdev_device_driver_override() - the one driver allowed to bind
 * @dev: the device
 *
 * While an unbind of the device is pending, kernels before Linux 7.2 would
 * block the reader of ``driver_override``; it is not read then.
 *
 * Return: the content of ``driver_override``, or NULL if it is unset.
 */
VDEV_EXPORT const char *vdev_device_driver_override(struct vdev_device *dev);

/**
 * vdev_device_iommu_group() - the IOMMU group
 * @dev: the device
 *
 * Return: the number; -ENODATA if the device is in none.
 */
VDEV_EXPORT int vdev_device_iommu_group(struct vdev_device *dev);

/**
 * vdev_device_numa_node() - the NUMA node
 * @dev: the device
 *
 * Return: the node; -ENODATA if the firmware names none.
 */
VDEV_EXPORT int vdev_device_numa_node(struct vdev_device *dev);

/**
 * vdev_device_vfio_cdev() - the VFIO character device
 * @dev: the device
 *
 * Return: a path such as ``/dev/vfio/devices/vfio0``, or NULL: not bound to a
 * VFIO driver, or the kernel has no VFIO_DEVICE_CDEV (Linux 6.6), or the
 * device is in no-IOMMU mode.
 */
VDEV_EXPORT const char *vdev_device_vfio_cdev(struct vdev_device *dev);

/**
 * vdev_device_vfio_group() - the VFIO group node
 * @dev: the device
 *
 * Return: a path such as ``/dev/vfio/12`` or ``/dev/vfio/noiommu-0``, or NULL
 * if the device is not bound to a VFIO driver.
 */
VDEV_EXPORT const char *vdev_device_vfio_group(struct vdev_device *dev);

/**
 * vdev_device_is_vfio() - whether a VFIO driver holds the device
 * @dev: the device
 *
 * Return: 1 or 0.
 */
VDEV_EXPORT int vdev_device_is_vfio(struct vdev_device *dev);

/**
 * vdev_device_users() - who has the VFIO nodes of a device open
 * @dev: the device
 * @ret: receives the users, such as "qemu-system-x86 (pid 812) and 2 more",
 *	for the caller to free(), if there are any
 *
 * Of its cdev, of its group's node, or of itself where it was opened through
 * the group (which Linux 6.18 tells). Read from /proc/PID/fd each time; root
 * sees all processes, others only their own.
 *
 * Return: 1 if somebody has, 0 if nobody is seen to; -ENOMEM; other errors of
 * reading /proc.
 */
VDEV_EXPORT int vdev_device_users(struct vdev_device *dev, char **ret);

/**
 * vdev_device_mdev_type() - the type an mdev was made from
 * @dev: the device
 *
 * Return: the type's id, such as ``mtty-2``; NULL if @dev is no mdev.
 */
VDEV_EXPORT const char *vdev_device_mdev_type(struct vdev_device *dev);

/**
 * enum vdev_isolation - what keeps a device from memory of others
 * @VDEV_ISOLATION_NONE: nothing does: it is used without an IOMMU
 * @VDEV_ISOLATION_EMULATED: its driver: the device reaches memory by pages that
 *	the driver pinned, or through the driver
 * @VDEV_ISOLATION_IOMMU: the IOMMU
 * @VDEV_ISOLATION_IOMMU_PASID: the IOMMU, by a PASID of the device that does
 *	the DMA for this one and others
 *
 * A kernel that is newer than the library may have more.
 */
enum vdev_isolation {
	VDEV_ISOLATION_NONE,
	VDEV_ISOLATION_EMULATED,
	VDEV_ISOLATION_IOMMU,
	VDEV_ISOLATION_IOMMU_PASID,
};

/**
 * vdev_isolation_name() - an isolation as a word
 * @isolation: the isolation
 *
 * Return: "none", "emulated", "iommu" or "iommu-pasid"; NULL for a value that
 * the library does not know.
 */
VDEV_EXPORT const char *vdev_isolation_name(enum vdev_isolation isolation);

/**
 * vdev_device_isolation() - how an mdev is isolated
 * @dev: the device
 *
 * From sysfs, without opening the device. No released kernel tells it: it needs
 * the patch "vfio: report how a device is isolated" of kernel-patches/. With
 * that, vdev_file_isolation() tells it of every device that is open.
 *
 * Return: a value of enum vdev_isolation; -ENODATA if @dev is no mdev, is bound
 * to no driver, or the kernel does not tell.
 */
VDEV_EXPORT int vdev_device_isolation(struct vdev_device *dev);

/**
 * vdev_device_isolation_pasid() - the PASID that isolates an mdev
 * @dev: the device
 *
 * It is one of the PASIDs of vdev_device_parent(), chosen by its driver, and
 * needs what vdev_device_isolation() does.
 *
 * Return: the PASID; -ENODATA if it is not isolated by one, or the kernel does
 * not tell; -EACCES for others than root.
 */
VDEV_EXPORT int vdev_device_isolation_pasid(struct vdev_device *dev);

/**
 * vdev_device_netdevs() - network interfaces of the device
 * @dev: the device
 *
 * Only interfaces in the caller's network namespace can be seen.
 *
 * Return: their names, NULL-terminated; an empty array if there are none;
 * NULL only when memory ran out.
 */
VDEV_EXPORT const char *const *vdev_device_netdevs(struct vdev_device *dev);

/**
 * vdev_device_blockdevs() - whole disks of the device
 * @dev: the device
 *
 * Return: their names, NULL-terminated; an empty array if there are none;
 * NULL only when memory ran out.
 */
VDEV_EXPORT const char *const *vdev_device_blockdevs(struct vdev_device *dev);

VDEV_END_DECLS

#endif
