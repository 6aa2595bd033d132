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

static void is_value(struct vdev_devlink *dl, enum vdev_devlink_attr attr,
		     const char *wanted)
{
	const char *value = NULL;

	assert_int_equal(vdev_devlink_eswitch(dl, attr, &value), 0);
	assert_string_equal(value, wanted);
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
	struct fakedevlink_setup *s = *state;
	struct vdev_devlink_list *list = NULL;
	struct vdev_devlink *dl = NULL;

	s->f.ports = &port;
	s->f.port_count = 1;
	assert_int_equal(vdev_devlink_new(s->ctx, FAKE_DEVLINK, &dl), 0);
	vdev_devlink_free(dl);
	assert_int_equal(vdev_devlink_new(s->ctx, "rep0", &dl), 0);
	assert_string_equal(vdev_devlink_name(dl), FAKE_DEVLINK);
	vdev_devlink_free(dl);
	assert_int_equal(vdev_devlink_list_new(s->ctx, &list), 2);
	assert_int_equal(vdev_devlink_list_count(list), 2);
	assert_string_equal(vdev_devlink_list_name(list, 0), FAKE_DEVLINK);
	assert_string_equal(vdev_devlink_list_name(list, 1), "virtual/other");
	assert_null(vdev_devlink_list_name(list, 2));
	vdev_devlink_list_free(list);
	vdev_devlink_list_free(NULL);
	vdev_devlink_free(NULL);
}

static void test_nameless(void **state)
{
	struct fakedevlink_setup *s = *state;
	struct vdev_devlink_list *list = NULL;
	struct vdev_devlink *dl = NULL;

	assert_int_equal(vdev_devlink_new(s->ctx, "pci/0000:09:00.0", &dl),
			 -ENODEV);
	says(s->ctx, "no device pci/0000:09:00.0");
	hints(s->ctx, "devlink list");
	assert_int_equal(vdev_devlink_new(s->ctx, "eth7", &dl), -ENODEV);
	s->f.name = "0000:02:00.0";
	assert_int_equal(vdev_devlink_new(s->ctx, FAKE_PF, &dl), -ENODEV);
	says(s->ctx, "its driver igb does not offer it");
	s->f.absent = true;
	assert_int_equal(vdev_devlink_new(s->ctx, FAKE_PF, &dl), -EOPNOTSUPP);
	says(s->ctx, "CONFIG_NET_DEVLINK");
	assert_int_equal(vdev_devlink_list_new(s->ctx, &list), -EOPNOTSUPP);
	assert_int_equal(vdev_ctx_set_root(s->ctx, fakekernel_root(s->fk)), 0);
	assert_int_equal(vdev_devlink_new(s->ctx, FAKE_PF, &dl), -EOPNOTSUPP);
	says(s->ctx, "the running system only");
	assert_null(dl);
	assert_null(list);
}

/* --- The switch */

static void test_eswitch(void **state)
{
	struct fakedevlink_setup *s = *state;
	const char *value = NULL;

	is_value(s->dl, VDEV_ESWITCH_MODE, "legacy");
	is_value(s->dl, VDEV_ESWITCH_INLINE_MODE, "none");
	s->f.eswitch[0] = 2;
	s->f.eswitch[1] = 3;
	s->f.eswitch[2] = 1;
	is_value(s->dl, VDEV_ESWITCH_MODE, "switchdev-inactive");
	is_value(s->dl, VDEV_ESWITCH_INLINE_MODE, "transport");
	is_value(s->dl, VDEV_ESWITCH_ENCAP_MODE, "basic");
	s->f.eswitch[1] = -1;
	assert_int_equal(
		vdev_devlink_eswitch(s->dl, VDEV_ESWITCH_INLINE_MODE, &value),
		-ENODATA);
	s->f.eswitch[0] = 9;
	assert_int_equal(vdev_devlink_eswitch(s->dl, VDEV_ESWITCH_MODE, &value),
			 -EBADMSG);
	says(s->ctx, "mode is one that is not known");
	assert_int_equal(
		vdev_devlink_eswitch(s->dl,
				     (enum vdev_devlink_attr)VDEV_DEVLINK_ATTRS,
				     &value),
		-EINVAL);
	s->f.name = "0000:02:00.0";
	assert_int_equal(vdev_devlink_eswitch(s->dl, VDEV_ESWITCH_MODE, &value),
			 -ENODEV);
	says(s->ctx, "it is gone");
	assert_null(value);
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
	struct fakedevlink_setup *s = *state;
	const char *value = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		s->f.odd_command = DEVLINK_CMD_ESWITCH_GET;
		s->f.odd = odd[i].bytes;
		s->f.odd_size = odd[i].size;
		assert_int_equal(
			vdev_devlink_eswitch(s->dl, VDEV_ESWITCH_MODE, &value),
			-EBADMSG);
		says(s->ctx, "makes no sense");
	}
	s->f.odd_command = DEVLINK_CMD_GET;
	assert_int_equal(vdev_devlink_new(s->ctx, FAKE_PF, &s->dl), -EBADMSG);
	assert_null(value);
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

