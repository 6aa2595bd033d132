/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIBVDEV_MDEV_H
#define LIBVDEV_MDEV_H

#include <stdbool.h>
#include <stddef.h>

#include <libvdev/device.h>

VDEV_BEGIN_DECLS

/*
 * Mediated devices (mdevs): made by the driver of a parent device, of one of
 * the types it offers, and named by a UUID.
 *
 *	vdev_mdev_config_new(ctx, &config);
 *	vdev_mdev_config_set_type(config, "mtty-2");
 *	vdev_mdev_create(ctx, "mtty", NULL, config, &dev);
 *	vdev_mdev_config_free(config);
 *	...
 *	vdev_mdev_remove(dev, 10000, false);
 *	vdev_device_unref(dev);
 *
 * An mdev is a struct vdev_device whose bus is "mdev": vdev_device_address()
 * is its UUID, vdev_device_parent() its parent and vdev_device_mdev_type() its
 * type; those there are come from vdev_mdev_list_new(). The kernel keeps the
 *UUID as a guid_t, whose bytes are in another order than those of a VF token
 *(uuid_t); here it is text, as in sysfs, and never turned into bytes.
 *
 * A parent is named as in /sys/class/mdev_bus. For a PCI function the domain
 * may be left out and upper case is accepted.
 *
 * The kernel announces an mdev (uevent "add") before its driver has it and
 * before its type is known. vdev_mdev_create() returns after that; whoever
 * hears of one made by others calls vdev_mdev_wait() first.
 *
 * The kernel is spoken to by the generic netlink family ``mdev`` where it has
 * that, which only one with the project's patches does, and by sysfs otherwise,
 * with the same result; the log (VDEV_LOG_DEBUG) says which.
 *
 * Source: drivers/vfio/mdev and Documentation/ABI/testing/sysfs-bus-vfio-mdev
 * of the kernel, Linux 6.1 or later.
 */

struct vdev_mdev_type;
struct vdev_mdev_type_list;
struct vdev_mdev_config;

/**
 * vdev_mdev_type_list_new() - which mdevs can be made
 * @ctx: the context
 * @parent: the parent whose types are asked for, or NULL for all parents
 * @ret: receives the types, by parent and then by id; the caller frees the
 *	list with vdev_mdev_type_list_free()
 *
 * A parent or type that disappears while the list is made is left out.
 *
 * Return: the number of types, which is 0 without any parent; -ENODEV if
 * @parent is none; -EINVAL if @parent cannot be a name; -EACCES; -ENOMEM.
 */
VDEV_EXPORT int vdev_mdev_type_list_new(struct vdev_ctx *ctx,
					const char *parent,
					struct vdev_mdev_type_list **ret);

/**
 * vdev_mdev_type_list_free() - free a list of types
 * @list: the list, or NULL; its types go with it
 */
VDEV_EXPORT void vdev_mdev_type_list_free(struct vdev_mdev_type_list *list);

/**
 * vdev_mdev_type_list_count() - how many types a list holds
 * @list: the list
 *
 * Return: the count.
 */
VDEV_EXPORT size_t
vdev_mdev_type_list_count(const struct vdev_mdev_type_list *list);

/**
 * vdev_mdev_type_list_get() - one type of a list
 * @list: the list
 * @index: 0 up to the count less one
 *
 * Return: the type, which belongs to the list; NULL past the end.
 */
VDEV_EXPORT const struct vdev_mdev_type *
vdev_mdev_type_list_get(const struct vdev_mdev_type_list *list, size_t index);

/**
 * vdev_mdev_type_list_foreach() - walk a list of types
 * @list: the list
 * @i: a size_t to count with
 * @type: a const struct vdev_mdev_type pointer that takes each in turn
 */
#define vdev_mdev_type_list_foreach(list, i, type) \
	for ((i) = 0; ((type) = vdev_mdev_type_list_get((list), (i))); (i)++)

/**
 * vdev_mdev_type_parent() - who offers a type
 * @type: the type
 *
 * Return: the parent's name, such as ``0000:00:02.0``.
 */
VDEV_EXPORT const char *
vdev_mdev_type_parent(const struct vdev_mdev_type *type);

/**
 * vdev_mdev_type_id() - what a type is called
 * @type: the type
 *
 * Return: its name in sysfs, such as ``mtty-2``, which is unique for a parent.
 */
VDEV_EXPORT const char *vdev_mdev_type_id(const struct vdev_mdev_type *type);

