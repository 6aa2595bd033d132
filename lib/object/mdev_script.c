/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Programs that are run before, after and in place of what is done to mdevs,
 * by the protocol of mdevctl 1.4. The first one that does not say "not mine",
 * by the exit status 2, is asked for all that follows. One that can tell what
 * it supports goes before those that cannot.
 */

#include "object/mdev_script.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "object/device_struct.h"
#include "object/mdev.h"

#define NOT_MINE 2

static const char *const callout_dirs[] = {
	"/usr/lib/mdevctl/scripts.d/callouts",
	"/etc/mdevctl.d/scripts.d/callouts",
};

static const char *const notifier_dirs[] = {
	"/usr/lib/mdevctl/scripts.d/notifiers",
	"/etc/mdevctl.d/scripts.d/notifiers",
};

/* What one that cannot tell is taken to support. */
static const struct script_support oldest = {
	.actions = 1U << SCRIPT_START | 1U << SCRIPT_STOP |
		   1U << SCRIPT_DEFINE | 1U << SCRIPT_UNDEFINE |
		   1U << SCRIPT_MODIFY | 1U << SCRIPT_ATTRIBUTES,
	.events = 1U << SCRIPT_PRE | 1U << SCRIPT_POST | 1U << SCRIPT_NOTIFY |
		  1U << SCRIPT_GET,
};

static const char provides[] =
	"{\"provides\":{\"version\":2,\"actions\":[\"start\",\"stop\","
	"\"define\",\"undefine\",\"modify\",\"attributes\",\"capabilities\"],"
	"\"events\":[\"pre\",\"post\",\"notify\",\"get\",\"live\"]}}";

struct vdev_mdev_scripts {
	struct vdev_ctx *ctx;
	char parent[MDEV_PARENT_SIZE];
	char uuid[UUID_TEXT_SIZE];
	char *type;
	char *config; /* in one line of JSON */
	const char *state;
	/* The one that is asked, once that is known. */
	char *script;
	struct script_support supports;
	bool versioned;
};

int vdev_mdev_scripts_new(struct vdev_ctx *ctx, const char *parent,
			  const char *uuid,
			  const struct vdev_mdev_config *config,
			  struct vdev_mdev_scripts **ret)
{
	_auto_free_ char *text = NULL;
	struct vdev_mdev_scripts *s;
	int error = vdev_mdev_config_format(config, false, &text);

	if (error)
		return error;
	s = calloc(1, sizeof(*s));
	if (!s)
		return vdev_fail(ctx, -ENOMEM, "out of memory");
	s->ctx = vdev_ctx_ref(ctx);
	s->state = "none";
	s->config = TAKE(text);
	s->type = strdup(config->type);
	if (!s->type)
		error = vdev_fail(ctx, -ENOMEM, "out of memory");
	else if (!uuid_normalize(uuid, s->uuid))
		error = vdev_fail(ctx, -EINVAL, "'%s' is no UUID", uuid);
	else
		error = mdev_parent_name(ctx, parent, s->parent);
	if (error) {
		vdev_mdev_scripts_free(s);
		return error;
	}
	*ret = s;
	return 0;
}

void vdev_mdev_scripts_free(struct vdev_mdev_scripts *s)
{
	if (!s)
		return;
	free(s->type);
	free(s->config);
	free(s->script);
	vdev_ctx_unref(s->ctx);
	free(s);
}

/* --- Running one */

/* What one said, and how it ended. */
struct answer {
	char *output;
	int status; /* -EINTR if a signal ended it */
};

/* What it complained of is for who started all this, line by line. */
static void pass_on(struct vdev_mdev_scripts *s, const char *path, char *errors)
{
	char *line, *rest = errors;

	while ((line = strsep(&rest, "\n")))
		if (*line)
			vdev_log(s->ctx, VDEV_LOG_WARNING, "%s: %s",
				 str_basename(path), line);
}

/*
 * Return: 0; -ENOEXEC if it is no program, which is nothing to fail for;
 * another errno, recorded.
 */
static int ask(struct vdev_mdev_scripts *s, const char *path,
	       enum script_event event, enum script_action action,
	       const char *input, struct answer *answer)
{
	const char *const argv[] = {
		path,
		"-t",
		s->type,
		"-e",
		script_events[event],
		"-a",
		script_actions[action],
		"-s",
		s->state,
		"-u",
		s->uuid,
		"-p",
		s->parent,
		NULL,
	};
	struct vdev_sys_program program = { .argv = argv, .input = input };
	int status;

	vdev_log(s->ctx, VDEV_LOG_DEBUG, "%s: run it for %s %s of %s", path,
		 script_events[event], script_actions[action], s->uuid);
	status = s->ctx->sys.ops->program(&s->ctx->sys, &program);
	if (status == -ENOEXEC)
		vdev_log(s->ctx, VDEV_LOG_DEBUG, "%s cannot be executed", path);
	if (status < 0 && status != -EINTR && status != -ENOEXEC)
		return vdev_fail(s->ctx, status, "cannot run %s: %s", path,
				 status == -EMSGSIZE ? "it says too much"
						     : strerror(-status));
	if (status == -ENOEXEC)
		return status;
	*answer = (struct answer){ program.output, status };
	/* Of those that are not for this mdev nothing is to be heard. */
	if (status != NOT_MINE && program.errors &&
	    action != SCRIPT_CAPABILITIES)
		pass_on(s, path, program.errors);
	free(program.errors);
	return 0;
}

