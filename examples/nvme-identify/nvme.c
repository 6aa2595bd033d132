/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The driver. Numbers of registers, commands and fields are those of the NVM
 * Express Base Specification, revision 1.4.
 */

#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "nvme.h"

/* Registers, in BAR 0 */
#define REG_CAP	 0x00
#define REG_VS	 0x08
#define REG_CC	 0x14
#define REG_CSTS 0x1c
#define REG_AQA	 0x24
#define REG_ASQ	 0x28
#define REG_ACQ	 0x30
#define DOORBELL 0x1000
#define BAR_SIZE 0x2000

#define CC_ENABLE	  (1U << 0)
#define CC_SHUTDOWN	  (1U << 14)
#define CC_ENTRY_SIZES	  (6U << 16 | 4U << 20) /* 64 and 16 bytes */
#define CSTS_READY	  (1U << 0)
#define CSTS_FATAL	  (1U << 1)
#define CSTS_SHUTDOWN	  (3U << 2)
#define CSTS_SHUT_DONE	  (2U << 2)
#define ALL_ONES	  UINT32_MAX /* what a device that is gone reads as */
#define CAP_QUEUE_SIZE(c) ((c)&0xffff)
#define CAP_TIMEOUT_MS(c) (((c) >> 24 & 0xff) * 500)
#define CAP_STRIDE(c)	  (4U << ((c) >> 32 & 0xf))
#define CAP_PAGE_MIN(c)	  (4096U << ((c) >> 48 & 0xf))

#define ADMIN_CREATE_SQ	   0x01
#define ADMIN_CREATE_CQ	   0x05
#define ADMIN_IDENTIFY	   0x06
#define ADMIN_SET_FEATURES 0x09
#define ADMIN_VIRTUAL	   0x1c
#define IO_WRITE	   0x01
#define IO_READ		   0x02

#define IDENTIFY_NAMESPACE  0x00
#define IDENTIFY_CONTROLLER 0x01
#define IDENTIFY_ACTIVE	    0x02
#define IDENTIFY_PRIMARY    0x14
#define IDENTIFY_SECONDARY  0x15

#define FEATURE_QUEUES	    0x07
#define OACS_VIRTUAL	    (1U << 7)
#define VIRTUAL_OFFLINE	    7
#define VIRTUAL_ASSIGN	    8
#define VIRTUAL_ONLINE	    9
#define VIRTUAL_QUEUES	    (0U << 8)
#define VIRTUAL_INTERRUPTS  (1U << 8)
#define WRITE_THROUGH	    (1U << 30)
#define STATUS_WRONG_VECTOR 0x108

#define NVME_PAGE   4096U
#define QUEUE_DEPTH 16U

struct nvme_command {
	uint8_t opcode;
	uint8_t flags;
	uint16_t id;
	uint32_t nsid;
	uint64_t reserved;
	uint64_t metadata;
	uint64_t prp1;
	uint64_t prp2;
	uint32_t cdw10[6];
};

struct nvme_completion {
	uint32_t result;
	uint32_t reserved;
	uint16_t sq_head;
	uint16_t sq_id;
	uint16_t id;
	uint16_t status;
};

_Static_assert(sizeof(struct nvme_command) == 64, "a command has 64 bytes");
_Static_assert(sizeof(struct nvme_completion) == 16, "a completion has 16");

/* Memory that the device reaches at @iova. */
struct dma {
	void *memory;
	size_t size;
	uint64_t iova;
	bool mapped;
};

struct queue {
	unsigned int id;
	struct dma submission;
	struct dma completion;
	unsigned int tail;
	unsigned int head;
	unsigned int phase;
	unsigned int vector;
};

struct nvme {
	struct vdev_file *file;
	struct vdev_ioas *ioas;
	volatile uint8_t *bar;
	uint64_t cap;
	size_t dma_unit;
	unsigned int timeout_ms;
	unsigned int vectors;
	int eventfds[2];
	uint64_t interrupts;
	uint16_t last_id;
	uint16_t last_status;
	size_t max_transfer;
	bool started;
	struct queue admin;
	struct queue io;
	struct dma list;
	struct dma data;
	struct dma moved;
	char error[256];
};

