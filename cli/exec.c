/* SPDX-License-Identifier: GPL-2.0-or-later */

/* vdevctl exec: a program that is given opened devices. */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "app.h"
#include "handover.h"
#include "numbers.h"
#include "open.h"
#include "secret.h"
#include "select.h"
#include "user.h"

extern char **environ;

/* What env(1) and shells say, too. */
enum { EXIT_CANNOT_RUN = 126, EXIT_NO_COMMAND = 127 };

struct exec {
	struct app *app;
	struct selection devices;
	const char **names; /* of each as it was written, or NULL */
	bool bound;
	bool by_group;
	struct vdev_iommu *iommu;
	struct vdev_ioas *ioas;
	struct vdev_file **files; /* if they are bound */
	struct handover handover;
	char **arguments; /* the program's line, NULL-terminated */
	bool has_user;
	struct user user;
	rlim_t memlock;
};

static void exec_clear(struct exec *x)
{
	for (size_t i = 0; i < x->devices.count; i++)
		if (x->files)
			vdev_file_unref(x->files[i]);
		else if (x->handover.devices && x->handover.devices[i].fd >= 0)
			close(x->handover.devices[i].fd);
	vdev_ioas_unref(x->ioas);
	vdev_iommu_unref(x->iommu);
	for (size_t i = 0; x->arguments && x->arguments[i]; i++)
		free(x->arguments[i]);
	free(x->arguments);
	free(x->files);
	free(x->names);
	handover_clear(&x->handover);
	user_clear(&x->user);
	selection_clear(&x->devices);
}

/* --- What is asked for */

static int take_devices(struct exec *x)
{
	const struct arguments *args = &x->app->args;
	struct selection *s = &x->devices;

	for (size_t i = 0; i < args->operand_count; i++) {
		const char *operand = args->operands[i];
		size_t before = s->count;

		if (selection_add(x->app, s, operand))
			return -1;
		x->names = x_realloc(x->names, s->count, sizeof(*x->names));
		for (size_t j = before; j < s->count; j++)
			x->names[j] = s->count == before + 1 ? operand : NULL;
	}
	x->app->several = s->count > 1;
	return 0;
}

static int take_way(struct exec *x)
{
	struct app *app = x->app;
	int kind = option_word(app, "backend");

	if (kind < -1)
		return -1;
	x->bound = option_given(app, "bound") || option_given(app, "ioas") ||
		   kind == VDEV_IOMMU_TYPE1 || kind == VDEV_IOMMU_COMPAT;
	if (option_given(app, "ioas") && kind > VDEV_IOMMU_IOMMUFD)
		return app_fail(app, VDEV_ERROR_INVALID,
				"--ioas needs an iommufd: through its group a "
				"device has the address space of the "
				"container");
	if (x->bound || !secret_given(app))
		return 0;
	app_fail(app, VDEV_ERROR_INVALID,
		 "a VF token is presented by whoever binds the device, and "
		 "without --bound that is the command");
	return app_hint(app, "--bound passes the device bound, to a command "
			     "that can take it so");
}

static int take_user(struct exec *x)
{
	const char *value = option_value(x->app, "user");

	if (!value)
		return 0;
	x->has_user = true;
	if (user_parse(x->app, "user", value, &x->user))
		return -1;
	if (x->user.gid != (gid_t)-1)
		return 0;
	app_fail(x->app, VDEV_ERROR_INVALID,
		 "--user: which group user %u has is not known", x->user.uid);
	return app_hint(x->app, "name it: --user %u:GROUP", x->user.uid);
}

/* --- The devices */

static bool is_forced(const struct app *app, const char *check)
{
	const char *value;
	size_t at = 0;

	while ((value = option_next(app, "force", &at)))
		if (str_eq(value, check))
			return true;
	return false;
}

