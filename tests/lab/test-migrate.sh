#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# timeout: 300
#
# vdevctl saves the state of one serial port and loads it into another, which
# goes on with the same registers and the same bytes in its buffer; whatever is
# wrong with a stream is refused, and the device stays usable.
# shellcheck disable=SC2016 # '$' of sessions
. "${BASH_SOURCE[0]%/*}/tap.sh"

HERE=${BASH_SOURCE[0]%/*}
STREAM="$HERE/../streams/stream.py"
PREFIX=83b8f4f2-509f-382f-3c1e-e6bfe0fa300
A=${PREFIX}1 B=${PREFIX}2 OTHER=${PREFIX}3
MTTY=/sys/class/mdev_bus/mtty/mdev_supported_types

json() { jq -r "$1" "$T_DIR/out"; }

# create UUID TYPE
create() {
	echo "$1" >"$MTTY/$2/create"
	t_wait 5 vdevctl show "$1"
}

# put DEV SEED: registers and four bytes in the empty buffer of the first port.
put() {
	{
		echo "d = device open $1"
		echo "region write \$d bar0 2 7 --width 1"
		for i in 0 1 2 3; do
			echo "region write \$d bar0 0 $(($2 + i)) --width 1"
		done
		echo "region write \$d bar0 7 $2 --width 1"
	} | vdevctl --quiet batch - >"$T_DIR/put"
}

# get DEV: what put() left, and whether there is more (LSR).
get() {
	{
		echo "d = device open $1"
		for i in 7 0 0 0 0 5; do
			echo "region read \$d bar0 $i --width 1"
		done
	} | vdevctl batch - | tail -n 6 | tr '\n' ' '
}

# holds SEED: what get() prints then.
holds() {
	printf '0x%02x 0x%02x 0x%02x 0x%02x 0x%02x 0x60 ' \
		"$1" "$1" $(($1 + 1)) $(($1 + 2)) $(($1 + 3))
}

state() { vdevctl --json migrate info "$1" | jq -r .state; }

t_ok "the serial ports are there" modprobe mtty
create $A mtty-2
create $B mtty-2
create $OTHER mtty-1

# --- What it is

t_run "info" 0 vdevctl --json migrate info $A
t_schema migrate-info "info: by the schema"
t_is "running stop-copy p2p pre-copy" "$(json '[.state, .abilities[]] | join(" ")')" \
	"it runs, and can do all"
t_run "info as text" 0 vdevctl migrate info $A
t_like 'can +stop-copy, p2p, pre-copy' "$T_OUT" "tells so, too"

# --- Files

seed=65
for how in "" --precopy; do
	seed=$((seed + 16))
	put $A $seed
	# shellcheck disable=SC2086 # no word or one
	t_run "save $how" 0 vdevctl --json migrate save $A $how --to "$T_DIR/a.vdm" --overwrite
	t_is running "$(json .state)" "it goes on"
	size=$(json .bytes)
	t_is "$(stat -c %s "$T_DIR/a.vdm")" "$(json .length)" "the length is the file's"
	t_run "another program reads it" 0 "$STREAM" check "$T_DIR/a.vdm"
	t_run "verify" 0 vdevctl --json migrate verify "$T_DIR/a.vdm"
	t_is "$size" "$(json '.streams[0].bytes')" "it holds as much"
	t_is mtty-2 "$(json '.streams[0].facts[] | select(.name == "mdev-type").value')" \
		"of a device of that type"
	t_run "load $how" 0 vdevctl --json migrate load $B --from "$T_DIR/a.vdm"
	t_is "$(holds $seed)" "$(get $B)" "registers and buffered bytes are the same"
	t_is "$(holds $seed)" "$(get $A)" "and the first one has lost nothing"
done
t_run "save once more" 0 vdevctl --json migrate save $A --to "$T_DIR/once.vdm"
t_schema migrate-transfer "save: by the schema"
t_is true "$(vdevctl --json migrate verify "$T_DIR/a.vdm" |
	jq '.streams[0].precopy_bytes > 0')" "with pre-copy, some came while it ran"
t_run "a file is not replaced unasked" 1 vdevctl migrate save $A --to "$T_DIR/a.vdm"

# --- Pipes, and a device left stopped

put $A 48
vdevctl migrate save $A --stop | vdevctl --quiet migrate load $B --from -
t_is "0 0" "${PIPESTATUS[*]}" "from one to the other by a pipe"
t_is stop "$(state $A)" "the first one was left stopped"
t_is "$(holds 48)" "$(get $B)" "the other has what it had"
t_run "what stopped can be saved" 0 vdevctl migrate save $A --to "$T_DIR/stopped.vdm"
t_is stop "$(state $A)" "and stays so"
t_run "and loaded into" 0 vdevctl migrate load $A --from "$T_DIR/stopped.vdm"
t_is running "$(state $A)" "which lets it run"

# --- Several together

put $A 70
put $B 90
t_run "two stop together" 0 vdevctl --json migrate set stop $A $B
t_schema migrate-set "set: by the schema"
t_is "stop $A stop $B stop" \
	"$(json '[.state, (.devices[] | .address, .state)] | join(" ")')" "both have"
t_run "the first is saved" 0 vdevctl migrate save $A --to "$T_DIR/first.vdm"
t_run "and the second" 0 vdevctl migrate save $B --to "$T_DIR/second.vdm"
t_is "stop stop" "$(state $A) $(state $B)" "they stay so"
t_run "each gets the other's state" 0 vdevctl migrate load $A --stop --from "$T_DIR/second.vdm"
t_run "still stopped" 0 vdevctl migrate load $B --stop --from "$T_DIR/first.vdm"
t_run "and they go on together" 0 vdevctl migrate set running $A $B
t_is "$A: running $B: running" "$(xargs <<<"$T_OUT")" "which is told"
t_is "$(holds 90)$(holds 70)" "$(get $A)$(get $B)" "each with what the other had"
printf '%s\n' "a = device open $A" "b = device open $B" 'migrate set stop $a $b' \
	"migrate save \$a --to $T_DIR/third.vdm" 'migrate info $b' \
	'migrate set running $a $b' 'migrate set running $b $b' >"$T_DIR/lines"
t_run "the same in a session" 2 vdevctl batch "$T_DIR/lines"
t_like "$A: stop.*$B: stop.*now stop.*state +stop.*$A: running.*$B: running" \
	"$(xargs <<<"$T_OUT")" "stops both, saves one, lets both run"
t_like 'is named twice' "$T_ERR" "and refuses what makes no sense"
t_run "a state with data ends with its command" 2 vdevctl migrate set stop-copy $A
t_like 'none of running, running-p2p and stop' "$T_ERR" "and is not offered"

# --- Another type of device

put $OTHER 77
t_run "a port of another type" 1 vdevctl migrate load $OTHER --from "$T_DIR/a.vdm"
t_like "another kind of device than $OTHER: its region.1 is 8, that of .* not there" \
	"$T_ERR" "is refused, with the reason"
t_is "$(holds 77)" "$(get $OTHER)" "and keeps what it has"
t_run "the other way round" 0 vdevctl migrate save $OTHER --to "$T_DIR/other.vdm"
t_run "is the same" 1 vdevctl migrate load $A --from "$T_DIR/other.vdm"

# --- Whatever is wrong

put $A 33
t_run "save what is to be spoilt" 0 vdevctl migrate save $A --precopy --to "$T_DIR/b.vdm"
t_run "all that is cut off is refused" 0 "$HERE/migrate.py" cut "$T_DIR/b.vdm" $B
[ "$T_RC" -eq 0 ] || t_diag "$T_OUT"
t_run "all that is spoilt is refused" 0 "$HERE/migrate.py" spoilt "$T_DIR/b.vdm" $B 1000
[ "$T_RC" -eq 0 ] || t_diag "$T_OUT"
t_run "saving is broken off at every byte" 0 "$HERE/migrate.py" broken "$T_DIR/b.vdm" $A
[ "$T_RC" -eq 0 ] || t_diag "$T_OUT"
t_is "$(holds 33)" "$(get $A)" "and costs the device nothing"
t_run "the other can still be loaded" 0 vdevctl migrate load $B --from "$T_DIR/b.vdm"
t_is "$(holds 33)" "$(get $B)" "and has it all"

# --- A reader that does not read

python3 -c '
import os, sys
r, w = os.pipe()
os.set_blocking(w, False)
try:
    while True:
        os.write(w, bytes(4096))
except BlockingIOError:
    pass
os.set_blocking(w, True)
os.set_inheritable(w, True)
sys.exit(os.spawnvp(os.P_WAIT, "vdevctl", ["vdevctl", "migrate", "save",
         sys.argv[1], "--to", "fd:%d" % w, "--timeout", "1"]))' $A 2>"$T_DIR/err"
t_is 1 $? "a reader that does not read"
t_like 'was not done within 1000 ms' "$(<"$T_DIR/err")" "runs into the deadline"
t_is running "$(state $A)" "the device goes on"

# --- Sender and receiver

put $A 90
t_run "send and receive" 0 "$HERE/migrate.py" move $A $B
[ "$T_RC" -eq 0 ] || t_diag "$T_OUT"
t_is "stop running" "$(state $A) $(state $B)" "it runs at one end"
t_is "$(holds 90)" "$(get $B)" "with all it had"
t_run "back, to another type" 1 "$HERE/migrate.py" move $B $OTHER
t_like 'the receiver did not load the state of .*: the stream is of another kind' \
	"$T_OUT" "the sender hears why not"
t_is running "$(state $B)" "and keeps it running"

for uuid in $A $B $OTHER; do
	echo 1 >"/sys/bus/mdev/devices/$uuid/remove"
done
t_done
