/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIBVDEV_TOKEN_H
#define LIBVDEV_TOKEN_H

#include <stddef.h>
#include <stdint.h>

#include <libvdev/device.h>

VDEV_BEGIN_DECLS

/*
 * VF tokens.
 *
 * A PF bound to vfio-pci and its VFs share a secret, a UUID: whoever opens a VF
 * has to present the token of the PF, so that a user of the PF cannot be put
 * in place, or a VF be used, without the other side knowing.
 *
 * - A PF gets a random token when it is bound, which nobody knows.
 * - It gets another one by being opened with it (vdev_file_open()) while none
 *   of its VFs is open, or from the one who has it open, at any time
 *   (vdev_file_set_vf_token()). It keeps that until it is unbound, also when it
 *   is closed and opened again without a token.
 * - A VF is opened with the token of its PF only, whether the PF is open or
 *   not.
 * - A PF with VFs that are open is opened with the token it has only.
 * - A token where there is none (another device, a VF whose PF has a driver of
 *   the kernel) is refused.
 *
 * The kernel never gives a token away, and one who knows it is not found out:
 * change it when it may have been seen. Through groups tokens are checked since
 * Linux 5.7; by cdev since Linux 6.17, and before that a VF can be opened by
 * cdev without one, see vdev_device_vf_token_checked().
 *
 * Setting or trying a token opens the device, and so resets it.
 *
 * The library keeps copies of tokens only while a call runs, in memory that is
 * in no core dump, and clears that memory; nor is a token ever part of a
 * message. vdev_vf_token_new() gives such memory to the caller.
 *
 * Source: drivers/vfio/pci/vfio_pci_core.c, vfio_pci_core_match_token_uuid().
 */

struct vdev_vf_token_list;

/**
 * struct vdev_vf_token - the secret shared by the users of a PF and its VFs
 * @bytes: the UUID, in the order of its text
 */
struct vdev_vf_token {
	uint8_t bytes[16];
};

/** How long the text of a token is, with the NUL at its end. */
#define VDEV_VF_TOKEN_TEXT 37

/**
 * vdev_vf_token_new() - memory for a token
 * @ctx: the context
 * @ret: receives a token of zeros; the caller frees it with
 *	vdev_vf_token_free()
 *
 * The memory is in no core dump and, if the limit on locked memory has room
 * for a page, in no swap space. A struct vdev_vf_token of the caller's own does
 * as well everywhere, but has to be cleared by the caller.
 *
 * Return: 0; -ENOMEM; -EINVAL if the kernel cannot keep it out of core dumps.
 */
VDEV_EXPORT int vdev_vf_token_new(struct vdev_ctx *ctx,
				  struct vdev_vf_token **ret);

/**
 * vdev_vf_token_free() - clear and free a token
 * @token: a token of vdev_vf_token_new(), or NULL
 *
 * Return: NULL always.
 */
VDEV_EXPORT struct vdev_vf_token *
vdev_vf_token_free(struct vdev_vf_token *token);

/**
 * vdev_vf_token_clear() - overwrite a token with zeros
 * @token: the token
 *
 * In a way that a compiler does not leave out.
 */
VDEV_EXPORT void vdev_vf_token_clear(struct vdev_vf_token *token);

/**
 * vdev_vf_token_parse() - a token from its text
 * @text: a UUID in the usual form, either case
 * @ret: receives the token
 *
 * Return: 0; -EINVAL if @text is no UUID.
 */
VDEV_EXPORT int vdev_vf_token_parse(const char *text,
				    struct vdev_vf_token *ret);

/**
 * vdev_vf_token_format() - the text of a token
 * @token: the token
 * @text: receives the UUID in lower case; the caller clears it
 */
VDEV_EXPORT void vdev_vf_token_format(const struct vdev_vf_token *token,
				      char text[VDEV_VF_TOKEN_TEXT]);

/**
 * vdev_vf_token_generate() - a new random token
 * @ctx: the context
 * @token: receives a UUID of version 4, from getrandom(2)
 *
 * Return: 0; -ENOSYS or another error of getrandom(2).
 */
VDEV_EXPORT int vdev_vf_token_generate(struct vdev_ctx *ctx,
				       struct vdev_vf_token *token);

/**
 * enum vdev_vf_token_read_flag - how a token is read
 * @VDEV_VF_TOKEN_INSECURE: also from a file that others than its owner can read
 *	or write
 */
enum vdev_vf_token_read_flag {
	VDEV_VF_TOKEN_INSECURE = 1 << 0,
};

/**
 * vdev_vf_token_read() - read a token from a file descriptor
 * @ctx: the context
 * @fd: the descriptor of a file, pipe or the like, which is read up to its end
 * @name: what messages call it
 * @flags: enum vdev_vf_token_read_flag values joined
 * @token: receives the token
 *
 * It has to be the text of a UUID, with nothing but white space around. Nobody
 * but a file's owner may have the right to read or write it.
 *
 * Return: 0; -EACCES if others can read or write the file; -EINVAL if it holds
 * no UUID; -ENOMEM; other errors of read(2).
 */
