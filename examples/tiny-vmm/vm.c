/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Virtual machines, by the calls of <linux/kvm.h>. */

#include "vm.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest/machine.h"

#define SLOTS	    32
#define MEMORY_SLOT 0 /* the first that is made */
/* The lines below are the pins of the interrupt controllers of a PC. */
#define FIRST_LINE 24
#define LINES	   512

/* In the guest's memory, where only the processor looks. */
#define TABLE_SEGMENTS 0x0500
#define TABLE_PAGES    0x1000

struct vm {
	int kvm;
	int fd;
	int vcpu;
	int vfio; /* -1 until the first device */
	void *memory;
	uint64_t memory_size;
	struct kvm_run *run;
	size_t run_size;
	bool slots[SLOTS];
	bool stopped;
	struct kvm_irq_routing_entry routes[LINES];
	unsigned int route_count;
};

/* --- Making one */

static int open_kvm(struct vm *vm)
{
	int version;

	vm->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (vm->kvm < 0)
		return complain(
			-errno, "cannot open /dev/kvm: %s%s", strerror(errno),
			errno == EACCES ? " (the group kvm has the right)"
					: " (a module kvm_amd or kvm_intel, "
					  "and a machine that can, make it)");
	version = ioctl(vm->kvm, KVM_GET_API_VERSION, 0);
	if (version != KVM_API_VERSION)
		return complain(-EOPNOTSUPP,
				"/dev/kvm has version %d of the interface "
				"instead of %d",
				version, KVM_API_VERSION);
	vm->fd = ioctl(vm->kvm, KVM_CREATE_VM, 0);
	if (vm->fd < 0)
		return complain(-errno, "cannot make a virtual machine: %s",
				strerror(errno));
	return 0;
}

/* What KVM offers is what the guest sees. */
static int set_cpuid(struct vm *vm)
{
	const unsigned int max = 256;
	struct kvm_cpuid2 *cpuid =
		calloc(1, sizeof(*cpuid) + max * sizeof(cpuid->entries[0]));
	int error = 0;

	if (!cpuid)
		return complain(-ENOMEM, "out of memory");
	cpuid->nent = max;
	if (ioctl(vm->kvm, KVM_GET_SUPPORTED_CPUID, cpuid) ||
	    ioctl(vm->vcpu, KVM_SET_CPUID2, cpuid))
		error = complain(-errno, "cannot set the CPUID: %s",
				 strerror(errno));
	free(cpuid);
	return error;
}

