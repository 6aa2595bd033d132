/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The numbers of PFs and VFs. */

#include <errno.h>

#include <libvdev/sriov.h>

#include "kernel/pciconfig.h"
#include "object/device_struct.h"
#include "object/journal.h"
#include "object/vfs.h"

int vdev_sriov_enabled(struct vdev_ctx *ctx)
{
	int ret = vfs_enabled(ctx);

	if (ret == -ENOENT)
		return -ENODATA;
	return ret < 0 ? vdev_fail(ctx, ret,
				   "cannot read whether vfio-pci may have VFs: "
				   "%s",
				   strerror(-ret))
		       : ret;
}

/* A number in an attribute of PFs. */
static int read_number(struct vdev_device *dev, const char *name,
		       unsigned int base)
{
	uint64_t value;
	char text[16];
	ssize_t n;

	if (!device_is_pci(dev))
		return -ENODATA;
	n = vdev_device_read_attr(dev, name, text, sizeof(text));
	if (n == -ENOENT)
		return -ENODATA;
	if (n >= 0 && (str_to_u64(text, base, &value) || value > INT32_MAX))
		n = -EIO;
	return n < 0 ? device_fail(dev, (int)n, name) : (int)value;
}

int vdev_device_sriov_offset(struct vdev_device *dev)
{
	return read_number(dev, "sriov_offset", 10);
}

int vdev_device_sriov_stride(struct vdev_device *dev)
{
	return read_number(dev, "sriov_stride", 10);
}

int vdev_device_sriov_vf_device(struct vdev_device *dev)
{
	return read_number(dev, "sriov_vf_device", 16);
}

/* The kernel reads it with the PF locked, as it is in a removal that waits. */
int vdev_device_sriov_total_msix(struct vdev_device *dev)
{
	struct journal journal = { 0 };
	bool pending = false;

	if (!journal_read(dev->ctx, dev->address, &journal))
		pending = journal_unbind_pending(dev->ctx, &journal);
	journal_clear(&journal);
	if (pending)
		return vdev_fail(dev->ctx, -EAGAIN,
				 "%s: the kernel waits for a user to let go",
				 dev->address);
	return read_number(dev, "sriov_vf_total_msix", 10);
}

int vdev_device_vf_number(struct vdev_device *dev)
{
	const char *physfn = NULL;
	const char *const *vfs;
	struct vdev_device *pf;
	int ret = device_get_physfn(dev, &physfn);

	if (ret)
		return ret;
	if (!physfn)
		return -ENODATA;
	ret = vdev_device_new(dev->ctx, "pci", physfn, &pf);
	if (ret)
		return device_fail(dev, ret, "the PF");
	vfs = vdev_device_virtfns(pf);
	ret = vfs ? -ENODATA : -ENOMEM;
	for (int i = 0; vfs && vfs[i]; i++)
		if (str_eq(vfs[i], dev->address))
			ret = i;
	vdev_device_unref(pf);
	return ret;
}

int vdev_device_msix_vectors(struct vdev_device *dev)
{
	int offset = vdev_device_cap_offset(dev, PCICONFIG_CAP_MSIX, 0);
	const uint8_t *config = NULL;
	int size;

	if (offset < 0)
		return offset;
	size = vdev_device_config(dev, &config);
	if (size < 0)
		return size;
	if (size < offset + 4)
		return device_fail(dev, -EIO, "the MSI-X capability");
	return (pciconfig_u16(config, (size_t)offset + 2) & 0x7ff) + 1;
}
