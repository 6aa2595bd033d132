/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Moves the state of one device to another of its type, and brings the first
 * from every migration state to every other. Prints a line "ok NAME" or
 * "not ok NAME: WHY" for each test.
 *
 * Usage: test_migration mtty|vsim ADDRESS ADDRESS
 */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/vfio.h>

#include <libvdev/libvdev.h>

#include "verdict.h"

#define STATE(name) VDEV_MIGRATION_STATE_##name
/* As vsim_test.h of the kernel patches has them. */
#define VSIM_COMMAND 0x8
#define VSIM_FAIL    8
#define VSIM_REINIT  9
#define VSIM_SRC     0x18
/* Of the 16550 that mtty plays. */
#define UART_DATA 0
#define UART_LSR  5
#define UART_SCR  7

static struct vdev_iommu *iommu;
static int vsim;

struct end {
	struct vdev_file *file;
	struct vdev_migration *m;
};

static int end_open(const char *address, struct end *e)
{
	struct vdev_device *dev;
	int ret = vdev_device_find(ctx, address, &dev);

	if (ret)
		return ret;
	ret = vdev_file_open(dev, iommu, NULL, &e->file);
	vdev_device_unref(dev);
	return ret ? ret : vdev_migration_new(e->file, &e->m);
}

static void end_close(struct end *e)
{
	vdev_migration_free(e->m);
	vdev_file_unref(e->file);
}

static int is_in(struct end *e, enum vdev_migration_state state)
{
	enum vdev_migration_state now;

	return !vdev_migration_state(e->m, &now) && now == state;
}

/* --- Arcs */

/* As a program without the library asks. Return: 0 or a negative errno. */
static int kernel_set_state(struct end *e, int state)
{
	char buffer[sizeof(struct vfio_device_feature) +
		    sizeof(struct vfio_device_feature_mig_state)]
		__attribute__((aligned(8))) = { 0 };
	struct vfio_device_feature *feature = (void *)buffer;
	struct vfio_device_feature_mig_state *mig = (void *)feature->data;

	feature->argsz = sizeof(buffer);
	feature->flags =
		VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE;
	mig->device_state = (unsigned int)state;
	mig->data_fd = -1;
	if (ioctl(vdev_file_fd(e->file), VFIO_DEVICE_FEATURE, feature) < 0)
		return -errno;
	if (mig->data_fd >= 0)
		close(mig->data_fd);
	return 0;
}

/* What is expected of an arc, by the library's own table. */
static int expected(struct end *e, int from, int to)
{
	enum vdev_migration_state path[VDEV_MIGRATION_ARCS_MOST];
	int ret = vdev_migration_path(vdev_migration_flags(e->m),
				      (enum vdev_migration_state)from,
				      (enum vdev_migration_state)to, path);

	/* There are no data that could be loaded. */
	if (ret > 0 && from == STATE(RESUMING))
		return -EINVAL;
	return ret < 0 ? ret : 0;
}

static int start_in(struct end *e, int state)
{
	return !vdev_migration_recover(e->m) &&
	       !vdev_migration_set_state(e->m,
					 (enum vdev_migration_state)state);
}

static void test_arc(struct end *e, int from, int to)
{
	const char *a =
		vdev_migration_state_name((enum vdev_migration_state)from);
	const char *b =
		vdev_migration_state_name((enum vdev_migration_state)to);
	int want = expected(e, from, to), ret;

	if (!check(start_in(e, from), "%s is reached", a))
		return;
	ret = vdev_migration_set_state(e->m, (enum vdev_migration_state)to);
	check(ret == want && (ret || is_in(e, (enum vdev_migration_state)to)),
	      "from %s to %s: %d", a, b, ret);
	/* The library's table is the kernel's. */
	if (!check(start_in(e, from), "%s is reached again", a))
		return;
	ret = kernel_set_state(e, to);
	check(!ret == !want, "the kernel agrees from %s to %s: %d", a, b, ret);
}

static void test_arcs(struct end *e)
{
	for (int from = 1; from < VDEV_MIGRATION_STATES; from++) {
		if (expected(e, STATE(RUNNING), from))
			continue;
		for (int to = 0; to < VDEV_MIGRATION_STATES; to++)
			test_arc(e, from, to);
	}
	check(!vdev_migration_recover(e->m), "a reset leads back");
}

/* --- Moving */

