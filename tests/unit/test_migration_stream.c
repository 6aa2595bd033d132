/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/crc32c.h"
#include "failnth.h"
#include "fakemig.h"
#include "object/migration_stream.h"

#define STATE(name) VDEV_MIGRATION_STATE_##name

static const uint8_t data[] = "What a device knows of itself.";

struct setup {
	struct vfio_setup *vs;
	struct fakemig *f;
	struct vdev_migration *m;
	uint8_t stream[4096];
	size_t size;
};

static int set_up(void **state)
{
	struct setup *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	assert_int_equal(vfio_set_up((void **)&s->vs), 0);
	/* Without the one whose capabilities loop. */
	s->vs->fv.num_regions = FAKE_REGIONS - 1;
	vfio_open_by(s->vs, VDEV_IOMMU_IOMMUFD);
	s->f = fakemig_start(s->vs);
	s->f->data = data;
	s->f->size = sizeof(data);
	s->f->precopy = 10;
	assert_int_equal(vdev_migration_new(s->vs->file, &s->m), 0);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct setup *s = *state;

	vdev_migration_free(s->m);
	fakemig_stop(s->f);
	vfio_tear_down((void **)&s->vs);
	free(s);
	return 0;
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

/* Saves, and keeps the stream as what is to be loaded. */
static void save(struct setup *s, unsigned int flags)
{
	assert_int_equal(vdev_migration_save(s->m, FAKE_OUT, flags), 0);
	assert_int_equal(vdev_migration_set_state(s->m, STATE(RUNNING)), 0);
	assert_true(s->f->out_size < sizeof(s->stream));
	memcpy(s->stream, s->f->out, s->f->out_size);
	s->size = s->f->out_size;
	s->f->in = s->stream;
	s->f->in_size = s->size;
	s->f->in_file = true;
	*s->f->path = '\0';
}

static int load(struct setup *s)
{
	s->f->in_at = 0;
	*s->f->path = '\0';
	s->f->taken_size = 0;
	return vdev_migration_load(s->m, FAKE_IN);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

static void put32(uint8_t *p, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> 8 * i);
}

/* The Nth section of a type, and where it is. */
static uint8_t *find(struct setup *s, uint32_t type, unsigned int nth)
{
	size_t at = PREAMBLE_SIZE;

	while (at + HEAD_SIZE <= s->size) {
		if (get32(s->stream + at) == type && !nth--)
			return s->stream + at;
		at += HEAD_SIZE + get32(s->stream + at + 4);
	}
	fail_msg("there is no section %u", type);
	return NULL;
}

/* Makes the checksums right after a change. */
static void seal(uint8_t *head)
{
	put32(head + 16, crc32c(0, head + HEAD_SIZE, get32(head + 4)));
	put32(head + 20, crc32c(0, head, 20));
}

static void seal_preamble(uint8_t *preamble)
{
	put32(preamble + 12, crc32c(0, preamble, 12));
}

/* --- */

static void test_crc32c(void **state)
{
	uint8_t bytes[1000];
	uint32_t parts = 0;

	(void)state;
	/* The check value of the catalogues, and vectors of RFC 3720. */
	assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
	memset(bytes, 0, 32);
	assert_int_equal(crc32c(0, bytes, 32), 0x8a9136aa);
	memset(bytes, 0xff, 32);
	assert_int_equal(crc32c(0, bytes, 32), 0x62a8ab43);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 31);
	for (size_t i = 0; i < 40; i++)
		assert_int_equal(crc32c(7, bytes + i, 900 + i),
				 crc32c_plain(7, bytes + i, 900 + i));
	for (size_t i = 0; i < sizeof(bytes); i += 100)
		parts = crc32c(parts, bytes + i, 100);
	assert_int_equal(parts, crc32c(0, bytes, sizeof(bytes)));
}

static void test_save(void **state)
{
	struct setup *s = *state;
	const struct vdev_migration_totals *t = vdev_migration_totals(s->m);

	assert_int_equal(t->bytes, 0);
	assert_int_equal(vdev_migration_save(s->m, FAKE_OUT, 0), 0);
	assert_string_equal(s->f->path, "5131");
	assert_int_equal(t->bytes, sizeof(data));
	assert_int_equal(t->precopy_bytes, 0);
	assert_int_equal(t->length, s->f->out_size);
	assert_memory_equal(s->f->out, "\x89VDM\r\n\x1a\n", 8);
}