static void test_set(void **state)
{
	struct fakedevlink_setup *s = *state;
	struct vdev_devlink_change *change =
		change_of(s->dl, "switchdev", "none", "basic");

	assert_int_equal(vdev_devlink_change_check(change), 0);
	assert_int_equal(s->f.sets, 0);
	is_outcome(change, 0, VDEV_OUTCOME_PLANNED);
	assert_int_equal(vdev_devlink_change_run(change), 0);
	assert_int_equal(s->f.eswitch[0], 1);
	assert_int_equal(s->f.eswitch[2], 1);
	assert_int_equal(s->f.sets, 2);
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
}

static void test_mistakes(void **state)
{
	struct fakedevlink_setup *s = *state;
	struct vdev_devlink_change *change;

	assert_int_equal(vdev_devlink_change_new(s->dl, &change), 0);
	assert_int_equal(vdev_devlink_change_run(change), -EINVAL);
	says(s->ctx, "nothing to set");
	assert_int_equal(
		vdev_devlink_change_set(change, VDEV_ESWITCH_MODE, "none"),
		-EINVAL);
	says(s->ctx, "mode takes one of its words, not 'none'");
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
	says(s->ctx, "set twice");
	assert_int_equal(
		vdev_devlink_change_force(change, (enum vdev_check)VDEV_CHECKS),
		-EINVAL);
	assert_int_equal(vdev_devlink_change_count(change), 1);
	vdev_devlink_change_free(change);
}

/* The driver says no, with and without a sentence of its own. */
static void test_refused(void **state)
{
	struct fakedevlink_setup *s = *state;
	struct vdev_devlink_change *change =
		change_of(s->dl, "switchdev", NULL, NULL);
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

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		s->f.refuse = 1;
		s->f.error = cases[i].error;
		s->f.why = cases[i].why;
		assert_int_equal(vdev_devlink_change_run(change),
				 -cases[i].error);
		says(s->ctx, FAKE_DEVLINK ": cannot set mode to switchdev: ");
		says(s->ctx, cases[i].says);
		assert_int_equal(vdev_ctx_last_kind(s->ctx), cases[i].kind);
		is_outcome(change, 0, VDEV_OUTCOME_FAILED);
		assert_non_null(vdev_devlink_change_reason(change, 0));
		assert_int_equal(s->f.eswitch[0], 0);
	}
	vdev_devlink_change_free(change);
}

static void test_roll_back(void **state)
{
	struct fakedevlink_setup *s = *state;
	struct vdev_devlink_change *change =
		change_of(s->dl, "switchdev", "network", "basic");

	s->f.has_eswitch[1] = false;
	assert_int_equal(vdev_devlink_change_run(change), -EOPNOTSUPP);
	says(s->ctx, "cannot set inline-mode to network: ");
	says(s->ctx, "; mode is legacy again");
	assert_int_equal(vdev_ctx_last_kind(s->ctx), VDEV_ERROR_NOT_SUPPORTED);
	assert_int_equal(s->f.eswitch[0], 0);
	assert_int_equal(s->f.eswitch[2], 0);
	is_outcome(change, 0, VDEV_OUTCOME_ROLLED_BACK);
	is_outcome(change, 1, VDEV_OUTCOME_FAILED);
	is_outcome(change, 2, VDEV_OUTCOME_NOT_TRIED);

	/* Once more, and now the way back is barred too. */
	s->f.refuse = 3;
	s->f.error = EIO;
	s->f.why = "stuck";
	assert_int_equal(vdev_devlink_change_run(change), -EOPNOTSUPP);
	says(s->ctx, "mode stays switchdev, and cannot be put back: stuck");
	assert_int_equal(vdev_ctx_last_kind(s->ctx), VDEV_ERROR_ROLLBACK);
	is_outcome(change, 0, VDEV_OUTCOME_BROKEN);
	assert_string_equal(vdev_devlink_change_reason(change, 0), "stuck");
	assert_int_equal(s->f.eswitch[0], 1);
	vdev_devlink_change_free(change);
}

/* What the driver does not tell is set, but cannot be put back. */
static void test_untold(void **state)
{
	struct fakedevlink_setup *s = *state;
	struct vdev_devlink_change *change =
		change_of(s->dl, NULL, "link", "basic");

	s->f.eswitch[1] = -1;
	s->f.has_eswitch[2] = false;
	assert_int_equal(vdev_devlink_change_run(change), -EOPNOTSUPP);
	says(s->ctx, "inline-mode stays link");
	says(s->ctx, "did not tell what it was");
	assert_int_equal(vdev_ctx_last_kind(s->ctx), VDEV_ERROR_ROLLBACK);
	assert_null(vdev_devlink_change_before(change, 0));
	vdev_devlink_change_free(change);
}

