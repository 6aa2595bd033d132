#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# timeout: 120
#
# devlink on netdevsim: the switch, and what is refused; read back by iproute2's
# devlink too.
# shellcheck disable=SC2317 # functions are called by name
. "${BASH_SOURCE[0]%/*}/tap.sh"

DEV=netdevsim/netdevsim10
BUS=/sys/bus/netdevsim
IGB=0000:01:00.0

# A field of the document of a command, as compact JSON.
field() {
	local filter=$1
	shift
	vdevctl --json "$@" | jq -c "$filter"
}

mode() {
	field .mode eswitch show "$DEV"
}

# The same by another program.
devlink_mode() {
	devlink -j dev eswitch show "$DEV" | jq -c ".dev[\"$DEV\"].mode"
}

vfs() {
	echo "$1" >"$BUS/devices/netdevsim10/sriov_numvfs"
}

# The interface of a port of the switch, by its VF's number.
representor() {
	devlink -j port show | jq -r "[.port | to_entries[] |
		select(.key | startswith(\"$DEV/\")) | .value |
		select(.flavour == \"pcivf\" and .vfnum == $1) | .netdev][0]"
}

# --- Nothing there

t_run "no devlink yet" 0 vdevctl --json devlink list
t_is '[]' "$(jq -c . "$T_DIR/out")" "is an empty list"
t_schema devlink-list "that is valid"
t_run "a device that is not there" 3 vdevctl eswitch show "$DEV"
t_like "no device $DEV with devlink" "$T_ERR" "is not found"
t_run "a driver without devlink" 3 vdevctl eswitch show "$IGB"
t_like "driver igb does not offer it" "$T_ERR" "is named"
t_run "no such function" 3 vdevctl eswitch show 0000:77:00.0

modprobe netdevsim || t_bail "no netdevsim"
echo "10 1" >"$BUS/new_device" || t_bail "no device"
T_CLEANUP+=("echo 10 >$BUS/del_device")
t_is "[\"$DEV\"]" "$(field . devlink list)" "the new device is listed"

# --- The switch's mode, there and back

t_run "the switch" 0 vdevctl --json eswitch show "$DEV"
t_schema eswitch "is shown by the schema"
t_is "{\"devlink\":\"$DEV\",\"mode\":\"legacy\",\"inline_mode\":null,\"encap_mode\":null}" \
	"$(jq -c . "$T_DIR/out")" "in legacy mode, with nothing else"
uplink=$(basename "$BUS/devices/netdevsim10/net/"*)
t_is "\"$DEV\"" "$(field .devlink eswitch show "$uplink")" \
	"it is found by its interface $uplink"

vfs 2
t_run "a dry run" 0 vdevctl --dry-run eswitch set "$DEV" mode switchdev
t_like "mode: set switchdev \(is legacy\)" "$T_OUT" "says what it would do"
t_is '"legacy"' "$(mode)" "and does nothing"
t_run "switchdev" 0 vdevctl --json eswitch set "$DEV" --mode switchdev
t_schema eswitch-set "is reported by the schema"
t_is '["mode","legacy","switchdev","done"]' \
	"$(jq -c '.settings[] | [.name, .before, .value, .outcome]' "$T_DIR/out")" \
	"with what was and what is"
t_is '"switchdev"' "$(mode)" "it is read back"
t_is '"switchdev"' "$(devlink_mode)" "by devlink too"
t_run "the same again" 0 vdevctl eswitch set "$DEV" mode switchdev
t_like "switchdev already" "$T_OUT" "changes nothing"

# --- In use

vf1=$(representor 1)
t_is "\"$DEV\"" "$(field .devlink eswitch show "$vf1")" \
	"it is found by the interface of a port, $vf1"
ip address add 192.0.2.77/24 dev "$vf1"
t_run "a port in use" 4 vdevctl eswitch set "$DEV" mode legacy
t_like "network.*$vf1 has address 192.0.2.77/24" "$T_ERR" "is named"
t_like "force=network" "$T_ERR" "with the remedy"
t_run "as a document" 4 vdevctl --json eswitch set "$DEV" mode legacy
t_is "[4,\"in-use\",[\"$DEV\",\"network\",\"refuse\"]]" \
	"$(jq -c '.error | [.code, .kind, (.checks[] | [.device, .name, .result])]' \
		"$T_DIR/err")" "with the check"
t_run "a dry run is refused too" 4 vdevctl -n eswitch set "$DEV" mode legacy
t_is '"switchdev"' "$(mode)" "and nothing is changed"
t_run "forced" 0 vdevctl --force=network eswitch set "$DEV" mode legacy
t_is '"legacy"' "$(devlink_mode)" "it is legacy again"
t_is null "$(representor 1)" "without the port"

# --- Refused by the driver

t_run "no inline mode" 6 vdevctl eswitch set "$DEV" inline-mode link
t_like "cannot set inline-mode to link: its driver has no such setting" \
	"$T_ERR" "says so"
t_run "no encapsulation" 6 vdevctl eswitch set "$DEV" encap-mode basic
t_like "encap-mode" "$T_ERR" "says so"
t_run "no inactive mode" 1 vdevctl eswitch set "$DEV" mode switchdev-inactive
t_like "does not take that value" "$T_ERR" "says so"
t_run "two settings of which one fails" 6 vdevctl --json \
	eswitch set "$DEV" mode switchdev encap-mode basic
t_is '[["mode","rolled-back"],["encap-mode","failed"]]' \
	"$(jq -c '[.settings[] | [.name, .outcome]]' "$T_DIR/out")" \
	"says what became of each"
t_like "mode is legacy again" "$(jq -r .error.message "$T_DIR/err")" \
	"and that the first was put back"
t_is '"legacy"' "$(devlink_mode)" "which it was"

# A node for rates stands in the way, and the kernel says so.
vdevctl -q eswitch set "$DEV" mode switchdev
devlink port function rate add "$DEV/node" || t_fail "no node for rates"
t_run "a node for rates" 4 vdevctl eswitch set "$DEV" mode legacy
t_like 'Rate node\(s\) exists' "$T_ERR" "is the kernel's own sentence"
devlink port function rate del "$DEV/node"
t_run "and without it" 0 vdevctl eswitch set "$DEV" mode legacy

# --- Mistakes

t_run "a word that is none" 2 vdevctl eswitch set "$DEV" mode switched
t_like "did you mean 'switchdev'" "$T_ERR" "gets a hint"
t_run "a setting that is none" 2 vdevctl eswitch set "$DEV" moode legacy
t_like "did you mean --mode" "$T_ERR" "gets a hint"
t_run "nothing to set" 2 vdevctl eswitch set "$DEV"
t_run "twice the same" 2 vdevctl eswitch set "$DEV" mode legacy mode switchdev
t_run "not as root" 5 setpriv --reuid 65534 --regid 65534 --clear-groups \
	vdevctl eswitch set "$DEV" mode switchdev
t_like "CAP_NET_ADMIN|Operation not permitted" "$T_ERR" "needs the right"

t_done
