/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "object/region.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>

#include "base/capchain.h"

/* --- What a region is */

static struct vdev_region *region_alloc(const struct vfio_region_info *info,
					bool pci, size_t areas)
{
	struct vdev_region *region;

	region = calloc(1, sizeof(*region) + areas * sizeof(region->areas[0]));
	if (!region)
		return NULL;
	region->index = info->index;
	region->pci = pci;
	region->size = info->size;
	region->offset = info->offset;
	region->flags = info->flags & (VDEV_REGION_READ | VDEV_REGION_WRITE |
				       VDEV_REGION_MMAP);
	region->area_count = areas;
	return region;
}

static struct capchain region_chain(const struct vfio_region_info *info)
{
	return (struct capchain){
		.info = info,
		.size = info->argsz,
		.next = info->cap_offset,
	};
}

/* Where the areas are. The structure is aligned to no more than 4 bytes. */
struct sparse {
	const char *areas; /* NULL: all of the region is one */
	size_t count;
};

static struct sparse find_sparse(const struct vfio_region_info *info)
{
	const size_t head = sizeof(struct vfio_region_info_cap_sparse_mmap);
	struct capchain chain = region_chain(info);
	struct sparse sparse = { NULL, 1 };
	struct capchain_entry cap;
	uint32_t count;

	if (!(info->flags & VFIO_REGION_INFO_FLAG_MMAP) || !info->size)
		sparse.count = 0;
	while (sparse.count && capchain_next(&chain, &cap)) {
		if (cap.id != VFIO_REGION_INFO_CAP_SPARSE_MMAP ||
		    cap.size < head)
			continue;
		memcpy(&count,
		       (const char *)cap.start +
			       offsetof(struct vfio_region_info_cap_sparse_mmap,
					nr_areas),
		       sizeof(count));
		sparse.areas = (const char *)cap.start + head;
		sparse.count = (cap.size - head) /
			       sizeof(struct vfio_region_sparse_mmap_area);
		if (count < sparse.count)
			sparse.count = count;
		break;
	}
	return sparse;
}

/* An area may reach past the end of a region that is no whole page. */
static bool area_fits(const struct vdev_region *region, uint64_t offset,
		      uint64_t size)
{
	return offset < region->size && size && offset + size > offset;
}

static int fill_areas(struct vdev_region *region, const struct sparse *sparse)
{
	if (!sparse->areas) {
		if (sparse->count)
			region->areas[0].size = region->size;
		return 0;
	}
	memcpy(region->areas, sparse->areas,
	       sparse->count * sizeof(region->areas[0]));
	for (size_t i = 0; i < sparse->count; i++)
		if (!area_fits(region, region->areas[i].offset,
			       region->areas[i].size))
			return -EIO;
	return 0;
}

static int fill_caps(struct vdev_region *region,
		     const struct vfio_region_info *info)
{
	struct capchain chain = region_chain(info);
	struct capchain_entry cap;

	while (capchain_next(&chain, &cap)) {
		const struct vfio_region_info_cap_type *type = cap.start;

		if (cap.id == VFIO_REGION_INFO_CAP_MSIX_MAPPABLE) {
			region->flags |= VDEV_REGION_MSIX_MAPPABLE;
		} else if (cap.id == VFIO_REGION_INFO_CAP_TYPE &&
			   cap.size >= sizeof(*type)) {
			region->has_type = true;
			region->type = type->type;
			region->subtype = type->subtype;
		}
	}
	return chain.broken ? -EIO : 0;
}

static int region_new(struct vdev_file *file,
		      const struct vfio_region_info *info,
		      struct vdev_region **ret)
{
	const struct sparse sparse = find_sparse(info);
	_auto_free_ struct vdev_region *region = region_alloc(
		info, file->info->flags & VFIO_DEVICE_FLAGS_PCI, sparse.count);
	int error;

