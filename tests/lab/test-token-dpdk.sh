#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# timeout: 300
#
# A driver of a PF in user space that is not ours: DPDK's testpmd has the igb PF
# without a token, after vdevctl has set one; another testpmd has a VF with it.
. "${BASH_SOURCE[0]%/*}/tap.sh"
. "${BASH_SOURCE[0]%/*}/cases.sh"

if ! command -v dpdk-testpmd >/dev/null; then
	t_skip "a PF driver in user space" "dpdk-testpmd is not installed (dpdk-dev)"
	t_done
fi

echo 1 >/sys/module/vfio_pci/parameters/enable_sriov
t_run "bind the PF" 0 vdevctl bind "$IGB" --force=network
echo 2 >"/sys/bus/pci/devices/$IGB/sriov_numvfs"
VF=$(basename "$(readlink "/sys/bus/pci/devices/$IGB/virtfn0")")
t_ok "the VF is bound too" t_wait 5 test -e "/sys/bus/pci/devices/$VF/vfio-dev"
echo 256 >/proc/sys/vm/nr_hugepages
t_like '^2[0-9]{2}$' "$(</proc/sys/vm/nr_hugepages)" "there are huge pages"

TOKEN=$T_DIR/token
t_run "make a token" 0 vdevctl token generate --output "$TOKEN"
t_run "set it" 0 vdevctl token set "$IGB" --token-file "$TOKEN"

# testpmd NAME ADDRESS OPTION...
testpmd() {
	local name=$1 address=$2
	shift 2
	timeout 90 dpdk-testpmd -l 0,1 -m 128 --file-prefix="$name" -a "$address" \
		"$@" --total-num-mbufs=4096
}

mkfifo "$T_DIR/commands"
testpmd pf "$IGB" -- -i <"$T_DIR/commands" >"$T_DIR/pf.log" 2>&1 &
PF_PID=$!
exec 8>"$T_DIR/commands"
t_ok "testpmd has the PF, without a token" \
	t_wait 60 grep -q 'Port 0: 52:54:00:00:01:00' "$T_DIR/pf.log"
t_run "vdevctl knows who has it" 4 vdevctl token set "$IGB" --token-file "$TOKEN"
t_like 'is open in dpdk-testpmd' "$T_ERR" "and says so"

# It ends with 0 whatever it found: its output tells.
t_run "testpmd ends, with the token" 0 \
	testpmd vf "$VF" "--vfio-vf-token=$(<"$TOKEN")" --
t_like 'net_e1000_igb_vf' "$T_OUT$T_ERR" "it found the driver of the VF"
t_like 'Port 0: ([0-9A-F]{2}:){5}[0-9A-F]{2}' "$T_OUT" "and has the VF"

# refused NAME OPTION...
refused() {
	local name=$1
	shift
	t_run "testpmd ends, with $name" 0 testpmd vf "$VF" "$@" --
	t_like "Requested device $VF cannot be used" "$T_OUT$T_ERR" "it is refused"
	t_like 'No probed ethernet devices' "$T_OUT$T_ERR" "and has no VF"
}

refused "another token" "--vfio-vf-token=$(vdevctl token generate)"
t_like "$VF: Incorrect VF token provided" "$(dmesg)" "the kernel says why"
refused "no token"
t_like "$VF: VF token required" "$(dmesg)" "the kernel says why"
t_run "vdevctl has the VF with the token, the PF being testpmd's" 0 \
	vdevctl token check "$VF" --token-file "$TOKEN"

echo quit >&8
exec 8>&-
wait "$PF_PID"
t_is 0 "$?" "testpmd lets the PF go"
t_run "the token stays" 0 vdevctl token check "$VF" --token-file "$TOKEN"

t_done
