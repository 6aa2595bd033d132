/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Parameters, versions and reloads by devlink. */

#include <libvdev/devlink.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "failnth.h"
#include "fakedevlink.h"
#include "fakemessage.h"
#include "kernel/abi/devlink.h"

enum { RUNTIME, DRIVERINIT, PERMANENT };

#define NUMBER(value)                               \
	{                                           \
		.there = true, .numbers = { value } \
	}

/* One of each type. */
static const struct fake_param all_params[] = {
	{ "u8", true, DEVLINK_VAR_ATTR_TYPE_U8,
	  .values = { [RUNTIME] = NUMBER(200) } },
	{ "u16", .type = DEVLINK_VAR_ATTR_TYPE_U16,
	  .values = { [DRIVERINIT] = NUMBER(50000) },
	  .defaults = { [DRIVERINIT] = NUMBER(7) } },
	{ "u32", .type = DEVLINK_VAR_ATTR_TYPE_U32,
	  .values = { NUMBER(1), NUMBER(4000000000), NUMBER(0) } },
	{ "u64", .type = DEVLINK_VAR_ATTR_TYPE_U64,
	  .values = { [PERMANENT] = NUMBER(UINT64_MAX) } },
	{ "flag", .type = DEVLINK_VAR_ATTR_TYPE_FLAG,
	  .values = { NUMBER(1), NUMBER(0) },
	  .defaults = { NUMBER(0), NUMBER(1) } },
	{ "text", .type = DEVLINK_VAR_ATTR_TYPE_STRING,
	  .values = { [RUNTIME] = { .there = true, .text = "smfs" } },
	  .defaults = { [RUNTIME] = { .there = true, .text = "dmfs" } } },
	{ "array", .type = DEVLINK_VAR_ATTR_TYPE_U64_ARRAY,
	  .values = { [DRIVERINIT] = { .there = true,
				       .numbers = { 1, UINT64_MAX, 0 },
				       .count = 3 } },
	  .defaults = { [DRIVERINIT] = { .there = true, .count = 1 } } },
	{ "newer", .type = 99, .values = { [RUNTIME] = NUMBER(5) } },
};

#define COUNT ARRAY_SIZE(all_params)

/* A test's own. */
static void add_params(struct fakedevlink *f, struct fake_param params[COUNT])
{
	memcpy(params, all_params, sizeof(all_params));
	f->params = params;
	f->param_count = COUNT;
}

static void is_text(const char *value, const char *wanted)
{
	if (wanted)
		assert_string_equal(value, wanted);
	else
		assert_null(value);
}

/* --- The list */

static void test_list(void **state)
{
	static const struct {
		const char *type;
		const char *values[DEVLINK_PARAM_MODES];
		const char *defaults[DEVLINK_PARAM_MODES];
	} wanted[COUNT] = {
		{ "u8", { "200" }, { NULL } },
		{ "u16", { NULL, "50000" }, { NULL, "7" } },
		{ "u32", { "1", "4000000000", "0" }, { NULL } },
		{ "u64", { NULL, NULL, "18446744073709551615" }, { NULL } },
		{ "bool", { "true", "false" }, { "false", "true" } },
		{ "string", { "smfs" }, { "dmfs" } },
		{ "u64-array",
		  { NULL, "1,18446744073709551615,0" },
		  { NULL, "0" } },
		{ NULL, { "5" }, { NULL } },
	};
	const char *const *modes = vdev_devlink_param_modes();
	struct fakedevlink_setup *s = *state;
	struct fake_param params[COUNT];
	struct vdev_devlink_param_list *list = NULL;

	add_params(&s->f, params);
	assert_int_equal(vdev_devlink_param_list_new(s->dl, &list), COUNT);
	assert_int_equal(vdev_devlink_param_list_count(list), COUNT);
	for (size_t i = 0; i < COUNT; i++) {
		assert_string_equal(vdev_devlink_param_name(list, i),
				    all_params[i].name);
		assert_int_equal(vdev_devlink_param_generic(list, i), !i);
		is_text(vdev_devlink_param_type(list, i), wanted[i].type);
		for (int j = 0; modes[j]; j++) {
			is_text(vdev_devlink_param_value(list, i, modes[j]),
				wanted[i].values[j]);
			is_text(vdev_devlink_param_default(list, i, modes[j]),
				wanted[i].defaults[j]);
		}
	}
	assert_null(vdev_devlink_param_name(list, COUNT));
	assert_null(vdev_devlink_param_type(list, COUNT));
	assert_false(vdev_devlink_param_generic(list, COUNT));
	assert_null(vdev_devlink_param_value(list, COUNT, "runtime"));
	assert_null(vdev_devlink_param_default(list, COUNT, "runtime"));
	assert_null(vdev_devlink_param_value(list, 0, "sometimes"));
	vdev_devlink_param_list_free(list);
	vdev_devlink_param_list_free(NULL);
}

