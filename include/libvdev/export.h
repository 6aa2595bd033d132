/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIBVDEV_EXPORT_H
#define LIBVDEV_EXPORT_H

#ifdef __cplusplus
#define VDEV_BEGIN_DECLS extern "C" {
#define VDEV_END_DECLS	 }
#else
#define VDEV_BEGIN_DECLS
#define VDEV_END_DECLS
#endif

/* Marks what the library exports; everything else is hidden. */
#define VDEV_EXPORT __attribute__((visibility("default")))

#endif
