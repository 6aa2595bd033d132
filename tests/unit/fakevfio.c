/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fakevfio.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/sysmacros.h>

#include <cmocka.h>

#include "kernel/abi/iommufd.h"

#define FIRST_FD	 1000
#define REGION_SHIFT	 40
#define REGION_OF(place) ((unsigned int)((uint64_t)(place) >> REGION_SHIFT))
#define PLACE_OF(place)	 ((size_t)((uint64_t)(place)&0xffffffffff))

static struct fakevfio *fake(struct vdev_sys *sys)
{
	return sys->data;
}

static int give_fd(struct fakevfio *fv, enum fake_fd kind)
{
	for (int i = 0; i < FAKE_FDS; i++)
		if (fv->fds[i] == FAKE_FD_FREE) {
			fv->fds[i] = kind;
			return FIRST_FD + i;
		}
	fail_msg("too many descriptors");
	return -EMFILE;
}

static enum fake_fd kind_of(const struct fakevfio *fv, int fd)
{
	if (fd < FIRST_FD || fd >= FIRST_FD + FAKE_FDS)
		return FAKE_FD_FREE;
	return fv->fds[fd - FIRST_FD];
}

static unsigned int count(const struct fakevfio *fv, enum fake_fd kind)
{
	unsigned int n = 0;

	for (int i = 0; i < FAKE_FDS; i++)
		n += fv->fds[i] == kind;
	return n;
}

static int fake_open(struct vdev_sys *sys, int dirfd, const char *path,
		     int flags, mode_t mode)
{
	struct fakevfio *fv = fake(sys);

	if (str_eq(path, "/dev/iommu"))
		return fv->no_iommufd ? -ENOENT : give_fd(fv, FAKE_FD_IOMMUFD);
	if (str_eq(path, "/dev/vfio/vfio"))
		return fv->no_container ? -ENOENT
					: give_fd(fv, FAKE_FD_CONTAINER);
	if (!str_starts(path, "/dev/vfio/"))
		return fv->former_ops->open(sys, dirfd, path, flags, mode);
	if (fv->open_error)
		return -fv->open_error;
	if (str_eq(path, FAKE_CDEV))
		return give_fd(fv, FAKE_FD_CDEV);
	assert_string_equal(path, fv->noiommu ? FAKE_NOIOMMU : FAKE_NODE);
	if (count(fv, FAKE_FD_GROUP) || fv->bound)
		return -EBUSY;
	return give_fd(fv, FAKE_FD_GROUP);
}

static int fake_stat(struct vdev_sys *sys, int dirfd, const char *path,
		     struct stat *st, bool follow)
{
	struct fakevfio *fv = fake(sys);

	if (dirfd < FIRST_FD)
		return fv->former_ops->stat(sys, dirfd, path, st, follow);
	*st = (struct stat){ .st_mode = S_IFCHR | 0600,
			     .st_rdev = makedev(511, fv->minor) };
	return 0;
}

static int fake_close(struct vdev_sys *sys, int fd)
{
	struct fakevfio *fv = fake(sys);
	enum fake_fd kind = kind_of(fv, fd);

	if (fd < FIRST_FD)
		return fv->former_ops->close(sys, fd);
	if (kind == FAKE_FD_FREE)
		fail_msg("fd %d is closed once too often", fd);
	fv->fds[fd - FIRST_FD] = FAKE_FD_FREE;
	if (kind == FAKE_FD_CDEV && !count(fv, FAKE_FD_CDEV)) {
		fv->bound = false;
		fv->attached = 0;
		fv->pasids = 0;
	}
	if (kind == FAKE_FD_DEVICE && !count(fv, FAKE_FD_DEVICE))
		fv->open = false;
	if (kind == FAKE_FD_GROUP) {
		/* A device holds its group: the order matters to users. */
		assert_false(fv->open);
		fv->has_container = false;
		fv->type_set = false;
	}
	return 0;
}

