/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Plans that change the VFs of a PF: item 0 is the PF, the others are its VFs.
 *
 * VFs are bound one after the other: what the kernel does for each of them
 * (its IOMMU group, its nodes) it does under locks of its own, and threads
 * that bind several at once are no faster.
 */

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include <libvdev/sriov.h>

#include "object/plan.h"

/* --- What is wanted */

static int wrong_action(struct vdev_plan *plan)
{
	if (plan->action == VDEV_ACTION_SRIOV)
		return 0;
	return vdev_fail(plan->ctx, -EINVAL,
			 "only a plan for SR-IOV sets what VFs are like");
}

int vdev_plan_set_vf_count(struct vdev_plan *plan, unsigned int count)
{
	int ret = wrong_action(plan);

	if (!ret)
		plan->sriov.count = count;
	return ret;
}

int vdev_plan_set_vf_native(struct vdev_plan *plan)
{
	int ret = wrong_action(plan);

	if (!ret)
		plan->sriov.native = true;
	return ret;
}

int vdev_plan_set_vf_autoprobe(struct vdev_plan *plan, bool on)
{
	int ret = wrong_action(plan);

	if (!ret)
		plan->sriov.autoprobe = on;
	return ret;
}

int vdev_plan_enable_sriov(struct vdev_plan *plan)
{
	int ret = wrong_action(plan);

	if (!ret)
		plan->sriov.may_enable = true;
	return ret;
}

int vdev_plan_set_vf_msix(struct vdev_plan *plan, unsigned int vf,
			  unsigned int vectors)
{
	struct plan_sriov *s = &plan->sriov;
	struct plan_msix msix = { vf, vectors, -ENODATA };
	int ret = wrong_action(plan);

	if (ret)
		return ret;
	ret = ARRAY_ADD(s->msix, s->msix_count, msix);
	return ret ? vdev_fail(plan->ctx, ret, "out of memory") : 0;
}

int vdev_plan_vfs_before(const struct vdev_plan *plan)
{
	return plan->sriov.checked ? (int)plan->items[0].vfs->count : -ENODATA;
}

/* --- Whether it can be */

/* Another PF's journal may say that it was turned on for that one too. */
static bool enabled_by_others(struct vdev_ctx *ctx, const char *address)
{
	_auto_strv_ struct strv all = { 0 };
	bool enabled = false;
	const char *other;

	if (journal_list(ctx, &all))
		return true;
	strv_foreach(&all, other) {
		struct journal j = { 0 };

		if (str_eq(other, address) || journal_read(ctx, other, &j))
			continue;
		enabled |= j.vfs.enabled;
		journal_clear(&j);
	}
	return enabled;
}

static const char *pf_address(const struct vdev_plan *plan)
{
	return vdev_device_address(plan->items[0].dev);
}

static bool bound_to(const struct plan_item *item, const char *driver)
{
	return str_eq(item->before.driver, driver);
}

static int check_numbers(struct vdev_plan *plan)
{
	const struct plan_sriov *s = &plan->sriov;
	int total = vdev_device_sriov_totalvfs(plan->items[0].dev);

	if (total < 0)
		return total;
	if (s->count > (unsigned int)total)
		return vdev_fail_as(plan->ctx, VDEV_ERROR_NOT_SUPPORTED,
				    -ERANGE,
				    "%s can have %d VFs at most, not %u",
				    pf_address(plan), total, s->count);
	for (size_t i = 0; i < s->msix_count; i++)
		if (s->msix[i].vf >= s->count)
			return vdev_fail(plan->ctx, -EINVAL,
					 "%s: there will be no VF %u to get "
					 "interrupts",
					 pf_address(plan), s->msix[i].vf);
	return 0;
}

