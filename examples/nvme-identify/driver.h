/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DRIVER_H
#define DRIVER_H

#include <stddef.h>

#include "nvme.h"

/* What nvme.c, which knows the commands, needs of driver.c. */

#define NVME_PAGE		 4096U
#define NVME_QUEUE_DEPTH	 16U
#define NVME_STATUS_WRONG_VECTOR 0x108

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
struct nvme_dma {
	void *memory;
	size_t size;
	uint64_t iova;
	bool mapped;
};

struct nvme_queue {
	unsigned int id;
	struct nvme_dma submission;
	struct nvme_dma completion;
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
	struct nvme_queue admin;
	struct nvme_queue io;
	struct nvme_dma list;
	struct nvme_dma data;
	struct nvme_dma moved;
	char error[256];
};

/* Records the sentence, returns @error. */
int __attribute__((format(printf, 3, 4)))
nvme_fail(struct nvme *nvme, int error, const char *fmt, ...);

/* Memory that the device reaches; @access is of enum vdev_map_flags. */
int nvme_dma_new(struct nvme *nvme, size_t size, unsigned int access,
		 struct nvme_dma *ret);
int nvme_dma_unmap(struct nvme *nvme, struct nvme_dma *dma);

/* The memory of a pair of queues. */
int nvme_queue_new(struct nvme *nvme, unsigned int id,
		   struct nvme_queue *queue);

/* Lets a command transfer the first @size bytes of the data buffer. */
void nvme_set_data(struct nvme *nvme, struct nvme_command *cmd, size_t size);

/* Runs a command to its end; @what is for messages. */
int nvme_run(struct nvme *nvme, struct nvme_queue *queue,
	     struct nvme_command *cmd, const char *what);

/* The NVMe version, as the register has it. */
uint32_t nvme_version(struct nvme *nvme);

#endif
