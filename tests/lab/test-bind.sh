#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# full-profile: legacy amd virtio
# kernel: stock 6.1
# timeout: 300
#
# Devices go to vfio-pci and come back as they were.
. "${BASH_SOURCE[0]%/*}/tap.sh"
. "${BASH_SOURCE[0]%/*}/cases.sh"

journal_count() { find /run/vdev/journal -type f 2>/dev/null | wc -l; }

t_run "list without any journal works" 0 vdevctl list

name=$(netdev_of "$IGB")
t_like '.' "$name" "the igb has an interface"
t_run "bind --dry-run" 0 vdevctl bind "$IGB" --dry-run
t_like 'unbind from igb' "$T_OUT" "the plan names the driver"
t_is igb "$(driver_of "$IGB")" "a dry run changes nothing"
t_is 0 "$(journal_count)" "a dry run writes no journal"

t_run "bind the igb" 0 vdevctl bind "$IGB"
t_is vfio-pci "$(driver_of "$IGB")" "it is bound to vfio-pci"
t_is vfio-pci "$(override_of "$IGB")" "and will stay so"
group=/dev/vfio/$(basename "$(readlink "/sys/bus/pci/devices/$IGB/iommu_group")")
t_ok "its group node is there" test -c "$group"
t_like "$group" "$T_OUT" "and shown"
cdev=null
if [ "$VDEV_LAB_KERNEL" = 6.1 ]; then
	t_skip "its cdev is there" "Linux 6.1 has none"
	t_skip "and shown" "Linux 6.1 has none"
else
	cdev=/dev/vfio/devices/$(ls "/sys/bus/pci/devices/$IGB/vfio-dev")
	t_ok "its cdev is there" test -c "$cdev"
	t_like "$cdev" "$T_OUT" "and shown"
fi
t_is "" "$(netdev_of "$IGB")" "its interface is gone"
t_is "$cdev" "$(vdevctl list "$IGB" --json | jq -r '.[0].vfio_cdev')" \
	"list shows the cdev"
t_run "binding it again changes nothing" 0 vdevctl bind "$IGB"
t_like 'already|unchanged' "$T_OUT$T_ERR" "and says so"

t_run "restore the igb" 0 vdevctl restore "$IGB"
t_ok "driver, override and journal are as before" pristine "$IGB" igb
t_like '.' "$(netdev_of "$IGB")" "the interface is back"

t_run "bind the nvme" 0 vdevctl bind "$NVME" --json
t_is "done" "$(jq -r '.devices[0].outcome' <"$T_DIR/out")" "the document says so"
t_is vfio-pci "$(driver_of "$NVME")" "it is bound to vfio-pci"
t_run "restore everything" 0 vdevctl restore --all
t_ok "the nvme is as before" pristine "$NVME" nvme
t_wait 5 test -b "$(disk_of "$NVME")"
t_ok "its disk is back" test -b "$(disk_of "$NVME")"

t_run "unbind" 0 vdevctl unbind "$NVME"
t_is "" "$(driver_of "$NVME")" "it has no driver"
t_run "restore after unbind" 0 vdevctl restore "$NVME"
t_ok "and is as before" pristine "$NVME" nvme

t_run "bind two devices at once" 0 vdevctl bind "$IGB" "$NVME"
t_run "bind to another driver on top" 0 vdevctl bind "$IGB" --driver pci-stub
t_is pci-stub "$(driver_of "$IGB")" "it is bound to pci-stub"
t_run "restore both" 0 vdevctl restore --all
t_ok "the first driver counts" pristine "$IGB" igb
t_ok "for both" pristine "$NVME" nvme

# Without a journal the kernel chooses.
echo vfio-pci >"/sys/bus/pci/devices/$IGB/driver_override"
echo "$IGB" >"/sys/bus/pci/devices/$IGB/driver/unbind"
echo "$IGB" >/sys/bus/pci/drivers_probe
t_run "restore without a journal" 0 vdevctl restore "$IGB"
t_like 'no journal' "$T_OUT$T_ERR" "says that there was none"
t_ok "and the native driver is back" pristine "$IGB" igb

t_done
