/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Dirty pages as a real kernel reports them. Prints a line "ok NAME" or "not ok
 * NAME: WHY" for each test.
 *
 * Usage: test_dirty mock
 *	  test_dirty type1 ADDRESS
 *	  test_dirty vsim CDEV
 *	  test_dirty emulated UUID [ADDRESS]
 *
 * "mock" needs the kernel's CONFIG_IOMMUFD_TEST; ADDRESS is a device bound to a
 * VFIO driver; CDEV the node of a function of vsim, UUID a mediated device of
 * type vsim-emu, both of the kernel patches.
 */

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <libvdev/libvdev.h>

#include "mock.h"
#include "verdict.h"

#define MIB   (1024 * 1024ULL)
#define PAGE  4096ULL
#define SIZE  (16 * MIB)
#define PAGES (SIZE / PAGE)
#define IOVA  (64 * MIB)
#define RW    (VDEV_MAP_READ | VDEV_MAP_WRITE)

/* Registers of vsim and commands, of drivers/vfio/vsim/vsim_test.h. */
#define VSIM_COMMAND 0x8
#define VSIM_STATUS  0xc
#define VSIM_SRC     0x18
#define VSIM_DST     0x20
#define VSIM_LENGTH  0x28
#define VSIM_FILL    3
#define VSIM_PIN     10
#define VSIM_UNPIN   11

static struct vdev_iommu *iommu;
static struct vdev_ioas *ioas;
static struct vdev_dirty *dirty;
static struct vdev_bitmap *bitmap;
static char *memory;

/* What was to be prepared was not. */
static void __attribute__((noreturn)) give_up(const char *what)
{
	check(0, "%s", what);
	exit(1);
}

static void map_memory(void)
{
	uint64_t iova = IOVA;

	if (vdev_ioas_map(ioas, &iova, memory, SIZE, RW))
		give_up("memory is mapped");
}

/* A tracker of all that is mapped, without sources, and its bitmap. */
static void new_tracker(void)
{
	const struct vdev_iova_range range = { IOVA, IOVA + SIZE - 1 };

	if (vdev_dirty_new(ctx, &range, 1, PAGE, &dirty) ||
	    vdev_dirty_new_bitmap(dirty, 0, &bitmap))
		give_up("a tracker is made");
}

static void free_tracker(void)
{
	vdev_dirty_free(dirty);
	vdev_bitmap_free(bitmap);
}

/* A fresh report. Return: how many pages are dirty. */
static uint64_t report(unsigned int flags)
{
	vdev_bitmap_clear_all(bitmap);
	if (vdev_dirty_report(dirty, bitmap, flags))
		give_up("a report is given");
	return vdev_bitmap_count(bitmap);
}

/* --- HWPT: what the mock is told to dirty, bit for bit */

