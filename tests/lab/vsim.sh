# shellcheck shell=bash
# shellcheck disable=SC2016,SC2034 # '$' of sessions; used where it is sourced
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The test device of the kernel patches, in sessions of vdevctl; for tests that
# have sourced tap.sh.

# Where the memory is that it writes to.
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
