/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* VF tokens on disk: a file for each PF, with what the PF is. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include <libvdev/pci.h>

#include "object/lock.h"
#include "object/token.h"

#define TOKEN_DIR  "/etc/vdev/tokens"
#define FIRST_LINE "vdev token 1"
#define CAP_DSN	   0x03
#define PATH_SIZE  (sizeof(TOKEN_DIR) + 1 + PCI_ADDRESS_SIZE)

/* All that holds a token while a file is read or written. */
struct store_room {
	char text[512];
	struct token_stored stored;
};

static void store_path(const char *address, char path[PATH_SIZE])
{
	snprintf(path, PATH_SIZE, TOKEN_DIR "/%s", address);
}

static int io_fail(struct vdev_ctx *ctx, int error, const char *what,
		   const char *path)
{
	const bool right =
		error == -EACCES || error == -EPERM || error == -EROFS;

	return vdev_fail_as(
		ctx, right ? VDEV_ERROR_PERMISSION : VDEV_ERROR_FAILED, error,
		"cannot %s %s: %s", what, path, strerror(-error));
}

/* --- The device */

static int read_serial(struct vdev_device *pf, char serial[TOKEN_SERIAL_SIZE])
{
	const uint8_t *config = NULL;
	int at = vdev_device_cap_offset(pf, CAP_DSN, true);
	int size, n = 0;

	*serial = '\0';
	if (at == -ENODATA)
		return 0;
	size = at < 0 ? at : vdev_device_config(pf, &config);
	if (size < 0)
		return size;
	if (at + 12 > size)
		return 0;
	for (int i = 7; i >= 0; i--)
		n += snprintf(serial + n, TOKEN_SERIAL_SIZE - (size_t)n,
			      "%02x%s", config[at + 4 + i], i ? "-" : "");
	return 0;
}

static int identify(struct vdev_device *pf, struct token_identity *ret)
{
	struct token_identity id = {
		.vendor = vdev_device_vendor_id(pf),
		.device = vdev_device_device_id(pf),
	};
	int error = read_serial(pf, id.serial);

	if (id.vendor < 0 || id.device < 0)
		return id.vendor < 0 ? id.vendor : id.device;
	if (error)
		return error;
	snprintf(id.address, sizeof(id.address), "%s", vdev_device_address(pf));
	*ret = id;
	return 0;
}

static bool is_same(const struct token_identity *a,
		    const struct token_identity *b)
{
	return a->vendor == b->vendor && a->device == b->device &&
	       str_eq(a->serial, b->serial);
}

/* --- The file */

static bool serial_valid(const char *s)
{
	size_t n = strlen(s);

	return !n || (n == TOKEN_SERIAL_SIZE - 1 &&
		      strspn(s, "0123456789abcdef-") == n);
}

static int take_id(const char *value, int *ret)
{
	uint64_t id;

	if (!str_starts(value, "0x") || str_to_u64(value + 2, 16, &id) ||
	    id > 0xffff)
		return -EBADMSG;
	*ret = (int)id;
	return 0;
}

static int take_line(char *line, struct token_stored *s)
{
	char *value = strchr(line, '=');
	struct pci_address address;

	if (!value)
		return -EBADMSG;
	*value++ = '\0';
	if (str_eq(line, "vendor"))
		return take_id(value, &s->identity.vendor);
	if (str_eq(line, "device"))
		return take_id(value, &s->identity.device);
	if (str_eq(line, "address") && !pci_address_parse(value, &address))
		pci_address_format(&address, s->identity.address);
	else if (str_eq(line, "serial") && serial_valid(value))
		strcpy(s->identity.serial, value);
	else if (!str_eq(line, "token") ||
		 vdev_vf_token_parse(value, &s->token))
		return -EBADMSG;
	return 0;
}

int token_stored_parse(char *text, const char *address, struct token_stored *s)
{
	static const char *const keys[] = { "address", "vendor", "device",
					    "serial", "token" };
	char *line, *rest = text;

	line = strsep(&rest, "\n");
	if (!str_eq(line, FIRST_LINE))
		return -EBADMSG;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		line = strsep(&rest, "\n");
		if (!line || !str_starts(line, keys[i]) || take_line(line, s))
			return -EBADMSG;
	}
	/* The whole of it, and nothing that somebody has copied. */
	return rest && !*rest && str_eq(s->identity.address, address)
		       ? 0
		       : -EBADMSG;
}

