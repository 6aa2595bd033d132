/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The SR-IOV part of the fake bus, after drivers/pci/iov.c of Linux 7.2. */

#include <errno.h>
#include <setjmp.h>
#include <stdio.h>

#include <cmocka.h>

#include "fakebus.h"

void fakekernel_add_vfs(struct fakekernel *fk, const char *address,
			const char *first, unsigned int total,
			const char *native, int group)
{
	const struct fake_device *pf = bus_find(fk, address);
	struct pci_address at;
	char dir[PATH_MAX], text[16];

	assert_non_null(pf);
	assert_int_equal(pci_address_parse(first, &at), 0);
	for (unsigned int i = 0; i < total; i++) {
		size_t index = fk->device_count++;
		char name[PCI_ADDRESS_SIZE];

		assert_true(fk->device_count <= FAKE_MOST_DEVICES);
		pci_address_format(&at, name);
		if (++at.function == 8) {
			at.function = 0;
			at.device++;
		}
		fk->devices[index] = (struct fake_device){
			.address = strdup(name),
			.vendor = pf->vendor,
			.device = 0x10ca,
			.class = pf->class,
			.native = native ? strdup(native) : NULL,
			.group = group + (int)i,
		};
		fk->pf_of[index] = pf;
	}
	bus_path(fk, pf, dir);
	snprintf(text, sizeof(text), "%u\n", total);
	fake_put(fk, text, "%s/sriov_totalvfs", dir);
	fake_put(fk, "0\n", "%s/sriov_numvfs", dir);
	fake_put(fk, "1\n", "%s/sriov_drivers_autoprobe", dir);
	fake_put(fk, "128\n", "%s/sriov_offset", dir);
	fake_put(fk, "2\n", "%s/sriov_stride", dir);
	fake_put(fk, "10ca\n", "%s/sriov_vf_device", dir);
	fake_put(fk, "0\n", "%s/sriov_vf_total_msix", dir);
}

static bool reads_on(struct fakekernel *fk, const char *path)
{
	char text[8];

	return fake_get(fk, path, text, sizeof(text)) &&
	       strchr("1Yy", *text) != NULL;
}

/* pci_device_can_probe() */
bool sriov_can_probe(struct fakekernel *fk, const struct fake_device *device)
{
	const struct fake_device *pf = fk->pf_of[device - fk->devices];
	char path[PATH_MAX], override[64];

	if (!pf)
		return true;
	bus_path(fk, device, path);
	strcat(path, "/driver_override");
	if (fake_get(fk, path, override, sizeof(override)) &&
	    !str_eq(override, "(null)"))
		return true;
	bus_path(fk, pf, path);
	strcat(path, "/sriov_drivers_autoprobe");
	return reads_on(fk, path);
}

static unsigned int count(struct fakekernel *fk, const struct fake_device *pf)
{
	unsigned int n = 0;
	char dir[PATH_MAX];

	bus_path(fk, pf, dir);
	while (fake_has(fk, "%s/virtfn%u", dir, n))
		n++;
	return n;
}

static void make(struct fakekernel *fk, const struct fake_device *pf,
		 unsigned int wanted, const struct fake_driver_entry *driver)
{
	char dir[PATH_MAX], vf[PATH_MAX], link[PATH_MAX];
	unsigned int n = 0;

	bus_path(fk, pf, dir);
	for (size_t i = 0; i < fk->device_count && n < wanted; i++) {
		const struct fake_device *d = &fk->devices[i];

		if (fk->pf_of[i] != pf)
			continue;
		bus_make_device(fk, i);
		bus_path(fk, d, vf);
		fake_put(fk, "", "%s/sriov_vf_msix_count", vf);
		fake_path(link, "%s/virtfn%u", dir, n++);
		fake_link(fk, vf, link);
		fake_path(link, "%s/physfn", vf);
		fake_link(fk, dir, link);
		if (driver->kind == FAKE_VFIO) {
			fake_path(link, "%s\n", driver->name);
			fake_put(fk, link, "%s/driver_override", vf);
		}
		bus_probe(fk, d);
	}
}

void sriov_remove_vfs(struct fakekernel *fk, const struct fake_device *pf)
{
	char dir[PATH_MAX];

	bus_path(fk, pf, dir);
	for (unsigned int n = count(fk, pf); n-- > 0;)
		fake_remove(fk, "%s/virtfn%u", dir, n);
	for (size_t i = 0; i < fk->device_count; i++)
		if (fk->pf_of[i] == pf && bus_find(fk, fk->devices[i].address))
			bus_remove(fk, &fk->devices[i]);
}

/* A VF that somebody holds open, or NULL. */
const struct fake_device *sriov_held(struct fakekernel *fk,
				     const struct fake_device *pf)
{
	char none[8];

	for (size_t i = 0; i < fk->device_count; i++)
		if (fk->pf_of[i] == pf &&
		    fake_noted(fk, "held", fk->devices[i].address, none,
			       sizeof(none)))
			return &fk->devices[i];
	return NULL;
}

int sriov_set_numvfs(struct fakekernel *fk, const struct fake_device *pf,
		     const char *text)
{
	struct fake_driver_entry *driver = bus_bound(fk, pf);
	unsigned int total = 0, now = count(fk, pf);
	int wanted = str_to_int(text);

	for (size_t i = 0; i < fk->device_count; i++)
		total += fk->pf_of[i] == pf;
	if (wanted < 0)
		return -EINVAL;
	if ((unsigned int)wanted > total)
		return -ERANGE;
	if ((unsigned int)wanted == now)
		return 0;
	if (!driver || driver->kind == FAKE_PLAIN ||
	    (driver->kind == FAKE_VFIO &&
	     !reads_on(fk, "/sys/module/vfio_pci/parameters/enable_sriov")))
		return -ENOENT;
	if (wanted && now)
		return -EBUSY;
	if (wanted)
		make(fk, pf, (unsigned int)wanted, driver);
	else
		sriov_remove_vfs(fk, pf);
	return 0;
}