static int __attribute__((format(printf, 3, 4)))
fail(struct nvme *nvme, int error, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(nvme->error, sizeof(nvme->error), fmt, args);
	va_end(args);
	return error;
}

const char *nvme_error(const struct nvme *nvme)
{
	return nvme->error;
}

uint64_t nvme_interrupts(const struct nvme *nvme)
{
	return nvme->interrupts;
}

/* --- Registers */

static uint32_t reg_read(struct nvme *nvme, unsigned int offset)
{
	return le32toh(*(volatile uint32_t *)(nvme->bar + offset));
}

/*
 * What the device will fetch from memory has to be there before the register
 * is written that makes it do so.
 */
static void reg_write(struct nvme *nvme, unsigned int offset, uint32_t value)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	*(volatile uint32_t *)(nvme->bar + offset) = htole32(value);
}

static void reg_write64(struct nvme *nvme, unsigned int offset, uint64_t value)
{
	reg_write(nvme, offset, (uint32_t)value);
	reg_write(nvme, offset + 4, (uint32_t)(value >> 32));
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int check_alive(struct nvme *nvme, const char *during)
{
	const uint32_t status = reg_read(nvme, REG_CSTS);

	if (status == ALL_ONES)
		return fail(nvme, -ENODEV,
			    "%s: the controller does not answer any more",
			    during);
	if (status & CSTS_FATAL)
		return fail(nvme, -EIO,
			    "%s: the controller failed (CSTS.CFS), as it does "
			    "when it cannot reach its queues in memory",
			    during);
	return 0;
}

static int wait_status(struct nvme *nvme, uint32_t mask, uint32_t value,
		       const char *during)
{
	const uint64_t limit = CAP_TIMEOUT_MS(nvme->cap) + 500;
	const uint64_t end = now_ms() + limit;
	const struct timespec pause = { .tv_nsec = 1000000 };
	int error = 0;

	while ((reg_read(nvme, REG_CSTS) & mask) != value) {
		/* A controller that is disabled may have failed before. */
		if (value)
			error = check_alive(nvme, during);
		if (!error && now_ms() > end)
			error = fail(nvme, -ETIMEDOUT,
				     "%s: no change of CSTS (%#x) in %u ms",
				     during, reg_read(nvme, REG_CSTS),
				     (unsigned int)limit);
		if (error)
			return error;
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* --- Memory for DMA */

static int dma_new(struct nvme *nvme, size_t size, unsigned int access,
		   struct dma *ret)
{
	struct dma dma = { .iova = VDEV_IOVA_ANY };
	int error;

	dma.size =
		(size + nvme->dma_unit - 1) / nvme->dma_unit * nvme->dma_unit;
	dma.memory = mmap(NULL, dma.size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (dma.memory == MAP_FAILED)
		return fail(nvme, -ENOMEM, "out of memory");
	error = vdev_ioas_map(nvme->ioas, &dma.iova, dma.memory, dma.size,
			      access);
	if (error) {
		munmap(dma.memory, dma.size);
		return error;
	}
	dma.mapped = true;
	*ret = dma;
	return 0;
}

static int dma_unmap(struct nvme *nvme, struct dma *dma)
{
	int error = 0;

	if (dma->mapped)
		error = vdev_ioas_unmap(nvme->ioas, dma->iova, dma->size, NULL);
	if (!error)
		dma->mapped = false;
	return error;
}

/* Memory that the device could still reach must not be used for other things.
 */
static void dma_free(struct nvme *nvme, struct dma *dma)
{
	if (dma->memory && !dma_unmap(nvme, dma))
		munmap(dma->memory, dma->size);
}

/*
 * The pages of a transfer: the first address, and either that of a second page
 * or that of the list of all others.
 */
static void set_prp(struct nvme *nvme, struct nvme_command *cmd, size_t size)
{
	const uint64_t start = nvme->data.iova;
	uint64_t *entries = nvme->list.memory;
	uint64_t page = NVME_PAGE;

	cmd->prp1 = htole64(start);
	if (size <= NVME_PAGE)
		return;
	cmd->prp2 = htole64(start + page);
	if (size <= 2 * (size_t)NVME_PAGE)
		return;
	cmd->prp2 = htole64(nvme->list.iova);
	for (; page < size; page += NVME_PAGE)
		*entries++ = htole64(start + page);
}

/* --- Commands */

static const char *status_text(unsigned int status)
{
	switch (status) {
	case 0x001:
		return "invalid opcode";
	case 0x002:
		return "invalid field";
	case 0x004:
		return "data transfer error";
	case 0x006:
		return "internal error";
	case 0x00b:
		return "invalid namespace";
	case 0x080:
		return "LBA out of range";
	case STATUS_WRONG_VECTOR:
		return "invalid interrupt vector";
	case 0x11f:
		return "invalid controller";
	case 0x120:
		return "invalid state of the secondary controller";
	case 0x121:
		return "invalid number of resources";
	case 0x281:
		return "unrecovered read error";
	default:
		return "see the specification";
	}
}

static void ring(struct nvme *nvme, const struct queue *queue, bool completion,
		 unsigned int value)
{
	const unsigned int index = 2 * queue->id + (completion ? 1 : 0);

	reg_write(nvme, DOORBELL + index * CAP_STRIDE(nvme->cap), value);
}

static void submit(struct nvme *nvme, struct queue *queue,
		   struct nvme_command *cmd)
{
	struct nvme_command *entries = queue->submission.memory;

	cmd->id = htole16(++nvme->last_id);
	entries[queue->tail] = *cmd;
	queue->tail = (queue->tail + 1) % QUEUE_DEPTH;
	ring(nvme, queue, false, queue->tail);
}

/* The device inverts the phase bit with each round through the queue. */
static bool completed(const struct queue *queue)
{
	const struct nvme_completion *entries = queue->completion.memory;
	const uint16_t status =
		__atomic_load_n(&entries[queue->head].status, __ATOMIC_ACQUIRE);

	return (le16toh(status) & 1) == queue->phase;
}

static bool interrupted(struct nvme *nvme, const struct queue *queue,
			int wait_ms)
{
	struct pollfd fd = { .fd = nvme->eventfds[queue->vector],
			     .events = POLLIN };
	uint64_t count;

	if (poll(&fd, 1, wait_ms) <= 0 ||
	    read(fd.fd, &count, sizeof(count)) != sizeof(count))
		return false;
	nvme->interrupts += count;
	return true;
}

/* The interrupt says when to look; the rest is for what can go wrong. */
static int wait_completion(struct nvme *nvme, const struct queue *queue,
			   const char *what)
{
	const uint64_t end = now_ms() + nvme->timeout_ms;
	bool signalled = false;
	int error = 0;

	while (!error) {
		if (interrupted(nvme, queue, 50))
			signalled = true;
		if (signalled && completed(queue))
			return 0;
		error = check_alive(nvme, what);
		if (!error && now_ms() > end)
			error = fail(nvme, -ETIMEDOUT,
				     completed(queue)
					     ? "%s: done, but no interrupt "
					       "came in %u ms"
					     : "%s: no answer in %u ms",
				     what, nvme->timeout_ms);
	}
	return error;
}

static int take_completion(struct nvme *nvme, struct queue *queue,
			   const char *what)
{
	const struct nvme_completion *entries = queue->completion.memory;
	const struct nvme_completion done = entries[queue->head];

	queue->head = (queue->head + 1) % QUEUE_DEPTH;
	if (!queue->head)
		queue->phase ^= 1;
	ring(nvme, queue, true, queue->head);
	if (le16toh(done.id) != nvme->last_id)
		return fail(nvme, -EPROTO,
			    "%s: the controller completed command %u instead "
			    "of %u",
			    what, le16toh(done.id), nvme->last_id);
	nvme->last_status = le16toh(done.status) >> 1 & 0x7ff;
	if (nvme->last_status)
		return fail(nvme, -EIO,
			    "%s: the controller says status %#05x (%s)", what,
			    nvme->last_status, status_text(nvme->last_status));
	return 0;
}

static int run(struct nvme *nvme, struct queue *queue, struct nvme_command *cmd,
	       const char *what)
{
	int error;

	nvme->error[0] = '\0';
	nvme->last_status = 0;
	submit(nvme, queue, cmd);
	error = wait_completion(nvme, queue, what);
	if (error)
		return error;
	return take_completion(nvme, queue, what);
}

/* The answer is in the data buffer. */
static int run_identify(struct nvme *nvme, unsigned int what, uint32_t nsid,
			const char *name)
{
	struct nvme_command cmd = { .opcode = ADMIN_IDENTIFY,
				    .nsid = htole32(nsid) };

	cmd.cdw10[0] = htole32(what);
	set_prp(nvme, &cmd, NVME_PAGE);
	memset(nvme->data.memory, 0, NVME_PAGE);
	return run(nvme, &nvme->admin, &cmd, name);
}

static uint64_t data_field(const struct nvme *nvme, size_t offset,
			   unsigned int width)
{
	uint64_t value = 0;

	memcpy(&value, (const char *)nvme->data.memory + offset, width);
	return le64toh(value);
}

/* --- Starting and stopping */

static int check_class(struct nvme *nvme)
{
	uint8_t class[3];
	int error = vdev_file_read(nvme->file, VDEV_REGION_CONFIG, 0x09, class,
				   sizeof(class));

	if (error)
		return error;
	if (class[2] != 0x01 || class[1] != 0x08 || class[0] != 0x02)
		return fail(nvme, -ENODEV,
			    "its class is %02x%02x%02x, which is no NVMe "
			    "controller",
			    class[2], class[1], class[0]);
	return 0;
}

static int check_controller(struct nvme *nvme)
{
	nvme->cap = reg_read(nvme, REG_CAP) |
		    (uint64_t)reg_read(nvme, REG_CAP + 4) << 32;
	if (nvme->cap == UINT64_MAX)
		return fail(nvme, -ENODEV, "the controller does not answer");
	if (!nvme->cap)
		return fail(nvme, -ENODEV,
			    "the controller is offline: a VF works only while "
			    "its PF is held by a program that gave it queues "
			    "and interrupts (nvme-identify PF --enable-vf N "
			    "--hold)");
	if (CAP_PAGE_MIN(nvme->cap) > NVME_PAGE)
		return fail(nvme, -EOPNOTSUPP,
			    "the controller wants pages of at least %u bytes",
			    CAP_PAGE_MIN(nvme->cap));
	if (CAP_QUEUE_SIZE(nvme->cap) + 1 < QUEUE_DEPTH)
		return fail(nvme, -EOPNOTSUPP,
			    "the controller's queues have only %u entries",
			    (unsigned int)CAP_QUEUE_SIZE(nvme->cap) + 1);
	if (DOORBELL + 4 * CAP_STRIDE(nvme->cap) > BAR_SIZE)
		return fail(nvme, -EOPNOTSUPP,
			    "the controller's doorbells are %u bytes apart",
			    CAP_STRIDE(nvme->cap));
	return 0;
}

static int map_registers(struct nvme *nvme)
{
	void *bar;
	int error = vdev_file_mmap(nvme->file, VDEV_REGION_BAR0, 0, BAR_SIZE,
				   VDEV_REGION_READ | VDEV_REGION_WRITE, &bar);

	if (!error)
		nvme->bar = bar;
	return error;
}

/* An eventfd for each queue, or one for both. */
static int set_interrupts(struct nvme *nvme)
{
	uint32_t count;
	int error = vdev_file_irq_info(nvme->file, VDEV_IRQ_MSIX, &count, NULL);

	if (error)
		return error;
	if (!count)
		return fail(nvme, -EOPNOTSUPP,
			    "the controller has no MSI-X interrupts");
	nvme->vectors = count < 2 ? count : 2;
	for (unsigned int i = 0; i < nvme->vectors; i++) {
		nvme->eventfds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (nvme->eventfds[i] < 0)
			return fail(nvme, -errno, "eventfd: %s",
				    strerror(errno));
	}
	return vdev_file_irq_set(nvme->file, VDEV_IRQ_MSIX, 0, nvme->vectors,
				 nvme->eventfds);
}

/* The device reads commands and writes completions, and may do no more. */
static int queue_new(struct nvme *nvme, unsigned int id, struct queue *queue)
{
	int error = dma_new(nvme, QUEUE_DEPTH * sizeof(struct nvme_command),
			    VDEV_MAP_READ, &queue->submission);

	if (!error)
		error = dma_new(
			nvme, QUEUE_DEPTH * sizeof(struct nvme_completion),
			VDEV_MAP_READ | VDEV_MAP_WRITE, &queue->completion);
	queue->id = id;
	queue->phase = 1;
	return error;
}

static int make_memory(struct nvme *nvme)
{
	uint64_t alignment;
	int error = vdev_ioas_ranges(nvme->ioas, NULL, &alignment);

	if (error < 0)
		return error;
	nvme->dma_unit = (size_t)sysconf(_SC_PAGESIZE);
	if (alignment > nvme->dma_unit)
		nvme->dma_unit = alignment;
	error = queue_new(nvme, 0, &nvme->admin);
	if (!error)
		error = dma_new(nvme, NVME_PAGE, VDEV_MAP_READ, &nvme->list);
	if (!error)
		error = dma_new(nvme, NVME_DATA_SIZE,
				VDEV_MAP_READ | VDEV_MAP_WRITE, &nvme->data);
	return error;
}

static int enable(struct nvme *nvme)
{
	reg_write(nvme, REG_AQA, (QUEUE_DEPTH - 1) << 16 | (QUEUE_DEPTH - 1));
	reg_write64(nvme, REG_ASQ, nvme->admin.submission.iova);
	reg_write64(nvme, REG_ACQ, nvme->admin.completion.iova);
	reg_write(nvme, REG_CC, CC_ENTRY_SIZES | CC_ENABLE);
	return wait_status(nvme, CSTS_READY, CSTS_READY,
			   "enabling the controller");
}

static int disable(struct nvme *nvme)
{
	reg_write(nvme, REG_CC, reg_read(nvme, REG_CC) & ~CC_ENABLE);
	return wait_status(nvme, CSTS_READY, 0, "resetting the controller");
}

int nvme_new(struct vdev_file *file, struct vdev_ioas *ioas,
	     unsigned int timeout_ms, struct nvme **ret)
{
	struct nvme *nvme = calloc(1, sizeof(*nvme));

	if (!nvme)
		return -ENOMEM;
	nvme->file = vdev_file_ref(file);
	nvme->ioas = vdev_ioas_ref(ioas);
	nvme->timeout_ms = timeout_ms;
	nvme->eventfds[0] = nvme->eventfds[1] = -1;
	*ret = nvme;
	return 0;
}

int nvme_start(struct nvme *nvme)
{
	int error = check_class(nvme);

	if (!error)
		error = map_registers(nvme);
	if (!error)
		error = check_controller(nvme);
	if (!error)
		error = disable(nvme);
	if (!error)
		error = make_memory(nvme);
	if (!error)
		error = set_interrupts(nvme);
	if (!error)
		error = vdev_file_set_bus_master(nvme->file, true);
	if (error)
		return error;
	nvme->started = true;
	return enable(nvme);
}

/*
 * Nothing may be unmapped that the controller could still write to. If it does
 * not obey, taking bus mastering away makes it stop.
 */
static void stop(struct nvme *nvme)
{
	if (!check_alive(nvme, "stopping the controller")) {
		reg_write(nvme, REG_CC, reg_read(nvme, REG_CC) | CC_SHUTDOWN);
		wait_status(nvme, CSTS_SHUTDOWN, CSTS_SHUT_DONE,
			    "shutting the controller down");
	}
	disable(nvme);
	vdev_file_set_bus_master(nvme->file, false);
	vdev_file_irq_disable(nvme->file, VDEV_IRQ_MSIX);
}

void nvme_free(struct nvme *nvme)
{
	if (!nvme)
		return;
	if (nvme->started)
		stop(nvme);
	dma_free(nvme, &nvme->admin.submission);
	dma_free(nvme, &nvme->admin.completion);
	dma_free(nvme, &nvme->io.submission);
	dma_free(nvme, &nvme->io.completion);
	dma_free(nvme, &nvme->list);
	dma_free(nvme, &nvme->data);
	dma_free(nvme, &nvme->moved);
	for (unsigned int i = 0; i < nvme->vectors; i++)
		if (nvme->eventfds[i] >= 0)
			close(nvme->eventfds[i]);
	if (nvme->bar)
		vdev_file_munmap(nvme->file, (void *)nvme->bar);
	vdev_ioas_unref(nvme->ioas);
	vdev_file_unref(nvme->file);
	free(nvme);
}

/* --- What it is */

static void copy_text(const struct nvme *nvme, size_t offset, size_t size,
		      char *ret)
{
	memcpy(ret, (const char *)nvme->data.memory + offset, size);
	while (size && (ret[size - 1] == ' ' || !ret[size - 1]))
		size--;
	ret[size] = '\0';
}

int nvme_identify(struct nvme *nvme, struct nvme_info *ret)
{
	const uint32_t version = reg_read(nvme, REG_VS);
	unsigned int pages;
	int error = run_identify(nvme, IDENTIFY_CONTROLLER, 0,
				 "Identify controller");

	if (error)
		return error;
	copy_text(nvme, 4, 20, ret->serial);
	copy_text(nvme, 24, 40, ret->model);
	copy_text(nvme, 64, 8, ret->firmware);
	ret->controller = (unsigned int)data_field(nvme, 78, 2);
	ret->major = version >> 16;
	ret->minor = version >> 8 & 0xff;
	pages = (unsigned int)data_field(nvme, 77, 1);
	nvme->max_transfer = NVME_DATA_SIZE;
	if (pages && pages < 32 &&
	    (size_t)NVME_PAGE << pages < nvme->max_transfer)
		nvme->max_transfer = (size_t)NVME_PAGE << pages;
	return 0;
}

static int first_namespace(struct nvme *nvme, uint32_t *ret)
{
	int error = run_identify(nvme, IDENTIFY_ACTIVE, 0,
				 "Identify active namespaces");

	if (error)
		return error;
	*ret = (uint32_t)data_field(nvme, 0, 4);
	if (!*ret)
		return fail(nvme, -ENOENT,
			    "the controller has no active namespace");
	return 0;
}

int nvme_find_namespace(struct nvme *nvme, uint32_t id,
			struct nvme_namespace *ret)
{
	unsigned int format, metadata, shift;
	int error = 0;

	if (!id)
		error = first_namespace(nvme, &id);
	if (!error)
		error = run_identify(nvme, IDENTIFY_NAMESPACE, id,
				     "Identify namespace");
	if (error)
		return error;
	if (!data_field(nvme, 0, 8))
		return fail(nvme, -ENOENT, "there is no active namespace %u",
			    id);
	format = (unsigned int)data_field(nvme, 26, 1) & 0xf;
	metadata = (unsigned int)data_field(nvme, 128 + 4 * format, 2);
	shift = (unsigned int)data_field(nvme, 128 + 4 * format + 2, 1);
	if (metadata || shift < 9 || shift > 16)
		return fail(nvme, -EOPNOTSUPP,
			    "the blocks of namespace %u have %u bytes of "
			    "metadata, or are of a size of 2 to the %u",
			    id, metadata, shift);
	ret->id = id;
	ret->blocks = data_field(nvme, 0, 8);
	ret->block_size = 1U << shift;
	return 0;
}

/* --- Reading and writing */

static int create_completion(struct nvme *nvme, unsigned int vector)
{
	struct nvme_command cmd = { .opcode = ADMIN_CREATE_CQ };

	cmd.prp1 = htole64(nvme->io.completion.iova);
	cmd.cdw10[0] = htole32((QUEUE_DEPTH - 1) << 16 | nvme->io.id);
	/* Contiguous, with interrupts. */
	cmd.cdw10[1] = htole32(vector << 16 | 2 | 1);
	nvme->io.vector = vector;
	return run(nvme, &nvme->admin, &cmd, "Create I/O Completion Queue");
}

static int create_submission(struct nvme *nvme)
{
	struct nvme_command cmd = { .opcode = ADMIN_CREATE_SQ };

	cmd.prp1 = htole64(nvme->io.submission.iova);
	cmd.cdw10[0] = htole32((QUEUE_DEPTH - 1) << 16 | nvme->io.id);
	cmd.cdw10[1] = htole32(nvme->io.id << 16 | 1);
	return run(nvme, &nvme->admin, &cmd, "Create I/O Submission Queue");
}

int nvme_start_io(struct nvme *nvme)
{
	struct nvme_command cmd = { .opcode = ADMIN_SET_FEATURES };
	int error = queue_new(nvme, 1, &nvme->io);

	if (error)
		return error;
	/* One queue of each sort, which is written as none more. */
	cmd.cdw10[0] = htole32(FEATURE_QUEUES);
	error = run(nvme, &nvme->admin, &cmd, "Set Features, queues");
	if (!error)
		error = create_completion(nvme, nvme->vectors - 1);
	/* A VF may have been given fewer vectors than its table has. */
	if (error && nvme->last_status == STATUS_WRONG_VECTOR)
		error = create_completion(nvme, 0);
	if (!error)
		error = create_submission(nvme);
	return error;
}

static int check_transfer(struct nvme *nvme, const struct nvme_namespace *ns,
			  uint64_t lba, uint32_t blocks)
{
	if (!blocks || lba >= ns->blocks || blocks > ns->blocks - lba)
		return fail(nvme, -EINVAL,
			    "namespace %u has %llu blocks, and not %u at %llu",
			    ns->id, (unsigned long long)ns->blocks, blocks,
			    (unsigned long long)lba);
	if ((uint64_t)blocks * ns->block_size > nvme->max_transfer)
		return fail(nvme, -EINVAL,
			    "%u blocks are more than the %zu bytes that one "
			    "transfer can have",
			    blocks, nvme->max_transfer);
	return 0;
}

static int transfer(struct nvme *nvme, unsigned int opcode,
		    const struct nvme_namespace *ns, uint64_t lba,
		    uint32_t blocks)
{
	struct nvme_command cmd = { .opcode = (uint8_t)opcode,
				    .nsid = htole32(ns->id) };
	const uint32_t flags = opcode == IO_WRITE ? WRITE_THROUGH : 0;

	cmd.cdw10[0] = htole32((uint32_t)lba);
	cmd.cdw10[1] = htole32((uint32_t)(lba >> 32));
	cmd.cdw10[2] = htole32((blocks - 1) | flags);
	set_prp(nvme, &cmd, (size_t)blocks * ns->block_size);
	return run(nvme, &nvme->io, &cmd,
		   opcode == IO_WRITE ? "Write" : "Read");
}

int nvme_read(struct nvme *nvme, const struct nvme_namespace *ns, uint64_t lba,
	      uint32_t blocks, void *buffer)
{
	const size_t size = (size_t)blocks * ns->block_size;
	int error = check_transfer(nvme, ns, lba, blocks);

	if (error)
		return error;
	/* So that what an earlier command left is not taken for an answer. */
	memset(nvme->data.memory, 0xa5, size);
	error = transfer(nvme, IO_READ, ns, lba, blocks);
	if (!error)
		memcpy(buffer, nvme->data.memory, size);
	return error;
}

int nvme_write(struct nvme *nvme, const struct nvme_namespace *ns, uint64_t lba,
	       uint32_t blocks, const void *buffer)
{
	int error = check_transfer(nvme, ns, lba, blocks);

	if (error)
		return error;
	memcpy(nvme->data.memory, buffer, (size_t)blocks * ns->block_size);
	return transfer(nvme, IO_WRITE, ns, lba, blocks);
}

/* --- Virtual functions */

static int manage(struct nvme *nvme, unsigned int controller,
		  unsigned int action, unsigned int count, const char *what)
{
	struct nvme_command cmd = { .opcode = ADMIN_VIRTUAL };

	cmd.cdw10[0] = htole32(controller << 16 | action);
	cmd.cdw10[1] = htole32(count);
	return run(nvme, &nvme->admin, &cmd, what);
}

/* How many queues and interrupts a VF may have. */
static int vf_limits(struct nvme *nvme, struct nvme_vf *vf)
{
	int error = run_identify(nvme, IDENTIFY_CONTROLLER, 0,
				 "Identify controller");

	if (error)
		return error;
	if (!(data_field(nvme, 256, 2) & OACS_VIRTUAL))
		return fail(nvme, -EOPNOTSUPP,
			    "the controller has no Virtualization Management: "
			    "it is not the PF, or its VFs need none");
	error = run_identify(nvme, IDENTIFY_PRIMARY, 0,
			     "Identify primary controller");
	if (error)
		return error;
	vf->queues = (unsigned int)data_field(nvme, 44, 2);
	vf->interrupts = (unsigned int)data_field(nvme, 76, 2);
	if (vf->queues < 2 || !vf->interrupts)
		return fail(nvme, -EOPNOTSUPP,
			    "the controller has %u queues and %u interrupts "
			    "for a VF, which needs 2 and 1",
			    vf->queues, vf->interrupts);
	/* What this driver uses: two queues, an interrupt for each. */
	vf->queues = 2;
	if (vf->interrupts > 2)
		vf->interrupts = 2;
	return 0;
}

static int find_vf(struct nvme *nvme, unsigned int number, struct nvme_vf *vf)
{
	int error = run_identify(nvme, IDENTIFY_SECONDARY, 0,
				 "Identify secondary controllers");

	if (error)
		return error;
	for (size_t i = 0; i < data_field(nvme, 0, 1) && i < 127; i++) {
		const size_t entry = 32 * (i + 1);

		if (data_field(nvme, entry + 8, 2) != number + 1)
			continue;
		vf->controller = (unsigned int)data_field(nvme, entry, 2);
		return 0;
	}
	return fail(nvme, -ENOENT,
		    "none of the first 127 secondary controllers is VF %u",
		    number);
}

int nvme_enable_vf(struct nvme *nvme, unsigned int number, struct nvme_vf *ret)
{
	struct nvme_vf vf;
	int error = vf_limits(nvme, &vf);

	if (!error)
		error = find_vf(nvme, number, &vf);
	if (!error)
		error = manage(nvme, vf.controller, VIRTUAL_OFFLINE, 0,
			       "taking the VF offline");
	if (!error)
		error = manage(nvme, vf.controller,
			       VIRTUAL_ASSIGN | VIRTUAL_QUEUES, vf.queues,
			       "giving the VF queues");
	if (!error)
		error = manage(nvme, vf.controller,
			       VIRTUAL_ASSIGN | VIRTUAL_INTERRUPTS,
			       vf.interrupts, "giving the VF interrupts");
	if (!error)
		error = manage(nvme, vf.controller, VIRTUAL_ONLINE, 0,
			       "setting the VF online");
	if (!error)
		*ret = vf;
	return error;
}

/* --- Faults, for a demonstration */

/* Other memory takes the place of the data buffer, for the device alone. */
static int move_data(struct nvme *nvme)
{
	int error = dma_new(nvme, nvme->data.size, VDEV_MAP_READ, &nvme->moved);

	if (!error)
		error = dma_unmap(nvme, &nvme->moved);
	if (!error)
		error = dma_unmap(nvme, &nvme->data);
	if (error)
		return error;
	nvme->moved.iova = nvme->data.iova;
	error = vdev_ioas_map(nvme->ioas, &nvme->moved.iova, nvme->moved.memory,
			      nvme->moved.size, VDEV_MAP_READ | VDEV_MAP_WRITE);
	nvme->moved.mapped = !error;
	return error;
}

int nvme_break(struct nvme *nvme, enum nvme_part part)
{
	nvme->error[0] = '\0';
	switch (part) {
	case NVME_SUBMISSION:
		return dma_unmap(nvme, &nvme->io.submission);
	case NVME_COMPLETION:
		return dma_unmap(nvme, &nvme->io.completion);
	case NVME_LIST:
		return dma_unmap(nvme, &nvme->list);
	case NVME_DATA:
		return dma_unmap(nvme, &nvme->data);
	default:
		return move_data(nvme);
	}
}

const void *nvme_moved_data(const struct nvme *nvme)
{
	return nvme->moved.memory;
}
