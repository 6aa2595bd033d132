#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# kernel: patched
# timeout: 300
#
# What needs PASIDs and dirty tracking, through VFIO, on the test device that
# the kernel patches bring: by commands of a session, on the kernel's own
# interfaces.
# shellcheck disable=SC2016 # '$' of sessions
. "${BASH_SOURCE[0]%/*}/tap.sh"
. "${BASH_SOURCE[0]%/*}/vsim.sh"

# --- A device with PASIDs

t_ok "the test device is there" modprobe vsim
echo 0 >/sys/bus/vsim/new_device
exec 9<>"/dev/vfio/devices/$(vsim_node vsim0)"
{
	memories
	cat <<-'EOF'
		dev = device import 9 --iommu $i
		ha = hwpt alloc $a --device $dev --pasid --dirty-tracking
		hb = hwpt alloc $b --device $dev --pasid
		device attach $dev $ha
		pasid attach $dev 5 $hb
	EOF
	fill '$dev' 0 0xaa
	fill '$dev' 5 0xbb
	fill '$dev' 6 0xcc
	echo 'memory read $ma --length 16'
	echo 'memory read $mb --length 16'
	echo 'pasid replace $dev 5 $ha'
	fill '$dev' 5 0xdd
	echo 'memory read $ma --length 16'
	echo 'memory read $mb --length 16'
	echo 'pasid detach $dev 5'
	fill '$dev' 5 0xee
	fill '$dev' 0 0xef
	echo 'memory read $ma --length 16'
	echo 'pasid attach $dev 7 $hb'
	echo 'pasid detach-all $dev'
	fill '$dev' 7 0xee
} >"$T_DIR/lines"
t_run "PASIDs through VFIO" 0 vdevctl batch --json "$T_DIR/lines"
[ "$T_RC" -eq 0 ] || t_diag "$T_ERR"
t_is 0x00000000 "$(status '$dev' 0)" "the device itself does DMA"
t_is 0x00000000 "$(status '$dev' 1)" "its PASID does"
t_is 0x0000000e "$(status '$dev' 2)" "one that is not attached faults"
t_is aa "$(byte '$ma' 0)" "what the device wrote is in one memory"
t_is bb "$(byte '$mb' 0)" "what its PASID wrote in the other, at the same IOVA"
t_is dd "$(byte '$ma' 1)" "a PASID that moved writes to where it moved"
t_is bb "$(byte '$mb' 1)" "and no longer to where it was"
t_is 0x0000000e "$(status '$dev' 4)" "a PASID that is detached faults"
t_is 0x00000000 "$(status '$dev' 5)" "the device goes on"
t_is ef "$(byte '$ma' 2)" "and writes"
t_is 0x0000000e "$(status '$dev' 6)" "detach-all detaches"
exec 9>&-

echo 0 >/sys/bus/vsim/del_device
t_ok "nothing holds the module" rmmod vsim
t_done
