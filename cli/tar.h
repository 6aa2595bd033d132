/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDEVCTL_TAR_H
#define VDEVCTL_TAR_H

#include <libvdev/capture.h>

#include "common.h"

/*
 * Captures as tar files. libarchive is loaded when the first one is needed,
 * because with all the libraries it brings along it takes longer to start than
 * a list of devices takes.
 */

struct app;
struct tar_writer;

/*
 * Unpacks regular files, directories and links into a directory, nothing of it
 * outside. `name` is for messages. Return: 0, or -1 after app_fail().
 */
int tar_unpack(struct app *app, int fd, const char *name, const char *dir);

/*
 * Starts writing; compressed if the name ends in .gz, .xz or .zst. Return: 0,
 * or -1 after app_fail().
 */
int tar_write_open(struct app *app, int fd, const char *name,
		   struct tar_writer **ret);
int tar_write_entry(struct tar_writer *writer,
		    const struct vdev_capture_entry *entry);
/* Ends the file, and frees the writer in any case. */
int tar_write_close(struct tar_writer *writer);

#endif
