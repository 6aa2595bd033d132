/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* VF tokens: their memory, their text, where they come from. */

#include "object/token.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include <libvdev/pci.h>

#include "kernel/vfio.h"
#include "object/device.h"

/* --- Memory */

struct token_page {
	struct vdev_vf_token token; /* first: it stands for the page */
	struct vdev_ctx *ctx;
};

int vdev_vf_token_new(struct vdev_ctx *ctx, struct vdev_vf_token **ret)
{
	void *secret;
	int error = vdev_sys_secret_new(&ctx->sys, sizeof(struct token_page),
					&secret);
	struct token_page *page = secret;

	if (error)
		return vdev_fail(ctx, error,
				 "there is no memory for a VF token: %s",
				 strerror(-error));
	page->ctx = vdev_ctx_ref(ctx);
	*ret = &page->token;
	return 0;
}

struct vdev_vf_token *vdev_vf_token_free(struct vdev_vf_token *token)
{
	struct token_page *page = (struct token_page *)token;
	struct vdev_ctx *ctx;

	if (!token)
		return NULL;
	ctx = page->ctx;
	vdev_sys_secret_free(&ctx->sys, page, sizeof(*page));
	vdev_ctx_unref(ctx);
	return NULL;
}

void vdev_vf_token_clear(struct vdev_vf_token *token)
{
	explicit_bzero(token, sizeof(*token));
}

/* --- Text */

static bool dash_before(size_t byte)
{
	return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#define TEXT_LENGTH ((size_t)VDEV_VF_TOKEN_TEXT - 1)

/* Straight into its place, so that no copy has to be cleared. */
static int parse(const char *text, struct vdev_vf_token *ret)
{
	int wrong = 0;

	for (size_t i = 0; i < sizeof(ret->bytes); i++) {
		int high, low;

		if (dash_before(i))
			wrong |= *text++ != '-';
		high = digit_value(*text++);
		low = digit_value(*text++);
		wrong |= high < 0 || low < 0;
		ret->bytes[i] =
			(uint8_t)((unsigned int)high << 4 | (unsigned int)low);
	}
	if (wrong)
		vdev_vf_token_clear(ret);
	return wrong ? -EINVAL : 0;
}

int token_scan(const char *text, size_t size, struct vdev_vf_token *ret)
{
	struct vdev_vf_token token;
	int error;

	while (size && isspace((unsigned char)*text)) {
		text++;
		size--;
	}
	while (size && isspace((unsigned char)text[size - 1]))
		size--;
	if (size != TEXT_LENGTH)
		return -EINVAL;
	error = parse(text, &token);
	if (!error)
		*ret = token;
	vdev_vf_token_clear(&token);
	return error;
}

int vdev_vf_token_parse(const char *text, struct vdev_vf_token *ret)
{
	struct vdev_vf_token token;
	int error;

	if (strlen(text) != TEXT_LENGTH)
		return -EINVAL;
	error = parse(text, &token);
	if (!error)
		*ret = token;
	vdev_vf_token_clear(&token);
	return error;
}

void vdev_vf_token_format(const struct vdev_vf_token *token,
			  char text[VDEV_VF_TOKEN_TEXT])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < sizeof(token->bytes); i++) {
		if (dash_before(i))
			*text++ = '-';
		*text++ = digits[token->bytes[i] >> 4];
		*text++ = digits[token->bytes[i] & 15];
	}
	*text = '\0';
}

/* --- Where they come from */

int vdev_vf_token_generate(struct vdev_ctx *ctx, struct vdev_vf_token *token)
{
	struct vdev_vf_token made;
	int error =
		ctx->sys.ops->random(&ctx->sys, made.bytes, sizeof(made.bytes));

	if (error)
		return vdev_fail(ctx, error,
				 "cannot make a VF token: no random bytes: %s",
				 strerror(-error));
	/* RFC 9562: version 4, variant 10. */
	made.bytes[6] = (uint8_t)((made.bytes[6] & 0x0f) | 0x40);
	made.bytes[8] = (uint8_t)((made.bytes[8] & 0x3f) | 0x80);
	*token = made;
	vdev_vf_token_clear(&made);
	return 0;
}

/* What a token is read into: more than one token needs is too much. */
#define ROOM 256

