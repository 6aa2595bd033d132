/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "handover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

void handover_clear(struct handover *h)
{
	free(h->devices);
	free(h->groups);
	*h = (struct handover){ 0 };
}

size_t handover_add_group(struct handover *h, int group, int fd)
{
	for (size_t i = 0; i < h->group_count; i++)
		if (h->groups[i].group == group)
			return i;
	h->groups =
		x_realloc(h->groups, h->group_count + 1, sizeof(*h->groups));
	h->groups[h->group_count] =
		(struct handed_group){ .group = group, .fd = fd };
	return h->group_count++;
}

/* --- Numbers */

static int total(const struct handover *h)
{
	return 1 + (int)h->count + (int)h->group_count;
}

int handover_number(struct handover *h, bool (*is_taken)(int fd))
{
	int first = HANDOVER_FIRST, next;

	for (int fd = first; fd < first + total(h); fd++)
		if (is_taken(fd))
			first = fd + 1;
	next = first;
	h->iommu_number = next++;
	for (size_t i = 0; i < h->count; i++)
		h->devices[i].number = next++;
	for (size_t i = 0; i < h->group_count; i++)
		h->groups[i].number = next++;
	return first;
}

/* In the order of the numbers. */
static int fd_at(const struct handover *h, int i)
{
	if (!i)
		return h->iommu_fd;
	i--;
	if ((size_t)i < h->count)
		return h->devices[i].fd;
	return h->groups[(size_t)i - h->count].fd;
}

int handover_place(const struct handover *h)
{
	const int count = total(h), first = h->iommu_number;
	_auto_free_ int *copies = x_alloc((size_t)count, sizeof(*copies));

	/* Out of the way first: one may stand in the place of another. */
	for (int i = 0; i < count; i++) {
		copies[i] = fcntl(fd_at(h, i), F_DUPFD_CLOEXEC, first + count);
		if (copies[i] < 0)
			return -errno;
	}
	for (int i = 0; i < count; i++)
		if (dup2(copies[i], first + i) < 0)
			return -errno;
	return 0;
}

/* --- Variables */

struct variables {
	char **items;
	size_t count;
};

static void add(struct variables *v, char *text)
{
	v->items = x_realloc(v->items, v->count + 2, sizeof(*v->items));
	v->items[v->count++] = text;
	v->items[v->count] = NULL;
}

static char *id_text(const struct handover *h, uint32_t id)
{
	return h->planned ? x_strdup("?") : x_asprintf("%u", id);
}

static char *names_of(const struct handover *h)
{
	char *names = x_strdup(h->iommu);

	for (size_t i = 0; i < h->count + h->group_count; i++) {
		bool device = i < h->count;
		char *more = x_asprintf("%s:%s%zu", names,
					device ? "device" : "group",
					device ? i : i - h->count);

		free(names);
		names = more;
	}
	return names;
}

static void add_listen(struct variables *v, const struct handover *h, pid_t pid)
{
	_auto_free_ char *names = names_of(h);

	add(v, x_asprintf("LISTEN_FDS=%d", total(h)));
	add(v, h->planned ? x_strdup("LISTEN_PID=?")
			  : x_asprintf("LISTEN_PID=%d", (int)pid));
	add(v, x_asprintf("LISTEN_FDNAMES=%s", names));
}

static void add_device(struct variables *v, const struct handover *h, size_t i)
{
	const struct handed_device *d = &h->devices[i];

	add(v, x_asprintf("VDEV_DEVICE_%zu=%d", i, d->number));
	add(v, x_asprintf("VDEV_DEVICE_%zu_ADDRESS=%s", i, d->address));
	if (d->has_id) {
		_auto_free_ char *id = id_text(h, d->id);

		add(v, x_asprintf("VDEV_DEVICE_%zu_ID=%s", i, id));
	}
	if (d->in_group)
		add(v, x_asprintf("VDEV_DEVICE_%zu_GROUP=%d", i,
				  h->groups[d->group].number));
}

char **handover_variables(const struct handover *h, pid_t pid)
{
	struct variables v = { 0 };

	/* The protocol has no other place for the first of them. */
	if (h->iommu_number == HANDOVER_FIRST)
		add_listen(&v, h, pid);
	add(&v,
	    x_asprintf("VDEV_%s=%d",
		       str_eq(h->iommu, "iommufd") ? "IOMMUFD" : "CONTAINER",
		       h->iommu_number));
	if (h->has_ioas) {
		_auto_free_ char *id = id_text(h, h->ioas);

		add(&v, x_asprintf("VDEV_IOAS=%s", id));
	}
	add(&v, x_asprintf("VDEV_DEVICES=%zu", h->count));
	for (size_t i = 0; i < h->count; i++)
		add_device(&v, h, i);
	return v.items;
}

void handover_free_variables(char **variables)
{
	for (char **v = variables; v && *v; v++)
		free(*v);
	free(variables);
}

