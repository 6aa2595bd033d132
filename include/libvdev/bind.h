/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIBVDEV_BIND_H
#define LIBVDEV_BIND_H

#include <stdbool.h>
#include <sys/types.h>

#include <libvdev/device.h>

VDEV_BEGIN_DECLS

/*
 * The safe bind: giving devices to another driver without losing anything.
 *
 * A struct vdev_plan describes one change to one or more devices. It is
 * filled, checked, shown to the user if wanted, and run:
 *
 *	vdev_plan_new(ctx, VDEV_ACTION_BIND, &plan);
 *	vdev_plan_add(plan, dev);
 *	vdev_plan_check(plan);		-> findings and steps, nothing changed
 *	vdev_plan_run(plan);		-> all of it, or nothing
 *	vdev_plan_free(plan);
 *
 * vdev_plan_run() takes the lock of every group concerned, checks once more,
 * writes driver and override of every device to the journal and to the disk,
 * and only then touches the first device. A failure undoes what was done, in
 * reverse order. A process that is killed leaves its journal, from which
 * a plan with VDEV_ACTION_RESTORE brings back what was there.
 *
 * Binding uses ``driver_override`` (Linux 3.16), never ``new_id``, which would
 * also catch other devices.
 */

struct vdev_plan;
struct vdev_finding;

/**
 * enum vdev_action - what a plan does
 * @VDEV_ACTION_BIND: bind the devices to a VFIO driver, or to the one named by
 *	vdev_plan_set_driver()
 * @VDEV_ACTION_UNBIND: leave the devices without a driver
 * @VDEV_ACTION_RESTORE: bring back the driver and override that the journal
 *	holds; without a journal clear the override and let the kernel choose;
 *	a PF gets back its VFs too, if their number was changed
 * @VDEV_ACTION_SRIOV: set how many VFs a PF has, and their driver; see
 *	<libvdev/sriov.h>
 */
enum vdev_action {
	VDEV_ACTION_BIND,
	VDEV_ACTION_UNBIND,
	VDEV_ACTION_RESTORE,
	VDEV_ACTION_SRIOV,
};

/**
 * enum vdev_purpose - what a device is bound for
 * @VDEV_PURPOSE_ASSIGN: to be given to a virtual machine or a user-space driver
 * @VDEV_PURPOSE_MIGRATION: as above, and its state is to move to another host
 * @VDEV_PURPOSE_PASID: address spaces told apart by PASID
 */
enum vdev_purpose {
	VDEV_PURPOSE_ASSIGN,
	VDEV_PURPOSE_MIGRATION,
	VDEV_PURPOSE_PASID,
};

/**
 * enum vdev_check - what is looked at before a device is touched
 * @VDEV_CHECK_STORAGE: file systems, swap, device mapper, md, LVM or ZFS on it
 * @VDEV_CHECK_ROOT: the system runs from it
 * @VDEV_CHECK_NETWORK: addresses, routes, bridges, bonds, other namespaces
 * @VDEV_CHECK_CONSOLE: somebody looks at its screen
 * @VDEV_CHECK_VFS: a PF whose VFs are alive
 * @VDEV_CHECK_BUSY: a process holds it open, or it has made child devices
 * @VDEV_CHECK_GROUP: other members of the IOMMU group are in the way
 * @VDEV_CHECK_BRIDGE: a PCI bridge, which is never rebound
 * @VDEV_CHECK_ALIAS: it shares its requester id with other devices
 * @VDEV_CHECK_RESERVED: the firmware demands identity mappings for it
 * @VDEV_CHECK_RESET: it cannot be reset, or not alone
 * @VDEV_CHECK_DENYLIST: the kernel's vfio-pci refuses it
 * @VDEV_CHECK_IOMMU: no IOMMU, or no such driver
 * @VDEV_CHECK_VARIANT: another driver suits the purpose better
 * @VDEV_CHECK_INTERRUPTS: interrupts are not isolated
 * @VDEV_CHECK_MANAGEMENT: the machine is managed through it
 */