static int fake_dup(struct vdev_sys *sys, int fd)
{
	struct fakevfio *fv = fake(sys);
	enum fake_fd kind = kind_of(fv, fd);

	return kind == FAKE_FD_FREE ? -EBADF : give_fd(fv, kind);
}

/* --- Regions */

static uint8_t *region_memory(struct fakevfio *fv, unsigned int index,
			      size_t *size)
{
	switch (index) {
	case VFIO_PCI_BAR0_REGION_INDEX:
		*size = FAKE_BAR_SIZE;
		return fv->bar0;
	case VFIO_PCI_BAR1_REGION_INDEX:
		*size = sizeof(fv->bar1);
		return fv->bar1;
	case VFIO_PCI_CONFIG_REGION_INDEX:
		*size = sizeof(fv->config);
		return fv->config;
	default:
		*size = 0;
		return NULL;
	}
}

static ssize_t transfer(struct fakevfio *fv, void *to, const void *from,
			off_t offset, size_t size)
{
	size_t room;
	uint8_t *memory = region_memory(fv, REGION_OF(offset), &room);
	size_t at = PLACE_OF(offset);

	fv->calls++;
	if (fv->rw_error)
		return -fv->rw_error;
	if (at >= room)
		return -EINVAL;
	if (size > room - at)
		size = room - at;
	/* As a kernel may: what is long comes in pieces. */
	if (size > 512)
		size = 512;
	memcpy(to ? to : memory + at, from ? from : memory + at, size);
	return (ssize_t)size;
}

static bool is_device(const struct fakevfio *fv, int fd)
{
	return kind_of(fv, fd) == FAKE_FD_CDEV ||
	       kind_of(fv, fd) == FAKE_FD_DEVICE;
}

static ssize_t fake_pread(struct vdev_sys *sys, int fd, void *buf, size_t size,
			  off_t offset)
{
	struct fakevfio *fv = fake(sys);

	if (!is_device(fv, fd))
		return fv->former_ops->pread(sys, fd, buf, size, offset);
	return transfer(fv, buf, NULL, offset, size);
}

static ssize_t fake_pwrite(struct vdev_sys *sys, int fd, const void *buf,
			   size_t size, off_t offset)
{
	struct fakevfio *fv = fake(sys);

	assert_true(is_device(fv, fd));
	return transfer(fv, NULL, buf, offset, size);
}

static int fake_mmap(struct vdev_sys *sys, int fd, uint64_t offset,
		     size_t length, int prot, void **ret)
{
	struct fakevfio *fv = fake(sys);

	(void)prot;
	assert_true(is_device(fv, fd));
	if (REGION_OF(offset) != VFIO_PCI_BAR0_REGION_INDEX ||
	    PLACE_OF(offset) + length > FAKE_BAR_SIZE)
		return -EINVAL;
	fv->mappings++;
	*ret = fv->bar0 + PLACE_OF(offset);
	return 0;
}

static int fake_munmap(struct vdev_sys *sys, void *address, size_t length)
{
	struct fakevfio *fv = fake(sys);

	(void)length;
	assert_true((uint8_t *)address >= fv->bar0 &&
		    (uint8_t *)address < fv->bar0 + FAKE_BAR_SIZE);
	assert_true(fv->mappings > 0);
	fv->mappings--;
	return 0;
}

/* --- What devices tell */

static int get_device_info(struct fakevfio *fv, struct vfio_device_info *info)
{
	struct vfio_device_info_cap_pci_atomic_comp *cap =
		(void *)((char *)info + sizeof(*info));
	const uint32_t room = info->argsz;

	info->flags = VFIO_DEVICE_FLAGS_CAPS | fv->flags;
	if (!fv->no_pci)
		info->flags |= VFIO_DEVICE_FLAGS_PCI;
	info->num_regions = fv->num_regions ? fv->num_regions : FAKE_REGIONS;
	info->num_irqs = VFIO_PCI_NUM_IRQS;
	if (room < sizeof(*info) + sizeof(*cap)) {
		info->argsz = sizeof(*info) + sizeof(*cap);
		return 0;
	}
	info->cap_offset = sizeof(*info);
	*cap = (struct vfio_device_info_cap_pci_atomic_comp){
		.header = { VFIO_DEVICE_INFO_CAP_PCI_ATOMIC_COMP, 1, 0 },
		.flags = VFIO_PCI_ATOMIC_COMP32 | VFIO_PCI_ATOMIC_COMP64,
	};
	return 0;
}

