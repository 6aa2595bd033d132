/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Preloaded: the device file that the kernel's mock has not. The calls of VFIO
 * on descriptor 4 and its duplicates that attach and detach become those of the
 * mock, as VFIO's own driver makes calls of iommufd of them. What the kernel
 * says is then compared with what was asked for, and told on standard error.
 */

#include <dlfcn.h>
#include <linux/vfio.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mock.h"

#define IOMMUFD 3
#define DEVICE	4

/* Of Linux 6.15, for older headers. */
struct attach {
	uint32_t argsz;
	uint32_t flags;
	uint32_t pt_id;
	uint32_t pasid;
};

struct detach {
	uint32_t argsz;
	uint32_t flags;
	uint32_t pasid;
};

#define ATTACH	   _IO(VFIO_TYPE, VFIO_BASE + 19)
#define DETACH	   _IO(VFIO_TYPE, VFIO_BASE + 20)
#define WITH_PASID 1

static int is_device(int fd)
{
	struct stat st, device;

	return !fstat(fd, &st) && !fstat(DEVICE, &device) &&
	       st.st_dev == device.st_dev && st.st_ino == device.st_ino;
}

static uint32_t environment(const char *name)
{
	const char *id = getenv(name);

	return id ? (uint32_t)strtoul(id, NULL, 10) : 0;
}

static uint32_t mock_id(void)
{
	return environment("MOCK_ID");
}

/* With MOCK_BUSY the device uses a page table as soon as it has one. */
static void use(uint32_t hwpt)
{
	uint32_t device = environment("MOCK_DEVICE");

	if (!getenv("MOCK_BUSY") || hwpt == environment("MOCK_IOAS"))
		return;
	mock_fault(IOMMUFD, device, 0, 9, 3, 0x5000);
	/* Of a vIOMMU, if there is one. */
	mock_event(IOMMUFD, device);
}

static int result(int error)
{
	errno = -error;
	return error ? -1 : 0;
}

/* The kernel knows which HWPT a PASID has; 0 stands for none. */
static void compare(uint32_t pasid, uint32_t hwpt)
{
	if (mock_pasid(IOMMUFD, MOCK_CHECK, mock_id(), pasid, hwpt)) {
		fprintf(stderr, "mock: PASID %u has not HWPT %u\n", pasid,
			hwpt);
		_exit(99);
	}
	if (hwpt)
		fprintf(stderr, "mock: PASID %u has HWPT %u\n", pasid, hwpt);
	else
		fprintf(stderr, "mock: PASID %u has none\n", pasid);
}

static uint8_t attached[1 << 20];

static int attach_pasid(uint32_t pasid, uint32_t hwpt)
{
	int error = mock_pasid(IOMMUFD,
			       attached[pasid] ? MOCK_PREPLACE : MOCK_ATTACH,
			       mock_id(), pasid, hwpt);

	if (error)
		return result(error);
	fprintf(stderr, "mock: %s\n", attached[pasid] ? "replace" : "attach");
	attached[pasid] = 1;
	compare(pasid, hwpt);
	return 0;
}

static int attach(const struct attach *arg)
{
	int error;

	if (arg->flags & WITH_PASID)
		return attach_pasid(arg->pasid, arg->pt_id);
	error = mock_replace(IOMMUFD, mock_id(), arg->pt_id);
	if (!error)
		fprintf(stderr, "mock: the device has %u\n", arg->pt_id);
	if (!error)
		use(arg->pt_id);
	return result(error);
}

static int detach(const struct detach *arg)
{
	int error;

	if (!(arg->flags & WITH_PASID))
		return result(-ENOTTY);
	error = mock_pasid(IOMMUFD, MOCK_DETACH, mock_id(), arg->pasid, 0);
	if (error)
		return result(error);
	attached[arg->pasid] = 0;
	compare(arg->pasid, 0);
	return 0;
}

static int get_info(struct vfio_device_info *info)
{
	info->flags = VFIO_DEVICE_FLAGS_PCI;
	info->num_regions = 0;
	info->num_irqs = 0;
	return 0;
}

int ioctl(int fd, unsigned long request, ...)
{
	int (*next)(int, unsigned long, void *) =
		(int (*)(int, unsigned long, void *))dlsym(RTLD_NEXT, "ioctl");
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (fd == IOMMUFD || !is_device(fd))
		return next(fd, request, arg);
	switch (request) {
	case ATTACH:
		return attach(arg);
	case DETACH:
		return detach(arg);
	case VFIO_DEVICE_GET_INFO:
		return get_info(arg);
	default:
		return result(-ENOTTY);
	}
}
