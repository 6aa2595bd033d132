/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Streams of a device's state that anybody may have written. */

#include <fcntl.h>

#include <libvdev/migration.h>

#include "base/crc32c.h"
#include "fuzz.h"
#include "object/migration_stream.h"

static void check_facts(const struct vdev_migration_stream *stream)
{
	const char *name, *value;
	bool needed;

	for (size_t i = 0;
	     (name = vdev_migration_stream_fact(stream, i, &value, &needed));
	     i++)
		FUZZ_CHECK(!strchr(name, '=') && value[-1] == '=');
}

static void check_stream(const uint8_t *data, size_t size)
{
	const struct vdev_migration_totals *totals;
	struct vdev_migration_stream *stream;
	struct fuzz_input input;
	struct vdev_ctx *ctx = fuzz_ctx(&input, data, size);
	int fd =
		vdev_sys_open(&ctx->sys, VDEV_SYS_ROOT, "/stream", O_RDONLY, 0);
	int ret = vdev_migration_stream_read(ctx, fd, &stream);

	if (ret) {
		FUZZ_CHECK(*vdev_ctx_last_error(ctx));
	} else {
		totals = vdev_migration_stream_totals(stream);
		FUZZ_CHECK(totals->length <= size);
		FUZZ_CHECK(totals->bytes < totals->length);
		FUZZ_CHECK(totals->precopy_bytes <= totals->bytes);
		check_facts(stream);
		vdev_migration_stream_free(stream);
	}
	vdev_sys_close(&ctx->sys, fd);
	vdev_ctx_unref(ctx);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

/* Makes magic, places and checksums right: what is behind them is of interest.
 */
static void seal(uint8_t *data, size_t size)
{
	size_t at = PREAMBLE_SIZE;

	encode_preamble(data);
	while (at + HEAD_SIZE <= size) {
		struct section s = {
			.type = get32(data + at),
			.length = get32(data + at + 4),
			.offset = at,
		};
		size_t room = size - at - HEAD_SIZE;

		s.crc = crc32c(0, data + at + HEAD_SIZE,
			       s.length < room ? s.length : room);
		encode_section(&s, data + at);
		if (s.length > room)
			return;
		at += HEAD_SIZE + s.length;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_auto_free_ uint8_t *copy = malloc(size + 1);

	check_stream(data, size);
	if (!copy || size < PREAMBLE_SIZE)
		return 0;
	memcpy(copy, data, size);
	seal(copy, size);
	check_stream(copy, size);
	return 0;
}
