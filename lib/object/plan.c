/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Plans: what is to change, whether it may, and that it does or does not. */

#include "object/plan.h"

#include <errno.h>
#include <stdio.h>

#include <libvdev/group.h>

#define DEFAULT_TIMEOUT_MS 10000

int vdev_plan_new(struct vdev_ctx *ctx, enum vdev_action action,
		  struct vdev_plan **ret)
{
	struct vdev_plan *plan;

	if ((unsigned int)action > VDEV_ACTION_SRIOV)
		return vdev_fail(ctx, -EINVAL, "unknown action %d", action);
	plan = calloc(1, sizeof(*plan));
	if (!plan)
		return vdev_fail(ctx, -ENOMEM, "out of memory");
	plan->ctx = vdev_ctx_ref(ctx);
	plan->action = action;
	plan->wait = true;
	plan->timeout_ms = DEFAULT_TIMEOUT_MS;
	plan->sriov.autoprobe = -1;
	*ret = plan;
	return 0;
}

static void clear_vfs(struct plan_item *item)
{
	vdev_device_list_free(item->vfs);
	item->vfs = NULL;
	strv_clear(&item->vfs_before.vfs);
	item->vfs_before = (struct journal_vfs){ 0 };
}

void plan_truncate(struct vdev_plan *plan, size_t count)
{
	while (plan->count > count) {
		struct plan_item *item = &plan->items[--plan->count];

		vdev_device_unref(item->dev);
		journal_clear(&item->journal);
		strv_clear(&item->nodes);
		clear_vfs(item);
		free(item->reason);
	}
}

void vdev_plan_free(struct vdev_plan *plan)
{
	if (!plan)
		return;
	locks_release(plan->ctx, &plan->locks);
	findings_clear(&plan->findings);
	strv_clear(&plan->steps);
	plan_truncate(plan, 0);
	free(plan->items);
	free(plan->sriov.msix);
	vdev_ctx_unref(plan->ctx);
	free(plan);
}

static bool has_device(const struct vdev_plan *plan, const char *address)
{
	for (size_t i = 0; i < plan->count; i++)
		if (str_eq(vdev_device_address(plan->items[i].dev), address))
			return true;
	return false;
}

int plan_append(struct vdev_plan *plan, struct vdev_device *dev)
{
	struct plan_item item = { .dev = dev };
	int ret = ARRAY_ADD(plan->items, plan->count, item);

	if (ret)
		return vdev_fail(plan->ctx, ret, "out of memory");
	vdev_device_ref(dev);
	return 0;
}

static int check_pf(struct vdev_plan *plan, struct vdev_device *dev)
{
	int total = vdev_device_sriov_totalvfs(dev);

	if (plan->count)
		return vdev_fail(plan->ctx, -EINVAL,
				 "the VFs of one PF are changed at a time");
	if (total == -ENODATA)
		return vdev_fail(plan->ctx, -EOPNOTSUPP,
				 "%s has no SR-IOV capability",
				 vdev_device_address(dev));
	return total < 0 ? total : 0;
}

int vdev_plan_add(struct vdev_plan *plan, struct vdev_device *dev)
{
	int ret = 0;

	if (!str_eq(vdev_device_bus(dev), "pci"))
		return vdev_fail(plan->ctx, -EOPNOTSUPP,
				 "%s: only PCI functions are bound to drivers",
				 vdev_device_address(dev));
	if (has_device(plan, vdev_device_address(dev)))
		return 0;
	if (plan->action == VDEV_ACTION_SRIOV)
		ret = check_pf(plan, dev);
	return ret ? ret : plan_append(plan, dev);
}

static int add_members(struct vdev_plan *plan, int number)
{
	const struct vdev_device_list *members;
	struct vdev_device *member;
	struct vdev_group *group;
	size_t i;
	int ret = vdev_group_new(plan->ctx, number, &group);

	if (ret)
		return ret;
	members = vdev_group_members(group);
	if (!members)
		ret = vdev_fail(plan->ctx, -ENOMEM, "out of memory");
	for (i = 0; !ret && (member = vdev_device_list_get(members, i)); i++) {
		bool bridge = vdev_device_class_code(member) >> 8 == 0x0604;

		if (str_eq(vdev_device_bus(member), "pci") && !bridge)
			ret = vdev_plan_add(plan, member);
	}
	vdev_group_free(group);
	return ret;
}

