/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Settings that are made together or not at all. */

#include <errno.h>

#include "object/devlink.h"
#include "object/list.h"
#include "object/lock.h"

enum item_kind {
	ITEM_ATTR,
	ITEM_PARAM,
	ITEM_NODE,   /* it is there or not; the last one if not */
	ITEM_RELOAD, /* the last one */
};

struct change_item {
	enum item_kind kind;
	enum vdev_devlink_attr attr;
	uint32_t port; /* of those of ports */
	char *node;    /* of those of nodes; NULL for others */
	char *param;
	int mode;
	int type;
	int action;
	int limit;
	struct devlink_value value;
	bool told; /* what it was */
	struct devlink_value before;
	enum vdev_outcome outcome;
	char *reason;
};

struct vdev_devlink_change {
	struct vdev_devlink *dl;
	struct change_item *items;
	size_t count;
	bool forced[VDEV_CHECKS];
	struct findings findings;
	struct vdev_device_list *vfs; /* what they are about */
};

int vdev_devlink_change_new(struct vdev_devlink *dl,
			    struct vdev_devlink_change **ret)
{
	struct vdev_devlink_change *change = calloc(1, sizeof(*change));

	if (!change)
		return vdev_fail(dl->ctx, -ENOMEM, "out of memory");
	change->dl = dl;
	*ret = change;
	return 0;
}

static void forget_findings(struct vdev_devlink_change *change)
{
	findings_clear(&change->findings);
	vdev_device_list_free(change->vfs);
	change->vfs = NULL;
}

void vdev_devlink_change_free(struct vdev_devlink_change *change)
{
	if (!change)
		return;
	forget_findings(change);
	for (size_t i = 0; i < change->count; i++) {
		free(change->items[i].reason);
		free(change->items[i].param);
		free(change->items[i].node);
	}
	free(change->items);
	free(change);
}

/* --- What is wanted */

static int out_of_memory(const struct vdev_devlink_change *change)
{
	return vdev_fail(change->dl->ctx, -ENOMEM, "out of memory");
}

static const char *const present = "present", *const absent = "absent";

/* What is lost with it cannot be put back: it is done when all else is. */
static bool is_last(const struct change_item *item)
{
	return item->kind == ITEM_RELOAD ||
	       (item->kind == ITEM_NODE && str_eq(item->value.text, absent));
}

static bool ends(const struct vdev_devlink_change *change)
{
	return change->count && is_last(&change->items[change->count - 1]);
}

static int after_end(const struct vdev_devlink_change *change)
{
	return vdev_fail(change->dl->ctx, -EINVAL, "%s: nothing can follow %s",
			 change->dl->name,
			 change->items[change->count - 1].kind == ITEM_RELOAD
				 ? "a reload"
				 : "the removal of a node");
}

/* The item is the change's, or freed. */
static int append(struct vdev_devlink_change *change, struct change_item *item)
{
	if (!ARRAY_ADD(change->items, change->count, *item))
		return 0;
	free(item->param);
	free(item->node);
	return out_of_memory(change);
}

static bool same_node(const char *a, const char *b)
{
	return a && b ? str_eq(a, b) : a == b;
}

static int add(struct vdev_devlink_change *change, uint32_t port,
	       const char *node, enum vdev_devlink_attr attr, const char *value)
{
	struct change_item item = { .attr = attr, .port = port };
	struct vdev_ctx *ctx = change->dl->ctx;
	const char *name = vdev_devlink_attr_name(attr);

	if (ends(change))
		return after_end(change);
	if (devlink_parse(attr, value, &item.value))
		return vdev_fail(ctx, -EINVAL, "%s takes %s, not '%s'", name,
				 devlink_form(attr), value);
	for (size_t i = 0; i < change->count; i++)
		if (change->items[i].kind == ITEM_ATTR &&
		    change->items[i].attr == attr &&
		    change->items[i].port == port &&
		    same_node(change->items[i].node, node))
			return vdev_fail(ctx, -EINVAL, "%s is to be set twice",
					 name);
	if (node)
		item.node = strdup(node);
	return node && !item.node ? out_of_memory(change)
				  : append(change, &item);
}

