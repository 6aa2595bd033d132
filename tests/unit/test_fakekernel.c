/* SPDX-License-Identifier: GPL-2.0-or-later */

/* That the fake kernel does what the real one does, as far as tests need it. */

#include "fakekernel.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "failnth.h"

#define NIC  "0000:01:00.0"
#define DISK "0000:02:00.0"

static const struct fake_device devices[] = {
	{ .address = "0000:00:02.0",
	  .vendor = 0x1b36,
	  .device = 0x000c,
	  .class = 0x060400,
	  .native = "pcieport",
	  .group = 1 },
	{ .address = NIC,
	  .parent = "0000:00:02.0",
	  .vendor = 0x8086,
	  .device = 0x10c9,
	  .class = 0x020000,
	  .native = "igb",
	  .group = 12 },
	{ .address = DISK,
	  .vendor = 0x1b36,
	  .device = 0x0010,
	  .class = 0x010802,
	  .native = "nvme",
	  .group = 13 },
};

struct machine {
	struct fakekernel *fk;
	struct vdev_ctx *ctx;
	struct vdev_sys *sys;
};

static int setup(void **state)
{
	struct machine *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	m->fk = fakekernel_new();
	fakekernel_add_driver(m->fk, "pcieport", FAKE_PLAIN);
	fakekernel_add_driver(m->fk, "igb", FAKE_NET);
	fakekernel_add_driver(m->fk, "nvme", FAKE_NVME);
	fakekernel_add_driver(m->fk, "vfio-pci", FAKE_VFIO);
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		fakekernel_add_device(m->fk, &devices[i]);
	m->ctx = fakekernel_ctx(m->fk);
	m->sys = &m->ctx->sys;
	*state = m;
	return 0;
}

static int teardown(void **state)
{
	struct machine *m = *state;

	vdev_ctx_unref(m->ctx);
	fakekernel_free(m->fk);
	free(m);
	return 0;
}

static int put(struct machine *m, const char *path, const char *text)
{
	return vdev_sys_write_attr(m->sys, path, text);
}

static int override(struct machine *m, const char *address, const char *driver)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver_override",
		 address);
	return put(m, path, driver);
}

static int unbind(struct machine *m, const char *address, pid_t *pid)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver/unbind",
		 address);
	return m->sys->ops->child_write(m->sys, path, address, 1000, pid);
}

static int probe(struct machine *m, const char *address)
{
	return put(m, "/sys/bus/pci/drivers_probe", address);
}

static void test_native(void **state)
{
	struct machine *m = *state;
	char name[64];

	assert_string_equal(fakekernel_driver(m->fk, NIC), "igb");
	assert_string_equal(fakekernel_override(m->fk, NIC), "");
	assert_true(fakekernel_exists(m->fk, "/sys/class/net/eth0/device/net"));
	assert_true(vdev_sys_exists(
		m->sys,
		"/sys/devices/pci0000:00/0000:00:02.0/0000:01:00.0/config"));
	assert_true(vdev_sys_exists(
		m->sys,
		"/sys/kernel/iommu_groups/12/devices/0000:01:00.0/vendor"));
	assert_true(vdev_sys_exists(
		m->sys, "/sys/bus/pci/drivers/igb/0000:01:00.0/driver/module"));
	assert_true(vdev_sys_readlink_name(m->sys, VDEV_SYS_ROOT,
					   "/sys/class/block/nvme0n1/subsystem",
					   name, sizeof(name)) > 0);
	assert_string_equal(name, "block");
	assert_true(vdev_sys_exists(m->sys, "/dev/nvme0n1"));
}

