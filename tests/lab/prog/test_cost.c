/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What mapping through the library costs over the bare ioctls, in time and in
 * instructions of user space. For tests/bench/map, which judges the figures.
 *
 * Usage: test_cost ADDRESS
 *
 * The first time is that with the device attached, so that pages are pinned and
 * the IOMMU is told; the second is without any device, when the kernel only
 * takes notes.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libvdev/libvdev.h>

#define IOVA	(64UL << 20)
#define PAGE	4096UL
#define ROUNDS	1500
#define CALLS	100 /* maps, and as many unmaps, in a round */
#define STEPPED 50  /* the same where each instruction is counted */

/* As in linux/iommufd.h, which the system may not have. */
struct map_arg {
	uint32_t size, flags, ioas, reserved;
	uint64_t address, length, iova;
};
struct unmap_arg {
	uint32_t size, ioas;
	uint64_t iova, length;
};
#define MAP   _IO(';', 0x85)
#define UNMAP _IO(';', 0x86)

static struct vdev_ioas *ioas;
static char *memory;

static void die(const char *what)
{
	fprintf(stderr, "test_cost: %s\n", what);
	exit(1);
}

static void bare(unsigned int calls)
{
	int fd = vdev_iommu_fd(vdev_ioas_iommu(ioas));
	uint32_t id = vdev_ioas_id(ioas);

	for (unsigned int i = 0; i < calls; i++) {
		struct map_arg map = {
			sizeof(map),	 7, id, 0, (uintptr_t)memory, PAGE,
			IOVA + i * PAGE,
		};

		if (ioctl(fd, MAP, &map))
			die("a bare map fails");
	}
	for (unsigned int i = 0; i < calls; i++) {
		struct unmap_arg unmap = {
			sizeof(unmap),
			id,
			IOVA + i * PAGE,
			PAGE,
		};

		if (ioctl(fd, UNMAP, &unmap))
			die("a bare unmap fails");
	}
}

static void library(unsigned int calls)
{
	for (unsigned int i = 0; i < calls; i++) {
		uint64_t iova = IOVA + i * PAGE;

		if (vdev_ioas_map(ioas, &iova, memory, PAGE,
				  VDEV_MAP_READ | VDEV_MAP_WRITE))
			die("a map fails");
	}
	for (unsigned int i = 0; i < calls; i++) {
		if (vdev_ioas_unmap(ioas, IOVA + i * PAGE, PAGE, NULL))
			die("an unmap fails");
	}
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

static uint64_t time_of(void (*fn)(unsigned int calls))
{
	uint64_t start = now();

	fn(CALLS);
	return now() - start;
}

static int compare(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/*
 * Of rounds that take turns, so that both see the same machine, the fiftieth
 * part from the fastest: what disturbs a round only makes it longer.
 */
static void measure_time(const char *name)
{
	static uint64_t times[2][ROUNDS];

	time_of(bare);
	time_of(library);
	for (int i = 0; i < ROUNDS; i++) {
		times[i % 2][i] = time_of(i % 2 ? library : bare);
		times[!(i % 2)][i] = time_of(i % 2 ? bare : library);
	}
	qsort(times[0], ROUNDS, sizeof(uint64_t), compare);
	qsort(times[1], ROUNDS, sizeof(uint64_t), compare);
	printf("%s %lu %lu\n", name,
	       (unsigned long)(times[0][ROUNDS / 50] / (2 * CALLS)),
	       (unsigned long)(times[1][ROUNDS / 50] / (2 * CALLS)));
}

/* Steps through a child that does the calls between two stops. */
static unsigned long steps_of(void (*fn)(unsigned int calls))
{
	unsigned long steps = 0;
	pid_t pid = fork();
	int status;

	if (!pid) {
		fn(1);
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		fn(STEPPED);
		raise(SIGSTOP);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	while (WIFSTOPPED(status)) {
		if (WSTOPSIG(status) == SIGSTOP && steps)
			break;
		steps++;
		ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL);
		waitpid(pid, &status, 0);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return steps;
}

/* Of one call, without what stopping takes. */
static void measure_instructions(void)
{
	unsigned long a = steps_of(bare), b = steps_of(library);

	printf("instructions %lu %lu\n", a / (2 * STEPPED), b / (2 * STEPPED));
}

/* 4 GiB of pages in a row. */
static void measure_segments(void)
{
	const size_t count = 1 << 20;
	struct vdev_segment *s = calloc(count, sizeof(*s));
	uint64_t start;
	int mappings;

	if (!s)
		die("there is no memory");
	for (size_t i = 0; i < count; i++)
		s[i] = (struct vdev_segment){
			IOVA + i * PAGE, (void *)(0x100000000UL + i * PAGE),
			PAGE
		};
	start = now();
	mappings = vdev_ioas_map_segments(ioas, s, count, VDEV_MAP_READ);
	printf("segments %d %lu\n", mappings,
	       (unsigned long)((now() - start) / 1000));
	vdev_ioas_unmap_all(ioas, NULL);
	free(s);
}

static void measure_attached(struct vdev_ctx *ctx, const char *address)
{
	struct vdev_device *dev = NULL;
	struct vdev_file *file = NULL;

	if (vdev_device_find(ctx, address, &dev) ||
	    vdev_file_open(dev, vdev_ioas_iommu(ioas), NULL, &file) ||
	    vdev_file_attach(file, ioas))
		die(vdev_ctx_last_error(ctx));
	measure_time("attached");
	vdev_file_unref(file);
	vdev_device_unref(dev);
}

int main(int argc, char **argv)
{
	struct vdev_ctx *ctx = NULL;
	struct vdev_iommu *iommu = NULL;

	if (argc != 2)
		die("the address of a device is missing");

	memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED || vdev_ctx_new(&ctx))
		die("there is no memory");
	if (vdev_iommu_open(ctx, VDEV_IOMMU_IOMMUFD, &iommu) ||
	    vdev_ioas_new(iommu, &ioas))
		die(vdev_ctx_last_error(ctx));
	measure_attached(ctx, argv[1]);
	measure_time("empty");
	measure_instructions();
	measure_segments();
	vdev_ioas_unref(ioas);
	vdev_iommu_unref(iommu);
	vdev_ctx_unref(ctx);
	return 0;
}
