/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Configuration spaces as no device should have them. */

#include <stdlib.h>

#include "kernel/pciconfig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void check_cap(const uint8_t *data, size_t size,
		      const struct vdev_pci_cap *cap)
{
	size_t least = cap->extended ? PCICONFIG_PLAIN : PCICONFIG_HEADER;

	require(cap->offset >= least && cap->offset % 4 == 0);
	require(cap->offset + 4U <= size);
	require(cap->extended || cap->offset < PCICONFIG_PLAIN);
	(void)pciconfig_cap_name(cap->id, cap->extended);
	if (cap->extended && cap->id == PCICONFIG_EXT_CAP_PASID)
		require(pciconfig_pasid_width(data, size, cap->offset) <= 20);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vdev_pci_cap caps[PCICONFIG_MAX_CAPS];
	bool seen[PCICONFIG_SIZE] = { false };
	size_t count = pciconfig_caps(data, size, caps);

	require(count <= PCICONFIG_MAX_CAPS);
	require(!count || pciconfig_has_caps(data, size));
	for (size_t i = 0; i < count; i++) {
		check_cap(data, size, &caps[i]);
		require(!seen[caps[i].offset]);
		seen[caps[i].offset] = true;
	}
	(void)pciconfig_answers(data, size);
	return 0;
}