/* Puts a chain behind the structure, or says how much room it needs. */
static int add_caps(struct vfio_region_info *info, const void *caps,
		    uint32_t size)
{
	const uint32_t need = (uint32_t)sizeof(*info) + size;

	info->flags |= VFIO_REGION_INFO_FLAG_CAPS;
	if (info->argsz < need) {
		info->argsz = need;
		info->cap_offset = 0;
		return 0;
	}
	memcpy(info + 1, caps, size);
	info->cap_offset = sizeof(*info);
	return 0;
}

static int get_bar0_info(struct fakevfio *fv, struct vfio_region_info *info)
{
	struct {
		struct vfio_region_info_cap_sparse_mmap sparse;
		struct vfio_region_sparse_mmap_area areas[2];
		struct vfio_info_cap_header mappable;
	} caps = {
		.sparse = { .header = { VFIO_REGION_INFO_CAP_SPARSE_MMAP, 1,
					sizeof(*info) + 48 },
			    .nr_areas = 2 },
		.areas = { { 0, 0x2000 }, { 0x3000, FAKE_BAR_SIZE - 0x3000 } },
		.mappable = { VFIO_REGION_INFO_CAP_MSIX_MAPPABLE, 1, 0 },
	};

	assert_int_equal((char *)&caps.mappable - (char *)&caps, 48);
	info->size -= fv->odd;
	info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
		      VFIO_REGION_INFO_FLAG_MMAP;
	return add_caps(info, &caps, sizeof(caps));
}

static int get_region_info(struct fakevfio *fv, struct vfio_region_info *info)
{
	struct vfio_region_info_cap_type cap = {
		.header = { VFIO_REGION_INFO_CAP_TYPE, 1, 0 },
		.type = 0x80008086,
		.subtype = VFIO_REGION_SUBTYPE_INTEL_IGD_OPREGION,
	};
	size_t size;

	if (info->index >= FAKE_REGIONS)
		return -EINVAL;
	(void)region_memory(fv, info->index, &size);
	info->size = size;
	info->offset = (uint64_t)info->index << REGION_SHIFT;
	info->flags =
		size ? VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE
		     : 0;
	switch (info->index) {
	case VFIO_PCI_BAR0_REGION_INDEX:
		return get_bar0_info(fv, info);
	case VFIO_PCI_VGA_REGION_INDEX:
		return -EINVAL;
	case 9:
		info->size = 0x2000;
		info->flags = VFIO_REGION_INFO_FLAG_READ;
		return add_caps(info, &cap, sizeof(cap));
	case 10:
		cap.header.next = sizeof(*info);
		return add_caps(info, &cap, sizeof(cap));
	default:
		return 0;
	}
}

static int get_irq_info(struct vfio_irq_info *info)
{
	static const uint32_t counts[] = { 1, 0, FAKE_VECTORS, 1, 1 };

	if (info->index >= VFIO_PCI_NUM_IRQS)
		return -EINVAL;
	info->count = counts[info->index];
	info->flags = VFIO_IRQ_INFO_EVENTFD;
	if (info->index == VFIO_PCI_INTX_IRQ_INDEX)
		info->flags |=
			VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED;
	else
		info->flags |= VFIO_IRQ_INFO_NORESIZE;
	return 0;
}