static int add_processor(struct vm *vm)
{
	int size;

	/* Only Intel's needs it: three pages that the guest does not use. */
	if (ioctl(vm->fd, KVM_SET_TSS_ADDR, 0xfffbd000UL))
		return complain(-errno, "cannot set the TSS: %s",
				strerror(errno));
	/* In the kernel, or an irqfd could not reach the local APIC. */
	if (ioctl(vm->fd, KVM_CREATE_IRQCHIP, 0))
		return complain(-errno, "KVM has no interrupt controllers: %s",
				strerror(errno));
	vm->vcpu = ioctl(vm->fd, KVM_CREATE_VCPU, 0);
	size = ioctl(vm->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (vm->vcpu < 0 || size < 0)
		return complain(-errno, "cannot make a processor: %s",
				strerror(errno));
	vm->run_size = (size_t)size;
	vm->run = mmap(NULL, vm->run_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		       vm->vcpu, 0);
	if (vm->run == MAP_FAILED)
		return complain(-errno, "cannot map the processor's state: %s",
				strerror(errno));
	return set_cpuid(vm);
}

static int add_memory(struct vm *vm, uint64_t size)
{
	int slot;

	vm->memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (vm->memory == MAP_FAILED)
		return complain(-errno, "cannot have %llu bytes of memory: %s",
				(unsigned long long)size, strerror(errno));
	vm->memory_size = size;
	/* Less for the kernel to pin and for the IOMMU to look up. */
	madvise(vm->memory, size, MADV_HUGEPAGE);
	slot = vm_add_slot(vm, 0, size, vm->memory);
	return slot < 0 ? slot : 0;
}

int vm_new(uint64_t memory, struct vm **ret)
{
	struct vm *vm = calloc(1, sizeof(*vm));
	int error;

	if (!vm)
		return complain(-ENOMEM, "out of memory");
	vm->kvm = vm->fd = vm->vcpu = vm->vfio = -1;
	vm->memory = vm->run = MAP_FAILED;
	error = open_kvm(vm);
	if (!error)
		error = add_processor(vm);
	if (!error)
		error = add_memory(vm, memory);
	if (error)
		vm_free(vm);
	else
		*ret = vm;
	return error;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void vm_free(struct vm *vm)
{
	if (!vm)
		return;
	if (vm->run != MAP_FAILED)
		munmap(vm->run, vm->run_size);
	close_fd(vm->vfio);
	close_fd(vm->vcpu);
	close_fd(vm->fd);
	close_fd(vm->kvm);
	if (vm->memory != MAP_FAILED)
		munmap(vm->memory, vm->memory_size);
	free(vm);
}

void *vm_memory(const struct vm *vm)
{
	return vm->memory;
}

uint64_t vm_memory_size(const struct vm *vm)
{
	return vm->memory_size;
}

int vm_processor(const struct vm *vm)
{
	return vm->vcpu;
}

/* --- Devices */

/* Since Linux 6.6 these are also called KVM_DEV_VFIO_FILE, _ADD and _DEL. */
static int set_vfio(struct vm *vm, uint64_t what, int fd)
{
	const int32_t value = fd;
	const struct kvm_device_attr attr = {
		.group = KVM_DEV_VFIO_GROUP,
		.attr = what,
		.addr = (uintptr_t)&value,
	};

	return ioctl(vm->vfio, KVM_SET_DEVICE_ATTR, &attr);
}

int vm_add_vfio(struct vm *vm, int fd)
{
	struct kvm_create_device device = { .type = KVM_DEV_TYPE_VFIO };

	if (vm->vfio < 0) {
		if (ioctl(vm->fd, KVM_CREATE_DEVICE, &device))
			return complain(-errno,
					"KVM cannot be told of devices: %s",
					strerror(errno));
		vm->vfio = (int)device.fd;
	}
	if (set_vfio(vm, KVM_DEV_VFIO_GROUP_ADD, fd))
		return complain(-errno, "KVM does not take the device: %s",
				strerror(errno));
	return 0;
}

void vm_remove_vfio(struct vm *vm, int fd)
{
	if (vm->vfio >= 0)
		set_vfio(vm, KVM_DEV_VFIO_GROUP_DEL, fd);
}

/* --- Memory slots */

static int set_slot(struct vm *vm, int slot, uint32_t flags, uint64_t address,
		    uint64_t size, void *memory)
{
	const struct kvm_userspace_memory_region region = {
		.slot = (uint32_t)slot,
		.flags = flags,
		.guest_phys_addr = address,
		.memory_size = size,
		.userspace_addr = (uintptr_t)memory,
	};

	return ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region) ? -errno : 0;
}

int vm_add_slot(struct vm *vm, uint64_t address, uint64_t size, void *memory)
{
	int slot = 0;
	int error;

	while (slot < SLOTS && vm->slots[slot])
		slot++;
	if (slot == SLOTS)
		return complain(-ENOSPC, "the machine has %d memory slots",
				SLOTS);
	error = set_slot(vm, slot, 0, address, size, memory);
	if (error)
		return complain(error,
				"cannot put %#llx bytes at %#llx of the "
				"machine: %s",
				(unsigned long long)size,
				(unsigned long long)address, strerror(-error));
	vm->slots[slot] = true;
	return slot;
}

void vm_remove_slot(struct vm *vm, int slot)
{
	set_slot(vm, slot, 0, 0, 0, NULL);
	vm->slots[slot] = false;
}

/* --- Dirty pages */

int vm_track(struct vm *vm, bool on)
{
	int error = set_slot(vm, MEMORY_SLOT, on ? KVM_MEM_LOG_DIRTY_PAGES : 0,
			     0, vm->memory_size, vm->memory);

	return error ? complain(error, "KVM cannot track dirty pages: %s",
				strerror(-error))
		     : 0;
}

int vm_dirty_log(struct vm *vm, void *bits)
{
	struct kvm_dirty_log log = { .slot = MEMORY_SLOT,
				     .dirty_bitmap = bits };

	if (ioctl(vm->fd, KVM_GET_DIRTY_LOG, &log))
		return complain(-errno, "KVM does not tell dirty pages: %s",
				strerror(errno));
	return 0;
}

/* --- Interrupts */

/* KVM takes the table whole, and this one has nothing for a PC's pins. */
static int set_routes(struct vm *vm)
{
	const size_t size = vm->route_count * sizeof(vm->routes[0]);
	struct kvm_irq_routing *table = calloc(1, sizeof(*table) + size);
	int error = 0;

	if (!table)
		return complain(-ENOMEM, "out of memory");
	table->nr = vm->route_count;
	memcpy(table->entries, vm->routes, size);
	if (ioctl(vm->fd, KVM_SET_GSI_ROUTING, table))
		error = complain(-errno, "cannot route interrupts: %s",
				 strerror(errno));
	free(table);
	return error;
}

static int route(struct vm *vm, unsigned int line, uint64_t address,
		 uint32_t value)
{
	unsigned int i = 0;

	while (i < vm->route_count && vm->routes[i].gsi != FIRST_LINE + line)
		i++;
	if (i == LINES)
		return complain(-ENOSPC, "the machine has %d interrupt lines",
				LINES);
	if (i == vm->route_count)
		vm->route_count++;
	vm->routes[i] = (struct kvm_irq_routing_entry){
		.gsi = FIRST_LINE + line,
		.type = KVM_IRQ_ROUTING_MSI,
		.u.msi = { .address_lo = (uint32_t)address,
			   .address_hi = (uint32_t)(address >> 32),
			   .data = value },
	};
	return set_routes(vm);
}

static int set_irqfd(struct vm *vm, unsigned int line, int eventfd,
		     uint32_t flags)
{
	const struct kvm_irqfd irqfd = { .fd = (uint32_t)eventfd,
					 .gsi = FIRST_LINE + line,
					 .flags = flags };

	if (ioctl(vm->fd, KVM_IRQFD, &irqfd))
		return complain(-errno, "cannot connect interrupt %u: %s", line,
				strerror(errno));
	return 0;
}

int vm_connect(struct vm *vm, unsigned int line, uint64_t address,
	       uint32_t value, int eventfd)
{
	int error = route(vm, line, address, value);

	return error ? error : set_irqfd(vm, line, eventfd, 0);
}

int vm_disconnect(struct vm *vm, unsigned int line, int eventfd)
{
	return set_irqfd(vm, line, eventfd, KVM_IRQFD_FLAG_DEASSIGN);
}

/* --- Starting */

/* Maps the first 4 GiB one to one, in pages of 2 MiB. */
static void write_page_tables(uint8_t *memory)
{
	const uint64_t present = 0x3, large = 0x80, uncached = 0x18;
	uint64_t *pml4 = (uint64_t *)(memory + TABLE_PAGES);
	uint64_t *pdpt = pml4 + 512;
	uint64_t *pd = pdpt + 512;

	pml4[0] = (TABLE_PAGES + 0x1000) | present;
	for (uint64_t i = 0; i < 4; i++)
		pdpt[i] = (TABLE_PAGES + 0x2000 + i * 0x1000) | present;
	for (uint64_t i = 0; i < 4UL * 512; i++) {
		pd[i] = i << 21 | present | large;
		/* Above there are BARs and the local APIC. */
		if (i << 21 >= MACHINE_MEMORY_MAX)
			pd[i] |= uncached;
	}
}

static void write_segments(uint8_t *memory)
{
	const uint64_t table[] = {
		[MACHINE_CODE / 8] = 0x00af9b000000ffff,
		[MACHINE_DATA / 8] = 0x00cf93000000ffff,
	};

	memcpy(memory + TABLE_SEGMENTS, table, sizeof(table));
}

/* As the processor has it after jumping there from 32-bit code. */
static void set_long_mode(struct kvm_sregs *sregs)
{
	const struct kvm_segment data = {
		.selector = MACHINE_DATA,
		.limit = 0xffffffff,
		.type = 3,
		.present = 1,
		.db = 1,
		.s = 1,
		.g = 1,
	};

	sregs->ds = sregs->es = sregs->fs = sregs->gs = sregs->ss = data;
	sregs->cs = data;
	sregs->cs.selector = MACHINE_CODE;
	sregs->cs.type = 11;
	sregs->cs.db = 0;
	sregs->cs.l = 1;
	sregs->gdt.base = TABLE_SEGMENTS;
	sregs->gdt.limit = MACHINE_DATA + 7;
	sregs->cr3 = TABLE_PAGES;
	sregs->cr4 = 0x20;	 /* PAE */
	sregs->cr0 = 0x80000031; /* PG, NE, ET, PE */
	sregs->efer = 0x500;	 /* LMA, LME */
}

int vm_load(struct vm *vm, const void *image, size_t size)
{
	struct kvm_sregs sregs;
	/* As if called: a multiple of 16, less the return address. */
	const struct kvm_regs regs = { .rip = MACHINE_IMAGE,
				       .rsp = MACHINE_IMAGE - 8,
				       .rflags = 0x2 };

	if (size > vm->memory_size - MACHINE_IMAGE)
		return complain(-ENOSPC, "the guest does not fit");
	memcpy((uint8_t *)vm->memory + MACHINE_IMAGE, image, size);
	write_page_tables(vm->memory);
	write_segments(vm->memory);
	if (ioctl(vm->vcpu, KVM_GET_SREGS, &sregs))
		return complain(-errno, "cannot read the processor: %s",
				strerror(errno));
	set_long_mode(&sregs);
	if (ioctl(vm->vcpu, KVM_SET_SREGS, &sregs) ||
	    ioctl(vm->vcpu, KVM_SET_REGS, &regs))
		return complain(-errno, "cannot set the processor: %s",
				strerror(errno));
	return 0;
}

/* --- Running */

static void access_value(vm_access_fn handler, void *data, uint64_t address,
			 unsigned int width, bool write, uint8_t *bytes)
{
	uint64_t value = 0;

	if (write)
		memcpy(&value, bytes, width);
	if (!handler(data, address, width, write, &value) && !write)
		value = UINT64_MAX;
	if (!write)
		memcpy(bytes, &value, width);
}

static void exit_port(struct vm *vm, const struct vm_handlers *handlers,
		      void *data)
{
	const bool write = vm->run->io.direction == KVM_EXIT_IO_OUT;
	uint8_t *bytes = (uint8_t *)vm->run + vm->run->io.data_offset;

	for (uint32_t i = 0; i < vm->run->io.count; i++)
		access_value(handlers->port, data, vm->run->io.port,
			     vm->run->io.size, write,
			     bytes + (size_t)i * vm->run->io.size);
}

static int exit_failed(struct vm *vm)
{
	struct kvm_regs regs = { 0 };

	ioctl(vm->vcpu, KVM_GET_REGS, &regs);
	switch (vm->run->exit_reason) {
	case KVM_EXIT_SHUTDOWN:
		return complain(-EIO, "the guest crashed near %#llx",
				(unsigned long long)regs.rip);
	case KVM_EXIT_INTERNAL_ERROR:
		return complain(-EIO,
				"KVM cannot emulate the guest at %#llx "
				"(reason %u)",
				(unsigned long long)regs.rip,
				vm->run->internal.suberror);
	case KVM_EXIT_FAIL_ENTRY:
		return complain(-EIO, "KVM cannot start the guest: %#llx",
				(unsigned long long)vm->run->fail_entry
					.hardware_entry_failure_reason);
	default:
		return complain(-EIO, "KVM stopped with reason %u",
				vm->run->exit_reason);
	}
}

int vm_run(struct vm *vm, const struct vm_handlers *handlers, void *data)
{
	vm->stopped = false;
	while (!vm->stopped) {
		if (ioctl(vm->vcpu, KVM_RUN, 0)) {
			if (errno == EINTR && vm->run->immediate_exit)
				return 0;
			if (errno == EINTR || errno == EAGAIN)
				continue;
			return complain(-errno, "cannot run the guest: %s",
					strerror(errno));
		}
		switch (vm->run->exit_reason) {
		case KVM_EXIT_IO:
			exit_port(vm, handlers, data);
			break;
		case KVM_EXIT_MMIO:
			access_value(handlers->memory, data,
				     vm->run->mmio.phys_addr, vm->run->mmio.len,
				     vm->run->mmio.is_write,
				     vm->run->mmio.data);
			break;
		default:
			return exit_failed(vm);
		}
	}
	return 0;
}

void vm_stop(struct vm *vm)
{
	vm->stopped = true;
}

bool vm_stopped(const struct vm *vm)
{
	return vm->stopped;
}

static void on_kick(int signal)
{
	(void)signal;
}

/*
 * KVM looks at the flag after it has ended the access it left for, which a
 * state that is saved has to have behind it; the signal ends a wait.
 */
void vm_pause(struct vm *vm, pthread_t runner)
{
	const struct sigaction kick = { .sa_handler = on_kick,
					.sa_flags = SA_RESTART };

	sigaction(SIGUSR1, &kick, NULL);
	__atomic_store_n(&vm->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
	pthread_kill(runner, SIGUSR1);
}

void vm_unpause(struct vm *vm)
{
	vm->run->immediate_exit = 0;
}
