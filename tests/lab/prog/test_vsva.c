/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * A virtual IOMMU on the kernel's mock of devices and IOMMUs
 * (CONFIG_IOMMUFD_TEST), as a virtual machine monitor would make it. Prints a
 * line "ok NAME" or "not ok NAME: WHY" for each test.
 */

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <libvdev/libvdev.h>

#include "mock.h"
#include "verdict.h"

#define PAGE 4096ULL
#define IOVA 0x1000000ULL
#define RW   (VDEV_MAP_READ | VDEV_MAP_WRITE)

/* Types of the mock, and its structures, of iommufd_test.h. */
#define MOCK_TYPE    0xdeadbeefU
#define MOCK_VEVENTQ 0xbeefbeefU
#define MOCK_IOTLBS  4
#define MOCK_ALL     1

struct mock_nested {
	uint32_t iotlb;
	uint32_t pagetable;
};

struct mock_iotlb_request {
	uint32_t flags;
	uint32_t entry;
};

struct mock_cache_request {
	uint32_t flags;
	uint32_t number;
	uint32_t entry;
};

struct mock_viommu {
	uint32_t in;
	uint32_t out;
	uint64_t mmap_offset;
	uint64_t mmap_length;
};

#define IOTLB_VALUE 0x12345U
#define CACHE_VALUE 0xbaddadU
#define NUMBER	    0x99U /* the guest's, of the device */

static struct vdev_iommu *iommu;
static struct vdev_ioas *ioas;
static struct vdev_hwpt *parent;
static struct mock_device dev;
static int fd;

/* What was to be prepared was not. */
static void __attribute__((noreturn)) give_up(const char *what)
{
	check(0, "%s", what);
	exit(1);
}

static struct vdev_hwpt *nest(uint32_t in, unsigned int flags, uint32_t fault)
{
	const struct mock_nested data = { .iotlb = IOTLB_VALUE };
	struct vdev_hwpt *hwpt = NULL;

	if (vdev_hwpt_new(iommu, dev.device, in, flags, MOCK_DATA, &data,
			  sizeof(data), fault, &hwpt))
		give_up("a HWPT is nested");
	return hwpt;
}

static int attach(uint32_t id)
{
	return !mock_replace(fd, dev.id, id);
}

/* Whether an fd is readable, at once. */
static int readable(int queue)
{
	struct pollfd p = { .fd = queue, .events = POLLIN };

	return poll(&p, 1, 0) == 1 && p.revents & POLLIN;
}

/* --- Nested HWPTs */

static void test_nested(void)
{
	static const struct mock_iotlb_request requests[] = {
		{ 0, 0 }, { 0, 2 }, { 0, 99 }, { 0, 3 }
	};
	static const struct mock_iotlb_request all = { .flags = MOCK_ALL };
	struct vdev_hwpt *nested = nest(vdev_hwpt_id(parent), 0, 0);
	uint32_t id = vdev_hwpt_id(nested);

	check(mock_has(fd, MOCK_IOTLB, id, 0, IOTLB_VALUE),
	      "a HWPT is nested, with the data of its type");
	check(attach(id), "a device is attached to it");
	check(vdev_hwpt_invalidate(nested, MOCK_TYPE, NULL, 0, 0) == 0,
	      "the type of its invalidations is known");
	check(vdev_hwpt_invalidate(nested, 7, &all, sizeof(all), 1) == -EINVAL,
	      "another one is not");
	check(vdev_hwpt_invalidate(nested, MOCK_TYPE, requests,
				   sizeof(requests[0]), 4) == 2,
	      "of four invalidations two are done, then one is refused");
	check(strstr(vdev_ctx_last_error(ctx), "request 2") != NULL,
	      "which is told");
	check(mock_has(fd, MOCK_IOTLB, id, 0, 0) &&
		      mock_has(fd, MOCK_IOTLB, id, 2, 0),
	      "the two are invalid");
	check(mock_has(fd, MOCK_IOTLB, id, 1, IOTLB_VALUE) &&
		      mock_has(fd, MOCK_IOTLB, id, 3, IOTLB_VALUE),
	      "the others are not");
	check(vdev_hwpt_invalidate(nested, MOCK_TYPE, requests + 2,
				   sizeof(requests[0]), 2) == -EINVAL,
	      "again from the refused one on its errno is told");
	check(vdev_hwpt_invalidate(nested, MOCK_TYPE, &all, sizeof(all), 1) ==
		      1,
	      "all can be invalidated");
	for (uint32_t i = 0; i < MOCK_IOTLBS; i++)
		check(mock_has(fd, MOCK_IOTLB, id, i, 0),
		      "entry %u of the cache is", i);
	check(vdev_hwpt_invalidate(parent, MOCK_TYPE, &all, sizeof(all), 1) ==
		      -EINVAL,
	      "a HWPT that is not nested has nothing to invalidate");
	check(attach(vdev_ioas_id(ioas)), "the device is detached");
	vdev_hwpt_unref(nested);
}

