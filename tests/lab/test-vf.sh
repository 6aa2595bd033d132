#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# timeout: 120
#
# What a PF's driver sets for its VFs: on igb, and on netdevsim, which has all
# but GUIDs.
# shellcheck disable=SC2317 # functions are called by name
. "${BASH_SOURCE[0]%/*}/tap.sh"

IGB=0000:01:00.0
NETDEVSIM=/sys/bus/netdevsim/devices/netdevsim10
ETH=$(basename "/sys/bus/pci/devices/$IGB/net/"*)

# One VF as its driver tells it, on a line; or of it the keys that are named.
all() {
	vdevctl --json vf show "$1" "$2" | jq -c ".vfs[0]"
}

told() {
	local keys=$3
	all "$1" "$2" | jq -r "[$keys] | map(tostring) | join(\" \")"
}

# The line that ip has of it.
line() {
	ip link show "$1" | grep "^ *vf $2 "
}

# --- igb

t_run "no VFs" 0 vdevctl vf show "$IGB"
t_like "$ETH has no VFs" "$T_ERR" "is said"
t_run "the first of none" 3 vdevctl vf show "$IGB" 0
t_run "three VFs" 0 vdevctl sriov set "$IGB" 3
vf1=$(basename "$(readlink "/sys/bus/pci/devices/$IGB/virtfn1")")

t_run "by address" 0 vdevctl --json vf show "$IGB"
t_schema vf-show "is a document by its schema"
t_is "$ETH $IGB 3 0 1 2 $vf1" "$(jq -r '"\(.netdev) \(.address)
	\(.vfs | length) \(.vfs | map("\(.number)") | join(" "))
	\(.vfs[1].address)"' <"$T_DIR/out" | xargs)" "with interface and VFs"
t_run "by interface" 0 vdevctl vf show "$ETH"
t_is 4 "$(wc -l <"$T_DIR/out")" "a line for each and one of headings"
t_run "one that is not there" 3 vdevctl vf show "$ETH" 3
t_like "$ETH has no VF 3.*0 to 2" "$T_ERR" "and which are"
t_run "a VF in the place of its PF" 2 vdevctl vf show "$vf1"
t_like "it is VF 1 of $IGB" "$T_ERR" "its PF is named"

t_is "true false null null" \
	"$(told "$IGB" 1 .spoofchk,.trust,.query_rss,.node_guid)" \
	"what igb does not tell is null"
ip link set "$ETH" up
t_wait 20 grep -q up "/sys/class/net/$ETH/operstate"
t_run "all that igb can" 0 vdevctl --json vf set "$IGB" 1 \
	mac 52:54:00:12:34:56 vlan 100 qos 3 max-rate 100 spoofchk off trust on
t_schema vf-set "is a document by its schema"
t_is "mac 00:00:00:00:00:00 52:54:00:12:34:56" "$(jq -r '.changes[0] |
	"\(.attribute) \(.before) \(.value)"' <"$T_DIR/out")" \
	"with what was there before"
t_is "$(jq -c .vf <"$T_DIR/out")" "$(all "$ETH" 1)" "and afterwards"
t_is "52:54:00:12:34:56 100 3 802.1Q 0 100 false true" "$(told "$ETH" 1 \
	.mac,.vlan,.qos,.proto,.min_rate,.max_rate,.spoofchk,.trust)" "read back"
for part in "link/ether 52:54:00:12:34:56 " "vlan 100, qos 3" \
	"max_tx_rate 100Mbps" "spoof checking off" "trust on"; do
	t_like "$part" "$(line "$ETH" 1)" "ip: $part"
done
t_is "00:00:00:00:00:00 0 true false" \
	"$(told "$ETH" 0 .mac,.vlan,.spoofchk,.trust)" "the VF beside it is as before"

before=$(all "$ETH" 1)
t_run "a rate that igb cannot promise" 1 \
	vdevctl vf set "$ETH" 1 mac 52:54:00:00:00:02 vlan 7 min-rate 10 trust off
