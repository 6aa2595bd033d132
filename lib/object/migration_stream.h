/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_MIGRATION_STREAM_H
#define VDEV_OBJECT_MIGRATION_STREAM_H

#include "object/migration.h"

/*
 * The format of streams, which vdev-migration(5) describes for everybody. All
 * numbers are little-endian.
 *
 *	preamble:	magic[8] major:16 minor:16 crc:32
 *	section:	type:32 length:32 offset:64 crc:32 head-crc:32 payload
 *
 * `offset` is where the section starts, from the start of the preamble.
 */

#define STREAM_MAGIC  "\x89VDM\r\n\x1a\n"
#define STREAM_MAJOR  1
#define STREAM_MINOR  0
#define PREAMBLE_SIZE 16
#define HEAD_SIZE     24
#define END_SIZE      24
/* The most that a section holds; facts are much shorter. */
#define SECTION_MOST ((size_t)1024 * 1024)
#define FACTS_MOST   ((size_t)64 * 1024)

enum section_type {
	SECTION_FACTS = 1,   /* lines "NAME=VALUE", first and once */
	SECTION_DATA = 2,    /* the device's own */
	SECTION_STOPPED = 3, /* the device stopped here; empty */
	SECTION_END = 4,     /* data:64 sections:64 crc:32 0:32 */
	/* Between a sender and a receiver, see migration_peer.c. */
	SECTION_READY = 16,
	SECTION_REFUSED = 17,
	SECTION_GO = 18,
};

/* Who does not know a type with this bit may pass it over. */
#define SECTION_OPTIONAL 0x80000000U

struct section {
	uint32_t type;
	uint32_t length;
	uint64_t offset;
	uint32_t crc;
};

/* --- Writing */

struct writer {
	struct mig_io *io;
	int fd;
	uint64_t offset;
	uint64_t data;
	uint64_t sections;
	uint32_t data_crc;
};

void encode_preamble(uint8_t preamble[PREAMBLE_SIZE]);
void encode_section(const struct section *s, uint8_t head[HEAD_SIZE]);
int writer_start(struct writer *w);
int writer_section(struct writer *w, uint32_t type, const void *payload,
		   size_t length);
int writer_data(struct writer *w, const void *data, size_t size);
int writer_end(struct writer *w);

/* --- Reading */

/* Told of what is read, after it was checked; any may be NULL. */
struct reader_ops {
	int (*facts)(void *data, const struct strv *facts);
	int (*device_data)(void *data, const void *bytes, size_t size);
};

struct reader {
	struct mig_io *io;
	int fd;
	const struct reader_ops *ops;
	void *data;
	/* What has been found so far. */
	uint16_t major, minor;
	uint64_t offset; /* of the next section */
	uint64_t read;
	uint64_t precopy; /* the data before the device stopped */
	uint64_t bytes, sections;
	uint32_t data_crc;
	bool stopped, ended;
	struct strv facts;
};

/*
 * Reads one stream to its end, and nothing behind it. Return: 0; -ENOENT at the
 * end of the file, where no stream begins; -EBADMSG for what is damaged or no
 * stream; -ENODATA for what is cut off; -EPROTONOSUPPORT for a newer version;
 * others of reading and of the ops; all but -ENOENT with the sentence recorded.
 */
int reader_run(struct reader *r);
void reader_clear(struct reader *r);
/* One section more, such as a peer's answer; the caller frees the payload. */
int reader_section(struct reader *r, struct section *s, uint8_t **payload);

/* --- Facts */

/* What is told of a device: "NAME=VALUE". */
int facts_collect(struct vdev_migration *m, struct strv *ret);
/* Whether the device is what they want. Return: 0 or -EMEDIUMTYPE. */
int facts_check(struct vdev_migration *m, const struct strv *facts);
/* A name that begins so is for information only. */
#define FACT_INFO '-'

/* --- A peer that sends or loads; see migration_peer.c */

/* The sender's: waits for the peer to be ready. */
int peer_ask(const struct writer *w);
/* The peer's reason for a failure of writing, if it has told one. */
int peer_reason(const struct writer *w, int error);
int peer_go(struct writer *w);
/* The receiver's: tells that all is loaded, and waits to be let go. */
int peer_ready(struct reader *r);
/* Tells what failed last; what fails now is of no interest. */
void peer_refuse(struct mig_io *io, int fd);

#endif
