/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Opens a device every way there is and uses all of it. Prints a line
 * "ok NAME", "not ok NAME: WHY" or "skip NAME: WHY" for each test.
 *
 * Usage: test_file all|refused|hot|hold iommufd|type1|compat ADDRESS
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libvdev/libvdev.h>

#include "verdict.h"

#define NVME_CLASS  0x010802
#define NVME_CAP    0x00
#define NVME_VS	    0x08
#define CAP_MSIX    0x11
#define MEMORY_SIZE 0x200000

static struct vdev_iommu *iommu;
static struct vdev_device *dev;

static void skip(const char *name)
{
	printf("skip %s: %s\n", name, vdev_ctx_last_error(ctx));
}

static int by_cdev(void)
{
	return vdev_iommu_kind(iommu) == VDEV_IOMMU_IOMMUFD;
}

static void test_info(struct vdev_file *file)
{
	uint64_t vendor = 0, device = 0;

	check(fcntl(vdev_file_fd(file), F_GETFD) & FD_CLOEXEC,
	      "the descriptor is close-on-exec");
	check((vdev_file_flags(file) & (VDEV_FILE_PCI | VDEV_FILE_RESET)) ==
		      (VDEV_FILE_PCI | VDEV_FILE_RESET),
	      "it is a PCI device that can be reset");
	check(vdev_file_region_count(file) >= 9 &&
		      vdev_file_irq_count(file) == 5,
	      "it has regions and interrupts");
	check(!vdev_file_read_register(file, VDEV_REGION_CONFIG, 0, 2,
				       &vendor) &&
		      !vdev_file_read_register(file, VDEV_REGION_CONFIG, 2, 2,
					       &device) &&
		      (int)vendor == vdev_device_vendor_id(dev) &&
		      (int)device == vdev_device_device_id(dev),
	      "its configuration space has the ids of sysfs");
	check(vdev_file_cap_offset(file, CAP_MSIX, 0) >= 0x40,
	      "its MSI-X capability is found");
	check(vdev_file_cap_offset(file, 0x7f, 0) == -ENODATA,
	      "and one it does not have is not");
}

static void test_bars(struct vdev_file *file)
{
	const struct vdev_region *region;
	uint64_t offset, size, value = 1;
	unsigned int mapped = 0;
	uint8_t bytes[7];
	void *map;

	for (unsigned int i = 0; i < vdev_file_region_count(file); i++) {
		if (!check(!vdev_file_region(file, i, &region), "region %u", i))
			continue;
		for (size_t j = 0; j < vdev_region_area_count(region); j++) {
			vdev_region_area(region, j, &offset, &size);
			if (check(!vdev_file_mmap(file, i, offset, size,
						  VDEV_REGION_READ, &map),
				  "%s is mapped, %#llx at %#llx",
				  vdev_region_name(region),
				  (unsigned long long)size,
				  (unsigned long long)offset))
				mapped++;
		}
	}
	check(mapped > 0, "something can be mapped");
	check(!vdev_file_region(file, VDEV_REGION_BAR0, &region) &&
		      vdev_region_size(region) > 0x100,
	      "BAR 0 is there");
	check(!vdev_file_read(file, VDEV_REGION_BAR0, 1, bytes, sizeof(bytes)),
	      "an odd number of bytes is read from an odd place");
	check(vdev_file_read(file, VDEV_REGION_BAR0, vdev_region_size(region),
			     bytes, 1) == -EINVAL,
	      "past its end nothing is");
	check(vdev_file_bus_master(file) == 0, "bus mastering is off");
	check(!vdev_file_set_bus_master(file, true) &&
		      vdev_file_bus_master(file) == 1,
	      "and on");
	/* Without memory access the device does not answer. */
	check(!vdev_file_read_register(file, VDEV_REGION_CONFIG, 4, 2,
				       &value) &&
		      !vdev_file_write_register(file, VDEV_REGION_CONFIG, 4, 2,
						value & ~2ULL) &&
		      vdev_file_read(file, VDEV_REGION_BAR0, 0, bytes, 4) ==
			      -EIO &&
		      !vdev_file_write_register(file, VDEV_REGION_CONFIG, 4, 2,
						value) &&
		      !vdev_file_read(file, VDEV_REGION_BAR0, 0, bytes, 4),
	      "memory access is switched off and on");
}