/* The programs of a directory, by their whole paths. */
static int list_dir(struct vdev_mdev_scripts *s, const char *dir,
		    struct strv *paths)
{
	_auto_strv_ struct strv names = { 0 };
	const char *name;
	int error = vdev_sys_list(&s->ctx->sys, VDEV_SYS_ROOT, dir, &names);

	if (error == -ENOENT || error == -ENOTDIR)
		return 0;
	if (error)
		return vdev_fail(s->ctx, error, "cannot read %s: %s", dir,
				 strerror(-error));
	strv_foreach(&names, name) {
		if (strv_addf(paths, "%s/%s", dir, name))
			return vdev_fail(s->ctx, -ENOMEM, "out of memory");
	}
	return 0;
}

static int list_dirs(struct vdev_mdev_scripts *s, const char *const dirs[2],
		     struct strv *paths)
{
	int error = list_dir(s, dirs[0], paths);

	return error ? error : list_dir(s, dirs[1], paths);
}

/* --- Which one to ask */

static int take_script(struct vdev_mdev_scripts *s, const char *path,
		       const struct script_support *supports, bool versioned)
{
	char *copy = strdup(path);

	if (!copy)
		return vdev_fail(s->ctx, -ENOMEM, "out of memory");
	free(s->script);
	s->script = copy;
	s->supports = *supports;
	s->versioned = versioned;
	return 0;
}

/* Takes one that can tell what it supports. */
static int try_versioned(struct vdev_mdev_scripts *s, const char *path)
{
	struct script_support supports;
	struct answer answer = { 0 };
	int error = ask(s, path, SCRIPT_GET, SCRIPT_CAPABILITIES, provides,
			&answer);
	int understood = 0;

	if (error)
		return error == -ENOEXEC ? 0 : error;
	if (answer.status >= 0 && answer.status != NOT_MINE)
		understood = script_parse_supports(answer.output, &supports);
	free(answer.output);
	if (understood == -ENOMEM)
		return vdev_fail(s->ctx, -ENOMEM, "out of memory");
	return understood > 0 ? take_script(s, path, &supports, true) : 0;
}

static int find_versioned(struct vdev_mdev_scripts *s)
{
	_auto_strv_ struct strv paths = { 0 };
	const char *path;
	int error;

	if (s->versioned)
		return 0;
	free(TAKE(s->script));
	error = list_dirs(s, callout_dirs, &paths);
	strv_foreach(&paths, path) {
		if (error || s->script)
			break;
		error = try_versioned(s, path);
	}
	return error;
}

static int check_status(struct vdev_mdev_scripts *s, const char *path,
			const struct answer *answer)
{
	if (answer->status <= 0)
		return 0;
	return vdev_fail_as(s->ctx, VDEV_ERROR_FAILED, -ECANCELED,
			    "the script %s failed with the exit status %d",
			    path, answer->status);
}

static int check_support(struct vdev_mdev_scripts *s, enum script_event event,
			 enum script_action action)
{
	bool knows_action = s->supports.actions & 1U << action;

	if (knows_action && s->supports.events & 1U << event)
		return 0;
	return vdev_fail(s->ctx, -EOPNOTSUPP,
			 "the script %s does not support the %s '%s'",
			 s->script, knows_action ? "event" : "action",
			 knows_action ? script_events[event]
				      : script_actions[action]);
}

/* Asks those that cannot tell, until one does not decline. */
static int ask_any(struct vdev_mdev_scripts *s, enum script_event event,
		   enum script_action action, const char *input, char **output)
{
	_auto_strv_ struct strv paths = { 0 };
	int error = list_dirs(s, callout_dirs, &paths);
	const char *path;

	strv_foreach(&paths, path) {
		struct answer answer = { 0 };

		if (error)
			break;
		error = ask(s, path, event, action, input, &answer);
		if (error == -ENOEXEC || answer.status == NOT_MINE ||
		    answer.status == -EINTR) {
			free(answer.output);
			error = 0;
			continue;
		}
		if (!error)
			error = check_status(s, path, &answer);
		if (!error)
			error = take_script(s, path, &oldest, false);
		if (!error && output)
			*output = TAKE(answer.output);
		free(answer.output);
		break;
	}
	return error;
}

/* `*output` receives what it says, or NULL if there is none to ask. */
static int call(struct vdev_mdev_scripts *s, enum script_event event,
		enum script_action action, const char *input, char **output)
{
	struct answer answer = { 0 };
	int error;

