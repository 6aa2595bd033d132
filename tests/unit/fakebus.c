/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fakebus.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

/* --- Files */

size_t fake_path(char path[PATH_MAX], const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(path, PATH_MAX, fmt, args);
	va_end(args);
	assert_in_range(n, 0, PATH_MAX - 1);
	return (size_t)n;
}

/* The directories above a path of the host. */
static void make_parents(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) && errno != EEXIST)
			fail_msg("%s: %s", path, strerror(errno));
		*slash = '/';
	}
}

static void host_put(char *path, const void *data, size_t size)
{
	FILE *f;

	make_parents(path);
	f = fopen(path, "w");
	if (!f)
		fail_msg("%s: %s", path, strerror(errno));
	assert_int_equal(fwrite(data, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

static bool host_get(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "r");
	bool any;

	if (!f)
		return false;
	any = fgets(buf, (int)size, f);
	fclose(f);
	if (!any)
		*buf = '\0';
	str_trim(buf);
	return true;
}

static int remove_entry(const char *path, const struct stat *st, int type,
			struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

void host_remove(const char *path)
{
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

#define BELOW_ROOT(fk, fmt, path)                                        \
	do {                                                             \
		size_t _n = (size_t)(stpcpy(path, (fk)->root) - (path)); \
		va_list _args;                                           \
		va_start(_args, fmt);                                    \
		vsnprintf((path) + _n, PATH_MAX - _n, fmt, _args);       \
		va_end(_args);                                           \
	} while (0)

void fake_put(struct fakekernel *fk, const char *text, const char *fmt, ...)
{
	char path[PATH_MAX];

	BELOW_ROOT(fk, fmt, path);
	host_put(path, text, strlen(text));
}

void fake_put_bytes(struct fakekernel *fk, const void *data, size_t size,
		    const char *fmt, ...)
{
	char path[PATH_MAX];

	BELOW_ROOT(fk, fmt, path);
	host_put(path, data, size);
}

void fake_mkdir(struct fakekernel *fk, const char *fmt, ...)
{
	char path[PATH_MAX];

	BELOW_ROOT(fk, fmt, path);
	strcat(path, "/");
	make_parents(path);
}

void fake_remove(struct fakekernel *fk, const char *fmt, ...)
{
	char path[PATH_MAX];

	BELOW_ROOT(fk, fmt, path);
	host_remove(path);
}

bool fake_has(const struct fakekernel *fk, const char *fmt, ...)
{
	char path[PATH_MAX];
	struct stat st;

	BELOW_ROOT(fk, fmt, path);
	return !lstat(path, &st);
}

bool fake_get(const struct fakekernel *fk, const char *path, char *buf,
	      size_t size)
{
	char host[PATH_MAX];

	fake_path(host, "%s%s", fk->root, path);
	return host_get(host, buf, size);
}

void fake_link(struct fakekernel *fk, const char *target, const char *path)
{
	char host[PATH_MAX], relative[PATH_MAX] = "";
	size_t same = 0;

	/* Up from the first directory that differs. */
	for (size_t i = 0; path[i] && path[i] == target[i]; i++)
		if (path[i] == '/')
			same = i;
	for (const char *s = strchr(path + same + 1, '/'); s;
	     s = strchr(s + 1, '/'))
		strcat(relative, "../");
	strcat(relative, target + same + 1);

	fake_path(host, "%s%s", fk->root, path);
	make_parents(host);
	unlink(host);
	if (symlink(relative, host))
		fail_msg("%s: %s", path, strerror(errno));
}

static void note_path(const struct fakekernel *fk, const char *kind,
		      const char *name, char path[PATH_MAX])
{
	size_t n = fake_path(path, "%s/state/%s/", fk->base, kind);

	assert_true(strlen(name) < PATH_MAX - n);
	strcpy(path + n, name);
	for (char *s = path + n; *s; s++)
		if (*s == '/')
			*s = '!';
}

void fake_note(struct fakekernel *fk, const char *kind, const char *name,
	       const char *text)
{
	char path[PATH_MAX];

	note_path(fk, kind, name, path);
	host_put(path, text, strlen(text));
}

void fake_forget(struct fakekernel *fk, const char *kind, const char *name)
{
	char path[PATH_MAX];

	note_path(fk, kind, name, path);
	unlink(path);
}

bool fake_noted(const struct fakekernel *fk, const char *kind, const char *name,
		char *buf, size_t size)
{
	char path[PATH_MAX];

	note_path(fk, kind, name, path);
	return host_get(path, buf, size);
}

/* --- What drivers make of devices */

/* The lowest number for which no such entry is in a directory. */
static unsigned int free_number(struct fakekernel *fk, const char *dir,
				const char *prefix)
{
	unsigned int n = 0;

	while (fake_has(fk, "%s/%s%u", dir, prefix, n))
		n++;
	return n;
}

/* A device of a class, below `dir`: its directory and the links to it. */
static void make_class_device(struct fakekernel *fk, const char *dir,
			      const char *class, const char *name,
			      const char *above)
{
	char path[PATH_MAX], link[PATH_MAX];

	fake_mkdir(fk, "%s/%s", dir, name);
	fake_path(path, "/sys/class/%s", class);
	fake_mkdir(fk, "%s", path);
	fake_path(link, "%s/%s/subsystem", dir, name);
	fake_link(fk, path, link);
	fake_path(link, "%s/%s/device", dir, name);
	fake_link(fk, above, link);
	fake_path(path, "%s/%s", dir, name);
	fake_path(link, "/sys/class/%s/%s", class, name);
	fake_link(fk, path, link);
}

static void remove_node(struct fakekernel *fk, const char *path)
{
	fake_remove(fk, "%s", path);
	fake_forget(fk, "owner", path);
}

static void make_netdev(struct fakekernel *fk, const char *device)
{
	unsigned int n = free_number(fk, "/sys/class/net", "eth");
	char dir[PATH_MAX], name[16], text[32];

	snprintf(name, sizeof(name), "eth%u", n);
	fake_path(dir, "%s/net", device);
	make_class_device(fk, dir, "net", name, device);
	snprintf(text, sizeof(text), "52:54:00:00:00:%02x\n", n & 0xff);
	fake_put(fk, text, "%s/%s/address", dir, name);
	snprintf(text, sizeof(text), "%u\n", n + 2);
	fake_put(fk, text, "%s/%s/ifindex", dir, name);
	fake_put(fk, "down\n", "%s/%s/operstate", dir, name);
	snprintf(text, sizeof(text), "INTERFACE=%s\n", name);
	fake_put(fk, text, "%s/%s/uevent", dir, name);
}

/* The name in `dir` that starts with `prefix`; false if there is none. */
static bool find_name(struct fakekernel *fk, const char *dir,
		      const char *prefix, char *buf, size_t size)
{
	char host[PATH_MAX];
	struct dirent *e;
	DIR *d;

	fake_path(host, "%s%s", fk->root, dir);
	d = opendir(host);
	if (!d)
		return false;
	while ((e = readdir(d)) && !str_starts(e->d_name, prefix))
		;
	if (e) {
		assert_true(strlen(e->d_name) < size);
		strcpy(buf, e->d_name);
	}
	closedir(d);
	return e;
}

static void remove_netdev(struct fakekernel *fk, const char *device)
{
	char dir[PATH_MAX], name[64];

	fake_path(dir, "%s/net", device);
	while (find_name(fk, dir, "eth", name, sizeof(name))) {
		fake_remove(fk, "/sys/class/net/%s", name);
		fake_remove(fk, "%s/%s", dir, name);
	}
	fake_remove(fk, "%s", dir);
}

static void make_nvme(struct fakekernel *fk, const char *device)
{
	unsigned int n = free_number(fk, "/sys/class/nvme", "nvme");
	char dir[PATH_MAX], above[PATH_MAX], name[32], text[96];

	snprintf(name, sizeof(name), "nvme%u", n);
	fake_path(dir, "%s/nvme", device);
	make_class_device(fk, dir, "nvme", name, device);
	snprintf(text, sizeof(text), "245:%u\n", n);
	fake_put(fk, text, "%s/%s/dev", dir, name);
	snprintf(text, sizeof(text), "MAJOR=245\nMINOR=%u\nDEVNAME=%s\n", n,
		 name);
	fake_put(fk, text, "%s/%s/uevent", dir, name);
	fake_put(fk, "", "/dev/%s", name);

	fake_path(above, "%s/nvme/%s", device, name);
	snprintf(name, sizeof(name), "nvme%un1", n);
	make_class_device(fk, above, "block", name, above);
	snprintf(text, sizeof(text), "259:%u\n", n);
	fake_put(fk, text, "%s/%s/dev", above, name);
	snprintf(text, sizeof(text),
		 "MAJOR=259\nMINOR=%u\nDEVNAME=%s\nDEVTYPE=disk\n", n, name);
	fake_put(fk, text, "%s/%s/uevent", above, name);
	fake_put(fk, "131072\n", "%s/%s/size", above, name);
	fake_mkdir(fk, "%s/%s/holders", above, name);
	fake_put(fk, "", "/dev/%s", name);
}

static void remove_nvme(struct fakekernel *fk, const char *device)
{
	char dir[PATH_MAX], name[32], node[64];

	fake_path(dir, "%s/nvme", device);
	if (find_name(fk, dir, "nvme", name, sizeof(name))) {
		fake_remove(fk, "/sys/class/nvme/%s", name);
		fake_remove(fk, "/sys/class/block/%sn1", name);
		snprintf(node, sizeof(node), "/dev/%s", name);
		remove_node(fk, node);
		snprintf(node, sizeof(node), "/dev/%sn1", name);
		remove_node(fk, node);
	}
	fake_remove(fk, "%s", dir);
}

static bool noiommu(struct fakekernel *fk)
{
	char text[8];

	return fake_get(
		       fk,
		       "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode",
		       text, sizeof(text)) &&
	       *text == 'Y';
}

/* The number of the group that the device links to; 0 for none. */
static unsigned int linked_group(struct fakekernel *fk, const char *device)
{
	char host[PATH_MAX], target[PATH_MAX];
	ssize_t n;

	fake_path(host, "%s%s/iommu_group", fk->root, device);
	n = readlink(host, target, sizeof(target) - 1);
	if (n < 0)
		return 0;
	target[n] = '\0';
	return (unsigned int)strtoul(str_basename(target), NULL, 10);
}

static void join_group(struct fakekernel *fk, const char *device,
		       const char *address, unsigned int group,
		       const char *type)
{
	char path[PATH_MAX], link[PATH_MAX];

	fake_path(path, "/sys/kernel/iommu_groups/%u", group);
	if (!fake_has(fk, "%s/type", path)) {
		fake_put(fk, type, "%s/type", path);
		fake_put(fk, "0x00000000fee00000 0x00000000feefffff msi\n",
			 "%s/reserved_regions", path);
	}
	fake_path(link, "%s/iommu_group", device);
	fake_link(fk, path, link);
	fake_path(link, "%s/devices/%s", path, address);
	fake_link(fk, device, link);
}

static void leave_group(struct fakekernel *fk, const char *device,
			const char *address, unsigned int group)
{
	char dir[PATH_MAX], other[32];

	fake_path(dir, "/sys/kernel/iommu_groups/%u/devices", group);
	fake_remove(fk, "%s/%s", dir, address);
	fake_remove(fk, "%s/iommu_group", device);
	if (!find_name(fk, dir, "0", other, sizeof(other)))
		fake_remove(fk, "/sys/kernel/iommu_groups/%u", group);
}

/* Without an IOMMU a VFIO driver makes a group of its own for the device. */
static void make_vfio(struct fakekernel *fk, const struct fake_device *device,
		      const char *dir)
{
	unsigned int n = free_number(fk, "/sys/class/vfio-dev", "vfio");
	unsigned int group = linked_group(fk, dir);
	char above[PATH_MAX], name[16], text[64];

	snprintf(name, sizeof(name), "vfio%u", n);
	fake_path(above, "%s/vfio-dev", dir);
	make_class_device(fk, above, "vfio-dev", name, dir);
	if (!group) {
		group = free_number(fk, "/sys/kernel/iommu_groups", "");
		join_group(fk, dir, device->address, group, "blocked\n");
		fake_put(fk, "512:0\n", "/sys/class/vfio/noiommu-%u/dev",
			 group);
	} else {
		fake_put(fk, "512:0\n", "/sys/class/vfio/%u/dev", group);
		snprintf(text, sizeof(text), "511:%u\n", n);
		fake_put(fk, text, "%s/%s/dev", above, name);
		snprintf(text, sizeof(text),
			 "MAJOR=511\nMINOR=%u\nDEVNAME=vfio/devices/%s\n", n,
			 name);
		fake_put(fk, text, "%s/%s/uevent", above, name);
	}
	fk->nodes_due[device - fk->devices] =
		fk->node_delay == UINT_MAX ? UINT64_MAX
					   : fk->now + fk->node_delay;
	bus_tick(fk);
}

static void make_vfio_nodes(struct fakekernel *fk, const char *dir)
{
	unsigned int group = linked_group(fk, dir);
	char path[PATH_MAX], name[32];

	fake_path(path, "%s/vfio-dev", dir);
	if (!find_name(fk, path, "vfio", name, sizeof(name)))
		return;
	if (fake_has(fk, "%s/%s/dev", path, name)) {
		fake_put(fk, "", "/dev/vfio/devices/%s", name);
		fake_put(fk, "", "/dev/vfio/%u", group);
	} else {
		fake_put(fk, "", "/dev/vfio/noiommu-%u", group);
	}
}

/* Whether another member of the group has a VFIO driver. */
static bool group_in_vfio(struct fakekernel *fk, const struct fake_device * not,
			  unsigned int group)
{
	for (size_t i = 0; i < fk->device_count; i++) {
		const struct fake_device *d = &fk->devices[i];
		char path[PATH_MAX];

		bus_path(fk, d, path);
		if (d != not &&linked_group(fk, path) == group &&
		    fake_has(fk, "%s/vfio-dev", path))
			return true;
	}
	return false;
}

static void remove_vfio(struct fakekernel *fk, const struct fake_device *device,
			const char *dir)
{
	unsigned int group = linked_group(fk, dir);
	char path[PATH_MAX], name[32], node[64];

	fk->nodes_due[device - fk->devices] = 0;
	fake_path(path, "%s/vfio-dev", dir);
	if (find_name(fk, path, "vfio", name, sizeof(name))) {
		fake_remove(fk, "/sys/class/vfio-dev/%s", name);
		snprintf(node, sizeof(node), "/dev/vfio/devices/%s", name);
		remove_node(fk, node);
	}
	fake_remove(fk, "%s", path);
	if (!device->group) {
		snprintf(node, sizeof(node), "/dev/vfio/noiommu-%u", group);
		remove_node(fk, node);
		fake_remove(fk, "/sys/class/vfio/noiommu-%u", group);
		leave_group(fk, dir, device->address, group);
	} else if (!group_in_vfio(fk, device, group)) {
		snprintf(node, sizeof(node), "/dev/vfio/%u", group);
		remove_node(fk, node);
		fake_remove(fk, "/sys/class/vfio/%u", group);
	}
}

void bus_tick(struct fakekernel *fk)
{
	for (size_t i = 0; i < fk->device_count; i++) {
		char dir[PATH_MAX];

		if (!fk->nodes_due[i] || fk->nodes_due[i] > fk->now)
			continue;
		fk->nodes_due[i] = 0;
		bus_path(fk, &fk->devices[i], dir);
		make_vfio_nodes(fk, dir);
	}
}

/* --- The bus */

void bus_path(const struct fakekernel *fk, const struct fake_device *device,
	      char path[PATH_MAX])
{
	size_t n;

	if (!device->parent) {
		fake_path(path, "/sys/devices/pci%.7s/%s", device->address,
			  device->address);
		return;
	}
	for (size_t i = 0; i < fk->device_count; i++)
		if (str_eq(fk->devices[i].address, device->parent))
			bus_path(fk, &fk->devices[i], path);
	n = strlen(path);
	snprintf(path + n, PATH_MAX - n, "/%s", device->address);
}

const struct fake_device *bus_find(const struct fakekernel *fk,
				   const char *address)
{
	if (!fake_has(fk, "/sys/bus/pci/devices/%s", address))
		return NULL;
	for (size_t i = 0; i < fk->device_count; i++)
		if (str_eq(fk->devices[i].address, address))
			return &fk->devices[i];
	return NULL;
}

/* Module names know no difference between '-' and '_'. */
static bool same_name(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (*a != *b && !(strchr("-_", *a) && strchr("-_", *b)))
			return false;
	return *a == *b;
}

struct fake_driver_entry *bus_driver(struct fakekernel *fk, const char *name)
{
	for (size_t i = 0; i < fk->driver_count; i++)
		if (same_name(fk->drivers[i].name, name))
			return &fk->drivers[i];
	return NULL;
}

bool bus_driver_loaded(const struct fakekernel *fk, const char *name)
{
	return fake_has(fk, "/sys/bus/pci/drivers/%s/bind", name);
}

struct fake_driver_entry *bus_bound(struct fakekernel *fk,
				    const struct fake_device *device)
{
	char host[PATH_MAX], dir[PATH_MAX], target[PATH_MAX];
	ssize_t n;

	bus_path(fk, device, dir);
	fake_path(host, "%s%s/driver", fk->root, dir);
	n = readlink(host, target, sizeof(target) - 1);
	if (n < 0)
		return NULL;
	target[n] = '\0';
	return bus_driver(fk, str_basename(target));
}

bool bus_match(struct fakekernel *fk, const struct fake_driver_entry *driver,
	       const struct fake_device *device)
{
	char path[PATH_MAX], override[64];

	bus_path(fk, device, path);
	strcat(path, "/driver_override");
	if (fake_get(fk, path, override, sizeof(override)) &&
	    !str_eq(override, "(null)"))
		return str_eq(override, driver->name);
	return driver->kind != FAKE_VFIO &&
	       str_eq(device->native, driver->name);
}

int bus_attach(struct fakekernel *fk, struct fake_driver_entry *driver,
	       const struct fake_device *device)
{
	char dir[PATH_MAX], path[PATH_MAX], link[PATH_MAX];

	bus_path(fk, device, dir);
	if (driver->refuse)
		return -driver->refuse;
	if (driver->kind == FAKE_VFIO && !device->group && !noiommu(fk))
		return -EINVAL;
	fake_path(path, "/sys/bus/pci/drivers/%s", driver->name);
	fake_path(link, "%s/driver", dir);
	fake_link(fk, path, link);
	fake_path(link, "%s/%s", path, device->address);
	fake_link(fk, dir, link);
	switch (driver->kind) {
	case FAKE_NET:
		make_netdev(fk, dir);
		break;
	case FAKE_NVME:
		make_nvme(fk, dir);
		break;
	case FAKE_VFIO:
		make_vfio(fk, device, dir);
		break;
	case FAKE_PLAIN:
		break;
	}
	return 0;
}

void bus_probe(struct fakekernel *fk, const struct fake_device *device)
{
	for (size_t i = 0; i < fk->driver_count; i++) {
		struct fake_driver_entry *driver = &fk->drivers[i];

		if (bus_driver_loaded(fk, driver->name) &&
		    bus_match(fk, driver, device) &&
		    sriov_can_probe(fk, device)) {
			(void)bus_attach(fk, driver, device);
			return;
		}
	}
}

void bus_unlink_driver(struct fakekernel *fk, const struct fake_device *device)
{
	struct fake_driver_entry *driver = bus_bound(fk, device);
	char dir[PATH_MAX];

	bus_path(fk, device, dir);
	fake_remove(fk, "%s/driver", dir);
	fake_remove(fk, "/sys/bus/pci/drivers/%s/%s", driver->name,
		    device->address);
}

void bus_release(struct fakekernel *fk, const struct fake_device *device,
		 const struct fake_driver_entry *driver)
{
	char dir[PATH_MAX];

	bus_path(fk, device, dir);
	switch (driver->kind) {
	case FAKE_NET:
		remove_netdev(fk, dir);
		break;
	case FAKE_NVME:
		remove_nvme(fk, dir);
		break;
	case FAKE_VFIO:
		remove_vfio(fk, device, dir);
		break;
	case FAKE_PLAIN:
		break;
	}
}

void bus_detach(struct fakekernel *fk, const struct fake_device *device)
{
	struct fake_driver_entry *driver = bus_bound(fk, device);

	if (!driver)
		return;
	bus_unlink_driver(fk, device);
	bus_release(fk, device, driver);
}

void bus_remove(struct fakekernel *fk, const struct fake_device *device)
{
	unsigned int group;
	char dir[PATH_MAX];

	bus_path(fk, device, dir);
	if (fake_has(fk, "%s/virtfn0", dir))
		sriov_remove_vfs(fk, device);
	bus_detach(fk, device);
	group = linked_group(fk, dir);
	if (group)
		leave_group(fk, dir, device->address, group);
	fake_remove(fk, "/sys/bus/pci/devices/%s", device->address);
	fake_remove(fk, "%s", dir);
}

void bus_load_driver(struct fakekernel *fk, struct fake_driver_entry *driver)
{
	static const char *const files[] = { "bind", "unbind", "new_id",
					     "remove_id", "uevent" };
	char path[PATH_MAX], link[PATH_MAX], module[48];

	if (bus_driver_loaded(fk, driver->name))
		return;
	fake_path(path, "/sys/bus/pci/drivers/%s", driver->name);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		fake_put(fk, "", "%s/%s", path, files[i]);
	snprintf(module, sizeof(module), "%s", driver->name);
	for (char *s = module; *s; s++)
		if (*s == '-')
			*s = '_';
	fake_path(link, "/sys/module/%s/drivers/pci:%s", module, driver->name);
	fake_link(fk, path, link);
	strcat(path, "/module");
	fake_path(link, "/sys/module/%s", module);
	fake_link(fk, link, path);

	for (size_t i = 0; i < fk->device_count; i++) {
		const struct fake_device *d = &fk->devices[i];

		if (bus_find(fk, d->address) && !bus_bound(fk, d) &&
		    bus_match(fk, driver, d))
			(void)bus_attach(fk, driver, d);
	}
}

/* A header and a PCI Express capability. */
static void put_config(struct fakekernel *fk, const struct fake_device *d,
		       const char *path)
{
	bool bridge = d->class >> 8 == 0x0604;
	uint8_t config[256] = {
		[0x00] = d->vendor & 0xff,
		d->vendor >> 8,
		[0x02] = d->device & 0xff,
		d->device >> 8,
		[0x06] = 0x10, /* has capabilities */
		[0x09] = d->class & 0xff,
		(uint8_t)(d->class >> 8),
		[0x0b] = (uint8_t)(d->class >> 16),
		[0x0e] = bridge,
		[0x34] = 0x40,
		[0x40] = 0x10, /* PCI Express, the last */
		[0x42] = (uint8_t)(bridge ? 4 << 4 | 2 : 2),
	};

	fake_put_bytes(fk, config, sizeof(config), "%s/config", path);
}

static void put_number(struct fakekernel *fk, const char *dir, const char *name,
		       unsigned int digits, unsigned int value)
{
	char text[16];

	snprintf(text, sizeof(text), "0x%0*x\n", (int)digits, value);
	fake_put(fk, text, "%s/%s", dir, name);
}

void bus_make_device(struct fakekernel *fk, size_t index)
{
	const struct fake_device *d = &fk->devices[index];
	char dir[PATH_MAX], link[PATH_MAX], text[1024];
	size_t n;

	bus_path(fk, d, dir);
	put_number(fk, dir, "vendor", 4, d->vendor);
	put_number(fk, dir, "device", 4, d->device);
	put_number(fk, dir, "subsystem_vendor", 4, 0x1af4);
	put_number(fk, dir, "subsystem_device", 4, 0x1100);
	put_number(fk, dir, "class", 6, d->class);
	put_number(fk, dir, "revision", 2, 1);
	fake_put(fk, "(null)\n", "%s/driver_override", dir);
	fake_put(fk, "-1\n", "%s/numa_node", dir);
	fake_put(fk, "flr bus\n", "%s/reset_method", dir);
	fake_put(fk, "", "%s/remove", dir);
	put_config(fk, d, dir);
	snprintf(text, sizeof(text),
		 "pci:v%08Xd%08Xsv00001AF4sd00001100bc%02Xsc%02Xi%02X\n",
		 d->vendor, d->device, d->class >> 16, d->class >> 8 & 0xff,
		 d->class & 0xff);
	fake_put(fk, text, "%s/modalias", dir);

	n = (size_t)snprintf(
		text, sizeof(text), "0x%016zx 0x%016zx 0x0000000000040200\n",
		0xf0000000 + index * 0x10000, 0xf0003fff + index * 0x10000);
	for (int i = 1; i < 7; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "0x0000000000000000 0x0000000000000000 "
				      "0x0000000000000000\n");
	fake_put(fk, text, "%s/resource", dir);

	fake_path(link, "%s/subsystem", dir);
	fake_link(fk, "/sys/bus/pci", link);
	fake_path(link, "/sys/bus/pci/devices/%s", d->address);
	fake_link(fk, dir, link);
	if (d->group)
		join_group(fk, dir, d->address, (unsigned int)d->group,
			   "DMA\n");
}

void bus_make(struct fakekernel *fk)
{
	static const char *const directories[] = {
		"/sys/bus/pci/devices",
		"/sys/bus/pci/drivers",
		"/sys/bus/mdev/devices",
		"/sys/class/net",
		"/sys/class/block",
		"/sys/class/nvme",
		"/sys/class/vfio-dev",
		"/sys/kernel/iommu_groups",
		"/sys/module",
		"/dev/vfio/devices",
		"/run",
		"/etc",
	};
	static const char *const files[][2] = {
		{ "/sys/bus/pci/drivers_probe", "" },
		{ "/proc/sys/kernel/osrelease", FAKE_RELEASE "\n" },
		{ "/proc/self/mountinfo", "" },
		{ "/proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n" },
		{ "/proc/interrupts", " 24: 0 IR-PCI-MSI-0000:00:02.0\n" },
		{ "/lib/modules/" FAKE_RELEASE "/modules.dep", "" },
		{ "/lib/modules/" FAKE_RELEASE "/modules.alias", "" },
		{ "/dev/vfio/vfio", "" },
		{ "/dev/iommu", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		fake_mkdir(fk, "%s", directories[i]);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		fake_put(fk, files[i][1], "%s", files[i][0]);
}
