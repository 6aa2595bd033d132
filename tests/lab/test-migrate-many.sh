#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# timeout: 1200
# full
#
# Ten thousand streams with something wrong in them.
. "${BASH_SOURCE[0]%/*}/tap.sh"

UUID=83b8f4f2-509f-382f-3c1e-e6bfe0fa4001

t_ok "the serial ports are there" modprobe mtty
echo $UUID >/sys/class/mdev_bus/mtty/mdev_supported_types/mtty-2/create
t_wait 5 vdevctl show $UUID
t_run "save" 0 vdevctl migrate save $UUID --precopy --to "$T_DIR/a.vdm"
for part in 1 2 3 4 5 6 7 8 9 10; do
	t_run "1000 of them are refused, part $part" 0 \
		"${BASH_SOURCE[0]%/*}/migrate.py" spoilt "$T_DIR/a.vdm" $UUID 1000 \
		$(((part - 1) * 1000))
	[ "$T_RC" -eq 0 ] || t_diag "$T_OUT"
done
t_run "the device takes what is good" 0 vdevctl migrate load $UUID --from "$T_DIR/a.vdm"
echo 1 >"/sys/bus/mdev/devices/$UUID/remove"
t_done
