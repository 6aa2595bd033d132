/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIBVDEV_MIGRATION_H
#define LIBVDEV_MIGRATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <libvdev/file.h>

VDEV_BEGIN_DECLS

/*
 * Migration: the state of an opened device, read out here and put into another
 * device there.
 *
 * A device that can do this has migration states (Linux 5.18; pre-copy 6.2).
 * Between some of them its data comes out of or goes into a descriptor, the
 * data session, which struct vdev_migration holds from the arc that starts it
 * to the one that ends it. What the data mean is known to the driver alone;
 * their order counts, where they are cut does not.
 *
 *	saving:  RUNNING [PRE_COPY] STOP_COPY, read to the end, STOP
 *	loading: RESUMING, write all, STOP (the driver checks it), RUNNING
 *
 * A struct vdev_migration is used by one thread at a time. Two of them on one
 * device would not know of each other's data session.
 *
 * Source: include/uapi/linux/vfio.h, VFIO_DEVICE_FEATURE_MIGRATION,
 * VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, enum vfio_device_mig_state.
 */

struct vdev_migration;

/**
 * enum vdev_migration_flag - what a device can do
 * @VDEV_MIGRATION_STOP_COPY: stop and give its state; all can
 * @VDEV_MIGRATION_P2P: keep still towards other devices only
 * @VDEV_MIGRATION_PRE_COPY: give state while it runs (Linux 6.2)
 */
enum vdev_migration_flag {
	VDEV_MIGRATION_STOP_COPY = 1 << 0,
	VDEV_MIGRATION_P2P = 1 << 1,
	VDEV_MIGRATION_PRE_COPY = 1 << 2,
};

/**
 * enum vdev_migration_state - the states of a device
 * @VDEV_MIGRATION_STATE_ERROR: it failed; only vdev_migration_recover() leads
 *	out
 * @VDEV_MIGRATION_STATE_STOP: it changes nothing, in itself and outside
 * @VDEV_MIGRATION_STATE_RUNNING: it works
 * @VDEV_MIGRATION_STATE_STOP_COPY: stopped, its data can be read up to the end
 * @VDEV_MIGRATION_STATE_RESUMING: stopped, data can be written
 * @VDEV_MIGRATION_STATE_RUNNING_P2P: it works, but starts no DMA to other
 *	devices (with VDEV_MIGRATION_P2P)
 * @VDEV_MIGRATION_STATE_PRE_COPY: it works, and what there is of its data can
 *	be read (with VDEV_MIGRATION_PRE_COPY)
 * @VDEV_MIGRATION_STATE_PRE_COPY_P2P: both (with both)
 *
 * The values are the kernel's.
 */
enum vdev_migration_state {
	VDEV_MIGRATION_STATE_ERROR = 0,
	VDEV_MIGRATION_STATE_STOP = 1,
	VDEV_MIGRATION_STATE_RUNNING = 2,
	VDEV_MIGRATION_STATE_STOP_COPY = 3,
	VDEV_MIGRATION_STATE_RESUMING = 4,
	VDEV_MIGRATION_STATE_RUNNING_P2P = 5,
	VDEV_MIGRATION_STATE_PRE_COPY = 6,
	VDEV_MIGRATION_STATE_PRE_COPY_P2P = 7,
};

/** How many states there are. */
#define VDEV_MIGRATION_STATES 8

/** How many arcs the longest way from one state to another has. */
#define VDEV_MIGRATION_ARCS_MOST 4

/**
 * struct vdev_migration_precopy - what is left to read in pre-copy
 * @initial: bytes of the first copy; pre-copy had better go on until it is 0
 * @dirty: bytes that changed since they were read
 * @reinit: the device has begun a new first copy since the last time this was
 *	asked (Linux 7.1, VFIO_DEVICE_FEATURE_MIG_PRECOPY_INFOv2)
 *
 * Estimates of the driver. What comes in STOP_COPY is not among them.
 */
struct vdev_migration_precopy {
	uint64_t initial;
	uint64_t dirty;
	bool reinit;
};

/**
 * struct vdev_migration_progress - how far a transfer is
 * @state: the device's state
 * @bytes: bytes of the device's data so far
 * @remaining: what is left by the driver's estimate; UINT64_MAX if unknown
 *
 * The library makes these structures; more may stand at their end some day.
 */
struct vdev_migration_progress {
	enum vdev_migration_state state;
	uint64_t bytes;
	uint64_t remaining;
};