static void test_deaf(void **state)
{
	struct fakedevlink_setup *s = *state;
	struct vdev_devlink_change *change =
		change_of(s->dl, NULL, "link", "basic");

	s->f.deaf[2] = true;
	assert_int_equal(vdev_devlink_change_run(change), -EIO);
	says(s->ctx, "cannot set encap-mode to basic: the driver took it, but "
		     "says none");
	says(s->ctx, "inline-mode is none again");
	is_outcome(change, 0, VDEV_OUTCOME_ROLLED_BACK);
	is_outcome(change, 1, VDEV_OUTCOME_FAILED);
	assert_int_equal(s->f.eswitch[1], 0);
	vdev_devlink_change_free(change);
}

/* --- In use */

/* A VF bound to vfio-pci whose node a process has open. */
static void use_vf(struct fakekernel *fk, struct vdev_ctx *ctx)
{
	struct vdev_device *pf = NULL;
	struct vdev_plan *plan = NULL;

	assert_int_equal(vdev_device_find(ctx, FAKE_PF, &pf), 0);
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
	struct fakedevlink_setup *s = *state;
	struct vdev_devlink_change *change =
		change_of(s->dl, "switchdev", "link", NULL);
	const struct vdev_finding *finding;
	size_t refusals = 0;

	use_vf(s->fk, s->ctx);
	assert_int_equal(vdev_devlink_change_run(change), -EBUSY);
	says(s->ctx, "refused by the check \"busy\": " FAKE_VF0 ": ");
	says(s->ctx, "qemu (pid 77)");
	hints(s->ctx, "--force=busy");
	assert_int_equal(vdev_ctx_last_kind(s->ctx), VDEV_ERROR_IN_USE);
	is_outcome(change, 0, VDEV_OUTCOME_PLANNED);
	assert_int_equal(s->f.sets, 0);
	for (size_t i = 0; (finding = vdev_devlink_change_finding(change, i));
	     i++) {
		if (vdev_finding_verdict(finding) != VDEV_VERDICT_REFUSE)
			continue;
		refusals++;
		assert_string_equal(
			vdev_device_address(vdev_finding_device(finding)),
			FAKE_VF0);
	}
	assert_int_equal(refusals, 1);
	assert_int_equal(vdev_devlink_change_force(change, VDEV_CHECK_BUSY), 0);
	assert_int_equal(vdev_devlink_change_run(change), 0);
	assert_int_equal(s->f.eswitch[0], 1);
	vdev_devlink_change_free(change);

	/* Other settings ask nobody. */
	change = change_of(s->dl, "switchdev", "network", NULL);
	assert_int_equal(vdev_devlink_change_run(change), 0);
	assert_null(vdev_devlink_change_finding(change, 0));
	vdev_devlink_change_free(change);
}

/* --- Ports */

static const struct devlink_port vf_port = {
	.index = 70000,
	.flavour = DEVLINK_PORT_FLAVOUR_PCI_VF,
	.number = -1,
	.controller = 0,
	.pf = 0,
	.vf = 0,
	.sf = -1,
	.external = 0,
	.netdev = "rep0",
	.hw_addr = { 2, 0, 0, 0, 0, 0xaf },
	.hw_addr_length = 6,
	.state = 1,
	.opstate = 0,
	.caps = 1,
	.caps_known = 15,
	.max_io_eqs = 32,
	.has_rate = true,
	.tx_share = 125000,
	.tx_max = 1250000000,
	.tx_priority = 3,
	.tx_weight = 7,
	.parent = "all",
};

/* One that has nothing. */
static const struct devlink_port bare_port = {
	.index = 1,
	.flavour = 99,
	.number = 1,
	.controller = -1,
	.pf = -1,
	.vf = -1,
	.sf = -1,
	.external = -1,
	.ibdev = "mlx5_0",
	.state = -1,
	.opstate = -1,
	.max_io_eqs = -1,
};

