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
t_run "a node in legacy mode" 6 vdevctl rate add "$DEV" node
t_like 'cannot add the node node: .*only in switchdev mode' "$T_ERR" \
	"is the kernel's own sentence"
vdevctl -q eswitch set "$DEV" mode switchdev
vdevctl -q rate add "$DEV" node
t_run "a node for rates" 4 vdevctl eswitch set "$DEV" mode legacy
t_like 'Rate node\(s\) exists' "$T_ERR" "is the kernel's own sentence"
vdevctl -q rate remove "$DEV" node
t_run "and without it" 0 vdevctl eswitch set "$DEV" mode legacy

# --- Ports and rates

t_run "ports in legacy mode" 0 vdevctl --json port list "$DEV"
t_schema port-list "are listed by the schema"
t_is '[["physical",1,null]]' \
	"$(jq -c '[.[] | [.flavour, .number, .rate]]' "$T_DIR/out")" \
	"one to the wire, without rates"
vdevctl -q eswitch set "$DEV" mode switchdev
t_is '[["pcivf",0,0],["pcivf",0,1]]' \
	"$(field '[.[] | select(.vf != null) | [.flavour, .pf, .vf]]' port list)" \
	"one for each VF in switchdev mode"
vf0=$(representor 0)
port=$(field .port port show "$vf0" | tr -d '"')
t_run "one of them by its index" 0 vdevctl --json port show "$port"
t_schema port "is shown by the schema"
t_is "\"$vf0\"" "$(jq -c .netdev "$T_DIR/out")" "it is the same"
t_like "INTERFACE.*$vf0" "$(vdevctl port list)" "and it is in the table"

rate() {
	devlink -j port function rate show "$port" | jq -c ".rate[] | .$1"
}

t_run "rates" 0 vdevctl --json port set "$vf0" tx-share 100mbit --tx-max=1gbit
t_schema port-set "are reported by the schema"
t_is '[["tx-share","0","100mbit","done"],["tx-max","0","1gbit","done"]]' \
	"$(jq -c '[.settings[] | [.name, .before, .value, .outcome]]' \
		"$T_DIR/out")" "with what was and what is"
t_is '[100000000,1000000000,"none"]' \
	"$(field '.rate | [.tx_share, .tx_max, .parent]' port show "$vf0")" \
	"they are read back"
# It counts bytes.
t_is "12500000 125000000" "$(rate tx_share) $(rate tx_max)" "by devlink too"
t_like 'sends at most +1gbit' "$(vdevctl port show "$vf0")" "and in text"

# --- Nodes above ports

node() {
	devlink -j port function rate show "$DEV/$1" | jq -c ".rate[] | .$2"
}

t_run "no nodes yet" 0 vdevctl --json rate list "$DEV"
t_is '[]' "$(jq -c . "$T_DIR/out")" "are an empty list"
t_run "a dry run of one" 0 vdevctl -n rate add "$DEV" node tx-max 1gbit
t_like 'node node: node: set present \(is absent\)' "$T_OUT" "says so"
t_is '[]' "$(field . rate list)" "and makes none"
t_run "a node" 0 vdevctl --json rate add "$DEV" node tx-max 2gbit
t_schema rate-set "is reported by the schema"
t_is '["node",["node","absent","present","done"],["tx-max","0","2gbit","done"]]' \
	"$(jq -c '[.node, (.settings[] | [.name, .before, .value, .outcome])]' \
		"$T_DIR/out")" "with what was and what is"
t_run "one below it" 0 vdevctl rate add "$DEV" below tx-share 16mbit parent node
t_run "both" 0 vdevctl --json rate list "$DEV"
t_schema rate-list "are listed by the schema"
t_is '[["below",16000000,0,"node"],["node",0,2000000000,"none"]]' \
	"$(jq -c '[sort_by(.node)[] | [.node, .tx_share, .tx_max, .parent]]' \
		"$T_DIR/out")" "with their rates"
