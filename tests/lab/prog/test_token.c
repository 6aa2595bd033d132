/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * VF tokens through the library. A token is given as text or as "-" for none;
 * the tests have nothing to hide by that.
 *
 * Usage: test_token matrix KIND PF VF OTHER
 *		every token in every state of the PF, as the kernel's match
 *		function has it; OTHER can have no VFs. Prints a line "ok NAME"
 *		or "not ok NAME: WHY" for each test.
 *	  test_token open KIND ADDRESS TOKEN
 *		opens, says "open" or why not, and exits with the kind of the
 *		failure
 *	  test_token hold KIND ADDRESS TOKEN
 *		opens, says "open", then sets each token that stands in a line
 *		of its input and says "set"; ends with the input
 *	  test_token crash KIND ADDRESS FILE DECOY
 *		opens with the token in FILE, and dumps core; the text in DECOY
 *		is in ordinary memory then
 *
 * KIND is iommufd, type1 or compat.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libvdev/libvdev.h>

#include "verdict.h"

#define RIGHT "00112233-4455-6677-8899-aabbccddeeff"
#define WRONG "33221100-5544-7766-8899-aabbccddeeff"
#define LATER "c0ffee00-4455-4677-8899-aabbccddeeff"

static enum vdev_iommu_kind kind;

static const char *kind_name(void)
{
	static const char *const names[] = { "any", "iommufd", "type1",
					     "compat" };

	return names[kind];
}

/* An opened device with an iommu of its own, as another process would have. */
struct user {
	struct vdev_device *dev;
	struct vdev_iommu *iommu;
	struct vdev_file *file;
};

static void user_close(struct user *u)
{
	vdev_file_unref(u->file);
	vdev_iommu_unref(u->iommu);
	vdev_device_unref(u->dev);
	*u = (struct user){ NULL, NULL, NULL };
}

static int user_open(struct user *u, const char *address, const char *text)
{
	struct vdev_vf_token *token = NULL;
	int ret = vdev_vf_token_new(ctx, &token);

	*u = (struct user){ NULL, NULL, NULL };
	if (!ret && text)
		ret = vdev_vf_token_parse(text, token);
	if (!ret)
		ret = vdev_device_find(ctx, address, &u->dev);
	if (!ret)
		ret = vdev_iommu_open(ctx, kind, &u->iommu);
	if (!ret)
		ret = vdev_file_open(u->dev, u->iommu, text ? token : NULL,
				     &u->file);
	vdev_vf_token_free(token);
	if (ret)
		user_close(u);
	return ret;
}

static int user_set(struct user *u, const char *text)
{
	struct vdev_vf_token token;
	int ret = vdev_vf_token_parse(text, &token);

	/* It could not be opened, which is a failure of its own. */
	if (!u->file)
		ret = -EBADF;
	if (!ret)
		ret = vdev_file_set_vf_token(u->file, &token);
	vdev_vf_token_clear(&token);
	return ret;
}

/* Opening ends so, for this reason and in these words. */
static void refused(const char *state, const char *address, const char *text,
		    int error, enum vdev_error_kind why, const char *words)
{
	struct user u;
	int ret = user_open(&u, address, text);

	user_close(&u);
	check(ret == error && vdev_ctx_last_kind(ctx) == why &&
		      strstr(vdev_ctx_last_error(ctx), words),
	      "%s, %s: %s is refused as \"%s\"", kind_name(), state,
	      !text		     ? "no token"
	      : !strcmp(text, RIGHT) ? "the token"
				     : "another token",
	      words);
}

static void accepted(const char *state, const char *address, const char *text)
{
	struct user u;
	int ret = user_open(&u, address, text);

	user_close(&u);
	check(!ret, "%s, %s: %s is accepted", kind_name(), state,
	      text ? "the token" : "no token");
}

/* The four tokens; `right` is the one the PF has. */
static void tokens(const char *state, const char *vf, const char *other,
		   const char *right)
{
	refused(state, vf, NULL, -EACCES, VDEV_ERROR_PERMISSION,
		"a VF token is required, because its PF");
	accepted(state, vf, right);
	refused(state, vf, WRONG, -EACCES, VDEV_ERROR_PERMISSION,
		"the VF token is wrong, its PF");
	refused(state, other, right, -EINVAL, VDEV_ERROR_INVALID,
		"it is neither a PF with VFs nor a VF");
}

/* A PF whose VF is open, with the token `right`. */
static void pf_with_vf_open(const char *state, const char *pf,
			    const char *right)
{
	refused(state, pf, NULL, -EACCES, VDEV_ERROR_PERMISSION,
		"a VF token is required, because VFs of it are open");
	refused(state, pf, WRONG, -EACCES, VDEV_ERROR_PERMISSION,
		"the VF token is wrong; while VFs of it are open");
	accepted(state, pf, right);
}