static void test_nvme(struct vdev_file *file)
{
	uint64_t cap = 0, version = 0;
	volatile const uint8_t *map;
	void *address;

	if (vdev_device_class_code(dev) != NVME_CLASS)
		return;
	check(!vdev_file_read_register(file, VDEV_REGION_BAR0, NVME_CAP, 8,
				       &cap) &&
		      cap && cap != UINT64_MAX,
	      "CAP is read");
	check(!vdev_file_read_register(file, VDEV_REGION_BAR0, NVME_VS, 4,
				       &version) &&
		      version >= 0x10000 && version < 0x30000,
	      "VS is read");
	if (!check(!vdev_file_mmap(file, VDEV_REGION_BAR0, 0, 0x1000,
				   VDEV_REGION_READ, &address),
		   "the registers are mapped"))
		return;
	map = address;
	check(*(volatile const uint32_t *)(map + NVME_CAP) == (uint32_t)cap &&
		      *(volatile const uint32_t *)(map + NVME_CAP + 4) ==
			      cap >> 32,
	      "CAP is the same through the mapping");
	check(*(volatile const uint32_t *)(map + NVME_VS) == version, "VS too");
	check(!vdev_file_munmap(file, address), "the mapping ends");
}

static int signalled(int fd)
{
	uint64_t count = 0;

	return read(fd, &count, sizeof(count)) == sizeof(count) ? (int)count
								: 0;
}

static void test_irqs(struct vdev_file *file)
{
	int fds[2] = { eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
		       eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC) };
	int sparse[2] = { -1, fds[1] };
	unsigned int flags;
	uint32_t count = 0;

	check(!vdev_file_irq_info(file, VDEV_IRQ_MSIX, &count, &flags) &&
		      count >= 2 && flags & VDEV_IRQ_EVENTFD,
	      "there are %u MSI-X interrupts", count);
	check(!vdev_file_irq_set(file, VDEV_IRQ_MSIX, 0, 2, fds),
	      "two are enabled");
	check(!vdev_file_irq_trigger(file, VDEV_IRQ_MSIX, 1, 1) &&
		      !signalled(fds[0]) && signalled(fds[1]) == 1,
	      "one is triggered");
	check(vdev_file_irq_set(file, VDEV_IRQ_INTX, 0, 1, fds) == -EINVAL,
	      "the pin cannot be used meanwhile");
	check(!vdev_file_irq_set(file, VDEV_IRQ_MSIX, 0, 2, sparse) &&
		      !vdev_file_irq_trigger(file, VDEV_IRQ_MSIX, 0, 2) &&
		      !signalled(fds[0]) && signalled(fds[1]) == 1,
	      "one is left out");
	check(vdev_file_irq_mask(file, VDEV_IRQ_MSIX, 0, 1) == -EOPNOTSUPP,
	      "MSI-X cannot be masked");
	check(vdev_file_irq_set(file, VDEV_IRQ_MSIX, count, 1, fds) == -EINVAL,
	      "one too many is refused");
	check(!vdev_file_irq_disable(file, VDEV_IRQ_MSIX) &&
		      !vdev_file_irq_disable(file, VDEV_IRQ_MSIX),
	      "all are disabled, twice");
	check(vdev_file_irq_trigger(file, VDEV_IRQ_MSIX, 0, 1) == -EINVAL,
	      "and are not triggered then");
	check(!vdev_file_irq_set(file, VDEV_IRQ_REQUEST, 0, 1, fds) &&
		      !vdev_file_irq_trigger(file, VDEV_IRQ_REQUEST, 0, 1) &&
		      signalled(fds[0]) == 1 &&
		      !vdev_file_irq_disable(file, VDEV_IRQ_REQUEST),
	      "the request interrupt works");
	check(!vdev_file_irq_set(file, VDEV_IRQ_ERROR, 0, 1, fds) &&
		      !vdev_file_irq_trigger(file, VDEV_IRQ_ERROR, 0, 1) &&
		      signalled(fds[0]) == 1 &&
		      !vdev_file_irq_disable(file, VDEV_IRQ_ERROR),
	      "the error interrupt works");
	close(fds[0]);
	close(fds[1]);
}

