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

UUID_A=83b8f4f2-509f-382f-3c1e-e6bfe0fa1001
UUID_B=83b8f4f2-509f-382f-3c1e-e6bfe0fa1002
IOVA=0x100000

# Registers of vsim (drivers/vfio/vsim/vsim_test.h of the patched source).
STATUS=0xc PASID=0x10 VALUE=0x14 DST=0x20 LENGTH=0x28
FILL=3

# fill DEV PASID BYTE: lines that let a device write 16 bytes at IOVA.
fill() {
	cat <<-EOF
		region write $1 0 $PASID $2
		region write $1 0 $VALUE $3
		region write $1 0 $DST $IOVA --width 8
		region write $1 0 $LENGTH 16 --width 8
		region write $1 0 0x8 $FILL
		region read $1 0 $STATUS
	EOF
}

# Lines that make two address spaces with 64 KiB of memory each, at one IOVA.
memories() {
	cat <<-EOF
		i = iommu open
		a = ioas alloc --iommu \$i
		b = ioas alloc --iommu \$i
		ma = memory alloc 64K
		mb = memory alloc 64K
		ioas map \$a \$ma --iova $IOVA
		ioas map \$b \$mb --iova $IOVA
	EOF
}

# What the entry of the document for a line that starts with $1 tells, the Nth
# of them ($2 from 0), by the Python expression $3 of its result r.
result() {
	python3 -c '
import json, sys
found = [e for e in json.load(open(sys.argv[1])) if e["command"].startswith(sys.argv[2])]
e = found[int(sys.argv[3])]
r = e["result"]
print(eval(sys.argv[4]))' "$T_DIR/out" "$1" "$2" "$3"
}

status() { result "region read $1" "$2" 'r["values"][0]'; }
byte() { result "memory read $1" "$2" 'r["bytes"][:2]'; }

vsim_node() {
	t_wait 5 test -e "/sys/bus/vsim/devices/$1/vfio-dev"
	ls "/sys/bus/vsim/devices/$1/vfio-dev"
}

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

# --- Two mediated devices of one parent, isolated by PASID

echo "1 mdev" >/sys/bus/vsim/new_device
t_wait 5 test -d /sys/bus/vsim/devices/vsim1/mdev_supported_types
for uuid in $UUID_A $UUID_B; do
	echo "$uuid" >/sys/bus/vsim/devices/vsim1/mdev_supported_types/vsim-pasid/create
	t_wait 5 vdevctl show "$uuid"
done
t_run "mdevs isolated by PASID are listed" 0 vdevctl list bus=mdev --no-header
t_like "$UUID_A.*vsim_mdev" "$T_OUT" "one of them"
{
	memories
	echo "da = device open $UUID_A --iommu \$i"
	echo "db = device open $UUID_B --iommu \$i"
	echo 'device attach $da $a'
	echo 'device attach $db $b'
	fill '$da' 0 0x11
	fill '$db' 0 0x22
	echo 'memory read $ma --length 16'
	echo 'memory read $mb --length 16'
	echo 'device detach $da'
	fill '$da' 0 0x33
	fill '$db' 0 0x44
	echo 'memory read $ma --length 16'
	echo 'memory read $mb --length 16'
} >"$T_DIR/lines"
t_run "two of one parent at once" 0 vdevctl batch --json "$T_DIR/lines"
[ "$T_RC" -eq 0 ] || t_diag "$T_ERR"
t_is 11 "$(byte '$ma' 0)" "the DMA of one lands in its own address space"
t_is 22 "$(byte '$mb' 0)" "that of the other in its"
t_is 0x0000000e "$(status '$da' 1)" "the one that is detached faults"
t_is 11 "$(byte '$ma' 1)" "and wrote nothing"
t_is 44 "$(byte '$mb' 1)" "the other goes on"

printf '%s\n' "i = iommu open" "d = device open $UUID_A --iommu \$i" \
	"a = ioas alloc --iommu \$i" "h = hwpt alloc \$a --device \$d --pasid" \
	"pasid attach \$d 5 \$h" >"$T_DIR/lines"
t_run "its PASID is not its to choose" 6 vdevctl batch "$T_DIR/lines"

for uuid in $UUID_A $UUID_B; do
	echo 1 >"/sys/bus/mdev/devices/$uuid/remove"
done
echo 1 >/sys/bus/vsim/del_device
echo 0 >/sys/bus/vsim/del_device
t_ok "nothing holds the module" rmmod vsim
t_done
