/* SPDX-License-Identifier: GPL-2.0-or-later */

/* A configuration space of any length and content. */

#include "fuzz.h"
#include "kernel/pciconfig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vdev_pci_cap caps[PCICONFIG_MAX_CAPS];
	size_t count;

	if (size > PCICONFIG_SIZE)
		size = PCICONFIG_SIZE;
	if (size < PCICONFIG_HEADER)
		return 0;
	(void)pciconfig_answers(data, size);
	(void)pciconfig_has_caps(data, size);
	count = pciconfig_caps(data, size, caps);
	FUZZ_CHECK(count <= PCICONFIG_MAX_CAPS);
	for (size_t i = 0; i < count; i++) {
		FUZZ_CHECK(caps[i].offset >= PCICONFIG_HEADER);
		FUZZ_CHECK(caps[i].offset < size);
		(void)pciconfig_cap_name(caps[i].id, caps[i].extended);
		for (size_t j = 0; j < i; j++)
			FUZZ_CHECK(caps[i].offset != caps[j].offset);
		if (caps[i].extended && caps[i].id == PCICONFIG_EXT_CAP_PASID)
			(void)pciconfig_pasid_width(data, size, caps[i].offset);
	}
	return 0;
}