/**
 * typedef vdev_migration_progress_fn - told how far a transfer is
 * @data: the pointer given to vdev_migration_set_progress()
 * @progress: how far it is
 *
 * Called after each piece, and at least twice a second also while nothing
 * moves, as well as after a signal.
 *
 * Return: 0 to go on, non-zero to stop: the call returns -ECANCELED.
 */
typedef int (*vdev_migration_progress_fn)(
	void *data, const struct vdev_migration_progress *progress);

/* --- States and the ways between them */

/**
 * vdev_migration_state_name() - what a state is called
 * @state: the state
 *
 * Return: a static string such as "pre-copy-p2p"; NULL for a value that is not
 * a state.
 */
VDEV_EXPORT const char *
vdev_migration_state_name(enum vdev_migration_state state);

/**
 * vdev_migration_path() - the way from one state to another
 * @flags: what the device can do, enum vdev_migration_flag values joined
 * @from: where it is
 * @to: where it is to be
 * @path: receives the states on the way, @to being the last; room for
 *	VDEV_MIGRATION_ARCS_MOST
 *
 * Nothing is called. The way is the one the kernel goes
 * (vfio_mig_get_next_state()): the shortest that enters no data session only to
 * leave it again.
 *
 * Return: how many arcs it has, 0 if @from is @to; -EINVAL if there is none:
 * out of VDEV_MIGRATION_STATE_ERROR, into it, or from STOP_COPY back to
 * pre-copy; -EOPNOTSUPP if a device with @flags does not have @from or @to.
 */
VDEV_EXPORT int vdev_migration_path(unsigned int flags,
				    enum vdev_migration_state from,
				    enum vdev_migration_state to,
				    enum vdev_migration_state *path);

/* --- One device */

/**
 * vdev_migration_new() - migrate an opened device
 * @file: the device; a reference is kept
 * @ret: receives the object; the caller frees it with vdev_migration_free()
 *
 * The device's state is not changed. If it can tell of new first copies in
 * pre-copy, it is told to, until it is closed.
 *
 * Return: 0; -EOPNOTSUPP if the device, its driver or the kernel has no
 * migration; -ENOMEM; other errors of the driver.
 */
VDEV_EXPORT int vdev_migration_new(struct vdev_file *file,
				   struct vdev_migration **ret);

/**
 * vdev_migration_free() - end it
 * @m: the object, or NULL
 *
 * A data session's descriptor is closed; the device keeps the state it has.
 * Whoever frees it in the midst of a session has vdev_migration_recover() or
 * vdev_migration_set_state() to call first.
 */
VDEV_EXPORT void vdev_migration_free(struct vdev_migration *m);

/**
 * vdev_migration_flags() - what the device can do
 * @m: the object
 *
 * Return: enum vdev_migration_flag values joined; bits that are not named there
 * are those of a newer kernel.
 */
VDEV_EXPORT unsigned int vdev_migration_flags(const struct vdev_migration *m);

/**
 * vdev_migration_state() - the state the device is in
 * @m: the object
 * @ret: receives it
 *
 * Return: 0; -EIO if the kernel names a state that is none; other errors of the
 * driver.
 */
VDEV_EXPORT int vdev_migration_state(struct vdev_migration *m,
				     enum vdev_migration_state *ret);

/**
 * vdev_migration_set_state() - bring the device into a state
 * @m: the object
 * @state: the state
 *
 * Goes the way of vdev_migration_path(), arc by arc. The arcs into PRE_COPY,
 * PRE_COPY_P2P and STOP_COPY start a data session unless there is one, as the
 * one into RESUMING does; leaving these states ends it. What is not legal is
 * refused before the kernel is asked. When an arc fails the device may be where
 * it was before that arc or in VDEV_MIGRATION_STATE_ERROR, which the sentence
 * tells; if data were written that the driver does not accept, leaving RESUMING
 * fails, mostly with -EINVAL.
 *
 * Return: 0, also if the device is in @state already; as vdev_migration_path();
 * -EBUSY if the device is in RESUMING by a data session of somebody else, which
 * only vdev_migration_recover() ends; -EIO if the device is in
 * VDEV_MIGRATION_STATE_ERROR; other errors of the driver.
 */
VDEV_EXPORT int vdev_migration_set_state(struct vdev_migration *m,
					 enum vdev_migration_state state);

/**
 * vdev_migration_set_state_all() - bring several devices into a state together
 * @all: the objects
 * @count: how many
 * @state: the state
 *
 * In the order that devices need that reach each other by DMA: none stops
 * before all of them that can have become quiet (RUNNING_P2P, PRE_COPY_P2P),
 * and none works in full before all have left STOP. All ways are checked before
 * the first step. If a step fails the others stay where they are, on legal
 * states on their way.
 *
 * Return: 0; as vdev_migration_set_state(), whose sentence names the device.
 */
