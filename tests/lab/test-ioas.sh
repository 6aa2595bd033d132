#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: legacy
# kernel: stock 6.1
# timeout: 300
#
# Address spaces, HWPTs and PASIDs of the real kernel, and of its mock of
# devices and IOMMUs. (In scalable mode Linux 6.1 warns of a mask of its own when
# it unmaps several pages, qi_flush_piotlb().)
. "${BASH_SOURCE[0]%/*}/tap.sh"
. "${BASH_SOURCE[0]%/*}/cases.sh"

IOAS=$VDEV_LAB_BUILD/tests/lab/prog/test_ioas

# try NAME ARGUMENT...: takes over what the program finds.
try() {
	local title=$1 verdict name
	shift
	t_run "$title: the program ends" 0 "$IOAS" "$@"
	while read -r verdict name; do
		case $verdict in
		ok) t_pass "$title: $name" ;;
		not) t_fail "$title: ${name#ok }" ;;
		*) t_diag "$verdict $name" ;;
		esac
	done <<<"$T_OUT"
}

for kind in iommufd compat; do
	if [ -e /dev/iommu ]; then
		try "$kind" maps "$kind"
	else
		t_skip "$kind" "this kernel has no iommufd"
	fi
done
t_run "bind $IGB" 0 vdevctl bind "$IGB"
try "type1" maps type1 "$IGB"
t_run "restore $IGB" 0 vdevctl restore "$IGB"

if [ -d /sys/bus/iommufd_mock ]; then
	try "mock" mock
	try "limit" limit
else
	t_skip "the kernel's mock" "the kernel has no CONFIG_IOMMUFD_TEST"
fi

t_done
