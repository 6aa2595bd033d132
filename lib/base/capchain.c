/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/capchain.h"

#include <string.h>

struct header {
	uint16_t id;
	uint16_t version;
	uint32_t next;
};

bool capchain_next(struct capchain *chain, struct capchain_entry *ret)
{
	const uint32_t at = chain->next;
	struct header header;

	if (!at || chain->broken)
		return false;
	if (at % 4 || chain->size < sizeof(header) ||
	    at > chain->size - sizeof(header) ||
	    chain->seen++ >= CAPCHAIN_MOST) {
		chain->broken = true;
		return false;
	}
	memcpy(&header, (const char *)chain->info + at, sizeof(header));
	chain->next = header.next;
	ret->id = header.id;
	ret->version = header.version;
	ret->start = (const char *)chain->info + at;
	/* It ends where the next one begins, if that is behind its header. */
	ret->size = (header.next >= at + sizeof(header) &&
				     header.next <= chain->size
			     ? header.next
			     : chain->size) -
		    at;
	return true;
}
