/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libvdev/file.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "failnth.h"
#include "fakevfio.h"
#include "kernel/abi/iommufd.h"

#define TOKEN_TEXT "00112233-4455-6677-8899-aAbBcCdDeEfF"

/* Fails so, and the sentence says so. */
static void fails(struct vfio_setup *s, const struct vdev_vf_token *token,
		  int error, enum vdev_error_kind kind, const char *says)
{
	struct vdev_file *file = NULL;

	assert_int_equal(vdev_file_open(s->dev, s->iommu, token, &file), error);
	assert_null(file);
	assert_int_equal(vdev_ctx_last_kind(s->ctx), kind);
	vfio_says(s, says);
}

static void test_cdev(void **state)
{
	struct vfio_setup *s = *state;
	struct vdev_file *other;
	uint32_t id;

	vfio_open_by(s, VDEV_IOMMU_IOMMUFD);
	assert_ptr_equal(vdev_file_ctx(s->file), s->ctx);
	assert_ptr_equal(vdev_file_device(s->file), s->dev);
	assert_ptr_equal(vdev_file_iommu(s->file), s->iommu);
	assert_true(vdev_file_fd(s->file) >= 0);
	assert_int_equal(vdev_file_group_fd(s->file), -ENODATA);
	assert_int_equal(vdev_file_device_id(s->file, &id), 0);
	assert_int_equal(id, FAKE_DEVICE);

	fails(s, NULL, -EBUSY, VDEV_ERROR_IN_USE, "open elsewhere");
	other = vdev_file_ref(s->file);
	assert_null(vdev_file_unref(other));
	assert_true(s->fv.bound);
	s->file = vdev_file_unref(s->file);
	assert_false(s->fv.bound);
	assert_null(vdev_file_unref(NULL));
	vfio_open_by(s, VDEV_IOMMU_IOMMUFD);
}

/* Opened by one who does not choose, it is opened so. */
static void own_iommu(struct vfio_setup *s, enum vdev_iommu_kind kind)
{
	assert_int_equal(vdev_file_open(s->dev, NULL, NULL, &s->file), 0);
	assert_int_equal(vdev_iommu_kind(vdev_file_iommu(s->file)), kind);
	assert_true(kind == VDEV_IOMMU_IOMMUFD ? s->fv.bound : s->fv.open);
	s->file = vdev_file_unref(s->file);
}

static void test_own_iommu(void **state)
{
	struct vfio_setup *s = *state;

	s->iommu = vdev_iommu_unref(s->iommu);
	own_iommu(s, VDEV_IOMMU_IOMMUFD);
	s->fv.no_iommufd = true;
	own_iommu(s, VDEV_IOMMU_TYPE1);
	s->fv.no_container = true;
	fails(s, NULL, -ENOENT, VDEV_ERROR_NOT_FOUND, "there is no /dev/");

	/* A kernel without cdevs. */
	tree_drop_attr(s->t, FAKE_ADDRESS, "vfio-dev");
	tree_vfio(s->t, FAKE_ADDRESS, 0, false, NULL);
	vdev_device_refresh(s->dev);
	s->fv.no_iommufd = false;
	own_iommu(s, VDEV_IOMMU_COMPAT);
	s->fv.no_container = false;
	own_iommu(s, VDEV_IOMMU_TYPE1);

	tree_drop_attr(s->t, FAKE_ADDRESS, "vfio-dev");
	tree_driver(s->t, FAKE_ADDRESS, "igb");
	vdev_device_refresh(s->dev);
	fails(s, NULL, -ENOENT, VDEV_ERROR_NOT_FOUND, "igb");
}

/* A token goes where it is checked. */
static void test_own_iommu_token(void **state)
{
	struct vfio_setup *s = *state;
	struct vdev_vf_token token = { { 1 } };

	s->fv.token = (const char *)token.bytes;
	assert_int_equal(vdev_file_open(s->dev, NULL, &token, &s->file), 0);
	assert_true(s->fv.bound);
	s->file = vdev_file_unref(s->file);
	s->fv.no_tokens = true;
	assert_int_equal(vdev_file_open(s->dev, NULL, &token, &s->file), 0);
	assert_true(s->fv.open);
	s->file = vdev_file_unref(s->file);
}