static void test_pin(struct vdev_file *file)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	int unmask = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	unsigned int flags;
	uint32_t count;

	if (vdev_file_irq_info(file, VDEV_IRQ_INTX, &count, &flags) || !count) {
		check(0, "the pin is there");
	} else if (vdev_file_irq_set(file, VDEV_IRQ_INTX, 0, 1, &fd)) {
		skip("the pin");
	} else {
		check(!vdev_file_irq_mask(file, VDEV_IRQ_INTX, 0, 1) &&
			      !vdev_file_irq_unmask(file, VDEV_IRQ_INTX, 0, 1),
		      "the pin is masked and unmasked");
		check(!vdev_file_irq_trigger(file, VDEV_IRQ_INTX, 0, 1) &&
			      signalled(fd) == 1,
		      "and triggered");
		check(!vdev_file_irq_resample(file, VDEV_IRQ_INTX, 0, unmask) &&
			      !vdev_file_irq_resample(file, VDEV_IRQ_INTX, 0,
						      -1),
		      "and resampled");
		check(!vdev_file_irq_disable(file, VDEV_IRQ_INTX),
		      "and disabled");
	}
	close(fd);
	close(unmask);
}

static void test_resets(struct vdev_file *file)
{
	struct vdev_reset_set *set;
	int found = 0;

	check(!vdev_file_reset(file), "it is reset");
	if (!check(vdev_reset_set_new(file, &set) > 0,
		   "the set of a hot reset is told"))
		return;
	for (size_t i = 0; i < vdev_reset_set_count(set); i++) {
		uint32_t id = 0, own = 0;

		if (strcmp(vdev_reset_set_address(set, i),
			   vdev_device_address(dev)))
			continue;
		found = 1;
		check(vdev_reset_set_owned(set, i) == 1, "it owns itself");
		if (by_cdev())
			check(!vdev_reset_set_device_id(set, i, &id) &&
				      !vdev_file_device_id(file, &own) &&
				      id == own,
			      "by its id");
		else
			check(vdev_reset_set_group(set, i) ==
				      vdev_device_iommu_group(dev),
			      "by its group");
	}
	check(found, "it is in the set itself");
	vdev_reset_set_free(set);
	/* QEMU's root ports do not report the link after the reset. */
	if (vdev_file_hot_reset(file, NULL, 0) == -EIO)
		skip("it is reset with its bus");
	else
		check(!vdev_file_hot_reset(file, NULL, 0),
		      "it is reset with its bus");
}

static void test_features(struct vdev_file *file)
{
	const struct vdev_vf_token token = { { 1, 2, 3, 4 } };
	int wakeup = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	for (int i = 0; i < VDEV_FEATURES; i++)
		check(vdev_file_feature(file, (enum vdev_feature)i) >= 0,
		      "feature %s is asked for",
		      vdev_feature_name((enum vdev_feature)i));
	check(!vdev_file_feature(file, VDEV_FEATURE_MIGRATION),
	      "plain vfio-pci does not migrate");
	check(vdev_file_feature(file, VDEV_FEATURE_LOW_POWER_ENTRY) ==
		      (VDEV_FEATURE_THERE | VDEV_FEATURE_SET),
	      "it has low power");
	check(!vdev_file_low_power_enter(file, -1), "low power is entered");
	check(vdev_file_low_power_enter(file, -1) == -EINVAL, "once only");
	check(!vdev_file_low_power_exit(file), "and left");
	check(!vdev_file_low_power_enter(file, wakeup) &&
		      !vdev_file_low_power_exit(file),
	      "the same with a wake-up signal");
	check(vdev_file_set_vf_token(file, &token) ==
		      (vdev_device_sriov_totalvfs(dev) < 0 ? -EOPNOTSUPP : 0),
	      "a PF has a token, others have none");
	check(vdev_file_gfx_kinds(file) == 0, "it has no picture");
	close(wakeup);
}

