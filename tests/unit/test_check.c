/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Each of the sixteen checks on a machine made for it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>

#include <libvdev/bind.h>

#include "failnth.h"
#include "fakekernel.h"
#include "object/device.h"

/* The functions of the machine, and where they lie in sysfs. */
#define NIC	 "0000:01:00.0"
#define DISK	 "0000:02:00.0"
#define GPU	 "0000:03:00.0"
#define USB	 "0000:04:00.0"
#define BRIDGE	 "0000:00:1e.0"
#define BEHIND	 "0000:05:01.0"
#define QAT	 "0000:06:00.0"
#define NIC_DIR	 "/sys/devices/pci0000:01/" NIC
#define DISK_DIR "/sys/devices/pci0000:02/" DISK
#define GPU_DIR	 "/sys/devices/pci0000:03/" GPU
#define USB_DIR	 "/sys/devices/pci0000:04/" USB

static struct fakekernel *machine(void)
{
	static const struct fake_device devices[] = {
		{ NIC, NULL, 0x8086, 0x10c9, 0x020000, "igb", 1 },
		{ DISK, NULL, 0x1b36, 0x0010, 0x010802, "nvme", 2 },
		{ GPU, NULL, 0x10de, 0x2330, 0x030000, NULL, 3 },
		{ USB, NULL, 0x1b36, 0x000d, 0x0c0330, NULL, 4 },
		{ BRIDGE, NULL, 0x1b36, 0x0001, 0x060400, NULL, 5 },
		{ BEHIND, BRIDGE, 0x1234, 0x11e8, 0x00ff00, NULL, 5 },
		{ QAT, NULL, 0x8086, 0x37c8, 0x0b4000, NULL, 6 },
	};
	struct fakekernel *fk = fakekernel_new();

	fakekernel_add_driver(fk, "igb", FAKE_NET);
	fakekernel_add_driver(fk, "nvme", FAKE_NVME);
	fakekernel_add_driver(fk, "vfio-pci", FAKE_VFIO);
	fakekernel_add_driver(fk, "pci-stub", FAKE_PLAIN);
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		fakekernel_add_device(fk, &devices[i]);
	return fk;
}

/* Something that a driver has made: a directory with its subsystem. */
static void add_node(struct fakekernel *fk, const char *dir,
		     const char *subsystem, const char *devname)
{
	char path[512], target[512];

	snprintf(path, sizeof(path), "%s/subsystem", dir);
	snprintf(target, sizeof(target), "/sys/class/%s", subsystem);
	fakekernel_link(fk, target, path);
	snprintf(path, sizeof(path), "%s/uevent", dir);
	fakekernel_write(fk, path, "DEVNAME=%s\n", devname ? devname : "-");
	snprintf(path, sizeof(path), "%s/dev", dir);
	if (devname)
		fakekernel_write(fk, path, "226:0\n");
}

static void add_user(struct fakekernel *fk, const char *node)
{
	fakekernel_write(fk, "/proc/812/comm", "qemu\n");
	fakekernel_link(fk, node, "/proc/812/fd/7");
}

static void add_network(struct fakekernel *fk, const char *more)
{
	fakekernel_write(fk, "/.vdev/network",
			 "link 1 lo 0 0 up -\nlink 2 eth0 %s\n", more);
}

static void nothing(struct fakekernel *fk)
{
	(void)fk;
}

static void mounted(struct fakekernel *fk)
{
	fakekernel_write(fk, "/proc/self/mountinfo",
			 "30 1 259:0 / /srv/my\\040data rw - ext4 "
			 "/dev/nvme0n1 rw\n");
}

static void mounted_elsewhere(struct fakekernel *fk)
{
	fakekernel_link(fk, "mnt:[1]", "/proc/self/ns/mnt");
	fakekernel_link(fk, "mnt:[2]", "/proc/99/ns/mnt");
	fakekernel_write(fk, "/proc/99/mountinfo",
			 "30 1 0:44 / /data rw - btrfs /dev/nvme0n1 rw\n");
}