VDEV_EXPORT int vdev_migration_set_state_all(struct vdev_migration *const *all,
					     size_t count,
					     enum vdev_migration_state state);

/**
 * vdev_migration_recover() - start afresh
 * @m: the object
 *
 * Resets the device, which ends any data session and leads out of
 * VDEV_MIGRATION_STATE_ERROR and of RESUMING. It is RUNNING then, and what it
 * held is gone (a driver may keep what it was loaded with). Every device that
 * migrates can be reset, also one without VDEV_FILE_RESET.
 *
 * Return: 0; -EBUSY or -EAGAIN if somebody else works on the device; -EIO if
 * the reset failed, or the device is not RUNNING then; other errors of the
 * driver.
 */
VDEV_EXPORT int vdev_migration_recover(struct vdev_migration *m);

/**
 * vdev_migration_data_size() - estimate how much comes in STOP_COPY
 * @m: the object
 * @ret: receives the number of bytes
 *
 * What the driver thinks will have to be read while the device is stopped,
 * asked best in pre-copy.
 *
 * Return: 0; -EOPNOTSUPP if the kernel does not tell (before Linux 6.2), or the
 * driver; other errors of the driver.
 */
VDEV_EXPORT int vdev_migration_data_size(struct vdev_migration *m,
					 uint64_t *ret);

/**
 * vdev_migration_precopy() - what is left to read in pre-copy
 * @m: the object, in PRE_COPY or PRE_COPY_P2P
 * @ret: receives it
 *
 * Return: 0; -EINVAL in another state; -EOPNOTSUPP for a driver that does not
 * tell; other errors of the driver.
 */
VDEV_EXPORT int vdev_migration_precopy(struct vdev_migration *m,
				       struct vdev_migration_precopy *ret);

/* --- Data */

/**
 * vdev_migration_set_timeout() - how long a transfer may take
 * @m: the object
 * @timeout_ms: milliseconds for each call that transfers; 0, as it is unless
 *	set, for any time
 */
VDEV_EXPORT void vdev_migration_set_timeout(struct vdev_migration *m,
					    unsigned int timeout_ms);

/**
 * vdev_migration_set_cancel() - let a descriptor end transfers
 * @m: the object
 * @fd: calls that transfer return -ECANCELED once it is readable, such as an
 *	eventfd; it stays the caller's. -1, as it is unless set, for none
 */
VDEV_EXPORT void vdev_migration_set_cancel(struct vdev_migration *m, int fd);

/**
 * vdev_migration_set_progress() - be told how far transfers are
 * @m: the object
 * @fn: called from time to time, or NULL
 * @data: handed to @fn
 */
VDEV_EXPORT void vdev_migration_set_progress(struct vdev_migration *m,
					     vdev_migration_progress_fn fn,
					     void *data);

/**
 * vdev_migration_fd() - the descriptor of the data session
 * @m: the object
 *
 * For poll(2). Reading it or writing to it is the library's.
 *
 * Return: the descriptor, which belongs to the object; -ENODATA if there is no
 * session.
 */
VDEV_EXPORT int vdev_migration_fd(const struct vdev_migration *m);

/**
 * vdev_migration_read() - read the device's data
 * @m: the object, in PRE_COPY, PRE_COPY_P2P or STOP_COPY
 * @buffer: receives them
 * @size: the most to read, at least 1
 *
 * In pre-copy this does not wait; in STOP_COPY it waits until the driver has
 * some.
 *
 * Return: how many bytes, which may be fewer than @size; 0 at the end in
 * STOP_COPY; -ENOMSG in pre-copy if there is nothing now; -EINVAL without a
 * session that reads; -ECANCELED, -ETIMEDOUT; other errors of the driver.
 */
VDEV_EXPORT ssize_t vdev_migration_read(struct vdev_migration *m, void *buffer,
					size_t size);

/**
 * vdev_migration_write() - write the device's data
 * @m: the object, in RESUMING
 * @buffer: the data
 * @size: how many bytes; all of them are written
 *
 * Return: 0; -EINVAL without a session that writes, or if the driver finds
 * fault with the data, for which drivers have other errors, too; -ECANCELED,
 * -ETIMEDOUT. After an error only vdev_migration_recover() is of use.
 */
VDEV_EXPORT int vdev_migration_write(struct vdev_migration *m,
				     const void *buffer, size_t size);

