/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_OBJECT_TOKEN_H
#define VDEV_OBJECT_TOKEN_H

#include <libvdev/token.h>

#include "object/ctx.h"

/*
 * The PF that a device's token belongs to: itself, or that of a VF. `ret`
 * receives a reference. Return: 0 or a recorded failure.
 */
int token_owner(struct vdev_device *dev, struct vdev_device **ret);

#define TOKEN_SERIAL_SIZE 24

/* What tells one device from another one at its address. */
struct token_identity {
	char address[PCI_ADDRESS_SIZE];
	int vendor;
	int device;
	char serial[TOKEN_SERIAL_SIZE]; /* "" for none */
};

/* What a file of a stored token holds. */
struct token_stored {
	struct token_identity identity;
	struct vdev_vf_token token;
};

/*
 * Takes such a file apart, in place. Return: 0; -EBADMSG if it is not whole or
 * not that of the PF at `address`.
 */
int token_stored_parse(char *text, const char *address,
		       struct token_stored *ret);

/*
 * A token from text of `size` bytes with white space around it. Return: 0 or
 * -EINVAL, not recorded.
 */
int token_scan(const char *text, size_t size, struct vdev_vf_token *ret);

#endif