/**
 * vdev_mdev_type_name() - a type's name for people
 * @type: the type
 *
 * Return: the name, or NULL if it has none.
 */
VDEV_EXPORT const char *vdev_mdev_type_name(const struct vdev_mdev_type *type);

/**
 * vdev_mdev_type_description() - what a type is like
 * @type: the type
 *
 * Return: a text, maybe of several lines, or NULL if there is none.
 */
VDEV_EXPORT const char *
vdev_mdev_type_description(const struct vdev_mdev_type *type);

/**
 * vdev_mdev_type_device_api() - what kind of VFIO device a type is
 * @type: the type
 *
 * Return: such as ``vfio-pci`` or ``vfio-ccw``, or NULL if it is not known.
 */
VDEV_EXPORT const char *
vdev_mdev_type_device_api(const struct vdev_mdev_type *type);

/**
 * vdev_mdev_type_available() - how many more of a type can be made
 * @type: the type
 *
 * Types of one parent often share what they are made of: making one of a type
 * can lower the number of another.
 *
 * Return: the number when the list was made; -ENODATA if it is not known.
 */
VDEV_EXPORT int vdev_mdev_type_available(const struct vdev_mdev_type *type);

/**
 * vdev_mdev_list_new() - which mdevs there are
 * @ctx: the context
 * @ret: receives the mdevs, sorted by UUID; the caller frees the list with
 *	vdev_device_list_free()
 *
 * As vdev_device_list_new() with the filter ``bus=mdev``, but that a kernel
 * which is asked by netlink leaves out those that are not usable yet.
 *
 * Kernel interface: the generic netlink family ``mdev`` (DEV_GET) of a kernel
 * with the project's patches, otherwise ``/sys/bus/mdev/devices``.
 *
 * Return: the number of mdevs; -EACCES; -ENOMEM; -EBADMSG if the kernel's
 * answer makes no sense.
 */
VDEV_EXPORT int vdev_mdev_list_new(struct vdev_ctx *ctx,
				   struct vdev_device_list **ret);

/**
 * vdev_mdev_config_new() - describe an mdev
 * @ctx: the context
 * @ret: receives a description without a type and without attributes; the
 *	caller frees it with vdev_mdev_config_free()
 *
 * Return: 0, or -ENOMEM.
 */
VDEV_EXPORT int vdev_mdev_config_new(struct vdev_ctx *ctx,
				     struct vdev_mdev_config **ret);

/**
 * vdev_mdev_config_free() - free a description
 * @config: the description, or NULL
 */
VDEV_EXPORT void vdev_mdev_config_free(struct vdev_mdev_config *config);

/**
 * vdev_mdev_config_set_type() - say which type it is
 * @config: the description
 * @type: a type's id
 *
 * Whether there is such a type is seen when the mdev is made.
 *
 * Return: 0; -EINVAL if @type cannot be one's name; -ENOMEM.
 */
VDEV_EXPORT int vdev_mdev_config_set_type(struct vdev_mdev_config *config,
					  const char *type);

/**
 * vdev_mdev_config_type() - which type it is
 * @config: the description
 *
 * Return: the type's id, or NULL if none was set.
 */
VDEV_EXPORT const char *
vdev_mdev_config_type(const struct vdev_mdev_config *config);

/**
 * vdev_mdev_config_add_attr() - add an attribute
 * @config: the description
 * @index: before which one, from 0; the number of attributes or more for the
 *	end
 * @name: the attribute's name, a path below the mdev's directory in sysfs
 * @value: what is written to it
 *
 * Attributes are written in their order. The same one may be there twice.
 *
 * Return: 0; -EINVAL if @name is empty or leads out of the directory; -ENOMEM.
 */
VDEV_EXPORT int vdev_mdev_config_add_attr(struct vdev_mdev_config *config,
					  size_t index, const char *name,
					  const char *value);

/**
 * vdev_mdev_config_attr_count() - how many attributes there are
 * @config: the description
 *
 * Return: the count.
 */
VDEV_EXPORT size_t
vdev_mdev_config_attr_count(const struct vdev_mdev_config *config);

/**
 * vdev_mdev_config_attr_name() - the name of an attribute
 * @config: the description
 * @index: 0 up to the count less one
 *
 * Return: the name; NULL past the end.
 */
VDEV_EXPORT const char *
vdev_mdev_config_attr_name(const struct vdev_mdev_config *config, size_t index);