int vdev_plan_add_group(struct vdev_plan *plan)
{
	size_t given = plan->count;

	for (size_t i = 0; i < given; i++) {
		int number = vdev_device_iommu_group(plan->items[i].dev);
		int ret = number < 0 ? 0 : add_members(plan, number);

		if (ret)
			return ret;
	}
	return 0;
}

/* A device that is gone for good leaves nothing to restore. */
static int add_journaled(struct vdev_plan *plan, const char *address)
{
	struct vdev_device *dev;
	int ret = vdev_device_new(plan->ctx, "pci", address, &dev);

	if (ret == -ENODEV || ret == -EINVAL) {
		vdev_log(plan->ctx, VDEV_LOG_WARNING,
			 "%s: the device is gone; its journal is dropped",
			 address);
		return journal_remove(plan->ctx, address);
	}
	if (ret)
		return vdev_fail(plan->ctx, ret, "out of memory");
	ret = vdev_plan_add(plan, dev);
	vdev_device_unref(dev);
	return ret;
}

int vdev_plan_add_journal(struct vdev_plan *plan)
{
	_auto_strv_ struct strv addresses = { 0 };
	const char *address;
	int ret;

	if (plan->action != VDEV_ACTION_RESTORE)
		return vdev_fail(plan->ctx, -EINVAL,
				 "only a restore works from the journal");
	ret = journal_list(plan->ctx, &addresses);
	strv_foreach(&addresses, address)
		if (!ret)
			ret = add_journaled(plan, address);
	return ret ? ret : (int)addresses.count;
}

int vdev_plan_set_driver(struct vdev_plan *plan, const char *driver)
{
	if (driver && !driver_name_valid(driver))
		return vdev_fail(plan->ctx, -EINVAL,
				 "\"%s\" cannot be a driver's name", driver);
	snprintf(plan->driver, sizeof(plan->driver), "%s",
		 driver ? driver : "");
	return 0;
}

void vdev_plan_set_purpose(struct vdev_plan *plan, enum vdev_purpose purpose)
{
	plan->purpose = purpose;
}

void vdev_plan_set_owner(struct vdev_plan *plan, uid_t uid, gid_t gid,
			 bool iommu)
{
	plan->has_owner = true;
	plan->owner = (struct owner){ uid, gid, iommu };
}

int vdev_plan_force(struct vdev_plan *plan, enum vdev_check check)
{
	if ((unsigned int)check >= VDEV_CHECKS)
		return vdev_fail(plan->ctx, -EINVAL, "unknown check %d", check);
	if (check == VDEV_CHECK_BRIDGE)
		return vdev_fail_as(plan->ctx, VDEV_ERROR_INVALID, -EPERM,
				    "the check \"bridge\" cannot be forced");
	plan->forced[check] = true;
	return 0;
}

void vdev_plan_require_reset(struct vdev_plan *plan)
{
	plan->require_reset = true;
}

void vdev_plan_set_wait(struct vdev_plan *plan, bool wait)
{
	plan->wait = wait;
}

void vdev_plan_set_timeout(struct vdev_plan *plan, unsigned int milliseconds)
{
	plan->timeout_ms = milliseconds;
}

void vdev_plan_set_progress(struct vdev_plan *plan, vdev_progress_fn fn,
			    void *data)
{
	plan->progress = fn;
	plan->progress_data = data;
}

int vdev_purpose_from_name(const char *name)
{
	static const char *const names[] = { "assign", "migration", "pasid" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(names[i], name))
			return (int)i;
	return -EINVAL;
}

const char *vdev_outcome_name(enum vdev_outcome outcome)
{
	static const char *const names[] = {
		[VDEV_OUTCOME_PLANNED] = "planned",
		[VDEV_OUTCOME_UNCHANGED] = "unchanged",
		[VDEV_OUTCOME_DONE] = "done",
		[VDEV_OUTCOME_ROLLED_BACK] = "rolled-back",
		[VDEV_OUTCOME_FAILED] = "failed",
		[VDEV_OUTCOME_NOT_TRIED] = "not-tried",
		[VDEV_OUTCOME_GONE] = "gone",
		[VDEV_OUTCOME_PENDING] = "pending",
		[VDEV_OUTCOME_BROKEN] = "broken",
	};

	return (size_t)outcome < ARRAY_SIZE(names) ? names[outcome] : "unknown";
}

/* What a restore brings a device back to. */
static void aim_restore(struct plan_item *item)
{
	item->kernel_chooses = !item->has_journal;
	if (item->has_journal) {
		memcpy(item->after.driver, item->journal.driver,
		       sizeof(item->after.driver));
		memcpy(item->after.override, item->journal.override,
		       sizeof(item->after.override));
		return;
	}
	/* A native driver without override is the kernel's choice already. */
	item->after = item->before;
	*item->after.override = '\0';
	if (*item->before.override || driver_is_vfio(item->before.driver) ||
	    !*item->before.driver)
		*item->after.driver = '\0';
	else
		item->kernel_chooses = false;
}