static void root_disk(struct fakekernel *fk)
{
	fakekernel_write(fk, "/proc/self/mountinfo",
			 "30 1 259:0 / / rw - ext4 /dev/root rw\n");
}

static void swap(struct fakekernel *fk)
{
	fakekernel_write(fk, "/proc/swaps",
			 "Filename Type Size Used Priority\n"
			 "/dev/nvme0n1 partition 1024 0 -2\n");
}

static void swap_file(struct fakekernel *fk)
{
	mounted(fk);
	fakekernel_write(fk, "/proc/swaps",
			 "Filename Type Size Used Priority\n"
			 "/srv/my\\040data/swap file 1024 0 -2\n");
}

static void add_mapper(struct fakekernel *fk, const char *uuid)
{
	fakekernel_write(fk, DISK_DIR "/nvme/nvme0/nvme0n1/holders/dm-0", "\n");
	fakekernel_write(fk, "/sys/class/block/dm-0/dev", "253:0\n");
	fakekernel_write(fk, "/sys/class/block/dm-0/dm/name", "vg-data\n");
	fakekernel_write(fk, "/sys/class/block/dm-0/dm/uuid", "%s\n", uuid);
	fakekernel_write(fk, "/proc/self/mountinfo",
			 "30 1 253:0 / /data rw - ext4 /dev/mapper/vg-data "
			 "rw\n");
}

static void mapped(struct fakekernel *fk)
{
	add_mapper(fk, "LVM-x");
}

static void multipath(struct fakekernel *fk)
{
	add_mapper(fk, "mpath-x");
	fakekernel_write(fk, "/sys/class/block/dm-0/slaves/nvme0n1", "\n");
	fakekernel_write(fk, "/sys/class/block/dm-0/slaves/sdz", "\n");
}

static void last_path(struct fakekernel *fk)
{
	add_mapper(fk, "mpath-x");
	fakekernel_write(fk, "/sys/class/block/dm-0/slaves/nvme0n1", "\n");
}

static void lvm_member(struct fakekernel *fk)
{
	fakekernel_write(fk, "/run/udev/data/b259:0",
			 "S:disk\nE:ID_FS_TYPE=LVM2_member\nE:X=1\n");
}

static void address(struct fakekernel *fk)
{
	add_network(fk, "0 0 up -\naddress 2 192.0.2.1/24");
}

static void ssh(struct fakekernel *fk)
{
	address(fk);
	fakekernel_write(fk, "/proc/net/tcp",
			 "  sl  local_address rem_address   st\n"
			 "   0: 010200C0:0016 020200C0:D431 01 00000000\n");
}

static void default_route(struct fakekernel *fk)
{
	add_network(fk, "0 0 up -\nroute 2 default");
}

static void bonded(struct fakekernel *fk)
{
	add_network(fk, "5 0 up -\nlink 5 bond0 0 0 up bond");
}

static void vlan(struct fakekernel *fk)
{
	add_network(fk, "0 0 up -\nlink 6 eth0.7 0 2 up vlan");
}

static void no_use(struct fakekernel *fk)
{
	add_network(fk, "0 0 up -\naddress 1 127.0.0.1/8\nroute 1 default");
}

static void boot_vga(struct fakekernel *fk)
{
	fakekernel_write(fk, GPU_DIR "/boot_vga", "1\n");
}

static void boot_framebuffer(struct fakekernel *fk)
{
	fakekernel_write(fk, "/proc/iomem",
			 "e0000000-ffffffff : PCI Bus 0000:00\n"
			 "  f0020000-f0021fff : BOOTFB\n");
}

