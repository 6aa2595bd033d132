#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: many
# kernel: stock 6.1
# timeout: 500
#
# A hundred VFs made, bound and removed, and a failure in their midst.
. "${BASH_SOURCE[0]%/*}/tap.sh"

PF=0000:05:00.0
DIR=/sys/bus/pci/devices/$PF

bound() {
	vdevctl --json sriov show "$PF" |
		jq '[.vfs[] | select(.driver == "vfio-pci" and .vfio_group)] | length'
}

dmesg --clear
t_run "100 VFs" 0 vdevctl sriov set "$PF" 100
t_is 100 "$(bound)" "all on vfio-pci, with nodes"
t_is 1 "$(cat "$DIR/sriov_drivers_autoprobe")" "autoprobe is on again"
t_is 0 "$(dmesg | grep -c 'nvme nvme[0-9]*: pci function')" \
	"no native driver was probed"
t_run "none" 0 vdevctl sriov clear "$PF"
t_is 0 "$(cat "$DIR/sriov_numvfs")" "none is left"
t_is "" "$(ls /run/vdev/journal)" "nor a journal"

# Nobody listens to progress that is no terminal.
t_run "four" 0 vdevctl sriov set "$PF" 4
t_is "" "$T_ERR" "nothing on standard error"

# A driver that takes no VF fails at the first.
t_run "a driver that refuses" 1 vdevctl sriov set "$PF" 100 --driver virtio-pci
t_like 'cannot be bound to virtio-pci' "$T_ERR" "is named"
t_is 4 "$(bound)" "the four are back"
t_run "restored" 0 vdevctl restore "$PF"
t_is "0 1" "$(cat "$DIR/sriov_numvfs") $(cat "$DIR/sriov_drivers_autoprobe")" \
	"without VFs"

# Killed among the binds.
vdevctl sriov set "$PF" 100 >/dev/null 2>&1 &
t_wait 60 test -e "$DIR/virtfn99/vfio-dev" -o -e "$DIR/virtfn30/driver"
kill -9 $!
wait $! 2>/dev/null
t_run "killed: restored" 0 vdevctl restore --all
t_is "0 1" "$(cat "$DIR/sriov_numvfs") $(cat "$DIR/sriov_drivers_autoprobe")" \
	"as before"

t_done