int plan_find_driver(struct vdev_plan *plan, char driver[DRIVER_NAME_SIZE])
{
	if (driver_state(plan->ctx, driver) != DRIVER_UNKNOWN)
		return 0;
	return vdev_hint(plan->ctx,
			 vdev_fail_as(plan->ctx, VDEV_ERROR_FAILED, -ENOENT,
				      "there is no driver %s: none is "
				      "registered, and this kernel has no "
				      "module of that name",
				      driver),
			 "\"ls /sys/bus/pci/drivers\" shows what is "
			 "registered");
}

static int aim_bind(struct vdev_plan *plan, struct plan_item *item)
{
	char *driver = item->after.driver;
	int ret;

	if (*plan->driver)
		strcpy(driver, plan->driver);
	else {
		ret = driver_choose(plan->ctx, item->dev, plan->purpose,
				    driver);
		if (ret)
			return ret;
	}
	ret = plan_find_driver(plan, driver);
	if (!ret)
		strcpy(item->after.override, driver);
	return ret;
}

/* An earlier change must be finished before a new one starts from it. */
static int check_journal(struct vdev_plan *plan, struct plan_item *item)
{
	const char *address = vdev_device_address(item->dev);

	if (!item->has_journal)
		return 0;
	if (journal_unbind_pending(plan->ctx, &item->journal))
		return vdev_hint(
			plan->ctx,
			vdev_fail_as(plan->ctx, VDEV_ERROR_ROLLBACK, -ETIMEDOUT,
				     "%s: an unbind is still pending in the "
				     "kernel (process %d waits for it)",
				     address, item->journal.writer),
			"end whoever holds the device open, then run "
			"\"vdevctl restore %s\"",
			address);
	if (plan->action == VDEV_ACTION_RESTORE ||
	    item->journal.state == JOURNAL_CHANGED)
		return 0;
	return vdev_hint(plan->ctx,
			 vdev_fail_as(plan->ctx, VDEV_ERROR_FAILED, -EEXIST,
				      "%s: an earlier change of it %s cut "
				      "short",
				      address,
				      /* Without the lock it may go on. */
				      plan->locks.count
					      ? "was"
					      : "is under way, or was"),
			 "\"vdevctl restore %s\" undoes it", address);
}

static int add_nodes(struct vdev_plan *plan, struct plan_item *item,
		     struct vdev_device *dev)
{
	const char *cdev = vdev_device_vfio_cdev(dev);
	const char *group = vdev_device_vfio_group(dev);
	int ret = 0;

	if (cdev)
		ret = strv_add(&item->nodes, cdev + strlen("/dev/"));
	if (!ret && group)
		ret = strv_add(&item->nodes, group + strlen("/dev/"));
	return ret ? vdev_fail(plan->ctx, ret, "out of memory") : 0;
}

/* Once the unbind has begun sysfs no longer tells who may hold the device. */
static int read_nodes(struct vdev_plan *plan, struct plan_item *item)
{
	strv_clear(&item->nodes);
	return add_nodes(plan, item, item->dev);
}

int plan_read_vfs(struct vdev_plan *plan, struct plan_item *item)
{
	int ret;

	clear_vfs(item);
	ret = vfs_read(item->dev, &item->vfs, &item->vfs_before);
	for (size_t i = 0; !ret && i < item->vfs->count; i++)
		ret = add_nodes(plan, item, item->vfs->devices[i]);
	return ret;
}

int plan_read_item(struct vdev_plan *plan, struct plan_item *item)
{
	int ret;

	journal_clear(&item->journal);
	ret = journal_read(plan->ctx, vdev_device_address(item->dev),
			   &item->journal);
	item->has_journal = !ret;
	if (ret == -ENOENT)
		ret = 0;
	/* Before all else: a device with a pending unbind may not answer. */
	if (!ret)
		ret = check_journal(plan, item);
	if (!ret)
		ret = rebind_read(item->dev, &item->before);
	if (!ret)
		ret = read_nodes(plan, item);
	if (!ret && plan->action == VDEV_ACTION_RESTORE &&
	    item->journal.vfs.known)
		ret = plan_read_vfs(plan, item);
	return ret;
}

