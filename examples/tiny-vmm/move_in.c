/* SPDX-License-Identifier: GPL-2.0-or-later */

/* A guest and its device come from another process. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "vmm.h"
#include "wire.h"

struct arrival {
	struct machine *m;
	struct vdev_migration *migration;
	int socket;
	struct wire_machine state;
	bool has_state;
};

static int set_state(struct arrival *a, enum vdev_migration_state state)
{
	int error = vdev_migration_set_state(a->migration, state);

	return error ? complain_library(a->m->ctx, error) : 0;
}

/* --- Records */

static int take_memory(struct arrival *a, const struct wire_head *head)
{
	const uint64_t size = vm_memory_size(a->m->vm);

	if (head->address > size || head->length > size - head->address)
		return complain(-EPROTO, "what comes is not within the memory");
	return wire_read(a->socket, (char *)vm_memory(a->m->vm) + head->address,
			 head->length);
}

static int take_device(struct arrival *a, const struct wire_head *head)
{
	char piece[WIRE_PIECE];
	int error;

	if (head->length > sizeof(piece))
		return complain(-EPROTO, "a piece of the device is too large");
	error = wire_read(a->socket, piece, head->length);
	if (error)
		return error;
	error = vdev_migration_write(a->migration, piece, head->length);
	return error ? complain_library(a->m->ctx, error) : 0;
}

static int take_state(struct arrival *a, const struct wire_head *head)
{
	if (head->length != sizeof(a->state))
		return complain(-EPROTO, "the machine is another one");
	a->has_state = true;
	return wire_read(a->socket, &a->state, sizeof(a->state));
}

static int check_memory(const struct arrival *a, uint64_t expected)
{
	const struct vm *vm = a->m->vm;
	uint64_t sum;

	if (!expected)
		return 0;
	sum = wire_checksum(vm_memory(vm), vm_memory_size(vm));
	fprintf(stderr, "tiny-vmm: checksum of memory %#llx\n",
		(unsigned long long)sum);
	return sum == expected ? 0
			       : complain(-EBADMSG, "memory is not what it was "
						    "at the other end");
}

/* Returns 1 after the last one. */
static int take_record(struct arrival *a)
{
	struct wire_head head;
	int error = wire_receive(a->socket, &head);

	if (error)
		return error;
	switch (head.type) {
	case WIRE_MEMORY:
		return take_memory(a, &head);
	case WIRE_DEVICE:
		return take_device(a, &head);
	case WIRE_MACHINE:
		return take_state(a, &head);
	case WIRE_END:
		error = check_memory(a, head.address);
		return error ? error : 1;
	default:
		return complain(-EPROTO, "a record is of no known type");
	}
}

/* --- The way of it */

static int take_hello(struct arrival *a)
{
	const uint64_t size = vm_memory_size(a->m->vm);
	struct wire_head head;
	int error = wire_expect(a->socket, WIRE_HELLO, 0, &head);

	if (!error && head.address != size)
		error = complain(-EINVAL,
				 "the guest has %llu bytes of memory, and not "
				 "%llu: see --memory",
				 (unsigned long long)head.address,
				 (unsigned long long)size);
	return error;
}

/* The driver checks what it was given when the device leaves RESUMING. */
static int load(struct arrival *a)
{
	struct machine *m = a->m;
	int error;

	if (!a->has_state)
		return complain(-EPROTO, "the processor did not come");
	error = set_state(a, VDEV_MIGRATION_STATE_STOP);
	if (error)
		return error;
	machine_set_clock(m, a->state.clock_ms);
	m->moves = a->state.moves;
	m->pci_address = a->state.pci_address;
	return processor_load(vm_processor(m->vm), &a->state.processor);
}

/* Only after GO is the guest this machine's. */
static int take_over(struct arrival *a)
{
	struct wire_head head;
	int error = wire_send(a->socket, WIRE_READY, 0, NULL, 0);

	if (!error)
		error = wire_expect(a->socket, WIRE_GO, 0, &head);
	return error ? error : set_state(a, VDEV_MIGRATION_STATE_RUNNING);
}

static int receive(struct arrival *a)
{
	int ret = take_hello(a);

	if (!ret)
		ret = set_state(a, VDEV_MIGRATION_STATE_RESUMING);
	while (!ret)
		ret = take_record(a);
	if (ret > 0)
		ret = load(a);
	return ret ? ret : take_over(a);
}

int move_in(struct machine *m, const struct options *options)
{
	struct arrival a = { .m = m };
	int error;

	if (!m->platform)
		return complain(-EOPNOTSUPP, "what this machine has of PCI "
					     "does not move");
	error = vdev_migration_new(m->file, &a.migration);
	if (error)
		return complain_library(m->ctx, error);
	a.socket = wire_connect(options->take);
	error = a.socket < 0 ? a.socket : receive(&a);
	if (a.socket >= 0)
		close(a.socket);
	vdev_migration_free(a.migration);
	return error;
}
