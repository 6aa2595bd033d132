/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Running a plan: locks, journal, the change, and the way back. */

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "object/plan.h"

/* Comes after "device-" and "group-" in the order of names. */
#define VFS_LOCK "vfs-"

/* While a VF is changed, its PF must not remove it. Return: 0 or -ENOMEM. */
static int add_pf_locks(struct vdev_plan *plan, const struct strv *names,
			struct strv *shared)
{
	for (size_t i = 0; i < plan->count; i++) {
		const char *pf = vdev_device_physfn(plan->items[i].dev);
		char name[64];
		int ret;

		if (!pf)
			continue;
		snprintf(name, sizeof(name), VFS_LOCK "%s", pf);
		/* No lock is taken both ways: that would wait for itself. */
		ret = strv_has(names, name) ? 0 : strv_add(shared, name);
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * Devices of one group are changed one after the other. Without an IOMMU a
 * device has a group only while VFIO has it, and is locked by its own name.
 */
static int take_locks(struct vdev_plan *plan)
{
	_auto_strv_ struct strv names = { 0 }, shared = { 0 };
	int ret = 0;

	for (size_t i = 0; i < plan->count && !ret; i++) {
		struct vdev_device *dev = plan->items[i].dev;
		const char *node = vdev_device_vfio_group(dev);
		int group = vdev_device_iommu_group(dev);

		if (group < 0 || (node && strstr(node, "/noiommu-")))
			ret = strv_addf(&names, "device-%s",
					vdev_device_address(dev));
		else
			ret = strv_addf(&names, "group-%d", group);
		if (!ret && vdev_device_sriov_totalvfs(dev) >= 0)
			ret = strv_addf(&names, VFS_LOCK "%s",
					vdev_device_address(dev));
	}
	if (!ret)
		ret = add_pf_locks(plan, &names, &shared);
	if (ret)
		return vdev_fail(plan->ctx, ret, "out of memory");
	return locks_take(plan->ctx, &names, &shared, plan->wait, &plan->locks);
}

void plan_set_outcome(struct plan_item *item, enum vdev_outcome outcome,
		      const char *reason)
{
	item->outcome = outcome;
	free(item->reason);
	item->reason = reason ? strdup(reason) : NULL;
}

int plan_write_journal(struct vdev_plan *plan, struct plan_item *item,
		       enum journal_state state, pid_t writer)
{
	struct journal j = item->journal;

	/* The first journal of a device is the one that counts. */
	if (!item->has_journal) {
		memcpy(j.driver, item->before.driver, sizeof(j.driver));
		memcpy(j.override, item->before.override, sizeof(j.override));
	}
	if (plan->action == VDEV_ACTION_SRIOV) {
		if (!j.vfs.known)
			j.vfs = item->vfs_before;
		j.vfs.enabled |= plan->sriov.needs_enabled;
	}
	j.state = state;
	j.writer = writer;
	if (plan->has_owner) {
		j.owner = true;
		j.iommu |= plan->owner.iommu;
	}
	return journal_write(plan->ctx, vdev_device_address(item->dev), &j);
}

/*
 * Who holds a device that the kernel cannot unbind, as of now. The kernel has
 * removed the node of a cdev by then, which procfs says behind its name.
 */
static char *describe_holder(struct vdev_plan *plan,
			     const struct plan_item *item)
{
	struct vdev_usage usage = { 0 };
	struct strbuf b = { 0 };
	char users[160];
	const char *node;

	if (procfs_users(&plan->ctx->sys, &usage.users))
		return NULL;
	strv_foreach(&item->nodes, node) {
		char removed[PATH_MAX];

		snprintf(removed, sizeof(removed), "%s (deleted)", node);
		if (usage_describe_users(&usage, node, users, sizeof(users)) ||
		    usage_describe_users(&usage, removed, users, sizeof(users)))
			strbuf_addf(&b, "%s/dev/%s is open in %s",
				    b.length ? ", " : "", node, users);
	}
	usage_clear(&usage);
	return b.length ? strbuf_finish(&b) : NULL;
}

/* The kernel goes on waiting; whoever restores the device has to know. */
void plan_mark_pending(struct vdev_plan *plan, struct plan_item *item,
		       pid_t writer)
{
	const char *address = vdev_device_address(item->dev);
	_auto_free_ char *holder = describe_holder(plan, item);

	(void)plan_write_journal(plan, item, JOURNAL_PENDING, writer);
	(void)vdev_fail_as(plan->ctx, VDEV_ERROR_ROLLBACK, -ETIMEDOUT,
			   "%s: unbind pending after %u ms: the kernel waits "
			   "for a user of the device to let go (%s)",
			   address, plan->timeout_ms,
			   holder ? holder : "it is not known who");
	(void)vdev_hint(plan->ctx, 0,
			"end the user, then run \"vdevctl restore %s\"",
			address);
	plan_set_outcome(item, VDEV_OUTCOME_PENDING,
			 vdev_ctx_last_error(plan->ctx));
}

/* One device to its new binding, and its nodes to their owner. */
static int change(struct vdev_plan *plan, struct plan_item *item)
{
	pid_t writer = 0;
	int ret;

	bool lost = false;

	item->touched = true;
	ret = plan_vfs_leave(plan, item, &writer);
	if (!ret && item->kernel_chooses)
		ret = rebind_probe(item->dev, plan->timeout_ms, &writer);
	else if (!ret)
		ret = rebind_to(item->dev, &item->after, plan->timeout_ms,
				&writer);
	if (!ret)
		ret = plan_vfs_return(plan, item, &writer, &lost);
	if (ret == -ETIMEDOUT && writer)
		plan_mark_pending(plan, item, writer);
	if (!ret && plan->action == VDEV_ACTION_BIND &&
	    driver_is_vfio(item->after.driver))
		ret = rebind_wait_nodes(item->dev, plan->timeout_ms);
	if (!ret && plan->has_owner)
		ret = owner_give(plan->ctx, item->dev, &plan->owner);
	if (!ret && lost)
		plan_set_outcome(item, item->outcome, VFS_MADE_ANEW);
	return ret;
}

int plan_restore_journal(struct vdev_plan *plan, struct plan_item *item)
{
	const char *address = vdev_device_address(item->dev);
	int ret = 0;

	if (plan->has_owner && !item->journal.owner)
		ret = owner_take_back(plan->ctx, address, plan->owner.iommu);
	if (ret)
		return ret;
	return item->has_journal
		       ? journal_write(plan->ctx, address, &item->journal)
		       : journal_remove(plan->ctx, address);
}

/* Back to what the device was before the plan ran. */
static int undo(struct vdev_plan *plan, struct plan_item *item)
{
	pid_t writer = 0;
	int ret = 0;

	if (plan->action == VDEV_ACTION_SRIOV)
		return plan_sriov_undo(plan, item);
	if (item->outcome == VDEV_OUTCOME_PENDING)
		return -ETIMEDOUT;
	if (!vdev_device_exists(item->dev)) {
		plan_set_outcome(item, VDEV_OUTCOME_GONE,
				 "the device has disappeared");
		return journal_remove(plan->ctx,
				      vdev_device_address(item->dev));
	}
	if (item->touched)
		ret = rebind_to(item->dev, &item->before, plan->timeout_ms,
				&writer);
	if (ret == -ETIMEDOUT && writer) {
		plan_mark_pending(plan, item, writer);
		return ret;
	}
	if (!ret)
		ret = plan_restore_journal(plan, item);
	if (ret)
		plan_set_outcome(item, VDEV_OUTCOME_BROKEN,
				 vdev_ctx_last_error(plan->ctx));
	else if (item->touched && item->outcome != VDEV_OUTCOME_FAILED)
		plan_set_outcome(item, VDEV_OUTCOME_ROLLED_BACK, NULL);
	return ret;
}

/*
 * Undoes the first `count` devices, the last one first, and says how that
 * went together with why it was needed.
 */
int plan_roll_back(struct vdev_plan *plan, size_t count, int error)
{
	_auto_free_ char *why = strdup(vdev_ctx_last_error(plan->ctx));
	const char *hint = vdev_ctx_last_hint(plan->ctx);
	_auto_free_ char *advice = hint ? strdup(hint) : NULL;
	enum vdev_error_kind kind = vdev_ctx_last_kind(plan->ctx);
	const char *broken = NULL;

	/* It was there when the plan began: that is a failure of the plan. */
	if (kind == VDEV_ERROR_NOT_FOUND)
		kind = VDEV_ERROR_FAILED;
	vdev_log(plan->ctx, VDEV_LOG_INFO, "rolling back: %s",
		 vdev_ctx_last_error(plan->ctx));
	for (size_t i = count; i-- > 0;)
		if (plan->items[i].outcome != VDEV_OUTCOME_UNCHANGED &&
		    undo(plan, &plan->items[i]))
			broken = vdev_device_address(plan->items[i].dev);
	if (broken && kind != VDEV_ERROR_ROLLBACK) {
		(void)vdev_fail_as(plan->ctx, VDEV_ERROR_ROLLBACK, error,
				   "%s; rolling back %s failed too",
				   why ? why : "", broken);
		return vdev_hint(plan->ctx, error,
				 "\"vdevctl restore %s\" tries again", broken);
	}
	(void)vdev_fail_as(plan->ctx, kind, error, "%s", why ? why : "");
	if (advice)
		(void)vdev_hint(plan->ctx, error, "%s", advice);
	return error;
}

int plan_tell_progress(struct vdev_plan *plan, size_t done)
{
	if (!plan->progress ||
	    !plan->progress(plan->progress_data, done, plan->count))
		return 0;
	return vdev_fail_as(plan->ctx, VDEV_ERROR_FAILED, -ECANCELED,
			    "interrupted");
}

/* Modules are loaded and journals written before the first device changes. */
static int prepare(struct vdev_plan *plan, size_t *journals)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct plan_item *item = &plan->items[i];
		int ret;

		if (item->unchanged || !*item->after.driver)
			continue;
		ret = driver_load(plan->ctx, item->after.driver);
		if (ret)
			return ret;
		if (plan->action == VDEV_ACTION_BIND)
			strcpy(item->after.override, item->after.driver);
	}
	for (*journals = 0; *journals < plan->count; (*journals)++) {
		struct plan_item *item = &plan->items[*journals];
		int ret;

		if (item->unchanged && !plan->has_owner)
			continue;
		ret = plan_write_journal(plan, item, JOURNAL_CHANGING, 0);
		if (ret)
			return ret;
	}
	return 0;
}

