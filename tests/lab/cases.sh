# shellcheck shell=bash disable=SC2034 # what is set here others read
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The ways a device can be in use, for test-refuse.sh (every case refuses) and
# test-force.sh (each passes with its own --force). A case NAME has
#   case_NAME_device   prints the address
#   case_NAME_setup    brings the device into use
#   case_NAME_undo     the opposite
#   CASE_CHECK[NAME]   the check that refuses, CASE_WHY[NAME] what it must say

declare -gA CASE_CHECK=() CASE_WHY=()
IGB=0000:01:00.0
NVME=0000:04:00.0

netdev_of() {
	local dir
	for dir in "/sys/bus/pci/devices/$1/net/"*; do
		[ -e "$dir" ] && echo "${dir##*/}"
	done
}

disk_of() {
	local dir
	for dir in "/sys/bus/pci/devices/$1/nvme/"nvme*/nvme*n1; do
		[ -e "$dir" ] && echo "/dev/${dir##*/}"
	done
}

driver_of() {
	local link
	link=$(readlink "/sys/bus/pci/devices/$1/driver") && echo "${link##*/}"
}

override_of() {
	cat "/sys/bus/pci/devices/$1/driver_override"
}

# No change may leave anything behind.
pristine() {
	[ "$(driver_of "$1")" = "$2" ] &&
		[ "$(override_of "$1")" = "(null)" ] &&
		[ ! -e "/run/vdev/journal/$1" ]
}

CASE_CHECK[address]=network
CASE_WHY[address]='192\.0\.2\.1/24'
case_address_device() { echo "$IGB"; }
case_address_setup() { ip addr add 192.0.2.1/24 dev "$(netdev_of "$IGB")"; }
case_address_undo() { ip addr flush dev "$(netdev_of "$IGB")"; }

CASE_CHECK[enslaved]=network
CASE_WHY[enslaved]='port of bridge br0'
case_enslaved_device() { echo "$IGB"; }
case_enslaved_setup() {
	ip link add br0 type bridge
	ip link set "$(netdev_of "$IGB")" master br0
}
case_enslaved_undo() { ip link del br0; }

CASE_CHECK[namespace]=network
CASE_WHY[namespace]='network namespace'
case_namespace_device() { echo "$IGB"; }
case_namespace_setup() {
	NS_NAME=$(netdev_of "$IGB")
	ip netns add away
	ip link set "$NS_NAME" netns away
}
case_namespace_undo() {
	ip netns exec away ip link set "$NS_NAME" netns 1
	ip netns del away
}

CASE_CHECK[mounted]=storage
CASE_WHY[mounted]='mounted on /mnt'
case_mounted_device() { echo "$NVME"; }
case_mounted_setup() {
	mkfs.ext4 -q -F "$(disk_of "$NVME")"
	mount "$(disk_of "$NVME")" /mnt
}
case_mounted_undo() { umount /mnt; }

CASE_CHECK[mapped]=storage
CASE_WHY[mapped]='dm-0 \(labmap\)'
case_mapped_device() { echo "$NVME"; }
case_mapped_setup() {
	dmsetup create labmap --noudevsync --noudevrules \
		--table "0 2048 linear $(disk_of "$NVME") 0"
}
case_mapped_undo() { dmsetup remove --noudevsync --noudevrules labmap; }

CASE_CHECK[vfs]=vfs
CASE_WHY[vfs]='2 VFs are alive'
case_vfs_device() { echo "$IGB"; }
case_vfs_setup() { echo 2 >"/sys/bus/pci/devices/$IGB/sriov_numvfs"; }
case_vfs_undo() { echo 0 >"/sys/bus/pci/devices/$IGB/sriov_numvfs"; }

CASE_CHECK[open]=busy
CASE_WHY[open]='open in sleep \(pid [0-9]+\)'
case_open_device() { echo "$NVME"; }
case_open_setup() {
	bash -c 'exec 9<"$1"; exec sleep 1000' - "$(disk_of "$NVME")" &
	OPEN_PID=$!
	until [ -e "/proc/$OPEN_PID/fd/9" ]; do sleep 0.05; done
}
case_open_undo() { kill "$OPEN_PID"; wait "$OPEN_PID" 2>/dev/null; true; }

CASE_CHECK[group]=group
CASE_WHY[group]='0000:00:1f\.[03] of the same IOMMU group'
case_group_device() { echo 0000:00:1f.2; }
case_group_setup() { :; }
case_group_undo() { :; }

# Every --force but that of one check; "bridge" cannot be named at all.
all_forces_but() {
	local check
	for check in storage root network console vfs busy group alias \
		reserved reset denylist iommu variant interrupts management; do
		[ "$check" = "$1" ] || printf -- '--force=%s\n' "$check"
	done
}
