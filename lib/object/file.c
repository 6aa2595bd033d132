/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "object/file.h"

#include <errno.h>
#include <stdio.h>

#include "base/capchain.h"
#include "object/iommu.h"

static int file_new(struct vdev_ctx *ctx, const char *name,
		    struct vdev_iommu *iommu, struct vdev_file **ret)
{
	struct vdev_file *file = calloc(1, sizeof(*file));

	if (!file)
		return vdev_fail(ctx, -ENOMEM, "out of memory");
	file->refs = 1;
	file->fd = -1;
	file->ctx = vdev_ctx_ref(ctx);
	file->iommu = iommu ? vdev_iommu_ref(iommu) : NULL;
	file->name = strdup(name);
	if (!file->name) {
		vdev_file_unref(file);
		return vdev_fail(ctx, -ENOMEM, "out of memory");
	}
	*ret = file;
	return 0;
}

/* vfio-pci has nine, and a few that are a driver's own. */
#define REGIONS_MOST 65536

static int check_info(struct vdev_file *file)
{
	if (file->info->num_regions <= REGIONS_MOST)
		return 0;
	return vdev_fail(file->ctx, -EIO,
			 "%s is said to have %u regions, which makes no sense",
			 file->name, file->info->num_regions);
}

/* What every device tells about itself once it is open. */
static int file_get_info(struct vdev_file *file)
{
	int ret = vfio_device_info(file_sys(file), file->fd, &file->info);

	switch (-ret) {
	case 0:
		return check_info(file);
	case ENOTTY:
		return vdev_fail(file->ctx, ret, "%s is no VFIO device",
				 file->name);
	case EINVAL:
		vdev_fail(file->ctx, ret,
			  "%s is not open yet: it is bound to no iommufd",
			  file->name);
		return vdev_hint(file->ctx, ret,
				 "import it with the iommufd it is to be bound "
				 "to");
	default:
		return vdev_fail(file->ctx, ret, "cannot ask %s what it is: %s",
				 file->name, strerror(-ret));
	}
}

int vdev_file_open(struct vdev_device *dev, struct vdev_iommu *iommu,
		   const struct vdev_vf_token *token, struct vdev_file **ret)
{
	struct vdev_file *file;
	int error;

	error = file_new(vdev_device_ctx(dev), vdev_device_address(dev), iommu,
			 &file);
	if (error)
		return error;
	file->dev = vdev_device_ref(dev);
	error = file_open(file, token);
	if (!error)
		error = file_get_info(file);
	if (error) {
		vdev_file_unref(file);
		return error;
	}
	*ret = file;
	return 0;
}

int vdev_file_open_unbound(struct vdev_device *dev, int *ret)
{
	struct vdev_file *file;
	int error;

	error = file_new(vdev_device_ctx(dev), vdev_device_address(dev), NULL,
			 &file);
	if (error)
		return error;
	file->dev = vdev_device_ref(dev);
	error = file_open_unbound(file);
	if (!error) {
		*ret = file->fd;
		file->fd = -1;
	}
	vdev_file_unref(file);
	return error;
}

static int import(struct vdev_file *file, int fd,
		  const struct vdev_vf_token *token)
{
	file->fd = vdev_sys_dup(file_sys(file), fd);
	if (file->fd < 0)
		return vdev_fail(file->ctx, file->fd, "cannot take %s: %s",
				 file->name, strerror(-file->fd));
	if (file->iommu && !iommu_is_container(file->iommu) && !file->device_id)
		return file_bind(file, token);
	if (token)
		return vdev_fail(file->ctx, -EINVAL,
				 "a VF token is of use only when a device is "
				 "bound, and %s is not to be",
				 file->name);
	return 0;
}

int vdev_file_import(struct vdev_ctx *ctx, int fd, struct vdev_iommu *iommu,
		     uint32_t device_id, const struct vdev_vf_token *token,
		     struct vdev_file **ret)
{
	struct vdev_file *file;
	char name[32];
	int error;

	snprintf(name, sizeof(name), "file descriptor %d", fd);
	error = file_new(ctx, name, iommu, &file);
	if (error)
		return error;
	file->device_id = device_id;
	error = import(file, fd, token);
	if (!error)
		error = file_get_info(file);
	if (error) {
		vdev_file_unref(file);
		return error;
	}
	*ret = file;
	return 0;
}

