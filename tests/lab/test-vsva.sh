#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: legacy
# kernel: stock patched
# timeout: 300
#
# What a virtual IOMMU is built on: nested HWPTs, invalidations, faults, vIOMMUs,
# their devices, events and hardware queues, on the kernel's mock.
. "${BASH_SOURCE[0]%/*}/tap.sh"

[ -d /sys/bus/iommufd_mock ] || t_bail "the kernel has no CONFIG_IOMMUFD_TEST"

t_run "the program ends" 0 "$VDEV_LAB_BUILD/tests/lab/prog/test_vsva"
while read -r verdict name; do
	case $verdict in
	ok) t_pass "$name" ;;
	not) t_fail "${name#ok }" ;;
	*) t_diag "$verdict $name" ;;
	esac
done <<<"$T_OUT"
[ -z "$T_ERR" ] || t_diag "$T_ERR"
t_done
