/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fakeiommu.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "kernel/abi/iommufd.h"
#include "kernel/abi/vfio.h"

/* The fds it gives out. */
#define IOMMUFD_FD 1001
#define TYPE1_FD   1002
#define PROC_FD	   1003
#define OTHER_FD   1004

/* Not the library's memory: failing it would say nothing. */
void *__real_calloc(size_t count, size_t size);

struct fake_space *fakeiommu_space(struct fakeiommu *fake, uint32_t id)
{
	uint32_t i = id ? id - FAKE_FIRST_ID : FAKE_SPACES - 1;

	return i < FAKE_SPACES && fake->spaces[i].used ? &fake->spaces[i]
						       : NULL;
}

static unsigned int range_count(const struct fakeiommu *fake)
{
	return fake->ranges ? fake->ranges : 1;
}

/* --- Mappings */

static bool in_ranges(const struct fakeiommu *fake, uint64_t iova,
		      uint64_t last)
{
	for (unsigned int i = 0; i < range_count(fake); i++) {
		if (iova >= FAKE_RANGE_START(i) && last <= FAKE_RANGE_LAST(i))
			return true;
	}
	return false;
}

/* Where the first mapping is that ends at or behind an IOVA. */
static size_t find(const struct fake_space *s, uint64_t iova)
{
	size_t low = 0, high = s->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct fake_mapping *m = &s->mappings[middle];

		if (m->iova + (m->length - 1) < iova)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_free(const struct fake_space *s, uint64_t iova, uint64_t last)
{
	size_t i = find(s, iova);

	return i == s->count || s->mappings[i].iova > last;
}

/* The lowest free place, as the kernel chooses it, or 0. */
static uint64_t choose(const struct fakeiommu *fake, const struct fake_space *s,
		       uint64_t length)
{
	for (uint64_t iova = FAKE_RANGE_START(0);
	     in_ranges(fake, iova, iova + length - 1);) {
		size_t i = find(s, iova);

		if (is_free(s, iova, iova + length - 1))
			return iova;
		iova = s->mappings[i].iova + s->mappings[i].length;
	}
	return 0;
}

static int map(struct fakeiommu *fake, struct fake_space *s,
	       struct fake_mapping m)
{
	size_t at;

	if (!m.length || (m.iova | m.length | m.address) & 0xfff)
		return -EINVAL;
	if (m.iova + (m.length - 1) < m.iova)
		return -EOVERFLOW;
	if (!in_ranges(fake, m.iova, m.iova + m.length - 1))
		return -EINVAL;
	if (!is_free(s, m.iova, m.iova + m.length - 1))
		return -EEXIST;
	if (fake->memlock && fake->mapped + m.length > fake->memlock)
		return -ENOMEM;
	at = find(s, m.iova);
	if (!(s->count & (s->count - 1))) {
		size_t room = s->count ? 2 * s->count : 1;
		struct fake_mapping *more = __real_calloc(room, sizeof(*more));

		if (s->count)
			memcpy(more, s->mappings, s->count * sizeof(*more));
		free(s->mappings);
		s->mappings = more;
	}
	memmove(&s->mappings[at + 1], &s->mappings[at],
		(s->count - at) * sizeof(*s->mappings));
	s->mappings[at] = m;
	s->count++;
	fake->mapped += m.length;
	fake->maps++;
	return 0;
}

/* Type 1 finds a mapping in two by its ends, iommufd as it goes. */
static int unmap(struct fakeiommu *fake, struct fake_space *s, uint64_t iova,
		 uint64_t last, uint64_t *unmapped)
{
	size_t i = find(s, iova), end = i;

	*unmapped = 0;
	while (end < s->count && s->mappings[end].iova <= last) {
		const struct fake_mapping *m = &s->mappings[end++];

		if (m->iova < iova || m->iova + m->length - 1 > last)
			return -ENOENT;
		*unmapped += m->length;
	}
	if (end < s->count)
		memmove(&s->mappings[i], &s->mappings[end],
			(s->count - end) * sizeof(*s->mappings));
	s->count -= end - i;
	fake->mapped -= *unmapped;
	fake->unmaps += end > i;
	return 0;
}

static void clear(struct fakeiommu *fake, struct fake_space *s)
{
	for (size_t i = 0; i < s->count; i++)
		fake->mapped -= s->mappings[i].length;
	free(s->mappings);
	*s = (struct fake_space){ 0 };
}

/* --- iommufd */

static int ioas_alloc(struct fakeiommu *fake, struct iommu_ioas_alloc *arg)
{
	for (uint32_t i = 0; i < FAKE_SPACES - 1; i++) {
		if (fake->spaces[i].used)
			continue;
		fake->spaces[i].used = true;
		arg->out_ioas_id = FAKE_FIRST_ID + i;
		return 0;
	}
	return -ENOMEM;
}

static int destroy(struct fakeiommu *fake, const struct iommu_destroy *arg)
{
	struct fake_space *s = arg->id ? fakeiommu_space(fake, arg->id) : NULL;

	if (!s)
		return -ENOENT;
	clear(fake, s);
	if (fake->compat == arg->id)
		fake->compat = 0;
	return 0;
}

/* A mapping's common part; `place` is where the IOVA is told. */
static int fd_map(struct fakeiommu *fake, uint32_t id, uint32_t flags,
		  uint64_t address, uint64_t length, aligned_u64 *place)
{
	struct fake_space *s = fakeiommu_space(fake, id);
	struct fake_mapping m = {
		.iova = *place,
		.length = length,
		.address = address,
		.writable = flags & IOMMU_IOAS_MAP_WRITEABLE,
	};
	int ret;

	assert_true(flags &
		    (IOMMU_IOAS_MAP_READABLE | IOMMU_IOAS_MAP_WRITEABLE));
	if (!id || !s)
		return -ENOENT;
	if (!(flags & IOMMU_IOAS_MAP_FIXED_IOVA)) {
		m.iova = choose(fake, s, length);
		if (!m.iova)
			return -ENOSPC;
	}
	ret = map(fake, s, m);
	if (!ret)
		*place = m.iova;
	return ret;
}

static int fd_copy(struct fakeiommu *fake, struct iommu_ioas_copy *arg)
{
	const struct fake_space *s = fakeiommu_space(fake, arg->src_ioas_id);
	size_t i;

	if (!s)
		return -ENOENT;
	i = find(s, arg->src_iova);
	if (i == s->count || s->mappings[i].iova > arg->src_iova ||
	    s->mappings[i].iova + s->mappings[i].length <
		    arg->src_iova + arg->length)
		return -ENOENT;
	if (arg->flags & IOMMU_IOAS_MAP_WRITEABLE && !s->mappings[i].writable)
		return -EPERM;
	return fd_map(fake, arg->dst_ioas_id, arg->flags,
		      s->mappings[i].address, arg->length, &arg->dst_iova);
}

static int fd_unmap(struct fakeiommu *fake, struct iommu_ioas_unmap *arg)
{
	struct fake_space *s = fakeiommu_space(fake, arg->ioas_id);
	bool all = !arg->iova && arg->length == UINT64_MAX;
	uint64_t unmapped;
	int ret;

	if (!arg->ioas_id || !s)
		return -ENOENT;
	ret = unmap(fake, s, arg->iova,
		    all ? UINT64_MAX : arg->iova + arg->length - 1, &unmapped);
	if (!ret && !unmapped && !all)
		ret = -ENOENT;
	if (!ret)
		arg->length = unmapped;
	return ret;
}

static int fd_ranges(struct fakeiommu *fake, struct iommu_ioas_iova_ranges *arg)
{
	struct iommu_iova_range *ranges = (void *)(uintptr_t)arg->allowed_iovas;
	uint32_t room = arg->num_iovas;

	if (!arg->ioas_id || !fakeiommu_space(fake, arg->ioas_id))
		return -ENOENT;
	arg->num_iovas = range_count(fake);
	arg->out_iova_alignment = 4096;
	for (uint32_t i = 0; i < arg->num_iovas && i < room; i++)
		ranges[i] = (struct iommu_iova_range){ FAKE_RANGE_START(i),
						       FAKE_RANGE_LAST(i) };
	return arg->num_iovas > room ? -EMSGSIZE : 0;
}

static int fd_option(struct fakeiommu *fake, struct iommu_option *arg)
{
	bool huge = arg->option_id == IOMMU_OPTION_HUGE_PAGES;
	uint64_t *value = huge ? &fake->huge_pages : &fake->process_accounting;

	if (arg->op == IOMMU_OPTION_OP_GET) {
		arg->val64 = *value;
		return 0;
	}
	if (huge && fake->mapped)
		return -EINVAL;
	if (!huge && !fake->root)
		return -EPERM;
	for (uint32_t i = 0; i < FAKE_SPACES && !huge; i++) {
		if (fake->spaces[i].used)
			return -EBUSY;
	}
	*value = arg->val64;
	return 0;
}

static int fd_vfio_ioas(struct fakeiommu *fake, struct iommu_vfio_ioas *arg)
{
	switch (arg->op) {
	case IOMMU_VFIO_IOAS_GET:
		if (!fake->compat)
			return -ENODEV;
		arg->ioas_id = fake->compat;
		return 0;
	case IOMMU_VFIO_IOAS_SET:
		if (!fakeiommu_space(fake, arg->ioas_id))
			return -ENOENT;
		fake->compat = arg->ioas_id;
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

static int fd_allow(const struct iommu_ioas_allow_iovas *arg)
{
	const struct iommu_iova_range *r =
		(const void *)(uintptr_t)arg->allowed_iovas;

	for (uint32_t i = 0; i < arg->num_iovas; i++) {
		if (r[i].start >= r[i].last)
			return -EINVAL;
		if (r[i].start < FAKE_RANGE_START(0))
			return -EADDRINUSE;
	}
	return 0;
}

static int iommufd_ioctl(struct fakeiommu *fake, unsigned long request,
			 void *arg)
{
	struct iommu_ioas_map *m = arg;
	struct iommu_ioas_map_file *f = arg;

	switch (request) {
	case IOMMU_DESTROY:
		return destroy(fake, arg);
	case IOMMU_IOAS_ALLOC:
		return ioas_alloc(fake, arg);
	case IOMMU_IOAS_MAP:
		return fd_map(fake, m->ioas_id, m->flags, m->user_va, m->length,
			      &m->iova);
	case IOMMU_IOAS_MAP_FILE:
		if (fake->no_map_file)
			return -ENOTTY;
		return fd_map(fake, f->ioas_id, f->flags, f->start, f->length,
			      &f->iova);
	case IOMMU_IOAS_COPY:
		return fd_copy(fake, arg);
	case IOMMU_IOAS_UNMAP:
		return fd_unmap(fake, arg);
	case IOMMU_IOAS_IOVA_RANGES:
		return fd_ranges(fake, arg);
	case IOMMU_IOAS_ALLOW_IOVAS:
		return fd_allow(arg);
	case IOMMU_OPTION:
		return fd_option(fake, arg);
	case IOMMU_VFIO_IOAS:
		return fd_vfio_ioas(fake, arg);
	case VFIO_SET_IOMMU:
		return fake->compat ? 0 : -ENODEV;
	default:
		return -ENOTTY;
	}
}

/* --- type 1 */

static int type1_unmap(struct fakeiommu *fake, struct fake_space *s,
		       struct vfio_iommu_type1_dma_unmap *arg)
{
	bool all = arg->flags & VFIO_DMA_UNMAP_FLAG_ALL;
	uint64_t unmapped;
	int ret;

	if (all && (arg->iova || arg->size))
		return -EINVAL;
	ret = unmap(fake, s, arg->iova,
		    all ? UINT64_MAX : arg->iova + arg->size - 1, &unmapped);
	/* Nothing at all is a success, but half of one is not. */
	if (ret)
		return -EINVAL;
	arg->size = unmapped;
	return 0;
}

static int type1_info(struct fakeiommu *fake,
		      struct vfio_iommu_type1_info *info)
{
	struct vfio_iommu_type1_info_cap_iova_range *cap =
		(void *)((char *)info + sizeof(*info));
	uint32_t room = info->argsz;

	info->flags = VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS;
	info->iova_pgsizes = 0x40201000;
	info->argsz = (uint32_t)(sizeof(*info) + sizeof(*cap) +
				 range_count(fake) * sizeof(*cap->iova_ranges));
	if (room < info->argsz)
		return 0;
	info->cap_offset = sizeof(*info);
	*cap = (struct vfio_iommu_type1_info_cap_iova_range){
		.header = { .id = VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE,
			    .version = 1 },
		.nr_iovas = range_count(fake),
	};
	for (uint32_t i = 0; i < cap->nr_iovas; i++)
		cap->iova_ranges[i] =
			(struct vfio_iova_range){ FAKE_RANGE_START(i),
						  FAKE_RANGE_LAST(i) };
	return 0;
}

static int type1_map(struct fakeiommu *fake, struct fake_space *s,
		     const struct vfio_iommu_type1_dma_map *arg)
{
	if (fake->most_mappings && s->count >= fake->most_mappings)
		return -ENOSPC;
	return map(fake, s,
		   (struct fake_mapping){
			   .iova = arg->iova,
			   .length = arg->size,
			   .address = arg->vaddr,
			   .writable = arg->flags & VFIO_DMA_MAP_FLAG_WRITE,
		   });
}

static int type1_ioctl(struct fakeiommu *fake, unsigned long request, void *arg)
{
	struct fake_space *s = fakeiommu_space(fake, 0);

	switch (request) {
	case VFIO_GET_API_VERSION:
		return VFIO_API_VERSION;
	case VFIO_CHECK_EXTENSION:
		return (uintptr_t)arg == VFIO_TYPE1v2_IOMMU;
	case VFIO_SET_IOMMU:
		if (!fake->type1_device || s)
			return -EINVAL;
		fake->spaces[FAKE_SPACES - 1].used = true;
		return 0;
	default:
		break;
	}
	if (!s)
		return -EINVAL;
	switch (request) {
	case VFIO_IOMMU_GET_INFO:
		return type1_info(fake, arg);
	case VFIO_IOMMU_MAP_DMA:
		return type1_map(fake, s, arg);
	case VFIO_IOMMU_UNMAP_DMA:
		return type1_unmap(fake, s, arg);
	default:
		return -ENOTTY;
	}
}

/* --- The gateway */

static int fake_open(struct vdev_sys *sys, int dirfd, const char *path,
		     int flags, mode_t mode)
{
	struct fakeiommu *fake = sys->data;
	int fd;

	(void)dirfd;
	(void)flags;
	(void)mode;
	if (str_eq(path, "/dev/iommu"))
		fd = fake->no_iommufd ? -ENOENT : IOMMUFD_FD;
	else if (str_eq(path, "/dev/vfio/vfio"))
		fd = fake->no_type1 ? -ENOENT : TYPE1_FD;
	else if (str_starts(path, "/proc/self/"))
		fd = PROC_FD;
	else
		fd = -EACCES;
	if (str_eq(path, "/proc/self/limits"))
		fake->text = "Limit           Soft Limit  Hard Limit  Units\n"
			     "Max locked memory         65536"
			     "                unlimited            bytes\n";
	else
		fake->text = fake->root ? "CapEff:\t000001ffffffffff\n"
					: "CapEff:\t0000000000000000\n";
	fake->open_fds += fd >= 0;
	return fd;
}

static int fake_close(struct vdev_sys *sys, int fd)
{
	struct fakeiommu *fake = sys->data;

	assert_true(fd >= IOMMUFD_FD && fd <= OTHER_FD);
	assert_true(fake->open_fds-- > 0);
	return 0;
}

static ssize_t fake_read(struct vdev_sys *sys, int fd, void *buf, size_t size)
{
	struct fakeiommu *fake = sys->data;
	size_t length = fake->text ? strlen(fake->text) : 0;

	assert_int_equal(fd, PROC_FD);
	assert_true(length <= size);
	if (length)
		memcpy(buf, fake->text, length);
	fake->text = "";
	return (ssize_t)length;
}

static int fake_dup(struct vdev_sys *sys, int fd)
{
	struct fakeiommu *fake = sys->data;

	if (fd < 0)
		return -EBADF;
	fake->open_fds++;
	return fd == IOMMUFD_FD || fd == TYPE1_FD ? fd : OTHER_FD;
}

static int fake_ioctl(struct vdev_sys *sys, int fd, unsigned long request,
		      void *arg)
{
	struct fakeiommu *fake = sys->data;

	fake->ioctls++;
	if (fd == IOMMUFD_FD)
		return iommufd_ioctl(fake, request, arg);
	if (fd == TYPE1_FD)
		return type1_ioctl(fake, request, arg);
	return -ENOTTY;
}

static const struct vdev_sys_ops fake_ops = {
	.open = fake_open,
	.close = fake_close,
	.read = fake_read,
	.dup = fake_dup,
	.ioctl = fake_ioctl,
};

struct vdev_ctx *fakeiommu_start(struct fakeiommu *fake)
{
	struct vdev_ctx *ctx = NULL;

	assert_int_equal(vdev_ctx_new(&ctx), 0);
	ctx->sys.ops = &fake_ops;
	ctx->sys.data = fake;
	return ctx;
}

void fakeiommu_done(struct fakeiommu *fake)
{
	assert_int_equal(fake->open_fds, 0);
	for (uint32_t i = 0; i < FAKE_SPACES; i++)
		clear(fake, &fake->spaces[i]);
}
