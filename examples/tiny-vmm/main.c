/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * A virtual machine monitor that gives its guest a device of the host.
 *
 * main.c makes the machine and serves its ports; device.c opens the device,
 * vm.c is KVM, pci.c the device's configuration space, bar.c its memory, msix.c
 * its interrupts, platform.c all of a device that is not on PCI. move_out.c and
 * move_in.c are a live migration, tracker.c tells what it has to copy again.
 * The guest is in guest/.
 */

#include "vmm.h"

#include <stdarg.h>
#include <stdio.h>

#include "device.h"
#include "guest/machine.h"
#include "image.h"

int complain(int error, const char *format, ...)
{
	va_list args;

	fputs("tiny-vmm: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return error;
}

int complain_library(const struct vdev_ctx *ctx, int error)
{
	const char *hint = vdev_ctx_last_hint(ctx);

	complain(error, "%s", vdev_ctx_last_error(ctx));
	if (hint)
		fprintf(stderr, "hint: %s\n", hint);
	return error;
}

/* --- Making it */

/* The IOVA is the guest's physical address. */
static int map_memory(struct machine *m)
{
	uint64_t iova = 0;
	int error = vdev_ioas_map(m->ioas, &iova, vm_memory(m->vm),
				  vm_memory_size(m->vm),
				  VDEV_MAP_READ | VDEV_MAP_WRITE);

	return error ? complain_library(m->ctx, error) : 0;
}

/*
 * Attached first and mapped then, since a container of type 1 knows no other
 * order.
 */
static int add_device(struct machine *m, const struct options *options)
{
	int error = device_open(m->ctx, options, &m->file);

	if (!error)
		error = vm_add_vfio(m->vm, device_kvm_fd(m->file));
	if (!error)
		error = device_attach(m->file, options, &m->ioas, &m->hwpt);
	if (!error)
		error = map_memory(m);
	if (error)
		return error;
	return vdev_file_flags(m->file) & VDEV_FILE_PCI
		       ? pci_new(m->vm, m->file, !options->no_mmap, &m->pci)
		       : platform_new(m->vm, m->file, &m->platform);
}

/* --- What the processor reaches */

uint32_t machine_clock_ms(const struct machine *m)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint32_t)((now.tv_sec - m->start.tv_sec) * 1000 +
			  (now.tv_nsec - m->start.tv_nsec) / 1000000);
}

void machine_set_clock(struct machine *m, uint32_t ms)
{
	clock_gettime(CLOCK_MONOTONIC, &m->start);
	m->start.tv_sec -= ms / 1000;
	m->start.tv_nsec -= (long)(ms % 1000) * 1000000;
}

/* The address is written to one port, the register is at the other. */
static bool config_port(struct machine *m, uint64_t port, unsigned int width,
			bool write, uint64_t *value)
{
	const uint32_t address = m->pci_address;
	const unsigned int offset =
		(address & 0xfc) + (unsigned int)(port - PORT_PCI_DATA);

	if (port < PORT_PCI_DATA) {
		if (port != PORT_PCI_ADDRESS || width != 4)
			return false;
		if (write)
			m->pci_address = (uint32_t)*value;
		else
			*value = address;
		return true;
	}
	/* Bus 0, the slot, function 0. */
	if (!m->pci ||
	    (address & 0x80ffff00) != (0x80000000 | MACHINE_PCI_SLOT << 11))
		return false;
	pci_config(m->pci, offset, width, write, value);
	return true;
}

static bool access_port(struct machine *m, uint64_t port, unsigned int width,
			bool write, uint64_t *value)
{
	switch (port) {
	case PORT_DEBUG:
		if (write)
			putchar((int)(*value & 0xff));
		return write;
	case PORT_EXIT:
		if (write) {
			m->status = (uint8_t)*value;
			vm_stop(m->vm);
		}
		return write;
	case PORT_CLOCK:
		*value = machine_clock_ms(m);
		return !write;
	case PORT_MOVES:
		*value = m->moves;
		return m->moving && !write;
	default:
		return port >= PORT_PCI_ADDRESS && port < PORT_PCI_DATA + 4 &&
		       config_port(m, port, width, write, value);
	}
}

static bool on_port(void *data, uint64_t port, unsigned int width, bool write,
		    uint64_t *value)
{
	struct machine *m = data;
	bool there;

	pthread_mutex_lock(&m->lock);
	there = access_port(m, port, width, write, value);
	pthread_mutex_unlock(&m->lock);
	return there;
}

static bool on_memory(void *data, uint64_t address, unsigned int width,
		      bool write, uint64_t *value)
{
	struct machine *m = data;
	bool there;

	pthread_mutex_lock(&m->lock);
	there = m->pci ? pci_memory(m->pci, address, width, write, value)
		       : platform_memory(m->platform, address, width, write,
					 value);
	pthread_mutex_unlock(&m->lock);
	return there;
}

/* --- All of it */

static void log_line(void *data, enum vdev_log_level level, const char *message)
{
	(void)data;
	(void)level;
	fprintf(stderr, "libvdev: %s\n", message);
}

static int make(struct machine *m, const struct options *options)
{
	int error = vm_new(options->memory, &m->vm);

	if (error)
		return error;
	error = vdev_ctx_new(&m->ctx);
	if (error)
		return complain(error, "out of memory");
	if (options->verbose)
		vdev_ctx_set_log(m->ctx, VDEV_LOG_INFO, log_line, NULL);
	error = add_device(m, options);
	if (error)
		return error;
	m->moving = options->offer || options->take;
	machine_set_clock(m, 0);
	return options->take ? move_in(m, options)
			     : vm_load(m->vm, guest_image, guest_image_size);
}

int machine_run(struct machine *m)
{
	static const struct vm_handlers handlers = { on_port, on_memory };
	int error = vm_run(m->vm, &handlers, m);

	fflush(stdout);
	return error;
}

static int run(struct machine *m, const struct options *options)
{
	int error;

	if (options->verbose && m->pci)
		pci_describe(m->pci);
	error = options->offer ? move_out(m, options) : machine_run(m);
	if (options->verbose)
		fprintf(stderr, "tiny-vmm: %lu accesses to %s by exits\n",
			m->pci ? pci_exits(m->pci)
			       : platform_exits(m->platform),
			m->pci ? "BARs" : "regions");
	return error;
}

/*
 * The device goes before the memory it may write to: it is reset when its last
 * descriptor is closed, and KVM has one.
 */
static void finish(struct machine *m)
{
	platform_free(m->platform);
	pci_free(m->pci);
	if (m->file)
		vm_remove_vfio(m->vm, device_kvm_fd(m->file));
	vdev_file_unref(m->file);
	vdev_hwpt_unref(m->hwpt);
	vdev_ioas_unref(m->ioas);
	vdev_ctx_unref(m->ctx);
	vm_free(m->vm);
	pthread_mutex_destroy(&m->lock);
}

int main(int argc, char **argv)
{
	struct options options = { .memory = 64UL << 20 };
	struct machine m = { .lock = PTHREAD_MUTEX_INITIALIZER };
	int error = options_parse(&options, argc, argv);

	if (error <= 0)
		return error ? 2 : 0;
	error = make(&m, &options);
	if (!error)
		error = run(&m, &options);
	finish(&m);
	return error ? 1 : m.status;
}