static void test_to_vfio_and_back(void **state)
{
	struct machine *m = *state;
	struct stat st;
	pid_t pid;

	assert_int_equal(override(m, NIC, "vfio-pci"), 0);
	assert_string_equal(fakekernel_override(m->fk, NIC), "vfio-pci");
	assert_int_equal(unbind(m, NIC, &pid), 0);
	assert_string_equal(fakekernel_driver(m->fk, NIC), "");
	assert_false(fakekernel_exists(m->fk, "/sys/class/net/eth0"));
	assert_int_equal(probe(m, NIC), 0);
	assert_string_equal(fakekernel_driver(m->fk, NIC), "vfio-pci");
	assert_int_equal(vdev_sys_stat(m->sys, "/dev/vfio/devices/vfio0", &st),
			 0);
	assert_true(S_ISCHR(st.st_mode));
	assert_int_equal(vdev_sys_stat(m->sys, "/dev/vfio/12", &st), 0);

	assert_int_equal(override(m, NIC, "\n"), 0);
	assert_string_equal(fakekernel_override(m->fk, NIC), "");
	assert_int_equal(unbind(m, NIC, &pid), 0);
	assert_false(fakekernel_exists(m->fk, "/dev/vfio/devices/vfio0"));
	assert_false(fakekernel_exists(m->fk, "/dev/vfio/12"));
	assert_int_equal(probe(m, NIC), 0);
	assert_string_equal(fakekernel_driver(m->fk, NIC), "igb");
	assert_true(fakekernel_exists(m->fk, "/sys/class/net/eth0"));
}

static void test_bind_errors(void **state)
{
	struct machine *m = *state;
	pid_t pid;

	assert_int_equal(put(m, "/sys/bus/pci/drivers/igb/bind", NIC), -EBUSY);
	assert_int_equal(put(m, "/sys/bus/pci/drivers/nvme/bind", NIC),
			 -ENODEV);
	assert_int_equal(put(m, "/sys/bus/pci/drivers/igb/bind", "0000:ff:0.0"),
			 -ENODEV);
	assert_int_equal(put(m, "/sys/bus/pci/drivers/nvme/unbind", NIC),
			 -ENODEV);
	assert_int_equal(put(m, "/sys/bus/pci/drivers/no/bind", NIC), -ENOENT);
	assert_int_equal(probe(m, "0000:ff:00.0"), -ENODEV);
	assert_int_equal(probe(m, NIC), 0);

	fakekernel_refuse(m->fk, "vfio-pci", EPERM);
	assert_int_equal(override(m, NIC, "vfio-pci"), 0);
	assert_int_equal(unbind(m, NIC, &pid), 0);
	assert_int_equal(unbind(m, NIC, &pid), -ENOENT);
	assert_int_equal(put(m, "/sys/bus/pci/drivers/vfio-pci/bind", NIC),
			 -EPERM);
	assert_int_equal(probe(m, NIC), 0);
	assert_string_equal(fakekernel_driver(m->fk, NIC), "");
}

static void test_held(void **state)
{
	struct machine *m = *state;
	pid_t pid = 0;
	char path[64];

	fakekernel_hold(m->fk, NIC);
	assert_int_equal(unbind(m, NIC, &pid), -ETIMEDOUT);
	assert_true(pid > 0);
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	assert_true(fakekernel_exists(m->fk, path));
	assert_string_equal(fakekernel_driver(m->fk, NIC), "");
	assert_true(fakekernel_exists(m->fk, "/sys/class/net/eth0"));
	assert_int_equal(probe(m, NIC), 0);
	assert_string_equal(fakekernel_driver(m->fk, NIC), "");

	fakekernel_let_go(m->fk, NIC);
	assert_false(fakekernel_exists(m->fk, path));
	assert_false(fakekernel_exists(m->fk, "/sys/class/net/eth0"));
	assert_int_equal(probe(m, NIC), 0);
	assert_string_equal(fakekernel_driver(m->fk, NIC), "igb");
}

