/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "object/devlink.h"

#include <errno.h>
#include <stdio.h>

#include "kernel/abi/devlink.h"
#include "object/device_struct.h"
#include "object/vfs.h"

/* --- Refusals */

const char *devlink_reason(const struct vdev_devlink *dl, int error)
{
	if (*dl->link.family.why)
		return dl->link.family.why;
	switch (-error) {
	case EOPNOTSUPP:
		return "its driver has no such setting";
	case EINVAL:
		return "its driver does not take that value";
	case EBUSY:
		return "it is in use";
	case ENODEV:
		return "it is gone";
	case EPERM:
	case EACCES:
		return "that needs CAP_NET_ADMIN";
	case EBADMSG:
		return "the kernel's answer makes no sense";
	default:
		return strerror(-error);
	}
}

int devlink_refused(struct vdev_devlink *dl, int error, const char *what)
{
	const char *reason = devlink_reason(dl, error);

	/* EINVAL is the driver's opinion, not a wrong call. */
	if (error == -EINVAL || error == -ERANGE || error == -ENOENT)
		return vdev_fail_as(dl->ctx, VDEV_ERROR_FAILED, error,
				    "%s: %s: %s", dl->name, what, reason);
	return vdev_fail(dl->ctx, error, "%s: %s: %s", dl->name, what, reason);
}

/* --- Names */

static int no_devlink(struct vdev_ctx *ctx, int error)
{
	if (error == -ENOENT)
		return vdev_fail(ctx, -EOPNOTSUPP,
				 "this kernel has no devlink (needs "
				 "CONFIG_NET_DEVLINK)");
	return vdev_fail(ctx, error, "cannot speak to devlink: %s",
			 error == -EBADMSG
				 ? "the kernel's answer makes no sense"
				 : strerror(-error));
}

static int check_live(struct vdev_ctx *ctx)
{
	if (vdev_sys_live(&ctx->sys))
		return 0;
	return vdev_fail(ctx, -EOPNOTSUPP,
			 "devlink can be asked about the running system only, "
			 "not below %s",
			 ctx->sys.root);
}

static int make(struct vdev_ctx *ctx, const char *bus, const char *name,
		struct vdev_device *dev, struct vdev_devlink **ret)
{
	struct vdev_devlink *dl = calloc(1, sizeof(*dl));
	struct strbuf text = { 0 };
	int error = -ENOMEM;

	strbuf_addf(&text, "%s/%s", bus, name);
	if (dl) {
		dl->name = strbuf_finish(&text);
		dl->ctx = vdev_ctx_ref(ctx);
		dl->dev = dev ? vdev_device_ref(dev) : NULL;
	}
	strbuf_clear(&text);
	if (dl && dl->name)
		error = devlink_open(&ctx->sys, bus, name, &dl->link);
	if (error) {
		vdev_devlink_free(dl);
		return no_devlink(ctx, error);
	}
	*ret = dl;
	return 0;
}

static int not_there(struct vdev_ctx *ctx, const char *name,
		     struct vdev_device *dev)
{
	const char *driver = dev ? vdev_device_driver(dev) : NULL;

	if (!dev)
		return vdev_hint(ctx,
				 vdev_fail(ctx, -ENODEV,
					   "there is no device %s with devlink",
					   name),
				 "\"vdevctl devlink list\" shows those there "
				 "are");
	if (!driver)
		return vdev_hint(ctx,
				 vdev_fail(ctx, -ENODEV,
					   "%s has no devlink: it has no "
					   "driver",
					   name),
				 "\"vdevctl restore %s\" gives it back its own",
				 name);
	return vdev_fail(ctx, -ENODEV,
			 "%s has no devlink: its driver %s does not offer it",
			 name, driver);
}

/* The PCI function of a handle, if it is one that is there. */
static struct vdev_device *function_of(struct vdev_ctx *ctx, const char *bus,
				       const char *name)
{
	struct vdev_device *dev = NULL;

	if (!str_eq(bus, "pci") || vdev_device_new(ctx, "pci", name, &dev))
		return NULL;
	return dev;
}

