#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Captures the lab's profiles anew, each in a boot of its own. To be run when
# the library reads something it did not read before.
set -eu
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PROFILES=${*:-default legacy noiommu many amd virtio group}

# In the guest: every VF there can be, one function in VFIO's hands.
inside() {
	local pf
	for pf in /sys/bus/pci/devices/*/sriov_totalvfs; do
		echo 0 >"${pf%/*}/sriov_drivers_autoprobe"
		cat "$pf" >"${pf%/*}/sriov_numvfs"
	done
	vdevctl --quiet bind vf,class=network --force=iommu || true
	modprobe mtty
	echo 83b8f4f2-509f-382f-3c1e-e6bfe0fa1001 \
		>/sys/class/mdev_bus/mtty/mdev_supported_types/mtty-2/create
	ip address add 192.0.2.1/24 dev eth0
	vdevctl collect --overwrite "/out/$1.tar.xz"
}

if [ "${1-}" = --inside ]; then
	inside "$2"
	exit
fi
for profile in $PROFILES; do
	"$HERE/../../scripts/lab" --profile "$profile" --out "$HERE" -- \
		bash "$HERE/update.sh" --inside "$profile"
done
