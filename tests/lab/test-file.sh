#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# timeout: 400
#
# Devices are opened by cdev and through their groups, and all of them is used.
. "${BASH_SOURCE[0]%/*}/tap.sh"
. "${BASH_SOURCE[0]%/*}/cases.sh"

FILE=$VDEV_LAB_BUILD/tests/lab/prog/test_file
KINDS='iommufd type1 compat'

# use KIND ADDRESS: takes over what the program finds.
use() {
	local verdict name
	t_run "$2 by $1: the program ends" 0 "$FILE" all "$1" "$2"
	while read -r verdict name; do
		case $verdict in
		ok) t_pass "$2 by $1: $name" ;;
		not) t_fail "$2 by $1: ${name#ok }" ;;
		skip) t_skip "$2 by $1: ${name%%: *}" "${name#*: }" ;;
		*) t_diag "$verdict $name" ;;
		esac
	done <<<"$T_OUT"
}

for dev in "$IGB" "$NVME"; do
	t_run "$dev is refused with its own driver" 3 "$FILE" refused type1 "$dev"
	t_like 'not to a VFIO driver' "$T_OUT" "and said why"
	t_run "bind $dev" 0 vdevctl bind "$dev" --force=network --force=storage
	for kind in $KINDS; do
		use "$kind" "$dev"
	done
done

# While one process has it, another is told so, whatever the way.
for holder in $KINDS; do
	coproc HOLD { "$FILE" hold "$holder" "$IGB"; }
	read -r line <&"${HOLD[0]}"
	t_is open "$line" "$holder holds $IGB"
	for kind in $KINDS; do
		t_run "$kind is refused meanwhile" 4 "$FILE" refused "$kind" "$IGB"
		t_like 'open elsewhere.*, in test_file \(pid [0-9]+\)' "$T_OUT" \
			"and said by whom"
	done
	input=${HOLD[1]}
	exec {input}>&-
	wait "$HOLD_PID"
done

# Without the right to the nodes.
for kind in $KINDS; do
	chmod a+rw /dev/iommu /dev/vfio/vfio
	t_run "$kind: no right to the node" 5 \
		setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$FILE" refused "$kind" "$IGB"
	t_like 'may not open.*--owner' "${T_OUT//$'\n'/ }" "and said what to do"
done

# A group that the kernel uses.
SATA=0000:00:1f.2
t_run "bind one of a group" 0 vdevctl bind "$SATA" --force=group
for kind in $KINDS; do
	t_run "$kind: a group that is not viable" 4 "$FILE" refused "$kind" "$SATA"
	t_like 'not viable, because 0000:00:1f\.[03] is bound to' "$T_OUT" \
		"and said because of whom"
done
t_run "restore" 0 vdevctl restore "$SATA" "$IGB" "$NVME"
t_ok "all is as before" pristine "$IGB" igb

t_done
