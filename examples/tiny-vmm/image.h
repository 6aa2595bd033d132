/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IMAGE_H
#define IMAGE_H

#include <stdint.h>

/* The built-in guest, see guest/, and its size in bytes. */
extern const unsigned char guest_image[];
extern const uint64_t guest_image_size;

#endif
