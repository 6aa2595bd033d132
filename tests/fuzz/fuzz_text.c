/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Numbers, addresses, UUIDs and lists that a user or a file gives. */

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_auto_free_ char *s = fuzz_string(data, size);
	_auto_strv_ struct strv words = { 0 };
	char address[PCI_ADDRESS_SIZE], uuid[UUID_TEXT_SIZE];
	struct pci_address a, b;
	uint64_t value;

	if (!pci_address_parse(s, &a)) {
		/* What is understood is printed so that it is again. */
		pci_address_format(&a, address);
		FUZZ_CHECK(!pci_address_parse(address, &b));
		FUZZ_CHECK(!pci_address_compare(&a, &b));
	}
	if (uuid_normalize(s, uuid))
		FUZZ_CHECK(strlen(uuid) == UUID_TEXT_SIZE - 1);
	for (unsigned int base = 0; base <= 16; base += 2)
		if (base != 2)
			(void)str_to_u64(s, base, &value);
	(void)str_to_int(s);
	FUZZ_CHECK(!strv_split(&words, s, " ,\n"));
	strv_sort(&words);
	(void)str_trim(s);
	return 0;
}
