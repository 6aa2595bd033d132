/* SPDX-License-Identifier: GPL-2.0-or-later */

/* vdevctl token: VF tokens made, set, checked and stored. */

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app.h"
#include "open.h"
#include "root.h"
#include "secret.h"

/* --- What commands print */

static json_object *describe(const struct app *app, const char *address,
			     int checked)
{
	json_object *o = json_object_new_object();

	output_add(o, "action", output_string(app->args.command->verb));
	output_add(o, "address", output_string(address));
	output_add(o, "dry_run", json_object_new_boolean(app->dry_run));
	output_add(o, "checked_by_cdev", output_flag(checked));
	return o;
}

static void report(struct app *app, const char *address, int checked,
		   const char *text)
{
	_auto_json_ json_object *o = describe(app, address, checked);

	if (app->json)
		output_document(app->out.stream, o);
	else if (!app->quiet)
		fprintf(app->out.stream, "%s: %s\n", address,
			app->dry_run ? "not changed" : text);
	if (!checked)
		app_warn(app,
			 "warning: this kernel checks no VF tokens by cdev: "
			 "who may open /dev/vfio/devices needs none (Linux "
			 "6.17 checks them)");
}

/* --- token generate */

static int write_token(struct app *app, const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool failed;

	if (fd < 0)
		return app_fail(app,
				errno == EACCES || errno == EROFS
					? VDEV_ERROR_PERMISSION
					: VDEV_ERROR_FAILED,
				"cannot make %s: %s", file, strerror(errno));
	failed = dprintf(fd, "%s\n", text) < 0 || fsync(fd);
	if (!close(fd) && !failed)
		return 0;
	unlink(file);
	return app_fail(app, VDEV_ERROR_FAILED, "cannot write %s: %s", file,
			strerror(errno));
}

/* The one place where a token is shown: it is what was asked for. */
static void print_token(struct app *app, const char *file, const char *text)
{
	_auto_json_ json_object *o = NULL;

	if (!app->json) {
		if (!file)
			fprintf(app->out.stream, "%s\n", text);
		return;
	}
	o = json_object_new_object();
	output_add(o, "token", output_string(file ? NULL : text));
	output_add(o, "file", output_string(file));
	output_document(app->out.stream, o);
}

int token_generate(struct app *app)
{
	const char *file = option_value(app, "output");
	char text[VDEV_VF_TOKEN_TEXT];
	int ret = 0;

	secret_hide();
	if (vdev_vf_token_new(app->ctx, &app->token) ||
	    vdev_vf_token_generate(app->ctx, app->token))
		return app_fail_ctx(app);
	vdev_vf_token_format(app->token, text);
	if (file && !app->dry_run)
		ret = write_token(app, file, text);
	if (!ret)
		print_token(app, file, text);
	explicit_bzero(text, sizeof(text));
	return ret;
}

/* --- token set, token check */

static int check_unused(struct app *app, struct vdev_device *dev)
{
	_auto_free_ char *users = NULL;
	int ret = vdev_device_users(dev, &users);

	if (ret < 0)
		return app_fail_ctx(app);
	if (!ret)
		return 0;
	app_fail(app, VDEV_ERROR_IN_USE, "%s is open in %s",
		 vdev_device_address(dev), users);
	return app_hint(app, "this would open and so reset the device: only "
			     "who has it open can do that now");
}

/* A PF takes its VFs down with it, and keeps its token while one is open. */
static int check_vfs_unused(struct app *app, struct vdev_device *pf)
{
	const char *const *vfs = vdev_device_virtfns(pf);

	for (size_t i = 0; vfs && vfs[i]; i++) {
		struct vdev_device *vf;
		int ret;

		if (vdev_device_find(app->ctx, vfs[i], &vf))
			continue;
		ret = check_unused(app, vf);
		vdev_device_unref(vf);
		if (ret)
			return ret;
	}
	return 0;
}