static void by_group(struct vfio_setup *s, enum vdev_iommu_kind kind)
{
	struct vdev_file *other;
	uint32_t id = 4;

	vfio_open_by(s, kind);
	assert_true(s->fv.open);
	assert_true(s->fv.type_set);
	assert_int_equal(vdev_file_device_id(s->file, &id), -ENODATA);
	assert_int_equal(id, 4);

	/* The node is opened once for both, and stays for the one left. */
	assert_int_equal(vdev_file_open(s->dev, s->iommu, NULL, &other), 0);
	assert_int_equal(vdev_file_group_fd(other),
			 vdev_file_group_fd(s->file));
	s->file = vdev_file_unref(s->file);
	assert_true(s->fv.has_container);
	vdev_file_unref(other);
	assert_false(s->fv.has_container);

	/* And all of it again. */
	assert_int_equal(vdev_file_open(s->dev, s->iommu, NULL, &s->file), 0);
	s->file = vdev_file_unref(s->file);
}

static void test_group(void **state)
{
	by_group(*state, VDEV_IOMMU_TYPE1);
	by_group(*state, VDEV_IOMMU_COMPAT);
}

static void test_both_ways(void **state)
{
	struct vfio_setup *s = *state;
	struct vdev_iommu *other;

	vfio_open_by(s, VDEV_IOMMU_TYPE1);
	assert_int_equal(vdev_iommu_open(s->ctx, VDEV_IOMMU_TYPE1, &other), 0);
	vdev_iommu_unref(s->iommu);
	s->iommu = other;
	fails(s, NULL, -EBUSY, VDEV_ERROR_IN_USE, "open elsewhere");
	vfio_use(s, VDEV_IOMMU_IOMMUFD);
	fails(s, NULL, -EBUSY, VDEV_ERROR_IN_USE, "the other way");
	s->file = vdev_file_unref(s->file);
	vfio_open_by(s, VDEV_IOMMU_IOMMUFD);
	vfio_use(s, VDEV_IOMMU_TYPE1);
	fails(s, NULL, -EBUSY, VDEV_ERROR_IN_USE, "the other way");
}

static void test_not_viable(void **state)
{
	struct vfio_setup *s = *state;

	tree_pci(s->t, "pci0000:00", "0000:01:00.1", 0x8086, 0x10c9, 0x020000);
	tree_driver(s->t, "0000:01:00.1", "igb");
	tree_group(s->t, "0000:01:00.1", FAKE_GROUP);
	s->fv.not_viable = true;
	for (int kind = VDEV_IOMMU_IOMMUFD; kind <= VDEV_IOMMU_COMPAT; kind++) {
		vfio_use(s, (enum vdev_iommu_kind)kind);
		fails(s, NULL, -EBUSY, VDEV_ERROR_IN_USE,
		      "0000:01:00.1 is bound to igb");
		assert_non_null(vdev_ctx_last_hint(s->ctx));
	}
}

static void test_token_needed(void **state)
{
	struct vfio_setup *s = *state;
	struct vdev_vf_token token;

	assert_int_equal(vdev_vf_token_parse(TOKEN_TEXT, &token), 0);
	for (int kind = VDEV_IOMMU_IOMMUFD; kind <= VDEV_IOMMU_COMPAT; kind++) {
		vfio_use(s, (enum vdev_iommu_kind)kind);
		s->fv.token = NULL;
		fails(s, &token, -EINVAL, VDEV_ERROR_INVALID, "neither a PF");
		s->fv.token = (const char *)token.bytes;
		fails(s, NULL, -EACCES, VDEV_ERROR_PERMISSION, "required");
		token.bytes[0] ^= 1;
		s->fv.token = "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb"
			      "\xcc\xdd\xee\xff";
		fails(s, &token, -EACCES, VDEV_ERROR_PERMISSION, "wrong");
		token.bytes[0] ^= 1;
		assert_int_equal(
			vdev_file_open(s->dev, s->iommu, &token, &s->file), 0);
		s->file = vdev_file_unref(s->file);
	}
}

/* Every EINVAL of a bind has its own reason. */
static void test_token_of_pf(void **state)
{
	struct vfio_setup *s = *state;
	struct vdev_vf_token token = { { 1 } }, other = { { 2 } };

	/* A PF that may have VFs could use the token: so it is in use. */
	tree_attr(s->t, FAKE_ADDRESS, "sriov_totalvfs", "7\n");
	s->fv.token = (const char *)token.bytes;
	s->fv.elsewhere = true;
	vfio_use(s, VDEV_IOMMU_IOMMUFD);
	fails(s, &token, -EBUSY, VDEV_ERROR_IN_USE, "open elsewhere");
	s->fv.elsewhere = false;
	for (int kind = VDEV_IOMMU_IOMMUFD; kind <= VDEV_IOMMU_COMPAT; kind++) {
		vfio_use(s, (enum vdev_iommu_kind)kind);
		fails(s, NULL, -EACCES, VDEV_ERROR_PERMISSION,
		      "required, because VFs of it are open");
		fails(s, &other, -EACCES, VDEV_ERROR_PERMISSION,
		      "wrong; while VFs of it are open");
	}

	/* A kernel that knows no tokens by cdev says EINVAL too. */
	s->fv.no_tokens = true;
	vfio_use(s, VDEV_IOMMU_IOMMUFD);
	fails(s, &token, -EOPNOTSUPP, VDEV_ERROR_NOT_SUPPORTED,
	      "does not check tokens");
	assert_non_null(strstr(vdev_ctx_last_hint(s->ctx), "6.17"));
	vfio_open_by(s, VDEV_IOMMU_IOMMUFD);
}

