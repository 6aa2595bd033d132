/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_LAB_MOCK_H
#define TESTS_LAB_MOCK_H

#include <errno.h>
#include <stdint.h>
#include <sys/ioctl.h>

/*
 * The kernel's mock of devices and IOMMUs (CONFIG_IOMMUFD_TEST). Numbers of
 * drivers/iommu/iommufd/iommufd_test.h of Linux 7.2.
 */
#define MOCK_CMD       _IO(';', 0x80 + 32)
#define MOCK_CHECK_MAP 3
#define MOCK_REPLACE   10
#define MOCK_DOMAIN    12
#define MOCK_DIRTY     13
#define MOCK_IOTLB     14
#define MOCK_IOPF      15
#define MOCK_CACHE     16
#define MOCK_VEVENT    17
#define MOCK_ATTACH    18
#define MOCK_PREPLACE  19
#define MOCK_DETACH    20
#define MOCK_CHECK     21
#define MOCK_NO_DIRTY  1
#define MOCK_PASID     4
#define MOCK_DATA      0xdead
#define MOCK_HW	       0xfeedbeef

struct mock {
	uint32_t size;
	uint32_t op;
	uint32_t id;
	uint32_t reserved;
	union {
		uint32_t words[12];
		uint64_t longs[6];
	};
	uint32_t last;
};

static inline int mock_call(int iommufd, struct mock *m)
{
	m->size = sizeof(*m);
	return ioctl(iommufd, MOCK_CMD, m) ? -errno : 0;
}

/* A device of the mock: the mock's id of it, the iommufd's, and its HWPT. */
struct mock_device {
	uint32_t id;
	uint32_t device;
	uint32_t hwpt;
};

/* Makes one that is attached to an address space. */
static inline int mock_new(int iommufd, uint32_t ioas, uint32_t flags,
			   struct mock_device *ret)
{
	struct mock m = { .op = MOCK_DOMAIN, .id = ioas };
	int error;

	m.words[3] = flags;
	*ret = (struct mock_device){ 0 };
	error = mock_call(iommufd, &m);
	if (!error)
		*ret = (struct mock_device){ m.words[0], m.words[2],
					     m.words[1] };
	return error;
}

/* Attaches, replaces, detaches or checks a PASID. */
static inline int mock_pasid(int iommufd, int op, uint32_t id, uint32_t pasid,
			     uint32_t hwpt)
{
	struct mock m = { .op = (uint32_t)op, .id = id };

	m.words[0] = pasid;
	m.words[1] = hwpt;
	return mock_call(iommufd, &m);
}

/* Moves the device; `hwpt` may be the id of an address space too. */
static inline int mock_replace(int iommufd, uint32_t id, uint32_t hwpt)
{
	struct mock m = { .op = MOCK_REPLACE, .id = id };

	m.words[0] = hwpt;
	return mock_call(iommufd, &m);
}

/* Lets pages of a HWPT that tracks them be written to: a bit for each. */
static inline int mock_dirty(int iommufd, uint32_t hwpt, uint64_t iova,
			     uint64_t length, uint64_t page_size,
			     const void *bits)
{
	struct mock m = { .op = MOCK_DIRTY, .id = hwpt };

	m.longs[1] = iova;
	m.longs[2] = length;
	m.longs[3] = page_size;
	m.longs[4] = (uintptr_t)bits;
	return mock_call(iommufd, &m);
}

/* Whether an entry of a nested HWPT's cache (MOCK_IOTLB, by its id) or of a
 * device's (MOCK_CACHE, by the iommufd's id) has a value. */
static inline int mock_has(int iommufd, int op, uint32_t id, uint32_t entry,
			   uint32_t value)
{
	struct mock m = { .op = (uint32_t)op, .id = id };

	m.words[0] = entry;
	m.words[1] = value;
	return !mock_call(iommufd, &m);
}

/* Lets a device (the iommufd's id) ask for a page; 0 for no PASID. */
static inline int mock_fault(int iommufd, uint32_t device, uint32_t pasid,
			     uint32_t group, uint32_t access, uint64_t address)
{
	struct mock m = { .op = MOCK_IOPF };

	m.words[0] = device;
	m.words[1] = pasid;
	m.words[2] = group;
	m.words[3] = access;
	m.longs[2] = address;
	return mock_call(iommufd, &m);
}

/* Lets an event happen in the vIOMMU of a device (the iommufd's id). */
static inline int mock_event(int iommufd, uint32_t device)
{
	struct mock m = { .op = MOCK_VEVENT };

	m.words[0] = device;
	return mock_call(iommufd, &m);
}

#endif