static int set_irqs(struct fakevfio *fv, const struct vfio_irq_set *set)
{
	struct vfio_irq_info info = { .index = set->index };

	if (get_irq_info(&info) || set->start + set->count > info.count)
		return -EINVAL;
	if (set->index == VFIO_PCI_MSIX_IRQ_INDEX &&
	    !(set->flags & VFIO_IRQ_SET_ACTION_TRIGGER))
		return -ENOTTY;
	if (set->flags & VFIO_IRQ_SET_DATA_EVENTFD) {
		assert_int_equal(set->argsz,
				 sizeof(*set) + (size_t)set->count * 4);
		if (fv->most_vectors && set->count > fv->most_vectors)
			return (int)fv->most_vectors;
		memcpy(fv->irq_fds, set->data, set->count * sizeof(int32_t));
	}
	memcpy(&fv->irq, set, sizeof(fv->irq));
	return 0;
}

/* --- Resets and features */

static int get_set(struct fakevfio *fv, struct vfio_pci_hot_reset_info *info)
{
	const uint32_t room = (uint32_t)((info->argsz - sizeof(*info)) /
					 sizeof(info->devices[0]));

	if (!fv->set_count)
		return -ENODEV;
	info->flags = fv->set_flags;
	info->count = fv->set_count;
	if (room < fv->set_count)
		return -ENOSPC;
	memcpy(info->devices, fv->set, fv->set_count * sizeof(fv->set[0]));
	return 0;
}

static int hot_reset(struct fakevfio *fv,
		     const struct vfio_pci_hot_reset *reset)
{
	if (!reset->count == !fv->bound)
		return -EINVAL;
	for (uint32_t i = 0; i < reset->count; i++)
		assert_int_equal(kind_of(fv, reset->group_fds[i]),
				 FAKE_FD_GROUP);
	fv->hot_resets++;
	fv->hot_reset_groups = reset->count;
	return 0;
}

static int get_isolation(struct fakevfio *fv, struct vfio_device_feature *f)
{
	if (!fv->tells_isolation)
		return -ENOTTY;
	assert_int_equal(f->flags, VFIO_DEVICE_FEATURE_GET |
					   VFIO_DEVICE_FEATURE_ISOLATION);
	assert_int_equal(f->argsz, sizeof(*f) + sizeof(fv->isolation));
	memcpy(f->data, &fv->isolation, sizeof(fv->isolation));
	return 0;
}

static int feature(struct fakevfio *fv, struct vfio_device_feature *f)
{
	const uint32_t number = f->flags & VFIO_DEVICE_FEATURE_MASK;
	const uint32_t bit = 1U << (number % 32);
	const uint32_t size = f->argsz - (uint32_t)sizeof(*f);

	if (number == VFIO_DEVICE_FEATURE_ISOLATION)
		return get_isolation(fv, f);
	if (!(fv->features & bit))
		return -ENOTTY;
	if ((f->flags & VFIO_DEVICE_FEATURE_GET && !(fv->features_get & bit)) ||
	    (f->flags & VFIO_DEVICE_FEATURE_SET && !(fv->features_set & bit)))
		return -EINVAL;
	if (f->flags & VFIO_DEVICE_FEATURE_PROBE)
		return 0;
	fv->feature_flags = f->flags;
	assert_true(size <= sizeof(fv->feature));
	memcpy(fv->feature, f->data, size);
	if (bit == 1U << VFIO_DEVICE_FEATURE_DMA_BUF)
		return give_fd(fv, FAKE_FD_OTHER);
	return 0;
}

static int gfx_plane(struct vfio_device_gfx_plane_info *plane)
{
	if (!(plane->flags & VFIO_GFX_PLANE_TYPE_DMABUF))
		return -EINVAL;
	if (plane->flags & VFIO_GFX_PLANE_TYPE_PROBE)
		return 0;
	plane->width = 640;
	plane->height = 480;
	plane->stride = 2560;
	plane->size = 2560 * 480;
	plane->dmabuf_id = 3;
	return 0;
}

/* --- Opening and attaching */

static bool token_fits(const struct fakevfio *fv, const void *token)
{
	return !fv->token || (token && !memcmp(token, fv->token, 16));
}