static void test_token_of_vf(void **state)
{
	struct vfio_setup *s = *state;
	struct vdev_vf_token token = { { 1 } }, other = { { 2 } };

	tree_pci(s->t, "pci0000:00", "0000:01:00.1", 0x8086, 0x10c9, 0x020000);
	tree_driver(s->t, "0000:01:00.1", "vfio-pci");
	tree_vfio(s->t, "0000:01:00.1", 1, true, "13");
	tree_attr_link(s->t, FAKE_ADDRESS, "physfn", "../0000:01:00.1");
	vdev_device_refresh(s->dev);
	for (int kind = VDEV_IOMMU_IOMMUFD; kind <= VDEV_IOMMU_COMPAT; kind++) {
		vfio_use(s, (enum vdev_iommu_kind)kind);
		s->fv.token = (const char *)token.bytes;
		fails(s, NULL, -EACCES, VDEV_ERROR_PERMISSION,
		      "required, because its PF 0000:01:00.1");
		fails(s, &other, -EACCES, VDEV_ERROR_PERMISSION,
		      "wrong, its PF 0000:01:00.1");
		/* sysfs says that it has a token, the kernel that not. */
		s->fv.token = NULL;
		fails(s, &token, -EINVAL, VDEV_ERROR_INVALID,
		      "was not bound to vfio-pci when");
	}

	/* A VF whose PF has a driver of the kernel has no use for one. */
	tree_drop_attr(s->t, "0000:01:00.1", "driver");
	tree_drop_attr(s->t, "0000:01:00.1", "vfio-dev");
	tree_driver(s->t, "0000:01:00.1", "igb");
	for (int kind = VDEV_IOMMU_IOMMUFD; kind <= VDEV_IOMMU_COMPAT; kind++) {
		vfio_use(s, (enum vdev_iommu_kind)kind);
		fails(s, &token, -EINVAL, VDEV_ERROR_INVALID,
		      "its PF 0000:01:00.1 is bound to igb");
	}
}

static void test_mdev_token(void **state)
{
	static const char *const uuid = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001";
	struct vfio_setup *s = *state;
	struct vdev_vf_token token = { { 1 } };

	tree_mdev(s->t, "virtual/mtty/mtty", uuid, "mtty-1");
	vdev_device_unref(s->dev);
	assert_int_equal(vdev_device_find(s->ctx, uuid, &s->dev), 0);
	vfio_use(s, VDEV_IOMMU_TYPE1);
	fails(s, &token, -EINVAL, VDEV_ERROR_INVALID, "neither a PF");
}

static void test_regions_without_end(void **state)
{
	struct vfio_setup *s = *state;

	s->fv.num_regions = UINT32_MAX;
	for (int kind = VDEV_IOMMU_IOMMUFD; kind <= VDEV_IOMMU_COMPAT; kind++) {
		vfio_use(s, (enum vdev_iommu_kind)kind);
		fails(s, NULL, -EIO, VDEV_ERROR_FAILED, "4294967295 regions");
	}
}

static void test_nodes(void **state)
{
	struct vfio_setup *s = *state;

	vfio_use(s, VDEV_IOMMU_IOMMUFD);
	s->fv.open_error = EACCES;
	fails(s, NULL, -EACCES, VDEV_ERROR_PERMISSION, FAKE_CDEV);
	assert_non_null(strstr(vdev_ctx_last_hint(s->ctx), "--owner"));
	s->fv.open_error = ENXIO;
	fails(s, NULL, -ENODEV, VDEV_ERROR_NOT_FOUND, "gone");
	s->fv.open_error = EMFILE;
	fails(s, NULL, -EMFILE, VDEV_ERROR_FAILED, "Too many open files");
	s->fv.open_error = 0;

	vfio_use(s, VDEV_IOMMU_TYPE1);
	s->fv.open_error = EPERM;
	fails(s, NULL, -EPERM, VDEV_ERROR_PERMISSION, FAKE_NODE);
	s->fv.open_error = 0;
}