t_is '250000000 "node"' "$(node node tx_max) $(node below parent)" \
	"by devlink too"
t_like "below +$DEV +16mbit " "$(vdevctl rate list)" "and in a table"
t_run "another rate" 0 vdevctl rate set "$DEV" below --tx-share 8mbit tx-max 80mbit
t_is "1000000 10000000" "$(node below tx_share) $(node below tx_max)" "is set"
t_run "a priority, and before it a rate" 6 vdevctl rate set "$DEV" below \
	tx-max 1gbit tx-priority 3
t_like "cannot set tx-priority of node below to 3: .*tx-max is 80mbit again" \
	"$T_ERR" "are undone"
t_is 10000000 "$(node below tx_max)" "so it is"

# What is put back is read first: who sets something waits before it reads.
exec 9>>"/run/vdev/lock/devlink-${DEV/\//-}"
flock 9
vdevctl rate set "$DEV" below tx-max 1gbit tx-priority 3 2>"$T_DIR/waits" 9>&- &
t_wait 20 grep -q "waiting for another process" "$T_DIR/waits"
devlink port function rate set "$DEV/below" tx_max 40mbit
exec 9>&-
rc=0
wait $! || rc=$?
t_is 6 "$rc" "one that waited for another process"
t_is 5000000 "$(node below tx_max)" "puts back what that one set"
t_run "a new node with a priority" 6 vdevctl --json rate add "$DEV" third \
	tx-max 1gbit tx-priority 3
t_is '[["node","rolled-back"],["tx-max","rolled-back"],["tx-priority","failed"]]' \
	"$(jq -c '[.settings[] | [.name, .outcome]]' "$T_DIR/out")" "is undone"
t_is '["below","node"]' "$(field '[.[].node] | sort' rate list)" \
	"and not there"
t_run "a second one of a name" 1 vdevctl rate add "$DEV" node
t_like "there is a node node already" "$T_ERR" "says so"
t_run "one with a number for a name" 2 vdevctl rate add "$DEV" 17
t_run "one that is not there" 3 vdevctl rate set "$DEV" nowhere tx-max 8
t_run "to be removed" 3 vdevctl rate remove "$DEV" nowhere
t_like "no node nowhere" "$T_ERR" "says so"
t_run "one that another is below" 4 vdevctl --json rate remove "$DEV" node
t_like "cannot remove the node node: Node has children" \
	"$(jq -r .error.message "$T_DIR/err")" "is not removed"
t_run "the one below" 0 vdevctl rate remove "$DEV" below
t_is '["node"]' "$(field '[.[].node]' rate list)" "is removed"

t_run "a node above" 0 vdevctl port set "$port" parent node
t_is '"node"' "$(rate parent)" "is set"
t_run "a rate and a node that is not there" 3 vdevctl --json port set "$port" \
	tx-max 2gbit parent nowhere
t_like "cannot set parent of port .* tx-max is 1gbit again" \
	"$(jq -r .error.message "$T_DIR/err")" "is undone"
t_like "no such node" "$T_OUT" "with the reason"
t_is "125000000" "$(rate tx_max)" "so it is"
t_run "no node above, no limit" 0 vdevctl port set "$port" parent none \
	tx-share 0 tx-max 0
t_is '[0,0,"none"]' \
	"$(field '.rate | [.tx_share, .tx_max, .parent]' port show "$vf0")" \
	"is as at first"
t_run "the node" 0 vdevctl rate remove "$DEV" node
t_run "a rate the driver does not take" 1 vdevctl port set "$port" \
	tx-max 1000kbit tx-share 800bit
t_like "cannot set tx-share of port.*; tx-max is 0 again" "$T_ERR" \
	"undoes the other"
t_run "a priority" 6 vdevctl port set "$port" tx-priority 3
t_like "TX priority set isn't supported for the leafs" "$T_ERR" \
	"is refused with the kernel's sentence"

