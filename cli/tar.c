/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app.h"

/* --- The library */

#define LIBRARY "libarchive.so.13"

#define FUNCTIONS(F)                               \
	F(archive_error_string)                    \
	F(archive_read_new)                        \
	F(archive_read_support_filter_all)         \
	F(archive_read_support_format_tar)         \
	F(archive_read_open_fd)                    \
	F(archive_read_next_header)                \
	F(archive_read_data_block)                 \
	F(archive_read_free)                       \
	F(archive_write_disk_new)                  \
	F(archive_write_disk_set_options)          \
	F(archive_write_new)                       \
	F(archive_write_set_format_pax_restricted) \
	F(archive_write_add_filter_gzip)           \
	F(archive_write_add_filter_xz)             \
	F(archive_write_add_filter_zstd)           \
	F(archive_write_set_options)               \
	F(archive_write_open_fd)                   \
	F(archive_write_header)                    \
	F(archive_write_data)                      \
	F(archive_write_data_block)                \
	F(archive_write_finish_entry)              \
	F(archive_write_set_bytes_in_last_block)   \
	F(archive_write_close)                     \
	F(archive_write_free)                      \
	F(archive_entry_new)                       \
	F(archive_entry_free)                      \
	F(archive_entry_pathname)                  \
	F(archive_entry_filetype)                  \
	F(archive_entry_hardlink)                  \
	F(archive_entry_perm)                      \
	F(archive_entry_set_perm)                  \
	F(archive_entry_set_pathname)              \
	F(archive_entry_set_symlink)               \
	F(archive_entry_set_mode)                  \
	F(archive_entry_set_uid)                   \
	F(archive_entry_set_gid)                   \
	F(archive_entry_set_size)                  \
	F(archive_entry_set_mtime)

struct library {
#define DECLARE(name) __typeof__(name) *name;
	FUNCTIONS(DECLARE)
};

/* Return: 0, or -1 after app_fail(). */
static int load(struct app *app, struct library *lib)
{
	static const char *const names[] = {
#define NAME(name) #name,
		FUNCTIONS(NAME)
	};
	void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	void **function = (void **)lib;

	for (size_t i = 0; handle && i < ARRAY_SIZE(names); i++) {
		function[i] = dlsym(handle, names[i]);
		if (!function[i])
			handle = NULL;
	}
	if (handle)
		return 0;
	app_fail(app, VDEV_ERROR_NOT_SUPPORTED, "captures need libarchive: %s",
		 dlerror());
	return app_hint(app, "install " LIBRARY);
}

/* --- Reading */

/* What a capture has no need of could do harm. */
static bool is_harmless(const struct library *lib, struct archive_entry *entry)
{
	mode_t type = lib->archive_entry_filetype(entry);

	return !lib->archive_entry_hardlink(entry) &&
	       (S_ISREG(type) || S_ISDIR(type) || S_ISLNK(type));
}

static int unreadable(struct app *app, const struct library *lib,
		      struct archive *in, const char *name)
{
	return app_fail(app, VDEV_ERROR_INVALID,
			"%s cannot be read as a tar file: %s", name,
			lib->archive_error_string(in));
}

static struct archive *open_disk(const struct library *lib)
{
	struct archive *disk = lib->archive_write_disk_new();

	/* Owners are kept where that is possible, as they are facts too. */
	lib->archive_write_disk_set_options(
		disk, ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_SECURE_SYMLINKS |
			      ARCHIVE_EXTRACT_SECURE_NODOTDOT |
			      ARCHIVE_EXTRACT_SECURE_NOABSOLUTEPATHS |
			      (geteuid() ? 0 : ARCHIVE_EXTRACT_OWNER));
	return disk;
}

/* Not archive_read_extract2(), which makes warnings of refused paths. */
static int unpack_entry(const struct library *lib, struct archive *in,
			struct archive *disk, struct archive_entry *entry)
{
	int ret = lib->archive_write_header(disk, entry);
	const void *data;
	la_int64_t offset;
	size_t size;

	while (ret >= ARCHIVE_WARN) {
		ret = lib->archive_read_data_block(in, &data, &size, &offset);
		if (ret == ARCHIVE_OK)
			ret = (int)lib->archive_write_data_block(disk, data,
								 size, offset);
		if (ret == ARCHIVE_EOF)
			return lib->archive_write_finish_entry(disk);
	}
	return ret;
}

static int unpack_entries(struct app *app, const struct library *lib,
			  struct archive *in, struct archive *disk,
			  const char *name)
{
	struct archive_entry *entry;
	int ret;

	while ((ret = lib->archive_read_next_header(in, &entry)) >=
		       ARCHIVE_WARN &&
	       ret != ARCHIVE_EOF) {
		if (!is_harmless(lib, entry))
			return app_fail(app, VDEV_ERROR_INVALID,
					"%s is not a capture: '%s' in it is "
					"neither file, directory nor link",
					name,
					lib->archive_entry_pathname(entry));
		lib->archive_entry_set_perm(
			entry, lib->archive_entry_perm(entry) & 0777);
		ret = unpack_entry(lib, in, disk, entry);
		if (ret < ARCHIVE_WARN) {
			const char *why = lib->archive_error_string(disk);

			return app_fail(
				app, VDEV_ERROR_INVALID,
				"cannot unpack '%s' of %s: %s",
				lib->archive_entry_pathname(entry), name,
				why ? why : lib->archive_error_string(in));
		}
	}
	return ret == ARCHIVE_EOF ? 0 : unreadable(app, lib, in, name);
}