	if (!region)
		return vdev_fail(file->ctx, -ENOMEM, "out of memory");
	error = fill_areas(region, &sparse);
	if (!error)
		error = fill_caps(region, info);
	if (error)
		return vdev_fail(file->ctx, error,
				 "what the kernel tells of region %u of %s "
				 "makes no sense",
				 info->index, file->name);
	*ret = TAKE(region);
	return 0;
}

static int read_region(struct vdev_file *file, unsigned int index,
		       struct vdev_region **ret)
{
	const struct vfio_region_info none = { .index = index };
	_auto_free_ struct vfio_region_info *info = NULL;
	int error = vfio_region_info(file_sys(file), file->fd, index, &info);

	/* So vfio-pci says that a device has no VGA ranges. */
	if (error == -EINVAL)
		return region_new(file, &none, ret);
	if (error)
		return vdev_fail(file->ctx, error,
				 "cannot ask for region %u of %s: %s", index,
				 file->name, strerror(-error));
	return region_new(file, info, ret);
}

int vdev_file_region(struct vdev_file *file, unsigned int index,
		     const struct vdev_region **ret)
{
	const unsigned int count = file->info->num_regions;
	int error;

	if (index >= count)
		return vdev_fail(file->ctx, -EINVAL,
				 "%s has no region %u, but %u regions",
				 file->name, index, count);
	if (!file->regions) {
		file->regions = calloc(count, sizeof(*file->regions));
		if (!file->regions)
			return vdev_fail(file->ctx, -ENOMEM, "out of memory");
	}
	if (!file->regions[index]) {
		error = read_region(file, index, &file->regions[index]);
		if (error)
			return error;
	}
	*ret = file->regions[index];
	return 0;
}

/* VFIO_REGION_TYPE_PCI_VENDOR_TYPE with Intel's number. */
#define TYPE_INTEL 0x80008086U

static const char *type_name(const struct vdev_region *region)
{
	static const char *const igd[] = {
		[VFIO_REGION_SUBTYPE_INTEL_IGD_OPREGION] = "igd-opregion",
		[VFIO_REGION_SUBTYPE_INTEL_IGD_HOST_CFG] = "igd-host-config",
		[VFIO_REGION_SUBTYPE_INTEL_IGD_LPC_CFG] = "igd-lpc-config",
	};

	if (region->type == VFIO_REGION_TYPE_GFX &&
	    region->subtype == VFIO_REGION_SUBTYPE_GFX_EDID)
		return "edid";
	if (region->type == TYPE_INTEL && region->subtype < ARRAY_SIZE(igd))
		return igd[region->subtype];
	return NULL;
}

const char *vdev_region_name(const struct vdev_region *region)
{
	static const char *const names[] = { "bar0", "bar1",   "bar2",
					     "bar3", "bar4",   "bar5",
					     "rom",  "config", "vga" };

	if (region->has_type)
		return type_name(region);
	if (region->pci && region->index < ARRAY_SIZE(names))
		return names[region->index];
	return NULL;
}

uint64_t vdev_region_size(const struct vdev_region *region)
{
	return region->size;
}

uint64_t vdev_region_offset(const struct vdev_region *region)
{
	return region->offset;
}

unsigned int vdev_region_flags(const struct vdev_region *region)
{
	return region->flags;
}

int vdev_region_subtype(const struct vdev_region *region, uint32_t *type,
			uint32_t *subtype)
{
	if (!region->has_type)
		return -ENODATA;
	if (type)
		*type = region->type;
	if (subtype)
		*subtype = region->subtype;
	return 0;
}

size_t vdev_region_area_count(const struct vdev_region *region)
{
	return region->area_count;
}

int vdev_region_area(const struct vdev_region *region, size_t index,
		     uint64_t *offset, uint64_t *size)
{
	if (index >= region->area_count)
		return -EINVAL;
	if (offset)
		*offset = region->areas[index].offset;
	if (size)
		*size = region->areas[index].size;
	return 0;
}

/* --- Reading and writing */