/* vfio-pci refuses any number, 0 too, while its parameter is off. */
static int check_enabled(struct vdev_plan *plan)
{
	struct plan_sriov *s = &plan->sriov;
	const char *pf = pf_address(plan);
	int enabled;

	s->enable = false;
	s->needs_enabled = false;
	if (!s->remake || !bound_to(&plan->items[0], "vfio-pci"))
		return 0;
	enabled = vfs_enabled(plan->ctx);
	if (enabled == -ENOENT)
		return vdev_fail(plan->ctx, -EOPNOTSUPP,
				 "%s: the vfio-pci it is bound to cannot have "
				 "VFs (needs Linux 5.7 or later)",
				 pf);
	if (enabled < 0)
		return vdev_fail_as(plan->ctx, VDEV_ERROR_FAILED, enabled,
				    "cannot read whether vfio-pci may have "
				    "VFs: %s",
				    strerror(-enabled));
	s->enable = !enabled;
	/* Turned on for another PF, it has to stay on for this one too. */
	s->needs_enabled = !enabled || enabled_by_others(plan->ctx, pf);
	if (enabled || s->may_enable)
		return 0;
	return vdev_hint(plan->ctx,
			 vdev_fail(plan->ctx, -EOPNOTSUPP,
				   "%s is bound to vfio-pci, whose parameter "
				   "enable_sriov is off: its VFs need a user "
				   "of the PF who knows of them",
				   pf),
			 "--enable turns it on for all PFs on vfio-pci, until "
			 "the PF is restored; vfio_pci.enable_sriov=1 on the "
			 "kernel's command line does so for good");
}

static int check_pf_driver(struct vdev_plan *plan)
{
	if (!plan->sriov.remake || *plan->items[0].before.driver)
		return 0;
	return vdev_hint(plan->ctx,
			 vdev_fail_as(plan->ctx, VDEV_ERROR_FAILED, -ENOENT,
				      "%s has no driver, and VFs are made by "
				      "the PF's driver",
				      pf_address(plan)),
			 "\"vdevctl restore %s\" gives it back its own, or "
			 "bind it to vfio-pci",
			 pf_address(plan));
}

/* The VFs' modalias is known before they are: the kernel takes it from VF 0. */
static int choose_driver(struct vdev_plan *plan)
{
	struct vdev_device *pf = plan->items[0].dev;
	char alias[128], *name = plan->sriov.driver;
	int device = vdev_device_sriov_vf_device(pf);
	int class = vdev_device_class_code(pf);

	if (device < 0 || class < 0)
		return vdev_fail_as(plan->ctx, VDEV_ERROR_FAILED,
				    device < 0 ? device : class,
				    "%s: cannot read what its VFs will be: %s",
				    pf_address(plan),
				    strerror(device < 0 ? -device : -class));
	snprintf(alias, sizeof(alias),
		 "vfio_pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X",
		 (unsigned int)vdev_device_vendor_id(pf), (unsigned int)device,
		 (unsigned int)vdev_device_subsystem_vendor_id(pf),
		 (unsigned int)vdev_device_subsystem_device_id(pf),
		 (unsigned int)class >> 16, (unsigned int)class >> 8 & 0xff,
		 (unsigned int)class & 0xff);
	return driver_choose_for(plan->ctx, alias, pf_address(plan),
				 plan->purpose, name);
}

static int aim_driver(struct vdev_plan *plan)
{
	struct plan_sriov *s = &plan->sriov;
	bool vfio_pf = driver_is_vfio(plan->items[0].before.driver);
	int ret;

	*s->driver = '\0';
	s->captured = vfio_pf && s->remake && s->count;
	if (!s->count || s->native)
		return 0;
	if (*plan->driver)
		strcpy(s->driver, plan->driver);
	else if (vfio_pf)
		return 0;
	else {
		ret = choose_driver(plan);
		if (ret)
			return ret;
	}
	return plan_find_driver(plan, s->driver);
}

/* New VFs wait for their interrupts or their driver. */
static bool holds_back(const struct plan_sriov *s)
{
	return s->remake && (*s->driver || s->msix_count);
}

