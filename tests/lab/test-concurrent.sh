#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# kernel: stock 6.1
# timeout: 500
#
# Two hundred binds and restores from four processes at once.
. "${BASH_SOURCE[0]%/*}/tap.sh"
. "${BASH_SOURCE[0]%/*}/cases.sh"

RUNS=50
OTHER=0000:03:00.0
ALL=("$IGB" "$NVME" "$OTHER" 0000:02:00.0)

# Waiting for a lock and finding the device bound already are both right; a
# restore may find that another one was faster.
worker() {
	local i dev rc
	RANDOM=$1
	for ((i = 0; i < RUNS; i++)); do
		dev=${ALL[RANDOM % 4]}
		vdevctl --quiet bind "$dev" || {
			rc=$?
			echo "bind $dev: $rc" >>"$T_DIR/failures"
		}
		vdevctl --quiet restore "$dev" || {
			rc=$?
			echo "restore $dev: $rc" >>"$T_DIR/failures"
		}
	done 2>>"$T_DIR/messages"
}

touch "$T_DIR/failures"
for seed in 1 2 3 4; do
	worker "$seed" &
done
wait
t_is "" "$(sort "$T_DIR/failures" | uniq -c)" "no run fails"
[ ! -s "$T_DIR/failures" ] || t_diag "$(sort "$T_DIR/messages" | uniq -c | head -30)"
t_ok "igb" pristine "$IGB" igb
t_ok "second igb" pristine "$OTHER" igb
t_ok "nvme" pristine "$NVME" nvme
t_ok "second nvme" pristine 0000:02:00.0 nvme

# A taken lock is reported at once if one does not want to wait.
group=$(basename "$(readlink "/sys/bus/pci/devices/$IGB/iommu_group")")
(
	exec 9>"/run/vdev/lock/group-$group"
	flock 9
	sleep 3
) &
sleep 1
t_run "--no-wait with a taken lock" 4 vdevctl bind "$IGB" --no-wait
t_like 'another process' "$T_ERR" "says who is in the way"
t_run "without it the bind waits" 0 vdevctl bind "$IGB"
t_run "and is restored" 0 vdevctl restore "$IGB"
wait

t_done
