/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Address spaces of a real kernel. Prints a line "ok NAME" or "not ok NAME:
 *WHY" for each test.
 *
 * Usage: test_ioas maps iommufd|type1|compat [ADDRESS]
 *	  test_ioas mock | limit
 *
 * A container needs the device at ADDRESS, bound to a VFIO driver. "mock" and
 * "limit" need the kernel's CONFIG_IOMMUFD_TEST.
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <libvdev/libvdev.h>

#include "mock.h"
#include "verdict.h"

#define MIB	    (1024 * 1024ULL)
#define MEMORY_SIZE (16 * MIB)
#define RW	    (VDEV_MAP_READ | VDEV_MAP_WRITE)
/* Where every IOMMU here lets DMA go, the mock too. */
#define IOVA (64 * MIB)

static struct vdev_iommu *iommu;
static char *memory;

/* Whether a call failed as it should, and said so. */
static void refused(int ret, int error, const char *said, const char *name)
{
	const char *text = vdev_ctx_last_error(ctx);

	if (!check(ret == error && strstr(text, said), "%s", name))
		printf("# %d instead of %d, \"%s\" without \"%s\"\n", ret,
		       error, text, said);
}

static int map_at(struct vdev_ioas *ioas, uint64_t iova, uint64_t offset,
		  uint64_t length)
{
	return vdev_ioas_map(ioas, &iova, memory + offset, length, RW);
}

static int is_type1(void)
{
	return vdev_iommu_kind(iommu) == VDEV_IOMMU_TYPE1;
}

/* --- Maps, on every kind */

static void test_map(struct vdev_ioas *ioas)
{
	uint64_t iova = VDEV_IOVA_ANY, unmapped = 0;

	check(!map_at(ioas, IOVA, 0, MIB), "memory is mapped");
	refused(map_at(ioas, IOVA + 4096, 0, 4096), -EEXIST,
		"something is mapped at IOVA 0x4001000 to 0x4001fff already",
		"a mapping is not replaced");
	refused(vdev_ioas_unmap(ioas, IOVA, 4096, NULL), -ENOENT,
		"only part of a mapping", "part of a mapping is not unmapped");
	refused(vdev_ioas_unmap(ioas, IOVA + 4 * MIB, MIB, NULL), -ENOENT,
		"nothing is mapped at", "what is not mapped is not unmapped");
	check(!vdev_ioas_unmap(ioas, IOVA, 2 * MIB, &unmapped) &&
		      unmapped == MIB,
	      "a range around it is unmapped");
	check(!vdev_ioas_map(ioas, &iova, memory, 4 * MIB, VDEV_MAP_READ) &&
		      iova && iova != VDEV_IOVA_ANY,
	      "memory is mapped anywhere");
	check(!vdev_ioas_unmap_all(ioas, &unmapped) && unmapped == 4 * MIB,
	      "all is unmapped");
	check(!vdev_ioas_unmap_all(ioas, &unmapped) && !unmapped,
	      "and again, with nothing there");
	iova = IOVA;
	refused(vdev_ioas_map(ioas, &iova, NULL, 4096, RW),
		is_type1() ? -EFAULT : 0, "",
		"memory that is not there, which an iommufd does not look at "
		"before a device comes");
	vdev_ioas_unmap_all(ioas, NULL);
}

static void test_misaligned(struct vdev_ioas *ioas)
{
	uint64_t alignment = 0;

	check(vdev_ioas_ranges(ioas, NULL, &alignment) > 0 && alignment,
	      "the ranges are told");
	if (alignment < 2)
		return;
	refused(map_at(ioas, IOVA + 1, 0, 4096), -EINVAL, "multiples of 0x",
		"a misaligned IOVA is refused");
	refused(map_at(ioas, IOVA, 0, 4095), -EINVAL, "multiples of 0x",
		"so is a misaligned length");
}

