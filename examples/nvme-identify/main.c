/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * A user-space driver: says what an NVMe controller is, reads and writes blocks
 * of its disk.
 *
 * main.c opens the device, gives it an address space and does what the options
 * say; driver.c has registers, queues and memory for DMA, nvme.c the commands.
 *
 *	cc *.c $(pkg-config --cflags --libs libvdev) -o nvme-identify
 *	vdevctl bind 0000:04:00.0
 *	./nvme-identify 0000:04:00.0
 */

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "options.h"

#define NAME "nvme-identify"

/* What the program works with, closed in the opposite order. */
struct session {
	struct vdev_ctx *ctx;
	struct vdev_iommu *iommu;
	struct vdev_ioas *ioas;
	struct vdev_file *file;
	struct nvme *nvme;
	struct nvme_namespace ns;
	const char *name;
};

/* --- Opening the device */

static int read_token(struct session *s, const char *path,
		      struct vdev_vf_token *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int error;

	if (fd < 0) {
		error = -errno;
		complain("%s: %s", path, strerror(errno));
		return error;
	}
	error = vdev_vf_token_read(s->ctx, fd, path, 0, ret);
	close(fd);
	return error;
}

/* A token is a secret: it is read from a file, and is in no core dump. */
static int open_with_token(struct session *s, const struct options *options,
			   struct vdev_device *dev)
{
	struct vdev_vf_token *token;
	int error = vdev_vf_token_new(s->ctx, &token);

	if (error)
		return error;
	error = read_token(s, options->token_file, token);
	if (!error)
		error = vdev_file_open(dev, s->iommu, token, &s->file);
	vdev_vf_token_free(token);
	return error;
}

static int open_device(struct session *s, const struct options *options)
{
	struct vdev_device *dev;
	int error;

	s->name = options->address;
	error = vdev_device_find(s->ctx, options->address, &dev);
	if (error)
		return error;
	/* Without one the file opens what fits. */
	if (options->backend != VDEV_IOMMU_ANY)
		error = vdev_iommu_open(s->ctx, options->backend, &s->iommu);
	if (!error && options->token_file)
		error = open_with_token(s, options, dev);
	else if (!error)
		error = vdev_file_open(dev, s->iommu, NULL, &s->file);
	vdev_device_unref(dev);
	return error;
}

static int from_environment(const char *name, uint64_t *ret)
{
	const char *text = getenv(name);

	if (!text)
		return complain("--inherited needs %s in the environment, as "
				"vdevctl exec --bound sets it",
				name);
	return number_from(text, 0, UINT32_MAX, ret);
}

/* The iommufd, or the container of a device that comes through its group. */
static int import_iommu(struct session *s)
{
	const bool container = getenv("VDEV_CONTAINER");
	uint64_t fd = 0;
	int error = from_environment(
		container ? "VDEV_CONTAINER" : "VDEV_IOMMUFD", &fd);

	if (error)
		return error;
	return vdev_iommu_import(
		s->ctx, container ? VDEV_IOMMU_TYPE1 : VDEV_IOMMU_IOMMUFD,
		(int)fd, &s->iommu);
}

/* No right to any device node is needed for this. */
static int import_device(struct session *s)
{
	const char *name = getenv("VDEV_DEVICE_0_ADDRESS");
	uint64_t fd = 0, id = 0;
	int error = import_iommu(s);

	s->name = name ? name : "inherited device";
	if (!error)
		error = from_environment("VDEV_DEVICE_0", &fd);
	if (!error && vdev_iommu_kind(s->iommu) == VDEV_IOMMU_IOMMUFD)
		error = from_environment("VDEV_DEVICE_0_ID", &id);
	if (error)
		return error;
	return vdev_file_import(s->ctx, (int)fd, s->iommu, (uint32_t)id, NULL,
				&s->file);
}

/* One of its own, or that of vdevctl exec --ioas. */
static int make_space(struct session *s, bool inherited)
{
	struct vdev_iommu *iommu = vdev_file_iommu(s->file);
	uint64_t id = 0;
	int error;

	if (!inherited || !getenv("VDEV_IOAS"))
		return vdev_ioas_new(iommu, &s->ioas);
	error = from_environment("VDEV_IOAS", &id);
	if (error)
		return error;
	return vdev_ioas_import(iommu, (uint32_t)id, &s->ioas);
}

static int start(struct session *s, const struct options *options)
{
	int error =
		options->inherited ? import_device(s) : open_device(s, options);

	if (!error)
		error = make_space(s, options->inherited);
	if (!error)
		error = vdev_file_attach(s->file, s->ioas);
	if (!error)
		error = nvme_new(s->file, s->ioas, options->timeout_ms,
				 &s->nvme);
	if (!error)
		error = nvme_start(s->nvme);
	return error;
}

