/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Indexes of modules. */

#include "fuzz.h"
#include "kernel/modules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char alias[] =
		"vfio_pci:v00008086d000010C9sv00001AF4sd00001100bc02sc00i00";
	_auto_strv_ struct strv modules = { 0 };
	struct fuzz_input input;
	struct vdev_sys sys;
	char driver[16];

	fuzz_sys(&sys, &input, data, size);
	(void)modules_match(&sys, alias, &modules);
	(void)modules_has(&sys, "vfio-pci");
	(void)modules_pci_driver(&sys, "vfio_pci", driver, sizeof(driver));
	return 0;
}