static void test_no_params(void **state)
{
	struct fakedevlink_setup *s = *state;
	struct vdev_devlink_param_list *list = NULL;

	assert_int_equal(vdev_devlink_param_list_new(s->dl, &list), 0);
	vdev_devlink_param_list_free(list);
	s->f.no_params = true;
	assert_int_equal(vdev_devlink_param_list_new(s->dl, &list), 0);
	assert_int_equal(vdev_devlink_param_list_count(list), 0);
	vdev_devlink_param_list_free(list);
}

/* --- Answers that are not what they should be */

/* What a parameter has, by the size of its attributes; -1 for none. */
struct odd {
	bool nothing;
	int name;
	int type;
	int list;
	int mode;
	int data;
};

static void put_odd(struct message *m, int attr, const void *data, int size)
{
	if (size >= 0)
		message_put(m, attr, data, (size_t)size);
}

static void put_odd_param(struct message *m, const struct odd *odd)
{
	static const uint8_t zeros[16];
	const uint8_t type = DEVLINK_VAR_ATTR_TYPE_U32;
	struct nlattr *param, *list, *value;

	if (odd->nothing)
		return;
	param = message_put(m, DEVLINK_ATTR_PARAM, NULL, 0);
	put_odd(m, DEVLINK_ATTR_PARAM_NAME, "param", odd->name);
	put_odd(m, DEVLINK_ATTR_PARAM_TYPE, &type, odd->type);
	if (odd->list >= 0) {
		list = message_put(m, DEVLINK_ATTR_PARAM_VALUES_LIST, NULL, 0);
		value = message_put(m, DEVLINK_ATTR_PARAM_VALUE, NULL, 0);
		put_odd(m, DEVLINK_ATTR_PARAM_VALUE_CMODE, zeros, odd->mode);
		put_odd(m, DEVLINK_ATTR_PARAM_VALUE_DATA, zeros, odd->data);
		message_end_nest(m, value);
		message_end_nest(m, list);
	}
	message_end_nest(m, param);
}

static void start_odd(struct message *m, struct fakedevlink *f, uint8_t command)
{
	message_start(m, FAKE_FAMILY, command);
	message_put_text(m, DEVLINK_ATTR_BUS_NAME, f->bus);
	message_put_text(m, DEVLINK_ATTR_DEV_NAME, f->name);
	f->odd_command = command;
	f->odd = m->bytes + NLMSG_LENGTH(GENL_HDRLEN);
}

static void end_odd(struct message *m, struct fakedevlink *f)
{
	f->odd_size = message_head(m)->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN);
}

static void test_malformed(void **state)
{
	static const struct odd good = { false, 6, 1, 0, 1, 4 };
	static const struct odd odd[] = {
		{ .nothing = true },
		{ false, -1, 1, 0, 1, 4 }, /* no name */
		{ false, 5, 1, 0, 1, 4 },  /* a name without its end */
		{ false, 0, 1, 0, 1, 4 },  /* an empty one */
		{ false, 6, -1, 0, 1, 4 }, /* no type */
		{ false, 6, 0, 0, 1, 4 },  /* one of no byte */
		{ false, 6, 1, -1, 1, 4 }, /* no list */
		{ false, 6, 1, 0, -1, 4 }, /* no mode */
		{ false, 6, 1, 0, 0, 4 },  /* one of no byte */
		{ false, 6, 1, 0, 1, 0 },  /* numbers of odd sizes */
		{ false, 6, 1, 0, 1, 3 },
		{ false, 6, 1, 0, 1, 16 },
	};
	struct fakedevlink_setup *s = *state;
	struct vdev_devlink_param_list *list = NULL;
	struct message m;

	start_odd(&m, &s->f, DEVLINK_CMD_PARAM_GET);
	put_odd_param(&m, &good);
	end_odd(&m, &s->f);
	assert_int_equal(vdev_devlink_param_list_new(s->dl, &list), 1);
	assert_string_equal(vdev_devlink_param_value(list, 0, "runtime"), "0");
	vdev_devlink_param_list_free(list);
	list = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		start_odd(&m, &s->f, DEVLINK_CMD_PARAM_GET);
		put_odd_param(&m, &odd[i]);
		end_odd(&m, &s->f);
		assert_int_equal(vdev_devlink_param_list_new(s->dl, &list),
				 -EBADMSG);
		says(s->ctx, "cannot list its parameters: the kernel's answer "
			     "makes no sense");
	}
	assert_null(list);
}

