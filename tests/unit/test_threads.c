/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Two threads with a context each do not disturb each other; of interest under
 * the thread sanitizer (cmake --preset tsan).
 */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>
#include <libvdev/libvdev.h>

#include "fakekernel.h"

#define ROUNDS 20

struct job {
	const char *root;
	pthread_t thread;
	unsigned int found;
};

static void look(struct vdev_ctx *ctx, struct job *job)
{
	struct vdev_device_list *list;
	struct vdev_device *dev;
	size_t i;

	if (vdev_device_list_new(ctx, NULL, &list) < 0)
		return;
	vdev_device_list_foreach(list, i, dev) {
		job->found += vdev_device_driver(dev) != NULL;
		(void)vdev_device_device_name(dev);
		(void)vdev_device_iommu_group(dev);
	}
	vdev_device_list_free(list);
	/* A failure is recorded in the context, too. */
	(void)vdev_device_find(ctx, "0000:ff:00.0", &dev);
}

static void *work(void *data)
{
	struct job *job = data;

	for (int i = 0; i < ROUNDS; i++) {
		struct vdev_ctx *ctx;

		if (vdev_ctx_new(&ctx))
			return NULL;
		if (!vdev_ctx_set_root(ctx, job->root))
			look(ctx, job);
		vdev_ctx_unref(ctx);
	}
	return NULL;
}

static void test_two_contexts(void **state)
{
	struct fakekernel *fk = fakekernel_new();
	struct job jobs[2] = { { .root = fakekernel_root(fk) },
			       { .root = fakekernel_root(fk) } };

	(void)state;
	fakekernel_add_driver(fk, "igb", FAKE_NET);
	for (unsigned int i = 0; i < 3; i++) {
		char address[16];

		snprintf(address, sizeof(address), "0000:0%u:00.0", i);
		fakekernel_add_device(
			fk, &(struct fake_device){ .address = address,
						   .vendor = 0x8086,
						   .native = "igb",
						   .group = (int)i + 1 });
	}
	for (size_t i = 0; i < ARRAY_SIZE(jobs); i++)
		assert_int_equal(
			pthread_create(&jobs[i].thread, NULL, work, &jobs[i]),
			0);
	for (size_t i = 0; i < ARRAY_SIZE(jobs); i++) {
		assert_int_equal(pthread_join(jobs[i].thread, NULL), 0);
		assert_int_equal(jobs[i].found, 3 * ROUNDS);
	}
	fakekernel_free(fk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_contexts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