static void text_console(struct fakekernel *fk)
{
	add_node(fk, GPU_DIR "/graphics/fb0", "graphics", "fb0");
	fakekernel_write(fk, "/sys/class/vtconsole/vtcon1/name",
			 "(M) frame buffer device\n");
	fakekernel_write(fk, "/sys/class/vtconsole/vtcon1/bind", "1\n");
}

static void serial_console(struct fakekernel *fk)
{
	add_node(fk, USB_DIR "/tty/ttyS4", "tty", "ttyS4");
	fakekernel_write(fk, "/sys/class/tty/console/active", "tty0 ttyS4\n");
}

static void display_open(struct fakekernel *fk)
{
	add_node(fk, GPU_DIR "/drm/card0", "drm", "dri/card0");
	add_user(fk, "/dev/dri/card0");
}

static void live_vfs(struct fakekernel *fk)
{
	fakekernel_write(fk, NIC_DIR "/sriov_totalvfs", "7\n");
	fakekernel_link(fk, "../0000:01:10.0", NIC_DIR "/virtfn0");
	fakekernel_link(fk, "../0000:01:10.2", NIC_DIR "/virtfn1");
	fakekernel_link(fk, "../0000:01:10.4", NIC_DIR "/virtfn2");
}

static void disk_open(struct fakekernel *fk)
{
	add_user(fk, "/dev/nvme0n1");
}

static void disk_open_in_chroot(struct fakekernel *fk)
{
	add_user(fk, "/srv/jail/dev/nvme0n1");
}

static void mdev_child(struct fakekernel *fk)
{
	add_node(fk, GPU_DIR "/83b8f4f2-509f-382f-3c1e-e6bfe0fa1001", "mdev",
		 NULL);
}

/* No PCI Express. */
static void conventional(struct fakekernel *fk)
{
	/* The bits of a blank say that there is no list of capabilities. */
	fakekernel_write(fk, "/sys/bus/pci/devices/" BRIDGE "/config", "%256s",
			 "");
	fakekernel_write(fk, "/sys/bus/pci/devices/" BEHIND "/config", "%256s",
			 "");
}

static void identity_mapping(struct fakekernel *fk)
{
	fakekernel_write(fk, "/sys/kernel/iommu_groups/1/reserved_regions",
			 "0x00000000cf000000 0x00000000cf3fffff direct\n"
			 "0x00000000fee00000 0x00000000feefffff msi\n");
}

static void relaxable_mapping(struct fakekernel *fk)
{
	fakekernel_write(fk, "/sys/kernel/iommu_groups/1/reserved_regions",
			 "0x00000000cf000000 0x00000000cf3fffff "
			 "direct-relaxable\n");
}

static void no_reset(struct fakekernel *fk)
{
	fakekernel_write(fk, NIC_DIR "/reset_method", "\n");
}

static void denylist_off(struct fakekernel *fk)
{
	fakekernel_write(fk, "/sys/module/vfio_pci/parameters/disable_denylist",
			 "Y\n");
}

static void better_variant(struct fakekernel *fk)
{
	fakekernel_write(fk, "/proc/sys/kernel/osrelease", "7.2\n");
	fakekernel_write(fk, "/lib/modules/7.2/modules.alias",
			 "alias vfio_pci:v00008086d000010C9sv*sd*bc*sc*i* "
			 "acme_vfio_pci\n");
}

static void exposed_interrupts(struct fakekernel *fk)
{
	fakekernel_write(fk, "/proc/interrupts",
			 " 24:  0  PCI-MSI-0000:00:02.0\n  1: 9 IO-APIC 1-edge "
			 "i8042\n");
}

static void locked_down(struct fakekernel *fk)
{
	fakekernel_write(fk, "/sys/kernel/security/lockdown",
			 "none [integrity] confidentiality\n");
}

static void tpm(struct fakekernel *fk)
{
	add_node(fk, USB_DIR "/tpm/tpm0", "tpm", "tpm0");
}