VDEV_EXPORT int vdev_vf_token_read(struct vdev_ctx *ctx, int fd,
				   const char *name, unsigned int flags,
				   struct vdev_vf_token *token);

/**
 * vdev_vf_token_read_key() - take a token from the kernel's key retention
 * @ctx: the context
 * @name: the description of a key of type "user"
 * @token: receives the token
 *
 * It is searched for in the keyrings of thread, process and session, then in
 * that of the user, and has to hold the text of a UUID. See keyctl(1).
 *
 * Return: 0; -ENOENT if there is no such key; -EACCES if it may not be read or
 * is revoked or expired; -EINVAL if it holds no UUID; -EOPNOTSUPP if the kernel
 * has no keys; -ENOMEM.
 */
VDEV_EXPORT int vdev_vf_token_read_key(struct vdev_ctx *ctx, const char *name,
				       struct vdev_vf_token *token);

/**
 * enum vdev_vf_token_use - what a token is to a device
 * @VDEV_VF_TOKEN_UNUSED: it has no use for one, and is refused with one
 * @VDEV_VF_TOKEN_SETS: a PF, which gets the token it is opened with, and needs
 *	the one it has while its VFs are open
 * @VDEV_VF_TOKEN_NEEDED: a VF that needs the token of its PF
 */
enum vdev_vf_token_use {
	VDEV_VF_TOKEN_UNUSED,
	VDEV_VF_TOKEN_SETS,
	VDEV_VF_TOKEN_NEEDED,
};

/**
 * vdev_device_vf_token_use() - whether a device is opened with a token
 * @dev: the device
 *
 * As sysfs tells it: by what the device is and which driver it and its PF have.
 * Nothing is opened.
 *
 * Return: a value of enum vdev_vf_token_use.
 */
VDEV_EXPORT int vdev_device_vf_token_use(struct vdev_device *dev);

/**
 * enum vdev_vf_token_demand - whether opening a device now takes a token
 * @VDEV_VF_TOKEN_NONE: it takes none, and is refused with one
 * @VDEV_VF_TOKEN_OPTIONAL: a PF none of whose VFs is open: one that is given
 *	becomes its token
 * @VDEV_VF_TOKEN_REQUIRED: a VF, or a PF that has VFs open: the token of the PF
 */
enum vdev_vf_token_demand {
	VDEV_VF_TOKEN_NONE,
	VDEV_VF_TOKEN_OPTIONAL,
	VDEV_VF_TOKEN_REQUIRED,
};

/**
 * vdev_vf_token_demand_name() - a demand as a word
 * @demand: the demand
 *
 * Return: "none", "optional" or "required"; NULL for a value that is none.
 */
VDEV_EXPORT const char *
vdev_vf_token_demand_name(enum vdev_vf_token_demand demand);

/**
 * vdev_device_vf_token_demand() - ask the kernel whether a token is needed
 * @dev: a device bound to a VFIO driver
 *
 * Unlike vdev_device_vf_token_use() it also knows whether VFs are open. Nothing
 * is opened; it can have changed by the time that the device is. From
 * ``/sys/class/vfio-dev/vfioN/vf_token``, which no released kernel has: it is
 * in the patch "vfio: tell whether opening needs a VF token" of
 * kernel-patches/.
 *
 * Return: a value of enum vdev_vf_token_demand; -EOPNOTSUPP if the kernel, or
 * the device's driver, does not tell; -ENODATA if the device is bound to no
 * VFIO driver; -EACCES for others than root; -ENODEV if the device is gone;
 * -ENOMEM.
 */
VDEV_EXPORT int vdev_device_vf_token_demand(struct vdev_device *dev);

/**
 * vdev_device_vf_token_checked() - whether this kernel checks tokens by cdev
 * @dev: a device bound to vfio-pci or a driver made of it
 *
 * Where it does not, a VF can be opened by cdev without a token, and its token
 * protects nothing. The device's node is opened and the kernel is asked to bind
 * it to what is no iommufd, which it refuses in any case: the device is neither
 * opened nor reset, and its token stays as it is.
 *
 * Return: 1 or 0; -ENODATA if the device has no cdev; -EBUSY while its group is
 * open; -EACCES without the right to the node; other errors.
 */
VDEV_EXPORT int vdev_device_vf_token_checked(struct vdev_device *dev);

/*
 * Stored tokens, in /etc/vdev/tokens, which belongs to root and which only root
 * can read. A token is stored with what the PF is: its address, its vendor and
 * device id, and its serial number if it has that capability; it is not given
 * out for another device that is found at the address later.
 */