static void test_precopy(void **state)
{
	struct setup *s = *state;

	s->f->piece = 3;
	save(s, VDEV_MIGRATION_SAVE_PRECOPY);
	assert_int_equal(vdev_migration_totals(s->m)->precopy_bytes, 10);
	/* 10 bytes by 3 while it works, then that it stops. */
	assert_true(find(s, SECTION_DATA, 3) < find(s, SECTION_STOPPED, 0));
	assert_true(find(s, SECTION_DATA, 4) > find(s, SECTION_STOPPED, 0));
	assert_int_equal(load(s), 0);
	assert_string_equal(s->f->path, "5141");
	assert_int_equal(vdev_migration_totals(s->m)->precopy_bytes, 10);
	assert_int_equal(vdev_migration_totals(s->m)->length, s->size);
}

static void test_precopy_quiet(void **state)
{
	struct setup *s = *state;

	assert_int_equal(vdev_migration_set_state(s->m, STATE(RUNNING_P2P)), 0);
	assert_int_equal(vdev_migration_save(s->m, FAKE_OUT,
					     VDEV_MIGRATION_SAVE_PRECOPY),
			 0);
	assert_string_equal(s->f->path, "5731");
}

static void test_no_precopy(void **state)
{
	struct setup *s = *state;
	struct vdev_migration *m;

	s->f->flags = VFIO_MIGRATION_STOP_COPY;
	assert_int_equal(vdev_migration_new(s->vs->file, &m), 0);
	assert_int_equal(
		vdev_migration_save(m, FAKE_OUT, VDEV_MIGRATION_SAVE_PRECOPY),
		-EOPNOTSUPP);
	assert_int_equal(s->f->out_size, 0);
	vdev_migration_free(m);
}

/* Pre-copy may end before all is read. */
static void test_precopy_ends(void **state)
{
	struct setup *s = *state;

	s->f->piece = 1;
	s->f->precopy = 20;
	s->f->tick = 1;
	vdev_migration_set_precopy(s->m, 0, 10);
	save(s, VDEV_MIGRATION_SAVE_PRECOPY);
	assert_in_range(vdev_migration_totals(s->m)->precopy_bytes, 1, 19);
	assert_int_equal(vdev_migration_totals(s->m)->bytes, sizeof(data));
	assert_true(vdev_migration_totals(s->m)->stopped_ms <
		    vdev_migration_totals(s->m)->total_ms);
}

static void test_midst(void **state)
{
	struct setup *s = *state;

	save(s, 0);
	assert_int_equal(vdev_migration_set_state(s->m, STATE(PRE_COPY)), 0);
	assert_int_equal(vdev_migration_save(s->m, FAKE_OUT, 0), -EBUSY);
	assert_int_equal(load(s), -EBUSY);
	vfio_says(s->vs, "in the midst of another transfer");
}

/* As of several devices that stopped together. */
static void test_stopped(void **state)
{
	struct setup *s = *state;
	uint8_t byte;

	assert_int_equal(vdev_migration_set_state(s->m, STATE(STOP_COPY)), 0);
	assert_int_equal(vdev_migration_save(s->m, FAKE_OUT,
					     VDEV_MIGRATION_SAVE_PRECOPY),
			 -EOPNOTSUPP);
	vfio_says(s->vs, "gives nothing while it runs: it has stopped");
	assert_int_equal(vdev_migration_save(s->m, FAKE_OUT, 0), 0);
	assert_string_equal(s->f->path, "5131");
	assert_int_equal(vdev_migration_totals(s->m)->bytes, sizeof(data));
	assert_int_equal(vdev_migration_set_state(s->m, STATE(STOP_COPY)), 0);
	assert_int_equal(vdev_migration_read(s->m, &byte, 1), 1);
	assert_int_equal(vdev_migration_save(s->m, FAKE_OUT, 0), -EBUSY);
	assert_int_equal(vdev_migration_set_state(s->m, STATE(STOP)), 0);
	/* Broken off, it is stopped as before, and may be saved again. */
	assert_int_equal(vdev_migration_set_state(s->m, STATE(STOP_COPY)), 0);
	s->f->out_size = 0;
	s->f->out_most = 50;
	assert_int_equal(vdev_migration_save(s->m, FAKE_OUT, 0), -EPIPE);
	assert_int_equal(s->f->state, STATE(STOP));
}

