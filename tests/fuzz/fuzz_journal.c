/* SPDX-License-Identifier: GPL-2.0-or-later */

/* A journal that was cut short or damaged. */

#include "fuzz.h"
#include "object/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input;
	struct vdev_ctx *ctx = fuzz_ctx(&input, data, size);
	struct journal journal = { 0 };

	if (!journal_read(ctx, "0000:01:00.0", &journal)) {
		FUZZ_CHECK(
			memchr(journal.driver, '\0', sizeof(journal.driver)));
		FUZZ_CHECK(memchr(journal.override, '\0',
				  sizeof(journal.override)));
		/* They become part of paths. */
		FUZZ_CHECK(!*journal.driver ||
			   driver_name_valid(journal.driver));
		for (size_t i = 0; i <= journal.vfs.vfs.count; i++) {
			char driver[DRIVER_NAME_SIZE], over[DRIVER_NAME_SIZE];

			journal_get_vf(&journal.vfs, i, driver, over);
			FUZZ_CHECK(!*driver || driver_name_valid(driver));
			FUZZ_CHECK(!*over || driver_name_valid(over));
		}
		(void)journal_unbind_pending(ctx, &journal);
		journal_clear(&journal);
	}
	vdev_ctx_unref(ctx);
	return 0;
}