/**
 * vdev_mdev_config_attr_value() - the value of an attribute
 * @config: the description
 * @index: 0 up to the count less one
 *
 * Return: the value; NULL past the end.
 */
VDEV_EXPORT const char *
vdev_mdev_config_attr_value(const struct vdev_mdev_config *config,
			    size_t index);

/**
 * vdev_mdev_config_remove_attr() - take an attribute out
 * @config: the description
 * @index: 0 up to the count less one
 *
 * Return: 0; -ENOENT past the end.
 */
VDEV_EXPORT int vdev_mdev_config_remove_attr(struct vdev_mdev_config *config,
					     size_t index);

/**
 * vdev_mdev_config_set_autostart() - say whether it is started with its parent
 * @config: the description
 * @on: whether it is; a new description's is not
 */
VDEV_EXPORT void vdev_mdev_config_set_autostart(struct vdev_mdev_config *config,
						bool on);

/**
 * vdev_mdev_config_autostart() - whether it is started with its parent
 * @config: the description
 *
 * Return: true or false.
 */
VDEV_EXPORT bool
vdev_mdev_config_autostart(const struct vdev_mdev_config *config);

/**
 * vdev_mdev_config_parse() - take a description from JSON
 * @config: receives it in place of what it described before
 * @text: an object in the form of mdevctl: ``mdev_type``, ``start`` ("auto" or
 *	anything else) and, if there are any, ``attrs``, an array of objects of
 *	one attribute each
 *
 * Return: 0; -EBADMSG if @text is none, which the error explains; -ENOMEM.
 */
VDEV_EXPORT int vdev_mdev_config_parse(struct vdev_mdev_config *config,
				       const char *text);

/**
 * vdev_mdev_config_format() - turn a description into JSON
 * @config: the description, which has a type
 * @pretty: in lines, as in a file of mdevctl, or in one
 * @ret: receives the text, without a newline at its end, for the caller to
 *	free()
 *
 * Return: 0; -EINVAL if @config has no type; -ENOMEM.
 */
VDEV_EXPORT int vdev_mdev_config_format(const struct vdev_mdev_config *config,
					bool pretty, char **ret);

/**
 * vdev_mdev_check() - see whether an mdev could be made
 * @ctx: the context
 * @parent: the parent's name
 * @uuid: what it would be called, or NULL for a random UUID
 * @config: what it would be like
 *
 * Nothing is changed. Which values an attribute takes is not known before.
 *
 * Return: 0; otherwise as vdev_mdev_create().
 */
VDEV_EXPORT int vdev_mdev_check(struct vdev_ctx *ctx, const char *parent,
				const char *uuid,
				const struct vdev_mdev_config *config);

/**
 * vdev_mdev_create() - make an mdev
 * @ctx: the context
 * @parent: the parent's name
 * @uuid: what it shall be called, or NULL for a random UUID
 * @config: its type, and attributes to set
 * @ret: receives the mdev, which its driver has; the caller drops it with
 *	vdev_device_unref()
 *
 * If an attribute is refused the mdev is removed again, so that nothing is
 * left behind. Where the kernel makes mdevs by generic netlink the attributes
 * ``mem-bytes``, ``nr-queues`` and ``nr-irqs``, which are numbers, go with the
 * request: its driver agrees to them, or nothing is made. All others are
 * written to files, in their order.
 *
 * Kernel interface: the generic netlink family ``mdev`` (DEV_NEW) of a kernel
 * with the project's patches, in the initial network namespace and with
 * CAP_SYS_ADMIN and CAP_NET_ADMIN; otherwise
 *``mdev_supported_types/TYPE/create``, Linux 4.10.
 *
 * Return: 0; -EINVAL if @uuid is none, or @config has no type; -ENODEV if
 * there is no such parent; -ENOENT if it does not offer the type; -EEXIST if
 * an mdev of that UUID is there; -EUSERS if the parent can make no more;
 * -EAGAIN if the kernel went on asking to try again; -ETIMEDOUT if the mdev was
 * made but its driver did not take it in time; -EACCES; -EPERM; -ENOMEM;
 * another errno of the driver, or of the attribute that it refused. With the
 * kind
 * VDEV_ERROR_ROLLBACK an attribute was refused and the mdev could not be
 * removed.
 */
