/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NVME_H
#define NVME_H

#include <stdbool.h>
#include <stdint.h>

#include <libvdev/libvdev.h>

/*
 * A small NVMe driver on an opened device of libvdev.
 *
 * One admin queue and one I/O queue, one command at a time, each completion
 * signalled by an interrupt. Calls return 0 or -errno. After a failure
 * nvme_error() has the sentence, or is empty if it was a call of the library
 * that failed and vdev_ctx_last_error() has it.
 */

/* The largest transfer of nvme_read() and nvme_write(), in bytes. */
#define NVME_DATA_SIZE (128U << 10)

struct nvme;

struct nvme_info {
	char model[41];
	char serial[21];
	char firmware[9];
	unsigned int major;
	unsigned int minor;
	unsigned int controller;
};

struct nvme_namespace {
	uint32_t id;
	uint32_t block_size;
	uint64_t blocks;
};

struct nvme_vf {
	unsigned int controller;
	unsigned int queues;
	unsigned int interrupts;
};

/* What nvme_break() takes away from the device. */
enum nvme_part {
	NVME_SUBMISSION,
	NVME_COMPLETION,
	NVME_LIST,
	NVME_DATA,
	NVME_DATA_MOVED,
};

/* Makes the object, does nothing to the device yet. @timeout is for commands.
 */
int nvme_new(struct vdev_file *file, struct vdev_ioas *ioas,
	     unsigned int timeout_ms, struct nvme **ret);

/* Stops the controller, then unmaps what it could reach. */
void nvme_free(struct nvme *nvme);

const char *nvme_error(const struct nvme *nvme);

/* How many interrupts came. */
uint64_t nvme_interrupts(const struct nvme *nvme);

/* Resets the controller and sets up its admin queue. */
int nvme_start(struct nvme *nvme);

int nvme_identify(struct nvme *nvme, struct nvme_info *ret);

/* With @id 0 the first namespace there is. */
int nvme_find_namespace(struct nvme *nvme, uint32_t id,
			struct nvme_namespace *ret);

/* Sets up the I/O queue; needed before the two calls below. */
int nvme_start_io(struct nvme *nvme);

int nvme_read(struct nvme *nvme, const struct nvme_namespace *ns, uint64_t lba,
	      uint32_t blocks, void *buffer);
int nvme_write(struct nvme *nvme, const struct nvme_namespace *ns, uint64_t lba,
	       uint32_t blocks, const void *buffer);

/*
 * Gives VF @vf (0 is the one that sysfs calls virtfn0) queues and interrupts
 * and sets it online. Any reset of the PF's controller, thus also the end of
 * the process, takes it offline again.
 */
int nvme_enable_vf(struct nvme *nvme, unsigned int vf, struct nvme_vf *ret);

/* Removes a mapping behind the device's back, to show what becomes of DMA. */
int nvme_break(struct nvme *nvme, enum nvme_part part);

/* After NVME_DATA_MOVED: what the device takes for the data buffer. */
const void *nvme_moved_data(const struct nvme *nvme);

#endif
