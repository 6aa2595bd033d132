/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is told of a device in front of its data, and compared before loading.
 */

#include <errno.h>
#include <stdio.h>

#include "object/migration_stream.h"
#include "object/region.h"

/* Where the configuration space has what tells functions apart. */
static const struct {
	const char *name;
	unsigned int offset, width;
} pci_ids[] = {
	{ "vendor", 0x00, 2 },
	{ "device", 0x02, 2 },
	{ "subsystem-vendor", 0x2c, 2 },
	{ "subsystem-device", 0x2e, 2 },
	{ "class", 0x08, 4 },
};

static int collect_pci(struct vdev_migration *m, struct strv *facts)
{
	for (size_t i = 0; i < ARRAY_SIZE(pci_ids); i++) {
		uint64_t value;
		int ret = vdev_file_read_register(m->file, VDEV_REGION_CONFIG,
						  pci_ids[i].offset,
						  pci_ids[i].width, &value);

		if (ret)
			return ret;
		/* With the revision behind the class. */
		ret = strv_addf(facts, "%s=0x%0*llx", pci_ids[i].name,
				2 * (int)pci_ids[i].width,
				(unsigned long long)value);
		if (ret)
			return ret;
	}
	return 0;
}

static int collect_regions(struct vdev_migration *m, struct strv *facts)
{
	for (unsigned int i = 0; i < vdev_file_region_count(m->file); i++) {
		const struct vdev_region *region;
		int ret = vdev_file_region(m->file, i, &region);

		if (!ret && vdev_region_size(region))
			ret = strv_addf(
				facts, "region.%u=%llu", i,
				(unsigned long long)vdev_region_size(region));
		if (ret)
			return ret;
	}
	return 0;
}

static const char *kind_of(const struct vdev_migration *m)
{
	static const struct {
		unsigned int flag;
		const char *name;
	} kinds[] = {
		{ VDEV_FILE_PCI, "pci" },   { VDEV_FILE_PLATFORM, "platform" },
		{ VDEV_FILE_AMBA, "amba" }, { VDEV_FILE_CCW, "ccw" },
		{ VDEV_FILE_AP, "ap" },	    { VDEV_FILE_FSL_MC, "fsl-mc" },
		{ VDEV_FILE_CDX, "cdx" },
	};
	unsigned int flags = vdev_file_flags(m->file);

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (flags & kinds[i].flag)
			return kinds[i].name;
	return "other";
}

static int add_known(struct strv *facts, const char *name, const char *value)
{
	return value ? strv_addf(facts, "%s=%s", name, value) : 0;
}

static int collect_device(struct vdev_migration *m, struct strv *facts)
{
	struct vdev_device *dev = m->file->dev;
	char release[128];
	int ret = 0;

	if (dev) {
		ret = add_known(facts, "driver", vdev_device_driver(dev));
		if (!ret && str_eq(vdev_device_bus(dev), "mdev"))
			ret = add_known(facts, "mdev-type",
					vdev_device_mdev_type(dev));
		if (!ret)
			ret = add_known(facts, "-address",
					vdev_device_address(dev));
	}
	if (!ret && vdev_sys_read_attr(mig_sys(m), VDEV_SYS_ROOT,
				       "/proc/sys/kernel/osrelease", release,
				       sizeof(release)) >= 0)
		ret = add_known(facts, "-kernel", release);
	return ret ? ret : add_known(facts, "-libvdev", VDEV_VERSION);
}

int facts_collect(struct vdev_migration *m, struct strv *ret)
{
	_auto_strv_ struct strv facts = { 0 };
	int error = strv_addf(&facts, "kind=%s", kind_of(m));

	if (!error && vdev_file_flags(m->file) & VDEV_FILE_PCI)
		error = collect_pci(m, &facts);
	if (!error)
		error = collect_regions(m, &facts);
	if (!error)
		error = collect_device(m, &facts);
	if (error == -ENOMEM)
		return vdev_fail(mig_ctx(m), error, "out of memory");
	if (error)
		return error;
	*ret = facts;
	facts = (struct strv){ 0 };
	return 0;
}

/* --- Comparing */

/* The value of a fact's name, or NULL; `fact` has the name. */
static const char *value_in(const struct strv *facts, const char *fact)
{
	size_t length = strcspn(fact, "=") + 1;
	const char *other;

	strv_foreach(facts, other)
		if (!strncmp(other, fact, length))
			return other + length;
	return NULL;
}

/* What an imported descriptor does not tell. */
static bool may_lack(const char *fact)
{
	return str_starts(fact, "driver=") || str_starts(fact, "mdev-type=");
}

static bool is_known(const char *fact)
{
	for (size_t i = 0; i < ARRAY_SIZE(pci_ids); i++)
		if (str_starts(fact, pci_ids[i].name) &&
		    fact[strlen(pci_ids[i].name)] == '=')
			return true;
	return may_lack(fact) || str_starts(fact, "kind=") ||
	       str_starts(fact, "region.");
}

static int other_kind(struct vdev_migration *m, const char *fact,
		      const char *there, const char *here)
{
	return vdev_fail_as(mig_ctx(m), VDEV_ERROR_FAILED, -EMEDIUMTYPE,
			    "the stream is of another kind of device than %s: "
			    "its %.*s is %s, that of %s %s",
			    mig_name(m), (int)strcspn(fact, "="), fact,
			    there ? there : "not there", mig_name(m),
			    here ? here : "not there");
}

/* Whether each fact of one list is in the other; `stream` is one of them. */
static int compare(struct vdev_migration *m, const struct strv *facts,
		   const struct strv *others, bool facts_are_there)
{
	const char *fact;

	strv_foreach(facts, fact) {
		const char *value = fact + strcspn(fact, "=") + 1;
		const char *other = value_in(others, fact);

		if (*fact == FACT_INFO || str_eq(value, other) ||
		    (!other && may_lack(fact)))
			continue;
		if (!is_known(fact))
			return vdev_fail_as(
				mig_ctx(m), VDEV_ERROR_NOT_SUPPORTED,
				-EPROTONOSUPPORT,
				"the stream asks for a device with %s, which "
				"is not known; a newer libvdev may know it",
				fact);
		return facts_are_there ? other_kind(m, fact, value, other)
				       : other_kind(m, fact, other, value);
	}
	return 0;
}

int facts_check(struct vdev_migration *m, const struct strv *facts)
{
	_auto_strv_ struct strv own = { 0 };
	int ret = facts_collect(m, &own);

	if (!ret)
		ret = compare(m, facts, &own, true);
	if (!ret)
		ret = compare(m, &own, facts, false);
	return ret;
}
