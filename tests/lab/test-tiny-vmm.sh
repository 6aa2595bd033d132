#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# timeout: 500
#
# The example VMM gives its guest an NVMe controller: the guest reads registers in
# a BAR, its memory is reached by DMA, an interrupt arrives in it.
. "${BASH_SOURCE[0]%/*}/tap.sh"
. "${BASH_SOURCE[0]%/*}/cases.sh"

KINDS='iommufd type1 compat'
PF=0000:02:00.0

vmm() {
	timeout 120 tiny-vmm "$@"
}

# Root may pin what it wants; without this right the limit counts.
limited() {
	local bytes=$1
	shift
	prlimit --memlock="$bytes" setpriv --inh-caps -ipc_lock \
		--bounding-set -ipc_lock timeout 120 tiny-vmm "$@"
}

exits() {
	[[ $T_ERR =~ ([0-9]+)' accesses to BARs by exits' ]] && echo "${BASH_REMATCH[1]}"
}

# works SERIAL NAME ARGUMENT...
works() {
	local serial=$1 name=$2
	shift 2
	t_run "$name: the guest runs to its end" 0 vmm --verbose "$@"
	t_like 'registers +0xe0000000, NVMe version 0x1[0-9]{4}' "$T_OUT" \
		"$name: it read the registers"
	t_like 'model +QEMU NVMe Ctrl' "$T_OUT" "$name: the model came by DMA"
	t_like "serial +$serial" "$T_OUT" "$name: and the serial"
	t_like 'interrupts +0x1' "$T_OUT" "$name: one command, one interrupt"
	t_unlike 'stays until' "$T_ERR" "$name: nothing was left behind"
}

# refuse STATUS MESSAGE COMMAND...
refuse() {
	t_run "refused: $2" "$1" "${@:3}"
	t_like "$2" "$T_ERR" "and said so"
}

# --- A guest with a controller

refuse 1 'bound to nvme, not to a VFIO driver' vmm "$NVME"
t_run "bind" 0 vdevctl bind "$NVME"
for kind in $KINDS; do
	works lab1 "$kind" --backend "$kind" "$NVME"
	# The registers are mapped, and beside them lies the MSI-X table: what was
	# written to that is all that the VMM saw.
	t_like 'bar0, 0x4000 bytes, 0 to 0x2000 without exits' "$T_ERR" \
		"$kind: the guest has the registers"
	t_is 5 "$(exits)" "$kind: only the MSI-X table was by exits"
	works lab1 "$kind, no mapping" --backend "$kind" --no-mmap "$NVME"
	t_ok "$kind: there all accesses were by exits" test "$(exits)" -gt 15
done
for size in 2M 256M; do
	works lab1 "$size" --memory "$size" "$NVME"
done
t_run "the kernel has it back" 0 vdevctl restore "$NVME"
t_ok "and its disk" t_wait 10 test -b "$(disk_of "$NVME")"

# --- A guest with something else

t_run "bind a network card" 0 vdevctl bind "$IGB"
t_run "it is in the machine" 1 vmm --verbose "$IGB"
t_like 'error: there is no NVMe controller' "$T_OUT" "which has no use for it"
t_run "restore" 0 vdevctl restore "$IGB"

# --- What goes wrong

t_run "bind" 0 vdevctl bind "$NVME"
t_run "help" 0 vmm --help
t_like '--token-file FILE' "$T_OUT" "says what there is"
refuse 2 'either an address or --inherited' vmm
refuse 2 'one device only' vmm "$NVME" "$PF"
refuse 2 'none of iommufd, type1' vmm --backend vfio "$NVME"
refuse 2 '2M to 3G of memory' vmm --memory 4G "$NVME"
refuse 2 'no size of memory' vmm --memory much "$NVME"
refuse 2 'no --backend' vmm --inherited --backend type1
refuse 1 'needs VDEV_IOMMUFD' vmm --inherited
refuse 1 'No such file' vmm --token-file /nonexistent "$NVME"
refuse 1 'no device' vmm 0000:7f:00.0
for kind in $KINDS; do
	refuse 1 'RLIMIT_MEMLOCK' limited 8388608 --backend "$kind" "$NVME"
	t_run "$kind: with enough it runs" 0 limited 134217728 --backend "$kind" "$NVME"
