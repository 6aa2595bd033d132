/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "handover.h"

static bool none(int fd)
{
	(void)fd;
	return false;
}

static bool four(int fd)
{
	return fd == 4;
}

/* Two devices, the first bound and in an address space. */
static struct handover two(void)
{
	struct handover h = {
		.iommu = "iommufd", .count = 2, .has_ioas = true, .ioas = 9
	};

	h.devices = x_alloc(2, sizeof(*h.devices));
	h.devices[0] = (struct handed_device){ .name = "eth0",
					       .address = "0000:01:00.0",
					       .has_id = true,
					       .id = 7 };
	h.devices[1] = (struct handed_device){ .address = "0001:02:00.1" };
	return h;
}

static void expands(const struct handover *h, const char *argument,
		    const char *expected)
{
	char *wrong = NULL;
	char *text = handover_expand(h, argument, &wrong);

	if (!expected) {
		assert_null(text);
		assert_non_null(wrong);
	} else {
		assert_null(wrong);
		assert_string_equal(text, expected);
	}
	free(text);
	free(wrong);
}

static void test_expand(void **state)
{
	static const char *const arguments[][2] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "{iommufd}", "3" },
		{ "id=i0,fd={iommufd},x={ioas}", "id=i0,fd=3,x=9" },
		{ "{0}{1}", "45" },
		{ "{0000:01:00.0}/{01:00.0}/{eth0}", "4/4/4" },
		{ "{0001:02:00.1}", "5" },
		{ "{0.id} {eth0.id} {01:00.0.id}", "7 7 7" },
		{ "{{0}} {{iommufd}} {{7}}", "{0} {iommufd} {7}" },
		{ "{", "{" },
		{ "{0", "{0" },
		{ "}{}{{}}", "}{}{{}}" },
		{ "{x} ${HOME} {{x}} {\"a\":{\"b\":1}}",
		  "{x} ${HOME} {{x}} {\"a\":{\"b\":1}}" },
		{ "{{0}", "{4" },
		{ "a{1,2}", "a{1,2}" },
		{ "{2}", NULL },
		{ "{99999999999999999999}", NULL },
		{ "{1.id}", NULL },
		{ "{0.group}", NULL },
		{ "{container}", NULL },
		{ "{02:00.0}", NULL },
		{ "{0000:02:00.0.id}", NULL },
	};
	struct handover h = two();

	(void)state;
	assert_int_equal(handover_number(&h, none), 3);
	for (size_t i = 0; i < ARRAY_SIZE(arguments); i++)
		expands(&h, arguments[i][0], arguments[i][1]);
	h.has_ioas = false;
	expands(&h, "{ioas}", NULL);
	h.planned = true;
	expands(&h, "{0.id}", "?");
	handover_clear(&h);
}

static char *variables_of(const struct handover *h)
{
	char **variables = handover_variables(h, 42);
	char *text = x_join((const char *const *)variables,
			    words_count((const char *const *)variables), " ");

	for (char **v = variables; *v; v++)
		if (!str_starts(*v, "LISTEN_"))
			assert_true(handover_is_variable(*v, strcspn(*v, "=")));
	handover_free_variables(variables);
	return text;
}

static void test_variables(void **state)
{
	struct handover h = two();
	char *text;

	(void)state;
	(void)handover_number(&h, none);
	text = variables_of(&h);
	assert_string_equal(
		text, "LISTEN_FDS=3 LISTEN_PID=42 "
		      "LISTEN_FDNAMES=iommufd:device0:device1 VDEV_IOMMUFD=3 "
		      "VDEV_IOAS=9 VDEV_DEVICES=2 VDEV_DEVICE_0=4 "
		      "VDEV_DEVICE_0_ADDRESS=0000:01:00.0 VDEV_DEVICE_0_ID=7 "
		      "VDEV_DEVICE_1=5 VDEV_DEVICE_1_ADDRESS=0001:02:00.1");
	free(text);
	/* All of them stand behind what is taken, where no protocol finds them.
	 */
	assert_int_equal(handover_number(&h, four), 5);
	text = variables_of(&h);
	assert_true(str_starts(text, "VDEV_IOMMUFD=5 "));
	assert_non_null(strstr(text, "VDEV_DEVICE_1=7"));
	free(text);
	handover_clear(&h);
	assert_false(handover_is_variable("VDEV_LAB", 8));
	assert_false(handover_is_variable("VDEV_IOMMUFD2", 13));
}

static void test_groups(void **state)
{
	struct handover h = two();
	char *text;

	(void)state;
	h.iommu = "container";
	h.has_ioas = h.devices[0].has_id = false;
	for (size_t i = 0; i < 2; i++) {
		h.devices[i].in_group = true;
		h.devices[i].group = handover_add_group(&h, 12, -1);
	}
	assert_int_equal(handover_add_group(&h, 13, -1), 1);
	assert_int_equal(h.group_count, 2);
	(void)handover_number(&h, none);
	expands(&h, "{container} {0.group} {1.group}", "3 6 6");
	expands(&h, "{iommufd}", NULL);
	text = variables_of(&h);
	assert_non_null(
		strstr(text, "=container:device0:device1:group0:group1 "));
	assert_non_null(strstr(text, "VDEV_CONTAINER=3 "));
	assert_non_null(strstr(text, "VDEV_DEVICE_1_GROUP=6"));
	free(text);
	handover_clear(&h);
}

static bool same_file(int a, int b)
{
	struct stat one, other;

	assert_int_equal(fstat(a, &one), 0);
	assert_int_equal(fstat(b, &other), 0);
	return one.st_ino == other.st_ino;
}

/* Wherever they are, also if one stands in the place of another. */
static void test_place(void **state)
{
	struct handover h = two();
	int pipes[3][2];

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(pipe2(pipes[i], O_CLOEXEC), 0);
	h.iommu_fd = pipes[0][0];
	h.iommu_number = pipes[1][0];
	h.devices[0].fd = pipes[1][0];
	h.devices[1].fd = pipes[2][0];
	/* Two places from where the second pipe begins: both ends of it. */
	h.devices[0].number = h.iommu_number + 1;
	h.devices[1].number = h.iommu_number + 2;
	assert_int_equal(handover_place(&h), 0);
	assert_true(same_file(h.iommu_number, pipes[0][1]));
	assert_false(same_file(h.iommu_number, h.devices[0].number));
	for (int i = 0; i < 3; i++)
		assert_int_equal(fcntl(h.iommu_number + i, F_GETFD), 0);
	h.devices[1].fd = -1;
	assert_true(handover_place(&h) < 0);
	handover_clear(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expand),
		cmocka_unit_test(test_variables),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