static void test_ioeventfd(struct vdev_file *file)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	check(!vdev_file_ioeventfd(file, VDEV_REGION_BAR0, 0x10, 4, 1, fd),
	      "a write is tied to an eventfd");
	check(vdev_file_ioeventfd(file, VDEV_REGION_BAR0, 0x10, 4, 1, fd) ==
		      -EEXIST,
	      "once only");
	check(!vdev_file_ioeventfd(file, VDEV_REGION_BAR0, 0x10, 4, 1, -1),
	      "and untied");
	check(vdev_file_ioeventfd(file, VDEV_REGION_BAR0, 0x10, 4, 1, -1) ==
		      -ENOENT,
	      "once only too");
	check(vdev_file_ioeventfd(file, VDEV_REGION_CONFIG, 4, 2, 1, fd) ==
		      -EINVAL,
	      "the configuration space has none");
	close(fd);
}

/* A new one, or that of a container, which a device may have already. */
static int get_space(struct vdev_file *sharer, struct vdev_ioas **ret)
{
	if (!sharer || !vdev_file_ioas(sharer) || by_cdev())
		return vdev_ioas_new(iommu, ret);
	*ret = vdev_ioas_ref(vdev_file_ioas(sharer));
	return 0;
}

static void test_space(struct vdev_file *file, struct vdev_file *sharer)
{
	void *memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t iova = 0x100000000, unmapped = 0;
	struct vdev_ioas *ioas;

	if (!check(!get_space(sharer, &ioas), "there is an address space"))
		return;
	check(!vdev_file_attach(file, ioas), "it is attached");
	check(!vdev_file_attach(file, ioas), "and once more");
	check(!vdev_ioas_map(ioas, &iova, memory, MEMORY_SIZE,
			     VDEV_MAP_READ | VDEV_MAP_WRITE),
	      "memory is mapped for it");
	check(!vdev_ioas_unmap(ioas, iova, MEMORY_SIZE, &unmapped) &&
		      unmapped == MEMORY_SIZE,
	      "and unmapped");
	if (by_cdev()) {
		check(!vdev_file_detach(file) && !vdev_file_detach(file),
		      "it is detached, twice");
		check(vdev_file_attach_id(file, 4000, NULL) == -ENOENT,
		      "what is not there is not attached");
	} else {
		check(vdev_file_detach(file) == -EOPNOTSUPP,
		      "from a container it is not detached");
	}
	vdev_ioas_unref(ioas);
	munmap(memory, MEMORY_SIZE);
}

/* What is mapped before a device is there need not be whole pages. */
static void test_misaligned(struct vdev_file *file)
{
	static char memory[64];
	uint64_t iova = 0x100000000;
	struct vdev_ioas *ioas;

	if (!by_cdev() || vdev_ioas_new(iommu, &ioas))
		return;
	check(!vdev_ioas_map(ioas, &iova, memory, sizeof(memory),
			     VDEV_MAP_READ),
	      "part of a page is mapped without a device");
	check(vdev_file_attach(file, ioas) == -EADDRINUSE &&
		      strstr(vdev_ctx_last_error(ctx), "whole pages"),
	      "and no device attached to it then");
	vdev_ioas_unref(ioas);
}

static void test_dmabuf(struct vdev_file *file)
{
	const struct vdev_dma_range range = { 0, 0x1000 };
	uint64_t iova = 0x200000000;
	struct vdev_ioas *ioas;
	int fd;

	if (!vdev_file_feature(file, VDEV_FEATURE_DMABUF)) {
		vdev_file_export_dmabuf(file, VDEV_REGION_BAR0, &range, 1);
		skip("a dma-buf of BAR 0");
		return;
	}
	fd = vdev_file_export_dmabuf(file, VDEV_REGION_BAR0, &range, 1);
	if (!check(fd >= 0, "a dma-buf is made of BAR 0"))
		return;
	check(fcntl(fd, F_GETFD) & FD_CLOEXEC, "it is close-on-exec");
	if (by_cdev() && !vdev_ioas_new(iommu, &ioas)) {
		check(!vdev_file_attach(file, ioas) &&
			      !vdev_ioas_map_file(ioas, &iova, fd, 0, 0x1000,
						  VDEV_MAP_READ |
							  VDEV_MAP_WRITE),
		      "and mapped for peers");
		vdev_ioas_unref(ioas);
	}
	close(fd);
}