static void test_segments(struct vdev_ioas *ioas)
{
	struct vdev_segment s[] = {
		{ IOVA, memory, 4096 },
		{ IOVA + 4096, memory + 4096, 8192 },
		{ IOVA + MIB, memory + MIB, 4096 },
	};

	check(vdev_ioas_map_segments(ioas, s, 3, RW) == 2,
	      "three segments are two mappings");
	refused(vdev_ioas_unmap(ioas, IOVA, 4096, NULL), -ENOENT,
		"only part of a mapping",
		"a segment is not unmapped from its neighbours");
	refused(vdev_ioas_map_segments(ioas, s, 3, RW), -EEXIST, "already",
		"they are not mapped twice");
	check(!vdev_ioas_unmap(ioas, IOVA, 12288, NULL),
	      "neighbours are unmapped together");
	/* The first would fit now, the last does not. */
	refused(vdev_ioas_map_segments(ioas, s, 3, RW), -EEXIST,
		"IOVA 0x4100000", "the last one collides");
	check(!map_at(ioas, IOVA, 0, 4096), "and the first is not left mapped");
	vdev_ioas_unmap_all(ioas, NULL);
}

static int stop_at_half(void *data, uint64_t done, uint64_t total)
{
	(*(unsigned int *)data)++;
	return done >= total / 2;
}

static void test_pieces(struct vdev_ioas *ioas)
{
	unsigned int calls = 0;
	uint64_t iova = VDEV_IOVA_ANY, unmapped = 1;

	vdev_ioas_set_progress(ioas, MIB, NULL, NULL);
	check(!vdev_ioas_map(ioas, &iova, memory, MEMORY_SIZE, RW),
	      "memory is mapped in pieces");
	check(!vdev_ioas_unmap(ioas, iova + MIB, MIB, NULL),
	      "a piece is a mapping of its own");
	vdev_ioas_unmap_all(ioas, NULL);
	vdev_ioas_set_progress(ioas, MIB, stop_at_half, &calls);
	refused(map_at(ioas, IOVA, 0, MEMORY_SIZE), -ECANCELED, "was stopped",
		"mapping is stopped half-way");
	check(calls == MEMORY_SIZE / MIB / 2, "when it was asked to");
	check(!vdev_ioas_unmap_all(ioas, &unmapped) && !unmapped,
	      "nothing is left mapped");
	vdev_ioas_set_progress(ioas, 0, NULL, NULL);
}

static void test_iommufd_only(struct vdev_ioas *ioas)
{
	static const struct vdev_iova_range range = { 0, 1024 * MIB - 1 };
	uint64_t iova = VDEV_IOVA_ANY, to = IOVA;
	struct vdev_ioas *other = NULL, *same = NULL;
	int fd = memfd_create("test", MFD_CLOEXEC);

	check(!ftruncate(fd, MIB) &&
		      !vdev_ioas_map_file(ioas, &iova, fd, 0, MIB, RW),
	      "a memfd is mapped");
	refused(vdev_ioas_map_file(ioas, &to, fd, 1, MIB, RW), 0, "",
		"from any byte, before a device comes");
	vdev_ioas_unmap_all(ioas, NULL);
	close(fd);
	check(!map_at(ioas, IOVA, 0, MIB), "memory is mapped for a copy");
	if (vdev_iommu_kind(iommu) == VDEV_IOMMU_COMPAT) {
		refused(vdev_ioas_new(iommu, &other), -EOPNOTSUPP,
			"one address space", "there is no second one");
	} else {
		check(!vdev_ioas_new(iommu, &other), "a second one is made");
		to = VDEV_IOVA_ANY;
		check(!vdev_ioas_copy(other, &to, ioas, IOVA, MIB, RW),
		      "a mapping is copied");
		refused(vdev_ioas_copy(other, &to, ioas, IOVA, 2 * MIB, RW),
			-ENOENT, "has not all of", "but not what is not there");
		vdev_ioas_unref(other);
	}
	refused(vdev_iommu_change_process(iommu), -EINVAL,
		"only memory mapped from files",
		"memory of a process stays with it");
	vdev_ioas_unmap_all(ioas, NULL);
	check(!vdev_iommu_change_process(iommu),
	      "an iommufd without mappings changes its process");
	check(!vdev_ioas_allow(ioas, &range, 1), "a range is kept usable");
	check(!vdev_ioas_set_huge_pages(ioas, 0), "large pages are turned off");
	refused(vdev_iommu_set_accounting(iommu, VDEV_ACCOUNTING_PROCESS),
		-EBUSY, "while the iommufd is empty",
		"the accounting is not changed now");
	check(!vdev_ioas_import(iommu, vdev_ioas_id(ioas), &same),
	      "it is imported by its id");
	vdev_ioas_unref(same);
	refused(vdev_ioas_import(iommu, 9999, &same), -ENOENT,
		"no address space 9999", "but not one that is not there");
}

