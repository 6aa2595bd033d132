/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Definitions of mdevs, which other programs and people write, too. */

#include <stdlib.h>

#include "fuzz.h"
#include "object/mdev.h"

/* What was understood is written so that it is understood the same way. */
static void check_config(struct vdev_ctx *ctx, struct vdev_mdev_config *config,
			 bool pretty)
{
	struct vdev_mdev_config *again;
	char *text, *second;

	FUZZ_CHECK(!vdev_mdev_config_format(config, pretty, &text));
	FUZZ_CHECK(!vdev_mdev_config_new(ctx, &again));
	FUZZ_CHECK(!vdev_mdev_config_parse(again, text));
	FUZZ_CHECK(!vdev_mdev_config_format(again, pretty, &second));
	FUZZ_CHECK(!strcmp(text, second));
	vdev_mdev_config_free(again);
	free(second);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input;
	struct vdev_ctx *ctx = fuzz_ctx(&input, data, size);
	_auto_free_ char *text = fuzz_string(data, size);
	struct vdev_mdev_definition_list *definitions;
	struct vdev_mdev_config *config;

	FUZZ_CHECK(!vdev_mdev_config_new(ctx, &config));
	if (!vdev_mdev_config_parse(config, text)) {
		check_config(ctx, config, true);
		check_config(ctx, config, false);
	}
	vdev_mdev_config_free(config);
	if (vdev_mdev_definition_list_new(ctx, &definitions) >= 0)
		vdev_mdev_definition_list_free(definitions);
	vdev_ctx_unref(ctx);
	return 0;
}
