/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Makes a device of the kernel's mock, as a VMM with a binding of its own would
 * have one, and runs a command that inherits it.
 *
 * Usage: test_mock pasid|plain COMMAND [ARGUMENT]...
 *
 * The command finds the iommufd as descriptor 3 and in its environment the ids
 * MOCK_IOAS, MOCK_DEVICE (the iommufd's) and MOCK_ID (the mock's). The mock has
 * no device file; descriptor 4 stands for one where mock_vfio.so, which
 * MOCK_VFIO names, is loaded.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <libvdev/libvdev.h>

#include "mock.h"

#define IOMMUFD 3
#define DEVICE	4

static void put(const char *name, uint32_t id)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", id);
	setenv(name, text, 1);
}

static void put_library(const char *program)
{
	const char *slash = strrchr(program, '/');
	char path[4096];

	snprintf(path, sizeof(path), "%.*s/mock_vfio.so",
		 slash ? (int)(slash - program) : 1, slash ? program : ".");
	setenv("MOCK_VFIO", path, 1);
}

/* Gives it a number under which it is inherited. */
static int place(int fd, int number)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, 10);

	return high < 0 ? -1 : dup2(high, number);
}

int main(int argc, char **argv)
{
	struct vdev_iommu *iommu;
	struct vdev_ioas *ioas;
	struct mock_device dev;
	struct vdev_ctx *ctx;

	if (argc < 3 || vdev_ctx_new(&ctx))
		return 2;
	if (vdev_iommu_open(ctx, VDEV_IOMMU_IOMMUFD, &iommu) ||
	    vdev_ioas_new(iommu, &ioas)) {
		fprintf(stderr, "test_mock: %s\n", vdev_ctx_last_error(ctx));
		return 2;
	}
	if (mock_new(vdev_iommu_fd(iommu), vdev_ioas_id(ioas),
		     strcmp(argv[1], "pasid") != 0 ? 0 : MOCK_PASID, &dev)) {
		fprintf(stderr, "test_mock: there is no mock\n");
		return 2;
	}
	put("MOCK_IOAS", vdev_ioas_id(ioas));
	put("MOCK_DEVICE", dev.device);
	put("MOCK_ID", dev.id);
	put_library(argv[0]);
	if (place(vdev_iommu_fd(iommu), IOMMUFD) < 0 ||
	    place(memfd_create("device", MFD_CLOEXEC), DEVICE) < 0)
		return 2;
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