/* Binding finds users by itself, and those that cannot be seen. */
static int check_users(struct exec *x, struct vdev_device *dev)
{
	_auto_free_ char *users = NULL;

	if (x->bound || is_forced(x->app, "busy") ||
	    vdev_device_users(dev, &users) <= 0)
		return 0;
	app_fail(x->app, VDEV_ERROR_IN_USE, "%s is open in %s",
		 vdev_device_address(dev), users);
	return app_hint(x->app, "--force=busy passes it all the same, though "
				"only one process can bind it");
}

static int check_device(struct exec *x, struct vdev_device *dev)
{
	if (open_check_driver(x->app, dev) || check_users(x, dev))
		return -1;
	if (!x->bound && vdev_device_vf_token_use(dev) == VDEV_VF_TOKEN_NEEDED)
		app_warn(x->app,
			 "warning: the command needs the VF token of %s to "
			 "bind %s, which QEMU cannot present; --bound does",
			 vdev_device_physfn(dev), vdev_device_address(dev));
	return 0;
}

/*
 * With a limit of its own the command's memory counts by itself, not together
 * with what the user's other processes have pinned.
 */
static void count_by_process(struct exec *x)
{
	if (!option_given(x->app, "memory") ||
	    !vdev_iommu_set_accounting(x->iommu, VDEV_ACCOUNTING_PROCESS))
		return;
	app_warn(x->app,
		 "warning: %s: what other processes of the user have pinned "
		 "counts against --memory",
		 vdev_ctx_last_error(x->app->ctx));
}

/* Only an iommufd that is empty can be told so. */
static int open_bound_iommu(struct exec *x)
{
	struct vdev_device *first = x->devices.devices[0];
	const struct vdev_vf_token *token;

	if (!option_given(x->app, "memory"))
		return 0;
	if (secret_for(x->app, first, &token))
		return -1;
	if (!open_is_by_cdev(x->app, first, token))
		return 0;
	if (vdev_iommu_open(x->app->ctx, VDEV_IOMMU_IOMMUFD, &x->iommu))
		return app_fail_ctx(x->app);
	count_by_process(x);
	return 0;
}

static int fail_without_cdev(struct exec *x)
{
	app_fail_ctx(x->app);
	if (vdev_ctx_last_kind(x->app->ctx) != VDEV_ERROR_NOT_SUPPORTED)
		return -1;
	return app_hint(x->app, "--backend type1 passes a device that was "
				"opened through its group");
}

static int open_unbound(struct exec *x)
{
	if (vdev_iommu_open(x->app->ctx, VDEV_IOMMU_IOMMUFD, &x->iommu))
		return app_fail_ctx(x->app);
	count_by_process(x);
	for (size_t i = 0; i < x->devices.count; i++)
		if (vdev_file_open_unbound(x->devices.devices[i],
					   &x->handover.devices[i].fd))
			return fail_without_cdev(x);
	return 0;
}

static int open_bound(struct exec *x)
{
	x->files = x_alloc(x->devices.count, sizeof(struct vdev_file *));
	if (open_bound_iommu(x))
		return -1;
	for (size_t i = 0; i < x->devices.count; i++) {
		struct handed_device *d = &x->handover.devices[i];

		if (open_device(x->app, x->devices.devices[i], &x->iommu,
				&x->files[i]))
			return -1;
		d->fd = vdev_file_fd(x->files[i]);
		d->has_id = !vdev_file_device_id(x->files[i], &d->id);
	}
	return 0;
}

static int attach(struct exec *x)
{
	struct handover *h = &x->handover;

	if (!option_given(x->app, "ioas"))
		return 0;
	if (vdev_iommu_kind(x->iommu) != VDEV_IOMMU_IOMMUFD)
		return app_fail(x->app, VDEV_ERROR_NOT_SUPPORTED,
				"--ioas needs an iommufd and devices opened by "
				"cdev, which are not there");
	if (vdev_ioas_new(x->iommu, &x->ioas))
		return app_fail_ctx(x->app);
	for (size_t i = 0; i < x->devices.count; i++)
		if (vdev_file_attach(x->files[i], x->ioas))
			return app_fail_ctx(x->app);
	h->has_ioas = true;
	h->ioas = vdev_ioas_id(x->ioas);
	return 0;
}