static int unpack(struct app *app, const struct library *lib, int fd,
		  const char *name)
{
	struct archive *disk = open_disk(lib);
	struct archive *in = lib->archive_read_new();
	int ret;

	lib->archive_read_support_filter_all(in);
	lib->archive_read_support_format_tar(in);
	ret = lib->archive_read_open_fd(in, fd, 65536)
		      ? unreadable(app, lib, in, name)
		      : unpack_entries(app, lib, in, disk, name);
	lib->archive_read_free(in);
	lib->archive_write_free(disk);
	return ret;
}

int tar_unpack(struct app *app, int fd, const char *name, const char *dir)
{
	int back = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct library lib;
	int ret = load(app, &lib);

	/* Only relative paths can be kept from leading elsewhere. */
	if (!ret && (back < 0 || chdir(dir)))
		ret = app_fail(app, VDEV_ERROR_FAILED, "cannot enter %s: %s",
			       dir, strerror(errno));
	if (!ret)
		ret = unpack(app, &lib, fd, name);
	if (!ret && fchdir(back))
		ret = app_fail(app, VDEV_ERROR_FAILED, "cannot leave %s: %s",
			       dir, strerror(errno));
	if (back >= 0)
		close(back);
	return ret;
}

/* --- Writing */

/* The same capture is the same file: 1980-01-01, the oldest time zip knows. */
#define ANY_TIME 315532800

struct tar_writer {
	struct app *app;
	struct library lib;
	struct archive *archive;
	struct archive_entry *entry;
	const char *name;
};

static int write_failed(struct tar_writer *w)
{
	return app_fail(w->app, VDEV_ERROR_FAILED, "cannot write %s: %s",
			w->name, w->lib.archive_error_string(w->archive));
}

static bool ends(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && str_eq(s + n - m, end);
}

static void add_filter(const struct tar_writer *w)
{
	if (ends(w->name, ".gz"))
		w->lib.archive_write_add_filter_gzip(w->archive);
	else if (ends(w->name, ".xz"))
		w->lib.archive_write_add_filter_xz(w->archive);
	else if (ends(w->name, ".zst"))
		w->lib.archive_write_add_filter_zstd(w->archive);
	if (ends(w->name, ".gz"))
		w->lib.archive_write_set_options(w->archive, "gzip:!timestamp");
}

int tar_write_open(struct app *app, int fd, const char *name,
		   struct tar_writer **ret)
{
	struct tar_writer *w = x_alloc(1, sizeof(*w));

	w->app = app;
	w->name = name;
	if (load(app, &w->lib)) {
		free(w);
		return -1;
	}
	w->archive = w->lib.archive_write_new();
	w->entry = w->lib.archive_entry_new();
	w->lib.archive_write_set_format_pax_restricted(w->archive);
	add_filter(w);
	/* Also on a pipe without anything behind the end. */
	w->lib.archive_write_set_bytes_in_last_block(w->archive, 1);
	if (w->lib.archive_write_open_fd(w->archive, fd)) {
		write_failed(w);
		(void)tar_write_close(w);
		return -1;
	}
	*ret = w;
	return 0;
}

int tar_write_entry(struct tar_writer *w,
		    const struct vdev_capture_entry *entry)
{
	const struct library *lib = &w->lib;
	bool file = S_ISREG(entry->mode);

	lib->archive_entry_set_pathname(w->entry, entry->path);
	lib->archive_entry_set_mode(w->entry, entry->mode);
	lib->archive_entry_set_uid(w->entry, entry->uid);
	lib->archive_entry_set_gid(w->entry, entry->gid);
	lib->archive_entry_set_size(w->entry, file ? (int64_t)entry->size : 0);
	lib->archive_entry_set_mtime(w->entry, ANY_TIME, 0);
	lib->archive_entry_set_symlink(
		w->entry, S_ISLNK(entry->mode) ? entry->data : NULL);
	if (lib->archive_write_header(w->archive, w->entry) < ARCHIVE_WARN)
		return write_failed(w);
	if (file && entry->size &&
	    lib->archive_write_data(w->archive, entry->data, entry->size) < 0)
		return write_failed(w);
	return 0;
}

int tar_write_close(struct tar_writer *w)
{
	int ret = w->app->failure.message ? -1 : 0;

	/* After a failure the end would only fail again. */
	if (!ret && w->lib.archive_write_close(w->archive))
		ret = write_failed(w);
	w->lib.archive_entry_free(w->entry);
	w->lib.archive_write_free(w->archive);
	free(w);
	return ret;
}
