/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a PF's driver sets for its VFs. */

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>

#include <libvdev/sriov.h>
#include <libvdev/vf.h>

#include "kernel/vfinfo.h"
#include "object/device.h"
#include "object/find.h"
#include "object/lock.h"

/* The two layers' numbers are the same. */
_Static_assert(VFINFO_MAC == (int)VDEV_VF_MAC, "first");
_Static_assert(VFINFO_PORT_GUID == (int)VDEV_VF_PORT_GUID, "last");
_Static_assert(VFINFO_STATS == VDEV_VF_TX_DROPPED + 1, "counters");

/* By attribute: its name, its greatest value, and what it is set with. */
static const struct {
	const char *name;
	uint64_t most;
	enum vfinfo_value step;
} attributes[VFINFO_COUNT] = {
	[VFINFO_MAC] = { "mac", 0xffffffffffff, VFINFO_MAC },
	[VFINFO_VLAN] = { "vlan", 4095, VFINFO_VLAN },
	[VFINFO_QOS] = { "qos", 7, VFINFO_VLAN },
	[VFINFO_PROTO] = { "proto", 0xffff, VFINFO_VLAN },
	[VFINFO_MIN_RATE] = { "min-rate", INT32_MAX, VFINFO_MAX_RATE },
	[VFINFO_MAX_RATE] = { "max-rate", INT32_MAX, VFINFO_MAX_RATE },
	[VFINFO_SPOOFCHK] = { "spoofchk", 1, VFINFO_SPOOFCHK },
	[VFINFO_TRUST] = { "trust", 1, VFINFO_TRUST },
	[VFINFO_LINK_STATE] = { "link-state", 2, VFINFO_LINK_STATE },
	[VFINFO_QUERY_RSS] = { "query-rss", 1, VFINFO_QUERY_RSS },
	[VFINFO_NODE_GUID] = { "node-guid", UINT64_MAX, VFINFO_NODE_GUID },
	[VFINFO_PORT_GUID] = { "port-guid", UINT64_MAX, VFINFO_PORT_GUID },
};

/* The Ethernet bit of a group, in the first byte. */
#define MAC_MULTICAST (1ULL << 40)
#define PROTO_8021Q   0x8100
#define PROTO_8021AD  0x88a8

struct vdev_vf_list {
	struct vfinfo_list info;
};

const char *vdev_vf_attribute_name(enum vdev_vf_attribute attribute)
{
	return (unsigned int)attribute < VFINFO_COUNT
		       ? attributes[attribute].name
		       : NULL;
}

int vdev_vf_attribute_from_name(const char *name)
{
	for (int i = 0; i < VFINFO_COUNT; i++)
		if (str_eq(attributes[i].name, name))
			return i;
	return -ENOENT;
}

/* --- Which interface */

static int refuse_captured(struct vdev_ctx *ctx)
{
	if (vdev_sys_live(&ctx->sys))
		return 0;
	return vdev_fail(ctx, -EOPNOTSUPP,
			 "%s is no running system, which alone tells what is "
			 "set for VFs",
			 vdev_ctx_root(ctx));
}

static bool is_interface(struct vdev_ctx *ctx, const char *name)
{
	char path[sizeof("/sys/class/net/") + IFNAMSIZ];

	if (!*name || strlen(name) >= IFNAMSIZ || strchr(name, '/') ||
	    str_eq(name, ".") || str_eq(name, ".."))
		return false;
	snprintf(path, sizeof(path), "/sys/class/net/%s", name);
	return vdev_sys_exists(&ctx->sys, path);
}

static int refuse_vf(struct vdev_device *dev)
{
	const char *address = vdev_device_address(dev);
	const char *physfn = vdev_device_physfn(dev);
	struct vdev_ctx *ctx = vdev_device_ctx(dev);
	int number;

	if (!physfn)
		return 0;
	number = vdev_device_vf_number(dev);
	vdev_fail(ctx, -EINVAL,
		  "%s is a VF, and what is set for it is its PF's", address);
	return number < 0 ? vdev_hint(ctx, -EINVAL, "its PF is %s", physfn)
			  : vdev_hint(ctx, -EINVAL, "it is VF %d of %s", number,
				      physfn);
}

