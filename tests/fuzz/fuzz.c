/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>

/* Files are numbered from here; a directory is one number below. */
#define FIRST_FD 1000

static struct fuzz_input *input_of(struct vdev_sys *sys)
{
	return sys->data;
}

static int fuzz_open(struct vdev_sys *sys, int dirfd, const char *path,
		     int flags, mode_t mode)
{
	struct fuzz_input *in = input_of(sys);

	(void)dirfd;
	(void)path;
	(void)flags;
	(void)mode;
	for (size_t i = 0; i < ARRAY_SIZE(in->offsets); i++)
		if (in->offsets[i] == SIZE_MAX) {
			in->offsets[i] = 0;
			return FIRST_FD + (int)i;
		}
	return -EMFILE;
}

static int fuzz_close(struct vdev_sys *sys, int fd)
{
	input_of(sys)->offsets[fd - FIRST_FD] = SIZE_MAX;
	return 0;
}

static ssize_t fuzz_pread(struct vdev_sys *sys, int fd, void *buf, size_t size,
			  off_t offset)
{
	struct fuzz_input *in = input_of(sys);
	size_t left = in->size -
		      ((size_t)offset < in->size ? (size_t)offset : in->size);

	(void)fd;
	if (size > left)
		size = left;
	if (size)
		memcpy(buf, in->data + offset, size);
	return (ssize_t)size;
}

static ssize_t fuzz_read(struct vdev_sys *sys, int fd, void *buf, size_t size)
{
	size_t *offset = &input_of(sys)->offsets[fd - FIRST_FD];
	ssize_t n = fuzz_pread(sys, fd, buf, size, (off_t)*offset);

	*offset += (size_t)n;
	return n;
}

static ssize_t fuzz_write(struct vdev_sys *sys, int fd, const void *buf,
			  size_t size)
{
	(void)sys;
	(void)fd;
	(void)buf;
	return (ssize_t)size;
}

/* All is ready always. */
static int fuzz_poll(struct vdev_sys *sys, struct pollfd *fds, nfds_t count,
		     int timeout_ms)
{
	(void)sys;
	(void)timeout_ms;
	for (nfds_t i = 0; i < count; i++)
		fds[i].revents = (short)(fds[i].fd < 0 ? 0 : fds[i].events);
	return 1;
}

/* Up to four names, of up to 31 characters. */
static int fuzz_list(struct vdev_sys *sys, int dirfd, const char *path,
		     vdev_sys_list_fn fn, void *data)
{
	struct fuzz_input *in = input_of(sys);
	char name[32];
	size_t at = 0;
	int ret = 0;

	(void)dirfd;
	(void)path;
	for (int i = 0; i < 4 && !ret; i++) {
		size_t n = 0;

		while (at < in->size && n < sizeof(name) - 1 &&
		       in->data[at] != '\n' && in->data[at] != '/' &&
		       in->data[at])
			name[n++] = (char)in->data[at++];
		at++;
		name[n] = '\0';
		if (n && !str_eq(name, ".") && !str_eq(name, ".."))
			ret = fn(data, name, DT_LNK);
	}
	return ret;
}

static ssize_t fuzz_readlink(struct vdev_sys *sys, int dirfd, const char *path,
			     char *buf, size_t size)
{
	struct fuzz_input *in = input_of(sys);
	size_t n = 0;

	(void)dirfd;
	(void)path;
	while (n < size && n < in->size && in->data[n] && in->data[n] != '\n') {
		buf[n] = (char)in->data[n];
		n++;
	}
	return n ? (ssize_t)n : -EINVAL;
}

static int fuzz_stat(struct vdev_sys *sys, int dirfd, const char *path,
		     struct stat *st, bool follow)
{
	(void)sys;
	(void)dirfd;
	(void)path;
	(void)follow;
	*st = (struct stat){ .st_mode = S_IFREG | 0644 };
	return 0;
}

static int fuzz_path(struct vdev_sys *sys, const char *path)
{
	(void)sys;
	(void)path;
	return 0;
}

