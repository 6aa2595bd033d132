#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# timeout: 200
#
# Nodes given to a user, now and when udev makes them anew.
# shellcheck disable=SC2317 # functions are called by name
. "${BASH_SOURCE[0]%/*}/tap.sh"
. "${BASH_SOURCE[0]%/*}/cases.sh"

group=$(basename "$(readlink "/sys/bus/pci/devices/$IGB/iommu_group")")
cdev() { echo /dev/vfio/devices/"$(ls "/sys/bus/pci/devices/$IGB/vfio-dev")"; }
owned() { stat -c '%u:%g %a' "$@"; }

t_run "bind with an owner" 0 vdevctl bind "$IGB" --owner nobody:nogroup
t_is "65534:65534 660" "$(owned "$(cdev)")" "the cdev is theirs"
t_is "65534:65534 660" "$(owned "/dev/vfio/$group")" "the group node too"
t_is "0:0 660" "$(owned /dev/iommu)" "/dev/iommu is not"

/lib/systemd/systemd-udevd --daemon 2>/dev/null
echo "$IGB" >/sys/bus/pci/drivers/vfio-pci/unbind
echo "$IGB" >/sys/bus/pci/drivers/vfio-pci/bind
given_again() { [ "$(owned "$(cdev)")" = "65534:65534 660" ]; }
t_wait 10 given_again
t_is "65534:65534 660" "$(owned "$(cdev)")" "udev gives them a new cdev"
t_is "65534:65534 660" "$(owned "/dev/vfio/$group")" "and a new group node"

t_run "bind again, with /dev/iommu" 0 \
	vdevctl bind "$IGB" --owner nobody --owner-iommu
t_is "65534 600" "$(stat -c '%u %a' /dev/iommu)" "/dev/iommu is theirs"
t_run "restore" 0 vdevctl restore "$IGB"
t_is "0:0 660" "$(owned /dev/iommu)" "/dev/iommu is root's again"
t_is "" "$(find /run/udev/rules.d -name '70-vdev-*')" "no rule is left"
t_ok "all is as before" pristine "$IGB" igb
t_run "an unknown user" 2 vdevctl bind "$IGB" --owner nosuchuser

t_done