int vdev_devlink_change_set(struct vdev_devlink_change *change,
			    enum vdev_devlink_attr attr, const char *value)
{
	if (!vdev_devlink_attr_name(attr) || devlink_is_of_port(attr))
		return vdev_fail(change->dl->ctx, -EINVAL,
				 "a device has no setting %d", (int)attr);
	return add(change, 0, NULL, attr, value);
}

int vdev_devlink_change_set_port(struct vdev_devlink_change *change,
				 uint32_t port, enum vdev_devlink_attr attr,
				 const char *value)
{
	if (!vdev_devlink_attr_name(attr) || !devlink_is_of_port(attr))
		return vdev_fail(change->dl->ctx, -EINVAL,
				 "a port has no setting %d", (int)attr);
	return add(change, port, NULL, attr, value);
}

int vdev_devlink_change_set_node(struct vdev_devlink_change *change,
				 const char *node, enum vdev_devlink_attr attr,
				 const char *value)
{
	if (!vdev_devlink_attr_name(attr) || !devlink_is_rate(attr))
		return vdev_fail(change->dl->ctx, -EINVAL,
				 "a node has no setting %d", (int)attr);
	return add(change, 0, node, attr, value);
}

static int add_node(struct vdev_devlink_change *change, const char *node,
		    const char *value)
{
	struct change_item item = { .kind = ITEM_NODE };
	struct devlink_value name;

	if (ends(change))
		return after_end(change);
	/* What the kernel does not take, and what stands for no node. */
	if (devlink_parse(VDEV_RATE_PARENT, node, &name) ||
	    str_eq(node, "none") || !node[strspn(node, "0123456789")])
		return vdev_fail(change->dl->ctx, -EINVAL,
				 "a node cannot have the name '%s'", node);
	strcpy(item.value.text, value);
	item.node = strdup(node);
	return item.node ? append(change, &item) : out_of_memory(change);
}

int vdev_devlink_change_add_node(struct vdev_devlink_change *change,
				 const char *node)
{
	return add_node(change, node, present);
}

int vdev_devlink_change_remove_node(struct vdev_devlink_change *change,
				    const char *node)
{
	return add_node(change, node, absent);
}

int vdev_devlink_change_set_param(struct vdev_devlink_change *change,
				  const char *name, const char *mode,
				  const char *value)
{
	struct change_item item = { .kind = ITEM_PARAM, .mode = -1 };
	struct vdev_ctx *ctx = change->dl->ctx;

	if (ends(change))
		return after_end(change);
	if (mode)
		item.mode = devlink_param_mode(mode);
	if (item.mode < 0 && mode)
		return vdev_fail(ctx, -EINVAL, "parameters have no mode '%s'",
				 mode);
	if (strlen(value) >= sizeof(item.value.text))
		return vdev_fail(ctx, -EINVAL, "the value of %s is too long",
				 name);
	strcpy(item.value.text, value);
	item.param = strdup(name);
	return item.param ? append(change, &item) : out_of_memory(change);
}

int vdev_devlink_change_reload(struct vdev_devlink_change *change,
			       const char *action, const char *limit)
{
	struct change_item item = { .kind = ITEM_RELOAD };
	struct vdev_ctx *ctx = change->dl->ctx;

	if (ends(change))
		return after_end(change);
	item.action = devlink_action(action);
	if (item.action < 0)
		return vdev_fail(ctx, -EINVAL, "a reload has no action '%s'",
				 action);
	if (limit)
		item.limit = devlink_limit(limit);
	if (item.limit < 0)
		return vdev_fail(ctx, -EINVAL, "a reload has no limit '%s'",
				 limit);
	strcpy(item.value.text, action);
	return append(change, &item);
}

int vdev_devlink_change_force(struct vdev_devlink_change *change,
			      enum vdev_check check)
{
	if ((unsigned int)check >= VDEV_CHECKS)
		return vdev_fail(change->dl->ctx, -EINVAL,
				 "there is no check %d", (int)check);
	change->forced[check] = true;
	return 0;
}

/* --- Whether it can be */

static bool adds_node(const struct vdev_devlink_change *change,
		      const char *node)
{
	for (size_t i = 0; i < change->count; i++)
		if (change->items[i].kind == ITEM_NODE &&
		    str_eq(change->items[i].node, node))
			return true;
	return false;
}

static int no_node(const struct vdev_devlink_change *change, const char *node)
{
	return vdev_hint(change->dl->ctx,
			 vdev_fail(change->dl->ctx, -ENODEV,
				   "%s: there is no node %s", change->dl->name,
				   node),
			 "\"vdevctl rate list %s\" shows those there are",
			 change->dl->name);
}