static int bind_device(struct fakevfio *fv,
		       struct vfio_device_bind_iommufd *bind)
{
	if (count(fv, FAKE_FD_GROUP))
		return -EBUSY;
	if (fv->bound || (bind->flags && fv->no_tokens))
		return -EINVAL;
	if (bind->flags && bind->token_uuid_ptr > UINT64_MAX / 2)
		return -EFAULT;
	if (bind->flags & VFIO_DEVICE_BIND_FLAG_TOKEN && !fv->token)
		return -EINVAL;
	if (!fv->no_tokens &&
	    !token_fits(fv, (void *)(uintptr_t)bind->token_uuid_ptr))
		return -EACCES;
	if (kind_of(fv, bind->iommufd) != FAKE_FD_IOMMUFD)
		return -EBADFD;
	if (fv->not_viable)
		return -EPERM;
	if (fv->elsewhere)
		return -EINVAL;
	fv->bound = true;
	bind->out_devid = FAKE_DEVICE;
	return 0;
}

static int attach(struct fakevfio *fv, struct vfio_device_attach_iommufd_pt *a)
{
	if (a->flags & VFIO_DEVICE_ATTACH_PASID) {
		if (fv->pasid != a->pasid)
			fv->pasids++;
		fv->pasid = a->pasid;
		fv->pasid_attached = a->pt_id;
		return 0;
	}
	/* An IOAS is given a HWPT. */
	fv->attached = a->pt_id;
	a->pt_id += 100;
	return 0;
}

static int detach(struct fakevfio *fv,
		  const struct vfio_device_detach_iommufd_pt *d)
{
	if (d->flags & VFIO_DEVICE_DETACH_PASID) {
		fv->pasid = 0;
		fv->pasids--;
		assert_true(d->pasid > 0);
	} else {
		fv->attached = 0;
	}
	return 0;
}

static int get_device(struct fakevfio *fv, const char *name)
{
	uint8_t token[16];
	const char *text = strstr(name, " vf_token=");
	size_t n = 0;

	if (!str_starts(name, FAKE_ADDRESS))
		return -ENODEV;
	if (!fv->has_container || !fv->type_set)
		return -EINVAL;
	if (text && !fv->token)
		return -EINVAL;
	for (text = text ? text + strlen(" vf_token=") : ""; *text; text++) {
		unsigned int byte;

		if (*text == '-')
			continue;
		assert_int_equal(sscanf(text++, "%2x", &byte), 1);
		token[n++] = (uint8_t)byte;
	}
	if (!token_fits(fv, n ? token : NULL))
		return -EACCES;
	fv->open = true;
	return give_fd(fv, FAKE_FD_DEVICE);
}

static int set_container(struct fakevfio *fv, int fd)
{
	if (fv->has_container)
		return -EINVAL;
	if (fv->not_viable)
		return -EPERM;
	if (kind_of(fv, fd) != FAKE_FD_CONTAINER &&
	    kind_of(fv, fd) != FAKE_FD_IOMMUFD)
		return -EBADFD;
	fv->has_container = true;
	return 0;
}

static int group_ioctl(struct fakevfio *fv, unsigned long request, void *arg)
{
	struct vfio_group_status *status = arg;

	switch (request) {
	case VFIO_GROUP_GET_STATUS:
		status->flags = fv->not_viable ? 0 : VFIO_GROUP_FLAGS_VIABLE;
		return 0;
	case VFIO_GROUP_SET_CONTAINER:
		return set_container(fv, *(int *)arg);
	case VFIO_GROUP_GET_DEVICE_FD:
		return get_device(fv, arg);
	default:
		return -ENOTTY;
	}
}