/* A device of type 1's container; NULL for the others. */
static struct vdev_file *open_device(const char *address)
{
	struct vdev_device *dev = NULL;
	struct vdev_file *file = NULL;

	if (!address)
		return NULL;
	if (!vdev_device_find(ctx, address, &dev))
		vdev_file_open(dev, iommu, NULL, &file);
	vdev_device_unref(dev);
	check(!!file, "the device is opened");
	return file;
}

static int maps(enum vdev_iommu_kind kind, const char *address)
{
	struct vdev_iommu *again = NULL;
	struct vdev_ioas *ioas = NULL;
	struct vdev_file *file;

	if (!check(!vdev_iommu_open(ctx, kind, &iommu), "it is opened"))
		return 1;
	file = open_device(address);
	check(!vdev_iommu_import(ctx, VDEV_IOMMU_ANY, vdev_iommu_fd(iommu),
				 &again) &&
		      vdev_iommu_kind(again) == (kind == VDEV_IOMMU_COMPAT
							 ? VDEV_IOMMU_IOMMUFD
							 : kind),
	      "and recognized when imported");
	vdev_iommu_unref(again);
	check(vdev_iommu_accounting(iommu) == (is_type1()
						       ? VDEV_ACCOUNTING_PROCESS
						       : VDEV_ACCOUNTING_USER),
	      "its accounting is known");
	if (!check(!vdev_ioas_new(iommu, &ioas), "it has an address space"))
		return 1;
	test_map(ioas);
	test_misaligned(ioas);
	test_segments(ioas);
	test_pieces(ioas);
	if (!is_type1())
		test_iommufd_only(ioas);
	vdev_ioas_unref(ioas);
	vdev_file_unref(file);
	vdev_iommu_unref(iommu);
	return 0;
}

/* --- The kernel's mock of devices and IOMMUs */

static struct vdev_hwpt *hwpt_of(uint32_t device, uint32_t parent,
				 unsigned int flags)
{
	struct vdev_hwpt *hwpt = NULL;

	vdev_hwpt_new(iommu, device, parent, flags, 0, NULL, 0, 0, &hwpt);
	return hwpt;
}

static void test_mock_info(uint32_t device, unsigned int width, int dirty)
{
	struct vdev_hw_info *info = NULL;
	size_t size = 0;

	if (!check(!vdev_hw_info_new(iommu, device, &info),
		   "the IOMMU tells what it can do"))
		return;
	check(vdev_hw_info_type(info) == MOCK_HW &&
		      !strcmp(vdev_hw_type_name(MOCK_HW), "unknown") &&
		      vdev_hw_info_data(info, &size) && size == 8,
	      "it is the mock");
	check(vdev_hw_info_pasid_width(info) == width, "with %u bits of PASID",
	      width);
	check(!(vdev_hw_info_caps(info) & VDEV_HW_CAP_DIRTY_TRACKING) == !dirty,
	      "with%s dirty tracking", dirty ? "" : "out");
	vdev_hw_info_free(info);
}

static void test_mock_hwpts(struct vdev_ioas *ioas, uint32_t id,
			    uint32_t device)
{
	uint32_t data[] = { 0xbadbeef, 0 };
	struct vdev_hwpt *parent, *dirty, *nested = NULL;

	dirty = hwpt_of(device, vdev_ioas_id(ioas), VDEV_HWPT_DIRTY_TRACKING);
	check(!!dirty, "a HWPT for dirty tracking is made");
	parent = hwpt_of(device, vdev_ioas_id(ioas), VDEV_HWPT_NEST_PARENT);
	check(!!parent, "a HWPT to nest in is made");
	check(parent &&
		      !vdev_hwpt_new(iommu, device, vdev_hwpt_id(parent), 0,
				     MOCK_DATA, data, sizeof(data), 0, &nested),
	      "a HWPT is nested in it");
	check(nested && !mock_replace(vdev_iommu_fd(iommu), id,
				      vdev_hwpt_id(nested)),
	      "and the device attached to that");
	check(!mock_replace(vdev_iommu_fd(iommu), id, vdev_ioas_id(ioas)),
	      "and away from it");
	refused(vdev_hwpt_new(iommu, device, 9999, 0, 0, NULL, 0, 0, &nested),
		-EINVAL, "9999 is no address space or parent",
		"there is none in something else");
	refused(vdev_hwpt_new(iommu, 9999, vdev_ioas_id(ioas), 0, 0, NULL, 0, 0,
			      &parent),
		-ENOENT, "no device 9999", "nor for no device");
	vdev_hwpt_unref(nested);
	vdev_hwpt_unref(parent);
	vdev_hwpt_unref(dirty);
}

