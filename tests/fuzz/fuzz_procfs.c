/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Mount tables and the like, whose names any user may choose. */

#include "fuzz.h"
#include "kernel/procfs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proc_mounts mounts = { 0 };
	struct proc_users users = { 0 };
	_auto_strv_ struct strv swaps = { 0 };
	struct fuzz_input input;
	struct vdev_sys sys;

	fuzz_sys(&sys, &input, data, size);
	if (!procfs_mounts(&sys, &mounts))
		for (size_t i = 0; i < mounts.count; i++)
			FUZZ_CHECK(mounts.items[i].point &&
				   mounts.items[i].source);
	procfs_mounts_clear(&mounts);
	(void)procfs_swaps(&sys, &swaps);
	if (!procfs_users(&sys, &users))
		for (size_t i = 0; i < users.count; i++)
			FUZZ_CHECK(users.items[i].node);
	procfs_users_clear(&users);
	return 0;
}