static bool autoprobe_after(const struct vdev_plan *plan)
{
	return plan->sriov.autoprobe >= 0 ? plan->sriov.autoprobe
					  : plan->items[0].vfs_before.autoprobe;
}

/* What is to become of a VF; whether it is that already. */
static void aim_vf(struct vdev_plan *plan, struct plan_item *vf)
{
	const struct plan_sriov *s = &plan->sriov;
	const char *driver = vf->before.driver;

	if (*s->driver) {
		strcpy(vf->after.driver, s->driver);
		strcpy(vf->after.override, s->driver);
		vf->unchanged =
			!memcmp(&vf->before, &vf->after, sizeof(vf->before));
		return;
	}
	vf->after = vf->before;
	if (s->remake)
		/* The kernel does not probe it once more by itself. */
		vf->kernel_chooses =
			holds_back(s) && !s->captured && autoprobe_after(plan);
	else
		vf->kernel_chooses =
			s->native && (*vf->before.override || !*driver ||
				      driver_is_vfio(driver));
	vf->unchanged = !s->remake && !vf->kernel_chooses;
	if (!vf->kernel_chooses)
		return;
	*vf->after.driver = '\0';
	*vf->after.override = '\0';
}

/* The VFs there are become items; each is read. */
static int add_vfs(struct vdev_plan *plan, const struct vdev_device_list *vfs)
{
	int ret = 0;

	for (size_t i = 0; i < vfs->count && !ret; i++) {
		struct plan_item *item;

		ret = plan_append(plan, vfs->devices[i]);
		if (ret)
			break;
		item = &plan->items[plan->count - 1];
		ret = rebind_read(item->dev, &item->before);
		if (!ret)
			aim_vf(plan, item);
	}
	return ret;
}

static int check_msix(struct vdev_plan *plan)
{
	struct plan_sriov *s = &plan->sriov;

	for (size_t i = 0; i < s->msix_count && !s->remake; i++) {
		const struct plan_item *vf = &plan->items[1 + s->msix[i].vf];

		s->msix[i].before = vdev_device_msix_vectors(vf->dev);
		if (!*vf->before.driver)
			continue;
		return vdev_hint(
			plan->ctx,
			vdev_fail_as(plan->ctx, VDEV_ERROR_IN_USE, -EBUSY,
				     "%s: VF %u has driver %s, and interrupts "
				     "are given before a driver has it",
				     vdev_device_address(vf->dev),
				     s->msix[i].vf, vf->before.driver),
			"unbind it first");
	}
	return 0;
}

/* --- The steps in words */

static int add_driver_step(struct vdev_plan *plan)
{
	const struct plan_sriov *s = &plan->sriov;
	const char *pf = pf_address(plan);
	struct strv *steps = &plan->steps;

	if (!s->remake || !s->count)
		return 0;
	if (*s->driver)
		return strv_addf(steps,
				 "%s: set driver_override of each VF to %s, "
				 "and bind it",
				 pf, s->driver);
	if (s->captured)
		return strv_addf(steps,
				 "%s: the kernel sets driver_override of each "
				 "VF, because the PF is bound to %s",
				 pf, plan->items[0].before.driver);
	if (!autoprobe_after(plan))
		return strv_addf(steps,
				 "%s: the VFs stay without a driver, because "
				 "sriov_drivers_autoprobe is off",
				 pf);
	return strv_addf(steps, "%s: let the kernel choose the VFs' driver",
			 pf);
}

static int add_remake_steps(struct vdev_plan *plan)
{
	const struct plan_sriov *s = &plan->sriov;
	const struct plan_item *item = &plan->items[0];
	bool on = item->vfs_before.autoprobe;
	const char *pf = pf_address(plan);
	struct strv *steps = &plan->steps;
	int ret = 0;

	if (s->enable)
		ret = strv_addf(steps, "vfio-pci: turn enable_sriov on");
	if (!ret && item->vfs->count)
		ret = strv_addf(steps, "%s: remove its %zu VF%s", pf,
				item->vfs->count,
				item->vfs->count == 1 ? "" : "s");
	if (!ret && holds_back(s) && on)
		ret = strv_addf(steps,
				"%s: turn sriov_drivers_autoprobe off, so that "
				"no driver is probed for the VFs",
				pf);
	if (!ret && s->count)
		ret = strv_addf(steps, "%s: make %u VF%s", pf, s->count,
				s->count == 1 ? "" : "s");
	return ret;
}