enum vdev_check {
	VDEV_CHECK_STORAGE,
	VDEV_CHECK_ROOT,
	VDEV_CHECK_NETWORK,
	VDEV_CHECK_CONSOLE,
	VDEV_CHECK_VFS,
	VDEV_CHECK_BUSY,
	VDEV_CHECK_GROUP,
	VDEV_CHECK_BRIDGE,
	VDEV_CHECK_ALIAS,
	VDEV_CHECK_RESERVED,
	VDEV_CHECK_RESET,
	VDEV_CHECK_DENYLIST,
	VDEV_CHECK_IOMMU,
	VDEV_CHECK_VARIANT,
	VDEV_CHECK_INTERRUPTS,
	VDEV_CHECK_MANAGEMENT,
};

/** How many checks there are. */
#define VDEV_CHECKS 16

/**
 * enum vdev_verdict - the result of a check
 * @VDEV_VERDICT_PASS: nothing in the way
 * @VDEV_VERDICT_WARN: something to know, which does not stop the plan
 * @VDEV_VERDICT_REFUSE: the plan does not run unless the check is forced
 */
enum vdev_verdict {
	VDEV_VERDICT_PASS,
	VDEV_VERDICT_WARN,
	VDEV_VERDICT_REFUSE,
};

/**
 * enum vdev_outcome - what became of one device of a plan
 * @VDEV_OUTCOME_PLANNED: not run yet
 * @VDEV_OUTCOME_UNCHANGED: it already was as wanted
 * @VDEV_OUTCOME_DONE: changed and verified
 * @VDEV_OUTCOME_ROLLED_BACK: changed, and changed back after a failure
 * @VDEV_OUTCOME_FAILED: this device failed; it is as it was before
 * @VDEV_OUTCOME_NOT_TRIED: not touched, because another device failed first
 * @VDEV_OUTCOME_GONE: the device disappeared
 * @VDEV_OUTCOME_PENDING: the kernel has not finished the unbind, because
 *	somebody holds the device open; the journal is kept
 * @VDEV_OUTCOME_BROKEN: the roll-back failed; the journal is kept
 */
enum vdev_outcome {
	VDEV_OUTCOME_PLANNED,
	VDEV_OUTCOME_UNCHANGED,
	VDEV_OUTCOME_DONE,
	VDEV_OUTCOME_ROLLED_BACK,
	VDEV_OUTCOME_FAILED,
	VDEV_OUTCOME_NOT_TRIED,
	VDEV_OUTCOME_GONE,
	VDEV_OUTCOME_PENDING,
	VDEV_OUTCOME_BROKEN,
};

/**
 * typedef vdev_progress_fn - told of each device as it is done
 * @data: the pointer given to vdev_plan_set_progress()
 * @done: how many devices are done
 * @total: how many there are
 *
 * Return: 0 to go on, non-zero to stop: the plan is then rolled back and
 * vdev_plan_run() returns -ECANCELED.
 */
typedef int (*vdev_progress_fn)(void *data, size_t done, size_t total);

/**
 * vdev_check_name() - the name of a check
 * @check: the check
 *
 * Return: a static string such as "storage"; NULL for a value out of range.
 */
VDEV_EXPORT const char *vdev_check_name(enum vdev_check check);

/**
 * vdev_check_from_name() - the check of a name
 * @name: the name
 *
 * Return: an enum vdev_check; -EINVAL if there is no such check.
 */
VDEV_EXPORT int vdev_check_from_name(const char *name);

/**
 * vdev_verdict_name() - the word for a verdict
 * @verdict: the verdict
 *
 * Return: "pass", "warn" or "refuse".
 */
VDEV_EXPORT const char *vdev_verdict_name(enum vdev_verdict verdict);

