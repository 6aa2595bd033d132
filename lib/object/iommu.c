/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "object/iommu.h"

#include <errno.h>
#include <fcntl.h>

#include "kernel/iommufd.h"
#include "kernel/type1.h"

#define IOMMUFD_NODE "/dev/iommu"
#define TYPE1_NODE   "/dev/vfio/vfio"

const char *vdev_iommu_kind_name(enum vdev_iommu_kind kind)
{
	static const char *const names[] = {
		[VDEV_IOMMU_ANY] = "any",
		[VDEV_IOMMU_IOMMUFD] = "iommufd",
		[VDEV_IOMMU_TYPE1] = "type1",
		[VDEV_IOMMU_COMPAT] = "compat",
	};

	return (size_t)kind < ARRAY_SIZE(names) ? names[kind] : "unknown";
}

int iommu_needs(const struct vdev_iommu *iommu, const char *what,
		const char *version, const char *call)
{
	return vdev_fail(iommu->ctx, -EOPNOTSUPP,
			 "%s needs Linux %s or later: %s", what, version, call);
}

int iommu_need_iommufd(const struct vdev_iommu *iommu, const char *what)
{
	if (iommu->kind != VDEV_IOMMU_TYPE1)
		return 0;
	return vdev_fail(iommu->ctx, -EOPNOTSUPP,
			 "type 1 has no %s; an iommufd does", what);
}

void iommu_destroy_object(const struct vdev_iommu *iommu, const char *what,
			  uint32_t id)
{
	int error = iommufd_destroy(&iommu->ctx->sys, iommu->fd, id);

	if (error)
		vdev_log(iommu->ctx, VDEV_LOG_WARNING,
			 "%s %u stays until its iommufd is closed: %s", what,
			 id, strerror(-error));
}

static bool is_absent(int error)
{
	return error == -ENOENT || error == -ENXIO || error == -ENODEV;
}

static int open_failed(struct vdev_ctx *ctx, const char *node, int error)
{
	if (is_absent(error)) {
		vdev_fail(ctx, -ENOENT, "there is no %s", node);
		if (str_eq(node, IOMMUFD_NODE))
			return vdev_hint(ctx, -ENOENT,
					 "it needs Linux 6.2 or later with "
					 "CONFIG_IOMMUFD: modprobe iommufd");
		return vdev_hint(ctx, -ENOENT,
				 "it needs CONFIG_VFIO_CONTAINER: modprobe "
				 "vfio_iommu_type1");
	}
	vdev_fail(ctx, error, "cannot open %s: %s", node, strerror(-error));
	if (error == -EACCES || error == -EPERM)
		vdev_hint(ctx, error,
			  "run as root, be given the node, or be handed an fd "
			  "that is open already");
	return error;
}

/*
 * Makes the object, which takes over the fd also when that fails. Return: NULL
 * with the sentence recorded if memory ran out.
 */
static struct vdev_iommu *iommu_new(struct vdev_ctx *ctx,
				    enum vdev_iommu_kind kind, int fd)
{
	struct vdev_iommu *iommu = calloc(1, sizeof(*iommu));

	if (!iommu) {
		vdev_sys_close(&ctx->sys, fd);
		vdev_fail(ctx, -ENOMEM, "out of memory");
		return NULL;
	}
	iommu->refs = 1;
	iommu->ctx = vdev_ctx_ref(ctx);
	iommu->kind = kind;
	iommu->fd = fd;
	return iommu;
}

static int open_iommufd(struct vdev_ctx *ctx, enum vdev_iommu_kind kind,
			struct vdev_iommu **ret)
{
	int fd = vdev_sys_open(&ctx->sys, VDEV_SYS_ROOT, IOMMUFD_NODE, O_RDWR,
			       0);
	struct vdev_iommu *iommu;

	if (fd < 0)
		return open_failed(ctx, IOMMUFD_NODE, fd);
	iommu = iommu_new(ctx, kind, fd);
	if (!iommu)
		return -ENOMEM;
	*ret = iommu;
	return 0;
}

static int open_type1(struct vdev_ctx *ctx, struct vdev_iommu **ret)
{
	int fd = vdev_sys_open(&ctx->sys, VDEV_SYS_ROOT, TYPE1_NODE, O_RDWR, 0);
	struct vdev_iommu *iommu;
	int error;

	if (fd < 0)
		return open_failed(ctx, TYPE1_NODE, fd);
	error = type1_probe(&ctx->sys, fd);
	if (error) {
		vdev_sys_close(&ctx->sys, fd);
		vdev_fail(ctx, -EOPNOTSUPP,
			  "%s cannot do type 1 version 2 IOMMUs", TYPE1_NODE);
		return vdev_hint(ctx, -EOPNOTSUPP, "modprobe vfio_iommu_type1");
	}
	iommu = iommu_new(ctx, VDEV_IOMMU_TYPE1, fd);
	if (!iommu)
		return -ENOMEM;
	*ret = iommu;
	return 0;
}