	if (!s->script)
		return ask_any(s, event, action, input, output);
	error = check_support(s, event, action);
	if (!error)
		error = ask(s, s->script, event, action, input, &answer);
	if (error == -ENOEXEC)
		vdev_fail(s->ctx, error, "cannot execute %s", s->script);
	if (!error)
		error = check_status(s, s->script, &answer);
	if (!error && output)
		*output = TAKE(answer.output);
	free(answer.output);
	return error;
}

/* --- What failed before stays what failed last */

struct failure {
	char *error;
	char *hint;
	enum vdev_error_kind kind;
};

static struct failure failure_keep(struct vdev_ctx *ctx)
{
	struct failure kept = { ctx->error, ctx->hint, ctx->kind };

	ctx->error = NULL;
	ctx->hint = NULL;
	return kept;
}

static void failure_restore(struct vdev_ctx *ctx, struct failure kept)
{
	free(ctx->error);
	free(ctx->hint);
	ctx->error = kept.error;
	ctx->hint = kept.hint;
	ctx->kind = kept.kind;
}

/* All of them hear of it, whatever they say. */
static void notify(struct vdev_mdev_scripts *s, enum script_action action)
{
	struct failure kept = failure_keep(s->ctx);
	_auto_strv_ struct strv paths = { 0 };
	const char *path;

	(void)list_dirs(s, notifier_dirs, &paths);
	strv_foreach(&paths, path) {
		struct answer answer = { 0 };

		(void)ask(s, path, SCRIPT_NOTIFY, action, s->config, &answer);
		free(answer.output);
	}
	failure_restore(s->ctx, kept);
}

/* --- Around a change */

static enum script_action action_of(enum vdev_mdev_action action)
{
	static const enum script_action actions[] = {
		[VDEV_MDEV_ACTION_START] = SCRIPT_START,
		[VDEV_MDEV_ACTION_STOP] = SCRIPT_STOP,
		[VDEV_MDEV_ACTION_DEFINE] = SCRIPT_DEFINE,
		[VDEV_MDEV_ACTION_UNDEFINE] = SCRIPT_UNDEFINE,
		[VDEV_MDEV_ACTION_MODIFY] = SCRIPT_MODIFY,
	};

	return actions[action];
}

int vdev_mdev_scripts_before(struct vdev_mdev_scripts *s,
			     enum vdev_mdev_action action, bool force)
{
	int error;

	s->state = "none";
	error = find_versioned(s);
	if (!error)
		error = call(s, SCRIPT_PRE, action_of(action), s->config, NULL);
	if (error && error != -ENOMEM && force) {
		vdev_log(s->ctx, VDEV_LOG_WARNING,
			 "%s; forced to go on in spite of that",
			 vdev_ctx_last_error(s->ctx));
		return 0;
	}
	if (error)
		notify(s, action_of(action));
	return error;
}

void vdev_mdev_scripts_after(struct vdev_mdev_scripts *s,
			     enum vdev_mdev_action action, bool success)
{
	struct failure kept = failure_keep(s->ctx);

	s->state = success ? "success" : "failure";
	if (call(s, SCRIPT_POST, action_of(action), s->config, NULL))
		vdev_log(s->ctx, VDEV_LOG_INFO, "%s",
			 vdev_ctx_last_error(s->ctx));
	failure_restore(s->ctx, kept);
	notify(s, action_of(action));
}

int vdev_mdev_scripts_attrs(struct vdev_mdev_scripts *s,
			    struct vdev_mdev_config *config)
{
	_auto_free_ char *output = NULL;
	int error = find_versioned(s);

	if (!error)
		error = call(s, SCRIPT_GET, SCRIPT_ATTRIBUTES, NULL, &output);
	return error || !output ? error : mdev_config_add_json(config, output);
}

/* Return: 0 or a recorded failure. */
static int check_active(struct vdev_mdev_scripts *s)
{
	struct vdev_device *dev;
	int error = vdev_device_new(s->ctx, "mdev", s->uuid, &dev);

	if (error)
		return error;
	if (!str_eq(vdev_device_parent(dev), s->parent) ||
	    !str_eq(vdev_device_mdev_type(dev), s->type))
		error = vdev_fail(s->ctx, -EINVAL,
				  "%s is no mdev of type %s of %s", s->uuid,
				  s->type, s->parent);
	vdev_device_unref(dev);
	return error;
}

int vdev_mdev_scripts_live(struct vdev_mdev_scripts *s)
{
	int error = find_versioned(s);

	if (error)
		return error;
	if (!s->script)
		return vdev_hint(
			s->ctx,
			vdev_fail(s->ctx, -EOPNOTSUPP,
				  "no script can change mdevs of type %s of "
				  "%s while they are there",
				  s->type, s->parent),
			"change the definition; stop the mdev and start it "
			"again");
	error = check_active(s);
	if (!error)
		error = check_support(s, SCRIPT_LIVE, SCRIPT_MODIFY);
	if (error)
		return error;
	error = call(s, SCRIPT_LIVE, SCRIPT_MODIFY, s->config, NULL);
	notify(s, SCRIPT_MODIFY);
	return error;
}