bool handover_is_variable(const char *name, size_t length)
{
	static const char *const names[] = { "VDEV_IOMMUFD", "VDEV_CONTAINER",
					     "VDEV_IOAS", "VDEV_DEVICES" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (length == strlen(names[i]) &&
		    !strncmp(name, names[i], length))
			return true;
	return str_starts(name, "VDEV_DEVICE_");
}

/* --- Arguments */

/* What is written in braces. */
struct key {
	char *name;	  /* "iommufd", "0", an address */
	const char *part; /* "", "id" or "group" */
};

static void key_set(struct key *key, const char *text, size_t length)
{
	static const char *const parts[] = { "id", "group" };

	key->name = x_asprintf("%.*s", (int)length, text);
	key->part = "";
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		char *dot = strrchr(key->name, '.');

		if (dot && str_eq(dot + 1, parts[i])) {
			*dot = '\0';
			key->part = parts[i];
		}
	}
}

static bool is_number(const char *name)
{
	return *name && strspn(name, "0123456789") == strlen(name);
}

/* A PCI address, of whichever device. */
static bool is_address(const char *name)
{
	unsigned int domain, bus, slot, function;
	int end = 0, end_short = 0;

	(void)sscanf(name, "%x:%x:%x.%x%n", &domain, &bus, &slot, &function,
		     &end);
	(void)sscanf(name, "%x:%x.%x%n", &bus, &slot, &function, &end_short);
	return (end && !name[end]) || (end_short && !name[end_short]);
}

static const struct handed_device *find_device(const struct handover *h,
					       const char *name)
{
	for (size_t i = 0; i < h->count; i++) {
		const struct handed_device *d = &h->devices[i];

		if (str_eq(name, d->address) || str_eq(name, d->name) ||
		    (str_starts(d->address, "0000:") &&
		     str_eq(name, d->address + 5)))
			return d;
	}
	if (is_number(name) && strlen(name) < 9 &&
	    strtoul(name, NULL, 10) < h->count)
		return &h->devices[strtoul(name, NULL, 10)];
	return NULL;
}

/* Whether the braces are meant for us: programs have theirs, too. */
static bool is_ours(const struct handover *h, const struct key *key)
{
	if (!*key->part &&
	    (str_eq(key->name, "iommufd") || str_eq(key->name, "container") ||
	     str_eq(key->name, "ioas")))
		return true;
	return is_number(key->name) || is_address(key->name) ||
	       find_device(h, key->name);
}

static char *device_value(const struct handover *h,
			  const struct handed_device *d, const struct key *key,
			  char **wrong)
{
	if (!*key->part)
		return x_asprintf("%d", d->number);
	if (str_eq(key->part, "id") && d->has_id)
		return id_text(h, d->id);
	if (str_eq(key->part, "group") && d->in_group)
		return x_asprintf("%d", h->groups[d->group].number);
	*wrong = str_eq(key->part, "id")
			 ? x_asprintf("{%s.id}: %s is not bound to an iommufd "
				      "and has no id in one",
				      key->name, d->address)
			 : x_asprintf("{%s.group}: %s is not opened through "
				      "its group",
				      key->name, d->address);
	return NULL;
}

static char *value_of(const struct handover *h, const struct key *key,
		      char **wrong)
{
	const struct handed_device *d;

	if (str_eq(key->name, h->iommu))
		return x_asprintf("%d", h->iommu_number);
	if (str_eq(key->name, "ioas") && h->has_ioas)
		return id_text(h, h->ioas);
	d = find_device(h, key->name);
	if (d)
		return device_value(h, d, key, wrong);
	if (str_eq(key->name, "ioas"))
		*wrong = x_strdup("{ioas}: there is an address space only with "
				  "--ioas");
	else if (str_eq(key->name, "iommufd") || str_eq(key->name, "container"))
		*wrong = x_asprintf("{%s}: what is passed is the %s", key->name,
				    str_eq(h->iommu, "iommufd") ? "iommufd"
								: "container");
	else
		*wrong = x_asprintf("{%s}: there is no such device among the "
				    "%zu that are passed",
				    key->name, h->count);
	return NULL;
}

/*
 * What begins with a brace: its text if it is ours, or NULL; `length` receives
 * how much of the argument it is.
 */
static char *expand_one(const struct handover *h, const char *s, size_t *length,
			char **wrong)
{
	bool literal = s[1] == '{';
	const char *start = s + 1 + literal;
	size_t size = strcspn(start, "{}");
	struct key key;
	char *text = NULL;

	if (start[size] != '}' || (literal && start[size + 1] != '}'))
		return NULL;
	key_set(&key, start, size);
	*length = size + 2 + 2 * (size_t)literal;
	if (is_ours(h, &key))
		text = literal ? x_asprintf("{%.*s}", (int)size, start)
			       : value_of(h, &key, wrong);
	free(key.name);
	return text;
}

char *handover_expand(const struct handover *h, const char *argument,
		      char **wrong)
{
	char *text = x_strdup("");

	*wrong = NULL;
	while (*argument) {
		size_t length = strcspn(argument, "{");
		char *piece = NULL, *more;

		if (!length)
			piece = expand_one(h, argument, &length, wrong);
		if (*wrong) {
			free(text);
			return NULL;
		}
		if (!piece) {
			length = length && *argument != '{' ? length : 1;
			piece = x_asprintf("%.*s", (int)length, argument);
		}
		more = x_asprintf("%s%s", text, piece);
		free(piece);
		free(text);
		text = more;
		argument += length;
	}
	return text;
}
