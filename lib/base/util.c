/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/util.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>

const char *str_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *str_trim(char *s)
{
	size_t n = strlen(s);

	while (n && isspace((unsigned char)s[n - 1]))
		s[--n] = '\0';
	return s;
}

int str_to_u64(const char *s, unsigned int base, uint64_t *ret)
{
	unsigned long long value;
	char *end;

	/* strtoull() takes signs and leading blanks; a number here has none. */
	if (!isxdigit((unsigned char)*s))
		return -EINVAL;
	errno = 0;
	value = strtoull(s, &end, (int)base);
	if (end == s || *end)
		return -EINVAL;
	if (errno)
		return -ERANGE;
	*ret = value;
	return 0;
}

int str_to_int(const char *s)
{
	uint64_t value;

	if (str_to_u64(s, 10, &value) || value > INT_MAX)
		return -EINVAL;
	return (int)value;
}

int array_reserve(void *items, size_t count, size_t size)
{
	void **place = items;
	void *grown;

	/* Full at every power of two, which is when it doubles. */
	if (count & (count - 1))
		return 0;
	grown = reallocarray(*place, count ? count * 2 : 1, size);
	if (!grown)
		return -ENOMEM;
	*place = grown;
	return 0;
}

static int strv_take(struct strv *v, char *s)
{
	char **grown;

	if (!s)
		return -ENOMEM;
	grown = reallocarray(v->items, v->count + 2, sizeof(*grown));
	if (!grown) {
		free(s);
		return -ENOMEM;
	}
	v->items = grown;
	v->items[v->count++] = s;
	v->items[v->count] = NULL;
	return 0;
}

int strv_add(struct strv *v, const char *s)
{
	return strv_take(v, strdup(s));
}

int strv_addf(struct strv *v, const char *fmt, ...)
{
	struct strbuf b = { 0 };
	va_list args;

	va_start(args, fmt);
	strbuf_vaddf(&b, fmt, args);
	va_end(args);
	return strv_take(v, strbuf_finish(&b));
}

int strv_split(struct strv *v, const char *s, const char *separators)
{
	while (*(s += strspn(s, separators))) {
		size_t n = strcspn(s, separators);
		int ret = strv_take(v, strndup(s, n));

		if (ret)
			return ret;
		s += n;
	}
	return 0;
}

bool strv_has(const struct strv *v, const char *s)
{
	for (size_t i = 0; i < v->count; i++)
		if (!strcmp(v->items[i], s))
			return true;
	return false;
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(struct strv *v)
{
	if (v->count)
		qsort(v->items, v->count, sizeof(*v->items), compare_strings);
}

const char *const *strv_items(const struct strv *v)
{
	static const char *const empty[1];

	return v->items ? (const char *const *)v->items : empty;
}

void strv_clear(struct strv *v)
{
	for (size_t i = 0; i < v->count; i++)
		free(v->items[i]);
	free(v->items);
	*v = (struct strv){ 0 };
}

static bool strbuf_reserve(struct strbuf *b, size_t more)
{
	size_t size = b->size ? b->size : 64;
	char *text;

	if (b->failed)
		return false;
	while (size - b->length <= more)
		size *= 2;
	if (size == b->size)
		return true;
	text = realloc(b->text, size);
	if (!text) {
		b->failed = true;
		return false;
	}
	b->text = text;
	b->size = size;
	return true;
}

void strbuf_add(struct strbuf *b, const void *data, size_t length)
{
	if (!strbuf_reserve(b, length))
		return;
	memcpy(b->text + b->length, data, length);
	b->length += length;
	b->text[b->length] = '\0';
}

void strbuf_vaddf(struct strbuf *b, const char *fmt, va_list args)
{
	va_list again;
	int n;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, fmt, args);
	if (n >= 0 && strbuf_reserve(b, (size_t)n)) {
		vsnprintf(b->text + b->length, (size_t)n + 1, fmt, again);
		b->length += (size_t)n;
	}
	va_end(again);
}

void strbuf_addf(struct strbuf *b, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	strbuf_vaddf(b, fmt, args);
	va_end(args);
}

char *strbuf_finish(struct strbuf *b)
{
	char *text;

	strbuf_add(b, "", 0);
	if (b->failed) {
		strbuf_clear(b);
		return NULL;
	}
	text = b->text;
	*b = (struct strbuf){ 0 };
	return text;
}

void strbuf_clear(struct strbuf *b)
{
	free(b->text);
	*b = (struct strbuf){ 0 };
}

/* Reads `least` to `most` hexadecimal digits that `end` follows. */
static bool hex_field(const char **s, unsigned int least, unsigned int most,
		      char end, uint32_t *ret)
{
	unsigned int n = 0;
	uint32_t value = 0;

	for (; isxdigit((unsigned char)**s); (*s)++, n++) {
		int c = tolower((unsigned char)**s);

		if (n == most)
			return false;
		value = value << 4 |
			(uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	if (n < least || **s != end)
		return false;
	if (end)
		(*s)++;
	*ret = value;
	return true;
}

int pci_address_parse(const char *s, struct pci_address *ret)
{
	const char *colon = strchr(s, ':');
	uint32_t domain = 0, bus, device, function;

	if (!colon)
		return -EINVAL;
	if (strchr(colon + 1, ':') && !hex_field(&s, 4, 8, ':', &domain))
		return -EINVAL;
	if (!hex_field(&s, 2, 2, ':', &bus) ||
	    !hex_field(&s, 2, 2, '.', &device) ||
	    !hex_field(&s, 1, 1, '\0', &function))
		return -EINVAL;
	if (device > 31 || function > 7)
		return -EINVAL;
	*ret = (struct pci_address){ domain, (uint8_t)bus, (uint8_t)device,
				     (uint8_t)function };
	return 0;
}

void pci_address_format(const struct pci_address *a,
			char text[PCI_ADDRESS_SIZE])
{
	snprintf(text, PCI_ADDRESS_SIZE, "%04x:%02x:%02x.%x", a->domain, a->bus,
		 a->device, a->function);
}

int pci_address_compare(const struct pci_address *a,
			const struct pci_address *b)
{
	if (a->domain != b->domain)
		return a->domain < b->domain ? -1 : 1;
	if (a->bus != b->bus)
		return a->bus < b->bus ? -1 : 1;
	if (a->device != b->device)
		return a->device < b->device ? -1 : 1;
	return (a->function > b->function) - (a->function < b->function);
}

bool uuid_normalize(const char *s, char text[UUID_TEXT_SIZE])
{
	size_t i;

	for (i = 0; i < UUID_TEXT_SIZE - 1; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? s[i] != '-' : !isxdigit((unsigned char)s[i]))
			return false;
		text[i] = (char)tolower((unsigned char)s[i]);
	}
	text[i] = '\0';
	return !s[i];
}