/* None of the lab's devices has PASIDs; the kernel would not say so. */
static void test_pasids(struct vdev_file *file)
{
	check(vdev_file_attach_pasid_id(file, 1, 1) == -EOPNOTSUPP &&
		      vdev_ctx_last_kind(ctx) == VDEV_ERROR_NOT_SUPPORTED,
	      "PASIDs are refused");
	if (by_cdev())
		check(strstr(vdev_ctx_last_error(ctx),
			     "lacks the PCI capability") != NULL,
		      "because the device has none");
	check(!vdev_file_detach_all_pasids(file), "there are none to detach");
}

static void count_warning(void *data, enum vdev_log_level level,
			  const char *text)
{
	unsigned int *count = data;

	(void)level;
	printf("# %s\n", text);
	(*count)++;
}

/* A HWPT of the caller's own, in place of the kernel's. */
static void test_hwpt(struct vdev_file *file)
{
	unsigned int warnings = 0;
	struct vdev_hwpt *hwpt;
	struct vdev_ioas *ioas, *other;

	if (!by_cdev() || vdev_ioas_new(iommu, &ioas) ||
	    vdev_ioas_new(iommu, &other))
		return;
	vdev_ctx_set_log(ctx, VDEV_LOG_WARNING, count_warning, &warnings);
	if (check(!vdev_file_make_hwpt(file, other, 0, &hwpt),
		  "a HWPT is made")) {
		vdev_ioas_unref(other);
		check(!vdev_file_attach_hwpt(file, hwpt), "and attached");
		vdev_hwpt_unref(hwpt);
		check(!vdev_file_attach(file, ioas),
		      "and replaced by the kernel's");
		check(!warnings, "its address space goes with it");
	}
	vdev_ctx_set_log(ctx, VDEV_LOG_WARNING, NULL, NULL);
	vdev_ioas_unref(ioas);
}

/* Somebody without any right, to whom the descriptor was handed. */
static int unprivileged(int fd)
{
	struct vdev_file *file;
	struct vdev_ctx *own;
	uint64_t vendor = 0;

	if (setgid(65534) || setuid(65534) || vdev_ctx_new(&own))
		return 1;
	if (vdev_file_import(own, fd, NULL, 0, NULL, &file))
		return 2;
	if (vdev_file_read_register(file, VDEV_REGION_CONFIG, 0, 2, &vendor) ||
	    (int)vendor != vdev_device_vendor_id(dev))
		return 3;
	if (vdev_file_reset(file))
		return 4;
	vdev_file_unref(file);
	vdev_ctx_unref(own);
	return 0;
}

static void test_import(struct vdev_file *file)
{
	struct vdev_file *other;
	uint32_t id = 0;
	int status;
	pid_t pid;

	vdev_file_device_id(file, &id);
	if (check(!vdev_file_import(ctx, vdev_file_fd(file), iommu, id, NULL,
				    &other),
		  "the descriptor is imported")) {
		test_irqs(other);
		test_space(other, file);
		vdev_file_unref(other);
	}
	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(unprivileged(vdev_file_fd(file)));
	waitpid(pid, &status, 0);
	check(!status, "and used by an unprivileged process (%d)", status >> 8);
}

static void test_unbound(void)
{
	const char *node = vdev_device_vfio_cdev(dev);
	struct vdev_file *file;
	int fd;

	if (!by_cdev())
		return;
	fd = open(node, O_RDWR | O_CLOEXEC);
	check(vdev_file_import(ctx, fd, NULL, 0, NULL, &file) == -EINVAL,
	      "what is not bound is not imported without an iommufd");
	if (check(!vdev_file_import(ctx, fd, iommu, 0, NULL, &file),
		  "it is imported and bound")) {
		check(vdev_file_import(ctx, fd, iommu, 0, NULL, &file) ==
			      -EBUSY,
		      "once only");
		vdev_file_unref(file);
	}
	close(fd);
}

static void test_twice(struct vdev_file *file)
{
	struct vdev_iommu *second;
	struct vdev_file *other;
	int ret;

	if (vdev_iommu_open(ctx, vdev_iommu_kind(iommu), &second)) {
		check(0, "a second iommu is opened");
		return;
	}
	ret = vdev_file_open(dev, second, NULL, &other);
	check(ret == -EBUSY && vdev_ctx_last_kind(ctx) == VDEV_ERROR_IN_USE,
	      "for another iommu it is busy");
	vdev_iommu_unref(second);
	ret = vdev_file_open(dev, iommu, NULL, &other);
	if (by_cdev()) {
		check(ret == -EBUSY, "by cdev it is opened once");
	} else if (check(!ret, "through the group it is opened again")) {
		check(vdev_file_group_fd(file) == vdev_file_group_fd(other),
		      "by the same node");
		vdev_file_unref(other);
	}
}