static int finish(struct vdev_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct plan_item *item = &plan->items[i];
		int ret;

		if (item->outcome == VDEV_OUTCOME_UNCHANGED)
			continue;
		ret = plan_write_journal(plan, item, JOURNAL_CHANGED, 0);
		if (ret)
			return ret;
		plan_set_outcome(item, VDEV_OUTCOME_DONE, NULL);
	}
	return 0;
}

static void mark_untried(struct vdev_plan *plan, size_t from)
{
	for (size_t i = from; i < plan->count; i++)
		if (plan->items[i].outcome == VDEV_OUTCOME_PLANNED)
			plan_set_outcome(&plan->items[i],
					 VDEV_OUTCOME_NOT_TRIED, NULL);
}

/* All devices or none. */
static int run_whole(struct vdev_plan *plan)
{
	size_t journals = 0;
	size_t i = 0;
	int ret = prepare(plan, &journals);

	for (; i < plan->count && !ret; i++) {
		struct plan_item *item = &plan->items[i];

		ret = plan_tell_progress(plan, i);
		if (ret)
			break;
		if (item->unchanged && !plan->has_owner) {
			plan_set_outcome(item, VDEV_OUTCOME_UNCHANGED, NULL);
			continue;
		}
		ret = change(plan, item);
		if (ret && item->outcome != VDEV_OUTCOME_PENDING)
			plan_set_outcome(item, VDEV_OUTCOME_FAILED,
					 vdev_ctx_last_error(plan->ctx));
	}
	if (!ret)
		ret = plan_tell_progress(plan, plan->count);
	if (!ret)
		ret = finish(plan);
	if (!ret)
		return 0;
	ret = plan_roll_back(plan, journals, ret);
	mark_untried(plan, 0);
	return ret;
}