/**
 * vdev_purpose_from_name() - the purpose of a name
 * @name: "assign", "migration" or "pasid"
 *
 * Return: an enum vdev_purpose; -EINVAL if there is no such purpose.
 */
VDEV_EXPORT int vdev_purpose_from_name(const char *name);

/**
 * vdev_outcome_name() - the word for an outcome
 * @outcome: the outcome
 *
 * Return: a static string such as "rolled-back".
 */
VDEV_EXPORT const char *vdev_outcome_name(enum vdev_outcome outcome);

/**
 * vdev_plan_new() - make an empty plan
 * @ctx: the context
 * @action: what to do
 * @ret: receives the plan; the caller frees it with vdev_plan_free()
 *
 * Return: 0; -EINVAL for an unknown action; -ENOMEM.
 */
VDEV_EXPORT int vdev_plan_new(struct vdev_ctx *ctx, enum vdev_action action,
			      struct vdev_plan **ret);

/**
 * vdev_plan_free() - free a plan and release its locks
 * @plan: the plan, or NULL
 */
VDEV_EXPORT void vdev_plan_free(struct vdev_plan *plan);

/**
 * vdev_plan_add() - add a device
 * @plan: the plan
 * @dev: the device; the plan takes a reference of its own
 *
 * A device that is in the plan already is not added again.
 *
 * Return: 0; -EOPNOTSUPP for a device that is not on the PCI bus or, with
 * VDEV_ACTION_SRIOV, has no SR-IOV capability; -EINVAL for a second PF with
 * VDEV_ACTION_SRIOV; -ENOMEM.
 */
VDEV_EXPORT int vdev_plan_add(struct vdev_plan *plan, struct vdev_device *dev);

/**
 * vdev_plan_add_group() - add what else is in the groups of the plan
 * @plan: the plan
 *
 * Every member of the IOMMU groups of the plan's devices is added, except PCI
 * bridges.
 *
 * Return: 0; -ENOMEM.
 */
VDEV_EXPORT int vdev_plan_add_group(struct vdev_plan *plan);

/**
 * vdev_plan_add_journal() - add every device that has a journal
 * @plan: a plan with VDEV_ACTION_RESTORE
 *
 * Return: how many journals there are; -EINVAL for another action; -EACCES if
 * the caller may not read them; -ENOMEM.
 */
VDEV_EXPORT int vdev_plan_add_journal(struct vdev_plan *plan);

/**
 * vdev_plan_set_driver() - name the driver to bind to
 * @plan: a plan with VDEV_ACTION_BIND
 * @driver: its name, or NULL for the best one for the purpose
 *
 * Return: 0; -EINVAL for a name no driver can have; -ENOMEM.
 */
VDEV_EXPORT int vdev_plan_set_driver(struct vdev_plan *plan,
				     const char *driver);

/**
 * vdev_plan_set_purpose() - say what the devices are for
 * @plan: the plan
 * @purpose: VDEV_PURPOSE_ASSIGN unless set
 */
VDEV_EXPORT void vdev_plan_set_purpose(struct vdev_plan *plan,
				       enum vdev_purpose purpose);

/**
 * vdev_plan_set_owner() - give the device nodes to a user
 * @plan: a plan with VDEV_ACTION_BIND
 * @uid: the user
 * @gid: the group, or (gid_t)-1 to leave it
 * @iommu: also give /dev/iommu
 *
 * The cdev and the group node get the owner now, and a udev rule below
 * /run/udev/rules.d gives it to them again whenever they are made anew, until
 * the device is restored.
 */
VDEV_EXPORT void vdev_plan_set_owner(struct vdev_plan *plan, uid_t uid,
				     gid_t gid, bool iommu);

/**
 * vdev_plan_force() - run in spite of a check
 * @plan: the plan
 * @check: the check that may refuse without effect
 *
 * PCI bridges (VDEV_CHECK_BRIDGE) and swap space (part of VDEV_CHECK_STORAGE)
 * cannot be forced.
 *
 * Return: 0; -EPERM for VDEV_CHECK_BRIDGE; -EINVAL for a value out of range.
 */
