#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# kernel: stock 6.1
# timeout: 300
#
# What fails half-way is undone, and a killed bind can be.
. "${BASH_SOURCE[0]%/*}/tap.sh"
. "${BASH_SOURCE[0]%/*}/cases.sh"

t_run "an unknown driver" 1 vdevctl bind "$IGB" --driver nosuchdriver
t_like 'nosuchdriver' "$T_ERR" "is named"
t_ok "nothing changed" pristine "$IGB" igb

t_run "a driver that refuses the device" 1 \
	vdevctl bind "$NVME" "$IGB" --driver virtio-pci
t_like 'virtio-pci' "$T_ERR" "is named"
t_ok "the device is as before" pristine "$IGB" igb
t_ok "and so is the one before it" pristine "$NVME" nvme

# Journals are written before the first device changes: when the second one's
# is there, the first is being changed.
OTHER=0000:03:00.0
(
	until [ -e "/run/vdev/journal/$OTHER" ]; do :; done
	echo 1 >"/sys/bus/pci/devices/$OTHER/remove"
) &
t_run "a device removed midway" 1 vdevctl bind "$IGB" "$OTHER"
wait
t_like 'disappeared' "$T_ERR" "is said to have disappeared"
t_ok "the other one is as before" pristine "$IGB" igb
t_ok "no journal is left of it" test ! -e "/run/vdev/journal/$OTHER"
t_run "a device removed before" 3 vdevctl bind "$OTHER"
echo 1 >/sys/bus/pci/rescan
t_wait 5 test -e "/sys/bus/pci/devices/$OTHER"

# Killed at random points; the seed makes a failure repeatable.
RANDOM=4711
bad=0
for _ in $(seq 20); do
	vdevctl bind "$IGB" "$NVME" >/dev/null 2>&1 &
	pid=$!
	ms=$((RANDOM % 400))
	sleep "0.$(printf %03d "$ms")"
	kill -9 "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	vdevctl restore "$IGB" "$NVME" >"$T_DIR/out" 2>&1
	rc=$?
	if [ "$rc" -ne 0 ] || ! pristine "$IGB" igb || ! pristine "$NVME" nvme; then
		bad=$((bad + 1))
		t_diag "killed after $ms ms: restore exited with $rc:" \
			"$(driver_of "$IGB")/$(override_of "$IGB")" \
			"$(driver_of "$NVME")/$(override_of "$NVME")"
		t_diag "$(cat "$T_DIR/out")"
	fi
done
t_is 0 "$bad" "20 binds killed at random points are all restored"

# A signal rolls back at once. (SIGTERM stands for Ctrl-C, which a shell keeps
# from what it starts in the background.)
ALL=("$IGB" "$NVME" "$OTHER" 0000:02:00.0)
vdevctl bind "${ALL[@]}" >"$T_DIR/out" 2>"$T_DIR/err" &
pid=$!
until [ -e "/run/vdev/journal/$IGB" ]; do :; done
kill -TERM "$pid"
wait "$pid"
t_is 1 $? "an interrupted bind exits with 1"
t_like 'interrupted' "$(cat "$T_DIR/err")" "and says why"
t_ok "and leaves nothing behind" pristine "$IGB" igb
t_ok "on any device" pristine 0000:02:00.0 nvme

t_done