/**
 * vdev_migration_copy_out() - copy the device's data to a descriptor
 * @m: the object, in PRE_COPY, PRE_COPY_P2P or STOP_COPY
 * @fd: a file, a pipe, a socket, ...; blocking or not
 * @bytes: receives how many were copied, also on failure; may be NULL
 *
 * All there is now: in STOP_COPY up to the end, in pre-copy until there is
 * nothing for the moment. Waits when @fd takes no more. The data as they are,
 * for callers with a format of their own. For a pipe, ignore SIGPIPE.
 *
 * Return: 0; as vdev_migration_read() and write(2). After a failure what was
 * read of the session but not written is lost: start again.
 */
VDEV_EXPORT int vdev_migration_copy_out(struct vdev_migration *m, int fd,
					uint64_t *bytes);

/**
 * vdev_migration_copy_in() - copy data from a descriptor to the device
 * @m: the object, in RESUMING
 * @fd: a file, a pipe, a socket, ...; blocking or not
 * @bytes: receives how many were copied, also on failure; may be NULL
 *
 * Up to the end of the file.
 *
 * Return: 0; as vdev_migration_write() and read(2).
 */
VDEV_EXPORT int vdev_migration_copy_in(struct vdev_migration *m, int fd,
				       uint64_t *bytes);

/* --- Streams: data with what is needed to trust them */

/*
 * A stream has the device's data in sections with lengths and checksums, facts
 * about the device in front and an end mark behind; vdev-migration(5) has the
 * format. Streams of one major version can be read by every library of that
 * version. Nothing behind the end mark is read, so that several streams may
 * follow each other in one file or connection.
 */

struct vdev_migration_stream;

/**
 * enum vdev_migration_save_flag - how to save
 * @VDEV_MIGRATION_SAVE_PRECOPY: as much as possible while the device works
 */
enum vdev_migration_save_flag {
	VDEV_MIGRATION_SAVE_PRECOPY = 1 << 0,
};

/**
 * struct vdev_migration_totals - what a save or load came to
 * @length: bytes of the stream
 * @bytes: bytes of the device's data in it
 * @precopy_bytes: those of them that were read while the device worked
 * @total_ms: how long it took, in milliseconds
 * @stopped_ms: how long the device has stood still for it, up to the end of
 *	the call
 *
 * The library makes these structures; more may stand at their end some day.
 */
struct vdev_migration_totals {
	uint64_t length;
	uint64_t bytes;
	uint64_t precopy_bytes;
	uint64_t total_ms;
	uint64_t stopped_ms;
};

/**
 * vdev_migration_set_precopy() - when to end pre-copy
 * @m: the object
 * @dirty: once the first copy is read and no more bytes than this have changed
 *	since; 1 MiB unless set
 * @most_ms: after so many milliseconds in any case, for a device that changes
 *	faster than it is read; a minute unless set, 0 for any time
 */
VDEV_EXPORT void vdev_migration_set_precopy(struct vdev_migration *m,
					    uint64_t dirty,
					    unsigned int most_ms);

/**
 * vdev_migration_save() - save the device's state as a stream
 * @m: the object
 * @fd: a file, a pipe, a socket, ...; blocking or not
 * @flags: enum vdev_migration_save_flag values joined
 *
 * The device is in STOP then; vdev_migration_set_state() lets it go on. If
 * saving fails it is brought back to the state it had, and has lost nothing.
 *
 * Of several devices that have to stop together, each is saved after
 * vdev_migration_set_state_all() has brought all of them into STOP_COPY; if
 * that fails, they are in STOP.
 *
 * Return: 0; -EBUSY in the midst of a data session; -EOPNOTSUPP if pre-copy is
 * asked for and the device has none or has stopped; as
 * vdev_migration_set_state() and vdev_migration_copy_out().
 */
VDEV_EXPORT int vdev_migration_save(struct vdev_migration *m, int fd,
				    unsigned int flags);

/**
 * vdev_migration_load() - load the device's state from a stream
 * @m: the object
 * @fd: a file, a pipe, a socket, ...; blocking or not
 *
 * What is wrong with the stream is found before the device is touched, where
 * the stream can be read twice: all of it is checked first if @fd is a file.
 * Of other streams each section is checked before the device gets it. If
 * loading fails after the device got data it is reset, and RUNNING.
 *
 * The device is in STOP then, and starts from where it was saved when
 * vdev_migration_set_state() lets it run.
 *
 * Return: 0; -EBADMSG if this is no stream, or it is damaged; -ENODATA if it is
 * cut off; -EPROTONOSUPPORT if a newer library wrote it; -EMEDIUMTYPE if it is
 * of another kind of device; -EBUSY in the midst of a data session; as
 * vdev_migration_set_state() and vdev_migration_copy_in().
 */