static void format(const struct token_identity *id,
		   const struct vdev_vf_token *token, char *text, size_t size)
{
	int n = snprintf(text, size,
			 FIRST_LINE "\naddress=%s\nvendor=0x%04x\n"
				    "device=0x%04x\nserial=%s\ntoken=",
			 id->address, (unsigned int)id->vendor,
			 (unsigned int)id->device, id->serial);

	vdev_vf_token_format(token, text + n);
	strcat(text, "\n");
}

/*
 * Return: 0; -ENOENT; -EBADMSG for what is damaged or open to others; another
 * error of reading. None is recorded.
 */
static int read_stored(struct vdev_ctx *ctx, const char *address,
		       struct store_room *room)
{
	char path[PATH_SIZE];
	struct stat st;
	ssize_t n;
	int fd;

	store_path(address, path);
	fd = vdev_sys_open(&ctx->sys, VDEV_SYS_ROOT, path,
			   O_RDONLY | O_NOFOLLOW, 0);
	if (fd < 0)
		return fd == -ELOOP ? -EBADMSG : fd;
	n = vdev_sys_fstat(&ctx->sys, fd, &st);
	if (!n && (!S_ISREG(st.st_mode) || st.st_mode & (S_IRWXG | S_IRWXO)))
		n = -EBADMSG;
	if (!n)
		n = vdev_sys_read_fd(&ctx->sys, fd, room->text,
				     sizeof(room->text));
	vdev_sys_close(&ctx->sys, fd);
	if (n < 0)
		return (int)n;
	if ((size_t)n == sizeof(room->text))
		return -EBADMSG;
	room->text[n] = '\0';
	return token_stored_parse(room->text, address, &room->stored);
}

static int room_new(struct vdev_ctx *ctx, struct store_room **ret)
{
	void *secret;
	int error = vdev_sys_secret_new(&ctx->sys, sizeof(**ret), &secret);

	if (error)
		return vdev_fail(ctx, error,
				 "there is no memory for a VF token: %s",
				 strerror(-error));
	*ret = secret;
	return 0;
}

static void room_free(struct vdev_ctx *ctx, struct store_room *room)
{
	vdev_sys_secret_free(&ctx->sys, room, sizeof(*room));
}

/* --- Storing and forgetting */

/* One process at a time: two would write into one new file. */
static int take_lock(struct vdev_ctx *ctx, struct locks *ret)
{
	_auto_strv_ struct strv names = { 0 };

	if (strv_add(&names, "tokens"))
		return vdev_fail(ctx, -ENOMEM, "out of memory");
	return locks_take(ctx, &names, NULL, true, ret);
}

static int write_stored(struct vdev_ctx *ctx, const char *address,
			const char *text)
{
	char path[PATH_SIZE];
	struct locks locks;
	int error = take_lock(ctx, &locks);

	if (error)
		return error;
	store_path(address, path);
	error = vdev_sys_mkdir_p(&ctx->sys, TOKEN_DIR, 0700);
	if (!error)
		error = vdev_sys_replace_file(&ctx->sys, path, text, 0600);
	locks_release(ctx, &locks);
	if (error)
		return io_fail(ctx, error, "write", path);
	vdev_log(ctx, VDEV_LOG_INFO, "%s: stored its VF token", address);
	return 0;
}

static int store_of(struct vdev_device *pf, const struct vdev_vf_token *token)
{
	struct vdev_ctx *ctx = vdev_device_ctx(pf);
	struct store_room *room;
	struct token_identity id;
	int error = identify(pf, &id);

	if (error)
		return vdev_fail(
			ctx, error,
			"cannot tell what %s is, to store its VF token",
			vdev_device_address(pf));
	error = room_new(ctx, &room);
	if (error)
		return error;
	format(&id, token, room->text, sizeof(room->text));
	error = write_stored(ctx, id.address, room->text);
	room_free(ctx, room);
	return error;
}

int vdev_vf_token_store(struct vdev_device *dev,
			const struct vdev_vf_token *token)
{
	struct vdev_device *pf;
	int error = token_owner(dev, &pf);

	if (error)
		return error;
	error = store_of(pf, token);
	vdev_device_unref(pf);
	return error;
}