static int scan_fail(struct vdev_ctx *ctx, const char *name)
{
	vdev_fail(ctx, -EINVAL, "%s holds no VF token", name);
	return vdev_hint(ctx, -EINVAL,
			 "a VF token is a UUID and nothing else; 'vdevctl "
			 "token generate' makes one");
}

static int check_file(struct vdev_ctx *ctx, int fd, const char *name,
		      unsigned int flags)
{
	struct stat st;
	int error = vdev_sys_fstat(&ctx->sys, fd, &st);

	if (error)
		return vdev_fail(ctx, error, "cannot look at %s: %s", name,
				 strerror(-error));
	if (!S_ISREG(st.st_mode) || flags & VDEV_VF_TOKEN_INSECURE ||
	    !(st.st_mode & (S_IRWXG | S_IRWXO)))
		return 0;
	vdev_fail(ctx, -EACCES,
		  "%s can be read or written by others than its owner (mode "
		  "%04o), so that its VF token is no secret",
		  name, (unsigned int)st.st_mode & 07777);
	return vdev_hint(ctx, -EACCES,
			 "chmod 600, and take another token if one may have "
			 "read it");
}

static int read_into(struct vdev_ctx *ctx, int fd, const char *name, char *room,
		     struct vdev_vf_token *token)
{
	ssize_t n = vdev_sys_read_fd(&ctx->sys, fd, room, ROOM);

	if (n < 0)
		return vdev_fail(ctx, (int)n, "cannot read %s: %s", name,
				 strerror((int)-n));
	if (n == ROOM || token_scan(room, (size_t)n, token))
		return scan_fail(ctx, name);
	return 0;
}

static int secret_room(struct vdev_ctx *ctx, void **ret)
{
	int error = vdev_sys_secret_new(&ctx->sys, ROOM, ret);

	return error ? vdev_fail(ctx, error,
				 "there is no memory for a VF token: %s",
				 strerror(-error))
		     : 0;
}

int vdev_vf_token_read(struct vdev_ctx *ctx, int fd, const char *name,
		       unsigned int flags, struct vdev_vf_token *token)
{
	int error = check_file(ctx, fd, name, flags);
	void *room;

	if (!error)
		error = secret_room(ctx, &room);
	if (error)
		return error;
	error = read_into(ctx, fd, name, room, token);
	vdev_sys_secret_free(&ctx->sys, room, ROOM);
	return error;
}

static int key_fail(struct vdev_ctx *ctx, const char *name, int error)
{
	switch (-error) {
	case ENOKEY:
		vdev_fail(
			ctx, -ENOENT,
			"there is no key '%s' of type user in the keyrings of "
			"this session and user",
			name);
		return vdev_hint(ctx, -ENOENT, "keyctl padd user %s @u <FILE",
				 name);
	case EKEYEXPIRED:
	case EKEYREVOKED:
	case EKEYREJECTED:
		return vdev_fail(ctx, -EACCES,
				 "the key '%s' cannot be used: %s", name,
				 strerror(-error));
	case EACCES:
	case EPERM:
		vdev_fail(ctx, -EACCES, "may not read the key '%s'", name);
		return vdev_hint(ctx, -EACCES,
				 "a key of the user is read in a session that "
				 "leads to it: keyctl link @u @s, or "
				 "KeyringMode=shared in a unit of systemd");
	case ENOSYS:
	case EOPNOTSUPP:
		return vdev_fail(ctx, -EOPNOTSUPP,
				 "the kernel keeps no keys (it needs "
				 "CONFIG_KEYS)");
	default:
		return vdev_fail(ctx, error, "cannot read the key '%s': %s",
				 name, strerror(-error));
	}
}

static int scan_key(struct vdev_ctx *ctx, const char *name, char *room,
		    struct vdev_vf_token *token)
{
	ssize_t n = ctx->sys.ops->read_key(&ctx->sys, name, room, ROOM);
	char quoted[64];

	if (n < 0)
		return key_fail(ctx, name, (int)n);
	if (n > ROOM || token_scan(room, (size_t)n, token)) {
		snprintf(quoted, sizeof(quoted), "the key '%s'", name);
		return scan_fail(ctx, quoted);
	}
	return 0;
}

int vdev_vf_token_read_key(struct vdev_ctx *ctx, const char *name,
			   struct vdev_vf_token *token)
{
	void *room;
	int error = secret_room(ctx, &room);

	if (error)
		return error;
	error = scan_key(ctx, name, room, token);
	vdev_sys_secret_free(&ctx->sys, room, ROOM);
	return error;
}