/* A mode that is newer, and of one mode two values: the last one counts. */
static void test_modes(void **state)
{
	struct fakedevlink_setup *s = *state;
	struct vdev_devlink_param_list *list = NULL;
	struct nlattr *param, *values, *value;
	struct message m;

	start_odd(&m, &s->f, DEVLINK_CMD_PARAM_GET);
	param = message_put(&m, DEVLINK_ATTR_PARAM, NULL, 0);
	message_put_text(&m, DEVLINK_ATTR_PARAM_NAME, "param");
	message_put_bytes(&m, DEVLINK_ATTR_PARAM_TYPE, DEVLINK_VAR_ATTR_TYPE_U8,
			  1);
	values = message_put(&m, DEVLINK_ATTR_PARAM_VALUES_LIST, NULL, 0);
	for (uint64_t i = 0; i < 4; i++) {
		value = message_put(&m, DEVLINK_ATTR_PARAM_VALUE, NULL, 0);
		message_put_bytes(&m, DEVLINK_ATTR_PARAM_VALUE_CMODE,
				  i < 3 ? 1 : 3, 1);
		message_put_bytes(&m, DEVLINK_ATTR_PARAM_VALUE_DATA, i, 1);
		message_put_bytes(&m, DEVLINK_ATTR_PARAM_VALUE_DEFAULT, 9, 1);
		message_end_nest(&m, value);
	}
	message_end_nest(&m, values);
	message_end_nest(&m, param);
	end_odd(&m, &s->f);
	assert_int_equal(vdev_devlink_param_list_new(s->dl, &list), 1);
	assert_null(vdev_devlink_param_value(list, 0, "runtime"));
	assert_string_equal(vdev_devlink_param_value(list, 0, "driverinit"),
			    "2");
	assert_string_equal(vdev_devlink_param_default(list, 0, "driverinit"),
			    "9");
	vdev_devlink_param_list_free(list);
}

/* --- Setting */

static struct vdev_devlink_change *new_change(struct fakedevlink_setup *s)
{
	struct vdev_devlink_change *change;

	assert_int_equal(vdev_devlink_change_new(s->dl, &change), 0);
	return change;
}

static const struct {
	const char *name;
	const char *mode; /* NULL where there is but one */
	const char *value;
	const char *before;
	const char *kept; /* in one spelling; NULL for the same */
} wanted[] = {
	{ "u8", NULL, "0xff", "200", "255" },
	{ "u16", "driverinit", "65535", "50000", NULL },
	{ "u32", "permanent", "4294967295", "0", NULL },
	{ "u64", NULL, "0", "18446744073709551615", NULL },
	{ "flag", "runtime", "false", "true", NULL },
	{ "flag", "driverinit", "true", "false", NULL },
	{ "text", NULL, "hmfs", "smfs", NULL },
	{ "array", NULL, "0x10,2", "1,18446744073709551615,0", "16,2" },
};

static struct vdev_devlink_change *change_all(struct fakedevlink_setup *s)
{
	struct vdev_devlink_change *change = new_change(s);

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		assert_int_equal(vdev_devlink_change_set_param(
					 change, wanted[i].name, wanted[i].mode,
					 wanted[i].value),
				 0);
	return change;
}

static void test_set(void **state)
{
	struct fakedevlink_setup *s = *state;
	struct fake_param params[COUNT];
	struct vdev_devlink_change *change = change_all(s);

	add_params(&s->f, params);
	assert_int_equal(vdev_devlink_change_check(change), 0);
	assert_int_equal(s->f.sets, 0);
	assert_int_equal(vdev_devlink_change_run(change), 0);
	assert_int_equal(s->f.sets, ARRAY_SIZE(wanted));
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		is_outcome(change, i, VDEV_OUTCOME_DONE);
		assert_string_equal(vdev_devlink_change_name(change, i),
				    wanted[i].name);
		assert_string_equal(vdev_devlink_change_before(change, i),
				    wanted[i].before);
		assert_string_equal(vdev_devlink_change_value(change, i),
				    wanted[i].kept ? wanted[i].kept
						   : wanted[i].value);
		if (wanted[i].mode)
			assert_string_equal(vdev_devlink_change_mode(change, i),
					    wanted[i].mode);
	}
	assert_string_equal(vdev_devlink_change_mode(change, 3), "permanent");
	assert_null(vdev_devlink_change_mode(change, ARRAY_SIZE(wanted)));
	assert_true(params[3].values[PERMANENT].numbers[0] == 0);
	assert_int_equal(params[4].values[RUNTIME].count, 0);
	assert_int_equal(params[4].values[DRIVERINIT].count, 1);
	assert_string_equal(params[5].values[RUNTIME].text, "hmfs");
	assert_int_equal(params[6].values[DRIVERINIT].count, 2);
	assert_true(params[6].values[DRIVERINIT].numbers[0] == 16);
	assert_int_equal(vdev_devlink_change_run(change), 0);
	assert_int_equal(s->f.sets, ARRAY_SIZE(wanted));
	is_outcome(change, 0, VDEV_OUTCOME_UNCHANGED);
	vdev_devlink_change_free(change);
}

