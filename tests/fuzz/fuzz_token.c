/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Tokens in files and keys that anybody may have written, and stored ones. */

#include "fuzz.h"
#include "object/token.h"

static void check_text(const struct vdev_vf_token *token)
{
	struct vdev_vf_token again;
	char text[VDEV_VF_TOKEN_TEXT];

	vdev_vf_token_format(token, text);
	FUZZ_CHECK(!vdev_vf_token_parse(text, &again));
	FUZZ_CHECK(!memcmp(token, &again, sizeof(again)));
}

static void check_stored(const struct token_stored *stored)
{
	const struct token_identity *id = &stored->identity;
	struct pci_address address;

	check_text(&stored->token);
	FUZZ_CHECK(memchr(id->address, '\0', sizeof(id->address)));
	FUZZ_CHECK(!pci_address_parse(id->address, &address));
	FUZZ_CHECK(memchr(id->serial, '\0', sizeof(id->serial)));
	FUZZ_CHECK(id->vendor >= 0 && id->vendor <= 0xffff);
	FUZZ_CHECK(id->device >= 0 && id->device <= 0xffff);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input;
	struct vdev_ctx *ctx = fuzz_ctx(&input, data, size);
	struct token_stored stored = { 0 };
	_auto_free_ char *text = fuzz_string(data, size);
	struct vdev_vf_token_list *list;
	struct vdev_vf_token token;

	if (!token_scan((const char *)data, size, &token))
		check_text(&token);
	if (!vdev_vf_token_read_key(ctx, "key", &token))
		check_text(&token);
	if (!token_stored_parse(text, "0000:01:00.0", &stored))
		check_stored(&stored);
	if (vdev_vf_token_list_new(ctx, &list) >= 0)
		vdev_vf_token_list_free(list);
	vdev_ctx_unref(ctx);
	return 0;
}