static int fuzz_path_mode(struct vdev_sys *sys, const char *path, mode_t mode)
{
	(void)sys;
	(void)path;
	(void)mode;
	return 0;
}

static int fuzz_rename(struct vdev_sys *sys, const char *from, const char *to)
{
	(void)sys;
	(void)from;
	(void)to;
	return 0;
}

static int fuzz_fsync(struct vdev_sys *sys, int fd)
{
	(void)sys;
	(void)fd;
	return 0;
}

static int fuzz_flock(struct vdev_sys *sys, int fd, int operation)
{
	(void)sys;
	(void)fd;
	(void)operation;
	return 0;
}

static int fuzz_chown(struct vdev_sys *sys, const char *path, uid_t uid,
		      gid_t gid)
{
	(void)sys;
	(void)path;
	(void)uid;
	(void)gid;
	return 0;
}

static int fuzz_ioctl(struct vdev_sys *sys, int fd, unsigned long request,
		      void *arg)
{
	(void)sys;
	(void)fd;
	(void)request;
	(void)arg;
	return -ENOTTY;
}

static int fuzz_child_write(struct vdev_sys *sys, const char *path,
			    const char *text, unsigned int timeout_ms,
			    pid_t *pending)
{
	(void)sys;
	(void)path;
	(void)text;
	(void)timeout_ms;
	(void)pending;
	return 0;
}

static int fuzz_run(struct vdev_sys *sys, const char *const *argv)
{
	(void)sys;
	(void)argv;
	return 0;
}

/* What answers a message. */
static uint16_t answer_type(const struct vdev_sys_netlink *request)
{
	const struct nlmsghdr *asked = request->message;

	/* Of RTM_NEW, RTM_DEL and RTM_GET the first answers the last. */
	return (uint16_t)(request->protocol == NETLINK_GENERIC
				  ? asked->nlmsg_type
				  : asked->nlmsg_type - 2);
}

/* libnl hands on whole messages only, aligned and of the type asked for. */
static int answer(struct vdev_sys_netlink *request, const void *body,
		  size_t have, size_t size)
{
	struct nlmsghdr *message = calloc(1, NLMSG_SPACE(size));
	int ret;

	if (!message)
		return -ENOMEM;
	memcpy(NLMSG_DATA(message), body, have < size ? have : size);
	message->nlmsg_len = (uint32_t)NLMSG_LENGTH(size);
	message->nlmsg_type = answer_type(request);
	ret = request->fn(request->data, message);
	free(message);
	return ret;
}

static int answer_family(struct vdev_sys_netlink *request)
{
	const struct {
		struct genlmsghdr head;
		struct nlattr attr;
		uint16_t id;
	} body = {
		.head = { .cmd = CTRL_CMD_NEWFAMILY },
		.attr = { NLA_HDRLEN + sizeof(body.id), CTRL_ATTR_FAMILY_ID },
		.id = GENL_START_ALLOC,
	};

	return answer(request, &body, sizeof(body), sizeof(body));
}

static int fuzz_netlink(struct vdev_sys *sys, struct vdev_sys_netlink *request)
{
	const struct nlmsghdr *asked = request->message;
	struct fuzz_input *in = input_of(sys);
	int ret = 0;

	/* What is set has no answer but that it is done. */
	if (!request->fn)
		return 0;
	if (request->protocol == NETLINK_GENERIC &&
	    asked->nlmsg_type == GENL_ID_CTRL && !in->families)
		return answer_family(request);
	for (size_t at = 0; at < in->size && !ret;) {
		size_t size = in->data[at] * 2U;
		size_t have = in->size - at - 1;

		if (have > size)
			have = size;
		ret = answer(request, in->data + at + 1, have, size);
		at += 1 + have;
	}
	return ret;
}

static int fuzz_netlink_listen(struct vdev_sys *sys, int protocol, int fd,
			       unsigned int group)
{
	(void)protocol;
	(void)group;
	return fd >= 0 ? fd : fuzz_open(sys, VDEV_SYS_ROOT, "", 0, 0);
}