static void test_mistakes(void **state)
{
	static const struct {
		const char *name;
		const char *mode;
		const char *value;
		int error;
		const char *says;
	} bad[] = {
		{ "u8", NULL, "256", -EINVAL, "takes a number up to 255" },
		{ "u8", NULL, "", -EINVAL, "not ''" },
		{ "u8", NULL, "1,2", -EINVAL, "takes a number up to 255" },
		{ "u16", NULL, "65536", -EINVAL, "a number up to 65535" },
		{ "u32", "runtime", "4294967296", -EINVAL, "a number" },
		{ "u64", NULL, "18446744073709551616", -EINVAL, "a number" },
		{ "u64", NULL, "-1", -EINVAL, "a number" },
		{ "flag", "runtime", "on", -EINVAL, "takes true or false" },
		{ "array", NULL, "1,two", -EINVAL, "numbers with commas" },
		{ "array", NULL,
		  "1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,"
		  "0,1,2,3",
		  -EINVAL, "numbers with commas" },
		{ "newer", NULL, "1", -EINVAL, "what is not known here" },
		{ "u32", NULL, "1", -EINVAL,
		  "say which of runtime, driverinit, permanent" },
		{ "u8", "permanent", "1", -EOPNOTSUPP,
		  "u8 has no value in mode permanent, only in runtime" },
		{ "none", NULL, "1", -ENOENT, "there is no parameter none" },
	};
	struct fakedevlink_setup *s = *state;
	struct fake_param params[COUNT];
	struct vdev_devlink_change *change;
	char text[200];

	add_params(&s->f, params);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		change = new_change(s);
		assert_int_equal(
			vdev_devlink_change_set_param(
				change, bad[i].name, bad[i].mode, bad[i].value),
			0);
		assert_int_equal(vdev_devlink_change_run(change), bad[i].error);
		says(s->ctx, bad[i].says);
		vdev_devlink_change_free(change);
	}
	hints(s->ctx, "vdevctl devlink params " FAKE_DEVLINK);
	change = new_change(s);
	assert_int_equal(
		vdev_devlink_change_set_param(change, "u8", "sometimes", "1"),
		-EINVAL);
	says(s->ctx, "no mode 'sometimes'");
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(
		vdev_devlink_change_set_param(change, "text", NULL, text),
		-EINVAL);
	says(s->ctx, "the value of text is too long");
	vdev_devlink_change_free(change);
	assert_int_equal(s->f.sets, 0);
	assert_memory_equal(params, all_params, sizeof(params));
}

/* Each of them refused in turn: all before it are as they were. */
static void test_roll_back(void **state)
{
	struct fakedevlink_setup *s = *state;
	struct fake_param params[COUNT];
	struct vdev_devlink_change *change = change_all(s);

	for (unsigned int i = 0; i < ARRAY_SIZE(wanted); i++) {
		add_params(&s->f, params);
		s->f.refuse = i + 1;
		s->f.error = i % 2 ? ERANGE : EINVAL;
		s->f.why = i % 2 ? NULL : "Not for this board";
		assert_int_equal(vdev_devlink_change_run(change), -s->f.error);
		says(s->ctx, FAKE_DEVLINK ": cannot set ");
		says(s->ctx, wanted[i].name);
		says(s->ctx,
		     s->f.why ? "Not for this board" : strerror(s->f.error));
		assert_int_equal(vdev_ctx_last_kind(s->ctx), VDEV_ERROR_FAILED);
		is_outcome(change, i, VDEV_OUTCOME_FAILED);
		for (size_t j = 0; j < i; j++)
			is_outcome(change, j, VDEV_OUTCOME_ROLLED_BACK);
		for (size_t j = i + 1; j < ARRAY_SIZE(wanted); j++)
			is_outcome(change, j, VDEV_OUTCOME_NOT_TRIED);
		for (size_t j = 0; j < COUNT; j++)
			for (int k = 0; k < DEVLINK_PARAM_MODES; k++)
				assert_memory_equal(
					params[j].values[k].numbers,
					all_params[j].values[k].numbers,
					sizeof(uint64_t));
		assert_string_equal(params[5].values[RUNTIME].text, "smfs");
	}
	vdev_devlink_change_free(change);
}

