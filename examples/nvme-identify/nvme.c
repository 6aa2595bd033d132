/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The commands of an NVMe controller. Numbers are those of the NVM Express Base
 * Specification, revision 1.4.
 */

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "driver.h"

#define ADMIN_IDENTIFY	   0x06
#define ADMIN_CREATE_SQ	   0x01
#define ADMIN_CREATE_CQ	   0x05
#define ADMIN_SET_FEATURES 0x09
#define ADMIN_VIRTUAL	   0x1c
#define IO_WRITE	   0x01
#define IO_READ		   0x02

#define IDENTIFY_NAMESPACE  0x00
#define IDENTIFY_CONTROLLER 0x01
#define IDENTIFY_ACTIVE	    0x02
#define IDENTIFY_PRIMARY    0x14
#define IDENTIFY_SECONDARY  0x15

#define FEATURE_QUEUES	   0x07
#define OACS_VIRTUAL	   (1U << 7)
#define VIRTUAL_OFFLINE	   7
#define VIRTUAL_ASSIGN	   8
#define VIRTUAL_ONLINE	   9
#define VIRTUAL_QUEUES	   (0U << 8)
#define VIRTUAL_INTERRUPTS (1U << 8)
#define WRITE_THROUGH	   (1U << 30)

/* The answer is in the data buffer. */
static int run_identify(struct nvme *nvme, unsigned int what, uint32_t nsid,
			const char *name)
{
	struct nvme_command cmd = { .opcode = ADMIN_IDENTIFY,
				    .nsid = htole32(nsid) };

	cmd.cdw10[0] = htole32(what);
	nvme_set_data(nvme, &cmd, NVME_PAGE);
	memset(nvme->data.memory, 0, NVME_PAGE);
	return nvme_run(nvme, &nvme->admin, &cmd, name);
}

static uint64_t data_field(const struct nvme *nvme, size_t offset,
			   unsigned int width)
{
	uint64_t value = 0;

	memcpy(&value, (const char *)nvme->data.memory + offset, width);
	return le64toh(value);
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
	const uint32_t version = nvme_version(nvme);
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
		return nvme_fail(nvme, -ENOENT,
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
		return nvme_fail(nvme, -ENOENT,
				 "there is no active namespace %u", id);
	format = (unsigned int)data_field(nvme, 26, 1) & 0xf;
	metadata = (unsigned int)data_field(nvme, 128 + 4 * format, 2);
	shift = (unsigned int)data_field(nvme, 128 + 4 * format + 2, 1);
	if (metadata || shift < 9 || shift > 16)
		return nvme_fail(nvme, -EOPNOTSUPP,
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
	cmd.cdw10[0] = htole32((NVME_QUEUE_DEPTH - 1) << 16 | nvme->io.id);
	/* Contiguous, with interrupts. */
	cmd.cdw10[1] = htole32(vector << 16 | 2 | 1);
	nvme->io.vector = vector;
	return nvme_run(nvme, &nvme->admin, &cmd,
			"Create I/O Completion Queue");
}

static int create_submission(struct nvme *nvme)
{
	struct nvme_command cmd = { .opcode = ADMIN_CREATE_SQ };

	cmd.prp1 = htole64(nvme->io.submission.iova);
	cmd.cdw10[0] = htole32((NVME_QUEUE_DEPTH - 1) << 16 | nvme->io.id);
	cmd.cdw10[1] = htole32(nvme->io.id << 16 | 1);
	return nvme_run(nvme, &nvme->admin, &cmd,
			"Create I/O Submission Queue");
}

int nvme_start_io(struct nvme *nvme)
{
	struct nvme_command cmd = { .opcode = ADMIN_SET_FEATURES };
	int error = nvme_queue_new(nvme, 1, &nvme->io);

	if (error)
		return error;
	/* One queue of each sort, which is written as none more. */
	cmd.cdw10[0] = htole32(FEATURE_QUEUES);
	error = nvme_run(nvme, &nvme->admin, &cmd, "Set Features, queues");
	if (!error)
		error = create_completion(nvme, nvme->vectors - 1);
	/* A VF may have been given fewer vectors than its table has. */
	if (error && nvme->last_status == NVME_STATUS_WRONG_VECTOR)
		error = create_completion(nvme, 0);
	if (!error)
		error = create_submission(nvme);
	return error;
}

static int check_transfer(struct nvme *nvme, const struct nvme_namespace *ns,
			  uint64_t lba, uint32_t blocks)
{
	if (!blocks || lba >= ns->blocks || blocks > ns->blocks - lba)
		return nvme_fail(
			nvme, -EINVAL,
			"namespace %u has %llu blocks, and not %u at %llu",
			ns->id, (unsigned long long)ns->blocks, blocks,
			(unsigned long long)lba);
	if ((uint64_t)blocks * ns->block_size > nvme->max_transfer)
		return nvme_fail(
			nvme, -EINVAL,
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
	nvme_set_data(nvme, &cmd, (size_t)blocks * ns->block_size);
	return nvme_run(nvme, &nvme->io, &cmd,
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
	return nvme_run(nvme, &nvme->admin, &cmd, what);
}

/* How many queues and interrupts a VF may have. */
static int vf_limits(struct nvme *nvme, struct nvme_vf *vf)
{
	int error = run_identify(nvme, IDENTIFY_CONTROLLER, 0,
				 "Identify controller");

	if (error)
		return error;
	if (!(data_field(nvme, 256, 2) & OACS_VIRTUAL))
		return nvme_fail(
			nvme, -EOPNOTSUPP,
			"the controller has no Virtualization Management: "
			"it is not the PF, or its VFs need none");
	error = run_identify(nvme, IDENTIFY_PRIMARY, 0,
			     "Identify primary controller");
	if (error)
		return error;
	vf->queues = (unsigned int)data_field(nvme, 44, 2);
	vf->interrupts = (unsigned int)data_field(nvme, 76, 2);
	if (vf->queues < 2 || !vf->interrupts)
		return nvme_fail(
			nvme, -EOPNOTSUPP,
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
	return nvme_fail(nvme, -ENOENT,
			 "none of the first 127 secondary controllers is VF %u",
			 number);
}

int nvme_enable_vf(struct nvme *nvme, unsigned int number, struct nvme_vf *ret)
{
	struct nvme_vf vf = { 0 };
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
	int error = nvme_dma_new(nvme, nvme->data.size, VDEV_MAP_READ,
				 &nvme->moved);

	if (!error)
		error = nvme_dma_unmap(nvme, &nvme->moved);
	if (!error)
		error = nvme_dma_unmap(nvme, &nvme->data);
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
		return nvme_dma_unmap(nvme, &nvme->io.submission);
	case NVME_COMPLETION:
		return nvme_dma_unmap(nvme, &nvme->io.completion);
	case NVME_LIST:
		return nvme_dma_unmap(nvme, &nvme->list);
	case NVME_DATA:
		return nvme_dma_unmap(nvme, &nvme->data);
	default:
		return move_data(nvme);
	}
}

const void *nvme_moved_data(const struct nvme *nvme)
{
	return nvme->moved.memory;
}