/* "BUS/NAME", which has to be there. */
static int open_handle(struct vdev_ctx *ctx, const char *handle,
		       struct vdev_device *dev, struct vdev_devlink **ret)
{
	_auto_strv_ struct strv all = { 0 };
	_auto_free_ char *bus = strdup(handle);
	struct vdev_device *function = NULL;
	int error = bus ? devlink_list(&ctx->sys, &all) : -ENOMEM;
	char *name;

	if (error)
		return no_devlink(ctx, error);
	if (!strv_has(&all, handle))
		return not_there(ctx, handle, dev);
	name = strchr(bus, '/');
	*name++ = '\0';
	if (!dev)
		dev = function = function_of(ctx, bus, name);
	error = make(ctx, bus, name, dev, ret);
	vdev_device_unref(function);
	return error;
}

/* Whether an interface is one of a port of this device. */
static int has_interface(struct vdev_ctx *ctx, const char *handle,
			 const char *interface)
{
	_auto_free_ struct devlink_port *ports = NULL;
	struct vdev_devlink *dl = NULL;
	size_t count = 0;
	int ret = open_handle(ctx, handle, NULL, &dl);

	if (ret)
		return ret;
	ret = devlink_ports(dl, &ports, &count);
	for (size_t i = 0; i < count && !ret; i++)
		ret = str_eq(ports[i].netdev, interface);
	vdev_devlink_free(dl);
	return ret;
}

static int open_interface(struct vdev_ctx *ctx, const char *interface,
			  struct vdev_devlink **ret)
{
	_auto_strv_ struct strv all = { 0 };
	const char *handle;
	int found = devlink_list(&ctx->sys, &all);

	if (found)
		return no_devlink(ctx, found);
	strv_foreach(&all, handle) {
		found = has_interface(ctx, handle, interface);
		if (found > 0)
			return open_handle(ctx, handle, NULL, ret);
		/* One that goes away in the meantime is not the one. */
		if (found < 0 && found != -ENODEV)
			return found;
	}
	return not_there(ctx, interface, NULL);
}

static bool is_handle(const char *name)
{
	const char *slash = strchr(name, '/');

	return slash && slash != name && slash[1] && !strchr(slash + 1, '/');
}

int vdev_devlink_new(struct vdev_ctx *ctx, const char *name,
		     struct vdev_devlink **ret)
{
	_auto_strbuf_ struct strbuf text = { 0 };
	struct vdev_device *dev = NULL;
	int error = check_live(ctx);

	if (error)
		return error;
	if (is_handle(name))
		return open_handle(ctx, name, NULL, ret);
	error = vdev_device_find(ctx, name, &dev);
	if (error == -ENODEV || error == -EINVAL)
		return open_interface(ctx, name, ret);
	if (error)
		return error;
	strbuf_addf(&text, "%s/%s", vdev_device_bus(dev),
		    vdev_device_address(dev));
	error = text.failed ? vdev_fail(ctx, -ENOMEM, "out of memory")
			    : open_handle(ctx, text.text, dev, ret);
	vdev_device_unref(dev);
	return error;
}

void vdev_devlink_free(struct vdev_devlink *dl)
{
	if (!dl)
		return;
	vdev_device_unref(dl->dev);
	vdev_ctx_unref(dl->ctx);
	free(dl->name);
	free(dl);
}

const char *vdev_devlink_name(const struct vdev_devlink *dl)
{
	return dl->name;
}

/* --- The list */

struct vdev_devlink_list {
	struct strv names;
};

int vdev_devlink_list_new(struct vdev_ctx *ctx, struct vdev_devlink_list **ret)
{
	struct vdev_devlink_list *list;
	int error = check_live(ctx);

	if (error)
		return error;
	list = calloc(1, sizeof(*list));
	error = list ? devlink_list(&ctx->sys, &list->names) : -ENOMEM;
	if (error) {
		vdev_devlink_list_free(list);
		return no_devlink(ctx, error);
	}
	*ret = list;
	return (int)list->names.count;
}