/* What cannot be read as a whole cannot be put back. */
static void test_untold(void **state)
{
	struct fakedevlink_setup *s = *state;
	struct fake_param params[COUNT];
	struct vdev_devlink_change *change = new_change(s);

	add_params(&s->f, params);
	memset(params[5].values[RUNTIME].text, 'x', 150);
	assert_int_equal(
		vdev_devlink_change_set_param(change, "text", NULL, "hmfs"), 0);
	assert_int_equal(vdev_devlink_change_set_param(change, "u8", NULL, "1"),
			 0);
	s->f.refuse = 2;
	assert_int_equal(vdev_devlink_change_run(change), -EIO);
	says(s->ctx, "text stays hmfs, and cannot be put back: the driver did "
		     "not tell what it was");
	assert_int_equal(vdev_ctx_last_kind(s->ctx), VDEV_ERROR_ROLLBACK);
	assert_null(vdev_devlink_change_before(change, 0));
	is_outcome(change, 0, VDEV_OUTCOME_BROKEN);
	vdev_devlink_change_free(change);
}

static void test_deaf(void **state)
{
	struct fakedevlink_setup *s = *state;
	struct fake_param params[COUNT];
	struct vdev_devlink_change *change = new_change(s);

	add_params(&s->f, params);
	params[6].deaf = true;
	assert_int_equal(vdev_devlink_change_set_param(change, "u8", NULL, "1"),
			 0);
	assert_int_equal(
		vdev_devlink_change_set_param(change, "array", NULL, "4,5"), 0);
	assert_int_equal(vdev_devlink_change_run(change), -EIO);
	says(s->ctx, "cannot set array to 4,5: the driver took it, but says "
		     "1,18446744073709551615,0");
	says(s->ctx, "; u8 is 200 again");
	assert_true(params[0].values[RUNTIME].numbers[0] == 200);
	vdev_devlink_change_free(change);
}

/* --- What it is */

static struct devlink_version versions[] = {
	{ DEVLINK_VERSION_FIXED, "board.id", "7" },
	{ DEVLINK_VERSION_RUNNING, "fw.mgmt", "10.20.30" },
	{ DEVLINK_VERSION_STORED, "fw.mgmt", "" },
};
static struct devlink_reload reloads[] = {
	{ DEVLINK_RELOAD_ACTION_DRIVER_REINIT, 0, 3 },
	{ DEVLINK_RELOAD_ACTION_FW_ACTIVATE, DEVLINK_RELOAD_LIMIT_NO_RESET,
	  UINT32_MAX },
	{ 77, 78, 0 },
};
static const struct devlink_info full_info = {
	.driver = "igb",
	.serial = "S1",
	.board_serial = "B2",
	.versions = versions,
	.version_count = ARRAY_SIZE(versions),
	.reload_failed = 1,
	.reloads = reloads,
	.reload_count = ARRAY_SIZE(reloads),
};

static void test_info(void **state)
{
	static const char *const kinds[] = { "fixed", "running", "stored" };
	struct fakedevlink_setup *s = *state;
	struct vdev_devlink_info *info = NULL;
	const char *kind, *name, *value;
	uint32_t count;

	s->f.info = full_info;
	assert_int_equal(vdev_devlink_info_new(s->dl, &info), 0);
	assert_string_equal(vdev_devlink_info_driver(info), "igb");
	assert_string_equal(vdev_devlink_info_serial(info), "S1");
	assert_string_equal(vdev_devlink_info_board_serial(info), "B2");
	assert_int_equal(vdev_devlink_info_reload_failed(info), 1);
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		assert_int_equal(vdev_devlink_info_version(info, i, &kind,
							   &name, &value),
				 0);
		assert_string_equal(kind, kinds[i]);
		assert_string_equal(name, versions[i].name);
		assert_string_equal(value, versions[i].value);
	}
	assert_int_equal(
		vdev_devlink_info_version(info, 3, &kind, &name, &value),
		-ENODATA);
	assert_int_equal(
		vdev_devlink_info_reload(info, 0, &kind, &name, &count), 0);
	assert_string_equal(kind, "driver-reinit");
	assert_null(name);
	assert_int_equal(count, 3);
	assert_int_equal(
		vdev_devlink_info_reload(info, 1, &kind, &name, &count), 0);
	assert_string_equal(kind, "fw-activate");
	assert_string_equal(name, "no-reset");
	assert_true(count == UINT32_MAX);
	assert_int_equal(
		vdev_devlink_info_reload(info, 2, &kind, &name, &count), 0);
	assert_null(kind);
	assert_null(name);
	assert_int_equal(
		vdev_devlink_info_reload(info, 3, &kind, &name, &count),
		-ENODATA);
	vdev_devlink_info_free(info);
	vdev_devlink_info_free(NULL);
}

