/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIBVDEV_SRIOV_H
#define LIBVDEV_SRIOV_H

#include <libvdev/bind.h>
#include <libvdev/pci.h>

VDEV_BEGIN_DECLS

/*
 * The virtual functions (VFs) of a physical function (PF): how many, with
 * which driver.
 *
 * They are changed by a plan with VDEV_ACTION_SRIOV, which holds one PF:
 *
 *	vdev_plan_new(ctx, VDEV_ACTION_SRIOV, &plan);
 *	vdev_plan_add(plan, pf);
 *	vdev_plan_set_vf_count(plan, 8);
 *	vdev_plan_run(plan);		-> eight VFs bound to a VFIO driver
 *	vdev_plan_free(plan);
 *
 * The kernel knows two numbers of VFs at a time, none and some: another number
 * removes all VFs and makes them anew. So every VF there is goes through the
 * checks first, and the plan is refused while one is in use. Where the number
 * stays, the VFs stay, and only their drivers change.
 *
 * VFs that are to be bound to a named or to a VFIO driver are made with
 * ``sriov_drivers_autoprobe`` (Linux 4.12) off, get their ``driver_override``
 * and are then bound to that driver: no other driver's probe runs.
 * sriov_drivers_autoprobe is put back afterwards. A failure brings back the
 * number of VFs, their drivers and sriov_drivers_autoprobe; so does a plan with
 * VDEV_ACTION_RESTORE on the PF, also after a kill, and to what was there
 * before the first change. VFs that were removed and made again have lost what
 * was set in them: addresses, VLANs, rates, interrupts and queues. The VF token
 * is the PF's, and stays.
 *
 * After vdev_plan_check() the plan's device 0 is the PF, and the VFs it keeps
 * are the next ones, by number; after vdev_plan_run() they are the VFs there
 * are.
 */

/**
 * vdev_plan_set_vf_count() - how many VFs there shall be
 * @plan: a plan with VDEV_ACTION_SRIOV
 * @count: their number, 0 for none
 *
 * Kernel interface: ``sriov_numvfs``, Linux 3.8.
 *
 * Return: 0; -EINVAL for a plan with another action.
 */
VDEV_EXPORT int vdev_plan_set_vf_count(struct vdev_plan *plan,
				       unsigned int count);

/**
 * vdev_plan_set_vf_native() - leave the VFs' driver to the kernel
 * @plan: a plan with VDEV_ACTION_SRIOV
 *
 * The kernel probes its drivers for the new VFs as sriov_drivers_autoprobe
 * says. Otherwise the VFs get the driver of vdev_plan_set_driver() or, without
 * it, the VFIO driver that suits them; but the VFs of a PF that is itself
 * bound to a VFIO driver keep what the kernel gives them: since Linux 5.7 that
 * is vfio-pci, by driver_override.
 *
 * Return: 0; -EINVAL for a plan with another action.
 */
VDEV_EXPORT int vdev_plan_set_vf_native(struct vdev_plan *plan);

/**
 * vdev_plan_set_vf_autoprobe() - leave sriov_drivers_autoprobe on or off
 * @plan: a plan with VDEV_ACTION_SRIOV
 * @on: whether the kernel shall probe its drivers for VFs made from now on
 *
 * Unless this is called it is left as it was found.
 *
 * Return: 0; -EINVAL for a plan with another action.
 */
VDEV_EXPORT int vdev_plan_set_vf_autoprobe(struct vdev_plan *plan, bool on);

/**
 * vdev_plan_set_vf_msix() - give a VF that many interrupts
 * @plan: a plan with VDEV_ACTION_SRIOV
 * @vf: the VF's number, from 0
 * @vectors: how many MSI-X vectors it shall have
 *
 * Few drivers of PFs can do that. It is done before a driver gets the VF; one
 * that is to stay and has a driver is refused. May be called for several VFs.
 *
 * Kernel interface: ``sriov_vf_msix_count``, Linux 5.14.
 *
 * Return: 0; -EINVAL for a plan with another action; -ENOMEM.
 */
VDEV_EXPORT int vdev_plan_set_vf_msix(struct vdev_plan *plan, unsigned int vf,
				      unsigned int vectors);

