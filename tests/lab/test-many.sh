#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: many
# kernel: stock 6.1
# timeout: 400
#
# A hundred VFs in one command.
. "${BASH_SOURCE[0]%/*}/tap.sh"
. "${BASH_SOURCE[0]%/*}/cases.sh"

PF=0000:05:00.0
echo 0 >"/sys/bus/pci/devices/$PF/sriov_drivers_autoprobe"
echo 100 >"/sys/bus/pci/devices/$PF/sriov_numvfs"
mapfile -t vfs < <(for l in "/sys/bus/pci/devices/$PF/"virtfn*; do
	basename "$(readlink "$l")"
done)
t_is 100 "${#vfs[@]}" "there are 100 VFs"
t_run "bind 100 VFs" 0 vdevctl bind "${vfs[@]}"
node=vfio_cdev dir=/dev/vfio/devices
[ "$VDEV_LAB_KERNEL" != 6.1 ] || node=vfio_group dir=/dev/vfio
t_is 100 "$(vdevctl list driver=vfio-pci,vf --json |
	jq "[.[] | select(.$node != null)] | length")" "all have a node"
t_is 100 "$(find "$dir" -type c ! -name vfio | wc -l)" "and it is there"
t_run "restore them" 0 vdevctl restore --all
t_is 0 "$(vdevctl list driver=vfio-pci --json | jq length)" "none is left"
t_is 0 "$(find /run/vdev/journal -type f | wc -l)" "nor a journal"

# All or nothing: the last one cannot be had.
t_run "one that is refused stops all" 4 vdevctl bind "${vfs[@]}" "$PF"
t_is 0 "$(vdevctl list driver=vfio-pci --json | jq length)" "nothing changed"

t_done
