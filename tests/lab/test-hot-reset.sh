#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: group
# timeout: 200
#
# A hot reset of one device resets all on its bus: for those who own them all.
. "${BASH_SOURCE[0]%/*}/tap.sh"

FILE=$VDEV_LAB_BUILD/tests/lab/prog/test_file
DEVS=(0000:08:01.0 0000:08:02.0 0000:08:03.0)

t_run "bind the group" 0 vdevctl bind --group --driver vfio-pci "${DEVS[0]}"
for kind in iommufd type1 compat; do
	t_run "$kind: all are bound, one is open: the bus is reset" 0 \
		"$FILE" hot "$kind" "${DEVS[0]}"
	for dev in "${DEVS[@]}"; do
		t_like "$dev owned" "$T_OUT" "$kind: $dev is in the set"
	done
done

t_run "unbind one of them" 0 vdevctl unbind "${DEVS[2]}"
t_run "iommufd: it is not owned" 5 "$FILE" hot iommufd "${DEVS[0]}"
t_like "${DEVS[2]} not" "$T_OUT" "iommufd: said in the set"
t_like "resets ${DEVS[2]} too" "$T_OUT" "iommufd: and in the error"
for kind in type1 compat; do
	t_run "$kind: the kernel refuses" 2 "$FILE" hot "$kind" "${DEVS[0]}"
	t_like 'bound to no VFIO driver' "$T_OUT" "$kind: and it is said why"
done
t_run "restore" 0 vdevctl restore "${DEVS[@]}"

t_done