VDEV_EXPORT int vdev_plan_force(struct vdev_plan *plan, enum vdev_check check);

/**
 * vdev_plan_require_reset() - refuse devices that cannot be reset alone
 * @plan: the plan
 */
VDEV_EXPORT void vdev_plan_require_reset(struct vdev_plan *plan);

/**
 * vdev_plan_set_wait() - wait for locks or not
 * @plan: the plan
 * @wait: true (the default) to wait for another process that works on the
 *	same group, false to fail with -EAGAIN
 */
VDEV_EXPORT void vdev_plan_set_wait(struct vdev_plan *plan, bool wait);

/**
 * vdev_plan_set_timeout() - how long the kernel may take for one step
 * @plan: the plan
 * @milliseconds: for the unbind and, apart from it, for the device node to
 *	appear; 10,000 unless set
 */
VDEV_EXPORT void vdev_plan_set_timeout(struct vdev_plan *plan,
				       unsigned int milliseconds);

/**
 * vdev_plan_set_progress() - be told how far it is
 * @plan: the plan
 * @fn: called before the first device and after each, or NULL
 * @data: handed to @fn
 */
VDEV_EXPORT void vdev_plan_set_progress(struct vdev_plan *plan,
					vdev_progress_fn fn, void *data);

/**
 * vdev_plan_check() - look, without changing anything
 * @plan: the plan
 *
 * Fills the findings and the steps. May be called again.
 *
 * Return: 0 if the plan can run; -EBUSY if a check refuses; -ENODEV if a
 * device is gone; -ENOENT if the driver does not exist; -EOPNOTSUPP if no
 * driver serves the purpose; -ENODATA if the plan is empty; -ENOMEM.
 */
VDEV_EXPORT int vdev_plan_check(struct vdev_plan *plan);

/**
 * vdev_plan_run() - do it
 * @plan: the plan
 *
 * For VDEV_ACTION_BIND and VDEV_ACTION_UNBIND the plan is done whole or not at
 * all. VDEV_ACTION_RESTORE takes each device by itself. The child process that
 * writes to ``unbind`` is needed because the kernel blocks there for as long
 * as a user holds the device open.
 *
 * Return: 0; what vdev_plan_check() returns; -EAGAIN if a lock is taken and
 * the plan is not to wait; -EACCES or -EPERM without the right; -EEXIST if
 * a device has a journal of an unfinished change (restore it first);
 * -ECANCELED if the progress function said stop; -ETIMEDOUT if an unbind is
 * pending (VDEV_ERROR_ROLLBACK) or a node did not appear; -EIO if the kernel or
 * the driver refused. vdev_ctx_last_kind() tells whether the roll-back
 * succeeded.
 */
VDEV_EXPORT int vdev_plan_run(struct vdev_plan *plan);

/**
 * vdev_plan_device_count() - how many devices the plan holds
 * @plan: the plan
 *
 * Return: the count.
 */
VDEV_EXPORT size_t vdev_plan_device_count(const struct vdev_plan *plan);

/**
 * vdev_plan_device() - one device of the plan
 * @plan: the plan
 * @index: 0 up to the count less one
 *
 * Return: the device, which belongs to the plan; NULL past the end.
 */
VDEV_EXPORT struct vdev_device *vdev_plan_device(const struct vdev_plan *plan,
						 size_t index);

/**
 * vdev_plan_previous() - the driver a device had
 * @plan: the plan, after vdev_plan_check()
 * @index: the device's index
 *
 * Return: the driver's name when the plan was last checked; NULL for none.
 */
VDEV_EXPORT const char *vdev_plan_previous(const struct vdev_plan *plan,
					   size_t index);

