/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/modules.h"

#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>

struct match {
	char *module;
	size_t wildcards;
};

struct matches {
	struct match *items;
	size_t count;
};

static void matches_clear(struct matches *matches)
{
	for (size_t i = 0; i < matches->count; i++)
		free(matches->items[i].module);
	free(matches->items);
}

static int release_file(struct vdev_sys *sys, const char *name,
			char path[PATH_MAX])
{
	char release[128];
	ssize_t n = vdev_sys_read_attr(sys, VDEV_SYS_ROOT,
				       "/proc/sys/kernel/osrelease", release,
				       sizeof(release));

	if (n < 0)
		return (int)n;
	snprintf(path, PATH_MAX, "/lib/modules/%s/%s", release, name);
	return 0;
}

static ssize_t read_release_file(struct vdev_sys *sys, const char *name,
				 char **ret)
{
	char path[PATH_MAX];
	int error = release_file(sys, name, path);

	return error ? error
		     : vdev_sys_read_text(sys, VDEV_SYS_ROOT, path, ret);
}

static int consider(struct matches *matches, const char *pattern,
		    const char *module, const char *modalias)
{
	struct match m = { 0 };
	int ret;

	if (fnmatch(pattern, modalias, 0))
		return 0;
	for (const char *s = pattern; *s; s++)
		m.wildcards += *s == '*';
	m.module = strdup(module);
	ret = m.module ? ARRAY_ADD(matches->items, matches->count, m) : -ENOMEM;
	if (ret)
		free(m.module);
	return ret;
}

/* Lines of "alias PATTERN MODULE". */
static int match_loadable(struct vdev_sys *sys, const char *modalias,
			  struct matches *matches)
{
	_auto_free_ char *text = NULL;
	char *line, *rest;
	ssize_t n = read_release_file(sys, "modules.alias", &text);
	int ret = 0;

	if (n < 0)
		return n == -ENOMEM ? -ENOMEM : 0;
	for (line = strtok_r(text, "\n", &rest); line && !ret;
	     line = strtok_r(NULL, "\n", &rest)) {
		char *module;

		if (!str_starts(line, "alias vfio_pci:"))
			continue;
		line += strlen("alias ");
		module = strchr(line, ' ');
		if (!module)
			continue;
		*module++ = '\0';
		ret = consider(matches, line, module, modalias);
	}
	return ret;
}

/* NUL-terminated entries of "MODULE.alias=PATTERN". */
static int match_builtin(struct vdev_sys *sys, const char *modalias,
			 struct matches *matches)
{
	static const char key[] = ".alias=vfio_pci:";
	_auto_free_ char *text = NULL;
	ssize_t n = read_release_file(sys, "modules.builtin.modinfo", &text);
	int ret = 0;

	if (n < 0)
		return n == -ENOMEM ? -ENOMEM : 0;
	for (char *s = text; s < text + n && !ret; s += strlen(s) + 1) {
		char *at = strstr(s, key);

		if (!at)
			continue;
		*at = '\0';
		ret = consider(matches, at + strlen(".alias="), s, modalias);
		*at = '.';
	}
	return ret;
}

static int compare_matches(const void *a, const void *b)
{
	const struct match *x = a, *y = b;

	if (x->wildcards != y->wildcards)
		return x->wildcards < y->wildcards ? -1 : 1;
	return strcmp(x->module, y->module);
}

int modules_match(struct vdev_sys *sys, const char *modalias, struct strv *ret)
{
	__attribute__((cleanup(matches_clear))) struct matches matches = { 0 };
	_auto_strv_ struct strv names = { 0 };
	int error = match_loadable(sys, modalias, &matches);

	if (!error)
		error = match_builtin(sys, modalias, &matches);
	if (matches.count)
		qsort(matches.items, matches.count, sizeof(*matches.items),
		      compare_matches);
	for (size_t i = 0; i < matches.count && !error; i++)
		if (!strv_has(&names, matches.items[i].module))
			error = strv_add(&names, matches.items[i].module);
	if (error)
		return error;
	*ret = names;
	names = (struct strv){ 0 };
	return 0;
}

/* Module names know no difference between '-' and '_'. */
static bool same_module(const char *name, const char *file, size_t length)
{
	for (; length && *name; name++, file++, length--) {
		char a = *name == '-' ? '_' : *name;
		char b = *file == '-' ? '_' : *file;

		if (a != b)
			return false;
	}
	return !length && !*name;
}

static bool index_has(char *index, const char *name)
{
	char *line, *rest;

	for (line = strtok_r(index, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		const char *file;
		const char *end;

		line[strcspn(line, ":")] = '\0';
		file = str_basename(line);
		end = strstr(file, ".ko");
		if (end && same_module(name, file, (size_t)(end - file)))
			return true;
	}
	return false;
}

bool modules_has(struct vdev_sys *sys, const char *name)
{
	static const char *const files[] = { "modules.dep", "modules.builtin" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_auto_free_ char *text = NULL;

		if (read_release_file(sys, files[i], &text) > 0 &&
		    index_has(text, name))
			return true;
	}
	return false;
}

int modules_pci_driver(struct vdev_sys *sys, const char *module, char *buf,
		       size_t size)
{
	_auto_strv_ struct strv drivers = { 0 };
	char path[PATH_MAX];
	const char *name;
	int ret;

	snprintf(path, sizeof(path), "/sys/module/%s/drivers", module);
	ret = vdev_sys_list(sys, VDEV_SYS_ROOT, path, &drivers);
	if (ret)
		return ret;
	strv_foreach(&drivers, name) {
		if (!str_starts(name, "pci:"))
			continue;
		if (strlen(name + 4) >= size)
			return -ENAMETOOLONG;
		strcpy(buf, name + 4);
		return 0;
	}
	return -ENOENT;
}

int modules_load(struct vdev_sys *sys, const char *name)
{
	const char *const argv[] = { "modprobe", "--", name, NULL };
	int ret = sys->ops->run(sys, argv);

	return ret > 0 ? -ENOENT : ret;
}