/* What would be opened, as far as that can be told. */
static void plan(struct exec *x)
{
	int kind = option_word(x->app, "backend");
	struct handover *h = &x->handover;

	x->by_group = kind > VDEV_IOMMU_IOMMUFD;
	for (size_t i = 0; x->bound && kind <= 0 && i < h->count; i++)
		if (!vdev_device_vfio_cdev(x->devices.devices[i]))
			x->by_group = true;
	h->planned = true;
	h->has_ioas = option_given(x->app, "ioas");
	for (size_t i = 0; i < h->count; i++)
		h->devices[i].has_id = x->bound && !x->by_group;
}

static int open_all(struct exec *x)
{
	if (x->app->dry_run) {
		plan(x);
		return 0;
	}
	if (x->bound ? open_bound(x) : open_unbound(x))
		return -1;
	x->by_group = vdev_iommu_kind(x->iommu) != VDEV_IOMMU_IOMMUFD;
	return attach(x);
}

/* --- What the program gets */

static bool is_inherited(int fd)
{
	int flags = fcntl(fd, F_GETFD);

	return flags >= 0 && !(flags & FD_CLOEXEC);
}

/* On another machine nothing is. */
static bool is_never(int fd)
{
	(void)fd;
	return false;
}

static void start_handover(struct exec *x)
{
	struct handover *h = &x->handover;

	h->count = x->devices.count;
	h->devices = x_alloc(h->count, sizeof(*h->devices));
	for (size_t i = 0; i < h->count; i++) {
		h->devices[i].address =
			vdev_device_address(x->devices.devices[i]);
		h->devices[i].name = x->names[i];
		h->devices[i].fd = -1;
	}
}

static void add_groups(struct exec *x)
{
	struct handover *h = &x->handover;

	for (size_t i = 0; x->by_group && i < h->count; i++) {
		int fd = x->files ? vdev_file_group_fd(x->files[i]) : -1;
		int group = vdev_device_iommu_group(x->devices.devices[i]);

		h->devices[i].in_group = true;
		h->devices[i].group = handover_add_group(h, group, fd);
	}
}

/* Nor is the descriptor of a token for others. */
static void keep_token(const struct app *app)
{
	const char *value = option_value(app, "token-fd");
	uint64_t fd;

	if (value && number_parse(value, &fd) && fd > STDERR_FILENO &&
	    fd <= INT32_MAX)
		(void)fcntl((int)fd, F_SETFD, FD_CLOEXEC);
}

static void number(struct exec *x)
{
	struct handover *h = &x->handover;
	int first;

	h->iommu = x->by_group ? "container" : "iommufd";
	h->iommu_fd = x->iommu ? vdev_iommu_fd(x->iommu) : -1;
	add_groups(x);
	keep_token(x->app);
	first = handover_number(h, vdev_ctx_root(x->app->ctx) ? is_never
							      : is_inherited);
	if (first != HANDOVER_FIRST)
		app_warn(x->app,
			 "warning: descriptor %d is inherited, so that those "
			 "of the devices begin at %d and LISTEN_FDS does not "
			 "name them",
			 first - 1, first);
}

static int expand_arguments(struct exec *x)
{
	const struct arguments *args = &x->app->args;

	x->arguments = x_alloc(args->program_count + 1, sizeof(char *));
	x->arguments[0] = x_strdup(args->program[0]);
	for (size_t i = 1; i < args->program_count; i++) {
		_auto_free_ char *wrong = NULL;

		x->arguments[i] =
			handover_expand(&x->handover, args->program[i], &wrong);
		if (x->arguments[i])
			continue;
		app_fail(x->app, VDEV_ERROR_INVALID, "%s", wrong);
		return app_hint(x->app, "two braces in place of one keep what "
					"is written: {{0}}");
	}
	return 0;
}

/* --- The limit on locked memory */

/*
 * What a monitor maps beside the memory it was told: firmware, option ROMs,
 * the memory of displays.
 */