/* Neither as it was nor as it should be; the journal stays. */
static int mark_broken(struct vdev_plan *plan, struct plan_item *item,
		       int error)
{
	plan_set_outcome(item, VDEV_OUTCOME_BROKEN,
			 vdev_ctx_last_error(plan->ctx));
	return vdev_hint(plan->ctx,
			 vdev_fail_as(plan->ctx, VDEV_ERROR_ROLLBACK, error,
				      "%s", item->reason ? item->reason : ""),
			 "\"vdevctl restore %s\" tries again",
			 vdev_device_address(item->dev));
}

/* A VF that was there until its PF was restored. */
static bool went_with_pf(struct vdev_plan *plan, struct plan_item *item)
{
	const char *address = vdev_device_address(item->dev);

	if (vdev_device_exists(item->dev))
		return false;
	for (size_t i = 0; i < plan->count; i++) {
		struct vdev_device_list *vfs = plan->items[i].vfs;

		for (size_t j = 0; vfs && j < vfs->count; j++)
			if (str_eq(vdev_device_address(vfs->devices[j]),
				   address))
				return true;
	}
	return false;
}

/* Return: 0, or the recorded failure; the outcome is set. */
static int restore_one(struct vdev_plan *plan, struct plan_item *item)
{
	const char *address = vdev_device_address(item->dev);
	const struct vdev_finding *f = plan_first_refusal(plan, item->dev);
	bool iommu = item->has_journal && item->journal.iommu;
	_auto_free_ char *note = NULL;
	int ret = 0;

	if (went_with_pf(plan, item)) {
		plan_set_outcome(item, VDEV_OUTCOME_GONE,
				 "it was one of the VFs that its PF had to "
				 "give up");
		return journal_remove(plan->ctx, address);
	}
	if (f) {
		plan_set_outcome(item, VDEV_OUTCOME_FAILED, f->detail);
		return vdev_fail(plan->ctx, -EBUSY,
				 "%s: refused by the check \"%s\": %s", address,
				 vdev_check_name(f->check), f->detail);
	}
	/* Without a journal there is nothing to come back to. */
	if (item->has_journal && !item->unchanged) {
		item->journal.state = JOURNAL_CHANGING;
		ret = journal_write(plan->ctx, address, &item->journal);
	}
	if (!ret && *item->after.driver)
		ret = driver_load(plan->ctx, item->after.driver);
	if (!ret && !item->unchanged)
		ret = change(plan, item);
	if (!ret)
		ret = owner_take_back(plan->ctx, address, iommu);
	if (!ret)
		ret = journal_remove(plan->ctx, address);
	note = item->reason ? strdup(item->reason) : NULL;
	if (!ret)
		plan_set_outcome(item,
				 item->unchanged ? VDEV_OUTCOME_UNCHANGED
						 : VDEV_OUTCOME_DONE,
				 item->kernel_chooses
					 ? "there was no journal: the override "
					   "is cleared and the kernel chose"
					 : note);
	else if (!vdev_device_exists(item->dev))
		plan_set_outcome(item, VDEV_OUTCOME_GONE,
				 vdev_ctx_last_error(plan->ctx));
	else if (item->touched && item->outcome != VDEV_OUTCOME_PENDING)
		ret = mark_broken(plan, item, ret);
	else if (item->outcome != VDEV_OUTCOME_PENDING)
		plan_set_outcome(item, VDEV_OUTCOME_FAILED,
				 vdev_ctx_last_error(plan->ctx));
	return ret;
}