static void finish(struct session *s)
{
	nvme_free(s->nvme);
	vdev_file_unref(s->file);
	vdev_ioas_unref(s->ioas);
	vdev_iommu_unref(s->iommu);
	vdev_ctx_unref(s->ctx);
}

/*
 * Who knows why says so: the driver, or the library, whose sentences name the
 * device. Returns @error.
 */
static int report(const struct session *s, int error)
{
	const char *text = s->nvme ? nvme_error(s->nvme) : "";
	const char *hint = vdev_ctx_last_hint(s->ctx);

	if (*text) {
		complain("%s: %s", s->name, text);
		return error;
	}
	/* Nothing there: the option or file at fault was named already. */
	text = vdev_ctx_last_error(s->ctx);
	if (*text)
		complain("%s", text);
	if (*text && hint)
		fprintf(stderr, "hint: %s\n", hint);
	return error;
}

/* --- What is asked for */

static int identify(struct session *s, const struct options *options)
{
	struct nvme_info info;
	int error = nvme_identify(s->nvme, &info);

	if (error)
		return error;
	printf("device      %s by %s\n", s->name,
	       vdev_iommu_kind_name(vdev_iommu_kind(vdev_file_iommu(s->file))));
	printf("model       %s\nserial      %s\nfirmware    %s\n", info.model,
	       info.serial, info.firmware);
	printf("version     %u.%u, controller %u\n", info.major, info.minor,
	       info.controller);
	error = nvme_find_namespace(s->nvme, options->namespace, &s->ns);
	if (error)
		return error;
	printf("namespace   %u, %" PRIu64 " blocks of %u bytes\n", s->ns.id,
	       s->ns.blocks, s->ns.block_size);
	return 0;
}

static void print_bytes(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i += 16) {
		printf("%08zx ", i);
		for (size_t j = i; j < i + 16; j++)
			printf(" %02x", bytes[j]);
		printf("  ");
		for (size_t j = i; j < i + 16; j++)
			putchar(isprint(bytes[j]) ? bytes[j] : '.');
		putchar('\n');
	}
}

static int save_bytes(const char *path, const uint8_t *bytes, size_t size)
{
	FILE *file = fopen(path, "we");
	bool good = file && fwrite(bytes, 1, size, file) == size;

	/* What stdio holds back fails only when it is written. */
	if (file && fclose(file))
		good = false;
	if (good)
		return 0;
	fprintf(stderr, NAME ": %s: %s\n", path, strerror(errno));
	return -EIO;
}

static int compare(const uint8_t *expected, const uint8_t *found, size_t size)
{
	size_t i = 0;

	while (i < size && expected[i] == found[i])
		i++;
	if (i == size)
		return 0;
	fprintf(stderr,
		NAME ": wrong data: byte %zu is 0x%02x instead of 0x%02x\n", i,
		found[i], expected[i]);
	return -EILSEQ;
}

/* --break-mapping: what could be read before cannot be read now. */
static int read_broken(struct session *s, const struct options *options,
		       const uint8_t *expected, uint8_t *buffer)
{
	const size_t size = (size_t)options->blocks * s->ns.block_size;
	int error = nvme_break(s->nvme, options->part);

	if (error)
		return report(s, error);
	printf("broken      %s\n", part_name(options->part));
	fflush(stdout);
	error = nvme_read(s->nvme, &s->ns, options->read, options->blocks,
			  buffer);
	if (error)
		return report(s, error);
	if (options->part == NVME_DATA_MOVED &&
	    !memcmp(nvme_moved_data(s->nvme), expected, size))
		printf("elsewhere   there the data arrived\n");
	return compare(expected, buffer, size);
}

static int read_blocks(struct session *s, const struct options *options,
		       uint8_t *buffer, uint8_t *other)
{
	const size_t size = (size_t)options->blocks * s->ns.block_size;
	int error = nvme_read(s->nvme, &s->ns, options->read, options->blocks,
			      buffer);

	if (error)
		return report(s, error);
	if (options->broken)
		return read_broken(s, options, buffer, other);
	printf("block       %" PRIu64 ", %zu bytes read\n", options->read,
	       size);
	if (options->output)
		return save_bytes(options->output, buffer, size);
	print_bytes(buffer, size);
	return 0;
}

static int write_and_check(struct session *s, const struct options *options,
			   const uint8_t *bytes, uint8_t *buffer)
{
	int error = nvme_write(s->nvme, &s->ns, options->write, options->blocks,
			       bytes);

	if (!error)
		error = nvme_read(s->nvme, &s->ns, options->write,
				  options->blocks, buffer);
	if (error)
		return report(s, error);
	return compare(bytes, buffer,
		       (size_t)options->blocks * s->ns.block_size);
}

