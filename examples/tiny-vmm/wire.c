/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Records on a socket. */

#include "wire.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "vm.h"

/* --- The socket */

static int open_socket(const char *path, struct sockaddr_un *address)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (fd < 0)
		return complain(-errno, "cannot have a socket: %s",
				strerror(errno));
	if (strlen(path) >= sizeof(address->sun_path)) {
		close(fd);
		return complain(-ENAMETOOLONG, "%s: too long for a socket",
				path);
	}
	strcpy(address->sun_path, path);
	return fd;
}

static int use_socket(const char *path, bool listener)
{
	struct sockaddr_un address;
	const int fd = open_socket(path, &address);
	const struct sockaddr *name = (const struct sockaddr *)&address;
	int error = 0;

	if (fd < 0)
		return fd;
	if (listener ? bind(fd, name, sizeof(address)) || listen(fd, 1)
		     : connect(fd, name, sizeof(address)))
		error = complain(-errno, "%s: %s", path, strerror(errno));
	if (!error)
		return fd;
	close(fd);
	return error;
}

int wire_listen(const char *path)
{
	return use_socket(path, true);
}

int wire_connect(const char *path)
{
	return use_socket(path, false);
}

/* --- Records */

static int write_all(int fd, const void *data, uint64_t length)
{
	const char *bytes = data;

	while (length) {
		const ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return complain(-errno, "cannot send: %s",
					strerror(errno));
		bytes += n;
		length -= (uint64_t)n;
	}
	return 0;
}

int wire_send(int fd, enum wire_type type, uint64_t address, const void *data,
	      uint64_t length)
{
	const struct wire_head head = { type, address, length };
	int error = write_all(fd, &head, sizeof(head));

	return error ? error : write_all(fd, data, length);
}

int wire_read(int fd, void *data, uint64_t length)
{
	char *bytes = data;

	while (length) {
		const ssize_t n = recv(fd, bytes, length, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return complain(-errno, "cannot receive: %s",
					strerror(errno));
		if (!n)
			return complain(-ENODATA, "the other end is gone");
		bytes += n;
		length -= (uint64_t)n;
	}
	return 0;
}

int wire_receive(int fd, struct wire_head *ret)
{
	return wire_read(fd, ret, sizeof(*ret));
}

int wire_expect(int fd, enum wire_type type, uint64_t length,
		struct wire_head *ret)
{
	int error = wire_receive(fd, ret);

	if (!error && (ret->type != type || ret->length != length))
		error = complain(-EPROTO, "the other end is no tiny-vmm, or "
					  "another one");
	return error;
}

uint64_t wire_checksum(const void *memory, uint64_t size)
{
	const uint64_t *words = memory;
	uint64_t sum = 0xcbf29ce484222325; /* FNV-1a, of words */

	for (uint64_t i = 0; i < size / sizeof(*words); i++)
		sum = (sum ^ words[i]) * 0x100000001b3;
	return sum ? sum : 1;
}