static uint64_t random_word(void)
{
	static uint64_t state = 88172645463325252ULL;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void random_bits(uint64_t words[PAGES / 64])
{
	for (size_t i = 0; i < PAGES / 64; i++)
		words[i] = random_word() & random_word() & random_word();
}

static int same_bits(const uint64_t *words)
{
	size_t count;

	return !memcmp(vdev_bitmap_words(bitmap, &count), words,
		       PAGES / 64 * sizeof(*words)) &&
	       count == PAGES / 64;
}

static void test_bits(int fd, uint32_t hwpt)
{
	uint64_t words[PAGES / 64];

	for (unsigned int round = 0; round < 3; round++) {
		random_bits(words);
		if (mock_dirty(fd, hwpt, IOVA, SIZE, PAGE, words))
			give_up("the mock dirties pages");
		report(VDEV_DIRTY_KEEP);
		check(same_bits(words), "a report is that of the mock");
		report(0);
		check(same_bits(words), "kept pages are there again");
		check(!report(0), "and then no more");
	}
}

/* A bitmap of larger pages, and one whose words start elsewhere. */
static void test_shapes(int fd, uint32_t hwpt)
{
	struct vdev_bitmap *large, *odd;
	uint64_t words[PAGES / 64], wrong = 0;

	if (vdev_bitmap_new(ctx, IOVA, SIZE, 4 * PAGE, &large) ||
	    vdev_bitmap_new(ctx, IOVA - 3 * PAGE, SIZE + 5 * PAGE, PAGE, &odd))
		give_up("bitmaps are made");
	random_bits(words);
	mock_dirty(fd, hwpt, IOVA, SIZE, PAGE, words);
	check(!vdev_dirty_report(dirty, large, VDEV_DIRTY_KEEP),
	      "a report to larger pages");
	check(!vdev_dirty_report(dirty, odd, 0), "one to words of its own");
	for (uint64_t i = 0; i < PAGES; i++) {
		int is = words[i / 64] >> i % 64 & 1;
		int four = (int)(words[i / 64] >> i % 64 / 4 * 4 & 0xf);

		wrong += is != vdev_bitmap_test(odd, IOVA + i * PAGE);
		wrong += !four == vdev_bitmap_test(large, IOVA + i * PAGE);
	}
	check(!wrong, "both have the same pages");
	vdev_bitmap_free(large);
	vdev_bitmap_free(odd);
}

static void test_mock(void)
{
	struct vdev_hwpt *plain = NULL, *hwpt = NULL;
	uint64_t words[PAGES / 64], unmapped = 0;
	struct mock_device dev;
	int fd;

	if (vdev_iommu_open(ctx, VDEV_IOMMU_IOMMUFD, &iommu) ||
	    vdev_ioas_new(iommu, &ioas) ||
	    /* So that each page is dirty alone. */
	    vdev_ioas_set_huge_pages(ioas, false))
		give_up("an address space is made");
	fd = vdev_iommu_fd(iommu);
	if (mock_new(fd, vdev_ioas_id(ioas), 0, &dev))
		give_up("there is a mock");
	map_memory();
	if (vdev_hwpt_new(iommu, dev.device, vdev_ioas_id(ioas), 0, 0, NULL, 0,
			  0, &plain) ||
	    vdev_hwpt_new(iommu, dev.device, vdev_ioas_id(ioas),
			  VDEV_HWPT_DIRTY_TRACKING, 0, NULL, 0, 0, &hwpt))
		give_up("HWPTs are made");
	new_tracker();
	if (vdev_dirty_add_hwpt(dirty, plain))
		give_up("a HWPT is a source");
	check(vdev_dirty_start(dirty) == -EOPNOTSUPP &&
		      strstr(vdev_ctx_last_error(ctx), "cannot track"),
	      "a HWPT made without it is told apart");
	free_tracker();
	new_tracker();
	vdev_dirty_add_hwpt(dirty, hwpt);
	check(!vdev_dirty_start(dirty), "tracking is started");
	test_bits(fd, vdev_hwpt_id(hwpt));
	test_shapes(fd, vdev_hwpt_id(hwpt));

	random_bits(words);
	mock_dirty(fd, vdev_hwpt_id(hwpt), IOVA, SIZE, PAGE, words);
	vdev_bitmap_clear_all(bitmap);
	check(!vdev_dirty_unmap(dirty, ioas, IOVA, SIZE, bitmap, &unmapped) &&
		      unmapped == SIZE && same_bits(words),
	      "unmapping reports the last pages");
	check(!vdev_dirty_stop(dirty), "tracking is stopped");
	free_tracker();
	vdev_hwpt_unref(plain);
	vdev_hwpt_unref(hwpt);
}

/* --- Type 1 */

static struct vdev_file *open_device(const char *name)
{
	struct vdev_device *dev = NULL;
	struct vdev_file *file = NULL;

	if (vdev_device_find(ctx, name, &dev) ||
	    vdev_file_open(dev, iommu, NULL, &file))
		give_up("a device is opened");
	vdev_device_unref(dev);
	return file;
}

static void open_container(void)
{
	if (vdev_iommu_open(ctx, VDEV_IOMMU_TYPE1, &iommu) ||
	    vdev_ioas_new(iommu, &ioas))
		give_up("a container is opened");
}

static void test_type1(const char *address)
{
	struct vdev_iova_range half = { IOVA, IOVA + SIZE / 2 - 1 };
	struct vdev_dirty *part = NULL;
	struct vdev_file *file;
	uint64_t unmapped = 0;

	open_container();
	new_tracker();
	check(vdev_dirty_add_ioas(dirty, ioas) == -ENODEV,
	      "a container without a device is told apart");
	free_tracker();
	file = open_device(address);
	if (vdev_file_attach(file, ioas))
		give_up("the device is attached");
	map_memory();
	new_tracker();
	check(!vdev_dirty_add_ioas(dirty, ioas), "a container is a source");
	check(vdev_dirty_source_page_size(dirty, 0) == PAGE,
	      "its pages have 4096 bytes");
	check(vdev_dirty_report(dirty, bitmap, 0) == -EINVAL,
	      "there is no report before the start");
	check(!vdev_dirty_start(dirty), "tracking is started");
	check(report(0) == PAGES, "all that is mapped is dirty");
	check(report(0) == PAGES, "each time");
	check(vdev_dirty_report(dirty, bitmap, VDEV_DIRTY_KEEP) == -EOPNOTSUPP,
	      "it cannot leave pages dirty");
	vdev_dirty_new(ctx, &half, 1, PAGE, &part);
	check(!vdev_dirty_add_ioas(part, ioas) && !vdev_dirty_start(part) &&
		      vdev_dirty_report(part, bitmap, 0) == -EINVAL &&
		      strstr(vdev_ctx_last_error(ctx), "only in part"),
	      "half a mapping has no report");
	vdev_dirty_free(part);
	vdev_dirty_stop(dirty);
	vdev_dirty_start(dirty);
	vdev_bitmap_clear_all(bitmap);
	check(!vdev_dirty_unmap(dirty, ioas, IOVA, SIZE, bitmap, &unmapped) &&
		      unmapped == SIZE && vdev_bitmap_count(bitmap) == PAGES,
	      "unmapping gives the bitmap");
	check(!vdev_dirty_stop(dirty), "tracking is stopped");
	free_tracker();
	vdev_file_unref(file);
}

/* --- Devices of the kernel patches */

static void put(int fd, off_t where, uint64_t value, size_t size)
{
	if (pwrite(fd, &value, size, where) != (ssize_t)size)
		give_up("a register is written");
}

/* A command on memory. Return: how it ended, an errno. */
static uint32_t command(struct vdev_file *file, uint32_t what, uint64_t iova,
			uint64_t length)
{
	int fd = vdev_file_fd(file);
	uint32_t status = 1;

	put(fd, what == VSIM_FILL ? VSIM_DST : VSIM_SRC, iova, 8);
	put(fd, VSIM_LENGTH, length, 8);
	put(fd, VSIM_COMMAND, what, 4);
	if (pread(fd, &status, sizeof(status), VSIM_STATUS) != sizeof(status))
		give_up("a register is read");
	return status;
}

static int only(uint64_t first, uint64_t count)
{
	return vdev_bitmap_count(bitmap) == count &&
	       vdev_bitmap_count_range(bitmap, IOVA + first * PAGE,
				       count * PAGE) == count;
}

static void try_source(struct vdev_file *file, const char *name)
{
	check(!vdev_dirty_start(dirty), "%s: tracking is started", name);
	check(!report(0), "%s: nothing is dirty", name);
	check(!command(file, VSIM_FILL, IOVA + 7 * PAGE + 100, 3 * PAGE),
	      "%s: the device writes", name);
	report(0);
	check(only(7, 4), "%s: the pages it wrote to are dirty", name);
	check(!report(0), "%s: once", name);
	check(!vdev_dirty_stop(dirty), "%s: tracking is stopped", name);
}

/* More ranges than the device takes: each page of every third one mapped. */
static void test_ranges(struct vdev_file *file)
{
	struct vdev_iova_range ranges[40];

	for (uint64_t i = 0; i < 40; i++)
		ranges[i] = (struct vdev_iova_range){
			IOVA + i * 3 * PAGE, IOVA + (i * 3 + 1) * PAGE - 1
		};
	if (vdev_dirty_new(ctx, ranges, 40, PAGE, &dirty) ||
	    vdev_dirty_new_bitmap(dirty, 0, &bitmap) ||
	    vdev_dirty_add_file(dirty, file))
		give_up("a tracker of many ranges is made");
	check(!vdev_dirty_start(dirty), "many ranges: tracking is started");
	check(vdev_dirty_source_ranges(dirty, 0) == 10,
	      "many ranges: they are combined");
	check(!command(file, VSIM_FILL, IOVA, 60 * PAGE),
	      "many ranges: the device writes");
	check(report(0) == 20, "many ranges: only what is tracked is told");
	free_tracker();
}

static void test_vsim(const char *node)
{
	struct vdev_hwpt *hwpt = NULL;
	struct vdev_file *file = NULL;
	int fd = open(node, O_RDWR | O_CLOEXEC);

	if (fd < 0 || vdev_iommu_open(ctx, VDEV_IOMMU_IOMMUFD, &iommu) ||
	    vdev_ioas_new(iommu, &ioas) ||
	    vdev_ioas_set_huge_pages(ioas, false) ||
	    vdev_file_import(ctx, fd, iommu, 0, NULL, &file) ||
	    vdev_file_make_hwpt(file, ioas, VDEV_HWPT_DIRTY_TRACKING, &hwpt) ||
	    vdev_file_attach_hwpt(file, hwpt))
		give_up("the device is attached");
	close(fd);
	map_memory();

	new_tracker();
	check(!vdev_dirty_add_file(dirty, file), "a device is a source");
	try_source(file, "the device's log");
	vdev_dirty_start(dirty);
	{
		struct vdev_dirty *second = NULL;
		const struct vdev_iova_range range = { IOVA, IOVA + PAGE - 1 };

		vdev_dirty_new(ctx, &range, 1, PAGE, &second);
		vdev_dirty_add_file(second, file);
		check(vdev_dirty_start(second) == -EBUSY,
		      "a device logs for one at a time");
		vdev_dirty_free(second);
	}
	free_tracker();

	new_tracker();
	check(!vdev_dirty_add_hwpt(dirty, hwpt), "a HWPT is a source");
	try_source(file, "its HWPT");
	check(!vdev_dirty_add_file(dirty, file), "both are sources");
	try_source(file, "both");

	/* Each has pages the other does not have: one was read before. */
	vdev_dirty_start(dirty);
	command(file, VSIM_FILL, IOVA, PAGE);
	{
		struct vdev_dirty *one = NULL;
		const struct vdev_iova_range range = { IOVA, IOVA + SIZE - 1 };
		struct vdev_bitmap *aside = NULL;

		vdev_dirty_new(ctx, &range, 1, PAGE, &one);
		vdev_dirty_add_hwpt(one, hwpt);
		vdev_dirty_new_bitmap(one, 0, &aside);
		/* Starting forgets what the HWPT noted so far. */
		check(!vdev_dirty_start(one), "the HWPT is started again");
		command(file, VSIM_FILL, IOVA + 5 * PAGE, PAGE);
		check(report(0) == 2 && vdev_bitmap_test(bitmap, IOVA) &&
			      vdev_bitmap_test(bitmap, IOVA + 5 * PAGE),
		      "a page that only one source has is in the report");
		vdev_dirty_free(one);
		vdev_bitmap_free(aside);
	}
	free_tracker();
	test_ranges(file);
	vdev_file_unref(file);
	vdev_hwpt_unref(hwpt);
}

static void test_emulated(const char *uuid, const char *address)
{
	struct vdev_file *mdev, *nic;

	open_container();
	mdev = open_device(uuid);
	if (vdev_file_attach(mdev, ioas))
		give_up("the mediated device is attached");
	map_memory();
	new_tracker();
	check(!vdev_dirty_add_ioas(dirty, ioas), "a container is a source");
	check(!vdev_dirty_start(dirty), "tracking is started");
	check(!report(0), "nothing is dirty");
	check(!command(mdev, VSIM_PIN, IOVA + 20 * PAGE, 5 * PAGE),
	      "the mdev pins pages");
	report(0);
	check(only(20, 5), "pinned pages are dirty");
	report(0);
	check(only(20, 5), "for as long as they are pinned");
	check(!command(mdev, VSIM_FILL, IOVA + 25 * PAGE, 2 * PAGE),
	      "it writes to others");
	report(0);
	check(only(20, 7), "which are dirty too");
	report(0);
	check(only(20, 5), "once");
	check(!command(mdev, VSIM_UNPIN, IOVA + 20 * PAGE, 5 * PAGE),
	      "it lets go of its pages");
	report(0);
	check(only(20, 5), "what was pinned is dirty for the last time");
	check(!report(0), "and then clean");
	if (address) {
		nic = open_device(address);
		if (vdev_file_attach(nic, ioas))
			give_up("a hardware device joins");
		check(report(0) == PAGES,
		      "with it all that is mapped is dirty");
		vdev_file_unref(nic);
		/* What it may have written before it left. */
		report(0);
		command(mdev, VSIM_PIN, IOVA, PAGE);
		report(0);
		check(only(0, 1), "once it left, pinned pages alone are again");
	}
	free_tracker();
	vdev_file_unref(mdev);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	const char *name = argc > 2 ? argv[2] : NULL;

	setvbuf(stdout, NULL, _IOLBF, 0);
	memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (memory == MAP_FAILED || vdev_ctx_new(&ctx))
		return 2;
	if (!strcmp(what, "mock"))
		test_mock();
	else if (name && !strcmp(what, "type1"))
		test_type1(name);
	else if (name && !strcmp(what, "vsim"))
		test_vsim(name);
	else if (name && !strcmp(what, "emulated"))
		test_emulated(name, argc > 3 ? argv[3] : NULL);
	else
		return 2;
	vdev_ioas_unref(ioas);
	vdev_iommu_unref(iommu);
	vdev_ctx_unref(ctx);
	return 0;
}