static int add_vf_steps(struct vdev_plan *plan)
{
	int ret = 0;

	for (size_t i = 1; i < plan->count && !ret; i++) {
		const struct plan_item *vf = &plan->items[i];
		const char *address = vdev_device_address(vf->dev);

		if (vf->unchanged)
			continue;
		ret = vf->kernel_chooses
			      ? strv_addf(&plan->steps,
					  "%s: let the kernel choose a driver",
					  address)
			      : strv_addf(&plan->steps, "%s: bind to %s",
					  address, vf->after.driver);
	}
	return ret;
}

static int add_steps(struct vdev_plan *plan)
{
	const struct plan_sriov *s = &plan->sriov;
	const char *pf = pf_address(plan);
	struct strv *steps = &plan->steps;
	bool on = autoprobe_after(plan), was;
	int ret = s->remake ? add_remake_steps(plan) : 0;

	was = plan->items[0].vfs_before.autoprobe && !holds_back(s);
	for (size_t i = 0; i < s->msix_count && !ret; i++)
		ret = strv_addf(steps, "%s: give VF %u %u MSI-X vectors", pf,
				s->msix[i].vf, s->msix[i].vectors);
	if (!ret)
		ret = add_driver_step(plan);
	if (!ret)
		ret = add_vf_steps(plan);
	if (!ret && was != on)
		ret = strv_addf(steps, "%s: turn sriov_drivers_autoprobe %s",
				pf, on ? "on" : "off");
	if (!ret && plan->has_owner && s->count)
		ret = strv_addf(steps, "%s: give the VFs' nodes to user %u", pf,
				plan->owner.uid);
	return ret ? vdev_fail(plan->ctx, ret, "out of memory") : 0;
}

/* --- The checks */

/* VFs that have to go, or change their driver, must not be in use. */
static int check_present(struct vdev_plan *plan)
{
	const struct vdev_device_list *vfs = plan->items[0].vfs;
	bool remake = plan->sriov.remake;
	struct vdev_usage usage = { 0 };
	struct check_input in = {
		.ctx = plan->ctx,
		.action = remake ? VDEV_ACTION_UNBIND : VDEV_ACTION_BIND,
		.purpose = plan->purpose,
		.require_reset = plan->require_reset,
		.forced = plan->forced,
		.devices = vfs->devices,
		.device_count = vfs->count,
		.usage = &usage,
		.item = plan->items[0].dev,
	};
	int ret = usage_read(plan->ctx, &usage);

	for (size_t i = 0; i < vfs->count && !ret; i++) {
		const struct plan_item *item = &plan->items[1 + i];
		struct vdev_device *vf = vfs->devices[i];
		bool bound = vdev_device_driver(vf);

		if (remake)
			ret = check_device(&in, vf, NULL, bound,
					   &plan->findings);
		else if (!item->unchanged)
			ret = check_device(
				&in, vf,
				*item->after.driver ? item->after.driver : NULL,
				bound, &plan->findings);
	}
	usage_clear(&usage);
	return ret;
}

/* A VF is guarded by an IOMMU if its PF is. */
static int check_iommu_of_pf(struct vdev_plan *plan)
{
	struct vdev_usage none = { 0 };
	struct check_input in = {
		.ctx = plan->ctx,
		.action = VDEV_ACTION_BIND,
		.forced = plan->forced,
		.usage = &none,
	};

	return check_some(&in, plan->items[0].dev, plan->sriov.driver, false,
			  CHECK(IOMMU) | CHECK(INTERRUPTS), &plan->findings);
}