static int check_sriov(struct app *app, struct vdev_device *dev)
{
	if (vdev_device_physfn(dev) || vdev_device_sriov_totalvfs(dev) >= 0)
		return 0;
	return app_fail(app, VDEV_ERROR_NOT_SUPPORTED,
			"%s has no VF token: it is neither a PF with VFs nor "
			"a VF",
			vdev_device_address(dev));
}

static int check_pf(struct app *app, struct vdev_device *dev)
{
	const char *physfn = vdev_device_physfn(dev);
	const char *address = vdev_device_address(dev);

	if (physfn) {
		app_fail(app, VDEV_ERROR_INVALID,
			 "%s is a VF, which has the token of its PF %s",
			 address, physfn);
		return app_hint(app, "vdevctl token set %s", physfn);
	}
	if (check_sriov(app, dev) || check_unused(app, dev))
		return -1;
	return check_vfs_unused(app, dev);
}

static int check_vf(struct app *app, struct vdev_device *dev)
{
	if (!vdev_device_physfn(dev)) {
		app_fail(
			app, VDEV_ERROR_INVALID,
			"%s is no VF: opening a PF with a token does not check "
			"it, but sets it",
			vdev_device_address(dev));
		return app_hint(app, "check it with one of the VFs");
	}
	return check_unused(app, dev);
}

/* Whether the kernel checks tokens by cdev: 1, 0, or -1 if it is not known. */
static int ask_checked(struct vdev_device *dev)
{
	int ret = vdev_device_vf_token_checked(dev);

	return ret < 0 ? -1 : ret;
}

/* By cdev an older kernel takes a token only from one who has the PF open. */
static int open_and_set(struct app *app, struct vdev_device *dev,
			const struct vdev_vf_token *token, int checked)
{
	_auto_opened_ struct opened o = { .dev = vdev_device_ref(dev) };
	bool late = false;

	if (!checked)
		late = open_is_by_cdev(app, dev, token);
	if (open_with_token(app, dev, late ? NULL : token, &o.iommu, &o.file))
		return -1;
	if (late && vdev_file_set_vf_token(o.file, token))
		return app_fail_ctx(app);
	return 0;
}

static int set_token(struct app *app, struct vdev_device *dev)
{
	const struct vdev_vf_token *token;
	int checked;

	if (open_check_driver(app, dev) || check_pf(app, dev) ||
	    secret_demand(app, dev, &token))
		return -1;
	checked = ask_checked(dev);
	if (!app->dry_run && open_and_set(app, dev, token, checked))
		return -1;
	report(app, vdev_device_address(dev), checked, "VF token set");
	return 0;
}

static int check_token(struct app *app, struct vdev_device *dev)
{
	_auto_opened_ struct opened o = { .dev = vdev_device_ref(dev) };
	const struct vdev_vf_token *token;

	if (open_check_driver(app, dev) || check_vf(app, dev) ||
	    secret_demand(app, dev, &token))
		return -1;
	if (!app->dry_run &&
	    open_with_token(app, dev, token, &o.iommu, &o.file))
		return -1;
	report(app, vdev_device_address(dev), ask_checked(dev),
	       "the VF token is right");
	return 0;
}

static int with_operand(struct app *app,
			int (*fn)(struct app *app, struct vdev_device *dev))
{
	struct vdev_device *dev;
	int ret;

	if (vdev_device_find(app->ctx, app->args.operands[0], &dev))
		return app_fail_ctx(app);
	ret = fn(app, dev);
	vdev_device_unref(dev);
	return ret;
}

int token_set(struct app *app)
{
	return with_operand(app, set_token);
}

int token_check(struct app *app)
{
	return with_operand(app, check_token);
}

/* --- token state */

static int show_state(struct app *app, struct vdev_device *dev)
{
	_auto_json_ json_object *o = NULL;
	const char *address = vdev_device_address(dev), *name;
	int demand;

	if (open_check_driver(app, dev))
		return -1;
	demand = vdev_device_vf_token_demand(dev);
	if (demand < 0)
		return app_fail_ctx(app);
	name = vdev_vf_token_demand_name((enum vdev_vf_token_demand)demand);
	if (!app->json) {
		fprintf(app->out.stream, "%s: %s\n", address, name);
		return 0;
	}
	o = json_object_new_object();
	output_add(o, "address", output_string(address));
	output_add(o, "state", output_string(name));
	output_document(app->out.stream, o);
	return 0;
}