static int iommu_ioctl(struct fakevfio *fv, unsigned long request, void *arg)
{
	struct iommu_ioas_alloc *alloc = arg;
	struct iommu_vfio_ioas *compat = arg;
	struct iommu_hw_info *info = arg;
	struct iommu_hwpt_alloc *hwpt = arg;

	switch (request) {
	case VFIO_GET_API_VERSION:
		return VFIO_API_VERSION;
	case VFIO_CHECK_EXTENSION:
		return 1;
	case VFIO_SET_IOMMU:
		if (!fv->has_container || fv->type_set)
			return -EINVAL;
		if ((uintptr_t)arg !=
		    (fv->noiommu ? VFIO_NOIOMMU_IOMMU : VFIO_TYPE1v2_IOMMU))
			return -ENODEV;
		fv->type_set = true;
		return 0;
	case IOMMU_IOAS_ALLOC:
		alloc->out_ioas_id = 5;
		return 0;
	case IOMMU_IOAS_IOVA_RANGES:
		((struct iommu_ioas_iova_ranges *)arg)->num_iovas = 0;
		return 0;
	case IOMMU_VFIO_IOAS:
		compat->ioas_id = 5;
		return 0;
	case IOMMU_GET_HW_INFO:
		if (info->dev_id != FAKE_DEVICE)
			return -ENOENT;
		info->out_max_pasid_log2 = (uint8_t)fv->pasid_bits;
		return 0;
	case IOMMU_HWPT_ALLOC:
		hwpt->out_hwpt_id = 20 + ++fv->hwpts;
		return 0;
	case IOMMU_VEVENTQ_ALLOC:
		return fv->old_kernel ? -ENOTTY : -ENOENT;
	case IOMMU_DESTROY:
		/* Nothing goes that a device is attached to. */
		if (fv->attached)
			return -EBUSY;
		fv->destroyed[fv->destroyed_count++ % 2] =
			((struct iommu_destroy *)arg)->id;
		return 0;
	default:
		return -ENOTTY;
	}
}

static int device_ioctl(struct fakevfio *fv, unsigned long request, void *arg)
{
	switch (request) {
	case VFIO_DEVICE_GET_INFO:
		return get_device_info(fv, arg);
	case VFIO_DEVICE_GET_REGION_INFO:
		return get_region_info(fv, arg);
	case VFIO_DEVICE_GET_IRQ_INFO:
		return get_irq_info(arg);
	case VFIO_DEVICE_SET_IRQS:
		return set_irqs(fv, arg);
	case VFIO_DEVICE_RESET:
		fv->resets++;
		return 0;
	case VFIO_DEVICE_GET_PCI_HOT_RESET_INFO:
		return get_set(fv, arg);
	case VFIO_DEVICE_PCI_HOT_RESET:
		return hot_reset(fv, arg);
	case VFIO_DEVICE_FEATURE:
		return feature(fv, arg);
	case VFIO_DEVICE_IOEVENTFD:
		memcpy(&fv->ioeventfd, arg, sizeof(fv->ioeventfd));
		return 0;
	case VFIO_DEVICE_QUERY_GFX_PLANE:
		return gfx_plane(arg);
	case VFIO_DEVICE_GET_GFX_DMABUF:
		return *(uint32_t *)arg == 3 ? give_fd(fv, FAKE_FD_OTHER)
					     : -EINVAL;
	default:
		return -ENOTTY;
	}
}

static int fake_ioctl(struct vdev_sys *sys, int fd, unsigned long request,
		      void *arg)
{
	struct fakevfio *fv = fake(sys);
	enum fake_fd kind = kind_of(fv, fd);

	if (request == fv->fail_request)
		return -fv->fail_error;
	switch (kind) {
	case FAKE_FD_IOMMUFD:
	case FAKE_FD_CONTAINER:
		return iommu_ioctl(fv, request, arg);
	case FAKE_FD_GROUP:
		return group_ioctl(fv, request, arg);
	case FAKE_FD_DEVICE:
		return device_ioctl(fv, request, arg);
	case FAKE_FD_CDEV:
		if (request == VFIO_DEVICE_BIND_IOMMUFD)
			return bind_device(fv, arg);
		if (!fv->bound)
			return -EINVAL;
		if (request == VFIO_DEVICE_ATTACH_IOMMUFD_PT)
			return attach(fv, arg);
		if (request == VFIO_DEVICE_DETACH_IOMMUFD_PT)
			return detach(fv, arg);
		return device_ioctl(fv, request, arg);
	case FAKE_FD_OTHER:
		return -ENOTTY;
	default:
		return -EBADF;
	}
}

