#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# full-profile: noiommu many legacy amd virtio group
# kernel: stock 6.1
# timeout: 200
#
# Documents keep their schema on every machine, and a capture tells the same.
. "${BASH_SOURCE[0]%/*}/tap.sh"

if [ "$VDEV_LAB_PROFILE" = many ]; then
	for pf in 0000:01:00.0 0000:05:00.0; do
		echo 0 >"/sys/bus/pci/devices/$pf/sriov_drivers_autoprobe"
		cat "/sys/bus/pci/devices/$pf/sriov_totalvfs" \
			>"/sys/bus/pci/devices/$pf/sriov_numvfs"
	done
fi
[ "$VDEV_LAB_PROFILE" = noiommu ] || vdevctl --quiet bind 0000:01:00.0 \
	--force=vfs || t_fail "bind"
modprobe mtty
uuid=83b8f4f2-509f-382f-3c1e-e6bfe0fa1001
echo "$uuid" >/sys/class/mdev_bus/mtty/mdev_supported_types/mtty-2/create

t_run "collect" 0 vdevctl collect "$T_DIR/machine.tar"
for command in "list" "list --columns all" "list --json" "group list" \
	"group list --json" "show $uuid"; do
	# shellcheck disable=SC2086 # words on purpose
	vdevctl $command >"$T_DIR/live" 2>&1
	# shellcheck disable=SC2086
	vdevctl --root "$T_DIR/machine.tar" $command >"$T_DIR/captured" 2>&1
	t_ok "$command: the capture tells the same" \
		diff "$T_DIR/live" "$T_DIR/captured"
done
mapfile -t all < <(vdevctl list --columns address --no-header)
t_run "show --json" 0 vdevctl show --json "${all[@]}"
cp "$T_DIR/out" "$T_DIR/live"
t_schema show "show --json keeps its schema"
t_run "show --json of the capture" 0 \
	vdevctl --root "$T_DIR/machine.tar" show --json "${all[@]}"
# Serial numbers lie in the configuration space, which show does not print.
t_ok "show: the capture tells the same" diff "$T_DIR/live" "$T_DIR/out"
t_run "list --json" 0 vdevctl list --json
t_is "${#all[@]}" "$(jq length <"$T_DIR/out")" "and all devices are in it"
t_schema list "list --json keeps its schema"
t_run "group list --json" 0 vdevctl group list --json
t_schema groups "group list --json keeps its schema"

# The serial numbers of this lab's disks, and MAC addresses.
t_ok "no serial number is in the capture" \
	sh -c "! grep -aqE 'lab0|52:54:00|525400' '$T_DIR/machine.tar'"

t_done
