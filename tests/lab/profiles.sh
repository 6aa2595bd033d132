#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# host
# kernel: stock 6.1
# timeout: 500
#
# Each profile boots and has the devices, drivers, groups and IOMMU mode that
# tests rely on. Runs on the host; one boot a profile.
#
# Usage: profiles.sh [--kernel NAME]
# shellcheck disable=SC2016,SC2317 # code for the guest stands in quotes
set -u
HERE=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
LAB=$HERE/../../scripts/lab
# shellcheck source=tests/lab/tap.sh
. "$HERE/tap.sh"
export VDEV_LAB_PRESET=none
KERNEL=stock
[ "${1-}" != --kernel ] || KERNEL=$2

# A line each: address, id, driver or "-", group or "-", number of VFs possible.
INVENTORY='
for d in /sys/bus/pci/devices/*; do
	driver=$(readlink "$d/driver") || driver=-
	group=$(readlink "$d/iommu_group") || group=-
	read -r vendor <"$d/vendor"
	read -r device <"$d/device"
	vfs=0
	[ ! -e "$d/sriov_totalvfs" ] || read -r vfs <"$d/sriov_totalvfs"
	echo "${d##*/} ${vendor#0x}:${device#0x} ${driver##*/} ${group##*/} $vfs"
done'

# field ADDRESS N
field() {
	awk -v a="0000:$1" -v n="$2" '$1 == a { print $n }' <<<"$INV"
}

# has ADDRESS ID DRIVER VFS
has() {
	t_is "$2 $3 $4" "$(field "$1" 2) $(field "$1" 3) $(field "$1" 5)" \
		"$PROFILE: $1 is $2 with driver $3, $4 VFs"
}

# The members of the group of ADDRESS.
group_of() {
	awk -v g="$(field "$1" 4)" '$4 == g { print $1 }' <<<"$INV" | xargs
}

boot() {
	PROFILE=$1
	t_run "profile $1 boots" 0 "$LAB" --kernel "$KERNEL" --profile "$1" -- sh -c "$INVENTORY
		echo --; $2"
	INV=${T_OUT%%--*}
	EXTRA=${T_OUT#*--$'\n'}
}

common_devices() {
	has 01:00.0 8086:10c9 igb 7
	has 02:00.0 1b36:0010 nvme 4
	has 03:00.0 8086:10c9 igb 7
	has 04:00.0 1b36:0010 nvme 0
	has 05:00.0 1af4:1041 virtio-pci 0
	has 06:00.0 1af4:1042 virtio-pci 0
	has 00:10.0 1234:1111 bochs-drm 0
}

common_groups() {
	local d
	for d in 01:00.0 02:00.0 03:00.0 04:00.0 05:00.0 06:00.0; do
		t_is "0000:$d" "$(group_of "$d")" "$PROFILE: $d has a group of its own"
	done
	# On 6.1, virtio-iommu has no group for a device without a driver.
	local chipset="0000:00:1f.0 0000:00:1f.2 0000:00:1f.3"
	[ "$KERNEL/$PROFILE" != 6.1/virtio ] || chipset="0000:00:1f.0 0000:00:1f.3"
	t_is "$chipset" "$(group_of 00:1f.0)" "$PROFILE: the chipset's functions share a group"
	has 00:1f.0 8086:2918 lpc_ich 0
	has 00:1f.2 8086:2922 - 0
	has 00:1f.3 8086:2930 i801_smbus 0
}

# Bit 43 of a VT-d unit's extended capabilities: scalable mode.
SCALABLE='for e in /sys/class/iommu/dmar*/intel-iommu/ecap; do
	read -r ecap <$e; echo $((0x$ecap >> 43 & 1)); done'

test_vtd() {
	boot "$1" "$SCALABLE"
	t_is "$2" "$EXTRA" "$1: scalable mode is $2"
	common_devices
	common_groups
}

test_noiommu() {
	boot noiommu 'ls /sys/kernel/iommu_groups | wc -l
		cat /sys/module/vfio/parameters/enable_unsafe_noiommu_mode'
	t_is $'0\nN' "$EXTRA" "noiommu: no groups, and the unsafe mode is there to be turned on"
	common_devices
}

test_other() {
	boot "$1" 'ls /sys/class/iommu'
	t_like "$2" "$EXTRA" "$1: its IOMMU is there"
	common_devices
	common_groups
}

test_group() {
	boot group true
	common_devices
	common_groups
	has 08:01.0 1af4:1041 virtio-pci 0
	has 08:03.0 1234:11e8 - 0
	t_is "0000:07:00.0 0000:08:01.0 0000:08:02.0 0000:08:03.0" "$(group_of 08:01.0)" \
		"group: all behind the conventional bridge share a group"
}

test_many() {
	boot many 'for i in 1 2 3 4; do
			echo 7 >/sys/bus/pci/devices/0000:0$i:00.0/sriov_numvfs; done
		echo 100 >/sys/bus/pci/devices/0000:05:00.0/sriov_numvfs
		ls /sys/bus/pci/devices | wc -l
		ls -d /sys/bus/pci/drivers/igbvf/0* | wc -l'
	t_is $'145\n28' "$EXTRA" "many: 145 functions with all VFs on, 28 of them igb's"
	t_is "100" "$(field 05:00.0 5)" "many: 05:00.0 offers 100 VFs"
}

test_modules() {
	local variant=virtio_vfio_pci
	[ "$KERNEL" != 6.1 ] || variant=
	t_run "the kernel's modules load" 0 "$LAB" --kernel "$KERNEL" -- sh -c '
		for m in $0 mtty mdpy mbochs netdevsim vdpa_sim_net; do
			modprobe $m || exit 1
		done
		ls /sys/class/mdev_bus | xargs' "$variant"
	t_is "mbochs mdpy mtty" "$T_OUT" "the sample mdev parents are there"
}

test_vtd default 1
test_vtd legacy 0
test_noiommu
test_other amd ivhd0
test_other virtio 0000:00:0a.0
test_group
test_many
test_modules
t_done
