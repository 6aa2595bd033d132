#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# timeout: 200
#
# What packaging/ installs for udev, with a udev of the guest's own; and the
# commands of the systemd unit, by hand.
. "${BASH_SOURCE[0]%/*}/tap.sh"
. "${BASH_SOURCE[0]%/*}/cases.sh"
PACKAGING=$(realpath "${BASH_SOURCE[0]%/*}/../../packaging")

linked() {
	[ "$(readlink -f "/dev/vfio/by-address/$1")" = \
		"/dev/vfio/devices/$(ls "/sys/bus/pci/devices/$1/vfio-dev")" ]
}
unlinked() { [ ! -e "/dev/vfio/by-address/$1" ]; }
tagged() { udevadm info "/dev/vfio/by-address/$1" | grep -q '^E: TAGS=.*:systemd:'; }

mkdir -p /run/udev/rules.d
cp "$PACKAGING/udev/60-vdev.rules" /run/udev/rules.d/
/lib/systemd/systemd-udevd --daemon 2>"$T_DIR/udev"

# The unit's ExecStart and ExecStop, with the device as its instance.
command_of() {
	sed -n "s|^$1=.*/\(vdevctl .*\)%i|\1$2|p" \
		"$PACKAGING/systemd/vdev-bind@.service.in"
}
start=$(command_of ExecStart "$IGB")
stop=$(command_of ExecStop "$IGB")

# shellcheck disable=SC2086 # words of a command
t_run "the unit's start: $start" 0 $start
t_ok "the device has a VFIO driver" test "$(driver_of "$IGB")" = vfio-pci
t_wait 10 linked "$IGB"
t_ok "the node has a link by its address" linked "$IGB"
t_ok "systemd is told of the node" tagged "$IGB"
# shellcheck disable=SC2086 # words of a command
t_run "the unit's stop: $stop" 0 $stop
t_wait 10 unlinked "$IGB"
t_ok "the link goes with the node" unlinked "$IGB"
t_ok "all is as before" pristine "$IGB" igb

t_done