/* What somebody left in a saving state. */
static void test_left(void **state)
{
	struct setup *s = *state;

	s->f->state = STATE(STOP_COPY);
	assert_int_equal(vdev_migration_save(s->m, FAKE_OUT, 0), 0);
	assert_string_equal(s->f->path, "131");
}

/* Wherever saving is broken off, the device runs again. */
static void test_save_fails(void **state)
{
	struct setup *s = *state;
	size_t size;

	save(s, VDEV_MIGRATION_SAVE_PRECOPY);
	size = s->size;
	for (s->f->out_most = 1; s->f->out_most < size; s->f->out_most++) {
		s->f->out_size = 0;
		*s->f->path = '\0';
		assert_int_equal(
			vdev_migration_save(s->m, FAKE_OUT,
					    VDEV_MIGRATION_SAVE_PRECOPY),
			-EPIPE);
		vfio_says(s->vs, "cannot write the state of");
		assert_int_equal(s->f->state, STATE(RUNNING));
		assert_int_equal(vdev_migration_fd(s->m), -ENODATA);
	}
}

static void test_save_error(void **state)
{
	struct setup *s = *state;

	s->f->fail_to = STATE(STOP_COPY);
	s->f->fail_error = EIO;
	assert_int_equal(vdev_migration_save(s->m, FAKE_OUT, 0), -EIO);
	vfio_says(s->vs, "cannot go from the state stop to stop-copy");
	vfio_says(s->vs, "; and it cannot go back to the state running");
}

/* --- Reading */

static void test_look(void **state)
{
	struct setup *s = *state;
	struct vdev_migration_stream *stream;
	unsigned int major, minor;
	const char *value;
	bool needed;

	save(s, VDEV_MIGRATION_SAVE_PRECOPY);
	assert_int_equal(
		vdev_migration_stream_read(s->vs->ctx, FAKE_IN, &stream), 0);
	vdev_migration_stream_version(stream, &major, &minor);
	assert_int_equal(major, 1);
	assert_int_equal(minor, 0);
	assert_int_equal(vdev_migration_stream_totals(stream)->bytes,
			 sizeof(data));
	assert_int_equal(vdev_migration_stream_totals(stream)->precopy_bytes,
			 10);
	assert_string_equal(
		vdev_migration_stream_fact(stream, 0, &value, &needed), "kind");
	assert_string_equal(value, "pci");
	assert_true(needed);
	assert_string_equal(vdev_migration_stream_fact(stream, 1, &value, NULL),
			    "vendor");
	for (size_t i = 0;; i++) {
		const char *name =
			vdev_migration_stream_fact(stream, i, &value, &needed);

		assert_non_null(name);
		if (!str_eq(name, "address"))
			continue;
		assert_string_equal(value, FAKE_ADDRESS);
		assert_false(needed);
		break;
	}
	assert_null(vdev_migration_stream_fact(stream, 99, NULL, NULL));
	assert_int_equal(vdev_migration_stream_suits(stream, s->m), 0);
	s->vs->fv.config[2]++;
	assert_int_equal(vdev_migration_stream_suits(stream, s->m),
			 -EMEDIUMTYPE);
	vdev_migration_stream_free(stream);
	/* Nothing behind it is read. */
	assert_int_equal(s->f->in_at, s->size);
	assert_int_equal(
		vdev_migration_stream_read(s->vs->ctx, FAKE_IN, &stream),
		-ENOENT);
}

static void test_load(void **state)
{
	struct setup *s = *state;

	s->f->piece = 7;
	save(s, 0);
	for (int file = 0; file < 2; file++) {
		s->f->in_file = file;
		assert_int_equal(load(s), 0);
		assert_string_equal(s->f->path, file ? "41" : "5141");
		assert_int_equal(s->f->state, STATE(STOP));
		assert_int_equal(s->f->in_at, s->size);
	}
}