/* Whole datagrams, with their heads; an empty one stands for those lost. */
static ssize_t fuzz_netlink_receive(struct vdev_sys *sys, int fd, void *buf,
				    size_t size)
{
	struct fuzz_input *in = input_of(sys);
	size_t n, left;

	(void)fd;
	if (in->received >= in->size)
		return -EAGAIN;
	n = in->data[in->received++] * 2U;
	left = in->size - in->received;
	if (n > left)
		n = left;
	if (!n)
		return -ENOBUFS;
	FUZZ_CHECK(n <= size);
	memcpy(buf, in->data + in->received, n);
	in->received += n;
	return (ssize_t)n;
}

static int fuzz_secret_new(struct vdev_sys *sys, size_t size, void **ret)
{
	(void)sys;
	*ret = calloc(1, size);
	return *ret ? 0 : -ENOMEM;
}

static void fuzz_secret_free(struct vdev_sys *sys, void *secret, size_t size)
{
	(void)sys;
	(void)size;
	free(secret);
}

static ssize_t fuzz_read_key(struct vdev_sys *sys, const char *name, void *buf,
			     size_t size)
{
	struct fuzz_input *in = input_of(sys);

	(void)name;
	(void)fuzz_pread(sys, 0, buf, size, 0);
	return (ssize_t)in->size;
}

static uint64_t fuzz_now_ms(struct vdev_sys *sys)
{
	return input_of(sys)->now++;
}

static void fuzz_sleep_ms(struct vdev_sys *sys, unsigned int ms)
{
	input_of(sys)->now += ms;
}

static int fuzz_is_root(struct vdev_sys *sys)
{
	(void)sys;
	return 1;
}

static const struct vdev_sys_ops fuzz_ops = {
	.open = fuzz_open,
	.close = fuzz_close,
	.read = fuzz_read,
	.pread = fuzz_pread,
	.write = fuzz_write,
	.write_some = fuzz_write,
	.poll = fuzz_poll,
	.list = fuzz_list,
	.readlink = fuzz_readlink,
	.stat = fuzz_stat,
	.mkdir = fuzz_path_mode,
	.unlink = fuzz_path,
	.rename = fuzz_rename,
	.fsync = fuzz_fsync,
	.flock = fuzz_flock,
	.chown = fuzz_chown,
	.chmod = fuzz_path_mode,
	.ioctl = fuzz_ioctl,
	.child_write = fuzz_child_write,
	.run = fuzz_run,
	.netlink = fuzz_netlink,
	.netlink_listen = fuzz_netlink_listen,
	.netlink_receive = fuzz_netlink_receive,
	.secret_new = fuzz_secret_new,
	.secret_free = fuzz_secret_free,
	.read_key = fuzz_read_key,
	.now_ms = fuzz_now_ms,
	.sleep_ms = fuzz_sleep_ms,
	.is_root = fuzz_is_root,
};

void fuzz_sys(struct vdev_sys *sys, struct fuzz_input *input,
	      const uint8_t *data, size_t size)
{
	*input = (struct fuzz_input){ .data = data, .size = size };
	for (size_t i = 0; i < ARRAY_SIZE(input->offsets); i++)
		input->offsets[i] = SIZE_MAX;
	vdev_sys_init(sys);
	sys->ops = &fuzz_ops;
	sys->data = input;
}

struct vdev_ctx *fuzz_ctx(struct fuzz_input *input, const uint8_t *data,
			  size_t size)
{
	struct vdev_ctx *ctx;

	FUZZ_CHECK(!vdev_ctx_new(&ctx));
	fuzz_sys(&ctx->sys, input, data, size);
	return ctx;
}

int fuzz_same_fd(struct vdev_sys *sys, int fd)
{
	(void)sys;
	return fd;
}

int fuzz_close_nothing(struct vdev_sys *sys, int fd)
{
	(void)sys;
	(void)fd;
	return 0;
}

char *fuzz_string(const uint8_t *data, size_t size)
{
	char *s = malloc(size + 1);

	FUZZ_CHECK(s);
	if (size)
		memcpy(s, data, size);
	s[size] = '\0';
	return s;
}