/* The structure for VT-d arrives, and the mock is no VT-d. */
static void test_vtd(void)
{
	static const struct vdev_vtd_s1 data = { .table = IOVA, .width = 48 };
	static const struct vdev_vtd_invalidation all = { .pages = UINT64_MAX };
	struct vdev_hwpt *nested = nest(vdev_hwpt_id(parent), 0, 0);
	struct vdev_hwpt *vtd = NULL;

	check(vdev_hwpt_new_vtd_s1(iommu, dev.device, vdev_hwpt_id(parent), 0,
				   &data, 0, &vtd) < 0 &&
		      !vtd,
	      "the mock has no page tables of VT-d");
	check(vdev_hwpt_invalidate_vtd_s1(nested, &all, 1) == -EINVAL,
	      "nor their invalidations");
	vdev_hwpt_unref(nested);
}

/* --- Faults */

static const struct vdev_fault *next_fault(struct vdev_fault_queue *queue)
{
	const struct vdev_fault *fault = NULL;

	if (vdev_fault_queue_next(queue, &fault) != 1)
		give_up("there is a fault");
	return fault;
}

static void test_faults(void)
{
	struct vdev_fault_queue *queue = NULL;
	const struct vdev_fault *fault;
	struct vdev_hwpt *nested;
	uint32_t cookie;

	if (vdev_fault_queue_new(iommu, &queue))
		give_up("there is a fault queue");
	nested = nest(vdev_hwpt_id(parent), VDEV_HWPT_FAULT,
		      vdev_fault_queue_id(queue));
	check(attach(vdev_hwpt_id(nested)), "a HWPT with faults is attached");
	check(!readable(vdev_fault_queue_fd(queue)) &&
		      !vdev_fault_queue_next(queue, &fault),
	      "there is no fault yet");
	mock_fault(fd, dev.device, 0, 12, VDEV_FAULT_WRITE, 0xdeadbeaf000);
	mock_fault(fd, dev.device, 0, 13, VDEV_FAULT_READ, 0x5000);
	check(readable(vdev_fault_queue_fd(queue)), "a fault is delivered");
	fault = next_fault(queue);
	check(vdev_fault_device(fault) == dev.device &&
		      vdev_fault_pasid(fault) == -ENODATA &&
		      vdev_fault_group(fault) == 12 &&
		      vdev_fault_access(fault) == VDEV_FAULT_WRITE &&
		      vdev_fault_address(fault) == 0xdeadbeaf000 &&
		      vdev_fault_is_last(fault),
	      "as the device made it");
	cookie = vdev_fault_cookie(fault);
	check(!vdev_fault_queue_answer(queue, cookie, VDEV_FAULT_RETRY),
	      "it is answered");
	check(vdev_fault_queue_answer(queue, cookie, VDEV_FAULT_RETRY) ==
		      -EINVAL,
	      "once only");
	fault = next_fault(queue);
	check(vdev_fault_group(fault) == 13 &&
		      vdev_fault_address(fault) == 0x5000 &&
		      !vdev_fault_queue_answer(queue, vdev_fault_cookie(fault),
					       VDEV_FAULT_INVALID),
	      "the next one is denied");
	check(!vdev_fault_queue_next(queue, &fault), "there are no more");
	/* One that is never answered holds nothing up. */
	mock_fault(fd, dev.device, 0, 14, VDEV_FAULT_READ, 0x6000);
	check(attach(vdev_ioas_id(ioas)), "the device is detached");
	vdev_hwpt_unref(nested);
	vdev_fault_queue_free(queue);
}

