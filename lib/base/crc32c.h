/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_BASE_CRC32C_H
#define VDEV_BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/*
 * CRC-32C (Castagnoli, reflected polynomial 0x82f63b78, initial value and final
 * XOR all ones), as in RFC 3720. Starts with 0; what it returned for one part
 * is given for the next.
 */
uint32_t crc32c(uint32_t crc, const void *data, size_t size);

/* The same without the processor's help, for tests to compare with. */
uint32_t crc32c_plain(uint32_t crc, const void *data, size_t size);

#endif