static void fill(const struct options *options, uint8_t *buffer, size_t size)
{
	const char *text = options->text;
	const size_t length = text ? strlen(text) : 0;
	size_t done = 0;
	ssize_t n;

	for (size_t i = 0; text && i < size; i++)
		buffer[i] = (uint8_t)text[i % length];
	/* Random bytes, since these were not on the disk before. */
	while (!text && done < size) {
		n = getrandom(buffer + done, size - done, 0);
		done += n > 0 ? (size_t)n : 0;
	}
}

/* What was there is put back also if the test fails. */
static int write_blocks(struct session *s, const struct options *options,
			uint8_t *buffer, uint8_t *former)
{
	const size_t size = (size_t)options->blocks * s->ns.block_size;
	uint8_t *found = former + NVME_DATA_SIZE;
	int error = nvme_read(s->nvme, &s->ns, options->write, options->blocks,
			      former);
	int restored = 0;

	if (error)
		return report(s, error);
	fill(options, buffer, size);
	error = write_and_check(s, options, buffer, found);
	if (!error)
		printf("block       %" PRIu64
		       ", %zu bytes written and read back\n",
		       options->write, size);
	if (options->keep && !error)
		return 0;
	restored = write_and_check(s, options, former, found);
	if (restored)
		fprintf(stderr,
			NAME ": block %" PRIu64
			     ": the former content is not restored\n",
			options->write);
	else
		printf("block       %" PRIu64 ", former content restored\n",
		       options->write);
	return error ? error : restored;
}

/* SIGINT and SIGTERM wait while a block is not what it was before. */
static void block_signals(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGTERM);
	sigprocmask(SIG_BLOCK, signals, NULL);
}

static int transfer_blocks(struct session *s, const struct options *options)
{
	uint8_t *buffers;
	sigset_t signals;
	int error = nvme_start_io(s->nvme);

	if (error)
		return report(s, error);
	buffers = calloc(3, NVME_DATA_SIZE);
	if (!buffers)
		return complain("out of memory");
	if (options->read != NO_BLOCK)
		error = read_blocks(s, options, buffers,
				    buffers + NVME_DATA_SIZE);
	if (!error && options->write != NO_BLOCK) {
		block_signals(&signals);
		error = write_blocks(s, options, buffers,
				     buffers + NVME_DATA_SIZE);
		sigprocmask(SIG_UNBLOCK, &signals, NULL);
	}
	free(buffers);
	return error;
}

static int enable_vfs(struct session *s, const struct options *options)
{
	struct nvme_vf vf;
	int error;

	for (unsigned int i = 0; i < VFS_MAX; i++) {
		if (!options->vfs[i])
			continue;
		error = nvme_enable_vf(s->nvme, i, &vf);
		if (error)
			return report(s, error);
		printf("vf %-8u online: controller %u, %u queues, "
		       "%u interrupts\n",
		       i, vf.controller, vf.queues, vf.interrupts);
	}
	return 0;
}

static void hold(void)
{
	sigset_t signals;
	int number;

	block_signals(&signals);
	printf("holding\n");
	fflush(stdout);
	sigwait(&signals, &number);
}

static int work(struct session *s, const struct options *options)
{
	int error = identify(s, options);

	if (error)
		return report(s, error);
	error = enable_vfs(s, options);
	if (!error && (options->read != NO_BLOCK || options->write != NO_BLOCK))
		error = transfer_blocks(s, options);
	if (error)
		return error;
	printf("interrupts  %" PRIu64 " came\n", nvme_interrupts(s->nvme));
	if (options->hold)
		hold();
	return 0;
}

static void print_log(void *data, enum vdev_log_level level, const char *text)
{
	(void)data;
	(void)level;
	fprintf(stderr, "%s\n", text);
}

int main(int argc, char **argv)
{
	struct options options = { .read = NO_BLOCK,
				   .write = NO_BLOCK,
				   .blocks = 1,
				   .timeout_ms = 10000 };
	struct session s = { 0 };
	int error = parse_options(&options, argc, argv);

	if (error <= 0)
		return error ? 2 : 0;
	if (vdev_ctx_new(&s.ctx) < 0)
		return 1;
	if (options.verbose)
		vdev_ctx_set_log(s.ctx, VDEV_LOG_DEBUG, print_log, NULL);
	error = start(&s, &options);
	if (error)
		report(&s, error);
	else
		error = work(&s, &options);
	fflush(stdout);
	finish(&s);
	return error ? 1 : 0;
}
