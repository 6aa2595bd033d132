/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "object/file.h"

const char *vdev_irq_name(unsigned int index)
{
	static const char *const names[] = { "intx", "msi", "msix", "error",
					     "request" };

	return index < ARRAY_SIZE(names) ? names[index] : NULL;
}

/* What messages call the interrupts of an index. */
static const char *irq_label(const struct vdev_file *file, unsigned int index)
{
	const char *name = NULL;

	if (file->info->flags & VFIO_DEVICE_FLAGS_PCI)
		name = vdev_irq_name(index);
	return name ? name : "such";
}

int vdev_file_irq_info(struct vdev_file *file, unsigned int index,
		       uint32_t *count, unsigned int *flags)
{
	struct vfio_irq_info info = { .index = index };
	int ret;

	if (index >= file->info->num_irqs)
		return vdev_fail(file->ctx, -EINVAL,
				 "%s has no interrupts %u, but %u kinds",
				 file->name, index, file->info->num_irqs);
	ret = vfio_irq_info(file_sys(file), file->fd, &info);
	/* So vfio-pci says that a device reports no errors. */
	if (ret == -EINVAL)
		info.count = info.flags = 0;
	else if (ret < 0)
		return vdev_fail(file->ctx, ret,
				 "cannot ask for the %s interrupts of %s: %s",
				 irq_label(file, index), file->name,
				 strerror(-ret));
	if (count)
		*count = info.count;
	if (flags)
		*flags = info.flags;
	return 0;
}

static int check_range(struct vdev_file *file, unsigned int index,
		       uint32_t start, uint32_t count)
{
	unsigned int flags;
	uint32_t there;
	int ret = vdev_file_irq_info(file, index, &there, &flags);

	if (ret)
		return ret;
	if (!there)
		return vdev_fail(file->ctx, -EINVAL, "%s has no %s interrupts",
				 file->name, irq_label(file, index));
	if (!count || start >= there || count > there - start)
		return vdev_fail(file->ctx, -EINVAL,
				 "%s has %u %s interrupts, and not %u from %u "
				 "on",
				 file->name, there, irq_label(file, index),
				 count, start);
	return 0;
}

static int set_refused(struct vdev_file *file, unsigned int index)
{
	vdev_fail(file->ctx, -EINVAL,
		  "cannot enable %s interrupts of %s: another kind is in use, "
		  "fewer were enabled at first, or a descriptor is no eventfd",
		  irq_label(file, index), file->name);
	return vdev_hint(file->ctx, -EINVAL,
			 "disable what is in use, then enable all that are "
			 "wanted at once");
}

static int set_fail(struct vdev_file *file, unsigned int index, int error)
{
	struct vdev_ctx *ctx = file->ctx;
	const char *label = irq_label(file, index);

	switch (-error) {
	case EINVAL:
		return set_refused(file, index);
	case EBADF:
		return vdev_fail(ctx, error,
				 "cannot enable %s interrupts of %s: a "
				 "descriptor is not open",
				 label, file->name);
	case EBUSY:
		return vdev_fail(ctx, error,
				 "cannot enable %s interrupts of %s: the line "
				 "is shared, and the device cannot share it",
				 label, file->name);
	default:
		return vdev_fail(ctx, error,
				 "cannot enable %s interrupts of %s: %s", label,
				 file->name, strerror(-error));
	}
}

int vdev_file_irq_set(struct vdev_file *file, unsigned int index,
		      uint32_t start, uint32_t count, const int *eventfds)
{
	int ret = check_range(file, index, start, count);

	if (ret)
		return ret;
	ret = vfio_set_irqs(file_sys(file), file->fd,
			    VFIO_IRQ_SET_DATA_EVENTFD |
				    VFIO_IRQ_SET_ACTION_TRIGGER,
			    index, start, count, eventfds);
	if (ret < 0)
		return set_fail(file, index, ret);
	/* How many there are to be had, when that is too few. */
	if (ret > 0)
		return vdev_fail(file->ctx, -ENOSPC,
				 "cannot enable %u %s interrupts of %s: the "
				 "machine has %d left",
				 start + count, irq_label(file, index),
				 file->name, ret);
	return 0;
}

int vdev_file_irq_disable(struct vdev_file *file, unsigned int index)
{
	unsigned int flags;
	uint32_t there;
	int ret = vdev_file_irq_info(file, index, &there, &flags);

	if (ret || !there)
		return ret;
	ret = vfio_set_irqs(file_sys(file), file->fd,
			    VFIO_IRQ_SET_DATA_NONE |
				    VFIO_IRQ_SET_ACTION_TRIGGER,
			    index, 0, 0, NULL);
	/* The kernel's answer when none is enabled. */
	if (!ret || ret == -EINVAL)
		return 0;
	return vdev_fail(file->ctx, ret,
			 "cannot disable the %s interrupts of %s: %s",
			 irq_label(file, index), file->name, strerror(-ret));
}

/* Does `action` (a VFIO_IRQ_SET_ACTION_*) now, or with an eventfd. */
static int act(struct vdev_file *file, uint32_t action, const char *what,
	       unsigned int index, uint32_t start, uint32_t count,
	       const int *eventfd)
{
	const char *label = irq_label(file, index);
	int ret = check_range(file, index, start, count);

	if (ret)
		return ret;
	action |= eventfd ? VFIO_IRQ_SET_DATA_EVENTFD : VFIO_IRQ_SET_DATA_NONE;
	ret = vfio_set_irqs(file_sys(file), file->fd, action, index, start,
			    count, eventfd);
	switch (-ret) {
	case 0:
		return 0;
	case ENOTTY:
		return vdev_fail(file->ctx, -EOPNOTSUPP,
				 "%s interrupts of %s cannot be %s", label,
				 file->name, what);
	case EINVAL:
		return vdev_fail(file->ctx, ret,
				 "%s interrupts of %s cannot be %s: they are "
				 "not enabled",
				 label, file->name, what);
	default:
		return vdev_fail(file->ctx, ret,
				 "%s interrupts of %s cannot be %s: %s", label,
				 file->name, what, strerror(-ret));
	}
}

int vdev_file_irq_mask(struct vdev_file *file, unsigned int index,
		       uint32_t start, uint32_t count)
{
	return act(file, VFIO_IRQ_SET_ACTION_MASK, "masked", index, start,
		   count, NULL);
}

int vdev_file_irq_unmask(struct vdev_file *file, unsigned int index,
			 uint32_t start, uint32_t count)
{
	return act(file, VFIO_IRQ_SET_ACTION_UNMASK, "unmasked", index, start,
		   count, NULL);
}

int vdev_file_irq_resample(struct vdev_file *file, unsigned int index,
			   uint32_t irq, int eventfd)
{
	return act(file, VFIO_IRQ_SET_ACTION_UNMASK, "unmasked by an eventfd",
		   index, irq, 1, &eventfd);
}

int vdev_file_irq_trigger(struct vdev_file *file, unsigned int index,
			  uint32_t start, uint32_t count)
{
	return act(file, VFIO_IRQ_SET_ACTION_TRIGGER, "triggered", index, start,
		   count, NULL);
}