/**
 * vdev_plan_enable_sriov() - let the plan turn vfio-pci's enable_sriov on
 * @plan: a plan with VDEV_ACTION_SRIOV
 *
 * A PF that is bound to vfio-pci has VFs only while that parameter of the
 * module is on. It is off at first, because VFs may not work, or disturb the
 * PF, unless the PF's user knows of them. It holds for all PFs; restoring the
 * PF turns it off again.
 *
 * Return: 0; -EINVAL for a plan with another action.
 */
VDEV_EXPORT int vdev_plan_enable_sriov(struct vdev_plan *plan);

/**
 * vdev_plan_vfs_before() - how many VFs the PF had
 * @plan: a plan with VDEV_ACTION_SRIOV
 *
 * Return: the number when the plan was last checked; -ENODATA before that, or
 * for a plan with another action.
 */
VDEV_EXPORT int vdev_plan_vfs_before(const struct vdev_plan *plan);

/**
 * vdev_sriov_enabled() - whether PFs bound to vfio-pci may have VFs
 * @ctx: the context
 *
 * Kernel interface: the parameter ``enable_sriov`` of vfio_pci, Linux 5.7.
 *
 * Return: 1 or 0; -ENODATA if vfio_pci is not loaded or has no such parameter;
 * -EACCES.
 */
VDEV_EXPORT int vdev_sriov_enabled(struct vdev_ctx *ctx);

/**
 * vdev_device_sriov_offset() - where the VFs' requester ids start
 * @dev: the PF
 *
 * The kernel reads it anew whenever the number of VFs is set.
 *
 * Return: the distance of the first VF's routing id from the PF's; -ENODATA if
 * @dev has no SR-IOV capability; -ENODEV if it is gone.
 */
VDEV_EXPORT int vdev_device_sriov_offset(struct vdev_device *dev);

/**
 * vdev_device_sriov_stride() - how far VFs' requester ids are apart
 * @dev: the PF
 *
 * Return: the distance of one VF's routing id from the next one's; -ENODATA if
 * @dev has no SR-IOV capability; -ENODEV if it is gone.
 */
VDEV_EXPORT int vdev_device_sriov_stride(struct vdev_device *dev);

/**
 * vdev_device_sriov_vf_device() - the device id that the VFs have
 * @dev: the PF
 *
 * Return: the id (the vendor's is the PF's); -ENODATA if @dev has no SR-IOV
 * capability; -ENODEV if it is gone.
 */
VDEV_EXPORT int vdev_device_sriov_vf_device(struct vdev_device *dev);

/**
 * vdev_device_sriov_total_msix() - the interrupts there are for all VFs
 * @dev: the PF
 *
 * Kernel interface: ``sriov_vf_total_msix``, Linux 5.14.
 *
 * Return: the number of MSI-X vectors to be shared out by
 * vdev_plan_set_vf_msix(); 0 if the PF's driver cannot do that; -ENODATA if
 * @dev has no SR-IOV capability or the kernel no such attribute; -EAGAIN while
 * the kernel waits for a user of the PF or of one of its VFs to let go, for as
 * long as it would not answer; -ENODEV if @dev is gone.
 */
VDEV_EXPORT int vdev_device_sriov_total_msix(struct vdev_device *dev);

/**
 * vdev_device_vf_number() - which VF of its PF a function is
 * @dev: the device
 *
 * Return: its number, from 0; -ENODATA if @dev is no VF; -ENODEV if it is gone.
 */
VDEV_EXPORT int vdev_device_vf_number(struct vdev_device *dev);

/**
 * vdev_device_msix_vectors() - how many MSI-X vectors a function has
 * @dev: the device
 *
 * ``sriov_vf_msix_count`` can be written only; what was written shows here.
 *
 * Return: the size of its MSI-X table, 1 to 2048; -ENODATA if it has none;
 * -EACCES without CAP_SYS_ADMIN; -ENODEV if it is gone.
 */
VDEV_EXPORT int vdev_device_msix_vectors(struct vdev_device *dev);

VDEV_END_DECLS

#endif
