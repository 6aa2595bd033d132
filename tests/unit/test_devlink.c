/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Switches by devlink, on a fake kernel with constructed answers. */

#include <libvdev/devlink.h>
#include <libvdev/sriov.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "failnth.h"
#include "fakedevlink.h"
#include "kernel/abi/devlink.h"

#define PF   "0000:01:00.0"
#define VF0  "0000:01:10.0"
#define NAME "pci/" PF

/* A PF with all that a switch can have, and with VFs of a native driver. */
static struct fakekernel *machine(struct fakedevlink *f)
{
	static const struct fake_device pf = { PF,	 NULL,	0x8086, 0x10c9,
					       0x020000, "igb", 11 };
	struct fakekernel *fk = fakekernel_new();

	fakekernel_add_driver(fk, "igb", FAKE_NET);
	fakekernel_add_driver(fk, "igbvf", FAKE_PLAIN);
	fakekernel_add_driver(fk, "vfio-pci", FAKE_VFIO);
	fakekernel_add_device(fk, &pf);
	fakekernel_add_vfs(fk, PF, VF0, 4, "igbvf", 20);
	*f = (struct fakedevlink){
		.bus = "pci",
		.name = PF,
		.has_eswitch = { true, true, true },
		.error = EIO,
	};
	fakedevlink_start(f, fk);
	return fk;
}

static struct vdev_devlink *open_pf(struct vdev_ctx *ctx)
{
	struct vdev_devlink *dl = NULL;

	assert_int_equal(vdev_devlink_new(ctx, PF, &dl), 0);
	assert_string_equal(vdev_devlink_name(dl), NAME);
	return dl;
}

static void is_value(struct vdev_devlink *dl, enum vdev_devlink_attr attr,
		     const char *wanted)
{
	const char *value = NULL;

	assert_int_equal(vdev_devlink_eswitch(dl, attr, &value), 0);
	assert_string_equal(value, wanted);
}

static void says(struct vdev_ctx *ctx, const char *words)
{
	if (!strstr(vdev_ctx_last_error(ctx), words))
		fail_msg("\"%s\" is not in \"%s\"", words,
			 vdev_ctx_last_error(ctx));
}

static void hints(struct vdev_ctx *ctx, const char *words)
{
	assert_non_null(vdev_ctx_last_hint(ctx));
	assert_non_null(strstr(vdev_ctx_last_hint(ctx), words));
}

/* --- Names */

static void test_words(void **state)
{
	(void)state;
	assert_string_equal(vdev_devlink_attr_name(VDEV_ESWITCH_ENCAP_MODE),
			    "encap-mode");
	assert_string_equal(vdev_devlink_attr_words(VDEV_ESWITCH_MODE)[1],
			    "switchdev");
	assert_null(vdev_devlink_attr_name(
		(enum vdev_devlink_attr)VDEV_DEVLINK_ATTRS));
	assert_null(vdev_devlink_attr_words(
		(enum vdev_devlink_attr)VDEV_DEVLINK_ATTRS));
	for (int i = 0; i < VDEV_DEVLINK_ATTRS; i++)
		assert_non_null(
			vdev_devlink_attr_name((enum vdev_devlink_attr)i));
}