static void keyboard(struct fakekernel *fk)
{
	add_node(fk, USB_DIR "/usb1/1-1/input/input3", "input", NULL);
	fakekernel_write(fk, "/sys/class/input/input3/capabilities/key",
			 "1000000000007 ff98007a000007ff febeffdff3cfffff "
			 "fffffffffffffffe\n");
}

static void mouse(struct fakekernel *fk)
{
	add_node(fk, USB_DIR "/usb1/1-1/input/input3", "input", NULL);
	fakekernel_write(fk, "/sys/class/input/input3/capabilities/key",
			 "1f0000 0 0 0 0\n");
}

#define REFUSE VDEV_VERDICT_REFUSE
#define WARN   VDEV_VERDICT_WARN
#define PASS   VDEV_VERDICT_PASS

static const struct {
	void (*set_up)(struct fakekernel *fk);
	const char *address;
	enum vdev_check check;
	enum vdev_verdict verdict;
	bool forcible;
	const char *why; /* part of the detail */
} cases[] = {
	{ nothing, DISK, VDEV_CHECK_STORAGE, PASS, true, "" },
	{ mounted, DISK, VDEV_CHECK_STORAGE, REFUSE, true, "/srv/my data" },
	{ mounted, DISK, VDEV_CHECK_ROOT, PASS, true, "" },
	{ mounted, NIC, VDEV_CHECK_STORAGE, PASS, true, "" },
	{ mounted_elsewhere, DISK, VDEV_CHECK_STORAGE, REFUSE, true,
	  "another mount namespace" },
	{ root_disk, DISK, VDEV_CHECK_ROOT, REFUSE, true, "the system's /" },
	{ swap, DISK, VDEV_CHECK_STORAGE, REFUSE, false, "swap space" },
	{ swap_file, DISK, VDEV_CHECK_STORAGE, REFUSE, false, "swap space" },
	{ mapped, DISK, VDEV_CHECK_STORAGE, REFUSE, true, "dm-0 (vg-data)" },
	{ multipath, DISK, VDEV_CHECK_STORAGE, WARN, true, "other paths" },
	{ last_path, DISK, VDEV_CHECK_STORAGE, REFUSE, true, "dm-0" },
	{ lvm_member, DISK, VDEV_CHECK_STORAGE, REFUSE, true, "LVM2_member" },
	{ no_use, NIC, VDEV_CHECK_NETWORK, PASS, true, "" },
	{ address, NIC, VDEV_CHECK_NETWORK, REFUSE, true, "192.0.2.1/24" },
	{ address, DISK, VDEV_CHECK_NETWORK, PASS, true, "" },
	{ ssh, NIC, VDEV_CHECK_NETWORK, REFUSE, true, "1 SSH session" },
	{ default_route, NIC, VDEV_CHECK_NETWORK, REFUSE, true,
	  "default route" },
	{ bonded, NIC, VDEV_CHECK_NETWORK, REFUSE, true, "bond bond0" },
	{ vlan, NIC, VDEV_CHECK_NETWORK, REFUSE, true, "vlan eth0.7" },
	{ nothing, GPU, VDEV_CHECK_CONSOLE, PASS, true, "" },
	{ boot_vga, GPU, VDEV_CHECK_CONSOLE, REFUSE, true, "booted" },
	{ boot_framebuffer, GPU, VDEV_CHECK_CONSOLE, REFUSE, true, "BOOTFB" },
	{ text_console, GPU, VDEV_CHECK_CONSOLE, REFUSE, true, "fb0" },
	{ serial_console, USB, VDEV_CHECK_CONSOLE, REFUSE, true, "ttyS4" },
	{ display_open, GPU, VDEV_CHECK_CONSOLE, REFUSE, true,
	  "qemu (pid 812)" },
	{ display_open, GPU, VDEV_CHECK_BUSY, PASS, true, "" },
	{ live_vfs, NIC, VDEV_CHECK_VFS, REFUSE, true, "3 VFs" },
	{ disk_open, DISK, VDEV_CHECK_BUSY, REFUSE, true, "qemu (pid 812)" },
	{ disk_open, NIC, VDEV_CHECK_BUSY, PASS, true, "" },
	{ disk_open_in_chroot, DISK, VDEV_CHECK_BUSY, REFUSE, true, "qemu" },
	{ mdev_child, GPU, VDEV_CHECK_BUSY, REFUSE, true, "83b8f4f2" },
	{ nothing, BRIDGE, VDEV_CHECK_BRIDGE, REFUSE, false, "PCI bridge" },
	{ conventional, BEHIND, VDEV_CHECK_ALIAS, WARN, true, BRIDGE },
	{ nothing, NIC, VDEV_CHECK_ALIAS, PASS, true, "" },
	{ identity_mapping, NIC, VDEV_CHECK_RESERVED, WARN, true,
	  "0xcf000000-0xcf3fffff" },
	{ relaxable_mapping, NIC, VDEV_CHECK_RESERVED, PASS, true, "" },
	{ no_reset, NIC, VDEV_CHECK_RESET, WARN, true, "cannot be reset" },
	{ nothing, QAT, VDEV_CHECK_DENYLIST, REFUSE, true, "QAT C62x" },
	{ denylist_off, QAT, VDEV_CHECK_DENYLIST, WARN, true, "QAT C62x" },
	{ better_variant, DISK, VDEV_CHECK_VARIANT, PASS, true, "" },
	{ exposed_interrupts, NIC, VDEV_CHECK_INTERRUPTS, WARN, true,
	  "allow_unsafe_interrupts" },
	{ locked_down, NIC, VDEV_CHECK_INTERRUPTS, WARN, true, "[integrity]" },
	{ tpm, USB, VDEV_CHECK_MANAGEMENT, REFUSE, true, "TPM" },
	{ keyboard, USB, VDEV_CHECK_MANAGEMENT, REFUSE, true, "keyboard" },
	{ mouse, USB, VDEV_CHECK_MANAGEMENT, PASS, true, "" },
};