VDEV_EXPORT int vdev_mdev_create(struct vdev_ctx *ctx, const char *parent,
				 const char *uuid,
				 const struct vdev_mdev_config *config,
				 struct vdev_device **ret);

/* A UUID as text, with its NUL. */
#define VDEV_MDEV_UUID_TEXT 37

/**
 * vdev_mdev_random_uuid() - make up the name of an mdev
 * @ctx: the context
 * @text: receives a random UUID (version 4) in lower case
 *
 * Return: 0; an errno of getrandom(2).
 */
VDEV_EXPORT int vdev_mdev_random_uuid(struct vdev_ctx *ctx,
				      char text[VDEV_MDEV_UUID_TEXT]);

/**
 * vdev_mdev_wait() - wait until an mdev is usable
 * @dev: the mdev
 * @timeout_ms: for how long
 *
 * Return: 0 when its driver has it and its type is known; -ETIMEDOUT; -ENODEV
 * if it is gone; -EINVAL if @dev is no mdev.
 */
VDEV_EXPORT int vdev_mdev_wait(struct vdev_device *dev,
			       unsigned int timeout_ms);

/**
 * vdev_mdev_remove() - remove an mdev
 * @dev: the mdev
 * @timeout_ms: how long the kernel may take
 * @force: remove it also while it is open
 *
 * While an mdev is open the kernel asks its user to let go, and then waits for
 * that, for good if need be. So it is refused here, unless forced; a removal
 * that has not ended in time goes on in the kernel, and ends when the user
 * does.
 *
 * Kernel interface: the generic netlink family ``mdev`` (DEV_DEL), as with
 * vdev_mdev_create(); otherwise ``remove``, Linux 4.10.
 *
 * Return: 0; -EBUSY if somebody has it open, who is named; -ENODEV if it is
 * gone; -EAGAIN if another process is making or removing it; -ETIMEDOUT, with
 * the kind VDEV_ERROR_ROLLBACK, if the removal goes on; -EINVAL if @dev is no
 * mdev; -EACCES; -ENOMEM.
 */
VDEV_EXPORT int vdev_mdev_remove(struct vdev_device *dev,
				 unsigned int timeout_ms, bool force);

/*
 * Events: parents of mdevs, and mdevs, that come and go, whoever makes and
 * removes them.
 *
 *	vdev_mdev_monitor_new(ctx, &monitor);
 *	while (vdev_mdev_monitor_next(monitor, -1, &event) == 1)
 *		... vdev_mdev_event_uuid(event) ...
 *	vdev_mdev_monitor_free(monitor);
 *
 * On a kernel with the project's patches they are notified of by the generic
 * netlink family ``mdev``, on others by uevents. Either way an mdev is told of
 * when it is usable, and each one once for each time that it comes.
 *
 * If more happens than the kernel keeps until it is fetched, the difference to
 * what there was is told: what came and went in between is left out.
 */

struct vdev_mdev_monitor;
struct vdev_mdev_event;

/**
 * enum vdev_mdev_event_kind - what has happened
 * @VDEV_MDEV_EVENT_ADDED: an mdev was made and is usable
 * @VDEV_MDEV_EVENT_REMOVED: an mdev is gone; without netlink its UUID may be in
 *	use for a moment yet
 * @VDEV_MDEV_EVENT_PARENT_ADDED: a device can make mdevs
 * @VDEV_MDEV_EVENT_PARENT_REMOVED: a device makes mdevs no more, and those it
 *	had are gone
 */
enum vdev_mdev_event_kind {
	VDEV_MDEV_EVENT_ADDED,
	VDEV_MDEV_EVENT_REMOVED,
	VDEV_MDEV_EVENT_PARENT_ADDED,
	VDEV_MDEV_EVENT_PARENT_REMOVED,
};

/**
 * vdev_mdev_monitor_new() - hear of mdevs that come and go
 * @ctx: the context
 * @ret: receives the monitor; the caller frees it with vdev_mdev_monitor_free()
 *
 * Everything that happens from here on is told; what was there before is not.
 * No privilege is needed.
 *
 * Kernel interface: the generic netlink family ``mdev``, or
 * NETLINK_KOBJECT_UEVENT, whose events "bind" there are since Linux 4.14.
 *
 * Return: 0; -EOPNOTSUPP for a context with a root; -EACCES; -ENOMEM; another
 * errno of socket(2).
 */
VDEV_EXPORT int vdev_mdev_monitor_new(struct vdev_ctx *ctx,
				      struct vdev_mdev_monitor **ret);

