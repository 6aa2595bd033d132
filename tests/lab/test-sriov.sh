#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# kernel: stock 6.1
# timeout: 400
#
# VFs made, bound without a native driver being probed, refused, and restored.
# shellcheck disable=SC2317 # functions are called by name
. "${BASH_SOURCE[0]%/*}/tap.sh"

IGB=0000:01:00.0
OTHER=0000:03:00.0
NVME=0000:02:00.0
SYS=/sys/bus/pci/devices

numvfs() {
	cat "$SYS/$1/sriov_numvfs"
}

# The drivers of a PF's VFs, each with how many have it.
drivers() {
	local vf
	for vf in "$SYS/$1"/virtfn*; do
		[ ! -e "$vf" ] || basename "$(readlink -f "$vf/driver")"
	done | sort | uniq -c | xargs
}

# Who probed a VF: igbvf says so, and so does nvme.
native_probes() {
	dmesg | grep -cE '(igbvf|nvme) 0000:0[123]:[01][0-9a-f]\.[0-7]|Intel\(R\) 82576 Virtual Function|nvme nvme[0-9]+: pci function 0000:02:00\.[1-9]'
}

vf() {
	basename "$(readlink "$SYS/$1/virtfn$2")"
}

driver_of() {
	basename "$(readlink "$SYS/$1/driver")"
}

# --- From none to the most and back

dmesg --clear
for pf in "$IGB" "$NVME"; do
	most=$(cat "$SYS/$pf/sriov_totalvfs")
	t_run "$pf: $most VFs" 0 vdevctl sriov set "$pf" "$most"
	t_is "$most" "$(numvfs "$pf")" "$pf: the kernel has $most"
	t_is "$most vfio-pci" "$(drivers "$pf")" "$pf: all on vfio-pci"
	t_is 1 "$(cat "$SYS/$pf/sriov_drivers_autoprobe")" \
		"$pf: autoprobe is on again"
	t_is "$most" "$(vdevctl --json sriov show "$pf" |
		jq '[.vfs[] | select(.vfio_group and .msix_vectors)] | length')" \
		"$pf: each has a node"
	for node in $(vdevctl --json sriov show "$pf" |
		jq -r '.vfs[] | .vfio_cdev // empty, .vfio_group'); do
		[ -c "$node" ] || t_fail "$node is no node"
	done
	t_run "$pf: the same once more" 0 vdevctl sriov set "$pf" "$most"
	t_like 'already' "$T_OUT" "$pf: changes nothing"
	t_run "$pf: fewer" 0 vdevctl sriov set "$pf" 2
	t_is "2 vfio-pci" "$(drivers "$pf")" "$pf: two are left"
	t_run "$pf: none" 0 vdevctl sriov clear "$pf"
	t_is 0 "$(numvfs "$pf")" "$pf: none"
	t_is "" "$(ls /run/vdev/journal)" "$pf: nothing to restore"
done
t_is 0 "$(native_probes)" "no native driver was probed"

# The same words, with a native driver: so they would have been seen.
t_run "VFs for this machine" 0 vdevctl sriov set "$IGB" 2 --driver default
t_is "2 igbvf" "$(drivers "$IGB")" "the kernel chose"
t_ok "and that shows in its log" test "$(native_probes)" -gt 0

# --- Refusals

net=$(basename "$SYS/$(vf "$IGB" 1)/net/"*)
ip address add 192.0.2.9/24 dev "$net"
t_run "a VF with an address" 4 vdevctl sriov set "$IGB" 3
t_like "$(vf "$IGB" 1).*network.*$net has address 192.0.2.9" "$T_ERR" \
	"its interface and address are named"
t_run "none either" 4 vdevctl sriov clear "$IGB"
t_run "nor by a restore" 4 vdevctl restore "$IGB"
t_is "2 igbvf" "$(drivers "$IGB")" "nothing changed"
t_run "unless it is forced" 0 vdevctl sriov set "$IGB" 3 --force=network
t_is "3 vfio-pci" "$(drivers "$IGB")" "by name"

group=/dev/vfio/$(basename "$(readlink "$SYS/$(vf "$IGB" 2)/iommu_group")")
sleep 1000 <>"$group" &
holder=$!
until [[ $(readlink "/proc/$holder/fd/0") = "$group" ]]; do sleep 0.05; done
t_run "a VF that is open" 4 vdevctl sriov set "$IGB" 1
t_like "$group is open in sleep \(pid $holder\)" "$T_ERR" "its user is named"
t_run "as a document" 4 vdevctl --json sriov clear "$IGB"
t_is "4 in-use busy" "$(jq -r '.error | "\(.code) \(.kind) \([.checks[] |
	select(.result == "refuse") | .name] | unique | join(" "))"' \
	<"$T_DIR/err")" "with the check that refuses"