#define MEMORY_ASIDE (128ULL << 20)

static int plan_memlock(struct exec *x)
{
	uint64_t memory = 0, limit;
	enum vdev_iommu_kind kind =
		x->iommu ? vdev_iommu_kind(x->iommu) : VDEV_IOMMU_IOMMUFD;

	x->memlock = RLIM_INFINITY;
	if (!option_given(x->app, "memory"))
		return 0;
	if (option_size(x->app, "memory", &memory))
		return -1;
	if (memory > UINT64_MAX - MEMORY_ASIDE)
		memory = UINT64_MAX - MEMORY_ASIDE;
	if (vdev_memlock_estimate(x->app->ctx, kind, 1, memory + MEMORY_ASIDE,
				  &limit))
		return app_fail_ctx(x->app);
	x->memlock = limit;
	return 0;
}

static int set_memlock(struct exec *x)
{
	struct rlimit now, want = { x->memlock, x->memlock };

	if (!setrlimit(RLIMIT_MEMLOCK, &want))
		return 0;
	if (getrlimit(RLIMIT_MEMLOCK, &now))
		return app_fail(x->app, VDEV_ERROR_FAILED,
				"cannot read RLIMIT_MEMLOCK: %s",
				strerror(errno));
	if (x->memlock != RLIM_INFINITY) {
		app_fail(x->app, VDEV_ERROR_PERMISSION,
			 "RLIMIT_MEMLOCK is at most %" PRIu64
			 " bytes here, and the devices need %" PRIu64,
			 (uint64_t)now.rlim_max, (uint64_t)x->memlock);
		return app_hint(x->app,
				"root may raise it, and so may ulimit -l or "
				"LimitMEMLOCK= of a systemd unit beforehand");
	}
	want = (struct rlimit){ now.rlim_max, now.rlim_max };
	(void)setrlimit(RLIMIT_MEMLOCK, &want);
	app_warn(x->app,
		 "warning: RLIMIT_MEMLOCK stays at %" PRIu64
		 " bytes: mapping more than that for the devices fails with "
		 "'Cannot allocate memory'",
		 (uint64_t)now.rlim_max);
	return 0;
}

/* --- A dry run */

static json_object *describe_devices(const struct handover *h)
{
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < h->count; i++) {
		const struct handed_device *d = &h->devices[i];
		json_object *o = json_object_new_object();

		output_add(o, "address", output_string(d->address));
		output_add(o, "fd", json_object_new_int(d->number));
		output_add(o, "group_fd",
			   d->in_group ? json_object_new_int(
						 h->groups[d->group].number)
				       : NULL);
		json_object_array_add(array, o);
	}
	return array;
}

static json_object *describe_user(const struct exec *x)
{
	json_object *o;

	if (!x->has_user)
		return NULL;
	o = json_object_new_object();
	output_add(o, "name", output_string(x->user.name));
	output_add(o, "uid", json_object_new_int64(x->user.uid));
	output_add(o, "gid", json_object_new_int64(x->user.gid));
	return o;
}

static json_object *describe(const struct exec *x)
{
	const struct handover *h = &x->handover;
	json_object *o = json_object_new_object();
	char **variables = handover_variables(h, 0);

	output_add(o, "bound", json_object_new_boolean(x->bound));
	output_add(o, "iommu", output_string(h->iommu));
	output_add(o, "iommu_fd", json_object_new_int(h->iommu_number));
	output_add(o, "devices", describe_devices(h));
	output_add(o, "ioas", json_object_new_boolean(h->has_ioas));
	output_add(o, "memlock",
		   x->memlock == RLIM_INFINITY
			   ? NULL
			   : json_object_new_uint64(x->memlock));
	output_add(o, "user", describe_user(x));
	output_add(o, "environment",
		   output_strings((const char *const *)variables));
	output_add(o, "command",
		   output_strings((const char *const *)x->arguments));
	handover_free_variables(variables);
	return o;
}