/**
 * vdev_mdev_monitor_free() - stop listening
 * @monitor: the monitor, or NULL; its events go with it
 */
VDEV_EXPORT void vdev_mdev_monitor_free(struct vdev_mdev_monitor *monitor);

/**
 * vdev_mdev_monitor_fd() - what to poll
 * @monitor: the monitor
 *
 * When it is readable, call vdev_mdev_monitor_next() with a timeout of 0 until
 * that returns 0: there may be no event, or several.
 *
 * Return: the file descriptor, which belongs to the monitor.
 */
VDEV_EXPORT int vdev_mdev_monitor_fd(const struct vdev_mdev_monitor *monitor);

/**
 * vdev_mdev_monitor_interface() - who tells
 * @monitor: the monitor
 *
 * Return: ``netlink`` or ``uevent``.
 */
VDEV_EXPORT const char *
vdev_mdev_monitor_interface(const struct vdev_mdev_monitor *monitor);

/**
 * vdev_mdev_monitor_next() - wait for what happens next
 * @monitor: the monitor
 * @timeout_ms: for how long; 0 not to wait, negative for good
 * @ret: receives the event, which is good until the next call
 *
 * Return: 1 with an event; 0 if there was none in time; -EINTR after a signal;
 * -ENOMEM; another errno of receiving.
 */
VDEV_EXPORT int vdev_mdev_monitor_next(struct vdev_mdev_monitor *monitor,
				       int timeout_ms,
				       const struct vdev_mdev_event **ret);

/**
 * vdev_mdev_event_kind() - what has happened
 * @event: the event
 *
 * Return: the kind of event.
 */
VDEV_EXPORT enum vdev_mdev_event_kind
vdev_mdev_event_kind(const struct vdev_mdev_event *event);

/**
 * vdev_mdev_event_name() - a kind of event in a word
 * @kind: the kind
 *
 * Return: ``added``, ``removed``, ``parent-added`` or ``parent-removed``.
 */
VDEV_EXPORT const char *vdev_mdev_event_name(enum vdev_mdev_event_kind kind);

/**
 * vdev_mdev_event_uuid() - which mdev came or went
 * @event: the event
 *
 * Return: its UUID; NULL if it was a parent.
 */
VDEV_EXPORT const char *
vdev_mdev_event_uuid(const struct vdev_mdev_event *event);

/**
 * vdev_mdev_event_parent() - which parent came or went, or is that of the mdev
 * @event: the event
 *
 * Return: its name.
 */
VDEV_EXPORT const char *
vdev_mdev_event_parent(const struct vdev_mdev_event *event);

/**
 * vdev_mdev_event_type() - of which type the mdev is or was
 * @event: the event
 *
 * Return: the type's id; NULL for a parent, and for an mdev that was gone
 * before it could be asked, which happens without netlink only.
 */
VDEV_EXPORT const char *
vdev_mdev_event_type(const struct vdev_mdev_event *event);

/*
 * Definitions: descriptions of mdevs on disk, to be started later, or with
 * their parent. They are files of mdevctl, /etc/mdevctl.d/PARENT/UUID, so that
 * both programs see the same ones. A file is replaced as a whole: after a
 * crash or a power failure it is the old or the new one.
 */

struct vdev_mdev_definition;
struct vdev_mdev_definition_list;

/**
 * vdev_mdev_definition_list_new() - which mdevs are defined
 * @ctx: the context
 * @ret: receives the definitions, by parent and then by UUID; the caller frees
 *	the list with vdev_mdev_definition_list_free()
 *
 * A definition that cannot be read or understood is in the list too, see
 * vdev_mdev_definition_problem(). Files that are not called by a UUID are left
 * out.
 *
 * Return: the number of definitions; -EACCES; -ENOMEM.
 */
VDEV_EXPORT int
vdev_mdev_definition_list_new(struct vdev_ctx *ctx,
			      struct vdev_mdev_definition_list **ret);

/**
 * vdev_mdev_definition_list_free() - free a list of definitions
 * @list: the list, or NULL; its definitions go with it
 */
VDEV_EXPORT void
vdev_mdev_definition_list_free(struct vdev_mdev_definition_list *list);

/**
 * vdev_mdev_definition_list_get() - one definition of a list
 * @list: the list
 * @index: 0 up to the count less one
 *
 * Return: the definition, which belongs to the list; NULL past the end.
 */
