/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "select.h"

#include "app.h"

static bool is_glob(const char *term)
{
	return strpbrk(term, "*?[");
}

/* Whether the term is the name of one device, if it is anything. */
static bool is_name(const char *term)
{
	return !strchr(term, '=') && !is_glob(term) && !str_eq(term, "pf") &&
	       !str_eq(term, "vf");
}

static int add_term(struct app *app, struct vdev_filter *filter,
		    const char *term)
{
	struct vdev_device *dev;

	if (is_name(term)) {
		if (vdev_device_find(app->ctx, term, &dev))
			return app_fail_ctx(app);
		vdev_device_unref(dev);
	}
	return vdev_filter_add(filter, term) ? app_fail_ctx(app) : 0;
}

/* Terms joined by commas. */
static int add_terms(struct app *app, struct vdev_filter *filter,
		     const char *terms)
{
	_auto_free_ char *copy = x_strdup(terms);
	char *term, *rest = copy;

	while ((term = strsep(&rest, ",")))
		if (add_term(app, filter, term))
			return -1;
	return 0;
}

static int list_matching(struct app *app, const char *const *operands,
			 size_t count, struct vdev_device_list **ret)
{
	struct vdev_filter *filter;
	int error = 0;

	if (vdev_filter_new(app->ctx, &filter))
		return app_fail_ctx(app);
	for (size_t i = 0; i < count && !error; i++)
		error = add_terms(app, filter, operands[i]);
	if (!error && vdev_device_list_new(app->ctx, filter, ret) < 0)
		error = app_fail_ctx(app);
	vdev_filter_free(filter);
	return error;
}

int select_filtered(struct app *app, struct vdev_device_list **ret)
{
	return list_matching(app, app->args.operands, app->args.operand_count,
			     ret);
}

static void add_device(struct selection *s, struct vdev_device *dev)
{
	const char *address = vdev_device_address(dev);

	for (size_t i = 0; i < s->count; i++)
		if (str_eq(vdev_device_address(s->devices[i]), address))
			return;
	s->devices = x_realloc(s->devices, s->count + 1, sizeof(*s->devices));
	s->devices[s->count++] = vdev_device_ref(dev);
}

static int add_pattern(struct app *app, struct selection *s,
		       const char *pattern)
{
	struct vdev_device_list *list = NULL;
	struct vdev_device *dev;
	int error = 0;
	size_t i;

	if (list_matching(app, &pattern, 1, &list))
		return -1;
	if (!vdev_device_list_count(list))
		error = app_fail(app, VDEV_ERROR_NOT_FOUND,
				 "no device matches '%s'", pattern);
	vdev_device_list_foreach(list, i, dev)
		add_device(s, dev);
	vdev_device_list_free(list);
	return error;
}

int selection_add(struct app *app, struct selection *s, const char *operand)
{
	struct vdev_device *dev;

	if (strpbrk(operand, "=,") || is_glob(operand))
		return add_pattern(app, s, operand);
	if (vdev_device_find(app->ctx, operand, &dev)) {
		app_fail_ctx(app);
		if (str_eq(operand, "pf") || str_eq(operand, "vf"))
			app_hint(app,
				 "a pattern has a '=', a ',' or a '*': "
				 "'%s,driver=*' stands for all with a driver",
				 operand);
		return -1;
	}
	add_device(s, dev);
	vdev_device_unref(dev);
	return 0;
}

int selection_add_operands(struct app *app, struct selection *s)
{
	for (size_t i = 0; i < app->args.operand_count; i++)
		if (selection_add(app, s, app->args.operands[i]))
			return -1;
	return 0;
}

void selection_clear(struct selection *s)
{
	for (size_t i = 0; i < s->count; i++)
		vdev_device_unref(s->devices[i]);
	free(s->devices);
	*s = (struct selection){ 0 };
}