int vdev_vf_token_forget(struct vdev_ctx *ctx, const char *address)
{
	struct pci_address parsed;
	char name[PCI_ADDRESS_SIZE], path[PATH_SIZE];
	struct locks locks;
	int error;

	if (pci_address_parse(address, &parsed))
		return vdev_fail(ctx, -EINVAL, "'%s' is no PCI address",
				 address);
	pci_address_format(&parsed, name);
	store_path(name, path);
	error = take_lock(ctx, &locks);
	if (error)
		return error;
	if (vdev_sys_exists(&ctx->sys, path))
		error = vdev_sys_remove_file(&ctx->sys, path);
	else
		error = -ENOENT;
	locks_release(ctx, &locks);
	if (error == -ENOENT)
		return vdev_fail(ctx, error, "no VF token is stored for %s",
				 name);
	if (error)
		return io_fail(ctx, error, "remove", path);
	vdev_log(ctx, VDEV_LOG_INFO, "%s: forgot its VF token", name);
	return 0;
}

/* --- Taking */

static int damaged_fail(struct vdev_ctx *ctx, const char *address)
{
	vdev_fail_as(ctx, VDEV_ERROR_FAILED, -EBADMSG,
		     "the VF token stored in " TOKEN_DIR "/%s is damaged, or "
		     "others than root can read it",
		     address);
	return vdev_hint(ctx, -EBADMSG, "vdevctl token store %s stores another",
			 address);
}

static int read_fail(struct vdev_ctx *ctx, const char *address, int error)
{
	char path[PATH_SIZE];

	if (error == -EBADMSG)
		return damaged_fail(ctx, address);
	if (error == -ENOENT) {
		vdev_fail(ctx, error, "no VF token is stored for %s", address);
		return vdev_hint(ctx, error, "vdevctl token store %s", address);
	}
	store_path(address, path);
	return io_fail(ctx, error, "read", path);
}

static int other_fail(struct vdev_ctx *ctx, const struct token_identity *was,
		      const struct token_identity *is)
{
	vdev_fail_as(ctx, VDEV_ERROR_IN_USE, -ESTALE,
		     "the VF token stored for %s is that of another device: "
		     "%04x:%04x%s%s, and %04x:%04x%s%s is there now",
		     is->address, (unsigned int)was->vendor,
		     (unsigned int)was->device, *was->serial ? ", serial " : "",
		     was->serial, (unsigned int)is->vendor,
		     (unsigned int)is->device, *is->serial ? ", serial " : "",
		     is->serial);
	return vdev_hint(ctx, -ESTALE,
			 "store one for this device: vdevctl token store %s",
			 is->address);
}

static int load_of(struct vdev_device *pf, struct store_room *room,
		   struct vdev_vf_token *token)
{
	struct vdev_ctx *ctx = vdev_device_ctx(pf);
	struct token_identity id;
	int error = read_stored(ctx, vdev_device_address(pf), room);

	if (error)
		return read_fail(ctx, vdev_device_address(pf), error);
	error = identify(pf, &id);
	if (error)
		return vdev_fail(
			ctx, error,
			"cannot tell whether %s is the device whose VF "
			"token is stored",
			vdev_device_address(pf));
	if (!is_same(&room->stored.identity, &id))
		return other_fail(ctx, &room->stored.identity, &id);
	*token = room->stored.token;
	return 0;
}

int vdev_vf_token_load(struct vdev_device *dev, struct vdev_vf_token *token)
{
	struct vdev_ctx *ctx = vdev_device_ctx(dev);
	struct store_room *room;
	struct vdev_device *pf;
	int error = token_owner(dev, &pf);

	if (error)
		return error;
	error = room_new(ctx, &room);
	if (!error) {
		error = load_of(pf, room, token);
		room_free(ctx, room);
	}
	vdev_device_unref(pf);
	return error;
}

/* --- All of them */

struct token_entry {
	struct token_identity identity;
	enum vdev_vf_token_state state;
};

struct vdev_vf_token_list {
	struct token_entry *items;
	size_t count;
};

const char *vdev_vf_token_state_name(enum vdev_vf_token_state state)
{
	static const char *const names[] = {
		[VDEV_VF_TOKEN_USABLE] = "usable",
		[VDEV_VF_TOKEN_ABSENT] = "absent",
		[VDEV_VF_TOKEN_OTHER] = "other-device",
		[VDEV_VF_TOKEN_DAMAGED] = "damaged",
	};

	return (size_t)state < ARRAY_SIZE(names) ? names[state] : NULL;
}