VDEV_EXPORT struct vdev_mdev_definition *
vdev_mdev_definition_list_get(const struct vdev_mdev_definition_list *list,
			      size_t index);

/**
 * vdev_mdev_definition_list_foreach() - walk a list of definitions
 * @list: the list
 * @i: a size_t to count with
 * @def: a struct vdev_mdev_definition pointer that takes each in turn
 */
#define vdev_mdev_definition_list_foreach(list, i, def)                     \
	for ((i) = 0; ((def) = vdev_mdev_definition_list_get((list), (i))); \
	     (i)++)

/**
 * vdev_mdev_definition_find() - the definition of an mdev
 * @ctx: the context
 * @parent: its parent's name, or NULL if its UUID is enough
 * @uuid: its UUID
 * @ret: receives the definition, maybe one with a problem; the caller frees it
 *	with vdev_mdev_definition_free()
 *
 * Return: 0; -ENOENT if there is none; -ENOTUNIQ if several parents have one
 * and @parent is NULL; -EINVAL if @uuid is none or @parent cannot be a name;
 * -EACCES; -ENOMEM.
 */
VDEV_EXPORT int vdev_mdev_definition_find(struct vdev_ctx *ctx,
					  const char *parent, const char *uuid,
					  struct vdev_mdev_definition **ret);

/**
 * vdev_mdev_definition_free() - free a definition
 * @def: what vdev_mdev_definition_find() gave, or NULL
 */
VDEV_EXPORT void vdev_mdev_definition_free(struct vdev_mdev_definition *def);

/**
 * vdev_mdev_definition_parent() - the parent an mdev is defined for
 * @def: the definition
 *
 * Return: its name. It need not be there.
 */
VDEV_EXPORT const char *
vdev_mdev_definition_parent(const struct vdev_mdev_definition *def);

/**
 * vdev_mdev_definition_uuid() - what a defined mdev is called
 * @def: the definition
 *
 * Return: the UUID in lower case.
 */
VDEV_EXPORT const char *
vdev_mdev_definition_uuid(const struct vdev_mdev_definition *def);

/**
 * vdev_mdev_definition_config() - what a defined mdev is like
 * @def: the definition
 *
 * May be changed, for vdev_mdev_definition_save().
 *
 * Return: the description, which belongs to @def; without a type if the
 * definition has a problem.
 */
VDEV_EXPORT struct vdev_mdev_config *
vdev_mdev_definition_config(const struct vdev_mdev_definition *def);

/**
 * vdev_mdev_definition_problem() - what is wrong with a definition
 * @def: the definition
 *
 * Return: a sentence, or NULL if nothing is.
 */
VDEV_EXPORT const char *
vdev_mdev_definition_problem(const struct vdev_mdev_definition *def);

/**
 * vdev_mdev_define() - define an mdev
 * @ctx: the context
 * @parent: its parent's name
 * @uuid: what it shall be called
 * @config: what it shall be like
 *
 * Neither the parent nor the type need be there yet; vdev_mdev_check() tells.
 *
 * Return: 0; -EEXIST if @parent has such a definition; -EINVAL if @uuid is
 * none, @parent cannot be a name or @config has no type; -EACCES; -ENOMEM;
 * another errno of writing.
 */
VDEV_EXPORT int vdev_mdev_define(struct vdev_ctx *ctx, const char *parent,
				 const char *uuid,
				 const struct vdev_mdev_config *config);

/**
 * vdev_mdev_definition_save() - write a changed definition
 * @def: the definition
 *
 * Return: 0; -EAGAIN if another process has changed or removed it since it was
 * read; -EINVAL if it has no type; -EACCES; -ENOMEM; another errno of writing.
 */
VDEV_EXPORT int vdev_mdev_definition_save(struct vdev_mdev_definition *def);

/**
 * vdev_mdev_undefine() - remove a definition
 * @def: the definition, which may have a problem
 *
 * The mdev stays if it is there.
 *
 * Return: 0; -ENOENT if it is gone; -EACCES; another errno of removing.
 */
VDEV_EXPORT int vdev_mdev_undefine(const struct vdev_mdev_definition *def);

/**
 * vdev_mdev_start() - make a defined mdev
 * @def: the definition
 * @ret: receives the mdev; the caller drops it with vdev_device_unref()
 *
 * Return: as vdev_mdev_create(); -EBADMSG if the definition has a problem.
 */