static void test_mock_pasid(struct vdev_ioas *ioas, uint32_t id,
			    uint32_t device)
{
	struct vdev_hwpt *own, *one, *two;
	struct vdev_pasid_space *space = NULL;
	uint32_t pasid = 0;

	own = hwpt_of(device, vdev_ioas_id(ioas), VDEV_HWPT_PASID);
	one = hwpt_of(device, vdev_ioas_id(ioas), VDEV_HWPT_PASID);
	two = hwpt_of(device, vdev_ioas_id(ioas), VDEV_HWPT_PASID);
	check(own && one && two, "HWPTs for PASIDs are made");
	check(!vdev_pasid_space_new(ctx, 1, VDEV_PASID_MAX, &space) &&
		      !vdev_pasid_alloc(space, 1, &pasid) && pasid == 1,
	      "a PASID is taken");
	if (!own || !one || !two)
		return;
	check(!mock_replace(vdev_iommu_fd(iommu), id, vdev_hwpt_id(own)),
	      "the device gets one that lets it have PASIDs");
	check(!mock_pasid(vdev_iommu_fd(iommu), MOCK_ATTACH, id, pasid,
			  vdev_hwpt_id(one)) &&
		      !mock_pasid(vdev_iommu_fd(iommu), MOCK_CHECK, id, pasid,
				  vdev_hwpt_id(one)),
	      "the PASID is attached");
	check(!mock_pasid(vdev_iommu_fd(iommu), MOCK_PREPLACE, id, pasid,
			  vdev_hwpt_id(two)) &&
		      !mock_pasid(vdev_iommu_fd(iommu), MOCK_CHECK, id, pasid,
				  vdev_hwpt_id(two)),
	      "and replaced");
	check(!mock_pasid(vdev_iommu_fd(iommu), MOCK_DETACH, id, pasid, 0) &&
		      !mock_pasid(vdev_iommu_fd(iommu), MOCK_CHECK, id, pasid,
				  0),
	      "and detached");
	check(!vdev_pasid_release(space, pasid, 1), "it is given back");
	check(!mock_replace(vdev_iommu_fd(iommu), id, vdev_ioas_id(ioas)),
	      "the device goes back");
	vdev_hwpt_unref(two);
	vdev_hwpt_unref(one);
	vdev_hwpt_unref(own);
	vdev_pasid_space_free(space);
}

static void test_mock_plain(struct vdev_ioas *ioas)
{
	struct vdev_hwpt *hwpt = NULL;
	struct mock_device dev;
	uint32_t device;

	if (!check(!mock_new(vdev_iommu_fd(iommu), vdev_ioas_id(ioas),
			     MOCK_NO_DIRTY, &dev),
		   "there is a device that can do little"))
		return;
	device = dev.device;
	test_mock_info(device, 0, 0);
	refused(vdev_hwpt_new(iommu, device, vdev_ioas_id(ioas),
			      VDEV_HWPT_DIRTY_TRACKING, 0, NULL, 0, 0, &hwpt),
		-EOPNOTSUPP, "cannot track dirty pages",
		"no dirty tracking, and why");
	refused(vdev_hwpt_new(iommu, device, vdev_ioas_id(ioas), 1 << 9, 0,
			      NULL, 0, 0, &hwpt),
		-EOPNOTSUPP, "the flags 0x200", "nor what nobody knows");
}

