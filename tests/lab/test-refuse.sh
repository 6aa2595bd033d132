#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# kernel: stock 6.1
# timeout: 300
#
# A device in use is refused with exit 4, the reason, and nothing changed.
# shellcheck disable=SC2317 # functions are called by name
. "${BASH_SOURCE[0]%/*}/tap.sh"
. "${BASH_SOURCE[0]%/*}/cases.sh"

refused() {
	local case=$1 dev driver
	dev=$("case_${case}_device")
	driver=$(driver_of "$dev")
	"case_${case}_setup" || t_fail "$case: set-up"
	t_run "$case: refused" 4 vdevctl bind "$dev"
	t_like "${CASE_WHY[$case]}" "$T_ERR" "$case: the reason is named"
	t_like "--force=${CASE_CHECK[$case]}" "$T_ERR" "$case: so is the remedy"
	t_ok "$case: nothing changed" pristine "$dev" "$driver"
	local -a others
	mapfile -t others < <(all_forces_but "${CASE_CHECK[$case]}")
	t_run "$case: all other forces together do not help" 4 \
		vdevctl bind "$dev" "${others[@]}"
	t_run "$case: the error is a document with --json" 4 \
		vdevctl --json bind "$dev"
	t_is "4 in-use" "$(jq -r '.error | "\(.code) \(.kind)"' <"$T_DIR/err")" \
		"$case: with code and kind"
	t_is "${CASE_CHECK[$case]}" \
		"$(jq -r '[.error.checks[] | select(.result == "refuse") | .name] |
			unique | join(" ")' <"$T_DIR/err")" \
		"$case: and exactly the check that refuses"
	"case_${case}_undo"
}

for case in address enslaved namespace mounted mapped vfs open; do
	refused "$case"
done

# Swap space cannot be forced.
disk=$(disk_of "$NVME")
mkswap "$disk" >/dev/null
swapon "$disk"
t_run "swap: refused" 4 vdevctl bind "$NVME"
t_like 'swap space' "$T_ERR" "swap: the reason is named"
t_unlike '--force=storage' "$T_ERR" "swap: no force is offered"
t_run "swap: cannot be forced" 4 vdevctl bind "$NVME" --force=storage
t_ok "swap: nothing changed" pristine "$NVME" nvme
swapoff "$disk"

# Nor can a PCI bridge.
bridge=$(basename "$(dirname "$(readlink -f "/sys/bus/pci/devices/$IGB")")")
t_run "bridge: refused" 4 vdevctl bind "$bridge"
t_like 'PCI bridge' "$T_ERR" "bridge: the reason is named"
t_run "bridge: cannot be forced" 2 vdevctl bind "$bridge" --force=bridge

# A device that a virtual machine has open, by its cdev or by its group.
hold_cdev() {
	local cdev
	cdev=/dev/vfio/devices/$(ls "/sys/bus/pci/devices/$IGB/vfio-dev")
	sleep 1000 <>"$cdev" &
	HOLDER=$!
	until [[ $(readlink "/proc/$HOLDER/fd/0") = "$cdev" ]]; do sleep 0.05; done
}

hold_group() {
	local group
	group=$(basename "$(readlink "/sys/bus/pci/devices/$IGB/iommu_group")")
	python3 - "$group" "$IGB" "$T_DIR/held" <<-'EOF' &
		import fcntl, os, sys, time
		container = os.open("/dev/vfio/vfio", os.O_RDWR)
		group = os.open("/dev/vfio/" + sys.argv[1], os.O_RDWR)
		# VFIO_GROUP_SET_CONTAINER, VFIO_SET_IOMMU (type1 v2), GET_DEVICE_FD
		fcntl.ioctl(group, 0x3B68, bytearray(container.to_bytes(4, "little")))
		fcntl.ioctl(container, 0x3B66, 3)
		fcntl.ioctl(group, 0x3B6A, bytearray(sys.argv[2].encode() + b"\0"))
		open(sys.argv[3], "w").close()
		time.sleep(1000)
	EOF
	HOLDER=$!
	t_wait 20 test -e "$T_DIR/held"
	rm -f "$T_DIR/held"
}

held() {
	local how=$1
	t_run "$how: bind" 0 vdevctl bind "$IGB"
	"hold_$how"
	t_run "$how: restore is refused while it is open" 4 vdevctl restore "$IGB"
	t_like "\\(pid $HOLDER\\)" "$T_ERR" "$how: the holder is named"
	t_run "$how: so is unbind" 4 vdevctl unbind "$IGB"
	t_run "$how: forced, the kernel waits for the holder" 8 \
		vdevctl unbind "$IGB" --force=busy --timeout 1
	t_like 'unbind pending' "$T_ERR" "$how: which is said"
	t_like "\\(pid $HOLDER\\)" "$T_ERR" "$how: with the holder"
	t_run "$how: list does not hang meanwhile" 0 timeout 20 vdevctl list
	t_run "$how: restore cannot finish it yet" 8 \
		timeout 20 vdevctl restore "$IGB"
	kill "$HOLDER"
	wait "$HOLDER" 2>/dev/null
	t_wait 10 vdevctl restore "$IGB"
	t_ok "$how: restore finishes it once the holder is gone" \
		pristine "$IGB" igb
}

held group
if [ "$VDEV_LAB_KERNEL" = 6.1 ]; then
	t_skip "cdev" "Linux 6.1 has none"
else
	held cdev
fi

t_run "a device that does not exist" 3 vdevctl bind 0000:77:00.0
t_run "a word that is no device" 2 vdevctl bind 'no/device'
# Theirs is a copy: the tree may be in a folder of root's.
mkdir -m 755 /tmp/theirs
vdevctl=$(command -v vdevctl)
cp "$vdevctl" "$(ldd "$vdevctl" | sed -n 's/.*=> \(.*libvdev.so.0\) .*/\1/p')" /tmp/theirs
t_run "an unprivileged user" 5 \
	setpriv --reuid 65534 --regid 65534 --clear-groups \
	env LD_LIBRARY_PATH=/tmp/theirs /tmp/theirs/vdevctl bind "$IGB"

t_done