/*
 * Nobody has used a new VF. Whether it can be handed over is the same for all
 * of them, but for their groups.
 */
static int check_new(struct vdev_plan *plan)
{
	const unsigned int all = CHECK(ALIAS) | CHECK(RESERVED) | CHECK(RESET) |
				 CHECK(DENYLIST) | CHECK(VARIANT) |
				 CHECK(GROUP);
	_auto_free_ struct vdev_device **devices =
		calloc(plan->count, sizeof(struct vdev_device *));
	struct vdev_usage none = { 0 };
	struct check_input in = {
		.ctx = plan->ctx,
		.action = VDEV_ACTION_BIND,
		.purpose = plan->purpose,
		.require_reset = plan->require_reset,
		.forced = plan->forced,
		.devices = devices,
		.device_count = plan->count,
		.usage = &none,
		.item = plan->items[0].dev,
	};
	int ret = 0;

	if (!devices)
		return vdev_fail(plan->ctx, -ENOMEM, "out of memory");
	for (size_t i = 0; i < plan->count; i++)
		devices[i] = plan->items[i].dev;
	for (size_t i = 1; i < plan->count && !ret; i++)
		ret = check_some(&in, devices[i], plan->sriov.driver, false,
				 i == 1 ? all : CHECK(GROUP), &plan->findings);
	if (!ret && plan_first_refusal(plan, NULL))
		ret = plan_refuse(plan);
	return ret;
}

static bool to_vfio(const struct vdev_plan *plan)
{
	return *plan->sriov.driver && driver_is_vfio(plan->sriov.driver);
}

static int run_checks(struct vdev_plan *plan)
{
	int ret = 0;

	if (plan->items[0].vfs->count)
		ret = check_present(plan);
	if (!ret && plan->sriov.remake && to_vfio(plan))
		ret = check_iommu_of_pf(plan);
	return ret;
}

int plan_sriov_check(struct vdev_plan *plan)
{
	struct plan_sriov *s = &plan->sriov;
	struct plan_item *item = &plan->items[0];
	int ret;

	plan_truncate(plan, 1);
	s->checked = false;
	ret = plan_read_item(plan, item);
	if (!ret)
		ret = plan_read_vfs(plan, item);
	if (ret)
		return ret;
	item->after = item->before;
	s->checked = true;
	s->remake = s->count != item->vfs->count;
	ret = check_numbers(plan);
	if (!ret)
		ret = check_pf_driver(plan);
	if (!ret)
		ret = check_enabled(plan);
	if (!ret)
		ret = aim_driver(plan);
	if (!ret && !s->remake)
		ret = add_vfs(plan, item->vfs);
	if (!ret)
		ret = check_msix(plan);
	if (!ret)
		ret = add_steps(plan);
	if (!ret)
		ret = run_checks(plan);
	if (!ret && plan_first_refusal(plan, NULL))
		ret = plan_refuse(plan);
	return ret;
}

/* --- Doing it */

static int remove_vfs(struct vdev_plan *plan, struct plan_item *item,
		      pid_t *writer)
{
	int ret = vfs_remove(item->dev, plan->timeout_ms, writer);

	if (ret == -ETIMEDOUT && *writer)
		plan_mark_pending(plan, item, *writer);
	return ret;
}

static int remake(struct vdev_plan *plan)
{
	const struct plan_sriov *s = &plan->sriov;
	struct plan_item *item = &plan->items[0];
	bool probe = autoprobe_after(plan) && !holds_back(s);
	struct vdev_device_list *vfs;
	pid_t writer = 0;
	int ret = 0;

	if (s->enable)
		ret = vfs_enable(plan->ctx, true);
	if (!ret && item->vfs->count)
		ret = remove_vfs(plan, item, &writer);
	if (ret || !s->count)
		return ret;
	if (probe != item->vfs_before.autoprobe)
		ret = vfs_set_autoprobe(item->dev, probe);
	if (!ret)
		ret = vfs_make(item->dev, s->count);
	if (!ret)
		ret = vfs_list(item->dev, &vfs);
	if (ret)
		return ret;
	ret = add_vfs(plan, vfs);
	vdev_device_list_free(vfs);
	if (!ret && to_vfio(plan))
		ret = check_new(plan);
	return ret;
}

