/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Messages of the network's state, and the file that a capture has of it. */

#include "fuzz.h"
#include "kernel/rtnetlink.h"

static void facts_of(struct vdev_sys *sys)
{
	struct net_facts facts = { 0 };
	_auto_strbuf_ struct strbuf text = { 0 };

	if (!rtnetlink_facts(sys, &facts)) {
		rtnetlink_format(&facts, &text);
		for (size_t i = 0; i < facts.link_count; i++)
			(void)rtnetlink_link(&facts, facts.links[i].name);
	}
	rtnetlink_facts_clear(&facts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input;
	struct vdev_sys sys;
	char root[] = "/";

	fuzz_sys(&sys, &input, data, size);
	facts_of(&sys);
	sys.root = root;
	facts_of(&sys);
	return 0;
}