/**
 * vdev_plan_target() - the driver a device is to get
 * @plan: the plan, after vdev_plan_check()
 * @index: the device's index
 *
 * Return: the driver's name; NULL for none, or for the kernel's own choice.
 */
VDEV_EXPORT const char *vdev_plan_target(const struct vdev_plan *plan,
					 size_t index);

/**
 * vdev_plan_outcome() - what became of a device
 * @plan: the plan
 * @index: the device's index
 *
 * Return: the outcome; VDEV_OUTCOME_PLANNED past the end.
 */
VDEV_EXPORT enum vdev_outcome vdev_plan_outcome(const struct vdev_plan *plan,
						size_t index);

/**
 * vdev_plan_reason() - why a device has its outcome
 * @plan: the plan
 * @index: the device's index
 *
 * Return: a sentence, or NULL if there is nothing to say.
 */
VDEV_EXPORT const char *vdev_plan_reason(const struct vdev_plan *plan,
					 size_t index);

/**
 * vdev_plan_step_count() - how many steps the plan takes
 * @plan: the plan, after vdev_plan_check()
 *
 * Return: the count.
 */
VDEV_EXPORT size_t vdev_plan_step_count(const struct vdev_plan *plan);

/**
 * vdev_plan_step() - one step in words
 * @plan: the plan, after vdev_plan_check()
 * @index: 0 up to the count less one
 *
 * Return: a line such as "0000:01:00.0: unbind from igb"; NULL past the end.
 */
VDEV_EXPORT const char *vdev_plan_step(const struct vdev_plan *plan,
				       size_t index);

/**
 * vdev_plan_finding_count() - how many findings the checks made
 * @plan: the plan, after vdev_plan_check()
 *
 * There is at least one for each check and device.
 *
 * Return: the count.
 */
VDEV_EXPORT size_t vdev_plan_finding_count(const struct vdev_plan *plan);

/**
 * vdev_plan_finding() - one finding
 * @plan: the plan, after vdev_plan_check()
 * @index: 0 up to the count less one
 *
 * Return: the finding, valid until the next check of the plan; NULL past the
 * end.
 */
VDEV_EXPORT const struct vdev_finding *
vdev_plan_finding(const struct vdev_plan *plan, size_t index);

/**
 * vdev_finding_check() - which check
 * @finding: the finding
 *
 * Return: the check.
 */
VDEV_EXPORT enum vdev_check
vdev_finding_check(const struct vdev_finding *finding);

/**
 * vdev_finding_verdict() - its verdict
 * @finding: the finding
 *
 * Return: the verdict, as it is without any force.
 */
VDEV_EXPORT enum vdev_verdict
vdev_finding_verdict(const struct vdev_finding *finding);

/**
 * vdev_finding_forced() - whether the refusal is overruled
 * @finding: the finding
 *
 * Return: true if the check refuses and is forced.
 */
VDEV_EXPORT bool vdev_finding_forced(const struct vdev_finding *finding);

/**
 * vdev_finding_forcible() - whether the refusal could be overruled
 * @finding: the finding
 *
 * Return: false for PCI bridges and swap space, else true.
 */
VDEV_EXPORT bool vdev_finding_forcible(const struct vdev_finding *finding);

/**
 * vdev_finding_device() - on which device
 * @finding: the finding
 *
 * Return: the device, which belongs to the plan.
 */
VDEV_EXPORT struct vdev_device *
vdev_finding_device(const struct vdev_finding *finding);

/**
 * vdev_finding_detail() - what was found
 * @finding: the finding
 *
 * Return: a sentence.
 */
VDEV_EXPORT const char *vdev_finding_detail(const struct vdev_finding *finding);

/**
 * vdev_finding_source() - where it was found
 * @finding: the finding
 *
 * Return: a file or kernel interface, or NULL.
 */
VDEV_EXPORT const char *vdev_finding_source(const struct vdev_finding *finding);

VDEV_END_DECLS

#endif