static bool tells(struct vdev_ctx *ctx, const char *netdev)
{
	struct vfinfo_list list = { 0 };

	if (vfinfo_read(&ctx->sys, netdev, &list))
		return false;
	free(list.vfs);
	return list.told;
}

/* The one of a device's interfaces that tells. */
static int choose(struct vdev_device *dev, const char **ret)
{
	const char *const *names = vdev_device_netdevs(dev);
	struct vdev_ctx *ctx = vdev_device_ctx(dev);
	const char *driver = vdev_device_driver(dev);

	if (!names)
		return vdev_fail(ctx, -ENOMEM, "out of memory");
	if (!*names) {
		vdev_fail(ctx, -EOPNOTSUPP,
			  "%s has no network interface, which tells what is "
			  "set for VFs",
			  vdev_device_address(dev));
		return vdev_hint(ctx, -EOPNOTSUPP, "its driver is %s",
				 driver ? driver : "none");
	}
	*ret = *names;
	for (size_t i = 0; names[1] && names[i]; i++)
		if (tells(ctx, names[i])) {
			*ret = names[i];
			break;
		}
	return 0;
}

static int netdev_of(struct vdev_device *dev, const char *interface, char **ret)
{
	int error = refuse_vf(dev);

	if (!error && !interface)
		error = choose(dev, &interface);
	if (error)
		return error;
	*ret = strdup(interface);
	return *ret ? 0
		    : vdev_fail(vdev_device_ctx(dev), -ENOMEM, "out of memory");
}

int vdev_vf_netdev(struct vdev_ctx *ctx, const char *pf, char **ret)
{
	struct vdev_device *dev;
	char *name = NULL;
	bool interface;
	int error = refuse_captured(ctx);

	if (error)
		return error;
	interface = is_interface(ctx, pf);
	error = vdev_device_find(ctx, pf, &dev);
	if (!error) {
		error = netdev_of(dev, interface ? pf : NULL, &name);
		vdev_device_unref(dev);
	} else if (interface && error == -ENODEV) {
		/* That of a device that is no PCI function. */
		name = strdup(pf);
		error = name ? 0 : vdev_fail(ctx, -ENOMEM, "out of memory");
	}
	if (!error)
		*ret = name;
	return error;
}

/* --- Reading */

static int read_vfs(struct vdev_ctx *ctx, const char *netdev,
		    struct vfinfo_list *ret)
{
	struct vfinfo_list list = { 0 };
	int error = refuse_captured(ctx);

	if (error)
		return error;
	if (!*netdev || strlen(netdev) >= IFNAMSIZ)
		return vdev_fail(ctx, -EINVAL,
				 "'%s' is no name of a network interface",
				 netdev);
	error = vfinfo_read(&ctx->sys, netdev, &list);
	if (error == -ENODEV)
		return vdev_fail(ctx, error, "there is no network interface %s",
				 netdev);
	if (error)
		return vdev_fail(ctx, error, "cannot read the VFs of %s: %s",
				 netdev, strerror(-error));
	if (list.told || !list.count) {
		*ret = list;
		return 0;
	}
	free(list.vfs);
	return vdev_fail(ctx, -EOPNOTSUPP,
			 "the driver of %s tells nothing of its %zu VFs",
			 netdev, list.count);
}

int vdev_vf_list_new(struct vdev_ctx *ctx, const char *netdev,
		     struct vdev_vf_list **ret)
{
	struct vdev_vf_list *list = calloc(1, sizeof(*list));
	int error;

	if (!list)
		return vdev_fail(ctx, -ENOMEM, "out of memory");
	error = read_vfs(ctx, netdev, &list->info);
	if (error) {
		free(list);
		return error;
	}
	*ret = list;
	return (int)list->info.count;
}

