/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Definitions of mdevs, which other programs and people write, too; what
 * scripts answer, and which virtual GPUs a driver offers.
 */

#include <stdlib.h>

#include "fuzz.h"
#include "object/mdev.h"
#include "object/mdev_script.h"

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

static void read_answers(struct vdev_ctx *ctx, const char *text)
{
	struct vdev_mdev_config *config;
	struct script_support supports;

	if (script_parse_supports(text, &supports) > 0)
		FUZZ_CHECK(!(supports.actions >> SCRIPT_ACTIONS) &&
			   !(supports.events >> SCRIPT_EVENTS));
	FUZZ_CHECK(!vdev_mdev_config_new(ctx, &config));
	if (mdev_config_add_json(config, text))
		FUZZ_CHECK(!vdev_mdev_config_attr_count(config));
	vdev_mdev_config_free(config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input;
	struct vdev_ctx *ctx = fuzz_ctx(&input, data, size);
	_auto_free_ char *text = fuzz_string(data, size);
	struct vdev_mdev_definition_list *definitions;
	struct vdev_mdev_type_list *types;
	struct vdev_mdev_config *config;

	read_answers(ctx, text);
	FUZZ_CHECK(!vdev_mdev_config_new(ctx, &config));
	if (!vdev_mdev_config_parse(config, text)) {
		check_config(ctx, config, true);
		check_config(ctx, config, false);
	}
	vdev_mdev_config_free(config);
	if (vdev_mdev_definition_list_new(ctx, &definitions) >= 0)
		vdev_mdev_definition_list_free(definitions);
	if (vdev_vgpu_type_list_new(ctx, NULL, &types) >= 0)
		vdev_mdev_type_list_free(types);
	vdev_ctx_unref(ctx);
	return 0;
}