struct vdev_file *vdev_file_ref(struct vdev_file *file)
{
	file->refs++;
	return file;
}

static void free_regions(struct vdev_file *file)
{
	if (!file->regions)
		return;
	for (uint32_t i = 0; i < file->info->num_regions; i++)
		free(file->regions[i]);
	free(file->regions);
}

/* A mapping would keep the device open after its descriptor is closed. */
static void end_mappings(struct vdev_file *file)
{
	for (size_t i = 0; i < file->mapping_count; i++)
		vdev_sys_munmap(file_sys(file), file->mappings[i].address,
				file->mappings[i].size);
	free(file->mappings);
}

struct vdev_file *vdev_file_unref(struct vdev_file *file)
{
	struct vdev_ctx *ctx;

	if (!file || --file->refs)
		return NULL;
	ctx = file->ctx;
	end_mappings(file);
	vdev_sys_close(&ctx->sys, file->fd);
	file_group_put(file);
	/* An address space can go only when no device is attached to it. */
	file_forget_pasids(file);
	file_set_space(file, NULL, NULL);
	vdev_iommu_unref(file->iommu);
	vdev_device_unref(file->dev);
	free_regions(file);
	free(file->caps);
	free(file->info);
	free(file->name);
	free(file);
	vdev_ctx_unref(ctx);
	return NULL;
}

struct vdev_ctx *vdev_file_ctx(const struct vdev_file *file)
{
	return file->ctx;
}

struct vdev_device *vdev_file_device(const struct vdev_file *file)
{
	return file->dev;
}

struct vdev_iommu *vdev_file_iommu(const struct vdev_file *file)
{
	return file->iommu;
}

struct vdev_ioas *vdev_file_ioas(const struct vdev_file *file)
{
	return file->ioas;
}

int vdev_file_fd(const struct vdev_file *file)
{
	return file->fd;
}

int vdev_file_group_fd(const struct vdev_file *file)
{
	return file->group ? file->group->fd : -ENODATA;
}

int vdev_file_device_id(const struct vdev_file *file, uint32_t *ret)
{
	if (!file->device_id)
		return -ENODATA;
	*ret = file->device_id;
	return 0;
}

unsigned int vdev_file_flags(const struct vdev_file *file)
{
	return file->info->flags & ~(unsigned int)VFIO_DEVICE_FLAGS_CAPS;
}

unsigned int vdev_file_region_count(const struct vdev_file *file)
{
	return file->info->num_regions;
}

unsigned int vdev_file_irq_count(const struct vdev_file *file)
{
	return file->info->num_irqs;
}

static struct capchain info_chain(const struct vdev_file *file)
{
	return (struct capchain){
		.info = file->info,
		.size = file->info->argsz,
		.next = file->info->cap_offset,
	};
}

int vdev_file_capability(const struct vdev_file *file, size_t index,
			 unsigned int *id, unsigned int *version,
			 const void **data, size_t *size)
{
	const size_t header = sizeof(struct vfio_info_cap_header);
	struct capchain chain = info_chain(file);
	struct capchain_entry cap;

	do {
		if (!capchain_next(&chain, &cap))
			return -ENOENT;
	} while (index--);
	if (id)
		*id = cap.id;
	if (version)
		*version = cap.version;
	if (data)
		*data = (const char *)cap.start + header;
	if (size)
		*size = cap.size - header;
	return 0;
}

unsigned int vdev_file_atomics(const struct vdev_file *file)
{
	struct capchain chain = info_chain(file);
	struct capchain_entry cap;

	while (capchain_next(&chain, &cap)) {
		const struct vfio_device_info_cap_pci_atomic_comp *atomics =
			cap.start;

		if (cap.id == VFIO_DEVICE_INFO_CAP_PCI_ATOMIC_COMP &&
		    cap.size >= sizeof(*atomics))
			/* The bits 0, 1 and 2 stand for 4, 8 and 16 bytes. */
			return (atomics->flags & 7) << 2;
	}
	return 0;
}
