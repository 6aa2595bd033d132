#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# kernel: stock patched
# timeout: 300
#
# Several address spaces on one parent of mediated devices: on the test device of
# the kernel patches, and refused in words on any other kernel.
# shellcheck disable=SC2016 # '$' of sessions
. "${BASH_SOURCE[0]%/*}/tap.sh"
. "${BASH_SOURCE[0]%/*}/vsim.sh"

A=83b8f4f2-509f-382f-3c1e-e6bfe0fa1001
B=83b8f4f2-509f-382f-3c1e-e6bfe0fa1002
EMULATED=83b8f4f2-509f-382f-3c1e-e6bfe0fa1003
SERIAL=83b8f4f2-509f-382f-3c1e-e6bfe0fa1004

# told EXPRESSION: of the document d in $T_DIR/out, whose parents are p by name.
told() {
	python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))
p = {e["parent"]: e for e in d}
print(eval(sys.argv[2]))' "$T_DIR/out" "$1"
}

# new_mdev PARENT TYPE UUID
new_mdev() {
	t_run "an mdev of $2 is made" 0 vdevctl mdev create --parent "$1" --type "$2" --uuid "$3"
	[ "$T_RC" -eq 0 ] || t_bail "$T_ERR"
}

t_ok "there are mediated devices" modprobe mtty
t_wait 5 test -d /sys/class/mdev_bus/mtty
new_mdev mtty mtty-1 "$SERIAL"
printf '%s\n' 'i = iommu open' "d = device open $SERIAL --iommu \$i" \
	'a = ioas alloc --iommu $i' 'aux attach $d $a' >"$T_DIR/foreign"

# --- A kernel that does not tell

if [ "$VDEV_LAB_KERNEL" != patched ]; then
	t_run "parents are not told of" 6 vdevctl --json aux list
	t_like 'no generic netlink family' "$T_ERR" "it is said what is missing"
	t_like '"kind": *"not-supported"' "$T_ERR" "as an error of that kind"
	t_run "nor is one" 6 vdevctl aux list mtty
	t_run "nor are mdevs" 6 vdevctl aux show "$SERIAL"
	t_like "no file 'isolation'" "$T_ERR" "it is said what is missing"
	t_run "nor opened ones" 6 vdevctl batch "$T_DIR/foreign"
	t_like 'VFIO_DEVICE_FEATURE_ISOLATION' "$T_ERR" "it is said what is missing"
	t_done
fi

# --- Parents, and what isolates mdevs

t_ok "the test device is there" modprobe vsim
echo "1 mdev" >/sys/bus/vsim/new_device
t_wait 5 test -d /sys/class/mdev_bus/vsim1
t_run "parents are listed" 0 vdevctl --json aux list
t_schema aux-list "as the schema says"
t_is "True 1023 0 1023" "$(told '"%(aux)s %(pasids)s %(pasids_taken)s %(pasids_left)s" % p["vsim1"]')" \
	"one has PASIDs"
t_is vsim-pasid "$(told '" ".join(p["vsim1"]["types"])')" "and a type that uses them"
t_is "False 0 0" "$(told '"%(aux)s %(pasids)s %(pasids_left)s" % p["mtty"]')" "the other has none"
new_mdev vsim1 vsim-pasid "$A"
new_mdev vsim1 vsim-pasid "$B"
new_mdev vsim1 vsim-emu "$EMULATED"
t_run "with mdevs" 0 vdevctl --json aux list vsim1 mtty
t_schema aux-list "as the schema says"
t_is "2 1021" "$(told '"%(pasids_taken)s %(pasids_left)s" % p["vsim1"]')" "two PASIDs are taken"
t_is "emulated iommu-pasid iommu-pasid" \
	"$(told '" ".join(sorted(m["isolation"] for m in p["vsim1"]["mdevs"]))')" \
	"the IOMMU isolates two, the driver the one beside them"
t_is emulated "$(told 'p["mtty"]["mdevs"][0]["isolation"]')" "and that of the other parent"
t_run "in text" 0 vdevctl aux list --no-header vsim1
t_like '^vsim1 +yes +1023 +2 +1021 +vsim-pasid' "$T_OUT" "too"
t_run "a parent that is none" 3 vdevctl aux list nothing
t_run "mdevs are shown" 0 vdevctl --json aux show "$A" "$B" "$EMULATED" "$SERIAL"
t_schema aux-show "as the schema says"
t_is "iommu-pasid iommu-pasid emulated emulated" "$(told '" ".join(m["isolation"] for m in d)')" \
	"with what isolates them"
