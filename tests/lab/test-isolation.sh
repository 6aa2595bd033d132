#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# profile: default
# kernel: stock patched
# timeout: 300
#
# What isolates a device, and whether it is opened with a VF token: told by a
# kernel with the project's patches, refused in words on any other.
# shellcheck disable=SC2016 # '$' of sessions
. "${BASH_SOURCE[0]%/*}/tap.sh"
. "${BASH_SOURCE[0]%/*}/cases.sh"

PASID=83b8f4f2-509f-382f-3c1e-e6bfe0fa1001
EMULATED=83b8f4f2-509f-382f-3c1e-e6bfe0fa1002
TOKEN=$T_DIR/token

# told EXPRESSION: of the first document in $T_DIR/out.
told() {
	python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))' "$T_DIR/out" "$1"
}

# state NAME EXPECTED DEV
state() {
	t_run "$1" 0 vdevctl token state "$3"
	t_is "$3: $2" "$T_OUT" "$1: $2"
}

# new_mdev PARENT TYPE UUID
new_mdev() {
	t_wait 5 test -d "$1/mdev_supported_types/$2"
	echo "$3" >"$1/mdev_supported_types/$2/create"
	t_ok "an mdev of $2 can be shown" t_wait 5 test -d "/sys/bus/mdev/devices/$3/vfio-dev"
}

echo 1 >/sys/module/vfio_pci/parameters/enable_sriov
t_run "bind a PF and a device without VFs" 0 \
	vdevctl bind "$IGB" "$NVME" --force=network --force=storage || t_bail "$T_ERR"
echo 1 >"/sys/bus/pci/devices/$IGB/sriov_numvfs"
VF=$(basename "$(readlink "/sys/bus/pci/devices/$IGB/virtfn0")")
t_ok "its VF is bound too" t_wait 5 test -e "/sys/bus/pci/devices/$VF/vfio-dev"
vdevctl token generate --output "$TOKEN" >/dev/null
t_run "a device of the kernel is no device to open" 3 vdevctl token state 0000:03:00.0

# --- A kernel that does not tell

if [ "$VDEV_LAB_KERNEL" != patched ]; then
	t_run "whether a token is needed is not told" 6 vdevctl --json token state "$VF"
	t_like 'has no /sys/class/vfio-dev/vfio[0-9]+/vf_token' "$T_ERR" "it is said what is missing"
	t_like '"kind": *"not-supported"' "$T_ERR" "as an error of that kind"
	t_run "a device is shown all the same" 0 vdevctl --json show --open "$NVME"
	t_is None "$(told 'd[0]["open"]["isolation"]')" "without what isolates it"
	t_ok "there are mediated devices" modprobe mtty
	new_mdev /sys/devices/virtual/mtty/mtty mtty-1 "$EMULATED"
	t_run "one is shown" 0 vdevctl --json show "$EMULATED"
	t_is "None None" "$(told '"%s %s" % (d[0]["isolation"], d[0]["pasid"])')" "likewise"
	t_done
fi

# --- Tokens

state "a PF whose VFs are closed" optional "$IGB"
state "its VF" required "$VF"
t_run "as JSON" 0 vdevctl --json token state "$VF"
t_schema token-state "the document is as its schema says"
t_is required "$(told 'd["state"]')" "and says the same"
{
	echo "i = iommu open"
	echo "p = device open $IGB --iommu \$i --token-file $TOKEN"
	echo "v = device open $VF --iommu \$i --token-file $TOKEN"
	echo "token state $IGB"
	echo "token state $VF"
	echo 'drop $v'
	echo "token state $IGB"
} >"$T_DIR/lines"
t_run "while the VF is open" 0 vdevctl batch --json "$T_DIR/lines"
[ "$T_RC" -eq 0 ] || t_diag "$T_ERR"
t_is "required required optional" "$(told '" ".join(
	e["result"]["state"] for e in d if e["command"].startswith("token state"))')" \
	"the PF needs the token, and no longer when the VF is closed"
t_run "it is for root only" 5 setpriv --reuid 65534 --clear-groups vdevctl token state "$VF"
t_run "unbind the PF" 0 vdevctl unbind "$IGB" --force=vfs

# --- Isolation

t_run "a device of the IOMMU" 0 vdevctl --json show --open "$NVME"
t_is "iommu None" "$(told '"%(isolation)s %(pasid)s" % d[0]["open"]')" "is isolated by it"
t_is "None" "$(told 'd[0]["isolation"]')" "which sysfs does not tell"

t_ok "the test device is there" modprobe vsim
echo "1 mdev" >/sys/bus/vsim/new_device
new_mdev /sys/bus/vsim/devices/vsim1 vsim-pasid "$PASID"
new_mdev /sys/bus/vsim/devices/vsim1 vsim-emu "$EMULATED"
for uuid in "$PASID" "$EMULATED"; do
	state "an mdev" none "$uuid"
done
t_run "mdevs are shown" 0 vdevctl --json show --open "$PASID" "$EMULATED"
t_schema show "as the schema says"
t_is "iommu-pasid iommu-pasid" "$(told 'd[0]["isolation"] + " " + d[0]["open"]["isolation"]')" \
	"one is isolated by PASID"
t_is "True True" "$(told '"%s %s" % (d[0]["pasid"] > 0, d[0]["pasid"] == d[0]["open"]["pasid"])')" \
	"by the same, closed and open"
t_is "emulated emulated None None" "$(told '" ".join(str(v) for v in (
	d[1]["isolation"], d[1]["open"]["isolation"], d[1]["pasid"], d[1]["open"]["pasid"]))')" \
	"the other by its driver"
t_run "in text" 0 vdevctl show "$PASID"
t_like 'isolated by +iommu-pasid, PASID [0-9]+ of vsim1' "$T_OUT" "too"

t_run "others than root are told less" 0 \
	setpriv --reuid 65534 --clear-groups vdevctl --json show "$PASID"
t_is "iommu-pasid None" "$(told '"%(isolation)s %(pasid)s" % d[0]')" "not the PASID"
t_run "without CAP_SYS_ADMIN" 0 \
	setpriv --bounding-set -sys_admin --inh-caps -sys_admin vdevctl --json show --open "$PASID"
t_is "iommu-pasid None" "$(told '"%(isolation)s %(pasid)s" % d[0]["open"]')" \
	"nor does the open device tell it"

for uuid in "$PASID" "$EMULATED"; do
	echo 1 >"/sys/bus/mdev/devices/$uuid/remove"
done
echo 1 >/sys/bus/vsim/del_device
t_ok "nothing holds the module" rmmod vsim
t_done
