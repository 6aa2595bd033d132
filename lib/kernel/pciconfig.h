/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef VDEV_KERNEL_PCICONFIG_H
#define VDEV_KERNEL_PCICONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libvdev/pci.h>

/*
 * The configuration space of a PCI function, as bytes: nothing here reads any.
 *
 * Source: PCI Local Bus Specification 3.0, 6.7 and PCI Express Base
 * Specification, 7.5 and 7.6; the ids are those of include/uapi/linux/
 * pci_regs.h.
 */

#define PCICONFIG_HEADER 64   /* what everybody may read */
#define PCICONFIG_PLAIN	 256  /* where extended capabilities begin */
#define PCICONFIG_SIZE	 4096 /* of a PCI Express function */

/* No chain is longer: a capability has at least 4 bytes. */
#define PCICONFIG_MAX_CAPS ((PCICONFIG_SIZE - PCICONFIG_HEADER) / 4)

/* Of plain capabilities, the one that is looked into. */
#define PCICONFIG_CAP_MSIX 0x11

enum pciconfig_ext_cap {
	PCICONFIG_EXT_CAP_ACS = 0x0d,
	PCICONFIG_EXT_CAP_ATS = 0x0f,
	PCICONFIG_EXT_CAP_PRI = 0x13,
	PCICONFIG_EXT_CAP_PASID = 0x1b,
};

uint16_t pciconfig_u16(const uint8_t *config, size_t offset);
uint32_t pciconfig_u32(const uint8_t *config, size_t offset);

/* Whether the function answers: one that does not reads as all ones. */
bool pciconfig_answers(const uint8_t *config, size_t size);

/* Whether there are capabilities behind the header. */
bool pciconfig_has_caps(const uint8_t *config, size_t size);

/*
 * Walks both chains of capabilities. One that leaves the space or comes back
 * to an offset already seen ends there. Return: how many there are.
 */
size_t pciconfig_caps(const uint8_t *config, size_t size,
		      struct vdev_pci_cap caps[PCICONFIG_MAX_CAPS]);

/* The width in the PASID capability at `offset`, or -EIO if it is impossible.
 */
int pciconfig_pasid_width(const uint8_t *config, size_t size, size_t offset);

/* A capability's name, or NULL. */
const char *pciconfig_cap_name(unsigned int id, bool extended);

#endif
