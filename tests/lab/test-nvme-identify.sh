#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# full-profile: legacy
# timeout: 400
#
# The example driver moves data by DMA through the IOMMU, with every backend, on
# a PF and a VF; what the kernel's own driver finds on the disk is the proof.
. "${BASH_SOURCE[0]%/*}/tap.sh"
. "${BASH_SOURCE[0]%/*}/cases.sh"

KINDS='iommufd type1 compat'
PF=0000:02:00.0
LBA=1000
BLOCKS=24
BYTES=$((BLOCKS * 512))

# The kernel's view of the blocks, past its page cache.
disk_read() {
	dd if="$(disk_of "$1")" bs=512 skip=$LBA count=$BLOCKS iflag=direct status=none
}

disk_write() {
	dd of="$(disk_of "$1")" bs=512 seek=$LBA count=$BLOCKS oflag=direct status=none
}

repeat() {
	local text
	text=$(printf "$1%.0s" $(seq $((BYTES / ${#1} + 1))))
	printf %s "${text:0:BYTES}"
}

has_disk() {
	[ -b "$(disk_of "$1")" ]
}

driver_is() {
	[ "$(driver_of "$1")" = "$2" ]
}

as_user() {
	setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

# --- The disk as the kernel and as the example see it

head -c $BYTES /dev/urandom >"$T_DIR/before"
disk_write "$NVME" <"$T_DIR/before"

t_run "a controller that the kernel drives" 1 nvme-identify "$NVME"
t_like 'not to a VFIO driver' "$T_ERR" "is refused, and said why"

for kind in $KINDS; do
	t_run "$kind: bind" 0 vdevctl bind "$NVME"
	t_run "$kind: it runs" 0 nvme-identify --backend "$kind" "$NVME"
	t_like "by $kind" "$T_OUT" "$kind: it names the backend"
	t_like 'model +QEMU NVMe Ctrl' "$T_OUT" "$kind: it prints the model"
	t_like 'serial +lab1' "$T_OUT" "$kind: it prints the serial"
	t_like 'interrupts +[1-9]' "$T_OUT" "$kind: interrupts came"
	t_run "$kind: it reads" 0 nvme-identify --backend "$kind" "$NVME" \
		--read $LBA --blocks $BLOCKS --output "$T_DIR/read"
	t_ok "$kind: what the kernel wrote" cmp "$T_DIR/before" "$T_DIR/read"
	t_run "$kind: it writes" 0 nvme-identify --backend "$kind" "$NVME" \
		--write $LBA --blocks $BLOCKS
	t_like 'written and read back.*former content restored' \
		"${T_OUT//$'\n'/ }" "$kind: it reads back what it wrote"
	t_run "$kind: back to the kernel" 0 vdevctl restore "$NVME"
	t_wait 10 has_disk "$NVME"
	disk_read "$NVME" >"$T_DIR/kernel"
	t_ok "$kind: the kernel finds what was there" cmp "$T_DIR/before" "$T_DIR/kernel"

	t_run "$kind: bind" 0 vdevctl bind "$NVME"
	t_run "$kind: it writes to stay" 0 nvme-identify --backend "$kind" "$NVME" \
		--write $LBA --blocks $BLOCKS --text "by $kind " --keep
	t_unlike 'restored' "$T_OUT" "$kind: and leaves it there"
	t_run "$kind: back to the kernel" 0 vdevctl restore "$NVME"
	t_wait 10 has_disk "$NVME"
	disk_read "$NVME" >"$T_DIR/kernel"
	repeat "by $kind " >"$T_DIR/text"
	t_ok "$kind: the kernel finds the text" cmp "$T_DIR/text" "$T_DIR/kernel"
	disk_write "$NVME" <"$T_DIR/before"
done

# --- Mappings removed

declare -A WHY=(
	[submission]='the controller failed \(CSTS\.CFS\)'
	[completion]='the controller failed \(CSTS\.CFS\)'
	[list]='status 0x004 \(data transfer error\)'
	[data]='wrong data'
	[elsewhere]='wrong data'
)
t_run "bind" 0 vdevctl bind "$NVME"
dmesg -C
for kind in $KINDS; do
	for part in "${!WHY[@]}"; do
		t_run "$kind, $part not mapped: it fails" 1 timeout 30 \
			nvme-identify --backend "$kind" "$NVME" \
			--read $LBA --blocks $BLOCKS --break-mapping "$part"
		t_like "${WHY[$part]}" "$T_ERR" "$kind, $part: it says how"
		[ "$part" != elsewhere ] ||
			t_like 'there the data arrived' "$T_OUT" \
				"$kind: they went where the IOMMU sends them"
	done
	t_run "$kind: it runs as before afterwards" 0 \
		nvme-identify --backend "$kind" "$NVME" --read $LBA --blocks $BLOCKS
done
# The kernel limits how often it says so.
t_like "DMAR: .*Request device.*${NVME#0000:}" "$(dmesg)" \
	"the IOMMU reports the accesses"

# --- What is asked wrongly

refuse() {
	t_run "refused: $2" "$1" nvme-identify "${@:3}"
	t_like "$2" "$T_ERR" "and said so"
}

refuse 2 'either an address or --inherited'
refuse 2 'one device only' "$NVME" "$PF"
refuse 2 'none of iommufd, type1' "$NVME" --backend vfio
refuse 2 'no number' "$NVME" --read 12x
refuse 2 'goes with --read' "$NVME" --write 0 --break-mapping data
refuse 2 'nothing that --break-mapping knows' "$NVME" --read 0 --break-mapping bar
refuse 1 'needs VDEV_IOMMUFD' --inherited
refuse 1 'has 524288 blocks, and not 1 at 524288' "$NVME" --read 524288
refuse 1 'more than the 131072 bytes' "$NVME" --read 0 --blocks 257
refuse 1 'no active namespace 7|invalid namespace' "$NVME" --namespace 7
refuse 1 'no Virtualization Management' "$NVME" --enable-vf 0
refuse 1 'No such file' "$NVME" --token-file /nonexistent
(umask 077 && echo secret >"$T_DIR/bad")
refuse 1 "$T_DIR/bad" "$NVME" --token-file "$T_DIR/bad"
t_unlike secret "$T_ERR" "without its content"
t_run "bind a network card" 0 vdevctl bind "$IGB"
refuse 1 'class is 020000, which is no NVMe controller' "$IGB"
t_run "restore" 0 vdevctl restore "$IGB" "$NVME"

# --- The guide's program

# shellcheck disable=SC2016 # not the shell's backquotes
sed -n '/^```c$/,/^```$/{/^```/d;p}' "$VDEV_LAB_SRC/examples/README.md" >"$T_DIR/guide.c"
t_ok "it builds" cc -I "$VDEV_LAB_SRC/include" -o "$T_DIR/guide" "$T_DIR/guide.c" \
	"$VDEV_LAB_BUILD/lib/libvdev.so" "-Wl,-rpath,$VDEV_LAB_BUILD/lib"
t_run "a device of the kernel's" 3 "$T_DIR/guide" "$NVME"
t_run "bind" 0 vdevctl bind "$NVME"
t_run "it runs" 0 "$T_DIR/guide" "$NVME"
t_like 'finds it at 0x' "$T_OUT" "and says where the memory is"
t_run "restore" 0 vdevctl restore "$NVME"

# --- PF and VF

echo 1 >/sys/module/vfio_pci/parameters/enable_sriov
(umask 077 && cat /proc/sys/kernel/random/uuid >"$T_DIR/token")
(umask 077 && cat /proc/sys/kernel/random/uuid >"$T_DIR/wrong")
head -c $BYTES /dev/urandom >"$T_DIR/before"
disk_write "$PF" <"$T_DIR/before"
t_run "bind the PF" 0 vdevctl bind "$PF"
t_ok "VFs" eval "echo 2 >/sys/bus/pci/devices/$PF/sriov_numvfs"
VF=$(basename "$(readlink "/sys/bus/pci/devices/$PF/virtfn1")")
t_wait 10 driver_is "$VF" vfio-pci

for kind in $KINDS; do
	coproc HOLD {
		exec nvme-identify --backend "$kind" "$PF" \
			--token-file "$T_DIR/token" --enable-vf 1 --hold
	}
	OUT=
	while read -r line <&"${HOLD[0]}"; do
		OUT+="$line "
		[ "$line" != holding ] || break
	done
	t_like 'vf 1 +online: controller 2, 2 queues, 2 interrupts' "$OUT" \
		"$kind: the PF sets its VF online"
	for way in $KINDS; do
		refuse 1 'VF token is required' --backend "$way" "$VF"
		refuse 1 'VF token is wrong' --backend "$way" "$VF" \
			--token-file "$T_DIR/wrong"
		t_run "$way: the VF reads" 0 nvme-identify --backend "$way" "$VF" \
			--token-file "$T_DIR/token" --read $LBA \
			--blocks $BLOCKS --output "$T_DIR/read"
		t_like 'serial +lab0' "$T_OUT" "$way: it prints the serial"
		t_like 'controller 2' "$T_OUT" "$way: and which controller it is"
		t_ok "$way: what the kernel wrote" cmp "$T_DIR/before" "$T_DIR/read"
		t_run "$way: the VF writes" 0 nvme-identify --backend "$way" "$VF" \
			--token-file "$T_DIR/token" --write $LBA --blocks $BLOCKS \
			--text "VF by $way " --keep
		repeat "VF by $way " >"$T_DIR/before"
	done
	t_run "a mapping of the VF removed" 1 timeout 30 nvme-identify \
		--backend "$kind" "$VF" --token-file "$T_DIR/token" \
		--read $LBA --blocks $BLOCKS --break-mapping completion
	t_like "${WHY[completion]}" "$T_ERR" "is said"
	t_ok "the PF is still held" kill "$HOLD_PID"
	wait "$HOLD_PID"
	t_is 0 $? "and let go in order"
	refuse 1 'the controller is offline' --backend "$kind" "$VF" \
		--token-file "$T_DIR/token"
done
t_ok "no VFs" eval "echo 0 >/sys/bus/pci/devices/$PF/sriov_numvfs"
t_run "back to the kernel" 0 vdevctl restore "$PF"
t_wait 10 has_disk "$PF"
disk_read "$PF" >"$T_DIR/kernel"
t_ok "the kernel finds what the VF wrote" cmp "$T_DIR/before" "$T_DIR/kernel"
echo 0 >/sys/module/vfio_pci/parameters/enable_sriov

# --- Without any right, from inherited descriptors

t_run "bind" 0 vdevctl bind "$NVME"
t_run "a user without rights" 1 as_user nvme-identify "$NVME"
t_like 'cannot open /dev/iommu: Permission denied' "$T_ERR" "is refused"
cdev=/dev/vfio/devices/$(ls "/sys/bus/pci/devices/$NVME/vfio-dev")
t_run "the same with what root opened" 0 \
	python3 "${BASH_SOURCE[0]%/*}/hand-over.py" "$cdev" 1048576 \
	nvme-identify --inherited --write $LBA --blocks $BLOCKS
t_like 'serial +lab1' "$T_OUT" "prints the serial"
t_like 'written and read back.*restored' "${T_OUT//$'\n'/ }" "and does DMA"
t_run "restore" 0 vdevctl restore "$NVME"

t_ok "$NVME is as before" pristine "$NVME" nvme
t_ok "$PF is as before" pristine "$PF" nvme
t_done