static int open_any(struct vdev_ctx *ctx, struct vdev_iommu **ret)
{
	int error = open_iommufd(ctx, VDEV_IOMMU_IOMMUFD, ret);

	if (error != -ENOENT)
		return error;
	error = open_type1(ctx, ret);
	if (error != -ENOENT)
		return error;
	vdev_fail(ctx, -ENOENT, "there is neither %s nor %s", IOMMUFD_NODE,
		  TYPE1_NODE);
	return vdev_hint(ctx, -ENOENT,
			 "modprobe vfio-pci; it needs an IOMMU that is on");
}

int vdev_iommu_open(struct vdev_ctx *ctx, enum vdev_iommu_kind kind,
		    struct vdev_iommu **ret)
{
	switch (kind) {
	case VDEV_IOMMU_ANY:
		return open_any(ctx, ret);
	case VDEV_IOMMU_IOMMUFD:
	case VDEV_IOMMU_COMPAT:
		return open_iommufd(ctx, kind, ret);
	case VDEV_IOMMU_TYPE1:
		return open_type1(ctx, ret);
	}
	return vdev_fail(ctx, -EINVAL, "%d is no kind of IOMMU", (int)kind);
}

/*
 * Finds out what an fd is. An iommufd knows type 1's calls as well, but not the
 * other way round.
 */
static int recognize(struct vdev_sys *sys, int fd, enum vdev_iommu_kind *kind)
{
	if (*kind != VDEV_IOMMU_TYPE1) {
		int error = iommufd_probe(sys, fd);

		if (!error && *kind == VDEV_IOMMU_ANY)
			*kind = VDEV_IOMMU_IOMMUFD;
		if (!error || *kind != VDEV_IOMMU_ANY)
			return error;
		*kind = VDEV_IOMMU_TYPE1;
	}
	return type1_probe(sys, fd);
}

static int import_failed(struct vdev_ctx *ctx, enum vdev_iommu_kind kind,
			 int fd, int error)
{
	if (error == -EOPNOTSUPP)
		return vdev_fail(ctx, error,
				 "fd %d cannot do type 1 version 2 IOMMUs", fd);
	if (kind == VDEV_IOMMU_ANY)
		return vdev_fail(ctx, -EINVAL,
				 "fd %d is neither an iommufd nor a container",
				 fd);
	return vdev_fail(ctx, -EINVAL, "fd %d is no %s", fd,
			 kind == VDEV_IOMMU_TYPE1 ? "container" : "iommufd");
}

/* Whether the owner of an imported container has set its type already. */
static bool is_type1_set(struct vdev_iommu *iommu)
{
	struct vfio_iommu_type1_info *info = NULL;
	int ret = type1_info(&iommu->ctx->sys, iommu->fd, &info);

	free(info);
	return !ret;
}

int vdev_iommu_import(struct vdev_ctx *ctx, enum vdev_iommu_kind kind, int fd,
		      struct vdev_iommu **ret)
{
	enum vdev_iommu_kind found = kind;
	struct vdev_iommu *iommu;
	int copy, error;

	if (kind < VDEV_IOMMU_ANY || kind > VDEV_IOMMU_COMPAT)
		return vdev_fail(ctx, -EINVAL, "%d is no kind of IOMMU",
				 (int)kind);
	copy = vdev_sys_dup(&ctx->sys, fd);
	if (copy < 0)
		return vdev_fail(ctx, copy, "cannot duplicate fd %d: %s", fd,
				 strerror(-copy));
	error = recognize(&ctx->sys, copy, &found);
	if (error) {
		vdev_sys_close(&ctx->sys, copy);
		return import_failed(ctx, kind, fd, error);
	}
	iommu = iommu_new(ctx, found, copy);
	if (!iommu)
		return -ENOMEM;
	if (found == VDEV_IOMMU_TYPE1)
		iommu->type1_set = is_type1_set(iommu);
	*ret = iommu;
	return 0;
}

struct vdev_iommu *vdev_iommu_ref(struct vdev_iommu *iommu)
{
	iommu->refs++;
	return iommu;
}

struct vdev_iommu *vdev_iommu_unref(struct vdev_iommu *iommu)
{
	if (!iommu || --iommu->refs)
		return NULL;
	vdev_sys_close(&iommu->ctx->sys, iommu->fd);
	vdev_ctx_unref(iommu->ctx);
	free(iommu);
	return NULL;
}

int vdev_iommu_fd(const struct vdev_iommu *iommu)
{
	return iommu->fd;
}

enum vdev_iommu_kind vdev_iommu_kind(const struct vdev_iommu *iommu)
{
	return iommu->kind;
}

