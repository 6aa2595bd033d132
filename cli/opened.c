/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "opened.h"

#include <errno.h>

#include "app.h"

json_object *opened_backend(const struct opened *o)
{
	return output_string(vdev_iommu_kind_name(vdev_iommu_kind(o->iommu)));
}

/* The words of the bits that are set. */
struct word {
	uint64_t bit;
	const char *name;
};

static json_object *words_of(const struct word *words, uint64_t bits)
{
	json_object *array = json_object_new_array();

	for (; words->name; words++)
		if (bits & words->bit)
			json_object_array_add(
				array, json_object_new_string(words->name));
	return array;
}

/* --- Regions */

static json_object *areas_of(const struct vdev_region *region)
{
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < vdev_region_area_count(region); i++) {
		json_object *o = json_object_new_object();
		uint64_t offset = 0, size = 0;

		(void)vdev_region_area(region, i, &offset, &size);
		output_add(o, "offset", output_hex(offset, 1));
		output_add(o, "size", json_object_new_uint64(size));
		json_object_array_add(array, o);
	}
	return array;
}

static json_object *region_object(unsigned int index,
				  const struct vdev_region *region)
{
	static const struct word words[] = {
		{ VDEV_REGION_READ, "read" },
		{ VDEV_REGION_WRITE, "write" },
		{ VDEV_REGION_MMAP, "mmap" },
		{ 0, NULL },
	};
	json_object *o = json_object_new_object();
	unsigned int flags = vdev_region_flags(region);
	uint32_t type = 0, subtype = 0;
	bool typed = !vdev_region_subtype(region, &type, &subtype);

	output_add(o, "index", json_object_new_int64(index));
	output_add(o, "name", output_string(vdev_region_name(region)));
	output_add(o, "size", json_object_new_uint64(vdev_region_size(region)));
	output_add(o, "access", words_of(words, flags));
	output_add(o, "areas", areas_of(region));
	output_add(o, "msix_mappable",
		   json_object_new_boolean(flags & VDEV_REGION_MSIX_MAPPABLE));
	output_add(o, "type", typed ? output_hex(type, 8) : NULL);
	output_add(o, "subtype", typed ? output_hex(subtype, 8) : NULL);
	return o;
}

json_object *opened_regions(struct app *app, const struct opened *o)
{
	json_object *array = json_object_new_array();

	for (unsigned int i = 0; i < vdev_file_region_count(o->file); i++) {
		const struct vdev_region *region;

		if (vdev_file_region(o->file, i, &region)) {
			app_fail_ctx(app);
			json_object_put(array);
			return NULL;
		}
		if (vdev_region_size(region))
			json_object_array_add(array, region_object(i, region));
	}
	return array;
}

/* --- Interrupts */

static json_object *interrupt_object(const struct opened *o, unsigned int index,
				     uint32_t count, unsigned int flags)
{
	json_object *irq = json_object_new_object();
	bool pci = vdev_file_flags(o->file) & VDEV_FILE_PCI;

	output_add(irq, "index", json_object_new_int64(index));
	output_add(irq, "name",
		   output_string(pci ? vdev_irq_name(index) : NULL));
	output_add(irq, "count", json_object_new_int64(count));
	output_add(irq, "eventfd",
		   json_object_new_boolean(flags & VDEV_IRQ_EVENTFD));
	output_add(irq, "maskable",
		   json_object_new_boolean(flags & VDEV_IRQ_MASKABLE));
	output_add(irq, "automasked",
		   json_object_new_boolean(flags & VDEV_IRQ_AUTOMASKED));
	output_add(irq, "resizable",
		   json_object_new_boolean(!(flags & VDEV_IRQ_NORESIZE)));
	return irq;
}

json_object *opened_interrupts(struct app *app, const struct opened *o)
{
	json_object *array = json_object_new_array();

	for (unsigned int i = 0; i < vdev_file_irq_count(o->file); i++) {
		unsigned int flags;
		uint32_t count;

		if (vdev_file_irq_info(o->file, i, &count, &flags)) {
			app_fail_ctx(app);
			json_object_put(array);
			return NULL;
		}
		if (count)
			json_object_array_add(
				array, interrupt_object(o, i, count, flags));
	}
	return array;
}

/* --- Features */