/* More faults than are read at once, each with its own cookie. */
static void test_many_faults(void)
{
	struct vdev_fault_queue *queue = NULL;
	const struct vdev_fault *fault;
	struct vdev_hwpt *nested;
	unsigned int count = 0;

	if (vdev_fault_queue_new(iommu, &queue))
		give_up("there is a fault queue");
	nested = nest(vdev_hwpt_id(parent), VDEV_HWPT_FAULT,
		      vdev_fault_queue_id(queue));
	attach(vdev_hwpt_id(nested));
	for (uint32_t i = 0; i < 300; i++)
		mock_fault(fd, dev.device, 0, i, VDEV_FAULT_READ, i * PAGE);
	while (vdev_fault_queue_next(queue, &fault) == 1 &&
	       vdev_fault_address(fault) == count * PAGE &&
	       !vdev_fault_queue_answer(queue, vdev_fault_cookie(fault),
					VDEV_FAULT_RETRY))
		count++;
	check(count == 300, "300 faults come in their order");
	attach(vdev_ioas_id(ioas));
	vdev_hwpt_unref(nested);
	vdev_fault_queue_free(queue);
}

/* The address space of a PASID faults as that PASID. */
static void test_pasid_faults(void)
{
	struct vdev_fault_queue *queue = NULL;
	struct vdev_hwpt *own = NULL, *hwpt = NULL;
	const struct vdev_fault *fault;

	if (vdev_fault_queue_new(iommu, &queue) ||
	    vdev_hwpt_new(iommu, dev.device, vdev_ioas_id(ioas),
			  VDEV_HWPT_PASID, 0, NULL, 0, 0, &own))
		give_up("there is a HWPT for PASIDs");
	hwpt = nest(vdev_hwpt_id(parent), VDEV_HWPT_PASID | VDEV_HWPT_FAULT,
		    vdev_fault_queue_id(queue));
	check(attach(vdev_hwpt_id(own)) && !mock_pasid(fd, MOCK_ATTACH, dev.id,
						       5, vdev_hwpt_id(hwpt)),
	      "a nested HWPT is attached to a PASID");
	mock_fault(fd, dev.device, 5, 1, VDEV_FAULT_READ | VDEV_FAULT_EXEC,
		   0x7000);
	fault = next_fault(queue);
	check(vdev_fault_pasid(fault) == 5 &&
		      vdev_fault_access(fault) ==
			      (VDEV_FAULT_READ | VDEV_FAULT_EXEC),
	      "its faults name the PASID");
	check(!vdev_fault_queue_answer(queue, vdev_fault_cookie(fault),
				       VDEV_FAULT_RETRY),
	      "and are answered");
	mock_pasid(fd, MOCK_DETACH, dev.id, 5, 0);
	attach(vdev_ioas_id(ioas));
	vdev_hwpt_unref(hwpt);
	vdev_hwpt_unref(own);
	vdev_fault_queue_free(queue);
}

/* --- A vIOMMU */

static struct vdev_viommu *viommu;

