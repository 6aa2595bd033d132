/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_BASE_UTIL_H
#define VDEV_BASE_UTIL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ARRAY_SIZE(a)	  (sizeof(a) / sizeof((a)[0]))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

static inline void vdev_cleanup_free(void *p)
{
	free(*(void **)p);
}

/* Frees a pointer when it goes out of scope. */
#define _auto_free_ __attribute__((cleanup(vdev_cleanup_free)))

/* Takes the pointer out of the variable, for handing over ownership. */
#define TAKE(p)                                 \
	({                                      \
		__typeof__(p) *_place = &(p);   \
		__typeof__(p) _value = *_place; \
		*_place = NULL;                 \
		_value;                         \
	})

static inline bool str_eq(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static inline bool str_starts(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

/* The part after the last slash. */
const char *str_basename(const char *path);

/* Cuts white space off the end, in place. */
char *str_trim(char *s);

/*
 * A whole number with nothing behind it. Return: 0, -EINVAL or -ERANGE.
 */
int str_to_u64(const char *s, unsigned int base, uint64_t *ret);

/* A whole number from 0 to INT_MAX, or -EINVAL. */
int str_to_int(const char *s);

/*
 * A growing list of strings. `items` is NULL-terminated once anything was
 * added; strv_items() gives an empty array before that.
 */
struct strv {
	char **items;
	size_t count;
};

int strv_add(struct strv *v, const char *s);
int strv_addf(struct strv *v, const char *fmt, ...) PRINTF(2, 3);
int strv_split(struct strv *v, const char *s, const char *separators);
bool strv_has(const struct strv *v, const char *s);
void strv_sort(struct strv *v);
const char *const *strv_items(const struct strv *v);
void strv_clear(struct strv *v);

#define _auto_strv_ __attribute__((cleanup(strv_clear)))

#define strv_foreach(v, s)                                                   \
	for (size_t _i = 0; _i < (v)->count && ((s) = (v)->items[_i], true); \
	     _i++)

/*
 * A growing text. After any failure to allocate `failed` is set and further
 * additions do nothing, so that only the end needs a check.
 */
struct strbuf {
	char *text;
	size_t length;
	size_t size;
	bool failed;
};

void strbuf_add(struct strbuf *b, const void *data, size_t length);
void strbuf_addf(struct strbuf *b, const char *fmt, ...) PRINTF(2, 3);
void strbuf_vaddf(struct strbuf *b, const char *fmt, va_list args) PRINTF(2, 0);
/* The text, for the caller to free; NULL if memory ran out. */
char *strbuf_finish(struct strbuf *b);
void strbuf_clear(struct strbuf *b);

#define _auto_strbuf_ __attribute__((cleanup(strbuf_clear)))

/*
 * Makes room for one more element in an array that grows by doubling:
 * `*items` holds `count` elements of `size` bytes. Return: 0 or -ENOMEM.
 */
int array_reserve(void *items, size_t count, size_t size);

/* Appends an element to such an array. Return: 0 or -ENOMEM. */
#define ARRAY_ADD(items, count, element)                                     \
	({                                                                   \
		int _ret = array_reserve(&(items), count, sizeof(*(items))); \
		if (!_ret)                                                   \
			(items)[(count)++] = (element);                      \
		_ret;                                                        \
	})

/* A PCI address "DDDD:BB:DD.F", the domain of four to eight digits. */
struct pci_address {
	uint32_t domain;
	uint8_t bus;
	uint8_t device;
	uint8_t function;
};

/* Accepts an address without domain too. Return: 0 or -EINVAL. */
int pci_address_parse(const char *s, struct pci_address *ret);
#define PCI_ADDRESS_SIZE 20
void pci_address_format(const struct pci_address *a,
			char text[PCI_ADDRESS_SIZE]);
int pci_address_compare(const struct pci_address *a,
			const struct pci_address *b);

/* Whether `s` is a UUID; if so `text` receives it in lower case. */
#define UUID_TEXT_SIZE 37
bool uuid_normalize(const char *s, char text[UUID_TEXT_SIZE]);

#endif