/* All that is cut off is refused, and costs a device nothing or a reset. */
static void test_cut(void **state)
{
	struct setup *s = *state;

	save(s, VDEV_MIGRATION_SAVE_PRECOPY);
	for (s->f->in_size = 0; s->f->in_size < s->size; s->f->in_size++)
		for (int file = 0; file < 2; file++) {
			unsigned int resets = s->vs->fv.resets;
			int ret;

			s->f->in_file = file;
			ret = load(s);
			assert_int_equal(ret,
					 s->f->in_size && s->f->in_size <
								  PREAMBLE_SIZE
						 ? -EBADMSG
						 : -ENODATA);
			assert_int_equal(s->f->state, STATE(RUNNING));
			if (file)
				assert_int_equal(s->vs->fv.resets, resets);
			else
				assert_int_equal(s->vs->fv.resets - resets,
						 strchr(s->f->path, '4') != 0);
		}
}

/* So is every change of a bit. */
static void test_damage(void **state)
{
	struct setup *s = *state;

	save(s, VDEV_MIGRATION_SAVE_PRECOPY);
	for (size_t bit = 0; bit < s->size * 8; bit++) {
		int ret;

		s->stream[bit / 8] ^= (uint8_t)(1U << bit % 8);
		s->f->in_file = bit & 1;
		ret = load(s);
		s->stream[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_int_equal(ret, -EBADMSG);
		assert_int_equal(s->f->state, STATE(RUNNING));
	}
	assert_int_equal(load(s), 0);
}

static void refused(struct setup *s, int error, const char *words)
{
	assert_int_equal(load(s), error);
	vfio_says(s->vs, words);
	assert_int_equal(s->f->state, STATE(RUNNING));
}

static void test_versions(void **state)
{
	struct setup *s = *state;

	save(s, 0);
	s->stream[10] = 7;
	seal_preamble(s->stream);
	assert_int_equal(load(s), 0);
	assert_int_equal(vdev_migration_set_state(s->m, STATE(RUNNING)), 0);
	s->stream[8] = 2;
	seal_preamble(s->stream);
	refused(s, -EPROTONOSUPPORT, "has version 2.7, of which only");
	assert_int_equal(vdev_ctx_last_kind(s->vs->ctx),
			 VDEV_ERROR_NOT_SUPPORTED);
}

static void test_sections(void **state)
{
	struct setup *s = *state;
	uint8_t *head;

	save(s, 0);
	head = find(s, SECTION_STOPPED, 0);
	put32(head, 99);
	seal(head);
	refused(s, -EPROTONOSUPPORT, "a section of the type 99");
	/* One that may be passed over; then nothing says that it stopped. */
	put32(head, 99 | SECTION_OPTIONAL);
	seal(head);
	refused(s, -EBADMSG, "ends while the device still ran");
	put32(head, SECTION_FACTS);
	seal(head);
	refused(s, -EBADMSG, "come first and once");
	put32(head, SECTION_STOPPED);
	put32(head + 4, SECTION_MOST + 1);
	put32(head + 20, crc32c(0, head, 20));
	refused(s, -EBADMSG, "more than there may be");
	put32(head + 4, 0);
	head[8]++;
	seal(head);
	refused(s, -EBADMSG, "something is missing or there twice");
	head[8]--;
	seal(head);
	head = find(s, SECTION_END, 0);
	head[HEAD_SIZE]++;
	seal(head);
	refused(s, -EBADMSG, "its end mark does not fit");
}

static void test_facts(void **state)
{
	struct setup *s = *state;
	uint8_t *head;
	char *text;

	save(s, 0);
	head = find(s, SECTION_FACTS, 0);
	text = (char *)head + HEAD_SIZE;
	assert_memory_equal(text, "kind=pci\nvendor=", 16);
	text[0] = 'm';
	seal(head);
	refused(s, -EPROTONOSUPPORT, "asks for a device with mind=pci");
	text[0] = '-';
	seal(head);
	refused(s, -EMEDIUMTYPE, "its kind is not there, that of");
	text[0] = 'k';
	text[6] = 'x';
	seal(head);
	refused(s, -EMEDIUMTYPE, "its kind is pxi, that of");
	text[6] = '\x01';
	seal(head);
	refused(s, -EBADMSG, "no NAME=VALUE");
	text[6] = '\0';
	seal(head);
	refused(s, -EBADMSG, "no lines of text");
	text[6] = 'c';
	seal(head);
	assert_int_equal(load(s), 0);
}

/* Of a descriptor that was imported, driver and type are not known. */
static void test_imported(void **state)
{
	struct setup *s = *state;
	struct vdev_file *file;
	struct vdev_migration *m;

	save(s, 0);
	assert_int_equal(vdev_file_import(s->vs->ctx, vdev_file_fd(s->vs->file),
					  NULL, 0, NULL, &file),
			 0);
	assert_int_equal(vdev_migration_new(file, &m), 0);
	s->f->in_at = 0;
	assert_int_equal(vdev_migration_load(m, FAKE_IN), 0);
	vdev_migration_free(m);
	vdev_file_unref(file);
}

static void test_not_a_stream(void **state)
{
	struct setup *s = *state;

	s->f->in = data;
	s->f->in_size = sizeof(data);
	assert_int_equal(load(s), -EBADMSG);
	vfio_says(s->vs, "begins with other bytes");
}

static void test_device_refuses(void **state)
{
	struct setup *s = *state;

	save(s, 0);
	s->f->write_error = EFAULT;
	refused(s, -EFAULT, "does not accept the data behind");
	assert_string_equal(vdev_ctx_last_hint(s->vs->ctx),
			    FAKE_ADDRESS " was reset");
	s->f->write_error = 0;
	s->f->data = (const uint8_t *)"another device's state, as long";
	refused(s, -EINVAL, "does not accept the data it was given");
	s->f->no_reset = true;
	assert_int_equal(load(s), -EINVAL);
	vfio_says(s->vs, "; and 0000:01:00.0 could not be reset");
	s->f->no_reset = false;
	assert_int_equal(vdev_migration_recover(s->m), 0);
	/* What did not get as far as to lose anything is not reset. */
	s->f->fail_to = STATE(RESUMING);
	s->f->fail_error = ENOMEM;
	s->f->fail_stays = true;
	s->vs->fv.resets = 0;
	refused(s, -ENOMEM, "cannot go from the state stop to resuming");
	assert_int_equal(s->vs->fv.resets, 0);
}

/* --- Peers */

static void answer(struct setup *s, uint8_t *section, uint32_t type,
		   const char *text)
{
	const size_t length = strlen(text);
	struct section head = { .type = type,
				.length = (uint32_t)length,
				.crc = crc32c(0, text, length) };

	encode_section(&head, section);
	strcpy((char *)section + HEAD_SIZE, text);
	s->f->in = section;
	s->f->in_size = HEAD_SIZE + length;
	s->f->in_at = 0;
	s->f->out_size = 0;
}

static void test_send(void **state)
{
	struct setup *s = *state;
	uint8_t section[200];

	answer(s, section, SECTION_READY, "");
	assert_int_equal(vdev_migration_send(s->m, FAKE_OUT, 0), 0);
	assert_int_equal(s->f->state, STATE(STOP));
	assert_int_equal(get32(s->f->out + s->f->out_size - HEAD_SIZE),
			 SECTION_GO);
	assert_int_equal(vdev_migration_set_state(s->m, STATE(RUNNING)), 0);

	answer(s, section, SECTION_REFUSED, "no such luck");
	assert_int_equal(vdev_migration_send(s->m, FAKE_OUT, 0), -ECONNREFUSED);
	vfio_says(s->vs,
		  "did not load the state of 0000:01:00.0: no such luck");
	assert_int_equal(s->f->state, STATE(RUNNING));

	/* It said so early, and went. */
	answer(s, section, SECTION_REFUSED, "no such luck");
	s->f->out_most = 100;
	assert_int_equal(vdev_migration_send(s->m, FAKE_OUT, 0), -ECONNREFUSED);
	s->f->out_most = 0;
	assert_int_equal(s->f->state, STATE(RUNNING));

	answer(s, section, SECTION_DATA, "?");
	assert_int_equal(vdev_migration_send(s->m, FAKE_OUT, 0), -EBADMSG);
	answer(s, section, SECTION_READY, "");
	s->f->in_size = 0;
	assert_int_equal(vdev_migration_send(s->m, FAKE_OUT, 0), -ENODATA);
	vfio_says(s->vs, "went away before it said");
	assert_int_equal(s->f->state, STATE(RUNNING));
}

static void test_receive(void **state)
{
	struct setup *s = *state;
	struct section go = { .type = SECTION_GO };

	save(s, 0);
	go.offset = s->size;
	encode_section(&go, s->stream + s->size);
	s->f->out_size = 0;
	s->f->in_size = s->size + HEAD_SIZE;
	assert_int_equal(vdev_migration_receive(s->m, FAKE_OUT), 0);
	assert_int_equal(s->f->state, STATE(STOP));
	assert_int_equal(s->f->out_size, HEAD_SIZE);
	assert_int_equal(get32(s->f->out), SECTION_READY);
	assert_int_equal(vdev_migration_set_state(s->m, STATE(RUNNING)), 0);

	/* Not let go, it does not run what runs elsewhere. */
	s->f->in_at = 0;
	s->f->in_size = s->size;
	assert_int_equal(vdev_migration_receive(s->m, FAKE_OUT), -ENODATA);
	vfio_says(s->vs, "the sender went away");
	assert_int_equal(s->f->state, STATE(RUNNING));
	assert_int_equal(s->f->taken_size, sizeof(data));
	assert_int_equal(s->vs->fv.resets, 1);

	s->f->in_at = 0;
	s->f->out_size = 0;
	s->stream[100] ^= 1;
	assert_int_equal(vdev_migration_receive(s->m, FAKE_OUT), -EBADMSG);
	assert_int_equal(get32(s->f->out), SECTION_REFUSED);
	vfio_says(s->vs, "the stream is damaged");
}

/* --- Failures */

static void scenario(struct failnth *fail, void *arg)
{
	struct setup *s = arg;
	struct vdev_migration_stream *stream = NULL;
	struct vdev_migration *m = NULL;
	int ret;

	s->f->state = STATE(RUNNING);
	s->f->out_size = 0;
	s->f->in_at = 0;
	*s->f->path = '\0';
	s->f->taken_size = 0;
	failnth_start(fail, &s->vs->ctx->sys);
	ret = vdev_migration_new(s->vs->file, &m);
	if (!ret)
		ret = vdev_migration_save(m, FAKE_OUT,
					  VDEV_MIGRATION_SAVE_PRECOPY);
	if (!ret)
		ret = vdev_migration_load(m, FAKE_IN);
	s->f->in_at = 0;
	if (!ret)
		ret = vdev_migration_stream_read(s->vs->ctx, FAKE_IN, &stream);
	if (!ret)
		ret = vdev_migration_stream_suits(stream, m);
	failnth_stop(fail);
	if (!failnth_fired(fail))
		assert_int_equal(ret, 0);
	vdev_migration_stream_free(stream);
	vdev_migration_free(m);
	assert_false(s->f->session);
}

static void test_failures(void **state)
{
	struct setup *s = *state;

	save(s, 0);
	failnth_sweep(scenario, s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crc32c),
		TEST(test_save),
		TEST(test_precopy),
		TEST(test_precopy_quiet),
		TEST(test_no_precopy),
		TEST(test_precopy_ends),
		TEST(test_midst),
		TEST(test_stopped),
		TEST(test_left),
		TEST(test_save_fails),
		TEST(test_save_error),
		TEST(test_look),
		TEST(test_load),
		TEST(test_cut),
		TEST(test_damage),
		TEST(test_versions),
		TEST(test_sections),
		TEST(test_facts),
		TEST(test_imported),
		TEST(test_not_a_stream),
		TEST(test_device_refuses),
		TEST(test_send),
		TEST(test_receive),
		TEST(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