static void test_viommu(void)
{
	struct mock_viommu data = { .in = 0xabcd };
	struct vdev_viommu *other = NULL;
	void *page = NULL;

	check(vdev_viommu_new(parent, dev.device, VDEV_VIOMMU_ARM_SMMUV3, NULL,
			      0, &other) == -EOPNOTSUPP,
	      "the mock has no vIOMMU of SMMUv3");
	if (vdev_viommu_new(parent, dev.device, MOCK_TYPE, &data, sizeof(data),
			    &viommu))
		give_up("there is a vIOMMU");
	check(data.out == data.in, "a vIOMMU answers in its data");
	check(!vdev_viommu_mmap(viommu, data.mmap_offset, data.mmap_length,
				&page) &&
		      *(volatile uint32_t *)page == data.in,
	      "what it offers can be mapped");
	check(vdev_viommu_mmap(viommu, data.mmap_offset, PAGE, &page) == -ENXIO,
	      "in whole only");
	vdev_viommu_munmap(viommu, page, data.mmap_length);
}

static void test_vdevice(void)
{
	static const struct mock_cache_request requests[] = {
		{ 0, NUMBER, 1 }, { 0, NUMBER, 3 }
	};
	struct mock_cache_request wrong = { 0, NUMBER + 1, 0 };
	struct vdev_vdevice *vdevice = NULL, *other = NULL;

	check(!vdev_vdevice_new(viommu, dev.device, NUMBER, &vdevice),
	      "a device has a number of the guest's");
	check(vdev_vdevice_new(viommu, dev.device, NUMBER + 1, &other) ==
		      -EEXIST,
	      "and no other one");
	check(mock_has(fd, MOCK_CACHE, dev.device, 1, CACHE_VALUE),
	      "its cache is valid");
	check(vdev_viommu_invalidate(viommu, MOCK_TYPE, requests,
				     sizeof(requests[0]), 2) == 2,
	      "commands of the guest are handed on");
	check(mock_has(fd, MOCK_CACHE, dev.device, 1, 0) &&
		      mock_has(fd, MOCK_CACHE, dev.device, 3, 0),
	      "what they name is invalid");
	check(mock_has(fd, MOCK_CACHE, dev.device, 0, CACHE_VALUE),
	      "the rest is not");
	check(vdev_viommu_invalidate(viommu, MOCK_TYPE, &wrong, sizeof(wrong),
				     1) == -EINVAL,
	      "a number that no device has is refused");
	vdev_vdevice_free(vdevice);
	check(!vdev_vdevice_new(viommu, dev.device, NUMBER + 1, &vdevice),
	      "the number can be changed");
	vdev_vdevice_free(vdevice);
}

/* Whether the next event has this number, and so many before it were lost. */
static int event_is(struct vdev_veventq *queue, uint32_t sequence,
		    uint32_t lost)
{
	const struct vdev_vevent *event = NULL;
	const uint32_t *data;
	size_t size;

	if (vdev_veventq_next(queue, &event) != 1)
		return 0;
	data = vdev_vevent_data(event, &size);
	return vdev_vevent_sequence(event) == sequence &&
	       vdev_vevent_lost(event) == lost &&
	       (!data || (size == sizeof(*data) && *data == NUMBER));
}

static void happen(unsigned int count)
{
	while (count--)
		if (mock_event(fd, dev.device) && errno != ENOMEM)
			give_up("an event happens");
}

