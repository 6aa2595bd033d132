#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: legacy
# kernel: stock 6.1 patched
# timeout: 300
#
# Dirty pages: of a container with a hardware device, of HWPTs bit for bit on the
# kernel's mock, and on the patched kernel of the test device: by its IOMMU, its
# own log and both, and by a container whose mediated device pins pages.
. "${BASH_SOURCE[0]%/*}/tap.sh"
. "${BASH_SOURCE[0]%/*}/cases.sh"

DIRTY=$VDEV_LAB_BUILD/tests/lab/prog/test_dirty
UUID=83b8f4f2-509f-382f-3c1e-e6bfe0fa2001

# try NAME ARGUMENT...: takes over what the program finds.
try() {
	local title=$1 verdict name
	shift
	t_run "$title: the program ends" 0 "$DIRTY" "$@"
	while read -r verdict name; do
		case $verdict in
		ok) t_pass "$title: $name" ;;
		not) t_fail "$title: ${name#ok }" ;;
		*) t_diag "$verdict $name" ;;
		esac
	done <<<"$T_OUT"
}

vsim_node() {
	t_wait 5 test -e "/sys/bus/vsim/devices/$1/vfio-dev"
	ls "/sys/bus/vsim/devices/$1/vfio-dev"
}

t_run "bind $IGB" 0 vdevctl bind "$IGB"
try "type 1" type1 "$IGB"

if [ -d /sys/bus/iommufd_mock ]; then
	try "mock" mock
else
	t_skip "the kernel's mock" "the kernel has no CONFIG_IOMMUFD_TEST"
fi

if modprobe -q vsim; then
	echo 0 >/sys/bus/vsim/new_device
	try "vsim" vsim "/dev/vfio/devices/$(vsim_node vsim0)"
	echo "1 mdev" >/sys/bus/vsim/new_device
	t_wait 5 test -d /sys/bus/vsim/devices/vsim1/mdev_supported_types
	echo "$UUID" >/sys/bus/vsim/devices/vsim1/mdev_supported_types/vsim-emu/create
	t_wait 5 vdevctl show "$UUID"
	try "pins" emulated "$UUID" "$IGB"
	echo 1 >"/sys/bus/mdev/devices/$UUID/remove"
	echo 1 >/sys/bus/vsim/del_device
	echo 0 >/sys/bus/vsim/del_device
else
	t_skip "the test device" "the kernel has no vsim"
fi
t_run "restore $IGB" 0 vdevctl restore "$IGB"
t_done