static void test_ports(void **state)
{
	static const char *const values[VDEV_DEVLINK_ATTRS] = {
		[VDEV_PORT_HW_ADDR] = "02:00:00:00:00:af",
		[VDEV_PORT_STATE] = "active",
		[VDEV_PORT_ROCE] = "on",
		[VDEV_PORT_MIGRATABLE] = "off",
		[VDEV_PORT_IPSEC_CRYPTO] = "off",
		[VDEV_PORT_IPSEC_PACKET] = "off",
		[VDEV_PORT_MAX_IO_EQS] = "32",
		[VDEV_RATE_TX_SHARE] = "1mbit",
		[VDEV_RATE_TX_MAX] = "10gbit",
		[VDEV_RATE_TX_PRIORITY] = "3",
		[VDEV_RATE_TX_WEIGHT] = "7",
		[VDEV_RATE_PARENT] = "all",
	};
	struct devlink_port ports[] = { vf_port, bare_port };
	struct vdev_devlink_port_list *list = NULL;
	const struct vdev_devlink_port *port;
	struct fakedevlink_setup *s = *state;
	uint64_t amount = 0;

	assert_int_equal(vdev_devlink_port_list_new(s->dl, &list), 0);
	assert_null(vdev_devlink_port_list_get(list, 0));
	vdev_devlink_port_list_free(list);
	vdev_devlink_port_list_free(NULL);
	s->f.ports = ports;
	s->f.port_count = 2;
	assert_int_equal(vdev_devlink_port_list_new(s->dl, &list), 2);
	assert_int_equal(vdev_devlink_port_list_count(list), 2);
	port = vdev_devlink_port_list_get(list, 0);
	assert_int_equal(vdev_devlink_port_index(port), 70000);
	assert_string_equal(vdev_devlink_port_flavour(port), "pcivf");
	assert_string_equal(vdev_devlink_port_netdev(port), "rep0");
	assert_null(vdev_devlink_port_ibdev(port));
	assert_int_equal(vdev_devlink_port_number(port, VDEV_PORT_NUMBER),
			 -ENODATA);
	assert_int_equal(vdev_devlink_port_number(port, VDEV_PORT_VF), 0);
	assert_int_equal(
		vdev_devlink_port_number(port, (enum vdev_port_number)99),
		-ENODATA);
	assert_int_equal(vdev_devlink_port_external(port), 0);
	assert_int_equal(vdev_devlink_port_attached(port), 0);
	for (int i = 0; i < VDEV_DEVLINK_ATTRS; i++) {
		const char *value = vdev_devlink_port_value(
			port, (enum vdev_devlink_attr)i);

		if (values[i])
			assert_string_equal(value, values[i]);
		else
			assert_null(value);
	}
	assert_int_equal(
		vdev_devlink_port_amount(port, VDEV_RATE_TX_MAX, &amount), 0);
	assert_true(amount == 10000000000);
	assert_int_equal(
		vdev_devlink_port_amount(port, VDEV_RATE_TX_WEIGHT, &amount),
		0);
	assert_int_equal(amount, 7);
	assert_int_equal(
		vdev_devlink_port_amount(port, VDEV_PORT_STATE, &amount),
		-EINVAL);

	port = vdev_devlink_port_list_get(list, 1);
	assert_null(vdev_devlink_port_flavour(port));
	assert_null(vdev_devlink_port_netdev(port));
	assert_string_equal(vdev_devlink_port_ibdev(port), "mlx5_0");
	assert_int_equal(vdev_devlink_port_external(port), -ENODATA);
	assert_int_equal(vdev_devlink_port_attached(port), -ENODATA);
	for (int i = 0; i < VDEV_DEVLINK_ATTRS; i++)
		assert_null(vdev_devlink_port_value(port,
						    (enum vdev_devlink_attr)i));
	for (int i = VDEV_PORT_MAX_IO_EQS; i <= VDEV_RATE_TX_WEIGHT; i++)
		assert_int_equal(
			vdev_devlink_port_amount(
				port, (enum vdev_devlink_attr)i, &amount),
			-ENODATA);
	vdev_devlink_port_list_free(list);
}

static void test_port_names(void **state)
{
	struct devlink_port ports[] = { bare_port, vf_port };
	struct fakedevlink_setup *s = *state;
	static const char *const names[] = { FAKE_DEVLINK "/70000", "rep0",
					     FAKE_VF0 };
	static const char *const none[] = { FAKE_DEVLINK "/7",
					    FAKE_DEVLINK "/x", "rep1",
					    FAKE_DEVLINK "/99999999999",
					    FAKE_PF };
	struct vdev_devlink *dl = NULL;
	uint32_t index = 7;

	s->f.ports = ports;
	s->f.port_count = 2;
	use_vf(s->fk, s->ctx);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		index = 7;
		assert_int_equal(
			vdev_devlink_port_find(s->ctx, names[i], &dl, &index),
			0);
		assert_int_equal(index, 70000);
		assert_string_equal(vdev_devlink_name(dl), FAKE_DEVLINK);
		vdev_devlink_free(dl);
	}
	dl = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		assert_int_equal(
			vdev_devlink_port_find(s->ctx, none[i], &dl, &index),
			-ENODEV);
		assert_int_equal(vdev_ctx_last_kind(s->ctx),
				 VDEV_ERROR_NOT_FOUND);
	}
	assert_null(dl);
}

static const struct {
	enum vdev_devlink_attr attr;
	const char *value;
	const char *kept; /* in one spelling; NULL for the same */
} wanted[] = {
	{ VDEV_PORT_HW_ADDR, "02:00:00:00:0A:01", "02:00:00:00:0a:01" },
	{ VDEV_PORT_STATE, "inactive", NULL },
	{ VDEV_PORT_ROCE, "off", NULL },
	{ VDEV_PORT_MIGRATABLE, "on", NULL },
	{ VDEV_PORT_IPSEC_CRYPTO, "on", NULL },
	{ VDEV_PORT_IPSEC_PACKET, "on", NULL },
	{ VDEV_PORT_MAX_IO_EQS, "4294967295", NULL },
	{ VDEV_RATE_TX_SHARE, "2500kbit", NULL },
	{ VDEV_RATE_TX_MAX, "25000000000", "25gbit" },
	{ VDEV_RATE_TX_PRIORITY, "0", NULL },
	{ VDEV_RATE_TX_WEIGHT, "100", NULL },
	{ VDEV_RATE_PARENT, "none", NULL },
};