static int put_state(struct end *e, unsigned int seed)
{
	if (vsim)
		return vdev_file_write_register(e->file, 0, VSIM_SRC, 8,
						0x1234500000ULL + seed);
	for (unsigned int i = 0; i < 5; i++)
		if (vdev_file_write_register(e->file, 0, UART_DATA, 1,
					     seed + i))
			return -1;
	return vdev_file_write_register(e->file, 0, UART_SCR, 1, seed);
}

static int has_state(struct end *e, unsigned int seed)
{
	uint64_t value = 0;

	if (vsim)
		return !vdev_file_read_register(e->file, 0, VSIM_SRC, 8,
						&value) &&
		       value == 0x1234500000ULL + seed;
	if (vdev_file_read_register(e->file, 0, UART_SCR, 1, &value) ||
	    value != seed)
		return 0;
	for (unsigned int i = 0; i < 5; i++)
		if (vdev_file_read_register(e->file, 0, UART_DATA, 1, &value) ||
		    value != seed + i)
			return 0;
	/* Nothing more is buffered. */
	return !vdev_file_read_register(e->file, 0, UART_LSR, 1, &value) &&
	       !(value & 1);
}

/* Copies in steps, for the pipe may hold less than the device. */
static int move(struct end *from, struct end *to, int precopy)
{
	uint64_t out = 0, in = 0;
	FILE *file = tmpfile();
	int ret, fd;

	if (!file)
		return -errno;
	fd = fileno(file);
	ret = vdev_migration_set_state(from->m, precopy ? STATE(PRE_COPY)
							: STATE(STOP_COPY));
	if (!ret)
		ret = vdev_migration_copy_out(from->m, fd, &out);
	if (!ret && precopy) {
		ret = vdev_migration_set_state(from->m, STATE(STOP_COPY));
		if (!ret)
			ret = vdev_migration_copy_out(from->m, fd, &in);
		out += in;
	}
	rewind(file);
	if (!ret)
		ret = vdev_migration_set_state(to->m, STATE(RESUMING));
	if (!ret)
		ret = vdev_migration_copy_in(to->m, fd, &in);
	if (!ret)
		ret = vdev_migration_set_state(to->m, STATE(RUNNING));
	if (!ret)
		ret = vdev_migration_set_state(from->m, STATE(RUNNING));
	fclose(file);
	return ret ? ret : out == in && out > 0 ? 0 : -EIO;
}

static void test_move(struct end *from, struct end *to)
{
	uint64_t size = 0;

	check(!vdev_migration_data_size(from->m, &size) && size > 0,
	      "it estimates its data: %llu bytes", (unsigned long long)size);
	for (unsigned int precopy = 0; precopy < 2; precopy++) {
		unsigned int seed = 0x41 + 16 * precopy;

		check(!vdev_migration_recover(to->m), "the other is reset");
		check(!put_state(from, seed), "it is given a state");
		check(!move(from, to, (int)precopy), "it is moved%s",
		      precopy ? " with pre-copy" : "");
		check(has_state(to, seed), "the other has it");
		check(has_state(from, seed), "and so has the first one");
	}
}

static void test_precopy(struct end *e)
{
	struct vdev_migration_precopy left;
	char buffer[4096];
	ssize_t n;

	check(!vdev_migration_set_state(e->m, STATE(PRE_COPY)), "pre-copy");
	check(!vdev_migration_precopy(e->m, &left) && left.initial > 0 &&
		      !left.dirty,
	      "the first copy is told: %llu bytes",
	      (unsigned long long)left.initial);
	while ((n = vdev_migration_read(e->m, buffer, sizeof(buffer))) > 0)
		;
	check(n == -ENOMSG, "then there is nothing for now: %zd", n);
	check(!vdev_migration_precopy(e->m, &left) && !left.initial,
	      "and that is told");
	if (vsim) {
		check(!vdev_file_write_register(e->file, 0, VSIM_COMMAND, 4,
						VSIM_REINIT),
		      "a new first copy is asked for");
		check(!vdev_migration_precopy(e->m, &left) && left.reinit &&
			      left.initial > 65536,
		      "and told");
		check(vdev_migration_read(e->m, buffer, sizeof(buffer)) > 0,
		      "and read");
	}
	check(!vdev_migration_set_state(e->m, STATE(RUNNING)),
	      "it may be left without stopping");
	check(vdev_migration_fd(e->m) == -ENODATA, "the session has ended");
}