/* --- What they are to devices */

int token_owner(struct vdev_device *dev, struct vdev_device **ret)
{
	const char *physfn = vdev_device_physfn(dev);

	if (physfn)
		return vdev_device_find(vdev_device_ctx(dev), physfn, ret);
	if (vdev_device_sriov_totalvfs(dev) < 0)
		return vdev_fail(vdev_device_ctx(dev), -EOPNOTSUPP,
				 "%s has no VF token: it is neither a PF with "
				 "VFs nor a VF",
				 vdev_device_address(dev));
	*ret = vdev_device_ref(dev);
	return 0;
}

int vdev_device_vf_token_use(struct vdev_device *dev)
{
	const char *physfn = vdev_device_physfn(dev);
	struct vdev_device *pf;
	bool used;

	if (!vdev_device_is_vfio(dev))
		return VDEV_VF_TOKEN_UNUSED;
	if (!physfn)
		return vdev_device_sriov_totalvfs(dev) < 0
			       ? VDEV_VF_TOKEN_UNUSED
			       : VDEV_VF_TOKEN_SETS;
	if (vdev_device_find(vdev_device_ctx(dev), physfn, &pf))
		return VDEV_VF_TOKEN_UNUSED;
	used = vdev_device_is_vfio(pf);
	vdev_device_unref(pf);
	return used ? VDEV_VF_TOKEN_NEEDED : VDEV_VF_TOKEN_UNUSED;
}

static const char *const demands[] = {
	[VDEV_VF_TOKEN_NONE] = "none",
	[VDEV_VF_TOKEN_OPTIONAL] = "optional",
	[VDEV_VF_TOKEN_REQUIRED] = "required",
};

const char *vdev_vf_token_demand_name(enum vdev_vf_token_demand demand)
{
	return (size_t)demand < ARRAY_SIZE(demands) ? demands[demand] : NULL;
}

static int demand_fail(struct vdev_device *dev, const char *vfio, int error)
{
	struct vdev_ctx *ctx = vdev_device_ctx(dev);

	if (error != -ENOENT)
		return vdev_fail(ctx, error,
				 "cannot read whether %s needs a VF token: %s",
				 vdev_device_address(dev), strerror(-error));
	vdev_fail(ctx, -EOPNOTSUPP,
		  "this kernel does not tell whether %s needs a VF token: it "
		  "has no /sys/class/vfio-dev/%s/vf_token",
		  vdev_device_address(dev), vfio);
	return vdev_hint(ctx, -EOPNOTSUPP,
			 "needs Linux 7.2 with the patches of libvdev "
			 "(kernel-patches/), and a driver that can tell");
}

int vdev_device_vf_token_demand(struct vdev_device *dev)
{
	char name[64], text[16];
	const char *vfio;
	ssize_t n = vdev_device_get_vfio(dev, &vfio);

	if (n)
		return (int)n;
	if (!vfio)
		return vdev_fail(vdev_device_ctx(dev), -ENODATA,
				 "%s is not bound to a VFIO driver",
				 vdev_device_address(dev));
	snprintf(name, sizeof(name), "vfio-dev/%s/vf_token", vfio);
	n = vdev_device_read_attr(dev, name, text, sizeof(text));
	if (n < 0)
		return demand_fail(dev, vfio, (int)n);
	for (int i = 0; i < (int)ARRAY_SIZE(demands); i++)
		if (str_eq(text, demands[i]))
			return i;
	return demand_fail(dev, vfio, -EIO);
}

static int checked_fail(struct vdev_device *dev, const char *node, int error)
{
	return vdev_fail(vdev_device_ctx(dev), error,
			 "cannot ask by %s of %s whether tokens are checked: "
			 "%s",
			 node, vdev_device_address(dev), strerror(-error));
}

int vdev_device_vf_token_checked(struct vdev_device *dev)
{
	const char *node = vdev_device_vfio_cdev(dev);
	struct vdev_sys *sys = &vdev_device_ctx(dev)->sys;
	int fd, ret;

	if (!node)
		return -ENODATA;
	fd = vdev_sys_open(sys, VDEV_SYS_ROOT, node, O_RDWR, 0);
	if (fd < 0)
		return checked_fail(dev, node, fd);
	ret = vfio_takes_token(sys, fd);
	vdev_sys_close(sys, fd);
	return ret < 0 ? checked_fail(dev, node, ret) : ret;
}