static void test_no_nodes(void **state)
{
	struct vfio_setup *s = *state;

	tree_drop_attr(s->t, FAKE_ADDRESS, "vfio-dev");
	tree_vfio(s->t, FAKE_ADDRESS, 0, false, NULL);
	tree_remove(s->t, "/sys/class/vfio/12");
	vdev_device_refresh(s->dev);
	vfio_use(s, VDEV_IOMMU_IOMMUFD);
	fails(s, NULL, -EOPNOTSUPP, VDEV_ERROR_NOT_SUPPORTED, "no cdev");
	vfio_use(s, VDEV_IOMMU_TYPE1);
	tree_vfio(s->t, FAKE_ADDRESS, 0, false, "noiommu-0");
	vdev_device_refresh(s->dev);

	tree_drop_attr(s->t, FAKE_ADDRESS, "vfio-dev");
	tree_driver(s->t, FAKE_ADDRESS, "igb");
	vdev_device_refresh(s->dev);
	for (int kind = VDEV_IOMMU_IOMMUFD; kind <= VDEV_IOMMU_COMPAT; kind++) {
		vfio_use(s, (enum vdev_iommu_kind)kind);
		fails(s, NULL, -ENOENT, VDEV_ERROR_NOT_FOUND, "igb");
	}
}

/* A container opens it, and that is all it can do for it. */
static void test_noiommu(void **state)
{
	struct vfio_setup *s = *state;
	uint64_t iova = 0x1000;
	struct vdev_ioas *ioas;

	s->fv.noiommu = true;
	tree_drop_attr(s->t, FAKE_ADDRESS, "vfio-dev");
	tree_remove(s->t, "/sys/class/vfio/12");
	tree_vfio(s->t, FAKE_ADDRESS, 0, false, "noiommu-12");
	vdev_device_refresh(s->dev);
	vfio_use(s, VDEV_IOMMU_IOMMUFD);
	fails(s, NULL, -EOPNOTSUPP, VDEV_ERROR_NOT_SUPPORTED, "no cdev");
	vfio_use(s, VDEV_IOMMU_COMPAT);
	fails(s, NULL, -EOPNOTSUPP, VDEV_ERROR_NOT_SUPPORTED, "no-IOMMU mode");
	assert_non_null(strstr(vdev_ctx_last_hint(s->ctx), "type1"));
	vfio_use(s, VDEV_IOMMU_TYPE1);
	s->fv.open_error = EPERM;
	fails(s, NULL, -EPERM, VDEV_ERROR_PERMISSION, FAKE_NOIOMMU);
	assert_non_null(strstr(vdev_ctx_last_hint(s->ctx), "CAP_SYS_RAWIO"));
	s->fv.open_error = 0;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			vdev_file_open(s->dev, s->iommu, NULL, &s->file), 0);
		assert_int_equal(vdev_ioas_new(s->iommu, &ioas), 0);
		assert_int_equal(vdev_file_attach(s->file, ioas), 0);
		assert_int_equal(vdev_ioas_map(ioas, &iova, s->fv.bar0, 0x1000,
					       VDEV_MAP_READ),
				 -EOPNOTSUPP);
		vfio_says(s, "physical addresses");
		assert_int_equal(vdev_ioas_ranges(ioas, NULL, NULL),
				 -EOPNOTSUPP);
		assert_int_equal(vdev_ioas_unmap(ioas, 0x1000, 0x1000, NULL),
				 -EOPNOTSUPP);
		vdev_ioas_unref(ioas);
		s->file = vdev_file_unref(s->file);
	}
}

/* Another device of the group may be open elsewhere. */
static void test_ambiguous(void **state)
{
	struct vfio_setup *s = *state;

	vfio_use(s, VDEV_IOMMU_IOMMUFD);
	s->fv.not_viable = true;
	fails(s, NULL, -EPERM, VDEV_ERROR_PERMISSION, "not isolated");
	assert_null(strstr(vdev_ctx_last_error(s->ctx), "elsewhere"));
	tree_pci(s->t, "pci0000:00", "0000:01:00.1", 0x8086, 0x10c9, 0x020000);
	tree_group(s->t, "0000:01:00.1", FAKE_GROUP);
	fails(s, NULL, -EPERM, VDEV_ERROR_PERMISSION, "or a device of its");
}

struct refusal {
	enum vdev_iommu_kind kind;
	unsigned long request;
	int error;
	int result;
	const char *says;
};

