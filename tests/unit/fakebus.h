/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_UNIT_FAKEBUS_H
#define TESTS_UNIT_FAKEBUS_H

#include <limits.h>

#include "fakekernel.h"

/*
 * Behind the fake kernel: the PCI bus in its directory, and what drivers make
 * of devices. Nothing here allocates memory once a test has set up, so that a
 * sweep over allocations hits the library only.
 */

#define FAKE_MOST_DRIVERS 16
#define FAKE_MOST_DEVICES 512
#define FAKE_RELEASE	  "7.2.0-fake"

struct fake_driver_entry {
	char name[48];
	enum fake_driver kind;
	int refuse;
};

struct fakekernel {
	char base[64];		/* the temporary directory */
	char root[64 + 8];	/* what the library sees, in it */
	struct vdev_sys kernel; /* the real one, below the root */

	struct fake_driver_entry drivers[FAKE_MOST_DRIVERS];
	size_t driver_count;
	struct fake_device devices[FAKE_MOST_DEVICES];
	uint64_t nodes_due[FAKE_MOST_DEVICES]; /* 0 for none expected */
	size_t device_count;
	const struct fake_device *pf_of[FAKE_MOST_DEVICES]; /* of a VF */

	uint64_t now;
	unsigned int node_delay;
	unsigned int writes;
	unsigned int vanish_at;
	const struct fake_device *vanishing;
	unsigned int fail_at;
	int fail_error;
	unsigned int calls;
	unsigned int die_at;
	bool root_user;

	char driver_text[64];
	char override_text[64];
	int (*netlink)(void *data, struct vdev_sys_netlink *request);
	void *netlink_data;
	ssize_t (*events)(void *data, void *buf, size_t size);
	void *events_data;
};

/* Composes a path, which has to fit. Return: its length. */
size_t fake_path(char path[PATH_MAX], const char *fmt, ...) PRINTF(2, 3);

/* Files: every path is the library's, from below the root. */
void fake_put(struct fakekernel *fk, const char *text, const char *fmt, ...)
	PRINTF(3, 4);
void fake_put_bytes(struct fakekernel *fk, const void *data, size_t size,
		    const char *fmt, ...) PRINTF(4, 5);
void fake_mkdir(struct fakekernel *fk, const char *fmt, ...) PRINTF(2, 3);
/* A relative link from `path` to `target`, both below the root. */
void fake_link(struct fakekernel *fk, const char *target, const char *path);
/* With all that is in it; nothing there is fine. */
void fake_remove(struct fakekernel *fk, const char *fmt, ...) PRINTF(2, 3);
/* A file, or a directory with all that is in it, wherever it is. */
void host_remove(const char *path);
bool fake_has(const struct fakekernel *fk, const char *fmt, ...) PRINTF(2, 3);
/* A file's first word; false if there is none. */
bool fake_get(const struct fakekernel *fk, const char *path, char *buf,
	      size_t size);

/* What is known of a node or a device, beside the tree: state/KIND/NAME. */
void fake_note(struct fakekernel *fk, const char *kind, const char *name,
	       const char *text);
void fake_forget(struct fakekernel *fk, const char *kind, const char *name);
bool fake_noted(const struct fakekernel *fk, const char *kind, const char *name,
		char *buf, size_t size);

/* The bus. */
void bus_make(struct fakekernel *fk);
void bus_make_device(struct fakekernel *fk, size_t index);
/* Its directory below /sys/devices. */
void bus_path(const struct fakekernel *fk, const struct fake_device *device,
	      char path[PATH_MAX]);
/* A device that is there, or NULL. */
const struct fake_device *bus_find(const struct fakekernel *fk,
				   const char *address);
struct fake_driver_entry *bus_driver(struct fakekernel *fk, const char *name);
/* The driver it is bound to, or NULL. */
struct fake_driver_entry *bus_bound(struct fakekernel *fk,
				    const struct fake_device *device);
bool bus_driver_loaded(const struct fakekernel *fk, const char *name);
/* Registers the driver and lets it look for devices. */
void bus_load_driver(struct fakekernel *fk, struct fake_driver_entry *driver);
/* Whether the driver takes the device, by override or by its table. */
bool bus_match(struct fakekernel *fk, const struct fake_driver_entry *driver,
	       const struct fake_device *device);
/* Return: 0 or the probe's error. */
int bus_attach(struct fakekernel *fk, struct fake_driver_entry *driver,
	       const struct fake_device *device);
/* What the kernel does by itself for a device without a driver. */
void bus_probe(struct fakekernel *fk, const struct fake_device *device);
void bus_detach(struct fakekernel *fk, const struct fake_device *device);
/* The two halves of that, between which the kernel waits for users. */
void bus_unlink_driver(struct fakekernel *fk, const struct fake_device *device);
void bus_release(struct fakekernel *fk, const struct fake_device *device,
		 const struct fake_driver_entry *driver);
void bus_remove(struct fakekernel *fk, const struct fake_device *device);

/* SR-IOV: whether a VF may be probed; numvfs; the VF that keeps it from 0. */
bool sriov_can_probe(struct fakekernel *fk, const struct fake_device *device);
int sriov_set_numvfs(struct fakekernel *fk, const struct fake_device *pf,
		     const char *text);
void sriov_remove_vfs(struct fakekernel *fk, const struct fake_device *pf);
const struct fake_device *sriov_held(struct fakekernel *fk,
				     const struct fake_device *pf);

/* What a write to an attribute of mdevs does; 1 for any other file. */
int mdev_write(struct fakekernel *fk, const char *path, const char *text);

/* Makes the nodes whose time has come. */
void bus_tick(struct fakekernel *fk);

#endif