void vdev_vf_list_free(struct vdev_vf_list *list)
{
	if (!list)
		return;
	free(list->info.vfs);
	free(list);
}

size_t vdev_vf_list_count(const struct vdev_vf_list *list)
{
	return list->info.count;
}

int vdev_vf_list_get(const struct vdev_vf_list *list, size_t vf,
		     enum vdev_vf_attribute attribute, uint64_t *ret)
{
	if (vf >= list->info.count || (unsigned int)attribute >= VFINFO_COUNT)
		return -EINVAL;
	if (!(list->info.vfs[vf].known & 1U << attribute))
		return -ENODATA;
	*ret = list->info.vfs[vf].values[attribute];
	return 0;
}

int vdev_vf_list_stat(const struct vdev_vf_list *list, size_t vf,
		      enum vdev_vf_stat stat, uint64_t *ret)
{
	if (vf >= list->info.count || (unsigned int)stat >= VFINFO_STATS)
		return -EINVAL;
	if (!(list->info.vfs[vf].counted & 1U << stat))
		return -ENODATA;
	*ret = list->info.vfs[vf].stats[stat];
	return 0;
}

/* --- Setting */

struct change {
	struct vdev_ctx *ctx;
	const char *netdev;
	int index;
	unsigned int vf;
	struct vfinfo before;
	struct vfinfo after;
	unsigned int given;		       /* bits of attributes */
	enum vfinfo_value steps[VFINFO_COUNT]; /* in the order they are set */
	size_t step_count;
};

static int read_before(struct change *c)
{
	struct vfinfo_list list = { 0 };
	int ret = read_vfs(c->ctx, c->netdev, &list);

	if (ret)
		return ret;
	c->index = list.index;
	if (c->vf < list.count)
		c->before = list.vfs[c->vf];
	else
		ret = vdev_fail(c->ctx, -ENODEV,
				list.count ? "%s has no VF %u, but VFs 0 to %zu"
					   : "%s has no VF %u, nor any other",
				c->netdev, c->vf, list.count - 1);
	free(list.vfs);
	if (!(c->before.known & 1U << VFINFO_PROTO))
		c->before.values[VFINFO_PROTO] = PROTO_8021Q;
	c->before.known |= 1U << VFINFO_PROTO;
	c->after = c->before;
	return ret;
}

static int check_value(struct change *c, enum vdev_vf_attribute attribute,
		       uint64_t value)
{
	const char *name = attributes[attribute].name;

	if (value > attributes[attribute].most)
		return vdev_fail(c->ctx, -EINVAL,
				 "%s: %" PRIu64 " is more than %" PRIu64, name,
				 value, attributes[attribute].most);
	if (attribute == VDEV_VF_PROTO && value != PROTO_8021Q &&
	    value != PROTO_8021AD)
		return vdev_fail(c->ctx, -EINVAL,
				 "%s: %#" PRIx64 " is no protocol of VLANs",
				 name, value);
	if (attribute == VDEV_VF_MAC && value & MAC_MULTICAST)
		return vdev_fail(c->ctx, -EINVAL,
				 "%s: that is the address of a group", name);
	return 0;
}

static int add_value(struct change *c, enum vdev_vf_attribute attribute,
		     uint64_t value)
{
	int ret;

	if ((unsigned int)attribute >= VFINFO_COUNT)
		return vdev_fail(c->ctx, -EINVAL, "VFs have no attribute %d",
				 (int)attribute);
	if (c->given & 1U << attribute)
		return vdev_fail(c->ctx, -EINVAL, "%s is given twice",
				 attributes[attribute].name);
	ret = check_value(c, attribute, value);
	if (ret)
		return ret;
	c->given |= 1U << attribute;
	c->after.values[attribute] = value;
	return 0;
}