json_object *opened_features(struct app *app, const struct opened *o)
{
	json_object *array = json_object_new_array();

	for (int i = 0; i < VDEV_FEATURES; i++) {
		enum vdev_feature feature = (enum vdev_feature)i;
		int ret = vdev_file_feature(o->file, feature);
		json_object *f;

		if (!ret)
			continue;
		if (ret < 0) {
			app_fail_ctx(app);
			json_object_put(array);
			return NULL;
		}
		f = json_object_new_object();
		output_add(f, "name",
			   output_string(vdev_feature_name(feature)));
		output_add(f, "get",
			   json_object_new_boolean(ret & VDEV_FEATURE_GET));
		output_add(f, "set",
			   json_object_new_boolean(ret & VDEV_FEATURE_SET));
		json_object_array_add(array, f);
	}
	return array;
}

/* --- What is reset together */

static json_object *member_object(struct app *app,
				  const struct vdev_reset_set *set, size_t i)
{
	const char *address = vdev_reset_set_address(set, i);
	json_object *o = json_object_new_object();
	struct vdev_device *dev = NULL;
	uint32_t id;

	/* One that is gone by now has no driver. */
	if (vdev_device_find(app->ctx, address, &dev))
		dev = NULL;
	output_add(o, "address", output_string(address));
	output_add(o, "driver",
		   output_string(dev ? vdev_device_driver(dev) : NULL));
	output_add(o, "iommu_group",
		   output_count(dev ? vdev_device_iommu_group(dev) : -1));
	output_add(o, "device_id",
		   vdev_reset_set_device_id(set, i, &id)
			   ? NULL
			   : json_object_new_int64(id));
	/* The kernel wants a VFIO driver, too. */
	output_add(o, "owned",
		   json_object_new_boolean(vdev_reset_set_owned(set, i) > 0 &&
					   (!dev || vdev_device_is_vfio(dev))));
	vdev_device_unref(dev);
	return o;
}

json_object *opened_reset_set(struct app *app, const struct opened *o)
{
	struct vdev_reset_set *set;
	json_object *array;

	if (vdev_reset_set_new(o->file, &set) < 0) {
		app_fail_ctx(app);
		return NULL;
	}
	array = json_object_new_array();
	for (size_t i = 0; i < vdev_reset_set_count(set); i++)
		json_object_array_add(array, member_object(app, set, i));
	vdev_reset_set_free(set);
	return array;
}

/* --- The IOMMU */

static json_object *facts_of(const struct vdev_hw_info *info)
{
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < vdev_hw_info_fact_count(info); i++) {
		json_object *fact = json_object_new_object();
		uint64_t value = 0;

		output_add(fact, "name",
			   output_string(vdev_hw_info_fact(info, i, &value)));
		output_add(fact, "value", json_object_new_uint64(value));
		json_object_array_add(array, fact);
	}
	return array;
}

static json_object *hw_info_object(const struct vdev_hw_info *info)
{
	static const struct word words[] = {
		{ VDEV_HW_CAP_DIRTY_TRACKING, "dirty-tracking" },
		{ VDEV_HW_CAP_PASID_EXEC, "pasid-exec" },
		{ VDEV_HW_CAP_PASID_PRIV, "pasid-priv" },
		{ VDEV_HW_CAP_NO_ATS, "no-ats" },
		{ 0, NULL },
	};
	json_object *o = json_object_new_object();

	output_add(o, "type",
		   output_string(vdev_hw_type_name(vdev_hw_info_type(info))));
	output_add(o, "capabilities", words_of(words, vdev_hw_info_caps(info)));
	output_add(o, "pasid_width",
		   json_object_new_int64(vdev_hw_info_pasid_width(info)));
	output_add(o, "facts", facts_of(info));
	return o;
}

int opened_hw_info(struct app *app, const struct opened *o, json_object **ret)
{
	struct vdev_hw_info *info;
	uint32_t id;
	int error = vdev_file_device_id(o->file, &id);

	*ret = NULL;
	if (error == -ENODATA)
		return 0;
	if (!error)
		error = vdev_hw_info_new(o->iommu, id, &info);
	/* Of a device that software makes there is no IOMMU to ask. */
	if (error == -EOPNOTSUPP || error == -ENOENT)
		return 0;
	if (error)
		return app_fail_ctx(app);
	*ret = hw_info_object(info);
	vdev_hw_info_free(info);
	return 0;
}