static struct vdev_devlink_change *port_change(struct vdev_devlink *dl)
{
	struct vdev_devlink_change *change;

	assert_int_equal(vdev_devlink_change_new(dl, &change), 0);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		assert_int_equal(vdev_devlink_change_set_port(change, 70000,
							      wanted[i].attr,
							      wanted[i].value),
				 0);
	return change;
}

static void test_set_port(void **state)
{
	struct devlink_port ports[] = { bare_port, vf_port };
	struct fakedevlink_setup *s = *state;
	struct vdev_devlink_change *change = port_change(s->dl);

	s->f.ports = ports;
	s->f.port_count = 2;
	assert_int_equal(vdev_devlink_change_run(change), 0);
	assert_int_equal(s->f.sets, ARRAY_SIZE(wanted));
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		is_outcome(change, i, VDEV_OUTCOME_DONE);
		assert_string_equal(vdev_devlink_change_value(change, i),
				    wanted[i].kept ? wanted[i].kept
						   : wanted[i].value);
	}
	assert_int_equal(ports[1].hw_addr[4], 10);
	assert_int_equal(ports[1].state, 0);
	assert_int_equal(ports[1].caps, 14);
	assert_true(ports[1].tx_share == 312500);
	assert_true(ports[1].tx_max == 3125000000);
	assert_string_equal(ports[1].parent, "");
	assert_int_equal(vdev_devlink_change_run(change), 0);
	assert_int_equal(s->f.sets, ARRAY_SIZE(wanted));
	vdev_devlink_change_free(change);
}

/* Each of them refused in turn: all before it are as they were. */
static void test_roll_back_port(void **state)
{
	struct devlink_port ports[] = { bare_port, vf_port };
	struct fakedevlink_setup *s = *state;
	struct vdev_devlink_change *change = port_change(s->dl);

	s->f.ports = ports;
	s->f.port_count = 2;
	s->f.error = EBUSY;
	s->f.why = "Function is bound";
	for (unsigned int i = 0; i < ARRAY_SIZE(wanted); i++) {
		s->f.refuse = i + 1;
		assert_int_equal(vdev_devlink_change_run(change), -EBUSY);
		says(s->ctx, "of port 70000 to ");
		says(s->ctx, ": Function is bound");
		assert_int_equal(vdev_ctx_last_kind(s->ctx), VDEV_ERROR_IN_USE);
		is_outcome(change, i, VDEV_OUTCOME_FAILED);
		assert_memory_equal(&ports[1], &vf_port, sizeof(vf_port));
	}
	vdev_devlink_change_free(change);
}