static int write_msix(struct vdev_plan *plan, struct plan_item *vf,
		      unsigned int vectors)
{
	const char *address = vdev_device_address(vf->dev);
	char text[16];
	int ret;

	snprintf(text, sizeof(text), "%u", vectors);
	ret = vdev_device_write_attr(vf->dev, "sriov_vf_msix_count", text);
	if (!ret)
		return 0;
	plan_set_outcome(vf, VDEV_OUTCOME_FAILED, strerror(-ret));
	if (ret == -EOPNOTSUPP || ret == -ENOENT)
		return vdev_fail(plan->ctx, -EOPNOTSUPP,
				 "%s: %s cannot give interrupts to VFs",
				 address,
				 ret == -ENOENT ? "this kernel (needs Linux "
						  "5.14 or later)"
						: "the driver of its PF");
	return vdev_fail_as(plan->ctx, VDEV_ERROR_FAILED, ret,
			    "%s: it cannot have %u MSI-X vectors: %s", address,
			    vectors, strerror(-ret));
}

static int set_msix(struct vdev_plan *plan)
{
	struct plan_sriov *s = &plan->sriov;
	int ret = 0;

	for (size_t i = 0; i < s->msix_count && !ret; i++) {
		s->msix_set = true;
		ret = write_msix(plan, &plan->items[1 + s->msix[i].vf],
				 s->msix[i].vectors);
	}
	return ret;
}

static int prepare_vf(struct vdev_plan *plan, struct plan_item *vf)
{
	pid_t writer = 0;
	int ret = 0;

	if (vf->unchanged)
		return plan->has_owner && vdev_device_is_vfio(vf->dev)
			       ? owner_give(plan->ctx, vf->dev, &plan->owner)
			       : 0;
	vf->touched = true;
	if (vf->kernel_chooses)
		ret = rebind_probe(vf->dev, plan->timeout_ms, &writer);
	else if (*plan->sriov.driver)
		ret = rebind_to(vf->dev, &vf->after, plan->timeout_ms, &writer);
	if (ret == -ETIMEDOUT && writer)
		plan_mark_pending(plan, &plan->items[0], writer);
	if (!ret && vdev_device_is_vfio(vf->dev)) {
		ret = rebind_wait_nodes(vf->dev, plan->timeout_ms);
		if (!ret && plan->has_owner)
			ret = owner_give(plan->ctx, vf->dev, &plan->owner);
	}
	if (ret)
		plan_set_outcome(vf, VDEV_OUTCOME_FAILED,
				 vdev_ctx_last_error(plan->ctx));
	return ret;
}

static int prepare_vfs(struct vdev_plan *plan)
{
	int ret = 0;

	for (size_t i = 1; i < plan->count && !ret; i++) {
		ret = plan_tell_progress(plan, i);
		if (!ret)
			ret = prepare_vf(plan, &plan->items[i]);
	}
	return ret ? ret : plan_tell_progress(plan, plan->count);
}

static int settle_autoprobe(struct vdev_plan *plan)
{
	struct vdev_device *pf = plan->items[0].dev;
	int now = vdev_device_sriov_autoprobe(pf);
	bool want = autoprobe_after(plan);

	return now == want ? 0 : vfs_set_autoprobe(pf, want);
}

/* What is known of VFs that are no more would be taken for the new ones'. */
static int forget_removed(struct vdev_plan *plan,
			  const struct vdev_device_list *vfs)
{
	int ret = 0;

	for (size_t i = 0; i < vfs->count && !ret; i++) {
		const char *address = vdev_device_address(vfs->devices[i]);

		if (!vdev_device_exists(vfs->devices[i]) || !plan->has_owner)
			ret = owner_take_back(plan->ctx, address, false);
		if (!ret)
			ret = journal_remove(plan->ctx, address);
	}
	return ret;
}