VDEV_EXPORT int vdev_migration_load(struct vdev_migration *m, int fd);

/**
 * vdev_migration_send() - save the state for a peer that loads it
 * @m: the object
 * @fd: a socket, or what else goes both ways
 * @flags: enum vdev_migration_save_flag values joined
 *
 * As vdev_migration_save(), with vdev_migration_receive() at the other end. The
 * device is in STOP then, and the peer's may run: never both. Unless the peer
 * said that all was loaded, this fails, and the device is back in the state it
 * had.
 *
 * Return: as vdev_migration_save(); -ECONNREFUSED if the peer could not load
 * it, with its reason; -ENODATA if it went away before it said so.
 */
VDEV_EXPORT int vdev_migration_send(struct vdev_migration *m, int fd,
				    unsigned int flags);

/**
 * vdev_migration_receive() - load the state that a peer sends
 * @m: the object
 * @fd: a socket, or what else goes both ways
 *
 * The counterpart of vdev_migration_send(). The device is in STOP then, and may
 * run. If this fails the device is reset, and the peer is told why, as far as
 * it can be.
 *
 * Return: as vdev_migration_load(); -ENODATA if the peer went away before it
 * gave the device up.
 */
VDEV_EXPORT int vdev_migration_receive(struct vdev_migration *m, int fd);

/**
 * vdev_migration_totals() - what the last save or load came to
 * @m: the object
 *
 * Return: the figures, which belong to the object and change with the next
 * call; all 0 before the first one.
 */
VDEV_EXPORT const struct vdev_migration_totals *
vdev_migration_totals(const struct vdev_migration *m);

/**
 * vdev_migration_stream_read() - check a stream
 * @ctx: the context
 * @fd: a file, a pipe, a socket, ...
 * @ret: receives what was found; the caller frees it with
 *	vdev_migration_stream_free()
 *
 * Reads one stream to its end mark and checks all of it. No device is needed.
 *
 * Return: 0; -ENOENT if @fd is at its end, so that no stream begins there;
 * -EBADMSG, -ENODATA, -EPROTONOSUPPORT as vdev_migration_load(); -ENOMEM; as
 * read(2).
 */
VDEV_EXPORT int vdev_migration_stream_read(struct vdev_ctx *ctx, int fd,
					   struct vdev_migration_stream **ret);

/**
 * vdev_migration_stream_free() - free what was found
 * @stream: it, or NULL
 */
VDEV_EXPORT void
vdev_migration_stream_free(struct vdev_migration_stream *stream);

/**
 * vdev_migration_stream_version() - the version of a stream
 * @stream: the stream
 * @major: receives the part that says who can read it
 * @minor: receives the other part
 */
VDEV_EXPORT void
vdev_migration_stream_version(const struct vdev_migration_stream *stream,
			      unsigned int *major, unsigned int *minor);

/**
 * vdev_migration_stream_totals() - the size of a stream
 * @stream: the stream
 *
 * Return: the figures, without times; they belong to @stream.
 */
VDEV_EXPORT const struct vdev_migration_totals *
vdev_migration_stream_totals(const struct vdev_migration_stream *stream);

/**
 * vdev_migration_stream_fact() - what a stream says of the device
 * @stream: the stream
 * @index: 0 up to the count less one
 * @value: receives the value, which belongs to @stream; may be NULL
 * @needed: receives whether a device that loads it has to have the same; may
 *	be NULL
 *
 * Return: the name, such as "vendor", which belongs to @stream; NULL past the
 * end.
 */
VDEV_EXPORT const char *
vdev_migration_stream_fact(const struct vdev_migration_stream *stream,
			   size_t index, const char **value, bool *needed);

/**
 * vdev_migration_stream_suits() - whether a device could load a stream
 * @stream: the stream
 * @m: the device
 *
 * By the facts; the driver has the last word.
 *
 * Return: 0; -EMEDIUMTYPE if it is of another kind of device; -EPROTONOSUPPORT
 * if it asks for something that is not known; -ENOMEM; as reading the device's
 * facts.
 */
VDEV_EXPORT int
vdev_migration_stream_suits(const struct vdev_migration_stream *stream,
			    struct vdev_migration *m);

VDEV_END_DECLS

#endif