static void test_refusals(void **state)
{
	static const struct refusal refusals[] = {
		{ VDEV_IOMMU_IOMMUFD, VFIO_DEVICE_BIND_IOMMUFD, EPERM, -EPERM,
		  "isolated" },
		{ VDEV_IOMMU_IOMMUFD, VFIO_DEVICE_BIND_IOMMUFD, ENODEV, -ENODEV,
		  "unbound or removed" },
		{ VDEV_IOMMU_IOMMUFD, VFIO_DEVICE_BIND_IOMMUFD, ENOTTY, -ENOTTY,
		  "no VFIO device" },
		{ VDEV_IOMMU_IOMMUFD, VFIO_DEVICE_BIND_IOMMUFD, EIO, -EIO,
		  "the driver says" },
		{ VDEV_IOMMU_IOMMUFD, VFIO_DEVICE_GET_INFO, EIO, -EIO,
		  "what it is" },
		{ VDEV_IOMMU_TYPE1, VFIO_GROUP_GET_STATUS, EIO, -EIO, "state" },
		{ VDEV_IOMMU_TYPE1, VFIO_GROUP_SET_CONTAINER, EPERM, -EBUSY,
		  "elsewhere" },
		{ VDEV_IOMMU_TYPE1, VFIO_GROUP_SET_CONTAINER, ENODEV, -ENODEV,
		  "into the container" },
		{ VDEV_IOMMU_TYPE1, VFIO_GROUP_SET_CONTAINER, EBUSY, -EBUSY,
		  "elsewhere" },
		{ VDEV_IOMMU_TYPE1, VFIO_GROUP_GET_DEVICE_FD, ENODEV, -ENODEV,
		  "unbound or removed" },
		{ VDEV_IOMMU_COMPAT, VFIO_GROUP_GET_DEVICE_FD, EBUSY, -EBUSY,
		  "elsewhere" },
	};
	struct vfio_setup *s = *state;

	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		const struct refusal *r = &refusals[i];
		struct vdev_file *file = NULL;

		vfio_use(s, r->kind);
		s->fv.fail_request = r->request;
		s->fv.fail_error = r->error;
		assert_int_equal(vdev_file_open(s->dev, s->iommu, NULL, &file),
				 r->result);
		assert_null(file);
		vfio_says(s, r->says);
		s->fv.fail_request = 0;
	}
}

static void test_import(void **state)
{
	struct vfio_setup *s = *state;
	struct vdev_file *file = NULL;
	struct vdev_vf_token token = { { 1 } };
	uint32_t id;
	int fd;

	/* One that is to be bound. */
	vfio_use(s, VDEV_IOMMU_IOMMUFD);
	fd = s->ctx->sys.ops->open(&s->ctx->sys, VDEV_SYS_ROOT, FAKE_CDEV, 0,
				   0);
	assert_int_equal(vdev_file_import(s->ctx, fd, NULL, 0, NULL, &file),
			 -EINVAL);
	vfio_says(s, "not open yet");
	assert_int_equal(vdev_file_import(s->ctx, fd, s->iommu, 0, NULL, &file),
			 0);
	assert_int_equal(vdev_file_device_id(file, &id), 0);
	assert_int_equal(id, FAKE_DEVICE);
	assert_true(vdev_file_fd(file) != fd);
	assert_null(vdev_file_device(file));
	/* Now it is bound. */
	assert_int_equal(
		vdev_file_import(s->ctx, fd, s->iommu, 0, NULL, &s->file),
		-EBUSY);
	assert_int_equal(vdev_file_import(s->ctx, fd, s->iommu, FAKE_DEVICE,
					  NULL, &s->file),
			 0);
	vdev_file_unref(file);
	assert_int_equal(vdev_file_device_id(s->file, &id), 0);
	assert_int_equal(vdev_file_attach_id(s->file, 3, NULL), 0);
	/* Without the iommufd it can still be used. */
	assert_int_equal(vdev_file_import(s->ctx, fd, NULL, 0, NULL, &file), 0);
	assert_int_equal(vdev_file_region_count(file), FAKE_REGIONS);
	assert_null(vdev_file_iommu(file));
	assert_int_equal(vdev_file_attach_id(file, 3, NULL), -EOPNOTSUPP);
	vdev_file_unref(file);
	assert_int_equal(vdev_file_import(s->ctx, fd, NULL, 0, &token, &file),
			 -EINVAL);
	vdev_sys_close(&s->ctx->sys, fd);
	assert_int_equal(vdev_file_import(s->ctx, fd, NULL, 0, NULL, &file),
			 -EBADF);
	s->file = vdev_file_unref(s->file);
	/* Binding it with tokens. */
	fd = s->ctx->sys.ops->open(&s->ctx->sys, VDEV_SYS_ROOT, FAKE_CDEV, 0,
				   0);
	assert_int_equal(
		vdev_file_import(s->ctx, fd, s->iommu, 0, &token, &file),
		-EINVAL);
	vfio_says(s, "neither a PF");
	s->fv.token = "0123456789abcdef";
	assert_int_equal(
		vdev_file_import(s->ctx, fd, s->iommu, 0, &token, &file),
		-EACCES);
	vfio_says(s, "wrong");
	assert_int_equal(vdev_file_import(s->ctx, fd, s->iommu, 0, NULL, &file),
			 -EACCES);
	vfio_says(s, "required");
	vdev_sys_close(&s->ctx->sys, fd);
}