static void test_port_mistakes(void **state)
{
	static const struct {
		enum vdev_devlink_attr attr;
		const char *value;
	} bad[] = {
		{ VDEV_PORT_HW_ADDR, "" },
		{ VDEV_PORT_HW_ADDR, "02:00:0" },
		{ VDEV_PORT_HW_ADDR, "02-00" },
		{ VDEV_PORT_HW_ADDR, "02:00:" },
		{ VDEV_PORT_HW_ADDR,
		  "00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:"
		  "00:00:00:00:00:00:00:00:00:00:00:00:00:00" },
		{ VDEV_PORT_STATE, "asleep" },
		{ VDEV_PORT_ROCE, "1" },
		{ VDEV_PORT_MAX_IO_EQS, "-1" },
		{ VDEV_PORT_MAX_IO_EQS, "4294967296" },
		{ VDEV_RATE_TX_MAX, "" },
		{ VDEV_RATE_TX_MAX, "fast" },
		{ VDEV_RATE_TX_MAX, "1bit" },
		{ VDEV_RATE_TX_MAX, "8 mbit" },
		{ VDEV_RATE_TX_MAX, "99999999999tbit" },
		{ VDEV_RATE_TX_MAX, "18446744073709551616" },
		{ VDEV_RATE_PARENT, "" },
		{ VDEV_ESWITCH_MODE, "legacy" },
		{ (enum vdev_devlink_attr)VDEV_DEVLINK_ATTRS, "1" },
	};
	struct devlink_port ports[] = { bare_port, vf_port };
	struct fakedevlink_setup *s = *state;
	struct vdev_devlink_change *change;

	s->f.ports = ports;
	s->f.port_count = 2;
	assert_int_equal(vdev_devlink_change_new(s->dl, &change), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(vdev_devlink_change_set_port(
					 change, 1, bad[i].attr, bad[i].value),
				 -EINVAL);
	assert_int_equal(
		vdev_devlink_change_set(change, VDEV_PORT_STATE, "active"),
		-EINVAL);
	assert_int_equal(vdev_devlink_change_set_port(
				 change, 7, VDEV_PORT_STATE, "active"),
			 0);
	assert_int_equal(vdev_devlink_change_check(change), -ENODEV);
	says(s->ctx, "there is no port 7");
	vdev_devlink_change_free(change);
	assert_int_equal(vdev_devlink_change_new(s->dl, &change), 0);
	assert_int_equal(vdev_devlink_change_set_port(
				 change, 1, VDEV_RATE_TX_MAX, "1gbit"),
			 0);
	assert_int_equal(vdev_devlink_change_check(change), -EOPNOTSUPP);
	says(s->ctx, "port 1 has no rates");
	s->f.no_rates = true;
	assert_int_equal(vdev_devlink_change_check(change), -EOPNOTSUPP);
	vdev_devlink_change_free(change);
}

/* Functions that are not what they should be. */
static void test_malformed_port(void **state)
{
#define HANDLE "\x08\x00\x01\x00pci\0\x11\x00\x02\x00" FAKE_PF "\0\0\0\0"
#define INDEX  "\x08\x00\x03\x00\1\0\0\0"
	static const struct {
		const char *bytes;
		size_t size;
	} odd[] = {
#define ODD(bytes) { bytes, sizeof(bytes) - 1 }
		ODD(HANDLE),
		/* One whose state has no byte, and whose caps have too few. */
		ODD(HANDLE INDEX "\x08\x00\x91\x00\4\0\2\0"),
		ODD(HANDLE INDEX "\x0c\x00\x91\x00\x08\0\4\0\0\0\0\0"),
		/* A hardware address of 36 bytes. */
		ODD(HANDLE INDEX "\x2c\x00\x91\x00\x28\0\1\0"
				 "012345678901234567890123456789012345"),
		/* An index of one byte. */
		ODD(HANDLE "\x05\x00\x03\x00\1\0\0\0"),
	};
	struct vdev_devlink_port_list *list = NULL;
	struct fakedevlink_setup *s = *state;

	s->f.odd_command = DEVLINK_CMD_PORT_GET;
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		s->f.odd = odd[i].bytes;
		s->f.odd_size = odd[i].size;
		assert_int_equal(vdev_devlink_port_list_new(s->dl, &list),
				 -EBADMSG);
		says(s->ctx, "makes no sense");
	}
	assert_null(list);
}

/* --- Nodes */

/* One below another. */
static void add_nodes(struct fakedevlink *f)
{
	f->nodes[0] = (struct devlink_port){ .node = "all",
					     .tx_max = 1250000000,
					     .tx_weight = 4 };
	f->nodes[1] = (struct devlink_port){ .node = "guests",
					     .tx_share = 125000,
					     .parent = "all" };
}

static void test_nodes(void **state)
{
	struct fakedevlink_setup *s = *state;
	struct devlink_port ports[] = { vf_port };
	struct vdev_devlink_port_list *list = NULL;
	const struct vdev_devlink_port *node;

	s->f.ports = ports;
	s->f.port_count = 1;
	add_nodes(&s->f);
	assert_int_equal(vdev_devlink_node_list_new(s->dl, &list), 2);
	node = vdev_devlink_port_list_get(list, 0);
	assert_string_equal(vdev_devlink_port_node(node), "all");
	assert_string_equal(vdev_devlink_port_value(node, VDEV_RATE_TX_MAX),
			    "10gbit");
	assert_string_equal(vdev_devlink_port_value(node, VDEV_RATE_TX_WEIGHT),
			    "4");
	assert_string_equal(vdev_devlink_port_value(node, VDEV_RATE_PARENT),
			    "none");
	assert_null(vdev_devlink_port_flavour(node));
	assert_null(vdev_devlink_port_value(node, VDEV_PORT_STATE));
	for (int i = VDEV_PORT_NUMBER; i <= VDEV_PORT_SF; i++)
		assert_int_equal(vdev_devlink_port_number(
					 node, (enum vdev_port_number)i),
				 -ENODATA);
	node = vdev_devlink_port_list_get(list, 1);
	assert_string_equal(vdev_devlink_port_value(node, VDEV_RATE_PARENT),
			    "all");
	vdev_devlink_port_list_free(list);
	assert_int_equal(vdev_devlink_port_list_new(s->dl, &list), 1);
	assert_null(
		vdev_devlink_port_node(vdev_devlink_port_list_get(list, 0)));
	vdev_devlink_port_list_free(list);
	s->f.no_rates = true;
	assert_int_equal(vdev_devlink_node_list_new(s->dl, &list), 0);
	vdev_devlink_port_list_free(list);
}

static struct vdev_devlink_change *new_node(struct fakedevlink_setup *s)
{
	struct vdev_devlink_change *change = change_of(s->dl, NULL, NULL, NULL);

