/* SPDX-License-Identifier: GPL-2.0-or-later */

/* memory alloc, file, fill, write, read, dump, checksum */

#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/mman.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app.h"
#include "numbers.h"
#include "signals.h"
#include "text.h"

/* As much is worked on between two looks whether to stop. */
#define PIECE (16UL * 1024 * 1024)
/* More is for a file and not to be read by people. */
#define READ_MOST (1024UL * 1024)

static void memory_release(void *data)
{
	struct memory *m = data;

	if (m->address)
		munmap(m->address, m->size);
	if (m->fd >= 0)
		close(m->fd);
	free(m->detail);
	free(m);
}

static char *memory_detail(const void *data)
{
	const struct memory *m = data;
	_auto_free_ char *size = text_bytes(m->size);

	return x_asprintf("%s%s%s", size, m->detail ? ", " : "",
			  m->detail ? m->detail : "");
}

const struct object_type memory_type = {
	.name = "memory",
	.what = "memory",
	.release = memory_release,
	.detail = memory_detail,
};

static int fail_errno(struct app *app, const char *what, int error)
{
	enum vdev_error_kind kind =
		error == EACCES || error == EPERM     ? VDEV_ERROR_PERMISSION
		: error == ENOENT || error == ENOTDIR ? VDEV_ERROR_NOT_FOUND
						      : VDEV_ERROR_FAILED;

	return app_fail(app, kind, "%s: %s", what, strerror(error));
}

/* Maps it and adds it to the session, or releases it. */
static int add_memory(struct app *app, struct memory *m, int flags)
{
	int protection = PROT_READ | (m->writable ? PROT_WRITE : 0);
	void *address =
		mmap(NULL, m->size, protection, flags, m->fd, (off_t)m->offset);
	int error = errno;

	if (address == MAP_FAILED) {
		_auto_free_ char *size = text_bytes(m->size);
		_auto_free_ char *what =
			x_asprintf("cannot map %s of memory", size);

		memory_release(m);
		fail_errno(app, what, error);
		if (flags & MAP_HUGETLB && error == ENOMEM)
			app_hint(app, "/proc/sys/vm/nr_hugepages tells how "
				      "many huge pages there are");
		return -1;
	}
	m->address = address;
	session_print(app, session_add(app, &memory_type, m));
	return 0;
}

static struct memory *new_memory(uint64_t size)
{
	struct memory *m = x_alloc(1, sizeof(*m));

	m->size = size;
	m->fd = -1;
	m->writable = true;
	return m;
}

/* The size of a huge page for --huge. Return: 0, or -1 after app_fail(). */
static int huge_size(struct app *app, uint64_t *ret)
{
	uint64_t size = 2UL * 1024 * 1024;

	*ret = 0;
	if (!option_given(app, "huge"))
		return 0;
	if (option_size(app, "huge-size", &size))
		return -1;
	if (!size || size & (size - 1))
		return app_fail(app, VDEV_ERROR_INVALID,
				"the size of a huge page is a power of two");
	*ret = size;
	return 0;
}

int memory_alloc(struct app *app)
{
	bool file = option_given(app, "memfd");
	uint64_t size, huge, page = (uint64_t)sysconf(_SC_PAGESIZE);
	unsigned int bits = 0;
	struct memory *m;

	if (number_take_size(app, "SIZE", app->args.operands[0], &size) ||
	    huge_size(app, &huge))
		return -1;
	if (option_given(app, "huge-size") && !huge)
		return app_fail(app, VDEV_ERROR_INVALID,
				"--huge-size needs --huge");
	if (huge)
		page = huge;
	if (!size || size % page || size > INT64_MAX)
		return app_fail(app, VDEV_ERROR_INVALID,
				"the size of memory is a multiple of its "
				"pages, of %" PRIu64 " bytes each",
				page);
	if (huge)
		bits = (unsigned int)__builtin_ctzll(huge) << MAP_HUGE_SHIFT;
	m = new_memory(size);
	if (huge)
		m->detail = x_strdup("huge pages");
	if (!file)
		return add_memory(app, m,
				  MAP_PRIVATE | MAP_ANONYMOUS |
					  (huge ? MAP_HUGETLB | (int)bits : 0));
	m->fd = memfd_create("vdevctl",
			     MFD_CLOEXEC | (huge ? MFD_HUGETLB | bits : 0));
	if (m->fd < 0 || ftruncate(m->fd, (off_t)size)) {
		int error = errno;

		memory_release(m);
		return fail_errno(app, "cannot make a memfd", error);
	}
	return add_memory(app, m, MAP_SHARED | (huge ? MAP_HUGETLB : 0));
}