/* Whether the VFs of a PF are to be brought back too. */
static bool vfs_differ(const struct plan_item *item)
{
	return item->vfs_before.known &&
	       (item->journal.vfs.enabled ||
		!vfs_same(&item->vfs_before, &item->journal.vfs));
}

/* And whether those there are have to go for that. */
static bool vfs_go(const struct plan_item *item)
{
	return item->vfs_before.known && item->vfs->count &&
	       (item->vfs->count != item->journal.vfs.vfs.count ||
		!str_eq(item->before.driver, item->after.driver));
}

static int aim(struct vdev_plan *plan, struct plan_item *item)
{
	int ret = 0;

	switch (plan->action) {
	case VDEV_ACTION_BIND:
		ret = aim_bind(plan, item);
		break;
	case VDEV_ACTION_UNBIND:
		item->after = item->before;
		*item->after.driver = '\0';
		break;
	case VDEV_ACTION_RESTORE:
		aim_restore(item);
		break;
	case VDEV_ACTION_SRIOV:
		break;
	}
	item->unchanged =
		!item->kernel_chooses && !vfs_differ(item) &&
		!memcmp(&item->before, &item->after, sizeof(item->before));
	return ret;
}

/* What a restore does with VFs, before and after what it does with the PF. */
static int add_vf_step(struct vdev_plan *plan, const struct plan_item *item,
		       bool before)
{
	const char *address = vdev_device_address(item->dev);
	size_t want = item->journal.vfs.vfs.count;

	if (before)
		return vfs_go(item) ? strv_addf(&plan->steps,
						"%s: remove its %zu VFs",
						address, item->vfs->count)
				    : 0;
	if (!vfs_differ(item) ||
	    (!want && !item->journal.vfs.enabled &&
	     item->journal.vfs.autoprobe == item->vfs_before.autoprobe))
		return 0;
	return strv_addf(&plan->steps,
			 "%s: bring back how it was set for VFs, with %zu of "
			 "them",
			 address, want);
}

static int add_steps(struct vdev_plan *plan, const struct plan_item *item)
{
	const char *address = vdev_device_address(item->dev);
	const struct binding *was = &item->before, *to = &item->after;
	struct strv *steps = &plan->steps;
	bool change = !str_eq(was->driver, to->driver) || item->kernel_chooses;
	int ret = add_vf_step(plan, item, true);

	if (!ret && !str_eq(was->override, to->override))
		ret = *to->override
			      ? strv_addf(steps,
					  "%s: set driver_override to %s",
					  address, to->override)
			      : strv_addf(steps, "%s: clear driver_override",
					  address);
	if (!ret && change && *was->driver)
		ret = strv_addf(steps, "%s: unbind from %s", address,
				was->driver);
	if (!ret && item->kernel_chooses)
		ret = strv_addf(steps,
				"%s: let the kernel choose a driver (there is "
				"no journal)",
				address);
	else if (!ret && change && *to->driver)
		ret = strv_addf(steps, "%s: bind to %s", address, to->driver);
	if (!ret && plan->has_owner)
		ret = strv_addf(steps, "%s: give its nodes to user %u", address,
				plan->owner.uid);
	if (!ret)
		ret = add_vf_step(plan, item, false);
	return ret;
}

/*
 * A PF and, where they have to go before it changes, its VFs, in whose place
 * nothing is left for its own check of VFs to find.
 */
static int check_item(struct vdev_plan *plan, struct check_input *in,
		      struct plan_item *item)
{
	const char *target = *item->after.driver ? item->after.driver : NULL;
	bool unbinds = *item->before.driver &&
		       !str_eq(item->before.driver, item->after.driver);
	bool go = vfs_go(item);
	int ret = check_some(in, item->dev, target, unbinds,
			     go ? ~CHECK(VFS) : ALL_CHECKS, &plan->findings);

	in->item = item->dev;
	for (size_t i = 0; go && !ret && i < item->vfs->count; i++) {
		struct vdev_device *vf = item->vfs->devices[i];

		ret = check_device(in, vf, NULL, vdev_device_driver(vf),
				   &plan->findings);
	}
	in->item = NULL;
	return ret;
}