static void test_import_other(void **state)
{
	struct vfio_setup *s = *state;
	struct vdev_file *file;

	vfio_use(s, VDEV_IOMMU_IOMMUFD);
	assert_int_equal(vdev_file_import(s->ctx, vdev_iommu_fd(s->iommu), NULL,
					  0, NULL, &file),
			 -ENOTTY);
	assert_int_equal(vdev_file_import(s->ctx, vdev_iommu_fd(s->iommu),
					  s->iommu, 0, NULL, &file),
			 -ENOTTY);
	/* A device from its group. */
	vfio_open_by(s, VDEV_IOMMU_TYPE1);
	assert_int_equal(vdev_file_import(s->ctx, vdev_file_fd(s->file),
					  s->iommu, 0, NULL, &file),
			 0);
	assert_int_equal(vdev_file_group_fd(file), -ENODATA);
	vdev_file_unref(file);
}

static void test_info(void **state)
{
	struct vfio_setup *s = *state;
	unsigned int id, version;
	const void *data;
	size_t size;

	vfio_open_by(s, VDEV_IOMMU_IOMMUFD);
	assert_int_equal(vdev_file_flags(s->file),
			 VDEV_FILE_PCI | VDEV_FILE_RESET);
	assert_int_equal(vdev_file_region_count(s->file), FAKE_REGIONS);
	assert_int_equal(vdev_file_irq_count(s->file), VFIO_PCI_NUM_IRQS);
	assert_int_equal(vdev_file_atomics(s->file), 4 + 8);
	assert_int_equal(
		vdev_file_capability(s->file, 0, &id, &version, &data, &size),
		0);
	assert_int_equal(id, VFIO_DEVICE_INFO_CAP_PCI_ATOMIC_COMP);
	assert_int_equal(version, 1);
	assert_int_equal(size, 8);
	assert_int_equal(*(const uint32_t *)data, 3);
	assert_int_equal(
		vdev_file_capability(s->file, 0, NULL, NULL, NULL, NULL), 0);
	assert_int_equal(
		vdev_file_capability(s->file, 1, NULL, NULL, NULL, NULL),
		-ENOENT);
}

static void test_attach(void **state)
{
	struct vfio_setup *s = *state;
	struct vdev_ioas *ioas;
	uint32_t hwpt;

	vfio_open_by(s, VDEV_IOMMU_IOMMUFD);
	assert_int_equal(vdev_ioas_new(s->iommu, &ioas), 0);
	assert_int_equal(vdev_file_attach(s->file, ioas), 0);
	assert_int_equal(s->fv.attached, vdev_ioas_id(ioas));
	/* The file keeps the space for as long as it uses it. */
	vdev_ioas_unref(ioas);
	assert_int_equal(vdev_file_attach_id(s->file, 9, &hwpt), 0);
	assert_int_equal(hwpt, 109);
	assert_int_equal(s->fv.attached, 9);
	assert_int_equal(vdev_file_detach(s->file), 0);
	assert_int_equal(s->fv.attached, 0);
	assert_int_equal(vdev_file_detach(s->file), 0);

	assert_int_equal(vdev_ioas_new(s->iommu, &ioas), 0);
	assert_int_equal(vdev_file_attach(s->file, ioas), 0);
	vdev_ioas_unref(ioas);
}

static void test_attach_fails(void **state)
{
	static const struct {
		int error;
		const char *says;
	} cases[] = {
		{ ENOENT, "no IOAS or HWPT 9" },
		{ EINVAL, "refuses" },
		{ EBUSY, "being reset" },
		{ EADDRINUSE, "or mapped in less than" },
		{ EPERM, "isolated" },
		{ ENOTTY, "by cdev" },
		{ EIO, "Input/output" },
	};
	struct vfio_setup *s = *state;

	vfio_open_by(s, VDEV_IOMMU_IOMMUFD);
	s->fv.fail_request = VFIO_DEVICE_ATTACH_IOMMUFD_PT;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		s->fv.fail_error = cases[i].error;
		assert_int_equal(vdev_file_attach_id(s->file, 9, NULL),
				 -cases[i].error);
		vfio_says(s, cases[i].says);
	}
	s->fv.fail_request = VFIO_DEVICE_DETACH_IOMMUFD_PT;
	assert_int_equal(vdev_file_detach(s->file), -EIO);
	s->fv.fail_request = 0;
}

