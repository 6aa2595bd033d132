/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libvdev/mdev.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "failnth.h"
#include "fakekernel.h"
#include "object/ctx.h"

#define PF	"0000:01:00.0"
#define VF	"0000:01:00.4"
#define DEVICES "/sys/bus/pci/devices/"
#define FOLDER	"/nvidia/"

static const char creatable[] = "ID    : vGPU Name\n"
				"1145  : NVIDIA L40S-1B\n"
				"1147  : NVIDIA L40S-1Q\n";

struct setup {
	struct fakekernel *fk;
	struct vdev_ctx *ctx;
	struct vdev_device *vf;
	struct vdev_mdev_config *config;
};

/* The type that the VF is of, and those it can be of. */
static void begin(struct setup *s, const char *current, const char *types)
{
	static const struct fake_device devices[] = {
		{ PF, NULL, 0x10de, 0x26b9, 0x030200, "nvidia", 1 },
		{ VF, NULL, 0x10de, 0x26b9, 0x030200, "nvidia", 2 },
	};

	s->fk = fakekernel_new();
	fakekernel_add_driver(s->fk, "nvidia", FAKE_PLAIN);
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		fakekernel_add_device(s->fk, &devices[i]);
	fakekernel_write(s->fk, DEVICES VF FOLDER "current_vgpu_type", "%s\n",
			 current);
	fakekernel_write(s->fk, DEVICES VF FOLDER "creatable_vgpu_types", "%s",
			 types);
	fakekernel_write(s->fk, DEVICES VF FOLDER "vgpu_params", "\n");
	s->ctx = fakekernel_ctx(s->fk);
	assert_int_equal(vdev_device_find(s->ctx, VF, &s->vf), 0);
	assert_int_equal(vdev_mdev_config_new(s->ctx, &s->config), 0);
	assert_int_equal(vdev_mdev_config_set_type(s->config, "1145"), 0);
}

static void end(struct setup *s)
{
	vdev_mdev_config_free(s->config);
	vdev_device_unref(s->vf);
	vdev_ctx_unref(s->ctx);
	fakekernel_free(s->fk);
}

static void assert_attr(const struct setup *s, const char *name,
			const char *expected)
{
	char path[256], text[64] = "";

	snprintf(path, sizeof(path), DEVICES VF FOLDER "%s", name);
	(void)vdev_sys_read_attr(&s->ctx->sys, VDEV_SYS_ROOT, path, text,
				 sizeof(text));
	assert_string_equal(text, expected);
}

static void test_types(void **state)
{
	const struct vdev_mdev_type *type;
	struct vdev_mdev_type_list *list;
	struct vdev_device *pf;
	char *current;
	struct setup s;

	(void)state;
	begin(&s, "0", creatable);
	assert_int_equal(vdev_vgpu_type_list_new(s.ctx, NULL, &list), 2);
	type = vdev_mdev_type_list_get(list, 1);
	assert_string_equal(vdev_mdev_type_parent(type), VF);
	assert_string_equal(vdev_mdev_type_id(type), "1147");
	assert_string_equal(vdev_mdev_type_name(type), "NVIDIA L40S-1Q");
	assert_string_equal(vdev_mdev_type_device_api(type), "vfio-pci");
	assert_null(vdev_mdev_type_description(type));
	assert_int_equal(vdev_mdev_type_available(type), 1);
	vdev_mdev_type_list_free(list);
	assert_int_equal(vdev_vgpu_type_list_new(s.ctx, s.vf, &list), 2);
	vdev_mdev_type_list_free(list);
	assert_int_equal(vdev_vgpu_type(s.vf, &current), 0);
	assert_int_equal(vdev_device_find(s.ctx, PF, &pf), 0);
	assert_int_equal(vdev_vgpu_type(pf, &current), -EOPNOTSUPP);
	assert_int_equal(vdev_vgpu_type_list_new(s.ctx, pf, &list),
			 -EOPNOTSUPP);
	assert_int_equal(vdev_vgpu_set(pf, s.config), -EOPNOTSUPP);
	assert_int_equal(vdev_vgpu_clear(pf, false), -EOPNOTSUPP);
	vdev_device_unref(pf);
	end(&s);
}