/* A driver that tells nothing, and one that cannot be asked. */
static void test_no_info(void **state)
{
	struct fakedevlink_setup *s = *state;
	struct vdev_devlink_info *info = NULL;
	const char *a, *b;
	uint32_t count;

	s->f.info_error = EOPNOTSUPP;
	assert_int_equal(vdev_devlink_info_new(s->dl, &info), 0);
	assert_null(vdev_devlink_info_driver(info));
	assert_null(vdev_devlink_info_serial(info));
	assert_null(vdev_devlink_info_board_serial(info));
	assert_int_equal(vdev_devlink_info_reload_failed(info), -ENODATA);
	assert_int_equal(vdev_devlink_info_reload(info, 0, &a, &b, &count),
			 -ENODATA);
	vdev_devlink_info_free(info);
	info = NULL;
	s->f.info = full_info;
	s->f.info_error = EPERM;
	assert_int_equal(vdev_devlink_info_new(s->dl, &info), -EPERM);
	says(s->ctx, "cannot read what it is: that needs CAP_NET_ADMIN");
	s->f.name = "0000:02:00.0";
	assert_int_equal(vdev_devlink_info_new(s->dl, &info), -ENODEV);
	assert_null(info);
}

static void put_odd_state(struct message *m, int action, int stats, int limit)
{
	static const uint8_t zeros[4];
	struct nlattr *all = message_put(m, DEVLINK_ATTR_DEV_STATS, NULL, 0);
	struct nlattr *list =
		message_put(m, DEVLINK_ATTR_RELOAD_STATS, NULL, 0);
	struct nlattr *info =
		message_put(m, DEVLINK_ATTR_RELOAD_ACTION_INFO, NULL, 0);
	struct nlattr *nest, *entry;

	put_odd(m, DEVLINK_ATTR_RELOAD_ACTION, zeros, action);
	if (stats >= 0) {
		nest = message_put(m, DEVLINK_ATTR_RELOAD_ACTION_STATS, NULL,
				   0);
		/* What is not known is passed over. */
		message_put(m, DEVLINK_ATTR_RELOAD_STATS_VALUE, zeros, 1);
		entry = message_put(m, DEVLINK_ATTR_RELOAD_STATS_ENTRY, NULL,
				    0);
		put_odd(m, DEVLINK_ATTR_RELOAD_STATS_LIMIT, zeros, limit);
		message_end_nest(m, entry);
		message_end_nest(m, nest);
	}
	message_end_nest(m, info);
	message_end_nest(m, list);
	message_end_nest(m, all);
}

static void test_malformed_info(void **state)
{
	static const struct {
		int action;
		int stats;
		int limit;
		int ret;
	} odd[] = {
		{ 1, 0, 1, 0 },		{ 1, 0, -1, 0 },
		{ -1, 0, 1, -EBADMSG }, { 0, 0, 1, -EBADMSG },
		{ 1, -1, 1, -EBADMSG }, { 1, 0, 0, -EBADMSG },
	};
	struct fakedevlink_setup *s = *state;
	struct vdev_devlink_info *info = NULL;
	struct nlattr *nest;
	struct message m;

	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		start_odd(&m, &s->f, DEVLINK_CMD_GET);
		put_odd_state(&m, odd[i].action, odd[i].stats, odd[i].limit);
		end_odd(&m, &s->f);
		assert_int_equal(vdev_devlink_info_new(s->dl, &info),
				 odd[i].ret);
		vdev_devlink_info_free(info);
		info = NULL;
	}
	/* Behind a version that is right, one whose name has no end. */
	start_odd(&m, &s->f, DEVLINK_CMD_INFO_GET);
	for (size_t i = 5; i >= 4; i--) {
		nest = message_put(&m, DEVLINK_ATTR_INFO_VERSION_FIXED, NULL,
				   0);
		message_put(&m, DEVLINK_ATTR_INFO_VERSION_NAME, "name", i);
		message_end_nest(&m, nest);
	}
	end_odd(&m, &s->f);
	assert_int_equal(vdev_devlink_info_new(s->dl, &info), -EBADMSG);
	says(s->ctx, "makes no sense");
	assert_null(info);
}

/* --- Reload */

