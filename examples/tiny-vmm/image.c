/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image.h"

__asm__(".section .rodata\n"
	".global guest_image, guest_image_size\n"
	"guest_image:\n"
	".incbin \"" GUEST_IMAGE "\"\n"
	"0:\n"
	".balign 8\n"
	"guest_image_size:\n"
	".quad 0b - guest_image\n"
	".previous\n");
