/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "object/ioas.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "kernel/iommufd.h"

const char *ioas_name(const struct vdev_ioas *ioas, char name[IOAS_NAME_SIZE])
{
	if (ioas->iommu->kind == VDEV_IOMMU_TYPE1)
		snprintf(name, IOAS_NAME_SIZE, "the container");
	else
		snprintf(name, IOAS_NAME_SIZE, "IOAS %u", ioas->id);
	return name;
}

int ioas_need_iommufd(const struct vdev_ioas *ioas, const char *what)
{
	if (ioas->iommu->kind != VDEV_IOMMU_TYPE1)
		return 0;
	return vdev_fail(ioas->iommu->ctx, -EOPNOTSUPP,
			 "%s needs an iommufd, type 1 cannot do it", what);
}

/* Return: NULL with the sentence recorded if memory ran out. */
static struct vdev_ioas *ioas_alloc(struct vdev_iommu *iommu)
{
	struct vdev_ioas *ioas = calloc(1, sizeof(*ioas));

	if (!ioas) {
		vdev_fail(iommu->ctx, -ENOMEM, "out of memory");
		return NULL;
	}
	ioas->refs = 1;
	ioas->iommu = vdev_iommu_ref(iommu);
	ioas->backend = ioas_backend(iommu->kind);
	return ioas;
}

static void ioas_free(struct vdev_ioas *ioas)
{
	if (ioas->iommu->space == ioas)
		ioas->iommu->space = NULL;
	vdev_iommu_unref(ioas->iommu);
	free(ioas);
}

int vdev_ioas_new(struct vdev_iommu *iommu, struct vdev_ioas **ret)
{
	struct vdev_ioas *ioas;
	int error;

	if (iommu->space)
		return vdev_fail(iommu->ctx, -EOPNOTSUPP,
				 "a container has one address space, and this "
				 "one's is in use");
	ioas = ioas_alloc(iommu);
	if (!ioas)
		return -ENOMEM;
	error = ioas->backend->open(ioas);
	if (error) {
		vdev_fail(iommu->ctx, error, "cannot make an address space: %s",
			  strerror(-error));
		ioas_free(ioas);
		return error;
	}
	if (iommu_is_container(iommu))
		iommu->space = ioas;
	*ret = ioas;
	return 0;
}

int vdev_ioas_import(struct vdev_iommu *iommu, uint32_t id,
		     struct vdev_ioas **ret)
{
	_auto_free_ struct vdev_iova_range *ranges = NULL;
	struct vdev_ioas *ioas;
	uint64_t alignment;
	int error;

	if (iommu->kind == VDEV_IOMMU_TYPE1)
		return vdev_fail(iommu->ctx, -EOPNOTSUPP,
				 "a container of type 1 has no ids");
	ioas = ioas_alloc(iommu);
	if (!ioas)
		return -ENOMEM;
	ioas->id = id;
	/* Asking for something harmless tells whether it is one. */
	error = ioas->backend->ranges(ioas, &ranges, &alignment);
	if (error < 0) {
		vdev_fail(iommu->ctx, error,
			  "the iommufd has no address space %u: %s", id,
			  strerror(-error));
		ioas_free(ioas);
		return error;
	}
	*ret = ioas;
	return 0;
}

struct vdev_ioas *vdev_ioas_ref(struct vdev_ioas *ioas)
{
	ioas->refs++;
	return ioas;
}

struct vdev_ioas *vdev_ioas_unref(struct vdev_ioas *ioas)
{
	if (!ioas || --ioas->refs)
		return NULL;
	ioas->backend->close(ioas);
	ioas_free(ioas);
	return NULL;
}

uint32_t vdev_ioas_id(const struct vdev_ioas *ioas)
{
	return ioas->id;
}

struct vdev_iommu *vdev_ioas_iommu(const struct vdev_ioas *ioas)
{
	return ioas->iommu;
}

