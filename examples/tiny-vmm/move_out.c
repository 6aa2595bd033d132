/* SPDX-License-Identifier: GPL-2.0-or-later */

/* A guest and its device go to another process while they work. */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "device.h"
#include "tracker.h"
#include "vmm.h"
#include "wire.h"

/* What is copied once more while the guest works, and when it is stopped. */
#define ROUNDS	     8
#define FEW_PAGES    32
#define RUNS_AT_ONCE 256

struct move {
	struct machine *m;
	enum track track;
	bool checksum;
	int listener;
	int ended; /* an eventfd: the processor's thread has ended */
	pthread_t runner;
	bool running;
	int result; /* of the guest here */

	/* Of the transfer under way. */
	int socket;
	struct vdev_migration *migration;
	struct tracker *tracker;
	unsigned int rounds;
	uint64_t pages;
	uint64_t device_bytes;
	uint32_t stopped_at;
};

/* --- The processor's thread */

static void *run_processor(void *data)
{
	struct move *move = data;
	const uint64_t one = 1;

	move->result = machine_run(move->m);
	if (write(move->ended, &one, sizeof(one)) != sizeof(one))
		complain(-errno, "cannot say that the guest ended");
	return NULL;
}

static void start_processor(struct move *move)
{
	int error;

	vm_unpause(move->m->vm);
	error = pthread_create(&move->runner, NULL, run_processor, move);
	move->running = !error;
	if (error)
		move->result = complain(-error, "cannot start a thread: %s",
					strerror(error));
}

/* Returns -ESRCH if the guest has ended by itself. */
static int pause_processor(struct move *move)
{
	uint64_t count;

	vm_pause(move->m->vm, move->runner);
	pthread_join(move->runner, NULL);
	move->running = false;
	if (vm_stopped(move->m->vm) || move->result)
		return -ESRCH;
	return read(move->ended, &count, sizeof(count)) < 0 ? -errno : 0;
}

/* --- What is sent */

static int send_pages(struct move *move, uint64_t *count)
{
	struct vdev_iova_range runs[RUNS_AT_ONCE];
	const char *memory = vm_memory(move->m->vm);
	const struct vdev_bitmap *pages;
	uint64_t offset = 0;
	size_t n;
	int error = tracker_collect(move->tracker, &pages);

	if (error)
		return error;
	while (!error &&
	       (n = vdev_bitmap_runs(pages, &offset, runs, RUNS_AT_ONCE)))
		for (size_t i = 0; i < n && !error; i++)
			error = wire_send(move->socket, WIRE_MEMORY,
					  runs[i].start, memory + runs[i].start,
					  runs[i].last - runs[i].start + 1);
	*count = vdev_bitmap_count(pages);
	move->pages += *count;
	return error;
}

static ssize_t read_device(struct move *move, void *piece)
{
	struct machine *m = move->m;
	ssize_t n;

	pthread_mutex_lock(&m->lock);
	n = vdev_migration_read(move->migration, piece, WIRE_PIECE);
	if (n < 0 && n != -ENOMSG)
		complain_library(m->ctx, (int)n);
	pthread_mutex_unlock(&m->lock);
	return n;
}

/* All that the device has now; once it is stopped, all that it has. */
static int send_device(struct move *move)
{
	char piece[WIRE_PIECE];
	ssize_t n;

	while ((n = read_device(move, piece)) > 0) {
		int error = wire_send(move->socket, WIRE_DEVICE, 0, piece,
				      (uint64_t)n);

		if (error)
			return error;
		move->device_bytes += (uint64_t)n;
	}
	return n == -ENOMSG ? 0 : (int)n;
}

static int send_machine(struct move *move)
{
	struct machine *m = move->m;
	struct wire_machine state = {
		.clock_ms = machine_clock_ms(m),
		.moves = m->moves + 1,
		.pci_address = m->pci_address,
	};
	int error = processor_save(vm_processor(m->vm), &state.processor);

	return error ? error
		     : wire_send(move->socket, WIRE_MACHINE, 0, &state,
				 sizeof(state));
}

/* --- The way of it */

static int set_state(struct move *move, enum vdev_migration_state state)
{
	struct machine *m = move->m;
	int error;

	pthread_mutex_lock(&m->lock);
	error = vdev_migration_set_state(move->migration, state);
	if (error)
		complain_library(m->ctx, error);
	pthread_mutex_unlock(&m->lock);
	return error;
}

/* A device without pre-copy gives all of its state later. */
static int send_while_working(struct move *move)
{
	const bool precopy =
		vdev_migration_flags(move->migration) & VDEV_MIGRATION_PRE_COPY;
	uint64_t count = UINT64_MAX;
	int error = wire_send(move->socket, WIRE_HELLO,
			      vm_memory_size(move->m->vm), NULL, 0);

	if (!error && precopy)
		error = set_state(move, VDEV_MIGRATION_STATE_PRE_COPY);
	while (!error && move->rounds < ROUNDS && count > FEW_PAGES) {
		error = send_pages(move, &count);
		if (!error && precopy)
			error = send_device(move);
		move->rounds++;
	}
	return error;
}

