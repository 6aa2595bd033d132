#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# timeout: 200
#
# The best driver for a purpose comes from the aliases of this kernel's modules.
. "${BASH_SOURCE[0]%/*}/tap.sh"
. "${BASH_SOURCE[0]%/*}/cases.sh"

NET=0000:05:00.0
target() { vdevctl --json bind --dry-run "$@" | jq -r '.devices[0].target'; }

alias=$(grep -c '^alias vfio_pci:v00001AF4d00001041.* virtio_vfio_pci$' \
	"/lib/modules/$(uname -r)/modules.alias")
if [ "$alias" = 0 ]; then
	# The module is made for transitional functions: add this one.
	echo 'alias vfio_pci:v00001AF4d00001041sv*sd*bc*sc*i* virtio_vfio_pci' \
		>>"/lib/modules/$(uname -r)/modules.alias"
fi
t_is virtio_vfio_pci "$(target "$NET")" "a variant for its own device"
t_is virtio_vfio_pci "$(target "$NET" --for migration)" "and for migration"
t_is vfio-pci "$(target "$NET" --for pasid)" "but not for PASIDs"
t_is vfio-pci "$(target "$NET" --driver vfio-pci)" "nor when another is named"
t_is vfio-pci "$(target "$IGB")" "plain vfio-pci for a device without a variant"
t_run "which cannot be migrated" 6 vdevctl bind "$IGB" --for migration

t_ok "the module is not loaded yet" test ! -e /sys/module/virtio_vfio_pci
t_run "bind loads it" 0 vdevctl bind "$NET"
t_like virtio.vfio.pci "$(driver_of "$NET")" "and binds to what it registers"
t_run "restore" 0 vdevctl restore "$NET"
t_ok "all is as before" pristine "$NET" virtio-pci

t_done