static void test_reload(void **state)
{
	struct fakedevlink_setup *s = *state;
	struct fake_param params[COUNT];
	struct vdev_devlink_change *change = new_change(s);

	add_params(&s->f, params);
	s->f.performed = 1U << DEVLINK_RELOAD_ACTION_DRIVER_REINIT |
			 1U << DEVLINK_RELOAD_ACTION_FW_ACTIVATE;
	assert_int_equal(
		vdev_devlink_change_set_param(change, "u16", NULL, "8"), 0);
	assert_int_equal(vdev_devlink_change_reload(change, "restart", NULL),
			 -EINVAL);
	says(s->ctx, "a reload has no action 'restart'");
	assert_int_equal(
		vdev_devlink_change_reload(change, "fw-activate", "gently"),
		-EINVAL);
	says(s->ctx, "a reload has no limit 'gently'");
	assert_int_equal(
		vdev_devlink_change_reload(change, "fw-activate", "no-reset"),
		0);
	assert_int_equal(
		vdev_devlink_change_reload(change, "driver-reinit", NULL),
		-EINVAL);
	says(s->ctx, "nothing can follow a reload");
	assert_int_equal(vdev_devlink_change_set_param(change, "u8", NULL, "8"),
			 -EINVAL);
	assert_int_equal(
		vdev_devlink_change_set(change, VDEV_ESWITCH_MODE, "switchdev"),
		-EINVAL);
	assert_int_equal(vdev_devlink_change_run(change), 0);
	assert_int_equal(s->f.action, DEVLINK_RELOAD_ACTION_FW_ACTIVATE);
	assert_int_equal(s->f.limits, 1U << DEVLINK_RELOAD_LIMIT_NO_RESET);
	assert_int_equal(vdev_devlink_change_count(change), 2);
	assert_string_equal(vdev_devlink_change_name(change, 1), "reload");
	assert_string_equal(vdev_devlink_change_value(change, 1),
			    "fw-activate");
	assert_string_equal(vdev_devlink_change_reason(change, 1),
			    "performed driver-reinit fw-activate");
	assert_null(vdev_devlink_change_mode(change, 1));
	is_outcome(change, 1, VDEV_OUTCOME_DONE);

	/* Once more: the parameter is as it shall be, and it does nothing. */
	s->f.performed = 0;
	assert_int_equal(vdev_devlink_change_run(change), 0);
	is_outcome(change, 0, VDEV_OUTCOME_UNCHANGED);
	assert_string_equal(vdev_devlink_change_reason(change, 1),
			    "performed nothing");
	vdev_devlink_change_free(change);
}