static void test_mock_ranges(struct vdev_ioas *ioas, uint32_t hwpt)
{
	struct mock m = { .op = MOCK_CHECK_MAP, .id = hwpt };
	uint64_t iova = IOVA;

	refused(map_at(ioas, 0x1000, 0, 0x1000), -EINVAL,
		"outside of what the devices can use",
		"an IOVA outside of the mock's is refused");
	refused(vdev_ioas_map(ioas, &iova, NULL, 4096, RW), -EFAULT,
		"no such memory", "and so is memory that is not there");
	check(!map_at(ioas, IOVA, 0, MIB), "memory is mapped");
	/* The mock knows by which memory an IOVA is backed. */
	m.longs[0] = IOVA;
	m.longs[1] = MIB;
	m.longs[2] = (uintptr_t)memory;
	check(!mock_call(vdev_iommu_fd(iommu), &m), "and there for the device");
	check(!vdev_ioas_unmap_all(ioas, NULL), "and unmapped");
}

static int mock(void)
{
	struct vdev_ioas *ioas = NULL;
	struct mock_device dev;

	if (!check(!vdev_iommu_open(ctx, VDEV_IOMMU_IOMMUFD, &iommu) &&
			   !vdev_ioas_new(iommu, &ioas),
		   "there is an address space"))
		return 1;
	if (!check(!mock_new(vdev_iommu_fd(iommu), vdev_ioas_id(ioas),
			     MOCK_PASID, &dev),
		   "there is a mock device"))
		return 1;
	test_mock_info(dev.device, 20, 1);
	test_mock_ranges(ioas, dev.hwpt);
	test_mock_hwpts(ioas, dev.id, dev.device);
	test_mock_pasid(ioas, dev.id, dev.device);
	test_mock_plain(ioas);
	vdev_ioas_unref(ioas);
	vdev_iommu_unref(iommu);
	return 0;
}

/* --- RLIMIT_MEMLOCK */

static int limit(void)
{
	const struct rlimit one_mib = { MIB, MIB };
	struct vdev_ioas *ioas = NULL;
	struct mock_device dev;
	uint64_t bytes = 0;

	if (!check(!vdev_iommu_open(ctx, VDEV_IOMMU_IOMMUFD, &iommu) &&
			   !vdev_ioas_new(iommu, &ioas) &&
			   !mock_new(vdev_iommu_fd(iommu), vdev_ioas_id(ioas),
				     0, &dev),
		   "there is a mock device"))
		return 1;
	check(!vdev_memlock_limit(ctx, &bytes) && bytes == UINT64_MAX,
	      "root has no limit");
	check(!setrlimit(RLIMIT_MEMLOCK, &one_mib) && !setuid(65534),
	      "another user has");
	check(!vdev_memlock_limit(ctx, &bytes) && bytes == MIB,
	      "a limit of 1 MiB");
	check(!map_at(ioas, IOVA, 0, MIB / 2), "half of it can be mapped");
	refused(map_at(ioas, IOVA + 4 * MIB, 0, MIB), -ENOMEM,
		"would pass RLIMIT_MEMLOCK, which is 1048576 bytes",
		"but not three halves");
	check(!!strstr(vdev_ctx_last_hint(ctx), "ulimit -l"),
	      "and there is advice");
	check(!vdev_memlock_estimate(ctx, VDEV_IOMMU_IOMMUFD, 1, 3 * MIB / 2,
				     &bytes) &&
		      bytes == 3 * MIB / 2,
	      "which tells how much it takes");
	vdev_ioas_unref(ioas);
	vdev_iommu_unref(iommu);
	return 0;
}

int main(int argc, char **argv)
{
	static const char *const kinds[] = { "", "iommufd", "type1", "compat" };
	int ret = 2;

	if (vdev_ctx_new(&ctx))
		return 1;
	memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return 1;
	if (argc == 2 && !strcmp(argv[1], "mock"))
		ret = mock();
	else if (argc == 2 && !strcmp(argv[1], "limit"))
		ret = limit();
	for (int i = 1; argc > 2 && i < 4; i++) {
		if (!strcmp(argv[2], kinds[i]))
			ret = maps((enum vdev_iommu_kind)i,
				   argc > 3 ? argv[3] : NULL);
	}
	vdev_ctx_unref(ctx);
	return ret;
}