VDEV_EXPORT int vdev_mdev_start(const struct vdev_mdev_definition *def,
				struct vdev_device **ret);

/*
 * Scripts: programs of vendors and administrators that hear of what is done to
 * mdevs, by the protocol of mdevctl, so that those written for it work here.
 * Nothing above runs them; who wants that puts each change between two calls:
 *
 *	vdev_mdev_scripts_new(ctx, parent, uuid, config, &scripts);
 *	ret = vdev_mdev_scripts_before(scripts, action, false);
 *	if (!ret) {
 *		ret = ... the change ...;
 *		vdev_mdev_scripts_after(scripts, action, !ret);
 *	}
 *	vdev_mdev_scripts_free(scripts);
 *
 * Callouts are looked for in /usr/lib/mdevctl/scripts.d/callouts and then in
 * /etc/mdevctl.d/scripts.d/callouts, in the order of their names, and run with
 * the arguments ``-t TYPE -e EVENT -a ACTION -s STATE -u UUID -p PARENT`` and
 * the description in JSON on their standard input. The first one whose exit
 * status is not 2 is the one for this mdev. Notifiers, in the directories
 * ``notifiers`` beside them, are all run, and cannot object. What a script
 * writes to its standard error goes to the log, as warnings.
 */

struct vdev_mdev_scripts;

/**
 * enum vdev_mdev_action - what is done to an mdev
 * @VDEV_MDEV_ACTION_START: it is made
 * @VDEV_MDEV_ACTION_STOP: it is removed
 * @VDEV_MDEV_ACTION_DEFINE: a definition is written
 * @VDEV_MDEV_ACTION_UNDEFINE: a definition is removed
 * @VDEV_MDEV_ACTION_MODIFY: a definition is changed
 */
enum vdev_mdev_action {
	VDEV_MDEV_ACTION_START,
	VDEV_MDEV_ACTION_STOP,
	VDEV_MDEV_ACTION_DEFINE,
	VDEV_MDEV_ACTION_UNDEFINE,
	VDEV_MDEV_ACTION_MODIFY,
};

/**
 * vdev_mdev_scripts_new() - the scripts for one mdev
 * @ctx: the context
 * @parent: the mdev's parent
 * @uuid: the mdev's UUID
 * @config: what it is or shall be like; copied
 * @ret: receives the scripts; the caller frees them with
 *	vdev_mdev_scripts_free()
 *
 * No script is run yet.
 *
 * Return: 0; -EINVAL if @uuid is none, @parent cannot be a name or @config has
 * no type; -ENOMEM.
 */
VDEV_EXPORT int vdev_mdev_scripts_new(struct vdev_ctx *ctx, const char *parent,
				      const char *uuid,
				      const struct vdev_mdev_config *config,
				      struct vdev_mdev_scripts **ret);

/**
 * vdev_mdev_scripts_free() - free scripts
 * @scripts: the scripts, or NULL
 */
VDEV_EXPORT void vdev_mdev_scripts_free(struct vdev_mdev_scripts *scripts);

/**
 * vdev_mdev_scripts_before() - ask the callout before a change
 * @scripts: the scripts
 * @action: what is going to be done
 * @force: go on, with a warning in the log, if it objects
 *
 * Waits for the script, for as long as it takes. If this fails the change is
 * not to be made, and notifiers have been told.
 *
 * Return: 0 if nothing is to be said against it, or there is no callout for
 * this mdev; -ECANCELED if the callout fails; -EOPNOTSUPP if it says that it
 * does not know such changes; -EMSGSIZE if a script says more than a mebibyte;
 * -EACCES; -ENOMEM; another errno of running it.
 */
VDEV_EXPORT int vdev_mdev_scripts_before(struct vdev_mdev_scripts *scripts,
					 enum vdev_mdev_action action,
					 bool force);

/**
 * vdev_mdev_scripts_after() - tell callout and notifiers what became of it
 * @scripts: the scripts
 * @action: what was done
 * @success: whether it was
 *
 * What they say has no effect. What vdev_ctx_last_error() tells stays, too.
 */
VDEV_EXPORT void vdev_mdev_scripts_after(struct vdev_mdev_scripts *scripts,
					 enum vdev_mdev_action action,
					 bool success);