/* --- */

static void add_device(struct tree *t)
{
	tree_pci(t, "pci0000:00", FAKE_ADDRESS, 0x8086, 0x10c9, 0x020000);
	tree_driver(t, FAKE_ADDRESS, "vfio-pci");
	tree_group(t, FAKE_ADDRESS, FAKE_GROUP);
	tree_vfio(t, FAKE_ADDRESS, 0, true, "12");
	tree_file(t, FAKE_CDEV, "");
	tree_file(t, FAKE_NODE, "");
}

void fakevfio_start(struct fakevfio *fv, struct tree *t, struct vdev_ctx *ctx)
{
	*fv = (struct fakevfio){
		.sys = &ctx->sys,
		.former_ops = ctx->sys.ops,
		.former_data = ctx->sys.data,
		.flags = VFIO_DEVICE_FLAGS_RESET,
	};
	fv->bar0 = aligned_alloc(0x1000, FAKE_BAR_SIZE);
	assert_non_null(fv->bar0);
	memset(fv->bar0, 0, FAKE_BAR_SIZE);
	fv->ops = *fv->former_ops;
	fv->ops.open = fake_open;
	fv->ops.close = fake_close;
	fv->ops.stat = fake_stat;
	fv->ops.dup = fake_dup;
	fv->ops.pread = fake_pread;
	fv->ops.pwrite = fake_pwrite;
	fv->ops.mmap = fake_mmap;
	fv->ops.munmap = fake_munmap;
	fv->ops.ioctl = fake_ioctl;
	ctx->sys.ops = &fv->ops;
	ctx->sys.data = fv;
	add_device(t);
}

void fakevfio_stop(struct fakevfio *fv)
{
	fv->sys->ops = fv->former_ops;
	fv->sys->data = fv->former_data;
	for (int i = 0; i < FAKE_FDS; i++)
		if (fv->fds[i] != FAKE_FD_FREE)
			fail_msg("fd %d is left", FIRST_FD + i);
	assert_int_equal(fv->mappings, 0);
	free(fv->bar0);
}

int vfio_set_up(void **state)
{
	struct vfio_setup *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->t = tree_new();
	s->ctx = tree_ctx(s->t);
	fakevfio_start(&s->fv, s->t, s->ctx);
	assert_int_equal(vdev_device_find(s->ctx, FAKE_ADDRESS, &s->dev), 0);
	*state = s;
	return 0;
}

int vfio_tear_down(void **state)
{
	struct vfio_setup *s = *state;

	vdev_file_unref(s->file);
	vdev_iommu_unref(s->iommu);
	vdev_device_unref(s->dev);
	fakevfio_stop(&s->fv);
	vdev_ctx_unref(s->ctx);
	tree_free(s->t);
	free(s);
	return 0;
}

void vfio_use(struct vfio_setup *s, enum vdev_iommu_kind kind)
{
	s->iommu = vdev_iommu_unref(s->iommu);
	assert_int_equal(vdev_iommu_open(s->ctx, kind, &s->iommu), 0);
}

void vfio_open_by(struct vfio_setup *s, enum vdev_iommu_kind kind)
{
	vfio_use(s, kind);
	assert_int_equal(vdev_file_open(s->dev, s->iommu, NULL, &s->file), 0);
}

void vfio_says(const struct vfio_setup *s, const char *words)
{
	const char *said = vdev_ctx_last_error(s->ctx);

	if (!strstr(said, words))
		fail_msg("\"%s\" does not say \"%s\"", said, words);
}