/* What of a file is mapped: from --offset to its end, or --length of it. */
static int file_part(struct app *app, struct memory *m, const char *path)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), length = 0;
	struct stat st;

	if (fstat(m->fd, &st))
		return fail_errno(app, path, errno);
	if (option_size(app, "offset", &m->offset) ||
	    option_size(app, "length", &length))
		return -1;
	if (m->offset % page || m->offset > INT64_MAX)
		return app_fail(app, VDEV_ERROR_INVALID,
				"--offset is a multiple of %" PRIu64, page);
	/* Devices reach whole pages, and behind the end there are none. */
	if (!option_given(app, "length") && m->offset < (uint64_t)st.st_size)
		length = ((uint64_t)st.st_size - m->offset) & ~(page - 1);
	m->size = length;
	if (!m->size || length % page || length > INT64_MAX ||
	    (S_ISREG(st.st_mode) && m->offset + m->size > (uint64_t)st.st_size))
		return app_fail(app, VDEV_ERROR_INVALID,
				"%s has no whole pages, of %" PRIu64
				" bytes, there",
				path, page);
	return 0;
}

int memory_file(struct app *app)
{
	const char *path = app->args.operands[0];
	bool writable = !option_given(app, "read-only");
	struct memory *m = new_memory(0);

	m->writable = writable;
	m->fd = open(path,
		     (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK);
	if (m->fd < 0) {
		_auto_free_ char *what = x_asprintf("cannot open %s", path);
		int error = errno;

		memory_release(m);
		return fail_errno(app, what, error);
	}
	if (file_part(app, m, path)) {
		memory_release(m);
		return -1;
	}
	m->detail =
		x_asprintf("%s of %s", writable ? "file" : "read-only", path);
	return add_memory(app, m, MAP_SHARED);
}

/* --- What is in it */

int memory_part(struct app *app, const struct memory *memory, uint64_t *offset,
		uint64_t *length)
{
	*offset = 0;
	*length = UINT64_MAX;
	if (option_size(app, "offset", offset) ||
	    option_size(app, "length", length))
		return -1;
	if (*offset <= memory->size && !option_given(app, "length"))
		*length = memory->size - *offset;
	if (*offset <= memory->size && *length <= memory->size - *offset &&
	    *length)
		return 0;
	return app_fail(app, VDEV_ERROR_INVALID,
			"--offset and --length are past the end of the memory, "
			"which has 0x%" PRIx64 " bytes",
			memory->size);
}

/* The memory in the first operand, and which part of it. */
static struct memory *take_part(struct app *app, uint64_t *offset,
				uint64_t *length)
{
	struct object *object =
		session_get(app, app->args.operands[0], &memory_type);

	if (!object || memory_part(app, object->data, offset, length))
		return NULL;
	return object->data;
}

/* What every command on a part prints as JSON; bytes and sum may be NULL. */
static void print_part(struct app *app, uint64_t offset, uint64_t length,
		       const char *bytes, json_object *crc)
{
	_auto_json_ json_object *o = json_object_new_object();

	output_add(o, "name", output_string(app->args.operands[0] + 1));
	output_add(o, "offset", output_hex(offset, 1));
	output_add(o, "length", json_object_new_int64((int64_t)length));
	output_add(o, "bytes", output_string(bytes));
	output_add(o, "crc32", crc);
	if (app->json)
		output_document(app->out.stream, o);
}

static int need_writable(struct app *app, const struct memory *m)
{
	return m->writable ? 0
			   : app_fail(app, VDEV_ERROR_PERMISSION,
				      "%s is mapped read-only",
				      app->args.operands[0]);
}

static int interrupted(struct app *app)
{
	return app_fail(app, VDEV_ERROR_FAILED, "interrupted");
}

int memory_fill(struct app *app)
{
	_auto_free_ uint8_t *pattern = NULL;
	uint64_t offset, length;
	size_t size, at = 0;
	struct memory *m = take_part(app, &offset, &length);
	uint8_t *to;

	if (!m || need_writable(app, m) ||
	    number_take_bytes(app, "BYTES", app->args.operands[1], &pattern,
			      &size))
		return -1;
	to = (uint8_t *)m->address + offset;
	for (uint64_t i = 0; i < length; i++) {
		to[i] = pattern[at];
		at = at + 1 == size ? 0 : at + 1;
		if (!(i % PIECE) && signals_caught())
			return interrupted(app);
	}
	print_part(app, offset, length, NULL, NULL);
	return 0;
}

/* Up to as many bytes of a file as there is room for. */
static int read_file(struct app *app, const char *path, uint8_t *to,
		     uint64_t room, uint64_t *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error = 0;
	uint64_t done = 0;

	while (fd >= 0 && done < room && !error) {
		ssize_t n = read(fd, to + done,
				 room - done < PIECE ? room - done : PIECE);

		if (!n)
			break;
		error = n < 0 ? errno : 0;
		done += n > 0 ? (uint64_t)n : 0;
	}
	if (fd < 0)
		error = errno;
	else
		close(fd);
	*ret = done;
	return error ? fail_errno(app, path, error) : 0;
}

static int write_bytes(struct app *app, const char *text, uint8_t *to,
		       uint64_t room, uint64_t *ret)
{
	_auto_free_ uint8_t *bytes = NULL;
	size_t size;

	if (number_take_bytes(app, "BYTES", text, &bytes, &size))
		return -1;
	if (size > room)
		return app_fail(app, VDEV_ERROR_INVALID,
				"there is room for 0x%" PRIx64
				" bytes, and not for 0x%zx",
				room, size);
	memcpy(to, bytes, size);
	*ret = size;
	return 0;
}

int memory_write(struct app *app)
{
	const char *bytes =
		app->args.operand_count > 1 ? app->args.operands[1] : NULL;
	const char *file = option_value(app, "from");
	uint64_t offset, length;
	struct memory *m = take_part(app, &offset, &length);
	uint8_t *to;

	if (!m || need_writable(app, m))
		return -1;
	if (!bytes == !file)
		return app_fail(app, VDEV_ERROR_INVALID,
				"what to write is either BYTES or --from FILE");
	to = (uint8_t *)m->address + offset;
	if (file ? read_file(app, file, to, length, &length)
		 : write_bytes(app, bytes, to, length, &length))
		return -1;
	print_part(app, offset, length, NULL, NULL);
	return 0;
}

/* Sixteen bytes a line, as hexadecimal digits and as characters. */
static void print_lines(FILE *f, const uint8_t *bytes, uint64_t offset,
			size_t count)
{
	for (size_t i = 0; i < count; i += 16) {
		size_t end = count - i < 16 ? count - i : 16;

		fprintf(f, "%08" PRIx64 " ", offset + i);
		for (size_t j = 0; j < 16; j++)
			if (j < end)
				fprintf(f, " %02x", bytes[i + j]);
			else
				fputs("   ", f);
		fputs("  ", f);
		for (size_t j = 0; j < end; j++) {
			uint8_t c = bytes[i + j];

			fputc(c >= ' ' && c <= '~' ? c : '.', f);
		}
		fputc('\n', f);
	}
}

int memory_read(struct app *app)
{
	uint64_t offset, length;
	struct memory *m = take_part(app, &offset, &length);
	const uint8_t *bytes;

	if (!m)
		return -1;
	if (length > READ_MOST) {
		app_fail(app, VDEV_ERROR_INVALID,
			 "that is more than the %lu bytes that are shown",
			 READ_MOST);
		return app_hint(app, "choose a part by --offset and --length, "
				     "or write it to a file by 'memory dump'");
	}
	bytes = (const uint8_t *)m->address + offset;
	if (app->json) {
		_auto_free_ char *hex = number_bytes(bytes, length);

		print_part(app, offset, length, hex, NULL);
		return 0;
	}
	print_lines(app->out.stream, bytes, offset, length);
	return 0;
}

static int write_all(int fd, const uint8_t *bytes, uint64_t length)
{
	while (length) {
		ssize_t n = write(fd, bytes, length < PIECE ? length : PIECE);

		if (n < 0 && (errno != EINTR || signals_caught()))
			return errno;
		if (n > 0) {
			bytes += n;
			length -= (uint64_t)n;
		}
	}
	return 0;
}

int memory_dump(struct app *app)
{
	const char *path = app->args.operands[1];
	_auto_free_ char *what = x_asprintf("cannot write %s", path);
	uint64_t offset, length;
	struct memory *m = take_part(app, &offset, &length);
	int fd, error;

	if (!m)
		return -1;
	fd = open(path,
		  O_WRONLY | O_CREAT | O_CLOEXEC |
			  (option_given(app, "overwrite") ? O_TRUNC : O_EXCL),
		  0666);
	if (fd < 0) {
		error = errno;
		fail_errno(app, what, error);
		return error == EEXIST
			       ? app_hint(app, "--overwrite replaces it")
			       : -1;
	}
	error = write_all(fd, (const uint8_t *)m->address + offset, length);
	if (close(fd) && !error)
		error = errno;
	if (error)
		return fail_errno(app, what, error);
	print_part(app, offset, length, NULL, NULL);
	return 0;
}

/* CRC-32 as of zip and Ethernet: common, and told by other programs too. */
static uint32_t crc32_add(uint32_t crc, const uint8_t *bytes, size_t count)
{
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
		0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
		0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};

	for (size_t i = 0; i < count; i++) {
		crc ^= bytes[i];
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return crc;
}

int memory_checksum(struct app *app)
{
	uint64_t offset, length;
	struct memory *m = take_part(app, &offset, &length);
	uint32_t crc = UINT32_MAX;

	if (!m)
		return -1;
	for (uint64_t at = 0; at < length; at += PIECE) {
		uint64_t n = length - at < PIECE ? length - at : PIECE;

		if (signals_caught())
			return interrupted(app);
		crc = crc32_add(crc, (const uint8_t *)m->address + offset + at,
				n);
	}
	print_part(app, offset, length, NULL, output_hex(~crc, 8));
	if (!app->json)
		fprintf(app->out.stream, "0x%08x\n", ~crc);
	return 0;
}