static int show_plan(struct exec *x)
{
	static const struct line lines[] = {
		{ "descriptor", "{iommu_fd} {iommu}", NULL, 0 },
		{ "descriptor", "{fd} {address}[, its group {group_fd}]",
		  "devices", 0 },
		{ "locked memory", "{memlock:bytes}", NULL, LINE_OPTIONAL },
		{ "user", "[{user.name} ]{user.uid}:{user.gid}", NULL,
		  LINE_OPTIONAL },
		{ "environment", "{environment}", NULL, 0 },
		{ "command", "{command}", NULL, 0 },
		{ NULL, NULL, NULL, 0 },
	};
	_auto_json_ json_object *document = describe(x);

	if (x->app->json)
		output_document(x->app->out.stream, document);
	else
		output_lines(&x->app->out, lines, document);
	return 0;
}

/* --- Running it */

static void set_variables(const struct exec *x)
{
	char **variables = handover_variables(&x->handover, getpid());

	for (char **e = environ; *e;) {
		size_t length = strcspn(*e, "=");
		_auto_free_ char *name = x_asprintf("%.*s", (int)length, *e);

		if (handover_is_variable(name, length) && !unsetenv(name))
			e = environ;
		else
			e++;
	}
	/* The environment keeps them. */
	for (char **v = variables; *v; v++)
		(void)putenv(*v);
	free(variables);
}

/* What main() did for vdevctl's own sake. */
static void restore_process(const struct app *app)
{
	if (app->files.rlim_max)
		(void)setrlimit(RLIMIT_NOFILE, &app->files);
	if (!app->ignored_pipes)
		signal(SIGPIPE, SIG_DFL);
}

static int run_fail(struct app *app, const char *command)
{
	int error = errno;

	if (error == ENOENT) {
		app_fail(app, VDEV_ERROR_NOT_FOUND,
			 "there is no command '%s', or not the interpreter it "
			 "names",
			 command);
		return app_fail_code(app, EXIT_NO_COMMAND);
	}
	app_fail(app,
		 error == EACCES ? VDEV_ERROR_PERMISSION : VDEV_ERROR_FAILED,
		 "cannot run '%s': %s", command, strerror(error));
	return app_fail_code(app, EXIT_CANNOT_RUN);
}

static int become(struct exec *x)
{
	if (x->has_user && user_become(x->app, &x->user))
		return -1;
	if (option_given(x->app, "no-new-privs") &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return app_fail(x->app, VDEV_ERROR_FAILED,
				"cannot set no_new_privs: %s", strerror(errno));
	return 0;
}

/*
 * In this process' place: nothing has to be cleaned up after the command, and
 * so signals, the exit status and LISTEN_PID are its own.
 */
static int run(struct exec *x)
{
	struct app *app = x->app;
	int error;

	if (set_memlock(x))
		return -1;
	secret_clear(app);
	error = handover_place(&x->handover);
	if (error)
		return app_fail(app, VDEV_ERROR_FAILED,
				"cannot place the descriptors: %s",
				strerror(-error));
	if (become(x))
		return -1;
	set_variables(x);
	restore_process(app);
	(void)execvp(x->arguments[0], x->arguments);
	return run_fail(app, app->args.program[0]);
}

static int prepare(struct exec *x)
{
	if (take_way(x) || take_user(x) || take_devices(x))
		return -1;
	for (size_t i = 0; i < x->devices.count; i++)
		if (check_device(x, x->devices.devices[i]))
			return -1;
	start_handover(x);
	if (open_all(x))
		return -1;
	number(x);
	return expand_arguments(x) || plan_memlock(x) ? -1 : 0;
}

int exec_exec(struct app *app)
{
	struct exec x = { .app = app };
	int ret;

	if (vdev_ctx_root(app->ctx) && !app->dry_run)
		return app_fail(app, VDEV_ERROR_INVALID,
				"a captured machine has no devices to pass; "
				"--dry-run shows what would be passed");
	ret = prepare(&x);
	if (!ret)
		ret = app->dry_run ? show_plan(&x) : run(&x);
	exec_clear(&x);
	return ret;
}
