#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# timeout: 300
#
# A device in use is refused with exit 4, the reason, and nothing changed.
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

# A device that a virtual machine has open.
t_run "vfio: bind" 0 vdevctl bind "$IGB"
cdev=/dev/vfio/devices/$(ls "/sys/bus/pci/devices/$IGB/vfio-dev")
sleep 1000 <>"$cdev" &
holder=$!
t_run "vfio: restore is refused while it is open" 4 vdevctl restore "$IGB"
t_like "sleep \\(pid $holder\\)" "$T_ERR" "vfio: the holder is named"
t_run "vfio: so is unbind" 4 vdevctl unbind "$IGB"
t_run "vfio: forced, the kernel waits for the holder" 8 \
	vdevctl unbind "$IGB" --force=busy --timeout 1
t_like 'unbind pending' "$T_ERR" "vfio: which is said"
t_like "sleep \\(pid $holder\\)" "$T_ERR" "vfio: with the holder"
t_run "vfio: list does not hang meanwhile" 0 timeout 20 vdevctl list
t_run "vfio: restore cannot finish it yet" 8 timeout 20 vdevctl restore "$IGB"
kill "$holder"
wait "$holder" 2>/dev/null
t_wait 10 vdevctl restore "$IGB"
t_ok "vfio: restore finishes it once the holder is gone" pristine "$IGB" igb

t_run "a device that does not exist" 3 vdevctl bind 0000:77:00.0
t_run "a word that is no device" 2 vdevctl bind 'no/device'
t_run "an unprivileged user" 5 \
	setpriv --reuid 65534 --regid 65534 --clear-groups vdevctl bind "$IGB"

t_done
