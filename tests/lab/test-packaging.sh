#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# timeout: 200
#
# What packaging/ installs for udev, with a udev of the guest's own; and the
# commands of the systemd unit, by hand.
. "${BASH_SOURCE[0]%/*}/tap.sh"
. "${BASH_SOURCE[0]%/*}/cases.sh"
PACKAGING=$(realpath "${BASH_SOURCE[0]%/*}/../../packaging")

linked() {
	[ "$(readlink -f "/dev/vfio/by-address/$1")" = \
		"/dev/vfio/devices/$(ls "/sys/bus/pci/devices/$1/vfio-dev")" ]
}
unlinked() { [ ! -e "/dev/vfio/by-address/$1" ]; }
tagged() { udevadm info "/dev/vfio/by-address/$1" | grep -q '^E: TAGS=.*:systemd:'; }

mkdir -p /run/udev/rules.d
cp "$PACKAGING/udev/60-vdev.rules" /run/udev/rules.d/
/lib/systemd/systemd-udevd --daemon 2>"$T_DIR/udev"

# The unit's ExecStart and ExecStop, with the device as its instance.
command_of() {
	sed -n "s|^$1=.*/\(vdevctl .*\)%i|\1$2|p" \
		"$PACKAGING/systemd/vdev-bind@.service.in"
}
start=$(command_of ExecStart "$IGB")
stop=$(command_of ExecStop "$IGB")

# shellcheck disable=SC2086 # words of a command
t_run "the unit's start: $start" 0 $start
t_ok "the device has a VFIO driver" test "$(driver_of "$IGB")" = vfio-pci
t_wait 10 linked "$IGB"
t_ok "the node has a link by its address" linked "$IGB"
t_ok "systemd is told of the node" tagged "$IGB"
# shellcheck disable=SC2086 # words of a command
t_run "the unit's stop: $stop" 0 $stop
t_wait 10 unlinked "$IGB"
t_ok "the link goes with the node" unlinked "$IGB"
t_ok "all is as before" pristine "$IGB" igb

# Mediated devices that start with their parent: systemd's part is played by a
# script, which runs the unit's command.
UUID=83b8f4f2-509f-382f-3c1e-e6bfe0fa1001
rm -rf /etc/mdevctl.d
t_run "an mdev that starts with its parent" 0 vdevctl mdev define \
	--parent mtty --type mtty-1 --uuid $UUID --auto
t_run "one that cannot" 0 vdevctl mdev define --parent mtty --type mtty-1 \
	--uuid ${UUID%1}2 --auto --attr power/control=bogus
autostart=$(sed -n 's|^ExecStart=.*/\(vdevctl .*\)%i|\1|p' \
	"$PACKAGING/systemd/vdev-mdev@.service.in")
{
	echo '#!/bin/bash'
	echo "PATH=$PATH"
	echo "echo \"\$*\" >>$T_DIR/calls"
	echo "instance=\${3#*@}"
	echo "$autostart \"\${instance%.service}\" >$T_DIR/started 2>&1"
	echo "echo \$? >$T_DIR/status"
} >"$T_DIR/systemctl"
chmod 755 "$T_DIR/systemctl"
mount --bind "$T_DIR/systemctl" /usr/bin/systemctl
cp "$PACKAGING/udev/61-vdev-mdev.rules" /run/udev/rules.d/
udevadm control --reload
modprobe mdpy
modprobe mtty
t_wait 20 test -s "$T_DIR/status"
t_is "--no-block start vdev-mdev@mtty.service" "$(cat "$T_DIR/calls")" \
	"the unit is started for the parent that has definitions, and no other"
t_ok "its mdev is there" test -e /sys/bus/mdev/devices/$UUID
t_is 7 "$(cat "$T_DIR/status")" "the unit fails for the other one"
t_like "${UUID%1}2: failed: .*power/control" "$(cat "$T_DIR/started")" \
	"and says why"
umount /usr/bin/systemctl

t_done
