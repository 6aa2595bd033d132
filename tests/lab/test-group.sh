#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: group
# kernel: stock 6.1
# timeout: 300
#
# IOMMU groups of several functions.
. "${BASH_SOURCE[0]%/*}/tap.sh"
. "${BASH_SOURCE[0]%/*}/cases.sh"

DEV=0000:00:1f.2
t_run "a member of a group with bound siblings is refused" 4 vdevctl bind "$DEV"
t_like "${CASE_WHY[group]}" "$T_ERR" "the siblings are named"
t_like '--group' "$T_ERR" "and what to do"
t_run "other forces do not help" 4 vdevctl bind "$DEV" --force=busy
group=$(basename "$(readlink "/sys/bus/pci/devices/$DEV/iommu_group")")
t_run "group show" 0 vdevctl group show "$group" --json
t_is false "$(jq -r '.[0].viable' <"$T_DIR/out")" "it is not viable"
t_run "bind --group" 0 vdevctl bind "$DEV" --group
for f in 0 2 3; do
	t_is vfio-pci "$(driver_of "0000:00:1f.$f")" "00:1f.$f is bound"
done
t_run "group show" 0 vdevctl group show "$group" --json
t_is true "$(jq -r '.[0].viable' <"$T_DIR/out")" "it is viable now"
t_run "restore --all" 0 vdevctl restore --all
t_ok "00:1f.0 is as before" pristine 0000:00:1f.0 lpc_ich
t_ok "00:1f.2 is as before" pristine 0000:00:1f.2 ""
t_ok "00:1f.3 is as before" pristine 0000:00:1f.3 i801_smbus

# A conventional PCI bus: the group is whole behind its bridge.
edu=$(vdevctl list id=1234:11e8 --json | jq -r '.[0].address')
t_run "a device behind a conventional bridge" 4 vdevctl bind "$edu" --json
t_is warn "$(jq -r '.error.checks[] | select(.name == "alias") | .result' \
	<"$T_DIR/err" | sort -u)" "its shared requester id is explained"

t_done