static int read_from(struct vdev_devlink_change *change,
		     const struct change_item *item,
		     const struct devlink_port *port, char *text, size_t size)
{
	int ret = devlink_port_text(port, item->attr, text, size);

	return ret == -EBADMSG ? devlink_refused(change->dl, ret,
						 "cannot read its ports")
			       : ret;
}

static int read_port(struct vdev_devlink_change *change,
		     const struct change_item *item, char *text, size_t size)
{
	struct vdev_devlink *dl = change->dl;
	_auto_free_ struct devlink_port *ports = NULL;
	size_t count = 0;
	int ret = devlink_ports(dl, &ports, &count);

	if (ret)
		return ret;
	for (size_t i = 0; i < count; i++) {
		if (ports[i].index != item->port)
			continue;
		if (devlink_is_rate(item->attr) && !ports[i].has_rate)
			return vdev_fail(dl->ctx, -EOPNOTSUPP,
					 "%s: port %u has no rates", dl->name,
					 item->port);
		return read_from(change, item, &ports[i], text, size);
	}
	return vdev_fail(dl->ctx, -ENODEV, "%s: there is no port %u", dl->name,
			 item->port);
}

/* Of a rate its value; else whether the node is there. */
static int read_node(struct vdev_devlink_change *change,
		     const struct change_item *item, char *text, size_t size)
{
	static const struct devlink_port fresh = { .has_rate = true };
	_auto_free_ struct devlink_port *nodes = NULL;
	const struct devlink_port *node = NULL;
	size_t count = 0;
	int ret = devlink_nodes(change->dl, &nodes, &count);

	if (ret)
		return ret;
	for (size_t i = 0; i < count; i++)
		if (str_eq(nodes[i].node, item->node))
			node = &nodes[i];
	if (item->kind == ITEM_NODE) {
		strcpy(text, node ? present : absent);
		return 0;
	}
	if (!node && adds_node(change, item->node))
		node = &fresh;
	return node ? read_from(change, item, node, text, size)
		    : no_node(change, item->node);
}

static int read_param(struct vdev_devlink_change *change,
		      struct change_item *item, bool *told,
		      struct devlink_value *ret)
{
	char value[DEVLINK_TEXT_SIZE];
	int error =
		devlink_read_param(change->dl, item->param, &item->mode,
				   &item->type, ret->text, sizeof(ret->text));

	*told = !error;
	if (error && error != -ENODATA)
		return error;
	/* What was given, in the kernel's spelling. */
	error = devlink_check_param(change->dl, item->param, item->type,
				    item->value.text, value, sizeof(value));
	if (!error)
		strcpy(item->value.text, value);
	return error;
}

/* `*told` is whether the driver says. Return: 0 or a recorded failure. */
static int read_item(struct vdev_devlink_change *change,
		     struct change_item *item, bool *told,
		     struct devlink_value *ret)
{
	char text[DEVLINK_TEXT_SIZE];
	const char *value = text;
	int error;

	*told = false;
	if (item->kind == ITEM_RELOAD)
		return 0;
	if (item->kind == ITEM_PARAM)
		return read_param(change, item, told, ret);
	if (item->kind == ITEM_NODE) {
		*told = true;
		return read_node(change, item, ret->text, sizeof(ret->text));
	}
	if (item->node)
		error = read_node(change, item, text, sizeof(text));
	else if (devlink_is_of_port(item->attr))
		error = read_port(change, item, text, sizeof(text));
	else
		error = vdev_devlink_eswitch(change->dl, item->attr, &value);
	*told = !error;
	if (!error)
		error = devlink_parse(item->attr, value, ret);
	/* A driver's number need not be one that can be given. */
	if (error == -EINVAL)
		*told = false;
	return error == -ENODATA || error == -EINVAL ? 0 : error;
}

/* A node is there that is to be made, or not there to be removed. */
static int check_node(const struct vdev_devlink_change *change,
		      const struct change_item *item)
{
	if (item->kind != ITEM_NODE || item->outcome == VDEV_OUTCOME_PLANNED)
		return 0;
	if (is_last(item))
		return no_node(change, item->node);
	return vdev_hint(change->dl->ctx,
			 vdev_fail_as(change->dl->ctx, VDEV_ERROR_FAILED,
				      -EEXIST, "%s: there is a node %s already",
				      change->dl->name, item->node),
			 "\"vdevctl rate set\" changes it");
}