static void test_reload_refused(void **state)
{
	static const struct {
		int error;
		const char *why;
		const char *says;
		enum vdev_error_kind kind;
	} cases[] = {
		{ EOPNOTSUPP, NULL, "", VDEV_ERROR_NOT_SUPPORTED },
		{ EOPNOTSUPP, "Requested limit is not supported",
		  "Requested limit is not supported",
		  VDEV_ERROR_NOT_SUPPORTED },
		{ EBUSY, NULL, "it is in use", VDEV_ERROR_IN_USE },
		{ EIO, "The driver is down", "The driver is down",
		  VDEV_ERROR_FAILED },
	};
	struct fakedevlink_setup *s = *state;
	struct fake_param params[COUNT];
	struct vdev_devlink_change *change = new_change(s);

	assert_int_equal(
		vdev_devlink_change_set_param(change, "u16", NULL, "8"), 0);
	assert_int_equal(
		vdev_devlink_change_reload(change, "driver-reinit", NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		add_params(&s->f, params);
		s->f.refuse = 2;
		s->f.error = cases[i].error;
		s->f.why = cases[i].why;
		assert_int_equal(vdev_devlink_change_run(change),
				 -cases[i].error);
		says(s->ctx, "cannot reload by driver-reinit: ");
		says(s->ctx, cases[i].says);
		says(s->ctx, "; u16 is 50000 again");
		hints(s->ctx, "devlink show " FAKE_DEVLINK);
		assert_int_equal(vdev_ctx_last_kind(s->ctx), cases[i].kind);
		is_outcome(change, 0, VDEV_OUTCOME_ROLLED_BACK);
		is_outcome(change, 1, VDEV_OUTCOME_FAILED);
		assert_true(params[1].values[DRIVERINIT].numbers[0] == 50000);
	}
	vdev_devlink_change_free(change);
}

/* An answer to the reload that makes no sense came after it was done. */
static void test_reload_malformed(void **state)
{
	struct fakedevlink_setup *s = *state;
	struct vdev_devlink_change *change = new_change(s);
	struct message m;

	assert_int_equal(
		vdev_devlink_change_reload(change, "driver-reinit", NULL), 0);
	start_odd(&m, &s->f, DEVLINK_CMD_RELOAD);
	message_put_bytes(&m, DEVLINK_ATTR_RELOAD_ACTIONS_PERFORMED, 1, 4);
	end_odd(&m, &s->f);
	assert_int_equal(vdev_devlink_change_run(change), -EBADMSG);
	says(s->ctx, "makes no sense");
	start_odd(&m, &s->f, DEVLINK_CMD_RELOAD);
	end_odd(&m, &s->f);
	assert_int_equal(vdev_devlink_change_run(change), 0);
	assert_string_equal(vdev_devlink_change_reason(change, 0),
			    "performed nothing");
	vdev_devlink_change_free(change);
}

/* --- Failures of any call */

static void read_once(struct failnth *fail, void *data)
{
	struct fake_param params[COUNT];
	struct fakedevlink f;
	struct fakekernel *fk = fakedevlink_machine(&f);
	struct vdev_ctx *ctx = fakekernel_ctx(fk);
	struct vdev_devlink_param_list *list = NULL;
	struct vdev_devlink_info *info = NULL;
	struct vdev_devlink *dl = NULL;
	int ret;

	(void)data;
	add_params(&f, params);
	f.info = full_info;
	failnth_start(fail, &ctx->sys);
	ret = vdev_devlink_new(ctx, FAKE_PF, &dl);
	if (!ret)
		ret = vdev_devlink_info_new(dl, &info);
	if (!ret)
		ret = vdev_devlink_param_list_new(dl, &list);
	failnth_stop(fail);
	if (!failnth_fired(fail))
		assert_int_equal(ret, COUNT);
	/* The list is whole. */
	if (ret > 0)
		assert_string_equal(
			vdev_devlink_param_value(list, 6, "driverinit"),
			"1,18446744073709551615,0");
	else
		assert_null(list);
	vdev_devlink_param_list_free(list);
	vdev_devlink_info_free(info);
	vdev_devlink_free(dl);
	vdev_ctx_unref(ctx);
	fakekernel_free(fk);
}

static void change_once(struct failnth *fail, void *data)
{
	struct fake_param params[COUNT];
	struct fakedevlink_setup *s = data;
	struct vdev_devlink_change *change = NULL;
	int ret;

	add_params(&s->f, params);
	failnth_start(fail, &s->ctx->sys);
	ret = vdev_devlink_change_new(s->dl, &change);
	if (!ret)
		ret = vdev_devlink_change_set_param(change, "text", NULL,
						    "hmfs");
	if (!ret)
		ret = vdev_devlink_change_set_param(change, "array", NULL,
						    "3,4");
	if (!ret)
		ret = vdev_devlink_change_reload(change, "driver-reinit",
						 "no-reset");
	if (!ret)
		ret = vdev_devlink_change_run(change);
	failnth_stop(fail);
	if (!failnth_fired(fail))
		assert_int_equal(ret, 0);
	/* All of it or nothing, unless it says otherwise. */
	if (!ret) {
		assert_string_equal(params[5].values[RUNTIME].text, "hmfs");
		assert_int_equal(params[6].values[DRIVERINIT].count, 2);
	} else if (vdev_ctx_last_kind(s->ctx) != VDEV_ERROR_ROLLBACK) {
		assert_string_equal(params[5].values[RUNTIME].text, "smfs");
		assert_int_equal(params[6].values[DRIVERINIT].count, 3);
	}
	vdev_devlink_change_free(change);
}

static void test_failures(void **state)
{
	failnth_sweep(read_once, NULL);
	failnth_sweep(change_once, *state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKEDEVLINK_TEST(test_list),
		FAKEDEVLINK_TEST(test_no_params),
		FAKEDEVLINK_TEST(test_malformed),
		FAKEDEVLINK_TEST(test_modes),
		FAKEDEVLINK_TEST(test_set),
		FAKEDEVLINK_TEST(test_mistakes),
		FAKEDEVLINK_TEST(test_roll_back),
		FAKEDEVLINK_TEST(test_untold),
		FAKEDEVLINK_TEST(test_deaf),
		FAKEDEVLINK_TEST(test_info),
		FAKEDEVLINK_TEST(test_no_info),
		FAKEDEVLINK_TEST(test_malformed_info),
		FAKEDEVLINK_TEST(test_reload),
		FAKEDEVLINK_TEST(test_reload_refused),
		FAKEDEVLINK_TEST(test_reload_malformed),
		FAKEDEVLINK_TEST(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