static void test_events(void)
{
	struct vdev_veventq *queue = NULL, *other = NULL;
	struct vdev_vdevice *vdevice = NULL;
	const struct vdev_vevent *event = NULL;
	struct vdev_hwpt *nested;

	if (vdev_vdevice_new(viommu, dev.device, NUMBER, &vdevice))
		give_up("there is a vDEVICE");
	nested = nest(vdev_viommu_id(viommu), 0, 0);
	check(attach(vdev_hwpt_id(nested)),
	      "a HWPT that is nested in the vIOMMU is attached");
	check(!vdev_veventq_new(viommu, MOCK_VEVENTQ, 2, sizeof(uint32_t),
				&queue),
	      "there is a queue of events");
	check(vdev_veventq_new(viommu, MOCK_VEVENTQ, 2, sizeof(uint32_t),
			       &other) == -EEXIST,
	      "and no other one of its type");
	check(!readable(vdev_veventq_fd(queue)) &&
		      !vdev_veventq_next(queue, &event),
	      "it is empty");
	happen(2);
	check(readable(vdev_veventq_fd(queue)), "events are delivered");
	check(event_is(queue, 0, 0) && event_is(queue, 1, 0),
	      "they are read, in their order");
	happen(5);
	check(event_is(queue, 2, 0) && event_is(queue, 3, 0) &&
		      event_is(queue, 6, 3),
	      "of five events a queue of two has lost three, which is told");
	check(!vdev_veventq_next(queue, &event), "once");
	happen(1);
	check(event_is(queue, 7, 0), "the next one is counted on");
	check(attach(vdev_ioas_id(ioas)), "the device is detached");
	vdev_hwpt_unref(nested);
	vdev_veventq_free(queue);
	vdev_vdevice_free(vdevice);
}

static void test_hw_queue(void)
{
	struct vdev_hw_queue *first = NULL, *second = NULL, *none = NULL;
	uint64_t iova = IOVA;

	check(vdev_hw_queue_new(viommu, MOCK_TYPE, 1, IOVA, PAGE, &none) ==
		      -EIO,
	      "hardware queues are made in their order");
	check(vdev_hw_queue_new(viommu, MOCK_TYPE, 0, IOVA + 64 * PAGE, PAGE,
				&none) == -ENOENT,
	      "of memory that is mapped");
	check(!vdev_hw_queue_new(viommu, MOCK_TYPE, 0, IOVA, PAGE, &first) &&
		      !vdev_hw_queue_new(viommu, MOCK_TYPE, 1, IOVA, PAGE,
					 &second),
	      "there are two");
	check(vdev_hw_queue_new(viommu, MOCK_TYPE, 1, IOVA, PAGE, &none) ==
		      -EEXIST,
	      "each of them once");
	check(vdev_ioas_unmap(ioas, iova, PAGE, NULL) == -EBUSY,
	      "their memory stays mapped");
	vdev_hw_queue_free(second);
	vdev_hw_queue_free(first);
	check(!vdev_ioas_unmap(ioas, iova, PAGE, NULL),
	      "until they have ended");
}

static void map_memory(void)
{
	void *memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t iova = IOVA;

	if (memory == MAP_FAILED ||
	    vdev_ioas_map(ioas, &iova, memory, PAGE, RW))
		give_up("memory is mapped");
}

int main(void)
{
	if (vdev_ctx_new(&ctx))
		return 2;
	if (vdev_iommu_open(ctx, VDEV_IOMMU_IOMMUFD, &iommu) ||
	    vdev_ioas_new(iommu, &ioas))
		give_up("there is an address space");
	fd = vdev_iommu_fd(iommu);
	map_memory();
	if (mock_new(fd, vdev_ioas_id(ioas), MOCK_PASID, &dev))
		give_up("there is a device");
	if (vdev_hwpt_new(iommu, dev.device, vdev_ioas_id(ioas),
			  VDEV_HWPT_NEST_PARENT, 0, NULL, 0, 0, &parent))
		give_up("there is a nest parent");
	test_nested();
	test_vtd();
	test_faults();
	test_many_faults();
	test_pasid_faults();
	test_viommu();
	test_vdevice();
	test_events();
	test_hw_queue();
	vdev_viommu_unref(viommu);
	vdev_hwpt_unref(parent);
	vdev_ioas_unref(ioas);
	vdev_iommu_unref(iommu);
	vdev_ctx_unref(ctx);
	return 0;
}