t_like 'refuses min-rate \(Invalid argument\); what was set before is put back' \
	"$T_ERR" "is named"
t_is "$before" "$(all "$ETH" 1)" "and the rest is put back"
t_run "a protocol it does not know" 6 \
	vdevctl vf set "$ETH" 1 mac 52:54:00:00:00:02 proto 802.1ad
t_like 'refuses proto \(Protocol not supported\)' "$T_ERR" "is named"
t_is "$before" "$(all "$ETH" 1)" "nothing changed"
for attribute in "link-state enable" "query-rss on" \
	"node-guid 00:11:22:33:44:55:66:77"; do
	# shellcheck disable=SC2086 # two words
	t_run "igb has no ${attribute% *}" 6 \
		vdevctl vf set "$ETH" 1 trust off $attribute
	t_like "refuses ${attribute% *} \(Operation not supported\)" "$T_ERR" \
		"${attribute% *} is named"
done
t_is "$before" "$(all "$ETH" 1)" "nothing changed by those"
t_run "the error is a document" 6 vdevctl --json vf set "$ETH" 1 query-rss on
t_is "6 not-supported" "$(jq -r '.error | "\(.code) \(.kind)"' <"$T_DIR/err")" \
	"with code and kind"
t_run "an address of a group" 2 vdevctl vf set "$ETH" 1 mac 01:00:00:00:00:01
t_run "rates the wrong way round" 2 \
	vdevctl vf set "$ETH" 1 min-rate 200 max-rate 100
t_run "twice the same" 2 vdevctl vf set "$ETH" 1 trust on trust off
t_run "without the right to it" 5 setpriv --reuid 65534 --regid 65534 \
	--clear-groups vdevctl vf set "$ETH" 1 trust off
t_like 'CAP_NET_ADMIN' "$T_ERR" "which is named"
t_run "anybody may look" 0 setpriv --reuid 65534 --regid 65534 \
	--clear-groups vdevctl vf show "$ETH"
t_run "a dry run" 0 vdevctl --dry-run vf set "$ETH" 1 vlan 0 trust off
t_like "vlan would be 0 \(is 100\)" "$T_OUT" "says what it would do"
t_is "$before" "$(all "$ETH" 1)" "and does not"
t_run "a dry run of what cannot be" 2 \
	vdevctl --dry-run vf set "$ETH" 1 min-rate 300 max-rate 200
t_run "back again" 0 vdevctl vf set "$ETH" 1 mac 00:00:00:00:00:00 vlan 0 qos 0 \
	max-rate 0 spoofchk on trust off
t_is "$(all "$ETH" 0 | jq -c 'del(.number, .address)')" \
	"$(all "$ETH" 1 | jq -c 'del(.number, .address)')" "as the others"

# --- A PF without network interface

t_run "a disk" 6 vdevctl vf show 0000:02:00.0
t_like '0000:02:00.0 has no network interface' "$T_ERR" "is none"
t_run "neither is a PF in user space" 0 vdevctl bind 0000:03:00.0
t_run "which tells nothing" 6 vdevctl vf show 0000:03:00.0
t_like 'its driver is vfio-pci' "$T_ERR" "and why"
t_run "no such interface" 3 vdevctl vf show nosuch0

# --- netdevsim, which is no PCI device

modprobe netdevsim
echo "10 1" >/sys/bus/netdevsim/new_device
t_wait 10 test -e "$NETDEVSIM/net"
SIM=$(ls "$NETDEVSIM/net")
echo 3 >"$NETDEVSIM/sriov_numvfs"
t_run "its VFs" 0 vdevctl --json vf show "$SIM"
t_schema vf-show "in a document"
t_is "null 3 null" "$(jq -r '"\(.address) \(.vfs | length) \(.vfs[0].proto)"' \
	<"$T_DIR/out")" "without addresses"
