/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/genetlink.h"

#include <errno.h>
#include <linux/genetlink.h>

static void start(struct nlmessage *b, int family, uint8_t command,
		  uint8_t version, int flags)
{
	const struct genlmsghdr head = { .cmd = command, .version = version };

	nlmessage_start(b, family, flags, &head, sizeof(head));
}

static int take_family(void *data, const void *message)
{
	static const struct nla_policy policy[CTRL_ATTR_FAMILY_ID + 1] = {
		[CTRL_ATTR_FAMILY_ID] = { .type = NLA_U16 },
	};
	struct nlattr *a[ARRAY_SIZE(policy)];
	int ret = genetlink_parse(message, a, ARRAY_SIZE(a), policy);

	if (ret)
		return ret;
	if (!a[CTRL_ATTR_FAMILY_ID])
		return -EBADMSG;
	*(uint16_t *)data = nla_get_u16(a[CTRL_ATTR_FAMILY_ID]);
	return 0;
}

int genetlink_open(struct vdev_sys *sys, const char *name, uint8_t version,
		   struct genetlink *ret)
{
	struct nlmessage b;
	uint16_t family = 0;
	int error;

	start(&b, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, 0);
	nlmessage_put_string(&b, CTRL_ATTR_FAMILY_NAME, name);
	error = nlmessage_send(&b, sys, NETLINK_GENERIC, take_family, &family,
			       NULL);
	if (error)
		return error;
	if (!family)
		return -EBADMSG;
	*ret = (struct genetlink){ .sys = sys,
				   .family = family,
				   .version = version };
	return 0;
}

/* --- Families that are there */

static int take_group(const struct nlattr *nest, const char *name,
		      uint32_t *ret)
{
	static const struct nla_policy policy[CTRL_ATTR_MCAST_GRP_ID + 1] = {
		[CTRL_ATTR_MCAST_GRP_NAME] = { .type = NLA_STRING },
		[CTRL_ATTR_MCAST_GRP_ID] = { .type = NLA_U32 },
	};
	struct nlattr *a[ARRAY_SIZE(policy)];

	if (nlmessage_parse_nested(nest, a, ARRAY_SIZE(a), policy))
		return -EBADMSG;
	if (a[CTRL_ATTR_MCAST_GRP_NAME] && a[CTRL_ATTR_MCAST_GRP_ID] &&
	    str_eq(nla_get_string(a[CTRL_ATTR_MCAST_GRP_NAME]), name))
		*ret = nla_get_u32(a[CTRL_ATTR_MCAST_GRP_ID]);
	return 0;
}

static int take_groups(const struct nlattr *nest, const char *name,
		       uint32_t *ret)
{
	const struct nlattr *a = NULL;
	int error = 0;

	*ret = 0;
	while (nest && !error && (a = nlmessage_next(nest, a)))
		error = take_group(a, name, ret);
	return error;
}

int genetlink_take_family(const void *message, const char *name,
			  const char *group_name, uint16_t *family,
			  uint32_t *group)
{
	static const struct nla_policy policy[CTRL_ATTR_MCAST_GROUPS + 1] = {
		[CTRL_ATTR_FAMILY_ID] = { .type = NLA_U16 },
		[CTRL_ATTR_FAMILY_NAME] = { .type = NLA_STRING },
	};
	struct nlattr *a[ARRAY_SIZE(policy)];
	uint32_t found;
	uint16_t id;

	if (genetlink_parse(message, a, ARRAY_SIZE(a), policy))
		return -EBADMSG;
	if (!a[CTRL_ATTR_FAMILY_NAME] ||
	    !str_eq(nla_get_string(a[CTRL_ATTR_FAMILY_NAME]), name))
		return 0;
	id = a[CTRL_ATTR_FAMILY_ID] ? nla_get_u16(a[CTRL_ATTR_FAMILY_ID]) : 0;
	if (!id || take_groups(a[CTRL_ATTR_MCAST_GROUPS], group_name, &found))
		return -EBADMSG;
	*family = id;
	*group = found;
	return 1;
}

struct search {
	const char *name;
	const char *group_name;
	uint16_t family;
	uint32_t group;
};

static int take_found(void *data, const void *message)
{
	struct search *s = data;
	int ret = genetlink_take_family(message, s->name, s->group_name,
					&s->family, &s->group);

	return ret < 0 ? ret : 0;
}

int genetlink_find(struct vdev_sys *sys, const char *name, uint8_t version,
		   const char *group_name, struct genetlink *ret,
		   uint32_t *group)
{
	struct search s = { .name = name, .group_name = group_name };
	struct nlmessage b;
	int error;

	start(&b, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, NLM_F_DUMP);
	error = nlmessage_send(&b, sys, NETLINK_GENERIC, take_found, &s, NULL);
	if (error)
		return error;
	if (!s.family)
		return -ENOENT;
	*ret = (struct genetlink){ .sys = sys,
				   .family = s.family,
				   .version = version };
	*group = s.group;
	return 0;
}

/* --- Messages */

void genetlink_start(const struct genetlink *g, struct nlmessage *b,
		     uint8_t command, int flags)
{
	start(b, g->family, command, g->version, flags);
}

int genetlink_send(struct genetlink *g, struct nlmessage *b,
		   vdev_sys_netlink_fn fn, void *data)
{
	return nlmessage_send(b, g->sys, NETLINK_GENERIC, fn, data, g->why);
}

int genetlink_parse(const void *message, struct nlattr **table,
		    unsigned int count, const struct nla_policy *policy)
{
	return nlmessage_parse(message, GENL_HDRLEN, table, count, policy);
}

const struct nlattr *genetlink_next(const void *message,
				    const struct nlattr *at)
{
	const struct nlmsghdr *h = message;
	const char *start = (const char *)message + NLMSG_LENGTH(GENL_HDRLEN);
	const char *end = (const char *)message + h->nlmsg_len;

	return nlmessage_step(start, end, at);
}
