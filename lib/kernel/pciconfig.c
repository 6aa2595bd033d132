/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/pciconfig.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"

#define STATUS		  0x06
#define STATUS_CAP_LIST	  0x10
#define HEADER_TYPE	  0x0e
#define HEADER_TYPE_MASK  0x7f
#define HEADER_CARDBUS	  2
#define CAP_LIST	  0x34
#define CARDBUS_CAP_LIST  0x14
#define PASID_CAP	  4
#define PASID_WIDTH_SHIFT 8
#define PASID_WIDTH_MASK  0x1f
#define PASID_WIDTH_MOST  20

uint16_t pciconfig_u16(const uint8_t *config, size_t offset)
{
	return (uint16_t)(config[offset] | config[offset + 1] << 8);
}

uint32_t pciconfig_u32(const uint8_t *config, size_t offset)
{
	return pciconfig_u16(config, offset) |
	       (uint32_t)pciconfig_u16(config, offset + 2) << 16;
}

bool pciconfig_answers(const uint8_t *config, size_t size)
{
	/* The id alone does not tell: a VF's registers hold ones there. */
	for (size_t i = 0; i < size && i < PCICONFIG_HEADER; i++)
		if (config[i] != 0xff)
			return true;
	return false;
}

bool pciconfig_has_caps(const uint8_t *config, size_t size)
{
	return size >= PCICONFIG_HEADER &&
	       pciconfig_u16(config, STATUS) & STATUS_CAP_LIST;
}

/* Offsets are multiples of 4. */
struct walk {
	const uint8_t *config;
	size_t size;
	uint8_t seen[PCICONFIG_SIZE / 4 / 8];
	struct vdev_pci_cap *caps;
	size_t count;
};

/* Whether a capability may start here, which it may do once. */
static bool visit(struct walk *w, size_t offset, size_t least, size_t end)
{
	uint8_t bit = (uint8_t)(1 << (offset / 4 % 8));
	uint8_t *byte;

	if (offset < least || offset + 4 > end)
		return false;
	byte = &w->seen[offset / 4 / 8];
	if (*byte & bit)
		return false;
	*byte |= bit;
	return true;
}

static void walk_plain(struct walk *w)
{
	size_t end = w->size < PCICONFIG_PLAIN ? w->size : PCICONFIG_PLAIN;
	bool cardbus =
		(w->config[HEADER_TYPE] & HEADER_TYPE_MASK) == HEADER_CARDBUS;
	size_t offset = w->config[cardbus ? CARDBUS_CAP_LIST : CAP_LIST] & ~3U;

	while (visit(w, offset, PCICONFIG_HEADER, end)) {
		uint8_t id = w->config[offset];

		if (id == 0xff)
			break;
		w->caps[w->count++] = (struct vdev_pci_cap){
			.id = id,
			.offset = (uint16_t)offset,
		};
		offset = w->config[offset + 1] & ~3U;
	}
}

static void walk_extended(struct walk *w)
{
	size_t end = w->size < PCICONFIG_SIZE ? w->size : PCICONFIG_SIZE;
	size_t offset = PCICONFIG_PLAIN;

	while (visit(w, offset, PCICONFIG_PLAIN, end)) {
		uint32_t header = pciconfig_u32(w->config, offset);

		/* The first one is all zeros if there is none. */
		if (!header || header == UINT32_MAX)
			break;
		w->caps[w->count++] = (struct vdev_pci_cap){
			.id = (uint16_t)header,
			.version = header >> 16 & 0xf,
			.extended = 1,
			.offset = (uint16_t)offset,
		};
		offset = header >> 20 & ~3U;
	}
}

size_t pciconfig_caps(const uint8_t *config, size_t size,
		      struct vdev_pci_cap caps[PCICONFIG_MAX_CAPS])
{
	struct walk w = { .config = config, .size = size, .caps = caps };

	if (!pciconfig_has_caps(config, size))
		return 0;
	walk_plain(&w);
	walk_extended(&w);
	return w.count;
}

int pciconfig_pasid_width(const uint8_t *config, size_t size, size_t offset)
{
	int width;

	if (offset + PASID_CAP + 2 > size)
		return -EIO;
	width = pciconfig_u16(config, offset + PASID_CAP) >> PASID_WIDTH_SHIFT &
		PASID_WIDTH_MASK;
	return width > PASID_WIDTH_MOST ? -EIO : width;
}

static const char *const plain_names[] = {
	[0x01] = "pm",	    [0x02] = "agp",  [0x03] = "vpd",
	[0x04] = "slotid",  [0x05] = "msi",  [0x06] = "chswp",
	[0x07] = "pcix",    [0x08] = "ht",   [0x09] = "vendor",
	[0x0a] = "debug",   [0x0b] = "ccrc", [0x0c] = "shpc",
	[0x0d] = "ssvid",   [0x0e] = "agp3", [0x0f] = "secdev",
	[0x10] = "express", [0x11] = "msix", [0x12] = "sata",
	[0x13] = "af",	    [0x14] = "ea",   [0x15] = "fpb",
};

static const char *const extended_names[] = {
	[0x01] = "aer",	     [0x02] = "vc",	[0x03] = "dsn",
	[0x04] = "power",    [0x05] = "rclink", [0x06] = "rcilink",
	[0x07] = "rcec",     [0x08] = "mfvc",	[0x09] = "vc9",
	[0x0a] = "rcrb",     [0x0b] = "vendor", [0x0c] = "cac",
	[0x0d] = "acs",	     [0x0e] = "ari",	[0x0f] = "ats",
	[0x10] = "sriov",    [0x11] = "mriov",	[0x12] = "multicast",
	[0x13] = "pri",	     [0x14] = "amd",	[0x15] = "rebar",
	[0x16] = "dpa",	     [0x17] = "tph",	[0x18] = "ltr",
	[0x19] = "secpci",   [0x1a] = "pmux",	[0x1b] = "pasid",
	[0x1c] = "lnr",	     [0x1d] = "dpc",	[0x1e] = "l1ss",
	[0x1f] = "ptm",	     [0x20] = "mpcie",	[0x21] = "frs",
	[0x22] = "rtr",	     [0x23] = "dvsec",	[0x24] = "vfrebar",
	[0x25] = "dlf",	     [0x26] = "pl16",	[0x27] = "lmr",
	[0x28] = "hid",	     [0x29] = "npem",	[0x2a] = "pl32",
	[0x2b] = "altproto", [0x2c] = "sfi",	[0x2d] = "shadow",
	[0x2e] = "doe",	     [0x2f] = "dev3",	[0x30] = "ide",
	[0x31] = "pl64",
};

const char *pciconfig_cap_name(unsigned int id, bool extended)
{
	if (extended)
		return id < ARRAY_SIZE(extended_names) ? extended_names[id]
						       : NULL;
	return id < ARRAY_SIZE(plain_names) ? plain_names[id] : NULL;
}