int iommu_group_added(struct vdev_iommu *iommu)
{
	int error = 0;

	/* An iommufd has to agree each time: no-IOMMU groups are no use. */
	if (!iommu->type1_set || iommu->kind == VDEV_IOMMU_COMPAT)
		error = type1_set_iommu(&iommu->ctx->sys, iommu->fd);
	if (error) {
		vdev_fail(iommu->ctx, error,
			  "the container cannot use the group's IOMMU: %s",
			  strerror(-error));
		if (error == -EPERM)
			vdev_hint(iommu->ctx, error,
				  "interrupts are not isolated; see "
				  "allow_unsafe_interrupts of vfio_iommu_type1 "
				  "and iommufd");
		return error;
	}
	iommu->type1_set = true;
	iommu->groups++;
	return 0;
}

int iommu_noiommu_group_added(struct vdev_iommu *iommu)
{
	int error = 0;

	if (!iommu->noiommu)
		error = type1_set_noiommu(&iommu->ctx->sys, iommu->fd);
	if (error)
		return vdev_fail(iommu->ctx, error,
				 "the container cannot be used without an "
				 "IOMMU: %s",
				 strerror(-error));
	iommu->noiommu = true;
	iommu->groups++;
	return 0;
}

void iommu_group_removed(struct vdev_iommu *iommu)
{
	if (!iommu->groups || --iommu->groups ||
	    iommu->kind != VDEV_IOMMU_TYPE1)
		return;
	iommu->type1_set = !iommu->noiommu && is_type1_set(iommu);
	iommu->noiommu = false;
}

int iommu_is_noiommu(const struct vdev_iommu *iommu)
{
	return vdev_fail(iommu->ctx, -EOPNOTSUPP,
			 "there is no IOMMU to map memory for: the container's "
			 "devices are in no-IOMMU mode and reach all memory by "
			 "its physical addresses");
}

int vdev_iommu_set_accounting(struct vdev_iommu *iommu,
			      enum vdev_accounting accounting)
{
	struct vdev_ctx *ctx = iommu->ctx;
	uint64_t value = accounting;
	int error;

	if (accounting != VDEV_ACCOUNTING_USER &&
	    accounting != VDEV_ACCOUNTING_PROCESS)
		return vdev_fail(ctx, -EINVAL, "%d is no way of accounting",
				 (int)accounting);
	if (iommu->kind == VDEV_IOMMU_TYPE1)
		return vdev_fail(ctx, -EOPNOTSUPP,
				 "type 1 always counts memory by process");
	error = iommufd_option(&ctx->sys, iommu->fd, IOMMU_OPTION_RLIMIT_MODE,
			       IOMMU_OPTION_OP_SET, 0, &value);
	if (error == -EBUSY)
		return vdev_fail(ctx, error,
				 "the accounting can be chosen only while the "
				 "iommufd is empty");
	if (error == -EPERM)
		return vdev_fail(ctx, error,
				 "choosing the accounting needs "
				 "CAP_SYS_RESOURCE");
	if (error)
		return vdev_fail(ctx, error, "cannot choose the accounting: %s",
				 strerror(-error));
	return 0;
}

int vdev_iommu_accounting(struct vdev_iommu *iommu)
{
	uint64_t value;
	int error;

	if (iommu->kind == VDEV_IOMMU_TYPE1)
		return VDEV_ACCOUNTING_PROCESS;
	error = iommufd_option(&iommu->ctx->sys, iommu->fd,
			       IOMMU_OPTION_RLIMIT_MODE, IOMMU_OPTION_OP_GET, 0,
			       &value);
	if (error)
		return vdev_fail(iommu->ctx, error,
				 "cannot read the accounting: %s",
				 strerror(-error));
	return value ? VDEV_ACCOUNTING_PROCESS : VDEV_ACCOUNTING_USER;
}

int vdev_iommu_change_process(struct vdev_iommu *iommu)
{
	static const char what[] = "taking over pinned memory";
	struct vdev_ctx *ctx = iommu->ctx;
	int error;

	if (iommu->kind == VDEV_IOMMU_TYPE1)
		return vdev_fail(ctx, -EOPNOTSUPP,
				 "%s needs an iommufd, not type 1", what);
	error = iommufd_change_process(&ctx->sys, iommu->fd);
	switch (error) {
	case 0:
		return 0;
	case -ENOTTY:
		return iommu_needs(iommu, what, "6.13",
				   "IOMMU_IOAS_CHANGE_PROCESS");
	case -EINVAL:
		return vdev_fail(ctx, error,
				 "only memory mapped from files can be taken "
				 "over by another process");
	case -ENOMEM:
		return iommu_no_memory(iommu, what, 0);
	default:
		return vdev_fail(ctx, error, "%s failed: %s", what,
				 strerror(-error));
	}
}
