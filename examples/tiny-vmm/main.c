/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * A virtual machine monitor that gives its guest a device of the host.
 *
 * main.c opens the device, makes the machine and serves its ports; vm.c is KVM,
 * pci.c the device's configuration space, bar.c its memory, msix.c its
 * interrupts. The guest is in guest/.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "guest/machine.h"
#include "image.h"
#include "options.h"
#include "pci.h"
#include "vm.h"

/* All that there is, freed in the opposite order. */
struct machine {
	struct vm *vm;
	struct vdev_ctx *ctx;
	struct vdev_iommu *iommu;
	struct vdev_file *file;
	struct vdev_ioas *ioas;
	struct pci *pci;
	struct timespec start;
	uint32_t pci_address;
	uint8_t status;
};

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

static int complain_library(const struct machine *m, int error)
{
	const char *hint = vdev_ctx_last_hint(m->ctx);

	complain(error, "%s", vdev_ctx_last_error(m->ctx));
	if (hint)
		fprintf(stderr, "hint: %s\n", hint);
	return error;
}

/* --- The device */

static int read_token(struct machine *m, const char *path,
		      struct vdev_vf_token *token)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	int error;

	if (fd < 0)
		return complain(-errno, "%s: %s", path, strerror(errno));
	error = vdev_vf_token_read(m->ctx, fd, path, 0, token);
	close(fd);
	return error ? complain_library(m, error) : 0;
}

static int open_file(struct machine *m, struct vdev_device *dev,
		     const struct vdev_vf_token *token)
{
	int error = vdev_file_open(dev, m->iommu, token, &m->file);

	return error ? complain_library(m, error) : 0;
}

/* A token is a secret, and kept where no core dump has it. */
static int open_with_token(struct machine *m, struct vdev_device *dev,
			   const char *path)
{
	struct vdev_vf_token *token;
	int error = vdev_vf_token_new(m->ctx, &token);

	if (error)
		return complain_library(m, error);
	error = read_token(m, path, token);
	if (!error)
		error = open_file(m, dev, token);
	vdev_vf_token_free(token);
	return error;
}

static int open_device(struct machine *m, const struct options *options)
{
	struct vdev_device *dev;
	int error = vdev_device_find(m->ctx, options->address, &dev);

	if (error)
		return complain_library(m, error);
	error = vdev_iommu_open(m->ctx, options->backend, &m->iommu);
	if (error)
		complain_library(m, error);
	else if (options->token_file)
		error = open_with_token(m, dev, options->token_file);
	else
		error = open_file(m, dev, NULL);
	vdev_device_unref(dev);
	return error;
}

static int from_environment(const char *name, uint32_t *ret)
{
	const char *text = getenv(name);
	unsigned long value;
	char *end;

	if (!text)
		return complain(-EINVAL,
				"--inherited needs %s in the environment, as "
				"vdevctl exec --bound sets it",
				name);
	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || end == text || *end || value > INT32_MAX)
		return complain(-EINVAL, "%s is '%s', which is no number", name,
				text);
	*ret = (uint32_t)value;
	return 0;
}

/* No right to any node of VFIO or iommufd is needed for this. */
static int import_device(struct machine *m)
{
	uint32_t iommufd = 0, fd = 0, id = 0;
	int error = from_environment("VDEV_IOMMUFD", &iommufd);

	if (!error)
		error = from_environment("VDEV_DEVICE_0", &fd);
	if (!error)
		error = from_environment("VDEV_DEVICE_0_ID", &id);
	if (error)
		return error;
	error = vdev_iommu_import(m->ctx, VDEV_IOMMU_IOMMUFD, (int)iommufd,
				  &m->iommu);
	if (!error)
		error = vdev_file_import(m->ctx, (int)fd, m->iommu, id, NULL,
					 &m->file);
	return error ? complain_library(m, error) : 0;
}

/*
 * The guest's memory is where the device expects it: the IOVA is the guest's
 * physical address. Attached first and mapped then, since a container of type 1
 * knows no other order.
 */
static int map_memory(struct machine *m)
{
	uint64_t iova = 0;
	int error = vdev_ioas_new(m->iommu, &m->ioas);

	if (!error)
		error = vdev_file_attach(m->file, m->ioas);
	if (!error)
		error = vdev_ioas_map(m->ioas, &iova, vm_memory(m->vm),
				      vm_memory_size(m->vm),
				      VDEV_MAP_READ | VDEV_MAP_WRITE);
	return error ? complain_library(m, error) : 0;
}

/* KVM takes the group where there is one, else the device. */
static int kvm_fd(const struct machine *m)
{
	const int group = vdev_file_group_fd(m->file);

	return group >= 0 ? group : vdev_file_fd(m->file);
}

static int add_device(struct machine *m, const struct options *options)
{
	int error =
		options->inherited ? import_device(m) : open_device(m, options);

	if (!error)
		error = vm_add_vfio(m->vm, kvm_fd(m));
	if (!error)
		error = map_memory(m);
	if (!error)
		error = pci_new(m->vm, m->file, !options->no_mmap, &m->pci);
	return error;
}

/* --- What the processor reaches */

static uint32_t clock_ms(const struct machine *m)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint32_t)((now.tv_sec - m->start.tv_sec) * 1000 +
			  (now.tv_nsec - m->start.tv_nsec) / 1000000);
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
	if ((address & 0x80ffff00) != (0x80000000 | MACHINE_PCI_SLOT << 11))
		return false;
	pci_config(m->pci, offset, width, write, value);
	return true;
}

static bool on_port(void *data, uint64_t port, unsigned int width, bool write,
		    uint64_t *value)
{
	struct machine *m = data;

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
		*value = clock_ms(m);
		return !write;
	default:
		return port >= PORT_PCI_ADDRESS && port < PORT_PCI_DATA + 4 &&
		       config_port(m, port, width, write, value);
	}
}

static bool on_memory(void *data, uint64_t address, unsigned int width,
		      bool write, uint64_t *value)
{
	struct machine *m = data;

	return pci_memory(m->pci, address, width, write, value);
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
	if (!error)
		error = vm_load(m->vm, guest_image, guest_image_size);
	return error;
}

static int run(struct machine *m, const struct options *options)
{
	static const struct vm_handlers handlers = { on_port, on_memory };
	int error;

	if (options->verbose)
		pci_describe(m->pci);
	clock_gettime(CLOCK_MONOTONIC, &m->start);
	error = vm_run(m->vm, &handlers, m);
	fflush(stdout);
	if (options->verbose)
		fprintf(stderr, "tiny-vmm: %lu accesses to BARs by exits\n",
			pci_exits(m->pci));
	return error;
}

/*
 * The device goes before the memory it may write to: it is reset when its last
 * descriptor is closed, and KVM has one.
 */
static void finish(struct machine *m)
{
	pci_free(m->pci);
	if (m->file)
		vm_remove_vfio(m->vm, kvm_fd(m));
	vdev_file_unref(m->file);
	vdev_ioas_unref(m->ioas);
	vdev_iommu_unref(m->iommu);
	vdev_ctx_unref(m->ctx);
	vm_free(m->vm);
}

int main(int argc, char **argv)
{
	struct options options = { .memory = 64UL << 20 };
	struct machine m = { 0 };
	int error = options_parse(&options, argc, argv);

	if (error <= 0)
		return error ? 2 : 0;
	error = make(&m, &options);
	if (!error)
		error = run(&m, &options);
	finish(&m);
	return error ? 1 : m.status;
}