/**
 * vdev_vf_token_store() - store a token
 * @dev: the PF whose token it is, or one of its VFs
 * @token: the token
 *
 * One that is stored for the address is replaced. The old or the new one is
 * there, even after a crash. The device itself is not touched.
 *
 * Return: 0; -EOPNOTSUPP if the device is neither a PF nor a VF; -EACCES or
 * -EROFS without the right to write; -ENOMEM; other errors of writing a file.
 */
VDEV_EXPORT int vdev_vf_token_store(struct vdev_device *dev,
				    const struct vdev_vf_token *token);

/**
 * vdev_vf_token_load() - take a stored token
 * @dev: the PF whose token it is, or one of its VFs
 * @token: receives the token
 *
 * Return: 0; -ENOENT if none is stored; -ESTALE (VDEV_ERROR_IN_USE) if the one
 * stored is that of another device; -EACCES without the right to read it, or if
 * others than root can; -EBADMSG if the file is damaged; -EOPNOTSUPP if the
 * device is neither a PF nor a VF; -ENOMEM.
 */
VDEV_EXPORT int vdev_vf_token_load(struct vdev_device *dev,
				   struct vdev_vf_token *token);

/**
 * vdev_vf_token_forget() - remove a stored token
 * @ctx: the context
 * @address: the PCI address of the PF, which need not be there
 *
 * Return: 0; -ENOENT if none is stored; -EINVAL if @address is no PCI address;
 * -EACCES or -EROFS without the right.
 */
VDEV_EXPORT int vdev_vf_token_forget(struct vdev_ctx *ctx, const char *address);

/**
 * enum vdev_vf_token_state - what a stored token is worth
 * @VDEV_VF_TOKEN_USABLE: the device it was stored for is there
 * @VDEV_VF_TOKEN_ABSENT: no device is at the address
 * @VDEV_VF_TOKEN_OTHER: another device is there
 * @VDEV_VF_TOKEN_DAMAGED: the file cannot be understood, or others than root
 *	can read it
 */
enum vdev_vf_token_state {
	VDEV_VF_TOKEN_USABLE,
	VDEV_VF_TOKEN_ABSENT,
	VDEV_VF_TOKEN_OTHER,
	VDEV_VF_TOKEN_DAMAGED,
};

/**
 * vdev_vf_token_state_name() - a state as a word
 * @state: the state
 *
 * Return: "usable", "absent", "other-device" or "damaged"; NULL for a value
 * that is none.
 */
VDEV_EXPORT const char *
vdev_vf_token_state_name(enum vdev_vf_token_state state);

/**
 * vdev_vf_token_list_new() - for which devices tokens are stored
 * @ctx: the context
 * @ret: receives the list, by address, without the tokens themselves; the
 *	caller frees it with vdev_vf_token_list_free()
 *
 * Return: how many there are; -EACCES without the right to look; -ENOMEM.
 */
VDEV_EXPORT int vdev_vf_token_list_new(struct vdev_ctx *ctx,
				       struct vdev_vf_token_list **ret);

/**
 * vdev_vf_token_list_free() - free a list
 * @list: the list, or NULL
 */
VDEV_EXPORT void vdev_vf_token_list_free(struct vdev_vf_token_list *list);

/**
 * vdev_vf_token_list_address() - the PF whose token is stored
 * @list: the list
 * @index: 0 up to the count less one
 *
 * Return: its PCI address; NULL past the end.
 */
VDEV_EXPORT const char *
vdev_vf_token_list_address(const struct vdev_vf_token_list *list, size_t index);

/**
 * vdev_vf_token_list_vendor_id() - its vendor when the token was stored
 * @list: the list
 * @index: 0 up to the count less one
 *
 * Return: the id; -ENODATA for a damaged file; -EINVAL past the end.
 */
VDEV_EXPORT int
vdev_vf_token_list_vendor_id(const struct vdev_vf_token_list *list,
			     size_t index);

/**
 * vdev_vf_token_list_device_id() - its device id when the token was stored
 * @list: the list
 * @index: 0 up to the count less one
 *
 * Return: the id; -ENODATA for a damaged file; -EINVAL past the end.
 */
VDEV_EXPORT int
vdev_vf_token_list_device_id(const struct vdev_vf_token_list *list,
			     size_t index);

/**
 * vdev_vf_token_list_serial() - its serial number when the token was stored
 * @list: the list
 * @index: 0 up to the count less one
 *
 * Return: 16 hexadecimal digits in pairs joined by '-'; NULL if it had none, or
 * past the end.
 */
VDEV_EXPORT const char *
vdev_vf_token_list_serial(const struct vdev_vf_token_list *list, size_t index);

/**
 * vdev_vf_token_list_state() - what it is worth now
 * @list: the list
 * @index: 0 up to the count less one
 *
 * Return: a value of enum vdev_vf_token_state; -EINVAL past the end.
 */
VDEV_EXPORT int vdev_vf_token_list_state(const struct vdev_vf_token_list *list,
					 size_t index);

VDEV_END_DECLS

#endif
