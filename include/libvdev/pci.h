/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIBVDEV_PCI_H
#define LIBVDEV_PCI_H

#include <libvdev/device.h>

VDEV_BEGIN_DECLS

/*
 * What only PCI functions have. On an mdev every call here answers -ENODATA,
 * NULL or an empty array.
 */

/** enum vdev_bar_flags - what a BAR is */
enum vdev_bar_flags {
	VDEV_BAR_IO = 1 << 0,	    /* I/O ports, else memory */
	VDEV_BAR_64BIT = 1 << 1,    /* takes two BAR registers */
	VDEV_BAR_PREFETCH = 1 << 2, /* prefetchable */
};

/** How many BARs a function can have; index 6 is the expansion ROM. */
#define VDEV_PCI_BARS 7

/**
 * vdev_device_bar() - one base address register
 * @dev: the device
 * @index: 0 to 5, or 6 for the expansion ROM
 * @start: receives the physical address; 0 if the BAR has not been placed
 * @size: receives the size in bytes
 * @flags: receives enum vdev_bar_flags
 *
 * Any output may be NULL.
 *
 * Return: 0; -ENODATA if the function does not use that BAR; -EINVAL for an
 * index over 6; -ENODEV if the device is gone.
 */
VDEV_EXPORT int vdev_device_bar(struct vdev_device *dev, unsigned int index,
				uint64_t *start, uint64_t *size,
				unsigned int *flags);

/**
 * vdev_device_reset_methods() - ways to reset the function
 * @dev: the device
 *
 * Return: the names in ``reset_method`` in the kernel's order (device_specific,
 * acpi, flr, af_flr, pm, bus, cxl_bus), NULL-terminated, empty if there is
 * none; NULL if they cannot be read.
 */
VDEV_EXPORT const char *const *
vdev_device_reset_methods(struct vdev_device *dev);

/**
 * vdev_device_physfn() - the PF of a VF
 * @dev: the device
 *
 * Return: the PF's address, or NULL if @dev is no VF.
 */
VDEV_EXPORT const char *vdev_device_physfn(struct vdev_device *dev);

/**
 * vdev_device_sriov_totalvfs() - how many VFs a PF can have
 * @dev: the device
 *
 * Return: the number; -ENODATA if @dev has no SR-IOV capability.
 */
VDEV_EXPORT int vdev_device_sriov_totalvfs(struct vdev_device *dev);

/**
 * vdev_device_sriov_numvfs() - how many VFs a PF has
 * @dev: the device
 *
 * VFs are counted by their links: ``sriov_numvfs`` would block its reader
 * while an unbind of the PF is pending.
 *
 * Return: the number; -ENODATA if @dev has no SR-IOV capability.
 */
VDEV_EXPORT int vdev_device_sriov_numvfs(struct vdev_device *dev);

/**
 * vdev_device_sriov_autoprobe() - whether new VFs are probed by native drivers
 * @dev: the device
 *
 * Return: 1 or 0; -ENODATA if @dev has no SR-IOV capability.
 */
VDEV_EXPORT int vdev_device_sriov_autoprobe(struct vdev_device *dev);

/**
 * vdev_device_virtfns() - the VFs of a PF
 * @dev: the device
 *
 * Return: their addresses by VF number, NULL-terminated; an empty array if
 * there are none; NULL only when memory ran out.
 */
VDEV_EXPORT const char *const *vdev_device_virtfns(struct vdev_device *dev);

/**
 * vdev_device_boot_vga() - whether the firmware's console was on this display
 * @dev: the device
 *
 * Return: 1 or 0; -ENODATA if @dev is no VGA device.
 */
VDEV_EXPORT int vdev_device_boot_vga(struct vdev_device *dev);

/**
 * struct vdev_pci_cap - one capability of the configuration space
 * @id: the capability's id (PCI or, if @extended, PCI Express extended)
 * @version: its version; 0 for a plain PCI capability
 * @offset: where it starts in the configuration space
 * @extended: 1 for an extended capability
 */
struct vdev_pci_cap {
	uint16_t id;
	uint8_t version;
	uint8_t extended;
	uint16_t offset;
};

/**
 * vdev_device_config() - the configuration space
 * @dev: the device
 * @ret: receives the bytes, which belong to the device
 *
 * Return: how many bytes are readable: 64 without CAP_SYS_ADMIN, else 256 or
 * 4096; -ENODATA for an mdev; -EACCES; -EIO if a device without power or
 * answer returns all ones; -ENODEV if the device is gone.
 */
VDEV_EXPORT int vdev_device_config(struct vdev_device *dev,
				   const uint8_t **ret);

/**
 * vdev_device_caps() - the capabilities of the configuration space
 * @dev: the device
 * @ret: receives an array, which belongs to the device
 *
 * The chains are walked with a check for bounds and for loops: a chain that
 * leaves the space or comes back to an offset already seen ends there.
 *
 * Return: how many there are; -EACCES if the caller can read the header only;
 * otherwise as vdev_device_config().
 */
VDEV_EXPORT int vdev_device_caps(struct vdev_device *dev,
				 const struct vdev_pci_cap **ret);

/**
 * vdev_pci_cap_name() - the name of a capability
 * @id: its id
 * @extended: non-zero for an extended capability
 *
 * Return: a static string such as "msix" or "ats", or NULL if unknown.
 */
VDEV_EXPORT const char *vdev_pci_cap_name(unsigned int id, int extended);

/**
 * vdev_device_cap_offset() - where a capability starts
 * @dev: the device
 * @id: the capability's id
 * @extended: non-zero for an extended capability
 *
 * Return: the offset; -ENODATA if the function lacks the capability; -EACCES
 * if the caller cannot tell.
 */
VDEV_EXPORT int vdev_device_cap_offset(struct vdev_device *dev, unsigned int id,
				       int extended);

/**
 * vdev_device_pasid_width() - how many PASID bits the function has
 * @dev: the device; a VF shares the capability of its PF
 *
 * Source: PCI Express Base Specification, "PASID Extended Capability".
 *
 * Return: the width in bits, 0 (PASID 0 only) to 20; -ENODATA if the function
 * lacks the capability; -EACCES if the caller cannot tell; -EIO for a width
 * that cannot be.
 */
VDEV_EXPORT int vdev_device_pasid_width(struct vdev_device *dev);

/**
 * vdev_device_has_ats() - whether the function caches translations
 * @dev: the device
 *
 * Return: 1 or 0; -EACCES if the caller cannot tell.
 */
VDEV_EXPORT int vdev_device_has_ats(struct vdev_device *dev);

/**
 * vdev_device_has_pri() - whether the function can ask for pages
 * @dev: the device; a VF shares the capability of its PF
 *
 * Return: 1 or 0; -EACCES if the caller cannot tell.
 */
VDEV_EXPORT int vdev_device_has_pri(struct vdev_device *dev);

/**
 * vdev_device_has_acs() - whether the function has access control services
 * @dev: the device
 *
 * Return: 1 or 0; -EACCES if the caller cannot tell.
 */
VDEV_EXPORT int vdev_device_has_acs(struct vdev_device *dev);

VDEV_END_DECLS

#endif
