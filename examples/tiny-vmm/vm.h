/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VM_H
#define VM_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A virtual machine of KVM: memory, one processor, interrupts by message.
 *
 * It knows nothing of devices or of libvdev. Calls return 0 or -errno, and have
 * said why on stderr.
 */

struct vm;

/**
 * typedef vm_access_fn - the processor accessed what is not memory
 * @data: the pointer given to vm_run()
 * @address: a physical address, or a port
 * @width: 1, 2, 4 or 8 bytes
 * @write: whether @value is written, else it receives what is read
 *
 * Return: whether there is something; reads give all ones where nothing is.
 */
typedef bool (*vm_access_fn)(void *data, uint64_t address, unsigned int width,
			     bool write, uint64_t *value);

struct vm_handlers {
	vm_access_fn port;
	vm_access_fn memory;
};

/* Says on stderr what is wrong, returns @error. */
int __attribute__((format(printf, 2, 3)))
complain(int error, const char *format, ...);

int vm_new(uint64_t memory, struct vm **ret);
void vm_free(struct vm *vm);

/* The guest's memory, which is at physical address 0. */
void *vm_memory(const struct vm *vm);
uint64_t vm_memory_size(const struct vm *vm);

/*
 * Tells KVM which VFIO device or group the machine has, so that the two agree
 * on whether the device's DMA is cache-coherent.
 */
int vm_add_vfio(struct vm *vm, int fd);
/* KVM holds what it was told of: without this the device stays open. */
void vm_remove_vfio(struct vm *vm, int fd);

/* The processor as KVM has it, for processor.h. */
int vm_processor(const struct vm *vm);

/*
 * Has KVM note which pages of the memory the processor writes to, until told
 * otherwise. vm_dirty_log() gives those since the last time: @bits has one for
 * each page of 4096 bytes, in whole words of 64 bits.
 */
int vm_track(struct vm *vm, bool on);
int vm_dirty_log(struct vm *vm, void *bits);

/* Makes memory of this process a part of the machine's: 0 or more is the slot.
 */
int vm_add_slot(struct vm *vm, uint64_t address, uint64_t size, void *memory);
void vm_remove_slot(struct vm *vm, int slot);

/*
 * Interrupt @line sends the message, as MSI-X has it, each time the eventfd is
 * signalled; nobody but the kernel is needed for that.
 */
int vm_connect(struct vm *vm, unsigned int line, uint64_t address,
	       uint32_t value, int eventfd);
int vm_disconnect(struct vm *vm, unsigned int line, int eventfd);

/* Puts the program there and has the processor start with it, in 64-bit mode.
 */
int vm_load(struct vm *vm, const void *image, size_t size);
/*
 * Runs it until a handler calls vm_stop() or somebody vm_pause(). Returns 0, or
 * -errno if KVM gives up.
 */
int vm_run(struct vm *vm, const struct vm_handlers *handlers, void *data);
void vm_stop(struct vm *vm);
bool vm_stopped(const struct vm *vm);
/*
 * From another thread: the one that is in vm_run() leaves it, or will not stay
 * when it gets there; it is sent SIGUSR1. The processor has no access under way
 * then, and goes on from there with the next vm_run() after vm_unpause().
 */
void vm_pause(struct vm *vm, pthread_t runner);
void vm_unpause(struct vm *vm);

#endif