void region_label(const struct vdev_region *region,
		  char label[REGION_LABEL_SIZE])
{
	const char *name = vdev_region_name(region);

	if (name)
		snprintf(label, REGION_LABEL_SIZE, "%s", name);
	else
		snprintf(label, REGION_LABEL_SIZE, "region %u", region->index);
}

int region_check(struct vdev_file *file, unsigned int index, uint64_t offset,
		 uint64_t size, unsigned int access,
		 const struct vdev_region **ret)
{
	static const char *const words[] = {
		[VDEV_REGION_READ] = "read",
		[VDEV_REGION_WRITE] = "written",
		[VDEV_REGION_MMAP] = "mapped",
	};
	const struct vdev_region *region;
	char label[REGION_LABEL_SIZE];
	int error = vdev_file_region(file, index, &region);

	if (error)
		return error;
	region_label(region, label);
	if (!region->size)
		return vdev_fail(file->ctx, -EINVAL, "%s has no %s", file->name,
				 label);
	if (!(region->flags & access))
		return vdev_fail(file->ctx, -EOPNOTSUPP,
				 "%s of %s cannot be %s", label, file->name,
				 words[access]);
	if (offset >= region->size || size > region->size - offset)
		return vdev_fail(
			file->ctx, -EINVAL,
			"%s of %s has %#llx bytes, and not %#llx at "
			"%#llx",
			label, file->name, (unsigned long long)region->size,
			(unsigned long long)size, (unsigned long long)offset);
	*ret = region;
	return 0;
}

static int access_fail(struct vdev_file *file, const struct vdev_region *region,
		       const char *what, uint64_t offset, int error)
{
	char label[REGION_LABEL_SIZE];

	region_label(region, label);
	vdev_fail(file->ctx, error, "cannot %s %s of %s at %#llx: %s", what,
		  label, file->name, (unsigned long long)offset,
		  error == -EIO ? "the device does not answer"
				: strerror(-error));
	if (error == -EIO)
		return vdev_hint(file->ctx, error,
				 "its memory access may be off (bit 1 of the "
				 "command register), or it is in low power");
	return error;
}

int vdev_file_read(struct vdev_file *file, unsigned int index, uint64_t offset,
		   void *buffer, size_t size)
{
	const struct vdev_region *region;
	ssize_t n;
	int error;

	if (!size)
		return 0;
	error = region_check(file, index, offset, size, VDEV_REGION_READ,
			     &region);
	if (error)
		return error;
	n = vdev_sys_pread(file_sys(file), file->fd, buffer, size,
			   region->offset + offset);
	if (n < 0)
		return access_fail(file, region, "read", offset, (int)n);
	if ((size_t)n < size)
		return access_fail(file, region, "read", offset + (size_t)n,
				   -EIO);
	return 0;
}

int vdev_file_write(struct vdev_file *file, unsigned int index, uint64_t offset,
		    const void *buffer, size_t size)
{
	const struct vdev_region *region;
	ssize_t n;
	int error;

	if (!size)
		return 0;
	error = region_check(file, index, offset, size, VDEV_REGION_WRITE,
			     &region);
	if (error)
		return error;
	n = vdev_sys_pwrite(file_sys(file), file->fd, buffer, size,
			    region->offset + offset);
	if (n < 0)
		return access_fail(file, region, "write", offset, (int)n);
	if ((size_t)n < size)
		return access_fail(file, region, "write", offset + (size_t)n,
				   -EIO);
	return 0;
}

int region_check_width(struct vdev_file *file, uint64_t offset,
		       unsigned int width)
{
	if (width != 1 && width != 2 && width != 4 && width != 8)
		return vdev_fail(file->ctx, -EINVAL,
				 "a register has 1, 2, 4 or 8 bytes, and not "
				 "%u",
				 width);
	if (offset % width)
		return vdev_fail(file->ctx, -EINVAL,
				 "a register of %u bytes is not at %#llx",
				 width, (unsigned long long)offset);
	return 0;
}