static void matrix(const char *pf, const char *vf, const char *other)
{
	struct user p, v;

	/* Random as the kernel makes it. */
	refused("a PF never opened", vf, NULL, -EACCES, VDEV_ERROR_PERMISSION,
		"required");
	refused("a PF never opened", vf, RIGHT, -EACCES, VDEV_ERROR_PERMISSION,
		"wrong");

	check(!user_open(&p, pf, RIGHT), "%s: the PF is opened with a token",
	      kind_name());
	tokens("PF open", vf, other, RIGHT);
	user_close(&p);
	tokens("PF closed", vf, other, RIGHT);

	check(!user_open(&p, pf, NULL), "%s: the PF is opened without a token",
	      kind_name());
	tokens("PF re-opened", vf, other, RIGHT);
	check(!user_open(&v, vf, RIGHT), "%s: a VF is opened", kind_name());
	user_close(&p);
	pf_with_vf_open("PF closed early", pf, RIGHT);
	check(!user_open(&p, pf, RIGHT),
	      "%s: the PF is opened again beneath its VF", kind_name());
	refused("VF in use", vf, RIGHT, -EBUSY, VDEV_ERROR_IN_USE,
		"open elsewhere");
	user_close(&v);
	tokens("PF re-opened early", vf, other, RIGHT);
	user_close(&p);

	/* With no VF open another token replaces it. */
	check(!user_open(&p, pf, LATER), "%s: the PF is opened with another",
	      kind_name());
	tokens("another token", vf, other, LATER);
	check(!user_set(&p, RIGHT), "%s: the first is set by feature",
	      kind_name());
	tokens("set by feature", vf, other, RIGHT);
	check(!user_open(&v, vf, RIGHT), "%s: a VF is opened", kind_name());
	check(user_set(&v, RIGHT) == -EOPNOTSUPP &&
		      strstr(vdev_ctx_last_error(ctx), "is a VF"),
	      "%s: a VF has no token to set", kind_name());
	check(!user_set(&p, LATER), "%s: the PF's is, beneath the open VF",
	      kind_name());
	user_close(&p);
	pf_with_vf_open("set beneath the VF", pf, LATER);
	user_close(&v);
	accepted("no VF open", pf, NULL);
	tokens("PF closed at last", vf, other, LATER);
	check(!user_open(&v, other, NULL) &&
		      user_set(&v, RIGHT) == -EOPNOTSUPP &&
		      strstr(vdev_ctx_last_error(ctx), "has no VF token"),
	      "%s: nor has a device without VFs", kind_name());
	user_close(&v);
}

static int hold(const char *address, const char *text)
{
	char line[64];
	struct user u;

	if (user_open(&u, address, text)) {
		puts(vdev_ctx_last_error(ctx));
		return (int)vdev_ctx_last_kind(ctx);
	}
	puts("open");
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		puts(user_set(&u, line) ? vdev_ctx_last_error(ctx) : "set");
	}
	user_close(&u);
	return 0;
}

static int open_once(const char *address, const char *text)
{
	struct user u;
	int ret = user_open(&u, address, text);

	puts(ret ? vdev_ctx_last_error(ctx) : "open");
	user_close(&u);
	return ret ? (int)vdev_ctx_last_kind(ctx) : 0;
}

static char *read_decoy(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = calloc(1, 64);

	if (!f || !text || !fgets(text, 64, f))
		exit(99);
	fclose(f);
	return text;
}

static int crash(const char *address, const char *file, const char *decoy)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	struct vdev_vf_token *token;
	struct user u;

	if (vdev_vf_token_new(ctx, &token) ||
	    vdev_vf_token_read(ctx, fd, file, 0, token) ||
	    vdev_device_find(ctx, address, &u.dev) ||
	    vdev_iommu_open(ctx, kind, &u.iommu) ||
	    vdev_file_open(u.dev, u.iommu, token, &u.file)) {
		puts(vdev_ctx_last_error(ctx));
		return 99;
	}
	/* Kept where an analyzer does not see it go. */
	if (read_decoy(decoy)[0] && token->bytes[0])
		abort();
	return 99;
}

static enum vdev_iommu_kind kind_of(const char *name)
{
	if (!strcmp(name, "iommufd"))
		return VDEV_IOMMU_IOMMUFD;
	return !strcmp(name, "type1") ? VDEV_IOMMU_TYPE1 : VDEV_IOMMU_COMPAT;
}

int main(int argc, char **argv)
{
	const char *what = argc > 4 ? argv[1] : "";
	const char *text =
		argc > 4 && strcmp(argv[4], "-") != 0 ? argv[4] : NULL;
	int ret = 2;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 5 || vdev_ctx_new(&ctx))
		return 2;
	kind = kind_of(argv[2]);
	if (!strcmp(what, "open")) {
		ret = open_once(argv[3], text);
	} else if (!strcmp(what, "hold")) {
		ret = hold(argv[3], text);
	} else if (!strcmp(what, "crash") && argc == 6) {
		ret = crash(argv[3], argv[4], argv[5]);
	} else if (!strcmp(what, "matrix") && argc == 6) {
		matrix(argv[3], argv[4], argv[5]);
		ret = 0;
	}
	vdev_ctx_unref(ctx);
	return ret;
}