static struct vdev_ctx *captured(struct fakekernel *fk)
{
	struct vdev_ctx *ctx;

	assert_int_equal(vdev_ctx_new(&ctx), 0);
	assert_int_equal(vdev_ctx_set_root(ctx, fakekernel_root(fk)), 0);
	return ctx;
}

static struct vdev_plan *plan_for(struct vdev_ctx *ctx, const char *address)
{
	struct vdev_plan *plan;
	struct vdev_device *dev;

	assert_int_equal(vdev_plan_new(ctx, VDEV_ACTION_BIND, &plan), 0);
	assert_int_equal(vdev_device_find(ctx, address, &dev), 0);
	assert_int_equal(vdev_plan_add(plan, dev), 0);
	vdev_device_unref(dev);
	return plan;
}

/* The gravest finding of a check. */
static const struct vdev_finding *gravest(struct vdev_plan *plan,
					  enum vdev_check check)
{
	const struct vdev_finding *found = NULL, *f;

	for (size_t i = 0; (f = vdev_plan_finding(plan, i)); i++)
		if (vdev_finding_check(f) == check &&
		    (!found ||
		     vdev_finding_verdict(f) > vdev_finding_verdict(found)))
			found = f;
	return found;
}

static void run_case(size_t i)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = captured(fk);
	const struct vdev_finding *f;
	struct vdev_plan *plan;
	int ret;

	cases[i].set_up(fk);
	plan = plan_for(ctx, cases[i].address);
	ret = vdev_plan_check(plan);
	assert_true(!ret || ret == -EBUSY);
	f = gravest(plan, cases[i].check);
	assert_non_null(f);
	print_message("# %zu %s: %s\n", i, vdev_check_name(cases[i].check),
		      vdev_finding_detail(f));
	assert_int_equal(vdev_finding_verdict(f), cases[i].verdict);
	assert_int_equal(vdev_finding_forcible(f), cases[i].forcible);
	assert_non_null(strstr(vdev_finding_detail(f), cases[i].why));
	if (cases[i].verdict != PASS)
		assert_non_null(vdev_finding_source(f));
	if (cases[i].verdict == REFUSE)
		assert_int_equal(ret, -EBUSY);
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		run_case(i);
}

