/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Streams: their format, written and read. */

#include "object/migration_stream.h"

#include <errno.h>

#include "base/crc32c.h"

/* As PNG's, this shows what takes a stream for text. */
static const uint8_t magic[8] = { 0x89, 'V', 'D', 'M', '\r', '\n', 0x1a, '\n' };

static void put_le(uint8_t *p, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		p[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t get_le(const uint8_t *p, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value |= (uint64_t)p[i] << 8 * i;
	return value;
}

/* --- Writing */

void encode_preamble(uint8_t preamble[PREAMBLE_SIZE])
{
	memcpy(preamble, magic, sizeof(magic));
	put_le(preamble + 8, STREAM_MAJOR, 2);
	put_le(preamble + 10, STREAM_MINOR, 2);
	put_le(preamble + 12, crc32c(0, preamble, 12), 4);
}

void encode_section(const struct section *s, uint8_t head[HEAD_SIZE])
{
	put_le(head, s->type, 4);
	put_le(head + 4, s->length, 4);
	put_le(head + 8, s->offset, 8);
	put_le(head + 16, s->crc, 4);
	put_le(head + 20, crc32c(0, head, 20), 4);
}

int writer_start(struct writer *w)
{
	uint8_t preamble[PREAMBLE_SIZE];
	int ret;

	encode_preamble(preamble);
	ret = mig_write_fd(w->io, w->fd, preamble, sizeof(preamble));
	if (!ret)
		w->offset = sizeof(preamble);
	return ret;
}

int writer_section(struct writer *w, uint32_t type, const void *payload,
		   size_t length)
{
	const struct section s = {
		.type = type,
		.length = (uint32_t)length,
		.offset = w->offset,
		.crc = crc32c(0, payload, length),
	};
	uint8_t head[HEAD_SIZE];
	int ret;

	encode_section(&s, head);
	ret = mig_write_fd(w->io, w->fd, head, sizeof(head));
	if (!ret)
		ret = mig_write_fd(w->io, w->fd, payload, length);
	if (!ret)
		w->offset += sizeof(head) + length;
	return ret;
}

int writer_data(struct writer *w, const void *data, size_t size)
{
	w->data += size;
	w->sections++;
	w->data_crc = crc32c(w->data_crc, data, size);
	return writer_section(w, SECTION_DATA, data, size);
}

int writer_end(struct writer *w)
{
	uint8_t end[END_SIZE] = { 0 };

	put_le(end, w->data, 8);
	put_le(end + 8, w->sections, 8);
	put_le(end + 16, w->data_crc, 4);
	return writer_section(w, SECTION_END, end, sizeof(end));
}

/* --- Reading */

#define damaged(r, ...) vdev_fail((r)->io->ctx, -EBADMSG, __VA_ARGS__)

static unsigned long long place(const struct reader *r)
{
	return (unsigned long long)r->offset;
}

/* Reads all of it. Return: 0; -ENOENT at the end of the file. */
static int fill(struct reader *r, void *buf, size_t size)
{
	size_t have = 0;

	while (have < size) {
		ssize_t n = mig_read_fd(r->io, r->fd, (char *)buf + have,
					size - have);

		if (n < 0)
			return (int)n;
		if (!n && !have)
			return -ENOENT;
		if (!n)
			return -ENODATA;
		have += (size_t)n;
		r->read += (uint64_t)n;
	}
	return 0;
}

/* As fill(), of what has to be there. */
static int fill_rest(struct reader *r, void *buf, size_t size)
{
	int ret = fill(r, buf, size);

	if (ret != -ENOENT && ret != -ENODATA)
		return ret;
	return vdev_fail(r->io->ctx, -ENODATA,
			 "the stream is cut off after %llu bytes: it has no "
			 "end mark",
			 (unsigned long long)r->read);
}

static int read_preamble(struct reader *r)
{
	struct vdev_ctx *ctx = r->io->ctx;
	uint8_t preamble[PREAMBLE_SIZE];
	int ret = fill(r, preamble, sizeof(preamble));

	if (ret == -ENODATA)
		return damaged(r, "this is no stream of a device's state: it "
				  "is shorter than the preamble of one");
	if (ret)
		return ret;
	if (memcmp(preamble, magic, sizeof(magic)) != 0)
		return damaged(r, "this is no stream of a device's state: it "
				  "begins with other bytes");
	if (get_le(preamble + 12, 4) != crc32c(0, preamble, 12))
		return damaged(r, "the stream is damaged: the checksum of its "
				  "preamble is wrong");
	r->major = (uint16_t)get_le(preamble + 8, 2);
	r->minor = (uint16_t)get_le(preamble + 10, 2);
	r->offset = sizeof(preamble);
	if (r->major == STREAM_MAJOR)
		return 0;
	ret = vdev_fail_as(ctx, VDEV_ERROR_NOT_SUPPORTED, -EPROTONOSUPPORT,
			   "the stream has version %u.%u, of which only the "
			   "versions %u.* can be read",
			   r->major, r->minor, STREAM_MAJOR);
	return vdev_hint(ctx, ret, "a newer libvdev reads it");
}

static int read_head(struct reader *r, struct section *s)
{
	uint8_t head[HEAD_SIZE];
	int ret = fill_rest(r, head, sizeof(head));

	if (ret)
		return ret;
	if (get_le(head + 20, 4) != crc32c(0, head, 20))
		return damaged(r,
			       "the stream is damaged: the checksum of the "
			       "section's head at byte %llu is wrong",
			       place(r));
	s->type = (uint32_t)get_le(head, 4);
	s->length = (uint32_t)get_le(head + 4, 4);
	s->offset = get_le(head + 8, 8);
	s->crc = (uint32_t)get_le(head + 16, 4);
	if (s->offset != r->offset)
		return damaged(r,
			       "the stream is damaged: the section at byte "
			       "%llu belongs to byte %llu, so that something "
			       "is missing or there twice",
			       place(r), (unsigned long long)s->offset);
	if (s->length <= (s->type == SECTION_FACTS ? FACTS_MOST : SECTION_MOST))
		return 0;
	return damaged(r,
		       "the stream is damaged: the section at byte %llu has "
		       "%u bytes, more than there may be",
		       place(r), s->length);
}

int reader_section(struct reader *r, struct section *s, uint8_t **payload)
{
	_auto_free_ uint8_t *bytes = NULL;
	int ret = read_head(r, s);

	if (ret)
		return ret;
	/* One more, so that text can be ended. */
	bytes = malloc((size_t)s->length + 1);
	if (!bytes)
		return vdev_fail(r->io->ctx, -ENOMEM, "out of memory");
	bytes[s->length] = '\0';
	ret = s->length ? fill_rest(r, bytes, s->length) : 0;
	if (ret)
		return ret;
	if (crc32c(0, bytes, s->length) != s->crc)
		return damaged(r,
			       "the stream is damaged: the checksum of the "
			       "section at byte %llu is wrong",
			       place(r));
	r->offset += HEAD_SIZE + s->length;
	*payload = TAKE(bytes);
	return 0;
}

static bool is_fact(const char *line)
{
	const char *equals = strchr(line, '=');

	if (!equals || equals == line)
		return false;
	for (const char *c = line; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return false;
	return true;
}

static int take_facts(struct reader *r, const char *text, size_t length)
{
	const char *fact;

	if (strlen(text) == length && strv_split(&r->facts, text, "\n"))
		return vdev_fail(r->io->ctx, -ENOMEM, "out of memory");
	if (strlen(text) != length)
		return damaged(r, "the stream is damaged: its facts are no "
				  "lines of text");
	strv_foreach(&r->facts, fact)
		if (!is_fact(fact))
			return damaged(r, "the stream is damaged: one of its "
					  "facts is no NAME=VALUE");
	return r->ops->facts ? r->ops->facts(r->data, &r->facts) : 0;
}

static int take_data(struct reader *r, const uint8_t *bytes, size_t size)
{
	r->bytes += size;
	r->sections++;
	r->data_crc = crc32c(r->data_crc, bytes, size);
	if (!r->stopped)
		r->precopy = r->bytes;
	return r->ops->device_data ? r->ops->device_data(r->data, bytes, size)
				   : 0;
}

static int take_end(struct reader *r, const uint8_t *end, size_t size)
{
	if (size < END_SIZE || get_le(end, 8) != r->bytes ||
	    get_le(end + 8, 8) != r->sections ||
	    get_le(end + 16, 4) != r->data_crc)
		return damaged(r, "the stream is damaged: its end mark does "
				  "not fit what comes before");
	if (!r->stopped)
		return damaged(r, "the stream is damaged: it ends while the "
				  "device still ran");
	r->ended = true;
	return 0;
}

static int unknown(struct reader *r, const struct section *s)
{
	int ret;

	if (s->type & SECTION_OPTIONAL)
		return 0;
	ret = vdev_fail_as(r->io->ctx, VDEV_ERROR_NOT_SUPPORTED,
			   -EPROTONOSUPPORT,
			   "the stream, of version %u.%u, has a section of "
			   "the type %u, which is not known, but needed",
			   r->major, r->minor, s->type);
	return vdev_hint(r->io->ctx, ret, "a newer libvdev reads it");
}

static int take(struct reader *r, const struct section *s,
		const uint8_t *payload)
{
	bool first = s->offset == PREAMBLE_SIZE;

	if (first != (s->type == SECTION_FACTS))
		return damaged(r, "the stream is damaged: facts about the "
				  "device come first and once");
	switch (s->type) {
	case SECTION_FACTS:
		return take_facts(r, (const char *)payload, s->length);
	case SECTION_DATA:
		return take_data(r, payload, s->length);
	case SECTION_STOPPED:
		if (r->stopped)
			return damaged(r, "the stream is damaged: the device "
					  "stops twice");
		r->stopped = true;
		return 0;
	case SECTION_END:
		return take_end(r, payload, s->length);
	default:
		return unknown(r, s);
	}
}

int reader_run(struct reader *r)
{
	int ret = read_preamble(r);

	while (!ret && !r->ended) {
		_auto_free_ uint8_t *payload = NULL;
		struct section s;

		ret = reader_section(r, &s, &payload);
		if (!ret)
			ret = take(r, &s, payload);
		if (!ret)
			ret = mig_tell(r->io);
	}
	return ret;
}

void reader_clear(struct reader *r)
{
	strv_clear(&r->facts);
}