/* Whether the PF is again as it was before its first change. */
static bool is_original(struct vdev_plan *plan, const struct plan_item *item)
{
	const struct plan_sriov *s = &plan->sriov;
	const struct journal *j = &item->journal;

	return item->has_journal && j->vfs.known && !s->count &&
	       !j->vfs.vfs.count && !j->vfs.enabled && !plan->has_owner &&
	       !s->enable && j->vfs.autoprobe == autoprobe_after(plan) &&
	       bound_to(item, j->driver) &&
	       str_eq(item->before.override, j->override);
}

static int finish(struct vdev_plan *plan)
{
	struct plan_item *item = &plan->items[0];
	const char *pf = pf_address(plan);
	int ret = 0;

	if (plan->sriov.remake)
		ret = forget_removed(plan, item->vfs);
	if (ret)
		return ret;
	if (is_original(plan, item)) {
		ret = owner_take_back(plan->ctx, pf, item->journal.iommu);
		if (!ret)
			ret = journal_remove(plan->ctx, pf);
	} else {
		ret = plan_write_journal(plan, item, JOURNAL_CHANGED, 0);
	}
	if (ret)
		return ret;
	for (size_t i = 0; i < plan->count; i++)
		plan_set_outcome(&plan->items[i],
				 plan->items[i].unchanged
					 ? VDEV_OUTCOME_UNCHANGED
					 : VDEV_OUTCOME_DONE,
				 NULL);
	return 0;
}

static int mark_unchanged(struct vdev_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		plan_set_outcome(&plan->items[i], VDEV_OUTCOME_UNCHANGED, NULL);
	return 0;
}

/* What is left of the VFs after a roll-back that succeeded. */
static void mark_vfs(struct vdev_plan *plan)
{
	for (size_t i = 1; i < plan->count; i++) {
		struct plan_item *vf = &plan->items[i];

		if (vf->outcome == VDEV_OUTCOME_PLANNED)
			plan_set_outcome(vf,
					 vf->touched ? VDEV_OUTCOME_ROLLED_BACK
						     : VDEV_OUTCOME_NOT_TRIED,
					 NULL);
	}
}

int plan_sriov_run(struct vdev_plan *plan)
{
	struct plan_sriov *s = &plan->sriov;
	struct plan_item *item = &plan->items[0];
	int ret = 0;

	item->unchanged = !plan->steps.count;
	if (item->unchanged)
		return mark_unchanged(plan);
	s->msix_set = false;
	if (*s->driver) {
		ret = driver_load(plan->ctx, s->driver);
		/* The driver may have registered by another name. */
		for (size_t i = 1; i < plan->count && !ret; i++)
			aim_vf(plan, &plan->items[i]);
	}
	if (ret)
		return ret;
	ret = plan_write_journal(plan, item, JOURNAL_CHANGING, 0);
	if (!ret) {
		item->touched = true;
		ret = s->remake ? remake(plan) : 0;
	}
	if (!ret)
		ret = set_msix(plan);
	/* Where the kernel is to choose it has to be allowed to. */
	if (!ret && !*s->driver)
		ret = settle_autoprobe(plan);
	if (!ret)
		ret = prepare_vfs(plan);
	if (!ret && *s->driver)
		ret = settle_autoprobe(plan);
	if (!ret)
		ret = finish(plan);
	if (!ret)
		return 0;
	ret = plan_roll_back(plan, 1, ret);
	mark_vfs(plan);
	return ret;
}

/* --- Undoing it */

/* Without it no other PF on vfio-pci could be rid of its VFs. */
static bool has_vfs_elsewhere(struct vdev_ctx *ctx, const char *address)
{
	_auto_strv_ struct strv names = { 0 };
	const char *name;

	if (vdev_sys_list(&ctx->sys, VDEV_SYS_ROOT,
			  "/sys/bus/pci/drivers/vfio-pci", &names))
		return false;
	strv_foreach(&names, name) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/virtfn0",
			 name);
		if (!str_eq(name, address) && vdev_sys_exists(&ctx->sys, path))
			return true;
	}
	return false;
}

