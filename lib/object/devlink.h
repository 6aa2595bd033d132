/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_DEVLINK_H
#define VDEV_OBJECT_DEVLINK_H

#include <libvdev/devlink.h>

#include "kernel/devlink.h"
#include "object/check.h"

struct vdev_devlink {
	struct vdev_ctx *ctx; /* a reference */
	struct devlink link;
	char *name;
	struct vdev_device *dev; /* NULL unless it is a PCI function */
};

/*
 * The kernel refused: `what` says what was tried, in front of a colon. Return:
 * `error`, recorded.
 */
int devlink_refused(struct vdev_devlink *dl, int error, const char *what);
/* Why it did, in words: its own sentence, or what the errno means. */
const char *devlink_reason(const struct vdev_devlink *dl, int error);

/* The longest hardware address, and the longest text of a setting. */
#define DEVLINK_ADDRESS_SIZE 32
#define DEVLINK_TEXT_SIZE    128

/* A value as text in one spelling, and as the kernel takes it. */
struct devlink_value {
	char text[DEVLINK_TEXT_SIZE];
	unsigned int number; /* of a word */
	uint8_t bytes[DEVLINK_TEXT_SIZE];
	size_t size;
};

/* Settings of devlink_attr.c; nothing is recorded. Return: 0 or -EINVAL. */
int devlink_parse(enum vdev_devlink_attr attr, const char *text,
		  struct devlink_value *ret);
/* What its values look like: "a number". */
const char *devlink_form(enum vdev_devlink_attr attr);
bool devlink_is_of_port(enum vdev_devlink_attr attr);
bool devlink_is_rate(enum vdev_devlink_attr attr);
/* Return: as lib/kernel/devlink.h. */
int devlink_set(struct vdev_devlink *dl, enum vdev_devlink_attr attr,
		uint32_t port, const char *node, const struct devlink_value *v);
/* Return: 0; -ENODATA for none; -EBADMSG for a word that is not known. */
int devlink_eswitch_text(enum vdev_devlink_attr attr, const int *values,
			 const char **ret);
int devlink_port_text(const struct devlink_port *port,
		      enum vdev_devlink_attr attr, char *text, size_t size);
int devlink_port_amount(const struct devlink_port *port,
			enum vdev_devlink_attr attr, uint64_t *ret);
/* The kernel counts bytes. */
static inline uint64_t devlink_bits(uint64_t bytes)
{
	return bytes > UINT64_MAX / 8 ? UINT64_MAX : bytes * 8;
}

/*
 * Parameters of devlink_param.c. `mode` is -1 for the only one there is, and
 * receives it. Return: 0, -ENODATA if it has no value, or a recorded failure.
 */
int devlink_read_param(struct vdev_devlink *dl, const char *name, int *mode,
		       int *type, char *text, size_t size);
/* One spelling of a value. Return: 0 or a recorded failure. */
int devlink_check_param(struct vdev_devlink *dl, const char *name, int type,
			const char *value, char *text, size_t size);
/* Return: as lib/kernel/devlink.h; the value was checked. */
int devlink_write_param(struct vdev_devlink *dl, const char *name, int mode,
			int type, const char *value);
/* The number of a mode's name, or -EINVAL. */
int devlink_param_mode(const char *name);

/* The numbers of a reload's action and limit, or -EINVAL. */
int devlink_action(const char *name);
int devlink_limit(const char *name);
void devlink_performed_text(uint32_t performed, struct strbuf *text);

/* All ports; none for a driver without. Return: 0 or a recorded failure. */
int devlink_ports(struct vdev_devlink *dl, struct devlink_port **ret,
		  size_t *count);
/* The same of nodes. */
int devlink_nodes(struct vdev_devlink *dl, struct devlink_port **ret,
		  size_t *count);

/*
 * Who would miss the VFs and the interfaces of their ports, with `all` the
 * device and all of its interfaces too. The caller frees the list, which the
 * findings point to. Return: 0 or a recorded failure.
 */
int devlink_check_ports(struct vdev_devlink *dl, bool all, const bool *forced,
			struct vdev_device_list **vfs,
			struct findings *findings);

#endif