static void test_attach_container(void **state)
{
	struct vfio_setup *s = *state;
	struct vdev_iommu *other;
	struct vdev_ioas *ioas;

	vfio_open_by(s, VDEV_IOMMU_TYPE1);
	assert_int_equal(vdev_ioas_new(s->iommu, &ioas), 0);
	assert_null(vdev_file_ioas(s->file));
	assert_int_equal(vdev_file_attach(s->file, ioas), 0);
	/* The file keeps the space, and with it what is mapped. */
	vdev_ioas_unref(ioas);
	assert_ptr_equal(vdev_file_ioas(s->file), ioas);
	assert_int_equal(vdev_ioas_new(s->iommu, &ioas), -EOPNOTSUPP);
	assert_int_equal(vdev_file_attach_id(s->file, 1, NULL), -EOPNOTSUPP);
	assert_int_equal(vdev_file_detach(s->file), -EOPNOTSUPP);

	assert_int_equal(vdev_iommu_open(s->ctx, VDEV_IOMMU_IOMMUFD, &other),
			 0);
	assert_int_equal(vdev_ioas_new(other, &ioas), 0);
	vdev_iommu_unref(other);
	assert_int_equal(vdev_file_attach(s->file, ioas), -EINVAL);
	vdev_ioas_unref(ioas);
}

/* A container has one address space, and an imported one may be another. */
static void test_attach_compat(void **state)
{
	struct vfio_setup *s = *state;
	struct vdev_ioas *ioas;

	vfio_open_by(s, VDEV_IOMMU_COMPAT);
	assert_int_equal(vdev_ioas_import(s->iommu, 5, &ioas), 0);
	assert_int_equal(vdev_file_attach(s->file, ioas), 0);
	vdev_ioas_unref(ioas);
	assert_int_equal(vdev_ioas_import(s->iommu, 6, &ioas), 0);
	assert_int_equal(vdev_file_attach(s->file, ioas), -EINVAL);
	vfio_says(s, "attached to 5 while it is open");
	s->fv.fail_request = IOMMU_VFIO_IOAS;
	s->fv.fail_error = ENODEV;
	assert_int_equal(vdev_file_attach(s->file, ioas), -ENODEV);
	s->fv.fail_request = 0;
	vdev_ioas_unref(ioas);
}

/* Opens, attaches, closes; whatever fails, nothing is left. */
static void open_scenario(struct failnth *fail, void *data)
{
	struct vfio_setup *s = data;
	struct vdev_file *file = NULL;
	struct vdev_ioas *ioas = NULL;
	struct vdev_device *dev;
	int ret;

	assert_int_equal(vdev_device_find(s->ctx, FAKE_ADDRESS, &dev), 0);
	failnth_start(fail, &s->ctx->sys);
	ret = vdev_file_open(dev, s->iommu, NULL, &file);
	if (!ret)
		ret = vdev_ioas_new(s->iommu, &ioas);
	if (!ret)
		ret = vdev_file_attach(file, ioas);
	failnth_stop(fail);
	if (!failnth_fired(fail))
		assert_int_equal(ret, 0);
	vdev_ioas_unref(ioas);
	vdev_file_unref(file);
	vdev_device_unref(dev);
	assert_false(s->fv.bound || s->fv.open || s->fv.has_container);
	assert_null(s->ctx->groups);
}

static void import_scenario(struct failnth *fail, void *data)
{
	struct vfio_setup *s = data;
	struct vdev_file *file = NULL;
	int fd = s->ctx->sys.ops->open(&s->ctx->sys, VDEV_SYS_ROOT, FAKE_CDEV,
				       0, 0);
	int ret;

	failnth_start(fail, &s->ctx->sys);
	ret = vdev_file_import(s->ctx, fd, s->iommu, 0, NULL, &file);
	failnth_stop(fail);
	if (!failnth_fired(fail))
		assert_int_equal(ret, 0);
	else
		assert_true(ret < 0);
	vdev_file_unref(file);
	vdev_sys_close(&s->ctx->sys, fd);
}

static void test_failures(void **state)
{
	struct vfio_setup *s = *state;

	for (int kind = VDEV_IOMMU_IOMMUFD; kind <= VDEV_IOMMU_COMPAT; kind++) {
		vfio_use(s, (enum vdev_iommu_kind)kind);
		failnth_sweep(open_scenario, s);
	}
	vfio_use(s, VDEV_IOMMU_IOMMUFD);
	failnth_sweep(import_scenario, s);
}

/* --- Unbound */

static void unbound_fails(struct vfio_setup *s, int error,
			  enum vdev_error_kind kind, const char *says)
{
	int fd = -7;