/**
 * vdev_mdev_scripts_attrs() - ask the callout for the attributes an mdev has
 * @scripts: the scripts, of an mdev that is there
 * @config: receives them behind those it has; unchanged unless the result is 0
 *
 * The kernel cannot tell which attributes an mdev was made with.
 *
 * Return: 0, also if there is no callout or it tells none; -EBADMSG if its
 * answer is not understood; otherwise as vdev_mdev_scripts_before().
 */
VDEV_EXPORT int vdev_mdev_scripts_attrs(struct vdev_mdev_scripts *scripts,
					struct vdev_mdev_config *config);

/**
 * vdev_mdev_scripts_live() - change an mdev that is there
 * @scripts: the scripts, made with what it shall be like
 *
 * The kernel has no way to do that which is the same for all mdevs, so only a
 * callout can, one that says it supports that. Notifiers are told.
 *
 * Return: 0; -EOPNOTSUPP if there is no such callout; -ENODEV if there is no
 * such mdev; -EINVAL if it is of another type or parent; -ECANCELED if the
 * callout fails; otherwise as vdev_mdev_scripts_before().
 */
VDEV_EXPORT int vdev_mdev_scripts_live(struct vdev_mdev_scripts *scripts);

/*
 * Virtual GPUs without mdevs: the driver of a vendor can offer types on the VFs
 * of a GPU. A VF is one virtual GPU, or none, and is given to a VMM as any
 * other VF. NVIDIA's driver does this from vGPU 17 on, with the attributes
 * ``nvidia/creatable_vgpu_types`` and ``nvidia/current_vgpu_type`` of the VF;
 * nothing of it is in Linux.
 */

/**
 * vdev_vgpu_type_list_new() - which virtual GPUs can be made now
 * @ctx: the context
 * @vf: the VF whose types are asked for, or NULL for all VFs
 * @ret: receives the types, whose parents are VFs; the caller frees the list
 *	with vdev_mdev_type_list_free()
 *
 * What can be made depends on what the other VFs of the GPU are; a VF that is
 * one already may have none.
 *
 * Return: the number of types; -EOPNOTSUPP if the driver of @vf has no such;
 * -EACCES; -ENOMEM.
 */
VDEV_EXPORT int vdev_vgpu_type_list_new(struct vdev_ctx *ctx,
					struct vdev_device *vf,
					struct vdev_mdev_type_list **ret);

/**
 * vdev_vgpu_type() - which virtual GPU a VF is
 * @vf: the VF
 * @ret: receives the number of the type as text, for the caller to free()
 *
 * Return: 1; 0, and nothing in @ret, if it is none; -EOPNOTSUPP if its driver
 * has no such; -EACCES; -ENOMEM.
 */
VDEV_EXPORT int vdev_vgpu_type(struct vdev_device *vf, char **ret);

/**
 * vdev_vgpu_check() - see whether a VF could be a virtual GPU
 * @vf: the VF
 * @config: what it would be like
 *
 * Nothing is changed.
 *
 * Return: 0; otherwise as vdev_vgpu_set().
 */
VDEV_EXPORT int vdev_vgpu_check(struct vdev_device *vf,
				const struct vdev_mdev_config *config);

/**
 * vdev_vgpu_set() - make a VF a virtual GPU
 * @vf: the VF
 * @config: its type, by number or name, and attributes, which are beside that
 *	of the type and written after it, in their order
 *
 * If an attribute is refused the type is taken back.
 *
 * Return: 0; -EEXIST if it is one already; -ENOENT if it cannot be of that
 * type; -EUSERS if it can be of no type, as the GPU is used up; -EINVAL if
 * @config has no type; -EIO if the driver took the type but did not set it;
 * -EOPNOTSUPP; -EACCES; -ENOMEM; another errno of the driver. With the kind
 * VDEV_ERROR_ROLLBACK an attribute was refused and the type could not be taken
 * back.
 */
VDEV_EXPORT int vdev_vgpu_set(struct vdev_device *vf,
			      const struct vdev_mdev_config *config);

/**
 * vdev_vgpu_clear() - make a VF no virtual GPU any more
 * @vf: the VF
 * @force: ask the driver also while somebody has it open
 *
 * Return: 0; -ENOENT if it is none; -EBUSY if somebody has it open, who is
 * named; -EIO if the driver did not do it; -EOPNOTSUPP; -EACCES; -ENOMEM;
 * another errno of the driver.
 */
VDEV_EXPORT int vdev_vgpu_clear(struct vdev_device *vf, bool force);

VDEV_END_DECLS

#endif