t_is "3 vfio-pci" "$(drivers "$IGB")" "nothing changed"
kill "$holder"
wait "$holder" 2>/dev/null
t_run "its PF back to where it was" 0 vdevctl restore "$IGB"
t_is 0 "$(numvfs "$IGB")" "without VFs"

t_run "more than there can be" 6 vdevctl sriov set "$IGB" 99
t_run "no number" 2 vdevctl sriov set "$IGB" many
t_run "no PF" 6 vdevctl sriov set 0000:04:00.0 1
t_run "no such driver" 1 vdevctl sriov set "$IGB" 1 --driver nosuch
t_run "interrupts that nobody can give" 6 \
	vdevctl sriov set "$IGB" 2 --msix 1=4
t_is 0 "$(numvfs "$IGB")" "all of that changed nothing"
t_is 1 "$(cat "$SYS/$IGB/sriov_drivers_autoprobe")" "nor autoprobe"
t_is "" "$(ls /run/vdev/journal)" "nor left a journal"

t_run "a dry run" 0 vdevctl --dry-run sriov set "$IGB" 2
t_is 0 "$(numvfs "$IGB")" "makes none"

# --- Owner, autoprobe, other drivers

t_run "for a user" 0 vdevctl sriov set "$IGB" 2 --owner nobody
group=/dev/vfio/$(basename "$(readlink "$SYS/$(vf "$IGB" 1)/iommu_group")")
t_is "$(id -u nobody)" "$(stat -c %u "$group")" "his are the nodes"
t_run "the same VFs with another driver" 0 \
	vdevctl sriov set "$IGB" 2 --driver pci-stub --autoprobe off
t_is "2 pci-stub" "$(drivers "$IGB")" "have it"
t_is 0 "$(cat "$SYS/$IGB/sriov_drivers_autoprobe")" "autoprobe stays off"
t_run "restored" 0 vdevctl restore "$IGB"
t_is "0 1" "$(numvfs "$IGB") $(cat "$SYS/$IGB/sriov_drivers_autoprobe")" \
	"both as they were"

# --- Killed

for delay in 0.02 0.1 0.2 0.3 0.5; do
	vdevctl sriov set "$IGB" 7 >/dev/null 2>&1 &
	sleep "$delay"
	kill -9 $! 2>/dev/null
	wait $! 2>/dev/null
	t_run "killed after $delay s: restored" 0 vdevctl restore --all
	t_is "0 1 igb" "$(numvfs "$IGB") $(cat \
		"$SYS/$IGB/sriov_drivers_autoprobe") $(driver_of "$IGB")" \
		"killed after $delay s: as before"
done

# --- A PF on vfio-pci

t_run "the PF itself on vfio-pci" 0 vdevctl bind "$IGB"
t_run "has no VFs by itself" 6 vdevctl sriov set "$IGB" 2
t_like 'enable_sriov' "$T_ERR" "the parameter is named"
t_like -- '--enable' "$T_ERR" "and the option"
t_is false "$(vdevctl --json sriov show "$IGB" | jq .enable_sriov)" \
	"show tells"
t_run "with --enable it has" 0 vdevctl sriov set "$IGB" 2 --enable
t_is "2 vfio-pci" "$(drivers "$IGB")" "the kernel bound them"
t_is Y "$(cat /sys/module/vfio_pci/parameters/enable_sriov)" "it is on"
t_run "again, another number" 0 vdevctl sriov set "$IGB" 3
t_run "and with another driver" 0 \
	vdevctl sriov set "$IGB" 2 --driver pci-stub
t_is "2 pci-stub" "$(drivers "$IGB")" "the administrator's word counts"
t_run "a second PF" 0 vdevctl bind "$OTHER"
t_run "may have them too" 0 vdevctl sriov set "$OTHER" 1
t_run "restored" 0 vdevctl restore --all
t_is "igb 0 igb 0" "$(driver_of "$IGB") $(numvfs "$IGB") $(driver_of \
	"$OTHER") $(numvfs "$OTHER")" "all is as it was"
t_is N "$(cat /sys/module/vfio_pci/parameters/enable_sriov)" "it is off"

# --- The device is removed midway

vdevctl sriov set "$OTHER" 7 >"$T_DIR/out" 2>"$T_DIR/err" &
job=$!
t_wait 20 test -e "$SYS/$OTHER/virtfn0"
echo 1 >"$SYS/$OTHER/remove"
wait "$job"
T_RC=$?
t_diag "exit status $T_RC: $(cat "$T_DIR/err")"
t_like '^[0178]$' "$T_RC" "a removed PF does not hang it"
t_fails "the PF is gone" test -e "$SYS/$OTHER"
t_run "a restore tidies up" 0 vdevctl restore --all
t_is "" "$(ls /run/vdev/journal)" "no journal is left"
echo 1 >/sys/bus/pci/rescan
t_run "the PF that came back" 0 vdevctl sriov set "$OTHER" 1
t_run "is cleared" 0 vdevctl sriov clear "$OTHER"

t_done