static unsigned int bits_of(enum vfinfo_value step)
{
	unsigned int bits = 0;

	for (unsigned int i = 0; i < VFINFO_COUNT; i++)
		if (attributes[i].step == step)
			bits |= 1U << i;
	return bits;
}

/* The names of attributes, joined by commas. */
static void name_bits(unsigned int bits, char *buf, size_t size)
{
	size_t n = 0;

	*buf = '\0';
	for (unsigned int i = 0; i < VFINFO_COUNT; i++)
		if (bits & 1U << i)
			n += (size_t)snprintf(buf + n, size - n, "%s%s",
					      n ? ", " : "",
					      attributes[i].name);
}

/* What is set together has to be known as a whole. */
static int check_whole(struct change *c, enum vfinfo_value step)
{
	unsigned int missing = bits_of(step) & ~c->given & ~c->before.known;
	char names[64];

	if (!missing)
		return 0;
	name_bits(missing, names, sizeof(names));
	vdev_fail(c->ctx, -EOPNOTSUPP,
		  "VF %u of %s: the driver does not tell %s, which is set "
		  "together with what is given",
		  c->vf, c->netdev, names);
	return vdev_hint(c->ctx, -EOPNOTSUPP, "give %s as well", names);
}

static int check_rates(struct change *c)
{
	uint64_t least = c->after.values[VFINFO_MIN_RATE];
	uint64_t most = c->after.values[VFINFO_MAX_RATE];

	if (!(c->given & bits_of(VFINFO_MAX_RATE)) || !most || least <= most)
		return 0;
	return vdev_fail(c->ctx, -EINVAL,
			 "VF %u of %s: a min-rate of %" PRIu64
			 " is more than the max-rate of %" PRIu64,
			 c->vf, c->netdev, least, most);
}

/* What cannot be put back comes last. */
static int order_steps(struct change *c)
{
	for (int known = 1; known >= 0; known--)
		for (unsigned int i = 0; i < VFINFO_COUNT; i++) {
			unsigned int bits = bits_of(i);
			int ret;

			if (!(c->given & bits) ||
			    ((bits & ~c->before.known) == 0) != known)
				continue;
			ret = check_whole(c, i);
			if (ret)
				return ret;
			c->steps[c->step_count++] = i;
		}
	return check_rates(c);
}

/* What the kernel says, and its own sentence. */
struct refusal {
	int error;
	char why[sizeof(((struct vdev_sys_netlink *)0)->why)];
	char names[64];
};

static int set_step(struct change *c, enum vfinfo_value step,
		    const struct vfinfo *info, struct refusal *r)
{
	name_bits(bits_of(step) & c->given, r->names, sizeof(r->names));
	r->error =
		vfinfo_set(&c->ctx->sys, c->index, c->vf, step, info, r->why);
	vdev_log(c->ctx, VDEV_LOG_INFO, "VF %u of %s: %s: %s", c->vf, c->netdev,
		 r->names, r->error ? strerror(-r->error) : "set");
	return r->error;
}

static void describe(const struct refusal *r, struct strbuf *b)
{
	strbuf_addf(b, "%s (%s%s%s)", r->names, strerror(-r->error),
		    *r->why ? ": " : "", r->why);
}

static int fail_refused(struct change *c, const struct refusal *r, bool undone)
{
	_auto_strbuf_ struct strbuf b = { 0 };
	_auto_free_ char *text = NULL;
	int error = r->error;

	strbuf_addf(&b, "VF %u of %s: the driver refuses ", c->vf, c->netdev);
	describe(r, &b);
	strbuf_addf(&b, undone ? "; what was set before is put back"
			       : "; nothing is changed");
	text = strbuf_finish(&b);
	if (!text)
		return vdev_fail(c->ctx, -ENOMEM, "out of memory");
	/* The values are good as such: the caller made no mistake of form. */
	if (error == -EINVAL || error == -ERANGE)
		return vdev_fail_as(c->ctx, VDEV_ERROR_FAILED, error, "%s",
				    text);
	if (error == -EPROTONOSUPPORT)
		return vdev_fail_as(c->ctx, VDEV_ERROR_NOT_SUPPORTED, error,
				    "%s", text);
	vdev_fail(c->ctx, error, "%s", text);
	if (error == -EPERM)
		return vdev_hint(c->ctx, error,
				 "it takes the capability CAP_NET_ADMIN");
	return error;
}

