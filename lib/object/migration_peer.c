/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a sender and a receiver say to each other beside the stream, so that a
 * device never runs at both ends and is not lost at one: behind the end mark
 * the receiver says READY or REFUSED, the sender then GO. The receiver's
 * sections count from 0, the sender's GO continues its stream.
 */

#include <errno.h>

#include "object/migration_stream.h"

#define REASON_MOST 4096

static int answer(const struct writer *w, struct section *s, uint8_t **text)
{
	struct reader r = { .io = w->io, .fd = w->fd };

	return reader_section(&r, s, text);
}

static int refused(const struct writer *w, const char *text)
{
	return vdev_fail_as(w->io->ctx, VDEV_ERROR_FAILED, -ECONNREFUSED,
			    "the receiver did not load the state of %s: %s",
			    w->io->name, text);
}

int peer_ask(const struct writer *w)
{
	_auto_free_ uint8_t *text = NULL;
	struct section s;
	int ret = answer(w, &s, &text);

	if (ret == -ENODATA)
		return vdev_fail(w->io->ctx, ret,
				 "the receiver went away before it said that "
				 "it has loaded the state of %s",
				 w->io->name);
	if (ret || s.type == SECTION_READY)
		return ret;
	if (s.type == SECTION_REFUSED)
		return refused(w, (const char *)text);
	return vdev_fail(w->io->ctx, -EBADMSG,
			 "the receiver of the state of %s answers with "
			 "something else",
			 w->io->name);
}

int peer_reason(const struct writer *w, int error)
{
	struct vdev_ctx *ctx = w->io->ctx;
	_auto_free_ char *why = NULL;
	_auto_free_ uint8_t *text = NULL;
	struct section s;

	if (error != -EPIPE && error != -ECONNRESET)
		return error;
	why = strdup(vdev_ctx_last_error(ctx));
	if (!answer(w, &s, &text) && s.type == SECTION_REFUSED)
		return refused(w, (const char *)text);
	return vdev_fail_as(ctx, VDEV_ERROR_FAILED, error, "%s",
			    why ? why : "the receiver went away");
}

int peer_go(struct writer *w)
{
	return writer_section(w, SECTION_GO, NULL, 0);
}

int peer_ready(struct reader *r)
{
	struct writer w = { .io = r->io, .fd = r->fd };
	_auto_free_ uint8_t *payload = NULL;
	struct section s;
	int ret = writer_section(&w, SECTION_READY, NULL, 0);

	if (!ret)
		ret = reader_section(r, &s, &payload);
	if (ret == -ENODATA)
		return vdev_fail(r->io->ctx, ret,
				 "the sender went away before it gave up the "
				 "device that is loaded into %s",
				 r->io->name);
	if (ret || s.type == SECTION_GO)
		return ret;
	return vdev_fail(r->io->ctx, -EBADMSG,
			 "the sender of the state for %s does not say that it "
			 "gave the device up",
			 r->io->name);
}

void peer_refuse(struct mig_io *io, int fd)
{
	struct writer w = { .io = io, .fd = fd };
	enum vdev_error_kind kind = vdev_ctx_last_kind(io->ctx);
	_auto_free_ char *why =
		strndup(vdev_ctx_last_error(io->ctx), REASON_MOST);
	_auto_free_ char *hint = vdev_ctx_last_hint(io->ctx)
					 ? strdup(vdev_ctx_last_hint(io->ctx))
					 : NULL;

	if (!why)
		return;
	/* Sentence and hint stay those of what failed first. */
	if (writer_section(&w, SECTION_REFUSED, why, strlen(why)))
		vdev_record_error_as(io->ctx, kind, "%s", why);
	if (hint)
		vdev_record_hint(io->ctx, "%s", hint);
}
