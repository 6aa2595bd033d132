/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "failnth.h"
#include "fakemig.h"

#define STATE(name) VDEV_MIGRATION_STATE_##name
#define ALL                                              \
	(VDEV_MIGRATION_STOP_COPY | VDEV_MIGRATION_P2P | \
	 VDEV_MIGRATION_PRE_COPY)

static const uint8_t data[] = "What a device knows of itself.";

struct setup {
	struct vfio_setup *vs;
	struct fakemig *f;
	struct vdev_migration *m;
};

static int set_up(void **state)
{
	struct setup *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	assert_int_equal(vfio_set_up((void **)&s->vs), 0);
	vfio_open_by(s->vs, VDEV_IOMMU_IOMMUFD);
	s->f = fakemig_start(s->vs);
	s->f->data = data;
	s->f->size = sizeof(data);
	s->f->precopy = 10;
	assert_int_equal(vdev_migration_new(s->vs->file, &s->m), 0);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct setup *s = *state;

	vdev_migration_free(s->m);
	fakemig_stop(s->f);
	vfio_tear_down((void **)&s->vs);
	free(s);
	return 0;
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

/* --- Ways */

/*
 * The ways of vfio_mig_get_next_state(), as its comment lists them, one string
 * of states each, for a device that can do all.
 */
static const char *const ways[] = {
	"673",	"625",	"6251",	 "62514", "752", "751",	 "7514", "415",
	"4157", "4152", "41526", "413",	  "257", "251",	 "2514", "2513",
	"526",	"514",	"513",	 "157",	  "152", "1526", "314",	 "315",
	"3152", "41",	"14",	 "13",	  "31",	 "25",	 "52",	 "51",
	"15",	"26",	"62",	 "67",	  "76",	 "75",	 "73",	 "57",
};

static const char *way_of(char from, char to)
{
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		if (ways[i][0] == from && ways[i][strlen(ways[i]) - 1] == to)
			return ways[i];
	return NULL;
}

static bool digit_has(unsigned int flags, char state)
{
	return !((strchr("57", state) && !(flags & VDEV_MIGRATION_P2P)) ||
		 (strchr("67", state) && !(flags & VDEV_MIGRATION_PRE_COPY)));
}

static void check_way(unsigned int flags, char from, char to)
{
	enum vdev_migration_state path[VDEV_MIGRATION_ARCS_MOST];
	const char *way = way_of(from, to);
	int at = 0;
	int count = vdev_migration_path(
		flags, (enum vdev_migration_state)(from - '0'),
		(enum vdev_migration_state)(to - '0'), path);

	if (!digit_has(flags, from) || !digit_has(flags, to)) {
		assert_int_equal(count, -EOPNOTSUPP);
		return;
	}
	if (!way) {
		assert_int_equal(count, from == to ? 0 : -EINVAL);
		return;
	}
	for (const char *s = way + 1; *s; s++) {
		if (!digit_has(flags, *s))
			continue;
		assert_true(at < count);
		assert_int_equal(path[at++], *s - '0');
	}
	assert_int_equal(at, count);
}

static void test_ways(void **state)
{
	(void)state;
	for (unsigned int more = 0; more < 4; more++)
		for (int from = '1'; from < '8'; from++)
			for (int to = '1'; to < '8'; to++)
				check_way(VDEV_MIGRATION_STOP_COPY | more << 1,
					  (char)from, (char)to);
}

static void test_no_way(void **state)
{
	enum vdev_migration_state path[VDEV_MIGRATION_ARCS_MOST];

	(void)state;
	for (int i = 0; i < VDEV_MIGRATION_STATES; i++) {
		enum vdev_migration_state s = (enum vdev_migration_state)i;

		assert_int_equal(
			vdev_migration_path(ALL, STATE(ERROR), s, path),
			-EINVAL);
		assert_int_equal(
			vdev_migration_path(ALL, s, STATE(ERROR), path),
			-EINVAL);
	}
	assert_int_equal(vdev_migration_path(ALL, STATE(RUNNING),
					     (enum vdev_migration_state)8,
					     path),
			 -EINVAL);
	/* What cannot stop has no states at all. */
	assert_int_equal(
		vdev_migration_path(0, STATE(RUNNING), STATE(STOP), path),
		-EOPNOTSUPP);
}

static void test_names(void **state)
{
	(void)state;
	for (int i = 0; i < VDEV_MIGRATION_STATES; i++)
		assert_non_null(vdev_migration_state_name(
			(enum vdev_migration_state)i));
	assert_string_equal(vdev_migration_state_name(STATE(PRE_COPY_P2P)),
			    "pre-copy-p2p");
	assert_null(vdev_migration_state_name((enum vdev_migration_state)8));
}

/* --- A device */

static void test_not_there(void **state)
{
	struct setup *s = *state;
	struct vdev_migration *m = NULL;

	s->f->flags = 0;
	assert_int_equal(vdev_migration_new(s->vs->file, &m), -EOPNOTSUPP);
	vfio_says(s->vs, "has no migration");
	assert_null(m);
	vdev_migration_free(NULL);
}

static void test_all_arcs(void **state)
{
	struct setup *s = *state;

	for (int from = 1; from < VDEV_MIGRATION_STATES; from++)
		for (int to = 1; to < VDEV_MIGRATION_STATES; to++) {
			const char *way =
				way_of((char)('0' + from), (char)('0' + to));
			enum vdev_migration_state now;
			int ret;

			assert_int_equal(vdev_migration_recover(s->m), 0);
			assert_int_equal(
				vdev_migration_set_state(
					s->m, (enum vdev_migration_state)from),
				0);
			*s->f->path = '\0';
			memcpy(s->f->taken, data, sizeof(data));
			s->f->taken_size = sizeof(data);
			ret = vdev_migration_set_state(
				s->m, (enum vdev_migration_state)to);
			assert_int_equal(ret, way || from == to ? 0 : -EINVAL);
			assert_string_equal(s->f->path, way ? way + 1 : "");
			assert_int_equal(vdev_migration_state(s->m, &now), 0);
			assert_int_equal(now, ret ? from : to);
			assert_int_equal(vdev_migration_fd(s->m) >= 0,
					 now == STATE(PRE_COPY) ||
						 now == STATE(PRE_COPY_P2P) ||
						 now == STATE(STOP_COPY) ||
						 now == STATE(RESUMING));
		}
}

static void test_refused(void **state)
{
	struct setup *s = *state;

	assert_int_equal(vdev_migration_set_state(s->m, STATE(ERROR)), -EINVAL);
	vfio_says(s->vs, "no way leads");
	assert_int_equal(
		vdev_migration_set_state(s->m, (enum vdev_migration_state)11),
		-EINVAL);
	vfio_says(s->vs, "there is no migration state 11");
	assert_int_equal(vdev_migration_set_state(s->m, STATE(STOP_COPY)), 0);
	assert_int_equal(vdev_migration_set_state(s->m, STATE(PRE_COPY)),
			 -EINVAL);
	assert_string_equal(s->f->path, "513");
}

static void test_no_state(void **state)
{
	struct setup *s = *state;
	struct vdev_migration *m;

	s->f->flags = VFIO_MIGRATION_STOP_COPY;
	assert_int_equal(vdev_migration_new(s->vs->file, &m), 0);
	assert_int_equal(vdev_migration_flags(m), VDEV_MIGRATION_STOP_COPY);
	assert_int_equal(vdev_migration_set_state(m, STATE(PRE_COPY)),
			 -EOPNOTSUPP);
	vfio_says(s->vs, "does not have the state pre-copy");
	assert_int_equal(vdev_migration_set_state(m, STATE(RESUMING)), 0);
	assert_string_equal(s->f->path, "14");
	vdev_migration_free(m);
}

static void test_error(void **state)
{
	struct setup *s = *state;
	enum vdev_migration_state now;

	s->f->fail_to = STATE(STOP_COPY);
	s->f->fail_error = EIO;
	assert_int_equal(vdev_migration_set_state(s->m, STATE(PRE_COPY)), 0);
	assert_int_equal(vdev_migration_set_state(s->m, STATE(STOP_COPY)),
			 -EIO);
	vfio_says(s->vs, "cannot go from the state pre-copy-p2p to stop-copy");
	assert_non_null(strstr(vdev_ctx_last_hint(s->vs->ctx), "only a reset"));
	assert_int_equal(vdev_migration_fd(s->m), -ENODATA);
	assert_int_equal(vdev_migration_set_state(s->m, STATE(RUNNING)), -EIO);
	vfio_says(s->vs, "is in the state error");
	assert_int_equal(vdev_migration_recover(s->m), 0);
	assert_int_equal(vdev_migration_state(s->m, &now), 0);
	assert_int_equal(now, STATE(RUNNING));
}

static void test_arc_fails(void **state)
{
	struct setup *s = *state;

	s->f->fail_to = STATE(STOP);
	s->f->fail_error = EBUSY;
	s->f->fail_stays = true;
	assert_int_equal(vdev_migration_set_state(s->m, STATE(RESUMING)),
			 -EBUSY);
	assert_string_equal(vdev_ctx_last_hint(s->vs->ctx),
			    "it is in the state running-p2p now");
	s->f->fail_error = 0;
	assert_int_equal(vdev_migration_set_state(s->m, STATE(RUNNING)), 0);
	assert_string_equal(s->f->path, "52");
}

static void test_left_resuming(void **state)
{
	struct setup *s = *state;

	s->f->state = STATE(RESUMING);
	assert_int_equal(vdev_migration_set_state(s->m, STATE(STOP)), -EBUSY);
	vfio_says(s->vs, "loaded by somebody else");
	assert_int_equal(vdev_migration_set_state(s->m, STATE(RESUMING)), 0);
	assert_int_equal(vdev_migration_recover(s->m), 0);
}

static void test_unknown_state(void **state)
{
	struct setup *s = *state;
	enum vdev_migration_state now = STATE(STOP);

	s->f->state = 8;
	assert_int_equal(vdev_migration_state(s->m, &now), -EIO);
	vfio_says(s->vs, "the migration state 8, which is not known");
	assert_int_equal(now, STATE(STOP));
}

static void test_not_resettable(void **state)
{
	struct setup *s = *state;

	s->vs->fv.fail_request = VFIO_DEVICE_RESET;
	s->vs->fv.fail_error = EBUSY;
	assert_int_equal(vdev_migration_recover(s->m), -EBUSY);
}

/* --- What it tells */

static void test_precopy(void **state)
{
	struct setup *s = *state;
	struct vdev_migration_precopy left;
	char buffer[64];

	assert_int_equal(vdev_migration_precopy(s->m, &left), -EINVAL);
	vfio_says(s->vs, "not in pre-copy");
	assert_int_equal(vdev_migration_set_state(s->m, STATE(PRE_COPY)), 0);
	s->f->reinit = true;
	assert_int_equal(vdev_migration_precopy(s->m, &left), 0);
	assert_int_equal(left.initial, 10);
	assert_int_equal(left.dirty, 0);
	assert_true(left.reinit);
	assert_int_equal(vdev_migration_read(s->m, buffer, sizeof(buffer)), 10);
	assert_int_equal(vdev_migration_precopy(s->m, &left), 0);
	assert_int_equal(left.initial, 0);
	assert_false(left.reinit);
}

static void test_precopy_v1(void **state)
{
	struct setup *s = *state;
	struct vdev_migration_precopy left;
	struct vdev_migration *m;

	s->f->no_v2 = true;
	s->f->precopy_v2 = false;
	assert_int_equal(vdev_migration_new(s->vs->file, &m), 0);
	assert_int_equal(vdev_migration_set_state(m, STATE(PRE_COPY)), 0);
	assert_int_equal(vdev_migration_precopy(m, &left), 0);
	assert_false(left.reinit);
	vdev_migration_free(m);
}

static void test_size(void **state)
{
	struct setup *s = *state;
	uint64_t size = 5;

	assert_int_equal(vdev_migration_data_size(s->m, &size), 0);
	assert_int_equal(size, sizeof(data) - 10);
	s->f->no_size = true;
	size = 5;
	assert_int_equal(vdev_migration_data_size(s->m, &size), -EOPNOTSUPP);
	assert_int_equal(size, 5);
}

/* --- Data */

static void test_read(void **state)
{
	struct setup *s = *state;
	char buffer[64];

	assert_int_equal(vdev_migration_read(s->m, buffer, 1), -EINVAL);
	assert_int_equal(vdev_migration_fd(s->m), -ENODATA);
	assert_int_equal(vdev_migration_set_state(s->m, STATE(PRE_COPY)), 0);
	assert_int_equal(vdev_migration_fd(s->m), FAKE_SESSION);
	assert_int_equal(vdev_migration_read(s->m, buffer, 4), 4);
	assert_int_equal(vdev_migration_read(s->m, buffer, 64), 6);
	assert_int_equal(vdev_migration_read(s->m, buffer, 64), -ENOMSG);
	/* A driver's other way of saying so. */
	s->f->zero_is_now = true;
	assert_int_equal(vdev_migration_read(s->m, buffer, 64), -ENOMSG);
	assert_int_equal(vdev_migration_set_state(s->m, STATE(STOP_COPY)), 0);
	assert_int_equal(vdev_migration_read(s->m, buffer, 64),
			 sizeof(data) - 10);
	assert_int_equal(vdev_migration_read(s->m, buffer, 64), 0);
	s->f->read_error = ENODEV;
	assert_int_equal(vdev_migration_read(s->m, buffer, 64), -ENODEV);
	vfio_says(s->vs, "cannot read the data of");
}

static void test_write(void **state)
{
	struct setup *s = *state;

	assert_int_equal(vdev_migration_write(s->m, data, 1), -EINVAL);
	assert_int_equal(vdev_migration_set_state(s->m, STATE(RESUMING)), 0);
	s->f->piece = 7;
	assert_int_equal(vdev_migration_write(s->m, data, sizeof(data)), 0);
	assert_int_equal(vdev_migration_set_state(s->m, STATE(RUNNING)), 0);
	assert_int_equal(vdev_migration_set_state(s->m, STATE(RESUMING)), 0);
	assert_int_equal(vdev_migration_write(s->m, data, 5), 0);
	assert_int_equal(vdev_migration_set_state(s->m, STATE(STOP)), -EINVAL);
	vfio_says(s->vs, "does not accept the data it was given");
	assert_int_equal(vdev_migration_recover(s->m), 0);
	assert_int_equal(vdev_migration_set_state(s->m, STATE(RESUMING)), 0);
	s->f->write_error = EFAULT;
	assert_int_equal(vdev_migration_write(s->m, data, 5), -EFAULT);
	vfio_says(s->vs, "does not accept the data behind 0 bytes");
}

static void test_copy_out(void **state)
{
	struct setup *s = *state;
	uint64_t bytes = 0;

	s->f->piece = 3;
	assert_int_equal(vdev_migration_set_state(s->m, STATE(PRE_COPY)), 0);
	assert_int_equal(vdev_migration_copy_out(s->m, FAKE_OUT, &bytes), 0);
	assert_int_equal(bytes, 10);
	assert_int_equal(vdev_migration_set_state(s->m, STATE(STOP_COPY)), 0);
	assert_int_equal(vdev_migration_copy_out(s->m, FAKE_OUT, &bytes), 0);
	assert_int_equal(bytes, sizeof(data) - 10);
	assert_int_equal(s->f->out_size, sizeof(data));
	assert_memory_equal(s->f->out, data, sizeof(data));
}

static void test_copy_out_fails(void **state)
{
	struct setup *s = *state;

	assert_int_equal(vdev_migration_set_state(s->m, STATE(STOP_COPY)), 0);
	s->f->out_most = 12;
	assert_int_equal(vdev_migration_copy_out(s->m, FAKE_OUT, NULL), -EPIPE);
	vfio_says(s->vs, "cannot write the state of");
	assert_int_equal(s->f->out_size, 12);
}

static void test_copy_in(void **state)
{
	struct setup *s = *state;
	uint64_t bytes = 0;

	s->f->in = data;
	s->f->in_size = sizeof(data);
	s->f->piece = 4;
	assert_int_equal(vdev_migration_set_state(s->m, STATE(RESUMING)), 0);
	assert_int_equal(vdev_migration_copy_in(s->m, FAKE_IN, &bytes), 0);
	assert_int_equal(bytes, sizeof(data));
	assert_int_equal(vdev_migration_set_state(s->m, STATE(STOP)), 0);
}

/* --- Time and cancelling */

static void test_timeout(void **state)
{
	struct setup *s = *state;
	uint64_t bytes;

	assert_int_equal(vdev_migration_set_state(s->m, STATE(STOP_COPY)), 0);
	vdev_migration_set_timeout(s->m, 250);
	s->f->waits = 1;
	assert_int_equal(vdev_migration_copy_out(s->m, FAKE_OUT, &bytes),
			 -ETIMEDOUT);
	vfio_says(s->vs, "not done within 250 ms: 0 bytes");
	assert_int_equal(s->f->now, 250);
	vdev_migration_set_timeout(s->m, 0);
	assert_int_equal(vdev_migration_copy_out(s->m, FAKE_OUT, &bytes), 0);
}

static void test_cancel(void **state)
{
	struct setup *s = *state;

	assert_int_equal(vdev_migration_set_state(s->m, STATE(STOP_COPY)), 0);
	vdev_migration_set_cancel(s->m, FAKE_CANCEL);
	s->f->piece = 1;
	s->f->cancel_after = 5;
	assert_int_equal(vdev_migration_copy_out(s->m, FAKE_OUT, NULL),
			 -ECANCELED);
	vfio_says(s->vs, "was cancelled after 2 bytes");
}

struct told {
	unsigned int calls;
	unsigned int stop_at;
	uint64_t bytes;
};

static int note(void *arg, const struct vdev_migration_progress *progress)
{
	struct told *t = arg;

	t->bytes = progress->bytes;
	return ++t->calls == t->stop_at;
}

static void test_progress(void **state)
{
	struct setup *s = *state;
	struct told t = { 0 };

	assert_int_equal(vdev_migration_set_state(s->m, STATE(STOP_COPY)), 0);
	vdev_migration_set_progress(s->m, note, &t);
	/* Asked also while nothing moves, and after a signal. */
	s->f->waits = 3;
	s->f->interrupt = 1;
	assert_int_equal(vdev_migration_copy_out(s->m, FAKE_OUT, NULL), 0);
	assert_int_equal(t.calls, 5);
	assert_int_equal(t.bytes, sizeof(data));
	assert_int_equal(s->f->now, 1500);
	assert_int_equal(vdev_migration_recover(s->m), 0);

	t = (struct told){ .stop_at = 2 };
	s->f->piece = 5;
	assert_int_equal(vdev_migration_set_state(s->m, STATE(STOP_COPY)), 0);
	assert_int_equal(vdev_migration_copy_out(s->m, FAKE_OUT, NULL),
			 -ECANCELED);
	assert_int_equal(t.bytes, 10);
}

/* --- Several devices */

struct several {
	struct setup *setups[3];
	struct vdev_migration *all[3];
	char journal[128];
};

/* "a" can do all, "b" has no P2P states, "c" can do all. */
static void several_start(struct several *v)
{
	v->journal[0] = '\0';
	for (int i = 0; i < 3; i++) {
		struct setup *s;

		assert_int_equal(set_up((void **)&s), 0);
		if (i == 1) {
			vdev_migration_free(s->m);
			s->f->flags = VDEV_MIGRATION_STOP_COPY |
				      VDEV_MIGRATION_PRE_COPY;
			assert_int_equal(vdev_migration_new(s->vs->file, &s->m),
					 0);
		}
		s->f->journal = v->journal;
		s->f->name = (char)('a' + i);
		v->setups[i] = s;
		v->all[i] = s->m;
	}
}

static void several_stop(struct several *v)
{
	for (int i = 0; i < 3; i++)
		tear_down((void **)&v->setups[i]);
}

/* What they are brought through on the way to a state. */
static void goes(struct several *v, enum vdev_migration_state state,
		 const char *journal)
{
	v->journal[0] = '\0';
	assert_int_equal(vdev_migration_set_state_all(v->all, 3, state), 0);
	assert_string_equal(v->journal, journal);
}

/*
 * None stops before all that can are quiet, none works before all have left
 * STOP, and what can keep still does so until then.
 */
static void test_all(void **state)
{
	struct several v;

	(void)state;
	several_start(&v);
	goes(&v, STATE(PRE_COPY), "a6b6c6");
	goes(&v, STATE(STOP_COPY), "a7c7a3b3c3");
	goes(&v, STATE(STOP), "a1b1c1");
	goes(&v, STATE(RUNNING), "a5c5a2b2c2");
	goes(&v, STATE(STOP_COPY), "a5c5a1a3b1b3c1c3");
	goes(&v, STATE(RUNNING), "a1b1c1a5c5a2b2c2");
	goes(&v, STATE(RUNNING), "");
	several_stop(&v);
}

static void test_all_fails(void **state)
{
	struct several v;
	struct fakemig *c;

	(void)state;
	several_start(&v);
	c = v.setups[2]->f;
	assert_int_equal(vdev_migration_set_state_all(v.all, 0, STATE(STOP)),
			 0);
	/* One that cannot: none goes. */
	assert_int_equal(
		vdev_migration_set_state_all(v.all, 3, STATE(RUNNING_P2P)),
		-EOPNOTSUPP);
	vfio_says(v.setups[1]->vs, "does not have the state running-p2p");
	assert_string_equal(v.journal, "");
	/* One whose arc fails: the others stay where they are. */
	c->fail_to = STATE(RUNNING_P2P);
	c->fail_error = EBUSY;
	c->fail_stays = true;
	assert_int_equal(vdev_migration_set_state_all(v.all, 3, STATE(STOP)),
			 -EBUSY);
	assert_string_equal(v.setups[0]->f->path, "5");
	assert_string_equal(v.setups[1]->f->path, "");
	c->fail_error = 0;
	goes(&v, STATE(STOP), "c5a1b1c1");
	assert_int_equal(
		vdev_migration_set_state_all(v.all, 3, STATE(PRE_COPY)), 0);
	assert_int_equal(
		vdev_migration_set_state_all(v.all, 3, STATE(STOP_COPY)), 0);
	assert_int_equal(
		vdev_migration_set_state_all(v.all, 3, STATE(PRE_COPY)),
		-EINVAL);
	vfio_says(v.setups[0]->vs, "no way leads");
	several_stop(&v);
}

/* --- Failures */

static void scenario(struct failnth *fail, void *arg)
{
	struct setup *s = arg;
	struct vdev_migration *m = NULL;
	int ret;

	s->f->state = STATE(RUNNING);
	s->f->out_size = 0;
	*s->f->path = '\0';
	failnth_start(fail, &s->vs->ctx->sys);
	ret = vdev_migration_new(s->vs->file, &m);
	if (!ret)
		ret = vdev_migration_set_state(m, STATE(STOP_COPY));
	if (!ret)
		ret = vdev_migration_copy_out(m, FAKE_OUT, NULL);
	if (!ret)
		ret = vdev_migration_set_state(m, STATE(RUNNING));
	failnth_stop(fail);
	if (!failnth_fired(fail))
		assert_int_equal(ret, 0);
	if (!ret)
		assert_int_equal(s->f->out_size, sizeof(data));
	vdev_migration_free(m);
	assert_false(s->f->session);
}

static void test_failures(void **state)
{
	failnth_sweep(scenario, *state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ways),
		cmocka_unit_test(test_no_way),
		cmocka_unit_test(test_names),
		TEST(test_not_there),
		TEST(test_all_arcs),
		TEST(test_refused),
		TEST(test_no_state),
		TEST(test_error),
		TEST(test_arc_fails),
		TEST(test_left_resuming),
		TEST(test_unknown_state),
		TEST(test_not_resettable),
		TEST(test_precopy),
		TEST(test_precopy_v1),
		TEST(test_size),
		TEST(test_read),
		TEST(test_write),
		TEST(test_copy_out),
		TEST(test_copy_out_fails),
		TEST(test_copy_in),
		TEST(test_timeout),
		TEST(test_cancel),
		TEST(test_progress),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_all_fails),
		TEST(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