static void test_iommu(void **state)
{
	static const struct fake_device bare = {
		"0000:07:00.0", NULL, 0x8086, 0x10c9, 0x020000, NULL, 0
	};
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = captured(fk);
	struct vdev_plan *plan;

	(void)state;
	fakekernel_add_device(fk, &bare);
	plan = plan_for(ctx, bare.address);
	assert_int_equal(vdev_plan_check(plan), -EBUSY);
	assert_non_null(strstr(vdev_ctx_last_error(ctx), "no IOMMU"));
	fakekernel_write(
		fk, "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode",
		"Y\n");
	assert_int_equal(vdev_plan_check(plan), -EBUSY);
	assert_non_null(strstr(vdev_ctx_last_error(ctx), "all memory"));
	assert_int_equal(vdev_plan_force(plan, VDEV_CHECK_IOMMU), 0);
	assert_int_equal(vdev_plan_check(plan), 0);
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void test_variant(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = captured(fk);
	struct vdev_plan *plan;

	(void)state;
	better_variant(fk);
	plan = plan_for(ctx, NIC);
	assert_int_equal(vdev_plan_set_driver(plan, "vfio-pci"), 0);
	assert_int_equal(vdev_plan_check(plan), 0);
	assert_int_equal(
		vdev_finding_verdict(gravest(plan, VDEV_CHECK_VARIANT)), WARN);
	vdev_plan_set_purpose(plan, VDEV_PURPOSE_PASID);
	assert_int_equal(vdev_plan_check(plan), 0);
	assert_int_equal(
		vdev_finding_verdict(gravest(plan, VDEV_CHECK_VARIANT)), PASS);
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void test_require_reset(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = captured(fk);
	struct vdev_plan *plan;

	(void)state;
	no_reset(fk);
	plan = plan_for(ctx, NIC);
	assert_int_equal(vdev_plan_check(plan), 0);
	vdev_plan_require_reset(plan);
	assert_int_equal(vdev_plan_check(plan), -EBUSY);
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

/* A native driver's needs do not concern a device that leaves VFIO. */
static void test_other_target(void **state)
{
	struct fakekernel *fk = machine();
	struct vdev_ctx *ctx = captured(fk);
	struct vdev_plan *plan = plan_for(ctx, QAT);

	(void)state;
	assert_int_equal(vdev_plan_check(plan), -EBUSY);
	assert_int_equal(vdev_plan_set_driver(plan, "pci-stub"), 0);
	assert_int_equal(vdev_plan_check(plan), 0);
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void check_scenario(struct failnth *fail, void *data)
{
	struct vdev_ctx *ctx = fakekernel_ctx(data);
	struct vdev_plan *plan;
	int ret;

	plan = plan_for(ctx, DISK);
	failnth_start(fail, &ctx->sys);
	ret = vdev_plan_check(plan);
	failnth_stop(fail);
	if (!failnth_fired(fail))
		assert_int_equal(ret, -EBUSY);
	vdev_plan_free(plan);
	vdev_ctx_unref(ctx);
}

static void test_failing_calls(void **state)
{
	struct fakekernel *fk = machine();

	(void)state;
	mapped(fk);
	failnth_sweep(check_scenario, fk);
	fakekernel_free(fk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_iommu),
		cmocka_unit_test(test_variant),
		cmocka_unit_test(test_require_reset),
		cmocka_unit_test(test_other_target),
		cmocka_unit_test(test_failing_calls),
	};

	return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