static void test_names(void **state)
{
	struct devlink_port port = { .index = 1,
				     .flavour = DEVLINK_PORT_FLAVOUR_PCI_VF,
				     .netdev = "rep0" };
	struct fakedevlink f;
	struct fakekernel *fk = machine(&f);
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_devlink_list *list = NULL;
	struct vdev_devlink *dl = NULL;

	(void)state;
	f.ports = &port;
	f.port_count = 1;
	assert_int_equal(vdev_devlink_new(ctx, NAME, &dl), 0);
	vdev_devlink_free(dl);
	assert_int_equal(vdev_devlink_new(ctx, "rep0", &dl), 0);
	assert_string_equal(vdev_devlink_name(dl), NAME);
	vdev_devlink_free(dl);
	assert_int_equal(vdev_devlink_list_new(ctx, &list), 2);
	assert_int_equal(vdev_devlink_list_count(list), 2);
	assert_string_equal(vdev_devlink_list_name(list, 0), NAME);
	assert_string_equal(vdev_devlink_list_name(list, 1), "virtual/other");
	assert_null(vdev_devlink_list_name(list, 2));
	vdev_devlink_list_free(list);
	vdev_devlink_list_free(NULL);
	vdev_devlink_free(NULL);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void test_nameless(void **state)
{
	struct fakedevlink f;
	struct fakekernel *fk = machine(&f);
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_devlink_list *list = NULL;
	struct vdev_devlink *dl = NULL;

	(void)state;
	assert_int_equal(vdev_devlink_new(ctx, "pci/0000:09:00.0", &dl),
			 -ENODEV);
	says(ctx, "no device pci/0000:09:00.0");
	hints(ctx, "devlink list");
	assert_int_equal(vdev_devlink_new(ctx, "eth7", &dl), -ENODEV);
	f.name = "0000:02:00.0";
	assert_int_equal(vdev_devlink_new(ctx, PF, &dl), -ENODEV);
	says(ctx, "its driver igb does not offer it");
	f.absent = true;
	assert_int_equal(vdev_devlink_new(ctx, PF, &dl), -EOPNOTSUPP);
	says(ctx, "CONFIG_NET_DEVLINK");
	assert_int_equal(vdev_devlink_list_new(ctx, &list), -EOPNOTSUPP);
	assert_int_equal(vdev_ctx_set_root(ctx, fakekernel_root(fk)), 0);
	assert_int_equal(vdev_devlink_new(ctx, PF, &dl), -EOPNOTSUPP);
	says(ctx, "the running system only");
	assert_null(dl);
	assert_null(list);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

/* --- The switch */

static void test_eswitch(void **state)
{
	struct fakedevlink f;
	struct fakekernel *fk = machine(&f);
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_devlink *dl = open_pf(ctx);
	const char *value = NULL;

	(void)state;
	is_value(dl, VDEV_ESWITCH_MODE, "legacy");
	is_value(dl, VDEV_ESWITCH_INLINE_MODE, "none");
	f.eswitch[0] = 2;
	f.eswitch[1] = 3;
	f.eswitch[2] = 1;
	is_value(dl, VDEV_ESWITCH_MODE, "switchdev-inactive");
	is_value(dl, VDEV_ESWITCH_INLINE_MODE, "transport");
	is_value(dl, VDEV_ESWITCH_ENCAP_MODE, "basic");
	f.eswitch[1] = -1;
	assert_int_equal(
		vdev_devlink_eswitch(dl, VDEV_ESWITCH_INLINE_MODE, &value),
		-ENODATA);
	f.eswitch[0] = 9;
	assert_int_equal(vdev_devlink_eswitch(dl, VDEV_ESWITCH_MODE, &value),
			 -EBADMSG);
	says(ctx, "mode is 9");
	assert_int_equal(
		vdev_devlink_eswitch(
			dl, (enum vdev_devlink_attr)VDEV_DEVLINK_ATTRS, &value),
		-EINVAL);
	f.name = "0000:02:00.0";
	assert_int_equal(vdev_devlink_eswitch(dl, VDEV_ESWITCH_MODE, &value),
			 -ENODEV);
	says(ctx, "it is gone");
	assert_null(value);
	vdev_devlink_free(dl);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

/* Answers that are not what they should be. */
static void test_malformed(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
	} odd[] = {
		/* No attributes; an attribute longer than the message. */
		{ "", 0 },
		{ "\x40\x00\x01\x00pci", 8 },
		/* A name without its end. */
		{ "\x08\x00\x01\x00pcii\x06\x00\x02\x00x\0\0\0", 16 },
		/* A mode of one byte. */
		{ "\x08\x00\x01\x00pci\0\x06\x00\x02\x00x\0\0\0"
		  "\x05\x00\x19\x00\1\0\0\0",
		  24 },
	};
	struct fakedevlink f;
	struct fakekernel *fk = machine(&f);
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_devlink *dl = open_pf(ctx);
	const char *value = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		f.odd_command = DEVLINK_CMD_ESWITCH_GET;
		f.odd = odd[i].bytes;
		f.odd_size = odd[i].size;
		assert_int_equal(
			vdev_devlink_eswitch(dl, VDEV_ESWITCH_MODE, &value),
			-EBADMSG);
		says(ctx, "makes no sense");
	}
	vdev_devlink_free(dl);
	f.odd_command = DEVLINK_CMD_GET;
	assert_int_equal(vdev_devlink_new(ctx, PF, &dl), -EBADMSG);
	assert_null(value);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

/* --- Changes */

static struct vdev_devlink_change *change_of(struct vdev_devlink *dl,
					     const char *mode,
					     const char *inline_mode,
					     const char *encap)
{
	const char *const values[] = { mode, inline_mode, encap };
	struct vdev_devlink_change *change;

	assert_int_equal(vdev_devlink_change_new(dl, &change), 0);
	for (int i = 0; i < 3; i++)
		if (values[i])
			assert_int_equal(vdev_devlink_change_set(
						 change,
						 (enum vdev_devlink_attr)i,
						 values[i]),
					 0);
	return change;
}

static void is_outcome(const struct vdev_devlink_change *change, size_t i,
		       enum vdev_outcome outcome)
{
	assert_string_equal(
		vdev_outcome_name(vdev_devlink_change_outcome(change, i)),
		vdev_outcome_name(outcome));
}

static void test_set(void **state)
{
	struct fakedevlink f;
	struct fakekernel *fk = machine(&f);
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_devlink *dl = open_pf(ctx);
	struct vdev_devlink_change *change =
		change_of(dl, "switchdev", "none", "basic");

	(void)state;
	assert_int_equal(vdev_devlink_change_check(change), 0);
	assert_int_equal(f.sets, 0);
	is_outcome(change, 0, VDEV_OUTCOME_PLANNED);
	assert_int_equal(vdev_devlink_change_run(change), 0);
	assert_int_equal(f.eswitch[0], 1);
	assert_int_equal(f.eswitch[2], 1);
	assert_int_equal(f.sets, 2);
	assert_int_equal(vdev_devlink_change_count(change), 3);
	assert_string_equal(vdev_devlink_change_name(change, 2), "encap-mode");
	assert_string_equal(vdev_devlink_change_before(change, 0), "legacy");
	assert_string_equal(vdev_devlink_change_value(change, 0), "switchdev");
	is_outcome(change, 0, VDEV_OUTCOME_DONE);
	is_outcome(change, 1, VDEV_OUTCOME_UNCHANGED);
	is_outcome(change, 2, VDEV_OUTCOME_DONE);
	is_outcome(change, 3, VDEV_OUTCOME_PLANNED);
	assert_null(vdev_devlink_change_reason(change, 0));
	assert_null(vdev_devlink_change_name(change, 3));
	assert_null(vdev_devlink_change_before(change, 3));
	assert_null(vdev_devlink_change_value(change, 3));
	assert_null(vdev_devlink_change_reason(change, 3));
	vdev_devlink_change_free(change);
	vdev_devlink_change_free(NULL);
	vdev_devlink_free(dl);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void test_mistakes(void **state)
{
	struct fakedevlink f;
	struct fakekernel *fk = machine(&f);
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_devlink *dl = open_pf(ctx);
	struct vdev_devlink_change *change;

	(void)state;
	assert_int_equal(vdev_devlink_change_new(dl, &change), 0);
	assert_int_equal(vdev_devlink_change_run(change), -EINVAL);
	says(ctx, "nothing to set");
	assert_int_equal(
		vdev_devlink_change_set(change, VDEV_ESWITCH_MODE, "none"),
		-EINVAL);
	says(ctx, "mode cannot be 'none'");
	assert_int_equal(vdev_devlink_change_set(
				 change,
				 (enum vdev_devlink_attr)VDEV_DEVLINK_ATTRS,
				 "none"),
			 -EINVAL);
	assert_int_equal(
		vdev_devlink_change_set(change, VDEV_ESWITCH_MODE, "legacy"),
		0);
	assert_int_equal(
		vdev_devlink_change_set(change, VDEV_ESWITCH_MODE, "switchdev"),
		-EINVAL);
	says(ctx, "set twice");
	assert_int_equal(
		vdev_devlink_change_force(change, (enum vdev_check)VDEV_CHECKS),
		-EINVAL);
	assert_int_equal(vdev_devlink_change_count(change), 1);
	vdev_devlink_change_free(change);
	vdev_devlink_free(dl);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

/* The driver says no, with and without a sentence of its own. */
static void test_refused(void **state)
{
	struct fakedevlink f;
	struct fakekernel *fk = machine(&f);
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_devlink *dl = open_pf(ctx);
	struct vdev_devlink_change *change =
		change_of(dl, "switchdev", NULL, NULL);
	static const struct {
		int error;
		const char *why;
		const char *says;
		enum vdev_error_kind kind;
	} cases[] = {
		{ EBUSY, "Rate node(s) exists.", "Rate node(s) exists.",
		  VDEV_ERROR_IN_USE },
		{ EBUSY, NULL, "it is in use", VDEV_ERROR_IN_USE },
		{ EINVAL, NULL, "does not take that value", VDEV_ERROR_FAILED },
		{ EPERM, NULL, "CAP_NET_ADMIN", VDEV_ERROR_PERMISSION },
		{ EOPNOTSUPP, "", "no such setting", VDEV_ERROR_NOT_SUPPORTED },
		{ ENOSPC, NULL, "No space left", VDEV_ERROR_FAILED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		f.refuse = 1;
		f.error = cases[i].error;
		f.why = cases[i].why;
		assert_int_equal(vdev_devlink_change_run(change),
				 -cases[i].error);
		says(ctx, NAME ": cannot set mode to switchdev: ");
		says(ctx, cases[i].says);
		assert_int_equal(vdev_ctx_last_kind(ctx), cases[i].kind);
		is_outcome(change, 0, VDEV_OUTCOME_FAILED);
		assert_non_null(vdev_devlink_change_reason(change, 0));
		assert_int_equal(f.eswitch[0], 0);
	}
	vdev_devlink_change_free(change);
	vdev_devlink_free(dl);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void test_roll_back(void **state)
{
	struct fakedevlink f;
	struct fakekernel *fk = machine(&f);
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_devlink *dl = open_pf(ctx);
	struct vdev_devlink_change *change =
		change_of(dl, "switchdev", "network", "basic");

	(void)state;
	f.has_eswitch[1] = false;
	assert_int_equal(vdev_devlink_change_run(change), -EOPNOTSUPP);
	says(ctx, "cannot set inline-mode to network: ");
	says(ctx, "; mode is legacy again");
	assert_int_equal(vdev_ctx_last_kind(ctx), VDEV_ERROR_NOT_SUPPORTED);
	assert_int_equal(f.eswitch[0], 0);
	assert_int_equal(f.eswitch[2], 0);
	is_outcome(change, 0, VDEV_OUTCOME_ROLLED_BACK);
	is_outcome(change, 1, VDEV_OUTCOME_FAILED);
	is_outcome(change, 2, VDEV_OUTCOME_NOT_TRIED);

	/* Once more, and now the way back is barred too. */
	f.refuse = 3;
	f.error = EIO;
	f.why = "stuck";
	assert_int_equal(vdev_devlink_change_run(change), -EOPNOTSUPP);
	says(ctx, "mode stays switchdev, and cannot be put back: stuck");
	assert_int_equal(vdev_ctx_last_kind(ctx), VDEV_ERROR_ROLLBACK);
	is_outcome(change, 0, VDEV_OUTCOME_BROKEN);
	assert_string_equal(vdev_devlink_change_reason(change, 0), "stuck");
	assert_int_equal(f.eswitch[0], 1);
	vdev_devlink_change_free(change);
	vdev_devlink_free(dl);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

/* What the driver does not tell is set, but cannot be put back. */
static void test_untold(void **state)
{
	struct fakedevlink f;
	struct fakekernel *fk = machine(&f);
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_devlink *dl = open_pf(ctx);
	struct vdev_devlink_change *change =
		change_of(dl, NULL, "link", "basic");

	(void)state;
	f.eswitch[1] = -1;
	f.has_eswitch[2] = false;
	assert_int_equal(vdev_devlink_change_run(change), -EOPNOTSUPP);
	says(ctx, "inline-mode stays link");
	says(ctx, "did not tell what it was");
	assert_int_equal(vdev_ctx_last_kind(ctx), VDEV_ERROR_ROLLBACK);
	assert_null(vdev_devlink_change_before(change, 0));
	vdev_devlink_change_free(change);
	vdev_devlink_free(dl);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void test_deaf(void **state)
{
	struct fakedevlink f;
	struct fakekernel *fk = machine(&f);
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_devlink *dl = open_pf(ctx);
	struct vdev_devlink_change *change =
		change_of(dl, NULL, "link", "basic");

	(void)state;
	f.deaf[2] = true;
	assert_int_equal(vdev_devlink_change_run(change), -EIO);
	says(ctx, "cannot set encap-mode to basic: the driver took it, but "
		  "says none");
	says(ctx, "inline-mode is none again");
	is_outcome(change, 0, VDEV_OUTCOME_ROLLED_BACK);
	is_outcome(change, 1, VDEV_OUTCOME_FAILED);
	assert_int_equal(f.eswitch[1], 0);
	vdev_devlink_change_free(change);
	vdev_devlink_free(dl);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

/* --- In use */

/* A VF bound to vfio-pci whose node a process has open. */
static void use_vf(struct fakekernel *fk, struct vdev_ctx *ctx)
{
	struct vdev_device *pf = NULL;
	struct vdev_plan *plan = NULL;

	assert_int_equal(vdev_device_find(ctx, PF, &pf), 0);
	assert_int_equal(vdev_plan_new(ctx, VDEV_ACTION_SRIOV, &plan), 0);
	assert_int_equal(vdev_plan_add(plan, pf), 0);
	assert_int_equal(vdev_plan_set_vf_count(plan, 1), 0);
	assert_int_equal(vdev_plan_set_driver(plan, "vfio-pci"), 0);
	assert_int_equal(vdev_plan_run(plan), 0);
	vdev_plan_free(plan);
	vdev_device_unref(pf);
	fakekernel_write(fk, "/proc/77/comm", "qemu\n");
	fakekernel_link(fk, "/dev/vfio/20", "/proc/77/fd/7");
}

static void test_in_use(void **state)
{
	struct fakedevlink f;
	struct fakekernel *fk = machine(&f);
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_devlink *dl = open_pf(ctx);
	struct vdev_devlink_change *change =
		change_of(dl, "switchdev", "link", NULL);
	const struct vdev_finding *finding;
	size_t refusals = 0;

	(void)state;
	use_vf(fk, ctx);
	assert_int_equal(vdev_devlink_change_run(change), -EBUSY);
	says(ctx, "refused by the check \"busy\": " VF0 ": ");
	says(ctx, "qemu (pid 77)");
	hints(ctx, "--force=busy");
	assert_int_equal(vdev_ctx_last_kind(ctx), VDEV_ERROR_IN_USE);
	is_outcome(change, 0, VDEV_OUTCOME_PLANNED);
	assert_int_equal(f.sets, 0);
	for (size_t i = 0; (finding = vdev_devlink_change_finding(change, i));
	     i++) {
		if (vdev_finding_verdict(finding) != VDEV_VERDICT_REFUSE)
			continue;
		refusals++;
		assert_string_equal(
			vdev_device_address(vdev_finding_device(finding)), VF0);
	}
	assert_int_equal(refusals, 1);
	assert_int_equal(vdev_devlink_change_force(change, VDEV_CHECK_BUSY), 0);
	assert_int_equal(vdev_devlink_change_run(change), 0);
	assert_int_equal(f.eswitch[0], 1);
	vdev_devlink_change_free(change);

	/* Other settings ask nobody. */
	change = change_of(dl, "switchdev", "network", NULL);
	assert_int_equal(vdev_devlink_change_run(change), 0);
	assert_null(vdev_devlink_change_finding(change, 0));
	vdev_devlink_change_free(change);
	vdev_devlink_free(dl);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

/* --- Failures of any call */

static void change_once(struct failnth *fail, void *data)
{
	struct fakedevlink f;
	struct fakekernel *fk = machine(&f);
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_devlink_change *change = NULL;
	struct vdev_devlink *dl = NULL;
	int ret;

	(void)data;
	failnth_start(fail, &ctx->sys);
	ret = vdev_devlink_new(ctx, PF, &dl);
	if (!ret)
		ret = vdev_devlink_change_new(dl, &change);
	if (!ret)
		ret = vdev_devlink_change_set(change, VDEV_ESWITCH_INLINE_MODE,
					      "link");
	if (!ret)
		ret = vdev_devlink_change_set(change, VDEV_ESWITCH_MODE,
					      "switchdev");
	if (!ret)
		ret = vdev_devlink_change_run(change);
	failnth_stop(fail);
	if (!failnth_fired(fail))
		assert_int_equal(ret, 0);
	/* All of it or nothing, unless it says otherwise. */
	if (!ret) {
		assert_int_equal(f.eswitch[0], 1);
		assert_int_equal(f.eswitch[1], 1);
	} else if (vdev_ctx_last_kind(ctx) != VDEV_ERROR_ROLLBACK) {
		assert_int_equal(f.eswitch[0], 0);
		assert_int_equal(f.eswitch[1], 0);
	}
	vdev_devlink_change_free(change);
	vdev_devlink_free(dl);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void test_failures(void **state)
{
	(void)state;
	failnth_sweep(change_once, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_nameless),
		cmocka_unit_test(test_eswitch),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_roll_back),
		cmocka_unit_test(test_untold),
		cmocka_unit_test(test_deaf),
		cmocka_unit_test(test_in_use),
		cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
