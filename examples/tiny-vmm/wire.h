/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "processor.h"

/*
 * What goes over the socket: records, of both ends the same program.
 *
 *	HELLO, then MEMORY and DEVICE in any order, MACHINE, END	->
 *								<-	READY
 *	GO								->
 *
 * The guest is its sender's up to GO, and its receiver's from then on.
 */
enum wire_type {
	WIRE_HELLO = 0x31564d54, /* address: the size of the memory */
	WIRE_MEMORY,		 /* bytes from that address on */
	WIRE_DEVICE,		 /* the next bytes of the device's state */
	WIRE_MACHINE,		 /* struct wire_machine */
	WIRE_END,		 /* address: the checksum, or 0 */
	WIRE_READY,
	WIRE_GO,
};

struct wire_head {
	uint64_t type;
	uint64_t address;
	uint64_t length; /* of what follows */
};

struct wire_machine {
	struct processor processor;
	uint32_t clock_ms;
	uint32_t moves;
	uint32_t pci_address;
	uint32_t reserved;
};

/* The most that a DEVICE record has. */
#define WIRE_PIECE ((size_t)64 * 1024)

/* Both return the socket or -errno, having said why. */
int wire_listen(const char *path);
int wire_connect(const char *path);

/* Return 0 or -errno, having said why. */
int wire_send(int fd, enum wire_type type, uint64_t address, const void *data,
	      uint64_t length);
int wire_receive(int fd, struct wire_head *ret);
/* What follows the head. */
int wire_read(int fd, void *data, uint64_t length);
/* A record that has to be of this type and length. */
int wire_expect(int fd, enum wire_type type, uint64_t length,
		struct wire_head *ret);

/* A checksum of all memory; 0 stands for none and is not among them. */
uint64_t wire_checksum(const void *memory, uint64_t size);

#endif