static void test_nodes_late(void **state)
{
	struct machine *m = *state;
	pid_t pid;

	fakekernel_delay_nodes(m->fk, 300);
	assert_int_equal(override(m, DISK, "vfio-pci"), 0);
	assert_int_equal(unbind(m, DISK, &pid), 0);
	assert_int_equal(probe(m, DISK), 0);
	assert_true(fakekernel_exists(m->fk, "/sys/class/vfio-dev/vfio0"));
	assert_false(vdev_sys_exists(m->sys, "/dev/vfio/13"));
	m->sys->ops->sleep_ms(m->sys, 299);
	assert_false(vdev_sys_exists(m->sys, "/dev/vfio/13"));
	m->sys->ops->sleep_ms(m->sys, 1);
	assert_true(vdev_sys_exists(m->sys, "/dev/vfio/13"));
}

static void test_shared_group(void **state)
{
	struct machine *m = *state;
	pid_t pid;

	for (unsigned int i = 0; i < 2; i++) {
		char address[16];

		snprintf(address, sizeof(address), "0000:05:00.%u", i);
		fakekernel_add_device(m->fk,
				      &(struct fake_device){ .address = address,
							     .group = 20 });
		assert_int_equal(override(m, address, "vfio-pci"), 0);
		assert_int_equal(probe(m, address), 0);
	}
	assert_true(fakekernel_exists(m->fk, "/dev/vfio/devices/vfio1"));
	assert_int_equal(unbind(m, "0000:05:00.0", &pid), 0);
	assert_true(fakekernel_exists(m->fk, "/dev/vfio/20"));
	assert_int_equal(unbind(m, "0000:05:00.1", &pid), 0);
	assert_false(fakekernel_exists(m->fk, "/dev/vfio/20"));
}

static void test_noiommu(void **state)
{
	struct machine *m = *state;
	pid_t pid;

	fakekernel_add_device(
		m->fk, &(struct fake_device){ .address = "0000:06:00.0" });
	assert_int_equal(override(m, "0000:06:00.0", "vfio-pci"), 0);
	assert_int_equal(
		put(m, "/sys/bus/pci/drivers/vfio-pci/bind", "0000:06:00.0"),
		-EINVAL);
	fakekernel_write(m->fk,
			 "/sys/module/vfio/parameters/"
			 "enable_unsafe_noiommu_mode",
			 "Y\n");
	assert_int_equal(
		put(m, "/sys/bus/pci/drivers/vfio-pci/bind", "0000:06:00.0"),
		0);
	assert_true(fakekernel_exists(m->fk, "/dev/vfio/noiommu-0"));
	assert_false(fakekernel_exists(m->fk, "/dev/vfio/devices/vfio0"));
	assert_int_equal(unbind(m, "0000:06:00.0", &pid), 0);
	assert_false(fakekernel_exists(m->fk, "/dev/vfio/noiommu-0"));
	assert_false(fakekernel_exists(m->fk, "/sys/kernel/iommu_groups/0"));
}

static void test_modprobe(void **state)
{
	static const char *const load[] = { "modprobe", "--", "late_vfio_pci",
					    NULL };
	static const char *const unknown[] = { "modprobe", "x", NULL };
	struct machine *m = *state;

	fakekernel_add_module(m->fk, "late-vfio-pci", FAKE_VFIO);
	assert_false(
		fakekernel_exists(m->fk, "/sys/bus/pci/drivers/late-vfio-pci"));
	assert_int_equal(m->sys->ops->run(m->sys, unknown), 1);
	assert_int_equal(m->sys->ops->run(m->sys, load), 0);
	assert_true(
		fakekernel_exists(m->fk, "/sys/bus/pci/drivers/late-vfio-pci"));
	assert_true(fakekernel_exists(m->fk, "/sys/module/late_vfio_pci/"
					     "drivers/pci:late-vfio-pci/bind"));
}

