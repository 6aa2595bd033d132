/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Registers, memory for DMA, queues and interrupts: where the library is used.
 * Numbers are those of the NVM Express Base Specification, revision 1.4.
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

#include "driver.h"

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

int nvme_fail(struct nvme *nvme, int error, const char *fmt, ...)
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
		return nvme_fail(nvme, -ENODEV,
				 "%s: the controller does not answer any more",
				 during);
	if (status & CSTS_FATAL)
		return nvme_fail(
			nvme, -EIO,
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
			error = nvme_fail(
				nvme, -ETIMEDOUT,
				"%s: no change of CSTS (%#x) in %u ms", during,
				reg_read(nvme, REG_CSTS), (unsigned int)limit);
		if (error)
			return error;
		nanosleep(&pause, NULL);
	}
	return 0;
}

uint32_t nvme_version(struct nvme *nvme)
{
	return reg_read(nvme, REG_VS);
}

/* --- Memory for DMA */

int nvme_dma_new(struct nvme *nvme, size_t size, unsigned int access,
		 struct nvme_dma *ret)
{
	struct nvme_dma dma = { .iova = VDEV_IOVA_ANY };
	int error;

	dma.size =
		(size + nvme->dma_unit - 1) / nvme->dma_unit * nvme->dma_unit;
	dma.memory = mmap(NULL, dma.size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (dma.memory == MAP_FAILED)
		return nvme_fail(nvme, -ENOMEM, "out of memory");
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

int nvme_dma_unmap(struct nvme *nvme, struct nvme_dma *dma)
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
static void dma_free(struct nvme *nvme, struct nvme_dma *dma)
{
	if (dma->memory && !nvme_dma_unmap(nvme, dma))
		munmap(dma->memory, dma->size);
}

/*
 * The pages of a transfer: the first address, and either that of a second page
 * or that of the list of all others.
 */
void nvme_set_data(struct nvme *nvme, struct nvme_command *cmd, size_t size)
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
	case NVME_STATUS_WRONG_VECTOR:
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

static void ring(struct nvme *nvme, const struct nvme_queue *queue,
		 bool completion, unsigned int value)
{
	const unsigned int index = 2 * queue->id + (completion ? 1 : 0);

	reg_write(nvme, DOORBELL + index * CAP_STRIDE(nvme->cap), value);
}

static void submit(struct nvme *nvme, struct nvme_queue *queue,
		   struct nvme_command *cmd)
{
	struct nvme_command *entries = queue->submission.memory;

	cmd->id = htole16(++nvme->last_id);
	entries[queue->tail] = *cmd;
	queue->tail = (queue->tail + 1) % NVME_QUEUE_DEPTH;
	ring(nvme, queue, false, queue->tail);
}

/* The device inverts the phase bit with each round through the queue. */
static bool completed(const struct nvme_queue *queue)
{
	const struct nvme_completion *entries = queue->completion.memory;
	const uint16_t status =
		__atomic_load_n(&entries[queue->head].status, __ATOMIC_ACQUIRE);

	return (le16toh(status) & 1) == queue->phase;
}

static bool interrupted(struct nvme *nvme, const struct nvme_queue *queue,
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
static int wait_completion(struct nvme *nvme, const struct nvme_queue *queue,
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
			error = nvme_fail(
				nvme, -ETIMEDOUT,
				completed(queue) ? "%s: done, but no interrupt "
						   "came in %u ms"
						 : "%s: no answer in %u ms",
				what, nvme->timeout_ms);
	}
	return error;
}

static int take_completion(struct nvme *nvme, struct nvme_queue *queue,
			   const char *what)
{
	const struct nvme_completion *entries = queue->completion.memory;
	const struct nvme_completion done = entries[queue->head];

	queue->head = (queue->head + 1) % NVME_QUEUE_DEPTH;
	if (!queue->head)
		queue->phase ^= 1;
	ring(nvme, queue, true, queue->head);
	if (le16toh(done.id) != nvme->last_id)
		return nvme_fail(
			nvme, -EPROTO,
			"%s: the controller completed command %u instead "
			"of %u",
			what, le16toh(done.id), nvme->last_id);
	nvme->last_status = le16toh(done.status) >> 1 & 0x7ff;
	if (nvme->last_status)
		return nvme_fail(nvme, -EIO,
				 "%s: the controller says status %#05x (%s)",
				 what, nvme->last_status,
				 status_text(nvme->last_status));
	return 0;
}

int nvme_run(struct nvme *nvme, struct nvme_queue *queue,
	     struct nvme_command *cmd, const char *what)
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

/* --- Starting and stopping */

static int check_class(struct nvme *nvme)
{
	uint8_t class[3];
	int error = vdev_file_read(nvme->file, VDEV_REGION_CONFIG, 0x09, class,
				   sizeof(class));

	if (error)
		return error;
	if (class[2] != 0x01 || class[1] != 0x08 || class[0] != 0x02)
		return nvme_fail(nvme, -ENODEV,
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
		return nvme_fail(nvme, -ENODEV,
				 "the controller does not answer");
	if (!nvme->cap)
		return nvme_fail(
			nvme, -ENODEV,
			"the controller is offline: a VF works only while "
			"its PF is held by a program that gave it queues "
			"and interrupts (nvme-identify PF --enable-vf N "
			"--hold)");
	if (CAP_PAGE_MIN(nvme->cap) > NVME_PAGE)
		return nvme_fail(
			nvme, -EOPNOTSUPP,
			"the controller wants pages of at least %u bytes",
			CAP_PAGE_MIN(nvme->cap));
	if (CAP_QUEUE_SIZE(nvme->cap) + 1 < NVME_QUEUE_DEPTH)
		return nvme_fail(nvme, -EOPNOTSUPP,
				 "the controller's queues have only %u entries",
				 (unsigned int)CAP_QUEUE_SIZE(nvme->cap) + 1);
	if (DOORBELL + 4 * CAP_STRIDE(nvme->cap) > BAR_SIZE)
		return nvme_fail(
			nvme, -EOPNOTSUPP,
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
		return nvme_fail(nvme, -EOPNOTSUPP,
				 "the controller has no MSI-X interrupts");
	nvme->vectors = count < 2 ? count : 2;
	for (unsigned int i = 0; i < nvme->vectors; i++) {
		nvme->eventfds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (nvme->eventfds[i] < 0)
			return nvme_fail(nvme, -errno, "eventfd: %s",
					 strerror(errno));
	}
	return vdev_file_irq_set(nvme->file, VDEV_IRQ_MSIX, 0, nvme->vectors,
				 nvme->eventfds);
}

/* The device reads commands and writes completions, and may do no more. */
int nvme_queue_new(struct nvme *nvme, unsigned int id, struct nvme_queue *queue)
{
	int error = nvme_dma_new(nvme,
				 NVME_QUEUE_DEPTH * sizeof(struct nvme_command),
				 VDEV_MAP_READ, &queue->submission);

	if (!error)
		error = nvme_dma_new(
			nvme, NVME_QUEUE_DEPTH * sizeof(struct nvme_completion),
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
	error = nvme_queue_new(nvme, 0, &nvme->admin);
	if (!error)
		error = nvme_dma_new(nvme, NVME_PAGE, VDEV_MAP_READ,
				     &nvme->list);
	if (!error)
		error = nvme_dma_new(nvme, NVME_DATA_SIZE,
				     VDEV_MAP_READ | VDEV_MAP_WRITE,
				     &nvme->data);
	return error;
}

static int enable(struct nvme *nvme)
{
	reg_write(nvme, REG_AQA,
		  (NVME_QUEUE_DEPTH - 1) << 16 | (NVME_QUEUE_DEPTH - 1));
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