	assert_int_equal(vdev_devlink_change_add_node(change, "guests"), 0);
	assert_int_equal(vdev_devlink_change_set_node(
				 change, "guests", VDEV_RATE_TX_MAX, "1gbit"),
			 0);
	assert_int_equal(vdev_devlink_change_set_node(change, "guests",
						      VDEV_RATE_PARENT, "all"),
			 0);
	assert_int_equal(vdev_devlink_change_set_node(
				 change, "guests", VDEV_RATE_TX_PRIORITY, "3"),
			 0);
	return change;
}

static void test_add_node(void **state)
{
	struct fakedevlink_setup *s = *state;
	struct vdev_devlink_change *change = new_node(s);

	strcpy(s->f.nodes[0].node, "all");
	assert_int_equal(vdev_devlink_change_run(change), 0);
	assert_string_equal(s->f.nodes[1].node, "guests");
	assert_true(s->f.nodes[1].tx_max == 125000000);
	assert_string_equal(s->f.nodes[1].parent, "all");
	assert_int_equal(s->f.nodes[1].tx_priority, 3);
	assert_string_equal(vdev_devlink_change_name(change, 0), "node");
	assert_string_equal(vdev_devlink_change_before(change, 0), "absent");
	assert_string_equal(vdev_devlink_change_value(change, 0), "present");
	assert_string_equal(vdev_devlink_change_before(change, 2), "none");
	for (size_t i = 0; i < 4; i++)
		is_outcome(change, i, VDEV_OUTCOME_DONE);
	/* There is one now. */
	assert_int_equal(vdev_devlink_change_run(change), -EEXIST);
	says(s->ctx, "there is a node guests already");
	assert_int_equal(s->f.sets, 4);
	vdev_devlink_change_free(change);
}

/* Each of its settings refused in turn: there is no node then. */
static void test_roll_back_node(void **state)
{
	struct fakedevlink_setup *s = *state;
	struct vdev_devlink_change *change = new_node(s);

	strcpy(s->f.nodes[0].node, "all");
	for (unsigned int i = 0; i < 4; i++) {
		s->f.refuse = i + 1;
		assert_int_equal(vdev_devlink_change_run(change), -EIO);
		says(s->ctx, i ? " of node guests to " : "add the node guests");
		assert_int_equal(vdev_ctx_last_kind(s->ctx), VDEV_ERROR_FAILED);
		is_outcome(change, i, VDEV_OUTCOME_FAILED);
		assert_string_equal(s->f.nodes[0].node, "all");
		assert_string_equal(s->f.nodes[1].node, "");
	}
	vdev_devlink_change_free(change);
}

static void test_remove_node(void **state)
{
	struct fakedevlink_setup *s = *state;
	struct vdev_devlink_change *change =
		change_of(s->dl, NULL, "link", NULL);

	assert_int_equal(vdev_devlink_change_remove_node(change, "guests"), 0);
	assert_int_equal(
		vdev_devlink_change_set(change, VDEV_ESWITCH_MODE, "legacy"),
		-EINVAL);
	says(s->ctx, "nothing can follow the removal of a node");
	assert_int_equal(vdev_devlink_change_add_node(change, "other"),
			 -EINVAL);
	assert_int_equal(vdev_devlink_change_run(change), -ENODEV);
	says(s->ctx, "there is no node guests");
	hints(s->ctx, "vdevctl rate list " FAKE_DEVLINK);
	assert_int_equal(s->f.sets, 0);

	/* Refused: what was set before is put back. */
	add_nodes(&s->f);
	s->f.refuse = 2;
	s->f.error = EBUSY;
	s->f.why = "Node has children. Cannot delete node.";
	assert_int_equal(vdev_devlink_change_run(change), -EBUSY);
	says(s->ctx, "cannot remove the node guests: Node has children");
	says(s->ctx, "; inline-mode is none again");
	assert_int_equal(vdev_ctx_last_kind(s->ctx), VDEV_ERROR_IN_USE);
	assert_string_equal(s->f.nodes[1].node, "guests");
	assert_int_equal(vdev_devlink_change_run(change), 0);
	assert_string_equal(s->f.nodes[1].node, "");
	is_outcome(change, 1, VDEV_OUTCOME_DONE);
	assert_string_equal(vdev_devlink_change_before(change, 1), "present");
	vdev_devlink_change_free(change);
}

