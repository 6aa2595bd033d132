#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# kernel: stock patched
# timeout: 300
#
# The library moves the state of devices, and brings them from every migration
# state to every other: the sample serial ports of any kernel, and on the
# patched one the test device, which fails when it is told to.
. "${BASH_SOURCE[0]%/*}/tap.sh"

PROGRAM=$VDEV_LAB_BUILD/tests/lab/prog/test_migration
UUID_A=83b8f4f2-509f-382f-3c1e-e6bfe0fa2001
UUID_B=83b8f4f2-509f-382f-3c1e-e6bfe0fa2002

# pipe KIND: the same from the shell.
pipe() {
	vdevctl migrate save $UUID_A --precopy |
		vdevctl --json migrate load $UUID_B >"$T_DIR/out"
	t_is "0 0" "${PIPESTATUS[*]}" "$1: by vdevctl, through a pipe"
	t_is "running true" "$(jq -r '"\(.state) \(.precopy_bytes > 0)"' "$T_DIR/out")" \
		"$1: it runs, and part of it came by pre-copy"
}

# move KIND TYPE-DIRECTORY: two mdevs of the type, and what the program finds.
move() {
	local verdict name
	for uuid in $UUID_A $UUID_B; do
		echo "$uuid" >"$2/create"
		t_wait 5 vdevctl show "$uuid"
	done
	t_run "$1: the program ends" 0 "$PROGRAM" "$1" "$UUID_A" "$UUID_B"
	while read -r verdict name; do
		case $verdict in
		ok) t_pass "$1: $name" ;;
		not) t_fail "$1: ${name#ok }" ;;
		*) t_diag "$verdict $name" ;;
		esac
	done <<<"$T_OUT"
	pipe "$1"
	for uuid in $UUID_A $UUID_B; do
		echo 1 >"/sys/bus/mdev/devices/$uuid/remove"
	done
}

t_ok "the serial ports are there" modprobe mtty
move mtty /sys/class/mdev_bus/mtty/mdev_supported_types/mtty-2
if modprobe vsim 2>/dev/null; then
	echo "2 mdev" >/sys/bus/vsim/new_device
	t_wait 5 test -d /sys/bus/vsim/devices/vsim2/mdev_supported_types
	move vsim /sys/bus/vsim/devices/vsim2/mdev_supported_types/vsim-pasid
	echo 2 >/sys/bus/vsim/del_device
else
	t_skip "vsim" "the kernel has no such device"
fi

t_done