void vdev_devlink_list_free(struct vdev_devlink_list *list)
{
	if (list)
		strv_clear(&list->names);
	free(list);
}

size_t vdev_devlink_list_count(const struct vdev_devlink_list *list)
{
	return list->names.count;
}

const char *vdev_devlink_list_name(const struct vdev_devlink_list *list,
				   size_t index)
{
	return index < list->names.count ? list->names.items[index] : NULL;
}

/* --- The switch */

int vdev_devlink_eswitch(struct vdev_devlink *dl, enum vdev_devlink_attr attr,
			 const char **ret)
{
	int values[DEVLINK_ESWITCH_COUNT];
	int error;

	if (!vdev_devlink_attr_name(attr) || devlink_is_of_port(attr))
		return vdev_fail(dl->ctx, -EINVAL,
				 "%s: that is no setting of its switch",
				 dl->name);
	error = devlink_get_eswitch(&dl->link, values);
	if (error == -EOPNOTSUPP && !*dl->link.family.why)
		return vdev_fail(dl->ctx, error, "%s: its driver has no switch",
				 dl->name);
	if (error)
		return devlink_refused(dl, error, "cannot read its switch");
	error = devlink_eswitch_text(attr, values, ret);
	if (error == -EBADMSG)
		return vdev_fail(dl->ctx, error,
				 "%s: the switch's %s is one that is not known",
				 dl->name, vdev_devlink_attr_name(attr));
	return error;
}

/* --- Who uses it */

/* The interfaces that stand for functions, which go with the mode, or all. */
static int list_interfaces(struct vdev_devlink *dl, bool all, struct strv *ret)
{
	_auto_free_ struct devlink_port *ports = NULL;
	size_t count = 0;
	int error = devlink_ports(dl, &ports, &count);

	if (error)
		return error;
	for (size_t i = 0; i < count && !error; i++)
		if (*ports[i].netdev &&
		    (all || ports[i].flavour == DEVLINK_PORT_FLAVOUR_PCI_VF ||
		     ports[i].flavour == DEVLINK_PORT_FLAVOUR_PCI_SF))
			error = strv_add(ret, ports[i].netdev);
	return error ? vdev_fail(dl->ctx, error, "out of memory") : 0;
}

static int check_all(struct vdev_devlink *dl, bool all,
		     const struct check_input *in, struct findings *findings)
{
	const unsigned int which = CHECK(STORAGE) | CHECK(ROOT) |
				   CHECK(NETWORK) | CHECK(CONSOLE) |
				   CHECK(BUSY) | CHECK(MANAGEMENT);
	_auto_strv_ struct strv interfaces = { 0 };
	int ret = list_interfaces(dl, all, &interfaces);

	if (!ret && interfaces.count)
		ret = check_interfaces(in, &interfaces, findings);
	for (size_t i = 0; i < in->device_count && !ret; i++)
		ret = check_some(in, in->devices[i], NULL,
				 vdev_device_driver(in->devices[i]), which,
				 findings);
	if (!ret && all && dl->dev)
		ret = check_some(in, dl->dev, NULL, true, which, findings);
	return ret;
}

int devlink_check_ports(struct vdev_devlink *dl, bool all, const bool *forced,
			struct vdev_device_list **vfs,
			struct findings *findings)
{
	struct vdev_usage usage = { 0 };
	struct check_input in = {
		.ctx = dl->ctx,
		.action = VDEV_ACTION_UNBIND,
		.forced = forced,
		.usage = &usage,
	};
	int ret = usage_read(dl->ctx, &usage);

	if (!ret && dl->dev && vdev_device_sriov_totalvfs(dl->dev) > 0) {
		ret = vfs_list(dl->dev, vfs);
		if (!ret) {
			in.devices = (*vfs)->devices;
			in.device_count = (*vfs)->count;
		}
	}
	if (!ret)
		ret = check_all(dl, all, &in, findings);
	usage_clear(&usage);
	return ret;
}