done
mv /dev/kvm /dev/kvm.away
refuse 1 'cannot open /dev/kvm: No such file' vmm "$NVME"
mv /dev/kvm.away /dev/kvm
coproc USER_OF_IT { "$VDEV_LAB_BUILD/tests/lab/prog/test_file" hold iommufd "$NVME"; }
read -r line <&"${USER_OF_IT[0]}"
t_is open "$line" "another has it"
refuse 1 'open elsewhere' vmm "$NVME"
input=${USER_OF_IT[1]}
exec {input}>&-
wait "$USER_OF_IT_PID"
works lab1 "after all that" "$NVME"

# --- Without any right but that to KVM, from inherited descriptors

cdev=/dev/vfio/devices/$(ls "/sys/bus/pci/devices/$NVME/vfio-dev")
hand_over() {
	timeout 120 python3 "${BASH_SOURCE[0]%/*}/hand-over.py" "$cdev" "$@"
}
refuse 1 'cannot open /dev/kvm: Permission denied' \
	hand_over 134217728 tiny-vmm --inherited
chmod a+rw /dev/kvm
t_run "a user without rights" 0 hand_over 134217728 tiny-vmm --inherited
t_like 'serial +lab1' "$T_OUT" "runs it with what root opened"
refuse 1 'RLIMIT_MEMLOCK' hand_over 8388608 tiny-vmm --inherited
for way in '--bound' '--ioas' '--backend type1'; do
	# shellcheck disable=SC2086 # two words
	t_run "the same by vdevctl exec $way" 0 timeout 120 vdevctl exec "$NVME" \
		$way --user 65534 --memory 64M -- tiny-vmm --inherited
	t_like 'serial +lab1' "$T_OUT" "runs it"
done
chmod 600 /dev/kvm
t_run "restore" 0 vdevctl restore "$NVME"

# --- A VF, whose PF is held

echo 1 >/sys/module/vfio_pci/parameters/enable_sriov
(umask 077 && cat /proc/sys/kernel/random/uuid >"$T_DIR/token")
t_run "bind the PF" 0 vdevctl bind "$PF"
t_ok "VFs" eval "echo 1 >/sys/bus/pci/devices/$PF/sriov_numvfs"
VF=$(basename "$(readlink "/sys/bus/pci/devices/$PF/virtfn0")")
vf_is_bound() {
	[ "$(driver_of "$VF")" = vfio-pci ]
}
t_wait 10 vf_is_bound
coproc HOLD {
	exec nvme-identify "$PF" --token-file "$T_DIR/token" --enable-vf 0 --hold
}
while read -r line <&"${HOLD[0]}"; do
	[ "$line" != holding ] || break
done
refuse 1 'VF token is required' vmm "$VF"
for kind in $KINDS; do
	works lab0 "VF by $kind" --backend "$kind" --token-file "$T_DIR/token" "$VF"
done
t_ok "the PF is still held" kill "$HOLD_PID"
wait "$HOLD_PID"
t_run "without its PF the VF does nothing" 1 vmm \
	--token-file "$T_DIR/token" "$VF"
t_like 'error: the controller does not get ready' "$T_OUT" "and the guest says so"
t_ok "no VFs" eval "echo 0 >/sys/bus/pci/devices/$PF/sriov_numvfs"
t_run "back to the kernel" 0 vdevctl restore "$PF"
echo 0 >/sys/module/vfio_pci/parameters/enable_sriov

t_ok "$NVME is as before" pristine "$NVME" nvme
t_ok "$PF is as before" pristine "$PF" nvme
t_done
