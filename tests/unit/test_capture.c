/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libvdev/capture.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "failnth.h"
#include "object/driver.h"
#include "object/names.h"
#include "tree.h"

#define NIC  "0000:01:00.0"
#define DISK "0000:02:00.0"

/* The paths of a capture, a line each. */
static int take(void *data, const struct vdev_capture_entry *entry)
{
	strbuf_addf(data, "%s\n", entry->path);
	return 0;
}

static char *capture(struct vdev_ctx *ctx)
{
	struct strbuf b = { 0 };

	assert_true(vdev_capture(ctx, false, take, &b) > 0);
	return strbuf_finish(&b);
}

static unsigned int count(const char *text, const char *line)
{
	unsigned int found = 0;

	for (; (text = strstr(text, line)); text++)
		found++;
	return found;
}

static struct tree *two_devices(void)
{
	struct tree *t = tree_new();

	tree_pci(t, "pci0000:00", NIC, 0x8086, 0x10c9, 0x020000);
	tree_pci(t, "pci0000:00", DISK, 0x1b36, 0x0010, 0x010802);
	tree_file(t, "/proc/mounts", "");
	tree_file(t, "/proc/swaps", "Filename Type Size Used Priority\n");
	return t;
}

static void test_of_a_capture(void **state)
{
	struct tree *t = two_devices();
	struct vdev_ctx *ctx = tree_ctx(t);
	char *text;

	(void)state;
	tree_file(t, VDEV_NAMES_FILE, "");
	tree_file(t, "/.vdev/network", "");
	text = capture(ctx);
	assert_int_equal(count(text, ".vdev\n"), 1);
	assert_int_equal(count(text, ".vdev/names\n"), 1);
	assert_int_equal(count(text, ".vdev/network\n"), 1);
	free(text);
	vdev_ctx_unref(ctx);
	tree_free(t);
}

static void captured_in_spite(struct failnth *fail, void *data)
{
	struct vdev_ctx *ctx = tree_ctx(data);
	struct strbuf b = { 0 };
	int ret;

	failnth_start(fail, &ctx->sys);
	ret = vdev_capture(ctx, false, take, &b);
	failnth_stop(fail);
	assert_true(ret > 0 || (failnth_fired(fail) && ret < 0));
	strbuf_clear(&b);
	vdev_ctx_unref(ctx);
}

/* A device whose files cannot be read takes nothing from the others. */
static void test_failures(void **state)
{
	struct tree *t = two_devices();
	struct vdev_ctx *ctx = tree_ctx(t);
	char *text;

	(void)state;
	tree_dir(t, "/sys/devices/pci0000:00/" NIC "/config");
	text = capture(ctx);
	assert_true(count(text, DISK "/modalias\n") > 0);
	free(text);
	vdev_ctx_unref(ctx);
	failnth_sweep(captured_in_spite, t);
	tree_free(t);
}

/* modprobe would load it here, where nobody asked for it. */
static void test_no_driver_for_another_machine(void **state)
{
	struct tree *t = two_devices();
	struct vdev_ctx *ctx = tree_ctx(t);
	char name[DRIVER_NAME_SIZE] = "vfio-pci";

	(void)state;
	assert_int_equal(driver_load(ctx, name), -EOPNOTSUPP);
	assert_non_null(
		strstr(vdev_ctx_last_error(ctx), "is not the running system"));
	vdev_ctx_unref(ctx);
	tree_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of_a_capture),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_no_driver_for_another_machine),
	};

	return cmocka_run_group_tests_name("capture", tests, NULL, NULL);
}