	assert_int_equal(vdev_file_open_unbound(s->dev, &fd), error);
	assert_int_equal(fd, -7);
	assert_int_equal(vdev_ctx_last_kind(s->ctx), kind);
	vfio_says(s, says);
}

static void test_unbound(void **state)
{
	struct vfio_setup *s = *state;
	struct vdev_file *file;
	int fd;

	/* Whatever token is needed, that is for who binds it. */
	s->fv.token = "0123456789abcdef";
	assert_int_equal(vdev_file_open_unbound(s->dev, &fd), 0);
	assert_false(s->fv.bound);
	s->fv.token = NULL;
	vfio_use(s, VDEV_IOMMU_IOMMUFD);
	assert_int_equal(vdev_file_import(s->ctx, fd, s->iommu, 0, NULL, &file),
			 0);
	assert_true(s->fv.bound);
	vdev_file_unref(file);
	vdev_sys_close(&s->ctx->sys, fd);
}

static void test_unbound_refused(void **state)
{
	struct vfio_setup *s = *state;

	s->fv.open_error = EACCES;
	unbound_fails(s, -EACCES, VDEV_ERROR_PERMISSION, FAKE_CDEV);
	s->fv.open_error = 0;
	/* The node of another device stands in its place. */
	s->fv.minor = 1;
	unbound_fails(s, -EINVAL, VDEV_ERROR_INVALID, "is not the node of");
	assert_non_null(strstr(vdev_ctx_last_hint(s->ctx), "511:0"));
	s->fv.minor = 0;
	tree_attr(s->t, FAKE_ADDRESS, "vfio-dev/vfio0/dev", "nonsense");
	unbound_fails(s, -EINVAL, VDEV_ERROR_INVALID, "is not the node of");
	tree_attr(s->t, FAKE_ADDRESS, "vfio-dev/vfio0/dev", "511:0");

	vfio_open_by(s, VDEV_IOMMU_TYPE1);
	unbound_fails(s, -EBUSY, VDEV_ERROR_IN_USE, "the other way");
	s->file = vdev_file_unref(s->file);
	tree_pci(s->t, "pci0000:00", "0000:01:00.1", 0x8086, 0x10c9, 0x020000);
	tree_driver(s->t, "0000:01:00.1", "igb");
	tree_group(s->t, "0000:01:00.1", FAKE_GROUP);
	unbound_fails(s, -EBUSY, VDEV_ERROR_IN_USE, "is bound to igb");

	tree_drop_attr(s->t, FAKE_ADDRESS, "vfio-dev");
	tree_vfio(s->t, FAKE_ADDRESS, 0, false, NULL);
	vdev_device_refresh(s->dev);
	unbound_fails(s, -EOPNOTSUPP, VDEV_ERROR_NOT_SUPPORTED, "no cdev");
}

static void unbound_scenario(struct failnth *fail, void *data)
{
	struct vfio_setup *s = data;
	struct vdev_device *dev;
	int fd = -1, ret;

	assert_int_equal(vdev_device_find(s->ctx, FAKE_ADDRESS, &dev), 0);
	failnth_start(fail, &s->ctx->sys);
	ret = vdev_file_open_unbound(dev, &fd);
	failnth_stop(fail);
	if (!failnth_fired(fail))
		assert_int_equal(ret, 0);
	assert_int_equal(ret == 0, fd >= 0);
	vdev_sys_close(&s->ctx->sys, fd);
	vdev_device_unref(dev);
}

static void test_unbound_failures(void **state)
{
	failnth_sweep(unbound_scenario, *state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		VFIO_TEST(test_cdev),
		VFIO_TEST(test_group),
		VFIO_TEST(test_both_ways),
		VFIO_TEST(test_not_viable),
		VFIO_TEST(test_token_needed),
		VFIO_TEST(test_token_of_pf),
		VFIO_TEST(test_token_of_vf),
		VFIO_TEST(test_mdev_token),
		VFIO_TEST(test_regions_without_end),
		VFIO_TEST(test_nodes),
		VFIO_TEST(test_no_nodes),
		VFIO_TEST(test_noiommu),
		VFIO_TEST(test_ambiguous),
		VFIO_TEST(test_refusals),
		VFIO_TEST(test_import),
		VFIO_TEST(test_import_other),
		VFIO_TEST(test_info),
		VFIO_TEST(test_attach),
		VFIO_TEST(test_attach_fails),
		VFIO_TEST(test_attach_container),
		VFIO_TEST(test_attach_compat),
		VFIO_TEST(test_own_iommu),
		VFIO_TEST(test_own_iommu_token),
		VFIO_TEST(test_failures),
		VFIO_TEST(test_unbound),
		VFIO_TEST(test_unbound_refused),
		VFIO_TEST(test_unbound_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