static void test_odd_types(void **state)
{
	static const struct {
		const char *text;
		int count;
	} cases[] = {
		{ "", 0 },
		{ "ID    : vGPU Name\n", 0 },
		{ "nothing\n:\n : x\nx:y\n", 0 },
		{ "7:seven", 1 },
		{ "\t7 :  a : b \n\n8:\n", 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vdev_mdev_type_list *list;
		struct setup s;

		begin(&s, "0", cases[i].text);
		assert_int_equal(vdev_vgpu_type_list_new(s.ctx, s.vf, &list),
				 cases[i].count);
		if (cases[i].count == 2)
			assert_string_equal(
				vdev_mdev_type_name(
					vdev_mdev_type_list_get(list, 0)),
				"a : b");
		vdev_mdev_type_list_free(list);
		end(&s);
	}
}

static void test_set(void **state)
{
	char *current = NULL;
	struct setup s;

	(void)state;
	begin(&s, "0", creatable);
	assert_int_equal(vdev_vgpu_clear(s.vf, false), -ENOENT);
	assert_int_equal(vdev_vgpu_check(s.vf, s.config), 0);
	assert_attr(&s, "current_vgpu_type", "0");
	vdev_mdev_config_add_attr(s.config, 0, "vgpu_params", "a=1");
	assert_int_equal(vdev_vgpu_set(s.vf, s.config), 0);
	assert_attr(&s, "current_vgpu_type", "1145");
	assert_attr(&s, "vgpu_params", "a=1");
	assert_int_equal(vdev_vgpu_type(s.vf, &current), 1);
	assert_string_equal(current, "1145");
	free(current);
	assert_int_equal(vdev_vgpu_set(s.vf, s.config), -EEXIST);
	assert_int_equal(vdev_vgpu_check(s.vf, s.config), -EEXIST);
	assert_int_equal(vdev_vgpu_clear(s.vf, false), 0);
	assert_attr(&s, "current_vgpu_type", "0");
	assert_int_equal(vdev_mdev_config_set_type(s.config, "NVIDIA L40S-1Q"),
			 0);
	assert_int_equal(vdev_vgpu_set(s.vf, s.config), 0);
	assert_attr(&s, "current_vgpu_type", "1147");
	end(&s);
}

static void test_refused(void **state)
{
	struct vdev_mdev_config *none;
	struct setup s;

	(void)state;
	begin(&s, "0", creatable);
	assert_int_equal(vdev_mdev_config_new(s.ctx, &none), 0);
	assert_int_equal(vdev_vgpu_set(s.vf, none), -EINVAL);
	vdev_mdev_config_free(none);
	fakekernel_fail_write(s.fk, 1, ENOSPC);
	assert_int_equal(vdev_vgpu_set(s.vf, s.config), -ENOSPC);
	assert_attr(&s, "current_vgpu_type", "0");
	/* An attribute is refused: nothing is left. */
	vdev_mdev_config_add_attr(s.config, 0, "vgpu_params", "bad");
	fakekernel_fail_write(s.fk, 2, EINVAL);
	assert_int_equal(vdev_vgpu_set(s.vf, s.config), -EINVAL);
	assert_non_null(strstr(vdev_ctx_last_error(s.ctx), "taken back"));
	assert_attr(&s, "current_vgpu_type", "0");
	vdev_mdev_config_add_attr(s.config, 0, "no_such", "1");
	assert_int_equal(vdev_vgpu_set(s.vf, s.config), -ENOENT);
	assert_attr(&s, "current_vgpu_type", "0");
	assert_int_equal(vdev_mdev_config_set_type(s.config, "1146"), 0);
	assert_int_equal(vdev_vgpu_set(s.vf, s.config), -ENOENT);
	assert_non_null(strstr(vdev_ctx_last_error(s.ctx), "type 1146"));
	end(&s);
	begin(&s, "0", "ID    : vGPU Name\n");
	assert_int_equal(vdev_vgpu_set(s.vf, s.config), -EUSERS);
	end(&s);
}

static void fail_set(struct failnth *fail, void *data)
{
	struct vdev_mdev_type_list *list = NULL;
	struct setup s;
	int ret;

	(void)data;
	begin(&s, "0", creatable);
	vdev_mdev_config_add_attr(s.config, 0, "vgpu_params", "a=1");
	failnth_start(fail, &s.ctx->sys);
	ret = vdev_vgpu_type_list_new(s.ctx, NULL, &list);
	if (ret >= 0)
		ret = vdev_vgpu_set(s.vf, s.config);
	if (!ret)
		ret = vdev_vgpu_clear(s.vf, false);
	failnth_stop(fail);
	vdev_mdev_type_list_free(list);
	assert_true(ret <= 0);
	if (!failnth_fired(fail))
		assert_int_equal(ret, 0);
	end(&s);
}

static void test_failures(void **state)
{
	(void)state;
	failnth_sweep(fail_set, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_odd_types),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