/* A reader that does not read holds the writer up, for so long. */
static void test_limits(struct end *e)
{
	int cancel = eventfd(0, EFD_CLOEXEC), ends[2];
	const uint64_t one = 1;
	char full[4096] = { 0 };

	if (!check(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends), "a socket"))
		return;
	while (send(ends[0], full, sizeof(full), MSG_DONTWAIT) > 0)
		;
	vdev_migration_set_timeout(e->m, 50);
	check(!vdev_migration_set_state(e->m, STATE(STOP_COPY)) &&
		      vdev_migration_copy_out(e->m, ends[0], NULL) ==
			      -ETIMEDOUT,
	      "a reader that does not read runs into the deadline");
	vdev_migration_set_timeout(e->m, 0);
	vdev_migration_set_cancel(e->m, cancel);
	check(write(cancel, &one, sizeof(one)) == sizeof(one) &&
		      !vdev_migration_set_state(e->m, STATE(STOP)) &&
		      !vdev_migration_set_state(e->m, STATE(STOP_COPY)) &&
		      vdev_migration_copy_out(e->m, ends[0], NULL) ==
			      -ECANCELED,
	      "or is cancelled");
	vdev_migration_set_cancel(e->m, -1);
	close(ends[1]);
	check(!vdev_migration_set_state(e->m, STATE(STOP)) &&
		      !vdev_migration_set_state(e->m, STATE(STOP_COPY)) &&
		      vdev_migration_copy_out(e->m, ends[0], NULL) < 0,
	      "one that is gone is told without a signal");
	check(!vdev_migration_set_state(e->m, STATE(RUNNING)),
	      "the device goes on");
	close(ends[0]);
	close(cancel);
}

static void test_together(struct end *from, struct end *to)
{
	struct vdev_migration *both[] = { from->m, to->m };

	check(!vdev_migration_set_state_all(both, 2, STATE(STOP_COPY)) &&
		      is_in(from, STATE(STOP_COPY)) &&
		      is_in(to, STATE(STOP_COPY)),
	      "two stop together");
	check(vdev_migration_set_state_all(both, 2, STATE(PRE_COPY)) == -EINVAL,
	      "what is not legal is refused");
	check(!vdev_migration_set_state_all(both, 2, STATE(RUNNING)) &&
		      is_in(from, STATE(RUNNING)) && is_in(to, STATE(RUNNING)),
	      "and run together");
}

/* The library's lines on who goes where. */
struct story {
	char text[8192];
};

static void tell(void *data, enum vdev_log_level level, const char *message)
{
	struct story *story = data;
	size_t length = strlen(story->text);

	(void)level;
	snprintf(story->text + length, sizeof(story->text) - length, "%s\n",
		 message);
}

/* Whether the second device took one arc before the first took another. */
static int came_before(const struct story *story, const char *second,
		       const char *arc, const char *first, const char *other)
{
	char line[2][256];
	const char *at[2];

	snprintf(line[0], sizeof(line[0]), "%s goes from %s\n", second, arc);
	snprintf(line[1], sizeof(line[1]), "%s goes from %s\n", first, other);
	at[0] = strstr(story->text, line[0]);
	at[1] = strstr(story->text, line[1]);
	return at[0] && at[1] && at[0] < at[1];
}

/* Both give what they have, in pre-copy and then stopped together. */
static int save_both(struct vdev_migration *const both[2], FILE *const files[2])
{
	int ret = vdev_migration_set_state_all(both, 2, STATE(PRE_COPY));

	for (int pass = 0; pass < 2 && !ret; pass++) {
		for (int i = 0; i < 2 && !ret; i++)
			ret = vdev_migration_copy_out(both[i], fileno(files[i]),
						      NULL);
		if (!ret)
			ret = vdev_migration_set_state_all(
				both, 2, pass ? STATE(STOP) : STATE(STOP_COPY));
	}
	return ret;
}

/* Each takes what the other gave, and they start together. */
static int load_both(struct vdev_migration *const both[2], FILE *const files[2])
{
	int ret = vdev_migration_set_state_all(both, 2, STATE(RESUMING));

	for (int i = 0; i < 2 && !ret; i++) {
		rewind(files[!i]);
		ret = vdev_migration_copy_in(both[i], fileno(files[!i]), NULL);
	}
	return ret ? ret
		   : vdev_migration_set_state_all(both, 2, STATE(RUNNING));
}