# Functions have no driver in the lab: each setting is refused, in words.
for setting in "hw-addr 02:00:00:00:00:01" "state active" "roce off" \
	"migratable on" "ipsec-crypto on" "ipsec-packet on" "max-io-eqs 8"; do
	read -r name value <<<"$setting"
	t_run "no $name" 6 vdevctl port set "$port" "$name" "$value"
	t_like "cannot set $name of port .* support" "$T_ERR" "says so"
done
t_run "rates of the wire" 6 vdevctl port set "$uplink" tx-max 1gbit
t_like "has no rates" "$T_ERR" "are not there"
t_run "no such port" 3 vdevctl port show "$DEV/999"
vdevctl -q eswitch set "$DEV" mode legacy

# --- What it is, parameters, reload

t_run "what it is" 0 vdevctl --json devlink show "$DEV"
t_schema devlink "is shown by the schema"
t_is '["netdevsim",false,"driver-reinit"]' \
	"$(jq -c '[.driver, .reload_failed, .reloads[0].action]' "$T_DIR/out")" \
	"with its driver and its reloads"
t_is '["fw.mgmt","running","10.20.30"]' "$(jq -c '[.versions[] |
	select(.kind == "running") | .name, .kind, .version]' "$T_DIR/out")" \
	"and its version"
t_run "parameters" 0 vdevctl --json devlink params "$DEV"
t_schema devlink-params "are shown by the schema"

param() {
	field ".[] | select(.name == \"$1\") | .values[0].value" \
		devlink params "$DEV"
}

t_is '"32" "true"' "$(param max_macs) $(param test1)" "as the driver made them"
t_run "a number" 0 vdevctl devlink set "$DEV" max_macs 0x40
t_like 'max_macs \(driverinit\): 64 \(was 32\)' "$T_OUT" "is set"
t_is '"64"' "$(param max_macs)" "it is read back"
t_is 64 "$(devlink -j dev param show "$DEV" name max_macs |
	jq '.param[][].values[0].value')" "by devlink too"
t_run "false" 0 vdevctl devlink set "$DEV" test1 false --mode driverinit
t_is '"false"' "$(param test1)" "is read back"
t_run "true" 0 vdevctl devlink set "$DEV" test1 true
t_is '"true"' "$(param test1)" "is read back"
t_run "no number" 2 vdevctl devlink set "$DEV" max_macs many
t_run "no such mode of it" 6 vdevctl devlink set "$DEV" max_macs 1 --mode runtime
t_like "only in driverinit" "$T_ERR" "says which there is"
t_run "no such parameter" 3 vdevctl devlink set "$DEV" min_macs 1

ip address add 192.0.2.78/24 dev "$uplink"
t_run "a reload of what is in use" 4 vdevctl devlink reload "$DEV"
t_like "$uplink has address 192.0.2.78" "$T_ERR" "names the user"
ip address flush dev "$uplink"
t_run "a dry run" 0 vdevctl -n devlink reload "$DEV"
t_is 0 "$(field '.reloads[0].count' devlink show "$DEV")" "reloads nothing"
t_run "a reload" 0 vdevctl --json devlink reload "$DEV"
t_is '["reload","driver-reinit","done","performed driver-reinit"]' "$(jq -c \
	'.settings[] | [.name, .value, .outcome, .reason]' "$T_DIR/out")" \
	"says what was done"
t_is 1 "$(field '.reloads[0].count' devlink show "$DEV")" "it is counted"
t_is '"64"' "$(param max_macs)" "the parameter holds"
t_run "new firmware" 6 vdevctl devlink reload "$DEV" --action fw-activate
t_like "reload action is not supported" "$T_ERR" "is not for this driver"
t_run "a limit" 6 vdevctl devlink reload "$DEV" --limit no-reset
t_like "limit is not supported" "$T_ERR" "is not for this driver"

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