int token_state(struct app *app)
{
	return with_operand(app, show_state);
}

/* --- token store, token forget, token list */

static int make_token(struct app *app, const struct vdev_vf_token **ret)
{
	if (secret_given(app))
		return app_fail(app, VDEV_ERROR_INVALID,
				"either --generate or a token, not both");
	secret_hide();
	if (vdev_vf_token_new(app->ctx, &app->token) ||
	    vdev_vf_token_generate(app->ctx, app->token))
		return app_fail_ctx(app);
	*ret = app->token;
	return 0;
}

static const char *owner_address(struct vdev_device *dev)
{
	const char *physfn = vdev_device_physfn(dev);

	return physfn ? physfn : vdev_device_address(dev);
}

static int store_token(struct app *app, struct vdev_device *dev)
{
	const struct vdev_vf_token *token = NULL;

	if (root_refuse_captured(app) || check_sriov(app, dev))
		return -1;
	if (option_given(app, "generate") ? make_token(app, &token)
					  : secret_demand(app, dev, &token))
		return -1;
	if (!app->dry_run && vdev_vf_token_store(dev, token))
		return app_fail_ctx(app);
	report(app, owner_address(dev), -1, "VF token stored");
	return 0;
}

int token_store(struct app *app)
{
	return with_operand(app, store_token);
}

/* A device that is gone is named by its address only. */
int token_forget(struct app *app)
{
	_auto_free_ char *address = x_strdup(app->args.operands[0]);
	struct vdev_device *dev;

	if (root_refuse_captured(app))
		return -1;
	if (!vdev_device_find(app->ctx, address, &dev)) {
		free(address);
		address = x_strdup(owner_address(dev));
		vdev_device_unref(dev);
	}
	if (!app->dry_run && vdev_vf_token_forget(app->ctx, address))
		return app_fail_ctx(app);
	report(app, address, -1, "VF token forgotten");
	return 0;
}

static json_object *describe_stored(const struct vdev_vf_token_list *list,
				    size_t i)
{
	json_object *o = json_object_new_object();
	int vendor = vdev_vf_token_list_vendor_id(list, i);
	int device = vdev_vf_token_list_device_id(list, i);
	int state = vdev_vf_token_list_state(list, i);

	output_add(o, "address",
		   output_string(vdev_vf_token_list_address(list, i)));
	output_add(o, "vendor_id",
		   vendor < 0 ? NULL : output_hex((uint64_t)vendor, 4));
	output_add(o, "device_id",
		   device < 0 ? NULL : output_hex((uint64_t)device, 4));
	output_add(o, "serial",
		   output_string(vdev_vf_token_list_serial(list, i)));
	output_add(o, "state",
		   output_string(vdev_vf_token_state_name(
			   (enum vdev_vf_token_state)state)));
	return o;
}

static enum style style_state(json_object *value)
{
	return str_eq(json_object_get_string(value), "usable") ? STYLE_GOOD
							       : STYLE_WARN;
}

static const struct column columns[] = {
	{ "ADDRESS", NULL, false },	 { "VENDOR", NULL, false },
	{ "DEVICE", NULL, false },	 { "SERIAL", NULL, false },
	{ "STATE", style_state, false },
};

static const char *const keys[] = { "address", "vendor_id", "device_id",
				    "serial", "state" };

int token_list(struct app *app)
{
	_auto_json_ json_object *array = json_object_new_array();
	struct vdev_vf_token_list *list;
	int count;

	if (option_check_header(app))
		return -1;
	count = vdev_vf_token_list_new(app->ctx, &list);
	if (count < 0)
		return app_fail_ctx(app);
	for (size_t i = 0; i < (size_t)count; i++)
		json_object_array_add(array, describe_stored(list, i));
	vdev_vf_token_list_free(list);
	app_print_list(app, array, columns, keys, ARRAY_SIZE(keys),
		       "no VF token is stored");
	return 0;
}