static void test_swap(struct end *a, struct end *b, char *const names[2])
{
	struct vdev_migration *both[] = { a->m, b->m };
	FILE *files[] = { tmpfile(), tmpfile() };
	struct story story = { 0 };

	if (!check(files[0] && files[1], "two files"))
		return;
	check(!vdev_migration_recover(a->m) && !vdev_migration_recover(b->m) &&
		      !put_state(a, 0x31) && !put_state(b, 0x51),
	      "two devices have states of their own");
	vdev_ctx_set_log(ctx, VDEV_LOG_INFO, tell, &story);
	check(!save_both(both, files),
	      "they are saved together, with pre-copy");
	check(came_before(&story, names[1], "pre-copy to pre-copy-p2p",
			  names[0], "pre-copy-p2p to stop-copy"),
	      "both kept still before the first stopped");
	check(!load_both(both, files), "each is loaded with the other's");
	vdev_ctx_set_log(ctx, VDEV_LOG_INFO, NULL, NULL);
	check(came_before(&story, names[1], "stop to running-p2p", names[0],
			  "running-p2p to running"),
	      "both had left stop before the first worked");
	check(has_state(a, 0x51) && has_state(b, 0x31), "and has it");
	fclose(files[0]);
	fclose(files[1]);
}

/* --- What goes wrong */

static void test_error(struct end *e)
{
	if (!vsim)
		return;
	check(!vdev_file_write_register(e->file, 0, VSIM_COMMAND, 4, VSIM_FAIL),
	      "the next arc is to fail");
	check(vdev_migration_set_state(e->m, STATE(STOP)) == -EIO, "it does");
	check(is_in(e, STATE(ERROR)), "the device is in the state error");
	for (int to = 0; to < VDEV_MIGRATION_STATES; to++)
		check(vdev_migration_set_state(
			      e->m, (enum vdev_migration_state)to) < 0,
		      "out of which no way leads to %s",
		      vdev_migration_state_name((enum vdev_migration_state)to));
	check(!vdev_migration_recover(e->m) && is_in(e, STATE(RUNNING)),
	      "but a reset does");
	check(!vdev_migration_set_state(e->m, STATE(PRE_COPY)) &&
		      !vdev_file_write_register(e->file, 0, VSIM_COMMAND, 4,
						VSIM_FAIL) &&
		      vdev_migration_set_state(e->m, STATE(STOP_COPY)) ==
			      -EIO &&
		      vdev_migration_fd(e->m) == -ENODATA,
	      "the data session ends with it");
	check(!vdev_migration_recover(e->m), "and all begins anew");
}

static void test_cut(struct end *from, struct end *to)
{
	static char data[256 * 1024];
	size_t size = 0;
	ssize_t n;

	check(!vdev_migration_set_state(from->m, STATE(STOP_COPY)), "saving");
	while (size < sizeof(data) &&
	       (n = vdev_migration_read(from->m, data + size,
					sizeof(data) - size)) > 0)
		size += (size_t)n;
	check(!vdev_migration_set_state(from->m, STATE(RUNNING)), "saved");
	for (size_t cut = 0; cut < size; cut += cut < 200 ? 1 : 4999) {
		int ret = vdev_migration_set_state(to->m, STATE(RESUMING));

		if (!ret)
			ret = vdev_migration_write(to->m, data, cut);
		if (!ret &&
		    vdev_migration_set_state(to->m, STATE(STOP)) == -EINVAL)
			ret = vdev_migration_recover(to->m);
		else
			ret = -EIO;
		if (ret && !check(0, "data cut off after %zu bytes", cut))
			return;
	}
	check(1, "data that are cut off are refused, and a reset helps");
}

static void test(struct end *from, struct end *to, char *const names[2])
{
	test_move(from, to);
	test_precopy(from);
	test_limits(from);
	test_together(from, to);
	test_swap(from, to, names);
	test_error(from);
	test_cut(from, to);
	test_arcs(from);
}

int main(int argc, char **argv)
{
	struct end from = { 0 }, to = { 0 };
	int ret = 1;

	if (argc != 4 || vdev_ctx_new(&ctx))
		return 2;
	vsim = !strcmp(argv[1], "vsim");
	if (check(!vdev_iommu_open(ctx, VDEV_IOMMU_ANY, &iommu) &&
			  !end_open(argv[2], &from) && !end_open(argv[3], &to),
		  "both are opened")) {
		test(&from, &to, argv + 2);
		ret = 0;
	}
	end_close(&from);
	end_close(&to);
	vdev_iommu_unref(iommu);
	vdev_ctx_unref(ctx);
	return ret;
}
