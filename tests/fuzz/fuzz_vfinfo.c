/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What rtnetlink tells of VFs. */

#include "fuzz.h"
#include "kernel/vfinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vfinfo_list list = { 0 };
	struct fuzz_input input;
	struct vdev_sys sys;

	fuzz_sys(&sys, &input, data, size);
	if (!vfinfo_read(&sys, "eth0", &list)) {
		FUZZ_CHECK(list.index > 0 && list.count <= 65535);
		for (size_t i = 0; i < list.count; i++)
			FUZZ_CHECK(list.vfs[i].known >> VFINFO_COUNT == 0);
	}
	free(list.vfs);
	return 0;
}