static int read_all(struct vdev_devlink_change *change)
{
	for (size_t i = 0; i < change->count; i++) {
		struct change_item *item = &change->items[i];
		int ret = read_item(change, item, &item->told, &item->before);

		if (ret)
			return ret;
		free(item->reason);
		item->reason = NULL;
		item->outcome = item->told && str_eq(item->before.text,
						     item->value.text)
					? VDEV_OUTCOME_UNCHANGED
					: VDEV_OUTCOME_PLANNED;
		ret = check_node(change, item);
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * The mode takes away the interfaces of VFs' ports, and what the VFs are for; a
 * reload, those of the device. Return: whether it does, and `*all` of it.
 */
static bool is_dangerous(const struct vdev_devlink_change *change, bool *all)
{
	bool found = false;

	*all = false;
	for (size_t i = 0; i < change->count; i++) {
		const struct change_item *item = &change->items[i];

		if (item->kind == ITEM_RELOAD && !item->limit)
			*all = found = true;
		if (item->kind == ITEM_ATTR && item->attr == VDEV_ESWITCH_MODE)
			found |= item->outcome != VDEV_OUTCOME_UNCHANGED;
	}
	return found;
}

static int refuse(struct vdev_devlink_change *change,
		  const struct vdev_finding *f)
{
	const char *check = vdev_check_name(f->check);
	int ret = vdev_fail(change->dl->ctx, -EBUSY,
			    "%s: refused by the check \"%s\": %s%s%s",
			    change->dl->name, check,
			    f->dev ? vdev_device_address(f->dev) : "",
			    f->dev ? ": " : "", f->detail);

	if (f->unforceable)
		return ret;
	return vdev_hint(change->dl->ctx, ret,
			 "--force=%s goes on in spite of it", check);
}

int vdev_devlink_change_check(struct vdev_devlink_change *change)
{
	bool all;
	int ret;

	forget_findings(change);
	if (!change->count)
		return vdev_fail(change->dl->ctx, -EINVAL,
				 "there is nothing to set");
	ret = read_all(change);
	if (!ret && is_dangerous(change, &all))
		ret = devlink_check_ports(change->dl, all, change->forced,
					  &change->vfs, &change->findings);
	for (size_t i = 0; i < change->findings.count && !ret; i++) {
		const struct vdev_finding *f = &change->findings.items[i];

		if (f->verdict == VDEV_VERDICT_REFUSE && !f->forced)
			ret = refuse(change, f);
	}
	return ret;
}

/* --- Doing it */

/* Nothing is recorded. */
static int set_item(struct vdev_devlink_change *change,
		    const struct change_item *item,
		    const struct devlink_value *value)
{
	if (item->kind == ITEM_PARAM)
		return devlink_write_param(change->dl, item->param, item->mode,
					   item->type, value->text);
	if (item->kind == ITEM_NODE)
		return devlink_set_node(&change->dl->link, item->node,
					str_eq(value->text, present));
	return devlink_set(change->dl, item->attr, item->port, item->node,
			   value);
}

static void set_outcome(struct change_item *item, enum vdev_outcome outcome,
			const char *reason)
{
	item->outcome = outcome;
	free(item->reason);
	item->reason = reason ? strdup(reason) : NULL;
}

static const char *name_of(const struct change_item *item)
{
	switch (item->kind) {
	case ITEM_PARAM:
		return item->param;
	case ITEM_NODE:
		return "node";
	case ITEM_RELOAD:
		return "reload";
	case ITEM_ATTR:
	default:
		return vdev_devlink_attr_name(item->attr);
	}
}

/* What was tried, for a sentence with "cannot". */
static void say_what(const struct change_item *item, struct strbuf *text)
{
	if (item->kind == ITEM_RELOAD) {
		strbuf_addf(text, "reload by %s", item->value.text);
		return;
	}
	if (item->kind == ITEM_NODE) {
		strbuf_addf(text, "%s the node %s",
			    is_last(item) ? "remove" : "add", item->node);
		return;
	}
	strbuf_addf(text, "set %s", name_of(item));
	if (item->node)
		strbuf_addf(text, " of node %s", item->node);
	else if (item->kind == ITEM_ATTR && devlink_is_of_port(item->attr))
		strbuf_addf(text, " of port %u", item->port);
	strbuf_addf(text, " to %s", item->value.text);
}

/* Whether all of it is as before; `said` receives what was undone. */
static bool roll_back(struct vdev_devlink_change *change, size_t count,
		      struct strbuf *said)
{
	bool whole = true;

	while (count--) {
		struct change_item *item = &change->items[count];
		const char *name = name_of(item);
		int ret = -ENODATA;

		if (item->outcome != VDEV_OUTCOME_DONE)
			continue;
		if (item->told)
			ret = set_item(change, item, &item->before);
		if (!ret) {
			set_outcome(item, VDEV_OUTCOME_ROLLED_BACK, NULL);
			strbuf_addf(said, "; %s is %s again", name,
				    item->before.text);
			continue;
		}
		whole = false;
		set_outcome(item, VDEV_OUTCOME_BROKEN,
			    item->told ? devlink_reason(change->dl, ret)
				       : "the driver did not tell what it was");
		strbuf_addf(said, "; %s stays %s, and cannot be put back: %s",
			    name, item->value.text,
			    item->reason ? item->reason : strerror(-ret));
	}
	return whole;
}

/* Item `at` failed for the reason given. */
static int undo(struct vdev_devlink_change *change, size_t at, int error,
		const char *reason)
{
	struct change_item *item = &change->items[at];
	_auto_strbuf_ struct strbuf said = { 0 };
	enum vdev_error_kind kind;
	_auto_strbuf_ struct strbuf what = { 0 };
	bool whole;

	say_what(item, &what);
	/* The roll-back speaks to the kernel too, which gives other reasons. */
	(void)vdev_fail(change->dl->ctx, error, "%s", reason);
	kind = error == -EINVAL || error == -ERANGE || error == -ENOENT
		       ? VDEV_ERROR_FAILED
		       : vdev_ctx_last_kind(change->dl->ctx);
	for (size_t i = at + 1; i < change->count; i++)
		if (change->items[i].outcome == VDEV_OUTCOME_PLANNED)
			change->items[i].outcome = VDEV_OUTCOME_NOT_TRIED;
	whole = roll_back(change, change->count, &said);
	if (item->outcome != VDEV_OUTCOME_BROKEN)
		set_outcome(item, VDEV_OUTCOME_FAILED, reason);
	return vdev_fail_as(change->dl->ctx, whole ? kind : VDEV_ERROR_ROLLBACK,
			    error, "%s: cannot %s: %s%s", change->dl->name,
			    what.text ? what.text : "do it", reason,
			    said.text ? said.text : "");
}

static int run_item(struct vdev_devlink_change *change, size_t at)
{
	struct change_item *item = &change->items[at];
	_auto_free_ char *reason = NULL;
	int ret;

	if (item->outcome == VDEV_OUTCOME_UNCHANGED)
		return 0;
	ret = set_item(change, item, &item->value);
	if (!ret) {
		set_outcome(item, VDEV_OUTCOME_DONE, NULL);
		return 0;
	}
	if (item->kind == ITEM_ATTR && item->attr == VDEV_RATE_PARENT &&
	    ret == -ENODEV)
		return undo(change, at, ret, "there is no such node");
	reason = strdup(devlink_reason(change->dl, ret));
	return undo(change, at, ret, reason ? reason : strerror(-ret));
}

/* A driver that takes a value and does something else is found out. */
static int verify_item(struct vdev_devlink_change *change, size_t at)
{
	struct change_item *item = &change->items[at];
	_auto_strbuf_ struct strbuf reason = { 0 };
	struct devlink_value now;
	bool told;
	int ret;

	if (item->outcome != VDEV_OUTCOME_DONE)
		return 0;
	ret = read_item(change, item, &told, &now);
	if (!ret && (!told || str_eq(now.text, item->value.text)))
		return 0;
	if (ret)
		strbuf_addf(&reason, "it cannot be read back: %s",
			    vdev_ctx_last_error(change->dl->ctx));
	else
		strbuf_addf(&reason, "the driver took it, but says %s",
			    now.text);
	return undo(change, at, ret ? ret : -EIO,
		    reason.text ? reason.text : "it is not as set");
}

static int verify(struct vdev_devlink_change *change)
{
	int ret = 0;

	for (size_t i = 0; i < change->count && !ret; i++)
		ret = verify_item(change, i);
	return ret;
}

static int reload(struct vdev_devlink_change *change, size_t at)
{
	struct change_item *item = &change->items[at];
	struct vdev_ctx *ctx = change->dl->ctx;
	_auto_free_ char *reason = NULL;
	_auto_strbuf_ struct strbuf done = { 0 };
	uint32_t performed = 0;
	int ret = devlink_do_reload(&change->dl->link, item->action,
				    item->limit, &performed);

	if (!ret) {
		devlink_performed_text(performed, &done);
		set_outcome(item, VDEV_OUTCOME_DONE, done.text);
		return 0;
	}
	reason = strdup(ret == -EOPNOTSUPP && !*change->dl->link.family.why
				? "its driver cannot do that"
				: devlink_reason(change->dl, ret));
	ret = undo(change, at, ret, reason ? reason : strerror(-ret));
	return vdev_hint(ctx, ret,
			 "\"vdevctl devlink show %s\" tells what reloads the "
			 "driver can do, and whether the device is down until "
			 "the next one",
			 change->dl->name);
}

static int finish(struct vdev_devlink_change *change, size_t at)
{
	int ret;

	if (change->items[at].kind == ITEM_RELOAD)
		return reload(change, at);
	ret = run_item(change, at);
	return ret ? ret : verify_item(change, at);
}

/* What it was is put back on failure: nobody must set it in the meantime. */
static int take_lock(const struct vdev_devlink *dl, struct locks *ret)
{
	_auto_free_ char *name = NULL;

	if (asprintf(&name, "devlink-%s", dl->name) < 0)
		return vdev_fail(dl->ctx, -ENOMEM, "out of memory");
	/* Between the bus and the device. */
	*strchrnul(name, '/') = '-';
	return locks_take_if_permitted(dl->ctx, name, dl->name, ret);
}

static int run_locked(struct vdev_devlink_change *change)
{
	int ret = vdev_devlink_change_check(change);

	for (size_t i = 0; i < change->count && !ret; i++)
		if (!is_last(&change->items[i]))
			ret = run_item(change, i);
	/* Not all that was set is there to be read after a reload. */
	if (!ret)
		ret = verify(change);
	return !ret && ends(change) ? finish(change, change->count - 1) : ret;
}

int vdev_devlink_change_run(struct vdev_devlink_change *change)
{
	struct locks locks = { 0 };
	int ret = take_lock(change->dl, &locks);

	if (!ret)
		ret = run_locked(change);
	locks_release(change->dl->ctx, &locks);
	return ret;
}

/* --- What came of it */

size_t vdev_devlink_change_count(const struct vdev_devlink_change *change)
{
	return change->count;
}

const char *vdev_devlink_change_name(const struct vdev_devlink_change *change,
				     size_t index)
{
	return index < change->count ? name_of(&change->items[index]) : NULL;
}

const char *vdev_devlink_change_mode(const struct vdev_devlink_change *change,
				     size_t index)
{
	const struct change_item *item =
		index < change->count ? &change->items[index] : NULL;

	return item && item->kind == ITEM_PARAM && item->mode >= 0
		       ? vdev_devlink_param_modes()[item->mode]
		       : NULL;
}

const char *vdev_devlink_change_before(const struct vdev_devlink_change *change,
				       size_t index)
{
	return index < change->count && change->items[index].told
		       ? change->items[index].before.text
		       : NULL;
}

const char *vdev_devlink_change_value(const struct vdev_devlink_change *change,
				      size_t index)
{
	return index < change->count ? change->items[index].value.text : NULL;
}

enum vdev_outcome
vdev_devlink_change_outcome(const struct vdev_devlink_change *change,
			    size_t index)
{
	return index < change->count ? change->items[index].outcome
				     : VDEV_OUTCOME_PLANNED;
}

const char *vdev_devlink_change_reason(const struct vdev_devlink_change *change,
				       size_t index)
{
	return index < change->count ? change->items[index].reason : NULL;
}

const struct vdev_finding *
vdev_devlink_change_finding(const struct vdev_devlink_change *change,
			    size_t index)
{
	return index < change->findings.count ? &change->findings.items[index]
					      : NULL;
}