int vdev_file_read_register(struct vdev_file *file, unsigned int index,
			    uint64_t offset, unsigned int width,
			    uint64_t *value)
{
	uint64_t raw = 0;
	int error = region_check_width(file, offset, width);

	if (!error)
		error = vdev_file_read(file, index, offset, &raw, width);
	if (!error)
		*value = le64toh(raw);
	return error;
}

int vdev_file_write_register(struct vdev_file *file, unsigned int index,
			     uint64_t offset, unsigned int width,
			     uint64_t value)
{
	const uint64_t raw = htole64(value);
	int error = region_check_width(file, offset, width);

	if (error)
		return error;
	if (width < 8 && value >> (width * 8))
		return vdev_fail(file->ctx, -EINVAL,
				 "%#llx is too large for %u bytes",
				 (unsigned long long)value, width);
	return vdev_file_write(file, index, offset, &raw, width);
}

/* --- Mapping */

/* Whether one area holds all of it. */
static bool in_one_area(const struct vdev_region *region, uint64_t offset,
			uint64_t size)
{
	for (size_t i = 0; i < region->area_count; i++) {
		const struct vfio_region_sparse_mmap_area *area =
			&region->areas[i];

		if (offset >= area->offset &&
		    offset - area->offset < area->size &&
		    size <= area->size - (offset - area->offset))
			return true;
	}
	return false;
}

static int check_map(struct vdev_file *file, unsigned int index,
		     uint64_t offset, size_t size, unsigned int access,
		     const struct vdev_region **ret)
{
	char label[REGION_LABEL_SIZE];
	int error;

	if (!size || !access ||
	    access & ~(unsigned int)(VDEV_REGION_READ | VDEV_REGION_WRITE))
		return vdev_fail(file->ctx, -EINVAL,
				 "a mapping is of some bytes, to be read or "
				 "written");
	error = vdev_file_region(file, index, ret);
	if (error || in_one_area(*ret, offset, size))
		return error;
	error = region_check(file, index, offset, size, VDEV_REGION_MMAP, ret);
	if (error)
		return error;
	region_label(*ret, label);
	vdev_fail(file->ctx, -EINVAL,
		  "%#zx bytes at %#llx of %s of %s cannot be mapped", size,
		  (unsigned long long)offset, label, file->name);
	return vdev_hint(file->ctx, -EINVAL,
			 "only parts of it can, see vdev_region_area()");
}

int vdev_file_mmap(struct vdev_file *file, unsigned int index, uint64_t offset,
		   size_t size, unsigned int access, void **ret)
{
	struct file_mapping mapping = { NULL, size };
	const struct vdev_region *region = NULL;
	int prot = 0;
	int error = check_map(file, index, offset, size, access, &region);

	if (error)
		return error;
	if (array_reserve(&file->mappings, file->mapping_count,
			  sizeof(*file->mappings)))
		return vdev_fail(file->ctx, -ENOMEM, "out of memory");
	if (access & VDEV_REGION_READ)
		prot |= PROT_READ;
	if (access & VDEV_REGION_WRITE)
		prot |= PROT_WRITE;
	error = vdev_sys_mmap(file_sys(file), file->fd, region->offset + offset,
			      size, prot, &mapping.address);
	if (error)
		return access_fail(file, region, "map", offset, error);
	file->mappings[file->mapping_count++] = mapping;
	*ret = mapping.address;
	return 0;
}

int vdev_file_munmap(struct vdev_file *file, void *address)
{
	for (size_t i = 0; i < file->mapping_count; i++) {
		struct file_mapping *mapping = &file->mappings[i];

		if (mapping->address != address)
			continue;
		vdev_sys_munmap(file_sys(file), address, mapping->size);
		*mapping = file->mappings[--file->mapping_count];
		return 0;
	}
	return vdev_fail(file->ctx, -EINVAL, "%p is no mapping of %s", address,
			 file->name);
}
