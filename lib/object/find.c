/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "object/find.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "object/classes.h"
#include "object/device_struct.h"

/*
 * The entry of /sys/class/net or /sys/class/block that a name stands for. sysfs
 * cannot have the slash in a disk's name, cciss/c0d0. Return: whether it can be
 * one.
 */
static bool entry_of(const char *name, bool node, char entry[NAME_MAX + 1])
{
	size_t length = strlen(name);

	if (!length || length > NAME_MAX || str_eq(name, ".") ||
	    str_eq(name, ".."))
		return false;
	for (; *name; name++) {
		if (*name == ':' || (*name == '/' && !node) ||
		    !isgraph((unsigned char)*name))
			return false;
		*entry++ = (char)(*name == '/' ? '!' : *name);
	}
	*entry = '\0';
	return true;
}

static int take_owner(const char *start, size_t length, const char **bus,
		      char **address)
{
	_auto_free_ char *copy = strndup(start, length);
	char uuid[UUID_TEXT_SIZE];

	if (!copy)
		return -ENOMEM;
	*bus = uuid_normalize(copy, uuid) ? "mdev" : "pci";
	*address = TAKE(copy);
	return 0;
}

/*
 * The disk of a path ".../nvme-subsystem/nvme-subsys0/nvme0n1[/nvme0n1p1]",
 * which no controller's directory holds. Return: whether it is one.
 */
static bool multipath_disk(const char *target, char disk[NAME_MAX + 1])
{
	const char *at = strstr(target, "/nvme-subsystem/");

	return at && sscanf(at, "/nvme-subsystem/%*[^/]/%255[^/]", disk) == 1;
}

static int find_multipath(struct vdev_ctx *ctx, const char *name,
			  const char *disk, const char **bus, char **address)
{
	const struct class_entry *entries, *found = NULL;
	int count = classes_all(ctx, CLASS_BLOCK, &entries);

	if (count < 0)
		return vdev_fail(ctx, count, "cannot read /sys/class/block: %s",
				 strerror(-count));
	for (int i = 0; i < count; i++) {
		if (!str_eq(entries[i].name, disk))
			continue;
		if (found) {
			vdev_fail_as(ctx, VDEV_ERROR_INVALID, -ENOTUNIQ,
				     "%s is reached through several devices, "
				     "%s and %s among them",
				     name, found->owner, entries[i].owner);
			return vdev_hint(ctx, -ENOTUNIQ,
					 "name one of them by its address");
		}
		found = &entries[i];
	}
	if (!found)
		return -ENODEV;
	return take_owner(found->owner, strlen(found->owner), bus, address);
}

/* Return: 0; -ENOENT if there is no such entry; or a recorded failure. */
static int find_entry(struct vdev_ctx *ctx, const char *class, const char *name,
		      const char **bus, char **address)
{
	char path[PATH_MAX], target[PATH_MAX], disk[NAME_MAX + 1];
	const char *owner;
	size_t length;
	ssize_t n;
	int ret = -ENODEV;

	snprintf(path, sizeof(path), "/sys/class/%s/%s", class, name);
	n = vdev_sys_readlink(&ctx->sys, VDEV_SYS_ROOT, path, target,
			      sizeof(target));
	/* Not every entry is a device, see bonding_masters. */
	if (n == -ENOENT || n == -EINVAL)
		return -ENOENT;
	if (n < 0)
		return vdev_fail(ctx, (int)n, "cannot read %s: %s", path,
				 strerror((int)-n));
	length = classes_owner(target, &owner);
	if (length)
		ret = take_owner(owner, length, bus, address);
	else if (multipath_disk(target, disk))
		ret = find_multipath(ctx, name, disk, bus, address);
	if (ret != -ENODEV)
		return ret;
	vdev_fail(ctx, ret, "%s belongs to no PCI function or mdev", name);
	return vdev_hint(ctx, ret,
			 "name the device below it: %s/%s leads to %s", class,
			 name, target);
}

static int find_by_entry(struct vdev_ctx *ctx, const char *name,
			 const char **bus, char **address)
{
	static const char *const classes[] = { "net", "block" };
	bool node = str_starts(name, "/dev/");
	char entry[NAME_MAX + 1];
	int ret = -ENOENT;

	if (!entry_of(node ? name + 5 : name, node, entry)) {
		vdev_fail(ctx, -EINVAL, "'%s' is not the name of a device",
			  name);
		return vdev_hint(ctx, -EINVAL,
				 "give a PCI address such as 0000:01:00.0, an "
				 "mdev's UUID, a network interface or a block "
				 "device");
	}
	for (size_t i = node; i < ARRAY_SIZE(classes) && ret == -ENOENT; i++)
		ret = find_entry(ctx, classes[i], entry, bus, address);
	if (ret != -ENOENT)
		return ret;
	return vdev_fail(ctx, -ENODEV,
			 "there is no network interface or block device %s",
			 entry);
}

int vdev_find_address(struct vdev_ctx *ctx, const char *name, const char **bus,
		      char **address)
{
	char text[PCI_ADDRESS_SIZE], uuid[UUID_TEXT_SIZE];
	struct pci_address pci;
	char *copy;

	if (!pci_address_parse(name, &pci)) {
		pci_address_format(&pci, text);
		copy = strdup(text);
		*bus = "pci";
	} else if (uuid_normalize(name, uuid)) {
		copy = strdup(uuid);
		*bus = "mdev";
	} else {
		return find_by_entry(ctx, name, bus, address);
	}
	if (!copy)
		return vdev_fail(ctx, -ENOMEM, "out of memory");
	*address = copy;
	return 0;
}

int vdev_device_find(struct vdev_ctx *ctx, const char *name,
		     struct vdev_device **ret)
{
	_auto_free_ char *address = NULL;
	const char *bus = NULL;
	int error = vdev_find_address(ctx, name, &bus, &address);

	if (error)
		return error;
	error = vdev_device_new(ctx, bus, address, ret);
	if (error != -ENODEV)
		return error ? vdev_fail(ctx, error, "cannot look at %s: %s",
					 address, strerror(-error))
			     : 0;
	vdev_fail(ctx, error, "there is no device %s", address);
	return vdev_hint(ctx, error,
			 "'vdevctl list' shows the devices there are");
}