static int fail_rollback(struct change *c, const struct refusal *first,
			 const struct refusal *second)
{
	_auto_strbuf_ struct strbuf b = { 0 };
	_auto_free_ char *text = NULL;

	strbuf_addf(&b, "VF %u of %s: the driver refuses ", c->vf, c->netdev);
	describe(first, &b);
	strbuf_addf(&b, ", and of what was set before it ");
	describe(second, &b);
	strbuf_addf(&b, " could not be put back");
	text = strbuf_finish(&b);
	return vdev_fail_as(c->ctx, VDEV_ERROR_ROLLBACK, -ENOTRECOVERABLE, "%s",
			    text ? text : "out of memory");
}

static int put_back(struct change *c, enum vfinfo_value step, struct refusal *r)
{
	if (!(bits_of(step) & ~c->before.known))
		return set_step(c, step, &c->before, r);
	name_bits(bits_of(step) & c->given, r->names, sizeof(r->names));
	strcpy(r->why, "what it was is not known");
	return r->error = -ENODATA;
}

/* All of it is tried; the first that fails is told. */
static int roll_back(struct change *c, size_t done, const struct refusal *why)
{
	struct refusal failed = { 0 };

	for (size_t i = done; i-- > 0;) {
		struct refusal r = { 0 };

		if (put_back(c, c->steps[i], &r) && !failed.error)
			failed = r;
	}
	return failed.error ? fail_rollback(c, why, &failed)
			    : fail_refused(c, why, done);
}

static int apply(struct change *c)
{
	for (size_t i = 0; i < c->step_count; i++) {
		struct refusal r = { 0 };

		if (set_step(c, c->steps[i], &c->after, &r))
			return roll_back(c, i, &r);
	}
	return 0;
}

static int prepare(struct change *c, const enum vdev_vf_attribute *which,
		   const uint64_t *values, size_t count)
{
	int ret = read_before(c);

	for (size_t i = 0; i < count && !ret; i++)
		ret = add_value(c, which[i], values[i]);
	return ret ? ret : order_steps(c);
}

int vdev_vf_check(struct vdev_ctx *ctx, const char *netdev, unsigned int vf,
		  const enum vdev_vf_attribute *which, const uint64_t *values,
		  size_t count)
{
	struct change c = { .ctx = ctx, .netdev = netdev, .vf = vf };

	return prepare(&c, which, values, count);
}

/*
 * What is set together is read first, and another process must not set it in
 * the meantime.
 */
static int take_lock(struct vdev_ctx *ctx, const char *netdev,
		     struct locks *ret)
{
	char name[sizeof("interface-") + IFNAMSIZ];

	snprintf(name, sizeof(name), "interface-%s", netdev);
	return locks_take_if_permitted(ctx, name, netdev, ret);
}

int vdev_vf_set(struct vdev_ctx *ctx, const char *netdev, unsigned int vf,
		const enum vdev_vf_attribute *which, const uint64_t *values,
		size_t count)
{
	struct change c = { .ctx = ctx, .netdev = netdev, .vf = vf };
	struct locks locks = { 0 };
	int ret = refuse_captured(ctx);

	/* One that is not there gets no lock; preparing says so. */
	if (!ret && is_interface(ctx, netdev))
		ret = take_lock(ctx, netdev, &locks);
	if (!ret)
		ret = prepare(&c, which, values, count);
	if (!ret)
		ret = apply(&c);
	locks_release(ctx, &locks);
	return ret;
}