PASID_A=$(told 'd[0]["pasid"]') PASID_B=$(told 'd[1]["pasid"]')
t_ok "by two PASIDs" [ "$PASID_A" -ne "$PASID_B" ]
t_is "None None" "$(told '"%s %s" % (d[2]["pasid"], d[3]["pasid"])')" "or by none"

# --- Two address spaces of one parent

# Who wrote what where: line by line what both memories hold behind it.
look() {
	echo 'memory read $ma --length 16'
	echo 'memory read $mb --length 16'
}

held() { echo "$(byte '$ma' "$1") $(byte '$mb' "$1")"; }

{
	memories
	echo "da = device open $A --iommu \$i"
	echo "db = device open $B --iommu \$i"
	echo 'aux pasid $da'
	echo 'aux pasid $db'
	fill '$da' 0 0x10
	look
	echo 'aux attach $da $a'
	echo 'aux attach $db $b'
	fill '$da' 0 0x11
	look
	fill '$db' 0 0x22
	look
	echo 'aux detach $da'
	fill '$da' 0 0x33
	fill '$db' 0 0x44
	look
	echo 'aux attach $da $b'
	fill '$da' 0 0x55
	look
	echo 'aux attach $da $a'
	fill '$da' 0 0x66
	look
} >"$T_DIR/lines"
t_run "two mdevs of one parent at once" 0 vdevctl batch --json "$T_DIR/lines"
[ "$T_RC" -eq 0 ] || t_diag "$T_ERR"
t_is "$PASID_A $PASID_B" "$(result 'aux pasid' 0 'r["pasid"]') $(result 'aux pasid' 1 'r["pasid"]')" \
	"opened they have the same PASIDs"
t_is "0x0000000e 00 00" "$(status '$da' 0) $(held 0)" "none is attached: DMA faults"
t_is "0x00000000 11 00" "$(status '$da' 1) $(held 1)" "the DMA of one lands in its address space only"
t_is "0x00000000 11 22" "$(status '$db' 0) $(held 2)" "at the same IOVA that of the other in its own"
t_is "0x0000000e 0x00000000 11 44" "$(status '$da' 2) $(status '$db' 1) $(held 3)" \
	"detached one faults, and the other goes on"
t_is "0x00000000 11 55" "$(status '$da' 3) $(held 4)" "attached to the other's it writes there"
t_is "0x00000000 66 55" "$(status '$da' 4) $(held 5)" "it moves without being detached"

# --- What is refused

t_run "the driver isolates an mdev: attach" 6 vdevctl batch "$T_DIR/foreign"
t_like 'isolated by emulated' "$T_ERR" "it is said why"
printf '%s\n' 'i = iommu open' "d = device open $EMULATED --iommu \$i" 'aux pasid $d' >"$T_DIR/lines"
t_run "it has no PASID" 6 vdevctl batch "$T_DIR/lines"
printf '%s\n' 'i = iommu open' "d = device open $A --iommu \$i" 'aux pasid $d' >"$T_DIR/lines"
t_run "a PASID is not for everybody" 5 \
	setpriv --bounding-set -sys_admin --inh-caps -sys_admin vdevctl batch "$T_DIR/lines"
printf '%s\n' 'i = iommu open' "d = device open $A --iommu \$i" 'a = ioas alloc --iommu $i' \
	'h = hwpt alloc $a --device $d --pasid' 'pasid attach $d 5 $h' >"$T_DIR/lines"
t_run "nor to be chosen" 6 vdevctl batch "$T_DIR/lines"

# --- PASIDs come back

t_run "one is removed" 0 vdevctl mdev remove "$A"
t_run "its PASID is free" 0 vdevctl --json aux list vsim1
t_is "1 1022" "$(told '"%(pasids_taken)s %(pasids_left)s" % p["vsim1"]')" "and counted so"
new_mdev vsim1 vsim-pasid "$A"
t_run "the next one is shown" 0 vdevctl --json aux show "$A" "$B"
t_is "$PASID_A $PASID_B" "$(told '"%s %s" % (d[0]["pasid"], d[1]["pasid"])')" "it has the PASID again"

t_run "all are removed" 0 vdevctl mdev remove "$A" "$B" "$EMULATED" "$SERIAL"
echo 1 >/sys/bus/vsim/del_device
t_ok "nothing holds the module" rmmod vsim
t_done