static void test_node_mistakes(void **state)
{
	static const char *const names[] = { "", "17", "none" };
	struct fakedevlink_setup *s = *state;
	struct vdev_devlink_change *change = change_of(s->dl, NULL, NULL, NULL);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(vdev_devlink_change_add_node(change, names[i]),
				 -EINVAL);
		says(s->ctx, "a node cannot have the name");
	}
	assert_int_equal(vdev_devlink_change_set_node(
				 change, "all", VDEV_PORT_STATE, "active"),
			 -EINVAL);
	says(s->ctx, "a node has no setting");
	assert_int_equal(vdev_devlink_change_set_node(change, "all",
						      VDEV_RATE_TX_MAX, "8"),
			 0);
	assert_int_equal(vdev_devlink_change_set_node(change, "guests",
						      VDEV_RATE_TX_MAX, "8"),
			 0);
	assert_int_equal(vdev_devlink_change_set_node(change, "all",
						      VDEV_RATE_TX_MAX, "16"),
			 -EINVAL);
	says(s->ctx, "set twice");
	assert_int_equal(vdev_devlink_change_run(change), -ENODEV);
	says(s->ctx, "there is no node all");
	assert_int_equal(s->f.sets, 0);
	vdev_devlink_change_free(change);
}

/* --- Failures of any call */

static void node_once(struct failnth *fail, void *data)
{
	struct fakedevlink_setup *s = data;
	struct vdev_devlink_port_list *list = NULL;
	struct vdev_devlink_change *change = NULL;
	int ret, listed = 0;

	memset(s->f.nodes, 0, sizeof(s->f.nodes));
	failnth_start(fail, &s->ctx->sys);
	ret = vdev_devlink_change_new(s->dl, &change);
	if (!ret)
		ret = vdev_devlink_change_add_node(change, "guests");
	if (!ret)
		ret = vdev_devlink_change_set_node(change, "guests",
						   VDEV_RATE_TX_MAX, "8");
	if (!ret)
		ret = vdev_devlink_change_run(change);
	if (!ret)
		listed = vdev_devlink_node_list_new(s->dl, &list);
	failnth_stop(fail);
	if (!failnth_fired(fail))
		assert_int_equal(listed, 1);
	/* All of it or nothing, unless it says otherwise. */
	if (!ret)
		assert_true(s->f.nodes[0].tx_max == 1);
	else if (vdev_ctx_last_kind(s->ctx) != VDEV_ERROR_ROLLBACK)
		assert_string_equal(s->f.nodes[0].node, "");
	vdev_devlink_port_list_free(list);
	vdev_devlink_change_free(change);
}

static void list_once(struct failnth *fail, void *data)
{
	struct devlink_port ports[] = { bare_port, vf_port };
	struct fakedevlink f;
	struct fakekernel *fk = fakedevlink_machine(&f);
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_devlink_port_list *list = NULL;
	struct vdev_devlink *dl = NULL;
	uint32_t index = 0;
	int ret;

	(void)data;
	f.ports = ports;
	f.port_count = 2;
	failnth_start(fail, &ctx->sys);
	ret = vdev_devlink_port_find(ctx, FAKE_DEVLINK "/70000", &dl, &index);
	if (!ret)
		ret = vdev_devlink_port_list_new(dl, &list);
	failnth_stop(fail);
	if (!failnth_fired(fail))
		assert_int_equal(ret, 2);
	if (ret >= 0)
		assert_int_equal(vdev_devlink_port_list_count(list), 2);
	vdev_devlink_port_list_free(list);
	vdev_devlink_free(dl);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void change_once(struct failnth *fail, void *data)
{
	struct fakedevlink f;
	struct fakekernel *fk = fakedevlink_machine(&f);
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_devlink_change *change = NULL;
	struct vdev_devlink *dl = NULL;
	int ret;

	(void)data;
	failnth_start(fail, &ctx->sys);
	ret = vdev_devlink_new(ctx, FAKE_PF, &dl);
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
	failnth_sweep(node_once, *state);
	failnth_sweep(change_once, NULL);
	failnth_sweep(list_once, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKEDEVLINK_TEST(test_words),
		FAKEDEVLINK_TEST(test_names),
		FAKEDEVLINK_TEST(test_nameless),
		FAKEDEVLINK_TEST(test_eswitch),
		FAKEDEVLINK_TEST(test_malformed),
		FAKEDEVLINK_TEST(test_set),
		FAKEDEVLINK_TEST(test_mistakes),
		FAKEDEVLINK_TEST(test_refused),
		FAKEDEVLINK_TEST(test_roll_back),
		FAKEDEVLINK_TEST(test_untold),
		FAKEDEVLINK_TEST(test_deaf),
		FAKEDEVLINK_TEST(test_in_use),
		FAKEDEVLINK_TEST(test_ports),
		FAKEDEVLINK_TEST(test_port_names),
		FAKEDEVLINK_TEST(test_set_port),
		FAKEDEVLINK_TEST(test_roll_back_port),
		FAKEDEVLINK_TEST(test_port_mistakes),
		FAKEDEVLINK_TEST(test_malformed_port),
		FAKEDEVLINK_TEST(test_nodes),
		FAKEDEVLINK_TEST(test_add_node),
		FAKEDEVLINK_TEST(test_roll_back_node),
		FAKEDEVLINK_TEST(test_remove_node),
		FAKEDEVLINK_TEST(test_node_mistakes),
		FAKEDEVLINK_TEST(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
