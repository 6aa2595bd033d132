/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Filters and names that a user gives, one a line. */

#include <libvdev/libvdev.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_auto_free_ char *text = fuzz_string(data, size);
	_auto_strv_ struct strv terms = { 0 };
	struct vdev_device_list *list;
	struct vdev_filter *filter;
	struct vdev_device *dev;
	struct fuzz_input input;
	struct vdev_ctx *ctx = fuzz_ctx(&input, data, size);
	const char *term;

	FUZZ_CHECK(!strv_split(&terms, text, "\n"));
	FUZZ_CHECK(!vdev_filter_new(ctx, &filter));
	strv_foreach(&terms, term) {
		(void)vdev_filter_add(filter, term);
		if (!vdev_device_find(ctx, term, &dev))
			vdev_device_unref(dev);
	}
	if (vdev_device_list_new(ctx, filter, &list) >= 0)
		vdev_device_list_free(list);
	vdev_filter_free(filter);
	vdev_ctx_unref(ctx);
	return 0;
}