/*
 * The order counts: the processor, which could not touch the device any more;
 * the device, by way of its P2P state if it has one, so that it writes no more;
 * its interrupt, so that what it signalled is in the processor; and only then
 * what all of them wrote.
 */
static int stop(struct move *move)
{
	int error = pause_processor(move);

	move->stopped_at = machine_clock_ms(move->m);
	if (!error)
		error = set_state(move, VDEV_MIGRATION_STATE_STOP_COPY);
	return error ? error : platform_disconnect(move->m->platform);
}

static int send_rest(struct move *move, uint64_t *count)
{
	struct vm *vm = move->m->vm;
	uint64_t sum = 0;
	int error = send_pages(move, count);

	if (!error)
		error = send_device(move);
	if (!error)
		error = send_machine(move);
	if (!error && move->checksum)
		sum = wire_checksum(vm_memory(vm), vm_memory_size(vm));
	if (sum)
		fprintf(stderr, "tiny-vmm: checksum of memory %#llx\n",
			(unsigned long long)sum);
	return error ? error : wire_send(move->socket, WIRE_END, sum, NULL, 0);
}

/* Before it the guest is here, and after it there: in no case at both. */
static int hand_over(struct move *move)
{
	struct wire_head head;
	int error = wire_expect(move->socket, WIRE_READY, 0, &head);

	if (!error)
		error = set_state(move, VDEV_MIGRATION_STATE_STOP);
	return error ? error : wire_send(move->socket, WIRE_GO, 0, NULL, 0);
}

static int send_stopped(struct move *move)
{
	uint64_t rest;
	int error = send_rest(move, &rest);

	if (!error)
		error = hand_over(move);
	if (error)
		return error;
	fprintf(stderr,
		"tiny-vmm: the guest went in %u rounds: %llu pages, %llu of "
		"them while it was stopped, %llu bytes of its device; stopped "
		"for %u ms\n",
		move->rounds, (unsigned long long)move->pages,
		(unsigned long long)rest,
		(unsigned long long)move->device_bytes,
		machine_clock_ms(move->m) - move->stopped_at);
	return 0;
}

/* The guest goes on here as if nothing had been. */
static void go_on(struct move *move)
{
	int error = set_state(move, VDEV_MIGRATION_STATE_RUNNING);

	if (!error)
		error = platform_connect(move->m->platform);
	if (error)
		move->result = error;
	else
		start_processor(move);
}

static void transfer(struct move *move)
{
	int error = send_while_working(move);

	if (error) {
		set_state(move, VDEV_MIGRATION_STATE_RUNNING);
	} else {
		error = stop(move);
		if (!error)
			error = send_stopped(move);
		if (error && error != -ESRCH)
			go_on(move);
	}
	if (error && move->running)
		complain(error, "the guest stays here");
}

static int start_transfer(struct move *move)
{
	struct machine *m = move->m;
	int error = tracker_start(m, move->track, &move->tracker);

	if (error)
		return error;
	pthread_mutex_lock(&m->lock);
	error = vdev_migration_new(m->file, &move->migration);
	if (error)
		complain_library(m->ctx, error);
	pthread_mutex_unlock(&m->lock);
	return error;
}

static void end_transfer(struct move *move)
{
	tracker_free(move->tracker);
	pthread_mutex_lock(&move->m->lock);
	vdev_migration_free(move->migration);
	pthread_mutex_unlock(&move->m->lock);
	move->tracker = NULL;
	move->migration = NULL;
}

static void serve(struct move *move)
{
	move->socket = accept4(move->listener, NULL, NULL, SOCK_CLOEXEC);
	if (move->socket < 0)
		return;
	move->rounds = 0;
	move->pages = move->device_bytes = 0;
	if (!start_transfer(move))
		transfer(move);
	end_transfer(move);
	close(move->socket);
}

/* Until the guest has ended or has gone. */
static int run(struct move *move)
{
	struct pollfd fds[] = {
		{ .fd = move->ended, .events = POLLIN },
		{ .fd = move->listener, .events = POLLIN },
	};

	start_processor(move);
	while (move->running) {
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[0].revents)
			pause_processor(move);
		else
			serve(move);
	}
	return move->result;
}

int move_out(struct machine *m, const struct options *options)
{
	struct move move = { .m = m,
			     .track = options->track,
			     .checksum = options->checksum };
	int error;

	if (!m->platform)
		return complain(-EOPNOTSUPP, "what this machine has of PCI "
					     "does not move");
	move.listener = wire_listen(options->offer);
	if (move.listener < 0)
		return move.listener;
	move.ended = eventfd(0, EFD_CLOEXEC);
	error = move.ended < 0 ? complain(-errno, "cannot have an eventfd: %s",
					  strerror(errno))
			       : run(&move);
	if (move.ended >= 0)
		close(move.ended);
	close(move.listener);
	unlink(options->offer);
	return error;
}