int vdev_ioas_set_progress(struct vdev_ioas *ioas, uint64_t chunk,
			   vdev_map_progress_fn fn, void *data)
{
	/* No machine has smaller pages. */
	if (chunk % 4096)
		return vdev_fail(ioas->iommu->ctx, -EINVAL,
				 "a piece of %" PRIu64 " bytes is no multiple "
				 "of the page size",
				 chunk);
	ioas->chunk = chunk;
	ioas->progress_fn = fn;
	ioas->progress_data = data;
	return 0;
}

int vdev_ioas_ranges(struct vdev_ioas *ioas, struct vdev_iova_range **ret,
		     uint64_t *alignment)
{
	_auto_free_ struct vdev_iova_range *ranges = NULL;
	char name[IOAS_NAME_SIZE];
	uint64_t align;
	int n = ioas->backend->ranges(ioas, &ranges, &align);

	if (n == -ENODEV && ioas->iommu->noiommu)
		return iommu_is_noiommu(ioas->iommu);
	if (n == -ENODEV)
		return vdev_fail(ioas->iommu->ctx, n,
				 "a container without a device has no ranges");
	if (n < 0)
		return vdev_fail(ioas->iommu->ctx, n,
				 "cannot read the IOVA ranges of %s: %s",
				 ioas_name(ioas, name), strerror(-n));
	if (ret)
		*ret = TAKE(ranges);
	if (alignment)
		*alignment = align;
	return n;
}

void vdev_iova_ranges_free(struct vdev_iova_range *ranges)
{
	free(ranges);
}

static int allow_failed(const struct vdev_ioas *ioas, int error)
{
	struct vdev_ctx *ctx = ioas->iommu->ctx;
	char name[IOAS_NAME_SIZE];

	ioas_name(ioas, name);
	switch (error) {
	case -EADDRINUSE:
		return vdev_fail(ctx, error,
				 "a device of %s cannot use all these ranges",
				 name);
	case -EINVAL:
		return vdev_fail(ctx, error,
				 "the ranges for %s overlap, or one ends "
				 "before it starts",
				 name);
	default:
		return vdev_fail(ctx, error, "cannot set the ranges of %s: %s",
				 name, strerror(-error));
	}
}

int vdev_ioas_allow(struct vdev_ioas *ioas,
		    const struct vdev_iova_range *ranges, size_t count)
{
	_auto_free_ struct iommu_iova_range *list = NULL;
	int error = ioas_need_iommufd(ioas, "choosing the IOVA ranges");

	if (error)
		return error;
	if (count > UINT32_MAX)
		return vdev_fail(ioas->iommu->ctx, -EINVAL, "too many ranges");
	list = calloc(count + 1, sizeof(*list));
	if (!list)
		return vdev_fail(ioas->iommu->ctx, -ENOMEM, "out of memory");
	for (size_t i = 0; i < count; i++) {
		list[i].start = ranges[i].start;
		list[i].last = ranges[i].last;
	}
	error = iommufd_allow(&ioas->iommu->ctx->sys, ioas->iommu->fd, ioas->id,
			      list, (uint32_t)count);
	return error ? allow_failed(ioas, error) : 0;
}

int vdev_ioas_set_huge_pages(struct vdev_ioas *ioas, bool enable)
{
	struct vdev_ctx *ctx = ioas->iommu->ctx;
	uint64_t value = enable;
	char name[IOAS_NAME_SIZE];
	int error = ioas_need_iommufd(ioas, "choosing the size of pages");

	if (error)
		return error;
	error = iommufd_option(&ctx->sys, ioas->iommu->fd,
			       IOMMU_OPTION_HUGE_PAGES, IOMMU_OPTION_OP_SET,
			       ioas->id, &value);
	ioas_name(ioas, name);
	/* Our own value cannot be what is wrong. */
	if (error == -EINVAL)
		return vdev_fail(ctx, -EBUSY,
				 "%s has mappings already: large pages are "
				 "chosen before",
				 name);
	if (error)
		return vdev_fail(ctx, error,
				 "cannot choose the size of pages of %s: %s",
				 name, strerror(-error));
	return 0;
}