static size_t count_unrestored(const struct vdev_plan *plan)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->count; i++)
		count += plan->items[i].outcome != VDEV_OUTCOME_DONE &&
			 plan->items[i].outcome != VDEV_OUTCOME_UNCHANGED;
	return count;
}

/* Each device by itself. */
static int run_each(struct vdev_plan *plan)
{
	size_t failed = 0, left;
	int error = 0;

	for (size_t i = 0; i < plan->count; i++) {
		int ret = plan_tell_progress(plan, i);

		if (!ret)
			ret = restore_one(plan, &plan->items[i]);
		if (!ret)
			continue;
		failed++;
		error = ret;
		if (ret == -ECANCELED)
			break;
	}
	mark_untried(plan, 0);
	if (!failed)
		return 0;
	left = count_unrestored(plan);
	if (error == -ECANCELED)
		return vdev_fail_as(plan->ctx,
				    left < plan->count ? VDEV_ERROR_PARTIAL
						       : VDEV_ERROR_FAILED,
				    error,
				    "interrupted: %zu of %zu devices are "
				    "not restored",
				    left, plan->count);
	if (failed < plan->count)
		return vdev_fail_as(plan->ctx, VDEV_ERROR_PARTIAL, error,
				    "%zu of %zu devices could not be restored",
				    failed, plan->count);
	return error;
}

int vdev_plan_run(struct vdev_plan *plan)
{
	int ret;

	/* What the last run made of a PF's VFs is looked at anew. */
	if (plan->action == VDEV_ACTION_SRIOV && plan->count)
		plan_truncate(plan, 1);
	for (size_t i = 0; i < plan->count; i++) {
		plan->items[i].touched = false;
		plan_set_outcome(&plan->items[i], VDEV_OUTCOME_PLANNED, NULL);
	}
	ret = take_locks(plan);
	if (!ret)
		ret = vdev_plan_check(plan);
	if (!ret)
		ret = plan->action == VDEV_ACTION_RESTORE ? run_each(plan)
		      : plan->action == VDEV_ACTION_SRIOV ? plan_sriov_run(plan)
							  : run_whole(plan);
	locks_release(plan->ctx, &plan->locks);
	return ret;
}