static int disable(struct vdev_plan *plan, const char *address)
{
	if (vfs_enabled(plan->ctx) != 1 ||
	    enabled_by_others(plan->ctx, address) ||
	    has_vfs_elsewhere(plan->ctx, address))
		return 0;
	return vfs_enable(plan->ctx, false);
}

static void undo_msix(struct vdev_plan *plan)
{
	const struct plan_sriov *s = &plan->sriov;

	for (size_t i = 0; s->msix_set && !s->remake && i < s->msix_count; i++)
		if (s->msix[i].before > 0)
			(void)write_msix(plan, &plan->items[1 + s->msix[i].vf],
					 (unsigned int)s->msix[i].before);
}

static int take_owners_back(struct vdev_plan *plan)
{
	int ret = 0;

	for (size_t i = 1; i < plan->count && !ret; i++)
		if (plan->has_owner)
			ret = owner_take_back(
				plan->ctx,
				vdev_device_address(plan->items[i].dev), false);
	return ret;
}

int plan_sriov_undo(struct vdev_plan *plan, struct plan_item *item)
{
	const char *pf = pf_address(plan);
	bool anew = false;
	pid_t writer = 0;
	int ret = 0;

	if (item->outcome == VDEV_OUTCOME_PENDING)
		return -ETIMEDOUT;
	if (!vdev_device_exists(item->dev)) {
		plan_set_outcome(item, VDEV_OUTCOME_GONE,
				 "the device has disappeared");
		return journal_remove(plan->ctx, pf);
	}
	undo_msix(plan);
	if (item->touched)
		ret = vfs_restore(item->dev, &item->vfs_before,
				  plan->timeout_ms, &writer, &anew);
	if (ret == -ETIMEDOUT && writer) {
		plan_mark_pending(plan, item, writer);
		return ret;
	}
	if (!ret && plan->sriov.enable)
		ret = disable(plan, pf);
	if (!ret)
		ret = take_owners_back(plan);
	if (!ret)
		ret = plan_restore_journal(plan, item);
	if (ret)
		plan_set_outcome(item, VDEV_OUTCOME_BROKEN,
				 vdev_ctx_last_error(plan->ctx));
	else
		plan_set_outcome(item, VDEV_OUTCOME_ROLLED_BACK,
				 anew ? VFS_MADE_ANEW : NULL);
	return ret;
}

/* --- Restoring */

int plan_vfs_leave(struct vdev_plan *plan, struct plan_item *item,
		   pid_t *writer)
{
	bool same_driver = str_eq(item->before.driver, item->after.driver);
	int ret = 0;

	if (!item->vfs_before.known)
		return 0;
	for (size_t i = 0; i < item->vfs->count && !ret; i++)
		ret = owner_take_back(
			plan->ctx, vdev_device_address(item->vfs->devices[i]),
			false);
	if (ret ||
	    (same_driver && item->vfs->count == item->journal.vfs.vfs.count))
		return ret;
	/* vfio-pci does not remove VFs either while it is off. */
	if (item->journal.vfs.enabled && vfs_enabled(plan->ctx) == 0)
		ret = vfs_enable(plan->ctx, true);
	return ret ? ret : vfs_remove(item->dev, plan->timeout_ms, writer);
}

int plan_vfs_return(struct vdev_plan *plan, struct plan_item *item,
		    pid_t *writer, bool *lost)
{
	int ret;

	if (!item->vfs_before.known)
		return 0;
	ret = vfs_restore(item->dev, &item->journal.vfs, plan->timeout_ms,
			  writer, lost);
	/* Off again only now: it has to be on for VFs to be removed. */
	if (!ret && item->journal.vfs.enabled)
		ret = disable(plan, vdev_device_address(item->dev));
	return ret;
}
