/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_KERNEL_ABI_TYPES_H
#define VDEV_KERNEL_ABI_TYPES_H

#include <stdint.h>
#include <sys/ioctl.h>

/*
 * The project's own statement of the kernel's interface, under the kernel's
 * names, so that the build does not depend on the age of the system's headers.
 * tests/abi/test_kernel.py compares it with those of the lab's kernel. Only
 * reserved fields are named otherwise: without the leading underscores.
 */

/* Aligned to 8 bytes on 32-bit machines too. */
typedef uint64_t aligned_u64 __attribute__((aligned(8)));

#endif
