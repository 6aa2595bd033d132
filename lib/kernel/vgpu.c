/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * NVIDIA's driver, since vGPU 17 and on GPUs from Ada on, has no mdevs: a VF
 * that it is bound to has the attributes
 *
 *	nvidia/creatable_vgpu_types	"1145  : NVIDIA L40S-1B" in each line,
 *					below a line of headings
 *	nvidia/current_vgpu_type	one of these numbers, or 0
 *
 * and others. Not in Linux; seen in the reports of its users.
 */

#include "kernel/vgpu.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#define DEVICES	  "/sys/bus/pci/devices"
#define FOLDER	  "nvidia"
#define CREATABLE "creatable_vgpu_types"

static void attr_path(const char *address, const char *name,
		      char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, DEVICES "/%s/" FOLDER "/%s", address, name);
}

bool vgpu_exists(struct vdev_sys *sys, const char *address)
{
	char path[PATH_MAX];

	attr_path(address, VGPU_CURRENT, path);
	return vdev_sys_exists(sys, path);
}

int vgpu_list(struct vdev_sys *sys, struct strv *ret)
{
	_auto_strv_ struct strv all = { 0 };
	int error = vdev_sys_list(sys, VDEV_SYS_ROOT, DEVICES, &all);
	const char *address;

	if (error)
		return error == -ENOENT ? 0 : error;
	strv_foreach(&all, address) {
		if (vgpu_exists(sys, address) && strv_add(ret, address))
			return -ENOMEM;
	}
	return 0;
}

/* A line that begins with no number is none of them. */
static int add_line(char *line, struct vgpu_type **types, size_t *count)
{
	char *colon = strchr(line, ':');
	struct vgpu_type type;
	int error;

	if (!colon)
		return 0;
	*colon++ = '\0';
	line += strspn(line, " \t");
	colon += strspn(colon, " \t");
	str_trim(line);
	str_trim(colon);
	if (!*line || line[strspn(line, "0123456789")])
		return 0;
	type = (struct vgpu_type){ strdup(line), strdup(colon) };
	error = type.id && type.name ? ARRAY_ADD(*types, *count, type)
				     : -ENOMEM;
	if (error) {
		free(type.id);
		free(type.name);
	}
	return error;
}

int vgpu_types(struct vdev_sys *sys, const char *address,
	       struct vgpu_type **ret, size_t *count)
{
	struct vgpu_type *types = NULL;
	_auto_free_ char *text = NULL;
	char path[PATH_MAX];
	char *rest, *line;
	size_t n = 0;
	ssize_t size;
	int error = 0;

	attr_path(address, CREATABLE, path);
	size = vdev_sys_read_text(sys, VDEV_SYS_ROOT, path, &text);
	if (size < 0)
		return (int)size;
	rest = text;
	while (!error && (line = strsep(&rest, "\n")))
		error = add_line(line, &types, &n);
	if (error) {
		vgpu_types_free(types, n);
		return error;
	}
	*ret = types;
	*count = n;
	return 0;
}

void vgpu_types_free(struct vgpu_type *types, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(types[i].id);
		free(types[i].name);
	}
	free(types);
}

int vgpu_current(struct vdev_sys *sys, const char *address,
		 char id[VGPU_ID_SIZE])
{
	char path[PATH_MAX];
	ssize_t n;

	attr_path(address, VGPU_CURRENT, path);
	n = vdev_sys_read_attr(sys, VDEV_SYS_ROOT, path, id, VGPU_ID_SIZE);
	if (n < 0)
		return (int)n;
	str_trim(id);
	return 0;
}

int vgpu_write(struct vdev_sys *sys, const char *address, const char *name,
	       const char *value)
{
	char path[PATH_MAX];

	attr_path(address, name, path);
	return vdev_sys_write_attr(sys, path, value);
}
