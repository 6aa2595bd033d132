/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_FAKEKERNEL_H
#define TESTS_UNIT_FAKEKERNEL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "object/ctx.h"

/*
 * Plays the kernel's part in a temporary directory.
 *
 * The directory holds a sysfs with the devices and drivers a test asks for.
 * A context made by fakekernel_ctx() takes it for the running system: what is
 * read comes from the files, and what is written to driver_override, bind,
 * unbind, drivers_probe and remove has the effects that it has on Linux 7.2.
 * Device nodes are plain files that show as character or block devices with
 * the owner last given to them. Time passes only when it is asked for or slept
 * away.
 *
 * What the devices are, and the knobs below, is remembered by the process;
 * everything that changes by a write is in the directory, so that a parent
 * sees what a forked child did to it.
 *
 * A test fails at once (cmocka) when the tree cannot be made.
 */

struct fakekernel;

/* What a driver makes of its devices. */
enum fake_driver {
	FAKE_PLAIN, /* nothing */
	FAKE_NET,   /* net/ethN */
	FAKE_NVME,  /* nvme/nvmeN/nvmeNn1, /dev/nvmeN, /dev/nvmeNn1 */
	FAKE_VFIO,  /* vfio-dev/vfioN, /dev/vfio/devices/vfioN, /dev/vfio/GROUP;
		     * binds by override only */
};

struct fake_device {
	const char *address;
	const char *parent; /* the bridge above, by its address, or NULL */
	uint16_t vendor;
	uint16_t device;
	uint32_t class;
	const char *native; /* the driver whose table has it, or NULL */
	int group;	    /* its IOMMU group, from 1; 0 for none */
};

struct fakekernel *fakekernel_new(void);
void fakekernel_free(struct fakekernel *fk);

/* A context of the caller's own, as live: one for each process or thread. */
struct vdev_ctx *fakekernel_ctx(struct fakekernel *fk);
/* The directory, for vdev_ctx_set_root() and for programs. */
const char *fakekernel_root(const struct fakekernel *fk);

/* Drivers first: a device is bound to its native one as it is added. */
void fakekernel_add_driver(struct fakekernel *fk, const char *name,
			   enum fake_driver kind);
/* A driver that is there once modprobe is run for it. */
void fakekernel_add_module(struct fakekernel *fk, const char *name,
			   enum fake_driver kind);
void fakekernel_add_device(struct fakekernel *fk,
			   const struct fake_device *device);
/*
 * Makes a device a PF that can have `total` VFs, from the address `first` on,
 * one IOMMU group each from `group` on. sriov_numvfs and
 * sriov_drivers_autoprobe do what they do on Linux.
 */
void fakekernel_add_vfs(struct fakekernel *fk, const char *address,
			const char *first, unsigned int total,
			const char *native, int group);
/*
 * A parent of mdevs that is no PCI function, and its types, each with a number
 * of its own. An mdev has an attribute "size" that takes everything and one
 * "fixed" that takes nothing.
 */
void fakekernel_add_mdev_parent(struct fakekernel *fk, const char *name);
void fakekernel_add_mdev_type(struct fakekernel *fk, const char *parent,
			      const char *type, unsigned int available);
/* Mdevs made from here on get no driver and no type. */
void fakekernel_half_mdevs(struct fakekernel *fk, bool half);
/* As if it were pulled out. */
void fakekernel_remove_device(struct fakekernel *fk, const char *address);

/* Puts any file or link into the tree, and the directories it needs. */
void fakekernel_write(struct fakekernel *fk, const char *path, const char *fmt,
		      ...) PRINTF(3, 4);
void fakekernel_link(struct fakekernel *fk, const char *target,
		     const char *path);
bool fakekernel_exists(const struct fakekernel *fk, const char *path);

/* "" if there is none; valid until the next call of the same function. */
const char *fakekernel_driver(struct fakekernel *fk, const char *address);
const char *fakekernel_override(struct fakekernel *fk, const char *address);

/* Knobs. Writes are counted from 1, from the call of the knob on. */

/* The driver's probe fails with `error` (positive errno); 0 ends that. */
void fakekernel_refuse(struct fakekernel *fk, const char *driver, int error);
/*
 * Somebody holds the device open: an unbind waits, in the child that writes,
 * until fakekernel_let_go(). Until then a process "vdev-unbind" is there.
 */
void fakekernel_hold(struct fakekernel *fk, const char *address);
void fakekernel_let_go(struct fakekernel *fk, const char *address);
/* VFIO nodes appear that much later; UINT_MAX for never. */
void fakekernel_delay_nodes(struct fakekernel *fk, unsigned int ms);
/* The device is pulled out just before the Nth write to sysfs. */
void fakekernel_vanish(struct fakekernel *fk, const char *address,
		       unsigned int nth_write);
/* The Nth write to sysfs fails with `error` (positive errno). */
void fakekernel_fail_write(struct fakekernel *fk, unsigned int nth_write,
			   int error);
/* What is_root() says; true unless set. */
void fakekernel_set_root_user(struct fakekernel *fk, bool root);

/* Who answers netlink; nobody unless set, and all succeeds. */
void fakekernel_set_netlink(struct fakekernel *fk,
			    int (*fn)(void *data,
				      struct vdev_sys_netlink *request),
			    void *data);

/*
 * Who gives out what is sent to multicast groups, as the gateway's
 * netlink_receive(); nobody can listen unless set. Waiting for it takes all of
 * its time.
 */
void fakekernel_set_events(struct fakekernel *fk,
			   ssize_t (*fn)(void *data, void *buf, size_t size),
			   void *data);

/*
 * Ends the process, with status 137 and nothing flushed or closed, instead of
 * making the Nth gateway call from here on; 0 for never.
 */
void fakekernel_die_at(struct fakekernel *fk, unsigned int nth_call);
/* How many gateway calls there were since fakekernel_die_at(). */
unsigned int fakekernel_calls(const struct fakekernel *fk);
/* How many writes to sysfs, since the last knob that counts them. */
unsigned int fakekernel_writes(const struct fakekernel *fk);

#endif