static int run_checks(struct vdev_plan *plan)
{
	struct vdev_usage usage = { 0 };
	_auto_free_ struct vdev_device **devices =
		calloc(plan->count, sizeof(struct vdev_device *));
	struct check_input in = {
		.ctx = plan->ctx,
		.action = plan->action,
		.purpose = plan->purpose,
		.require_reset = plan->require_reset,
		.forced = plan->forced,
		.devices = devices,
		.device_count = plan->count,
		.usage = &usage,
	};
	int ret;

	if (!devices)
		return vdev_fail(plan->ctx, -ENOMEM, "out of memory");
	for (size_t i = 0; i < plan->count; i++)
		devices[i] = plan->items[i].dev;
	ret = usage_read(plan->ctx, &usage);
	for (size_t i = 0; i < plan->count && !ret; i++) {
		struct plan_item *item = &plan->items[i];

		if (!item->unchanged)
			ret = check_item(plan, &in, item);
	}
	usage_clear(&usage);
	return ret;
}

const struct vdev_finding *plan_first_refusal(const struct vdev_plan *plan,
					      const struct vdev_device *dev)
{
	for (size_t i = 0; i < plan->findings.count; i++) {
		const struct vdev_finding *f = &plan->findings.items[i];

		if (f->verdict == VDEV_VERDICT_REFUSE && !f->forced &&
		    (!dev || f->item == dev))
			return f;
	}
	return NULL;
}

/* Which devices the findings stop. Return: how many. */
static size_t count_refused(struct vdev_plan *plan)
{
	size_t refused = 0;

	for (size_t i = 0; i < plan->count; i++) {
		struct plan_item *item = &plan->items[i];

		item->refused = plan_first_refusal(plan, item->dev);
		refused += item->refused;
	}
	return refused;
}

int plan_refuse(struct vdev_plan *plan)
{
	const struct vdev_finding *f = plan_first_refusal(plan, NULL);
	const char *check = vdev_check_name(f->check);
	int ret = vdev_fail(plan->ctx, -EBUSY,
			    "%s: refused by the check "
			    "\"%s\": %s",
			    vdev_device_address(f->dev), check, f->detail);

	if (f->unforceable)
		return ret;
	return vdev_hint(plan->ctx, ret, "--force=%s goes on in spite of it",
			 check);
}

int vdev_plan_check(struct vdev_plan *plan)
{
	size_t refused;
	int ret = 0;

	findings_clear(&plan->findings);
	strv_clear(&plan->steps);
	if (!plan->count)
		return vdev_fail_as(plan->ctx, VDEV_ERROR_INVALID, -ENODATA,
				    "no device is named");
	if (plan->action == VDEV_ACTION_SRIOV)
		return plan_sriov_check(plan);
	for (size_t i = 0; i < plan->count && !ret; i++) {
		ret = plan_read_item(plan, &plan->items[i]);
		if (!ret)
			ret = aim(plan, &plan->items[i]);
		if (!ret)
			ret = add_steps(plan, &plan->items[i]);
	}
	if (!ret)
		ret = run_checks(plan);
	if (ret)
		return ret;
	refused = count_refused(plan);
	/* A restore does what it can; everything else is all or nothing. */
	if (refused == plan->count ||
	    (refused && plan->action != VDEV_ACTION_RESTORE))
		return plan_refuse(plan);
	return 0;
}

size_t vdev_plan_device_count(const struct vdev_plan *plan)
{
	return plan->count;
}

struct vdev_device *vdev_plan_device(const struct vdev_plan *plan, size_t index)
{
	return index < plan->count ? plan->items[index].dev : NULL;
}

const char *vdev_plan_previous(const struct vdev_plan *plan, size_t index)
{
	if (index >= plan->count || !*plan->items[index].before.driver)
		return NULL;
	return plan->items[index].before.driver;
}

const char *vdev_plan_target(const struct vdev_plan *plan, size_t index)
{
	if (index >= plan->count || !*plan->items[index].after.driver)
		return NULL;
	return plan->items[index].after.driver;
}

enum vdev_outcome vdev_plan_outcome(const struct vdev_plan *plan, size_t index)
{
	return index < plan->count ? plan->items[index].outcome
				   : VDEV_OUTCOME_PLANNED;
}

const char *vdev_plan_reason(const struct vdev_plan *plan, size_t index)
{
	return index < plan->count ? plan->items[index].reason : NULL;
}

size_t vdev_plan_step_count(const struct vdev_plan *plan)
{
	return plan->steps.count;
}

const char *vdev_plan_step(const struct vdev_plan *plan, size_t index)
{
	return index < plan->steps.count ? plan->steps.items[index] : NULL;
}

size_t vdev_plan_finding_count(const struct vdev_plan *plan)
{
	return plan->findings.count;
}

const struct vdev_finding *vdev_plan_finding(const struct vdev_plan *plan,
					     size_t index)
{
	return index < plan->findings.count ? &plan->findings.items[index]
					    : NULL;
}