t_run "all it has" 0 vdevctl vf set "$SIM" 2 mac 52:54:00:12:34:56 vlan 100 \
	qos 3 proto 802.1ad min-rate 10 max-rate 200 spoofchk on trust on \
	link-state enable query-rss on
t_is "52:54:00:12:34:56 100 3 802.1ad 10 200 true true enable true" \
	"$(told "$SIM" 2 .mac,.vlan,.qos,.proto,.min_rate,.max_rate,.spoofchk,.trust,.link_state,.query_rss)" \
	"read back"
t_is "0 0 0 0 0 0 0 0 null null" \
	"$(told "$SIM" 2 '.stats[],.node_guid,.port_guid')" "nothing counted"
for part in "link/ether 52:54:00:12:34:56 " \
	"vlan 100, qos 3, vlan protocol 802.1ad" "max_tx_rate 200Mbps" \
	"min_tx_rate 10Mbps" "spoof checking on" "link-state enable" "trust on" \
	"query_rss on"; do
	t_like "$part" "$(line "$SIM" 2)" "ip: $part"
done
t_run "one VF as text" 0 vdevctl vf show "$SIM" 2
for part in "52:54:00:12:34:56" "100, priority 3, 802.1ad" "10 Mbit/s" \
	"200 Mbit/s" "spoof check  yes" "trust +yes" "link state +enable" \
	"RSS query +yes" "received +0 packets, 0 B, 0 broadcast"; do
	t_like "$part" "$T_OUT" "text: $part"
done

before=$(all "$SIM" 2)
t_run "all, and what no driver here has" 6 vdevctl --verbose vf set "$SIM" 2 \
	node-guid 00:11:22:33:44:55:66:77 mac 00:00:00:00:00:00 vlan 0 \
	max-rate 0 min-rate 0 spoofchk off trust off link-state disable \
	query-rss off
t_like 'refuses node-guid.*what was set before is put back' "$T_ERR" "refused"
t_is 2 "$(grep -c 'query-rss: set' "$T_DIR/err")" "it was set, and set back"
t_is "$before" "$(all "$SIM" 2)" "all of it is as before"
t_run "a part of a tag" 0 vdevctl vf set "$SIM" 2 vlan 200
t_is "200 3 802.1ad" "$(told "$SIM" 2 .vlan,.qos,.proto)" "the rest stays"
t_run "one rate" 0 vdevctl vf set "$SIM" 2 min-rate 20
t_is "20 200" "$(told "$SIM" 2 .min_rate,.max_rate)" "the other stays"

# A tag is read and set as a whole: who sets a part of it waits before it reads.
exec 9>>"/run/vdev/lock/interface-$SIM"
flock 9
vdevctl vf set "$SIM" 1 vlan 50 2>"$T_DIR/waits" 9>&- &
t_wait 20 grep -q "waiting for another process" "$T_DIR/waits"
ip link set "$SIM" vf 1 vlan 7 qos 5
exec 9>&-
rc=0
wait $! || rc=$?
t_is 0 "$rc" "one that waited for another process"
t_is "50 5" "$(told "$SIM" 1 .vlan,.qos)" "has not lost what that one set"
vdevctl -q vf set "$SIM" 1 vlan 60 &
vdevctl -q vf set "$SIM" 1 qos 6
wait $!
t_is "60 6" "$(told "$SIM" 1 .vlan,.qos)" "nor have two at a time"

# The list of them is longer than its own length can say.
echo 0 >"$NETDEVSIM/sriov_numvfs"
echo 300 >/sys/kernel/debug/netdevsim/netdevsim10/max_vfs
echo 300 >"$NETDEVSIM/sriov_numvfs"
t_run "the last of 300" 0 vdevctl vf set "$SIM" 299 vlan 299
t_is "300 299" "$(vdevctl --json vf show "$SIM" |
	jq -r '"\(.vfs | length) \(.vfs[299].vlan)"')" "and all of them are shown"
echo 10 >/sys/bus/netdevsim/del_device

t_done