/* The context keeps the directory of the last device open. */
static int count_fds(void)
{
	int count = 0;

	vdev_device_refresh(dev);
	vdev_device_driver(dev);
	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void test_all(void)
{
	struct vdev_file *file;
	int fds;

	/* What a context keeps open is open after the first time. */
	if (!check(!vdev_file_open(dev, iommu, NULL, &file), "it is opened"))
		return;
	vdev_file_unref(file);
	fds = count_fds();
	if (!check(!vdev_file_open(dev, iommu, NULL, &file), "and again"))
		return;
	test_info(file);
	test_bars(file);
	test_nvme(file);
	test_irqs(file);
	test_pin(file);
	test_misaligned(file);
	test_space(file, NULL);
	test_pasids(file);
	test_hwpt(file);
	test_features(file);
	test_ioeventfd(file);
	test_dmabuf(file);
	test_twice(file);
	test_import(file);
	test_resets(file);
	vdev_file_unref(file);
	test_unbound();
	check(count_fds() == fds, "no descriptor is left");
}

/* It must not be possible to open it: prints why. */
static int test_refused(void)
{
	struct vdev_file *file;
	int ret = vdev_file_open(dev, iommu, NULL, &file);

	if (!ret) {
		vdev_file_unref(file);
		return 0;
	}
	printf("%s\n%s\n", vdev_ctx_last_error(ctx),
	       vdev_ctx_last_hint(ctx) ? vdev_ctx_last_hint(ctx) : "");
	return (int)vdev_ctx_last_kind(ctx);
}

/* Resets it with its bus: prints the set, and why that fails. */
static int test_hot(void)
{
	struct vdev_reset_set *set;
	struct vdev_file *file;
	int ret = vdev_file_open(dev, iommu, NULL, &file);

	if (ret) {
		printf("%s\n", vdev_ctx_last_error(ctx));
		return 66;
	}
	if (vdev_reset_set_new(file, &set) > 0) {
		for (size_t i = 0; i < vdev_reset_set_count(set); i++)
			printf("%s %s\n", vdev_reset_set_address(set, i),
			       vdev_reset_set_owned(set, i) ? "owned" : "not");
		vdev_reset_set_free(set);
	}
	ret = vdev_file_hot_reset(file, NULL, 0);
	if (ret)
		printf("%s\n", vdev_ctx_last_error(ctx));
	vdev_file_unref(file);
	return ret ? (int)vdev_ctx_last_kind(ctx) : 0;
}

/* Holds it open until its standard input ends. */
static int test_hold(void)
{
	struct vdev_file *file;
	char c;

	if (vdev_file_open(dev, iommu, NULL, &file)) {
		printf("%s\n", vdev_ctx_last_error(ctx));
		return 1;
	}
	printf("open\n");
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		continue;
	vdev_file_unref(file);
	return 0;
}

static enum vdev_iommu_kind kind_of(const char *name)
{
	for (int k = VDEV_IOMMU_ANY; k <= VDEV_IOMMU_COMPAT; k++)
		if (!strcmp(name,
			    vdev_iommu_kind_name((enum vdev_iommu_kind)k)))
			return (enum vdev_iommu_kind)k;
	return VDEV_IOMMU_ANY;
}

int main(int argc, char **argv)
{
	int status = 0;

	if (argc != 4)
		return 64;
	if (vdev_ctx_new(&ctx) || vdev_device_find(ctx, argv[3], &dev) ||
	    vdev_iommu_open(ctx, kind_of(argv[2]), &iommu)) {
		printf("not ok set-up: %s\n", vdev_ctx_last_error(ctx));
		return 65;
	}
	if (!strcmp(argv[1], "refused"))
		status = test_refused();
	else if (!strcmp(argv[1], "hot"))
		status = test_hot();
	else if (!strcmp(argv[1], "hold"))
		status = test_hold();
	else
		test_all();
	vdev_iommu_unref(iommu);
	vdev_device_unref(dev);
	vdev_ctx_unref(ctx);
	return status;
}