static void test_vanish(void **state)
{
	struct machine *m = *state;
	pid_t pid;

	fakekernel_vanish(m->fk, NIC, 2);
	assert_int_equal(override(m, NIC, "vfio-pci"), 0);
	assert_int_equal(unbind(m, NIC, &pid), -ENODEV);
	assert_false(fakekernel_exists(m->fk, "/sys/bus/pci/devices/" NIC));
	assert_int_equal(override(m, NIC, "vfio-pci"), -ENOENT);
	assert_int_equal(probe(m, NIC), -ENODEV);
	assert_true(fakekernel_exists(m->fk, "/sys/bus/pci/devices/" DISK));
	assert_int_equal(put(m, "/sys/bus/pci/devices/" DISK "/remove", "1"),
			 0);
	assert_false(fakekernel_exists(m->fk, "/sys/class/block/nvme0n1"));
	assert_false(fakekernel_exists(m->fk, "/sys/kernel/iommu_groups/13"));
}

static void test_failing_write(void **state)
{
	struct machine *m = *state;

	fakekernel_fail_write(m->fk, 2, ENOSPC);
	assert_int_equal(override(m, NIC, "a"), 0);
	assert_int_equal(override(m, NIC, "b"), -ENOSPC);
	assert_string_equal(fakekernel_override(m->fk, NIC), "a");
	assert_int_equal(override(m, NIC, "c"), 0);
	assert_int_equal(fakekernel_writes(m->fk), 3);
}

static void test_owner(void **state)
{
	struct machine *m = *state;
	struct stat st;

	assert_int_equal(
		m->sys->ops->chown(m->sys, "/dev/iommu", 1000, (gid_t)-1), 0);
	assert_int_equal(vdev_sys_stat(m->sys, "/dev/iommu", &st), 0);
	assert_int_equal(st.st_uid, 1000);
	assert_int_equal(st.st_gid, 0);
	assert_int_equal(m->sys->ops->chown(m->sys, "/dev/no", 1, 1), -ENOENT);
}

/* A child that dies leaves its work for the parent to see. */
static void test_die(void **state)
{
	struct machine *m = *state;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		/* An attribute is opened, written and closed. */
		fakekernel_die_at(m->fk, 5);
		(void) override(m, NIC, "first");
		(void) override(m, NIC, "second");
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 137);
	assert_string_equal(fakekernel_override(m->fk, NIC), "first");
	fakekernel_die_at(m->fk, 0);
	assert_int_equal(override(m, NIC, "third"), 0);
	assert_int_equal(fakekernel_calls(m->fk), 3);
}

/* Both harnesses together; every way ends in one of two states. */
static void bind_by_hand(struct failnth *fail, void *data)
{
	void *state;
	struct machine *m;
	pid_t pid;
	int ret;

	(void)data;
	setup(&state);
	m = state;
	failnth_start(fail, m->sys);
	ret = override(m, DISK, "vfio-pci");
	if (!ret)
		ret = unbind(m, DISK, &pid);
	if (!ret)
		ret = probe(m, DISK);
	failnth_stop(fail);
	assert_int_equal(ret, failnth_fired(fail) ? failnth_error(fail) : 0);
	assert_int_equal(str_eq(fakekernel_driver(m->fk, DISK), "vfio-pci"),
			 !ret);
	teardown(&state);
}

static void test_with_failnth(void **state)
{
	(void)state;
	/* Open and write twice, and the child's write. */
	assert_int_equal(failnth_sweep_calls(bind_by_hand, NULL, EIO), 5);
}

#define MACHINE_TEST(name) \
	cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		MACHINE_TEST(test_native),
		MACHINE_TEST(test_to_vfio_and_back),
		MACHINE_TEST(test_bind_errors),
		MACHINE_TEST(test_held),
		MACHINE_TEST(test_nodes_late),
		MACHINE_TEST(test_shared_group),
		MACHINE_TEST(test_noiommu),
		MACHINE_TEST(test_modprobe),
		MACHINE_TEST(test_vanish),
		MACHINE_TEST(test_failing_write),
		MACHINE_TEST(test_owner),
		MACHINE_TEST(test_die),
		cmocka_unit_test(test_with_failnth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
