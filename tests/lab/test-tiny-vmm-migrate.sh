#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# kernel: patched
# timeout: 300
#
# A guest of the example VMM and its device go to another process while they
# work, and go on there. The guest itself finds pages, device memory and
# interrupts that are lost; the two VMMs compare all of its memory.
. "${BASH_SOURCE[0]%/*}/tap.sh"

PARENT=/sys/bus/vsim/devices/vsim0/mdev_supported_types
PREFIX=83b8f4f2-509f-382f-3c1e-e6bfe0fa500
A=${PREFIX}1 B=${PREFIX}2 C=${PREFIX}3 D=${PREFIX}4
SOCKET=$T_DIR/socket

# With little memory, which is soon sent.
vmm() {
	timeout 120 tiny-vmm --memory 4M "$@"
}

# create UUID TYPE
create() {
	echo "$1" >"$PARENT/$2/create"
	t_wait 5 vdevctl show "$1"
}

# offer ARGUMENT...: a guest that works.
offer() {
	timeout 120 tiny-vmm --memory 4M --offer "$SOCKET" "$@" \
		>"$T_DIR/offer.out" 2>"$T_DIR/offer.err" &
	GIVER=$!
	t_wait 30 test -S "$SOCKET"
}

# moves NAME TAKER ARGUMENT...: the guest that is offered goes to TAKER.
moves() {
	local name=$1 rc=0
	shift
	t_run "$name: the guest runs to its end elsewhere" 0 vmm --take "$SOCKET" "$@"
	[ "$T_RC" -eq 0 ] || t_diag "$T_OUT"
	t_like 'moved +within' "$T_OUT" "$name: it found itself moved, with all it had"
	t_like 'steps +0x' "$T_OUT" "$name: and worked on"
	wait "$GIVER" || rc=$?
	t_is 0 "$rc" "$name: the first VMM ends well"
	[ "$rc" -eq 0 ] || t_diag "$(<"$T_DIR/offer.err")"
	t_unlike 'moved' "$(<"$T_DIR/offer.out")" "$name: where the guest did not end"
	MOVE=$(<"$T_DIR/offer.err")
	t_like 'stopped for [0-9]+ ms' "$MOVE" "$name: how long it was stopped is told"
	t_diag "$name: ${MOVE##*tiny-vmm: }"
}

# A peer that reads all of it, or N bytes, and goes away without a word.
cat >"$T_DIR/peer.py" <<'END'
import socket, struct, sys

def take(peer, size):
    data = bytearray()
    while len(data) < size:
        data += peer.recv(size - len(data)) or sys.exit("gone early")
    return data

peer = socket.socket(socket.AF_UNIX)
peer.connect(sys.argv[1])
if len(sys.argv) > 2:
    take(peer, int(sys.argv[2]))
    sys.exit()
first = kind = None
while first is None or kind != first + 4:
    kind, _, length = struct.unpack("=QQQ", take(peer, 24))
    first = first or kind
    take(peer, length)
END

t_ok "the test device is there" modprobe vsim
echo "0 mdev" >/sys/bus/vsim/new_device
t_wait 5 test -d "$PARENT"
create $A vsim-pasid
create $B vsim-pasid
create $C vsim-emu
create $D vsim-emu

t_run "without a move it ends by itself" 0 vmm $A
t_like 'steps +0x100' "$T_OUT" "after its work"

# --- Moves, with each who tells of dirty pages

for track in device iommu both; do
	offer --checksum --track $track $A
	moves "$track" $B
	t_is "$(grep -o 'checksum.*' "$T_DIR/offer.err")" \
		"$(grep -o 'checksum.*' <<<"$T_ERR")" "$track: the memory is the same"
	t_like 'checksum of memory 0x' "$T_ERR" "$track: by a sum of all of it"
done
offer $C
moves "isolated by its driver" $D
offer --memory 64M $B
moves "back, with more memory" --memory 64M $A

# --- What goes wrong costs the guest nothing

offer $A
t_run "another size of memory" 1 vmm --take "$SOCKET" --memory 8M $B
t_like 'has 4194304 bytes of memory, and not 8388608' "$T_ERR" "is refused"
t_run "one that goes away early" 0 python3 "$T_DIR/peer.py" "$SOCKET" 300000
t_run "one that goes away when it has all" 0 python3 "$T_DIR/peer.py" "$SOCKET"
t_run "a device in use" 1 vmm --take "$SOCKET" $A
t_ok "the guest is still there" kill -0 "$GIVER"
moves "after all that" $B
t_like 'the guest stays here' "$MOVE" "the first VMM told of them"

# --- What cannot be

t_run "nothing is offered" 1 vmm --take "$T_DIR/nothing" $A
t_like 'No such file' "$T_ERR" "which is told"
t_run "both at once" 2 vmm --take "$SOCKET" --offer "$SOCKET" $A
t_run "no such source" 2 vmm --offer "$SOCKET" --track kvm $A
offer --track iommu $C
t_run "an IOMMU that does not tell" 1 vmm --take "$SOCKET" $D
kill "$GIVER"
wait "$GIVER"
t_like 'the IOMMU does not tell' "$(<"$T_DIR/offer.err")" "is no source"

for uuid in $A $B $C $D; do
	echo 1 >"/sys/bus/mdev/devices/$uuid/remove"
done
echo 0 >/sys/bus/vsim/del_device
t_ok "nothing holds the module" rmmod vsim
t_done