static json_object *iova_object(const struct vdev_iova_range *ranges, int count,
				uint64_t alignment)
{
	json_object *o = json_object_new_object();
	json_object *array = json_object_new_array();

	output_add(o, "alignment", json_object_new_uint64(alignment));
	output_add(o, "ranges", array);
	for (int i = 0; ranges && i < count; i++) {
		json_object *range = json_object_new_object();

		output_add(range, "first", output_hex(ranges[i].start, 1));
		output_add(range, "last", output_hex(ranges[i].last, 1));
		json_object_array_add(array, range);
	}
	return o;
}

/* The ranges of an address space are those of the devices in it. */
json_object *opened_iova(struct app *app, const struct opened *o)
{
	struct vdev_iova_range *ranges = NULL;
	json_object *object = NULL;
	struct vdev_ioas *ioas;
	uint64_t alignment = 0;
	int count;

	if (vdev_ioas_new(o->iommu, &ioas)) {
		app_fail_ctx(app);
		return NULL;
	}
	count = vdev_file_attach(o->file, ioas);
	if (!count)
		count = vdev_ioas_ranges(ioas, &ranges, &alignment);
	if (count < 0)
		app_fail_ctx(app);
	else
		object = iova_object(ranges, count, alignment);
	vdev_iova_ranges_free(ranges);
	vdev_ioas_unref(ioas);
	return object;
}

/* --- What isolates it */

/* Null where the kernel does not tell. Return: -1 after app_fail(). */
static int add_isolation(struct app *app, const struct opened *o,
			 json_object *object)
{
	int isolation = vdev_file_isolation(o->file);
	int pasid =
		isolation < 0 ? isolation : vdev_file_isolation_pasid(o->file);

	output_add(object, "isolation",
		   isolation < 0 ? NULL
				 : output_string(vdev_isolation_name(
					   (enum vdev_isolation)isolation)));
	output_add(object, "pasid", output_count(pasid));
	if (pasid < 0 && pasid != -ENODATA)
		return app_fail_ctx(app);
	return 0;
}

/* --- All of it */

static json_object *atomics_of(const struct opened *o)
{
	json_object *array = json_object_new_array();
	unsigned int widths = vdev_file_atomics(o->file);

	for (int width = 4; width <= 16; width *= 2)
		if (widths & (unsigned int)width)
			json_object_array_add(array,
					      json_object_new_int(width));
	return array;
}

/*
 * What a part of `show` lacks does not keep the rest from being shown: it is
 * null, with a warning unless it is common.
 */
static json_object *or_null(struct app *app, json_object *value)
{
	if (!value) {
		if (app->failure.kind != VDEV_ERROR_NOT_SUPPORTED)
			app_warn(app, "warning: %s", app->failure.message);
		app_forgive(app);
	}
	return value;
}

json_object *opened_document(struct app *app, struct vdev_device *dev)
{
	_auto_opened_ struct opened o = { 0 };
	json_object *hw = NULL, *object;
	uint32_t id;

	if (open_device(app, dev, &o.iommu, &o.file))
		return NULL;
	object = json_object_new_object();
	output_add(object, "backend", opened_backend(&o));
	output_add(object, "device_id",
		   vdev_file_device_id(o.file, &id)
			   ? NULL
			   : json_object_new_int64(id));
	output_add(object, "regions", or_null(app, opened_regions(app, &o)));
	output_add(object, "interrupts",
		   or_null(app, opened_interrupts(app, &o)));
	output_add(object, "features", or_null(app, opened_features(app, &o)));
	if (add_isolation(app, &o, object))
		(void)or_null(app, NULL);
	output_add(object, "atomics", atomics_of(&o));
	output_add(object, "reset",
		   json_object_new_boolean(vdev_file_flags(o.file) &
					   VDEV_FILE_RESET));
	output_add(object, "reset_set",
		   or_null(app, opened_reset_set(app, &o)));
	if (opened_hw_info(app, &o, &hw))
		hw = or_null(app, NULL);
	output_add(object, "iommu", hw);
	output_add(object, "iova", or_null(app, opened_iova(app, &o)));
	return object;
}