static enum vdev_vf_token_state judge(struct vdev_ctx *ctx,
				      const struct token_identity *stored)
{
	struct vdev_device *pf;
	struct token_identity id;
	bool same;

	if (vdev_device_find(ctx, stored->address, &pf))
		return VDEV_VF_TOKEN_ABSENT;
	same = !identify(pf, &id) && is_same(stored, &id);
	vdev_device_unref(pf);
	return same ? VDEV_VF_TOKEN_USABLE : VDEV_VF_TOKEN_OTHER;
}

static int add_entry(struct vdev_ctx *ctx, struct vdev_vf_token_list *list,
		     const char *name, struct store_room *room)
{
	struct token_entry entry = { .state = VDEV_VF_TOKEN_DAMAGED };
	int error;

	*room = (struct store_room){ 0 };
	error = read_stored(ctx, name, room);
	if (error == -ENOENT)
		return 0;
	if (!error) {
		entry.identity = room->stored.identity;
		entry.state = judge(ctx, &entry.identity);
	} else if (error == -EBADMSG) {
		snprintf(entry.identity.address, sizeof(entry.identity.address),
			 "%s", name);
		entry.identity.vendor = -ENODATA;
		entry.identity.device = -ENODATA;
	} else {
		return read_fail(ctx, name, error);
	}
	if (ARRAY_ADD(list->items, list->count, entry))
		return vdev_fail(ctx, -ENOMEM, "out of memory");
	return 0;
}

static int add_entries(struct vdev_ctx *ctx, struct vdev_vf_token_list *list,
		       const struct strv *names)
{
	struct store_room *room;
	const char *name;
	int error = room_new(ctx, &room);

	if (error)
		return error;
	strv_foreach(names, name) {
		struct pci_address address;

		/* What is being written has a leading dot. */
		if (!error && !pci_address_parse(name, &address))
			error = add_entry(ctx, list, name, room);
	}
	room_free(ctx, room);
	return error;
}

int vdev_vf_token_list_new(struct vdev_ctx *ctx,
			   struct vdev_vf_token_list **ret)
{
	_auto_strv_ struct strv names = { 0 };
	struct vdev_vf_token_list *list;
	int error = vdev_sys_list(&ctx->sys, VDEV_SYS_ROOT, TOKEN_DIR, &names);

	if (error && error != -ENOENT)
		return io_fail(ctx, error, "read", TOKEN_DIR);
	list = calloc(1, sizeof(*list));
	if (!list)
		return vdev_fail(ctx, -ENOMEM, "out of memory");
	error = add_entries(ctx, list, &names);
	if (error) {
		vdev_vf_token_list_free(list);
		return error;
	}
	*ret = list;
	return (int)list->count;
}

void vdev_vf_token_list_free(struct vdev_vf_token_list *list)
{
	if (!list)
		return;
	free(list->items);
	free(list);
}

static const struct token_entry *entry_at(const struct vdev_vf_token_list *list,
					  size_t index)
{
	return index < list->count ? &list->items[index] : NULL;
}

const char *vdev_vf_token_list_address(const struct vdev_vf_token_list *list,
				       size_t index)
{
	const struct token_entry *entry = entry_at(list, index);

	return entry ? entry->identity.address : NULL;
}

int vdev_vf_token_list_vendor_id(const struct vdev_vf_token_list *list,
				 size_t index)
{
	const struct token_entry *entry = entry_at(list, index);

	return entry ? entry->identity.vendor : -EINVAL;
}

int vdev_vf_token_list_device_id(const struct vdev_vf_token_list *list,
				 size_t index)
{
	const struct token_entry *entry = entry_at(list, index);

	return entry ? entry->identity.device : -EINVAL;
}

const char *vdev_vf_token_list_serial(const struct vdev_vf_token_list *list,
				      size_t index)
{
	const struct token_entry *entry = entry_at(list, index);

	return entry && *entry->identity.serial ? entry->identity.serial : NULL;
}

int vdev_vf_token_list_state(const struct vdev_vf_token_list *list,
			     size_t index)
{
	const struct token_entry *entry = entry_at(list, index);

	return entry ? (int)entry->state : -EINVAL;
}
